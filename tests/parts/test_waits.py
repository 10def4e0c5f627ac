"""How long calls wait: those that nobody came to are later than they waited, and the interval counts replicates."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from parts import waiting
from sispamkota.rehearsal.ensemble import OUTCOMES
from sispamkota.rehearsal.intervals import clustered_median, clustered_share
from sispamkota.rehearsal.waits import Waits


def calls_of(waits: np.ndarray, ends: np.ndarray, replicate: np.ndarray, *, ended: str = "open") -> pd.DataFrame:
    """Calls answered after `waits` unless they end before."""
    answered = waits <= ends
    return pd.DataFrame(
        {
            "replicate": replicate,
            "outcome": np.where(answered, "answered", ended),
            "seconds": np.where(answered, waits, np.nan),
            "waited": np.minimum(waits, ends),
        }
    )


def drawn(rng: np.random.Generator, replicates: int = 40, each: int = 5) -> pd.DataFrame:
    """Calls whose wait has a median of 10 in all; a replicate's calls share its luck."""
    n = replicates * each
    replicate = np.repeat(np.arange(replicates), each)
    luck = rng.normal(0.0, 0.5, replicates)[replicate] + rng.normal(0.0, 0.5, n)
    return calls_of(10.0 * np.exp(luck), rng.exponential(25.0, n), replicate)


def test_waits__published_example():
    """Kaplan & Meier (1958), section 1: 0.8, 1.0+, 2.7+, 3.1, 5.4, 7.0+, 9.2, 12.1+: 7/8, 7/10, 21/40, 21/80."""
    ended = np.array([0.8, 1.0, 2.7, 3.1, 5.4, 7.0, 9.2, 12.1])
    died = np.array([1, 0, 0, 1, 1, 0, 1, 0], bool)
    waits = Waits(ended, died, np.zeros(8, bool), np.arange(8))
    for at, left in ((0.8, 7 / 8), (3.1, 7 / 10), (5.4, 21 / 40), (9.2, 21 / 80), (99.0, 21 / 80)):
        assert 1.0 - waits.answered_by(at).value == pytest.approx(left)
    assert waits.median().value == 9.2
    assert waits.quantile(0.8) == math.inf


def test_waits__a_call_that_faded_is_one_that_nobody_came_to():
    """Answered 1, 4, 5; faded 2; open 3: 1/5 by 1, then 3/5 wait; by 4 half of those, by 5 the rest."""
    answered, faded = np.array([[1, 0, 0, 1, 1], [0, 1, 0, 0, 0]], bool)
    waits = Waits(np.arange(1.0, 6.0), answered, faded, np.arange(5))
    for at, share in ((0.5, 0.0), (1.0, 0.2), (3.0, 0.2), (4.0, 0.5), (5.0, 0.8), (99.0, 0.8)):
        assert waits.answered_by(at).value == pytest.approx(share)
    assert (waits.quantile(0.6), waits.quantile(0.9)) == (5.0, math.inf)


def test_waits__fires_that_burn_out_with_nobody_there_are_not_answered_in_time():
    """Half of the fires burn out after 600 s; the other half is reached after 850 s, by a standard of 900 s."""
    fires = calls_of(np.full(40, 850.0), np.tile([600.0, 7200.0], 20), np.arange(40) // 2, ended="not_needed")
    share = Waits.of(fires).answered_by(900.0)
    assert share.value == pytest.approx(0.5)
    assert vars(share) == pytest.approx(vars(clustered_share(fires.seconds <= 900.0, fires.replicate)))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from(OUTCOMES), st.integers(0, 5)), min_size=1, max_size=40),
    st.integers(0, 13),
)
def test_waits__are_those_worked_out_the_slow_way(rows, at):
    ended, outcome, replicate = (np.array(column) for column in zip(*rows, strict=True))
    calls = pd.DataFrame(
        {
            "replicate": replicate,
            "outcome": outcome,
            "seconds": np.where(outcome == "answered", ended.astype(float), np.nan),
            "waited": ended.astype(float),
        }
    )
    found, slow = Waits.of(calls).answered_by(float(at)), waiting.share_by(calls, at)
    assert (found.value, found.low, found.high) == pytest.approx(slow, abs=2e-4)
    assert Waits.of(calls).quantile(0.5) == waiting.quantile(calls, 0.5)


def test_waits__where_everybody_is_answered_are_plain_shares():
    calls = drawn(np.random.default_rng(1))
    calls = calls.assign(outcome="answered", seconds=calls.waited)
    waits = Waits.of(calls)
    plain = clustered_share(calls.seconds <= 9.0, calls.replicate)
    assert vars(waits.answered_by(9.0)) == pytest.approx(vars(plain))
    assert vars(waits.median()) == vars(clustered_median(calls.seconds, calls.replicate))
    assert (waits.p_half(9.0) < 0.05) == (plain.low > 0.5 or plain.high < 0.5)


def test_waits__a_call_still_open_is_later_than_it_waited():
    calls = calls_of(np.array([1.0, 2.0, 30.0, 40.0, 50.0]), np.array([9.0, 9.0, 20.0, 20.0, 20.0]), np.arange(5))
    waits = Waits.of(calls)
    assert waits.answered_by(15.0).value == pytest.approx(0.4)
    assert waits.later_than(15.0).value == pytest.approx(0.6)
    assert waits.median().value == math.inf


def test_waits__intervals_cover():
    rng, inside, sure = np.random.default_rng(3), 0, 0
    for _ in range(400):
        waits = Waits.of(drawn(rng))
        share, median = waits.answered_by(10.0), waits.median()
        inside += share.low <= 0.5 <= share.high
        sure += median.low <= 10.0 <= median.high
    assert 0.92 <= inside / 400 <= 0.98
    assert 0.92 <= sure / 400 <= 0.99


def test_waits__a_replicate_has_its_part_and_their_spread_is_the_error():
    """Of all that is told of two plans, 95 of 100 intervals of the difference hold the truth, censored or not."""
    calls = drawn(np.random.default_rng(4))
    calls = calls[calls["replicate"] != 7]
    share, parts = Waits.of(calls).answered_by(10.0).value, Waits.of(calls).parts(10.0, calls["replicate"], range(40))
    assert parts.mean() == pytest.approx(share)
    assert parts[7] == pytest.approx(share)
    nudged = 1.0 + waiting.NUDGE * (calls["replicate"] == 3).to_numpy(float)
    pull = (1.0 - waiting.left_after(calls, 10.0, nudged) - share) / waiting.NUDGE
    assert parts[3] - share == pytest.approx(40 * pull, rel=1e-3)
    rng, inside = np.random.default_rng(5), 0
    for _ in range(300):
        one, two = (Waits.of(each).parts(10.0, each["replicate"], range(40)) for each in (drawn(rng), drawn(rng)))
        inside += abs(stats.ttest_ind(one, two).statistic) <= stats.t.ppf(0.975, 78)
    assert 0.915 <= inside / 300 <= 0.98


def test_waits__without_calls_say_nothing():
    none = Waits.of(drawn(np.random.default_rng(0)).head(0))
    assert math.isnan(none.median().value)
    assert (none.answered_by(1.0).low, none.answered_by(1.0).high, none.p_half(1.0)) == (0.0, 1.0, 1.0)
