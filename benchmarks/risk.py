"""The hazard model: a fit of Malang's size and of a province's, fast; and in full where numpyro is here."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sispamkota.risk.areas import gabriel
from sispamkota.risk.counts import Counts
from sispamkota.risk.fit import fit_fast
from sispamkota.risk.predict import Worlds
from sispamkota.risk.prior import Prior

Line = tuple[str, str, str, str]
HERE = Path(__file__).parents[1]
KINDS = (
    "medical", "accident", "fire", "vandalism", "arson", "threat", "clash", "attack", "crush", "tps-disruption",
)  # fmt: skip


def world(places: int, *, days: float = 30.0) -> tuple[Counts, Prior]:
    """Areas around random points, two indicators, and a month drawn from the priors."""
    rng = np.random.default_rng(3)
    prior = Prior.load(["malang", "pilkada"], KINDS)
    empty = Counts(
        places=tuple(f"p{n}" for n in range(places)),
        kinds=KINDS,
        events=np.zeros((places, len(KINDS), 24), np.int64),
        untimed=np.zeros((places, len(KINDS)), np.int64),
        exposure=np.full(24, days),
        population=rng.uniform(1e3, 2e4, places),
        covariates=rng.standard_normal((places, 2)),
        names=("a", "b"),
        neighbours=gabriel(*rng.uniform(0, 1e5, (2, places))),
    )
    return Worlds(empty, prior).draw(rng).counts, prior


def lines() -> Iterator[Line]:
    """Both sizes, then the full fit."""
    counts, prior = world(57)
    fit_fast(counts, prior)
    began = time.perf_counter()
    fit_fast(counts, prior)
    yield "risk", "fast fit, 57 areas × 24 h × 10 kinds", f"{time.perf_counter() - began:.2f} s", "≤ 1 s"
    code = """
import resource, sys, time
sys.path.insert(0, "benchmarks")
from risk import fit_fast, world
counts, prior = world(8_500)
began = time.perf_counter()
fit_fast(counts, prior)
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE).stdout
    seconds, mb = map(float, out.split())
    yield "risk", f"  8,500 areas, {mb:.0f} MB (≤ 1,000)", f"{seconds:.1f} s", "≤ 20 s"
    yield from _full(counts, prior)


def _full(counts: Counts, prior: Prior) -> Iterator[Line]:
    """Two chains, compiling included."""
    from sispamkota.errors import InputError
    from sispamkota.risk.bayes import fit_bayes

    began = time.perf_counter()
    try:
        full = fit_bayes(counts, prior, seed=1)
    except InputError:
        yield "risk", "full Bayes", "not here", "pip install numpyro"
        return
    told = "converged" if full.diagnostics["converged"] else "NOT converged"
    what = f"  full Bayes, 57 areas, {told}: R-hat {full.diagnostics['rhat']:.3f}, ESS {full.diagnostics['ess']:.0f}"
    yield "risk", what, f"{time.perf_counter() - began:.1f} s", "≤ 30 s"
