"""One description of a value, two skins: the same header and rows as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["html_table", "text_table"]

Rows = Sequence[Sequence[object]]


def _is_number(cell: object) -> bool:
    """Say whether a cell is a number, or one that was written out: "-1,234.5", "20×", "∞"."""
    return isinstance(cell, int | float) or (isinstance(cell, str) and not cell.strip("0123456789.,+-–∞×x"))


def text_table(title: str, header: Sequence[str], rows: Rows) -> str:
    """Lay rows out in columns under a title; numbers stand to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(header)]
    right = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(header))]

    def _line(row: Sequence[str]) -> str:
        parts = [cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True)]
        return "  ".join(parts).rstrip()

    return "\n".join([title, _line(header), _line(["─" * width for width in widths]), *map(_line, cells)])


def html_table(title: str, header: Sequence[str], rows: Rows) -> str:
    """Lay the same rows out as an HTML table with a caption."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
