"""P2, P4 and compilation: the two great scenarios, how time and memory grow with the world, where the time goes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numba
import numpy as np

from sispamkota import City, Plan, Scenario
from sispamkota.kernels import heap
from sispamkota.kernels import layout as at
from sispamkota.kernels import memory as m
from sispamkota.kernels.measure import MEASURES
from sispamkota.kernels.world import advance
from sispamkota.rehearsal import Setting, World
from sispamkota.rehearsal.play import play_batch
from sispamkota.rehearsal.specs import WorldSpec
from sispamkota.rehearsal.tables import build_tables

Line = tuple[str, str, str, str]
GREAT = {"kpu-bawaslu": "malang-500", "vote-day": "malang-pilkada"}
FAMILIES = (
    "crowd", "stage", "control", "line", "perimeter", "fire", "unit", "incident", "casualty", "hazard", "inject",
    "duty", "bed", "surge",
)  # fmt: skip
GROWN = 60  # replicates of each grown world


def lines() -> Iterator[Line]:
    """Every measurement, in order."""
    yield from _compilation()
    for scenario, plan in GREAT.items():
        yield from _great(scenario, plan)
        yield from _great(scenario, plan, site=True)
    yield from _growth()
    for scenario, plan in GREAT.items():
        yield from _profile(scenario, plan)
    yield from _limit()


def _child(code: str, **more: str) -> list[float]:
    """Run code in a fresh interpreter that prints figures in one line; return them."""
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **more}
    ).stdout
    return [float(each) for each in out.split()]


def _compilation() -> Iterator[Line]:
    """Compile all kernels of a rehearsal into an empty cache, then start again from that cache."""
    code = """
import time
wall, cpu = time.perf_counter(), time.process_time()
from sispamkota import City, Plan, Scenario
from sispamkota.rehearsal import Setting, World
from sispamkota.rehearsal.play import play_batch
from sispamkota.rehearsal.tables import build_tables
scenario = Scenario.load("kpu-bawaslu")
before = time.perf_counter(), time.process_time()
tables = build_tables(Setting.make(scenario, Plan.load("malang-500"), City.load("malang")).spec)
setting = time.perf_counter() - before[0], time.process_time() - before[1]
play_batch(World(tables), 1, 0, 1, scenario.horizon)
print(time.perf_counter() - wall - setting[0], time.process_time() - cpu - setting[1])
"""
    with tempfile.TemporaryDirectory() as folder:
        cold = _child(code, SISPAMKOTA_CACHE=folder)
        warm = min(_child(code, SISPAMKOTA_CACHE=folder) for _ in range(3))
    yield "–", f"cold: import, compile, play one replicate (CPU {cold[1]:.1f} s)", f"{cold[0]:.1f} s", "≤ 60 s"
    yield "–", f"cached: import, load kernels, play one (CPU {warm[1]:.2f} s)", f"{warm[0]:.2f} s", "≤ 1.5 s"


def _great(scenario: str, plan: str, *, site: bool = False) -> Iterator[Line]:
    """Rehearse 1,000 replicates in a process of its own, warm, on all cores: wall, CPU, memory, events.

    With a `site` its offices go by the measured rates of office-generic.
    """
    code = f"""
import resource, tempfile, time
from pathlib import Path
from sispamkota import City, Plan, Scenario, rehearse
parts = (Scenario.load({scenario!r}), Plan.load({plan!r}), City.load("malang"))
if {site}:
    from sispamkota.place.compound import Compound
    from sispamkota.rehearsal.site_rates import SiteRates
    parts = (parts[0].at_site(SiteRates.embedded(Compound.load("office-generic"))), *parts[1:])
rehearse(*parts, replicates=10, seed=1)
best, memory = [1e9, 1e9], None
for _ in range(3):
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        ensemble = rehearse(*parts, replicates=1000, seed=1, out=Path(folder) / "out")
        best = [min(best[0], time.perf_counter() - wall), min(best[1], time.process_time() - cpu)]
    memory = memory or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(*best, memory, ensemble.rows["events"].mean())
"""
    wall, cpu, mb, events = _child(code)
    with_ = " with --site" if site else ""
    yield (
        "P2",
        f"{scenario}{with_}, 1,000 replicates, warm, saved (CPU {cpu:.2f} s)",
        f"{wall:.2f} s",
        "≤ 5 s on 2 cores",
    )
    yield "P2", "  peak memory of that process", f"{mb:.0f} MB", "≤ 500 MB"
    if site:
        return
    world, horizon = _world(scenario, plan)
    play_batch(world, 1, 0, 5, horizon)
    taken = []
    for _ in range(3):
        began = time.process_time()
        rows = play_batch(world, 1, 0, 50, horizon).rows
        taken.append(time.process_time() - began)
    ns = min(taken) * 1e9 / rows[:, MEASURES.index("events")].sum()
    wanted = "≥ 30,000; ≤ 150 ns" if scenario == "vote-day" else "≤ 150 ns"
    yield (
        "P2",
        f"  events; ns an event ({ns * events / 1e6:.2f} ms CPU a replicate)",
        f"{events:,.0f}; {ns:.0f}",
        wanted,
    )


def _spec(scenario: str, plan: str) -> tuple[WorldSpec, float]:
    """Set a scenario in Malang; return its world and how long it lasts."""
    loaded = Scenario.load(scenario)
    return Setting.make(loaded, Plan.load(plan), City.load("malang")).spec, loaded.horizon


def _world(scenario: str, plan: str) -> tuple[World, float]:
    """Make the world of a scenario in Malang."""
    spec, horizon = _spec(scenario, plan)
    return World(build_tables(spec)), horizon


def _growth() -> Iterator[Line]:
    """P4: ten times the places, the units, the incidents; posts, nodes and crowds as they were."""
    spec, horizon = _spec("kpu-bawaslu", "malang-500")
    base = _measure(spec, horizon)
    for what, grown, most in (
        ("places (each with its hazards)", _more_places(spec), 10),
        ("units (copies at posts without a crowd)", _more_units(spec), 2),
        ("incidents (rates)", _more_incidents(spec), 10),
    ):
        ms, mb, events = _measure(grown, horizon)
        got = f"×{ms / base[0]:.2f}, ×{mb / base[1]:.2f}"
        told = f"×10 {what}: {ms:.2f} ms CPU, {events:,.0f} events (before {base[0]:.2f}, {base[2]:,.0f})"
        yield "P4", told, got, f"time ≤ ×{most}, memory ≤ ×10"


def _measure(spec: WorldSpec, horizon: float) -> tuple[float, float, float]:
    """Return ms of CPU a replicate, MB of tables and state, and events a replicate."""
    tables = build_tables(spec)
    world = World(tables)
    size = sum(np.asarray(part).nbytes for part in (*tables, *world.state)) / 1e6
    play_batch(world, 1, 0, 5, horizon)
    taken = []
    for _ in range(3):
        began = time.process_time()
        batch = play_batch(world, 1, 0, GROWN, horizon)
        taken.append(time.process_time() - began)
    assert not any(batch.reasons), batch.reasons
    return min(taken) * 1e3 / GROWN, size, float(batch.rows[:, MEASURES.index("events")].mean())


def _more_places(spec: WorldSpec) -> WorldSpec:
    """Put nine more places beside each, on its node; each has its own copy of the hazards of the first."""
    places = [replace(place, id=f"{place.id}/{n}", gate=False) for n in range(1, 10) for place in spec.places]
    hazards = [
        replace(each, id=f"{each.id}/{n}", place=f"{each.place}/{n}", draw="") for n in range(1, 10)
        for each in spec.hazards
    ]  # fmt: skip
    return replace(spec, places=[*spec.places, *places], hazards=[*spec.hazards, *hazards])


def _more_units(spec: WorldSpec) -> WorldSpec:
    """Put nine copies of each unit, able to do the same, at posts where nobody gathers."""
    crowded = {crowd.place for crowd in spec.crowds}
    posts = sorted({unit.home for unit in spec.units} - crowded)
    copies = [
        replace(unit, id=f"{unit.id}/{n}", home=unit.home if unit.home in posts else posts[n % len(posts)])
        for unit in spec.units
        for n in range(1, 10)
    ]
    return replace(spec, units=[*spec.units, *copies])


def _more_incidents(spec: WorldSpec) -> WorldSpec:
    """Let every hazard strike ten times as often."""
    return replace(spec, hazards=[replace(h, rate=tuple(10.0 * r for r in h.rate)) for h in spec.hazards])


def _clock() -> Any:
    """Return the C function that reads the monotonic clock, callable from a kernel."""
    clock = ctypes.CDLL(None).clock_gettime
    clock.argtypes, clock.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_int
    return clock


CLOCK = _clock()


@numba.njit
def _watched(w, until, ns, count, t):  # not cached: a pointer to C is of this process
    """Advance event by event, adding wall time and count by family."""
    while w.heap > 0:
        kind = heap.family(w.offset, m.slot(w, 0).heap)
        CLOCK(1, t.ctypes)
        began = t[0] * 1_000_000_000 + t[1]
        code = advance(w, until, 1)
        CLOCK(1, t.ctypes)
        if code != at.PAUSED:
            break
        ns[kind] += t[0] * 1_000_000_000 + t[1] - began
        count[kind] += 1


@numba.njit
def _empty(n, t):
    """Return the ns that two readings of the clock take."""
    total = 0
    for _ in range(n):
        CLOCK(1, t.ctypes)
        began = t[0] * 1_000_000_000 + t[1]
        CLOCK(1, t.ctypes)
        total += t[0] * 1_000_000_000 + t[1] - began
    return total / n


def _profile(scenario: str, plan: str) -> Iterator[Line]:
    """Share of the time by family of events, one event at a time; the clock's own time is taken off."""
    world, horizon = _world(scenario, plan)
    ns, count, t = np.zeros(14), np.zeros(14), np.zeros(2, np.int64)
    off = _empty(100_000, t)
    n = 20
    for replicate in range(n + 1):
        if replicate == 1:  # the first compiles
            ns[:], count[:] = 0.0, 0.0
        world.reset(seed=1, replicate=replicate)
        _watched(world.state.world[0], horizon, ns, count, t)
    ns -= off * count
    began = time.process_time()
    for replicate in range(50):
        world.reset(seed=1, replicate=replicate)
    reset = (time.process_time() - began) / 50
    yield "–", f"{scenario}: start of a replicate", f"{reset * 1e3:.2f} ms", "–"
    for kind in np.argsort(-ns)[:6]:
        if count[kind]:
            what = f"{scenario}: {FAMILIES[kind]} events, {count[kind] / n:,.0f} a replicate"
            yield "–", what, f"{ns[kind] / ns.sum():.0%}, {ns[kind] / count[kind]:.0f} ns", "–"


@numba.njit
def _bare(times, gaps, n):
    """Pop the earliest of a plain binary heap of times and push it back later, n times."""
    size = times.size
    for step in range(n):
        t = times[0] + gaps[step & 65_535]
        i = 0
        while True:
            child = 2 * i + 1
            if child >= size:
                break
            if child + 1 < size and times[child + 1] < times[child]:
                child += 1
            if times[child] >= t:
                break
            times[i] = times[child]
            i = child
        times[i] = t


def _limit() -> Iterator[Line]:
    """What the machine can do at best: a bare pop and push on a heap as large as the agenda; bytes an event touches."""
    gaps = np.random.default_rng(1).exponential(1.0, 65_536)
    for scenario, plan in GREAT.items():
        world, horizon = _world(scenario, plan)
        world.reset(seed=1, replicate=0)
        world.advance(horizon / 2)
        size = int(world.state.world[0].heap)
        times = np.sort(gaps[:size])
        _bare(times.copy(), gaps, 10)
        taken = []
        for _ in range(5):
            began = time.process_time()
            _bare(times.copy(), gaps, 2_000_000)
            taken.append(time.process_time() - began)
        what = f"{scenario}: bare pop and push, {size} pending"
        yield "–", what, f"{min(taken) / 2e6 * 1e9:.0f} ns", "–"
    crowd, slot = at.CROWD.itemsize + at.CROWD_T.itemsize, at.SLOT.itemsize
    levels = int(np.ceil(np.log2(size)))
    touched = crowd + at.PARAM.itemsize + at.WORLD.itemsize + 3 * slot * levels
    what = f"bytes a crowd event can touch (crowd {crowd}, parameters {at.PARAM.itemsize}, header {at.WORLD.itemsize}"
    yield "–", f"{what}, heap {3 * slot * levels})", f"{touched:,} B", "–"
