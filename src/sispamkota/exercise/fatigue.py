"""How long units have been on duty without rest: in an exercise as the engine has it, in an operation as it is told."""

from __future__ import annotations

from typing import Any

import numpy as np

from sispamkota.force.doctrine import norm
from sispamkota.kernels import layout as at

from .operation import Operation
from .room import Room
from .setup import Setup

__all__ = ["longest_duty", "on_duty"]

Roster = tuple[float, float, float]  # begins at a second of the day, lasts, comes again every: seconds


def longest_duty(setup: Setup) -> float:
    """Give the longest duty without relief, hours: the doctrine's figure on the day."""
    return norm("duty.max_s", on=setup.start.date()).value / 3600.0


def on_duty(room: Room, agencies: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Give since when each unit of these agencies has been on duty without rest, where that is known.

    `since` in ms of the room's time, below 0 before its start; `by`: "engine", "report", or "roster" where it is at
    work by its roster alone. Who rests, is off or outside the city is not there. In an operation a report of rest ends
    a duty, the roster's end alone does not: who was not told to be relieved still works.
    """
    own = [unit for unit in room.setup.spec.units if room.setup.agencies[unit.id] in agencies]
    if room.board.operation is None:
        return _played(room, {unit.id for unit in own})
    found = {}
    for unit in own:
        row = _told(room.board.operation, unit.id, unit.duty, now=room.now, start=_second(room.setup))
        if row is not None and (row["by"] == "report" or unit.task != at.TASK_BKO):  # a BKO comes when it is told
            found[unit.id] = row
    return found


def _played(room: Room, own: set[str]) -> dict[str, dict[str, Any]]:
    rows = room.world.state.unit.view(np.ndarray)
    return {
        name: {"since": round(float(row["duty_from"]) * 1000), "by": "engine"}
        for name, row in zip(room.setup.names.units, rows, strict=True)
        if name in own and int(row["state"]) not in (at.OFF_DUTY, at.OUTSIDE) and np.isfinite(row["duty_from"])
    }


def _second(setup: Setup) -> float:
    """Give the second of the day at which the room starts."""
    return setup.start.hour * 3600.0 + setup.start.minute * 60.0 + setup.start.second


def _told(operation: Operation, unit: str, roster: Roster | None, *, now: float, start: float) -> dict[str, Any] | None:
    """Tell a unit by its reports, and by its roster before the first of them; None for unknown or at rest."""
    since, rested = operation.duty.get(unit, (None, None))
    if since is None and rested is not None:
        return None
    begun = _turn(roster, (now if since is None else since / 1000.0), start=start)
    if since is None:
        return None if begun is None else {"since": round(begun * 1000), "by": "roster"}
    if begun is not None and rested is None:  # its turn began before anybody told of it
        since = min(since, round(begun * 1000))
    return {"since": since, "by": "report"}


def _turn(roster: Roster | None, when: float, *, start: float) -> float | None:
    """Give when the roster's turn at a moment began, seconds of the room's time; None off duty or without a roster."""
    if roster is None or not 0.0 < roster[1] < roster[2]:
        return None
    phase = (when + start - roster[0]) % roster[2]
    return when - phase if phase < roster[1] else None
