"""Incidents: from the call to the close, and the default policy that answers them.

The policy: at each decision fill every unmet requirement with the nearest suitable unit; what is missing waits, highest
priority first, and takes the next unit that becomes free. A kind that does not queue is lost when no unit can be sent.
"""

import math

from . import log, rng
from . import memory as m
from ._compile import kernel
from .choose import explain, nearest, nearest_below
from .heap import INCIDENT_SLOT, move
from .layout import (
    ASKED,
    CALLED,
    CAPS,
    CLOSED,
    EXPONENTIAL,
    FIXED,
    FREE,
    FULL_INCIDENTS,
    HOLDS_BALLOTS,
    HOLDS_PEOPLE,
    LOG_CALL,
    LOG_CLOSE,
    LOG_OPEN,
    LOG_UNMET,
    NO_EFFECT,
    NONE,
    NOT_NEEDED,
    OPEN,
    PLAIN,
    SCENE,
    Record,
)
from .unit import dispatch, release, retask

MOST_HURT = 1024  # by one incident: what numbers their luck

__all__ = [
    "MOST_HURT",
    "call_delay",
    "close",
    "complete",
    "count_cost",
    "decide",
    "open_incident",
    "put",
    "set_harm",
    "settle",
    "start_service",
    "step",
    "trim",
]


@kernel
def open_incident(w: Record, kind: int, place: int, who: int, n: int) -> int:
    """Take a call: the n-th incident of its source; return its row, or −1 when the table is full (a fault)."""
    size = w.max_incidents
    i = -1
    first = w.opened % size
    for offset in range(size):
        row = first + offset if first + offset < size else first + offset - size
        if m.incident(w, row).state == FREE or m.incident(w, row).state == CLOSED:
            i = row
            break
    if i < 0:
        w.fault = FULL_INCIDENTS
        return -1
    incident, kt = m.incident(w, i), m.kind(w, kind)
    incident.state = CALLED
    incident.kind = kind
    incident.place = place
    incident.priority = kt.priority
    incident.crowd = -1
    incident.casualty = -1
    incident.who = who
    incident.n = n
    incident.called = w.now
    incident.end = math.inf
    incident.first = math.inf
    incident.units = 0
    incident.harmed = 0
    incident.harm_due = math.inf
    incident.fades = math.inf
    if kt.fade > 0.0:
        incident.fades = w.now + rng.lognormal(kt.fade, kt.spread, w.seed, w.replicate, rng.FADE, who, n)
    for cap in range(CAPS):
        incident.need[cap] = kt.need[cap]
        incident.sent[cap] = 0
        incident.there[cap] = 0
    incident.due = w.now + call_delay(w, i)
    _enlist(w, i)
    w.opened += 1
    log.note(w, LOG_CALL, place, NONE, i, float(kind), float(incident.due - w.now))
    set_harm(w, i)
    return i


@kernel
def _enlist(w: Record, i: int) -> None:
    """Put an incident last in the list of the open ones, which are in the order of their calls."""
    incident = m.incident(w, i)
    incident.before = w.last_open
    incident.after = -1
    if w.last_open >= 0:
        m.incident(w, w.last_open).after = i
    else:
        w.first_open = i
    w.last_open = i
    w.open += 1


@kernel
def _strike_off(w: Record, i: int) -> None:
    """Take an incident off the list of the open ones."""
    incident = m.incident(w, i)
    if incident.before >= 0:
        m.incident(w, incident.before).after = incident.after
    else:
        w.first_open = incident.after
    if incident.after >= 0:
        m.incident(w, incident.after).before = incident.before
    else:
        w.last_open = incident.before
    w.open -= 1


@kernel
def set_harm(w: Record, i: int) -> None:
    """Draw when an incident next hurts somebody: at one rate until the work begins, at another after; set its time."""
    incident = m.incident(w, i)
    kt = m.kind(w, incident.kind)
    rate = kt.harm[0 if math.isinf(incident.end) else 1]
    incident.harm_due = math.inf
    if rate > 0.0:
        k = incident.n * MOST_HURT + incident.harmed
        u = rng.exponential(w.seed, w.replicate, rng.HARM, incident.who, 2 * k + (0 if math.isinf(incident.end) else 1))
        incident.harm_due = w.now + u / rate
    put(w, i)


@kernel
def put(w: Record, i: int) -> None:
    """Put on the agenda what comes first for an incident: a decision, its end, its fading away, somebody hurt."""
    incident = m.incident(w, i)
    t = min(incident.due, incident.end, incident.harm_due, incident.fades)
    move(w, w.offset[INCIDENT_SLOT] + i, t)


@kernel
def complete(incident: Record) -> bool:
    """Say whether all that an incident asks for is on the scene."""
    short = 0
    for cap in range(CAPS):
        short += max(0, incident.need[cap] - incident.there[cap])
    return short == 0


@kernel
def call_delay(w: Record, i: int) -> float:
    """Draw how long the call takes to be understood; shorter where people keep watch (`alert` of the place)."""
    incident = m.incident(w, i)
    kt = m.kind(w, incident.kind)
    if kt.call <= 0.0:
        return 0.0
    u = rng.exponential(w.seed, w.replicate, rng.CALL, incident.who, incident.n)
    return kt.call * m.place(w, incident.place).alert * u


@kernel
def start_service(w: Record, i: int) -> None:
    """Start the work on a plain incident, which will not fade now; its length is its own draw, whoever comes."""
    incident = m.incident(w, i)
    kt = m.kind(w, incident.kind)
    if kt.law == EXPONENTIAL:
        length = kt.work * rng.exponential(w.seed, w.replicate, rng.SERVICE, incident.who, incident.n)
    elif kt.law == FIXED:
        length = kt.work
    else:
        length = rng.lognormal(kt.work, kt.spread, w.seed, w.replicate, rng.SERVICE, incident.who, incident.n)
    incident.end = w.now + length
    incident.fades = math.inf
    set_harm(w, i)


@kernel
def decide(w: Record, i: int) -> bool:
    """Send the nearest suitable units until the requirement is met; say whether nothing at all could be sent."""
    incident = m.incident(w, i)
    empty = True
    for cap in range(CAPS):
        if w.logging == 1 and incident.sent[cap] < incident.need[cap]:
            explain(w, i, cap)
        while incident.sent[cap] < incident.need[cap]:
            u = nearest(w, incident, cap)
            if u < 0 and m.param(w, 0).retask > 0.5:
                u = nearest_below(w, incident, cap)
                if u >= 0:
                    retask(w, i, u, cap)
                    continue
            if u < 0:
                w.lacking = 1
                log.note(
                    w, LOG_UNMET, incident.place, NONE, i, float(cap), float(incident.need[cap] - incident.sent[cap])
                )
                break
            dispatch(w, i, u, cap)
        if incident.sent[cap] > 0:
            empty = False
    return empty


@kernel
def close(w: Record, i: int) -> None:
    """End an incident and free its units, wherever they are, in the order of their rows."""
    incident = m.incident(w, i)
    incident.state = CLOSED
    move(w, w.offset[INCIDENT_SLOT] + i, math.inf)
    _strike_off(w, i)
    w.closed += 1
    kt = m.kind(w, incident.kind)
    if kt.service >= 0 and math.isinf(incident.first):
        log.respond(w, incident, kt.service, NONE, incident.called, NOT_NEEDED)
    count_cost(w, incident)
    if incident.casualty >= 0 and m.casualty(w, incident.casualty).incident == i:
        m.casualty(w, incident.casualty).incident = -1
    log.note(w, LOG_CLOSE, incident.place, NONE, i, float(w.now - incident.called), 0.0)
    if incident.units == 1 and m.unit(w, incident.unit).incident == i:
        release(w, incident.unit)
    elif incident.units > 0:
        for u in range(w.units):
            if m.unit(w, u).incident == i:
                release(w, u)


@kernel
def count_cost(w: Record, incident: Record) -> None:
    """Count what an incident has cost by now: minutes of a closed TPS and its voters, held ballots, held people."""
    effect = m.kind(w, incident.kind).effect
    if effect == NO_EFFECT:
        return
    lasted = w.now - incident.called
    if effect == HOLDS_BALLOTS:
        w.ballots_s += lasted
    elif effect == HOLDS_PEOPLE:
        w.held_s += lasted
    else:
        p = m.param(w, 0)
        window = 3600.0 * max(0.0, p.vote_close_hour - p.vote_open_hour)
        closed = _voting_seconds(p, w.now) - _voting_seconds(p, incident.called)
        w.tps_s += closed
        if window > 0.0:
            w.voters_kept += m.place(w, incident.place).voters * closed / window


@kernel
def _voting_seconds(p: Record, t: float) -> float:
    """Return how many seconds of voting hours there have been since midnight of the first day, every day alike."""
    t += 3600.0 * p.start_hour
    day = math.floor(t / 86_400.0)
    length = 3600.0 * max(0.0, p.vote_close_hour - p.vote_open_hour)
    return day * length + min(max(t - 86_400.0 * day - 3600.0 * p.vote_open_hour, 0.0), length)


@kernel
def trim(w: Record, i: int) -> None:
    """Send home the units on the scene whose capability an incident no longer asks for."""
    for u in range(w.units):
        unit = m.unit(w, u)
        if unit.incident == i and unit.state == SCENE and m.incident(w, i).need[unit.cap] == 0:
            release(w, u)


@kernel
def step(w: Record, i: int) -> None:
    """Do what an incident is due for: recognise the call, decide again, or end."""
    incident = m.incident(w, i)
    if (incident.state == OPEN and incident.end <= w.now) or incident.fades <= w.now:
        close(w, i)
        return
    if incident.state == CALLED:
        incident.state = OPEN
        log.note(w, LOG_OPEN, incident.place, NONE, i, float(incident.kind), float(incident.priority))
    incident.due = math.inf
    put(w, i)
    needed = 0
    for cap in range(CAPS):
        needed += incident.need[cap]
    kt = m.kind(w, incident.kind)
    if needed == 0 and kt.model == PLAIN:
        close(w, i)
    elif w.asking == 1:
        w.lacking = 1
        w.asked = i
        w.fault = ASKED
    elif decide(w, i) and needed > 0 and kt.queue == 0:
        w.lost += 1
        close(w, i)


@kernel
def settle(w: Record, i: int) -> None:
    """After orders from outside: an incident that may not wait and got nobody is lost."""
    incident = m.incident(w, i)
    if incident.state != OPEN or m.kind(w, incident.kind).queue == 1:
        return
    for cap in range(CAPS):
        if incident.sent[cap] > 0:
            return
    w.lost += 1
    close(w, i)
