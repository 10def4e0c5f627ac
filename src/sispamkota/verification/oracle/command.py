"""Who leads and which line faces the crowd: stage, alih kendali, lapis ganti, lintas ganti (model.md §3)."""

from __future__ import annotations

import math

from .crowds import stage_after_hold
from .incidents import close, trim
from .sim import Sim
from .terms import at
from .things import Crowd
from .units import ask_again, reinforce

__all__ = ["control_step", "line_step", "set_need", "stage_step", "stand_down"]


def set_need(sim: Sim, c: Crowd) -> None:
    """Ask for the units of the stage, as far as the command in control may order; decide again at once."""
    if c.incident is not None:
        c.incident.need = list(c.needs[min(c.stage, c.control)])
        c.incident.priority = c.incident.kind.priority + c.stage
        ask_again(sim, c.incident)


def stage_step(sim: Sim, c: Crowd) -> None:
    """Change the stage: upwards control is asked for, downwards the line falls back and units go home."""
    before, c.stage = c.stage, stage_after_hold(sim, c)
    c.calm_since = math.inf
    sim.note(at.LOG_STAGE, c.place, incident=c.incident, a=c.stage, b=before)
    _call_levels(sim, c)
    if c.stage > before:
        _ask_control(sim, c)
        if c.stage >= sim.p.bko_stage:
            reinforce(sim)
        set_need(sim, c)
    else:
        c.line = c.line_next = min(c.line, c.stage)
        if c.stage == at.HIJAU:
            c.control = c.control_next = 0
            c.control_due = math.inf
        set_need(sim, c)
        if c.incident is not None:
            trim(sim, c.incident)
    stand_down(sim, c)


def _call_levels(sim: Sim, c: Crowd) -> None:
    """Start the response time of each level that the stage newly asks for; end those it no longer does."""
    for level in (1, 2):
        if level > c.stage:
            if c.calls[level] == 1 and c.incident is not None:
                outcome = at.NOT_NEEDED
                sim.respond(c.incident, at.POLICE_SERVICE, called=c.called[level], outcome=outcome, unit=None)
            c.calls[level] = 0
        elif c.calls[level] == 0 and c.needs[level][at.CROWD_0 + level] > 0:
            c.calls[level], c.called[level] = 1, sim.now


def stand_down(sim: Sim, c: Crowd) -> None:
    """Close the incident of a place that is calm and empty and expects nobody."""
    if c.incident is not None and c.stage == at.HIJAU and c.present == 0 and sum(c.arrive) == 0.0:
        incident, c.incident = c.incident, None
        close(sim, incident)


def _ask_control(sim: Sim, c: Crowd) -> None:
    """Start the next hand-over of control, one level at a time."""
    if c.stage > c.control and c.control_next == c.control:
        p = sim.p
        c.control_next += 1
        c.control_delays += 1
        c.control_due = sim.now + sim.luck.lognormal(
            "command.delay", c.who, 2 * c.control_delays, median=p.control_delay, spread=p.control_spread
        )


def control_step(sim: Sim, c: Crowd) -> None:
    """Hand control over, and ask for the next level where the stage needs it."""
    c.control, c.control_due = c.control_next, math.inf
    sim.note(at.LOG_CONTROL, c.place, incident=c.incident, a=c.control)
    _ask_control(sim, c)
    set_need(sim, c)


def line_step(sim: Sim, c: Crowd) -> None:
    """Hand the line to the next level."""
    c.line, c.line_due = c.line_next, math.inf
    sim.note(at.LOG_LINE, c.place, incident=c.incident, a=c.line)
