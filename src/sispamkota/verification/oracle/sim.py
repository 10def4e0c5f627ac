"""The oracle's world: read from the engine's tables; its agenda, its notes, and the start of a replicate."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...rehearsal.tables import CAPACITY, Tables
from .draws import Luck
from .terms import PARAMETERS, at
from .things import Casualty, Crowd, Hazard, Hospital, Incident, Inject, Kind, Place, Unit

__all__ = ["FAMILIES", "Due", "Fault", "Note", "Response", "Sim", "Tally", "read_world"]

# simultaneous events go by family in this order, then by row
FAMILIES = (
    *("crowd", "stage", "control", "line", "perimeter", "fire"),
    *("unit", "incident", "casualty", "hazard", "inject", "duty", "bed", "surge"),
)
Due = tuple[float, int, int]  # time, family, row


class Fault(Exception):  # noqa: N818 the word of the engine
    """Say that a replicate cannot go on, by the engine's code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = int(code)


@dataclass(frozen=True)
class Response:
    """How a call ended."""

    service: int
    kind: int
    place: int
    unit: int
    called: float
    seconds: float
    waited: float
    outcome: int


@dataclass(frozen=True)
class Note:
    """One row of the event log."""

    t: float
    event: int
    place: int
    unit: int
    incident: int
    a: float
    b: float


@dataclass
class Tally:
    """Counts over the whole world."""

    events: int = 0
    opened: int = 0
    closed: int = 0
    lost: int = 0
    diversions: int = 0
    by_ambulance: int = 0
    self_transport: int = 0
    present_peak: int = 0
    idle_low: int = 0
    bays_low: int = 0
    turned_back: int = 0  # units that turned on their way; not in the engine
    turned_onward: int = 0
    turned_away: int = 0
    retasked: int = 0
    neighbours: int = 0
    faded: int = 0  # not in the engine, as the next
    rows_again: int = 0
    harmed_by_incidents: int = 0
    screened: int = 0
    duty_longest: float = 0.0
    tps_s: float = 0.0
    voters_kept: float = 0.0
    ballots_s: float = 0.0
    held_s: float = 0.0


@dataclass
class Sim:
    """Hold one replicate in motion: the clock, the parameters `p`, the luck, and all things."""

    luck: Luck
    p: Any
    places: list[Place]
    travel: list[list[list[list[float]]]]  # [streets][vehicle][node][node]
    reach_of_violence: list[list[float]]  # [crowd][crowd] cumulative
    kinds: list[Kind]
    crowds: list[Crowd] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    hospitals: list[Hospital] = field(default_factory=list)
    hazards: list[Hazard] = field(default_factory=list)
    injects: list[Inject] = field(default_factory=list)
    sizes: dict[tuple[int, int, int], float] = field(default_factory=dict)  # of gatherings, against the median
    rows: dict[int, Incident] = field(default_factory=dict)  # the last incident on each row of the agenda
    active: list[Incident] = field(default_factory=list)  # open ones, in the order of their calls
    casualties: list[Casualty] = field(default_factory=list)  # all there have been
    on_row: dict[int, Casualty] = field(default_factory=dict)  # the last casualty on each row
    left_rows: list[int] = field(default_factory=list)  # rows that are free again, longest first
    room: int = CAPACITY["casualties"]
    responses: list[Response] = field(default_factory=list)  # all of them
    every: int = 1  # each so-many-th is kept
    notes: list[Note] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    now: float = 0.0
    tension: float = 1.0
    streets: int = 0  # bit n: closure n is in force
    reinforced: bool = False
    desks: frozenset[int] = frozenset()  # held by people

    def ride(self, vehicle: int, a: Place, b: Place) -> float:
        """Give the seconds from one place to another; infinite where no road leads."""
        return 0.0 if a.node == b.node else self.travel[self.streets][vehicle][a.node][b.node]

    def note(self, event: int, place: Place | None, **what: Any) -> None:
        """Write a row of the log; what is not named is nothing, −1 or 0."""
        unit, incident = what.get("unit"), what.get("incident")
        self.notes.append(
            Note(
                t=self.now,
                event=int(event),
                place=-1 if place is None else place.row,
                unit=-1 if unit is None else unit.row,
                incident=-1 if incident is None else incident.row,
                a=float(what.get("a", 0.0)),
                b=float(what.get("b", 0.0)),
            )
        )

    def respond(self, incident: Incident, service: int, *, called: float, outcome: int, unit: Unit | None) -> None:
        """Write down how a call ended; no seconds where nobody came."""
        waited = self.now - called
        self.responses.append(
            Response(
                service=int(service),
                kind=incident.kind.row,
                place=incident.place.row,
                unit=-1 if unit is None else unit.row,
                called=called,
                seconds=waited if outcome == at.ANSWERED else math.nan,
                waited=waited,
                outcome=int(outcome),
            )
        )

    def agenda(self) -> Iterator[Due]:
        """Go through everything that is to happen as (time, family, row)."""
        for c in self.crowds:
            times = (min(clock.due for clock in c.clocks), c.stage_due, c.control_due, c.line_due, c.layer_due)
            fire = min(c.fire_due, c.neighbour_due)
            yield from ((time, family, c.row) for family, time in enumerate((*times, fire)))
        yield from ((u.due, 6, u.row) for u in self.units)
        yield from ((min(i.next_decision, i.harm_due), 7, i.row) for i in self.active)
        yield from ((min(q.due, q.death), 8, q.row) for q in self.on_row.values())
        yield from ((h.due, 9, h.row) for h in self.hazards)
        yield from ((x.due, 10, x.row) for x in self.injects if not x.fired)
        yield from ((u.duty_due, 11, u.row) for u in self.units)
        for h in self.hospitals:
            yield from ((due, 12, h.row * at.BEDS + bed) for bed, due in enumerate(h.others_due))
            yield (h.surge_due, 13, h.row)

    def free_row(self) -> int:
        """Find the row of the next incident: after the last one's, the first that no open incident holds."""
        size, taken = CAPACITY["incidents"], {i.row for i in self.active}
        for step in range(size):
            row = (self.tally.opened + step) % size
            if row not in taken:
                return row
        raise Fault(at.FULL_INCIDENTS)


def _parameters(tables: Tables, luck: Luck) -> Any:
    """Read the parameters; those with a range are drawn from the triangle over it."""
    p = SimpleNamespace(**{name: float(tables.param[name][0]) for name in PARAMETERS})
    for row in tables.prior:
        low, mode, high = float(row["low"]), float(row["mode"]), float(row["high"])
        u = luck.uniform("parameter.value", int(row["who"]), 0)
        below = (mode - low) / (high - low) if high > low else 0.0  # the chance of a value under the mode
        if u < below:
            value = low + math.sqrt(u * (high - low) * (mode - low))
        else:
            value = high - math.sqrt((1.0 - u) * (high - low) * (high - mode))
        setattr(p, PARAMETERS[int(row["parameter"])], value)
    _draw_together(tables, luck, p)
    return p


def _draw_together(tables: Tables, luck: Luck, p: Any) -> None:
    """Take one row of what was measured together, if there are rows."""
    n = len(tables.joint)
    if n:
        u = luck.uniform("parameter.value", zlib.crc32(b"parameter:site-row"), 0)
        row = tables.joint[min(math.floor(u * n), n - 1)]
        for k in range(len(PARAMETERS)):
            if not math.isnan(row[k]):
                setattr(p, PARAMETERS[k], float(row[k]))


def _things(tables: Tables, luck: Luck, p: Any) -> Sim:
    """Read the streets, the places and the kinds."""
    seconds = np.asarray(tables.travel["s"], np.float64).reshape(-1, tables.vehicles, tables.nodes, tables.nodes)
    kinds = [
        Kind(
            row=row,
            model=int(k["model"]),
            priority=int(k["priority"]),
            service=int(k["service"]),
            queues=bool(k["queue"]),
            need=k["need"].tolist(),
            law=int(k["law"]),
            work=float(k["work"]),
            spread=float(k["spread"]),
            call=float(k["call"]),
            patients=int(k["patients"]),
            effect=int(k["effect"]),
            full=bool(k["full"]),
            harm=k["harm"].tolist(),
            fade=float(k["fade"]),
            cause=int(k["cause"]),
            suited=int(k["suited"]),
        )
        for row, k in enumerate(tables.kind)
    ]
    below, crowds = [float(w) for w in tables.spread["below"]], len(tables.crowd_t)
    return Sim(
        luck=luck,
        p=p,
        places=[
            Place(row, int(t["node"]), float(t["alert"]), float(t["voters"]), bool(t["gate"]))
            for row, t in enumerate(tables.place)
        ],
        travel=seconds.tolist(),
        reach_of_violence=[below[k * crowds : (k + 1) * crowds] for k in range(crowds)],
        kinds=kinds,
        every=tables.every,
    )


def _add_crowds(sim: Sim, tables: Tables) -> None:
    for row, t in enumerate(tables.crowd_t):
        place = sim.places[int(t["place"])]
        c = place.crowd = Crowd(
            row=row,
            who=int(t["who"]),
            place=place,
            enclosed=bool(t["enclosed"]),
            protected=bool(t["protected"]),
            burnable=bool(t["burnable"]),
            ballots=bool(t["ballots"]),
            needs=t["need"].tolist(),
            peaceful=t["peaceful"].tolist(),
            violent=t["violent"].tolist(),
            volatility=float(t["volatility"]),
            at_site=bool(t["site"]),
            strength=sim.p.site_fence_strength if t["site"] else sim.p.fence_strength,
        )
        c.came = c.present
        sim.crowds.append(c)


def _add_units(sim: Sim, tables: Tables) -> None:
    for row, t in enumerate(tables.unit_t):
        home = sim.places[int(t["home"])]
        sim.units.append(
            Unit(
                row=row,
                who=int(t["who"]),
                home=home,
                people=int(t["people"]),
                effective=int(t["effective"]),
                caps=frozenset(cap for cap in range(at.CAPS) if int(t["caps"]) & 2**cap),
                shown=int(t["shown"]),
                task=int(t["task"]),
                vehicle=int(t["vehicle"]),
                turnout=float(t["turnout"]),
                turnout_spread=float(t["turnout_spread"]),
                redispatch=bool(t["redispatch"]),
                desk=int(t["desk"]),
                duty=(float(t["duty_start"]), float(t["duty_length"]), float(t["duty_every"])),
                place=home,
                to=home,
            )
        )


def _add_hospitals(sim: Sim, tables: Tables) -> None:
    """Fill the beds to a drawn share; the part of a bed is taken with its chance."""
    p = sim.p
    for row, t in enumerate(tables.hospital_t):
        who, beds, taken, come = int(t["who"]), t["beds"].tolist(), [], []
        stay = (p.bay_time, p.theatre_time, p.icu_time, p.ward_time)
        for bed, n in enumerate(beds):
            u = sim.luck.uniform("hospital.occupancy", who, bed)
            v = sim.luck.uniform("hospital.occupancy", who, len(beds) + bed)
            share = p.occupancy_low + u * (p.occupancy_high - p.occupancy_low)
            taken.append(math.floor(share * n + v))
            come.append(share / (1.0 - min(share, 0.999)) / stay[bed])  # keeps that share taken, bed by bed
        free = [n - m for n, m in zip(beds, taken, strict=True)]
        place = sim.places[int(t["place"])]
        sim.hospitals.append(Hospital(row, who, place, beds, free, list(free), list(beds), taken, come))


def _add_outside(sim: Sim, tables: Tables) -> None:
    for row, t in enumerate(tables.hazard_t):
        factor = sim.luck.gamma("hazard.rate", int(t["draw"]), shape=float(t["gamma_shape"]))
        place, kind = sim.places[int(t["place"])], sim.kinds[int(t["kind"])]
        sim.hazards.append(Hazard(row, int(t["who"]), place, kind, t["rate"].tolist(), bool(t["tense"]), factor))
    for row, t in enumerate(tables.inject_t):
        watch, crowd, kind_row = int(t["watch"]), int(t["crowd"]), int(t["kind"])
        sim.injects.append(
            Inject(
                row=row,
                who=int(t["who"]),
                watch=sim.crowds[watch] if watch >= 0 else None,
                stage=int(t["stage"]),
                delay=float(t["delay"]),
                action=int(t["action"]),
                crowd=sim.crowds[crowd] if crowd >= 0 else None,
                place=sim.places[int(t["place"])] if t["place"] >= 0 else None,
                camp=int(t["camp"]),
                kind=sim.kinds[kind_row] if kind_row >= 0 else None,
                amount=float(t["amount"]),
                spread=float(t["spread"]),
                share=float(t["share"]),
                gathering=int(t["gathering"]),
                due=float(t["time"]),
            )
        )


def read_world(tables: Tables, luck: Luck) -> Sim:
    """Read the tables of a world, everybody at the post; parameters, beds and hazards' factors are drawn."""
    sim = _things(tables, luck, _parameters(tables, luck))
    _add_crowds(sim, tables)
    _add_units(sim, tables)
    _add_hospitals(sim, tables)
    _add_outside(sim, tables)
    sim.tally.bays_low = sum(h.free[at.BAY] for h in sim.hospitals)
    return sim
