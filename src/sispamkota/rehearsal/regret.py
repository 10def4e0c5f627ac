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

from .arena import sample_of
from .compare import mean_t
from .rehearse import Run
from .scenario import Scenario
from .setting import Setting
from .spread import Work
from .tables import build_tables

__all__ = ["Regret", "Regrets", "find_regrets"]

Floats = NDArray[np.float64]
CALMLY = Run()
PICK_SEED = 2**32  # added to the seed: the best of a scenario is picked with luck of its own


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
class Regrets:
    """Hold every plan in every scenario."""

    plans: tuple[str, ...]
    scenarios: tuple[str, ...]
    replicates: int
    seed: int
    rows: tuple[Regret, ...] = field(repr=False)

    def worst(self, plan: str) -> Regret:
        """Give a plan's worst regret, the first scenario's where several are as bad."""
        return max((row for row in self.rows if row.plan == plan), key=lambda row: row.regret)

    @property
    def safest(self) -> str:
        """Name the plan whose worst regret is least; the first where several are as good."""
        return min(self.plans, key=lambda plan: self.worst(plan).regret)

    def to_table(self) -> pd.DataFrame:
        """Give one row a plan and scenario."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        worst = {plan: asdict(self.worst(plan)) for plan in self.plans}
        head = {"scenarios": list(self.scenarios), "replicates": self.replicates, "seed": self.seed}
        return head | {"rows": [asdict(row) for row in self.rows], "worst": worst, "safest": self.safest}

    def _rows(self) -> Table:
        """Give title, header and rows, for text and page alike."""
        rows = [
            (row.plan, row.scenario, f"{row.harm:.4g}", f"{row.regret:.4g}", f"{row.low:.4g}", f"{row.high:.4g}")
            for row in self.rows
        ]
        header = ("plan", "scenario", "harm", "regret", "low", "high")
        return f"least worst regret: {self.safest}", header, rows

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
            picks[name] = float(np.nanmean(_harm(scenario, plan, city, replicates, seed + PICK_SEED, run)))
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
