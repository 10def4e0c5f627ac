"""Travel times between junctions that lie near one another, without searching the whole city for each."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sispamkota.kernels import travel

from .ride import Ride
from .roads import Roads

__all__ = ["Nearby"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_FIRST_M = 300.0  # added to the first margin, for points that nearly coincide
_SAFE = 1.0 + 1e-9  # a bound is a sum of rounded numbers


class Nearby:
    """Ask for the times among few junctions at a time: the same bits as `Roads.travel_times`, with every street open.

    The search stays in a box around them. Whoever leaves a box by a margin m and comes back rides 2 m as the crow flies
    at least, so a time below 2 m / (the fastest that any street is) is the shortest in the whole city; where one is
    not, the box grows.
    """

    def __init__(self, roads: Roads, *, ride: Ride) -> None:
        """Reckon the time of every arc, once."""
        self.roads = roads
        _, self._arcs = roads.graph(ride)
        tail, head, seconds = roads.tail, roads.head, self._arcs["seconds"]
        away = np.hypot(roads.x[head] - roads.x[tail], roads.y[head] - roads.y[tail])
        open_ = np.isfinite(seconds)
        with np.errstate(divide="ignore", invalid="ignore"):
            fastest = np.where(away > 0.0, away / seconds, 0.0)[open_].max(initial=0.0)
        self._fastest = float(fastest) * _SAFE  # m/s as the crow flies

    def times(self, nodes: ArrayLike) -> F8:
        """Give the shortest time from each of some junctions to each, s, (n, n); infinite where there is no way."""
        asked, back = np.unique(self.roads.nodes(nodes), return_inverse=True)
        if not asked.size:
            return np.empty((0, 0))
        ends = [(axis, axis[asked].min(), axis[asked].max()) for axis in (self.roads.x, self.roads.y)]
        margin = float(np.hypot(*(high - low for _, low, high in ends))) + _FIRST_M
        while True:
            inside = np.logical_and.reduce(
                [(axis >= low - margin) & (axis <= high + margin) for axis, low, high in ends]
            )
            out = self._within(inside, asked)
            longest = float(out.max(initial=0.0))
            if inside.all() or longest * self._fastest <= 2.0 * margin:
                return out[np.ix_(back, back)]
            margin = max(2.0 * margin, longest * self._fastest / 2.0 * _SAFE) if np.isfinite(longest) else 4.0 * margin

    def _within(self, inside: NDArray[np.bool_], asked: I8) -> F8:
        """Give the times by streets whose both ends are inside."""
        number = np.cumsum(inside) - 1
        keep = inside[self.roads.tail] & inside[self.roads.head]
        arcs = self._arcs[keep]
        arcs["head"] = number[arcs["head"]]
        counts = np.bincount(number[self.roads.tail[keep]], minlength=int(inside.sum()))
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(self.roads.indptr.dtype)
        out = np.empty((asked.size, asked.size))
        rows = number[asked].astype(np.int64)
        travel.matrix(rows, rows, (indptr, arcs), out)
        return out
