"""Start a replicate: everything empty, everybody at the post, the first times drawn."""

import math

from . import crowd, rng
from . import memory as m
from ._compile import kernel
from .casualty import set_others, stay
from .events import next_hazard
from .heap import INJECT_SLOT, move
from .incident import open_incident
from .layout import (
    BAY,
    BEDS,
    CAMPS,
    CHANNELS,
    FREE,
    IDLE,
    KIND_UNREST,
    LEVELS,
    NOBODY,
    OUTSIDE,
    TASK_BKO,
    Record,
)
from .perimeter import layer_strength
from .stand import appear, become
from .unit import start_duty

__all__ = ["reset"]

FULLEST = 0.999  # a share of 1 would be asked for without end


@kernel
def _reset_clock(w: Record, seed: int, replicate: int, logging: int) -> None:
    """Empty the counters and the agenda, and the rows that the replicate before has used."""
    for i in range(min(w.opened, w.max_incidents)):
        m.incident(w, i).state = FREE
    for j in range(w.rows):
        m.casualty(w, j).state = NOBODY
    w.now = 0.0
    w.seed = seed
    w.replicate = replicate
    w.logging = logging
    w.events = 0
    w.heap = 0
    w.open = 0
    w.first_open = -1
    w.last_open = -1
    w.hole = 0
    w.casualties = 0
    w.responses = 0
    w.logged = 0
    w.fault = 0
    w.bays = 0
    w.present = 0
    w.present_peak = 0
    w.touched = -1
    w.opened = 0
    w.closed = 0
    w.lost = 0
    w.idle_people = 0
    w.diversions = 0
    w.by_ambulance = 0
    w.self_transport = 0
    w.tension = 1.0
    w.streets = 0
    w.reinforced = 0
    w.asked = -1
    w.lacking = 0
    w.turned_away = 0
    w.retasked = 0
    w.neighbours = 0
    _reset_counts(w)
    for slot in range(w.slots):
        m.slot(w, slot).pos = -1
        m.slot(w, slot).time = math.inf


@kernel
def _reset_counts(w: Record) -> None:
    """Empty the counts of what is over, and the list of rows that casualties have left."""
    w.rows = 0
    w.free_first = -1
    w.free_last = -1
    w.harmed = 0
    w.civilians = 0
    w.officers = 0
    w.forced = 0
    w.deaths = 0
    w.avertable = 0
    w.cared = 0
    w.care_s = 0.0
    w.treated = 0
    w.definitive_s = 0.0
    w.calls = 0
    for service in range(3):
        w.answered[service] = 0
        w.answer_s[service] = 0.0
    w.duty_longest = 0.0
    w.tps_s = 0.0
    w.voters_kept = 0.0
    w.ballots_s = 0.0
    w.held_s = 0.0
    gates = 0
    for place in range(w.places):
        gates += 1 if m.place(w, place).gate > 0 else 0
    w.gates = gates


@kernel
def _reset_answer(c: Record) -> None:
    """Empty what answers a crowd: officers, stage, control, line."""
    for level in range(LEVELS):
        c.officers[level] = 0
        c.shown[level] = 0
        c.calls[level] = 0
        c.called[level] = 0.0
        c.stage_s[level] = 0.0
        c.up_since[level] = math.inf
    for stage in range(c.force_s.shape[0]):
        c.force_s[stage] = 0.0
    c.guards = 0
    c.negotiators = 0
    c.diverters = 0
    c.stage = 0
    c.down_since = math.inf
    c.control = 0
    c.control_next = 0
    c.line = 0
    c.line_next = 0
    c.stage_due = math.inf
    c.control_due = math.inf
    c.line_due = math.inf
    c.delays[0] = 0
    c.delays[1] = 0
    c.counted = 0
    c.force = 0
    c.force_max = 0
    c.posture = 0
    c.held = 0
    c.cap = 0
    c.gas = 0
    c.incident = -1
    c.openings = 0


@kernel
def _reset_damage(c: Record, ct: Record, p: Record) -> None:
    """Make the perimeter whole and put the fire out."""
    c.layer = 0
    c.left_of_layer = layer_strength(p, ct, c.layer)
    c.pressure = 0.0
    c.layer_due = math.inf
    c.fire = 0
    c.fires = 0
    c.fire_from = 0.0
    c.fire_due = math.inf
    c.fire_power = 0.0
    c.fire_energy = 0.0
    c.engines = 0
    c.fire_incident = -1
    c.neighbours = 0
    c.neighbour_energy = 0.0
    c.neighbour_due = math.inf


@kernel
def _reset_crowd(w: Record, k: int) -> None:
    """Put the crowd's first people there and draw its channels' first waiting times."""
    c, ct = m.crowd(w, k), m.crowd_t(w, k)
    _reset_answer(c)
    _reset_damage(c, ct, m.param(w, 0))
    c.came = 0
    for camp in range(CAMPS):
        c.S[camp] = ct.peaceful[camp]
        c.I[camp] = ct.violent[camp]
        c.arrive[camp] = 0.0
        c.came += c.S[camp] + c.I[camp]
    c.R = 0
    c.left = 0
    c.dispersed = 0
    c.detained = 0
    c.hurt = 0
    c.asked = 0
    c.since = 0.0
    c.touched = 0
    c.violent_s = 0.0
    c.peak = 0
    c.peak_violent = 0
    for channel in range(CHANNELS):
        c.k[channel] = 0
        crowd.restart(c, w, ct.who, channel)


@kernel
def _reset_hospitals(w: Record) -> None:
    """Fill each hospital's beds to a drawn occupancy, at which the patients of the ordinary day keep it in the mean."""
    p = m.param(w, 0)
    for h in range(w.hospitals):
        hospital, ht = m.hospital(w, h), m.hospital_t(w, h)
        for bed in range(BEDS):
            u = rng.uniform(w.seed, w.replicate, rng.OCCUPANCY, ht.who, bed)
            share = p.occupancy_low + u * (p.occupancy_high - p.occupancy_low)
            v = rng.uniform(w.seed, w.replicate, rng.OCCUPANCY, ht.who, BEDS + bed)
            free = ht.beds[bed] - int(math.floor(share * ht.beds[bed] + v))
            hospital.free[bed] = free
            hospital.open[bed] = ht.beds[bed]
            hospital.low[bed] = free
            hospital.waiting[bed] = 0
            hospital.others[bed] = ht.beds[bed] - free
            hospital.k[bed] = 0
            hospital.come[bed] = share / (1.0 - min(share, FULLEST)) / stay(p, bed)
            if p.other_patients > 0.5:
                set_others(w, h, bed)
        hospital.surge = 0
        w.bays += hospital.free[BAY]
    w.bays_low = w.bays


@kernel
def _reset_units(w: Record) -> None:
    """Put every unit at its post, idle; those off duty rest, those of the BKO are outside the city."""
    w.homewards = 0
    for k in range(w.pools):
        m.pool(w, k).idle = 0
        m.pool(w, k).low = m.pool_t(w, k).units
    for u in range(w.units):
        unit = m.unit(w, u)
        unit.state = OUTSIDE
        unit.place = m.unit_t(w, u).home
        unit.to = unit.place
        unit.present = 0
        unit.cap = -1
        unit.incident = -1
        unit.casualty = -1
        unit.k = 0
        unit.left = 0.0
        unit.arrives = 0.0
        unit.due = math.inf
        unit.duty_from = 0.0
        unit.relieved = 0
        if m.unit_t(w, u).task == TASK_BKO:
            continue
        become(w, u, IDLE)
        appear(w, u)
        start_duty(w, u)
    w.idle_low = w.idle_people


@kernel
def reset(w: Record, seed: int, replicate: int, logging: int) -> None:
    """Make a worker's state the start of one replicate."""
    _reset_clock(w, seed, replicate, logging)
    for k in range(w.crowds):
        _reset_crowd(w, k)
    _reset_hospitals(w)
    _reset_units(w)
    for h in range(w.hazards):
        ht, hazard = m.hazard_t(w, h), m.hazard(w, h)
        hazard.k = 0
        hazard.factor = rng.gamma(ht.gamma_shape, w.seed, w.doubt_of, rng.RISK, ht.draw)
        next_hazard(w, h)
    for x in range(w.injects):
        m.inject(w, x).fired = 0
        m.inject(w, x).luck = -1.0
        m.inject(w, x).rate = 0.0
        m.inject(w, x).due = m.inject_t(w, x).time
        move(w, w.offset[INJECT_SLOT] + x, m.inject(w, x).due)
    for k in range(w.crowds):
        c, ct = crowd.touch(w, k), m.crowd_t(w, k)
        if c.came > 0:
            c.incident = open_incident(w, KIND_UNREST, ct.place, ct.who, c.openings)
            c.openings += 1
            if c.incident >= 0:
                m.incident(w, c.incident).crowd = k
                for cap in range(ct.need.shape[1]):
                    m.incident(w, c.incident).need[cap] = ct.need[0, cap]
    crowd.refresh_touched(w)
