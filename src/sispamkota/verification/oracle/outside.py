"""What comes from outside: hazards by chance, and the scenario's injects (model.md §2)."""

from __future__ import annotations

import math

from .casualties import add_casualty
from .command import set_need
from .incidents import open_incident
from .sim import Sim
from .terms import at
from .things import Crowd, Hazard, Inject, Kind, Place, sure

__all__ = ["draw_next", "hazard_step", "inject_step", "watch"]

HOUR, DAY = 3600.0, 86_400.0


def _time_of_work(rate: list[float], start: float, now: float, work: float) -> float:
    """Find when a process with a rate for each hour of the day has done an amount of work; `start` is the hour at 0."""
    daily = HOUR * sum(rate)
    if daily <= 0.0 or math.isinf(work):
        return math.inf
    days = math.floor(work / daily)
    t, rest = now + days * DAY, work - days * daily
    hour = math.floor(t / HOUR + start)
    while True:
        edge, speed = (hour + 1 - start) * HOUR, rate[hour % 24]
        if rest <= speed * (edge - t) and speed > 0.0:
            return t + rest / speed
        rest, t, hour = max(0.0, rest - speed * (edge - t)), edge, hour + 1


def draw_next(sim: Sim, h: Hazard) -> None:
    """Draw when a hazard strikes next."""
    work = sim.luck.exponential("hazard.clock", h.who, h.struck)
    work = work / h.factor if h.factor > 0.0 else math.inf
    h.due = _time_of_work(h.rate, sim.p.start_hour, sim.now, work)


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
        add_casualty(sim, place, (who, 16 * n + patient), cause=at.BY_ACCIDENT, side=at.CIVILIAN)


def inject_step(sim: Sim, x: Inject) -> None:
    """Play an inject."""
    x.fired = True
    sim.note(at.LOG_INJECT, x.place, a=x.row, b=x.action)
    c = x.crowd
    if c is None:
        _call_out(sim, x.place, sure(x.kind), (x.who, 0))
    elif x.action == at.ARRIVE_RATE:
        _gather(sim, x, c)
    elif x.action == at.MAKE_VIOLENT:
        for _ in range(int(x.amount)):
            camp = next((camp for camp in (x.camp, 1 - x.camp) if c.peaceful[camp] > 0), None)
            if camp is not None:
                c.peaceful[camp] -= 1
                c.violent[camp] += 1
    elif x.action == at.ASK_TO_LEAVE:
        c.asked_to_leave = True


def _gather(sim: Sim, x: Inject, c: Crowd) -> None:
    """Set how fast a camp arrives: the gathering's size, drawn once, times a share of it per second."""
    size = x.amount
    if x.spread > 1.0:
        size = sim.luck.lognormal("gathering.size", x.gathering, x.camp, median=x.amount, spread=x.spread)
    c.arrive[x.camp] = size * x.share
    if c.incident is None and x.share > 0.0:
        c.incident = open_incident(sim, sim.kinds[at.KIND_UNREST], c.place, c.who, 0)
        c.incident.crowd = c
        set_need(sim, c)


def watch(sim: Sim, c: Crowd) -> None:
    """Start the injects that wait for a crowd to reach its stage."""
    for x in sim.injects:
        if x.watch is c and not x.fired and math.isinf(x.due) and c.stage >= x.stage:
            x.due = sim.now + x.delay
