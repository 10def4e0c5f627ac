"""The norms in force on a day as a table: the value that is used, and beside it what every other source says."""

from __future__ import annotations

from datetime import date
from typing import Any

from sispamkota.errors import Fault, InputError, shown, suggest
from sispamkota.words import number, say_day, words

from .doctrine import Doctrine, Norm, doctrine, norms

__all__ = ["find_norms", "norm_rows", "norm_sources"]

_TRADE = "doctrine.md"  # our notes on the trade, which nobody else has
_CLOCK = "s after midnight"
_KEYS = ("value", "unit", "low", "high", "source", "tag", "mark", "note", "note_id")
_UNITS = {
    "persons": "persons", "s": "s", "TPS per 2 police": "tps_per_pair", "TPS": "tps", _CLOCK: "clock", "days": "days",
    "persons/m2": "density", "m": "m", "score": "score", "1": "share", "places": "places",
    "persons per TPS": "persons_per_tps", "task forces": "task_forces", "units": "units", "vehicles": "vehicles",
    "persons per 100": "per_100",
}  # fmt: skip


def _unit(unit: str, lang: str) -> str:
    """Name a unit in a language; one of the user's own file stays as it is written."""
    return words(lang)(f"norms.unit_{_UNITS[unit]}") if unit in _UNITS else unit


def _written(value: float, unit: str, lang: str) -> str:
    """Write a figure as it is read: an hour of the day as one, others with no more digits than they have."""
    if unit == _CLOCK:
        return f"{int(value // 3600):02d}{'.' if lang == 'id' else ':'}{round(value % 3600 / 60):02d}"
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return number(value, lang, digits=len(text.partition(".")[2]))


def find_norms(name: str | None, *, on: date, own: Doctrine | None = None) -> dict[str, tuple[Norm, ...]]:
    """Give the norms in force on a day by name: one, all whose name begins with it and a point, or all.

    The value that is used stands first; the user's `own` goes before ours. Raises InputError for a name of no norm, or
    of none that held on the day.
    """
    known = sorted({*doctrine().norms, *(own.norms if own else ())})
    asked = [each for each in known if name is None or each == name or each.startswith(f"{name}.")]
    found = {}
    for each in asked:
        try:
            found[each] = norms(each, on=on, own=own)
        except KeyError:
            continue  # known, but not on this day
    if not found:
        got = f"{shown(name)}, which has no value on {on}" if asked else shown(name)
        remedy = "Choose another day with --on." if asked else suggest(str(name), known)
        raise InputError([Fault("NAME", "norm", "a norm in force", got, remedy)])
    return found


def norm_sources(found: dict[str, tuple[Norm, ...]]) -> list[dict[str, Any]]:
    """Give one plain row a source, the used one marked; `differs` where sources in force disagree."""
    rows = []
    for name, values in found.items():
        differs = len({each.value for each in values}) > 1
        for i, each in enumerate(values):
            row: dict[str, Any] = {"name": name, "used": i == 0, "differs": differs}
            row |= {key: getattr(each, key) for key in _KEYS}
            spans = (("since", each.since, date.min), ("until", each.until, date.max))
            rows.append(row | {key: None if day == bound else day.isoformat() for key, day, bound in spans})
    return rows


def norm_rows(
    found: dict[str, tuple[Norm, ...]], *, on: date, own: Doctrine | None = None, lang: str
) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows: every source of every norm, an arrow before the one that is used."""
    t = words(lang)
    theirs = own.norms if own else {}
    rows = list[tuple[str, ...]]()
    for row in norm_sources(found):
        low, value, high = (_written(row[key], row["unit"], lang) for key in ("low", "value", "high"))
        span = "" if row["low"] == row["high"] else f"{low}–{high}"
        days = f"{row['since'] or ''}–{row['until'] or ''}" if row["since"] or row["until"] else ""
        ours = row["name"] not in theirs or not any(each.source == row["source"] for each in theirs[row["name"]])
        source = t("norms.doctrine") if row["source"].startswith(_TRADE) else row["source"]
        source = source if ours else t("norms.own", source=row["source"])
        head = ("→" if row["used"] else "", row["name"], value, _unit(row["unit"], lang), span)
        note = (row["note_id"] if lang == "id" else "") or row["note"]
        rows.append((*head, days, source, t(f"norms.tag_{row['tag']}"), row["mark"], note))
    keys = ("norm", "value", "unit", "range", "days", "source", "tag", "mark", "note")
    disagree = sum(len({each.value for each in values}) > 1 for values in found.values())
    title = t("norms.title", n=len(found), on=say_day(on.isoformat(), lang), differ=disagree)
    return title, ("", *(t(f"norms.{key}") for key in keys)), rows
