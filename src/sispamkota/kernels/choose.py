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

__all__ = ["at_desk", "candidate", "explain", "missing", "nearest", "nearest_below", "waiting_job"]


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
    """Return the seconds in which a unit that may go is expected at a place: its median turnout, and the way."""
    unit = m.unit(w, u)
    t = reach(w, u, place)
    if unit.state == TURNOUT:
        return t + unit.due - w.now
    return t + m.unit_t(w, u).turnout if unit.state == IDLE and unit.place != place else t


@kernel
def nearest(w: Record, incident: Record, cap: int) -> int:
    """Return the suitable unit that would arrive first, or −1; ties by the lower unit.

    Units whose desk is held by people wait for their orders.
    """
    p = m.param(w, 0)
    best, soonest = -1, math.inf
    for u in range(w.units):
        ut = m.unit_t(w, u)
        if not can(ut, cap) or _standing(m.unit(w, u), ut, incident, p) != AVAILABLE or at_desk(w, ut):
            continue
        t = _expected(w, u, incident.place)
        if t < soonest:
            best, soonest = u, t
    return best


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
    for j in range(w.open):
        i = m.active(w, j).incident
        incident = m.incident(w, i)
        if incident.state != OPEN or incident.priority <= priority:
            continue
        if _standing(unit, ut, incident, p) != AVAILABLE:
            continue
        if missing(incident, ut) >= 0 and not math.isinf(reach(w, u, incident.place)):
            best, priority = i, incident.priority
    return best
