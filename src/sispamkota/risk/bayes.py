"""Fit the hazard model in full: the same model as fit.py, by the No-U-Turn sampler of numpyro (extra `bayes`).

Every unknown is a function of standard normal numbers (spreads by their prior quantiles, fields by a root of their
covariance), so that the sampler meets a round target where data are thin. The level is drawn exactly. Kinds without
events take part as draws from the prior at the sampled spreads, which is what their posterior is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Faults

from .counts import Counts
from .fit import check_prior, level_of, places_of
from .hours import kernel
from .posterior import CENTRAL, Draws, Posterior, Sure
from .prior import HazardModel, Prior, hazard_model

__all__ = ["Chains", "Sampler", "fit_bayes"]

F8 = NDArray[np.float64]
MOST_RHAT, LEAST_ESS = 1.01, 400.0  # Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021
MOST_DIVERGENT = 0.001  # of the draws


class Chains(NamedTuple):
    """Say how long to sample: chains, draws of each to warm up and to keep."""

    chains: int = 2
    warm_up: int = 500
    kept: int = 2000


class Sampler:
    """Sample one model again and again: it compiles once for each shape of the data.

    Raises InputError without numpyro.
    """

    def __init__(self, chains: Chains) -> None:
        self.parts = _numpyro()
        self.chains = chains
        self.parts["set_devices"](chains.chains)  # without effect where jax has started already
        method = "parallel" if self.parts["jax"].local_device_count() >= chains.chains else "vectorized"
        nuts = self.parts["NUTS"](self._model, dense_mass=[("score",)])
        self._run = self.parts["MCMC"](
            nuts, num_warmup=chains.warm_up, num_samples=chains.kept, num_chains=chains.chains,
            chain_method=method, progress_bar=False, jit_model_args=True,
        )  # fmt: skip

    def sample(self, counts: Counts, prior: Prior, *, model: HazardModel, seed: int) -> _Sample:
        """Sample the shares of places and the profiles of hours."""
        data = _data(counts, prior, model)
        jax = self.parts["jax"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._run.run(jax.random.key(seed), data)
        drawn = {name: np.asarray(values, np.float64) for name, values in self._run.get_samples(True).items()}
        divergent = int(np.asarray(self._run.get_extra_fields()["diverging"]).sum())
        return _Sample(drawn, divergent)

    def _model(self, data: Mapping[str, Any]) -> None:
        """Say the model: standard normal numbers in, counts out."""
        jnp, sample, dist = self.parts["jnp"], self.parts["sample"], self.parts["dist"]
        unit = dist.Normal(0.0, 1.0)

        def normal(name: str, *shape: int) -> Any:
            return sample(name, unit.expand(list(shape)).to_event(len(shape)) if shape else unit)

        n, kinds = data["events"].shape
        score = normal("score", 4)
        sigma, tau, bend = (self.parts["log_ndtr"](-score[i]) * data["rates"][i] for i in (0, 2, 3))
        phi = jnp.interp(self.parts["ndtr"](score[1]), data["mixing"][0], data["mixing"][1])
        shared = sigma * (data["axis"] @ (jnp.sqrt(1.0 - phi + phi * data["value"]) * normal("x", n)))
        if data["covariates"].shape[1]:
            shared = shared + data["covariates"] @ (data["slope"] * normal("beta", data["covariates"].shape[1]))
        self.parts["deterministic"]("shared", shared)
        self.parts["deterministic"]("spread", jnp.stack([sigma, phi, tau, bend]))
        if kinds:
            log = data["offset"][:, None] + shared[:, None] + tau * normal("z", n, kinds)
            self.parts["factor"]("places", (data["events"] * (log - self.parts["logsumexp"](log, axis=0))).sum())
        if data["timed"].shape[0]:
            gamma = bend * (normal("gamma", *data["timed"].shape) @ data["root"].T)
            ready = data["ready"] + gamma
            ready = ready - self.parts["logsumexp"](ready, axis=1, keepdims=True)
            self.parts["factor"]("hours", jnp.where(data["timed"] > 0, data["timed"] * ready, 0.0).sum())


class _Sample(NamedTuple):
    """Hold what a run drew, by name (chains, draws, …), and how many draws diverged."""

    drawn: Mapping[str, F8]
    divergent: int

    def flat(self, name: str) -> F8:
        """Give the draws of all chains in one row."""
        values = self.drawn[name]
        return values.reshape(-1, *values.shape[2:])


def _numpyro() -> dict[str, Any]:
    """Load numpyro and jax; raises InputError that says how to install them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jax
            import numpyro
            from jax import numpy as jnp
            from jax.scipy.special import log_ndtr, logsumexp, ndtr
            from numpyro import distributions as dist
            from numpyro.infer import MCMC, NUTS
    except ImportError:
        faults = Faults()
        expected, remedy = "numpyro, which samples the full model", "Install it with: pip install 'sispamkota[bayes]'."
        faults.add(where="risk", field="method", expected=expected, got="no numpyro", remedy=remedy)
        faults.raise_if_any()
    return {
        "jax": jax, "jnp": jnp, "dist": dist, "MCMC": MCMC, "NUTS": NUTS, "sample": numpyro.sample,
        "deterministic": numpyro.deterministic, "factor": numpyro.factor, "log_ndtr": log_ndtr, "ndtr": ndtr,
        "logsumexp": logsumexp, "set_devices": numpyro.set_host_device_count,
    }  # fmt: skip


def _data(counts: Counts, prior: Prior, model: HazardModel) -> dict[str, F8]:
    """Lay out the data of the sampler; kinds without events stay out."""
    places = places_of(counts, model)
    value, axis = places.field.spectrum()
    timed = counts.events.sum(axis=0).astype(np.float64)
    heard = timed.sum(axis=1) > 0
    watched = _watched(counts)
    with np.errstate(divide="ignore"):
        ready = np.log(prior.rate / prior.rate.mean(axis=1, keepdims=True)) + np.log(watched)
    bounds = (model.place_spread.value, 1.0, model.kind_spread.value, model.hour_spread.value)
    return {
        "events": places.events, "offset": places.offset, "covariates": places.covariates,
        "value": value, "axis": axis, "mixing": places.field.mixing, "slope": np.array(places.slope),
        "rates": np.array(bounds) / np.log(model.tail.value), "timed": timed[heard], "ready": ready[heard],
        "root": np.linalg.cholesky(kernel(model.hour_reach_h.value)),
    }  # fmt: skip


def _watched(counts: Counts) -> F8:
    return counts.exposure / counts.watched if counts.watched > 0 else np.full(24, 1.0 / 24.0)


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
    sample = sampler.sample(counts, prior, model=model, seed=seed)
    rng = np.random.default_rng(seed)
    share, profile = _shares(sample, counts, model, rng), _profiles(sample, counts, prior, model, rng)
    spread = sample.flat("spread")
    names = ("sigma", "phi", "tau", "bend")
    ends = np.quantile(spread, [0.5 - CENTRAL / 2, 0.5 + CENTRAL / 2], axis=0)
    return Posterior(
        "full", counts.places, counts.kinds, level, shape, _sure(share), _sure_profiles(profile),
        {name: (float(spread[:, n].mean()), *map(float, ends[:, n])) for n, name in enumerate(names)},
        counts.totals.sum(axis=0), diagnose(sample.drawn, sample.divergent), _resample(level, shape, share, profile),
    )  # fmt: skip


def _shares(sample: _Sample, counts: Counts, model: HazardModel, rng: np.random.Generator) -> F8:
    """Turn the draws into shares, (draws, i, k)."""
    seen = counts.totals.sum(axis=0) > 0
    shared, tau = sample.flat("shared"), sample.flat("spread")[:, 2, None, None]
    own = rng.standard_normal((*shared.shape, seen.size))
    if seen.any():
        own[:, :, seen] = sample.flat("z")
    log = np.log(counts.population)[None, :, None] + shared[:, :, None] + tau * own
    share = np.exp(log - log.max(axis=1, keepdims=True))
    return share / share.sum(axis=1, keepdims=True)


def _profiles(
    sample: _Sample, counts: Counts, prior: Prior, model: HazardModel, rng: np.random.Generator
) -> F8:
    """Turn the draws into profiles, (draws, k, 24)."""
    heard = counts.events.sum(axis=(0, 2)) > 0
    bend = sample.flat("spread")[:, 3, None, None]
    own = rng.standard_normal((bend.shape[0], heard.size, 24))
    if heard.any():
        own[:, heard] = sample.flat("gamma")
    root = np.linalg.cholesky(kernel(model.hour_reach_h.value))
    profile = prior.rate * np.exp(bend * (own @ root.T))
    return profile / (profile * _watched(counts)).sum(axis=2, keepdims=True)


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
    """Judge draws by name (chains, draws, …): largest split R-hat, least effective size, divergent draws, the verdict."""
    flat = np.concatenate([values.reshape(*values.shape[:2], -1) for values in drawn.values()], axis=2)
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
