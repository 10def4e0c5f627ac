"""Choose the best of several plans with a stated guarantee: the fully sequential procedure of Kim & Nelson (2001).

Replicate n of every plan meets the same draws, so plans are held against each other pair by pair; that is allowed, and
makes the procedure faster. What it observes is the mean of BLOCK replicates in a row, which is nearer to a normal law
than a single replicate is. Formulas and what is promised: docs/explanation/precision.md.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import EngineError, Fault, InputError, suggest
from sispamkota.kernels.measure import MAY_LACK, MEASURES
from sispamkota.place import City
from sispamkota.plan.plan import Plan
from sispamkota.schema import quantity
from sispamkota.show import Table, html_table, text_table

from .measures import SCALES
from .play import BATCH
from .rehearse import Run
from .scenario import Scenario
from .setting import Setting
from .spread import Work, spread, threads
from .tables import Tables, build_tables

__all__ = ["BLOCK", "FIRST", "Aim", "Candidate", "Race", "Selection", "choose_plan", "race"]

BLOCK = 10  # replicates behind one observation
FIRST = 20  # observations of every plan before the first look
CALMLY = Run()
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Aim:
    """Say what is best: the lowest mean of a measure (or the highest), and what difference matters, in its unit.

    `confidence`: the probability with which the best plan is to be chosen; `most`: replicates of a plan at most.
    """

    measure: str
    difference: float
    confidence: float = 0.95
    most: int = 5000
    highest: bool = False


@dataclass(frozen=True)
class Race:
    """Hold how a race of k systems went: `left_at` and `beaten_by` for each, 0 and -1 while it is still in.

    `means` are over the observations in which each was in; `over` is false where the budget ended first.
    """

    observations: int
    winner: int
    over: bool
    means: tuple[float, ...]
    left_at: tuple[int, ...]
    beaten_by: tuple[int, ...]


@dataclass(frozen=True)
class Candidate:
    """Hold one plan: its mean over its replicates, and after how many which plan put it out (0, "": still in)."""

    name: str
    mean: float
    replicates: int
    out_at: int
    by: str


@dataclass(frozen=True)
class Selection:
    """Hold the chosen plan; `decided` is false, and nothing is promised, where the budget ended first.

    `dropped`: replicates that were left out for all plans, since one of them failed there or has no value.
    """

    chosen: str
    decided: bool
    aim: Aim
    unit: str
    scenario: str
    seed: int
    replicates: int
    dropped: int
    candidates: tuple[Candidate, ...] = field(repr=False)

    @property
    def still_in(self) -> tuple[str, ...]:
        """Name the plans that were never put out."""
        return tuple(each.name for each in self.candidates if not each.out_at)

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return asdict(self) | {"still_in": list(self.still_in)}

    def to_json(self) -> str:
        """Write it as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def to_table(self) -> pd.DataFrame:
        """Give one row a plan."""
        return pd.DataFrame([asdict(each) for each in self.candidates])

    def _rows(self) -> Table:
        """Give title, header and rows, for text and page alike."""
        verdict = self.chosen if self.decided else f"no guarantee, still in: {', '.join(self.still_in)}"
        rows = [(e.name, f"{e.mean:.4g}", str(e.replicates), str(e.out_at or "–"), e.by) for e in self.candidates]
        title = f"{self.aim.measure} ({self.unit}), {self.scenario}: {verdict}"
        return title, ("plan", "mean", "replicates", "out at", "by"), rows

    def __str__(self) -> str:
        """Print the plans as a plain table."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def race(
    observe: Callable[[NDArray[np.int64]], Floats | None],
    k: int,
    *,
    difference: float,
    confidence: float,
    first: int = FIRST,
) -> Race:
    """Race k systems until one is left; the lowest mean is best. The pure procedure, whatever is observed.

    `observe(inside)` gives the next observation of the systems inside, all under the same luck, or None when the
    budget has ended. A system goes out when another's mean is lower by more than W = max(0, δ/2n · (h²S²/δ² − n)),
    with S² the variance of the two systems' differences in the first stage. Where all W are 0 the lowest mean wins.
    """
    inside, rows = np.arange(k), list[Floats]()
    left_at, beaten_by = np.zeros(k, np.int64), np.full(k, -1)
    sums, means = np.zeros(k), np.full(k, np.nan)
    spread, n, over = np.zeros((k, k)), 0, False
    h2 = _h2(k, confidence, first)
    while not over and (row := observe(inside)) is not None:
        n += 1
        sums[inside] += row
        means[inside] = sums[inside] / n
        if n <= first:
            rows.append(row)
        if n < first:
            continue
        if n == first:
            spread = _paired_variances(np.array(rows))
        slack = np.maximum(0.0, difference / (2 * n) * (h2 * spread[np.ix_(inside, inside)] / difference**2 - n))
        lead = means[inside][:, None] - means[inside][None, :] - slack  # how far a row's system is beaten by a column's
        out = lead.max(axis=1) > 0.0
        left_at[inside[out]] = n
        beaten_by[inside[out]] = inside[lead.argmax(axis=1)[out]]
        over = bool(slack[np.ix_(~out, ~out)].max() == 0.0)  # one left, or nothing left to wait for
        inside = inside[~out]
    winner = int(inside[np.argmin(means[inside])]) if n else -1
    return Race(n, winner, over, tuple(means.tolist()), tuple(left_at.tolist()), tuple(beaten_by.tolist()))


def _h2(k: int, confidence: float, first: int) -> float:
    """Return h² = 2η(n₀ − 1), η = ½[(2α/(k − 1))^(−2/(n₀ − 1)) − 1] (Kim & Nelson 2001, c = 1)."""
    eta: float = 0.5 * ((2.0 * (1.0 - confidence) / (k - 1)) ** (-2.0 / (first - 1)) - 1.0)
    return 2.0 * eta * (first - 1)


def _paired_variances(rows: Floats) -> Floats:
    """Return the variance of the difference of each pair of columns, [k, k]."""
    gaps = rows[:, :, None] - rows[:, None, :]
    variances: Floats = gaps.var(axis=0, ddof=1)
    return variances


def choose_plan(
    scenario: Scenario, plans: Mapping[str, Plan], city: City, *, aim: Aim, seed: int = 1, run: Run = CALMLY
) -> Selection:
    """Rehearse plans with the same luck, dropping the worse ones as soon as that is known, until the best is left.

    `plans` by the names to call them. A pure function of its inputs but for `run`. Raises InputError for what cannot be
    asked, with every fault.
    """
    _check(aim, list(plans), seed)
    names = list(plans)
    tables = [build_tables(Setting.make(scenario, plan, city).spec) for plan in plans.values()]
    known = quantity(aim.measure)
    sign = -1.0 if aim.highest else 1.0
    feed = _Feed(tables, aim, seed, scenario.horizon, run)
    scale = sign / SCALES.get(known.display_unit, 1.0)
    found = race(
        lambda inside: None if (row := feed.observe(inside)) is None else row * scale,
        len(plans),
        difference=aim.difference,
        confidence=aim.confidence,
    )
    if not found.observations:
        raise EngineError(f"too few replicates ended well to observe {aim.measure} once")
    candidates = tuple(
        Candidate(name, sign * mean, (out or found.observations) * BLOCK, out * BLOCK, names[by] if out else "")
        for name, mean, out, by in zip(names, found.means, found.left_at, found.beaten_by, strict=True)
    )
    used = found.observations * BLOCK
    return Selection(
        chosen=names[found.winner],
        decided=found.over,
        aim=aim,
        unit=known.display_unit,
        scenario=scenario.name,
        seed=seed,
        replicates=used,
        dropped=feed.dropped,
        candidates=candidates,
    )


class _Feed:
    """Play the plans that are still in, some batches ahead, and give the mean of the next BLOCK replicates of each.

    How far ahead depends on the workers; what is observed does not.
    """

    def __init__(self, tables: Sequence[Tables], aim: Aim, seed: int, horizon: float, run: Run) -> None:
        self._tables, self._aim, self._seed, self._horizon, self._run = tables, aim, seed, horizon, run
        self._column = MEASURES.index(aim.measure)
        self._rows: Floats = np.zeros((len(tables), 0))
        self._played, self._next = 0, 0
        self.dropped = 0

    def observe(self, inside: NDArray[np.int64]) -> Floats | None:
        """Return the next observation of the plans inside; None when the budget has ended."""
        picked = list[Floats]()
        dropped = 0
        while len(picked) < BLOCK:
            if self._next == self._played and not self._play(inside):
                return None
            values = self._rows[inside, self._next - self._played]
            self._next += 1
            if np.isfinite(values).all():
                picked.append(values)
            else:
                dropped += 1
        self.dropped += dropped
        mean: Floats = np.mean(picked, axis=0)
        return mean

    def _play(self, inside: NDArray[np.int64]) -> bool:
        """Play the next batches of the plans inside; say whether there was anything left to play."""
        workers = self._run.workers or os.cpu_count() or 1
        stop = min(self._played + BATCH * workers, self._aim.most)
        if stop == self._played:
            return False
        self._rows = np.full((len(self._tables), stop - self._played), np.nan)
        for i in inside:
            with threads(Work(self._tables[i], self._seed, self._horizon), workers) as pool:
                batches = spread(pool, range(self._played, stop))
            self._rows[i] = np.concatenate([batch.rows[:, self._column] for batch in batches])
        self._played = stop
        self._run.progress(stop)
        return True


def _check(aim: Aim, names: Sequence[str], seed: int) -> None:
    """Raise InputError for what cannot be asked."""
    known, faults = [name for name in MEASURES if name != "events"], list[Fault]()
    if aim.measure not in known:
        faults.append(Fault("--measure", "NAME", "a measure", f'"{aim.measure}"', suggest(aim.measure, known)))
    if aim.measure in MAY_LACK:
        remedy = "Choose by one that every replicate has, such as harm_people."
        faults.append(Fault("--measure", "NAME", "a measure that no replicate lacks", f'"{aim.measure}"', remedy))
    if len(names) < 2:
        faults.append(Fault("PLANS", "plans", "2 or more", str(len(names)), "Name the plans to choose from."))
    if not (math.isfinite(aim.difference) and aim.difference > 0.0):
        remedy = "Name the smallest difference that would matter to you."
        faults.append(Fault("--difference", "D", "a number above 0", str(aim.difference), remedy))
    least = 1.0 / max(2, len(names))
    if not least < aim.confidence < 1.0:
        remedy = "Chance alone gives the lower end."
        faults.append(Fault("--confidence", "P", f"above {least:.3g}, below 1", str(aim.confidence), remedy))
    if aim.most < BLOCK * FIRST:
        remedy = f"The first look comes after {BLOCK * FIRST} replicates."
        faults.append(Fault("--replicates", "N", f"{BLOCK * FIRST} or more", str(aim.most), remedy))
    if not 0 <= seed < 2**64:
        faults.append(Fault("--seed", "seed", "0 to 2**64 - 1", str(seed), "Choose a number in the range."))
    if faults:
        raise InputError(faults)
