"""Two plans under the same luck, and rehearsals that stop when they are sharp enough."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from laws.worlds import inputs
from sispamkota import manifest
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.fault_words import tell
from sispamkota.kernels import layout as at
from sispamkota.place import City
from sispamkota.place.city import _embedded
from sispamkota.plan import plan_by_ratio
from sispamkota.rehearsal import Precision, Run, compare, rehearse
from sispamkota.rehearsal.compare import _difference, marked_by_holm
from sispamkota.rehearsal.setting import Setting
from sispamkota.rehearsal.tables import build_tables, digest_of, rules_of
from sispamkota.review.tell import tell_comparison
from sispamkota.schema import quantities, quantity
from sispamkota.words import words


@pytest.fixture(scope="module")
def ensemble():
    return rehearse(*inputs(), replicates=60, seed=4)


def changed(ensemble, **columns):
    """The same ensemble with other figures in some columns."""
    return replace(ensemble, plan="B", rows=ensemble.rows.assign(**columns))


def test_compare__a_plan_with_itself_differs_in_nothing(ensemble):
    found = compare(ensemble, changed(ensemble))
    assert found.pairs == 60
    assert all((each.difference, each.low, each.high) == (0.0, 0.0, 0.0) for each in found.differences)
    assert not any(each.sure for each in found.differences)
    assert {each.ratio for each in found.differences if each.a and each.name == "violent_person_s"} == {math.inf}


@pytest.mark.parametrize("lang", ["id", "en"])
def test_compare__two_equal_results_are_told_as_equal(ensemble, lang):
    found = compare(ensemble, ensemble)
    assert found.alike
    said = tell_comparison(found, title="", lang=lang)
    rare = {"id": "4,9", "en": "4.9"}[lang]  # 0.951 ** 60 is 5 %: what was never seen in 60 pairs
    assert words(lang)("alike.all_equal", n=60, share=rare) in said
    assert words(lang)("compare.nothing_sure") not in said
    harm = next(each for each in found.differences if each.name == "harm_people")
    other = replace(harm, a=1.0, b=1.5, difference=0.5, low=-0.5, high=1.5)
    assert not replace(found, differences=(other,)).alike


def test_compare__interval_is_that_of_the_paired_t_test(ensemble):
    rng = np.random.default_rng(1)
    a = ensemble.rows["harm_people"].to_numpy(float)
    b = a + rng.normal(0.5, 1.0, a.size)
    got = compare(ensemble, changed(ensemble, harm_people=b))["harm_people"]
    interval = stats.ttest_rel(b, a).confidence_interval(0.95)
    assert (got.low, got.high) == pytest.approx((interval.low, interval.high), rel=1e-12)
    assert got.ratio == pytest.approx((a.var(ddof=1) + b.var(ddof=1)) / (b - a).var(ddof=1), rel=1e-12)
    assert got.p == pytest.approx(stats.ttest_rel(b, a).pvalue, rel=1e-9)
    assert got.sure is bool(got.p * len(compare(ensemble, ensemble).differences) <= 0.05)


def test_marks__are_holms_by_his_definition():
    """Rejected: all up to the first whose p exceeds 5 % over those that are left; found by going through each."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        p = list(rng.choice([rng.uniform(0, 0.02, 12), rng.uniform(0, 1, 12)]))
        ranked = sorted(p)
        first = next((i for i, each in enumerate(ranked) if each > 0.05 / (len(p) - i)), len(p))
        assert marked_by_holm(p) == [each in ranked[:first] for each in p]


def test_marks__luck_marks_a_table_in_one_of_twenty_at_most_and_each_interval_alone_would_mark_most():
    rng, tables, measures = np.random.default_rng(8), 400, 25
    p = stats.ttest_1samp(rng.normal(size=(60, tables, measures)), 0.0).pvalue
    wrong = sum(any(marked_by_holm(list(row))) for row in p)
    assert stats.binom.sf(wrong - 1, tables, 0.05) > 1e-3
    assert (p < 0.05).any(axis=1).mean() > 0.5
    p[:, 0] = 1e-6  # a true difference is still marked, whatever stands beside it
    assert all(marked_by_holm(list(row))[0] for row in p)


def test_marks__a_few_pairs_that_happen_to_agree_are_not_sure():
    """Whole numbers without a true difference: with two or three pairs all often differ by the same, and t gives 0."""
    rng, tables = np.random.default_rng(0), 300
    for n in (2, 3, 5, 9):
        wrong = 0
        for _ in range(tables):
            a, b = rng.integers(0, 3, (2, 25, n)).astype(float)
            wrong += any(marked_by_holm([_difference("breached", *pair).p for pair in zip(a, b, strict=True)]))
        assert stats.binom.sf(wrong - 1, tables, 0.05) > 1e-3, n


def test_marks__where_all_pairs_differ_by_the_same_their_signs_decide():
    for n, up, down in ((7, 7, 0), (20, 20, 0), (9, 6, 2)):
        gap = np.repeat([1.0, -1.0, 0.0], [up, down, n - up - down])
        got = _difference("breached", np.zeros(n), gap).p
        wanted = stats.binomtest(down, up + down).pvalue
        assert got == pytest.approx(max(wanted, stats.ttest_1samp(gap, 0.0).pvalue if down else 0.0))
    assert _difference("breached", np.zeros(5), np.zeros(5)).p == 1.0


def test_marks__a_test_without_a_value_counts_and_is_not_marked():
    assert marked_by_holm([math.nan, 1e-9, 1e-9]) == [False, True, True]
    assert marked_by_holm([1e-9, math.nan, 1e-9, 1e-12]) == [True, False, True, True]
    assert marked_by_holm([math.nan, 0.03]) == [False, False]


def test_compare__pairs_where_one_has_no_value_are_left_out(ensemble):
    gone = ensemble.rows["harm_people"].astype(float).where(ensemble.rows["replicate"] >= 10)
    got = compare(ensemble, changed(ensemble, harm_people=gone))
    assert got["harm_people"].n == 50
    failed = changed(ensemble, status=np.where(ensemble.rows["replicate"] < 7, "failed", "ok"))
    assert compare(ensemble, failed).pairs == 53


def test_compare__harm_comes_first_and_work_of_the_computer_never(ensemble):
    names = [each.name for each in compare(ensemble, ensemble).differences]
    assert names[0] == "harm_people"
    assert "events" not in names


def test_compare__another_seed_is_no_pair(ensemble):
    other = replace(ensemble, manifest=replace(ensemble.manifest, seed=5))
    with pytest.raises(InputError, match="seed"):
        compare(ensemble, other)


def told(ensemble, **settings):
    """Give the result with other settings in its manifest."""
    manifest = ensemble.manifest
    return replace(ensemble, manifest=replace(manifest, settings=dict(manifest.settings) | settings))


def test_compare__another_scenario_or_city_of_the_same_name_is_no_pair(ensemble):
    other = replace(ensemble, manifest=replace(ensemble.manifest, inputs={"scenario": "0" * 64}))
    with pytest.raises(InputError, match="scenario file"):
        compare(ensemble, other)
    with pytest.raises(InputError, match="city file"):
        compare(ensemble, told(ensemble, ground="0" * 64))


@pytest.mark.parametrize("setting", ["engine", "rules"])
def test_compare__another_engine_or_other_rates_are_no_pair(ensemble, setting):
    with pytest.raises(InputError, match=setting):
        compare(ensemble, told(ensemble, **{setting: "0" * 64}))


def test_compare__results_of_other_commits_versions_and_machines_are_a_pair(ensemble, monkeypatch):
    monkeypatch.setattr(manifest, "_git", lambda: "f" * 40)
    monkeypatch.setattr(manifest, "_version", lambda name: "9.9")
    scenario, plan, _ = inputs()
    _embedded.cache_clear()
    later = rehearse(scenario, plan, City.load("malang"), replicates=60, seed=4)
    _embedded.cache_clear()
    assert later.manifest.parents != ensemble.manifest.parents
    assert later.manifest.git == "f" * 40
    assert compare(ensemble, later).pairs == 60


def test_compare__plans_meet_in_one_game_and_other_rates_make_another():
    scenario, plan, city = inputs()
    by_ratio = plan_by_ratio(city, plan.force)
    one, two = (build_tables(Setting.make(scenario, each, city).spec) for each in (plan, by_ratio))
    assert digest_of(one) != digest_of(two)
    assert rules_of(one) == rules_of(two)
    slower = two._replace(travel=two.travel.copy())
    slower.travel.view(np.float32)[:] *= np.float32(1.1)
    hotter = two._replace(param=two.param.copy())
    hotter.param[at.PARAMETERS[0]][0] += 0.5
    assert len({rules_of(each) for each in (one, slower, hotter)}) == 3


def test_compare__unlike_results_are_told_by_names_and_hours_and_no_hash(ensemble):
    other = told(ensemble, scenario="quiet", horizon_s=86400.0, parameters={"a": 0.5}, rules="0" * 64)
    other = replace(other, manifest=replace(other.manifest, inputs={"scenario": "f" * 64}))
    with pytest.raises(InputError) as error:
        compare(ensemble, other)
    mine = ensemble.manifest.settings
    assert [(fault.field, fault.expected, fault.got) for fault in error.value.faults] == [
        ("scenario", f'"{mine["scenario"]}", as in the first', '"quiet"'),
        ("hours", f"{mine['horizon_s'] / 3600:g} hours", "24 hours"),
    ]
    with pytest.raises(InputError) as error:
        compare(ensemble, told(ensemble, parameters={"a": 0.5}, ground="0" * 64, engine="e" * 64))
    assert [fault.field for fault in error.value.faults] == ["parameters", "city file", "engine"]
    assert "a=0.5" in str(error.value)
    for lang in ("id", "en"):
        assert not re.search(r"[0-9a-f]{16}|\{|_s\b", tell(error.value, lang))


def test_compare__calls_that_nobody_came_to_count_as_the_report_counts_them(ensemble):
    """The answered are as fast in both, but in B each second police call past the standard is answered by nobody."""
    calls = ensemble.responses.copy()
    late = np.flatnonzero((calls["service"] == "police") & (calls["seconds"] > 60.0))[::2]
    calls.loc[calls.index[late], ["seconds", "waited", "outcome"]] = [np.nan, 7200.0, "open"]
    fewer = replace(ensemble, responses=calls)
    found = compare(ensemble, fewer)
    for name in ("within_police", "within_ambulance"):
        row = found[name]
        assert (row.a, row.b) == pytest.approx([each.measure(name).mean for each in (ensemble, fewer)]), name
    row = found["response_police_s"]
    assert row.difference == 0.0  # the time to the answer knows nothing of them
    lost = [int(each.responses.query("service == 'police'")["seconds"].isna().sum()) for each in (ensemble, fewer)]
    assert row.unanswered == tuple(lost)
    assert lost[1] == lost[0] + len(late) > lost[0]
    assert found["within_police"].difference < 0.0
    assert found["harm_people"].unanswered is None


def test_compare__the_line_has_a_row_of_its_time_and_one_of_whether_it_stood(ensemble):
    """Each second line that stood comes five minutes later in B, of the rest none comes at all: two rows tell it."""
    calls = ensemble.responses.copy()
    stood = np.flatnonzero((calls["service"] == "line") & calls["seconds"].notna())
    calls.loc[calls.index[stood[::2]], ["seconds", "waited"]] += 300.0
    calls.loc[calls.index[stood[1::2]], ["seconds", "waited", "outcome"]] = [np.nan, 7200.0, "not_needed"]
    later = replace(ensemble, responses=calls)
    found = compare(ensemble, later)
    time, share = found["response_line_s"], found["line_stood"]
    means = [
        each.responses.query("service == 'line'").groupby("replicate")["seconds"].mean() for each in (ensemble, later)
    ]
    both = means[0].index.intersection(means[1].index[means[1].notna()])
    assert (time.a, time.b) == pytest.approx([float(each.loc[both].mean()) / 60.0 for each in means])
    assert (share.a, share.b) == pytest.approx([each.measure("line_stood").mean for each in (ensemble, later)])
    assert share.difference < 0.0 < time.difference
    lines = [each.responses.query("service == 'line'")["seconds"] for each in (ensemble, later)]
    assert lines[1].isna().sum() > lines[0].isna().sum()
    assert time.unanswered == share.unanswered == tuple(int(each.isna().sum()) for each in lines)
    for lang in ("id", "en"):
        said = tell_comparison(found, title="", lang=lang)
        for key in ("stood_only", "never_stood"):
            assert words(lang)(f"compare.{key}", a=time.unanswered[0], b=time.unanswered[1]) in said
        assert all(quantity(name).sentence(lang) in said for name in ("response_line_s", "line_stood"))


def unserved(ensemble, *, service="ambulance", outcome="open", kept=()):
    """The same result in which nobody came to any call of a service, but in some replicates."""
    calls, column = ensemble.responses.copy(), f"response_{service}_s"
    lost = calls.index[(calls["service"] == service) & ~calls["replicate"].isin(kept)]
    calls.loc[lost, ["seconds", "waited", "outcome"]] = [np.nan, 7200.0, outcome]
    means = ensemble.rows[column].where(ensemble.rows["replicate"].isin(kept))
    return replace(changed(ensemble, **{column: means}), responses=calls)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("outcome", ["open", "not_needed"])
def test_compare__a_plan_that_answers_no_call_is_not_alike(ensemble, own, outcome):
    """No pair has a time to the answer under both plans; the share in time tells them apart, and how many were lost."""
    called = ensemble.responses.query("service == 'ambulance'")
    none = unserved(ensemble, outcome=outcome)
    other = replace(none, manifest=replace(none.manifest, seed=5)) if own else none
    found = compare(ensemble, other, own_luck=own)
    assert not found.alike
    assert {"response_ambulance_s", "within_ambulance"} & {e.name for e in found.differences} == {"within_ambulance"}
    assert "response_ambulance_s" in found.unlike
    assert found.to_dict()["unlike"] == list(found.unlike)
    row = found["within_ambulance"]
    assert (row.a, row.b) == pytest.approx([ensemble.measure("within_ambulance").mean, 0.0])
    assert row.sure
    assert row.unanswered == (int(called["seconds"].isna().sum()), len(called))


@pytest.mark.parametrize("lang", ["id", "en"])
def test_compare__a_value_under_one_plan_only_is_told(ensemble, lang):
    """Nor are two alike where one lacks a value in some pairs, whatever the others say."""
    gone = ensemble.rows["harm_people"].astype(float).where(ensemble.rows["replicate"] >= 1)
    found = compare(ensemble, changed(ensemble, harm_people=gone))
    assert found["harm_people"].same
    assert (found.alike, found.unlike) == (False, ("harm_people",))
    assert found.agreeing == len(found.differences) - 1
    said = tell_comparison(found, title="", lang=lang)
    assert words(lang)("compare.unlike", names=quantity("harm_people").sentence(lang)) in said
    assert words(lang)("alike.all_equal", n=60, share="4.9") not in said


def test_compare__what_was_not_seen_is_rarer_than_by_the_rule_of_three(ensemble):
    for n in (2, 20, 60):
        rows = ensemble.rows.iloc[:n]
        found = compare(replace(ensemble, rows=rows), replace(ensemble, rows=rows))
        assert found.alike
        assert (1.0 - found.unseen) ** n == pytest.approx(0.05)
    assert found.unseen == pytest.approx(3.0 / 60, rel=0.03)


def test_compare__a_city_with_one_street_moved_is_other_ground(ensemble):
    scenario, plan, city = inputs()
    length = city.roads.length_m.copy()
    arcs = np.flatnonzero(city.roads.edge == city.roads.edge[0])
    length[arcs] += 1.0
    moved = replace(city, roads=replace(city.roads, length_m=length))
    assert moved.manifest == city.manifest
    with pytest.raises(InputError, match="city file"):
        compare(ensemble, rehearse(scenario, plan, moved, replicates=60, seed=4))


def test_compare__a_guard_elsewhere_is_shielded_from_luck():
    scenario, plan, city = inputs()
    guard = next(i for i, post in enumerate(plan.posts) if post.task == "guard" and post.at not in ("kpu", "bawaslu"))
    moved = plan.posts[guard].__class__(**(vars(plan.posts[guard]) | {"task": "mobile"}))
    posts = (*plan.posts[:guard], moved, *plan.posts[guard + 1 :])
    results = [rehearse(scenario, each, city, replicates=60, seed=4) for each in (plan, replace(plan, posts=posts))]
    found = compare(*results)
    assert found["violent_person_s"].ratio > 2.0


# --- precision --------------------------------------------------------------------------------------------------------


def test_precision__looks_double_and_end_at_the_most():
    assert list(Precision({}, most=1000).looks()) == [200, 400, 800, 1000]
    assert list(Precision({}, most=150).looks()) == [150]


def test_precision__stops_at_the_same_number_whoever_plays():
    ask = Precision({"breached": 8.0}, most=3200)
    one, three = (rehearse(*inputs(), replicates=ask, run=Run(workers=workers)) for workers in (1, 3))
    assert one.to_json() == three.to_json()
    n = len(one.rows)
    assert n in list(ask.looks())
    assert one.manifest.settings["replicates"] == n
    assert one.shortfalls() == []
    measure = one.measure("breached")
    assert (measure.high - measure.low) / 2 <= 8.0
    if n > 200:
        before = rehearse(*inputs(), replicates=n // 2).measure("breached")
        assert (before.high - before.low) / 2 > 8.0


def test_precision__says_that_the_budget_ended_first():
    result = rehearse(*inputs(), replicates=Precision({"breached": 0.01}, most=100))
    (short,) = result.shortfalls()
    assert (short.name, short.asked, short.unit) == ("breached", 0.01, "%")
    assert short.got > 1.0
    assert json.loads(result.to_json())["shortfalls"][0]["name"] == "breached"


def test_precision__all_faults_at_once():
    with pytest.raises(InputError) as error:
        Precision.parse(["harm_peple=1", "breached=zero", "detained=-1", "fires"], most=10)
    assert len(error.value.faults) == 4
    assert "harm_people" in str(error.value)
    assert Precision.parse([], most=10) is None


def test_precision__a_measure_without_figures_is_never_sharp():
    names = [each.name for each in quantities(kind="measure")]
    assert [short.got for short in Precision({names[0]: 1.0}).shortfalls([])] == [math.inf]


@pytest.mark.parametrize("lang", ["id", "en"])
def test_command__tells_the_difference_in_both_languages(lang, tmp_path):
    call = ["plan", "compare", "malang-500", "malang-500", "-n", "50", "--lang", lang]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    assert words(lang)("alike.all_equal", n=50, share={"id": "5,8", "en": "5.8"}[lang]) in result.output


def test_command__json(tmp_path):
    result = CliRunner().invoke(app, ["plan", "compare", "malang-500", "malang-500", "-n", "50", "--json"])
    found = json.loads(result.stdout)
    assert found["pairs"] == 50
    assert found["differences"]["harm_people"]["difference"] == 0.0
