"""The report in a real browser: nothing overlaps, nothing is cut, labels are readable, no network is asked."""

from __future__ import annotations

import importlib.util
from itertools import combinations
from pathlib import Path

import pytest

from browser.look import CHROMIUM, CONTRAST, CUT, SIZES, TEXTS, WIDTHS, open_page
from parts.ensemble_fixture import make_ensemble
from sispamkota.place import City
from sispamkota.plan import Plan
from sispamkota.rehearsal import Scenario, rehearse
from sispamkota.review.report import write_report

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]
SMALLEST = 11.0  # px on the screen
KINDS = {"real-id": ("id", "real"), "busy-id": ("id", "busy"), "busy-en": ("en", "busy"), "quiet-id": ("id", "quiet")}


@pytest.fixture(scope="session")
def reports(tmp_path_factory) -> dict[str, Path]:
    folder, city = tmp_path_factory.mktemp("report"), City.load("malang")
    real = rehearse(Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), city, replicates=60, seed=5)
    results = {"real": real, "busy": make_ensemble(), "quiet": make_ensemble(quiet=True)}
    return {
        kind: write_report(results[which], folder / f"{kind}.html", lang=lang, city=city)
        for kind, (lang, which) in KINDS.items()
    }


@pytest.fixture(
    scope="module",
    params=[(kind, width) for kind in KINDS for width in SIZES],
    ids=lambda param: f"{param[0]}-{param[1]}",
)
def visit(request, browser, reports):
    kind, width = request.param
    with open_page(browser, reports[kind], width=width) as opened:
        yield opened


def overlap(a: list[float], b: list[float]) -> bool:
    """Boxes that share more than a hair: line boxes of neighbouring lines may touch."""
    return min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 3.0


def test_page__stands_alone(visit):
    assert visit.errors == []
    assert all(url.startswith("file://") for url in visit.requests)


def test_page__fits(visit):
    scroll, client = visit.page.evaluate(WIDTHS)
    assert scroll <= client
    assert visit.page.evaluate(CUT) == []


def test_page__fits__with_every_table_open(visit):
    visit.page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    scroll, client = visit.page.evaluate(WIDTHS)
    cut = visit.page.evaluate(CUT)
    visit.page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = false; })")
    assert scroll <= client
    assert cut == []


def test_drawings__labels_apart(visit):
    touching = [
        (svg["id"], a["words"], b["words"])
        for svg in visit.page.evaluate(TEXTS)
        for a, b in combinations(svg["texts"], 2)
        if overlap(a["box"], b["box"])
    ]
    assert touching == []


def test_drawings__labels_whole(visit):
    cut = [
        (svg["id"], text["words"])
        for svg in visit.page.evaluate(TEXTS)
        for text in svg["texts"]
        if not (
            svg["frame"][0] - 0.5 <= text["box"][0]
            and svg["frame"][1] - 0.5 <= text["box"][1]
            and text["box"][2] <= svg["frame"][2] + 0.5
            and text["box"][3] <= svg["frame"][3] + 0.5
        )
    ]
    assert cut == []


def test_drawings__labels_readable(visit):
    drawings = visit.page.evaluate(TEXTS)
    assert sum(len(svg["texts"]) for svg in drawings) > 20
    small = [
        (svg["id"], text["words"], text["size"]) for svg in drawings for text in svg["texts"] if text["size"] < SMALLEST
    ]
    assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page__contrast(browser, reports, scheme):
    with open_page(browser, reports["busy-id"], width=1280, scheme=scheme) as visit:
        assert visit.page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", [320, 360, 640, 800, 1024, 1920])
def test_page__fits_any_width(browser, reports, width):
    with open_page(browser, reports["busy-id"], width=width) as visit:
        scroll, client = visit.page.evaluate(WIDTHS)
        assert scroll <= client
        sizes = [text["size"] for svg in visit.page.evaluate(TEXTS) for text in svg["texts"]]
        assert min(sizes) >= (SMALLEST if width >= 360 else 9.5)


def test_page__prints(browser, reports):
    with open_page(browser, reports["busy-id"], width=1280) as visit:
        pdf = visit.page.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF")
    assert 4 <= pdf.count(b"/Type /Page\n") <= 14
