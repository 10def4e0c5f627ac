"""A compound as a yard on which people walk: what stands still, which openings are shut, what a line or gate bears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from .compound import Compound
from .yard import Barrier, Lines, Post, Yard, build_yard, segments

__all__ = ["Bearing", "compound_lines", "compound_yard", "line_posts"]


@dataclass(frozen=True)
class Bearing:
    """Say what barriers bear: pressing people for ever (`hold`), and person-seconds beyond (`strength`); inf: all."""

    line_hold: float = 0.0
    line_strength: float = inf
    gate_hold: float = 0.0
    gate_strength: float = inf
    door_strength: float = inf
    posts: tuple[Post, ...] = ()
    shut: Mapping[str, bool] = field(default_factory=dict)  # by the name of a gate, door or exit, against the file


def compound_lines(compound: Compound, *, bearing: Bearing | None = None, line: bool = False) -> Lines:
    """Lay out a compound; barriers are the police line if asked for, then gates, then doors, pressed in this order.

    An exit that is `shut` is a wall. Without a bearing all gates and doors stand open.
    """
    plan, wall = compound.plan, [compound.walls()]
    bears = bearing or Bearing(shut=dict.fromkeys(compound.gate_names(), False))
    barriers = list[Barrier]()
    if line and plan.line is not None:
        rows = segments([(*a, *b) for a, b in pairwise(plan.line)])
        barriers.append(Barrier(rows, hold=bears.line_hold, strength=bears.line_strength))
    for gate in plan.gates:
        shut = bears.shut.get(gate.name, gate.shut)
        rows = _span(gate.points)
        barriers.append(Barrier(rows, shut=shut, hold=bears.gate_hold, strength=bears.gate_strength))
    for door in plan.doors:
        shut = bears.shut.get(door.name, True)
        barriers.append(Barrier(_span(door.points), shut=shut, strength=bears.door_strength))
    open_exits = [each for each in plan.exits if not bears.shut.get(each.name, False)]
    wall += [_span(each.points) for each in plan.exits if each not in open_exits]
    front = plan.front or ()
    return Lines(
        walls=np.vstack(wall),
        exits=[_span(compound.exit_points(each)) for each in open_exits],
        counts=[each.rows for each in barriers[len(barriers) - len(plan.gates) - len(plan.doors) :]],
        barriers=barriers,
        front=segments([(*a, *b) for a, b in pairwise(front)]),
        press=tuple(range(len(barriers))),
        posts=bears.posts,
    )


def compound_yard(compound: Compound, *, bearing: Bearing | None = None, line: bool = False) -> Yard:
    """Make the arrays of a compound."""
    return build_yard(compound_lines(compound, bearing=bearing, line=line))


def line_posts(compound: Compound, officers: int, negotiators: int) -> tuple[Post, ...]:
    """Place officers evenly along the police line, and negotiators at its middle, in front of it."""
    way = compound.plan.line
    if way is None or officers + negotiators == 0:
        return ()
    points = np.array(way, np.float64)
    gone = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = (np.arange(officers) + 0.5) / max(officers, 1) * gone[-1]
    x, y = np.interp(at, gone, points[:, 0]), np.interp(at, gone, points[:, 1])
    posts = [Post(float(a), float(b), officers=1.0) for a, b in zip(x, y, strict=True)]
    middle = gone[-1] / 2.0 + (np.arange(negotiators) - (negotiators - 1) / 2.0)
    x, y = np.interp(middle, gone, points[:, 0]), np.interp(middle, gone, points[:, 1])
    return (*posts, *(Post(float(a), float(b), negotiators=1.0) for a, b in zip(x, y, strict=True)))


def _span(points: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """Give an opening as one segment (1, 4)."""
    return segments([(*points[0], *points[1])])
