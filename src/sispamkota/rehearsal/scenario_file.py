"""What a scenario file and the requirements may say: the models that files are checked against."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Literal, Self, TypeVar

import pydantic

from sispamkota.inputs import Model
from sispamkota.plan.answers import Stage

__all__ = [
    "Closure",
    "Condition",
    "Gathering",
    "Harm",
    "IncidentNeeds",
    "Inject",
    "Phase",
    "Place",
    "Requirements",
    "ScenarioFile",
    "Wave",
    "one_of",
]

Quality = Literal["official", "reported", "estimated", "assumed"]
Area = Literal["kelurahan", "kecamatan"]
M = TypeVar("M", bound=Model)


def one_of(model: M, *names: str) -> M:
    """Return a model of which exactly one of some fields is given; raises ValueError otherwise."""
    if sum(getattr(model, name) is not None for name in names) != 1:
        raise ValueError("give exactly one of " + ", ".join(names[:-1]) + " and " + names[-1])
    return model


class Place(Model):
    """Describe a place where people may gather; a protected one has a perimeter that violence wears down.

    `each` stands for every area of that level. `answer` names what its stages ask for (data/plan/answers.yaml).
    `volatility`, 0 to 1, says how readily people there turn violent against those of a protest (1): low for who only
    looks on.
    """

    at: str | None = None
    each: Area | None = None
    answer: str = "office"
    volatility: float = pydantic.Field(default=1.0, ge=0, le=1)
    protected: bool = False
    burnable: bool = False
    ballots: bool = False
    enclosed: bool = False
    peaceful: int = pydantic.Field(default=0, ge=0, le=100_000)
    violent: int = pydantic.Field(default=0, ge=0, le=100_000)

    @pydantic.model_validator(mode="after")
    def _somewhere(self) -> Self:
        return one_of(self, "at", "each")


class Phase(Model):
    """Describe a phase of the operation: when it starts, how long it lasts, and how tense the city is meanwhile.

    A length `per_contest_min` is taken once for each contest of the day (parameter `contests`). The tension multiplies
    unprompted violence and the hazards of trouble; phases at the same time multiply.
    """

    id: str
    from_min: float | None = pydantic.Field(default=None, ge=0)
    after: str | None = None
    minutes: float | None = pydantic.Field(default=None, gt=0)
    per_contest_min: float | None = pydantic.Field(default=None, gt=0)
    tension: float = pydantic.Field(default=1.0, ge=0, le=100)

    @pydantic.model_validator(mode="after")
    def _whole(self) -> Self:
        one_of(self, "from_min", "after")
        return one_of(self, "minutes", "per_contest_min")


class Wave(Model):
    """Say what share of a gathering arrives between two minutes, or two parts (0 to 1) of a phase, evenly."""

    from_min: float | None = pydantic.Field(default=None, ge=0)
    to_min: float | None = pydantic.Field(default=None, ge=0)
    phase: str | None = None
    from_part: float = pydantic.Field(default=0.0, ge=0, le=1)
    to_part: float = pydantic.Field(default=1.0, ge=0, le=1)
    share: float = pydantic.Field(gt=0, le=1)

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        one_of(self, "from_min", "phase")
        if (self.from_min is None) != (self.to_min is None):
            raise ValueError("give from_min and to_min together")
        if self.from_min is not None and self.to_min is not None and self.to_min <= self.from_min:
            raise ValueError("to_min must be later than from_min")
        if self.to_part <= self.from_part:
            raise ValueError("to_part must be later than from_part")
        return self


class Gathering(Model):
    """Describe a gathering: median size, geometric spread, and how it arrives; `camp` 0 or 1, never a name.

    With `each`, one of that size in every area of that level.
    """

    id: str
    at: str | None = None
    each: Area | None = None
    people: int = pydantic.Field(gt=0, le=100_000)
    spread: float = pydantic.Field(default=1.0, ge=1, le=3)
    camp: int = pydantic.Field(default=0, ge=0, le=1)
    arrive: tuple[Wave, ...] = pydantic.Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _one_whole(self) -> Self:
        one_of(self, "at", "each")
        if sum(wave.share for wave in self.arrive) > 1.0 + 1e-9:
            raise ValueError("the shares of the waves must sum to at most 1")
        fixed = sorted((w.from_min, w.to_min) for w in self.arrive if w.from_min is not None and w.to_min is not None)
        if any(a[1] > b[0] for a, b in pairwise(fixed)):
            raise ValueError("the waves must not overlap")
        return self


class Condition(Model):
    """Say when a conditional inject plays: minutes after a place reaches a stage."""

    place: str
    stage: Stage
    after_min: float = pydantic.Field(default=0, ge=0)


class Inject(Model):
    """Describe an inject: at a minute, a part (0 to 1) of a phase or on a condition, something happens at a place."""

    id: str
    at: str
    do: Literal["provoke", "incident", "ask_to_leave"]
    at_min: float | None = pydantic.Field(default=None, ge=0)
    phase: str | None = None
    part: float = pydantic.Field(default=0.0, ge=0, le=1)
    when: Condition | None = None
    people: int = pydantic.Field(default=0, ge=0, le=100_000)
    incident: str | None = None

    @pydantic.model_validator(mode="after")
    def _whole(self) -> Self:
        one_of(self, "at_min", "phase", "when")
        if (self.do == "provoke") != (self.people > 0):
            raise ValueError("provoke needs people above 0, and nothing else takes people")
        if (self.do == "incident") != (self.incident is not None):
            raise ValueError("do: incident needs incident: a kind, and nothing else takes one")
        return self


class Closure(Model):
    """Close every street whose middle lies within a radius of a place.

    For the whole scenario, between two minutes, during a phase, or from a stage of a place on for so many minutes.
    """

    at: str
    radius_m: float = pydantic.Field(gt=0, le=5_000)
    from_min: float | None = pydantic.Field(default=None, ge=0)
    to_min: float | None = pydantic.Field(default=None, ge=0)
    phase: str | None = None
    when: Condition | None = None
    for_min: float | None = pydantic.Field(default=None, gt=0)

    @pydantic.model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(each is not None for each in (self.from_min, self.phase, self.when)) > 1:
            raise ValueError("give at most one of from_min, phase and when")
        if (self.from_min is None) != (self.to_min is None) or (self.when is None) != (self.for_min is None):
            raise ValueError("give from_min with to_min, and when with for_min")
        if self.from_min is not None and self.to_min is not None and self.to_min <= self.from_min:
            raise ValueError("to_min must be later than from_min")
        return self

    @property
    def lasting(self) -> bool:
        """Say whether it is in force for the whole scenario."""
        return self.from_min is None and self.phase is None and self.when is None


class ScenarioFile(Model):
    """Describe a scenario file.

    `extends` names a scenario whose parts it takes over: a part of the same name is replaced, the others stay. Without
    `duration_min` the scenario ends with its last phase. `screening` lists the points at the city's edge where arrivals
    are screened; `hazards` the risk maps whose hazards strike. `plan` names the plan that it was written for.
    """

    kind: Literal["scenario"]
    version: Literal[1]
    name: str = pydantic.Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title_id: str = pydantic.Field(min_length=1)
    title_en: str = pydantic.Field(min_length=1)
    start: datetime
    duration_min: float | None = pydantic.Field(default=None, gt=0, le=60 * 24 * 400)
    extends: str | None = None
    plan: str | None = None
    phases: tuple[Phase, ...] = ()
    screening: tuple[str, ...] = ()
    source: str = pydantic.Field(min_length=1)
    quality: Quality
    places: tuple[Place, ...] = ()
    gatherings: tuple[Gathering, ...] = ()
    injects: tuple[Inject, ...] = ()
    closures: tuple[Closure, ...] = ()
    hazards: str | tuple[str, ...] | None = None
    parameters: dict[str, float] = pydantic.Field(default_factory=dict)
    draw_parameters: bool = False

    @pydantic.model_validator(mode="after")
    def _ends(self) -> Self:
        if self.duration_min is None and not self.phases:
            raise ValueError("give duration_min, or phases")
        return self


class Harm(Model):
    """Count people hurt per hour before the work on an incident begins, and after."""

    before: float = pydantic.Field(default=0.0, ge=0, le=100)
    after: float = pydantic.Field(default=0.0, ge=0, le=100)


class IncidentNeeds(Model):
    """Describe what a kind of incident asks for and how long it takes.

    `starts` says whether the work begins with the first unit or when all are there. `harm_per_h` counts people hurt an
    hour before the work begins, and after. It ends by itself after `fades_min` (median; 0: never) unless the work has
    begun. `effect` says what the incident costs as long as it lasts.
    """

    service: Literal["police", "fire", "ambulance"] | None = None
    priority: int = pydantic.Field(default=1, ge=1, le=4)
    needs: dict[str, int] = pydantic.Field(default_factory=dict)
    work_min: float = pydantic.Field(default=0, ge=0)
    spread: float = pydantic.Field(default=1, ge=1, le=4)
    call_min: float = pydantic.Field(default=0, ge=0)
    patients: int = pydantic.Field(default=0, ge=0, le=15)
    starts: Literal["first", "all"] = "first"
    harm_per_h: Harm = Harm()
    fades_min: float = pydantic.Field(default=0, ge=0)
    effect: Literal["none", "closes_tps", "holds_ballots", "holds_people"] = "none"


class Requirements(Model):
    """Describe what each kind of incident asks for."""

    kind: Literal["requirements"]
    version: Literal[1]
    source: str
    quality: Quality
    incidents: dict[str, IncidentNeeds]
