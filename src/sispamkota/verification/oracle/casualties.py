"""Casualties from the wound to the way out, and the hospitals' beds (model.md §6)."""

from __future__ import annotations

import math
from typing import Any

from .incidents import close, open_incident
from .sim import Fault, Sim
from .terms import at
from .things import Casualty, Hospital, Place, sure

__all__ = [
    "FATE",
    "add_casualty",
    "admit",
    "casualty_step",
    "choose_hospital",
    "draw_others",
    "fate_delay",
    "fate_uniform",
    "leave",
    "others_step",
    "surge_step",
]

# a casualty's own draws: number n of its source takes the counts 16 n … 16 n + 15
FATE = {
    name: which
    for which, name in enumerate(("triage", "luck", "find", "self", "self_delay", "bay", "bed", "treat", "hand_over"))
}
CAR = 1
FIRST_EVACUATION = 2**28


def _count(q: Casualty, which: str) -> int:
    return 16 * q.n + FATE[which]


def fate_uniform(sim: Sim, q: Casualty, which: str) -> float:
    """Draw a uniform of a casualty's own."""
    return sim.luck.uniform("casualty.fate", q.who, _count(q, which))


def fate_delay(sim: Sim, q: Casualty, which: str, *, median: float, spread: float) -> float:
    """Draw a delay of a casualty's own."""
    return sim.luck.lognormal("casualty.fate", q.who, _count(q, which), median=median, spread=spread)


def add_casualty(sim: Sim, place: Place, source: tuple[int, int], *, cause: int, side: int) -> None:
    """Add the n-th casualty of a source (who, n): its class, its luck, and when it is found."""
    p, row = sim.p, _free_row(sim)
    q = Casualty(len(sim.casualties), row, *source, int(cause), int(side), place, sim.now)
    u = fate_uniform(sim, q, "triage")
    q.triage = 0 if u < p.triage_t1 else 1 if u < p.triage_t1 + p.triage_t2 else 2
    q.luck = fate_uniform(sim, q, "luck")
    q.death = _death(sim, q)
    q.due = sim.now + fate_delay(sim, q, "find", median=p.find_delay, spread=p.find_spread)
    sim.casualties.append(q)
    sim.on_row[row] = q
    sim.note(at.LOG_CASUALTY, place, a=q.number, b=cause)


def _free_row(sim: Sim) -> int:
    """Find a row: one never used, else the one that has been free longest."""
    if len(sim.on_row) < sim.room:
        return len(sim.on_row)
    if not sim.left_rows:
        raise Fault(at.FULL_CASUALTIES)
    sim.tally.rows_again += 1
    return sim.left_rows.pop(0)


def leave(sim: Sim, q: Casualty) -> None:
    """Leave the row to another."""
    q.gone = True
    sim.left_rows.append(q.row)


def _death(sim: Sim, q: Casualty) -> float:
    """Find when the survival curve s₀ / (1 + (t/scale)^shape) falls below a casualty's luck."""
    p = sim.p
    if q.triage == at.T3:
        return math.inf
    best, scale, shape = (
        (p.survive_t1, p.decay_t1, p.shape_t1) if q.triage == at.T1 else (p.survive_t2, p.decay_t2, p.shape_t2)
    )
    return q.born + (0.0 if q.luck >= best else scale * (best / q.luck - 1.0) ** (1.0 / shape))


def _triage(sim: Sim, q: Casualty) -> None:
    """Decide how one who was found gets help: by own means, on the spot if slight, else by ambulance."""
    p = sim.p
    sim.note(at.LOG_TRIAGE, q.place, a=q.number, b=q.triage)
    q.due = math.inf
    if fate_uniform(sim, q, "self") < p.self_transport_share:
        q.state = at.SELF_WAY
        q.hospital = choose_hospital(sim, q.place, CAR, q.triage)
        sim.tally.self_transport += 1
        delay = fate_delay(sim, q, "self_delay", median=p.self_delay, spread=p.self_spread)
        q.due = sim.now + delay + sim.ride(CAR, q.place, q.hospital.place)
    elif q.triage == at.T3:
        q.state, q.care = at.OUT, sim.now
        leave(sim, q)
    else:
        q.state = at.WAIT_AMBULANCE
        kind = sim.kinds[at.KIND_EVACUATION]
        q.incident = open_incident(sim, kind, q.place, q.who, FIRST_EVACUATION + q.n)
        q.incident.casualty = q


def choose_hospital(sim: Sim, place: Place, vehicle: int, triage: int) -> Hospital:
    """Choose the nearest hospital that can treat the class and has room, else the nearest that can."""
    able = [h for h in sim.hospitals if triage != at.T1 or h.beds[at.THEATRE] > 0]
    times = [(sim.ride(vehicle, place, h.place), h.row) for h in able]
    times = sorted(t for t in times if math.isfinite(t[0]))
    if not times:
        raise Fault(at.UNREACHABLE)
    nearest = sim.hospitals[times[0][1]]
    for _, row in times:
        free = sim.hospitals[row].free
        if free[at.BAY] > 0 and (triage != at.T1 or free[at.THEATRE] > 0):
            if row != nearest.row:
                sim.tally.diversions += 1
                sim.note(at.LOG_DIVERT, nearest.place, a=row, b=triage)
            return sim.hospitals[row]
    return nearest


def admit(sim: Sim, q: Casualty) -> None:
    """Receive a casualty: a bay if one is free, else the queue for it."""
    h = sure(q.hospital)
    sim.note(at.LOG_HOSPITAL, h.place, a=q.number, b=q.triage)
    if h.free[at.BAY] > 0:
        _lay(sim, q, at.BAY)
    else:
        q.state, q.waits_for, q.due = at.QUEUE_BAY, at.BAY, math.inf
        if h.surge == 0 and sim.p.surge_share > 0.0:
            h.surge, h.surge_due = 1, sim.now + sim.p.surge_delay
    q.queued = sim.now


def _take(h: Hospital, bed: int) -> None:
    h.free[bed] -= 1
    h.low[bed] = min(h.low[bed], h.free[bed])


def _stay(p: Any, bed: int) -> float:
    """Give the mean stay in a bed."""
    return float({at.BAY: p.bay_time, at.THEATRE: p.theatre_time, at.ICU: p.icu_time, at.WARD: p.ward_time}[bed])


def _lay(sim: Sim, q: Casualty, bed: int) -> None:
    """Take a free bed for a casualty and draw its stay; definitive care is the theatre for T1, a bay for the others."""
    p, h = sim.p, sure(q.hospital)
    _take(h, bed)
    q.bed, q.waits_for = bed, -1
    if bed == at.BAY:
        q.state, q.care = at.IN_BAY, min(q.care, sim.now)
        stay, u = (p.resus_time if q.triage == at.T1 else _stay(p, bed)), fate_uniform(sim, q, "bay")
    else:
        q.state = at.IN_BED
        stay = _stay(p, bed)
        u = sim.luck.uniform("casualty.fate", q.who, _count(q, "bed") + bed * 2**24)
    if bed == at.THEATRE or (bed == at.BAY and q.triage != at.T1):
        q.definitive, q.death = sim.now, math.inf
    q.due = sim.now - stay * math.log(u)
    sim.note(at.LOG_CARE, h.place, a=q.number, b=bed)


def _give_back(sim: Sim, h: Hospital, bed: int) -> None:
    """Give a bed back, and on to who waits for it: gravest first, then first come; the bed they leave likewise."""
    while bed >= 0:
        h.free[bed] += 1
        waiting = [q for q in sim.on_row.values() if q.hospital is h and q.waits_for == bed]
        if not waiting:
            return
        q = min(waiting, key=lambda q: (q.triage, q.queued, q.row))
        left = q.bed
        _lay(sim, q, bed)
        bed = left


def surge_step(sim: Sim, h: Hospital) -> None:
    """Open the further bays of the surge plan."""
    more = math.floor(sim.p.surge_share * h.beds[at.BAY])
    h.surge, h.surge_due = 2, math.inf
    sim.note(at.LOG_SURGE, h.place, a=more)
    h.open[at.BAY] += more
    for _ in range(more):
        _give_back(sim, h, at.BAY)


def draw_others(sim: Sim, h: Hospital, bed: int) -> None:
    """Draw when a patient of the ordinary day next comes to a kind of bed, or leaves one."""
    rate = (h.beds[bed] - h.others[bed]) * h.come[bed] + h.others[bed] / _stay(sim.p, bed)
    wait = sim.luck.exponential("hospital.others", h.who, 16 * h.changes[bed] + bed)
    h.others_due[bed] = sim.now + wait / rate if rate > 0.0 else math.inf


def others_step(sim: Sim, h: Hospital, bed: int) -> None:
    """Let a patient of the ordinary day leave or come, by the rates; who finds a casualty in the bed goes away."""
    leaving = h.others[bed] / _stay(sim.p, bed)
    coming = (h.beds[bed] - h.others[bed]) * h.come[bed]
    u = sim.luck.uniform("hospital.others", h.who, 16 * h.changes[bed] + 8 + bed)
    h.changes[bed] += 1
    if u * (coming + leaving) < leaving:
        h.others[bed] -= 1
        _give_back(sim, h, bed)
    elif h.free[bed] > 0:
        h.others[bed] += 1
        _take(h, bed)
    else:
        sim.tally.turned_away += 1
    draw_others(sim, h, bed)


def _move_on(sim: Sim, q: Casualty) -> None:
    """End a stay: T1 goes bay, theatre, intensive care; T2 bay, ward; T3 leaves from the bay."""
    h, held = sure(q.hospital), q.bed
    path = {
        (at.BAY, at.T1): at.THEATRE,
        (at.BAY, at.T2): at.WARD,
        (at.THEATRE, at.T1): at.ICU,
    }
    following = path.get((held, q.triage))
    q.due = math.inf
    if following is None:
        q.state, q.bed = at.OUT, -1
        leave(sim, q)
    elif h.free[following] > 0:
        _lay(sim, q, following)
    else:
        q.state, q.waits_for, q.queued = at.QUEUE_NEXT, following, sim.now
        return
    _give_back(sim, h, held)


def _die(sim: Sim, q: Casualty) -> None:
    """Let a casualty die; the ambulance on its way or at the scene and the bed become free."""
    sim.note(at.LOG_DEATH, q.place, a=q.number, b=q.triage)
    held, incident = q.bed, q.incident
    q.state, q.bed, q.waits_for, q.incident = at.DEAD, -1, -1, None
    q.due = q.death = math.inf
    if incident is not None:
        q.ambulance = None
        close(sim, incident)
    if held >= 0:
        _give_back(sim, sure(q.hospital), held)
    if q.ambulance is None:  # else when it has been handed over
        leave(sim, q)


def casualty_step(sim: Sim, q: Casualty) -> None:
    """Do what a casualty is due for; death comes first."""
    if q.death <= sim.now:
        _die(sim, q)
    elif q.state == at.FOUND:
        _triage(sim, q)
    elif q.state == at.SELF_WAY:
        admit(sim, q)
    else:
        _move_on(sim, q)
