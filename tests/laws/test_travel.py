"""Law L8: travel times equal an independent Dijkstra's on the same graph, with and without closures."""

import heapq
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sispamkota.errors import Faults
from sispamkota.place import ROAD_KINDS, VEHICLES, City, Ride, Roads
from sispamkota.place.position import WORLD, project
from sispamkota.place.read_roads import read_roads
from sispamkota.place.ride import ON_WHEELS

RELATIVE = 1e-9


def heap_times(roads, origin, speed, closed, *, let=ON_WHEELS):
    """Dijkstra as in the textbook, on plain lists."""
    best = {origin: 0.0}
    queue = [(0.0, origin)]
    while queue:
        t, v = heapq.heappop(queue)
        if t > best[v]:
            continue
        for i in range(roads.indptr[v], roads.indptr[v + 1]):
            pace = speed[roads.kind[i]]
            if pace > 0 and roads.access[i] & let and not closed[roads.edge[i]]:
                w, reached = int(roads.head[i]), t + roads.length_m[i] / pace
                if reached < best.get(w, np.inf):
                    best[w] = reached
                    heapq.heappush(queue, (reached, w))
    return np.array([best.get(v, np.inf) for v in range(roads.n_nodes)])


def scipy_times(roads, origins, speed, closed, *, let=ON_WHEELS):
    """The same by scipy; of parallel streets it gets the fastest only."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    pace = speed[roads.kind]
    usable = np.flatnonzero((pace > 0) & ((roads.access & let) > 0) & ~closed[roads.edge])
    seconds = roads.length_m[usable] / pace[usable]
    fastest = {}
    for i, t in zip(usable, seconds, strict=True):
        pair = (int(roads.tail[i]), int(roads.head[i]))
        fastest[pair] = min(t, fastest.get(pair, np.inf))
    tails, heads = zip(*fastest, strict=True) if fastest else ((), ())
    size = (roads.n_nodes, roads.n_nodes)
    graph = csr_array((list(fastest.values()), (np.array(tails, int), np.array(heads, int))), shape=size, dtype=float)
    return dijkstra(graph, indices=origins)


@st.composite
def networks(draw):
    """Small graphs with one-way streets, parallel streets, loops and islands; speeds with forbidden kinds; closures."""
    nodes = draw(st.integers(1, 14))
    node = st.integers(0, nodes - 1)
    street = st.tuples(
        node, node, st.floats(0.1, 5e3), st.integers(0, len(ROAD_KINDS) - 1), st.booleans(), st.booleans()
    )
    streets = draw(st.lists(street, max_size=40))
    u, v, length, kind, oneway, closed = (list(each) for each in zip(*streets, strict=True)) if streets else ([],) * 6
    x = np.arange(nodes, dtype=float)
    ends = np.column_stack([u, v]) if streets else np.empty((0, 2))
    roads = Roads.from_edges((x, x, x, x), ends, length_m=length, kind=kind, oneway=oneway)
    speed = np.array(draw(st.lists(st.sampled_from([0.0, 1.3, 5.0, 11.1]), min_size=6, max_size=6)))
    return roads, speed, np.array(closed, bool)


@settings(max_examples=150, deadline=None)
@given(networks())
def test_travel__equals_two_independent_dijkstras(network):
    roads, speed, closed = network
    every = np.arange(roads.n_nodes)
    got = roads.travel_times(every, every, ride=Ride(speed), closed=closed)
    by_heap = np.array([heap_times(roads, v, speed, closed) for v in every])
    np.testing.assert_allclose(got, by_heap, rtol=RELATIVE)
    np.testing.assert_allclose(got, scipy_times(roads, every, speed, closed), rtol=RELATIVE)
    for some in ([0], [roads.n_nodes - 1], [0, roads.n_nodes - 1]):  # few destinations: the search stops early
        assert roads.travel_times(every, some, ride=Ride(speed), closed=closed).tolist() == got[:, some].tolist()


def test_travel__closure_changes_the_way():
    """Three nodes: the short way over the middle, the long one direct. Small enough for the uncompiled twin."""
    x = np.zeros(3)
    roads = Roads.from_edges((x, x, x, x), [[0, 1], [1, 2], [0, 2]], length_m=[10, 10, 50], kind=[3, 3, 3])
    speed = np.ones(6)
    open_, shut = (roads.travel_times([0], [2], ride=Ride(speed), closed=c)[0, 0] for c in (None, [False, True, False]))
    assert (open_, shut) == (20.0, 50.0)
    closed = np.array([False, True, True])
    assert roads.travel_times([0], [2], ride=Ride(speed), closed=closed)[0, 0] == np.inf
    assert heap_times(roads, 0, speed, closed)[2] == np.inf


@settings(max_examples=60, deadline=None)
@given(networks())
def test_travel__path_takes_the_time_it_should(network):
    """The way that is drawn is one of the shortest, arc by arc; where there is no way it is empty."""
    roads, speed, closed = network
    last = roads.n_nodes - 1
    time = roads.travel_times([0], [last], ride=Ride(speed), closed=closed)[0, 0]
    path = roads.path(0, last, ride=Ride(speed), closed=closed)
    if np.isinf(time):
        assert path.size == 0
        return
    assert path[0] == 0
    assert path[-1] == last
    total = 0.0
    for v, w in itertools.pairwise(path):
        arcs = np.arange(roads.indptr[v], roads.indptr[v + 1])
        let = (speed[roads.kind[arcs]] > 0) & ((roads.access[arcs] & ON_WHEELS) > 0)
        usable = arcs[(roads.head[arcs] == w) & let & ~closed[roads.edge[arcs]]]
        total += (roads.length_m[usable] / speed[roads.kind[usable]]).min()
    assert total == pytest.approx(time, rel=RELATIVE)


def test_travel__on_the_generated_streets():
    """The embedded city, so that the law is held on thousands of junctions without any other material."""
    roads = City.load("malang").roads
    rng = np.random.default_rng(8)
    closed = rng.random(roads.n_edges) < 0.2
    origins, some = rng.choice(roads.n_nodes, 6, replace=False), rng.choice(roads.n_nodes, 50)
    expected = scipy_times(roads, origins, Ride.of("truck").speed, closed)[:, some]
    got = roads.travel_times(origins, some, ride=Ride.of("truck"), closed=closed)
    np.testing.assert_allclose(got, expected, rtol=RELATIVE)
    np.testing.assert_allclose(
        got[0], heap_times(roads, int(origins[0]), Ride.of("truck").speed, closed)[some], rtol=RELATIVE
    )
    for v in some[:10]:
        one = roads.travel_times(origins, [v], ride=Ride.of("truck"), closed=closed)
        assert one.tolist() == got[:, some == v][:, :1].tolist()


@pytest.fixture(scope="module")
def malang(shared):
    """The real streets of Malang."""
    faults = Faults()
    streets = read_roads(shared / "data" / "malang" / "road_edges.geojson", WORLD, faults)
    faults.raise_if_any()
    x, y = project(streets.lon, streets.lat, 32749)
    return Roads.from_edges(
        (streets.lon, streets.lat, x, y), streets.ends, length_m=streets.length_m, kind=streets.kind
    )


@pytest.mark.parametrize("vehicle", VEHICLES)
@pytest.mark.parametrize("share_closed", [0.0, 0.1])
def test_travel__on_the_real_streets(malang, vehicle, share_closed):
    assert (malang.n_nodes, malang.n_edges) == (3541, 5058)
    rng = np.random.default_rng(8)
    closed = rng.random(malang.n_edges) < share_closed
    origins, every = rng.choice(malang.n_nodes, 12, replace=False), np.arange(malang.n_nodes)
    ride = Ride.of(vehicle)
    got = malang.travel_times(origins, every, ride=ride, closed=closed)
    np.testing.assert_allclose(got, scipy_times(malang, origins, ride.speed, closed, let=ride.let), rtol=RELATIVE)
    np.testing.assert_allclose(
        got[0], heap_times(malang, int(origins[0]), ride.speed, closed, let=ride.let), rtol=RELATIVE
    )
    assert np.isinf(got).any()  # islands are in the file: unreachable is a fact, not a crash
    some = rng.choice(malang.n_nodes, 40)
    np.testing.assert_array_equal(malang.travel_times(origins, some, ride=ride, closed=closed), got[:, some])
