"""Which posts a unit may take: the rules by which plans are varied, so that only lawful plans are ever tried.

What stays as the plan has it: command posts, units of the TPS pattern and of gates, units outside the city, and every
posture. Nobody of a level above the first stands where people gather before they are sent: over-reaction is no option.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sispamkota.force import Unit, norm
from sispamkota.plan.plan import Plan, Post

from .arena import Arena

__all__ = ["Rules", "stands_of"]

RESERVE = ("reserve", "bko")
MAY_BE_SENT = ("fire", "rescue", "ambulance")  # these never guard: they wait for calls
FIXED = ("command", "tps")


def stands_of(plan: Plan, city: object) -> list[str]:
    """Name where units may be put: the middle of every kelurahan, the homes of units, and where the plan puts any."""
    codes = [str(code) for code in city.kelurahan["kode"]]  # type: ignore[attr-defined]
    homes = sorted({unit.home for unit in plan.force.units if unit.home is not None})
    return list(dict.fromkeys([*codes, *homes, *(post.at for post in plan.posts)]))


@dataclass(frozen=True)
class Rules:
    """Hold what may be varied around a plan in an arena."""

    arena: Arena

    @cached_property
    def units(self) -> dict[str, Unit]:
        """Give the units by id."""
        return {unit.id: unit for unit in self.arena.base.force.units}

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Name the units whose post may change, in the order of the plan."""
        gates = {place.id for place in self.arena.spec.places if place.gate}
        return tuple(
            post.unit
            for post in self.arena.base.posts
            if post.task != "bko"
            and not set(FIXED) & set(self.units[post.unit].capabilities)
            and not post.tps
            and not (post.task == "guard" and self.arena.ref(post.at) in gates)
        )

    @cached_property
    def offices(self) -> tuple[str, ...]:
        """Name what keeps its guards and negotiators: protected places where people gather, and guarded venues."""
        base = self.arena.base
        posts = [post for post in base.posts if post.task == "guard" and "guard" in self.units[post.unit].capabilities]
        guarded = {self.arena.ref(post.at) for post in posts}
        venues = {ref for ref in guarded if self.arena.sites[ref].kind not in ("kelurahan", "kecamatan")}
        kept = venues | {crowd.place for crowd in self.arena.spec.crowds if crowd.protected}
        return tuple(place.id for place in self.arena.spec.places if place.id in kept)

    def tasks(self, unit: Unit) -> tuple[str, ...]:
        """Name the tasks that a unit may take; a unit above the first two levels waits for its order."""
        if unit.level == 2:  # the PHH company is released by the Kapolda alone
            return (next(post.task for post in self.arena.base.posts if post.unit == unit.id),)
        if set(MAY_BE_SENT) & set(unit.capabilities):
            return ("standby",)
        return ("guard", "standby") if unit.level >= 0 else ("guard", "mobile", "reserve")

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Name every place where units may be put, by reference, in the order of the world."""
        stands = {self.arena.ref(word) for word in stands_of(self.arena.base, self.arena.city)}
        known = stands | set(self.offices)
        return tuple(place.id for place in self.arena.spec.places if place.id in known)

    def may_stand(self, unit: Unit, ref: str) -> bool:
        """Say whether a unit may stand at a place; armed ones never in a TPS, higher levels never at a gathering."""
        if unit.armed and self.arena.sites[ref].kind == "tps":
            return False
        return unit.level < 1 or ref not in self.arena.crowds

    def lawful(self, plan: Plan) -> bool:
        """Say whether a plan keeps its offices guarded, the talks manned, and the reserve that is asked for."""
        return (
            all(self._kept(plan, office) for office in self.offices)
            and _reserve(plan, self.units) >= self.least_reserve
            and all(self.may_stand(self.units[post.unit], self.arena.ref(post.at)) for post in self._changed(plan))
        )

    def _changed(self, plan: Plan) -> Iterator[Post]:
        """Go through the posts that are not the base plan's."""
        yield from (post for post, old in zip(plan.posts, self.arena.base.posts, strict=True) if post is not old)

    def _kept(self, plan: Plan, office: str) -> bool:
        """Say whether an office keeps those kinds of help that the base plan puts there."""
        return self._help(self.arena.base, office) <= self._help(plan, office)

    def _help(self, plan: Plan, office: str) -> set[str]:
        """Say which of guards and negotiators stand at an office."""
        here = [post for post in plan.posts if self.arena.ref(post.at) == office and post.task == "guard"]
        return {cap for post in here for cap in self.units[post.unit].capabilities if cap in ("guard", "dialogue")}

    @cached_property
    def least_reserve(self) -> float:
        """Give the people that stay in reserve: the norm's share, or what the base plan keeps where that is less."""
        base = self.arena.base
        wanted = float(norm("reserve.share", on=base.force.on).value) * base.force.people
        return min(wanted, _reserve(base, self.units))

    def move(self, plan: Plan, unit: str, *, to: str, task: str) -> Plan:
        """Give the plan with one unit elsewhere; its posture stays."""
        return _with(plan, {unit: replace(_post(plan, unit), at=to, task=task)})

    def swap(self, plan: Plan, a: str, b: str) -> Plan:
        """Give the plan with two units in each other's places, each with its own task."""
        first, second = _post(plan, a), _post(plan, b)
        return _with(plan, {a: replace(first, at=second.at), b: replace(second, at=first.at)})

    def scatter(self, rng: np.random.Generator, *, share: float) -> Plan:
        """Draw a lawful plan in which about a share of the free units stand elsewhere, half of them near gatherings.

        A move that would break a rule is not made.
        """
        plan = self.arena.base
        for name in rng.permutation(self.free)[: rng.binomial(len(self.free), share)]:
            unit = self.units[str(name)]
            task = str(rng.choice(self.tasks(unit)))
            pool = self.near if rng.random() < NEARBY else self.places
            tried = self.move(plan, unit.id, to=str(rng.choice(pool)), task=task)
            plan = tried if self.lawful(tried) else plan
        return plan

    @cached_property
    def near(self) -> tuple[str, ...]:
        """Name the places that a car reaches from an office, or from where else people gather, within ten minutes."""
        watched = [crowd.place for crowd in self.arena.spec.crowds if crowd.protected] or self.arena.crowds
        crowds = [self.arena.row[ref] for ref in watched]
        rows = [self.arena.row[ref] for ref in self.places]
        if not crowds:
            return self.places
        soonest = self.arena.seconds[0][np.ix_(rows, crowds)].min(axis=1)
        return tuple(ref for ref, s in zip(self.places, soonest, strict=True) if s <= NEAR) or self.places


NEAR = 600.0  # s by car with blue light
NEARBY = 0.5  # share of the moves


def _post(plan: Plan, unit: str) -> Post:
    """Look a unit's post up."""
    return next(post for post in plan.posts if post.unit == unit)


def _with(plan: Plan, new: dict[str, Post]) -> Plan:
    """Give a plan with some posts replaced."""
    return replace(plan, posts=tuple(new.get(post.unit, post) for post in plan.posts))


def _reserve(plan: Plan, units: dict[str, Unit]) -> float:
    """Count the people in reserve, inside the city or outside it."""
    posts: Sequence[Post] = plan.posts
    return float(sum(units[post.unit].people for post in posts if post.task in RESERVE))
