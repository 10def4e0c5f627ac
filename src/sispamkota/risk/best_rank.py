"""The best rank that a place has under any weighting: a mixed-integer program, proven or bounded."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .ranking import RankingFigures

__all__ = ["fewest_above"]

F8 = NDArray[np.float64]
_DIGITS = 9  # differences of scaled values below this are rounding
_STRETCH = 1000.0  # keeps the margin far above the solver's tolerances of 1e-6


def fewest_above(ahead: F8, figures: RankingFigures) -> tuple[int, int]:
    """Count the fewest rivals that stand above a place, over all weightings: attained by one, and a lower bound of all.

    `ahead` (rival, indicator) is how far a rival is ahead of the place in each indicator. Rivals that are its equals in
    all never stand above it. A rank counts where it holds by the margin of `figures`: with w ≥ 0, Σw = 1, the program
    is max Σ z subject to (ahead w)_j ≤ −margin where z_j = 1 (maximum feasible subsystem). The two counts are the same
    where the solver proves it.
    """
    ahead = np.round(ahead, _DIGITS)
    worse, better = (ahead > 0.0).any(axis=1), (ahead < 0.0).any(axis=1)
    always = int((worse & ~better).sum())
    rivals, many = np.unique(ahead[worse & better], axis=0, return_counts=True)
    if not len(rivals):
        return always, always
    total, margin = int(many.sum()), figures.margin.value
    if _all_behind(rivals) > margin:
        return always, always
    if len(rivals) > figures.exact_rivals.value:
        return always + total, always
    behind, bound = _most_behind(rivals, many, margin=margin, nodes=int(figures.nodes.value))
    return always + total - behind, always + total - bound


def _all_behind(rivals: F8) -> float:
    """Give the widest margin by which one weighting puts all rivals behind; below 0 where none does."""
    from scipy.optimize import linprog

    n, m = rivals.shape
    limits = np.column_stack([rivals, np.ones(n)])
    total = np.append(np.ones(m), 0.0)[None]
    bounds = [(0.0, 1.0)] * m + [(-1.0, 1.0)]
    found = linprog(np.append(np.zeros(m), -1.0), A_ub=limits, b_ub=np.zeros(n), A_eq=total, b_eq=[1.0], bounds=bounds)
    return -float(found.fun)


def _most_behind(rivals: F8, many: NDArray[np.int64], *, margin: float, nodes: int) -> tuple[int, int]:
    """Count the most rivals that one weighting puts behind, and the most that any could."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    n, m = rivals.shape
    ahead, gap = rivals * _STRETCH, margin * _STRETCH
    farthest = ahead.max(axis=1)
    # ahead·w + (farthest + gap) z ≤ farthest: z = 1 asks for a lead of the place of at least the gap.
    apart = LinearConstraint(np.hstack([ahead, np.diag(farthest + gap)]), -np.inf, farthest)
    whole = LinearConstraint(np.append(np.ones(m), np.zeros(n))[None], 1.0, 1.0)
    with _quiet():
        found = milp(
            np.append(np.zeros(m), -many.astype(np.float64)),
            integrality=np.append(np.zeros(m), np.ones(n)),
            bounds=Bounds(0.0, 1.0),
            constraints=[apart, whole],
            options={"node_limit": nodes},
        )
    most = int(many.sum())
    bound = most if found.mip_dual_bound is None else min(most, int(np.floor(-found.mip_dual_bound + 1e-6)))
    if found.x is None:
        return 0, bound
    reached = int(many[rivals @ _weighting(found.x[:m]) < 0.0].sum())
    return reached, max(reached, bound)


def _weighting(raw: Any) -> F8:
    """Make a solver's weights exact: none below 0, sum 1."""
    kept = np.maximum(np.asarray(raw, np.float64), 0.0)
    return np.asarray(kept / kept.sum())


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the solver prints past Python from standard output, which is for data."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
