"""One objective after the other: each level is solved, then held while the next is."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import EngineError

from .model import HELD, SAMPLED, Model
from .solver import Problem, Row, Solution, Solver

__all__ = ["Outcome", "Solved", "settled", "solve_levels"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_HOLD = 1e-6


@dataclass(frozen=True)
class Outcome:
    """Hold one level.

    `bound`: no plan that is as good on the levels before has less; `seconds` that it took; `proven`: within the gap
    that was asked for.
    """

    name: str
    value: float
    bound: float
    seconds: float
    proven: bool

    @property
    def gap(self) -> float:
        """Give how far the bound lies below the value, as a share of the value; 0 where both are 0."""
        room = max(self.value - self.bound, 0.0)
        return 0.0 if room <= _HOLD * max(1.0, abs(self.value)) else room / max(abs(self.value), 1e-9)


@dataclass(frozen=True, eq=False)
class Solved:
    """Hold the columns found, and every level; x is None where the rules cannot be kept together."""

    x: F8 | None
    outcomes: tuple[Outcome, ...]


def solve_levels(model: Model, solver: Solver, *, seconds: float, gap: float, zone: float = 0.0) -> Solved:
    """Minimise the levels in their order, in some seconds together.

    A level gets its part of what is left; what it does not use goes to those after it. Standards, harm and layers are
    held as found, votes within `gap` (they are known no better), sampled levels within the share `zone`: less is noise.
    Raises EngineError where the time ends before there is a plan.
    """
    began, problem, x = time.monotonic(), model.problem, None
    outcomes = list[Outcome]()
    todo = [level for level in model.levels if level.cost.any()] or list(model.levels[-1:])
    for i, level in enumerate(todo):
        at = time.monotonic()
        left = max(seconds - (at - began), 0.5)
        aimed = problem.aimed(level.cost, offset=level.offset)
        voted = "votes" in (level.name for level in todo[:i])
        still = model.still if voted else np.zeros(0, np.int64)
        found = _solve(aimed, solver, x, min(left, 1.6 * left / (len(todo) - i)), gap, still)
        if found.status == "infeasible" and x is None:
            return Solved(None, ())
        if not found.found and x is None:
            raise EngineError(f"no plan was found in {seconds:g} s: give more seconds or fewer posts")
        x = found.x if found.found else x
        assert x is not None  # noqa: S101 -- found, or kept from the level before
        value = aimed.worth(x)
        outcome = Outcome(level.name, value, min(found.bound, value), time.monotonic() - at, proven=False)
        outcomes.append(replace(outcome, proven=outcome.gap <= gap + _HOLD))
        share = 0.0 if level.name in HELD else max(gap, zone if level.name in SAMPLED else 0.0)
        room = max(_HOLD * max(1.0, abs(value)), share * abs(value))
        problem = problem.bounded(level.cost, value - level.offset + room, Row("level", thing=level.name))
    return Solved(x, tuple(outcomes))


def settled(model: Model, solver: Solver, x: F8) -> F8:
    """Give x with every station watched by one post: with the whole numbers as they are, a corner of what is left."""
    problem, level = model.problem, {each.name: each.cost for each in model.levels}
    if not len(model.watch):
        return x
    lower, upper = problem.lower.copy(), problem.upper.copy()
    lower[problem.integer] = upper[problem.integer] = np.round(x[problem.integer])
    cost = level["votes"] + 10.0 * max(float(level["votes"].max()), 1e-6) * level["standards"]
    found = solver.solve(problem.relaxed().narrowed(lower, upper).aimed(cost), seconds=60.0, gap=0.0, start=None)
    out = x.copy()
    if found.status == "optimal":
        out[model.watch] = found.x[model.watch]
    return out


def _solve(aimed: Problem, solver: Solver, x: F8 | None, seconds: float, gap: float, still: I8) -> Solution:
    """Solve one level: first with the block `still` as it is in x, then, if that is not enough, all of it from there.

    The bound is that of the whole problem: of its linear relaxation, or better. A solver that begins from x searches
    less widely (measured), so the first search begins from nothing and x only stands by.
    """
    began, bound = time.monotonic(), -np.inf
    best = None if x is None else Solution("time", x, aimed.worth(x), bound)
    part = aimed
    if x is not None and len(still):
        relaxed = solver.solve(aimed.relaxed(), seconds=seconds, gap=0.0, start=None)
        bound = relaxed.objective if relaxed.status == "optimal" else bound
        lower, upper = aimed.lower.copy(), aimed.upper.copy()
        lower[still] = upper[still] = np.clip(x[still], lower[still], upper[still])
        part = aimed.narrowed(lower, upper)
    share = 0.6 if best is not None else 1.0
    found = solver.solve(part, seconds=max(share * (seconds - time.monotonic() + began), 0.3), gap=gap, start=None)
    if best is None and not found.found:
        return found
    if found.found and (best is None or found.objective < best.objective):
        best = found
    assert best is not None  # noqa: S101 -- x, or found
    bound = max(bound, found.bound) if part is aimed and found.status != "infeasible" else bound
    best = Solution(best.status, best.x, best.objective, min(bound, best.objective))
    left = seconds - (time.monotonic() - began)
    if best.gap > gap and left > 0.3:
        again = solver.solve(aimed, seconds=left, gap=gap, start=best.x)
        bound = max(bound, again.bound) if again.status != "infeasible" else bound
        best = again if again.found and again.objective < best.objective else best
    return Solution(best.status, best.x, best.objective, min(bound, best.objective))
