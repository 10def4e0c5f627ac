"""Several files of venues: which goes first, which rows are one place, and what a later file may add."""

import json
import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sispamkota.inputs import DATA
from sispamkota.place import City, build_city, show_city
from sispamkota.place.merge import merge_venues
from sispamkota.place.venues import VENUE_KINDS

MINI = DATA.parents[2] / "examples" / "minicity"
EPSG, NEAR_M, NAME_M = 32749, 30.0, 500.0
BLANK = dict.fromkeys(("owner", "hospital_class", "address", "kode_kel", "kode_kec", "source", "note"), "")
NAN = float("nan")
METRE = 1 / 110_580  # degrees of latitude


def venue(id_, name="Balai", kind="kpu", lat=-7.95, **more):
    """One row, with a measured position if nothing else is said; blank where not."""
    return {"id": id_, "name": name, "kind": kind, **BLANK, "lon": 112.6, "lat": lat, "quality": "reported", **more}


def merged(*files, near_m=NEAR_M):
    tables = [(f"{'abc'[i]}.csv", pd.DataFrame(rows)) for i, rows in enumerate(files)]
    return merge_venues(tables, epsg=EPSG, near_m=near_m, name_m=NAME_M)


def ids(*files, **more):
    return merged(*files, **more).venues["id"].tolist()


# --- which rows are one place -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{"lat": -7.95 + 490 * METRE}, {"lat": -7.9, "quality": "proxy"}])
def test_same__name_and_kind(more):
    """Case, marks and what stands in brackets do not count; a stand-in may stand anywhere."""
    near = [venue("1", "RSUD Kota Contoh", "rs_umum")]
    for name in ("RSUD Kota Contoh", "rsud kota-contoh", "RSUD Kota Contoh (RSKC)"):
        assert ids(near, [venue("2", name, "rs_umum", **more)]) == ["1"]
        assert ids([venue("2", name, "rs_umum", **more)], near) == ["2"]


def test_same__name_but_measured_far_away_is_another_place():
    assert ids([venue("1")], [venue("2", lat=-7.95 + 510 * METRE)]) == ["1", "2"]


def test_same__name_but_other_numbers_in_brackets_is_another_place():
    assert ids([venue("1", "Balai (RW 3)")], [venue("2", "Balai (RW 5)")]) == ["1", "2"]
    assert ids([venue("1", "Balai (RW 3)")], [venue("2", "Balai (rw. 03)")]) == ["1"]


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("SDN Lowokwaru 1", "SDN Lowokwaru 3", False),
        ("SDN Lowokwaru 1", "SD Negeri Lowokwaru 1", False),
        ("SDN Lowokwaru 1", "Kampus SDN Lowokwaru 01", True),
        ("SMA Muhammadiyah 2", "SMA Muhammadiyah II Malang", True),
        ("SMA Muhammadiyah", "SMA Muhammadiyah II", False),
        ("Masjid Al Huda", "Masjid Jami Al Huda", True),
        ("Masjid Al Huda", "Masjid An Nur", False),
        ("12", "12 A", False),
    ],
)
def test_near__with_names_that_may_be_one(name, other, same):
    """Numbers tell schools apart; words may be more, not others."""
    spot = -7.95 + 10 * METRE
    assert (ids([venue("1", name)], [venue("2", other, lat=spot)]) == ["1"]) is same
    assert (ids([venue("1", other)], [venue("2", name, lat=spot)]) == ["1"]) is same


@pytest.mark.parametrize("quality", ["reported", "proxy"])
def test_place__takes_one_row_of_a_file(quality):
    """Of several rows the nearest; the others are places of their own."""
    rows = [venue(str(n), lat=-7.95 + n * 100 * METRE, quality=quality) for n in (2, 1, 3)]
    assert ids([venue("a")], rows) == (["a", "2", "3"] if quality == "reported" else ["a", "1", "3"])
    assert ids([venue("a"), venue("b")], rows) == ["a", "b", "3"]


def test_name__goes_before_what_is_only_near():
    near, named = venue("2", "Balai Kota", lat=-7.95), venue("3", "Balai", lat=-7.95 + 400 * METRE)
    found = merged([venue("1", "Balai")], [near, named])
    assert found.venues["id"].tolist() == ["1", "2"]
    assert found.files[1]["into"] == [["3", "Balai", "1"]]


def test_into__names_the_place_by_the_id_that_it_has_at_last():
    found = merged(
        [venue("1", "A", "kpu")], [venue("1", "B", "dprd")], [venue("9", "B", "dprd"), venue("8", "a", "kpu")]
    )
    assert found.venues["id"].tolist() == ["1", "b.csv/1"]
    assert found.files[2]["into"] == [["9", "B", "b.csv/1"], ["8", "a", "1"]]


def test_merge__of_many_rows_is_quick():
    """Some 3 s for twice 20,000 rows, minutes for work that grows with the square; the limit allows a busy machine."""
    rows = [
        venue(str(n), f"SDN Contoh {n % (20_000 if n % 2 else 1_000)}", lat=-7.95 + n % 140 * 50 * METRE)
        | {"lon": 112.6 + n // 140 * 50 * METRE}
        for n in range(20_000)
    ]
    merged([venue("1")], [venue("2")])  # imports
    begun = time.process_time()
    found = merged(rows, [row | {"note": "x"} for row in rows])
    assert time.process_time() - begun < 12.0
    assert (len(found.venues), found.files[1]["same"], found.files[1]["filled"]) == (20_000,) * 3


def test_same__name_but_another_kind_is_another_place():
    assert ids([venue("1", kind="kpu")], [venue("2", kind="bawaslu")]) == ["1", "2"]


@pytest.mark.parametrize(("metres", "same"), [(0, True), (29, True), (31, False)])
def test_same__kind_and_near(metres, same):
    other = venue("2", "Balai Warga", lat=-7.95 + metres * METRE)
    assert (ids([venue("1")], [other]) == ["1"]) is same


def test_same__near_counts_by_the_figure():
    other = venue("2", "Balai Warga", lat=-7.95 + 20 * METRE)
    assert ids([venue("1")], [other], near_m=10.0) == ["1", "2"]
    assert ids([venue("1")], [other], near_m=21.0) == ["1"]


def test_same__of_several_near_the_nearest():
    far, near = venue("1", "A B", lat=-7.95 + 25 * METRE), venue("2", "A C", lat=-7.95 + 5 * METRE)
    found = merged([far, near, venue("3", "A", "kodim")], [venue("4", "A", note="dari berkas kedua")]).venues
    assert found.set_index("id")["note"].to_dict() == {"1": "", "2": "dari berkas kedua", "3": ""}


def test_near__but_another_kind_is_another_place():
    assert ids([venue("1", "A", "kpu")], [venue("2", "B", "polsek")]) == ["1", "2"]


@pytest.mark.parametrize("quality", ["proxy", "unknown"])
def test_proxy__is_never_matched_by_distance(quality):
    """A stand-in stands where something else does, also on the very spot."""
    measured, proxy = venue("1", "A"), venue("2", "B", quality=quality)
    assert ids([measured], [proxy]) == ["1", "2"]
    assert ids([proxy], [measured]) == ["2", "1"]
    assert ids([proxy], [venue("3", "C", quality=quality)]) == ["2", "3"]


def test_unknown__without_a_position_matches_by_name_only():
    nowhere = {"lon": NAN, "lat": NAN, "quality": "unknown"}
    assert ids([venue("1", "A", **nowhere)], [venue("2", "B"), venue("3", "C", **nowhere)]) == ["1", "2", "3"]
    assert ids([venue("1", "A", **nowhere)], [venue("2", "a")]) == ["1"]


def test_rows__of_one_file_are_never_merged():
    """What stands twice in one file is for `place check`."""
    twice = [venue("1"), venue("2")]
    assert ids(twice) == ["1", "2"]
    assert ids([venue("9", "Lain", lat=-7.9)], twice) == ["9", "1", "2"]


def test_same__of_two_with_one_name_the_first():
    """The first where one of them is a stand-in, the nearer one where all are measured."""
    rows = [venue("1"), venue("2", lat=-7.952)]
    found = merged(rows, [venue("3", lat=-7.8, note="x", quality="proxy")])
    assert found.venues.set_index("id")["note"].to_dict() == {"1": "x", "2": ""}
    found = merged(rows, [venue("3", lat=-7.953, note="x")])
    assert found.venues.set_index("id")["note"].to_dict() == {"1": "", "2": "x"}


def test_third_file__knows_what_the_second_added():
    found = merged([venue("1", "A", "kpu")], [venue("2", "B", "polsek")], [venue("3", "B", "polsek", note="x")])
    assert found.venues["id"].tolist() == ["1", "2"]
    assert found.venues["note"].tolist() == ["", "x"]


# --- what is kept and what is filled ----------------------------------------------------------------------------------


def test_first__goes_first():
    first = venue("1", address="Jl. A", owner="negara", source="satu", lat=-7.95)
    second = venue("2", address="Jl. B", owner="swasta", source="dua", lat=-7.952, note="catatan")
    row = merged([first], [second]).venues.iloc[0]
    assert row.to_dict() == first | {"note": "catatan"}
    row = merged([second], [first]).venues.iloc[0]
    assert row.to_dict() == second


def test_blanks__are_filled_by_the_first_file_that_knows():
    files = [venue("1")], [venue("2", address="Jl. B")], [venue("3", address="Jl. C", hospital_class="A")]
    found = merged(*files)
    row = found.venues.iloc[0]
    assert (row["id"], row["address"], row["hospital_class"]) == ("1", "Jl. B", "A")
    assert [each["filled"] for each in found.files] == [0, 1, 1]


@pytest.mark.parametrize("quality", ["proxy", "unknown"])
def test_position__measured_goes_above_a_stand_in(quality):
    first = venue("1", lat=-7.9, quality=quality, source="satu")
    second = venue("2", lat=-7.95, quality="official", source="dua")
    row = merged([first], [second]).venues.iloc[0]
    assert (row["id"], row["lat"], row["quality"], row["source"]) == ("1", -7.95, "official", "dua")


@pytest.mark.parametrize(
    ("first", "second"), [("reported", "official"), ("proxy", "proxy"), ("official", "proxy"), ("proxy", "unknown")]
)
def test_position__else_stays(first, second):
    row = merged([venue("1", lat=-7.948, quality=first)], [venue("2", lat=-7.95, quality=second)]).venues.iloc[0]
    assert (row["lat"], row["quality"]) == (-7.948, first)


def test_ids__are_made_unique_by_the_file():
    found = ids(
        [venue("1", "A")],
        [venue("1", "B", lat=-7.90), venue("b.csv/1", "C", lat=-7.91)],
        [venue("1", "D", lat=-7.92), venue("5", "E", lat=-7.93)],
    )
    assert found == ["1", "b.csv/1", "b.csv/b.csv/1", "c.csv/1", "5"]


def test_files__are_told():
    found = merged([venue("1", "A"), venue("2", "B", "dprd")], [venue("3", "A", note="x"), venue("4", "C", "kodim")])
    assert found.files == (
        {"file": "a.csv", "rows": 2, "same": 0, "filled": 0, "into": []},
        {"file": "b.csv", "rows": 2, "same": 1, "filled": 1, "into": [["3", "A", "1"]]},
    )


_ROWS = st.lists(
    st.builds(
        lambda n, name, kind, metres, quality: venue(str(n), name, kind, lat=-7.95 + metres * METRE, quality=quality),
        st.integers(0, 4), st.sampled_from("ABCD"), st.sampled_from(VENUE_KINDS[:2]), st.integers(0, 90),
        st.sampled_from(["reported", "proxy"]),
    ),
    min_size=1, max_size=5, unique_by=lambda row: row["id"],
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(_ROWS, min_size=1, max_size=3))
def test_merge__loses_no_row_and_no_id_is_there_twice(files):
    found = merged(*files)
    assert found.venues["id"].is_unique
    assert len(found.venues) == sum(each["rows"] - each["same"] for each in found.files)
    first = found.venues.head(len(files[0]))
    for name in ("id", "name", "kind"):
        assert first[name].tolist() == [row[name] for row in files[0]]
    known = {(row["kind"], row["name"]) for rows in files for row in rows}
    assert set(zip(found.venues["kind"], found.venues["name"], strict=True)) <= known


# --- through build_city -----------------------------------------------------------------------------------------------


@pytest.fixture
def second(tmp_path):
    """A list of another office: the KPU with an address, DPRD measured, one new place, an id that is taken."""
    path = tmp_path / "dinas.csv"
    path.write_text(
        "id,nama,jenis,alamat,lon,lat,coord_quality\n"
        "v09,KPU KOTA CONTOH,kpu,Jl. Pemilu 1,112.019,-5.481,reported\n"
        "v10,DPRD Kota Contoh,dprd,,112.0101,-5.4855,official\n"
        "v01,Stasiun Contoh,stasiun,,112.015,-5.489,reported\n",
        encoding="utf-8",
    )
    return path


def build(*venues, **more):
    return build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=list(venues), **more)


def test_build__merges_and_tells(second, tmp_path):
    city = build(MINI / "venues.csv", second, out=tmp_path / "kota")
    venues = city.venues.set_index("id")
    assert len(venues) == 22
    assert venues.loc["v01", "address"] == "Jl. Pemilu 1"
    assert (venues.loc["v01", "name"], venues.loc["v01", "lon"]) == ("KPU Kota Contoh", 112.019176)
    assert (venues.loc["v04", "quality"], venues.loc["v04", "lon"]) == ("official", 112.0101)
    assert venues.loc["dinas.csv/v01", "name"] == "Stasiun Contoh"
    into = [["v09", "KPU KOTA CONTOH", "v01"], ["v10", "DPRD Kota Contoh", "v04"]]
    told = [
        {"file": "venues.csv", "rows": 21, "same": 0, "filled": 0, "into": []},
        {"file": "dinas.csv", "rows": 3, "same": 2, "filled": 2, "into": into},
    ]
    assert list(city.manifest.settings["venue_files"]) == told
    assert set(city.manifest.inputs) >= {"venues/venues.csv", "venues/dinas.csv"}
    again = City.load(tmp_path / "kota")
    assert list(again.manifest.settings["venue_files"]) == told
    for lang in ("id", "en"):
        lines = [line for line in show_city(again, lang=lang).splitlines() if "dinas.csv" in line]
        assert len(lines) == 1
        assert all(figure in lines[0] for figure in "32")
    assert json.loads(json.dumps(again.to_dict()))["manifest"]["settings"]["venue_files"] == told


def test_build__the_order_of_files_is_their_precedence(second):
    city = build(second, MINI / "venues.csv")
    venues = city.venues.set_index("id")
    assert len(venues) == 22
    assert (venues.loc["v09", "name"], venues.loc["v09", "lon"]) == ("KPU KOTA CONTOH", 112.019)
    assert venues.loc["v09", "owner"] == "negara"
    assert venues.loc["venues.csv/v09", "name"] == "Kodim Contoh"


def test_build__one_file_is_not_told_as_several():
    assert "venue_files" not in build(MINI / "venues.csv").manifest.settings
