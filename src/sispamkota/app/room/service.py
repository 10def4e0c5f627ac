"""All that the routes and the socket of one room share, and the questions that they ask before they do anything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from starlette.requests import HTTPConnection

from sispamkota.errors import Fault, StoreError
from sispamkota.exercise.roles import role_of
from sispamkota.exercise.setup import Setup

from .accounts import Accounts, Session
from .clock import Wall, iso
from .database import Database, audit
from .guard import Buckets, RefusalError, host_of, known_host, own_origin
from .hub import Hub
from .player import Player

__all__ = ["COOKIE", "Service"]

COOKIE = "sesi"
log = logging.getLogger("sispamkota.room")


@dataclass
class Service:
    """Hold one room with its accounts, its limits and its audit log."""

    setup: Setup
    base: Database
    hub: Hub
    accounts: Accounts
    wall: Wall
    link: str  # the address that invitations lead to, without its end
    secure: bool = False
    lang: str = "id"
    hosts: frozenset[str] = frozenset()
    workers: int = 1  # processes that serve the room: each has limits of its own
    slow: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="argon2"))
    past: asyncio.Lock = field(default_factory=asyncio.Lock)
    foresight: asyncio.Lock = field(default_factory=asyncio.Lock)
    player: Player = field(default_factory=lambda: Player(own=False))

    def __post_init__(self) -> None:
        """Set the limits up."""
        clock = self.wall.monotonic
        self.acts = Buckets(20.0, 60.0, clock)  # by account
        self.asks = Buckets(30.0, 120.0, clock)  # by account
        self.calls = Buckets(400.0, 1200.0, clock)  # by address: many desks share one
        self.tries = Buckets(1.0, 60.0, clock)  # sign-ins by address: a whole room may come in at once
        self.guesses = Buckets(
            0.1 / self.workers, max(2.0, 6.0 / self.workers), clock
        )  # sign-ins by account and address
        self.heavy = Buckets(1.0, 10.0, clock)  # time travel and export, by account
        self.forecasts = Buckets(0.2, 3.0, clock)  # by account; one at a time in the room besides
        self._noted = Buckets(0.2, 5.0, clock)  # audit of one thing by one caller
        self.hub.listeners.append(lambda what, detail: self.note_soon(what, detail=detail))

    # --- audit -----------------------------------------------------------------------------------------------------

    async def note(self, what: str, *, account: str = "", address: str = "", detail: str = "") -> None:
        """Write a line into the audit log; never a text of an action. A full disk does not stop the room."""
        row = {"at": iso(self.wall.now()), "account": account[:32], "address": address[:64]}
        try:
            await self.hub.keep(self.base.change, sa.insert(audit).values(**row, what=what, detail=detail[:200]))
        except StoreError as error:
            log.warning("audit: %s", error)

    def note_soon(self, what: str, **parts: str) -> None:
        """Write a line when there is time."""
        task = asyncio.get_running_loop().create_task(self.note(what, **parts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def _tasks(self) -> set[asyncio.Task[None]]:
        tasks: set[asyncio.Task[None]] = self.__dict__.setdefault("_running", set())
        return tasks

    # --- questions -------------------------------------------------------------------------------------------------

    @staticmethod
    def address(connection: HTTPConnection) -> str:
        """Give the address of who asks."""
        return connection.client.host if connection.client else ""

    def speaks(self, connection: HTTPConnection) -> str:
        """Give the language in which who asks is answered."""
        given = connection.query_params.get("lang") or connection.headers.get("accept-language", "")[:2]
        return given if given in ("id", "en") else self.lang

    async def check_call(self, connection: HTTPConnection) -> None:
        """Refuse a foreign host, and who asks too often."""
        if not known_host(host_of(connection.headers), self.hosts):
            remedy = "Open the room by its address, or serve it with --name."
            raise RefusalError(403, Fault("request", "host", "a name of this server", "a foreign one", remedy))
        await self.check_rate(self.calls, self.address(connection), connection)

    async def check_rate(self, buckets: Buckets, who: str, connection: HTTPConnection) -> None:
        """Refuse what comes too often."""
        if not buckets.take(who):
            address = self.address(connection)
            if self._noted.take("rate " + who):
                await self.note("rate", address=address, detail=connection.scope["path"])
            remedy = "Wait a little and try again."
            raise RefusalError(429, Fault("request", "rate", f"at most {buckets.rate:g} a second", "more", remedy))

    async def check_origin(self, connection: HTTPConnection) -> None:
        """Refuse what does not come from this server's own page."""
        if not own_origin(connection.headers, secure=self.secure):
            await self._denied(connection, "origin")
            remedy = "Use the room's own page."
            raise RefusalError(403, Fault("request", "origin", "this server's own page", "another origin", remedy))

    async def signed_in(self, connection: HTTPConnection) -> Session:
        """Give the session of a request; refuse who has none, and end one whose old token is shown."""
        token = connection.cookies.get(COOKIE, "")
        session, stolen = self.accounts.find(token)
        if token and self.hub.peers is not None and (session is None or stolen):  # another process may know it
            await self.hub.keep(self.accounts.refresh)
            session, stolen = self.accounts.find(token)
        if session is not None and stolen:
            await self.end(session, "stolen", self.address(connection))
        if session is None or stolen:
            remedy = "Sign in, or open an invitation."
            raise RefusalError(401, Fault("request", "session", "a desk that is signed in", "none", remedy))
        await self.check_rate(self.asks, session.account, connection)
        return session

    async def check_csrf(self, connection: HTTPConnection, session: Session) -> None:
        """Refuse a change that does not carry the session's own word."""
        await self.check_origin(connection)
        given = connection.headers.get("x-csrf", "")
        if not _same(given, session.csrf):
            await self._denied(connection, "csrf", session)
            remedy = "Load the page again."
            raise RefusalError(403, Fault("request", "X-CSRF", "the word of this session", "another", remedy))

    async def check_role(self, connection: HTTPConnection, session: Session, *names: str) -> None:
        """Refuse a role that may not."""
        if session.seat.split(":")[0] not in names:
            await self._denied(connection, connection.scope["path"][:100], session)
            remedy = "Ask " + ", ".join(names) + "."
            raise RefusalError(403, Fault("request", "role", "a role that may", session.seat.split(":")[0], remedy))

    async def check_action(self, connection: HTTPConnection, session: Session, action: Mapping[str, Any]) -> None:
        """Refuse an action that the role may not do, and too many of them."""
        await self.check_rate(self.acts, session.account, connection)
        if not role_of(session.seat).allows(str(action["do"])):
            await self._denied(connection, str(action["do"]), session)
            role = session.seat.split(":")[0]
            remedy = "Ask the desk whose action it is."
            raise RefusalError(403, Fault("request", str(action["do"]), "an action of this role", role, remedy))
        if action["do"] == "forecast":  # what somebody was told is written by who told it
            remedy = "Ask the room for a forecast: POST /api/forecast."
            raise RefusalError(409, Fault("request", "forecast", "a forecast of this room", "one of your own", remedy))
        if action["do"] != "seat.leave":
            self.hub.sit(session.account)
        elif await self.hub.leave(session):  # the desk is theirs still: its units stay with people
            remedy = "You may go: the desk stays with them, and it is left when the last one leaves it."
            fault = Fault("request", "seat.leave", "a desk where nobody else sits", "another account there", remedy)
            raise RefusalError(409, fault)

    async def _denied(self, connection: HTTPConnection, detail: str, session: Session | None = None) -> None:
        account, address = session.account if session else "", self.address(connection)
        if self._noted.take(f"{account}{address}"):
            await self.note("denied", account=account, address=address, detail=detail)

    async def end(self, session: Session, what: str, address: str) -> None:
        """End a session and close its sockets."""
        await self.hub.keep(self.accounts.sign_out, session)
        self.hub.audience.sign_off(session.account, session=session.id)
        await self.note(what, account=session.account, address=address)


def _same(given: str, own: str) -> bool:
    import hmac

    return hmac.compare_digest(given.encode(), own.encode())
