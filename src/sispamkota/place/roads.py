"""Streets as a graph, and the travel times on them.

An edge is a street between two junctions; an arc is one direction of it. Kinds and speeds come from
data/place/roads.yaml; the algorithms are in kernels/travel.py.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sispamkota.errors import Faults, suggest
from sispamkota.inputs import DATA, Model, read_yaml, validate
from sispamkota.kernels import travel

__all__ = ["ROAD_KINDS", "VEHICLES", "Figure", "RoadFigures", "Roads", "SyntheticFigures", "road_figures", "speeds"]

RoadKind = Literal["tol", "arteri", "kolektor", "lokal", "lain", "setapak"]
Vehicle = Literal["truck", "car", "motorcycle", "ambulance", "engine", "foot"]
ROAD_KINDS: tuple[RoadKind, ...] = ("tol", "arteri", "kolektor", "lokal", "lain", "setapak")
VEHICLES: tuple[Vehicle, ...] = ("truck", "car", "motorcycle", "ambulance", "engine", "foot")

_M_S = 1 / 3.6  # one km/h in m/s
Figure = tuple[float, float, float]  # usual, low, high


class SyntheticFigures(Model):
    """Shape the streets that are generated where there is no road file."""

    junctions_per_km2: Figure
    reach: Figure
    most_junctions: int
    main: RoadKind
    lane: RoadKind


class RoadFigures(Model):
    """Hold data/place/roads.yaml: speeds in km/h."""

    kind: Literal["roads"]
    version: Literal[1]
    tag: Literal["assumed"]
    source: str
    kinds: tuple[RoadKind, ...]
    blue_light: Figure
    speeds: dict[Vehicle, dict[RoadKind, Figure | None]]
    aliases: dict[str, RoadKind]
    synthetic: SyntheticFigures


@cache
def road_figures() -> RoadFigures:
    """Read the embedded figures once."""
    faults = Faults()
    figures = validate(RoadFigures, read_yaml(DATA / "place" / "roads.yaml"), faults)
    faults.raise_if_any()
    return cast("RoadFigures", figures)


def speeds(vehicle: str, *, blue_light: bool = False) -> NDArray[np.float64]:
    """Give the usual speed of a vehicle class on each road kind, m/s, shape (kinds,); 0 where it may not go.

    With `blue_light` on an emergency run. Raises KeyError for an unknown class.
    """
    figures = road_figures()
    if vehicle not in VEHICLES:
        raise KeyError(f'no vehicle class "{vehicle}": {suggest(vehicle, VEHICLES)}')
    table = figures.speeds[vehicle]
    factor = _M_S * (figures.blue_light[0] if blue_light else 1.0)
    return np.array([usual[0] * factor if (usual := table[kind]) else 0.0 for kind in ROAD_KINDS])


@dataclass(frozen=True, eq=False)
class Roads:
    """Hold the street graph; the arrays are read-only.

    Shapes: lon, lat (degrees), x, y (metres, UTM): (nodes,); indptr: (nodes + 1,); head (node), length_m, kind (number
    in ROAD_KINDS), edge (number of the street, both directions have the same): (arcs,). The arcs that leave node v
    are indptr[v] up to indptr[v + 1].
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    indptr: NDArray[np.int64]
    head: NDArray[np.int32]
    length_m: NDArray[np.float64]
    kind: NDArray[np.int8]
    edge: NDArray[np.int32]

    def __post_init__(self) -> None:
        for each in fields(self):
            getattr(self, each.name).flags.writeable = False
        if not self._is_sound():
            raise ValueError("these arrays are no street graph")

    def _is_sound(self) -> bool:
        """Tell whether compiled code, which does not look, may follow every number in the arrays."""
        nodes, arcs = self.lon.size, self.head.size
        per_node, per_arc = (self.lat, self.x, self.y, self.indptr[1:]), (self.length_m, self.kind, self.edge)
        if {each.size for each in per_node} != {nodes} or {each.size for each in per_arc} != {arcs} or not nodes:
            return False
        if self.indptr[0] != 0 or self.indptr[-1] != arcs:
            return False
        within = ((self.head, nodes), (self.kind, len(ROAD_KINDS)), (self.edge, arcs))
        numbers = all(((each >= 0) & (each < bound)).all() for each, bound in within)
        return bool(numbers and (np.diff(self.indptr) >= 0).all() and (self.length_m >= 0).all())

    @classmethod
    def from_edges(
        cls,
        nodes: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
        ends: ArrayLike,
        *,
        length_m: ArrayLike,
        kind: ArrayLike,
        oneway: ArrayLike | None = None,
    ) -> Roads:
        """Build the graph from streets.

        `nodes` is (lon, lat, x, y), `ends` (edges, 2) node numbers, `length_m` and `kind` (edges,); a street that is
        `oneway` (edges,) leads from its first end to its second only.
        """
        lon, lat, x, y = (np.array(each, np.float64) for each in nodes)
        uv = np.asarray(ends, np.int64).reshape(-1, 2)
        number = np.arange(len(uv))
        back = number if oneway is None else number[~np.asarray(oneway, bool)]
        edge = np.concatenate([number, back])
        tail = np.concatenate([uv[:, 0], uv[back, 1]])
        head = np.concatenate([uv[:, 1], uv[back, 0]])
        order = np.lexsort((edge, head, tail))
        indptr = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=lon.size))])
        return cls(
            lon=lon,
            lat=lat,
            x=x,
            y=y,
            indptr=indptr.astype(np.int64),
            head=head[order].astype(np.int32),
            length_m=np.asarray(length_m, np.float64)[edge[order]],
            kind=np.asarray(kind, np.int8)[edge[order]],
            edge=edge[order].astype(np.int32),
        )

    @property
    def n_nodes(self) -> int:
        """Count the junctions."""
        return int(self.lon.size)

    @cached_property
    def n_edges(self) -> int:
        """Count the streets."""
        return int(self.edge.max(initial=-1)) + 1

    @cached_property
    def tail(self) -> NDArray[np.int64]:
        """Give the node that each arc leaves, shape (arcs,)."""
        return np.repeat(np.arange(self.n_nodes), np.diff(self.indptr))

    @cached_property
    def first_arc(self) -> NDArray[np.int64]:
        """Give one arc of each street, shape (edges,), for drawing and counting streets."""
        return np.unique(self.edge, return_index=True)[1]

    @cached_property
    def main(self) -> NDArray[np.bool_]:
        """Mark the nodes of the main network, shape (nodes,): there a place can be reached and left by everyone.

        It is the largest strongly connected part over the kinds that every vehicle class may use, or over all kinds
        where no street is open to every class.
        """
        open_kind = np.all([speeds(vehicle) > 0 for vehicle in VEHICLES], axis=0)
        usable = open_kind[self.kind]
        label = np.empty(self.n_nodes, np.int64)
        travel.components(self.indptr, self.head, usable if usable.any() else ~usable, label)
        return cast("NDArray[np.bool_]", label == np.bincount(label).argmax())

    def nearest(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Find the node of the main network that is nearest to each point and its distance, m; shapes (points,)."""
        import shapely

        px, py = np.atleast_1d(np.asarray(x, np.float64)), np.atleast_1d(np.asarray(y, np.float64))
        found = self._tree.query_nearest(shapely.points(px, py), all_matches=False)[1]
        node = np.flatnonzero(self.main)[found]
        return node, np.hypot(self.x[node] - px, self.y[node] - py)

    @cached_property
    def _tree(self) -> Any:
        """Index the nodes of the main network by position."""
        import shapely

        return shapely.STRtree(shapely.points(self.x[self.main], self.y[self.main]))

    def travel_times(
        self,
        origins: ArrayLike,
        destinations: ArrayLike,
        *,
        speed: NDArray[np.float64],
        closed: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float64]:
        """Give the shortest time from each origin to each destination, s, shape (origins, destinations).

        `speed` is in m/s for each road kind, `closed` (edges,) shuts streets in both directions; infinite where there
        is no way. Raises IndexError for a node that does not exist.
        """
        sources, row = np.unique(self._nodes(origins), return_inverse=True)
        targets = self._nodes(destinations)
        out = np.empty((sources.size, targets.size))
        travel.matrix(sources, targets, self._graph(speed, closed), out)
        return out[row]

    def path(
        self,
        origin: int,
        destination: int,
        *,
        speed: NDArray[np.float64],
        closed: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.int64]:
        """Give the nodes of the shortest way, both ends included; empty where there is no way."""
        source, target = self._nodes([origin, destination])
        via = self.reach(int(source), speed=speed, closed=closed)[1]
        way = [target]
        while way[-1] != source:
            if via[way[-1]] < 0:
                return np.empty(0, np.int64)
            way.append(self.tail[via[way[-1]]])
        return np.array(way[::-1], np.int64)

    def reach(
        self, origin: int, *, speed: NDArray[np.float64], closed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Give the time from `origin` to every node, s, and the arc by which each is reached (-1: none); (nodes,)."""
        time, via = np.empty(self.n_nodes), np.empty(self.n_nodes, np.int64)
        heap, wanted = np.empty(self.head.size + 1, travel.HEAP), np.zeros(self.n_nodes, np.bool_)
        travel.tree(int(self._nodes(origin)[0]), self._graph(speed, closed), time, via, heap, wanted, 0)
        return time, via

    def _nodes(self, numbers: ArrayLike) -> NDArray[np.int64]:
        """Check node numbers: compiled code does not."""
        nodes = np.atleast_1d(np.asarray(numbers, np.int64))
        if nodes.size and not (nodes.min() >= 0 and nodes.max() < self.n_nodes):
            raise IndexError(f"node numbers must be from 0 to {self.n_nodes - 1}")
        return nodes

    def _graph(self, speed: NDArray[np.float64], closed: NDArray[np.bool_] | None) -> travel.Graph:
        """Give the graph with the time of every arc."""
        shut = np.zeros(self.n_edges, np.bool_) if closed is None else np.asarray(closed, np.bool_)
        pace = np.asarray(speed, np.float64)
        if pace.shape != (len(ROAD_KINDS),) or shut.shape != (self.n_edges,):
            raise ValueError(f"speed needs shape ({len(ROAD_KINDS)},) and closed ({self.n_edges},)")
        seconds = np.empty(self.head.size)
        travel.arc_seconds(self.length_m, self.kind, self.edge, pace, shut, seconds)
        return self.indptr, self.head, seconds
