"""The values of a review of an exercise in words of one language: minutes, places, roles, records as evidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sispamkota.exercise.board_rows import Request
from sispamkota.exercise.roles import request_kinds, roles
from sispamkota.words import minutes, number, percent, say_day, words

from .anev_facts import Fact, Value

__all__ = ["Say"]

_SHOWN = 6  # records named as evidence; more are counted


@dataclass(frozen=True)
class Say:
    """Say values in "id" or "en"; `places` gives places' names by reference."""

    lang: str
    places: Mapping[str, str]

    @cached_property
    def t(self) -> Callable[..., str]:
        """Look texts up."""
        return words(self.lang)

    def place(self, ref: str | None) -> str:
        """Name a place."""
        return self.places.get(ref or "", ref or "–")

    def role(self, seat: str) -> str:
        """Name a seat: its role, and what it speaks for."""
        name, _, what = seat.partition(":")
        known = roles().get(name)
        said = self.t("anev.server") if name == "server" else name if known is None else str(getattr(known, self.lang))
        return f"{said}, {self.place(what)}" if what else said

    def roles(self, seats: Iterable[str]) -> str:
        """Name several seats."""
        return ", ".join(self.role(each) for each in seats)

    def kind(self, name: str) -> str:
        """Name a kind of request."""
        known = request_kinds().get(name)
        return name if known is None else str(getattr(known, self.lang))

    def request(self, request: Request) -> str:
        """Name a request: its kind, and the stage of force where that is asked for."""
        kind = self.kind(request.kind)
        return kind + (f" ({self.t('anev.step', n=request.step)})" if request.step else "")

    def minute(self, ms: float | None) -> str:
        """Write a moment (ms) as the minute since the start, one decimal."""
        return "–" if ms is None else number(ms / 60_000.0, self.lang, digits=1)

    def span(self, seconds: float) -> str:
        """Write a span with its unit; a dash where there is none."""
        return minutes(seconds, self.lang) if math.isfinite(seconds) else "–"

    def hours(self, hours: float) -> str:
        """Write hours with their unit."""
        return self.t("anev.hours", h=number(hours, self.lang, digits=0 if hours == int(hours) else 1))

    def day(self, day: str) -> str:
        """Write a day in full."""
        return say_day(day, self.lang) if day else "–"

    def both(self, told: Mapping[str, str]) -> str:
        """Take a text that stands in both languages."""
        return told.get(self.lang, "")

    def value(self, value: Value) -> str:
        """Write a field of a fact."""
        kind, what = value
        said: dict[str, Callable[[Any], str]] = {
            "min": self.span,
            "limit": lambda s: minutes(s, self.lang, digits=0),
            "place": self.place,
            "role": self.role,
            "request": self.kind,
            "n": lambda n: number(float(n), self.lang),
            "share": lambda share: percent(share, self.lang) if math.isfinite(share) else "–",
            "service": lambda name: self.t(f"service.{name}"),
            "stage": lambda name: self.t(f"anev.stage_{name}"),
            "step": lambda n: number(float(n), self.lang),
            "rating": lambda name: f"{name} ({self.t(f'anev.rating_{name}')})",
            "text": str,
        }
        return said[kind](what)

    def fact(self, fact: Fact) -> str:
        """Say a fact in a sentence."""
        return self.t(f"anev.fact_{fact.key}", **{name: self.value(value) for name, value in fact.fields.items()})

    def evidence(self, fact: Fact) -> str:
        """Say what a fact stands on: records by number, and the minute; the world's own log where there is none."""
        named = ", ".join(str(n) for n in fact.records[:_SHOWN])
        if len(fact.records) > _SHOWN:
            named += " " + self.t("anev.and_more", n=len(fact.records) - _SHOWN)
        said = self.t("anev.records", records=named) if named else self.t("anev.world_log")
        return said if fact.t is None else self.t("anev.at_minute", said=said, minute=self.minute(fact.t))
