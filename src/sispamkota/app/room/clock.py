"""Wall time and world time: a room runs on the steady clock, so that a wall clock that is set does not move it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sispamkota.exercise.room import Room
from sispamkota.exercise.setup import Setup

__all__ = ["OperationClock", "RoomClock", "Wall", "clock_of", "iso"]

JUMP_S = 2.0  # how far the wall may drift from the steady clock between two looks before it counts as set


def iso(seconds: float) -> str:
    """Write a moment of the wall as UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Wall:
    """Tell the wall's time, a steady one beside it, and when the wall was set."""

    def __init__(self, *, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        """Look at both clocks once."""
        self._wall, self.monotonic = wall, steady
        self._start, self._from = wall(), steady()
        self._seen = 0.0

    def now(self) -> float:
        """Give the wall's time, seconds."""
        return self._wall()

    def steady(self) -> float:
        """Give the wall's time as it would be had nobody set it since the start."""
        return self._start + self.monotonic() - self._from

    def jumped(self) -> float:
        """Give by how many seconds the wall was set since the last look; 0 for not."""
        off = self.now() - self.steady()
        jump, self._seen = off - self._seen, off
        return jump if abs(jump) > JUMP_S else 0.0


class RoomClock:
    """Turn the wall's time into the world's, in whole milliseconds; `speed` 0 stands still."""

    def __init__(self, wall: Wall, *, horizon_ms: int, t: int = 0) -> None:
        """Stand at a time of the world: the start, or where it stood."""
        self._wall, self.horizon_ms = wall, horizon_ms
        self.speed, self._t, self._from = 0, t, wall.monotonic()

    def now_ms(self) -> int:
        """Give the time of the world."""
        run = int((self._wall.monotonic() - self._from) * 1000.0 * self.speed)
        return min(self._t + run, max(self._t, self.horizon_ms))

    def set(self, *, t: int, speed: int, since: float | None = None) -> None:
        """Go on from a time of the world, so many times as fast as the wall; `since` a moment of the steady clock."""
        self._t, self.speed, self._from = t, speed, self._wall.monotonic() if since is None else since


class OperationClock:
    """Tell an operation's time: milliseconds of the wall since its start, 0 before it; it can only be ended."""

    def __init__(self, wall: Wall, *, starts: datetime, ended: int | None = None) -> None:
        """Run from the operation's start; stand where it has ended."""
        self._wall, self._starts, self._held = wall, starts.timestamp(), -1 if ended is None else ended
        self.horizon_ms = 0

    @property
    def speed(self) -> int:
        """Say how many times as fast as the wall it runs: once, until it has ended."""
        return int(self._held < 0)

    def now_ms(self) -> int:
        """Give the time of the operation."""
        return self._held if self._held >= 0 else max(0, int((self._wall.steady() - self._starts) * 1000.0))

    def set(self, *, t: int, speed: int, since: float | None = None) -> None:  # noqa: ARG002 - as of a room's clock
        """Stand at a time where `speed` is 0; nothing else moves it."""
        self._held = t if speed == 0 else -1


def clock_of(setup: Setup, room: Room, wall: Wall) -> RoomClock | OperationClock:
    """Make the clock of a room, standing where its log ends; that of an operation runs until it has ended."""
    stood = room.records[-1].t if room.records else 0
    if setup.file.starts is None:
        return RoomClock(wall, horizon_ms=round(room.horizon * 1000), t=stood)
    return OperationClock(wall, starts=setup.file.starts, ended=stood if room.board.ended else None)
