"""Units: where they are, what their presence changes, who is sent, and each step from the order to the way home.

A unit is present at its place from arrival to departure. A unit on its way can turn: back to the place it left, as long
as it has been gone, or on by way of the place it was going to, whichever is sooner.
"""

import math

import numpy as np

from . import crowd, log, rng
from . import memory as m
from ._compile import kernel
from .heap import DUTY_SLOT, INCIDENT_SLOT, UNIT_SLOT, move
from .layout import (
    AMBULANCE,
    AT_A_DESK,
    AVAILABLE,
    BUSY,
    CALLED,
    CAPS,
    CLOSED,
    CROWD_0,
    DIALOGUE,
    FIRE,
    FREED,
    GUARD,
    GUARDS_ELSEWHERE,
    HELD_IN_RESERVE,
    IDLE,
    LEVELS,
    LOG_CONSIDER,
    LOG_DEPART,
    LOG_DISPATCH,
    LOG_HOME,
    LOG_OFF_DUTY,
    LOG_ON_DUTY,
    LOG_REINFORCE,
    LOG_RELEASE,
    LOG_RETASK,
    NO_ROAD,
    NONE,
    NOT_IN_CITY,
    OFF_DUTY,
    ONE,
    OPEN,
    OUTSIDE,
    RESTS,
    RETURN,
    SCENE,
    SERVES_LOWER,
    TASK_GUARD,
    TASK_RESERVE,
    TRAFFIC,
    TRAVEL,
    TURNOUT,
    UNREACHABLE,
    UNREST,
    Record,
)

__all__ = [
    "amount",
    "appear",
    "ask_again",
    "at_desk",
    "can",
    "candidate",
    "come_home",
    "come_on",
    "depart",
    "dispatch",
    "duty_step",
    "explain",
    "go_off",
    "go_on",
    "missing",
    "nearest",
    "nearest_below",
    "reach",
    "reinforce",
    "release",
    "retask",
    "start_duty",
    "take_waiting",
    "travel_time",
    "vanish",
]


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
def _set_out(w: Record, u: int, goal: int) -> float:
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
def at_desk(w: Record, ut: Record) -> bool:
    """Say whether people, and not the policy, give this unit its orders."""
    return (w.desks >> ut.desk) & 1 == 1


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
def retask(w: Record, i: int, u: int, cap: int) -> None:
    """Take a unit from what it does and order it to something graver; what it leaves asks again.

    A turnout that has begun goes on, and the unit departs at its end.
    """
    unit = m.unit(w, u)
    old, state, due = unit.incident, unit.state, unit.due
    w.retasked += 1
    log.note(w, LOG_RETASK, m.incident(w, i).place, u, old, float(i), 0.0)
    release(w, u)
    if state == TURNOUT and unit.place != m.incident(w, i).place:
        _assign(w, i, u, cap)
        unit.state = TURNOUT
        unit.to = m.incident(w, i).place
        unit.due = due
        move(w, w.offset[UNIT_SLOT] + u, due)
    else:
        dispatch(w, i, u, cap)
    if m.incident(w, old).state == OPEN:
        ask_again(w, old)


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
def _assign(w: Record, i: int, u: int, cap: int) -> None:
    """Count a unit as sent to an incident."""
    unit, ut, incident = m.unit(w, u), m.unit_t(w, u), m.incident(w, i)
    incident.sent[cap] += amount(ut, cap)
    incident.units += 1
    incident.unit = u
    unit.incident = i
    unit.cap = cap
    unit.k += 1
    log.note(w, LOG_DISPATCH, incident.place, u, i, float(cap), float(amount(ut, cap)))


@kernel
def dispatch(w: Record, i: int, u: int, cap: int) -> None:
    """Order a unit to an incident: it turns out and travels, or serves at once where it stands."""
    unit, ut, incident = m.unit(w, u), m.unit_t(w, u), m.incident(w, i)
    was_idle = unit.state == IDLE
    if was_idle:
        w.idle_people -= ut.people
        w.idle_low = min(w.idle_low, w.idle_people)
    _assign(w, i, u, cap)
    if unit.present == 1 and unit.place == incident.place:
        unit.state = TRAVEL
        unit.to = incident.place
        unit.due = w.now
    elif was_idle:
        unit.state = TURNOUT
        unit.to = incident.place
        unit.due = w.now + rng.lognormal(
            ut.turnout, ut.turnout_spread, w.seed, w.replicate, rng.TURNOUT, ut.who, unit.k
        )
    else:
        depart(w, u, incident.place)
    move(w, w.offset[UNIT_SLOT] + u, unit.due)


@kernel
def depart(w: Record, u: int, goal: int) -> None:
    """Set out for a place, from the post or from the middle of the way home."""
    unit = m.unit(w, u)
    unit.due = _set_out(w, u, goal)
    vanish(w, u)
    if math.isinf(unit.due):
        w.fault = UNREACHABLE
        return
    unit.state = TRAVEL
    log.note(w, LOG_DEPART, goal, u, unit.incident, unit.due - w.now, 0.0)
    move(w, w.offset[UNIT_SLOT] + u, unit.due)


@kernel
def _waiting_job(w: Record, u: int) -> int:
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
def take_waiting(w: Record, u: int) -> bool:
    """Give a free unit the incident that waits for it; say whether there was one."""
    i = _waiting_job(w, u)
    if i < 0 or at_desk(w, m.unit_t(w, u)):
        return False
    if w.asking == 1:
        ask_again(w, i)
        return False
    dispatch(w, i, u, missing(m.incident(w, i), m.unit_t(w, u)))
    return True


@kernel
def release(w: Record, u: int) -> None:
    """Free a unit from its incident; what it does next is its own event, now."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    i = unit.incident
    if i >= 0:
        incident = m.incident(w, i)
        if incident.state != CLOSED:
            w.lacking = 1
        incident.units -= 1
        incident.sent[unit.cap] -= amount(ut, unit.cap)
        if unit.state == SCENE:
            incident.there[unit.cap] -= amount(ut, unit.cap)
    unit.incident = -1
    unit.casualty = -1
    unit.state = FREED
    unit.due = w.now
    log.note(w, LOG_RELEASE, unit.place, u, i, 0.0, 0.0)
    move(w, w.offset[UNIT_SLOT] + u, unit.due)


@kernel
def go_on(w: Record, u: int) -> None:
    """Let a freed unit take what waits, or go home."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    unit.state = RETURN
    if ut.redispatch == 1 and unit.relieved == 0 and take_waiting(w, u):
        return
    unit.due = _set_out(w, u, ut.home)
    if math.isinf(unit.due):
        w.fault = UNREACHABLE
        return
    if unit.place != ut.home or unit.present == 0:
        vanish(w, u)
    move(w, w.offset[UNIT_SLOT] + u, unit.due)


@kernel
def come_home(w: Record, u: int) -> None:
    """Stand at the post again, ready for the next order."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    if unit.state == OUTSIDE:
        unit.duty_from = w.now
    unit.place = ut.home
    unit.state = IDLE
    unit.due = math.inf
    w.idle_people += ut.people
    appear(w, u)
    log.note(w, LOG_HOME, ut.home, u, NONE, 0.0, 0.0)
    move(w, w.offset[UNIT_SLOT] + u, unit.due)
    if unit.relieved == 1:
        go_off(w, u)
    else:
        take_waiting(w, u)


@kernel
def go_off(w: Record, u: int) -> None:
    """Go off duty, from the post."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    w.duty_longest = max(w.duty_longest, w.now - unit.duty_from)
    unit.state = OFF_DUTY
    unit.duty_from = w.now
    w.idle_people -= ut.people
    w.idle_low = min(w.idle_low, w.idle_people)
    vanish(w, u)
    log.note(w, LOG_OFF_DUTY, unit.place, u, NONE, 0.0, 0.0)


@kernel
def come_on(w: Record, u: int) -> None:
    """Stand at the post again after the rest, and take what waits."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    unit.state = IDLE
    unit.duty_from = w.now
    unit.due = math.inf
    move(w, w.offset[UNIT_SLOT] + u, unit.due)
    w.idle_people += ut.people
    appear(w, u)
    log.note(w, LOG_ON_DUTY, unit.place, u, NONE, 0.0, 0.0)
    take_waiting(w, u)


@kernel
def start_duty(w: Record, u: int) -> None:
    """Put a unit on or off duty at the scenario's start, as its roster says, and note the next change."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    unit.relieved = 0
    if ut.duty_length <= 0.0 or ut.duty_length >= ut.duty_every:
        return
    t = m.param(w, 0).start_hour * 3600.0 - ut.duty_start
    phase = t - math.floor(t / ut.duty_every) * ut.duty_every
    on = phase < ut.duty_length
    if not on:
        unit.relieved = 1
        go_off(w, u)
        unit.duty_from = -math.inf
    move(w, w.offset[DUTY_SLOT] + u, (ut.duty_length if on else ut.duty_every) - phase)


@kernel
def duty_step(w: Record, u: int) -> None:
    """Begin or end a unit's duty: who is at work is relieved when the work is done, and rests as long as the rule."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    on = unit.relieved == 1
    unit.relieved = 0 if on else 1
    if not on and unit.state == IDLE:
        go_off(w, u)
    elif unit.state == OFF_DUTY:
        unit.due = max(w.now, unit.duty_from + m.param(w, 0).rest_least) if on else math.inf
        move(w, w.offset[UNIT_SLOT] + u, unit.due)
    move(w, w.offset[DUTY_SLOT] + u, w.now + (ut.duty_length if on else ut.duty_every - ut.duty_length))


@kernel
def reinforce(w: Record) -> None:
    """Ask for the units outside the city, once (perkuatan, BKO): each comes to its post after its own long delay."""
    if w.reinforced == 1:
        return
    w.reinforced = 1
    p = m.param(w, 0)
    for u in range(w.units):
        unit, ut = m.unit(w, u), m.unit_t(w, u)
        if unit.state != OUTSIDE:
            continue
        unit.k += 1
        unit.due = w.now + rng.lognormal(p.bko_delay, p.bko_spread, w.seed, w.replicate, rng.TURNOUT, ut.who, unit.k)
        log.note(w, LOG_REINFORCE, ut.home, u, NONE, unit.due - w.now, 0.0)
        move(w, w.offset[UNIT_SLOT] + u, unit.due)


@kernel
def ask_again(w: Record, i: int) -> None:
    """Put an incident on the agenda for a decision now; a call not yet understood has its decision before it."""
    w.lacking = 1
    if m.incident(w, i).state == CALLED:
        return
    m.incident(w, i).due = w.now
    move(w, w.offset[INCIDENT_SLOT] + i, w.now)
