"""Stored results side by side: what may be compared, what luck is worth, and how many statements hold together."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from laws.worlds import inputs
from sispamkota.errors import InputError
from sispamkota.plan import plan_by_ratio
from sispamkota.rehearsal import Ensemble, compare, rehearse
from sispamkota.rehearsal.compare import LEAST_PAIRS, Comparison, Difference, _apart, surely, welch_t
from sispamkota.rehearsal.compare_places import compare_places
from sispamkota.review import compare_page as the_page
from sispamkota.review import compare_results as results
from sispamkota.review.city_of import city_of
from sispamkota.review.compare_results import compare_results, write_comparison
from sispamkota.review.summary import choices
from sispamkota.schema import quantity
from sispamkota.words import catalogue, figure, words


@pytest.fixture(scope="module")
def city():
    return inputs()[2]


@pytest.fixture(scope="module")
def pair():
    scenario, plan, city = inputs()
    by_ratio = plan_by_ratio(city, plan.force)
    return [rehearse(scenario, each, city, replicates=80, seed=4) for each in (plan, by_ratio)]


@pytest.fixture(scope="module")
def foreign():
    return rehearse(*inputs(), replicates=40, seed=5)


def text_of(path) -> str:
    page = path.read_text(encoding="utf-8")
    page = re.sub(r"<style>.*?</style>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


# --- what may be compared ---------------------------------------------------------------------------------------------


def test_results__of_other_scenarios_cities_or_engines_are_refused_all_at_once(pair, tmp_path):
    a, b = pair
    settings = dict(b.manifest.settings) | {"horizon_s": 60.0, "engine": "older", "ground": "0" * 64}
    odd = replace(b, manifest=replace(b.manifest, settings=settings, inputs={"scenario": "0" * 64}))
    with pytest.raises(InputError) as error:
        write_comparison([a, odd, odd], tmp_path / "c.html", lang="en")
    fields = {(fault.where, fault.field) for fault in error.value.faults}
    named = {"scenario file", "city file", "hours", "engine"}
    assert fields == {(where, field) for where in ("A, B", "A, C") for field in named}
    assert list(tmp_path.iterdir()) == []


def test_results__one_alone_is_refused(pair):
    with pytest.raises(InputError, match="2 to 8"):
        compare_results(pair[:1], lang="en")


def test_compare__other_seeds_are_still_refused_where_luck_is_to_be_shared(pair, foreign):
    with pytest.raises(InputError, match="seed"):
        compare(pair[0], foreign)


# --- luck -------------------------------------------------------------------------------------------------------------


def test_own_luck__intervals_are_those_of_welchs_test(pair, foreign):
    found = compare(pair[0], foreign, own_luck=True)
    assert not found.paired
    assert found.pairs == 40
    a, b = (each.rows["harm_people"].to_numpy(float) for each in (pair[0], foreign))
    test = stats.ttest_ind(b, a, equal_var=False)
    interval = test.confidence_interval(0.95)
    got = found["harm_people"]
    assert (got.low, got.high, got.p) == pytest.approx((interval.low, interval.high, test.pvalue), rel=1e-9)
    assert got.difference == pytest.approx(b.mean() - a.mean())


def test_own_luck__with_one_seed_pairs_are_still_taken(pair):
    assert compare(*pair, own_luck=True) == compare(*pair)


def test_same_luck__p_is_that_of_the_paired_test(pair):
    for row in (each for each in compare(*pair).differences if each.name in pair[0].rows):
        a, b = (each.rows[row.name].to_numpy(float) for each in pair)
        if np.nanvar(b - a) > 0.0:
            expected = stats.ttest_rel(b, a, nan_policy="omit").pvalue
            if np.isfinite(b - a).sum() >= LEAST_PAIRS:
                assert row.p == pytest.approx(float(expected), rel=1e-6, abs=1e-300), row.name
            assert row.p >= float(expected) * (1.0 - 1e-6)
            assert row.alone == (float(expected) < 0.05)


def test_places__without_the_same_luck_by_welch(pair, foreign, city):
    gaps = compare_places(pair[0], foreign, city)
    assert gaps
    gap = max(gaps, key=lambda each: abs(each.difference))
    column = {"hurt": pair[0].places, "waiting": pair[0].responses}[gap.measure]
    places = [p for p in column["place"].unique() if city.find(str(p)).kode_kel == gap.code]
    values = []
    for each in (pair[0], foreign):
        frame = (
            each.places.assign(value=each.places.get("hurt"))
            if gap.measure == "hurt"
            else each.responses.assign(value=each.responses["waited"] / 60.0)
        )
        sums = frame[frame["place"].isin(places)].groupby("replicate")["value"].sum()
        values.append(sums.reindex(each.rows["replicate"], fill_value=0.0).to_numpy(float))
    assert (gap.difference, gap.low, gap.high) == pytest.approx(welch_t(*values, among=len(gaps)))
    alone = stats.ttest_ind(values[1], values[0], equal_var=False).confidence_interval(1.0 - 0.05 / len(gaps))
    assert (gap.low, gap.high) == pytest.approx((alone.low, alone.high))


@pytest.mark.parametrize("own", [False, True])
def test_places__two_replicates_that_happen_to_agree_are_not_sure(pair, city, own):
    """One person hurt more in both has no spread, and t an interval without width: no proof of anything."""

    def short(n, more):
        first = pair[0].places["place"].iloc[0]
        own_seed = replace(pair[0].manifest, seed=9 if own and more else pair[0].seed)
        places = pair[0].places.assign(hurt=1.0 * more * (pair[0].places["place"] == first))
        return replace(pair[0], rows=pair[0].rows.iloc[:n], places=places, manifest=own_seed)

    for n, sure in ((2, False), (4, False), (60, True)):
        gap = next(each for each in compare_places(short(n, 0), short(n, 1), city) if each.difference == 1.0)
        assert (gap.low, gap.high, gap.sure) == (1.0, 1.0, sure), n


# --- how many statements hold together --------------------------------------------------------------------------------


def of_p(*ps: float) -> Comparison:
    rows = [Difference(f"m{k}", "", 1.0, 1.0, 0.0, -1.0, 1.0, 9, 1.0, p) for k, p in enumerate(ps)]
    return Comparison("A", "B", "s", 9, tuple(rows))


def test_surely__steps_down_over_all_comparisons():
    assert surely([of_p(0.011, 0.02, 0.04), of_p(0.5)]) == (frozenset({"m0"}), frozenset())  # 0.05/4, 0.05/3, …
    assert surely([of_p(0.013, 0.001)]) == (frozenset({"m0", "m1"}),)  # 0.05/2, then 0.05
    assert surely([of_p(0.026, 0.9)]) == (frozenset(),)
    assert surely([of_p(0.0, 1.0)]) == (frozenset({"m0"}),)


def test_surely__names_nothing_in_95_of_100_pages_without_a_difference():
    """2,000 pages of 40 measures each: the rate of false pages is binomial around at most 5 %."""
    ps = np.random.default_rng(8).random((2000, 40))
    false = sum(bool(surely([of_p(*row)])[0]) for row in ps)
    assert 0.02 < false / 2000 < 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / 2000)


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["id", "en"])
def test_page__figures_are_those_of_the_comparison(pair, city, tmp_path, lang):
    text = text_of(write_comparison(pair, tmp_path / "c.html", lang=lang, city=city))
    found = compare(*pair)
    names = surely([found])[0]
    kinds = {"surely": 0, "alone": 0, "open": 0}
    for row in found.differences:
        if row.a == row.b and row.low == row.high:
            continue
        kind = "surely" if row.name in names else "alone" if row.alone else "open"
        kinds[kind] += 1
        signed = [
            f"{'+' if v > 0 else ''}{figure(v, lang)}".replace("-", "−") for v in (row.difference, row.low, row.high)
        ]
        cells = [figure(row.a, lang), figure(row.b, lang), *signed, catalogue(lang)[f"results.{kind}"]]
        assert " ".join(cells) in text, row.name
    assert kinds["surely"] > 0
    heads = [catalogue(lang)[f"compare.{key}"] for key in ("mean_a", "mean_b", "mean_difference", "low", "high")]
    cells = re.findall(r'<td class="number" data-head="([^"]+)">', (tmp_path / "c.html").read_text("utf-8"))
    assert cells == heads * sum(kinds.values())  # on a narrow screen each cell has its own head
    assert catalogue(lang)["page.mark_service"] in text
    assert catalogue(lang)["results.twins"] in text


def shifted(ensemble, **by):
    """The same result with some measures higher, by a little luck of their own."""
    rng, rows = np.random.default_rng(1), ensemble.rows.copy()
    for name, value in by.items():
        rows[name] = rows[name].fillna(0.0) + value * (1.0 + 0.01 * rng.standard_normal(len(rows)))
    manifest = replace(ensemble.manifest, settings=dict(ensemble.manifest.settings) | {"plan": "other"})
    return replace(ensemble, rows=rows, plan="other", manifest=manifest)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_page__names_what_surely_differs_though_harm_does_not(pair, city, tmp_path, lang):
    t, order = catalogue(lang), ["tps_closed_s", "attendance_peak"]  # none of those that are told first
    other = shifted(pair[0], attendance_peak=100.0, tps_closed_s=600.0)
    text = text_of(write_comparison([pair[0], other], tmp_path / "c.html", lang=lang, city=city))
    told = text[text.index(t["results.found"]) : text.index(t["results.all"])]
    labels = [quantity(name).sentence(lang) for name in sorted(order, key=lambda n: list(pair[0].rows).index(n))]
    assert [told.index(label) for label in labels] == sorted(told.index(label) for label in labels)
    assert "+10" in told

    fences = shifted(pair[0], perimeter_damaged=-0.5, **dict.fromkeys(("tps_closed_s", "attendance_peak"), 1e3))
    text = text_of(write_comparison([pair[0], fences], tmp_path / "e.html", lang=lang, city=city))
    told = text[text.index(t["results.found"]) : text.index(t["results.all"])]
    first, later = (quantity(name).sentence(lang) for name in ("perimeter_damaged", "tps_closed_s"))
    assert told.index(first) < told.index(later)

    many = dict.fromkeys(("harm_people", "deaths", "detained", "dispersed", "tps_closed_s", "seconds_kuning"), 1000.0)
    many |= {"attendance_peak": 1e3, "events": 1e3, "duty_longest_s": 1e5, "violent_person_s": 1e6, "fires": 1e3}
    text = text_of(write_comparison([pair[0], shifted(pair[0], **many)], tmp_path / "d.html", lang=lang, city=city))
    told = text[text.index(t["results.found"]) : text.index(t["results.all"])]
    assert told.index(quantity("harm_people").sentence(lang)) < told.index(quantity("deaths").sentence(lang))
    (names,) = surely([compare(pair[0], shifted(pair[0], **many))])
    assert len(names) >= 9
    assert all(quantity(name).sentence(lang) in told for name in names)
    assert told.count(";") >= 5 + len(names) - the_page.MOST - 1  # five sentences, and the names of the others


@pytest.mark.parametrize("audience", ["service", "public"])
@pytest.mark.parametrize("lang", ["id", "en"])
def test_page__of_one_result_twice_is_one_sentence(pair, city, tmp_path, lang, audience):
    path = write_comparison([pair[0]] * 2, tmp_path / "c.html", lang=lang, city=city, audience=audience)
    text, t = text_of(path), catalogue(lang)
    assert text.count(t["alike.one_result"]) == 1
    assert not re.search(r"\b3\d\b", text)  # no number of measures that are alike or were tested
    assert "<table" not in path.read_text("utf-8")
    assert "<svg" not in path.read_text("utf-8")
    equal = replace(pair[0], manifest=replace(pair[0].manifest, git="f" * 40), plan="other")
    text = text_of(write_comparison([pair[0], equal], tmp_path / "d.html", lang=lang, city=city, audience=audience))
    assert t["alike.one_result"] not in text
    assert words(lang)("alike.all_equal", n=80, share={"id": "3,7", "en": "3.7"}[lang]) in text


@pytest.mark.parametrize("lang", ["id", "en"])
def test_page__a_response_time_says_what_it_leaves_out(pair, city, tmp_path, lang):
    text = text_of(write_comparison(pair, tmp_path / "c.html", lang=lang, city=city))
    row = compare(*pair)["response_police_s"]
    a, b = row.unanswered
    assert min(a, b) > 0
    assert catalogue(lang)["compare.answered_only"].format(a=a, b=b) in text
    assert catalogue(lang)["compare.means"] in text
    assert catalogue(lang)["compare.mean_a"] in text
    note = catalogue(lang)["compare.not_in_time"].format(a=a, b=b)
    assert f"{quantity('within_police').sentence(lang)} (%) {note}" in text


def served(result, replicates, late, *, seed):
    """The result with other calls: in `late` of its replicates all come too late, in the rest all in time."""
    late_from = 9e3, 60.0  # one call or two: parts in a share over calls are then no round figures
    calls = [("police", r, "answered", late_from[r >= late]) for r in range(replicates) for _ in range(1 + r % 2)]
    frame = pd.DataFrame(calls, columns=["service", "replicate", "outcome", "seconds"])
    rows = pd.concat([result.rows.iloc[:1]] * replicates, ignore_index=True).assign(replicate=range(replicates))
    manifest = replace(result.manifest, seed=seed)
    return replace(result, responses=frame.assign(waited=frame["seconds"]), rows=rows, manifest=manifest)


def test_own_luck__twenty_replicates_in_time_are_no_sure_difference_from_98_of_100(pair):
    """The share in time of twenty replicates in which all calls were in time has no spread; Fisher's test stands in."""
    many, few = served(pair[0], 1000, 20, seed=1), served(pair[0], 20, 0, seed=2)
    expected = stats.fisher_exact([[980, 20], [20, 0]]).pvalue
    assert compare(many, few, own_luck=True)["within_police"].p == pytest.approx(expected)
    assert compare(few, many, own_luck=True)["within_police"].p == pytest.approx(expected)
    assert compare(few, served(pair[0], 1000, 900, seed=3), own_luck=True)["within_police"].p < 1e-9


def test_own_luck__none_in_time_is_held_against_none_in_time(pair):
    """Of twenty replicates in which nobody came in time the same is asked: of none, not of all."""
    many, few = served(pair[0], 1000, 980, seed=1), served(pair[0], 20, 20, seed=2)
    expected = stats.fisher_exact([[980, 20], [20, 0]]).pvalue
    assert compare(many, few, own_luck=True)["within_police"].p == pytest.approx(expected)
    some, none = served(pair[0], 200, 20, seed=3), served(pair[0], 200, 200, seed=4)
    calls = [(r, 9e3 if k == 0 else 60.0) for r in range(200) for k in range(2 + r % 2)]  # never all in time, nor none
    mixed = pd.DataFrame(calls, columns=["replicate", "seconds"]).assign(service="police", outcome="answered")
    some = replace(some, responses=mixed.assign(waited=mixed["seconds"]))
    row = compare(some, none, own_luck=True)["within_police"]
    assert (row.b, row.sure) == (0.0, True)
    assert row.p < 1e-9


@pytest.mark.parametrize("one_seed", [False, True])
@pytest.mark.parametrize("k", [3, 6, 7])
def test_share_in_time__that_is_the_same_in_every_replicate_has_no_spread_but_rounding(pair, one_seed, k):
    """One of k calls too late, or two: constant shares; then signs, or the least of any exact test, stand in."""

    def late(count, seed):
        seconds = np.where(np.arange(12 * k) % k < count, 9e3, 60.0 + 0.01 * np.arange(12 * k))
        calls = pd.DataFrame({"service": "police", "replicate": np.repeat(np.arange(12), k), "seconds": seconds})
        result = served(pair[0], 12, 0, seed=seed)
        return replace(result, responses=calls.assign(outcome="answered", waited=seconds))

    row = compare(late(1, 1), late(2, 1 if one_seed else 2), own_luck=True)["within_police"]
    assert row.difference == pytest.approx(-100.0 / k)
    assert row.p == pytest.approx(2.0 * 0.5**12 if one_seed else 2.0 / special.comb(24, 12))


def test_page__another_seed_says_that_luck_is_not_shared(pair, foreign, city, tmp_path):
    text = text_of(write_comparison([pair[0], foreign], tmp_path / "c.html", lang="en", city=city))
    assert "Luck is not shared: the seeds differ (4, 5)" in text
    assert f"{pair[0].plan}, seed 4" in text
    assert "same luck: differences" not in text


def test_page__the_public_sees_no_place_no_reserve_no_player(pair, city, tmp_path):
    path = tmp_path / "c.html"
    page = write_comparison(pair, path, lang="en", city=city, audience="public").read_text("utf-8")
    text = text_of(path)
    assert "<script" not in page
    assert "<svg" not in page
    assert catalogue("en")["page.mark_service"] not in page
    secret = {*pair[0].posts["unit"], *(str(n) for n in city.kelurahan["nama"])}
    assert [each for each in secret if each in text] == []
    labels = {row["name"]: row for row in compare(*pair).to_table().to_dict("records")}
    hidden = [quantity(name).sentence("en") for name in labels if name not in choices()["public"]["measures"]]
    assert hidden
    assert [each for each in hidden if each in text] == []


@pytest.mark.parametrize("audience", ["service", "public"])
def test_page__a_verdict_is_over_all_measures_in_every_edition(pair, city, tmp_path, monkeypatch, audience):
    """Of 20 measures the public sees one, with a p that holds alone and not among 20."""
    name = choices()["public"]["measures"][0]
    rows = [Difference(f"m{k}", "", 1.0, 2.0, 1.0, -1.0, 3.0, 9, 1.0, 0.9) for k in range(19)]
    rows.append(Difference(name, "", 10.0, 20.0, 10.0, 5.0, 15.0, 9, 1.0, 0.01))
    found = [Comparison("A", "B", "s", 9, tuple(rows))]
    monkeypatch.setattr(results, "compare_results", lambda ensembles, lang: found)
    monkeypatch.setattr(the_page, "measure_label", lambda name, unit, lang: name)
    path = write_comparison(pair, tmp_path / "c.html", lang="en", city=city, audience=audience)
    text, t = text_of(path), catalogue("en")
    assert f"{name} 10.0 20.0 +10.0 +5.00 +15.0 {t['results.alone']}" in text
    assert t["results.none_surely"] in text
    assert t["results.honest"].format(m=20) in text
    assert ("m7" in text) == (audience == "service")


def test_page__plays_the_same_replicate_of_both(pair, city, tmp_path):
    page = write_comparison(pair, tmp_path / "c.html", lang="en", city=city).read_text("utf-8")
    packed = re.findall(r'class="playback-doc" data-packed="gzip">([^<]+)<', page)
    told = [json.loads(gzip.decompress(base64.b64decode(each))) for each in packed]
    assert [each["about"]["replicate"] for each in told] == [int(pair[0].series["replicate"].iloc[0])] * 2
    assert [each["about"]["plan"] for each in told] == [each.plan for each in pair]
    assert page.count("<script>") == 1
    assert page.count("<svg") == page.count("</svg>")
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_page__both_maps_show_the_same_ground(pair, city, tmp_path):
    page = write_comparison(pair, tmp_path / "c.html", lang="en", city=city).read_text("utf-8")
    maps = re.findall(r'<figure class="map twin">.*?</figure>', page, re.DOTALL)
    frames = [set(re.findall(r'transform="(scale[^"]+)"', each)) for each in maps]
    assert len(frames) == 2
    assert frames[0] == frames[1] != set()


def test_city__is_found_by_what_is_in_it_whoever_read_it(pair):
    def told(**settings):
        manifest = replace(pair[0].manifest, git="f" * 40, version="9.9", parents=("0" * 64,))
        return replace(pair[0], manifest=replace(manifest, settings=dict(manifest.settings) | settings))

    assert city_of(told()).content == pair[0].manifest.settings["ground"]
    assert city_of(told(ground="0" * 64)) is None
    assert city_of(told(city="nowhere")) is None


def test_results__read_back_from_a_folder_give_the_same_page(pair, city, tmp_path):
    for k, each in enumerate(pair):
        each.save(tmp_path / f"r{k}")
    again = [Ensemble.load(tmp_path / f"r{k}") for k in range(2)]
    pages = [
        write_comparison(each, tmp_path / f"{k}.html", lang="id", city=city) for k, each in enumerate((pair, again))
    ]
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_own_luck__all_of_twenty_is_no_sure_difference_from_98_of_100():
    """20 of 20 at a chance of 0.98 happens 67 times in 100; Welch alone takes the twenty for certain."""
    many, few = np.r_[np.ones(980), np.zeros(20)], np.ones(20)
    expected = stats.fisher_exact([[980, 20], [20, 0]]).pvalue
    for a, b in ((many, few), (few, many)):
        assert _apart("breached", a, b).p == pytest.approx(expected)
    assert _apart("breached", np.zeros(1000), np.r_[np.ones(30), np.zeros(10)]).p < 1e-9
