"""What comes next: many futures of one present, each with luck of its own, and the same futures under other orders.

The present is any state of the engine. Future n of it meets the same luck whatever is ordered at its start, so what an
order changes is taken pair by pair. Counts are of the time ahead alone: what had happened before is taken off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import EngineError
from sispamkota.kernels import layout as at
from sispamkota.kernels.measure import CROWD_MEASURES, MEASURES

from .calls import LINE, calls_of
from .policy import HoldCommand, Order
from .tables import State, Tables
from .world import World

__all__ = [
    "AHEAD", "REACHED", "Branches", "Futures", "Present", "branches_of", "look_from_now", "play_ahead", "total_of",
]  # fmt: skip

Floats = NDArray[np.float64]
GROWING = (
    "harm_people", "injured_civilians", "injured_officers", "injured_by_force", "deaths", "dispersed", "detained",
    "diversions", "tps_closed_s", "voters_kept_people",
)  # fmt: skip  # counts since the start: what was there before is taken off
STANDING = ("breached", "ballots_lost", "reserve_low_people", "hospital_peak_share")  # as the future leaves them
WAITING = ("calls_waiting", "call_wait_s")
AHEAD: tuple[str, ...] = (*GROWING, *STANDING, *WAITING)
REACHED = ("kuning", "merah")
_UNKNOWN = (at.MAKE_VIOLENT, at.MAKE_INCIDENT, at.ASK_TO_LEAVE)  # of a script: nobody in the city knows of it yet
_STAY = np.array([MEASURES.index(name) for name in STANDING])
_GROW = np.array([MEASURES.index(name) for name in GROWING])
_KUNING, _MERAH = (CROWD_MEASURES.index(f"seconds_{stage}") for stage in REACHED)


@dataclass(frozen=True, eq=False)
class Present:
    """Hold a world that is put back to one present, with the luck of its n-th future, by `begin`.

    `now` in seconds of the world; `row` and `crowds` are what a world that is closed then gives, `stage` is that of
    each crowd, `people` counts who is there.
    """

    world: World
    begin: Callable[[int], None]
    now: float
    row: Floats
    crowds: Floats
    stage: NDArray[np.int64]
    people: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Futures:
    """Hold what futures gave, in SI; NaN for one that failed, whose reason is not empty.

    rows[future, AHEAD], reached[future, crowd, REACHED], violent[future, time, crowd] at even `times` up to the end,
    peak[future, crowd]: the most people that were there.
    """

    rows: Floats
    reached: Floats
    violent: Floats
    peak: Floats
    times: Floats
    reasons: tuple[str, ...]


def look_from_now(world: World) -> None:
    """Start anew what is watched for its lowest or highest (free people, bays, people at a place), and the calls."""
    w, crowds = world.state.world[0], world.state.crowd
    w.idle_low, w.bays_low, w.present_peak, w.responses = w.idle_people, w.bays, w.present, 0
    crowds["peak"] = [total_of(crowd) for crowd in crowds]


def branches_of(world: World, *, first: int) -> Branches:
    """Make futures of a world that is somewhere in its run; branch `first` + n of it is future n.

    The scenario's violence, incidents and appeals that have not happened are left out, for nobody could know of them;
    gatherings, closures and phases, which are announced, stay. The world itself is not touched.
    """
    world = world.quiet_copy()
    for x, inject in enumerate(world.tables.inject_t):
        if inject.action in _UNKNOWN and world.state.inject["fired"][x] == 0:
            world.let_happen(x, after=np.inf)
            world.state.inject["fired"][x] = 1
    look_from_now(world)
    return Branches(world.tables, world.state, first)


@dataclass(frozen=True, eq=False)
class Branches:
    """Hold what futures of a world that runs are made of, which may be sent to another process."""

    tables: Tables
    state: State
    first: int

    def present(self) -> Present:
        """Make the present in a world of its own.

        People at desks hand over to the policy: orders that stand go on, and what waits is not decided anew at once.
        """
        world = World(self.tables, responses=len(self.state.response))
        held = [int(k) for k in np.flatnonzero(self.state.crowd["held"] == 1)]

        def begin(n: int) -> None:
            """Take the n-th future."""
            world.restore(self.state)
            world.branch(self.first + n)
            world.state.world[0].desks = 0
            for crowd in held:
                world.order(HoldCommand(crowd, on=False))

        world.restore(self.state)
        row, crowds = world.finish()
        people = np.array([total_of(crowd) for crowd in self.state.crowd], np.int64)
        return Present(world, begin, world.now, row, crowds, np.asarray(self.state.crowd["stage"]).copy(), people)


def total_of(crowd: Any) -> int:
    """Count the people of a crowd's record."""
    return int(crowd["S"].sum() + crowd["I"].sum() + crowd["R"])


def play_ahead(
    present: Present,
    until: float,
    futures: int,
    *,
    orders: Sequence[Order] = (),
    steps: int = 6,
    tick: Callable[[], None] = lambda: None,
) -> Futures:
    """Play so many futures up to a time, seconds of the world, each after the same orders; a pure function of both.

    An order that cannot be carried out in a future is left out there. `tick` is called after each.
    """
    times = np.linspace(present.now, until, steps + 1)
    rows = np.full((futures, len(AHEAD)), np.nan)
    reached = np.full((futures, len(present.stage), len(REACHED)), np.nan)
    violent = np.full((futures, len(times), len(present.stage)), np.nan)
    peak = np.full((futures, len(present.stage)), np.nan)
    reasons = list[str]()
    for n in range(futures):
        try:
            _begin(present, n, orders)
            for i, time in enumerate(times):
                present.world.advance(time)
                violent[n, i] = present.world.state.crowd["I"].sum(axis=1)
            peak[n] = present.world.state.crowd["peak"]
            rows[n], reached[n] = _end(present)
            reasons.append("")
        except EngineError as error:
            reasons.append(str(error))
            rows[n], reached[n], violent[n], peak[n] = np.nan, np.nan, np.nan, np.nan
        tick()
    return Futures(rows, reached, violent, peak, times, tuple(reasons))


def _begin(present: Present, n: int, orders: Sequence[Order]) -> None:
    """Begin one future with what is ordered."""
    present.begin(n)
    for order in orders:
        with suppress(EngineError):  # a future of other parameters may refuse what the present allows: then nobody goes
            present.world.order(order)


def _end(present: Present) -> tuple[Floats, Floats]:
    """Close one future; its row of AHEAD, and which crowds reached which stage."""
    world = present.world
    waiting, stage = _waiting(world), np.maximum(present.stage, world.state.crowd["stage"])
    row, crowds = world.finish()
    told = np.concatenate([row[_GROW] - present.row[_GROW], row[_STAY], [waiting, _wait(world)]])
    merah = (crowds[:, _MERAH] > present.crowds[:, _MERAH]) | (stage >= at.MERAH)
    kuning = (crowds[:, _KUNING] > present.crowds[:, _KUNING]) | (stage >= at.KUNING) | merah
    return told, np.column_stack([kuning, merah]).astype(np.float64)


def _waiting(world: World) -> int:
    """Count the calls to which nobody has come: open, of a service, but for lines at a crowd."""
    rows, kind = world.state.incident.view(np.ndarray), world.tables.kind.view(np.ndarray)
    there = rows[(rows["state"] == at.CALLED) | (rows["state"] == at.OPEN)]
    of = kind[there["kind"]]
    return int((np.isinf(there["first"]) & (of["service"] >= 0) & (of["model"] != at.UNREST)).sum())


def _wait(world: World) -> float:
    """Give the median seconds that calls of the time ahead waited, or wait still; NaN where there was none."""
    calls = calls_of(world, 0)
    told = calls[(calls["service"] != LINE) & (calls["outcome"] != at.NOT_NEEDED)]
    return float(np.median(told["waited"])) if len(told) else np.nan
