"""The risk map in a real browser: it stands alone, its controls work, nothing is cut, its table says what it shows."""

from __future__ import annotations

import importlib.util
from datetime import date

import pytest

from browser.look import CHROMIUM, SIZES, open_page
from sispamkota.place import City
from sispamkota.review.risk_page import write_risk_page
from sispamkota.risk.mapping import map_risk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder, city = tmp_path_factory.mktemp("risk"), City.load("malang")
    found = map_risk(city, day=date(2024, 11, 27), as_of=date(2024, 11, 26))
    said = (("yang satu", "yang lain"), ("Bawaslu: rawan tinggi", "Polri: kurang rawan"))
    return {
        lang: write_risk_page(found, city, folder / f"{lang}.html", lang=lang, disagreements=said)
        for lang in ("id", "en")
    }


@pytest.fixture(params=[(lang, width) for lang in ("id", "en") for width in SIZES], ids=lambda p: f"{p[0]}-{p[1]}")
def visit(request, browser, pages):
    lang, width = request.param
    with open_page(browser, pages[lang], width=width) as opened:
        yield opened


def shades(page):
    return page.evaluate("() => [...document.querySelectorAll('.cell')].map(c => c.getAttribute('class'))")


def test_page__stands_alone_and_says_nothing_on_the_console(visit):
    assert visit.errors == []
    assert len(visit.requests) == 1


def test_page__is_no_wider_than_the_screen_and_readable(visit):
    wide, screen = visit.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= screen
    assert visit.page.locator(".cell").count() == 57


def test_hour__changes_map_table_and_caption(visit):
    page = visit.page
    page.select_option("#kind", "tps-disruption")
    first = page.locator("#table tbody tr td").nth(1).inner_text()
    page.locator("#hour").fill("3")
    assert "03.00–04.00" in page.locator("#when").inner_text()
    assert "03.00–04.00" in page.locator("#caption").inner_text()
    assert page.locator("#table tbody tr td").nth(1).inner_text() != first
    assert set(shades(page)) == {"cell s0"}  # no polling at night
    page.locator("#hour").fill("14")
    counting = shades(page)
    assert len(set(counting)) >= 3
    page.locator("#hour").fill("8")
    assert all(a <= b for a, b in zip(shades(page), counting, strict=True))  # one scale for all hours: voting is calmer
    page.locator("#hour").fill("14")
    assert "14.00–15.00" in page.locator("#hour").get_attribute("aria-valuetext")


def test_cell__opens_a_sheet_by_mouse_and_by_keyboard(visit):
    page = visit.page
    assert page.locator("#sheet").is_hidden()
    page.locator(".cell").nth(4).dispatch_event("click")
    name = page.locator("#sheet h3").inner_text()
    assert page.locator("#sheet tbody tr").count() == 12
    page.locator(".cell").nth(5).focus()
    page.keyboard.press("Enter")
    assert page.locator("#sheet h3").inner_text() != name
    page.locator("#table tbody tr").nth(0).click()
    assert page.locator("#sheet h3").inner_text() == page.locator("#table tbody tr th").nth(0).inner_text()


def test_table__is_in_order_and_shows_what_the_map_does(visit):
    page = visit.page
    page.select_option("#kind", "attack")
    rows = page.evaluate(
        "() => [...document.querySelectorAll('#table tbody tr')].map(r => [r.dataset.i, r.children[2].textContent])"
    )
    titles = page.evaluate(
        "() => [...document.querySelectorAll('.cell')].map(c => c.querySelector('title').textContent)"
    )
    for i, figure in rows:
        assert f": {figure} (" in titles[int(i)]
    values = [
        float(figure.replace(".", "").replace(",", ".")) if "," in figure else float(figure) for _, figure in rows
    ]
    assert values == sorted(values, reverse=True)
