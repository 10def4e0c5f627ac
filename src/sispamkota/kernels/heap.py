"""The agenda: an indexed binary heap with one pending time a slot; earliest first, ties by the lower slot.

A slot belongs to a family (crowd, stage, …) and its offset says which one: there are no stale entries, and moving a
time is one call. State of the heap: `slot.time` (its time), `slot.pos` (where a slot stands in the heap, −1 if absent);
in heap order `slot.heap` (slots) and `slot.key` (their times again, beside each other); `w.heap` (how many pend).

While an event is played (`w.hole` is 1) its slot, the first, may leave a gap at the top (2) that the next new slot
takes: most events end one wait and begin another. What else moves meanwhile finds the gap earlier than anything.
"""

import math

import numpy as np

from . import memory as m
from ._compile import kernel
from .layout import Record, numbers

__all__ = ["FAMILIES", "close_gap", "family", "move"]

CROWD_SLOT, STAGE_SLOT, CONTROL_SLOT, LINE_SLOT, PERIMETER_SLOT, FIRE_SLOT = numbers(6)
UNIT_SLOT, INCIDENT_SLOT, CASUALTY_SLOT, HAZARD_SLOT, INJECT_SLOT = numbers(5, first=6)
DUTY_SLOT, BED_SLOT, SURGE_SLOT = numbers(3, first=11)
FAMILIES = 14


@kernel
def _rise(w: Record, i: int) -> None:
    """Move the entry at heap position i towards the top until its parent is due before it."""
    slot = m.slot(w, i).heap
    time = m.slot(w, slot).time
    while i > 0:
        up = (i - 1) >> 1
        other, its = m.slot(w, up).heap, m.slot(w, up).key
        if its < time or (its == time and other < slot):
            break
        m.slot(w, i).heap = other
        m.slot(w, i).key = its
        m.slot(w, other).pos = i
        i = up
    m.slot(w, i).heap = slot
    m.slot(w, i).key = time
    m.slot(w, slot).pos = i


@kernel
def _sink(w: Record, i: int, size: int) -> None:
    """Move the entry at heap position i down until no child is due before it."""
    slot = m.slot(w, i).heap
    time = m.slot(w, slot).time
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size:
            left, right = m.slot(w, child).key, m.slot(w, child + 1).key
            if left == right:  # rare: a branch that is foreseen, where the other is a sum
                child += np.int64(m.slot(w, child + 1).heap < m.slot(w, child).heap)
            else:
                child += np.int64(right < left)
        other, its = m.slot(w, child).heap, m.slot(w, child).key
        if time < its or (time == its and slot < other):
            break
        m.slot(w, i).heap = other
        m.slot(w, i).key = its
        m.slot(w, other).pos = i
        i = child
    m.slot(w, i).heap = slot
    m.slot(w, i).key = time
    m.slot(w, slot).pos = i


@kernel
def move(w: Record, slot: int, time: float) -> None:
    """Set the pending time of a slot; infinity takes it off the agenda."""
    i = m.slot(w, slot).pos
    size = w.heap
    if math.isinf(time):
        if i < 0:
            return
        m.slot(w, slot).pos = -1
        if i == 0 and w.hole == 1:
            w.hole = 2
            m.slot(w, 0).key = -math.inf
            return
        w.heap = size - 1
        last = m.slot(w, size - 1).heap
        if last != slot:
            m.slot(w, i).heap = last
            m.slot(w, last).pos = i
            _rise(w, i)
            _sink(w, m.slot(w, last).pos, size - 1)
        return
    if i < 0 and w.hole == 2:
        w.hole = 1
        m.slot(w, 0).heap = slot
        m.slot(w, slot).time = time
        _sink(w, 0, size)
        return
    if i < 0:
        i = size
        w.heap = size + 1
        m.slot(w, i).heap = slot
        m.slot(w, slot).pos = i
        m.slot(w, slot).time = time
        _rise(w, i)
        return
    if time == m.slot(w, slot).time:
        return
    earlier = time < m.slot(w, slot).time
    m.slot(w, slot).time = time
    if earlier:
        _rise(w, i)
    else:
        _sink(w, i, size)


@kernel
def close_gap(w: Record) -> None:
    """End an event's hold on the top of the agenda: the last entry fills a gap that nothing took."""
    if w.hole == 2:
        size = w.heap - 1
        w.heap = size
        if size > 0:
            m.slot(w, 0).heap = m.slot(w, size).heap
            _sink(w, 0, size)
    w.hole = 0


@kernel
def family(offset: np.ndarray, slot: int) -> int:
    """Return the family that a slot belongs to; its member is slot − offset[family]."""
    f = 0
    while slot >= offset[f + 1]:
        f += 1
    return f
