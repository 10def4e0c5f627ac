"""Which assumptions decide the result: elementary effects of every uncertain parameter (Morris 1991).

Each trajectory changes one parameter after another over its whole range; every point plays the same replicates, so
that luck cancels out of the effects. µ* is the mean absolute effect of a parameter on a measure (Campolongo 2007), its
interval a bootstrap over trajectories; σ says how much the effect depends on the others. By SALib.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import EngineError, Fault, InputError, suggest
from sispamkota.kernels import layout as at
from sispamkota.kernels.measure import MEASURES
from sispamkota.place import City
from sispamkota.plan.plan import Plan
from sispamkota.schema import quantity
from sispamkota.show import Table, html_table, text_table

from .calls import calls_of, measures_of
from .measures import SCALES
from .rehearse import Run
from .scenario import Scenario
from .setting import Setting, ranges_of
from .tables import Tables, build_tables
from .world import World

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Design", "Effect", "Sensitivity", "find_sensitivity"]

CALMLY = Run()
LEVELS = 4  # of the Morris grid; the step is then 2/3 of the range (Morris 1991)


@dataclass(frozen=True)
class Design:
    """Say how hard to look: trajectories through the ranges, replicates a point, the seed of both."""

    trajectories: int = 20
    replicates: int = 12
    seed: int = 1

    def points(self, scenario: Scenario) -> int:
        """Count the points of the design: on each trajectory the start and one a parameter."""
        return self.trajectories * (1 + len(ranges_of(scenario)))


USUAL = Design()


@dataclass(frozen=True)
class Effect:
    """Hold what one parameter does to the measure, in the measure's display unit, over the whole of its range.

    `strength`: µ*, the mean absolute effect, with its 95 % interval low to high; `mean`: µ, with its sign; `spread`: σ.
    """

    parameter: str
    strength: float
    low: float
    high: float
    mean: float
    spread: float


@dataclass(frozen=True)
class Sensitivity:
    """Hold the effects on one measure, the strongest first."""

    measure: str
    unit: str
    scenario: str
    plan: str
    points: int
    failed: int
    design: Design
    effects: tuple[Effect, ...] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return asdict(self)

    def to_json(self) -> str:
        """Write it as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def to_table(self) -> pd.DataFrame:
        """Give one row a parameter."""
        return pd.DataFrame([asdict(effect) for effect in self.effects])

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the parameters that move the measure most, with intervals; gives the axes back."""
        from .draw import draw_sensitivity

        return draw_sensitivity(self, ax=ax)

    def _rows(self) -> Table:
        """Give title, header and rows of the five that matter most, for text and page alike."""
        rows = [(e.parameter, f"{e.strength:.4g}", f"{e.low:.4g}", f"{e.high:.4g}") for e in self.effects[:5]]
        return f"{self.measure} ({self.unit}), {self.scenario}", ("parameter", "effect", "low", "high"), rows

    def __str__(self) -> str:
        """Print the five that matter most."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def find_sensitivity(
    scenario: Scenario,
    plan: Plan,
    city: City,
    *,
    measure: str = "harm_people",
    design: Design = USUAL,
    run: Run = CALMLY,
) -> Sensitivity:
    """Find which uncertain parameters decide a measure: one effect a parameter, the strongest first.

    A pure function of its inputs but for `run`. Raises InputError for an unknown measure or a design too small,
    EngineError when no replicate of a point ended well. Needs the extra `sensitivity`.
    """
    _check(measure, design)
    if run.cluster is not None:
        raise InputError([Fault("--cluster", "cluster", "none with --sensitivity", run.cluster.url, "Leave it out.")])
    analysis, sampling = _morris()
    spec = Setting.make(scenario, plan, city).spec
    tables, ranges = build_tables(spec), ranges_of(scenario)
    names = list(ranges)
    problem = {"num_vars": len(names), "names": names, "bounds": [[low, high] for low, _, high in ranges.values()]}
    points = sampling.sample(problem, design.trajectories, num_levels=LEVELS, seed=design.seed)
    known = quantity(measure)
    values, failed = _evaluate(tables, names, points, measure, scenario.horizon, design, run)
    values = values / SCALES.get(known.display_unit, 1.0)
    found = analysis.analyze(problem, points, values, num_levels=LEVELS, seed=design.seed)
    columns = (found[key] for key in ("mu_star", "mu_star_conf", "mu", "sigma"))
    effects = [
        Effect(name, float(star), max(0.0, float(star - half)), float(star + half), float(mean), float(spread))
        for name, star, half, mean, spread in zip(names, *columns, strict=True)
    ]
    effects.sort(key=lambda effect: (-effect.strength, effect.parameter))
    return Sensitivity(
        measure, known.display_unit, scenario.name, plan.title, len(points), failed, design, tuple(effects)
    )


def _morris() -> tuple[Any, Any]:
    """Load the library's analysis and sampling; a missing one is an InputError."""
    try:
        from SALib.analyze import morris as analysis
        from SALib.sample import morris as sampling
    except ImportError:
        expected, remedy = "SALib, which designs the points", "Install it with: pip install 'sispamkota[sensitivity]'."
        raise InputError([Fault("SALib", "library", expected, "none", remedy)]) from None
    return analysis, sampling


def _check(measure: str, design: Design) -> None:
    """Raise InputError for what cannot be asked."""
    known = [name for name in MEASURES if name != "events"]
    faults = []
    if measure not in known:
        faults.append(Fault("--measure", "NAME", "a measure", f'"{measure}"', suggest(measure, known)))
    for name, least in (("trajectories", 4), ("replicates", 1)):
        if getattr(design, name) < least:
            got = str(getattr(design, name))
            faults.append(Fault(f"--{name}", name, f"{least} or more", got, "A handful says too little."))
    if faults:
        raise InputError(faults)


def _evaluate(
    tables: Tables,
    names: list[str],
    points: NDArray[np.float64],
    measure: str,
    horizon: float,
    design: Design,
    run: Run,
) -> tuple[NDArray[np.float64], int]:
    """Play every point with the same replicates: the mean of the measure, [point], and how many replicates failed."""
    workers = run.workers or os.cpu_count() or 1
    places = [at.PARAMETERS.index(name) for name in names]
    column = MEASURES.index(measure)

    def play(chunk: NDArray[np.int64]) -> Iterator[tuple[int, list[float]]]:
        world = World(tables)
        base = world.parameters.copy()
        for point in chunk:
            base[places] = points[point]
            yield int(point), [*_play(world, base, column, horizon, design)]

    means, failed = np.full(len(points), np.nan), 0
    chunks = np.array_split(np.arange(len(points)), 8 * workers)
    with ThreadPoolExecutor(workers) as pool:
        done = 0
        for results in pool.map(lambda chunk: list(play(chunk)), chunks):
            for point, got in results:
                failed += design.replicates - len(got)
                means[point] = np.nanmean(got) if np.isfinite(got).any() else np.nan
            done += len(results)
            run.progress(done)
    if np.isnan(means).any():
        raise EngineError(f"{measure} has no value at {int(np.isnan(means).sum())} of {len(means)} points")
    return means, failed


def _play(world: World, values: NDArray[np.float64], column: int, horizon: float, design: Design) -> Iterator[float]:
    """Play one point's replicates; give the measure of each that ends well."""
    for replicate in range(design.replicates):
        try:
            world.reset(seed=design.seed, replicate=replicate, values=values)
            world.advance(horizon)
            row, _ = world.finish()
            yield float(measures_of(row, calls_of(world, replicate))[column])
        except EngineError:
            continue
