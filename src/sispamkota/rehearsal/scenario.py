"""The scenario: where people gather, what happens by time or condition, for how long."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

import pydantic

from sispamkota import schema
from sispamkota.errors import Faults, InputError
from sispamkota.inputs import Model, locate, read_yaml, validate
from sispamkota.manifest import Manifest
from sispamkota.schema import Assumption

__all__ = [
    "Closure",
    "Condition",
    "Gathering",
    "IncidentNeeds",
    "Inject",
    "Place",
    "Requirements",
    "Scenario",
    "ScenarioFile",
    "Wave",
]

Stage = Literal["hijau", "kuning", "merah"]
Quality = Literal["official", "reported", "estimated", "assumed"]


class Place(Model):
    """Describe a place where people may gather; a protected one has a perimeter that violence wears down."""

    at: str
    protected: bool = False
    burnable: bool = False
    ballots: bool = False
    enclosed: bool = False
    peaceful: int = pydantic.Field(default=0, ge=0, le=100_000)
    violent: int = pydantic.Field(default=0, ge=0, le=100_000)


class Wave(Model):
    """Say what share of a gathering arrives between two minutes, evenly."""

    from_min: float = pydantic.Field(ge=0)
    to_min: float = pydantic.Field(ge=0)
    share: float = pydantic.Field(gt=0, le=1)

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_min <= self.from_min:
            raise ValueError("to_min must be later than from_min")
        return self


class Gathering(Model):
    """Describe a gathering: median size, geometric spread, and how it arrives; `camp` 0 or 1, never a name."""

    id: str
    at: str
    people: int = pydantic.Field(gt=0, le=100_000)
    spread: float = pydantic.Field(default=1.0, ge=1, le=3)
    camp: int = pydantic.Field(default=0, ge=0, le=1)
    arrive: tuple[Wave, ...] = pydantic.Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _one_whole(self) -> Self:
        waves = sorted(self.arrive, key=lambda wave: wave.from_min)
        if sum(wave.share for wave in waves) > 1.0 + 1e-9:
            raise ValueError("the shares of the waves must sum to at most 1")
        if any(a.to_min > b.from_min for a, b in pairwise(waves)):
            raise ValueError("the waves must not overlap")
        return self


class Condition(Model):
    """Say when a conditional inject plays: minutes after a place reaches a stage."""

    place: str
    stage: Stage
    after_min: float = pydantic.Field(default=0, ge=0)


class Inject(Model):
    """Describe an inject: at a minute or on a condition, something happens at a place."""

    id: str
    at: str
    do: Literal["provoke", "incident", "ask_to_leave"]
    at_min: float | None = pydantic.Field(default=None, ge=0)
    when: Condition | None = None
    people: int = pydantic.Field(default=0, ge=0, le=100_000)
    incident: str | None = None

    @pydantic.model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.at_min is None) == (self.when is None):
            raise ValueError("give exactly one of at_min and when")
        if (self.do == "provoke") != (self.people > 0):
            raise ValueError("provoke needs people above 0, and nothing else takes people")
        if (self.do == "incident") != (self.incident is not None):
            raise ValueError("do: incident needs incident: a kind, and nothing else takes one")
        return self


class Closure(Model):
    """Close every street whose middle lies within a radius of a place, for the whole scenario."""

    at: str
    radius_m: float = pydantic.Field(gt=0, le=5_000)


class ScenarioFile(Model):
    """Describe a scenario file."""

    kind: Literal["scenario"]
    version: Literal[1]
    name: str = pydantic.Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title_id: str = pydantic.Field(min_length=1)
    title_en: str = pydantic.Field(min_length=1)
    start: datetime
    duration_min: float = pydantic.Field(gt=0, le=60 * 24 * 400)
    source: str = pydantic.Field(min_length=1)
    quality: Quality
    places: tuple[Place, ...] = ()
    gatherings: tuple[Gathering, ...] = ()
    injects: tuple[Inject, ...] = ()
    closures: tuple[Closure, ...] = ()
    hazards: str | None = None
    parameters: dict[str, float] = pydantic.Field(default_factory=dict)
    draw_parameters: bool = False


class IncidentNeeds(Model):
    """Describe what a kind of incident asks for and how long it takes."""

    service: Literal["police", "fire", "ambulance"] | None = None
    priority: int = pydantic.Field(default=1, ge=1, le=4)
    needs: dict[str, int] = pydantic.Field(default_factory=dict)
    work_min: float = pydantic.Field(default=0, ge=0)
    spread: float = pydantic.Field(default=1, ge=1, le=4)
    call_min: float = pydantic.Field(default=0, ge=0)
    patients: int = pydantic.Field(default=0, ge=0, le=15)


class Requirements(Model):
    """Describe what each stage and each kind of incident asks for."""

    kind: Literal["requirements"]
    version: Literal[1]
    source: str
    quality: Quality
    stages: dict[Stage, dict[str, int]]
    incidents: dict[str, IncidentNeeds]


@dataclass(frozen=True)
class Scenario:
    """Hold a scenario that is in order in itself; whether its places exist, the city says (`setting`)."""

    file: ScenarioFile
    path: Path
    _where: dict[tuple[str | int, ...], str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, name: str | Path) -> Scenario:
        """Read a scenario by its embedded name or from a file; raises InputError with every fault."""
        document, faults = read_yaml(locate(name, "scenarios")), Faults()
        content = validate(ScenarioFile, document, faults)
        if content is None:
            raise InputError(faults)
        where: dict[tuple[str | int, ...], str] = {}
        where |= {(key, i): document.where(key, i) for key in _LISTS for i in range(len(getattr(content, key)))}
        where[("parameters",)] = document.where("parameters")
        scenario = cls(content, document.path, where)
        scenario._check(faults)
        faults.raise_if_any()
        return scenario

    def vary(self, **parameters: float) -> Scenario:
        """Give the same scenario with other parameters (variables.toml); raises InputError outside their ranges."""
        schema.parameters(parameters)
        file = self.file.model_copy(update={"parameters": self.file.parameters | parameters})
        return replace(self, file=file)

    def uncertain(self) -> Scenario:
        """Give the same scenario with every replicate drawing its parameters from their ranges."""
        return replace(self, file=self.file.model_copy(update={"draw_parameters": True}))

    def where(self, key: str, i: int) -> str:
        """Say in which line of the file an item of a list stands."""
        return self._where.get((key, i), str(self.path))

    def _check(self, faults: Faults) -> None:
        """Collect what the file's parts say against each other."""
        self._check_names(faults)
        places = {place.at for place in self.file.places}
        for key, i, ref in self._crowd_references():
            if ref not in places:
                remedy = "List it under places: first, by the same word."
                faults.add(
                    where=self.where(key, i),
                    field=f"{key}.{i}",
                    expected="a place of this scenario",
                    got=f'"{ref}"',
                    remedy=remedy,
                )
        try:
            schema.parameters(self.file.parameters)
        except InputError as error:
            faults.extend(error.faults)

    def _check_names(self, faults: Faults) -> None:
        """Collect names that stand twice."""
        for key in ("gatherings", "injects", "places"):
            seen: set[str] = set()
            for i, item in enumerate(getattr(self.file, key)):
                name = item.at if key == "places" else item.id
                if name in seen:
                    faults.add(
                        where=self.where(key, i),
                        field=f"{key}.{i}",
                        expected="a name used once",
                        got=f'"{name}" again',
                        remedy="Give it a name of its own, or take it out.",
                    )
                seen.add(name)

    def _crowd_references(self) -> list[tuple[str, int, str]]:
        """List every reference to a place where people gather: (list, row, word)."""
        refs = [("gatherings", i, gathering.at) for i, gathering in enumerate(self.file.gatherings)]
        for i, inject in enumerate(self.file.injects):
            if inject.do != "incident":
                refs.append(("injects", i, inject.at))
            if inject.when is not None:
                refs.append(("injects", i, inject.when.place))
        return refs

    @property
    def name(self) -> str:
        """Return the scenario's short name."""
        return self.file.name

    def title(self, lang: str) -> str:
        """Say what the scenario is, in "id" or "en"."""
        return self.file.title_id if lang == "id" else self.file.title_en

    @property
    def horizon(self) -> float:
        """Return how long the scenario lasts, seconds."""
        return self.file.duration_min * 60.0

    @property
    def manifest(self) -> Manifest:
        """Say what the scenario was read from."""
        return Manifest.collect(inputs={"scenario": self.path})

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """State which of the scenario's figures rest on assumption."""
        n = len(self.file.gatherings) + len(self.file.injects)
        if self.file.quality != "assumed" or n == 0:
            return ()
        return (
            Assumption(
                "scenario.figures",
                "Jumlah peserta, jam, dan kejadian dalam skenario ini asumsi; angka gladi tidak dipublikasikan",
                "Crowd sizes, times and events of this scenario are assumed; the drill's own were not published",
                "assumed",
                n,
            ),
        )

    def __str__(self) -> str:
        """Print the scenario in a few lines."""
        file = self.file
        return f"{file.name}: {file.title_en} ({file.duration_min:g} min, {len(file.gatherings)} gatherings)"


_LISTS = ("places", "gatherings", "injects", "closures")
