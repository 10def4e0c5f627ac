"""The ground of the map: streets and areas in local metres, written once and used by every map on the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from .cells import area_cells
from .svg import element

__all__ = ["AreaMap", "Frame", "Ground", "main_kinds", "make_area_map", "make_ground", "outline"]

_METRES_PER_DEGREE = 111_320.0  # of latitude; good to 0.5 % at Malang, the map is drawn to 1:50,000
_MAIN = frozenset({"tol", "arteri", "kolektor", "toll", "arterial", "collector"})


@dataclass(frozen=True)
class Frame:
    """Map local metres to drawing px."""

    left: float
    top: float
    scale: float
    width: float
    height: float

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Place a point of the ground on the drawing."""
        return (x - self.left) * self.scale, (y - self.top) * self.scale


@dataclass(frozen=True)
class Ground:
    """Hold the origin and the path data of the ground; x runs east, y south, in metres."""

    lon: float
    lat: float
    cells: str = ""
    minor: str = ""
    main: str = ""
    synthetic: bool = False
    guessed_cells: bool = False

    def metres(self, lon: float, lat: float) -> tuple[float, float]:
        """Turn degrees into local metres (equirectangular)."""
        x = (lon - self.lon) * _METRES_PER_DEGREE * math.cos(math.radians(self.lat))
        return x, (self.lat - lat) * _METRES_PER_DEGREE

    def frame(self, points: Sequence[tuple[float, float]], *, width: float, tallest: float) -> Frame:
        """Fit the points into a drawing of `width`, at most `tallest` × width high, with a margin for labels."""
        xs, ys = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
        margin = 0.08 * width
        span_x, span_y = max(max(xs) - min(xs), 1000.0), max(max(ys) - min(ys), 1000.0)
        scale = min((width - 2 * margin) / span_x, (tallest * width - 2 * margin) / span_y)
        height = min(tallest * width, max(0.6 * width, span_y * scale + 2 * margin))
        left = (min(xs) + max(xs)) / 2 - width / 2 / scale
        return Frame(left, (min(ys) + max(ys)) / 2 - height / 2 / scale, scale, width, height)

    def definitions(self) -> Markup:
        """Write the path data once, for all maps of the page."""
        layers = (("cells", self.cells), ("minor", self.minor), ("main", self.main))
        paths = [
            element("path", id=f"ground-{name}", d=data, vector_effect="non-scaling-stroke")
            for name, data in layers
            if data
        ]
        defs = element("defs", *paths)
        return element("svg", defs, width=0, height=0, aria_hidden="true", class_="definitions") if paths else Markup()

    def draw(self, frame: Frame) -> Iterable[Markup]:
        """Use the ground in one map."""
        shift = f"scale({frame.scale:.6f}) translate({-frame.left:.1f} {-frame.top:.1f})"
        for name, data in (("cells", self.cells), ("minor", self.minor), ("main", self.main)):
            if data:
                yield element("use", href=f"#ground-{name}", transform=shift, class_=f"ground {name}")


def make_ground(city: Any, sites: Any) -> Ground:
    """Read the ground from a City; without one, only the origin (the middle of the sites)."""
    lon, lat = float(sites["lon"].mean()), float(sites["lat"].mean())
    empty = Ground(lon, lat)
    if city is None:
        return empty
    cells, guessed = _cells(city, empty)
    minor, main = _streets(city.roads, empty)
    synthetic = any(each.key == "streets_synthetic" for each in city.assumptions)
    return Ground(lon, lat, cells, minor, main, synthetic=synthetic, guessed_cells=guessed)


def _streets(roads: Any, ground: Ground) -> tuple[str, str]:
    """Write every street once: path data of the lesser and of the main ones."""
    tail = np.repeat(np.arange(len(roads.indptr) - 1), np.diff(roads.indptr))
    _, first = np.unique(roads.edge, return_index=True)
    x, y = ground.metres(np.asarray(roads.lon), np.asarray(roads.lat))  # type: ignore[arg-type]
    x, y = np.rint(x).astype(int), np.rint(y).astype(int)
    start, end = tail[first], np.asarray(roads.head)[first]
    main = np.isin(np.asarray(roads.kind)[first], main_kinds())
    pieces = [f"M{x[a]} {y[a]}l{x[b] - x[a]} {y[b] - y[a]}" for a, b in zip(start, end, strict=True)]
    return "".join(p for p, m in zip(pieces, main, strict=True) if not m), "".join(
        p for p, m in zip(pieces, main, strict=True) if m
    )


def main_kinds() -> list[int]:
    """Give the indices of the road kinds that are drawn stronger."""
    from sispamkota.place import ROAD_KINDS

    return [index for index, kind in enumerate(ROAD_KINDS) if kind in _MAIN]


def _cells(city: Any, ground: Ground) -> tuple[str, bool]:
    """Write the outlines of the areas; where the city has none, the cells nearest to each kelurahan's centre."""
    cells, guessed = area_cells(city)
    return "".join(outline(shape, ground) for shape in cells.values()), guessed


def outline(shape: Any, ground: Ground) -> str:
    """Write the outer rings of a polygon, or of several, as path data in metres."""
    data = []
    for polygon in getattr(shape, "geoms", [shape]):
        points = [ground.metres(lon, lat) for lon, lat, *_ in polygon.exterior.coords]
        data.append("M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + "Z")
    return "".join(data)


@dataclass(frozen=True)
class AreaMap:
    """Hold the kelurahan ready to be drawn: path data by code, a point inside each, and the frame; metres.

    `unit` is a thousandth of the map, the size of lines and letters; `guessed` where the outlines are.
    """

    ground: Ground
    paths: Mapping[str, str]
    inside: Mapping[str, tuple[float, float]]
    box: tuple[float, float, float, float]
    unit: float
    guessed: bool

    @property
    def view(self) -> str:
        """Give the frame as SVG's viewBox."""
        return " ".join(f"{value:.0f}" for value in self.box)


def make_area_map(city: Any) -> AreaMap:
    """Read the kelurahan of a City; a city of fewer than four, without polygons, gives an empty map."""
    ground = Ground(float(city.kelurahan["lon"].mean()), float(city.kelurahan["lat"].mean()))
    cells, guessed = area_cells(city)
    points = {code: shape.representative_point() for code, shape in cells.items()}
    inside = {code: ground.metres(point.x, point.y) for code, point in points.items()}
    bounds = np.array([shape.bounds for shape in cells.values()] or [(ground.lon, ground.lat) * 2])
    left, top = ground.metres(bounds[:, 0].min(), bounds[:, 3].max())
    right, bottom = ground.metres(bounds[:, 2].max(), bounds[:, 1].min())
    paths = {code: outline(shape, ground) for code, shape in cells.items()}
    unit = max(right - left, bottom - top) / 1000.0
    return AreaMap(ground, paths, inside, (left, top, right - left, bottom - top), unit, guessed)
