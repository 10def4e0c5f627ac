"""Cases that the engine itself must meet: queues with a closed form, an outbreak with an exact law.

The tolerance of a simulated mean is 4.42 standard errors of this very sample: a true engine misses one row in 100,000.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..kernels import layout as at
from ..place import VEHICLES
from ..rehearsal import World
from ..rehearsal.specs import CrowdSpec, HazardSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from ..rehearsal.tables import build_tables
from ..schema import parameters
from .row import Row

__all__ = ["erlang", "outbreak"]

ERRORS = 4.42  # two-sided level 1e-5 under the normal law
REPLICATES = 300
WARM, SPAN = 60.0, 540.0  # service times

# (servers, offered load): share lost (Erlang B), share that waits (Erlang C), mean wait in service times
ERLANG = {
    (3, 1.5): (0.13432836, 0.23684211, 0.15789474),
    (5, 3.0): (0.11005435, 0.23615160, 0.11807580),
    (10, 8.0): (0.12166106, 0.40918015, 0.20459008),
}
ERLANG_SOURCE = "Erlang 1917; table computed from the formulas"

# 9 peaceful and 1 violent, R0 = 1.5, exponential periods: P(k further ones turn violent)
OUTBREAK = (
    *(0.425532, 0.118692, 0.070263, 0.054802, 0.050127),
    *(0.050953, 0.055345, 0.061341, 0.063778, 0.049166),
)
OUTBREAK_SOURCE = "exact jump chain of the stochastic epidemic (Ball 1986)"
# what plays no part in the outbreak
OFF = (
    *("epsilon", "beta_between", "kappa", "pi", "delta", "gamma", "rho", "nu", "leave_rate"),
    *("hurt_crowd", "hurt_officer", "hurt_force", "ignition", "tear_gas_harm"),
)


def _place() -> tuple[list[PlaceSpec], np.ndarray]:
    """One place, and no time to get there."""
    return [PlaceSpec("p", 0)], np.zeros((len(VEHICLES), 1, 1), np.float32)


def _mean_row(case: str, quantity: str, source: str, expected: float, sample: Sequence[float]) -> Row:
    """Hold the mean of a sample against its expectation."""
    error = float(np.std(sample, ddof=1) / np.sqrt(len(sample)))
    return Row(case, quantity, source, expected, float(np.mean(sample)), ERRORS * error)


def erlang() -> Iterator[Row]:
    """One place, one-person units, exponential service: M/M/c with loss (Erlang B) and with a queue (Erlang C)."""
    for (servers, load), (loss, wait, mean) in ERLANG.items():
        name = f"{servers} units, load {load:g}"
        world = _queue(servers, load, waits=False)
        lost = [_share_lost(world, replicate) for replicate in range(REPLICATES)]
        yield _mean_row("erlang", f"share lost, {name}", ERLANG_SOURCE, loss, lost)
        world = _queue(servers, load, waits=True)
        waits = [_waits(world, replicate) for replicate in range(REPLICATES)]
        share, means = [float(np.mean(w > 0)) for w in waits], [float(np.mean(w)) for w in waits]
        yield _mean_row("erlang", f"share that waits, {name}", ERLANG_SOURCE, wait, share)
        yield _mean_row("erlang", f"mean wait / service, {name}", ERLANG_SOURCE, mean, means)


def _queue(servers: int, load: float, *, waits: bool) -> World:
    places, travel = _place()
    spec = WorldSpec(
        parameters=parameters(),
        places=places,
        travel=travel,
        units=[UnitSpec(f"u{i}", "p", 1, (int(at.PATROL),)) for i in range(servers)],
        kinds=[KindSpec("call", service=0, queue=waits, need={int(at.PATROL): 1}, work=1.0)],
        hazards=[HazardSpec("h", "p", "call", (load,) * 24)],
    )
    return World(build_tables(spec), responses=20_000)


def _share_lost(world: World, replicate: int) -> float:
    world.reset(seed=31, replicate=replicate)
    world.advance(WARM)
    opened, lost = int(world.state.world[0].opened), int(world.state.world[0].lost)
    world.advance(WARM + SPAN)
    return float((world.state.world[0].lost - lost) / (world.state.world[0].opened - opened))


def _waits(world: World, replicate: int) -> np.ndarray:
    """Play one replicate; the waits of the calls made after the warm-up, in service times."""
    world.reset(seed=32, replicate=replicate)
    world.advance(WARM + SPAN)
    table = world.state.response[: int(world.state.world[0].responses)]
    return np.asarray(table.seconds[table.called > WARM])


def outbreak() -> Iterator[Row]:
    """One crowd, nobody calms, comes or goes: the law of the number who ever turn violent (SIR final size)."""
    peaceful, violent, replicates = len(OUTBREAK) - 1, 1, 20_000
    rates = dict.fromkeys(OFF, 0.0) | {"beta": 1.5 / 60.0, "omega": 1.0 / 60.0}
    places, travel = _place()
    crowds = [CrowdSpec("p", peaceful=(peaceful, 0), violent=(violent, 0))]
    world = World(build_tables(WorldSpec(parameters=parameters(), places=places, travel=travel, crowds=crowds)))
    for name, value in rates.items():
        world.tables.param[name][0] = value
    counts = np.zeros(peaceful + 1)
    for replicate in range(replicates):
        world.reset(seed=33, replicate=replicate)
        world.advance(1e6)
        counts[int(world.state.crowd[0].R) - violent] += 1
    for k, expected in enumerate(OUTBREAK):
        error = float(np.sqrt(expected * (1 - expected) / replicates))
        what = f"P({k} of {peaceful} turn violent), R0 = 1.5"
        yield Row("outbreak", what, OUTBREAK_SOURCE, expected, float(counts[k] / replicates), ERRORS * error)
