"""How a table would be read, before a city is built from it: its header, columns, totals, and the first rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sispamkota.errors import Faults, InputError, shown, suggest
from sispamkota.office import Total, columns_of, read_table
from sispamkota.show import text_table
from sispamkota.words import number, words

from .read import AREA_REQUIRED, PEOPLE_REQUIRED
from .tps import TPS_REQUIRED
from .venues import VENUE_REQUIRED

__all__ = ["TABLES", "preview_rows", "show_preview"]

_NEEDED = {"areas": AREA_REQUIRED, "people": PEOPLE_REQUIRED, "venues": VENUE_REQUIRED, "tps": TPS_REQUIRED}
TABLES = tuple(_NEEDED)
_FIRST = 5
_CHARS = 24


def preview_rows(path: Path, table: str, *, renamed: Mapping[str, str]) -> dict[str, Any]:
    """Read a table as one of ours and say how it was understood, as plain JSON values; faults are part of the answer.

    Raises InputError for a table that is none of ours.
    """
    faults = Faults()
    if table not in TABLES:
        remedy = suggest(table, TABLES)
        faults.add(where="--as", field="table", expected="a table of ours", got=shown(table), remedy=remedy)
        raise InputError(faults)
    columns = [replace(each, need=each.name in _NEEDED[table]) for each in columns_of(table)]
    read = read_table(path, columns, faults, renamed=renamed)
    report = read.report
    return {
        "file": str(path),
        "table": table,
        "sheet": report.sheet,
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "header": list(report.header),
        "letterhead": list(report.letterhead),
        "matched": dict(report.matched),
        "dropped": list(report.dropped),
        "personal": dict(report.personal),
        "totals": [_total(each) for each in report.totals],
        "numbers_converted": report.numbers_converted,
        "rows": report.rows,
        "first": read.rows.head(_FIRST).to_dict("records"),
        "faults": [str(fault) for fault in faults],
    }


def _total(total: Total) -> dict[str, Any]:
    """Write one row of totals."""
    return {
        "row": total.row,
        "label": total.label,
        "figures": {name: {"stated": stated, "summed": summed} for name, (stated, summed) in total.figures.items()},
    }


def show_preview(found: Mapping[str, Any], *, lang: str) -> str:
    """Write a preview as text."""
    t = words(lang)
    facts = [
        (t("place.preview_format"), ", ".join(filter(None, (found["sheet"], found["encoding"], found["delimiter"])))),
        (t("place.preview_header"), ", ".join(map(str, found["header"]))),
        (t("place.preview_rows"), number(found["rows"], lang)),
        *((t("place.preview_column", name=ours), theirs) for ours, theirs in found["matched"].items()),
        (t("place.preview_dropped"), ", ".join(found["dropped"]) or "–"),
        *(
            (t("place.preview_personal"), t("place.preview_personal_of", name=name, n=number(count, lang)))
            for name, count in found["personal"].items()
        ),
        *(
            (total["label"], ", ".join(f"{name} {each['stated']}" for name, each in total["figures"].items()))
            for total in found["totals"]
        ),
    ]
    parts = [text_table(t("place.preview_title", file=found["file"], table=found["table"]), ("", ""), facts)]
    if found["first"]:
        names = [name for name in found["first"][0] if name in found["matched"]]
        rows = [[str(row[name])[:_CHARS] for name in names] for row in found["first"]]
        parts.append(text_table(t("place.preview_first"), names, rows))
    if found["faults"]:
        parts.append("\n".join([t("place.preview_faults"), *found["faults"]]))
    return "\n\n".join(parts)
