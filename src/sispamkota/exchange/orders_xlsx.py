"""Orders as a workbook: a summary, a sheet an agency, and the plotting sheet with a blank row for every person."""

from __future__ import annotations

import io
import re
import textwrap
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sispamkota.missing import needs

__all__ = ["xlsx_bytes"]

_AGENCY = (
    "no", "unit", "kind", "people", "place", "address", "kelurahan", "kecamatan", "where", "duty", "task", "posture",
    "under", "radio", "relief", "relieves", "tps", "hospital", "first",
)  # fmt: skip
_MOST = {"no": 5, "people": 9, "first": 46, "hospital": 26, "tps": 30, "where": 22, "place": 24, "address": 24}
_USUAL = 18  # characters
_LINE = 14.5  # points that a line of the standard font takes
_HAND = 20.0  # points that a row takes in which somebody writes by hand
_PLOTTING = ("no", "place", "unit", "agency", "duty", "task", "name", "rank", "sign", "note")
_LAST = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")
_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


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
        _sheet(whole, agency["name"], titles, rows, _Page(widths, paper, across=2))
    titles = [w[name] for name in _PLOTTING]
    plotting = _Page([5, 22, 15, 16, 15, 18, 26, 20, 9, 14], paper, least=_HAND)
    _sheet(whole, w["sheet_plotting"], titles, _people(book), plotting)
    out = io.BytesIO()
    whole.save(out)
    return _timeless(out.getvalue())


@dataclass(frozen=True)
class _Page:
    """Say how a sheet is laid out: widths of columns (characters), paper, pages side by side, least height (points)."""

    widths: Sequence[int]
    paper: str
    across: int = 1
    least: float = _LINE

    def height(self, row: Sequence[Any]) -> float:
        """Give the height (points) in which every text of a row has its lines."""
        texts = ((value, width) for value, width in zip(row, self.widths, strict=False) if isinstance(value, str))
        lines = max((len(textwrap.wrap(text, max(width - 1, 1))) for text, width in texts), default=1)
        return max(self.least, lines * _LINE)


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
    _sheet(whole, w["sheet_summary"], titles, rows, _Page([40, 12, 12, 70], paper))


def _sheet(whole: Any, name: str, titles: Sequence[str], rows: Sequence[Sequence[Any]], page: _Page) -> None:
    """Write one sheet: a bold head that stays, cells that wrap and are seen whole, the head on every printed page."""
    from openpyxl.utils import get_column_letter

    sheet = whole.create_sheet(_SHEET_NAME.sub(" ", name)[:31])
    for i, width in enumerate(page.widths, 1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    if page.across > 1:
        sheet.print_title_cols = "A:B"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9 if page.paper == "a4" else 14  # 14 is Folio, 8.5 × 13 in: the F4 of printers' lists
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = page.across, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.gridLines = True
    sheet.oddHeader.center.text, sheet.oddFooter.center.text = "&A", "&P / &N"
    for i, row in enumerate([titles, *rows], 1):
        sheet.row_dimensions[i].height = page.height(row)
        sheet.append([_styled(sheet, value, head=i == 1) for value in row])


def _styled(sheet: Any, value: Any, *, head: bool) -> Any:
    """Make a cell that wraps; text is never a formula, a number stands in the middle, apart from its neighbour."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    cell = WriteOnlyCell(sheet, value=value)
    across = "center" if isinstance(value, int) else None
    cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal=across)
    if isinstance(value, str):
        cell.data_type = "s"
    if head:
        cell.font = Font(bold=True)
    return cell


def _timeless(data: bytes) -> bytes:
    """Take the clock out of a workbook: the same day in every file of the archive, and none in its properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda each: (each != "[Content_Types].xml", each)):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _LAST.sub(b"", content)
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
