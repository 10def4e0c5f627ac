"""What a world is made of, by name: the plain description from which the engine's tables are built.

A scenario in a city is turned into these (`setting.py`); tests of the laws write them by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sispamkota.kernels import layout as at

__all__ = ["CrowdSpec", "HazardSpec", "HospitalSpec", "InjectSpec", "KindSpec", "PlaceSpec", "UnitSpec", "WorldSpec"]


@dataclass(frozen=True)
class PlaceSpec:
    """Name a place and its node in the travel table; `alert` shortens calls where people keep watch (1: nobody).

    `voters` are those of one TPS there; a `gate` is where arrivals from outside the city can be screened.
    """

    id: str
    node: int
    alert: float = 1.0
    voters: float = 0.0
    gate: bool = False


@dataclass(frozen=True)
class CrowdSpec:
    """Describe a place where people gather; people by camp, needs by stage and capability; `volatility` from 0 to 1.

    At a `site` the perimeter and the leaving go by the parameters site_….
    """

    place: str
    enclosed: bool = False
    protected: bool = False
    burnable: bool = False
    ballots: bool = False
    peaceful: tuple[int, int] = (0, 0)
    violent: tuple[int, int] = (0, 0)
    need: Sequence[Mapping[int, int]] = ({}, {}, {})
    volatility: float = 1.0
    site: bool = False


@dataclass(frozen=True)
class UnitSpec:
    """Describe a unit: capabilities are numbers of `layout`; `shown` is the level its front shows at its post.

    `duty` is (second of the day when it begins, its length, how often it returns), None for a unit that is always on.
    `desk` numbers the desk that commands it, 0 to 62.
    """

    id: str
    home: str
    people: int
    caps: tuple[int, ...]
    effective: int | None = None
    shown: int = 0
    task: int = at.TASK_MOBILE
    vehicle: int = 0
    turnout: float = 0.0
    turnout_spread: float = 1.0
    redispatch: bool = True
    duty: tuple[float, float, float] | None = None
    desk: int = 0


@dataclass(frozen=True)
class KindSpec:
    """Describe a kind of incident: what it asks for, how long the work takes, whether a call may wait.

    `effect`: what it costs as long as it lasts. `full`: the work begins when all that it asks for is there, and not at
    the first arrival of a unit that its service is about. `harm`: people hurt per second before the work begins, and
    after. `fade`: median seconds after which it ends by itself unless the work has begun (0: never). `cause`: of its
    patients; those of an accident are not counted as harm.
    """

    id: str
    model: int = at.PLAIN
    priority: int = 1
    service: int = -1
    queue: bool = True
    need: Mapping[int, int] = field(default_factory=dict)
    law: int = at.EXPONENTIAL
    work: float = 0.0
    spread: float = 1.0
    call: float = 0.0
    patients: int = 0
    effect: int = at.NO_EFFECT
    full: bool = False
    harm: tuple[float, float] = (0.0, 0.0)
    fade: float = 0.0
    cause: int = at.BY_ACCIDENT


@dataclass(frozen=True)
class HospitalSpec:
    """Describe a hospital: emergency bays, theatres, intensive care, wards."""

    id: str
    place: str
    beds: tuple[int, int, int, int]


@dataclass(frozen=True)
class HazardSpec:
    """Describe a Poisson hazard: rate[24] per second by hour of the day, and how sure it is.

    The rates of a replicate are these times one gamma factor of mean 1 and `shape`; hazards with the same `draw` share
    it (without a `draw` each has its own). An infinite shape is a rate that is known. `tense` ones are of trouble, and
    grow with the tension of the city.
    """

    id: str
    place: str
    kind: str
    rate: tuple[float, ...]
    shape: float = np.inf
    draw: str = ""
    tense: bool = False


@dataclass(frozen=True)
class InjectSpec:
    """Describe an inject: at a time, or `delay` seconds after the crowd at `watch` reaches `stage`."""

    id: str
    action: int
    place: str
    time: float = np.inf
    watch: str | None = None
    stage: int = 0
    delay: float = 0.0
    camp: int = 0
    kind: str | None = None
    amount: float = 0.0
    spread: float = 1.0
    share: float = 0.0
    gathering: str = ""


@dataclass(frozen=True)
class WorldSpec:
    """Describe a whole world; travel[vehicle, node, node] in seconds, distance[crowd, crowd] in metres.

    Where streets close and open during the run, travel[streets, vehicle, node, node]: bit n of `streets` is set while
    closure n is in force.

    prior: parameter → (low, most likely, high) of those that each replicate draws. joint: rows of values, parameter →
    value, of which each replicate draws one whole (over the draws of `prior`). every: of the calls of a replicate
    only each so-many-th is kept one by one (the means count all).
    """

    parameters: Mapping[str, float]
    places: Sequence[PlaceSpec]
    travel: NDArray[np.float32]
    crowds: Sequence[CrowdSpec] = ()
    units: Sequence[UnitSpec] = ()
    kinds: Sequence[KindSpec] = ()
    hospitals: Sequence[HospitalSpec] = ()
    hazards: Sequence[HazardSpec] = ()
    injects: Sequence[InjectSpec] = ()
    distance: NDArray[np.float64] | None = None
    prior: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    joint: Sequence[Mapping[str, float]] = ()
    every: int = 1
