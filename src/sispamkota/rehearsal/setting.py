"""A scenario set in a city under a plan: every name resolved, every requirement counted, all faults at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import pydantic

from sispamkota import schema
from sispamkota.errors import Faults, suggest
from sispamkota.force.force import Duty, Unit
from sispamkota.inputs import Model, own_file
from sispamkota.kernels import layout as at
from sispamkota.place import VEHICLES, City, Ride, Site, streets_near
from sispamkota.plan.plan import POSTURES, TASKS, Plan, Post
from sispamkota.risk.riskmap import ALL_HOURS, RiskMap
from sispamkota.schema import Assumption

from .scenario import Scenario, span_of
from .scenario_file import IncidentNeeds, Inject, Requirements, Stage
from .specs import CrowdSpec, HazardSpec, HospitalSpec, InjectSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from .tables import CITY_WIDE, order_kinds

__all__ = ["CAPABILITIES", "SERVICES", "Beds", "HospitalClasses", "Setting", "ranges_of"]

# what requirements.yaml may ask for, and the engine's number of it
CAPABILITIES: Mapping[str, int] = {
    "dialogue": at.DIALOGUE, "dalmas_awal": at.CROWD_0, "dalmas_lanjut": at.CROWD_1, "phh": at.CROWD_2,
    "patrol": at.PATROL, "guard": at.GUARD, "traffic": at.TRAFFIC, "fire": at.FIRE, "rescue": at.RESCUE,
    "ambulance": at.AMBULANCE, "tps": at.TPS, "command": at.COMMAND,
}  # fmt: skip
NO_HAZARDS = "none"
EFFECTS = ("none", "closes_tps", "holds_ballots", "holds_people")
BACKGROUND = ("medical", "accident", "fire")  # of the ordinary day: they do not grow with the tension
CALLS_KEPT = 1000
DESKS = 62
MOST_CLOSURES = 4  # that come and go: each doubles the travel tables
SERVICES = ("police", "fire", "ambulance")
STAGES: tuple[Stage, ...] = ("hijau", "kuning", "merah")
MODELS = {"evacuation": at.EVACUATION, "office-fire": at.OFFICE_FIRE, "unrest": at.UNREST, "medical": at.EVACUATION}
ACTIONS = {"provoke": at.MAKE_VIOLENT, "incident": at.MAKE_INCIDENT, "ask_to_leave": at.ASK_TO_LEAVE}
ENGINE_OWN = ("evacuation", "office-fire", "neighbour-fire")  # the engine opens these itself, with what belongs to them
TURNOUTS = {"fire": "turnout_fire", "ambulance": "turnout_ambulance", "crowd": "turnout_crowd"}


class Beds(Model):
    """Count what a hospital of a class can take."""

    bays: int = pydantic.Field(ge=0)
    theatres: int = pydantic.Field(ge=0)
    icu: int = pydantic.Field(ge=0)
    wards: int = pydantic.Field(ge=0)


class HospitalClasses(Model):
    """Describe hospitals by class, for those whose beds are unknown."""

    kind: Literal["hospitals"]
    version: Literal[1]
    source: str
    quality: str
    classes: dict[str, Beds]
    unknown: str
    kinds: tuple[str, ...]


@dataclass
class _Places:
    """Gather the places that a world needs, each once, and the junctions that they stand on."""

    city: City
    sites: dict[str, Site] = field(default_factory=dict)

    def add(self, site: Site) -> str:
        """Take a place in; return its reference."""
        self.sites.setdefault(site.ref, site)
        return site.ref

    def find(self, ref: str, faults: Faults, where: str) -> str | None:
        """Look a place up and take it in; a fault where the city does not know it."""
        site = self.city.find_or_fault(ref, faults, where)
        return None if site is None else self.add(site)

    def each(self, level: str) -> list[str]:
        """Take in every area of a level; return their references."""
        frame = self.city.kelurahan if level == "kelurahan" else self.city.kecamatan
        return [self.add(self.city.find(str(code))) for code in frame["kode"]]


@dataclass(frozen=True)
class Setting:
    """Hold what a rehearsal needs: the world's description, where everything is, and what it rests on."""

    city: City
    plan: Plan
    scenario: Scenario
    spec: WorldSpec
    sites: pd.DataFrame  # place, name, kind, lon, lat, role, quality
    posts: pd.DataFrame  # unit, agency, kind, people, at, lon, lat, task
    kinds: tuple[str, ...]  # kinds of incident by the engine's number
    assumptions: tuple[Assumption, ...]

    @classmethod
    def make(cls, scenario: Scenario, plan: Plan, city: City) -> Setting:
        """Set a scenario in a city under a plan; raises InputError with everything that does not fit."""
        faults = Faults()
        faults.extend(plan.check(city))
        start = scenario.file.start.hour + scenario.file.start.minute / 60.0
        values = schema.parameters(scenario.file.parameters, {"start_hour": start})
        places = _Places(city)
        crowds = _crowds(scenario, places, faults)
        injects = [
            *_waves(scenario, places, faults),
            *_injects(scenario, places, faults),
            *(
                InjectSpec(f"tension/{n}", at.SET_TENSION, "", time=time, amount=value)
                for n, (time, value) in enumerate(scenario.tension)
            ),
        ]
        injects += _street_injects(scenario, places, faults)
        gates = _gates(scenario, places, faults)
        hospitals, beds_assumed = _hospitals(city, places)
        if not any(hospital.beds[1] for hospital in hospitals):
            faults.add(
                where=city.name,
                field="venues",
                expected="at least one hospital (rs_umum) with a theatre",
                got="none",
                remedy="Add the city's hospitals to the venues, with kelas_rs where it is known.",
            )
        faults.raise_if_any()
        units = _units(plan, values, places)
        risk = _risk(scenario, city)
        hazards = _hazards(risk, city, places)
        _check_posts(injects, crowds, faults)
        refs = list(places.sites)
        nodes, index = np.unique([places.sites[ref].node for ref in refs], return_inverse=True)
        travel = _travel(scenario, city, nodes)
        _check_ways(travel, refs, index, units, faults)
        faults.raise_if_any()
        spec = WorldSpec(
            parameters=values,
            places=_place_specs(refs, index, plan, city, gates, values["call_delay_alert_factor"]),
            travel=travel,
            crowds=crowds,
            units=units,
            kinds=_kinds(),
            hospitals=hospitals,
            hazards=hazards,
            injects=injects,
            prior=ranges_of(scenario) if scenario.file.draw_parameters else {},
            every=_every(hazards, scenario.horizon),
            distance=_distances(city, [places.sites[crowd.place] for crowd in crowds]),
        )
        rests = (*city.assumptions, *plan.assumptions, *scenario.assumptions, *risk.assumptions)
        return cls(
            city=city,
            plan=plan,
            scenario=scenario,
            spec=spec,
            sites=_sites(places, spec),
            posts=_posts(plan, city),
            kinds=tuple(kind.id for kind in _ordered(spec)),
            assumptions=_unique((*rests, *_own_assumptions(beds_assumed, drawn=len(spec.prior)))),
        )


def ranges_of(scenario: Scenario) -> dict[str, tuple[float, float, float]]:
    """Give (low, most likely, high) of every uncertain parameter of the engine that the scenario does not set.

    What is a choice (who may order what) is not uncertain, and is left out.
    """
    known = (q for q in schema.quantities(kind="parameter") if q.name in at.PARAMETERS and not q.choice)
    return {
        q.name: (q.low or 0.0, q.default or 0.0, q.high or 0.0)
        for q in known
        if q.name not in scenario.file.parameters and q.low != q.high
    }


def _unique(assumptions: Iterable[Assumption]) -> tuple[Assumption, ...]:
    """Keep each assumption once, in order."""
    return tuple({assumption.key: assumption for assumption in assumptions}.values())


def _own_assumptions(beds_assumed: int, *, drawn: int) -> list[Assumption]:
    """State what the engine itself assumes."""
    parameters = [q for q in schema.quantities(kind="parameter") if q.tag == "assumed"]
    prior = [
        Assumption(
            "engine.prior",
            "Tiap ulangan menarik parameter yang tidak pasti dari rentangnya; selang memuat ketidakpastian itu juga",
            "Every replicate draws the uncertain parameters from their ranges; the intervals hold that uncertainty too",
            "assumed",
            drawn,
        )
    ]
    return [
        *(prior if drawn else []),
        Assumption(
            "engine.parameters",
            "Laju penularan kekerasan, cedera, dan tindakan massa belum dikalibrasi; tiap angka asumsi dengan rentang",
            "Rates of contagion, injury and crowd response are uncalibrated; each is assumed with a range",
            "assumed",
            len(parameters),
        ),
        Assumption(
            "engine.requirements",
            "Jumlah personel yang diminta tiap tahap dan tiap jenis kejadian tidak dipublikasikan; ini asumsi",
            "The people that each stage and kind of incident asks for are not published; these are assumed",
            "assumed",
            len(STAGES) + len(own_file(Requirements, "rehearsal", "requirements").incidents),
        ),
        Assumption(
            "engine.beds",
            "Tempat tidur rumah sakit diduga dari kelasnya; jumlah sebenarnya tidak ditemukan",
            "Hospital beds are assumed from the hospital's class; the real numbers were not found",
            "assumed",
            beds_assumed,
        ),
    ]  # fmt: skip


def _needs(wanted: Mapping[str, int]) -> dict[int, int]:
    """Turn named requirements into the engine's; an unknown name is a defect of our own file."""
    unknown = [name for name in wanted if name not in CAPABILITIES]
    if unknown:
        raise KeyError(f"requirements.yaml: {unknown[0]}: {suggest(unknown[0], CAPABILITIES)}")
    return {CAPABILITIES[name]: n for name, n in wanted.items()}


def _crowds(scenario: Scenario, places: _Places, faults: Faults) -> list[CrowdSpec]:
    """Describe the places where people gather."""
    answers = own_file(Requirements, "rehearsal", "requirements").answers
    crowds: list[CrowdSpec] = []
    for i, place in enumerate(scenario.file.places):
        where = scenario.where("places", i)
        if place.answer not in answers:
            faults.add(
                where=where,
                field=f"places.{i}.answer",
                expected="a known answer",
                got=f'"{place.answer}"',
                remedy=suggest(place.answer, answers),
            )
            continue
        need = tuple(_needs(answers[place.answer][stage]) for stage in STAGES)
        taken = {crowd.place for crowd in crowds}
        refs = (places.find(place.at, faults, where),) if place.at else places.each(place.each or "")
        for ref in refs:
            if ref is None or ref in taken:
                continue
            crowds.append(
                CrowdSpec(
                    place=ref,
                    enclosed=place.enclosed,
                    protected=place.protected,
                    burnable=place.burnable,
                    ballots=place.ballots,
                    volatility=place.volatility,
                    peaceful=(place.peaceful, 0),
                    violent=(place.violent, 0),
                    need=need,
                )
            )
    return crowds


def _waves(scenario: Scenario, places: _Places, faults: Faults) -> Iterable[InjectSpec]:
    """Turn each gathering into the times at which its rate of arrival changes."""
    timeline = scenario.timeline
    for i, gathering in enumerate(scenario.file.gatherings):
        where = scenario.where("gatherings", i)
        refs = (places.find(gathering.at, faults, where),) if gathering.at else places.each(gathering.each or "")
        edges: dict[float, float] = {}
        for start, end, share in sorted((*span_of(wave, timeline), wave.share) for wave in gathering.arrive):
            edges[start] = share / (end - start)
            edges.setdefault(end, 0.0)
        for ref in refs:
            if ref is None:
                continue
            name = gathering.id if gathering.at else f"{gathering.id}@{ref}"
            for n, (time, share) in enumerate(sorted(edges.items())):
                yield InjectSpec(
                    id=f"{name}/{n}",
                    action=at.ARRIVE_RATE,
                    place=ref,
                    time=time,
                    camp=gathering.camp,
                    amount=gathering.people,
                    spread=gathering.spread,
                    share=share,
                    gathering=name,
                )


def _injects(scenario: Scenario, places: _Places, faults: Faults) -> Iterable[InjectSpec]:
    """Turn the scenario's injects into the engine's."""
    known = [kind for kind in own_file(Requirements, "rehearsal", "requirements").incidents if kind not in ENGINE_OWN]
    timeline = scenario.timeline
    for i, inject in enumerate(scenario.file.injects):
        where = scenario.where("injects", i)
        ref = places.find(inject.at, faults, where)
        watch = None if inject.when is None else places.find(inject.when.place, faults, where)
        if inject.incident is not None and inject.incident not in known:
            faults.add(
                where=where,
                field=f"injects.{i}.incident",
                expected="a known kind of incident",
                got=f'"{inject.incident}"',
                remedy=suggest(inject.incident, known),
            )
        if ref is None or (inject.when is not None and watch is None):
            continue
        yield InjectSpec(
            id=inject.id,
            action=ACTIONS[inject.do],
            place=ref,
            time=_time_of(inject, timeline),
            watch=watch,
            stage=0 if inject.when is None else STAGES.index(inject.when.stage),
            delay=0.0 if inject.when is None else inject.when.after_min * 60.0,
            kind="evacuation" if inject.incident == "medical" else inject.incident,
            amount=inject.people,
        )


def _time_of(inject: Inject, timeline: Mapping[str, tuple[float, float]]) -> float:
    """Return when an inject plays, seconds; infinite for one that waits for a condition."""
    if inject.phase is not None:
        start, end = timeline[inject.phase]
        return start + inject.part * (end - start)
    return np.inf if inject.at_min is None else inject.at_min * 60.0


def _gates(scenario: Scenario, places: _Places, faults: Faults) -> set[str]:
    """Find the points at the city's edge where arrivals are screened."""
    found = (places.find(ref, faults, str(scenario.path)) for ref in scenario.file.screening)
    return {ref for ref in found if ref is not None}


def _check_posts(injects: list[InjectSpec], crowds: list[CrowdSpec], faults: Faults) -> None:
    """Collect what acts on a crowd where the scenario has none: an area that no `each` stands for."""
    known = {crowd.place for crowd in crowds}
    for inject in injects:
        acts = inject.action != at.MAKE_INCIDENT and inject.action not in CITY_WIDE
        for ref in (inject.place if acts else None, inject.watch):
            if ref is not None and ref not in known:
                faults.add(
                    where=inject.id,
                    field="at",
                    expected="a place of this scenario",
                    got=f'"{ref}"',
                    remedy="List it under places: first.",
                )


def _every(hazards: list[HazardSpec], horizon: float) -> int:
    """Return of how many calls one is kept: as few as hold the expected number of a replicate under CALLS_KEPT."""
    expected = horizon * sum(sum(hazard.rate) / 24.0 for hazard in hazards)
    return max(1, int(np.ceil(expected / CALLS_KEPT)))


def _kinds() -> list[KindSpec]:
    """Describe every kind of incident; a medical call is an evacuation with one patient."""
    rows: Mapping[str, IncidentNeeds] = own_file(Requirements, "rehearsal", "requirements").incidents
    return [
        KindSpec(
            id=name,
            model=MODELS.get(name, at.PLAIN),
            priority=row.priority,
            service=-1 if row.service is None else SERVICES.index(row.service),
            need=_needs(row.needs),
            law=at.LOGNORMAL,
            work=row.work_min * 60.0,
            spread=row.spread,
            call=row.call_min * 60.0,
            patients=1 if name == "evacuation" else row.patients,
            effect=EFFECTS.index(row.effect),
            full=row.starts == "all",
            fade=row.fades_min * 60.0,
            harm=(row.harm_per_h.before / 3600.0, row.harm_per_h.after / 3600.0),
        )
        for name, row in rows.items()
        if name != "medical"
    ]


def _ordered(spec: WorldSpec) -> list[KindSpec]:
    """Return the kinds in the engine's order."""
    return order_kinds(spec)


def _hospitals(city: City, places: _Places) -> tuple[list[HospitalSpec], int]:
    """Describe the hospitals that take casualties, and count those whose beds are assumed."""
    classes: HospitalClasses = own_file(HospitalClasses, "rehearsal", "hospitals")
    specs = []
    for venue in city.venues[city.venues["kind"].isin(classes.kinds)].itertuples():
        grade = str(venue.hospital_class)
        beds = classes.classes.get(grade, classes.classes[classes.unknown])
        ref = places.add(city.find(str(venue.ref)))
        specs.append(HospitalSpec(ref, ref, (beds.bays, beds.theatres, beds.icu, beds.wards)))
    return specs, len(specs)


def _unit_caps(unit: Unit) -> tuple[int, ...]:
    """Return the engine's capabilities of a unit; crowd units count by level."""
    return tuple(
        at.CROWD_0 + unit.level if capability == "crowd" else CAPABILITIES[capability]
        for capability in unit.capabilities
        if capability != "crowd" or unit.level >= 0
    )


def _units(plan: Plan, values: Mapping[str, float], places: _Places) -> list[UnitSpec]:
    """Describe the posted units, in the order of their ids: ties go to the first."""
    posts: dict[str, Post] = {post.unit: post for post in plan.posts}
    desks = sorted({unit.agency for unit in plan.force.units})
    specs: list[UnitSpec] = []
    for unit in sorted(plan.force.units, key=lambda each: each.id):
        post = posts[unit.id]
        turnout = next((TURNOUTS[c] for c in ("fire", "ambulance", "crowd") if c in unit.capabilities), "turnout_other")
        whole = UnitSpec(
            id=unit.id,
            home=places.add(places.city.find(post.at)),
            people=unit.people,
            caps=_unit_caps(unit),
            effective=round(unit.people * unit.readiness),
            shown=POSTURES.index(post.posture) if post.posture in POSTURES else 0,
            task=TASKS.index(post.task),
            vehicle=VEHICLES.index(unit.vehicle),
            turnout=values[turnout],
            turnout_spread=values["turnout_spread"],
            duty=None if unit.duty is None else _duty(unit.duty),
            desk=desks.index(unit.agency) % DESKS,
        )
        specs += _split(whole, unit.parts)
    return specs


def _duty(duty: Duty) -> tuple[float, float, float]:
    """Return a roster in seconds: when it begins, its length, how often it returns."""
    return duty.from_h * 3600.0, duty.hours * 3600.0, duty.every_h * 3600.0


def _split(whole: UnitSpec, parts: int) -> list[UnitSpec]:
    """Split a unit into the parts that doctrine lets go alone; they stand at one post, and join where they are sent."""
    if parts == 1:
        return [whole]
    ready = whole.people if whole.effective is None else whole.effective

    def share(n: int, i: int) -> int:
        return n // parts + (1 if i < n % parts else 0)

    return [
        replace(whole, id=f"{whole.id}/{i + 1}", people=share(whole.people, i), effective=share(ready, i))
        for i in range(parts)
    ]


def _risk(scenario: Scenario, city: City) -> RiskMap:
    """Load the hazards that a scenario names, else Malang's background by population; `none` for no hazard at all."""
    named = scenario.file.hazards or "malang"
    if named == NO_HAZARDS:
        return RiskMap.none()
    maps = [RiskMap.load(name) for name in ([named] if isinstance(named, str) else named)]
    return RiskMap.join(maps).expand(city)


def _hazards(risk: RiskMap, city: City, places: _Places) -> list[HazardSpec]:
    """Turn the risk map's rates into hazards, one a place, kind and uncertain factor; rates by hour of the day."""
    specs = []
    for (ref, kind), rows in risk.table.groupby(["place", "kind"], sort=False):
        place = places.add(city.find(str(ref)))
        for n, (draw, drawn) in enumerate(rows.groupby("draw", sort=False)):
            rate = np.zeros(24)
            for hour, per_h in zip(drawn["hour"], drawn["rate_per_h"], strict=True):
                rate[slice(None) if hour == ALL_HOURS else slice(hour, hour + 1)] += per_h / 3600.0
            if rate.any():
                specs.append(
                    HazardSpec(
                        id=f"{place}/{kind}" + (f"/{n}" if n else ""),
                        place=place,
                        kind="evacuation" if kind == "medical" else str(kind),
                        rate=tuple(rate),
                        shape=float(drawn["shape"].iloc[0]),
                        draw=str(draw),
                        tense=kind not in BACKGROUND,
                    )
                )
    return specs


def _street_injects(scenario: Scenario, places: _Places, faults: Faults) -> list[InjectSpec]:
    """Turn the closures that come and go into injects, one bit of the state of the streets each."""
    timeline, injects = scenario.timeline, []
    moving = [(i, closure) for i, closure in enumerate(scenario.file.closures) if not closure.lasting]
    if len(moving) > MOST_CLOSURES:
        faults.add(
            where=str(scenario.path),
            field="closures",
            expected=f"at most {MOST_CLOSURES} that come and go",
            got=str(len(moving)),
            remedy="Join some, or let them last for the whole scenario.",
        )
    for n, (i, closure) in enumerate(moving[:MOST_CLOSURES]):
        close = InjectSpec(f"closure-{i}/close", at.CLOSE_STREETS, "", amount=1 << n)
        reopen = replace(close, id=f"closure-{i}/open", action=at.OPEN_STREETS)
        if closure.when is not None:
            watch = places.find(closure.when.place, faults, scenario.where("closures", i))
            stage, delay = STAGES.index(closure.when.stage), closure.when.after_min * 60.0
            later = delay + 60.0 * (closure.for_min or 0.0)
            close = replace(close, watch=watch, stage=stage, delay=delay)
            reopen = replace(reopen, watch=watch, stage=stage, delay=later)
        else:
            span = (60.0 * (closure.from_min or 0.0), 60.0 * (closure.to_min or 0.0))
            start, end = timeline[closure.phase] if closure.phase is not None else span
            close, reopen = replace(close, time=start), replace(reopen, time=end)
        injects += [close, reopen]
    return injects


def _travel(scenario: Scenario, city: City, nodes: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Tabulate travel times between the world's junctions, with blue light; as WorldSpec.travel.

    One table for each state of the closures that come and go, all with those that last.
    """
    faults, always = Faults(), np.zeros(city.roads.n_edges, bool)
    moving: list[Any] = []
    for i, closure in enumerate(scenario.file.closures):
        site = city.find_or_fault(closure.at, faults, scenario.where("closures", i))
        if site is not None:
            shut = streets_near(city, site, closure.radius_m)
            if closure.lasting:
                always |= shut
            else:
                moving.append(shut)
    faults.raise_if_any()
    tables = []
    for state in range(1 << len(moving)):
        closed = always.copy()
        for n, shut in enumerate(moving):
            closed |= shut if (state >> n) & 1 else False
        rides = [Ride.of(vehicle, blue_light=True) for vehicle in VEHICLES]
        ways = [city.roads.travel_times(nodes, nodes, ride=r, closed=closed if closed.any() else None) for r in rides]
        tables.append(np.stack(ways))
    return np.stack(tables).astype(np.float32) if moving else tables[0].astype(np.float32)


def _check_ways(travel: Any, refs: list[str], index: Any, units: list[UnitSpec], faults: Faults) -> None:
    """Collect the vehicles that a closure, or the streets themselves, cut off from a place of the scenario."""
    worst = travel.max(axis=0) if travel.ndim == 4 else travel
    for vehicle in sorted({unit.vehicle for unit in units} | {VEHICLES.index("car")}):
        cut = np.argwhere(~np.isfinite(worst[vehicle]))
        if len(cut):
            first = [next(ref for ref, node in zip(refs, index, strict=True) if node == end) for end in cut[0]]
            faults.add(
                where="closures",
                field=VEHICLES[vehicle],
                expected="a way between all posts, hospitals and places of the scenario",
                got=f"none from {first[0]} to {first[1]} (and {len(cut) - 1} more)",
                remedy="Make the closure smaller, or move the post to a place that this vehicle can reach.",
            )


def _place_specs(
    refs: list[str], index: Any, plan: Plan, city: City, gates: set[str], factor: float
) -> list[PlaceSpec]:
    """Give the places their numbers; calls are understood sooner in a kelurahan where Linmas are posted.

    The voters of a place are those of one TPS of its kelurahan, in the mean.
    """
    areas = city.kelurahan
    mean = {
        str(code): voters / tps
        for code, voters, tps in zip(areas["kode"], areas["voters"], areas["tps"], strict=True)
        if tps > 0
    }
    keeps = {unit.id for unit in plan.force.units if "tps" in unit.capabilities}
    watched = {city.find(post.at).kode_kel for post in plan.posts if post.unit in keeps} - {""}
    kelurahan = {ref: city.find(ref).kode_kel for ref in refs}
    return [
        PlaceSpec(
            ref, int(node), factor if kelurahan[ref] in watched else 1.0, mean.get(kelurahan[ref], 0.0), ref in gates
        )
        for ref, node in zip(refs, index, strict=True)
    ]


def _distances(city: City, sites: list[Site]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return straight distances between places, metres."""
    x = np.array([city.roads.x[site.node] for site in sites])
    y = np.array([city.roads.y[site.node] for site in sites])
    distance: np.ndarray[Any, np.dtype[np.float64]] = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    return distance


def _sites(places: _Places, spec: WorldSpec) -> pd.DataFrame:
    """List the places of the world for maps; a place has its most telling role."""
    roles = {place.id: "venue" for place in spec.places}
    roles |= {unit.home: "post" for unit in spec.units}
    roles |= {hospital.place: "hospital" for hospital in spec.hospitals}
    roles |= {crowd.place: "gathering" for crowd in spec.crowds}
    rows = [
        (ref, site.name, site.kind, site.lon, site.lat, roles[ref], site.quality) for ref, site in places.sites.items()
    ]
    return pd.DataFrame(rows, columns=["place", "name", "kind", "lon", "lat", "role", "quality"])


def _posts(plan: Plan, city: City) -> pd.DataFrame:
    """List who stands where."""
    units = {unit.id: unit for unit in plan.force.units}
    rows = []
    for post in plan.posts:
        unit, site = units[post.unit], city.find(post.at)
        rows.append((unit.id, unit.agency, unit.kind, unit.people, site.ref, site.lon, site.lat, post.task))
    return pd.DataFrame(rows, columns=["unit", "agency", "kind", "people", "at", "lon", "lat", "task"])
