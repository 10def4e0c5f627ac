"""Gates: where roads leave the city, and which of them a gate outside stands on."""

import numpy as np
import pandas as pd
import pytest
import shapely

from sispamkota.inputs import DATA
from sispamkota.place import ROAD_KINDS, City, Roads, build_city
from sispamkota.place.gates import at_gates, find_gates, gate_figures, gate_of, outline_of

MINI = DATA.parents[2] / "examples" / "minicity"
SQUARE = shapely.box(0, 0, 2000, 2000)


def town(streets, kinds, points):
    """Streets between points in metres; lon and lat do not matter here."""
    x, y = np.array(points, float).T
    ends = np.array(streets)
    length = np.hypot(x[ends[:, 0]] - x[ends[:, 1]], y[ends[:, 0]] - y[ends[:, 1]])
    kind = [ROAD_KINDS.index(each) for each in kinds]
    return Roads.from_edges((x * 0, y * 0, x, y), ends, length_m=length, kind=kind)


def test_gates__a_dead_end_at_the_outline_is_one_and_one_inside_is_not():
    roads = town([(0, 1), (0, 2), (0, 3)], ["lokal"] * 3, [(1000, 1000), (1000, 1990), (1500, 1000), (990, 20)])
    assert find_gates(roads, SQUARE).tolist() == [1, 3]


def test_gates__where_a_street_goes_on_the_last_junction_inside_is_the_gate():
    points = [(1000, 1000), (1900, 1000), (2050, 1000), (2600, 1000), (3500, 1000)]
    roads = town([(0, 1), (1, 2), (2, 3), (3, 4)], ["kolektor"] * 4, points)
    assert find_gates(roads, SQUARE).tolist() == [2]


def test_gates__a_street_that_wobbles_over_the_outline_makes_none():
    points = [(100, 1000), (400, 1980), (700, 2040), (1000, 1980), (1300, 2040), (1600, 1000), (900, 900)]
    roads = town([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 0)], ["lokal"] * 7, points)
    assert find_gates(roads, SQUARE).size == 0


def test_gates__of_two_that_are_near_the_higher_kind_stays():
    points = [(1000, 1000), (1000, 2000), (1100, 2000), (1600, 2000)]
    roads = town([(0, 1), (0, 2), (0, 3)], ["lokal", "arteri", "lokal"], points)
    assert find_gates(roads, SQUARE).tolist() == [2, 3]


def test_gates__alleys_count_only_where_there_is_nothing_else():
    points = [(1000, 1000), (1000, 2000), (1600, 2000)]
    assert find_gates(town([(0, 1), (0, 2)], ["lain", "lokal"], points), SQUARE).tolist() == [2]
    assert find_gates(town([(0, 1), (0, 2)], ["lain", "lain"], points), SQUARE).tolist() == [1, 2]


def test_gates__an_island_is_none():
    points = [(1000, 1000), (1000, 1500), (500, 1200), (1600, 1990), (1600, 1900)]
    roads = town([(0, 1), (1, 2), (2, 0), (3, 4)], ["lokal"] * 4, points)
    assert find_gates(roads, SQUARE).size == 0


def test_gates__without_polygons_the_hull_stands_in():
    city = City.load("malang")
    gates = find_gates(city.roads, None)
    assert gates.size > 10
    assert city.roads.main[gates].all()
    x, y = city.roads.x[gates], city.roads.y[gates]
    away = np.hypot(x[:, None] - x, y[:, None] - y)
    assert away[~np.eye(gates.size, dtype=bool)].min() >= gate_figures().apart_m[0]
    middle = np.hypot(x - city.roads.x.mean(), y - city.roads.y.mean())
    assert middle.min() > 2_000


def test_gate_of__is_the_nearest_gate_not_the_nearest_junction():
    roads = town([(0, 1), (0, 2)], ["lokal"] * 2, [(1000, 1000), (1000, 2000), (20, 1000)])
    gates = find_gates(roads, SQUARE)
    node, away = gate_of([1000, -500], [1300, 1000], roads=roads, gates=gates)
    assert node.tolist() == [1, 2]
    assert away.tolist() == [700, 520]


def test_at_gates__moves_only_gates_outside():
    roads = town([(0, 1), (0, 2)], ["lokal"] * 2, [(1000, 1000), (1000, 2000), (20, 1000)])
    venues = pd.DataFrame(
        {
            "kind": ["gerbang", "gerbang", "kpu", "gerbang"],
            "kode_kel": ["", "a", "", ""],
            "placed": ["", "", "", "assumed: middle of the city"],
            "x": [1000.0] * 4,
            "y": [1300.0] * 4,
            "node": [0] * 4,
            "access_m": [300.0] * 4,
        }
    )
    out = at_gates(venues, roads, SQUARE)
    assert out["node"].tolist() == [1, 0, 0, 0]
    assert out["access_m"].tolist() == [700, 300, 300, 300]
    assert venues["node"].tolist() == [0] * 4
    assert at_gates(venues[1:3], roads, SQUARE)["node"].tolist() == [0, 0]


def test_at_gates__at_the_edge_counts_as_outside():
    roads = town([(0, 1), (0, 2)], ["lokal"] * 2, [(1000, 1000), (1000, 2000), (20, 1000)])
    row = {"kind": "gerbang", "kode_kel": "a", "placed": "", "x": 1000.0, "y": 1900.0, "node": 0, "access_m": 900.0}
    assert at_gates(pd.DataFrame([row]), roads, SQUARE)["node"].tolist() == [1]
    assert at_gates(pd.DataFrame([row | {"y": 1800.0}]), roads, SQUARE)["node"].tolist() == [0]


def test_minicity__its_outline_is_one_polygon():
    city = build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv")
    outline = outline_of(city.areas, city.epsg)
    assert outline.area == pytest.approx(city.kelurahan["area_km2"].sum() * 1e6, rel=0.01)
    assert outline_of(None, city.epsg) is None


def test_real__the_three_gates_stand_where_roads_leave(shared):
    """Of Malang's network, cut at the city limit: each embedded gate finds one near it, Singosari's 700 m away."""
    data = shared / "data" / "malang"
    city = build_city(
        roads=data / "road_edges.geojson",
        areas=data / "kelurahan.geojson",
        venues=DATA / "cities" / "malang" / "venues.csv",
    )
    outline = outline_of(city.areas, city.epsg)
    gates = find_gates(city.roads, outline)
    assert 20 <= gates.size <= 60
    away = shapely.distance(shapely.points(city.roads.x[gates], city.roads.y[gates]), outline.boundary)
    assert away.max() <= gate_figures().border_m[0]
    venues = at_gates(city.venues, city.roads, outline)
    mine = venues[venues["kind"] == "gerbang"].set_index("name")
    assert set(mine["node"]) <= set(gates)
    assert mine["access_m"].max() < 700
    assert (mine["access_m"] < 1).sum() == 2
