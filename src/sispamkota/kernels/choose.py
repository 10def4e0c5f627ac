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
from .stand import can, reach

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
    if ut.task == TASK_GUARD and incident.priority < p.guard_priority:
        return AVAILABLE if unit.place == incident.place and unit.state == IDLE else GUARDS_ELSEWHERE
    if ut.task == TASK_RESERVE and incident.priority < p.reserve_priority:
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

    Units whose desk is held by people wait for their orders. A unit that stands idle as the last one looked at, at the
    same place and as quick, would arrive with it and is passed over.
    """
    p = m.param(w, 0)
    best, soonest, last = -1, math.inf, -1
    for u in range(w.units):
        unit = m.unit(w, u)
        if unit.state != IDLE and unit.state != RETURN:
            continue
        ut = m.unit_t(w, u)
        if not can(ut, cap) or _standing(unit, ut, incident, p) != AVAILABLE or at_desk(w, ut):
            continue
        if last >= 0 and unit.state == IDLE and _alike(w, u, last):
            continue
        t = _expected(w, u, incident.place)
        if t < soonest:
            best, soonest = u, t
        last = u if unit.state == IDLE else -1
    return best


@kernel
def _alike(w: Record, u: int, v: int) -> bool:
    """Say whether two idle units stand at one place and are as quick to turn out and to drive."""
    a, b = m.unit_t(w, u), m.unit_t(w, v)
    return m.unit(w, u).place == m.unit(w, v).place and a.vehicle == b.vehicle and a.turnout == b.turnout


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
    for j in range(w.open):
        i = m.active(w, j).incident
        incident = m.incident(w, i)
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
