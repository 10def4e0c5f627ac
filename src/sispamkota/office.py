"""Tables as Indonesian offices keep them: CSV of any kind and workbooks, read into columns of canonical text.

Letterheads, headers of several rows, totals, names of groups and footers are told from the data; totals are checked.
Columns about persons are counted and not read. What the spreadsheet spoilt is a fault that says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from .errors import Faults, collapsed, shown
from .office_cells import read_column
from .office_columns import Column, columns_of, table_with
from .office_files import SUFFIXES, Sheet, open_file
from .office_header import Header, Matches, find_header, match_columns
from .office_rows import Kinds, Total, check_totals, sort_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SUFFIXES", "Column", "OfficeReport", "OfficeTable", "Total", "columns_of", "read_table", "table_with"]

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class OfficeReport:
    """Say how a file was understood.

    `header` and `letterhead` are numbers of rows; `matched` maps our columns to their names in the file; `personal`
    maps the columns about persons, which are not read, to how many cells they fill.
    """

    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    header: tuple[int, ...] = ()
    letterhead: tuple[int, ...] = ()
    matched: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    personal: Mapping[str, int] = field(default_factory=dict)
    totals: tuple[Total, ...] = ()
    numbers_converted: int = 0
    rows: int = 0
    notes: tuple[str, ...] = ()  # what was taken for granted


@dataclass(frozen=True, eq=False)
class OfficeTable:
    """Hold the rows, one column of text for each of ours that the file has plus `where`, and how they were read."""

    rows: pd.DataFrame
    report: OfficeReport


def read_table(
    path: str | Path,
    columns: Sequence[Column],
    faults: Faults,
    *,
    renamed: Mapping[str, str] = _NONE,
    sheet: str | None = None,
    persons: frozenset[str] = frozenset(),
    option: str = "--map",
) -> OfficeTable:
    """Read a table from .csv, .tsv, .txt, .xlsx, .xlsm, .xls or .ods.

    Parameters
    ----------
    path : str or Path
        The file; `where` of a row is "file.csv:12" or "file.xlsx:Sheet1!12".
    columns : sequence of Column
        The columns that are asked for, as `columns_of` gives them.
    faults : Faults
        Takes every fault; more than ten of one kind in a column become ten and a count.
    renamed : mapping
        Their name of a column to ours, before any matching.
    sheet : str, optional
        The sheet of a workbook; else the one visible sheet whose header fits best.
    persons : frozenset of str, optional
        More names (plain) of columns about persons.
    option : str
        What renames a column where the user stands, for the remedies; empty where nothing does.

    Returns
    -------
    OfficeTable
        Empty where the file cannot be read at all.
    """
    path, noted = Path(path), Faults()
    opened = None
    if path.suffix.lower() in SUFFIXES:
        opened = open_file(path, noted, score=lambda each: find_header(each, columns, renamed)[1], sheet=sheet)
    else:
        expected, remedy = "a .csv, .tsv, .txt, .xlsx, .xlsm, .xls or .ods file", "Save the table as .xlsx or .csv."
        noted.add(where=str(path), field="file", expected=expected, got=shown(path.name), remedy=remedy)
    table = (
        _laid_out([], {}, OfficeReport())
        if opened is None
        else _read(path, opened, columns, renamed, noted, persons=persons, option=option)
    )
    faults.extend(collapsed(noted))
    return table


def _read(
    path: Path,
    sheet: Sheet,
    columns: Sequence[Column],
    renamed: Mapping[str, str],
    faults: Faults,
    *,
    persons: frozenset[str],
    option: str,
) -> OfficeTable:
    """Read an opened sheet."""
    header, _ = find_header(sheet, columns, renamed)
    if sheet.broken:
        line, got = sheet.broken
        remedy = "Close the quotes, and save the file as plain CSV."
        faults.add(where=f"{path}:{line}", field="row", expected="a CSV row", got=got, remedy=remedy)
    if not header.rows:
        _no_rows(path, faults)
        return _laid_out([], {}, OfficeReport(encoding=sheet.encoding, delimiter=sheet.delimiter))
    where = sheet.where(path, sheet.rows[header.rows[0]][0])
    matches = match_columns(header, columns, renamed, where=where, faults=faults, persons=persons, option=option)
    before = len(faults)
    kinds = sort_rows(sheet, header, matches.ours, columns, path=path, faults=faults)
    if not kinds.data and len(faults) == before:
        _no_rows(path, faults)
    _unmerge(sheet, kinds, matches, columns)
    places = [sheet.where(path, number) for number, _ in kinds.data]
    _valueless(sheet, kinds, matches, places, faults)
    texts, converted = _texts(kinds, matches, columns, places, faults)
    totals = _totals(path, sheet, kinds, matches, columns, texts, faults)
    by_name = {each.name for each in columns}
    if "kecamatan" in by_name and "kecamatan" not in matches.ours and any(kinds.groups):
        texts["kecamatan"] = list(kinds.groups)
    report = _report(sheet, header, kinds, matches, totals=totals, converted=converted)
    return _laid_out(places, {each.name: texts[each.name] for each in columns if each.name in texts}, report)


def _unmerge(sheet: Sheet, kinds: Kinds, matches: Matches, columns: Sequence[Column]) -> None:
    """Give every row the name that one merged cell holds for several: a kecamatan beside all its kelurahan."""
    named = {matches.ours[each.name] for each in columns if each.kind == "text" and each.name in matches.ours}
    texts = {(number - 1, at): row[at] for number, row in kinds.data for at in named}
    held = {
        (row, left): (top, left)
        for top, left, bottom, right in sheet.merged
        if left == right and left in named and bottom - top < len(sheet.rows)
        for row in range(top + 1, bottom + 1)
    }
    for number, cells in kinds.data:
        for at in named:
            if cells[at] == "" and (number - 1, at) in held:
                cells[at] = texts.get(held[number - 1, at], "")


def _no_rows(path: Path, faults: Faults) -> None:
    """Note that a file holds no table."""
    expected = "a header and at least one row"
    faults.add(where=f"{path}:1", field="file", expected=expected, got="none", remedy="Add the rows.")


def _laid_out(places: Sequence[str], texts: Mapping[str, Sequence[str]], report: OfficeReport) -> OfficeTable:
    """Lay the columns out as a table of text."""
    import pandas as pd

    frame = pd.DataFrame({name: pd.Series(list(cells), dtype="str") for name, cells in texts.items()})
    return OfficeTable(frame.assign(where=pd.Series(list(places), dtype="str")), report)


def _texts(
    kinds: Kinds, matches: Matches, columns: Sequence[Column], places: Sequence[str], faults: Faults
) -> tuple[dict[str, list[str]], int]:
    """Read the data of every column of ours; how many cells had to be rewritten."""
    texts, converted = dict[str, list[str]](), 0
    for column in columns:
        if column.name in matches.ours:
            at = matches.ours[column.name]
            cells = [(where, row[at]) for where, (_, row) in zip(places, kinds.data, strict=True)]
            reading = read_column(column, cells, faults)
            texts[column.name] = reading.texts
            converted += reading.converted
    return texts, converted


def _valueless(sheet: Sheet, kinds: Kinds, matches: Matches, places: Sequence[str], faults: Faults) -> None:
    """Note cells that hold an error, and columns of formulas that were never worked out; the cells become blank."""
    for name, at in matches.ours.items():
        waiting = []
        for where, (number, row) in zip(places, kinds.data, strict=True):
            if (number, at) in sheet.errors:
                got, remedy = sheet.errors[number, at], "Mend the formula, or type the value; blank means unknown."
                faults.add(where=where, field=name, expected="a value", got=got, remedy=remedy)
                row[at] = ""
            elif (number, at) in sheet.open_formulas:
                waiting.append(where)
        if waiting:
            got = f"formulas without one in {len(waiting)} row{'s' if len(waiting) > 1 else ''}"
            remedy = "Open the file in a spreadsheet program and save it, so that it holds the values."
            faults.add(where=waiting[0], field=name, expected="values", got=got, remedy=remedy)


def _totals(
    path: Path,
    sheet: Sheet,
    kinds: Kinds,
    matches: Matches,
    columns: Sequence[Column],
    texts: Mapping[str, Sequence[str]],
    faults: Faults,
) -> tuple[Total, ...]:
    """Check the rows of totals; a row that is left out for a fault would make them all wrong, so none is checked."""
    counted = {
        each.name: (each, matches.ours[each.name])
        for each in columns
        if each.kind in {"whole", "number"} and each.name in matches.ours and not kinds.left_out
    }
    totals: list[Total] = []
    for total, wrong in check_totals(kinds, texts, counted):
        totals.append(total)
        for name in wrong:
            stated, summed = total.figures[name]
            where, remedy = sheet.where(path, total.row), "Find the row that is missing or mistyped, or mend the total."
            expected, got = f"{summed}, the sum of the rows", f"{stated} ({shown(total.label)})"
            faults.add(where=where, field=name, expected=expected, got=got, remedy=remedy)
    return tuple(totals)


def _report(
    sheet: Sheet, header: Header, kinds: Kinds, matches: Matches, *, totals: tuple[Total, ...], converted: int
) -> OfficeReport:
    """Say how the file was understood; of columns about persons only their names and counts."""
    filled: dict[str, int] = {}
    for at in matches.personal:
        count = sum(row[at] != "" for _, row in kinds.data)
        filled[header.names[at]] = filled.get(header.names[at], 0) + count
    above = (number for number, cells in sheet.rows[: header.rows[0]] if any(cell != "" for cell in cells))
    return OfficeReport(
        sheet=sheet.name,
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        header=tuple(sheet.rows[i][0] for i in header.rows),
        letterhead=tuple(above),
        matched={name: header.names[at] for name, at in matches.ours.items()},
        dropped=tuple(header.names[at] for at in matches.dropped) if matches.ours else (),
        personal=filled,
        totals=totals,
        numbers_converted=converted,
        rows=len(kinds.data),
    )
