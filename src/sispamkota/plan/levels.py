"""One objective after the other: each level is solved, then held while the next is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import EngineError

from .model import Model
from .solver import Row, Solver

__all__ = ["Outcome", "Solved", "solve_levels"]

F8 = NDArray[np.float64]
_HOLD = 1e-6


@dataclass(frozen=True)
class Outcome:
    """Hold one level: its value, the bound below which no plan comes that is as good on the levels before, and how
    long it took (s); `proven`: within the gap that was asked for.
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


def solve_levels(model: Model, solver: Solver, *, seconds: float, gap: float, names: Sequence[str] = ()) -> Solved:
    """Minimise the levels in their order (or only those named), in some seconds together.

    A level gets its part of what is left; what it does not use goes to those after it. Raises EngineError where the
    time ends before any plan was found.
    """
    began, problem, x = time.monotonic(), model.problem, None
    outcomes = list[Outcome]()
    todo = [level for level in model.levels if level.cost.any() and (not names or level.name in names)]
    for i, level in enumerate(todo):
        at = time.monotonic()
        budget = max(seconds - (at - began), 0.5) / (len(todo) - i) * (1.0 if i == len(todo) - 1 else 1.6)
        aimed = problem.aimed(level.cost, level.offset)
        found = solver.solve(aimed, seconds=min(budget, max(seconds - (at - began), 0.5)), gap=gap, start=x)
        if found.status == "infeasible" and x is None:
            return Solved(None, ())
        if not found.found and x is None:
            raise EngineError(f"no plan was found in {seconds:g} s: give more seconds or fewer posts")
        if found.found and (x is None or found.objective <= aimed.worth(x) + _HOLD):
            x = found.x
        assert x is not None  # noqa: S101 -- found, or kept from the level before
        value = aimed.worth(x)
        bound = min(found.bound, value) if found.status != "infeasible" else value
        outcomes.append(Outcome(level.name, value, bound, time.monotonic() - at, found.status == "optimal"))
        room = _HOLD * max(1.0, abs(value))
        problem = problem.bounded(level.cost, value - level.offset + room, Row("level", thing=level.name))
    if x is None:
        found = solver.solve(problem, seconds=seconds, gap=gap, start=None)
        x = found.x if found.found else None
    return Solved(x, tuple(outcomes))
