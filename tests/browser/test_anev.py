"""The review of an exercise on a screen and on a phone: nothing runs over, nothing is asked of a network."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from browser.look import CHROMIUM, open_page
from room.drill import play
from sispamkota.exercise import load_exercise, make_setup
from sispamkota.review.anev import make_anev
from sispamkota.review.anev_page import anev_page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]

OVER = """() => [...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll, svg, .narrow, .wide')
  && e.getBoundingClientRect().width && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.tagName + e.className)"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The drill's review in both languages."""
    setup = make_setup(load_exercise("kpu-bawaslu"))
    anev, folder = make_anev(play(setup).room.log(), setup=setup), tmp_path_factory.mktemp("anev")
    found = {}
    for lang in ("id", "en"):
        found[lang] = folder / f"{lang}.html"
        found[lang].write_text(anev_page(anev, lang=lang), encoding="utf-8")
    return found


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("width", [1280, 390])
def test_anev__fits_the_screen(browser: Any, pages: dict[str, Path], lang: str, width: int) -> None:
    with open_page(browser, pages[lang], width=width) as visit:
        assert visit.errors == []
        assert len(visit.requests) == 1
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.page.evaluate(OVER) == []
        shown = visit.page.locator("figure .wide svg" if width > 800 else "figure .narrow svg")
        assert shown.is_visible()
        findings = visit.page.locator("#findings").bounding_box()
        assert findings["y"] < 900, "the findings come first"
