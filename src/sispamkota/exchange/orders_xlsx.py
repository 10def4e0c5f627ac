"""Orders as a workbook: a summary, a sheet an agency, and the plotting sheet with a blank row for every person."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from sispamkota.missing import needs

__all__ = ["xlsx_bytes"]

_AGENCY = (
    "no", "unit", "kind", "people", "place", "address", "kelurahan", "kecamatan", "where", "duty", "task", "posture",
    "under", "radio", "relief", "relieves", "tps", "hospital", "first",
)  # fmt: skip
_WIDE = {"no": 6, "people": 10, "first": 60, "hospital": 30, "tps": 36, "where": 24, "place": 30, "address": 32}
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
        _sheet(whole, agency["name"], titles, rows, [_WIDE.get(name, 20) for name in _AGENCY], paper)
    titles = [w[name] for name in ("no", "place", "unit", "agency", "duty", "task", "name", "rank", "sign", "note")]
    _sheet(whole, w["sheet_plotting"], titles, _people(book), [6, 30, 22, 20, 18, 24, 30, 22, 12, 24], paper)
    out = io.BytesIO()
    whole.save(out)
    return _timeless(out.getvalue())


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
    _sheet(whole, w["sheet_summary"], [w["agency"], w["units"], w["people"], w["task"]], rows, [40, 12, 12, 70], paper)


def _sheet(
    whole: Any, name: str, titles: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[int], paper: str
) -> None:
    """Write one sheet: a bold head that stays, cells that wrap, landscape on the paper, the head on every page."""
    from openpyxl.utils import get_column_letter

    sheet = whole.create_sheet(_SHEET_NAME.sub(" ", name)[:31])
    for i, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9 if paper == "a4" else 14  # 14 is Folio, 8.5 × 13 in: the F4 of the printers' lists
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.append([_styled(sheet, title, head=True) for title in titles])
    for row in rows:
        fits = all(not isinstance(value, str) or len(value) < width for value, width in zip(row, widths, strict=False))
        plain = fits and not any(isinstance(value, str) and value[:1] == "=" for value in row)
        sheet.append(row if plain else [_styled(sheet, value, head=False) for value in row])


def _styled(sheet: Any, value: Any, *, head: bool) -> Any:
    """Make a cell that wraps; text is never a formula. It takes longer than a plain value, so only where needed."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    cell = WriteOnlyCell(sheet, value=value)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
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
