"""The search of `improve`: round by round, changes of the plan that stands are screened, raced, and one is taken.

Every round meets luck of its own, so a change that was lucky once is not taken for it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sispamkota.plan.harm import Harm
from sispamkota.plan.plan import Plan, Post

from .arena import AIMS, Arena, observe_all
from .moves import Rules
from .play import BATCH
from .rehearse import Run
from .surrogate import choose_terms, features_of, measure, spared_of
from .zones import Zones, judge

__all__ = ["Search"]

Floats = NDArray[np.float64]
SCOUTS, SCOUT_SHARES = 30, (0.05, 0.5)  # plans drawn before the first round, and how many units each moves
STAGES = ((20, 40), (6, 80), (3, 180))  # of the candidates so many play so many replicates, on top of those before
POOLS = (0.25, 0.5, 0.25)  # of the moves go to where people gather, near it, anywhere
LOOKED, LEAST_LOOKED = 40_000, 100  # posts that a round's likely changes are picked from, and changes at least
A_UNIT = 3  # of the likely changes of a round move the same unit
WEIGHTS = 0.1 ** np.arange(len(AIMS))  # of a screening only: what is taken is judged aim by aim
TAKES = 0.8  # confidence with which a change is taken on the way; the proof asks for more
IDLE = 5  # rounds in a row without a change, after which there is nothing left to find


class Search:
    """Search from the base plan of an arena; `path` holds the plans that stood, one after the other.

    `luck`: seeds by their names in streams.LUCKS.
    """

    def __init__(self, rules: Rules, zones: Zones, luck: Mapping[str, int], run: Run) -> None:
        self._rules, self._zones, self._run = rules, zones, run
        self._seed = luck["improve.search"]
        self._arena: Arena = rules.arena
        self._rng = np.random.default_rng(luck["improve.moves"])
        self._next, self._events = 0, 0.0
        self._pools = (rules.arena.crowds or rules.places, rules.near, rules.places)
        self._near = tuple(dict.fromkeys([*rules.arena.crowds, *rules.near]))
        kinds = dict.fromkeys(rules.units[name].kind for name in rules.free)
        self._kinds = [[name for name in rules.free if rules.units[name].kind == kind] for kind in kinds]
        self.plan: Plan = rules.arena.base
        self.path: list[Plan] = []
        self.tried, self.replicates, self.rounds = 0, 0, 0

    def go(self, events: float, late: Callable[[], bool]) -> bool:
        """Search until the events are played or nothing more is found; say whether the clock ended it."""
        if not self._rules.free:
            return False
        expect, idle = self._scout(), 0
        while self._events < events and idle < IDLE:
            if late():
                return True
            taken = self._round(expect)
            idle = 0 if taken else idle + 1
            self.rounds += 1
            self._run.progress(min(100, int(100 * self._events / events)))
        return False

    def _play(self, plans: Sequence[Plan], replicates: range) -> list[Floats]:
        """Play plans and keep account of it."""
        samples = observe_all(self._arena, plans, replicates, seed=self._seed, workers=self._run.workers)
        self._events += sum(sample.events for sample in samples)
        self.replicates += len(replicates) * len(plans)
        return [sample.aims for sample in samples]

    def _score(self, aims: Floats) -> Floats:
        """Weigh the aims of replicates, or of differences, in zones: later aims a tenth of the one before."""
        scores: Floats = aims / self._zones.widths @ WEIGHTS
        return scores

    def _scout(self) -> Callable[[Sequence[Plan]], Floats]:
        """Give a quick surrogate of the score: the embedded one of the scenario, else one learned from a few plans.

        It only says what is tried first; where the drawn plans teach nothing it is flat.
        """
        guide = Harm.for_scenario(self._arena.scenario.name, self._arena.city.name)
        if guide is not None and {term.at for term in guide.terms} <= set(self._arena.crowds):
            return lambda tried: self._said(guide, tried)
        block = self._block(BATCH)
        shares = self._rng.uniform(*SCOUT_SHARES, SCOUTS)
        plans = [self._rules.scatter(self._rng, share=float(share)) for share in shares]
        scores = np.array([np.nanmean(self._score(aims)) for aims in self._play(plans, block)])
        features = features_of(self._arena)
        chosen, base, weights = choose_terms(measure(self._arena, plans, features), scores)
        kept = [features[i] for i in chosen]

        def expect(tried: Sequence[Plan]) -> Floats:
            return base - measure(self._arena, tried, kept) @ weights if kept else np.zeros(len(tried))

        return expect

    def _said(self, guide: Harm, tried: Sequence[Plan]) -> Floats:
        """Give what an embedded surrogate says of the score, of harm and of the ballots where it knows them."""
        harm, ballots = self._zones.widths[:2]
        said: Floats = -spared_of(guide, self._arena, tried) / harm
        if guide.ballots is not None and {term.at for term in guide.ballots.terms} <= set(self._arena.crowds):
            said = said - WEIGHTS[1] * 100.0 * spared_of(guide.ballots, self._arena, tried) / ballots
        return said

    def _block(self, n: int) -> range:
        """Take replicates that no round has met."""
        self._next += n
        return range(self._next - n, self._next)

    def _round(self, expect: Callable[[Sequence[Plan]], Floats]) -> bool:
        """Try changes of the plan that stands; take those that hold, together where that holds too."""
        plans = self._propose(expect)
        gaps = {i: np.zeros((0, len(AIMS))) for i in range(len(plans))}
        for keep, n in STAGES:
            gaps = {i: gaps[i] for i in self._best(gaps, keep)}
            for i, gap in zip(gaps, self._gaps([plans[i] for i in gaps], n), strict=True):
                gaps[i] = np.concatenate([gaps[i], gap])
        good = [plans[i] for i in self._best(gaps, len(gaps)) if self._holds(gaps[i])]
        joined = self._joined(good)
        if joined is not None:
            one, both = self._gaps([good[0], joined], STAGES[-1][1])
            good = [joined, *good] if self._holds(both - one) else good
        taken = next((plan for plan in good if not self._rules.breaks(plan)), None)
        if taken is not None:
            self.plan = taken
            self.path.append(taken)
        return taken is not None

    def _gaps(self, plans: Sequence[Plan], n: int) -> list[Floats]:
        """Play plans and the one that stands with new luck; give how far each lies from it, replicate by replicate."""
        base, *others = self._play([self.plan, *plans], self._block(n))
        return [aims - base for aims in others]

    def _holds(self, gap: Floats) -> bool:
        """Say whether differences are surely enough a gain."""
        return judge(np.zeros_like(gap), gap, self._zones, confidence=TAKES).better

    def _best(self, gaps: Mapping[int, Floats], keep: int) -> list[int]:
        """Keep the candidates whose differences are the best in the mean; ties by their order."""
        scores = {i: float(np.nanmean(self._score(gap))) if len(gap) else 0.0 for i, gap in gaps.items()}
        return sorted(gaps, key=lambda i: (scores[i], i))[:keep]

    def _propose(self, expect: Callable[[Sequence[Plan]], Floats]) -> list[Plan]:
        """Draw changes: half of a round's are those from which the quick surrogate expects most, half any."""
        drawn: dict[tuple[tuple[str, str], ...], Plan] = {}
        width = STAGES[0][0]
        for _ in range(10 * width):
            if len(drawn) == width:
                break
            plan = self._change()
            if plan is not None:
                drawn.setdefault(_key(plan), plan)
        likely = self._likely(expect, width // 2)
        keys = {_key(plan) for plan in likely}
        rest = [plan for key, plan in drawn.items() if key not in keys][: width - len(likely)]
        self.tried += len(likely) + len(rest)
        return likely + rest

    def _likely(self, expect: Callable[[Sequence[Plan]], Floats], n: int) -> list[Plan]:
        """Give the moves near gatherings from which most is expected, a few a unit; like units are tried once."""
        words = [
            (name, to, task)
            for name in self._unlike()
            for to in self._near
            for task in self._rules.tasks(self._rules.units[name])
        ]
        most = max(LEAST_LOOKED, LOOKED // len(self.plan.posts))
        order = self._rng.permutation(len(words))[:most]  # ties are decided by chance
        picked = [words[i] for i in order]
        drawn = [(name, self._rules.move(self.plan, name, to=to, task=task)) for name, to, task in picked]
        moves = [(name, plan) for name, plan in drawn if _key(plan) != _key(self.plan) and self._rules.lawful(plan)]
        said = expect([plan for _, plan in moves]) if moves else np.zeros(0)
        taken: dict[str, list[Plan]] = {}
        for i in np.argsort(said, kind="stable"):
            name, plan = moves[i]
            if sum(map(len, taken.values())) < n and len(taken.get(name, [])) < A_UNIT:
                taken.setdefault(name, []).append(plan)
        return [plan for plans in taken.values() for plan in plans]

    def _unlike(self) -> list[str]:
        """Name the first free unit of each kind, size and post."""
        first: dict[tuple[object, ...], str] = {}
        free = set(self._rules.free)
        for post in self.plan.posts:
            unit = self._rules.units[post.unit]
            if unit.id in free:
                first.setdefault((unit.kind, unit.people, post.at, post.task, post.duty or unit.duty), unit.id)
        return list(first.values())

    def _change(self) -> Plan | None:
        """Draw one change: mostly a unit elsewhere, sometimes two units that swap; None where it breaks a rule.

        Each kind of unit is drawn as often as any other: ten ambulances shall not hide two platoons.
        """
        rules, rng = self._rules, self._rng
        name, other = (str(rng.choice(self._kinds[int(rng.integers(len(self._kinds)))])) for _ in range(2))
        if rng.random() < 0.2:
            plan = rules.swap(self.plan, name, other)
        else:
            to = str(rng.choice(self._pools[int(rng.choice(3, p=POOLS))]))
            plan = rules.move(self.plan, name, to=to, task=str(rng.choice(rules.tasks(rules.units[name]))))
        return plan if _key(plan) != _key(self.plan) and rules.lawful(plan) else None

    def _joined(self, plans: Sequence[Plan]) -> Plan | None:
        """Make several changes together, the first before the others; None where that is not new, or breaks a rule."""
        changed: dict[str, Post] = {}
        for plan in plans:
            for post, old in zip(plan.posts, self.plan.posts, strict=True):
                if post is not old:
                    changed.setdefault(post.unit, post)
        joined = replace(self.plan, posts=tuple(changed.get(post.unit, post) for post in self.plan.posts))
        fresh = all(_key(joined) != _key(plan) for plan in (*plans, self.plan))
        return joined if fresh and self._rules.lawful(joined) else None


def _key(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Tell plans apart by what their posts say."""
    return tuple((post.at, post.task) for post in plan.posts)
