"""Several processes that serve one room on PostgreSQL: each folds the same records, and any of them may add some.

Who adds holds a lock of the database from the moment at which it has read what the others added until its own is
durable: there is one order, and a process that dies in between has done nothing. One leads: it keeps the checkpoints.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from sispamkota.errors import quoted
from sispamkota.exercise.log import Record

from .database import Database, meta, presence, records, sent

__all__ = ["Clock", "News", "Peers"]

log = logging.getLogger("sispamkota.room")
_TURN, _LEAD = 0x5349_5350_414E, 0x5349_5350_414F  # advisory locks of PostgreSQL, beside that of the one server
_CHANNEL = "sispamkota_room"
_POLL_S = 1.0
_GONE_S = 25.0  # a socket says that it is there every ten seconds
Clock = tuple[int, int, float]  # the room's time (ms), speed, and the steady clock of the computer when it was set


@dataclass(frozen=True)
class News:
    """Hold what others have added: records, the keys under which they came, and how the clock was set last."""

    rows: tuple[Record, ...] = ()
    keys: Mapping[tuple[str, str], int] | None = None
    clock: Clock | None = None


class Peers:
    """Hold one process's place among those that serve a room; `run` names the start that they have in common."""

    def __init__(self, base: Database, run: str, *, woken: Callable[[], None] = lambda: None) -> None:
        """Stand beside the others; `start` begins to listen."""
        self._base, self._run, self.woken = base, run, woken
        self.lead = False
        self._turn: sa.Connection | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="peers", daemon=True)

    # --- one order -------------------------------------------------------------------------------------------------

    def enter(self, after: int) -> News:
        """Wait for the turn, and read what was added after a record; nobody adds until `append` or `leave`."""
        self.leave()
        turn = self._base.engine.connect()
        try:
            turn.begin()
            turn.execute(sa.text(f"SELECT pg_advisory_xact_lock({_TURN})"))
            news = self._read(turn, after)
        except BaseException:
            turn.invalidate()
            turn.close()
            raise
        self._turn = turn
        return news

    def append(
        self,
        rows: Sequence[Record],
        *,
        keys: Iterable[Mapping[str, Any]],
        emptied: Iterable[Record],
        clock: Clock | None = None,
    ) -> None:
        """Keep records within the turn, tell the others, and end it: all of it or nothing."""
        turn, self._turn = self._turn, None
        if turn is None:
            raise RuntimeError("a turn is entered first")
        with turn:
            self._base.add(turn, rows, keys=keys, emptied=emptied)
            if clock is not None:
                turn.execute(sa.delete(meta).where(meta.c.name == "clock"))
                turn.execute(sa.insert(meta).values(name="clock", value=json.dumps([self._run, *clock])))
            turn.execute(sa.text(f"NOTIFY {_CHANNEL}"))
            turn.commit()

    def leave(self) -> None:
        """End a turn in which nothing was added."""
        turn, self._turn = self._turn, None
        if turn is not None:
            with suppress(sa.exc.SQLAlchemyError):
                turn.rollback()
            turn.close()

    def news(self, after: int) -> News:
        """Read what was added after a record."""
        with self._base.told(), self._base.engine.connect() as connection:
            return self._read(connection, after)

    def _read(self, connection: sa.Connection, after: int) -> News:
        query = sa.select(records).where(records.c.n > after).order_by(records.c.n)
        rows = tuple(self._base.record(dict(row)) for row in connection.execute(query).mappings())
        if not rows:
            return News()
        keys = {(row.account, row.key): row.n for row in connection.execute(sa.select(sent).where(sent.c.n > after))}
        return News(rows, keys, self._clock(connection))

    def clock(self) -> Clock | None:
        """Give how the clock was set last since this start; None where it was not."""
        with self._base.told(), self._base.engine.connect() as connection:
            return self._clock(connection)

    def _clock(self, connection: sa.Connection) -> Clock | None:
        text = connection.execute(sa.select(meta.c.value).where(meta.c.name == "clock")).scalar()
        run, t, speed, since = json.loads(text) if text else ("", 0, 0, 0.0)
        return (int(t), int(speed), float(since)) if run == self._run else None

    # --- who is there ----------------------------------------------------------------------------------------------

    def tell_presence(self, there: Mapping[str, str], now: float) -> None:
        """Say which accounts, at which seats, have a socket here."""
        rows = [{"account": account, "seat": seat, "seen": now} for account, seat in there.items()]
        put = insert(presence)
        put = put.on_conflict_do_update(index_elements=["account"], set_={"seat": put.excluded.seat, "seen": now})
        gone = sa.delete(presence).where(presence.c.seen < now - _GONE_S)
        self._base.change(gone, *([put.values(rows)] if rows else []))

    def present(self, now: float) -> dict[str, str]:
        """Give the accounts that have a socket anywhere, with their seats."""
        return {row["account"]: row["seat"] for row in self._base.rows(presence) if row["seen"] >= now - _GONE_S}

    # --- hearing of it ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen, and stand by to lead."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(3.0)

    def _listen(self) -> None:
        """Hear of what others add at once, and look every second where nothing is heard."""
        while not self._stop.is_set():
            try:
                self._hear()
            except Exception as error:  # noqa: BLE001 - whatever a driver raises: the room goes on, and it is tried anew
                log.warning("database: %s", quoted(error))
            self.lead = False
            self._stop.wait(0.5)

    def _hear(self) -> None:
        import psycopg

        url = self._base.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True, connect_timeout=5, application_name=_CHANNEL) as line:
            line.execute(f"LISTEN {_CHANNEL}")
            while not self._stop.is_set():
                if not self.lead:
                    row = line.execute(f"SELECT pg_try_advisory_lock({_LEAD})").fetchone()
                    self.lead = bool(row and row[0])
                until = time.monotonic() + _POLL_S
                for _ in line.notifies(timeout=_POLL_S, stop_after=1):
                    until = 0.0
                if until:
                    line.execute("SELECT 1")  # a line that is dead is found out, and with it who leads
                self.woken()
