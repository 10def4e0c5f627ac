"""Calls for help, and a line that was asked for: a level of crowd units is no call of the public, no standard is its.

The engine writes both down as waits for the police; here they part.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.kernels import layout as at
from sispamkota.kernels.measure import MEASURES

if TYPE_CHECKING:
    from .world import World

__all__ = ["CALL", "LINE", "calls_of", "measures_of"]

LINE = at.SERVICES  # the number after those of the services
_POLICE_S = MEASURES.index("response_police_s")
_WRITTEN = ("service", "kind", "place", "outcome", "called", "seconds", "waited")
CALL = np.dtype(
    [
        *((name, "i8") for name in ("replicate", "service", "kind", "place", "outcome")),
        *((name, "f8") for name in ("called", "seconds", "waited")),
    ]
)


def calls_of(world: World, replicate: int) -> NDArray[Any]:
    """Copy the waits of a finished replicate, CALL; `service` is LINE where a crowd's line was asked for."""
    table = world.state.response[: int(world.state.world[0].responses)]
    calls = np.zeros(len(table), CALL)
    calls["replicate"] = replicate
    for name in _WRITTEN:
        calls[name] = table[name]
    calls["service"][world.tables.kind["model"][calls["kind"]] == at.UNREST] = LINE
    return calls


def measures_of(row: NDArray[np.float64], calls: NDArray[Any]) -> NDArray[np.float64]:
    """Give a replicate's row, MEASURES, with the police's mean time to an answer taken over calls for help alone, s."""
    answered = calls["seconds"][(calls["service"] == at.POLICE_SERVICE) & np.isfinite(calls["seconds"])]
    own = row.copy()
    own[_POLICE_S] = answered.mean() if answered.size else math.nan
    return own
