"""From counts to names: which crew of like ones takes which choice, which stations a pair or a squad watches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sispamkota.force import Force

from .ground import Ground
from .model import Model
from .plan import POSTURES, Post
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
    return tuple(posts[unit.id] for unit in force.units)


def _stationed(model: Model, ground: Ground, setting: Setting, x: F8, posts: Mapping[str, Post]) -> dict[str, Post]:
    """Give pairs and squads of Linmas the stations that they watch."""
    stations = ground.stations
    assert stations is not None  # noqa: S101 -- asked by the caller
    n, k = stations.near.shape
    share = x[model.watch[: n * k]].reshape(n, k) if k else np.zeros((n, 0))
    watcher = np.where(share.max(axis=1, initial=0.0) > 0.5, _at(stations.near, share), -1) if k else np.full(n, -1)
    ids = setting.city.tps["id"].tolist()
    xy = setting.city.tps[["x", "y"]].to_numpy(float)
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
                order = mine[sweep(xy[mine])]
                for unit, rows in _packed(here, order, load):
                    out[unit] = replace(posts[unit], tps=tuple(ids[i] for i in rows))
    return out


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
