"""What comes from outside: hazards that strike by chance, and the scenario's injects."""

import math

import numpy as np

from . import crowd, log, rng
from . import memory as m
from ._compile import kernel
from .casualty import add_casualty
from .command import set_need
from .heap import HAZARD_SLOT, INJECT_SLOT, move
from .incident import open_incident
from .layout import (
    ARRIVE_RATE,
    ASK_TO_LEAVE,
    BY_ACCIDENT,
    CIVILIAN,
    EVACUATION,
    KIND_UNREST,
    LOG_INJECT,
    MAKE_VIOLENT,
    NONE,
    ZERO,
    Record,
)

__all__ = ["hazard_step", "hazard_time", "inject_step", "next_hazard", "watch"]


@kernel
def hazard_time(rate: np.ndarray, start: float, now: float, work: float) -> float:
    """Return when a process with hourly rates has done an amount of unit-rate work since now; `start` is hour 0."""
    day = 0.0
    for speed in rate:
        day += 3600.0 * speed
    if day <= 0.0 or math.isinf(work):
        return math.inf
    whole = math.floor(work / day)
    t = now + whole * 86_400.0
    work -= whole * day
    for _ in range(26):
        hour = int(math.floor(t / 3600.0 + start))
        edge = (hour + 1 - start) * 3600.0
        speed = rate[hour % 24]
        if speed > 0.0 and t + work / speed <= edge:
            return t + work / speed
        work = max(0.0, work - speed * (edge - t))
        t = edge
    return t


@kernel
def next_hazard(w: Record, h: int) -> None:
    """Draw when a hazard strikes next."""
    ht, hazard = m.hazard_t(w, h), m.hazard(w, h)
    work = rng.exponential(w.seed, w.replicate, rng.HAZARD, ht.who, hazard.k)
    hazard.due = hazard_time(ht.rate, m.param(w, 0).start_hour, w.now, work / hazard.factor)
    move(w, w.offset[HAZARD_SLOT] + h, hazard.due)


@kernel
def _call_out(w: Record, place: int, kind: int, source: tuple[int, int]) -> None:
    """Start an incident of a kind at a place, and its casualties; a medical call is its casualty."""
    if m.kind(w, kind).model != EVACUATION:
        open_incident(w, kind, place, source[0], source[1])
    for n in range(m.kind(w, kind).patients):
        add_casualty(w, place, (source[0], source[1] * 16 + n), (BY_ACCIDENT, CIVILIAN))


@kernel
def hazard_step(w: Record, h: int) -> None:
    """Let a hazard strike."""
    ht, hazard = m.hazard_t(w, h), m.hazard(w, h)
    hazard.k += 1
    _call_out(w, ht.place, ht.kind, (ht.who, hazard.k))
    next_hazard(w, h)


@kernel
def _gather(w: Record, x: int) -> None:
    """Set how fast a camp arrives at its gathering: its size, drawn once, times the share of it per second."""
    it = m.inject_t(w, x)
    c = m.crowd(w, it.crowd)
    size = it.amount
    if it.spread > 1.0:
        size = rng.lognormal(it.amount, it.spread, w.seed, w.replicate, rng.SIZE, it.gathering, it.camp)
    c.arrive[it.camp] = size * it.share
    if c.incident < 0 and it.share > 0.0:
        c.incident = open_incident(w, KIND_UNREST, m.crowd_t(w, it.crowd).place, m.crowd_t(w, it.crowd).who, ZERO)
        if c.incident >= 0:
            m.incident(w, c.incident).crowd = it.crowd
            set_need(w, it.crowd)


@kernel
def inject_step(w: Record, x: int) -> None:
    """Play an inject."""
    it = m.inject_t(w, x)
    m.inject(w, x).fired = 1
    move(w, w.offset[INJECT_SLOT] + x, math.inf)
    log.note(w, LOG_INJECT, it.place, NONE, NONE, float(x), float(it.action))
    if it.crowd >= 0:
        c = crowd.touch(w, it.crowd)
        if it.action == ARRIVE_RATE:
            _gather(w, x)
        elif it.action == MAKE_VIOLENT:
            for _ in range(int(it.amount)):
                camp = it.camp if c.S[it.camp] > 0 else 1 - it.camp
                if c.S[camp] > 0:
                    c.S[camp] -= 1
                    c.I[camp] += 1
        elif it.action == ASK_TO_LEAVE:
            c.asked = 1
    else:
        _call_out(w, it.place, it.kind, (it.who, ZERO))


@kernel
def watch(w: Record, k: int) -> None:
    """Start the injects that wait for a crowd to reach its present stage."""
    for x in range(w.injects):
        it, inject = m.inject_t(w, x), m.inject(w, x)
        if it.watch == k and inject.fired == 0 and it.stage <= m.crowd(w, k).stage and math.isinf(inject.due):
            inject.due = w.now + it.delay
            move(w, w.offset[INJECT_SLOT] + x, inject.due)
