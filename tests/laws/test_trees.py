"""Law L8, closures that come and go: repaired trees have the bits of fresh ones, whatever the order of changes."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from laws.test_travel import heap_times, networks
from sispamkota.kernels import travel
from sispamkota.place import Ride, Roads, Trees
from sispamkota.place.ride import EVERYONE, ROAD_KINDS


@settings(max_examples=100, deadline=None)
@given(networks(), st.lists(st.integers(0, 2**40), min_size=1, max_size=5))
def test_trees__equal_fresh_ones_after_any_closures(network, masks):
    roads, speed, _ = network
    every, ride = np.arange(roads.n_nodes), Ride(speed)
    trees = Trees(roads, every, ride=ride, threads=2)
    for mask in (*masks, 0):
        closed = np.array([mask >> i & 1 for i in range(roads.n_edges)], bool)
        trees.shut(closed)
        fresh = roads.travel_times(every, every, ride=ride, closed=closed)
        assert trees.times(every).tolist() == fresh.tolist()
        for row in every:
            for node in every:
                _check_way(roads, trees, int(row), int(node), closed)


def _check_way(roads, trees, row, node, closed):
    """The way that a tree gives takes open arcs and adds up to its time."""
    way = trees.path(row, node)
    if not np.isfinite(trees.time[row, node]):
        assert way.size == 0
        return
    assert (way[0], way[-1]) == (row, node)
    seconds = roads.graph(trees._ride, closed=closed)[1]["seconds"]
    total = 0.0
    for u, v in itertools.pairwise(way):
        arcs = range(roads.indptr[u], roads.indptr[u + 1])
        total += min(seconds[i] for i in arcs if roads.head[i] == v)
    assert total == trees.time[row, node]


def test_trees__redo_only_what_a_closure_touches():
    """A street that no shortest way uses costs nothing; the last street of a line costs its last node, twice."""
    x = np.arange(5.0)
    ends = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]
    roads = Roads.from_edges((x, x, x, x), ends, length_m=[1, 1, 1, 1, 90], kind=[3] * 5)
    trees = Trees(roads, [0], ride=Ride(np.ones(6)))
    assert trees.shut([False] * 4 + [True]) == 0
    assert trees.shut([False, False, False, True, False]) == 2
    assert trees.times([4])[0, 0] == 90.0


def _spread_alone(roads, ride):
    """What the bucket queue says of the tree of node 0 without its fallback: the nodes settled, or -1."""
    graph = roads.graph(ride)
    width, buckets = travel._buckets(graph[1])
    time, via = np.full(roads.n_nodes, np.inf), np.full(roads.n_nodes, -1, np.int32)
    time[0] = 0.0
    pool, first = np.empty(graph[1].size + 1, travel.ENTRY), np.empty(buckets, np.int32)
    return travel._spread(np.zeros(1, travel.ENTRY), graph, time, via, pool, first, width)


def test_travel__lengths_that_defeat_buckets_are_met_too():
    """One street is so long that all others share a bucket: nodes are settled over and over, and a heap takes over."""
    n = 24
    chain = [(i, i + 1) for i in range(n)]
    # from node i a short cut of two streets that looks worse first and is better: each level doubles the work
    jumps = [(i, i + 2) for i in range(n - 1)]
    length = [2.0 ** (n - i) for i in range(n)] + [2.0 ** (n - i) * 1.9 for i in range(n - 1)]
    ends = [*chain, *jumps, (0, n + 1)]
    x = np.arange(n + 2.0)
    roads = Roads.from_edges(
        (x, x, x, x), ends, length_m=[*np.array(length) / 2.0**n, 1e6], kind=[3] * len(ends), oneway=[True] * len(ends)
    )
    ride, shut = Ride(np.ones(6)), np.zeros(len(ends), bool)
    assert _spread_alone(roads, ride) < 0
    got = roads.travel_times([0], np.arange(n + 2), ride=ride)[0]
    assert got.tolist() == heap_times(roads, 0, ride.speed, shut).tolist()


def test_ride__limit_access_and_blue_light():
    """A posted limit slows who is faster, blue light may exceed it, and a private street lets only that in."""
    x = np.array([0.0, 100.0, 200.0])
    access = np.array([EVERYONE, 0x40], np.uint8)
    roads = Roads.from_edges(
        (x, x, x, x), [(0, 1), (1, 2)], length_m=[100, 100], kind=[3, 3], limit=[5.0, np.inf], access=access
    )
    plain, blue = Ride.of("ambulance"), Ride.of("ambulance", blue_light=True)
    assert plain.speed[3] > 5.0
    assert roads.travel_times([0], [1], ride=plain)[0, 0] == 100 / 5.0
    assert roads.travel_times([0], [1], ride=blue)[0, 0] == 100 / (5.0 * blue.over)
    assert roads.travel_times([1], [2], ride=plain)[0, 0] == np.inf
    assert roads.travel_times([1], [2], ride=blue)[0, 0] == 100 / blue.speed[3]


def test_ride__rush_hour_slows_cars_and_not_people():
    usual, rush = Ride.of("car").speed, Ride.of("car", hour=7.0).speed
    lokal, lain = ROAD_KINDS.index("lokal"), ROAD_KINDS.index("lain")
    assert rush[lokal] < usual[lokal]
    assert rush[lain] == usual[lain]
    assert (Ride.of("foot", hour=7.0).speed == Ride.of("foot").speed).all()
    assert (Ride.of("car", hour=24.0).speed == Ride.of("car", hour=0.0).speed).all()
    assert (Ride.of("car", hour=12.5).speed == usual).all()


def test_travel__threads_change_nothing():
    rng = np.random.default_rng(4)
    n, m = 400, 900
    x = rng.random(n)
    roads = Roads.from_edges(
        (x, x, x, x), rng.integers(0, n, (m, 2)), length_m=rng.uniform(1, 900, m), kind=rng.integers(0, 6, m)
    )
    one, three = (roads.travel_times(range(n), range(n), ride=Ride.of("car"), threads=k) for k in (1, 3))
    assert one.tobytes() == three.tobytes()
