"""On paper: every sheet of every page of the service says that it is restricted, and the page says to keep it."""

from __future__ import annotations

import importlib.util

import pytest

from browser.look import CHROMIUM, open_page
from sispamkota.place import City
from sispamkota.plan import Plan, plan_by_ratio
from sispamkota.rehearsal import Scenario, compare, rehearse
from sispamkota.review.compare_page import write_compare_page
from sispamkota.review.compare_results import write_comparison
from sispamkota.review.playback import make_playback
from sispamkota.review.player import write_player
from sispamkota.words import catalogue

pdfium = pytest.importorskip("pypdfium2")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]
LANG = "en"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages by name, each with the audience that it is for."""
    folder, city, plan = tmp_path_factory.mktemp("marks"), City.load("malang"), Plan.load("malang-500")
    story = Scenario.load("kpu-bawaslu")
    pair = [rehearse(story, each, city, replicates=6, seed=4) for each in (plan, plan_by_ratio(city, plan.force))]
    found = [compare(*pair, names=("A", "B"))]
    written = {
        "results": write_comparison(pair, folder / "results.html", lang=LANG),
        "plans": write_compare_page(found, [()], city, folder / "plans.html", title="x", lang=LANG),
        "player": write_player(folder / "player.html", make_playback(pair[0], city=city), lang=LANG),
        "public": write_comparison(pair, folder / "public.html", lang=LANG, audience="public"),
    }
    return {name: (path, "public" if name == "public" else "service") for name, path in written.items()}


@pytest.mark.parametrize("name", ["results", "plans", "player", "public"])
def test_sheets__each_says_for_whom_it_is(browser, pages, name):
    (path, audience), known = pages[name], catalogue(LANG)
    with open_page(browser, path, width=1280) as visit:
        printed = visit.page.pdf(format="A4", print_background=True)
        note = visit.page.locator(".mark").inner_text()
    sheets = [page.get_textpage().get_text_bounded() for page in pdfium.PdfDocument(printed)]
    mark = known[f"page.mark_{audience}"]
    assert len(sheets) > (name in ("results", "plans"))
    assert [number for number, sheet in enumerate(sheets, 1) if mark not in sheet.splitlines()] == []
    assert note.startswith(mark)
    assert ("not pass it on" in note) == (audience == "service")
