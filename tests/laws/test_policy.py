"""A policy in Python: the same answers as the compiled one, orders that are refused in words, desks held by people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from laws.worlds import default_spec, queue_world, scaled
from sispamkota.errors import EngineError
from sispamkota.kernels import layout as at
from sispamkota.kernels.measure import MEASURES
from sispamkota.rehearsal.policy import (
    AllowGas,
    AskToLeave,
    CallReinforcement,
    CapForce,
    ChangeLine,
    HandOver,
    HoldCommand,
    Nearest,
    Order,
    Recall,
    Send,
)
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World

HORIZON = 7200.0


def _rows(world: World, replicates: int) -> np.ndarray:
    rows = []
    for replicate in range(replicates):
        world.reset(seed=3, replicate=replicate)
        world.advance(HORIZON)
        world.balance()
        rows.append(world.finish()[0])
    return np.array(rows)


def test_policy__nearest_in_python_equals_the_compiled_one() -> None:
    """The plug-in gets every decision: where units become free one at a time, its replicates are ours to the bit.

    Of units that become free at one moment the compiled policy asks each what waits for it, and Python the incident who
    is nearest: so a few replicates of the default scenario part, and no more than a few.
    """
    same = [i for i, name in enumerate(MEASURES) if name != "events"]
    ours, theirs = queue_world(3, 2.5, waits=True), queue_world(3, 2.5, waits=True)
    theirs.policy = Nearest()
    for world in (ours, theirs):
        world.reset(seed=3, replicate=0)
        world.advance(scaled(2000, 100))
    np.testing.assert_array_equal(ours.state.response, theirs.state.response)
    np.testing.assert_array_equal(ours.finish()[0][same], theirs.finish()[0][same])
    tables, n = build_tables(default_spec()), scaled(20, 1)
    equal = np.isclose(
        _rows(World(tables), n)[:, same],
        _rows(World(tables, policy=Nearest()), n)[:, same],
        rtol=0,
        atol=0,
        equal_nan=True,
    )
    assert np.mean(equal.all(axis=1)) >= 0.8


class _Nobody:
    """Answer nothing, ever."""

    def decide(self, world: World, incident: int) -> Iterator[Order]:
        """Send nobody."""
        yield from ()


def test_policy__that_sends_nobody_leaves_all_units_idle() -> None:
    world = World(build_tables(default_spec()), policy=_Nobody())
    world.reset(seed=1, replicate=0)
    world.advance(HORIZON)
    assert set(world.state.unit["state"]) <= {at.IDLE, at.OUTSIDE, at.OFF_DUTY}
    world.balance()


def test_order__is_carried_out_or_refused_in_words() -> None:
    """Every action of the closed list once in force and once refused; a refusal changes nothing."""
    world = World(build_tables(default_spec()), policy=_Nobody())
    world.reset(seed=1, replicate=0)
    with pytest.raises(EngineError, match="nobody is gathered"):
        world.order(AskToLeave(0))
    world.advance(1800.0)
    incident = next(i for i in range(len(world.state.incident)) if world.state.incident[i].state == at.OPEN)
    caps = world.state.incident[incident].need
    capability = int(np.argmax(caps > 0))
    standing, seconds = world.survey(incident, capability)
    free = int(np.argmin(np.where(standing == at.AVAILABLE, seconds, np.inf)))
    able = world.tables.unit_t["caps"] >> capability & 1
    unable = int(np.argmin(able))
    before = world.snapshot()
    with pytest.raises(EngineError, match="not the capability"):
        world.order(Send(unable, incident, capability))
    with pytest.raises(EngineError, match="no work"):
        world.order(Recall(free))
    for old, new in zip(before, world.snapshot(), strict=True):
        assert old.tobytes() == new.tobytes()
    world.order(Send(free, incident, capability))
    assert world.state.unit[free].incident == incident
    with pytest.raises(EngineError, match="busy"):
        world.order(Send(free, incident, capability))
    world.order(Recall(free))
    world.order(AskToLeave(0))
    assert world.state.crowd[0].asked == 1
    world.order(CallReinforcement())
    with pytest.raises(EngineError, match="asked for already"):
        world.order(CallReinforcement())
    world.advance(HORIZON)
    world.balance()


def test_desks__their_units_wait_for_people() -> None:
    """With all desks held nobody is sent by the policy; with one held, only its units wait."""
    tables = build_tables(default_spec())
    world = World(tables)
    world.take_desks(*set(tables.unit_t["desk"].tolist()))
    world.reset(seed=1, replicate=0)
    world.advance(HORIZON)
    assert set(world.state.unit["state"]) == {at.IDLE}
    desk = int(tables.unit_t["desk"][0])
    world.take_desks(desk)
    world.reset(seed=1, replicate=0)
    world.advance(HORIZON)
    held = tables.unit_t["desk"] == desk
    assert (world.state.unit["k"][held] == 0).all()
    assert (world.state.unit["k"][~held] > 0).any()


def test_order__of_a_row_that_is_not_there_is_refused() -> None:
    """No row of another memory is read or written: each row below zero and past the end, in every order and survey."""
    world = World(build_tables(default_spec()), policy=_Nobody())
    world.reset(seed=1, replicate=0)
    units, incidents, crowds = len(world.state.unit), len(world.state.incident), len(world.state.crowd)
    for wrong in (-1, 10**9):
        orders = [Send(wrong, 0, 0), Send(0, wrong, 0), Send(0, 0, wrong), Recall(wrong), AskToLeave(wrong)]
        for order in orders:
            with pytest.raises(EngineError, match="there is no"):
                world.order(order)
        with pytest.raises(EngineError, match="there is no"):
            world.survey(wrong, 0)
    for order in (Send(units, 0, 0), Send(0, incidents, 0), Recall(units), AskToLeave(crowds)):
        with pytest.raises(EngineError, match="there is no"):
            world.order(order)


def _tense(*, held: bool) -> World:
    """Play to the 60th minute with the command of all places held by people or not; the first is then tense."""
    world = World(build_tables(default_spec()))
    world.reset(seed=1, replicate=0)
    for crowd in range(len(world.state.crowd)) if held else ():
        world.order(HoldCommand(crowd))
    world.advance(3600.0)
    return world


def test_command__waits_for_people_where_they_hold_it() -> None:
    """Nobody but they hands over control and line; what they order is what the engine would have done by itself."""
    free, held = _tense(held=False), _tense(held=True)
    crowd = held.state.crowd[0]
    assert free.state.crowd[0].control > 0, "the case is tense enough that the engine hands control over"
    assert (crowd.control, crowd.line, int(held.state.world[0].reinforced)) == (at.HIJAU, 0, 0)
    assert crowd.stage > at.HIJAU
    with pytest.raises(EngineError, match="no higher line"):
        held.order(ChangeLine(0))
    while crowd.control < crowd.stage:
        held.order(HandOver(0))
    with pytest.raises(EngineError, match="does not call for a higher command"):
        held.order(HandOver(0))
    for _ in range(60):
        held.advance(held.now + 30.0)
        if crowd.officers[1:].sum():
            break
    held.order(ChangeLine(0))
    with pytest.raises(EngineError, match="handed over there already"):
        held.order(ChangeLine(0))
    assert np.isfinite(crowd.line_due)
    held.advance(HORIZON)
    held.balance()


def test_command__given_back_goes_on_by_itself() -> None:
    world = _tense(held=True)
    world.order(HoldCommand(0, on=False))
    world.advance(4500.0)
    assert world.state.crowd[0].control > at.HIJAU
    world.advance(HORIZON)
    world.balance()


def _merah() -> World:
    """Play until the first place is at merah under the Kapolda, in the first replicate in which it comes to that."""
    world = World(build_tables(default_spec()))
    crowd = world.state.crowd[0]
    for replicate in range(40):
        world.reset(seed=1, replicate=replicate)
        for t in np.arange(1500.0, HORIZON, 60.0):
            world.advance(t)
            if crowd.control == crowd.stage == at.MERAH and crowd.force > 0:
                return world
    raise AssertionError("no replicate comes to merah")


def test_force__goes_no_further_than_its_cap_and_gas_needs_leave_and_a_way_out() -> None:
    """The use of force at a place is what doctrine ties to the stage, less a cap; tear gas by leave, never enclosed."""
    world = _tense(held=False)
    crowd = world.state.crowd[0]
    as_rule = int(crowd.force)
    assert as_rule > 2
    world.order(CapForce(0, 2))
    assert crowd.force == 2
    world.order(CapForce(0, 0))
    assert crowd.force == as_rule
    world = _merah()
    crowd = world.state.crowd[0]
    world.order(AllowGas(0))
    assert crowd.force == 5
    world.order(AllowGas(0, on=False))
    assert crowd.force == int(world.state.param[0].force_merah)
    world.tables.crowd_t["enclosed"][0] = 1
    with pytest.raises(EngineError, match="no tear gas at an enclosed place"):
        world.order(AllowGas(0))
    assert crowd.force < 5


def test_inject__plays_when_it_is_let_happen() -> None:
    """An inject that waits for ever plays when the controller lets it, through the engine's own path."""
    spec = default_spec()
    row = replace(spec.injects[-1], id="live", time=np.inf, watch=None)
    world = World(build_tables(replace(spec, injects=[*spec.injects, row])), log=True)
    plain = World(build_tables(spec))
    for each in (world, plain):
        each.reset(seed=1, replicate=0)
        each.advance(600.0)
    for table in ("crowd", "unit", "incident", "casualty"):
        assert getattr(world.state, table).tobytes() == getattr(plain.state, table).tobytes(), table
    last = len(spec.injects)
    world.let_happen(last, after=60.0)
    world.advance(659.0)
    assert world.state.inject[last].fired == 0
    world.advance(660.0)
    assert world.state.inject[last].fired == 1
    with pytest.raises(EngineError, match="there is no inject"):
        world.let_happen(last + 1)


def test_desks__given_back_what_they_left_open_is_answered() -> None:
    """A desk given back while incidents wait: the engine sends its units at once."""
    tables = build_tables(default_spec())
    world = World(tables)
    world.reset(seed=1, replicate=0)
    world.take_desks(*set(tables.unit_t["desk"].tolist()))
    world.advance(3600.0)
    assert set(world.state.unit["state"]) == {at.IDLE}
    world.take_desks()
    world.advance(3600.0)
    assert set(world.state.unit["state"]) != {at.IDLE}
    world.balance()
