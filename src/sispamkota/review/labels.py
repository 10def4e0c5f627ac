"""Place labels on a map so that none overlaps another: greedy, in order of priority, the same every time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .svg import Box

__all__ = ["Placed", "Wanted", "place_labels"]

# Right, left, then the corners, above and below: the order in which a reader looks for a name.
_SIDES = ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1))
_STEPS = (4.0, 14.0, 28.0, 46.0, 68.0, 94.0)  # distance from the mark, px
_LEADER_FROM = 20.0  # px: from here on a line joins label and mark
_STEP_COST, _OBSTACLE_COST, _CROSSING_COST = 6.0, 30.0, 40.0


@dataclass(frozen=True)
class Wanted:
    """Ask for a label of width × height beside a mark at (x, y) that reaches `half` sideways and `high` up and down."""

    key: str
    x: float
    y: float
    half: float
    high: float
    width: float
    height: float


@dataclass(frozen=True)
class Placed:
    """Say where a label stands, the end at which its lines meet the mark, and the line to it if it stands off."""

    key: str
    box: Box
    anchor: str
    leader: tuple[float, float, float, float] | None


def place_labels(
    wanted: Iterable[Wanted], frame: Box, obstacles: Sequence[tuple[str, Box]], *, gap: float = 3.0
) -> list[Placed]:
    """Place labels in the order given; one that finds no room is left out.

    `obstacles` are marks by the key of their owner: a label may cover another's mark only where nothing better is free.
    """
    placed: list[Placed] = []
    for want in wanted:
        options = [
            (cost, index, spot)
            for index, spot in enumerate(_candidates(want))
            if (cost := _cost(want, spot, frame, obstacles, placed, gap=gap)) is not None
        ]
        if options:
            _, _, (_, box) = min(options, key=lambda option: option[:2])
            placed.append(Placed(want.key, box, _anchor(want, box), _leader(want, box)))
    return placed


def _candidates(want: Wanted) -> Iterable[tuple[float, Box]]:
    """Yield (step cost, box) around the mark, near ones first."""
    for ring, step in enumerate(_STEPS):
        for side, (right, down) in enumerate(_SIDES):
            slant = math.sqrt(0.5) if right and down else 1.0
            x = (
                want.x
                + right * (want.half * slant + step)
                - (want.width if right < 0 else 0.0 if right else want.width / 2)
            )
            y = (
                want.y
                + down * (want.high * slant + step)
                - (want.height if down < 0 else 0.0 if down else want.height / 2)
            )
            yield ring * _STEP_COST + side * 0.5, Box(x, y, want.width, want.height)


def _cost(
    want: Wanted,
    spot: tuple[float, Box],
    frame: Box,
    obstacles: Sequence[tuple[str, Box]],
    placed: Sequence[Placed],
    *,
    gap: float,
) -> float | None:
    """Price one position; None where it is not allowed."""
    cost, box = spot
    if not box.inside(frame) or any(box.overlaps(other.box, gap=gap) for other in placed):
        return None
    cost += _OBSTACLE_COST * sum(key != want.key and box.overlaps(mark, gap=1.0) for key, mark in obstacles)
    line = _leader(want, box)
    lines = [other.leader for other in placed if other.leader]
    if any(_crosses(other, box) for other in lines):
        return None
    if line is not None:
        cost += _CROSSING_COST * sum(_crosses(line, other.box) for other in placed)
    return cost


def _anchor(want: Wanted, box: Box) -> str:
    """Choose the end of the lines that faces the mark: start right of it, end left of it, middle above and below."""
    if box.x + box.width <= want.x:
        return "end"
    return "start" if box.x >= want.x else "middle"


def _leader(want: Wanted, box: Box) -> tuple[float, float, float, float] | None:
    """Draw the line from the mark's rim to the nearest point of a label that stands off."""
    x = min(max(want.x, box.x), box.x + box.width)
    y = min(max(want.y, box.y), box.y + box.height)
    across, down = x - want.x, y - want.y
    away = math.hypot(across, down)
    rim = min(
        want.half * away / abs(across) if across else math.inf, want.high * away / abs(down) if down else math.inf
    )
    if away - rim < _LEADER_FROM:
        return None
    return (want.x + across * rim / away, want.y + down * rim / away, x, y)


def _crosses(line: tuple[float, float, float, float], box: Box) -> bool:
    """Tell whether a line runs through a box, its last tenth left out (where it meets its own label)."""
    x0, y0, x1, y1 = line
    points = ((x0 + (x1 - x0) * k / 20, y0 + (y1 - y0) * k / 20) for k in range(19))
    return any(box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height for x, y in points)
