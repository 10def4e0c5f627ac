"""Fit the hazard model fast: Laplace's approximation, the spreads integrated over a few nodes.

The number of a kind is Poisson with a gamma level (exact); given it, places and hours are multinomial (shares.py,
hours.py). So the level, the shares and the profiles are independent given the counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, ndtr

from sispamkota.errors import Faults, shown

from .counts import Counts
from .field import build_field
from .hours import fit_hours, spread_of
from .posterior import Draws, Posterior, Sure
from .prior import HazardModel, Prior, hazard_model
from .shares import Mode, Places, Spread, find_mode, moments, redraw

__all__ = ["check_prior", "fit_fast", "level_of", "places_of", "standardised", "summary"]

F8 = NDArray[np.float64]
LARGE = 1_000  # areas: above, the spreads are integrated over seven nodes and not 125
_LIGHT = 1e-4  # a node that weighs less than this beside the heaviest is left out
_BATCH = 2_000_000  # numbers drawn at a time
_SHIFTS = 100


class _Node(NamedTuple):
    """Hold one node of the spreads: its weight and the mode there."""

    weight: float
    mode: Mode


def standardised(covariates: F8) -> F8:
    """Bring columns to mean 0 and standard deviation 1; unknown cells to the mean, a constant column to 0."""
    known = np.isfinite(covariates)
    count = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, covariates - np.where(known, covariates, 0.0).sum(axis=0) / count, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    largest = np.abs(np.where(known, covariates, 0.0)).max(axis=0, initial=0.0)
    constant = spread <= 1e-12 * np.maximum(largest, 1e-300)
    scaled: F8 = np.where(constant, 0.0, centred / np.where(constant, 1.0, spread))
    return scaled


def places_of(counts: Counts, model: HazardModel) -> Places:
    """Make the data of the shares: kinds that have events, log population shares, indicators, field."""
    totals = counts.totals
    columns = standardised(counts.covariates)
    return Places(
        totals[:, totals.sum(axis=0) > 0].astype(np.float64),
        np.log(counts.population / counts.population.sum()),
        columns[:, (columns != 0).any(axis=0)],
        build_field(len(counts.places), counts.neighbours, unstructured=model.unstructured.value),
        model.indicator_sd.value,
    )


def check_prior(counts: Counts, prior: Prior) -> None:
    """Refuse a prior of other kinds, and events in hours that the prior says are closed; raises InputError."""
    faults = Faults()
    if counts.kinds != prior.kinds:
        got, remedy = shown(list(prior.kinds)), "Load the prior for the kinds of the counts."
        faults.add(where="prior", field="kinds", expected=shown(list(counts.kinds)), got=got, remedy=remedy)
        faults.raise_if_any()
    impossible = (counts.events.sum(axis=0) > 0) & (prior.rate <= 0)
    for k, hour in np.argwhere(impossible):
        expected = f"no {counts.kinds[k]} at hour {hour}, which the prior rates 0"
        got, remedy = str(counts.events[:, k, hour].sum()), "Give the prior a rate at this hour, or leave them untimed."
        faults.add(where="counts", field="events", expected=expected, got=got, remedy=remedy)
    faults.raise_if_any()


def level_of(counts: Counts, prior: Prior) -> tuple[F8, F8]:
    """Give mean and shape of each kind's level, incidents an hour in the city over the hours watched; exact.

    Gamma prior and Poisson counts: the shape grows by the events, the rate by the hours watched.
    """
    watched = counts.watched
    weight = counts.exposure / watched if watched > 0 else np.full(24, 1.0 / 24.0)
    before = prior.rate @ weight
    faults = Faults()
    for k in np.flatnonzero(before <= 0):
        expected = f"hours watched in which {prior.kinds[k]} can happen"
        faults.add(where="counts", field="exposure", expected=expected, got="none", remedy="Leave the kind out.")
    faults.raise_if_any()
    shape = prior.shape + counts.totals.sum(axis=0)
    return shape / (prior.shape / before + watched), shape


def fit_fast(counts: Counts, prior: Prior, *, model: HazardModel | None = None) -> Posterior:
    """Fit the model of docs/explanation/risk.md; raises InputError where counts and prior do not go together."""
    model = model or hazard_model()
    check_prior(counts, prior)
    level, shape = level_of(counts, prior)
    places = places_of(counts, model)
    nodes, scores = _integrate(places, model)
    seen = counts.totals.sum(axis=0) > 0
    profiles = fit_hours(
        counts.events.sum(axis=0).astype(np.float64), counts.exposure, prior.rate, model
    )

    def sampler(rng: np.random.Generator, n: int) -> Draws:
        shares = _draw_shares(nodes, seen, rng, n)
        return Draws(rng.gamma(shape, level / shape, (n, level.size)), shares, profiles.draw(rng, n))

    mean, variance, log, log_variance = profiles.moments()
    spreads = {
        name: summary(np.array([getattr(node.mode.spread, name) for node in nodes]), [node.weight for node in nodes])
        for name in Spread._fields
    }
    return Posterior(
        "fast", counts.places, counts.kinds, level, shape, _mixed(nodes, seen),
        Sure(mean, variance, log, log_variance), spreads, counts.totals.sum(axis=0),
        {"nodes": float(len(nodes)), "evaluations": float(scores)}, sampler,
    )  # fmt: skip


def summary(values: F8, weights: list[float]) -> tuple[float, float, float]:
    """Give the mean and the central 90 % interval of weighted values."""
    order = np.argsort(values)
    below = np.cumsum(np.asarray(weights)[order]) - 0.5 * np.asarray(weights)[order]
    low, high = np.interp([0.05, 0.95], below, values[order])
    return float(np.dot(values, weights)), float(low), float(high)


def _spread(score: F8, places: Places, model: HazardModel) -> Spread:
    """Turn three standard normal scores into spreads that have their priors."""
    sigma = spread_of(score[0], model.place_spread.value, model.tail.value)
    tau = spread_of(score[2], model.kind_spread.value, model.tail.value)
    return Spread(float(sigma), places.field.phi(float(ndtr(score[1]))), float(tau))


def _integrate(places: Places, model: HazardModel) -> tuple[list[_Node], int]:
    """Find the most likely spreads, and nodes around them with weights; scores have standard normal priors."""
    first = find_mode(places, _spread(np.zeros(3), places, model))
    seen: dict[tuple[float, ...], Mode] = {}

    def at(score: F8) -> float:
        mode = find_mode(places, _spread(score, places, model), start=first)
        seen[tuple(score)] = mode
        return 0.5 * float(score @ score) - mode.evidence

    large = places.field.n > LARGE
    simplex = np.vstack([np.zeros(3), 0.8 * np.eye(3)])
    options = {"initial_simplex": simplex, "xatol": 0.1, "fatol": 0.05, "maxfev": 60 if large else 150}
    best = minimize(at, np.zeros(3), method="Nelder-Mead", options=options)
    root = _root(at, best.x, float(best.fun), mixed=not large)
    points, weights = _nodes(large)
    scores = best.x + points @ root.T
    log = np.array([-at(score) + 0.5 * point @ point for score, point in zip(scores, points, strict=True)])
    log += np.log(weights)
    share = np.exp(log - log.max())
    kept = share > _LIGHT
    share /= share[kept].sum()
    nodes = [_Node(float(share[j]), seen[tuple(scores[j])]) for j in np.flatnonzero(kept)]
    return nodes, len(seen)


def _root(at: Callable[[F8], float], best: F8, value: float, *, mixed: bool) -> F8:
    """Give a root of the inverse curvature at the best scores (3, 3), never wider than twice the prior."""
    step = 0.5
    curve = np.empty((3, 3))
    ends = {(i, sign): at(best + sign * step * np.eye(3)[i]) for i in range(3) for sign in (-1, 1)}
    for i in range(3):
        curve[i, i] = (ends[i, 1] + ends[i, -1] - 2.0 * value) / step**2
        for j in range(i):
            cross = at(best + step * (np.eye(3)[i] + np.eye(3)[j])) if mixed else ends[i, 1] + ends[j, 1] - value
            curve[i, j] = curve[j, i] = (cross - ends[i, 1] - ends[j, 1] + value) / step**2
    size, axis = np.linalg.eigh(curve)
    root: F8 = axis / np.sqrt(np.maximum(size, 0.25))
    return root


def _nodes(large: bool) -> tuple[F8, F8]:  # noqa: FBT001
    """Give nodes (j, 3) and weights for a standard normal: a star of seven, or Gauss and Hermite's grid of 125."""
    if large:
        centre, reach = 1.0 / 3.0, np.sqrt(4.5)  # exact to the third moment
        star = np.vstack([np.zeros(3), reach * np.eye(3), -reach * np.eye(3)])
        return star, np.array([centre, *[(1 - centre) / 6.0] * 6])
    point, weight = np.polynomial.hermite_e.hermegauss(5)
    grid = np.stack(np.meshgrid(point, point, point, indexing="ij"), axis=-1).reshape(-1, 3)
    product = np.multiply.outer(np.multiply.outer(weight, weight), weight).ravel()
    return grid, product / product.sum()


def _mixed(nodes: list[_Node], seen: NDArray[np.bool_]) -> Sure:
    """Mix the shares of all nodes: logarithms are normal at each, and shares sum to 1 over places."""
    first = second = log = log_second = 0.0
    for node in nodes:
        part = moments(node.mode)
        mean = np.empty((part.mean_unseen.size, seen.size))
        variance = np.empty_like(mean)
        mean[:, seen], variance[:, seen] = part.mean, part.variance
        mean[:, ~seen], variance[:, ~seen] = part.mean_unseen[:, None], part.variance_unseen[:, None]
        mean, once, twice = _bounded(mean, variance)
        first = first + node.weight * once
        second = second + node.weight * twice
        log = log + node.weight * mean
        log_second = log_second + node.weight * (variance + mean**2)
    return Sure(
        np.asarray(first), np.asarray(second / first**2 - 1.0), np.asarray(log), np.asarray(log_second - log**2)
    )


def _bounded(log: F8, variance: F8) -> tuple[F8, F8, F8]:
    """Give mean of the logarithm, of the share and of its square, (i, k), from the normal approximation's.

    A share is below 1, so its log odds are taken as normal (same mode, variance by the delta method), all moved by one
    constant a kind so that the means sum to 1.
    """
    point, weight = np.polynomial.hermite_e.hermegauss(21)
    weight = weight / weight.sum()
    rest = -np.expm1(np.minimum(log, -1e-12))
    odds = (log - np.log(rest))[..., None] + (np.sqrt(variance) / rest)[..., None] * point
    shift = np.zeros(log.shape[1])
    for _ in range(_SHIFTS):
        share = expit(odds + shift[:, None])
        total = (share @ weight).sum(axis=0)
        step = np.log(total) * total / ((share * (1.0 - share)) @ weight).sum(axis=0)
        shift = shift - step
        if np.abs(step).max() < 1e-12:
            break
    share = expit(odds + shift[:, None])
    return log + shift, share @ weight, share**2 @ weight


def _draw_shares(nodes: list[_Node], seen: NDArray[np.bool_], rng: np.random.Generator, n: int) -> F8:
    """Draw shares (n, i, k): a node by its weight, then its normal law."""
    count = rng.multinomial(n, [node.weight for node in nodes])
    size = nodes[0].mode.system.places.field.n * seen.size
    most = max(1, _BATCH // size)
    out = np.empty((n, size // seen.size, seen.size))
    row = 0
    for node, wanted in zip(nodes, count, strict=True):
        for start in range(0, int(wanted), most):
            many = min(most, int(wanted) - start)
            log = redraw(node.mode, rng, many, unseen=int((~seen).sum()))
            order = np.argsort(np.concatenate([np.flatnonzero(seen), np.flatnonzero(~seen)]))
            out[row : row + many] = np.exp(log[:, :, order])
            row += many
    return out[rng.permutation(n)]
