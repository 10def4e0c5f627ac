"""What sampled levels come to on days that the plan was not made for, with the posts as they stand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.risk.riskmap import RiskMap

from ..solver import Solver
from .ground import Ground
from .levels import in_order
from .model import SAMPLED, Model, write_model
from .setting import Setting
from .stations import zone_demands

__all__ = ["BATCHES", "fresh_days", "fresh_values"]

F8 = NDArray[np.float64]
BATCHES, LEAST_DAYS, LEAST_CALLS = 8, 20, 1000
T_95 = 2.3646  # Student's t at 97.5 %, BATCHES - 1 degrees of freedom


def fresh_values(
    ground: Ground, setting: Setting, risk: RiskMap, model: Model, x: F8, *, solver: Solver
) -> dict[str, tuple[float, float, float]]:
    """Give mean, low and high (95 %) of each sampled level over batches of fresh days.

    The days follow those that the plan was weighed on, and who stands where stays as in x; who answers what is the best
    for each day.
    """
    if not ground.demands:
        return {}
    days, got = fresh_days(setting.options.samples, len(ground.demands)), list[dict[str, float]]()
    standing, counts = _standing(_bare(ground), model, x)
    for batch in range(BATCHES):
        first = setting.options.samples + batch * days
        demands = zone_demands(setting, risk, days=range(first, first + days))
        got.append(_weighed(replace(standing, demands=demands), counts, solver))
    out = {}
    for name in SAMPLED:
        values = np.array([each[name] for each in got])
        half = T_95 * float(values.std(ddof=1)) / BATCHES**0.5
        out[name] = float(values.mean()), max(float(values.mean()) - half, 0.0), float(values.mean()) + half
    return out


def fresh_days(samples: int, demands: int) -> int:
    """Give the days of a batch: as many as were sampled, and LEAST_DAYS where that many calls take as long."""
    calls = max(demands / samples, 1e-9)
    return max(samples, min(LEAST_DAYS, math.ceil(LEAST_CALLS / calls)))


def _standing(ground: Ground, model: Model, x: F8) -> tuple[Ground, F8]:
    """Leave crews only the choices that x makes, with how many make each: who stands where no longer varies."""
    counts = np.round(x[model.picks.column])
    made = [np.flatnonzero((model.picks.group == g) & (counts > 0)) for g in range(len(ground.crews))]
    crews = tuple(
        replace(each, choices=tuple(each.choices[c] for c in own), move=each.move[own])
        for each, own in zip(ground.crews, (model.picks.choice[columns] for columns in made), strict=True)
    )
    return replace(ground, crews=crews), counts[np.concatenate(made)]


def _bare(ground: Ground) -> Ground:
    """Leave of a ground what hazards need: the rules are kept already."""
    free = np.full(len(ground.posts), np.inf)
    rules: dict[str, Any] = {"needs": (), "terms": (), "standards": (), "layers": (), "stations": None, "talks": None}
    return replace(ground, capacity=free, reserve=0.0, kept=0.0, **rules)


def _weighed(ground: Ground, picked: F8, solver: Solver) -> dict[str, float]:
    """Weigh one batch of days with all crews where they are: the least uncovered, then the least late."""
    model = write_model(ground)
    levels = {level.name: level for level in model.levels if level.name in SAMPLED}
    lower, upper = model.problem.lower.copy(), model.problem.upper.copy()
    lower[model.picks.column] = upper[model.picks.column] = np.round(picked)
    problem = model.problem.relaxed().narrowed(lower, upper)
    x = in_order(problem, [levels[name] for name in SAMPLED], solver, seconds=60.0)
    return {name: np.nan if x is None else level.worth(x) for name, level in levels.items()}
