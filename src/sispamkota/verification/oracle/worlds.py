"""Small random worlds in which everything that the model knows happens soon: `random_world(number)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import NamedTuple

import numpy as np

from ...place import VEHICLES
from ...rehearsal.specs import (
    CrowdSpec,
    HazardSpec,
    HospitalSpec,
    InjectSpec,
    KindSpec,
    PlaceSpec,
    UnitSpec,
    WorldSpec,
)
from ...schema import parameters, quantities
from .terms import PARAMETERS, at

__all__ = ["Case", "random_world"]

# brisk worlds: a city's evening in minutes, so that 300 events reach what is rare (low, high); else the user's ranges
BRISK: Mapping[str, tuple[float, float]] = {
    "epsilon": (1e-5, 1e-3), "beta": (0.002, 0.03), "beta_between": (0.0, 0.004), "gamma": (0.0005, 0.004),
    "omega": (0.0002, 0.003), "rho": (0.0005, 0.02), "leave_rate": (0.0, 0.002), "leave_asked_rate": (0.0, 0.01),
    "kuning_violent": (0.0, 5.0), "kuning_share": (0.0, 0.2), "merah_violent": (1.0, 10.0), "merah_share": (0.0, 0.4),
    "hold_up": (0.0, 30.0), "hold_down": (5.0, 120.0), "control_delay": (2.0, 120.0), "handover_delay": (2.0, 100.0),
    "tear_gas_harm": (0.0, 1e-3), "hurt_crowd": (1e-5, 1e-3), "hurt_officer": (1e-5, 5e-3), "hurt_force": (1e-5, 1e-2),
    "triage_t1": (0.0, 0.6), "triage_t2": (0.0, 0.4), "fence_strength": (20.0, 800.0), "door_strength": (20.0, 800.0),
    "room_strength": (20.0, 800.0), "ignition": (1e-5, 3e-3), "fire_load": (1e8, 1e10), "fire_knockdown": (30.0, 400.0),
    "find_delay": (1.0, 200.0), "self_delay": (5.0, 300.0), "treat_time": (5.0, 400.0), "handover_time": (10.0, 600.0),
    "bay_time": (30.0, 2000.0), "resus_time": (10.0, 300.0), "theatre_time": (10.0, 300.0), "icu_time": (60.0, 4000.0),
    "ward_time": (60.0, 4000.0), "decay_t1": (100.0, 3000.0), "decay_t2": (200.0, 9000.0), "survive_t2": (0.7, 1.0),
    "force_hijau": (0.0, 3.0), "engine_power": (5e5, 1.5e7), "neighbour_rate": (0.0, 0.05), "bko_delay": (20.0, 600.0),
    "rest_least": (0.0, 600.0), "surge_delay": (5.0, 300.0), "surge_share": (0.0, 1.0),
}  # fmt: skip
# the rates of a site, drawn aside so that all else of a world stays as it was
SITE: Mapping[str, tuple[float, float]] = {
    "site_hold_per_officer": (0.0, 4.0), "site_hold_per_guard": (0.0, 2.0), "site_press_most": (1.0, 12.0),
    "site_fence_strength": (20.0, 800.0), "site_door_strength": (20.0, 800.0), "site_leave_asked_rate": (0.0, 0.01),
}  # fmt: skip
CAPABLE = (
    *((at.CROWD_0, at.DIALOGUE), (at.CROWD_0,), (at.CROWD_1,), (at.CROWD_1, at.CROWD_0), (at.CROWD_2,)),
    *((at.GUARD, at.CROWD_0), (at.GUARD,), (at.PATROL, at.TRAFFIC), (at.PATROL,), (at.TRAFFIC, at.DIALOGUE)),
    *((at.FIRE, at.RESCUE), (at.FIRE,), (at.AMBULANCE,), (at.AMBULANCE,), (at.TPS, at.PATROL), (at.COMMAND,)),
    (at.CROWD_2, at.CROWD_1, at.RESCUE),
)
CALLED = ((at.PATROL, at.TRAFFIC), (at.FIRE, at.RESCUE), (at.TPS, at.PATROL, at.COMMAND), (at.GUARD, at.RESCUE))
CALLS = (at.PATROL, at.PATROL, at.TRAFFIC, at.FIRE, at.RESCUE, at.TPS, at.COMMAND, at.GUARD)


class Case(NamedTuple):
    """One random world, its luck, and how long to play it."""

    spec: WorldSpec
    seed: int
    replicate: int
    until: float
    desks: tuple[int, ...] = ()  # held by people
    room: int | None = None  # for so many casualties at once


def random_world(number: int) -> Case:
    """Make the random world of a number: the same for ever."""
    r = Random(number)
    busy = r.random() < 0.3  # many short calls, so that units turn on their way
    places = _places(r)
    crowds = _crowds(r, places) if not busy else _crowds(r, places)[:1]
    kinds = _kinds(r, busy=busy)
    seed, replicate = r.getrandbits(64), r.choice((0, 1, r.randrange(10_000)))
    values = _values(r)
    closures = r.choice((0, 0, 1, 2))
    spec = WorldSpec(
        parameters=values,
        places=places,
        travel=_travel(r, len({p.node for p in places}), closures=closures, slow=busy),
        crowds=crowds,
        units=_units(r, places, busy=busy),
        kinds=kinds,
        hospitals=_hospitals(r, places),
        hazards=_hazards(r, places, kinds, busy=busy),
        injects=_injects(r, places, crowds, kinds, closures=closures),
        distance=np.array([[r.uniform(0.0, 5000.0) for _ in crowds] for _ in crowds]) if len(crowds) > 1 else None,
        prior=_prior(r),
        every=r.choice((1, 1, 1, 2, 5)),
    )
    desks = r.choice(((), (), (), (), (0,), (1, 62), (3,)))
    spec = _at_site(Random(f"site/{number}"), spec)
    return Case(spec, seed, replicate, r.choice((900.0, 2400.0, 5400.0)), desks, r.choice((None, None, 2, 4, 8)))


def _at_site(r: Random, spec: WorldSpec) -> WorldSpec:
    """Let one crowd, none or all stand at a site, whose rates are drawn, a few of them once more a replicate."""
    rates = {name: r.uniform(*span) for name, span in SITE.items()}
    drawn = {name: (low, r.uniform(low, high), high) for name, (low, high) in SITE.items() if r.random() < 0.2}
    chosen, every = r.randrange(3), r.random() < 0.2
    crowds = [replace(each, site=every or k == chosen) for k, each in enumerate(spec.crowds)]
    rows = r.choice((0, 0, 3))  # drawn together, over what each draws by itself
    joint = [{name: r.uniform(*span) for name, span in SITE.items()} for _ in range(rows)]
    spec = replace(spec, prior=dict(spec.prior) | drawn, joint=joint)
    return replace(spec, parameters=dict(spec.parameters) | rates, crowds=crowds)


def _values(r: Random) -> dict[str, float]:
    """Draw every parameter: from the user's range, or from the brisk one."""
    brisk, values = r.random() < 0.8, parameters()
    for each in (q for q in quantities(kind="parameter") if q.name not in SITE):
        low, high = each.low or 0.0, each.high or 0.0
        if brisk:
            low, high = BRISK.get(each.name, (low, high))
        value = r.uniform(low, high)
        if each.name in ("control_spread", "handover_spread", "find_spread", "treat_spread") and r.random() < 0.3:
            value = 1.0
        values[each.name] = value
    for name in ("force_hijau", "force_kuning", "force_merah"):
        values[name] = float(round(values[name]))
    values["start_hour"] = r.randrange(24 * 60) / 60.0
    values["vote_open_hour"] = float(max(0, min(23, int(values["start_hour"]) + r.randint(-2, 1))))
    values["vote_close_hour"] = float(max(1, min(24, values["vote_open_hour"] + r.choice((-1, 1, 1, 2, 6)))))
    for name in ("retask", "bko_stage", "guard_priority", "other_patients"):
        values[name] = float(round(values[name]))
    values["reserve_priority"] = float(r.randint(1, 4))
    values["tear_gas_authority"] = float(r.random() < 0.4)
    if r.random() < 0.25:  # hospitals that are nearly full
        values["occupancy_low"], values["occupancy_high"] = 0.9, 1.0
    return values


def _prior(r: Random) -> dict[str, tuple[float, float, float]]:
    """Leave a few parameters to the draw of the replicate, some with the peak at an end."""
    known = [
        each for each in quantities(kind="parameter") if not each.choice and each.name in set(PARAMETERS) - set(SITE)
    ]
    picked = r.sample(known, r.choice((0, 0, 1, 3)))
    shapes = [(each.name, each.low or 0.0, each.high or 0.0, r.choice((0.0, r.random(), 1.0))) for each in picked]
    return {name: (low, low + peak * (high - low), high) for name, low, high, peak in shapes}


def _places(r: Random) -> list[PlaceSpec]:
    """Two to five places, sometimes two on one node."""
    n = r.randint(2, 5)
    nodes = list(range(n)) if r.random() < 0.8 else [max(0, i - 1) for i in range(n)]
    return [
        PlaceSpec(
            f"p{i}",
            node,
            alert=r.choice((1.0, r.uniform(0.1, 1.0))),
            voters=r.choice((0.0, 250.0)),
            gate=r.random() < 0.3,
        )
        for i, node in enumerate(nodes)
    ]


def _travel(r: Random, nodes: int, *, closures: int, slow: bool) -> np.ndarray:
    """Seconds by vehicle from node to node: smooth or in steps (for ties), sometimes closed both ways or one way."""
    step, far = r.choice((0.0, 0.0, 30.0)), 400.0 if slow else 250.0
    time = np.array([[[r.uniform(10.0, far) for _ in range(nodes)] for _ in range(nodes)] for _ in VEHICLES])
    if step:
        time = np.maximum(step, np.round(time / step) * step)
    if r.random() < 0.2:  # a node shut off for all vehicles, or for one
        node, vehicle = r.randrange(nodes), r.choice((slice(None), r.randrange(len(VEHICLES))))
        time[vehicle, node, :] = time[vehicle, :, node] = np.inf
    if r.random() < 0.08:  # a street that is shut one way only: some cannot come home
        time[:, r.randrange(nodes), r.randrange(nodes)] = np.inf
    time[:, range(nodes), range(nodes)] = 0.0
    if closures == 0:
        return time.astype(np.float32)
    # each closure makes some ways longer, and seldom shuts one
    longer = [[[r.choice((1.0, 1.0, r.uniform(1.0, 4.0))) for _ in range(nodes)] for _ in range(nodes)] for _ in "ab"]
    if r.random() < 0.15:
        longer[0][r.randrange(nodes)][r.randrange(nodes)] = np.inf
    streets = []
    for closed in range(2**closures):
        now = time.copy()
        for n in (n for n in range(closures) if closed >> n & 1):
            with np.errstate(invalid="ignore"):  # 0 × ∞ within a node
                now = now * np.array(longer[n])
        now[:, range(nodes), range(nodes)] = 0.0
        streets.append(now)
    return np.stack(streets).astype(np.float32)


def _crowds(r: Random, places: list[PlaceSpec]) -> list[CrowdSpec]:
    """Up to three crowds: hostile camps, offices that can be worn down or burn, ballots."""
    chosen = r.sample(places, min(len(places), r.choice((0, 1, 1, 2, 2, 3))))
    return [
        CrowdSpec(
            place.id,
            enclosed=r.random() < 0.2,
            protected=r.random() < 0.7,
            burnable=r.random() < 0.7,
            ballots=r.random() < 0.6,
            peaceful=(r.randint(0, 15), r.choice((0, r.randint(0, 10)))),
            violent=(r.choice((0, r.randint(0, 8))), r.choice((0, 0, r.randint(0, 4)))),
            need=_needs(r),
            volatility=r.choice((1.0, r.random())),
        )
        for place in chosen
    ]


def _needs(r: Random) -> tuple[dict[int, int], ...]:
    """Say what each stage asks for; sometimes a capability of a lower stage is no longer asked for."""
    need: dict[int, int] = {}
    stages = []
    for level in range(at.LEVELS):
        need = {cap: n for cap, n in need.items() if r.random() < 0.9}
        need[at.CROWD_0 + level] = r.randint(0, 8)
        for cap in r.sample((at.DIALOGUE, at.TRAFFIC, at.GUARD, at.COMMAND, at.RESCUE), r.randint(0, 2)):
            need[cap] = r.randint(1, 4)
        stages.append(dict(need))
    return tuple(stages)


def _units(r: Random, places: list[PlaceSpec], *, busy: bool) -> list[UnitSpec]:
    """Two to eight units of mixed capabilities and tasks; some have twins, who would arrive with them."""
    units = []
    for i in range(r.choice((2, 3, 4, 5, 6, 7, 8, 8, 8))):
        people, caps = r.randint(1, 8), r.choice(CALLED if busy and i % 2 else CAPABLE)
        task = r.choice((at.TASK_MOBILE, at.TASK_MOBILE, at.TASK_GUARD, at.TASK_RESERVE, at.TASK_STANDBY, at.TASK_BKO))
        units.append(
            UnitSpec(
                f"u{i}",
                r.choice(places).id,
                people,
                caps,
                effective=r.choice((None, r.randint(1, people))),
                shown=r.choice((0, 0, 1, 2)),
                task=task,
                vehicle=r.randrange(len(VEHICLES)),
                turnout=r.choice((0.0, 60.0, r.uniform(1.0, 150.0))),
                turnout_spread=r.choice((1.0, 1.5)),
                redispatch=r.random() < 0.8,
                duty=_duty(r),
                desk=r.choice((0, 1, 2, 62)),
            )
        )
    for unit in r.sample(units, r.choice((0, 0, 1, 2))):
        units.append(replace(unit, id=f"u{len(units)}", people=r.randint(1, 8), effective=None, redispatch=True))
    return units


def _duty(r: Random) -> tuple[float, float, float] | None:
    """No roster for most; else turns of minutes, or one that lasts for ever."""
    every = r.choice((300.0, 900.0, r.uniform(100.0, 3000.0)))
    return r.choice((None, None, (r.uniform(0.0, 86_400.0), every * r.choice((0.3, 0.7, 0.9, 1.0)), every)))


def _kinds(r: Random, *, busy: bool) -> list[KindSpec]:
    """Kinds of calls: plain ones of every law and service, a medical one, and sometimes other built-in ones."""
    kinds = []
    for i, law in enumerate((at.EXPONENTIAL, at.FIXED, at.LOGNORMAL)):
        need = {cap: r.randint(1, 5) for cap in r.sample(CALLS, r.choice((0, 1, 1, 2)))}
        kinds.append(
            KindSpec(
                f"call{i}",
                priority=r.randint(1, 4),
                service=r.choice((-1, at.POLICE_SERVICE, at.FIRE_SERVICE)),
                queue=r.random() < 0.7,
                need=need,
                law=law,
                work=r.choice((0.0, r.uniform(10.0, 900.0), 300.0)) * (0.1 if busy else 1.0),
                spread=r.choice((1.0, 1.6)),
                call=r.choice((0.0, r.uniform(5.0, 120.0))),
                patients=r.choice((0, 0, 1, 3)) if not busy else 0,
                cause=at.BY_TROUBLE if i % 2 else at.BY_ACCIDENT,
                effect=r.choice((at.NO_EFFECT, at.CLOSES_TPS, at.HOLDS_BALLOTS, at.HOLDS_PEOPLE)),
                full=r.random() < 0.4,
                harm=_harm(r),
                fade=r.choice((0.0, 0.0, r.uniform(5.0, 900.0))),
            )
        )
    kinds.append(KindSpec("medical", at.EVACUATION, patients=r.randint(1, 4)))
    evacuation = {at.AMBULANCE: 1} if r.random() < 0.9 else {at.AMBULANCE: 2}
    fire = {at.FIRE: r.choice((1, 1, 2)), **({at.RESCUE: 1} if r.random() < 0.3 else {})}
    makers: tuple[Callable[[], KindSpec], ...] = (
        lambda: KindSpec("evacuation", at.EVACUATION, 2, at.AMBULANCE_SERVICE, need=evacuation, call=60.0, patients=1),
        lambda: KindSpec("office-fire", at.OFFICE_FIRE, 3, at.FIRE_SERVICE, need=fire, call=r.choice((0.0, 20.0))),
        lambda: KindSpec(
            "neighbour-fire",
            at.PLAIN,
            3,
            at.FIRE_SERVICE,
            need=fire,
            law=at.FIXED,
            work=100.0,
            full=True,
            harm=_harm(r),
        ),
        lambda: KindSpec("unrest", at.UNREST, r.randint(1, 3), r.choice((-1, 0)), call=r.choice((0.0, 60.0))),
    )
    return kinds + [make() for make in makers if r.random() < 0.4]


def _harm(r: Random) -> tuple[float, float]:
    """Hurt nobody, or somebody now and then before or during the work."""
    return r.choice(((0.0, 0.0), (0.0, 0.0), (r.uniform(0.0, 1e-2), r.choice((0.0, r.uniform(0.0, 1e-2))))))


def _hospitals(r: Random, places: list[PlaceSpec]) -> list[HospitalSpec]:
    """Up to two hospitals with very few beds; rarely none, and then who is hurt cannot be brought anywhere."""
    n = r.choice((0, *(1,) * 6, *(2,) * 10))
    beds = (r.randint(1, 4), r.randint(1, 2), r.randint(0, 2), r.randint(0, 3))
    other = (r.randint(0, 3), r.randint(0, 1), r.randint(0, 1), r.randint(0, 2))
    return [HospitalSpec(f"h{i}", r.choice(places).id, (beds, other)[i]) for i in range(n)]


def _hazards(r: Random, places: list[PlaceSpec], kinds: list[KindSpec], *, busy: bool) -> list[HazardSpec]:
    """Up to three hazards, quiet in some hours, with a rate that is known or not."""
    calls = [kind for kind in kinds if kind.id != "neighbour-fire"]
    usable = [kind.id for kind in calls if kind.model == at.PLAIN or (kind.model == at.EVACUATION and not busy)]
    most = 1e-2 if busy else 3e-3
    return [
        HazardSpec(
            f"z{i}",
            r.choice(places).id,
            r.choice(usable),
            tuple(r.choice((0.0, r.uniform(1e-4, most))) for _ in range(24)),
            shape=r.choice((np.inf, r.uniform(0.3, 5.0))),
            draw=r.choice(("", "shared")),
            tense=r.random() < 0.5,
        )
        for i in range(3 if busy else r.choice((0, 1, 1, 2, 3)))
    ]


def _injects(
    r: Random, places: list[PlaceSpec], crowds: list[CrowdSpec], kinds: list[KindSpec], *, closures: int
) -> list[InjectSpec]:
    """Injects at times (many at once) and on stages; what comes to a gathering also stops coming."""
    calls = [kind for kind in kinds if kind.id != "neighbour-fire"]
    usable = [kind.id for kind in calls if kind.model in (at.PLAIN, at.EVACUATION)]
    injects, at_crowd = [], (at.ARRIVE_RATE, at.MAKE_VIOLENT, at.ASK_TO_LEAVE)
    actions = [at.MAKE_INCIDENT, at.SET_TENSION]
    actions += [at.ARRIVE_RATE, at.ARRIVE_RATE, at.MAKE_VIOLENT, at.ASK_TO_LEAVE] if crowds else []
    actions += [at.CLOSE_STREETS, at.OPEN_STREETS] if closures else []
    for i in range(r.choice((0, 2, 4, 6, 9))):
        action = r.choice(actions)
        amount = float(r.randint(2, 40))
        if action == at.SET_TENSION:
            amount = r.choice((0.0, 0.5, 1.0, 3.0, 8.0))
        elif action in (at.CLOSE_STREETS, at.OPEN_STREETS):
            amount = float(r.randrange(2**closures))
        watch = r.choice(crowds).place if crowds and r.random() < 0.3 else None
        injects.append(
            InjectSpec(
                f"x{i}",
                action,
                r.choice(crowds).place if action in at_crowd else r.choice(places).id,
                time=np.inf if watch else r.choice((0.0, 60.0, 300.0, r.uniform(0.0, 1500.0))),
                watch=watch,
                stage=r.randint(1, 2) if watch else 0,
                delay=r.choice((0.0, 90.0)) if watch else 0.0,
                camp=r.randrange(2),
                kind=r.choice(usable),
                amount=amount,
                spread=r.choice((1.0, 1.3)),
                share=r.choice((0.0, r.uniform(1e-4, 2e-2))),
                gathering=f"g{r.randrange(3)}",
            )
        )
    return injects
