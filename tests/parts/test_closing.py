"""Closures: an area of a file or as text, around a place, by the name of a street; and what they do to ways."""

import json

import numpy as np
import pytest
import shapely

from laws.test_travel import heap_times
from sispamkota.errors import Faults
from sispamkota.inputs import DATA
from sispamkota.place import Ride, build_city, closed_streets
from sispamkota.place.lines import street_lines

MINI = DATA.parents[2] / "examples" / "minicity"
NAMES = {0: "Jl. Melati", 1: "Jl. Veteran", 2: "Jl. Pasar Besar", 3: "Jalan Pasar Kecil"}


@pytest.fixture(scope="module")
def city():
    """The mini-city: its streets have no names."""
    return build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv")


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """The mini-city with names, every fifth street without one."""
    data = json.loads((MINI / "roads.geojson").read_text(encoding="utf-8"))
    for i, each in enumerate(data["features"]):
        each["properties"]["name"] = NAMES.get(i % 5, "")
    path = tmp_path_factory.mktemp("named") / "roads.geojson"
    path.write_text(json.dumps(data), encoding="utf-8")
    return build_city(roads=path, areas=MINI / "areas.geojson", venues=MINI / "venues.csv")


def around(city, ref, degrees=0.004):
    site = city.find(ref)
    return shapely.box(site.lon - degrees, site.lat - degrees, site.lon + degrees, site.lat + degrees)


def as_file(path, *polygons):
    features = [{"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(each)} for each in polygons]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return str(path)


def closed(city, *closures):
    faults = Faults()
    mask = closed_streets(city, closures, faults)
    faults.raise_if_any()
    return mask


def fault_of(city, closure):
    faults = Faults()
    mask = closed_streets(city, [closure], faults)
    (fault,) = faults
    assert fault.where == "--closed"
    assert fault.remedy
    assert not mask.any()
    return fault


# --- which streets ----------------------------------------------------------------------------------------------------


def test_area__shuts_what_it_touches(city):
    """Every street that meets the polygon, also one that only passes through, and no other."""
    polygon = around(city, "kpu")
    mask = closed(city, polygon.wkt)
    assert mask.tolist() == [bool(line.intersects(polygon)) for line in street_lines(city.roads)]
    assert 3 < mask.sum() < city.roads.n_edges / 2


def test_area__shuts_a_street_whose_ends_are_both_outside(city):
    line = street_lines(city.roads)[40]
    middle = line.interpolate(0.5, normalized=True).buffer(1e-5)
    assert np.flatnonzero(closed(city, middle.wkt)).tolist() == [40]


def test_area__of_a_file_is_that_of_its_text(city, tmp_path):
    one, two = around(city, "kpu"), around(city, "pasar", 0.002)
    path = as_file(tmp_path / "tutup.geojson", one, two)
    assert closed(city, path).tolist() == (closed(city, one.wkt) | closed(city, two.wkt)).tolist()
    both = shapely.MultiPolygon([one, two]) if one.disjoint(two) else shapely.union(one, two)
    assert closed(city, both.wkt).tolist() == closed(city, path).tolist()


@pytest.mark.parametrize("turn", [str.upper, str.lower, lambda text: "  " + text.replace(" (", "(")])
def test_area__as_text_in_any_case(city, turn):
    polygon = around(city, "kpu")
    assert closed(city, turn(polygon.wkt)).tolist() == closed(city, polygon.wkt).tolist()


@pytest.mark.parametrize("radius", [0.0, 150.0, 400.5])
def test_radius__is_measured_from_the_junction_of_the_place(city, radius):
    site = city.find("pasar")
    point = shapely.Point(city.roads.x[site.node], city.roads.y[site.node])
    mask = closed(city, f"pasar:{radius:g}")
    near = [line.distance(point) <= radius for line in street_lines(city.roads, epsg=city.epsg)]
    assert mask.tolist() == near
    assert mask.any()


def test_radius__grows(city):
    counts = [closed(city, f"kpu:{radius}").sum() for radius in (50, 400, 1200)]
    assert counts[0] < counts[1] < counts[2]


@pytest.mark.parametrize("name", ["Jl. Melati", "jl melati", "  JL.  MELATI "])
def test_name__of_a_street_in_any_case(named, name):
    expected = [number >= 0 and named.roads.names[number] == "Jl. Melati" for number in named.roads.name]
    assert closed(named, name).tolist() == expected
    assert 0 < sum(expected) < named.roads.n_edges


def test_closures__add_up(named):
    both = closed(named, "Jl. Melati", "kpu:100")
    assert both.tolist() == (closed(named, "Jl. Melati") | closed(named, "kpu:100")).tolist()


def test_closures__none_shut_nothing(city):
    assert closed(city).shape == (city.roads.n_edges,)
    assert not closed(city).any()


# --- faults -----------------------------------------------------------------------------------------------------------


def test_fault__a_name_nearly_right(named):
    fault = fault_of(named, "Jl. Melatti")
    assert fault.remedy == "Did you mean Jl. Melati?"
    assert "Melatti" in fault.got


def test_fault__two_spellings_of_a_street_are_one_suggestion(named):
    from dataclasses import replace

    roads = replace(named.roads, names=(*named.roads.names[:-1], "JL MELATI"))
    assert fault_of(replace(named, roads=roads), "Jl. Melatti").remedy.lower().count("melati") == 1


def test_fault__a_name_unlike_any(named):
    assert "Did you mean" not in fault_of(named, "Champs-Élysées").remedy


def test_fault__a_blank_shuts_nothing(named):
    from dataclasses import replace

    assert "name of a street" in fault_of(named, "").expected
    roads = replace(named.roads, names=("東京", *named.roads.names[1:]))  # a name that leaves no letters of ours
    assert "name of a street" in fault_of(replace(named, roads=roads), " . ").expected


def test_fault__a_name_in_a_city_without_any(city):
    fault = fault_of(city, "Jl. Melati")
    assert "no names" in fault.expected
    assert "GeoJSON" in fault.remedy


@pytest.mark.parametrize(
    "text",
    [
        "POLYGON ((0 0, 1 1))",
        "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))",  # crosses itself
        "POLYGON ((112 -5, 113 -5, 113 -6, 112 -6))",  # open
        "POLYGON ((112 -5, 113 -5",
        "polygon ((a b, c d, e f, a b))",
        "POLYGON ((nan nan, 1 1, 1 0, nan nan))",
        "MULTIPOLYGON (((0 0, 1 1, 1 0, 0 1, 0 0)))",
    ],
)
def test_fault__a_polygon_that_is_none(city, text):
    assert fault_of(city, text).expected == "a valid polygon"


def test_fault__an_area_beside_every_street(city, tmp_path):
    lon, lat = float(city.kelurahan["lon"].mean()), float(city.kelurahan["lat"].mean())
    beside = shapely.box(lon + 0.3, lat, lon + 0.301, lat + 0.001)
    for closure in (beside.wkt, as_file(tmp_path / "sisi.geojson", beside)):
        assert fault_of(city, closure).expected == "at least one street"
    assert "near the areas" in fault_of(city, shapely.box(10, 50, 11, 51).wkt).expected


def test_fault__swapped_coordinates_are_named(city, tmp_path):
    lon, lat = float(city.kelurahan["lon"].mean()), float(city.kelurahan["lat"].mean())
    swapped = shapely.box(lat, lon, lat + 0.001, lon + 0.001)
    assert "swapped" in fault_of(city, swapped.wkt).remedy
    faults = Faults()
    closed_streets(city, [as_file(tmp_path / "tukar.geojson", swapped)], faults)
    assert ["swapped" in fault.remedy for fault in faults] == [True]
    assert all("tukar.geojson" in fault.where for fault in faults)


def test_fault__files(city, tmp_path):
    """One that is not there, one of lines, one that is no GeoJSON: each says its own name."""
    line = as_file(tmp_path / "garis.geojson", shapely.LineString([(112, -5), (113, -6)]))
    knot = as_file(tmp_path / "simpul.geojson", shapely.Polygon([(112, -5), (113, -6), (113, -5), (112, -6)]))
    (tmp_path / "rusak.geojson").write_text("{", encoding="utf-8")
    for path in (line, knot, str(tmp_path / "rusak.geojson"), str(tmp_path / "tiada.geojson")):
        faults = Faults()
        assert not closed_streets(city, [path], faults).any()
        assert len(faults) == 1
        assert path.rpartition("/")[2] in str(next(iter(faults)))


def test_fault__of_a_radius(city):
    assert "5000" in fault_of(city, "kpu:5001").expected
    assert 'did you mean "kpu"' in fault_of(city, "kppu:100").remedy.lower()


def test_faults__of_all_closures_are_told(city):
    faults = Faults()
    mask = closed_streets(city, ["kppu:100", "POLYGON ((0 0, 1 1))", "kpu:100", "Jl. Melati"], faults)
    assert len(faults) == 3
    assert mask.tolist() == closed(city, "kpu:100").tolist()


# --- what a closure does ----------------------------------------------------------------------------------------------


def test_closure__lengthens_ways_as_a_dijkstra_without_these_streets_says(city):
    """Around a junction on the way from Damkar to the KPU, not around its ends."""
    ride, roads = Ride.of("engine"), city.roads
    start, end = city.find("damkar").node, city.find("kpu").node
    middle = roads.path(start, end, ride=ride)
    at = middle[middle.size // 2]
    polygon = shapely.Point(roads.lon[at], roads.lat[at]).buffer(5e-4)
    mask = closed(city, polygon.wkt)
    every = np.arange(roads.n_nodes)
    open_, shut = (roads.travel_times([start], every, ride=ride, closed=each)[0] for each in (None, mask))
    np.testing.assert_allclose(shut, heap_times(roads, start, ride.speed, mask), rtol=1e-9)
    assert open_[end] < shut[end] < np.inf
    assert (shut >= open_).all()
    assert np.isinf(shut[at])


def test_closure__on_the_real_streets(real_malang):
    city = real_malang
    mask = closed(city, "balai-kota:1000")
    ride, start = Ride.of("engine"), city.find("damkar").node
    every = np.arange(city.roads.n_nodes)
    open_, shut = (city.roads.travel_times([start], every, ride=ride, closed=each)[0] for each in (None, mask))
    np.testing.assert_allclose(shut, heap_times(city.roads, start, ride.speed, mask), rtol=1e-9)
    assert ((shut > open_ + 1.0) & np.isfinite(shut)).sum() > 100
    assert np.isinf(shut[city.find("balai-kota").node])
