"""Shortest-path trees that follow streets as they shut and open: only what a change touches is done again."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
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
        """Grow the tree of each origin (a node number), with every street open; IndexError for a node there is not."""
        self.roads, self.origins = roads, roads.nodes(origins)
        self._ride, self._graph = ride, roads.graph(ride)
        self.time = np.empty((self.origins.size, roads.n_nodes))
        self.via = np.empty((self.origins.size, roads.n_nodes), np.int32)
        cuts = np.linspace(0, self.origins.size, (threads or os.cpu_count() or 1) + 1).astype(int)
        self._parts = [slice(a, b) for a, b in itertools.pairwise(cuts) if a < b]
        self._into = (np.empty(roads.n_nodes + 1, np.int64), np.empty(roads.head.size, travel.INTO))
        travel.reverse(self._graph, *self._into)
        self._in_threads(lambda part: travel.trees(self.origins[part], self._graph, self.time[part], self.via[part]))

    def _in_threads(self, work: Callable[[slice], Any]) -> list[Any]:
        """Do the work of each part of the origins."""
        with ThreadPoolExecutor(max(len(self._parts), 1)) as pool:
            return list(pool.map(work, self._parts))

    def shut(self, closed: ArrayLike) -> int:
        """Let the streets marked in `closed` (edges,) be the closed ones; how many node times were worked on."""
        graph = self.roads.graph(self._ride, closed=np.array(closed, np.bool_))
        before, now = (np.isfinite(each[1]["seconds"]) for each in (self._graph, graph))
        shut, opened = np.flatnonzero(before & ~now), np.flatnonzero(now & ~before)
        worked = 0
        if shut.size or opened.size:
            work = self._in_threads(
                lambda part: int(travel.repair(shut, opened, graph, self._into, self.time[part], self.via[part]))
            )
            worked = sum(work)
        self._graph = graph
        return worked

    def times(self, destinations: ArrayLike) -> NDArray[np.float64]:
        """Give the times to some nodes, s, (origins, destinations)."""
        nodes = self.roads.nodes(destinations)
        out = np.empty((self.origins.size, nodes.size))
        self._in_threads(lambda part: travel.pick(self.time[part], nodes, out[part]))
        return out

    def path(self, row: int, destination: int) -> NDArray[np.int64]:
        """Give the nodes of the way from the origin of a row; empty where there is none."""
        (target,) = self.roads.nodes(destination)
        return self.roads.trace(self.via[row], int(self.origins[row]), int(target))
