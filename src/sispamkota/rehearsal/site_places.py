"""Which crowds of a scenario stand at the office of a site: those at protected places that the site stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sispamkota.errors import Faults
from sispamkota.place import City

from .scenario import Scenario
from .specs import CrowdSpec

__all__ = ["at_site"]


def at_site(crowds: Sequence[CrowdSpec], scenario: Scenario, city: City, faults: Faults) -> list[CrowdSpec]:
    """Mark the crowds at a scenario's site, none without one; a fault where it stands for none of the places."""
    if scenario.rates is None:
        return list(crowds)
    meant, unknown = set[str](), Faults()
    for word in scenario.rates.file.stands_for:
        found = city.find_or_fault(word, unknown, "--site")
        meant |= set() if found is None else {found.ref}
    marked = [replace(each, site=each.protected and each.place in meant) for each in crowds]
    known = bool(crowds) or not scenario.file.places  # else it is told already why none is
    if known and not any(each.site for each in marked):
        got = ", ".join(each.place for each in crowds[:5]) or "nobody gathers"
        expected = f"a protected place that the site stands for: {', '.join(scenario.rates.file.stands_for)}"
        remedy = "Choose another scenario, or write the place under stands_for in the site."
        faults.add(where="--site", field="stands_for", expected=expected, got=got, remedy=remedy)
    return marked
