"""Who comes to a compound: how many, when, by which way in, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Faults, InputError, shown
from sispamkota.kernels import motion_layout as at
from sispamkota.kernels import rng
from sispamkota.kernels.motion_layout import People
from sispamkota.place.compound import Compound
from sispamkota.place.walking import motion_figures
from sispamkota.place.yard import Yard

__all__ = ["Crowd", "place_people"]

F8 = NDArray[np.float64]
HOUR, GROUP, ENTRY, ACROSS, DEPTH, SPACE, SPOT, WHERE = range(8)  # k of the draws of person.place
INSIDE_M = 0.6  # m from an exit to where people come in
DEEPEST = 40.0  # m; nobody stands farther off


@dataclass(frozen=True)
class Crowd:
    """Say who comes: people, how many of them violent from the start, the share of a second camp.

    The share `present` stands in the plan's first space when the scene begins; the others come in over `arrive_s`
    seconds. From `ends_at` on (s; None: never) everyone but the violent goes home.
    """

    people: int
    violent: int = 0
    rivals: float = 0.0
    present: float = 0.5
    arrive_s: float = 300.0
    ends_at: float | None = None
    volatility: float = 1.0

    def faults(self, faults: Faults) -> None:
        """Note numbers that make no sense."""
        end = 0.0 if self.ends_at is None else self.ends_at
        for name, value, most in (
            ("people", self.people, 20_000),
            ("violent", self.violent, self.people),
            ("rivals", self.rivals, 1),
            ("present", self.present, 1),
            ("arrive_s", self.arrive_s, 14_400),
            ("ends_at", end, 14_400),
            ("volatility", self.volatility, 10),
        ):
            if not 0 <= value <= most:
                remedy = "Choose a number in the range."
                faults.add(where="crowd", field=name, expected=f"0 to {most}", got=shown(value), remedy=remedy)


def place_people(compound: Compound, crowd: Crowd, yard: Yard) -> People:
    """Make the people of a scene, each with the draws of its own number; raises InputError where they do not fit."""
    people, n, figures = yard.people(crowd.people), crowd.people, motion_figures()
    person, m = people.person, yard.m
    draws = _draws(int(m.seed), int(m.replicate), n)
    person["begins"] = at.PEACEFUL
    person["goal"] = at.GO_FRONT
    violent = np.argsort(draws[:, WHERE], kind="stable")[: crowd.violent]
    person["begins"][violent], person["goal"][violent] = at.VIOLENT, at.GO_PRESS
    person["camp"] = draws[:, SPOT] < crowd.rivals
    depth = -figures.gather_depth_m[0] * np.log(draws[:, DEPTH])
    person["stand"] = np.minimum(depth, DEEPEST)
    spread = log(figures.stand_spread[0])
    person["space"] = figures.stand_m[0] * np.exp(spread * np.sqrt(3.0) * (2.0 * draws[:, SPACE] - 1.0))
    here = round(crowd.present * n) if compound.plan.spaces else 0
    _stand_in_space(compound, people, here, draws)
    _come_in(compound, crowd, people, here, draws)
    person["state"][:here] = person["begins"][:here]
    m.n_in = here
    people.body[:, at.HX] = 1.0
    return people


def _draws(seed: int, replicate: int, n: int) -> F8:
    """Draw all uniform numbers of the people's coming, (people, 8)."""
    rows = [[rng.uniform(seed, replicate, rng.PERSON_PLACE, i, k) for k in range(8)] for i in range(n)]
    return np.array(rows, np.float64).reshape(n, 8)


def _stand_in_space(compound: Compound, people: People, here: int, draws: F8) -> None:
    """Put the first `here` people into the plan's first space, on a grid as wide as they need, each at a drawn spot."""
    import shapely

    if here == 0:
        return
    free = shapely.intersection(shapely.Polygon(compound.plan.spaces[0].ring), compound.area())
    inner = shapely.buffer(free, -0.5)
    apart = max(0.5, float(np.sqrt(inner.area / here)))
    spots = np.empty((0, 2))
    while len(spots) < here and apart >= 0.4:
        apart *= 0.97
        x0, y0, x1, y1 = inner.bounds
        x, y = np.meshgrid(np.arange(x0, x1, apart), np.arange(y0, y1, apart))
        inside = shapely.contains_xy(inner, x, y)
        spots = np.column_stack([x[inside], y[inside]])
    if len(spots) < here:
        faults = Faults()
        got, remedy = f"{here} people on {inner.area:.0f} m²", "Let fewer be there at the start."
        faults.add(where="crowd", field="present", expected="room for all who are there", got=got, remedy=remedy)
        raise InputError(faults)
    order = np.argsort(_ranked(draws[:, SPOT], len(spots)), kind="stable")[:here]
    jitter = 0.15 * apart * (2.0 * draws[:here, (HOUR, ACROSS)] - 1.0)
    people.spot[:here] = spots[order] + jitter


def _ranked(draws: F8, n: int) -> F8:
    """Give n numbers to order spots by: the draws, and beyond them numbers of their own by the golden ratio."""
    more: F8 = np.modf(np.arange(n) * 0.6180339887498949)[0]
    more[: len(draws)] = draws[:n]
    return more


def _come_in(compound: Compound, crowd: Crowd, people: People, here: int, draws: F8) -> None:
    """Let the others come in groups through the ways of the first space, at their drawn hours."""
    plan, person = compound.plan, people.person
    named = plan.spaces[0].out if plan.spaces else ()
    meant = [each for each in plan.exits if each.name in named] or plan.exits
    ways = [compound.exit_points(each) for each in meant]
    lengths = np.array([float(np.hypot(b[0] - a[0], b[1] - a[1])) for a, b in ways])
    group = np.arange(len(person)) // max(1, round(motion_figures().group[0]))
    first = np.minimum(group * max(1, round(motion_figures().group[0])), len(person) - 1)
    chosen = np.searchsorted(np.cumsum(lengths) / lengths.sum(), draws[first, ENTRY], side="right")
    for i in range(here, len(person)):
        a, b = (np.array(end) for end in ways[min(int(chosen[i]), len(ways) - 1)])
        along = (b - a) / lengths[min(int(chosen[i]), len(ways) - 1)]
        inward = np.array([-along[1], along[0]])
        room = float(np.hypot(*(b - a))) - 1.0
        place = 0.5 + room * np.clip(draws[first[i], ACROSS] + 0.1 * (draws[i, ACROSS] - 0.5), 0.0, 1.0)
        people.spot[i] = a + along * place + INSIDE_M * inward
        person["enter_at"][i] = crowd.arrive_s * draws[first[i], HOUR]
