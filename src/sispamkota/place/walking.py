"""How people walk and stand in a compound: data/place/motion.yaml, and its figures as a kernel takes them."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, log, radians
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sispamkota.inputs import Model, own_file
from sispamkota.kernels.motion_layout import MOTION, PUSH_STEPS

from .ride import Figure

__all__ = ["MotionFigures", "age_speed", "motion_figures", "motion_record", "push_table", "records"]

SKIN = 0.65  # m; a list of neighbours lasts until two people could have walked this towards each other
LEAST_PUSH = 0.02  # a repulsion below this is none


class MotionFigures(Model):
    """Hold data/place/motion.yaml."""

    kind: Literal["motion"]
    version: Literal[1]
    tag: Literal["estimated"]
    source: str
    step_s: Figure
    time_gap_s: Figure
    body_m: Figure
    clear_m: Figure
    push: Figure
    push_range_m: Figure
    wall_push: Figure
    wall_range_m: Figure
    free_mean: Figure
    free_spread: Figure
    shy_m: Figure
    shy_pace: Figure
    shy_room_m: Figure
    stray_degrees: Figure
    stray_s: Figure
    idle_speed: Figure
    stuck_s: Figure
    sideways: Figure
    look_s: Figure
    look_people: Figure
    slowest: Figure
    stand_m: Figure
    stand_spread: Figure
    gather_depth_m: Figure
    front_middle: Figure
    escorted: Figure
    group: Figure
    line_strength: Figure
    mood_radius_m: Figure
    press_reach_m: Figure
    crush_density: Figure
    ages: tuple[float, ...]
    age_mean: tuple[float, ...]
    age_upper: tuple[float, ...]


def motion_figures() -> MotionFigures:
    """Read the embedded figures once."""
    return own_file(MotionFigures, "place", "motion")


def age_speed(age: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the mean walking speed by age, and its spread: half the band above the mean, m/s; shapes (people,)."""
    figures = motion_figures()
    mean = np.interp(age, figures.ages, figures.age_mean)
    return mean, (np.interp(age, figures.ages, figures.age_upper) - mean) / 2.0


def records(n: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """Make a table of empty records whose fields are attributes too, as kernels read them."""
    return np.zeros(n, kind).view(np.recarray)


def motion_record(*, changed: Mapping[str, float] | None = None) -> NDArray[Any]:
    """Give one record of the kernels' header with the embedded figures, `changed` over them; no moods, no grid yet."""
    figures = motion_figures()
    values = {
        "dt": figures.step_s[0],
        "time_gap": figures.time_gap_s[0],
        "body": figures.body_m[0],
        "clear": figures.clear_m[0],
        "push": figures.push[0],
        "push_range": figures.push_range_m[0],
        "wall_push": figures.wall_push[0],
        "wall_range": figures.wall_range_m[0],
        "shy": figures.shy_m[0],
        "shy_pace": figures.shy_pace[0],
        "shy_room": figures.shy_room_m[0],
        "sway_angle": radians(figures.stray_degrees[0]),
        "sway_s": figures.stray_s[0],
        "escort": figures.escorted[0],
        "idle_speed": figures.idle_speed[0],
        "stuck_s": figures.stuck_s[0],
        "sideways": figures.sideways[0],
        "skin": SKIN,
        "mood_radius": figures.mood_radius_m[0],
        "press_reach": figures.press_reach_m[0],
        "crush": figures.crush_density[0],
        "disc": 1.0,
        "mood_step": -1,
        "crush_at": inf,
        "end_at": inf,
        **(changed or {}),
    }
    out = records(1, MOTION)
    for name, value in values.items():
        out[name] = value
    fastest = figures.free_mean[0] + 2.0 * figures.free_spread[0]
    seen = float(out["body"][0] + fastest * out["time_gap"][0])
    felt = float(out["body"][0] + out["push_range"][0] * log(max(out["push"][0] / LEAST_PUSH, 1.0)))
    out["felt"] = max(felt, float(out["disc"][0]))
    out["reach"] = max(seen, float(out["felt"][0]))
    out["gauge_every"] = max(1, round(0.5 / out["dt"][0]))
    out["mood_every"] = max(1, round(1.0 / out["dt"][0]))
    return out


def push_table(header: NDArray[Any]) -> NDArray[np.float64]:
    """Tabulate push · exp((l − d)/range) / d over d², 1/m, up to where it is nothing; below 5 cm as at 5 cm.

    Read between its points it is right to 1 in 1,000 from 10 cm on.
    """
    m = header[0]
    most = (float(m["body"]) + float(m["push_range"]) * log(max(float(m["push"]) / LEAST_PUSH, 1.0))) ** 2
    d = np.sqrt(np.maximum(np.arange(int(most * PUSH_STEPS) + 2) / PUSH_STEPS, 0.05**2))
    table = m["push"] * np.exp((m["body"] - d) / m["push_range"]) / d
    return np.concatenate([table, np.zeros(3)])
