"""The roster as a workbook: one row a unit, with blank columns for names and NRP, which are filled by hand, on paper.

The file reads back to an equal force. The blank columns are counted and dropped if somebody fills them in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sispamkota.errors import Fault, InputError
from sispamkota.office_columns import plain
from sispamkota.outputs import refuse_suffix
from sispamkota.store import atomic_write
from sispamkota.words import words

from .doctrine import UnitKind, doctrine
from .force import Force
from .roster import INFO_SHEET
from .roster_rows import ABSENT, SKILL_COLUMNS, VEHICLE_COLUMNS, kind_names
from .units import Unit

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["BY_HAND", "ROSTER_COLUMNS", "SUFFIXES", "roster_cells", "write_roster"]

BY_HAND = ("Nama", "NRP")
SUFFIXES = (".xlsx", ".csv")
ROSTER_COLUMNS = (
    "satuan", "jenis", "instansi", "kekuatan", *ABSENT, "hadir", "kedudukan", "kendaraan", *VEHICLE_COLUMNS,
    *SKILL_COLUMNS, "mulai", "selesai", "istirahat_jam", "kesiapan", "sejak", "sampai", "bko", "panggilan",
    "telepon_piket",
)  # fmt: skip
_SHEET = "Daftar Kekuatan"
_HELP = "Petunjuk"
_MOST_WIDE = 34


def roster_cells(unit: Unit) -> tuple[Any, ...]:
    """Give the cells of a unit in the order of ROSTER_COLUMNS, None for nothing to say."""
    vehicles, skills = dict(unit.vehicles), dict(unit.skills)
    duty = unit.duty
    start = end = rest = None
    if duty is not None:
        start, end = _clock(duty.from_h), _clock((duty.from_h + duty.hours) % 24.0)
        rest = round(duty.every_h - duty.hours, 6)
    usual = doctrine().unit_kinds.get(unit.kind)
    vehicle = None if usual is not None and usual.vehicle == unit.vehicle else unit.vehicle
    return (
        unit.id, _label(unit.kind, kind_names(doctrine()), usual), unit.agency, unit.strength,
        *(getattr(unit, name) or None for name in ABSENT.values()),
        unit.people, unit.home, vehicle, *(vehicles.get(name) for name in VEHICLE_COLUMNS.values()),
        *(skills.get(name) for name in SKILL_COLUMNS.values()), start, end, rest, unit.readiness,
        *(None if day is None else day.isoformat() for day in (unit.since, unit.until)),
        "ya" if unit.outside else None, unit.call_sign or None, unit.duty_phone or None,
    )  # fmt: skip


def _label(key: str, names: Mapping[str, str], kind: UnitKind | None) -> str:
    """Write a kind by its Indonesian name where that reads back to it, else by its key."""
    return kind.id if kind is not None and names.get(plain(kind.id)) == key else key


def _titled(column: str) -> str:
    """Write our name of a column as a heading, which reads back: "Telepon piket"."""
    return column.upper() if column in ("p3k", "bko") else column.replace("_", " ").capitalize()


def _clock(hours: float) -> str:
    """Write a time of day: 06.30, with seconds where there are any."""
    seconds = round(hours * 3600.0) % 86400
    text = f"{seconds // 3600:02d}.{seconds // 60 % 60:02d}"
    return text + (f".{seconds % 60:02d}" if seconds % 60 else "")


def write_roster(force: Force, path: str | Path, *, lang: str, names: bool = True) -> None:
    """Write a force as .xlsx or .csv; `names` adds the blank columns that are filled by hand.

    Raises InputError for another format, and where openpyxl is not installed.
    """
    path = Path(path)
    writers: dict[str, Callable[[Force, Path, str, Sequence[str]], None]] = {".xlsx": _xlsx, ".csv": _csv}
    refuse_suffix(path, SUFFIXES)
    with atomic_write(path) as draft:
        writers[path.suffix.lower()](force, draft, lang, BY_HAND if names else ())


def _csv(force: Force, path: Path, _lang: str, by_hand: Sequence[str]) -> None:
    """Write CSV, as spreadsheets open it: UTF-8 with a mark, semicolons."""
    import csv

    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow([*map(_titled, ROSTER_COLUMNS), *by_hand])
        for unit in force.units:
            writer.writerow([*("" if cell is None else cell for cell in roster_cells(unit)), *("" for _ in by_hand)])


def _xlsx(force: Force, path: Path, lang: str, by_hand: Sequence[str]) -> None:
    """Write a workbook: the roster, what it is, and how to fill it in both languages."""
    try:
        import openpyxl
    except ImportError:
        remedy = "Install it with: pip install 'sispamkota[xlsx]'; a .csv needs nothing."
        fault = Fault(str(path), "format", "openpyxl, which writes it", "no openpyxl", remedy)
        raise InputError([fault]) from None
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = _SHEET
    _roster_sheet(sheet, force, by_hand)
    _choices(sheet)
    info = book.create_sheet(INFO_SHEET)
    facts = (("nama", force.name), ("judul", force.title), ("tanggal", force.on), ("sumber", force.source))
    for row in (("isian", "nilai"), *facts, ("mutu", force.quality)):
        info.append(row)
    info.column_dimensions["A"].width, info.column_dimensions["B"].width = 14, 90
    _help_sheet(book.create_sheet(_HELP), lang)
    book.properties.creator = "sispamkota"
    book.save(path)
    _settle(path)


def _roster_sheet(sheet: Worksheet, force: Force, by_hand: Sequence[str]) -> None:
    """Fill the sheet of the roster: a frozen bold header, widths that show every cell, A4 across."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    header = [*map(_titled, ROSTER_COLUMNS), *by_hand]
    sheet.append(header)
    for unit in force.units:
        sheet.append([*roster_cells(unit), *(None for _ in by_hand)])
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", start_color="DDDDDD")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for i, name in enumerate(header, start=1):
        longest = max((len(str(cell.value or "")) for cell in sheet[get_column_letter(i)]), default=0)
        sheet.column_dimensions[get_column_letter(i)].width = min(max(longest, len(name)) + 2, _MOST_WIDE)
    sheet.freeze_panes = "B2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _choices(sheet: Worksheet) -> None:
    """Offer the kinds of unit as a list in their column, taken from the sheet of explanations."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    first = len(ROSTER_COLUMNS) + 5  # under the explanations: heading, columns, by hand, blank, heading
    last = first + len(doctrine().unit_kinds) - 1
    choice = DataValidation("list", formula1=f"{_HELP}!$A${first}:$A${last}", allow_blank=True, showErrorMessage=False)
    column = get_column_letter(ROSTER_COLUMNS.index("jenis") + 1)
    choice.add(f"{column}2:{column}1000")
    sheet.add_data_validation(choice)


def _help_sheet(sheet: Worksheet, lang: str) -> None:
    """Explain every column in both languages, the reader's first, and list the kinds of unit."""
    from openpyxl.styles import Alignment, Font

    order = (lang, "en" if lang == "id" else "id")
    sheet.append(["kolom / column", *(words(each)("roster.meaning") for each in order)])
    for row in _explained(order):
        sheet.append(row)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for column, width in (("A", 20), ("B", 70), ("C", 70)):
        sheet.column_dimensions[column].width = width
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _explained(order: Sequence[str]) -> Iterator[list[str]]:
    """Go through the rows of the explanation."""
    for name in ROSTER_COLUMNS:
        yield [_titled(name), *(words(each)(f"roster.{name}") for each in order)]
    yield [", ".join(BY_HAND), *(words(each)("roster.by_hand") for each in order)]
    yield ["", *("" for _ in order)]
    yield ["Jenis", *(words(each)("roster.kinds") for each in order)]
    known = kind_names(doctrine())
    for key, kind in doctrine().unit_kinds.items():
        names = {"id": kind.id, "en": kind.en}
        yield [_label(key, known, kind), *(f"{names[each]} ({kind.agency}, {kind.low}–{kind.high})" for each in order)]


def _settle(path: Path) -> None:
    """Take the hour of writing out of a workbook, so that the same force gives the same bytes."""
    import re
    import zipfile

    with zipfile.ZipFile(path) as book:
        members = [(name, book.read(name)) for name in book.namelist()]
    stamp = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in members:
            timeless = stamp.sub(rb"\g<1>2000-01-01T00:00:00Z", content) if name == "docProps/core.xml" else content
            book.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), timeless, zipfile.ZIP_DEFLATED)
