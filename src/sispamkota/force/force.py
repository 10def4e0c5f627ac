"""The force: who we have, in units of the size that doctrine gives, and what each unit can do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pydantic
import yaml

from sispamkota import store
from sispamkota.errors import Fault, Faults, InputError, suggest
from sispamkota.inputs import Document, Model, locate, read_yaml, validate
from sispamkota.manifest import Manifest
from sispamkota.plotting import axes_on, colour, place_axis, rows_high
from sispamkota.schema import Assumption
from sispamkota.show import html_table, text_table
from sispamkota.words import number, pick_language, words

from .doctrine import Doctrine, doctrine
from .units import ABSENCES, Duty, Name, Unit, UnitRow, make_units, unit_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from sispamkota.place import City

__all__ = ["Duty", "Force", "ForceFile", "Unit", "UnitRow", "find_homes", "read_force"]


class ForceFile(Model):
    """Describe a force file."""

    kind: Literal["force"]
    version: Literal[1]
    name: Name
    title: str = pydantic.Field(min_length=1)
    total: int = pydantic.Field(gt=0)
    on: str = pydantic.Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    source: str = pydantic.Field(min_length=1)
    quality: Literal["official", "reported", "estimated", "assumed"]
    units: tuple[UnitRow, ...] = pydantic.Field(min_length=1)


@dataclass(frozen=True)
class Force:
    """Hold everyone who takes part, unit by unit; `files` are what it was read from."""

    name: str
    title: str
    people: int
    on: str
    units: tuple[Unit, ...]
    source: str
    quality: str
    files: tuple[Path, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def load(cls, name: str | Path, *, own: Doctrine | None = None) -> Force:
        """Read a force by its embedded name, from a file, or from a folder that `save` wrote.

        `own` is the user's own doctrine: its kinds and agencies go before ours. Raises InputError with every fault.
        """
        faults = Faults()
        force = read_force(locate(name, "forces"), own=own, faults=faults)
        faults.raise_if_any()
        assert force is not None  # noqa: S101 -- no fault, so it is there
        return force

    @cached_property
    def manifest(self) -> Manifest:
        """Say what the force was read from."""
        return Manifest.collect(inputs={"force": self.files[0]} if self.files else {})

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """State what rests on assumption: the split of the people over units, where no source publishes it."""
        if self.quality != "assumed":
            return ()
        n = len(self.units)
        id_ = f"Pembagian {self.people} personel ke dalam {n} satuan tidak dipublikasikan; pembagian ini asumsi"
        en = f"The split of {self.people} people into {n} units is not published; this one is assumed"
        return (Assumption("force.split", id_, en, "assumed", n),)

    def unit(self, unit_id: str) -> Unit:
        """Look a unit up by its id; raises KeyError with the nearest known id."""
        for unit in self.units:
            if unit.id == unit_id:
                return unit
        raise KeyError(f'no unit "{unit_id}": {suggest(unit_id, [unit.id for unit in self.units])}')

    def at(self, day: date | str) -> Force:
        """Give the force of those units that are in the operation on a day; raises InputError where none is."""
        when = date.fromisoformat(day) if isinstance(day, str) else day
        units = tuple(unit for unit in self.units if unit.available(when))
        if not units:
            spans = sorted({f"{_iso(unit.since) or '…'} to {_iso(unit.until) or '…'}" for unit in self.units})
            expected, got = f"units on {when}", f"only {', '.join(spans)}"
            raise InputError([Fault(self.name, "day", expected, got, "Choose a day of the operation.")])
        people = sum(unit.people for unit in units)
        return replace(self, units=units, people=people, on=when.isoformat())

    def without(self, *units: str) -> Force:
        """Give the force without some units; raises KeyError for one that it does not have."""
        gone = sum(self.unit(unit).people for unit in set(units))
        kept = tuple(unit for unit in self.units if unit.id not in units)
        return replace(self, people=self.people - gone, units=kept)

    def to_table(self) -> pd.DataFrame:
        """Give one row a unit; capabilities joined by blanks."""
        import pandas as pd

        names = ("id", "agency", "kind", "people", "home", "vehicle", "level", "readiness", "armed", *ABSENCES)
        rows = [{name: getattr(unit, name) for name in names} for unit in self.units]
        days = {name: [_iso(getattr(unit, name)) for unit in self.units] for name in ("since", "until")}
        return pd.DataFrame(rows).assign(capabilities=[" ".join(unit.capabilities) for unit in self.units], **days)

    def to_yaml(self) -> str:
        """Write the force as a file that `load` reads back to an equal value."""
        units = [unit_row(unit) for unit in self.units]
        head: dict[str, Any] = {"kind": "force", "version": 1, "name": self.name, "title": self.title}
        head |= {"total": self.people, "on": self.on, "source": self.source, "quality": self.quality, "units": units}
        return yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=120)

    def save(self, folder: str | Path) -> None:
        """Write the force to a folder: force.yaml and its manifest."""
        store.save(self, folder)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw people by agency; gives the axes back."""
        t, (_, _, rows) = words(pick_language(None)), self._rows(pick_language(None))
        counts = [people for _, _, people in self._by_agency()]
        with axes_on(ax, high=rows_high(len(rows))) as axes:
            axes.barh(range(len(rows)), counts, height=0.6, color=colour("accent"))
            place_axis(axes, [agency for agency, _, _ in rows])
            axes.set_xlabel(t("roster.people"))
            axes.set_title(self.title)
        return axes

    def _by_agency(self) -> list[tuple[str, int, int]]:
        """Count (agency, units, people) in the order in which the agencies appear."""
        agencies = dict.fromkeys(unit.agency for unit in self.units)
        groups = [(agency, [unit for unit in self.units if unit.agency == agency]) for agency in agencies]
        return [(agency, len(units), sum(unit.people for unit in units)) for agency, units in groups]

    def _rows(self, lang: str = "en") -> tuple[str, tuple[str, ...], list[tuple[str, str, str]]]:
        t, known = words(lang), doctrine().agencies
        values = {"people": number(self.people, lang), "units": number(len(self.units), lang)}
        quality = t(f"norms.tag_{self.quality}")
        title = t("roster.force", name=self.name, quality=quality, source=self.source, **values)
        rows = [
            (
                str(getattr(known[agency], lang)) if agency in known else agency,
                number(units, lang),
                number(people, lang),
            )
            for agency, units, people in self._by_agency()
        ]
        return title, tuple(t(f"roster.{each}") for each in ("agency", "units", "people")), rows

    def tell(self, lang: str) -> str:
        """Write units and people by agency in a language."""
        return text_table(*self._rows(lang))

    def __str__(self) -> str:
        """Print units and people by agency."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def find_homes(units: Sequence[Unit], city: City, faults: Faults) -> None:
    """Find the home of every unit in a city; one that it does not have is told once, with the unit and its line."""
    first = {unit.home: unit for unit in reversed(units) if unit.home is not None}
    for home, unit in reversed(first.items()):
        found = Faults()
        city.find_or_fault(home, found, unit.where or unit.id)
        faults.extend(replace(fault, field=f"home of {unit.id}") for fault in found)


def read_force(path: Path, *, own: Doctrine | None, faults: Faults) -> Force | None:
    """Read a force file, collecting its faults; None where even the list of its units is unknown.

    A force that comes back beside faults is only good for finding more of them.
    """
    try:
        document = read_yaml(path / "force.yaml" if path.is_dir() else path)
    except InputError as error:
        faults.extend(error.faults)
        return None
    content = validate(ForceFile, document, faults)
    units = tuple(_units(content, document, faults, own)) if content is not None else ()
    if content is None or len(units) < len(content.units):
        return None
    return Force(
        name=content.name,
        title=content.title,
        people=content.total,
        on=content.on,
        units=units,
        source=content.source,
        quality=content.quality,
        files=(document.path,),
    )


def _units(content: ForceFile, document: Document, faults: Faults, own: Doctrine | None) -> list[Unit]:
    """Make the units, with their faults, and one for a total that disagrees."""

    def at(i: int, name: str) -> tuple[str, str]:
        parts = name.split(".") if name else []
        return document.where("units", i, *parts), f"units[{i}].{name}"

    units = make_units(content.units, at, on=content.on, own=own, faults=faults)
    _check_total(content, units, document, faults)
    return units


def _check_total(content: ForceFile, units: list[Unit], document: Document, faults: Faults) -> None:
    """Compare the stated total with the sum; silent while a unit's size is unknown."""
    people = sum(unit.people for unit in units)
    if len(units) == len(content.units) and people != content.total:
        where, got = document.where("total"), f"{people} people in a force of {content.total}"
        remedy = f"Take {people - content.total} out of the units, or state total: {people}."
        if people < content.total:
            remedy = f"Add {content.total - people} to the units, or state total: {people}."
        expected = f"units that sum to {content.total} people"
        faults.add(where=where, field="total", expected=expected, got=got, remedy=remedy)


def _iso(day: date | None) -> str:
    """Write a day, "" for none."""
    return "" if day is None else day.isoformat()


def _save(force: Force, folder: Path) -> None:
    (folder / "force.yaml").write_text(force.to_yaml(), encoding="utf-8")


def _load(folder: Path, _manifest: Manifest) -> Force:
    return Force.load(folder)


store.register("force", _save, _load)
