"""The risk map: how often what happens where and when, and how sure we are.

A rate is gamma distributed: mean `rate_per_h`, shape `shape` (the larger, the surer; 8 events counted give about 8).
The schema stands in docs/reference/riskmap.md; the maps of later stages have the same columns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sispamkota import store
from sispamkota.errors import Faults, InputError, shown, suggest
from sispamkota.inputs import DATA, read_csv
from sispamkota.manifest import Manifest
from sispamkota.plotting import axes_on, nth_line
from sispamkota.schema import TAGS, Assumption
from sispamkota.show import html_table, text_table
from sispamkota.words import pick_language, words

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes

    from sispamkota.place.city import City

__all__ = ["ALL_HOURS", "BACKGROUND", "COLUMNS", "EVERYWHERE", "KINDS", "RiskMap"]

# Closed list; the position is the code that the engine uses.
KINDS = (
    "medical", "accident", "fire", "vandalism", "arson", "threat", "clash", "attack", "crush", "tps-disruption",
    "convoy-blocked", "hostage",
)  # fmt: skip
BACKGROUND = KINDS[:3]  # of the ordinary day; the others are of trouble
COLUMNS = ("place", "kind", "hour", "rate_per_h", "shape", "low_per_h", "high_per_h", "draw", "source", "tag", "note")
EVERYWHERE = "*"
ALL_HOURS = -1

SAID_ID = dict(
    zip(
        KINDS,
        (
            "panggilan medis", "kecelakaan", "kebakaran", "perusakan", "pembakaran", "ancaman atau hoaks",
            "bentrok antarkubu", "serangan kantor", "desak-desakan", "gangguan TPS", "penghadangan surat suara",
            "penyanderaan",
        ),
        strict=True,
    )
)  # fmt: skip
_REQUIRED = tuple(name for name in COLUMNS if name != "draw")


@dataclass(frozen=True)
class RiskMap:
    """Hold rates as a long table, one row a place, kind and hour (columns: COLUMNS).

    `hour` is 0 to 23 local time, or -1 for every hour. `place` names a place of the city, or "*" for the whole city,
    to be spread by `expand`. Rows with the same `draw` share one uncertain factor, gamma with mean 1 and their shape.
    Of a map that `map_risk` made, `basis` says from what, and `why` (place, before, recorded, beside, ratio) what
    sets each place apart.
    """

    name: str
    table: pd.DataFrame = field(compare=False, repr=False)
    files: tuple[Path, ...] = field(default=(), compare=False, repr=False)
    basis: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    why: pd.DataFrame | None = field(default=None, compare=False, repr=False)
    notes: tuple[Assumption, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def load(cls, name: str | Path) -> RiskMap:
        """Read the background of an embedded city by its name, a CSV file, or a folder that `save` wrote.

        Raises InputError with every fault of the file.
        """
        path = _locate(name)
        faults = Faults()
        frame = read_csv(path, required=_REQUIRED, faults=faults)
        table = _checked(frame, path, faults)
        faults.raise_if_any()
        name = path.parent.name if path.name == "hazards.csv" else path.stem
        return replace(_beside(path), name=name, table=table, files=(path,))

    @classmethod
    def none(cls) -> RiskMap:
        """Give a map on which nothing ever happens."""
        import pandas as pd

        return cls("none", pd.DataFrame({name: [] for name in COLUMNS}))

    @classmethod
    def join(cls, maps: Sequence[RiskMap]) -> RiskMap:
        """Put maps together; where two rate the same kind at the same place and hour, their rates add."""
        import pandas as pd

        if len(maps) == 1:
            return maps[0]
        tables = [each.table.assign(draw=f"{each.name}:" + each.table["draw"].astype(str)) for each in maps]
        name, files = "+".join(each.name for each in maps), tuple(path for each in maps for path in each.files)
        return cls(name, pd.concat(tables, ignore_index=True), files=files)

    def expand(self, city: City) -> RiskMap:
        """Spread the rows of the whole city over its kelurahan by population, evenly where a population is unknown.

        The rates of the kelurahan sum to the city's; they keep one `draw`, so that the city's total keeps its shape.
        """
        import pandas as pd

        whole = self.table["place"] == EVERYWHERE
        places, share = _shares(city)
        wide = (
            self.table[whole].drop(columns="place").merge(pd.DataFrame({"place": places, "share": share}), how="cross")
        )
        for name in ("rate_per_h", "low_per_h", "high_per_h"):
            wide[name] *= wide["share"]
        table = pd.concat([self.table[~whole], wide[list(COLUMNS)]], ignore_index=True)
        return replace(self, table=table)

    def to_array(self, places: Sequence[str], kinds: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Give mean rates per hour, shape (place, kind, 24); rows of other places or kinds are left out."""
        import numpy as np

        rates = np.zeros((len(places), len(kinds), 24))
        place_at, kind_at = {name: i for i, name in enumerate(places)}, {name: i for i, name in enumerate(kinds)}
        columns = (self.table[name].tolist() for name in ("place", "kind", "hour", "rate_per_h"))
        for place, kind, hour, rate in zip(*columns, strict=True):
            if place in place_at and kind in kind_at:
                hours = slice(None) if hour == ALL_HOURS else slice(hour, hour + 1)
                rates[place_at[place], kind_at[kind], hours] += rate
        return rates

    @cached_property
    def manifest(self) -> Manifest:
        """Say what the map was read from."""
        return Manifest.collect(inputs={f"hazards{n or ''}": path for n, path in enumerate(self.files)})

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """State which background rates no source gives."""
        assumed = sorted(self.table.loc[self.table["tag"] == "assumed", "kind"].unique())
        if not assumed:
            return self.notes
        id_ = "Laju kejadian ini asumsi dengan rentang, bukan hitungan: " + ", ".join(SAID_ID[k] for k in assumed)
        en = "These rates are assumed with a range, not counted: " + ", ".join(assumed)
        return (Assumption("risk.background", id_, en, "assumed", len(assumed)), *self.notes)

    def to_table(self) -> pd.DataFrame:
        """Give the long table, a copy."""
        return self.table.copy()

    def save(self, folder: str | Path) -> None:
        """Write the map to a folder: hazards.csv and its manifest."""
        store.save(self, folder)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the city's mean rate by kind over the day; gives the axes back."""
        t = words(pick_language(None))
        kinds = [kind for kind in KINDS if kind in set(self.table["kind"])]
        rates = self.to_array(sorted(self.table["place"].unique()), kinds).sum(axis=0)
        with axes_on(ax) as axes:
            for i, (kind, by_hour) in enumerate(zip(kinds, rates, strict=True)):
                hue, dashes = nth_line(i)
                axes.step(range(25), [*by_hour, by_hour[-1]], dashes, color=hue, where="post", label=kind)
            axes.set(xlabel=t("figures.hour"), ylabel=t("figures.per_hour"), title=self.name, xlim=(0, 24))
            axes.legend()
        return axes

    def _rows(self) -> tuple[str, tuple[str, ...], list[tuple[str, int, float, str, str]]]:
        rows = []
        for kind, part in self.table.groupby("kind", sort=True):
            hours = part["hour"].map(lambda hour: 24 if hour == ALL_HOURS else 1)
            daily = round(float((part["rate_per_h"] * hours).sum()), 3)
            tags, sources = ", ".join(sorted(set(part["tag"]))), ", ".join(sorted(set(part["source"])))
            rows.append((str(kind), part["place"].nunique(), daily, tags, sources))
        return f"Risk map {self.name}: incidents a day", ("kind", "places", "a day", "tag", "source"), rows

    def __str__(self) -> str:
        """Print the expected number a day, by kind."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def _locate(name: str | Path) -> Path:
    """Find hazards.csv of an embedded city or of a folder, an embedded table, or take the path of a CSV file."""
    path, cities = Path(name), DATA / "cities"
    for embedded in (cities / str(name) / "hazards.csv", DATA / "hazards" / f"{name}.csv"):
        if path.name == str(name) and embedded.is_file():
            return embedded
    if path.is_dir():
        return path / "hazards.csv"
    if path.name == str(name) and not path.suffix:
        remedy = suggest(str(name), sorted(file.parent.name for file in cities.glob("*/hazards.csv")))
        faults = Faults()
        expected = "an embedded city, or the path of a CSV file"
        faults.add(where=str(name), field="risk map", expected=expected, got=shown(str(name)), remedy=remedy)
        raise InputError(faults)
    return path


def _beside(path: Path) -> RiskMap:
    """Read what `save` wrote beside hazards.csv; an empty map where there is nothing."""
    import pandas as pd

    folder, empty = path.parent, RiskMap.none()
    if path.name != "hazards.csv" or not (folder / "basis.json").is_file():
        return empty
    said = store.read_json(folder / "basis.json")
    why = pd.read_csv(folder / "why.csv", dtype={"place": str}) if (folder / "why.csv").is_file() else None
    return replace(empty, basis=said["basis"], why=why, notes=tuple(Assumption(**note) for note in said["notes"]))


def _checked(frame: pd.DataFrame, path: Path, faults: Faults) -> pd.DataFrame:
    """Make the long table from the text cells; a fault for each cell that is not what its column holds."""
    import pandas as pd

    absent = frame.attrs["absent"]
    rows = [_row(row, f"{path}:{row['line']}", absent, faults) for row in frame.to_dict("records")]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    twice = table.duplicated(["place", "kind", "hour", "draw"])
    for line, place, kind in zip(
        frame.loc[twice, "line"], table.loc[twice, "place"], table.loc[twice, "kind"], strict=True
    ):
        got, remedy = f"{kind} at {place} again", "Keep one of the rows, or give them different draws."
        faults.add(where=f"{path}:{line}", field="place", expected="one rate an hour", got=got, remedy=remedy)
    first = table.groupby(["draw", "place", "kind"])["shape"].transform("first")
    for line, shape, wanted in zip(frame["line"], table["shape"], first, strict=True):
        if shape != wanted and math.isfinite(shape):
            expected, remedy = f"{wanted:g}, as in the other hours", "Hours that share a draw are equally sure."
            faults.add(where=f"{path}:{line}", field="shape", expected=expected, got=f"{shape:g}", remedy=remedy)
    return table


def _row(row: dict[Any, Any], where: str, absent: Sequence[str], faults: Faults) -> dict[str, Any]:
    """Check one row, but for absent columns, and give it its types; `draw` defaults to its kind and place."""
    numbers = {name: _number(row[name]) for name in ("rate_per_h", "shape", "low_per_h", "high_per_h")}
    rate, low, high = numbers["rate_per_h"], numbers["low_per_h"], numbers["high_per_h"]
    hour = _hour(row["hour"])
    checks = (
        ("place", row["place"] != "", 'a place of the city, or "*"'),
        ("kind", row["kind"] in KINDS, "one of " + ", ".join(KINDS)),
        ("hour", hour is not None, 'an hour from 0 to 23, or "all"'),
        *((name, value >= 0, "a number, 0 or more") for name, value in numbers.items() if name != "shape"),
        ("shape", numbers["shape"] > 0, "a number above 0"),
        ("source", row["source"] != "", "a source"),
        ("tag", row["tag"] in TAGS, "one of " + ", ".join(TAGS)),
        ("rate_per_h", not (rate < low or rate > high), "a rate between low_per_h and high_per_h"),
    )
    for name, good, expected in checks:
        if not good and name not in absent:
            remedy = "See docs/reference/riskmap.md."
            faults.add(where=where, field=name, expected=expected, got=shown(row[name]), remedy=remedy)
    text = {name: row[name] for name in ("place", "kind", "source", "tag", "note")}
    return {**text, **numbers, "hour": hour, "draw": row.get("draw") or f"{row['kind']}@{row['place']}"}


def _number(text: str) -> float:
    """Read a finite number; NaN stands for anything else."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _hour(text: str) -> int | None:
    """Read an hour of the day, "all" as -1, anything else as None."""
    if text == "all":
        return ALL_HOURS
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 and int(text) < 24 else None


def _shares(city: City) -> tuple[list[str], list[float]]:
    """Give the kelurahan codes and each one's share of the population, evenly where one is unknown."""
    places = [str(code) for code in city.kelurahan["kode"]]
    people = [float(count) for count in city.kelurahan["population"]]
    if not all(math.isfinite(count) and count >= 0 for count in people) or sum(people) <= 0:
        people = [1.0] * len(places)
    return places, [count / sum(people) for count in people]


def _save(riskmap: RiskMap, folder: Path) -> None:
    hours = riskmap.table["hour"].map(lambda hour: "all" if hour == ALL_HOURS else str(hour))
    riskmap.table.assign(hour=hours).to_csv(folder / "hazards.csv", index=False, lineterminator="\n")
    if riskmap.why is not None:
        riskmap.why.to_csv(folder / "why.csv", index=False, lineterminator="\n")
    if riskmap.basis:
        notes = [vars(note) for note in riskmap.notes]
        store.write_json({"basis": dict(riskmap.basis), "notes": notes}, folder / "basis.json")


def _load(folder: Path, _manifest: Manifest) -> RiskMap:
    return RiskMap.load(folder)


store.register("riskmap", _save, _load)
