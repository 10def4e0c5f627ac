"""What a forecast of an operation rests on: what was reported, how long ago, and what stands in for what was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sispamkota.schema import Assumption
from sispamkota.words import LANGUAGES, words

from .setup import Setup

__all__ = ["Rests", "rest"]

_ENGINE = ("engine.parameters", "engine.requirements")


def rest(name: str, *, count: int = 0, tag: str = "assumed", **fields: object) -> Assumption:
    """State one thing that a forecast rests on, in both languages; `fields` fill its text."""
    told = {lang: words(lang)(f"forecast.rests_{name}", n=count, **fields) for lang in LANGUAGES}
    return Assumption(f"forecast.{name}", told["id"], told["en"], tag, count)


class Rests:
    """Gather what a forecast rests on, `now` seconds after the operation's start."""

    def __init__(self, setup: Setup, now: float) -> None:
        """Begin with nothing."""
        self.setup, self.now = setup, now
        self._rows = list[Assumption]()
        self._old = list[tuple[str, int]]()
        self._beds, self._queued = [0, 0], 0

    def _age(self, row: Mapping[str, Any], what: str) -> int:
        """Give the minutes since a report, and keep in mind which are old."""
        age = max(0, round((self.now - float(row["at"]) / 1000.0) / 60.0))
        if age > self.setup.file.old_min:
            self._old.append((what, age))
        return age

    def _name(self, place: str) -> str:
        return str(self.setup.city.find(place).name)

    def crowd(self, place: str, row: Mapping[str, Any]) -> None:
        """Take in how many people are reported at a place."""
        name, violent = self._name(place), row["violent"]
        kind = "crowd" if violent is not None else "crowd_untold"
        age = self._age(row, name)
        self._rows.append(rest(kind, count=row["people"], tag="estimated", place=name, violent=violent or 0, age=age))
        if row["trend"] == "growing":
            self._rows.append(rest("growing", place=name))

    def planned(self, people: Mapping[str, int]) -> None:
        """Take in how many the plan expects where nobody reported."""
        there = sum(1 for n in people.values() if n > 0)
        if people:
            self._rows.append(rest("crowds_planned", count=len(people), places=there, people=sum(people.values())))

    def incident(self, n: int, row: Mapping[str, Any], how: str) -> None:
        """Take in an open incident: "incident" is played; "incident_untold" and "unrest_untold" are not.

        The engine has no such kind, or nobody told how many people are there; their units are then taken as free.
        """
        name = self._name(row["place"])
        age = self._age(row, f"{row['kind']}, {name}")
        units = len(row["units"])
        self._rows.append(rest(how, tag="estimated", number=n, kind=row["kind"], place=name, age=age, units=units))
        if how != "incident" and units:
            self._rows.append(rest("units_free", count=units, number=n))

    def hurt(self, n: int, told: int | None, assumed: int, waiting: int) -> None:
        """Take in who is hurt at an incident: as reported, or as many as its kind has; so many of them are carried."""
        hurt = assumed if told is None else told
        if told is None and hurt:
            self._rows.append(rest("hurt_untold", count=hurt, number=n))
        if waiting == 0 < hurt:
            self._rows.append(rest("hurt_handled", count=hurt, number=n))
        elif waiting < hurt:
            self._rows.append(rest("hurt_most", count=waiting, number=n, hurt=hurt))

    def tps(self, told: Mapping[str, Mapping[str, Any]], every: int, disrupted: Sequence[str]) -> None:
        """Take in how many TPS are reported, and which are disrupted."""
        for code in disrupted:
            self._age(told[code], f"TPS {code}")
        self._rows.append(rest("tps", count=len(told), every=every, disrupted=len(disrupted)))

    def units(
        self, told: Mapping[str, Mapping[str, Any]], every: Sequence[str], out: Sequence[str], bko: Sequence[str]
    ) -> None:
        """Take in which units are reported, which are at rest, and that the others stand at their posts by the plan."""
        for name, row in told.items():
            self._age(row, name)
        known = [name for name in every if name in told]
        self._rows.append(rest("units", count=len(known), out=len(out), posts=len(every) - len(known) - len(bko)))
        if bko:
            self._rows.append(rest("bko", count=len(bko)))

    def hospital(self, name: str, row: Mapping[str, Any] | None) -> None:
        """Take in whether a hospital's beds are reported."""
        self._beds[row is None] += 1
        if row is not None:
            self._age(row, name)
            self._queued += row["igd_waiting"]

    def all(self) -> tuple[Assumption, ...]:
        """Give all that the forecast rests on: what is old first, then what was reported, then what never is."""
        old = ", ".join(f"{what} ({age} min)" for what, age in sorted(self._old, key=lambda each: (-each[1], each[0])))
        limit = f"{self.setup.file.old_min:g}"
        first = [rest("old", count=len(self._old), limit=limit, which=old)] if self._old else []
        beds = rest("beds", count=self._beds[0], untold=self._beds[1])
        queued = [rest("queued", count=self._queued)] if self._queued else []
        never = [rest(name) for name in ("desks", "command", "real", "camps", "moving")]
        engine = [each for each in self.setup.setting.assumptions if each.key in _ENGINE]
        return (*first, *self._rows, beds, *queued, *never, *engine)
