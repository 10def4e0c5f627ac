"""Travel times against an independent shortest-path program, scipy's, on the same streets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from ..place import Ride, Roads
from ..place.city import City
from .row import Row

__all__ = ["scipy_times", "travel"]

SOURCE = "scipy.sparse.csgraph.dijkstra on the same graph"


def travel(*, factor: float = 1.0) -> Iterator[Row]:
    """Compare all times from 20 junctions of the embedded city, with every street open and with a tenth closed.

    `factor` multiplies ours.
    """
    roads = City.load("malang").roads
    rng = np.random.default_rng(1)
    origins = rng.choice(roads.n_nodes, 20, replace=False)
    everywhere = np.arange(roads.n_nodes)
    for name, share in (("open", 0.0), ("a tenth closed", 0.1)):
        closed = rng.random(int(roads.edge.max()) + 1) < share
        got = factor * roads.travel_times(origins, everywhere, ride=Ride.of("truck"), closed=closed)
        expected = scipy_times(roads, origins, closed)
        reached = np.isfinite(expected)
        worst = float(np.abs(got[reached] - expected[reached]).max())
        yield Row("travel", f"largest difference, {name} (s)", SOURCE, 0.0, worst, 1e-6)
        pairs = float((reached != np.isfinite(got)).sum())
        yield Row("travel", f"pairs reachable by one only, {name}", SOURCE, 0.0, pairs, 0.0)


def scipy_times(roads: Roads, origins: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """Find the same times with scipy; parallel streets keep the faster one. Shape (origins, nodes)."""
    speed = Ride.of("truck").speed[roads.kind]
    tail = np.repeat(np.arange(roads.n_nodes), np.diff(roads.indptr))
    usable = np.flatnonzero((speed > 0) & ~closed[roads.edge])
    seconds = roads.length_m[usable] / speed[usable]
    pair = tail[usable] * roads.n_nodes + roads.head[usable]
    order = np.lexsort((seconds, pair))
    first = order[np.concatenate([[True], np.diff(pair[order]) > 0])]
    ends = (tail[usable][first], roads.head[usable][first])
    graph = csr_array((seconds[first], ends), shape=(roads.n_nodes, roads.n_nodes))
    return np.asarray(dijkstra(graph, indices=origins))
