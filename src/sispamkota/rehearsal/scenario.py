"""The scenario: where people gather, what happens by time, phase or condition, for how long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sispamkota import schema
from sispamkota.errors import Fault, Faults, InputError, suggest
from sispamkota.inputs import Document, locate, read_yaml, validate
from sispamkota.manifest import Manifest
from sispamkota.schema import Assumption
from sispamkota.show import Table, html_table, text_table

from .scenario_file import ScenarioFile, Wave

if TYPE_CHECKING:
    from .site_rates import SiteRates

__all__ = ["LISTS", "Scenario", "span_of"]

LISTS = {"places": ("at", "each"), "gatherings": ("id",), "injects": ("id",), "closures": ("at",), "phases": ("id",)}


@dataclass(frozen=True)
class Scenario:
    """Hold a scenario that is in order in itself; whether its places exist, the city says (`setting`)."""

    file: ScenarioFile
    path: Path
    bases: tuple[Path, ...] = ()  # the scenarios that it extends, the nearest first
    rates: SiteRates | None = None  # of the office of a site, in place of the city's
    _where: dict[tuple[str | int, ...], str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, name: str | Path) -> Scenario:
        """Read a scenario by its embedded name or from a file; raises InputError with every fault."""
        document, faults = read_yaml(locate(name, "scenarios")), Faults()
        document, where = _extended(document)
        content = validate(ScenarioFile, document, faults)
        if content is None:
            raise InputError(faults)
        scenario = cls(content, document.path, _bases(document), _where=where)
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

    def at_site(self, rates: SiteRates) -> Scenario:
        """Give the same scenario with the perimeter and the leaving of a site's office by the rates measured there."""
        return replace(self, rates=rates)

    def where(self, key: str, i: int) -> str:
        """Say in which line of the file an item of a list stands."""
        return self._where.get((key, i), self._where.get((key,), str(self.path)))

    def _check(self, faults: Faults) -> None:
        """Collect what the file's parts say against each other."""
        self._check_names(faults)
        places = {place.at or place.each for place in self.file.places}
        for key, i, ref in self._crowd_references():
            if ref not in places and not self._in_each(ref):
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
            faults.extend(replace(each, where=self._line_of(each.where)) for each in error.faults)
        self._check_phases(faults)

    def _line_of(self, parameter: str) -> str:
        """Say in which line a parameter stands, by its word in the registry's faults ("parameters.beta")."""
        key = ("parameters", parameter.removeprefix("parameters."))
        return self._where.get(key, self._where.get(key[:1], str(self.path)))

    def _in_each(self, ref: str) -> bool:
        """Say whether a word may name one of the areas that a place with `each` stands for; the city says which."""
        return ref not in ("kelurahan", "kecamatan") and any(place.each for place in self.file.places)

    def _check_phases(self, faults: Faults) -> None:
        """Collect phases that are unknown, that follow themselves, and waves that overlap."""
        known = {phase.id for phase in self.file.phases}
        uses = [("phases", i, phase.after) for i, phase in enumerate(self.file.phases)]
        uses += [("injects", i, inject.phase) for i, inject in enumerate(self.file.injects)]
        uses += [("closures", i, closure.phase) for i, closure in enumerate(self.file.closures)]
        uses += [("gatherings", i, wave.phase) for i, each in enumerate(self.file.gatherings) for wave in each.arrive]
        unknown = [(key, i, ref) for key, i, ref in uses if ref is not None and ref not in known]
        for key, i, ref in unknown:
            remedy = suggest(ref, known) if known else "List it under phases: first."
            faults.add(where=self.where(key, i), field=f"{key}.{i}", expected="a phase", got=f'"{ref}"', remedy=remedy)
        if unknown or faults:
            return
        try:
            timeline = self.timeline
        except RecursionError:
            remedy = "Let one of them start at from_min."
            faults.add(
                where=str(self.path), field="phases", expected="a first phase", got="phases in a ring", remedy=remedy
            )
            return
        for i, each in enumerate(self.file.gatherings):
            spans = sorted(span_of(wave, timeline) for wave in each.arrive)
            if any(a[1] > b[0] + 1e-6 for a, b in pairwise(spans)):
                where, remedy = self.where("gatherings", i), "Move one of them."
                faults.add(
                    where=where, field=f"gatherings.{i}", expected="waves apart", got="an overlap", remedy=remedy
                )

    def _check_names(self, faults: Faults) -> None:
        """Collect names that stand twice."""
        for key in ("gatherings", "injects", "places", "phases"):
            seen: set[str] = set()
            for i, item in enumerate(getattr(self.file, key)):
                name = item.at or item.each if key == "places" else item.id
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
        refs = [("gatherings", i, each.at or each.each or "") for i, each in enumerate(self.file.gatherings)]
        for i, inject in enumerate(self.file.injects):
            if inject.do != "incident":
                refs.append(("injects", i, inject.at))
            if inject.when is not None:
                refs.append(("injects", i, inject.when.place))
        for i, closure in enumerate(self.file.closures):
            if closure.when is not None:
                refs.append(("closures", i, closure.when.place))
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
        if self.file.duration_min is not None:
            return self.file.duration_min * 60.0
        return max(end for _, end in self.timeline.values())

    @property
    def timeline(self) -> dict[str, tuple[float, float]]:
        """Give when each phase starts and ends, seconds; raises RecursionError where phases follow one another."""
        phases = {phase.id: phase for phase in self.file.phases}
        contests = schema.parameters(self.file.parameters)["contests"]

        def span(name: str) -> tuple[float, float]:
            phase = phases[name]
            start = span(phase.after)[1] if phase.after is not None else (phase.from_min or 0.0) * 60.0
            return start, start + 60.0 * (phase.minutes or (phase.per_contest_min or 0.0) * contests)

        return {name: span(name) for name in phases}

    @property
    def tension(self) -> list[tuple[float, float]]:
        """Give (time, tension) wherever the tension changes, from the start; empty where it is 1 throughout."""
        spans = [(*self.timeline[phase.id], phase.tension) for phase in self.file.phases if phase.tension != 1.0]
        steps: list[tuple[float, float]] = []
        for time in sorted({edge for start, end, _ in spans for edge in (start, end)}):
            value = math.prod(tension for start, end, tension in spans if start <= time < end)
            steps.append((time, value))
        return steps

    @property
    def manifest(self) -> Manifest:
        """Say what the scenario was read from."""
        return Manifest.collect(inputs=self.inputs)

    @property
    def inputs(self) -> dict[str, Path]:
        """Name the files that it was read from."""
        out = {"scenario": self.path} | {f"scenario.base{n}": path for n, path in enumerate(self.bases)}
        measured = None if self.rates is None else self.rates.path
        return out if measured is None else out | {"site-rates": measured}

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

    def _rows(self) -> Table:
        """Give title, header and a row a gathering, for text and page alike."""
        file = self.file
        title = f"{file.name}: {file.title_en} ({self.horizon / 60:g} min, {len(file.gatherings)} gatherings)"
        rows = [(each.id, each.at or f"each {each.each}", each.people, f"{each.spread:g}") for each in file.gatherings]
        return title, ("gathering", "at", "people, median", "spread"), rows

    def __str__(self) -> str:
        """Print the scenario in a line, then its gatherings."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def span_of(wave: Wave, timeline: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    """Give when a wave starts and ends, seconds."""
    if wave.phase is None:
        return (wave.from_min or 0.0) * 60.0, (wave.to_min or 0.0) * 60.0
    start, end = timeline[wave.phase]
    return start + wave.from_part * (end - start), start + wave.to_part * (end - start)


def _extended(document: Document) -> tuple[Document, dict[tuple[str | int, ...], str]]:
    """Lay a scenario over the one that it extends, if any; say also where each item of a list stands."""
    own: dict[tuple[str | int, ...], str] = {
        (key,): document.where(key) for key in ("parameters", "hazards", "closures", "screening")
    }
    set_here = document.data.get("parameters")
    own |= {("parameters", name): document.where("parameters", name) for name in _words(set_here)}
    base_name = document.data.get("extends")
    rows = {key: document.data.get(key) for key in LISTS}
    for key, items in rows.items():
        own |= {(key, i): document.where(key, i) for i in range(len(items) if isinstance(items, list) else 0)}
    if not isinstance(base_name, str):
        return document, own
    path = _bases(document)[0]
    Scenario.load(path)  # its own faults, on its own lines
    base, where = _extended(read_yaml(path))
    data: dict[str, Any] = {**base.data, **document.data}
    moved = {loc: line for loc, line in document.lines.items() if loc[:1] == loc or loc[0] not in LISTS}
    where |= {loc: line for loc, line in own.items() if loc[0] not in LISTS}
    for key, items in rows.items():
        if not isinstance(items, list):
            continue
        merged = [*base.data.get(key, [])] if isinstance(base.data.get(key), list) else []
        for i, item in enumerate(items):
            at = next((n for n, old in enumerate(merged) if _same(key, old, item)), len(merged))
            merged[at : at + 1] = [item]
            where[(key, at)] = own[(key, i)]
            moved |= {(key, at, *loc[2:]): line for loc, line in document.lines.items() if loc[:2] == (key, i)}
        data[key] = merged
    both = (base.data.get("parameters"), document.data.get("parameters"))
    if all(isinstance(part, dict) for part in both):
        data["parameters"] = {**both[0], **both[1]}  # type: ignore[dict-item]
    return replace(document, data=data, lines=moved), where


def _bases(document: Document) -> tuple[Path, ...]:
    """Follow `extends`, the nearest first; raises InputError where scenarios extend one another in a ring."""
    found, each = list[Path](), document
    while isinstance(name := each.data.get("extends"), str):
        path = _base(name, each)
        if path.resolve() in [known.resolve() for known in (document.path, *found)]:
            got, remedy = f"{path.name} again", "Let one of the scenarios extend no other."
            raise InputError([Fault(each.where("extends"), "extends", "a scenario before it", got, remedy)])
        found.append(path)
        each = read_yaml(path)
    return tuple(found)


def _base(name: str, document: Document) -> Path:
    """Find the scenario that a file extends: an embedded name, or a file beside it."""
    beside = document.path.parent / name
    if beside.suffix and beside.exists():
        return beside
    try:
        return locate(name, "scenarios")
    except InputError as error:
        raise InputError([replace(each, where=document.where("extends")) for each in error.faults]) from None


def _words(mapping: Any) -> list[str]:
    """Give the keys of what may be a mapping."""
    return [str(key) for key in mapping] if isinstance(mapping, dict) else []


def _same(key: str, old: Any, new: Any) -> bool:
    """Say whether two items of a list bear one name."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    return any(name in old and old.get(name) == new.get(name) for name in LISTS[key])
