"""Within what time help has to be in every kelurahan: one definition for the check and for deployments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sispamkota.schema import parameters

__all__ = ["HELP", "Standard", "standard_of", "talks_first"]

F8 = NDArray[np.float64]
HELP = ("ambulance", "fire")  # each is the rule of the check, the ability that is asked for, and the stem of its norm
DECIDE = ("kpu", "bawaslu")  # kinds of venue: offices where an election is decided


@dataclass(frozen=True)
class Standard:
    """Hold a standard: from the call on, a unit of the ability is there within `limit` s; it turns out in `turnout` s.

    Units under BKO wait outside the city and do not count; all others do, whatever their task.
    """

    ability: str
    turnout: float
    limit: float

    def met(self, travel: F8) -> NDArray[np.bool_]:
        """Tell where a unit that travels so many seconds, on blue light, is in time."""
        return np.asarray(travel + self.turnout <= self.limit)


def standard_of(ability: str, norm: Callable[[str], float]) -> Standard:
    """Give the standard of an ability of HELP; `norm` looks a figure (s) up by its name."""
    return Standard(ability, parameters()[f"turnout_{ability}"], norm(f"{ability}.response_s"))


def talks_first(kind: str, level: int) -> bool:
    """Tell whether guards in sight of a crowd's level at a kind of place need negotiators there; -1: no crowd unit."""
    return level >= 0 or kind in DECIDE
