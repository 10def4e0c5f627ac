"""What a row is evidence of: the engine, another part of the program, a reference model, or a formula of our own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .row import Row

__all__ = ["KINDS", "kind", "totals"]

# engine: what the rehearsal, the simulator of `risk` or the people of the site view do when they are played
# part: another part of the program that answers by itself: streets, siting, intervals, fits, the random generator
# reference: a small model here, which shows that we understand the literature, not that the rehearsal is right
# formula: a formula or equations that we solve, held against a table: no simulation at all
KINDS = ("engine", "part", "reference", "formula")

# the kind of a case's rows, and of those whose quantity has one of the words
_OF_CASE: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "philox": ("part", {}),
    "travel": ("part", {}),
    "oracle": ("engine", {}),
    "erlang": ("engine", {"by formula": "formula"}),
    "service": ("engine", {"reference model": "reference"}),
    "hypercube": ("formula", {"engine": "engine", "plan's solver": "part"}),
    "ambulance": ("engine", {}),
    "siting": ("part", {}),
    "outbreak": ("formula", {"engine": "engine", "reference model": "reference"}),
    "progeny": ("engine", {"by formula": "formula"}),
    "limit": ("engine", {}),
    "hazards": ("part", {}),
    "hawkes": ("engine", {"by formula": "formula", "found": "part", "the fit's": "part"}),
    "epstein": ("reference", {}),
    "recruitment": ("reference", {"mean field": "formula"}),
    "unrest": ("formula", {"engine": "engine", "found": "reference"}),
    "attraction": ("reference", {}),
    "weidmann": ("formula", {}),
    "survival": ("engine", {}),
    "triage": ("reference", {}),
    "ishigami": ("part", {"Sobol": "reference"}),
    "choosing": ("part", {}),
    "intervals": ("part", {}),
    "motion": ("engine", {}),
}


def kind(row: Row) -> str:
    """Say of which of KINDS a row is."""
    usual, words = _OF_CASE[row.case]
    return next((other for word, other in words.items() if word in row.quantity), usual)


def totals(rows: Iterable[Row]) -> dict[str, tuple[int, int]]:
    """Count rows by kind: (met, all), in the order of KINDS, kinds without a row left out."""
    counts = dict.fromkeys(KINDS, (0, 0))
    for row in rows:
        met, every = counts[kind(row)]
        counts[kind(row)] = (met + row.met, every + 1)
    return {name: both for name, both in counts.items() if both[1]}
