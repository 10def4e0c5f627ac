"""What sockets are told, as texts that are written once: a frame for each sight, a view for each seat, each record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sispamkota.exercise.roles import role_of
from sispamkota.exercise.room import Room
from sispamkota.exercise.views import events_since, frame, see_event, see_record, view

from .troubles import Troubles

__all__ = ["ROWS", "Telling", "as_json"]

ROWS = 50  # of a list that grows with every action: a seat's view has the latest, the log has all
_KEPT = 500  # texts of the latest records
_MARK = 12  # hexadecimal digits


class Telling:
    """Hold the texts of a room; the room may be folded anew, and then `forget` lets go of what was told of it."""

    def __init__(self, troubles: Troubles | None = None) -> None:
        """Begin with nothing told; what cannot be told to one seat is a trouble, and the others are told."""
        self.frames: dict[str, str] = {}
        self.views: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self._marks = [""]  # of the first 0, 1, 2 ... events: two lists that agree up to there have the same
        self._read = [(0, 0)]  # rows of the world's log that have been gone through, and events that they gave
        self._texts: dict[int, str] = {}
        self._troubles = troubles or Troubles()

    def write_frames(self, room: Room, seats: Iterable[str], clock: dict[str, Any]) -> None:
        """Write the world for seats; those that see alike are told the same."""
        by_sight: dict[str, str] = {}
        for seat in seats:
            sight = role_of(seat).sees
            with self._troubles.cost(f"telling {seat}") as due:
                if due and sight not in by_sight:
                    by_sight[sight] = as_json({"kind": "frame", "frame": frame(room, seat), "clock": clock})
            if sight in by_sight:
                self.frames[seat] = by_sight[sight]

    def write_views(self, room: Room, seats: Iterable[str]) -> None:
        """Write the board for seats; it is looked through once for all."""
        board = room.board.to_dict(rows=ROWS)
        for seat in seats:
            with self._troubles.cost(f"board {seat}") as due:
                if due:
                    self.views[seat] = as_json({"kind": "view", "view": view(room, seat, board=board)})

    def write_events(self, room: Room, *, until: float | None) -> None:
        """Add what has happened in the world since the last time, up to a time."""
        logged, new = events_since(room, self._read[-1][0], "controller", until=until)
        for event in new:
            text = self._marks[-1] + as_json(event)
            self._marks.append(hashlib.sha256(text.encode()).hexdigest()[:_MARK])
        self.events += new
        if logged > self._read[-1][0]:
            self._read.append((logged, len(self.events)))

    def news(self, told: int, mark: str | None, seat: str) -> tuple[int, list[dict[str, Any]], int, str]:
        """Give what a seat that was told so many events, with their mark, is to be told.

        Gives from which event on (0, all of them anew, where what it was told is not what happened: the room went on
        from an earlier moment), those that it may hear of, how many there are, and their mark.
        """
        start = told if told <= len(self.events) and mark in (None, self._marks[told]) else 0
        rows = [row for row in self.events[start:] if see_event(row["event"], seat)]
        return start, rows, len(self.events), self._marks[-1]

    def record(self, room: Room, n: int, seat: str) -> str | None:
        """Give the message that tells a record, or None where the seat may not see it."""
        text = None
        with self._troubles.cost(f"record {seat}"):
            plain = room.records[n].to_dict()
            if see_record(plain, seat):
                text = self._texts.get(n) or as_json({"kind": "record", "record": plain})
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
        """Take in that the world went back to an earlier row of its log: what was told of later ones is read again."""
        while self._read[-1][0] > logged:
            self._read.pop()
        self._cut(self._read[-1][1])

    def _cut(self, events: int) -> None:
        del self.events[events:], self._marks[events + 1 :]

    def forget(self) -> None:
        """Let go of everything: the room was folded anew."""
        self._texts.clear()
        self._read = [(0, 0)]
        self._cut(0)


def as_json(value: Any) -> str:
    """Write a message."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
