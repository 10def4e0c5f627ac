"""The log of an exercise: append-only, each record bound to the one before by its hash.

A record's hash covers the digest of its action, not the action itself: the texts of a redacted one may go while the
chain still holds; which ones may is said by the `redact` records, in the chain themselves. State is
fold(setup, records): a log is the whole exercise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sispamkota import store
from sispamkota.errors import Fault, StoreError, reason
from sispamkota.manifest import Manifest

__all__ = [
    "GENESIS", "GONE", "TEXTS", "ExerciseLog", "Record", "canonical", "chain_faults", "gone", "make_record", "redacted",
    "without",
]  # fmt: skip

GENESIS = "0" * 64
TEXTS = ("text", "why", "told", "partner", "expected", "evidence", "authority", "owner")  # what a redaction empties
GONE = "—"


def canonical(value: Any) -> bytes:
    """Write plain values as JSON in one way only: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


@dataclass(frozen=True, slots=True)
class Record:
    """Hold one action: the `n`-th, at millisecond `t` of the world, by a seat, at wall time `at` (UTC, ISO 8601).

    `digest` is the SHA-256 of the action, `prev` the hash of the record before, `hash` that of this one.
    """

    n: int
    t: int
    at: str
    seat: str
    action: Mapping[str, Any]
    digest: str
    prev: str
    hash: str

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__} | {"action": dict(self.action)}

    @property
    def do(self) -> str:
        """Say what was done."""
        return str(self.action.get("do", ""))


def make_record(before: Record | None, *, t: int, at: str, seat: str, action: Mapping[str, Any]) -> Record:
    """Chain an action to the record before it (None: the first)."""
    n, prev = (0, GENESIS) if before is None else (before.n + 1, before.hash)
    digest = _sha256(dict(action))
    return Record(n, t, at, seat, action, digest, prev, _hash_of(n, t, at, seat, digest, prev))


def _hash_of(n: int, t: int, at: str, seat: str, digest: str, prev: str) -> str:
    """Hash a record's head."""
    return _sha256([n, t, at, seat, digest, prev])


def redacted(record: Record) -> Record:
    """Give a record without its texts: what it did, its digest and its hash stay."""
    return Record(
        record.n, record.t, record.at, record.seat, _emptied(record.action), record.digest, record.prev, record.hash
    )


def _emptied(action: Mapping[str, Any]) -> dict[str, Any]:
    """Leave the texts out of an action, and out of one that is kept within it."""
    return {
        name: GONE if name in TEXTS else _emptied(value) if isinstance(value, Mapping) else value
        for name, value in action.items()
    }


def gone(records: Iterable[Record]) -> set[int]:
    """Give the numbers of the records whose texts were taken away by these."""
    return {int(record.action["record"]) for record in records if record.do == "redact"}


def without(records: Sequence[Record], lost: Iterable[int]) -> list[Record]:
    """Say at the end of a log which of its records have lost their texts, where the log does not say so yet.

    A log that is cut short of a redaction would not hold without it.
    """
    rows = list(records)
    for n in sorted({n for n in lost if n < len(records)} - gone(rows)):
        action = {"do": "redact", "record": n, "why": GONE}
        rows.append(make_record(rows[-1], t=rows[-1].t, at=rows[-1].at, seat="controller", action=action))
    return rows


def chain_faults(records: Sequence[Record], *, where: str) -> Iterator[Fault]:
    """Find where a chain is broken: a record changed, lost, doubled or out of order."""
    lost = gone(records)
    prev, last = GENESIS, 0
    for n, record in enumerate(records):
        head = _hash_of(record.n, record.t, record.at, record.seat, record.digest, record.prev)
        whole = n in lost or _sha256(dict(record.action)) == record.digest
        remedy = "Restore the log from a backup, or take it up to the record before this one."
        if record.n != n or record.prev != prev or head != record.hash or not whole:
            yield Fault(f"{where}:{n + 1}", "hash", "an unbroken chain", f"record {record.n} changed or lost", remedy)
            return
        if record.t < last:
            yield Fault(f"{where}:{n + 1}", "t", f"{last} ms or later", f"{record.t} ms", remedy)
            return
        prev, last = record.hash, record.t


@dataclass(frozen=True, eq=False)
class ExerciseLog:
    """Hold a whole exercise: what it is played in (`setup`, plain JSON), and every record."""

    setup: Mapping[str, Any]
    records: tuple[Record, ...]
    manifest: Manifest

    def save(self, path: str | Path) -> None:
        """Write the exercise to a folder that `load` reads and anyone can replay."""
        store.save(self, path)

    @classmethod
    def load(cls, path: str | Path) -> ExerciseLog:
        """Read an exercise back; raises StoreError where it is none or its chain is broken."""
        value = store.load(path)
        if not isinstance(value, cls):
            remedy = "Name the folder of an exercise."
            raise StoreError([Fault(str(path), "kind", "an exercise", type(value).__name__.lower(), remedy)])
        return value

    @property
    def ended(self) -> bool:
        """Say whether the exercise is over."""
        return any(record.do == "clock.end" for record in reversed(self.records[-50:]))

    def until(self, n: int) -> ExerciseLog:
        """Give the exercise as it was after its first n records; a text that was taken away later stays away."""
        rows = without(self.records[:n], gone(self.records[n:]))
        return ExerciseLog(self.setup, tuple(rows), self.manifest)

    def __str__(self) -> str:
        """Print the exercise in a line."""
        last = self.records[-1].t / 60_000 if self.records else 0.0
        return f"{self.setup['title']}: {len(self.records)} records, {last:.0f} min"

    def _repr_html_(self) -> str:
        return f"<p>{self}</p>"


def _save(log: ExerciseLog, folder: Path) -> None:
    store.write_json(dict(log.setup), folder / "setup.json")
    lines = b"".join(canonical(record.to_dict()) + b"\n" for record in log.records)
    (folder / "log.jsonl").write_bytes(lines)


def _load(folder: Path, manifest: Manifest) -> ExerciseLog:
    setup, path = store.read_json(folder / "setup.json"), folder / "log.jsonl"
    try:
        rows = [Record(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        remedy = "Restore it from a backup."
        raise StoreError([Fault(str(path), "file", "a log of an exercise", reason(error), remedy)]) from None
    faults = tuple(chain_faults(rows, where=str(path)))
    if faults:
        raise StoreError(faults)
    return ExerciseLog(setup, tuple(rows), manifest)


store.register("exerciselog", _save, _load)
