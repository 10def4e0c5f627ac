"""Units: how far away they are, who may be sent, and each step from the order to the way home (model.md §5)."""

from __future__ import annotations

import math

from .sim import Fault, Sim
from .terms import at
from .things import Incident, Place, Unit

__all__ = [
    "ask_again",
    "come_home",
    "come_on",
    "decide",
    "depart",
    "dispatch",
    "duty_step",
    "go_on",
    "reinforce",
    "release",
    "standing",
    "start_duty",
]


def _ways(sim: Sim, u: Unit, goal: Place) -> tuple[float, float]:
    """Give the seconds to a goal by way of the place a unit left (or stands at), and by way of where it is going.

    `left` is when it is at `place`: before now where it left it, after now where it has turned and will yet pass it.
    """
    back = sim.ride(u.vehicle, u.place, goal)
    if u.present:
        return back, math.inf
    return abs(sim.now - u.left) + back, (u.arrives - sim.now) + sim.ride(u.vehicle, u.to, goal)


def _turn(sim: Sim, u: Unit, goal: Place) -> float:
    """Turn a unit towards a goal by the sooner way and return when it arrives; a later turn counts from that way."""
    back, onward = _ways(sim, u, goal)
    if not u.present:
        sim.tally.turned_onward += onward < back
        sim.tally.turned_back += onward >= back
    if onward < back:
        u.place, u.left = u.to, u.arrives
    elif u.present:
        u.left = sim.now
    elif u.left < sim.now:  # it will be there in as long as it has been gone
        u.left = sim.now + (sim.now - u.left)
    u.to, u.arrives = goal, sim.now + min(back, onward)
    return u.arrives


def standing(sim: Sim, u: Unit, incident: Incident) -> int:
    """Say whether a unit's duty, task and state let it take an incident, and if not, why."""
    if u.state == at.OUTSIDE:
        return at.NOT_IN_CITY
    if u.state == at.OFF_DUTY or (u.relieved and u.incident is None):
        return at.RESTS
    ready = u.state == at.IDLE or (u.state == at.RETURN and u.redispatch)
    if not ready:
        return at.BUSY
    if _stays(sim, u, incident) and (u.state != at.IDLE or u.place is not incident.place):
        return at.GUARDS_ELSEWHERE
    if u.task == at.TASK_RESERVE and incident.priority < sim.p.reserve_priority:
        return at.HELD_IN_RESERVE
    return at.AVAILABLE


def _stays(sim: Sim, u: Unit, incident: Incident) -> bool:
    """Say whether a guard is not to leave its post for an incident."""
    return u.task == at.TASK_GUARD and incident.priority < sim.p.guard_priority


def _yields(sim: Sim, u: Unit, incident: Incident) -> bool:
    """Say whether a unit may be taken from something less grave: on the way to it, or from a crowd."""
    old = u.incident
    if old is None or old.priority >= incident.priority or _stays(sim, u, incident) or not u.redispatch:
        return False
    return u.state in (at.TURNOUT, at.TRAVEL) or (u.state == at.SCENE and old.kind.model == at.UNREST)


def _expected(sim: Sim, u: Unit, goal: Place) -> float:
    """Give the seconds until a unit is expected at a place: the turnout where it has to leave, and the way.

    The turnout is the usual one, or what is left of one that has begun.
    """
    turnout = 0.0
    if u.place is not goal:
        turnout = u.turnout if u.state == at.IDLE else u.due - sim.now if u.state == at.TURNOUT else 0.0
    return min(_ways(sim, u, goal)) + turnout


def _nearest(sim: Sim, incident: Incident, units: list[Unit]) -> Unit | None:
    """Find which of some units would be there first, the lower row first among equals; none whom people command."""
    times = [(_expected(sim, u, incident.place), u.row) for u in units if u.desk not in sim.desks]
    soonest, row = min(times, default=(math.inf, -1))
    return sim.units[row] if math.isfinite(soonest) else None


def _explain(sim: Sim, incident: Incident, cap: int) -> None:
    """Note how every unit with a capability stands before a decision."""
    for u in sim.units:
        if cap in u.caps:
            why, t = standing(sim, u, incident), math.inf
            if why == at.BUSY and sim.p.retask > 0.5 and _yields(sim, u, incident):
                why = at.SERVES_LOWER
            if u.desk in sim.desks:
                why = at.AT_A_DESK
            if why in (at.AVAILABLE, at.SERVES_LOWER):
                t = _expected(sim, u, incident.place)
                why = at.NO_ROAD if math.isinf(t) else why
            sim.note(at.LOG_CONSIDER, incident.place, unit=u, incident=incident, a=why, b=t)


def decide(sim: Sim, incident: Incident) -> bool:
    """Fill each unmet requirement with the nearest suitable units; say whether anything is on its way or there."""
    for cap in range(at.CAPS):
        if incident.sent[cap] < incident.need[cap]:
            _explain(sim, incident, cap)
        while incident.sent[cap] < incident.need[cap]:
            able = [u for u in sim.units if cap in u.caps]
            u = _nearest(sim, incident, [u for u in able if standing(sim, u, incident) == at.AVAILABLE])
            if u is None and sim.p.retask > 0.5:
                u = _nearest(sim, incident, [u for u in able if _yields(sim, u, incident)])
            if u is None:
                lacking = incident.need[cap] - incident.sent[cap]
                sim.note(at.LOG_UNMET, incident.place, incident=incident, a=cap, b=lacking)
                break
            if u.incident is None:
                dispatch(sim, u, incident, cap)
            else:
                _retask(sim, u, incident, cap)
    return any(n > 0 for n in incident.sent)


def dispatch(sim: Sim, u: Unit, incident: Incident, cap: int) -> None:
    """Order a unit to an incident: it serves where it stands, turns out, or turns on the way home."""
    was_idle = u.state == at.IDLE
    _order(sim, u, incident, cap)
    if u.present and u.place is incident.place:
        u.state, u.to, u.due = at.TRAVEL, incident.place, sim.now
    elif was_idle and u.turnout > 0.0:
        u.state, u.to = at.TURNOUT, incident.place
        delay = sim.luck.lognormal("unit.turnout", u.who, u.orders, median=u.turnout, spread=u.turnout_spread)
        u.due = sim.now + delay
    else:
        depart(sim, u, incident.place)


def _order(sim: Sim, u: Unit, incident: Incident, cap: int) -> None:
    """Count a unit as sent."""
    incident.sent[cap] += u.counts(cap)
    incident.units += 1
    u.incident, u.cap = incident, cap
    u.orders += 1
    sim.note(at.LOG_DISPATCH, incident.place, unit=u, incident=incident, a=cap, b=u.counts(cap))


def _retask(sim: Sim, u: Unit, incident: Incident, cap: int) -> None:
    """Take a unit from something less grave, which asks again; a turnout that has begun goes on."""
    old, turnout = u.incident, (u.due if u.state == at.TURNOUT else None)
    sim.tally.retasked += 1
    sim.note(at.LOG_RETASK, incident.place, unit=u, incident=old, a=incident.row)
    release(sim, u)
    if turnout is None or u.place is incident.place:
        dispatch(sim, u, incident, cap)
    else:
        _order(sim, u, incident, cap)
        u.state, u.to, u.due = at.TURNOUT, incident.place, turnout
    if old is not None:
        ask_again(sim, old)


def ask_again(sim: Sim, incident: Incident) -> None:
    """Have an incident decided anew, now; a call that is not yet understood will be decided anyway."""
    if incident.state == at.OPEN:
        incident.due = sim.now


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
    if u.redispatch and not u.relieved and _take_waiting(sim, u):
        return
    u.due = _turn(sim, u, u.home)
    if math.isinf(u.due):
        raise Fault(at.UNREACHABLE)
    if u.place is not u.home:
        u.present = False


def come_home(sim: Sim, u: Unit) -> None:
    """Stand at the post, and take what waits; who was relieved meanwhile goes off duty."""
    if u.state == at.OUTSIDE:
        u.duty_from = sim.now
    u.place, u.state, u.present, u.due = u.home, at.IDLE, True, math.inf
    sim.note(at.LOG_HOME, u.home, unit=u)
    if u.relieved:
        _go_off(sim, u)
    else:
        _take_waiting(sim, u)


def _go_off(sim: Sim, u: Unit) -> None:
    """Leave duty, at the post; the rest begins."""
    sim.tally.duty_longest = max(sim.tally.duty_longest, sim.now - u.duty_from)
    u.state, u.present, u.duty_from = at.OFF_DUTY, False, sim.now
    sim.note(at.LOG_OFF_DUTY, u.home, unit=u)


def come_on(sim: Sim, u: Unit) -> None:
    """Come on duty, at the post, and take what waits."""
    u.state, u.present, u.duty_from, u.due = at.IDLE, True, sim.now, math.inf
    sim.note(at.LOG_ON_DUTY, u.home, unit=u)
    _take_waiting(sim, u)


def start_duty(sim: Sim, u: Unit) -> None:
    """Begin as the roster says; who starts off duty has rested long enough, who is outside the city has no roster."""
    start, length, every = u.duty
    if u.task == at.TASK_BKO:
        u.state, u.present = at.OUTSIDE, False
    elif 0.0 < length < every:
        since = (sim.p.start_hour * 3600.0 - start) % every
        u.duty_due = (length if since < length else every) - since
        u.duty_from = -since if since < length else 0.0
        if since >= length:
            u.relieved = True
            _go_off(sim, u)
            u.duty_from = -math.inf


def duty_step(sim: Sim, u: Unit) -> None:
    """Begin or end a turn of duty: who is at work finishes it first, who rests does so as long as the rule."""
    _, length, every = u.duty
    u.relieved = not u.relieved
    if u.relieved:
        u.duty_due = sim.now + every - length
        if u.state == at.IDLE:
            _go_off(sim, u)
        elif u.state == at.OFF_DUTY:  # the turn has ended before the rest
            u.due = math.inf
    else:
        u.duty_due = sim.now + length
        if u.state == at.OFF_DUTY:
            u.due = max(sim.now, u.duty_from + sim.p.rest_least)


def reinforce(sim: Sim) -> None:
    """Ask for the units outside the city, once; each comes to its post in its own time."""
    if not sim.reinforced:
        sim.reinforced = True
        for u in (u for u in sim.units if u.state == at.OUTSIDE):
            u.orders += 1
            p = sim.p
            delay = sim.luck.lognormal("unit.turnout", u.who, u.orders, median=p.bko_delay, spread=p.bko_spread)
            u.due = sim.now + delay
            sim.note(at.LOG_REINFORCE, u.home, unit=u, a=delay)


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
    if not jobs or u.desk in sim.desks:
        return False
    job = max(jobs, key=lambda i: i.priority)  # the first of equals
    dispatch(sim, u, job, _lacks(job, u))
    return True
