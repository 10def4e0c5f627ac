"""Streets as a source gives them, ends, length, kind, direction, limit, access, name, shape."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .ride import EVERYONE

__all__ = ["Bends", "Streets"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Bends:
    """Hold the points between the ends of streets, for drawing: those of street i are start[i] up to start[i + 1].

    Shapes: start (streets + 1,), lon and lat (points,), degrees.
    """

    start: I8
    lon: F8
    lat: F8

    def fits(self, streets: int) -> bool:
        """Tell whether these are the points of so many streets."""
        counted = self.start.size == streets + 1 and self.start[0] == 0 and self.start[-1] == self.lon.size
        return bool(counted and self.lon.size == self.lat.size and (np.diff(self.start) >= 0).all())

    def turned(self, over: NDArray[np.bool_]) -> Bends:
        """List the points of some streets the other way round; `over` (streets,)."""
        count = np.diff(self.start)
        nth = np.arange(self.lon.size) - np.repeat(self.start[:-1], count)
        back = np.repeat(self.start[1:], count) - 1 - nth
        take = np.where(np.repeat(over, count), back, np.arange(self.lon.size))
        return Bends(self.start, self.lon[take], self.lat[take])


@dataclass(frozen=True, eq=False)
class Streets:
    """Hold what a source of roads says: junctions lon, lat (nodes,), and streets.

    ends (streets, 2) node numbers; length_m; kind, a number in ROAD_KINDS; oneway: from the first end to the second
    only; limit: the posted speed, m/s, infinite where none is; access: bits as in ride.EVERYONE; name: a number in
    `names`, -1 for none; all (streets,). `unclassed` counts the rows that gave no kind, `dropped` names what was not
    read.
    """

    lon: F8
    lat: F8
    ends: I8
    length_m: F8
    kind: NDArray[np.int8]
    oneway: NDArray[np.bool_]
    limit: F8
    access: NDArray[np.uint8]
    name: NDArray[np.int32]
    names: tuple[str, ...] = ()
    bends: Bends | None = None
    unclassed: int = 0
    dropped: tuple[str, ...] = field(default=())

    @classmethod
    def plain(cls, lon: F8, lat: F8, ends: I8, length_m: F8, kind: NDArray[np.int8]) -> Streets:
        """Make two-way streets without limit, name or shape, open to everyone."""
        n = len(ends)
        return cls(
            lon=lon,
            lat=lat,
            ends=ends,
            length_m=length_m,
            kind=kind,
            oneway=np.zeros(n, np.bool_),
            limit=np.full(n, np.inf),
            access=np.full(n, EVERYONE, np.uint8),
            name=np.full(n, -1, np.int32),
        )
