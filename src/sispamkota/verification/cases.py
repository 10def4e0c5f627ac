"""The register of cases. A case yields rows: what a source says, what the program gives, how near is near enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..errors import Faults, shown, suggest
from . import (
    ambulance,
    attraction,
    casualties,
    choosing,
    civil_violence,
    contagion,
    hazards,
    hypercube,
    intervals,
    ishigami,
    limits,
    luck,
    motion,
    outbreaks,
    queues,
    recruitment,
    routing,
    siting,
    twice,
    unrest,
    weidmann,
)
from .row import Row, broken

__all__ = ["CASES", "Row", "verify"]

Case = Callable[..., Iterator[Row]]  # its keyword arguments change what is played, not what is expected
CASES: dict[str, Case] = {
    "philox": luck.philox,
    "travel": routing.travel,
    "oracle": twice.oracle,
    "erlang": queues.erlang,
    "service": queues.service,
    "hypercube": hypercube.hypercube,
    "ambulance": ambulance.ambulance,
    "siting": siting.siting,
    "outbreak": outbreaks.outbreak,
    "progeny": outbreaks.progeny,
    "limit": limits.limit,
    "hazards": hazards.hazards,
    "hawkes": contagion.hawkes,
    "epstein": civil_violence.civil_violence,
    "recruitment": recruitment.recruitment,
    "unrest": unrest.unrest,
    "attraction": attraction.attraction,
    "weidmann": weidmann.weidmann,
    "survival": casualties.survival,
    "triage": casualties.triage,
    "ishigami": ishigami.ishigami,
    "choosing": choosing.choosing,
    "intervals": intervals.intervals,
    "motion": motion.motion,
}


def verify(names: Sequence[str], *, begin: Callable[[str], None] = lambda _name: None) -> Iterator[Row]:
    """Run the named cases, or all where none is named, and yield their rows as they come; tell `begin` of each case.

    A case that raises ends with a row that is not met and says why, and the next one begins. Raises InputError for a
    name that is not registered.
    """
    faults = Faults()
    for name in (name for name in names if name not in CASES):
        got, remedy = shown(name), f"{suggest(name, CASES)} Name none to run them all."
        faults.add(where="verify", field="case", expected="a known case", got=got, remedy=remedy)
    faults.raise_if_any()
    for name in names or CASES:
        begin(name)
        try:
            yield from CASES[name]()
        except Exception as error:  # noqa: BLE001 - whatever it is, the table says so, and others go on
            yield broken(name, "the case, played to its end", error)
