"""Small worlds for the laws, and how many replicates a test can afford: many compiled, few as the plain twin."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sispamkota.place import City, build_city
from sispamkota.plan.plan import Plan
from sispamkota.rehearsal import Scenario, Setting
from sispamkota.rehearsal.specs import WorldSpec
from sispamkota.verification.worlds import OFF, crowd_world, queue_world, set_parameters

__all__ = ["OFF", "crowd_world", "queue_world", "set_parameters"]  # of verification, where they are used as well

PLAIN = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
VEHICLES = 6
MINI = Path(__file__).parents[2] / "examples" / "minicity"


def scaled(n: int, plain: int) -> int:
    """Return how many replicates to play."""
    return plain if PLAIN else n


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
