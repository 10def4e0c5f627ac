"""What strikes by chance, from a risk map, and the hospitals that take who is hurt."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pydantic

from sispamkota.errors import Faults, InputError
from sispamkota.inputs import Model, own_file
from sispamkota.place import City
from sispamkota.risk.riskmap import ALL_HOURS, BACKGROUND, RiskMap
from sispamkota.risk.totals import weighed

from .places import Places
from .scenario import Scenario
from .specs import HazardSpec, HospitalSpec

__all__ = ["Beds", "HospitalClasses", "expected_of", "hazards_of", "hospitals_of", "risk_of", "thinning"]

NO_HAZARDS = "none"
CALLS_KEPT = 1000


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


def hospitals_of(city: City, places: Places, faults: Faults) -> tuple[list[HospitalSpec], int]:
    """Describe the hospitals that take casualties, and count those whose beds are assumed."""
    classes: HospitalClasses = own_file(HospitalClasses, "rehearsal", "hospitals")
    specs = []
    for venue in city.venues[city.venues["kind"].isin(classes.kinds)].itertuples():
        grade = str(venue.hospital_class)
        beds = classes.classes.get(grade, classes.classes[classes.unknown])
        ref = places.add(city.find(str(venue.ref)))
        specs.append(HospitalSpec(ref, ref, (beds.bays, beds.theatres, beds.icu, beds.wards)))
    if not any(hospital.beds[1] for hospital in specs):
        faults.add(
            where=city.name,
            field="venues",
            expected="at least one hospital (rs_umum) with a theatre",
            got="none",
            remedy="Add the city's hospitals to the venues, with kelas_rs where it is known.",
        )
    return specs, len(specs)


def _beside(scenario: Path, name: str) -> str | Path:
    """Take a file or folder beside the scenario's file where there is one of that name; else the name as it is."""
    near = scenario.parent / name
    return near if near.is_file() or (near / "hazards.csv").is_file() else name


def risk_of(scenario: Scenario, city: City, faults: Faults) -> RiskMap:
    """Load the hazards that a scenario names, else Malang's background by population; `none` for no hazard at all."""
    named = scenario.file.hazards or "malang"
    if named == NO_HAZARDS:
        return RiskMap.none()
    try:
        names = [named] if isinstance(named, str) else named
        maps = [RiskMap.load(_beside(scenario.path, name)) for name in names]
    except InputError as error:
        for each in error.faults:  # of a name, which has no line of its own: the scenario's
            faults.extend([each if ":" in each.where else replace(each, where=scenario.where("hazards", 0))])
        return RiskMap.none()
    return RiskMap.join(maps).expand(city)


def hazards_of(risk: RiskMap, city: City, places: Places) -> list[HazardSpec]:
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


def expected_of(risk: RiskMap, city: City, scenario: Scenario, *, start_hour: float) -> pd.DataFrame:
    """List what is expected to strike in the scenario's hours, its tension included: one row a place, kind and draw.

    Columns: place, kode_kel ("" for a whole kecamatan), kind, draw, mean (incidents), shape (of the gamma around it),
    map, tag, source. These are the rates from which every replicate draws.
    """
    usual, trouble = np.zeros(24), np.zeros(24)
    steps = [(0.0, 1.0), *scenario.tension]
    edges = {0.0, scenario.horizon, *(time for time, _ in steps)}
    edges |= {3600.0 * (hour - start_hour) for hour in range(int(start_hour + scenario.horizon / 3600.0) + 2)}
    inside = sorted(edge for edge in edges if 0.0 <= edge <= scenario.horizon)
    for a, b in pairwise(inside):
        middle, hours = (a + b) / 2.0, (b - a) / 3600.0
        clock = int(start_hour + middle / 3600.0) % 24
        usual[clock] += hours
        trouble[clock] += hours * next(tension for time, tension in reversed(steps) if time <= middle)
    rows = weighed(risk.table, usual=usual, trouble=trouble)
    sites = {ref: city.find(str(ref)) for ref in rows["place"].unique()}
    rows = rows.assign(kode_kel=[sites[ref].kode_kel for ref in rows["place"]], map=risk.name)
    rows["place"] = [sites[ref].ref for ref in rows["place"]]
    by = ["place", "kode_kel", "kind", "draw"]
    found = rows.groupby(by, sort=False).agg(
        mean=("mean", "sum"), shape=("shape", "first"), map=("map", "first"), tag=("tag", "first"),
        source=("source", "first"),
    )  # fmt: skip
    return found.reset_index()


def thinning(hazards: list[HazardSpec], horizon: float) -> int:
    """Return of how many calls one is kept: as few as hold the expected number of a replicate under CALLS_KEPT."""
    expected = horizon * sum(sum(hazard.rate) / 24.0 for hazard in hazards)
    return max(1, int(np.ceil(expected / CALLS_KEPT)))
