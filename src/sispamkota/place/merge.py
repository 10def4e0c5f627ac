"""Several files of venues become one table: what comes first goes first, later files fill blanks and add places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .position import project
from .venues import name_slug, slug

__all__ = ["Merged", "merge_venues"]

_FILLED = ("owner", "hospital_class", "address", "kode_kel", "kode_kec", "note")
_POINT = ("lon", "lat", "quality", "source")


@dataclass(frozen=True)
class Merged:
    """Hold the merged venues, and what became of each file: rows read, rows that were places already, cells filled."""

    venues: pd.DataFrame
    files: tuple[dict[str, Any], ...]


def merge_venues(tables: Sequence[tuple[str, pd.DataFrame]], *, epsg: int, near_m: float) -> Merged:
    """Merge (file name, venues) in order of precedence.

    A row is a place of an earlier file if both are of one kind and have the same name, or stand within `near_m`, both
    measured; it then only fills what is blank there, and gives a position where none was measured. An id
    that an earlier file used gets the file's name in front.
    """
    name, first = tables[0]
    rows = first.to_dict("records")
    told = [{"file": name, "rows": len(first), "same": 0, "filled": 0}]
    for name, table in tables[1:]:
        known = _Known(rows, epsg, near_m)
        same = filled = 0
        for row in table.to_dict("records"):
            at = known.find(row)
            if at is None:
                rows.append(row | {"id": _own_id(str(row["id"]), name, {str(each["id"]) for each in rows})})
            else:
                same += 1
                filled += _fill(rows[at], row)
        told.append({"file": name, "rows": len(table), "same": same, "filled": filled})
    merged = pd.DataFrame(rows, columns=list(first.columns))
    merged.attrs["dropped"] = sorted({each for _, table in tables for each in table.attrs.get("dropped", [])})
    return Merged(merged, tuple(told))


class _Known:
    """Find the place that a row is, among those of earlier files."""

    def __init__(self, rows: Sequence[dict[Any, Any]], epsg: int, near_m: float) -> None:
        self._names = {(row["kind"], name): i for i, row in reversed(list(enumerate(rows))) for name in _names(row)}
        self._kinds = np.array([row["kind"] for row in rows], object)
        self._epsg, self._near = epsg, near_m
        measured = np.array([row["quality"] not in ("proxy", "unknown") for row in rows], bool)
        lon, lat = (np.array([row[axis] for row in rows], np.float64) for axis in ("lon", "lat"))
        self._x, self._y = project(np.where(measured, lon, np.nan), np.where(measured, lat, np.nan), epsg)

    def find(self, row: dict[Any, Any]) -> int | None:
        """Give the number of the place; None where it is a new one."""
        keys = [(row["kind"], name) for name in _names(row)]
        by_name = next((self._names[key] for key in keys if key in self._names), None)
        if by_name is not None or row["quality"] in ("proxy", "unknown"):
            return by_name
        x, y = project(row["lon"], row["lat"], self._epsg)
        with np.errstate(invalid="ignore"):
            away = np.where(self._kinds == row["kind"], np.hypot(self._x - x, self._y - y), np.inf)
        away = np.where(np.isnan(away), np.inf, away)
        nearest = int(away.argmin()) if away.size else -1
        return nearest if nearest >= 0 and away[nearest] <= self._near else None


def _names(row: dict[Any, Any]) -> list[str]:
    """Give the names that a venue may go by in another file."""
    return list(dict.fromkeys((slug(str(row["name"])), name_slug(str(row["name"])))))


def _own_id(name: str, file: str, taken: set[str]) -> str:
    """Give a row an id that no earlier row has."""
    if name not in taken:
        return name
    return next(each for n in range(len(taken) + 2) if (each := f"{file}/{name}" + (f"-{n}" if n else "")) not in taken)


def _fill(row: dict[Any, Any], more: dict[Any, Any]) -> int:
    """Fill the blanks of a row from another; the cells filled."""
    blanks = [name for name in _FILLED if not row[name] and more[name]]
    row |= {name: more[name] for name in blanks}
    better = row["quality"] in ("unknown", "proxy") and more["quality"] not in ("unknown", "proxy")
    if better:
        row |= {name: more[name] for name in _POINT}
    return len(blanks) + int(better)
