"""The server: an application for one room, and uvicorn to run it, with TLS where a certificate is given."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from sispamkota.errors import Fault, InputError, SispamkotaError, StoreError, quoted, reason
from sispamkota.exercise.lookahead import warm_ahead
from sispamkota.exercise.room import warm_up
from sispamkota.exercise.setup import make_setup

from . import models
from .accounts import LIFE_H, Accounts
from .clock import Wall
from .folder import Folder
from .guard import Guarded, RefusalError
from .hub import Hub
from .jobs import LostError
from .opening import fold
from .peers import Peers
from .player import Player
from .routes import make_routes
from .service import Service
from .wire import serve_socket

__all__ = [
    "Serving", "check_tls", "invitation", "link_of", "listen", "make_app", "open_service", "run", "serve",
]  # fmt: skip

log = logging.getLogger("sispamkota.room")
SWEEP_S, PEERS_S = 300.0, 1.0


@dataclass(frozen=True)
class Serving:
    """Say where a room is served."""

    host: str = "127.0.0.1"
    port: int = 8808
    url: str | None = None
    cert: Path | None = None
    key: Path | None = None
    names: tuple[str, ...] = ()
    lang: str = "id"
    workers: int = 1
    session_h: float = LIFE_H
    run: str = ""  # where several processes serve a room: the name of their common start

    @property
    def secure(self) -> bool:
        """Say whether it is served under TLS."""
        return self.cert is not None


def open_service(folder: Folder, serving: Serving, *, link: str, wall: Wall | None = None) -> Service:
    """Open a room: its database, locked for this process, folded to where it stood."""
    wall, several = wall or Wall(), bool(serving.run)
    base = folder.database(serving.url, writer=not several, turns=several)
    try:
        setup = make_setup(folder.file)
        room = fold(setup, base.read_records(), where=base.name)
        hospitals, life = setup.names.hospitals, serving.session_h
        accounts = Accounts(base, folder.key, now=wall.steady, hospitals=hospitals, life_h=life)
        hub = Hub(setup, base, room=room, wall=wall, peers=Peers(base, serving.run) if several else None)
    except BaseException:
        base.close()
        raise
    names = frozenset(name.casefold() for name in (serving.host, *serving.names))
    return Service(setup, base, hub, accounts, wall, link, serving.secure, serving.lang, names, workers=serving.workers)


def invitation(accounts: Accounts, link: str) -> str:
    """Give the link to the room: an invitation for the controller until there is one."""
    if accounts.has_controller:
        return f"{link}/"
    accounts.withdraw_seat("controller")
    _, token = accounts.invite("controller")
    return f"{link}/#undangan={token}"


def make_app(service: Service, *, failed: Callable[[], None] = lambda: None) -> FastAPI:
    """Make the application of a room; `failed` is called where its one task ends by itself."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        hub = service.hub
        task = asyncio.create_task(hub.run())
        task.add_done_callback(lambda done: _ended(done, failed))
        sweeper = asyncio.create_task(_sweep(service))
        await service.note("start")
        try:
            yield
        finally:
            sweeper.cancel()
            await hub.stop()
            await asyncio.gather(task, sweeper, return_exceptions=True)
            service.player.close()
            await hub.keep(service.accounts.note_use)
            await service.note("stop")
            hub.keeper.shutdown()
            service.base.close()

    app = FastAPI(
        title="sispamkota exercise room", lifespan=life, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.state.service = service
    app.include_router(make_routes())
    app.add_api_websocket_route("/ws", _socket)
    _tell_errors(app, service)
    app.add_middleware(Guarded, refused=lambda status: _too_long(service, status))
    return app


async def _socket(socket: WebSocket) -> None:
    await serve_socket(socket)


def _ended(task: asyncio.Task[None], failed: Callable[[], None]) -> None:
    """Stop the server where its room broke: a new start folds it anew."""
    if task.cancelled() or (error := task.exception()) is None:
        return
    if not isinstance(error, LostError):  # that one is told to who serves the room, once
        log.critical("the room stopped", exc_info=error)
    failed()


async def _sweep(service: Service) -> None:
    """Keep the use of sessions now and then; beside other processes, see every second who came and went there."""
    wait = SWEEP_S if service.hub.peers is None else PEERS_S
    for n in itertools.count(1):
        await asyncio.sleep(wait)
        try:
            if service.hub.peers is not None:
                await service.hub.keep(service.accounts.refresh)
                service.hub.audience.sign_off_lost(service.accounts.alive)
            if n * wait % SWEEP_S == 0.0:
                await service.hub.keep(service.accounts.note_use)
        except StoreError as error:
            log.warning("sessions: %s", error)
        except Exception as error:  # noqa: BLE001 - a bug: the next look may do
            service.hub.troubles.note("sessions", error)


# --- errors -------------------------------------------------------------------------------------------------------


def _tell_errors(app: FastAPI, service: Service) -> None:
    """Tell every error as faults, in the language of who asks."""

    def answer(request: Request, status: int, faults: Any) -> JSONResponse:
        headers = {"Retry-After": "5"} if status in (429, 503) else None
        return JSONResponse(models.told(faults, service.speaks(request)), status, headers=headers)

    async def refusal(request: Request, error: Any) -> JSONResponse:
        return answer(request, error.status, error.faults)

    async def refused(request: Request, error: Any) -> JSONResponse:
        status = 503 if isinstance(error, StoreError) else 409
        return answer(request, status, error.faults or [_plain(str(error))])

    async def malformed(request: Request, error: Any) -> JSONResponse:
        return answer(request, 422, models.faults_of(error.errors(), where="request"))

    async def http(request: Request, error: Any) -> JSONResponse:
        return answer(request, error.status_code, [_plain(str(error.detail))])

    async def lost(request: Request, error: Any) -> JSONResponse:
        return answer(request, 503, error.why.faults)

    app.add_exception_handler(RefusalError, refusal)
    app.add_exception_handler(LostError, lost)
    app.add_exception_handler(SispamkotaError, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, http)


def _plain(text: str) -> Fault:
    return Fault("request", "request", "a request of the room's own page", text, "Load the page again.")


def _too_long(service: Service, status: int) -> JSONResponse:
    fault = Fault("request", "body", "up to 64 kB, of a known length", "more, or no length", "Send less.")
    return JSONResponse(models.told([fault], service.lang), status, headers={"Connection": "close"})


# --- running ------------------------------------------------------------------------------------------------------


def serve(folder: Folder, serving: Serving, *, say: Callable[[str], None]) -> None:
    """Serve a room until it is stopped; `say` tells the link."""
    check_tls(serving)
    listening = listen(serving)
    try:
        link = link_of(serving, listening.getsockname()[1])
        service = open_service(folder, serving, link=link)
        warm_up(service.setup)
        warm_ahead(service.setup)
        service.player = Player(own=True)
        told = invitation(service.accounts, link)
    except BaseException:
        listening.close()
        raise
    say(told)
    run(service, serving, listening)


def run(service: Service, serving: Serving, listening: socket.socket) -> None:
    """Answer at a socket that listens, until told to stop; raises StoreError for a room that cannot go on."""
    servers: list[uvicorn.Server] = []
    app = make_app(service, failed=lambda: setattr(servers[0], "should_exit", True))
    config = uvicorn.Config(
        app,
        ssl_certfile=serving.cert,
        ssl_keyfile=serving.key,
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        ws_ping_interval=10.0,
        ws_ping_timeout=20.0,
        ws_per_message_deflate=False,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=3,
    )
    servers.append(uvicorn.Server(config))
    gc.collect()
    gc.freeze()  # what a room is made of stays: to look through it anew would hold everybody up for a moment
    servers[0].run(sockets=[listening])
    if service.hub.lost is not None:
        raise service.hub.lost


def listen(serving: Serving) -> socket.socket:
    """Take the port; raises InputError where it is not to be had."""
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((serving.host, serving.port))
    except OSError as error:
        listening.close()
        remedy = "Choose another --port, or another --host of this computer."
        got = quoted(error) if isinstance(error, socket.gaierror) else reason(error)
        where = f"{serving.host}:{serving.port}"
        raise InputError([Fault(where, "--port", "an address that is free", got, remedy)]) from None
    listening.listen(2048)  # who calls before the room is open waits a moment
    return listening


def link_of(serving: Serving, port: int) -> str:
    """Give the address of the room for others."""
    host = serving.names[0] if serving.names else _outward(serving.host)
    return f"{'https' if serving.secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _outward(host: str) -> str:
    """Give the address under which others find this computer, where it listens on all of them."""
    if host not in ("0.0.0.0", "::"):  # noqa: S104
        return host
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only asks which address would
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1"


def check_tls(serving: Serving) -> None:
    """Raise InputError for half a certificate, or one that cannot be read."""
    import ssl

    if (serving.cert is None) != (serving.key is None):
        raise InputError([Fault("--cert", "TLS", "--cert and --key together", "one of them", "Give both.")])
    if serving.cert is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(serving.cert, serving.key)
        except OSError as error:
            got = quoted(error) if isinstance(error, ssl.SSLError) else reason(error)
            remedy = "Give a certificate and its own key, both as PEM."
            raise InputError([Fault("--cert", "TLS", "a certificate and its key", got, remedy)]) from None
