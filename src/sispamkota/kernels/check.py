"""The balance of a replicate: who and what entered is somewhere, counted once. Used by tests after every event."""

import numpy as np

from . import crowd
from . import memory as m
from ._compile import kernel
from .layout import (
    BAY,
    BEDS,
    CAMPS,
    CROWD_0,
    DIALOGUE,
    GUARD,
    HANDOVER,
    IDLE,
    LEVELS,
    NEGATIVE,
    OFF_DUTY,
    OUTSIDE,
    QUEUE_BAY,
    QUEUE_NEXT,
    RETURN,
    TRAFFIC,
    TURNOUT,
    Record,
)
from .stand import can

__all__ = ["FAULTS", "balance"]

PEOPLE, PRESENCE, IDLE_PEOPLE, BED_COUNT, CALLS, HEAP, ORPHAN, POOLS = range(100, 108)
FAULTS = {
    NEGATIVE: "a count below zero",
    PEOPLE: "people of a crowd are not accounted for",
    PRESENCE: "the officers at a crowd differ from the units present there",
    IDLE_PEOPLE: "idle people are miscounted",
    BED_COUNT: "a hospital's beds are miscounted",
    CALLS: "incidents opened are not those open, closed or lost",
    HEAP: "the agenda is out of order",
    ORPHAN: "a unit serves an incident that is not open, or has no work",
    POOLS: "those who stand idle or drive home are miscounted",
}


@kernel
def _people(c: Record) -> int:
    """Check the people of a crowd."""
    for camp in range(CAMPS):
        if c.S[camp] < 0 or c.I[camp] < 0:
            return NEGATIVE
    if c.R < 0:
        return NEGATIVE
    gone = c.left + c.dispersed + c.detained + c.hurt
    return 0 if c.came == crowd.total(c) + gone else PEOPLE


@kernel
def _presence(w: Record, k: int) -> int:
    """Check the officers at a crowd against the units present."""
    officers, talk, guards, divert = np.zeros(LEVELS, np.int64), 0, 0, 0
    for u in range(w.units):
        unit, ut = m.unit(w, u), m.unit_t(w, u)
        if unit.present == 0 or m.place(w, unit.place).crowd != k:
            continue
        for level in range(LEVELS):
            officers[level] += ut.effective if can(ut, CROWD_0 + level) else 0
        talk += ut.people if can(ut, DIALOGUE) else 0
        guards += ut.effective if can(ut, GUARD) else 0
        divert += ut.people if can(ut, TRAFFIC) else 0
    c = m.crowd(w, k)
    for level in range(LEVELS):
        if officers[level] != c.officers[level]:
            return PRESENCE
    same = talk == c.negotiators and guards == c.guards and divert == c.diverters
    return 0 if same else PRESENCE


@kernel
def _units(w: Record) -> int:
    """Check that each unit is idle, on its way home, or at work for an open incident or a casualty."""
    idle = 0
    for u in range(w.units):
        unit, ut = m.unit(w, u), m.unit_t(w, u)
        if unit.state == IDLE:
            idle += ut.people
        elif unit.state < HANDOVER or unit.state > OUTSIDE:
            open_work = unit.incident >= 0 and (m.incident(w, unit.incident).state in (1, 2))
            if not open_work and unit.casualty < 0:
                return ORPHAN
        if unit.state in (IDLE, TURNOUT) and unit.present == 0:
            return PRESENCE
        if unit.state in (OFF_DUTY, OUTSIDE) and (unit.present == 1 or unit.incident >= 0):
            return PRESENCE
    return 0 if idle == w.idle_people else IDLE_PEOPLE


@kernel
def _pools(w: Record) -> int:
    """Check each pool's count and mark of idle units, and the list of those on their way home."""
    for k in range(w.pools):
        pool, pt = m.pool(w, k), m.pool_t(w, k)
        idle, low = 0, pt.units
        for n in range(pt.units - 1, -1, -1):
            if m.unit(w, m.member(w, pt.first + n).unit).state == IDLE:
                idle += 1
                low = n
        if idle != pool.idle or low != pool.low:
            return POOLS
    home = 0
    for u in range(w.units):
        home += 1 if m.unit(w, u).state == RETURN and m.unit_t(w, u).redispatch == 1 else 0
    for j in range(w.homewards):
        unit = m.unit(w, m.homeward(w, j).unit)
        if unit.state != RETURN or unit.homeward != j:
            return POOLS
    return 0 if home == w.homewards else POOLS


@kernel
def _beds(w: Record) -> int:
    """Check each hospital's free beds against the casualties who hold one."""
    held = np.zeros((w.hospitals, BEDS), np.int64)
    waiting = np.zeros((w.hospitals, BEDS), np.int64)
    for j in range(w.rows):
        q = m.casualty(w, j)
        if q.hospital >= 0 and q.bed >= 0:
            held[q.hospital, q.bed] += 1
        if q.next >= 0 and (q.state == QUEUE_BAY or q.state == QUEUE_NEXT):
            waiting[q.hospital, q.next] += 1
    for h in range(w.hospitals):
        for bed in range(BEDS):
            free = m.hospital(w, h).free[bed]
            if free < 0:
                return NEGATIVE
            hospital = m.hospital(w, h)
            if hospital.open[bed] - hospital.others[bed] - held[h, bed] != free or hospital.others[bed] < 0:
                return BED_COUNT
            if waiting[h, bed] != hospital.waiting[bed]:
                return BED_COUNT
    free = 0
    for h in range(w.hospitals):
        free += m.hospital(w, h).free[BAY]
    return 0 if free == w.bays else BED_COUNT


@kernel
def _agenda(w: Record) -> int:
    """Check the heap: parents before children, positions that point back."""
    for i in range(w.heap):
        slot = m.slot(w, i).heap
        if m.slot(w, slot).pos != i:
            return HEAP
        if i > 0:
            up = m.slot(w, (i - 1) >> 1).heap
            if (m.slot(w, up).time, up) > (m.slot(w, slot).time, slot):
                return HEAP
    return 0


@kernel
def balance(w: Record) -> int:
    """Return 0, or the code of the first count that does not balance (`FAULTS`)."""
    for k in range(w.crowds):
        code = _people(m.crowd(w, k))
        if code == 0:
            code = _presence(w, k)
        if code != 0:
            return code
    code = _units(w)
    if code == 0:
        code = _pools(w)
    if code == 0:
        code = _beds(w)
    if code == 0:
        code = _agenda(w)
    if code == 0 and w.opened != w.open + w.closed:
        code = CALLS
    return code
