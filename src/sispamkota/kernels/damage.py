"""What a crowd breaks and burns: the perimeter's layers, and a fire at the office.

A fire grows as power = growth·t² (the t-squared fire of fire engineering) up to the most that the rooms can burn, until
the engines on the scene can absorb what it gives off; then it is knocked down. All of it is closed form, so only the
crossings are events.
"""

import math

from . import crowd, log, rng
from . import memory as m
from ._compile import kernel
from .incident import close, open_incident
from .layout import (
    BURNT,
    CONTROLLED,
    DOORS_DOWN,
    FIRE,
    FIRE_OUT,
    GROWING,
    KIND_FIRE,
    KIND_NEIGHBOUR,
    LOG_FIRE,
    LOG_NEIGHBOUR,
    LOG_PERIMETER,
    NONE,
    Record,
)
from .perimeter import layer_strength
from .unit import ask_again

NEIGHBOURS = 1 << 15  # numbers the neighbours' fires of a place apart from its own; what draws by it must stay one word

__all__ = ["engine_arrives", "fire_energy", "fire_power", "fire_step", "ignite", "layer_falls"]


@kernel
def layer_falls(w: Record, k: int) -> None:
    """Let a layer of the perimeter fall: the fence, then the doors, then the rooms with what matters in them."""
    c, p = crowd.touch(w, k), m.param(w, 0)
    c.layer += 1
    c.left_of_layer = layer_strength(p, m.crowd_t(w, k), c.layer)
    log.note(w, LOG_PERIMETER, m.crowd_t(w, k).place, NONE, c.incident, float(c.layer), float(c.I[0] + c.I[1]))


@kernel
def fire_power(p: Record, age: float) -> float:
    """Return the heat given off by a free fire of an age, W: growth·age² up to the maximum (NFPA 204)."""
    return min(p.fire_growth * age * age, p.fire_power_max)


@kernel
def fire_energy(p: Record, age: float) -> float:
    """Return the heat given off so far by a free fire of an age, J: the integral of `fire_power`."""
    full = math.sqrt(p.fire_power_max / p.fire_growth)
    grown = min(age, full)
    return p.fire_growth * grown**3 / 3.0 + p.fire_power_max * max(0.0, age - full)


@kernel
def _age_at(p: Record, energy: float) -> float:
    """Return the age at which a free fire has given off an energy: the inverse of `fire_energy`."""
    full = math.sqrt(p.fire_power_max / p.fire_growth)
    at_full = p.fire_growth * full**3 / 3.0
    if energy <= at_full:
        return math.pow(3.0 * energy / p.fire_growth, 1.0 / 3.0)
    return full + (energy - at_full) / p.fire_power_max


@kernel
def _next_neighbour(w: Record, k: int) -> None:
    """Draw when a free fire next sets a neighbour alight, at a rate in proportion to its power."""
    c, p = m.crowd(w, k), m.param(w, 0)
    c.neighbour_due = math.inf
    if p.neighbour_rate <= 0.0:
        return
    u = rng.exponential(w.seed, w.replicate, rng.NEIGHBOUR, m.crowd_t(w, k).who, c.neighbours)
    c.neighbours += 1
    c.neighbour_energy += u * p.fire_power_max / p.neighbour_rate
    if c.neighbour_energy < p.fire_load:
        c.neighbour_due = c.fire_from + _age_at(p, c.neighbour_energy)


@kernel
def _light_neighbour(w: Record, k: int) -> None:
    """Let the fire reach a neighbour: a call for engines of its own."""
    ct = m.crowd_t(w, k)
    w.neighbours += 1
    log.note(w, LOG_NEIGHBOUR, ct.place, NONE, NONE, float(w.neighbours), 0.0)
    open_incident(w, KIND_NEIGHBOUR, ct.place, ct.who, NEIGHBOURS + m.crowd(w, k).neighbours)
    _next_neighbour(w, k)


@kernel
def ignite(w: Record, k: int) -> None:
    """Start a fire at the office and call the engines."""
    c, ct, p = m.crowd(w, k), m.crowd_t(w, k), m.param(w, 0)
    c.fire = GROWING
    c.fires += 1
    c.fire_from = w.now
    c.fire_due = w.now + _age_at(p, p.fire_load)
    c.engines = 0
    c.neighbour_energy = 0.0
    _next_neighbour(w, k)
    log.note(w, LOG_FIRE, ct.place, NONE, c.incident, float(GROWING), 0.0)
    i = open_incident(w, KIND_FIRE, ct.place, ct.who, c.fires)
    c.fire_incident = i
    if i >= 0:
        m.incident(w, i).crowd = k


@kernel
def engine_arrives(w: Record, k: int) -> None:
    """Let an engine attack: the fire is held when the engines can absorb what it gives off, else more are called."""
    c, p = crowd.touch(w, k), m.param(w, 0)
    c.engines += 1
    if c.fire != GROWING:
        return
    age = w.now - c.fire_from
    power = fire_power(p, age)
    if power <= c.engines * p.engine_power:
        c.fire = CONTROLLED
        c.fire_energy = fire_energy(p, age)
        c.fire_power = power
        c.fire_from = w.now
        c.fire_due = w.now + p.fire_knockdown
        c.neighbour_due = math.inf
        log.note(w, LOG_FIRE, m.crowd_t(w, k).place, NONE, c.fire_incident, float(CONTROLLED), float(power))
        return
    incident = m.incident(w, c.fire_incident)
    wanted = int(math.ceil(p.fire_power_max / p.engine_power))
    if incident.need[FIRE] < wanted:
        incident.need[FIRE] = wanted
        ask_again(w, c.fire_incident)


@kernel
def fire_step(w: Record, k: int) -> None:
    """Let a fire reach a neighbour, or end: out after the knock-down (power falling evenly), or burnt out."""
    c, p = crowd.touch(w, k), m.param(w, 0)
    if c.neighbour_due <= w.now and c.neighbour_due < c.fire_due:
        _light_neighbour(w, k)
        return
    c.neighbour_due = math.inf
    if c.fire == CONTROLLED:
        c.fire = FIRE_OUT
        c.fire_energy += 0.5 * c.fire_power * (w.now - c.fire_from)
    else:
        c.fire = BURNT
        c.fire_energy = p.fire_load
        if m.crowd_t(w, k).protected == 1 and c.layer < DOORS_DOWN:
            c.layer = DOORS_DOWN
            c.left_of_layer = p.room_strength
    c.fire_due = math.inf
    log.note(
        w,
        LOG_FIRE,
        m.crowd_t(w, k).place,
        NONE,
        c.fire_incident,
        float(c.fire),
        float(min(1.0, c.fire_energy / p.fire_load)),
    )
    if c.fire_incident >= 0:
        close(w, c.fire_incident)
        c.fire_incident = -1
