"""Intervals of shares and medians, and what they let us say of a standard."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sispamkota.rehearsal.intervals import Estimate, clustered_median, clustered_share, mean_interval, verdict, wilson


def test_wilson__published_value():
    # 10 of 100: 0.0552 to 0.1744 (Newcombe 1998, method 3)
    estimate = wilson(0.1, 100)
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (0.0552, 0.1744)


@pytest.mark.parametrize(("share", "end"), [(0.0, "low"), (1.0, "high")])
def test_wilson__nothing_and_all_keep_their_end(share, end):
    estimate = wilson(share, 50)
    assert getattr(estimate, end) == share
    assert estimate.high - estimate.low > 0.05


def test_clustered_share__calls_of_one_replicate_are_one_witness():
    alone = clustered_share([1, 0] * 30, range(60))
    copied = clustered_share(np.repeat([1, 0] * 30, 10), np.repeat(range(60), 10))
    assert copied.value == alone.value
    assert copied.high - copied.low == pytest.approx(alone.high - alone.low, rel=1e-9)
    naive = wilson(0.5, 600)
    assert copied.high - copied.low > 2.5 * (naive.high - naive.low)


def test_clustered_share__covers():
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(300):
        luck = np.repeat(rng.beta(2, 6, 80), 5)
        estimate = clustered_share(rng.random(400) < luck, np.repeat(range(80), 5))
        inside += estimate.low <= 0.25 <= estimate.high
    assert 0.91 <= inside / 300 <= 0.99


def test_clustered_median__a_late_half_is_infinite():
    estimate = clustered_median([1.0, 2.0, np.nan, np.nan, np.nan], range(5))
    assert math.isinf(estimate.value)
    assert math.isinf(estimate.high)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_clustered_median__holds_its_value(values):
    estimate = clustered_median(values, range(len(values)))
    assert min(values) <= estimate.low <= estimate.value <= estimate.high <= max(values)


def test_mean_interval__leaves_absent_values_out():
    assert mean_interval([1.0, np.nan, 3.0]).value == 2.0
    assert math.isnan(mean_interval([np.nan]).value)


@pytest.mark.parametrize(
    ("low", "high", "standard", "higher", "expected"),
    [
        (8.0, 9.0, 10.0, False, "met"),
        (8.0, 10.0, 10.0, False, "met"),
        (11.0, 12.0, 10.0, False, "missed"),
        (10.0, 12.0, 10.0, False, "undecided"),
        (9.0, 11.0, 10.0, False, "undecided"),
        (9.0, 11.0, None, False, "none"),
        (11.0, 12.0, 10.0, True, "met"),
        (10.0, 12.0, 10.0, True, "met"),
        (8.0, 9.0, 10.0, True, "missed"),
        (9.0, 11.0, 10.0, True, "undecided"),
    ],
)
def test_verdict__only_where_the_whole_interval_agrees(low, high, standard, higher, expected):
    assert verdict(Estimate((low + high) / 2, low, high), standard, higher_is_better=higher) == expected
