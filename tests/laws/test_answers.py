"""What answers and what it costs: rosters, re-tasking, BKO, screening, closures, incidents that last and hurt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from laws.worlds import OFF, VEHICLES, scaled, set_parameters, z_score
from sispamkota.errors import EngineError
from sispamkota.kernels import layout as at
from sispamkota.kernels.measure import MEASURES
from sispamkota.rehearsal.policy import Recall, Send
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
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World
from sispamkota.schema import parameters

HOUR = 3600.0
MEASURE = {name: i for i, name in enumerate(MEASURES)}
Z = 4.0  # two-sided, about 6 in 100,000


def world_of(*, way: float = 600.0, log: bool = True, values: dict[str, float] | None = None, **parts: Any) -> World:
    """Build a world of two places, a and b, `way` seconds apart; nothing happens but what the parts bring."""
    travel = np.full((VEHICLES, 2, 2), way, np.float32)
    travel[:, [0, 1], [0, 1]] = 0.0
    spec = WorldSpec(
        parameters=parameters() | {"start_hour": 0.0},
        places=parts.pop("places", [PlaceSpec("a", 0), PlaceSpec("b", 1)]),
        travel=parts.pop("travel", travel),
        **parts,
    )
    quiet = dict.fromkeys(OFF, 0.0) | (values or {})
    return set_parameters(World(build_tables(spec), log=log, responses=20_000), **quiet)


def incident(id_: str, place: str, time: float, kind: str = "call") -> InjectSpec:
    """Describe an inject that makes an incident."""
    return InjectSpec(id_, at.MAKE_INCIDENT, place, time=time, kind=kind)


def told(world: World, event: int) -> list[tuple[float, int]]:
    """List (time, unit) of an event of the log."""
    return [(float(row.t), int(row.unit)) for row in world.log() if row.event == event]


def play(world: World, until: float, replicate: int = 0) -> World:
    """Play a replicate to a time, in balance at the end."""
    world.reset(seed=5, replicate=replicate)
    world.advance(until)
    world.balance()
    return world


CALL = KindSpec("call", service=0, need={at.PATROL: 1}, law=at.FIXED, work=HOUR)


def patrol(id_: str, home: str = "a", **more: Any) -> UnitSpec:
    """Describe a patrol of one."""
    return UnitSpec(id_, home, 1, (at.PATROL,), **more)


def test_roster__on_and_off_to_the_second() -> None:
    """From six for eight hours, every day."""
    world = play(world_of(units=[patrol("u", duty=(6 * HOUR, 8 * HOUR, 24 * HOUR))]), 48 * HOUR)
    assert [t for t, _ in told(world, at.LOG_ON_DUTY)] == pytest.approx([6 * HOUR, 30 * HOUR])
    assert [t for t, _ in told(world, at.LOG_OFF_DUTY)] == pytest.approx([0.0, 14 * HOUR, 38 * HOUR])
    assert world.state.world[0].duty_longest == pytest.approx(8 * HOUR)


def test_roster__who_is_at_work_is_relieved_after_it_and_rests_as_long_as_the_rule() -> None:
    """A call at 19:30 at the other place keeps the unit until 20:40 and 10 minutes more; six hours of rest follow."""
    unit = patrol("u", duty=(0.0, 20 * HOUR, 24 * HOUR))
    world = world_of(
        units=[unit], kinds=[CALL], injects=[incident("x", "b", 19.5 * HOUR)], values={"rest_least": 6 * HOUR}
    )
    play(world, 40 * HOUR)
    home = 19.5 * HOUR + 600.0 + HOUR + 600.0
    assert [t for t, _ in told(world, at.LOG_OFF_DUTY)] == pytest.approx([home])
    assert [t for t, _ in told(world, at.LOG_ON_DUTY)] == pytest.approx([home + 6 * HOUR])
    assert world.finish()[0][MEASURE["duty_longest_s"]] == pytest.approx(home)


def test_roster__off_duty_units_are_not_sent() -> None:
    units = [patrol("near", "b", duty=(12 * HOUR, HOUR, 24 * HOUR)), patrol("far", "a")]
    world = play(world_of(units=units, kinds=[CALL], injects=[incident("x", "b", 100.0)]), HOUR)
    assert told(world, at.LOG_DISPATCH) == [(100.0, 1)]
    seen = {int(row.unit): int(row.a) for row in world.log() if row.event == at.LOG_CONSIDER}
    assert seen == {0: int(at.RESTS), 1: int(at.AVAILABLE)}


def test_retask__only_upward_and_what_is_left_asks_again() -> None:
    """A unit on its way to a lesser call turns to the graver one; the lesser gets it when the graver is done."""
    kinds = [CALL, replace(CALL, id="grave", priority=3), replace(CALL, id="equal")]
    injects = [incident("x", "b", 0.0), incident("y", "a", 300.0, "grave")]
    world = play(world_of(units=[patrol("u")], kinds=kinds, injects=injects), 4 * HOUR)
    assert [t for t, _ in told(world, at.LOG_RETASK)] == [300.0]
    assert [t for t, _ in told(world, at.LOG_ARRIVE)] == pytest.approx([600.0, 600.0 + HOUR + 600.0])
    equal = [injects[0], incident("y", "a", 300.0, "equal")]
    for changed in ({"retask": 1.0, "injects": equal}, {"retask": 0.0, "injects": injects}):
        other = world_of(
            units=[patrol("u")], kinds=kinds, injects=changed["injects"], values={"retask": changed["retask"]}
        )
        assert told(play(other, 4 * HOUR), at.LOG_RETASK) == []


def test_retask__never_from_work_begun() -> None:
    kinds = [CALL, replace(CALL, id="grave", priority=4)]
    injects = [incident("x", "a", 0.0), incident("y", "a", 300.0, "grave")]
    world = play(world_of(units=[patrol("u")], kinds=kinds, injects=injects), 4 * HOUR)
    assert told(world, at.LOG_RETASK) == []
    assert [t for t, _ in told(world, at.LOG_ARRIVE)] == pytest.approx([0.0, HOUR])


def test_reinforcement__comes_after_its_delay_once_a_place_is_kuning() -> None:
    """Fifty violent people make the stage rise after the hold; the BKO is at its post one delay later, and is sent."""
    unit = UnitSpec("bko", "b", 30, (at.CROWD_1,), task=at.TASK_BKO)
    crowd = CrowdSpec("a", violent=(50, 0), peaceful=(50, 0), need=({}, {at.CROWD_1: 30}, {at.CROWD_1: 30}))
    values = {"bko_delay": HOUR, "bko_spread": 1.0, "hold_up": 60.0, "control_delay": 60.0, "control_spread": 1.0}
    world = play(world_of(units=[unit], crowds=[crowd], values=values), 3 * HOUR)
    stages = [float(row.t) for row in world.log() if row.event == at.LOG_STAGE]
    assert stages[0] == pytest.approx(60.0)
    assert told(world, at.LOG_HOME)[0] == (pytest.approx(60.0 + HOUR), 0)
    assert [t for t, _ in told(world, at.LOG_ARRIVE)] == pytest.approx([60.0 + HOUR + 600.0])
    never = play(world_of(units=[unit], crowds=[CrowdSpec("a", peaceful=(50, 0))], values=values), 3 * HOUR)
    assert never.state.unit[0].state == at.OUTSIDE


def gathering(people: float, minutes: float) -> list[InjectSpec]:
    """Describe a gathering at a that comes evenly."""
    rate = InjectSpec("g/0", at.ARRIVE_RATE, "a", time=0.0, amount=people, share=1 / (60 * minutes), gathering="g")
    return [rate, replace(rate, id="g/1", time=60 * minutes, share=0.0)]


@pytest.mark.parametrize(("manned", "share"), [(0, 1.0), (1, 1 - 0.6 * 0.5 / 2), (2, 1 - 0.6 * 0.5)])
def test_screening__turns_back_by_the_gates_that_are_manned(manned: int, share: float) -> None:
    """Arrivals are Poisson with the mean that the screening leaves."""
    places = [PlaceSpec("a", 0), PlaceSpec("b", 1), PlaceSpec("g1", 0, gate=True), PlaceSpec("g2", 1, gate=True)]
    units = [UnitSpec(f"s{i}", f"g{i + 1}", 10, (at.TRAFFIC,), task=at.TASK_GUARD) for i in range(manned)]
    values = {"outside_share": 0.6, "turned_back_share": 0.5, "divert_share": 0.0}
    world = world_of(
        places=places, units=units, crowds=[CrowdSpec("a")], injects=gathering(400, 60), values=values, log=False
    )
    came = [play(world, 2 * HOUR, r).state.crowd[0].came for r in range(scaled(200, 4))]
    assert abs(z_score(came, 400 * share)) < Z


def test_traffic__diverts_nobody_from_a_peaceful_assembly() -> None:
    """Traffic units at a crowd change nothing while it is hijau, to the bit; from kuning on half stays out."""
    guard = UnitSpec("s", "a", 10, (at.TRAFFIC,), task=at.TASK_GUARD)

    def came(units: list[UnitSpec], violent: int, share: float, replicate: int) -> int:
        calm = {"epsilon": 0.0, "beta": 0.0, "gamma": 0.0, "omega": 0.0, "divert_share": share, "kuning_share": 0.0}
        crowd = CrowdSpec("a", violent=(violent, 0))
        world = world_of(units=units, crowds=[crowd], injects=gathering(400, 60), values=calm, log=False)
        return int(play(world, HOUR, replicate).state.crowd[0].came) - violent

    for replicate in range(5):
        assert came([guard], 0, 0.5, replicate) == came([], 0, 0.5, replicate)
    both = [(came([guard], 200, 0.5, r), came([], 200, 0.5, r)) for r in range(20)]
    assert np.mean([a for a, _ in both]) == pytest.approx(0.5 * np.mean([b for _, b in both]), rel=0.08)


def test_streets__closed_between_two_times() -> None:
    """Who sets out while a street is closed takes the long way, before and after it the short one."""
    travel = np.zeros((2, VEHICLES, 2, 2), np.float32)
    travel[0, :, 0, 1] = travel[0, :, 1, 0] = 600.0
    travel[1, :, 0, 1] = travel[1, :, 1, 0] = 1500.0
    injects = [
        InjectSpec("c", at.CLOSE_STREETS, "", time=HOUR, amount=1),
        InjectSpec("o", at.OPEN_STREETS, "", time=3 * HOUR, amount=1),
        *(incident(f"x{i}", "b", t * HOUR) for i, t in enumerate((0.5, 1.5, 3.5))),
    ]
    world = play(
        world_of(
            units=[patrol("u", redispatch=False)], kinds=[replace(CALL, work=60.0)], injects=injects, travel=travel
        ),
        6 * HOUR,
    )
    arrived = [t for t, _ in told(world, at.LOG_ARRIVE)]
    assert arrived == pytest.approx([0.5 * HOUR + 600.0, 1.5 * HOUR + 1500.0, 3.5 * HOUR + 600.0])


def test_costs__a_closed_tps_counts_within_voting_hours_only() -> None:
    """A disruption from 06:30 to 08:10 closes the TPS for 70 minutes of the vote: 70/360 of its voters."""
    kind = replace(CALL, id="tps", effect=at.CLOSES_TPS, work=1.5 * HOUR)
    places = [PlaceSpec("a", 0), PlaceSpec("b", 1, voters=540.0)]
    world = world_of(places=places, units=[patrol("u")], kinds=[kind], injects=[incident("x", "b", 6.5 * HOUR, "tps")])
    row = play(world, 12 * HOUR).finish()[0]
    assert row[MEASURE["tps_closed_s"]] == pytest.approx(70 * 60.0)
    assert row[MEASURE["voters_kept_people"]] == pytest.approx(540.0 * 70 / 360)
    still = play(world, 7.5 * HOUR).finish()[0]
    assert still[MEASURE["tps_closed_s"]] == pytest.approx(30 * 60.0)


def test_costs__work_that_needs_all_begins_with_the_last() -> None:
    """People are held until the work is done; it begins when both the near and the far unit are there."""
    kind = replace(CALL, id="hostage", effect=at.HOLDS_PEOPLE, need={at.PATROL: 2}, full=True)
    units = [patrol("near", "b"), patrol("far", "a")]
    world = world_of(units=units, kinds=[kind], injects=[incident("x", "b", 0.0, "hostage")])
    assert play(world, 3 * HOUR).finish()[0][MEASURE["people_held_s"]] == pytest.approx(600.0 + HOUR)


def test_costs__what_nobody_answers_fades() -> None:
    kind = replace(CALL, id="convoy", effect=at.HOLDS_BALLOTS, fade=2 * HOUR)
    world = world_of(kinds=[kind], injects=[incident("x", "b", HOUR, "convoy")])
    row = play(world, 9 * HOUR).finish()[0]
    assert (row[MEASURE["ballots_held_s"]], row[MEASURE["unresolved"]]) == (pytest.approx(2 * HOUR), 0.0)


def test_harm__at_one_rate_before_the_work_and_another_after() -> None:
    """Until the unit is there at 600 s six an hour are hurt, then two an hour for an hour."""
    kind = replace(CALL, id="clash", harm=(6 / HOUR, 2 / HOUR))
    hospital = HospitalSpec("rs", "a", (500, 10, 10, 500))
    world = world_of(
        units=[patrol("u")], kinds=[kind], injects=[incident("x", "b", 0.0, "clash")], hospitals=[hospital], log=False
    )
    hurt = [play(world, 3 * HOUR, r).state.world[0].harmed for r in range(scaled(2000, 20))]
    assert abs(z_score(hurt, 6 * 600 / HOUR + 2.0)) < Z


def test_tension__multiplies_the_hazards_of_trouble_and_no_others() -> None:
    """Counts over ten hours with a tension of 3 for four of them, against Poisson means."""
    kinds = [replace(CALL, id=name, need={}) for name in ("clash", "fire")]
    hazards = [
        HazardSpec("h1", "a", "clash", tuple(0.5 / HOUR * (1 + (h % 3)) for h in range(24)), tense=True),
        HazardSpec("h2", "a", "fire", (1.0 / HOUR,) * 24),
    ]
    injects = [
        InjectSpec(f"t{i}", at.SET_TENSION, "", time=t * HOUR, amount=v)
        for i, (t, v) in enumerate([(2.5, 3.0), (6.5, 1.0)])
    ]
    world = world_of(kinds=kinds, hazards=hazards, injects=injects)
    counts: dict[int, list[int]] = {}
    for r in range(scaled(400, 10)):
        rows = play(world, 10 * HOUR, r).log()
        for kind in (4, 5):
            counts.setdefault(kind, []).append(sum(row.event == at.LOG_CALL and row.a == kind for row in rows))
    rate = [0.5 * (1 + h % 3) for h in range(10)]
    tense = 0.5 * rate[2] + sum(rate[3:6]) + 0.5 * rate[6]
    assert abs(z_score(counts[4], sum(rate) + 2 * tense)) < Z
    assert abs(z_score(counts[5], 10.0)) < Z


def test_neighbours__a_free_fire_lights_them_in_proportion_to_what_it_burns() -> None:
    """While the whole load burns, neighbours come as Poisson with mean rate · load / greatest power."""
    crowd = CrowdSpec("a", violent=(100, 0), burnable=True)
    values = {
        "ignition": 1.0,
        "neighbour_rate": 2e-3,
        "hold_up": 0.0,
        "merah_violent": 10.0,
        "fire_load": 4e9,
        "fire_power_max": 4e6,
    }
    world = world_of(crowds=[crowd], values=values, log=False)
    lit = []
    for r in range(scaled(400, 4)):
        play(world, 24 * HOUR, r)
        assert world.state.crowd[0].fire == at.BURNT
        lit.append(world.state.world[0].neighbours)
    assert abs(z_score(lit, 2e-3 * 4e9 / 4e6)) < Z


def test_patients__of_the_ordinary_day_keep_the_share_taken() -> None:
    """Long after the start each bed is taken with the chance of the start, whatever the others: a binomial count."""
    beds, share = 6, 0.85
    values = {"other_patients": 1.0, "occupancy_low": share, "occupancy_high": share, "bay_time": 100.0}
    world = world_of(hospitals=[HospitalSpec("rs", "a", (beds, 0, 0, 0))], values=values, log=False)
    taken = [int(play(world, 5000.0, r).state.hospital[0].others[0]) for r in range(scaled(4000, 40))]
    assert abs(z_score(taken, beds * share)) < Z
    assert world.state.world[0].turned_away == 0
    seen = np.bincount(taken, minlength=beds + 1)
    expected = len(taken) * stats.binom.pmf(np.arange(beds + 1), beds, share)
    few = int(np.searchsorted(np.cumsum(expected), 5.0)) + 1
    pooled = [np.concatenate([[each[:few].sum()], each[few:]]) for each in (seen, expected)]
    assert stats.chisquare(*pooled).pvalue > 1e-5


def test_patients__who_find_a_casualty_in_the_bed_go_elsewhere() -> None:
    crowd = CrowdSpec("a", violent=(200, 0))
    values = {
        "other_patients": 1.0, "occupancy_low": 0.5, "occupancy_high": 0.5, "hurt_crowd": 0.01, "bay_time": 600.0,
        "resus_time": 1e6,
    }  # fmt: skip
    world = world_of(crowds=[crowd], hospitals=[HospitalSpec("rs", "b", (8, 1, 0, 0))], values=values)
    assert play(world, 6 * HOUR).state.world[0].turned_away > 0


def test_surge__opens_bays_after_its_delay() -> None:
    """Ten hurt come to two bays: the surge opens one more, half an hour after the first had to wait."""
    crowd = CrowdSpec("a", violent=(20, 0))
    values = {
        "surge_share": 0.5,
        "surge_delay": 1800.0,
        "hurt_crowd": 0.01,
        "bay_time": 1e6,
        "resus_time": 1e6,
        "occupancy_low": 0.0,
        "occupancy_high": 0.0,
    }
    world = play(world_of(crowds=[crowd], hospitals=[HospitalSpec("rs", "b", (2, 1, 0, 0))], values=values), 3 * HOUR)
    surges = [float(row.t) for row in world.log() if row.event == at.LOG_SURGE]
    care = [float(row.t) for row in world.log() if row.event == at.LOG_CARE and row.b == at.BAY]
    assert len(surges) == 1
    assert len(care) >= 3
    assert care[2] >= surges[0]
    came = [float(row.t) for row in world.log() if row.event == at.LOG_HOSPITAL]
    assert surges[0] == pytest.approx(came[2] + 1800.0)
    assert world.state.hospital[0].open[0] == 3


def test_casualties__rows_are_taken_again_when_all_have_been_used() -> None:
    """Some six thousand casualties pass through a table of two thousand; everyone is counted once."""
    kind = KindSpec("accident", need={}, patients=2)
    hazards = [HazardSpec("h", "a", "accident", (300 / HOUR,) * 24)]
    hospital = HospitalSpec("rs", "b", (2000, 100, 100, 500))
    values = {"self_transport_share": 1.0, "ward_time": HOUR, "occupancy_low": 0.0, "occupancy_high": 0.0}
    world = world_of(kinds=[kind], hazards=hazards, hospitals=[hospital], values=values, log=False)
    world.reset(seed=1, replicate=0)
    for hour in range(1, int(scaled(11, 1))):
        world.advance(hour * HOUR)
        world.balance()
    w = world.state.world[0]
    assert w.casualties > scaled(5000, 0)
    numbers = world.state.casualty.number[: w.rows]
    assert len(set(numbers.tolist())) == w.rows


def test_recall__sends_home_and_never_from_work_begun() -> None:
    """Under the compiled policy a recalled unit turns round; one that works on the scene stays."""
    far = play(world_of(units=[patrol("u")], kinds=[CALL], injects=[incident("x", "b", 0.0)]), 100.0)
    far.order(Recall(0))
    far.advance(150.0)
    assert far.state.unit[0].incident == -1
    far.advance(250.0)
    assert told(far, at.LOG_HOME) == [(pytest.approx(200.0), 0)]
    near = play(world_of(units=[patrol("u")], kinds=[CALL], injects=[incident("x", "a", 0.0)]), 100.0)
    with pytest.raises(EngineError, match="begun work"):
        near.order(Recall(0))


def test_send__only_what_the_incident_asks_for() -> None:
    kinds = [replace(CALL, id="fire", need={at.FIRE: 1})]
    units = [patrol("u"), UnitSpec("e", "b", 4, (at.FIRE,), desk=1)]
    world = world_of(units=units, kinds=kinds, injects=[incident("x", "a", 0.0, "fire")])
    world.take_desks(1)
    play(world, 10.0)
    with pytest.raises(EngineError, match="does not ask"):
        world.order(Send(0, 0, at.PATROL))
    world.order(Send(1, 0, at.FIRE))
    assert world.state.unit[1].incident == 0


def test_gatherings__that_overlap_add_up() -> None:
    """Two gatherings of one camp at one place, one inside the other: all come."""
    inner = [replace(x, id=f"h/{i}", time=1800.0 + x.time, gathering="h") for i, x in enumerate(gathering(400, 20))]
    world = world_of(crowds=[CrowdSpec("a")], injects=[*gathering(400, 120), *inner], values={"divert_share": 0.0})
    came = [play(world, 3 * HOUR, r).state.crowd[0].came for r in range(scaled(200, 4))]
    assert abs(z_score(came, 800.0)) < Z


def test_gatherings__keep_their_size_through_a_branch() -> None:
    """The second wave of a gathering is as large as its first, whatever future is taken between them."""
    first = InjectSpec("g/0", at.ARRIVE_RATE, "a", time=0.0, amount=400, spread=2.5, share=0.5 / 600, gathering="g")
    waves = [first, replace(first, id="g/1", time=1200.0), replace(first, id="g/2", time=1800.0, share=0.0)]
    world = world_of(crowds=[CrowdSpec("a")], injects=waves, values={"divert_share": 0.0})
    for replicate in range(scaled(20, 2)):
        play(world, 900.0, replicate)
        before = float(world.state.inject[0].rate)
        world.branch(7)
        world.advance(1300.0)
        assert float(world.state.inject[1].rate) == before


def test_harm__of_trouble_is_counted_and_that_of_the_ordinary_day_is_not() -> None:
    kinds = [KindSpec("crush", patients=8, cause=at.BY_TROUBLE), KindSpec("accident", patients=2)]
    injects = [incident("x", "a", 0.0, "crush"), incident("y", "b", 0.0, "accident")]
    world = world_of(kinds=kinds, injects=injects, hospitals=[HospitalSpec("rs", "a", (20, 9, 9, 9))])
    assert play(world, HOUR).finish()[0][MEASURE["harm_people"]] == 8
    assert world.state.world[0].casualties == 10


def test_roster__duty_counts_from_its_own_start() -> None:
    """On since four in the afternoon of the day before, until four in the morning: twelve hours."""
    world = play(world_of(units=[patrol("u", duty=(16 * HOUR, 12 * HOUR, 24 * HOUR))]), 10 * HOUR)
    assert world.finish()[0][MEASURE["duty_longest_s"]] == pytest.approx(12 * HOUR)


def test_response__ends_with_the_first_unit_that_the_call_is_about() -> None:
    """A patrol beside a fire neither ends the wait for the engine nor begins its work; the engine, 600 s away, does."""
    kind = replace(CALL, id="arson", service=at.FIRE_SERVICE, need={at.FIRE: 1, at.PATROL: 1})
    units = [patrol("near", "b"), UnitSpec("engine", "a", 4, (at.FIRE,))]
    world = play(world_of(units=units, kinds=[kind], injects=[incident("x", "b", 0.0, "arson")]), 3 * HOUR)
    assert [t for t, _ in told(world, at.LOG_ARRIVE)] == pytest.approx([0.0, 600.0])
    assert world.finish()[0][MEASURE["response_fire_s"]] == pytest.approx(600.0)
    assert [float(row.t) for row in world.log() if row.event == at.LOG_CLOSE] == pytest.approx([600.0 + HOUR])


def test_duty__without_a_roster_is_not_measured() -> None:
    row = play(world_of(units=[patrol("u")]), HOUR).finish()[0]
    assert np.isnan(row[MEASURE["duty_longest_s"]])


def test_harm__one_incident_hurts_no_two_people_alike() -> None:
    """Ninety and more hurt by one incident each have a luck of their own."""
    kind = replace(CALL, id="clash", need={at.FIRE: 1}, harm=(100 / HOUR, 0.0))
    hospital = HospitalSpec("rs", "b", (500, 50, 50, 500))
    world = play(world_of(kinds=[kind], injects=[incident("x", "a", 0.0, "clash")], hospitals=[hospital]), HOUR)
    luck = world.state.casualty["luck"][: int(world.state.world[0].rows)]
    assert len(luck) > 64
    assert len(set(luck.tolist())) == len(luck)


def test_tables__refuse_what_no_kernel_could_play() -> None:
    with pytest.raises(EngineError, match="streets"):
        world_of(injects=[InjectSpec("c", at.CLOSE_STREETS, "", time=0.0, amount=1)])
    with pytest.raises(EngineError, match="fade"):
        world_of(kinds=[KindSpec("unrest", at.UNREST, fade=60.0)])
