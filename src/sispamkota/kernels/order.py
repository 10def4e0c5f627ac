"""Orders from outside the engine: the closed list of what a policy written in Python, or people at a desk, may do.

Some are a desk's alone: who leads at a place (alih kendali), which line faces the crowd (lapis ganti, lintas ganti) and
how far the use of force may go there; and what the controller of an exercise lets happen.

An order that cannot be carried out changes nothing and says why; one that can is an event of its own, now.
"""

import numpy as np

from . import crowd
from . import memory as m
from ._compile import kernel
from .choose import candidate
from .command import ask_control, control_step
from .heap import INJECT_SLOT, move
from .layout import AVAILABLE, FREED, IDLE, MERAH, NONE, OPEN, RETURN, SCENE, SERVES_LOWER, UNREST, Record, numbers
from .stand import can
from .unit import ask_again, dispatch, head_home, reinforce, release, retask

__all__ = [
    "REFUSALS",
    "allow_gas",
    "ask_to_leave",
    "call_reinforcement",
    "cap_force",
    "change_line",
    "hand_over",
    "hold_command",
    "let_happen",
    "recall",
    "send",
    "survey",
    "take_desks",
]

NOT_OPEN, CANNOT_DO_IT, NO_WORK, NOBODY_THERE, ALREADY_ASKED, NOT_ASKED_FOR, WORK_BEGUN = numbers(7, first=100)
NOT_CALLED_FOR, NO_LINE, LINE_MOVES, ENCLOSED = numbers(4, first=107)
REFUSALS = {
    NOT_OPEN: "this incident is not open",
    CANNOT_DO_IT: "this unit has not the capability that is asked of it",
    NO_WORK: "this unit has no work from which it could be recalled",
    NOBODY_THERE: "nobody is gathered there",
    NOT_ASKED_FOR: "this incident does not ask for that",
    WORK_BEGUN: "this unit has begun work that it must end",
    ALREADY_ASKED: "reinforcement from outside the city has been asked for already",
    NOT_CALLED_FOR: "the stage there does not call for a higher command",
    NO_LINE: "no higher line is there that the stage calls for and who leads may order",
    LINE_MOVES: "the line is being handed over there already",
    ENCLOSED: "no tear gas at an enclosed place, whoever asks",
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


@kernel
def hold_command(w: Record, k: int, on: int) -> int:
    """Let people at a desk, and not the engine, hand over control and line at a place; or give it back."""
    c = crowd.touch(w, k)
    c.held = on
    if on == 0:
        ask_control(w, k)
    crowd.refresh_touched(w)
    return 0


@kernel
def hand_over(w: Record, k: int) -> int:
    """Hand control over to the next level now: whoever may has decided it (alih kendali)."""
    c = m.crowd(w, k)
    if c.control >= MERAH or c.stage <= c.control:
        return NOT_CALLED_FOR
    c.control_next = c.control + 1
    control_step(w, k)
    crowd.refresh_touched(w)
    return 0


@kernel
def change_line(w: Record, k: int) -> int:
    """Begin to hand the line over to the highest level at hand; the people need their time for it."""
    c = m.crowd(w, k)
    want = crowd.level_at_hand(c)
    if want <= c.line:
        return NO_LINE
    if c.line_next == want:
        return LINE_MOVES
    crowd.touch(w, k)
    crowd.start_line(c, m.param(w, 0), w, (m.crowd_t(w, k).who, want))
    crowd.refresh_touched(w)
    return 0


@kernel
def cap_force(w: Record, k: int, cap: int) -> int:
    """Let the use of force at a place go no further than a stage of doctrine; 0 lifts the cap."""
    crowd.touch(w, k).cap = cap
    crowd.refresh_touched(w)
    return 0


@kernel
def allow_gas(w: Record, k: int, on: int) -> int:
    """Allow tear gas at a place, by a named authority, or take it back; refused where people cannot leave."""
    if on == 1 and m.crowd_t(w, k).enclosed == 1:
        return ENCLOSED
    crowd.touch(w, k).gas = on
    crowd.refresh_touched(w)
    return 0


@kernel
def let_happen(w: Record, x: int, time: float) -> int:
    """Put an inject on the agenda."""
    m.inject(w, x).due = time
    m.inject(w, x).fired = 0
    move(w, w.offset[INJECT_SLOT] + x, time)
    return 0


@kernel
def take_desks(w: Record, desks: int) -> None:
    """Set which desks people hold, a bit each; what a desk that is given back left open is decided anew."""
    given = w.desks & ~desks
    w.desks = desks
    i = w.first_open if given != 0 else -1
    while i >= 0:
        if m.incident(w, i).state == OPEN:
            ask_again(w, i)
        i = m.incident(w, i).after
