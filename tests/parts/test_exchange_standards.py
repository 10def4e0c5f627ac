"""CAP, HAVE, SitRep, ICS-209: what is written is read back the same, what is not of the standard is refused whole."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.exchange.alerts import NOBODY, make_alerts
from sispamkota.exchange.cap import CAP, Alert, Area, Info, Pair, Resource
from sispamkota.exchange.export import export_state
from sispamkota.exchange.have import HAVE, Facility, Have, Service, make_have
from sispamkota.exchange.sitrep import SITREP, Block, Ics209, SitRep, make_ics209, make_sitrep
from sispamkota.exchange.xmltree import clean, parse
from sispamkota.exercise import Room, load_exercise, make_setup

AT = "2026-01-01T00:00:00Z"
NOON = "2024-11-27T12:00:00+07:00"
HERE = "rs-lavalette"


@cache
def setup():
    return make_setup(load_exercise("kpu-bawaslu"))


def room(*actions):
    """A room in which actions (seat, second, action) were done."""
    made = Room(setup())
    for seat, second, action in actions:
        made.do(action, seat=seat, t=second * 1000, at=AT)
    return made


def clarified(text, *, partner="warga", place=None, seat="kpu"):
    talk = {"do": "dialogue.put", "partner": partner, "place": place}
    rumour = talk | {"entry": "r1", "kind": "rumour", "text": "kabar"}
    answer = talk | {"entry": "k1", "kind": "clarification", "text": text, "about": "r1", "partner": "KPU"}
    return [("dialogue", 60, rumour), (seat, 90, answer)]


def voting(state, second=100):
    return ("kpu", second, {"do": "voting", "place": "kpu", "state": state, "why": "asap"})


def update(hospital=HERE, **numbers):
    told = {"do": "hospital.update", "hospital": hospital, "igd_free": 2, "igd_waiting": 3} | numbers
    return (f"hospital:{hospital}", 200, told)


# --- round trips ------------------------------------------------------------------------------------------------------

words = st.text(max_size=40).map(clean)
filled = words.filter(str.strip)
token = st.from_regex(r"[A-Za-z0-9.@:-]{1,20}", fullmatch=True)
identifier = st.from_regex(r"[A-Za-z_][A-Za-z0-9._-]{0,12}", fullmatch=True)
moment = st.builds(
    lambda t, h: t.replace(tzinfo=timezone(timedelta(hours=h))).isoformat(timespec="seconds"),
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - it gets its offset
    st.integers(-11, 12),
)
spot = st.tuples(st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000)).map(
    lambda p: (p[0] / 1e6, p[1] / 1e6)
)
pairs = st.lists(st.builds(Pair, words, words), max_size=2).map(tuple)
circles = st.lists(spot.map(lambda p: f"{p[0]:.5f},{p[1]:.5f} 0.5"), max_size=2).map(tuple)
areas = st.builds(Area, words, st.just(()), circles, pairs, st.sampled_from(["", "12", "-3.5"]), st.just(""))
resources = st.builds(Resource, words, words, st.sampled_from(["", "12"]), words, words, words)
infos = st.builds(
    Info,
    category=st.lists(st.sampled_from(["Fire", "Safety", "Other"]), min_size=1, max_size=2).map(tuple),
    event=words,
    urgency=st.sampled_from(["Immediate", "Past"]),
    severity=st.sampled_from(["Severe", "Unknown"]),
    certainty=st.sampled_from(["Observed", "Possible"]),
    language=st.sampled_from(["", "id", "en-US"]),
    response_type=st.lists(st.sampled_from(["Avoid", "None"]), max_size=2).map(tuple),
    audience=words,
    event_code=pairs,
    onset=st.one_of(st.just(""), moment),
    headline=words,
    description=words,
    instruction=words,
    parameter=pairs,
    resource=st.lists(resources, max_size=2).map(tuple),
    area=st.lists(areas, max_size=2).map(tuple),
)
alerts = st.builds(
    Alert,
    identifier=token,
    sender=token,
    sent=moment,
    status=st.sampled_from(["Actual", "Exercise", "Test"]),
    msg_type=st.just("Alert"),
    scope=st.just("Public"),
    source=words,
    code=st.lists(words, max_size=2).map(tuple),
    note=words,
    info=st.lists(infos, max_size=2).map(tuple),
)
services = st.builds(Service, filled, filled, st.integers(-99, 99), st.one_of(st.none(), st.integers(0, 99)))
facilities = st.builds(
    Facility, identifier, filled, st.one_of(st.none(), spot), moment, moment,
    st.lists(services, min_size=1, max_size=3).map(tuple),
)  # fmt: skip
haves = st.builds(
    Have, words, moment, moment, words,
    st.lists(facilities, min_size=1, max_size=3, unique_by=lambda each: each.id).map(tuple),
)  # fmt: skip
sitreps = st.builds(
    SitRep,
    message_id=filled,
    prepared_by=filled,
    prepared_at=moment,
    authorized_by=filled,
    authorized_at=moment,
    purpose=filled,
    number=st.integers(0, 10**9),
    version=st.sampled_from(["Initial", "Update", "Final"]),
    since=moment,
    until=moment,
    incidents=st.lists(filled, min_size=1, max_size=2).map(tuple),
    confidence=st.just("Unsure"),
    severity=st.just("Minor"),
    position=spot,
    needs=filled,
    categories=st.lists(identifier, min_size=1, max_size=2).map(tuple),
    text=filled,
    title=words,
)


@given(alerts)
@settings(max_examples=60, deadline=None)
def test_cap__reads_back_what_it_wrote(alert):
    assert Alert.from_xml(alert.to_xml()) == alert


@given(haves)
@settings(max_examples=60, deadline=None)
def test_have__reads_back_what_it_wrote(have):
    assert Have.from_xml(have.to_xml().encode()) == have


@given(sitreps)
@settings(max_examples=60, deadline=None)
def test_sitrep__reads_back_what_it_wrote(report):
    assert SitRep.from_xml(report.to_xml()) == report


@given(st.lists(st.tuples(st.integers(1, 53), words, words), unique_by=lambda row: row[0], max_size=6))
def test_ics209__reads_back_what_it_wrote(rows):
    form = Ics209(tuple(Block(*row) for row in sorted(rows)))
    assert Ics209.from_json(form.to_json()) == form


@given(st.text())
def test_clean__leaves_what_xml_carries(text):
    assert parse(f"<a>{clean(text).replace('&', '').replace('<', '').replace(']]>', '')}</a>", where="x").name == "a"


# --- what is refused --------------------------------------------------------------------------------------------------

GOOD = Alert(
    "x-1", "a@b.invalid", NOON, "Exercise", "Alert", "Public", info=(Info(("Fire",), "Api", "Past", "Minor", "Likely"),)
)
LAUGHS = "<!DOCTYPE a [<!ENTITY b 'ha'>" + "".join(f"<!ENTITY b{n} '&b;&b;&b;&b;'>" for n in range(9)) + "]><a>&b8;</a>"
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'
PARAMETER = '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><a/>'
HOSTILE = {
    "laughs": (LAUGHS, "no document type"),
    "external entity": (OUTSIDE, "no document type"),
    "parameter entity": (PARAMETER, "no document type"),
    "outer subset": ('<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', "no document type"),
    "deep": ("<a>" * 1_000_000, "one in another"),
    "10 MB deep": ("<a>" * 3_500_000, "at most 4000000 bytes"),
    "wide": ("<a>" + "<b/>" * 150_000 + "</a>", "at most 100000 elements"),
    "nothing": ("", "well-formed"),
    "no end": ("<a>", "well-formed"),
    "unknown entity": ("<a>&x;</a>", "well-formed"),
    "unknown encoding": ('<?xml version="1.0" encoding="zz"?><a/>', "UTF-8"),
    "wrong bytes": (b"<a>\xff\xfe\x00</a>", "well-formed"),
}


@pytest.mark.parametrize("read", [Alert.from_xml, Have.from_xml, SitRep.from_xml], ids=["cap", "have", "sitrep"])
@pytest.mark.parametrize("name", HOSTILE)
def test_xml__that_harms_is_refused_with_one_fault(name, read):
    data, expected = HOSTILE[name]
    with pytest.raises(InputError) as caught:
        read(data)
    (fault,) = caught.value.faults
    assert expected in fault.expected


def test_cap__every_fault_is_told_with_its_line():
    bad = GOOD.to_xml().replace(">Exercise<", ">exercise<").replace("<scope>Public</scope>", "<colour>red</colour>")
    bad = bad.replace("<event>Api</event>\n", "").replace(NOON, "2024-11-31T12:00:00+07:00")
    bad = bad.replace("<severity>Minor</severity>", "<certainty>Likely</certainty><severity>Minor</severity>")
    with pytest.raises(InputError) as caught:
        Alert.from_xml(bad, where="a.xml")
    told = {(fault.where, fault.field): fault.expected for fault in caught.value.faults}
    assert told["a.xml:6", "status"] == "one of Actual, Exercise, System, Test, Draft"
    assert told["a.xml:5", "sent"].startswith("a time with its offset")
    assert told["a.xml:8", "colour"].startswith("in alert the elements identifier")
    assert told["a.xml:2", "scope"] == "the element scope in alert"
    assert told["a.xml:9", "event"] == "the element event in info"
    assert ("a.xml:12", "severity") in told  # after certainty
    assert ("a.xml:13", "certainty") in told  # twice
    assert len(told) == 7


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scope": "Private"}, "addresses"),
        ({"scope": "Restricted"}, "restriction"),
        ({"msg_type": "Update"}, "references"),
        ({"msg_type": "Cancel", "references": "a,b"}, "references"),
        ({"identifier": "a b"}, "identifier"),
        ({"sender": "a,b"}, "sender"),
        ({"sent": "2024-11-27T12:00:00Z"}, "sent"),
        ({"sent": "2024-11-27T12:00:00"}, "sent"),
        ({"status": "Real"}, "status"),
        ({"note": "a\x00b"}, "note"),
        ({"info": (replace(GOOD.info[0], expires="2024-11-27T11:00:00+07:00"),)}, "info[0].expires"),
        ({"info": (replace(GOOD.info[0], category=()),)}, "category"),
        ({"info": (replace(GOOD.info[0], area=(Area("x", polygon=("1,1 2,2 3,3 4,4",)),)),)}, "polygon"),
        ({"info": (replace(GOOD.info[0], area=(Area("x", circle=("91,1 2",)),)),)}, "circle"),
        ({"info": (replace(GOOD.info[0], language="bahasa indonesia"),)}, "language"),
    ],
)
def test_cap__what_the_standard_asks_is_asked_before_it_is_written(change, field):
    with pytest.raises(InputError) as caught:
        replace(GOOD, **change).to_xml()
    assert field in [fault.field for fault in caught.value.faults]


def test_cap__what_another_namespace_adds_is_passed_over():
    signed = GOOD.to_xml().replace(
        "</alert>", '<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"><s:X/></s:Signature></alert>'
    )
    assert Alert.from_xml(signed) == GOOD


def test_namespaces__case_counts():
    have = Have(
        "PSC 119", NOON, NOON, "", (Facility("rs", "RS", (-7.9, 112.6), NOON, NOON, (Service("igd", "IGD", -3),)),)
    )
    assert HAVE == "urn:oasis:names:tc:emergency:edxl:have:2.0"
    assert CAP == "urn:oasis:names:tc:emergency:cap:1.2"
    assert SITREP == "urn:oasis:names:tc:emergency:EDXL:SitRep:1.0"
    other = have.to_xml().replace(HAVE, "urn:oasis:names:tc:emergency:EDXL:HAVE:2.0")
    with pytest.raises(InputError, match="upper and lower case count"):
        Have.from_xml(other)


def test_have__a_report_of_others_is_read_past_what_is_not_ours():
    text = f"""<h:HAVE xmlns:h="{HAVE}" xmlns:n="urn:oasis:names:tc:emergency:edxl:ciq:1.0:xnl">
    <h:organizationInformation><n:OrganisationName/></h:organizationInformation>
    <h:facility><h:facilityInformation><h:facilityID>a</h:facilityID><h:facilityName>RS A</h:facilityName>
    <h:facilityDetails><n:OrganisationName/></h:facilityDetails>
    <h:clinicalStatusDefault>Normal</h:clinicalStatusDefault>
    <h:emergencyDepartmentStatus><h:emsCapacity/></h:emergencyDepartmentStatus></h:facilityInformation>
    <h:serviceList><h:taxonomyURI/><h:taxonomyName/>
    <h:serviceListItem><h:serviceTaxonomyKeyValue>icu</h:serviceTaxonomyKeyValue><h:serviceName>ICU</h:serviceName>
    <h:serviceStatus><h:isAvailable>true</h:isAvailable></h:serviceStatus>
    <h:serviceBedCapacity><h:availableCount>6</h:availableCount><h:capacityNote/></h:serviceBedCapacity></h:serviceListItem>
    <h:serviceListItem><h:serviceTaxonomyKeyValue>x</h:serviceTaxonomyKeyValue><h:serviceName>X</h:serviceName></h:serviceListItem>
    </h:serviceList><h:facilityColourStatus><h:colourCode/></h:facilityColourStatus></h:facility></h:HAVE>"""
    (facility,) = Have.from_xml(text).facilities
    assert facility == Facility("a", "RS A", None, "", "", (Service("icu", "ICU", 6),))


def test_have__each_hospital_stands_once():
    one = Facility("rs", "RS", None, NOON, NOON, (Service("igd", "IGD", 1),))
    with pytest.raises(InputError, match="Report each hospital once"):
        Have("x", NOON, NOON, "", (one, one)).to_xml()


def test_sitrep__another_kind_of_report_is_named():
    text = make_sitrep(room(), lang="en").to_xml().replace("FieldObservationType", "SituationInformationType")
    with pytest.raises(InputError, match="got SituationInformationType"):
        SitRep.from_xml(text)


@pytest.mark.parametrize(
    "data", ["", "[]", "{}", '{"form":"ICS-201","blocks":[]}', '{"form":"ICS-209"}', "[" * 100_000, "null"]
)
def test_ics209__what_is_no_form_is_refused(data):
    with pytest.raises(InputError, match="ICS-209"):
        Ics209.from_json(data)


def test_ics209__every_wrong_block_is_told():
    rows = [{"number": 2, "title": "a", "value": "b"}, {"number": 1, "title": "a", "value": "b"}, {"number": True}, 3]
    with pytest.raises(InputError) as caught:
        Ics209.from_json(json.dumps({"form": "ICS-209", "blocks": rows}))
    assert [fault.field for fault in caught.value.faults] == ["blocks[1].number", "blocks[2]", "blocks[3]"]


# --- from a room ------------------------------------------------------------------------------------------------------


def test_alerts__a_quiet_room_tells_nothing():
    assert make_alerts(room()) == ()


def test_alerts__say_where_and_what_to_do_in_both_languages_and_that_it_is_an_exercise():
    made = room(*clarified("Kotak suara tersegel."), voting("paused"))
    made.advance(2060)  # a fire has begun at the KPU
    told = {alert.info[0].event: alert for alert in make_alerts(made)}
    assert set(told) == {"Klarifikasi resmi", "Pemungutan suara dihentikan sementara", "Kebakaran"}
    for alert in told.values():
        assert (alert.status, alert.sender, alert.scope) == ("Exercise", NOBODY, "Public")
        assert [info.language for info in alert.info] == ["id", "en"]
        assert all(info.instruction and info.area for info in alert.info)
        assert alert.info[0].headline.startswith("LATIHAN")
        assert alert.info[1].description.startswith("EXERCISE")
        assert Alert.from_xml(alert.to_xml()) == alert
    assert "Kotak suara tersegel." in told["Klarifikasi resmi"].info[1].description
    assert told["Kebakaran"].info[0].area[0].circle == ("-7.95426,112.64634 0.5",)
    assert len({alert.identifier for alert in told.values()}) == 3


def test_alerts__a_fire_that_is_out_and_a_place_reported_calm_end():
    report = {"do": "report", "place": "bawaslu", "text": "asap"}
    fire, calm = ("polresta", 50, report | {"what": "fire"}), ("polresta", 60, report | {"what": "calm"})
    assert [alert.info[0].category for alert in make_alerts(room(fire))] == [("Fire",)]
    assert make_alerts(room(fire, calm)) == ()
    made = room()
    made.advance(3000)
    assert not [alert for alert in make_alerts(made) if alert.info[0].event == "Kebakaran"]


def test_alerts__a_fire_is_not_over_because_something_else_is_reported_there():
    """Who reports people at a burning place does not say that the fire is out."""
    told = {"do": "report", "place": "bawaslu", "text": "dilihat"}
    made = room(("field", 200, told | {"what": "fire"}), ("linmas", 260, told | {"what": "crowd"}))
    assert [alert.info[0].category for alert in make_alerts(made)] == [("Fire",)]
    made.do(told | {"what": "calm"}, seat="field", t=300_000, at=AT)
    assert make_alerts(made) == ()


def test_alerts__a_crush_is_told_once_it_is_known():
    made = room(("controller", 10, {"do": "inject.incident", "place": "kpu", "kind": "crush"}))
    assert make_alerts(made) == ()
    made.advance(400)
    assert [alert.info[1].response_type for alert in make_alerts(made)] == [("Evacuate",)]


def test_alerts__the_vote_goes_on_where_it_had_stopped_only():
    assert make_alerts(room(voting("open"))) == ()
    (alert,) = make_alerts(room(voting("paused"), voting("open", 200)))
    assert alert.info[0].response_type == ("AllClear",)
    assert "asap" not in alert.to_xml()  # the reason stays inside


def test_alerts__bawaslu_does_not_speak_for_the_kpu():
    assert make_alerts(room(*clarified("Aman.", seat="bawaslu"))) == ()


@pytest.mark.parametrize(
    "text", ["Hubungi Bapak Slamet di gudang.", "Telepon 0812 3456 7890.", "Massa Relawan Sehati salah."]
)
def test_alerts__a_person_or_a_group_is_refused(text):
    with pytest.raises(InputError, match="Word it again"):
        make_alerts(room(*clarified(text, partner="Relawan Sehati")))


def test_alerts__offices_and_common_words_may_be_named():
    (alert,) = make_alerts(room(*clarified("Warga diminta menunggu kabar KPU Kota Malang.", partner="KPU Kota Malang")))
    assert alert.info[0].area[0].area_desc == "Seluruh kota"


def test_alerts__only_an_operation_is_actual_and_has_a_sender_of_its_own():
    made = room(*clarified("Aman."))
    made.advance(2060)
    with pytest.raises(InputError, match="sender of a real alert"):
        make_alerts(made, operation=True)
    (alert,) = make_alerts(made, operation=True, sender="posko@malangkota.go.id")  # the simulated fire is not told
    assert alert.status == "Actual"
    assert "EXERCISE" not in alert.to_xml()
    assert "LATIHAN" not in alert.to_xml()


def test_alerts__a_redacted_clarification_is_gone():
    redact = ("controller", 95, {"do": "redact", "record": 1, "why": "salah"})
    assert make_alerts(room(*clarified("Aman."), redact)) == ()


def test_have__tells_the_numbers_that_a_hospital_said_and_nothing_else():
    have = make_have(room(update(icu_free=1)), lang="id")
    (facility,) = have.facilities
    assert {service.key: service.available for service in facility.services} == {"igd": 2, "igd.waiting": -3, "icu": 1}
    assert (facility.id, facility.name, facility.since) == (HERE, "RS Lavalette", "2024-06-12T09:03:20+07:00")
    assert have.comment == "LATIHAN: bukan keadaan sebenarnya. Rumah sakit yang belum melapor: 13."
    assert Have.from_xml(have.to_xml()) == have
    with pytest.raises(InputError, match="a hospital that has reported"):
        make_have(room(), lang="id")


@pytest.mark.parametrize("lang", ["id", "en"])
def test_sitrep__tells_stages_harm_closures_and_reports(lang):
    closed = ("polresta", 300, {"do": "report", "place": "bawaslu", "what": "street_closed", "text": "ditutup"})
    standby = ("ambulance", 310, {"do": "standby", "text": "ambulans", "n": 4, "state": "ready"})
    made = room(update(), voting("paused", 250), closed, standby)
    made.advance(2060)
    report, form = make_sitrep(made, lang=lang), make_ics209(made, lang=lang)
    assert report.severity == "Severe"
    for said in ("merah", "3 (3 ", "4 × ambulans", "RS Lavalette", "Bawaslu Kota Malang."):
        assert said in report.text
        assert any(said in block.value for block in form.blocks)
    assert SitRep.from_xml(report.to_xml()) == report
    assert Ics209.from_json(form.to_json()) == form
    assert {"id": "LATIHAN", "en": "EXERCISE"}[lang] in report.purpose


def test_sitrep__keeps_to_the_length_of_the_standard_and_says_how_much_is_left_out():
    made = room(*(update(hospital, icu_free=1) for hospital in setup().names.hospitals))
    said = [
        ("ambulance", 300 + n, {"do": "standby", "text": "ambulans siaga " * 5, "n": n, "state": "agreed"})
        for n in range(9)
    ]
    for seat, second, action in said:
        made.do(action, seat=seat, t=second * 1000, at=AT)
    report = make_sitrep(made, lang="en")
    assert len(report.text) <= 1023
    assert "Further points: " in report.text
    report.to_xml()


def test_sitrep__a_person_in_a_text_is_refused():
    standby = ("ambulance", 310, {"do": "standby", "text": "ambulans Bapak Slamet", "n": 1, "state": "ready"})
    for make in (make_sitrep, make_ics209):
        with pytest.raises(InputError, match="no personal data"):
            make(room(standby), lang="id")


def test_export__writes_whole_or_not_at_all(tmp_path):
    made = room(*clarified("Aman."), update())
    assert export_state(made, "cap", tmp_path / "cap", lang="id") == 1
    assert [path.name for path in (tmp_path / "cap").iterdir()] == ["001.xml"]
    for form, read in (("have", Have.from_xml), ("sitrep", SitRep.from_xml), ("ics209", Ics209.from_json)):
        export_state(made, form, tmp_path / form, lang="id")
        read((tmp_path / form).read_bytes())
    with pytest.raises(InputError, match="a hospital that has reported"):
        export_state(room(), "have", tmp_path / "none", lang="id")
    assert export_state(room(), "cap", tmp_path / "none", lang="id") == 0
    assert not (tmp_path / "none").exists()


def test_cli__exports_the_state_of_a_log(tmp_path):
    run = CliRunner()
    room(*clarified("Aman."), update()).log().save(tmp_path / "log")
    for form, name in (("have", "have.xml"), ("cap", "alerts"), ("log", "again")):
        out = run.invoke(
            app, ["exercise", "export", str(tmp_path / "log"), "--format", form, "-o", str(tmp_path / name)]
        )
        assert out.exit_code == 0, out.output
    assert Have.from_xml((tmp_path / "have.xml").read_bytes()).facilities[0].id == HERE
    assert Alert.from_xml((tmp_path / "alerts" / "001.xml").read_bytes()).status == "Exercise"
    wrong = run.invoke(app, ["exercise", "export", str(tmp_path / "log"), "--format", "pdf", "-o", str(tmp_path / "x")])
    assert wrong.exit_code != 0
    assert not (tmp_path / "x").exists()
