"""People who walk and stand: the collision-free speed model, one step at a time, held by walls, lines and doors.

Each person takes a direction, the desired one plus exponential repulsions of neighbours and walls, and in it the speed
that the distance to the next person ahead allows: V(s) = min(v0, max(0, (s − l)/T)). Source: Tordeux, Chraibi &
Seyfried (2016), "Collision-free speed model for pedestrian dynamics". All people are moved at once, from the positions
before the step, so their order does not matter. Standing people keep a distance of their own and shift a little.
"""

import math

from . import rng
from ._compile import kernel
from .gauge import measure
from .layout import Record
from .moods import change_moods, work_barriers
from .motion_layout import (
    EVENT,
    FREE,
    GO_FRONT,
    GO_OUT,
    LED,
    NOT_YET,
    OUT,
    PUSH_STEPS,
    STEPPED,
    TOO_CLOSE,
    VX,
    VY,
    Ground,
    People,
    X,
    Y,
)
from .near import list_neighbours
from .wall import counted, hold, pushed_by_walls

__all__ = ["advance_motion", "field_cell", "free_speed", "step_people"]

IDLE = 0.05  # m/s; who wants to go no faster stands
SELDOM = 5  # steps; who stands thinks about it only so often, and goes on as she did meanwhile
EASE = 1.0  # m; over which a walker slows down before the place where it stands


@kernel
def free_speed(mean: float, spread: float, seed: int, replicate: int, who: int) -> float:
    """Draw a free speed: normal, kept within two standard deviations, m/s (Weidmann 1993: 1.34 ± 0.26)."""
    k = 0
    while True:
        z = rng.normal(seed, replicate, rng.PERSON_SPEED, who, k)
        if -2.0 <= z <= 2.0:
            return mean + spread * z
        k += 1


@kernel
def field_cell(m: Record, x: float, y: float) -> tuple[int, int]:
    """Return row and column of the fields' cell of a point, at the edge for a point outside."""
    ix = min(max(int((x - m.fx0) / m.fh), 0), m.fnx - 1)
    iy = min(max(int((y - m.fy0) / m.fh), 0), m.fny - 1)
    return iy, ix


@kernel
def _sway(m: Record, p: Record) -> float:
    """Return the person's present stray angle, -1 to 1; a new one when the old one has lasted."""
    if m.now >= p.sway_until:
        u = rng.uniform(m.seed, m.replicate, rng.PERSON_SWAY, p.who, 2 * p.sways)
        v = rng.uniform(m.seed, m.replicate, rng.PERSON_SWAY, p.who, 2 * p.sways + 1)
        p.sways += 1
        p.sway = 2.0 * u - 1.0
        p.sway_x, p.sway_y = math.cos(m.sway_angle * p.sway), math.sin(m.sway_angle * p.sway)
        p.sway_until = m.now + m.sway_s * (0.5 + v)
    return p.sway


@kernel
def _wish(m: Record, p: Record, at_: tuple[float, float], far: Record, way: Record) -> tuple[float, float, float]:
    """Return where a person at a point would go, and how much of her free speed, were nobody else there."""
    iy, ix = field_cell(m, at_[0], at_[1])
    ex, ey = way[p.goal, iy, ix, 0], way[p.goal, iy, ix, 1]
    part = 1.0
    if p.goal != GO_OUT:
        part = min(1.0, max(0.0, (far[p.goal, iy, ix] - p.stand) / EASE))
    if ex == 0.0 and ey == 0.0:
        return 0.0, 0.0, 0.0
    if m.sway_angle > 0.0 and part > 0.0:
        _sway(m, p)
        ex, ey = ex * p.sway_x - ey * p.sway_y, ex * p.sway_y + ey * p.sway_x
    return ex, ey, part


@kernel
def _shift(m: Record, i: int, c: People) -> tuple[float, float, float]:
    """Let a person who stands shift: away from who is too near, a little by herself, never far."""
    p, spot, near = c.person[i], c.spot, c.near
    x, y = spot[i, X], spot[i, Y]
    angle = math.pi * (1.0 + _sway(m, p))
    wx, wy = 0.15 * math.cos(angle), 0.15 * math.sin(angle)
    for at in range(c.count[i, 0]):
        j = near[i, at]
        dx, dy = x - spot[j, X], y - spot[j, Y]
        d = math.sqrt(dx * dx + dy * dy)
        c.seen[at, 0], c.seen[at, 1] = dx, dy
        if 0.0 < d < p.space:
            wx += (p.space - d) / p.space * dx / d
            wy += (p.space - d) / p.space * dy / d
    size = math.sqrt(wx * wx + wy * wy)
    if size == 0.0:
        return 0.0, 0.0, 0.0
    wx, wy = wx / size, wy / size
    nearest = _spacing(m, i, c.spot, c.near, c.count, c.seen, (wx, wy, m.body))
    return wx, wy, min(m.idle_speed * min(1.0, size), max(0.0, (nearest - m.body) / m.time_gap))


@kernel
def _pushed_by_people(
    i: int, period: float, spot: Record, near: Record, n: int, seen: Record, push: Record
) -> tuple[float, float]:
    """Return the sum of neighbours' repulsions, push · exp((l − d)/range) away from each; note where they are."""
    x, y = spot[i, X], spot[i, Y]
    last = push.shape[0] - 1.5
    sx, sy = 0.0, 0.0
    for at in range(n):
        j = near[i, at]
        dx, dy = x - spot[j, X], y - spot[j, Y]
        if period > 0.0:
            dx -= period * round(dx / period)
        seen[at, 0], seen[at, 1] = dx, dy
        here = min((dx * dx + dy * dy) * PUSH_STEPS, last)  # the table ends with zeros: no branch to guess
        k = int(here)
        force = push[k] + (push[k + 1] - push[k]) * (here - k)
        sx += force * dx
        sy += force * dy
    return sx, sy


@kernel
def _spacing(
    m: Record, i: int, spot: Record, near: Record, count: Record, seen: Record, e: tuple[float, float, float]
) -> float:
    """Return the distance to the nearest person ahead whom a way so broad would touch, m; inf for none.

    `e` is the direction and that breadth. Who was close when the lists were made stands in
    `seen`; the others matter only where none of those is in the way.
    """
    ex, ey, broad = e
    best = math.inf
    for at in range(count[i, 0]):
        gx, gy = -seen[at, 0], -seen[at, 1]
        d2 = gx * gx + gy * gy
        meant = (gx * ex + gy * ey > 0.0) & (abs(ex * gy - ey * gx) <= broad)
        best = min(best, d2 if meant else math.inf)
    if best <= m.felt * m.felt:
        return math.sqrt(best)
    x, y, period, most = spot[i, X], spot[i, Y], m.period, near.shape[1]
    for at in range(most - count[i, 1], most):
        j = near[i, at]
        gx, gy = spot[j, X] - x, spot[j, Y] - y
        if period > 0.0:
            gx -= period * round(gx / period)
        d2 = gx * gx + gy * gy
        meant = (gx * ex + gy * ey > 0.0) & (abs(ex * gy - ey * gx) <= broad)
        best = min(best, d2 if meant else math.inf)
    return math.sqrt(best)


@kernel
def _breadth(m: Record, p: Record) -> float:
    """Return how broad a way a person needs: one who is stuck on the way out turns sideways, each after a while."""
    if p.goal == GO_OUT and p.stuck > m.stuck_s * (1.0 + 0.5 * p.sway):
        return m.body * m.sideways
    return m.body


@kernel
def _choose(m: Record, c: People, g: Ground) -> None:
    """Choose everyone's step: a direction, then the speed that the next person ahead allows, then the walls' word."""
    spot, body, person, near, count, seen = c.spot, c.body, c.person, c.near, c.count, c.seen
    cell, ahead, walls, far, way = c.cell, c.ahead, g.walls, g.far, g.way
    for i in range(spot.shape[0]):
        p = person[i]
        if p.state > LED:
            continue
        m.moves += 1
        here = (spot[i, X], spot[i, Y])
        thinks = (m.step + i) % SELDOM == 0
        if p.goal == GO_FRONT and p.stuck > 1.0 and not thinks:  # who stands behind others looks up now and then
            ahead[i, 0], ahead[i, 1] = here
            continue
        by_wall = walls.first[cell[i]] < walls.first[cell[i] + 1]
        ex, ey, part = _wish(m, p, here, far, way)
        free = part * body[i, FREE]
        if free <= IDLE and p.goal != GO_OUT:
            ex, ey, speed = body[i, VX], body[i, VY], 1.0
            if thinks or ex * ex + ey * ey > m.idle_speed * m.idle_speed:
                ex, ey, speed = _shift(m, i, c)
        else:
            if p.escorted == 0:
                sx, sy = _pushed_by_people(i, m.period, spot, near, count[i, 0], seen, g.push)
                ex, ey = ex + sx, ey + sy
            if by_wall:
                wx, wy = pushed_by_walls(m, walls, cell[i], here[0], here[1])
                ex, ey = ex + wx, ey + wy
            size = math.sqrt(ex * ex + ey * ey)
            ex, ey = (ex / size, ey / size) if size > 0.0 else (0.0, 0.0)
            length = max(m.body, p.space) if p.goal == GO_FRONT else m.body
            speed = m.escort * free  # who leads her away has people make room
            if p.escorted == 0:
                ahead_m = _spacing(m, i, spot, near, count, seen, (ex, ey, _breadth(m, p)))
                speed = min(free, max(0.0, (ahead_m - length) / m.time_gap))
        to = (here[0] + ex * speed * m.dt, here[1] + ey * speed * m.dt)
        if by_wall:
            held = hold(m, walls, cell[i], here, to)
            m.held += 1 if held != to else 0
            to = held
        ahead[i, 0], ahead[i, 1] = to


@kernel
def _commit(m: Record, c: People, g: Ground) -> None:
    """Move everyone at once; who has crossed an exit is out, and counted there."""
    body, spot, cell, first, most = c.body, c.spot, c.cell, g.walls.first, 0.0
    for i in range(body.shape[0]):
        p = c.person[i]
        if p.state > LED:
            continue
        x, y = spot[i, X], spot[i, Y]
        to = (c.ahead[i, 0], c.ahead[i, 1])
        if first[cell[i]] < first[cell[i] + 1] and (to[0] != x or to[1] != y):
            out = counted(g.walls, g.line, cell[i], (x, y), to)
            if out >= 0:
                p.state = OUT
                p.exit = out
                p.out_at = m.now + m.dt
                p.at_risk = 0
                c.cell[i] = -1
                m.n_out += 1
        vx, vy = (to[0] - x) / m.dt, (to[1] - y) / m.dt
        v2 = vx * vx + vy * vy
        most = max(most, v2)
        p.stuck = 0.0 if v2 > IDLE * IDLE else p.stuck + m.dt
        body[i, VX], body[i, VY] = vx, vy
        if m.period > 0.0:
            to = (to[0] - m.period * math.floor((to[0] - m.x0) / m.period), to[1])
        spot[i, X], spot[i, Y] = to
    m.slack -= 2.0 * math.sqrt(most) * m.dt


@kernel
def _let_in(m: Record, c: People, most: float) -> None:
    """Let those in whose time has come and whose place is free; the others wait outside."""
    for i in range(c.spot.shape[0]):
        p = c.person[i]
        if p.state != NOT_YET or p.enter_at > m.now:
            continue
        free = True
        for j in range(c.spot.shape[0]):
            if c.person[j].state <= LED:
                gap = math.hypot(c.spot[j, X] - c.spot[i, X], c.spot[j, Y] - c.spot[i, Y])
                free = free and gap >= most
        if free:
            p.state = p.begins
            m.n_in += 1
            m.slack = -1.0


@kernel
def step_people(m: Record, c: People, g: Ground) -> bool:
    """Move everyone by one step; false where people stand closer than the lists allow for."""
    if m.slack <= 0.0 and not list_neighbours(m, c):
        return False
    _choose(m, c, g)
    _commit(m, c, g)
    m.step += 1
    m.now = m.step * m.dt
    return True


@kernel
def advance_motion(m: Record, c: People, g: Ground, until: float) -> int:
    """Play to a time; come back sooner with EVENT where a barrier opened, shut or fell: the fields are then old.

    TOO_CLOSE says that more people stand about one than the lists hold, which no bodies of this breadth can.
    """
    while m.now < until - 0.5 * m.dt:
        if m.step % m.mood_every == 0 and m.step != m.mood_step:  # who comes back after an EVENT has had this round
            m.mood_step = m.step
            _let_in(m, c, m.body + 0.05)
            if m.slack <= 0.0 and not list_neighbours(m, c):
                return TOO_CLOSE
            change_moods(m, c, g)
            if work_barriers(m, c, g):
                return EVENT
        if not step_people(m, c, g):
            return TOO_CLOSE
        if m.step % m.gauge_every == 0:
            measure(m, c, g)
    return STEPPED
