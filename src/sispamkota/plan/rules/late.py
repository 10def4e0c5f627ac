"""Which kelurahan ambulances and engines reach in time, asked of many plans that differ in a few posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sispamkota.force import Duty, Unit
from sispamkota.place import Ride

from ..plan import Plan
from ..standards import HELP, Standard, standard_of
from .breach import Ground

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["LateHelp"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class _Service:
    """Hold one kind of help: its units, and the standard that it has to meet."""

    units: dict[str, Unit]
    standard: Standard


class LateHelp:
    """Hold what ambulances and engines reach from where they may stand, and what the base plan reaches in time."""

    def __init__(self, base: Plan, city: City, places: Sequence[str]) -> None:
        self._city, self._refs = city, dict[str, str]()
        self._goals = city.kelurahan["node"].to_numpy()
        self._seconds = dict[tuple[str, str], Floats]()
        self._rosters = {unit.id: unit.duty for unit in base.force.units}
        self._services, ground = list[_Service](), Ground(base, city)
        for rule in HELP:
            units = {unit.id: unit for unit in base.force.units if rule in unit.capabilities}
            self._services.append(_Service(units, standard_of(rule, lambda name: ground.norm(name).value)))
            for vehicle in sorted({unit.vehicle for unit in units.values()}):
                self._look_up(vehicle, places)
        self._base = self._all_in_time(base)

    def no_later(self, plan: Plan) -> bool:
        """Say whether all that the base plan reaches in time, all day, is reached by this plan too."""
        return bool((self._all_in_time(plan) | ~self._base).all())

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

    def _all_in_time(self, plan: Plan) -> Bools:
        """Say which kelurahan each service reaches in time at every hour of the operation, [service, kelurahan]."""
        held = {post.unit: post.duty or self._rosters[post.unit] for post in plan.posts if post.task != "bko"}
        hours = _hours(set(held.values()))
        whole = np.ones((len(self._services), len(self._goals)), bool)
        for i, service in enumerate(self._services):
            reached = [
                (held[post.unit], service.standard.met(self._from(service.units[post.unit].vehicle, post.at)))
                for post in plan.posts
                if post.unit in service.units and post.unit in held
            ]
            for hour in hours:
                there = [met for duty, met in reached if _on(duty, hour)]
                whole[i] &= np.any(there, axis=0) if there else False
        return whole


def _hours(duties: set[Duty | None]) -> list[float]:
    """Give hours of the day between which nobody comes on duty or goes off; where nobody is on, none."""
    marks = {0.0} | {(each.from_h + add) % 24 for each in duties if each for add in (0.0, each.hours)}
    return sorted(hour for hour in marks if any(_on(duty, hour) for duty in duties))


def _on(duty: Duty | None, hour: float) -> bool:
    """Say whether a roster has a unit on duty at an hour of the second day."""
    return duty is None or (hour + 24.0 - duty.from_h) % duty.every_h < duty.hours
