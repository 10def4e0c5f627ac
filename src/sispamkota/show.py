"""One description of a value, two skins: the same header and rows as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["Table", "html_table", "text_table"]

Rows = Sequence[Sequence[object]]
Table = tuple[str, Sequence[str], Rows]  # title, header, rows: what both skins take


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
    """Lay the same rows out as an HTML table with a caption; the first cell of a row heads it, numbers stand right."""
    right = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(header))]
    styles = [' style="text-align: right"' if number else ' style="text-align: left"' for number in right]
    head = "".join(f'<th scope="col"{style}>{escape(name)}</th>' for name, style in zip(header, styles, strict=True))
    body = "".join(f"<tr>{_html_row(row, styles)}</tr>" for row in rows)
    caption = "<br>".join(escape(line) for line in title.split("\n"))
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_row(row: Sequence[object], styles: Sequence[str]) -> str:
    """Write the cells of a row, the first as its head."""
    first, *rest = (escape(str(cell)) for cell in row)
    cells = "".join(f"<td{style}>{cell}</td>" for style, cell in zip(styles[1:], rest, strict=True))
    return f'<th scope="row"{styles[0]}>{first}</th>{cells}'
