"""The enumerations of the engine's layout as plain integers: the one thing that oracle and engine share."""

from __future__ import annotations

from ...kernels import layout

__all__ = ["PARAMETERS", "at"]

PARAMETERS = layout.PARAMETERS


class _Terms:
    """Give what the engine numbers by the same names, such as at.MERAH."""

    def __init__(self) -> None:
        whole = {name: value for name, value in vars(layout).items() if hasattr(value, "__index__")}
        self.__dict__.update({name: int(value) for name, value in whole.items() if name.isupper()})

    def __getattr__(self, name: str) -> int:
        raise AttributeError(f"the layout has no number {name}")


at = _Terms()
