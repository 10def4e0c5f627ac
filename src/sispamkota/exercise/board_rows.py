"""What stands on the board as a row of its own: a request, an entry of the dialogue, an event of the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Entry", "Item", "Request"]


@dataclass
class Request:
    """Hold what one role asked of another; `until` and the times in milliseconds of the world."""

    n: int
    kind: str
    by: str
    to: str
    place: str | None
    step: int | None
    why: str
    made: int
    until: int
    granted: bool | None = None
    authority: str = ""
    reason: str = ""
    answered: int | None = None
    told: dict[int, tuple[str, ...]] = field(default_factory=dict)  # which record told which text

    def state(self, now_ms: int) -> str:
        """Say whether it is open, granted, refused, or lapsed: nothing is granted by silence."""
        if self.granted is None:
            return "open" if now_ms <= self.until else "lapsed"
        return "granted" if self.granted else "refused"


@dataclass
class Entry:
    """Hold an entry of the dialogue, by role and organisation only."""

    id: str
    kind: str
    partner: str
    text: str
    place: str | None
    by: str
    at: int
    due: int | None
    notice_h: float | None
    about: str | None
    kept: bool | None = None
    end: str = ""
    told: dict[int, tuple[str, ...]] = field(default_factory=dict)  # which record told which text


@dataclass
class Item:
    """Hold an event of the list: a message to roles at a time, or `when` a place has reached a stage.

    With neither it stands on the shelf. `played`: when it was.
    """

    id: str
    at: int | None
    to: tuple[str, ...]
    text: Mapping[str, str]
    expected: Mapping[str, str]
    when: Mapping[str, str] | None = None
    played: int | None = None
    dropped: str = ""
    told: dict[int, tuple[str, ...]] = field(default_factory=dict)  # which record told which text
