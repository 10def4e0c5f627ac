"""A phone on plain http whose line is gone: the page opens all the same, and what was reported arrives exactly once."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import time
from pathlib import Path

import httpx
import pytest

from browser.look import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("fastapi") is None, reason="the extra app is not installed"),
]
HALF_AN_HOUR_MS = 30 * 60_000
PATIENCE_MS = 60_000
REPORTS = ["laporan satu tanpa sambungan", "laporan dua tanpa sambungan"]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _reports(leader, base):
    rows = httpx.get(base + "/api/log", headers=leader.headers, timeout=30).json()["records"]
    return [row["action"]["text"] for row in rows if row["action"]["do"] == "report"]


def _report(page, text):
    form = page.locator(".rm-lapor form")
    form.locator("[name=place]").select_option("kpu")
    form.locator("[name=what]").select_option("crowd")
    form.locator("[name=text]").fill(text)
    form.locator("button[type=submit]").click()


def test_phone__without_a_line_opens_reports_and_loses_nothing(browser, tmp_path):
    """The server is gone: the page is opened anew from what the browser has, a report is made, the tab is closed, a
    reload meets no page; half an hour later the server is back, and the reports arrive once each, in their order."""
    from playwright.sync_api import Error

    from room.rooms import PASSWORD, invite, join, make, serve

    make(tmp_path / "room")
    port = _free_port()
    served = serve(tmp_path / "room", port=port)
    leader = join(served.base, served.token, "kendali")
    invite(leader, "field", "pos-1")
    with contextlib.ExitStack() as last:
        profile = tmp_path / "profile"
        options = {"executable_path": CHROMIUM, "args": ["--no-sandbox"], "locale": "id-ID"}
        options |= {"viewport": {"width": 390, "height": 844}, "has_touch": True}

        def phone():
            context = browser.browser_type.launch_persistent_context(str(profile), **options)
            context.set_default_timeout(PATIENCE_MS)
            return context

        context = phone()
        page = context.new_page()
        page.goto(served.base)
        page.get_by_label("Nama meja").fill("pos-1")
        page.get_by_label("Kata sandi").fill(PASSWORD)
        page.locator("form button[type=submit]").click()
        page.locator(".rm-lapor form").wait_for()
        page.goto("about:blank")
        page.goto(served.base)  # as it is on every later visit
        page.locator(".rm-lapor form").wait_for()

        served.stop()
        _report(page, REPORTS[0])
        page.locator(".rm-outbox li").wait_for()
        with contextlib.suppress(Error):
            page.reload()  # a browser asks the server for the page itself: there is none
        page.close()
        page = context.new_page()
        page.goto(served.base)  # opened anew it comes from what the browser has, with its form
        page.locator(".rm-lapor form").wait_for()
        assert page.locator(".rm-outbox li").count() == 1
        _report(page, REPORTS[1])
        page.locator(".rm-outbox li").nth(1).wait_for()
        page.screenshot(path=str(Path(tmp_path) / "phone-no-line-390.png"))
        context.close()  # the whole browser ends, as a phone that runs out of power

        context = phone()
        last.callback(context.close)
        page = context.new_page()
        page.clock.install()
        page.goto(served.base)
        page.locator(".rm-outbox li").nth(1).wait_for()
        page.clock.fast_forward(HALF_AN_HOUR_MS)
        assert page.locator(".rm-outbox li").count() == 2
        again = serve(tmp_path / "room", port=port)
        last.callback(again.stop)
        page.clock.run_for(20_000)
        deadline = time.monotonic() + 60
        while page.locator(".rm-outbox li").count() and time.monotonic() < deadline:
            page.clock.run_for(2_000)
            time.sleep(0.2)
        assert page.locator(".rm-outbox li").count() == 0
        assert _reports(leader, again.base) == REPORTS
        page.close()
        page = context.new_page()
        page.goto(again.base)  # once more, with a line: nothing is sent twice
        page.locator(".rm-lapor form").wait_for()
        page.wait_for_timeout(6_000)
        assert _reports(leader, again.base) == REPORTS
