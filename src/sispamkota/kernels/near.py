"""Who is near whom: people chained by cell, and for each a list of all within reach that stays good for some steps.

Source: cell lists and Verlet lists with a skin, as in molecular dynamics (Allen & Tildesley 1987, ch. 5).
"""

from ._compile import kernel
from .layout import Record
from .motion_layout import LED, People

__all__ = ["cell_of", "chain_people", "list_neighbours"]


@kernel
def cell_of(m: Record, x: float, y: float) -> int:
    """Return the search cell of a point; a point outside the grid belongs to the cell at its edge."""
    cx = min(max(int((x - m.x0) / m.cell), 0), m.nx - 1)
    cy = min(max(int((y - m.y0) / m.cell), 0), m.ny - 1)
    return cy * m.nx + cx


@kernel
def chain_people(m: Record, c: People) -> None:
    """Chain the people inside by the cell that they stand in; the highest number comes first."""
    for i in range(c.head.shape[0]):
        c.head[i] = -1
    for i in range(c.spot.shape[0]):
        if c.person[i].state <= LED:
            cell = cell_of(m, c.spot[i, 0], c.spot[i, 1])
            c.cell[i] = cell
            c.next_[i] = c.head[cell]
            c.head[cell] = i


@kernel
def list_neighbours(m: Record, c: People) -> bool:
    """List for each person inside all others within reach and skin; false where a list is too short for them.

    A cell is as wide as reach and skin together, so that nine cells hold all neighbours; a corridor that closes on
    itself has its last column beside its first.
    """
    chain_people(m, c)
    limit, close = (m.reach + m.skin) ** 2, (m.felt + m.skin) ** 2
    most, period = c.near.shape[1], m.period
    for i in range(c.spot.shape[0]):
        c.count[i, 0], c.count[i, 1] = 0, 0
        if c.person[i].state > LED:
            continue
        x, y = c.spot[i, 0], c.spot[i, 1]
        cell = c.cell[i]
        cx, cy = cell % m.nx, cell // m.nx
        k, far = 0, 0
        for row in range(max(cy - 1, 0), min(cy + 2, m.ny)):
            for column in range(cx - 1, cx + 2):
                at = column
                if m.period > 0.0:
                    at = column % m.nx
                elif column < 0 or column >= m.nx:
                    continue
                j = c.head[row * m.nx + at]
                while j >= 0:
                    gx, gy = c.spot[j, 0] - x, c.spot[j, 1] - y
                    if period > 0.0:
                        gx -= period * round(gx / period)
                    d2 = gx * gx + gy * gy
                    if j != i and d2 < limit:
                        if k + far == most:
                            return False
                        if d2 < close:
                            c.near[i, k] = j
                            k += 1
                        else:
                            far += 1
                            c.near[i, most - far] = j
                    j = c.next_[j]
        c.count[i, 0], c.count[i, 1] = k, far
    m.slack = m.skin
    return True
