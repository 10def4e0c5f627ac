"""Judging and choosing by aims in order: what is claimed without a gain, what is found with one; no rule by noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sispamkota.errors import InputError
from sispamkota.rehearsal.zones import Zones, choose_in_order, judge

LEVEL = 1e-4  # of each statistical test here, one-sided
ZONES = Zones(harm=0.5, ballots=1.0, votes=5.0, unrest=1.0, response=0.5)
NOISE = np.array([5.0, 4.0, 20.0, 8.0, 2.0])


def pairs(rng, n, *, shift=(0.0, 0.0, 0.0, 0.0, 0.0)):
    """Two plans under common luck: a shared part that is large, and a part of their own."""
    shared = rng.normal(size=(n, 5)) * NOISE * 3.0
    own = rng.normal(size=(2, n, 5)) * NOISE
    return shared + own[0], shared + own[1] + np.array(shift)


def claims(trials, **options):
    """In how many trials the second is called better, and in which aim."""
    found = [judge(*pairs(np.random.default_rng([3, i]), 200, **options), ZONES) for i in range(trials)]
    return sum(each.better for each in found), {each.aim for each in found if each.better}


def test_judge__no_gain_is_claimed_where_there_is_none():
    hits, _ = claims(2000)
    assert stats.binom.sf(hits - 1, 2000, 0.025) > LEVEL


def test_judge__no_gain_is_claimed_at_the_edge_where_earlier_aims_pass_easily():
    quiet = np.array([1e-3, 1e-3, 1e-3, 1e-3, 1.0])
    hits = 0
    for trial in range(2000):
        rng = np.random.default_rng([4, trial])
        hits += judge(rng.normal(size=(50, 5)) * quiet, rng.normal(size=(50, 5)) * quiet, ZONES).better
    assert stats.binom.sf(hits - 1, 2000, 0.025) > LEVEL


def test_judge__a_gain_is_found_in_its_own_aim():
    assert claims(50, shift=(-3.0, 0.0, 0.0, 0.0, 0.0)) == (50, {"harm"})
    rng = np.random.default_rng(1)
    before, after = pairs(rng, 20_000, shift=(0.0, 0.0, -8.0, 0.0, 0.0))
    assert judge(before, after, ZONES).aim == "votes"
    before, after = pairs(rng, 20_000, shift=(0.0, -1.5, -8.0, 0.0, 0.0))
    assert judge(before, after, ZONES).aim == "ballots"


def test_judge__more_lost_ballots_bar_a_gain_in_votes_but_not_one_in_harm():
    before, after = pairs(np.random.default_rng(6), 20_000, shift=(0.0, 2.0, -50.0, -9.0, -9.0))
    assert judge(before, after, ZONES).aim == ""
    before, after = pairs(np.random.default_rng(6), 20_000, shift=(-1.0, 2.0, 0.0, 0.0, 0.0))
    assert judge(before, after, ZONES).aim == "harm"


def test_judge__more_harm_bars_a_gain_in_what_comes_after():
    before, after = pairs(np.random.default_rng(1), 20_000, shift=(1.0, -9.0, -50.0, -9.0, -9.0))
    found = judge(before, after, ZONES)
    assert (found.better, found.aim) == (False, "")
    assert found.gaps[1].high < 0.0


def test_judge__a_sure_gain_within_the_zone_decides_nothing():
    before, after = pairs(np.random.default_rng(2), 200_000, shift=(-0.2, 0.0, 0.0, 0.0, 0.0))
    found = judge(before, after, ZONES)
    assert found.gaps[0].high < 0.0
    assert not found.better


def test_judge__intervals_are_those_of_t_shared_over_the_aims():
    before, after = pairs(np.random.default_rng(5), 60)
    found = judge(before, after, ZONES)
    want = stats.ttest_rel(after, before, axis=0).confidence_interval(1.0 - 0.05 / 5.0)
    assert [gap.low for gap in found.gaps] == pytest.approx(list(want.low))
    assert [gap.high for gap in found.gaps] == pytest.approx(list(want.high))


def test_judge__pairs_that_failed_are_left_out():
    before, after = pairs(np.random.default_rng(5), 60)
    before[3, 0] = np.nan
    assert judge(before, after, ZONES).pairs == 59


class Bench:
    """Observations of alternatives with given means under shared luck; the same when asked again."""

    def __init__(self, trial, means, most=10**6):
        self.trial, self.means, self.most = trial, np.asarray(means, float), most

    def __call__(self, i, n):
        if n >= self.most:
            return None
        shared = np.random.default_rng([self.trial, n]).normal(size=5)
        own = np.random.default_rng([self.trial, n, i + 1]).normal(size=5)
        return self.means[i] + NOISE / 10.0 * (2.0 * shared + own)


def share_of(best, means, trials=200):
    """In how many trials the races end with the alternative that should win."""
    found = [choose_in_order(Bench(trial, means), len(means), ZONES) for trial in range(trials)]
    assert all(each.decided for each in found)
    return sum(each.chosen == best for each in found)


BASE = (10.0, 8.0, 50.0, 30.0, 5.0)


@pytest.mark.parametrize(
    ("means", "best"),
    [
        ([BASE, (9.5, 8, 50, 30, 5), (10, 8, 50, 30, 5)], 1),  # leads in harm by just its zone
        ([BASE, (10, 7, 50, 30, 5), (10, 8, 45, 30, 5)], 1),  # ties in harm, leads in ballots; votes do not count
        ([BASE, (10, 8, 45, 30, 5), (10, 8, 50, 20, 2)], 1),  # ties until votes, leads there; later aims do not count
        ([BASE, (11, 0, 0, 0, 0), (10.5, 0, 0, 0, 0)], 0),  # more harm is not bought with anything
    ],
)
def test_choose__the_best_is_chosen_as_often_as_promised(means, best):
    right = share_of(best, means)
    assert stats.binom.cdf(right, 200, 0.95) > LEVEL


def test_choose__noise_never_decides():
    assert stats.binom.cdf(share_of(0, [BASE] * 3), 200, 0.95) > LEVEL


def test_choose__nothing_is_promised_where_the_budget_ends_first():
    found = choose_in_order(Bench(1, [BASE, BASE], most=5), 2, ZONES)
    assert (found.decided, found.chosen) == (False, 0)


def test_zones__own_ones_go_before_and_all_faults_at_once():
    assert Zones.load(own=["harm=1"]).harm == 1.0
    with pytest.raises(InputError) as error:
        Zones.load(own=["harm=0", "vote=3", "unrest=x"])
    assert len(error.value.faults) == 3
