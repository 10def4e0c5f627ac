"""The page of a comparison in a real browser: no serious fault of access (axe-core), nothing sticks out."""

from __future__ import annotations

import importlib.util

import pytest

from browser.look import AXE, CHROMIUM, CUT, SIZES, WIDTHS, open_page, serious
from sispamkota.place import City
from sispamkota.plan import Plan, plan_by_ratio
from sispamkota.rehearsal import Scenario, compare, rehearse
from sispamkota.review.compare_page import write_compare_page
from sispamkota.review.compare_results import write_comparison

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]
PATIENCE_MS = 90_000


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder, city, plan = tmp_path_factory.mktemp("compared"), City.load("malang"), Plan.load("malang-500")
    story = Scenario.load("kpu-bawaslu")
    plans = (plan, plan_by_ratio(city, plan.force))
    pair = [rehearse(story, each, city, replicates=40, seed=4) for each in plans]
    found = [compare(*pair, names=("A", "B"))]
    return {
        "results": write_comparison(pair, folder / "results.html", lang="id", city=city),
        "plans": write_compare_page(found, [()], city, folder / "plans.html", title="x", lang="id"),
        "public": write_comparison(pair, folder / "public.html", lang="en", audience="public"),
    }


@pytest.fixture(params=[(name, width) for name in ("results", "plans", "public") for width in SIZES], ids=str)
def visit(request, browser, pages):
    name, width = request.param
    with open_page(browser, pages[name], width=width) as opened:
        opened.page.set_default_timeout(PATIENCE_MS)
        player = opened.page.locator(".playback")
        if player.count():
            player.scroll_into_view_if_needed()
            opened.page.wait_for_selector(".playback[data-ready=map]")
            opened.page.locator(".pb-slide input").evaluate(
                "s => { s.value = 2900; s.dispatchEvent(new Event('input')); }"
            )
            assert opened.page.locator(".pb-differences tbody tr").count() > 3
        yield opened


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: make web")
def test_page__has_no_serious_fault_of_access(visit):
    faults, passed = serious(visit.page)
    assert faults == []
    assert passed > 12


def test_page__fits(visit):
    scroll, client = visit.page.evaluate(WIDTHS)
    assert scroll <= client
    assert visit.page.evaluate(CUT.replace("'.scroll'", "'.scroll, .pb-scroll, .pb-canvas, .pb-scale'")) == []
