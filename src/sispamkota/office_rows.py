"""The rows of an office's table, told apart: data, totals, names of groups, and what stands under the table.

A total is left out of the data and held against the sum of the rows that it covers: the rows since the last total, or
all of them for a grand total.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from .errors import Faults
from .office_cells import Cell, as_text, read_column
from .office_columns import Column, plain
from .office_files import Sheet
from .office_header import Header

__all__ = ["Kinds", "Total", "check_totals", "sort_rows"]

_TOTAL = re.compile(r"(sub\s*-?\s*|grand\s*)?(total|jumlah|jml)\b", re.IGNORECASE)
_SUBTOTAL = re.compile(r"sub|.*\b(kec(amatan)?|kel(urahan)?|desa|dapil)\b", re.IGNORECASE)
_GRAND = re.compile(r"grand|.*\b(kota|kab(upaten)?|keseluruhan|seluruh(nya)?|semua|akhir|overall)\b", re.IGNORECASE)
_GROUP = re.compile(r"(kecamatan\s*[:.]?|kec\s*[.:]|kec\s)\s*(?P<name>\w.*)", re.IGNORECASE | re.DOTALL)
_ORDINAL = re.compile(r"([0-9]{1,3}|[ivxlc]{1,6}|[a-z])[.)]?", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_FIGURE = re.compile(r"-?[0-9]{1,18}(\.[0-9]{0,18})?")
_FOOTER = re.compile(
    r"((sumber|keterangan|ket|catatan|cat|source|notes?|data)\s*([:.]|$)|\*+\)?\s|dicetak|mengetahui|tertanda)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Total:
    """Hold a row of totals: its place, its words, and (stated, summed) of each column that could be checked."""

    row: int
    label: str
    figures: Mapping[str, tuple[str, str]]


@dataclass
class Kinds:
    """Hold the rows by their kind: data with the group each stands under, totals with how many data rows are above."""

    data: list[tuple[int, list[Cell]]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    totals: list[tuple[int, str, list[Cell], int]] = field(default_factory=list)
    left_out: int = 0


def sort_rows(
    sheet: Sheet, header: Header, ours: Mapping[str, int], columns: Sequence[Column], *, path: Path, faults: Faults
) -> Kinds:
    """Tell the rows under the header apart; a row of text with too few or too many cells is a fault and left out."""
    kinds, group, below = Kinds(), "", False
    codes = [ours[each.name] for each in columns if each.kind == "code" and each.name in ours]
    rows = sheet.rows[header.last + 1 :]
    while rows and (_is_numbering(rows[0][1]) or _is_bracketed(rows[0][1])):
        rows = rows[1:]
    names = [set(map(plain, name.split(" / "))) for name in header.names]
    end = _end(rows, codes, width=len(header.names)) if len(ours) > 1 else len(rows)
    for number, cells in rows[:end]:
        words = [(i, as_text(cell)) for i, cell in enumerate(cells) if cell != ""]
        if not words or _is_header(words, names):
            continue
        at, label = next(((i, text) for i, text in words if not _is_number(text)), words[0])
        coded = any(column < len(cells) and cells[column] != "" and column != at for column in codes)
        if _FOOTER.match(label) and not coded and (len(words) <= 2 or below):
            below = True
        elif below and not coded and len(words) <= 2:
            continue
        elif _TOTAL.match(label) and not coded and not _named_total(label, codes):
            kinds.totals.append((number, " ".join(label.split()), cells, len(kinds.data)))
        elif found := _group(words):
            group = found
        elif _fits(sheet, header, cells, number, path=path, faults=faults):
            kinds.data.append((number, list(cells) + [""] * (len(header.names) - len(cells))))
            kinds.groups.append(group)
        else:
            kinds.left_out += 1
    return kinds


def _named_total(label: str, codes: Sequence[int]) -> bool:
    """Tell whether a label without a code column may be a name: more than four words are no total."""
    return not codes and len(label.split()) > 4


def _is_number(text: str) -> bool:
    """Tell whether a text has no letter."""
    return not _LETTER.search(text)


def _is_numbering(cells: Sequence[Cell]) -> bool:
    """Tell whether a row only counts the columns: 1 2 3 …, perhaps in brackets."""
    texts = [as_text(cell).strip("() ") for cell in cells if cell != ""]
    return len(texts) > 2 and texts == [str(number) for number in range(1, len(texts) + 1)]


def _is_bracketed(cells: Sequence[Cell]) -> bool:
    """Tell whether a row only has the units of the columns: (jiwa), (km2)."""
    texts = [as_text(cell) for cell in cells if cell != ""]
    return len(texts) > 0 and all(text.startswith("(") and text.endswith(")") for text in texts)


def _is_header(words: Sequence[tuple[int, str]], names: Sequence[set[str]]) -> bool:
    """Tell whether a row repeats the header, as printed pages do."""
    return (
        len(words) > 1
        and not _is_number(words[0][1])
        and all(i < len(names) and plain(text) in names[i] for i, text in words)
    )


def _group(words: Sequence[tuple[int, str]]) -> str:
    """Give the kecamatan that a row names and nothing else but its ordinal; "" for any other row."""
    texts = [text for _, text in words]
    if len(texts) == 2 and _ORDINAL.fullmatch(texts[0]):
        texts = texts[1:]
    found = _GROUP.fullmatch(re.sub(r"^([IVX]+|[0-9]+|[A-Z])[.)]\s+", "", texts[0])) if len(texts) == 1 else None
    return " ".join(found["name"].split()) if found else ""


def _end(rows: Sequence[tuple[int, list[Cell]]], codes: Sequence[int], *, width: int) -> int:
    """Find where the table ends: single words behind its last full row are signatures and remarks."""
    end = len(rows)
    while end:
        cells = rows[end - 1][1]
        words = [as_text(cell) for cell in cells if cell != ""]
        padded = len(cells) >= width
        coded = any(column < len(cells) and cells[column] != "" for column in codes)
        if words and not (padded and len(words) == 1 and not _is_number(words[0]) and not (coded and codes)):
            return end
        end -= 1
    return end


def _fits(sheet: Sheet, header: Header, cells: Sequence[Cell], number: int, *, path: Path, faults: Faults) -> bool:
    """Ask of a row of a text file that it has the cells of the header; blanks beyond do not count."""
    width = len(header.names)
    if sheet.name or len(cells) == width or (len(cells) > width and not any(cells[width:])):
        return True
    mark = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}[sheet.delimiter]
    remedy, got = f"Quote cells that hold {mark}, or complete the row.", f"{len(cells)}"
    expected = f"{width} cells as in the header"
    faults.add(where=sheet.where(path, number), field="row", expected=expected, got=got, remedy=remedy)
    return False


def check_totals(
    kinds: Kinds, texts: Mapping[str, Sequence[str]], cells_of: Mapping[str, tuple[Column, int]]
) -> list[tuple[Total, list[str]]]:
    """Hold each total against its rows: (total, names of the columns that differ)."""
    checked, since, subtotals = list[tuple[Total, list[str]]](), 0, 0
    for i, (row, label, cells, above) in enumerate(kinds.totals):
        spans = _spans(label, since, above, len(kinds.data), last=i == len(kinds.totals) - 1, subtotals=subtotals)
        trials = []
        for start, stop in spans:
            figures = {
                name: found
                for name, (column, at) in cells_of.items()
                if (found := _compared(column, cells[at : at + 1], texts[name][start:stop])) is not None
            }
            wrong = [name for name, (stated, summed, slack) in figures.items() if abs(stated - summed) > slack]
            trials.append((Total(row, label, {n: (str(f[0]), str(f[1])) for n, f in figures.items()}), wrong))
        if trials:
            checked.append(min(trials, key=lambda trial: len(trial[1])))
        else:
            checked.append((Total(row, label, {}), []))
        since, subtotals = (since, subtotals) if _is_grand(label) else (above, subtotals + 1)
    return checked


def _is_grand(label: str) -> bool:
    """Tell whether a total says that it covers everything."""
    return bool(_GRAND.match(label)) and not _SUBTOTAL.match(label)


def _spans(label: str, since: int, above: int, rows: int, *, last: bool, subtotals: int) -> list[tuple[int, int]]:
    """Give the runs of rows that a total may cover; none where it cannot be told."""
    everything, recent = (0, above or rows), (since, above)
    if _is_grand(label):
        return [everything]
    if since == above:
        return [everything] if last or not above else []
    if _SUBTOTAL.match(label) or not subtotals or not last:
        return [recent]
    return [recent, everything]


def _compared(column: Column, cell: Sequence[Cell], texts: Sequence[str]) -> tuple[Decimal, Decimal, Decimal] | None:
    """Give (stated, summed, allowed difference); None where either has no figure, or a blank may hide the rest."""
    if not cell or not texts:
        return None
    said = read_column(column, [("", cell[0])], Faults()).texts[0]
    if not all(_FIGURE.fullmatch(text) for text in (said, *filter(None, texts))):
        return None
    stated, known = Decimal(said), [Decimal(text) for text in texts if text]
    summed = sum(known, Decimal(0))
    if len(known) < len(texts) and summed < stated:
        return None
    slack = Decimal(0)
    if column.kind == "number":  # rows and total may each be rounded
        places = min((-int(value.as_tuple().exponent) for value in (*known, stated)), default=0)
        slack = Decimal(len(known) + 1) / 2 * Decimal(10) ** -places
    return stated, summed, slack
