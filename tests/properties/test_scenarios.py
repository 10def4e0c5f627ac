"""Any city of 3 to 60 places, any force, any scenario: the engine plays it, and everything stays accounted for."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from laws.worlds import PLAIN, scaled
from properties.checks import check_bytes, check_finish, check_now, play_checked
from properties.random_worlds import RandomWorld, random_worlds
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World

EACH, MOST = 60, scaled(1500, 60)  # events after each of which the balance is drawn; events in all
QUICK = settings(
    max_examples=scaled(120, 4), deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
)  # fmt: skip
WHOLE = settings(QUICK, max_examples=scaled(500, 20), derandomize=True)


def hold(made: RandomWorld) -> None:
    """Play a world once, again in a fresh one with pauses, and again in the used one: sound, and the same bytes."""
    tables = build_tables(made.spec)
    world = World(tables, log=True)
    world.reset(seed=made.seed, replicate=made.replicate)
    check_now(world)
    end = play_checked(world, made.until, each=EACH, most=MOST)
    left = check_bytes(world), check_finish(world).tobytes()
    fresh = World(tables, log=True)
    for again, pauses in ((fresh, sorted(made.pauses)), (world, [])):
        again.reset(seed=made.seed, replicate=made.replicate)
        for part in pauses:
            again.advance(part * end)
        again.advance(end)
        assert (check_bytes(again), check_finish(again).tobytes()) == left


@QUICK
@given(random_worlds())
def test_worlds__are_sound_and_repeatable(made: RandomWorld) -> None:
    hold(made)


@pytest.mark.slow
@WHOLE
@given(random_worlds())
def test_worlds__five_hundred(made: RandomWorld) -> None:
    hold(made)
