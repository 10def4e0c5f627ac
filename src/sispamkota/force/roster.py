"""The roster as offices keep it, read into a force: one row a unit, or one row a person, of whom only numbers are kept.

Columns about persons (names, NRP, ranks, telephones) are counted, named and not read. No fault repeats a cell of free
text. What is kept as written are names of units, places and call signs: those that show a rank, a form of address, a
degree or a long number are refused or left out, but a bare name in them cannot be told from the name of a unit, and
whoever imports is told to look (`Roster.kept`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sispamkota.errors import Faults, collapsed, shown
from sispamkota.office import OfficeReport, columns_of, read_table
from sispamkota.office_cells import as_text
from sispamkota.office_columns import persons_of
from sispamkota.office_files import open_file

from .doctrine import Doctrine
from .force import Force
from .roster_cells import is_private, unit_id
from .roster_rows import Reader, Row, join_persons
from .units import make_units

__all__ = ["INFO_SHEET", "Roster", "read_roster"]

INFO_SHEET = "Informasi"
_NONE: Mapping[str, str] = MappingProxyType({})
_ABOUT = {"nama": "name", "judul": "title", "tanggal": "on", "sumber": "source", "mutu": "quality"}
_QUALITIES = ("official", "reported", "estimated", "assumed")


@dataclass(frozen=True)
class Roster:
    """Hold a force as read, and how: `personal` are the columns about persons with how many cells each filled.

    `by_person` says that the file had one row a person, and people were counted.
    """

    force: Force
    report: OfficeReport
    personal: Mapping[str, int] = field(default_factory=dict)
    by_person: bool = False

    @property
    def kept(self) -> tuple[str, ...]:
        """Name the columns whose words were kept as written, which nobody but a reader can hold against names."""
        columns = {"satuan": True, "kedudukan": any(unit.home for unit in self.force.units)}
        columns["panggilan"] = any(unit.call_sign for unit in self.force.units)
        return tuple(self.report.matched.get(name, name) for name, held in columns.items() if held)


def read_roster(
    path: str | Path,
    *,
    on: str,
    about: Mapping[str, str] = _NONE,
    own: Doctrine | None = None,
    renamed: Mapping[str, str] = _NONE,
    sheet: str | None = None,
) -> Roster:
    """Read a roster from .xlsx, .ods, .csv and the like into a force.

    `on` is the day that it describes; `about` may hold name, title, source and quality, which else come from the sheet
    "Informasi", or from the name of the file; `renamed` maps their columns to ours. Raises InputError with every fault.
    """
    path, faults, noted = Path(path), Faults(), Faults()
    table = read_table(path, columns_of("roster"), faults, renamed=renamed, sheet=sheet, persons=persons_of("roster"))
    columns = [name for name in table.rows.columns if name != "where"]
    cells = [{str(key): str(value) for key, value in row.items()} for row in table.rows.to_dict("records")]
    counted = {"kekuatan", "hadir"} & set(columns)
    by_person = not counted and bool(table.report.personal) and {"satuan", "jenis"} <= set(columns)
    if not counted and not by_person and {"satuan", "jenis"} <= set(columns):
        remedy = 'Count the people of each unit, or say what the column is called with --map "their name=kekuatan".'
        noted.add(where=f"{path}:1", field="kekuatan", expected="this column", got="none", remedy=remedy)
    reader = Reader(columns, own, noted, by_person=by_person)
    rows = [row for each in cells if (row := reader.row(each)) is not None] if counted or by_person else []
    rows = join_persons(rows, noted) if by_person else rows
    facts = _facts(path, about, on, faults)
    units = _units(rows, on, own, noted)
    faults.extend(collapsed(noted))
    if not units and not len(faults):
        faults.add(where=f"{path}:1", field="file", expected="units", got="none", remedy="Add the rows.")
    faults.raise_if_any()
    personal = dict(table.report.personal)
    for name, count in reader.withheld.items():
        called = table.report.matched.get(name, name)
        personal[called] = personal.get(called, 0) + count
    force = Force(people=sum(unit.people for unit in units), units=units, **facts, files=(path,))
    return Roster(force, _reported(table.report, by_person=by_person), personal, by_person)


def _reported(report: OfficeReport, *, by_person: bool) -> OfficeReport:
    """Name how people are (kehadiran, "Ket") among what was dropped where rows are units: there it says nothing."""
    if by_person or "kehadiran" not in report.matched:
        return report
    matched = {name: theirs for name, theirs in report.matched.items() if name != "kehadiran"}
    return replace(report, matched=matched, dropped=(*report.dropped, report.matched["kehadiran"]))


def _units(rows: list[Row], on: str, own: Doctrine | None, faults: Faults) -> Any:
    """Make the units, one of each name."""
    once, first = list[Row](), dict[str, str]()
    for row in rows:
        if row.unit.id in first:
            got, remedy = f"it again (first at {first[row.unit.id]})", "Give each unit its own name."
            faults.add(where=row.where, field="satuan", expected="each name once", got=got, remedy=remedy)
        else:
            once.append(row)
            first[row.unit.id] = row.where
    known = [row for row in once if row.unit.kind]

    def at(i: int, name: str) -> tuple[str, str]:
        return known[i].where, known[i].columns.get(name, name)

    made = make_units([row.unit for row in known], at, on=on, own=own, faults=faults)
    return tuple(replace(unit, where=row.where) for unit, row in zip(made, known, strict=True))


def _facts(path: Path, about: Mapping[str, str], on: str, faults: Faults) -> dict[str, str]:
    """Give name, title, day, source and quality of the force: as said, else by the sheet of facts, else by the file."""
    told = _told(path)
    stem, name = ("roster", "roster") if is_private(path.stem) else (path.stem, path.name)
    facts = {"name": unit_id(stem) or "roster", "title": stem, "source": name, "quality": "reported"}
    facts |= (
        {key: text for key, text in told.items() if key == "on" or not is_private(text)}
        | dict(about)
        | {"on": about.get("on") or told.get("on") or on}
    )
    if facts["quality"] not in _QUALITIES:
        expected, remedy = ", ".join(_QUALITIES), "Choose one of the four."
        faults.add(where=str(path), field="quality", expected=expected, got=shown(facts["quality"]), remedy=remedy)
    if unit_id(facts["name"]) != facts["name"]:
        remedy = f"For example {unit_id(facts['name']) or 'roster'}."
        expected = "small letters, digits and hyphens"
        faults.add(where=str(path), field="name", expected=expected, got=shown(facts["name"]), remedy=remedy)
    return facts


def _told(path: Path) -> dict[str, str]:
    """Read the sheet of facts of a workbook that we wrote; nothing where there is none."""
    if path.suffix.lower() not in (".xlsx", ".xlsm", ".ods"):
        return {}
    sheet = open_file(path, Faults(), score=lambda _: 0, sheet=INFO_SHEET)
    rows = [[as_text(cell) for cell in cells[:2]] for _, cells in sheet.rows] if sheet is not None else []
    pairs = [(row[0].casefold(), row[1]) for row in rows if len(row) == 2]
    return {_ABOUT[key]: value for key, value in pairs if key in _ABOUT and value}
