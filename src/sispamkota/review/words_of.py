"""Words that come from names in the data: short names of places, letter codes of agencies."""

from __future__ import annotations

from collections.abc import Callable

from sispamkota.force.doctrine import doctrine
from sispamkota.schema import measure_label
from sispamkota.words import unit_word

__all__ = ["agency_code", "agency_name", "measure_label", "short_name", "unit_word"]

_WHOLE = ("Balai",)  # "Balai Kota Malang" keeps its "Kota"


def short_name(name: str, city: str) -> str:
    """Drop the bracketed part of a name, and the city's name at its end where something is left to read."""
    short = name.split(" (", maxsplit=1)[0].strip()
    words = city.split()
    for tail in (city, " ".join(reversed(words))):
        if short.endswith(" " + tail):
            head = short.removesuffix(tail).strip()
            return short if head in _WHOLE else head
    return short


def agency_code(agency: str, t: Callable[..., str]) -> str:
    """Give an agency's letter code; one the catalogue does not know gets the first three letters of its name."""
    try:
        return t(f"agency_code.{agency}")
    except KeyError:
        return agency[:3].upper()


def agency_name(agency: str, lang: str) -> str:
    """Give an agency's name by the doctrine; one that it does not know keeps its key."""
    known = doctrine().agencies.get(agency)
    return agency if known is None else str(getattr(known, lang))
