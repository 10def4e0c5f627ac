"""Times among near junctions are those of the whole city, to the bit, also where the quick way goes far around."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sispamkota.place import City, Nearby, Ride, Roads
from sispamkota.place.ride import ROAD_KINDS

FAST, SLOW = ROAD_KINDS.index("arteri"), ROAD_KINDS.index("lain")


def town(seed, *, n=150, lost=0.2):
    """Junctions at random, slow streets to their neighbours, some in one direction only, some missing, a fast ring."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0.0, 9_000.0, (2, n))
    xy = np.column_stack([x, y])
    near = cKDTree(xy).query(xy, k=4)[1][:, 1:]
    ends = np.array(sorted({(min(a, b), max(a, b)) for a, row in enumerate(near) for b in row.tolist()}))
    ends = ends[rng.random(len(ends)) > lost]
    ring = np.argsort(np.arctan2(y - 4_500.0, x - 4_500.0))[::7]
    ends = np.concatenate([ends, np.column_stack([ring, np.roll(ring, 1)])])
    kind = np.full(len(ends), SLOW)
    kind[-len(ring) :] = FAST
    length = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T) * rng.uniform(1.0, 2.0, len(ends))
    return Roads.from_edges((x, y, x, y), ends, length_m=length, kind=kind, oneway=rng.random(len(ends)) < 0.3), rng


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_times__are_those_of_the_whole_city_to_the_bit(seed, many):
    roads, rng = town(seed)
    ride = Ride.of("motorcycle")
    middle = int(rng.integers(roads.n_nodes))
    order = np.argsort(np.hypot(roads.x - roads.x[middle], roads.y - roads.y[middle]))
    asked = rng.permutation(np.append(order[:many], middle))
    whole = roads.travel_times(asked, asked, ride=ride)
    assert np.array_equal(Nearby(roads, ride=ride).times(asked), whole)


def test_times__the_quick_way_leaves_the_first_box():
    x = np.array([0.0, 100.0, 0.0, 100.0])
    y = np.array([0.0, 0.0, 2_000.0, 2_000.0])
    ends, kind = [(0, 1), (0, 2), (2, 3), (3, 1)], [SLOW, FAST, FAST, FAST]
    roads = Roads.from_edges((x, y, x, y), ends, length_m=[9_000.0, 2_000.0, 100.0, 2_000.0], kind=kind)
    ride = Ride.of("motorcycle")
    times = Nearby(roads, ride=ride).times([0, 1])
    assert np.array_equal(times, roads.travel_times([0, 1], [0, 1], ride=ride))
    assert times[0, 1] < roads.travel_times([0], [1], ride=ride, closed=np.array([False, True, False, False]))[0, 0]


def test_times__no_way_is_infinite_and_no_junction_no_row():
    x = np.array([0.0, 10.0, 5_000.0])
    roads = Roads.from_edges((x, x, x, x), [(0, 1)], length_m=[20.0], kind=[SLOW])
    near = Nearby(roads, ride=Ride.of("motorcycle"))
    assert np.isinf(near.times([0, 2])[0, 1])
    assert near.times([]).shape == (0, 0)
    with pytest.raises(IndexError):
        near.times([3])


def test_times__of_the_stations_of_every_kelurahan_of_malang():
    city, ride = City.load("malang"), Ride.of("motorcycle")
    near = Nearby(city.roads, ride=ride)
    for _, rows in city.tps.groupby("kode_kel"):
        nodes = rows["node"].to_numpy()
        assert np.array_equal(near.times(nodes), city.roads.travel_times(nodes, nodes, ride=ride))
