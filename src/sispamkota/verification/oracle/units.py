"""Units: how far away they are, who may be sent, and each step from the order to the way home (model.md §5)."""

from __future__ import annotations

import math

from .sim import Fault, Sim
from .terms import at
from .things import Incident, Place, Unit

__all__ = ["come_home", "decide", "depart", "dispatch", "go_on", "release", "standing"]


def _ways(sim: Sim, u: Unit, goal: Place) -> tuple[float, float]:
    """Give the seconds to a goal by way of the place a unit left (or stands at), and by way of where it is going."""
    back = sim.ride(u.vehicle, u.place, goal)
    if u.present:
        return back, math.inf
    return (sim.now - u.left) + back, (u.arrives - sim.now) + sim.ride(u.vehicle, u.to, goal)


def _turn(sim: Sim, u: Unit, goal: Place) -> float:
    """Turn a unit towards a goal by the sooner way and return when it arrives.

    A unit that goes on by way of where it was going counts from there at a later turn, as if it came from it.
    """
    back, onward = _ways(sim, u, goal)
    if not u.present:
        sim.tally.turned_onward += onward < back
        sim.tally.turned_back += onward >= back
    if onward < back:
        u.place, u.left = u.to, sim.now - (u.arrives - sim.now)
    elif u.present:
        u.left = sim.now
    u.to, u.arrives = goal, sim.now + min(back, onward)
    return u.arrives


def standing(sim: Sim, u: Unit, incident: Incident) -> int:
    """Say whether a unit's task and state let it take an incident, and if not, why."""
    ready = u.state == at.IDLE or (u.state == at.RETURN and u.redispatch)
    if not ready:
        return at.BUSY
    if u.task == at.TASK_GUARD and (u.state != at.IDLE or u.place is not incident.place):
        return at.GUARDS_ELSEWHERE
    if u.task == at.TASK_RESERVE and incident.priority < sim.p.reserve_priority:
        return at.HELD_IN_RESERVE
    return at.AVAILABLE


def _expected(sim: Sim, u: Unit, goal: Place) -> float:
    """Give the seconds until a unit is expected at a place: its usual turnout where it has to leave, and the way."""
    turnout = u.turnout if u.state == at.IDLE and u.place is not goal else 0.0
    return min(_ways(sim, u, goal)) + turnout


def _nearest(sim: Sim, incident: Incident, cap: int) -> Unit | None:
    """Find the suitable unit that would be there first, the lower row first among equals."""
    free = [u for u in sim.units if cap in u.caps and standing(sim, u, incident) == at.AVAILABLE]
    times = [(_expected(sim, u, incident.place), u.row) for u in free]
    soonest, row = min(times, default=(math.inf, -1))
    return sim.units[row] if math.isfinite(soonest) else None


def _explain(sim: Sim, incident: Incident, cap: int) -> None:
    """Note how every unit with a capability stands before a decision."""
    for u in sim.units:
        if cap in u.caps:
            why, t = standing(sim, u, incident), math.inf
            if why == at.AVAILABLE:
                t = _expected(sim, u, incident.place)
                why = at.NO_ROAD if math.isinf(t) else why
            sim.note(at.LOG_CONSIDER, incident.place, unit=u, incident=incident, a=why, b=t)


def decide(sim: Sim, incident: Incident) -> bool:
    """Fill each unmet requirement with the nearest suitable units; say whether anything is on its way or there."""
    for cap in range(at.CAPS):
        if incident.sent[cap] < incident.need[cap]:
            _explain(sim, incident, cap)
        while incident.sent[cap] < incident.need[cap]:
            u = _nearest(sim, incident, cap)
            if u is None:
                lacking = incident.need[cap] - incident.sent[cap]
                sim.note(at.LOG_UNMET, incident.place, incident=incident, a=cap, b=lacking)
                break
            dispatch(sim, u, incident, cap)
    return any(n > 0 for n in incident.sent)


def dispatch(sim: Sim, u: Unit, incident: Incident, cap: int) -> None:
    """Order a unit to an incident: it serves where it stands, turns out, or turns on the way home."""
    was_idle = u.state == at.IDLE
    incident.sent[cap] += u.counts(cap)
    incident.units += 1
    u.incident, u.cap = incident, cap
    u.orders += 1
    sim.note(at.LOG_DISPATCH, incident.place, unit=u, incident=incident, a=cap, b=u.counts(cap))
    if u.present and u.place is incident.place:
        u.state, u.to, u.due = at.TRAVEL, incident.place, sim.now
    elif was_idle:
        u.state, u.to = at.TURNOUT, incident.place
        delay = sim.luck.lognormal("unit.turnout", u.who, u.orders, median=u.turnout, spread=u.turnout_spread)
        u.due = sim.now + delay
    else:
        depart(sim, u, incident.place)


def depart(sim: Sim, u: Unit, goal: Place) -> None:
    """Set out for an incident."""
    u.due = _turn(sim, u, goal)
    u.present = False
    if math.isinf(u.due):
        raise Fault(at.UNREACHABLE)
    u.state = at.TRAVEL
    sim.note(at.LOG_DEPART, goal, unit=u, incident=u.incident, a=u.due - sim.now)


def release(sim: Sim, u: Unit) -> None:
    """Free a unit from its incident; what it does next is an event of its own, now."""
    incident, n = u.incident, u.counts(u.cap)
    if incident is not None:
        incident.units -= 1
        incident.sent[u.cap] -= n
        if u.state == at.SCENE:
            incident.there[u.cap] -= n
    u.incident, u.casualty = None, None
    u.state, u.due = at.FREED, sim.now
    sim.note(at.LOG_RELEASE, u.place, unit=u, incident=incident)


def go_on(sim: Sim, u: Unit) -> None:
    """Let a freed unit take what waits, else set out for home."""
    u.state = at.RETURN
    if u.redispatch and _take_waiting(sim, u):
        return
    u.due = _turn(sim, u, u.home)
    if math.isinf(u.due):
        raise Fault(at.UNREACHABLE)
    if u.place is not u.home:
        u.present = False


def come_home(sim: Sim, u: Unit) -> None:
    """Stand at the post again, and take what waits."""
    u.place, u.state, u.present, u.due = u.home, at.IDLE, True, math.inf
    sim.note(at.LOG_HOME, u.home, unit=u)
    _take_waiting(sim, u)


def _lacks(incident: Incident, u: Unit) -> int:
    """Find the first capability of a unit that an incident lacks, or −1."""
    short = (cap for cap in range(at.CAPS) if cap in u.caps and incident.sent[cap] < incident.need[cap])
    return next(short, -1)


def _take_waiting(sim: Sim, u: Unit) -> bool:
    """Give a free unit the gravest open incident that lacks it and that it can reach, the first called among equals."""
    jobs = [
        i
        for i in sim.active
        if i.state == at.OPEN and _lacks(i, u) >= 0 and standing(sim, u, i) == at.AVAILABLE
        if math.isfinite(min(_ways(sim, u, i.place)))
    ]
    if not jobs:
        return False
    job = max(jobs, key=lambda i: i.priority)  # the first of equals
    dispatch(sim, u, job, _lacks(job, u))
    return True
