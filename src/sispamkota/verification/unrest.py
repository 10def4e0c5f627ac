"""The structure of the model of the riots of 2005 (Bonnasse-Gahot and others 2018), not its results.

The fitted values could not be read, so nothing of the paper's is compared: what is asked is what follows from the
equations whatever their values. At one place they are the engine's crowd (law L5), and the engine plays them; over
several places, and for fitting counts, a reference model stands here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize

from .outbreaks import attack
from .row import ERRORS, Row
from .worlds import crowd_world

__all__ = ["SITE", "Unrest", "course", "unrest"]

F8 = NDArray[np.float64]
SOURCE = "follows from the equations; the paper's values are unread"
DAYS = 44


@dataclass(frozen=True)
class Unrest:
    """Hold the law: dλ/dt = -ωλ + σP, dσ/dt = -σP, P = βΛ, Λ_k = Σ_j W_kj λ_j; days, per place σ(0) and λ(0)."""

    beta: float
    omega: float
    ready: tuple[float, ...]
    first: tuple[float, ...]
    weight: tuple[tuple[float, ...], ...] = ((1.0,),)


SITE = Unrest(0.004, 0.25, (120.0,), (1.0,))


def course(law: Unrest, times: F8) -> tuple[F8, F8]:
    """Solve the law: λ and σ at each time, [time, place]."""
    n, w = len(law.ready), np.array(law.weight)

    def flow(_t: float, y: F8) -> F8:
        activity, ready = y[:n], y[n:]
        joined = ready * law.beta * (w @ activity)
        return np.concatenate([joined - law.omega * activity, -joined])

    start = np.array([*law.first, *law.ready])
    solved = integrate.solve_ivp(
        flow, (0.0, float(times[-1])), start, t_eval=times, rtol=1e-9, atol=1e-14, method="LSODA"
    )
    return solved.y[:n].T, solved.y[n:].T


def unrest(*, factor: float = 1.0, replicates: int = 200) -> Iterator[Row]:
    """Give growth, final size, places apart, and the recovery of what was simulated. `factor` multiplies beta."""
    yield from _growth(factor)
    yield from _final(factor, replicates)
    names, law = ("beta", "omega"), _three()
    far = replace(law, weight=tuple(tuple(float(i == j) for j in range(3)) for i in range(3)))
    days = np.linspace(0.0, DAYS, 45)
    together, _ = course(replace(far, beta=far.beta * factor), days)
    alone = [
        course(Unrest(far.beta, far.omega, (far.ready[k],), (far.first[k],)), days)[0][:, 0] for k in range(3)
    ]  # fmt: skip
    gap = float(np.abs(together - np.array(alone).T).max())
    yield Row("unrest", "W = 1: largest difference from three single places", SOURCE, 0.0, gap, 1e-5)
    found = _recovered(replace(law, beta=law.beta * factor))
    for name, (value, error) in zip(names, found, strict=True):
        true = getattr(law, name)
        what = f"{name} found in simulated daily counts of three places"
        yield Row("unrest", what, "Poisson likelihood; tolerance from its curvature", true, value, 3.3 * error)


def _growth(factor: float) -> Iterator[Row]:
    """Hold the first growth against βσ(0) - ω: the activity grows iff βσ(0) > ω."""
    for ready in (40.0, 62.0, 63.0, 120.0):
        law = replace(SITE, beta=SITE.beta * factor, ready=(ready,), first=(1e-6,))
        first, _ = course(law, np.array([0.0, 0.5]))
        want = SITE.beta * ready - SITE.omega
        got = math.log(float(first[1, 0] / first[0, 0])) / 0.5
        word = "grows" if want > 0 else "dies out"
        yield Row("unrest", f"first growth a day, beta·ready - omega = {want:+.3f} ({word})", SOURCE, want, got, 1e-5)


def _final(factor: float, replicates: int) -> Iterator[Row]:
    """Hold the final size against σ(0)(1 - exp(-βS/ω)), λ(0) near 0: by the equations and by the engine's crowd."""
    r0 = SITE.beta * SITE.ready[0] / SITE.omega
    want = attack(r0)
    _, ready = course(replace(SITE, beta=SITE.beta * factor, first=(1e-6,)), np.array([0.0, 400.0]))
    got = 1.0 - float(ready[1, 0]) / SITE.ready[0]
    yield Row("unrest", f"share that joins in the end, beta·ready / omega = {r0:g}", SOURCE, want, got, 1e-4)
    n, minute = 20_000, 60.0
    world = crowd_world(n - 20, 20, beta=factor * r0 / minute, omega=1.0 / minute)
    sizes = np.empty(replicates)
    for replicate in range(replicates):
        world.reset(seed=37, replicate=replicate)
        world.advance(1e7)
        sizes[replicate] = (int(world.state.crowd[0].R) - 20) / (n - 20)
    large = sizes[sizes > 0.1]
    # started by twenty: z = 1 - exp(-r0 (z + 20/n)) instead of the limit; the mean lies below it by a term in 1/n
    exact = optimize.brentq(lambda z: 1.0 - math.exp(-r0 * (z * (n - 20) + 20) / n) - z, 1e-9, 1.0)
    error = ERRORS * float(large.std(ddof=1)) / math.sqrt(len(large)) + 5.0 / n
    yield Row("unrest", "the same, engine's crowd of 20,000, twenty violent first", SOURCE, exact, large.mean(), error)


def _three() -> Unrest:
    """Three places, the influence falling with distance."""
    km = np.abs(np.subtract.outer([0.0, 3.0, 8.0], [0.0, 3.0, 8.0]))
    weight = tuple(tuple(row) for row in (1.0 + km / 2.0) ** -2.0)
    return Unrest(0.0015, 0.2, (300.0, 200.0, 150.0), (5.0, 0.2, 0.2), weight)


def _recovered(law: Unrest) -> list[tuple[float, float]]:
    """Simulate daily counts, fit beta and omega by likelihood: each with its standard error."""
    days = np.arange(DAYS + 1.0)
    counts = np.random.default_rng(38).poisson(course(law, days)[0])

    def loss(point: F8) -> float:
        rate = np.maximum(course(replace(law, beta=math.exp(point[0]), omega=math.exp(point[1])), days)[0], 1e-9)
        return float((rate - counts * np.log(rate)).sum())

    best = optimize.minimize(loss, np.log([0.002, 0.3]), method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-5})
    step, point = 0.01, best.x
    curve = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            a, b = step * np.eye(2)[i], step * np.eye(2)[j]
            curve[i, j] = (
                loss(point + a + b) - loss(point + a - b) - loss(point - a + b) + loss(point - a - b)
            ) / (4.0 * step**2)  # fmt: skip
    errors = np.sqrt(np.diag(np.linalg.inv(curve)))
    return [(math.exp(p), math.exp(p) * float(e)) for p, e in zip(point, errors, strict=True)]
