"""What if this unit had been there: a finished exercise played again from a past moment, with the same luck.

The records before the moment stay. From then on other actions come in, and what people did later is done again as far
as it still can be. No snapshot is kept: a branch is a fold of records like every room.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sispamkota.errors import Fault, InputError
from sispamkota.kernels.measure import CROWD_MEASURES, MEASURES

from .improvement import file_of
from .log import ExerciseLog, Record
from .room import Room, replay
from .setup import Setup, make_setup

__all__ = ["Change", "Deed", "WhatIf", "branch", "what_if"]

_OF_RECORDS = ("request", "offer", "record")  # fields of actions that name an earlier record by its number
_AT_PLACES = ("seconds_kuning", "seconds_merah", "layer", "fires", "hurt", "dispersed")


@dataclass(frozen=True)
class Deed:
    """Hold an action that was not done: at millisecond `t` of the world, by a seat."""

    t: int
    seat: str
    action: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """Hold one measure as it was and as it would have been; `place` is empty for the whole city, values in SI."""

    measure: str
    place: str
    before: float
    after: float


@dataclass(frozen=True)
class WhatIf:
    """Hold what would have been otherwise: every measure with its two values, up to `until` seconds."""

    rows: tuple[Change, ...]
    dropped: tuple[int, ...]
    until: float

    @property
    def differences(self) -> tuple[Change, ...]:
        """Give the measures that differ."""
        return tuple(row for row in self.rows if not _same(row.before, row.after))

    def to_table(self) -> pd.DataFrame:
        """Give every measure as a row: measure, place, before, after."""
        return pd.DataFrame([vars(row) for row in self.rows], columns=["measure", "place", "before", "after"])

    def __str__(self) -> str:
        """Print what differs, a line a measure."""
        lines = [f"{row.measure} {row.place}: {row.before:g} -> {row.after:g}" for row in self.differences]
        return "\n".join(lines) or "no difference"


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def branch(
    log: ExerciseLog, *, at: int, change: Sequence[Deed] = (), rest: bool = True, setup: Setup | None = None
) -> Room:
    """Play a log again up to its first `at` records, then a `change`, and (`rest`) what people did later.

    Deeds name records by their number in the log. A later order to a unit goes to the same kind of incident at the
    same place, whatever row it has now; where there is none, or the room refuses, it is left out. Raises InputError
    for a moment that the log does not have, for a deed before it, and for one that may not be done.
    """
    return _branch(setup or make_setup(file_of(log)), log, at, change, rest=rest)[0]


def _branch(
    setup: Setup, log: ExerciseLog, at: int, change: Sequence[Deed], *, rest: bool = True
) -> tuple[Room, tuple[int, ...]]:
    """Make a branch; the room, and the numbers of the later records that could not be done any more."""
    records = log.records
    if setup.real:
        remedy = "Branch an exercise; an operation is what happened."
        raise InputError([Fault("branch", "mode", "a simulated exercise", "an operation", remedy)])
    if not 0 <= at <= len(records):
        raise InputError([Fault("branch", "at", f"0 to {len(records)}", str(at), "Choose a moment of this log.")])
    since = records[at - 1].t if at else 0
    early = [each for each in change if each.t < since]
    if early:
        got = f"{early[0].t} ms"
        raise InputError([Fault("branch", "t", f"{since} ms or later", got, "Act after the moment of the branch.")])
    room = replay(setup, records[:at], checked=True)
    later = [each for each in records[at:] if each.do != "clock.tick"] if rest else []
    aims = _aims(setup, log, at) if change else {}
    places, dropped = {n: n for n in range(at)}, []
    for each in _merged(change, later):
        try:
            placed = _do(room, each, places, aims)
        except InputError:
            if isinstance(each, Deed):
                raise
            dropped.append(each.n)
        else:
            if isinstance(each, Record):
                places[each.n] = placed
    return room, tuple(dropped)


def _merged(actions: Sequence[Deed], later: Sequence[Record]) -> Iterator[Deed | Record]:
    """Go through both by their time; at the same moment the change comes first."""
    both: list[Deed | Record] = [*actions, *later]
    yield from sorted(both, key=lambda each: each.t)


def _do(room: Room, each: Deed | Record, places: Mapping[int, int], aims: Mapping[int, tuple[int, int]]) -> int:
    """Do one of them in the branch; the number of its record there."""
    action = dict(each.action)
    _check_stage(room, each)
    for name in _OF_RECORDS:
        if name in action:
            if action[name] not in places:
                raise InputError(
                    [Fault(each.seat, name, "a record of this branch", str(action[name]), "Leave it out.")]
                )
            action[name] = places[action[name]]
    at = room.records[-1].at if room.records else ""
    if isinstance(each, Record):
        at = each.at
        if each.n in aims:
            room.advance(each.t / 1000.0)
            action["incident"] = _row_of(room, int(action["incident"]), aims[each.n], each.seat)
    return room.do(action, seat=each.seat, t=each.t, at=at).n


def _check_stage(room: Room, each: Deed | Record) -> None:
    """Refuse what the server brought because of a stage that the branch has not reached by then."""
    item = room.board.items.get(each.action.get("item", "")) if each.seat == "server" else None
    if item is None or item.when is None:
        return
    room.advance(each.t / 1000.0)
    if not room.live.reached(item):
        expected = f"{item.when['place']} at {item.when['stage']}"
        raise InputError([Fault(each.seat, "item", expected, "a calmer stage here", "Leave it out.")])


def _aims(setup: Setup, log: ExerciseLog, at: int) -> dict[int, tuple[int, int]]:
    """Find what later orders to units were meant for: kind and place, for rows of incidents are used again."""
    room, aims = replay(setup, log.records[:at], checked=True), dict[int, tuple[int, int]]()
    for record in log.records[at:]:
        if record.do == "order.send":
            room.advance(record.t / 1000.0)
            row = room.world.state.incident[int(record.action["incident"])]
            aims[record.n] = (int(row.kind), int(row.place))
        room.take(record)
    return aims


def _row_of(room: Room, row: int, aim: tuple[int, int], seat: str) -> int:
    """Give the open incident of this kind at this place, the same row where it still is that."""
    rows = room.world.open_incidents()
    found = [
        n for n in rows if (int(room.world.state.incident[n].kind), int(room.world.state.incident[n].place)) == aim
    ]
    if not found:
        raise InputError([Fault(seat, "incident", "an incident that happened here too", str(row), "Leave it out.")])
    return row if row in found else found[0]


def what_if(
    log: ExerciseLog, *, at: int, actions: Sequence[Deed], horizon: float | None = None, setup: Setup | None = None
) -> WhatIf:
    """Compare a log with its branch: harm, stages, breach, fire, response times, all measures of the engine.

    Both play up to `horizon` seconds (without: the last record), on the same luck: a change before which nothing
    differs, changes nothing before it. One story, not a distribution: `rehearse` tells how often it would turn out so.
    """
    setup = setup or make_setup(file_of(log))
    until = horizon if horizon is not None else (log.records[-1].t / 1000.0 if log.records else 0.0)
    was = replay(setup, log.records, checked=True)
    other, dropped = _branch(setup, log, at, actions)
    for room in (was, other):
        room.advance(until)
    rows = [Change(*before[:2], before[2], after[2]) for before, after in zip(_told(was), _told(other), strict=True)]
    return WhatIf(tuple(rows), dropped, max(until, was.now))


def _told(room: Room) -> list[tuple[str, str, float]]:
    """Close a copy of a room's world and give its measures, of the city and of each place."""
    row, crowds = copy.deepcopy(room.world).finish()
    told = [(name, "", float(value)) for name, value in zip(MEASURES, row, strict=True)]
    where = {name: n for n, name in enumerate(CROWD_MEASURES)}
    for place, each in zip(room.setup.names.crowds, crowds, strict=True):
        told += [(name, place, float(each[where[name]])) for name in _AT_PLACES]
    return told
