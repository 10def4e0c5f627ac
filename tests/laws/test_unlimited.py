"""L2: with units enough for every call the number busy is Poisson, whatever the law of the service (M/G/∞).

Started empty, its mean at t is λ·∫₀ᵗ P(S > s) ds (Palm 1943). Chi-square at 1e-5.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from laws.test_hazards import LEVEL, fits
from laws.worlds import VEHICLES, scaled, z_score
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.specs import HazardSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World
from sispamkota.schema import parameters

RATE = 4.0
SPREAD = 2.0
LAWS = {
    int(at.EXPONENTIAL): stats.expon(scale=1.0),
    int(at.FIXED): stats.uniform(1.0 - 1e-9, 2e-9),
    int(at.LOGNORMAL): stats.lognorm(math.log(SPREAD), scale=1.0),  # the work is the median, the spread geometric
}
REPLICATES = scaled(4000, 150)


def unlimited_world(law: int) -> World:
    """Sixty units at one place, each call takes one of them; an order is given from home only."""
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec("p", 0)],
        travel=np.zeros((VEHICLES, 1, 1), np.float32),
        units=[UnitSpec(f"u{i}", "p", 1, (at.PATROL,), redispatch=False) for i in range(60)],
        kinds=[KindSpec("call", service=0, queue=False, need={at.PATROL: 1}, law=law, work=1.0, spread=SPREAD)],
        hazards=[HazardSpec("h", "p", "call", (RATE,) * 24)],
    )
    return World(build_tables(spec))


@pytest.mark.parametrize("law", LAWS)
def test_busy__is_poisson_from_an_empty_start(law: int) -> None:
    world, times = unlimited_world(law), (0.7, 6.0)
    busy = np.zeros((REPLICATES, len(times)), int)
    for replicate in range(REPLICATES):
        world.reset(seed=11, replicate=replicate)
        for j, t in enumerate(times):
            world.advance(t)
            busy[replicate, j] = np.count_nonzero(world.state.unit.state != at.IDLE)
        assert world.state.world[0].lost == 0
    for j, t in enumerate(times):
        mean = RATE * integrate.quad(LAWS[law].sf, 0.0, t, points=[1.0] if t > 1.0 else None)[0]
        assert fits(busy[:, j], stats.poisson(mean)) > LEVEL
        assert abs(z_score(busy[:, j], mean)) < stats.norm.isf(LEVEL / 2)
