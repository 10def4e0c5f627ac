"""The city that a result was played in: looked for where it was, by name or by folder, and known by its content."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from sispamkota.errors import SispamkotaError

__all__ = ["city_of", "why_no_city"]

_JUDGED = WeakKeyDictionary[Any, tuple[Any, str]]()  # a report asks for its city, then why there is none


def city_of(ensemble: Any) -> Any:
    """Find the city that a result was played in; None where it is gone, or is other ground by now."""
    return _found(ensemble)[0]


def why_no_city(ensemble: Any) -> str:
    """Say in a word why there is no city: gone, or changed; empty where it is there."""
    return _found(ensemble)[1]


def _found(ensemble: Any) -> tuple[Any, str]:
    """Load the city of a result and judge it, once."""
    if ensemble not in _JUDGED:
        _JUDGED[ensemble] = _judged(ensemble)
    return _JUDGED[ensemble]


def _judged(ensemble: Any) -> tuple[Any, str]:
    """Load the city, and judge it."""
    from sispamkota.place import City

    settings = ensemble.manifest.settings
    try:
        city = City.load(getattr(ensemble, "ground_at", None) or settings["city"])
    except (SispamkotaError, KeyError):
        return None, "gone"
    return (city, "") if city.content == settings.get("ground") else (None, "changed")
