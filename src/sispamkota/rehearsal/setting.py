"""A scenario set in a city under a plan: every name resolved, every requirement counted, all faults at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sispamkota import schema
from sispamkota.errors import Faults
from sispamkota.inputs import own_file
from sispamkota.kernels import layout as at
from sispamkota.place import City
from sispamkota.plan.plan import Plan
from sispamkota.schema import Assumption

from .happenings import STAGES, check_places, crowds_of, gates_of, happenings_of, kinds_of
from .hazards import expected_of, hazards_of, hospitals_of, risk_of, thinning
from .places import Closed, Places, check_ways, closures_of, distances_of, places_of, sites_of, travel_of
from .posting import posts_of, units_of
from .scenario import Scenario
from .scenario_file import Requirements
from .site_places import at_site
from .site_rates import NAMES
from .specs import WorldSpec
from .tables import order_kinds

__all__ = ["Setting", "doubt_of", "ranges_of"]


@dataclass(frozen=True)
class Setting:
    """Hold what a rehearsal needs: the world's description, where everything is, and what it rests on."""

    city: City
    plan: Plan
    scenario: Scenario
    spec: WorldSpec
    sites: pd.DataFrame  # place, name, kind, lon, lat, role, quality
    posts: pd.DataFrame  # unit, agency, kind, people, at, lon, lat, task
    risk: pd.DataFrame  # what is expected to strike by chance: columns as `expected_of` gives them
    kinds: tuple[str, ...]  # kinds of incident by the engine's number
    assumptions: tuple[Assumption, ...]
    closures: tuple[Closed, ...] = ()
    hazard_files: tuple[Path, ...] = ()

    @classmethod
    def make(cls, scenario: Scenario, plan: Plan, city: City) -> Setting:
        """Set a scenario in a city under a plan; raises InputError with everything that does not fit."""
        faults = Faults()
        faults.extend(plan.check(city))
        start = scenario.file.start.hour + scenario.file.start.minute / 60.0
        values = schema.parameters(scenario.file.parameters, {"start_hour": start})
        places = Places(city)
        crowds = at_site(crowds_of(scenario, places, faults), scenario, city, faults)
        values |= {} if scenario.rates is None else scenario.rates.usual
        injects = happenings_of(scenario, places, faults)
        gates = gates_of(scenario, places, faults)
        hospitals, beds_assumed = hospitals_of(city, places, faults)
        faults.raise_if_any()
        units = units_of(plan, values, places)
        risk = risk_of(scenario, city, faults)
        hazards = hazards_of(risk, city, places)
        check_places(injects, crowds, faults)
        refs = list(places.sites)
        nodes, index = np.unique([places.sites[ref].node for ref in refs], return_inverse=True)
        travel = travel_of(scenario, city, nodes)
        check_ways(travel, places, index, units, scenario.where("closures", 0), faults)
        faults.raise_if_any()
        spec = WorldSpec(
            parameters=values,
            places=places_of(refs, index, plan, city, gates, values["call_delay_alert_factor"]),
            travel=travel,
            crowds=crowds,
            units=units,
            kinds=kinds_of(),
            hospitals=hospitals,
            hazards=hazards,
            injects=injects,
            **(doubt_of(scenario) if scenario.file.draw_parameters else {}),
            every=thinning(hazards, scenario.horizon),
            distance=distances_of(city, [places.sites[crowd.place] for crowd in crowds]),
        )
        drawn = len(spec.prior) + len(spec.joint[0] if spec.joint else ())
        rests = (*city.assumptions, *plan.assumptions, *scenario.assumptions, *risk.assumptions)
        rests += () if scenario.rates is None else (scenario.rates.assumption,)
        return cls(
            city=city,
            plan=plan,
            scenario=scenario,
            spec=spec,
            sites=sites_of(places, spec),
            posts=posts_of(plan, city),
            risk=expected_of(risk, city, scenario, start_hour=values["start_hour"]),
            kinds=tuple(kind.id for kind in order_kinds(spec)),
            assumptions=_unique((*rests, *_own_assumptions(beds_assumed, drawn=drawn))),
            closures=closures_of(scenario, city),
            hazard_files=risk.files,
        )


def ranges_of(scenario: Scenario) -> dict[str, tuple[float, float, float]]:
    """Give (low, most likely, high) of every uncertain parameter of the engine that the scenario does not set.

    What is a choice (who may order what) is not uncertain, and is left out. The rates of a site are there with the
    middle 96 % of what was measured, only where the scenario has one: to vary one by one, not to draw (`doubt_of`).
    """
    return _city_ranges(scenario) | ({} if scenario.rates is None else scenario.rates.ranges)


def doubt_of(scenario: Scenario) -> dict[str, Any]:
    """Give `prior` and `joint` of a world's description: the city's parameters, and rows of a site's rates."""
    return {"prior": _city_ranges(scenario), "joint": () if scenario.rates is None else scenario.rates.drawn}


def _city_ranges(scenario: Scenario) -> dict[str, tuple[float, float, float]]:
    """Give the ranges of the city's own uncertain parameters that the scenario does not set."""
    known = (q for q in schema.quantities(kind="parameter") if q.name in at.PARAMETERS and not q.choice)
    return {
        q.name: (q.low or 0.0, q.default or 0.0, q.high or 0.0)
        for q in known
        if q.name not in NAMES and q.name not in scenario.file.parameters and q.low != q.high
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
