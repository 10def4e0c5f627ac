"""The things of the oracle's world, each a plain record that refers to the others by name, not by row."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeVar

from .terms import at

__all__ = ["Casualty", "Clock", "Crowd", "Hazard", "Hospital", "Incident", "Inject", "Kind", "Place", "Unit", "sure"]

Thing = TypeVar("Thing")


def sure(thing: Thing | None) -> Thing:
    """Return a thing that must be there."""
    if thing is None:
        raise TypeError("something is missing that the model says is there")
    return thing


@dataclass(eq=False)
class Place:
    """Stand on a node of the streets; `alert` shortens calls, `voters` are those of its TPS, a gate can be manned."""

    row: int
    node: int
    alert: float
    voters: float
    gate: bool
    crowd: Crowd | None = None


@dataclass(eq=False)
class Clock:
    """Ring when `left` units of work are done at `rate` per second; `left` is as of `since`."""

    left: float = 0.0
    rate: float = 0.0
    since: float = 0.0
    due: float = math.inf
    drawn: int = 0

    def run(self, rate: float, *, now: float) -> None:
        """Go on at another rate; what is left of the work is kept."""
        if rate == self.rate:
            return
        self.left = max(0.0, self.left - (now - self.since) * self.rate)
        self.rate, self.since = rate, now
        self.due = now + self.left / rate if rate > 0.0 else math.inf

    def wind(self, work: float, *, now: float) -> None:
        """Start anew with an amount of work, at rest."""
        self.left, self.rate, self.since, self.due = work, 0.0, now, math.inf
        self.drawn += 1


@dataclass(eq=False)
class Crowd:
    """People of two camps at a place, what answers them, and what they break."""

    row: int
    who: int
    place: Place
    enclosed: bool
    protected: bool
    burnable: bool
    ballots: bool
    needs: list[list[int]]  # [stage][capability]
    peaceful: list[int]
    violent: list[int]
    volatility: float
    at_site: bool = False  # its office is the compound whose rates were measured
    spent: int = 0
    came: int = 0
    left: int = 0
    dispersed: int = 0
    detained: int = 0
    hurt: int = 0
    peak: int = 0
    peak_violent: int = 0
    arrive: list[float] = field(default_factory=lambda: [0.0] * at.CAMPS)
    asked_to_leave: bool = False
    clocks: list[Clock] = field(default_factory=lambda: [Clock() for _ in range(at.CHANNELS)])
    # who stands there: counted anew from the units after each event
    officers: list[int] = field(default_factory=lambda: [0] * at.LEVELS)
    shown: list[int] = field(default_factory=lambda: [0] * at.LEVELS)
    guards: int = 0
    negotiators: int = 0
    diverters: int = 0
    posture: int = 0
    force: int = 0
    force_max: int = 0
    # stage, control and line, and what is due to change them
    stage: int = 0
    wanted_since: list[float] = field(default_factory=lambda: [math.inf] * at.LEVELS)
    calm_since: float = math.inf
    stage_due: float = math.inf
    control: int = 0
    control_next: int = 0
    control_due: float = math.inf
    control_delays: int = 0
    line: int = 0
    line_next: int = 0
    line_due: float = math.inf
    line_delays: int = 0
    calls: list[int] = field(default_factory=lambda: [0] * at.LEVELS)  # 0 none, 1 waits, 2 answered
    called: list[float] = field(default_factory=lambda: [0.0] * at.LEVELS)
    incident: Incident | None = None
    openings: int = 0  # incidents of its gathering so far
    # perimeter and fire
    layer: int = 0
    strength: float = 0.0  # what is left of the layer, violent person-seconds
    pressure: float = 0.0
    layer_due: float = math.inf
    fire: int = 0
    fires: int = 0
    fire_from: float = 0.0
    fire_due: float = math.inf
    fire_power: float = 0.0
    fire_energy: float = 0.0
    engines: int = 0
    fire_incident: Incident | None = None
    neighbours: int = 0  # draws of when the fire reaches the next
    neighbour_energy: float = 0.0
    neighbour_due: float = math.inf
    # integrals over time
    violent_s: float = 0.0
    stage_s: list[float] = field(default_factory=lambda: [0.0] * at.LEVELS)
    force_s: list[float] = field(default_factory=lambda: [0.0] * 7)

    @property
    def rough(self) -> int:
        """Count the violent of both camps."""
        return sum(self.violent)

    @property
    def present(self) -> int:
        """Count everyone there."""
        return sum(self.peaceful) + sum(self.violent) + self.spent

    @property
    def front(self) -> int:
        """Count the effective officers of the levels that have been handed the line."""
        return sum(self.officers[: self.line + 1])


@dataclass(eq=False)
class Unit:
    """A unit, where it is, and what it is at."""

    row: int
    who: int
    home: Place
    people: int
    effective: int
    caps: frozenset[int]
    shown: int
    task: int
    vehicle: int
    turnout: float
    turnout_spread: float
    redispatch: bool
    desk: int
    duty: tuple[float, float, float]  # second of the day, length, period
    place: Place
    to: Place
    state: int = at.IDLE
    present: bool = True
    cap: int = -1
    incident: Incident | None = None
    casualty: Casualty | None = None
    orders: int = 0
    left: float = 0.0
    arrives: float = 0.0
    due: float = math.inf
    relieved: bool = False
    duty_from: float = 0.0
    duty_due: float = math.inf

    def counts(self, cap: int) -> int:
        """Count what the unit adds to a requirement: vehicles for engines and ambulances, else persons."""
        return 1 if cap in (at.FIRE, at.AMBULANCE) else self.people


@dataclass(frozen=True)
class Kind:
    """A kind of incident."""

    row: int
    model: int
    priority: int
    service: int
    queues: bool
    need: list[int]
    law: int
    work: float
    spread: float
    call: float
    patients: int
    effect: int
    full: bool
    harm: list[float]  # people hurt per second before the work begins, and after
    fade: float
    cause: int
    suited: int  # capabilities, as bits, that answer the call and begin the work


@dataclass(eq=False)
class Incident:
    """One call and what it asks for; the row is its number on the agenda."""

    row: int
    kind: Kind
    place: Place
    who: int
    n: int
    called: float
    priority: int
    need: list[int]
    state: int = at.CALLED
    crowd: Crowd | None = None
    casualty: Casualty | None = None
    sent: list[int] = field(default_factory=lambda: [0] * at.CAPS)
    there: list[int] = field(default_factory=lambda: [0] * at.CAPS)
    units: int = 0
    due: float = math.inf
    end: float = math.inf
    first: float = math.inf
    harmed: int = 0
    harm_due: float = math.inf
    fades: float = math.inf

    @property
    def begun(self) -> bool:
        """Say whether the work has begun."""
        return math.isfinite(self.end)

    @property
    def complete(self) -> bool:
        """Say whether all that is asked for is on the scene."""
        return all(there >= need for there, need in zip(self.there, self.need, strict=True))

    @property
    def next_decision(self) -> float:
        """Give when it is next decided, ends or fades away; who is being worked on does not fade."""
        return min(self.due, self.end, math.inf if self.begun else self.fades)


@dataclass(eq=False)
class Casualty:
    """Someone hurt, from the wound to the way out; the row is taken again by another, the number is not."""

    number: int
    row: int
    who: int
    n: int
    cause: int
    side: int
    place: Place
    born: float
    triage: int = 0
    luck: float = 0.0
    state: int = at.FOUND
    hospital: Hospital | None = None
    bed: int = -1
    waits_for: int = -1
    ambulance: Unit | None = None
    incident: Incident | None = None
    due: float = math.inf
    death: float = math.inf
    queued: float = 0.0
    care: float = math.inf
    definitive: float = math.inf
    gone: bool = False  # has left its row


@dataclass(eq=False)
class Hospital:
    """A hospital and its free beds by kind, who lies in the others, and its surge plan."""

    row: int
    who: int
    place: Place
    beds: list[int]
    free: list[int]
    low: list[int]
    open: list[int]
    others: list[int]  # patients of the ordinary day
    come: list[float]  # how many of them come in a second
    changes: list[int] = field(default_factory=lambda: [0] * at.BEDS)
    others_due: list[float] = field(default_factory=lambda: [math.inf] * at.BEDS)
    surge: int = 0  # 0 not asked, 1 asked, 2 open
    surge_due: float = math.inf


@dataclass(eq=False)
class Hazard:
    """A source of incidents by chance, with a rate for each hour of the day."""

    row: int
    who: int
    place: Place
    kind: Kind
    rate: list[float]
    tense: bool
    factor: float
    struck: int = 0
    work: float = 0.0  # left as of `since`, at the usual rates
    since: float = 0.0
    due: float = math.inf


@dataclass(eq=False)
class Inject:
    """Something that the scenario makes happen."""

    row: int
    who: int
    watch: Crowd | None
    stage: int
    delay: float
    action: int
    crowd: Crowd | None
    place: Place | None
    camp: int
    kind: Kind | None
    amount: float
    spread: float
    share: float
    gathering: int
    due: float
    fired: bool = False
    rate: float = 0.0
