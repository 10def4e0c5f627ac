"""Several files of venues become one table: what comes first goes first, later files fill blanks and add places."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .position import project
from .venues import name_slug, slug

__all__ = ["Merged", "merge_venues"]

F8 = NDArray[np.float64]
_FILLED = ("owner", "hospital_class", "address", "kode_kel", "kode_kec", "note")
_POINT = ("lon", "lat", "quality", "source")
_STAND_INS = ("proxy", "unknown")
_MOST_NEAR = 16  # candidates of one row that are looked at: bounds the work where hundreds stand on one spot
_FAR_APART = 1e8  # m between the places of two keys in the third dimension, where no distance that is asked for reaches
_ROMAN = {"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8, "ix": 9}  # "i", "v" and "x" may be initials


@dataclass(frozen=True)
class Merged:
    """Hold the merged venues, and what became of each file: rows read, rows that were places already, cells filled.

    "into" lists the rows that were places already: their id and name in the file, and the id of the place.
    """

    venues: pd.DataFrame
    files: tuple[dict[str, Any], ...]


@dataclass
class _Places:
    """Hold rows of venues with what tells whether two are one place.

    `names` are the whole name of each row and that without its bracket, as references; x and y are NaN where nobody
    measured them.
    """

    rows: list[dict[Any, Any]]
    names: list[tuple[str, str]]
    xs: list[float]
    ys: list[float]

    @classmethod
    def of(cls, table: pd.DataFrame, epsg: int) -> _Places:
        """Take the rows of a table."""
        measured = ~table["quality"].isin(_STAND_INS)
        lon, lat = (table[axis].where(measured).to_numpy(np.float64) for axis in ("lon", "lat"))
        x, y = project(lon, lat, epsg)
        names = [
            (whole := slug(name), name_slug(name) if "(" in name or ":" in name else whole)
            for name in map(str, table["name"])
        ]
        return cls(table.to_dict("records"), names, np.where(np.isfinite(x), x, np.nan).tolist(), y.tolist())

    def take(self, other: _Places, at: int) -> None:
        """Add a row of another."""
        self.rows.append(other.rows[at])
        self.names.append(other.names[at])
        self.xs.append(other.xs[at])
        self.ys.append(other.ys[at])

    def measured(self, at: int) -> bool:
        """Tell whether a row has a measured position."""
        return not np.isnan(self.xs[at])


def merge_venues(tables: Sequence[tuple[str, pd.DataFrame]], *, epsg: int, near_m: float, name_m: float) -> Merged:
    """Merge (file name, venues) in order of precedence.

    A row is a place of an earlier file if both are of one kind and have the same name, and stand within `name_m` where
    both are measured; or if both are measured, stand within `near_m`, and one name has all words of the other and the
    same numbers. A place takes one row of a file at most, the nearest. The row only fills what is blank there, and
    gives a position where none was measured. An id that an earlier file used gets the file's name in front.
    """
    first_name, first = tables[0]
    known = _Places.of(first, epsg)
    taken = {str(row["id"]) for row in known.rows}
    told: list[dict[str, Any]] = [{"file": first_name, "rows": len(first), "same": 0, "filled": 0, "into": []}]
    for name, table in tables[1:]:
        more = _Places.of(table, epsg)
        same = _same_places(known, more, near_m=near_m, name_m=name_m)
        filled, into = 0, list[list[str]]()
        for i, row in enumerate(more.rows):
            if i in same:
                at = same[i]
                into.append([str(row["id"]), str(row["name"]), str(known.rows[at]["id"])])
                filled += _fill(known, at, more, i)
            else:
                row["id"] = _own_id(str(row["id"]), name, taken)
                taken.add(row["id"])
                known.take(more, i)
        told.append({"file": name, "rows": len(table), "same": len(same), "filled": filled, "into": into})
    merged = pd.DataFrame(known.rows, columns=list(first.columns))
    merged.attrs["dropped"] = sorted({each for _, table in tables for each in table.attrs.get("dropped") or []})
    return Merged(merged, tuple(told))


def _same_places(known: _Places, more: _Places, *, near_m: float, name_m: float) -> dict[int, int]:
    """Find the place that a row is, by row; the surest first: same name and near, same name, like names and near."""
    same, used = dict[int, int](), set[int]()
    stages = (
        _by_name_and_place(known, more, name_m),
        _by_name(known, more, same, used),
        _by_place(known, more, near_m),
    )
    for stage in stages:
        for i, at in stage:
            if i not in same and at not in used:
                same[i] = at
                used.add(at)
    return same


def _by_name_and_place(known: _Places, more: _Places, name_m: float) -> Iterator[tuple[int, int]]:
    """Go through measured (row, place) of one name within `name_m`: those of one whole name first, then the nearest."""
    pairs = {
        (more.names[i][0] != known.names[at][0], away, i, at)
        for i, at, away in _near((more, _named(more)), (known, _named(known)), name_m)
        if _one_name(more.names[i], known.names[at])
    }
    yield from ((i, at) for _, _, i, at in sorted(pairs))


def _by_name(known: _Places, more: _Places, same: dict[int, int], used: set[int]) -> Iterator[tuple[int, int]]:
    """Go through (row, place) of one name of which not both are measured, each row with the first place still free."""
    waiting: dict[tuple[str, str], dict[bool, deque[int]]] = defaultdict(lambda: {True: deque(), False: deque()})
    for at, key in _named(known):
        waiting[key][known.measured(at)].append(at)
    for i, key in _named(more):
        if i in same or key not in waiting:
            continue
        queues = [waiting[key][is_measured] for is_measured in ((False,) if more.measured(i) else (True, False))]
        for queue in queues:
            while queue and queue[0] in used:
                queue.popleft()
        free = [queue[0] for queue in queues if queue and _one_name(more.names[i], known.names[queue[0]])]
        if free:
            yield i, min(free)


def _by_place(known: _Places, more: _Places, near_m: float) -> Iterator[tuple[int, int]]:
    """Go through measured (row, place) of one kind within `near_m` and of names that may be one, the nearest first."""
    theirs, ours = ([(i, (row["kind"], "")) for i, row in enumerate(each.rows)] for each in (more, known))
    pairs = [
        (away, i, at)
        for i, at, away in _near((more, theirs), (known, ours), near_m)
        if _alike(more.names[i][0], known.names[at][0])
    ]
    yield from ((i, at) for _, i, at in sorted(pairs))


_Keyed = tuple[_Places, Sequence[tuple[int, tuple[str, str]]]]  # rows with their keys, a row perhaps several times


def _near(rows: _Keyed, places: _Keyed, within: float) -> Iterator[tuple[int, int, float]]:
    """Go through (row, place, m) of one key that are measured and near: of each row the nearest few."""
    from scipy.spatial import cKDTree

    number: dict[tuple[str, str], int] = {}
    sides = list[tuple[list[int], F8]]()
    for table, keyed in (places, rows):
        at = [(i, number.setdefault(key, len(number))) for i, key in keyed if table.measured(i)]
        points = np.array([(table.xs[i], table.ys[i], key * _FAR_APART) for i, key in at], np.float64).reshape(-1, 3)
        sides.append(([i for i, _ in at], points))
    (place_of, there), (row_of, here) = sides
    if not len(there) or not len(here):
        return
    most = min(_MOST_NEAR, len(there))
    away, found = cKDTree(there).query(
        here, k=np.arange(1, most + 1), distance_upper_bound=np.nextafter(within, np.inf)
    )
    for i, j in zip(*np.nonzero(np.isfinite(away)), strict=True):
        yield row_of[i], place_of[found[i, j]], float(away[i, j])


def _named(places: _Places) -> list[tuple[int, tuple[str, str]]]:
    """Give each row its keys: its kind with each name that it may go by in another file."""
    return [
        (i, (row["kind"], name))
        for i, (row, names) in enumerate(zip(places.rows, places.names, strict=True))
        for name in dict.fromkeys(names)
        if name
    ]


def _one_name(names: tuple[str, str], others: tuple[str, str]) -> bool:
    """Tell whether two names that agree before their brackets are one; other numbers within them are other places."""
    bare = names[0] == names[1] or others[0] == others[1]
    return bare or _words(names[0])[1] == _words(others[0])[1]


def _alike(name: str, other: str) -> bool:
    """Tell whether two names may be one: one has all words of the other, and the numbers are the same."""
    (words, figures), (others, their_figures) = _words(name), _words(other)
    return figures == their_figures and bool(words and others) and (words <= others or others <= words)


@lru_cache(maxsize=65536)
def _words(name: str) -> tuple[frozenset[str], tuple[int, ...]]:
    """Part a name, as a reference, into its words and its numbers; Roman ones count."""
    parts = re.findall(r"[a-z]+|[0-9]+", name)
    figures = sorted(
        int(part) if part.isdigit() else _ROMAN[part] for part in parts if part.isdigit() or part in _ROMAN
    )
    return frozenset(part for part in parts if not part.isdigit() and part not in _ROMAN), tuple(figures)


def _own_id(name: str, file: str, taken: set[str]) -> str:
    """Give a row an id that no earlier row has."""
    if name not in taken:
        return name
    return next(each for n in range(len(taken) + 2) if (each := f"{file}/{name}" + (f"-{n}" if n else "")) not in taken)


def _fill(known: _Places, at: int, more: _Places, i: int) -> int:
    """Fill the blanks of a place from a row; the cells filled."""
    place, row = known.rows[at], more.rows[i]
    blanks = [name for name in _FILLED if not place[name] and row[name]]
    place |= {name: row[name] for name in blanks}
    better = place["quality"] in _STAND_INS and row["quality"] not in _STAND_INS
    if better:
        place |= {name: row[name] for name in _POINT}
        known.xs[at], known.ys[at] = more.xs[i], more.ys[i]
    return len(blanks) + int(better)
