"""Where a unit is: what its presence changes there, and how long every way takes.

A unit is present at its place from arrival to departure. A unit on its way can turn: back to the place it left, as long
as it has been gone, or on by way of the place it was going to, whichever is sooner.
"""

import math

import numpy as np

from . import crowd
from . import memory as m
from ._compile import kernel
from .layout import (
    AMBULANCE,
    CROWD_0,
    DIALOGUE,
    FIRE,
    GUARD,
    IDLE,
    LEVELS,
    NONE,
    ONE,
    RETURN,
    TRAFFIC,
    Record,
)

__all__ = ["amount", "appear", "become", "can", "reach", "set_out", "travel_time", "vanish"]


@kernel
def amount(ut: Record, cap: int) -> int:
    """Count what a unit adds to a requirement: vehicles for fire engines and ambulances, persons for the rest."""
    return 1 if cap == FIRE or cap == AMBULANCE else ut.people


@kernel
def can(ut: Record, cap: int) -> bool:
    """Say whether a unit has a capability."""
    return (ut.caps >> cap) & 1 == 1


@kernel
def travel_time(w: Record, vehicle: int, a: int, b: int) -> float:
    """Return the seconds from place a to place b by vehicle; 0 within one node, infinity where no road leads.

    The table is that of the streets as they are now open or closed; who is on the way keeps the time of departure.
    """
    na, nb = m.place(w, a).node, m.place(w, b).node
    if na == nb:
        return 0.0
    return np.float64(m.travel(w, ((w.streets * w.vehicles + vehicle) * w.nodes + na) * w.nodes + nb).s)


@kernel
def _presence(w: Record, u: int, sign: int) -> None:
    """Add a unit to the crowd at its place, or take it away."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    k = m.place(w, unit.place).crowd
    if k < 0:
        return
    c = crowd.touch(w, k)
    for level in range(LEVELS):
        if can(ut, CROWD_0 + level):
            c.officers[level] += sign * ut.effective
    if can(ut, DIALOGUE):
        c.negotiators += sign * ut.people
    if can(ut, GUARD):
        c.guards += sign * ut.effective
    if can(ut, TRAFFIC):
        c.diverters += sign * ut.people
    if unit.place == ut.home and ut.shown > 0:
        c.shown[ut.shown] += sign


@kernel
def appear(w: Record, u: int) -> None:
    """Make a unit present at its place."""
    if m.unit(w, u).present == 0:
        m.unit(w, u).present = 1
        _presence(w, u, ONE)


@kernel
def vanish(w: Record, u: int) -> None:
    """Make a unit absent from its place."""
    if m.unit(w, u).present == 1:
        m.unit(w, u).present = 0
        _presence(w, u, NONE)


@kernel
def become(w: Record, u: int, state: int) -> None:
    """Change a unit's state, and with it who stands idle at the posts and who may be turned on the way home."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    was = unit.state
    unit.state = state
    if was == IDLE and state != IDLE:
        w.idle_people -= ut.people
        w.idle_low = min(w.idle_low, w.idle_people)
        m.pool(w, ut.pool).idle -= 1
        _skip_busy(w, ut.pool)
    elif was == RETURN and state != RETURN and ut.redispatch == 1:
        w.homewards -= 1
        last = m.homeward(w, w.homewards).unit
        m.homeward(w, unit.homeward).unit = last
        m.unit(w, last).homeward = unit.homeward
    if state == IDLE and was != IDLE:
        w.idle_people += ut.people
        m.pool(w, ut.pool).idle += 1
        m.pool(w, ut.pool).low = min(m.pool(w, ut.pool).low, ut.number)
    elif state == RETURN and was != RETURN and ut.redispatch == 1:
        m.homeward(w, w.homewards).unit = u
        unit.homeward = w.homewards
        w.homewards += 1


@kernel
def _skip_busy(w: Record, k: int) -> None:
    """Move a pool's mark of its first idle unit past those who are busy."""
    pool, pt = m.pool(w, k), m.pool_t(w, k)
    while pool.low < pt.units and m.unit(w, m.member(w, pt.first + pool.low).unit).state != IDLE:
        pool.low += 1


@kernel
def _back(w: Record, u: int, goal: int) -> float:
    """Return the seconds from where a unit is to a goal, by way of the place it counts from.

    `left` is when it was or will be there: a unit that has turned passes its place in the future.
    """
    unit, vehicle = m.unit(w, u), m.unit_t(w, u).vehicle
    gone = abs(w.now - unit.left) if unit.present == 0 else 0.0
    return gone + travel_time(w, vehicle, unit.place, goal)


@kernel
def _onward(w: Record, u: int, goal: int) -> float:
    """Return the seconds from where a moving unit is to a goal, by way of the place it is going to."""
    unit, vehicle = m.unit(w, u), m.unit_t(w, u).vehicle
    return math.inf if unit.present == 1 else unit.arrives - w.now + travel_time(w, vehicle, unit.to, goal)


@kernel
def reach(w: Record, u: int, goal: int) -> float:
    """Return the seconds a unit needs to a goal from where it is now, moving or not."""
    return min(_back(w, u, goal), _onward(w, u, goal))


@kernel
def set_out(w: Record, u: int, goal: int) -> float:
    """Turn a unit towards a goal and return when it arrives; a later turn counts from the place that it goes by."""
    unit = m.unit(w, u)
    back, onward = _back(w, u, goal), _onward(w, u, goal)
    if onward < back:
        unit.left = unit.arrives
        unit.place = unit.to
    elif unit.present == 1:
        unit.left = w.now
    else:
        unit.left = w.now + abs(w.now - unit.left)
    unit.to = goal
    unit.arrives = w.now + min(back, onward)
    return unit.arrives
