"""Small worlds for the laws, and how many replicates a test can afford: many compiled, few as the plain twin."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sispamkota.kernels import layout as at
from sispamkota.place import City, build_city
from sispamkota.plan.plan import Plan
from sispamkota.rehearsal import Scenario, Setting
from sispamkota.rehearsal.specs import CrowdSpec, HazardSpec, HospitalSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World
from sispamkota.schema import parameters

PLAIN = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
VEHICLES = 6
MINI = Path(__file__).parents[2] / "examples" / "minicity"
OFF = (  # what a law leaves out unless it turns it on
    "epsilon", "beta", "beta_between", "kappa", "pi", "delta", "gamma", "omega", "rho", "nu", "leave_rate",
    "hurt_crowd",
    "hurt_officer", "hurt_force", "ignition", "tear_gas_harm", "neighbour_rate", "other_patients", "surge_share",
)  # fmt: skip


def scaled(n: int, plain: int) -> int:
    """Return how many replicates to play."""
    return plain if PLAIN else n


def set_parameters(world: World, **values: float) -> World:
    """Set parameters to any value, also outside the range of a user: a law may turn a part off."""
    for name, value in values.items():
        world.tables.param[name][0] = value
    return world


def queue_world(servers: int, rate: float, *, waits: bool) -> World:
    """One place, one-person units, exponential service of mean 1 s, no travel: M/M/c, with a queue or with loss."""
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec("p", 0)],
        travel=np.zeros((VEHICLES, 1, 1), np.float32),
        units=[UnitSpec(f"u{i}", "p", 1, (at.PATROL,)) for i in range(servers)],
        kinds=[KindSpec("call", service=0, queue=waits, need={at.PATROL: 1}, work=1.0)],
        hazards=[HazardSpec("h", "p", "call", (rate,) * 24)],
    )
    return World(build_tables(spec), responses=20_000)


def crowd_world(peaceful: int, violent: int, *, units: Sequence[UnitSpec] = (), **values: float) -> World:
    """One crowd at one place, with what the parameters turn on; no harm, no fire, no arrivals, no departures."""
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec("p", 0)],
        travel=np.zeros((VEHICLES, 1, 1), np.float32),
        crowds=[CrowdSpec("p", peaceful=(peaceful, 0), violent=(violent, 0))],
        units=list(units),
        hospitals=[HospitalSpec("rs", "p", (5, 1, 1, 10))],
    )
    return set_parameters(World(build_tables(spec)), **(dict.fromkeys(OFF, 0.0) | values))


def z_score(sample: Any, expected: float) -> float:
    """Return how many standard errors a sample's mean lies from its expectation."""
    values = np.asarray(sample, float)
    spread = float(values.std(ddof=1) / np.sqrt(len(values)))
    far = float(values.mean() - expected)
    return far / spread if spread > 0.0 else math.copysign(math.inf, far) if far else 0.0


def small_inputs() -> tuple[Scenario, Plan, City]:
    """Return the default scenario in the mini-city, with throwing from minute 10: small enough for the plain twin."""
    scenario = Scenario.load("kpu-bawaslu")
    city = build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv")
    kept = [inject for inject in scenario.file.injects if inject.do != "incident"]
    early = [each.model_copy(update={"at_min": 10.0}) if each.do == "provoke" else each for each in kept]
    file = scenario.file.model_copy(update={"injects": tuple(early)})
    return replace(scenario, file=file), Plan.load(MINI / "plan.yaml"), city


@cache
def inputs() -> tuple[Scenario, Plan, City]:
    """Return the default rehearsal; the plain twin plays it in the mini-city, whose travel times it can count."""
    if PLAIN:
        return small_inputs()
    return Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), City.load("malang")


def small_spec() -> WorldSpec:
    """Return the mini-city's world."""
    return Setting.make(*small_inputs()).spec


@cache
def default_spec() -> WorldSpec:
    """Return the world of the default rehearsal."""
    return Setting.make(*inputs()).spec
