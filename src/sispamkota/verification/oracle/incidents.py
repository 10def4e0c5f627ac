"""Incidents: the call, its recognition, the decision, the work, the close (model.md §5)."""

from __future__ import annotations

import math

from .sim import Sim
from .terms import at
from .things import Incident, Kind, Place
from .units import decide, release

__all__ = ["close", "count_cost", "draw_harm", "incident_step", "open_incident", "start_work", "trim"]

HOUR, DAY = 3600.0, 86_400.0


def open_incident(sim: Sim, kind: Kind, place: Place, who: int, n: int) -> Incident:
    """Take the n-th call of a source."""
    incident = Incident(sim.free_row(), kind, place, who, n, sim.now, kind.priority, list(kind.need))
    delay = 0.0
    if kind.call > 0.0:
        delay = kind.call * place.alert * sim.luck.exponential("incident.call", who, n)
    incident.due = sim.now + delay
    if kind.fade > 0.0:
        incident.fades = sim.now + sim.luck.lognormal("incident.fade", who, n, median=kind.fade, spread=kind.spread)
    draw_harm(sim, incident)
    sim.rows[incident.row] = incident
    sim.active.append(incident)
    sim.tally.opened += 1
    sim.note(at.LOG_CALL, place, incident=incident, a=kind.row, b=incident.due - sim.now)
    return incident


def draw_harm(sim: Sim, incident: Incident) -> None:
    """Draw when an incident next hurts somebody, at the rate of before or of during the work."""
    rate = incident.kind.harm[incident.begun]
    k = 2 * (1024 * incident.n + incident.harmed) + incident.begun
    due = sim.now + sim.luck.exponential("incident.harm", incident.who, k) / rate if rate > 0.0 else math.inf
    incident.harm_due = due


def start_work(sim: Sim, incident: Incident) -> None:
    """Begin the work of a plain incident; its length is its own draw, whoever comes."""
    kind, who, n = incident.kind, incident.who, incident.n
    if kind.law == at.EXPONENTIAL:
        length = kind.work * sim.luck.exponential("incident.service", who, n)
    elif kind.law == at.LOGNORMAL:
        length = sim.luck.lognormal("incident.service", who, n, median=kind.work, spread=kind.spread)
    else:
        length = kind.work
    incident.end = sim.now + length
    draw_harm(sim, incident)


def close(sim: Sim, incident: Incident) -> None:
    """End an incident and free its units, wherever they are, in the order of their rows."""
    incident.state = at.CLOSED
    sim.active.remove(incident)
    sim.tally.closed += 1
    if incident.kind.service >= 0 and math.isinf(incident.first):
        sim.respond(incident, incident.kind.service, called=incident.called, outcome=at.NOT_NEEDED, unit=None)
    count_cost(sim, incident)
    if incident.casualty is not None and incident.casualty.incident is incident:
        incident.casualty.incident = None
    sim.note(at.LOG_CLOSE, incident.place, incident=incident, a=sim.now - incident.called)
    for u in sim.units:
        if u.incident is incident:
            release(sim, u)


def count_cost(sim: Sim, incident: Incident) -> None:
    """Add what an incident has cost by now: voting time at a TPS and its voters, time of ballots or of people held."""
    p, tally, effect = sim.p, sim.tally, incident.kind.effect
    if effect == at.HOLDS_BALLOTS:
        tally.ballots_s += sim.now - incident.called
    elif effect == at.HOLDS_PEOPLE:
        tally.held_s += sim.now - incident.called
    elif effect == at.CLOSES_TPS and p.vote_close_hour > p.vote_open_hour:
        start, end = (p.start_hour * HOUR + t for t in (incident.called, sim.now))
        closed = 0.0
        for day in range(math.floor(start / DAY), math.floor(end / DAY) + 1):
            opens, closes = (day * DAY + hour * HOUR for hour in (p.vote_open_hour, p.vote_close_hour))
            closed += max(0.0, min(end, closes) - max(start, opens))
        tally.tps_s += closed
        tally.voters_kept += incident.place.voters * closed / (HOUR * (p.vote_close_hour - p.vote_open_hour))


def trim(sim: Sim, incident: Incident) -> None:
    """Send home the units on the scene whose capability is no longer asked for."""
    for u in sim.units:
        if u.incident is incident and u.state == at.SCENE and incident.need[u.cap] == 0:
            release(sim, u)


def incident_step(sim: Sim, incident: Incident) -> None:
    """End an incident whose work is done or that has faded; else recognise the call and decide."""
    faded = not incident.begun and incident.fades <= sim.now
    if faded or (incident.state == at.OPEN and incident.end <= sim.now):
        sim.tally.faded += faded
        close(sim, incident)
        return
    if incident.state == at.CALLED:
        incident.state = at.OPEN
        sim.note(at.LOG_OPEN, incident.place, incident=incident, a=incident.kind.row, b=incident.priority)
    incident.due = math.inf
    asks = sum(incident.need) > 0
    if not asks and incident.kind.model == at.PLAIN:
        close(sim, incident)
        return
    helped = decide(sim, incident)
    if asks and not helped and not incident.kind.queues:
        sim.tally.lost += 1
        close(sim, incident)
