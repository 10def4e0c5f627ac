"""Fit a self-exciting process by maximum likelihood, and test it against hot spots alone.

The test is exact: given how many incidents each place, each phase and each moment of the day had, a background that is
a product of the three leaves their pairing to chance. So places keep their incidents, times of day and phases are dealt
out anew, days are drawn within the phase, and the gain in likelihood is compared (Barnard's Monte Carlo test). The gain
has no usable large-sample law: at ratio 0, the end of its range, the memory means nothing (Davies 1987).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .branching import Clock, Incidents, excitation

__all__ = ["Estimates", "Fit", "chance_of", "unequal"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_DAY = 24
_MOST = 0.99  # a ratio of 1 and more would never end
_LEVEL = 0.9  # of likelihood intervals
_STARTS = 3  # memories from which the fit climbs
_MEMORIES = 8  # memories that the test looks at, in equal steps of their logarithm
_ROUNDS = 40  # of expectation and maximisation, in the test
_CELLS = 2_000_000  # numbers that the test holds at once


@dataclass(frozen=True, eq=False)
class Estimates:
    """Hold a point of the likelihood: gain over hot spots alone (twice the log ratio), and what gives it.

    `own` (place,) is the share of each place's incidents that belongs to the background.
    """

    gain: float
    ratio: float
    decay: float
    own: F8


class Fit:
    """Fit ratio, memory and background of incidents, for one way of spreading; places without incidents have none.

    The likelihood is exact, with the compensator in closed form and its gradient; the memory stays within `memories`
    (hours, shortest and longest).
    """

    def __init__(
        self, incidents: Incidents, clock: Clock, spread: F8 | None, memories: tuple[float, float], n_places: int
    ) -> None:
        """Take what does not change while fitting."""
        self.n_places, self.clock = n_places, clock
        used, at = np.unique(incidents.place, return_inverse=True)
        self.used, self.incidents = used, Incidents(incidents.when, at.astype(np.int64), incidents.cluster)
        self.spread = None if spread is None else spread[np.ix_(used, used)]
        self.counts = np.bincount(at).astype(np.float64)
        self.mass = float(clock.passed(np.array([clock.hours]))[0])
        self.plain = self.counts[at] / self.mass * clock.factor(incidents.when)
        self.left = clock.hours - incidents.when
        self.bounds = (-math.log(memories[1]), -math.log(memories[0]))  # of the logarithm of the decay

    def background(self, point: Estimates) -> F8:
        """Give the background (place,) of a point, an hour."""
        out = np.zeros(self.n_places)
        out[self.used] = point.own * self.counts / self.mass
        return out

    def followed(self, point: Estimates) -> float:
        """Give the share of incidents that followed from another."""
        return float(1.0 - point.own @ self.counts / self.counts.sum())

    @cached_property
    def best(self) -> Estimates:
        """Find the most likely point, from several memories."""
        starts = np.linspace(*self.bounds, _STARTS + 2)[1:-1]
        points = [self._climb(0.3, float(start), np.full(self.counts.size, 0.7)) for start in starts]
        return max(points, key=lambda point: point.gain)

    def interval(self, what: str) -> tuple[float, float]:
        """Give the 90 % likelihood interval of the "ratio" or the "memory" (hours): all that lose less than χ² allows.

        All else is fitted anew at each value; an end beyond the range that is looked at is that range's end.
        """
        from scipy.optimize import brentq
        from scipy.stats import chi2

        allowed, best = float(chi2.ppf(_LEVEL, 1)), self.best
        at = best.ratio if what == "ratio" else math.log(best.decay)
        ends = []
        for end in (0.0, _MOST) if what == "ratio" else self.bounds:

            def loss(value: float) -> float:
                point = self._climb(
                    value if what == "ratio" else best.ratio,
                    math.log(best.decay) if what == "ratio" else value,
                    best.own,
                    fixed=what,
                )
                return best.gain - point.gain - allowed

            ends.append(end if abs(end - at) < 1e-3 or loss(end) <= 0 else float(brentq(loss, at, end, xtol=2e-3)))
        if what == "ratio":
            return ends[0], ends[1]
        return math.exp(-ends[1]), math.exp(-ends[0])

    def _climb(self, ratio: float, log_decay: float, own: F8, *, fixed: str = "") -> Estimates:
        """Climb from a point to the nearest top, with the ratio or the memory held if asked."""
        from scipy.optimize import minimize

        bounds = [(1e-9, 1.0)] * own.size
        bounds += [(ratio, ratio) if fixed == "ratio" else (0.0, _MOST)]
        bounds += [(log_decay, log_decay) if fixed == "memory" else self.bounds]
        start = np.array([*own, ratio, log_decay])
        found = minimize(self._loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 300})
        *shares, ratio, log_decay = found.x.tolist()
        return Estimates(-2.0 * float(found.fun), ratio, math.exp(log_decay), np.array(shares))

    def _loss(self, point: F8) -> tuple[float, F8]:
        """Give the log-likelihood lost against hot spots alone, and its gradient, at (own…, ratio, log decay)."""
        own, ratio, decay = point[:-2], float(point[-2]), math.exp(float(point[-1]))
        place = self.incidents.place
        excited, slope = excitation(self.incidents, decay, self.spread, own.size)
        fade = np.exp(-decay * self.left)
        ended = (1.0 - fade).sum()
        rate = own[place] * self.plain + ratio * excited
        loss = own @ self.counts + ratio * ended - self.counts.sum() - np.log(rate / self.plain).sum()
        gradient = np.empty(point.size)
        gradient[:-2] = self.counts - np.bincount(place, self.plain / rate, minlength=own.size)
        gradient[-2] = ended - (excited / rate).sum()
        gradient[-1] = decay * ratio * ((self.left * fade).sum() - (slope / rate).sum())
        return float(loss), gradient


def unequal(counts: I8, replicates: int, rng: np.random.Generator) -> float:
    """Give the chance of places as unequal as these if each incident fell on any place alike (Monte Carlo, exact)."""
    dealt = rng.multinomial(counts.sum(), np.full(counts.size, 1.0 / counts.size), size=replicates)
    return float((1 + ((dealt**2).sum(axis=1) >= (counts**2).sum()).sum()) / (replicates + 1))


# --- the test against hot spots ---------------------------------------------------------------------------------------


def chance_of(
    incidents: Incidents,
    clock: Clock,
    spreads: Sequence[F8 | None],
    memories: tuple[float, float],
    replicates: int,
    rng: np.random.Generator,
) -> float:
    """Give the chance of a gain in likelihood as large as that of these incidents, if there were hot spots only.

    Exact: (1 + how many of the replicates gain as much) / (1 + replicates) (Barnard 1963).
    """
    order = np.argsort(incidents.place, kind="stable")  # all incidents of a place lie together
    used, at = np.unique(incidents.place[order], return_inverse=True)
    near = [None if each is None else each[np.ix_(used, used)] for each in spreads]
    when = np.concatenate([incidents.when[order][None], _dealt(incidents.when[order], clock, replicates, rng)])
    decays = np.exp(np.linspace(-math.log(memories[1]), -math.log(memories[0]), _MEMORIES))
    step = max(1, _CELLS // (decays.size * len(near) * max(1, at.size)))
    parts = [_gains(when[i : i + step], at.astype(np.int64), clock, near, decays) for i in range(0, len(when), step)]
    gains = np.concatenate(parts)
    return float((1 + (gains[1:] >= gains[0] - 1e-9).sum()) / (replicates + 1))


def _dealt(when: F8, clock: Clock, replicates: int, rng: np.random.Generator) -> F8:
    """Deal times of day and phases anew among incidents, and draw days within their phase: (replicate, incident)."""
    day = (when // _DAY).astype(np.int64)
    out = np.empty((replicates, when.size))
    phases, start = np.unique(clock.phase, return_index=True)
    length = np.bincount(np.searchsorted(phases, clock.phase))
    phase = np.searchsorted(phases, clock.phase[day])
    for row in out:
        dealt = rng.permutation(phase)
        days = start[dealt] + np.floor(rng.random(when.size) * length[dealt])
        row[:] = days * _DAY + rng.permutation(when % _DAY)
    return out


def _gains(when: F8, place: I8, clock: Clock, spreads: Sequence[F8 | None], decays: F8) -> F8:
    """Give the largest gain in likelihood over memories and spreads, for each row of times (replicate, incident).

    Ratio and background by a set number of rounds of expectation and maximisation, the same for all rows.
    """
    excited = _excited(when, place, spreads, decays)  # replicate, memory, spread, incident
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    counts = np.diff([*starts, place.size]).astype(np.float64)
    mass = float(clock.passed(np.array([clock.hours]))[0])
    plain = ((counts / mass)[place] * clock.factor(when.ravel()).reshape(when.shape))[:, None, None, :]
    ended = (1.0 - np.exp(-decays[None, :, None] * (clock.hours - when)[:, None, :])).sum(axis=2)[:, :, None]
    ratio = np.full(excited.shape[:3], 0.3)
    own = np.full((*excited.shape[:3], counts.size), 0.7)
    share = excited / plain  # of the rate of hot spots alone
    for _ in range(_ROUNDS):
        part = ratio[..., None] * share
        begotten = part / (own[..., place] + part)
        ratio = np.minimum(begotten.sum(axis=-1) / ended, _MOST)
        own = 1.0 - np.add.reduceat(begotten, starts, axis=-1) / counts
    gain = np.log(own[..., place] + ratio[..., None] * share).sum(axis=-1)
    gain -= own @ counts + ratio * ended - counts.sum()
    return np.asarray(2.0 * np.maximum(gain.reshape(len(when), -1).max(axis=1), 0.0), np.float64)


def _excited(when: F8, place: I8, spreads: Sequence[F8 | None], decays: F8) -> F8:
    """Give Σ_j h · β · exp(-β (t - t_j)) at each incident: (replicate, memory, spread, incident)."""
    rows, order = np.arange(len(when)), np.argsort(when, axis=1, kind="stable")
    times, places = np.take_along_axis(when, order, axis=1), place[order]
    active = np.zeros((len(when), decays.size, int(place.max()) + 1))
    out = np.zeros((len(when), decays.size, len(spreads), place.size))
    for i in range(1, place.size):
        active[rows, :, places[:, i - 1]] += 1.0
        active *= np.exp(-decays * (times[:, i] - times[:, i - 1])[:, None])[:, :, None]
        here: Any = places[:, i]
        for s, spread in enumerate(spreads):
            seen = active[rows, :, here] if spread is None else np.einsum("bq,bgq->bg", spread[here], active)
            out[rows, :, s, order[:, i]] = decays * seen
    return out
