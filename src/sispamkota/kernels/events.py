"""What comes from outside: hazards that strike by chance, and the scenario's injects."""

import math

import numpy as np

from . import crowd, log, rng
from . import memory as m
from ._compile import kernel
from .casualty import add_casualty
from .command import set_need, stand_down
from .heap import HAZARD_SLOT, INJECT_SLOT, move
from .incident import MOST_HURT, open_incident, set_harm
from .layout import (
    ARRIVE_RATE,
    ASK_TO_LEAVE,
    BY_VIOLENCE,
    CIVILIAN,
    CLOSE_STREETS,
    EVACUATION,
    FULL_CASUALTIES,
    GUARD,
    KIND_UNREST,
    LOG_INJECT,
    MAKE_VIOLENT,
    NONE,
    OPEN_STREETS,
    PATROL,
    SET_TENSION,
    TRAFFIC,
    ZERO,
    Record,
)
from .stand import can

__all__ = ["harm_step", "hazard_step", "hazard_time", "hazard_work", "inject_step", "next_hazard", "watch"]

HARMED = 1 << 26  # numbers those whom an incident hurts apart from its source's other casualties
NEVER = 1e6  # days


@kernel
def hazard_time(rate: np.ndarray, start: float, now: float, work: float) -> float:
    """Return when a process with hourly rates has done an amount of unit-rate work since now; `start` is hour 0.

    Infinity where that takes more than NEVER days: a factor of a doubtful rate may be as small as numbers get.
    """
    day = 0.0
    for speed in rate:
        day += 3600.0 * speed
        if day > work:  # done within a day: how much a whole one would do does not matter
            break
    if day <= 0.0 or work / day > NEVER:
        return math.inf
    whole = math.floor(work / day)
    t = now + whole * 86_400.0
    work -= whole * day
    first = int(math.floor(t / 3600.0 + start))
    clock = first % 24 - 1
    for hour in range(first, first + 26):
        clock = clock + 1 if clock < 23 else 0
        edge = (hour + 1 - start) * 3600.0
        if edge <= t:  # by rounding: the hour is over
            continue
        speed = rate[clock]
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
    hazard.work = work
    _set_hazard(w, h)


@kernel
def _speed(w: Record, h: int) -> float:
    """Return what multiplies a hazard's usual rates now: the replicate's factor and, for trouble, the tension."""
    return m.hazard(w, h).factor * (w.tension if m.hazard_t(w, h).tense == 1 else 1.0)


@kernel
def _set_hazard(w: Record, h: int) -> None:
    """Put on the agenda when a hazard's remaining work is done at its present speed."""
    ht, hazard = m.hazard_t(w, h), m.hazard(w, h)
    speed = _speed(w, h)
    hazard.since = w.now
    hazard.due = math.inf
    if speed > 0.0:
        hazard.due = hazard_time(ht.rate, m.param(w, 0).start_hour, w.now, hazard.work / speed)
    move(w, w.offset[HAZARD_SLOT] + h, hazard.due)


@kernel
def hazard_work(rate: np.ndarray, start: float, a: float, b: float) -> float:
    """Return the integral of hourly rates from time a to b, both in seconds; `start` is hour 0."""
    day = 0.0
    for speed in rate:
        day += 3600.0 * speed
    whole = math.floor((b - a) / 86_400.0)
    t, work = a + whole * 86_400.0, whole * day
    first = int(math.floor(t / 3600.0 + start))
    for hour in range(first, first + 26):
        edge = min(b, (hour + 1 - start) * 3600.0)
        if edge > t:
            work += rate[hour % 24] * (edge - t)
            t = edge
    return work


@kernel
def _set_tension(w: Record, tension: float) -> None:
    """Change the tension of the city: unprompted violence and the hazards of trouble go that many times as fast."""
    start = m.param(w, 0).start_hour
    for h in range(w.hazards):
        ht, hazard = m.hazard_t(w, h), m.hazard(w, h)
        if ht.tense == 1:
            done = hazard_work(ht.rate, start, hazard.since, w.now) * _speed(w, h)
            hazard.work = max(0.0, hazard.work - done)
            hazard.since = w.now
    w.tension = tension
    for h in range(w.hazards):
        if m.hazard_t(w, h).tense == 1:
            _set_hazard(w, h)
    for k in range(w.crowds):
        crowd.touch(w, k)


@kernel
def harm_step(w: Record, i: int) -> None:
    """Let an incident hurt somebody at its place."""
    incident = m.incident(w, i)
    if incident.harmed >= MOST_HURT:
        w.fault = FULL_CASUALTIES
        return
    number = HARMED + incident.n * MOST_HURT + incident.harmed
    add_casualty(w, incident.place, (incident.who, number), (BY_VIOLENCE, CIVILIAN))
    incident.harmed += 1
    set_harm(w, i)


@kernel
def _call_out(w: Record, place: int, kind: int, source: tuple[int, int]) -> None:
    """Start an incident of a kind at a place, and its casualties; a medical call is its casualty."""
    if m.kind(w, kind).model != EVACUATION:
        open_incident(w, kind, place, source[0], source[1])
    for n in range(m.kind(w, kind).patients):
        add_casualty(w, place, (source[0], source[1] * 16 + n), (m.kind(w, kind).cause, CIVILIAN))


@kernel
def hazard_step(w: Record, h: int) -> None:
    """Let a hazard strike."""
    ht, hazard = m.hazard_t(w, h), m.hazard(w, h)
    hazard.k += 1
    _call_out(w, ht.place, ht.kind, (ht.who, hazard.k))
    next_hazard(w, h)


@kernel
def _turned_back(w: Record) -> float:
    """Return the share of arrivals that screening at the city's edge turns back, by how many gates are manned."""
    p = m.param(w, 0)
    if w.gates == 0:
        return 0.0
    manned = 0
    for u in range(w.units):
        ut = m.unit_t(w, u)
        if m.unit(w, u).present == 1 and (can(ut, TRAFFIC) or can(ut, PATROL) or can(ut, GUARD)):
            manned |= m.place(w, m.unit(w, u).place).gate
    n = 0
    while manned > 0:
        n += manned & 1
        manned >>= 1
    return p.outside_share * p.turned_back_share * n / w.gates


@kernel
def _gather(w: Record, x: int) -> None:
    """Set how fast a gathering arrives, beside others of its camp there: its size times the share of it per second.

    The size is drawn at the first wave and kept: a branch meanwhile changes it no more.
    """
    it, inject = m.inject_t(w, x), m.inject(w, x)
    c = m.crowd(w, it.crowd)
    if inject.luck < 0.0:
        inject.luck = 1.0
        if it.spread > 1.0:
            inject.luck = rng.lognormal(1.0, it.spread, w.seed, w.replicate, rng.SIZE, it.gathering, it.camp)
    rate = it.amount * inject.luck * it.share * (1.0 - _turned_back(w))
    c.arrive[it.camp] = 0.0
    for y in range(w.injects):
        other, its = m.inject_t(w, y), m.inject(w, y)
        if other.crowd != it.crowd or other.camp != it.camp or other.action != ARRIVE_RATE:
            continue
        if other.gathering == it.gathering:
            its.luck = inject.luck
            its.rate = rate if y == x else 0.0
        c.arrive[it.camp] += its.rate
    if c.incident < 0 and it.share > 0.0:
        c.incident = open_incident(w, KIND_UNREST, m.crowd_t(w, it.crowd).place, m.crowd_t(w, it.crowd).who, c.openings)
        c.openings += 1
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
    if it.action == SET_TENSION:
        _set_tension(w, it.amount)
    elif it.action == CLOSE_STREETS:
        w.streets |= int(it.amount)
    elif it.action == OPEN_STREETS:
        w.streets &= ~int(it.amount)
    elif it.crowd >= 0:
        c = crowd.touch(w, it.crowd)
        if it.action == ARRIVE_RATE:
            _gather(w, x)
            stand_down(w, it.crowd)
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
