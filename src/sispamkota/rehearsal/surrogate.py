"""Fit the linear surrogate of harm (plan.harm) from rehearsals of lawful plans drawn around a plan.

All plans of the fit meet one luck, and all plans that it is judged by another. Terms are chosen one by one while the
error on plans left out of the fit still falls (forward selection, cross-validated), with weights that cannot be
negative (Lawson & Hanson 1974): the surrogate only says what help in time spares. The ballots get one of their own,
from the same rehearsals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Fault, InputError
from sispamkota.force import Duty
from sispamkota.kernels.measure import MEASURES
from sispamkota.place import VEHICLES, City
from sispamkota.plan.harm import Ballots, Harm, HarmTerm, counted, counts_sent, counts_there
from sispamkota.plan.plan import Plan

from .arena import Arena, observe
from .moves import Rules, stands_of
from .posting import abilities_of
from .rehearse import Run
from .scenario import Scenario, span_of

__all__ = [
    "Feature",
    "Trials",
    "ballots_of",
    "choose_terms",
    "features_of",
    "fit_harm",
    "hours_of",
    "measure",
    "rank_correlation",
    "spared",
    "spared_of",
]

Floats = NDArray[np.float64]
WITHIN = (0.0, 300.0, 600.0, 900.0)  # s
CAPS = (1, 2, 3, 4, 6, 8)  # smallest units of the ability: people come by units
SHARES = (0.1, 0.8)  # of the free units that a drawn plan moves
HELD_OUT = 0.3  # of the plans
FOLDS, MOST_TERMS, BOOTSTRAPS = 5, 12, 2000
TRIED = 25  # columns in each step of the selection
LEAST_PLANS = 30
LEAST_GAIN = 0.005  # of the error: a term that gains less is not worth its place
ABILITIES = (
    "dialogue", "dalmas_awal", "dalmas_lanjut", "phh", "patrol", "guard", "traffic", "fire", "rescue", "ambulance",
)  # fmt: skip
TINY = 1e-9  # s: whoever does not stand there is not there at once
LEAST_SPARED = 0.01  # of the base: a term that spares less in all is noise in the file
SEEN = ("harm_people", "ballots_lost", "breached")
CALMLY = Run()


class Feature(NamedTuple):
    """Say what is counted: people of an ability in time at each of some places, up to a cap at each, summed.

    `hour` of the day says who is on duty; None: the hour at which people come to each place (`hours_of`).
    """

    places: tuple[str, ...]
    ability: str
    within: float
    cap: float
    hour: float | None = None


@dataclass(frozen=True)
class Trials:
    """Say how many plans are drawn, and how often each is rehearsed."""

    plans: int = 300
    replicates: int = 200


def fit_harm(
    scenario: Scenario, plan: Plan, city: City, *, trials: Trials = Trials(), seed: int = 1, run: Run = CALMLY
) -> Harm:
    """Fit what a plan of this force spares in a scenario; a pure function of its inputs but for `run`.

    Raises InputError where the scenario has no place where people gather, for too few plans, or what does not fit.
    """
    _check(trials)
    arena = Arena.make(scenario, plan, city, also=stands_of(plan, city))
    if not arena.crowds:
        remedy = "Fit it in a scenario with gatherings."
        raise InputError([Fault(scenario.name, "gatherings", "a place where people gather", "none", remedy)])
    plans = _draw(arena, trials.plans, seed)
    fitted = round((1.0 - HELD_OUT) * len(plans))
    seen = _watch(arena, plans, fitted, trials.replicates, seed=seed, run=run)
    features, hours = features_of(arena), hours_of(scenario, arena)
    counts = measure(arena, plans, features)
    found = _learn(counts, seen[:, 0], seen[:, 0], fitted, seed=seed)
    return Harm(
        name=scenario.name,
        scenario=scenario.name,
        city=city.name,
        force=plan.force.name,
        base=_round(found.base),
        terms=tuple(_terms([features[i] for i in found.chosen], found.weights, hours)),
        plans=trials.plans,
        replicates=trials.replicates,
        seed=seed,
        rank_correlation=found.rank[0],
        rank_low=found.rank[1],
        rank_high=found.rank[2],
        ballots=ballots_of(counts, seen, fitted, features, hours, seed=seed),
    )


def _watch(arena: Arena, plans: Sequence[Plan], fitted: int, n: int, *, seed: int, run: Run) -> Floats:
    """Rehearse the plans n times each; give the mean of what is seen, [plan, SEEN]."""
    columns = [MEASURES.index(name) for name in SEEN]
    seen = np.empty((len(plans), len(SEEN)))
    for i, each in enumerate(plans):
        first = 0 if i < fitted else n
        sample = observe(arena, each, range(first, first + n), seed=seed, workers=run.workers)
        seen[i] = np.nanmean(np.concatenate([batch.rows[:, columns] for batch in sample.batches]), axis=0)
        run.progress(i + 1)
    return seen


class _Learned(NamedTuple):
    """Hold what was learned: columns, base, weights; rank correlation with its interval."""

    chosen: list[int]
    base: float
    weights: Floats
    rank: tuple[float, float, float]


def _learn(counts: Floats, signal: Floats, wanted: Floats, fitted: int, *, seed: int) -> _Learned:
    """Fit a signal on the first plans; rank the others by it and by what is wanted."""
    chosen, base, weights = choose_terms(counts[:fitted], signal[:fitted])
    said = base - counts[fitted:, chosen] @ weights
    rank, low, high = rank_correlation(said, wanted[fitted:], seed=seed)
    return _Learned(chosen, base, weights, (round(rank, 4), round(low, 4), round(high, 4)))


def ballots_of(
    counts: Floats, seen: Floats, fitted: int, features: Sequence[Feature], hours: Mapping[str, float], *, seed: int
) -> Ballots | None:
    """Fit the ballots on lost ballots, or on breached offices, which are more often seen; None where none are lost.

    The one that ranks the other plans better by lost ballots is kept, the first where they tie.
    """
    lost = seen[:, SEEN.index("ballots_lost")]
    if not lost.any():
        return None
    both = {name: _learn(counts, seen[:, SEEN.index(name)], lost, fitted, seed=seed) for name in SEEN[1:]}
    name = max(both, key=lambda each: both[each].rank[0])
    found = both[name]
    terms = tuple(_terms([features[i] for i in found.chosen], found.weights, hours))
    return Ballots(name, _round(found.base), terms, *found.rank) if terms else None


def _check(trials: Trials) -> None:
    """Raise InputError for what cannot be fitted."""
    faults = []
    if trials.plans < LEAST_PLANS:
        remedy = "Draw more plans: three in ten are kept to judge by."
        faults.append(Fault("--plans", "plans", f"{LEAST_PLANS} or more", str(trials.plans), remedy))
    if trials.replicates < 1:
        faults.append(Fault("--replicates", "replicates", "1 or more", str(trials.replicates), "Ask for more."))
    if faults:
        raise InputError(faults)


def _draw(arena: Arena, n: int, seed: int) -> list[Plan]:
    """Draw lawful plans around the base plan, from nearly it to nearly all units moved."""
    rules = Rules(arena)
    streams = np.random.SeedSequence(seed).spawn(n)
    plans = []
    for stream in streams:
        rng = np.random.default_rng(stream)
        plans.append(rules.scatter(rng, share=float(rng.uniform(*SHARES))))
    return plans


def features_of(arena: Arena) -> list[Feature]:
    """List all features: each protected place by itself, the other places where people gather together."""
    offices = [crowd.place for crowd in arena.spec.crowds if crowd.protected]
    rest = tuple(ref for ref in arena.crowds if ref not in offices)
    groups = [(ref,) for ref in offices] + ([rest] if rest else [])
    sizes: dict[str, list[int]] = {name: [] for name in ABILITIES}
    for unit in arena.base.force.units:
        for name in abilities_of(unit):
            sizes.get(name, []).append(unit.people)
    caps = {name: [n * min(own) for n in CAPS if n * min(own) <= sum(own)] for name, own in sizes.items() if own}
    return [
        Feature(places, name, t, float(cap)) for places in groups for name in caps for t in WITHIN for cap in caps[name]
    ]


def measure(arena: Arena, plans: Sequence[Plan], features: Sequence[Feature]) -> Floats:
    """Count the people in time of each feature under each plan, [plan, feature]."""
    come = hours_of(arena.scenario, arena)
    places = sorted({ref for feature in features for ref in feature.places})
    column = {ref: i for i, ref in enumerate(places)}
    at = [[column[ref] for ref in feature.places] for feature in features]
    counts = np.empty((len(plans), len(features)))
    for i, plan in enumerate(plans):
        units = _Units.of(arena, plan)
        seconds = {
            hour: units.seconds_to(arena, places, [come[ref] if hour is None else hour for ref in places])
            for hour in {feature.hour for feature in features}
        }
        there: dict[tuple[str, float, float | None], Floats] = {}
        for j, feature in enumerate(features):
            key = (feature.ability, feature.within, feature.hour)
            if key not in there:
                there[key] = units.there(feature, seconds[feature.hour])
            counts[i, j] = np.minimum(feature.cap, there[key][at[j]]).sum()
    return counts


@dataclass(frozen=True)
class _Units:
    """Hold the units of a plan that may be sent, or stand where they are asked for, as columns."""

    home: NDArray[np.int64]
    vehicle: NDArray[np.int64]
    turnout: Floats
    people: Floats
    task: tuple[str, ...]
    duty: tuple[Duty | None, ...]
    abilities: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, arena: Arena, plan: Plan) -> _Units:
        """Read the posts of a plan."""
        units = {unit.id: unit for unit in plan.force.units}
        pairs = [(post, units[post.unit]) for post in plan.posts]
        return cls(
            home=np.array([arena.row[arena.ref(post.at)] for post, _ in pairs], np.int64),
            vehicle=np.array([VEHICLES.index(unit.vehicle) for _, unit in pairs], np.int64),
            turnout=np.array([arena.turnouts[unit.id] for _, unit in pairs], float),
            people=np.array([unit.people for _, unit in pairs], float),
            task=tuple(post.task for post, _ in pairs),
            duty=tuple(post.duty or unit.duty for post, unit in pairs),
            abilities=tuple(abilities_of(unit) for _, unit in pairs),
        )

    def seconds_to(self, arena: Arena, places: Sequence[str], hours: Sequence[float]) -> Floats:
        """Give when each unit could be at each place, [unit, place]; 0 where it stands, infinite off duty."""
        rows = np.array([arena.row[ref] for ref in places], np.int64)
        seconds = arena.seconds[self.vehicle[:, None], self.home[:, None], rows] + self.turnout[:, None]
        there = self.home[:, None] == rows
        seconds = np.where(there, 0.0, np.maximum(seconds, TINY))
        for u, duty in enumerate(self.duty):
            if duty is not None:
                seconds[u, [not _on_duty(duty, hour) for hour in hours]] = np.inf
        return np.asarray(seconds, float)

    def there(self, feature: Feature, seconds: Floats) -> Floats:
        """Count the people of a feature's ability who are at each place in time, [place]; seconds[unit, place]."""
        sent = self.may(counts_sent, feature.ability)[:, None] & (seconds <= feature.within)
        stand = self.may(counts_there, feature.ability)[:, None] & (seconds == 0.0)
        return self.able(feature.ability) @ (sent | stand)

    def may(self, rule: Callable[[str, str], bool], ability: str) -> NDArray[np.bool_]:
        """Say of each unit whether its task lets it help with an ability, [unit]."""
        return np.array([rule(task, ability) for task in self.task], bool)

    def able(self, ability: str) -> Floats:
        """Give the people of each unit that help with an ability, [unit]."""
        pairs = zip(self.people, self.abilities, strict=True)
        return np.array([counted(ability, people, able) for people, able in pairs], float)


def _on_duty(duty: Duty, hour: float) -> bool:
    """Say whether a roster has a unit on duty at an hour of the day."""
    return (hour - duty.from_h) % duty.every_h < duty.hours


def hours_of(scenario: Scenario, arena: Arena) -> dict[str, float]:
    """Give the hour of the day at which people come to each place, in the mean; the start's where none come."""
    start = scenario.file.start.hour + scenario.file.start.minute / 60.0
    timeline, hours = scenario.timeline, dict.fromkeys(arena.crowds, start)
    for each in scenario.file.gatherings:
        spans = [(*span_of(wave, timeline), wave.share) for wave in each.arrive]
        total = sum(share for _, _, share in spans) or 1.0
        mean = sum((a + b) / 2.0 * share for a, b, share in spans) / total
        hour = round((start + mean / 3600.0) % 24.0, 2) % 24.0
        refs = [arena.ref(each.at)] if each.at else [r for r in arena.crowds if arena.sites[r].kind == each.each]
        hours |= dict.fromkeys((ref for ref in refs if ref in hours), hour)
    return hours


def choose_terms(counts: Floats, harm: Floats) -> tuple[list[int], float, Floats]:
    """Choose columns of counts and weights ≥ 0 such that harm ≈ base − counts @ weights; as few as predict best.

    A term that spares less than a hundredth of the base at most is dropped at the end, the least first.
    counts[plan, feature], harm[plan]. Returns the columns, the base and their weights.
    """
    folds = np.arange(len(harm)) % FOLDS
    varied = _distinct(counts)
    chosen: list[int] = []
    best = _left_out(counts[:, []], harm, folds)
    while len(chosen) < MOST_TERMS:
        likely = _likely(counts, harm, chosen, [j for j in varied if j not in chosen])
        errors = [(_left_out(counts[:, [*chosen, j]], harm, folds), j) for j in likely]
        error, j = min(errors, default=(np.inf, -1))
        if error >= best * (1.0 - LEAST_GAIN):
            break
        chosen, best = [*chosen, j], error
    while True:
        base, weights = _solve(counts[:, chosen], harm)
        worth = weights * counts[:, chosen].max(axis=0, initial=0.0)
        if not len(worth) or worth.min() >= max(LEAST_SPARED * base, np.finfo(float).tiny):
            return chosen, base, weights
        chosen = [j for n, j in enumerate(chosen) if n != int(worth.argmin())]


def _distinct(counts: Floats) -> list[int]:
    """List the columns that vary, each once."""
    seen: dict[bytes, int] = {}
    for j in np.flatnonzero(counts.std(axis=0) > 0.0):
        seen.setdefault(counts[:, j].tobytes(), int(j))
    return sorted(seen.values())


def _likely(counts: Floats, harm: Floats, chosen: list[int], others: list[int]) -> list[int]:
    """List the columns that go best with what the chosen ones leave unexplained."""
    base, weights = _solve(counts[:, chosen], harm)
    left = base - counts[:, chosen] @ weights - harm
    columns = counts[:, others] - counts[:, others].mean(axis=0)
    scores = (left - left.mean()) @ columns / np.sqrt((columns**2).sum(axis=0))
    return [others[n] for n in np.argsort(-scores, kind="stable")[:TRIED] if scores[n] > 0.0]


def _left_out(x: Floats, y: Floats, folds: NDArray[np.int64]) -> float:
    """Return the mean squared error on each fold of a fit without it."""
    total = 0.0
    for fold in range(FOLDS):
        out = folds == fold
        base, weights = _solve(x[~out], y[~out])
        total += float(((y[out] - base + x[out] @ weights) ** 2).sum())
    return total / len(y)


def _solve(x: Floats, y: Floats) -> tuple[float, Floats]:
    """Fit y ≈ base − x @ weights with base and weights not negative."""
    from scipy.optimize import nnls

    solution, _ = nnls(np.column_stack([np.ones(len(y)), -x]), y)
    return float(solution[0]), np.asarray(solution[1:], float)


def rank_correlation(said: Floats, seen: Floats, *, seed: int) -> tuple[float, float, float]:
    """Return Spearman's rank correlation with its 95 % interval by the bootstrap over plans; 0 where nothing varies."""
    rng = np.random.default_rng(seed)
    values = [_spearman(said, seen)]
    for _ in range(BOOTSTRAPS):
        pick = rng.integers(0, len(said), len(said))
        values.append(_spearman(said[pick], seen[pick]))
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return values[0], float(low), float(high)


def _spearman(a: Floats, b: Floats) -> float:
    """Return the correlation of ranks, ties at their mean rank."""
    from scipy.stats import rankdata

    x, y = rankdata(a), rankdata(b)
    if x.std() == 0.0 or y.std() == 0.0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def _terms(features: Sequence[Feature], weights: Floats, hours: Mapping[str, float]) -> list[HarmTerm]:
    """Write features as terms, one a place; the places of a group share a weight."""
    return [
        HarmTerm(ref, feature.ability, feature.within, feature.cap, _round(weight), hours[ref])
        for feature, weight in zip(features, weights, strict=True)
        for ref in feature.places
    ]


def _round(value: float) -> float:
    """Keep four figures: the rest is noise."""
    return float(f"{value:.4g}")


def _feature(term: HarmTerm) -> Feature:
    """Give what a term counts, by its own hour: deploy asks that shift for it, whatever the scenario's hour."""
    return Feature((term.at,), term.ability, term.within, term.cap, term.hour)


def spared(harm: Harm, arena: Arena, plan: Plan) -> tuple[float, ...]:
    """Say how many persons each term of a surrogate spares under a plan."""
    (row,) = measure(arena, [plan], [_feature(term) for term in harm.terms])
    return tuple(float(term.spared * people) for term, people in zip(harm.terms, row, strict=True))


def spared_of(harm: Harm | Ballots, arena: Arena, plans: Sequence[Plan]) -> Floats:
    """Say how many persons, or which share of rehearsals, a surrogate takes each plan to spare, [plan]."""
    total: Floats = measure(arena, plans, [_feature(term) for term in harm.terms]) @ np.array(
        [term.spared for term in harm.terms]
    )
    return total
