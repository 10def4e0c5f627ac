"""Which areas are neighbours: by shared borders where the user gave polygons, else by their points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import Delaunay, QhullError, cKDTree

from sispamkota.place.position import project
from sispamkota.schema import Assumption

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["Neighbours", "gabriel", "neighbours_of", "touching"]

I8 = NDArray[np.int64]
GAP_M = 20.0  # between drawn borders that are one border; drawing error of a layer at 1:25,000 is about 12 m
SHARED_M = 50.0  # of border, less than which two areas meet in a corner only
_FEW = 200  # points, of which all pairs can be looked at


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Hold pairs of areas, int64[n, 2] rows, and how they were found: "borders" or "points"."""

    pairs: I8
    found_by: str

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """State that points stand in for borders, where they do."""
        if self.found_by == "borders":
            return ()
        id_ = "Tetangga antarkelurahan diduga dari titik tengahnya (graf Gabriel), bukan dari batas wilayah."
        en = "Which kelurahan are neighbours is guessed from their points (Gabriel graph), not from their borders."
        return (Assumption("risk.neighbours", id_, en, "proxy", len(self.pairs)),)


def neighbours_of(city: City) -> Neighbours:
    """Find the neighbours among a city's kelurahan, rows in their order; by its polygons where it has them all."""
    codes = [str(code) for code in city.kelurahan["kode"]]
    if city.areas is not None and set(codes) <= set(city.areas):
        return Neighbours(touching(city.areas, codes, epsg=city.epsg), "borders")
    return Neighbours(gabriel(city.kelurahan["x"], city.kelurahan["y"]), "points")


def touching(areas: Mapping[str, Any], codes: Sequence[str], *, epsg: int) -> I8:
    """Find pairs of polygons (degrees) that share at least SHARED_M of border, drawn no more than GAP_M apart."""
    import shapely

    def metres(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(project(degrees[:, 0], degrees[:, 1], epsg))

    shapes = shapely.transform([areas[code] for code in codes], metres)
    near: I8 = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=GAP_M)
    left, right = near[:, near[0] < near[1]]
    around = shapely.buffer(shapes, GAP_M)
    length = shapely.length(shapely.intersection(shapely.boundary(shapes[left]), around[right]))
    kept = length >= SHARED_M + 2 * GAP_M  # a border that only ends at the other reaches GAP_M into what is around it
    pairs: I8 = np.column_stack([left, right])[kept].astype(np.int64)
    return pairs


def gabriel(x: ArrayLike, y: ArrayLike) -> I8:
    """Find pairs of points (metres) with no third one inside the circle on them (Gabriel & Sokal 1969)."""
    points = np.column_stack([np.asarray(x, np.float64), np.asarray(y, np.float64)])
    pairs = _candidates(points)
    middle = points[pairs].mean(axis=1)
    radius = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T) / 2.0
    nearest = cKDTree(points).query(middle)[0] if len(pairs) else radius
    kept: I8 = pairs[nearest >= radius * (1.0 - 1e-9) - 1e-9]
    return kept


def _candidates(points: NDArray[np.float64]) -> I8:
    """Give the pairs to look at, first row below second: those of Delaunay's triangles, which hold Gabriel's."""
    if len(points) <= _FEW:
        return np.column_stack(np.triu_indices(len(points), 1)).astype(np.int64)
    try:
        corner = Delaunay(points).simplices
    except QhullError:  # all on one line: each with those next to it
        order = np.lexsort(points.T)
        return np.unique(np.sort(np.column_stack([order[:-1], order[1:]]), axis=1), axis=0).astype(np.int64)
    sides = np.vstack([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [0, 2]]])
    return np.unique(np.sort(sides, axis=1), axis=0).astype(np.int64)
