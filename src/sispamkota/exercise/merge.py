"""Two posts of one operation that were cut off from each other: their logs made one.

Nothing is lost, and merge(a, b) and merge(b, a) are the same to the byte: records that both have stay, the others come
in the order of time, seat and hash, each post's own among themselves in their own order. What no longer fits is kept
as a conflict. A simulated world is never merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sispamkota.errors import Fault, InputError

from .improvement import file_of
from .log import ExerciseLog, Record, canonical, gone, redacted
from .operation import Operation
from .room import Room
from .setup import Setup, make_setup

__all__ = ["Merge", "merge"]

_OF_RECORDS = ("request", "offer", "record", "incident")  # fields of actions that name an earlier record by its number
_NEVER = 2**63


@dataclass(frozen=True, eq=False)
class Merge:
    """Hold two logs made one: `shared` first records that both had, how many others came from each post.

    `conflicts`: records that are kept and did not fit, {n, do, seat, why}. `doubled`: units that both posts sent to
    different incidents at the same time, {unit, incidents, since, until} in milliseconds.
    """

    log: ExerciseLog
    shared: int
    came: tuple[int, int]
    conflicts: tuple[Mapping[str, Any], ...]
    doubled: tuple[Mapping[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        told = {"records": len(self.log.records), "shared": self.shared, "came": list(self.came)}
        head = self.log.records[-1].hash if self.log.records else ""
        return told | {
            "head": head,
            "conflicts": [dict(each) for each in self.conflicts],
            "doubled": [dict(each) for each in self.doubled],
        }

    def __str__(self) -> str:
        """Print the merge in a line."""
        told = f"{self.shared} shared, {self.came[0]} + {self.came[1]} of the posts"
        return f"{told}; {len(self.conflicts)} conflicts, {len(self.doubled)} units booked twice"


@dataclass
class _Post:
    """Hold one of the two logs: what each of its records was called first, and where it stands in the merged log."""

    records: Sequence[Record]
    ids: tuple[str, ...]
    places: dict[int, int] = field(default_factory=dict)

    def tail(self, shared: int) -> list[tuple[str, Record]]:
        """Give what people did after the shared part; the server's checkpoints are of states that are no more."""
        rows = zip(self.ids[shared:], self.records[shared:], strict=True)
        return [(name, record) for name, record in rows if record.do != "clock.tick"]


def merge(a: ExerciseLog, b: ExerciseLog, *, setup: Setup | None = None) -> Merge:
    """Make the logs of two posts one; raises InputError where they are not those of one operation.

    `setup` spares making it again where the caller has it. Where one log has all that the other has, it is the result.
    """
    _check(a, b)
    first, second = sorted((a, b), key=_order)
    posts = [_Post(log.records, _names(log.records)) for log in (first, second)]
    shared = _shared(first, second)
    tails = [post.tail(shared) for post in posts]
    new = [_new(tails[0], posts[1]), _new(tails[1], posts[0])]
    came = (new[0], new[1]) if first is a else (new[1], new[0])
    if not all(new):
        whole = second if new[1] or (not new[0] and len(second.records) > len(first.records)) else first
        return Merge(whole, shared, came, (), ())
    weaver = _Weaver(setup or make_setup(file_of(a)), posts, shared)
    weaver.weave(tails)
    log = weaver.finish(first, second)
    return Merge(log, shared, came, tuple(weaver.conflicts), tuple(weaver.doubled))


def _check(a: ExerciseLog, b: ExerciseLog) -> None:
    """Refuse what is not two logs of one operation."""
    for log, name in ((a, "A"), (b, "B")):
        if file_of(log).mode != "operation":
            remedy = "Merge operations only; compare exercises by their reviews."
            raise InputError([Fault(name, "mode", "an operation", "a simulated exercise", remedy)])
    remedy = "Give two logs that go on from the same room: a backup of it, or an export."
    if a.setup["file"] != b.setup["file"]:
        raise InputError([Fault("B", "file", "the same operation as A", "another one", remedy)])
    if not a.records or not b.records or a.records[0].hash != b.records[0].hash:
        raise InputError([Fault("B", "record 0", "the first record of A", "another one, or none", remedy)])


def _order(log: ExerciseLog) -> tuple[str, bytes, str]:
    return log.records[-1].hash, canonical(dict(log.setup)), log.manifest.to_json()


def _names(records: Sequence[Record]) -> tuple[str, ...]:
    """Give the hash under which each record was first written: an earlier merge says it."""
    names = [record.hash for record in records]
    for record in records:
        if record.do == "merge.done":
            start, origins = int(record.action["shared"]), record.action["origins"]
            names[start : start + len(origins)] = origins
    return tuple(names)


def _shared(a: ExerciseLog, b: ExerciseLog) -> int:
    """Count the first records that both have."""
    n = 0
    for one, other in zip(a.records, b.records, strict=False):
        if one.hash != other.hash:
            break
        n += 1
    return n


def _new(tail: Iterable[tuple[str, Record]], other: _Post) -> int:
    """Count what the other post does not have."""
    known = set(other.ids)
    return sum(name not in known for name, _ in tail)


@dataclass
class _Weaver:
    """Fold what both have, and then what each did, into one room."""

    setup: Setup
    posts: Sequence[_Post]
    shared: int
    conflicts: list[Mapping[str, Any]] = field(default_factory=list)
    doubled: list[Mapping[str, Any]] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take in what both have; the redaction of one of them comes with what its post did."""
        self.room, self.keys = Room(self.setup), dict[str, int]()
        for record in self.posts[0].records[: self.shared]:
            self.room.take(record)
            self._note_key(record.action, record.n)
        for post in self.posts:
            post.places = {n: n for n in range(self.shared)}

    def _note_key(self, action: Mapping[str, Any], n: int) -> None:
        if action.get("key"):
            self.keys.setdefault(str(action["key"]), n)

    def weave(self, tails: Sequence[Sequence[tuple[str, Record]]]) -> None:
        """Do what both posts did, the earlier first."""
        done = dict[str, int]()
        emptied = {name for post in self.posts for n in gone(post.records) for name in (post.ids[n],)}
        for side, name, record in _by_time(tails):
            post = self.posts[side]
            if name not in done:
                done[name] = self._do(redacted(record) if name in emptied else record, post)
                self.origins.append(name)
            post.places[record.n] = done[name]

    def _do(self, record: Record, post: _Post) -> int:
        """Do an action, or keep it as a conflict; the number by which others may speak of it."""
        action = _renumbered(record.action, post.places)
        try:
            made = self.room.do(action, seat=record.seat, t=record.t, at=record.at)
        except InputError as error:
            return self._keep(record, action, error)
        self._note_key(action, made.n)
        return made.n

    def _keep(self, record: Record, action: Mapping[str, Any], error: InputError) -> int:
        """Keep what does not fit; a report that was sent twice goes by the number of the first."""
        twice = error.faults[0].field == "key"
        why = "twice" if twice else "doubled" if self._elsewhere(action) else "late"
        kept = {"do": "merge.conflict", "action": dict(action), "why": why}
        made = self.room.do(kept, seat=record.seat, t=record.t, at=record.at)
        self.conflicts.append({"n": made.n, "do": record.do, "seat": record.seat, "why": why})
        return self.keys.get(str(action["key"]), made.n) if twice else made.n

    def _elsewhere(self, action: Mapping[str, Any]) -> bool:
        """Say whether an order is for a unit that is at another incident."""
        row = _operation(self.room).units.get(str(action.get("unit")), {})
        return action["do"] == "order.send" and row.get("incident") not in (None, action["incident"])

    def finish(self, first: ExerciseLog, second: ExerciseLog) -> ExerciseLog:
        """Say in the log what was merged, and keep a checkpoint."""
        self.doubled = _doubled(self.setup, self.posts, self.shared)
        heads = [first.records[-1].hash, second.records[-1].hash]
        last = self.room.records[-1]
        done = {"do": "merge.done", "heads": heads, "shared": self.shared, "origins": self.origins}
        found = {"conflicts": [each["n"] for each in self.conflicts], "doubled": [dict(e) for e in self.doubled]}
        self.room.do(done | found, seat="server", t=last.t, at=last.at)
        if not self.room.board.ended:
            tick = {"do": "clock.tick", "digest": self.room.digest()}
            self.room.do(tick, seat="server", t=last.t, at=last.at)
        manifest = replace(first.manifest, settings=dict(first.manifest.settings) | {"merged": heads})
        return ExerciseLog(first.setup, tuple(self.room.records), manifest)


def _operation(room: Room) -> Operation:
    operation = room.board.operation
    if operation is None:  # refused before
        raise TypeError("an exercise")
    return operation


def _by_time(tails: Sequence[Sequence[tuple[str, Record]]]) -> Iterator[tuple[int, str, Record]]:
    """Go through both by time, seat and hash; each keeps its own order."""
    at = [0, 0]
    while at[0] < len(tails[0]) or at[1] < len(tails[1]):
        heads = [(tails[side][at[side]], side) for side in (0, 1) if at[side] < len(tails[side])]
        (name, record), side = min(heads, key=lambda head: (head[0][1].t, head[0][1].seat, head[0][0]))
        at[side] += 1
        yield side, name, record


def _renumbered(action: Mapping[str, Any], places: Mapping[int, int]) -> dict[str, Any]:
    """Give an action with the numbers that the records which it speaks of have now."""
    out = dict[str, Any]()
    for name, value in action.items():
        if name in _OF_RECORDS and isinstance(value, int):
            out[name] = places.get(value, value)
        elif isinstance(value, Mapping):
            out[name] = _renumbered(value, places)
        else:
            out[name] = value
    if action.get("do") == "merge.done":
        out["conflicts"] = [places.get(n, n) for n in action["conflicts"]]
        out["doubled"] = [
            dict(each) | {"incidents": [places.get(n, n) for n in each["incidents"]]} for each in action["doubled"]
        ]
    return out


def _doubled(setup: Setup, posts: Sequence[_Post], shared: int) -> list[Mapping[str, Any]]:
    """Find the units that both posts sent to different incidents at times that overlap."""
    sent = [_sent(setup, post, shared) for post in posts]
    rows = set()
    for unit, here, since, until in sent[0]:
        for other, there, from_, to in sent[1]:
            begin, end = max(since, from_), min(until, to)
            if unit == other and here != there and begin < end:
                rows.add((begin, unit, *sorted((here, there)), end))
    return [
        {"unit": unit, "incidents": [one, two], "since": begin, "until": None if end == _NEVER else end}
        for begin, unit, one, two, end in sorted(rows)
    ]


def _sent(setup: Setup, post: _Post, shared: int) -> list[tuple[str, int, int, int]]:
    """Give what a post's units were sent to since the shared part: unit, incident as it is numbered now, from, to."""
    room, before = Room(setup), 0
    for record in post.records:
        if record.n == shared:
            before = len(_operation(room).bookings)
        room.take(record)
    return [
        (unit, post.places.get(incident, incident), since, _NEVER if until is None else until)
        for unit, incident, since, until in _operation(room).bookings[before:]
    ]
