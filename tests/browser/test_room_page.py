"""The room's page against its own server: six desks play a drill; a phone's report arrives exactly once."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from browser.look import CHROMIUM, WIDTHS
from sispamkota.exercise import load_exercise
from sispamkota.exercise.roles import roles

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("fastapi") is None, reason="the extra app is not installed"),
]
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
WORD = "kata sandi meja latihan"
HOSPITAL = "rsud-dr-saiful-anwar"
PATIENCE_MS = 30_000
STAGED = "Wartawan menunggu di gerbang KPU."
FORCE = "Pelemparan batu ke barisan."
LEAVE = "Perisai dan tameng saja, tanpa gas."


@dataclass
class Server:
    """A room that is served, and its controller's invitation."""

    link: str
    process: subprocess.Popen
    used: set[str] = field(default_factory=set)

    @property
    def base(self) -> str:
        return self.link.split("/#")[0]


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Server]:
    """Make the exercise and serve it until it is no longer needed."""
    command = [sys.executable, "-m", "sispamkota", "exercise"]
    subprocess.run([*command, "new", "kpu-bawaslu", "-o", str(folder / "latihan")], check=True, capture_output=True)
    with (folder / "stderr.txt").open("w") as talk:
        process = subprocess.Popen(
            [*command, "serve", str(folder / "latihan"), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=talk,
            text=True,
            env=os.environ,
        )
        try:
            yield Server(process.stdout.readline().strip(), process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
            process.stdout.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("room")) as server:
        yield server


class Desk:
    """One browser context at one desk."""

    def __init__(self, browser, server: Server, name: str, *, width: int = 1280, height: int = 900) -> None:
        self.server, self.name, self.errors, self.asked = server, name, [], []
        size = {"width": width, "height": height}
        self.context = browser.new_context(viewport=size, locale="id-ID", has_touch=width < 500)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", lambda m: self._heard(m.type, m.text, m.location.get("url", "")))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _heard(self, kind: str, text: str, url: str) -> None:
        # Who is not signed in is told so by a status, which the browser logs; a slow card is no fault of the page.
        known = "GL Driver" in text or ("401" in text and url.endswith("/api/me"))
        if kind in ("error", "warning") and not known:
            self.errors.append(text)

    def join(self, link: str) -> Desk:
        self.page.goto(link)
        self.page.get_by_label("Nama meja").fill(self.name)
        self.page.get_by_label("Kata sandi").fill(WORD)
        self.page.get_by_role("button", name="Duduk di meja").click()
        self.page.wait_for_selector(".rm-clock:not(:text('--'))")
        return self

    def sit(self) -> Desk:
        self.page.locator("[data-do=seat]").click()
        self.page.get_by_role("button", name="Tinggalkan meja").wait_for()
        return self

    def map(self) -> Desk:
        self.page.wait_for_selector(".rm-city[data-ready=map]")
        return self

    def form(self, do: str):
        """Open a form of the desk."""
        row = self.page.locator(f"[data-act='{do}']")
        if row.locator("form").count() == 0 or row.locator("form").is_hidden():
            row.locator("> button").click()
        return row.locator("form")

    def do(self, do: str, fills: dict[str, str], *, form: Any = None) -> None:
        """Fill a form in and send it; the page says that it is recorded."""
        form = form or self.form(do)
        fill(form, fills)
        form.locator("button[type=submit]").click()
        form.get_by_text("Tercatat.").wait_for()

    def heard(self, text: str) -> None:
        """Wait until the log says something."""
        self.page.locator("ol.rm-log", has_text=text).wait_for(state="attached")

    def shoot(self, name: str) -> None:
        self.page.screenshot(path=f"/tmp/room-{name}.png")


def fill(form: Any, fills: dict[str, str]) -> None:
    for name, value in fills.items():
        control = form.locator(f"[name='{name}'], [name$='-{name}']")
        kind = control.first.evaluate("e => e.type")
        if kind == "select-one":
            control.select_option(value)
        elif kind == "radio":
            form.locator(f"[name$='-{name}'][value='{value}']").check()
        else:
            control.fill(value)


def invite(controller: Desk, seat: str, *, hospital: str = "") -> str:
    """Make a link on the controller's page."""
    part = controller.page.locator("[data-part=invitations]")
    if not part.evaluate("e => e.open"):
        part.locator("summary").click()
    before = part.locator(".rm-link input").input_value() if part.locator(".rm-link").is_visible() else ""
    form = part.locator("form")
    fill(form, {"seat": seat} | ({"what": hospital} if hospital else {}))
    form.locator("button[type=submit]").click()
    controller.page.wait_for_function(
        "b => { const i = document.querySelector('.rm-link input'); return i && i.value && i.value !== b; }", arg=before
    )
    return part.locator(".rm-link input").input_value()


def play_on(controller: Desk, *, minutes: int) -> None:
    """Play the world on by steps of five minutes."""
    for _ in range(minutes // 5):
        was = controller.page.locator(".rm-clock").inner_text()
        controller.page.locator("[data-clock=step]").click()
        controller.page.wait_for_function("w => document.querySelector('.rm-clock').textContent !== w", arg=was)


def serious(page) -> list[Any]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run(document)")
    assert len(found["passes"]) > 15
    return [
        (each["id"], [node["html"][:140] for node in each["nodes"][:3]])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


CUT = """() => [...document.querySelectorAll('.rm-room *')].filter(e => {
  const b = e.getBoundingClientRect();
  if (!b.width || e.closest('.rm-city, dialog') || e.closest('option, select')) return false;
  return b.right > document.documentElement.clientWidth + 0.5;
}).map(e => e.tagName + '.' + e.className)"""
SMALL = """() => [...document.querySelectorAll('button, select, input, textarea')].filter(e => {
  const b = e.getBoundingClientRect();
  return b.width && b.height && b.height < 44 && !['radio', 'range'].includes(e.type) && !e.closest('.maplibregl-map');
}).map(e => e.outerHTML.slice(0, 80))"""
TINY = """() => [...document.querySelectorAll('.rm-room *')].filter(e => {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  return own && e.getBoundingClientRect().width && parseFloat(getComputedStyle(e).fontSize) < 12;
}).map(e => e.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def controller(browser, server):
    desk = Desk(browser, server, "pengendali").join(server.link)
    yield desk
    desk.context.close()


@pytest.fixture
def desks():
    """Contexts that are closed whatever happens."""
    opened: list[Desk] = []
    yield opened
    for desk in opened:
        with contextlib.suppress(Exception):
            desk.context.close()


# --- the phone --------------------------------------------------------------------------------------------------------


def test_phone__a_report_made_offline_arrives_exactly_once(browser, server, controller, desks):
    """Made without a line it survives a reload and is sent when the line is back; a lost receipt does not double it."""
    phone = Desk(browser, server, "pos-1", width=390, height=844).join(invite(controller, "field"))
    desks.append(phone)
    page = phone.page
    assert page.evaluate(SMALL) == []
    page.context.set_offline(True)
    page.locator(".rm-line.bad").wait_for()
    phone.shoot("phone-offline-390")
    form = page.locator("[data-region=left-lapor] form")
    fill(form, {"place": "kpu", "what": "blocked_exit", "text": "Jalan keluar timur tertutup kendaraan."})
    form.locator("button[type=submit]").click()
    form.get_by_text("Jalur terputus").wait_for()
    page.locator(".rm-outbox li").wait_for()
    phone.shoot("phone-kept-390")
    # The line comes back only so far that the page can be loaded again: nothing of it is sent yet.
    held = ("**/api/**", "**/ws*")
    for url in held:
        page.route(url, lambda route: route.abort())
    page.context.set_offline(False)
    page.reload()
    page.locator(".rm-outbox li", has_text="menunggu jalur").wait_for()
    phone.errors.clear()  # a line that is cut makes the browser complain
    for url in held:
        page.unroute(url)
    # The first answer is lost on its way: the record is kept, the phone does not know, and sends it again.
    lost = []

    def lose(route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    page.route("**/api/actions", lose)
    page.locator(".rm-outbox li").wait_for(state="detached", timeout=PATIENCE_MS)
    assert lost == [200]
    controller.heard("jalan keluar tertutup di KPU Kota Malang")
    controller.page.wait_for_timeout(500)
    told = controller.page.locator("ol.rm-log li", has_text="Jalan keluar timur tertutup kendaraan.")
    assert told.count() == 1
    page.get_by_role("button", name="Peta", exact=True).first.click()
    phone.map()
    page.wait_for_timeout(800)
    phone.shoot("phone-map-390")
    page.get_by_role("button", name="Tugas").click()
    phone.shoot("phone-tasks-390")
    assert page.evaluate(CUT) == []
    if AXE.exists():
        assert serious(page) == []


def test_phone__what_the_server_refuses_stands_beside_its_field(browser, server, controller, desks):
    phone = Desk(browser, server, "pos-2", width=390, height=844).join(invite(controller, "field"))
    desks.append(phone)
    form = phone.page.locator("[data-region=left-lapor] form")
    form.locator("button[type=submit]").click()
    assert form.locator("[aria-invalid=true]").count() == 3
    fill(form, {"place": "kpu", "what": "injured", "text": "Hubungi keluarga di 0812-3456-7890."})
    form.locator("button[type=submit]").click()
    fault = form.locator(".rm-field", has=phone.page.locator("textarea")).locator(".rm-fault")
    fault.wait_for()
    assert re.search("telepon|telephone", fault.inner_text())
    assert form.locator("textarea").input_value().startswith("Hubungi")
    phone.shoot("phone-fault-390")
    assert phone.page.locator(".rm-outbox li").count() == 0
    assert [text for text in phone.errors if "409" not in text and "422" not in text] == []


# --- who only looks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seat", ["public", "observer"])
def test_view__has_nothing_to_press_but_what_it_may(browser, server, controller, desks, seat):
    desk = Desk(browser, server, f"layar-{seat}").join(invite(controller, seat)).map()
    desks.append(desk)
    page = desk.page
    forms = page.locator("[data-act]").evaluate_all("l => l.map(e => e.dataset.act)")
    assert forms == ([] if seat == "public" else ["observe"])
    assert page.locator("[data-clock]").count() == 0
    page.wait_for_timeout(500)
    desk.shoot(f"{seat}-1280")
    assert page.evaluate(CUT) == []
    assert desk.errors == []


def test_door__says_what_is_wrong_and_lets_in_again(browser, server, controller, desks):
    desk = Desk(browser, server, "bpbd-1")
    desks.append(desk)
    page = desk.page
    page.goto(invite(controller, "bpbd"))
    page.get_by_label("Nama meja").fill("Bapak Budi")
    page.get_by_label("Kata sandi").fill("pendek")
    page.get_by_role("button", name="Duduk di meja").click()
    page.locator(".rm-fault:visible").first.wait_for()
    page.screenshot(path="/tmp/room-door-1280.png")
    page.get_by_label("Nama meja").fill(desk.name)
    page.get_by_label("Kata sandi").fill(WORD)
    page.get_by_role("button", name="Duduk di meja").click()
    page.wait_for_selector(".rm-room")
    assert "undangan" not in page.url
    page.locator("[data-tool=leave]").click()
    page.get_by_role("heading", name="Masuk ke meja").wait_for()
    page.locator(".rm-tools [lang=en]").click()
    page.get_by_label("Name of the desk").fill(desk.name)
    page.get_by_label("Password").fill(WORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".rm-room")
    page.get_by_role("heading", name="My desk").wait_for()
    text = page.locator(".rm-room").inner_text()
    assert not re.search(r"Menunggu saya|Catatan|Tersambung", text)


def test_keyboard__reaches_every_control_and_shows_where_it_is(browser, server, controller, desks):
    desk = Desk(browser, server, "tni-1").join(invite(controller, "tni"))
    desks.append(desk)
    page = desk.page
    page.keyboard.press("3")
    assert page.evaluate("() => document.activeElement.dataset.region") == "right"
    page.keyboard.press("?")
    assert page.locator("dialog[open]").is_visible()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    seen, unseen = set(), []
    for _ in range(60):
        page.keyboard.press("Tab")
        kind, outline = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e);
              const act = e.closest('[data-act]');
              return [e.dataset.tool || e.dataset.do || (act ? act.dataset.act : e.id || e.tagName),
                      s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
        )
        if kind == "BODY":
            break
        seen.add(kind)
        if not outline:
            unseen.append(kind)
    assert {
        "theme",
        "sound",
        "help",
        "leave",
        "seat",
        "log-who",
        "order.send",
        "request.make",
        "report",
        "note",
    } <= seen
    assert unseen == []


def test_page__is_fit_for_any_role_at_390(browser, server, controller, desks):
    desk = Desk(browser, server, "brimob-1", width=390, height=844).join(invite(controller, "brimob"))
    desks.append(desk)
    page = desk.page
    assert page.locator(".rm-tabs button").count() == 3
    for tab in ("Tugas", "Peta", "Lapor"):
        page.locator(".rm-tabs").get_by_role("button", name=tab).click()
        scroll, client = page.evaluate(WIDTHS)
        assert scroll <= client
        assert page.evaluate(CUT) == []
        assert page.evaluate(TINY) == []
        assert page.evaluate(SMALL) == []
        page.wait_for_timeout(400)
        desk.shoot(f"brimob-{tab.lower()}-390")


HIDES = "e => [e.scrollWidth > e.clientWidth + 1, e.scrollHeight > e.clientHeight + 1]"
LONG = "Simulasi pengamanan rapat pleno terbuka rekapitulasi penghitungan suara dan penetapan pasangan calon terpilih"


@pytest.mark.parametrize("width", [1280, 390])
def test_title__is_whole(controller, width):
    """Of any length, on a desk and on a phone; and so is the name of a place beside the time bar."""
    page = controller.page
    size = page.viewport_size
    try:
        page.set_viewport_size({"width": width, "height": 900})
        title = page.locator(".rm-title h1")
        was = title.inner_text()
        for text in (was, LONG):
            title.evaluate("(e, text) => { e.textContent = text; }", text)
            assert title.evaluate(HIDES) == [False, False]
            scroll, client = page.evaluate(WIDTHS)
            assert scroll <= client
        title.evaluate("(e, text) => { e.textContent = text; }", was)
        names = page.locator(".rm-name").evaluate_all(f"all => all.map({HIDES})")
        assert names == [[False, False]] * len(names)
    finally:
        page.set_viewport_size(size)


def test_line__lost_and_back_brings_every_record_once(browser, server, controller, desks):
    desk = Desk(browser, server, "linmas-1").join(invite(controller, "linmas"))
    desks.append(desk)
    page = desk.page
    page.locator("ol.rm-log li").first.wait_for()
    desk.context.set_offline(True)
    page.locator(".rm-banner", has_text="Jalur terputus").wait_for()
    desk.shoot("lost-1280")
    for n in range(3):
        controller.do("note", {"text": f"Catatan saat terputus {n}."})
    desk.context.set_offline(False)
    for n in range(3):
        page.locator("ol.rm-log li", has_text=f"Catatan saat terputus {n}.").wait_for()
    keys = page.locator("ol.rm-log li").evaluate_all("l => l.map(e => e.dataset.n)")
    assert len(keys) == len(set(keys))
    page.locator(".rm-banner").wait_for(state="hidden")


# --- the drill --------------------------------------------------------------------------------------------------------


def test_forecast__a_dialogue_first_with_its_intervals_and_no_order(browser, server, controller, desks):
    """A desk looks ahead, on a wide page and on a phone; the log has its use, and nothing was ordered."""
    desk = Desk(browser, server, "polresta-2").join(invite(controller, "polresta")).sit()
    phone = Desk(browser, server, "dialog-2", width=390, height=844).join(invite(controller, "dialogue"))
    desks += [desk, phone]
    play_on(controller, minutes=30)
    for each, tab in ((desk, ""), (phone, "Tugas")):
        page = each.page
        if tab:
            page.get_by_role("button", name=tab).click()
        part = page.locator("[data-part=ahead]")
        part.locator("summary").first.click()
        part.get_by_text("Prakiraan bukan perintah").first.wait_for()
        part.locator("[data-do=forecast]").click()
        part.get_by_text("Tercatat sebagai catatan").wait_for()
        lines = part.locator(".rm-ahead-table").first.locator("tbody").first.locator("tr")
        assert lines.nth(0).inner_text() == "orang terluka"
        options = [lines.nth(n).locator("th").inner_text() for n in (1, 2, 3)]
        assert options == ["dialog dahulu", "bantuan terdekat", "tanpa perubahan"]
        assert re.search(r"\d+ \(\d+ s\.d\. \d+\)", lines.nth(3).locator("td").nth(1).inner_text())
        assert lines.nth(3).locator("svg .mark").count() == 1
        part.locator(".rm-told").scroll_into_view_if_needed()
        each.shoot(f"forecast-{390 if tab else 1280}")
        part.locator(".rm-fan").first.scroll_into_view_if_needed()
        each.shoot(f"forecast-fan-{390 if tab else 1280}")
        assert page.evaluate(TINY) == []
        assert page.evaluate(CUT) == []
        if tab:
            assert page.evaluate(SMALL) == []
        if AXE.exists():
            assert serious(page) == []
        each.heard("melihat prakiraan")
        assert page.locator("ol.rm-log li", has_text="mengirim").count() == 0


def test_drill__six_desks_from_the_call_to_the_review(browser, tmp_path, desks):
    """A room of its own: what a drill meets must not hang on how far other tests played theirs."""
    with served(tmp_path) as server:
        controller = Desk(browser, server, "pengendali").join(server.link)
        desks.append(controller)
        drill(browser, server, controller, desks)


def drill(browser, server: Server, controller: Desk, desks: list[Desk]) -> None:
    page = controller.sit().map().page
    names = {"polresta": "polresta", "damkar": "damkar", "rs-1": "hospital", "kpu": "kpu", "dialog": "dialogue"}
    at: dict[str, Desk] = {}
    for name, seat in names.items():
        link = invite(controller, seat, hospital=HOSPITAL if seat == "hospital" else "")
        at[seat] = Desk(browser, server, name).join(link).sit()
        desks.append(at[seat])

    # The first event of the list is due: it is played, and its roles read it.
    page.locator(".rm-card", has_text="Surat pemberitahuan").get_by_role("button", name="Mainkan sekarang").click()
    at["dialogue"].page.locator(".rm-messages", has_text="Surat pemberitahuan").wait_for()
    at["polresta"].page.locator(".rm-messages", has_text="Surat pemberitahuan").wait_for()
    assert at["damkar"].page.locator(".rm-messages", has_text="Surat pemberitahuan").count() == 0

    # An event that waits for a stage of a place, written on the page: its card says for what.
    page.get_by_role("button", name="Acara baru").click()
    waits = {"to": "kpu", "when_place": "kpu", "when_stage": "merah", "text": STAGED}
    form = page.locator("[data-part=msel] form")
    fill(form, waits)
    form.locator("button[type=submit]").click()
    staged = page.locator(".rm-items li", has_text=STAGED)
    staged.get_by_text("saat KPU Kota Malang merah").wait_for()
    staged.locator("[data-msel=edit]").click()
    assert staged.locator("[name=when_stage]").input_value() == "merah"
    staged.locator("form").scroll_into_view_if_needed()
    controller.shoot("msel-1280")
    staged.locator("[data-msel=edit]").click()

    # The clock runs for everybody, and stops.
    page.locator("[data-clock=speed]").select_option("20")
    page.locator("[data-clock=play]").click()
    for desk in at.values():
        desk.page.locator(".rm-pace", has_text="jalan ×20").wait_for()
    page.wait_for_function("() => document.querySelector('.rm-clock').textContent > '09.02'")
    page.locator("[data-clock=play]").click()
    at["kpu"].page.locator(".rm-pace", has_text="jam berhenti").wait_for()

    # Dialogue: an entry, and a request that the KPU answers with office and reason.
    at["dialogue"].do(
        "dialogue.put", {"kind": "meeting", "partner": "Koordinator aksi", "text": "Bertemu di gerbang KPU."}
    )
    at["polresta"].heard("pertemuan dengan Koordinator aksi")
    why = "Rapat pleno sebaiknya menunggu sampai jalan masuk terbuka."
    at["dialogue"].do(
        "request.make", {"kind": "jeda_pemungutan", "to": "kpu", "place": "kpu", "why": why, "until": "30"}
    )
    card = at["kpu"].page.locator(".rm-request", has_text=why)
    card.wait_for()
    at["kpu"].shoot("kpu-1280")
    card.locator("[data-answer=grant]").click()
    assert card.locator("[aria-invalid=true]").count() == 1  # no answer without a reason
    card.locator("textarea").fill("Dijeda 30 menit, lalu dilanjutkan.")
    card.locator("[data-answer=grant]").click()
    card.wait_for(state="detached")
    at["dialogue"].page.locator(".rm-log li", has_text="dikabulkan").first.wait_for()

    # The KPU decides on the vote, the hospital tells its numbers.
    at["kpu"].do("voting", {"place": "kpu", "state": "paused", "why": "Jalan masuk tertutup."})
    at["hospital"].do(
        "hospital.update",
        {"igd_free": "7", "igd_waiting": "2"},
        form=at["hospital"].page.locator("[data-region=left-lapor] form"),
    )
    controller.heard("7 tempat IGD kosong")
    controller.heard("pemungutan suara dijeda")

    # A fire by inject; the fire brigade is told what is lacking, and sends an engine.
    controller.do("inject.incident", {"place": "35.73.02.1004", "kind": "fire"})
    play_on(controller, minutes=5)
    need = at["damkar"].page.locator(".rm-card", has_text="kebakaran, Kelurahan Kiduldalem")
    need.wait_for()
    need.get_by_role("button", name="Kirim satuan").click()
    order = at["damkar"].form("order.send")
    assert order.locator("[name=incident]").input_value() != ""
    order.locator("[name=unit]").select_option(index=1)
    order.locator("button[type=submit]").click()
    order.get_by_text("Tercatat.").wait_for()
    at["damkar"].map().page.locator(".rm-log li", has_text="diperintahkan ke").first.wait_for()
    at["damkar"].page.wait_for_timeout(600)
    at["damkar"].shoot("damkar-1280")
    kpu_turns_merah(controller, at["polresta"], at["kpu"])
    play_on(controller, minutes=20)

    # The past is shown, and said to be the past.
    slider = page.locator(".rm-slide input")
    now = page.locator(".rm-clock").inner_text()
    held: list[Any] = []

    def hold(route) -> None:
        held.append(route)

    page.route("**/api/at?*", hold)
    page.locator("[data-clock=play]").click()
    slider.evaluate("s => { s.value = 600; s.dispatchEvent(new Event('input')); }")
    page.wait_for_timeout(1500)  # the city goes on while the answer is on its way
    page.locator("[data-clock=play]").click()
    held[0].continue_()
    page.locator(".rm-banner", has_text="Anda melihat masa lalu, pukul 09.10").wait_for()
    page.unroute("**/api/at?*")
    page.wait_for_timeout(500)
    controller.shoot("past-1280")
    page.locator("[data-past=back]").click()
    page.locator(".rm-banner").wait_for(state="hidden")
    assert page.locator(".rm-clock").inner_text() >= now
    assert at["polresta"].page.locator(".rm-slide input").is_disabled()

    # Pictures of every desk as it stands, and what is wrong with the page.
    for name, desk in (("controller", controller), *at.items()):
        desk.page.locator(".rm-right").evaluate("e => e.scrollTo(0, 0)")
        desk.map()
        desk.page.wait_for_timeout(300)
        desk.shoot(f"{name}-1280")
        assert desk.page.evaluate(CUT) == [], name
        assert desk.page.evaluate(TINY) == [], name
        if AXE.exists():
            assert serious(desk.page) == [], name
    every_role_acts(browser, controller)
    assert who_acted(controller) >= {name for name, role in roles().items() if role.may}
    evaluator = Desk(browser, server, "evaluator").join(invite(controller, "evaluator"))
    desks.append(evaluator)
    evaluator.do("rate", {"task": "damkar", "rating": "P", "text": "Unit berangkat segera."})
    evaluator.map().shoot("evaluator-1280")

    # The end: asked for once more, told to everybody; ratings can still be given.
    page.locator("[data-clock=end]").click()
    page.locator("[data-clock=end-yes]").click()
    for desk in (*at.values(), evaluator):
        desk.page.locator(".rm-pace", has_text="latihan selesai").wait_for()
    evaluator.do("rate", {"task": "papan-rs", "rating": "S", "text": "Papan diperbarui satu kali."})
    page.get_by_role("link", name="Lembar evaluasi").wait_for()
    controller.shoot("ended-1280")
    read_the_review(controller, desks)
    for desk in (controller, *at.values(), evaluator):
        assert desk.errors == [], desk.name
        assert all(
            url.startswith((server.base, server.base.replace("http", "ws"), "blob:", "data:")) for url in desk.asked
        )


def every_role_acts(browser, controller: Desk) -> None:
    """Each role does one thing of its own, from a session of its own."""
    acts = {
        "note": {"text": "Meja siap."},
        "observe": {"text": "Ruang tenang."},
        "report": {"place": "kpu", "what": "calm", "text": "Tenang."},
    }
    base = controller.server.base
    for name, role in roles().items():
        if not role.may:
            continue
        do = next(do for do in acts if role.allows(do))
        token = invite(controller, name).split("#undangan=")[1]
        context = browser.new_context()
        headers = {"Origin": base, "X-CSRF": "-"}
        account = f"uji-{name.replace('_', '-')}"
        joined = context.request.post(
            f"{base}/api/join", headers=headers, data={"token": token, "account": account, "password": WORD}
        )
        assert joined.status == 200, joined.text()
        headers["X-CSRF"] = joined.json()["csrf"]
        said = context.request.post(f"{base}/api/actions", headers=headers, data={"action": {"do": do} | acts[do]})
        assert said.status == 200, (name, said.text())
        context.close()


def kpu_turns_merah(controller: Desk, polresta: Desk, kpu: Desk) -> None:
    """People come to the KPU and some turn violent: the use of force is asked for, and the event that waited comes."""
    controller.do("inject.arrive", {"place": "kpu", "people": "3000", "over": "10"})
    play_on(controller, minutes=10)
    polresta.do(
        "request.make",
        {"kind": "kekuatan", "to": "polda", "place": "kpu", "step": "4", "why": FORCE, "until": "60"},
    )
    card = controller.page.locator(".rm-request", has_text=FORCE)  # nobody sits at Polda: the controller answers
    card.locator("input[name$=authority]").fill("Kapolda Jawa Timur")
    card.locator("textarea").fill(LEAVE)
    card.locator("[data-answer=grant]").click()
    card.wait_for(state="detached")
    controller.do("inject.provoke", {"place": "kpu", "people": "400"})
    play_on(controller, minutes=10)
    due = controller.page.locator(".rm-card", has_text=STAGED)
    due.wait_for()  # the clock stands: it is due, and waits
    assert kpu.page.locator(".rm-messages", has_text=STAGED).count() == 0
    controller.shoot("staged-1280")
    controller.page.locator("[data-clock=play]").click()
    kpu.page.locator(".rm-messages", has_text=STAGED).wait_for()
    due.wait_for(state="detached")
    controller.page.locator("[data-clock=play]").click()
    kpu.page.locator(".rm-pace", has_text="jam berhenti").wait_for()


def who_acted(controller: Desk) -> set[str]:
    """Read from the exercise's own log which roles did anything but sit down and leave."""
    kept = controller.context.request.get(f"{controller.server.base}/api/export")
    with zipfile.ZipFile(io.BytesIO(kept.body())) as packed:
        rows = [json.loads(line) for line in packed.read("log.jsonl").splitlines()]
    return {row["seat"].partition(":")[0] for row in rows if not row["action"]["do"].startswith("seat.")}


def read_the_review(controller: Desk, desks: list[Desk]) -> None:
    """Open the Anev from the page as its controller does; a desk that judges nothing is refused it."""
    with controller.context.expect_page() as opened:
        controller.page.get_by_role("link", name="Lembar evaluasi").click()
    review = opened.value
    review.wait_for_load_state()
    assert "/api/review.html" in review.url
    titles = [each.title_id for each in load_exercise("kpu-bawaslu").objectives]
    shown = review.locator("#objectives h3").all_inner_texts()
    assert [text.split(". ", 1)[1] for text in shown] == titles
    for letter, text in (("P", "Unit berangkat segera."), ("S", "Papan diperbarui satu kali.")):
        task = review.locator("#objectives .task", has_text=text)
        assert task.count() == 1
        assert task.locator(".letter").inner_text() == letter
    # The use of force: minutes at each stage by place, and the rise with who let it and why.
    steps = review.locator("#force tbody tr")
    assert steps.count() == 6
    assert [text.split()[0] for text in steps.locator("th").all_inner_texts()] == list("123456")
    assert "KPU Kota Malang" in review.locator("#force thead").inner_text()
    rise = review.locator("#rises tbody tr", has_text="Kapolda Jawa Timur")
    assert rise.count() > 0
    assert FORCE in rise.first.inner_text()
    assert LEAVE in rise.first.inner_text()
    assert "saat KPU Kota Malang merah" in review.locator("#msel tbody tr", has_text=STAGED).inner_text()
    review.screenshot(path="/tmp/room-review-1280.png", full_page=True)
    review.set_viewport_size({"width": 390, "height": 844})
    assert review.evaluate("document.documentElement.scrollWidth") <= 390
    review.screenshot(path="/tmp/room-review-390.png")
    review.close()
    damkar = next(desk for desk in desks if desk.name == "damkar")
    assert damkar.context.request.get(f"{controller.server.base}/api/review.html").status == 403
