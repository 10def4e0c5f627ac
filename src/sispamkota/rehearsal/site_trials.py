"""Trials at a compound: how many find room to press its line, gate and door, who hears a negotiator, how people leave.

Nobody changes mood in a trial, so each measures ground alone: what people are like is the city's, and so is what an
officer holds. `site_rates` puts both together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import EngineError
from sispamkota.kernels import motion_layout as at
from sispamkota.kernels import rng
from sispamkota.kernels.moods import start_clocks
from sispamkota.kernels.motion import advance_motion, free_speed
from sispamkota.kernels.motion_layout import People
from sispamkota.kernels.prior import triangular
from sispamkota.kernels.rng import stream_id
from sispamkota.place.compound import Compound, width
from sispamkota.place.compound_yard import Bearing, compound_lines, line_posts
from sispamkota.place.ride import Figure
from sispamkota.place.walking import motion_figures
from sispamkota.place.yard import Yard, build_yard

from .scene_people import Crowd, place_people

__all__ = [
    "NEGOTIATORS",
    "Ground",
    "Leaving",
    "drawn_ground",
    "largest_exit",
    "leave_ground",
    "lifted",
    "numbers_of",
    "press_ground",
    "room_in_space",
    "room_to_press",
    "usual_ground",
]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
VIOLENT = (20, 60, 140, 320)  # who presses, in the trials; fewer where a space has no room for as many
SPAN, LOOK = 60.0, 2.0  # s over which those who press are counted, every so many s
FLAT, FEW, LONGEST = 0.03, 0.2, 900.0  # two spans in a row differ by no more, as a part or in persons; s at most
LEAVERS, GIVE_UP = 600, 900.0  # people who are asked to leave at once, where there is room; s
STOOD = 300.0  # s that people stand before they are asked: who hears still grows by a twentieth from 60 s on
EDGE = 0.5  # m from a space's edge within which nobody stands at first (scene_people)
WINDOW = 10.0  # s over which a flow is taken
NEGOTIATORS = 10
LEAST_ROOM = 20  # people; in a space for fewer a trial counts single persons


@dataclass(frozen=True)
class Ground:
    """Say how people walk, press and hear in a trial, and by which luck."""

    press_reach: float
    mood_radius: float
    time_gap: float
    body: float
    seed: int
    number: int

    def changed(self) -> dict[str, float]:
        """Give the figures of the header."""
        names = ("press_reach", "mood_radius", "time_gap", "body")
        return {name: getattr(self, name) for name in names} | {"end_at": inf}


@dataclass(frozen=True)
class Leaving:
    """Hold how people left who were asked to, all at once: mean s, s until 95 of 100 were out, most persons/s."""

    people: int
    mean_s: float
    most_s: float
    flow: float


def _figures() -> Mapping[str, Figure]:
    """Name the figures that a trial draws."""
    figures = motion_figures()
    return {
        "press_reach": figures.press_reach_m,
        "mood_radius": figures.mood_radius_m,
        "time_gap": figures.time_gap_s,
        "body": figures.body_m,
    }


def usual_ground(seed: int, number: int) -> Ground:
    """Give the usual figures, with the luck of a number."""
    return Ground(**{name: each[0] for name, each in _figures().items()}, seed=seed, number=number)


def drawn_ground(seed: int, number: int) -> Ground:
    """Draw the figures from their ranges."""
    drawn = {}
    for name, (usual, low, high) in _figures().items():
        u = rng.uniform(seed, number, rng.PARAMETER, stream_id(f"ground:{name}"), 0)
        drawn[name] = triangular(u, low, usual, high)
    return Ground(**drawn, seed=seed, number=number)


def room_in_space(compound: Compound) -> int:
    """Count the people for whom the plan's first space has room, each as far from the others as people stand."""
    import shapely

    free = shapely.intersection(shapely.Polygon(compound.plan.spaces[0].ring), compound.area())
    return int(shapely.buffer(free, -EDGE).area / motion_figures().stand_m[0] ** 2)


def numbers_of(compound: Compound) -> tuple[int, ...]:
    """Give the numbers of violent people of a compound's trials: VIOLENT, or in proportion what its space has room for.

    Half of the room is for as many peaceful people. Above the largest number as many find room as at it.
    """
    part = min(1.0, (room_in_space(compound) // 2) / VIOLENT[-1])
    return tuple(max(k + 1, round(part * n)) for k, n in enumerate(VIOLENT))


def press_ground(compound: Compound, ground: Ground, barrier: str) -> tuple[F8, F8, F8]:
    """Count who presses the "line", the "gate" or the "door" once it is flat, for each of `numbers_of`; (numbers,).

    As many peaceful people stand among them. Gives also when each count had become flat, s (LONGEST if it never was),
    and the lag until then, s: what was not pressed while people found room, as so long of the flat count. Where a
    compound has no such barrier nobody presses: zeros.
    """
    found = [_pressing(compound, ground, barrier, n) for n in numbers_of(compound)]
    counted, settled, lag = np.array(found, np.float64).T
    return counted, settled, lag


def room_to_press(pressing: F8, violent: F8, *, trials: Sequence[float] = VIOLENT) -> F8:
    """Give who presses for any number of violent people, between the trials by straight lines; none for none.

    More people never press less: where a trial counted fewer than a smaller one, the smaller one's count is taken
    (`lifted` says where).
    """
    known, found = np.array([0.0, *trials]), np.maximum.accumulate(np.array([0.0, *pressing]))
    return np.interp(violent, known, found)


def lifted(pressing: F8) -> F8:
    """Give by how many persons `room_to_press` lies above each count; zero where no smaller trial counted more."""
    return np.asarray(np.maximum.accumulate(pressing) - pressing)


def _pressing(compound: Compound, ground: Ground, barrier: str, violent: int) -> tuple[float, float, float]:
    """Let so many violent people press one barrier that bears all; count them once that is flat, say when, and lag."""
    plan, line = compound.plan, barrier == "line"
    if (line and plan.line is None) or not getattr(plan, "exits" if line else f"{barrier}s"):
        return 0.0, 0.0, 0.0
    opened = {each.name: False for each in plan.gates} if barrier == "door" else {}
    lines = compound_lines(compound, bearing=Bearing(shut=opened), line=line)
    shut = [k for k, each in enumerate(plan.gates) if each.shut] or [0]
    which = 0 if line else shut[0] if barrier == "gate" else len(plan.gates)
    bars = list(lines.barriers)
    bars[which] = replace(bars[which], shut=True, strength=1e12)
    yard = build_yard(replace(lines, barriers=bars, press=(which,)), changed=ground.changed())
    people = _people(compound, yard, ground, Crowd(2 * violent, violent=violent, present=1.0))
    spans = list[float]()
    while yard.m.now < LONGEST - 1e-9 and not _flat(spans):
        counted = []
        for _ in range(round(SPAN / LOOK)):
            _walk(yard, people, float(yard.m.now) + LOOK)
            counted.append(float(yard.ground.walls.barrier[which]["pressing"]))
        spans.append(float(np.mean(counted)))
    flat = float(np.mean(spans[-2:]))
    lag = max(0.0, SPAN * float(np.sum(flat - np.array(spans)))) / flat if flat > 0.0 else 0.0
    return flat, float(yard.m.now) if _flat(spans) else LONGEST, lag


def _flat(spans: Sequence[float]) -> bool:
    """Say whether a count has changed little twice in a row; not before anybody pressed."""
    if len(spans) < 3 or spans[-1] == 0.0:
        return False
    return all(abs(b - a) <= max(FLAT * b, FEW) for a, b in pairwise(spans[-3:]))


def _people(compound: Compound, yard: Yard, ground: Ground, crowd: Crowd) -> People:
    """Place who takes part, each with the luck of the trial's number."""
    m, (mean, spread) = yard.m, (motion_figures().free_mean[0], motion_figures().free_spread[0])
    m.seed, m.replicate = ground.seed, ground.number
    people = place_people(compound, crowd, yard)
    for i in range(crowd.people):
        people.body[i, at.FREE] = free_speed(mean, spread, ground.seed, ground.number, i)
    start_clocks(m, people)
    return people


def _walk(yard: Yard, people: People, until: float) -> None:
    """Walk to a time."""
    while (code := advance_motion(yard.m, people, yard.ground, until)) == at.EVENT:
        yard.refresh_fields()
    if code == at.TOO_CLOSE:
        raise EngineError("more people stand about one than bodies can: the trial is broken")


def leave_ground(compound: Compound, ground: Ground, *, shut: Sequence[str] = ()) -> tuple[Leaving, I8]:
    """Let a gathering leave at once, with some exits shut; give also how many negotiators each heard, (people,).

    LEAVERS, or as many as the space has room for.
    """
    n = min(LEAVERS, room_in_space(compound))
    bearing = Bearing(shut=dict.fromkeys(shut, True), posts=line_posts(compound, 0, NEGOTIATORS))
    yard = build_yard(compound_lines(compound, bearing=bearing), changed=ground.changed())
    people = _people(compound, yard, ground, Crowd(n, present=1.0))
    _walk(yard, people, STOOD)
    posts = np.array([(each.x, each.y) for each in bearing.posts], np.float64).reshape(-1, 2)
    apart = np.hypot(*(people.spot[:, None, :] - posts[None, :, :]).transpose(2, 0, 1))
    people.person["goal"] = at.GO_OUT
    start, out = float(yard.m.now), [0]
    while out[-1] < n and yard.m.now < start + GIVE_UP:
        _walk(yard, people, float(yard.m.now) + WINDOW)
        out.append(int(yard.m.n_out))
    left = np.sort(np.minimum(people.person["out_at"], start + GIVE_UP)) - start
    told = Leaving(n, float(left.mean()), float(left[int(0.95 * n) - 1]), float(np.diff(out).max()) / WINDOW)
    return told, (apart <= ground.mood_radius).sum(axis=1)


def largest_exit(compound: Compound) -> str:
    """Name the widest exit of the ways out of the first space, or of all."""
    plan = compound.plan
    named = plan.spaces[0].out if plan.spaces else ()
    meant = [each for each in plan.exits if each.name in named] or plan.exits
    return max(meant, key=lambda each: width(each.points)).name
