"""The places that a world needs: each once, where it stands, how far it is from the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sispamkota.errors import Faults
from sispamkota.place import VEHICLES, City, Ride, Site, streets_near
from sispamkota.plan.plan import Plan

from .scenario import Scenario
from .specs import PlaceSpec, UnitSpec, WorldSpec

__all__ = [
    "Closed",
    "Places",
    "check_ways",
    "closure_id",
    "closures_of",
    "distances_of",
    "places_of",
    "sites_of",
    "travel_of",
]


@dataclass
class Places:
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


def places_of(refs: list[str], index: Any, plan: Plan, city: City, gates: set[str], factor: float) -> list[PlaceSpec]:
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


def distances_of(city: City, sites: list[Site]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return straight distances between places, metres."""
    x = np.array([city.roads.x[site.node] for site in sites])
    y = np.array([city.roads.y[site.node] for site in sites])
    distance: np.ndarray[Any, np.dtype[np.float64]] = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    return distance


def sites_of(places: Places, spec: WorldSpec) -> pd.DataFrame:
    """List the places of the world for maps; a place has its most telling role."""
    roles = {place.id: "venue" for place in spec.places}
    roles |= {unit.home: "post" for unit in spec.units}
    roles |= {hospital.place: "hospital" for hospital in spec.hospitals}
    roles |= {crowd.place: "gathering" for crowd in spec.crowds}
    rows = [
        (ref, site.name, site.kind, site.lon, site.lat, roles[ref], site.quality) for ref, site in places.sites.items()
    ]
    return pd.DataFrame(rows, columns=["place", "name", "kind", "lon", "lat", "role", "quality"])


@dataclass(frozen=True)
class Closed:
    """Hold a closure of a scenario: its injects are `id`/close and `id`/open; none where it lasts the whole time.

    Closed is every street that comes within `radius_m`, m, of the place, whose position is in degrees.
    """

    id: str
    place: str
    name: str
    lon: float
    lat: float
    radius_m: float
    lasting: bool


def closures_of(scenario: Scenario, city: City) -> tuple[Closed, ...]:
    """List the closures of a scenario whose places the city is known to have (`travel_of` asks)."""
    files = scenario.file.closures
    sites = [city.find(each.at) for each in files]
    return tuple(
        Closed(closure_id(i), site.ref, site.name, site.lon, site.lat, each.radius_m, each.lasting)
        for i, (each, site) in enumerate(zip(files, sites, strict=True))
    )


def closure_id(number: int) -> str:
    """Call a closure by its place in the scenario's list; its injects are called after it."""
    return f"closure-{number}"


def travel_of(scenario: Scenario, city: City, nodes: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
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


def check_ways(travel: Any, places: Places, index: Any, units: list[UnitSpec], where: str, faults: Faults) -> None:
    """Collect what a closure, or the streets themselves, cut off from a place, and for which vehicles."""
    worst, sites = travel.max(axis=0) if travel.ndim == 4 else travel, list(places.sites.values())
    used = sorted({unit.vehicle for unit in units} | {VEHICLES.index("car")})
    cut = {VEHICLES[vehicle]: np.argwhere(~np.isfinite(worst[vehicle])) for vehicle in used}
    ways = next((pairs for pairs in cut.values() if len(pairs)), None)
    if ways is None:
        return
    first = [next(site.name for site, node in zip(sites, index, strict=True) if node == end) for end in ways[0]]
    barred = ", ".join(vehicle for vehicle, pairs in cut.items() if len(pairs))
    faults.add(
        where=where,
        field="closures",
        expected="a way between all posts, hospitals and places of the scenario",
        got=f"none from {first[0]} to {first[1]}, and {len(ways) - 1} more, for {barred}",
        remedy="Make the closure smaller, or move the post to a place that these vehicles can reach.",
    )
