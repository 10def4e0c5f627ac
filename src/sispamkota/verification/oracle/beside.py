"""Engine and oracle side by side: after each event the whole state is compared.

Integers must be equal: who is where, every count, state, choice and row. Times, rates and other reals must agree to one
part in 10⁹, since the two add up in another order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import EngineError
from ...kernels.measure import CROWD_MEASURES, MEASURES
from ...rehearsal.tables import Tables, build_tables
from ...rehearsal.world import World
from .coverage import Coverage
from .play import Event, Oracle
from .sim import FAMILIES, Fault, Sim
from .things import Casualty, Crowd, Incident, Unit
from .worlds import Case

__all__ = ["TOLERANCE", "Beside", "Disagreement", "play_beside"]

TOLERANCE = 1e-9  # relative, of reals

CROWD_INTEGERS = (
    *("S", "I", "R", "came", "left", "dispersed", "detained", "hurt", "k", "asked", "officers", "shown", "guards"),
    *("negotiators", "diverters", "stage", "control", "control_next", "line", "line_next", "delays", "counted"),
    *("force", "force_max", "posture", "calls", "layer", "fire", "fires", "engines", "fire_incident", "incident"),
    *("peak", "peak_violent"),
)
CROWD_REALS = (
    *("rate", "due", "arrive", "stage_due", "up_since", "down_since", "control_due", "line_due", "called"),
    *("pressure", "layer_due", "fire_from", "fire_due", "fire_power", "fire_energy"),
)
UNIT_INTEGERS = ("state", "place", "to", "present", "cap", "incident", "casualty", "k")
UNIT_REALS = ("due", "left", "arrives")
INCIDENT_INTEGERS = (
    *("state", "kind", "place", "priority", "crowd", "casualty", "who", "n", "need", "sent", "there", "units"),
)
INCIDENT_REALS = ("called", "due", "end", "first")
CASUALTY_INTEGERS = (
    *("state", "triage", "cause", "side", "place", "hospital", "bed", "next", "who", "n", "ambulance", "incident"),
)
CASUALTY_REALS = ("born", "due", "death", "queued", "care", "definitive", "luck")
COUNTS = (
    *("events", "open", "casualties", "responses", "logged", "opened", "closed", "lost", "idle_people", "idle_low"),
    *("present", "present_peak", "bays", "bays_low", "diversions", "by_ambulance", "self_transport"),
)
LOG = ("t", "event", "place", "unit", "incident", "a", "b")
RESPONSE = ("service", "kind", "place", "unit", "called", "seconds", "waited", "outcome")

Numbers = list[Any]


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
        *(_row(c.fire_incident), _row(c.incident), c.peak, c.peak_violent),
    ]
    real = [
        *[clock.rate for clock in clocks],
        *[clock.due for clock in clocks],
        *(*c.arrive, c.stage_due, *c.wanted_since, c.calm_since, c.control_due, c.line_due, *c.called),
        *(c.pressure, c.layer_due, c.fire_from, c.fire_due, c.fire_power, c.fire_energy),
    ]
    return whole, real


def _unit(u: Unit) -> tuple[Numbers, Numbers]:
    """List an oracle's unit in the order of UNIT_INTEGERS and UNIT_REALS."""
    whole = [u.state, u.place.row, u.to.row, int(u.present), u.cap, _row(u.incident), _row(u.casualty), u.orders]
    return whole, [u.due, u.left, u.arrives]


def _incident(i: Incident) -> tuple[Numbers, Numbers]:
    """List an oracle's incident in the order of INCIDENT_INTEGERS and INCIDENT_REALS."""
    whole = [i.state, i.kind.row, i.place.row, i.priority, _row(i.crowd), _row(i.casualty), i.who, i.n]
    return [*whole, *i.need, *i.sent, *i.there, i.units], [i.called, i.due, i.end, i.first]


def _casualty(q: Casualty) -> tuple[Numbers, Numbers]:
    """List an oracle's casualty in the order of CASUALTY_INTEGERS and CASUALTY_REALS."""
    whole = [q.state, q.triage, q.cause, q.side, q.place.row, _row(q.hospital), q.bed, q.waits_for, q.who, q.n]
    whole += [_row(q.ambulance), _row(q.incident)]
    return whole, [q.born, q.due, q.death, q.queued, q.care, q.definitive, q.luck]


def _counts(sim: Sim) -> Numbers:
    """List an oracle's counts in the order of COUNTS."""
    tally = sim.tally
    idle = sum(u.people for u in sim.units if u.state == 0)
    return [
        *(tally.events, len(sim.active), len(sim.casualties), len(sim.responses), len(sim.notes), tally.opened),
        *(tally.closed, tally.lost, idle, tally.idle_low, sum(c.present for c in sim.crowds), tally.present_peak),
        *(sum(h.free[0] for h in sim.hospitals), tally.bays_low, tally.diversions, tally.by_ambulance),
        tally.self_transport,
    ]


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
    """Play one replicate by engine and oracle, one event at a time; `coverage` counts what has occurred."""

    def __init__(self, tables: Tables, *, seed: int, replicate: int, coverage: Coverage | None = None) -> None:
        self.coverage = coverage or Coverage()
        self.oracle = Oracle(tables, seed=seed, replicate=replicate)
        self.world = World(tables, log=True)
        self.world.reset(seed=seed, replicate=replicate)
        self._offset = [int(first) for first in tables.offset]
        self._noted = self._responded = 0
        self._where = "at the start"
        state = self.world.state
        self._pending, self._first = (table.view(np.ndarray)["heap"] for table in (state.world, state.slot))
        self._active = state.active.view(np.ndarray)["incident"]
        self._tables = {
            name: tuple(
                _Table(name, getattr(state, name), fields, real=i == 1) for i, fields in enumerate((whole, real))
            )
            for name, whole, real in (
                ("crowd", CROWD_INTEGERS, CROWD_REALS),
                ("unit", UNIT_INTEGERS, UNIT_REALS),
                ("incident", INCIDENT_INTEGERS, INCIDENT_REALS),
                ("casualty", CASUALTY_INTEGERS, CASUALTY_REALS),
                ("hospital", ("free", "low"), ()),
                ("hazard", ("k",), ("due", "factor")),
                ("inject", ("fired",), ("due",)),
                ("world", COUNTS, ("now",)),
            )
        }
        self.compare()

    def step(self, until: float) -> Event | None:
        """Play one event on both sides and compare; None when nothing is due. Raises Disagreement, or Fault of both."""
        due = self._due_in_engine()
        try:
            event = self.oracle.step(until)
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
        self._each("world", {0: (_counts(sim), [sim.now])})
        self._each("crowd", {c.row: _crowd(c) for c in sim.crowds})
        self._each("unit", {u.row: _unit(u) for u in sim.units})
        self._each("incident", {i.row: _incident(i) for i in sim.rows.values()})
        self._each("casualty", {q.row: _casualty(q) for q in sim.casualties})
        self._each("hospital", {h.row: ([*h.free, *h.low], []) for h in sim.hospitals})
        self._each("hazard", {h.row: ([h.struck], [h.due, h.factor]) for h in sim.hazards})
        self._each("inject", {x.row: ([int(x.fired)], [x.due]) for x in sim.injects})
        active = self._active[: len(sim.active)].tolist()
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
        for row in range(self._responded, len(self.oracle.sim.responses)):
            mine, theirs = self.oracle.sim.responses[row], self.world.state.response[row].item()
            _check(f"{self._where}, response {row}", RESPONSE, list(theirs), [getattr(mine, n) for n in RESPONSE])
        self._responded = len(self.oracle.sim.responses)

    def _due_in_engine(self) -> tuple[str, int]:
        """Say which family and row the engine fires next."""
        if not self._pending[0]:
            return "", -1
        slot = int(self._first[0])
        family = max(f for f in range(len(FAMILIES)) if self._offset[f] <= slot)
        return FAMILIES[family], slot - self._offset[family]

    def _fault(self, until: float, fault: Fault) -> None:
        """Hold a fault of the oracle against the engine's."""
        try:
            self.world.step(until)
        except EngineError:
            code = int(self.world.state.world["fault"][0])
            if code == fault.code:
                self.coverage.tell("unreachable")
                return
            raise Disagreement(f"{self._where}: then fault {code} (oracle {fault.code})") from None
        raise Disagreement(f"{self._where}: then no fault (oracle {fault.code})")


def play_beside(case: Case, *, events: int, coverage: Coverage | None = None) -> int:
    """Play a world side by side until its end, or for so many events; return how many it had.

    Raises Disagreement where the two part. A fault that both have alike ends the replicate.
    """
    beside = Beside(build_tables(case.spec), seed=case.seed, replicate=case.replicate, coverage=coverage)
    try:
        while beside.oracle.sim.tally.events < events and beside.step(case.until) is not None:
            pass
    except Fault:
        return beside.oracle.sim.tally.events
    if beside.oracle.sim.now < case.until:
        beside.coverage.tell("cut short")
    beside.finish()
    return beside.oracle.sim.tally.events
