"""The hazard model is calibrated: in worlds drawn from its priors the truth lies where the posterior says it is."""

import sys

import numpy as np
import pytest

from parts.risk_fixture import counts_of, grid, prior_of
from sispamkota.errors import InputError
from sispamkota.risk.bayes import Chains, Sampler, diagnose, fit_bayes
from sispamkota.risk.calibrate import QUANTITIES, Calibration, calibrate
from sispamkota.risk.fit import fit_fast
from sispamkota.risk.predict import Worlds

LEVEL = 0.01 / len(QUANTITIES)
jax_warns = pytest.mark.filterwarnings("ignore")


def square():
    rng = np.random.default_rng(5)
    return counts_of(
        np.zeros((16, 2, 24)),
        population=rng.uniform(1e3, 9e3, 16),
        covariates=rng.standard_normal((16, 1)),
        neighbours=grid(4, 4),
    )


def test_calibration__of_uniform_ranks_passes_and_of_an_overconfident_fit_fails():
    rng = np.random.default_rng(0)
    right = Calibration(rng.integers(0, 100, (400, len(QUANTITIES))), 99)
    bent = np.clip(np.round(49.5 + 1.4 * (right.ranks - 49.5)), 0, 99).astype(np.int64)
    wrong = Calibration(bent, 99)
    for name in QUANTITIES:
        low, high = right.band()
        assert right.uniform(name) > LEVEL
        assert low <= right.covered(name) <= high
        assert wrong.uniform(name) < LEVEL
        assert wrong.covered(name) < low
        assert wrong.distance(name) > right.distance(name)


def test_diagnose__tells_chains_that_agree_from_chains_that_do_not():
    rng = np.random.default_rng(1)
    white = {"x": rng.standard_normal((2, 1000, 5))}
    good = diagnose(white, 0)
    assert good["converged"] == 1.0
    assert good["ess"] == pytest.approx(2000, rel=0.2)
    assert diagnose(white, 10)["converged"] == 0.0
    apart = {"x": white["x"] + np.array([0.0, 1.0])[:, None, None]}
    assert diagnose(apart, 0)["converged"] == 0.0
    slow = np.zeros((2, 1000, 1))
    for n in range(1, 1000):
        slow[:, n] = 0.9 * slow[:, n - 1] + rng.standard_normal((2, 1))
    assert diagnose({"x": slow}, 0)["ess"] == pytest.approx(2000 * 0.1 / 1.9, rel=0.5)


def test_bayes__without_numpyro_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(InputError, match=r"sispamkota\[bayes\]"):
        Sampler(Chains())


@pytest.mark.slow
def test_fast_fit__its_intervals_cover_what_they_say():
    counts, prior = square(), prior_of()
    found = calibrate(lambda seen, _: fit_fast(seen, prior), counts, prior, worlds=300, seed=1)
    low, high = found.band()
    for name in QUANTITIES:
        assert found.uniform(name) > LEVEL, name
        assert low <= found.covered(name) <= high, name


@jax_warns
@pytest.mark.slow
def test_full_bayes__ranks_are_uniform_and_intervals_cover():
    pytest.importorskip("numpyro", reason="the extra bayes is not installed")
    counts, prior = square(), prior_of()
    sampler = Sampler(Chains(2, 300, 500))
    found = calibrate(
        lambda seen, seed: fit_bayes(seen, prior, seed=seed, sampler=sampler), counts, prior, worlds=200, seed=1
    )
    low, high = found.band()
    for name in QUANTITIES:
        assert found.uniform(name) > LEVEL, name
        assert low <= found.covered(name) <= high, name


@jax_warns
@pytest.mark.slow
def test_fast_and_full__agree_on_57_areas():
    """In a world of many events: log means within 0.3 of a standard deviation, those within 10 %."""
    pytest.importorskip("numpyro", reason="the extra bayes is not installed")
    kinds = ("vandalism", "threat", "clash", "tps-disruption", "convoy-blocked")
    prior, rng = prior_of(kinds), np.random.default_rng(3)
    empty = counts_of(
        np.zeros((57, 5, 24)),
        population=rng.uniform(1e3, 2e4, 57),
        covariates=rng.standard_normal((57, 2)),
        neighbours=np.vstack([grid(3, 19)]),
        kinds=kinds,
    )
    world = Worlds(empty, prior).draw(rng)
    fast, full = fit_fast(world.counts, prior), fit_bayes(world.counts, prior, seed=1)
    assert full.diagnostics["converged"] == 1.0, full.diagnostics
    open_ = np.isfinite(full.log_mean)
    away = np.abs(fast.log_mean - full.log_mean)[open_] / full.log_sd[open_]
    ratio = (fast.log_sd / full.log_sd)[open_]
    assert away.max() < 0.3
    assert 0.9 < ratio.min() <= ratio.max() < 1.1
