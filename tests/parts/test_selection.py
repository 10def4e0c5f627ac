"""Choosing a plan: the procedure's guarantee on known answers, and a real choice that can be recomputed."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from laws.worlds import PLAIN, inputs
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.rehearsal import Aim, Run, choose_plan, rehearse
from sispamkota.rehearsal.selection import BLOCK, FIRST, race

LEVEL = 1e-4  # of each statistical test here, one-sided where a guarantee is tested
TRIALS = 1000
DELTA = 0.5


class Bench:
    """Normal observations with given means and a matrix that mixes independent ones; counts what it gave."""

    def __init__(self, trial, mean, mix, most=10**6):
        self.rng, self.mean, self.mix, self.most = np.random.default_rng([7, trial]), np.asarray(mean, float), mix, most
        self.given, self.looks = 0, 0

    def __call__(self, inside):
        if self.looks == self.most:
            return None
        self.looks += 1
        self.given += len(inside)
        return (self.mean + self.mix @ self.rng.normal(size=self.mix.shape[1]))[inside]


def slippage(k):
    """The configuration hardest to tell: the best leads every other by exactly the difference; the best is last."""
    return np.array([DELTA] * (k - 1) + [0.0])


def play(mean, mix, trials=TRIALS, confidence=0.95):
    """Share of trials in which the best was chosen, and observations taken in each."""
    best, right, given = int(np.argmin(mean)), 0, []
    for trial in range(trials):
        bench = Bench(trial, mean, mix)
        found = race(bench, len(mean), difference=DELTA, confidence=confidence)
        assert found.over
        right += found.winner == best
        given.append(bench.given)
    return right, np.array(given)


def holds(right, confidence=0.95):
    """Say that the count does not refute "at least the confidence" at LEVEL."""
    return stats.binom.cdf(right, TRIALS, confidence) > LEVEL


def test_guarantee__ten_independent_plans_as_computed_elsewhere():
    """science.md §8, by other code: right in 97.3 % (promised 95 %), 323 observations in the mean."""
    right, given = play(slippage(10), np.eye(10))
    assert holds(right)
    assert stats.binomtest(right, TRIALS, 0.973).pvalue > LEVEL
    assert abs(given.mean() - 323.0) < 3.9 * given.std(ddof=1) / np.sqrt(TRIALS) + 0.5


def test_guarantee__two_plans_leave_little_to_spare():
    """With one pair no probability is lost to Bonferroni's inequality: what is promised is nearly what is kept."""
    right, _ = play(slippage(2), 3.0 * np.eye(2), confidence=0.8)
    assert holds(right, 0.8)
    assert right / TRIALS < 0.87


@pytest.mark.parametrize("shared", [0.9])
def test_guarantee__holds_for_pairs_that_share_their_luck_and_costs_less(shared):
    k = 4
    mix = 2.0 * np.hstack([np.sqrt(1.0 - shared) * np.eye(k), np.full((k, 1), np.sqrt(shared))])  # variance 4 each
    right, given = play(slippage(k), mix)
    assert holds(right)
    _, apart = play(slippage(k), 2.0 * np.eye(k), trials=200)
    assert given.mean() < max(1.1 * (1.0 - shared) * apart.mean(), 1.05 * k * FIRST)


def test_guarantee__holds_for_pairs_that_differ_in_variance_and_go_against_each_other():
    mix = np.diag([0.3, 1.0, 1.6]) @ np.array([[1.0, 0.0, 0.0], [-0.5, np.sqrt(0.75), 0.0], [0.0, -0.6, 0.8]])
    right, _ = play(slippage(3), mix)
    assert holds(right)


def test_race__luck_that_all_share_changes_nothing():
    alone = race(Bench(1, slippage(4), np.eye(4)), 4, difference=DELTA, confidence=0.95)
    bench, weather = Bench(1, slippage(4), np.eye(4)), np.random.default_rng(3)
    shared = race(lambda inside: bench(inside) + 50.0 * weather.normal(), 4, difference=DELTA, confidence=0.95)
    assert (shared.left_at, shared.beaten_by, shared.winner) == (alone.left_at, alone.beaten_by, alone.winner)


def test_race__the_budget_may_end_first():
    bench = Bench(2, [0.0, 0.01, 30.0], 3.0 * np.eye(3), most=FIRST + 1)
    found = race(bench, 3, difference=DELTA, confidence=0.95)
    assert (found.over, found.observations) == (False, FIRST + 1)
    assert found.left_at == (0, 0, FIRST)
    assert found.winner in (0, 1)


def test_race__ends_where_nothing_differs():
    found = race(lambda inside: np.ones(len(inside)), 3, difference=1.0, confidence=0.95)
    assert (found.over, found.winner, found.left_at, found.observations) == (True, 0, (0, 0, 0), FIRST)


# --- real plans -------------------------------------------------------------------------------------------------------


def variants():
    """The plan, and one whose dalmas lanjut waits far from the offices: a worse one."""
    _, plan, _ = inputs()
    posts = tuple(replace(p, at="tlogomas") if p.unit.startswith("dalmas-lanjut") else p for p in plan.posts)
    return {"as it is": plan, "far": replace(plan, posts=posts)}


@pytest.mark.skipif(PLAIN, reason="hundreds of replicates; the compiled run covers it")
def test_choose__can_be_recomputed_and_is_the_same_whoever_plays():
    scenario, _, city = inputs()
    aim = Aim("violent_person_s", 60.0, most=2000)
    found, again = (choose_plan(scenario, variants(), city, aim=aim, seed=4, run=Run(workers=n)) for n in (1, 3))
    assert found.to_json() == again.to_json()
    assert found.decided
    assert found.chosen == "as it is"
    for each in found.candidates:
        rows = rehearse(scenario, variants()[each.name], city, replicates=each.replicates, seed=4).rows
        assert each.mean == pytest.approx(rows["violent_person_s"].mean() / 60.0, rel=1e-12)
    other = choose_plan(scenario, variants(), city, aim=replace(aim, highest=True), seed=4)
    assert other.chosen == "far"


@pytest.mark.skipif(PLAIN, reason="hundreds of replicates; the compiled run covers it")
@pytest.mark.parametrize(("lang", "promise"), [("id", "Tanpa jaminan"), ("en", "No guarantee")])
def test_command__says_that_nothing_is_promised(lang, promise, tmp_path):
    other = tmp_path / "other.yaml"
    text = (inputs()[1].files[0]).read_text(encoding="utf-8")
    moved = text.replace("{unit: dalmas-lanjut-2, at: arjosari", "{unit: dalmas-lanjut-2, at: polowijen")
    other.write_text(moved, encoding="utf-8")
    call = ["plan", "choose", "malang-500", str(other), "-d", "0.001", "-n", "200"]
    result = CliRunner().invoke(app, [*call, "--lang", lang])
    assert result.exit_code == 0, result.output
    assert promise in result.output
    if lang == "id":
        return
    found = json.loads(CliRunner().invoke(app, [*call, "--json"]).stdout)
    assert (found["decided"], found["still_in"]) == (False, ["malang-500", str(other)])
    assert found["replicates"] <= 200
    assert found["replicates"] % BLOCK == 0


def test_command__all_faults_at_once():
    with pytest.raises(InputError) as error:
        choose_plan(*(None, {"a": None}, None), aim=Aim("harm_peple", -1.0, confidence=0.3, most=10), seed=-1)
    assert [fault.where for fault in error.value.faults] == [
        "--measure", "PLANS", "--difference", "--confidence", "--replicates", "--seed",
    ]  # fmt: skip
    twice = CliRunner().invoke(app, ["plan", "choose", "malang-500", "malang-500", "-d", "1"])
    assert isinstance(twice.exception, InputError)
    assert "each plan once" in str(twice.exception)


def test_choice__by_a_measure_that_a_replicate_may_lack_is_refused():
    """Which replicates had no call depends on the plan: to leave those out would bias what is promised."""
    with pytest.raises(InputError, match="no replicate lacks"):
        choose_plan(*(None, {"a": None, "b": None}, None), aim=Aim("response_police_s", 1.0))
