"""Cells as offices write them, turned into canonical text: plain digits with a decimal point, blank for unknown."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from .errors import Faults, shown
from .office_columns import Column, vocabulary

__all__ = ["Cell", "Reading", "as_text", "figure", "read_column"]

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta

_SPACES = re.compile(r"(?<=\d)[\s\u00a0\u2007\u2009\u202f'’](?=\d{3}(\D|$))")
_WHOLE = re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(\.\d{3})+|[1-9]\d{0,2}(,\d{3})+)([.,]0{1,2})?")
_NUMBER = re.compile(r"[-+]?(\d[\d.,]*|[.,]\d+)")
_CLEAR = re.compile(r"-?[0-9]+([.,][0-9]+)?")
_POINT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)")
_AREA = re.compile(r"((kelurahan|kecamatan|kabupaten|desa|kel|kec|kab|ds)(\.\s*|\s+)|kota\.\s*)(?=\w)", re.IGNORECASE)
_DATES = (dt.date, dt.datetime, dt.time, dt.timedelta)


@dataclass
class Reading:
    """Hold a column in canonical text, and how many of its cells were written otherwise."""

    texts: list[str] = field(default_factory=list)
    converted: int = 0


def as_text(cell: Cell) -> str:
    """Write a cell as text: a whole float without its point, a date by ISO 8601."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "ya" if cell else "tidak"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def read_column(column: Column, cells: Sequence[tuple[str, Cell]], faults: Faults) -> Reading:
    """Read the cells (where, cell) of one column by its kind; what cannot be read stays as its text."""
    if column.kind in {"text", "code"}:
        return Reading([_name(as_text(cell)) if column.area else as_text(cell) for _, cell in cells])
    style = _point_style(column, cells, faults) if column.kind == "number" else ""
    readers: dict[str, Callable[[str], str | None]] = {
        "whole": _whole,
        "degrees": _degrees,
        "number": lambda text: _number(text, style),
    }
    reading = Reading()
    for where, cell in cells:
        if isinstance(cell, str):
            text = cell.strip()
            bare = _bare(text)
            read = "" if bare.casefold() in vocabulary().blank else readers[column.kind](bare)
            reading.texts.append(text if read is None else read)
            reading.converted += read is not None and read != text
        else:
            reading.texts.append(_stored(column, where, cell, faults))
    return reading


def figure(cell: Cell) -> float | None:
    """Read a whole number as its column would, for a total; None where there is none."""
    if isinstance(cell, bool | dt.date | dt.time | dt.timedelta):
        return None
    if isinstance(cell, int | float):
        return float(cell)
    text = _whole(_bare(cell.strip()))
    return float(text) if text else None


def _name(text: str) -> str:
    """Cut "Kel." and the like off the name of an area; "Kota" only with its point, for Kota Lama is a name."""
    text = " ".join(text.split())
    return _AREA.sub("", text, count=1) if _AREA.match(text) else text


@cache
def _units() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Give the patterns of a unit before and after a number."""
    words = "|".join(vocabulary().units)
    return re.compile(rf"({words})\.?\s*(?=[-+\d])", re.IGNORECASE), re.compile(rf"\s*({words})\.?", re.IGNORECASE)


def _bare(text: str) -> str:
    """Take the unit off a number, and the spaces between its groups of three; other text stays."""
    if _CLEAR.fullmatch(text):
        return text
    before, after = _units()
    found = before.match(text)
    text = text[found.end() :] if found else text
    digits = re.match(r"[-+]?[\d.,\s\u00a0\u2007\u2009\u202f'’]*\d", text)
    if digits and after.fullmatch(text[digits.end() :]):
        text = digits.group()
    if re.fullmatch(r"[-+]?[1-9]\d{0,2}([\s\u00a0\u2007\u2009\u202f'’]\d{3})+([.,]\d+)?", text):
        text = _SPACES.sub("", text)
    return text.replace("\u2212", "-")


def _whole(text: str) -> str | None:
    """Read a whole number; a point or comma before three digits parts thousands, zeros behind one are dropped."""
    if not text:
        return ""
    if not text.isascii() or not _WHOLE.fullmatch(text):
        return None
    body = re.sub(r"[.,]0{1,2}$", "", text)
    digits = re.sub(r"[.,]", "", body)
    return str(int(digits)) if len(digits) < 19 else None


def _degrees(text: str) -> str | None:
    """Read degrees, which have no thousands: a single point or comma is the decimal one."""
    if not text:
        return ""
    point = text.replace(",", ".", 1) if "." not in text else text
    return point if text.isascii() and _POINT.fullmatch(point) else None


def _number(text: str, style: str) -> str | None:
    """Read a number whose column has the decimal mark `style`, "" where the column contradicts itself."""
    if not text:
        return ""
    if not style or not text.isascii() or not _NUMBER.fullmatch(text):
        return None
    other = "," if style == "." else "."
    head, mark, tail = text.partition(style)
    if other in tail or (other in head and not re.fullmatch(rf"[-+]?\d{{1,3}}(\{other}\d{{3}})+", head)):
        return None
    point = head.replace(other, "") + ("." if mark else "") + tail
    return point if _POINT.fullmatch(point) else None


def _evidence(text: str) -> tuple[str, bool]:
    """Tell which decimal mark a number shows, and whether it leaves no other reading."""
    marks = re.sub(r"[^.,]", "", text)
    if not marks or not text.isascii() or not _NUMBER.fullmatch(text):
        return "", False
    if len(set(marks)) == 2:
        return marks[-1], True
    other = "," if marks[0] == "." else "."
    if len(marks) > 1:
        return other, True
    sure = not re.fullmatch(rf"[-+]?[1-9]\d{{0,2}}\{marks}\d{{3}}", text)
    return marks, sure


def _point_style(column: Column, cells: Sequence[tuple[str, Cell]], faults: Faults) -> str:
    """Decide the decimal mark of a column; one that shows both is a fault, and "" comes back."""
    first: dict[tuple[str, bool], tuple[str, str]] = {}
    parted = set[str]()  # decimal marks whose thousands are shown too
    for where, cell in cells:
        text = _bare(cell.strip()) if isinstance(cell, str) else ""
        mark, sure = _evidence(text)
        if mark:
            first.setdefault((mark, sure), (where, text))
            if sure and ("," if mark == "." else ".") in text:
                parted.add(mark)
    for mark, other in ((",", "."), (".", ",")):
        sure = (mark, True) in first
        clash = (other, True) in first or ((other, False) in first and mark not in parted)
        if sure and not clash:
            return mark
    weak = {mark for mark, _ in first}
    if len(weak) < 2:
        return next(iter(weak), ".")
    shows = {mark: first.get((mark, True)) or first[mark, False] for mark in sorted(weak)}
    where = max(where for where, _ in shows.values()) if len(shows) > 1 else ""
    got = " and ".join(f"{shown(text)} at {where}" for where, text in shows.values())
    remedy = "Write every number of the column the same way, for example 1.5."
    faults.add(where=where, field=column.name, expected="one decimal mark in the column", got=got, remedy=remedy)
    return ""


def _stored(column: Column, where: str, cell: Cell, faults: Faults) -> str:
    """Write a cell that the workbook holds as a number or a date; what the spreadsheet spoilt is a fault and blank."""
    expected = "a whole number" if column.kind == "whole" else "a number"
    if isinstance(cell, _DATES):
        remedy = "Format the cell as a number and type it again: the spreadsheet took it for a date."
        faults.add(where=where, field=column.name, expected=expected, got=f"the date {as_text(cell)}", remedy=remedy)
        return ""
    if column.kind == "whole" and isinstance(cell, float) and math.isfinite(cell) and not cell.is_integer():
        meant = round(cell * 1000)
        near = abs(cell) < 1000 and abs(meant - cell * 1000) < 1e-6
        remedy = "Type the number again without points and commas"
        remedy += f": {meant} seems meant, the point of its thousands taken for a decimal point." if near else "."
        faults.add(where=where, field=column.name, expected=expected, got=f"the number {cell!r}", remedy=remedy)
        return ""
    return as_text(cell)
