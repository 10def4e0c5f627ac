"""Where to stand: our location models on answers that are known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..plan.location import cover, expected_cover
from .row import Row

__all__ = ["siting"]

JEMSS = "tests of JEMSS.jl (Ridler and others): MCLP"
DEMANDS = (2.0, 2.0, 1.0, 1.0)
SITES = ((1, 1, 0, 0), (0, 1, 1, 0), (1, 0, 0, 1))  # each site: which demands it covers
WORLDS = 25


def siting(*, busy: float = 0.0, demand: float = 1.0) -> Iterator[Row]:
    """MCLP has its known answer, and MEXCLP with units that are never busy is MCLP. `demand` multiplies the first."""
    cost = 1.0 - np.array(SITES, np.float64).T
    weights = np.array(DEMANDS) * (demand, 1.0, 1.0, 1.0)
    for p, want, sites in ((1, 4.0, (0,)), (2, 6.0, (1, 2))):
        found = cover(cost, p, within=0.5, weights=weights)
        yield Row("siting", f"MCLP, p = {p}: demand covered", JEMSS, want, found.value, 1e-9)
        other = float(len(set(found.open) ^ set(sites)))
        yield Row("siting", f"MCLP, p = {p}: sites opened or left out otherwise", JEMSS, 0.0, other, 0.0)
    apart = 0.0
    for world in range(WORLDS):
        rng = np.random.default_rng([41, world])
        cost, weights = rng.uniform(0.0, 30.0, (30, 8)), rng.uniform(0.0, 5.0, 30)
        p = int(rng.integers(1, 5))
        never = expected_cover(cost, p, within=9.0, busy=busy, weights=weights).value
        apart = max(apart, abs(never - cover(cost, p, within=9.0, weights=weights).value))
    what = f"MEXCLP with q = 0 less MCLP, largest in {WORLDS} random instances"
    yield Row("siting", what, "definition of MEXCLP (Daskin 1983)", 0.0, apart, 1e-6)
