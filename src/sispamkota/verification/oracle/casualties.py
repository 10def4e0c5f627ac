"""Casualties from the wound to the way out, and the hospitals' beds (model.md §6)."""

from __future__ import annotations

import math

from ...rehearsal.tables import CAPACITY
from .incidents import close, open_incident
from .sim import Fault, Sim
from .terms import at
from .things import Casualty, Hospital, Place, sure

__all__ = ["FATE", "add_casualty", "admit", "casualty_step", "choose_hospital", "fate_delay", "fate_uniform"]

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
    if len(sim.casualties) == CAPACITY["casualties"]:
        raise Fault(at.FULL_CASUALTIES)
    p = sim.p
    q = Casualty(len(sim.casualties), *source, int(cause), int(side), place, sim.now)
    u = fate_uniform(sim, q, "triage")
    q.triage = 0 if u < p.triage_t1 else 1 if u < p.triage_t1 + p.triage_t2 else 2
    q.luck = fate_uniform(sim, q, "luck")
    q.death = _death(sim, q)
    q.due = sim.now + fate_delay(sim, q, "find", median=p.find_delay, spread=p.find_spread)
    sim.casualties.append(q)
    sim.note(at.LOG_CASUALTY, place, a=q.row, b=cause)


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
    sim.note(at.LOG_TRIAGE, q.place, a=q.row, b=q.triage)
    q.due = math.inf
    if fate_uniform(sim, q, "self") < p.self_transport_share:
        q.state = at.SELF_WAY
        q.hospital = choose_hospital(sim, q.place, CAR, q.triage)
        sim.tally.self_transport += 1
        delay = fate_delay(sim, q, "self_delay", median=p.self_delay, spread=p.self_spread)
        q.due = sim.now + delay + sim.ride(CAR, q.place, q.hospital.place)
    elif q.triage == at.T3:
        q.state, q.care = at.OUT, sim.now
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
    sim.note(at.LOG_HOSPITAL, h.place, a=q.row, b=q.triage)
    if h.free[at.BAY] > 0:
        _lay(sim, q, at.BAY)
    else:
        q.state, q.waits_for, q.due = at.QUEUE_BAY, at.BAY, math.inf
    q.queued = sim.now


def _lay(sim: Sim, q: Casualty, bed: int) -> None:
    """Take a free bed for a casualty and draw its stay; definitive care is the theatre for T1, a bay for the others."""
    p, h = sim.p, sure(q.hospital)
    h.free[bed] -= 1
    h.low[bed] = min(h.low[bed], h.free[bed])
    q.bed, q.waits_for = bed, -1
    if bed == at.BAY:
        q.state, q.care = at.IN_BAY, min(q.care, sim.now)
        stay, u = (p.resus_time if q.triage == at.T1 else p.bay_time), fate_uniform(sim, q, "bay")
    else:
        q.state = at.IN_BED
        stay = {at.THEATRE: p.theatre_time, at.ICU: p.icu_time, at.WARD: p.ward_time}[bed]
        u = sim.luck.uniform("casualty.fate", q.who, _count(q, "bed") + bed * 2**24)
    if bed == at.THEATRE or (bed == at.BAY and q.triage != at.T1):
        q.definitive, q.death = sim.now, math.inf
    q.due = sim.now - stay * math.log(u)
    sim.note(at.LOG_CARE, h.place, a=q.row, b=bed)


def _give_back(sim: Sim, h: Hospital, bed: int) -> None:
    """Give a bed back, and on to who waits for it: gravest first, then first come; the bed they leave likewise."""
    while bed >= 0:
        h.free[bed] += 1
        waiting = [q for q in sim.casualties if q.hospital is h and q.waits_for == bed]
        if not waiting:
            return
        q = min(waiting, key=lambda q: (q.triage, q.queued, q.row))
        left = q.bed
        _lay(sim, q, bed)
        bed = left


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
    elif h.free[following] > 0:
        _lay(sim, q, following)
    else:
        q.state, q.waits_for, q.queued = at.QUEUE_NEXT, following, sim.now
        return
    _give_back(sim, h, held)


def _die(sim: Sim, q: Casualty) -> None:
    """Let a casualty die; the ambulance on its way or at the scene and the bed become free."""
    sim.note(at.LOG_DEATH, q.place, a=q.row, b=q.triage)
    held, incident = q.bed, q.incident
    q.state, q.bed, q.waits_for, q.incident = at.DEAD, -1, -1, None
    q.due = q.death = math.inf
    if incident is not None:
        close(sim, incident)
    if held >= 0:
        _give_back(sim, sure(q.hospital), held)


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
