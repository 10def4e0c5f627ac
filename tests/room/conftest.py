"""One exercise, set in its city and played once."""

from __future__ import annotations

import pytest

from room.drill import Drill, play
from sispamkota.exercise import ExerciseLog, Setup, load_exercise, make_setup


@pytest.fixture(scope="session")
def kpu() -> Setup:
    """The embedded exercise."""
    return make_setup(load_exercise("kpu-bawaslu"))


@pytest.fixture(scope="session")
def drill(kpu: Setup) -> Drill:
    """The drill that a script plays."""
    return play(kpu)


@pytest.fixture(scope="session")
def log(drill: Drill) -> ExerciseLog:
    """Its log."""
    return drill.room.log()
