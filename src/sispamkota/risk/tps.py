"""Classes of TPS by dated rules, each with its reasons, beside what authorities said; nothing is averaged away.

A criterion is met, not met, or unknown. A TPS has the gravest class of which a criterion is met, and beside it the
gravest that its unknown criteria would allow: without an observation it is kurang rawan up to sangat rawan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sispamkota.errors import Faults, shown
from sispamkota.inputs import DATA
from sispamkota.place.voting import voter_limit
from sispamkota.schema import Assumption
from sispamkota.show import html_table, text_table
from sispamkota.words import number, words

from .cells import NOTHING, Thing, day_in, read_cells
from .indicators import Indicators, read_indicators
from .rules import CLASSES, ClassesFile, ClassRule, Statement, class_rule, read_classes, statements_of

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = [
    "DISAGREEMENTS", "OBSERVATIONS", "TPS_CLASS_COLUMNS", "Observations", "TpsClasses", "city_indicators",
    "class_rows", "classify_tps", "disagreement_rows", "read_observations",
]  # fmt: skip

OBSERVATIONS = ("place", "level", "criterion", "met", "source", "date")
TPS_CLASS_COLUMNS = (
    "tps", "kode_kel", "number", "class", "class_high", "basis", "reasons", "noted", "unknown", "sources",
)  # fmt: skip
DISAGREEMENTS = ("one", "other", "about", "one_says", "other_says", "tps_low", "tps_high", "one_source", "other_source")
OWN = "own"
_YES = {
    **dict.fromkeys(("ya", "y", "yes", "true", "1", "ada", "v", "✓"), True),
    **dict.fromkeys(("tidak", "t", "no", "false", "0", "tidak ada"), False),
}
_CONCERN = {"kurang_rawan": "low", "rawan": "mid", "sangat_rawan": "high"}


@dataclass(frozen=True)
class Observations:
    """Hold what a user entered: place, level ("tps" or "kelurahan"), criterion, met, source, date.

    What is entered of a kelurahan is said of all its TPS, unless a TPS says otherwise.
    """

    table: pd.DataFrame = field(compare=False, repr=False)
    personal: Mapping[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    @classmethod
    def none(cls) -> Observations:
        """Give a table in which nothing was observed."""
        return cls(pd.DataFrame({name: pd.Series([], dtype="object") for name in OBSERVATIONS}))

    def to_table(self) -> pd.DataFrame:
        """Give the table, a copy."""
        return self.table.copy()


@dataclass(frozen=True)
class TpsClasses:
    """Hold the class of every TPS of a register on a day, and what else was said of them.

    `table`: tps, kode_kel, number, class, class_high (the gravest that the unknown criteria would allow), basis
    ("register", "observed", "default": nothing was entered), reasons and noted (criteria met that count and that do
    not), unknown (how many criteria that count are), sources. `statements` are those up to the day.
    """

    on: date
    rule: ClassRule
    classes: ClassesFile
    table: pd.DataFrame = field(compare=False, repr=False)
    statements: tuple[Statement, ...] = ()
    disagreements: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False, repr=False)

    @property
    def counts(self) -> pd.DataFrame:
        """Count TPS by class: class, tps, observed (of them with an observation), possible (that may be of it)."""
        rank = {name: i for i, name in enumerate(CLASSES)}
        low, high = self.table["class"].map(rank), self.table["class_high"].map(rank)
        seen = self.table["basis"] != "default"
        rows = [
            (name, int((low == i).sum()), int(((low == i) & seen).sum()), int(((low <= i) & (i <= high)).sum()))
            for name, i in rank.items()
        ]
        return pd.DataFrame(rows, columns=["class", "tps", "observed", "possible"])

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """State how many classes rest on no observation."""
        count = int((self.table["basis"] == "default").sum())
        if not count:
            return ()
        id_ = "TPS tanpa pengamatan disebut kurang rawan; kelasnya dapat sampai sangat rawan"
        en = "TPS without an observation are called less vulnerable; they may be up to very vulnerable"
        return (Assumption("risk.tps_unobserved", id_, en, "assumed", count),)

    def to_table(self) -> pd.DataFrame:
        """Give one row a TPS, a copy."""
        return self.table.copy()

    def _rows(self) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
        return class_rows(self, lang="en")

    def __str__(self) -> str:
        """Print TPS by class."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def read_observations(
    path: str | Path,
    city: City,
    *,
    on: date,
    source: str = "",
    day: date | str | None = None,
    rules: ClassesFile | None = None,
    renamed: Mapping[str, str] = NOTHING,
) -> Observations:
    """Read what a user observed at TPS or kelurahan: a column a criterion, or the columns kriteria and nilai.

    Cells are ya or tidak; a blank one is unknown. `source` and `day` are for rows that do not say. Other text of a row
    is not kept. Raises InputError with every fault, among them places coarser than a kelurahan.
    """
    faults = Faults()
    known = class_rule(on, own=rules).entered()
    things = [Thing(name, (each.id, each.en)) for name, each in known.items()]
    cells = read_cells(path, things, city, faults, kind="text", renamed=renamed)
    rows = []
    for row in cells.rows.to_dict("records"):
        met = _YES.get(row["text"].casefold())
        if met is None:
            remedy = "Write ya or tidak, or leave it blank: unknown."
            faults.add(
                where=row["where"], field=row["thing"], expected="ya or tidak", got=shown(row["text"]), remedy=remedy
            )
        if row["level"] not in ("tps", "kelurahan"):
            remedy = "Say of which kelurahan or TPS: a coarser observation is not spread downward."
            got = shown(row["place"])
            faults.add(where=row["where"], field="kelurahan", expected="a kelurahan or a TPS", got=got, remedy=remedy)
        if not (row["source"] or source):
            remedy = "Fill the column sumber, or give the source of the whole file."
            faults.add(where=row["where"], field="source", expected="a source", got="nothing", remedy=remedy)
        when = day_in(row["date"] or str(day or ""), where=row["where"], name="date", faults=faults)
        told = (row["place"], row["level"], row["thing"], met, row["source"] or source)
        rows.append((*told, when.isoformat() if when else ""))
    faults.raise_if_any()
    table = pd.DataFrame(rows, columns=list(OBSERVATIONS))
    return Observations(table, dict(cells.report.personal), cells.report.dropped)


def city_indicators(city: City, *, on: date) -> Indicators | None:
    """Give the embedded indicators of a city that were known on a day; None where there are none."""
    path = DATA / "cities" / city.name / "indicators.csv"
    if not path.is_file():
        return None
    known = read_indicators(path, city).as_of(on)
    return known if len(known.table) else None


def classify_tps(
    city: City,
    observations: Observations,
    *,
    on: date,
    rules: ClassesFile | None = None,
    statements: str | Path | None = None,
) -> TpsClasses:
    """Give every TPS of the register its class on a day, with reasons, and set it beside what was said up to that day.

    Observations after the day are left out. `statements` is a file in place of the embedded one. Voters are held
    against the limit of data/place/voting.yaml only where the register has a position of the user's own: synthetic
    voters tell nothing. Raises InputError where no rule held on that day.
    """
    book = rules or read_classes()
    rule = class_rule(on, own=book)
    seen = observations.table
    seen = seen[seen["date"] <= on.isoformat()]
    said: dict[tuple[str, str], tuple[bool, str, str]] = {}
    for row in seen.to_dict("records"):
        said[row["place"], row["criterion"]] = (bool(row["met"]), row["source"], row["level"])
    rows = [_classified(row, said, rule, full=_near_full(row, book, on)) for row in city.tps.to_dict("records")]
    table = pd.DataFrame(rows, columns=list(TPS_CLASS_COLUMNS))
    told = statements_of(city.name, on=on, path=statements)
    counted = city_indicators(city, on=on) if any(each.counts for each in told) else None
    between = pd.DataFrame(list(_disagreements(table, told, counted)), columns=list(DISAGREEMENTS))
    return TpsClasses(on, rule, book, table, told, between)


_Said = Mapping[tuple[str, str], tuple[bool, str, str]]


def _near_full(row: Mapping[Any, Any], book: ClassesFile, on: date) -> bool | None:
    """Tell whether a TPS is near the most voters that it may have; None where the register does not really know."""
    if row["placed"] != "" or not np.isfinite(row["voters"]):
        return None
    return bool(row["voters"] >= book.near_full.value * voter_limit(on).most)


def _classified(row: Mapping[Any, Any], said: _Said, rule: ClassRule, *, full: bool | None) -> tuple[Any, ...]:
    """Give one row of the table: the class of one TPS with its reasons."""
    head = (row["id"], row["kode_kel"], int(row["number"]))
    if row["khusus"]:
        return (*head, "khusus", "khusus", "register", "khusus", "", 0, rule.special.source)
    met, noted, open_, sources, entered = list[str](), list[str](), list[str](), set[str](), False
    grave = possible = CLASSES[0]
    for name, each in rule.criteria.items():
        found = [_found(row, part, said, full=full) for part in each.all or (name,)]
        entered = entered or any(source for _, source in found)
        answer = False if any(a is False for a, _ in found) else None if any(a is None for a, _ in found) else True
        if answer is True:
            (met if each.counts else noted).append(name)
            sources |= {source for _, source in found}
        open_ += [name] if answer is None and each.counts else []
        if each.counts:
            grave = max(grave, each.grave, key=CLASSES.index) if answer is True else grave
            possible = max(possible, each.grave, key=CLASSES.index) if answer is not False else possible
    basis = "observed" if entered else "default"
    return (*head, grave, possible, basis, "; ".join(met), "; ".join(noted), len(open_), "; ".join(sorted(sources)))


def _found(row: Mapping[Any, Any], part: str, said: _Said, *, full: bool | None) -> tuple[bool | None, str]:
    """Answer one part of a criterion: as entered of the TPS, else of its kelurahan, else by the register."""
    for place in (row["id"], row["kode_kel"]):
        if (place, part) in said:
            answer, source, _ = said[place, part]
            return answer, source
    if part == "near_full" and full is not None:
        return full, "register"
    return None, ""


def _disagreements(
    table: pd.DataFrame, told: tuple[Statement, ...], counted: Indicators | None
) -> Iterator[tuple[Any, ...]]:
    """Go through pairs that do not say the same: of concern, of the class of TPS, of how many TPS have something."""
    dated = [each for each in told if each.date is not None]
    for a, b in combinations(dated, 2):
        if a.concern and b.concern and a.concern != b.concern:
            yield (a.name, b.name, "concern", a.concern, b.concern, np.nan, np.nan, a.source, b.source)
    classed = [each for each in dated if each.about == "tps" and each.given]
    for a, b in product([each for each in dated if each.counts], classed):
        low, high = _at_least_one(counted, a.tps)
        if low and b.given == CLASSES[0]:
            yield (a.name, b.name, "indicators", "", b.given, low, high, a.source, b.source)
    seen = table.loc[table["basis"] == "observed", "class"]
    for b in classed:
        other = table["class"] != b.given
        maybe = other | (table["class_high"] != b.given) if len(seen) else other
        if maybe.any():
            yield (OWN, b.name, "class", "", b.given, int(other.sum()), int(maybe.sum()), "", b.source)
    own = _CONCERN[max(seen, key=CLASSES.index)] if len(seen) else ""
    for b in dated:
        if own and b.about == "city" and b.concern not in ("", own):
            yield (OWN, b.name, "concern", own, b.concern, np.nan, np.nan, "", b.source)


def _at_least_one(counted: Indicators | None, tps: int | None) -> tuple[int, int]:
    """Bound how many TPS have at least one indicator, by the counts of each: the largest, and their sum (Fréchet)."""
    if counted is None:
        return 0, 0
    at = counted.table
    values = at.loc[(at["level"] == "city") & (at["unit"] == "TPS"), "value"]
    if not len(values):
        return 0, 0
    return int(values.max()), int(min(values.sum(), tps if tps is not None else np.inf))


def class_rows(classes: TpsClasses, *, lang: str) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows: TPS by class, how many of them were observed, how many may be of it."""
    t = words(lang)
    header = tuple(t(f"risk_tps.{key}") for key in ("class", "tps", "observed", "possible"))
    rows = [
        (_class_name(classes, row["class"], lang), *(number(row[key], lang) for key in ("tps", "observed", "possible")))
        for row in classes.counts.to_dict("records")
    ]
    title = t("risk_tps.title", tps=number(len(classes.table), lang), on=classes.on.isoformat(), rule=classes.rule.name)
    return title, header, rows


def _class_name(classes: TpsClasses, name: Any, lang: str) -> str:
    said = classes.classes.classes[name]
    return said.id if lang == "id" else said.en


def disagreement_rows(classes: TpsClasses, *, lang: str) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows of what does not agree: who says what, side by side, with the sources."""
    t = words(lang)
    says = {
        each.name: (each.organisation, each.says.id if lang == "id" else each.says.en) for each in classes.statements
    }
    rows = list[tuple[str, ...]]()
    for row in classes.disagreements.to_dict("records"):
        a, b = (says.get(row[key], (t("risk_tps.own"), "")) for key in ("one", "other"))
        span = (
            t("risk_tps.between", low=number(row["tps_low"], lang), high=number(row["tps_high"], lang))
            if np.isfinite(row["tps_low"])
            else ""
        )
        own = t(f"risk_tps.own_{row['about']}", concern=t(f"risk_tps.concern_{row['one_says'] or 'low'}"))
        rows.append(
            (a[0], a[1] or own, b[0], b[1], span, "; ".join(s for s in (row["one_source"], row["other_source"]) if s))
        )
    header = tuple(t(f"risk_tps.{key}") for key in ("one", "says", "other", "says", "span", "source"))
    return t("risk_tps.disagree", n=len(rows)), header, rows
