"""Where openings are: exits, gates and doors drawn near an edge are moved onto it, so that they open it.

A map program writes 6 decimals of a degree, 0.11 m (RFC 7946, 11.2): no opening lies quite on the wall that it opens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from sispamkota.errors import Faults, shown
from sispamkota.inputs import Document

from .compound_figures import compound_figures
from .compound_file import LEAST_OPENING, Opening, Point, SiteFile, openings_of, width

__all__ = ["hang_openings", "opened"]

THIN = 0.02  # m either side of an opening that is cut out of what lies exactly on it
EXACT = 1e-6  # m; an end no farther off lies on the edge already, and is not moved
_EDGES = {
    "exits": "an exit along the edge of the ground",
    "gates": "a gate in a fence, or with both posts at an edge",
    "doors": "a door in a building's wall",
}


def hang_openings(plan: SiteFile, document: Document, faults: Faults) -> SiteFile:
    """Move openings onto the edges that they open, `snap_m` at most; one that opens none, or twice, becomes a fault."""
    lines = _edges(plan)
    moved: dict[str, list[Opening]] = {key: list(getattr(plan, key)) for key in _EDGES}
    within = compound_figures().snap_m[0]
    for key, i, each in openings_of(plan):
        points = _hung(key, each.points, lines, within)
        if points is None:
            got, where = f"{shown(each.name)} along none within {within:g} m", document.where(key, i, "points")
            remedy = "Draw both its ends on the edge that it opens."
            faults.add(where=where, field=f"{key}.{i}.points", expected=_EDGES[key], got=got, remedy=remedy)
        elif points != each.points:
            moved[key][i] = each.model_copy(update={"points": points})
    for key, drawn in moved.items():
        for i, first in _twice(drawn):
            got = f"{shown(drawn[i].name)} where {shown(first)} is"
            where, remedy = document.where(key, i, "points"), "Draw each opening once, beside the others."
            faults.add(where=where, field=f"{key}.{i}.points", expected="openings apart", got=got, remedy=remedy)
    changed = {key: tuple(drawn) for key, drawn in moved.items() if tuple(drawn) != getattr(plan, key)}
    return plan.model_copy(update=changed) if changed else plan


def opened(plan: SiteFile) -> Any:
    """Give the lines of a plan less its openings, a shapely geometry.

    An opening is cut out of what lies exactly on it; an exit or gate also out of the ground's edge and the fences that
    run along it within `snap_m`, as two lines drawn for one do.
    """
    import shapely

    lines, within = _edges(plan), compound_figures().snap_m[0]
    solid = shapely.union_all([line for each in lines.values() for line in each])
    cut = list[Any]()
    for key, _, each in openings_of(plan):
        gap = shapely.LineString(each.points)
        cut.append(gap)
        for kind, line in ((kind, line) for kind, some in lines.items() for line in some):
            along = key != "doors" and kind in ("ground", "fences")
            if along or all(shapely.distance(line, shapely.Point(end)) <= EXACT for end in each.points):
                cut += _between(line, gap, within)
    bands = [shapely.buffer(each, THIN, cap_style="flat") for each in cut]
    return shapely.difference(solid, shapely.union_all(bands)) if bands else solid


def _edges(plan: SiteFile) -> dict[str, list[Any]]:
    """Give all lines that stand in the way, shapely lines by the part of the plan; rings are closed."""
    import shapely

    def closed(ring: Sequence[Point]) -> Any:
        return shapely.LineString([*ring, ring[0]])

    return {
        "ground": [closed(plan.ground)],
        "buildings": [closed(each.ring) for each in plan.buildings],
        "obstacles": [closed(each.ring) for each in plan.obstacles],
        "fences": [shapely.LineString(each.points) for each in plan.fences],
    }


def _hung(key: str, points: Sequence[Point], lines: dict[str, list[Any]], within: float) -> tuple[Point, ...] | None:
    """Give an opening's ends on the edge that it opens; None where it opens none."""
    import shapely

    kinds = {"exits": ("ground",), "gates": ("fences", "ground", "buildings"), "doors": ("buildings",)}[key]
    known = [line for kind in kinds for line in lines[kind]]
    gap, ends = shapely.LineString(points), [shapely.Point(end) for end in points]
    along = [line for line in known if shapely.covers(shapely.buffer(line, within + EXACT), gap)]
    for line in sorted(along, key=lambda each: max(shapely.distance(each, end) for end in ends)):
        moved = _onto(line, points)
        if width(moved) >= max(LEAST_OPENING - EXACT, 0.5 * width(points)):  # else it stands across the line
            return moved
    if key != "gates" or max(min(shapely.distance(line, end) for line in known) for end in ends) > within:
        return None
    middle = _inner(gap, within + LEAST_OPENING)
    if middle is not None and shapely.distance(shapely.union_all(known), middle) <= within:
        return None
    posts = [min(known, key=lambda line, end=end: shapely.distance(line, end)) for end in ends]  # type: ignore[misc]
    return tuple(_onto(line, [end])[0] for line, end in zip(posts, points, strict=True))


def _onto(line: Any, points: Sequence[Point]) -> tuple[Point, ...]:
    """Give the nearest points of a line; who is on it stays where he is."""
    import shapely

    out = list[Point]()
    for point in points:
        near = shapely.line_interpolate_point(line, shapely.line_locate_point(line, shapely.Point(point)))
        moves = shapely.distance(near, shapely.Point(point)) > EXACT
        out.append((float(near.x), float(near.y)) if moves else point)
    return tuple(out)


def _inner(gap: Any, trim: float) -> Any | None:
    """Give what is left of an opening less its ends; None where nothing is."""
    from shapely.ops import substring

    return substring(gap, trim, gap.length - trim) if gap.length > 2.0 * trim else None


def _between(line: Any, gap: Any, within: float) -> list[Any]:
    """Give what of a line runs along an opening, near but not on it: none, one or two pieces."""
    import shapely
    from shapely.ops import substring

    near, exact = (shapely.covers(shapely.buffer(line, by), gap) for by in (within + EXACT, 0.5 * THIN))
    if not near or exact:
        return []
    a, b = sorted(float(shapely.line_locate_point(line, shapely.Point(end))) for end in gap.coords)
    around = line.is_closed and line.length - (b - a) < b - a  # the opening is where the ring begins
    spans = [(b, line.length), (0.0, a)] if around else [(a, b)]
    return [substring(line, *span) for span in spans if span[1] - span[0] > EXACT]


def _twice(drawn: Sequence[Opening]) -> Iterator[tuple[int, str]]:
    """Find openings that lie on one before them: which, and the name of the first."""
    import shapely

    for (_, a), (j, b) in combinations(enumerate(drawn), 2):
        band = shapely.buffer(shapely.LineString(a.points), 0.1, cap_style="flat")
        if shapely.intersection(band, shapely.LineString(b.points)).length > 0.2:
            yield j, a.name
