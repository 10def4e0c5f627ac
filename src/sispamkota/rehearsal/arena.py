"""One city and scenario made ready for many plans of one force: only the posts are laid anew for each.

The places where units may be put are all in the world from the start. A place where nobody stands and nothing happens
changes nothing, so what is observed is that of `rehearse` to the bit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sispamkota.force import Duty
from sispamkota.kernels.measure import MEASURES
from sispamkota.place import VEHICLES, City, Site
from sispamkota.plan.plan import POSTURES, TASKS, Plan, Post

from .places import places_of, travel_of
from .play import Batch
from .posting import duty_of
from .scenario import Scenario
from .setting import Setting
from .specs import PlaceSpec, UnitSpec, WorldSpec
from .spread import Work, spread, threads
from .tables import Tables, build_tables

__all__ = ["AIMS", "Arena", "Sample", "observe", "observe_all", "sample_of"]

Floats = NDArray[np.float64]
# What a plan is judged by, in this order: persons harmed, rehearsals in which ballots are lost (%), voters kept from
# voting, minutes of unrest, of waiting.
AIMS = ("harm", "ballots", "votes", "unrest", "response")


@dataclass(frozen=True)
class Sample:
    """Hold what replicates gave: aims[replicate, AIMS] in persons, %, voters, min, min; NaN for one that failed.

    Ballots are lost in a replicate or not: 100 or 0 %. `events` counts the work of the engine; `batches` are as it gave
    them.
    """

    aims: Floats
    events: float
    batches: tuple[Batch, ...] = field(repr=False)


@dataclass(frozen=True)
class Arena:
    """Hold a world that any plan of one force is laid into; `sites` are the places where units may be put."""

    scenario: Scenario
    city: City
    base: Plan
    setting: Setting
    spec: WorldSpec
    sites: Mapping[str, Site]
    _words: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def make(cls, scenario: Scenario, plan: Plan, city: City, *, also: Iterable[str] = ()) -> Arena:
        """Make the world of a plan, with the places `also` but for those that no road reaches while streets are closed.

        Raises InputError with everything that does not fit in the plan itself.
        """
        setting = Setting.make(scenario, plan, city)
        known = {place.id: city.find(place.id) for place in setting.spec.places}
        extra = {site.ref: site for site in map(city.find, also) if site.ref not in known}
        spec = _with_places(setting, known | extra)
        if cut := [ref for ref in extra if _is_cut_off(spec, ref, len(known))]:
            extra = {ref: site for ref, site in extra.items() if ref not in cut}
            spec = _with_places(setting, known | extra)
        return cls(scenario, city, plan, setting, spec, known | extra)

    def ref(self, word: str) -> str:
        """Give the reference of a place by any word for it; raises KeyError where the city does not know it."""
        if word not in self._words:
            self._words[word] = self.city.find(word).ref
        return self._words[word]

    def world(self, plan: Plan) -> WorldSpec:
        """Describe the world under a plan of this force, or of a part of it.

        A post at a place that is not in the world raises InputError through a world of its own.
        """
        posts = {post.unit: post for post in plan.posts}
        if any(self.ref(post.at) not in self.sites for post in plan.posts):
            return Setting.make(self.scenario, plan, self.city).spec
        units = [self._unit(unit, posts) for unit in self.spec.units if unit.id.split("/")[0] in posts]
        return replace(self.spec, units=units, places=self._places(plan))

    def _unit(self, unit: UnitSpec, posts: Mapping[str, Post]) -> UnitSpec:
        """Put a unit, or a part of one, where the plan puts it."""
        name = unit.id.split("/")[0]
        post = posts[name]
        return replace(
            unit,
            home=self.ref(post.at),
            task=TASKS.index(post.task),
            shown=POSTURES.index(post.posture) if post.posture in POSTURES else 0,
            duty=duty_of(post.duty or self.rosters[name]),
        )

    def _places(self, plan: Plan) -> list[PlaceSpec]:
        """Give each place its alertness: calls are understood sooner in a kelurahan where Linmas are posted."""
        factor = self.spec.parameters["call_delay_alert_factor"]
        keeps = {unit.id for unit in plan.force.units if "tps" in unit.capabilities}
        watched = {self.sites[self.ref(post.at)].kode_kel for post in plan.posts if post.unit in keeps} - {""}
        return [
            replace(place, alert=factor if self.sites[place.id].kode_kel in watched else 1.0)
            for place in self.spec.places
        ]

    def tables(self, plan: Plan) -> Tables:
        """Build the tables of the world under a plan."""
        return build_tables(self.world(plan))

    @cached_property
    def rosters(self) -> Mapping[str, Duty | None]:
        """Give each unit's own roster."""
        return {unit.id: unit.duty for unit in self.base.force.units}

    @cached_property
    def turnouts(self) -> Mapping[str, float]:
        """Give each unit's median turnout, seconds."""
        return {unit.id.split("/")[0]: unit.turnout for unit in self.spec.units}

    @cached_property
    def crowds(self) -> tuple[str, ...]:
        """Name the places where people gather."""
        return tuple(crowd.place for crowd in self.spec.crowds)

    @cached_property
    def seconds(self) -> Floats:
        """Give travel times with blue light and open streets, [vehicle, place, place], places in the order of spec."""
        travel = self.spec.travel[0] if self.spec.travel.ndim == 4 else self.spec.travel
        nodes = [place.node for place in self.spec.places]
        times: Floats = np.asarray(travel, np.float64)[:, nodes][:, :, nodes]
        return times

    @cached_property
    def row(self) -> Mapping[str, int]:
        """Give the row of each place in `seconds`."""
        return {place.id: i for i, place in enumerate(self.spec.places)}


def _with_places(setting: Setting, sites: Mapping[str, Site]) -> WorldSpec:
    """Give a setting's world more places, the old ones first."""
    spec = setting.spec
    if len(sites) == len(spec.places):
        return spec
    refs = list(sites)
    nodes, index = np.unique([sites[ref].node for ref in refs], return_inverse=True)
    gates = {place.id for place in spec.places if place.gate}
    factor = spec.parameters["call_delay_alert_factor"]
    return replace(
        spec,
        places=places_of(refs, index, setting.plan, setting.city, gates, factor),
        travel=travel_of(setting.scenario, setting.city, nodes),
    )


def _is_cut_off(spec: WorldSpec, ref: str, known: int) -> bool:
    """Say whether a place has no way to or from one of the first places, for a vehicle in use."""
    worst = spec.travel.max(axis=0) if spec.travel.ndim == 4 else spec.travel
    used = sorted({unit.vehicle for unit in spec.units} | {VEHICLES.index("car")})
    node = next(place.node for place in spec.places if place.id == ref)
    others = [place.node for place in spec.places[:known]]
    ways = np.concatenate([worst[used][:, node, others], worst[used][:, others, node]])
    return not bool(np.isfinite(ways).all())


def observe(arena: Arena, plan: Plan, replicates: range, *, seed: int, workers: int | None = None) -> Sample:
    """Play a range of replicates of a plan; a pure function of all but `workers`."""
    return sample_of(Work(arena.tables(plan), seed, arena.scenario.horizon), replicates, workers=workers)


def sample_of(work: Work, replicates: range, *, workers: int | None = None) -> Sample:
    """Play a range of replicates of any world."""
    with threads(work, workers or os.cpu_count() or 1) as pool:
        batches = tuple(spread(pool, replicates))
    rows = np.concatenate([batch.rows for batch in batches])
    column = {name: rows[:, MEASURES.index(name)] for name in _COLUMNS}
    unrest = (column["seconds_kuning"] + column["seconds_merah"]) / 60.0
    waiting = np.concatenate([_waiting(batch) for batch in batches]) / 60.0
    waiting[np.isnan(unrest)] = np.nan
    ballots = 100.0 * column["ballots_lost"]
    aims = np.column_stack([column["harm_people"], ballots, column["voters_kept_people"], unrest, waiting])
    return Sample(aims, float(np.nansum(column["events"])), batches)


def observe_all(
    arena: Arena, plans: Sequence[Plan], replicates: range, *, seed: int, workers: int | None = None
) -> list[Sample]:
    """Play a range of replicates of several plans, side by side; as `observe` of each."""

    def play(plan: Plan) -> Sample:
        return observe(arena, plan, replicates, seed=seed, workers=1)

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        return list(pool.map(play, plans))


_COLUMNS = ("harm_people", "ballots_lost", "voters_kept_people", "seconds_kuning", "seconds_merah", "events")


def _waiting(batch: Batch) -> Floats:
    """Give the mean seconds that a call of each replicate waited, answered or not; 0 where nobody called."""
    row, n = batch.responses["replicate"] - batch.start, len(batch.rows)
    calls = np.bincount(row, minlength=n)
    waited: Floats = np.bincount(row, weights=batch.responses["waited"], minlength=n) / np.maximum(calls, 1)
    return waited
