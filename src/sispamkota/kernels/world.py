"""The engine's loop: the next event in time, until a time.

Between events all rates are constant. `advance(a)` then `advance(b)` equals `advance(b)`: a pause touches nothing.
"""

from . import crowd
from . import memory as m
from ._compile import kernel
from .casualty import others_step, surge_step
from .casualty import step as casualty_step
from .command import control_step, line_step, stage_step
from .damage import fire_step, layer_falls
from .events import harm_step, hazard_step, inject_step, watch
from .heap import (
    BED_SLOT,
    CASUALTY_SLOT,
    CONTROL_SLOT,
    CROWD_SLOT,
    DUTY_SLOT,
    HAZARD_SLOT,
    INCIDENT_SLOT,
    INJECT_SLOT,
    LINE_SLOT,
    PERIMETER_SLOT,
    STAGE_SLOT,
    UNIT_SLOT,
    close_gap,
    family,
)
from .incident import step as incident_step
from .layout import DONE, PAUSED, Record
from .people import crowd_step
from .scene import unit_step
from .unit import duty_step

__all__ = ["advance"]


@kernel
def _step_place(w: Record, kind: int, k: int) -> None:
    """Do what a place is due for."""
    if kind == CROWD_SLOT:
        crowd_step(w, k)
    elif kind == STAGE_SLOT:
        stage_step(w, k)
        watch(w, k)
    elif kind == CONTROL_SLOT:
        control_step(w, k)
    elif kind == LINE_SLOT:
        line_step(w, k)
    elif kind == PERIMETER_SLOT:
        layer_falls(w, k)
    else:
        fire_step(w, k)


@kernel
def _step_incident(w: Record, i: int) -> None:
    """Do what an incident is due for; whom it hurts comes after its end or its next decision at the same time."""
    incident = m.incident(w, i)
    if incident.harm_due < min(incident.due, incident.end, incident.fades):
        harm_step(w, i)
    else:
        incident_step(w, i)


@kernel
def _step(w: Record, kind: int, row: int) -> None:
    """Hand an event to what it belongs to."""
    if kind < UNIT_SLOT:
        _step_place(w, kind, row)
    elif kind == UNIT_SLOT:
        unit_step(w, row)
    elif kind == INCIDENT_SLOT:
        _step_incident(w, row)
    elif kind == CASUALTY_SLOT:
        casualty_step(w, row)
    elif kind == HAZARD_SLOT:
        hazard_step(w, row)
    elif kind == INJECT_SLOT:
        inject_step(w, row)
    elif kind == DUTY_SLOT:
        duty_step(w, row)
    elif kind == BED_SLOT:
        others_step(w, row)
    else:
        surge_step(w, row)


@kernel
def advance(w: Record, until: float, budget: int) -> int:
    """Play events up to and at a time, or as many as the budget; return DONE, PAUSED or a fault code.

    PAUSED leaves the clock at the event that used the budget up.
    """
    while w.heap > 0:
        slot = m.slot(w, 0).heap
        t = m.slot(w, slot).time
        if t > until:
            break
        w.now = t
        w.events += 1
        kind = family(w.offset, slot)
        w.hole = 1
        _step(w, kind, slot - w.offset[kind])
        crowd.refresh_touched(w)
        close_gap(w)
        if w.fault != DONE:
            return w.fault
        budget -= 1
        if budget == 0:
            return PAUSED
    w.now = until
    return DONE
