"""The plan by ratio, forces of other sizes, regret, and people against outcome."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from laws.worlds import PLAIN, inputs
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.force import Force
from sispamkota.force.doctrine import doctrine
from sispamkota.force.scale import largest_remainders, scale_force
from sispamkota.inputs import own_file
from sispamkota.place import City
from sispamkota.plan import Plan
from sispamkota.plan.ratio import plan_by_ratio
from sispamkota.rehearsal import Scenario, rehearse
from sispamkota.rehearsal import frontier as module
from sispamkota.rehearsal.frontier import TalkFile, find_frontier, talked
from sispamkota.rehearsal.regret import Regret, Regrets, find_regrets
from sispamkota.rehearsal.rehearse import Luck
from sispamkota.review.tell_plans import tell_regrets
from sispamkota.words import words

compiled = pytest.mark.skipif(PLAIN, reason="hundreds of replicates; the compiled run covers it")
FORCE = Force.load("malang-500")


@given(st.integers(0, 500), st.lists(st.floats(0.0, 100.0), min_size=1, max_size=12))
def test_remainders__sum_and_stay_within_one_of_the_quota(total, weights):
    shares = largest_remainders(total, weights)
    if sum(weights) <= 0.0:
        assert shares == [0] * len(weights)
        return
    assert sum(shares) == total
    quota = [total * weight / sum(weights) for weight in weights]
    assert all(abs(share - each) < 1.0 + 1e-6 for share, each in zip(shares, quota, strict=True))


@settings(max_examples=60)
@given(st.integers(150, 3000))
def test_scale__whole_units_of_the_sizes_of_doctrine(people):
    force = scale_force(FORCE, people)
    assert force.people == sum(unit.people for unit in force.units)
    assert abs(force.people - people) < 100
    assert len({unit.id for unit in force.units}) == len(force.units)
    for unit in force.units:
        kind = doctrine().unit_kinds[unit.kind]
        assert kind.low <= unit.people <= kind.high


def test_scale__its_own_size_is_the_force_itself():
    assert scale_force(FORCE, FORCE.people).units == FORCE.units


@pytest.mark.parametrize("people", range(300, 1001, 50))
def test_scale__sizes_of_the_frontier_are_met(people):
    assert scale_force(FORCE, people).people == people


@settings(max_examples=60)
@given(st.integers(300, 3000))
def test_scale__no_unit_is_smaller_than_the_forces_own(people):
    least = {kind: min(u.people for u in FORCE.units if u.kind == kind) for kind in {u.kind for u in FORCE.units}}
    assert all(unit.people >= least[unit.kind] for unit in scale_force(FORCE, people).units)


def test_scale__shares_follow_the_mix():
    large = scale_force(FORCE, 5000)
    for kind in ("ambulans", "linmas", "dalmas_awal", "phh_brimob"):
        now, then = (sum(unit.kind == kind for unit in force.units) for force in (FORCE, large))
        assert abs(then - 10 * now) <= 1 + 0.03 * 10 * now  # one command post, not ten


def test_scale__more_of_a_kind_comes_on_top():
    more = scale_force(FORCE, 500, more={"negosiator": 1})
    assert more.people == 510
    assert sum(unit.kind == "negosiator" for unit in more.units) == 3


@pytest.mark.parametrize(("name", "people"), [("malang-500", 300), ("malang-500", 1000), ("malang-pilkada", 3537)])
def test_ratio__is_lawful_guards_the_offices_and_follows_the_voters(name, people):
    city, force = City.load("malang"), scale_force(Force.load(name), people)
    plan = plan_by_ratio(city, force)
    assert not plan.check(city)
    assert [post.unit for post in plan.posts] == [unit.id for unit in force.units]
    for n, office in enumerate(("kpu", "bawaslu")):
        kinds = [force.unit(post.unit).kind for post in plan.posts if post.at == office]
        for kind in ("negosiator", "dalmas_awal"):
            assert kinds.count(kind) == int(sum(unit.kind == kind for unit in force.units) > n)
    linmas = [post.at for post in plan.posts if force.unit(post.unit).kind == "linmas"]
    voters = dict(zip(city.kelurahan["kode"].astype(str), city.kelurahan["voters"], strict=True))
    for code, n in voters.items():
        quota = len(linmas) * n / sum(voters.values())
        assert abs(linmas.count(code) - quota) < 1.0
    assert all(post.posture in (None, "awal") for post in plan.posts)


def test_talk__is_half_way_to_the_good_end():
    scenario = Scenario.load("kpu-bawaslu")
    after = talked(scenario).file.parameters
    assert after == {"epsilon": 1e-7, "gamma": pytest.approx((0.0008333 + 0.0017) / 2.0)}
    again = talked(scenario.vary(epsilon=0.0)).file.parameters
    assert again["epsilon"] == 0.0


def test_talk__what_it_is_worth_is_data_with_its_range(monkeypatch):
    talk = own_file(TalkFile, "rehearsal", "talk")
    assert (talk.quality, talk.share.low < talk.share.value < talk.share.high) == ("assumed", True)
    all_of_it = talk.model_copy(update={"share": talk.share.model_copy(update={"value": 1.0})})
    monkeypatch.setattr(module, "own_file", lambda *_: all_of_it)
    after = talked(Scenario.load("kpu-bawaslu")).file.parameters
    assert after == {"epsilon": 0.0, "gamma": pytest.approx(0.0017)}


@compiled
def test_frontier__more_people_and_talk_spare_harm_where_few_are():
    scenario, _, city = inputs()
    found = find_frontier(scenario, FORCE, city, sizes=(300, 500), luck=Luck(40))
    small, large = found.steps
    assert small.more is None
    assert large.more is not None
    assert large.more.high < 0.0
    assert small.negotiators is not None
    assert small.negotiators.high < 0.0
    assert small.talk.high < 0.0
    assert large.more.mean == pytest.approx(large.aims[0] - small.aims[0])
    assert len(found.to_table()) == 2
    for lang, label in (("id", "personel"), ("en", "people")):
        axes = found.plot(lang=lang)
        said = [text.get_text() for text in axes.get_legend().get_texts()]
        assert axes.get_xlabel() == label
        assert said == [words(lang)(f"frontier.{key}") for key in ("by_people", "negotiators", "talk")]


@compiled
def test_frontier__a_planner_of_ones_own_posts_the_force():
    scenario, _, city = inputs()
    seen = []

    def planner(where, force):
        seen.append(force.people)
        return plan_by_ratio(where, force)

    find_frontier(scenario, FORCE, city, sizes=(300,), planner=planner, luck=Luck(2))
    assert seen == [300, 310]


def test_frontier__sizes_that_do_not_grow():
    with pytest.raises(InputError, match="grow"):
        find_frontier(None, FORCE, None, sizes=(500, 300))


@compiled
def test_regret__is_the_harm_above_the_best():
    scenario, plan, city = inputs()
    spoilt = plan.move("dalmas-lanjut-1", to="tlogomas").move("dalmas-lanjut-2", to="tlogomas")
    plans = {"as it is": plan, "far": spoilt}
    found = find_regrets([scenario, Scenario.load("quiet")], plans, city, replicates=60, seed=2)
    rows = {(row.plan, row.scenario): row for row in found.rows}
    best, far = rows["as it is", scenario.name], rows["far", scenario.name]
    assert (best.best, best.regret, best.low, best.high) == (True, 0.0, 0.0, 0.0)
    harms = [rehearse(scenario, each, city, replicates=60, seed=2).rows["harm_people"] for each in plans.values()]
    assert far.regret == pytest.approx(float((harms[1] - harms[0]).mean()))
    assert far.low > 0.0
    assert found.worst("far").row == far
    assert (found.worst("far").low, found.worst("far").high) == (far.low, far.high)
    assert (found.safest, found.as_safe) == ("as it is", ("as it is",))


def rows_of(*rows):
    """Regrets of plans a and b in two scenarios, by (regret, low, high)."""
    names = [(plan, scenario) for plan in "ab" for scenario in ("s", "t")]
    made = tuple(Regret(*who, 20.0, *row, best=False) for who, row in zip(names, rows, strict=True))
    return Regrets(("a", "b"), ("s", "t"), 100, 1, made)


def test_regret__what_overlaps_is_not_told_apart():
    found = rows_of((1.0, 0.5, 1.5), (0.8, 0.4, 1.2), (1.2, 0.7, 1.7), (0.1, 0.0, 0.2))
    assert (found.safest, found.as_safe) == ("a", ("a", "b"))
    assert (found.worst("a").low, found.worst("a").high) == (0.5, 1.5)
    assert found.worst("a").scenarios == ("s", "t")
    assert found.worst("b").scenarios == ("s",)
    for lang, told in (("en", "not told apart: a, b"), ("id", "belum dapat dibedakan: a, b")):
        assert told in tell_regrets(found, lang)
    assert "not told apart: a, b" in str(found)


def test_regret__what_is_apart_is_told():
    found = rows_of((1.0, 0.5, 1.5), (0.1, 0.0, 0.2), (3.0, 2.0, 4.0), (0.1, 0.0, 0.2))
    assert found.as_safe == ("a",)
    assert "The least worst regret: a." in tell_regrets(found, "en")
    assert "not told apart" not in tell_regrets(found, "en")


def test_regret__one_plan_is_no_contest():
    with pytest.raises(InputError, match="2 or more"):
        find_regrets([], {"a": inputs()[1]}, None)


@compiled
def test_commands__json(tmp_path):
    plan_by_ratio(inputs()[2], FORCE).save(tmp_path / "ratio")
    call = ["plan", "test", "malang-500", str(tmp_path / "ratio"), "--scenarios", "quiet", "-n", "10", "--json"]
    found = json.loads(CliRunner().invoke(app, call).stdout)
    assert found["scenarios"] == ["quiet"]
    assert len(found["rows"]) == 2
    figure = tmp_path / "f.svg"
    call = [
        "plan",
        "frontier",
        "--from",
        "400",
        "--to",
        "450",
        "-n",
        "5",
        "--planner",
        "ratio",
        "--seed",
        "4",
        "-o",
        str(figure),
        "--json",
    ]
    found = json.loads(CliRunner().invoke(app, call).stdout)
    assert [step["people"] for step in found["steps"]] == [400, 450]
    assert (found["seed"], found["planner"], found["steps"][0]["plan"]) == (4, "ratio", "ratio-malang-500-400")
    assert figure.read_text(encoding="utf-8").startswith("<?xml")


def test_command__frontier_refuses_a_planner_that_is_none():
    result = CliRunner().invoke(app, ["plan", "frontier", "-n", "2", "--planner", "habit"])
    assert isinstance(result.exception, InputError)


@compiled
def test_command__frontier_deploys_unless_told_otherwise_and_says_which_force_cannot_keep_the_rules(monkeypatch):
    """Deployed and rehearsed once, told in both languages."""
    found = []

    def once(*args, **options):
        found.append(found[0] if found else find_frontier(*args, **options))
        return found[-1]

    monkeypatch.setattr(module, "find_frontier", once)
    for lang, told in (("en", "With 100 people"), ("id", "Dengan 100 personel")):
        call = ["plan", "frontier", "--from", "100", "--to", "500", "--step", "400", "-n", "2", "--lang", lang]
        result = CliRunner().invoke(app, call)
        assert result.exit_code == 0, result.output
        assert told in result.stdout
    (step,) = found[0].steps
    assert step.plan.endswith("-deploy")


def test_command__ratio_writes_the_plan_by_ratio(tmp_path):
    result = CliRunner().invoke(app, ["plan", "ratio", "-o", str(tmp_path / "r"), "--lang", "en"])
    assert result.exit_code == 0, result.output
    assert Plan.load(tmp_path / "r").posts == plan_by_ratio(City.load("malang"), FORCE).posts


@compiled
@pytest.mark.parametrize("lang", ["id", "en"])
def test_page__differences_by_kelurahan_with_noise_in_grey(tmp_path, lang):
    _, plan, _ = inputs()
    plan.move("dalmas-lanjut-1", to="tlogomas").save(tmp_path / "far")
    page = tmp_path / "page.html"
    call = ["plan", "compare", "malang-500", str(tmp_path / "far"), "malang-500", "-n", "50", "-o", str(page)]
    result = CliRunner().invoke(app, [*call, "--lang", lang])
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 2, "a plan held against itself has no maps"
    assert 'class="cell more' in text
    assert 'class="cell noise' in text
    assert "http://" not in text.replace("http://www.w3.org", "")


@compiled
def test_places__differences_are_paired_sums_by_kelurahan():
    from sispamkota.rehearsal.compare_places import compare_places

    scenario, plan, city = inputs()
    other = plan.move("ambulans-7", to="tlogomas")
    a, b = (rehearse(scenario, each, city, replicates=40, seed=3) for each in (plan, other))
    gaps = compare_places(a, b, city)
    code = city.find("kpu").kode_kel
    gap = next(each for each in gaps if (each.code, each.measure) == (code, "hurt"))
    at = {place for place in a.places["place"] if city.find(place).kode_kel == code}
    sums = [e.places[e.places["place"].isin(at)].groupby("replicate")["hurt"].sum() for e in (a, b)]
    assert gap.difference == pytest.approx(float((sums[1] - sums[0]).mean()))
    waits = [
        e.responses.assign(area=[city.find(p).kode_kel for p in e.responses["place"]]).query("area != ''")
        for e in (a, b)
    ]
    total = sum(each.difference for each in gaps if each.measure == "waiting")
    assert total == pytest.approx((waits[1]["waited"].sum() - waits[0]["waited"].sum()) / 60.0 / 40.0)
    assert all(each.difference == each.low == each.high == 0.0 for each in compare_places(a, replace(a), city))
    assert np.isfinite([each.low for each in gaps]).all()


def test_frontier_command__refuses_a_picture_that_it_cannot_draw_before_any_work():
    result = CliRunner().invoke(app, ["plan", "frontier", "-o", "x.docx"])
    assert isinstance(result.exception, InputError)
    assert ".png" in str(result.exception)
