"""Incidents: from the call to the close, and the default policy that answers them.

The policy: at each decision fill every unmet requirement with the nearest suitable unit; what is missing waits, highest
priority first, and takes the next unit that becomes free. A kind that does not queue is lost when no unit can be sent.
"""

import math

from . import log, rng
from . import memory as m
from ._compile import kernel
from .heap import INCIDENT_SLOT, move
from .layout import (
    CALLED,
    CAPS,
    CLOSED,
    EXPONENTIAL,
    FIXED,
    FREE,
    FULL_INCIDENTS,
    LOG_CALL,
    LOG_CLOSE,
    LOG_OPEN,
    LOG_UNMET,
    NONE,
    NOT_NEEDED,
    OPEN,
    PLAIN,
    SCENE,
    Record,
)
from .unit import dispatch, explain, nearest, release

__all__ = ["call_delay", "close", "decide", "open_incident", "start_service", "step", "trim"]


@kernel
def open_incident(w: Record, kind: int, place: int, who: int, n: int) -> int:
    """Take a call: the n-th incident of its source; return its row, or −1 when the table is full (a fault)."""
    size = w.max_incidents
    i = -1
    for offset in range(size):
        row = (w.opened + offset) % size
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
    for cap in range(CAPS):
        incident.need[cap] = kt.need[cap]
        incident.sent[cap] = 0
        incident.there[cap] = 0
    incident.due = w.now + call_delay(w, i)
    m.active(w, w.open).incident = i
    w.open += 1
    w.opened += 1
    log.note(w, LOG_CALL, place, NONE, i, float(kind), float(incident.due - w.now))
    move(w, w.offset[INCIDENT_SLOT] + i, incident.due)
    return i


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
    """Start the work on a plain incident; its length is the incident's own draw, whoever comes."""
    incident = m.incident(w, i)
    kt = m.kind(w, incident.kind)
    if kt.law == EXPONENTIAL:
        length = kt.work * rng.exponential(w.seed, w.replicate, rng.SERVICE, incident.who, incident.n)
    elif kt.law == FIXED:
        length = kt.work
    else:
        length = rng.lognormal(kt.work, kt.spread, w.seed, w.replicate, rng.SERVICE, incident.who, incident.n)
    incident.end = w.now + length
    move(w, w.offset[INCIDENT_SLOT] + i, incident.end)


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
            if u < 0:
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
    keep = 0
    for j in range(w.open):
        if m.active(w, j).incident != i:
            m.active(w, keep).incident = m.active(w, j).incident
            keep += 1
    w.open = keep
    w.closed += 1
    kt = m.kind(w, incident.kind)
    if kt.service >= 0 and math.isinf(incident.first):
        log.respond(w, incident, kt.service, NONE, incident.called, NOT_NEEDED)
    log.note(w, LOG_CLOSE, incident.place, NONE, i, float(w.now - incident.called), 0.0)
    if incident.units > 0:
        for u in range(w.units):
            if m.unit(w, u).incident == i:
                release(w, u)


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
    if incident.state == OPEN and incident.end <= w.now:
        close(w, i)
        return
    if incident.state == CALLED:
        incident.state = OPEN
        log.note(w, LOG_OPEN, incident.place, NONE, i, float(incident.kind), float(incident.priority))
    incident.due = math.inf
    move(w, w.offset[INCIDENT_SLOT] + i, incident.end)
    needed = 0
    for cap in range(CAPS):
        needed += incident.need[cap]
    kt = m.kind(w, incident.kind)
    if needed == 0 and kt.model == PLAIN:
        close(w, i)
    elif decide(w, i) and needed > 0 and kt.queue == 0:
        w.lost += 1
        close(w, i)
