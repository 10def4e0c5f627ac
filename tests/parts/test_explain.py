"""Explaining posts: who decides, who does not, and that the sentence says so."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scipy import special
from typer.testing import CliRunner

from laws.worlds import PLAIN, inputs
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.force import Duty
from sispamkota.plan.harm import Harm, HarmTerm
from sispamkota.rehearsal import Scenario, compare, rehearse
from sispamkota.rehearsal import explain as module
from sispamkota.rehearsal.arena import Arena
from sispamkota.rehearsal.explain import explain
from sispamkota.rehearsal.rehearse import Luck
from sispamkota.rehearsal.surrogate import spared
from sispamkota.review.tell_plans import say_post

pytestmark = pytest.mark.skipif(PLAIN, reason="hundreds of replicates; the compiled run covers it")
UNITS = ("negosiator-1", "dishub-1", "damkar-1", "dalmas-lanjut-1")


@pytest.fixture(scope="module")
def found():
    scenario, plan, city = inputs()
    return explain(scenario, plan, city, units=UNITS, harm=Harm.load("kpu-bawaslu"), luck=Luck(60))


def by_unit(found):
    return {each.units[0]: each for each in found.posts}


def test_explain__the_decisive_unit_matters_and_the_far_one_does_not(found):
    posts = by_unit(found)
    assert list(posts) == ["negosiator-1", "dalmas-lanjut-1", "dishub-1", "damkar-1"]  # in the order of the plan
    assert posts["negosiator-1"].matters == "harm"
    assert posts["dishub-1"].matters == posts["dishub-1"].hinders == ""
    assert posts["dishub-1"].sent == 0.0


def test_explain__what_is_lost_is_what_a_comparison_says(found):
    scenario, plan, city = inputs()
    with_it, without = (
        rehearse(scenario, each, city, replicates=60, seed=1) for each in (plan, plan.without("negosiator-1"))
    )
    gap = compare(with_it, without)["harm_people"]
    told = by_unit(found)["negosiator-1"].loss.gaps[0]
    assert told.difference == pytest.approx(gap.difference)
    assert told.low < gap.low < gap.high < told.high  # four aims share the confidence


def test_explain__the_more_posts_are_told_the_wider_each_interval(found):
    scenario, plan, city = inputs()
    alone = explain(scenario, plan, city, units=("negosiator-1",), luck=Luck(60))
    one, of_four = alone.posts[0].loss, by_unit(found)["negosiator-1"].loss
    assert (one.confidence, of_four.confidence) == (pytest.approx(0.95), pytest.approx(0.9875))
    for gap, wide in zip(one.gaps, of_four.gaps, strict=True):
        assert gap.difference == wide.difference
        tails = [special.stdtrit(59, 1 - 0.05 / 2 / len(one.gaps) / n) for n in (1, 4)]
        assert (wide.high - wide.difference) * tails[0] == pytest.approx((gap.high - gap.difference) * tails[1])


def test_explain__places_are_those_that_it_reaches_and_can_help(found):
    here = by_unit(found)["negosiator-1"].serves
    assert [(each.place, each.ability, each.seconds) for each in here] == [("kpu", "dialogue", 0.0)]
    near = by_unit(found)["dalmas-lanjut-1"].serves
    assert {each.place for each in near} == {"kpu", "bawaslu"}
    assert all(each.seconds > 60.0 and each.ability == "dalmas_lanjut" for each in near)
    assert by_unit(found)["dishub-1"].serves == ()  # a guard elsewhere is not sent


def test_explain__sentences_in_both_languages(found):
    _, _, city = inputs()
    decisive, idle = by_unit(found)["negosiator-1"], by_unit(found)["dishub-1"]
    assert "Tanpa satuan ini: korban bertambah" in say_post(decisive, city, "id")
    assert "Without it people harmed rises by" in say_post(decisive, city, "en")
    assert "tidak ada kerugian yang terbukti" in say_post(idle, city, "id")
    assert "no loss is shown" in say_post(idle, city, "en")


def test_explain__a_large_plan_is_told_by_groups():
    scenario, plan, city = Scenario.load("kpu-bawaslu"), inputs()[1].load("malang-pilkada"), inputs()[2]
    found = explain(scenario, plan, city, luck=Luck(2))
    assert len(found.posts) < 100
    assert sorted(unit for each in found.posts for unit in each.units) == sorted(post.unit for post in plan.posts)
    assert any(len(each.units) > 1 for each in found.posts)


def test_explain__a_group_serves_as_all_its_posts_do():
    """Two platoons, one far and one at KPU: the group is there by the second, and spares by both."""
    scenario, plan, city = inputs()
    plan = plan.move("dalmas-lanjut-1", to="tlogomas", task="standby").move("dalmas-lanjut-2", to="kpu")
    arena = Arena.make(scenario, plan, city)
    units = {unit.id: unit for unit in plan.force.units}
    posts = {post.unit: (post, units[post.unit]) for post in plan.posts}
    names = ("dalmas-lanjut-1", "dalmas-lanjut-2")
    far, near = (module._serves(arena, [posts[name]], None) for name in names)
    both = module._serves(arena, [posts[name] for name in names], None)
    reached = {each.place: min(e.seconds for e in (*far, *near) if e.place == each.place) for each in both}
    assert {each.place: each.seconds for each in both} == reached
    assert reached["kpu"] == 0.0
    term = HarmTerm("kpu", "dalmas_lanjut", 7200.0, 1000.0, 0.1, 9.0)
    harm = replace(Harm.load("kpu-bawaslu"), terms=(term, replace(term, cap=40.0, spared=1.0)))
    (told,) = (each for each in module._serves(arena, [posts[name] for name in names], harm) if each.place == "kpu")
    people = sum(posts[name][1].people for name in names)
    assert told.spared == pytest.approx(0.1 * people + 40.0)


@pytest.mark.parametrize("task", ["standby", "reserve", "off duty", "reserve at kpu"])
def test_explain__who_is_kept_back_or_off_duty_is_credited_with_what_the_surrogate_gives(task):
    """A platoon of the second layer: on standby it spares, in reserve or off duty at the hour of the term nothing."""
    scenario, plan, city = inputs()
    where = "kpu" if task == "reserve at kpu" else "polresta"
    plan = plan.move("dalmas-lanjut-1", to=where, task=task.split()[0] if "reserve" in task else "standby")
    off = Duty(from_h=20.0, hours=4.0) if task == "off duty" else None
    plan = replace(plan, posts=tuple(replace(p, duty=off) if p.unit == "dalmas-lanjut-1" else p for p in plan.posts))
    arena = Arena.make(scenario, plan, city)
    harm = Harm.load("kpu-bawaslu")
    harm = replace(harm, terms=(HarmTerm("kpu", "dalmas_lanjut", 3600.0, 1000.0, 0.1, 9.0),))
    (post,) = (each for each in plan.posts if each.unit == "dalmas-lanjut-1")
    unit = plan.force.unit("dalmas-lanjut-1")
    served = {each.place: each for each in module._serves(arena, [(post, unit)], harm)}
    with_it, without = (sum(spared(harm, arena, each)) for each in (plan, plan.without("dalmas-lanjut-1")))
    told = served["kpu"].spared if "kpu" in served else 0.0
    assert told == pytest.approx(with_it - without)
    assert (told > 0.0) == (task == "standby")
    assert ("kpu" in served) == ("reserve" not in task)


@pytest.mark.parametrize(
    ("task", "ability"), [("reserve", "dalmas_lanjut"), ("standby", "dalmas_lanjut"), ("bko", "dalmas_lanjut")]
)
@pytest.mark.parametrize("duty", [None, Duty(from_h=7, hours=12), Duty(from_h=20, hours=8)])
def test_explain__what_a_unit_spares_is_what_the_surrogate_says_of_it(task, ability, duty):
    scenario, plan, city = inputs()
    name = "dalmas-lanjut-1"
    plan = plan.move(name, to="polresta", task=task)
    plan = replace(plan, posts=tuple(replace(p, duty=duty) if p.unit == name else p for p in plan.posts))
    arena = Arena.make(scenario, plan, city)
    (own,) = ((p, u) for p in plan.posts for u in plan.force.units if p.unit == u.id == name)
    terms = tuple(HarmTerm(at, ability, 7200.0, 1e6, 0.1, 9.0) for at in ("kpu", "bawaslu"))
    harm = replace(Harm.load("kpu-bawaslu"), terms=terms)
    told = sum(each.spared for each in module._serves(arena, [own], harm))
    with_it, without = (sum(spared(harm, arena, each)) for each in (plan, plan.without(name)))
    assert told == pytest.approx(with_it - without)
    assert (told > 0) == (task == "standby" and (duty is None or duty.from_h == 7))


def test_explain__an_unknown_unit():
    with pytest.raises(InputError, match="negosiator-1"):
        explain(*inputs(), units=("negosiator1",))
    with pytest.raises(InputError):
        inputs()[1].without("nobody")


def test_without__takes_people_and_post_and_nothing_else():
    _, plan, city = inputs()
    less = plan.without("phh-brimob", "linmas-1")
    assert less.force.people == plan.force.people - 110
    assert [p for p in plan.posts if p.unit not in ("phh-brimob", "linmas-1")] == list(less.posts)
    assert not less.check(city)


def test_command__json():
    call = ["plan", "explain", "--unit", "negosiator-1", "-n", "20", "--json"]
    found = json.loads(CliRunner().invoke(app, call).stdout)
    assert found["posts"][0]["units"] == ["negosiator-1"]
    assert found["posts"][0]["matters"] == "harm"
