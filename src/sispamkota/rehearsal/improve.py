"""Improve a plan by rehearsing it: lawful moves and swaps, tried under common luck, and a gain that is shown or not.

Three parts, each with luck of its own. The search proposes changes (half of them where a quick surrogate expects a
gain), screens them with few replicates, plays the better ones more, and takes what holds. The choice races what the
search went through, the plan that stands first among them. The proof plays these and the old one with fresh luck, the
chosen one first: only what it shows is claimed, else the old plan is kept.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota import store
from sispamkota.errors import Fault, InputError
from sispamkota.kernels._compile import sources_digest
from sispamkota.manifest import Manifest
from sispamkota.place import City
from sispamkota.plan.plan import Plan, Post
from sispamkota.show import Table, html_table, text_table
from sispamkota.streams import LUCKS, SCHEME, luck_of

from .arena import AIMS, Arena, observe
from .costs import COSTS, Cost, costs_of, watched
from .moves import Rules, stands_of
from .play import BATCH
from .rehearse import Run
from .scenario import Scenario
from .search import Search
from .zones import Choice, Gap, Judgement, Zones, choose_in_order, judge

__all__ = ["Effort", "Improvement", "Moved", "improve"]

Floats = NDArray[np.float64]
CALMLY = Run()
BLOCK = 10  # replicates behind one observation of the choice
FINALISTS = 3  # plans that the choice looks at, the old one among them
LEAST_PROOF = 200
EVENTS_A_SECOND = 2.5e6
SEARCH, CHOICE, PROOF = 0.55, 0.2, 0.25  # of the events


@dataclass(frozen=True)
class Effort:
    """Say how much may be played: events of the engine, so that it is the same everywhere; `seconds` stop it earlier.

    A result that the clock cut short says so.
    """

    events: float = 150e6
    seconds: float = 60.0

    @classmethod
    def of(cls, seconds: float) -> Effort:
        """Give the work that two cores of 2024 do well within so many seconds."""
        return cls(EVENTS_A_SECOND * seconds, seconds)


@dataclass(frozen=True)
class Moved:
    """Hold one unit that stands elsewhere, or has another task, in the improved plan."""

    unit: str
    people: int
    was_at: str
    was: str
    at: str
    task: str


@dataclass(frozen=True)
class Improvement:
    """Hold the plan to use (the old one where no gain is shown), what changed, and the proof on fresh luck.

    `proof` is None, and `costs` (what else changes, over its pairs) empty, where nothing was proposed: no change passed
    the search, or the choice fell on the old plan. The manifest names the luck of each part, derived from the seed by
    name.
    """

    plan: Plan
    found: bool
    scenario: str
    seed: int
    moved: tuple[Moved, ...]
    choice: Choice
    proof: Judgement | None
    costs: tuple[Cost, ...]
    candidates: int
    replicates: int
    rounds: int
    clock: bool
    zones: Zones = field(repr=False)
    manifest: Manifest = field(compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values; what is not a finite number is null."""
        head = {"plan": self.plan.name, "found": self.found, "scenario": self.scenario, "seed": self.seed}
        work = {key: getattr(self, key) for key in ("candidates", "replicates", "rounds", "clock")}
        parts: dict[str, Any] = {"choice": asdict(self.choice), "zones": asdict(self.zones)}
        parts["proof"] = asdict(self.proof) if self.proof else None
        parts["costs"] = {each.name: asdict(each) | {"sure": each.sure} for each in self.costs}
        rest = {"moved": [asdict(each) for each in self.moved], "manifest": self.manifest.to_dict()}
        whole: dict[str, Any] = _plain(head | work | parts | rest)
        return whole

    def to_json(self) -> str:
        """Write it as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def save(self, folder: str | Path) -> None:
        """Write a folder that `Plan.load` reads: plan.yaml, force.yaml, manifest; and improvement.json beside them."""

        def beside(stage: Path) -> None:
            (stage / "improvement.json").write_text(self.to_json(), encoding="utf-8")

        store.save(self.plan, folder, beside=beside)

    def to_table(self) -> pd.DataFrame:
        """Give one row an aim: before, after, their difference and its interval; none where nothing was proposed."""
        gaps = self.proof.gaps if self.proof else ()
        return pd.DataFrame([asdict(gap) for gap in gaps], columns=[each.name for each in fields(Gap)])

    def _rows(self) -> Table:
        """Give title, header and rows, for text and page alike."""
        keys = ("before", "after", "difference", "low", "high")
        if self.proof is None:
            tried = f"{self.candidates} changes tried in {self.rounds} rounds"
            return f"{self.plan.name}: nothing to propose ({tried})", ("aim", *keys, "unit"), []
        head = f"{self.plan.name}: better in {self.proof.aim}" if self.found else f"{self.plan.name}: no gain is shown"
        rows = [(gap.aim, *(f"{getattr(gap, key):.4g}" for key in keys), gap.unit) for gap in self.proof.gaps]
        rows += [(e.name, *(f"{getattr(e, key):.4g}" for key in keys), e.unit) for e in self.costs]
        return f"{head} ({self.proof.pairs} pairs)", ("aim", *keys, "unit"), rows

    def __str__(self) -> str:
        """Print the proof as a plain table."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def improve(
    scenario: Scenario,
    plan: Plan,
    city: City,
    *,
    zones: Zones | None = None,
    effort: Effort = Effort(),
    seed: int = 1,
    run: Run = CALMLY,
) -> Improvement:
    """Improve a plan for a scenario; a pure function of its inputs but for `run`, unless the clock ends it.

    Raises InputError with everything that does not fit.
    """
    _check(effort, seed)
    zones = zones or Zones.load()
    began = time.monotonic()
    arena = Arena.make(scenario, plan, city, also=stands_of(plan, city))
    luck = {name: luck_of(seed, name) for name in LUCKS if name.startswith("improve.")}
    search = Search(Rules(arena), zones, luck, run)
    clock = _Clock(began, effort.seconds)
    late = search.go(effort.events * SEARCH, lambda: clock.past(SEARCH))
    finalists = [plan, *reversed(search.path[-(FINALISTS - 1) :])]
    choosing = _Budget(effort.events * CHOICE, lambda: clock.past(SEARCH + CHOICE / 2))
    feed = _Feed(arena, finalists, luck["improve.choice"], run, choosing)
    choice = choose_in_order(feed.observe, len(finalists), zones) if len(finalists) > 1 else _NOTHING
    late = late or feed.late
    chosen = finalists[choice.chosen] if choice.decided else plan
    rivals = _rivals(chosen, finalists)
    proof: Judgement | None = None
    costs: tuple[Cost, ...] = ()
    picked, played, cut = plan, 0, False
    if rivals:
        budget = _Budget(effort.events * PROOF, lambda: clock.past(1.0))
        proofs, played, cut = _prove(arena, rivals, zones, luck["improve.proof"], budget, run)
        taken = next((n for n, (each, _) in enumerate(proofs) if each.better), 0)
        (proof, costs), picked = proofs[taken], rivals[taken]
    found = proof is not None and proof.better
    if found and picked is not chosen:
        choice = replace(choice, chosen=_index(finalists, picked), decided=False)
    return Improvement(
        plan=_named(picked, plan) if found else plan,
        found=found,
        scenario=scenario.name,
        seed=seed,
        moved=_moved(plan, picked) if found else (),
        choice=choice,
        proof=proof,
        costs=costs,
        candidates=search.tried,
        replicates=search.replicates + feed.replicates + played,
        rounds=search.rounds,
        clock=late or cut,
        zones=zones,
        manifest=_manifest(arena, effort, zones, seed, luck),
    )


def _rivals(chosen: Plan, finalists: Sequence[Plan]) -> list[Plan]:
    """Give all new plans, each once, the chosen one first: within a zone a race may prefer what the proof refuses."""
    rivals = [each for each in (chosen, *finalists[1:]) if each is not finalists[0]]
    return [each for n, each in enumerate(rivals) if all(each is not before for before in rivals[:n])]


def _index(plans: Sequence[Plan], wanted: Plan) -> int:
    """Find a plan itself, not one like it."""
    return next(i for i, each in enumerate(plans) if each is wanted)


def _manifest(arena: Arena, effort: Effort, zones: Zones, seed: int, luck: Mapping[str, int]) -> Manifest:
    """Say what makes this result; the luck of each part in hexadecimal, as JSON's numbers are too short for it."""
    asked = {"scenario": arena.scenario.name, "events": effort.events, "seconds": effort.seconds}
    asked |= {"zones": asdict(zones), "engine": sources_digest()}
    settings = asked | {"luck": {name: f"{key:016x}" for name, key in luck.items()}}
    parents = [arena.city.manifest, arena.base.manifest]
    return Manifest.collect(
        inputs=arena.scenario.inputs, seed=seed, streams_scheme=SCHEME, parents=parents, settings=settings
    )


_NOTHING = Choice(0, decided=True, aim="", observations=0, confidence=0.95)


@dataclass(frozen=True)
class _Clock:
    """Say when so much of the time has passed."""

    began: float
    seconds: float

    def past(self, share: float) -> bool:
        """Say whether a share of the time is over."""
        return time.monotonic() - self.began > share * self.seconds


class _Feed:
    """Give observations of the finalists one by one, each the mean of BLOCK replicates, played some ahead."""

    def __init__(self, arena: Arena, plans: Sequence[Plan], seed: int, run: Run, budget: _Budget) -> None:
        self._arena, self._plans, self._seed, self._run = arena, plans, seed, run
        self._left, self._is_late = budget.events, budget.late
        self._rows: list[Floats] = [np.zeros((0, len(AIMS))) for _ in plans]
        self.replicates, self.late = 0, False

    def observe(self, i: int, n: int) -> Floats | None:
        """Return observation n of plan i; None when the budget has ended."""
        while (n + 1) * BLOCK > len(self._rows[i]):
            self.late = self.late or self._is_late()
            if self._left <= 0.0 or self.late:
                return None
            first = len(self._rows[i])
            stop = range(first, first + 2 * BATCH)
            sample = observe(self._arena, self._plans[i], stop, seed=self._seed, workers=self._run.workers)
            self._rows[i] = np.concatenate([self._rows[i], sample.aims])
            self._left -= sample.events
            self.replicates += len(stop)
        block = self._rows[i][n * BLOCK : (n + 1) * BLOCK]
        mean: Floats = np.nanmean(block, axis=0)
        return mean


@dataclass(frozen=True)
class _Budget:
    """Hold how much may be played, and who knows whether the time is over."""

    events: float
    late: Callable[[], bool]


def _prove(
    arena: Arena, rivals: Sequence[Plan], zones: Zones, seed: int, budget: _Budget, run: Run
) -> tuple[list[tuple[Judgement, tuple[Cost, ...]]], int, bool]:
    """Play the old plan and its rivals with luck that none was chosen by; say whether the clock ended it.

    The rivals share the 5 % (Bonferroni): that any gain is claimed which is none is no likelier than with one. The
    clock knows nothing of what was played, so ending by it makes no interval too confident.
    """
    plans = (arena.base, *rivals)
    aims = [np.zeros((0, len(AIMS))) for _ in plans]
    costs = [np.zeros((0, len(COSTS))) for _ in plans]
    n, left, late = 0, budget.events, False
    while n < LEAST_PROOF or (left > 0.0 and not late):
        part = range(n, n + 4 * BATCH)
        for i, plan in enumerate(plans):
            sample = observe(arena, plan, part, seed=seed, workers=run.workers)
            aims[i] = np.concatenate([aims[i], sample.aims])
            costs[i] = np.concatenate([costs[i], watched(sample)])
            left -= sample.events
        n += len(part)
        late = budget.late()
    sure = 1.0 - 0.05 / len(rivals)
    told = [
        (judge(aims[0], own, zones, confidence=sure), costs_of(costs[0], paid))
        for own, paid in zip(aims[1:], costs[1:], strict=True)
    ]
    return told, len(plans) * n, late and left > 0.0


def _named(plan: Plan, old: Plan) -> Plan:
    """Name the improved plan after the old one, with a star; its posts are no longer those of a source."""
    return replace(plan, name=f"{old.name}-improved"[:60], title=f"{old.title} *", quality="assumed")


def _moved(old: Plan, new: Plan) -> tuple[Moved, ...]:
    """List what changed, in the order of the plan."""
    people = {unit.id: unit.people for unit in old.force.units}

    def row(a: Post, b: Post) -> Moved:
        return Moved(a.unit, people[a.unit], a.at, a.task, b.at, b.task)

    pairs = zip(old.posts, new.posts, strict=True)
    return tuple(row(a, b) for a, b in pairs if (a.at, a.task) != (b.at, b.task))


def _check(effort: Effort, seed: int) -> None:
    """Raise InputError for what cannot be asked."""
    faults = []
    if not effort.seconds > 0.0:
        faults.append(Fault("--seconds", "S", "above 0", str(effort.seconds), "Give it a minute."))
    if not effort.events > 0.0:
        faults.append(Fault("--events", "N", "above 0", str(effort.events), "Ask for a hundred million."))
    if not 0 <= seed < 2**63:
        faults.append(Fault("--seed", "seed", "0 to 2**63 - 1", str(seed), "Choose a number in the range."))
    if faults:
        raise InputError(faults)


def _plain(value: Any) -> Any:
    """Turn what is not a finite number into None, all the way down."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
