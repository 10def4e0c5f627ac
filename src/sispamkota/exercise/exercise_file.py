"""What an exercise file may say: what is played where, the objectives and their tasks, the events to come (MSEL)."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from sispamkota.inputs import Model

__all__ = ["ExerciseFile", "Item", "Objective", "Task"]


class Task(Model):
    """Describe a critical task: what must be done, by which role, and the standard against which it is rated."""

    id: str
    title_id: str
    title_en: str
    role: str
    standard_id: str = ""
    standard_en: str = ""


class Objective(Model):
    """Describe an objective of the exercise and its critical tasks."""

    id: str
    title_id: str
    title_en: str
    tasks: tuple[Task, ...] = pydantic.Field(min_length=1)


class Item(Model):
    """Describe an event of the list (MSEL): a message to roles at a minute, or ready on the shelf without one.

    `expected` says what the players should do. What happens in the city stands in the scenario.
    """

    id: str
    at_min: float | None = pydantic.Field(default=None, ge=0)
    to: tuple[str, ...] = pydantic.Field(min_length=1)
    text_id: str
    text_en: str
    expected_id: str = ""
    expected_en: str = ""


class ExerciseFile(Model):
    """Describe an exercise: a scenario played live under a plan in a city, with one luck.

    `force_free` is the stage of the use of force up to which a commander at a desk needs nobody's leave; beyond it a
    request is answered by a named authority. `notice_h`: hours before an assembly by which its notice is due.
    """

    kind: Literal["exercise"]
    version: Literal[1]
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
    source: str = pydantic.Field(min_length=1)
    quality: Literal["official", "reported", "estimated", "assumed"]
    objectives: tuple[Objective, ...] = ()
    items: tuple[Item, ...] = ()

    @pydantic.model_validator(mode="after")
    def _once(self) -> Self:
        tasks = [task.id for objective in self.objectives for task in objective.tasks]
        for what, names in (("task", tasks), ("item", [item.id for item in self.items])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"each {what} needs a name of its own: {twice[0]} stands twice")
        return self
