"""What an exercise file may say: what is played where, the objectives and their tasks, the events to come (MSEL)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal, Self, get_args

import pydantic

from sispamkota.inputs import Model

from .fields import Name

__all__ = ["MEASURED", "WIB", "Carried", "ExerciseFile", "Item", "Measured", "Moment", "Objective", "Reached", "Task"]

WIB = timezone(timedelta(hours=7))  # scenarios start at an hour of western Indonesia (variables.toml)

# What a log itself says of a task: docs/how-to/review-an-exercise.md tells how each is counted.
Measured = Literal[
    "first_contact", "force_reasons", "answers", "hand_over", "line", "police", "fire", "ambulance", "hospital_board",
    "voting", "notices", "commitments",
]  # fmt: skip
MEASURED: tuple[Measured, ...] = get_args(Measured)


def _in_wib(moment: datetime) -> datetime:
    """Give a moment of the wall in western Indonesian time; one without an offset is meant so."""
    return moment.replace(tzinfo=WIB) if moment.tzinfo is None else moment.astimezone(WIB)


Moment = Annotated[datetime, pydantic.Field(strict=False), pydantic.AfterValidator(_in_wib)]


class Task(Model):
    """Describe a critical task: what must be done, by which role, and the standard against which it is rated.

    `measured`: what the log says of it, beside the evaluator's rating and never in its place. `limit_min`: the
    standard in minutes, for answers, hand-overs and the hospital board.
    """

    id: str
    title_id: str
    title_en: str
    role: str
    standard_id: str = ""
    standard_en: str = ""
    measured: tuple[Measured, ...] = ()
    limit_min: float | None = pydantic.Field(default=None, gt=0)


class Objective(Model):
    """Describe an objective of the exercise and its critical tasks."""

    id: str
    title_id: str
    title_en: str
    tasks: tuple[Task, ...] = pydantic.Field(min_length=1)


class Reached(Model):
    """Say when a conditional event of the list comes: once a place where people gather has reached a stage."""

    place: Name
    stage: Literal["kuning", "merah"]


class Item(Model):
    """Describe an event of the list (MSEL): a message to roles at a minute, or `when` a place has reached a stage.

    With neither it is ready on the shelf. `expected` says what the players should do. What happens in the city stands
    in the scenario.
    """

    id: str
    at_min: float | None = pydantic.Field(default=None, ge=0)
    when: Reached | None = None
    to: tuple[str, ...] = pydantic.Field(min_length=1)
    text_id: str
    text_en: str
    expected_id: str = ""
    expected_en: str = ""

    @pydantic.model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if self.at_min is not None and self.when is not None:
            raise ValueError("give at most one of at_min and when")
        return self


class Carried(Model):
    """Describe an item of an earlier exercise's improvement plan: from which one (`origin`), open or closed by then."""

    id: str
    origin: str
    text: str
    owner: str
    due: str = pydantic.Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    state: Literal["open", "closed"]
    evidence: str = ""


class ExerciseFile(Model):
    """Describe an exercise: a scenario played live under a plan in a city, with one luck; or an operation.

    An operation (`mode`) takes place: its clock is the wall's, from `starts` on, at the scenario's hour of the day.
    Nothing in it is simulated; scenario and plan say which places and units there are.
    `force_free` is the stage of the use of force up to which a commander at a desk needs nobody's leave; beyond it a
    request is answered by a named authority. `notice_h`: hours before an assembly by which its notice is due.
    `old_min`: minutes after which a report of an operation is shown as old (assumed; 15 to 120 is as plausible).
    `follows`: the exercise, and the head of its log, whose improvement plan this one starts from (`carried`).
    """

    kind: Literal["exercise"]
    version: Literal[1]
    mode: Literal["exercise", "operation"] = "exercise"
    starts: Moment | None = None
    name: str = pydantic.Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title_id: str = pydantic.Field(min_length=1)
    title_en: str = pydantic.Field(min_length=1)
    scenario: str
    plan: str
    city: str
    seed: int = pydantic.Field(default=1, ge=0, lt=2**63)
    replicate: int = pydantic.Field(default=0, ge=0, lt=1_000_000)
    force_free: int = pydantic.Field(default=3, ge=1, le=4)
    notice_h: float = pydantic.Field(default=72.0, ge=0)
    old_min: float = pydantic.Field(default=60.0, gt=0)
    source: str = pydantic.Field(min_length=1)
    quality: Literal["official", "reported", "estimated", "assumed"]
    objectives: tuple[Objective, ...] = ()
    items: tuple[Item, ...] = ()
    follows: str = ""
    carried: tuple[Carried, ...] = ()

    @pydantic.model_validator(mode="after")
    def _of_one_mode(self) -> Self:
        if (self.mode == "operation") != (self.starts is not None):
            raise ValueError("an operation says when it starts (starts), an exercise does not")
        if self.mode == "operation" and self.items:
            raise ValueError("an operation has no list of events (items): nothing in it is played")
        return self

    @pydantic.model_validator(mode="after")
    def _once(self) -> Self:
        tasks = [task.id for objective in self.objectives for task in objective.tasks]
        items, carried = [item.id for item in self.items], [item.id for item in self.carried]
        for what, names in (("task", tasks), ("item", items), ("carried item", carried)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"each {what} needs a name of its own: {', '.join(twice)} stands twice")
        return self
