"""What a room keeps: SQLite in a folder, or PostgreSQL by its URL; the same tables and statements on both.

A record is durable when `append` returns. Statements run one at a time, on one connection.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from sispamkota.errors import Fault, InputError, StoreError, quoted, reason
from sispamkota.exercise.log import Record, canonical

__all__ = [
    "TABLES", "Database", "accounts", "audit", "invites", "meta", "open_sqlite", "presence", "records", "sent",
    "sessions",
]  # fmt: skip

_META = sa.MetaData()
_LOCK = 0x5349_5350_414D  # "SISPAM": the advisory lock of PostgreSQL
meta = sa.Table("meta", _META, sa.Column("name", sa.String(60), primary_key=True), sa.Column("value", sa.Text))
records = sa.Table(
    "records",
    _META,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("t", sa.BigInteger, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("seat", sa.String(160), nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    *(sa.Column(name, sa.String(64), nullable=False) for name in ("digest", "prev", "hash")),
)
sent = sa.Table(  # what each account has sent under a key of its own: sent again it counts once
    "sent",
    _META,
    sa.Column("account", sa.String(32), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("n", sa.Integer, nullable=False),
)
accounts = sa.Table(
    "accounts",
    _META,
    sa.Column("account", sa.String(32), primary_key=True),
    sa.Column("seat", sa.String(160), nullable=False),
    sa.Column("password", sa.String(200), nullable=False),
    sa.Column("made", sa.Float, nullable=False),
)
sessions = sa.Table(
    "sessions",
    _META,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("account", sa.String(32), nullable=False),
    sa.Column("token", sa.String(64), nullable=False),
    sa.Column("before", sa.String(64), nullable=False),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("used", sa.Float, nullable=False),
    sa.Column("rotated", sa.Float, nullable=False),
    sa.Column("began", sa.Float, nullable=False),
)
invites = sa.Table(
    "invites",
    _META,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("token", sa.String(64), nullable=False, unique=True),
    sa.Column("seat", sa.String(160), nullable=False),
    sa.Column("made", sa.Float, nullable=False),
    sa.Column("expires", sa.Float, nullable=False),
    sa.Column("account", sa.String(32), nullable=False),  # who came by it; "": nobody yet
)
presence = sa.Table(  # who has a socket, where several processes serve a room
    "presence",
    _META,
    sa.Column("account", sa.String(32), primary_key=True),
    sa.Column("seat", sa.String(160), nullable=False),
    sa.Column("seen", sa.Float, nullable=False),
)
audit = sa.Table(
    "audit",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("account", sa.String(32), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("what", sa.String(40), nullable=False),
    sa.Column("detail", sa.String(200), nullable=False),
)
TABLES: Mapping[str, sa.Table] = {table.name: table for table in (meta, records, sent, accounts, audit)}
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "busy_timeout=5000")


def open_sqlite(path: Path, *, writer: bool) -> Database:
    """Open the database of a folder."""
    return Database(f"sqlite:///{path}", writer=writer)


class Database:
    """Hold the one connection of a room; of two writers the second is refused by name.

    `writer`: whether records may be added; a reader looks on while another process writes. `turns`: it is one of
    several that add in turn (`peers`), with a connection for that beside its own.
    """

    def __init__(self, url: str, *, writer: bool, turns: bool = False) -> None:
        """Connect, and make the tables that are not there yet."""
        self._locked: sqlite3.Connection | None = None
        self.url = _url(url)
        self.lite, self.writer, self.turns = self.url.get_backend_name() == "sqlite", writer, turns
        self.name = self.url.render_as_string(hide_password=True) if not self.lite else str(self.url.database)
        arguments: dict[str, Any] = {"check_same_thread": False} if self.lite else {"connect_timeout": 5}
        self.engine = sa.create_engine(
            self.url, poolclass=QueuePool, pool_size=1 + turns, max_overflow=0, connect_args=arguments
        )
        try:
            event.listen(self.engine, "connect", self._prepare)
            if self.lite and writer:
                self._lock_file()
            with self.told(), self.engine.begin() as connection:
                _META.create_all(connection)
                _renew(connection)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say in plain words what a database cannot do."""
        try:
            yield
        except DBAPIError as error:
            raise StoreError([self.fault(error)]) from error

    def fault(self, error: Exception) -> Fault:
        """Describe a failure of the database."""
        cause = getattr(error, "orig", None) or error
        got, low = quoted(cause), str(cause).lower()
        if "full" in low or "no space" in low:
            remedy = "Make room on the disk; nothing was kept of this, and what was acknowledged is safe."
            return Fault(self.name, "disk", "room to write", got, remedy)
        if "malformed" in low or "not a database" in low or "corrupt" in low:
            return Fault(
                self.name, "file", "a whole database", got, "Restore it from a backup (sispamkota exercise restore)."
            )
        return Fault(self.name, "database", "an answer", got, "See that it runs, and try again.")

    def close(self) -> None:
        """Let the database go."""
        self.engine.dispose()
        if self._locked is not None:
            self._locked.close()
            self._locked = None

    def reconnect(self) -> None:
        """Drop the connection; the next statement makes a new one, and takes the lock again."""
        self.engine.dispose()

    # --- one writer ------------------------------------------------------------------------------------------------

    def _prepare(self, raw: Any, _record: Any) -> None:
        """Set up a new connection."""
        cursor = raw.cursor()
        if self.lite:
            for pragma in _PRAGMAS:
                cursor.execute(f"PRAGMA {pragma}")
        else:
            cursor.execute("SET synchronous_commit TO on")
            if self.turns:  # who holds the turn and hangs loses it; who waits for it is told
                cursor.execute("SET idle_in_transaction_session_timeout TO '10s'")
                cursor.execute("SET lock_timeout TO '15s'")
            if self.writer:
                cursor.execute(f"SELECT pg_try_advisory_lock({_LOCK})")
                if not cursor.fetchone()[0]:
                    raise self._second("")
            raw.commit()
        cursor.close()

    def _lock_file(self) -> None:
        """Hold a lock beside the database, which the system lets go when this process ends, however it ends."""
        path = Path(str(self.url.database) + ".lock")
        holder = Path(str(path) + ".txt")
        lock = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            lock.close()
            who = holder.read_text(encoding="utf-8") if holder.exists() else ""
            raise self._second(who) from None
        self._locked = lock
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        with suppress(OSError):
            holder.write_text(f"process {os.getpid()} on {socket.gethostname()} since {since}", encoding="utf-8")

    def _second(self, who: str) -> InputError:
        remedy = "One server writes a room: stop that one first, or use it."
        who = who or "another server"
        return InputError([Fault(self.name, "writer", "a room that nobody else serves", who, remedy)])

    # --- records ---------------------------------------------------------------------------------------------------

    def append(self, rows: Sequence[Record], *, keys: Iterable[Mapping[str, Any]], emptied: Iterable[Record]) -> None:
        """Keep records, the keys under which they came, and rows whose texts are gone: all of it or nothing."""
        emptied = list(emptied)
        with self.engine.begin() as connection:
            self.add(connection, rows, keys=keys, emptied=emptied)
        if emptied and self.lite:
            self._forget()

    def add(
        self,
        connection: sa.Connection,
        rows: Sequence[Record],
        *,
        keys: Iterable[Mapping[str, Any]],
        emptied: Iterable[Record],
    ) -> None:
        """Add within a transaction what `append` keeps."""
        keys = list(keys)
        connection.execute(sa.insert(records), [_row(record) for record in rows])
        if keys:
            connection.execute(sa.insert(sent), keys)
        for record in emptied:
            change = sa.update(records).where(records.c.n == record.n)
            connection.execute(change.values(action=canonical(dict(record.action)).decode()))

    def _forget(self) -> None:
        """Bring what was emptied out of the write-ahead log too."""
        with suppress(DBAPIError), self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def read_records(self) -> list[Record]:
        """Read every record; raises StoreError for a row that cannot be read, by its number."""
        query = sa.select(records).order_by(records.c.n)
        with self.told(), self.engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [self.record(dict(row), n=n) for n, row in enumerate(rows)]

    def record(self, row: dict[str, Any], *, n: int | None = None) -> Record:
        """Make a record of a row of the table; raises StoreError that names it where it cannot be read."""
        n = row["n"] if n is None else n
        try:
            return Record(**row | {"action": json.loads(row["action"])})
        except (ValueError, TypeError) as error:
            remedy = f"Go on from the record before: sispamkota exercise restore FOLDER --until {n}."
            fault = Fault(f"{self.name}: record {n}", "action", "the record as it was written", reason(error), remedy)
            raise StoreError([fault]) from None

    def read_keys(self) -> dict[tuple[str, str], int]:
        """Read which record came under which key."""
        with self.told(), self.engine.connect() as connection:
            return {(row.account, row.key): row.n for row in connection.execute(sa.select(sent))}

    # --- the rest --------------------------------------------------------------------------------------------------

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """Read a whole table."""
        query = sa.select(table).order_by(*table.primary_key.columns)
        with self.told(), self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def change(self, *statements: Any) -> list[int]:
        """Carry out statements in one transaction; give how many rows each changed."""
        with self.told(), self.engine.begin() as connection:
            return [connection.execute(each).rowcount for each in statements]

    def get(self, name: str) -> str | None:
        """Read a word that the room keeps about itself."""
        with self.told(), self.engine.connect() as connection:
            return connection.execute(sa.select(meta.c.value).where(meta.c.name == name)).scalar()

    def put(self, name: str, value: str) -> None:
        """Keep a word about the room itself."""
        self.change(sa.delete(meta).where(meta.c.name == name), sa.insert(meta).values(name=name, value=value))


def _row(record: Record) -> dict[str, Any]:
    return record.to_dict() | {"action": canonical(dict(record.action)).decode()}


def _url(text: str) -> sa.URL:
    """Read the URL of a database; raises InputError for one that is none."""
    try:
        url = sa.make_url(text)
        if url.get_backend_name() == "postgresql":
            return url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() == "sqlite":
            return url
    except (ArgumentError, NoSuchModuleError):
        pass
    remedy = "Write sqlite:///FILE or postgresql://USER@HOST/NAME."
    raise InputError([Fault("--db", "URL", "SQLite or PostgreSQL", "another database", remedy)])


def _renew(connection: sa.Connection) -> None:
    """Make the sessions of a room of before anew where they do not say when they began: who was in signs in again."""
    if "began" not in {column["name"] for column in sa.inspect(connection).get_columns("sessions")}:
        sessions.drop(connection)
        sessions.create(connection)
