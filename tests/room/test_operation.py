"""An operation: what people report is what it says, on the wall's clock; nothing simulated is told as if it were so."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sispamkota.errors import InputError
from sispamkota.exchange.alerts import make_alerts
from sispamkota.exchange.have import Have, make_have
from sispamkota.exchange.sitrep import Ics209, SitRep, make_ics209, make_sitrep
from sispamkota.exercise import ExerciseLog, Room, load_exercise, make_setup, replay
from sispamkota.exercise.branch import what_if
from sispamkota.exercise.exercise_file import WIB, ExerciseFile
from sispamkota.exercise.log import GONE, canonical, chain_faults
from sispamkota.exercise.merge import _names, merge
from sispamkota.exercise.operation_views import stations
from sispamkota.exercise.roles import roles
from sispamkota.exercise.views import events_since, frame, ground, view

WALL = "2024-11-27T00:00:00.000Z"
HOUR = 3_600_000
AREA, TPS = "35.73.01.1001", "35.73.01.1001/003"
HOSPITAL = "rsud-dr-saiful-anwar"
BOTH = tuple(name for name in roles() if name != "public")


@pytest.fixture(scope="module")
def setup():
    """The embedded operation."""
    return make_setup(load_exercise("operasi-malang"))


@pytest.fixture(scope="module")
def police(setup):
    """Three units of the police, and what each can do."""
    units = [unit for unit in setup.names.units if setup.agencies[unit] == "polri"][:3]
    return [(unit, min(setup.can(unit))) for unit in units]


@pytest.fixture
def room(setup):
    return Room(setup)


def do(room, seat, t, **action):
    return room.do(action, seat=seat, t=t, at=WALL)


def incident(room, t=HOUR, *, seat="field", **more):
    told = {"place": "kpu", "kind": "fire", "text": "asap di gudang"} | more
    return do(room, seat, t, do="incident.report", **told).n


def refused(room, seat, t, **action):
    before = room.digest()
    with pytest.raises(InputError) as caught:
        do(room, seat, t, **action)
    assert room.digest() == before
    return caught.value.faults[0]


# --- the wall's clock, and no simulation ----------------------------------------------------------------------------


def test_operation__its_world_stays_at_its_start_however_much_time_passes(setup, room):
    before = room.world.now, room.digest()
    room.advance(30 * 3600.0)
    assert room.now == 30 * 3600.0 > room.horizon
    assert (room.world.now, room.digest()) == before
    do(room, "polresta", 31 * HOUR, do="seat.take")
    assert room.world.now == 0.0
    assert not any(room.world.state.unit["state"] == 2)  # nobody travels


@pytest.mark.parametrize("seat", BOTH)
def test_operation__no_seat_is_told_anything_of_the_world(setup, room, seat):
    do(room, "field", HOUR, do="crowd.report", place="kpu", people=70, violent=5, trend="steady")
    assert set(frame(room, seat)) == {"t", "running", "ended"}
    assert events_since(room, 0, seat) == (len(room.world.log()), [])
    assert len(room.world.log()) > 0  # the world has events of its start: they are told to nobody
    assert ground(setup, seat)["real"] is True
    assert "operation" in view(room, seat)


def test_operation__the_public_sees_no_board(setup, room):
    incident(room)
    assert "operation" not in view(room, "public")
    assert "asap" not in json.dumps(view(room, "public"))
    assert set(frame(room, "public")) == {"t", "running", "ended"}


def test_operation__a_hospital_hears_only_where_people_are_hurt(room):
    incident(room)
    hurt = incident(room, injured=3)
    told = view(room, f"hospital:{HOSPITAL}")["operation"]
    assert told == {"incidents": {str(hurt): {"place": "kpu", "injured": 3, "at": HOUR, "called": HOUR}}}


@pytest.mark.parametrize(
    "action",
    [
        {"do": "clock.run", "speed": 2},
        {"do": "clock.pause"},
        {"do": "clock.jump", "to": 7200},
        {"do": "inject.provoke", "place": "kpu", "people": 5},
        {"do": "inject.message", "to": ["kpu"], "text": "pesan"},
        {"do": "msel.put", "item": "baru", "to": ["kpu"], "text": "pesan"},
    ],
)
def test_operation__the_clock_does_not_turn_and_nothing_is_played(room, action):
    fault = refused(room, "controller", HOUR, **action)
    assert fault.got == "what is played in an exercise"
    assert "wall" in fault.remedy


def test_exercise__takes_no_report_of_an_operation(kpu):
    room = Room(kpu)
    for seat, action in (
        ("kpu", {"do": "tps.report", "tps": TPS, "state": "open"}),
        ("field", {"do": "incident.report", "place": "kpu", "kind": "fire", "text": "asap"}),
        ("polresta", {"do": "unit.report", "unit": "patroli-1", "state": "standby"}),
    ):
        assert refused(room, seat, 0, **action).got == "a report of an operation"
    assert room.board.operation is None
    assert "operation" not in room.board.to_dict()


def test_file__an_operation_says_when_it_starts_and_has_no_events(setup):
    plain = setup.file.model_dump(mode="json")
    assert ExerciseFile.model_validate_json(json.dumps(plain)) == setup.file
    assert setup.file.starts == datetime(2024, 11, 27, tzinfo=WIB)
    for change in (
        {"starts": None},
        {"mode": "exercise"},
        {"items": [{"id": "a", "to": ["kpu"], "text_id": "a", "text_en": "a"}]},
    ):
        with pytest.raises(ValueError, match=r"starts|events"):
            ExerciseFile.model_validate_json(json.dumps(plain | change))
    naive = ExerciseFile.model_validate_json(json.dumps(plain | {"starts": "2029-11-28T00:00:00"}))
    assert naive.starts.utcoffset() == timedelta(hours=7)
    late = ExerciseFile.model_validate_json(json.dumps(plain | {"starts": "2029-11-28T06:00:00"}))
    with pytest.raises(InputError, match="00:00 WIB"):
        make_setup(late)


# --- reports --------------------------------------------------------------------------------------------------------


def test_tps__a_report_of_a_kelurahan_is_of_all_its_tps_until_one_says_more(setup, room):
    codes = setup.stations[AREA]
    do(room, "kpu", 6 * HOUR, do="tps.report", tps=AREA, state="not_open")
    do(room, "kpu", 7 * HOUR, do="tps.report", tps=TPS, state="open")
    told = view(room, "polresta")["operation"]["tps"]
    assert told["states"] == {"not_open": len(codes) - 1, "open": 1}
    assert (told["told"], told["of"]) == (len(codes), 1188)
    assert told["late_n"] == len(codes) - 1 == len(told["late"])  # it is seven
    assert TPS not in {row["tps"] for row in told["late"]}
    do(room, "kpu", 8 * HOUR, do="tps.report", tps=AREA, state="open")
    assert view(room, "polresta")["operation"]["tps"]["states"] == {"open": len(codes)}
    assert view(room, "polresta")["operation"]["tps"]["areas"][AREA]["oldest"] == 8 * HOUR


def test_tps__is_late_only_once_its_hour_of_opening_has_passed(room):
    do(room, "kpu", 6 * HOUR, do="tps.report", tps=TPS, state="not_open")
    room.advance(7 * 3600 - 1)
    assert view(room, "kpu")["operation"]["tps"]["late_n"] == 0
    room.advance(7 * 3600)
    assert view(room, "kpu")["operation"]["tps"]["late_n"] == 1


def test_board__keeps_nothing_for_moments_that_are_past(room):
    do(room, "kpu", 6 * HOUR, do="tps.report", tps=TPS, state="not_open")
    sizes = []
    for second in range(6 * 3600, 8 * 3600, 60):
        room.advance(second)
        view(room, "kpu")
        sizes.append(len(json.dumps(room.board.operation.memo)))
    assert sizes[-1] < 2 * sizes[0]
    assert view(room, "kpu")["operation"]["tps"]["late_n"] == 1


def test_tps__disrupted_is_said_of_a_tps_and_never_of_a_whole_kelurahan(room):
    assert refused(room, "kpu", HOUR, do="tps.report", tps=AREA, state="disrupted").field == "tps"
    assert refused(room, "kpu", HOUR, do="tps.report", tps=AREA, state="queue", waiting=4).field == "tps"
    assert refused(room, "kpu", HOUR, do="tps.report", tps="35.73.01.1001/999", state="open").field == "tps"
    do(room, "kpu", HOUR, do="tps.report", tps=TPS, state="disrupted", waiting=40)
    assert view(room, "kpu")["operation"]["tps"]["disrupted"][0]["tps"] == TPS


def test_report__with_the_same_key_counts_once(room):
    do(room, "field", HOUR, do="crowd.report", place="kpu", people=50, trend="growing", key="telepon-1")
    assert (
        refused(room, "field", HOUR, do="crowd.report", place="kpu", people=50, trend="growing", key="telepon-1").field
        == "key"
    )
    assert refused(room, "kpu", HOUR, do="tps.report", tps=TPS, state="open", key="telepon-1").field == "key"


def test_report__that_came_late_says_when_it_was_seen_and_hides_nothing_newer(setup, room):
    do(room, "kpu", 8 * HOUR, do="tps.report", tps=TPS, state="open")
    do(room, "field", 8 * HOUR, do="crowd.report", place="kpu", people=200, trend="steady")
    do(room, "field", 9 * HOUR, do="tps.report", tps=TPS, state="disrupted", seen=7.5 * 3600)
    do(room, "field", 9 * HOUR, do="crowd.report", place="kpu", people=20, trend="growing", seen=7.5 * 3600)
    late = do(room, "field", 9 * HOUR, do="incident.report", place="kpu", kind="fire", text="asap", seen=8.5 * 3600).n
    board = room.board.operation
    assert stations(board, setup)[TPS]["state"] == "open"
    assert board.crowds["kpu"]["people"] == 200
    assert board.incidents[late]["called"] == 8.5 * HOUR
    do(room, "field", 9 * HOUR, do="crowd.report", place="bawaslu", people=20, trend="growing", seen=99 * 3600)
    assert board.crowds["bawaslu"]["at"] == 9 * HOUR  # nobody has seen what is to come


def test_crowd__cannot_have_more_violent_people_than_people(room):
    assert (
        refused(room, "field", HOUR, do="crowd.report", place="kpu", people=5, violent=6, trend="steady").field
        == "violent"
    )


def test_incident__is_seen_handled_and_closed_and_frees_its_units(room, police):
    (unit, can), (other, _), _ = police
    n = incident(room)
    do(room, "polresta", 2 * HOUR, do="order.send", unit=unit, incident=n, capability=can)
    do(room, "polresta", 2 * HOUR, do="unit.report", unit=other, state="at_scene", incident=n)
    do(room, "polresta", 2 * HOUR, do="incident.update", incident=n, state="handled", text="api kecil", injured=1)
    board = room.board.operation
    assert board.incidents[n]["units"] == [unit, other]
    assert board.units[unit] == {
        "state": "moving",
        "place": None,
        "incident": n,
        "at": 2 * HOUR,
        "by": "polresta",
        "n": 1,
    }
    assert board.units[other]["place"] == "kpu"  # at the scene of its incident
    do(room, "polresta", 3 * HOUR, do="incident.update", incident=n, state="closed", text="padam")
    assert board.incidents[n]["units"] == []
    assert board.incidents[n]["injured"] == 1
    assert board.units[other]["incident"] is None
    assert board.bookings == [[unit, n, 2 * HOUR, 3 * HOUR], [other, n, 2 * HOUR, 3 * HOUR]]
    assert (
        refused(room, "polresta", 3 * HOUR, do="incident.update", incident=n, state="seen", text="lagi").field
        == "incident"
    )
    assert (
        refused(room, "polresta", 3 * HOUR, do="order.send", unit=unit, incident=n, capability=can).field == "incident"
    )


def test_unit__is_ordered_by_its_own_desk_to_one_incident_at_a_time(room, police):
    unit, can = police[0]
    first, second = incident(room), incident(room)
    order = {"do": "order.send", "unit": unit, "capability": can}
    assert refused(room, "brimob", HOUR, **order, incident=first).field == "unit"
    assert refused(room, "polresta", HOUR, **order | {"capability": "fire"}, incident=first).field == "capability"
    do(room, "polresta", HOUR, **order, incident=first)
    assert refused(room, "polresta", HOUR, **order, incident=second).field == "unit"
    do(room, "polresta", HOUR, do="order.recall", unit=unit)
    assert room.board.operation.units[unit]["state"] == "returning"
    do(room, "polresta", HOUR, do="unit.report", unit=unit, state="resting")
    assert refused(room, "polresta", HOUR, **order, incident=second).field == "unit"
    do(room, "polresta", HOUR, do="unit.report", unit=unit, state="standby", place="kpu")
    do(room, "polresta", HOUR, **order, incident=second)
    assert (
        refused(room, "polresta", HOUR, do="unit.report", unit=unit, state="off", incident=second).field == "incident"
    )
    do(room, "polresta", HOUR, do="unit.report", unit=unit, state="off")
    assert room.board.operation.incidents[second]["units"] == []


def test_force__goes_no_further_than_its_leave_in_an_operation_too(room):
    cap = {"do": "command.cap_force", "place": "kpu", "why": "tenang"}
    assert refused(room, "polresta", HOUR, **cap, step=4).field == "step"
    ask = do(
        room,
        "polresta",
        HOUR,
        do="request.make",
        kind="kekuatan",
        to="polda",
        place="kpu",
        step=5,
        why="x",
        until=7200.0,
    ).n
    answer = {"do": "request.answer", "request": ask, "granted": True, "authority": "Kapolda", "why": "terukur"}
    do(room, "polda", HOUR, **answer)
    assert room.board.operation.commands["kpu"]["gas"] is True
    do(room, "field", HOUR, do="report", place="kpu", what="blocked_exit", text="pintu timur tertutup")
    assert room.board.operation.commands["kpu"] | {"at": 0, "n": 0, "by": ""} == {
        "control": 0, "line": 0, "cap": 4, "gas": False, "asked": None, "at": 0, "by": "", "n": 0,
    }  # fmt: skip
    assert refused(room, "polresta", HOUR, do="order.ask_to_leave", place="kpu").field == "place"
    assert refused(room, "polresta", HOUR, do="command.reinforce", why="x").field == "command.reinforce"
    do(room, "polresta", HOUR, do="command.hand_over", place="kpu")
    assert refused(room, "polresta", HOUR, do="command.hand_over", place="kpu").got == "polresta"
    do(room, "polda", HOUR, do="command.hand_over", place="kpu")
    assert room.board.operation.commands["kpu"]["control"] == 2


@pytest.mark.parametrize(
    ("kind", "more"),
    [("kekuatan", {"place": "kpu", "step": 5}), ("alih_kendali", {"place": "kpu"}), ("perkuatan", {})],
)
def test_force__nobody_stands_in_for_an_absent_office_in_an_operation(room, kpu, kind, more):
    """Whom the law names is on the line or the request lapses; in an exercise the controller plays whoever is away."""
    ask = {"do": "request.make", "kind": kind, "to": "polda", "why": "cadangan", "until": 7200.0} | more
    grant = {"do": "request.answer", "granted": True, "authority": "Kapolda", "why": "mendesak"}
    n = do(room, "polresta", HOUR, **ask).n
    assert not view(room, "controller")["waiting"]
    assert refused(room, "controller", HOUR, **grant, request=n).field == "request"
    assert do(room, "polda", HOUR, **grant, request=n)
    exercise = Room(kpu)
    n = exercise.do(ask, seat="polresta", t=0, at="").n
    assert [row["n"] for row in view(exercise, "controller")["waiting"]] == [n]


def test_redaction__empties_what_was_reported_of_an_incident(room):
    n = incident(room, text="Warga di gudang")
    up = do(room, "polresta", HOUR, do="incident.update", incident=n, state="seen", text="Sudah dicek").n
    for record in (n, up):
        do(room, "controller", HOUR, do="redact", record=record, why="privasi")
    row = room.board.operation.incidents[n]
    assert (row["text"], row["updates"][0]["text"]) == (GONE, GONE)
    assert not list(chain_faults(room.records, where="log"))


def test_log__is_the_whole_operation(setup, room, police, tmp_path):
    unit, can = police[0]
    n = incident(room)
    do(room, "polresta", HOUR, do="order.send", unit=unit, incident=n, capability=can)
    do(room, "kpu", HOUR, do="tps.report", tps=TPS, state="queue", waiting=12, key="a")
    room.log().save(tmp_path / "log")
    log = ExerciseLog.load(tmp_path / "log")
    assert replay(setup, log.records).digest() == room.digest()
    with pytest.raises(InputError, match="simulated exercise"):
        what_if(log, at=1, actions=(), setup=setup)


# --- what others are told -------------------------------------------------------------------------------------------


def test_exports__tell_what_was_reported_and_nothing_simulated(setup, room):
    incident(room, injured=2)
    do(room, "field", 2 * HOUR, do="crowd.report", place="bawaslu", people=320, violent=None, trend="growing")
    do(room, f"hospital:{HOSPITAL}", 2 * HOUR, do="hospital.update", hospital=HOSPITAL, igd_free=4, igd_waiting=1)
    report = SitRep.from_xml(make_sitrep(room, lang="en", operation=True).to_xml())
    assert "EXERCISE" not in report.purpose
    assert report.severity == "Unknown"  # nobody reported a stage
    assert "Injured as reported: 2" in report.text
    assert "320 people" in report.text
    assert "stage" not in report.text
    assert report.since == "2024-11-27T00:00:00+07:00"
    igd = Have.from_xml(make_have(room, lang="en", operation=True).to_xml()).facilities[0].services[0]
    assert (igd.available, igd.baseline) == (4, None), "how many there are is assumed: nobody reported it"
    assert (report.prepared_by, report.authorized_by) == ("Operation command post",) * 2
    blocks = {
        each.number: each.value
        for each in Ics209.from_json(make_ics209(room, lang="en", operation=True).to_json()).blocks
    }
    assert blocks[31] == "With injuries: 2."
    assert blocks[12] == "Operation command post"
    assert 32 not in blocks
    with pytest.raises(InputError, match="sender of a real alert"):
        make_alerts(room, operation=True)
    (alert,) = make_alerts(room, operation=True, sender="posko@malangkota.go.id")
    assert (alert.status, alert.info[0].category) == ("Actual", ("Fire",))


def test_review__tells_how_soon_a_unit_was_sent_to_what_was_reported(setup, room, police):
    from sispamkota.review.anev import make_anev
    from sispamkota.review.anev_say import Say
    from sispamkota.review.anev_tables import tables

    unit, can = police[0]
    first, second = incident(room, HOUR, injured=2), incident(room, HOUR)
    do(room, "polresta", HOUR + 180_000, do="order.send", unit=unit, incident=first, capability=can)
    do(room, "polresta", 2 * HOUR, do="incident.update", incident=first, state="closed", text="padam")
    anev = make_anev(room.log(), setup=setup)
    (table,) = tables(anev, Say("en", anev.places), ["calls"])
    place = setup.city.find("kpu").name
    assert table.rows[0] == (str(first), "60.0", place, "fire", "2", "3.0 min", "60.0 min")
    assert table.rows[1] == (str(second), "60.0", place, "fire", "–", "–", "–")


def test_review__of_an_operation_says_that_nothing_is_simulated(setup, room):
    from sispamkota.review.anev import make_anev
    from sispamkota.review.anev_page import anev_page

    incident(room)
    do(room, "kpu", HOUR, do="tps.report", tps=TPS, state="open")
    room.do({"do": "clock.tick", "digest": room.digest()}, seat="server", t=HOUR, at=WALL)
    do(room, "controller", HOUR, do="clock.end")
    made = make_anev(room.log(), setup=setup)
    assert (made.basis.state, made.basis.same, made.course) == ("operation", 1, None)
    page = anev_page(made, lang="en", audience="service")
    assert "Not simulated" in page
    assert "nothing is simulated" in page
    assert "Tidak disimulasikan" in anev_page(made, lang="id", audience="public")


# --- two posts ------------------------------------------------------------------------------------------------------


def bytes_of(log):
    return (
        b"".join(canonical(record.to_dict()) for record in log.records)
        + canonical(dict(log.setup))
        + log.manifest.to_json().encode()
    )


@pytest.fixture(scope="module")
def start(setup, police):
    """What both posts have before they are cut off: desks, an open incident and a request."""
    room = Room(setup)
    for seat in ("polresta", "kpu", "field", "polda"):
        do(room, seat, 0, do="seat.take")
    incident(room)
    do(room, "polresta", HOUR, do="request.make", kind="perkuatan", to="polda", why="cadangan", until=9 * 3600.0)
    return tuple(room.records)


def posts(setup, start):
    return replay(setup, start), replay(setup, start)


def test_merge__names_a_unit_that_both_sent_and_keeps_both_orders(setup, start, police):
    a, b = posts(setup, start)
    unit, can = police[0]
    here, there = incident(a, 2 * HOUR, place="kpu"), incident(b, 2 * HOUR, place="bawaslu", seat="kpu")
    assert here == there  # both call their own by the same number
    do(a, "polresta", 2 * HOUR + 10, do="order.send", unit=unit, incident=here, capability=can)
    do(b, "polresta", 2 * HOUR + 20, do="order.send", unit=unit, incident=there, capability=can)
    do(b, "polresta", 2 * HOUR + 30, do="incident.update", incident=there, state="handled", text="ditangani")
    do(a, "polresta", 3 * HOUR, do="order.recall", unit=unit)
    made, other = merge(a.log(), b.log(), setup=setup), merge(b.log(), a.log(), setup=setup)
    assert bytes_of(made.log) == bytes_of(other.log)
    assert made.came == (3, 3)
    assert other.came == (3, 3)
    folded = replay(setup, made.log.records).board.operation
    kpu = next(n for n, row in folded.incidents.items() if row["place"] == "kpu" and row["called"] == 2 * HOUR)
    bawaslu = next(n for n, row in folded.incidents.items() if row["place"] == "bawaslu")
    assert made.doubled == ({"unit": unit, "incidents": [kpu, bawaslu], "since": 2 * HOUR + 20, "until": 3 * HOUR},)
    assert folded.doubled[0]["unit"] == unit
    assert folded.incidents[bawaslu]["state"] == "handled"  # its number was mapped
    (conflict,) = made.conflicts
    assert conflict["why"] == "doubled"
    assert made.log.records[conflict["n"]].action["action"]["unit"] == unit
    assert made.log.manifest.settings["merged"] == sorted((a.records[-1].hash, b.records[-1].hash))


@pytest.mark.parametrize("n", range(8))
def test_merge__orders_what_happened_at_once_by_seat_and_then_by_hash(setup, start, n):
    here, there = posts(setup, start)
    do(here, "polresta", 2 * HOUR, do="note", text="dua")
    do(there, "field", 2 * HOUR, do="note", text="satu")
    did = [do(room, "polda", 3 * HOUR, do="note", text=text) for room, text in ((here, "tiga"), (there, "empat"))]
    do(there, "kpu", 3 * HOUR, do="note", text="akhir")
    do(here, "kpu", 4 * HOUR, do="report", place="kpu", what="calm", text=str(n))  # whichever head's hash is less
    # "akhir" comes after its own post's, though "kpu" comes first
    told = [row.action["text"] for row in merge(here.log(), there.log(), setup=setup).log.records if row.do == "note"]
    first, second = (row.action["text"] for row in sorted(did, key=lambda row: row.hash))
    assert told == ["satu", "dua", *((first, second, "akhir") if second == "empat" else (first, "akhir", second))]


def test_merge__bookings_one_after_the_other_are_not_double(setup, start, police):
    a, b = posts(setup, start)
    unit, can = police[0]
    here = incident(a, 2 * HOUR)
    do(a, "polresta", 2 * HOUR, do="order.send", unit=unit, incident=here, capability=can)
    do(a, "polresta", 3 * HOUR, do="order.recall", unit=unit)
    there = incident(b, 4 * HOUR)
    do(b, "polresta", 4 * HOUR, do="order.send", unit=unit, incident=there, capability=can)
    made = merge(a.log(), b.log(), setup=setup)
    assert (made.doubled, made.conflicts) == ((), ())


def test_merge__a_request_that_both_answered_keeps_the_second_answer_as_a_conflict(setup, start):
    a, b = posts(setup, start)
    ask = next(record.n for record in start if record.do == "request.make")
    told = {"do": "request.answer", "request": ask, "authority": "Kapolda", "why": "x"}
    do(a, "polda", 2 * HOUR, **told, granted=True)
    do(b, "polda", 2 * HOUR + 1, **told, granted=False)
    made = merge(b.log(), a.log(), setup=setup)
    assert [row["why"] for row in made.conflicts] == ["late"]
    assert made.log.records[made.conflicts[0]["n"]].action["action"]["granted"] is False
    assert replay(setup, made.log.records).board.requests[ask].granted is True


def test_merge__a_report_that_reached_both_posts_counts_once(setup, start):
    a, b = posts(setup, start)
    told = {"do": "incident.report", "place": "kpu", "kind": "fire", "text": "asap", "key": "telepon-7"}
    do(a, "field", 2 * HOUR, **told)
    n = do(b, "field", 2 * HOUR + 500, **told).n
    do(b, "polresta", 3 * HOUR, do="incident.update", incident=n, state="closed", text="padam")
    made = merge(a.log(), b.log(), setup=setup)
    assert [row["why"] for row in made.conflicts] == ["twice"]
    rows = [row for row in replay(setup, made.log.records).board.operation.incidents.values() if row["called"] > HOUR]
    assert [row["state"] for row in rows] == ["closed"]  # the update is of the one that counts


def test_merge__a_text_that_one_post_took_away_stays_away(setup, start):
    a, b = posts(setup, start)
    secret = do(b, "field", 2 * HOUR, do="note", text="rahasia sekali").n
    do(b, "controller", 2 * HOUR, do="redact", record=secret, why="privasi")
    shared = next(record.n for record in start if record.do == "incident.report")
    do(a, "controller", 2 * HOUR, do="redact", record=shared, why="privasi")
    do(a, "field", 2 * HOUR, do="note", text="tetap ada")
    text = bytes_of(merge(a.log(), b.log(), setup=setup).log).decode()
    assert "rahasia" not in text
    assert "asap di gudang" not in text
    assert "tetap ada" in text


def test_merge__is_refused_for_an_exercise_and_for_another_operation(setup, start, log):
    a, b = posts(setup, start)
    with pytest.raises(InputError, match="a simulated exercise"):
        merge(log, log)
    other = ExerciseLog(
        dict(b.log().setup) | {"file": b.log().setup["file"] | {"name": "lain"}}, tuple(b.records), b.log().manifest
    )
    with pytest.raises(InputError, match="another one"):
        merge(a.log(), other, setup=setup)
    alone = Room(setup)
    do(alone, "polresta", 5, do="seat.take")
    with pytest.raises(InputError, match="record 0"):
        merge(a.log(), alone.log(), setup=setup)
    with pytest.raises(InputError, match="record 0"):
        merge(a.log(), Room(setup).log(), setup=setup)


def test_merge__again_with_one_of_its_own_adds_nothing(setup, start, police):
    a, b = posts(setup, start)
    incident(a, 2 * HOUR)
    incident(b, 2 * HOUR, seat="kpu")
    made = merge(a.log(), b.log(), setup=setup).log
    for log in (a.log(), b.log(), made):
        assert bytes_of(merge(made, log, setup=setup).log) == bytes_of(made)
        assert bytes_of(merge(log, made, setup=setup).log) == bytes_of(made)
    incident(a, 3 * HOUR, text="lagi")
    again = merge(made, a.log(), setup=setup)
    assert sorted(again.came) == [0, 1] or again.came == (2, 1)  # what the merge wrote, and the new report
    texts = [record.action.get("text") for record in again.log.records if record.do == "incident.report"]
    assert texts.count("lagi") == 1
    assert len(texts) == 4


@settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
@given(data=st.data())
def test_merge__of_three_posts_in_any_order_keeps_every_action_once(setup, start, police, data):
    rooms = [replay(setup, start) for _ in range(3)]
    for room in rooms:
        _play(data.draw, room, police, data.draw(st.integers(0, 9)))
    a, b, c = (room.log() for room in rooms)

    def both(one, other):
        return merge(one, other, setup=setup).log

    every = sorted({each.hash for log in (a, b, c) for each in log.records if each.do != "clock.tick"})
    for whole in (both(both(a, b), c), both(both(a, c), b), both(a, both(b, c))):
        named = zip(_names(whole.records), whole.records, strict=True)
        assert sorted(name for name, each in named if each.do not in ("clock.tick", "merge.done")) == every
        assert not list(chain_faults(whole.records, where="log"))
        replay(setup, whole.records)
        for log in (a, b, c):
            assert bytes_of(both(whole, log)) == bytes_of(whole)


_SEATS = ("polresta", "kpu", "field", "polda", "controller")


def _act(draw, room, police):
    """One thing that somebody at a post may try, sensible or not."""
    numbers = st.integers(0, len(room.records) + 1)
    unit, can = draw(st.sampled_from(police))
    place = draw(st.sampled_from(("kpu", "bawaslu", AREA)))
    key = draw(st.sampled_from(("", "", "k1", "k2", "k3")))
    return draw(
        st.sampled_from(
            (
                {"do": "incident.report", "place": place, "kind": "fire", "text": "asap", "key": key},
                {
                    "do": "crowd.report",
                    "place": place,
                    "people": draw(st.integers(0, 90)),
                    "trend": "steady",
                    "key": key,
                },
                {"do": "tps.report", "tps": draw(st.sampled_from((AREA, TPS))), "state": "open", "key": key},
                {"do": "order.send", "unit": unit, "incident": draw(numbers), "capability": can},
                {"do": "order.recall", "unit": unit},
                {
                    "do": "unit.report",
                    "unit": unit,
                    "state": draw(st.sampled_from(("standby", "at_scene"))),
                    "key": key,
                },
                {"do": "incident.update", "incident": draw(numbers), "state": "closed", "text": "selesai"},
                {
                    "do": "request.answer",
                    "request": draw(numbers),
                    "granted": True,
                    "authority": "Kapolda",
                    "why": "ya",
                },
                {"do": "redact", "record": draw(numbers), "why": "privasi"},
                {"do": "note", "text": "catatan"},
                {"do": "shift.offer", "text": "serah"},
                {"do": "clock.tick"},
                {"do": "clock.end"} if draw(st.integers(0, 9)) == 0 else {"do": "note", "text": "akhir"},
            )
        )
    )


def _play(draw, room, police, n):
    t = HOUR
    for _ in range(n):
        t += draw(st.integers(0, 2))
        action, seat = _act(draw, room, police), draw(st.sampled_from(_SEATS))
        if action["do"] == "clock.tick":
            action, seat = {"do": "clock.tick", "digest": room.digest()}, "server"
        try:
            do(room, seat, t, **action)
        except InputError:
            continue


@settings(max_examples=150, deadline=None, derandomize=True, phases=[Phase.generate])
@given(data=st.data())
def test_merge__commutes_to_the_byte_and_loses_nothing(setup, start, police, data):
    draw = data.draw
    a, b = posts(setup, start)
    _play(draw, a, police, draw(st.integers(0, 14)))
    _play(draw, b, police, draw(st.integers(0, 14)))
    one, other = merge(a.log(), b.log(), setup=setup), merge(b.log(), a.log(), setup=setup)
    assert bytes_of(one.log) == bytes_of(other.log)
    assert bytes_of(merge(a.log(), a.log(), setup=setup).log) == bytes_of(a.log())
    assert not list(chain_faults(one.log.records, where="log"))
    room = replay(setup, one.log.records)
    done = next((record for record in reversed(one.log.records) if record.do == "merge.done"), None)
    if done is not None:
        if not room.board.ended:
            assert room.digest() == one.log.records[-1].action["digest"]
        tails = [[record.hash for record in post.records[one.shared :] if record.do != "clock.tick"] for post in (a, b)]
        assert sorted(done.action["origins"]) == sorted({*tails[0], *tails[1]})
        for tail in tails:  # each post's own order stays
            places = [done.action["origins"].index(name) for name in tail]
            assert places == sorted(places)
        kept = one.log.records[one.shared : done.n]
        assert sum(record.do == "merge.conflict" for record in kept) == len(one.conflicts)
        plain = [record.action["action"]["do"] if record.do == "merge.conflict" else record.do for record in kept]
        ours = [record.do for post in (a, b) for record in post.records[one.shared :] if record.do != "clock.tick"]
        assert sorted(plain) == sorted(ours) or set(tails[0]) & set(tails[1])
        rows = room.board.operation
        assert all(sum(unit in each["units"] for each in rows.incidents.values()) <= 1 for unit, _ in police)
