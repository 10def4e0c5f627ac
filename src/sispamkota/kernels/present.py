"""Put a world that has just started at a present that people report: how a crowd stands, how many beds are free."""

from . import crowd
from . import memory as m
from ._compile import kernel
from .casualty import set_others
from .command import ask_control, set_need
from .layout import BAY, MERAH, Record

__all__ = ["fill_beds", "stand_at"]


@kernel
def stand_at(w: Record, k: int, control: int, line: int) -> None:
    """Let a crowd be at the stage that its numbers ask for, led at a level and faced by a line, both as reported."""
    c = crowd.touch(w, k)
    c.stage = crowd.stage_wanted(c, m.param(w, 0))
    c.control = min(control, MERAH)
    c.control_next = c.control
    c.line = min(line, c.stage)
    c.line_next = c.line
    ask_control(w, k)
    set_need(w, k)
    crowd.refresh_touched(w)


@kernel
def fill_beds(w: Record, h: int, bed: int, free: int) -> None:
    """Leave so many beds of a kind free at a hospital; patients of the ordinary day are in the others."""
    hospital = m.hospital(w, h)
    if bed == BAY:
        w.bays += free - hospital.free[bed]
        w.bays_low = w.bays
    hospital.free[bed] = free
    hospital.low[bed] = free
    hospital.others[bed] = hospital.open[bed] - free
    if m.param(w, 0).other_patients > 0.5:
        set_others(w, h, bed)
