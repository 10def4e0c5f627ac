"""Try plans in scenarios that they were not made for: how much more harm than the best of them, and where most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import EngineError, Fault, InputError
from sispamkota.place import City
from sispamkota.plan.plan import Plan
from sispamkota.show import Table, html_table, text_table
from sispamkota.streams import luck_of

from .arena import sample_of
from .compare import mean_t
from .rehearse import Run
from .scenario import Scenario
from .setting import Setting
from .spread import Work
from .tables import build_tables

__all__ = ["Regret", "Regrets", "Worst", "find_regrets"]

Floats = NDArray[np.float64]
CALMLY = Run()


@dataclass(frozen=True)
class Regret:
    """Hold one plan in one scenario: its harm, and how much that is above the best one's, in persons.

    `low`, `high`: interval of the regret over pairs; all 0 for the best itself. All intervals hold together with 95 %.
    The best is picked with other luck, so a regret may come out below 0.
    """

    plan: str
    scenario: str
    harm: float
    regret: float
    low: float
    high: float
    best: bool


@dataclass(frozen=True)
class Worst:
    """Hold a plan's worst regret: the row where it came out highest, and the interval of the worst of all scenarios.

    `scenarios`: those that may be the worst, as their intervals reach into that one; one where it is told apart.
    """

    row: Regret
    low: float
    high: float
    scenarios: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values: the row's, but the interval of the worst."""
        return asdict(self.row) | {"low": self.low, "high": self.high, "scenarios": list(self.scenarios)}


@dataclass(frozen=True)
class Regrets:
    """Hold every plan in every scenario; all intervals hold together, so those of the worst regrets do too."""

    plans: tuple[str, ...]
    scenarios: tuple[str, ...]
    replicates: int
    seed: int
    rows: tuple[Regret, ...] = field(repr=False)

    def worst(self, plan: str) -> Worst:
        """Give a plan's worst regret, the first scenario's where several are as bad."""
        own = [row for row in self.rows if row.plan == plan]
        low, high = max(row.low for row in own), max(row.high for row in own)
        named = tuple(row.scenario for row in own if row.high >= low)
        return Worst(max(own, key=lambda row: row.regret), low, high, named)

    @property
    def safest(self) -> str:
        """Name the plan whose worst regret came out least; the first where several are as good. See `as_safe`."""
        return min(self.plans, key=lambda plan: self.worst(plan).row.regret)

    @property
    def as_safe(self) -> tuple[str, ...]:
        """Name the plans that may be the safest, as their intervals overlap; only one where it is told apart."""
        lowest = min(self.worst(plan).high for plan in self.plans)
        return tuple(plan for plan in self.plans if self.worst(plan).low <= lowest)

    def to_table(self) -> pd.DataFrame:
        """Give one row a plan and scenario."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        worst = {plan: self.worst(plan).to_dict() for plan in self.plans}
        head = {"scenarios": list(self.scenarios), "replicates": self.replicates, "seed": self.seed}
        told = {"safest": self.safest, "as_safe": list(self.as_safe)}
        return head | {"rows": [asdict(row) for row in self.rows], "worst": worst} | told

    def _rows(self) -> Table:
        """Give title, header and rows, for text and page alike."""
        rows = [
            (row.plan, row.scenario, f"{row.harm:.4g}", f"{row.regret:.4g}", f"{row.low:.4g}", f"{row.high:.4g}")
            for row in self.rows
        ]
        header = ("plan", "scenario", "harm", "regret", "low", "high")
        apart = self.safest if len(self.as_safe) == 1 else f"not told apart: {', '.join(self.as_safe)}"
        return f"least worst regret: {apart}", header, rows

    def __str__(self) -> str:
        """Print the regrets as a plain table."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def find_regrets(
    scenarios: Sequence[Scenario],
    plans: Mapping[str, Plan],
    city: City,
    *,
    replicates: int = 400,
    seed: int = 1,
    run: Run = CALMLY,
) -> Regrets:
    """Rehearse every plan in every scenario with the same luck; a pure function of all but `run`.

    Raises InputError for fewer than two plans, and with everything that does not fit.
    """
    if len(plans) < 2:
        raise InputError([Fault("PLANS", "plans", "2 or more", str(len(plans)), "Name the plans to try.")])
    rows, done, among = list[Regret](), 0, len(scenarios) * (len(plans) - 1)
    for scenario in scenarios:
        harms, picks = {}, {}
        for name, plan in plans.items():
            harms[name] = _harm(scenario, plan, city, replicates, seed, run)
            picks[name] = float(np.nanmean(_harm(scenario, plan, city, replicates, luck_of(seed, "regret.pick"), run)))
            done += 1
            run.progress(done)
        best = min(plans, key=lambda name: (picks[name], list(plans).index(name)))
        rows += [_regret(name, scenario.name, harms, best, among) for name in plans]
    return Regrets(tuple(plans), tuple(each.name for each in scenarios), replicates, seed, tuple(rows))


def _harm(scenario: Scenario, plan: Plan, city: City, replicates: int, seed: int, run: Run) -> Floats:
    """Give the persons harmed in each replicate; raises EngineError where none ended well."""
    work = Work(build_tables(Setting.make(scenario, plan, city).spec), seed, scenario.horizon)
    harm: Floats = sample_of(work, range(replicates), workers=run.workers).aims[:, 0]
    if not np.isfinite(harm).any():
        raise EngineError(f"no replicate of {plan.name} in {scenario.name} ended well")
    return harm


def _regret(name: str, scenario: str, harms: Mapping[str, Floats], best: str, among: int) -> Regret:
    """Compare a plan with the best of a scenario, over the replicates that ended well in both."""
    mean, low, high = mean_t(harms[name] - harms[best], among=among)
    return Regret(name, scenario, float(np.nanmean(harms[name])), mean, low, high, name == best)
