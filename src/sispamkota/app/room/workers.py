"""Several processes for one room: this one holds the port and the room's lock, starts them, and starts anew who dies.

They answer at the same socket: who calls while one of them dies is served by another. Where this process itself is
killed they end too, so that the same command can be given again.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from sispamkota.errors import Fault, InputError, SispamkotaError, StoreError
from sispamkota.exercise.lookahead import warm_ahead
from sispamkota.exercise.room import warm_up

from .accounts import Accounts
from .clock import Wall
from .database import Database
from .folder import Folder, open_folder
from .player import Player
from .server import Serving, check_tls, invitation, link_of, listen, open_service, run

__all__ = ["serve_by_many"]

log = logging.getLogger("sispamkota.room")
_SPAWN = multiprocessing.get_context("spawn")
_LOOK_S, _STOP_S = 1.0, 10.0
_DEATHS = 5  # within so many seconds of its start, one after the other: it will not get better
_SOON_S = 10.0
_REFUSED = 60  # looks, one a second


class _Worker:
    """Hold one process, and the line on which it says that it serves, or why it cannot."""

    def __init__(self, folder: Path, serving: Serving, listening: socket.socket, link: str) -> None:
        """Start it."""
        self.line, its = _SPAWN.Pipe()
        self.started = time.monotonic()
        self.process: SpawnProcess = _SPAWN.Process(
            target=_work, args=(folder, serving, listening, link, its), name="sispamkota room"
        )
        self.process.start()
        its.close()

    def ready(self) -> None:
        """Wait until it serves; raises what it could not do."""
        try:
            told: Any = self.line.recv()
        except EOFError:
            told = StoreError([Fault("server", "worker", "a process that serves", "one that ended", _AGAIN)])
        if isinstance(told, SispamkotaError):
            raise told

    def end(self) -> None:
        """Stop it, by force where it does not listen."""
        self.process.terminate()
        self.process.join(_STOP_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.line.close()


_AGAIN = "Start it again; what was acknowledged is safe."


def serve_by_many(folder: Folder, serving: Serving, *, say: Callable[[str], None]) -> None:
    """Serve a room by several processes until it is stopped; `say` tells the link. Raises InputError for SQLite."""
    check_tls(serving)
    if not serving.url or not serving.url.startswith("postgres"):
        remedy = "Name a database of PostgreSQL with --db, or leave --workers out."
        got = f"{serving.workers} with SQLite"
        raise InputError([Fault("--workers", "workers", "1, or more with PostgreSQL", got, remedy)])
    listening, base = listen(serving), None
    workers: list[_Worker] = []
    try:
        base = folder.database(serving.url, writer=True)
        link = link_of(serving, listening.getsockname()[1])
        serving = replace(serving, run=secrets.token_hex(8))
        told = invitation(Accounts(base, folder.key, now=Wall().steady, hospitals=()), link)

        def begin() -> _Worker:
            return _Worker(folder.path, serving, listening, link)

        workers = [begin() for _ in range(serving.workers)]
        for worker in workers:
            worker.ready()
        say(told)
        with _until_told_to_stop() as stopped:
            _watch(workers, begin, base, stopped)
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.end()
        listening.close()
        if base is not None:
            base.close()


@contextlib.contextmanager
def _until_told_to_stop() -> Any:
    """Give an event that is set when this process is told to end."""
    stopped = threading.Event()
    before = {each: signal.signal(each, lambda *_: stopped.set()) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _watch(workers: list[_Worker], begin: Callable[[], _Worker], base: Database, stopped: threading.Event) -> None:
    """Start anew who dies, and keep the room's lock; raises StoreError where they die as soon as they start."""
    early = refused = 0
    while not stopped.is_set():
        wait([worker.process.sentinel for worker in workers], _LOOK_S)
        for n, worker in enumerate(workers):
            if worker.process.is_alive() or stopped.is_set():
                continue
            _raise_told(worker.line)
            early = early + 1 if time.monotonic() - worker.started < _SOON_S else 0
            if early >= _DEATHS:
                raise StoreError([Fault("server", "worker", "a process that serves", "one that ended", _AGAIN)])
            log.warning("a process of the room ended (%s); another takes its place", worker.process.exitcode)
            worker.line.close()
            workers[n] = begin()
        refused = _hold(base, refused)


def _hold(base: Database, refused: int) -> int:
    """Keep the lock that makes this the room's one server; a database that was away gives it anew.

    Gives how many times in a row somebody else had it, which a line that was lost may leave behind for a while; raises
    InputError where it stays so.
    """
    try:
        base.get("exercise")
    except InputError:
        base.reconnect()
        if refused >= _REFUSED:
            raise
        return refused + 1
    except StoreError as error:
        log.warning("database: %s", error)
        base.reconnect()
    return 0


def _work(folder: Path, serving: Serving, listening: socket.socket, link: str, line: Connection) -> None:
    """Serve the room as one process of several."""
    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        service = open_service(open_folder(folder), serving, link=link)
        warm_up(service.setup)
        warm_ahead(service.setup)
        service.player = Player(own=True)
    except SispamkotaError as error:
        line.send(error)
        return
    line.send("ready")
    threading.Thread(target=_end_with_parent, args=(line,), daemon=True).start()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            run(service, serving, listening)
    except SispamkotaError as error:  # the room is lost: no other process can go on either
        line.send(error)


def _raise_told(line: Connection) -> None:
    """Raise what a process that has ended said it could not do."""
    with contextlib.suppress(EOFError, OSError):
        told = line.recv() if line.poll() else None
        while told is not None and not isinstance(told, SispamkotaError):
            told = line.recv() if line.poll() else None
        if told is not None:
            raise told


def _end_with_parent(line: Connection) -> None:
    """End this process when the one that started it is gone."""
    with contextlib.suppress(EOFError, OSError):
        line.recv()
    os.kill(os.getpid(), signal.SIGTERM)
