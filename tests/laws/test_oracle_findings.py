"""What the writing of the oracle found: the engine against its own words, each mended since."""

from __future__ import annotations

import numpy as np
import pytest

from laws.worlds import VEHICLES
from sispamkota.kernels import layout as at
from sispamkota.kernels.damage import NEIGHBOURS
from sispamkota.kernels.events import HARMED, hazard_time
from sispamkota.kernels.incident import MOST_HURT
from sispamkota.kernels.measure import MEASURES
from sispamkota.rehearsal.specs import CrowdSpec, HospitalSpec, InjectSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World
from sispamkota.schema import parameters


def played(travel: list[list[float]], until: float, values: dict[str, float] | None = None, **spec: object) -> World:
    """Play a world of one place a node, alike for all vehicles."""
    n = len(travel)
    seconds = np.broadcast_to(np.array(travel, np.float32), (VEHICLES, n, n)).copy()
    places = [PlaceSpec(f"p{i}", i) for i in range(n)]
    whole = WorldSpec(parameters=parameters() | (values or {}), places=places, travel=seconds, **spec)
    world = World(build_tables(whole), log=True)
    world.reset(seed=1, replicate=0)
    world.advance(until)
    return world


def gathering(time: float, share: float) -> InjectSpec:
    """Ten people come at a share a second from a time on."""
    return InjectSpec(f"x{time:g}", at.ARRIVE_RATE, "p0", time=time, amount=10.0, share=share, gathering="g")


def test_gathering__that_ends_with_nobody_there_lets_its_units_go_home() -> None:
    world = played(
        [[0.0, 60.0], [60.0, 0.0]],
        36_000.0,
        crowds=[CrowdSpec("p0", need=({at.CROWD_0: 5}, {}, {}))],
        units=[UnitSpec("u", "p1", 5, (at.CROWD_0,))],
        injects=[gathering(0.0, 1e-9), gathering(600.0, 0.0)],
    )
    assert int(world.state.crowd[0].came) == 0
    assert int(world.state.crowd[0].incident) == -1
    assert int(world.state.unit[0].state) == at.IDLE


def test_evacuation__that_is_lost_is_closed_once() -> None:
    world = played(
        [[0.0]],
        86_400.0,
        {"triage_t1": 1.0, "self_transport_share": 0.0},
        kinds=[
            KindSpec("evacuation", at.EVACUATION, need={at.AMBULANCE: 1}, queue=False, patients=1),
            KindSpec("medical", at.EVACUATION, patients=1),
        ],
        hospitals=[HospitalSpec("h", "p0", (1, 1, 1, 1))],
        injects=[InjectSpec("x", at.MAKE_INCIDENT, "p0", time=0.0, kind="medical")],
    )
    assert int(world.state.casualty[0].state) == at.DEAD
    assert int(world.state.world[0].closed) == 1


def test_hazard__passes_the_edge_of_an_hour_whatever_the_start() -> None:
    start = 3.2247418586976293
    now = 40.0 * 3600.0 - start * 3600.0 - 10.0  # ten seconds before hour 40
    assert hazard_time(np.full(24, 1e-4), start, now, 0.5) == pytest.approx(now + 5000.0)


def test_turning__twice_does_not_lengthen_the_way() -> None:
    """At 100 s u turns home, at 150 (50 s from home) by way of home to p2, at 170 home again: 30 s, there at 200."""
    world = played(
        [[0.0, 200.0, 60.0], [200.0, 0.0, 500.0], [60.0, 500.0, 0.0]],
        1000.0,
        kinds=[
            KindSpec("a", need={at.PATROL: 2}, law=at.FIXED, work=100.0),
            KindSpec("b", need={at.RESCUE: 2}, law=at.FIXED, work=20.0),
        ],
        units=[
            UnitSpec("u", "p0", 1, (at.PATROL, at.RESCUE)),
            UnitSpec("v", "p1", 1, (at.PATROL,)),
            UnitSpec("x", "p2", 1, (at.RESCUE,)),
        ],
        injects=[
            InjectSpec("i", at.MAKE_INCIDENT, "p1", time=0.0, kind="a"),
            InjectSpec("j", at.MAKE_INCIDENT, "p2", time=150.0, kind="b"),
        ],
    )
    homes = [float(row.t) for row in world.log() if row.unit == 0 and row.event == at.LOG_HOME]
    assert homes == [200.0]


def test_call__of_a_gathering_takes_its_delay() -> None:
    world = played(
        [[0.0]],
        11.0,
        kinds=[KindSpec("unrest", at.UNREST, call=600.0)],
        crowds=[CrowdSpec("p0")],
        injects=[gathering(10.0, 1e-3)],
    )
    (delay,) = [float(row.b) for row in world.log() if row.event == at.LOG_CALL]
    assert delay > 1.0
    assert int(world.state.incident[0].state) == at.CALLED


def test_harm__after_the_call_would_have_faded_lets_time_go_on() -> None:
    """Once at work nothing fades: whom the incident hurts is then an event, and the clock does not stand."""
    world = played(
        [[0.0]],
        0.0,
        kinds=[
            KindSpec("call", need={at.PATROL: 1}, law=at.FIXED, work=5000.0, spread=1.0, harm=(0.0, 0.01), fade=10.0)
        ],
        units=[UnitSpec("u", "p0", 1, (at.PATROL,))],
        hospitals=[HospitalSpec("h", "p0", (50, 50, 50, 50))],
        injects=[InjectSpec("i", at.MAKE_INCIDENT, "p0", time=1.0, kind="call")],
    )
    events = 0
    while events < 2000 and world.step(4000.0):
        events += 1
    assert world.now == 4000.0
    assert int(world.state.incident[0].harmed) > 10


def retasked(**unit: UnitSpec) -> World:
    """At 10 s u has 90 s of turnout left for a; then b, which is graver, opens where u stands, and v is 30 s away."""
    return played(
        [[0.0, 200.0, 30.0], [200.0, 0.0, 200.0], [30.0, 200.0, 0.0]],
        9.0,
        kinds=[
            KindSpec("a", priority=1, need={at.PATROL: 1}, law=at.FIXED, work=100.0),
            KindSpec("c", priority=2, need={at.RESCUE: 1}, law=at.FIXED, work=1000.0),
            KindSpec("b", priority=4, need={at.PATROL: 1}, law=at.FIXED, work=100.0),
        ],
        units=[UnitSpec("u", "p0", 1, (at.PATROL,), turnout=100.0), *unit.values()],
        injects=[
            InjectSpec("j", at.MAKE_INCIDENT, "p1", time=0.0, kind="c"),
            InjectSpec("i", at.MAKE_INCIDENT, "p1", time=0.0, kind="a"),
            InjectSpec("k", at.MAKE_INCIDENT, "p0" if unit else "p2", time=10.0, kind="b"),
        ],
    )


def test_retasking__where_a_unit_stands_needs_no_turnout() -> None:
    world = retasked(v=UnitSpec("v", "p2", 1, (at.RESCUE, at.PATROL)))
    world.advance(11.0)
    assert [int(row.unit) for row in world.log() if row.event == at.LOG_RETASK] == [0]


def test_retasking__in_turnout_departs_once() -> None:
    world = retasked()
    world.advance(150.0)
    assert [float(row.t) for row in world.log() if row.unit == 0 and row.event == at.LOG_DEPART] == [100.0]


def test_cost__of_a_vote_that_closes_before_it_opens_is_nothing() -> None:
    world = played(
        [[0.0]],
        86_400.0,
        {"vote_open_hour": 23.0, "vote_close_hour": 1.0},
        kinds=[KindSpec("call", need={at.PATROL: 1}, effect=at.CLOSES_TPS)],
        injects=[InjectSpec("i", at.MAKE_INCIDENT, "p0", time=0.0, kind="call")],
    )
    row, _ = world.finish()
    assert row[MEASURES.index("tps_closed_s")] == 0.0


def test_neighbours__draw_by_counts_that_are_words() -> None:
    """Sixteen draws for each of 64 people an incident may hurt, or two for each time: all below 2³², none shared."""
    first = MOST_HURT * NEIGHBOURS + HARMED
    assert 16 * (first + 64 * 1000) < 2**32
    assert first > HARMED + 64 * 1000
    assert NEIGHBOURS > 1000
