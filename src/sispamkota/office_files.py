"""Files of offices, opened: delimited text in any encoding, and workbooks, as sheets of rows with their numbers.

A workbook's XML is looked through before it is opened: for its true size, for cells that lie far out (the reader lays
a sheet out whole), for errors such as #REF!, and for formulas that no spreadsheet has worked out yet.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import Faults, quoted, reason, suggest
from .office_cells import Cell

__all__ = ["SUFFIXES", "Sheet", "open_file"]

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")
_TEXT = (".csv", ".tsv", ".txt")
_MOST_BYTES = 200_000_000
_MOST_CELLS = 20_000_000
_MOST_COLUMNS = 1000
_DELIMITERS = (";", "\t", "|", ",")
_APART_S = 60.0
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ERROR = re.compile(r"#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)|Err:[0-9]{3}")
_XML_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>|<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_XML_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>/]*>([^<]*)<")
_DAMAGE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, OSError, ValueError, EOFError),
    *(RuntimeError, KeyError),  # what zipfile raises for a password and for a part that is not there
)
_STRAY = "Delete the stray cells far below and to the right of the table."
_SAVE = "Open it in a spreadsheet program and save it as .xlsx or .csv."


@dataclass
class Sheet:
    """Hold one sheet, or one text file: rows of cells under their numbers in the file.

    `name` is "" for text. `merged` has (top, left, bottom, right) from 0; `errors` and `open_formulas` name cells
    (row number, column from 0) without a value. `broken` says why a text file ends early.
    """

    name: str
    rows: list[tuple[int, list[Cell]]]
    encoding: str = ""
    delimiter: str = ""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    open_formulas: set[tuple[int, int]] = field(default_factory=set)
    broken: tuple[int, str] | None = None

    def where(self, path: Path, row: int) -> str:
        """Answer "file.csv:12" or "file.xlsx:Sheet1!12"."""
        return f"{path}:{self.name}!{row}" if self.name else f"{path}:{row}"


Score = Callable[[Sheet], int]


def open_file(path: Path, faults: Faults, *, score: Score, sheet: str | None = None) -> Sheet | None:
    """Open a file and choose its delimiter or its sheet by `score`, the number of columns that a sheet is known by."""
    before = len(faults)
    content = _bytes(path, faults)
    if content is None:
        return None
    if path.suffix.lower() in _TEXT:
        return _text_sheet(path, content, faults, score)
    sheets = [each for each in _workbook(path, content, faults) if each.rows and not _too_many(path, each, faults)]
    return _chosen(path, sheets, faults, score, sheet) if len(faults) == before else None


def _bytes(path: Path, faults: Faults) -> bytes | None:
    """Read a file that is not too large; else a fault."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= _MOST_BYTES else None
    except (OSError, ValueError) as error:
        got, remedy = reason(error), "Check the path and its permissions."
        faults.add(where=str(path), field="file", expected="a readable table", got=got, remedy=remedy)
        return None
    if content is None:
        _too_large(path, size, faults)
    return content


def _too_many(path: Path, sheet: Sheet, faults: Faults) -> bool:
    """Refuse a sheet with more columns than any table has."""
    most = _widest(sheet)
    if most > _MOST_COLUMNS:
        expected, remedy = f"at most {_MOST_COLUMNS:,} columns", _STRAY
        got = f"{most:,}"
        faults.add(where=sheet.where(path, sheet.rows[0][0]), field="sheet", expected=expected, got=got, remedy=remedy)
    return most > _MOST_COLUMNS


def _widest(sheet: Sheet) -> int:
    """Count the cells of the longest row."""
    return max((len(cells) for _, cells in sheet.rows), default=0)


def _too_large(path: Path, size: int, faults: Faults) -> None:
    """Refuse a file that would not be a table of a city."""
    expected, got = f"at most {_MOST_BYTES / 1e6:.0f} MB of data", f"{size / 1e6:.0f} MB"
    faults.add(where=str(path), field="file", expected=expected, got=got, remedy="Save only the table that is needed.")


# --- delimited text ---------------------------------------------------------------------------------------------------


def _text_sheet(path: Path, content: bytes, faults: Faults, score: Score) -> Sheet | None:
    """Decode a text file and part it by the delimiter under which its columns are best known."""
    decoded = _decoded(content)
    if decoded is None or "\0" in decoded[0]:
        remedy = "Save the file as CSV UTF-8."
        faults.add(where=f"{path}:1", field="encoding", expected="plain text", got="other bytes", remedy=remedy)
        return None
    text, encoding = decoded
    head = "\n".join(text[:200_000].splitlines()[:60])
    trials = [_parted(head, delimiter) for delimiter in _DELIMITERS]
    ranks = [(score(each) if _widest(each) <= _MOST_COLUMNS else 0, *_regularity(each)) for each in trials]
    best = _DELIMITERS[max(range(len(trials)), key=lambda i: ranks[i])] if max(ranks)[2] > 1 else ","
    sheet = _parted(text, best)
    sheet.encoding = encoding
    return None if _too_many(path, sheet, faults) else sheet


def _decoded(content: bytes) -> tuple[str, str] | None:
    """Decode by the byte order mark, else by what fits: UTF-8, UTF-16 without a mark, Windows-1252."""
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    marked = [name for mark, name in marks if content.startswith(mark)]
    sample = content[:1000]
    if not marked and sample and sample.count(0) * 3 > len(sample):
        marked = ["utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"]
    for encoding in marked or ["utf-8", "windows-1252"]:
        with contextlib.suppress(UnicodeDecodeError):
            return content.decode(encoding), encoding.removesuffix("-sig")
    return None


def _parted(text: str, delimiter: str) -> Sheet:
    """Part a text into rows, quotes respected; a row has the number of the line on which it starts."""
    sheet, line = Sheet("", [], delimiter=delimiter), 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for record in reader:
            sheet.rows.append((line, [cell.strip() for cell in record]))
            line = reader.line_num + 1
    except csv.Error as error:
        sheet.broken = (line, quoted(error))
    return sheet


def _regularity(sheet: Sheet) -> tuple[float, int]:
    """Give the share of the rows that have the commonest number of cells, and that number."""
    counts = Counter(len(cells) for _, cells in sheet.rows if any(cells))
    if not counts:
        return 0.0, 0
    width, times = max(counts.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
    return (times / counts.total() if width > 1 else 0.0), width


# --- workbooks --------------------------------------------------------------------------------------------------------


def _workbook(path: Path, content: bytes, faults: Faults) -> list[Sheet]:
    """Read the visible sheets of a workbook; whatever cannot be read is one fault."""
    from python_calamine import CalamineError, PasswordError, SheetVisibleEnum, load_workbook

    if content.startswith(_OLE):
        return _workbook_apart(path, content, faults)
    looks = _look_through(path, content, faults) if zipfile.is_zipfile(io.BytesIO(content)) else {}
    if looks is None:
        return []
    got, remedy = "", f"{_SAVE} If the program that made it only calls it a workbook, this mends it too."
    try:
        with _quiet():
            book = load_workbook(io.BytesIO(content))
            visible = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
            sheets = [(name, book.get_sheet_by_name(name)) for name in visible]
            return [
                _sheet(name, each.to_python(skip_empty_area=False), each.merged_cell_ranges, looks.get(name))
                for name, each in sheets
            ]
    except PasswordError:
        got, remedy = "one with a password", "Remove the password and save it again."
    except (CalamineError, OSError, ValueError, OverflowError, MemoryError) as error:
        got = f"something else ({quoted(error)})"
    except BaseException as error:  # the reader's panics are no Exception
        if type(error).__name__ != "PanicException":
            raise
        got = "a damaged one"
    faults.add(where=str(path), field="file", expected="a workbook", got=got, remedy=remedy)
    return []


def _workbook_apart(path: Path, content: bytes, faults: Faults) -> list[Sheet]:
    """Read the visible sheets of a workbook of Excel 97 in a process of its own.

    A damaged one may ask for more memory than there is, and the reader then ends the process that it runs in.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and the file goes in as bytes
            [sys.executable, "-I", "-c", _APART], input=content, capture_output=True, timeout=_APART_S, check=False
        )
        told: dict[str, Any] = json.loads(done.stdout) if not done.returncode else {"error": "", "got": "a damaged one"}
    except (OSError, ValueError, subprocess.SubprocessError):
        told = {"error": "", "got": "one that cannot be read to its end"}
    if "error" not in told:
        sheets: list[Any] = told["sheets"]
        return [_sheet(name, [list(map(_dated, row)) for row in rows], merged, None) for name, rows, merged in sheets]
    got, remedy = str(told["got"]), f"{_SAVE} If the program that made it only calls it a workbook, this mends it too."
    locked = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0" in content
    if told["error"] == "PasswordError" or locked:
        got, remedy = "one with a password", "Remove the password and save it again."
    expected = "a workbook"
    if told["error"] == "OverflowError":
        expected, remedy = f"a sheet of at most {_MOST_COLUMNS:,} columns and 4,000,000 cells", _STRAY
    faults.add(where=str(path), field="file", expected=expected, got=got, remedy=remedy)
    return []


def _dated(cell: Any) -> Cell:
    """Take over a cell of another process, where a date came as its kind and its text."""
    if not isinstance(cell, list):
        return cell  # type: ignore[no-any-return]
    kind, text = cell
    if kind == "timedelta":
        return dt.timedelta(seconds=float(text))
    if kind == "time":
        return dt.time.fromisoformat(text)
    return dt.date.fromisoformat(text) if kind == "date" else dt.datetime.fromisoformat(text)


_APART = """
import contextlib, io, json, sys
with contextlib.suppress(ImportError, ValueError, OSError):
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))
from python_calamine import SheetVisibleEnum, load_workbook

def plain(cell):
    if isinstance(cell, (str, int, float)):
        return cell
    kind = type(cell).__name__
    return [kind, str(cell.total_seconds()) if kind == "timedelta" else cell.isoformat()]

try:
    book = load_workbook(io.BytesIO(sys.stdin.buffer.read()))
    told = {"sheets": []}
    for each in book.sheets_metadata:
        if each.visible == SheetVisibleEnum.Visible:
            sheet = book.get_sheet_by_name(each.name)
            if sheet.total_width > 1000 or sheet.total_height * sheet.total_width > 4_000_000:
                raise OverflowError(f"{sheet.total_height:,} rows of {sheet.total_width:,}")
            rows = [[plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            merged = [list(each) for each in sheet.merged_cell_ranges or ()]
            told["sheets"].append([sheet.name, rows, merged])
except BaseException as error:
    said = " ".join(str(error).replace('"', "'").split())[:80]
    told = {"error": type(error).__name__, "got": f'something else ("{said}")'}
    if isinstance(error, OverflowError):
        told["got"] = str(error)
print(json.dumps(told))
"""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the reader's own words about a damaged file off the terminal; they name lines of its source."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@dataclass
class _Look:
    """Hold what the XML of one sheet says about cells without a value."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    open_formulas: set[tuple[int, int]] = field(default_factory=set)
    last: tuple[int, int] = (0, 0)


def _sheet(name: str, laid: list[list[Cell]], ranges: Any, look: _Look | None) -> Sheet:
    """Take over a sheet; a cell whose text is an error, as other programs write it, counts as one."""
    rows = [
        (number, [cell.strip() if isinstance(cell, str) else cell for cell in row])
        for number, row in enumerate(laid, start=1)
    ]
    if not any(cell != "" for _, row in rows for cell in row):
        return Sheet(name, [])
    merged = [(a, b, c, d) for (a, b), (c, d) in ranges or ()]
    look = look or _Look()
    errors = dict(look.errors)
    for number, row in rows:
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell[:1] in {"#", "E"} and _ERROR.fullmatch(cell):
                errors[number, column] = cell
    return Sheet(name, rows, merged=merged, errors=errors, open_formulas=look.open_formulas)


def _look_through(path: Path, content: bytes, faults: Faults) -> dict[str, _Look] | None:
    """Look through the parts of a zipped workbook, by name of sheet; None and a fault for one that is too large."""
    looks = dict[str, _Look]()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(each.file_size for each in archive.infolist())
            if size > _MOST_BYTES:
                _too_large(path, size, faults)
                return None
            names = set(archive.namelist())
            if "content.xml" in names and (far := _far_ods(archive.read("content.xml"))):
                _too_wide(path, "", far, faults)
                return None
            for name, part in _sheet_parts(archive, names):
                looks[name] = _look(archive.read(part))
                rows, columns = looks[name].last
                if rows * columns > _MOST_CELLS:
                    _too_wide(path, f":{name}", rows * columns, faults)
                    return None
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        OSError,
        ValueError,
        EOFError,
        RuntimeError,
        KeyError,
        zlib.error,
    ) as error:
        got = f"a damaged one ({quoted(error)})"
        faults.add(where=str(path), field="file", expected="a workbook", got=got, remedy=_SAVE)
        return None
    return looks


def _too_wide(path: Path, sheet: str, cells: int, faults: Faults) -> None:
    """Refuse a sheet with a stray cell far out."""
    expected, got = f"at most {_MOST_CELLS:,} cells", f"{cells:,}"
    faults.add(where=f"{path}{sheet}", field="sheet", expected=expected, got=got, remedy=_STRAY)


def _far_ods(xml: bytes) -> int:
    """Count cells that repeat a value, if they are too many; empty ones cost nothing."""
    total = 0
    for row in re.finditer(rb"<table:table-row\b([^>]*)>(.*?)</table:table-row>", xml, re.DOTALL):
        times, width = _repeats(row.group(1), b"rows"), 0
        filled = 0
        for cell in re.finditer(rb"<table:(?:covered-)?table-cell\b([^>]*)>", row.group(2)):
            width += _repeats(cell.group(1), b"columns")
            filled = width if b"value-type" in cell.group(1) or b"formula" in cell.group(1) else filled
        total += times * filled
    return total if total > _MOST_CELLS else 0


def _repeats(attributes: bytes, what: bytes) -> int:
    """Read how often a row or cell is repeated."""
    found = re.search(rb"number-" + what + rb"-repeated=\"([0-9]{1,9})\"", attributes)
    return int(found.group(1)) if found else 1


def _sheet_parts(archive: zipfile.ZipFile, names: set[str]) -> Iterator[tuple[str, str]]:
    """Go through (name of sheet, its part) of an Office Open XML workbook."""
    import html

    relations = "xl/_rels/workbook.xml.rels"
    if not {"xl/workbook.xml", relations} <= names:
        return
    targets = dict[str, str]()
    for found in re.finditer(rb"<(?:\w+:)?Relationship\b([^>]*)>", archive.read(relations)):
        targets[_attribute(found.group(1), "Id")] = _attribute(found.group(1), "Target")
    for found in re.finditer(rb"<(?:\w+:)?sheet\b([^>]*)>", archive.read("xl/workbook.xml")):
        target = targets.get(_attribute(found.group(1), r"\w+:id"), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in names:
            yield html.unescape(_attribute(found.group(1), "name")), part


def _attribute(attributes: bytes, name: str) -> str:
    """Read one attribute, "" where there is none."""
    found = re.search(rf"(?:^|\s){name}=(?:\"([^\"]*)\"|'([^']*)')", attributes.decode("utf-8", "replace"))
    return (found.group(1) or found.group(2) or "") if found else ""


def _look(xml: bytes) -> _Look:
    """Look through a sheet for errors, formulas without a value, and its last row and column."""
    look, row, column = _Look(), 0, -1
    for found in _XML_ROW.finditer(xml):
        if found.group(1) is not None:
            given = _attribute(found.group(1), "r")
            row, column = int(given) if given.isascii() and given.isdecimal() else row + 1, -1
            continue
        attributes, inner = found.group(2), found.group(3) or b""
        place = re.match(r"([A-Z]{1,3})([0-9]{1,7})$", _attribute(attributes, "r"))
        if not place and _attribute(attributes, "r"):  # no reader may guess which cell this is
            raise ValueError("a cell without a place")
        column = _column_number(place.group(1)) if place else column + 1
        row = int(place.group(2)) if place else row
        look.last = max(look.last[0], row), max(look.last[1], column + 1)
        value, kind = _XML_VALUE.search(inner), _attribute(attributes, "t")
        if kind == "e":
            look.errors[row, column] = value.group(1).decode("utf-8", "replace") if value else "#N/A"
        elif re.search(rb"<(?:\w+:)?f\b", inner) and not (value and value.group(1)) and kind != "str":
            look.open_formulas.add((row, column))
    return look


def _column_number(letters: str) -> int:
    """Give the column of its letters, from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _chosen(path: Path, sheets: list[Sheet], faults: Faults, score: Score, asked: str | None) -> Sheet | None:
    """Choose the sheet that is asked for, else the one whose columns are best known; a tie is a fault."""
    names = [each.name for each in sheets]

    def fault(expected: str, got: str, remedy: str) -> None:
        """Note a fault of the choice."""
        faults.add(where=str(path), field="sheet", expected=expected, got=got, remedy=remedy)

    if asked is not None:
        found = [each for each in sheets if each.name == asked]
        if not found:
            fault("the name of a visible sheet", f'"{asked}"', suggest(asked, names))
        return found[0] if found else None
    if not sheets:
        fault("a visible sheet with a table", "none", "Unhide the sheet, or fill it.")
        return None
    ranks = [score(each) for each in sheets]
    best = [each for each, rank in zip(sheets, ranks, strict=True) if rank == max(ranks)]
    if len(best) > 1 and max(ranks) > 0:
        listed = ", ".join(f'"{each.name}"' for each in best)
        fault(
            "one sheet with the table",
            f"several that fit as well: {listed}",
            "Name the sheet that is meant, or hide the others.",
        )
        return None
    return best[0]
