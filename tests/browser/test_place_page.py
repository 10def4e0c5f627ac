"""The pages of `place show` and `place reach` in a real browser, on a screen and on a telephone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from browser.look import CHROMIUM, CONTRAST, SIZES, TEXTS, WIDTHS, open_page
from sispamkota.place import City, Layers, Ride, closed_streets, reach_areas, write_map

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]
SMALLEST = 11.0  # px on the screen
KINDS = ("reach", "city")

# Elements outside the drawings that stick out of the page and do not stand in a box that scrolls.
STICKS_OUT = """() => [...document.querySelectorAll('main *')].filter(e => {
  const b = e.getBoundingClientRect();
  return b.width > 0 && (b.right > innerWidth + 0.5 || b.left < -0.5) && !e.closest('.wide') && !e.closest('svg');
}).map(e => e.tagName)"""

# Words whose own box is too small for them.
CLIPPED = """() => [...document.querySelectorAll('h1, h2, p, li, td, th, caption')].filter(
  e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).overflow !== 'visible'
).map(e => e.textContent.slice(0, 40))"""


@pytest.fixture(scope="session")
def pages(tmp_path_factory) -> dict[str, Path]:
    folder, city = tmp_path_factory.mktemp("place"), City.load("malang")
    sites = [*city.find_kind("damkar"), *city.find_kind("polsek")]
    closed = closed_streets(city, ["balai-kota:400"], [])
    bands = reach_areas(
        city.roads,
        [site.node for site in sites],
        [300.0, 600.0, 900.0],
        ride=Ride.of("engine"),
        epsg=city.epsg,
        closed=closed,
    )
    title = "Jangkauan dari Damkar Kota Malang, 5 Polsek"
    over = Layers(bands=bands, closed=closed, origins=[site.ref for site in sites], title=title)
    out = {kind: folder / f"{kind}.html" for kind in KINDS}
    write_map(city, out["reach"], lang="id", layers=over)
    write_map(city, out["city"], lang="en")
    return out


@pytest.fixture(
    scope="module", params=[(kind, width) for kind in KINDS for width in SIZES], ids=lambda at: f"{at[0]}-{at[1]}"
)
def visit(request, browser, pages):
    kind, width = request.param
    with open_page(browser, pages[kind], width=width) as opened:
        opened.page.screenshot(path=f"/tmp/place-{kind}-{width}.png", full_page=True)
        yield opened


def test_page__stands_alone(visit):
    assert visit.errors == []
    assert all(url.startswith("file://") for url in visit.requests)


def test_page__fits(visit):
    scroll, client = visit.page.evaluate(WIDTHS)
    assert scroll <= client
    assert visit.page.evaluate(STICKS_OUT) == []
    assert visit.page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("width", [320, 600, 760, 761, 1000, 1920])
def test_page__fits_any_width(browser, pages, width):
    with open_page(browser, pages["reach"], width=width) as opened:
        scroll, client = opened.page.evaluate(WIDTHS)
        assert scroll <= client
        (drawing,) = opened.page.evaluate(TEXTS)
        assert min(text["size"] for text in drawing["texts"]) >= (SMALLEST if width >= 390 else 9.0)


def test_map__is_one_picture_whose_words_can_be_read(visit):
    """Of the two pictures the one for this width is shown; its legend and notes are whole and large enough."""
    (drawing,) = visit.page.evaluate(TEXTS)
    left, top, right, bottom = drawing["frame"]
    assert len(drawing["texts"]) >= 7
    assert [text["words"] for text in drawing["texts"] if text["size"] < SMALLEST] == []
    for text in drawing["texts"]:
        x0, y0, x1, y1 = text["box"]
        assert left - 1 <= x0 < x1 <= right + 1, text["words"]
        assert top - 1 <= y0 < y1 <= bottom + 1, text["words"]


def test_map__words_do_not_overlap(visit):
    (drawing,) = visit.page.evaluate(TEXTS)
    boxes = [(text["words"], *text["box"]) for text in drawing["texts"]]
    touching = [
        (a[0], b[0])
        for i, a in enumerate(boxes)
        for b in boxes[i + 1 :]
        if min(a[3], b[3]) - max(a[1], b[1]) > 0.5 and min(a[4], b[4]) - max(a[2], b[2]) > 3.0
    ]
    assert touching == []


def test_map__fills_the_width_it_has(visit):
    (drawing,) = visit.page.evaluate(TEXTS)
    wide = drawing["frame"][2] - drawing["frame"][0]
    assert wide >= min(0.9 * visit.page.viewport_size["width"], 800)


def test_page__contrast(visit):
    assert visit.page.evaluate(CONTRAST) == []


def test_page__prints_one_map(browser, pages):
    with open_page(browser, pages["reach"], width=1280) as opened:
        opened.page.emulate_media(media="print")
        assert len(opened.page.evaluate(TEXTS)) == 1
        assert opened.page.pdf(format="A4").startswith(b"%PDF")
