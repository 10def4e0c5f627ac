"""Ways between places for drawing: along the streets of the city, or straight where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.place import VEHICLES, Ride

__all__ = ["Way", "Ways", "packed", "thinned"]

GRID = 1e5  # positions are whole hundred-thousandths of a degree, about a metre
SHARES = 10_000  # the time along a way is told in ten-thousandths
TOLERANCE = 4e-5  # degrees: a bend that lies closer than this to the line without it is left out
NEAR_S = 2.0  # a way whose time differs more than this from the journey is not the one that was taken


@dataclass(frozen=True, eq=False)
class Way:
    """Hold a way: points (lon, lat), the share of the time after which each is passed, its time along streets (s).

    `seconds` is None for a straight line.
    """

    points: NDArray[np.float64]
    share: NDArray[np.float64]
    seconds: float | None

    def to_list(self) -> list[list[int]]:
        """Give lon, lat and share as whole numbers, each but the first as the step from the one before."""
        share = np.rint(self.share * SHARES).astype(int)
        return [*packed(self.points), [int(share[0]), *np.diff(share).tolist()]]


@dataclass
class Ways:
    """Find and keep the ways that units take; each once, by vehicle class and the two places."""

    ensemble: Any
    city: Any = None
    found: list[Way] = field(default_factory=list)
    _number: dict[tuple[int, str, str], int] = field(default_factory=dict)
    _trees: dict[tuple[int, int], tuple[Any, Any]] = field(default_factory=dict)

    @cached_property
    def _sites(self) -> dict[str, tuple[float, float]]:
        """Index where the places stand."""
        sites = self.ensemble.sites.drop_duplicates("place")
        return {str(row.place): (float(row.lon), float(row.lat)) for row in sites.itertuples()}

    @cached_property
    def _places(self) -> dict[str, int]:
        """Index the engine's places."""
        return {name: index for index, name in enumerate(self.ensemble.names.places)}

    def seconds(self, vehicle: int, a: str, b: str) -> float:
        """Give the time that the engine takes from one place to another while all streets are open, s."""
        tables = self.ensemble.tables
        from_node, to_node = (int(tables.place["node"][self._places[place]]) for place in (a, b))
        if from_node == to_node:
            return 0.0
        return float(tables.travel["s"][(vehicle * tables.nodes + from_node) * tables.nodes + to_node])

    def number(self, vehicle: int, a: str, b: str) -> int:
        """Give the number of the way, found on first use."""
        key = (vehicle, a, b)
        if key not in self._number:
            self._number[key] = len(self.found)
            self.found.append(self._find(*key))
        return self._number[key]

    def _find(self, vehicle: int, a: str, b: str) -> Way:
        """Find a way along the streets; straight where there are none or the two places share a junction."""
        ends = np.array([self._sites[a], self._sites[b]], float)
        nodes = self._way_nodes(vehicle, a, b)
        if nodes is None:
            return Way(ends, np.array([0.0, 1.0]), None)
        roads, time = self.city.roads, self._tree(vehicle, int(nodes[0]))[0][nodes]
        points = np.stack([roads.lon[nodes], roads.lat[nodes]], axis=1)
        share = time / time[-1] if time[-1] > 0 else np.linspace(0.0, 1.0, len(nodes))
        points, share = self._bent(nodes, points, share)
        keep = thinned(points)
        inner = 0.01 + 0.98 * share[keep]  # the step from the place to its junction is short, but it is seen
        points = np.concatenate([ends[:1], points[keep], ends[1:]])
        return Way(points, np.concatenate([[0.0], inner, [1.0]]), float(time[-1]))

    def _tree(self, vehicle: int, origin: int) -> tuple[Any, Any]:
        """Grow the tree of the shortest ways from a junction, once."""
        if (vehicle, origin) not in self._trees:
            ride = Ride.of(VEHICLES[vehicle], blue_light=True)
            self._trees[vehicle, origin] = self.city.roads.reach(origin, ride=ride)
        return self._trees[vehicle, origin]

    def _way_nodes(self, vehicle: int, a: str, b: str) -> NDArray[np.int64] | None:
        """Give the junctions of the shortest way, None where there is no city or no way."""
        if self.city is None:
            return None
        origin, goal = self.city.find(a).node, self.city.find(b).node
        nodes = self.city.roads.trace(self._tree(vehicle, origin)[1], origin, goal)
        return nodes if len(nodes) > 1 else None

    def _bent(
        self, nodes: NDArray[np.int64], points: NDArray[np.float64], share: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Put the bends of the streets between their ends, each passed in proportion to its length."""
        roads = self.city.roads
        if roads.bends is None:
            return points, share
        out, shares = [points[:1]], [share[:1]]
        for k in range(len(nodes) - 1):
            inner = _bends_between(roads, int(nodes[k]), int(nodes[k + 1]))
            line = np.concatenate([points[k : k + 1], inner, points[k + 1 : k + 2]])
            gone = np.cumsum(np.hypot(*np.diff(line, axis=0).T))
            out.append(line[1:])
            shares.append(share[k] + (share[k + 1] - share[k]) * gone / max(float(gone[-1]), 1e-12))
        return np.concatenate(out), np.concatenate(shares)


def _bends_between(roads: Any, tail: int, head: int) -> NDArray[np.float64]:
    """Give the points between two neighbouring junctions in the order of the way; the first street that joins them."""
    arcs = np.arange(roads.indptr[tail], roads.indptr[tail + 1])
    arc = int(arcs[roads.head[arcs] == head][0])
    street = int(roads.edge[arc])
    part = slice(roads.bends.start[street], roads.bends.start[street + 1])
    inner = np.stack([roads.bends.lon[part], roads.bends.lat[part]], axis=1)
    return inner if int(roads.tail[roads.first_arc[street]]) == tail else inner[::-1]


def thinned(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Choose the points to keep so that the line stays within TOLERANCE (Douglas and Peucker 1973)."""
    keep = np.zeros(len(points), bool)
    keep[[0, -1]] = True
    open_parts = [(0, len(points) - 1)]
    while open_parts:
        first, last = open_parts.pop()
        if last - first < 2:
            continue
        base, tip = points[first], points[last]
        along, inner = tip - base, points[first + 1 : last] - base
        length = float(np.hypot(*along))
        away = np.hypot(*inner.T) if length == 0.0 else np.abs(along[0] * inner[:, 1] - along[1] * inner[:, 0]) / length
        worst = int(away.argmax())
        if away[worst] > TOLERANCE:
            keep[first + 1 + worst] = True
            open_parts += [(first, first + 1 + worst), (first + 1 + worst, last)]
    return np.flatnonzero(keep)


def packed(points: Sequence[Any] | NDArray[np.float64]) -> list[list[int]]:
    """Give lon and lat on the grid of a metre, each but the first as the step from the one before."""
    grid = np.rint(np.asarray(points, float) * GRID).astype(int)
    return [[int(axis[0]), *np.diff(axis).tolist()] for axis in grid.T]
