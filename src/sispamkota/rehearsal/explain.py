"""Explain a plan post by post: why here, what it answers in rehearsal, and what is lost without it.

What is lost is rehearsed: the same luck with the unit and without it. In a large plan units of one kind, task and
kecamatan are taken together, as one is like the other there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Fault, InputError, suggest
from sispamkota.force import Unit
from sispamkota.kernels import layout as at
from sispamkota.place import VEHICLES, City
from sispamkota.plan.harm import Harm, counts_sent, counts_there
from sispamkota.plan.plan import Plan, Post
from sispamkota.show import Table, html_table, text_table

from .arena import Arena, observe
from .happenings import CAPABILITIES
from .posting import abilities_of
from .rehearse import Luck, Run
from .scenario import Scenario
from .surrogate import spared
from .world import World
from .zones import Judgement, Zones, judge

__all__ = ["Explained", "Explanation", "Served", "explain"]

Floats = NDArray[np.float64]
CALMLY, USUAL = Run(), Luck()
MOST_POSTS = 60  # a plan with more is explained by groups
CODE_OF_KECAMATAN = 8  # first letters of a code: "35.73.01"
CONFIDENCE = 0.95  # that all intervals of an explanation hold
NAMED = 3  # places that a post is said to serve


@dataclass(frozen=True)
class Served:
    """Hold a place where people gather that a post can help: with which ability, and in how many seconds."""

    place: str
    ability: str
    seconds: float
    spared: float  # persons, by the surrogate of harm; 0 where none was given


@dataclass(frozen=True)
class Explained:
    """Hold one post, or a group of like ones.

    `sent`: orders a rehearsal; `answered`: calls a rehearsal, and their `share` of all calls answered. `loss`: without
    it against with it, so that a difference above 0 is what it spares.
    """

    units: tuple[str, ...]
    people: int
    places: tuple[str, ...]
    task: str
    serves: tuple[Served, ...]
    sent: float
    answered: float
    share: float
    loss: Judgement

    @property
    def matters(self) -> str:
        """Name the first aim that is surely worse without it by the zone or more; "" where none is."""
        return next((gap.aim for gap in self.loss.gaps if gap.low > 0.0 and gap.difference >= gap.zone), "")

    @property
    def hinders(self) -> str:
        """Name the first aim that is surely better without it by the zone or more; "" where none is."""
        return next((gap.aim for gap in self.loss.gaps if gap.high < 0.0 and gap.difference <= -gap.zone), "")


@dataclass(frozen=True)
class Explanation:
    """Hold every post that was asked for, in the order of the plan."""

    plan: str
    scenario: str
    replicates: int
    seed: int
    posts: tuple[Explained, ...] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        posts = [asdict(each) | {"matters": each.matters, "hinders": each.hinders} for each in self.posts]
        head = {key: getattr(self, key) for key in ("plan", "scenario", "replicates", "seed")}
        return head | {"posts": posts}

    def to_table(self) -> pd.DataFrame:
        """Give one row a post or group: people, calls, and what is lost in each aim with its interval."""
        rows = []
        for each in self.posts:
            row: dict[str, Any] = {"units": " ".join(each.units), "people": each.people, "task": each.task}
            row |= {"at": " ".join(each.places), "sent": each.sent, "answered": each.answered, "share": each.share}
            for gap in each.loss.gaps:
                row |= {gap.aim: gap.difference, f"{gap.aim}_low": gap.low, f"{gap.aim}_high": gap.high}
            rows.append(row)
        return pd.DataFrame(rows)

    def _rows(self) -> Table:
        """Give title, header and rows, for text and page alike."""
        rows = []
        for each in self.posts:
            harm = each.loss.gaps[0]
            name = each.units[0] if len(each.units) == 1 else f"{each.units[0]} +{len(each.units) - 1}"
            span = f"{harm.difference:.3g} ({harm.low:.3g} to {harm.high:.3g})"
            rows.append((name, each.places[0], each.task, f"{each.sent:.2g}", span, each.matters))
        header = ("unit", "at", "task", "orders", "harm without it", "matters for")
        return f"{self.plan}, {self.scenario}, {self.replicates} pairs", header, rows

    def __str__(self) -> str:
        """Print what is lost without each as a plain table."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def explain(
    scenario: Scenario,
    plan: Plan,
    city: City,
    *,
    units: Sequence[str] = (),
    harm: Harm | None = None,
    luck: Luck = USUAL,
    run: Run = CALMLY,
) -> Explanation:
    """Explain the posts of a plan in a scenario, or those of some units; a pure function of all but `run`.

    With a surrogate of harm it is also said what each place gains by it. The intervals of all posts and aims hold
    together with CONFIDENCE (Bonferroni), so that of many posts none is marked by luck.
    Raises InputError for a unit that the plan does not have.
    """
    replicates, seed = luck.replicates, luck.seed
    _check(plan, units)
    arena = Arena.make(scenario, plan, city)
    zones, span = Zones.load(), range(replicates)
    whole = observe(arena, plan, span, seed=seed, workers=run.workers).aims
    sent, answered = _work(arena, plan, min(replicates, 100), seed)
    groups = list(_groups(arena, plan, units))
    found = []
    for n, group in enumerate(groups):
        names = tuple(post.unit for post in group)
        less = observe(arena, plan.without(*names), span, seed=seed, workers=run.workers)
        loss = judge(whole, less.aims, zones, confidence=1.0 - (1.0 - CONFIDENCE) / len(groups))
        found.append(_explained(arena, plan, group, (sent, answered), loss, harm))
        run.progress((n + 1) * 100 // len(groups))
    return Explanation(plan.name, scenario.name, replicates, seed, tuple(found))


def _check(plan: Plan, units: Sequence[str]) -> None:
    """Raise InputError for units that the plan does not have."""
    known = [post.unit for post in plan.posts]
    faults = [
        Fault("--unit", "unit", f"a unit of {plan.name}", f'"{unit}"', suggest(unit, known))
        for unit in units
        if unit not in known
    ]
    if faults:
        raise InputError(faults)


def _groups(arena: Arena, plan: Plan, units: Sequence[str]) -> Iterator[tuple[Post, ...]]:
    """Take posts one by one, or in a large plan those of one kind, task and kecamatan together."""
    if units or len(plan.posts) <= MOST_POSTS:
        yield from ((post,) for post in plan.posts if not units or post.unit in units)
        return
    kinds = {unit.id: unit.kind for unit in plan.force.units}
    groups: dict[tuple[str, str, str], list[Post]] = {}
    for post in plan.posts:
        kecamatan = arena.sites[arena.ref(post.at)].kode_kel[:CODE_OF_KECAMATAN]
        groups.setdefault((kinds[post.unit], post.task, kecamatan), []).append(post)
    yield from (tuple(group) for group in groups.values())


def _work(arena: Arena, plan: Plan, replicates: int, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Count, for each unit, the orders and the answered calls of a rehearsal in the mean."""
    world, spec = World(arena.tables(plan)), arena.world(plan)
    names = [unit.id.split("/")[0] for unit in spec.units]
    sent, answered = np.zeros(len(names)), np.zeros(len(names))
    for replicate in range(replicates):
        world.reset(seed=seed, replicate=replicate)
        world.advance(arena.scenario.horizon)
        sent += world.state.unit.k
        calls = world.state.response[: int(world.state.world[0].responses)]
        who = calls["unit"][calls["outcome"] == at.ANSWERED]
        answered += np.bincount(who[who >= 0], minlength=len(names))
    orders, calls_of = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    for name, n, calls_n in zip(names, sent / replicates, answered / replicates, strict=True):
        orders[name] += float(n)
        calls_of[name] += float(calls_n)
    return orders, calls_of


def _explained(
    arena: Arena,
    plan: Plan,
    group: Sequence[Post],
    work: tuple[dict[str, float], dict[str, float]],
    loss: Judgement,
    harm: Harm | None,
) -> Explained:
    """Put together what is known of a group of posts."""
    units = {unit.id: unit for unit in plan.force.units}
    sent, answered = (sum(part[post.unit] for post in group) for part in work)
    total = sum(work[1].values())
    return Explained(
        units=tuple(post.unit for post in group),
        people=sum(units[post.unit].people for post in group),
        places=tuple(dict.fromkeys(post.at for post in group)),
        task=group[0].task,
        serves=tuple(_serves(arena, [(post, units[post.unit]) for post in group], harm)),
        sent=sent,
        answered=answered,
        share=answered / total if total > 0.0 else 0.0,
        loss=loss,
    )


def _serves(arena: Arena, group: Sequence[tuple[Post, Unit]], harm: Harm | None) -> list[Served]:
    """List gatherings that ask for what a group can do and that it may reach, the most spared first.

    A place is reached when the first of the group is there; what is spared there counts those who are in time together.
    """
    found = []
    for crowd in arena.spec.crowds:
        asked = {cap for need in crowd.need for cap, n in need.items() if n > 0}
        able = dict.fromkeys(name for _, unit in group for name in abilities_of(unit) if CAPABILITIES[name] in asked)
        told = []
        for name in able:
            ways = [
                _seconds(arena, post, unit, crowd.place, name) for post, unit in group if name in abilities_of(unit)
            ]
            if min(ways) < np.inf:
                told.append((_spared(harm, arena, group, crowd.place, name), -min(ways), name))
        if told:
            spared, seconds, ability = max(told, key=lambda each: each[:2])
            found.append(Served(crowd.place, ability, -seconds, spared))
    return sorted(found, key=lambda each: (-each.spared, each.seconds, each.place))[:NAMED]


def _seconds(arena: Arena, post: Post, unit: Unit, place: str, ability: str) -> float:
    """Say when a unit can help at a place with an ability; 0 where it stands, infinite where its task lets it not."""
    home = arena.ref(post.at)
    if not (counts_there if home == place else counts_sent)(post.task, ability):
        return np.inf
    if home == place:
        return 0.0
    way = arena.seconds[VEHICLES.index(unit.vehicle), arena.row[home], arena.row[place]]
    return float(way) + arena.turnouts[unit.id]


def _spared(harm: Harm | None, arena: Arena, group: Sequence[tuple[Post, Unit]], place: str, ability: str) -> float:
    """Say how many persons a surrogate gives a group at a place, by itself: by task, seconds and hour of duty."""
    terms = () if harm is None else tuple(t for t in harm.terms if (t.at, t.ability) == (place, ability))
    if harm is None or not terms:
        return 0.0
    own = replace(arena.base, posts=tuple(post for post, _ in group))
    return float(sum(spared(replace(harm, terms=terms), arena, own)))
