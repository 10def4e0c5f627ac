"""For whom a page is: marked so, and for the public without a word on posts, reserves and weak places."""

from __future__ import annotations

import re

import pytest

from parts.ensemble_fixture import make_ensemble
from parts.rehearsed import city, rehearsed
from parts.test_report import Reader
from sispamkota.errors import InputError
from sispamkota.review.report import render_report, write_report
from sispamkota.review.summary import choices
from sispamkota.words import catalogue

SECTIONS = ("map", "hotspots", "ladder", "causes", "hospital", "reserve", "told", "answer-causes", "answer-more")


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
    for name in ("reserve_low_people", "breached", "ballots_lost", "perimeter_damaged", "hospital_peak_share"):
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


def test_write_report__another_audience_is_refused(tmp_path):
    with pytest.raises(InputError, match="audience"):
        write_report(make_ensemble(), tmp_path / "x.html", lang="id", audience="press")
    assert not list(tmp_path.iterdir())
