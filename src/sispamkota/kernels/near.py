"""Who is near whom: people sorted by cell, and for each a list of all within reach that stays good for some steps.

Source: cell lists and Verlet lists with a skin, as in molecular dynamics (Allen & Tildesley 1987, ch. 5).
"""

from ._compile import kernel
from .layout import Record
from .motion_layout import LED, People, X, Y

__all__ = ["cell_of", "list_neighbours", "sort_people"]


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
def list_neighbours(m: Record, c: People) -> bool:
    """List for each person inside all others within reach and skin; false where a list is too short for them.

    A cell is as wide as reach and skin together, so that nine cells hold all neighbours; a corridor that closes on
    itself has its last column beside its first.
    """
    sort_people(m, c)
    spot, near, count, first, order, packed = c.spot, c.near, c.count, c.first, c.order, c.packed
    limit, close = (m.reach + m.skin) ** 2, (m.felt + m.skin) ** 2
    most, period, wide, high = near.shape[1], m.period, m.nx, m.ny
    for i in range(spot.shape[0]):
        count[i, 0], count[i, 1] = 0, 0
        if c.person[i].state > LED:
            continue
        x, y = spot[i, X], spot[i, Y]
        cx, cy = c.cell[i] % wide, c.cell[i] // wide
        k, far = 0, 0
        for row in range(max(cy - 1, 0), min(cy + 2, high)):
            for column in range(cx - 1, cx + 2):
                if period == 0.0 and (column < 0 or column >= wide):
                    continue
                cell = row * wide + column % wide
                for at in range(first[cell], first[cell + 1]):
                    gx, gy = packed[at, X] - x, packed[at, Y] - y
                    if period > 0.0:
                        gx -= period * round(gx / period)
                    d2 = gx * gx + gy * gy
                    if d2 >= limit or order[at] == i:
                        continue
                    if k + far == most:
                        return False
                    if d2 < close:
                        near[i, k] = order[at]
                        k += 1
                    else:
                        far += 1
                        near[i, most - far] = order[at]
        count[i, 0], count[i, 1] = k, far
    m.slack = m.skin
    return True
