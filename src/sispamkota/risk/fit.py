"""Fit the hazard model fast: Laplace's approximation, the spreads integrated over a few nodes.

The number of a kind is Poisson with a gamma level (exact); given it, places and hours are multinomial (shares.py,
hours.py). So the level, the shares and the profiles are independent given the counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp, ndtr, ndtri

from sispamkota.errors import Faults, shown

from .counts import Counts
from .field import build_field
from .hours import fit_hours, spread_of
from .posterior import CENTRAL, Draws, Posterior, Sure
from .prior import HazardModel, Prior, hazard_model
from .shares import Mode, Places, Spread, find_mode, moments, redraw

__all__ = ["check_prior", "fit_fast", "level_of", "places_of", "standardised"]

F8 = NDArray[np.float64]
LARGE = 1_000  # areas: above, the spreads are integrated over seven nodes and not 81
_LIGHT = 1e-4  # a node that weighs less than this beside the heaviest is left out
SMALL, DRAWS, _SEED = 2_000, 6_000, 1
LEAST_DRAWS = 1_000.0  # effective ones: a mean share is then known to within some 2 %, else Laplace is better
_BATCH = 2_000_000  # numbers drawn at a time
_SHIFTS = 100
_ROUNDS, _STRIDE, _ENOUGH = 8, 1.5, 0.02


class _Node(NamedTuple):
    """Hold one node of the spreads: its weight, its scores and the mode there."""

    weight: float
    score: F8
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
    seen = totals.sum(axis=0) > 0
    columns = standardised(counts.covariates)
    return Places(
        totals[:, seen].astype(np.float64),
        np.log(counts.spread[:, seen]),
        np.log(counts.spread[:, ~seen]),
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
    places_names, order = counts.places, np.argsort(np.array(counts.places))
    back = np.argsort(order)
    counts = counts.take(order)  # draws go by the order of the names, so that no other order matters
    places = places_of(counts, model)
    nodes, asked = _integrate(places, model)
    seen = counts.totals.sum(axis=0) > 0
    share, drawn, effective = _shares(nodes, seen)
    timed = counts.events.sum(axis=0).astype(np.float64)
    profiles = fit_hours(timed, counts.exposure, prior.rate, model)

    def sampler(rng: np.random.Generator, n: int) -> Draws:
        return Draws(rng.gamma(shape, level / shape, (n, level.size)), drawn(rng, n)[:, back], profiles.draw(rng, n))

    return Posterior(
        "fast", places_names, counts.kinds, level, shape, Sure(*(part[back] for part in share)),
        Sure(*profiles.moments()), _spreads(nodes, places, model), counts.totals.sum(axis=0),
        {"nodes": float(len(nodes)), "evaluations": float(asked), "effective_draws": effective}, sampler,
    )  # fmt: skip


def _shares(
    nodes: list[_Node], seen: NDArray[np.bool_]
) -> tuple[Sure, Callable[[np.random.Generator, int], F8], float]:
    """Give the moments of the shares, a function that draws them, and how many weighted draws they rest on (0: none).

    On small maps Laplace's approximation is corrected by weighted draws, as long as the weights are even enough.
    """
    size = nodes[0].mode.system.places.field.n * seen.size
    if not seen.any() or size > SMALL:
        return _mixed(nodes, seen), lambda rng, n: rng.permutation(_draw_shares(nodes, seen, rng, n)[0]), 0.0
    drawn, log = _draw_shares(nodes, seen, np.random.default_rng(_SEED), DRAWS)
    weight = np.exp(log - logsumexp(log))
    effective = float(1.0 / (weight**2).sum())
    if effective < LEAST_DRAWS:
        return _mixed(nodes, seen), lambda rng, n: rng.permutation(_draw_shares(nodes, seen, rng, n)[0]), 0.0
    mean, log_mean = np.tensordot(weight, drawn, 1), np.tensordot(weight, np.log(drawn), 1)
    square = np.tensordot(weight, drawn**2, 1) / mean**2 - 1.0
    sure = Sure(mean, square, log_mean, np.tensordot(weight, (np.log(drawn) - log_mean) ** 2, 1))
    return sure, lambda rng, n: drawn[rng.choice(DRAWS, size=n, p=weight)], effective


def _spreads(nodes: list[_Node], places: Places, model: HazardModel) -> dict[str, tuple[float, float, float]]:
    """Give mean and central 90 % interval of each spread, its score taken as normal."""
    weight = np.array([node.weight for node in nodes])
    score = np.array([node.score for node in nodes])
    middle = weight @ score
    reach = ndtri(0.5 + CENTRAL / 2.0) * np.sqrt(weight @ (score - middle) ** 2)
    low, high = (_spread(end, places, model) for end in (middle - reach, middle + reach))
    mean = weight @ np.array([node.mode.spread for node in nodes])
    return {name: (float(mean[n]), low[n], high[n]) for n, name in enumerate(Spread._fields)}


def _spread(score: F8, places: Places, model: HazardModel) -> Spread:
    """Turn three standard normal scores into spreads that have their priors."""
    sigma = spread_of(score[0], model.place_spread.value, model.tail.value)
    tau = spread_of(score[2], model.kind_spread.value, model.tail.value)
    return Spread(float(sigma), places.field.phi(float(ndtr(score[1]))), float(tau))


def _integrate(places: Places, model: HazardModel) -> tuple[list[_Node], int]:
    """Find the most likely spreads, and nodes around them with weights; scores have standard normal priors."""
    target = _Target(places, model)
    best, root = _climb(target)
    points, weights = _nodes(large=places.field.n > LARGE)
    scores = best + points @ root.T
    modes = [target.mode(score) for score in scores]
    log = np.array([mode.evidence for mode in modes]) - 0.5 * (scores**2).sum(axis=1)
    log += np.log(weights) + 0.5 * (points**2).sum(axis=1)
    share = np.exp(log - log.max())
    kept = share > _LIGHT
    share /= share[kept].sum()
    return [_Node(float(share[j]), scores[j], modes[j]) for j in np.flatnonzero(kept)], target.asked


class _Target:
    """Give the posterior density of the scores; each search for a mode starts at the mode of the best scores so far."""

    def __init__(self, places: Places, model: HazardModel) -> None:
        self.places, self.model, self.asked = places, model, 0
        self.start: Mode | None = None
        self.best = np.inf

    def mode(self, score: F8) -> Mode:
        self.asked += 1
        return find_mode(self.places, _spread(score, self.places, self.model), start=self.start)

    def __call__(self, score: F8) -> float:
        """Give minus the logarithm of the density."""
        mode = self.mode(score)
        value = 0.5 * float(score @ score) - mode.evidence
        if value < self.best:
            self.start, self.best = mode, value
        return value


def _climb(target: _Target) -> tuple[F8, F8]:
    """Find the most likely scores (3,) by Newton's method on differences, and a root (3, 3) of the inverse curvature.

    No step is longer than _STRIDE, and no direction counts as wider than twice the prior.
    """
    best, step = np.zeros(3), np.full(3, 0.5)
    value = target(best)
    for _ in range(_ROUNDS):
        slope, curve = _differences(target, best, value, step)
        size, axis = np.linalg.eigh(curve)
        size = np.maximum(size, 0.25)
        root: F8 = axis / np.sqrt(size)
        move = -root @ (root.T @ slope)
        move *= min(1.0, _STRIDE / max(float(np.abs(move).max()), _STRIDE))
        gain, reached = float(-slope @ move), value
        while gain > _ENOUGH:
            reached = target(best + move)
            if reached < value:
                break
            move, gain = move / 2.0, gain / 2.0
        if gain <= _ENOUGH:
            break
        best, value = best + move, reached
        step = np.clip(np.sqrt((root**2).sum(axis=1)), 0.05, 0.5)
    return best, root


def _differences(target: _Target, best: F8, value: float, step: F8) -> tuple[F8, F8]:
    """Give slope (3,) and curvature (3, 3) by differences."""
    axes = np.diag(step)
    up, down = (np.array([target(best + sign * axis) for axis in axes]) for sign in (1.0, -1.0))
    curve = np.diag((up + down - 2.0 * value) / step**2)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        cross = target(best + axes[i] + axes[j]) - up[i] - up[j] + value
        curve[i, j] = curve[j, i] = cross / (step[i] * step[j])
    return (up - down) / (2.0 * step), curve


def _nodes(*, large: bool) -> tuple[F8, F8]:
    """Give nodes (j, 3) and weights for a standard normal: a star of seven, or Gauss and Hermite's grid of 81."""
    if large:
        centre, reach = 1.0 / 3.0, np.sqrt(4.5)  # exact to the third moment
        star = np.vstack([np.zeros(3), reach * np.eye(3), -reach * np.eye(3)])
        return star, np.array([centre, *[(1 - centre) / 6.0] * 6])
    point, weight = np.polynomial.hermite_e.hermegauss(5)
    grid = np.stack(np.meshgrid(point, point, point, indexing="ij"), axis=-1).reshape(-1, 3)
    product = np.multiply.outer(np.multiply.outer(weight, weight), weight).ravel()
    kept = product > 1e-3 * product.max()  # the corners weigh nothing
    return grid[kept], product[kept] / product[kept].sum()


def _mixed(nodes: list[_Node], seen: NDArray[np.bool_]) -> Sure:
    """Mix the shares of all nodes: logarithms are normal at each, and shares sum to 1 over places."""
    size = (nodes[0].mode.system.places.field.n, seen.size)
    first, second, log, log_second = (np.zeros(size) for _ in range(4))
    for node in nodes:
        part = moments(node.mode)
        mean = np.empty(size)
        variance = np.empty_like(mean)
        mean[:, seen], variance[:, seen] = part.mean, part.variance
        mean[:, ~seen], variance[:, ~seen] = part.mean_unseen, part.variance_unseen
        mean, once, twice = _bounded(mean, variance)
        first = first + node.weight * once
        second = second + node.weight * twice
        log = log + node.weight * mean
        log_second = log_second + node.weight * (variance + mean**2)
    return Sure(first, second / first**2 - 1.0, log, log_second - log**2)


def _bounded(log: F8, variance: F8) -> tuple[F8, F8, F8]:
    """Give mean of the logarithm, of the share and of its square, (i, k), from the normal approximation's.

    A share is below 1, so its log odds are taken as normal (same mode, variance by the delta method), all moved by one
    constant a kind so that the means sum to 1.
    """
    if log.shape[0] == 1:
        return np.zeros_like(log), np.ones_like(log), np.ones_like(log)
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


def _draw_shares(nodes: list[_Node], seen: NDArray[np.bool_], rng: np.random.Generator, n: int) -> tuple[F8, F8]:
    """Draw shares (n, i, k), each node as often as it weighs, with the logarithm of the weight of each (n,)."""
    count = rng.multinomial(n, [node.weight for node in nodes])
    places = nodes[0].mode.system.places.field.n
    most = max(2, _BATCH // (places * seen.size))
    back = np.argsort(np.concatenate([np.flatnonzero(seen), np.flatnonzero(~seen)]))
    out, weight, row = np.empty((n, places, seen.size)), np.zeros(n), 0
    for node, wanted in zip(nodes, count, strict=True):
        for start in range(0, int(wanted), most):
            at = slice(row, row + min(most, int(wanted) - start))
            log, weight[at] = redraw(node.mode, rng, at.stop - at.start)
            out[at], row = np.exp(log[:, :, back]), at.stop
    return out, weight
