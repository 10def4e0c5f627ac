"""Small worlds of the engine in which a closed form holds: one queue, one crowd."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..kernels import layout as at
from ..place import VEHICLES
from ..rehearsal import World
from ..rehearsal.specs import CrowdSpec, HazardSpec, HospitalSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from ..rehearsal.tables import build_tables
from ..schema import parameters

__all__ = ["OFF", "crowd_world", "queue_world", "set_parameters"]

OFF = (  # what a law leaves out unless it turns it on
    "epsilon", "beta", "beta_between", "kappa", "pi", "delta", "gamma", "omega", "rho", "nu", "leave_rate",
    "hurt_crowd",
    "hurt_officer", "hurt_force", "ignition", "tear_gas_harm", "neighbour_rate", "other_patients", "surge_share",
)  # fmt: skip


def set_parameters(world: World, **values: float) -> World:
    """Set parameters to any value, also outside the range of a user: a law may turn a part off."""
    for name, value in values.items():
        world.tables.param[name][0] = value
    return world


def queue_world(servers: int, rate: float, *, waits: bool, law: int = int(at.EXPONENTIAL), cv2: float = 1.0) -> World:
    """One place, one-person units, no travel: M/G/c with a service of mean 1 s, with a queue or with loss.

    A lognormal service has the squared coefficient of variation cv2.
    """
    sigma = math.sqrt(math.log1p(cv2)) if law == at.LOGNORMAL else 0.0
    need, spread = {int(at.PATROL): 1}, math.exp(sigma) if sigma else 2.0
    call = KindSpec("call", service=0, queue=waits, need=need, law=law, work=math.exp(-(sigma**2) / 2), spread=spread)
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec("p", 0)],
        travel=np.zeros((len(VEHICLES), 1, 1), np.float32),
        units=[UnitSpec(f"u{i}", "p", 1, (int(at.PATROL),)) for i in range(servers)],
        kinds=[call],
        hazards=[HazardSpec("h", "p", "call", (rate,) * 24)],
    )
    return World(build_tables(spec), responses=20_000)


def crowd_world(peaceful: int, violent: int, *, units: Sequence[UnitSpec] = (), **values: float) -> World:
    """One crowd at one place, with what the parameters turn on; no harm, no fire, no arrivals, no departures."""
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec("p", 0)],
        travel=np.zeros((len(VEHICLES), 1, 1), np.float32),
        crowds=[CrowdSpec("p", peaceful=(peaceful, 0), violent=(violent, 0))],
        units=list(units),
        hospitals=[HospitalSpec("rs", "p", (5, 1, 1, 10))],
    )
    return set_parameters(World(build_tables(spec)), **(dict.fromkeys(OFF, 0.0) | values))
