"""Does a compound's plan make sense? Rings that cross themselves, what lies beside the ground, names of nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sispamkota.errors import Faults, shown
from sispamkota.inputs import Document

from .compound_file import LEAST_OPENING, Point, SiteFile, openings_of, width

__all__ = ["check_plan"]


def check_plan(plan: SiteFile, document: Document, faults: Faults) -> None:
    """Note all that makes no sense in a plan."""
    _check_shapes(plan, document, faults)
    _check_names(plan, document, faults)


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
