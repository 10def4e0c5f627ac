"""Units: how many people are present and away, what they can do and drive, when they are on duty and in the operation.

People are numbers. A unit is as large as doctrine says of its kind, counted by who is present.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal, Self, get_args

import pydantic

from sispamkota.errors import Faults, shown, suggest
from sispamkota.inputs import Model

from .doctrine import VEHICLES, Doctrine, UnitKind, Vehicle, doctrine, norm

__all__ = ["ABSENCES", "SKILLS", "Duty", "Name", "Skill", "Unit", "UnitRow", "books_of", "make_units", "unit_row"]

Name = Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=60)]
Day = Annotated[str, pydantic.StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Count = Annotated[int, pydantic.Field(ge=0, le=100_000)]
Skill = Literal["negotiation", "first_aid", "driving", "sign_language", "water_rescue"]

ABSENCES = ("on_leave", "sick", "training")
SKILLS: tuple[Skill, ...] = get_args(Skill)
_PHONE = r"^[0-9+() /.-]{3,30}$"


class Duty(Model):
    """Say when a unit is on duty: from an hour of the day, for so many hours, every so many."""

    from_h: float = pydantic.Field(ge=0, lt=24)
    hours: float = pydantic.Field(gt=0, le=24)
    every_h: float = pydantic.Field(default=24.0, gt=0, le=240)

    @pydantic.model_validator(mode="after")
    def _turns(self) -> Self:
        if self.hours > self.every_h:
            raise ValueError("hours must not exceed every_h")
        return self


class UnitRow(Model):
    """Describe one unit in a force file; what is left out comes from its kind.

    `people` are present; `on_leave`, `sick` and `training` are away, beside them. `skills` and `vehicles` count people
    and vehicles; `since` and `until` are the first and last day in the operation; `outside`: it waits outside the city
    (BKO) until it is asked for. `call_sign` and `duty_phone` are the
    unit's own, never a person's.
    """

    id: Name
    kind: str
    people: int | None = None
    home: str | None = None
    vehicle: Vehicle | None = None
    readiness: float | None = pydantic.Field(default=None, gt=0, le=1)
    duty: Duty | None = None
    on_leave: Count = 0
    sick: Count = 0
    training: Count = 0
    skills: dict[Skill, Count] = pydantic.Field(default_factory=dict)
    vehicles: dict[Vehicle, Count] = pydantic.Field(default_factory=dict)
    since: Day | None = None
    until: Day | None = None
    outside: bool = False
    call_sign: str = pydantic.Field(default="", max_length=30)
    duty_phone: str = pydantic.Field(default="", pattern=rf"^$|{_PHONE}")


@dataclass(frozen=True)
class Unit:
    """Hold one unit: `people` persons are present, of whom `readiness` (0 to 1) are fit.

    `level` is 0 dalmas awal, 1 dalmas lanjut, 2 PHH Brimob, -1 not a crowd unit; `home` a place of the city or None.
    It may be sent in so many `parts`; without a `duty` it is always on. `on_leave`, `sick` and `training` persons are
    away beside those present. `skills` and `vehicles` are (name, number); `since` and `until` are days, None without
    bound; `outside` units wait outside the city (BKO) until they are asked for.
    """

    id: str
    agency: str
    kind: str
    people: int
    home: str | None
    vehicle: str
    capabilities: tuple[str, ...]
    level: int
    readiness: float
    armed: bool
    parts: int = 1
    duty: Duty | None = None
    on_leave: int = 0
    sick: int = 0
    training: int = 0
    skills: tuple[tuple[str, int], ...] = ()
    vehicles: tuple[tuple[str, int], ...] = ()
    since: date | None = None
    until: date | None = None
    outside: bool = False
    call_sign: str = ""
    duty_phone: str = ""
    where: str = field(default="", compare=False, repr=False)

    @property
    def strength(self) -> int:
        """Count everyone of the unit, present and away."""
        return self.people + self.on_leave + self.sick + self.training

    def available(self, day: date) -> bool:
        """Tell whether the unit is in the operation on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


At = Callable[[int, str], tuple[str, str]]


def books_of(own: Doctrine | None) -> Doctrine:
    """Give unit kinds and agencies, the user's own before ours."""
    ours = doctrine()
    if own is None:
        return ours
    return Doctrine(unit_kinds=ours.unit_kinds | own.unit_kinds, agencies=ours.agencies | own.agencies)


def make_units(rows: Sequence[UnitRow], at: At, *, on: str, own: Doctrine | None, faults: Faults) -> list[Unit]:
    """Make the units, with a fault for each that is named twice or that doctrine does not know or size.

    `at(i, field)` says where field of row i stands and what it is called there; a unit of unknown kind is left out.
    """
    book = books_of(own)
    ready = norm("unit.readiness", on=on, own=own).value
    units, first = list[Unit](), dict[str, int]()
    for i, row in enumerate(rows):
        if row.id in first:
            (where, name), before = at(i, "id"), at(first[row.id], "id")[0]
            got, remedy = f"it again (first at {before})", "Give each unit its own id."
            faults.add(where=where, field=name, expected=f'"{row.id}" once', got=got, remedy=remedy)
        first.setdefault(row.id, i)
        if row.kind not in book.unit_kinds:
            where, name = at(i, "kind")
            remedy = suggest(row.kind, book.unit_kinds)
            faults.add(where=where, field=name, expected="a kind of unit", got=shown(row.kind), remedy=remedy)
            continue
        units.append(_unit(i, row, book, at, ready=ready, faults=faults))
    return units


def _unit(i: int, row: UnitRow, book: Doctrine, at: At, *, ready: float, faults: Faults) -> Unit:
    """Make one unit of a known kind."""
    kind = book.unit_kinds[row.kind]
    since, until = (_day(i, row, name, at, faults) for name in ("since", "until"))
    if since and until and until < since:
        where, name = at(i, "until")
        remedy = "The last day stands behind the first."
        faults.add(where=where, field=name, expected=f"a day from {since}", got=str(until), remedy=remedy)
    people = _size(i, row, kind, at, faults)
    _skills(i, row, people, at, faults)
    return Unit(
        id=row.id,
        agency=kind.agency,
        kind=row.kind,
        people=people,
        home=row.home,
        vehicle=row.vehicle or kind.vehicle,
        capabilities=kind.capabilities,
        level=kind.level,
        readiness=row.readiness or ready,
        armed=book.agencies[kind.agency].armed,
        parts=kind.parts,
        duty=row.duty,
        **{name: getattr(row, name) for name in (*ABSENCES, "call_sign", "duty_phone")},
        skills=_counted(row.skills, SKILLS),
        vehicles=_counted(row.vehicles, VEHICLES),
        since=since,
        until=until,
        outside=row.outside,
        where=at(i, "")[0],
    )


def _counted(numbers: Mapping[Any, int], order: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Give (name, number) of what there is, in one order."""
    return tuple((name, numbers[name]) for name in order if numbers.get(name))


def _day(i: int, row: UnitRow, name: str, at: At, faults: Faults) -> date | None:
    """Read the first or last day of a unit; a day that the calendar does not have is a fault."""
    text = getattr(row, name)
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        where, called = at(i, name)
        remedy = "Look at month and day."
        faults.add(where=where, field=called, expected="a day, such as 2024-11-27", got=shown(text), remedy=remedy)
        return None


def _size(i: int, row: UnitRow, kind: UnitKind, at: At, faults: Faults) -> int:
    """Give a unit's people; a size outside what doctrine gives is a fault."""
    people = kind.people if row.people is None else row.people
    if not kind.low <= people <= kind.high:
        expected, remedy = f"{kind.low} to {kind.high} people in a {row.kind}", "Split or join units to that size."
        where, name = at(i, "people")
        faults.add(where=where, field=name, expected=expected, got=str(people), remedy=remedy)
    return people


def _skills(i: int, row: UnitRow, people: int, at: At, faults: Faults) -> None:
    """Ask that no more people have a skill than the unit has."""
    strength = people + row.on_leave + row.sick + row.training
    for skill, number in row.skills.items():
        if number > strength:
            where, name = at(i, f"skills.{skill}")
            expected, remedy = f"at most {strength}, all people of the unit", "Count people, each skill by itself."
            faults.add(where=where, field=name, expected=expected, got=str(number), remedy=remedy)


def unit_row(unit: Unit) -> dict[str, Any]:
    """Give a unit as the row of a force file that reads back to an equal one; what is usual is left out."""
    row: dict[str, Any] = {"id": unit.id, "kind": unit.kind, "people": unit.people, "home": unit.home}
    row |= {"vehicle": unit.vehicle, "readiness": unit.readiness}
    row["duty"] = None if unit.duty is None else unit.duty.model_dump()
    row |= {name: getattr(unit, name) or None for name in (*ABSENCES, "call_sign", "duty_phone")}
    row |= {"skills": dict(unit.skills) or None, "vehicles": dict(unit.vehicles) or None}
    row |= {name: None if (day := getattr(unit, name)) is None else day.isoformat() for name in ("since", "until")}
    row["outside"] = unit.outside or None
    return {key: value for key, value in row.items() if value is not None}
