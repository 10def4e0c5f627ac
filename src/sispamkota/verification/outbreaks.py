"""Outbreaks with an exact law: final size at one place, total progeny over several, the limit of a large crowd.

The engine plays all of them but the fixed periods, which it has not; those are a reference model here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaln

from ..errors import EngineError
from ..kernels import layout as at
from ..place import VEHICLES
from ..rehearsal import World
from ..rehearsal.specs import CrowdSpec, HospitalSpec, PlaceSpec, WorldSpec
from ..rehearsal.tables import build_tables
from ..schema import parameters
from .row import Row, mean_row, share_row
from .worlds import OFF, crowd_world, set_parameters

__all__ = ["attack", "ball", "final_size", "outbreak", "outbreaks", "places_world", "progeny", "progeny_law", "weights"]

F8 = NDArray[np.float64]
MINUTE = 60.0
MANY = 10**10  # peaceful people at a place: so many that no outbreak depletes them
METRES = np.array([0.0, 300.0, 900.0, 4000.0])  # the places stand on one line
R = 0.8  # offspring of one violent person, below criticality

# R0 = 1.5, one violent: P(k further ones), by other code
OF_9 = (
    *(0.425532, 0.118692, 0.070263, 0.054802, 0.050127),
    *(0.050953, 0.055345, 0.061341, 0.063778, 0.049166),
)
OF_10 = (
    *(0.400000, 0.108646, 0.062675, 0.047748, 0.042869, 0.043168),
    *(0.047270, 0.054696, 0.064247, 0.070738, 0.057944),
)
FIXED_OF_9 = (
    *(0.259240, 0.113727, 0.081456, 0.073522, 0.075666),
    *(0.083280, 0.092346, 0.095689, 0.081858, 0.043217),
)
BALL = "exact law (Ball 1986), computed by other code"
BRANCHING = "Otter & Dwass: total progeny with geometric offspring"


def ball(susceptible: int, infective: int, rate: float, phi: Callable[[float], float]) -> F8:
    """Give P(k of the susceptible are ever infected), k = 0 ... n, by Ball's triangular equations.

    `rate`: of each pair; phi(theta): the mean of exp(-theta T) over the periods T. Loses digits where n is large.
    """
    n = susceptible
    out = np.zeros(n + 1)
    for j in range(n + 1):
        known = sum(
            math.comb(n - k, j - k) * out[k] / phi(rate * (n - j)) ** (k + infective) for k in range(j)
        )  # fmt: skip
        out[j] = (math.comb(n, j) - known) * phi(rate * (n - j)) ** (j + infective)
    return out


def final_size(susceptible: int, infective: int, r0: float, *, total: int | None = None) -> F8:
    """Return P(k of the susceptible are ever infected) by the exact jump chain; exponential periods.

    From (s, i) the next event is an infection with probability r0·s/N / (r0·s/N + 1); N is everybody, or `total`.
    """
    n = total or susceptible + infective
    most = susceptible + infective
    row = np.zeros(most + 1)  # row[i]: the chain visits (s, i)
    row[infective] = 1.0
    out = np.zeros(susceptible + 1)
    for s in range(susceptible, -1, -1):
        up = r0 * s / n / (r0 * s / n + 1.0)
        later = np.zeros(most + 2)
        reach = 0.0
        for i in range(most - s, 0, -1):
            reach = row[i] + reach * (1.0 - up)
            later[i + 1] = reach * up
        out[susceptible - s] = reach * (1.0 - up)
        row = later
    return out


def attack(r0: float) -> float:
    """Give the share z = 1 - exp(-r0 z) that a large outbreak reaches, r0 above 1."""
    return float(brentq(lambda z: 1.0 - math.exp(-r0 * z) - z, 1e-9, 1.0))


def _exponential(theta: float) -> float:
    return 1.0 / (1.0 + theta)


def _fixed(theta: float) -> float:
    return math.exp(-theta)


def outbreak(*, factor: float = 1.0, replicates: int = 20_000) -> Iterator[Row]:
    """One crowd, nobody calms, comes or goes: the law of the number who ever turn violent. `factor` multiplies R0."""
    r0 = 1.5 * factor
    by_chain, by_ball = final_size(9, 1, r0), ball(9, 1, r0 / 10.0, _exponential)
    for k, want in enumerate(OF_9):
        yield Row("outbreak", f"P({k} of 9), jump chain", BALL, want, float(by_chain[k]), 6e-7)
        yield Row("outbreak", f"P({k} of 9), Ball's equations", BALL, want, float(by_ball[k]), 6e-7)
    sizes = [*_engine_sizes(9, 1, r0, replicates)]
    for k, want in enumerate(OF_9):
        yield share_row("outbreak", f"P({k} of 9), engine", BALL, want, sizes.count(k), replicates)
    yield mean_row("outbreak", "mean of 9, engine", BALL, 2.593078, sizes)
    of_10, chain_10 = ball(10, 1, r0 / 10.0, _exponential), final_size(10, 1, r0, total=10)
    for k, want in enumerate(OF_10):
        yield Row("outbreak", f"P({k} of 10 beside 1, pair rate .15), Ball's equations", BALL, want, of_10[k], 6e-7)
    gap = float(np.abs(of_10 - chain_10).max())
    yield Row("outbreak", "largest difference of the two, 10 beside 1", BALL, 0.0, gap, 2e-12)
    fixed, drawn = ball(9, 1, r0 / 10.0, _fixed), _sellke(9, r0 / 10.0, replicates)
    for k, want in enumerate(FIXED_OF_9):
        yield Row("outbreak", f"P({k} of 9), fixed periods, Ball's equations", BALL, want, float(fixed[k]), 6e-7)
        what = f"P({k} of 9), fixed periods, reference model"
        yield share_row("outbreak", what, BALL, want, int(drawn[k]), replicates)
    yield from _large(factor)


def _large(factor: float) -> Iterator[Row]:
    """Give what a large crowd does: stays small with probability 1/R0, or reaches the share that the equation says."""
    r0 = 1.5 * factor
    small = float(final_size(999, 1, r0)[:100].sum())
    yield Row("outbreak", "P(fewer than 100 of 999), jump chain", BALL, 0.673204, small, 6e-7)
    sizes = [*_engine_sizes(999, 1, r0, 4_000)]
    hits = sum(size < 100 for size in sizes)
    yield share_row("outbreak", "P(fewer than 100 of 999), engine", BALL, 0.673204, hits, len(sizes))
    never = float(brentq(lambda q: math.exp(-r0 * (1.0 - q)) - q, 0.0, 1.0 - 1e-6))
    yield Row("outbreak", "P(minor), fixed periods", "branching process", 0.417188, never, 6e-7)
    for base, want in ((1.5, 0.582812), (2.0, 0.796812), (3.0, 0.940480)):
        yield Row("outbreak", f"share reached, R0 = {base:g}", "z = 1 - exp(-R0 z)", want, attack(factor * base), 6e-7)


def _engine_sizes(peaceful: int, violent: int, r0: float, replicates: int) -> Iterator[int]:
    """Play the outbreak until nobody is violent; how many of the peaceful ever were."""
    omega = 1.0 / MINUTE
    world = crowd_world(peaceful, violent, beta=r0 * omega, omega=omega)
    for replicate in range(replicates):
        world.reset(seed=33, replicate=replicate)
        world.advance(1e6)
        yield int(world.state.crowd[0].R) - violent


def _sellke(susceptible: int, rate: float, replicates: int) -> NDArray[np.int64]:
    """Draw final sizes with periods of exactly 1 by resistances (Sellke 1983); counts of k = 0 ... n."""
    rng = np.random.default_rng(35)
    resist = np.sort(rng.exponential(1.0, (replicates, susceptible)), axis=1)
    reached = resist <= rate * np.arange(1, susceptible + 1)  # the k-th falls if k periods before it suffice
    sizes = np.where(reached.all(axis=1), susceptible, np.argmin(reached, axis=1))
    return np.bincount(sizes, minlength=susceptible + 1)


def progeny_law(n: F8, r: float) -> F8:
    """Return P(T = n), the first one counted: geometric offspring, for the periods are exponential (Otter–Dwass)."""
    choose = gammaln(2 * n - 1) - gammaln(n) - gammaln(n) - np.log(n)
    return np.asarray(np.exp(choose + (n - 1) * np.log(r) - (2 * n - 1) * np.log1p(r)))


def _distances() -> F8:
    """Return the metres between any two places."""
    return np.asarray(np.abs(METRES[:, None] - METRES[None, :]))


def weights() -> F8:
    """Return w[q, p], the share of the violence of q that is felt at p: a power law with offset, by hand."""
    known = parameters()
    w = (1.0 + _distances() / known["spread_distance"]) ** -known["spread_power"]
    np.fill_diagonal(w, 0.0)
    return np.asarray(w / w.sum(axis=1, keepdims=True))


def places_world(within: float, *, r: float = R) -> World:
    """Places with one violent person at the second; `within` is the share of the offspring that stay at the place."""
    names = [f"p{i}" for i in range(len(METRES))]
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec(name, 0) for name in names],
        travel=np.zeros((len(VEHICLES), 1, 1), np.float32),
        crowds=[CrowdSpec(name, peaceful=(MANY, 0), violent=(int(name == "p1"), 0)) for name in names],
        hospitals=[HospitalSpec("rs", "p0", (5, 1, 1, 10))],
        distance=_distances(),
    )
    gamma, omega = 0.7 / MINUTE, 0.3 / MINUTE
    beta = r * (gamma + omega)
    on = {"gamma": gamma, "omega": omega, "beta": within * beta, "beta_between": (1.0 - within) * beta}
    return set_parameters(World(build_tables(spec)), **(dict.fromkeys(OFF, 0.0) | on))


def outbreaks(world: World, replicates: int, seed: int) -> NDArray[np.int64]:
    """Play until nobody is violent; return how often anybody ceased to be, [replicate, place].

    Each turn counts, relapses too, and each ends by calming or tiring. Those who turned are counted by the other
    channels: the first, those turned at the place, and (nobody lacking) every attempt at another place.
    """
    out = []
    for replicate in range(replicates):
        world.reset(seed=seed, replicate=replicate)
        before = world.state.crowd.k.copy()
        world.advance(1e9)
        c = world.state.crowd
        fired = c.k - before
        ended = fired[:, at.CALM] + fired[:, at.TIRE]
        if c.I.sum() != 0 or ended.sum() != 1 + fired[:, at.TURN].sum() + fired[:, at.SPREAD].sum():
            raise EngineError("an outbreak has not ended, or its turns and ends do not balance")
        out.append(ended)
    return np.array(out)


def progeny(*, factor: float = 1.0, replicates: int = 10_000) -> Iterator[Row]:
    """Contagion between places below criticality (law L7): the size of an outbreak, whatever share of it crosses.

    `factor` multiplies R; where it makes R reach 1 an outbreak need not end, so stay below 1.2.
    """
    law = partial(progeny_law, r=R)
    n = np.arange(1.0, 5000.0)
    yield Row("progeny", "P(1), R = .8, by formula", BRANCHING, 0.556, float(progeny_law(n, R * factor)[0]), 5e-4)
    for within in (1.0, 0.5, 0.0):
        seen = outbreaks(places_world(within, r=R * factor), replicates, 71).sum(axis=1)
        for size in (1, 2, 3, 5):
            what = f"P({size}), R = .8, {within:.0%} at its own place, engine"
            yield share_row(
                "progeny", what, BRANCHING, float(law(np.array([float(size)]))[0]), int((seen == size).sum()), len(seen)
            )
        beyond = 1.0 - float(law(np.arange(1.0, 21.0)).sum())
        what = f"P(more than 20), R = .8, {within:.0%} at its own place, engine"
        yield share_row("progeny", what, BRANCHING, beyond, int((seen > 20).sum()), len(seen))
    mean = R * (0.3 * np.eye(len(METRES)) + 0.7 * weights())
    expected = np.linalg.inv(np.eye(len(METRES)) - mean)[1]
    seen = outbreaks(places_world(0.3, r=R * factor), replicates, 72)
    for place, want in enumerate(expected):
        what = f"mean turns at {METRES[place]:g} m, first at {METRES[1]:g} m, engine"
        yield mean_row("progeny", what, "a row of (1 - M)^-1, M the mean offspring by place", want, seen[:, place])
