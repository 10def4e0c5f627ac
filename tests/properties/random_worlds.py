"""Random worlds for the engine, straight from `specs`: 3 to 60 places, any force, all actions, parameters in range.

hypothesis draws how many there are of everything and one seed; what an item is like follows from the seed and its own
number, so that a failing world shrinks item by item and the others stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sispamkota.kernels import layout as at
from sispamkota.place import VEHICLES
from sispamkota.rehearsal.specs import (
    CrowdSpec,
    HazardSpec,
    HospitalSpec,
    InjectSpec,
    KindSpec,
    PlaceSpec,
    UnitSpec,
    WorldSpec,
)
from sispamkota.schema import quantities

__all__ = ["MOST_CALLS", "RandomWorld", "random_worlds"]

MOST_CALLS = 400.0  # expected of all hazards in a run: a city with more at once needs larger tables
WHOLE = ("force_hijau", "force_kuning", "force_merah", "reserve_priority", "bko_stage", "guard_priority")
MOVING = 3  # closures that come and go


@dataclass(frozen=True)
class _Plan:
    """How many of everything, and the seed of all that is left open."""

    seed: int
    places: int
    crowds: int
    units: int
    hospitals: int
    kinds: int
    hazards: int
    injects: int
    closures: int
    edges: bool  # parameters at the ends of their ranges
    hot: bool  # a city where much happens soon
    hours: float

    def luck(self, what: str, i: int = 0) -> Random:
        """The luck of one item."""
        return Random(f"{self.seed} {what} {i}")


@dataclass(frozen=True)
class RandomWorld:
    """A world, its luck, how long it lasts, and how it is looked at."""

    spec: WorldSpec
    seed: int
    replicate: int
    until: float
    pauses: tuple[float, ...]  # parts of the run at which a second run stops for a moment
    plan: object  # what made it

    def __repr__(self) -> str:
        """What made it, short enough to read."""
        return f"{self.plan}, pauses={self.pauses}"


@st.composite
def random_worlds(draw: Any) -> RandomWorld:
    """Make a world that the engine must be able to play."""
    places = draw(st.integers(3, 60))
    plan = _Plan(
        seed=draw(st.integers(0, 2**32 - 1)),
        places=places,
        crowds=draw(st.integers(0, min(10, places))),
        units=draw(st.integers(0, 60)),
        hospitals=draw(st.integers(1, 6)),
        kinds=draw(st.integers(0, 8)),
        hazards=draw(st.integers(0, 30)),
        injects=draw(st.integers(0, 20)),
        closures=draw(st.sampled_from([0, 0, 1, MOVING])),
        edges=draw(st.booleans()),
        hot=draw(st.booleans()),
        hours=draw(st.sampled_from([0.5, 3.0, 24.0, 24.0 * 40])),
    )
    r = plan.luck("run")
    pauses = tuple(draw(st.lists(st.floats(0.0, 1.0), max_size=3)))
    return RandomWorld(_spec(plan), r.getrandbits(64), r.randrange(10_000), 3600.0 * plan.hours, pauses, plan)


def _spec(plan: _Plan) -> WorldSpec:
    r, places = plan.luck("world"), _places(plan)
    crowds, kinds = [_crowd(plan, i) for i in range(plan.crowds)], _kinds(plan)
    hazards = [_hazard(plan, i, kinds) for i in range(plan.hazards)]
    return WorldSpec(
        parameters=_parameters(plan),
        places=places,
        travel=_travel(plan, len({place.node for place in places})),
        crowds=crowds,
        units=[_unit(plan, i) for i in range(plan.units)],
        kinds=kinds,
        hospitals=[_hospital(plan, i) for i in range(plan.hospitals)],
        hazards=hazards,
        injects=[*(_inject(plan, i, kinds) for i in range(plan.injects)), *_streets(plan)],
        distance=_distance(plan),
        prior=_prior(r),
        every=r.choice((1, 1, 1, 2, 7)),
    )


def _parameters(plan: _Plan) -> dict[str, float]:
    """Any value of the user's ranges, often one of their ends."""
    values = {}
    for each in quantities(kind="parameter"):
        r, low, high = plan.luck("parameter " + each.name), each.low or 0.0, each.high or 0.0
        ends = (low, high, each.default or 0.0)
        values[each.name] = r.choice(ends) if plan.edges and r.random() < 0.5 else r.uniform(low, high)
        if each.name in WHOLE:
            values[each.name] = float(round(values[each.name]))
    values["vote_close_hour"] = max(values["vote_close_hour"], values["vote_open_hour"] + 1.0)
    return values


def _prior(r: Random) -> dict[str, tuple[float, float, float]]:
    """A few parameters that each replicate draws."""
    known = [each for each in quantities(kind="parameter") if not each.choice and each.name in at.PARAMETERS]
    picked = r.sample(known, r.choice((0, 0, 3, 20)))
    return {each.name: (each.low or 0.0, each.default or 0.0, each.high or 0.0) for each in picked}


def _places(plan: _Plan) -> list[PlaceSpec]:
    """Places, some of which share a node, some at a gate of the city."""
    shared, places, node = plan.luck("places").random() < 0.3, [], -1
    for i in range(plan.places):
        r = plan.luck("place", i)
        node += 0 if shared and i and r.random() < 0.3 else 1
        voters = r.choice((0.0, r.uniform(1.0, 600.0)))
        places.append(PlaceSpec(f"p{i}", node, r.choice((1.0, r.uniform(0.1, 1.0))), voters, r.random() < 0.1))
    return places


def _travel(plan: _Plan, nodes: int) -> np.ndarray:
    """Seconds for every vehicle from node to node, in each state of the streets: no less where more are shut."""
    rng = np.random.default_rng(plan.seed)
    time = rng.uniform(1.0, 1500.0, (len(VEHICLES), nodes, nodes))
    if rng.random() < 0.4:  # steps, for ties
        time = np.ceil(time / 300.0) * 300.0
    time[:, range(nodes), range(nodes)] = 0.0
    tables = [time]
    for _ in range(plan.closures):  # bit by bit
        slower = 1.0 + rng.uniform(0.0, 1.0, time.shape) * (rng.random(time.shape) < 0.3)
        tables += [table * slower for table in tables]
    return np.stack(tables).astype(np.float32) if plan.closures else time.astype(np.float32)


def _distance(plan: _Plan) -> np.ndarray | None:
    """Metres between the crowds, some of them at one spot."""
    if plan.crowds < 2:
        return None
    x = np.random.default_rng(plan.seed + 1).choice([0.0, 10.0, 900.0, 5000.0, 20_000.0], (plan.crowds, 2))
    return np.hypot(x[:, None, 0] - x[None, :, 0], x[:, None, 1] - x[None, :, 1])


def _crowd(plan: _Plan, i: int) -> CrowdSpec:
    """A crowd of nobody, a few or thousands, at an office or in the open."""
    r = plan.luck("crowd", i)
    size = r.choice((0, 3, 60, 900, 5000 if plan.hot else 100))
    need: dict[int, int] = {}
    needs = []
    for level in range(at.LEVELS):
        need = {cap: n for cap, n in need.items() if r.random() < 0.95}
        if r.random() < 0.8:
            need[at.CROWD_0 + level] = r.choice((0, 1, 30, 100, 400))
        for cap in r.sample((at.DIALOGUE, at.TRAFFIC, at.GUARD, at.COMMAND, at.RESCUE, at.PATROL), r.randint(0, 2)):
            need[cap] = r.choice((1, 10, 60))
        needs.append(dict(need))
    return CrowdSpec(
        f"p{i}",
        enclosed=r.random() < 0.2,
        protected=r.random() < 0.6,
        burnable=r.random() < 0.6,
        ballots=r.random() < 0.5,
        peaceful=(r.randint(0, size), r.choice((0, r.randint(0, size)))),
        violent=(r.choice((0, 0, r.randint(0, size))), r.choice((0, 0, r.randint(0, max(1, size // 10))))),
        need=needs,
        volatility=r.choice((0.0, 1.0, r.random())),
    )


def _unit(plan: _Plan, i: int) -> UnitSpec:
    """A unit of any task, capabilities, vehicle and roster; some come from outside the city."""
    r = plan.luck("unit", i)
    people = r.choice((1, 3, 10, 34, 100))
    every = r.choice((8.0, 24.0, 36.0, r.uniform(1.0, 240.0)))
    duty = (r.uniform(0.0, 24.0), r.choice((every, r.uniform(0.1, every))), every)
    return UnitSpec(
        f"u{i}",
        f"p{r.randrange(plan.places)}",
        people,
        tuple(r.sample(range(at.CAPS), r.choice((0, 1, 1, 1, 2, 3)))),
        effective=r.choice((None, r.randint(0, people))),
        shown=r.choice((0, 0, 1, 2)),
        task=r.choice((at.TASK_GUARD, at.TASK_MOBILE, at.TASK_RESERVE, at.TASK_STANDBY, at.TASK_BKO)),
        vehicle=r.randrange(len(VEHICLES)),
        turnout=r.choice((0.0, 60.0, r.uniform(0.0, 900.0))),
        turnout_spread=r.choice((1.0, r.uniform(1.0, 2.5))),
        redispatch=r.random() < 0.7,
        duty=None if r.random() < 0.6 else tuple(3600.0 * each for each in duty),
        desk=r.randrange(63),
    )


def _kinds(plan: _Plan) -> list[KindSpec]:
    """Kinds of calls of every law, service, priority and effect; sometimes the engine's own in another shape."""
    kinds = [_kind(plan, i) for i in range(plan.kinds)]
    r = plan.luck("kinds")
    if r.random() < 0.5:
        need = {at.AMBULANCE: 1}  # two would treat one casualty together
        kinds.append(KindSpec("evacuation", at.EVACUATION, 2, at.AMBULANCE_SERVICE, need=need, call=120.0, patients=1))
    if r.random() < 0.3:
        kinds.append(KindSpec("office-fire", at.OFFICE_FIRE, 3, at.FIRE_SERVICE, need={at.FIRE: r.randint(0, 4)}))
    if r.random() < 0.3:
        need = {at.FIRE: r.randint(0, 3), at.RESCUE: 1}
        kinds.append(KindSpec("neighbour-fire", at.PLAIN, 3, at.FIRE_SERVICE, need=need, work=600.0))
    return kinds


def _kind(plan: _Plan, i: int) -> KindSpec:
    """One kind of call."""
    r = plan.luck("kind", i)
    return KindSpec(
        f"k{i}",
        priority=r.randint(1, 4),
        service=r.randint(-1, 2),
        queue=r.random() < 0.7,
        need={cap: r.choice((0, 1, 2, 10, 50)) for cap in r.sample(range(at.CAPS), r.randint(0, 3))},
        law=r.choice((at.EXPONENTIAL, at.FIXED, at.LOGNORMAL)),
        work=r.choice((0.0, 60.0, 1800.0, 86_400.0)),
        spread=r.choice((1.0, 1.6, 4.0)),
        call=r.choice((0.0, 120.0, 900.0)),
        patients=r.choice((0, 0, 0, 1, 15)),
        effect=r.choice((at.NO_EFFECT, at.CLOSES_TPS, at.HOLDS_BALLOTS, at.HOLDS_PEOPLE)),
        full=r.random() < 0.4,
        harm=(r.choice((0.0, 0.0, r.uniform(0.0, 10.0 / 3600.0))), r.choice((0.0, r.uniform(0.0, 2.0 / 3600.0)))),
        fade=r.choice((0.0, 0.0, 600.0, 86_400.0)),
    )


def _callable(kinds: list[KindSpec]) -> list[str]:
    """Kinds that a hazard or an inject may open."""
    return ["evacuation", *(kind.id for kind in kinds if kind.id.startswith("k"))]


def _hospital(plan: _Plan, i: int) -> HospitalSpec:
    """A hospital with a theatre (the first always has one; so asks Setting), others with what they have."""
    r = plan.luck("hospital", i)
    beds = (r.choice((1, 5, 30)), r.choice((1, 2, 10)), r.choice((0, 1, 15)), r.choice((0, 2, 250)))
    if i and r.random() < 0.3:
        beds = (r.choice((0, 2)), 0, 0, r.choice((0, 9)))
    return HospitalSpec(f"h{i}", f"p{r.randrange(plan.places)}", beds)


def _hazard(plan: _Plan, i: int, kinds: list[KindSpec]) -> HazardSpec:
    """A hazard, all day or in some hours, known or drawn; all together no more calls than MOST_CALLS in the run."""
    r = plan.luck("hazard", i)
    most = min(6.0, MOST_CALLS / max(plan.hours, 1.0) / plan.hazards) / 3600.0
    rate = [r.choice((0.0, r.uniform(0.0, most))) for _ in range(24)] if r.random() < 0.5 else [r.uniform(0, most)] * 24
    return HazardSpec(
        f"z{i}",
        f"p{r.randrange(plan.places)}",
        r.choice(_callable(kinds)),
        tuple(rate),
        shape=r.choice((np.inf, r.uniform(0.3, 50.0))),
        draw=r.choice(("", "a", "b")),
        tense=r.random() < 0.5,
    )


def _inject(plan: _Plan, i: int, kinds: list[KindSpec]) -> InjectSpec:
    """An inject of any action that does not act on the streets, at a time or on a stage."""
    r = plan.luck("inject", i)
    on_crowd = (at.ARRIVE_RATE, at.ARRIVE_RATE, at.MAKE_VIOLENT, at.ASK_TO_LEAVE) if plan.crowds else ()
    action = r.choice((at.MAKE_INCIDENT, at.SET_TENSION, *on_crowd))
    waits = plan.crowds > 0 and r.random() < 0.3
    amount = r.choice((0.0, 5.0, 100.0, 1500.0)) if action != at.SET_TENSION else r.choice((0.0, 1.0, 4.0, 20.0))
    return InjectSpec(
        f"x{i}",
        action,
        "" if action == at.SET_TENSION else f"p{r.randrange(plan.crowds if action in on_crowd else plan.places)}",
        time=np.inf if waits else r.choice((0.0, 600.0, 600.0, r.uniform(0.0, 3600.0 * plan.hours))),
        watch=f"p{r.randrange(plan.crowds)}" if waits else None,
        stage=r.randint(0, 2) if waits else 0,
        delay=r.choice((0.0, 300.0)) if waits else 0.0,
        camp=r.randrange(2),
        kind=r.choice(_callable(kinds)) if action == at.MAKE_INCIDENT else None,
        amount=amount,
        spread=r.choice((1.0, 1.5, 3.0)),
        share=r.choice((0.0, 1.0 / 600.0, 1.0 / 3600.0)),
        gathering=f"g{r.randrange(4)}" if action == at.ARRIVE_RATE else "",
    )


def _streets(plan: _Plan) -> list[InjectSpec]:
    """Streets that close and open again, some of them on a stage."""
    injects = []
    for n in range(plan.closures):
        r = plan.luck("streets", n)
        start = r.uniform(0.0, 1800.0)
        watch = f"p{r.randrange(plan.crowds)}" if plan.crowds and r.random() < 0.5 else None
        for name, action, time in (("close", at.CLOSE_STREETS, start), ("open", at.OPEN_STREETS, start + 900.0)):
            when = {"watch": watch, "stage": 1, "delay": time} if watch else {"time": time}
            injects.append(InjectSpec(f"street-{n}/{name}", action, "", amount=1 << n, **when))
    return injects
