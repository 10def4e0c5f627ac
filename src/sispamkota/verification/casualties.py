"""Casualties: how long they live without care, by the engine, and the START table, a reference model.

The engine draws a casualty's class by share, so START is no part of it; the rule stands here for whoever trains by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..kernels import layout as at
from ..place import VEHICLES
from ..rehearsal import World
from ..rehearsal.specs import HazardSpec, HospitalSpec, KindSpec, PlaceSpec, WorldSpec
from ..rehearsal.tables import build_tables
from ..schema import parameters
from .row import Row, share_row
from .worlds import set_parameters

__all__ = ["ADULT", "CHILD", "Limits", "Signs", "start_class", "survival", "triage"]

MINUTE = 60.0
BURST = 2.0  # seconds in which everybody is hurt
CURVE = "survival curve quoted from published code; the original (Mills, Argon, Ziya?) is unread"
START = "START (Newport Beach 1983, revised 1994), as quoted in reviews"
JUMP = "JumpSTART (Romig), as quoted in reviews"
# class: chance at once, scale (min), shape; survival after 0, 30, 60, 120 min
KNOWN = {
    "T1": ((0.3510, 35.838, 1.9886), (0.351, 0.206, 0.093, 0.029)),
    "T2": ((0.9124, 213.5976, 2.3445), (0.912, 0.903, 0.868, 0.725)),
}
AFTER = (0.0, 30.0, 60.0, 120.0)


def survival(*, factor: float = 1.0, replicates: int = 60) -> Iterator[Row]:
    """Give the share of casualties without care who live so long, by the quoted curve; `factor` multiplies scales."""
    for name, ((chance, scale, shape), known) in KNOWN.items():
        number = name[1]
        curve = {f"survive_t{number}": chance, f"decay_t{number}": factor * scale * MINUTE, f"shape_t{number}": shape}
        alive, hurt = _alive(_world(number, curve), replicates)
        for minutes, want, count in zip(AFTER, known, alive, strict=True):
            row = share_row("survival", f"{name} alive after {minutes:g} min, engine", CURVE, want, count, hurt)
            yield replace(row, tolerance=row.tolerance + 5e-4)  # three digits are known


def _world(number: str, curve: dict[str, float]) -> World:
    """Make a world where hundreds are hurt within two seconds and no help is."""
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec("p", 0)],
        travel=np.zeros((len(VEHICLES), 1, 1), np.float32),
        kinds=[KindSpec("ill", int(at.EVACUATION), need={int(at.AMBULANCE): 1}, patients=1)],
        hospitals=[HospitalSpec("rs", "p", (1, 1, 1, 1))],
        hazards=[HazardSpec("h", "p", "ill", (150.0,) + (0.0,) * 23)],
    )
    share = {f"triage_t{each}": float(each == number) for each in "12"}
    early = 1.0 - BURST / 3600.0  # hours: the hazard ends with the first hour of the day
    return set_parameters(World(build_tables(spec)), self_transport_share=0.0, start_hour=early, **share, **curve)


def _alive(world: World, replicates: int) -> tuple[NDArray[np.int64], int]:
    """Play: how many are alive at each of AFTER, and how many were hurt."""
    alive, hurt = np.zeros(len(AFTER), np.int64), 0
    for replicate in range(replicates):
        world.reset(seed=42, replicate=replicate)
        for i, minutes in enumerate(AFTER):
            world.advance(BURST + minutes * MINUTE)
            people = world.state.casualty[: int(world.state.world[0].casualties)]
            alive[i] += int((people["state"] != at.DEAD).sum())
        hurt += len(people)
    return alive, hurt


@dataclass(frozen=True)
class Limits:
    """Hold the signs beyond which a class is red: breaths a minute, seconds until a pressed nail is pink again."""

    slow: float
    fast: float
    refill: float


ADULT = Limits(0.0, 30.0, 2.0)
CHILD = Limits(15.0, 45.0, 2.0)


@dataclass(frozen=True)
class Signs:
    """Hold what is seen of a casualty; `opened`: breathes once the airway is opened."""

    walks: bool = False
    breathes: bool = True
    opened: bool = False
    rate: float = 20.0
    refill: float = 1.0
    pulse: bool = True
    obeys: bool = True


def start_class(signs: Signs, *, limits: Limits = ADULT) -> int:
    """Sort by START: 1 red, 2 yellow, 3 green, 4 black (JumpSTART's limits for a child)."""
    if signs.walks:
        return 3
    if not signs.breathes:
        return 1 if signs.opened else 4
    red = not limits.slow <= signs.rate <= limits.fast or signs.refill > limits.refill
    return 1 if red or not signs.pulse or not signs.obeys else 2


# what is seen, class of an adult
SEEN = (
    ("walks", Signs(walks=True), 3),
    ("walks, breathes fast", Signs(walks=True, rate=40.0), 3),
    ("breathes not", Signs(breathes=False), 4),
    ("breathes once the airway is open", Signs(breathes=False, opened=True), 1),
    ("30 breaths a minute", Signs(rate=30.0), 2),
    ("31 breaths a minute", Signs(rate=31.0), 1),
    ("refill 2 s", Signs(refill=2.0), 2),
    ("refill 2.1 s", Signs(refill=2.1), 1),
    ("no radial pulse", Signs(pulse=False), 1),
    ("does not follow commands", Signs(obeys=False), 1),
    ("nothing of that", Signs(), 2),
)
SEEN_CHILD = ((14.0, 1), (15.0, 2), (45.0, 2), (46.0, 1))


def triage(*, adult: Limits = ADULT, child: Limits = CHILD) -> Iterator[Row]:
    """START and JumpSTART at their limits: the class, 1 red to 4 black."""
    for what, signs, want in SEEN:
        yield Row("triage", f"class: {what}, reference model", START, want, start_class(signs, limits=adult), 0.0)
    for rate, want in SEEN_CHILD:
        got = start_class(Signs(rate=rate), limits=child)
        yield Row("triage", f"class: a child, {rate:g} breaths a minute, reference model", JUMP, want, got, 0.0)
