"""Update a risk map while it happens: new reports and hours watched move its uncertain factors.

A factor is gamma with mean 1 and shape k; n events where e were expected make it gamma with shape k + n and rate
k + e (conjugate to Poisson counts). Where a shared factor and one of the place add up, as in a fitted map, an event may
be of either: the posterior is summed out exactly (`stars`) and its mean and variance kept. Where more factors hang
together, events are shared out by what each is expected to give (mean field; Cemgil 2009), with the shapes of the
information in the counts (Louis 1982).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma
from scipy.stats import gamma

from sispamkota.errors import Faults, shown, suggest

from .posterior import CENTRAL
from .riskmap import ALL_HOURS, EVERYWHERE, KINDS, RiskMap
from .stars import Leaf, solve_star

__all__ = ["TRAIL", "Report", "Update", "update"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
TRAIL = (
    "draw", "kinds", "places", "events", "expected", "shape_before", "shape_after", "per_day_before", "per_day_after",
    "reports", "until",
)  # fmt: skip
_ROUNDS, _STILL = 10_000, 1e-13


class Report(NamedTuple):
    """Say that an incident of a kind happened at a place of the map; `hour` 0 to 23, None where it is not known."""

    id: str
    place: str
    kind: str
    hour: int | None


@dataclass(frozen=True, eq=False)
class Update:
    """Hold the map after the reports, the trail (columns TRAIL, one row a factor that moved), and what made them.

    unrated: ids of reports where the map has no rate, which moved nothing.
    """

    riskmap: RiskMap
    trail: pd.DataFrame
    before: RiskMap
    reports: tuple[Report, ...]
    watched: F8
    unrated: tuple[str, ...]

    def then(self, reports: Sequence[Report], *, watched: ArrayLike, until: str = "") -> Update:
        """Add later reports and hours; the same as if all had come at once, whatever the order."""
        both = self.watched + np.asarray(watched, np.float64)
        return update(self.before, [*self.reports, *reports], watched=both, until=until)


def update(riskmap: RiskMap, reports: Sequence[Report], *, watched: ArrayLike, until: str = "") -> Update:
    """Update a map without city-wide rows by all reports of the hours watched, float64[24] by hour of the day.

    Without a report only the hours watched lower the rates. `until` says when this is known, for the trail. Raises
    InputError for reports that do not fit the map or the hours, each one named.
    """
    hours = np.asarray(watched, np.float64)
    _check(riskmap, reports, hours)
    table = riskmap.table
    draws, draw = np.unique(table["draw"].astype(str), return_inverse=True)
    every = (table["hour"] == ALL_HOURS).to_numpy()
    exposure = np.where(every, hours.sum(), hours[np.where(every, 0, table["hour"])])
    expected = table["rate_per_h"].to_numpy(np.float64) * exposure
    before = pd.Series(table["shape"].to_numpy(np.float64)).groupby(draw).first().to_numpy()
    rate: F8 = before + np.bincount(draw, expected, minlength=draws.size)
    cells = _cells(table, reports, draw, hours)
    given = [cell for cell in cells if cell.draws.size]
    mean, shape = _laws(before, rate, given)
    hit = rate > before
    moved = _moved(table, draw, hit, mean / rate, shape)
    trail = _trail(table, moved, draws, draw, (before, shape, mean, rate))
    trail["reports"] = _told(given, draws.size)
    trail["until"] = until
    trail = trail[hit | trail["reports"].ne("").to_numpy()].reset_index(drop=True)
    unrated = tuple(sorted(report for cell in cells if not cell.draws.size for report in cell.reports))
    after = RiskMap(riskmap.name, moved, files=riskmap.files)
    return Update(after, trail[list(TRAIL)], riskmap, tuple(sorted(reports, key=lambda r: r.id)), hours, unrated)


def _check(riskmap: RiskMap, reports: Sequence[Report], watched: F8) -> None:
    """Refuse what does not fit, all of it at once."""
    faults = Faults()
    if watched.shape != (24,) or not (np.isfinite(watched) & (watched >= 0)).all():
        got, remedy = shown(watched.tolist()), "Count the hours watched at each hour of the day."
        faults.add(where="update", field="watched", expected="24 hours, 0 or more", got=got, remedy=remedy)
        faults.raise_if_any()
    if (riskmap.table["place"] == EVERYWHERE).any():
        remedy = "Spread it with RiskMap.expand first."
        faults.add(where=riskmap.name, field="place", expected="rows of places", got="rows of the city", remedy=remedy)
    for draw in riskmap.table.groupby("draw")["shape"].nunique().loc[lambda count: count > 1].index:
        remedy = "Give rows of one draw one shape."
        faults.add(where=riskmap.name, field="shape", expected=f"one of {draw}", got="several", remedy=remedy)
    seen: set[str] = set()
    for report in reports:
        where = f"report {report.id}"
        if report.id in seen:
            faults.add(where=where, field="id", expected="each report once", got="it again", remedy="Drop one of them.")
        seen.add(report.id)
        if report.kind not in KINDS:
            remedy = suggest(report.kind, KINDS)
            faults.add(where=where, field="kind", expected="a kind of hazard", got=shown(report.kind), remedy=remedy)
        known = report.hour is None or report.hour in range(24)
        if not known or not (watched.sum() if report.hour is None else watched[report.hour]) > 0:
            got, remedy = shown(report.hour), "Count the hours of the report as watched."
            faults.add(where=where, field="hour", expected="an hour that was watched", got=got, remedy=remedy)
    faults.raise_if_any()


class _Cell(NamedTuple):
    """Hold the reports of one place, kind and hour, the draws that rate it, and what each is expected to give."""

    reports: list[str]
    draws: I8
    expected: F8


def _cells(table: pd.DataFrame, reports: Sequence[Report], draw: I8, watched: F8) -> list[_Cell]:
    """Group the reports; the order in which they came is forgotten."""
    groups: dict[tuple[str, str, int], list[str]] = {}
    for report in reports:
        hour = ALL_HOURS if report.hour is None else report.hour
        groups.setdefault((report.place, report.kind, hour), []).append(report.id)
    rows_of = table.groupby(["place", "kind"]).indices
    hour_of, rate_of = table["hour"].to_numpy(), table["rate_per_h"].to_numpy(np.float64)
    cells = []
    for (place, kind, hour), ids in sorted(groups.items()):
        rows = np.asarray(rows_of.get((place, kind), np.empty(0, np.int64)))
        if hour == ALL_HOURS:  # over the hours watched, each row where it counts
            weight = np.where(hour_of[rows] == ALL_HOURS, watched.sum(), watched[hour_of[rows]])
        else:
            weight = ((hour_of[rows] == ALL_HOURS) | (hour_of[rows] == hour)).astype(np.float64)
        expected = np.zeros(int(draw.max(initial=0)) + 1)
        np.add.at(expected, draw[rows], rate_of[rows] * weight)
        giving = np.flatnonzero(expected > 0)
        cells.append(_Cell(ids, giving, expected[giving]))
    return cells


def _told(cells: Sequence[_Cell], n: int) -> list[str]:
    """List for each draw the reports that it may have given."""
    ids: list[list[str]] = [[] for _ in range(n)]
    for cell in cells:
        for each in cell.draws:
            ids[each] += cell.reports
    return ["; ".join(sorted(names)) for names in ids]


def _laws(before: F8, rate: F8, cells: Sequence[_Cell]) -> tuple[F8, F8]:
    """Give means times rates, and shapes, of all factors: exact where cells have at most a shared and an own factor.

    Cells that hang together otherwise are shared out in the mean field.
    """
    mean, shape = before.copy(), before.copy()
    loose: list[_Cell] = []
    for together in _components(cells):
        hub, alone = _star_of(together)
        if hub is None:
            loose += together
            continue
        leaves: dict[int, list[tuple[int, float, float]]] = {each: [] for each in alone}
        lone: list[tuple[int, float, float]] = []
        for cell in together:
            expected = dict(zip(cell.draws.tolist(), cell.expected.tolist(), strict=True))
            part = (len(cell.reports), expected.get(hub, 0.0))
            owners = [each for each in expected if each != hub]
            (leaves[owners[0]] if owners else lone).append((*part, expected[owners[0]] if owners else 0.0))
        found = [Leaf(before[each], rate[each], of) for each, of in leaves.items()]
        found += [Leaf(1.0, 1.0, lone)] if lone else []
        shared, own = solve_star(before[hub], rate[hub], found)
        for each, law in ((hub, shared), *zip(leaves, own, strict=False)):
            mean[each], shape[each] = law.mean * rate[each], law.mean**2 / law.variance
    if loose:
        touched = np.unique(np.concatenate([cell.draws for cell in loose]))
        whole, known = _share_out(before, rate, loose)
        mean[touched], shape[touched] = whole[touched], known[touched]
    return mean, shape


def _components(cells: Sequence[_Cell]) -> list[list[_Cell]]:
    """Group cells that hang together by their draws."""
    group: dict[int, int] = {}
    held: dict[int, list[_Cell]] = {}
    for n, cell in enumerate(cells):
        old = {group[each] for each in cell.draws.tolist() if each in group}
        held[n] = [cell, *(other for name in sorted(old) for other in held.pop(name))]
        for each in (each for one in held[n] for each in one.draws.tolist()):
            group[each] = n
    return list(held.values())


def _star_of(cells: Sequence[_Cell]) -> tuple[int | None, list[int]]:
    """Find the draw that every cell of two draws has, and the others; None where there is no such draw."""
    draws, counts = np.unique(np.concatenate([cell.draws for cell in cells]), return_counts=True)
    hub = int(draws[np.argmax(counts)])
    if any(cell.draws.size > 2 or (cell.draws.size == 2 and hub not in cell.draws) for cell in cells):
        return None, []
    return hub, [int(each) for each in draws if each != hub]


def _share_out(before: F8, rate: F8, cells: Sequence[_Cell]) -> tuple[F8, F8]:
    """Share each cell's events among its draws; give shapes that hold the means (shape over rate), and true shapes."""
    whole = before.copy()
    part: list[F8] = []
    for _ in range(_ROUNDS):
        log = digamma(whole) - np.log(rate)
        part = [cell.expected * np.exp(log[cell.draws] - log[cell.draws].max()) for cell in cells]
        part = [each / each.sum() for each in part]
        moved = before.copy()
        for cell, each in zip(cells, part, strict=True):
            moved[cell.draws] += len(cell.reports) * each
        change = np.abs(moved - whole).max(initial=0.0)
        whole = moved
        if change <= _STILL * float(whole.max(initial=1.0)):
            break
    return whole, _known(before, cells, part)


def _known(before: F8, cells: Sequence[_Cell], part: Sequence[F8]) -> F8:
    """Give the shapes: one over the diagonal of (K + Σ n r rᵀ)⁻¹, by Woodbury's formula over cells.

    K holds the shapes before, r a cell's shares: the curvature of the log posterior in log factors at its mode.
    """
    if not cells:
        return before.copy()
    touched, column = np.unique(np.concatenate([cell.draws for cell in cells]), return_inverse=True)
    share = np.zeros((len(cells), touched.size))
    share[np.repeat(np.arange(len(cells)), [cell.draws.size for cell in cells]), column] = np.concatenate(part)
    scaled = share / before[touched]
    inner = np.diag([1.0 / len(cell.reports) for cell in cells]) + scaled @ share.T
    variance = 1.0 / before[touched] - (scaled * np.linalg.solve(inner, scaled)).sum(axis=0)
    shape = before.copy()
    shape[touched] = 1.0 / variance
    return shape


def _moved(table: pd.DataFrame, draw: I8, hit: NDArray[np.bool_], factor: F8, shape: F8) -> pd.DataFrame:
    """Write the new rates, shapes and intervals into the rows whose factor moved."""
    rows = hit[draw]
    mean = table["rate_per_h"].to_numpy(np.float64) * factor[draw]
    ends = gamma.ppf(np.array([0.5 - CENTRAL / 2, 0.5 + CENTRAL / 2])[:, None], shape) / shape
    low, high = np.minimum(mean * ends[0][draw], mean), np.maximum(mean * ends[1][draw], mean)
    new = {"rate_per_h": mean, "shape": shape[draw], "low_per_h": low, "high_per_h": high}
    return table.assign(**{name: np.where(rows, values, table[name]) for name, values in new.items()})


def _trail(
    before: pd.DataFrame, after: pd.DataFrame, draws: NDArray[np.str_], draw: I8, laws: tuple[F8, F8, F8, F8]
) -> pd.DataFrame:
    """Lay out what each factor was and is."""
    first, shape, mean, rate = laws
    hours = np.where(before["hour"] == ALL_HOURS, 24.0, 1.0)
    days = [np.bincount(draw, each["rate_per_h"] * hours, minlength=draws.size) for each in (before, after)]
    named = before.groupby(draw)
    return pd.DataFrame(
        {
            "draw": draws,
            "kinds": named["kind"].agg(lambda kinds: ", ".join(sorted(set(kinds)))).to_numpy(),
            "places": named["place"].nunique().to_numpy(),
            "events": mean - first,
            "expected": rate - first,
            "shape_before": first,
            "shape_after": shape,
            "per_day_before": days[0],
            "per_day_after": days[1],
        }
    )
