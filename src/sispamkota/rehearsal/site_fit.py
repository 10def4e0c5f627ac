"""From what was seen at a compound to the city's own rates: the crowd's law that comes nearest to how its layers fall.

At the compound the line stands first: it holds so many of those who find room to press it, and falls when the others
have worn it; then the gate, then the door, each by who finds room before it. In the city one law stands for all of it,
docs/explanation/site-and-city.md. Times are compared by their logarithms, never-falling as `NEVER`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .site_trials import VIOLENT, room_to_press

__all__ = ["Fit", "Material", "Misfit", "Pressing", "fall_times", "fit_law", "law_times", "misfit_of"]

F8 = NDArray[np.float64]
NEVER = 4.0 * 3600.0  # s; a layer that stands so long stands for the scene
SETUPS = np.array(list(product((30, 60, 90, 120, 180, 240, 320), (0, 10, 20, 40, 80, 160), (0, 10, 30))), np.float64)


@dataclass(frozen=True, eq=False)
class Pressing:
    """Hold who finds room to press line, gate and door, and the lag until then (s), by the trials' violent people."""

    line: F8
    gate: F8
    door: F8
    trials: tuple[float, ...] = VIOLENT
    lags: Mapping[str, F8] = field(default_factory=dict)

    def room(self, barrier: str, violent: F8) -> F8:
        """Give who presses a barrier for any number of violent people."""
        return room_to_press(getattr(self, barrier), violent, trials=self.trials)

    def falls(self, barrier: str, violent: F8, held: F8, strength: float) -> F8:
        """Give when a barrier falls that holds so many, s: worn by the others once they have found room, after the lag.

        Until then as much is missing as all who press do in the lag; those who are left wear that off more slowly.
        """
        pressed = self.room(barrier, violent)
        lag = np.interp(violent, self.trials, self.lags.get(barrier, np.zeros(len(self.trials))))
        late = lag * pressed / np.maximum(pressed - held, 1e-9)
        return np.minimum(_time(strength, pressed - held) + late, NEVER)


@dataclass(frozen=True)
class Material:
    """Hold what people and things bear, as in the city's parameters and data/place/motion.yaml."""

    hold_per_officer: float
    hold_per_guard: float
    fence_strength: float
    door_strength: float
    line_strength: float


@dataclass(frozen=True)
class Misfit:
    """Say how far the law's times lie from those seen, over the setups that can tell: both never fall in the others.

    `fence`: root mean square of ln(law/seen), `factor`: the worst as a factor; never counts as NEVER. `unsafe`: setups
    in which the law says never and the fence falls; `severe`: the other way round. `door`: the root mean square of its
    time, over the setups without officers and guards.
    """

    setups: int
    telling: int
    fence: float
    factor: float
    unsafe: int
    severe: int
    door: float


@dataclass(frozen=True)
class Fit:
    """Hold the law's parameters, and how far it lies from what was seen."""

    hold_per_officer: float
    hold_per_guard: float
    press_most: float
    fence_strength: float
    door_strength: float
    misfit: Misfit


def fall_times(pressing: Pressing, material: Material, *, setups: F8 = SETUPS) -> tuple[F8, F8]:
    """Give when line and gate have fallen, and how long the door then bears, s.

    setups (n, 3): violent, officers, guards. Without officers, or where nobody can press the line, there is none.
    """
    violent, officers, guards = setups.T
    line = pressing.falls("line", violent, material.hold_per_officer * officers, material.line_strength)
    line = np.where((officers > 0) & (pressing.line.max() > 0), line, 0.0)
    gate = pressing.falls("gate", violent, material.hold_per_guard * guards, material.fence_strength)
    return np.minimum(line + gate, NEVER), pressing.falls("door", violent, 0.0 * violent, material.door_strength)


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

    share = max(float(pressing.room("gate", np.array([120.0]))[0]), 1.0) / 120.0
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
    hold, guard, most, strength = (float(x) for x in np.exp(best.x))
    borne = np.log(door[alone] * np.minimum(SETUPS[alone, 0], most))
    misfit = misfit_of(law_times(np.exp(best.x)), fence, door=float(borne.std()))
    return Fit(hold, guard, most, strength, float(np.exp(borne.mean())), misfit)


def misfit_of(law: F8, seen: F8, *, door: float = 0.0) -> Misfit:
    """Compare the law's times with those seen, s; a setup in which both say never tells nothing, and is left out."""
    never_law, never_seen = law >= NEVER - 1.0, seen >= NEVER - 1.0
    telling = ~(never_law & never_seen)
    off = np.log(law[telling] / seen[telling])
    return Misfit(
        setups=len(law),
        telling=int(telling.sum()),
        fence=float(np.sqrt(np.mean(off**2))) if off.size else 0.0,
        factor=float(np.exp(np.abs(off).max())) if off.size else 1.0,
        unsafe=int((never_law & ~never_seen).sum()),
        severe=int((never_seen & ~never_law).sum()),
        door=door,
    )
