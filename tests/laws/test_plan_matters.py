"""The plan matters: the same luck, two plans, and the difference that must be there (or must not, L12b)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from laws.worlds import scaled
from sispamkota.kernels.measure import MEASURES
from sispamkota.place import City
from sispamkota.plan.plan import Plan
from sispamkota.rehearsal import Scenario, Setting, World
from sispamkota.rehearsal.tables import build_tables
from sispamkota.schema import quantity

DATA = Path(__file__).parents[1] / "data"
MOST = 4000  # pairs that a test may ask for
EDGE = "tlogowaru"  # the south-eastern corner of the city, far from both offices


@cache
def city() -> City:
    """Return the embedded city."""
    return City.load("malang")


def play(plan: Plan, scenario: str, replicates: int, **parameters: float) -> Mapping[str, NDArray[np.float64]]:
    """Play replicates under one plan; return each measure, [replicate]."""
    spec = Setting.make(Scenario.load(scenario), plan, city()).spec
    world = World(build_tables(replace(spec, parameters=dict(spec.parameters) | parameters)))
    rows = np.empty((replicates, len(MEASURES)))
    for replicate in range(replicates):
        world.reset(seed=41, replicate=replicate)
        world.advance(7200.0)
        rows[replicate] = world.finish()[0]
    return dict(zip(MEASURES, rows.T, strict=True))


def differences(
    a: Plan, b: Plan, measures: tuple[str, ...], scenario: str, **parameters: float
) -> dict[str, NDArray[np.float64]]:
    """Return b − a for each pair under the same luck; as many pairs as a pilot run asks for.

    The pilot (100 pairs) gives each difference's mean and spread; the run is then long enough that a true difference of
    the pilot's size would be seen at 5 standard errors.
    """
    pilot = scaled(100, 4)
    first, second = (play(plan, scenario, pilot, **parameters) for plan in (a, b))
    wanted = pilot
    for name in measures:
        d = second[name] - first[name]
        d = d[~np.isnan(d)]
        if d.mean() != 0.0:
            wanted = max(wanted, math.ceil((5.0 * d.std(ddof=1) / d.mean()) ** 2))
    n = min(wanted, scaled(MOST, 4))
    first, second = (play(plan, scenario, n, **parameters) for plan in (a, b))
    return {name: (second[name] - first[name])[~np.isnan(second[name] - first[name])] for name in measures}


def interval(d: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of a mean difference."""
    half = float(stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / math.sqrt(len(d)))
    return float(d.mean()) - half, float(d.mean()) + half


def test_posts_at_the_edge__help_is_later_and_merah_longer() -> None:
    """With every post moved to the city's edge, police response and the minutes at tahap merah rise."""
    plan = Plan.load("malang-500")
    far = plan
    for post in plan.posts:
        far = far.move(post.unit, to=EDGE)
    d = differences(plan, far, ("response_police_s", "seconds_merah"), "kpu-bawaslu")
    for name, values in d.items():
        assert interval(values)[0] > 0.0, name


def test_over_posture__before_a_peaceful_crowd_raises_harm() -> None:
    """With π at the top of its range, riot gear shown to a peaceful crowd raises harm."""
    plan = Plan.load("malang-500")
    harsh = plan.move("dalmas-awal-1", to="kpu", posture="phh")
    top = quantity("pi").high
    assert top is not None
    d = differences(plan, harsh, ("harm_people",), str(DATA / "damai.yaml"), pi=top)
    assert interval(d["harm_people"])[0] > 0.0


def test_more_officers__without_provocation_do_not_raise_harm() -> None:
    """L12(b): π = 0, more dalmas at KPU: a one-sided 99 % bound on the rise in harm is at most 2 %."""
    plan = Plan.load("malang-500")
    n = scaled(1000, 6)
    few, many = (play(each, "kpu-bawaslu", n, pi=0.0)["harm_people"] for each in (plan, _with_more(plan)))
    d = many - few
    bound = d.mean() + float(stats.norm.ppf(0.99)) * d.std(ddof=1) / math.sqrt(n)
    assert bound <= 0.02 * few.mean()


def _with_more(plan: Plan) -> Plan:
    """Add one platoon of dalmas awal at KPU."""
    unit = plan.force.unit("dalmas-awal-1")
    extra = replace(unit, id="dalmas-awal-9")
    force = replace(plan.force, people=plan.force.people + unit.people, units=(*plan.force.units, extra))
    post = next(post for post in plan.posts if post.unit == unit.id)
    return replace(plan, force=force, posts=(*plan.posts, replace(post, unit=extra.id)))
