"""Changes of a plan stay lawful: what `plan check` would find in a changed plan, its start had too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from laws.worlds import inputs
from sispamkota.force import Duty
from sispamkota.plan import POSTURES
from sispamkota.plan.ratio import plan_by_ratio
from sispamkota.plan.rules.breach import Ground
from sispamkota.plan.rules.checks import check_plans
from sispamkota.plan.rules.late import LateHelp
from sispamkota.plan.rules.lawful import Lawful
from sispamkota.plan.rules.places import help_in_time
from sispamkota.rehearsal.arena import Arena
from sispamkota.rehearsal.moves import Rules, stands_of
from sispamkota.rehearsal.rehearse import Run
from sispamkota.rehearsal.search import Search
from sispamkota.rehearsal.zones import Zones
from sispamkota.streams import LUCKS, luck_of

LUCK = {name: luck_of(4, name) for name in LUCKS}


@pytest.fixture(scope="module", params=["malang-500", "by ratio"])
def rules(request):
    scenario, plan, city = inputs()
    plan = plan if request.param == "malang-500" else plan_by_ratio(city, plan.force)
    return Rules(Arena.make(scenario, plan, city, also=stands_of(plan, city)))


def stirred(rules, rng):
    """The base plan with a few units at any place, with any task that they may take; lawful or not."""
    plan = rules.arena.base
    for _ in range(int(rng.integers(1, 7))):
        unit = rules.units[str(rng.choice(rules.free))]
        plan = rules.move(plan, unit.id, to=str(rng.choice(rules.places)), task=str(rng.choice(rules.tasks(unit))))
    return plan


def rules_broken(plan, city):
    return {each.rule for each in check_plans([plan], city).violations}


def test_lawful__the_quick_answer_is_never_laxer_than_the_check(rules):
    rng, fine, broken = np.random.default_rng(1), 0, 0
    for _ in range(250):
        plan = stirred(rules, rng)
        if rules.lawful(plan):
            fine += 1
            assert not rules.breaks(plan)
        else:
            broken += bool(rules.breaks(plan))
    assert fine > 30
    assert broken > 20


def test_lawful__what_the_start_broke_may_stay_and_nothing_else_breaks(rules):
    city = rules.arena.city
    before, rng = rules_broken(rules.arena.base, city), np.random.default_rng(2)
    for _ in range(12):
        assert rules_broken(rules.scatter(rng, share=0.7), city) <= before


def late(plan, city):
    return {(each.rule, name) for each in help_in_time(Ground(plan, city)) for name in each.values["places"]}


def test_late__agrees_with_the_check_by_day_and_by_night(rules):
    city, base, rng, seen = rules.arena.city, rules.arena.base, np.random.default_rng(3), set()
    helpers = [unit.id for unit in base.force.units if {"fire", "ambulance"} & set(unit.capabilities)]
    quick, known = LateHelp(base, city, rules.places), late(base, city)
    for _ in range(40):
        plan = base
        for unit in rng.choice(helpers, int(rng.integers(1, 7)), replace=False):
            plan = rules.move(plan, str(unit), to=str(rng.choice(rules.places)), task="standby")
            if rng.random() < 0.2:
                off = Duty(from_h=float(rng.integers(24)), hours=12.0)
                plan = replace(plan, posts=tuple(replace(p, duty=off) if p.unit == unit else p for p in plan.posts))
        wanted = late(plan, city) <= known
        assert quick.no_later(plan) == wanted
        seen.add(wanted)
    assert seen == {True, False}


def test_breaks__tells_what_is_new_alone():
    _, plan, city = inputs()
    bare = plan.move("negosiator-1", to="tlogomas", task="reserve")
    assert {each.rule for each in Lawful(plan, city).breaks(bare)} == {"dialogue_crowd"}
    worse = bare.move("negosiator-2", to="tlogomas", task="reserve")
    (new,) = Lawful(bare, city).breaks(worse)
    assert new.values["place"] == city.find("bawaslu").name
    assert not Lawful(bare, city).breaks(bare)
    assert not Lawful(worse, city).breaks(plan)
    shown = plan.move("dalmas-lanjut-1", to="tlogomas", task="guard")
    assert {each.rule for each in Lawful(plan, city).breaks(shown)} == {"dialogue_crowd", "layer"}


def test_search__no_change_raises_a_posture_takes_talk_away_or_moves_what_waits_outside(rules):
    base = rules.arena.base
    outside = base.move("dishub-1", to="brimob", task="bko")
    rules = Rules(
        Arena.make(rules.arena.scenario, outside, rules.arena.city, also=stands_of(outside, rules.arena.city))
    )
    search, before = Search(rules, Zones.load(), LUCK, Run(workers=1)), {post.unit: post for post in outside.posts}
    talkers = {o: people(rules, outside, o) for o in rules.offices}
    tried = 0
    for _ in range(400):
        plan = search._change()
        if plan is None:
            continue
        tried += 1
        for post in plan.posts:
            unit, old = rules.units[post.unit], before[post.unit]
            level = POSTURES.index(post.posture) if post.posture else 0
            assert level <= (POSTURES.index(old.posture) if old.posture else 0)
            assert unit.level < 1 or post.task in (old.task, "standby", "reserve")
            assert (post.task == "bko") == (old.task == "bko")
        assert all(people(rules, plan, office) >= n for office, n in talkers.items())
    assert tried > 50
    assert before["dishub-1"].task == "bko"
    assert "dishub-1" not in rules.free


def people(rules, plan, office):
    """Negotiators on guard at an office, by counting."""
    here = [p for p in plan.posts if rules.arena.ref(p.at) == office and p.task == "guard"]
    return sum(rules.units[p.unit].people for p in here if "dialogue" in rules.units[p.unit].capabilities)


def test_search__no_change_leaves_guards_without_talk_by_night(rules):
    base = rules.arena.base
    ref = rules.arena.ref
    where = next(ref(p.at) for p in base.posts if p.task == "guard" and "dialogue" in rules.units[p.unit].capabilities)
    here = {p.unit for p in base.posts if ref(p.at) == where}
    here = {unit for unit in here if not {"ambulance", "fire"} & set(rules.units[unit].capabilities)}
    talk = {unit for unit in here if "dialogue" in rules.units[unit].capabilities}

    def by_day(units):
        day = Duty(from_h=7.0, hours=11.0)
        return replace(base, posts=tuple(replace(p, duty=day) if p.unit in units else p for p in base.posts))

    assert rules.lawful(by_day(here))
    assert rules.lawful(by_day(here - talk))
    assert not rules.lawful(by_day(talk))
