"""How streets are driven: vehicle classes, their speeds by road kind and hour, blue light, who is let through.

All figures come from data/place/roads.yaml and are assumed; every result says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

import numpy as np
import pydantic
from numpy.typing import NDArray

from sispamkota.errors import suggest
from sispamkota.inputs import Model, own_file

__all__ = [
    "EVERYONE",
    "FOOT_BIT",
    "FOOT_TURNED",
    "ON_WHEELS",
    "ROAD_KINDS",
    "VEHICLES",
    "Figure",
    "LengthCheck",
    "Ride",
    "RoadFigures",
    "SyntheticFigures",
    "Traffic",
    "road_figures",
]

RoadKind = Literal["tol", "arteri", "kolektor", "lokal", "lain", "setapak"]
Vehicle = Literal["truck", "car", "motorcycle", "ambulance", "engine", "foot"]
ROAD_KINDS: tuple[RoadKind, ...] = ("tol", "arteri", "kolektor", "lokal", "lain", "setapak")
VEHICLES: tuple[Vehicle, ...] = ("truck", "car", "motorcycle", "ambulance", "engine", "foot")
EVERYONE = 0x7F  # of an arc's `access`: bit i lets VEHICLES[i] in, bit 6 whoever drives on blue light
FOOT_BIT = 1 << VEHICLES.index("foot")
ON_WHEELS = EVERYONE ^ FOOT_BIT
FOOT_TURNED = 0x80  # of a street's `access`, never of an arc's: on foot its other direction is not as its first
_BLUE_BIT = 0x40

_M_S = 1 / 3.6  # one km/h in m/s
Figure = tuple[float, float, float]  # usual, low, high
Hours = Annotated[tuple[Annotated[float, pydantic.Field(ge=0, le=24)], ...], pydantic.Field(min_length=2, max_length=2)]


class SyntheticFigures(Model):
    """Shape the streets that are generated where there is no road file."""

    junctions_per_km2: Figure
    reach: Figure
    most_junctions: int
    main: RoadKind
    lane: RoadKind


class Traffic(Model):
    """Change the speeds of motor vehicles on some road kinds during some hours of the day."""

    hours: tuple[Hours, ...]
    kinds: tuple[RoadKind, ...]
    factor: Figure


class LengthCheck(Model):
    """Say which given lengths of streets are a fault, against the distance between their ends."""

    shortest_share: float
    rounding_m: float
    longest_share: float
    loop_m: float


class RoadFigures(Model):
    """Hold data/place/roads.yaml: speeds in km/h."""

    kind: Literal["roads"]
    version: Literal[1]
    tag: Literal["assumed"]
    source: str
    kinds: tuple[RoadKind, ...]
    blue_light: Figure
    speeds: dict[Vehicle, dict[RoadKind, Figure | None]]
    traffic: dict[str, Traffic]
    speed_range: tuple[float, float]
    length_check: LengthCheck
    aliases: dict[str, RoadKind]
    synthetic: SyntheticFigures


@cache
def road_figures() -> RoadFigures:
    """Read the embedded figures once."""
    return own_file(RoadFigures, "place", "roads")


@dataclass(frozen=True, eq=False)
class Ride:
    """Say how streets are driven: speed (kinds,), m/s, 0 where it may not go; who it is; how it takes a posted limit.

    `let` holds the bits of `Roads.access` of which one suffices, by default those of all vehicles: on foot one may go
    against a one-way street, and only there is FOOT_BIT alone. `over` multiplies a street's own limit.
    """

    speed: NDArray[np.float64]
    let: int = ON_WHEELS
    over: float = 1.0

    def __post_init__(self) -> None:
        if np.shape(self.speed) != (len(ROAD_KINDS),):
            raise ValueError(f"speed needs shape ({len(ROAD_KINDS)},)")

    @classmethod
    def of(cls, vehicle: str, *, blue_light: bool = False, hour: float | None = None) -> Ride:
        """Give the usual ride of a vehicle class, on an emergency run or not, at an hour of the day (0-24) if named.

        Without an hour the speeds are those of an ordinary daytime. On foot there is neither blue light nor traffic.
        Raises KeyError for an unknown class, ValueError for an hour outside 0-24.
        """
        if vehicle not in VEHICLES:
            raise KeyError(f'no vehicle class "{vehicle}": {suggest(vehicle, VEHICLES)}')
        figures = road_figures()
        urgent = blue_light and vehicle != "foot"
        over = figures.blue_light[0] if urgent else 1.0
        table = figures.speeds[vehicle]
        speed = np.array([usual[0] * _M_S * over if (usual := table[kind]) else 0.0 for kind in ROAD_KINDS])
        if hour is not None and vehicle != "foot":
            speed *= _traffic(hour)
        return cls(speed, (1 << VEHICLES.index(vehicle)) | (_BLUE_BIT if urgent else 0), over)


def _traffic(hour: float) -> NDArray[np.float64]:
    """Give what the traffic of an hour leaves of the speed on each road kind, (kinds,)."""
    if not 0.0 <= hour <= 24.0:
        raise ValueError(f"an hour of the day is from 0 to 24, not {hour:g}")
    out = np.ones(len(ROAD_KINDS))
    for each in road_figures().traffic.values():
        if any(begin <= hour % 24.0 < end for begin, end in each.hours):
            out[[ROAD_KINDS.index(kind) for kind in each.kinds]] *= each.factor[0]
    return out
