"""P1: one dispatch model by `World.advance` and by SimPy, on the same draws, response times equal to the bit.

Posts hold units; calls of two priorities come at places by Poisson clocks; the nearest idle unit goes (ties by the
lower unit), works for an exponential or lognormal time, drives home and is idle again; calls that find nobody wait,
gravest first, then first called. Travel times are a table. Draws are keyed. The engine makes its own inside its time;
SimPy is given them ready, outside its time.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from sispamkota.kernels import layout as at
from sispamkota.kernels import rng
from sispamkota.kernels.events import hazard_time
from sispamkota.rehearsal import Run, World
from sispamkota.rehearsal.play import BATCH
from sispamkota.rehearsal.specs import HazardSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from sispamkota.rehearsal.spread import Work, spread
from sispamkota.rehearsal.tables import Tables, build_tables
from sispamkota.schema import parameters

Line = tuple[str, str, str, str]
DAY, POSTS, PLACES, SEED = 86_400.0, 12, 100, 7
KINDS = (
    KindSpec("light", priority=1, service=0, need={at.PATROL: 1}, work=1500.0),
    KindSpec("grave", priority=2, service=0, need={at.PATROL: 1}, law=at.LOGNORMAL, work=1200.0, spread=1.8),
)
CYCLE, LOAD = 2_500.0, 0.75  # s that a call takes a unit, about; share of the units at work
Calls = list[tuple[float, int, int, float]]  # when, place, priority, length of the work


def model(units: int, *, every: int = 1) -> WorldSpec:
    """Describe the world: units spread over the posts, two Poisson sources of calls a place."""
    place = np.random.default_rng(3)
    at_place = place.uniform(0.0, 12_000.0, (POSTS + PLACES, 2))
    metres = np.abs(at_place[:, None] - at_place[None]).sum(axis=2)
    rate = LOAD * units / CYCLE / PLACES / len(KINDS)
    return WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec(f"place{n}", n) for n in range(POSTS + PLACES)],
        travel=np.repeat((metres / 12.0).astype(np.float32)[None], 6, axis=0),
        units=[
            UnitSpec(f"unit{u}", f"place{u * POSTS // units}", 1, (at.PATROL,), redispatch=False, turnout=0.0)
            for u in range(units)
        ],
        kinds=KINDS,
        hazards=[
            HazardSpec(f"{kind.id}{n}", f"place{n}", kind.id, (rate,) * 24)
            for n in range(POSTS, POSTS + PLACES)
            for kind in KINDS
        ],
        every=every,
    )


def draws(tables: Tables, spec: WorldSpec, replicate: int) -> Calls:
    """Draw every call of a replicate as the engine does: by name and number, never by the clock."""
    calls, seed = [], np.uint64(SEED)
    start = float(tables.param.start_hour[0])
    priority = {kind.id: kind for kind in spec.kinds}
    for ht, hazard in zip(tables.hazard_t, spec.hazards, strict=True):
        kind, who, rate, now, k = priority[hazard.kind], int(ht.who), np.array(ht.rate), 0.0, 0
        while True:
            now = hazard_time(rate, start, now, rng.exponential(seed, replicate, rng.HAZARD, who, k))
            k += 1
            if now > DAY:
                break
            if kind.law == at.EXPONENTIAL:
                length = kind.work * rng.exponential(seed, replicate, rng.SERVICE, who, k)
            else:
                length = rng.lognormal(kind.work, kind.spread, seed, replicate, rng.SERVICE, who, k)
            calls.append((now, int(ht.place), kind.priority, length))
    return sorted(calls)


def ours(world: World, replicate: int) -> None:
    """Play a replicate through the engine."""
    world.reset(seed=SEED, replicate=replicate)
    world.advance(DAY)
    world.finish()


def simpy_scan(spec: WorldSpec, calls: Calls) -> list[float]:
    """Play the same calls in SimPy; the nearest idle unit is looked for as the engine does, unit by unit."""
    seconds = spec.travel[0].astype(float).tolist()
    home = [int(unit.home.removeprefix("place")) for unit in spec.units]
    idle = set(range(len(home)))

    def take(place: int) -> int | None:
        there = seconds[place]
        best = min(((there[home[u]], u) for u in idle), default=None)
        if best is None:
            return None
        idle.remove(best[1])
        return best[1]

    return _simpy(calls, seconds, home, take, idle.add)


def simpy_posts(spec: WorldSpec, calls: Calls) -> list[float]:
    """Play the same calls in SimPy with the best search we know: posts sorted beforehand, idle units in a heap each."""
    seconds = spec.travel[0].astype(float).tolist()
    home = [int(unit.home.removeprefix("place")) for unit in spec.units]
    idle: list[list[int]] = [[u for u in range(len(home)) if home[u] == post] for post in range(POSTS)]
    order = [sorted(range(POSTS), key=lambda post, row=row: row[post]) for row in seconds]

    def take(place: int) -> int | None:
        for post in order[place]:
            if idle[post]:
                return heapq.heappop(idle[post])
        return None

    return _simpy(calls, seconds, home, take, lambda u: heapq.heappush(idle[home[u]], u))


def _simpy(
    calls: Calls,
    seconds: list[list[float]],
    home: list[int],
    take: Callable[[int], int | None],
    give: Callable[[int], None],
) -> list[float]:
    """Run the SimPy model: a source of calls, a process a call; return response times in the order of arrival."""
    import simpy

    env = simpy.Environment()
    waiting: list[tuple[int, int, Any]] = []
    responses: list[float] = []

    def source() -> Iterator[Any]:
        for number, (when, *call) in enumerate(calls):
            if when > 2.0 * env.now:  # a short wait ends at `when` to the bit, a long one may miss the last digit
                yield env.timeout(0.75 * when - env.now)
            yield env.timeout(when - env.now)
            env.process(answer(number, *call))

    def answer(number: int, place: int, priority: int, length: float) -> Iterator[Any]:
        called = env.now
        unit = take(place)
        if unit is None:
            free = env.event()
            heapq.heappush(waiting, (-priority, number, free))
            unit = yield free
        yield env.timeout(seconds[home[unit]][place])
        responses.append(env.now - called)
        yield env.timeout(length)
        yield env.timeout(seconds[place][home[unit]])
        if waiting:
            heapq.heappop(waiting)[2].succeed(unit)
        else:
            give(unit)

    env.process(source())
    env.run(until=DAY)
    return responses


def cpu(work: Callable[[], object], *, times: int = 3) -> float:
    """The least of some CPU times, s."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def lines() -> Iterator[Line]:
    """Ours and theirs, at 60 and 500 units; then two threads."""
    try:
        import simpy
    except ImportError:
        yield "P1", "SimPy", "not here", "make bench installs it"
        return
    for units, replicates, target in ((60, 20, 20), (500, 4, 40)):
        spec = model(units)
        tables = build_tables(spec)
        world = World(tables, responses=20_000)
        calls = [draws(tables, spec, replicate) for replicate in range(replicates)]
        events = 0
        for replicate in range(replicates):  # equal answers
            ours(world, replicate)
            events += int(world.state.world[0].events)
            got = world.state.response[: int(world.state.world[0].responses)]
            mine = got.seconds[got.outcome == at.ANSWERED]
            for rival in (simpy_scan, simpy_posts):
                assert mine.tobytes() == np.array(rival(spec, calls[replicate])).tobytes(), "SimPy answers otherwise"
        here = cpu(lambda: [ours(world, n) for n in range(replicates)])  # noqa: B023
        n = sum(map(len, calls))
        what = f"{units} units, {n // replicates:,} calls a day, World.advance, one core"
        yield "P1", what, f"{here / replicates * 1e3:.2f} ms a day", f"{here / events * 1e9:.0f} ns an event"
        for name, rival in (("the same search", simpy_scan), ("posts sorted beforehand", simpy_posts)):
            there = cpu(lambda: [rival(spec, each) for each in calls], times=2)  # noqa: B023
            wanted = f"≥ {target}×" if rival is simpy_scan else "–"
            what = f"  SimPy {simpy.__version__}, {name}, equal to the bit: {there / replicates * 1e3:.1f} ms"
            yield "P1", what, f"{there / here:.1f}×", wanted
    yield from _both_cores()


def _both_cores() -> Iterator[Line]:
    """The same work on one and on two threads."""
    work = Work(build_tables(model(60, every=8)), SEED, DAY)
    n = 40 * BATCH
    took: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):
        for workers, seconds in took.items():
            with Run(workers=workers).pool(work) as pool:
                spread(pool, range(2 * BATCH))
                began = time.perf_counter()
                spread(pool, range(n))
                seconds.append(time.perf_counter() - began)
    ratios = np.array(took[1]) / np.array(took[2])
    got = f"{np.median(ratios):.2f}× ({ratios.min():.2f}–{ratios.max():.2f})"
    yield "P1", f"  two threads against one, {n:,} days, wall", got, "≥ 1.9×"
