"""Casualties: found, triaged, carried or brought, treated; and the hospitals that take them.

Survival falls with the time to definitive care by the curves of Mills, Argon & Ziya as quoted in published code
(docs/explanation/casualties.md): a casualty whose luck is u dies at the time when the curve falls below u.
"""

import math

from . import log, rng
from . import memory as m
from ._compile import kernel
from .heap import BED_SLOT, CASUALTY_SLOT, SURGE_SLOT, move
from .incident import close, open_incident
from .layout import (
    BAY,
    BEDS,
    BY_ACCIDENT,
    BY_FORCE,
    CIVILIAN,
    DEAD,
    FOUND,
    FULL_CASUALTIES,
    ICU,
    IN_BAY,
    IN_BED,
    KIND_EVACUATION,
    LOG_CARE,
    LOG_CASUALTY,
    LOG_DEATH,
    LOG_DIVERT,
    LOG_HOSPITAL,
    LOG_SURGE,
    LOG_TRIAGE,
    NONE,
    ONE,
    OUT,
    QUEUE_BAY,
    QUEUE_NEXT,
    SELF_WAY,
    T1,
    T2,
    T3,
    THEATRE,
    UNREACHABLE,
    WAIT_AMBULANCE,
    WARD,
    Record,
    numbers,
)
from .stand import travel_time

__all__ = [
    "add_casualty",
    "admit",
    "choose_hospital",
    "count_care",
    "fate",
    "fate_delay",
    "leave",
    "others_step",
    "set_others",
    "stay",
    "step",
    "surge_step",
]

FATES = 16  # draws kept for each casualty of a source: its own numbers n·16 … n·16 + 15
FATE_TRIAGE, FATE_LUCK, FATE_FIND, FATE_SELF, FATE_SELF_DELAY, FATE_BAY, FATE_NEXT, FATE_TREAT = numbers(8)
FATE_OVER = numbers(1, first=8)[0]
CAR = ONE  # the vehicle of those who come by themselves
EVACUATIONS = 1 << 28  # numbers a source's evacuations apart from its own incidents


@kernel
def fate(w: Record, q: Record, which: int) -> float:
    """Draw one of a casualty's own uniform numbers."""
    return rng.uniform(w.seed, w.replicate, rng.VICTIM, q.who, q.n * FATES + which)


@kernel
def fate_delay(w: Record, q: Record, which: int, median: float, spread: float) -> float:
    """Draw one of a casualty's own lognormal delays."""
    return rng.lognormal(median, spread, w.seed, w.replicate, rng.VICTIM, q.who, q.n * FATES + which)


@kernel
def _schedule(w: Record, j: int) -> None:
    """Put on the agenda what comes first for a casualty: its next step or its death."""
    q = m.casualty(w, j)
    move(w, w.offset[CASUALTY_SLOT] + j, min(q.due, q.death))


@kernel
def _death_time(p: Record, q: Record) -> float:
    """Return the time of death without definitive care; infinite for who survives anyway, now for who never could."""
    if q.triage == T3:
        return math.inf
    best = p.survive_t1 if q.triage == T1 else p.survive_t2
    scale = p.decay_t1 if q.triage == T1 else p.decay_t2
    shape = p.shape_t1 if q.triage == T1 else p.shape_t2
    if q.luck >= best:
        return q.born
    return q.born + scale * math.pow(best / q.luck - 1.0, 1.0 / shape)


@kernel
def add_casualty(w: Record, place: int, source: tuple[int, int], cause: tuple[int, int]) -> int:
    """Add the n-th casualty of a source: source = (who, n), cause = (cause, side); return its row or −1 (a fault)."""
    p = m.param(w, 0)
    j = _free_row(w)
    if j < 0:
        w.fault = FULL_CASUALTIES
        return -1
    q = m.casualty(w, j)
    q.number = w.casualties
    w.casualties += 1
    q.who, q.n = source
    q.cause, q.side = cause
    q.place = place
    q.hospital = -1
    q.bed = -1
    q.next = -1
    q.ambulance = -1
    q.incident = -1
    q.born = w.now
    q.queued = 0.0
    q.care = math.inf
    q.definitive = math.inf
    u = fate(w, q, FATE_TRIAGE)
    q.triage = T1 if u < p.triage_t1 else (T2 if u < p.triage_t1 + p.triage_t2 else T3)
    q.luck = fate(w, q, FATE_LUCK)
    q.death = _death_time(p, q)
    q.state = FOUND
    q.due = w.now + fate_delay(w, q, FATE_FIND, p.find_delay, p.find_spread)
    if q.cause != BY_ACCIDENT:
        w.harmed += 1
        w.civilians += 1 if q.side == CIVILIAN else 0
        w.officers += 1 if q.side != CIVILIAN else 0
        w.forced += 1 if q.cause == BY_FORCE else 0
    log.note(w, LOG_CASUALTY, place, NONE, NONE, float(q.number), float(cause[0]))
    _schedule(w, j)
    return j


@kernel
def _free_row(w: Record) -> int:
    """Take a row for a casualty: a fresh one, else the one that has been free longest; −1 when all are in use."""
    if w.rows < w.max_casualties:
        w.rows += 1
        return w.rows - 1
    j = w.free_first
    if j >= 0:
        w.free_first = m.casualty(w, j).link
        if w.free_first < 0:
            w.free_last = -1
    return j


@kernel
def leave(w: Record, j: int) -> None:
    """Let a casualty who is out or dead leave its row to the next."""
    q = m.casualty(w, j)
    count_care(w, q)
    q.link = -1
    if w.free_last >= 0:
        m.casualty(w, w.free_last).link = j
    else:
        w.free_first = j
    w.free_last = j


@kernel
def count_care(w: Record, q: Record) -> None:
    """Count how long first and definitive care took, for T1 and T2 hurt in the trouble itself."""
    if q.cause == BY_ACCIDENT or q.triage > T2:
        return
    if not math.isinf(q.care):
        w.cared += 1
        w.care_s += q.care - q.born
    if not math.isinf(q.definitive):
        w.treated += 1
        w.definitive_s += q.definitive - q.born


@kernel
def _triage(w: Record, j: int) -> None:
    """Decide how a found casualty gets help: on the scene, by own means, or by ambulance."""
    p, q = m.param(w, 0), m.casualty(w, j)
    log.note(w, LOG_TRIAGE, q.place, NONE, NONE, float(q.number), float(q.triage))
    own = fate(w, q, FATE_SELF) < p.self_transport_share
    if q.triage == T3 and not own:
        q.state = OUT
        q.care = w.now
        q.due = math.inf
        leave(w, j)
    elif own:
        q.state = SELF_WAY
        q.hospital = choose_hospital(w, q.place, CAR, q.triage)
        if q.hospital < 0:
            return
        w.self_transport += 1
        there = m.hospital_t(w, q.hospital).place
        q.due = w.now + fate_delay(w, q, FATE_SELF_DELAY, p.self_delay, p.self_spread)
        q.due += travel_time(w, CAR, q.place, there)
    else:
        q.state = WAIT_AMBULANCE
        q.due = math.inf
        q.incident = open_incident(w, KIND_EVACUATION, q.place, q.who, EVACUATIONS + q.n)
        if q.incident >= 0:
            m.incident(w, q.incident).casualty = j
    _schedule(w, j)


@kernel
def choose_hospital(w: Record, place: int, vehicle: int, triage: int) -> int:
    """Return the nearest hospital that can treat the class and has the beds free, else the nearest that can."""
    best, nearest = -1, -1
    best_time, nearest_time = math.inf, math.inf
    for h in range(w.hospitals):
        ht = m.hospital_t(w, h)
        if triage == T1 and ht.beds[THEATRE] == 0:
            continue
        t = travel_time(w, vehicle, place, ht.place)
        if t < nearest_time:
            nearest, nearest_time = h, t
        free = m.hospital(w, h).free
        if t < best_time and free[BAY] > 0 and (triage != T1 or free[THEATRE] > 0):
            best, best_time = h, t
    if best >= 0 and best != nearest:
        w.diversions += 1
        log.note(w, LOG_DIVERT, m.hospital_t(w, nearest).place, NONE, NONE, float(best), float(triage))
    if nearest < 0:
        w.fault = UNREACHABLE
    return best if best >= 0 else nearest


@kernel
def _take(w: Record, h: int, bed: int) -> bool:
    """Take a free bed of a kind; say whether there was one."""
    hospital = m.hospital(w, h)
    if hospital.free[bed] <= 0:
        return False
    hospital.free[bed] -= 1
    if bed == BAY:
        w.bays -= 1
        w.bays_low = min(w.bays_low, w.bays)
    hospital.low[bed] = min(hospital.low[bed], hospital.free[bed])
    return True


@kernel
def _enter_bay(w: Record, j: int) -> None:
    """Start treatment in an emergency bay: first care, and definitive care for all but T1."""
    p, q = m.param(w, 0), m.casualty(w, j)
    q.state = IN_BAY
    q.bed = BAY
    q.care = min(q.care, w.now)
    if q.triage != T1:
        q.definitive = w.now
        q.death = math.inf
    stay = p.resus_time if q.triage == T1 else p.bay_time
    q.due = w.now - stay * math.log(fate(w, q, FATE_BAY))
    log.note(w, LOG_CARE, m.hospital_t(w, q.hospital).place, NONE, NONE, float(q.number), float(BAY))
    _schedule(w, j)


@kernel
def admit(w: Record, j: int) -> None:
    """Receive a casualty at its hospital: a bay at once, or the queue."""
    q = m.casualty(w, j)
    log.note(w, LOG_HOSPITAL, m.hospital_t(w, q.hospital).place, NONE, NONE, float(q.number), float(q.triage))
    q.queued = w.now
    if _take(w, q.hospital, BAY):
        _enter_bay(w, j)
        return
    q.state = QUEUE_BAY
    q.next = BAY
    q.due = math.inf
    m.hospital(w, q.hospital).waiting[BAY] += 1
    _schedule(w, j)
    _ask_surge(w, q.hospital)


@kernel
def _ask_surge(w: Record, h: int) -> None:
    """Start a hospital's surge plan, once, when somebody waits for a bay."""
    p, hospital = m.param(w, 0), m.hospital(w, h)
    if hospital.surge == 0 and p.surge_share > 0.0:
        hospital.surge = 1
        move(w, w.offset[SURGE_SLOT] + h, w.now + p.surge_delay)


@kernel
def surge_step(w: Record, h: int) -> None:
    """Open a hospital's surge bays and let in who waits."""
    hospital, ht = m.hospital(w, h), m.hospital_t(w, h)
    hospital.surge = 2
    move(w, w.offset[SURGE_SLOT] + h, math.inf)
    more = int(math.floor(m.param(w, 0).surge_share * ht.beds[BAY]))
    log.note(w, LOG_SURGE, ht.place, NONE, NONE, float(more), 0.0)
    hospital.open[BAY] += more
    for _ in range(more):
        _free_bed(w, h, BAY)


@kernel
def set_others(w: Record, h: int, bed: int) -> None:
    """Draw when a bed of a kind is next taken or left by a patient of the ordinary day; `others` has just changed.

    Each bed that none of them holds is asked for at one rate, each that one holds is left at another: the mean taken is
    the share of the start for ever (Ehrenfest's urn).
    """
    p, hospital, ht = m.param(w, 0), m.hospital(w, h), m.hospital_t(w, h)
    rate = (ht.beds[bed] - hospital.others[bed]) * hospital.come[bed] + hospital.others[bed] / stay(p, bed)
    t = math.inf
    if rate > 0.0:
        t = w.now + rng.exponential(w.seed, w.replicate, rng.OTHERS, ht.who, hospital.k[bed] * 16 + bed) / rate
    move(w, w.offset[BED_SLOT] + h * BEDS + bed, t)


@kernel
def stay(p: Record, bed: int) -> float:
    """Return the mean stay in a bed of a kind, seconds."""
    if bed == BAY:
        return p.bay_time
    return p.theatre_time if bed == THEATRE else (p.icu_time if bed == ICU else p.ward_time)


@kernel
def others_step(w: Record, row: int) -> None:
    """Let a patient of the ordinary day leave a bed or come; who finds it taken by a casualty goes elsewhere."""
    h, bed = row // BEDS, row % BEDS
    p, hospital, ht = m.param(w, 0), m.hospital(w, h), m.hospital_t(w, h)
    leaving = hospital.others[bed] / stay(p, bed)
    coming = (ht.beds[bed] - hospital.others[bed]) * hospital.come[bed]
    u = rng.uniform(w.seed, w.replicate, rng.OTHERS, ht.who, hospital.k[bed] * 16 + 8 + bed)
    hospital.k[bed] += 1
    if u * (coming + leaving) < leaving:
        hospital.others[bed] -= 1
        _free_bed(w, h, bed)
    elif _take(w, h, bed):
        hospital.others[bed] += 1
    else:
        w.turned_away += 1
    set_others(w, h, bed)


@kernel
def _first_in_queue(w: Record, h: int, bed: int) -> int:
    """Return who waits at a hospital for a kind of bed: gravest first, then first come; −1 if nobody."""
    best = -1
    if m.hospital(w, h).waiting[bed] == 0:
        return best
    for j in range(w.rows):
        q = m.casualty(w, j)
        waits = q.hospital == h and q.next == bed and (q.state == QUEUE_BAY or q.state == QUEUE_NEXT)
        if not waits:
            continue
        if best < 0 or (q.triage, q.queued) < (m.casualty(w, best).triage, m.casualty(w, best).queued):
            best = j
    return best


@kernel
def _enter_bed(w: Record, j: int, bed: int) -> None:
    """Start the stay in theatre, intensive care or ward."""
    p, q = m.param(w, 0), m.casualty(w, j)
    q.state = IN_BED
    q.bed = bed
    q.next = -1
    if bed == THEATRE:
        q.definitive = w.now
        q.death = math.inf
    u = rng.uniform(w.seed, w.replicate, rng.VICTIM, q.who, (q.n * FATES + FATE_NEXT) + (bed << 24))
    q.due = w.now - stay(p, bed) * math.log(u)
    log.note(w, LOG_CARE, m.hospital_t(w, q.hospital).place, NONE, NONE, float(q.number), float(bed))
    _schedule(w, j)


@kernel
def _free_bed(w: Record, h: int, bed: int) -> None:
    """Give a bed back and on to who waits for it, and so on down the chain of beds that this frees."""
    for _ in range(BEDS):
        m.hospital(w, h).free[bed] += 1
        w.bays += 1 if bed == BAY else 0
        j = _first_in_queue(w, h, bed)
        if j < 0:
            return
        _take(w, h, bed)
        m.hospital(w, h).waiting[bed] -= 1
        if bed == BAY:
            m.casualty(w, j).next = -1
            _enter_bay(w, j)
            return
        held = m.casualty(w, j).bed
        _enter_bed(w, j, bed)
        bed = held


@kernel
def _move_on(w: Record, j: int) -> None:
    """End a stay: on to the next bed of the class, or out."""
    q = m.casualty(w, j)
    held = q.bed
    following = -1
    if held == BAY and q.triage != T3:
        following = THEATRE if q.triage == T1 else WARD
    elif held == THEATRE:
        following = ICU
    if following < 0:
        q.state = OUT
        q.bed = -1
        q.due = math.inf
        _schedule(w, j)
        leave(w, j)
    elif _take(w, q.hospital, following):
        _enter_bed(w, j, following)
    else:
        q.state = QUEUE_NEXT
        q.next = following
        q.queued = w.now
        q.due = math.inf
        m.hospital(w, q.hospital).waiting[following] += 1
        _schedule(w, j)
        return
    _free_bed(w, q.hospital, held)


@kernel
def _die(w: Record, j: int) -> None:
    """End a casualty's wait by death; its bed and its ambulance become free."""
    q, p = m.casualty(w, j), m.param(w, 0)
    log.note(w, LOG_DEATH, q.place, NONE, NONE, float(q.number), float(q.triage))
    if q.cause != BY_ACCIDENT:
        w.deaths += 1
        w.avertable += 1 if q.luck < (p.survive_t1 if q.triage == T1 else p.survive_t2) else 0
    held = q.bed
    if q.next >= 0:
        m.hospital(w, q.hospital).waiting[q.next] -= 1
    q.state = DEAD
    q.bed = -1
    q.next = -1
    q.due = math.inf
    q.death = math.inf
    _schedule(w, j)
    if q.incident >= 0:
        i = q.incident
        q.incident = -1
        q.ambulance = -1
        close(w, i)
    if held >= 0:
        _free_bed(w, q.hospital, held)
    if q.ambulance < 0:
        leave(w, j)


@kernel
def step(w: Record, j: int) -> None:
    """Do what a casualty is due for."""
    q = m.casualty(w, j)
    if q.death <= w.now:
        _die(w, j)
    elif q.state == FOUND:
        _triage(w, j)
    elif q.state == SELF_WAY:
        admit(w, j)
    else:
        _move_on(w, j)
