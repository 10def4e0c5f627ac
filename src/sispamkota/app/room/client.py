"""One socket of the room: how far it has been told, and what it is to be told next."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .accounts import Session

__all__ = ["Client"]


@dataclass(eq=False)
class Client:
    """Hold where a socket stands: records up to `cursor` and events before `events` have been sent.

    Nothing queues up for a slow socket but answers to its own actions: it is told from where it stands. `mark` is that
    of the events that it was told; None: it does not say.
    """

    session: Session
    cursor: int
    events: int = 0
    mark: str | None = None
    lang: str = "id"
    frame: str = ""
    view: str = ""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    replies: deque[dict[str, Any]] = field(default_factory=deque)
    beat: bool = False
    closed: bool = False

    @property
    def seat(self) -> str:
        """Name the seat."""
        return self.session.seat

    @property
    def role(self) -> str:
        """Name the role."""
        return self.session.seat.partition(":")[0]

    def reply(self, message: dict[str, Any]) -> None:
        """Answer."""
        self.replies.append(message)
        self.wake.set()

    def close(self) -> None:
        """Let it go: its session has ended."""
        self.closed = True
        self.wake.set()
