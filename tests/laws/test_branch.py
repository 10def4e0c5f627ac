"""L13: a branch redraws what has no memory under a key of its own; the laws that it must then obey."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from laws.test_hazards import by_hour, fits, hazard_world
from laws.worlds import PLAIN, crowd_world, default_spec, queue_world, scaled
from sispamkota.errors import InputError
from sispamkota.kernels import layout as at
from sispamkota.kernels.branch import branch_key
from sispamkota.rehearsal import World
from sispamkota.rehearsal.specs import HazardSpec
from sispamkota.rehearsal.tables import build_tables

LEVEL = 1e-5
HOUR = 3600.0
BRANCHES = scaled(3000, 200)


def future(world, state, number, until):
    """What becomes of a branch: its state as bytes, without the addresses of the header."""
    world.restore(state)
    world.branch(number)
    world.advance(until)
    return b"".join(part.tobytes() for name, part in world.state._asdict().items() if name != "world")


def crowd_at_work():
    """A crowd in which several channels run, a while after its start."""
    world = crowd_world(40, 10, beta=2e-3, gamma=1e-3, omega=5e-4, leave_rate=1e-4, epsilon=1e-5)
    world.reset(seed=61, replicate=3)
    world.advance(400.0)
    return world


def test_branch__the_same_is_the_same_and_others_are_others():
    world = World(build_tables(default_spec()))
    world.reset(seed=61, replicate=0)
    world.advance(scaled(3000, 600))
    state, until = world.snapshot(), scaled(4200, 900)
    first, again, other = (future(world, state, number, until) for number in (1, 1, 2))
    assert first == again
    assert first != other
    world.restore(state)
    world.branch(1)
    deeper = world.snapshot()
    assert future(world, deeper, 1, until) not in (first, other)
    assert int(world.state.world[0].replicate) == 0
    assert int(world.state.world[0].branches) == 2


def test_branch__balance_holds_and_a_world_not_branched_is_untouched():
    world = World(build_tables(default_spec()))
    world.reset(seed=61, replicate=1)
    world.advance(scaled(2500, 600))
    state = world.snapshot()
    world.advance(scaled(3600, 900))
    plain = world.finish()[0]
    world.restore(state)
    world.branch(7)
    world.balance()
    while world.step(scaled(3600, 900)):
        world.balance()
    world.restore(state)
    world.advance(scaled(3600, 900))
    assert world.finish()[0].tobytes() == plain.tobytes()
    world.reset(seed=61, replicate=1)
    assert int(world.state.world[0].branches) == 0


def test_keys__of_branches_and_their_branches_all_differ():
    keys = {7, *(int(branch_key(np.uint64(7), 0, n)) for n in range(300))}
    keys |= {int(branch_key(np.uint64(key), 0, n)) for key in list(keys) for n in range(20)}
    assert len(keys) == 301 + 300 * 20 + 20 - 20  # the first 20 of key 7 are there already
    assert branch_key(np.uint64(7), 0, 1) != branch_key(np.uint64(7), 1, 1)
    assert branch_key(np.uint64(7), 0, 1) != branch_key(np.uint64(7), 0, 1 + 2**32)


@pytest.mark.parametrize("number", [-1, 2**63])
def test_branch__refuses_other_numbers(number):
    with pytest.raises(InputError, match="branch"):
        crowd_at_work().branch(number)


def test_crowd__what_is_left_of_every_wait_is_exponential_again():
    """Rate × what is left is Exp(1) for each running channel over many branches, and what is left apart of the rest."""
    world = crowd_at_work()
    state, now = world.snapshot(), world.now
    running = np.flatnonzero(state.crowd[0].rate > 0.0)
    assert len(running) >= 4
    left = np.empty((BRANCHES, len(running)))
    for number in range(BRANCHES):
        world.restore(state)
        world.branch(number)
        c = world.state.crowd[0]
        assert (c.rate == state.crowd[0].rate).all()
        left[number] = (c.due[running] - now) * c.rate[running]
    for column in left.T:
        assert stats.kstest(column, "expon").pvalue > LEVEL
    error = 4.42 / np.sqrt(BRANCHES)
    apart = np.corrcoef(stats.expon.cdf(np.hstack([left[:-1], left[1:]])).T)  # other channels, and the next sibling
    assert np.abs(apart[np.triu_indices(len(apart), 1)]).max() < error * 1.2


def test_crowd__one_that_stands_still_keeps_a_fresh_wait():
    world = crowd_world(10, 0)
    world.reset(seed=61, replicate=0)
    before = world.state.crowd[0].residual.copy()
    world.branch(1)
    c = world.state.crowd[0]
    assert np.isinf(c.due).all()
    assert (c.residual != before).all()


def test_hazards__are_poisson_after_a_branch_at_any_moment():
    """Branched in the middle of an hour, and again: the count of the rest is Poisson with the rest of the integral."""
    world = hazard_world(HazardSpec("h", "p", "strike", by_hour(h0=5.0, h1=1.0, h2=3.0)))
    world.reset(seed=61, replicate=0)
    world.advance(0.3 * HOUR)
    state, done = world.snapshot(), int(world.state.hazard[0].k)
    counts = []
    for number in range(BRANCHES):
        world.restore(state)
        world.branch(number)
        world.advance(0.5 * HOUR)
        world.branch(number)
        world.advance(3.0 * HOUR)
        counts.append(int(world.state.hazard[0].k) - done)
    assert fits(np.array(counts), stats.poisson(0.7 * 5.0 + 1.0 + 3.0)) > LEVEL


def test_service__of_exponential_length_starts_anew_and_a_fixed_one_does_not():
    world = queue_world(3, 2.0, waits=True)
    world.reset(seed=61, replicate=0)
    while np.count_nonzero(np.isfinite(world.state.incident.end) & (world.state.incident.state == at.OPEN)) < 3:
        world.step(1e4)
    state, now = world.snapshot(), world.now
    busy = np.flatnonzero(np.isfinite(state.incident.end) & (state.incident.state == at.OPEN))
    left = np.empty((BRANCHES, len(busy)))
    for number in range(BRANCHES):
        world.restore(state)
        world.branch(number)
        world.balance()
        left[number] = world.state.incident.end[busy] - now
    assert all(stats.kstest(column, "expon").pvalue > LEVEL for column in left.T)
    fixed = queue_world(3, 2.0, waits=True)
    fixed.tables.kind.law[:] = at.FIXED
    fixed.restore(state)
    fixed.branch(1)
    assert (fixed.state.incident.end[busy] == state.incident.end[busy]).all()


@pytest.mark.skipif(PLAIN, reason="thousands of outbreaks; the compiled run covers it")
def test_outbreak__branched_on_the_way_keeps_the_law_of_its_end():
    """A branch after 5 s and one after 60 s change what happens, and not its law: sizes as without, by Kolmogorov."""
    world = crowd_world(20, 2, beta=2.0 / 60.0, omega=1.0 / 60.0)
    sizes = {False: [], True: []}
    for branched, seed in ((False, 62), (True, 63)):
        for replicate in range(4000):
            world.reset(seed=seed, replicate=replicate)
            for pause in (5.0, 60.0):
                world.advance(pause)
                if branched:
                    world.branch(1)
            world.advance(1e6)
            sizes[branched].append(int(world.state.crowd[0].R))
    table = np.array([np.bincount(each, minlength=23) for each in sizes.values()])[:, 2:]
    table = np.array([[part.sum() for part in np.array_split(row, 7)] for row in table])
    assert stats.chi2_contingency(table).pvalue > LEVEL
