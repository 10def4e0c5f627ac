"""What an exercise is played in: the scenario's own world, with room for what the controller lets happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sispamkota.errors import Fault, Faults, InputError, shown, suggest
from sispamkota.inputs import locate, read_yaml, validate
from sispamkota.kernels import layout as at
from sispamkota.kernels._compile import sources_digest
from sispamkota.manifest import Manifest
from sispamkota.place import City
from sispamkota.plan.plan import Plan
from sispamkota.rehearsal import Scenario, Setting
from sispamkota.rehearsal.arena import Arena
from sispamkota.rehearsal.happenings import CAPABILITIES
from sispamkota.rehearsal.specs import InjectSpec, WorldSpec
from sispamkota.rehearsal.story import Names
from sispamkota.rehearsal.tables import build_tables, digest_of
from sispamkota.streams import SCHEME

from .exercise_file import ExerciseFile
from .file_checks import check_document
from .roles import request_kinds

__all__ = ["LIVE", "Setup", "check_start", "load_exercise", "make_setup"]

LIVE = 400  # injects that the controller of one exercise can let happen
_WAITS = "vandalism"  # the kind of an inject that has not been written yet


@dataclass(frozen=True, eq=False)
class Setup:
    """Hold an exercise's file and the world that it is played in; `first` is the first row of the controller's."""

    file: ExerciseFile
    scenario: Scenario
    city: City
    setting: Setting
    spec: WorldSpec
    first: int

    def tables(self) -> Any:
        """Build tables of one's own: what the controller lets happen is written into them, in an operation nothing."""
        return self._still if self.real else build_tables(self.spec)

    @cached_property
    def _still(self) -> Any:
        return build_tables(self.spec)

    @cached_property
    def _world(self) -> str:
        return digest_of(self._still)

    @cached_property
    def names(self) -> Names:
        """Give the names behind the engine's numbers."""
        spec = self.spec
        return Names(
            places=tuple(place.id for place in spec.places),
            crowds=tuple(crowd.place for crowd in spec.crowds),
            units=tuple(unit.id for unit in spec.units),
            kinds=self.setting.kinds,
            injects=tuple(inject.id for inject in spec.injects),
            hospitals=tuple(hospital.id for hospital in spec.hospitals),
        )

    @cached_property
    def agencies(self) -> Mapping[str, str]:
        """Give the agency of each unit of the world, by its id or that of the whole it is a part of."""
        agency = {unit.id: unit.agency for unit in self.setting.plan.force.units}
        return {unit.id: agency[unit.id.split("/")[0]] for unit in self.spec.units}

    @cached_property
    def desks(self) -> Mapping[str, int]:
        """Give the engine's number of each agency's desk."""
        return {self.agencies[unit.id]: unit.desk for unit in self.spec.units}

    @cached_property
    def stations(self) -> Mapping[str, tuple[str, ...]]:
        """Give the codes of the TPS of each kelurahan."""
        areas: dict[str, list[str]] = {}
        for area, code in zip(self.city.tps["kode_kel"].astype(str), self.city.tps["id"].astype(str), strict=True):
            areas.setdefault(area, []).append(code)
        return {area: tuple(codes) for area, codes in areas.items()}

    @cached_property
    def tps(self) -> frozenset[str]:
        """Give the codes of the city's TPS."""
        return frozenset(self.city.tps["id"].astype(str))

    @cached_property
    def _can(self) -> Mapping[str, frozenset[str]]:
        able = CAPABILITIES.items()
        return {unit.id: frozenset(name for name, cap in able if cap in unit.caps) for unit in self.spec.units}

    def can(self, unit: str) -> frozenset[str]:
        """Say what a unit can do."""
        return self._can[unit]

    @property
    def real(self) -> bool:
        """Say whether it is an operation: nothing in it is simulated."""
        return self.file.mode == "operation"

    @property
    def start(self) -> datetime:
        """Say when it starts, local time without an offset: an operation by its file, an exercise by its scenario."""
        if self.file.starts is not None:
            return self.file.starts.replace(tzinfo=None)
        return self.scenario.file.start

    def title(self, lang: str) -> str:
        """Say what the exercise is, in "id" or "en"."""
        return self.file.title_id if lang == "id" else self.file.title_en

    def to_dict(self) -> dict[str, Any]:
        """Give what the log keeps of it as plain JSON values."""
        return {
            "title": self.file.title_en,
            "file": self.file.model_dump(mode="json"),
            "world": self._world,
            "engine": sources_digest(),
            "horizon_s": self.scenario.horizon,
        }

    @cached_property
    def manifest(self) -> Manifest:
        """Say what the exercise is made of."""
        return Manifest.collect(
            inputs=self.scenario.inputs,
            seed=self.file.seed,
            streams_scheme=SCHEME,
            parents=[self.city.manifest],
            settings={name: getattr(self.file, name) for name in ("scenario", "plan", "city", "replicate")},
        )


def load_exercise(name: str | Path, *, private: bool = True) -> ExerciseFile:
    """Read an exercise file by its embedded name or its path; raises InputError with every fault.

    `private` False: texts that say something of a person are taken, as of a file that has been played before.
    """
    document, faults = read_yaml(locate(name, "exercise")), Faults()
    file = validate(ExerciseFile, document, faults)
    check_document(document, faults, private=private)
    if file is None or faults:
        raise InputError(list(dict.fromkeys(faults)))
    return file


def make_setup(file: ExerciseFile) -> Setup:
    """Set an exercise in its city; raises InputError with everything that does not fit.

    Every kelurahan and venue is a place of the world, so that something can happen there; until it does they change
    nothing. The same seed and nobody at a desk give the rehearsal's replicate.
    """
    city, scenario, plan = City.load(file.city), Scenario.load(file.scenario), Plan.load(file.plan)
    check_start(file, scenario)
    also = [*city.kelurahan["kode"].astype(str), *city.venues["ref"].astype(str)]
    arena = Arena.make(scenario, plan, city, also=also)
    somewhere = arena.spec.places[0].id
    live = [
        InjectSpec(f"live/{n}", at.MAKE_INCIDENT, somewhere, kind=_WAITS, gathering=f"live/{n}") for n in range(LIVE)
    ]
    spec = replace(arena.spec, injects=[*arena.spec.injects, *live])
    request_kinds()
    _check_conditions(file, [crowd.place for crowd in arena.spec.crowds])
    return Setup(file, scenario, city, arena.setting, spec, len(arena.spec.injects))


def _check_conditions(file: ExerciseFile, crowds: Sequence[str]) -> None:
    """Refuse events that wait for the stage of a place where the scenario lets nobody gather."""
    faults = Faults()
    for n, item in enumerate(file.items):
        if item.when is not None and item.when.place not in crowds:
            faults.add(
                where=file.name,
                field=f"items[{n}].when.place",
                expected="a place where people gather in this scenario",
                got=shown(item.when.place),
                remedy=suggest(item.when.place, crowds),
            )
    faults.raise_if_any()


def check_start(file: ExerciseFile, scenario: Scenario) -> None:
    """Refuse an operation that starts at another hour of the day than its scenario, whose phases have their hours."""
    hour = scenario.file.start.time()
    if file.starts is not None and file.starts.time() != hour:
        remedy = "Start it at the scenario's hour, on the day on which it takes place."
        expected, got = f"{hour:%H:%M} WIB, as in {file.scenario}", f"{file.starts:%H:%M}"
        raise InputError([Fault(file.name, "starts", expected, got, remedy)])
