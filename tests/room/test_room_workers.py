"""Several processes serve one room on PostgreSQL: one order for all, and any of them may be killed at any moment."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

pytest.importorskip("uvicorn")

from room.rooms import NOTE, invite, join, make, serve, until
from room.test_room_crash import GONE, kept
from sispamkota.exercise.checks import replay_checked
from sispamkota.exercise.log import chain_faults

WORKERS = 3
RUN = {"do": "clock.run", "speed": 5}


def children(process):
    """The processes that serve, of one that started them."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(pid) for pid in found if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def serving(url):
    """How many processes have opened the room, and hear of the others."""
    import psycopg

    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sispamkota_room'"
    with psycopg.connect(url) as line:
        return line.execute(query).fetchone()[0]


async def _write(caller, who, acked, gaps, stop):
    """Send numbered notes, again after a lost connection; note what was acknowledged and how long it was away."""
    number, last = 0, time.monotonic()
    while not stop.is_set():
        with suppress(*GONE):
            async with caller.connect(since=10**6) as line:
                while not stop.is_set():
                    key = f"{who}-{number}"
                    action = {"do": "note", "text": f"catatan {key}"}
                    await line.send(json.dumps({"kind": "action", "id": number, "key": key, "action": action}))
                    told = await until(line, "ack", seconds=5)
                    assert told["id"] == number
                    acked[key] = told["n"]
                    number += 1
                    gaps.append(time.monotonic() - last)
                    last = time.monotonic()
                    await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)


async def _listen(caller, seen, stop):
    """Hear every record once, over lost connections and whichever process answers."""
    while not stop.is_set():
        with suppress(*GONE):
            async with caller.connect(since=seen[-1][0] if seen else -1) as line:
                while not stop.is_set():
                    record = (await until(line, "record", seconds=1))["record"]
                    seen.append((record["n"], record["hash"]))
        await asyncio.sleep(0.05)


async def _everywhere(caller):
    """Connect until several processes have answered; give what each says of the last record and the clock."""
    told = []
    for _ in range(12):
        async with caller.connect(since=10**6) as line:
            hello, frame = await until(line, "hello"), await until(line, "frame")
            told.append((hello["n"], hello["clock"], frame["frame"]))
    return told


@pytest.mark.room
def test_workers__any_may_be_killed_and_all_tell_one_order(tmp_path, emptied):
    """Each process is killed in turn, the one that leads among them: no acknowledged action is lost, none stands twice,
    every listener hears the same, and desks write on within 5 s."""
    folder = tmp_path / "room"
    make(folder)
    served = serve(folder, "--db", emptied.url, "--workers", str(WORKERS))
    leader = join(served.base, served.token, "kendali")
    desks = [invite(leader, seat, f"meja-{n}") for n, seat in enumerate(("polresta", "damkar", "kpu"))]
    ears = [invite(leader, "evaluator", f"penilai-{n}") for n in range(4)]
    acked, seen, gaps = {}, [[] for _ in ears], [[] for _ in desks]

    async def play():
        stop = asyncio.Event()
        work = [asyncio.create_task(_write(desk, n, acked, gaps[n], stop)) for n, desk in enumerate(desks)]
        work += [asyncio.create_task(_listen(ear, rows, stop)) for ear, rows in zip(ears, seen, strict=True)]
        httpx.post(served.base + "/api/actions", json={"action": RUN}, headers=leader.headers).raise_for_status()
        await asyncio.sleep(1.0)
        for victim in children(served.process):
            os.kill(victim, signal.SIGKILL)
            before = len(acked)
            async with asyncio.timeout(5):
                while len(acked) < before + 10:
                    await asyncio.sleep(0.02)
            async with asyncio.timeout(60):  # until another has taken its place
                while victim in children(served.process) or serving(emptied.url) < WORKERS:
                    await asyncio.sleep(0.2)
        await asyncio.sleep(6.0)  # a checkpoint of whoever leads now
        stop.set()
        await asyncio.gather(*work)
        stop.clear()
        last = max(acked.values())
        work = [asyncio.create_task(_listen(ear, rows, stop)) for ear, rows in zip(ears, seen, strict=True)]
        async with asyncio.timeout(10):
            while any(not rows or rows[-1][0] < last for rows in seen):
                await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*work)

    try:
        asyncio.run(play())
    finally:
        code, said = served.stop()
    assert code == 0, said
    assert "Traceback" not in said, said
    rows = kept(folder, emptied.url)
    assert list(chain_faults(rows, where="log")) == []
    texts = [row.action["text"] for row in rows if row.do == "note"]
    assert len(texts) == len(set(texts)), "an action stands twice"
    place = {row.action.get("text"): row.n for row in rows if row.do == "note"}
    for key, n in acked.items():
        assert place[f"catatan {key}"] == n
    whole = [(row.n, row.hash) for row in rows]
    for heard in seen:
        assert heard == whole[: len(heard)], "an order of its own"
    assert max(map(max, gaps)) < 5.0
    assert sum(row.do == "clock.tick" for row in rows) >= 3, "somebody leads"
    from sispamkota.app.room.folder import open_folder
    from sispamkota.app.room.keeping import read_log

    told = replay_checked(read_log(open_folder(folder), url=emptied.url))
    assert told["broken"] == []
    assert told["checkpoints"] >= 3


@pytest.mark.room
def test_workers__all_know_the_clock_the_desks_and_who_has_left(tmp_path, emptied):
    """Whoever answers knows the session, the running clock and the same world; a session that ended ends everywhere."""
    folder = tmp_path / "room"
    make(folder)
    served = serve(folder, "--db", emptied.url, "--workers", str(WORKERS))
    leader = join(served.base, served.token, "kendali")
    desk = invite(leader, "polresta", "meja-1")
    with httpx.Client(headers=leader.headers) as one:
        one.post(served.base + "/api/actions", json={"action": RUN}).raise_for_status()
        time.sleep(2.0)
    told = asyncio.run(_everywhere(desk))
    for (_, early, _), (_, late, frame) in itertools.pairwise(told):
        assert late["speed"] == 5
        assert late["t"] >= early["t"] > 9000, "a clock of its own"
        assert frame["t"] <= late["t"] + 3000
    for _ in range(12):  # each call may reach another process
        sent = httpx.post(served.base + "/api/actions", json={"action": NOTE}, headers=desk.headers).json()["n"]
        rows = httpx.get(served.base + f"/api/log?since={sent - 1}", headers=desk.headers).json()["records"]
        assert rows[0]["n"] == sent, "who has acted sees it wherever it asks"

    async def removed():
        lines = [await desk.connect(since=10**6) for _ in range(9)]
        answer = httpx.delete(served.base + "/api/accounts/meja-1", headers=leader.headers)
        assert answer.status_code == 200
        async with asyncio.timeout(5):
            for line in lines:
                with suppress(*GONE):
                    while True:
                        await line.recv()
        for _ in range(9):
            assert httpx.get(served.base + "/api/me", headers=desk.headers).status_code == 401

    try:
        asyncio.run(removed())
    finally:
        code, said = served.stop()
    assert code == 0, said


@pytest.mark.room
def test_workers__end_with_the_one_that_started_them_and_the_same_command_goes_on(tmp_path, emptied):
    folder = tmp_path / "room"
    make(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    served = serve(folder, "--db", emptied.url, "--workers", "2", port=port)
    leader = join(served.base, served.token, "kendali")
    for _ in range(5):
        httpx.post(served.base + "/api/actions", json={"action": NOTE}, headers=leader.headers).raise_for_status()
    with pytest.raises(AssertionError, match="a room that nobody else serves"):
        serve(folder, "--db", emptied.url, "--workers", "2")
    left = children(served.process)
    assert len(left) == 2
    served.kill()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in left) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(Path(f"/proc/{pid}").exists() for pid in left)
    again = serve(folder, "--db", emptied.url, "--workers", "2", port=port)
    assert again.token == ""
    rows = httpx.get(again.base + "/api/log", headers=leader.headers).json()["records"]
    assert [row["action"]["do"] for row in rows] == ["note"] * 5
    assert again.stop()[0] == 0


def test_workers__are_refused_on_sqlite(tmp_path):
    make(tmp_path / "room")
    with pytest.raises(AssertionError) as error:
        serve(tmp_path / "room", "--workers", "2")
    assert "1, or more with PostgreSQL" in str(error.value)
    assert "Traceback" not in str(error.value)


@pytest.mark.room
def test_workers__outlive_the_database_and_go_on(tmp_path, emptied):
    """PostgreSQL is killed under all of them and started again: nothing acknowledged is lost, and desks write on."""
    folder = tmp_path / "room"
    make(folder)
    served = serve(folder, "--db", emptied.url, "--workers", "2")
    leader = join(served.base, served.token, "kendali")
    desks = [invite(leader, seat, f"meja-{n}") for n, seat in enumerate(("polresta", "damkar"))]
    acked, gaps = {}, [[] for _ in desks]

    async def play():
        stop = asyncio.Event()
        work = [asyncio.create_task(_write(desk, n, acked, gaps[n], stop)) for n, desk in enumerate(desks)]
        async with asyncio.timeout(20):
            while len(acked) < 10:
                await asyncio.sleep(0.02)
        await asyncio.to_thread(emptied.kill)
        await asyncio.to_thread(emptied.start)
        before = len(acked)
        async with asyncio.timeout(10):
            while len(acked) < before + 10:
                await asyncio.sleep(0.02)
        stop.set()
        await asyncio.gather(*work)

    left = children(served.process)
    try:
        asyncio.run(play())
        assert children(served.process) == left, "a process ended"
    finally:
        code, said = served.stop()
    assert code == 0, said
    rows = kept(folder, emptied.url)
    assert list(chain_faults(rows, where="log")) == []
    place = {row.action.get("text"): row.n for row in rows if row.do == "note"}
    assert len(place) == sum(row.do == "note" for row in rows), "an action stands twice"
    for key, n in acked.items():
        assert place[f"catatan {key}"] == n
