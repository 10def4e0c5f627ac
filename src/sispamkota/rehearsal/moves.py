"""Which posts a unit may take: the rules by which plans are varied, so that only lawful plans are ever tried.

What stays as the plan has it: command posts, units of the TPS pattern and of gates, units outside the city, and every
posture. Nobody of a level above the first stands where people gather before they are sent: over-reaction is no option.
No office has fewer negotiators than before. What a plan breaks already may stay; nothing else is broken. `lawful` asks
the rules of `plan check` that a move can break, quickly; `breaks` asks all of them, as `plan check` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from sispamkota.force import Duty, Unit, norm
from sispamkota.plan.plan import Plan, Post
from sispamkota.plan.rules.breach import HORIZON_H, Breach, turns
from sispamkota.plan.rules.late import LateHelp
from sispamkota.plan.rules.lawful import Lawful
from sispamkota.plan.rules.places import talks
from sispamkota.plan.standards import talks_first

from .arena import Arena

__all__ = ["Rules", "stands_of"]

RESERVE = ("reserve", "bko")
MAY_BE_SENT = ("fire", "rescue", "ambulance")  # these never guard: they wait for calls
FIXED = ("command", "tps")
IN_SIGHT = ("guard", "mobile")


@cache
def _quarters(duty: Duty | None) -> int:
    """Give the quarters of an hour, as bits up to the horizon, in the middle of which a roster is on duty."""
    middles = np.arange(0.125, HORIZON_H, 0.25)
    on = np.zeros(len(middles), bool)
    for begin, end in turns(duty):
        on |= (begin <= middles) & (middles < end)
    return int.from_bytes(np.packbits(on).tobytes())


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
            return (_post(self.arena.base, unit.id).task,)
        if unit.level == 1:  # the second layer is not shown before its time
            return ("standby", "reserve")
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
        """Say whether a plan keeps what can be lost by a move: guards and talks, the reserve, help in time."""
        return (
            all(self._kept(plan, office) for office in self.offices)
            and _reserve(plan, self.units) >= self.least_reserve
            and all(self.may_stand(self.units[post.unit], self.arena.ref(post.at)) for post in self._changed(plan))
            and all(not hours & ~self._silent_now.get(ref, 0) for ref, hours in self._silent(plan).items())
            and self._late.no_later(plan)
        )

    def breaks(self, plan: Plan) -> tuple[Breach, ...]:
        """List what `plan check` finds in a plan that the base plan did not break."""
        return self._law.breaks(plan)

    @cached_property
    def _law(self) -> Lawful:
        return Lawful(self.arena.base, self.arena.city)

    @cached_property
    def _late(self) -> LateHelp:
        return LateHelp(self.arena.base, self.arena.city, self.places)

    @cached_property
    def _silent_now(self) -> dict[str, int]:
        return self._silent(self.arena.base)

    def _silent(self, plan: Plan) -> dict[str, int]:
        """Name the places where guards face people and nobody is posted to talk, with the quarters of an hour (bits).

        Guards face people with crowd units, or at an office.
        """
        guarded, talked = dict[str, int](), dict[str, int]()
        for post in plan.posts:
            unit, ref = self.units[post.unit], self.arena.ref(post.at)
            duty = post.duty or unit.duty
            if talks(unit, post.task):
                talked[ref] = talked.get(ref, 0) | _quarters(duty)
            shown = post.task in IN_SIGHT and "guard" in unit.capabilities
            if shown and talks_first(self.arena.sites[ref].kind, unit.level):
                guarded[ref] = guarded.get(ref, 0) | _quarters(duty)
        return {ref: hours & ~talked.get(ref, 0) for ref, hours in guarded.items() if hours & ~talked.get(ref, 0)}

    def _changed(self, plan: Plan) -> Iterator[Post]:
        """Go through the posts that are not the base plan's."""
        yield from (post for post, old in zip(plan.posts, self.arena.base.posts, strict=True) if post is not old)

    def _kept(self, plan: Plan, office: str) -> bool:
        """Say whether an office stays guarded where it is, and has no fewer negotiators than in the base plan."""
        (guards, talkers), (was_guards, were_talkers) = self._help(plan, office), self._before[office]
        return guards >= min(was_guards, 1) and talkers >= were_talkers

    @cached_property
    def _before(self) -> dict[str, tuple[int, int]]:
        return {office: self._help(self.arena.base, office) for office in self.offices}

    def _help(self, plan: Plan, office: str) -> tuple[int, int]:
        """Count the people of guards and of negotiators that stand at an office."""
        here = [post for post in plan.posts if post.task == "guard" and self.arena.ref(post.at) == office]
        units = [self.units[post.unit] for post in here]
        guards, talkers = (sum(u.people for u in units if cap in u.capabilities) for cap in ("guard", "dialogue"))
        return guards, talkers

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
