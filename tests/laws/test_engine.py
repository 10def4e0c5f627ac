"""L10, L11, L13 on the real scenario: balance at every event, no side effects, pauses that touch nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from laws.worlds import crowd_world, default_spec, inputs, queue_world, scaled
from sispamkota.kernels import layout as at
from sispamkota.kernels.measure import MEASURES
from sispamkota.rehearsal import Run, World, rehearse
from sispamkota.rehearsal.specs import InjectSpec, KindSpec, UnitSpec
from sispamkota.rehearsal.tables import build_tables

HORIZON = 7200.0


def played(world: World, replicate: int, horizon: float = HORIZON, seed: int = 31) -> tuple[bytes, bytes]:
    """Play a replicate and return its measures as bytes."""
    world.reset(seed=seed, replicate=replicate)
    world.advance(horizon)
    row, crowds = world.finish()
    return row.tobytes(), crowds.tobytes()


def test_balance__holds_at_every_event() -> None:
    """L10: people, units, beds, incidents and the agenda are accounted for after each single event."""
    world = World(build_tables(default_spec()))
    for replicate in range(scaled(5, 1)):
        world.reset(seed=31, replicate=replicate)
        world.balance()
        events = 0
        while world.step(scaled(7200, 700)):
            world.balance()
            events += 1
        assert events > scaled(2000, 300)


def test_balance__who_came_is_present_left_dispersed_detained_or_hurt() -> None:
    """L10 from outside: the crowd's own counters, and the casualties that they made."""
    world = World(build_tables(default_spec()))
    world.reset(seed=32, replicate=1)
    world.advance(scaled(7200, 1900))
    hurt = 0
    for c in world.state.crowd:
        assert c.came == c.S.sum() + c.I.sum() + c.R + c.left + c.dispersed + c.detained + c.hurt
        hurt += int(c.hurt)
    people = world.state.casualty[: int(world.state.world[0].casualties)]
    civilians = np.count_nonzero((people.side == at.CIVILIAN) & (people.cause != at.BY_ACCIDENT))
    assert hurt == civilians > 0


def test_side_effects__a_unit_never_dispatched_changes_nothing() -> None:
    """L11: one more unit, at no crowd and able to do nothing asked for: all but the idle count stays, to the bit."""
    spec = default_spec()
    away = next(place.id for place in spec.places if place.id not in {crowd.place for crowd in spec.crowds})
    idler = UnitSpec("aaa-first-by-name", away, 25, (at.COMMAND,), turnout=60.0, turnout_spread=1.5)
    world, other = World(build_tables(spec)), World(build_tables(replace(spec, units=[idler, *spec.units])))
    at_low = MEASURES.index("reserve_low_people")
    for replicate in range(scaled(20, 1)):
        horizon = scaled(7200, 700)
        row, crowds = played(world, replicate, horizon)
        row2, crowds2 = played(other, replicate, horizon)
        mine, its = np.frombuffer(row).copy(), np.frombuffer(row2).copy()
        its[at_low] -= 25
        assert mine.tobytes() == its.tobytes()
        assert crowds == crowds2


def test_side_effects__an_incident_that_requires_nothing_changes_nothing() -> None:
    """L11: a call at minute 30 that asks for nobody; only the count of events grows."""
    spec = default_spec()
    empty = KindSpec("nothing")
    call = InjectSpec("call-for-nothing", at.MAKE_INCIDENT, spec.places[-1].id, time=1800.0, kind="nothing")
    more = replace(spec, kinds=[*spec.kinds, empty], injects=[*spec.injects, call])
    world, other = World(build_tables(spec)), World(build_tables(more))
    events = MEASURES.index("events")
    for replicate in range(scaled(20, 1)):
        horizon = scaled(7200, 700)
        row, crowds = played(world, replicate, horizon)
        row2, crowds2 = played(other, replicate, horizon)
        mine, its = np.frombuffer(row).copy(), np.frombuffer(row2).copy()
        assert its[events] == mine[events] + 2
        its[events] = mine[events]
        assert mine.tobytes() == its.tobytes()
        assert crowds == crowds2


def test_side_effects__a_place_untouched_keeps_its_luck() -> None:
    """Same luck: more officers at one office leave the crowd at the other as it was, while nothing links them."""
    spec = replace(default_spec(), parameters=dict(default_spec().parameters) | {"beta_between": 0.0})
    guard = UnitSpec("zz-extra", "kpu", 40, (at.CROWD_0,), task=at.TASK_GUARD)
    world, other = World(build_tables(spec)), World(build_tables(replace(spec, units=[*spec.units, guard])))
    same = different = 0
    for replicate in range(scaled(20, 1)):
        rows = [played(each, replicate, scaled(2380, 700))[1] for each in (world, other)]
        crowds = [np.frombuffer(row).reshape(2, -1) for row in rows]
        same += crowds[0][1].tobytes() == crowds[1][1].tobytes()
        different += crowds[0][0].tobytes() != crowds[1][0].tobytes()
    assert same == different == scaled(20, 1)


def test_workers__one_two_and_seven_give_the_same_bytes() -> None:
    """L11: the number of workers, and so the order of the batches, is not in the result."""
    replicates = scaled(130, 2)
    texts = [
        rehearse(*inputs(), replicates=replicates, seed=7, run=Run(workers=workers)).to_json() for workers in (1, 2, 7)
    ]
    assert texts[0] == texts[1] == texts[2]


def test_pause__advance_in_steps_equals_advance_at_once() -> None:
    """L13: pauses at any time change nothing, to the bit, of the whole state."""
    world = World(build_tables(default_spec()))
    rng = np.random.default_rng(5)
    horizon = scaled(7200, 700)
    for replicate in range(scaled(10, 1)):
        futures = []
        for pauses in ([], np.sort(rng.uniform(0.0, horizon, 40))):
            world.reset(seed=31, replicate=replicate)
            for t in [*pauses, horizon]:
                world.advance(float(t))
            futures.append([part.tobytes() for part in world.state])
        assert futures[0] == futures[1]


def test_step__leaves_the_clock_at_its_event() -> None:
    world = queue_world(3, 1.5, waits=True)
    world.reset(seed=1, replicate=0)
    world.advance(10.0)
    due = float(world.state.slot.time[world.state.slot.heap[0]])
    assert world.step(due)
    assert world.now == due
    world = crowd_world(0, 1, omega=1.0)
    world.reset(seed=1, replicate=0)
    last = 0.0
    while world.step(1e6):
        last = world.now
    assert 0.0 < last < 1e3
    assert world.now == 1e6


def test_snapshot__restoring_is_a_no_op() -> None:
    """L13: play on, set back, play on again: the same future; and a world set to another's snapshot has that future."""
    tables = build_tables(default_spec())
    world, twin = World(tables), World(tables)
    horizon = scaled(7200, 700)
    world.reset(seed=33, replicate=2)
    world.advance(scaled(1700, 400))
    kept = world.snapshot()
    futures = []
    for each in (world, world, twin):
        each.restore(kept)
        each.advance(horizon)
        row, crowds = each.finish()
        futures.append((row.tobytes(), crowds.tobytes()))
    assert futures[0] == futures[1] == futures[2]


def test_replicate__depends_on_seed_and_number_only() -> None:
    """A replicate is addressable: alone, after others or in another world it is the same; another seed is not."""
    world = World(build_tables(default_spec()))
    horizon = scaled(7200, 700)
    alone = played(World(build_tables(default_spec())), 17, horizon)
    for replicate in (3, 9):
        played(world, replicate, horizon)
    assert played(world, 17, horizon) == alone
    assert played(world, 17, horizon, seed=32) != alone


def test_rerun__gives_the_stored_row() -> None:
    """`rerun` plays one replicate from the stored world and meets its row exactly."""
    ensemble = rehearse(*inputs(), replicates=scaled(60, 2), seed=3)
    number = scaled(17, 1)
    again = ensemble.rerun(number)
    assert again.equals(ensemble.rows[ensemble.rows["replicate"] == number].reset_index(drop=True))
