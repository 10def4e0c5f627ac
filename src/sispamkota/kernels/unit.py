"""Units at work: each step from the order to the way home, on duty and off, and from outside the city."""

import math

from . import log, rng
from . import memory as m
from ._compile import kernel
from .choose import at_desk, missing, waiting_job
from .heap import DUTY_SLOT, INCIDENT_SLOT, UNIT_SLOT, move
from .layout import (
    CALLED,
    CLOSED,
    FREED,
    IDLE,
    LOG_DEPART,
    LOG_DISPATCH,
    LOG_HOME,
    LOG_OFF_DUTY,
    LOG_ON_DUTY,
    LOG_REINFORCE,
    LOG_RELEASE,
    LOG_RETASK,
    NONE,
    OFF_DUTY,
    OPEN,
    OUTSIDE,
    RETURN,
    SCENE,
    TRAVEL,
    TURNOUT,
    UNREACHABLE,
    Record,
)
from .stand import amount, appear, become, set_out, vanish

__all__ = [
    "ask_again",
    "come_home",
    "come_on",
    "depart",
    "dispatch",
    "duty_step",
    "go_off",
    "go_on",
    "head_home",
    "reinforce",
    "release",
    "retask",
    "start_duty",
    "take_waiting",
]


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
    _assign(w, i, u, cap)
    if unit.present == 1 and unit.place == incident.place:
        become(w, u, TRAVEL)
        unit.to = incident.place
        unit.due = w.now
    elif was_idle and ut.turnout > 0.0:
        become(w, u, TURNOUT)
        unit.to = incident.place
        unit.due = w.now + rng.lognormal(
            ut.turnout, ut.turnout_spread, w.seed, w.replicate, rng.TURNOUT, ut.who, unit.k
        )
    else:
        depart(w, u, incident.place)
    move(w, w.offset[UNIT_SLOT] + u, unit.due)


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
        become(w, u, TURNOUT)
        unit.to = m.incident(w, i).place
        unit.due = due
        move(w, w.offset[UNIT_SLOT] + u, due)
    else:
        dispatch(w, i, u, cap)
    if m.incident(w, old).state == OPEN:
        ask_again(w, old)


@kernel
def depart(w: Record, u: int, goal: int) -> None:
    """Set out for a place, from the post or from the middle of the way home."""
    unit = m.unit(w, u)
    unit.due = set_out(w, u, goal)
    vanish(w, u)
    if math.isinf(unit.due):
        w.fault = UNREACHABLE
        return
    become(w, u, TRAVEL)
    log.note(w, LOG_DEPART, goal, u, unit.incident, unit.due - w.now, 0.0)
    move(w, w.offset[UNIT_SLOT] + u, unit.due)


@kernel
def take_waiting(w: Record, u: int) -> bool:
    """Give a free unit the incident that waits for it; say whether there was one."""
    i = waiting_job(w, u)
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
    become(w, u, FREED)
    unit.due = w.now
    log.note(w, LOG_RELEASE, unit.place, u, i, 0.0, 0.0)
    move(w, w.offset[UNIT_SLOT] + u, unit.due)


@kernel
def go_on(w: Record, u: int) -> None:
    """Let a freed unit take what waits, or go home."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    become(w, u, RETURN)
    if ut.redispatch == 1 and unit.relieved == 0 and take_waiting(w, u):
        return
    head_home(w, u)


@kernel
def head_home(w: Record, u: int) -> None:
    """Set out for the post."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    become(w, u, RETURN)
    unit.due = set_out(w, u, ut.home)
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
    become(w, u, IDLE)
    unit.due = math.inf
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
    unit = m.unit(w, u)
    w.duty_longest = max(w.duty_longest, w.now - unit.duty_from)
    become(w, u, OFF_DUTY)
    unit.duty_from = w.now
    vanish(w, u)
    log.note(w, LOG_OFF_DUTY, unit.place, u, NONE, 0.0, 0.0)


@kernel
def come_on(w: Record, u: int) -> None:
    """Stand at the post again after the rest, and take what waits."""
    unit = m.unit(w, u)
    become(w, u, IDLE)
    unit.duty_from = w.now
    unit.due = math.inf
    move(w, w.offset[UNIT_SLOT] + u, unit.due)
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
    unit.duty_from = -phase if on else 0.0
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
