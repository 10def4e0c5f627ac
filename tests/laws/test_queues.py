"""L1: one place, one-person units, exponential service: Erlang B without a queue, Erlang C with one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from laws.worlds import queue_world, scaled, z_score
from sispamkota.verification.queues import ERLANG, erlang_b

TABLE = ERLANG  # (servers, offered load): Erlang B, Erlang C, mean wait in service times
LEVEL = 4.42  # two-sided 1e-5 under the normal law, for each comparison
WARM, SPAN = scaled(60, 10), scaled(540, 60)  # service times


def test_table__agrees_with_the_recursion() -> None:
    """The published table and the formula are two sources; they must agree before the engine is held against them."""
    for (servers, load), (loss, wait, mean) in TABLE.items():
        b = erlang_b(servers, load)
        c = servers * b / (servers - load * (1 - b))
        assert math.isclose(b, loss, abs_tol=5e-9)
        assert math.isclose(c, wait, abs_tol=5e-9)
        assert math.isclose(c / (servers - load), mean, abs_tol=5e-9)


@pytest.mark.parametrize("case", TABLE)
def test_loss__is_erlang_b(case: tuple[int, float]) -> None:
    """L1 without a queue: the share of calls that find every unit busy."""
    world = queue_world(*case, waits=False)
    shares = []
    for replicate in range(scaled(300, 5)):
        world.reset(seed=11, replicate=replicate)
        world.advance(WARM)
        opened, lost = int(world.state.world[0].opened), int(world.state.world[0].lost)
        world.advance(WARM + SPAN)
        shares.append((world.state.world[0].lost - lost) / (world.state.world[0].opened - opened))
    assert abs(z_score(shares, TABLE[case][0])) < LEVEL


@pytest.mark.parametrize("case", TABLE)
def test_queue__is_erlang_c(case: tuple[int, float]) -> None:
    """L1 with a first-come queue: the share of calls that wait, and the mean wait over all calls."""
    world = queue_world(*case, waits=True)
    shares, means = [], []
    for replicate in range(scaled(300, 5)):
        world.reset(seed=12, replicate=replicate)
        world.advance(WARM + SPAN)
        table = world.state.response[: int(world.state.world[0].responses)]
        waits = np.asarray(table.seconds)[np.asarray(table.called) > WARM]
        assert len(waits) > 0.5 * case[1] * SPAN
        shares.append(np.mean(waits > 0.0))
        means.append(np.mean(waits))
    assert abs(z_score(shares, TABLE[case][1])) < LEVEL
    assert abs(z_score(means, TABLE[case][2])) < LEVEL


def test_queue__serves_in_order_of_call() -> None:
    """First come, first served: the calls of one kind are reached in the order in which they were made."""
    world = queue_world(3, 1.5, waits=True)
    world.reset(seed=13, replicate=0)
    world.advance(200.0)
    called = np.asarray(world.state.response.called[: int(world.state.world[0].responses)])
    assert np.all(np.diff(called) >= 0.0)
