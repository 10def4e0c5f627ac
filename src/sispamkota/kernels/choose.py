"""Who could be sent: how each unit stands before a decision, who is nearest, what a free unit should take."""

import math

from . import log
from . import memory as m
from ._compile import kernel
from .layout import (
    AT_A_DESK,
    AVAILABLE,
    BUSY,
    CAPS,
    GUARDS_ELSEWHERE,
    HELD_IN_RESERVE,
    IDLE,
    LOG_CONSIDER,
    NO_ROAD,
    NOT_IN_CITY,
    OFF_DUTY,
    OPEN,
    OUTSIDE,
    RESTS,
    RETURN,
    SCENE,
    SERVES_LOWER,
    TASK_GUARD,
    TASK_RESERVE,
    TRAVEL,
    TURNOUT,
    UNREST,
    Record,
)
from .stand import can, reach, travel_time

__all__ = ["at_desk", "candidate", "explain", "lacks", "missing", "nearest", "nearest_below", "waiting_job"]


@kernel
def at_desk(w: Record, ut: Record) -> bool:
    """Say whether people, and not the policy, give this unit its orders."""
    return (w.desks >> ut.desk) & 1 == 1


@kernel
def _standing(unit: Record, ut: Record, incident: Record, p: Record) -> int:
    """Say whether the posting lets a unit take an incident: guards stay, the reserve waits for the graver ones."""
    if unit.state == OUTSIDE:
        return NOT_IN_CITY
    if unit.state == OFF_DUTY or (unit.relieved == 1 and unit.state != IDLE and unit.incident < 0):
        return RESTS
    if unit.state != IDLE and not (unit.state == RETURN and ut.redispatch == 1):
        return BUSY
    return _posted(ut.task, unit.place == incident.place and unit.state == IDLE, incident, p)


@kernel
def _posted(task: int, there: bool, incident: Record, p: Record) -> int:
    """Say what a task lets a unit do that stands where it is asked for, or does not."""
    if task == TASK_GUARD and incident.priority < p.guard_priority:
        return AVAILABLE if there else GUARDS_ELSEWHERE
    if task == TASK_RESERVE and incident.priority < p.reserve_priority:
        return HELD_IN_RESERVE
    return AVAILABLE


@kernel
def _expected(w: Record, u: int, place: int) -> float:
    """Return the seconds in which a unit that may go is expected at a place: its turnout if it must leave, and the way.

    The turnout is the median, or what is left of one that has begun.
    """
    unit = m.unit(w, u)
    t = reach(w, u, place)
    if unit.place == place:
        return t
    if unit.state == TURNOUT:
        return t + unit.due - w.now
    return t + m.unit_t(w, u).turnout if unit.state == IDLE else t


@kernel
def nearest(w: Record, incident: Record, cap: int) -> int:
    """Return the suitable unit that would arrive first, or −1; ties by the lower unit.

    Units whose desk is held by people wait for their orders. Of a pool's idle units only the first is looked at: the
    others would arrive with it.
    """
    best, soonest = -1, math.inf
    for k in range(w.pools):
        pool, pt = m.pool(w, k), m.pool_t(w, k)
        if pool.idle == 0 or (pt.caps >> cap) & 1 == 0 or _kept(w, pt, incident):
            continue
        t = 0.0 if pt.home == incident.place else travel_time(w, pt.vehicle, pt.home, incident.place) + pt.turnout
        if t <= soonest:
            u = m.member(w, pt.first + pool.low).unit
            if t < soonest or u < best:
                best, soonest = u, t
    for j in range(w.homewards):
        u = m.homeward(w, j).unit
        if can(m.unit_t(w, u), cap):
            best, soonest = _sooner(w, u, incident, best, soonest)
    return best


@kernel
def _kept(w: Record, pt: Record, incident: Record) -> bool:
    """Say whether the idle units of a pool may not go: guards elsewhere, a reserve, a desk that people hold."""
    held = (w.desks >> pt.desk) & 1 == 1
    return held or _posted(pt.task, pt.home == incident.place, incident, m.param(w, 0)) != AVAILABLE


@kernel
def _sooner(w: Record, u: int, incident: Record, best: int, soonest: float) -> tuple[int, float]:
    """Return the better of the best unit so far and another one, and in how many seconds it would be there."""
    ut = m.unit_t(w, u)
    if at_desk(w, ut) or _standing(m.unit(w, u), ut, incident, m.param(w, 0)) != AVAILABLE:
        return best, soonest
    t = _expected(w, u, incident.place)
    if t < soonest or (t == soonest and u < best):
        return u, t
    return best, soonest


@kernel
def _yields(w: Record, u: int, incident: Record) -> bool:
    """Say whether a unit may be taken from what it does for something graver: never from work begun with people."""
    unit = m.unit(w, u)
    if unit.incident < 0 or m.incident(w, unit.incident).priority >= incident.priority:
        return False
    ut = m.unit_t(w, u)
    if (ut.task == TASK_GUARD and incident.priority < m.param(w, 0).guard_priority) or ut.redispatch == 0:
        return False
    if unit.state == TURNOUT or unit.state == TRAVEL:
        return True
    return unit.state == SCENE and m.kind(w, m.incident(w, unit.incident).kind).model == UNREST


@kernel
def nearest_below(w: Record, incident: Record, cap: int) -> int:
    """Return the unit that would arrive first of those who serve something less grave, or −1."""
    best, soonest = -1, math.inf
    for u in range(w.units):
        if not can(m.unit_t(w, u), cap) or not _yields(w, u, incident) or at_desk(w, m.unit_t(w, u)):
            continue
        t = _expected(w, u, incident.place)
        if t < soonest:
            best, soonest = u, t
    return best


@kernel
def candidate(w: Record, u: int, incident: Record) -> tuple[int, float]:
    """Say how a unit stands before a decision, and in how many seconds it would be there (infinite where it is not)."""
    p, ut = m.param(w, 0), m.unit_t(w, u)
    standing = _standing(m.unit(w, u), ut, incident, p)
    if standing == BUSY and p.retask > 0.5 and _yields(w, u, incident):
        standing = SERVES_LOWER
    if at_desk(w, ut):
        standing = AT_A_DESK
    t = math.inf
    if standing == AVAILABLE or standing == SERVES_LOWER:
        t = _expected(w, u, incident.place)
        standing = NO_ROAD if math.isinf(t) else standing
    return standing, t


@kernel
def explain(w: Record, i: int, cap: int) -> None:
    """Log every unit with a capability as it stands before a decision: available and when, or why it is not."""
    incident = m.incident(w, i)
    for u in range(w.units):
        if can(m.unit_t(w, u), cap):
            standing, t = candidate(w, u, incident)
            log.note(w, LOG_CONSIDER, incident.place, u, i, float(standing), t)


@kernel
def lacks(incident: Record) -> bool:
    """Say whether an incident asks for more than has been sent to it."""
    short = 0
    for cap in range(CAPS):
        short += 1 if incident.sent[cap] < incident.need[cap] else 0
    return short > 0


@kernel
def missing(incident: Record, ut: Record) -> int:
    """Return the first capability of a unit that an incident still lacks, or −1."""
    for cap in range(CAPS):
        if incident.sent[cap] < incident.need[cap] and can(ut, cap):
            return cap
    return -1


@kernel
def waiting_job(w: Record, u: int) -> int:
    """Return the incident that a free unit should take, highest priority first, then first called; −1 if none."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    p = m.param(w, 0)
    best, priority = -1, -1
    if w.lacking == 0:
        return best
    w.lacking = 0
    after = w.first_open
    while after >= 0:
        i = after
        incident = m.incident(w, i)
        after = incident.after
        if incident.state != OPEN or not lacks(incident):
            continue
        w.lacking = 1
        if incident.priority <= priority:
            continue
        if _standing(unit, ut, incident, p) != AVAILABLE:
            continue
        if missing(incident, ut) >= 0 and not math.isinf(reach(w, u, incident.place)):
            best, priority = i, incident.priority
    return best
