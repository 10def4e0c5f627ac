"""The player in a real browser, from a file and with the network off: it draws, plays, jumps, and says why."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import re
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from browser.look import AXE, CHROMIUM, SIZES, WIDTHS, open_page, serious
from sispamkota.place import City
from sispamkota.plan import Plan
from sispamkota.rehearsal import Scenario, rehearse
from sispamkota.review.playback import Playback, make_playback
from sispamkota.review.player import write_player
from sispamkota.review.report import write_report
from sispamkota.words import catalogue

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]
PATIENCE_MS = 90_000  # a busy machine draws slowly, without a graphics card
HIJAU = (0, 158, 115)
WITHOUT_WEBGL = """{
  const was = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return /webgl/.test(kind) ? null : was.call(this, kind, ...more);
  };
}"""
TIME = "() => Number(document.querySelector('.playback').dataset.t)"
MOST_BYTES = 5_000_000
KEEPS_THE_PICTURE = """new MutationObserver(seen => {
  const marks = document.querySelector('.pb-things');
  if (marks && !window.marks) requestAnimationFrame(() => { window.marks = marks.toDataURL(); });
  for (const each of seen.flatMap(s => [...s.removedNodes])) {
    if (each.className === 'pb-picture') window.kept = each.toDataURL();
  }
}).observe(document, {subtree: true, childList: true})"""


@pytest.fixture(scope="session")
def played():
    city = City.load("malang")
    result = rehearse(Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), city, replicates=12, seed=4)
    return result, make_playback(result, city=city), city


@pytest.fixture(scope="session")
def playback(played) -> Playback:
    return played[1]


@pytest.fixture(scope="session")
def pages(played, tmp_path_factory) -> dict[str, Path]:
    result, playback, city = played
    unlike = make_playback(result, replicate=(playback.replicate + 1) % 12, city=city)
    folder = tmp_path_factory.mktemp("player")
    return {
        "one": write_player(folder / "one.html", playback, lang="id"),
        "twins": write_player(folder / "twins.html", [playback, playback], lang="en"),
        "unlike": write_player(folder / "unlike.html", [playback, unlike], lang="en"),
        "report": write_report(result, folder / "report.html", lang="id", city=city, playback=playback),
    }


NO_WORKER = "window.Worker = class extends EventTarget { postMessage() {} terminate() {} }"  # no tile is ever cut


@contextmanager
def visiting(browser, page, *, width=1280, **options):
    with open_page(browser, page, width=width, **options) as visit:
        visit.page.set_default_timeout(PATIENCE_MS)
        visit.page.locator(".playback").scroll_into_view_if_needed()
        visit.page.wait_for_selector(".playback[data-ready=table], .playback[data-streets=webgl]")
        yield visit


@pytest.fixture
def visit(browser, pages):
    with visiting(browser, pages["one"]) as opened:
        yield opened


def faults(visit):
    """What the page complains of; that a card is slow is no fault of the page."""
    return [text for text in visit.errors if "GL Driver Message" not in text]


def go(page, t):
    slide = "(s, t) => { s.value = t; s.dispatchEvent(new Event('input')); }"
    page.locator(".pb-slide input").evaluate(slide, t)
    page.wait_for_function("t => Number(document.querySelector('.playback').dataset.t) === t", arg=t)


def pixels(page, selector=".pb-canvas", n=0):
    """What stands on the screen, once two pictures in a row are the same."""
    from PIL import Image

    before = b""
    for _ in range(40):
        page.wait_for_timeout(150)
        now = page.locator(selector).nth(n).screenshot()
        if now == before:
            break
        before = now
    return np.asarray(Image.open(io.BytesIO(now)).convert("RGB"), np.int64)


def near(picture, colour, within=12):
    return (np.abs(picture - np.array(colour)).max(axis=2) <= within).sum()


def longest_leg(playback):
    """A journey long enough to be looked at: its middle, in seconds, and how long it takes."""
    legs = [leg for legs in playback.parts["legs"] for leg in legs]
    start, end, *_ = max(legs, key=lambda leg: leg[1] - leg[0])
    return round((start + end) / 20), (end - start) / 10


def test_page__asks_nothing_and_complains_of_nothing(visit):
    go(visit.page, 3000)
    pixels(visit.page)
    assert faults(visit) == []
    assert all(url.startswith(("file://", "blob:", "data:")) for url in visit.requests)


def test_map__is_drawn(visit, playback):
    """Streets by MapLibre, the stage of a place in its colour on the canvas above: neither is blank."""
    go(visit.page, 0)
    picture = pixels(visit.page)
    ground = np.array([243, 244, 245])
    drawn = (np.abs(picture - ground).max(axis=2) > 8).mean()
    assert 0.03 < drawn < 0.6
    assert near(picture, (217, 220, 224)) + near(picture, (195, 199, 204)) > 3000
    assert near(picture, HIJAU) > 100 * len(playback.parts["crowds"])


def best_shift(one, other, colour, far=6):
    """By how many px one picture must be moved so that a colour lies on itself, and which share of it then does."""
    a, b = ((np.abs(each - np.array(colour)).max(axis=2) <= 12) for each in (one, other))
    shifts = [(y, x) for y in range(-far, far + 1) for x in range(-far, far + 1)]
    both = {shift: (a & np.roll(b, shift, (0, 1))).sum() for shift in shifts}
    best = max(both, key=both.get)
    return max(map(abs, best)), both[best] / min(a.sum(), b.sum())


def test_picture__stands_until_the_map_does_and_nothing_jumps(browser, pages):
    """The still on a plain canvas has the streets where WebGL then draws them, and the marks stand over both."""
    from PIL import Image

    with visiting(browser, pages["one"], script=KEEPS_THE_PICTURE) as visit:
        page = visit.page
        kept = {}
        for name in ("marks", "kept"):
            raw = base64.b64decode(page.evaluate(f"() => window.{name}").split(",")[1])
            kept[name] = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB"), np.int64)
        drawn = pixels(page)[: len(kept["kept"])]  # a screenshot of half a pixel more is one row taller
        marks = "() => performance.getEntriesByName('playback-picture')[0].startTime"
        seen = [page.evaluate(marks.replace("picture", mark)) for mark in ("picture", "ready", "webgl")]
        assert seen == sorted(seen)
    for name, colour in (("marks", HIJAU), ("kept", (195, 199, 204))):  # stages of places, main streets
        assert kept[name].shape == drawn.shape
        shift, share = best_shift(kept[name], drawn, colour)
        assert shift <= 1
        assert share > 0.7


def test_picture__is_moved_and_asked_before_webgl_is_there(browser, pages):
    """While WebGL has drawn nothing yet, the map follows the hand, zooms, and a click on a place is answered."""
    with open_page(browser, pages["one"], width=1280, script=NO_WORKER) as visit:
        page = visit.page
        page.wait_for_selector(".playback[data-ready=map]", timeout=PATIENCE_MS)
        go(page, 2900)
        before, box = pixels(page), page.locator(".pb-canvas").bounding_box()
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] - 60, middle[1] + 40, steps=5)
        page.mouse.up()
        page.wait_for_timeout(1500)  # the map glides on
        moved = pixels(page)
        assert (before != moved).any(axis=2).mean() > 0.05
        page.locator(".pb-zoom button").first.click()
        assert (moved != pixels(page)).any(axis=2).mean() > 0.05
        page.locator(".pb-zoom button").last.click()
        label = page.locator(".pb-label", has_text="KPU").first.bounding_box()
        page.mouse.click(label["x"] + label["width"] / 2, label["y"] - 20)
        assert page.locator(".pb-why").is_visible()
        assert page.locator(".playback").get_attribute("data-streets") is None


def test_map__a_unit_on_its_way_moves(visit, playback):
    """With everything else switched off, the picture changes with the time, and only while somebody moves."""
    middle, lasts = longest_leg(playback)
    assert lasts > 200
    for box in visit.page.locator(".pb-layers input").all():
        box.uncheck()
    visit.page.locator(".pb-layers label", has=visit.page.locator(".pb-swatch.units")).locator("input").check()
    go(visit.page, middle)
    first = pixels(visit.page)
    go(visit.page, middle + 60)
    second = pixels(visit.page)
    assert (first != second).any(axis=2).sum() > 60
    visit.page.locator(".pb-layers label", has=visit.page.locator(".pb-swatch.units")).locator("input").uncheck()
    off = pixels(visit.page)
    go(visit.page, middle)
    assert (pixels(visit.page) == off).all()


def test_time__plays_and_pauses(visit):
    page = visit.page
    play = page.locator("[data-act=play]")
    assert play.inner_text().endswith("Putar")
    play.click()
    page.wait_for_function("() => Number(document.querySelector('.playback').dataset.t) > 60")
    assert play.inner_text().endswith("Jeda")
    play.click()
    held = page.evaluate(TIME)
    page.wait_for_timeout(400)
    assert page.evaluate(TIME) == held


def test_time__jumps_from_event_to_event(visit, playback):
    """The buttons visit the times of the key events, one after the other, and back."""
    page = visit.page
    from sispamkota.review.summary import choices

    keys, came = set(choices()["events_told"]), set()
    told = []
    for row in playback.parts["events"]:
        again = row[1] == "gathering" and row[2] in came  # who comes later to a place is not told again
        came |= {row[2]} if row[1] == "gathering" else set()
        if not again and (row[1] in keys or (row[1] == "call" and row[5] != "unrest")):
            told.append(row)
    times = sorted({row[0] / 10 for row in told} - {0.0})
    seen = []
    for _ in times[:6]:
        page.locator("[data-act=next]").click()
        seen.append(page.evaluate(TIME))
    assert seen == pytest.approx(times[:6], abs=0.1)
    page.locator("[data-act=previous]").click()
    assert page.evaluate(TIME) == pytest.approx(times[4], abs=0.1)


def test_numbers__beside_the_map_are_those_of_the_document(visit, playback):
    for minute in (5, 46, 90):
        go(visit.page, minute * 60)
        rows = visit.page.locator(".pb-crowds tbody tr").all()
        for row, crowd in zip(rows, playback.parts["crowds"], strict=True):
            wanted = [int(np.cumsum(crowd[name])[minute]) for name in ("peaceful", "violent", "spent", "officers")]
            assert [int(re.sub(r"\D", "", cell)) for cell in row.locator("td").all_inner_texts()] == wanted


def test_why__tells_the_decision(visit, playback):
    """The answer names who was sent and who was not, as the document has it."""
    page = visit.page
    number = next(
        n for n, each in enumerate(playback.parts["incidents"])
        if each["kind"] != "unrest" and any(d["sent"] and d["candidates"] for d in each["decisions"])
    )  # fmt: skip
    incident = playback.parts["incidents"][number]
    decision = next(d for d in incident["decisions"] if d["sent"] and d["candidates"])
    go(page, round(decision["t"] / 10) + 5)
    page.locator("details.pb-table summary").click()
    place = playback.parts["places"][incident["place"]][1]
    row = page.locator(".pb-events tr", has_text=f"Panggilan dari {place}").first
    row.locator(".pb-ask").click()
    answer = page.locator(".pb-why")
    answer.wait_for()
    assert place in answer.inner_text()
    names = {playback.parts["units"][unit][0].split("/")[0].replace("-", " ") for unit in decision["sent"]}
    assert all(name in answer.inner_text() for name in names)
    assert answer.locator("tr.sent").count() >= len(decision["sent"])
    assert answer.locator("tbody tr").count() >= len(decision["candidates"])
    answer.locator(".pb-close").click()
    assert answer.is_hidden()


def test_why__opens_at_the_decision_of_the_event(visit, playback):
    """Of an incident decided on more than once, the answer opens at the event's own; on a phone in view too."""
    page, parts = visit.page, playback.parts
    number, event = next(
        (number, event)
        for event in parts["events"][:400]
        if event[1] in ("unmet", "dispatch") and event[4] >= 0
        for number, each in enumerate(parts["incidents"][event[4]]["decisions"][:-1])
        if number and (each["t"], each["asked"]) == (event[0], event[5].split(" ", 1)[1])
    )
    decisions = parts["incidents"][event[4]]["decisions"]
    go(page, parts["about"]["horizon_s"])
    page.set_viewport_size({"width": 390, "height": 844})
    ask_of(page, parts, event)
    answer = page.locator(".pb-why")
    start = parts["about"]["start_s"] + decisions[number]["t"] / 10
    clock = f"{int(start % 86400 // 3600):02d}.{int(start % 3600 // 60):02d}"
    assert answer.locator(":scope > .pb-decision h4").inner_text().startswith(clock)
    summaries = answer.locator(":scope > details > summary").all_inner_texts()
    assert [re.sub(r"\D", "", each) for each in summaries] == [str(number), str(len(decisions) - number - 1)]
    assert not any(each.get_attribute("open") for each in answer.locator("details").all())
    assert 0 <= answer.bounding_box()["y"] < 844 / 2


def test_why__of_a_fence_says_what_stood_there(visit, playback):
    page, parts = visit.page, playback.parts
    fallen = [each for each in parts["events"] if each[1] in ("perimeter_damaged", "breached") and each[4] >= 0]
    if not fallen:
        pytest.skip("no fence fell in the told replicate")
    ask_of(page, parts, fallen[0])
    told = page.locator(".pb-held").inner_text()
    assert re.sub(r"\D", "", told.split("ada")[1].split("pelaku")[0]) == fallen[0][5].split()[0]


def ask_of(page, parts, event):
    """Press "why?" of an event in the table of all steps, whose rows are the events in their order."""
    page.locator("details.pb-table > summary").click()
    page.locator("details.pb-table input[type=checkbox]").check()
    page.locator(".pb-events tbody tr").nth(parts["events"].index(event)).locator(".pb-ask").click()
    page.locator(".pb-why").wait_for()


def test_language__changes_every_word(visit):
    page = visit.page
    page.locator(".pb-languages [lang=en]").click()
    page.wait_for_selector(".playback[lang=en]")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("[data-act=play]").inner_text().endswith("Play")
    assert "Keadaan" not in page.locator(".playback").inner_text()
    page.wait_for_selector(".playback[data-streets=webgl]")
    assert faults(visit) == []


def test_keyboard__is_enough(visit):
    page, press = visit.page, visit.page.keyboard.press
    press("n")
    first = page.evaluate(TIME)
    assert first > 0
    press("ArrowRight")
    assert page.evaluate(TIME) == pytest.approx(first + 60, abs=0.1)
    press("Shift+ArrowRight")
    assert page.evaluate(TIME) == pytest.approx(first + 660, abs=0.1)
    press("p")
    assert page.evaluate(TIME) < first + 660
    press("End")
    assert page.evaluate(TIME) == 7200
    press("Home")
    assert page.evaluate(TIME) == 0
    press(" ")
    page.wait_for_function("() => Number(document.querySelector('.playback').dataset.t) > 30")
    press(" ")
    press("w")
    assert page.locator(".pb-why").is_visible()
    assert page.evaluate("() => document.activeElement.className") == "pb-why"
    press("Escape")
    assert page.locator(".pb-why").is_hidden()
    press("?")
    assert page.locator("dialog.pb-help").is_visible()
    press("Escape")
    assert page.locator("dialog.pb-help").is_hidden()


def test_keyboard__reaches_every_control_and_shows_where_it_is(visit):
    page = visit.page
    seen, unseen = set(), []
    for _ in range(60):
        page.keyboard.press("Tab")
        kind, outline = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e);
              return [e.dataset.act || e.className.toString().split(' ')[0] || e.tagName + (e.type || ''),
                      s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
        )
        if kind == "BODY":
            break
        seen.add(kind)
        if not outline:
            unseen.append(kind)
    assert {"play", "next", "previous", "back", "forward", "help", "maplibregl-canvas"} <= seen
    assert {"INPUTrange", "INPUTcheckbox", "SELECTselect-one", "SUMMARY"} <= seen
    assert unseen == []


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: make web")
@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("one", 1280, "light"), ("one", 390, "dark"), ("twins", 1280, "dark")]
)
def test_page__has_no_serious_fault_of_access(browser, pages, name, width, scheme):
    with visiting(browser, pages[name], width=width, scheme=scheme) as visit:
        go(visit.page, 2900)
        visit.page.locator("details.pb-table summary").first.click()
        visit.page.keyboard.press("w")
        faults, passed = serious(visit.page)
        assert faults == []
        assert passed > 15


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("name", ["one", "twins"])
def test_page__fits(browser, pages, name, width):
    with visiting(browser, pages[name], width=width) as visit:
        go(visit.page, 2900)
        pixels(visit.page)
        scroll, client = visit.page.evaluate(WIDTHS)
        assert scroll <= client
        visit.page.screenshot(path=f"/tmp/player-{name}-{width}.png", full_page=True)
        if width < 500:
            small = "() => [...document.querySelectorAll('.pb-buttons button')].filter(e => e.offsetHeight < 44).length"
            assert visit.page.evaluate(small) == 0


def test_twins__share_time_and_view(browser, pages):
    """The same replicate twice: whatever is done, both maps show the same to the pixel."""
    with visiting(browser, pages["twins"]) as visit:
        page = visit.page
        go(page, 2900)
        before = pixels(page, n=0)
        page.keyboard.press("+")
        for t in (2900, 3400):
            go(page, t)
            left, right = pixels(page, ".pb-map canvas.maplibregl-canvas", 0), pixels(page, ".pb-canvas", 1)
            left = pixels(page, ".pb-canvas", 0)
            buttons = slice(0, left.shape[0] - 140)  # the left one has the buttons of the zoom
            assert (left[buttons] == right[buttons]).all()
        assert (before != left).any(axis=2).mean() > 0.05


def present(playback, minute):
    """The people at each gathering at a minute, by name."""
    parts = playback.parts
    return {
        parts["places"][each["place"]][1]: sum(
            int(np.cumsum(each[name])[minute]) for name in ("peaceful", "violent", "spent")
        )
        for each in parts["crowds"]
    }


def test_twins__tell_what_differs(browser, pages, played):
    """The people at each gathering as both documents have them, with rings on both maps; nothing where nothing does."""
    result, playback, city = played
    unlike = make_playback(result, replicate=(playback.replicate + 1) % 12, city=city)
    minute = 60
    a, b = present(playback, minute), present(unlike, minute)
    wanted = {name: [a[name], b[name], b[name] - a[name]] for name in a if a[name] != b[name]}
    assert wanted
    with visiting(browser, pages["unlike"]) as visit:
        page = visit.page
        go(page, minute * 60)
        told = {}
        for row in page.locator(".pb-differences tbody tr", has_text="people present").all():
            numbers = [cell.replace(",", "").replace("−", "-") for cell in row.locator("td.number").all_inner_texts()]
            told[row.locator("th").inner_text()] = [int(number) for number in numbers]
        assert told == wanted
        pictures = [pixels(page, n=n) for n in range(2)]
        page.locator(".pb-layers label", has=page.locator(".pb-swatch.differences")).locator("input").uncheck()
        for n, with_rings in enumerate(pictures):
            assert (with_rings != pixels(page, n=n)).any(axis=2).sum() > 150 * len(wanted)
        assert faults(visit) == []
        page.screenshot(path="/tmp/player-unlike-1280.png", full_page=True)
    with visiting(browser, pages["twins"]) as visit:
        go(visit.page, minute * 60)
        assert visit.page.locator(".pb-differences tbody tr").count() == 0
        assert "Nothing differs" in visit.page.locator(".pb-differences").inner_text()


def test_without_webgl__the_words_are_there(browser, pages):
    with visiting(browser, pages["one"], script=WITHOUT_WEBGL) as visit:
        page = visit.page
        assert page.locator(".playback").get_attribute("data-ready") == "table"
        assert "WebGL" in page.locator(".pb-missing").inner_text()
        assert page.locator(".pb-events tbody tr").count() > 10
        go(page, 2900)
        page.keyboard.press("w")
        assert page.locator(".pb-why tbody tr").count() > 0


def test_reduced_motion__moves_in_whole_steps(browser, pages):
    with visiting(browser, pages["one"], reduced_motion="reduce") as visit:
        visit.page.locator("[data-act=play]").click()
        visit.page.wait_for_function("() => Number(document.querySelector('.playback').dataset.t) > 0")
        assert visit.page.evaluate(TIME) % 60 == 0


def test_report__holds_the_player(browser, pages):
    """Inside a report the keys of the page stay the page's, until the focus is in the player."""
    assert pages["report"].stat().st_size <= MOST_BYTES
    with visiting(browser, pages["report"]) as visit:
        page = visit.page
        page.keyboard.press("n")
        assert page.evaluate(TIME) == 0
        page.locator("[data-act=play]").focus()
        page.keyboard.press("n")
        assert page.evaluate(TIME) > 0
        assert near(pixels(page), HIJAU) > 100
        assert faults(visit) == []
        page.locator("#told").screenshot(path="/tmp/player-report-1280.png")


def test_document__is_read_as_python_wrote_it(visit, playback):
    """The events in the table are all events of the document."""
    page = visit.page
    page.locator("details.pb-table summary").click()
    page.locator(".pb-table input").check()
    wanted = len(playback.parts["events"])
    assert page.locator(".pb-events tbody tr").count() == min(wanted, 400)
    assert json.loads(playback.to_json()) == playback.to_dict()


def uncared(document, t):
    """How many at each place nobody cares for at a moment, by the document."""
    ends, found = ("treated", "left", "set_out", "reached", "died"), {}
    for each in document["casualties"]:
        if each["hurt"] <= 10 * t and not any(each.get(end, np.inf) <= 10 * t for end in ends):
            name = document["places"][each["place"]][1]
            found[name] = found.get(name, 0) + 1
    return found


def test_labels__count_those_whom_nobody_cares_for(visit, playback):
    """Most at the fullest moment, nobody at the end: those who were treated where found do not stay."""
    document = playback.to_dict()
    crowds = {document["places"][each["place"]][1] for each in document["crowds"]}
    times = sorted({-(-each["hurt"] // 10) for each in document["casualties"]})
    full = max(times, key=lambda t: sum(n for name, n in uncared(document, t).items() if name in crowds))
    assert any(name in crowds for name in uncared(document, full))
    for t in (full, document["about"]["horizon_s"]):
        go(visit.page, t)
        visit.page.wait_for_timeout(500)
        labels = visit.page.locator(".pb-label").evaluate_all(
            "l => l.map(e => [...e.children].map(c => c.textContent))"
        )
        seen = {lines[0]: [line for line in lines if line.startswith("✚")] for lines in labels if lines[0] in crowds}
        assert seen
        for name, said in seen.items():
            n = uncared(document, t).get(name, 0)
            assert said == ([catalogue("id")["playback.label_hurt"].format(n=n)] if n else []), (t, name)


def test_hospitals__count_who_came_by_themselves(visit, played):
    """As many as the engine counted for this replicate, at the hospitals that the log names, beside each gauge."""
    result, playback, _ = played
    document = playback.to_dict()
    came = [each for each in document["casualties"] if "hospital" in each and "unit" not in each]
    rows = result.rows.set_index("replicate")
    assert 0 < len(came) <= rows.loc[playback.replicate, "self_transport"]
    go(visit.page, document["about"]["horizon_s"])
    told = visit.page.locator(".pb-gauges li").evaluate_all(
        "l => l.map(e => [e.children[0].textContent, e.children[2].textContent])"
    )
    said = catalogue("id")["playback.walked_in"]
    for name, words in told:
        n = sum(document["places"][each["hospital"]][1] == name for each in came)
        assert (said.format(n=n) in words) == (n > 0), name
    box = visit.page.locator(".pb-layers label", has=visit.page.locator(".pb-swatch.walkins")).locator("input")
    drawn = pixels(visit.page)
    box.uncheck()
    assert (drawn != pixels(visit.page)).any(axis=2).sum() > 100


def test_casualties__who_go_by_themselves_are_drawn_on_their_way(visit, playback):
    """While somebody goes, the layer of those who do moves with the time; nothing else is drawn then."""
    page, document = visit.page, playback.to_dict()
    own = max((e for e in document["casualties"] if "way" in e), key=lambda e: e["reached"] - e["set_out"])
    for box in page.locator(".pb-layers input").all():
        box.uncheck()
    box = page.locator(".pb-layers label", has=page.locator(".pb-swatch.walkins")).locator("input")
    middle = (own["set_out"] + own["reached"]) // 20
    go(page, middle)
    empty = pixels(page)
    box.check()
    one = pixels(page)
    go(page, middle + 30)
    two = pixels(page)
    assert (one != empty).any(axis=2).sum() > 60
    assert (one != two).any(axis=2).sum() > 30


@pytest.fixture(scope="module")
def closing(tmp_path_factory):
    city = City.load("malang")
    result = rehearse(Scenario.load("sispamkota-2024"), Plan.load("malang-500"), city, replicates=2, seed=4)
    playback = make_playback(result, city=city)
    return write_player(tmp_path_factory.mktemp("closing") / "closing.html", playback, lang="id"), playback


def test_closures__are_drawn_while_they_last(browser, closing):
    """The sign and the streets of the market's closure are there during its phase only, and the event names it."""
    path, playback = closing
    (closure,) = playback.parts["closures"]
    start, end = (t // 10 for t in closure["spans"])
    with visiting(browser, path) as visit:
        page = visit.page
        for box in page.locator(".pb-layers input").all():
            box.uncheck()
        box = page.locator(".pb-layers label", has=page.locator(".pb-swatch.closed")).locator("input")
        for t, drawn in ((start - 60, False), (start + 60, True), (end + 60, False)):
            go(page, t)
            box.uncheck()
            empty = pixels(page)
            box.check()
            changed = (pixels(page) != empty).any(axis=2).sum()
            assert (changed > 150) if drawn else (changed == 0), t
        page.locator("details.pb-table summary").click()
        page.locator(".pb-events tbody tr").first.wait_for()
        told = " ".join(page.locator(".pb-events tbody tr").all_inner_texts())
        for event in ("streets_closed", "streets_open"):
            words = catalogue("id")[f"event.{event}"].format(detail="Pasar Besar Malang")
            assert words.lower() in told.lower()
        assert "closure" not in told
        assert faults(visit) == []


def test_closures__without_any_there_is_no_layer_of_them(visit):
    assert visit.page.locator(".pb-swatch.closed").count() == 0


@pytest.fixture(scope="module")
def vote_day(tmp_path_factory):
    city = City.load("malang")
    result = rehearse(Scenario.load("vote-day"), Plan.load("malang-pilkada"), city, replicates=2, seed=4)
    return write_player(tmp_path_factory.mktemp("vote") / "vote.html", make_playback(result, city=city), lang="id")


@pytest.mark.parametrize("width", SIZES)
def test_vote_day__names_the_offices_and_folds_arrivals(browser, vote_day, width):
    """At every time of the day KPU and Bawaslu have their names; 57 arrivals in one minute are one event."""
    with visiting(browser, vote_day, width=width) as visit:
        page = visit.page
        for hour in (2, 9, 14, 18.4, 21):
            go(page, int(hour * 3600))
            names = page.locator(".pb-label span:first-child").all_inner_texts()
            assert {"KPU", "Bawaslu"} <= set(names), hour
        hidden = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
        assert page.locator(".pb-name, .pb-hospital").evaluate_all(hidden) == []
        page.locator("details.pb-table summary").click()
        page.locator(".pb-events tbody tr").first.wait_for()  # its rows come once it is open
        many = re.escape(catalogue("id")["event.gathering_many"].split("{n}")[0])
        told = page.locator(".pb-events tbody tr").all_inner_texts()
        arrivals = [text for text in told if re.search("mulai berdatangan", text)]
        assert sum(bool(re.search(many + "57", text, re.IGNORECASE)) for text in arrivals) == 1
        assert len(arrivals) < len(told) / 3
        page.locator(".pb-table input").check()
        assert page.locator(".pb-events tbody tr", has_text="mulai berdatangan").count() > 57
        rows = " ".join(page.locator(".pb-events tbody tr").all_inner_texts())
        assert not re.search(r"\b\d\d[ -]\d{4}\b", rows)  # a unit is named by its kelurahan, not by the code of it
