"""The rehearsal's model written twice: the engine beside the oracle, at every event of small random worlds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from .oracle.beside import TOLERANCE, Disagreement, play_beside
from .oracle.coverage import Coverage
from .oracle.worlds import random_world
from .row import Row

__all__ = ["oracle"]

WORLDS, EVENTS = 100, 300
SOURCE = "the same model in plain Python"


def oracle(*, engine: Mapping[str, float] = MappingProxyType({}), worlds: int = WORLDS) -> Iterator[Row]:
    """Count the worlds in which the two part, and what the model can do that none of the worlds has shown.

    `engine`: parameters that the engine alone is given.
    """
    coverage, parted, events = Coverage(), 0, 0
    for number in range(worlds):
        try:
            events += play_beside(random_world(number), events=EVENTS, coverage=coverage, engine=engine)
        except Disagreement:
            parted += 1
    what = f"worlds of {worlds} that part (whole numbers equal, reals to {TOLERANCE:g})"
    yield Row("oracle", what, SOURCE, 0.0, parted, 0.0)
    yield Row(
        "oracle", f"kinds of event and state not seen in {events} events", SOURCE, 0.0, len(coverage.missing()), 0.0
    )
