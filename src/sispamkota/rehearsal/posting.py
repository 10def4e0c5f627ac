"""The posted units as the engine takes them: what each can do, its roster, the parts it may be sent in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from sispamkota.force.force import Duty, Unit
from sispamkota.kernels import layout as at
from sispamkota.place import VEHICLES, City
from sispamkota.plan.plan import POSTURES, TASKS, Plan, Post

from .happenings import CAPABILITIES
from .places import Places
from .specs import UnitSpec

__all__ = ["abilities_of", "duty_of", "posts_of", "units_of"]

DESKS = 62
TURNOUTS = {"fire": "turnout_fire", "ambulance": "turnout_ambulance", "crowd": "turnout_crowd"}


def _unit_caps(unit: Unit) -> tuple[int, ...]:
    """Return the engine's capabilities of a unit; crowd units count by level."""
    return tuple(
        at.CROWD_0 + unit.level if capability == "crowd" else CAPABILITIES[capability]
        for capability in unit.capabilities
        if capability != "crowd" or unit.level >= 0
    )


def abilities_of(unit: Unit) -> tuple[str, ...]:
    """Name what a unit can do, with crowd units by their level, as requirements and surrogates name it."""
    crowd = ("dalmas_awal", "dalmas_lanjut", "phh")
    return tuple(
        crowd[unit.level] if name == "crowd" else name
        for name in unit.capabilities
        if name != "crowd" or unit.level >= 0
    )


def units_of(plan: Plan, values: Mapping[str, float], places: Places) -> list[UnitSpec]:
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
            duty=duty_of(post.duty or unit.duty),
            desk=desks.index(unit.agency) % DESKS,
        )
        specs += _split(whole, unit.parts)
    return specs


def duty_of(duty: Duty | None) -> tuple[float, float, float] | None:
    """Return a roster in seconds: when it begins, its length, how often it returns."""
    if duty is None:
        return None
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


def posts_of(plan: Plan, city: City) -> pd.DataFrame:
    """List who stands where."""
    units = {unit.id: unit for unit in plan.force.units}
    rows = []
    for post in plan.posts:
        unit, site = units[post.unit], city.find(post.at)
        rows.append((unit.id, unit.agency, unit.kind, unit.people, site.ref, site.lon, site.lat, post.task))
    return pd.DataFrame(rows, columns=["unit", "agency", "kind", "people", "at", "lon", "lat", "task"])
