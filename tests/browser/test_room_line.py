"""The room's page where its line is cut, its session runs out or the program fails: it says so, nothing is missed."""

from __future__ import annotations

import importlib.util

import pytest

from browser.look import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("fastapi") is None, reason="the extra app is not installed"),
]

if importlib.util.find_spec("fastapi"):
    from browser.test_room_page import WORD, Desk, Server
    from room.rooms import Hands, in_thread, join, keep_nothing, make, service_in

PLAYED_S, SPEED = 1800, 60


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A room in this process, that keeps no checkpoint by itself: its clocks, its service and its address."""
    from sispamkota.app.room.server import make_app

    keep_nothing(monkeypatch)
    make(tmp_path / "room")
    hands = Hands()
    with service_in(tmp_path / "room", monkeypatch, hands=hands) as service, in_thread(make_app(service)) as base:
        _, token = service.accounts.invite("controller")
        yield hands, service, base, join(base, token, "kendali")


def _desk(browser, room, seat, name, **size):
    _, service, base, _ = room
    _, token = service.accounts.invite(seat)
    return Desk(browser, Server(base, None), name, **size).join(f"{base}/#undangan={token}")


def _city(desk):
    """What the page's log says of the city, the latest first."""
    return desk.page.locator("ol.rm-log > li.city").all_text_contents()


def _act(leader, do, **fields):
    import httpx

    action = {"action": {"do": do, **fields}}
    httpx.post(f"{leader.base}/api/actions", json=action, headers=leader.headers, timeout=60).raise_for_status()


def test_line__that_was_cut_while_the_room_went_back_misses_no_event(browser, room):
    hands, service, _, leader = room
    desk = _desk(browser, room, "evaluator", "penilai-1")
    desk.page.locator("#log-kind").select_option("city")
    _act(leader, "clock.run", speed=SPEED)
    hands.steady_off += PLAYED_S / SPEED
    desk.page.locator("ol.rm-log > li.city").first.wait_for()
    desk.page.wait_for_timeout(1500)
    before = _city(desk)
    desk.context.set_offline(True)
    desk.page.locator(".rm-line.bad").wait_for()
    service.hub.clock.set(t=0, speed=0)
    service.hub._stale = True  # what was not kept is gone, as where the server was killed
    _act(leader, "inject.tension", tension=40)
    _act(leader, "inject.provoke", place="kpu", people=30)
    _act(leader, "clock.jump", to=PLAYED_S + 600)
    desk.context.set_offline(False)
    desk.page.locator(".rm-line:not(.bad)").wait_for()
    desk.page.wait_for_timeout(1500)
    told = _city(desk)
    fresh = _desk(browser, room, "evaluator", "penilai-2")
    fresh.page.locator("#log-kind").select_option("city")
    fresh.page.wait_for_timeout(1500)
    assert before
    assert told != before
    assert told == _city(fresh)
    assert [each for each in desk.errors if "ERR_INTERNET_DISCONNECTED" not in each] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_session__that_runs_out_is_said_before_and_renewed_at_the_desk(browser, room, width):
    _, service, _, _ = room
    service.accounts._life = 720.0
    desk = _desk(browser, room, "field", "lapangan-1", width=width, height=800)
    told = desk.page.locator("[data-tool=renew]")
    told.wait_for()
    assert told.text_content() == "Sesi berakhir 12 menit lagi: perpanjang"
    desk.shoot(f"session-{width}")
    old = desk.context.cookies()[0]["value"]
    service.accounts._life = 26 * 3600.0
    told.click()
    dialog = desk.page.locator("dialog[open]")
    dialog.get_by_label("Kata sandi").fill("bukan kata sandinya")
    dialog.locator("button[type=submit]").click()
    dialog.locator(".rm-fault:not([hidden])").wait_for()
    desk.shoot(f"session-{width}-refused")
    dialog.get_by_label("Kata sandi").fill(WORD)
    dialog.locator("button[type=submit]").click()
    told.wait_for(state="hidden")
    desk.page.locator(".rm-line:not(.bad)").wait_for()
    assert desk.page.locator(".rm-door").count() == 0
    assert desk.context.cookies()[0]["value"] != old
    assert len([each for each in service.accounts._live.values() if each.account == "lapangan-1"]) == 1


def test_session__is_ended_on_all_devices_and_by_the_controller(browser, room):
    _, service, _, _ = room
    desk = _desk(browser, room, "kpu", "kpu-1")
    desk.page.locator("[data-tool=help]").click()
    desk.page.get_by_role("button", name="Keluar di semua perangkat").click()
    desk.page.locator(".rm-door").wait_for()
    desk.page.get_by_label("Nama meja").fill("kpu-1")
    desk.page.get_by_label("Kata sandi").fill(WORD)
    desk.page.locator("button[type=submit]").click()
    desk.page.wait_for_selector(".rm-clock:not(:text('--'))")
    leader = _desk(browser, room, "controller", "kendali-2")
    leader.page.locator("[data-part=invitations] > summary").click()
    leader.page.get_by_role("button", name="Keluarkan kpu-1").click()
    desk.page.locator(".rm-door").wait_for()
    assert "kpu-1" in service.accounts.seats


def test_trouble__of_the_program_stands_on_the_controllers_page_and_goes(browser, room, monkeypatch):
    from sispamkota.app.room import telling

    leader, police = _desk(browser, room, "controller", "kendali-2"), _desk(browser, room, "polresta", "polresta-1")
    sound = telling.view

    def broken(room_, seat, **options):
        if seat == "polresta":
            raise KeyError("units")
        return sound(room_, seat, **options)

    monkeypatch.setattr(telling, "view", broken)
    _act(room[3], "note", text="satu")
    told = leader.page.locator(".rm-trouble")
    told.wait_for()
    assert told.text_content().startswith("Program gagal pada penyampaian papan (polresta) sejak")
    leader.shoot("trouble")
    monkeypatch.setattr(telling, "view", sound)
    leader.page.wait_for_timeout(1500)
    _act(room[3], "note", text="dua")
    leader.page.locator(".rm-trouble.over").wait_for()
    police.heard("dua")
    assert police.page.locator(".rm-trouble").is_hidden()
    told.get_by_role("button", name="Tutup").click()
    assert told.is_hidden()
