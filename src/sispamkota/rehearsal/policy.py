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

__all__ = [
    "AllowGas",
    "AskToLeave",
    "CallReinforcement",
    "CapForce",
    "ChangeLine",
    "HandOver",
    "HoldCommand",
    "Nearest",
    "Order",
    "Policy",
    "Recall",
    "Send",
]


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


@dataclass(frozen=True)
class HoldCommand:
    """Let people decide who leads and which line stands at a place (a row of the crowds), or give it back."""

    crowd: int
    on: bool = True


@dataclass(frozen=True)
class HandOver:
    """Hand control at a place over to the next level: Kapolsek, Kapolresta, Kapolda (alih kendali)."""

    crowd: int


@dataclass(frozen=True)
class ChangeLine:
    """Hand the line at a place over to the highest level at hand (lapis ganti, lintas ganti)."""

    crowd: int


@dataclass(frozen=True)
class CapForce:
    """Let the use of force at a place go no further than a stage of doctrine (1 to 5; 0 lifts the cap)."""

    crowd: int
    step: int


@dataclass(frozen=True)
class AllowGas:
    """Allow tear gas at a place, or take it back; refused at an enclosed place."""

    crowd: int
    on: bool = True


Order = Send | Recall | AskToLeave | CallReinforcement | HoldCommand | HandOver | ChangeLine | CapForce | AllowGas


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
