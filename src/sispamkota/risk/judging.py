"""When a history says enough to judge by: the limits of data/risk/judging.yaml."""

from __future__ import annotations

import math
from typing import Literal

from sispamkota.inputs import Model, own_file
from sispamkota.place.voting import Ranged

__all__ = ["Judging", "events_needed", "judging"]


class Judging(Model):
    """Hold data/risk/judging.yaml: shares, counts, hours."""

    kind: Literal["judging"]
    version: Literal[1]
    contrast: Ranged
    power: Ranged
    level: Ranged
    windows: Ranged
    contagion_events: Ranged
    contagion_level: Ranged
    shortest_h: Ranged
    longest_share: Ranged
    level_shape: Ranged


def judging() -> Judging:
    """Read the embedded limits once."""
    return own_file(Judging, "risk", "judging")


def events_needed(*, contrast: float, power: float, level: float) -> int:
    """Count the incidents that tell a forecast which knows the busy half of the places from one that does not.

    The busy half has `contrast` times the incidents of the other. By each incident the log score gains log 2p with
    chance p = contrast / (1 + contrast) and log 2(1 - p) else; the count is that of a z-test of the mean gain, with an
    interval of `level` (two-sided) and the given power.
    """
    from scipy.stats import norm

    p = contrast / (1 + contrast)
    gain = p * math.log(2 * p) + (1 - p) * math.log(2 * (1 - p))
    spread = math.sqrt(p * (1 - p)) * math.log(contrast)
    z = float(norm.ppf((1 + level) / 2) + norm.ppf(power))
    return math.ceil((z * spread / gain) ** 2)
