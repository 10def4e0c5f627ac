"""The perimeter's layers and the fire at an office (model.md §4)."""

from __future__ import annotations

import math
from typing import Any

from .incidents import close, open_incident
from .sim import Sim
from .terms import at
from .things import Crowd
from .units import ask_again

__all__ = ["burnt_share", "engine_arrives", "fire_step", "ignite", "layer_falls"]

FIRST_NEIGHBOUR = 2**15


def layer_falls(sim: Sim, c: Crowd) -> None:
    """Let the fence fall, then the doors, then the rooms."""
    c.layer += 1
    door = sim.p.site_door_strength if c.at_site else sim.p.door_strength
    c.strength = door if c.layer == at.FENCE_DOWN else sim.p.room_strength
    sim.note(at.LOG_PERIMETER, c.place, incident=c.incident, a=c.layer, b=c.rough)


def _age_full(p: Any) -> float:
    """Give the age at which a free fire has grown to its maximum."""
    return math.sqrt(p.fire_power_max / p.fire_growth)


def _power(p: Any, age: float) -> float:
    """Give the heat per second of a free fire."""
    return float(min(p.fire_growth * age**2, p.fire_power_max))


def _energy(p: Any, age: float) -> float:
    """Give the heat of a free fire so far: cubic while it grows, then linear."""
    growing, full = min(age, _age_full(p)), max(0.0, age - _age_full(p))
    return float(p.fire_growth * growing**3 / 3.0 + p.fire_power_max * full)


def _age(p: Any, energy: float) -> float:
    """Give the age at which a free fire has given off so much heat."""
    full = _age_full(p)
    rest = energy - _energy(p, full)
    return float(full + rest / p.fire_power_max if rest > 0.0 else (3.0 * energy / p.fire_growth) ** (1.0 / 3.0))


def ignite(sim: Sim, c: Crowd) -> None:
    """Start a fire and call the engines."""
    c.fire, c.fire_from, c.engines = at.GROWING, sim.now, 0
    c.fires += 1
    c.fire_due = sim.now + _age(sim.p, sim.p.fire_load)
    c.neighbour_energy = 0.0
    _next_neighbour(sim, c)
    sim.note(at.LOG_FIRE, c.place, incident=c.incident, a=at.GROWING)
    c.fire_incident = open_incident(sim, sim.kinds[at.KIND_FIRE], c.place, c.who, c.fires)
    c.fire_incident.crowd = c


def _next_neighbour(sim: Sim, c: Crowd) -> None:
    """Draw by what heat a free fire reaches the next neighbour: so many a second at full power, fewer below."""
    p = sim.p
    c.neighbour_due = math.inf
    if p.neighbour_rate > 0.0:
        more = sim.luck.exponential("fire.neighbour", c.who, c.neighbours) / p.neighbour_rate
        c.neighbours += 1
        c.neighbour_energy += more * p.fire_power_max
        if c.neighbour_energy < p.fire_load:
            c.neighbour_due = c.fire_from + _age(p, c.neighbour_energy)


def _reach_neighbour(sim: Sim, c: Crowd) -> None:
    """Let the fire reach a neighbour, which asks for engines of its own."""
    sim.tally.neighbours += 1
    sim.note(at.LOG_NEIGHBOUR, c.place, a=sim.tally.neighbours)
    open_incident(sim, sim.kinds[at.KIND_NEIGHBOUR], c.place, c.who, FIRST_NEIGHBOUR + c.neighbours)
    _next_neighbour(sim, c)


def engine_arrives(sim: Sim, c: Crowd) -> None:
    """Let an engine attack: the fire is held when all engines absorb what it gives off, else more are called."""
    p = sim.p
    c.engines += 1
    if c.fire != at.GROWING or c.fire_incident is None:
        return
    age = sim.now - c.fire_from
    if _power(p, age) <= c.engines * p.engine_power:
        c.fire, c.fire_power, c.fire_energy = at.CONTROLLED, _power(p, age), _energy(p, age)
        c.fire_from, c.fire_due, c.neighbour_due = sim.now, sim.now + p.fire_knockdown, math.inf
        sim.note(at.LOG_FIRE, c.place, incident=c.fire_incident, a=at.CONTROLLED, b=c.fire_power)
        return
    enough = math.ceil(p.fire_power_max / p.engine_power)
    if c.fire_incident.need[at.FIRE] < enough:
        c.fire_incident.need[at.FIRE] = enough
        ask_again(sim, c.fire_incident)


def fire_step(sim: Sim, c: Crowd) -> None:
    """Reach a neighbour, or end: knocked down, its power having fallen evenly, or burnt out and the doors with it."""
    p = sim.p
    if c.neighbour_due < c.fire_due:
        _reach_neighbour(sim, c)
        return
    c.neighbour_due = math.inf
    if c.fire == at.CONTROLLED:
        c.fire_energy += c.fire_power * (sim.now - c.fire_from) / 2.0
        c.fire = at.FIRE_OUT
    else:
        c.fire_energy = p.fire_load
        c.fire = at.BURNT
        if c.protected and c.layer < at.DOORS_DOWN:
            c.layer, c.strength = at.DOORS_DOWN, p.room_strength
    c.fire_due = math.inf
    share = min(1.0, c.fire_energy / p.fire_load)
    sim.note(at.LOG_FIRE, c.place, incident=c.fire_incident, a=c.fire, b=share)
    if c.fire_incident is not None:
        close(sim, c.fire_incident)
        c.fire_incident = None


def burnt_share(sim: Sim, c: Crowd) -> float:
    """Give the share of the fire load that has burnt by now."""
    p, energy = sim.p, c.fire_energy
    if c.fire == at.GROWING:
        energy = _energy(p, sim.now - c.fire_from)
    elif c.fire == at.CONTROLLED:
        held = sim.now - c.fire_from
        energy += c.fire_power * (held - held**2 / (2.0 * p.fire_knockdown))
    return float(min(1.0, energy / p.fire_load))
