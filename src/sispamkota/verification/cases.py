"""The register of cases. A case yields rows: what a source says, what the program gives, how near is near enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..errors import Faults, shown, suggest
from . import engine, hazards, luck, motion, routing, twice
from .row import Row

__all__ = ["CASES", "Row", "verify"]

CASES: dict[str, Callable[[], Iterator[Row]]] = {
    "philox": luck.philox,
    "travel": routing.travel,
    "erlang": engine.erlang,
    "outbreak": engine.outbreak,
    "oracle": twice.oracle,
    "hazards": hazards.coverage,
    "motion": motion.motion,
}


def verify(names: Sequence[str]) -> Iterator[Row]:
    """Run the named cases, or all where none is named, and yield their rows as they come.

    Raises InputError for a name that is not registered.
    """
    faults = Faults()
    for name in (name for name in names if name not in CASES):
        got, remedy = shown(name), f"{suggest(name, CASES)} Name none to run them all."
        faults.add(where="verify", field="case", expected="a known case", got=got, remedy=remedy)
    faults.raise_if_any()
    for name in names or CASES:
        yield from CASES[name]()
