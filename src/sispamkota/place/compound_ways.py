"""The ways by which people get out of a compound's spaces: how far, how broad, who else uses them, how long it takes.

How far is the geodesic distance from one opening alone (`kernels.floor`, cells of 0.25 m), over the ground with all
gates open, and through no building. Where people of one distance stand is a line right across the ground: whoever comes
from farther off crosses it. So the shortest of these lines between opening and space, from either, counted only where
it parts the two, bounds how broad the way is; cells tell it to half a metre or a twentieth. The time is a lower bound:
walking and flow, no jam.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.kernels.floor import march

from .compound import Compound
from .compound_figures import compound_figures
from .compound_file import LEAST_OPENING, Opening, Space, width
from .compound_yard import Bearing, compound_yard
from .walking import motion_figures

__all__ = ["SpaceWays", "WayOut", "clear_width", "ways_of_spaces"]

F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]
UNSURE_M, UNSURE = 0.5, 0.05  # m, and part of a breadth: a narrowing by less is not told from the edges of cells
STEP_M = 0.05  # m between two lines of one distance


@dataclass(frozen=True)
class WayOut:
    """Hold a way out of a space: m clear at the opening, m at the narrowest on the way, and m to it at the nearest.

    `share` is the part of it that the space's people have: by their number, of all who are sent there. Where no way of
    half a metre leads to it, `narrow` is 0 and `near` infinite.
    """

    name: str
    clear: float
    narrow: float
    near: float
    share: float

    @property
    def metres(self) -> float:
        """Give what the space has of it, m."""
        return self.share * min(self.clear, self.narrow)


@dataclass(frozen=True)
class SpaceWays:
    """Hold a space's ways out; `most` and `most_blocked` are m that all of them pass together, also but the widest.

    `walk` is how far it is from the farthest place of the space to the nearest way out, m.
    """

    ways: tuple[WayOut, ...]
    most: float
    most_blocked: float
    walk: float

    def metres(self, *, blocked: bool = False) -> float:
        """Give what people get out through, m; `blocked` without the widest way."""
        ways, most = self._left(blocked=blocked)
        return min(sum(each.metres for each in ways), most)

    def minutes(self, people: int, *, blocked: bool = False) -> float | None:
        """Give the least time in which so many people can be out, minutes; None where there is no way.

        Each way lets people through from when the nearest can be there; nobody is out before the farthest has walked.
        """
        speed, flow = motion_figures().free_mean[0], compound_figures().flow[0]
        ways, most = self._left(blocked=blocked)
        total = sum(each.metres for each in ways)
        if total <= 0.0 or most <= 0.0:
            return None
        least = min(1.0, most / total)
        passed, rate, now = 0.0, 0.0, 0.0  # people out, people a second, s
        for each in sorted((each for each in ways if each.metres > 0.0), key=lambda each: each.near):
            if passed + rate * (each.near / speed - now) >= people:
                break
            passed, now = passed + rate * (each.near / speed - now), each.near / speed
            rate += least * flow * each.metres
        return max(now + (people - passed) / rate, self.walk / speed) / 60.0

    def _left(self, *, blocked: bool) -> tuple[Sequence[WayOut], float]:
        """Give the ways that are open, and what they pass together."""
        if not blocked:
            return self.ways, self.most
        return sorted(self.ways, key=lambda each: each.metres)[:-1], self.most_blocked


@dataclass(frozen=True, eq=False)
class _Floor:
    """Hold the cells of a compound's ground: header, which cells hang together, their middles, which are ground."""

    m: Any
    link: NDArray[np.uint8]
    x: F8
    y: F8
    ground: Mask

    def about(self, opening: Opening) -> Mask:
        """Mark the ground within one cell of an opening."""
        (ax, ay), (bx, by) = opening.points
        dx, dy = bx - ax, by - ay
        t = np.clip(((self.x - ax) * dx + (self.y - ay) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
        return self.ground & (np.hypot(self.x - ax - t * dx, self.y - ay - t * dy) <= float(self.m.fh))

    def within(self, space: Space) -> Mask:
        """Mark the ground of a space."""
        import shapely

        inside: Mask = self.ground & shapely.contains_xy(shapely.Polygon(space.ring), self.x, self.y)
        return inside

    def distance(self, goals: Mask) -> F8:
        """Measure the way to the nearest goal from everywhere, m; infinite where none leads."""
        far = np.where(goals, 0.0, inf)
        march(self.m, self.link, np.ones(far.shape), far, np.zeros((*far.shape, 2)))
        return far

    def links(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the cells that hang together, by their numbers, as two arrays."""
        number = np.arange(self.ground.size).reshape(self.ground.shape)
        right, above = self.link[:, :-1, 0] == 1, self.link[:-1, :, 1] == 1
        first = np.concatenate([number[:, :-1][right], number[:-1][above]])
        return first, np.concatenate([number[:, 1:][right], number[1:][above]])


@lru_cache(maxsize=8)
def ways_of_spaces(compound: Compound) -> tuple[SpaceWays, ...]:
    """Find the ways out of each space, in the plan's order; an opening named twice counts once."""
    plan = compound.plan
    if not plan.spaces:
        return ()
    floor = _floor(compound)
    names = dict.fromkeys(name for space in plan.spaces for name in space.out)
    users = {name: sum(space.people for space in plan.spaces if name in space.out) for name in names}
    exits = np.logical_or.reduce([floor.about(each) for each in plan.exits])
    far = {name: floor.distance(floor.about(_named(compound, name))) for name in names}
    far[""] = floor.distance(exits)
    return tuple(_ways_of(compound, space, floor, users, far) for space in plan.spaces)


def _named(compound: Compound, name: str) -> Opening:
    """Give an exit or a gate by its name; a plan that was checked has it."""
    found = compound.opening(name)
    assert found is not None  # noqa: S101 - the plan was checked
    return found


def _ways_of(
    compound: Compound, space: Space, floor: _Floor, users: Mapping[str, int], far: Mapping[str, F8]
) -> SpaceWays:
    """Find the ways out of one space; `far` is the distance to each opening, and to the nearest exit as ""."""
    here, ways = floor.within(space), list[WayOut]()
    back = floor.distance(here)
    for name in dict.fromkeys(space.out):
        opening = _named(compound, name)
        clear, goals = clear_width(compound, opening), floor.about(opening)
        narrow = min(_narrowest(floor, far[name], here), _narrowest(floor, back, goals))
        if opening in compound.plan.gates and not _leads_out(floor, opening, here, far[""]):
            narrow = 0.0
        narrow = clear if _as_broad(narrow, clear) else narrow
        narrow = narrow if narrow >= LEAST_OPENING else 0.0
        near = float(far[name][here].min()) if narrow > 0.0 else inf
        ways.append(WayOut(name, clear, narrow, near, space.people / users[name]))
    walk = np.min([np.full(here.sum(), inf), *(far[each.name][here] for each in ways if each.narrow > 0.0)], axis=0)
    reached = walk[np.isfinite(walk)]
    rest = sorted(ways, key=lambda each: each.metres)[:-1]
    most = [_together(floor, here, some, far, back) for some in (ways, rest)]
    return SpaceWays(tuple(ways), most[0], most[1], float(reached.max()) if reached.size else inf)


def _together(floor: _Floor, here: Mask, ways: Sequence[WayOut], far: Mapping[str, F8], back: F8) -> float:
    """Give what ways pass together where they share a part, and what the ground passes to all exits, m."""
    some = [each for each in ways if each.narrow > 0.0]
    if not some:
        return 0.0
    nearest = np.min([far[each.name] for each in some], axis=0)
    most = min(_narrowest(floor, each, here) for each in (nearest, far[""]))
    most = min(most, *(_narrowest(floor, back, each == 0.0) for each in (nearest, far[""])))
    return inf if _as_broad(most, sum(each.metres for each in some)) else most


def _as_broad(narrow: float, clear: float) -> bool:
    """Tell whether a breadth measured on cells is no narrower than another, as far as they tell."""
    return narrow > clear - max(UNSURE_M, UNSURE * clear)


def _floor(compound: Compound) -> _Floor:
    """Lay a compound out in cells: all gates open, doors shut, and nothing beyond the ground."""
    import shapely

    shut = {each.name: False for each in compound.plan.gates} | {each.name: True for each in compound.plan.doors}
    yard = compound_yard(compound, bearing=Bearing(shut=shut))
    m, link = yard.m, yard.link.copy()
    x, y = np.meshgrid(m.fx0 + (np.arange(m.fnx) + 0.5) * m.fh, m.fy0 + (np.arange(m.fny) + 0.5) * m.fh)
    ground = shapely.contains_xy(compound.area(), x, y)
    link[~ground] = 0
    link[:, :-1, 0][~ground[:, 1:]] = 0
    link[:-1, :, 1][~ground[1:]] = 0
    return _Floor(m, link, x, y, ground)


def _narrowest(floor: _Floor, far: F8, here: Mask) -> float:
    """Measure the shortest line of one distance that parts a space from an opening, m; 0 where no way leads.

    A line of distance t crosses the links from below t to t or above. The steps of the distance along them add up to
    its length, since |∇T| = 1. Only links count whose upper end the space reaches without coming nearer than t.
    """
    start = np.flatnonzero(here & np.isfinite(far))
    if start.size == 0:
        return 0.0
    t = far.ravel()
    last = float(t[start].min())
    a, b = floor.links()
    known = np.isfinite(t[a]) & np.isfinite(t[b])
    a, b = a[known], b[known]
    low, high = np.where(t[a] < t[b], a, b), np.where(t[a] < t[b], b, a)
    upto = _reaching(t, a, b, start)[high]
    counts = upto > t[low]
    steps = int(last / STEP_M)
    begin = np.ceil(t[low][counts] / STEP_M + 1e-6).astype(np.int64)
    end = np.floor(upto[counts] / STEP_M).astype(np.int64) + 1
    rise = (t[high] - t[low])[counts]
    change = np.bincount(np.minimum(begin, steps + 1), rise, steps + 2)
    change -= np.bincount(np.minimum(end, steps + 1), rise, steps + 2)
    length = np.cumsum(change)[int(2.0 * float(floor.m.fh) / STEP_M) : steps + 1]  # nearer, it is the opening itself
    return float(length.min()) if length.size else inf


def _reaching(t: F8, a: NDArray[np.int64], b: NDArray[np.int64], start: NDArray[np.int64]) -> F8:
    """Give for each cell how near the opening one comes at least on the way to it from the start, (cells,).

    Along the spanning tree of the largest distances: no other way keeps farther off.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

    n, most = t.size, float(t[np.isfinite(t)].max()) + 1.0
    rows, columns = np.concatenate([a, start]), np.concatenate([b, np.full(start.size, n)])
    cost = np.concatenate([most - np.minimum(t[a], t[b]), np.full(start.size, 1e-9)])
    tree = minimum_spanning_tree(coo_array((cost, (rows, columns)), (n + 1, n + 1)).tocsr())
    order, before = breadth_first_order(tree, n, directed=False)
    least = [-inf] * (n + 1)
    least[n] = inf
    own, parents = t.tolist(), before.tolist()
    for each in order[1:].tolist():
        least[each] = min(least[parents[each]], own[each])
    return np.array(least[:n])


def _leads_out(floor: _Floor, gate: Opening, here: Mask, to_exit: F8) -> bool:
    """Tell whether a space is on one side of a gate and an exit on the other, or both on both."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    (ax, ay), (bx, by) = gate.points
    side = ((bx - ax) * (floor.y - ay) - (by - ay) * (floor.x - ax)).ravel() > 0.0
    near, (a, b) = floor.about(gate).ravel(), floor.links()
    through = near[a] & near[b] & (side[a] != side[b])
    a, b = a[~through], b[~through]
    _, part = connected_components(coo_array((np.ones(a.size), (a, b)), (side.size, side.size)), directed=False)
    inside, outside = set(part[here.ravel()]), set(part[to_exit.ravel() == 0.0])
    one, other = set(part[near & side]), set(part[near & ~side])
    return bool(inside & one and outside & other) or bool(inside & other and outside & one)


def clear_width(compound: Compound, opening: Opening) -> float:
    """Measure what of an opening is clear of buildings and obstacles just before it, on the narrower side, m."""
    import shapely

    plan, (a, b) = compound.plan, opening.points
    solid = shapely.union_all([shapely.Polygon(each.ring) for each in (*plan.buildings, *plan.obstacles)])
    wide, before = width(opening.points), compound_figures().before_exit_m[0]
    along = np.array([b[0] - a[0], b[1] - a[1]]) / wide
    across = np.array([along[1], -along[0]])
    least = wide
    for side in (-1.0, 1.0):
        far = [np.add(end, side * before * across) for end in (a, b)]
        strip = shapely.intersection(shapely.Polygon([a, b, far[1], far[0]]), solid)
        if not strip.is_empty:
            at = (shapely.get_coordinates(strip) - np.array(a)) @ along
            least = min(least, max(float(at.min()), wide - float(at.max())))
    return max(0.0, least)
