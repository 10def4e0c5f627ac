"""Who answers: the closed list of orders, and policies in Python in place of the engine's own.

The engine's own policy is compiled (`kernels.incident.decide`): nearest suitable idle units until the requirement is
met, a reserve kept for the graver, re-tasking only upward, reinforcement asked for early. `Nearest` is the same in
Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sispamkota.kernels import layout as at

if TYPE_CHECKING:
    from .world import World

__all__ = ["AskToLeave", "CallReinforcement", "Nearest", "Order", "Policy", "Recall", "Send"]


@dataclass(frozen=True)
class Send:
    """Send a unit to an incident, for one of its capabilities (rows of the world, a number of `layout`)."""

    unit: int
    incident: int
    capability: int


@dataclass(frozen=True)
class Recall:
    """Take a unit from its incident and send it home."""

    unit: int


@dataclass(frozen=True)
class AskToLeave:
    """Ask the people at a place (a row of the crowds) to go home."""

    crowd: int


@dataclass(frozen=True)
class CallReinforcement:
    """Ask for the units outside the city."""


Order = Send | Recall | AskToLeave | CallReinforcement


class Policy(Protocol):
    """Decide in Python: called whenever an incident asks for a decision, with the world as it stands then."""

    def decide(self, world: World, incident: int) -> Iterator[Order]:
        """Yield orders one by one; each is carried out before the next is asked for."""


class Nearest:
    """Send the nearest suitable unit until the requirement is met; take from the lesser only what idle units lack."""

    def decide(self, world: World, incident: int) -> Iterator[Order]:
        """Yield the orders of the engine's own policy."""
        state = world.state
        asked = state.incident[incident]
        tense = asked.crowd >= 0 and state.crowd[asked.crowd].stage >= max(1, state.param[0].bko_stage)
        if tense and state.world[0].reinforced == 0:
            yield CallReinforcement()
        for capability in range(at.CAPS):
            while asked.sent[capability] < asked.need[capability]:
                standing, seconds = world.survey(incident, capability)
                for wanted in (at.AVAILABLE, at.SERVES_LOWER):
                    near = np.where(standing == wanted, seconds, np.inf)
                    if np.isfinite(near).any():
                        yield Send(int(np.argmin(near)), incident, capability)
                        break
                else:
                    break
