"""A policy in Python: the same answers as the compiled one, orders that are refused in words, desks held by people."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from laws.worlds import default_spec, queue_world, scaled
from sispamkota.errors import EngineError
from sispamkota.kernels import layout as at
from sispamkota.kernels.measure import MEASURES
from sispamkota.rehearsal.policy import AskToLeave, CallReinforcement, Nearest, Order, Recall, Send
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
