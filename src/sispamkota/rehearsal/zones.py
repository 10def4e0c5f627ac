"""What decides between plans: five aims in order, each with a zone within which a difference decides nothing.

Harm to anyone first, then how often ballots are lost, voters kept from voting, minutes of unrest and of waiting for
help. Two uses: `judge` says of one plan whether it is better than another, surely; `choose_in_order` finds the best of
several by racing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pydantic
from numpy.typing import NDArray

from sispamkota.errors import Fault, InputError, suggest
from sispamkota.inputs import Model, own_file

from .arena import AIMS
from .selection import FIRST, race

__all__ = ["UNITS", "Choice", "Gap", "ImproveFile", "Judgement", "ZoneRow", "Zones", "choose_in_order", "judge"]

Floats = NDArray[np.float64]
UNITS = ("people", "%", "voters", "min", "min")  # of AIMS


class ZoneRow(Model):
    """Describe the zone of one aim."""

    value: float = pydantic.Field(gt=0)
    low: float = pydantic.Field(gt=0)
    high: float = pydantic.Field(gt=0)
    unit: str


class ImproveFile(Model):
    """Describe the file of zones."""

    kind: Literal["improve"]
    version: Literal[1]
    source: str
    quality: Literal["official", "reported", "estimated", "assumed"]
    zones: dict[Literal["harm", "ballots", "votes", "unrest", "response"], ZoneRow]


@dataclass(frozen=True)
class Zones:
    """Hold the difference that matters in each aim: persons, % of rehearsals, voters, minutes, minutes."""

    harm: float
    ballots: float
    votes: float
    unrest: float
    response: float

    @classmethod
    def load(cls, *, own: Sequence[str] = ()) -> Zones:
        """Read the zones, with the user's own ("harm=1") before ours; raises InputError with every fault."""
        rows = own_file(ImproveFile, "rehearsal", "improve").zones
        values, faults = {name: rows[name].value for name in AIMS}, list[Fault]()  # type: ignore[index]
        for text in own:
            name, _, figure = text.partition("=")
            if name not in AIMS:
                faults.append(Fault("--zone", name, "an aim", f'"{name}"', suggest(name, AIMS)))
                continue
            low, high = rows[name].low, rows[name].high  # type: ignore[index]
            value = _number(figure)
            if not low <= value <= high:
                remedy = "Name the smallest difference that would matter to you."
                faults.append(Fault("--zone", name, f"{low:g} to {high:g}", f'"{figure}"', remedy))
            values[name] = value
        if faults:
            raise InputError(faults)
        return cls(**values)

    @property
    def widths(self) -> Floats:
        """Give the zones in the order of AIMS."""
        return np.array([getattr(self, name) for name in AIMS])


def _number(text: str) -> float:
    """Read a number; NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


@dataclass(frozen=True)
class Gap:
    """Hold how far a plan lies from another in one aim: mean of the pairs, and its interval."""

    aim: str
    unit: str
    zone: float
    before: float
    after: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Judgement:
    """Say whether a plan is better, and in which aim; "" where that is not shown.

    The intervals hold together with the confidence: each is wider than it would be alone (Bonferroni).
    """

    better: bool
    aim: str
    gaps: tuple[Gap, ...]
    pairs: int
    confidence: float


def judge(before: Floats, after: Floats, zones: Zones, *, confidence: float = 0.95) -> Judgement:
    """Judge one plan against another by pairs under the same luck; [pair, AIMS], a pair with a NaN is left out.

    Aim by aim: better where the whole interval lies below 0 and the mean beyond the zone; on to the next aim only while
    the interval does not reach above the zone. So a plan that is no better in any aim is called better with a
    probability of at most half of 1 − confidence.
    """
    both = np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=1)
    before, after = before[both], after[both]
    gaps = _gaps(before, after, zones, confidence)
    aim = ""
    for gap in gaps:
        if gap.high < 0.0 and gap.difference <= -gap.zone:
            aim = gap.aim
            break
        if not gap.high <= gap.zone:
            break
    return Judgement(bool(aim), aim, gaps, len(before), confidence)


def _gaps(before: Floats, after: Floats, zones: Zones, confidence: float) -> tuple[Gap, ...]:
    """Compare aim by aim, by Student's t over the pairs; infinite ends where there are fewer than two."""
    from scipy import special

    n, gap = len(before), after - before
    if n < 2:
        half = np.full(len(AIMS), np.inf)
        means = [np.full(len(AIMS), np.nan)] * 3
    else:
        tail = (1.0 - confidence) / len(AIMS) / 2.0
        half = float(special.stdtrit(n - 1, 1.0 - tail)) * gap.std(axis=0, ddof=1) / math.sqrt(n)
        means = [before.mean(axis=0), after.mean(axis=0), gap.mean(axis=0)]
    rows = zip(AIMS, UNITS, zones.widths, *means, half, strict=True)
    return tuple(
        Gap(aim, unit, float(zone), float(a), float(b), float(d), float(d - h), float(d + h))
        for aim, unit, zone, a, b, d, h in rows
    )


@dataclass(frozen=True)
class Choice:
    """Hold which of several was chosen, at which aim the last other went out, and whether the races ended.

    Where `decided`, the promise is: an alternative that leads all others that are left by the zone or more, in the
    first aim in which any does, is the chosen one with probability `confidence` or more.
    """

    chosen: int
    decided: bool
    aim: str
    observations: int
    confidence: float


def choose_in_order(
    observe: Callable[[int, int], Floats | None], k: int, zones: Zones, *, confidence: float = 0.95, first: int = FIRST
) -> Choice:
    """Choose among k alternatives, aim by aim; `observe(i, n)` gives observation n of alternative i, [AIMS], or None.

    In each aim the race (Kim & Nelson 2001) runs for half the zone, so that what leads by a zone is told from what
    does not lead: whoever lies within half a zone of its winner goes on to the next aim. What ties to the end is
    decided by the order: the first, which is the plan that stands, before any other.
    """
    inside, most = list(range(k)), 0
    each = 1.0 - (1.0 - confidence) / len(AIMS)
    for level, (aim, zone) in enumerate(zip(AIMS, zones.widths, strict=True)):
        rows: list[list[float]] = [[] for _ in inside]

        look = _look(observe, inside, rows, level)
        found = race(look, len(inside), difference=float(zone) / 2.0, confidence=each, first=first)
        most = max(most, found.observations)
        if found.winner < 0 or not found.over:
            return Choice(0, decided=False, aim=aim, observations=most, confidence=confidence)
        inside = [inside[i] for i in _tied(rows, found.winner, float(zone) / 2.0)]
        if len(inside) == 1:
            return Choice(inside[0], decided=True, aim=aim, observations=most, confidence=confidence)
    return Choice(inside[0], decided=True, aim="", observations=most, confidence=confidence)


def _look(
    observe: Callable[[int, int], Floats | None], inside: list[int], rows: list[list[float]], level: int
) -> Callable[[NDArray[np.int64]], Floats | None]:
    """Give the race of one aim its eyes; what is seen is kept in `rows`."""

    def look(at: NDArray[np.int64]) -> Floats | None:
        seen = [observe(inside[i], len(rows[i])) for i in at]
        values = [float(row[level]) for row in seen if row is not None]
        if len(values) < len(seen):
            return None
        for i, value in zip(at, values, strict=True):
            rows[i].append(value)
        return np.array(values)

    return look


def _tied(rows: Sequence[Sequence[float]], winner: int, width: float) -> list[int]:
    """List who lies within a width of the winner, over the observations that both have."""
    kept = []
    for i, own in enumerate(rows):
        n = min(len(own), len(rows[winner]))
        if i == winner or float(np.mean(own[:n])) - float(np.mean(rows[winner][:n])) <= width:
            kept.append(i)
    return kept
