"""Write sheets of a workbook that print well: bold heads that stay, cells seen whole, no clock in the file."""

from __future__ import annotations

import io
import re
import textwrap
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Page", "add_sheet", "timeless"]

_LINE = 14.5  # points that a line of the standard font takes
_LAST = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")
_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True)
class Page:
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


def add_sheet(whole: Any, name: str, titles: Sequence[str], rows: Sequence[Sequence[Any]], page: Page) -> None:
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


def timeless(data: bytes) -> bytes:
    """Take the clock out of a workbook: the same day in every file of the archive, and none in its properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda each: (each != "[Content_Types].xml", each)):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _LAST.sub(b"", content)
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
