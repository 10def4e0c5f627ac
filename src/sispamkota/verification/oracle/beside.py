"""Engine and oracle side by side: after each event the whole state is compared.

Integers must be equal: who is where, every count, state, choice and row. Times, rates and other reals must agree to one
part in 10⁹, since the two add up in another order. Which of two events is first is a rule where both sides have them at
equal times, and rounding where their times are equal but for the last bits: there the oracle goes with the engine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ...errors import EngineError
from ...kernels.measure import CROWD_MEASURES, MEASURES
from ...rehearsal.tables import build_tables
from ...rehearsal.world import World
from .coverage import Coverage
from .play import Event, Oracle
from .sim import FAMILIES, Due, Fault, Sim
from .terms import at
from .things import Casualty, Crowd, Hospital, Incident, Unit
from .worlds import Case

__all__ = ["TOLERANCE", "Beside", "Disagreement", "play_beside"]

TOLERANCE = 1e-9  # relative, of reals
LAST_BITS = 1e-12  # relative, of two times that would be one if sums were exact; some thousand roundings

CROWD_INTEGERS = (
    *("S", "I", "R", "came", "left", "dispersed", "detained", "hurt", "k", "asked", "officers", "shown", "guards"),
    *("negotiators", "diverters", "stage", "control", "control_next", "line", "line_next", "delays", "counted"),
    *("force", "force_max", "posture", "calls", "layer", "fire", "fires", "engines", "fire_incident", "incident"),
    *("peak", "peak_violent", "openings", "neighbours"),
)
CROWD_REALS = (
    *("rate", "due", "arrive", "stage_due", "up_since", "down_since", "control_due", "line_due", "called"),
    *("pressure", "layer_due", "fire_from", "fire_due", "fire_power", "fire_energy", "neighbour_energy"),
    "neighbour_due",
)
UNIT_INTEGERS = ("state", "place", "to", "present", "cap", "incident", "casualty", "k", "relieved")
UNIT_REALS = ("due", "left", "arrives", "duty_from")
INCIDENT_INTEGERS = (
    *("state", "kind", "place", "priority", "crowd", "casualty", "who", "n", "need", "sent", "there", "units"),
    "harmed",
)
INCIDENT_REALS = ("called", "due", "end", "first", "harm_due", "fades")
CASUALTY_INTEGERS = (
    *("state", "triage", "cause", "side", "place", "hospital", "bed", "next", "who", "n", "ambulance", "incident"),
    "number",
)
HOSPITAL_INTEGERS = ("free", "low", "open", "waiting", "others", "k", "surge")
CASUALTY_REALS = ("born", "due", "death", "queued", "care", "definitive", "luck")
COUNTS = (
    *("events", "open", "casualties", "responses", "logged", "opened", "closed", "lost", "idle_people", "idle_low"),
    *("present", "present_peak", "bays", "bays_low", "diversions", "by_ambulance", "self_transport"),
    *(
        "reinforced",
        "streets",
        "rows",
        "free_first",
        "free_last",
        "harmed",
        "civilians",
        "officers",
        "forced",
        "deaths",
    ),
    *("avertable", "cared", "treated", "answered", "calls", "turned_away", "retasked", "neighbours"),
)
AMOUNTS = (
    *("now", "tension", "care_s", "definitive_s", "answer_s", "duty_longest", "tps_s", "voters_kept", "ballots_s"),
    "held_s",
)
LOG = ("t", "event", "place", "unit", "incident", "a", "b")
RESPONSE = ("service", "kind", "place", "unit", "called", "seconds", "waited", "outcome")

Numbers = list[Any]
NOTHING: Mapping[str, float] = MappingProxyType({})


class Disagreement(AssertionError):  # noqa: N818 a finding, not an error
    """Say where engine and oracle part."""


def _row(thing: Any) -> int:
    """Return the row of a thing, −1 for nothing."""
    return -1 if thing is None else int(thing.row)


def _crowd(c: Crowd) -> tuple[Numbers, Numbers]:
    """List an oracle's crowd in the order of CROWD_INTEGERS and CROWD_REALS."""
    clocks = c.clocks
    whole = [
        *(*c.peaceful, *c.violent, c.spent, c.came, c.left, c.dispersed, c.detained, c.hurt),
        *[clock.drawn for clock in clocks],
        *(int(c.asked_to_leave), *c.officers, *c.shown, c.guards, c.negotiators, c.diverters),
        *(c.stage, c.control, c.control_next, c.line, c.line_next, c.control_delays, c.line_delays, c.present),
        *(c.force, c.force_max, c.posture, *c.calls, c.layer, c.fire, c.fires, c.engines),
        *(_row(c.fire_incident), _row(c.incident), c.peak, c.peak_violent, c.openings, c.neighbours),
    ]
    real = [
        *[clock.rate for clock in clocks],
        *[clock.due for clock in clocks],
        *(*c.arrive, c.stage_due, *c.wanted_since, c.calm_since, c.control_due, c.line_due, *c.called),
        *(c.pressure, c.layer_due, c.fire_from, c.fire_due, c.fire_power, c.fire_energy, c.neighbour_energy),
        c.neighbour_due,
    ]
    return whole, real


def _unit(u: Unit) -> tuple[Numbers, Numbers]:
    """List an oracle's unit in the order of UNIT_INTEGERS and UNIT_REALS."""
    whole = [u.state, u.place.row, u.to.row, int(u.present), u.cap, _row(u.incident), _row(u.casualty), u.orders]
    return [*whole, int(u.relieved)], [u.due, u.left, u.arrives, u.duty_from]


def _incident(i: Incident) -> tuple[Numbers, Numbers]:
    """List an oracle's incident in the order of INCIDENT_INTEGERS and INCIDENT_REALS."""
    whole = [i.state, i.kind.row, i.place.row, i.priority, _row(i.crowd), _row(i.casualty), i.who, i.n]
    return [*whole, *i.need, *i.sent, *i.there, i.units, i.harmed], [
        i.called,
        i.due,
        i.end,
        i.first,
        i.harm_due,
        math.inf if i.begun else i.fades,
    ]


def _casualty(q: Casualty) -> tuple[Numbers, Numbers]:
    """List an oracle's casualty in the order of CASUALTY_INTEGERS and CASUALTY_REALS."""
    whole = [q.state, q.triage, q.cause, q.side, q.place.row, _row(q.hospital), q.bed, q.waits_for, q.who, q.n]
    whole += [_row(q.ambulance), _row(q.incident), q.number]
    return whole, [q.born, q.due, q.death, q.queued, q.care, q.definitive, q.luck]


def _counts(sim: Sim) -> Numbers:
    """List an oracle's counts in the order of COUNTS."""
    tally, rows = sim.tally, sim.left_rows
    idle = sum(u.people for u in sim.units if u.state == 0)
    return [
        *(
            tally.events,
            len(sim.active),
            len(sim.casualties),
            len(sim.responses[:: sim.every]),
            len(sim.notes),
            tally.opened,
        ),
        *(tally.closed, tally.lost, idle, tally.idle_low, sum(c.present for c in sim.crowds), tally.present_peak),
        *(sum(h.free[0] for h in sim.hospitals), tally.bays_low, tally.diversions, tally.by_ambulance),
        tally.self_transport,
        *(int(sim.reinforced), sim.streets, len(sim.on_row), rows[0] if rows else -1, rows[-1] if rows else -1),
        *_harm(sim),
        *(sum(r.service == s and r.outcome == at.ANSWERED for r in sim.responses) for s in range(at.SERVICES)),
        *(len(sim.responses), tally.turned_away, tally.retasked, tally.neighbours),
    ]


def _harm(sim: Sim) -> Numbers:
    """Count who was hurt in the trouble so far, and who of them has left with care."""
    hurt = [q for q in sim.casualties if q.cause != at.BY_ACCIDENT]
    dead = [q for q in hurt if q.state == at.DEAD]
    best = (sim.p.survive_t1, sim.p.survive_t2)
    return [
        *(len(hurt), sum(q.side == at.CIVILIAN for q in hurt), sum(q.side == at.OFFICER for q in hurt)),
        *(sum(q.cause == at.BY_FORCE for q in hurt), len(dead), sum(q.luck < best[q.triage] for q in dead)),
        *(len(times) for times in _care(sim)),
    ]


def _care(sim: Sim) -> tuple[Numbers, Numbers]:
    """List how long first and definitive care took of the gravely hurt who have left."""
    left = [q for q in sim.casualties if q.gone and q.cause != at.BY_ACCIDENT and q.triage != at.T3]
    first = [q.care - q.born for q in left if math.isfinite(q.care)]
    return first, [q.definitive - q.born for q in left if math.isfinite(q.definitive)]


def _amounts(sim: Sim) -> Numbers:
    """List an oracle's sums in the order of AMOUNTS."""
    tally, (first, definitive) = sim.tally, _care(sim)
    answered = [r for r in sim.responses if r.outcome == at.ANSWERED]
    return [
        *(sim.now, sim.tension, sum(first), sum(definitive)),
        *(sum(r.seconds for r in answered if r.service == s) for s in range(at.SERVICES)),
        *(tally.duty_longest, tally.tps_s, tally.voters_kept, tally.ballots_s, tally.held_s),
    ]


def _hospital(sim: Sim, h: Hospital) -> tuple[Numbers, Numbers]:
    """List an oracle's hospital in the order of HOSPITAL_INTEGERS, and how many others come."""
    there = [q for q in sim.on_row.values() if q.hospital is h]
    waiting = [sum(q.waits_for == bed for q in there) for bed in range(at.BEDS)]
    return [*h.free, *h.low, *h.open, *waiting, *h.others, *h.changes, h.surge], list(h.come)


class _Table:
    """Read some fields of a table of the engine as plain lists: all its fields are eight bytes wide."""

    def __init__(self, name: str, table: Any, fields: Sequence[str], *, real: bool) -> None:
        dtype = table.dtype
        columns, self.names = [], []
        for field in fields:
            inner, offset = dtype.fields[field][:2]
            width = inner.itemsize // 8
            columns += [offset // 8 + i for i in range(width)]
            self.names += [f"{name}.{field}" + (f"[{i}]" if width > 1 else "") for i in range(width)]
        whole = table.view(np.ndarray).view(np.float64 if real else np.int64).reshape(len(table), dtype.itemsize // 8)
        self._whole, self._columns = whole, np.array(columns, np.int64)

    def rows(self, n: int) -> list[Numbers]:
        """Read the fields of the first n records."""
        values: list[Numbers] = self._whole[:n].take(self._columns, axis=1).tolist()
        return values


def _near(a: float, b: float) -> bool:
    """Tell whether two reals agree; infinities and NaN with themselves."""
    return a == b or math.isclose(a, b, rel_tol=TOLERANCE) or (math.isnan(a) and math.isnan(b))


def _check(where: str, names: Sequence[str], engine: Numbers, oracle: Numbers) -> None:
    """Raise Disagreement with each value that differs."""
    if engine == oracle:
        return
    wrong = [
        f"{name} {got!r} (oracle {want!r})"
        for name, got, want in zip(names, engine, oracle, strict=True)
        if got != want and not _near(got, want)
    ]
    if wrong:
        raise Disagreement(f"{where}: {', '.join(wrong)}")


class Beside:
    """Play one replicate by engine and oracle, one event at a time; `coverage` counts what has occurred.

    `engine`: parameters that the engine alone is given, to see that the two part.
    """

    def __init__(self, case: Case, *, coverage: Coverage | None = None, engine: Mapping[str, float] = NOTHING) -> None:
        tables, self.coverage = build_tables(case.spec), coverage or Coverage()
        self.oracle = Oracle(tables, seed=case.seed, replicate=case.replicate, desks=case.desks, room=case.room)
        for name, value in engine.items():
            tables.param[name][0] = value
        self.world = World(tables, log=True)
        self.world.state.world["max_casualties"][0] = self.oracle.sim.room
        self.world.take_desks(*case.desks)
        self.world.reset(seed=case.seed, replicate=case.replicate)
        self._offset = [int(first) for first in tables.offset]
        self._noted = self._responded = 0
        self._where = "at the start"
        state = self.world.state
        self._pending, self._heap = (table.view(np.ndarray)["heap"] for table in (state.world, state.slot))
        self._times = state.slot.view(np.ndarray)["time"]
        self._tables = {
            name: tuple(
                _Table(name, getattr(state, name), fields, real=i == 1) for i, fields in enumerate((whole, real))
            )
            for name, whole, real in (
                ("crowd", CROWD_INTEGERS, CROWD_REALS),
                ("unit", UNIT_INTEGERS, UNIT_REALS),
                ("incident", INCIDENT_INTEGERS, INCIDENT_REALS),
                ("casualty", CASUALTY_INTEGERS, CASUALTY_REALS),
                ("hospital", HOSPITAL_INTEGERS, ("come",)),
                ("hazard", ("k",), ("due", "factor", "work", "since")),
                ("inject", ("fired",), ("due",)),
                ("world", COUNTS, AMOUNTS),
            )
        }
        self.compare()

    def step(self, until: float) -> Event | None:
        """Play one event on both sides and compare; None when nothing is due. Raises Disagreement, or Fault of both."""
        due = self._due_in_engine()
        try:
            event = self.oracle.step(until, due=self._first(due))
        except Fault as fault:
            self._fault(until, fault)
            raise
        self.world.step(until)
        if event is not None:
            self._where = f"event {self.oracle.sim.tally.events} at {event.time:.3f} s, {event.family} {event.row}"
            if due != (event.family, event.row):
                raise Disagreement(f"{self._where}: the engine fires {due[0]} {due[1]}")
        notes = self._noted
        self.compare()
        if event is not None:
            self.coverage.see(self.oracle.sim, event, notes)
        return event

    def finish(self) -> None:
        """Compare all measures at the end."""
        row, rows = self.world.finish()
        mine, crowds = self.oracle.finish()
        self._where = "at the end"
        _check(self._where, MEASURES, row.tolist(), [float(mine[name]) for name in MEASURES])
        for k, crowd in enumerate(crowds):
            theirs = rows[k].tolist()
            _check(f"{self._where}, crowd {k}", CROWD_MEASURES, theirs, [float(crowd[name]) for name in CROWD_MEASURES])
        self._responses()
        self.coverage.see_end(self.oracle.sim)

    def compare(self) -> None:
        """Compare the whole state; raises Disagreement."""
        sim = self.oracle.sim
        self._each("world", {0: (_counts(sim), _amounts(sim))})
        self._each("crowd", {c.row: _crowd(c) for c in sim.crowds})
        self._each("unit", {u.row: _unit(u) for u in sim.units})
        self._each("incident", {i.row: _incident(i) for i in sim.rows.values()})
        self._each("casualty", {q.row: _casualty(q) for q in sim.on_row.values()})
        self._each("hospital", {h.row: _hospital(sim, h) for h in sim.hospitals})
        self._each("hazard", {h.row: ([h.struck], [h.due, h.factor, h.work, h.since]) for h in sim.hazards})
        self._each("inject", {x.row: ([int(x.fired)], [x.due]) for x in sim.injects})
        active = self.world.open_incidents()
        _check(self._where, ["active"] * len(active), active, [i.row for i in sim.active])
        self._responses()
        self._notes()

    def _each(self, name: str, oracle: Mapping[int, tuple[Numbers, Numbers]]) -> None:
        """Compare the records of a table with the oracle's things, by row."""
        whole, real = self._tables[name]
        last = max(oracle, default=-1)
        integers, reals = whole.rows(last + 1), real.rows(last + 1)
        for row, (counts, amounts) in oracle.items():
            if integers[row] != counts:
                _check(f"{self._where}, {name} {row}", whole.names, integers[row], counts)
            if reals[row] != amounts:
                _check(f"{self._where}, {name} {row}", real.names, reals[row], amounts)

    def _notes(self) -> None:
        """Compare the rows that the log has gained."""
        for row in range(self._noted, len(self.oracle.sim.notes)):
            mine, theirs = self.oracle.sim.notes[row], self.world.state.log[row].item()
            _check(f"{self._where}, log {row}", LOG, list(theirs), [getattr(mine, name) for name in LOG])
        self._noted = len(self.oracle.sim.notes)

    def _responses(self) -> None:
        """Compare the response times that have been added."""
        kept = self.oracle.sim.responses[:: self.oracle.sim.every]
        for row in range(self._responded, len(kept)):
            mine, theirs = kept[row], self.world.state.response[row].item()
            _check(f"{self._where}, response {row}", RESPONSE, list(theirs), [getattr(mine, n) for n in RESPONSE])
        self._responded = len(kept)

    def _first(self, engine: tuple[str, int]) -> Due:
        """Say what the oracle plays next: the engine's next event too where rounding alone puts another before it.

        Two offices of one site that wear at one cap fall at one moment; each side sums their wear over other spans.
        """
        mine = self.oracle.due()
        if (FAMILIES[mine[1]], mine[2]) == engine:
            return mine
        for each in self.oracle.sim.agenda():
            if (FAMILIES[each[1]], each[2]) == engine and math.isclose(each[0], mine[0], rel_tol=LAST_BITS):
                times = [float(self._times[self._offset[family] + row]) for _, family, row in (mine, each)]
                return mine if mine[0] == each[0] and times[0] == times[1] else each
        return mine

    def _due_in_engine(self) -> tuple[str, int]:
        """Say which family and row the engine fires next."""
        if not self._pending[0]:
            return "", -1
        slot = int(self._heap[0])
        family = max(f for f in range(len(FAMILIES)) if self._offset[f] <= slot)
        return FAMILIES[family], slot - self._offset[family]

    def _fault(self, until: float, fault: Fault) -> None:
        """Hold a fault of the oracle against the engine's."""
        try:
            self.world.step(until)
        except EngineError:
            code = int(self.world.state.world["fault"][0])
            if code == fault.code:
                self.coverage.tell("unreachable" if code == at.UNREACHABLE else "no room")
                return
            raise Disagreement(f"{self._where}: then fault {code} (oracle {fault.code})") from None
        raise Disagreement(f"{self._where}: then no fault (oracle {fault.code})")


def play_beside(
    case: Case, *, events: int, coverage: Coverage | None = None, engine: Mapping[str, float] = NOTHING
) -> int:
    """Play a world side by side until its end, or for so many events; return how many it had.

    Raises Disagreement where the two part. A fault that both have alike ends the replicate.
    """
    beside = Beside(case, coverage=coverage, engine=engine)
    try:
        while beside.oracle.sim.tally.events < events and beside.step(case.until) is not None:
            pass
    except Fault:
        return beside.oracle.sim.tally.events
    if beside.oracle.sim.now < case.until:
        beside.coverage.tell("cut short")
    beside.finish()
    return beside.oracle.sim.tally.events
