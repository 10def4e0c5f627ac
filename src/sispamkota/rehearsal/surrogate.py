"""What the linear surrogate of harm (plan.harm) is made of: people in time, the terms that predict best, and ranks.

Terms are chosen one by one while the error on plans left out of the fit still falls (forward selection,
cross-validated), with weights that cannot be negative (Lawson & Hanson 1974): the surrogate only says what help in time
spares. `harm_fit` fits it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sispamkota.force import Duty
from sispamkota.place import VEHICLES
from sispamkota.plan.harm import Ballots, Harm, HarmTerm, counted, counts_sent, counts_there
from sispamkota.plan.plan import Plan

from .arena import Arena
from .posting import abilities_of
from .scenario import Scenario, span_of

__all__ = [
    "FOLDS",
    "Feature",
    "choose_terms",
    "features_of",
    "hours_of",
    "measure",
    "rank_correlation",
    "spared",
    "spared_of",
]

Floats = NDArray[np.float64]
WITHIN = (0.0, 300.0, 600.0, 900.0)  # s
CAPS = (1, 2, 3, 4, 6, 8)  # smallest units of the ability: people come by units
FOLDS, MOST_TERMS, BOOTSTRAPS = 5, 12, 2000
TRIED = 25  # columns in each step of the selection
LEAST_GAIN = 0.005  # of the error: a term that gains less is not worth its place
ABILITIES = (
    "dialogue", "dalmas_awal", "dalmas_lanjut", "phh", "patrol", "guard", "traffic", "fire", "rescue", "ambulance",
)  # fmt: skip
TINY = 1e-9  # s: whoever does not stand there is not there at once
LEAST_SPARED = 0.01  # of the base: a term that spares less in all is noise in the file


class Feature(NamedTuple):
    """Say what is counted: people of an ability in time at each of some places, up to a cap at each, summed.

    `hour` of the day says who is on duty; None: the hour at which people come to each place (`hours_of`).
    """

    places: tuple[str, ...]
    ability: str
    within: float
    cap: float
    hour: float | None = None


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
        people: Floats = self.able(feature.ability) @ (sent | stand)
        return people

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
    pick = np.random.default_rng(seed).integers(0, len(said), (BOOTSTRAPS, len(said)))
    low, high = np.quantile(_spearman(said[pick], seen[pick]), [0.025, 0.975])
    return float(_spearman(said[None], seen[None])[0]), float(low), float(high)


def _spearman(a: Floats, b: Floats) -> Floats:
    """Return the correlation of ranks, ties at their mean rank, row by row: [row]."""
    from scipy.stats import rankdata

    x, y = (rankdata(each, axis=1) - (each.shape[1] + 1) / 2.0 for each in (a, b))
    apart = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    found: Floats = np.where(apart > 0.0, (x * y).sum(axis=1) / np.where(apart > 0.0, apart, 1.0), 0.0)
    return found


def _feature(term: HarmTerm) -> Feature:
    """Give what a term counts, by its own hour: deploy asks that shift for it, whatever the scenario's hour."""
    return Feature((term.at,), term.ability, term.within, term.cap, term.hour)


def spared(harm: Harm, arena: Arena, plan: Plan) -> tuple[float, ...]:
    """Say how many persons each term of a surrogate spares under a plan."""
    (row,) = measure(arena, [plan], [_feature(term) for term in harm.terms])
    return tuple(float(term.spared * people) for term, people in zip(harm.terms, row, strict=True))


def spared_of(harm: Harm | Ballots, arena: Arena, plans: Sequence[Plan]) -> Floats:
    """Say how many persons, or how much of the ballots' index, a surrogate takes each plan to spare, [plan]."""
    total: Floats = measure(arena, plans, [_feature(term) for term in harm.terms]) @ np.array(
        [term.spared for term in harm.terms]
    )
    return total
