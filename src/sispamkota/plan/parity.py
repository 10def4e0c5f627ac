"""Parity: does help come sooner, or stand denser, where one camp is strong? Which camp is never looked at.

Every choice of a ballot is treated alike and put in an order that does not depend on its label, so that swapping camps
changes no byte. Response and votes are both smooth over a city, so neighbours are no independent witnesses: the
strongest rank correlation over the choices is held against that of maps as smooth as the measured one (Moran spectral
randomization, Wagner and Dray 2015, doi 10.1111/2041-210X.12407), and its interval counts effective areas (Clifford,
Richardson and Hemon 1989). What is noticed is a warning, a reason to look, and stops no plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Fault, InputError, suggest
from sispamkota.force.doctrine import Sourced
from sispamkota.inputs import Model, own_file
from sispamkota.risk.results import Results, city_results
from sispamkota.schema import parameters
from sispamkota.show import html_table, text_table
from sispamkota.words import figure, number, words

from .plan import Plan
from .rules.breach import Ground
from .rules.places import within

if TYPE_CHECKING:
    import pandas as pd

    from sispamkota.place.city import City

__all__ = ["MEASURES", "Parity", "ParityFigure", "ParityFile", "ParityRow", "parity_of"]

F8 = NDArray[np.float64]
MEASURES = ("response_police", "response_ambulance", "people_per_1000")
_RESPONSE = (("patrol", "turnout_other"), ("ambulance", "turnout_ambulance"))
_LEVELS = (("kelurahan", "kode"), ("kecamatan", "kode_kec"))
_EXACT = 12  # up to 2^11 maps of equal smoothness are all tried
_SEED = 20241127
_SPEARMAN = 1.06  # variance of Fisher's z of a rank correlation is 1.06 / (n - 3) (Fieller, Hartley and Pearson 1957)


class ParityFigure(Sourced):
    """Give one choice of the test with its range."""

    value: float
    low: float
    high: float


class ParityFile(Model):
    """Describe data/plan/parity.yaml."""

    kind: Literal["plan-parity"]
    version: Literal[1]
    least_areas: ParityFigure
    false_alarm: ParityFigure
    shuffles: ParityFigure


@dataclass(frozen=True)
class ParityRow:
    """Hold one measure: its strongest rank correlation with the shares of any choice, turned positive.

    `low` and `high`: its interval, 95 % for all choices together; `p`: how often a map as smooth gives as strong a one
    by chance; `slope`: change for ten points of share, in the measure's unit (s, people per 1,000 voters), with its
    interval of the same kind; `effective`: as how many independent areas they count.
    """

    measure: str
    lowest: float
    highest: float
    r: float
    low: float
    high: float
    p: float
    slope: float
    slope_low: float
    slope_high: float
    effective: float


@dataclass(frozen=True)
class Parity:
    """Hold what was found of a plan: over which areas, by which contest, and whether that suffices to tell."""

    plan: str
    contest: str
    level: str
    areas: int
    choices: int
    least_areas: int
    threshold: float
    rows: tuple[ParityRow, ...]

    @property
    def enough(self) -> bool:
        """Say whether there are areas enough to tell a relation from luck."""
        return self.areas >= self.least_areas

    @property
    def noticed(self) -> tuple[str, ...]:
        """Give the measures that go with the votes more than luck explains; none where the areas do not suffice."""
        return tuple(row.measure for row in self.rows if self.enough and row.p < self.threshold)

    def findings(self, lang: str) -> list[dict[str, Any]]:
        """Give one finding a measure that was noticed, as plain values."""
        t = words(lang)
        rows = [row for row in self.rows if row.measure in self.noticed]
        head = {"rule": "parity", "severity": "warning", "where": self.plan}
        return [
            head
            | {"field": row.measure, "expected": t("parity.expected"), "remedy": t("parity.remedy")}
            | {"got": t("parity.got", r=number(row.r, lang, digits=2), p=figure(row.p, lang))}
            for row in rows
        ]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values; not finite figures are null."""
        rows = [
            {name: value if isinstance(value, str) or math.isfinite(value) else None for name, value in each.items()}
            for each in map(asdict, self.rows)
        ]
        return asdict(self) | {"rows": rows, "enough": self.enough, "noticed": list(self.noticed)}

    def to_table(self) -> pd.DataFrame:
        """Give one row a measure."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows])

    def tell(self, lang: str) -> str:
        """Write the table and what may be said from it."""
        t = words(lang)
        said = "few" if not self.enough else "noticed" if self.noticed else "none"
        names = ", ".join(t(f"parity.{each}") for each in self.noticed)
        values = {"n": str(self.areas), "least": str(self.least_areas), "names": names}
        return text_table(*self._rows(lang)) + "\n" + t(f"parity.{said}", **values)

    def _rows(self, lang: str = "en") -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
        t = words(lang)
        level = t(f"parity.{self.level}")
        title = t("parity.title", plan=self.plan, n=str(self.areas), level=level, contest=self.contest)
        header = tuple(t(f"parity.{each}") for each in ("measure", "span", "relation", "chance", "slope", "effective"))
        rows = list[tuple[str, ...]]()
        for row in self.rows:
            scale, unit = (60.0, t("unit.min")) if row.measure.startswith("response") else (1.0, t("parity.people"))
            low, high = (number(each / scale, lang, digits=1) for each in (row.lowest, row.highest))
            span = f"{low}–{high} {unit}"
            mid, *ends = (number(each, lang, digits=2) for each in (row.r, row.low, row.high))
            r = f"{mid} [{ends[0]}; {ends[1]}]"
            slope, *ends = (number(each / scale, lang, digits=2) for each in (row.slope, row.slope_low, row.slope_high))
            change = f"{slope} [{ends[0]}; {ends[1]}] {unit}"
            effective = number(row.effective, lang)
            rows.append((t(f"parity.{row.measure}"), span, r, figure(row.p, lang), change, effective))
        return title, header, rows

    def __str__(self) -> str:
        """Print the measures."""
        return self.tell("en")

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def parity_of(plan: Plan, city: City, *, contest: str | None = None, results: Results | None = None) -> Parity:
    """Hold response times and people per 1,000 voters, by area, against published shares of votes.

    The contest is the latest unless named, the areas are the finest of which it was published. Raises InputError where
    no result is known by area, or the contest is none of those.
    """
    told = results if results is not None else city_results(city)
    level, name, places, shares = _shares(told, city, contest)
    area = city.kelurahan[dict(_LEVELS)[level]].to_numpy()
    measured = _measures(Ground(plan, city), area, places)
    figures = own_file(ParityFile, "plan", "parity")
    ordered = shares[:, sorted(range(shares.shape[1]), key=lambda j: tuple(shares[:, j]))]
    maps, shuffles = _maps(_centres(city, area, places)), int(figures.shuffles.value)
    rows = [_row(key, values, ordered, maps, shuffles) for key, values in measured.items()]
    return Parity(
        plan=plan.name,
        contest=name,
        level=level,
        areas=len(places),
        choices=shares.shape[1],
        least_areas=int(figures.least_areas.value),
        threshold=figures.false_alarm.value / len(MEASURES),
        rows=tuple(rows),
    )


def _shares(told: Results | None, city: City, contest: str | None) -> tuple[str, str, list[str], F8]:
    """Give level, contest, places and shares (areas, choices) of the contest that is looked at."""
    held = list(_candidates(told, contest)) if told is not None else []
    if told is None or not held:
        known = sorted(set(told.table["contest"])) if told is not None else []
        remedy = suggest(contest or "", known) if contest and known else "Give results of your own with --results."
        _refuse(city.name, "results", "votes published by kelurahan or kecamatan", contest or "none", remedy)
    _, _, level, name, picked = max(held, key=lambda each: (each[0], each[1], each[3]))
    assert told is not None  # noqa: S101 -- refused above
    votes = np.array([told.votes()[i] for i in picked], dtype=np.float64)
    return level, name, [str(told.table["place"].iloc[i]) for i in picked], votes / votes.sum(axis=1, keepdims=True)


def _candidates(told: Results, contest: str | None) -> Iterator[tuple[str, int, str, str, list[int]]]:
    """Go through contests by level: day, rank of the level, level, name, and the rows of the table."""
    for rank, (level, _) in enumerate(reversed(_LEVELS)):
        table = told.table[told.table["level"] == level]
        for name, part in table.groupby("contest", sort=True):
            if contest in (None, name):
                rows = [i for i in part.index if np.all(np.isfinite(told.votes()[i])) and told.votes()[i].sum() > 0]
                if len(rows) > 1 and len({len(told.votes()[i]) for i in rows}) == 1:
                    yield str(part["date"].iloc[0]), rank, level, str(name), rows


def _refuse(where: str, field: str, expected: str, got: str, remedy: str) -> None:
    """Raise one fault."""
    raise InputError([Fault(where, field, expected, got, remedy)])


def _measures(ground: Ground, area: NDArray[Any], places: Sequence[str]) -> dict[str, F8]:
    """Give each measure by area: response weighted by voters, people that are no reserve by 1,000 voters."""
    table = ground.city.kelurahan
    voters = table["voters"].to_numpy(np.float64)
    inside = np.array([area == place for place in places], dtype=np.float64) * voters
    weight = inside / inside.sum(axis=1, keepdims=True)
    out = {}
    for measure, (capability, turnout) in zip(MEASURES, _RESPONSE, strict=False):
        time = within(ground, capability, free=True) + parameters()[turnout]
        out[measure] = np.array([row[row > 0] @ time[row > 0] for row in weight])
    people = dict.fromkeys(table["kode"], 0.0)
    for post, unit in ground.pairs:
        site = ground.sites.get(post.unit)
        if site is not None and site.kode_kel in people and post.task not in ("reserve", "bko"):
            people[site.kode_kel] += unit.people
    here = np.array([sum(people[kode] for kode in table["kode"][area == place]) for place in places])
    out[MEASURES[-1]] = 1000.0 * here / inside.sum(axis=1)
    return out


def _centres(city: City, area: NDArray[Any], places: Sequence[str]) -> F8:
    """Give where the voters of each area live, m (areas, 2)."""
    voters = city.kelurahan["voters"].to_numpy(np.float64)
    inside = np.array([area == place for place in places], dtype=np.float64) * voters
    return np.asarray(inside @ city.kelurahan[["x", "y"]].to_numpy(np.float64) / inside.sum(axis=1, keepdims=True))


def _maps(centres: F8) -> F8:
    """Give the patterns of a map from the smoothest to the roughest (areas, areas - 1), of length one, mean zero.

    They are the eigenvectors of the centred matrix of (negative) distances: no scale has to be chosen.
    """
    n = len(centres)
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    centring = np.eye(n) - 1.0 / n
    _, vectors = np.linalg.eigh(-centring @ apart @ centring)
    flat = int(np.argmax(np.abs(vectors.sum(axis=0))))
    return np.delete(vectors, flat, axis=1)[:, ::-1]


def _row(measure: str, values: F8, shares: F8, maps: F8, shuffles: int) -> ParityRow:
    """Relate one measure to the shares of every choice; the strongest relation speaks for all."""
    ends, n = (float(values.min()), float(values.max())), float(values.size)
    if not np.all(np.isfinite(values)):  # somewhere nobody comes at all: `plan check` says so
        return ParityRow(measure, *ends, 0.0, -1.0, 1.0, 1.0, 0.0, -math.inf, math.inf, n)
    if ends[0] == ends[1]:
        return ParityRow(measure, *ends, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, n)
    y, x = _standard(_ranks(values)), np.array([_standard(_ranks(column)) for column in shares.T])
    r = np.abs(x @ y)
    best = int(np.argmax(r))
    strongest, told = min(float(r[best]), 1.0), max(len(x) - (len(x) == 2), 1)  # of two shares one says the other
    effective = min(_effective(x[best], y, maps), n)
    low, high = _interval(strongest, effective, told)
    slope = _slope(values, shares[:, best], effective, told)
    return ParityRow(measure, *ends, strongest, low, high, _chance(x, y, maps, shuffles), *slope, effective)


def _ranks(values: F8) -> F8:
    """Rank values from 1, ties by their mean."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), dtype=np.float64)


def _standard(values: F8) -> F8:
    """Centre values and bring them to length one; all zero where they are equal."""
    centred = values - values.mean()
    length = float(np.sqrt(centred @ centred))
    return np.asarray(centred / length if length > 0 else centred)


def _chance(x: F8, y: F8, maps: F8, shuffles: int) -> float:
    """Give the share of maps as smooth as y whose strongest correlation is at least the one that is there.

    Such a map has the same patterns as strongly, each with a sign of its own.
    """
    there, parts = float(np.abs(x @ y).max()) - 1e-12, maps.T @ y
    share = (x @ maps) * parts  # (choices, patterns)
    if y.size <= _EXACT:
        signs = np.array(list(product((-1.0, 1.0), repeat=y.size - 1)))
        return float((np.abs(signs @ share.T).max(axis=1) >= there).mean())
    luck = np.random.Generator(np.random.Philox(_SEED))
    signs = np.where(luck.random((shuffles, y.size - 1)) < 0.5, -1.0, 1.0)
    return float((1 + (np.abs(signs @ share.T).max(axis=1) >= there).sum()) / (1 + shuffles))


def _effective(x: F8, y: F8, maps: F8) -> float:
    """Give as how many independent areas they count: 1 + 1 / variance of the correlation of maps so smooth."""
    spread = float((((maps.T @ x) * (maps.T @ y)) ** 2).sum())
    return 1.0 + 1.0 / spread if spread > 0 else math.inf


def _interval(r: float, n: float, choices: int) -> tuple[float, float]:
    """Give the interval of a rank correlation of n effective areas by Fisher's z, 95 % for all choices together.

    All that there is where they are three or fewer.
    """
    from scipy.stats import norm as normal

    if n <= 3:
        return -1.0, 1.0
    if r >= 1.0:
        return 1.0, 1.0
    half = float(normal.ppf(1 - 0.025 / choices)) * math.sqrt(_SPEARMAN / (n - 3))
    return math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def _slope(values: F8, share: F8, n: float, choices: int) -> tuple[float, float, float]:
    """Give the change for ten points of share with its interval (least squares, n effective areas), turned positive."""
    from scipy.stats import linregress, t

    if values.size < 3 or n <= 2 or np.ptp(share) == 0:
        return 0.0, -math.inf, math.inf
    fit = linregress(share, values)
    error = float(fit.stderr) * math.sqrt((values.size - 2) / (n - 2))
    slope, half = float(fit.slope) / 10, float(t.ppf(1 - 0.025 / choices, n - 2)) * error / 10
    ends = (slope - half, slope + half) if slope >= 0 else (-slope - half, -slope + half)
    return abs(slope), *ends
