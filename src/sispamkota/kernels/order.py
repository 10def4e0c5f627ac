"""Orders from outside the engine: the closed list of what a policy written in Python, or people at a desk, may do.

An order that cannot be carried out changes nothing and says why; one that can is an event of its own, now.
"""

import numpy as np

from . import crowd
from . import memory as m
from ._compile import kernel
from .choose import candidate
from .layout import AVAILABLE, FREED, IDLE, NONE, OPEN, RETURN, SCENE, SERVES_LOWER, UNREST, Record, numbers
from .stand import can
from .unit import dispatch, head_home, reinforce, release, retask

__all__ = ["REFUSALS", "ask_to_leave", "call_reinforcement", "recall", "send", "survey"]

NOT_OPEN, CANNOT_DO_IT, NO_WORK, NOBODY_THERE, ALREADY_ASKED, NOT_ASKED_FOR, WORK_BEGUN = numbers(7, first=100)
REFUSALS = {
    NOT_OPEN: "this incident is not open",
    CANNOT_DO_IT: "this unit has not the capability that is asked of it",
    NO_WORK: "this unit has no work from which it could be recalled",
    NOBODY_THERE: "nobody is gathered there",
    NOT_ASKED_FOR: "this incident does not ask for that",
    WORK_BEGUN: "this unit has begun work that it must end",
    ALREADY_ASKED: "reinforcement from outside the city has been asked for already",
}


@kernel
def survey(w: Record, i: int, cap: int, standing: np.ndarray, seconds: np.ndarray) -> None:
    """Fill standing[unit] (−1: not able) and seconds[unit] for an incident and a capability."""
    incident = m.incident(w, i)
    for u in range(w.units):
        standing[u], seconds[u] = NONE, np.inf
        if can(m.unit_t(w, u), cap):
            standing[u], seconds[u] = candidate(w, u, incident)


@kernel
def send(w: Record, i: int, u: int, cap: int) -> int:
    """Send a unit to an incident; return 0, or why not: a refusal, or its standing (`layout`)."""
    incident = m.incident(w, i)
    if incident.state != OPEN:
        return NOT_OPEN
    if not can(m.unit_t(w, u), cap):
        return CANNOT_DO_IT
    if incident.need[cap] <= 0:
        return NOT_ASKED_FOR
    desks = w.desks
    w.desks = 0
    standing, _ = candidate(w, u, incident)
    w.desks = desks
    if standing == SERVES_LOWER:
        retask(w, i, u, cap)
    elif standing == AVAILABLE:
        dispatch(w, i, u, cap)
    else:
        return standing
    crowd.refresh_touched(w)
    return 0


@kernel
def recall(w: Record, u: int) -> int:
    """Take a unit from its incident and send it home, unless it has begun work or has a casualty in its care."""
    unit = m.unit(w, u)
    if unit.incident < 0 or unit.casualty >= 0 or unit.state in (IDLE, FREED, RETURN):
        return NO_WORK
    if unit.state == SCENE and m.kind(w, m.incident(w, unit.incident).kind).model != UNREST:
        return WORK_BEGUN
    release(w, u)
    head_home(w, u)
    crowd.refresh_touched(w)
    return 0


@kernel
def ask_to_leave(w: Record, k: int) -> int:
    """Ask the people at a place to go home, through those who keep the dialogue there."""
    if crowd.total(m.crowd(w, k)) == 0:
        return NOBODY_THERE
    crowd.touch(w, k).asked = 1
    crowd.refresh_touched(w)
    return 0


@kernel
def call_reinforcement(w: Record) -> int:
    """Ask for the units outside the city."""
    if w.reinforced == 1:
        return ALREADY_ASKED
    reinforce(w)
    return 0
