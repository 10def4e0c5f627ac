"""Reach: bands of time around places, on the real streets of Malang against a Dijkstra of our own."""

import heapq
import itertools
import json
import re

import numpy as np
import pytest
import shapely

from laws.test_travel import heap_times
from parts.test_cli import call  # noqa: F401 - a fixture
from sispamkota import place
from sispamkota.inputs import DATA
from sispamkota.place import City, Ride, Roads, build_city, reach_areas
from sispamkota.place.draw import is_assumed
from sispamkota.place.lines import street_lines
from sispamkota.place.reach import BESIDE_M, reach_times
from sispamkota.words import words

MINI = DATA.parents[2] / "examples" / "minicity"
LIMITS = [300.0, 600.0, 900.0]
EPSG = 32749


def nearest_times(roads, origins, speed):
    """Dijkstra as in the textbook from all origins at once, on plain lists."""
    best = dict.fromkeys(map(int, origins), 0.0)
    queue = [(0.0, v) for v in best]
    heapq.heapify(queue)
    while queue:
        t, v = heapq.heappop(queue)
        if t > best[v]:
            continue
        for i in range(roads.indptr[v], roads.indptr[v + 1]):
            pace = speed[roads.kind[i]]
            w = int(roads.head[i])
            if pace > 0 and t + roads.length_m[i] / pace < best.get(w, np.inf):
                best[w] = t + roads.length_m[i] / pace
                heapq.heappush(queue, (best[w], w))
    return np.array([best.get(v, np.inf) for v in range(roads.n_nodes)])


# --- Malang: the fire station and the five Polsek ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(real_malang):
    return real_malang


@pytest.fixture(scope="module")
def sites(real):
    return [*real.find_kind("damkar"), *real.find_kind("polsek")]


@pytest.fixture(scope="module")
def bands(real, sites):
    return reach_areas(real.roads, [site.node for site in sites], LIMITS, ride=Ride.of("engine"), epsg=real.epsg)


def test_real__bands_nest(bands):
    assert [band.seconds for band in bands] == LIMITS
    for inner, outer in itertools.pairwise(bands):
        assert shapely.difference(inner.area, outer.area).area < 1.0
        assert outer.area.area > inner.area.area + 1e6
        assert (outer.nodes | ~inner.nodes).all()
        assert outer.nodes.sum() > inner.nodes.sum()
    assert all(shapely.is_valid(band.area) for band in bands)


@pytest.mark.parametrize("which", range(len(LIMITS)))
def test_real__a_hundred_junctions_a_band_agree_with_dijkstra(real, sites, bands, which):
    """Half of them reached and half not, as an independent search says; those reached lie on the map's area."""
    roads, band = real.roads, bands[which]
    time = nearest_times(roads, [site.node for site in sites], Ride.of("engine").speed)
    rng = np.random.default_rng(which)
    inside, outside = np.flatnonzero(time <= band.seconds), np.flatnonzero(time > band.seconds)
    some = np.concatenate([rng.choice(each, min(50, each.size), replace=False) for each in (inside, outside)])
    some = np.concatenate([some, rng.choice(np.setdiff1d(inside, some), 100 - some.size, replace=False)])
    assert some.size == 100
    assert np.setdiff1d(some, inside).size >= 20
    assert band.nodes[some].tolist() == (time[some] <= band.seconds).tolist()
    reached = some[band.nodes[some]]
    assert shapely.contains_xy(band.area, roads.x[reached], roads.y[reached]).all()


def test_real__every_junction_agrees(real, sites, bands):
    """The three bands over all junctions, by one search an origin: the least of them counts."""
    nothing = np.zeros(real.roads.n_edges, bool)
    every = [heap_times(real.roads, site.node, Ride.of("engine").speed, nothing) for site in sites]
    time = np.min(every, axis=0)
    for band in bands:
        assert band.nodes.tolist() == (time <= band.seconds).tolist()


def test_real__what_is_far_beyond_the_band_is_not_drawn(real, sites, bands):
    """A junction from which every street takes longer to reach than the band lasts lies on it only if beside one."""
    roads, band = real.roads, bands[0]
    drawn = shapely.contains_xy(band.area, roads.x, roads.y)
    time = nearest_times(roads, [site.node for site in sites], Ride.of("engine").speed)
    late = time > 2 * band.seconds
    assert late.sum() > 500
    assert (drawn & late).sum() < 0.01 * late.sum()


def test_real__the_places_are_assumed_positions(real, sites):
    """Two Polsek have no position, the others and Damkar are proxies."""
    assert len(sites) == 6
    assert [site.quality for site in sites].count("unknown") == 2
    assert [site.quality for site in sites].count("proxy") == 4
    assert is_assumed(real, [site.ref for site in sites])
    assert all(is_assumed(real, [site.ref]) for site in sites)


def test_embedded__the_map_is_titled_assumed(call, tmp_path, monkeypatch):  # noqa: F811
    """`place reach malang --from damkar --from polsek`, as in the handbook; reckoned once, drawn in both languages."""
    path, found = tmp_path / "map.svg", []

    def once(*args, **options):
        found.append(found[0] if found else reach_areas(*args, **options))
        return found[-1]

    monkeypatch.setattr(place, "reach_areas", once)
    for lang, said in (("id", "posisi asumsi"), ("en", "assumed positions")):
        ended = call("place", "reach", "malang", "--from", "damkar", "--from", "polsek", "-o", path, "--lang", lang)
        assert ended.returncode == 0
        assert said == words(lang)("place.map_assumed")
        texts = re.findall(r"<(?:text|tspan)[^>]*>([^<]+)<", path.read_text(encoding="utf-8"))
        drawn = " ".join(texts)
        assert drawn.count(said) == 1
        for word in ("Damkar", f"5 {words(lang)('place.kind_polsek')}"):
            assert 0 <= drawn.index(word) < drawn.index(said)
    assert len(found) == 2


def test_embedded__a_map_from_measured_places_is_not_titled_so(call, tmp_path):  # noqa: F811
    path = tmp_path / "map.svg"
    city = City.load("malang")
    measured = city.venues.loc[city.venues["quality"] == "reported", "ref"].iloc[0]
    assert not is_assumed(city, [measured])
    assert call("place", "reach", "--from", measured, "--minutes", "2", "-o", path, "--lang", "id").returncode == 0
    assert "posisi asumsi" not in path.read_text(encoding="utf-8")


# --- small networks ---------------------------------------------------------------------------------------------------


def row_of(n, *, oneway=False, gap=100.0):
    """Junctions in a row, `gap` metres apart, 10 m/s."""
    x, y = 680_000.0 + gap * np.arange(n), np.full(n, 9_120_000.0)
    ends = np.column_stack([np.arange(n - 1), np.arange(1, n)])
    lon, lat = 112.6 + np.arange(n) * 1e-3, np.full(n, -7.9)
    return Roads.from_edges(
        (lon, lat, x, y), ends, length_m=np.full(n - 1, gap), kind=np.full(n - 1, 3), oneway=np.full(n - 1, oneway)
    )


def along(band, n, *, gap=100.0):
    """How far the area goes along the row, m from its first junction."""
    west, _, east, _ = band.area.bounds
    return west - 680_000.0, east - 680_000.0


TEN = Ride(np.full(6, 10.0))


def test_band__ends_within_a_street():
    """After 25 s at 10 m/s: 250 m both ways from the middle of the row, and the ground beside."""
    (band,) = reach_areas(row_of(11), [5], [25.0], ride=TEN, epsg=EPSG)
    assert band.nodes.tolist() == [3 <= v <= 7 for v in range(11)]
    assert along(band, 11) == pytest.approx((250.0 - BESIDE_M, 750.0 + BESIDE_M), abs=0.5)


def test_band__follows_one_way_streets():
    (band,) = reach_areas(row_of(11, oneway=True), [5], [25.0], ride=TEN, epsg=EPSG)
    assert band.nodes.tolist() == [5 <= v <= 7 for v in range(11)]
    assert along(band, 11) == pytest.approx((500.0 - BESIDE_M, 750.0 + BESIDE_M), abs=0.5)


def test_band__stops_at_a_closed_street():
    closed = np.zeros(10, bool)
    closed[5] = True
    (band,) = reach_areas(row_of(11), [5], [25.0], ride=TEN, epsg=EPSG, closed=closed)
    assert band.nodes.tolist() == [3 <= v <= 5 for v in range(11)]
    assert along(band, 11) == pytest.approx((250.0 - BESIDE_M, 500.0 + BESIDE_M), abs=0.5)


def test_band__a_limit_counts_as_reached():
    (band,) = reach_areas(row_of(11), [5], [20.0], ride=TEN, epsg=EPSG)
    assert band.nodes.sum() == 5


def test_bands__come_shortest_first():
    bands = reach_areas(row_of(11), [5, 0], [40.0, 10.0, 20.0], ride=TEN, epsg=EPSG)
    assert [band.seconds for band in bands] == [10.0, 20.0, 40.0]


def test_times__are_those_of_the_nearest_origin():
    got = reach_times(row_of(11), [0, 8], ride=TEN)
    np.testing.assert_allclose(got, [min(abs(v), abs(v - 8)) * 10.0 for v in range(11)])


def test_area__holds_the_streets_that_are_reached_whole():
    city = build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv")
    (band,) = reach_areas(city.roads, [city.find("damkar").node], [120.0], ride=Ride.of("engine"), epsg=city.epsg)
    time = heap_times(city.roads, city.find("damkar").node, Ride.of("engine").speed, np.zeros(city.roads.n_edges, bool))
    assert band.nodes.tolist() == (time <= 120.0).tolist()
    roads, speed = city.roads, Ride.of("engine").speed
    leaves = time[roads.tail] + roads.length_m / np.where(speed > 0, speed, np.nan)[roads.kind]
    whole = np.unique(roads.edge[leaves <= 120.0])
    assert whole.size > 10
    lines = street_lines(roads, epsg=city.epsg)
    assert all(band.area.contains(lines[i].buffer(BESIDE_M / 2)) for i in whole)


def test_rows__count_the_people_of_areas_whose_point_is_reached():
    city = build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv")
    bands = reach_areas(city.roads, [city.find("damkar").node], [60.0, 6000.0], ride=Ride.of("car"), epsg=city.epsg)
    rows = city.reach_rows(bands)
    assert json.loads(json.dumps(rows)) == rows
    assert [row["minutes"] for row in rows] == [1.0, 100.0]
    assert rows[1]["people"] == city.kelurahan["population"].sum()
    assert rows[1]["kelurahan"] == rows[1]["kelurahan_all"] == 4
    assert rows[0]["junctions"] == bands[0].nodes.sum() < rows[1]["junctions"]
