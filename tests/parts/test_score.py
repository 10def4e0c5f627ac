"""Rolling origin: no leak from the future, a known signal is found, none is not, and few incidents give no verdict."""

import datetime as dt
import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from parts.areas_city import SmallCity
from parts.generated import START, history_of, hot_spots
from sispamkota.errors import InputError
from sispamkota.risk import KINDS, read_history
from sispamkota.risk.forecast import Known, Predictive, historical_mean, shrinkage
from sispamkota.risk.judging import events_needed, judging
from sispamkota.risk.proper import count_cdf, crps_count, log_score_count
from sispamkota.risk.score import paired_difference, score_history

WEEK = dt.timedelta(days=7)


@pytest.fixture(scope="module")
def signal():
    return hot_spots(5)


@pytest.fixture(scope="module")
def scores(signal):
    return score_history(signal, horizon=WEEK, kinds=["fire"])


def recorded(model, into):
    """The model, and what it saw and said at each call."""

    def forecast(known, hours):
        out = model(known, hours)
        into.append(
            (known.events.copy(), known.untimed.copy(), known.exposure.copy(), out.mean.copy(), out.shape.copy())
        )
        return out

    return forecast


# --- no leak ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [shrinkage, historical_mean])
def test_origin__what_comes_later_changes_no_forecast(signal, model):
    """From one day on: some incidents are moved, some taken out, some added; every forecast made before is the same."""
    table, when = signal.to_table(), signal.table["when"]
    origins = score_history(signal, horizon=WEEK, kinds=["fire"]).table["origin"]
    busy = set(when.dt.date)
    changed_from = next(day for day in origins[18:] if day in busy)  # an origin on whose day something happened
    late = when >= pd.Timestamp(changed_from)
    other = table.assign(place=table["place"].where(~late, "p00"))[~late | (table.index % 3 > 0)]
    extra = table[late].assign(place="p01", kind="arson", id=[f"x{i}" for i in range(late.sum())])
    after = replace(signal, table=pd.concat([other, extra]).sort_values("when", ignore_index=True))
    runs = []
    for history in (signal, after):
        said = []
        scores = score_history(history, horizon=WEEK, model=recorded(model, said), kinds=["fire", "arson"])
        runs.append((said, scores.table))
    before = runs[0][1]["origin"] <= changed_from
    assert 10 < before.sum() < len(before)
    assert changed_from in set(runs[0][1]["origin"])
    for i in np.flatnonzero(before):
        for one, two in zip(runs[0][0][i], runs[1][0][i], strict=True):
            assert one.tobytes() == two.tobytes()
    closed = runs[0][1]["until"] <= changed_from
    assert runs[0][1][closed].equals(runs[1][1][closed])
    assert not runs[0][1][~closed].equals(runs[1][1][~closed])


def test_origin__what_is_written_down_late_is_known_late():
    """An incident of day 100 that was reported on day 200 is in no forecast before, but is scored where it happened."""
    made = {"places": ["a", "b"], "days": 365}
    prompt = history_of([50.5, 100.5], [0, 1], ["fire", "fire"], **made)
    known = [START + dt.timedelta(days=50), START + dt.timedelta(days=200)]
    late = history_of([50.5, 100.5], [0, 1], ["fire", "fire"], **made, known=known)
    seen = []
    for history in (prompt, late):
        said = []
        table = score_history(
            history, horizon=dt.timedelta(days=10), first=START + dt.timedelta(days=60), kinds=["fire"],
            model=recorded(shrinkage, said),
        ).table  # fmt: skip
        seen.append([int(events.sum()) for events, *_ in said])
        assert table["incidents"].tolist() == [0, 0, 0, 0, 1] + [0] * 25 or table["incidents"].sum() == 1
    assert seen[0] == [1] * 5 + [2] * 25
    assert seen[1] == [1] * 15 + [2] * 15


def test_origin__sees_the_hours_before_it(signal):
    said = []
    table = score_history(signal, horizon=WEEK, kinds=["fire"], model=recorded(shrinkage, said)).table
    for origin, (events, untimed, exposure, *_) in zip(table["origin"], said, strict=True):
        days = (origin - START).days
        assert (exposure == days).all()
        assert events.sum() + untimed.sum() == (signal.table["when"] < pd.Timestamp(origin)).sum()
    assert (table["until"] - table["origin"] == WEEK).all()
    assert table["until"].max() <= signal.end


# --- verdicts ---------------------------------------------------------------------------------------------------------


def test_signal__the_forecast_that_sees_it_beats_both_baselines(scores):
    assert scores.enough
    assert scores.verdicts == {"last": "better", "mean": "better"}
    assert scores.better
    assert scores.difference("mean").high < 0
    assert scores.difference("mean", score="log").high < 0
    assert 0.3 < scores.skill("last") < 1


@pytest.mark.slow
def test_signal__is_found_in_most_histories():
    """Twenty histories of about 120 scored incidents, more than twice those needed: at least 16 are told."""
    told = [score_history(hot_spots(seed), horizon=WEEK, kinds=["fire"]).better for seed in range(20)]
    assert sum(told) >= 16


@pytest.mark.slow
def test_no_signal__is_called_better_no_more_often_than_stated():
    """Places all alike, two forecasts of which neither knows more: at most the upper 99.9 % bound of 5 in 100."""

    def jittered(known, hours):
        out = historical_mean(known, hours)
        factor = 1 + 0.2 * np.resize([1.0, -1.0], out.mean.shape[0])[:, None, None]
        return Predictive(out.mean * factor, out.shape)

    def other(known, hours):
        out = jittered(known, hours)
        return Predictive(2 * historical_mean(known, hours).mean - out.mean, out.shape)

    below = above = 0
    for seed in range(100):
        made = hot_spots(seed, n_places=10, per_day=1.0, contrast=1.0)
        one, two = (score_history(made, horizon=WEEK, kinds=["fire"], model=each).table for each in (jittered, other))
        gap = paired_difference((one["crps_model"] - two["crps_model"]).to_list(), level=0.9)
        below, above = below + (gap.high < 0), above + (gap.low > 0)
    assert max(below, above) <= binom.ppf(0.999, 100, 0.05)


def flat(known, hours):
    """A forecast that says the same of all places, though they differ."""
    out = historical_mean(known, hours)
    return Predictive(np.broadcast_to(out.mean.mean(axis=0), out.mean.shape), out.shape)


def test_signal__a_forecast_that_is_blind_to_it_is_worse():
    scores = score_history(hot_spots(5, n_places=20, contrast=9.0), horizon=WEEK, kinds=["fire"], model=flat)
    assert scores.verdicts["mean"] == "worse"
    assert not scores.better


def test_no_signal__the_baseline_itself_is_no_better(signal):
    scores = score_history(signal, horizon=WEEK, kinds=["fire"], model=historical_mean)
    assert scores.verdicts["mean"] == "no better"
    assert scores.difference("mean").value == 0.0
    assert not scores.better


def test_malang__few_incidents_give_no_verdict(monkeypatch):
    monkeypatch.setenv("LC_ALL", "id_ID.UTF-8")
    scores = score_history(read_history("malang", SmallCity()), horizon=dt.timedelta(days=90))
    assert not scores.enough
    assert not scores.better
    assert set(scores.verdicts.values()) == {"too few"}
    assert "Data tidak cukup" in str(scores)
    assert "Data tidak cukup" in scores._repr_html_()
    assert (scores.unplaced, "1 kejadian tanpa kelurahan" in str(scores)) == (1, True)
    assert json.loads(json.dumps(scores.to_dict(), allow_nan=False))["enough"] is False


def test_enough__asks_for_incidents_and_for_windows():
    """As many incidents as are asked for, but all in a few windows, are not enough."""
    needed = events_needed(contrast=4, power=0.8, level=0.9)
    rng = np.random.default_rng(3)
    made = {"places": ["a", "b"], "days": 400}
    crowded = history_of(rng.uniform(390, 392, needed + 5), [0] * (needed + 5), ["fire"] * (needed + 5), **made)
    spread = history_of(rng.uniform(140, 399, needed + 5), [0] * (needed + 5), ["fire"] * (needed + 5), **made)
    options = {"horizon": WEEK, "kinds": ["fire"], "first": START + dt.timedelta(days=130)}
    assert not score_history(crowded, **options).enough
    assert score_history(spread, **options).enough


# --- the parts --------------------------------------------------------------------------------------------------------


def test_table__scores_are_those_of_the_laws(signal):
    """One window by hand: counts, laws and sums."""
    (origin, *_), said = [START + dt.timedelta(days=350)], []
    scores = score_history(signal, horizon=WEEK, first=origin, kinds=["fire"], model=recorded(shrinkage, said))
    row = scores.table.iloc[0]
    part = signal.between(origin, origin + WEEK)
    came = np.array([(part.table["place"] == place).sum() for place in signal.places])
    mean, shape = (each[:, 0].sum(axis=1) if i == 0 else each[:, 0, 0] for i, each in enumerate(said[0][3:]))
    assert row["incidents"] == came.sum()
    assert row["crps_model"] == pytest.approx(crps_count(came, mean, shape).sum())
    assert row["log_model"] == pytest.approx(log_score_count(came, mean, shape).sum())
    assert row["brier_model"] == pytest.approx(((1 - count_cdf(0, mean, shape) - (came > 0)) ** 2).sum())
    before = signal.between(origin - WEEK, origin)
    last = np.array([(before.table["place"] == place).sum() for place in signal.places])
    assert row["crps_last"] == np.abs(came - last).sum()
    n = np.array(
        [(signal.until(origin - dt.timedelta(days=1)).table["place"] == place).sum() for place in signal.places]
    )
    assert row["crps_mean"] == pytest.approx(crps_count(came, (n + 1 / 60) / 350 * 7, math.inf).sum())


def test_coverage__intervals_and_pit_of_a_true_forecast(scores):
    """A Poisson history whose rates are learnt: intervals of 90 % hold in at least 80 % of 34 weeks, bins are flat."""
    assert len(scores.table) == 34
    assert 0.8 < scores.covered <= 1.0
    assert abs(scores.pit - 0.1).max() < 0.03
    assert scores.brier.reliability < 0.1 * scores.brier.uncertainty


def test_difference__by_hand():
    """d = 1, 2, 3: mean 2, s.d. 1, t with 2 degrees of freedom 2.92 at 90 %: 2 ± 2.92/√3."""
    gap = paired_difference([1, 2, 3], level=0.9)
    assert (gap.value, gap.low, gap.high) == pytest.approx((2, 2 - 2.919986 / 3**0.5, 2 + 2.919986 / 3**0.5), rel=1e-6)
    assert paired_difference([1.0], level=0.9).high == math.inf
    assert math.isnan(paired_difference([], level=0.9).value)


def test_needed__by_hand_and_by_play():
    """p = .8: gain .19274, spread .55452, z 1.6449 + .8416. Played 4,000 times, such a gain is told in 80 of 100."""
    needed = events_needed(contrast=4, power=0.8, level=0.9)
    assert needed == math.ceil(((1.644854 + 0.841621) * 0.554518 / 0.192745) ** 2) == 52
    rng = np.random.default_rng(8)
    gains = np.where(rng.random((4000, needed)) < 0.8, math.log(1.6), math.log(0.4))
    z = gains.mean(axis=1) / gains.std(axis=1, ddof=1) * math.sqrt(needed)
    assert (z > norm.ppf(0.95)).mean() == pytest.approx(0.8, abs=0.06)
    assert events_needed(contrast=2, power=0.8, level=0.9) > 3 * needed
    assert judging().contrast.tag == "assumed"


def test_horizon__what_does_not_fit_is_refused(signal):
    for options in (
        {"horizon": dt.timedelta(hours=12)}, {"horizon": dt.timedelta(0)}, {"horizon": dt.timedelta(days=800)},
        {"horizon": WEEK, "first": START}, {"horizon": WEEK, "first": signal.end},
    ):  # fmt: skip
        with pytest.raises(InputError):
            score_history(signal, **options)


# --- the plain forecasts ----------------------------------------------------------------------------------------------


def known_of(counts, *, days=100):
    """What is known of one kind: counts by place, all at seven in the evening."""
    events = np.zeros((len(counts), 1, 24), np.int64)
    events[:, 0, 19] = counts
    places = tuple(f"p{i}" for i in range(len(counts)))
    return Known(places, ("fire",), events, np.zeros((len(counts), 1), np.int64), np.full(24, float(days)))


def test_historical_mean__is_the_rate():
    out = historical_mean(known_of([10, 0, 5, 5]), 240.0)
    np.testing.assert_allclose(out.totals()[0][:, 0], np.array([10.25, 0.25, 5.25, 5.25]) / 10)
    assert np.isinf(out.totals()[1]).all()


def test_shrinkage__draws_equal_places_together_and_leaves_unlike_ones():
    alike = shrinkage(known_of([5, 4, 6, 5, 5, 4, 6, 5]), 2400.0).totals()[0][:, 0]
    assert np.ptp(alike) < 0.3
    unlike = shrinkage(known_of([40, 0, 0, 0, 0, 40, 0, 0]), 2400.0).totals()[0][:, 0]
    assert unlike[0] > 35
    assert 0 < unlike[1] < 1
    assert alike.sum() == pytest.approx(40.5, rel=0.01)


def test_shrinkage__a_kind_that_never_came_is_not_ruled_out():
    mean, shape = shrinkage(known_of([0, 0]), 24.0).totals()
    np.testing.assert_allclose(mean[:, 0], 1 / (1 / 0.25 + 1) / 100)
    assert (shape == 1.0).all()


def test_predictive__hours_of_one_factor_keep_its_shape():
    mean = np.zeros((1, 1, 24))
    mean[0, 0, :3] = [1.0, 2.0, 3.0]
    total, shape = Predictive(mean, np.full(mean.shape, 4.0)).totals()
    assert (total[0, 0], shape[0, 0]) == (6.0, pytest.approx(4.0))
    assert np.isinf(Predictive(mean, np.full(mean.shape, np.inf)).totals()[1]).all()


def test_hours__follow_the_incidents(signal):
    said = []
    made = history_of([x + 0.8 for x in range(300)], [0] * 300, ["fire"] * 300, places=["a", "b"], days=365)
    score_history(made, horizon=WEEK, kinds=["fire"], model=recorded(shrinkage, said))
    mean = said[-1][3][0, 0]
    assert mean.argmax() == 19
    assert mean[19] > 0.9 * mean.sum()


def test_scores__print_in_both_languages(scores, monkeypatch):
    for lang, word in (("id_ID", "Model lebih baik"), ("en_US", "The model is better")):
        monkeypatch.setenv("LC_ALL", lang)
        assert str(scores).count(word) == 2
    table = scores.to_table()
    assert len(table) == len(scores.table)
    assert set(scores.to_dict()["scores"]) == {
        f"{s}_{w}" for s in ("crps", "log", "brier") for w in ("model", "mean", "last")
    }


def test_scores__calibration_is_drawn(scores):
    import matplotlib as mpl

    mpl.use("Agg")
    axes = scores.plot()
    assert len(axes.collections) == 1
    mpl.pyplot.close(axes.figure)


def test_kinds__all_by_default(signal):
    scores = score_history(signal, horizon=dt.timedelta(days=60))
    assert scores.chance.shape[1:] == (60, len(KINDS))
