"""A real operation on the page: KPU by phone, Polresta, a hospital; what was reported, by whom and how long ago."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from browser import test_room_page
from browser.test_room_page import (
    AXE,
    CUT,
    HOSPITAL,
    SMALL,
    TINY,
    Desk,
    Server,
    fill,
    invite,
    serious,
)

pytestmark = [pytest.mark.browser, *test_room_page.pytestmark]

KELURAHAN, TPS = "35.73.01.1001", "35.73.01.1001/003"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("operation") / "operasi"
    command = [sys.executable, "-m", "sispamkota", "exercise"]
    subprocess.run([*command, "new", "operasi-malang", "-o", str(folder)], check=True, capture_output=True)
    with (folder.parent / "stderr.txt").open("w") as talk:
        process = subprocess.Popen(
            [*command, "serve", str(folder), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=talk,
            text=True,
            env=os.environ,
        )
        try:
            link = process.stdout.readline().strip()
            said = (folder.parent / "stderr.txt").read_text(encoding="utf-8")
            assert "posko operasi" in said or "command post" in said  # the link is for it, not for a controller
            yield Server(link, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
            process.stdout.close()


@pytest.fixture
def desks():
    opened: list[Desk] = []
    yield opened
    for desk in opened:
        desk.context.close()


class Taps:
    """Counts what a finger does on a page: controls that are pressed or chosen."""

    def __init__(self, page):
        self.page = page
        page.evaluate("""() => { window.taps = 0; for (const what of ['click', 'change'])
          document.addEventListener(what, e => {
            const pressed = what === 'click' && e.target.matches('button, input[type=radio]');
            if (pressed || (what === 'change' && e.target.tagName === 'SELECT')) window.taps += 1;
          }, true); }""")

    @property
    def n(self):
        return self.page.evaluate("window.taps")


def test_operation__kpu_phone_polresta_and_hospital(browser, server, desks):
    post = Desk(browser, server, "posko").join(server.link)
    desks.append(post)
    assert post.page.locator(".rm-real").inner_text() == "OPERASI NYATA"
    assert "Posko operasi" in post.page.locator(".rm-role").inner_text()
    assert post.page.locator("[data-clock=play], [data-clock=step]").count() == 0
    assert post.page.locator("[data-act^='inject'], [data-act='msel.put']").count() == 0
    assert "jam dinding" in post.page.locator(".rm-pace").inner_text()

    kpu = Desk(browser, server, "kpu-1", width=390, height=844).join(invite(post, "kpu"))
    desks.append(kpu)
    form = kpu.page.locator("[data-region=left-lapor] form:visible")
    assert form.locator("[name=tps] option").first.inner_text() == "Pilih dulu yang di atas"
    fill(form, {"area": KELURAHAN})
    assert form.locator("[name=tps] option").first.inner_text() == "Pilih …"
    fill(form, {"tps": TPS})
    fill(form, {"state": "open"})
    form.locator("button[type=submit]").click()
    form.get_by_text("Tercatat.").wait_for()
    kpu.page.reload()  # its TPS is kept: from now on a report takes two taps
    form.locator("select[name=tps]").wait_for()
    kpu.page.wait_for_function(
        "v => document.querySelector('form[data-do=\"tps.report\"] [name=tps]').value === v", arg=TPS
    )
    taps = Taps(kpu.page)
    fill(form, {"state": "disrupted"})
    form.locator("button[type=submit]").click()
    form.get_by_text("Tercatat.").wait_for()
    assert taps.n <= 3
    kpu.shoot("operation-kpu-390")
    assert kpu.page.evaluate(SMALL) == []
    assert kpu.page.evaluate(CUT) == []

    kpu.page.locator("[data-lapor='incident.report']").click()
    form = kpu.page.locator("[data-region=left-lapor] form:visible")
    told = {"place": KELURAHAN, "kind": "tps-disruption", "text": "Listrik padam di lokasi TPS.", "injured": "2"}
    fill(form, told)
    form.locator("button[type=submit]").click()
    form.get_by_text("Tercatat.").wait_for()

    police = Desk(browser, server, "polresta-1").join(invite(post, "polresta")).sit()
    desks.append(police)
    board = police.page.locator("[data-part=operation]")
    board.get_by_text("Terganggu: 1").wait_for()
    assert "1 dari 1.188 TPS sudah melapor" in board.locator("[data-op=tps]").inner_text()
    incidents = board.locator("[data-op=incidents] li")
    assert incidents.count() == 1
    assert "2 cedera" in incidents.inner_text()
    assert "dilaporkan" in incidents.inner_text()
    police.page.locator(".rm-card").get_by_role("button", name="Kirim satuan").click()
    order = police.page.locator("[data-act='order.send'] form")
    order.locator("[name=capability]").select_option("patrol")
    unit = order.locator("[name=unit] option[value]:not([value=''])").first.get_attribute("value")
    order.locator("[name=unit]").select_option(unit)
    order.locator("button[type=submit]").click()
    order.get_by_text("Tercatat.").wait_for()
    board.locator("[data-op=units] li", has_text="bergerak").first.wait_for()
    police.page.locator("[data-act='order.send'] > button").click()
    police.page.locator(".rm-card").get_by_role("button", name="Perbarui").wait_for()  # a unit is on its way

    police.page.locator("[data-act='shift.offer'] > button").click()
    shift = police.page.locator("dialog[open]")
    part = shift.locator("section", has=police.page.get_by_role("heading", name="Kelelahan"))
    part.locator("li", has_text="jam bertugas tanpa istirahat.").first.wait_for()  # the one that was sent
    part.locator("li", has_text="satuan belum melapor").wait_for()
    work = shift.locator("section", has=police.page.get_by_role("heading", name="Satuan yang sedang bertugas"))
    assert "bergerak" in work.inner_text()
    shift.get_by_role("button", name="Tutup").click()

    hospital = Desk(browser, server, "rs-1", width=390, height=844)
    hospital.join(invite(post, "hospital", hospital=HOSPITAL))
    desks.append(hospital)
    form = hospital.page.locator("[data-region=left-lapor] form:visible")
    fill(form, {"igd_free": "6", "igd_waiting": "3"})
    form.locator("button[type=submit]").click()
    form.get_by_text("Tercatat.").wait_for()
    hospital.page.locator(".rm-tabs [data-tab=tugas]").click()
    assert "2 cedera" in hospital.page.locator("[data-op=incidents]").inner_text()
    hospital.shoot("operation-hospital-390")
    police.page.locator("[data-op=hospitals] li", has_text="6 tempat IGD kosong, 3 menunggu").wait_for()

    kpu.page.locator("[data-lapor='crowd.report']").click()
    kpu.page.context.set_offline(True)
    kpu.page.locator(".rm-line.bad").wait_for()
    form = kpu.page.locator("[data-region=left-lapor] form:visible")
    fill(form, {"place": "bawaslu", "people": "150", "trend": "steady"})
    form.locator("button[type=submit]").click()
    kpu.page.locator(".rm-outbox li", has_text="150 orang").wait_for()
    kpu.page.wait_for_timeout(2500)
    kpu.page.context.set_offline(False)
    kpu.page.locator(".rm-outbox li").wait_for(state="detached")
    form.get_by_text("Jalur kembali; laporan sudah terkirim").wait_for()
    assert form.locator("button[type=submit]").bounding_box()["width"] > 200  # a long answer stands below it
    kpu.errors.clear()  # a line that is cut makes the browser complain
    rows = post.page.evaluate("async () => (await (await fetch('/api/log')).json()).records")
    (late,) = [row for row in rows if row["action"]["do"] == "crowd.report"]
    assert late["t"] / 1000 - late["action"]["seen"] > 2  # it says when it was seen, not when it arrived
    board.locator("[data-op=crowds] li", has_text="150 orang, kekerasan tidak disebut").wait_for()

    # The log says what the board says: who is hurt, and who uses violence.
    told = {"place": "kpu", "people": "80", "violent": "5", "trend": "steady"}
    police.do("crowd.report", told)
    police.heard("80 orang, 5 melakukan kekerasan, tetap")
    police.heard(", 2 cedera: Listrik padam di lokasi TPS.")

    police.map()
    police.page.wait_for_timeout(800)
    police.shoot("operation-polresta-1280")
    police.page.locator("[data-look=table]").click()
    table = police.page.locator(".rm-tables")
    assert "gangguan di TPS" in table.inner_text()
    assert "belum melapor 11" in table.inner_text()
    log = police.page.locator("ol.rm-log").inner_text()
    assert "lepas dinas" not in log  # the world at its start says so of units of the plan: nobody reported it
    police.shoot("operation-table-1280")
    state = police.page.evaluate("async () => (await (await fetch('/api/state')).json())")
    assert set(state["frame"]) == {"t", "running", "ended"}  # nothing of a simulated world is told
    assert police.page.evaluate(TINY) == []
    if AXE.exists():
        assert serious(police.page) == []
    police.page.get_by_role("button", name="EN", exact=True).click()
    assert police.page.locator(".rm-real").inner_text() == "LIVE OPERATION"
    police.page.locator("[data-op=tps]", has_text="1 of 1,188 TPS have reported").wait_for()
    police.shoot("operation-polresta-en")
    for desk in desks:
        assert desk.errors == [], desk.name
