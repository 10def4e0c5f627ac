"""Load on a room: scripted desks on loopback, `python benchmarks/room.py --clients 100 --rate 10 --seconds 600`.

Each client has a socket and hears every record; some of them act. Measured: from the moment an action is sent to the
moment each socket has its record; whether any is lost, doubled or out of order; how much memory the server takes.

`--browser` opens one real Chromium at a controller's desk beside them (playwright, /usr/bin/chromium). Measured: from
the moment before another desk's POST to the moment at which the page's log holds its text (MutationObserver: in the
DOM, not yet painted), against 500 ms. Both clocks are this machine's wall, to 1 ms.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path[:1] = [str(Path(__file__).parents[1] / part) for part in ("src", "tests")]

import httpx  # noqa: E402

from browser.look import ARGUMENTS, CHROMIUM  # noqa: E402
from room.rooms import invite, join, make, serve  # noqa: E402

SEATS = (
    "polresta", "damkar", "kpu", "bawaslu", "dialogue", "dishub", "satpol_pp", "linmas", "brimob", "tni", "ambulance",
    "bpbd", "polda", "field", "evaluator",
)  # fmt: skip

QUIET = ("public", "evaluator")  # does nothing; writes what the others may not read
BROWSER_MS = 500.0
POST_S = 0.5
OBSERVE = """() => {
  window.seen = new Map();
  const look = (node) => {
    for (const [text] of (node.textContent ?? "").matchAll(/(?:tindakan beban|kiriman) \\d+/g))
      if (!window.seen.has(text)) window.seen.set(text, Date.now());
  };
  new MutationObserver((all) => all.forEach((each) => {
    each.addedNodes.forEach(look);
    if (each.type === "characterData") look(each.target);
  })).observe(document.querySelector("ol.rm-log"), { childList: true, subtree: true, characterData: true });
}"""


def memory_mb(pid):
    """Resident memory of a process; Linux only."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return float("nan")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


async def listen(caller, marks, delays, heard, stop):
    """Note when each record arrives."""
    async with caller.connect() as socket:
        while not stop.is_set():
            try:
                message = json.loads(await asyncio.wait_for(socket.recv(), 0.5))
            except TimeoutError:
                continue
            if message["kind"] == "record":
                now, record = time.perf_counter(), message["record"]
                heard.append(record["n"])
                sent = marks.get(record["action"].get("text"))
                if sent is not None:
                    delays.append(now - sent)


async def act(callers, marks, acked, options):
    """Send actions at an even rate, whoever's turn it is, and wait for none of them."""
    sockets = [await caller.connect() for caller in callers]
    readers = [asyncio.create_task(_acks(socket, acked)) for socket in sockets]
    begin = time.perf_counter()
    for number, socket in zip(itertools.count(), itertools.cycle(sockets)):
        due = begin + number / options.rate
        if due > begin + options.seconds:
            break
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        text = f"tindakan beban {number}"
        action = {"do": "note", "text": text}
        marks[text] = time.perf_counter()
        await socket.send(json.dumps({"kind": "action", "id": number, "key": f"b{number}", "action": action}))
    await asyncio.sleep(3)
    for reader in readers:
        reader.cancel()
    for socket in sockets:
        await socket.close()
    return number


async def _acks(socket, acked):
    async for text in socket:
        message = json.loads(text)
        if message["kind"] == "ack":
            acked.append(message["n"])
        elif message["kind"] == "refused":
            print("refused:", message, file=sys.stderr)


@contextlib.asynccontextmanager
async def browser_at(caller):
    """Open the room's page in a browser; gives what asks it when (s, wall) it first showed which text."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        context = await browser.new_context(viewport={"width": 1280, "height": 900}, locale="id-ID")
        await context.add_cookies([{"name": "sesi", "value": caller.cookie, "url": caller.base}])
        page = await context.new_page()
        await page.goto(caller.base)
        await page.wait_for_selector(".rm-city[data-ready=map]")
        await page.evaluate(OBSERVE)

        async def seen():
            told = await page.evaluate("() => Object.fromEntries(window.seen)")
            return {text: ms / 1000.0 for text, ms in told.items()}

        yield seen
        await browser.close()


async def post(caller, marks, stop):
    """Let a desk send notes by POST, one after the other."""
    async with httpx.AsyncClient(base_url=caller.base, headers=caller.headers, timeout=30) as client:
        for number in itertools.count():
            if stop.is_set():
                return
            text = f"kiriman {number}"
            marks[text] = time.perf_counter()
            answer = await client.post("/api/actions", json={"action": {"do": "note", "text": text}})
            answer.raise_for_status()
            await asyncio.sleep(POST_S)


def in_browser(marks, seen, of):
    """Say how long texts took from being sent to standing in the page; give the rows to print."""
    wall = time.time() - time.perf_counter()
    sent = {text: at + wall for text, at in marks.items() if text.startswith(of)}
    took = sorted(1000.0 * (seen[text] - at) for text, at in sent.items() if text in seen)
    if not took:
        return {f"browser, {of}: none of": len(sent)}
    return {
        f"browser, {of}: sent, not shown": [len(sent), len(sent) - len(took)],
        f"browser, {of}: p50 ms": round(took[len(took) // 2], 1),
        f"browser, {of}: p99 ms": round(took[int(len(took) * 0.99)], 1),
        f"browser, {of}: max ms": round(took[-1], 1),
        f"browser, {of}: p99 / {BROWSER_MS:.0f} ms": round(took[int(len(took) * 0.99)] / BROWSER_MS, 2),
    }


async def load_watched(served, leader, callers, options):
    """Play the load while a browser looks on and a desk posts; give the rows to print."""
    desk = invite(leader, "controller", "layar-1")
    time.sleep(0 if options.clients < 53 else 1.1)  # as in main
    poster = invite(leader, "polresta", "pengirim-1")
    marks, stop = {}, asyncio.Event()
    async with browser_at(desk) as seen:
        posting = asyncio.create_task(post(poster, marks, stop))
        told = await load(served, leader, callers, options, marks=marks)
        stop.set()
        await posting
        await asyncio.sleep(2)
        shown = await seen()
    return told | in_browser(marks, shown, "kiriman") | in_browser(marks, shown, "tindakan beban")


async def load(served, leader, callers, options, *, marks=None):
    """Play the load; give the rows to print."""
    marks = {} if marks is None else marks
    delays, acked, stop = [], [], asyncio.Event()
    heard = [[] for _ in callers]
    listeners = [
        asyncio.create_task(listen(caller, marks, delays, each, stop))
        for caller, each in zip(callers, heard, strict=True)
    ]
    await asyncio.sleep(2)
    run = {"kind": "action", "id": 0, "action": {"do": "clock.run", "speed": options.speed}}
    async with leader.connect() as socket:
        await socket.send(json.dumps(run))
    before, cpu = memory_mb(served.process.pid), _cpu(served.process.pid)
    sent = await act([caller for caller in callers if caller.seat not in QUIET][:20], marks, acked, options)
    last, patience = max(acked), time.perf_counter() + 20.0
    while min((each[-1] if each else -1) for each in heard) < last and time.perf_counter() < patience:
        await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*listeners)
    delays.sort()
    used = _cpu(served.process.pid) - cpu
    wrong = sum(each != sorted(set(each)) for each in heard)
    short = sum(not set(acked) <= set(each) for each in heard)
    return {
        "clients": len(callers),
        "actions sent": sent,
        "acknowledged": len(acked),
        "records heard": sum(map(len, heard)),
        "sockets out of order": wrong,
        "sockets that miss an acknowledged action": short,
        "p50 ms": round(1000 * delays[len(delays) // 2], 1),
        "p99 ms": round(1000 * delays[int(len(delays) * 0.99)], 1),
        "max ms": round(1000 * delays[-1], 1),
        "server MB before": round(before),
        "server MB after": round(memory_mb(served.process.pid)),
        "server CPU share": round(used / (options.seconds + 3), 2),
        "load of the machine": [round(each, 1) for each in os.getloadavg()],
    }


def _cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fold_again(n):
    """Time the replay of a long log with a realistic mix of actions; give the rows to print."""
    sys.path.append(str(Path(__file__).parent))  # only now: "room" is the folder of tests above, not this file
    from exercise_log import mixed_log

    from sispamkota.exercise import load_exercise, make_setup, replay

    setup = make_setup(load_exercise("kpu-bawaslu"))
    rows = mixed_log(setup, n)
    replay(setup, rows[:200])
    wall, cpu = time.perf_counter(), time.process_time()
    replay(setup, rows)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "actions replayed": n,
        "replay s": round(wall, 2),
        "replay CPU s": round(cpu, 2),
        "replay s / 5 s per 100,000": round(wall / (5.0 * n / 100_000), 2),
    }


def main():
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--speed", type=int, default=1)
    parser.add_argument("--db", default=None)
    parser.add_argument("--replay", type=int, default=100_000, help="actions of the log that is folded again; 0: none")
    parser.add_argument(
        "--browser", action="store_true", help="one real Chromium looks on: POST to page, against 500 ms"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "room"
        make(folder)
        served = serve(folder, *(("--db", options.db) if options.db else ()))
        leader = join(served.base, served.token, "kendali")
        callers = []
        for n, seat in zip(range(options.clients), itertools.cycle(SEATS)):
            callers.append(invite(leader, seat, f"meja-{n}"))
            time.sleep(0 if n < 55 else 1.1)  # sign-ins from one address are limited
        told = asyncio.run((load_watched if options.browser else load)(served, leader, callers, options))
        served.stop()
    if options.replay:
        told |= fold_again(options.replay)
    if options.json:
        print(json.dumps(told))
        return
    for name, value in told.items():
        print(f"{name:<42} {value}")


if __name__ == "__main__":
    main()
