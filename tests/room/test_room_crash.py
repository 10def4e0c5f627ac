"""A real server: killed in the middle of work it loses nothing that it acknowledged; it says one line and ends well."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
from contextlib import suppress

import httpx
import pytest
import websockets

pytest.importorskip("uvicorn")

from room.rooms import NOTE, PASSWORD, invite, join, make, serve, setup, until
from sispamkota.app.room.folder import open_folder
from sispamkota.app.room.server import Serving, listen
from sispamkota.errors import InputError
from sispamkota.exercise import replay
from sispamkota.exercise.log import chain_faults
from sispamkota.fault_words import tell

GONE = (websockets.ConnectionClosed, OSError, TimeoutError, websockets.InvalidHandshake)


def kept(folder, url):
    base = open_folder(folder).database(url, writer=False)
    try:
        return base.read_records()
    finally:
        base.close()


async def _write(caller, who, acked, stop):
    """Send numbered notes in turn, again after a lost connection, until `stop`; note what was acknowledged."""
    number = 0
    while not stop.is_set():
        with suppress(*GONE):
            async with caller.connect(since=10**6) as socket:
                while not stop.is_set():
                    key = f"{who}-{number}"
                    action = {"do": "note", "text": f"catatan {key}"}
                    await socket.send(json.dumps({"kind": "action", "id": number, "key": key, "action": action}))
                    told = await until(socket, "ack", seconds=5)
                    assert told["id"] == number
                    acked[key] = told["n"]
                    number += 1
        await asyncio.sleep(0.05)


async def _listen(caller, seen, stop):
    """Hear every record once, over lost connections."""
    while not stop.is_set():
        with suppress(*GONE):
            async with caller.connect(since=seen[-1] if seen else -1) as socket:
                while not stop.is_set():
                    seen.append((await until(socket, "record", seconds=1))["record"]["n"])
        await asyncio.sleep(0.05)


def test_kill__loses_no_acknowledged_action_and_desks_come_back_by_themselves(tmp_path, url):
    folder, options = tmp_path / "room", ("--db", url) if url else ()
    make(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    served = serve(folder, *options, port=port)
    leader = join(served.base, served.token, "kendali")
    desks = [invite(leader, seat, f"meja-{n}") for n, seat in enumerate(("polresta", "damkar", "kpu"))]
    watcher = invite(leader, "evaluator", "penilai")
    acked: dict[str, int] = {}
    seen: list[int] = []

    async def play(served):
        stop = asyncio.Event()
        work = [asyncio.create_task(_write(desk, n, acked, stop)) for n, desk in enumerate(desks)]
        work.append(asyncio.create_task(_listen(watcher, seen, stop)))
        run = {"action": {"do": "clock.run", "speed": 5}}
        httpx.post(served.base + "/api/actions", json=run, headers=leader.headers)
        for pause in (0.7, 0.31, 0.53):
            await asyncio.sleep(pause)
            before = len(acked)
            await asyncio.to_thread(served.kill)
            served = await asyncio.to_thread(serve, folder, *options, port=port)
            async with asyncio.timeout(20):  # they come back by themselves
                while len(acked) < before + 6:
                    await asyncio.sleep(0.05)
        httpx.post(served.base + "/api/actions", json=run, headers=leader.headers)  # it stood since the restart
        await asyncio.sleep(1.0)
        stop.set()
        await asyncio.gather(*work)
        async with asyncio.timeout(10):
            stop.clear()
            again = asyncio.create_task(_listen(watcher, seen, stop))
            last = max(acked.values())
            while not seen or seen[-1] < last:
                await asyncio.sleep(0.05)
            stop.set()
            await again
        return served

    served = asyncio.run(play(served))
    code, said = served.stop()
    assert code == 0, said
    rows = kept(folder, url)
    assert list(chain_faults(rows, where="log")) == []
    texts = {row.action.get("text"): row.n for row in rows if row.do == "note"}
    assert len(texts) == len([row for row in rows if row.do == "note"]), "an action stands twice"
    assert len(acked) > 20
    for key, n in acked.items():
        assert texts[f"catatan {key}"] == n
    assert seen == list(range(len(seen)))
    ticks = [row for row in rows if row.do == "clock.tick"]
    room = replay(setup(), rows)
    assert ticks
    twin = replay(setup(), rows[: ticks[-1].n], until=ticks[-1].t / 1000.0)
    assert twin.digest() == ticks[-1].action["digest"]  # the state that the server had is the fold's
    assert room.now >= ticks[-1].t / 1000.0


@pytest.mark.room
def test_database__killed_loses_no_acknowledged_action_and_the_room_goes_on(tmp_path, emptied):
    """PostgreSQL is killed under load and started again: what was acknowledged is there, desks write on within 5 s."""
    folder = tmp_path / "room"
    make(folder)
    served = serve(folder, "--db", emptied.url)
    leader = join(served.base, served.token, "kendali")
    desks = [invite(leader, seat, f"meja-{n}") for n, seat in enumerate(("polresta", "damkar"))]
    acked: dict[str, int] = {}

    async def play():
        stop = asyncio.Event()
        work = [asyncio.create_task(_write(desk, n, acked, stop)) for n, desk in enumerate(desks)]
        for _ in range(2):
            before = len(acked)
            async with asyncio.timeout(20):
                while len(acked) < before + 10:
                    await asyncio.sleep(0.02)
            await asyncio.to_thread(emptied.kill)
            await asyncio.to_thread(emptied.start)
            before = len(acked)
            async with asyncio.timeout(5):
                while len(acked) < before + 2:
                    await asyncio.sleep(0.02)
        stop.set()
        await asyncio.gather(*work)

    try:
        asyncio.run(play())
    finally:  # a server that lives on keeps the database for itself
        served.stop()
    rows = kept(folder, emptied.url)
    assert list(chain_faults(rows, where="log")) == []
    texts = {row.action.get("text"): row.n for row in rows if row.do == "note"}
    for key, n in acked.items():
        assert texts[f"catatan {key}"] == n


def test_serve__says_one_line_and_ends_well(tmp_path):
    make(tmp_path / "room")
    served = serve(tmp_path / "room")
    assert served.token
    assert served.base.startswith("http://127.0.0.1:")
    assert httpx.get(served.base + "/api/me").status_code == 401
    leader = join(served.base, served.token, "kendali")
    code, said = served.stop()
    assert code == 0
    assert "Traceback" not in said
    assert served.process.stdout.read() == "" if not served.process.stdout.closed else True
    again = serve(tmp_path / "room")
    assert again.token == ""  # there is a controller: no more invitations by themselves
    headers = leader.headers | {"Origin": again.base}
    assert httpx.post(again.base + "/api/actions", json={"action": NOTE}, headers=headers).status_code == 200
    again.stop()


def test_serve__a_second_one_and_a_taken_port_are_told_in_one_line(tmp_path):
    make(tmp_path / "room")
    make(tmp_path / "other")
    served = serve(tmp_path / "room")
    port = int(served.base.rsplit(":", 1)[1])
    for folder, options, words in (
        (tmp_path / "room", (), "a room that nobody else serves"),
        (tmp_path / "other", ("--port", str(port)), "an address that is free"),
        (tmp_path / "other", ("--cert", "x.pem"), "--cert and --key together"),
    ):
        with pytest.raises(AssertionError) as error:
            serve(folder, *options)
        said = str(error.value)
        assert words in said
        assert "Traceback" not in said
    served.stop()


def test_listen__a_taken_port_is_told_in_indonesian_to_the_last_word():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError) as refused:
            listen(Serving(port=port))
    said = tell(refused.value, "id")
    assert said.startswith(
        f"127.0.0.1:{port}: --port: seharusnya alamat yang masih bebas, tetapi alamat sudah dipakai."
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_tls__by_ones_own_certificate(tmp_path):
    make(tmp_path / "room")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    served = serve(tmp_path / "room", "--cert", str(cert), "--key", str(key))
    assert served.base.startswith("https://")
    trusted = ssl.create_default_context(cafile=str(cert))
    body = {"token": served.token, "account": "kendali", "password": PASSWORD}
    with httpx.Client(base_url=served.base, verify=trusted, headers={"Origin": served.base, "X-CSRF": "1"}) as client:
        answer = client.post("/api/join", json=body)
        assert answer.status_code == 200
        assert "secure" in answer.headers["set-cookie"].lower()
        assert (
            client.post("/api/login", json=body, headers={"Origin": served.base.replace("s:", ":")}).status_code == 403
        )
    served.stop()
