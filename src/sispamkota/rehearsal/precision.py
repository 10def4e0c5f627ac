"""Stop when the answer is sharp enough: looks at stated numbers of replicates, never by the clock.

The number at which a rehearsal stops is a function of its inputs, whoever plays it. Looking more than once makes a
95 % interval hold a little less often than 95 %; the looks double, so there are few (docs/explanation/precision.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sispamkota.errors import Fault, InputError, suggest
from sispamkota.schema import quantities

from .measures import Measure

__all__ = ["FIRST_LOOK", "Precision", "Shortfall"]

FIRST_LOOK = 200


@dataclass(frozen=True)
class Shortfall:
    """Say that a measure's interval is wider than was asked: half-widths in its display unit."""

    name: str
    unit: str
    asked: float
    got: float


@dataclass(frozen=True)
class Precision:
    """Ask for half-widths of 95 % intervals: measure → half-width in its display unit; `most` replicates at most."""

    targets: Mapping[str, float]
    most: int = 1000

    @classmethod
    def parse(cls, texts: Sequence[str], *, most: int) -> Precision | None:
        """Read NAME=HALF_WIDTH texts; None for none. Raises InputError with every fault."""
        known = [each.name for each in quantities(kind="measure")]
        targets, faults = dict[str, float](), list[Fault]()
        for text in texts:
            name, _, half = text.partition("=")
            if name not in known:
                faults.append(Fault("--precision", "NAME", "a measure", f'"{name}"', suggest(name, known)))
            elif _number(half) is None:
                remedy = "Write for example harm_people=0.5."
                faults.append(Fault("--precision", name, "a number above 0", f'"{half}"', remedy))
            targets[name] = _number(half) or math.nan
        if faults:
            raise InputError(faults)
        return cls(targets, most) if targets else None

    def looks(self) -> Iterator[int]:
        """Give the numbers of replicates at which to look: 200, 400, 800, … and the most."""
        n = FIRST_LOOK
        while n < self.most:
            yield n
            n *= 2
        yield self.most

    def shortfalls(self, measures: Sequence[Measure]) -> list[Shortfall]:
        """List what is not yet as sharp as asked; a measure without a finite interval never is."""
        by_name = {measure.name: measure for measure in measures}
        found = []
        for name, asked in self.targets.items():
            measure = by_name.get(name)
            half = math.inf if measure is None else (measure.high - measure.low) / 2.0
            if not half <= asked:
                found.append(Shortfall(name, "" if measure is None else measure.unit, asked, half))
        return found


def _number(text: str) -> float | None:
    """Read a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0.0 else None
