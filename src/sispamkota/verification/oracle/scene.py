"""What a unit does when it is due: set out, arrive, carry, hand over, go home."""

from __future__ import annotations

import math

from .casualties import admit, choose_hospital, fate_delay, fate_uniform, leave
from .damage import engine_arrives
from .incidents import close, start_work
from .sim import Sim
from .terms import at
from .things import Incident, Unit, sure
from .units import come_home, come_on, depart, go_on, release

__all__ = ["unit_step"]


def unit_step(sim: Sim, u: Unit) -> None:
    """Do what a unit is due for, by its state."""
    if u.state == at.TURNOUT:
        depart(sim, u, u.to)
    elif u.state == at.TRAVEL:
        _arrive(sim, u)
    elif u.state == at.SCENE:
        _carry(sim, u)
    elif u.state == at.CARRY:
        _hand_over(sim, u)
    elif u.state == at.HANDOVER:
        release(sim, u)
    elif u.state == at.FREED:
        go_on(sim, u)
    elif u.state == at.OFF_DUTY:
        come_on(sim, u)
    else:
        come_home(sim, u)


def _arrive(sim: Sim, u: Unit) -> None:
    """Arrive at an incident and begin what its kind asks for; the first suited unit ends the response time."""
    incident = sure(u.incident)
    kind = incident.kind
    suited = bool(kind.suited & 1 << u.cap)
    u.place, u.state, u.present, u.due = u.to, at.SCENE, True, math.inf
    incident.there[u.cap] += u.counts(u.cap)
    sim.note(at.LOG_ARRIVE, u.place, unit=u, incident=incident, a=u.cap, b=sim.now - incident.called)
    if suited and math.isinf(incident.first):
        incident.first = sim.now
        if kind.service >= 0:
            sim.respond(incident, kind.service, called=incident.called, outcome=at.ANSWERED, unit=u)
    if kind.model == at.UNREST:
        _stand_at_crowd(sim, u, incident)
    elif kind.model == at.EVACUATION:
        _treat(sim, u, incident)
    elif kind.model == at.OFFICE_FIRE:
        if u.cap == at.FIRE and incident.crowd is not None:
            engine_arrives(sim, incident.crowd)
    elif not incident.begun and (incident.complete if kind.full else suited):
        start_work(sim, incident)


def _stand_at_crowd(sim: Sim, u: Unit, incident: Incident) -> None:
    """Stay while the capability is asked for; the first unit of a called level answers that call."""
    c = incident.crowd
    if incident.need[u.cap] == 0:
        release(sim, u)
        return
    level = u.cap - at.CROWD_0
    if c is not None and level in (1, 2) and c.calls[level] == 1:
        c.calls[level] = 2
        sim.respond(incident, at.POLICE_SERVICE, called=c.called[level], outcome=at.ANSWERED, unit=u)


def _treat(sim: Sim, u: Unit, incident: Incident) -> None:
    """Treat the casualty on the scene."""
    q = u.casualty = sure(incident.casualty)
    q.state, q.ambulance, q.care = at.ON_SCENE, u, min(q.care, sim.now)
    u.due = sim.now + fate_delay(sim, q, "treat", median=sim.p.treat_time, spread=sim.p.treat_spread)


def _carry(sim: Sim, u: Unit) -> None:
    """Set out for a hospital with the casualty; its call is closed."""
    q, incident = sure(u.casualty), sure(u.incident)
    q.hospital = choose_hospital(sim, u.place, u.vehicle, q.triage)
    q.state, q.incident, u.incident = at.ON_WAY, None, None
    sim.tally.by_ambulance += 1
    incident.units -= 1
    close(sim, incident)
    u.state, u.present, u.to, u.left = at.CARRY, False, q.hospital.place, sim.now
    u.due = u.arrives = sim.now + sim.ride(u.vehicle, u.place, u.to)
    sim.note(at.LOG_CARRY, u.to, unit=u, incident=incident, a=q.number, b=q.triage)


def _hand_over(sim: Sim, u: Unit) -> None:
    """Reach the hospital: who lives is admitted, the ambulance stays for the hand-over."""
    q = sure(u.casualty)
    u.place, u.state, u.present = u.to, at.HANDOVER, True
    u.due = sim.now - sim.p.handover_time * math.log(fate_uniform(sim, q, "hand_over"))
    q.ambulance = u.casualty = None
    if q.state == at.DEAD:
        leave(sim, q)
    else:
        admit(sim, q)
