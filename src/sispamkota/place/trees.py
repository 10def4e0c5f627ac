"""Shortest-path trees that follow streets as they shut and open: only what a change touches is done again."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sispamkota.kernels import travel

from .ride import Ride
from .roads import Roads

__all__ = ["Trees"]


class Trees:
    """Keep the shortest ways from some origins to every junction while streets shut and open.

    `time` (origins, nodes), s, infinite where there is no way, and `via` (origins, nodes), the arc by which each node
    is reached, -1 for none: always those of the streets that are open now. Working space, not a value: `shut` changes
    it. The times are the same bits as those of `Roads.travel_times` with the same streets closed.
    """

    def __init__(self, roads: Roads, origins: ArrayLike, *, ride: Ride, threads: int | None = None) -> None:
        """Grow the tree of each origin (a node number), with every street open."""
        self.roads = roads
        self.origins = np.atleast_1d(np.asarray(origins, np.int64))
        self._ride = ride
        self._graph = roads.graph(ride)
        self._closed = np.zeros(roads.n_edges, np.bool_)
        self.time = np.empty((self.origins.size, roads.n_nodes))
        self.via = np.empty((self.origins.size, roads.n_nodes), np.int32)
        rows = range(self.origins.size)
        self._rows = [part for part in np.array_split(rows, threads or os.cpu_count() or 1) if part.size]
        start = np.empty(roads.n_nodes + 1, np.int64)
        arc, tail = np.empty((2, roads.head.size), np.int32)
        travel.reverse(self._graph, start, arc, tail)
        self._into = (start, arc, tail)
        self._in_threads(self._plant)

    def _in_threads(self, work: Any) -> list[int]:
        """Do the work of each part of the origins."""
        with ThreadPoolExecutor(max(len(self._rows), 1)) as pool:
            return list(pool.map(work, self._rows))

    def _plant(self, rows: NDArray[np.int64]) -> int:
        for row in rows:
            travel.tree(int(self.origins[row]), self._graph, self.time[row], self.via[row])
        return 0

    def shut(self, closed: ArrayLike) -> int:
        """Let the streets marked in `closed` (edges,) be the closed ones; how many node times were worked on."""
        wanted = np.array(closed, np.bool_)
        graph = self.roads.graph(self._ride, closed=wanted)
        before, now = (np.isfinite(each[1]["seconds"]) for each in (self._graph, graph))
        shut, opened = np.flatnonzero(before & ~now), np.flatnonzero(now & ~before)
        self._graph, self._closed = graph, wanted

        def mend(rows: NDArray[np.int64]) -> int:
            part = slice(rows[0], rows[-1] + 1)
            return int(travel.repair(shut, opened, graph, self._into, self.time[part], self.via[part]))

        return sum(self._in_threads(mend)) if shut.size or opened.size else 0

    def times(self, destinations: ArrayLike) -> NDArray[np.float64]:
        """Give the times to some nodes, s, (origins, destinations)."""
        return self.time[:, np.atleast_1d(np.asarray(destinations, np.int64))]

    def path(self, row: int, destination: int) -> NDArray[np.int64]:
        """Give the nodes of the way from the origin of a row; empty where there is none."""
        return self.roads.trace(self.via[row], int(self.origins[row]), destination)
