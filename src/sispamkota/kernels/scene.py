"""On the scene: what a unit does when it arrives, and the ambulance's way from the scene to the hospital."""

import math

from . import log
from . import memory as m
from ._compile import kernel
from .casualty import FATE_OVER, FATE_TREAT, admit, choose_hospital, fate, fate_delay, leave
from .damage import engine_arrives
from .heap import UNIT_SLOT, move
from .incident import close, complete, start_service
from .layout import (
    ANSWERED,
    CARRY,
    CROWD_0,
    CROWD_2,
    DEAD,
    EVACUATION,
    FIRE,
    FREED,
    HANDOVER,
    LOG_ARRIVE,
    LOG_CARRY,
    OFF_DUTY,
    OFFICE_FIRE,
    ON_SCENE,
    ON_WAY,
    POLICE_SERVICE,
    SCENE,
    TRAVEL,
    TURNOUT,
    UNREST,
    Record,
)
from .stand import amount, appear, become, travel_time, vanish
from .unit import come_home, come_on, depart, go_on, release

__all__ = ["unit_step"]


@kernel
def _arrive(w: Record, u: int) -> None:
    """Arrive at an incident: be present, be counted, begin the work of its kind if one is suited to it."""
    unit = m.unit(w, u)
    unit.place = unit.to
    become(w, u, SCENE)
    unit.due = math.inf
    move(w, w.offset[UNIT_SLOT] + u, unit.due)
    i = unit.incident
    incident = m.incident(w, i)
    kt = m.kind(w, incident.kind)
    incident.there[unit.cap] += amount(m.unit_t(w, u), unit.cap)
    log.note(w, LOG_ARRIVE, unit.place, u, i, float(unit.cap), float(w.now - incident.called))
    appear(w, u)
    suited = (kt.suited >> unit.cap) & 1 == 1
    if suited and math.isinf(incident.first):
        incident.first = w.now
        if kt.service >= 0:
            log.respond(w, incident, kt.service, u, incident.called, ANSWERED)
    if kt.model == UNREST:
        _answer_call(w, u)
    elif kt.model == EVACUATION:
        _treat(w, u)
    elif kt.model == OFFICE_FIRE:
        if unit.cap == FIRE:
            engine_arrives(w, incident.crowd)
    elif math.isinf(incident.end) and (complete(incident) if kt.full == 1 else suited):
        start_service(w, i)


@kernel
def _answer_call(w: Record, u: int) -> None:
    """Stand at a crowd; the first unit of a called level ends that call's response time."""
    unit = m.unit(w, u)
    incident = m.incident(w, unit.incident)
    if incident.need[unit.cap] == 0:
        release(w, u)
        return
    if unit.cap <= CROWD_0 or unit.cap > CROWD_2:
        return
    c = m.crowd(w, incident.crowd)
    level = unit.cap - CROWD_0
    if c.calls[level] == 1:
        c.calls[level] = 2
        log.respond(w, incident, POLICE_SERVICE, u, c.called[level], ANSWERED)


@kernel
def _treat(w: Record, u: int) -> None:
    """Treat on the scene before the way to hospital; nothing to do for who has died meanwhile."""
    p, unit = m.param(w, 0), m.unit(w, u)
    j = m.incident(w, unit.incident).casualty
    unit.casualty = j
    q = m.casualty(w, j)
    q.state = ON_SCENE
    q.ambulance = u
    q.care = min(q.care, w.now)
    unit.due = w.now + fate_delay(w, q, FATE_TREAT, p.treat_time, p.treat_spread)
    move(w, w.offset[UNIT_SLOT] + u, unit.due)


@kernel
def _carry(w: Record, u: int) -> None:
    """Carry the casualty to a hospital; the call is closed when the ambulance leaves the scene."""
    unit, ut = m.unit(w, u), m.unit_t(w, u)
    i, j = unit.incident, unit.casualty
    q = m.casualty(w, j)
    h = choose_hospital(w, unit.place, ut.vehicle, q.triage)
    if h < 0:
        return
    q.hospital = h
    q.state = ON_WAY
    q.incident = -1
    w.by_ambulance += 1
    unit.incident = -1
    m.incident(w, i).units -= 1
    close(w, i)
    vanish(w, u)
    unit.to = m.hospital_t(w, h).place
    become(w, u, CARRY)
    unit.left = w.now
    unit.arrives = w.now + travel_time(w, ut.vehicle, unit.place, unit.to)
    unit.due = unit.arrives
    log.note(w, LOG_CARRY, unit.to, u, i, float(q.number), float(q.triage))
    move(w, w.offset[UNIT_SLOT] + u, unit.due)


@kernel
def _hand_over(w: Record, u: int) -> None:
    """Reach the hospital: the casualty is admitted, the ambulance stays for the hand-over."""
    p, unit = m.param(w, 0), m.unit(w, u)
    unit.place = unit.to
    become(w, u, HANDOVER)
    appear(w, u)
    unit.due = w.now - p.handover_time * math.log(fate(w, m.casualty(w, unit.casualty), FATE_OVER))
    move(w, w.offset[UNIT_SLOT] + u, unit.due)
    j = unit.casualty
    unit.casualty = -1
    m.casualty(w, j).ambulance = -1
    if m.casualty(w, j).state == DEAD:
        leave(w, j)
    else:
        admit(w, j)


@kernel
def unit_step(w: Record, u: int) -> None:
    """Do what a unit is due for, by its state."""
    unit = m.unit(w, u)
    if unit.state == TURNOUT:
        depart(w, u, unit.to)
    elif unit.state == TRAVEL:
        _arrive(w, u)
    elif unit.state == SCENE:
        _carry(w, u)
    elif unit.state == CARRY:
        _hand_over(w, u)
    elif unit.state == HANDOVER:
        release(w, u)
    elif unit.state == FREED:
        go_on(w, u)
    elif unit.state == OFF_DUTY:
        come_on(w, u)
    else:
        come_home(w, u)
