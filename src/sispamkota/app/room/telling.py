"""What sockets are told, as texts that are written once: a frame for each sight, a view for each seat, each record."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sispamkota.exercise.roles import role_of
from sispamkota.exercise.room import Room
from sispamkota.exercise.views import events_since, frame, see_record, view

__all__ = ["ROWS", "Telling", "as_json"]

ROWS = 50  # of a list that grows with every action: a seat's view has the latest, the log has all
_KEPT = 500  # texts of the latest records


class Telling:
    """Hold the texts of a room; the room may be folded anew, and then `forget` lets go of what was told of it."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self.frames: dict[str, str] = {}
        self.views: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self._logged = 0
        self._texts: dict[int, str] = {}

    def write_frames(self, room: Room, seats: Iterable[str], clock: dict[str, Any]) -> None:
        """Write the world for seats; those that see alike are told the same."""
        by_sight: dict[str, str] = {}
        for seat in seats:
            sight = role_of(seat).sees
            if sight not in by_sight:
                by_sight[sight] = as_json({"kind": "frame", "frame": frame(room, seat), "clock": clock})
            self.frames[seat] = by_sight[sight]

    def write_views(self, room: Room, seats: Iterable[str]) -> None:
        """Write the board for seats; it is looked through once for all."""
        board = room.board.to_dict(rows=ROWS)
        for seat in seats:
            self.views[seat] = as_json({"kind": "view", "view": view(room, seat, board=board)})

    def write_events(self, room: Room, *, until: float | None) -> None:
        """Add what has happened in the world since the last time, up to a time."""
        self._logged, new = events_since(room, self._logged, "controller", until=until)
        self.events += new

    def record(self, room: Room, n: int, seat: str) -> str | None:
        """Give the message that tells a record, or None where the seat may not see it."""
        plain = room.records[n].to_dict()
        if not see_record(plain, seat):
            return None
        text = self._texts.get(n)
        if text is None:
            text = as_json({"kind": "record", "record": plain})
            if n > len(room.records) - 1 - _KEPT:
                self._texts[n] = text
        return text

    def forget_records(self, *numbers: int, before: int = 0) -> None:
        """Let go of the texts of some records, and of the old ones."""
        for n in (*numbers, *(n for n in self._texts if n <= before - _KEPT)):
            self._texts.pop(n, None)

    def forget_seats(self, seats: set[str]) -> None:
        """Let go of what was written for other seats than these."""
        for texts in (self.frames, self.views):
            for seat in set(texts) - seats:
                del texts[seat]

    def go_back(self, logged: int) -> None:
        """Take in that the world went back to an earlier row of its log."""
        self._logged = min(self._logged, logged)

    def forget(self) -> None:
        """Let go of everything: the room was folded anew."""
        self._texts.clear()
        self._logged, self.events = 0, []


def as_json(value: Any) -> str:
    """Write a message."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
