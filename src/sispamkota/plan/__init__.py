"""Who stands where, and what for."""

from .location import (
    Placement,
    Relocation,
    centre,
    cover,
    double_standard,
    expected_cover,
    median,
    relocate,
    set_cover,
)
from .plan import POSTURES, TASKS, Plan, Post
from .ratio import plan_by_ratio

__all__ = [
    "POSTURES",
    "TASKS",
    "Placement",
    "Plan",
    "Post",
    "Relocation",
    "centre",
    "cover",
    "double_standard",
    "expected_cover",
    "median",
    "plan_by_ratio",
    "relocate",
    "set_cover",
]
