"""A deployment of Malang: a valid plan, kept rules, the same again; and the command."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from parts.lawful import unit
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.force import Duty, Force, norm, norms
from sispamkota.force.doctrine import Doctrine
from sispamkota.inputs import DATA
from sispamkota.manifest import Manifest
from sispamkota.place import City, build_city
from sispamkota.plan import Plan, plan_by_ratio
from sispamkota.plan.deploy import prepare
from sispamkota.plan.deploy.demand import sample_days, sample_demands
from sispamkota.plan.deploy.deploy import Deployment, InfeasibleError, _manifest, _unguarded, deploy, tell_deployment
from sispamkota.plan.deploy.figures import deploy_figures
from sispamkota.plan.deploy.naming import sweep
from sispamkota.plan.deploy.options import DeployOptions, near
from sispamkota.plan.deploy.prepare import prepare_ground
from sispamkota.plan.deploy.setting import shifts_of
from sispamkota.plan.deploy.stations import stretched
from sispamkota.plan.harm import Harm, HarmTerm
from sispamkota.plan.rules.checks import check_plans
from sispamkota.rehearsal.arena import Arena
from sispamkota.rehearsal.scenario import Scenario
from sispamkota.rehearsal.surrogate import hours_of, spared
from sispamkota.risk import RiskMap
from sispamkota.risk.tps import Observations

DAY = "2024-06-12"
MINI = DATA.parents[2] / "examples" / "minicity"
TERMS = (
    HarmTerm("kpu", "dialogue", 0, 20, 0.8, 10),
    HarmTerm("kpu", "dalmas_lanjut", 900, 60, 0.2, 10),
    HarmTerm("bawaslu", "phh", 1200, 100, 0.05, 10),
)
HARM = Harm("t", "kpu-bawaslu", "malang", "malang-500", 60.0, TERMS, 10, 10, 1, 0.9, 0.8, 0.95)


QUICK = DeployOptions(samples=1, gap=0.1, posts=("polresta", "klojen", "polowijen", "merjosari"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("city") / "malang"
    City.load("malang").save(path)
    return path


@pytest.fixture(scope="module")
def city(folder):
    return City.load(folder)


@pytest.fixture(scope="module")
def risk():
    return RiskMap.join([RiskMap.load("malang"), RiskMap.load("pilkada")])


@pytest.fixture(scope="module")
def made(city, risk):
    options = DeployOptions(samples=5, gap=0.01)
    return deploy(city, Force.load("malang-500"), on=DAY, harm=HARM, risk=risk, options=options)


@pytest.fixture(scope="module")
def small():
    return build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv")


def people_at(plan, *, tasks, ability=None, at=None):
    units = {unit.id: unit for unit in plan.force.units}
    return sum(
        units[post.unit].people for post in plan.posts
        if post.task in tasks and (at is None or post.at == at)
        and (ability is None or ability in units[post.unit].capabilities)
    )  # fmt: skip


def test_deploy__gives_every_unit_one_post_and_a_plan_that_is_valid(made, city):
    plan = made.plan
    assert [post.unit for post in plan.posts] == [unit.id for unit in plan.force.units]
    assert plan.check(city) == ()
    assert {post.posture for post in plan.posts} == {None, "awal"}
    assert [level.name for level in made.levels] == [
        "standards",
        "guards",
        "harm",
        "layers",
        "uncovered",
        "late",
        "movement",
    ]
    assert all(level.bound <= level.value + 1e-9 for level in made.levels)


def test_deploy__keeps_the_rules_of_posting(made):
    plan = made.plan
    for office in ("kpu", "bawaslu"):
        assert people_at(plan, tasks=("guard",), ability="dialogue", at=office) >= 10
        assert people_at(plan, tasks=("guard",), ability="crowd", at=office) >= 30
    pool = people_at(plan, tasks=("guard", "mobile", "standby", "reserve", "bko")) - 40 - 30 - 20 - 10
    assert people_at(plan, tasks=("reserve", "bko")) >= norm("reserve.share", on=DAY).value * pool
    levels = {unit.id: unit.level for unit in plan.force.units}
    assert all(post.task == "reserve" for post in plan.posts if levels[post.unit] == 2)


def test_deploy__the_same_again(made, city, risk):
    options = DeployOptions(samples=5, gap=0.01)
    again = deploy(city, Force.load("malang-500"), on=DAY, harm=HARM, risk=risk, options=options)
    assert again.plan.to_dict() == made.plan.to_dict()


def test_deploy__harm_reached_is_the_surrogate_of_the_plan(made, city):
    arena = Arena.make(Scenario.load("kpu-bawaslu"), made.plan, city, also=tuple({post.at for post in made.plan.posts}))
    level = made.levels[[each.name for each in made.levels].index("harm")]
    counted = max(HARM.base - sum(spared(HARM, arena, made.plan)), 0.0)
    assert level.value == pytest.approx(counted, abs=1e-6)
    assert level.bound <= counted + 1e-6


@pytest.mark.parametrize(("begin", "people"), [(-1.0, 24), (1.0, 15)])
def test_deploy__harm_counts_the_crews_of_vehicles_and_who_is_on_duty_at_that_hour(city, begin, people):
    """Ambulances count by their crews, fit or not; units with rosters of their own only while they are on duty."""
    force = Force.load("malang-500")
    scenario, plan = Scenario.load("kpu-bawaslu"), Plan.load("malang-500")
    hour = hours_of(scenario, Arena.make(scenario, plan, city))[city.find("kpu").ref]
    day, tired = Duty(from_h=hour + begin, hours=6), 0.8
    units = tuple(
        replace(unit, readiness=tired, duty=day if unit.kind == "ambulans" and n % 2 else unit.duty)
        for n, unit in enumerate(force.units)
    )
    terms = (HarmTerm("kpu", "ambulance", 900, 24, 0.5, hour), HarmTerm("kpu", "dalmas_awal", 0, 60, 0.1, hour))
    harm = replace(HARM, terms=terms)
    options = DeployOptions(samples=1, gap=0.0, hours=24)
    made = deploy(city, replace(force, units=units), on=DAY, harm=harm, options=options)
    arena = Arena.make(scenario, made.plan, city, also=tuple({post.at for post in made.plan.posts}))
    by_ambulances, by_dalmas = spared(harm, arena, made.plan)
    assert by_ambulances == pytest.approx(0.5 * people)
    level = next(each.value for each in made.levels if each.name == "harm")
    assert level == pytest.approx(harm.base - by_ambulances - by_dalmas, abs=1e-6)


def test_deploy__no_second_layer_waits_where_people_gather_whatever_that_spares(city):
    """The rule by which plans are varied too: who stands before a crowd too early provokes, even who hides there."""
    terms = tuple(HarmTerm(at, "dalmas_lanjut", 0, 60, 5.0, 10) for at in ("kpu", "bawaslu"))
    made = deploy(city, Force.load("malang-500"), on=DAY, harm=replace(HARM, terms=terms), options=QUICK)
    levels = {unit.id: unit.level for unit in made.plan.force.units}
    at = [post.at for post in made.plan.posts if levels[post.unit] == 1]
    assert len(at) == 2
    assert not {"kpu", "bawaslu"} & set(at)


def test_deployment__saves_and_loads(made, tmp_path):
    made.save(tmp_path / "d")
    again = Deployment.load(tmp_path / "d")
    assert again.plan.posts == made.plan.posts
    assert again.levels == made.levels
    assert str(again) == str(made)
    assert Plan.load(tmp_path / "d").posts == made.plan.posts


def test_deployment__without_a_bound_or_a_mean_saves_and_loads(made, tmp_path):
    bare = {"bound": -math.inf, "proven": False}
    levels = [replace(each, **bare, fresh=each.fresh and (math.nan,) * 3) for each in made.levels]
    replace(made, levels=tuple(levels)).save(tmp_path / "d")
    again = Deployment.load(tmp_path / "d")
    told = json.loads((tmp_path / "d" / "deployment.json").read_text())["levels"]
    for each, old, row in zip(again.levels, made.levels, told, strict=True):
        assert (each.bound, each.value, each.gap) == (-math.inf, old.value, math.inf)
        assert (row["bound"], row["gap"]) == (None, None)
        assert (each.fresh is None) == (old.fresh is None)
        if each.fresh is not None:
            assert all(math.isnan(value) for value in each.fresh)
            assert row["fresh"] == [None] * 3
    assert "nan" not in str(again).casefold()
    assert json.dumps(again.to_dict(), allow_nan=False)


def test_deploy__votes_and_stations_on_polling_day(city, risk):
    force = Force.load("malang-pilkada")
    options = DeployOptions(samples=2, gap=0.02, seconds=40, posts=60, keep=Plan.load("malang-pilkada"))
    plan = deploy(city, force, on="2024-11-27", risk=risk, options=options).plan
    units = {unit.id: unit for unit in force.units}
    pairs = [post for post in plan.posts if units[post.unit].kind == "polisi_tps"]
    watched = [each for post in pairs for each in post.tps]
    assert len(watched) == len(set(watched))
    special = set(city.tps.loc[city.tps["khusus"], "id"])
    ratio = max(row.value for row in norms("tps.police_ratio", on="2024-11-27"))  # what a source says, if pairs are few
    assert len(watched) == len(city.tps)
    for post in pairs:
        assert sum(1.0 if each in special else 1 / ratio for each in post.tps) <= 1 + 1e-9
        assert post.task == "mobile"
    held = [each for post in plan.posts if units[post.unit].kind == "linmas" for each in post.tps]
    assert len(held) == len(set(held)) >= 1100
    assert {post.task for post in plan.posts if post.unit in ("bko-polda", "phh-brimob")} == {"bko"}


def test_deploy__passes_the_check(made, city):
    found = check_plans([made.plan], city)
    assert found.violations == ()
    assert {each.rule for each in found.breaches} <= {"dialogue_near"}  # secondary offices, and platoons that wait
    assert all(post.duty == Duty(from_h=7, hours=12) and post.radio for post in made.plan.posts)
    assert [post.unit for post in made.plan.posts if not post.under] == ["komando"]


def test_deploy__vote_day_in_three_shifts_passes_the_check(city, risk):
    force = Force.load("malang-pilkada")
    options = DeployOptions(shifts=3, posts=60, samples=2, gap=0.02, seconds=60)
    made = deploy(city, force, on="2024-11-27", risk=risk, options=options)
    found = check_plans([made.plan], city)
    assert found.violations == ()
    assert made.levels[0].value == 8  # 2,360 Linmas are too few for eight of 1,188 stations
    assert {post.task for post in made.plan.posts if post.unit in ("bko-polda", "phh-brimob")} == {"bko"}
    assert {"deploy.tps.police_ratio", "deploy.police.response_s"} <= {note.key for note in made.notes}


def test_deploy__no_armed_unit_is_offered_a_post_inside_a_polling_station():
    options = SimpleNamespace(shifts=1)
    for kind, offered in (("tps", False), ("kelurahan", True)):
        where = SimpleNamespace(sites=[SimpleNamespace(kind=kind)], options=options, voting=True)
        for armed in (True, False):
            one = replace(unit("a", "patroli", duty=None), armed=armed)
            choices = list(prepare._choices(one, where, [(0, "guard")], np.zeros(1), fixed=False))
            assert bool(choices) == (offered or not armed)


def test_outside__units_from_elsewhere_wait_under_bko_in_any_plan(city):
    plan = plan_by_ratio(city, Force.load("malang-pilkada"))
    assert {post.unit for post in plan.posts if post.task == "bko"} == {"bko-polda", "phh-brimob"}


def test_harm__the_surrogate_of_the_force_is_the_one_by_default():
    force = Force.load("malang-500")
    assert Harm.for_force(force, "malang").name == "kpu-bawaslu"
    assert Harm.for_force(force, "elsewhere") is None
    fewer = replace(force.units[0], people=force.units[0].people - 1)
    other = replace(force, units=(fewer, *force.units[1:]))
    assert Harm.for_force(other, "malang") is None  # of the same name, but of other units
    called = replace(force, units=tuple(replace(unit, id=f"{unit.id}-x") for unit in reversed(force.units)))
    assert Harm.for_force(called, "malang").name == "kpu-bawaslu"


def test_pairs__too_few_go_round_as_little_more_as_it_takes():
    ratios = {"kurang_rawan": (12.0, 16.0), "khusus": (1.0, 1.0)}
    counts = {"kurang_rawan": 1182, "khusus": 6}
    for pairs, plain in ((105, 12.0), (99, 13.0), (80, 16.0), (60, 12.0)):
        assert stretched(counts, ratios, pairs=pairs) == {"kurang_rawan": plain, "khusus": 1.0}


SOME = ("negosiator", "dalmas_awal", "dalmas_lanjut", "phh_brimob", "patroli", "satlantas", "tni_regu", "satpol_pp")


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    more=st.lists(st.sampled_from(SOME), max_size=6),
    help_=st.tuples(st.integers(2, 6), st.integers(2, 4)),
    hour=st.sampled_from([0.0, 6.5, 18.0]),
    shifts=st.sampled_from([1, 2]),
)
def test_deploy__every_plan_passes_the_check_where_one_can(city, more, help_, hour, shifts):
    least = ["pos_komando", *["negosiator"] * 2, *["dalmas_awal"] * 2, *["satpol_pp"] * 3, "satlantas", *["dishub"] * 2]
    kinds = [*(least * shifts), *more, *["phh_brimob"] * shifts, *["ambulans"] * help_[0], *["damkar"] * help_[1]]
    units = tuple(unit(f"u{i}", kind, duty=None) for i, kind in enumerate(kinds))
    force = Force("some", "some", sum(each.people for each in units), DAY, units, "S1", "assumed")
    options = DeployOptions(
        shifts=shifts, from_h=hour, posts=("polresta", "damkar", "klojen", "polowijen", "merjosari")
    )
    try:
        made = deploy(city, force, on=DAY, options=options)
    except InfeasibleError:
        assume(False)
    short = next((level.value for level in made.levels if level.name == "standards"), 0.0)
    rules = {each.rule for each in check_plans([made.plan], city).violations}
    assert rules <= ({"ambulance", "fire"} if short else set())
    assert bool(rules) == bool(short)
    lacks = any(level.value > 0 for level in made.levels if level.name == "guards")  # smaller than usual is lawful
    assert any(note.key.startswith("deploy.guard.") for note in made.notes) == lacks


def test_infeasible__says_what_lacks_and_three_ways(city):
    force = Force.load("malang-500")
    few = replace(force, units=tuple(unit for unit in force.units if unit.kind != "dalmas_awal"))
    with pytest.raises(InfeasibleError) as caught:
        deploy(city, few, on=DAY, options=DeployOptions(seconds=20))
    ways = caught.value.ways
    assert {(each.place, each.thing, each.amount) for each in ways.missing} == {
        ("kpu", "dalmas_awal", 20.0), ("bawaslu", "dalmas_awal", 20.0),
    }  # fmt: skip
    assert ways.ways[0].amount == 40.0


def test_shifts__no_longer_than_duty_and_rest_allow():
    most, rest = (norm(name, on=DAY).value / 3600 for name in ("duty.max_s", "duty.rest_s"))
    for n in (2, 3, 4, 6):
        shifts = shifts_of(DeployOptions(shifts=n), on=DAY, rosters=[Duty(from_h=7, hours=8)])
        for pattern in shifts.patterns:
            assert pattern is None or (pattern[1] <= most and 24 - pattern[1] >= rest)
    shifts = shifts_of(DeployOptions(shifts=3), on=DAY, rosters=[Duty(from_h=7, hours=8)])
    assert [shifts.of(hour) for hour in (7, 14.9, 15, 22.9, 23, 6.9)] == [0, 0, 1, 1, 2, 2]
    assert shifts.on.tolist()[:3] == [[True, False, False], [False, True, False], [False, False, True]]
    assert shifts.on[shifts.own[7, 8]].tolist() == [True, False, False]


def test_samples__more_change_none_of_the_first_and_keep_the_mean(city, risk):
    expanded = risk.expand(city)
    few, many = (sample_days(expanded, days=range(n), seed=3) for n in (3, 40))
    assert many[:3] == few
    rates = expanded.table["rate_per_h"] * expanded.table["hour"].map(lambda hour: 24 if hour == -1 else 1)
    mean = sum(map(len, many)) / 40
    assert mean == pytest.approx(float(rates.sum()), rel=0.35)  # medical calls have shape 2: 40 days know them to 11 %


def test_sweep__walks_to_the_nearest():
    assert sweep(np.array([[0.0, 0], [10, 0], [1, 0], [5, 0]])).tolist() == [0, 2, 3, 1]


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def test_command__writes_a_plan_and_tells_levels(folder, tmp_path):
    out = tmp_path / "out"
    result = run("plan", "deploy", "--city", folder, "--samples", 2, "--seconds", 30, "--json", "-o", out)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert {"level", "name"} & set(told["levels"][0])
    assert len(Plan.load(out, city=City.load(folder)).posts) == 40


def test_command__json_alone_stands_on_stdout(folder, tmp_path):
    words = ["plan", "deploy", "--city", folder, "--samples", 1, "--seconds", 20, "--json", "-o", tmp_path / "out"]
    done = subprocess.run(
        [sys.executable, "-m", "sispamkota", *map(str, words)], capture_output=True, check=True, text=True
    )
    assert json.loads(done.stdout)["levels"]
    assert "kpu-bawaslu" in done.stderr  # the surrogate that was used


def test_command__refuses_what_it_cannot_use(folder, tmp_path):
    bad = tmp_path / "posts.txt"
    bad.write_text("kpu\nkpuu  # twice\n", encoding="utf-8")
    for words, said in (
        (("--solver", "cplex"), "cplex"),
        (("--posts", bad), "kpuu"),
        (("--posts", tmp_path / "none.txt"), "none.txt"),
        (("--on", "tomorrow"), "tomorrow"),
        (("--posts", 0), "1 or more"),
        (("--posts", -3), "1 or more"),
    ):
        result = run("plan", "deploy", "--city", folder, "-o", tmp_path / "x", *words)
        assert isinstance(result.exception, InputError)
        assert said in str(result.exception)


def test_posts__faults_come_before_the_best_of_them_are_sought(city, monkeypatch):
    monkeypatch.setattr(prepare, "_chosen", lambda *_: pytest.fail("the slow work began"))
    force = Force.load("malang-500")
    lost = replace(force.units[0], home="nowhere")
    with pytest.raises(InputError) as caught:
        deploy(city, replace(force, units=(lost, *force.units[1:])), on=DAY, harm=replace(HARM, terms=(
            HarmTerm("kpuu", "dialogue", 0, 20, 0.8, 10),)), options=DeployOptions(posts=60))  # fmt: skip
    assert [fault.field for fault in caught.value.faults] == [f"home of {lost.id}", "place"]


def test_progress__names_each_step_in_its_order(city):
    steps = list[str]()
    force = Force.load("malang-500")
    deploy(city, force, on=DAY, options=DeployOptions(samples=1, seconds=20), progress=steps.append)
    assert steps == ["ground", "model", "standards", "guards", "movement", "fresh"]


def test_command__exits_1_where_the_rules_cannot_be_kept(folder, tmp_path):
    force = tmp_path / "few.yaml"
    force.write_text(
        "kind: force\nversion: 1\nname: few\ntitle: few\ntotal: 10\non: 2024-06-12\nsource: x\nquality: assumed\n"
        "units:\n  - {id: a, kind: patroli, people: 10}\n", encoding="utf-8",
    )  # fmt: skip
    result = run("plan", "deploy", "--city", folder, "--force", force, "--json", "-o", tmp_path / "x")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert {"kpu", "bawaslu"} <= {each["where"] for each in told["findings"]}
    assert not (tmp_path / "x").exists()


def test_command__writes_a_plan_that_breaks_a_rule_and_says_so_with_exit_1(folder, tmp_path):
    lines = (DATA / "forces" / "malang-500.yaml").read_text(encoding="utf-8").splitlines()
    kept = "\n".join(line for line in lines if "kind: ambulans," not in line)
    gone = 3 * sum("kind: ambulans," in line for line in lines)
    force = tmp_path / "few.yaml"
    force.write_text(kept.replace("total: 500", f"total: {500 - gone}"), encoding="utf-8")
    words = ("plan", "deploy", "--city", folder, "--force", force, "--samples", 1, "--seconds", 20)
    result = run(*words, "--json", "-o", tmp_path / "x")
    assert result.exit_code == 1, result.output
    assert result.stdout, repr(result.exception)
    grave = {each["rule"] for each in json.loads(result.stdout)["check"] if each["severity"] == "violation"}
    assert "ambulance" in grave  # the force has none
    city = City.load(folder)
    plan = Plan.load(tmp_path / "x", city=city)
    assert grave == {each.rule for each in check_plans([plan], city).violations}


def test_manifest__tells_deployments_apart_by_what_they_were_weighed_by(city):
    force, base = Force.load("malang-500"), DeployOptions()
    figures = base.figures.model_copy(update={"capacity_people": (60.0, 60.0, 400.0)})
    kept = Plan.load("malang-500")
    seen = Observations(Observations.none().table.assign(place=["kpu"]))
    others = [replace(base, figures=figures), replace(base, own=Doctrine(norms={})), replace(base, observations=seen),
              replace(base, keep=kept), replace(base, keep=kept.without("phh-brimob"))]  # fmt: skip
    made = [_manifest(city, force, on=DAY, harm=None, risk=None, options=each) for each in (base, base, *others)]
    assert made[0].digest() == made[1].digest()
    assert len({each.digest() for each in made}) == len(made) - 1
    assert Manifest.from_json(made[2].to_json()) == made[2]
    one, two = (_manifest(city, force, on=DAY, harm=each, risk=None, options=base)
                for each in (HARM, replace(HARM, base=61.0)))  # fmt: skip
    assert one.digest() != two.digest()


def test_minicity__a_small_city_is_deployed_with_the_guards_that_it_has(small):
    made = deploy(small, Force.load(MINI / "force.yaml"), on=DAY, options=DeployOptions(seconds=20))
    assert not check_plans([made.plan], small).violations
    said = {lang: tell_deployment(made, lang=lang) for lang in ("id", "en")}
    assert "4 dari 10 personel negosiator" in said["id"]
    assert "Guard of Bawaslu Kota Contoh: 4 of 10 negotiators" in said["en"]
    assert "harm to anyone (no surrogate was fitted on this force)" in said["en"]
    assert "TPS tidak dijaga pada hari ini" in said["id"]


def test_windows__calls_two_minutes_apart_compete_and_those_an_hour_apart_do_not():
    figures = deploy_figures()
    norms_of = dict.fromkeys({each.standard for each in figures.incidents.values()}, 600.0)
    for gap, at_once in ((2.0, 2), (61.0, 1)):
        day = [(3540.0 + i * gap * 60, "a", "medical") for i in range(2)]
        made = sample_demands([day], zones={"a": 0}, shift_of=[0] * 24, figures=figures, standards=norms_of)
        assert (len(made), sum(each.weight for each in made)) == (at_once, 4.0)


@pytest.mark.parametrize(("begin", "shifts", "part"), [(0.0, 2, 12 / 15), (7.0, 3, 12 / 15), (0.0, 1, 5 / 15)])
def test_stations__pairs_guard_the_count_as_long_as_duty_allows_and_what_lacks_is_said(city, begin, shifts, part):
    options = DeployOptions(shifts=shifts, from_h=begin, hours=12, samples=1, posts=60)
    day = "2024-11-27"
    where, _ = prepare_ground(city, Force.load("malang-pilkada"), on=day, harm=None, risk=None, options=options)
    assert float(where.stations.shares @ where.stations.guarded) == pytest.approx(part)
    pattern = next(each.choices[0].pattern for each in where.crews if "pair" in each.supply)
    assert where.on[pattern, int(np.argmax(where.stations.shares))]
    (note,) = _unguarded(where)
    assert f"{1 - part:.0%}" in note.en


def test_near__takes_the_norm_that_is_nearest_in_time():
    assert near("tps.max_voters", on="2018-06-01", own=None)[0].value == 300
    assert near("police.response_s", on="2024-06-12", own=None)[1] is False
    with pytest.raises(KeyError):
        near("no.such", on=DAY, own=None)


def test_levels__sampled_ones_are_shown_on_other_days(made):
    for level in made.levels:
        assert (level.fresh is not None) == (level.name in ("uncovered", "late"))
    low = {each.name: each.fresh for each in made.levels if each.fresh}
    assert all(0 <= low_ < mean < high for mean, low_, high in low.values())
    assert "on 160 other days" in tell_deployment(made, lang="en")


def test_deploy__refuses_a_roster_that_does_not_come_back_every_day(tmp_path):
    """The model is of one day: it would take a turn every 36 hours as one every 24."""
    force = Force.load("malang-500")
    duty = Duty(from_h=6.0, hours=12.0, every_h=36.0)
    other = replace(force, units=(replace(force.units[0], duty=duty), *force.units[1:]))
    with pytest.raises(InputError, match=r"expected rosters of 24 hours, got .* \(36 h\)"):
        deploy(City.load("malang"), other, on=force.on)
