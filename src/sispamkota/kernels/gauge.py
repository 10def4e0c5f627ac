"""What is measured of a scene: density about each person, a proxy of pressure, and who is at risk.

Density is the people within a disc of 1 m about a person, herself counted, over the open ground in it; who stands
behind a wall counts as little as the ground there. Pressure is that density times the variance of their velocities,
1/s²: a proxy, not a force. Source: Helbing, Johansson & Al-Abideen (2007), "Dynamics of crowd disasters"; it found
turbulence from 0.02 /s² on.
"""

import math

from ._compile import kernel
from .layout import Record
from .motion_layout import GO_FRONT, GO_PRESS, HX, HY, LED, VIOLENT, VX, VY, Ground, People, Walls, X, Y
from .near import cell_of
from .wall import parted

__all__ = ["density_map", "measure", "take_people"]

HALF_TURN = 128  # steps of a heading
TURN = 0.7  # of the way to a new heading in half a second


@kernel
def _about(m: Record, i: int, c: People, walls: Walls) -> tuple[int, float]:
    """Count the people within the disc about a person, and return the variance of their velocities, (m/s)²."""
    body, spot = c.body, c.spot
    cell = cell_of(m, spot[i, X], spot[i, Y])
    by_wall = walls.first[cell] < walls.first[cell + 1]
    n, sx, sy, s2 = 1, body[i, VX], body[i, VY], body[i, VX] ** 2 + body[i, VY] ** 2
    for at in range(c.count[i, 0]):
        j = c.near[i, at]
        dx, dy = spot[j, X] - spot[i, X], spot[j, Y] - spot[i, Y]
        if m.period > 0.0:
            dx -= m.period * round(dx / m.period)
        if c.cell[j] >= 0 and dx * dx + dy * dy <= m.disc * m.disc:
            x, y = spot[i, X], spot[i, Y]
            if by_wall and parted(walls, cell, (x, y), (x + dx, y + dy)):
                continue
            n += 1
            sx += body[j, VX]
            sy += body[j, VY]
            s2 += body[j, VX] ** 2 + body[j, VY] ** 2
    return n, max(0.0, s2 / n - (sx / n) ** 2 - (sy / n) ** 2)


@kernel
def _face(m: Record, c: People, g: Ground, i: int) -> None:
    """Turn a person's face, for the eye: walkers look where they go, standing people towards what they came for."""
    body, spot, p = c.body, c.spot, c.person[i]
    fx, fy = body[i, VX], body[i, VY]
    size = math.sqrt(fx * fx + fy * fy)
    if size < 0.3:
        ix = min(max(int((spot[i, X] - m.fx0) / m.fh), 0), m.fnx - 1)
        iy = min(max(int((spot[i, Y] - m.fy0) / m.fh), 0), m.fny - 1)
        goal = GO_PRESS if p.goal == GO_FRONT else p.goal  # a gathering has come for the office, not for its own front
        fx, fy = g.way[goal, iy, ix, 0], g.way[goal, iy, ix, 1]
        size = math.sqrt(fx * fx + fy * fy)
        if size == 0.0:
            return
    hx = body[i, HX] + TURN * (fx / size - body[i, HX])
    hy = body[i, HY] + TURN * (fy / size - body[i, HY])
    size = math.sqrt(hx * hx + hy * hy)
    if size > 0.0:
        body[i, HX], body[i, HY] = hx / size, hy / size


@kernel
def measure(m: Record, c: People, g: Ground) -> None:
    """Measure density and pressure about everyone inside; flag a density above the threshold before anything else."""
    m.at_risk = 0
    span = m.gauge_every * m.dt
    for i in range(c.spot.shape[0]):
        p = c.person[i]
        if p.state > LED:
            continue
        x, y = c.spot[i, X], c.spot[i, Y]
        ix = min(max(int((x - m.fx0) / m.fh), 0), m.fnx - 1)
        iy = min(max(int((y - m.fy0) / m.fh), 0), m.fny - 1)
        n, variance = _about(m, i, c, g.walls)
        _face(m, c, g, i)
        p.density = n / g.room[iy, ix]
        p.pressure = p.density * variance
        p.at_risk = 1 if p.density > m.crush else 0
        if p.at_risk:
            m.at_risk += 1
            m.at_risk_s += span
            if m.crush_at == math.inf:
                m.crush_at, m.crush_x, m.crush_y = m.now, x, y
        m.densest = max(m.densest, p.density)
        m.pressed = max(m.pressed, p.pressure)
    m.at_risk_most = max(m.at_risk_most, m.at_risk)


@kernel
def take_people(m: Record, c: People, unit: float, at_: tuple[Record, Record, Record]) -> tuple[int, int]:
    """Take a frame of everyone; return how many are inside, and how many of them are violent.

    `at_` is a frame's places (people, 2) in steps of `unit` metres from the fields' corner, -1 for who is not inside,
    states and headings (people,), 256 a full turn.
    """
    xy, state, heading = at_
    inside, violent = 0, 0
    for i in range(c.spot.shape[0]):
        now = c.person[i].state
        state[i] = now
        heading[i] = round(math.atan2(c.body[i, HY], c.body[i, HX]) * HALF_TURN / math.pi) % (2 * HALF_TURN)
        xy[i, X], xy[i, Y] = -1, -1
        if now <= LED:
            inside += 1
            violent += 1 if now == VIOLENT else 0
            xy[i, X] = round((c.spot[i, X] - m.fx0) / unit)
            xy[i, Y] = round((c.spot[i, Y] - m.fy0) / unit)
    return inside, violent


@kernel
def density_map(m: Record, c: People, g: Ground, out: Record) -> None:
    """Measure density at points of a grid, out (rows, columns) persons/m², each the middle of a square of 1 m.

    The grid starts where the fields do.
    """
    r2 = m.disc * m.disc
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            out[row, column] = 0.0
    for i in range(c.spot.shape[0]):
        if c.person[i].state > LED:
            continue
        x, y = c.spot[i, X] - m.fx0, c.spot[i, Y] - m.fy0
        here = (c.spot[i, X], c.spot[i, Y])
        cell = cell_of(m, here[0], here[1])
        by_wall = g.walls.first[cell] < g.walls.first[cell + 1]
        for row in range(max(int(y) - 1, 0), min(int(y) + 2, out.shape[0])):
            for column in range(max(int(x) - 1, 0), min(int(x) + 2, out.shape[1])):
                if (row + 0.5 - y) ** 2 + (column + 0.5 - x) ** 2 > r2:
                    continue
                if not by_wall or not parted(g.walls, cell, here, (m.fx0 + column + 0.5, m.fy0 + row + 0.5)):
                    out[row, column] += 1.0
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            if out[row, column] > 0.0:
                iy = min(int((row + 0.5) / m.fh), m.fny - 1)
                ix = min(int((column + 0.5) / m.fh), m.fnx - 1)
                out[row, column] /= g.room[iy, ix]
