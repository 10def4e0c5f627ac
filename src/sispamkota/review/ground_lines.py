"""The ground of the playing map as numbers: streets and areas on a grid of a metre."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import area_cells
from .ground import main_kinds
from .ways import GRID, thinned

__all__ = ["MOST_STREETS", "ground_lines", "street_run"]

MOST_STREETS = 30_000  # of a large city the main streets go first, and it is said how many are left out


def ground_lines(city: Any) -> dict[str, Any]:
    """Give main and minor streets and the outlines of areas as runs of whole numbers; empty without a city.

    A run is, line after line, the number of its points and their lon and lat, each as the step from the point before,
    also across lines.
    """
    if city is None:
        return {"main": [], "minor": [], "areas": [], "left_out": 0, "guessed": False}
    from sispamkota.place.lines import street_lines

    roads = city.roads
    is_main = np.isin(np.asarray(roads.kind)[roads.first_arc], main_kinds())
    order = np.argsort(~is_main, kind="stable")[:MOST_STREETS]
    lines = street_lines(roads, streets=np.sort(order))
    chosen = is_main[np.sort(order)]
    shapes, guessed = area_cells(city)
    return {
        "main": _run(_coordinates(lines[chosen])),
        "minor": _run(_coordinates(lines[~chosen])),
        "areas": _run(_rings(shapes.values())),
        "left_out": int(roads.n_edges - len(order)),
        "guessed": guessed,
    }


def street_run(city: Any, streets: NDArray[np.bool_]) -> list[int]:
    """Give the streets (edges,) of a mask as a run."""
    from sispamkota.place.lines import street_lines

    return _run(_coordinates(street_lines(city.roads, streets=np.flatnonzero(streets))))


def _coordinates(lines: Any) -> Iterable[NDArray[np.float64]]:
    """Give the points of each line, those that matter."""
    for line in lines:
        points = np.asarray(line.coords, float)
        yield points[thinned(points)]


def _rings(shapes: Iterable[Any]) -> Iterable[NDArray[np.float64]]:
    """Give the outer rings of polygons."""
    for shape in shapes:
        for polygon in getattr(shape, "geoms", [shape]):
            yield np.asarray(polygon.exterior.coords, float)[:, :2]


def _run(lines: Iterable[NDArray[np.float64]]) -> list[int]:
    """Write lines as one run."""
    out: list[int] = []
    at = np.zeros(2, int)
    for line in lines:
        grid = np.rint(line * GRID).astype(int)
        steps = np.diff(np.concatenate([at[None], grid]), axis=0)
        out += [len(grid), *steps.ravel().tolist()]
        at = grid[-1]
    return out
