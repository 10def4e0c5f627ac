"""The description of a result: its figures are the engine's, its findings no surer than their intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parts.ensemble_fixture import make_ensemble
from sispamkota.rehearsal.intervals import Estimate
from sispamkota.review.answers import _well
from sispamkota.review.findings import find, of_100
from sispamkota.review.pdf import report_book
from sispamkota.review.plain import plain_words
from sispamkota.review.report import render_report
from sispamkota.review.summary import choices, describe, digits
from sispamkota.schema import Assumption, quantities, quantity
from sispamkota.words import number, words


@pytest.fixture(scope="module")
def ensemble():
    return make_ensemble()


@pytest.fixture(scope="module")
def summary(ensemble):
    return describe(ensemble, lang="id")


def with_column(ensemble, **columns):
    """The same ensemble with other values of some measures."""
    return replace(ensemble, rows=ensemble.rows.assign(**columns))


def near(n: int, centre: float, *, half: float) -> np.ndarray:
    """Values whose median lies at `centre`, half of them on either side."""
    return centre + half * np.linspace(-1, 1, n)


def test_describe__figures_are_the_engines(ensemble, summary):
    ok = ensemble.rows[ensemble.rows.status == "ok"]
    for measure in ensemble.measures():
        row = summary.row(measure.name)
        shown, own = (
            (row.estimate.value, row.estimate.low, row.estimate.high),
            (measure.median, measure.low, measure.high),
        )
        np.testing.assert_array_equal(shown, own)  # NaN where nothing was measured
        if row.is_event:
            assert row.estimate.value == pytest.approx(100 * ok[measure.name].mean())
        assert row.standard == measure.standard
        if measure.statistic != "pooled":
            assert len(row.values) == measure.n


def test_describe__failed_replicates_do_not_count(ensemble, summary):
    assert (summary.replicates, summary.failed) == (199, 1)
    assert summary.people == ensemble.posts.people.sum()


def test_describe__units_come_from_the_screen(ensemble, summary):
    ok = ensemble.rows[ensemble.rows.status == "ok"]
    assert np.median(summary.row("response_fire_s").values) == pytest.approx(np.median(ok.response_fire_s) / 60)
    assert summary.row("response_fire_s").unit == "menit"
    assert summary.row("merah").unit == "dari 100 ulangan"


def test_choices__name_measures_of_the_registry():
    known = {each.name for each in quantities(kind="measure")}
    lists = [*choices()["groups"].values(), *(choices()[key] for key in ("five", "ledger_harm", "ledger_force"))]
    lists += [
        choices()["distributions"],
        choices()["higher_is_better"],
        *(rule["measures"] for rule in choices()["rule"]),
    ]
    named = {name for names in lists for name in names}
    assert named <= known
    assert known <= {name for names in choices()["groups"].values() for name in names}


@pytest.mark.parametrize(
    ("estimate", "standard", "expected"),
    [
        (Estimate(12.4, 11.1, 13.2), None, 0),
        (Estimate(8.37, 8.11, 8.92), None, 1),
        (Estimate(0.0, 0.0, 0.0), None, 0),
        (Estimate(10.2, 9.9, 10.4), 10.0, 1),  # "10 (10–10), standard 10" would hide that it is undecided
        (Estimate(18.2, 17.9, 18.4), 15.0, 1),  # "18 (18–18)" would hide the interval
    ],
)
def test_digits__two_figures_or_as_many_as_the_verdict_needs(estimate, standard, expected):
    assert digits(estimate, standard) == expected


def test_row__half_a_person_goes_up(ensemble):
    even = with_column(ensemble, harm_people=np.repeat([2.0, 3.0], 100))
    even = with_column(even, status="ok")
    row = describe(even, lang="id").row("harm_people")
    assert row.estimate.value == 2.5
    assert row.shown == "3"


def test_row__without_a_value_has_one_dash_for_an_interval(ensemble, tmp_path):
    none = with_column(ensemble, response_ambulance_s=np.full(len(ensemble.rows), np.nan))
    none = replace(none, responses=none.responses.iloc[:0])
    row = describe(none, lang="id").row("response_ambulance_s")
    assert (row.shown, row.interval) == ("–", "–")
    assert describe(ensemble, lang="id").row("harm_people").interval.count("–") == 1
    assert len(describe(ensemble, lang="id").row("harm_people").interval) >= 3


def test_findings__at_most_three_harm_first(summary):
    assert len(summary.findings) == 3
    assert summary.findings[0].key == "harm"


def test_findings__claims_hold_over_the_whole_interval(summary):
    rules = {rule["key"]: rule for rule in choices()["rule"]}
    for finding in summary.findings:
        rule = rules[finding.key]
        if rule["test"] == "late_place":
            continue
        row = summary.row(next(name for name in finding.measures if name in rule["measures"]))
        if rule["test"] == "over":
            assert row.estimate.low > rule["limit"]
        else:
            assert row.estimate.low > row.standard


@pytest.mark.parametrize(("centre", "late"), [(17.0, True), (15.0, False), (13.0, False)])
def test_findings__late_only_beyond_the_standard(centre, late):
    quiet = make_ensemble(quiet=True)
    calls = quiet.responses.copy()
    fire = calls["service"] == "fire"
    seconds = np.random.default_rng(3).permutation(near(int(fire.sum()), centre * 60, half=120))
    calls.loc[fire, "seconds"] = calls.loc[fire, "waited"] = seconds
    found = describe(replace(quiet, responses=calls), lang="id").findings
    assert [finding.key for finding in found] == (["late"] if late else [])


@pytest.mark.parametrize(("events", "spoken"), [(30, True), (13, False), (0, False)])
def test_findings__an_event_speaks_above_its_limit(events, spoken):
    quiet = make_ensemble(quiet=True)
    found = describe(with_column(quiet, breached=(np.arange(200) < events) * 1.0), lang="id").findings
    assert [finding.key for finding in found] == (["breach"] if spoken else [])


def test_findings__name_a_place_only_when_it_stands_out(ensemble):
    places = ensemble.places.copy()
    places.loc[places.place == "bawaslu", "breached"] = places.loc[places.place == "kpu", "breached"].to_numpy()
    apart = describe(ensemble, lang="id").findings[1]
    alike = describe(replace(ensemble, places=places), lang="id").findings[1]
    assert "KPU Kota Malang" in apart.evidence
    assert "Paling sering" not in alike.evidence


@pytest.mark.parametrize("lang", ["id", "en"])
def test_findings__quiet_finds_nothing(lang):
    summary = describe(make_ensemble(quiet=True), lang=lang)
    assert summary.findings == ()
    assert summary.unseen_percent == pytest.approx(1.5)


def test_late__by_place_is_recomputed(ensemble, summary):
    for late in summary.late:
        calls = ensemble.responses[
            (ensemble.responses.service == late.service) & (ensemble.responses.place == late.place)
        ]
        assert late.calls == len(calls)
        assert late.censored == calls.seconds.isna().sum()
        assert late.share.value == pytest.approx(1 - (calls.seconds <= late.standard).mean())
        assert late.share.low > 0.5 or late.verdict != "missed"
        assert (late.verdict == "few") == (late.calls < choices()["few_calls"])


def test_findings__a_late_place_speaks_when_no_service_is_late_as_a_whole():
    quiet = make_ensemble(quiet=True)
    calls = quiet.responses
    far = calls.assign(
        seconds=np.where((calls.place == "bawaslu") & (calls.service == "police"), 1500.0, calls.seconds)
    )
    (finding,) = describe(replace(quiet, responses=far), lang="id").findings
    assert finding.key == "late_place"
    assert finding.sentence == "Polisi datang terlambat ke Bawaslu Kota Malang: 100 dari 100 panggilan."
    half = calls.assign(seconds=np.where(calls.place == "bawaslu", np.where(calls.index % 2, 1500.0, 60.0), 60.0))
    assert describe(replace(quiet, responses=half), lang="id").findings == ()


def test_late__the_most_late_calls_come_first_on_page_and_paper_alike():
    """A rare call that is always late does not stand before many that mostly are, nor rounds to all."""
    quiet = make_ensemble(quiet=True)
    police = quiet.responses[quiet.responses.service == "police"].head(360).reset_index(drop=True)
    many = np.arange(360) < 300
    slow = np.where(many, police.index % 10 > 0, police.index % 60 > 0)
    calls = police.assign(place=np.where(many, "bawaslu", "kpu"), seconds=np.where(slow, 1500.0, 60.0))
    ensemble = replace(quiet, responses=calls)
    (finding,) = describe(ensemble, lang="en").findings
    book, _ = report_book(ensemble, lang="en", audience="service")
    hot = render_report(ensemble, lang="en").split('id="hotspots"')[1]
    assert finding.against.startswith("the whole 95% interval lies above the standard")
    assert "Most late calls at Bawaslu Kota Malang: 90 of 100 police calls." in finding.evidence
    assert [row[0] for row in book["map"]["late"]] == ["Bawaslu Kota Malang, police", "KPU Kota Malang, police"]
    assert hot.index("Bawaslu Kota Malang") < hot.index("KPU Kota Malang")
    assert "&gt;99 %" in hot
    assert ">99 %" in book["map"]["late"][1][3]


def test_assumptions__the_weightiest_come_first(ensemble):
    keys = [each.key for each in ensemble.assumptions]
    renamed = [Assumption(key, key, key, "assumed") for key in [*keys, *reversed(choices()["rests_first"])]]
    found = [each.key for each in describe(replace(ensemble, assumptions=tuple(renamed)), lang="en").assumptions]
    assert found == [*choices()["rests_first"], *keys]


def test_late__few_calls_decide_nothing(ensemble):
    few = choices()["few_calls"]
    kpu = ensemble.responses[(ensemble.responses.place == "kpu") & (ensemble.responses.service == "police")]
    for count, verdict in ((few - 1, "few"), (few, "missed")):
        calls = kpu.head(count).assign(seconds=3600.0)
        (late,) = describe(replace(ensemble, responses=calls), lang="id").late
        assert late.verdict == verdict


def test_findings__a_late_service_silences_its_places():
    quiet = make_ensemble(quiet=True)
    slow = with_column(quiet, response_police_s=near(200, 1500.0, half=60))
    slow = replace(slow, responses=quiet.responses.assign(seconds=1500.0))
    assert [finding.key for finding in describe(slow, lang="id").findings] == ["late"]


def test_places__shares_of_time_add_up(ensemble, summary):
    for row in summary.places:
        assert row.hijau.mean.value + row.kuning.mean.value + row.merah.mean.value == pytest.approx(1)
    kpu = next(row for row in summary.places if row.place == "kpu")
    ok = ensemble.rows.loc[ensemble.rows.status == "ok", "replicate"]
    mine = ensemble.places[(ensemble.places.place == "kpu") & ensemble.places.replicate.isin(ok)]
    assert kpu.merah.mean.value == pytest.approx(mine.seconds_merah.mean() / ensemble.horizon_s)


def test_plain_words__sort_the_standards(summary):
    text = " ".join(plain_words(summary))
    for row in summary.rows:
        assert (row.label + " (" in text) == (row.verdict != "none")


@given(st.floats(0, 1))
def test_of_100__never_says_none_or_all_of_what_is_neither(share):
    said = of_100(share)
    assert (said == "0") == (share == 0)
    assert (said == "100") == (share == 1)


def test_findings__two_services_are_as_sure_as_the_less_sure(summary):
    """Police just beyond its standard, fire far beyond: the sentence holds both, so it is as sure as the police."""

    def late(name, value, low, high, standard):
        return replace(summary.row(name), estimate=Estimate(value, low, high), standard=standard, verdict="missed")

    police = late("response_police_s", 10.6, 10.01, 11.2, 10.0)
    fire = late("response_fire_s", 40.0, 38.0, 42.0, 15.0)
    alone, both = (find(rows, choices()["rule"], "en")[0].sure for rows in ([fire], [police, fire]))
    assert (alone, both) == ("almost certain", "fairly sure")


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("kind", ["rule", "well"])
def test_findings__each_says_its_limit_and_whose_it_is(ensemble, lang, kind):
    summary, t = describe(ensemble, lang=lang), words(lang)
    own = {"id": "pilihan laporan ini", "en": "chosen by this report"}[lang]
    for rule in (each for each in choices()[kind] if each["test"] != "late_place"):
        row, limit = summary.row(rule["measures"][0]), rule.get("limit", 0.0)
        if rule["tag"] == "standard":
            limit = row.standard
        above = rule["test"] in ("over", "beyond")
        value = limit + 20.0 if above else limit - 0.5
        verdict = {"beyond": "missed", "kept": "met"}.get(rule["test"], "none")
        row = replace(row, estimate=Estimate(value, value - 0.2, value + 0.2), verdict=verdict, n=200)
        if kind == "rule":
            (finding,) = find([row], [rule], lang)
        else:
            (finding,) = _well(replace(summary, rows=(row,)), [rule], t)
        said = finding.say_sure(t)
        assert number(limit, lang, digits=int(limit % 1 != 0)) in said
        if rule["tag"] == "standard":
            source = quantity(row.name).standard.source.split(":")[0]
            assert f"[{source}]" in said
        else:
            assert own in said
        assert said.startswith(t("sure.grade_2"))
    place = next(each for each in choices()["rule"] if each["test"] == "late_place")
    late = [replace(each, verdict="missed", share=Estimate(0.9, 0.8, 0.95)) for each in summary.late if each.standard]
    (finding,) = find([], [place], lang, where=(late[:1], ()))
    assert own in finding.say_sure(t)
    assert "[S" in finding.say_sure(t)
    for grade in range(3):
        assert f"“{t(f'sure.grade_{grade}')}”".lower() in t("sure.luck", replicates="9").lower()


def test_late__what_one_place_alone_would_show_is_not_sure_among_many():
    """117 of 200 calls late: p = 0.016, sure alone, and not among more than three places judged together (Holm)."""
    quiet = make_ensemble(quiet=True)
    places = ["kpu", "bawaslu", "35.73.05.1003", "35.73.04.1002", "35.73.01.1001", "35.73.01.1007"]

    def judged(kept):
        calls = quiet.responses.head(200 * len(kept)).assign(
            place=np.repeat(kept, 200), service="police", replicate=np.tile(range(200), len(kept)),
            outcome="answered", seconds=np.tile(np.where(np.arange(200) < 117, 700.0, 300.0), len(kept)),
        )  # fmt: skip
        late = describe(replace(quiet, responses=calls.assign(waited=calls.seconds)), lang="en").late
        assert all(each.share.low > 0.5 for each in late)
        return {each.verdict for each in late}

    assert judged(places[:1]) == {"missed"}
    assert judged(places) == {"undecided"}
