"""One objective after the other: each level is solved, then held while the next is.

A level is solved on the rows that it needs, in the parts into which these fall: polling stations, Linmas and all others
share no row once the stations are watched, and a part that a level does not count stays as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import EngineError

from ..solver import Problem, Row, Solution, Solver
from .board import Level
from .model import COUNTED, HELD, SAMPLED, SPARED, Model

__all__ = ["Outcome", "Solved", "in_order", "solve_levels"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_HOLD = 1e-6
_AFTER = {"late": 10.0}  # what is held of risk leaves lateness room to seem this much better than it can be


def _silent(_step: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Outcome:
    """Hold one level.

    `bound`: no plan that is as good on the levels before has less; `seconds` that it took; `proven`: within the gap
    that was asked for. `most`: where only a part of the value can be saved at all (harm, ballots), that part.
    `fresh`: mean, low and high (95 %) on days that a sampled level was not minimised on, `days` of them.
    """

    name: str
    value: float
    bound: float
    seconds: float
    proven: bool
    most: float | None = None
    fresh: tuple[float, float, float] | None = None
    days: int = 0

    @property
    def gap(self) -> float:
        """Give how far the bound lies below the value, as a share of the value, or of the most that can be saved."""
        room, whole = max(self.value - self.bound, 0.0), abs(self.value) if self.most is None else self.most
        return 0.0 if room <= _HOLD * max(1.0, abs(self.value)) else room / max(whole, 1e-9)


@dataclass(frozen=True, eq=False)
class Solved:
    """Hold the columns found, and every level; x is None where the rules cannot be kept together."""

    x: F8 | None
    outcomes: tuple[Outcome, ...]


def solve_levels(
    model: Model,
    solver: Solver,
    *,
    seconds: float,
    gap: float,
    zone: float = 0.0,
    progress: Callable[[str], None] = _silent,
) -> Solved:
    """Minimise the levels in their order, in some seconds together; a part of a level may take a few more.

    A level gets its part of what is left; what it does not use goes to those after it. Standards, harm and layers are
    held as found, votes within `gap` (they are known no better), sampled levels within the share `zone`: less is noise.
    `progress` is given the name of each level as it begins.
    Raises EngineError where the time ends before there is a plan.
    """
    began, problem, x = time.monotonic(), model.problem, None
    outcomes, counted = list[Outcome](), set[str]()
    todo = [level for level in model.levels if level.cost.any()] or list(model.levels[-1:])
    for i, level in enumerate(todo):
        progress(level.name)
        at = time.monotonic()
        left = max(seconds - (at - began), 0.5)
        counted |= set(COUNTED[level.name])
        idle = {rule for rules in COUNTED.values() for rule in rules} - counted
        aimed = problem.without(idle).aimed(level.cost, offset=level.offset)
        share = 0.0 if level.name in HELD else max(gap, zone if level.name in SAMPLED else 0.0)
        step = _Step(aimed, level, solver, gap, time.monotonic() + min(left, 1.6 * left / (len(todo) - i)))
        found = _solve(step, x)
        if found.status == "infeasible" and x is None:
            return Solved(None, ())
        if not found.found:
            raise EngineError(f"no plan was found in {seconds:g} s: give more seconds or fewer posts")
        x = found.x
        most = level.offset - found.bound if level.name in SPARED and np.isfinite(found.bound) else None
        outcome = Outcome(level.name, level.worth(x), found.bound, time.monotonic() - at, proven=False, most=most)
        outcomes.append(replace(outcome, proven=outcome.gap <= gap + _HOLD))
        problem = _settled(_held(problem, level, step.parts, x, share))
    assert x is not None  # noqa: S101 -- there is always a level
    return Solved(_complete(model, solver, x), tuple(outcomes))


class _Step:
    """Hold what one level is solved with: its problem, the parts of it, the gap, and until when."""

    def __init__(self, aimed: Problem, level: Level, solver: Solver, gap: float, until: float) -> None:
        self.aimed, self.level, self.solver, self.gap, self.until = aimed, level, solver, gap, until
        self.parts = tuple(_parts(aimed))

    def left(self) -> float:
        """Give the seconds that are left."""
        return max(self.until - time.monotonic(), 0.3)


def _solve(step: _Step, x: F8 | None) -> Solution:
    """Solve a level part by part, the small ones first; what a part does not count stays as in x."""
    out, bound, status = np.zeros(len(step.aimed.cost)) if x is None else x.copy(), step.aimed.offset, "optimal"
    if x is None and _hopeless(step.aimed):
        return Solution("infeasible", out, np.inf, np.inf)
    for i, columns in enumerate(step.parts):
        small = step.aimed.only(columns)
        if x is not None and not small.cost.any():
            continue
        last = i + 1 == len(step.parts)
        found = _part(step, small, None if x is None else x[columns], step.left() if last else 0.6 * step.left())
        if not found.found:
            return found
        out[columns] = found.x
        bound += found.bound
        status = "time" if found.status == "time" else status
    free = np.setdiff1d(np.arange(len(out)), np.concatenate([*step.parts, np.zeros(0, np.int64)]))
    out[free] = np.where(step.aimed.cost[free] < 0, step.aimed.upper[free], step.aimed.lower[free])
    bound += float(step.aimed.cost[free] @ out[free])
    value = step.aimed.worth(out)
    return Solution(status, out, value, min(bound, value))


def _hopeless(problem: Problem) -> bool:
    """Tell whether a row that has no free column is broken."""
    left = problem.left(problem.lower)
    free = np.zeros(len(left))
    np.add.at(free, np.repeat(np.arange(len(left)), np.diff(problem.start)),
              problem.lower[problem.index] < problem.upper[problem.index])  # fmt: skip
    broken = (left < problem.row_lower - _HOLD) | (left > problem.row_upper + _HOLD)
    return bool((broken & (free == 0)).any())


def _part(step: _Step, small: Problem, x: F8 | None, seconds: float) -> Solution:
    """Solve one part: from nothing, with x standing by, then from the better of both.

    A solver that begins from x searches less widely (measured), so the first search begins from nothing.
    """
    began, best = time.monotonic(), None
    if x is not None:
        fixed = small.narrowed(*_whole_as(small, x))
        best = step.solver.solve(fixed.relaxed(), seconds=max(seconds, 5.0), gap=0.0, start=None)
        best = Solution("time", best.x, best.objective, -np.inf) if best.found else None
    share = 0.6 if best is not None else 1.0
    found = step.solver.solve(small, seconds=share * seconds, gap=step.gap, start=None)
    if best is None:
        return found
    bound = found.bound if found.status != "infeasible" else -np.inf
    best = found if found.found and found.objective < best.objective else best
    best = Solution(best.status, best.x, best.objective, min(bound, best.objective))
    left = seconds - (time.monotonic() - began)
    if best.gap > step.gap and left > 0.3:
        again = step.solver.solve(small, seconds=left, gap=step.gap, start=best.x)
        bound = max(bound, again.bound) if again.status != "infeasible" else bound
        best = again if again.found and again.objective < best.objective else best
    return Solution(best.status, best.x, best.objective, min(bound, best.objective))


def _whole_as(problem: Problem, x: F8) -> tuple[F8, F8]:
    """Give bounds that leave the whole numbers as they are in x."""
    lower, upper = problem.lower.copy(), problem.upper.copy()
    lower[problem.integer] = upper[problem.integer] = np.round(x[problem.integer])
    return lower, upper


def _parts(problem: Problem) -> Iterator[I8]:
    """Go through the columns of each part of a problem that shares no row with another, the small parts first.

    Columns that are fixed tie nothing together; those of no row are in no part.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, rows = len(problem.cost), len(problem.row_lower)
    row = np.repeat(np.arange(rows), np.diff(problem.start))
    free = problem.lower[problem.index] < problem.upper[problem.index]
    ends = (problem.index[free], n + row[free])
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(n + rows, n + rows))
    _, label = connected_components(graph, directed=False)
    used = np.zeros(n, bool)
    used[problem.index] = True
    used &= problem.lower < problem.upper
    names, count = np.unique(label[:n][used], return_counts=True)
    for name in names[np.argsort(count, kind="stable")]:
        yield np.flatnonzero(used & (label[:n] == name))


def _held(problem: Problem, level: Level, parts: Sequence[I8], x: F8, share: float) -> Problem:
    """Hold a level part by part: no part may cost more than it does and a share; what costs nothing stays so."""
    upper, whole = problem.upper.copy(), level.cost if level.told is None else level.told
    rows = list[tuple[F8, float]]()
    for columns in parts:
        cost = np.zeros(len(problem.cost))
        cost[columns] = whole[columns]
        value = float(cost @ x)
        if not cost.any():
            continue
        if abs(value) <= _HOLD and bool((cost >= 0).all()) and bool((problem.lower[cost > 0] == 0).all()):
            upper[cost > 0] = 0.0
        else:
            least = _HOLD * _AFTER.get(level.name, 1.0) * max(1.0, abs(value))
            rows.append((cost, value + max(least, share * abs(value + level.offset))))
    problem = problem.narrowed(problem.lower, upper)
    for cost, most in rows:
        problem = problem.bounded(cost, most, Row("level", thing=level.name))
    return problem


def _settled(problem: Problem) -> Problem:
    """Fix the answers of patrols to zones where every station is watched: what nobody waits for is 0."""
    row = np.repeat(np.arange(len(problem.row_lower)), np.diff(problem.start))
    answers = np.array([each.rule == "answer" for each in problem.rows], bool)[row]
    waits = np.zeros(len(problem.row_lower))
    np.add.at(waits, row, np.where(problem.value < 0, -problem.value * problem.upper[problem.index], 0.0))
    upper = problem.upper.copy()
    upper[problem.index[answers & (problem.value > 0) & (waits[row] == 0)]] = 0.0
    return problem.narrowed(problem.lower, upper)


def _complete(model: Model, solver: Solver, x: F8) -> F8:
    """Give the whole of x: with the whole numbers as they are, the best corner of what they leave, level by level.

    In a corner each station is watched by one post (see model). Stations and calls share no row once the crews stand:
    a station watched is worth more than all votes together, and the sampled levels follow one another (`in_order`).
    """
    problem = model.problem.relaxed().narrowed(*_whole_as(model.problem, x))
    width = np.minimum(problem.upper - problem.lower, 1e6)
    levels = {level.name: level for level in model.levels}
    votes = levels["votes"].cost * (width > 0)
    votes = votes / max(float(np.abs(votes).max(initial=0.0)), 1e-9)
    cost = votes + levels["standards"].cost * (1.0 + 2.0 * float(np.abs(votes) @ width))
    for name in HELD[1:]:
        cost += levels[name].cost * (width > 0)
    found = in_order(problem, [levels[name] for name in SAMPLED], solver, seconds=120.0, beside=cost)
    return x if found is None else found


def in_order(
    problem: Problem, levels: Sequence[Level], solver: Solver, *, seconds: float, beside: F8 | None = None
) -> F8 | None:
    """Minimise levels one after the other, each held as the next is sought; None where one is not found.

    Each may take `seconds`; `beside`: the cost of columns that share no row with theirs, minimised along.
    """
    x = None
    for level in levels:
        more = np.zeros(len(level.cost)) if beside is None else beside
        size = max(float(np.abs(level.cost).max(initial=0.0)), 1e-9)
        found = solver.solve(problem.aimed(level.cost / size + more), seconds=seconds, gap=0.0, start=None)
        if found.status != "optimal":
            return None
        x = found.x
        value = float(level.cost @ x)
        problem = problem.bounded(level.cost, value + _HOLD * max(1.0, abs(value)), Row("level", thing=level.name))
    return x
