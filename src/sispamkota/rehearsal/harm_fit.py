"""Fit the linear surrogate of harm (plan.harm) from rehearsals: of plans all around a plan, then near its optimum.

A surrogate that was fitted far from the optimum orders poor plans well and good ones poorly, and good ones are what a
planner chooses among. So the fit is repeated: deploy by it, rehearse plans near what was deployed, fit all plans
together. All plans of the fit meet one luck, and all plans that it is judged by another. The ballots get a surrogate of
their own, from the same rehearsals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Fault, InputError
from sispamkota.kernels.measure import MEASURES
from sispamkota.place import City
from sispamkota.plan.harm import Ballots, Best, Harm, HarmTerm, units_digest
from sispamkota.plan.plan import Plan
from sispamkota.streams import luck_of

from .arena import Arena, observe
from .moves import Rules, stands_of
from .rehearse import Run
from .scenario import Scenario
from .surrogate import FOLDS, Feature, choose_terms, features_of, hours_of, measure, rank_correlation

__all__ = ["Seen", "Trials", "ballots_of", "fit_harm"]

Floats = NDArray[np.float64]
Planner = Callable[[Harm], Plan | None]
SHARES, NEAR_SHARES = (0.1, 0.8), (0.03, 0.5)  # of the free units that a drawn plan moves
HELD_OUT = 0.3  # of the plans
LEAST_PLANS = 30
BEST = 1.0 / 3.0  # of the plans that it is judged by
THIRDS = 3  # of the replicates: one picks the best plans, the two others say how these are ordered
SEEN = ("harm_people", "ballots_lost", "breached")
CALMLY = Run()


@dataclass(frozen=True)
class Trials:
    """Say how many plans are drawn and how often each is rehearsed; `near` the optimum so many more in each round."""

    plans: int = 300
    replicates: int = 200
    rounds: int = 2
    near: int = 150

    @property
    def most(self) -> int:
        """Give the most plans that are rehearsed in all."""
        return self.plans + self.rounds * self.near


class Seen(NamedTuple):
    """Hold rehearsed plans: counts[plan, feature]; means[plan, third of the replicates, SEEN]; who is fitted on."""

    counts: Floats
    means: Floats
    fitted: NDArray[np.bool_]

    def joined(self, other: Seen) -> Seen:
        """Give both together."""
        return Seen(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


def fit_harm(
    scenario: Scenario,
    plan: Plan,
    city: City,
    *,
    planner: Planner | None = None,
    trials: Trials = Trials(),
    seed: int = 1,
    run: Run = CALMLY,
) -> Harm:
    """Fit what a plan of this force spares in a scenario; a pure function of its inputs but for `run`.

    `planner` gives the optimum by a surrogate, or None; the rounds end where it gives none or one that it gave before.
    Without one there are no rounds. Raises InputError where the scenario has no place where people gather, for too few
    plans, or what does not fit.
    """
    _check(trials)
    arena = Arena.make(scenario, plan, city, also=stands_of(plan, city))
    if not arena.crowds:
        remedy = "Fit it in a scenario with gatherings."
        raise InputError([Fault(scenario.name, "gatherings", "a place where people gather", "none", remedy)])
    features, hours = features_of(arena), hours_of(scenario, arena)
    work = _Work(features, trials.replicates, seed, run)
    seen = work.play(arena, _draw(arena, trials.plans, SHARES, [luck_of(seed, "harm.drawn")]))
    found, known = _harm(arena, seen, features, hours, trials=trials, seed=seed), list[object]()
    for n in range(trials.rounds if planner is not None else 0):
        optimum = planner(found) if planner is not None else None
        if optimum is None or optimum.posts in known:
            break
        known.append(optimum.posts)
        around = Arena.make(scenario, optimum, city, also=stands_of(optimum, city))
        drawn = _draw(around, trials.near - 1, NEAR_SHARES, [luck_of(seed, "harm.drawn"), n + 1])
        seen = seen.joined(work.play(around, [optimum, *drawn]))
        found = replace(_harm(arena, seen, features, hours, trials=trials, seed=seed), rounds=n + 1, near=trials.near)
    return found


@dataclass
class _Work:
    """Rehearse plans and keep account of it."""

    features: Sequence[Feature]
    replicates: int
    seed: int
    run: Run
    done: int = 0

    def play(self, arena: Arena, plans: Sequence[Plan]) -> Seen:
        """Rehearse plans: the first of them, which are fitted on, with one luck, the others with another."""
        columns = [MEASURES.index(name) for name in SEEN]
        fitted = np.arange(len(plans)) < round((1.0 - HELD_OUT) * len(plans))
        means = np.empty((len(plans), THIRDS, len(SEEN)))
        lucks = [luck_of(self.seed, name) for name in ("harm.judged", "harm.fitted")]
        for i, plan in enumerate(plans):
            luck = lucks[int(fitted[i])]
            sample = observe(arena, plan, range(self.replicates), seed=luck, workers=self.run.workers)
            rows = np.concatenate([batch.rows[:, columns] for batch in sample.batches])
            means[i] = [np.nanmean(rows[third::THIRDS], axis=0) for third in range(THIRDS)]
            self.done += 1
            self.run.progress(self.done)
        return Seen(measure(arena, plans, self.features), means, fitted)


def _harm(
    arena: Arena, seen: Seen, features: Sequence[Feature], hours: Mapping[str, float], *, trials: Trials, seed: int
) -> Harm:
    """Fit both surrogates on what was seen so far."""
    found = _learn(seen, 0, 0, seed=seed)
    rank, low, high = found.rank
    return Harm(
        name=arena.scenario.name,
        scenario=arena.scenario.name,
        city=arena.city.name,
        force=arena.base.force.name,
        base=_round(found.base),
        terms=tuple(_terms([features[i] for i in found.chosen], found.weights, hours)),
        plans=trials.plans,
        replicates=trials.replicates,
        seed=seed,
        units=units_digest(arena.base.force),
        judged=int((~seen.fitted).sum()),
        rank_correlation=rank,
        rank_low=low,
        rank_high=high,
        best_third=found.best,
        ballots=ballots_of(seen, features, hours, seed=seed),
    )


class _Learned(NamedTuple):
    """Hold what was learned: columns, base, weights; rank correlation with its interval, of all and of the best."""

    chosen: list[int]
    base: float
    weights: Floats
    rank: tuple[float, float, float]
    best: Best


def _learn(seen: Seen, signal: int, wanted: int, *, seed: int) -> _Learned:
    """Fit a column of SEEN on the plans for that; rank the others by it and by the column that is wanted.

    The best are picked by a third of their replicates that has no say in their order: picked by all, plans that one
    third flatters are kept where another wrongs them, and the thirds would seem to disagree more than they do.
    """
    means = seen.means.mean(axis=1)
    chosen, base, weights = choose_terms(seen.counts[seen.fitted], means[seen.fitted, signal])
    said = base - seen.counts[~seen.fitted][:, chosen] @ weights
    thirds = seen.means[~seen.fitted, :, wanted]
    rank = _rounded(rank_correlation(said, thirds.mean(axis=1), seed=seed))
    best = np.argsort(thirds[:, 0], kind="stable")[: max(2, round(BEST * len(thirds)))]
    others = thirds[best, 1:]
    own = _rounded(rank_correlation(said[best], others.mean(axis=1), seed=seed))
    repeats = _rounded(rank_correlation(*others.T, seed=seed))[0]
    third = Best(len(best), _round(float(np.ptp(others.mean(axis=1)))), repeats, *own)
    return _Learned(chosen, base, weights, rank, third)


def _foretold(seen: Seen, signal: int, wanted: int, *, seed: int) -> float:
    """Rank plans of the fit by fits of a column of SEEN without them, and by the column that is wanted: correlation."""
    counts, means = seen.counts[seen.fitted], seen.means[seen.fitted].mean(axis=1)
    folds, said = np.arange(len(means)) % FOLDS, np.empty(len(means))
    for fold in range(FOLDS):
        out = folds == fold
        chosen, base, weights = choose_terms(counts[~out], means[~out, signal])
        said[out] = base - counts[out][:, chosen] @ weights
    return rank_correlation(said, means[:, wanted], seed=seed)[0]


def ballots_of(seen: Seen, features: Sequence[Feature], hours: Mapping[str, float], *, seed: int) -> Ballots | None:
    """Fit the ballots on lost ballots, or on breached offices, which are more often seen; None where none are lost.

    The one that foretells lost ballots better, plans of the fit left out in turn, is kept, the first where they tie;
    breached offices where the fit saw no lost ballots.
    The plans that judge it have no say in that: of two, the luckier with them would seem better than it is.
    """
    lost = SEEN.index("ballots_lost")
    if not seen.means[..., lost].any():
        return None
    learned = SEEN[1:] if seen.means[seen.fitted][..., lost].any() else SEEN[2:]
    foretold = {name: _foretold(seen, SEEN.index(name), lost, seed=seed) for name in learned}
    name = max(foretold, key=lambda each: foretold[each])
    found = _learn(seen, SEEN.index(name), lost, seed=seed)
    terms = tuple(_terms([features[i] for i in found.chosen], found.weights, hours))
    return Ballots(name, _round(found.base), terms, *found.rank, found.best) if terms else None


def _check(trials: Trials) -> None:
    """Raise InputError for what cannot be fitted."""
    faults = []
    if trials.plans < LEAST_PLANS:
        remedy = "Draw more plans: three in ten are kept to judge by."
        faults.append(Fault("--plans", "plans", f"{LEAST_PLANS} or more", str(trials.plans), remedy))
    if trials.replicates < THIRDS:
        faults.append(Fault("--replicates", "replicates", f"{THIRDS} or more", str(trials.replicates), "Ask for more."))
    if trials.rounds < 0:
        faults.append(Fault("--rounds", "rounds", "0 or more", str(trials.rounds), "0 draws none near the optimum."))
    if trials.rounds > 0 and trials.near < LEAST_PLANS:
        remedy = "Draw more plans near the optimum, or ask for --rounds 0."
        faults.append(Fault("--near", "near", f"{LEAST_PLANS} or more", str(trials.near), remedy))
    if faults:
        raise InputError(faults)


def _draw(arena: Arena, n: int, shares: tuple[float, float], entropy: list[int]) -> list[Plan]:
    """Draw lawful plans around the base plan of an arena, from nearly it to a large share of the units moved."""
    rules, plans = Rules(arena), []
    for stream in np.random.SeedSequence(entropy).spawn(n):
        rng = np.random.default_rng(stream)
        plans.append(rules.scatter(rng, share=float(rng.uniform(*shares))))
    return plans


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


def _rounded(rank: tuple[float, float, float]) -> tuple[float, float, float]:
    """Keep four decimals of a rank correlation and its interval."""
    value, low, high = (round(each, 4) for each in rank)
    return value, low, high
