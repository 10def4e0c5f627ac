"""Improving a plan: a planted gain is found and shown on fresh luck; where there is none, none is claimed."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from laws.worlds import PLAIN, inputs, small_inputs
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.plan import Plan
from sispamkota.plan.rules.lawful import Lawful
from sispamkota.rehearsal import Run, compare, rehearse
from sispamkota.rehearsal import improve as module
from sispamkota.rehearsal import search as search_module
from sispamkota.rehearsal.arena import AIMS, Sample
from sispamkota.rehearsal.costs import COSTS
from sispamkota.rehearsal.improve import Effort, improve
from sispamkota.rehearsal.zones import Zones
from sispamkota.review.tell_plans import tell_improvement
from sispamkota.streams import LUCKS, luck_of
from sispamkota.words import words

TRIALS = 24
compiled = pytest.mark.skipif(PLAIN, reason="thousands of replicates; the compiled run covers it")


def spoilt():
    """The plan with its second crowd platoons at the far edge of the city, and one team of negotiators in reserve."""
    scenario, plan, city = inputs()
    for unit in ("dalmas-lanjut-1", "dalmas-lanjut-2"):
        plan = plan.move(unit, to="tlogomas")
    plan = plan.move("negosiator-1", to="tlogomas", task="reserve")
    return scenario, plan, city


@pytest.fixture(scope="module")
def found():
    return improve(*spoilt(), effort=Effort(25e6, 600.0), seed=5, run=Run(workers=2))


@compiled
def test_improve__a_planted_gain_is_found_and_holds_in_rehearsal(found):
    scenario, plan, city = spoilt()
    assert found.found
    assert found.proof.aim == "harm"
    assert not found.plan.check(city)
    assert not Lawful(plan, city).breaks(found.plan)
    assert {each.name for each in found.costs} == set(COSTS)
    harm = found.to_dict()["costs"]["injured_by_force"]
    assert harm["low"] <= harm["difference"] <= harm["high"]
    old, new = (rehearse(scenario, each, city, replicates=200, seed=77) for each in (plan, found.plan))
    gap = compare(old, new)["harm_people"]
    assert gap.high < 0.0
    claimed = found.proof.gaps[0]
    assert claimed.low - 3.0 < gap.difference < claimed.high + 3.0


@compiled
def test_improve__is_the_same_whoever_plays(found):
    again = improve(*spoilt(), effort=Effort(25e6, 600.0), seed=5, run=Run(workers=1))
    assert again.to_json() == found.to_json()
    assert [p.at for p in again.plan.posts] == [p.at for p in found.plan.posts]


@compiled
def test_improve__the_plan_that_it_saves_is_the_one_that_it_proved(found, tmp_path):
    for _ in range(2):  # an earlier result may be replaced
        found.save(tmp_path / "better")
    loaded = Plan.load(tmp_path / "better")
    assert [(p.unit, p.at, p.task, p.posture) for p in loaded.posts] == [
        (p.unit, p.at, p.task, p.posture) for p in found.plan.posts
    ]
    assert json.loads((tmp_path / "better" / "improvement.json").read_text(encoding="utf-8"))["found"] is True


def test_improve__no_part_meets_the_luck_of_another_nor_of_a_comparison(monkeypatch):
    met = {"search": set(), "rest": []}
    play = fake(lambda plan: 3.0 * sum(post.task == "standby" for post in plan.posts))

    def watch(arena, plan, replicates, *, seed, workers=None):
        met["rest"].append(seed)
        return play(arena, plan, replicates, seed=seed)

    def search(arena, plans, block, *, seed, workers=None):
        met["search"].add(seed)
        return [play(arena, plan, block, seed=seed) for plan in plans]

    monkeypatch.setattr(module, "observe", watch)
    monkeypatch.setattr(search_module, "observe_all", search)
    found = improve(*small_inputs(), effort=Effort(1.5e6, 600.0), seed=1)
    choice, proof = dict.fromkeys(met["rest"])  # the choice plays before the proof
    told = {name: int(key, 16) for name, key in found.manifest.settings["luck"].items()}
    assert found.to_dict()["manifest"]["settings"]["luck"] == found.manifest.settings["luck"]
    assert met["search"] == {told["improve.search"]}
    assert (choice, proof) == (told["improve.choice"], told["improve.proof"])
    assert len({choice, proof, *met["search"], 1}) == 4


def test_luck__every_end_has_its_own_and_none_is_a_seed_that_people_type():
    lucks = {luck_of(seed, name) for seed in range(2000) for name in LUCKS}
    assert len(lucks) == 2000 * len(LUCKS)
    assert min(lucks) > 10**12
    assert luck_of(1, "improve.proof") == int(hashlib.blake2b(b"improve.proof/1", digest_size=8).hexdigest(), 16)
    with pytest.raises(KeyError):
        luck_of(1, "improve.prove")


def fake(gain):
    """An engine in which all plans are alike but for what `gain` takes off harm; noise of its own for each plan."""

    def play(arena, plan, replicates, *, seed, workers=None):
        posts = "".join(f"{p.unit}{arena.ref(p.at)}{p.task}" for p in plan.posts)
        rng = np.random.default_rng([seed % 2**32, replicates.start, *posts.encode()])
        shared = np.random.default_rng([seed % 2**32, replicates.start]).normal(size=(len(replicates), len(AIMS)))
        aims = 20.0 + 4.0 * shared + 4.0 * rng.normal(size=shared.shape)
        aims[:, 0] -= gain(plan)
        return Sample(aims, 100.0 * len(replicates), ())

    return play


def play_with(monkeypatch, gain, trials=TRIALS):
    """Improve many times with an engine of noise."""
    play = fake(gain)
    monkeypatch.setattr(module, "observe", play)
    monkeypatch.setattr(
        search_module, "observe_all", lambda arena, plans, block, **rest: [play(arena, p, block, **rest) for p in plans]
    )
    zones = Zones.load(own=["harm=0.5"])
    scenario, plan, city = small_inputs()
    effort = Effort(1.5e6, 600.0)
    return [improve(scenario, plan, city, zones=zones, effort=effort, seed=seed) for seed in range(trials)]


def test_improve__no_gain_is_claimed_where_no_plan_is_better(monkeypatch):
    found = play_with(monkeypatch, lambda plan: 0.0)
    claimed = sum(each.found for each in found)
    assert claimed <= 2  # three or more of 24 come with 2 % where each is claimed in 2.5 %
    kept = next(each for each in found if not each.found)
    assert kept.plan.name == small_inputs()[1].name
    assert kept.moved == ()
    assert sum(each.candidates for each in found) > 20 * TRIALS


def test_improve__a_change_that_is_better_is_found_and_its_worth_is_told_truly(monkeypatch):
    base = {p.unit: (p.at, p.task) for p in small_inputs()[1].posts}

    def gain(plan):
        return 3.0 * min(2, sum((p.at, p.task) != base[p.unit] for p in plan.posts))

    found = play_with(monkeypatch, gain, trials=6)
    assert all(each.found for each in found)
    covered = sum(each.proof.gaps[0].low <= -gain(each.plan) <= each.proof.gaps[0].high for each in found)
    assert covered >= 5


@pytest.mark.parametrize("lang", ["id", "en"])
def test_improve__without_a_proposal_no_proof_is_shown_but_what_was_tried(monkeypatch, lang):
    base = {p.unit: (p.at, p.task) for p in small_inputs()[1].posts}

    def worse(plan):
        return -9.0 * sum((p.at, p.task) != base[p.unit] for p in plan.posts)

    (found,) = play_with(monkeypatch, worse, trials=1)
    assert (found.found, found.proof, found.costs, len(found.to_table())) == (False, None, (), 0)
    assert found.to_dict()["proof"] is None
    said = tell_improvement(found, title="x", lang=lang)
    assert words(lang)("improve.none_passed") in said
    assert re.search(rf"\b{found.candidates}\b", said)
    assert found.candidates > 0
    assert words(lang)("improve.proof", n=0)[:12] not in said
    assert "0,000" not in said
    assert "0.000" not in said
    assert f"{found.candidates} changes tried" in str(found)


def test_improve__a_gain_is_claimed_though_the_race_prefers_a_plan_that_the_proof_refuses(monkeypatch):
    """One saves harm by less than its zone and loses ballots, the other saves ballots alone: the race takes the one."""
    means = {"one": (-0.3, 5.0), "other": (0.0, -5.0)}

    def play(arena, plan, replicates, *, seed, workers=None):
        rng = np.random.default_rng([seed % 2**32, replicates.start, *plan.title.encode()])
        aims = 20.0 + 0.1 * rng.normal(size=(len(replicates), len(AIMS)))
        aims[:, :2] += means.get(plan.title, (0.0, 0.0))
        return Sample(aims, 100.0 * len(replicates), ())

    class Searched:
        tried, rounds, replicates = 2, 2, 0

        def __init__(self, rules, *rest):
            self.path = [replace(rules.arena.base, title=title) for title in ("other", "one")]

        def go(self, events, late):
            return False

    monkeypatch.setattr(module, "observe", play)
    monkeypatch.setattr(module, "Search", Searched)
    zones = Zones.load(own=["harm=0.5", "ballots=1"])
    found = improve(*small_inputs(), zones=zones, effort=Effort(1.5e6, 600.0), seed=1)
    assert found.found
    assert found.proof.aim == "ballots"
    assert found.proof.gaps[1].difference == pytest.approx(-5.0, abs=0.1)
    assert found.proof.confidence == 0.975
    assert (found.choice.chosen, found.choice.decided) == (2, False)  # of it being the best nothing is promised


def test_improve__the_clock_ends_the_search_and_is_told():
    scenario, plan, city = small_inputs()
    found = improve(scenario, plan, city, effort=Effort(1e9, 1e-3), run=Run(workers=1))
    assert found.clock
    assert not found.found
    assert found.plan is plan


def test_improve__all_faults_at_once():
    with pytest.raises(InputError) as error:
        improve(*small_inputs(), effort=Effort(-1.0, 0.0), seed=-1)
    assert [fault.where for fault in error.value.faults] == ["--seconds", "--events", "--seed"]


@compiled
@pytest.mark.parametrize("lang", ["id", "en"])
def test_command__refuses_a_gain_that_is_not_there(lang):
    zones = ("harm=5", "ballots=10", "votes=100", "unrest=10", "response=5")  # the widest: little can matter
    call = ["plan", "improve", "malang-500", "--seconds", "1", *(f"--zone={zone}" for zone in zones), "--lang", lang]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    assert words(lang)("improve.none_passed") in result.output


def test_command__a_zone_that_is_none():
    result = CliRunner().invoke(app, ["plan", "improve", "--zone", "harms=1"])
    assert isinstance(result.exception, InputError)


def test_effort__grows_with_the_time_that_is_given():
    assert Effort.of(120.0).events == 2.0 * Effort.of(60.0).events
    assert replace(Effort.of(60.0), seconds=1.0).events == Effort.of(60.0).events
