"""P7: deployments of committed instances and the gap reached; the p-median of 900 nodes; a city of 15,000 TPS."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from sispamkota.force import Force
from sispamkota.place import City
from sispamkota.plan.deploy import deploy
from sispamkota.plan.ground import Choice, Crews, Ground, Stations
from sispamkota.plan.levels import solve_levels
from sispamkota.plan.location import median
from sispamkota.plan.model import write_model
from sispamkota.plan.options import DeployOptions
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
            made = deploy(city, Force.load(name), on="2024-11-27", risk=risk, options=options)
            columns, whole, rows = made.size
            for level in made.levels:
                what = f"{name}, {shifts} shifts, {made.samples} days, {level.name}: {level.value:.4g}"
                yield "P7", what, f"{level.gap:.3%}", f"{wanted} in {seconds} s (this level {level.seconds:.1f} s)"
            yield "P7", f"  {columns:,} columns, {whole:,} integer, {rows:,} rows", _since(began), "–"


def _large() -> Iterator[Line]:
    """A generated city: 15,000 stations in 300 kelurahan, 1,300 pairs; stations see five posts."""
    rng = np.random.default_rng(15)
    posts, n, pairs = rng.uniform(0, 30_000, (300, 2)), 15_000, 1_300
    zone = rng.integers(0, 300, n)
    where = posts[zone] + rng.normal(0, 900, (n, 2))
    away = np.abs(where[:, None] - posts[None]).sum(axis=2) / 9.0 + 120.0
    near = np.argsort(away, axis=1, kind="stable")[:, :5]
    stations = Stations(
        weight=rng.uniform(300, 600, n) * 2e-4, load=np.full(n, 1 / 12), near=near,
        seconds=np.take_along_axis(away, near, axis=1), zone=zone, holder=zone, hold=0.0001, alone=7200.0,
        shares=np.ones(1),
    )  # fmt: skip
    choices = tuple(Choice(j, "mobile", 0) for j in range(300))
    crews = Crews(
        ids=tuple(f"p{i}" for i in range(pairs)), people=2, supply={"pair": 1.0}, turnout=120.0, vehicle="motorcycle",
        pool=False, choices=choices, move=np.zeros(300),
    )  # fmt: skip
    ways = np.abs(posts[:, None] - posts[None]).sum(axis=2) / 9.0
    ground = Ground(
        posts=tuple(f"k{j}" for j in range(300)),
        capacity=np.full(300, np.inf),
        crews=(crews,),
        on=np.ones((1, 1), bool),
        patterns=(None,),
        times={"motorcycle": ways},
        ways={"motorcycle": ways},
        stations=stations,
    )
    began = time.perf_counter()
    found = solve_levels(write_model(ground), Highs(), seconds=300, gap=0.01)
    yield (
        "P7",
        "generated city, 15,000 TPS, 300 posts, 1,300 pairs",
        f"{found.outcomes[0].gap:.3%}",
        (f"≤ 1 % in 300 s ({_since(began)})"),
    )
