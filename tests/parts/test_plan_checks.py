"""Every rule of `plan check` is broken once, and notices; a lawful plan breaks none."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from parts.lawful import DAY, NIGHT, core, malang, plan_of, polling_day, unit
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.force import Duty
from sispamkota.force.doctrine import Doctrine, Norm, doctrine
from sispamkota.plan import Plan
from sispamkota.plan.plan import Proposal
from sispamkota.plan.rules.breach import Breach, covers, merged, rule_rows, turns
from sispamkota.plan.rules.checks import Checked, check_plans


def rules(*plans, severity=None, **kwargs):
    found = check_plans(plans, malang(), **kwargs).breaches
    return {each.rule for each in found if severity in (None, each.severity)}


def changed(plan, name, *, unit=None, post=None):
    """The plan with one unit and its post changed."""
    units = tuple(replace(each, **(unit or {})) if each.id == name else each for each in plan.force.units)
    posts = tuple(replace(each, **(post or {})) if each.unit == name else each for each in plan.posts)
    people = sum(each.people for each in units)
    return replace(plan, force=replace(plan.force, units=units, people=people), posts=posts)


@pytest.fixture(scope="module")
def small():
    return plan_of(core())


@pytest.fixture(scope="module")
def whole():
    return plan_of(polling_day())


# --- a lawful plan ----------------------------------------------------------------------------------------------------


def test_lawful__breaks_no_rule(small, whole):
    assert rules(small) == set()
    assert rules(whole) == set()


@settings(max_examples=15, deadline=None)
@given(
    st.floats(0, 23.9).map(lambda hour: round(hour, 1)),
    st.lists(st.sampled_from(["dinoyo", "sukun", "buring", "gadang", "polowijen"]), max_size=6),
    st.lists(st.integers(8, 12), min_size=6, max_size=6),
)
def test_lawful__whatever_the_hours_and_the_patrols(start, where, people):
    more = [
        (unit(f"patroli-x{i}", "patroli", people=size, duty=Duty(from_h=start, hours=size)), at, "mobile")
        for i, (at, size) in enumerate(zip(where, people, strict=False))
    ]
    assert rules(plan_of([*core(start=start), *more])) == set()


def test_malang_plans__break_no_rule_that_stops_them():
    for name in ("malang-500", "malang-pilkada"):
        assert rules(Plan.load(name), severity="violation") == set()


# --- each rule is broken once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "severity", "name", "unit_changes", "post_changes"),
    [
        ("duty", "warning", "patroli-1", {"duty": Duty(from_h=6, hours=13)}, {}),
        ("duty", "violation", "patroli-1", {"duty": Duty(from_h=6, hours=24)}, {}),
        ("rest", "warning", "patroli-1", {}, {"duty": Duty(from_h=6, hours=11, every_h=18)}),
        ("rest", "violation", "patroli-1", {}, {"duty": Duty(from_h=6, hours=9, every_h=12)}),
        ("roster", "warning", "patroli-1", {"duty": None}, {}),
        ("crew", "violation", "patroli-1", {"people": 10, "readiness": 0.1}, {}),
        ("leader", "violation", "patroli-1", {}, {"under": "nobody"}),
        ("leader", "violation", "patroli-1", {}, {"under": "patroli-1"}),
        ("outside", "warning", "patroli-1", {"outside": True}, {}),
        ("road", "violation", "patroli-1", {}, {"at": "lost"}),
        ("tps_armed", "violation", "patroli-1", {}, {"at": "35.73.01.1001/001"}),
        ("tps_who", "violation", "satpol-1", {}, {"tps": ("35.73.01.1001/001",)}),
        ("tps_unknown", "violation", "satpol-1", {}, {"tps": ("35.73.01.1001/999",)}),
        ("posture", "violation", "dalmas-awal-1", {}, {"posture": "lanjut"}),
        ("posture_told", "warning", "dalmas-awal-1", {}, {"posture": "lanjut", "reason": "asked for by the KPU"}),
        ("layer", "warning", "dalmas-awal-1", {"level": 1}, {}),
        ("phh", "violation", "phh", {}, {"task": "mobile", "at": "kpu"}),
        ("dialogue_crowd", "violation", "negosiator-1", {}, {"at": "polresta"}),
        ("dialogue_near", "warning", "satpol-1", {}, {"at": "balai_kota"}),
        ("dialogue_near", "warning", "dalmas-awal-1", {}, {"at": "purwantoro", "task": "standby"}),
        ("ambulance", "violation", "ambulans-kpu-malam", {"duty": DAY}, {}),
        ("fire", "violation", "damkar-damkar-siang", {}, {"at": "kpu"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_rules__each_notices(small, monkeypatch, rule, severity, name, unit_changes, post_changes):
    if post_changes.get("at") == "lost":  # a place to which no street leads
        real = type(malang().roads).travel_times
        monkeypatch.setattr(
            type(malang().roads),
            "travel_times",
            lambda self, *a, ride, **k: real(self, *a, ride=ride, **k) + _cut(ride),
        )
        post_changes = {}
    plan = changed(small, name, unit=unit_changes, post=post_changes)
    assert rule in rules(plan, severity=severity)


ARMED = sorted(name for name, kind in doctrine().unit_kinds.items() if doctrine().agencies[kind.agency].armed)


@pytest.mark.parametrize("kind", ARMED)
@pytest.mark.parametrize("task", ["guard", "mobile", "standby"])
def test_armed__whoever_carries_arms_stands_outside_a_tps(kind, task):
    who = unit("bersenjata", kind)
    told = {
        at: rules(plan_of([*core(), (who, at, task)]), severity="violation")
        for at in ("35.73.01.1001/001", "35.73.01.1001")
    }
    assert "tps_armed" in told["35.73.01.1001/001"]
    assert "tps_armed" not in told["35.73.01.1001"]


def test_armed__a_plan_file_may_name_a_tps_and_is_told_by_check_who_may_not_stand_in_it(tmp_path):
    rows = [*core(), (unit("bersenjata", "patroli"), "35.73.01.1001/001", "guard"),
            (unit("linmas-x", "linmas"), "35.73.01.1001/002", "guard")]  # fmt: skip
    plan_of(rows).save(tmp_path / "plan")
    run = CliRunner().invoke(app, ["plan", "check", str(tmp_path / "plan"), "--json"])
    assert run.exit_code == 1
    armed = [each for each in json.loads(run.stdout)["findings"] if each["rule"] == "tps_armed"]
    assert len(armed) == 1
    assert "bersenjata" in armed[0]["got"]
    read = Plan.load(tmp_path / "plan", armed=False)
    assert [fault.got for fault in read.check(malang())] == ["bersenjata (polri) at TPS 1 Balearjosari"]


def _cut(ride):
    """Nobody on a motorcycle gets anywhere."""
    import numpy as np

    from sispamkota.place import Ride

    return float("inf") if np.array_equal(ride.speed, Ride.of("motorcycle").speed) else 0.0


def test_dialogue__an_office_guarded_without_negotiators(small):
    plan = changed(small, "dalmas-awal-1", post={"at": "polresta", "task": "standby"})
    plan = changed(plan, "negosiator-1", post={"at": "polresta"})
    assert "dialogue" in rules(plan, severity="violation")  # Satpol PP alone guard the KPU


@pytest.mark.parametrize(
    ("guards", "talkers", "hour"),
    [
        ({"duty": Duty(from_h=6, hours=12)}, {}, None),
        ({"duty": Duty(from_h=8, hours=4)}, {}, None),  # gone before those who talk
        ({"duty": Duty(from_h=14.5, hours=8)}, {}, "18:00"),
        ({"duty": Duty(from_h=5.5, hours=2)}, {}, "05:30"),
        ({}, {"task": "bko"}, "06:00"),
        ({}, {"task": "reserve"}, "06:00"),
    ],
)
def test_dialogue__who_talks_is_on_duty_when_guards_are_and_not_kept_back(small, guards, talkers, hour):
    plan = changed(changed(small, "dalmas-awal-1", unit=guards), "negosiator-1", post=talkers)
    found = [each for each in check_plans([plan], malang()).breaches if each.rule == "dialogue_crowd"]
    assert [each.values["hour"] for each in found] == ([hour] if hour else [])


def test_span__eight_are_told_and_eleven_refused(small):
    names = [each.id for each in small.force.units[1:]]
    for count, severity in ((8, "warning"), (11, "violation")):
        plan = small
        for name in names:
            plan = changed(plan, name, post={"under": "komando" if names.index(name) < count else "negosiator-1"})
        found = {(each.rule, each.severity) for each in check_plans([plan], malang()).breaches}
        assert ("span", severity) in found


def test_command__a_plan_without_leaders_is_told(small):
    plan = replace(small, posts=tuple(replace(post, under="") for post in small.posts))
    assert rules(plan) == {"command"}


def test_reserve__less_than_a_tenth(small):
    plan = changed(small, "phh", post={"task": "standby"})
    assert "reserve" in rules(plan, severity="violation")


def test_double__one_unit_in_two_plans_at_one_time(small):
    other = replace(small, name="other")
    found = check_plans([small, other], malang())
    assert {each.rule for each in found.breaches} == {"double", "people"}
    assert len([each for each in found.breaches if each.rule == "double"]) == len(small.posts)


def test_double__duties_apart_are_one_day_of_work_and_must_leave_rest(small):
    def turned(duty):
        return replace(small, name="other", posts=tuple(replace(post, duty=duty) for post in small.posts))

    one = turned(Duty(from_h=0, hours=6))
    assert not {"double", "people"} & rules(one, turned(Duty(from_h=7, hours=5)))
    assert "rest" in rules(one, turned(Duty(from_h=7, hours=5)), severity="violation")
    assert "duty" in rules(one, turned(Duty(from_h=6, hours=7)))  # they touch: thirteen hours on end


def test_plans__of_two_days_are_not_checked_together(small):
    with pytest.raises(InputError, match="plans of one day"):
        check_plans([small, replace(small, force=replace(small.force, on="2024-06-12"))], malang())


@pytest.mark.parametrize(
    ("do", "by", "number", "day", "found"),
    [
        ("close_tps", "", "", "", {"kpu"}),
        ("move_tps", "polresta", "1/2024", "2024-11-01", {"kpu"}),
        ("move_tps", "kpu", "", "", {"kpu"}),
        ("move_tps", "kpu", "1/2024", "", {"kpu"}),
        ("move_tps", "kpu", "", "2024-11-01", {"kpu"}),
        ("move_tps", "kpu", "1/2024", "2024-13-01", {"kpu"}),
        ("move_tps", "KPU", "1/2024", "2024-11-01", set()),
    ],
)
def test_kpu__alone_moves_and_closes_by_a_numbered_dated_decision(small, do, by, number, day, found):
    row = Proposal(do=do, at="35.73.01.1001/001", decided_by=by, decision=number, decided_on=day)
    plan = replace(small, proposals=(row,))
    assert rules(plan) == found


def test_kpu__a_proposal_stands_in_the_file_and_comes_back(small, tmp_path):
    text = "proposals:\n  - {do: close_tps, at: 35.73.01.1001/001, decided_by: kpu}\n"
    from sispamkota.inputs import DATA

    path = tmp_path / "plan.yaml"
    path.write_text((DATA / "plans" / "malang-500.yaml").read_text() + text)
    plan = Plan.load(path)
    assert plan.proposals == (Proposal(do="close_tps", at="35.73.01.1001/001", decided_by="kpu"),)
    assert plan.to_dict()["proposals"][0]["decided_by"] == "kpu"


# --- polling stations -------------------------------------------------------------------------------------------------


def _first(plan, stem):
    return next(post for post in plan.posts if post.unit.startswith(stem))


def test_tps__soldiers_watch_none(small):
    rows = [*core(), (unit("tni-1", "tni_regu"), "kodim", "reserve", {"tps": ("35.73.01.1001/001",)})]
    assert "tps_tni" in rules(plan_of(rows), severity="violation")


def test_tps__watched_twice_unless_it_is_a_relief(whole):
    one = _first(whole, "tps-")
    rows = polling_day()
    again = [(unit("tps-again", "polisi_tps"), one.at, "mobile", {"tps": one.tps[:1]})]
    assert rules(plan_of(rows + again)) == {"tps_twice"}
    night = [(unit("tps-again", "polisi_tps", duty=NIGHT), one.at, "mobile", {"tps": one.tps[:1]})]
    assert rules(plan_of(rows + night)) == set()


def test_tps__one_that_nobody_watches(whole):
    for stem in ("tps-", "linmas-"):
        one = _first(whole, stem)
        assert rules(changed(whole, one.unit, post={"tps": one.tps[1:]})) == {"tps_unwatched"}


def test_tps__without_linmas_that_the_force_does_not_have(whole):
    one = next(post for post in whole.posts if post.unit.startswith("linmas-") and len(post.tps) == 6)
    short = changed(whole, one.unit, unit={"people": 10}, post={"tps": one.tps[1:]})
    assert rules(short, severity="warning") >= {"tps_unwatched"}
    assert rules(short, severity="violation") == set()


def test_help__is_asked_for_while_anybody_is_on_duty(small):
    day = [each.id for each in small.force.units if each.duty == DAY]
    alone = small.without(*(each.id for each in small.force.units if each.id not in day))
    assert not rules(alone) & {"ambulance", "fire"}
    night = changed(alone, "patroli-1", unit={"duty": NIGHT})
    assert {"ambulance", "fire"} <= rules(night, severity="violation")


def test_tps__watched_for_a_part_of_the_day(whole):
    for stem, duty in (("tps-", Duty(from_h=8, hours=8)), ("linmas-", Duty(from_h=5, hours=7.5))):
        assert rules(changed(whole, _first(whole, stem).unit, post={"duty": duty})) == {"tps_hours"}


def test_tps__more_than_a_pair_may_have(whole):
    pairs = [post for post in whole.posts if post.unit.startswith("tps-") and len(post.tps) > 1]
    a = next(post for post in pairs if len(post.tps) == 12)
    for take, severity in ((3, "warning"), (8, "violation")):
        b = next(post for post in pairs if post.unit != a.unit and len(post.tps) > take)
        plan = changed(changed(whole, a.unit, post={"tps": a.tps + b.tps[:take]}), b.unit, post={"tps": b.tps[take:]})
        found = [each for each in check_plans([plan], malang()).breaches if each.rule == "tps_ratio"]
        assert [(each.severity, each.values["unit"]) for each in found] == [(severity, a.unit)]


def test_tps__fewer_linmas_than_two_each(whole):
    one = _first(whole, "linmas-")
    assert rules(changed(whole, one.unit, unit={"people": 11})) == {"tps_linmas"}


def test_tps__too_few_police_for_the_city(whole):
    rows = [row for i, row in enumerate(polling_day()) if row[0].kind != "polisi_tps" or i % 3 == 0]
    found = [each for each in check_plans([plan_of(rows)], malang()).breaches if each.rule == "tps_ratio"]
    assert [each.severity for each in found if each.values["unit"] == "lawful"] == ["violation"]


def test_tps__pairs_without_lists_are_held_against_their_kelurahan(whole):
    plan = replace(whole, posts=tuple(replace(post, tps=()) for post in whole.posts))
    assert rules(plan) == set()
    pair = _first(whole, "tps-")
    moved = changed(plan, pair.unit, post={"at": "klojen"})
    found = check_plans([moved], malang()).breaches
    assert [each.rule for each in found] == ["tps_spread"]
    assert found[0].values["places"] == ("Balearjosari",)


# --- figures of one's own, words, the command -------------------------------------------------------------------------


def test_doctrine__one_s_own_goes_first(small):
    held = doctrine().norms["duty.max_s"][0]
    own = Doctrine(norms={"duty.max_s": (replace(held, value=36000.0, low=36000.0, high=36000.0),)})
    assert rules(small, severity="violation", own=own) == {"duty"}
    assert isinstance(held, Norm)


def test_norm__without_a_figure_on_that_day_is_told():
    assert "norm" in rules(plan_of(core(), on="2012-01-01"), severity="warning")


def test_table__every_rule_has_its_words_in_both_languages():
    from sispamkota.words import catalogue

    for lang in ("id", "en"):
        for rule in rule_rows():
            assert {f"plan_check.{rule}{end}" for end in ("", "_got", "_do")} <= set(catalogue(lang))
    norms = {row.norm for row in rule_rows().values() if row.norm}
    assert norms <= set(doctrine().norms)


def test_findings__say_where_and_what_in_both_languages(small):
    found = check_plans([changed(small, "negosiator-1", post={"at": "polresta"})], malang())
    assert {each.rule for each in found.violations} == {"dialogue_crowd"}
    assert "KPU Kota Malang" in found.tell("id")
    assert "negosiator di tiap tempat" in found.tell("id")
    assert "negotiators wherever" in found.tell("en")
    assert list(found.to_table()["rule"]) == ["dialogue_crowd"]
    assert "Tidak ada temuan" in check_plans([small], malang()).tell("id")


def test_findings__of_many_alike_one_line_says_how_many_and_the_first():
    some = [
        Breach("tps_ratio", "warning", f"p.yaml:{i}", "tps", {"need": 3, "n": n, "unit": f"u{i}", "have": 2})
        for i, n in enumerate([13] * 75 + [14] * 2)
    ]
    found = Checked(("p",), tuple(some))
    head, folded, *rest = found.tell("en").splitlines()
    assert head == "Warnings: 77"
    assert folded.startswith("  75 times, first at p.yaml:0: u0 has 2")
    assert "u2 has 2" in folded
    assert "u3" not in folded
    assert [line.split(":")[1] for line in rest] == ["75", "76"]
    assert len(found.findings("en")) == 77


def test_command__exits_1_for_a_violation_and_2_for_bad_input(tmp_path):
    from sispamkota.inputs import DATA

    text = (DATA / "plans" / "malang-500.yaml").read_text()
    bad = tmp_path / "bad.yaml"
    bad.write_text(text.replace("{unit: negosiator-1, at: kpu,", "{unit: negosiator-1, at: polresta,"))
    ended = CliRunner().invoke(app, ["plan", "check", str(bad), "--json", "--lang", "en"])
    assert ended.exit_code == 1
    stops = [each for each in json.loads(ended.stdout)["findings"] if each["severity"] == "violation"]
    assert [each["rule"] for each in stops] == ["dialogue_crowd"]
    assert stops[0]["where"].startswith(f"{bad}:")
    bad.write_text(text.replace("at: kpu,", "at: kpuu,"))
    ended = CliRunner().invoke(app, ["plan", "check", str(bad), "--json"])
    assert ended.exit_code == 2
    assert json.loads(ended.stdout)["findings"][0]["remedy"].startswith("did you mean")


# --- turns ------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 23), st.integers(1, 12), st.sampled_from([12, 24, 36, 48]))
def test_turns__say_of_every_hour_what_the_roster_says(start, hours, every):
    spans = turns(Duty(from_h=start, hours=hours, every_h=every))
    for hour in range(200):
        on = (hour - start) % every < hours
        assert on == any(begin <= hour < end for begin, end in spans)


def test_merged__joins_what_touches():
    assert merged([(5, 6), (0, 2), (2, 3), (5.5, 7)]) == [(0, 3), (5, 7)]
    assert covers([(0, 4), (4, 8)], 1, 8)
    assert not covers([(0, 4), (5, 8)], 1, 8)
