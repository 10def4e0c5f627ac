"""People and segments: how near, whether a step crosses, and how a step is held so that nobody passes a wall."""

import math

from ._compile import kernel
from .layout import Record
from .motion_layout import SEG_BARRIER, SEG_COUNT, SEG_EXIT, SEG_WALL, Walls

__all__ = ["counted", "crosses", "gap", "hold", "list_segments", "parted", "pushed_by_walls", "stops"]

NEAR_WALL = 1.0  # m; a person may have left her cell by 0.4 m, a step is at most 0.2 m, a wall is felt for 0.3 m


@kernel
def gap(s: Record, x: float, y: float) -> tuple[float, float, float]:
    """Return the distance of a point to a segment, and the nearest point of it."""
    dx, dy = s.bx - s.ax, s.by - s.ay
    length = dx * dx + dy * dy
    t = 0.0
    if length > 0.0:
        t = min(1.0, max(0.0, ((x - s.ax) * dx + (y - s.ay) * dy) / length))
    px, py = s.ax + t * dx, s.ay + t * dy
    return math.hypot(x - px, y - py), px, py


@kernel
def _side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> float:
    """Return twice the area of a triangle, positive where p lies left of a → b."""
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@kernel
def crosses(s: Record, x: float, y: float, tox: float, toy: float) -> int:
    """Tell whether a step meets a segment: 1 from its left side to its right, -1 the other way, 0 not at all.

    A step that ends on the segment has met it; one that begins on it has not.
    """
    before, after = _side(s.ax, s.ay, s.bx, s.by, x, y), _side(s.ax, s.ay, s.bx, s.by, tox, toy)
    if before == 0.0 or (before > 0.0) == (after > 0.0):
        return 0
    one, other = _side(x, y, tox, toy, s.ax, s.ay), _side(x, y, tox, toy, s.bx, s.by)
    if (one > 0.0 and other > 0.0) or (one < 0.0 and other < 0.0):
        return 0
    return 1 if before > 0.0 else -1


@kernel
def stops(g: Walls, s: Record) -> bool:
    """Tell whether a segment stops people now."""
    return s.kind == SEG_WALL or (s.kind == SEG_BARRIER and g.barrier[s.of].open == 0)


@kernel
def parted(g: Walls, cell: int, at_: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tell whether an exit, or anything that stops people now, lies between a point of a cell and one within 1 m."""
    x, y = at_
    for at in range(g.first[cell], g.first[cell + 1]):
        s = g.segment[g.item[at]]
        if s.kind != SEG_EXIT and not stops(g, s):
            continue
        if crosses(s, x, y, other[0], other[1]) != 0 or crosses(s, other[0], other[1], x, y) != 0:
            return True
    return False


@kernel
def list_segments(m: Record, g: Walls) -> int:
    """List the segments near each search cell, `first` and `item`; return how many entries there are.

    Where `item` is too short only `first` is filled: call again with a longer one.
    """
    n, half = 0, 0.5 * m.cell
    for cell in range(m.nx * m.ny):
        g.first[cell] = n
        cx, cy = m.x0 + (cell % m.nx + 0.5) * m.cell, m.y0 + (cell // m.nx + 0.5) * m.cell
        for k in range(g.segment.shape[0]):
            if gap(g.segment[k], cx, cy)[0] <= half * math.sqrt(2.0) + NEAR_WALL:
                if n < g.item.shape[0]:
                    g.item[n] = k
                n += 1
    g.first[m.nx * m.ny] = n
    return n


@kernel
def pushed_by_walls(m: Record, g: Walls, cell: int, x: float, y: float) -> tuple[float, float]:
    """Return the sum of the walls' repulsions on a person, m.wall_push · exp((r − d) / m.wall_range) each."""
    sx, sy = 0.0, 0.0
    for at in range(g.first[cell], g.first[cell + 1]):
        s = g.segment[g.item[at]]
        if not stops(g, s):
            continue
        d, px, py = gap(s, x, y)
        if 0.0 < d < NEAR_WALL:
            force = m.wall_push * math.exp((m.clear - d) / m.wall_range) / d
            sx += force * (x - px)
            sy += force * (y - py)
    return sx, sy


@kernel
def _allowed(m: Record, g: Walls, cell: int, at_: tuple[float, float], to: tuple[float, float]) -> bool:
    """Tell whether a step crosses nothing that stops people and brings nobody nearer to it than allowed."""
    x, y = at_
    for at in range(g.first[cell], g.first[cell + 1]):
        s = g.segment[g.item[at]]
        if not stops(g, s):
            continue
        if crosses(s, x, y, to[0], to[1]) != 0:
            return False
        d = gap(s, to[0], to[1])[0]
        if d < m.clear and d < gap(s, x, y)[0]:
            return False
    return True


@kernel
def hold(m: Record, g: Walls, cell: int, at_: tuple[float, float], to: tuple[float, float]) -> tuple[float, float]:
    """Hold a step against the walls: let it slide along them, or refuse it; return where it ends.

    Nobody comes nearer to a wall than `m.clear`, or than before where a door has shut closer; no step crosses one.
    """
    if _allowed(m, g, cell, at_, to):
        return to
    x, y = at_
    tx, ty = to
    for _ in range(2):  # the second pass for the other wall of a corner
        for at in range(g.first[cell], g.first[cell + 1]):
            s = g.segment[g.item[at]]
            if not stops(g, s):
                continue
            d, px, py = gap(s, tx, ty)
            least = min(m.clear, gap(s, x, y)[0]) + 1e-9
            if 0.0 < d < least:
                tx, ty = px + (tx - px) * least / d, py + (ty - py) * least / d
    if math.hypot(tx - x, ty - y) <= 1.5 * math.hypot(to[0] - x, to[1] - y) and _allowed(m, g, cell, at_, (tx, ty)):
        return tx, ty
    return at_


@kernel
def counted(g: Walls, line: Record, cell: int, at_: tuple[float, float], to: tuple[float, float]) -> int:
    """Count the crossings of lines by a step; return the exit that it leads through, or -1."""
    out = -1
    x, y = at_
    for at in range(g.first[cell], g.first[cell + 1]):
        s = g.segment[g.item[at]]
        if s.kind != SEG_COUNT and s.kind != SEG_EXIT:
            continue
        way = crosses(s, x, y, to[0], to[1])
        if way > 0:
            line[s.of].there += 1
        elif way < 0:
            line[s.of].back += 1
        if way != 0 and s.kind == SEG_EXIT:
            out = s.of
    return out
