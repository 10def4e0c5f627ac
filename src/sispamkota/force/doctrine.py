"""Rules and figures of the trade, as dated data: what held on a day, in which unit, by which source.

The files are data/doctrine/*.yaml. Where sources disagree every value is kept; the first one listed is the default.
A file of the user's own, in the same format, goes before ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import pydantic

from sispamkota.errors import Faults, InputError, shown, suggest
from sispamkota.inputs import DATA, Document, Model, read_yaml, validate

__all__ = [
    "CAPABILITIES",
    "VEHICLES",
    "Agency",
    "Doctrine",
    "DoctrineFile",
    "ForceStage",
    "Norm",
    "NormRow",
    "NormValue",
    "Sourced",
    "Stage",
    "UnitKind",
    "doctrine",
    "norm",
    "norms",
    "read_doctrine",
]

# Closed lists: the position is the code (of a capability: the bit) that the engine uses.
CAPABILITIES = ("dialogue", "crowd", "patrol", "guard", "traffic", "fire", "rescue", "ambulance", "tps", "command")
VEHICLES = ("truck", "car", "motorcycle", "ambulance", "engine", "foot")

Capability = Literal["dialogue", "crowd", "patrol", "guard", "traffic", "fire", "rescue", "ambulance", "tps", "command"]
Vehicle = Literal["truck", "car", "motorcycle", "ambulance", "engine", "foot"]
Level = Literal[-1, 0, 1, 2]
Day = Annotated[str, pydantic.StringConstraints(pattern=r"^\d{4}(-\d{2}-\d{2})?$")]
Text = Annotated[str, pydantic.StringConstraints(min_length=1)]


class Sourced(Model):
    """Say where a row comes from.

    `mark` is the one of doctrine.md: 1 one source only, ~ sources conflict or garbled, M general knowledge,
    inf inferred; `note` is what a reader should know, `note_id` the same in Indonesian.
    """

    source: Text
    tag: Literal["official", "reported", "estimated", "assumed"]
    mark: Literal["", "1", "~", "M", "inf"] = ""
    note: str = ""
    note_id: str = ""


class NormValue(Sourced):
    """Give one source's value from `since` to `until` (a day, or a whole year); an assumed one has a range."""

    value: float
    low: float | None = None
    high: float | None = None
    since: Day | None = None
    until: Day | None = None

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.tag == "assumed" and (self.low is None or self.high is None):
            raise ValueError("low and high beside an assumed value")
        low, high = (self.value if bound is None else bound for bound in (self.low, self.high))
        if not low <= self.value <= high:
            raise ValueError("low ≤ value ≤ high")
        if _day(self.since, first=True) > _day(self.until, first=False):
            raise ValueError("since before until")
        return self


class NormRow(Model):
    """Describe one norm: its unit, a sentence in both languages, and its values, the default first."""

    unit: Text
    id: Text
    en: Text
    values: tuple[NormValue, ...] = pydantic.Field(min_length=1)


class Agency(Sourced):
    """Describe one agency and what it does on the ground; `armed` when it carries firearms as a rule."""

    id: Text
    en: Text
    duty_id: Text
    duty_en: Text
    armed: bool


class UnitKind(Sourced):
    """Describe one kind of unit: its usual, smallest and largest size (persons), and what it can do.

    `level` is 0 dalmas awal, 1 dalmas lanjut, 2 PHH Brimob, -1 not a crowd unit. `parts` says into how many a unit of
    this kind may be split when it is sent (a company into platoons); it is never split further.
    """

    id: Text
    en: Text
    agency: Text
    capabilities: tuple[Capability, ...] = pydantic.Field(min_length=1)
    level: Level
    vehicle: Vehicle
    people: int
    low: int
    high: int
    parts: int = pydantic.Field(default=1, ge=1, le=10)

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 1 <= self.low <= self.people <= self.high:
            raise ValueError("1 ≤ low ≤ people ≤ high")
        return self


class Stage(Sourced):
    """Describe hijau, kuning or merah: the crowd that it means, the units that it calls, who is in control."""

    id: Text
    en: Text
    crowd_id: Text
    crowd_en: Text
    level: Level
    kinds: tuple[str, ...] = pydantic.Field(min_length=1)
    handover: str
    control: str


class ForceStage(Sourced):
    """Describe one of the six stages of the use of force: a choice proportional to the threat, not a ladder.

    `authority` names who must order it, "" where the officer present may.
    """

    id: Text
    en: Text
    threat_id: Text
    threat_en: Text
    authority: str = ""


class DoctrineFile(Model):
    """Describe a doctrine file: any of its tables may be absent."""

    kind: Literal["doctrine"]
    version: Literal[1]
    norms: dict[str, NormRow] = pydantic.Field(default_factory=dict)
    agencies: dict[str, Agency] = pydantic.Field(default_factory=dict)
    unit_kinds: dict[str, UnitKind] = pydantic.Field(default_factory=dict)
    stages: dict[str, Stage] = pydantic.Field(default_factory=dict)
    use_of_force: dict[Literal["1", "2", "3", "4", "5", "6"], ForceStage] = pydantic.Field(default_factory=dict)


@dataclass(frozen=True)
class Norm:
    """Hold one figure with its unit, source and days; `low` and `high` equal `value` where no range is known."""

    name: str
    value: float
    unit: str
    source: str
    tag: str
    low: float
    high: float
    since: date
    until: date
    mark: str = ""
    note: str = ""
    note_id: str = ""


@dataclass(frozen=True)
class Doctrine:
    """Hold what a set of doctrine files says, each table by name."""

    norms: dict[str, tuple[Norm, ...]] = field(default_factory=dict)
    agencies: dict[str, Agency] = field(default_factory=dict)
    unit_kinds: dict[str, UnitKind] = field(default_factory=dict)
    stages: dict[str, Stage] = field(default_factory=dict)
    use_of_force: dict[str, ForceStage] = field(default_factory=dict)


def norm(name: str, *, on: date | str, own: Doctrine | None = None) -> Norm:
    """Give the value in force on a day ("2024-11-27" or a date); the user's `own` doctrine goes first.

    Raises KeyError for an unknown name, and for a day on which no value held.
    """
    return norms(name, on=on, own=own)[0]


def norms(name: str, *, on: date | str, own: Doctrine | None = None) -> tuple[Norm, ...]:
    """Give every source's value in force on a day, the default first; raises KeyError where there is none."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    books = [own, doctrine()] if own is not None else [doctrine()]
    known = [each for book in books for each in book.norms.get(name, ())]
    if not known:
        raise KeyError(f'no norm "{name}": {suggest(name, doctrine().norms)}')
    held = tuple(each for each in known if each.since <= day <= each.until)
    if not held:
        spans = ", ".join(f"{each.since} to {each.until}" for each in known)
        raise KeyError(f"{name} has no value on {day}, only from {spans}")
    return held


@cache
def doctrine() -> Doctrine:
    """Read the embedded doctrine once."""
    return read_doctrine(*sorted((DATA / "doctrine").glob("*.yaml")))


def read_doctrine(*paths: str | Path, beside: Doctrine | None = None) -> Doctrine:
    """Read doctrine files into one; raises InputError with every fault of every file.

    The rows may use the agencies and kinds of the book `beside` too: a user's own file those of `doctrine()`.
    """
    faults, book, places = Faults(), Doctrine(), dict[tuple[str, str], str]()
    for path in paths:
        try:
            document = read_yaml(path)
        except InputError as error:
            faults.extend(error.faults)
            continue
        content = validate(DoctrineFile, document, faults)
        if content is not None:
            _add(book, content, document, places, faults)
    for (table, name), where in places.items():
        for field_name, used, known in _links(book, beside or book, table, name):
            if used not in known:
                remedy = suggest(used, known)
                faults.add(where=where, field=field_name, expected="a known name", got=shown(used), remedy=remedy)
    faults.raise_if_any()
    return book


def _add(
    book: Doctrine, content: DoctrineFile, document: Document, places: dict[tuple[str, str], str], faults: Faults
) -> None:
    """Add a file's rows to the book, noting where each stands; a name that stands there already is a fault."""
    for table in ("norms", "agencies", "unit_kinds", "stages", "use_of_force"):
        for name, row in getattr(content, table).items():
            where = document.where(table, name)
            if (table, name) in places:
                got, remedy = f"it also at {places[table, name]}", "Keep one; a norm may list several values."
                faults.add(where=where, field=f"{table}.{name}", expected="each name once", got=got, remedy=remedy)
                continue
            places[table, name] = where
            getattr(book, table)[name] = tuple(_norms_of(name, row)) if isinstance(row, NormRow) else row


def _links(book: Doctrine, beside: Doctrine, table: str, name: str) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """Go through the names that a row uses: (field, name used, names known)."""
    if table == "unit_kinds":
        yield f"{table}.{name}.agency", book.unit_kinds[name].agency, beside.agencies | book.agencies
    if table == "stages":
        known = beside.unit_kinds | book.unit_kinds
        yield from ((f"{table}.{name}.kinds", kind, known) for kind in book.stages[name].kinds)


def _norms_of(name: str, row: NormRow) -> Iterator[Norm]:
    """Make the values of one norm."""
    for each in row.values:
        yield Norm(
            name=name,
            value=each.value,
            unit=row.unit,
            source=each.source,
            tag=each.tag,
            low=each.value if each.low is None else each.low,
            high=each.value if each.high is None else each.high,
            since=_day(each.since, first=True),
            until=_day(each.until, first=False),
            mark=each.mark,
            note=each.note,
            note_id=each.note_id,
        )


def _day(text: str | None, *, first: bool) -> date:
    """Read "2024-11-27", or the first or last day of "2024"; no text is the beginning or the end of time."""
    if text is None:
        return date.min if first else date.max
    return date.fromisoformat(text if len(text) > len("2024") else f"{text}-01-01" if first else f"{text}-12-31")
