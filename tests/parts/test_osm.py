"""OpenStreetMap: every rule on a hand-made extract, two real extracts, and files of any content."""

import builtins
import json
import random
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyproj
import pytest

from sispamkota.errors import Faults, InputError
from sispamkota.place import City, build_city, check_city, osm_tags
from sispamkota.place.osm import is_osm, read_osm_areas, read_osm_roads, read_osm_venues
from sispamkota.place.osm_tags import access_bits, limit_in, tag_figures, venue_kind
from sispamkota.place.position import WORLD, Box, project
from sispamkota.place.read_roads import read_roads
from sispamkota.place.ride import EVERYONE, FOOT_TURNED, ROAD_KINDS, VEHICLES, Ride, road_figures
from sispamkota.place.roads import Roads
from sispamkota.place.venues import VENUE_KINDS

osmium = pytest.importorskip("osmium")
ROOT = Path(__file__).parents[2]
WAYS = ROOT / "tests" / "data" / "layers" / "ways.opl"
BLUE = 0x40
TRUCK, CAR, MOTORCYCLE, AMBULANCE, ENGINE, FOOT = (1 << i for i in range(6))


@pytest.fixture
def read(tmp_path):
    """Write an extract and read its streets; nodes stand a thousandth of a degree apart, at (x, y) of their number."""

    def write(*ways, nodes=(), box=WORLD):
        numbers = sorted({n for each in ways for n in map(int, each.partition("N")[2].replace("n", "").split(","))})
        tagged = {int(each.split()[0]): each.partition(" ")[2] for each in nodes}
        lines = [
            f"n{n} v1 x{112 + n // 100 / 1000:.3f} y{-8 + n % 100 / 1000:.3f} {tagged.get(n, '')}"
            for n in numbers
            if n < 9000
        ]
        lines += [f"w{i} v1 T{each}" for i, each in enumerate(ways, start=1)]
        path = tmp_path / "x.opl"
        path.write_text("\n".join(line.strip() for line in lines) + "\n")
        faults = Faults()
        streets = read_osm_roads(path, faults, box)
        assert list(faults) == []
        return streets

    return write


def ends_of(streets):
    """The ends of streets as node numbers of the helper."""
    number = np.round((streets.lon - 112) * 1000) * 100 + np.round((streets.lat + 8) * 1000)
    return [tuple(map(int, pair)) for pair in number[streets.ends]]


def roads_of(streets):
    x, y = project(streets.lon, streets.lat, 32749)
    return Roads.from_streets(streets, x, y)


# --- where ways meet --------------------------------------------------------------------------------------------------


def test_cut__at_shared_nodes_only(read):
    streets = read("highway=primary Nn100,n200,n300", "highway=residential Nn200,n201")
    assert sorted(ends_of(streets)) == [(100, 200), (200, 201), (200, 300)]


def test_cut__a_bridge_is_no_junction(read):
    """Two ways that cross without a common node, even where both have a node in the very same place."""
    streets = read("highway=primary Nn100,n300", "bridge=yes,highway=primary Nn199,n201")
    assert sorted(ends_of(streets)) == [(100, 300), (199, 201)]
    same = read("highway=primary Nn100,n200,n300", "highway=primary Nn1,n2")
    assert len(same.ends) == 2


def test_cut__two_nodes_in_one_place_stay_two(tmp_path):
    path = tmp_path / "x.opl"
    text = "n1 v1 x1 y0\nn2 v1 x1.001 y0\nn3 v1 x1.001 y0\nn4 v1 x1.002 y0\n"
    path.write_text(text + "w1 v1 Thighway=road Nn1,n2\nw2 v1 Thighway=road Nn3,n4\n")
    assert read_osm_roads(path, Faults(), WORLD).lon.size == 4


def test_cut__a_node_used_twice_by_one_way(read):
    """A lollipop: the way comes back to its second node."""
    streets = read("highway=residential Nn100,n200,n201,n301,n300,n200")
    assert sorted(ends_of(streets)) == [(100, 200), (200, 200)]
    assert streets.bends.lon.size == 3


def test_cut__repeated_nodes_are_one(read):
    streets = read("highway=residential Nn100,n100,n200,n200,n300")
    assert ends_of(streets) == [(100, 300)]


def test_cut__a_missing_node_ends_the_line(read):
    """Nothing is drawn across the gap, and the nodes are counted."""
    streets = read("highway=residential Nn100,n200,n9001,n300,n400", "highway=service Nn400,n9002")
    assert sorted(ends_of(streets)) == [(100, 200), (300, 400)]
    assert "nodes of streets that the extract lacks: 2" in streets.dropped


def test_cut__outside_the_box_nothing_is_kept(read):
    streets = read("highway=residential Nn100,n200,n300,n400", box=Box(111.9995, -8.1, 112.0025, -7.9))
    assert ends_of(streets) == [(100, 200)]
    assert "nodes of streets outside the city: 2" in streets.dropped


def test_bends__run_along_the_street(read):
    streets = read("highway=residential Nn100,n200,n300,n400", "highway=residential,oneway=-1 Nn101,n201,n301,n401")
    assert streets.bends.start.tolist() == [0, 2, 4]
    assert streets.bends.lon.tolist() == pytest.approx([112.002, 112.003, 112.003, 112.002])
    ground = pyproj.Geod(ellps="WGS84")
    along = [ground.line_length([112.001, 112.002, 112.003, 112.004], [lat] * 4) for lat in (-8, -7.999)]
    assert streets.length_m.tolist() == pytest.approx(along, abs=1e-6)


# --- direction, kind, speed, name -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "ends", "oneway"),
    [
        ("highway=residential", (100, 200), False),
        ("highway=residential,oneway=yes", (100, 200), True),
        ("highway=residential,oneway=1", (100, 200), True),
        ("highway=residential,oneway=-1", (200, 100), True),
        ("highway=residential,oneway=reverse", (200, 100), True),
        ("highway=residential,oneway=reversible", (100, 200), False),
        ("highway=residential,oneway=maybe", (100, 200), False),
        ("highway=residential,oneway:motorcycle=yes", (100, 200), False),
        ("highway=residential,junction=roundabout", (100, 200), True),
        ("highway=motorway", (100, 200), True),
        ("highway=motorway_link", (100, 200), True),
        ("highway=motorway,oneway=no", (100, 200), False),
    ],
)
def test_oneway(read, tags, ends, oneway):
    streets = read(f"{tags} Nn100,n200")
    assert (ends_of(streets), streets.oneway.tolist()) == ([ends], [oneway])
    assert ("oneway not understood: 1" in streets.dropped) == ("maybe" in tags)


def test_roundabout__leads_round_in_one_direction(read):
    streets = read("highway=tertiary,junction=roundabout Nn100,n200,n201,n101,n100", "highway=tertiary Nn100,n1",
                   "highway=tertiary Nn201,n301")  # fmt: skip
    roads = roads_of(streets)
    at = {n: int(np.argmin(np.hypot(roads.lon - 112 - n // 100 / 1000, roads.lat + 8 - n % 100 / 1000)))
          for n in (1, 301)}  # fmt: skip
    there = roads.path(at[1], at[301], ride=Ride.of("car"))
    back = roads.path(at[301], at[1], ride=Ride.of("car"))
    assert len(there) == len(back) == 4
    assert streets.oneway.sum() == 2


def test_dual_carriageway__joins_only_at_junctions(read):
    streets = read(
        "highway=primary,oneway=yes Nn100,n200,n300", "highway=primary,oneway=yes Nn301,n201,n101",
        "highway=primary_link Nn300,n301",
    )  # fmt: skip
    assert sorted(ends_of(streets)) == [(100, 300), (300, 301), (301, 101)]


@pytest.mark.parametrize(
    ("word", "kind"),
    [("motorway", "tol"), ("primary", "arteri"), ("tertiary_link", "kolektor"), ("service", "lain"),
     ("busway", "lokal"), ("bridleway", "setapak"), ("residental", "lain"), ("pedestrian", "lain"),
     ("footway", "setapak"), ("footway,motor_vehicle=yes", "lain"), ("path,motor_vehicle=designated", "lain"),
     ("path,emergency=yes", "lain"), ("footway,motor_vehicle=permissive;delivery", "lain"),
     ("footway,motor_vehicle=private", "setapak"), ("footway,emergency=no", "setapak"),
     ("steps,emergency=yes", "setapak"), ("residential,emergency=yes", "lokal")],
)  # fmt: skip
def test_kind(read, word, kind):
    streets = read(f"highway={word} Nn100,n200")
    assert ROAD_KINDS[streets.kind[0]] == kind
    assert streets.unclassed == (word == "residental")


@pytest.mark.parametrize("tags", ["highway=proposed", "highway=construction", "highway=pedestrian,area=yes",
                                  "highway=service,route=ferry", "railway=rail"])  # fmt: skip
def test_kind__no_streets(read, tags):
    assert ends_of(read(f"{tags} Nn100,n200", "highway=road Nn300,n400")) == [(300, 400)]


@pytest.mark.parametrize(("properties", "kind", "bits"), [
    ({"highway": "pedestrian"}, "lain", FOOT | BLUE),
    ({"highway": "pedestrian", "access": "no"}, "lain", 0),
    ({"kelas": "steps"}, "setapak", FOOT),
    ({"highway": "cycleway", "access": "car, foot"}, "setapak", CAR | FOOT),
    ({"kelas": "lokal"}, "lokal", EVERYONE),
])  # fmt: skip
def test_kind__lines_of_a_layer_are_read_alike(tmp_path, properties, kind, bits):
    path = tmp_path / "x.geojson"
    shape = {"type": "LineString", "coordinates": [[112, -8], [112.001, -8]]}
    feature = {"type": "Feature", "properties": properties, "geometry": shape}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    faults = Faults()
    streets = read_roads(path, WORLD, faults)
    assert list(faults) == []
    assert (ROAD_KINDS[streets.kind[0]], int(streets.access[0])) == (kind, bits)


def test_kind__ambulances_enter_pedestrian_streets(read):
    """On blue light only; police cars too, at the pace of lain."""
    roads = roads_of(read("highway=pedestrian Nn100,n200"))
    times = {(name, blue): roads.travel_times([0], [1], ride=Ride.of(name, blue_light=blue))[0, 0]
             for name in VEHICLES for blue in (False, True)}  # fmt: skip
    assert [key for key, time in times.items() if np.isfinite(time)] == [
        *((name, True) for name in ("truck", "car", "motorcycle", "ambulance", "engine")), ("foot", False),
        ("foot", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "turned", "foot"),
    [
        ("oneway=yes", False, True),
        ("oneway=-1", False, True),
        ("oneway=yes,oneway:foot=yes", True, True),
        ("oneway=yes,oneway:foot=-1", True, False),
        ("oneway=-1,oneway:foot=-1", True, True),
        ("oneway=-1,oneway:foot=yes", True, False),
        ("oneway=yes,oneway:foot=no", False, True),
        ("oneway:foot=yes", True, True),
        ("oneway:foot=-1", True, False),
        ("oneway=yes,foot=no", False, False),
        ("oneway=yes,foot=no,oneway:foot=yes", False, False),
    ],
)
def test_oneway__on_foot(read, tags, turned, foot):
    """Relative to the street, which runs as its vehicles do: FOOT says forth, FOOT_TURNED that back is not the same."""
    streets = read(f"highway=residential,{tags} Nn100,n200")
    assert [bool(streets.access[0] & bit) for bit in (FOOT_TURNED, FOOT)] == [turned, foot]
    roads, ends = roads_of(streets), [100, 200]
    at = {n: int(np.argmin(np.abs(roads.lon - 112 - n / 1e5))) for n in ends}
    walk = [np.isfinite(roads.travel_times([at[a]], [at[b]], ride=Ride.of("foot"))[0, 0])
            for a, b in (ends, ends[::-1])]  # fmt: skip
    only = {"yes": [True, False], "-1": [False, True]}.get(tags.partition("oneway:foot=")[2], [True, True])
    assert walk == ([False, False] if "foot=no," in tags or tags.endswith(",foot=no") else only)


def test_oneway__of_steps_binds_on_foot(read):
    assert read("highway=steps,oneway=yes Nn100,n200").access.tolist() == [FOOT | FOOT_TURNED]


def test_oneway__of_one_class_is_counted(read):
    streets = read(
        "highway=road,oneway=yes,oneway:bicycle=no,oneway:motorcycle=no Nn100,n200",
        "highway=road,oneway:foot=no Nn200,n300",
    )
    assert "oneway of one class not read: 1" in streets.dropped


def test_limit__walk_is_a_figure_of_its_own(monkeypatch):
    """The range that `place check` asks for does not change it."""
    other = road_figures().model_copy(update={"speed_range": (7.0, 100.0)})
    monkeypatch.setattr(osm_tags, "road_figures", lambda: other)
    assert limit_in("walk") == pytest.approx(5 / 3.6)


@pytest.mark.parametrize(
    ("text", "km_h"),
    [("50", 50), ("50 km/h", 50), ("30 mph", 48.28032), ("30mph", 48.28032), ("walk", 5), ("none", np.inf),
     ("12.5", 12.5), ("10 knots", 18.52), ("", None), ("0", None), ("-5", None), ("signals", None), ("50;30", None),
     ("1e3", None), ("900", None), ("50 m/s", None), ("ID:urban", None)],
)  # fmt: skip
def test_limit(text, km_h):
    got = limit_in(text)
    assert got is None if km_h is None else got * 3.6 == pytest.approx(km_h)


def test_limit__what_is_not_understood_is_counted(read):
    streets = read(
        "highway=road,maxspeed=ID:urban Nn100,n200", "highway=road,maxspeed=40,name=Jalan%20%Mawar Nn300,n400"
    )
    assert streets.limit.tolist() == [np.inf, pytest.approx(40 / 3.6)]
    assert "maxspeed not understood: 1" in streets.dropped
    assert [streets.names[i] if i >= 0 else "" for i in streets.name] == ["", "Jalan Mawar"]


# --- who is let in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "bits"),
    [
        ({}, EVERYONE),
        ({"access": "yes"}, EVERYONE),
        ({"access": "destination"}, EVERYONE),
        ({"access": "private"}, BLUE),
        ({"access": "no"}, 0),
        ({"access": "no", "emergency": "yes"}, AMBULANCE | ENGINE | BLUE),
        ({"access": "no", "emergency": "designated", "foot": "yes"}, AMBULANCE | ENGINE | BLUE | FOOT),
        ({"emergency": "fire_hydrant"}, EVERYONE),
        ({"motor_vehicle": "private"}, FOOT | BLUE),
        ({"motor_vehicle": "no"}, FOOT),
        ({"vehicle": "no"}, FOOT),
        ({"vehicle": "no", "motorcycle": "yes"}, FOOT | MOTORCYCLE),
        ({"access": "no", "motor_vehicle": "yes"}, EVERYONE ^ FOOT),
        ({"hgv": "no"}, EVERYONE ^ TRUCK),
        ({"motorcar": "no"}, EVERYONE ^ CAR ^ AMBULANCE),
        ({"motorcycle": "no"}, EVERYONE ^ MOTORCYCLE),
        ({"foot": "no"}, EVERYONE ^ FOOT),
        ({"access": "forestry"}, BLUE),
        ({"highway": "steps"}, FOOT),
        ({"highway": "busway"}, FOOT | BLUE),
        ({"highway": "busway", "motor_vehicle": "yes"}, EVERYONE),
        ({"barrier": "bollard"}, FOOT | MOTORCYCLE),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, EVERYONE),
        ({"barrier": "bollard", "emergency": "yes"}, FOOT | MOTORCYCLE | AMBULANCE | ENGINE | BLUE),
        ({"barrier": "bollard", "access": "no"}, 0),
        ({"barrier": "bollard", "access": "private"}, BLUE),
        ({"barrier": "bollard", "motor_vehicle": "no"}, FOOT),
        ({"barrier": "bollard", "access": "yes"}, EVERYONE),
        ({"barrier": "bollard", "vehicle": "yes"}, EVERYONE),
        ({"barrier": "bollard", "foot": "yes"}, FOOT | MOTORCYCLE),
        ({"barrier": "bollard", "hgv": "yes"}, FOOT | MOTORCYCLE | TRUCK),
        ({"barrier": "bollard", "access": "no", "motorcycle": "yes"}, MOTORCYCLE),
        ({"barrier": "bollard", "highway": "crossing"}, FOOT | MOTORCYCLE),
        ({"barrier": "motorcycle_barrier"}, FOOT),
        ({"barrier": "jersey_barrier"}, FOOT),
        ({"barrier": "cycle_barrier"}, FOOT),
        ({"barrier": "chain"}, FOOT),
        ({"barrier": "block"}, FOOT | MOTORCYCLE),
        ({"barrier": "gate"}, EVERYONE),
        ({"barrier": "gate", "highway": "crossing"}, EVERYONE),
        ({"barrier": "gate", "access": "no"}, 0),
        ({"barrier": "lift_gate", "access": "private", "foot": "yes"}, FOOT | BLUE),
        ({"highway": "cycleway"}, FOOT),
        ({"highway": "cycleway", "vehicle": "yes"}, EVERYONE),
        ({"highway": "cycleway", "access": "yes"}, EVERYONE),
        ({"highway": "cycleway", "access": "no"}, 0),
        ({"highway": "pedestrian"}, FOOT | BLUE),
        ({"highway": "pedestrian", "access": "permissive"}, FOOT | BLUE),
        ({"highway": "pedestrian", "access": "no"}, 0),
        ({"highway": "pedestrian", "motor_vehicle": "no"}, FOOT),
        ({"highway": "pedestrian", "motor_vehicle": "destination"}, EVERYONE),
        ({"highway": "pedestrian", "emergency": "yes"}, FOOT | AMBULANCE | ENGINE | BLUE),
        ({"highway": "footway"}, FOOT | MOTORCYCLE),
        ({"highway": "footway", "motor_vehicle": "yes"}, EVERYONE),
        ({"highway": "footway", "emergency": "yes"}, FOOT | MOTORCYCLE | AMBULANCE | ENGINE | BLUE),
        ({"highway": "footway", "emergency": "yes", "access": "yes"}, FOOT | MOTORCYCLE | AMBULANCE | ENGINE | BLUE),
        ({"highway": "footway", "motor_vehicle": "private"}, FOOT | BLUE),
        ({"highway": "cycleway", "emergency": "yes"}, FOOT | AMBULANCE | ENGINE | BLUE),
        ({"motor_vehicle": "agricultural;forestry"}, FOOT | BLUE),
        ({"motor_vehicle": "private; destination"}, EVERYONE),
        ({"access": "no;private"}, BLUE),
    ],
)
def test_access(tags, bits):
    assert access_bits(tags) == (bits, True)


def test_access__an_unknown_word_is_passed_over_and_said():
    assert access_bits({"access": "variable", "hgv": "no"}) == (EVERYONE ^ TRUCK, False)
    assert access_bits({"access": "no", "motor_vehicle": "what"}) == (0, False)
    assert access_bits({"barrier": "bollard", "access": "what"}) == (FOOT | MOTORCYCLE, False)
    assert access_bits({"access": "what;private"}) == (BLUE, False)


def test_access__a_private_road_opens_to_blue_light(read):
    roads = roads_of(read("highway=service,access=private Nn100,n200"))
    assert not np.isfinite(roads.travel_times([0], [1], ride=Ride.of("car")))
    assert np.isfinite(roads.travel_times([0], [1], ride=Ride.of("car", blue_light=True)))


def test_bollard__stops_four_wheels_and_nobody_else(read):
    streets = read("highway=service Nn100,n200,n300", nodes=["200 Tbarrier=bollard"])
    assert sorted(zip(streets.length_m > 0, streets.access, strict=True)) == [
        (False, FOOT | MOTORCYCLE), (True, EVERYONE), (True, EVERYONE),
    ]  # fmt: skip
    roads = roads_of(streets)
    a, b = (int(np.argmin(np.abs(roads.lon - lon))) for lon in (112.001, 112.003))
    through = {name: np.isfinite(roads.travel_times([a], [b], ride=Ride.of(name))[0, 0]) for name in VEHICLES}
    assert [name for name, may in through.items() if may] == ["motorcycle", "foot"]


@pytest.mark.parametrize("barrier", ["gate", "lift_gate", "swing_gate"])
def test_gate__lets_in_whom_it_says(read, barrier):
    """Without a word about access a gate is open, and counted; of gates that no street passes nothing is said."""
    streets = read("highway=service Nn100,n200,n300,n400,n500", nodes=[
        f"200 Tbarrier={barrier},access=private", f"300 Tbarrier={barrier}", f"400 Tbarrier={barrier},access=yes",
    ])  # fmt: skip
    assert sorted(zip(streets.length_m > 0, streets.access, strict=True)) == [
        (False, BLUE), (True, EVERYONE), (True, EVERYONE),
    ]  # fmt: skip
    assert "gates without access, open: 1" in streets.dropped


def test_gate__word_that_is_not_understood(read):
    streets = read("highway=service Nn100,n200,n300", nodes=["200 Tbarrier=gate,access=sunny"])
    assert streets.access.tolist() == [EVERYONE]
    assert "access of barriers not understood: 1" in streets.dropped


def test_bollard__on_a_street_with_a_direction_on_foot(read):
    """Whom the bollard lets in keeps the direction of the street; whom it does not goes neither way."""
    for word, bits in (("yes", FOOT | MOTORCYCLE | FOOT_TURNED), ("no", MOTORCYCLE)):
        streets = read("highway=road,oneway:foot=yes Nn100,n200,n300", nodes=[f"200 Tbarrier=bollard,foot={word}"])
        assert streets.access[streets.length_m == 0].tolist() == [bits]


def test_bollard__in_a_junction_is_counted_only(read):
    streets = read("highway=service Nn100,n200,n300", "highway=service Nn200,n201", nodes=["200 Tbarrier=bollard"])
    assert len(streets.ends) == 3
    assert "barriers in junctions: 1" in streets.dropped


def test_words__are_all_of_ours():
    kinds = {kind for rule in tag_figures().venues for kind in (rule.jenis, *rule.named.values())}
    assert kinds <= set(VENUE_KINDS)


# --- the hand-made extract --------------------------------------------------------------------------------------------


@pytest.fixture(params=["opl", "osm", "osm.pbf"])
def made(request, tmp_path):
    """The hand-made extract in several formats."""
    path = tmp_path / f"x.{request.param}"
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(str(WAYS)):
            writer.add(thing)
    return path


def test_made__streets(made):
    faults = Faults()
    streets = read_osm_roads(made, faults, WORLD)
    assert list(faults) == []
    assert len(streets.ends) == 6
    assert dict(zip(*np.unique(streets.kind, return_counts=True), strict=True)) == {1: 1, 3: 1, 4: 3, 5: 1}
    assert (streets.oneway.sum(), streets.names) == (3, ("Jalan Mawar",))
    assert "nodes of streets that the extract lacks: 1" in streets.dropped


def test_made__venues(made):
    rows = read_osm_venues(made, Faults())
    assert rows[["id", "nama", "jenis", "pemilik"]].to_numpy().tolist() == [
        ["n20", "Polres Contoh", "polres", "negara"], ["n21", "hidran n21", "hidran", ""],
    ]  # fmt: skip
    assert rows["lon"].tolist() == ["112.6120000", "112.6130000"]


@pytest.mark.parametrize(("name", "kind"), [("Puskesmas Dinoyo", "puskesmas"), ("Klinik A", "klinik")])
def test_venues__are_told_apart_by_name(name, kind):
    assert venue_kind({"amenity": "clinic", "name": name}) == kind
    assert venue_kind({"amenity": "bench", "name": name}) is None


AREAS = """\
n1 v1 x112.0 y-8.0
n2 v1 x112.1 y-8.0
n3 v1 x112.2 y-8.0
n4 v1 x112.2 y-7.9
n5 v1 x112.1 y-7.9
n6 v1 x112.0 y-7.9
w1 v1 Nn2,n1,n6,n5
w2 v1 Nn5,n2
w3 v1 Nn2,n3,n4,n5
w4 v1 Thighway=road Nn1,n2
r1 v1 Tadmin_level=7,boundary=administrative,name=Barat,population=1200,ref=35.1,type=boundary Mw1@outer,w2@outer
r2 v1 Tadmin_level=7,boundary=administrative,name=Timur,ref=35.2,type=boundary Mw2@outer,w3@outer
r3 v1 Tadmin_level=6,boundary=administrative,name=Kota,ref=35,type=boundary Mw1@outer,w3@outer
r4 v1 Tadmin_level=9,boundary=administrative,name=Kecil,type=boundary Mw1@outer,w99@outer
"""


def test_areas__of_the_finest_level_that_covers(tmp_path):
    path = tmp_path / "x.opl"
    path.write_text(AREAS)
    faults = Faults()
    frame, polygons = read_osm_areas(path, faults)
    assert list(faults) == []
    columns = ["kode", "nama", "kode_kec", "kecamatan", "quality"]
    assert frame[columns].to_numpy().tolist() == [
        ["35.1", "Barat", "35", "Kota", "reported"], ["35.2", "Timur", "35", "Kota", "unknown"],
    ]  # fmt: skip
    assert frame["population"].tolist()[0] == 1200
    assert set(polygons) == {"35.1", "35.2"}
    coarse, _ = read_osm_areas(path, faults, level=6)
    assert coarse["area_km2"].sum() == pytest.approx(frame["area_km2"].sum())
    assert list(faults) == []


def test_areas__a_level_that_is_not_there(tmp_path):
    path = tmp_path / "x.opl"
    path.write_text(AREAS)
    faults = Faults()
    assert len(read_osm_areas(path, faults, level=9)[0]) == 0
    assert [(fault.field, fault.remedy) for fault in faults] == [("admin_level", "This extract has 6, 7.")]


# --- real extracts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "highways"), [("Helsinki", 2650), ("monaco", 2852)])
def test_real__agrees_with_a_plain_reader(extracts, name, highways):
    """Length and ways against another way of reading: objects, one after the other, and Geod along each line."""
    path = extracts / f"{name}.osm.pbf"
    streets = read_osm_roads(path, Faults(), WORLD)
    ground, total, seen, kept = pyproj.Geod(ellps="WGS84"), 0.0, 0, 0
    for way in osmium.FileProcessor(str(path)).with_locations():
        if not way.is_way() or "highway" not in way.tags:
            continue
        seen += 1
        if way.tags["highway"] in tag_figures().excluded or way.tags.get("area") == "yes":
            continue
        line = [(node.lon, node.lat) if node.location.valid() else None for node in way.nodes]
        kept += any(a and b and a != b for a, b in pairwise(line))
        total += sum(ground.inv(*a, *b)[2] for a, b in pairwise(line) if a and b)
    assert seen == highways
    assert streets.length_m.sum() == pytest.approx(total, rel=1e-9)
    assert kept <= len(streets.ends) <= 2 * kept
    roads = roads_of(streets)
    assert roads.main.sum() > 500


def test_real__is_read_in_a_second(extracts):
    read_osm_roads(extracts / "monaco.osm.pbf", Faults(), WORLD)
    start = time.perf_counter()
    streets = read_osm_roads(extracts / "Helsinki.osm.pbf", Faults(), WORLD)
    assert time.perf_counter() - start < 1.0
    assert len(streets.ends) == 4717


def test_real__areas_and_venues(extracts):
    faults = Faults()
    frame, polygons = read_osm_areas(extracts / "monaco.osm.pbf", faults)
    assert sorted(frame["nama"]) == [
        "Fontvieille", "La Condamine", "La Rousse", "Larvotto", "Monaco-Ville", "Monte-Carlo",
    ]  # fmt: skip
    assert len(polygons) == 6
    assert len(frame.attrs["dropped"]) == 3
    venues = read_osm_venues(extracts / "monaco.osm.pbf", faults)
    assert list(faults) == []
    assert set(venues["jenis"]) <= set(VENUE_KINDS)
    assert venues["id"].is_unique


def test_real__a_city_from_one_extract(extracts, tmp_path):
    """Streets, areas and venues of Monaco from one file: built, stored, loaded, checked and driven through."""
    path = extracts / "monaco.osm.pbf"
    built = build_city(roads=path, areas=path, venues=path, out=tmp_path / "monaco", name="monaco")
    city = City.load(tmp_path / "monaco")
    assert city.manifest.to_dict() == built.manifest.to_dict()
    assert city.to_table().equals(built.to_table())
    for name in ("indptr", "head", "length_m", "kind", "edge", "limit", "access", "name"):
        np.testing.assert_array_equal(getattr(city.roads, name), getattr(built.roads, name))
    assert "speed" not in {each.key for each in check_city(city, on=date(2024, 11, 27))}
    nodes = city.venues["node"].to_numpy()
    assert len(nodes) > 20
    for ride in (Ride.of("car"), Ride.of("engine", blue_light=True), Ride.of("foot")):
        assert np.isfinite(city.roads.travel_times(nodes, nodes, ride=ride)).all()


# --- files of any content ---------------------------------------------------------------------------------------------


def test_faults__nothing_to_read(tmp_path):
    for name, content in (("a.osm.pbf", b""), ("b.osm", b"<osm/>"), ("c.osm", b"<html>"), ("d.opl", b"n1 x1 y1\n")):
        (tmp_path / name).write_bytes(content)
    for name in ("a.osm.pbf", "b.osm", "c.osm", "d.opl", "none.osm.pbf"):
        faults = Faults()
        assert read_osm_roads(tmp_path / name, faults, WORLD) is None
        assert len(faults) == 1, name
    assert is_osm(Path("x.OSM.PBF"))
    assert not is_osm(Path("x.geojson"))


def test_faults__no_osmium(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **more):
        if name == "osmium":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"sispamkota\[osm\]"):
        read_osm_roads(WAYS, Faults(), WORLD)


@pytest.mark.parametrize("suffix", ["opl", "osm", "osm.pbf"])
def test_garbage__gives_streets_or_faults(tmp_path, suffix):
    """Fifty broken copies of the extract, cut short or with other bytes in them."""
    whole = tmp_path / f"w.{suffix}"
    with osmium.SimpleWriter(str(whole)) as writer:
        for thing in osmium.FileProcessor(str(WAYS)):
            writer.add(thing)
    content, dice = whole.read_bytes(), random.Random(7)
    path = tmp_path / f"b.{suffix}"
    for i in range(50):
        broken = bytearray(content)
        if i % 2:
            for _ in range(dice.randint(1, 8)):
                broken[dice.randrange(len(broken))] = dice.randrange(256)
        else:
            del broken[dice.randrange(len(broken)) :]
        path.write_bytes(broken)
        for read in (lambda p, f: read_osm_roads(p, f, WORLD), read_osm_areas, read_osm_venues):
            read(path, Faults())
