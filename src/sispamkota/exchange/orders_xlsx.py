"""Orders as a workbook: a summary, a sheet an agency, and the plotting sheet with a blank row for every person."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sispamkota.missing import needs
from sispamkota.workbook import Page, add_sheet, timeless

__all__ = ["xlsx_bytes"]

_AGENCY = (
    "no", "unit", "kind", "people", "place", "address", "kelurahan", "kecamatan", "where", "duty", "task", "posture",
    "under", "radio", "relief", "relieves", "tps", "hospital", "first",
)  # fmt: skip
_MOST = {"no": 5, "people": 9, "first": 46, "hospital": 26, "tps": 30, "where": 22, "place": 24, "address": 24}
_USUAL = 18  # characters
_HAND = 20.0  # points that a row takes in which somebody writes by hand
_PLOTTING = ("no", "place", "unit", "agency", "duty", "task", "name", "rank", "sign", "note")


def xlsx_bytes(book: Mapping[str, Any], *, paper: str = "a4") -> bytes:
    """Write the workbook; equal books give equal bytes. Raises InputError where openpyxl is not installed.

    The columns for names and numbers of persons are blank: they are filled in by hand.
    """
    openpyxl = needs("openpyxl", "report")
    whole = openpyxl.Workbook(write_only=True)
    w = book["words"]
    _summary(whole, book, paper)
    for agency in book["agencies"]:
        titles = [w[name] for name in _AGENCY]
        rows = [[_cell(row, name) for name in _AGENCY] for row in agency["orders"]]
        most = [_MOST.get(name, _USUAL) for name in _AGENCY]
        columns = zip(*rows, strict=True)
        widths = [_fitted(*each) for each in zip(titles, columns, most, strict=True)]
        add_sheet(whole, agency["name"], titles, rows, Page(widths, paper, across=2))
    titles = [w[name] for name in _PLOTTING]
    plotting = Page([5, 22, 15, 16, 15, 18, 26, 20, 9, 14], paper, least=_HAND)
    add_sheet(whole, w["sheet_plotting"], titles, _people(book), plotting)
    out = io.BytesIO()
    whole.save(out)
    return timeless(out.getvalue())


def _fitted(title: str, column: Sequence[Any], most: int) -> int:
    """Give the width of a column: that of its longest text, within bounds, or that of its bold title."""
    return max(min(most, max(len(str(value or "")) for value in column) + 2), round(1.25 * len(title)) + 1)


def _cell(row: Mapping[str, Any], name: str) -> Any:
    """Give a cell: counts as numbers."""
    value = row[name]
    return int(re.sub(r"\D", "", value)) if name in ("no", "people") else value


def _people(book: Mapping[str, Any]) -> list[list[Any]]:
    """Give one row a person, by place; name, number and initials are left blank."""
    rows: list[list[Any]] = []
    for place in book["places"]:
        for order in place["orders"]:
            for _ in range(int(re.sub(r"\D", "", order["people"]))):
                about = [place["name"], order["unit"], order["agency"], order["duty"], order["task"]]
                rows.append([len(rows) + 1, *about, None, None, None, None])
    return rows


def _summary(whole: Any, book: Mapping[str, Any], paper: str) -> None:
    """Write the first sheet: how many of which agency."""
    w = book["words"]
    rows: list[list[Any]] = [
        [each["name"], *(int(re.sub(r"\D", "", each[name])) for name in ("units", "people")), each["duty"]]
        for each in book["agencies"]
    ]
    rows.append([w["total"], sum(row[1] for row in rows), sum(row[2] for row in rows), None])
    rows += [[None] * 4, [book["title"]], [w["plan_day"]], [book["made"]], [w["sheet_note"]]]
    titles = [w["agency"], w["units"], w["people"], w["task"]]
    add_sheet(whole, w["sheet_summary"], titles, rows, Page([40, 12, 12, 70], paper))
