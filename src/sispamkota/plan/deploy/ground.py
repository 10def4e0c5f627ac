"""What the model of a deployment is written on: crews, posts, needs, stations and hazards, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..standards import Standard

__all__ = ["Choice", "Crews", "Demand", "Ground", "Layer", "Need", "Stations", "Term"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True)
class Choice:
    """Offer one thing that a crew may do: stand at a post (its number) for a task, by a pattern of shifts."""

    post: int
    task: str
    pattern: int


@dataclass(frozen=True)
class Crews:
    """Hold like crews, of which only the count matters: `ids` one each, `people` persons in each; `level` as in Unit.

    `supply`: what one crew gives of each ability, fit persons, or 1 for an ambulance or an engine; "pair" is 1 for two
    police officers of the polling-station pattern, "linmas" the persons of a squad that holds stations. `turnout` and
    `vehicle` say when it is where it is sent. `pool`: counts where a share is to be kept in reserve. `move`: of each
    choice, person-seconds from home.
    """

    ids: tuple[str, ...]
    people: int
    supply: Mapping[str, float]
    turnout: float
    vehicle: str
    pool: bool
    choices: tuple[Choice, ...]
    move: F8
    level: int = -1


@dataclass(frozen=True)
class Need:
    """Ask for so much of an ability as guard at a post, in some shifts; `least`: to what it may shrink (None: not)."""

    post: int
    ability: str
    amount: float
    shifts: tuple[int, ...]
    least: float | None = None

    @property
    def floor(self) -> float:
        """Give what must be there in any case."""
        return self.amount if self.least is None else self.least


@dataclass(frozen=True)
class Term:
    """Hold one term of a surrogate, of harm or the ballots (plan.harm.HarmTerm); `post` is the number of its place.

    `on`: by pattern, who is on duty at its hour; None: who is on in its shift.
    """

    post: int
    ability: str
    within: float
    cap: float
    spared: float
    shift: int
    on: tuple[bool, ...] | None = None


@dataclass(frozen=True)
class Layer:
    """Ask for so many persons of an ability within `within` s of a post where a crowd may turn, in one shift."""

    post: int
    ability: str
    amount: float
    within: float
    shift: int
    on: tuple[bool, ...] | None = None


@dataclass(frozen=True, eq=False)
class Stations:
    """Hold the polling stations: weight (n,) voters x expected disruptions, load (n,) pairs that one takes.

    near, seconds (n, k): the posts whose pairs may watch it, and how long until they are there; `zone` (n,) its
    kelurahan. `alone` s: how long a disruption lasts that nobody answers. `shares` (shifts,): of the voting hours.
    holder (n,): the post whose Linmas hold it, `hold` persons each. work (n,): patrols that its disruptions keep busy
    while it is open, where no pair watches it (empty: none). covered (shifts,): the part of a shift's hours at the
    stations in which pairs are on duty (empty: all).
    """

    weight: F8
    load: F8
    near: I8
    seconds: F8
    zone: I8
    holder: I8
    hold: float
    alone: float
    shares: F8
    work: F8 = field(default_factory=lambda: np.zeros(0))
    covered: F8 = field(default_factory=lambda: np.zeros(0))

    @property
    def guarded(self) -> F8:
        """Give the part of each shift in which pairs are on duty, (shifts,)."""
        return self.covered if len(self.covered) else np.ones(len(self.shares))


@dataclass(frozen=True)
class Demand:
    """Ask for an amount of an ability in a zone, in one shift; demands of one `window` want it at the same time.

    `weight`: severity x expected times it happens; `standard` s: when it is late.
    """

    window: int
    shift: int
    zone: int
    ability: str
    amount: float
    weight: float
    standard: float


@dataclass(frozen=True, eq=False)
class Ground:
    """Hold all that the model knows.

    `posts` by reference; capacity (posts,) persons at once; on (patterns, shifts); times[vehicle] (posts, zones) and
    ways[vehicle] (posts, posts) s. patterns: (from hour, hours), None for the unit's own roster. `worst` s: how late an
    incident counts that nobody reaches. `step` s: lateness counts in whole steps. watched (zones,): the post
    of a zone, where a squad of Linmas saves `saves` s on each call, off polling days. `standards` of help in every
    zone, in shifts that a pattern holds whole (patterns, shifts). `talks` (posts,): where guards of each level need
    negotiators, by level + 1, at every one of the `hours` (patterns, hours; None: shifts) that they are on. `kept`:
    share of all people that is in reserve in any case. `most_answers`: how many answers to disruptions, and to sampled
    calls, are weighed post by post; of more the nearest, others together.
    """

    posts: tuple[str, ...]
    capacity: F8
    crews: tuple[Crews, ...]
    on: NDArray[np.bool_]
    patterns: tuple[tuple[float, float] | None, ...]
    times: Mapping[str, F8]
    ways: Mapping[str, F8]
    needs: tuple[Need, ...] = ()
    reserve: float = 0.0
    base: float = 0.0
    terms: tuple[Term, ...] = ()
    ballots_base: float = 0.0
    ballots: tuple[Term, ...] = ()
    stations: Stations | None = None
    demands: tuple[Demand, ...] = ()
    worst: float = 3600.0
    step: float = 300.0
    watched: I8 = field(default_factory=lambda: np.zeros(0, np.int64))
    saves: float = 0.0
    standards: tuple[Standard, ...] = ()
    whole: NDArray[np.bool_] | None = None
    talks: NDArray[np.bool_] | None = None
    hours: NDArray[np.bool_] | None = None
    kept: float = 0.0
    layers: tuple[Layer, ...] = ()
    most_answers: int = 100_000

    @property
    def shifts(self) -> int:
        """Count the shifts."""
        return int(self.on.shape[1])
