"""The enumerations of the engine's layout as plain integers: the one thing that oracle and engine share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ...kernels import layout

__all__ = ["at"]

# what the engine numbers, by the same names: at.MERAH, at.CAPS, …
at: Any = SimpleNamespace(
    **{name: int(value) for name, value in vars(layout).items() if name.isupper() and hasattr(value, "__index__")},
    PARAMETERS=layout.PARAMETERS,
)
