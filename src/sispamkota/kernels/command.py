"""Command at a place: the stage, who leads (alih kendali), and which line faces the crowd (lapis ganti, lintas ganti).

The stage follows the crowd after a hold. A higher stage moves control Kapolsek → Kapolresta → Kapolda, each hand-over
with its delay; control decides which units may be called; a called level takes the line after the hand-over of the
line.
"""

import math

from . import crowd, log, rng
from . import memory as m
from ._compile import kernel
from .incident import close, trim
from .layout import (
    CAPS,
    CROWD_0,
    HIJAU,
    LEVELS,
    LOG_CONTROL,
    LOG_LINE,
    LOG_STAGE,
    NONE,
    NOT_NEEDED,
    POLICE_SERVICE,
    Record,
)
from .unit import ask_again, reinforce

__all__ = ["ask_control", "control_step", "line_step", "set_need", "stage_step", "stand_down"]


@kernel
def set_need(w: Record, k: int) -> None:
    """Set what a crowd's incident asks for: the stage's list, as far as control has been handed over."""
    c, ct = m.crowd(w, k), m.crowd_t(w, k)
    if c.incident < 0:
        return
    incident = m.incident(w, c.incident)
    stage = min(c.stage, c.control)
    for cap in range(CAPS):
        incident.need[cap] = ct.need[stage, cap]
    incident.priority = m.kind(w, incident.kind).priority + c.stage
    ask_again(w, c.incident)


@kernel
def stage_step(w: Record, k: int) -> None:
    """Change the stage of a crowd; control is asked for on the way up, and units go home on the way down."""
    c, old = crowd.touch(w, k), m.crowd(w, k).stage
    c.stage = crowd.stage_due_now(c, m.param(w, 0), w.now)
    c.stage_due = math.inf
    c.down_since = math.inf
    log.note(w, LOG_STAGE, m.crowd_t(w, k).place, NONE, c.incident, float(c.stage), float(old))
    for level in range(1, LEVELS):
        _call(w, k, level)
    rising = c.stage > old
    if rising:
        ask_control(w, k)
        if c.stage >= m.param(w, 0).bko_stage and w.asking == 0 and c.held == 0:
            reinforce(w)
    else:
        c.line = min(c.line, c.stage)
        c.line_next = c.line
        if c.stage == HIJAU:
            c.control = HIJAU
            c.control_next = HIJAU
            c.control_due = math.inf
    set_need(w, k)
    if not rising and c.incident >= 0:
        trim(w, c.incident)
    stand_down(w, k)


@kernel
def _call(w: Record, k: int, level: int) -> None:
    """Call for a level's units when the stage reaches it; when it falls below, an unanswered call ends unneeded."""
    c = m.crowd(w, k)
    if level <= c.stage and c.calls[level] == 0 and m.crowd_t(w, k).need[level, CROWD_0 + level] > 0:
        c.calls[level] = 1
        c.called[level] = w.now
    elif level > c.stage:
        if c.calls[level] == 1 and c.incident >= 0:
            log.respond(w, m.incident(w, c.incident), POLICE_SERVICE, NONE, c.called[level], NOT_NEEDED)
        c.calls[level] = 0


@kernel
def stand_down(w: Record, k: int) -> None:
    """Close the incident of a place that is calm and empty and expects nobody."""
    c = m.crowd(w, k)
    if c.incident >= 0 and c.stage == HIJAU and crowd.total(c) == 0 and c.arrive[0] + c.arrive[1] == 0.0:
        i = c.incident
        c.incident = -1
        close(w, i)


@kernel
def ask_control(w: Record, k: int) -> None:
    """Ask for the next hand-over of control where the stage asks for more than who leads may order.

    Where people at a desk decide it, they ask themselves.
    """
    c, p = m.crowd(w, k), m.param(w, 0)
    if c.stage <= c.control or c.control_next > c.control or c.held == 1:
        return
    c.control_next = c.control + 1
    c.delays[0] += 1
    c.control_due = w.now + rng.lognormal(
        p.control_delay, p.control_spread, w.seed, w.replicate, rng.DELAY, m.crowd_t(w, k).who, 2 * c.delays[0]
    )


@kernel
def control_step(w: Record, k: int) -> None:
    """Hand control over, and on to the next level where the stage asks for it."""
    c = crowd.touch(w, k)
    c.control = c.control_next
    c.control_due = math.inf
    log.note(w, LOG_CONTROL, m.crowd_t(w, k).place, NONE, c.incident, float(c.control), 0.0)
    ask_control(w, k)
    set_need(w, k)


@kernel
def line_step(w: Record, k: int) -> None:
    """Let the next level take the line: lapis ganti to dalmas lanjut, lintas ganti to PHH Brimob."""
    c = crowd.touch(w, k)
    c.line = c.line_next
    c.line_due = math.inf
    log.note(w, LOG_LINE, m.crowd_t(w, k).place, NONE, c.incident, float(c.line), 0.0)
