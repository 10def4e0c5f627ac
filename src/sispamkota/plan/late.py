"""Which kelurahan ambulances and engines reach too late, asked of many plans that differ in a few posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sispamkota.force import Duty, Unit
from sispamkota.place import Ride
from sispamkota.schema import parameters

from .breach import Ground
from .plan import Plan
from .rules_places import HELP

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["LateHelp"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class _Service:
    """Hold one kind of help: its units, and how many seconds of travel are in time."""

    units: dict[str, Unit]
    limit: float


class LateHelp:
    """Hold what ambulances and engines reach from the places where they may stand, and what the base reaches late."""

    def __init__(self, base: Plan, city: City, places: Sequence[str]) -> None:
        self._city, self._refs = city, dict[str, str]()
        self._goals = city.kelurahan["node"].to_numpy()
        self._seconds = dict[tuple[str, str], Floats]()
        self._services, ground = list[_Service](), Ground(base, city)
        for rule, capability, turnout in HELP:
            limit = ground.norm(f"{rule}.response_s").value - parameters()[turnout]
            units = {unit.id: unit for unit in base.force.units if capability in unit.capabilities}
            self._services.append(_Service(units, limit))
            for vehicle in sorted({unit.vehicle for unit in units.values()}):
                self._look_up(vehicle, places)
        self._base = [self._in_time(base, service) for service in self._services]

    def no_later(self, plan: Plan) -> bool:
        """Say whether all that the base plan reaches in time, all day, is reached by this plan too."""
        pairs = zip(self._services, self._base, strict=True)
        return all(bool((self._in_time(plan, service) | ~before).all()) for service, before in pairs)

    def _look_up(self, vehicle: str, refs: Sequence[str]) -> None:
        """Find the seconds from places to every kelurahan, on blue light."""
        nodes = [int(self._city.find(ref).node) for ref in refs]
        times = self._city.roads.travel_times(nodes, self._goals, ride=Ride.of(vehicle, blue_light=True))
        self._seconds |= {(vehicle, ref): row for ref, row in zip(refs, times, strict=True)}

    def _from(self, vehicle: str, word: str) -> Floats:
        """Give the seconds from a place, by any word for it, to every kelurahan."""
        if word not in self._refs:
            self._refs[word] = self._city.find(word).ref
        ref = self._refs[word]
        if (vehicle, ref) not in self._seconds:
            self._look_up(vehicle, [ref])
        return self._seconds[vehicle, ref]

    def _in_time(self, plan: Plan, service: _Service) -> Bools:
        """Say which kelurahan are reached in time at every hour of the day, [kelurahan]."""
        held = [
            (post.duty or unit.duty, self._from(unit.vehicle, post.at) <= service.limit)
            for post in plan.posts
            if (unit := service.units.get(post.unit)) is not None and post.task != "bko"
        ]
        whole = np.ones(len(self._goals), bool)
        for hour in _marks([duty for duty, _ in held]):
            there = [reached for duty, reached in held if _on(duty, hour)]
            whole &= np.any(there, axis=0) if there else False
        return whole


def _marks(duties: Sequence[Duty | None]) -> list[float]:
    """Give hours of the day between which nobody comes on duty or goes off."""
    return sorted({0.0} | {(each.from_h + add) % 24 for each in duties if each for add in (0.0, each.hours)})


def _on(duty: Duty | None, hour: float) -> bool:
    """Say whether a roster has a unit on duty at an hour of a day; of longer cycles, on a later day."""
    return duty is None or (hour + 24.0 - duty.from_h) % duty.every_h < duty.hours
