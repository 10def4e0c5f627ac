"""Faults of the program outside an action: each costs the part it came from alone, is logged once, and is told."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .jobs import LostError

__all__ = ["Trouble", "Troubles"]

log = logging.getLogger("sispamkota.room")
_FIRST_S, _LONGEST_S = 1.0, 30.0  # how long a part that failed rests before it is tried again: twice as long each time


@dataclass
class Trouble:
    """Hold what is wrong with one part: when it failed first and last (world's wall, text), how often, and `over`."""

    part: str
    since: str
    last: str
    n: int
    over: bool
    again: float
    pause: float


class Troubles:
    """Hold what failed in a room; `told` is called whenever that changes."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, now: Callable[[], str] = str) -> None:
        """Begin with nothing wrong; `clock` is steady (s), `now` tells the wall's time."""
        self._clock, self._now = clock, now
        self._parts: dict[str, Trouble] = {}
        self._logged: set[tuple[str, str]] = set()
        self.told: Callable[[], None] = lambda: None

    def due(self, part: str) -> bool:
        """Say whether a part may be tried: one that has failed rests a while."""
        row = self._parts.get(part)
        return row is None or row.over or self._clock() >= row.again

    def note(self, part: str, error: BaseException) -> None:
        """Take in that a part failed; the log has the same failure once."""
        kind = f"{type(error).__name__}: {error}"
        if (part, kind) not in self._logged:
            self._logged.add((part, kind))
            log.error("a fault of the program in %s; the room goes on", part, exc_info=error)
        at, old = self._now(), self._parts.get(part)
        pause = _FIRST_S if old is None or old.over else min(_LONGEST_S, 2.0 * old.pause)
        since, n = (at, 1) if old is None else (old.since, old.n + 1)
        self._parts[part] = Trouble(part, since, at, n, over=False, again=self._clock() + pause, pause=pause)
        self.told()

    def over(self, part: str) -> None:
        """Take in that a part works (again)."""
        row = self._parts.get(part)
        if row is not None and not row.over:
            row.over = True
            log.warning("%s works again after %d faults", part, row.n)
            self.told()

    @contextmanager
    def cost(self, part: str) -> Iterator[bool]:
        """Let what fails inside cost this part alone; gives whether it is to be tried."""
        due = self.due(part)
        try:
            yield due
        except LostError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a bug raises: the rest goes on
            self.note(part, error)
        else:
            if due:
                self.over(part)

    async def keep_to(self, part: str, do: Callable[[], Awaitable[None]], *, rests: bool = True) -> None:
        """Do a part, so that what fails in it costs it alone; LostError goes through. `rests`: a while after that."""
        if rests and not self.due(part):
            return
        before = self._times(part)
        try:
            await do()
        except LostError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug in one part is no reason to stop everybody's room
            self.note(part, error)
        else:
            if self._times(part) == before:  # an action that it did may have failed
                self.over(part)

    def _times(self, part: str) -> int:
        row = self._parts.get(part)
        return 0 if row is None else row.n

    def rows(self) -> list[dict[str, Any]]:
        """Give what failed since the start, what still does first."""
        rows = sorted(self._parts.values(), key=lambda row: (row.over, row.part))
        return [{"part": r.part, "since": r.since, "last": r.last, "n": r.n, "over": r.over} for r in rows]
