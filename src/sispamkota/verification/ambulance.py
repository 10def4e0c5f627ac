"""A public dispatch problem, AMBULANCE-1 of the library simopt, by the engine and by a reference model written apart.

No value of it is published that we could read, so the two are held against each other: five ambulances in a square of
20 by 20, calls towards one corner, the nearest one that stands at its base, a line where none does, home after each.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..kernels import layout as at
from ..place import VEHICLES
from ..rehearsal import World
from ..rehearsal.specs import HazardSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from ..rehearsal.tables import build_tables
from ..schema import parameters
from .row import ERRORS, Row

__all__ = ["ambulance", "by_hand", "square_world"]

F8 = NDArray[np.float64]
SIDE, MINUTE, DAY = 20, 60.0, 1440.0  # SIDE in minutes of travel; a day in minutes
BASES = ((15.0, 15.0), (5.0, 15.0), (5.0, 5.0), (6.0, 6.0), (6.0, 6.0))
CALLS, SCENE = 0.1, 10.0  # calls a minute; minutes on scene, exponential
SOON = 10.5  # minutes; ways from the middle of a cell are whole ones, so the limit lies between two
SOURCE = "AMBULANCE-1 (simopt), re-coded: reference model"
CELLS = 0.03  # minutes or hundredths by which calls at the middle of cells may differ from calls anywhere


def square_world(*, factor: float = 1.0) -> World:
    """Put the problem into the engine: calls come at the middle of 400 cells, ways are along the axes."""
    axis = np.arange(SIDE) + 0.5
    x, y = (each.ravel() for each in np.meshgrid(axis, axis))
    chance = np.diff((np.arange(SIDE + 1) / SIDE) ** 2)  # of a cell's column or row, by Beta(2, 1)
    rate = np.outer(chance, chance).ravel() * factor * CALLS / MINUTE
    where = np.concatenate([np.stack([x, y], axis=1), np.array(BASES)])
    travel = MINUTE * np.abs(where[:, None] - where[None]).sum(axis=2)
    names = [f"c{i}" for i in range(SIDE**2)] + [f"b{i}" for i in range(len(BASES))]
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec(name, i) for i, name in enumerate(names)],
        travel=np.broadcast_to(travel, (len(VEHICLES), *travel.shape)).astype(np.float32),
        units=[UnitSpec(f"a{i}", f"b{i}", 1, (int(at.PATROL),), redispatch=False) for i in range(len(BASES))],
        kinds=[KindSpec("call", service=0, queue=True, need={int(at.PATROL): 1}, work=SCENE * MINUTE)],
        hazards=[HazardSpec(f"h{i}", f"c{i}", "call", (float(each),) * 24) for i, each in enumerate(rate)],
    )
    return World(build_tables(spec))


def _engine_day(world: World, replicate: int) -> F8:
    """Play a day from an empty start; minutes from call to arrival of the calls that were reached in it."""
    world.reset(seed=49, replicate=replicate)
    world.advance(DAY * MINUTE)
    table = world.state.response[: int(world.state.world[0].responses)]
    return np.asarray(table.seconds[table.outcome == at.ANSWERED]) / MINUTE


def by_hand(replicate: int) -> F8:
    """Play the same day by the library's rules, with luck of its own and calls anywhere in the square."""
    rng = np.random.default_rng([50, replicate])
    events = [(float(rng.exponential(1.0 / CALLS)), 0, -1)]  # time, 0 a call or 1 home again, which ambulance
    home, line, minutes = [True] * len(BASES), list[tuple[float, F8]](), list[float]()
    while events:
        now, kind, i = heapq.heappop(events)
        if now > DAY:
            break
        if kind == 0:
            line.append((now, SIDE * rng.beta(2.0, 1.0, 2)))
            heapq.heappush(events, (now + float(rng.exponential(1.0 / CALLS)), 0, -1))
        else:
            home[i] = True
        free = [j for j, there in enumerate(home) if there]
        if line and free:
            called, place = line.pop(0)
            ways = [float(np.abs(np.array(BASES[j]) - place).sum()) for j in free]
            way, taken = min(ways), free[int(np.argmin(ways))]
            home[taken] = False
            heapq.heappush(events, (now + 2.0 * way + float(rng.exponential(SCENE)), 1, taken))
            if now + way <= DAY:
                minutes.append(now + way - called)
    return np.array(minutes)


def _told(day: F8) -> tuple[float, float, float]:
    """Give the mean of a day's minutes, the percent that are soon, and how many there are."""
    return float(day.mean()), 100.0 * float((day <= SOON).mean()), float(day.size)


def ambulance(*, factor: float = 1.0, replicates: int = 2000) -> Iterator[Row]:
    """Hold the engine's days against those by hand. `factor` multiplies the engine's calls."""
    world = square_world(factor=factor)
    ours = [_engine_day(world, replicate) for replicate in range(replicates)]
    theirs = [by_hand(replicate) for replicate in range(replicates)]
    for name, column in (
        ("minutes from call to arrival, mean of days", 0),
        (f"percent reached within {SOON:g} min, mean of days", 1),
        ("calls reached in a day", 2),
    ):
        got, want = (np.array([_told(day)[column] for day in days]) for days in (ours, theirs))
        error = ERRORS * float(np.sqrt((got.var(ddof=1) + want.var(ddof=1)) / replicates))
        yield Row("ambulance", f"{name}, engine", SOURCE, float(want.mean()), float(got.mean()), error + CELLS)
