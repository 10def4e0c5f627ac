"""Indicators: what is said of places, by whom and how well, place by place; what nobody says stays unknown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sispamkota import store
from sispamkota.errors import Faults, shown, suggest
from sispamkota.manifest import Manifest
from sispamkota.office_columns import plain
from sispamkota.show import html_table, text_table

from .cells import LEVELS, NOTHING, Cells, Thing, day_in, read_cells
from .definitions import Definition, IndexFile, definitions

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sispamkota.place.city import City

    from .ranking import Ranking

__all__ = ["COLUMNS", "QUALITIES", "Indicators", "read_indicators"]

COLUMNS = ("place", "level", "indicator", "value", "unit", "direction", "source", "date", "quality", "tag")
QUALITIES = ("official", "reported", "estimated", "proxy", "assumed", "unknown")


@dataclass(frozen=True)
class Indicators:
    """Hold a tidy table, one row a place and indicator that is known (columns: COLUMNS).

    `place` is the name of the city, the code of an area or the id of a TPS, as `level` says; `direction` is "up" where
    more is more risk; `quality` tells how well the value is known, `tag` how surely the indicator is part of its index.
    `scales` are the ends of an indicator's scale where its definition has them, `index_weights` the published weights.
    `personal` counts the cells of columns about persons, which were not read, and `dropped` names what else was not.
    """

    name: str
    table: pd.DataFrame = field(compare=False, repr=False)
    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    index_weights: Mapping[str, float] = field(default_factory=dict)
    personal: Mapping[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    files: tuple[Path, ...] = field(default=(), compare=False, repr=False)

    @property
    def levels(self) -> tuple[str, ...]:
        """Name the levels that have values, the coarsest first."""
        return tuple(level for level in LEVELS if level in set(self.table["level"]))

    def at(self, level: str, *, names: Sequence[str] | None = None) -> pd.DataFrame:
        """Give the values of one level, rows places, columns indicators, both in their order; NaN is unknown.

        `names` asks for these indicators, whether or not anything is known of them. Nothing is ever taken from another
        level.
        """
        rows = self.table[self.table["level"] == level]
        wide = rows.pivot_table(index="place", columns="indicator", values="value", aggfunc="first", sort=True)
        return wide.reindex(columns=sorted(wide.columns) if names is None else list(names))

    def matrix(self, places: Sequence[str], names: Sequence[str], *, level: str) -> np.ndarray[Any, Any]:
        """Give float64[place, indicator] for a model; NaN where the value of this very level is unknown."""
        import numpy as np

        return self.at(level, names=names).reindex(index=list(places)).to_numpy(np.float64)

    def directions(self) -> dict[str, str]:
        """Give the direction of each indicator."""
        pairs = self.table[["indicator", "direction"]].drop_duplicates("indicator")
        return dict(zip(pairs["indicator"], pairs["direction"], strict=True))

    def as_of(self, day: date) -> Indicators:
        """Leave out what is dated after a day."""
        return replace(self, table=self.table[self.table["date"] <= day.isoformat()].reset_index(drop=True))

    def join(self, *others: Indicators) -> Indicators:
        """Put tables together; raises ValueError where two speak of the same indicator of a place."""
        import pandas as pd

        every = (self, *others)
        table = pd.concat([each.table for each in every], ignore_index=True)
        if table.duplicated(["place", "indicator"]).any():
            raise ValueError("two of the tables speak of the same indicator of a place")
        return Indicators(
            "+".join(each.name for each in every),
            table,
            scales={name: ends for each in every for name, ends in each.scales.items()},
            index_weights={name: weight for each in every for name, weight in each.index_weights.items()},
            personal={name: count for each in every for name, count in each.personal.items()},
            dropped=tuple(name for each in every for name in each.dropped),
            files=tuple(path for each in every for path in each.files),
        )

    def rank(
        self,
        level: str,
        *,
        weights: Mapping[str, float] | None = None,
        top: int = 20,
        seed: int = 0,
        draws: int | None = None,
    ) -> Ranking:
        """Rank the places of a level, with the range over all weightings; see `ranking.rank_places`."""
        from .ranking import rank_places

        return rank_places(self, level, weights=weights, top=top, seed=seed, draws=draws)

    @cached_property
    def manifest(self) -> Manifest:
        """Say what the table was read from; of columns about persons only names and counts."""
        inputs = {f"indicators{n or ''}": path for n, path in enumerate(self.files)}
        settings = {"personal_columns": dict(self.personal), "dropped_columns": list(self.dropped)}
        return Manifest.collect(inputs=inputs, settings=settings)

    def to_table(self) -> pd.DataFrame:
        """Give the tidy table, a copy."""
        return self.table.copy()

    def save(self, folder: str | Path) -> None:
        """Write the table to a folder: indicators.csv, its scales and its manifest."""
        store.save(self, folder)

    def _rows(self) -> tuple[str, tuple[str, ...], list[tuple[str, str, int, str, str]]]:
        rows = [
            (
                str(name),
                str(level),
                part["place"].nunique(),
                part["direction"].iloc[0],
                ", ".join(sorted(set(part["tag"]))),
            )
            for (name, level), part in self.table.groupby(["indicator", "level"], sort=True)
        ]
        return f"Indicators {self.name}", ("indicator", "level", "places", "more is", "tag"), rows

    def __str__(self) -> str:
        """Print how many places each indicator is known of."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def read_indicators(
    path: str | Path,
    city: City,
    *,
    indices: Sequence[str | Path] = ("bawaslu-tps-2024", "ikp-2024", "ipkp-2024"),
    source: str = "",
    day: date | str | None = None,
    renamed: Mapping[str, str] = NOTHING,
) -> Indicators:
    """Read a table of indicators of a city's places, .csv, .xlsx, .ods and the like, wide or long.

    Parameters
    ----------
    path : str or Path
        Wide: a column an indicator. Long: the columns indikator and nilai. Both: kode, kelurahan, kecamatan, tps as far
        as they are needed; source, date, quality where they differ by row.
    city : City
        Whose places these are.
    indices : sequence of str or Path
        The indices whose indicators are looked for: embedded names, or files of the user's own.
    source, day : str, date
        Where and when the values are from, for rows that do not say; without a date no value can be kept out of a
        forecast of the past, so that a row without one is a fault.
    renamed : mapping
        Their name of a column to ours.

    Returns
    -------
    Indicators
        Raises InputError with every fault of the file.
    """
    faults, path = Faults(), Path(path)
    known = definitions(indices)
    things = _things(known)
    asked = [Thing(name, also, each.whole) for name, (also, each, _) in things.items()]
    cells = read_cells(path, asked, city, faults, renamed=renamed)
    table = _checked(cells, things, source=source, day=str(day or ""), faults=faults)
    faults.raise_if_any()
    ends = {name: each.scale for name, (_, each, _) in things.items() if each.scale is not None}
    published = {f"{of.name}.{name}": weight for of in known.values() for name, weight in (of.weights or {}).items()}
    report = cells.report
    return Indicators(
        path.stem, table, ends, published, personal=dict(report.personal), dropped=report.dropped, files=(path,)
    )


_Things = Mapping[str, tuple[tuple[str, ...], Definition, IndexFile]]


def _things(known: Mapping[str, IndexFile]) -> _Things:
    """Give every indicator as "index.indicator" with its names; a name that two share is left to the full one."""
    counts: dict[str, int] = {}
    for index in known.values():
        for name, each in index.indicators.items():
            for alias in {plain(alias) for alias in (name, each.id, each.en, *each.also)}:
                counts[alias] = counts.get(alias, 0) + 1
    return {
        f"{index.name}.{name}": (
            tuple(alias for alias in (name, each.id, each.en, *each.also) if counts[plain(alias)] == 1),
            each,
            index,
        )
        for index in known.values()
        for name, each in index.indicators.items()
    }


def _checked(cells: Cells, things: _Things, *, source: str, day: str, faults: Faults) -> pd.DataFrame:
    """Make the tidy table from the text cells; a fault for each cell that is not what its column holds."""
    import pandas as pd

    rows = []
    for row in cells.rows.to_dict("records"):
        _, each, index = things[row["thing"]]
        value = _value(row, each, faults)
        origin = row["source"] or source
        if not origin:
            remedy = "Fill the column sumber, or give the source of the whole file."
            faults.add(where=row["where"], field="source", expected="a source", got="nothing", remedy=remedy)
        when = day_in(row["date"] or day, where=row["where"], name="date", faults=faults)
        quality = row["quality"] or "reported"
        if quality not in QUALITIES:
            remedy = suggest(quality, QUALITIES)
            faults.add(where=row["where"], field="quality", expected="a quality tag", got=shown(quality), remedy=remedy)
        tag = each.tag or index.tag
        told = (row["place"], row["level"], row["thing"], value, each.unit, each.direction, origin)
        rows.append((*told, when.isoformat() if when else "", quality, tag))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(["level", "place", "indicator"], ignore_index=True)


def _value(row: Mapping[Any, Any], each: Definition, faults: Faults) -> float:
    """Read a finite number inside the scale of its indicator; a fault and NaN for anything else."""
    try:
        value = float(row["text"])
    except ValueError:
        value = math.nan
    low, high = each.scale or (0.0 if each.whole else -math.inf, math.inf)
    if math.isfinite(value) and low <= value <= high and not (each.whole and value % 1):
        return value
    expected = "a whole number" if each.whole else "a number"
    expected += "" if each.scale is None else f" from {low:g} to {high:g}"
    remedy = "Correct it, or leave it blank: unknown."
    faults.add(where=row["where"], field=row["thing"], expected=expected, got=shown(row["text"]), remedy=remedy)
    return math.nan


def _save(value: Indicators, folder: Path) -> None:
    value.table.to_csv(folder / "indicators.csv", index=False, lineterminator="\n")
    about = {"name": value.name, "scales": {name: list(ends) for name, ends in value.scales.items()}}
    about |= {"weights": dict(value.index_weights), "personal": dict(value.personal), "dropped": list(value.dropped)}
    store.write_json(about, folder / "about.json")


def _load(folder: Path, _manifest: Manifest) -> Indicators:
    import pandas as pd

    about: Any = store.read_json(folder / "about.json")
    text = {name: str for name in COLUMNS if name != "value"}
    table = pd.read_csv(folder / "indicators.csv", dtype=text, keep_default_na=False)
    return Indicators(
        about["name"],
        table.astype({"value": "float64"}),
        scales={name: (ends[0], ends[1]) for name, ends in about["scales"].items()},
        index_weights=about["weights"],
        personal=about["personal"],
        dropped=tuple(about["dropped"]),
        files=(folder / "indicators.csv",),
    )


store.register("indicators", _save, _load)
