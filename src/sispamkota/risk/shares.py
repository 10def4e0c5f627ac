"""How a kind's events spread over places, given the spreads: Laplace's approximation in one sparse system.

# i = places, k = kinds with events, p = indicators, c = connected parts of the map
log weight f_ik = log share before + x_i + w_i·β + z_ik; share s_ik = exp f_ik / Σ_j exp f_jk; counts multinomial.

A multinomial is a Poisson with a free intercept a_k (Baker 1994), so every weight in the system is diagonal. z and v,
which are independent over places, are eliminated by hand; what is left is u (sparse) with a few dense columns
(intercepts, β, one of each connected part), solved by Schur's complement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .blocks import Factor, inverse_diagonal
from .field import Field

__all__ = ["Mode", "Moments", "Places", "Spread", "find_mode", "moments", "redraw"]

F8 = NDArray[np.float64]
LESS = 0.1  # expected events at a place below which the normal law drawn from is made much wider
_STEPS, _STILL, _FLOOR = 100, 1e-6, 1e-12


class Spread(NamedTuple):
    """Name the spreads: σ and φ of the field, τ of what is of one kind alone (a standard deviation)."""

    sigma: float
    phi: float
    tau: float


@dataclass(frozen=True, eq=False)
class Places:
    """Hold what the shares are fitted to: events (i, k) of kinds that have some, and log shares before counting.

    offset: those of these kinds, (i, k); idle: those of kinds without events, (i, m); covariates: (i, p), standardised;
    `slope` is the prior standard deviation of each β.
    """

    events: F8
    offset: F8
    idle: F8
    covariates: F8
    field: Field
    slope: float

    @property
    def totals(self) -> F8:
        """Count the events of each kind, (k,)."""
        total: F8 = self.events.sum(axis=0)
        return total


class _Latent(NamedTuple):
    """Hold the parts of the log weights: u (i,), v (i,), dense s (k + p + c,), z (i, k)."""

    u: F8
    v: F8
    s: F8
    z: F8


@dataclass(frozen=True, eq=False)
class Mode:
    """Hold the mode of the log weights at given spreads, and the logarithm of the evidence for these spreads."""

    spread: Spread
    latent: _Latent
    eta: F8
    evidence: float
    system: _System


class Moments(NamedTuple):
    """Give mean and variance of log shares of kinds with events (i, k), and of those without any (i, m)."""

    mean: F8
    variance: F8
    mean_unseen: F8
    variance_unseen: F8


class _System:
    """Solve for the latent parts, given weights W (i, k) of a normal approximation and W·y as right-hand side."""

    def __init__(self, places: Places, spread: Spread, weight: F8) -> None:
        self.places, self.weight = places, weight
        self.omega = spread.sigma * np.sqrt(spread.phi)
        self.rho = spread.sigma**2 * (1.0 - spread.phi) + _FLOOR
        self.tau = spread.tau**2 + _FLOOR
        covariates, field = places.covariates, places.field
        kinds, slopes = weight.shape[1], covariates.shape[1]
        self.shrunk = weight / (1.0 + self.tau * weight)
        self.r = self.shrunk.sum(axis=1)
        self.d = 1.0 / (1.0 + self.rho * self.r)
        self.q = np.hstack([self.shrunk, self.r[:, None] * covariates])
        across = self.shrunk.T @ covariates
        dense = np.block(
            [
                [np.diag(self.shrunk.sum(axis=0)), across],
                [across.T, covariates.T @ (self.r[:, None] * covariates) + np.eye(slopes) / places.slope**2],
            ]
        )
        dense -= self.rho * self.q.T @ (self.d[:, None] * self.q)
        parts = field.parts.shape[1]
        # A part's level has variance 1: its precision is of rank one and enters with the sign turned.
        small = np.zeros((kinds + slopes + parts,) * 2)
        small[: kinds + slopes, : kinds + slopes] = dense
        small[kinds + slopes :, kinds + slopes :] = -np.eye(parts)
        self.matrix = field.with_diagonal(self.omega**2 * self.r * self.d)
        self.factor = Factor(self.matrix)
        self.border = np.hstack([self.omega * self.d[:, None] * self.q, field.parts])
        self.inner = self.factor.solve(self.border)
        self.schur = small - self.border.T @ self.inner
        self.cov = np.linalg.inv(self.schur)

    def solve(self, right: F8) -> _Latent:
        """Give the latent parts for right-hand sides (i, k) or, each a column at the end, (i, k, draws)."""
        covariates, kinds = self.places.covariates, self.weight.shape[1]
        rho, omega = self.rho, self.omega
        lone = right.ndim == 2
        b = right[..., None] if lone else right
        shrunk = b / (1.0 + self.tau * self.weight)[..., None]
        c = shrunk.sum(axis=1)
        dc = self.d[:, None] * c
        top = np.vstack([shrunk.sum(axis=0), covariates.T @ c]) - rho * self.q.T @ dc
        low = self.factor.solve(omega * dc)
        ahead = np.vstack([top, np.zeros((self.cov.shape[0] - len(top), b.shape[2]))])
        s = self.cov @ (ahead - self.border.T @ low)
        u = low - self.inner @ s
        v = rho * self.d[:, None] * (c - omega * self.r[:, None] * u - self.q @ s[: self.q.shape[1]])
        shared = omega * u + v + covariates @ s[kinds : kinds + covariates.shape[1]]
        weight = self.weight[..., None]
        z = self.tau * (b - weight * (shared[:, None] + s[None, :kinds])) / (1.0 + self.tau * weight)
        return _Latent(u[:, 0], v[:, 0], s[:, 0], z[..., 0]) if lone else _Latent(u, v, s, z)

    def eta(self, latent: _Latent) -> F8:
        """Add the parts up: the log weight beside the population, with its intercept, (i, k)."""
        kinds = self.weight.shape[1]
        slopes = self.places.covariates.shape[1]
        shared = self.omega * latent.u + latent.v + self.places.covariates @ latent.s[kinds : kinds + slopes]
        total: F8 = shared[:, None] + latent.s[None, :kinds] + latent.z
        return total

    def penalty(self, latent: _Latent) -> float:
        """Give minus twice the logarithm of the prior density, but for what does not vary."""
        kinds, field = self.weight.shape[1], self.places.field
        beta = latent.s[kinds : kinds + self.places.covariates.shape[1]]
        level = field.parts.T @ latent.u
        parts = (
            latent.u @ (field.precision @ latent.u), level @ level, latent.v @ latent.v / self.rho,
            (latent.z**2).sum() / self.tau, beta @ beta / self.places.slope**2,
        )  # fmt: skip
        return float(sum(parts))

    @property
    def log_det(self) -> float:
        """Give the logarithm of the determinant of the posterior precision over that of the prior."""
        own = np.log1p(self.tau * self.weight).sum() + np.log1p(self.rho * self.r).sum()
        return float(own + self.factor.log_det + np.linalg.slogdet(self.schur)[1])


def find_mode(places: Places, spread: Spread, *, start: Mode | None = None) -> Mode:
    """Find the mode by Newton's method, steps halved while they lead down; raises nothing, the target is concave."""
    totals = places.totals
    if start is None:
        intercept = np.log(totals) - _log_sum(places.offset)
        eta = np.broadcast_to(intercept, places.events.shape).copy()
    else:
        eta = start.eta
    latent: _Latent | None = None
    value = -np.inf
    for _ in range(_STEPS):
        mean = np.exp(eta + places.offset)
        system = _System(places, spread, mean)
        ahead = system.solve(places.events - mean + mean * eta)
        latent, moved, value = _step(system, latent, ahead, value)
        change = np.abs(moved - eta).max(initial=0.0)
        eta = moved
        if change < _STILL:
            break
    return Mode(spread, latent or ahead, eta, value - 0.5 * system.log_det, system)


def _step(system: _System, behind: _Latent | None, ahead: _Latent, value: float) -> tuple[_Latent, F8, float]:
    """Go to the new latent parts, or only a part of the way where the whole way leads down."""
    share, places = 1.0, system.places
    while True:
        mixed = [new if behind is None else share * new + (1 - share) * old for new, old in _pairs(ahead, behind)]
        here = _Latent(*mixed)
        eta = system.eta(here)
        with np.errstate(over="ignore"):
            fit = (places.events * eta).sum() - np.exp(eta + places.offset).sum()
        reached = float(fit - 0.5 * system.penalty(here))
        if behind is None or reached >= value - 1e-9 * abs(value) or share < 1e-6:
            return here, eta, reached
        share /= 2.0


def _pairs(ahead: _Latent, behind: _Latent | None) -> list[tuple[Any, Any]]:
    return list(zip(ahead, behind or ahead, strict=True))


def _linear(system: _System) -> tuple[F8, F8]:
    """Write ξ = x + w·β, which all kinds share, as α·u + g·s and noise, given u and s.

    Returns g less what u says of it (i, k + p + c), and the variance beside it (i,).
    """
    places, kinds = system.places, system.weight.shape[1]
    slopes, alpha = places.covariates.shape[1], system.d * system.omega
    g = np.zeros((places.field.n, system.cov.shape[0]))
    g[:, : kinds + slopes] = -system.rho * system.d[:, None] * system.q
    g[:, kinds : kinds + slopes] += places.covariates
    g -= alpha[:, None] * system.inner
    return g, alpha**2 * inverse_diagonal(system.matrix, places.field.levels) + system.rho * system.d


def _variance(system: _System, g: F8, diagonal: F8) -> F8:
    """Give the variances of η, intercepts and all, (i, k)."""
    variance = np.empty_like(system.weight)
    for k in range(variance.shape[1]):
        row = g.copy()
        row[:, k] += 1.0
        own = 1.0 + system.tau * system.weight[:, k]
        variance[:, k] = (diagonal + ((row @ system.cov) * row).sum(axis=1)) / own**2 + system.tau / own
    return variance


def moments(mode: Mode) -> Moments:
    """Give mean and variance of the log shares in the normal approximation at the mode."""
    system = mode.system
    places, alpha = system.places, system.d * system.omega
    g, diagonal = _linear(system)
    variance = _variance(system, g, diagonal) - 1.0 / places.totals  # without the intercept, which is independent
    log = mode.eta + places.offset
    idle, column = np.unique(places.idle, axis=1, return_inverse=True)
    shared = _shared(mode)[:, None] + idle
    unseen = shared - _log_sum(shared)
    share, wide = np.exp(unseen), alpha[:, None]
    noise = (system.rho * system.d)[:, None]
    with_mean = wide * system.factor.solve(share * wide) + g @ (system.cov @ (g.T @ share)) + noise * share
    mixed = (diagonal + ((g @ system.cov) * g).sum(axis=1))[:, None] - 2.0 * with_mean + (share * with_mean).sum(axis=0)
    alone = system.tau * (1.0 - 2.0 * share + (share**2).sum(axis=0))
    apart = np.maximum(mixed + alone, 0.0)
    known = log - _log_sum(log), np.maximum(variance, 0.0)
    return Moments(*known, unseen[:, column.ravel()], apart[:, column.ravel()])


def _log_sum(values: F8) -> F8:
    """Give log Σ exp over the places, the first axis; faster than scipy's on many small arrays."""
    top = values.max(axis=0)
    total: F8 = top + np.log(np.exp(values - top).sum(axis=0))
    return total


def _shared(mode: Mode) -> F8:
    """Give what all kinds share at the mode, beside the population: x + w·β, (i,)."""
    system, latent = mode.system, mode.latent
    kinds, slopes = system.weight.shape[1], system.places.covariates.shape[1]
    shared: F8 = system.omega * latent.u + latent.v + system.places.covariates @ latent.s[kinds : kinds + slopes]
    return shared


def redraw(mode: Mode, rng: np.random.Generator, n: int) -> tuple[F8, F8]:
    """Draw log shares (draws, i, k + m) near the posterior at the mode's spreads, and log weights (draws,).

    The normal law drawn from is that of the mode with less curvature where less is counted, so that it is wider than
    the posterior; weights make up for the difference, their mean estimates the evidence over Laplace's. Draws come in
    pairs around the mode. A draw is one of prior and data together, corrected by what the data say (Matheron's rule).
    Kinds without events come last.
    """
    own = mode.system
    places = own.places
    weight = own.weight**2 / (own.weight + LESS)
    system = _System(places, mode.spread, weight)
    shape, slopes, half = weight.shape, places.covariates.shape[1], (n + 1) // 2
    u = system.omega * places.field.draw(rng, half)
    v = np.sqrt(system.rho) * rng.standard_normal((shape[0], half))
    beta = places.slope * rng.standard_normal((slopes, half))
    z = np.sqrt(system.tau) * rng.standard_normal((*shape, half))
    shared = u + v + places.covariates @ beta
    noise = np.sqrt(weight)[..., None] * rng.standard_normal((*shape, half))
    fix = system.solve(-weight[..., None] * (shared[:, None] + z) - noise)
    moved = shared + system.omega * fix.u + fix.v + places.covariates @ fix.s[shape[1] : shape[1] + slopes]
    moved = np.concatenate([moved, -moved], axis=1)
    off = moved[:, None] + np.concatenate([z + fix.z, -(z + fix.z)], axis=2)
    alone = np.sqrt(system.tau) * rng.standard_normal((*places.idle.shape, 2 * half))
    log = np.concatenate([mode.eta[..., None] + off, (_shared(mode)[:, None] + moved)[:, None] + alone], axis=1)
    log += np.concatenate([places.offset, places.idle], axis=1)[..., None]
    log -= _log_sum(log)
    return np.moveaxis(log, -1, 0)[:n], _log_weight(mode, system, off)[:n]


def _log_weight(mode: Mode, system: _System, off: F8) -> F8:
    """Weigh draws that lie `off` the mode (i, k, draws) by posterior over normal law.

    The prior is the same in both; what is left is the multinomial against its expansion, and the two determinants.
    """
    own, total = mode.system, mode.system.places.totals
    log = mode.eta + own.places.offset
    rise = _log_sum(log[..., None] + off) - _log_sum(log)[:, None]
    fit = (own.weight[..., None] * off).sum(axis=0) - total[:, None] * rise
    sums = system.weight.sum(axis=0)
    square = (system.weight[..., None] * off**2).sum(axis=0)
    square -= (system.weight[..., None] * off).sum(axis=0) ** 2 / sums[:, None]
    # a Poisson's intercept adds the logarithm of its count to the determinant
    less = own.log_det - np.log(total).sum() - system.log_det + np.log(sums).sum()
    weight: F8 = (fit + 0.5 * square).sum(axis=0) + 0.5 * less
    return weight
