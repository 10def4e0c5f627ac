"""Incident lists: read as offices write them, with nothing of persons, and without what may never train a rate."""

import datetime as dt
import math

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parts.areas_city import SEAT, SmallCity
from sispamkota.errors import InputError
from sispamkota.inputs import DATA, read_yaml
from sispamkota.risk import KINDS, read_history
from sispamkota.risk.history import COLUMNS
from sispamkota.risk.when import read_moment
from sispamkota.risk.words_of_incidents import incident_columns, kind_words, read_kind

DAY = dt.datetime  # local days without a zone, as the lists have them
HEAD = "id,tanggal,jam,jenis,dasar,kelurahan,kecamatan,lon,lat,sumber"
ROWS = (
    "a,2024-11-25,14.30,perusakan APK,laporan warga,Kasin,Klojen,,,koran",
    "b,2024-11-26,,pembakaran,berita,Dinoyo,,,,koran",
    "c,27 November 2024,21:05,bentrok antarkubu,laporan warga,,,112.6339,-7.9781,koran",
)
WINDOW = {"start": dt.date(2024, 11, 1), "end": dt.date(2024, 12, 1)}


@pytest.fixture(scope="module")
def city():
    return SmallCity()


@pytest.fixture
def written(tmp_path):
    def write(*rows, head=HEAD, name="kejadian.csv"):
        path = tmp_path / name
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return path

    return write


def bytes_of(history):
    """What a fit could see of a history."""
    events, untimed, exposure = history.counts(history.places, KINDS)
    return history.table.to_csv(index=False), events.tobytes(), untimed.tobytes(), exposure.tobytes()


def faults_of(path, city, **options):
    with pytest.raises(InputError) as caught:
        read_history(path, city, **options)
    return [(fault.where.rsplit(":", 1)[-1], fault.field) for fault in caught.value.faults]


# --- what is read -----------------------------------------------------------------------------------------------------


def test_history__each_row_has_its_time_place_and_kind(written, city):
    history = read_history(written(*ROWS), city, **WINDOW)
    table = history.to_table()
    assert list(table.columns) == list(COLUMNS)
    assert table["id"].tolist() == ["a", "b", "c"]
    assert [str(each) for each in table["when"]] == [
        "2024-11-25 14:30:00",
        "2024-11-26 00:00:00",
        "2024-11-27 21:05:00",
    ]
    assert table["hour_known"].tolist() == [True, False, True]
    assert table["kind"].tolist() == ["vandalism", "arson", "clash"]
    assert table["place"].tolist() == ["35.73.02.1006", "35.73.05.1004", SEAT]
    assert (history.days, history.ignored, history.assumptions) == (30, (), ())


def test_history__a_workbook_reads_as_its_csv(tmp_path, written, city):
    """Dates and hours as the workbook holds them, and 14.30 that it took for a number."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["REKAP GANGGUAN KAMTIBMAS"],
        [],
        ["No", "Tanggal Kejadian", "Pukul", "Jenis Kejadian", "Kelurahan", "Sumber"],
        [1, DAY(2024, 11, 25), dt.time(14, 30), "Perusakan", "Kel. Kasin", "koran"],
        [2, dt.date(2024, 11, 25), 14.3, "Perusakan", "Kel. Samaan", "koran"],
        [3, DAY(2024, 11, 25, 14, 30), None, "Perusakan", "Kel. Dinoyo", "koran"],
    ):
        sheet.append(row)
    book.save(tmp_path / "rekap.xlsx")
    history = read_history(tmp_path / "rekap.xlsx", city, **WINDOW)
    assert {str(each) for each in history.table["when"]} == {"2024-11-25 14:30:00"}
    assert history.table["hour_known"].all()
    rows = [f"25/11/2024,14.30,Perusakan,{name},koran" for name in ("Kasin", "Samaan", "Dinoyo")]
    plain = read_history(written(*rows, head="tanggal,jam,jenis,kelurahan,sumber"), city, **WINDOW)
    assert bytes_of(plain) == bytes_of(history)


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        ("2020-10-08", "", "2020-10-08 ?"),
        ("2020-10-08T14:30:00", "", "2020-10-08 14:30"),
        ("2020-10-08T00:00:00", "", "2020-10-08 ?"),  # a workbook's date
        ("2020-10-08T00:00:00", "00.15", "2020-10-08 00:15"),
        ("Kamis, 8 Okt 2020", "", "2020-10-08 ?"),
        ("Jum'at / 9 Oktober 2020 pukul 14.30 WIB", "", "2020-10-09 14:30"),
        ("8 OKTOBER 2020", "±9.15", "2020-10-08 09:15"),
        ("8-10-2020", "sekitar pukul 9", "2020-10-08 09:00"),
        ("08.10.2020", "18.18 - 18.45 WIB", "2020-10-08 18:18"),
        ("08/10/2020", "18.18 s/d selesai", "2020-10-08 18:18"),
        ("31/12/2020", "24.00", "2021-01-01 00:00"),
        ("1 Agt 2020", "malam", "2020-08-01 ?"),
        ("17 Pebruari 2021", "-", "2021-02-17 ?"),
        ("2020-10-08", "0.6041666666666666", "2020-10-08 14:30"),
        ("2020-10-08", "9.5", "2020-10-08 09:50"),
        ("10/13/2020", "", "day"),
        ("8/10/20", "", "day"),
        ("44112", "", "day"),
        ("30 Februari 2020", "", "day"),
        ("", "", "day"),
        ("2020-10-08", "25.00", "hour"),
        ("2020-10-08", "14.75", "hour"),
        ("2020-10-08", "entah", "hour"),
    ],
)
def test_moment__as_offices_write_it(day, clock, expected):
    moment = read_moment(day, clock)
    if moment.fault:
        assert moment.fault == expected
    else:
        assert (
            moment.when.strftime("%Y-%m-%d ") + (moment.when.strftime("%H:%M") if moment.hour_known else "?")
            == expected
        )


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(DAY(1990, 1, 1), DAY(2035, 1, 1)),
    st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y"]),
)
def test_moment__what_is_written_is_read(when, style):
    when = when.replace(second=0, microsecond=0)
    moment = read_moment(when.strftime(style), when.strftime("%H.%M"))
    assert (moment.when, moment.hour_known) == (when, True)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20), st.text(max_size=12))
def test_moment__any_text_is_a_moment_or_a_fault(day, clock):
    moment = read_moment(day, clock)
    assert (moment.when is None) <= (moment.fault == "day")


# --- places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "place", "ignored"),
    [
        ({"kode_kel": SEAT}, SEAT, 0),
        ({"kode_kel": "35.73.02"}, "", 0),  # a kecamatan: no kelurahan is known
        ({"kode_kel": "35.07.03.2001"}, None, 1),  # Kabupaten Malang
        ({"kota": "Kab. Malang", "kelurahan": "Kasin"}, None, 1),
        ({"kota": "MALANG", "kelurahan": "Kasin"}, "35.73.02.1006", 0),
        ({"lon": "112.5739674", "lat": "-8.1503726"}, None, 1),  # the stadium, outside the city
        ({"lon": "112,6339", "lat": "-7,9781"}, SEAT, 0),
        ({"lokasi": "Balai Kota"}, SEAT, 0),
        ({"lokasi": "di jalan"}, "", 0),
        ({"kecamatan": "Kec. Klojen"}, "", 0),
        ({}, "", 0),
    ],
)
def test_place__by_code_position_name_or_venue(written, city, cells, place, ignored):
    names = ("kota", "kode_kel", "kelurahan", "kecamatan", "lokasi", "lon", "lat")
    row = ",".join(["2024-11-25", "perusakan", *(f'"{cells.get(name, "")}"' for name in names)])
    path = written(row, head=",".join(["tanggal", "jenis", *names]))
    history = read_history(path, city, **WINDOW)
    assert history.table["place"].tolist() == ([] if ignored else [place])
    assert dict(history.ignored) == ({"outside": 1} if ignored else {})


def test_place__polygons_go_before_middles(written):
    """A point inside a square is in it; a little beyond the last one is still the city, far beyond is not."""
    city = SmallCity(squares=True)
    area = city.areas["35.73.03.1011"]
    _, south, east, north = area.bounds
    middle = (south + north) / 2
    rows = [f"2024-11-25,perusakan,{lon},{middle}" for lon in (east - 1e-5, east + 0.1)]
    history = read_history(written(*rows, head="tanggal,jenis,lon,lat"), city, **WINDOW)
    assert history.table["place"].tolist() == ["35.73.03.1011"]
    assert history.ignored == (("outside", 1),)


def test_place__what_may_be_a_slip_is_a_fault(written, city):
    rows = [
        "2024-11-25,perusakan,,Kasinn,,,", "2024-11-25,perusakan,35.73.02.1999,,,,", "2024-11-25,perusakan,,,Klojenn,,",
        "2024-11-25,perusakan,,,,-7.97,112.63", "2024-11-25,perusakan,,,,112.63,",
    ]  # fmt: skip
    head = "tanggal,jenis,kode_kel,kelurahan,kecamatan,lon,lat"
    found = faults_of(written(*rows, head=head), city, **WINDOW)
    lines = {"2": "kelurahan", "3": "kode_kel", "4": "kecamatan", "5": "lon, lat", "6": "lat"}
    assert dict(found) == lines


# --- kinds, and what is no incident -----------------------------------------------------------------------------------


def test_kinds__every_kind_has_words_and_no_word_has_two_meanings():
    data = read_yaml(DATA / "risk" / "kinds.yaml").data
    assert set(data["words"]) == set(KINDS)
    listed = [word for many in data["words"].values() for word in many] + data["peaceful"] + data["nothing"]
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Pembakaran", ("arson", "", ())),
        ("perusakan dan pembakaran", ("vandalism", "", ("arson",))),
        ("unjuk rasa; pembakaran ban", ("arson", "", ())),
        ("Unjuk rasa damai", ("", "peaceful", ())),
        ("rapat umum / pawai", ("", "peaceful", ())),
        ("kampanye", ("", "peaceful", ())),
        ("unjuk rasa ricuh", ("vandalism", "", ())),
        ("penangkapan 12 orang", ("", "arrest", ())),
        ("pembakaran, 3 ditangkap", ("arson", "", ())),
        ("razia miras", ("", "search", ())),
        ("kejadian aneh", ("", "", ())),
        ("unjuk rasa, kejadian aneh", ("", "", ())),
        ("", ("", "", ())),
    ],
)
def test_kinds__are_read_from_words(kind, expected):
    reading = read_kind(kind, ("", ""), kind_words(None))
    assert (reading.kind, reading.reason, reading.more) == expected


def test_kinds__unknown_words_are_all_named_with_the_nearest(written, city):
    rows = [ROWS[0].replace("perusakan APK", "pembakran"), ROWS[1].replace("pembakaran", "zzz"), ROWS[2]]
    with pytest.raises(InputError) as caught:
        read_history(written(*rows), city, **WINDOW)
    assert [fault.field for fault in caught.value.faults] == ["jenis", "jenis"]
    assert "pembakaran" in caught.value.faults[0].remedy


def test_kinds__a_file_of_ones_own(tmp_path, written, city):
    """Words can be added and moved; what may never train a rate cannot be taken out."""
    text = (DATA / "risk" / "kinds.yaml").read_text(encoding="utf-8")
    own = tmp_path / "own.yaml"
    own.write_text(text.replace("arson: [", "arson: [kobaran api, "), encoding="utf-8")
    path = written(ROWS[0].replace("perusakan APK", "Kobaran Api"))
    assert read_history(path, city, kinds=own, **WINDOW).table["kind"].tolist() == ["arson"]
    own.write_text(text.replace("arrest: [penangkapan, ", "arrest: ["), encoding="utf-8")
    with pytest.raises(InputError, match="may not be taken out"):
        read_history(path, city, kinds=own, **WINDOW)
    own.write_text(text.replace("  arson: [", "  flood: ["), encoding="utf-8")
    with pytest.raises(InputError, match="flood"):
        read_history(path, city, kinds=own, **WINDOW)


BASES = [
    ("penangkapan", "", "", "arrest"), ("Perusakan", "hasil patroli", "", "patrol"),
    ("Perusakan", "temuan", "", "patrol"),
    ("pembakaran", "penggeledahan", "", "search"), ("bentrok", "Media Sosial", "", "social"),
    ("bentrok", "", "unggahan Instagram", "social"), ("bentrok", "CCTV", "", "camera"),
    ("bentrok", "lokasi ponsel", "", "phone"), ("ungkap kasus", "", "", "arrest"), ("pembakaran", "OTT", "", "arrest"),
    ("perusakan", "tersangka ditangkap", "", "arrest"), ("Unjuk rasa damai", "", "", "peaceful"),
    ("kampanye", "", "", "peaceful"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "basis", "source", "reason"), BASES)
def test_neutral__many_rows_that_may_not_train_change_no_byte(written, city, kind, basis, source, reason):
    """Arrests and the like, injected by the hundred, before, between and after, and outside the window's days."""
    before = read_history(written(*ROWS), city)
    extra = [
        f"x{i},{day},0{i % 10}.15,{kind},{basis},{name},Klojen,,,{source}"
        for i in range(100)
        for day, name in [(("2019-01-01", "2024-11-25", "2031-12-31")[i % 3], ("Kasin", "nowhere")[i % 2])]
    ]
    path = written(*extra[:50], ROWS[0], *extra[50:80], *ROWS[1:], *extra[80:], name="lain.csv")
    after = read_history(path, city)
    assert bytes_of(after) == bytes_of(before)
    assert (after.start, after.end) == (before.start, before.end)
    assert after.ignored == ((reason, 100),)


def test_neutral__many_arrests_leave_the_rates_alone(written, city):
    """Two hundred sound rows whose basis is an arrest, at one place and hour: nothing of them is counted there."""
    arrests = [f"x{i},2024-11-25,14.30,Perusakan,penangkapan,Kasin,Klojen,,,koran" for i in range(200)]
    before = read_history(written(*ROWS), city, **WINDOW)
    after = read_history(written(*ROWS, *arrests, name="lain.csv"), city, **WINDOW)
    assert after.counts(after.places, KINDS)[0].sum() == 2
    assert bytes_of(after) == bytes_of(before)


def test_neutral__a_column_of_arrests_is_not_read(written, city):
    before = read_history(written(*ROWS), city, **WINDOW)
    counted = read_history(
        written(*(f"{row},129" for row in ROWS), head=f"{HEAD},Jumlah ditangkap", name="lain.csv"), city, **WINDOW
    )
    assert bytes_of(counted) == bytes_of(before)
    assert counted.unread == ("Jumlah ditangkap",)


# --- persons ----------------------------------------------------------------------------------------------------------


def test_persons__their_columns_are_counted_named_and_not_kept(written, city):
    head = f"{HEAD},NIK,Nama Pelapor,Tersangka,Kronologi"
    rows = [f"{row},3573019999990001,Budi Rahasia,Joko Rahasia,Budi Rahasia melihat Joko" for row in ROWS]
    history = read_history(written(*rows, head=head), city, **WINDOW)
    assert dict(history.dropped) == {"NIK": 3, "Nama Pelapor": 3, "Tersangka": 3, "sumber": 3}
    assert history.unread == ("Kronologi",)
    held = repr(vars(history)) + history.table.to_csv() + str(history) + repr(history.to_dict())
    assert "Rahasia" not in held
    assert "3573019999990001" not in held
    assert (history.table["source"] == "").all()  # beside columns about persons it may be a person


def test_persons__no_column_of_ours_could_hold_one():
    assert {each.name for each in incident_columns()} == {
        "id", "tanggal", "jam", "jenis", "dasar", "dilaporkan", "kota", "kode_kel", "kelurahan", "kecamatan", "lokasi",
        "lon", "lat", "sumber",
    }  # fmt: skip


# --- the window, and what was known when ------------------------------------------------------------------------------


def test_window__from_the_rows_is_said(written, city):
    history = read_history(written(*ROWS), city)
    assert (history.start, history.end) == (dt.date(2024, 11, 25), dt.date(2024, 11, 28))
    (assumption,) = history.assumptions
    assert (assumption.key, assumption.tag) == ("risk.window", "assumed")


def test_window__a_file_beside_the_list_states_it(written, city):
    path = written(*ROWS)
    text = (DATA / "cities" / "malang" / "incidents.yaml").read_text(encoding="utf-8")
    path.with_suffix(".yaml").write_text(text, encoding="utf-8")
    history = read_history(path, city)
    assert (history.start, history.end) == (dt.date(2020, 1, 1), dt.date(2026, 1, 1))
    assert history.files == (path, path.with_suffix(".yaml"))


def test_window__what_lies_beyond_is_counted(written, city):
    history = read_history(written(*ROWS), city, start=dt.date(2024, 11, 26), end=dt.date(2024, 11, 27))
    assert history.table["id"].tolist() == ["b"]
    assert history.ignored == (("after", 1), ("before", 1))


def test_window__one_that_ends_before_it_starts_is_a_fault(written, city):
    options = {"start": dt.date(2024, 11, 26), "end": dt.date(2024, 11, 26)}
    assert [field for _, field in faults_of(written(*ROWS), city, **options)] == ["end"]


def test_window__of_an_empty_list_must_be_said(written, city):
    path = written(ROWS[0].replace("perusakan APK", "nihil"))
    assert [field for _, field in faults_of(path, city)] == ["window"]
    assert read_history(path, city, **WINDOW).table.empty


def test_as_of__no_later_fact_is_read_or_counted(written, city):
    """What happened later, and what happened before but was written down later, is as if it were not there."""
    head = f"{HEAD},tanggal lapor"
    early = f"{ROWS[0]},2024-11-25"
    late = [f"{ROWS[1].replace('11-26', '11-24')},2024-11-26", f"{ROWS[2]},2024-11-27"]
    as_of = dt.date(2024, 11, 25)
    alone = read_history(written(early, head=head), city, **WINDOW, as_of=as_of)
    everything = read_history(written(early, *late, head=head, name="lain.csv"), city, **WINDOW, as_of=as_of)
    assert bytes_of(everything) == bytes_of(alone)
    assert everything.ignored == (("later", 2),)
    whole = read_history(written(early, *late, head=head, name="lain.csv"), city, **WINDOW)
    for mine, theirs in zip(
        whole.counts(whole.places, KINDS, as_of=as_of), alone.counts(alone.places, KINDS), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
    assert whole.until(as_of).days == 25


def test_faults__all_at_once(written, city):
    rows = [
        ROWS[0].replace("2024-11-25", "25 Nopembr 2024"),
        ROWS[1].replace(",,pembakaran", ",99.99,pembakaran"),
        ROWS[2],
        ROWS[2],
    ]
    assert sorted(faults_of(written(*rows), city)) == [("2", "tanggal"), ("3", "jam"), ("5", "id")]
    assert faults_of(written("Kasin,12,3", head="Kelurahan,Nilai,Bobot"), city) == [("1", "tanggal"), ("1", "jenis")]
    late = f"{ROWS[0]},2024-11-01"
    assert faults_of(written(late, head=f"{HEAD},tanggal lapor"), city) == [("2", "dilaporkan")]


def test_history__the_same_row_twice_counts_once(written, city):
    row = ROWS[0].replace("a,", ",", 1)
    history = read_history(written(row, row), city, **WINDOW)
    assert len(history.table) == 1
    assert history.ignored == (("twice", 1),)
    named = read_history(written(ROWS[0], ROWS[0].replace("a,", "b,", 1)), city, **WINDOW)
    assert len(named.table) == 2  # two numbers are two incidents


# --- counts -----------------------------------------------------------------------------------------------------------


def test_counts__by_place_kind_and_hour(written, city):
    history = read_history(written(*ROWS), city, **WINDOW)
    events, untimed, exposure = history.counts(history.places, KINDS)
    assert events.shape == (57, len(KINDS), 24)
    assert (events.sum(), untimed.sum()) == (2, 1)
    assert events[history.places.index(SEAT), KINDS.index("clash"), 21] == 1
    assert untimed[history.places.index("35.73.05.1004"), KINDS.index("arson")] == 1
    np.testing.assert_array_equal(exposure, 30.0)
    assert history.counts([SEAT], ["fire"])[0].sum() == 0
    part = history.between(dt.date(2024, 11, 26), dt.date(2024, 11, 27))
    assert (part.counts(part.places, KINDS)[0].sum(), part.counts(part.places, KINDS)[1].sum(), part.days) == (0, 1, 1)


def test_counts__the_order_of_rows_is_nothing(written, city):
    one = read_history(written(*ROWS), city, **WINDOW)
    other = read_history(written(*reversed(ROWS), name="lain.csv"), city, **WINDOW)
    assert bytes_of(one) == bytes_of(other)


# --- the embedded facts -----------------------------------------------------------------------------------------------


def test_malang__four_incidents_and_what_is_none(city, monkeypatch):
    monkeypatch.setenv("LC_ALL", "id_ID.UTF-8")
    history = read_history("malang", city)
    assert history.table["id"].tolist() == ["I01", "I03", "I06", "I07"]
    assert dict(history.ignored) == {"outside": 1, "nothing": 1, "patrol": 1}
    assert history.days == 2192
    assert [each.tag for each in history.assumptions] == ["assumed"]
    assert "dilindungi" not in str(history)
    assert "di luar kota" in str(history)
    assert "<table>" in history._repr_html_()


def test_malang__agrees_with_the_shared_list_and_has_no_column_of_arrests(shared, city):
    import pandas as pd

    theirs = pd.read_csv(shared / "data" / "malang" / "incidents_malang.csv", dtype=str).fillna("").set_index("id")
    ours = pd.read_csv(DATA / "cities" / "malang" / "incidents.csv", dtype=str).fillna("").set_index("id")
    assert list(ours.index) == list(theirs.index)
    assert (ours["tanggal"] == theirs["tanggal"]).all()
    for name in ("kode_kel", "lon", "lat"):
        assert (ours[name] == theirs[name]).all(), name
    assert not any(word in " ".join(ours.columns) for word in ("tangkap", "arrest", "massa", "luka"))
    assert ((ours["kota"] == "Kota Malang") == (theirs["di_kota"] == "1")).all()


def test_malang__an_unknown_city_is_named(city):
    with pytest.raises(InputError) as caught:
        read_history("malagn", city)
    assert "malang" in caught.value.faults[0].remedy


def test_history__longitudes_stay_as_given(written, city):
    history = read_history(written(*ROWS), city, **WINDOW)
    assert history.table["lon"].tolist()[-1] == 112.6339
    assert math.isnan(history.table["lon"].tolist()[0])
