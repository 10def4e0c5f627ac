"""For whom a page is: marked so, and for the public without a word on posts, reserves and weak places."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from parts.ensemble_fixture import make_ensemble
from parts.rehearsed import bare, city, rehearsed, uncertain
from parts.test_report import Reader
from sispamkota.cli.reviewing import show_result
from sispamkota.errors import InputError
from sispamkota.review.compare_results import write_comparison
from sispamkota.review.pdf import report_book
from sispamkota.review.report import render_report, write_report
from sispamkota.review.summary import choices
from sispamkota.review.terminal import render_terminal
from sispamkota.schema import quantity
from sispamkota.words import catalogue, words

SECTIONS = (
    "map", "risk", "hotspots", "ladder", "causes", "hospital", "reserve", "told", "hangs", "answer-causes",
    "answer-more",
)  # fmt: skip
TITLE, STRENGTH = "Brimob cadangan di Polresta, TNI di gudang KPU", 98765
HIDDEN = {"reserve_low_people", "breached", "ballots_lost", "perimeter_damaged", "hospital_peak_share"}


@pytest.fixture(scope="module", params=["id", "en"])
def pages(request):
    return request.param, {
        audience: render_report(rehearsed(), lang=request.param, city=city(), audience=audience)
        for audience in ("service", "public")
    }


def secrets() -> set[str]:
    """Everything that says where someone stands: units, their parts, places and names of places, coordinates."""
    ensemble = rehearsed()
    posts, sites, late = ensemble.posts, ensemble.sites, ensemble.responses
    found = {*posts.unit, *ensemble.names.units, *posts["at"], *sites.place, *late.place, *ensemble.names.hospitals}
    found |= {str(name) for name in sites.name}
    for frame in (posts, sites):
        found |= {f"{value:.{digits}f}" for value in (*frame.lon, *frame.lat) for digits in (3, 4, 5, 6)}
    return found - {"nan"}


def holding(page: str, words: set[str]) -> set[str]:
    """The words that stand in a page, as words of their own."""
    return {word for word in words if re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", page)}


def test_public__names_no_post_unit_or_point(pages):
    _, found = pages
    hidden = secrets()
    assert len(hidden) > 200
    assert len(holding(found["service"], hidden)) > 60  # the same search does find them where they stand
    assert holding(found["public"], hidden) == set()
    kinds = {str(kind) for kind in rehearsed().posts.kind} - {"ambulans"}  # a service has that name too
    assert holding(Reader(found["public"]).text, kinds) == set()


def test_public__has_no_section_that_shows_where_the_plan_is_weak(pages):
    _, found = pages
    for section in SECTIONS:
        assert f'id="{section}"' in found["service"], section
        assert f'id="{section}"' not in found["public"], section
    for name in sorted(HIDDEN):
        assert f"measures/{name}/" in found["service"]
        assert name not in found["public"]
    shown = set(re.findall(r'data-of="measures/(\w+)/', found["public"]))
    assert shown <= set(choices()["public"]["measures"])
    assert {"harm_people", "injured_by_force", "tear_gas"} <= shown
    assert Reader(found["public"]).open == []


def test_pages__say_for_whom_they_are(pages):
    lang, found = pages
    for audience, page in found.items():
        mark = catalogue(lang)[f"page.mark_{audience}"]
        assert page.count(f">{mark}<") == 1
        assert f'@page {{ @top-right {{ content: "{mark}"' in page  # on every sheet of paper
        other = catalogue(lang)[f"page.mark_{'public' if audience == 'service' else 'service'}"]
        assert other not in page


def telling() -> object:
    """A small result whose plan is called by what it does, of a strength that no other figure has."""
    ensemble = make_ensemble()
    posts = ensemble.posts.assign(people=0)
    posts.loc[posts.index[0], "people"] = STRENGTH
    return replace(ensemble, plan=TITLE, posts=posts)


def terminal(ensemble, lang: str, audience: str) -> str:
    """What the terminal shows."""
    stream = io.StringIO()
    render_terminal(ensemble, lang=lang, console=Console(file=stream, width=100), audience=audience)
    return stream.getvalue()


@pytest.mark.parametrize("lang", ["id", "en"])
def test_public__is_not_told_what_the_plan_is_called_nor_its_strength(lang):
    ensemble, said = telling(), {}
    for audience in ("service", "public"):
        book = report_book(ensemble, lang=lang, audience=audience)[0]
        page = render_report(ensemble, lang=lang, audience=audience)
        said[audience] = [page, json.dumps(book, ensure_ascii=False), terminal(ensemble, lang, audience)]
    digits = re.compile(r"98[.,]?765")
    assert all(digits.search(each) for each in said["service"])
    assert all(TITLE in each for each in said["service"][:2])
    for each in said["public"]:
        assert TITLE not in each
        assert not digits.search(each)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_public__a_comparison_calls_plans_by_letters(lang, tmp_path):
    pair = [replace(bare(), plan=f"{TITLE} {k}") for k in range(3)]
    paths = {each: tmp_path / f"{each}.html" for each in ("service", "public")}
    pages = {each: write_comparison(pair, paths[each], lang=lang, audience=each).read_text("utf-8") for each in paths}
    assert TITLE in pages["service"]
    assert TITLE not in pages["public"]
    t = words(lang)
    a, *others = (t("audience.plan", which=each) for each in "ABC")
    heads = re.findall(r"<h2>([^<]*)</h2>", pages["public"])
    assert heads == [t("compare.against", a=a, b=each) for each in others]


def test_public__is_not_told_what_the_result_hangs_on():
    """It hangs on strengths of guards, fences, doors: neither the name nor the sentence of one is there."""
    ensemble = uncertain()
    pages = {each: render_report(ensemble, lang="en", audience=each) for each in ("service", "public")}
    named = [str(name) for name in ensemble.hangs["parameter"]][:8]
    assert len(named) == 8
    for name in named:
        assert f"({name})" in pages["service"]
        assert name not in pages["public"]
        assert quantity(name).sentence("en") not in pages["public"]


def test_public__manifest_promises_no_repetition(pages):
    lang, found = pages
    known = catalogue(lang)
    assert known["report.manifest_note"] in found["service"]
    assert known["report.manifest_note"] not in found["public"]
    assert known["audience.manifest_note"] in found["public"]
    book = report_book(make_ensemble(), lang=lang, audience="public")[0]
    assert book["words"]["manifest_note"] == known["audience.manifest_note"]
    assert "plan" not in dict(book["manifest"])


def test_public__json_and_terminal_leave_out_what_the_page_does(tmp_path, capsys):
    ensemble, shown = rehearsed(), {}
    for audience in ("service", "public"):
        path = tmp_path / "report.html"
        show_result(ensemble, path, "en", as_json=True, city=None, audience=audience)
        shown[audience] = capsys.readouterr().out
    assert shown["service"] == ensemble.to_json()
    assert all(name in shown["service"] for name in HIDDEN)
    assert holding(shown["public"], secrets() | HIDDEN) == set()
    public, whole = (json.loads(shown[each]) for each in ("public", "service"))
    assert public["measures"].items() <= whole["measures"].items()
    assert set(public["measures"]) == set(choices()["public"]["measures"]) & set(whole["measures"])
    assert set(public["manifest"]) == {"version", "seed", "digest", "replicates", "engine"}
    labels = [re.split(r"[,:] ", quantity(name).sentence("en"))[0] for name in HIDDEN]
    told = {each: terminal(ensemble, "en", each) for each in ("service", "public")}
    assert any(label in told["service"] for label in labels)
    assert [label for label in labels if label in told["public"]] == []


def test_write_report__another_audience_is_refused(tmp_path):
    with pytest.raises(InputError, match="audience"):
        write_report(make_ensemble(), tmp_path / "x.html", lang="id", audience="press")
    assert not list(tmp_path.iterdir())
