"""Generated streets: the same every time, connected, and near the real ones in travel time."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from sispamkota.place import ROAD_KINDS, City, Ride
from sispamkota.place.synthetic import grow_streets


@pytest.fixture(scope="module")
def malang():
    return City.load("malang")


def test_streets__same_bytes_every_time(malang):
    again = grow_streets(malang.kelurahan, malang.epsg)
    for name in ("lon", "lat", "x", "y", "indptr", "head", "length_m", "kind", "edge"):
        assert getattr(again, name).tobytes() == getattr(malang.roads, name).tobytes(), name


def test_streets__one_network_of_the_right_size(malang):
    roads = malang.roads
    assert 2000 <= roads.n_nodes <= 3500
    assert roads.main.all()
    per_km2 = roads.length_m[roads.first_arc].sum() / 1e3 / malang.kelurahan["area_km2"].sum()
    assert 5 < per_km2 < 9  # the real network has 6.8 km a km²


def test_streets__lengths_are_the_distances(malang):
    roads = malang.roads
    gap = np.hypot(roads.x[roads.tail] - roads.x[roads.head], roads.y[roads.tail] - roads.y[roads.head])
    assert roads.length_m == pytest.approx(gap)
    assert roads.length_m.min() > 0


def test_streets__main_streets_join_all_centres(malang):
    """A vehicle that keeps to the main streets gets from each kelurahan to each other."""
    only_main = np.array([1.0 if kind == "kolektor" else 0.0 for kind in ROAD_KINDS])
    centres = malang.kelurahan["node"].to_numpy()
    assert np.isfinite(malang.roads.travel_times(centres[:1], centres, ride=Ride(only_main))).all()


def test_streets__are_labelled(malang):
    labels = [each for each in malang.assumptions if each.key == "streets_synthetic"]
    assert [(each.key, each.count) for each in labels] == [("streets_synthetic", malang.roads.n_edges)]


@pytest.mark.parametrize(
    "areas",
    [
        [(0.0, 0.0, 1.0)],
        [(0.0, 0.0, 1.0), (0.0, 0.0, 2.0)],
        [(0.0, 0.0, 0.01), (3e4, 0.0, 0.01)],
        [(1e3 * i, 0.0, 1.0) for i in range(5)],
        [(0.0, 0.0, 100.0), (100.0, 0.0, 0.001)],
    ],
    ids=["one area", "same centre", "far apart", "in a row", "one inside another"],
)
def test_streets__odd_cities_are_connected(areas):
    x, y, km2 = (np.array(each) for each in zip(*areas, strict=True))
    table = pd.DataFrame({"x": 6.8e5 + x, "y": 9.1e6 + y, "area_km2": km2, "population": np.nan})
    roads = grow_streets(table, 32749)
    assert roads.main.all()
    assert roads.n_nodes >= 7


@pytest.fixture(scope="module")
def trips(malang, real_malang):
    """Car times between all venues with a measured position in the city, s: (synthetic, real), each (trips,)."""
    real = real_malang
    both = len(real.venues)  # ours has gates and PPK besides, and none of them is measured
    assert malang.venues["id"].tolist()[:both] == real.venues["id"].tolist()
    assert not (malang.venues["quality"][both:] == "reported").any()
    measured = np.flatnonzero((malang.venues["quality"] == "reported") & (malang.venues["kode_kel"] != ""))
    a, b = np.triu_indices(len(measured), 1)
    nodes = [city.venues["node"].to_numpy()[measured] for city in (malang, real)]
    apart = (nodes[0][a] != nodes[0][b]) & (nodes[1][a] != nodes[1][b])
    times = [
        city.roads.travel_times(where, where, ride=Ride.of("car"))[a[apart], b[apart]]
        for city, where in zip((malang, real), nodes, strict=True)
    ]
    assert apart.sum() > 1000
    return times


def test_streets__figures_of_the_label_are_measured(malang, trips):
    """What every result on generated streets says of them; `pytest -s` prints it."""
    rho = spearmanr(*trips).statistic
    low, middle, high = np.quantile(trips[0] / trips[1], [0.05, 0.5, 0.95])
    print(f"\n{len(trips[0])} trips: Spearman {rho:.3f}, ratio {middle:.3f} ({low:.3f} to {high:.3f})")
    label = next(each for each in malang.assumptions if each.key == "streets_synthetic")
    assert f"car travel times {rho:.2f}, median ratio {middle:.2f} (90 % of trips {low:.2f} to {high:.2f})" in label.en
    figures = (f"{value:.2f}".replace(".", ",") for value in (rho, middle, low, high))
    assert "mobil {}, rasio tengah {} (90 % perjalanan {} sampai {})".format(*figures) in label.id


def test_streets__200_pairs_keep_the_promise(trips):
    """Spearman at least 0.8 and median ratio 0.8 to 1.25, on any 200 pairs of venues."""
    rng = np.random.default_rng(2024)
    for _ in range(50):
        pairs = rng.choice(len(trips[0]), 200, replace=False)
        assert spearmanr(trips[0][pairs], trips[1][pairs]).statistic >= 0.8
        assert 0.8 <= np.median(trips[0][pairs] / trips[1][pairs]) <= 1.25
