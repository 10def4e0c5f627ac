"""Does a compound's plan make sense? Rings that cross themselves, what lies beside the ground, names of nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sispamkota.errors import Faults, shown
from sispamkota.inputs import Document

from .compound_figures import compound_figures
from .compound_file import LEAST_OPENING, Point, SiteFile, openings_of, width

__all__ = ["check_plan"]

OPENINGS = ("exits", "gates", "doors")
LEAST_SPACE = 1.0  # m; people who assemble keep half a metre to what is about them


def check_plan(plan: SiteFile, document: Document, faults: Faults) -> None:
    """Note all that makes no sense in a plan."""
    before = len(faults)
    _check_size(plan, document, faults)
    _check_shapes(plan, document, faults)
    _check_names(plan, document, faults)
    if len(faults) == before:  # what follows measures areas, which need rings that are some
        _check_room(plan, document, faults)


def _check_size(plan: SiteFile, document: Document, faults: Faults) -> None:
    """Note a plan that is too large to be laid out in cells, and lines without a length."""
    (x0, y0), (x1, y1) = np.min(plan.ground, axis=0), np.max(plan.ground, axis=0)
    most = compound_figures().most_box_m2[0]
    if (x1 - x0) * (y1 - y0) > most:
        expected, got = f"a plan of {most:,.0f} m² at the most, with its box", f"{x1 - x0:,.0f} m by {y1 - y0:,.0f} m"
        where, remedy = document.where("ground"), "Draw the one compound and its street; are these metres?"
        faults.add(where=where, field="ground", expected=expected, got=got, remedy=remedy)
    for part, points in _ways(plan):
        length = float(np.hypot(*np.diff(np.array(points), axis=0).T).sum())
        if part[-1] != "ring" and part[0] not in OPENINGS and length < LEAST_OPENING:
            expected, got, remedy = f"a line of {LEAST_OPENING:g} m or more", f"{length:g} m", "Draw both its ends."
            where, field = document.where(*part), _dotted(part)
            faults.add(where=where, field=field, expected=expected, got=got, remedy=remedy)


def _check_room(plan: SiteFile, document: Document, faults: Faults) -> None:
    """Note spaces in which nobody can stand, and a front or a police line within buildings."""
    import shapely

    solid = shapely.union_all([shapely.Polygon(each.ring) for each in (*plan.buildings, *plan.obstacles)])
    free = shapely.difference(shapely.Polygon(plan.ground), solid)
    for i, space in enumerate(plan.spaces):
        room = shapely.intersection(shapely.Polygon(space.ring), free)
        if shapely.buffer(room, -0.5 * LEAST_SPACE).is_empty:
            expected, got = f"open ground {LEAST_SPACE:g} m wide or more", f"{room.area:.1f} m² that are narrower"
            where, field = document.where("spaces", i, "ring"), f"spaces.{i}.ring"
            remedy = "Draw the space where people stand, beside buildings and obstacles."
            faults.add(where=where, field=field, expected=expected, got=got, remedy=remedy)
    for key, way in (("front", plan.front), ("line", plan.line)):
        line = shapely.LineString(way or ())
        if way is not None and shapely.intersection(line, shapely.buffer(free, 0.1)).length < 0.5 * line.length:
            where, remedy = document.where(key), "Draw it where people can stand before it."
            faults.add(where=where, field=key, expected="a line on open ground", got="one in a building", remedy=remedy)


def _check_shapes(plan: SiteFile, document: Document, faults: Faults) -> None:
    """Note rings that cross themselves, openings that nobody fits through, and what stands beside the ground."""
    import shapely

    for part, ring in _rings(plan):
        shape = shapely.Polygon(ring)
        if not shape.is_valid or shape.area == 0.0:
            expected, remedy = "a ring that does not cross itself", "Draw its corners in their order."
            where, field = document.where(*part), _dotted(part)
            faults.add(where=where, field=field, expected=expected, got="one that does", remedy=remedy)
    for key, i, each in openings_of(plan):
        wide, at = width(each.points), (key, i, "points")
        if wide < LEAST_OPENING:
            expected, got = f"{LEAST_OPENING:g} m or more", f"{wide:g} m"
            where, field = document.where(*at), _dotted(at)
            faults.add(where=where, field=field, expected=expected, got=got, remedy="Draw both its ends.")
    ground = shapely.Polygon(plan.ground)
    for part, points in _ways(plan) if ground.is_valid else ():
        if not shapely.covers(shapely.buffer(ground, 0.5), shapely.MultiPoint(points)):
            remedy, where = "Draw the ground around all that stands on it.", document.where(*part)
            field, got = _dotted(part), "one beside it"
            faults.add(where=where, field=field, expected="points on the ground", got=got, remedy=remedy)


def _check_names(plan: SiteFile, document: Document, faults: Faults) -> None:
    """Note openings whose name stands twice, and ways out of a space that are none."""
    seen: list[str] = []
    for key, i, each in openings_of(plan):
        if each.name in seen:
            got, remedy = shown(each.name), "Give each opening a name of its own."
            where, field = document.where(key, i, "name"), f"{key}.{i}.name"
            faults.add(where=where, field=field, expected="each name once", got=got, remedy=remedy)
        seen.append(each.name)
    ways_out = [each.name for key, _, each in openings_of(plan) if key != "doors"]
    for i, space in enumerate(plan.spaces):
        for name in (name for name in space.out if name not in ways_out):
            expected, remedy = "the name of an exit or a gate", f"Known: {', '.join(ways_out)}."
            where, field = document.where("spaces", i, "out"), f"spaces.{i}.out"
            faults.add(where=where, field=field, expected=expected, got=shown(name), remedy=remedy)


def _dotted(part: Sequence[str | int]) -> str:
    """Write a key path as one name."""
    return ".".join(str(each) for each in part)


def _rings(plan: SiteFile) -> list[tuple[tuple[str | int, ...], Sequence[Point]]]:
    """Go through all rings, with where each stands in the file."""
    out: list[tuple[tuple[str | int, ...], Sequence[Point]]] = [(("ground",), plan.ground)]
    for key in ("buildings", "obstacles", "spaces"):
        out += [((key, i, "ring"), each.ring) for i, each in enumerate(getattr(plan, key))]
    return out


def _ways(plan: SiteFile) -> list[tuple[tuple[str | int, ...], Sequence[Point]]]:
    """Go through all that has points, with where each stands in the file."""
    out: list[tuple[tuple[str | int, ...], Sequence[Point]]] = []
    for key in ("fences", "gates", "doors", "exits"):
        out += [((key, i, "points"), each.points) for i, each in enumerate(getattr(plan, key))]
    out += [(("stands", i, "way"), each.way) for i, each in enumerate(plan.stands)]
    out += [((key,), way) for key, way in (("front", plan.front), ("line", plan.line)) if way is not None]
    return out + [rest for rest in _rings(plan) if rest[0] != ("ground",)]
