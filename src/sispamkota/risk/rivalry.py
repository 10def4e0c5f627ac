"""Local rivalry from published results: how close, how mixed, how changed; never by whom.

A measure is symmetric in the choices: who they are, and who won, leaves no trace in what comes out. A figure stands at
the level at which it was published, or summed from all of its parts; it is never spread to a finer one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota import store
from sispamkota.manifest import Manifest
from sispamkota.show import html_table, text_table
from sispamkota.words import number, percent, words

from .cells import LEVELS
from .indicators import COLUMNS, Indicators
from .results import FLAWS, Results

__all__ = [
    "RIVALRY_COLUMNS", "SHIFT_COLUMNS", "Rivalry", "closeness", "effective_choices", "entropy", "mixing", "pockets",
    "rivalry", "rivalry_rows", "shift_rows", "total_variation",
]  # fmt: skip

F8 = NDArray[np.float64]
RIVALRY_COLUMNS = (
    "contest", "place", "level", "date", "published", "closeness", "effective_choices", "mixing", "turnout",
    "invalid_share", "pockets", "pockets_by_chance", "stations", "flawed", "coverage", "derived", "source",
)  # fmt: skip
SHIFT_COLUMNS = (
    "place", "level", "contest", "later", "total_variation", "closeness_change", "mixing_change", "turnout_change",
    "reason",
)  # fmt: skip
_MEASURES = ("closeness", "mixing")
_MEASURED = ("closeness", "effective_choices", "mixing", "turnout", "invalid_share")
_SUMMED = ("valid", "invalid", "used", "voters")


def closeness(votes: F8) -> float:
    """Give 1 less the lead of the first over the second, as a share of their votes: 1 is a tie; NaN for one choice."""
    if votes.size < 2 or not votes.sum() > 0:
        return float("nan")
    first, second = np.sort(votes)[::-1][:2]
    return float(1.0 - (first - second) / votes.sum())


def effective_choices(votes: F8) -> float:
    """Give the effective number of choices, 1 / Σ share² (Laakso & Taagepera 1979)."""
    return float(votes.sum() ** 2 / (votes**2).sum()) if votes.sum() > 0 else float("nan")


def mixing(votes: F8) -> float:
    """Give the chance that two voters differ, over the most that it can be: 0 all alike, 1 all choices equal."""
    if votes.size < 2 or not votes.sum() > 0:
        return float("nan")
    return float((1.0 - 1.0 / effective_choices(votes)) / (1.0 - 1.0 / votes.size))


def entropy(votes: F8) -> F8:
    """Give Shannon's entropy of the shares along the last axis, nats."""
    share = votes / np.maximum(votes.sum(axis=-1, keepdims=True), 1e-300)
    return np.asarray(-np.where(share > 0, share * np.log(np.where(share > 0, share, 1.0)), 0.0).sum(axis=-1))


def total_variation(a: F8, b: F8) -> float:
    """Give the least share of voters who must have changed their choice, between two votes on one ballot."""
    if a.size != b.size or not (a.sum() > 0 and b.sum() > 0):
        return float("nan")
    return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2.0)


@dataclass(frozen=True)
class Rivalry:
    """Hold measures of published results, one row a contest and place (columns: RIVALRY_COLUMNS), and their shifts.

    closeness: 1 less the lead of the first; effective_choices and mixing: how the votes are spread; turnout: of the
    list; invalid_share: of those who voted; pockets: how unlike the TPS of an area are (Theil's information index: 0
    all alike, 1 each of one choice), beside what chance alone would give; stations: TPS that an area's sum is of;
    flawed: of these, with totals that do not agree. NaN is not available. `shifts` compares contests at the finest
    level of both (columns: SHIFT_COLUMNS), `flaws` lists totals that do not agree. Votes of choices are not in here.
    """

    as_of: date
    table: pd.DataFrame = field(compare=False, repr=False)
    shifts: pd.DataFrame = field(compare=False, repr=False)
    flaws: pd.DataFrame = field(compare=False, repr=False)

    @property
    def levels(self) -> pd.DataFrame:
        """Count the places of each contest by level: what is not available stands as 0."""
        return pd.crosstab(self.table["contest"], self.table["level"]).reindex(columns=list(LEVELS), fill_value=0)

    def at(self, level: str, places: Sequence[str], *, contest: str) -> pd.DataFrame:
        """Give one row a place asked for, in order; all NaN where the contest was not published at this very level."""
        rows = self.table[(self.table["level"] == level) & (self.table["contest"] == contest)]
        return rows.set_index("place").reindex(index=list(places))

    def to_indicators(self, contest: str) -> Indicators:
        """Give closeness and mixing of one contest as indicators, level by level; its TPS are of that election only."""
        rows = []
        for row in self.table[(self.table["contest"] == contest) & (self.table["level"] != "tps")].to_dict("records"):
            for name in _MEASURES:
                if np.isfinite(row[name]):
                    head = (row["place"], row["level"], f"rivalry.{name}", row[name], "1", "up")
                    rows.append((*head, row["source"], row["published"], "reported", "estimated"))
        ends = {f"rivalry.{name}": (0.0, 1.0) for name in _MEASURES}
        return Indicators(f"rivalry {contest}", pd.DataFrame(rows, columns=list(COLUMNS)), ends)

    @cached_property
    def manifest(self) -> Manifest:
        """Say up to which day results entered."""
        return Manifest.collect(settings={"as_of": self.as_of.isoformat()})

    def to_table(self) -> pd.DataFrame:
        """Give the table, a copy."""
        return self.table.copy()

    def save(self, folder: str | Path) -> None:
        """Write the tables to a folder, and the manifest."""
        store.save(self, folder)

    def _rows(self) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
        return rivalry_rows(self, lang="en", level="kecamatan")

    def __str__(self) -> str:
        """Print the measures of the kecamatan."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def rivalry(results: Results, *, as_of: date) -> Rivalry:
    """Measure closeness, mixing, turnout and shifts of what was published up to a day; the votes are then dropped.

    Results by TPS are summed to their kelurahan, and these upward where all parts are there and counted in full. What
    was published of an area goes before a sum, and a difference between the two is told as a flaw.
    """
    known = results.as_of(as_of)
    rows, votes, flaws = _summed(known, results)
    measured = [_measured(row, each) for row, each in zip(rows.to_dict("records"), votes, strict=True)]
    table = pd.concat([rows, pd.DataFrame(measured, index=rows.index, columns=list(_MEASURED))], axis=1)
    stations = _Stations(table, known.parts)
    bad = set(zip(known.flaws["contest"], known.flaws["place"], strict=True))
    table = _flawed(_pockets(table, votes, stations), bad, stations)
    shifts = pd.DataFrame(list(_shifts(table, votes)), columns=list(SHIFT_COLUMNS))
    flaws = pd.concat([known.flaws, flaws], ignore_index=True) if len(flaws) else known.flaws
    order = table["level"].map({level: i for i, level in enumerate(LEVELS)})
    table = table.assign(_order=order).sort_values(["date", "contest", "_order", "place"], ignore_index=True)
    return Rivalry(as_of, table[list(RIVALRY_COLUMNS)], shifts, flaws[list(FLAWS)])


def _measured(row: Mapping[Any, Any], votes: F8) -> dict[str, float]:
    """Measure one place."""
    cast = row["valid"] + row["invalid"]
    return {
        "closeness": closeness(votes),
        "effective_choices": effective_choices(votes),
        "mixing": mixing(votes),
        "turnout": row["used"] / row["voters"] if row["voters"] > 0 else float("nan"),
        "invalid_share": row["invalid"] / cast if cast > 0 else float("nan"),
    }


def _parent(place: str, parts: Mapping[str, tuple[str, ...]]) -> str:
    """Give the area that a place is a part of: of a TPS its kelurahan, of an area what lists it, of the city ""."""
    if "/" in place:
        return place.partition("/")[0]
    return next((area for area, inner in parts.items() if place in inner), "")


def _summed(known: Results, every: Results) -> tuple[pd.DataFrame, list[F8], pd.DataFrame]:
    """Add rows for areas all of whose parts are known: of a kelurahan the TPS that `every` lists, else its areas."""
    table, votes, flaws = known.table, list(known.votes()), list[tuple[Any, ...]]()
    listed = Counter(_pairs(every.table[every.table["level"] == "tps"], known.parts))
    for level, inner in (("kelurahan", "tps"), ("kecamatan", "kelurahan"), ("city", "kecamatan")):
        have = {pair: i for i, pair in enumerate(zip(table["contest"], table["place"], strict=True))}
        part, added = table[(table["level"] == inner) & (table["coverage"] >= 1.0)], list[dict[Any, Any]]()
        for (contest, area), at in _grouped(part, known.parts).items():
            group = table.loc[at]
            whole = len(group) == (listed[contest, area] if inner == "tps" else len(known.parts[area]))
            if not whole or set(group["n_choices"]) != {group["n_choices"].iloc[0]}:
                continue
            total = np.sum([votes[i] for i in at], axis=0)
            if (contest, area) not in have:
                added.append(_sum_of(group, area, level, inner))
                votes.append(total)
            elif (said := votes[have[contest, area]].sum()) != total.sum() and np.isfinite(total).all():
                flaws.append(("", contest, area, f"published ≠ sum of {inner}", said, total.sum()))
        table = pd.concat([table, pd.DataFrame(added)], ignore_index=True) if added else table
    return table, votes, pd.DataFrame(flaws, columns=list(FLAWS))


def _pairs(rows: pd.DataFrame, parts: Mapping[str, tuple[str, ...]]) -> list[tuple[Any, str]]:
    """Give the contest of each row, and the area that its place is a part of."""
    return [(contest, _parent(place, parts)) for contest, place in zip(rows["contest"], rows["place"], strict=True)]


def _grouped(rows: pd.DataFrame, parts: Mapping[str, tuple[str, ...]]) -> dict[tuple[Any, str], list[int]]:
    """Gather the rows of each contest and area."""
    out = dict[tuple[Any, str], list[int]]()
    for i, pair in zip(rows.index, _pairs(rows, parts), strict=True):
        out.setdefault(pair, []).append(int(i))
    return {pair: at for pair, at in sorted(out.items()) if pair[1]}


def _sum_of(group: pd.DataFrame, area: str, level: str, inner: str) -> dict[Any, Any]:
    """Make the row of an area from those of its parts, known from the day on which the last of them was."""
    head = {str(name): value for name, value in group.iloc[0].items()}
    sums: dict[str, Any] = {name: group[name].sum(skipna=False) for name in _SUMMED}
    sums |= _list_of(group) if inner == "tps" else {}
    about = {"place": area, "level": level, "published": group["published"].max(), "derived": f"sum of {inner}"}
    return {**head, **sums, **about}


def _list_of(group: pd.DataFrame) -> dict[str, float]:
    """Sum voters and those who voted over TPS that have a list: a special TPS has none, and would lift the turnout."""
    listed = group[group["voters"].notna()]
    return {name: float(listed[name].sum(skipna=False)) if len(listed) else float("nan") for name in ("used", "voters")}


class _Stations:
    """Find the TPS of a contest inside an area, by row."""

    def __init__(self, table: pd.DataFrame, parts: Mapping[str, tuple[str, ...]]) -> None:
        self.parts, self.rows = parts, _grouped(table[table["level"] == "tps"], parts)

    def inside(self, contest: Any, area: str) -> list[int]:
        """Give the rows of the TPS in an area; none of a TPS itself."""
        own = self.rows.get((contest, area), [])
        return [*own, *(row for part in self.parts.get(area, ()) for row in self.inside(contest, part))]


def _pockets(table: pd.DataFrame, votes: Sequence[F8], stations: _Stations) -> pd.DataFrame:
    """Add how unlike the TPS of each area are, and what chance would give: Theil's H, and (K-1)(T-1) / (2 V E).

    With T stations, K choices, V votes and entropy E of the whole, 2 V E H is the G statistic, which is χ² with
    (K-1)(T-1) degrees of freedom where all TPS are alike (Theil & Finizza 1971; Reardon & Firebaugh 2002).
    """
    out = np.full((len(table), 3), np.nan)
    for i, (contest, place) in enumerate(zip(table["contest"], table["place"], strict=True)):
        at = stations.inside(contest, place)
        out[i, 2] = len(at)
        held = [votes[j] for j in at if votes[j].sum() != 0]  # NaN, unknown, stays and makes all of it unknown
        if len(held) > 1 and len({each.size for each in held}) == 1:
            out[i, :2] = pockets(np.array(held))
    return table.assign(pockets=out[:, 0], pockets_by_chance=out[:, 1], stations=out[:, 2].astype(int))


def pockets(votes: F8) -> tuple[float, float]:
    """Give Theil's information index of votes (station, choice), and what it is expected to be by chance alone."""
    total, whole = votes.sum(), float(entropy(votes.sum(axis=0)))
    if not whole > 0.0:
        return float("nan"), float("nan")
    stations, choices = votes.shape
    found = 1.0 - float(votes.sum(axis=1) @ entropy(votes)) / (total * whole)
    return found, (choices - 1) * (stations - 1) / (2.0 * total * whole)


def _flawed(table: pd.DataFrame, bad: set[Any], stations: _Stations) -> pd.DataFrame:
    """Count, for each row, itself and its TPS whose totals do not agree."""
    own = [pair in bad for pair in zip(table["contest"], table["place"], strict=True)]
    pairs = zip(table["contest"], table["place"], own, strict=True)
    counts = [int(mine) + sum(own[i] for i in stations.inside(contest, place)) for contest, place, mine in pairs]
    return table.assign(flawed=counts)


def _shifts(table: pd.DataFrame, votes: Sequence[F8]) -> Iterator[tuple[Any, ...]]:
    """Compare every two contests, the earlier first, at the finest level at which both were published and counted."""
    full = table[table["coverage"] >= 1.0]
    order = table.groupby("contest")["date"].first().sort_values(kind="stable").index
    for one, two in combinations(order, 2):
        a, b = (_by_place(full[full["contest"] == each]) for each in (one, two))
        shared = sorted(set(a) & set(b))
        finest = max((LEVELS.index(a[place]["level"]) for place in shared), default=-1)
        if finest < 0:
            yield ("", "", one, two, np.nan, np.nan, np.nan, np.nan, "no_common_level")
        for place in shared:
            if a[place]["level"] == LEVELS[finest]:
                yield (place, LEVELS[finest], one, two, *_change(a[place], b[place], votes))


def _by_place(rows: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    """Give the rows of one contest by place, each with its number."""
    return {row["place"]: row for row in rows.assign(row=rows.index).to_dict("records")}


def _change(a: Mapping[Any, Any], b: Mapping[Any, Any], votes: Sequence[F8]) -> tuple[float, float, float, float, str]:
    """Compare two contests at a place: votes moved where the ballot is the same, changes of the measures, a reason."""
    same = a["ballot"] == b["ballot"]
    moved = total_variation(votes[a["row"]], votes[b["row"]]) if same else float("nan")
    close, mix, turn = (b[name] - a[name] for name in ("closeness", "mixing", "turnout"))
    return moved, close, mix, turn, "" if same else "other_ballot"


def rivalry_rows(
    value: Rivalry, *, lang: str, level: str, names: Mapping[str, str] | None = None
) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows of one level in a language; what is not available says so."""
    t = words(lang)
    keys = ("closeness", "mixing", "turnout", "invalid_share", "pockets")
    rows = []
    for row in value.table[value.table["level"] == level].to_dict("records"):
        cells = (percent(row[key], lang, digits=1) if np.isfinite(row[key]) else t("risk_rivalry.none") for key in keys)
        remark = t("risk_rivalry.flawed", n=row["flawed"]) if row["flawed"] else ""
        rows.append((row["contest"], (names or {}).get(row["place"], row["place"]), *cells, remark))
    header = tuple(t(f"risk_rivalry.{key}") for key in ("contest", "place", *keys, "remark"))
    return t("risk_rivalry.title", level=t(f"risk_rivalry.level_{level}"), on=value.as_of.isoformat()), header, rows


def shift_rows(
    value: Rivalry, *, lang: str, names: Mapping[str, str] | None = None
) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows of the shifts in a language; what is not available says so, and why."""
    t = words(lang)
    keys = ("total_variation", "closeness_change", "mixing_change", "turnout_change")
    rows = []
    for row in value.shifts.to_dict("records"):
        cells = (
            number(100 * row[key], lang, digits=1) if np.isfinite(row[key]) else t("risk_rivalry.none") for key in keys
        )
        reason = t(f"risk_rivalry.{row['reason']}") if row["reason"] else ""
        place = (names or {}).get(row["place"], row["place"])
        rows.append((f"{row['contest']} → {row['later']}", place, *cells, reason))
    header = tuple(t(f"risk_rivalry.{key}") for key in ("between", "place", *keys, "remark"))
    return t("risk_rivalry.shifts", n=len(rows)), header, rows


_TABLES: Mapping[str, str] = {"table": "rivalry.csv", "shifts": "shifts.csv", "flaws": "flaws.csv"}
_TEXTS = ("contest", "place", "level", "date", "published", "derived", "source", "later", "reason", "where", "what")


def _save(value: Rivalry, folder: Path) -> None:
    for name, file in _TABLES.items():
        getattr(value, name).to_csv(folder / file, index=False, lineterminator="\n")
    store.write_json({"as_of": value.as_of.isoformat()}, folder / "about.json")


def _load(folder: Path, _manifest: Manifest) -> Rivalry:
    kinds = dict.fromkeys(_TEXTS, str)
    tables = {
        name: pd.read_csv(folder / file, dtype=kinds, keep_default_na=False, na_values=_blanks(folder / file))
        for name, file in _TABLES.items()
    }
    return Rivalry(date.fromisoformat(store.read_json(folder / "about.json")["as_of"]), **tables)


def _blanks(file: Path) -> dict[str, list[str]]:
    """Say for which columns a blank cell is unknown: the figures."""
    header = file.read_text(encoding="utf-8").partition("\n")[0].split(",")
    return {name: [""] for name in header if name not in _TEXTS}


store.register("rivalry", _save, _load)
