"""A scene at a compound in a real browser, from a file and with the network off: people are where the scene says."""

from __future__ import annotations

import importlib.util
import io
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from browser.look import AXE, CHROMIUM, SIZES, WIDTHS, open_page, serious
from parts.ensemble_fixture import make_ensemble
from parts.scene_fixture import crushed
from sispamkota.review.report import write_report
from sispamkota.review.scene_document import make_scene_playback
from sispamkota.review.scene_player import write_scene
from sispamkota.words import catalogue

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]
PATIENCE_MS = 90_000
TIME = "() => Number(document.querySelector('.playback').dataset.t)"
GREY, INK, ACCENT = (103, 108, 114), (22, 24, 26), (0, 114, 178)
PX_PER_M = 96 / 0.0254 / 500
DOT_PX = 2


@pytest.fixture(scope="module")
def told():
    return crushed()


@pytest.fixture(scope="module")
def pages(told, tmp_path_factory) -> dict[str, Path]:
    compound, scene = told
    folder, playback = tmp_path_factory.mktemp("scene"), make_scene_playback(scene, compound)
    beside = make_scene_playback(scene, compound, start_s=30_000.0, place="KPU")
    return {
        "one": write_scene(folder / "one.html", playback, lang="id"),
        "report": write_report(make_ensemble(), folder / "report.html", lang="id", scene=beside),
    }


@contextmanager
def visiting(browser, page, *, width=1280, **options):
    with open_page(browser, page, width=width, **options) as visit:
        visit.page.set_default_timeout(PATIENCE_MS)
        visit.page.wait_for_selector(".playback[data-ready=compound]")
        yield visit


@pytest.fixture
def visit(browser, pages):
    with visiting(browser, pages["one"]) as opened:
        yield opened


def go(page, t):
    page.locator(".pb-slide input").evaluate(
        "(s, t) => { s.step = 'any'; s.value = t; s.dispatchEvent(new Event('input')); }", t
    )
    page.wait_for_function("t => Number(document.querySelector('.playback').dataset.t) === t", arg=t)


def only(page, *layers):
    for box in page.locator("input[data-layer]").all():
        box.set_checked(box.get_attribute("data-layer") in layers)


def picture(page):
    from PIL import Image

    page.wait_for_timeout(200)
    shot = page.locator(".pb-yard").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.int64)


def near(image, colour, within=40):
    return np.abs(image - np.array(colour)).max(axis=2) <= within


def on_screen(page, told, frame, state):
    """Where people of a state are in px of the picture, by the scene itself and the page's own scale and size."""
    compound, scene = told
    spots = scene.metres(frame)[scene.state[frame] == state]
    spots = spots[~np.isnan(spots[:, 0])]
    box, ground = page.locator(".pb-yard").bounding_box(), np.array(compound.plan.ground)
    scale = float(page.locator(".pb-compound").get_attribute("data-scale"))
    middle = (ground.min(axis=0) + ground.max(axis=0)) / 2.0  # the ground of this plan is shown whole
    x = box["width"] / 2 + (spots[:, 0] - middle[0]) * scale
    y = box["height"] / 2 - (spots[:, 1] - middle[1]) * scale
    return np.column_stack([x, y]), scale


def test_page__asks_nothing_and_complains_of_nothing(visit):
    visit.page.keyboard.press("d")
    go(visit.page, 20)
    picture(visit.page)
    assert visit.errors == []
    assert all(url.startswith(("file://", "blob:", "data:")) for url in visit.requests)


@pytest.mark.parametrize("frame", [0, 37, 80])
def test_people__are_where_the_scene_says(visit, told, frame):
    """Every person's spot has the colour of their state, and the grey of the picture is theirs and nobody else's."""
    go(visit.page, frame / 2)
    only(visit.page, "people")
    image = picture(visit.page)
    for state, colour in ((0, GREY), (1, INK)):
        spots, scale = on_screen(visit.page, told, frame, state)
        assert len(spots) > 10
        marked = near(image, colour)
        seen = [marked[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].any() for x, y in spots]
        assert np.mean(seen) > 0.97  # one may stand below another
    grey = np.argwhere(near(image, GREY, 6))[:, ::-1]
    spots, scale = on_screen(visit.page, told, frame, 0)
    ground = np.array(told[0].plan.ground)
    inside = np.abs(grey - np.array(image.shape[1::-1]) / 2) < (np.ptp(ground, axis=0) / 2 - 0.3) * scale
    far = np.array([np.hypot(*(spots - spot).T).min() for spot in grey[inside.all(axis=1)][::7]])
    assert np.mean(far < 0.25 * scale + 2) > 0.9  # other greys are what stands still


def test_people__walk_between_two_frames(visit, told):
    """At a quarter of a second people are half way: who walks fastest is in neither of the two places."""
    _, scene = told
    before, after = scene.metres(60), scene.metres(61)
    far = np.hypot(*(after - before).T)
    far[np.isnan(far) | (scene.state[60] != 0) | (scene.state[61] != 0)] = 0.0
    assert far.max() > 0.3
    go(visit.page, 30.25)
    only(visit.page, "people")
    image = near(picture(visit.page), GREY)
    spots, _ = on_screen(visit.page, told, 60, 0)
    ends, _ = on_screen(visit.page, told, 61, 0)
    who = np.flatnonzero(scene.state[60] == 0)
    row = {person: i for i, person in enumerate(who)}
    then = {person: i for i, person in enumerate(np.flatnonzero(scene.state[61] == 0))}
    moved = [each for each in np.argsort(far)[::-1][:20] if far[each] > 0.1]
    middles = [(spots[row[each]] + ends[then[each]]) / 2 for each in moved]
    assert np.mean([image[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].any() for x, y in middles]) > 0.9


def test_time__plays_and_pauses(visit):
    page, play = visit.page, visit.page.locator("[data-act=play]")
    assert play.inner_text().endswith("Putar")
    play.click()
    page.wait_for_function("() => Number(document.querySelector('.playback').dataset.t) > 3")
    assert play.inner_text().endswith("Jeda")
    play.click()
    held = page.evaluate(TIME)
    page.wait_for_timeout(400)
    assert page.evaluate(TIME) == held


def test_time__jumps_to_the_first_crush_hazard_and_lists_it_first(visit, told):
    """The hazard stands above all else beside the picture; its outline is drawn where it is."""
    page, (_, scene) = visit.page, told
    first = min(scene.hazards[0].at, 2.0 * np.argmax((scene.density > 100).any(axis=(1, 2))))
    assert page.locator(".pb-side > section").first.get_attribute("class") == "pb-hazard"
    page.keyboard.press("c")
    assert page.evaluate(TIME) == pytest.approx(first, abs=0.01)
    page.keyboard.press("0")
    worst = int(np.argmax((scene.density > 100).sum(axis=(1, 2))))
    go(page, 2 * worst)
    cells = int((scene.density[worst] > 100).sum())
    assert cells > 3
    assert f"{cells} petak" in page.locator(".pb-hazard").inner_text()
    only(page, "crush")
    with_outline = picture(page)
    only(page)
    changed = (with_outline != picture(page)).any(axis=2)
    assert changed.sum() > 100
    ground, scale = np.array(told[0].plan.ground), float(page.locator(".pb-compound").get_attribute("data-scale"))
    rows, columns = np.nonzero(scene.density[worst] > 100)
    middle = (ground.min(axis=0) + ground.max(axis=0)) / 2.0
    x = changed.shape[1] / 2 + (scene.origin[0] + columns + 0.5 - middle[0]) * scale
    y = changed.shape[0] / 2 - (scene.origin[1] + rows + 0.5 - middle[1]) * scale
    at = np.argwhere(changed)[:, ::-1]
    assert abs(at[:, 0].min() - (x.min() - scale / 2)) < 5
    assert abs(at[:, 1].max() - (y.max() + scale / 2)) < 5


def test_events__are_visited_one_after_the_other(visit, told):
    _, scene = told
    page, seen = visit.page, []
    for _ in range(6):
        page.keyboard.press("n")
        seen.append(page.evaluate(TIME))
    changes = scene.times[1:][np.diff(scene.stage.astype(int)) != 0]
    fallen = scene.times[1:][((scene.bears[1:] == 0) & (scene.bears[:-1] > 0)).any(axis=1)]
    wanted = {*changes, *fallen, scene.hazards[0].at, 20.0} - {0.0}
    assert {round(each, 2) for each in wanted} <= {round(each, 2) for each in seen}
    assert seen == sorted(seen)


def test_heat__is_switched(visit):
    go(visit.page, 20)
    plain = picture(visit.page)
    visit.page.keyboard.press("d")
    warm = picture(visit.page)
    assert (plain != warm).any(axis=2).mean() > 0.1
    assert visit.page.locator("input[data-layer=heat]").is_checked()
    visit.page.keyboard.press("d")
    assert (picture(visit.page) == plain).all()


def test_numbers__beside_the_picture_are_those_of_the_scene(visit, told):
    _, scene = told
    for frame in (10, 90):
        go(visit.page, frame / 2)
        cells = visit.page.locator(".pb-counts td").all_inner_texts()
        assert [int(each.replace(".", "")) for each in cells[:3]] == [
            int((scene.state[frame] == k).sum()) for k in range(3)
        ]
        rows = {row.locator("th").inner_text(): row for row in visit.page.locator(".pb-openings tbody tr").all()}
        for name, passed in zip(scene.names["lines"], scene.passed[frame], strict=True):
            assert rows[name].locator("td").nth(1).inner_text() == str(int(passed))
        worn = scene.bears[frame, 0]
        said = {255: "utuh", 0: "jebol"}.get(int(worn), "melemah")
        assert said in rows["garis petugas"].inner_text()


def test_language__changes_every_word(visit):
    page = visit.page
    page.locator(".pb-languages [lang=en]").click()
    page.wait_for_selector(".playback[lang=en][data-ready=compound]")
    text = page.locator(".playback").inner_text()
    strange = [
        words for key, words in catalogue("id").items()
        if key.startswith("compound.") and "{" not in words and len(words) > 9 and words in text
        and words not in catalogue("en").values()
    ]  # fmt: skip
    assert strange == []
    assert page.locator("h1").inner_text() == catalogue("en")["compound.title"]
    assert visit.errors == []


def test_keyboard__is_enough(visit):
    page, press = visit.page, visit.page.keyboard.press
    press("ArrowRight")
    assert page.evaluate(TIME) == 5
    press("Shift+ArrowRight")
    assert page.evaluate(TIME) == 65
    press("End")
    end = page.evaluate(TIME)
    press("Home")
    assert (page.evaluate(TIME), end) == (0, 90)
    press(" ")
    page.wait_for_function("() => Number(document.querySelector('.playback').dataset.t) > 2")
    press(" ")
    scale = "() => Number(document.querySelector('.pb-compound').dataset.scale)"
    before = page.evaluate(scale)
    press("+")
    assert page.evaluate(scale) > before
    page.locator(".pb-yard").focus()
    image, at = picture(page), page.evaluate(TIME)
    press("ArrowRight")
    assert (picture(page) != image).any()
    assert page.evaluate(TIME) == at
    press("?")
    assert page.locator("dialog.pb-help").is_visible()
    press("Escape")
    assert page.locator("dialog.pb-help").is_hidden()


def test_keyboard__reaches_every_control_and_shows_where_it_is(visit):
    page, seen, unseen = visit.page, set(), []
    for _ in range(60):
        page.keyboard.press("Tab")
        kind, outline = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e);
              const name = e.className.toString().split(' ')[0] || e.tagName + (e.type || '');
              return [e.dataset.act || e.dataset.layer || name,
                      s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
        )
        if kind == "BODY":
            break
        seen.add(kind)
        unseen += [] if outline else [kind]
    assert {"play", "next", "previous", "help", "pb-yard", "heat", "crush", "INPUTrange", "SUMMARY"} <= seen
    assert unseen == []


def test_opening__is_found_by_a_click_and_by_its_row(visit):
    page = visit.page
    box, scale = (
        page.locator(".pb-yard").bounding_box(),
        float(page.locator(".pb-compound").get_attribute("data-scale")),
    )
    page.mouse.click(box["x"] + box["width"] / 2 + 11.8 * scale, box["y"] + box["height"] / 2 + 0.4 * scale)
    assert page.locator(".pb-openings tr.chosen th").inner_text() == "timur"
    page.locator(".pb-openings .pb-link", has_text="pintu").click()
    assert page.locator(".pb-openings tr.chosen th").inner_text() == "pintu"


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: make web")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_page__has_no_serious_fault_of_access(browser, pages, width, scheme):
    with visiting(browser, pages["one"], width=width, scheme=scheme) as visit:
        go(visit.page, 40)
        visit.page.locator("details.pb-table summary").click()
        faults, passed = serious(visit.page)
        assert faults == []
        assert passed > 15


@pytest.mark.parametrize("width", SIZES)
def test_page__fits(browser, pages, width):
    with visiting(browser, pages["one"], width=width) as visit:
        go(visit.page, 40)
        scroll, client = visit.page.evaluate(WIDTHS)
        assert scroll <= client
        visit.page.screenshot(path=f"/tmp/compound-{width}.png", full_page=True)
        if width < 500:
            small = "() => [...document.querySelectorAll('.pb-buttons button')].filter(e => e.offsetHeight < 44).length"
            assert visit.page.evaluate(small) == 0


def test_report__plays_it_beside_the_rest(browser, pages):
    """In a report it is a section of its own; the clock is the rehearsal's, the keys are its own where the focus is."""
    with visiting(browser, pages["report"]) as visit:
        page = visit.page
        assert page.locator("#compound h2").inner_text() == catalogue("id")["compound.title"]
        assert page.locator("#compound .pb-clock").inner_text() == "08.20.00"
        page.keyboard.press("End")
        assert page.evaluate(TIME) == 0
        page.locator("#compound [data-act=play]").focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate(TIME) == 5
        assert page.locator("#compound .pb-yard").is_visible()
        assert visit.errors == []


def test_motion__is_calm_where_the_system_asks_for_it(browser, pages):
    """Time moves in steps of a second of the clock, not with every picture."""
    with visiting(browser, pages["one"], reduced_motion="reduce") as visit:
        visit.page.locator("[data-act=play]").click()
        seen = set()
        for _ in range(12):
            seen.add(visit.page.evaluate(TIME))
            visit.page.wait_for_timeout(150)
        assert len(seen) <= 4
        assert all(each % 4 == 0 for each in seen)
