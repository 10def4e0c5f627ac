"""Branch a world: from here on every draw is taken under a new key, and every wait without memory is drawn anew.

What is redrawn: the clocks of the crowds' channels and the next strike of each hazard (unit-rate exponentials in their
own time), whom an incident hurts next, the ordinary patients of hospitals, calls not yet understood, and work with an
exponential length. All of these have the law of a fresh wait, whatever has passed. What keeps its end: journeys,
turnouts, hand-overs, stays in hospital, work of fixed or lognormal length, calls that fade, the fire's next neighbour,
and all that is drawn once a replicate (parameters, factors of hazards, beds taken, sizes of gatherings begun).
"""

import math

import numpy as np

from . import crowd, rng
from . import memory as m
from ._compile import kernel
from .casualty import set_others
from .events import next_hazard
from .incident import call_delay, put, set_harm, start_service
from .layout import BEDS, CALLED, CHANNELS, EXPONENTIAL, OPEN, Record

__all__ = ["branch", "branch_key"]


@kernel
def branch_key(key: int, replicate: int, number: int) -> int:
    """Return the key of a branch: 64 bits of Philox under the key it leaves; branches of branches chain."""
    low, high = number & np.int64(0xFFFFFFFF), number >> np.int64(32)
    a, b, _, _ = rng.philox(replicate, rng.BRANCH, low, high, key)
    return (a << np.uint64(32)) | b


@kernel
def _redraw_incident(w: Record, i: int) -> None:
    """Draw anew when a call is understood, or when work of exponential length ends; leave what is due now."""
    incident = m.incident(w, i)
    if incident.state == CALLED and incident.due > w.now:
        incident.due = w.now + call_delay(w, i)
    if incident.harm_due > w.now:
        set_harm(w, i)
    put(w, i)
    if incident.state == OPEN and math.isinf(incident.due) and not math.isinf(incident.end):
        if m.kind(w, incident.kind).law == EXPONENTIAL and incident.end > w.now:
            start_service(w, i)


@kernel
def branch(w: Record, number: int) -> None:
    """Leave the world's future for its `number`-th other one."""
    w.seed = branch_key(w.seed, w.replicate, number)
    w.branches += 1
    for k in range(w.crowds):
        c = crowd.touch(w, k)
        for channel in range(CHANNELS):
            crowd.restart(c, w, m.crowd_t(w, k).who, channel)
    crowd.refresh_touched(w)
    for h in range(w.hazards):
        next_hazard(w, h)
    if m.param(w, 0).other_patients > 0.5:
        for h in range(w.hospitals):
            for bed in range(BEDS):
                set_others(w, h, bed)
    i = w.first_open
    while i >= 0:
        _redraw_incident(w, i)
        i = m.incident(w, i).after
