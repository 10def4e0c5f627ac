"""Who leads whom: a tree in which no unit leads more than the span of control allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from sispamkota.force import Unit

from .plan import Post

__all__ = ["leaders"]


def leaders(pairs: Sequence[tuple[Post, Unit]], *, span: int) -> dict[str, str]:
    """Give each unit the one that leads it: "" for the root.

    The first command post is the root. It leads the other command posts and the head of each agency, heads lead heads
    of later agencies where the span is full; within an agency the heads of its shifts, within a shift the units in the
    order of their places. Heads keep places free for their own. Agencies stand in the order of their people. A span
    below three makes no tree of several agencies and shifts, so it counts as three.
    """
    posts = {post.unit: post for post, _ in pairs}
    posts_of_command = [unit.id for _, unit in pairs if "command" in unit.capabilities]
    others = [unit for _, unit in pairs if "command" not in unit.capabilities]
    people = Counter[str]()
    for unit in others:
        people[unit.agency] += unit.people
    shifts = {
        agency: _shifts(agency, others, posts) for agency in sorted(people, key=lambda each: (-people[each], each))
    }
    tree = _Tree(max(span, 3))
    tree.hang(posts_of_command + [groups[0][0] for groups in shifts.values()], keep=2, whole=len(posts_of_command))
    for groups in shifts.values():
        tree.hang([group[0] for group in groups], keep=1)
        for group in groups:
            tree.hang(group)
    return {unit.id: tree.over.get(unit.id, "") for _, unit in pairs}


def _shifts(agency: str, units: Sequence[Unit], posts: Mapping[str, Post]) -> list[list[str]]:
    """Give the units of an agency by shift, in the order of their places; of one place those who stand there first."""

    def hours(unit: Unit) -> tuple[float, float]:
        duty = posts[unit.id].duty or unit.duty
        return (duty.from_h, duty.hours) if duty is not None else (-1.0, 24.0)

    mine = [unit for unit in units if unit.agency == agency]
    mine.sort(key=lambda unit: (*hours(unit), posts[unit.id].at, posts[unit.id].task != "guard", unit.kind))
    return [[unit.id for unit in group] for _, group in groupby(mine, key=hours)]


class _Tree:
    """Hold who is led by whom, and how many each leads."""

    def __init__(self, span: int) -> None:
        self.span = span
        self.over: dict[str, str] = {}
        self.leads = Counter[str]()

    def hang(self, order: Sequence[str], *, keep: int = 0, whole: int = 0) -> None:
        """Hang each unit of an order that has no leader yet below the first before it that has room.

        All but the first `whole` of them keep so many places free.
        """
        now = 0
        for i, unit in enumerate(order):
            if i == 0 or unit in self.over:
                continue
            while self.leads[order[now]] >= self.span - (keep if now >= whole else 0):
                now += 1
            self.over[unit] = order[now]
            self.leads[order[now]] += 1
