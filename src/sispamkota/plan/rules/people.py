"""Rules of people: duty and rest, crews, who leads whom, what is kept in reserve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil

from sispamkota.force.doctrine import doctrine

from ..plan import Post
from .breach import HORIZON_H, Breach, Ground, Span, Value, merged, turns

__all__ = ["command", "crew", "double", "duty", "outside", "reserve", "roster"]

_NEAR = 1e-9


def duty(grounds: Sequence[Ground]) -> Iterator[Breach]:
    """Hold every unit's spans of duty, over all plans of the day, against the longest duty and the least rest."""
    first = grounds[0]
    for unit, posts in _of_units(grounds).items():
        spans = [span for ground, post in posts if (held := ground.duty(post)) for span in turns(held)]
        joined = merged(spans)
        if not joined:
            continue
        ground, post = posts[-1]
        longest = min(max(end - begin for begin, end in joined), HORIZON_H)
        gaps = [later[0] - sooner[1] for sooner, later in pairwise(joined)]
        most, least = first.norm("duty.max_s").value / 3600, first.norm("duty.rest_s").value / 3600
        if longest > most + _NEAR:
            yield ground.past("duty", post, "duty", longest * 3600, unit=unit, hours=longest, most=most)
        if gaps and min(gaps) < least - _NEAR:
            rest = min(gaps)
            yield ground.past("rest", post, "duty", rest * 3600, unit=unit, hours=rest, least=least)


def roster(ground: Ground) -> Iterator[Breach]:
    """Tell how many units state no roster: they are counted as on duty all the time; BKO are not before they come."""
    bare = tuple(post.unit for post, _ in ground.pairs if ground.duty(post) is None and post.task != "bko")
    if bare:
        most = ground.norm("duty.max_s").value / 3600
        yield ground.breach("roster", None, "duty", n=float(len(bare)), all=float(len(ground.pairs)), most=most)


def double(grounds: Sequence[Ground]) -> Iterator[Breach]:
    """Find units that two plans of one day have at two places at a time, and more people than there are."""
    for unit, posts in _of_units(grounds).items():
        for i, (one, first) in enumerate(posts):
            for other, second in posts[i + 1 :]:
                if _meet(turns(one.duty(first)), turns(other.duty(second))):
                    yield other.breach(
                        "double", second, "unit", unit=unit, first=one.where(first), plan=one.plan.name, at=first.at
                    )
    forces: dict[str, list[Ground]] = {}
    for ground in grounds:
        forces.setdefault(ground.plan.force.name, []).append(ground)
    for name, held in forces.items():
        busy = _most_on_duty(held)
        there = max(ground.plan.force.people for ground in held)
        if busy > there:
            yield held[-1].breach("people", None, "posts", busy=float(busy), there=float(there), force=name)


def _of_units(grounds: Sequence[Ground]) -> dict[str, list[tuple[Ground, Post]]]:
    """Gather the posts of every unit over the plans; equal ids of two forces are one unit where they are alike."""
    out: dict[str, list[tuple[Ground, Post]]] = {}
    for ground in grounds:
        for post, unit in ground.pairs:
            held = out.setdefault(post.unit, [])
            if not held or held[0][0].units[post.unit].kind == unit.kind:
                held.append((ground, post))
    return out


def _meet(one: list[Span], other: list[Span]) -> bool:
    """Say whether two sorted lists of spans overlap for longer than an instant."""
    return any(min(a[1], b[1]) - max(a[0], b[0]) > _NEAR for a in one for b in other)


def _most_on_duty(grounds: Sequence[Ground]) -> int:
    """Count the most people that plans have on duty at a time; changes of one instant are taken together."""
    steps = Counter[float]()
    for ground in grounds:
        for post, unit in ground.pairs:
            for begin, end in turns(ground.duty(post)):
                steps[begin] += unit.people
                steps[min(end, HORIZON_H)] -= unit.people
    most = now = 0
    for at in sorted(steps):
        now += steps[at]
        most = max(most, now)
    return most


def crew(ground: Ground) -> Iterator[Breach]:
    """Hold the fit people of every unit against the smallest size of its kind."""
    books = [ground.own, doctrine()] if ground.own is not None else [doctrine()]
    for post, unit in ground.pairs:
        low = next(book.unit_kinds[unit.kind].low for book in books if unit.kind in book.unit_kinds)
        fit = round(unit.people * unit.readiness)
        if fit < low:
            yield ground.breach("crew", post, "unit", unit=unit.id, fit=float(fit), low=float(low), kind=unit.kind)


def command(ground: Ground) -> Iterator[Breach]:
    """Follow who leads whom: leaders exist, chains end, nobody leads too many; tell who has no leader."""
    leads, over = Counter[str](), {post.unit: post.under for post, _ in ground.pairs}
    for post, _ in ground.pairs:
        if not post.under:
            continue
        if post.under not in ground.units or _endless(post.unit, over):
            yield ground.breach("leader", post, "under", unit=post.unit, under=post.under)
        leads[post.under] += 1
    span, posts = ground.norm("command.span_units"), {post.unit: post for post, _ in ground.pairs}
    for leader, count in leads.items():
        if leader in posts and count > span.value:
            values: dict[str, Value] = {"unit": leader, "n": float(count), "most": span.value}
            yield ground.past("span", posts[leader], "under", count, **values)
    bare = [post.unit for post, unit in ground.pairs if not post.under and "command" not in unit.capabilities]
    if len(bare) > span.value:
        need = float(ceil(len(bare) / span.value))
        yield ground.breach("command", None, "under", n=float(len(bare)), most=span.value, need=need)


def _endless(unit: str, over: dict[str, str]) -> bool:
    """Say whether the chain of leaders above a unit comes back to it."""
    at, seen = over.get(unit, ""), set[str]()
    while at and at not in seen:
        if at == unit:
            return True
        seen.add(at)
        at = over.get(at, "")
    return False


def reserve(ground: Ground) -> Iterator[Breach]:
    """Hold the share of people kept in reserve (tasks reserve and bko) against the norm."""
    held, all_ = (
        sum(unit.people for post, unit in ground.pairs if tasks is None or post.task in tasks)
        for tasks in (("reserve", "bko"), None)
    )
    least = ground.norm("reserve.share").value
    if all_ and held / all_ < least - _NEAR:
        share = held / all_
        values = {"people": float(held), "all": float(all_), "share": 100 * share, "least": 100 * least}
        yield ground.past("reserve", None, "task", share, **values)


def outside(ground: Ground) -> Iterator[Breach]:
    """Tell of units from outside the city that are posted as if they were there: they come on request (BKO)."""
    for post, unit in ground.pairs:
        if unit.outside and post.task != "bko":
            yield ground.breach("outside", post, "task", unit=unit.id, task=post.task)
