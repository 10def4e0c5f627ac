"""Proper scores: cases worked out by hand, what makes them proper, and equality with scoringrules."""

import math
import os
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from sispamkota.risk.proper import (
    brier,
    brier_parts,
    count_cdf,
    count_interval,
    count_pmf,
    coverage,
    crps_count,
    crps_ensemble,
    crps_negative_binomial,
    crps_poisson,
    log_score,
    log_score_count,
    pit,
    pit_histogram,
    reliability,
)

# --- by hand ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "observed", "expected"),
    [
        ([1.0], 3.0, 2.0),  # one draw: the absolute error
        ([0.0, 1.0], 0.0, 0.25),  # 1/2 - (0 + 1 + 1 + 0)/8
        ([0.0, 1.0], 0.5, 0.25),
        ([0.0, 2.0, 4.0], 1.0, 5 / 3 - 16 / 18),  # |.| 1 1 3; the nine |X - X'| sum to 16
        ([2.0, 2.0, 2.0], 2.0, 0.0),
    ],
)
def test_crps_ensemble__by_hand(members, observed, expected):
    assert crps_ensemble(members, observed) == pytest.approx(expected, abs=1e-12)


def test_crps_ensemble__fair_by_hand():
    """[0, 1], y = 0: 1/2 - (0 + 1 + 1 + 0)/(2 · 2 · 1) = 0."""
    assert crps_ensemble([0.0, 1.0], 0.0, fair=True) == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ValueError, match="two"):
        crps_ensemble([0.0], 0.0, fair=True)


def test_crps_count__certainty_is_the_absolute_error():
    np.testing.assert_allclose(crps_count([0, 1, 5], 0.0, math.inf), [0, 1, 5])


def test_crps_count__geometric_by_hand():
    """Shape 1 and mean 1 is P(k) = 2^-(k+1): at y = 0 the sum of 4^-(k+1) is 1/3; at y = 1 it is 1/4 + 1/12."""
    np.testing.assert_allclose(crps_count([0, 1], 1.0, 1.0), [1 / 3, 1 / 4 + 1 / 12], atol=1e-12)
    np.testing.assert_allclose(crps_negative_binomial([0, 1], 1.0, 0.5), [1 / 3, 1 / 3], atol=1e-12)


def test_crps_poisson__by_hand():
    """Mean 1, y = 0: the first terms (1 - e^-1)... summed with pencil to k = 5, the rest is below 1e-7."""
    e = math.exp(-1)
    tails = [1 - e * sum(1 / math.factorial(j) for j in range(k + 1)) for k in range(6)]
    assert crps_poisson(0, 1.0) == pytest.approx(sum(t * t for t in tails), abs=1e-6)


def test_crps_count__reaches_far_counts():
    """A forecast of nearly nothing and a thousand events: the score is nearly the distance."""
    assert crps_count(1000, 0.01, 2.0) == pytest.approx(1000 - 0.01, abs=0.01)
    assert crps_count(0, 5000.0, math.inf) == pytest.approx(5000 - math.sqrt(5000 / math.pi), rel=1e-4)


def test_log_score__by_hand():
    np.testing.assert_allclose(log_score([1.0, 0.5, 0.0]), [0.0, math.log(2), math.inf])
    assert log_score_count(0, 2.0, math.inf) == pytest.approx(2.0)
    assert log_score_count(1, 1.0, 1.0) == pytest.approx(math.log(4))
    assert log_score_count(1, 0.0, math.inf) == math.inf
    assert log_score_count(0, 0.0, 3.0) == 0.0


def test_brier__by_hand():
    """Two forecasts of 0.2 (one came), two of 0.8 (both came): score .17 by the four squares .64, .04, .04, .04 / 4."""
    p, o = [0.2, 0.2, 0.8, 0.8], [1, 0, 1, 1]
    np.testing.assert_allclose(brier(p, o), [0.64, 0.04, 0.04, 0.04])
    parts = brier_parts(p, o)
    assert parts.score == pytest.approx(0.19)
    assert parts.reliability == pytest.approx((2 * 0.3**2 + 2 * 0.2**2) / 4)
    assert parts.resolution == pytest.approx((2 * 0.25**2 + 2 * 0.25**2) / 4)
    assert parts.uncertainty == pytest.approx(0.75 * 0.25)
    assert parts.within == 0.0


def test_pit__by_hand():
    np.testing.assert_allclose(pit([0.0, 0.2], [0.5, 0.2], [0.5, 0.9]), [0.25, 0.2])
    np.testing.assert_allclose(pit_histogram([0.0, 0.25], [0.5, 0.5], bins=4), [0.25, 0.75, 0, 0])


def test_coverage__counts_both_ends():
    assert coverage([0, 1, 2, 3], 1, 2) == 0.5
    assert math.isnan(coverage([], 0, 1))


def test_reliability__by_hand():
    mean, share, n = reliability([0.1, 0.1, 0.9, 0.9], [0, 1, 1, 1], bins=2)
    np.testing.assert_allclose(mean, [0.1, 0.9])
    np.testing.assert_allclose(share, [0.5, 1.0])
    assert n.tolist() == [2, 2]
    assert [len(each) for each in reliability([], [])] == [0, 0, 0]


@pytest.mark.parametrize(("mean", "shape"), [(-1.0, 1.0), (math.nan, 1.0), (math.inf, 1.0), (1.0, 0.0)])
def test_laws__what_is_no_law_is_refused(mean, shape):
    with pytest.raises(ValueError, match="mean"):
        crps_count(0, mean, shape)


# --- what must hold for all -------------------------------------------------------------------------------------------

MEANS, SHAPES = st.just(0.0) | st.floats(1e-3, 40.0), st.floats(0.05, 1e4) | st.just(math.inf)


@settings(max_examples=60, deadline=None)
@given(MEANS, SHAPES, st.integers(0, 80))
def test_counts__laws_agree_with_each_other(mean, shape, y):
    """pmf, cdf, log score and interval speak of one law, and the CRPS is its sum written out."""
    k = np.arange(0, 4000)
    pmf = count_pmf(k, mean, shape)
    assert pmf[:y].sum() == pytest.approx(float(count_cdf(y - 1, mean, shape)), abs=1e-8)
    if count_pmf(y, mean, shape) > 1e-280:
        assert log_score_count(y, mean, shape) == pytest.approx(-np.log(count_pmf(y, mean, shape)), rel=1e-6, abs=1e-8)
    low, high = count_interval(mean, shape, 0.9)
    assert count_cdf(high, mean, shape) - count_cdf(low - 1, mean, shape) >= 0.9 - 1e-9
    assert crps_count(y, mean, shape) == pytest.approx(((np.cumsum(pmf) - (k >= y)) ** 2).sum(), abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 6.0), st.floats(1.0, 50.0), st.floats(0.05, 6.0), st.floats(1.0, 50.0))
def test_scores__are_proper(mean, shape, other_mean, other_shape):
    """Expected under a law, no other law scores better than that law itself."""
    y = np.arange(0, 200)
    p = count_pmf(y, mean, shape)
    for score in (crps_count, log_score_count):
        own, other = p @ score(y, mean, shape), p @ score(y, other_mean, other_shape)
        assert own <= other + 1e-7


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.none() | st.integers(1, 12))
def test_brier__parts_sum_to_the_score(pairs, bins):
    p, o = zip(*pairs, strict=True)
    parts = brier_parts(p, o, bins=bins)
    summed = parts.reliability - parts.resolution + parts.uncertainty + parts.within
    assert parts.score == pytest.approx(summed, abs=1e-12)
    assert parts.reliability >= 0
    assert parts.resolution >= -1e-15


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=12), st.floats(-50, 50))
def test_crps_ensemble__is_the_integral(members, y):
    """∫(F - [y ≤ x])² dx over the steps of the empirical law."""
    edges = np.sort([*members, y])
    middle = (edges[1:] + edges[:-1]) / 2
    share = (np.array(members)[:, None] <= middle).mean(axis=0)
    whole = (np.diff(edges) * (share - (y <= middle)) ** 2).sum()
    assert crps_ensemble(members, y) == pytest.approx(whole, abs=1e-9)


def test_pit__of_the_true_law_is_flat():
    rng = np.random.default_rng(5)
    y = nbinom.rvs(2.0, 0.3, size=4000, random_state=rng)
    below, upto = nbinom.cdf(y - 1, 2.0, 0.3), nbinom.cdf(y, 2.0, 0.3)
    histogram = pit_histogram(below, upto)
    assert abs(histogram - 0.1).max() < 0.02
    wrong = pit_histogram(poisson.cdf(y - 1, 14 / 3), poisson.cdf(y, 14 / 3))
    assert abs(wrong - 0.1).max() > 0.1  # a Poisson is too narrow: the ends fill
    drawn = np.histogram(pit(below, upto, rng.random(y.size)), bins=10, range=(0, 1))[0] / y.size
    assert abs(drawn - 0.1).max() < 0.02


# --- against scoringrules ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rival():
    """The package scoringrules (extra `verify`), or from a folder named in SISPAMKOTA_SCORINGRULES."""
    folder = os.environ.get("SISPAMKOTA_SCORINGRULES")
    if folder:
        sys.path.insert(0, folder)
    try:
        return pytest.importorskip("scoringrules", reason="scoringrules is not installed (make bench-setup)")
    finally:
        if folder:
            sys.path.remove(folder)


def test_scores__equal_scoringrules(rival):
    rng = np.random.default_rng(1)
    y = rng.integers(0, 30, 400)
    mean, shape = rng.uniform(0.5, 20, 400), rng.uniform(0.5, 30, 400)
    p = shape / (shape + mean)
    close = {"rtol": 0, "atol": 1e-9}
    np.testing.assert_allclose(crps_poisson(y, mean), rival.crps_poisson(y, mean), **close)
    np.testing.assert_allclose(crps_count(y, mean, shape), rival.crps_negbinom(y, shape, p), **close)
    np.testing.assert_allclose(log_score_count(y, mean, math.inf), rival.logs_poisson(y, mean), **close)
    r, p = (
        shape + 1,
        (shape + 1) / (shape + 1 + mean),
    )  # theirs is 0 for a shape below 1: its binomial is that of wholes
    np.testing.assert_allclose(log_score_count(y, mean, r), rival.logs_negbinom(y, r, p), **close)
    draws = rng.normal(size=(400, 25))
    np.testing.assert_allclose(crps_ensemble(draws, y), rival.crps_ensemble(y, draws), **close)
    fair = rival.crps_ensemble(y, draws, estimator="fair")
    np.testing.assert_allclose(crps_ensemble(draws, y, fair=True), fair, **close)
    chance, came = rng.random(400), rng.integers(0, 2, 400)
    np.testing.assert_allclose(brier(chance, came), rival.brier_score(came, chance), **close)
