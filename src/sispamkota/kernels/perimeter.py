"""What holds a crowd back from an office, and how strong its layers are: the city's values, or those of its own site.

The record of a place says whether its office is the compound whose rates were measured (`rehearsal.site_rates`).
"""

from ._compile import kernel
from .layout import FENCE_DOWN, INTACT, ONE, Record

__all__ = ["asked_rate", "held_back", "layer_strength", "wearing"]


@kernel
def held_back(p: Record, ct: Record, officers: int, guards: int) -> float:
    """Return how many violent people so many officers on the line and guards hold."""
    if ct.site == ONE:
        return p.site_hold_per_officer * officers + p.site_hold_per_guard * guards
    return p.hold_per_officer * officers + p.hold_per_guard * guards


@kernel
def wearing(p: Record, ct: Record, violent: int, officers: int, guards: int) -> float:
    """Return how many violent people wear the layer down that stands.

    At a site the line holds some of them in the street, so many of the others find room before the opening, and the
    guards behind it hold some of these.
    """
    if ct.site == ONE:
        room = min(violent - p.site_hold_per_officer * officers, p.site_press_most)
        return max(0.0, room - p.site_hold_per_guard * guards)
    return max(0.0, violent - held_back(p, ct, officers, guards))


@kernel
def layer_strength(p: Record, ct: Record, layer: int) -> float:
    """Return what the layer that stands after so many have fallen bears, violent person-seconds."""
    if layer == INTACT:
        return p.site_fence_strength if ct.site == ONE else p.fence_strength
    if layer == FENCE_DOWN:
        return p.site_door_strength if ct.site == ONE else p.door_strength
    return p.room_strength


@kernel
def asked_rate(p: Record, ct: Record) -> float:
    """Return the further rate of leaving when asked, 1/s."""
    return p.site_leave_asked_rate if ct.site == ONE else p.leave_asked_rate
