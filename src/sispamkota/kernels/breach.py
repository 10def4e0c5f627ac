"""How far a world is on the way to a breach, and playing until it has come so far: the ladder of `splitting`."""

from . import crowd
from . import memory as m
from ._compile import kernel
from .layout import DONE, DOORS_DOWN, INTACT, ONE, PAUSED, Record
from .perimeter import held_back, layer_strength
from .world import advance

__all__ = ["breach_peak", "breach_progress", "breach_reach"]

AHEAD = 120.0  # s; how far to look, which changes how fast an estimate narrows and never what it estimates
NEARLY = 2.999999  # worn through, and the doors not yet fallen: their fall is an event of its own


@kernel
def breach_progress(w: Record) -> float:
    """Return 0 to 3, the highest over the protected offices; 3 is the measure `breached`.

    Below 1, while nothing wears: the violent over those that the line holds, and one more. Then 1 + the layers that
    have fallen + the mean of what is worn of the next and of what will be shortly if the pressure stays: a worn door
    with nobody before it is half a step on the way.
    """
    p = m.param(w, 0)
    best = 0.0
    for k in range(w.crowds):
        c = m.crowd(w, k)
        if c.layer >= DOORS_DOWN:
            return 3.0
        ct = m.crowd_t(w, k)
        if ct.protected == 0:
            continue
        strength = layer_strength(p, ct, c.layer)
        left = c.left_of_layer - c.pressure * (w.now - c.since)
        worn = min(1.0, max(0.0, 1.0 - left / strength)) if strength > 0.0 else 1.0
        soon = min(1.0, worn + c.pressure * AHEAD / strength) if strength > 0.0 else 1.0
        if c.layer == INTACT and soon <= 0.0:
            held = held_back(p, ct, crowd.effective_officers(c), c.guards)
            best = max(best, min(1.0, (c.I[0] + c.I[1]) / (held + 1.0)))
        else:
            best = max(best, min(1.0 + c.layer + 0.5 * (worn + soon), NEARLY))
    return best


@kernel
def breach_reach(w: Record, until: float, level: float) -> bool:
    """Play until an event leaves the way to a breach at a level or above; false when the time has passed, or a fault.

    A fault stays in `w.fault`.
    """
    while breach_progress(w) < level:
        before = w.events
        code = advance(w, until, ONE)
        if (code != DONE and code != PAUSED) or w.events == before:
            return False
    return True


@kernel
def breach_peak(w: Record, until: float) -> float:
    """Play to a time and return the highest progress at an event; a fault stays in `w.fault`."""
    best = breach_progress(w)
    while True:
        before = w.events
        code = advance(w, until, ONE)
        if (code != DONE and code != PAUSED) or w.events == before:
            return best
        best = max(best, breach_progress(w))
