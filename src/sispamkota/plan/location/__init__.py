"""Answer the classic questions of where to stand on any matrix of times: each to its optimum or with its bound."""

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

__all__ = [
    "Placement",
    "Relocation",
    "centre",
    "cover",
    "double_standard",
    "expected_cover",
    "median",
    "relocate",
    "set_cover",
]
