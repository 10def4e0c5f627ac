"""A room folded from its database: what does not hold is named by its record, with the command that goes on."""

from __future__ import annotations

from collections.abc import Sequence

from sispamkota.errors import Fault, InputError, StoreError, quoted
from sispamkota.exercise.log import Record, chain_faults
from sispamkota.exercise.room import Room
from sispamkota.exercise.setup import Setup

__all__ = ["check_point", "fold", "not_folded", "refuse_broken"]


def fold(setup: Setup, rows: Sequence[Record], *, where: str) -> Room:
    """Fold records into a room; raises StoreError at the first that is not as it was written."""
    refuse_broken(rows, where=where)
    room, last = Room(setup), max((row.n for row in rows if row.do == "clock.tick"), default=-1)
    for row in rows:
        if row.n == last:
            check_point(room, row, where=where)
        try:
            room.take(row)
        except InputError as error:
            raise _broken(where, row.n, row.do, "an action that may be done", str(error.faults[0].got)) from None
    return room


def not_folded(where: str, error: Exception) -> StoreError:
    """Say that the program cannot fold a log that holds."""
    remedy = "Report it with the server's log; what was acknowledged is safe in the database."
    return StoreError([Fault(where, "log", "records that the program can fold", quoted(error), remedy)])


def check_point(room: Room, row: Record, *, where: str) -> None:
    """Play up to a checkpoint; raises StoreError where the state is not the one that was kept there."""
    room.advance(row.t / 1000.0)
    if room.digest() != row.action["digest"]:
        expected = "the state that was kept there"
        raise _broken(where, row.n, "digest", expected, "another one: another engine or computer")


def refuse_broken(rows: Sequence[Record], *, where: str, after: Record | None = None) -> None:
    """Raise StoreError at the first record that does not hold in its chain; `after`: what it goes on from."""
    for fault in chain_faults(rows, where=where, after=after):
        n = int(fault.where.rsplit(":", 1)[1]) - 1
        raise _broken(where, n, fault.field, fault.expected, fault.got)


def _broken(where: str, n: int, field: str, expected: str, got: str) -> StoreError:
    remedy = f"Go on from the record before: sispamkota exercise restore FOLDER --until {n}."
    return StoreError([Fault(f"{where}: record {n}", field, expected, got, remedy)])
