"""From counts to names: which crew of like ones takes which choice, which stations a pair or a squad watches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sispamkota.force import Force
from sispamkota.place import Nearby, Ride

from ..command import leaders
from ..plan import POSTURES, Post
from ..rounds.regroup import Rule, part, regrouped
from ..rounds.tour import shortest_tour
from .ground import Ground
from .model import Model
from .options import rule
from .setting import Setting, duty_of

__all__ = ["name_posts", "sweep"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


def name_posts(model: Model, ground: Ground, setting: Setting, x: F8, force: Force) -> tuple[Post, ...]:
    """Give every unit its post: like crews in the order of the force take their choices in the order of the model."""
    picks, posts = model.picks, dict[str, Post]()
    counts = np.round(x[picks.column]).astype(int)
    levels = {unit.id: unit.level for unit in force.units}
    for g, crews in enumerate(ground.crews):
        mine = np.flatnonzero(picks.group == g)
        names = iter(crews.ids)
        for c in np.repeat(mine, counts[mine]):
            unit = next(names)
            posture = POSTURES[0] if levels[unit] >= 0 else None
            at, duty = ground.posts[picks.post[c]], duty_of(setting, int(picks.pattern[c]))
            posts[unit] = Post(unit, at, str(picks.task[c]), posture, duty=duty)
    if ground.stations is not None:
        posts |= _stationed(model, ground, setting, x, posts)
    pairs = [(posts[unit.id], unit) for unit in force.units]
    span = int(rule("command.span_units", on=setting.on, own=setting.options.own))
    over, radio = leaders(pairs, span=span), setting.options.figures.radio
    return tuple(replace(post, under=over[unit.id], radio=radio.get(unit.agency, "")) for post, unit in pairs)


def _stationed(model: Model, ground: Ground, setting: Setting, x: F8, posts: Mapping[str, Post]) -> dict[str, Post]:
    """Give pairs and squads of Linmas the stations that they watch."""
    stations = ground.stations
    assert stations is not None  # noqa: S101 -- asked by the caller
    n, k = stations.near.shape
    share = x[model.watch[: n * k]].reshape(n, k) if k else np.zeros((n, 0))
    watcher = np.where(share.max(axis=1, initial=0.0) > 0.5, _at(stations.near, share), -1) if k else np.full(n, -1)
    ids = setting.city.tps["id"].tolist()
    ways = _Ways(setting)
    out = dict[str, Post]()
    for ability, of, load in (
        ("pair", watcher, stations.load),
        ("linmas", stations.holder, np.full(n, stations.hold)),
    ):
        crews = [(unit, each.supply[ability]) for each in ground.crews if ability in each.supply for unit in each.ids]
        for j, ref in enumerate(ground.posts):
            here = [(unit, room) for unit, room in crews if posts[unit].at == ref]
            mine = np.flatnonzero(of == j)
            if here and len(mine):
                for unit, rows in _rounds(here, mine, load, ways):
                    out[unit] = replace(posts[unit], tps=tuple(ids[i] for i in rows))
    return out


class _Ways:
    """Look up the rides between stations, s, and what a round may take."""

    def __init__(self, setting: Setting) -> None:
        self.near = Nearby(setting.city.roads, ride=Ride.of("motorcycle"))
        self.nodes = setting.city.tps["node"].to_numpy(np.int64)
        self.xy = setting.city.tps[["x", "y"]].to_numpy(float)
        own = setting.options.own
        self.round_s, self.stop_s = (rule(name, on=setting.on, own=own) for name in ("tps.round_s", "tps.stop_s"))

    def between(self, rows: I8) -> F8:
        """Give the rides between some stations, (n, n); where no street leads, a day."""
        return np.nan_to_num(self.near.times(self.nodes[rows]), posinf=86_400.0)


def _rounds(crews: Sequence[tuple[str, float]], mine: I8, load: F8, ways: _Ways) -> Iterator[tuple[str, list[int]]]:
    """Part the stations of a post over its crews: short and even rounds by class where all can be, else filled up."""
    seconds, room = ways.between(mine), {round(each, 9) for _, each in crews}
    groups, left = list[list[int]](), len(crews)
    classes = sorted(set(load[mine].tolist()), reverse=True)
    for each in classes if len(room) == 1 else ():
        rows, most = np.flatnonzero(load[mine] == each), int(next(iter(room)) / each + 1e-9)
        if most < 1 or left < 1:
            break
        many = left if each == classes[-1] else -(-len(rows) // most)
        rule_of = Rule(min(most, -(-len(rows) // max(many, 1))), ways.round_s, ways.stop_s)
        part_of = seconds[np.ix_(rows, rows)]
        found = regrouped(part(part_of, rule_of), part_of, rule_of)
        groups += [[int(rows[i]) for i in group] for group in found]
        left -= len(found)
    if (
        left < 0
        or sum(map(len, groups)) < len(mine)
        or any(load[mine[group]].sum() > max(room) + 1e-9 for group in groups)
    ):
        order = mine[sweep(ways.xy[mine])]
        place = {int(i): k for k, i in enumerate(mine)}
        packed = [(unit, [place[i] for i in rows]) for unit, rows in _packed(crews, order, load)]
    else:
        packed = [(unit, group) for (unit, _), group in zip(crews, groups, strict=False)]
    for unit, group in packed:
        yield unit, [int(mine[i]) for i in (shortest_tour(group, seconds) if len(group) > 1 else group)]


def _at(near: I8, share: F8) -> I8:
    """Give the post that watches most of each station."""
    return np.take_along_axis(near, np.argmax(share, axis=1)[:, None], axis=1)[:, 0]


def _packed(crews: Sequence[tuple[str, float]], order: I8, load: F8) -> Iterator[tuple[str, list[int]]]:
    """Fill crews with stations, the heavy ones first, else in their order; loads that divide each other fit whole."""
    room = dict(crews)
    taken: dict[str, list[int]] = {unit: [] for unit, _ in crews}
    for i in order[np.argsort(-load[order], kind="stable")]:
        unit = next((unit for unit in room if room[unit] >= load[i] - 1e-9), None)
        if unit is not None:
            room[unit] -= float(load[i])
            taken[unit].append(int(i))
    yield from taken.items()


def sweep(xy: F8) -> I8:
    """Order points (n, 2) as a walk: from the westernmost always on to the nearest that is left."""
    left, out = list(range(len(xy))), list[int]()
    now = int(np.lexsort((xy[:, 1], xy[:, 0]))[0]) if len(xy) else 0
    while left:
        out.append(now)
        left.remove(now)
        if left:
            away = np.hypot(*(xy[left] - xy[now]).T)
            now = left[int(np.argmin(away))]
    return np.array(out, np.int64)
