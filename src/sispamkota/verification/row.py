"""One line of the verification table."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Row"]


@dataclass(frozen=True)
class Row:
    """Set what the program gives beside what a source says; `tolerance` is absolute, in the unit of the quantity."""

    case: str
    quantity: str
    source: str
    expected: float
    got: float
    tolerance: float

    @property
    def met(self) -> bool:
        """Tell whether the two agree within the tolerance; a NaN never does."""
        return abs(self.got - self.expected) <= self.tolerance
