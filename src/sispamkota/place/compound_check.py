"""Check a compound: do people get out in time, also with an exit blocked; dead ends; crowding; room for vehicles.

Figures: data/place/compound.yaml. The ways are those on which people walk (`yard`), with all gates and doors open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .check import Finding
from .compound import Compound, Opening, Space, Stand, width
from .compound_figures import compound_figures
from .compound_ways import clear_width, ways_of_spaces
from .compound_yard import Bearing, compound_yard
from .yard import Yard

__all__ = ["LEVELS", "check_compound", "fruin_level", "space_rows"]

LEVELS = "ABCDEF"
REPEATED_M = 0.05  # m; two points of a vehicle's way closer than this are one
Way = Sequence[tuple[float, float]]


def fruin_level(m2_a_person: float) -> str:
    """Give Fruin's level of service for waiting people, A to F."""
    least = compound_figures().fruin_m2
    return LEVELS[sum(m2_a_person < each for each in least)]


def check_compound(compound: Compound) -> list[Finding]:
    """Find what is wrong with a compound, faults first."""
    found = [
        *_exits(compound),
        *_ways(compound),
        *_spaces(compound),
        *_ways_out(compound),
        *_stands(compound),
    ]
    return sorted(found, key=lambda each: each.severity != "fault")


def space_rows(compound: Compound) -> list[dict[str, Any]]:
    """Say of each space its size, crowding, and how long it takes at least to empty it, also without its widest way.

    `out_m` is what its people get out through, m; `ways` says of each way how far, how broad, and how much is theirs.
    """
    free, rows = compound.area(), []
    for space, out in zip(compound.plan.spaces, ways_of_spaces(compound), strict=True):
        m2, people = _room(space, free), space.people
        level = fruin_level(m2 / people) if m2 > 0 else "F"
        about = {"name": space.name, "people": people, "m2": m2, "per_m2": people / m2 if m2 else None, "level": level}
        need = {"minutes": out.minutes(people), "minutes_blocked": out.minutes(people, blocked=True)}
        ways = [asdict(each) | {"near": each.near if each.narrow > 0.0 else None} for each in out.ways]
        rows.append(about | {"out_m": out.metres()} | need | {"ways": ways})
    return rows


def _room(space: Space, free: Any) -> float:
    """Measure the open ground of a space, m²."""
    import shapely

    return float(shapely.intersection(shapely.Polygon(space.ring), free).area)


def _exits(compound: Compound) -> Iterator[Finding]:
    """Find exits and escape gates that are too narrow, or that something stands in front of."""
    least = compound_figures().least_exit_m[0]
    used = {name for space in compound.plan.spaces for name in space.out}
    meant: tuple[Opening, ...] = (*compound.plan.exits, *(each for each in compound.plan.gates if each.name in used))
    for each in meant:
        clear, wide = clear_width(compound, each), width(each.points)
        if wide < least:
            yield Finding("fault", "site_narrow", each.name, "points", {"wide": wide, "least": least})
        elif clear < wide - 0.01:
            severity: Literal["fault", "note"] = "fault" if clear < least else "note"
            yield Finding(severity, "site_blocked", each.name, "points", {"clear": clear, "wide": wide})


def _ways(compound: Compound) -> Iterator[Finding]:
    """Find named ways out to which no way leads, and such as are narrower on the way than at the opening."""
    least = compound_figures().least_exit_m[0]
    for space, out in zip(compound.plan.spaces, ways_of_spaces(compound), strict=True):
        for each in out.ways:
            facts = {"way": each.name, "narrow": each.narrow, "clear": each.clear}
            if each.narrow == 0.0:
                yield Finding("fault", "site_no_way", space.name, "out", facts)
            elif each.narrow < each.clear:
                severity: Literal["fault", "note"] = "fault" if each.narrow < least else "note"
                yield Finding(severity, "site_narrows", space.name, "out", facts)


def _spaces(compound: Compound) -> Iterator[Finding]:
    """Find spaces that are too crowded, or that people do not leave in time; with one exit blocked it is a note."""
    figures = compound_figures()
    within = figures.clear_minutes[0]
    for row in space_rows(compound):
        if LEVELS.index(row["level"]) > LEVELS.index(figures.worst_level):
            facts = {name: row[name] for name in ("people", "m2", "level")} | {"worst": figures.worst_level}
            yield Finding("fault", "site_dense", row["name"], "people", facts)
        facts = {"people": row["people"], "within": within, "out": row["out_m"]}
        if row["minutes"] is None or row["minutes"] > within:
            need = row["minutes"] if row["minutes"] is not None else "∞"
            yield Finding("fault", "site_slow", row["name"], "out", facts | {"need": need})
        elif row["minutes_blocked"] is None:
            yield Finding("note", "site_one_way", row["name"], "out", facts)
        elif row["minutes_blocked"] > within:
            yield Finding("note", "site_one_blocked", row["name"], "out", facts | {"need": row["minutes_blocked"]})


def _open_all(compound: Compound, *, shut: str | None = None) -> Yard:
    """Make the yard with all gates and doors open, and one exit shut."""
    opened = dict.fromkeys(compound.gate_names(), False)
    return compound_yard(compound, bearing=Bearing(shut=opened | ({shut: True} if shut else {})))


def _ways_out(compound: Compound) -> Iterator[Finding]:
    """Find ground from which no way leads out, and dead ends: far ground that has one way out only."""
    import shapely

    figures, yard = compound_figures(), _open_all(compound)
    m, far = yard.m, yard.ground.far[0]
    x, y = np.meshgrid(m.fx0 + (np.arange(m.fnx) + 0.5) * m.fh, m.fy0 + (np.arange(m.fny) + 0.5) * m.fh)
    free = shapely.contains_xy(shapely.buffer(compound.area(), -float(m.clear)), x, y)
    cell = float(m.fh) ** 2
    lost = free & ~np.isfinite(far)
    if lost.sum() * cell > 1.0:
        yield Finding("fault", "site_cut_off", compound.plan.name, "ground", _place(lost, x, y, cell))
    if len(compound.plan.exits) < 2:
        return
    for each in compound.plan.exits:
        without = _open_all(compound, shut=each.name).ground.far[0]
        dead = free & np.isfinite(far) & ~np.isfinite(without) & (far > figures.dead_end_m[0])
        if dead.sum() * cell > figures.dead_end_m2[0]:
            facts = _place(dead, x, y, cell) | {"far": float(far[dead].max()), "most": figures.dead_end_m[0]}
            yield Finding("note", "site_dead_end", each.name, "ground", facts)


def _place(mask: NDArray[np.bool_], x: NDArray[Any], y: NDArray[Any], cell: float) -> dict[str, float]:
    """Say how large a piece of ground is and where its middle lies, m² and m."""
    return {"m2": float(mask.sum() * cell), "x": float(x[mask].mean()), "y": float(y[mask].mean())}


def _stands(compound: Compound) -> Iterator[Finding]:
    """Find vehicles whose way is too narrow or bends too sharply, or that stand where people assemble."""
    import shapely

    figures, solid = compound_figures(), _solid(compound)
    for stand in compound.plan.stands:
        engine = stand.vehicle == "engine"
        least = (figures.engine_way_m if engine else figures.ambulance_way_m)[0]
        turn = (figures.engine_turn_m if engine else figures.ambulance_turn_m)[0]
        way = _apart(stand.way)
        tight = _tightest(way)
        driven = shapely.LineString(_driven(way, min(turn, tight)))
        room = 2.0 * float(shapely.distance(driven, solid))
        if room < least - 0.01:
            yield Finding("fault", "site_access", stand.name, "way", {"room": room, "least": least})
        if tight < turn - 0.01:
            yield Finding("fault", "site_turn", stand.name, "way", {"tight": tight, "least": turn})
        yield from _in_the_way(compound, stand, least)


def _solid(compound: Compound) -> Any:
    """Give what a vehicle cannot pass: the walls; gates for vehicles are open."""
    import shapely

    people = [each.points for each in compound.plan.gates if each.use == "people"]
    rows = [((a, b), (c, d)) for a, b, c, d in compound.walls()] + [tuple(points) for points in people]
    return shapely.multilinestrings(rows)


def _apart(way: Way) -> Way:
    """Leave out of a way the points that repeat the one before: a side of no length would hide a bend."""
    out = [way[0]]
    for point in way[1:]:
        if np.hypot(point[0] - out[-1][0], point[1] - out[-1][1]) > REPEATED_M:
            out.append(point)
    return out


def _corners(way: Way) -> Iterator[tuple[int, float, float]]:
    """Go through the corners of a way: which point, the angle turned (rad, left positive), and the length to turn in.

    Half of a side between two corners is each one's.
    """
    sides = np.diff(np.array(way, np.float64), axis=0)
    length = np.hypot(*sides.T)
    for k, (before, after) in enumerate(pairwise(sides)):
        angle = float(np.arctan2(before[0] * after[1] - before[1] * after[0], before @ after))
        first = length[k] * (1.0 if k == 0 else 0.5)
        last = length[k + 1] * (1.0 if k + 2 == len(sides) else 0.5)
        yield k + 1, angle, float(min(first, last))


def _tightest(way: Way) -> float:
    """Give the least radius with which a way can be driven, m: an arc of radius r spends r·tan(θ/2) before a corner."""
    return min(
        (room / np.tan(abs(angle) / 2.0) for _, angle, room in _corners(way) if abs(angle) > 1e-6), default=np.inf
    )


def _driven(way: Way, radius: float) -> NDArray[np.float64]:
    """Give a way with its corners rounded, (points, 2)."""
    points = np.array(way, np.float64)
    out = [points[:1]]
    for k, angle, _ in _corners(way):
        if abs(angle) < 1e-6:
            out.append(points[k : k + 1])
            continue
        ahead = (points[k] - points[k - 1]) / np.hypot(*(points[k] - points[k - 1]))
        side = np.sign(angle) * np.array([-ahead[1], ahead[0]])
        begin = points[k] - radius * np.tan(abs(angle) / 2.0) * ahead
        turned = np.linspace(0.0, abs(angle), 13)[:, None]
        out.append(begin + radius * (np.sin(turned) * ahead + (1.0 - np.cos(turned)) * side))
    return np.vstack([*out, points[-1:]])


def _in_the_way(compound: Compound, stand: Stand, broad: float) -> Iterator[Finding]:
    """Find spaces for people that a vehicle drives through or stands in."""
    import shapely

    swept = shapely.buffer(shapely.LineString(stand.way), broad / 2.0, cap_style="square")
    for space in compound.plan.spaces:
        if shapely.intersects(swept, shapely.Polygon(space.ring)):
            yield Finding("fault", "site_in_way", stand.name, "way", {"space": space.name})
