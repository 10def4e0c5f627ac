"""How far it is to a goal on foot, and which way: the Eikonal equation on a grid, by fast marching.

|∇T| = 1/f with T = 0 at the goal; f is 1 on open ground and less within a body's breadth of a wall, so that ways keep
off it. Two cells are beside each other only where no wall stands between their middles, however thin it is. Source:
Sethian (1996), "A fast marching level set method for monotonically advancing fronts", first-order upwind scheme.
"""

import math

import numpy as np

from ._compile import kernel
from .layout import Record
from .motion_layout import SEG_BARRIER, Walls
from .near import cell_of
from .wall import crosses, gap, parted, stops

__all__ = ["keep_off", "march", "room_about", "see_ground"]

ASIDE = 0.3  # cosine of the angle beyond which two walls are not on the same side
SLOW = 0.3  # of the pace within a body's breadth of a wall: a way through a narrow gap is taken only where it saves


@kernel
def see_ground(m: Record, g: Walls, link: np.ndarray, pace: np.ndarray) -> None:
    """Find which cells are beside each other, and how fast one walks in each.

    `link` (fny, fnx, 2) is 1 where the cell to the right, and the one above, can be stepped to; `pace` (fny, fnx).
    """
    for iy in range(m.fny):
        for ix in range(m.fnx):
            x, y = m.fx0 + (ix + 0.5) * m.fh, m.fy0 + (iy + 0.5) * m.fh
            link[iy, ix, 0] = 1 if ix + 1 < m.fnx else 0
            link[iy, ix, 1] = 1 if iy + 1 < m.fny else 0
            pace[iy, ix] = 1.0
            cell = cell_of(m, x, y)
            for at in range(g.first[cell], g.first[cell + 1]):
                s = g.segment[g.item[at]]
                if not stops(g, s):
                    continue
                if gap(s, x, y)[0] < m.clear + 0.05:
                    pace[iy, ix] = SLOW
                if crosses(s, x, y, x + m.fh, y) != 0 or crosses(s, x + m.fh, y, x, y) != 0:
                    link[iy, ix, 0] = 0
                if crosses(s, x, y, x, y + m.fh) != 0 or crosses(s, x, y + m.fh, x, y) != 0:
                    link[iy, ix, 1] = 0


@kernel
def _nearest(m: Record, g: Walls, x: float, y: float) -> tuple[float, float, float]:
    """Return how far what stops people is from a point, at most the listed distance, and where it is nearest."""
    best = (math.inf, x, y)
    cell = cell_of(m, x, y)
    for at in range(g.first[cell], g.first[cell + 1]):
        s = g.segment[g.item[at]]
        if stops(g, s):
            found = gap(s, x, y)
            best = found if found[0] < best[0] else best
    return best


@kernel
def _roomy(m: Record, g: Walls, x: float, y: float, nearest: tuple[float, float, float]) -> bool:
    """Tell whether there is room on the other side: nothing that stops people within `m.shy_room` from wall to wall."""
    d, px, py = nearest
    for k in range(g.segment.shape[0]):
        s = g.segment[k]
        if not stops(g, s):
            continue
        other, qx, qy = gap(s, x, y)
        aside = (px - x) * (qx - x) + (py - y) * (qy - y) < ASIDE * d * other
        if aside and d + other < m.shy_room:
            return False
    return True


@kernel
def keep_off(m: Record, g: Walls, pace: np.ndarray) -> None:
    """Slow the pace within `m.shy` of what stops people where there is room, so that ways out keep off it.

    The front of the Eikonal equation is slower there, so streams bend away from walls and round corners in a curve; in
    narrow passages and doors nothing changes. The distance is the shy distance of walkways.
    """
    near = m.clear + 0.05
    if m.shy <= near:
        return
    for iy in range(m.fny):
        for ix in range(m.fnx):
            x, y = m.fx0 + (ix + 0.5) * m.fh, m.fy0 + (iy + 0.5) * m.fh
            nearest = _nearest(m, g, x, y)
            if nearest[0] < m.shy and _roomy(m, g, x, y, nearest):
                slower = m.shy_pace + (1.0 - m.shy_pace) * max(0.0, nearest[0] - near) / (m.shy - near)
                pace[iy, ix] = min(pace[iy, ix], slower)


@kernel
def _beside(link: np.ndarray, far: np.ndarray, iy: int, ix: int, side: int) -> float:
    """Return the distance of the cell to the right, left, above or below (side 0 to 3); infinite behind a wall."""
    if side == 0:
        return far[iy, ix + 1] if link[iy, ix, 0] else math.inf
    if side == 1:
        return far[iy, ix - 1] if ix > 0 and link[iy, ix - 1, 0] else math.inf
    if side == 2:
        return far[iy + 1, ix] if link[iy, ix, 1] else math.inf
    return far[iy - 1, ix] if iy > 0 and link[iy - 1, ix, 1] else math.inf


@kernel
def _reached(a: float, b: float, cost: float) -> float:
    """Solve the upwind equation from the nearer neighbour along each axis."""
    if a > b:
        a, b = b, a
    if b - a >= cost:
        return a + cost
    return 0.5 * (a + b + math.sqrt(2.0 * cost * cost - (a - b) ** 2))


@kernel
def _sift_down(heap: np.ndarray, far: np.ndarray, n: int) -> None:
    """Restore the order of a heap of cells below its top; `far` (cells,) is the fields' grid, row after row."""
    at, item = 0, heap[0]
    value = far[item]
    while True:
        child = 2 * at + 1
        if child >= n:
            break
        if child + 1 < n:
            child += 1 if far[heap[child + 1]] < far[heap[child]] else 0
        other = heap[child]
        if far[other] >= value:
            break
        heap[at] = other
        at = child
    heap[at] = item


@kernel
def _push(heap: np.ndarray, far: np.ndarray, n: int, item: int) -> None:
    """Add a cell to the heap; n is where it goes."""
    at = n
    value = far[item]
    while at > 0:
        up = (at - 1) // 2
        other = heap[up]
        if far[other] <= value:
            break
        heap[at] = other
        at = up
    heap[at] = item


@kernel
def march(m: Record, link: np.ndarray, pace: np.ndarray, far: np.ndarray, way: np.ndarray) -> None:
    """Fill distances and directions from the cells of `far` that are 0 or above and finite, the goals.

    `far` (fny, fnx) holds inf elsewhere; `way` (fny, fnx, 2) gets unit vectors, zero where no way leads. A cell may
    wait in the heap more than once; it is settled the first time.
    """
    heap = np.empty(5 * far.size, np.int32)
    flat = far.reshape(-1)
    done = np.zeros(far.shape, np.uint8)
    n = 0
    for iy in range(m.fny):
        for ix in range(m.fnx):
            if far[iy, ix] < math.inf:
                _push(heap, flat, n, iy * m.fnx + ix)
                n += 1
    while n > 0:
        item = heap[0]
        n -= 1
        heap[0] = heap[n]
        if n > 0:
            _sift_down(heap, flat, n)
        iy, ix = item // m.fnx, item % m.fnx
        if done[iy, ix]:
            continue
        done[iy, ix] = 1
        for side in range(4):
            if not _open(link, iy, ix, side):
                continue
            jx = ix + (1 if side == 0 else -1 if side == 1 else 0)
            jy = iy + (1 if side == 2 else -1 if side == 3 else 0)
            if done[jy, jx]:
                continue
            a = min(_beside(link, far, jy, jx, 0), _beside(link, far, jy, jx, 1))
            b = min(_beside(link, far, jy, jx, 2), _beside(link, far, jy, jx, 3))
            reached = _reached(a, b, m.fh / pace[jy, jx])
            if reached < far[jy, jx] and n < heap.shape[0]:
                far[jy, jx] = reached
                _push(heap, flat, n, jy * m.fnx + jx)
                n += 1
    for iy in range(m.fny):
        for ix in range(m.fnx):
            way[iy, ix, 0], way[iy, ix, 1] = _downhill(link, far, iy, ix)


@kernel
def _open(link: np.ndarray, iy: int, ix: int, side: int) -> bool:
    """Tell whether there is a cell on a side, and no wall between."""
    if side == 0:
        return link[iy, ix, 0] == 1
    if side == 1:
        return ix > 0 and link[iy, ix - 1, 0] == 1
    if side == 2:
        return link[iy, ix, 1] == 1
    return iy > 0 and link[iy - 1, ix, 1] == 1


@kernel
def _downhill(link: np.ndarray, far: np.ndarray, iy: int, ix: int) -> tuple[float, float]:
    """Return the direction of steepest descent by the upwind differences; zero on a goal and where no way leads."""
    here = far[iy, ix]
    if here == math.inf:
        return 0.0, 0.0
    right, left = _beside(link, far, iy, ix, 0), _beside(link, far, iy, ix, 1)
    above, below = _beside(link, far, iy, ix, 2), _beside(link, far, iy, ix, 3)
    gx = max(0.0, here - min(right, left)) * (1.0 if right <= left else -1.0)
    gy = max(0.0, here - min(above, below)) * (1.0 if above <= below else -1.0)
    size = math.hypot(gx, gy)
    if size == 0.0:
        return 0.0, 0.0
    return gx / size, gy / size


@kernel
def room_about(m: Record, g: Walls, room: np.ndarray, again: bool) -> None:
    """Measure the ground within the measuring disc about each cell, `room` (fny, fnx) m²; at least a quarter of it.

    Ground is what can be seen from the middle of the cell: nothing that stops people now stands between, and no exit,
    for who has crossed one is counted no more. Where walls enclose the crowd this is what `measure` counts people on.
    It is sampled at points half a cell apart; `again` looks only where something may have opened or shut since.
    """
    h, disc2 = 0.5 * m.fh, m.disc**2
    r = int(m.disc / h)
    for iy in range(m.fny):
        for ix in range(m.fnx):
            x, y = m.fx0 + (ix + 0.5) * m.fh, m.fy0 + (iy + 0.5) * m.fh
            cell = cell_of(m, x, y)
            if again and not _may_change(g, cell):
                continue
            n, whole = 0, 0
            for jy in range(-r, r) if g.first[cell] < g.first[cell + 1] else range(0):
                for jx in range(-r, r):
                    dx, dy = (jx + 0.5) * h, (jy + 0.5) * h
                    if dx * dx + dy * dy <= disc2:
                        whole += 1
                        n += 0 if parted(g, cell, (x, y), (x + dx, y + dy)) else 1
            room[iy, ix] = math.pi * disc2 * (max(n / whole, 0.25) if whole > 0 else 1.0)


@kernel
def _may_change(g: Walls, cell: int) -> bool:
    """Tell whether a barrier, which opens and shuts, stands near a search cell."""
    for at in range(g.first[cell], g.first[cell + 1]):  # noqa: SIM110 (numba has no any() of a generator)
        if g.segment[g.item[at]].kind == SEG_BARRIER:
            return True
    return False
