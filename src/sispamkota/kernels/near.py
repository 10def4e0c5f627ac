"""Who is near whom: people sorted by cell, and for each a list of all within reach that stays good for some steps.

Source: cell lists and Verlet lists with a skin, as in molecular dynamics (Allen & Tildesley 1987, ch. 5).
"""

from ._compile import kernel
from .layout import Record
from .motion_layout import LED, People, X, Y

__all__ = ["cell_of", "list_neighbours", "sort_people"]

Near = tuple[float, float, float]  # squared radii of who is within reach and who is felt, m²; the period, m


@kernel
def cell_of(m: Record, x: float, y: float) -> int:
    """Return the search cell of a point; a point outside the grid belongs to the cell at its edge."""
    cx = min(max(int((x - m.x0) / m.cell), 0), m.nx - 1)
    cy = min(max(int((y - m.y0) / m.cell), 0), m.ny - 1)
    return cy * m.nx + cx


@kernel
def sort_people(m: Record, c: People) -> None:
    """Sort the people inside by the cell that they stand in, in a cell by their number (a counting sort)."""
    spot, person, cell, first, order, packed = c.spot, c.person, c.cell, c.first, c.order, c.packed
    cells = m.nx * m.ny
    for k in range(cells + 1):
        first[k] = 0
    for i in range(spot.shape[0]):
        if person[i].state <= LED:
            cell[i] = cell_of(m, spot[i, X], spot[i, Y])
            first[cell[i] + 1] += 1
    for k in range(cells):
        first[k + 1] += first[k]
    for i in range(spot.shape[0] - 1, -1, -1):
        if person[i].state <= LED:
            first[cell[i] + 1] -= 1
            k = first[cell[i] + 1]
            order[k] = i
            packed[k, X], packed[k, Y] = spot[i, X], spot[i, Y]
    for k in range(cells):  # each start was moved to its own cell's first: bring them back in line
        first[k] = first[k + 1]
    first[cells] = 0
    for i in range(spot.shape[0]):
        first[cells] += 1 if person[i].state <= LED else 0


@kernel
def _note(
    near: Record, at: int, span: tuple[int, int], order: Record, packed: Record, how: Near, found: tuple[int, int]
) -> tuple[int, int]:
    """Note who of a span of the order lies near the person at a place of it; (-1, -1) where the list is full.

    Each candidate is written down before it is known to count, and the count grows only if it does: a branch that
    nobody can foresee costs more than two writes.
    """
    x, y = packed[at, X], packed[at, Y]
    limit, close, period = how
    k, far = found
    most = near.shape[0]
    for other in range(span[0], span[1]):
        gx, gy = packed[other, X] - x, packed[other, Y] - y
        if period > 0.0:
            gx -= period * round(gx / period)
        d2 = gx * gx + gy * gy
        j = order[other]
        near[k] = j
        near[most - 1 - far] = j
        inside = (d2 < limit) & (other != at)
        felt = inside & (d2 < close)
        k += 1 if felt else 0
        far += 1 if inside and not felt else 0
        if k + far == most:
            return -1, -1
    return k, far


@kernel
def list_neighbours(m: Record, c: People) -> bool:
    """List for each person inside all others within reach and skin; false where a list is too short for them.

    A cell is as wide as reach and skin together, so that nine cells hold all neighbours; a corridor that closes on
    itself has its last column beside its first.
    """
    sort_people(m, c)
    near, count, first, order, packed, in_cell = c.near, c.count, c.first, c.order, c.packed, c.cell
    how = ((m.reach + m.skin) ** 2, (m.felt + m.skin) ** 2, m.period)
    wide, high = m.nx, m.ny
    for i in range(count.shape[0]):
        count[i, 0], count[i, 1] = 0, 0
    for at in range(first[wide * high]):
        i = order[at]
        cx, cy = in_cell[i] % wide, in_cell[i] // wide
        found = (0, 0)
        for row in range(max(cy - 1, 0), min(cy + 2, high)):
            if m.period > 0.0:
                for column in range(cx - 1, cx + 2):
                    cell = row * wide + column % wide
                    found = _note(near[i], at, (first[cell], first[cell + 1]), order, packed, how, found)
            else:
                span = (first[row * wide + max(cx - 1, 0)], first[row * wide + min(cx + 2, wide)])
                found = _note(near[i], at, span, order, packed, how, found)
            if found[0] < 0:
                return False
        count[i, 0], count[i, 1] = found
    m.slack = m.skin
    return True
