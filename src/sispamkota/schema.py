"""The registry of quantities: each has its name, unit, sentence, range and source in data/variables.toml, once.

A table `[parameter.NAME]` has default, low and high; `[measure.NAME]` has display_unit and may have standard;
`[field.NAME]` describes a column. All have unit, sentence_id, sentence_en, source and tag.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .errors import Faults, InputError, quoted, shown, suggest
from .words import unit_word

__all__ = [
    "TAGS", "Assumption", "Quantity", "Standard", "measure_label", "parameters", "quantities", "quantity",
    "read_quantities",
]  # fmt: skip

VARIABLES = Path(__file__).parent / "data" / "variables.toml"
TAGS = ("official", "reported", "estimated", "assumed")
_COMMON = ("unit", "sentence_id", "sentence_en", "source", "tag")
_NEEDS = {"parameter": ("default", "low", "high"), "measure": ("display_unit",), "field": ()}
_MAY = ("dims", "dtype", "standard", "display_unit", "choice")


@dataclass(frozen=True)
class Assumption:
    """State one thing that a result rests on, in both languages.

    `tag` is synthetic, assumed, estimated or proxy; `count` says how many items it touches (0: no count).
    """

    key: str
    id: str
    en: str
    tag: str
    count: int = 0


@dataclass(frozen=True)
class Standard:
    """Hold the published value that a measure is held against, in the measure's own unit."""

    value: float
    source: str


@dataclass(frozen=True)
class Quantity:
    """Describe one quantity; `default`, `low` and `high` are of parameters, `standard` of measures. SI units.

    A parameter that is a `choice` of who orders what is no uncertainty and is never drawn.
    """

    name: str
    kind: str
    unit: str
    sentence_id: str
    sentence_en: str
    source: str
    tag: str
    dims: tuple[str, ...] = ()
    dtype: str = "float64"
    display_unit: str = ""
    default: float | None = None
    low: float | None = None
    high: float | None = None
    standard: Standard | None = None
    choice: bool = False

    def sentence(self, lang: str) -> str:
        """Say in "id" or "en" what the quantity is."""
        return self.sentence_id if lang == "id" else self.sentence_en


@cache
def _registry() -> Mapping[str, Quantity]:
    """Read the embedded registry once."""
    return read_quantities(VARIABLES)


def quantity(name: str) -> Quantity:
    """Look one quantity up by name; raises KeyError with the nearest known name."""
    registry = _registry()
    if name not in registry:
        raise KeyError(f'no quantity "{name}": {suggest(name, registry)}')
    return registry[name]


def measure_label(name: str, unit: str, lang: str) -> str:
    """Name a measure with its unit, which a bare count does not have."""
    word, sentence = unit_word(unit, lang), quantity(name).sentence(lang)
    return f"{sentence} ({word})" if word else sentence


def quantities(*, kind: str | None = None) -> tuple[Quantity, ...]:
    """List all quantities, or those of one kind, in the order of the file."""
    return tuple(each for each in _registry().values() if kind in (None, each.kind))


def parameters(*overrides: Mapping[str, float]) -> dict[str, float]:
    """Give every parameter its default, then what each mapping overrides, the last one winning.

    Raises InputError for unknown names, for values that are not finite numbers inside [low, high], and for a vote that
    closes before it opens.
    """
    known = {each.name: each for each in quantities(kind="parameter")}
    values = {name: float(each.default or 0.0) for name, each in known.items()}
    faults = Faults()
    for name, value in (item for mapping in overrides for item in mapping.items()):
        where = f"parameters.{name}"
        if name not in known:
            remedy = suggest(name, known)
            faults.add(where=where, field="name", expected="a known parameter", got=shown(name), remedy=remedy)
        elif not _inside(value, known[name]):
            low, high = known[name].low, known[name].high
            expected, remedy = f"a number from {low} to {high}", "Stay inside the range of variables.toml."
            faults.add(where=where, field=name, expected=expected, got=shown(value), remedy=remedy)
        else:
            values[name] = float(value)
    opens, closes = values.get("vote_open_hour", 0.0), values.get("vote_close_hour", 24.0)
    if closes <= opens:
        where, remedy = "parameters.vote_close_hour", "Let the vote close after it opens."
        faults.add(
            where=where, field="vote_close_hour", expected=f"later than {opens:g}", got=shown(closes), remedy=remedy
        )
    faults.raise_if_any()
    return values


def _inside(value: Any, known: Quantity) -> bool:
    """Tell whether a value is a number in the parameter's range; NaN is in none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (known.low or 0.0) <= value <= (known.high or 0.0)


def read_quantities(path: Path) -> dict[str, Quantity]:
    """Read a registry file; raises InputError with every table that is malformed, by its line."""
    text, faults = path.read_text(encoding="utf-8"), Faults()
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{path}:{line[1] if line else 1}"
        faults.add(where=where, field="TOML", expected="valid TOML", got=quoted(error), remedy="Correct this line.")
        raise InputError(faults) from None
    found: dict[str, Quantity] = {}
    for kind, name, table in _tables(tables):
        wrong = _format_faults(kind, name, table, found)
        for field, expected, got in wrong:
            where, field_path = f"{path}:{_line_of(text, kind, name)}", f"{kind}.{name}.{field}"
            faults.add(where=where, field=field_path, expected=expected, got=got, remedy="Complete this table.")
        if not wrong:
            found[name] = _quantity(kind, name, table)
    faults.raise_if_any()
    return found


def _tables(data: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Go through (kind, name, table); what is no table comes with an empty name."""
    for kind, group in data.items():
        yield from (
            ((kind, name, table) for name, table in group.items()) if isinstance(group, dict) else [(kind, "", group)]
        )


def _line_of(text: str, kind: str, name: str) -> int:
    """Find the line of a table's header."""
    header = re.search(rf'^\[{kind}\."?{re.escape(name)}"?\]', text, re.MULTILINE)
    return text.count("\n", 0, header.start()) + 1 if header else 1


def _format_faults(kind: str, name: str, table: Any, found: Mapping[str, Quantity]) -> list[tuple[str, str, str]]:
    """List (field, expected, got) for one table of the registry."""
    if kind not in _NEEDS or not isinstance(table, dict):
        return [("", "a table [parameter.*], [measure.*] or [field.*]", shown(kind))]
    needs = (*_COMMON, *_NEEDS[kind])
    faults = [("name", "a name used once", shown(name))] if name in found else []
    faults += [(key, "a value", "nothing") for key in needs if key not in table]
    faults += [(key, "a known key", shown(key)) for key in table if key not in (*needs, *_MAY)]
    texts = {key: table[key] for key in (*_COMMON, "display_unit") if key in table}
    faults += [(key, "text", shown(text)) for key, text in texts.items() if not isinstance(text, str)]
    faults += [
        (key, "text", "an empty one") for key in ("sentence_id", "sentence_en", "source") if texts.get(key) == ""
    ]
    if "tag" in table and table["tag"] not in TAGS:
        faults.append(("tag", "one of " + ", ".join(TAGS), shown(table["tag"])))
    if kind == "parameter":
        faults += _range_faults(table)
    standard = table.get("standard", {"value": 0, "source": ""})
    if not isinstance(standard, dict) or set(standard) != {"value", "source"}:
        faults.append(("standard", "a table of value and source", shown(standard)))
    return faults


def _range_faults(table: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """List what is wrong with the default and range of a parameter."""
    values = {key: table[key] for key in _NEEDS["parameter"] if key in table}
    wrong = [key for key, value in values.items() if isinstance(value, bool) or not isinstance(value, int | float)]
    if wrong or len(values) < len(_NEEDS["parameter"]):
        return [(key, "a number", shown(values[key])) for key in wrong]
    if not values["low"] <= values["default"] <= values["high"]:
        return [
            ("default", f"a number from low to high ({values['low']} to {values['high']})", shown(values["default"]))
        ]
    return []


def _quantity(kind: str, name: str, table: Mapping[str, Any]) -> Quantity:
    """Make the value from a table that is in order."""
    rest = {key: value for key, value in table.items() if key not in ("dims", "standard")}
    standard = Standard(**table["standard"]) if "standard" in table else None
    return Quantity(name=name, kind=kind, dims=tuple(table.get("dims", ())), standard=standard, **rest)
