"""Rooms as files: export, backup, restore, branch, and the texts that go when their time is over."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from sispamkota.errors import Fault, InputError, reason
from sispamkota.exercise import ExerciseLog
from sispamkota.exercise.log import GONE, TEXTS, Record, gone, without
from sispamkota.exercise.setup import make_setup

from .clock import Wall, iso
from .database import TABLES, audit, records, sent
from .folder import FILE, Folder, make_copy
from .opening import fold, refuse_broken

__all__ = ["backup", "branch", "cut", "purge", "read_log", "restore", "zipped"]

ROWS = "rows.json"
RETENTION = "retention"


def zipped(log: ExerciseLog) -> bytes:
    """Give an exercise as the bytes of a zip file that `load` reads once it is unpacked."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "exercise"
        log.save(folder)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(folder.iterdir()):
                packed.write(path, path.name)
        return out.getvalue()


def backup(folder: Folder, out: Path, *, url: str | None) -> int:
    """Write a room into one file while it may be in use; give the number of its records. Only its owner may read it.

    Accounts go along, sessions and invitations do not; the secret key does not either, as nothing kept needs it.
    """
    base = folder.database(url, writer=False)
    try:
        with base.told(), base.engine.connect() as connection:
            if not base.lite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            rows = {
                name: [
                    dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()
                ]
                for name, table in TABLES.items()
            }
    finally:
        base.close()
    _write(out, {FILE: (folder.path / FILE).read_bytes(), ROWS: json.dumps(rows).encode()})
    return len(rows["records"])


def _write(out: Path, members: dict[str, bytes]) -> None:
    """Write a zip file whole or not at all."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        remedy = "Name a new file in a folder that you may write to."
        raise InputError([Fault(str(out), "output", "a new file", reason(error), remedy)]) from None
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                for name, data in members.items():
                    packed.writestr(name, data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def restore(source: Path, out: Path, *, until: int | None, url: str | None) -> int:
    """Make a room again from a backup, in a new folder; give the number of its records."""
    try:
        with zipfile.ZipFile(source) as packed:
            file, rows = packed.read(FILE), json.loads(packed.read(ROWS))
            tables = {name: list(rows[name]) for name in TABLES}
    except (OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        remedy = "Name a file that sispamkota exercise backup wrote."
        raise InputError([Fault(str(source), "file", "a backup of a room", reason(error), remedy)]) from None
    chain = [Record(**row | {"action": json.loads(row["action"])}) for row in tables["records"]]
    kept = without(chain[:until], gone(chain[until:] if until is not None else ()))
    refuse_broken(kept, where=str(source))
    folder = make_copy(file, out)
    base = folder.database(url, writer=True)
    try:
        if base.read_records():
            remedy = "Name an empty database."
            raise InputError([Fault(base.name, "database", "one without records", "one in use", remedy)])
        tables["records"], tables["meta"] = [], []
        tables["sent"] = [row for row in tables["sent"] if row["n"] < len(chain[:until])]
        base.change(*(sa.insert(TABLES[name]).values(rows) for name, rows in tables.items() if rows))
        if kept:
            base.append(kept, keys=(), emptied=())
    finally:
        base.close()
    return len(kept)


def cut(folder: Folder, until: int, *, url: str | None, now: float) -> tuple[int, str]:
    """Go on from the first `until` records of a room; what came after is set aside in a file beside it, and named."""
    base = folder.database(url, writer=True)
    try:
        with base.told(), base.engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(sa.select(records).order_by(records.c.n)).mappings()]
        if not 0 <= until <= len(rows):
            raise InputError(
                [Fault("--until", "records", f"0 to {len(rows)}", str(until), "Give how many records stay.")]
            )
        kept = without(_readable(rows[:until]), gone(_readable(rows[until:])))
        refuse_broken(kept, where=str(folder.path))
        aside = folder.path / f"set-aside-{iso(now).replace(':', '')}.json"
        _write_json(rows[until:], aside)
        base.change(sa.delete(records).where(records.c.n >= until), sa.delete(sent).where(sent.c.n >= until))
        if len(kept) > until:
            base.append(kept[until:], keys=(), emptied=())
    finally:
        base.close()
    return len(kept), aside.name


def _readable(rows: Sequence[dict[str, Any]]) -> list[Record]:
    """Read rows of the table as far as they can be read."""
    out = []
    for row in rows:
        with suppress(ValueError, TypeError):
            out.append(Record(**row | {"action": json.loads(row["action"])}))
    return out


def _write_json(rows: Any, path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(rows, file, ensure_ascii=False)


def branch(log: ExerciseLog, out: Path, *, until: int) -> int:
    """Make a new room that goes on from the first records of another exercise, without accounts; give their number."""
    kept = log.until(until).records
    text = yaml.safe_dump(log.setup["file"], allow_unicode=True, sort_keys=False, width=120)
    folder = make_copy(text.encode(), out)
    base = folder.database(None, writer=True)
    try:
        if kept:
            base.append(kept, keys=(), emptied=())
    finally:
        base.close()
    return len(kept)


def read_log(folder: Folder, *, url: str | None) -> ExerciseLog:
    """Read a room's records as an exercise, while it may be in use; raises StoreError where the chain is broken."""
    base = folder.database(url, writer=False)
    try:
        rows = base.read_records()
        setup = make_setup(folder.file)
        refuse_broken(rows, where=base.name)
    finally:
        base.close()
    return ExerciseLog(setup.to_dict(), tuple(rows), setup.manifest)


def purge(folder: Folder, *, days: int, url: str | None, wall: Wall) -> int:
    """Take every text out of an exercise that ended so many days ago; give how many records lost theirs.

    Addresses in the audit log go too. Raises InputError for an exercise that has not ended, or not long enough ago.
    """
    base = folder.database(url, writer=True)
    try:
        rows = base.read_records()
        room = fold(make_setup(folder.file), rows, where=base.name)
        before = iso(wall.now() - days * 86_400.0)
        ended = next((row.at for row in rows if row.do == "clock.end"), None)
        if ended is None or ended > before:
            remedy = "End it (clock.end), or wait."
            got = "one that goes on" if ended is None else f"one that ended at {ended}"
            raise InputError([Fault(str(folder.path), "exercise", f"one that ended before {before}", got, remedy)])
        done = gone(rows)
        full = [row.n for row in rows if row.n not in done and row.do != "redact" and _has_text(row)]
        at, start = iso(wall.now()), len(room.records)
        for n in full:
            room.do({"do": "redact", "record": n, "why": RETENTION}, seat="controller", t=room.records[-1].t, at=at)
        if full:
            base.append(room.records[start:], keys=(), emptied=[room.records[n] for n in full])
        base.change(sa.update(audit).where(audit.c.at < before).values(address=""))
        return len(full)
    finally:
        base.close()


def _has_text(record: Record) -> bool:
    kept = record.action["action"] if record.do == "merge.conflict" else {}
    return any(each.get(name) not in (None, "", GONE) for each in (record.action, kept) for name in TEXTS)
