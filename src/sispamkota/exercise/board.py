"""Everything that people keep and that is not the world: seats, requests, dialogue, hospitals, events, ratings.

The board is a fold of records too: `board_checks.check_action` refuses what may not be, `board_takes.take_action` takes
in what has been checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .board_rows import Entry, Item, Request
from .log import GONE, TEXTS
from .operation import Operation
from .roles import request_kinds, speaks_for
from .setup import Setup

__all__ = ["Board", "bare", "plain"]


@dataclass
class Board:
    """Hold what the room knows besides the world; plain values, keyed by name or number of the record."""

    setup: Setup
    running: int = 0  # how many times as fast as the wall; 0: the clock stands
    ended: bool = False
    seats: dict[str, int] = field(default_factory=dict)  # where somebody sits
    requests: dict[int, Request] = field(default_factory=dict)
    talks: dict[str, Entry] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    hospitals: dict[str, dict[str, Any]] = field(default_factory=dict)
    standby: list[dict[str, Any]] = field(default_factory=list)
    voting: dict[str, dict[str, Any]] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)  # places whose way out is blocked
    reports: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    shifts: dict[int, dict[str, Any]] = field(default_factory=dict)
    ratings: dict[str, dict[str, Any]] = field(default_factory=dict)
    observations: list[dict[str, Any]] = field(default_factory=list)
    improvements: dict[str, dict[str, Any]] = field(default_factory=dict)
    forecasts: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)  # of phones' reports: each counts once
    operation: Operation | None = None  # what is reported in one; an exercise has none

    def __post_init__(self) -> None:
        """Lay the exercise's own list of events out; an operation runs from its first moment on."""
        if self.setup.file.mode == "operation":
            self.operation, self.running = Operation(), 1
        for item in self.setup.file.items:
            at = None if item.at_min is None else round(item.at_min * 60_000)
            text = {"id": item.text_id, "en": item.text_en}
            expected = {"id": item.expected_id, "en": item.expected_en}
            when = None if item.when is None else item.when.model_dump()
            self.items[item.id] = Item(item.id, at, item.to, text, expected, when)
        for old in self.setup.file.carried:
            row = {"text": old.text, "owner": old.owner, "due": old.due, "origin": old.origin, "at": 0, "n": -1}
            ended = {"closed": 0, "evidence": old.evidence} if old.state == "closed" else {"closed": None}
            self.improvements[old.id] = row | ended

    def to_dict(self, *, rows: int | None = None) -> dict[str, Any]:
        """Give plain JSON values: equal boards give equal ones; of lists that only grow the last `rows`."""
        parts = self.parts() - ({"keys", "operation"} if rows else set())
        values = {name: getattr(self, name) for name in sorted(parts)}
        if rows is not None:
            values = {name: value[-rows:] if isinstance(value, list) else value for name, value in values.items()}
        return {name: plain(value) for name, value in values.items()}

    def parts(self) -> set[str]:
        """Name all that is on the board: its fields without what the exercise began with."""
        return set(vars(self)) - {"setup", *(("operation",) if self.operation is None else ())}

    def answers(self, seat: str, request: Request) -> bool:
        """Say whether a seat answers a request: who is asked, or the controller for those who are away.

        In an operation nobody stands in for the office that hands over command, force or reinforcement.
        """
        if speaks_for(seat, request.to) or seat.partition(":")[0] != "controller":
            return speaks_for(seat, request.to)
        played = self.operation is None or request_kinds()[request.kind].effect == "none"
        return played and not any(speaks_for(each, request.to) for each in self.seats)

    def to_come(self) -> list[Item]:
        """Give the events of the list that have not been played or dropped; after the end none."""
        return [item for item in self.items.values() if item.played is None and not item.dropped and not self.ended]

    def due(self, now_ms: int) -> list[Item]:
        """Give the events of the list whose time has come and that have not been played or dropped, in their order."""
        waiting = self.to_come()
        return sorted((item for item in waiting if (item.at or 0) <= now_ms and item.at is not None), key=_planned)

    def skeleton(self) -> dict[str, Any]:
        """Give the board without its texts: what a redaction does not change."""
        return {name: bare(value) for name, value in self.to_dict().items()}

    @property
    def tasks(self) -> dict[str, Any]:
        """Give the critical tasks by name."""
        return {task.id: task for objective in self.setup.file.objectives for task in objective.tasks}


def plain(value: Any) -> Any:
    """Turn a part of the board into plain JSON values."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Request | Entry | Item):
        # No condition, no key: the checkpoints of a log from before there were conditions hold.
        return plain({name: each for name, each in vars(value).items() if name != "when" or each is not None})
    if isinstance(value, Operation):
        return plain(value.to_dict())
    return value


def _planned(item: Item) -> int:
    return item.at or 0


def bare(value: Any) -> Any:
    """Leave every text out of plain values: what a redaction does not change."""
    if isinstance(value, dict):
        left = {key: each for key, each in value.items() if key not in (*TEXTS, "reason", "end")}
        return {key: (each and GONE) if key == "dropped" else bare(each) for key, each in left.items()}
    return [bare(each) for each in value] if isinstance(value, list) else value
