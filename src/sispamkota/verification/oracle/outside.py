"""What comes from outside: hazards by chance, and the scenario's injects (model.md §2)."""

from __future__ import annotations

import math

from .casualties import add_casualty
from .command import set_need, stand_down
from .incidents import draw_harm, open_incident
from .sim import Sim
from .terms import at
from .things import Crowd, Hazard, Incident, Inject, Kind, Place, sure

__all__ = ["draw_next", "harm_step", "hazard_step", "inject_step", "open_gathering", "watch"]

HOUR, DAY = 3600.0, 86_400.0
FIRST_HARMED = 2**26
A_MILLION_DAYS = 1e6  # and no hazard strikes any more


def _time_of_work(rate: list[float], start: float, now: float, work: float) -> float:
    """Find when a process with a rate for each hour of the day has done an amount of work; `start` is the hour at 0."""
    daily = HOUR * sum(rate)
    if daily <= 0.0 or work / daily > A_MILLION_DAYS:
        return math.inf
    days = math.floor(work / daily)
    t, rest = now + days * DAY, work - days * daily
    hour = math.floor(t / HOUR + start)
    while True:
        edge, speed = max(t, (hour + 1 - start) * HOUR), rate[hour % 24]
        if rest <= speed * (edge - t) and speed > 0.0:
            return t + rest / speed
        rest, t, hour = max(0.0, rest - speed * (edge - t)), edge, hour + 1


def draw_next(sim: Sim, h: Hazard) -> None:
    """Draw when a hazard strikes next."""
    h.work = sim.luck.exponential("hazard.clock", h.who, h.struck)
    _go_at(sim, h, sim.tension)


def _go_at(sim: Sim, h: Hazard, tension: float) -> None:
    """Go on with the rest of a hazard's work, under a tension of the city where it is of trouble."""
    speed = h.factor * (tension if h.tense else 1.0)
    h.since = sim.now
    h.due = math.inf
    if speed > 0.0:
        h.due = _time_of_work(h.rate, sim.p.start_hour, sim.now, h.work / speed)


def _work_between(rate: list[float], start: float, a: float, b: float) -> float:
    """Add up a rate for each hour of the day over a time, hour by hour."""
    hours = range(math.floor(a / HOUR + start), math.floor(b / HOUR + start) + 1)
    spans = (max(0.0, min(b, (hour + 1 - start) * HOUR) - max(a, (hour - start) * HOUR)) for hour in hours)
    return sum(rate[hour % 24] * span for hour, span in zip(hours, spans, strict=True))


def _set_tension(sim: Sim, tension: float) -> None:
    """Make trouble start so many times as fast; what of a hazard's work is done stays done."""
    for h in (h for h in sim.hazards if h.tense):
        done = _work_between(h.rate, sim.p.start_hour, h.since, sim.now) * h.factor * sim.tension
        h.work = max(0.0, h.work - done)
        _go_at(sim, h, tension)
    sim.tension = tension


def harm_step(sim: Sim, incident: Incident) -> None:
    """Let an incident hurt somebody."""
    n = FIRST_HARMED + 1024 * incident.n + incident.harmed
    add_casualty(sim, incident.place, (incident.who, n), cause=at.BY_VIOLENCE, side=at.CIVILIAN)
    incident.harmed += 1
    sim.tally.harmed_by_incidents += 1
    draw_harm(sim, incident)


def hazard_step(sim: Sim, h: Hazard) -> None:
    """Let a hazard strike."""
    h.struck += 1
    _call_out(sim, h.place, h.kind, (h.who, h.struck))
    draw_next(sim, h)


def _call_out(sim: Sim, place: Place, kind: Kind, source: tuple[int, int]) -> None:
    """Take the call and add the casualties of a kind; a medical call is its casualty and nothing else."""
    who, n = source
    if kind.model != at.EVACUATION:
        open_incident(sim, kind, place, who, n)
    for patient in range(kind.patients):
        add_casualty(sim, place, (who, 16 * n + patient), cause=kind.cause, side=at.CIVILIAN)


def inject_step(sim: Sim, x: Inject) -> None:
    """Play an inject."""
    x.fired = True
    sim.note(at.LOG_INJECT, x.place, a=x.row, b=x.action)
    c = x.crowd
    if x.action == at.SET_TENSION:
        _set_tension(sim, x.amount)
    elif x.action == at.CLOSE_STREETS:
        sim.streets |= int(x.amount)
    elif x.action == at.OPEN_STREETS:
        sim.streets &= ~int(x.amount)
    elif c is None:
        _call_out(sim, sure(x.place), sure(x.kind), (x.who, 0))
    elif x.action == at.ARRIVE_RATE:
        _gather(sim, x, c)
        stand_down(sim, c)
    elif x.action == at.MAKE_VIOLENT:
        for _ in range(int(x.amount)):
            camp = next((camp for camp in (x.camp, 1 - x.camp) if c.peaceful[camp] > 0), None)
            if camp is not None:
                c.peaceful[camp] -= 1
                c.violent[camp] += 1
    elif x.action == at.ASK_TO_LEAVE:
        c.asked_to_leave = True


def _gather(sim: Sim, x: Inject, c: Crowd) -> None:
    """Set how fast a gathering arrives, its size times a share of it per second; others there keep their pace."""
    which = (c.row, x.camp, x.gathering)
    if which not in sim.sizes:
        drawn = sim.luck.lognormal("gathering.size", x.gathering, x.camp, median=1.0, spread=x.spread)
        sim.sizes[which] = drawn if x.spread > 1.0 else 1.0
    size = x.amount * sim.sizes[which]
    for other in sim.injects:
        if other.crowd is c and (other.camp, other.gathering) == (x.camp, x.gathering):
            other.rate = 0.0
    x.rate = size * x.share * (1.0 - _turned_back(sim))
    c.arrive[x.camp] = sum(other.rate for other in sim.injects if other.crowd is c and other.camp == x.camp)
    if c.incident is None and x.share > 0.0:
        open_gathering(sim, c)
        set_need(sim, c)


def open_gathering(sim: Sim, c: Crowd) -> None:
    """Open the incident of a crowd, the next of its numbers."""
    c.incident = open_incident(sim, sim.kinds[at.KIND_UNREST], c.place, c.who, c.openings)
    c.incident.crowd = c
    c.openings += 1


def _turned_back(sim: Sim) -> float:
    """Give the share of arrivals that is turned back at the gates of the city: by the share of them that is manned."""
    able = {at.TRAFFIC, at.PATROL, at.GUARD}
    gates = [place for place in sim.places if place.gate]
    manned = [g for g in gates if any(u.present and u.place is g and u.caps & able for u in sim.units)]
    sim.tally.screened += len(manned)
    return float(sim.p.outside_share * sim.p.turned_back_share * len(manned) / len(gates) if gates else 0.0)


def watch(sim: Sim, c: Crowd) -> None:
    """Start the injects that wait for a crowd to reach its stage."""
    for x in sim.injects:
        if x.watch is c and not x.fired and math.isinf(x.due) and c.stage >= x.stage:
            x.due = sim.now + x.delay
