"""If nothing changes: what the next hour may bring, with its intervals, and what a dialogue or support would change.

A forecast is played by the room's own engine from the room's present, many times, each with luck of its own. It gives
no order and leaves the room as it is. What it rests on and cannot know: docs/explanation/forecast.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from sispamkota.schema import Assumption

from .options import OPTIONS, Move

__all__ = ["BASE", "Fan", "Forecast", "Row"]

BASE = OPTIONS[-1]  # nothing changes


@dataclass(frozen=True)
class Row:
    """Hold one measure under one option, in its display unit; `place` is empty for the whole city.

    Of an amount: median, 5th and 95th percentile of the `n` futures, and its mean with the 95 % interval of it. Of a
    chance (a share of futures, 0 to 1) `mean` is the share, with Wilson's interval; the percentiles are None. Against
    the base, future by future: the mean `difference` with its 95 % interval by Student's t, the `p` of none, and
    whether it is `sure` among all differences shown (Holm). None where it is the base itself, or nothing had a value.
    """

    option: str
    measure: str
    place: str
    unit: str
    n: int
    median: float | None
    p05: float | None
    p95: float | None
    mean: float | None
    low: float | None
    high: float | None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    p: float | None = None
    sure: bool = False

    @property
    def chance(self) -> bool:
        """Say whether it is the chance of something."""
        return self.unit == "share"


@dataclass(frozen=True)
class Fan:
    """Hold how many are violent at a place as time goes on: 5th, 50th and 95th percentile at each of `minutes`."""

    option: str
    place: str
    minutes: tuple[float, ...]
    p05: tuple[float, ...]
    p50: tuple[float, ...]
    p95: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Forecast:
    """Hold what may come within some minutes of a moment of the room, for each option.

    `at` in seconds since the start; `digest` is that of the room's state there, after so many `records`. `places`: the
    names of those in it. `failed` counts futures that could not be played, with any option, and are left out of it.
    `left_out`: places with a crowd that are not shown.
    """

    title: Mapping[str, str]
    mode: str
    at: float
    records: int
    minutes: float
    replicates: int
    seed: int
    options: tuple[str, ...]
    moves: Mapping[str, tuple[Move, ...]]
    rows: tuple[Row, ...]
    fans: tuple[Fan, ...]
    assumptions: tuple[Assumption, ...]
    digest: str
    places: Mapping[str, str]
    failed: int = 0
    left_out: int = 0

    def find(self, measure: str, *, option: str = BASE, place: str = "") -> Row:
        """Look one row up; raises KeyError where the forecast has none."""
        for row in self.rows:
            if (row.measure, row.option, row.place) == (measure, option, place):
                return row
        raise KeyError(f"no {measure} {place} under {option}".replace("  ", " "))

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values; what is no finite number is null."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        plain |= {"options": list(self.options), "title": dict(self.title), "places": dict(self.places)}
        plain["moves"] = {option: [each.to_dict() for each in moves] for option, moves in self.moves.items()}
        plain["rows"] = [asdict(row) for row in self.rows]
        plain["fans"] = [asdict(fan) for fan in self.fans]
        plain["assumptions"] = [asdict(each) for each in self.assumptions]
        told: dict[str, Any] = _finite(plain)
        return told

    def to_table(self) -> pd.DataFrame:
        """Give one row an option, measure and place."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def __str__(self) -> str:
        """Print the forecast in English, dialogue first."""
        from .forecast_words import forecast_text

        return forecast_text(self, "en")

    def _repr_html_(self) -> str:
        from .forecast_words import forecast_page

        return forecast_page(self, "en")


_PLAIN = ("mode", "at", "records", "minutes", "replicates", "seed", "digest", "failed", "left_out")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
