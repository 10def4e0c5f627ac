"""P7: deployments of committed instances and the gap reached; the p-median of 900 nodes; a city of 15,000 TPS."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from sispamkota.errors import EngineError
from sispamkota.force import Force
from sispamkota.place import City
from sispamkota.plan.deploy.deploy import deploy
from sispamkota.plan.deploy.ground import Choice, Crews, Demand, Ground, Stations, Term
from sispamkota.plan.deploy.levels import solve_levels
from sispamkota.plan.deploy.model import write_model
from sispamkota.plan.deploy.options import DeployOptions
from sispamkota.plan.harm import Harm
from sispamkota.plan.location import median
from sispamkota.plan.solver import Highs
from sispamkota.risk import RiskMap

Line = tuple[str, str, str, str]


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
            harm = Harm.for_force(name, city.name)
            made = deploy(city, Force.load(name), on="2024-11-27", harm=harm, risk=risk, options=options)
            columns, whole, rows = made.size
            for level in made.levels:
                what = f"{name}, {shifts} shifts, {made.samples} days, {level.name}: {level.value:.4g}"
                yield "P7", what, f"{level.gap:.3%}", f"{wanted} in {seconds} s (this level {level.seconds:.1f} s)"
            yield "P7", f"  {columns:,} columns, {whole:,} integer, {rows:,} rows", _since(began), "–"


def large(*, stations: int = 15_000, wards: int = 300) -> Ground:
    """Generate a city: stations that see five posts; pairs, Linmas, patrols, ambulances; hazards; an office."""
    rng = np.random.default_rng(15)
    posts, scale = rng.uniform(0, 30_000, (wards, 2)), stations / 15_000
    zone = rng.integers(0, wards, stations)
    where = posts[zone] + rng.normal(0, 900, (stations, 2))
    away = np.abs(where[:, None] - posts[None]).sum(axis=2) / 9.0 + 120.0
    near = np.argsort(away, axis=1, kind="stable")[:, :5]
    register = Stations(
        weight=rng.uniform(300, 600, stations) * 2e-4, load=np.full(stations, 1 / 12), near=near,
        seconds=np.take_along_axis(away, near, axis=1), zone=zone, holder=zone, hold=2.0, alone=7200.0,
        shares=np.ones(1), work=np.full(stations, 2e-4 * 60 / 900),
    )  # fmt: skip
    ways = np.abs(posts[:, None] - posts[None]).sum(axis=2) / 9.0
    kinds: tuple[tuple[str, int, int, dict[str, float], bool], ...] = (
        ("pair", 1_300, 2, {"pair": 1.0}, False), ("linmas", 3_000, 10, {"linmas": 10.0}, False),
        ("patrol", 200, 10, {"patrol": 10.0, "traffic": 10.0}, True), ("medic", 90, 3, {"ambulance": 1.0}, False),
    )  # fmt: skip
    crews = []
    for name, many, people, supply, pool in kinds:
        tasks = ("mobile", "reserve") if pool else ("guard" if name == "linmas" else "mobile",)
        choices = tuple(Choice(j, task, 0) for task in tasks for j in range(wards))
        ids = tuple(f"{name}{i}" for i in range(max(round(many * scale), 1)))
        crews.append(Crews(ids, people, supply, 120.0, "car", pool, choices, np.zeros(len(choices))))
    asks = (("patrol", 10.0), ("traffic", 4.0), ("ambulance", 1.0))
    demands = []
    for window in range(240):
        for _ in range(rng.poisson(4)):
            ability, amount = asks[rng.integers(3)]
            demands.append(Demand(window, 0, int(rng.integers(wards)), ability, amount, 0.1, 600.0))
    return Ground(
        posts=tuple(f"k{j}" for j in range(wards)), capacity=np.full(wards, np.inf), crews=tuple(crews),
        on=np.ones((1, 1), bool), patterns=(None,), times={"car": ways}, ways={"car": ways}, stations=register,
        reserve=0.1, demands=tuple(demands), base=50.0, terms=(Term(0, "patrol", 600.0, 60.0, 0.3, 0),),
    )  # fmt: skip


def _large() -> Iterator[Line]:
    """A generated city of 15,000 stations: a ground as `deploy` makes it, without the roads."""
    began = time.perf_counter()
    try:
        found = solve_levels(write_model(large()), Highs(), seconds=300, gap=0.01, zone=0.01)
    except EngineError as error:
        yield "P7", "generated city, 15,000 TPS, 300 posts", str(error), f"≤ 1 % in 300 s ({_since(began)})"
        return
    took = _since(began)
    for level in found.outcomes:
        what = f"generated city, 15,000 TPS, 300 posts, {level.name}: {level.value:.4g}"
        yield "P7", what, f"{level.gap:.3%}", f"≤ 1 % in 300 s (all levels {took})"
