"""What could be done now, as orders that a desk may give; a forecast shows what each would change, and gives none.

Dialogue comes first, then the nearest free units in support; that nothing changes is what both are compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sispamkota.errors import EngineError
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.ahead import Present, total_of
from sispamkota.rehearsal.happenings import CAPABILITIES
from sispamkota.rehearsal.policy import AskToLeave, Order, Send
from sispamkota.rehearsal.world import World

__all__ = ["OPTIONS", "Ground", "Move", "moves_of"]

OPTIONS = ("dialogue", "support", "unchanged")  # in the order in which they are shown; the last is what stands
_CROWD_LEVELS = (at.CROWD_2, at.CROWD_1, at.CROWD_0)
_NAMES = {number: name for name, number in CAPABILITIES.items()}


@dataclass(frozen=True)
class Move:
    """Hold one thing that an option would do: ask people at a place to leave, or send a unit there.

    `seconds` until the unit is there; 0 and no unit where people are asked. `order` is the engine's own.
    """

    place: str
    unit: str
    capability: str
    seconds: float
    order: Order

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values, without the engine's rows."""
        return {name: value for name, value in asdict(self).items() if name != "order"}


@dataclass(frozen=True, eq=False)
class Ground:
    """Hold the names behind a world's rows, and at which crowds the way out is blocked."""

    places: tuple[str, ...]
    units: tuple[str, ...]
    blocked: frozenset[str] = frozenset()


def moves_of(present: Present, ground: Ground) -> Mapping[str, tuple[Move, ...]]:
    """Give what each option would do at the present, each by itself; the world is set to the first future again."""
    chosen = dict[str, tuple[Move, ...]]()
    for name in OPTIONS:
        present.begin(0)
        chosen[name] = tuple(_CHOOSE[name](present.world, ground)) if name in _CHOOSE else ()
    return chosen


def _dialogue(world: World, ground: Ground) -> list[Move]:
    """Send the nearest free negotiators to where people are gathered, and ask people to leave where there is violence.

    The most violent place comes first. A peaceful assembly is left in peace, and nobody is asked to leave whose way out
    is blocked. No cap on the use of force changes.
    """
    moves = list[Move]()
    for k in _gathered(world):
        crowd = world.state.crowd[k]
        if crowd.incident >= 0:
            moves += _nearest(world, int(crowd.incident), at.DIALOGUE, ground)
    for k in _gathered(world):
        crowd, place = world.state.crowd[k], ground.places[int(world.tables.crowd_t[k].place)]
        violent = crowd.stage > at.HIJAU or int(crowd["I"].sum()) > 0
        if violent and place not in ground.blocked and crowd.asked == 0:
            moves += _done(world, Move(place, "", "", 0.0, AskToLeave(k)))
    return moves


def _support(world: World, ground: Ground) -> list[Move]:
    """Send the nearest free units that open incidents lack, and one more in support of each line that faces violence.

    Negotiators are left to the dialogue.
    """
    moves = list[Move]()
    for k in _gathered(world):
        crowd = world.state.crowd[k]
        if crowd.incident < 0 or int(crowd["I"].sum()) == 0:
            continue
        need = world.state.incident[int(crowd.incident)]["need"]
        for capability in (level for level in _CROWD_LEVELS if need[level] > 0):
            if sent := _nearest(world, int(crowd.incident), int(capability), ground):
                moves += sent
                break
    for row in world.open_incidents():
        for capability in (cap for cap in range(at.CAPS) if cap != at.DIALOGUE):
            while world.state.incident[row]["sent"][capability] < world.state.incident[row]["need"][capability]:
                sent = _nearest(world, row, capability, ground, there=True)
                if not sent:
                    break
                moves += sent
    return moves


_CHOOSE: Mapping[str, Callable[[World, Ground], list[Move]]] = {
    "dialogue": _dialogue,
    "support": _support,
}


def _gathered(world: World) -> list[int]:
    """List the crowds where people are, the most violent first, then the largest."""
    crowds = world.state.crowd
    there = [k for k in range(len(crowds)) if total_of(crowds[k]) > 0]
    return sorted(there, key=lambda k: (-int(crowds[k]["I"].sum()), -total_of(crowds[k]), k))


def _nearest(world: World, incident: int, capability: int, ground: Ground, *, there: bool = False) -> list[Move]:
    """Send the free unit that would be there first, also one that stands there already; nothing where there is none."""
    if world.state.incident[incident].state != at.OPEN or world.state.incident[incident]["need"][capability] <= 0:
        return []
    standing, seconds = world.survey(incident, capability)
    place = int(world.state.incident[incident].place)
    free = (standing == at.AVAILABLE) & (there | (np.asarray(world.state.unit["place"]) != place))
    near = np.where(free, seconds, np.inf)
    unit = int(np.argmin(near))
    if not np.isfinite(near[unit]):
        return []
    order = Send(unit, incident, capability)
    move = Move(ground.places[place], ground.units[unit], _NAMES[capability], float(near[unit]), order)
    return _done(world, move)


def _done(world: World, move: Move) -> list[Move]:
    """Carry a move out, so that the next one is chosen after it; nothing where the engine refuses it."""
    with suppress(EngineError):
        world.order(move.order)
        return [move]
    return []
