"""P7: deployments of committed instances and the gap reached; the p-median of 900 nodes; a city of 15,000 TPS."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from large import large_city, large_force, large_risk

from sispamkota.errors import EngineError
from sispamkota.force import Force
from sispamkota.place import City
from sispamkota.plan.deploy.deploy import deploy
from sispamkota.plan.deploy.options import DeployOptions
from sispamkota.plan.harm import Harm
from sispamkota.plan.location import median
from sispamkota.risk import RiskMap

Line = tuple[str, str, str, str]
LARGE_DAYS = 5  # has as many calls as 60 days of Malang


def lines() -> Iterator[Line]:
    """Every measurement, in order."""
    yield from _medians()
    city = City.load("malang")
    yield from _deployments(city)
    yield from _large()


def _medians() -> Iterator[Line]:
    """Points in a square, straight distances; seeds fixed, so the instances are the same everywhere."""
    for p in (5, 10, 90, 200):
        place = np.random.default_rng(900 + p).uniform(0, 100, (900, 2))
        cost = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
        began = time.perf_counter()
        found = median(cost, p, seconds=30)
        yield "P7", f"p-median, 900 nodes, p = {p}", f"{found.gap:.3%}", f"≤ 0.5 % in 30 s ({_since(began)})"


def _since(began: float) -> str:
    return f"{time.perf_counter() - began:.1f} s"


def _deployments(city: City) -> Iterator[Line]:
    """1,188 TPS and 60 posts: 500 people in one shift; 3,131 people and what came with them in three."""
    risk = RiskMap.join([RiskMap.load("malang"), RiskMap.load("pilkada")])
    for name, shifts in (("malang-500", 1), ("malang-pilkada", 3)):
        for seconds, gap, wanted in ((30, 0.01, "≤ 1 %"), (180, 0.001, "≤ 0.1 %")):
            options = DeployOptions(shifts=shifts, posts=60, seconds=seconds, gap=gap, voting=True)
            began = time.perf_counter()
            harm = Harm.for_force(Force.load(name), city.name)
            made = deploy(city, Force.load(name), on="2024-11-27", harm=harm, risk=risk, options=options)
            columns, whole, rows = made.size
            for level in made.levels:
                what = f"{name}, {shifts} shifts, {made.samples} days, {level.name}: {level.value:.4g}"
                yield "P7", what, f"{level.gap:.3%}", f"{wanted} in {seconds} s (this level {level.seconds:.1f} s)"
            yield "P7", f"  {columns:,} columns, {whole:,} integer, {rows:,} rows", _since(began), "–"


def _large() -> Iterator[Line]:
    """A generated city of 15,000 TPS, vote day in three shifts, from the city to names and rounds of every pair."""
    times = 15_000 / 1_188
    city, force, risk = large_city(), large_force(times), large_risk(times)
    options = DeployOptions(shifts=3, samples=LARGE_DAYS, seconds=240, gap=0.01, voting=True)
    began = time.perf_counter()
    what = f"generated city, {len(city.tps):,} TPS, {force.people:,} people, 3 shifts, {LARGE_DAYS} days"
    try:
        made = deploy(city, force, on="2024-11-27", risk=risk, options=options)
    except EngineError as error:
        yield "P7", what, str(error), f"≤ 1 % in 300 s ({_since(began)})"
        return
    for level in made.levels:
        yield "P7", f"{what}, {level.name}: {level.value:.4g}", f"{level.gap:.3%}", f"≤ 1 % ({level.seconds:.1f} s)"
    columns, whole, rows = made.size
    yield "P7", f"  {columns:,} columns, {whole:,} integer, {rows:,} rows", _since(began), "≤ 300 s"
