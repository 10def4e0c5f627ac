"""Streets as a graph, and the travel times on them.

An edge is a street between two junctions; an arc is one direction of it. Speeds are in ride.py, the algorithms in
kernels/travel.py; trees that follow closures are in trees.py.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sispamkota.kernels import travel

from .ride import EVERYONE, FOOT_BIT, FOOT_TURNED, ROAD_KINDS, VEHICLES, Ride
from .streets import Bends, Streets

__all__ = ["LONGEST_M", "Roads"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Mask = NDArray[np.bool_]
LONGEST_M = 1e6  # a street is no longer than this
_WORTH_A_THREAD = 2_000_000  # node visits: below that a thread costs more than it gives


@dataclass(frozen=True, eq=False)
class Roads:
    """Hold the street graph; the arrays are read-only.

    Shapes: lon, lat (degrees), x, y (metres, UTM): (nodes,); indptr: (nodes + 1,); head (node), length_m, kind (number
    in ROAD_KINDS), edge (number of the street, both directions have the same), limit (posted speed, m/s, infinite
    where none is), access (bits as in ride.EVERYONE): (arcs,); name (number in `names`, -1 for none): (edges,).
    The arcs that leave node v are indptr[v] up to indptr[v + 1]. `bends` are for drawing; None: straight streets.
    """

    lon: F8
    lat: F8
    x: F8
    y: F8
    indptr: I8
    head: NDArray[np.int32]
    length_m: F8
    kind: NDArray[np.int8]
    edge: NDArray[np.int32]
    limit: F8
    access: NDArray[np.uint8]
    name: NDArray[np.int32]
    names: tuple[str, ...] = ()
    bends: Bends | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        if not self._is_sound():
            raise ValueError("these arrays are no street graph")

    def _is_sound(self) -> bool:
        """Tell whether compiled code, which does not look, may follow every number in the arrays."""
        nodes, arcs = self.lon.size, self.head.size
        per_node = (self.lat, self.x, self.y, self.indptr[1:])
        per_arc = (self.length_m, self.kind, self.edge, self.limit, self.access)
        if {each.size for each in per_node} != {nodes} or {each.size for each in per_arc} != {arcs} or not nodes:
            return False
        if self.indptr[0] != 0 or self.indptr[-1] != arcs or arcs > np.iinfo(np.int32).max:
            return False
        within = ((self.head, nodes), (self.kind, len(ROAD_KINDS)), (self.edge, self.name.size))
        numbers = all(((each >= 0) & (each < bound)).all() for each, bound in within)
        named = ((self.name >= -1) & (self.name < len(self.names))).all()
        lengths = np.isfinite(self.length_m) & (self.length_m >= 0) & (self.length_m <= LONGEST_M)
        return bool(
            numbers and named and (np.diff(self.indptr) >= 0).all() and lengths.all() and (self.limit > 0).all()
        )

    @classmethod
    def from_streets(cls, streets: Streets, x: F8, y: F8) -> Roads:
        """Build the graph from streets; x and y are the metres of their junctions.

        Junctions are numbered anew along a Z-order curve, so that neighbours in the city are neighbours in memory.
        """
        order = _z_order(x, y)
        number = np.empty(order.size, np.int64)
        number[order] = np.arange(order.size)
        return cls.from_edges(
            (streets.lon[order], streets.lat[order], x[order], y[order]),
            number[streets.ends],
            length_m=streets.length_m,
            kind=streets.kind,
            oneway=streets.oneway,
            limit=streets.limit,
            access=streets.access,
            name=streets.name,
            names=streets.names,
            bends=streets.bends,
        )

    @classmethod
    def from_edges(
        cls,
        nodes: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
        ends: ArrayLike,
        *,
        length_m: ArrayLike,
        kind: ArrayLike,
        oneway: ArrayLike | None = None,
        **more: Any,
    ) -> Roads:
        """Build the graph from streets, junctions in the order given.

        `nodes` is (lon, lat, x, y), `ends` (edges, 2) node numbers, `length_m` and `kind` (edges,); a street that is
        `oneway` (edges,) leads from its first end to its second only, but for people on foot, who go both ways where
        they may go at all. `more` may hold limit, access (as in the class, and ride.FOOT_TURNED) and name (edges,),
        names and bends as in the class.
        """
        lon, lat, x, y = (np.array(each, np.float64) for each in nodes)
        uv = np.asarray(ends, np.int64).reshape(-1, 2)
        limit, access, name = more.pop("limit", None), more.pop("access", None), more.pop("name", None)
        there = np.full(len(uv), EVERYONE, np.uint8) if access is None else np.asarray(access, np.uint8)
        both, again = _directions(there, np.asarray(kind), np.zeros(len(uv), bool) if oneway is None else oneway)
        back = np.flatnonzero(both)
        edge = np.concatenate([np.arange(len(uv)), back])
        tail = np.concatenate([uv[:, 0], uv[back, 1]])
        head = np.concatenate([uv[:, 1], uv[back, 0]])
        order = np.lexsort((edge, head, tail))
        of = edge[order]
        if more.get("bends") is not None:
            more["bends"] = more["bends"].turned(both & (uv[:, 0] > uv[:, 1]))
        return cls(
            lon=lon,
            lat=lat,
            x=x,
            y=y,
            indptr=np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=lon.size))]).astype(np.int64),
            head=head[order].astype(np.int32),
            length_m=np.asarray(length_m, np.float64)[of],
            kind=np.asarray(kind, np.int8)[of],
            edge=of.astype(np.int32),
            limit=np.full(of.size, np.inf) if limit is None else np.asarray(limit, np.float64)[of],
            access=np.concatenate([there & EVERYONE, again[back]])[order].astype(np.uint8),
            name=np.full(len(uv), -1, np.int32) if name is None else np.array(name, np.int32),
            **more,
        )

    @property
    def n_nodes(self) -> int:
        """Count the junctions."""
        return int(self.lon.size)

    @property
    def n_edges(self) -> int:
        """Count the streets."""
        return int(self.name.size)

    @cached_property
    def tail(self) -> I8:
        """Give the node that each arc leaves, shape (arcs,)."""
        return np.repeat(np.arange(self.n_nodes), np.diff(self.indptr))

    @cached_property
    def first_arc(self) -> I8:
        """Give one arc of each street, shape (edges,): the one along which its bends are listed."""
        arcs = np.unique(self.edge, return_index=True)[1]
        return arcs.astype(np.int64)

    @cached_property
    def main(self) -> Mask:
        """Mark the nodes of the main network, shape (nodes,): there a place can be reached and left by everyone.

        It is the largest strongly connected part over the arcs that every vehicle class may use, or over all arcs
        where none is open to every class.
        """
        rides = [Ride.of(vehicle) for vehicle in VEHICLES]
        open_kind = np.all([ride.speed > 0 for ride in rides], axis=0)
        let = np.all([(self.access & ride.let) > 0 for ride in rides], axis=0)
        usable = open_kind[self.kind] & let
        label = np.empty(self.n_nodes, np.int64)
        travel.components(self.indptr, self.head, usable if usable.any() else ~usable, label)
        return cast("Mask", label == np.bincount(label).argmax())

    def nearest(self, x: ArrayLike, y: ArrayLike) -> tuple[I8, F8]:
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
        ride: Ride,
        closed: Mask | None = None,
        threads: int | None = None,
    ) -> F8:
        """Give the shortest time from each origin to each destination, s, shape (origins, destinations).

        `closed` (edges,) shuts streets in both directions; infinite where there is no way. `threads` is by default
        what the machine has, and one for little work; the answer does not depend on it. Raises IndexError for a node
        that does not exist.
        """
        sources, row = np.unique(self.nodes(origins), return_inverse=True)
        targets = self.nodes(destinations)
        out = np.empty((sources.size, targets.size))
        graph = self.graph(ride, closed=closed)
        if threads is None:
            threads = 1 if sources.size * self.n_nodes < _WORTH_A_THREAD else os.cpu_count() or 1
        parts = np.array_split(np.arange(sources.size), max(min(threads, sources.size), 1))
        if len(parts) == 1:
            travel.matrix(sources, targets, graph, out)
            return out[row]
        with ThreadPoolExecutor(len(parts)) as pool:
            list(
                pool.map(lambda part: travel.matrix(sources[part], targets, graph, out[part[0] : part[-1] + 1]), parts)
            )
        return out[row]

    def path(self, origin: int, destination: int, *, ride: Ride, closed: Mask | None = None) -> I8:
        """Give the nodes of the shortest way, both ends included; empty where there is no way."""
        source, target = self.nodes([origin, destination])
        return self.trace(self.reach(int(source), ride=ride, closed=closed)[1], int(source), int(target))

    def trace(self, via: NDArray[Any], origin: int, destination: int) -> I8:
        """Follow the arcs of a tree (as `reach` gives them) back from a destination; the nodes of the way."""
        way = [destination]
        while way[-1] != origin:
            if via[way[-1]] < 0:
                return np.empty(0, np.int64)
            way.append(int(self.tail[via[way[-1]]]))
        return np.array(way[::-1], np.int64)

    def reach(self, origin: int, *, ride: Ride, closed: Mask | None = None) -> tuple[F8, NDArray[np.int32]]:
        """Give the time from `origin` to every node, s, and the arc by which each is reached (-1: none); (nodes,)."""
        time, via = np.empty((1, self.n_nodes)), np.empty((1, self.n_nodes), np.int32)
        travel.trees(self.nodes(origin), self.graph(ride, closed=closed), time, via)
        return time[0], via[0]

    def nodes(self, numbers: ArrayLike) -> I8:
        """Check node numbers: compiled code does not."""
        nodes = np.atleast_1d(np.asarray(numbers, np.int64))
        if nodes.size and not (nodes.min() >= 0 and nodes.max() < self.n_nodes):
            raise IndexError(f"node numbers must be from 0 to {self.n_nodes - 1}")
        return nodes

    def graph(self, ride: Ride, *, closed: Mask | None = None) -> travel.Graph:
        """Give the graph with the time of every arc, as the kernels take it."""
        shut = np.zeros(self.n_edges, np.bool_) if closed is None else np.asarray(closed, np.bool_)
        if shut.shape != (self.n_edges,):
            raise ValueError(f"closed needs shape ({self.n_edges},)")
        arcs = np.empty(self.head.size, travel.ARC)
        streets = (self.length_m, self.kind, self.limit, self.access)
        travel.arc_seconds(
            self.head, self.edge, streets, (np.asarray(ride.speed, np.float64), ride.let, ride.over), shut, arcs
        )
        return self.indptr, arcs


def _directions(access: NDArray[np.uint8], kind: NDArray[Any], oneway: ArrayLike) -> tuple[Mask, NDArray[np.uint8]]:
    """Tell which streets lead from their second end to their first too, and who may go there; both (edges,)."""
    turned = np.where(access & FOOT_TURNED, FOOT_BIT, 0)
    again = (access & EVERYONE) ^ turned
    one = np.asarray(oneway, np.bool_)
    again[one] &= FOOT_BIT
    walked = np.isin(kind, np.flatnonzero(Ride.of("foot").speed))
    return ~one | (walked & (again > 0)), again.astype(np.uint8)


def _z_order(x: F8, y: F8) -> I8:
    """Order points along a Z-order curve (Morton 1966) of 2¹⁶ × 2¹⁶ cells."""
    code = np.zeros(x.size, np.uint64)
    for axis, values in enumerate((x, y)):
        span = np.ptp(values) if values.size else 0.0
        cell = ((values - values.min()) / span * 65535).astype(np.uint64) if span > 0 else np.zeros(x.size, np.uint64)
        for bit in range(16):
            code |= ((cell >> np.uint64(bit)) & np.uint64(1)) << np.uint64(2 * bit + axis)
    return np.argsort(code, kind="stable")
