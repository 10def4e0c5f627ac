"""What one replicate went through at one place, frame by frame, and the fewest moves of people that tell it.

Counts alone do not say who did what within half a second: a turn and a calm of one moment cancel. The moves lead from
each frame's counts to the next one's exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Faults, InputError, shown
from sispamkota.kernels import layout as at

from .scene import HZ
from .story import Names
from .tables import Tables
from .world import World

__all__ = ["Moves", "PlaceCourse", "check_minutes", "follow", "moves_between", "row_of", "trouble"]

I8 = NDArray[np.int64]
LONGEST = 240.0  # min
BEFORE, SHOWN = 3.0, 12.0  # min before trouble begins, and in all, where nobody says which minutes
STRENGTHS = {
    0: ("fence_strength", "door_strength", "room_strength"),
    1: ("site_fence_strength", "site_door_strength", "room_strength"),
}


@dataclass(frozen=True, eq=False)
class PlaceCourse:
    """Hold the counts of a place at each frame: (frames, 2) by camp, else (frames,); `whole`, of a layer, is 0 to 1."""

    times: NDArray[np.float64]
    peaceful: I8
    violent: I8
    spent: I8
    removed: I8
    officers: I8
    negotiators: I8
    stage: I8
    layer: I8
    whole: NDArray[np.float64]


@dataclass(frozen=True)
class Moves:
    """Hold how many people change between two frames, by camp; spent people have none."""

    come: tuple[int, int]
    turn: tuple[int, int]
    calm: tuple[int, int]
    tire: tuple[int, int]
    lead: tuple[int, int]
    spend: tuple[int, int]  # tired within the half second in which they turned
    home: tuple[int, int]
    home_spent: int


def follow(tables: Tables, seed: int, replicate: int, crowd: int, seconds: tuple[float, float]) -> PlaceCourse:
    """Play a replicate and look at one crowd (a row) from one second to another, HZ times a second."""
    world = World(tables)
    world.reset(seed=seed, replicate=replicate)
    times = seconds[0] + np.arange(round((seconds[1] - seconds[0]) * HZ) + 1) / HZ
    seen = world.state.crowd.view(np.ndarray)[crowd : crowd + 1]
    value = dict(zip(at.PARAMETERS, world.parameters.tolist(), strict=True))
    names = STRENGTHS[int(tables.crowd_t["site"][crowd])]
    rows, whole = [], np.zeros(len(times))
    for k, t in enumerate(times):
        world.advance(float(t))
        c = seen[0]
        held = np.arange(len(c["officers"])) <= c["line"]
        gone, line = c["dispersed"] + c["detained"], int((c["officers"] * held).sum())
        rows.append([*c["S"], *c["I"], c["R"], gone, line, c["negotiators"], c["stage"], c["layer"]])
        if c["layer"] < at.ROOMS_LOST:
            left = c["left_of_layer"] - c["pressure"] * (world.now - c["since"])
            whole[k] = min(1.0, max(0.0, float(left) / max(value[names[int(c["layer"])]], 1e-9)))
    table = np.array(rows, np.int64)
    spent, removed, officers, negotiators, stage, layer = table[:, 4:].T
    return PlaceCourse(times, table[:, 0:2], table[:, 2:4], spent, removed, officers, negotiators, stage, layer, whole)


def trouble(tables: Tables, seed: int, replicate: int, crowd: int, horizon: float) -> tuple[float, float]:
    """Choose what to show, minutes: from shortly before the place leaves hijau, else before most are violent."""
    world = World(tables)
    world.reset(seed=seed, replicate=replicate)
    seen = world.state.crowd.view(np.ndarray)[crowd : crowd + 1]
    most, when = -1, 0.0
    for t in np.arange(0.0, horizon, 60.0):
        world.advance(float(t))
        if seen["stage"][0] > at.HIJAU:
            when = float(t)
            break
        violent = int(seen["I"][0].sum())
        if violent > most:
            most, when = violent, float(t)
    start = min(max(0.0, when / 60.0 - BEFORE), max(0.0, horizon / 60.0 - SHOWN))
    return start, min(start + SHOWN, horizon / 60.0)


def row_of(names: Names, place: str) -> int:
    """Find the row of the crowd at a place by its reference; raises InputError where nobody gathers there."""
    if place in names.crowds:
        return names.crowds.index(place)
    faults = Faults()
    remedy = f"Known: {', '.join(names.crowds)}."
    faults.add(where="--place", field="place", expected="where people gather", got=shown(place), remedy=remedy)
    raise InputError(faults)


def check_minutes(minutes: tuple[float, float], horizon: float) -> None:
    """Raise InputError for minutes that the replicate does not have, or too many of them."""
    start, end = minutes
    if not 0.0 <= start < end <= horizon / 60.0 + 1e-9 or end - start > LONGEST:
        faults = Faults()
        expected, remedy = f"0 to {horizon / 60.0:g}, one after the other", "Choose minutes of the rehearsal."
        faults.add(where="scene", field="minutes", expected=expected, got=f"{start:g} to {end:g}", remedy=remedy)
        raise InputError(faults)


def moves_between(course: PlaceCourse, k: int) -> Moves:
    """Give the moves from frame k − 1 to frame k."""
    before, now = (course.peaceful[k - 1], course.violent[k - 1]), (course.peaceful[k], course.violent[k])
    fewer = np.maximum(before[1] - now[1], 0)
    turn = np.maximum(now[1] - before[1], 0)
    lead = _share(int(course.removed[k] - course.removed[k - 1]), fewer)
    more_spent = int(course.spent[k] - course.spent[k - 1])
    tire = _share(max(0, more_spent), fewer - lead)
    calm = fewer - lead - tire
    spend = _share(max(0, more_spent - int(tire.sum())), before[0])
    if spend.sum() + tire.sum() < more_spent:  # those who came and tired within the half second
        spend[0] += more_spent - spend.sum() - tire.sum()
    net = now[0] - before[0] + turn - calm + spend
    return Moves(
        come=_pair(np.maximum(net, 0)),
        turn=_pair(turn),
        calm=_pair(calm),
        tire=_pair(tire),
        lead=_pair(lead),
        spend=_pair(spend),
        home=_pair(np.maximum(-net, 0)),
        home_spent=max(0, int(tire.sum() + spend.sum()) - more_spent),
    )


def _pair(counts: I8) -> tuple[int, int]:
    """Give counts by camp as plain numbers."""
    return int(counts[0]), int(counts[1])


def _share(n: int, of: I8) -> I8:
    """Take n out of two heaps, the first one first; fewer where they do not hold so many."""
    first = min(n, int(of[0]))
    return np.array([first, min(n - first, int(of[1]))], np.int64)
