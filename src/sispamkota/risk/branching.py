"""A process in which incidents may beget others: intensity, likelihood, residuals, and exact simulation by branching.

At place p the intensity is λ_p(t) = μ_p · w(t) + n · Σ over earlier incidents j of h(p, p_j) · β · exp(-β (t - t_j)): a
background that has its own level at each place and its own shape over the day and over phases, and n others that each
incident begets on average, after a mean of 1/β, at its own place or near by (columns of h sum to 1). Times in hours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Clock", "Incidents", "Process", "excitation", "log_likelihood", "residuals", "simulate"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_DAY = 24


@dataclass(frozen=True, eq=False)
class Clock:
    """Hold how the background goes with time: a factor for each hour of the day and one for each day, both of mean 1.

    `phase` numbers the phase of each day; within one the days are alike.
    """

    by_hour: F8
    by_day: F8
    phase: I8

    @classmethod
    def even(cls, days: int) -> Clock:
        """Give a background that is the same at all times."""
        return cls(np.ones(_DAY), np.ones(days), np.zeros(days, np.int64))

    @property
    def hours(self) -> float:
        """Give the length of the window."""
        return float(self.by_day.size * _DAY)

    def factor(self, when: F8) -> F8:
        """Give w(t) at times of the window."""
        day = np.clip((when // _DAY).astype(np.int64), 0, self.by_day.size - 1)
        return np.asarray(self.by_day[day] * self.by_hour[(when % _DAY).astype(np.int64)], np.float64)

    def passed(self, when: F8) -> F8:
        """Give ∫ w from the start to times of the window."""
        day = np.clip((when // _DAY).astype(np.int64), 0, self.by_day.size - 1)
        days = np.concatenate([[0.0], np.cumsum(self.by_day)]) * self.by_hour.sum()
        hours = np.concatenate([[0.0], np.cumsum(self.by_hour)])
        into = when - day * _DAY
        return np.asarray(days[day] + self.by_day[day] * np.interp(into, np.arange(_DAY + 1), hours), np.float64)

    def draw(self, count: int, rng: np.random.Generator) -> F8:
        """Draw times with density w."""
        day = rng.choice(self.by_day.size, count, p=self.by_day / self.by_day.sum())
        hour = rng.choice(_DAY, count, p=self.by_hour / self.by_hour.sum())
        return np.asarray(day * _DAY + hour + rng.random(count), np.float64)


@dataclass(frozen=True, eq=False)
class Incidents:
    """Hold incidents by time: `when` (hours from the start, ascending), `place` (row), `cluster` (whose descendant)."""

    when: F8
    place: I8
    cluster: I8

    @classmethod
    def of(cls, when: F8, place: I8) -> Incidents:
        """Sort incidents by time; each is a cluster of its own."""
        order = np.argsort(when, kind="stable")
        return cls(np.asarray(when, np.float64)[order], np.asarray(place, np.int64)[order], np.arange(order.size))


@dataclass(frozen=True, eq=False)
class Process:
    """Hold a law: background (place,) an hour, ratio n, decay β an hour, spread h (place, place; None: own place)."""

    background: F8
    clock: Clock
    ratio: float
    decay: float
    spread: F8 | None = None


def excitation(incidents: Incidents, decay: float, spread: F8 | None, n_places: int) -> tuple[F8, F8]:
    """Give Σ_j h · β · exp(-β (t - t_j)) at each incident, and its derivative by β.

    One pass: what earlier incidents still excite, and the same weighed by their age, is carried from one incident to
    the next (Ogata 1981), at each place.
    """
    if spread is None:
        return _own_excitation(incidents, decay, n_places)
    when, place = incidents.when, incidents.place
    out, slope = np.zeros(when.size), np.zeros(when.size)
    active, aged = np.zeros(n_places), np.zeros(n_places)
    gaps = np.diff(when, prepend=0.0)
    fades = np.exp(-decay * gaps)
    for i in range(1, when.size):
        active[place[i - 1]] += 1.0
        aged = (aged + gaps[i] * active) * fades[i]
        active = active * fades[i]
        row = spread[place[i]]
        now, old = row @ active, row @ aged
        out[i], slope[i] = decay * now, now - decay * old
    return out, slope


def _own_excitation(incidents: Incidents, decay: float, n_places: int) -> tuple[F8, F8]:
    """Do the same where an incident excites its own place only: each place is touched by its own incidents."""
    active, aged, last = [0.0] * n_places, [0.0] * n_places, [0.0] * n_places
    out, slope = [], []
    for t, p in zip(incidents.when.tolist(), incidents.place.tolist(), strict=True):
        gap = t - last[p]
        fade = math.exp(-decay * gap)
        now = active[p] * fade
        old = (aged[p] + gap * active[p]) * fade
        out.append(decay * now)
        slope.append(now - decay * old)
        active[p], aged[p], last[p] = now + 1.0, old, t
    return np.array(out), np.array(slope)


def log_likelihood(process: Process, incidents: Incidents) -> float:
    """Give the exact log-likelihood of incidents in the window, from an empty past."""
    clock = process.clock
    excited, _ = excitation(incidents, process.decay, process.spread, process.background.size)
    rate = process.background[incidents.place] * clock.factor(incidents.when) + process.ratio * excited
    begotten = process.ratio * (1.0 - np.exp(-process.decay * (clock.hours - incidents.when))).sum()
    mass = process.background.sum() * clock.passed(np.array([clock.hours]))[0] + begotten
    with np.errstate(divide="ignore"):
        return float(np.log(rate).sum() - mass)


def residuals(process: Process, incidents: Incidents) -> F8:
    """Give the city's compensator between incidents: exponential of mean 1 under the law (time rescaling)."""
    passed = process.clock.passed(incidents.when) * process.background.sum()
    gaps = np.diff(incidents.when, prepend=0.0)
    active, begotten = 0.0, np.zeros(gaps.size)
    for i, gap in enumerate(gaps):
        fade = np.exp(-process.decay * gap)
        begotten[i] = process.ratio * active * (1.0 - fade)
        active = active * fade + 1.0
    return np.asarray(np.diff(passed, prepend=0.0) + begotten, np.float64)


def simulate(process: Process, *, seed: int, replicate: int = 0, warm_days: int = 0) -> Incidents:
    """Draw incidents of the window exactly, by branching: each begets a Poisson number of others.

    Parameters
    ----------
    process : Process
        With a ratio below 1, so that clusters end.
    seed, replicate : int
        Name the draw: the same two give the same incidents.
    warm_days : int
        Days before the window whose descendants are in it as well, with an even background.

    Returns
    -------
    Incidents
        `cluster` numbers the incident of the background that each descends from. Raises ValueError for a ratio of 1 or
        more.
    """
    if not 0.0 <= process.ratio < 1.0:
        raise ValueError("a ratio is from 0 to below 1: else clusters need not end")
    rng = np.random.default_rng([seed, replicate])
    end = process.clock.hours
    mass = process.clock.passed(np.array([end]))[0]
    counts = rng.poisson(process.background * mass)
    when = process.clock.draw(int(counts.sum()), rng)
    place = np.repeat(np.arange(counts.size), counts)
    if warm_days:
        before = rng.poisson(process.background * warm_days * _DAY)
        when = np.concatenate([when, -warm_days * _DAY * rng.random(int(before.sum()))])
        place = np.concatenate([place, np.repeat(np.arange(before.size), before)])
    cluster = np.arange(when.size)
    born = [(when, place, cluster)]
    while when.size:
        children = rng.poisson(process.ratio, when.size)
        when = np.repeat(when, children) + rng.exponential(1.0 / process.decay, int(children.sum()))
        place, cluster = np.repeat(place, children), np.repeat(cluster, children)
        if process.spread is not None:
            place = _moved(place, process.spread, rng)
        inside = when < end
        when, place, cluster = when[inside], place[inside], cluster[inside]
        born.append((when, place, cluster))
    when, place, cluster = (np.concatenate(each) for each in zip(*born, strict=True))
    order = np.flatnonzero(when >= 0.0)
    order = order[np.argsort(when[order], kind="stable")]
    return Incidents(when[order], place[order].astype(np.int64), cluster[order].astype(np.int64))


def _moved(place: I8, spread: F8, rng: np.random.Generator) -> I8:
    """Draw the place of each child by the column of its parent's place."""
    upto = np.cumsum(spread, axis=0)
    u = rng.random(place.size) * upto[-1, place]
    return np.asarray((upto[:, place] <= u).sum(axis=0), np.int64)
