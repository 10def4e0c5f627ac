"""From what was seen at a compound to the city's own rates: the crowd's law that comes nearest to how its layers fall.

At the compound the line stands first: it holds so many of those who find room to press it, and falls when the others
have worn it; then the gate, then the door, each by who finds room before it. In the city one law stands for all of it,
docs/explanation/site-and-city.md. Times are compared by their logarithms, never-falling as `NEVER`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .site_trials import room_to_press

__all__ = ["Fit", "Material", "Pressing", "fall_times", "fit_law", "law_times"]

F8 = NDArray[np.float64]
NEVER = 4.0 * 3600.0  # s; a layer that stands so long stands for the scene
SETUPS = np.array(list(product((30, 60, 90, 120, 180, 240, 320), (0, 10, 20, 40, 80, 160), (0, 10, 30))), np.float64)


@dataclass(frozen=True, eq=False)
class Pressing:
    """Hold who finds room to press the line, the gate and the door, by the trials' numbers of violent people."""

    line: F8
    gate: F8
    door: F8


@dataclass(frozen=True)
class Material:
    """Hold what people and things bear, as in the city's parameters and data/place/motion.yaml."""

    hold_per_officer: float
    hold_per_guard: float
    fence_strength: float
    door_strength: float
    line_strength: float


@dataclass(frozen=True)
class Fit:
    """Hold the law's parameters, and how far its times lie from those seen: root mean square of ln, over the setups."""

    hold_per_officer: float
    hold_per_guard: float
    press_most: float
    fence_strength: float
    door_strength: float
    misfit: float


def fall_times(pressing: Pressing, material: Material, *, setups: F8 = SETUPS) -> tuple[F8, F8]:
    """Give when line and gate have fallen, and how long the door then bears, s.

    setups (n, 3): violent, officers, guards. Without officers, or where nobody can press the line, there is none.
    """
    violent, officers, guards = setups.T
    line = _time(material.line_strength, room_to_press(pressing.line, violent) - material.hold_per_officer * officers)
    line = np.where((officers > 0) & (pressing.line.max() > 0), line, 0.0)
    gate = _time(material.fence_strength, room_to_press(pressing.gate, violent) - material.hold_per_guard * guards)
    return np.minimum(line + gate, NEVER), _time(material.door_strength, room_to_press(pressing.door, violent))


def law_times(fit: F8, *, setups: F8 = SETUPS) -> F8:
    """Give when the fence falls by the law; fit: hold per officer, hold per guard, most who press, strength."""
    violent, officers, guards = setups.T
    return _time(fit[3], np.minimum(violent - fit[0] * officers, fit[2]) - fit[1] * guards)


def _time(strength: float, wearing: F8) -> F8:
    """Give how long so much bears, s."""
    return np.minimum(strength / np.maximum(wearing, strength / NEVER), NEVER)


def fit_law(pressing: Pressing, material: Material, *, near: Fit | None = None) -> Fit:
    """Find the law that comes nearest; with a fit that is `near` only from there, and from what the city assumes."""
    from scipy.optimize import least_squares

    fence, door = fall_times(pressing, material)
    alone = SETUPS[:, 1] + SETUPS[:, 2] == 0

    def off(x: F8) -> F8:
        """Give the distances of the logarithms."""
        return np.log(law_times(np.exp(x)) / fence)

    share = max(float(room_to_press(pressing.gate, np.array([120.0]))[0]), 1.0) / 120.0
    guard, bears = material.hold_per_guard / share + 1e-3, material.fence_strength / share
    each = product((0.3, 1.0), (80.0, 200.0)) if near is None else ((0.8, near.press_most),)
    starts = [np.log([h / share * material.hold_per_officer + 1e-3, guard, most, bears]) for h, most in each]
    low, high = np.log([1e-4, 1e-4, 5.0, 10.0]), np.log([100.0, 100.0, 1e6, 1e6])
    best = min(
        (
            least_squares(off, np.clip(each, low, high), bounds=(low, high), x_scale=0.3, diff_step=1e-3)
            for each in starts
        ),
        key=lambda each: float(each.cost),
    )
    hold, guard, most, strength = np.exp(best.x)
    wearing = np.minimum(SETUPS[alone, 0], most)
    bears = float(np.exp(np.mean(np.log(door[alone] * wearing))))
    return Fit(float(hold), float(guard), float(most), float(strength), bears, float(np.sqrt(np.mean(best.fun**2))))
