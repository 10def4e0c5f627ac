"""Fit the hazard model in full: the same model as fit.py, by the No-U-Turn sampler of numpyro (extra `bayes`).

Every unknown is a function of standard normal numbers (spreads by their prior quantiles, fields by a root of their
covariance), so that the sampler meets a round target where data are thin. The level is drawn exactly.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

from sispamkota.errors import Faults

from .counts import Counts
from .fit import check_prior, level_of, places_of
from .hours import kernel
from .posterior import CENTRAL, Draws, Posterior, Sure
from .prior import HazardModel, Prior, hazard_model

__all__ = ["Chains", "Sampler", "diagnose", "fit_bayes"]

F8 = NDArray[np.float64]
MOST_RHAT, LEAST_ESS = 1.01, 400.0  # Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021
MOST_DIVERGENT = 0.001  # of the draws
SPREADS = ("sigma", "phi", "tau", "bend")
CLOSED = -1e4  # log chance of an hour that is closed: no draw of a profile lifts it


class Chains(NamedTuple):
    """Say how long to sample: chains, draws of each to warm up and to keep."""

    chains: int = 2
    warm_up: int = 500
    kept: int = 3000


class Sampler:
    """Sample the model for counts again and again: it compiles once for each shape of the data.

    Raises InputError without numpyro.
    """

    def __init__(self, chains: Chains) -> None:
        self.chains = chains
        self._jax, self._hmc = _numpyro()
        self._run = self._jax.jit(self._chain)

    def sample(self, data: Mapping[str, F8], seed: int) -> tuple[dict[str, F8], int]:
        """Give draws by name (chains, draws, …), standard normal before the data, and how many diverged."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what jax will change some day
            keys = self._jax.random.split(self._jax.random.key(seed), self.chains.chains)
            runs = [self._run(key, dict(data)) for key in keys]
            names = runs[0][0]
            drawn = {name: np.stack([np.asarray(run[0][name], np.float64) for run in runs]) for name in names}
            return drawn, sum(int(np.asarray(run[1]).sum()) for run in runs)

    def _chain(self, key: Any, data: Mapping[str, Any]) -> Any:
        """Run one chain."""
        jax, chains = self._jax, self.chains
        first, last = jax.random.split(key)
        n, kinds = data["events"].shape
        shapes = {"score": (4,), "x": (n,), "beta": data["covariates"].shape[1:], "z": (n, kinds), "gamma": (kinds, 24)}
        keys = jax.random.split(first, len(shapes))
        start = {name: 0.5 * jax.random.normal(k, shape) for k, (name, shape) in zip(keys, shapes.items(), strict=True)}
        ready, move = self._hmc(potential_fn_gen=self._potential, algo="NUTS")
        state = ready(start, chains.warm_up, target_accept_prob=0.8, model_args=(data,), rng_key=last)

        def step(state: Any, _: Any) -> Any:
            state = move(state, model_args=(data,))
            return state, (state.z, state.diverging)

        kept = jax.lax.scan(step, state, None, length=chains.warm_up + chains.kept)[1]
        return jax.tree.map(lambda values: values[chains.warm_up :], kept)

    def _potential(self, data: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
        """Give minus the logarithm of the density of standard normal numbers and counts."""
        jnp, special = self._jax.numpy, self._jax.scipy.special

        def potential(q: Mapping[str, Any]) -> Any:
            sigma, tau, bend = (special.log_ndtr(-q["score"][i]) * data["rates"][i] for i in (0, 2, 3))
            phi = jnp.interp(special.ndtr(q["score"][1]), data["mixing"][0], data["mixing"][1])
            field = data["axis"] @ (jnp.sqrt(1.0 - phi + phi * data["value"]) * q["x"])
            shared = sigma * field + data["covariates"] @ (data["slope"] * q["beta"])
            log = data["offset"] + shared[:, None] + tau * q["z"]
            ready = data["ready"] + bend * (q["gamma"] @ data["root"].T)
            places = data["events"] * (log - special.logsumexp(log, axis=0))
            hours = data["timed"] * (ready - special.logsumexp(ready, axis=1, keepdims=True))
            prior = 0.5 * sum((values**2).sum() for values in q.values())
            return prior - places.sum() - hours.sum()

        return potential


def _numpyro() -> tuple[Any, Any]:
    """Load jax and numpyro's sampler; raises InputError that says how to install them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jax
            import jax.scipy.special
            from numpyro.infer.hmc import hmc
    except ImportError:
        faults = Faults()
        expected, remedy = "numpyro, which samples the full model", "Install it with: pip install 'sispamkota[bayes]'."
        faults.add(where="risk", field="method", expected=expected, got="no numpyro", remedy=remedy)
        faults.raise_if_any()
    return jax, hmc


def _data(counts: Counts, prior: Prior, model: HazardModel) -> dict[str, F8]:
    """Lay out the data of the sampler."""
    places = places_of(counts, model)
    value, axis = places.field.spectrum()
    watched = counts.exposure / counts.watched if counts.watched > 0 else np.full(24, 1.0 / 24.0)
    before = prior.rate / prior.rate.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        ready = np.log(before) + np.log(watched)
    bounds = (model.place_spread.value, 1.0, model.kind_spread.value, model.hour_spread.value)
    return {
        "events": counts.totals.astype(np.float64), "offset": np.log(counts.spread), "covariates": places.covariates,
        "value": value, "axis": axis, "mixing": places.field.mixing, "slope": np.array(places.slope),
        "rates": np.array(bounds) / np.log(model.tail.value), "ready": np.maximum(ready, CLOSED),
        "timed": counts.events.sum(axis=0).astype(np.float64), "before": before, "watched": watched,
        "root": np.linalg.cholesky(kernel(model.hour_reach_h.value)),
    }  # fmt: skip


def fit_bayes(
    counts: Counts,
    prior: Prior,
    *,
    seed: int,
    model: HazardModel | None = None,
    chains: Chains | None = None,
    sampler: Sampler | None = None,
) -> Posterior:
    """Fit the model in full; `diagnostics` says whether the chains converged (1) or not (0), and by which figures.

    `sampler` is reused where many fits of one shape are made. Raises InputError without numpyro, and where counts and
    prior do not go together.
    """
    model = model or hazard_model()
    check_prior(counts, prior)
    level, shape = level_of(counts, prior)
    sampler = sampler or Sampler(chains or Chains())
    data = _data(counts, prior, model)
    drawn, divergent = sampler.sample(data, seed)
    flat = {name: np.concatenate(list(values)) for name, values in drawn.items()}
    spread = _spreads(flat["score"], data)
    share, profile = _shares(flat, spread, data), _profiles(flat, spread, data)
    ends = np.quantile(spread, [0.5 - CENTRAL / 2, 0.5 + CENTRAL / 2], axis=0)
    return Posterior(
        "full", counts.places, counts.kinds, level, shape, _sure(share), _sure_profiles(profile),
        {name: (float(spread[:, n].mean()), float(ends[0, n]), float(ends[1, n])) for n, name in enumerate(SPREADS)},
        counts.totals.sum(axis=0), diagnose(drawn, divergent), _resample(level, shape, share, profile),
    )  # fmt: skip


def _spreads(score: F8, data: Mapping[str, F8]) -> F8:
    """Turn scores into σ, φ, τ and the spread of the hours, (draws, 4)."""
    spread: F8 = log_ndtr(-score) * data["rates"]
    spread[:, 1] = np.interp(ndtr(score[:, 1]), data["mixing"][0], data["mixing"][1])
    return spread


def _shares(flat: Mapping[str, F8], spread: F8, data: Mapping[str, F8]) -> F8:
    """Turn the draws into shares, (draws, i, k)."""
    sigma, phi, tau = (spread[:, n, None] for n in range(3))
    field = (np.sqrt(1.0 - phi + phi * data["value"]) * flat["x"]) @ data["axis"].T
    log = sigma * field + data["slope"] * flat["beta"] @ data["covariates"].T
    wide = data["offset"] + log[:, :, None] + tau[:, :, None] * flat["z"]
    share: F8 = np.exp(wide - wide.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    return share


def _profiles(flat: Mapping[str, F8], spread: F8, data: Mapping[str, F8]) -> F8:
    """Turn the draws into profiles, (draws, k, 24)."""
    profile: F8 = data["before"] * np.exp(spread[:, 3, None, None] * (flat["gamma"] @ data["root"].T))
    profile /= (profile * data["watched"]).sum(axis=2, keepdims=True)
    return profile


def _sure(draws: F8) -> Sure:
    """Give the moments of draws (n, …)."""
    mean, log = draws.mean(axis=0), np.log(draws)
    return Sure(mean, draws.var(axis=0) / mean**2, log.mean(axis=0), log.var(axis=0))


def _sure_profiles(draws: F8) -> Sure:
    """Give the moments of profiles, with covariances over hours; closed hours have none."""
    mean = draws.mean(axis=0)
    open_ = mean > 0
    relative = draws / np.where(open_, mean, 1.0) - open_
    log = np.log(np.where(open_, draws, 1.0))
    middle = log.mean(axis=0)
    off = log - middle
    n = draws.shape[0]
    variance, log_variance = (np.einsum("nka,nkb->kab", each, each) / n for each in (relative, off))
    return Sure(mean, variance, np.where(open_, middle, -np.inf), log_variance)


def _resample(level: F8, shape: F8, share: F8, profile: F8) -> Callable[[np.random.Generator, int], Draws]:
    def draw(rng: np.random.Generator, n: int) -> Draws:
        rows = rng.choice(len(share), size=n, replace=n > len(share))
        hours = rng.choice(len(profile), size=n, replace=n > len(profile))
        return Draws(rng.gamma(shape, level / shape, (n, level.size)), share[rows], profile[hours])

    return draw


def diagnose(drawn: Mapping[str, F8], divergent: int) -> dict[str, float]:
    """Judge draws by name (chains, draws, …): largest split R-hat, least effective size, verdict."""
    flat = np.concatenate([values.reshape(*values.shape[:2], -1) for values in drawn.values() if values.size], axis=2)
    rhat, ess = _split_rhat(flat), _effective(flat)
    worst, least = float(rhat.max()), float(ess.min())
    draws = flat.shape[0] * flat.shape[1]
    good = worst <= MOST_RHAT and least >= LEAST_ESS and divergent <= MOST_DIVERGENT * draws
    return {
        "converged": float(good), "rhat": worst, "ess": least, "divergent": float(divergent), "draws": float(draws),
    }  # fmt: skip


def _halves(draws: F8) -> F8:
    """Cut each chain in two: (2 chains, draws / 2, parameters)."""
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, half : 2 * half]])


def _split_rhat(draws: F8) -> F8:
    """Give R-hat of the halves of chains, (parameters,) (Gelman & Rubin 1992, split)."""
    halves = _halves(draws)
    n = halves.shape[1]
    within = halves.var(axis=1, ddof=1).mean(axis=0)
    between = halves.mean(axis=1).var(axis=0, ddof=1)
    rhat: F8 = np.sqrt((n - 1) / n + between / np.maximum(within, 1e-300))
    return np.where(within > 0, rhat, 1.0)


def _effective(draws: F8) -> F8:
    """Give effective sample sizes over all chains by Geyer's initial positive sequence, (parameters,)."""
    halves = _halves(draws)
    chains, n, _ = halves.shape
    centred = halves - halves.mean(axis=1, keepdims=True)
    size = 1 << (2 * n - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size, axis=1)) ** 2
    auto = np.fft.irfft(power, size, axis=1)[:, :n].mean(axis=0) / n
    within = auto[0] * n / (n - 1)
    total = within * (n - 1) / n + halves.mean(axis=1).var(axis=0, ddof=1)
    safe = np.where(total > 0, total, 1.0)
    rho = 1.0 - (within - auto * n / (n - 1)) / safe
    pairs = rho[: n - n % 2].reshape(n // 2, 2, -1).sum(axis=1)
    pairs = np.minimum.accumulate(np.where(np.cumprod(pairs > 0, axis=0), pairs, 0.0), axis=0)
    time = np.maximum(2.0 * pairs.sum(axis=0) - 1.0, 1.0 / np.log10(chains * n))
    return np.where(total > 0, chains * n / time, float(chains * n))
