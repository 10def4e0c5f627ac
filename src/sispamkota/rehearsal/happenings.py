"""What happens, by a scenario: where people gather, what comes when, what each kind of incident asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from sispamkota.errors import Faults, suggest
from sispamkota.inputs import own_file
from sispamkota.kernels import layout as at
from sispamkota.plan.answers import Stage, answers
from sispamkota.risk.riskmap import BACKGROUND

from .places import Places, closure_id
from .scenario import Scenario, span_of
from .scenario_file import IncidentNeeds, Inject, Requirements
from .specs import CrowdSpec, InjectSpec, KindSpec
from .tables import CITY_WIDE

__all__ = [
    "CAPABILITIES",
    "SERVICES",
    "STAGES",
    "check_places",
    "crowds_of",
    "gates_of",
    "happenings_of",
    "kinds_of",
]

# what requirements.yaml may ask for, and the engine's number of it
CAPABILITIES: Mapping[str, int] = {
    "dialogue": at.DIALOGUE, "dalmas_awal": at.CROWD_0, "dalmas_lanjut": at.CROWD_1, "phh": at.CROWD_2,
    "patrol": at.PATROL, "guard": at.GUARD, "traffic": at.TRAFFIC, "fire": at.FIRE, "rescue": at.RESCUE,
    "ambulance": at.AMBULANCE, "tps": at.TPS, "command": at.COMMAND,
}  # fmt: skip
ORDINARY = (*BACKGROUND, "evacuation", "neighbour-fire")  # whose patients are no harm of the trouble
SERVICES = ("police", "fire", "ambulance")
STAGES: tuple[Stage, ...] = ("hijau", "kuning", "merah")
EFFECTS = ("none", "closes_tps", "holds_ballots", "holds_people")
MODELS = {"evacuation": at.EVACUATION, "office-fire": at.OFFICE_FIRE, "unrest": at.UNREST, "medical": at.EVACUATION}
ACTIONS = {"provoke": at.MAKE_VIOLENT, "incident": at.MAKE_INCIDENT, "ask_to_leave": at.ASK_TO_LEAVE}
ENGINE_OWN = ("evacuation", "office-fire", "neighbour-fire")  # the engine opens these itself, with what belongs to them
MOST_CLOSURES = 4  # that come and go: each doubles the travel tables


def _needs(wanted: Mapping[str, int]) -> dict[int, int]:
    """Turn named requirements into the engine's; an unknown name is a defect of our own file."""
    unknown = [name for name in wanted if name not in CAPABILITIES]
    if unknown:
        raise KeyError(f"requirements.yaml: {unknown[0]}: {suggest(unknown[0], CAPABILITIES)}")
    return {CAPABILITIES[name]: n for name, n in wanted.items()}


def crowds_of(scenario: Scenario, places: Places, faults: Faults) -> list[CrowdSpec]:
    """Describe the places where people gather."""
    asked = answers()
    crowds: list[CrowdSpec] = []
    for i, place in enumerate(scenario.file.places):
        where = scenario.where("places", i)
        if place.answer not in asked:
            faults.add(
                where=where,
                field=f"places.{i}.answer",
                expected="a known answer",
                got=f'"{place.answer}"',
                remedy=suggest(place.answer, asked),
            )
            continue
        need = tuple(_needs(asked[place.answer][stage]) for stage in STAGES)
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


def happenings_of(scenario: Scenario, places: Places, faults: Faults) -> list[InjectSpec]:
    """Turn all that a scenario lets happen into the engine's injects."""
    tension = enumerate(scenario.tension)
    return [
        *_waves(scenario, places, faults),
        *_injects(scenario, places, faults),
        *(InjectSpec(f"tension/{n}", at.SET_TENSION, "", time=time, amount=value) for n, (time, value) in tension),
        *_closures(scenario, places, faults),
    ]


def _waves(scenario: Scenario, places: Places, faults: Faults) -> Iterable[InjectSpec]:
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


def _injects(scenario: Scenario, places: Places, faults: Faults) -> Iterable[InjectSpec]:
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


def gates_of(scenario: Scenario, places: Places, faults: Faults) -> set[str]:
    """Find the points at the city's edge where arrivals are screened."""
    found = (places.find(ref, faults, scenario.where("screening", 0)) for ref in scenario.file.screening)
    return {ref for ref in found if ref is not None}


def _closures(scenario: Scenario, places: Places, faults: Faults) -> list[InjectSpec]:
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
        close = InjectSpec(f"{closure_id(i)}/close", at.CLOSE_STREETS, "", amount=1 << n)
        reopen = replace(close, id=f"{closure_id(i)}/open", action=at.OPEN_STREETS)
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


def check_places(injects: list[InjectSpec], crowds: list[CrowdSpec], faults: Faults) -> None:
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


def kinds_of() -> list[KindSpec]:
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
            cause=at.BY_ACCIDENT if name in ORDINARY else at.BY_TROUBLE,
            fade=row.fades_min * 60.0,
            harm=(row.harm_per_h.before / 3600.0, row.harm_per_h.after / 3600.0),
        )
        for name, row in rows.items()
        if name != "medical"
    ]
