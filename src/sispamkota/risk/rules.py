"""The dated rules by which a TPS gets its class and a score its own, and what authorities said: data, never code."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import pydantic

from sispamkota.errors import Fault, Faults, InputError, shown, suggest
from sispamkota.inputs import DATA, Model, read_yaml, validate

__all__ = [
    "CLASSES", "ClassRule", "ClassesFile", "Criterion", "Limit", "ScoreClass", "ScoreClasses", "Sourced", "Statement",
    "StatementsFile", "Usual", "Words", "class_rule", "index_class", "read_classes", "statements_of",
]  # fmt: skip

CLASSES = ("kurang_rawan", "rawan", "sangat_rawan", "khusus")  # by gravity; khusus is apart

Day = Annotated[str, pydantic.StringConstraints(pattern=r"^\d{4}(-\d{2}-\d{2})?$")]
Text = Annotated[str, pydantic.StringConstraints(min_length=1)]
Tag = Literal["official", "reported", "estimated", "assumed"]
Mark = Literal["", "1", "~", "M", "inf"]
Concern = Literal["low", "mid", "high"]
Grave = Literal["rawan", "sangat_rawan"]


class Words(Model):
    """Say something in both languages."""

    id: Text
    en: Text


class Criterion(Words):
    """Describe one criterion: the class that it leads to, and whether it counts.

    `all` names parts that must all be met; without it the criterion is entered by its own name.
    """

    grave: Grave = pydantic.Field(alias="class")
    all: tuple[str, ...] = ()
    counts: bool = True
    note: str = ""


class Sourced(Model):
    """Say where a rule is from."""

    source: Text
    tag: Tag
    mark: Mark = ""
    note: str = ""


class Usual(Words):
    """Name the class of a TPS of which no criterion is met."""

    usual: Literal["kurang_rawan"] = pydantic.Field(alias="class")


class ClassRule(Sourced):
    """Hold one set of criteria from `since` to `until`."""

    name: Text
    since: Day | None = None
    until: Day | None = None
    special: Sourced
    usual: Usual
    criteria: dict[str, Criterion] = pydantic.Field(min_length=1)
    parts: dict[str, Words] = pydantic.Field(default_factory=dict)

    @pydantic.model_validator(mode="after")
    def _linked(self) -> Self:
        unknown = sorted({part for each in self.criteria.values() for part in each.all} - set(self.parts))
        if unknown:
            raise ValueError(f"parts that are described, not {', '.join(unknown)}")
        return self

    def entered(self) -> dict[str, Words]:
        """Give what a user may enter: parts, and criteria that have none."""
        return {**{name: each for name, each in self.criteria.items() if not each.all}, **self.parts}


class ScoreClass(Model):
    """Name a class of scores, from `low` to `high`, both inside."""

    name: Text = pydantic.Field(alias="class")
    concern: Concern
    low: float
    high: float


class ScoreClasses(Sourced):
    """Hold the classes of one index at one level."""

    index: Text
    level: Literal["province", "city"]
    since: Day | None = None
    until: Day | None = None
    digits: int = pydantic.Field(ge=0, le=6)
    classes: tuple[ScoreClass, ...] = pydantic.Field(min_length=1)


class Limit(Sourced):
    """Hold an assumed figure and its range."""

    value: float
    low: float
    high: float


class ClassesFile(Model):
    """Describe data/risk/tps_classes.yaml, or a user's own."""

    kind: Literal["tps-classes"]
    version: Literal[1]
    classes: dict[Literal["kurang_rawan", "rawan", "sangat_rawan", "khusus"], Words]
    rules: tuple[ClassRule, ...] = pydantic.Field(min_length=1)
    near_full: Limit
    indices: tuple[ScoreClasses, ...] = ()


class Statement(Sourced):
    """Hold what an authority said of a city or of its TPS; without a date it only says that nothing was found.

    `concern` is how grave its class is among those of its own index; `tps` is of how many TPS it speaks, all of the
    class `given` where it has one; `counts` says that its figures stand in the city's indicators.
    """

    name: Text
    organisation: Text
    date: Day | None = None
    about: Literal["city", "tps"]
    says: Words
    tps: int | None = None
    given: str = pydantic.Field(default="", alias="class")
    concern: Concern | Literal[""] = ""
    counts: bool = False


class StatementsFile(Model):
    """Describe data/cities/<city>/statements.yaml, or a user's own."""

    kind: Literal["statements"]
    version: Literal[1]
    statements: tuple[Statement, ...]


def read_classes(*, path: str | Path | None = None) -> ClassesFile:
    """Read the embedded rules, or a file of the user's own; raises InputError with every fault."""
    return _read_classes(str(path) if path is not None else "")


@cache
def _read_classes(path: str) -> ClassesFile:
    faults = Faults()
    content = validate(ClassesFile, read_yaml(path or DATA / "risk" / "tps_classes.yaml"), faults)
    faults.raise_if_any()
    assert content is not None  # noqa: S101
    return content


def class_rule(on: date, *, own: ClassesFile | None = None) -> ClassRule:
    """Give the criteria that held on a day; raises InputError where none did."""
    rules = (own or read_classes()).rules
    held = [each for each in rules if _holds(each.since, each.until, on)]
    if not held:
        known = ", ".join(f"{each.name} ({each.since or '…'} to {each.until or '…'})" for each in rules)
        expected, remedy = "a day on which a rule held", "Give a later day, or rules of your own with their days."
        raise InputError([Fault("on", "rules", expected, f"{on}; known: {known}", remedy)])
    return held[0]


def index_class(index: str, score: float, *, level: str, on: date, own: ClassesFile | None = None) -> ScoreClass | None:
    """Give the class of a score of an index at a level ("province", "city"); None where it lies between two.

    Raises InputError for an index without classes at that level on that day, and for a score outside them all.
    """
    every = (own or read_classes()).indices
    held = [each for each in every if (each.index, each.level) == (index, level) and _holds(each.since, each.until, on)]
    if not held:
        remedy = suggest(index, [each.index for each in every if each.level == level])
        raise InputError([Fault("index", level, f"an index with classes on {on}", shown(index), remedy)])
    low, high = min(each.low for each in held[0].classes), max(each.high for each in held[0].classes)
    value = round(score, held[0].digits)
    if not low <= value <= high:
        remedy = "Give the score as it is published."
        raise InputError([Fault("score", index, f"a score from {low:g} to {high:g}", shown(score), remedy)])
    return next((each for each in held[0].classes if each.low <= value <= each.high), None)


def statements_of(city: str, *, on: date, path: str | Path | None = None) -> tuple[Statement, ...]:
    """Give what was said of a city up to a day, and what was not found; none where no file speaks of the city."""
    file = DATA / "cities" / city / "statements.yaml" if path is None else Path(path)
    if path is None and not file.is_file():
        return ()
    faults = Faults()
    content = validate(StatementsFile, read_yaml(file), faults)
    faults.raise_if_any()
    every = content.statements if content is not None else ()
    return tuple(each for each in every if each.date is None or _last(each.date) <= on)


def _holds(since: str | None, until: str | None, on: date) -> bool:
    """Tell whether a day lies in a span of days or whole years, both ends inside."""
    return (since is None or _first(since) <= on) and (until is None or on <= _last(until))


def _first(text: str) -> date:
    return date.fromisoformat(text if len(text) > len("2024") else f"{text}-01-01")


def _last(text: str) -> date:
    return date.fromisoformat(text if len(text) > len("2024") else f"{text}-12-31")
