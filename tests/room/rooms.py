"""A room for tests: the small city's own exercise would do less than the real one, which folds in milliseconds."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import httpx
import websockets

SOURCE = Path(__file__).parents[2] / "src"
BASE = "http://127.0.0.1:8808"
PASSWORD = "payung biru dekat jembatan"
NOTE = {"do": "note", "text": "satu catatan"}
# One action of each kind, as it is checked at the edge; whether it fits the room is asked afterwards.
EXAMPLES = {
    "clock.run": {"speed": 1},
    "clock.pause": {},
    "clock.jump": {"to": 60},
    "clock.tick": {"digest": "0" * 64},
    "clock.end": {},
    "seat.take": {},
    "seat.leave": {},
    "seat.free": {"seat": "damkar"},
    "order.send": {"unit": "patroli-1", "incident": 0, "capability": "patrol"},
    "order.recall": {"unit": "patroli-1"},
    "order.ask_to_leave": {"place": "kpu"},
    "command.hand_over": {"place": "kpu"},
    "command.change_line": {"place": "kpu"},
    "command.cap_force": {"place": "kpu", "step": 1, "why": "tenang"},
    "command.reinforce": {"why": "perlu bantuan"},
    "inject.incident": {"place": "kpu", "kind": "vandalism"},
    "inject.provoke": {"place": "kpu", "people": 5},
    "inject.arrive": {"place": "kpu", "people": 5, "over": 60},
    "inject.tension": {"tension": 1},
    "inject.message": {"to": ["kpu"], "text": "satu pesan"},
    "msel.put": {"item": "baru", "to": ["kpu"], "text": "satu pesan"},
    "msel.drop": {"item": "cadangan-vip", "why": "tidak perlu"},
    "request.make": {"kind": "dialog", "to": "dialogue", "place": "kpu", "why": "bicara", "until": 7000},
    "request.answer": {"request": 0, "granted": False, "authority": "Kapolda", "why": "belum perlu"},
    "report": {"place": "kpu", "what": "calm", "text": "tenang"},
    "note": {"text": "satu catatan"},
    "hospital.update": {"hospital": "rsud-dr-saiful-anwar", "igd_free": 1, "igd_waiting": 0},
    "standby": {"text": "ambulans", "n": 1, "state": "agreed"},
    "voting": {"place": "kpu", "state": "open", "why": "mulai"},
    "dialogue.put": {"entry": "temu-1", "kind": "meeting", "partner": "koordinator", "text": "bertemu"},
    "dialogue.close": {"entry": "temu-1", "kept": True, "text": "selesai"},
    "shift.offer": {"text": "serah"},
    "shift.accept": {"offer": 0},
    "rate": {"task": "damkar", "rating": "P", "text": "baik"},
    "observe": {"text": "teramati"},
    "improve.put": {"item": "a", "text": "latih", "owner": "Dishub", "due": "2027-01-31"},
    "improve.close": {"item": "a", "evidence": "foto"},
    "redact": {"record": 0, "why": "data pribadi"},
    "forecast": {"minutes": 60, "told": "tenang"},
    "tps.report": {"tps": "35.73.01.1001/001", "state": "open"},
    "incident.report": {"place": "kpu", "kind": "fire", "text": "asap"},
    "incident.update": {"incident": 0, "state": "seen", "text": "dilihat"},
    "crowd.report": {"place": "kpu", "people": 50, "trend": "steady"},
    "unit.report": {"unit": "patroli-1", "state": "standby"},
    "merge.conflict": {"action": {"do": "note", "text": "satu catatan"}, "why": "late"},
    "merge.done": {"heads": ["0" * 64, "1" * 64], "shared": 1, "origins": [], "conflicts": [], "doubled": []},
}


@cache
def setup(name="kpu-bawaslu"):
    """The setup of an embedded exercise, built once."""
    from sispamkota.exercise import load_exercise, make_setup

    return make_setup(load_exercise(name))


def setup_for(file):
    """The setup of a folder's file: an operation starts on a day of its own."""
    return replace(setup(file.name), file=file) if file.mode == "operation" else setup()


@dataclass
class Hands:
    """Move the clocks of a room by hand; `ticking` lets them run by themselves too."""

    wall_off: float = 0.0
    steady_off: float = 0.0
    start: float = field(default_factory=time.monotonic)

    def wall(self):
        return time.time() + self.wall_off

    def steady(self):
        return time.monotonic() + self.steady_off


@contextmanager
def service_in(folder, monkeypatch, *, url=None, hands=None, **options):
    """Open the service of a folder without a network."""
    from sispamkota.app.room import server
    from sispamkota.app.room.clock import Wall
    from sispamkota.app.room.folder import open_folder

    monkeypatch.setattr(server, "make_setup", setup_for)
    hands = hands or Hands()
    wall = Wall(wall=hands.wall, steady=hands.steady)
    serving = server.Serving(url=url, **options)
    service = server.open_service(open_folder(folder), serving, link=BASE, wall=wall)
    try:
        yield service
    finally:
        service.base.close()


def keep_nothing(monkeypatch):
    """Let a room keep no checkpoint by itself, as one that is killed before the next."""
    from sispamkota.app.room import hub

    async def nothing(_):
        pass

    for name in ("_tick", "_bring_messages"):
        monkeypatch.setattr(hub.Hub, name, nothing)


def make(path, monkeypatch=None):
    """Make the folder of the embedded exercise."""
    from sispamkota.app.room.folder import make_folder

    return make_folder("kpu-bawaslu", path, seed=None, replicate=None)


def client_of(app):
    """A client of the page's own origin."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of starlette: it would rather have another httpx
        from fastapi.testclient import TestClient

    return TestClient(app, base_url=BASE, headers={"Origin": BASE, "X-CSRF": "1", "Accept-Language": "en"})


class Desk:
    """A desk that is signed in, over FastAPI's own client."""

    def __init__(self, client, service, seat, account=None):
        self.client, self.service, self.seat = client, service, seat
        self.account = account or seat.split(":")[0].replace("_", "-") + "-1"
        service.accounts.remove(self.account)
        _, token = service.accounts.invite(seat)
        self.join(token)

    def join(self, token):
        self.client.cookies.clear()
        body = {"token": token, "account": self.account, "password": PASSWORD}
        answer = self.client.post("/api/join", json=body)
        assert answer.status_code == 200, answer.text
        self.csrf, self.cookie = answer.json()["csrf"], answer.cookies["sesi"]

    @property
    def headers(self):
        return {"X-CSRF": self.csrf, "Cookie": f"sesi={self.cookie}"}

    def ask(self, method, path, **options):
        self.client.cookies.clear()
        headers = self.headers | options.pop("headers", {})
        return self.client.request(method, path, headers=headers, **options)

    def act(self, do, key="", **fields):
        return self.ask("POST", "/api/actions", json={"action": {"do": do, **fields}, "key": key})

    def socket(self, query="since=-1", **headers):
        self.client.cookies.clear()
        return self.client.websocket_connect(
            f"ws{BASE[4:]}/ws?{query}", headers={**self.headers, "Origin": BASE, **headers}
        )


# --- a real server ------------------------------------------------------------------------------------------------


@dataclass
class Served:
    """A server in a process of its own."""

    process: subprocess.Popen
    base: str
    token: str

    @property
    def ws(self):
        return self.base.replace("http", "ws", 1) + "/ws"

    def kill(self):
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.process.stdout.close()
        self.process.stderr.close()

    def stop(self):
        """End it as Ctrl-C would; give its exit code and what it said."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


def serve(folder, *options, port=0, env=None):
    """Start a server and wait for its link."""
    command = [
        sys.executable,
        "-m",
        "sispamkota",
        "exercise",
        "serve",
        str(folder),
        "--port",
        str(port),
        "--lang",
        "en",
    ]
    env = os.environ | {"PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"} | (env or {})
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    line = process.stdout.readline().strip()
    if not line:
        raise AssertionError(process.communicate()[1])
    base, _, token = line.partition("/#undangan=")
    return Served(process, base.rstrip("/"), token)


@dataclass
class Caller:
    """A desk at a real server."""

    base: str
    cookie: str
    csrf: str
    seat: str
    account: str

    @property
    def headers(self):
        return {"Origin": self.base, "X-CSRF": self.csrf, "Cookie": f"sesi={self.cookie}"}

    def connect(self, *, since=-1):
        """Open a socket."""
        address = self.base.replace("http", "ws", 1) + f"/ws?since={since}&lang=en"
        return websockets.connect(
            address,
            origin=self.base,
            additional_headers={"Cookie": f"sesi={self.cookie}"},
            open_timeout=10,
            max_size=2**24,
        )


def join(base, token, account):
    """Take an invitation up at a real server."""
    body = {"token": token, "account": account, "password": PASSWORD}
    answer = httpx.post(base + "/api/join", json=body, headers={"Origin": base, "X-CSRF": "1"}, timeout=30)
    answer.raise_for_status()
    told = answer.json()
    return Caller(base, answer.cookies["sesi"], told["csrf"], told["seat"], account)


def invite(leader, seat, account):
    """Let a controller invite, and take the invitation up."""
    answer = httpx.post(leader.base + "/api/invites", json={"seat": seat}, headers=leader.headers, timeout=30)
    answer.raise_for_status()
    return join(leader.base, answer.json()["token"], account)


async def until(socket, kind, *, seconds=10):
    """Read a socket up to a message of a kind, and give it."""
    async with asyncio.timeout(seconds):
        while True:
            message = json.loads(await socket.recv())
            if message["kind"] == kind:
                return message


@contextmanager
def in_thread(app):
    """Run an application on a free port, in a thread of this process; gives its address."""
    import socket
    import threading

    import uvicorn

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, ws="websockets-sansio", log_config=None, lifespan="on", server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
