"""The risk that a rehearsal was drawn from, as map, table and words; and the city on which it is drawn."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from parts.rehearsed import bare, city, rehearsed
from sispamkota.place import City
from sispamkota.plan import Plan
from sispamkota.rehearsal import Ensemble, Scenario, rehearse
from sispamkota.review.area_drawing import RAMP
from sispamkota.review.city_of import city_of, why_no_city
from sispamkota.review.drawn_risk import drawn_risk
from sispamkota.review.pdf import report_book
from sispamkota.review.report import render_report
from sispamkota.words import words


def section(page: str) -> str:
    """The part of the page on risk."""
    return page[page.index('<section id="risk">') :].partition("</section>")[0]


def test_risk__of_trouble_is_mapped_where_there_is_any():
    plan = Plan.load("malang-500")
    tense = rehearse(Scenario.load("convoy"), plan, city(), replicates=2)
    assert drawn_risk(rehearsed(), city(), "en").groups == ("usual",)
    found = drawn_risk(tense, city(), "en")
    assert found.groups == ("trouble", "usual")
    assert found.tags == ["assumed"]
    trouble = tense.risk[~tense.risk.kind.isin(["medical", "accident", "fire"])]
    assert sum(row[0].mean for row in found.rows) == pytest.approx(trouble["mean"].sum())
    means = [row[0].mean for row in found.rows]
    assert means == sorted(means, reverse=True)


def test_risk__every_kelurahan_has_the_shade_of_its_range():
    found = drawn_risk(rehearsed(), city(), "en")
    assert [shade for shade, _, _ in found.shades] == list(RAMP)
    for drawn in found.maps:
        for i, (place,) in enumerate(found.rows):
            k = int(str(drawn).split(f' data-i="{i}"')[0].rsplit('class="cell s', 1)[1][0])
            _, low, high = found.shades[k]
            assert low <= place.mean * (1 + 1e-12)
            assert place.mean <= high * (1 + 1e-12)
        assert str(drawn).count("-hatch1)") == sum(place.doubt == 1 for (place,) in found.rows) > 0


@pytest.mark.parametrize("lang", ["id", "en"])
def test_risk__assumed_rates_open_their_source(lang):
    part, t = section(render_report(rehearsed(), lang=lang, city=city())), words(lang)
    mark = part[part.index("<summary>") :].partition("</summary>")[0]
    assert t("tag.assumed") in mark
    assert "malangvoice.com" in part[part.index("</summary>") :].partition("</details>")[0]


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize(("key", "kept"), [("quiet", True), ("unknown", False)])
def test_risk__without_rates_there_is_a_sentence_and_no_map(lang, key, kept):
    ensemble = replace(rehearsed(), risk=rehearsed().risk.iloc[:0] if kept else None)
    part = section(render_report(ensemble, lang=lang, city=city()))
    assert words(lang)(f"drawn_risk.{key}") in part
    assert "<svg" not in part
    assert "<table" not in part
    book, pictures = report_book(ensemble, lang=lang, audience="service", city=city())
    assert "risk.svg" not in pictures
    assert book["risk"]["rows"] == []


def test_risk__the_quiet_day_has_none_and_stays_so_when_stored(tmp_path):
    rehearse(Scenario.load("quiet"), Plan.load("malang-500"), city(), replicates=1, out=tmp_path / "quiet")
    assert drawn_risk(Ensemble.load(tmp_path / "quiet"), city(), "en").lead == words("en")("drawn_risk.quiet")


def test_risk__the_public_gets_no_map_on_paper_either():
    book, pictures = report_book(rehearsed(), lang="id", audience="public", city=city())
    assert book["risk"] is None
    assert "risk.svg" not in pictures
    assert "risk.svg" in report_book(rehearsed(), lang="id", audience="service", city=city())[1]


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A result of a city that is a folder, both moved elsewhere together."""
    home = tmp_path_factory.mktemp("home")
    city().save(home / "kota")
    there = City.load(home / "kota")
    rehearse(Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), there, replicates=2, out=home / "hasil" / "satu")
    target = tmp_path_factory.mktemp("other") / "place"
    shutil.move(home, target)
    return target


def test_city__that_is_a_folder_is_found_again(moved):
    ensemble = Ensemble.load(moved / "hasil" / "satu")
    assert ensemble.ground_at == (moved / "kota").resolve()
    assert city_of(ensemble).content == city().content
    assert str(moved) not in (moved / "hasil" / "satu" / "ensemble.json").read_text("utf-8")


@pytest.mark.parametrize("lang", ["id", "en"])
def test_city__that_is_gone_or_changed_is_told(moved, tmp_path, lang, monkeypatch):
    changed = City.load(moved / "kota")
    replace(changed, kelurahan=changed.kelurahan.assign(population=1)).save(tmp_path / "kota")
    for folder, why in ((tmp_path / "kota", "changed"), (tmp_path / "nowhere", "gone")):
        ensemble = replace(Ensemble.load(moved / "hasil" / "satu"), ground_at=folder)
        assert city_of(ensemble) is None
        assert why_no_city(ensemble) == why
        monkeypatch.setattr(City, "load", None)  # it is looked for once
        said = words(lang)(f"report.no_city_{why}")
        assert said in render_report(ensemble, lang=lang)
        assert said in report_book(ensemble, lang=lang, audience="service")[0]["map"]["notes"]
        assert said not in render_report(ensemble, lang=lang, audience="public")
        monkeypatch.undo()
    assert 'id="no-city"' not in render_report(bare(), lang=lang, city=city())
