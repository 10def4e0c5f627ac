"""Classic models of location on any matrix of costs (demands x sites), to a proven optimum or with its bound.

p-median: Hakimi 1964; p-centre: the same; LSCP: Toregas and others 1971; MCLP: Church & ReVelle 1974; MEXCLP: Daskin
1983; double standard: Gendreau, Laporte & Semet 1997; relocation: the same authors 2006, with Larson's hypercube 1974.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sispamkota.errors import Fault, InputError
from sispamkota.show import Table, html_table, text_table

from ..solver import Draft, Highs, Problem, Row, Solution, Solver
from .hypercube import busy_counts
from .medians import solve_median

__all__ = [
    "Placement", "Relocation", "centre", "cover", "double_standard", "expected_cover", "median", "relocate",
    "set_cover",
]  # fmt: skip

F8 = NDArray[np.float64]
_ROW = Row("location")
_WHOLE = 1e-6  # numbers of sites are whole: a bound above p by more shows that p do not do


@dataclass(frozen=True)
class Placement:
    """Hold the sites that are opened, again where a site holds several units, and what that is worth.

    `bound`: of what is minimised nothing is less, of what is maximised nothing is more.
    """

    model: str
    open: tuple[int, ...]
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """Give how far value and bound are apart, as a share of the value."""
        if self.value == self.bound:
            return 0.0
        apart = abs(self.value - self.bound)
        if not np.isfinite(apart):
            return float(np.inf)
        return 0.0 if apart <= 1e-9 * max(1.0, abs(self.value)) else apart / max(abs(self.value), 1e-9)

    def _rows(self) -> Table:
        """Give title, header and rows, for text and page alike."""
        header = ("sites", "value", "bound", "gap")
        row = (" ".join(map(str, self.open)), f"{self.value:g}", f"{self.bound:g}", f"{self.gap:.2%}")
        return self.model, header, [row]

    def __str__(self) -> str:
        """Print the sites, the value and the bound."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


@dataclass(frozen=True)
class Relocation:
    """Hold which sites to keep when k units are free: `keep[k]`; `share[k]` is how often k are."""

    keep: tuple[tuple[int, ...], ...]
    share: tuple[float, ...]
    value: float
    bound: float


def median(
    matrix: ArrayLike, p: int, *, weights: ArrayLike | None = None, seconds: float = 30.0, gap: float = 0.0
) -> Placement:
    """Open p sites so that Σ weight x cost to the nearest is least.

    Interchange from above, Lagrangian relaxation from below, what is left by HiGHS in the radius formulation (García,
    Labbé & Marín 2011) on the sites that reduced costs do not settle. Infinite costs mean a site that does not reach a
    demand; where p sites cannot reach all, value and bound are infinite.
    """
    cost, weight = _checked(matrix, weights, p)
    scaled = _weighed(cost, weight)
    finite = np.isfinite(scaled)
    most = np.where(finite, np.abs(scaled), 0.0).max(axis=1).sum()  # no p sites that reach all cost more
    opened, value, bound = solve_median(np.where(finite, scaled, 2.0 * most + 1.0), p, seconds=seconds, gap=gap)
    value, bound = (np.inf if each > most * (1.0 + 1e-9) else each for each in (value, bound))
    return Placement("p-median", opened, float(value), float(bound))


def centre(
    matrix: ArrayLike, p: int, *, weights: ArrayLike | None = None, seconds: float = 30.0, solver: Solver | None = None
) -> Placement:
    """Open p sites so that the longest weight x cost to the nearest is least: fewest sites for a radius, by halving.

    A radius is too short only where the solver shows that p sites do not do; where its time ends, the bound stays.
    """
    cost, weight = _checked(matrix, weights, p)
    cost, ends = _weighed(cost, weight), time.monotonic() + seconds
    radii = np.unique(cost)
    sites = _farthest(cost, p)
    low, high = (int(np.searchsorted(radii, each)) for each in (cost.min(axis=1).max(), _longest(cost, sites)))
    while low < high and (left := ends - time.monotonic()) > 0:
        middle = (low + high) // 2
        found = _fewest(cost <= radii[middle], left, solver)
        if found.found and round(found.objective) <= p:
            sites, high = tuple(int(j) for j in np.flatnonzero(found.x > 0.5)), middle
        elif found.status == "infeasible" or (found.status != "unbounded" and found.bound > p + _WHOLE):
            low = middle + 1
        else:
            break  # time: the radius is neither shown to do nor not to
    sites = (*sites, *[j for j in range(cost.shape[1]) if j not in sites][: p - len(sites)])
    value = _longest(cost, sites)
    return Placement("p-centre", tuple(sorted(sites)), value, min(float(radii[low]), value))


def _longest(cost: F8, sites: Sequence[int]) -> float:
    """Give the longest cost to the nearest of some sites."""
    return float(cost[:, list(sites)].min(axis=1).max())


def _farthest(cost: F8, p: int) -> tuple[int, ...]:
    """Open one site after the other, each time the one next to the demand that is farthest (Gonzalez 1985)."""
    opened = [int(np.argmin(cost.max(axis=0)))]
    while len(opened) < p:
        reached = cost[:, opened].min(axis=1)
        order = np.argsort(cost[int(np.argmax(reached))], kind="stable")
        opened.append(next(int(j) for j in order if int(j) not in opened))
    return tuple(opened)


def _weighed(cost: F8, weight: F8) -> F8:
    """Give weight x cost, 0 where the weight is, however far."""
    return np.where(weight[:, None] > 0, cost, 0.0) * weight[:, None]


def _fewest(covers: NDArray[np.bool_], seconds: float, solver: Solver | None) -> Solution:
    """Open the fewest sites such that every demand is covered."""
    draft = Draft()
    y = draft.add("y", covers.shape[1], upper=1, integer=True)
    for row in covers:
        draft.hold((y[row], 1.0), row=_ROW, lower=1.0)
    return (solver or Highs()).solve(draft.problem().aimed(np.ones(len(y))), seconds=seconds, gap=0.0, start=None)


def set_cover(matrix: ArrayLike, *, within: float, costs: ArrayLike | None = None, seconds: float = 30.0) -> Placement:
    """Open the cheapest sites (costs (sites,), 1 each) that reach every demand `within` (LSCP).

    Raises InputError for a demand that no site reaches.
    """
    cost, _ = _checked(matrix, None, 1)
    near = cost <= within
    if not near.any(axis=1).all():
        got = f"{int((~near.any(axis=1)).sum())} that no site reaches"
        raise InputError([Fault("set_cover", "within", "every demand reached", got, "Widen it, or add sites.")])
    draft = Draft()
    y = draft.add("y", cost.shape[1], upper=1, integer=True)
    for row in near:
        draft.hold((y[row], 1.0), row=_ROW, lower=1.0)
    price = np.ones(len(y)) if costs is None else np.asarray(costs, np.float64)
    return _placed("set covering", draft.problem().aimed(price), y, seconds, sign=1.0)


def cover(
    matrix: ArrayLike, p: int, *, within: float, weights: ArrayLike | None = None, seconds: float = 30.0
) -> Placement:
    """Open p sites that reach the most weight `within` (MCLP)."""
    cost, weight = _checked(matrix, weights, p)
    draft = Draft()
    y, x = draft.add("y", cost.shape[1], upper=1, integer=True), draft.add("x", len(cost), upper=1)
    draft.hold((y, 1.0), row=_ROW, lower=p, upper=p)
    for i, near in enumerate(cost <= within):
        draft.hold((x[i], 1.0), (y[near], -1.0), row=_ROW, upper=0.0)
    return _placed("maximal covering", _most(draft, x, weight), y, seconds, sign=-1.0)


def expected_cover(
    matrix: ArrayLike,
    p: int,
    *,
    within: float,
    busy: float,
    weights: ArrayLike | None = None,
    seconds: float = 30.0,
) -> Placement:
    """Place p units, several at a site if need be, for the most expected weight reached (MEXCLP).

    Each unit is busy with probability `busy`, one independent of the other: the k-th that reaches a demand adds
    (1 - busy) busy^(k - 1).
    """
    cost, weight = _checked(matrix, weights, 1)
    n, m = cost.shape
    draft = Draft()
    y, x = draft.add("y", m, upper=p, integer=True), draft.add("x", n * p, upper=1).reshape(n, p)
    draft.hold((y, 1.0), row=_ROW, lower=p, upper=p)
    for i, near in enumerate(cost <= within):
        draft.hold((x[i], 1.0), (y[near], -1.0), row=_ROW, upper=0.0)
    gain = weight[:, None] * ((1.0 - busy) * busy ** np.arange(p))[None, :]
    return _placed("expected covering", _most(draft, x.ravel(), gain.ravel()), y, seconds, sign=-1.0)


def double_standard(
    matrix: ArrayLike,
    p: int,
    *,
    within: tuple[float, float],
    share: float,
    each: int = 2,
    weights: ArrayLike | None = None,
) -> Placement:
    """Place p units for the most weight reached twice within the near standard.

    All demands are reached within the far standard, a `share` of the weight within the near one; a site holds at most
    `each`. Raises InputError where that cannot be.
    """
    cost, weight = _checked(matrix, weights, 1)
    near, far = (cost <= limit for limit in within)
    draft = Draft()
    y = draft.add("y", cost.shape[1], upper=each, integer=True)
    once = draft.add("once", len(cost), upper=1, integer=True)
    twice = draft.add("twice", len(cost), upper=1, integer=True)
    draft.hold((y, 1.0), row=_ROW, lower=p, upper=p)
    draft.hold((once, weight), row=_ROW, lower=share * float(weight.sum()))
    for i in range(len(cost)):
        draft.hold((y[far[i]], 1.0), row=_ROW, lower=1.0)
        draft.hold((once[i], 1.0), (twice[i], 1.0), (y[near[i]], -1.0), row=_ROW, upper=0.0)
        draft.hold((twice[i], 1.0), (once[i], -1.0), row=_ROW, upper=0.0)
    return _placed("double standard", _most(draft, twice, weight), y, 30.0, sign=-1.0)


def relocate(
    matrix: ArrayLike,
    p: int,
    *,
    within: float,
    load: float,
    moves: int | None = None,
    weights: ArrayLike | None = None,
    seconds: float = 30.0,
) -> Relocation:
    """Say for every number of free units which sites to keep, for the most expected weight reached `within`.

    How often k of p are free comes from Larson's hypercube under `load` erlangs (calls an hour x hours a call); of two
    neighbouring numbers at most `moves` sites change beside the one that comes or goes (None: any). A site holds one
    unit. Raises InputError where the time ends before anything is found.
    """
    cost, weight = _checked(matrix, weights, p)
    often = busy_counts(p, load)[::-1]  # by the number that is free
    draft, m = Draft(), cost.shape[1]
    y = draft.add("y", (p + 1) * m, upper=1, integer=True).reshape(p + 1, m)
    x = draft.add("x", (p + 1) * len(cost), upper=1).reshape(p + 1, len(cost))
    near = cost <= within
    for k in range(p + 1):
        draft.hold((y[k], 1.0), row=_ROW, lower=k, upper=k)
        for i in range(len(cost)):
            draft.hold((x[k, i], 1.0), (y[k, near[i]], -1.0), row=_ROW, upper=0.0)
        if moves is not None and k:
            left = draft.add("left", m, upper=1)
            draft.hold((left, 1.0), row=_ROW, upper=moves)
            for j in range(m):
                draft.hold((y[k - 1, j], 1.0), (y[k, j], -1.0), (left[j], -1.0), row=_ROW, upper=0.0)
    gain = (often[:, None] * weight[None, :]).ravel()
    found = _solved("relocation", _most(draft, x.ravel(), gain), seconds)
    keep = tuple(tuple(int(j) for j in np.flatnonzero(found.x[row] > 0.5)) for row in y)
    return Relocation(keep, tuple(map(float, often)), -found.objective, -found.bound)


def _checked(matrix: ArrayLike, weights: ArrayLike | None, p: int) -> tuple[F8, F8]:
    """Give the matrix and the weights as arrays; raises InputError for what is none."""
    cost = np.asarray(matrix, np.float64)
    weight = np.ones(len(cost)) if weights is None else np.asarray(weights, np.float64)
    remedy = "Give costs by demand (rows) and site (columns), one weight a demand, and 1 ≤ p ≤ sites."
    if cost.ndim != 2 or cost.size == 0 or not (cost > -np.inf).all() or not 1 <= p <= cost.shape[1]:
        raise InputError([Fault("matrix", "matrix", "demands x sites", f"shape {cost.shape}, p = {p}", remedy)])
    if weight.shape != (len(cost),) or not (np.isfinite(weight) & (weight >= 0)).all():
        raise InputError([Fault("weights", "weights", f"{len(cost)} numbers, 0 or more", str(weight.shape), remedy)])
    return cost, weight


def _most(draft: Draft, columns: NDArray[np.int64], gain: F8) -> Problem:
    """Aim a draft at the most gain."""
    cost = np.zeros(draft.n)
    cost[columns] = -gain
    return draft.problem().aimed(cost)


def _placed(model: str, problem: Problem, y: NDArray[np.int64], seconds: float, *, sign: float) -> Placement:
    """Solve and read the sites off."""
    found = _solved(model, problem, seconds)
    sites = np.repeat(np.arange(len(y)), np.round(found.x[y]).astype(int))
    return Placement(model, tuple(map(int, sites)), sign * found.objective, sign * found.bound)


def _solved(model: str, problem: Problem, seconds: float) -> Solution:
    """Solve; raises InputError where nothing satisfies the model, or nothing is found in the time."""
    found = Highs().solve(problem, seconds=seconds, gap=0.0, start=None)
    if not found.found:
        got, remedy = f"none ({found.status})", "Widen the standards, or give more units or seconds."
        raise InputError([Fault(model, "sites", "a placement", got, remedy)])
    return found
