"""Larson's hypercube: published workloads, tables of a second solver, and the engine, by balance equations solved here.

The rates of the book's example stand in a figure that could not be read; they were recovered from its exact workloads,
so the approximate workloads and the correction factors, which the fit did not use, are asked for too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels import layout as at
from ..place import VEHICLES
from ..plan.location.hypercube import hypercube as located
from ..rehearsal import World
from ..rehearsal.specs import HazardSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from ..rehearsal.tables import build_tables
from ..schema import parameters
from .row import ERRORS, Row

__all__ = [
    "CITY", "RING", "Seen", "Solved", "System", "approximate", "correction", "hypercube", "hypercube_world",
    "located_loss", "observe", "solve",
]  # fmt: skip

F8 = NDArray[np.float64]
BOOK = "Larson & Odoni, Urban Operations Research, 5.4 and 5.5.3"
SECOND = "a second solver, written apart"
APART, WARM = 15.0, 20.0  # service times between two looks at the engine, and before the first


@dataclass(frozen=True)
class System:
    """Hold zones with their calls a service time, the order in which units go to each, and the units' own speeds."""

    rates: tuple[float, ...]
    order: tuple[tuple[int, ...], ...]
    speeds: tuple[float, ...] = (1.0, 1.0, 1.0)

    @property
    def units(self) -> int:
        """Count the units."""
        return len(self.speeds)


class Solved(NamedTuple):
    """Hold probabilities of the states (bit u: unit u is busy) and the chance that a call of a zone gets a unit."""

    states: F8
    sent: F8

    @property
    def workloads(self) -> list[float]:
        """Give the share of time in which each unit is busy."""
        return [float(sum(p for s, p in enumerate(self.states) if s >> u & 1)) for u in range(self.sent.shape[1])]


class Seen(NamedTuple):
    """Hold how often the engine was in each state, and how often each unit was sent to each zone."""

    states: F8
    sent: F8


CITY = System((0.5, 0.25, 0.35, 0.4), ((0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 0, 1)))
RING = System((0.5, 0.5, 0.5), ((0, 1, 2), (1, 2, 0), (2, 0, 1)))
UNEVEN = System((0.9, 0.4, 0.2), RING.order)
UNLIKE = System(UNEVEN.rates, RING.order, (1.0, 1.5, 0.8))


def solve(system: System, *, waits: bool) -> Solved:
    """Solve the balance equations of all 2^units states; behind full service stands one line, or calls are lost.

    With a line the states of full service and a queue are added to the last one: the tail is geometric (Larson 1974).
    """
    size = 2**system.units
    flow = np.zeros((size, size))
    for state in range(size):
        for rate, order in zip(system.rates, system.order, strict=True):
            free = [u for u in order if not state >> u & 1]
            if free:
                flow[state, state | 1 << free[0]] += rate
        for u, speed in enumerate(system.speeds):
            if state >> u & 1:
                flow[state, state & ~(1 << u)] += speed
    flow -= np.diag(flow.sum(axis=1))
    balance = np.vstack([flow.T, np.ones(size)])
    states = np.linalg.lstsq(balance, np.append(np.zeros(size), 1.0), rcond=None)[0]
    if waits:
        states[-1] /= 1.0 - sum(system.rates) / sum(system.speeds)
    states /= states.sum()
    sent = np.zeros((len(system.rates), system.units))
    for zone, order in enumerate(system.order):
        for state in range(size - 1):
            sent[zone, next(u for u in order if not state >> u & 1)] += states[state]
    return Solved(states, sent)


def correction(units: int, use: float) -> list[float]:
    """Give Larson's Q(N, rho, j) for one line without end, j = 0 ... N - 1 (Larson 1975)."""
    load = units * use
    counts = [load**k / math.factorial(k) for k in range(units)]
    empty = 1.0 / (sum(counts) + load**units / math.factorial(units) / (1.0 - use))
    out = []
    for j in range(units):
        terms = (
            math.factorial(units - j - 1) * (units - k) / math.factorial(k - j) * units**k / math.factorial(units)
            * use ** (k - j)
            for k in range(j, units)
        )  # fmt: skip
        out.append(sum(terms) * empty / (1.0 - use))
    return out


def approximate(system: System) -> list[float]:
    """Iterate Larson's approximation with one line to its fixed point; workloads are scaled to their known sum.

    V is what a free unit is sent on a service time, a call from the line goes to each unit alike; the book's own third
    iterate (criterion .0011) lies within .0001 of the fixed point.
    """
    n, load = system.units, sum(system.rates)
    factor, use = correction(n, load / n), np.full(n, load / n)
    b = float(located_loss(n, load))
    wait = n * b / (n - load * (1.0 - b))
    for _ in range(200):
        v = np.zeros(n)
        for rate, order in zip(system.rates, system.order, strict=True):
            before = 1.0
            for j, u in enumerate(order):
                v[u] += rate * factor[j] * before
                before *= use[u]
        new = (v + load * wait / n / (1.0 - use)) / (1.0 + v + load * wait / n / (1.0 - use))
        use = new * load / new.sum()
    return [float(u) for u in use]


def located_loss(units: int, load: float) -> float:
    """Give the chance that all units are busy, by our location model on one zone."""
    return float(located(np.arange(units)[None, :], [load], 1.0).counts[-1])


def hypercube_world(system: System, *, waits: bool) -> World:
    """Put the system into the engine: a unit is as many microseconds away as its rank."""
    zones = len(system.rates)
    travel = np.full((len(VEHICLES), zones + system.units, zones + system.units), 1e-3, np.float32)
    for zone, order in enumerate(system.order):
        for rank, unit in enumerate(order):
            travel[:, zone, zones + unit] = travel[:, zones + unit, zone] = 1e-6 * (1 + rank)
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec(f"z{i}", i) for i in range(zones)]
        + [PlaceSpec(f"p{i}", zones + i) for i in range(system.units)],
        travel=travel,
        units=[UnitSpec(f"u{i}", f"p{i}", 1, (int(at.PATROL),)) for i in range(system.units)],
        kinds=[KindSpec("call", service=0, queue=waits, need={int(at.PATROL): 1}, work=1.0)],
        hazards=[HazardSpec(f"h{i}", f"z{i}", "call", (rate,) * 24) for i, rate in enumerate(system.rates)],
    )
    return World(build_tables(spec), responses=400_000)


def observe(system: System, *, waits: bool, looks: int) -> Seen:
    """Play the engine and look at it so seldom that two looks are all but independent."""
    world = hypercube_world(system, waits=waits)
    world.reset(seed=5, replicate=0)
    states = np.zeros(2**system.units)
    for i in range(looks):
        world.advance(WARM + i * APART)
        busy = np.isin(world.state.unit.state, (at.TURNOUT, at.TRAVEL, at.SCENE))
        states[int(busy @ (1 << np.arange(system.units)))] += 1
    calls = world.state.response[: int(world.state.world[0].responses)]
    sent = np.zeros((len(system.rates), system.units))
    answered = calls[calls.outcome == at.ANSWERED]
    np.add.at(sent, (answered.place, answered.unit), 1)
    return Seen(states, sent)


def hypercube(*, factor: float = 1.0, looks: int = 6000) -> Iterator[Row]:
    """Give the book's example, the second solver's tables, and the engine; `factor` multiplies all calls."""
    yield from _book(_scaled(CITY, factor))
    yield from _tables(factor)
    for waits in (False, True):
        name = "one line" if waits else "calls lost"
        expected, seen = solve(CITY, waits=waits), observe(_scaled(CITY, factor), waits=waits, looks=looks)
        shares = Solved(seen.states / looks, seen.sent).workloads
        for unit, (share, chance) in enumerate(zip(shares, expected.workloads, strict=True)):
            error = ERRORS * math.sqrt(chance * (1.0 - chance) / looks)
            yield Row(
                "hypercube", f"engine, {name}: workload of unit {unit}", "balance equations", chance, share, error
            )


def _scaled(system: System, factor: float) -> System:
    return System(tuple(factor * rate for rate in system.rates), system.order, system.speeds)


def _book(city: System) -> Iterator[Row]:
    """Give the published workloads, exact and approximate, and the correction factors."""
    exact = solve(city, waits=True).workloads
    for unit, (want, got) in enumerate(zip((0.5574, 0.4734, 0.4693), exact, strict=True)):
        yield Row("hypercube", f"exact workload of unit {unit}", BOOK, want, got, 5e-5)
    for unit, (want, got) in enumerate(zip((0.5627, 0.4716, 0.4657), approximate(city), strict=True)):
        what = f"approximate workload of unit {unit} (book: third iterate)"
        yield Row("hypercube", what, BOOK, want, got, 1.5e-4)
    factors = correction(3, sum(city.rates) / 3.0)
    for j, (want, got) in enumerate(zip((1.0, 0.73684, 0.63158), factors, strict=True)):
        yield Row("hypercube", f"Q(3, 1/2, {j})", BOOK, want, got, 5e-6)


def _tables(factor: float) -> Iterator[Row]:
    """Give the tables of the second solver: zero line by our location model, one line by the equations here."""
    for name, system, waits, states, loads in SECOND_TABLES:
        scaled = _scaled(system, factor)
        solved = solve(scaled, waits=waits)
        for state, want in enumerate(states):
            yield Row("hypercube", f"{name}: P(state {state:03b})", SECOND, want, float(solved.states[state]), 6e-7)
        for unit, want in enumerate(loads):
            yield Row("hypercube", f"{name}: workload of unit {unit}", SECOND, want, solved.workloads[unit], 6e-6)
        if not waits and len(set(system.speeds)) == 1:
            ranks = np.argsort(np.array(scaled.order), axis=1)
            ours = located(ranks, scaled.rates, 1.0)
            for unit, want in enumerate(loads):
                got = float(ours.busy[unit])
                yield Row("hypercube", f"{name}: workload of unit {unit}, plan's solver", SECOND, want, got, 6e-6)
    uneven = _scaled(UNEVEN, factor)
    sent = solve(uneven, waits=False).sent
    for zone, row in enumerate(SENT):
        for unit, want in enumerate(row):
            what = f"uneven, lost: P(unit {unit} | call {zone})"
            yield Row("hypercube", what, SECOND, want, float(sent[zone, unit]), 6e-7)
    served = np.array(uneven.rates)[:, None] * sent
    got = 1.0 - float(np.trace(served) / served.sum())
    yield Row("hypercube", "uneven, lost: share served outside the own district", SECOND, 0.384938, got, 6e-7)
    full = float(solve(_scaled(UNLIKE, factor), waits=False).states[-1])
    yield Row("hypercube", "unlike speeds, lost: P(all busy)", SECOND, 0.115247, full, 6e-7)
    full = float(solve(_scaled(RING, factor), waits=True).states[-1])
    yield Row("hypercube", "even, one line: P(all busy) = Erlang C", SECOND, 0.236842, full, 6e-7)


SENT = ((0.497336, 0.237933, 0.130403), (0.066967, 0.551145, 0.247560), (0.141373, 0.071287, 0.653011))
_EVEN_STATES = (0.238806, 0.119403, 0.119403, 0.089552, 0.119403, 0.089552, 0.089552, 0.134328)
_UNEVEN_STATES = (0.238806, 0.166646, 0.117157, 0.130403, 0.074406, 0.071287, 0.066967, 0.134328)
# name, system, one line or calls lost, P of the states, workloads
SECOND_TABLES: Sequence[tuple[str, System, bool, Sequence[float], Sequence[float]]] = (
    ("book's city, lost", CITY, False, (), (0.49791, 0.40263, 0.39797)),
    ("even, lost", RING, False, _EVEN_STATES, (0.432836,) * 3),
    ("even, one line", RING, True, (), (0.5,) * 3),
    ("uneven, lost", UNEVEN, False, _UNEVEN_STATES, (0.502664, 0.448855, 0.346989)),
    ("uneven, one line", UNEVEN, True, (), (0.561559, 0.514122, 0.424319)),
    ("unlike speeds, lost", UNLIKE, False, (), (0.501290, 0.355087, 0.366512)),
)
