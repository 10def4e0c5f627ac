"""What the model of a deployment is written on: columns, rows and objectives, as far as they are written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..solver import Draft, Row
from .ground import Ground

__all__ = ["HOUR", "LEVELS", "Board", "Level", "Picks"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
LEVELS = ("standards", "guards", "harm", "layers", "ballots", "votes", "uncovered", "late", "movement")
HOUR = 3600.0


@dataclass(frozen=True, eq=False)
class Level:
    """Hold one objective: its cost of every column, and what does not depend on them.

    `told`: what columns come to where that is more than `cost`: help from posts that are too far to be weighed one by
    one costs no less than `cost` says, and no more than `told` does. So a least cost bounds every plan.
    """

    name: str
    cost: F8
    offset: float = 0.0
    told: F8 | None = None

    def worth(self, x: F8) -> float:
        """Give what the level comes to at x, at most."""
        return float((self.cost if self.told is None else self.told) @ x) + self.offset


@dataclass(frozen=True, eq=False)
class Picks:
    """Hold the columns x: of each its group, choice, post, pattern; `task` by name."""

    column: I8
    group: I8
    choice: I8
    post: I8
    pattern: I8
    task: NDArray[np.str_]


class Board:
    """Stand in front of the blackboard: what is written so far, and what it costs."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.draft = ground, Draft()
        self.costs: dict[str, list[tuple[I8, F8, F8]]] = {name: [] for name in LEVELS}
        self.picks = _picks(ground, self.draft)
        self.on = ground.on[self.picks.pattern]  # (columns x, shifts)
        self.watch = np.zeros(0, np.int64)
        self.offsets = dict.fromkeys(LEVELS, 0.0) | {"harm": ground.base, "ballots": ground.ballots_base}

    def supply(self, ability: str) -> F8:
        """Give what one crew of each column x gives of an ability."""
        each = np.array([crews.supply.get(ability, 0.0) for crews in self.ground.crews])
        return each[self.picks.group]

    def cost(self, level: str, columns: I8, worth: F8, *, told: F8 | None = None) -> None:
        """Add to an objective; `told` where columns may come to more (see Level)."""
        self.costs[level].append((columns, worth, worth if told is None else told))

    def levels(self) -> tuple[Level, ...]:
        """Give the objectives in their order."""
        out = []
        for name, parts in self.costs.items():
            cost, told = np.zeros(self.draft.n), np.zeros(self.draft.n)
            for columns, worth, most in parts:
                np.add.at(cost, columns, worth)
                np.add.at(told, columns, most)
            out.append(Level(name, cost, self.offsets[name], None if np.array_equal(cost, told) else told))
        return tuple(out)


def _picks(ground: Ground, draft: Draft) -> Picks:
    """x[g,c], and that every crew has exactly one post: Σ_c x[g,c] = crews of g."""
    group, choice, post, pattern, task = list[int](), list[int](), list[int](), list[int](), list[str]()
    columns = []
    for g, crews in enumerate(ground.crews):
        n, many = len(crews.choices), len(crews.ids)
        columns.append(draft.add(f"x[{g}]", n, upper=many, integer=True))
        draft.hold((columns[-1], 1.0), row=Row("one post", thing=crews.ids[0]), lower=many, upper=many)
        group += [g] * n
        choice += range(n)
        post += [each.post for each in crews.choices]
        pattern += [each.pattern for each in crews.choices]
        task += [each.task for each in crews.choices]
    return Picks(
        column=np.concatenate(columns),
        group=np.array(group, np.int64),
        choice=np.array(choice, np.int64),
        post=np.array(post, np.int64),
        pattern=np.array(pattern, np.int64),
        task=np.array(task, "U8"),
    )
