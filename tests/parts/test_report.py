"""The page: the engine's figures, whole in two languages, safe with anyone's names, and standing alone."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from parts.ensemble_fixture import make_city, make_ensemble
from sispamkota.errors import InputError
from sispamkota.review.report import render_report, write_report
from sispamkota.review.summary import choices, describe
from sispamkota.review.templating import nowrap
from sispamkota.schema import Assumption, quantity
from sispamkota.words import catalogue

BANNED = ("perusuh", "massa anarkis", "anarkis", "rusuh", "oknum", "triase merah", "rioter", " mob ")
VOID = {"meta", "link", "br"}


class Reader(HTMLParser):
    """Collect the visible text, and check that tags close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for key, value in attrs if key == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def ensemble():
    return make_ensemble()


@pytest.fixture(scope="module", params=["id", "en"])
def page(request, ensemble):
    return request.param, render_report(ensemble, lang=request.param, city=make_city())


def test_report__is_well_formed(page):
    reader = Reader(page[1])
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))


def test_report__figures_are_the_engines(ensemble, page):
    lang, text = page[0], Reader(page[1]).text
    for row in describe(ensemble, lang=lang).rows:
        spread = "–" if math.isnan(row.p05) else f"{row.show(row.p05)}–{row.show(row.p95)}"
        cells = [row.label, row.shown, row.unit, row.interval, spread, row.show(row.standard)]
        assert re.sub(r" +", " ", " ".join(cells)) in text, row.name


def test_report__five_numbers_stand_large(ensemble, page):
    summary = describe(ensemble, lang=page[0])
    shown = re.findall(r'<p class="value"[^>]*>([^<]+)</p>', page[1])
    assert shown == [row.shown for row in summary.pick("five")]
    assert len(shown) == 5


def test_report__rests_before_findings_before_numbers(page):
    places = [
        page[1].index(f'id="{name}"') for name in ("assumptions", "findings", "map", "five", "ladder", "response")
    ]
    places += [
        page[1].index(f'id="{name}"') for name in ("ledger", "hospital", "reserve", "distributions", "told", "plain")
    ]
    assert places == sorted(places)


def test_report__stands_alone(page):
    html = page[1]
    assert len(html.encode()) < 2_000_000
    assert "script" not in Reader(html).tags
    assert not re.search(r"https?://|\bsrc=|@import|url\(", html)
    assert set(re.findall(r'href="([^"#]*)', html)) <= {"data:,", ""}


def test_report__every_figure_has_words_and_a_table(page):
    html = page[1]
    drawings = re.findall(r"<svg [^>]*role=\"img\"[^>]*>.*?</svg>", html, re.DOTALL)
    assert len(drawings) > 20
    assert all(re.match(r"<svg[^>]*><title[^>]*>[^<]+</title><desc[^>]*>[^<]+</desc>", drawing) for drawing in drawings)
    sections = [section for section in html.split("<section")[1:] if "<figure" in section]
    assert len(sections) == 6
    assert all(section.count("<details>") >= max(1, section.count("<figure") - 2) for section in sections)


def test_report__speaks_one_language(ensemble):
    pages = {lang: Reader(render_report(ensemble, lang=lang)).text for lang in ("id", "en")}
    for lang, other in (("id", "en"), ("en", "id")):
        mine = set(catalogue(lang).values())
        for key, words in catalogue(other).items():
            if (
                key.split(".")[0] in {"report", "group", "finding", "plain", "five"}
                and len(words) > 12
                and words not in mine
            ):
                piece = max(re.split(r"\{\w+\}", words), key=len).strip()
                assert len(piece) < 12 or piece not in pages[lang], key
    assert 'lang="en"' in render_report(ensemble, lang="en")


@pytest.mark.parametrize("lang", ["id", "en"])
def test_catalogue__uses_no_banned_word(lang):
    for key, words in catalogue(lang).items():
        assert not [word for word in BANNED if word in f" {words.lower()} "], key


def test_report__names_are_escaped(ensemble):
    evil = '<script>alert("x")</script>'
    sites = ensemble.sites.assign(name=evil)
    posts = ensemble.posts.assign(agency=evil, unit=evil)
    timeline = pd.concat(
        [ensemble.timeline, ensemble.timeline.tail(1).assign(event="unmet", place=evil, unit=evil, detail=evil)]
    )
    bad = replace(
        ensemble, name=evil, titles={"id": evil}, plan=evil, city=evil, sites=sites, posts=posts, timeline=timeline,
        assumptions=(Assumption("x", evil, evil, "assumed"),),
        manifest=replace(ensemble.manifest, git=evil, inputs={evil: evil}),
        responses=ensemble.responses.assign(place=evil), places=ensemble.places.assign(place=evil),
        series=ensemble.series.assign(place=evil),
    )  # fmt: skip
    html = render_report(bad, lang="id")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert Reader(html).open == []


def test_report__equal_results_give_equal_pages(ensemble, page):
    assert render_report(make_ensemble(), lang=page[0], city=make_city()) == page[1]


def test_report__quiet_finds_nothing_and_says_so():
    text = Reader(render_report(make_ensemble(quiet=True), lang="id")).text
    assert "Tidak ada temuan" in text
    assert "1,5 dalam 100 ulangan" in text
    assert "Temuan 1" not in text


def test_report__force_stands_on_its_own_line(page):
    ledger = page[1][page[1].index('id="ledger"') : page[1].index('id="hospital"')]
    rows = re.findall(r'<tr class="apart">\s*<th scope="row">([^<]+)', ledger)
    assert rows == [describe(make_ensemble(), lang=page[0]).row("injured_by_force").label]


def test_report__places_without_position_are_counted(ensemble):
    gone = replace(ensemble, sites=ensemble.sites[ensemble.sites.place != "35.73.04.1010"])
    text = Reader(render_report(gone, lang="en")).text
    assert "3 places are not on the map" in text


@pytest.mark.parametrize(("tag", "said"), [("synthetic", True), ("assumed", False)])
def test_report__synthetic_streets_are_labelled(ensemble, tag, said):
    text = Reader(render_report(ensemble, lang="id", city=make_city(synthetic=tag == "synthetic"))).text
    assert ("jalan: sintetis" in text) == said


def test_write_report__a_place_that_cannot_be_written(ensemble, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputError):
        write_report(ensemble, blocked / "report.html", lang="id")
    target = write_report(ensemble, tmp_path / "deep" / "report.html", lang="id")
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]


def test_nowrap__keeps_ranges_and_escapes():
    assert nowrap("5–7 <b>") == '<span class="nb">5–7</span> &lt;b&gt;'
    assert nowrap("selang 95 %: 1,5–2") == 'selang <span class="nb">95 %</span>: <span class="nb">1,5–2</span>'


def test_report__of_a_real_rehearsal():
    """The engine's own result goes through every figure; nothing of it is missing from the words."""
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Scenario, rehearse

    city = City.load("malang")
    real = rehearse(Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), city, replicates=12, seed=5)
    for lang in ("id", "en"):
        reader = Reader(render_report(real, lang=lang, city=city))
        assert reader.open == []
        for row in describe(real, lang=lang).rows:
            assert row.label in reader.text
            assert "other" not in row.group
        assert not re.search(r"\b(nan|None|inf)\b", reader.text)


def test_catalogue__has_words_for_every_event_that_is_told():
    from sispamkota.rehearsal import story

    told = {*story.LINES, *story.LAYERS, *story.FIRES, *story.INJECTS} - {""}
    told |= {"alih_kendali", "unmet", "divert", "death", "fire_spread", "reinforce", "surge"}
    told |= {f"stage_{stage}" for stage in story.STAGES}
    ours = {"gathering_many", "stage_kuning_again"}  # how the list tells arrivals together, and a way back down
    ours |= {"streets_closed_somewhere", "streets_open_somewhere"}  # of a result that does not keep where
    for lang in ("id", "en"):
        assert {key.removeprefix("event.") for key in catalogue(lang) if key.startswith("event.")} == told | ours
        assert set(story.CAPABILITIES) == {
            key.removeprefix("capability.") for key in catalogue(lang) if key.startswith("capability.")
        }
    assert set(choices()["events_told"]) == told


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("service", ["police", "fire", "ambulance"])
def test_catalogue__names_the_source_of_each_standard(lang, service):
    standard = quantity(f"response_{service}_s").standard
    said = catalogue(lang)[f"report.source_{service}"]
    assert f"[{standard.source.split(':')[0]}]" in said
    assert f"{standard.value / 60:.0f} m" in said
