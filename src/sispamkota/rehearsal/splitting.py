"""The probability of what is so rare that no replicate shows it: multilevel splitting with a fixed effort a level.

The way to the event is a ladder of levels of an importance function of the world. From the first entrances to a level
new branches are played (`World.branch`) and one counts how many reach the next; the product of these shares is an
estimate without bias, whatever the levels (Glasserman, Heidelberger, Shahabuddin & Zajic 1999; Garvels 2000). The
interval is over independent repetitions. docs/explanation/precision.md says more.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sispamkota.errors import EngineError, Fault, InputError
from sispamkota.kernels.breach import breach_peak, breach_reach
from sispamkota.place import City
from sispamkota.plan.plan import Plan

from .rehearse import Run
from .scenario import Scenario
from .setting import Setting
from .tables import State, Tables, build_tables
from .world import World

__all__ = ["BREACHED", "Effort", "Ladder", "Pilot", "Rarity", "Watched", "estimate_rare", "find_levels", "find_rare"]

CALMLY = Run()
TAIL = 0.025  # each side of a 95 % interval
STEEP = 0.2  # share of the pilot's trials that shall reach the next level
RUNGS = 50  # at most


class Ladder(Protocol):
    """Say how far a world is on the way to a rare event, which is there at `top` and above."""

    top: float

    def reach(self, world: World, until: float, level: float) -> bool:
        """Play to the first event that leaves the world at a level or above; false at `until`."""

    def peak(self, world: World, until: float) -> float:
        """Play to a time; return the highest level at an event."""


@dataclass(frozen=True)
class Watched:
    """Climb by any function of the world, looked at after each event: right, and slow."""

    importance: Callable[[World], float]
    top: float

    def reach(self, world: World, until: float, level: float) -> bool:
        """Play to the first event that leaves the world at a level or above; false at `until`."""
        while self.importance(world) < level:
            if not world.step(until):
                return False
        return True

    def peak(self, world: World, until: float) -> float:
        """Play to a time; return the highest level at an event."""
        best = self.importance(world)
        while world.step(until):
            best = max(best, self.importance(world))
        return best


class _Breach:
    """Climb to an office breached, by compiled code (`kernels.breach`)."""

    top = 3.0

    def reach(self, world: World, until: float, level: float) -> bool:
        """Play to the first event that leaves the world at a level or above; false at `until`."""
        reached = breach_reach(world.state.world[0], until, level)
        world.check()
        return bool(reached)

    def peak(self, world: World, until: float) -> float:
        """Play to a time; return the highest level at an event."""
        best = breach_peak(world.state.world[0], until)
        world.check()
        return float(best)


BREACHED: Ladder = _Breach()
LADDERS = {"breached": BREACHED}


@dataclass(frozen=True)
class Effort:
    """Say how hard to look: trials from each level in each of the repetitions; the seed of all."""

    trials: int = 100
    repetitions: int = 20
    seed: int = 1


USUAL = Effort()


@dataclass(frozen=True)
class Rarity:
    """Hold the probability of a rare event with its 95 % interval, by Student's t over independent repetitions.

    `shares`: of the trials from each level, how many reached the next, over all repetitions. `events`: played in all,
    those of the pilot too. `plain_replicates` and `plain_events`: what replicates without splitting would have needed
    for the same interval; None where no repetition saw the event, or all saw the same.
    """

    event: str
    probability: float
    low: float
    high: float
    levels: tuple[float, ...]
    shares: tuple[float, ...]
    effort: Effort
    events: int
    plain_replicates: float | None
    plain_events: float | None
    estimates: tuple[float, ...] = field(repr=False)

    @property
    def seen(self) -> int:
        """Count the repetitions in which the event was seen."""
        return sum(each > 0.0 for each in self.estimates)

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return asdict(self) | {"seen": self.seen}

    def to_json(self) -> str:
        """Write it as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def __str__(self) -> str:
        """Print the probability in one line."""
        return f"P({self.event}) = {self.probability:.3g}, 95 %: {self.low:.3g} to {self.high:.3g}"


def find_rare(
    scenario: Scenario,
    plan: Plan,
    city: City,
    *,
    event: str = "breached",
    levels: Sequence[float] | None = None,
    effort: Effort = USUAL,
    run: Run = CALMLY,
) -> Rarity:
    """Find the probability of a rare event of a rehearsal. A pure function of its inputs but for `run`.

    `levels` below the event, rising; a pilot finds them where none are given. Raises InputError for what cannot be
    asked, EngineError where the pilot finds no way up.
    """
    if event not in LADDERS:
        raise InputError([Fault("--rare", "EVENT", ", ".join(LADDERS), f'"{event}"', "Choose one of these.")])
    tables = build_tables(Setting.make(scenario, plan, city).spec)
    asked = {"levels": levels, "effort": effort, "run": run, "name": event}
    return estimate_rare(tables, LADDERS[event], until=scenario.horizon, **asked)  # type: ignore[arg-type]


def estimate_rare(
    tables: Tables,
    ladder: Ladder,
    *,
    until: float,
    levels: Sequence[float] | None = None,
    effort: Effort = USUAL,
    run: Run = CALMLY,
    name: str = "",
) -> Rarity:
    """Estimate the probability that a world reaches the top of a ladder by a time; see `find_rare`."""
    _check(levels, ladder.top, effort)
    world = World(tables)
    pilot = find_levels(world, ladder, until=until, effort=effort, rungs=RUNGS if levels is None else 0)
    chosen = pilot.levels if levels is None else (*map(float, levels), ladder.top)
    played = list[_Repetition]()
    with ThreadPoolExecutor(run.workers or os.cpu_count() or 1) as pool:
        numbers = range(1, effort.repetitions + 1)
        for each in pool.map(lambda number: _climb(World(tables), ladder, chosen, until, effort, number), numbers):
            played.append(each)
            run.progress(len(played))
    return _tell(name, chosen, effort, played, pilot)


@dataclass(frozen=True)
class Pilot:
    """Hold the levels that a pilot found, the events that it played, and those of a whole replicate in the mean."""

    levels: tuple[float, ...]
    events: int
    events_a_replicate: float


def find_levels(world: World, ladder: Ladder, *, until: float, effort: Effort, rungs: int = RUNGS) -> Pilot:
    """Find levels of which each is reached by a fifth of the trials from the one below, the top last.

    Replicates 0 to trials − 1 are the pilot's; repetitions take later ones. A dead end on the way is left
    to the last step. Raises EngineError where nothing rises at all.
    """
    starts: list[State] | None = None
    found, events, whole, level = list[float](), 0, 0.0, -math.inf
    for stage in range(max(1, rungs)):
        peaks = np.empty(effort.trials)
        for n in range(effort.trials):
            _start(world, starts, effort, n, 0)
            before = int(world.state.world[0].events)
            peaks[n] = ladder.peak(world, until)
            events += int(world.state.world[0].events) - before
        if stage == 0:
            whole = events / effort.trials
        if rungs == 0:
            break
        if peaks.max() <= level:  # a dead end: the climb from the level below it is left to the last step
            found.pop()
            break
        if stage == 0 and peaks.max() == peaks.min() < ladder.top:
            raise EngineError(f"the pilot of {effort.trials} trials found no way above {peaks.min():.3g}")
        above = float(np.sort(peaks)[-max(1, round(STEEP * effort.trials))])
        level = above if above > level else float(peaks[peaks > level].min())
        if level >= ladder.top:
            break
        found.append(level)
        entrances, more = _replay(world, ladder, starts, effort, peaks, level, until)
        starts, events = entrances, events + more
    else:
        raise EngineError(f"the pilot climbed {rungs} levels to {level:.3g} of {ladder.top:g}, and no end in sight")
    return Pilot((*found, ladder.top), events, whole)


def _replay(
    world: World,
    ladder: Ladder,
    starts: list[State] | None,
    effort: Effort,
    peaks: NDArray[np.float64],
    level: float,
    until: float,
) -> tuple[list[State], int]:
    """Play the pilot's good trials again, to the level; return their states there, and the events played."""
    states, events = list[State](), 0
    for n in np.flatnonzero(peaks >= level):
        _start(world, starts, effort, int(n), 0)
        before = int(world.state.world[0].events)
        if ladder.reach(world, until, level):
            states.append(world.snapshot())
        events += int(world.state.world[0].events) - before
    return states, events


def _start(world: World, starts: Sequence[State] | None, effort: Effort, n: int, number: int, turn: int = 0) -> None:
    """Start trial n of a repetition: a fresh replicate, or a branch of an entrance, each in its turn."""
    if starts is None:
        world.reset(seed=effort.seed, replicate=number * effort.trials + n)
    else:
        world.restore(starts[(n + turn) % len(starts)])
        world.branch(n)


@dataclass(frozen=True)
class _Repetition:
    """Hold the shares of one climb, as far as it came, and the events that it played."""

    shares: tuple[float, ...]
    events: int


def _climb(
    world: World, ladder: Ladder, levels: Sequence[float], until: float, effort: Effort, number: int
) -> _Repetition:
    """Climb once: from the entrances to each level the same number of branches, each entrance as often as any other.

    Where the trials do not go round evenly, which entrances get one more is drawn: that keeps the estimate unbiased.
    """
    turns = np.random.default_rng([effort.seed, number])
    starts: list[State] | None = None
    shares, events = list[float](), 0
    for level in levels:
        entrances = list[State]()
        turn = 0 if starts is None else int(turns.integers(len(starts)))
        hits = 0
        for n in range(effort.trials):
            _start(world, starts, effort, n, number, turn)
            before = int(world.state.world[0].events)
            if ladder.reach(world, until, level):
                hits += 1
                if level < levels[-1]:
                    entrances.append(world.snapshot())
            events += int(world.state.world[0].events) - before
        shares.append(hits / effort.trials)
        if not hits:
            break
        starts = entrances
    return _Repetition(tuple(shares), events)


def _tell(name: str, levels: Sequence[float], effort: Effort, played: Sequence[_Repetition], pilot: Pilot) -> Rarity:
    """Put the repetitions together."""
    estimates = np.array([math.prod(each.shares) for each in played])
    mean, r = float(estimates.mean()), len(estimates)
    error = float(estimates.std(ddof=1)) / math.sqrt(r)
    half = float(special.stdtrit(r - 1, 1.0 - TAIL)) * error
    plain = mean * (1.0 - mean) / error**2 if error > 0.0 else None
    return Rarity(
        event=name,
        probability=mean,
        low=max(0.0, mean - half),
        high=min(1.0, mean + half),
        levels=tuple(levels),
        shares=tuple(_shares(played, len(levels))),
        effort=effort,
        events=pilot.events + sum(each.events for each in played),
        plain_replicates=plain,
        plain_events=None if plain is None else plain * pilot.events_a_replicate,
        estimates=tuple(estimates.tolist()),
    )


def _shares(played: Sequence[_Repetition], levels: int) -> Iterator[float]:
    """Give the mean share of each level over the repetitions that came to try it."""
    for i in range(levels):
        tried = [each.shares[i] for each in played if len(each.shares) > i]
        yield float(np.mean(tried)) if tried else 0.0


def _check(levels: Sequence[float] | None, top: float, effort: Effort) -> None:
    """Raise InputError for what cannot be asked."""
    faults = list[Fault]()
    rising = [-math.inf, *(levels or ()), top]
    if not all(a < b for a, b in pairwise(rising)):
        got = ", ".join(f"{each:g}" for each in levels or ())
        remedy = "Leave it out: a pilot finds them."
        faults.append(Fault("--levels", "levels", f"rising numbers below {top:g}", got, remedy))
    if effort.trials < 10:
        faults.append(Fault("--replicates", "trials", "10 or more a level", str(effort.trials), "Ask for more."))
    if effort.repetitions < 2:
        remedy = "The interval is over repetitions."
        faults.append(Fault("effort", "repetitions", "2 or more", str(effort.repetitions), remedy))
    if not 0 <= effort.seed < 2**64:
        faults.append(Fault("--seed", "seed", "0 to 2**64 - 1", str(effort.seed), "Choose a number in the range."))
    if faults:
        raise InputError(faults)
