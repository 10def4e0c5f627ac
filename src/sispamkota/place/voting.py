"""The vote at polling stations (TPS): hours, limits, who comes when, and the queue at the booths.

The queue is a fluid one: voters arrive at an even rate within each hour and are let to the booths at the rate at which
the booths serve. Within an hour the queue then grows or shrinks along a straight line, so everything is in closed form;
chance inside the hour is left out, and so a queue that is only now and then there does not show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

import numpy as np
import pydantic
from numpy.typing import ArrayLike, NDArray

from sispamkota.inputs import Model, own_file

__all__ = ["ARRIVALS", "Arrivals", "Queue", "Ranged", "VoterLimit", "VotingFigures", "voter_limit", "voting_figures"]

F8 = NDArray[np.float64]
Tag = Literal["official", "reported", "estimated", "assumed"]
ARRIVALS = ("usual", "even", "early")
_MIN_PER_H = 60.0


class Ranged(Model):
    """Give a figure with its range and source."""

    value: float
    low: float
    high: float
    source: str
    tag: Tag

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Ranged:
        if not self.low <= self.value <= self.high:
            raise ValueError("low ≤ value ≤ high")
        return self


class VoterLimit(Model):
    """Say how many voters one TPS may have in the election of a day."""

    most: int
    on: date
    source: str
    tag: Tag


class Arrivals(Model):
    """Give the share of the day's voters who arrive in each hour, and the two ends of what is thinkable."""

    usual: tuple[float, ...]
    even: tuple[float, ...]
    early: tuple[float, ...]
    source: str
    tag: Tag


class VotingFigures(Model):
    """Hold data/place/voting.yaml: hours of the day, minutes, shares, metres."""

    kind: Literal["voting"]
    version: Literal[1]
    max_voters: tuple[VoterLimit, ...]
    opens_h: Ranged
    closes_h: Ranged
    turnout: Ranged
    booths: Ranged
    booth_min: Ranged
    besides_min: Ranged
    arrivals: Arrivals
    along_m: Ranged
    disk: Ranged


@cache
def voting_figures() -> VotingFigures:
    """Read the embedded figures once."""
    return own_file(VotingFigures, "place", "voting")


def voter_limit(on: date) -> VoterLimit:
    """Find the limit of voters of a TPS for a day: that of the next election which is known, else of the last one."""
    known = sorted(voting_figures().max_voters, key=lambda each: each.on)
    return next((each for each in known if each.on >= on), known[-1])


@dataclass(frozen=True, eq=False)
class Queue:
    """Hold the queues of some TPS over the voting day.

    hours: (bins + 1,) the ends of the bins from opening to closing; arrived, queue: (stations, bins + 1) people who
    have come, and who wait for a booth, at those hours; per_h: voters whom the booths of one TPS serve in an hour;
    booth_h: hours of one voter in the booth; besides_h: at the tables before and after it. A station whose voters are
    unknown is NaN throughout.
    """

    hours: F8
    arrived: F8
    queue: F8
    per_h: float
    booth_h: float
    besides_h: float

    @classmethod
    def of(
        cls,
        voters: ArrayLike,
        *,
        turnout: float | None = None,
        arrivals: str = "usual",
        booths: float | None = None,
        booth_min: float | None = None,
    ) -> Queue:
        """Queue the voters (stations,) who come; what is not named is the usual value of data/place/voting.yaml.

        Raises ValueError for a turnout outside 0-1, or booths or minutes that are not above zero.
        """
        figures = voting_figures()
        share = figures.turnout.value if turnout is None else turnout
        count = figures.booths.value if booths is None else booths
        minutes = figures.booth_min.value if booth_min is None else booth_min
        if not (0.0 <= share <= 1.0 and count > 0 and minutes > 0):
            raise ValueError("turnout is from 0 to 1, booths and booth_min are above 0")
        profile = np.array(getattr(figures.arrivals, arrivals), np.float64)
        hours = np.linspace(figures.opens_h.value, figures.closes_h.value, profile.size + 1)
        step = np.diff(hours)
        coming = np.atleast_1d(np.asarray(voters, np.float64))[:, None] * share * profile / profile.sum()
        arrived = np.pad(np.cumsum(coming, axis=1), ((0, 0), (1, 0)))
        queue, per_h = np.zeros_like(arrived), count / minutes * _MIN_PER_H
        for i in range(profile.size):
            queue[:, i + 1] = np.maximum(queue[:, i] + coming[:, i] - per_h * step[i], 0.0)
        return cls(hours, arrived, queue, per_h, minutes / _MIN_PER_H, figures.besides_min.value / _MIN_PER_H)

    @classmethod
    def worst(cls, voters: ArrayLike) -> Queue:
        """Queue the voters (stations,) with the bad end of every range at once."""
        figures = voting_figures()
        return cls.of(
            voters,
            turnout=figures.turnout.high,
            arrivals="early",
            booths=figures.booths.low,
            booth_min=figures.booth_min.high,
        )

    def come(self, hour: float) -> F8:
        """Count those who have come by an hour, (stations,)."""
        i, part = self._bin(hour)
        return np.asarray(self.arrived[:, i] + part * (self.arrived[:, i + 1] - self.arrived[:, i]))

    def waiting(self, hour: float) -> F8:
        """Count those who wait for a booth at an hour, (stations,)."""
        i, part = self._bin(hour)
        late = max(hour - self.hours[-1], 0.0)
        length = (self.hours[i + 1] - self.hours[i]) * part
        coming = (self.arrived[:, i + 1] - self.arrived[:, i]) * part
        return np.asarray(np.maximum(self.queue[:, i] + coming - self.per_h * (length + late), 0.0))

    def voted(self, hour: float) -> F8:
        """Count those who have left the booth by an hour, (stations,)."""
        entered = hour - self.booth_h
        return np.asarray(self.come(entered) - self.waiting(entered))

    def inside(self, hour: float) -> F8:
        """Count those who are in the booths at an hour, (stations,)."""
        return np.asarray(np.maximum(self.come(hour) - self.waiting(hour) - self.voted(hour), 0.0))

    def there(self, hour: float) -> F8:
        """Count those who are at the TPS at an hour: at a table, in the queue or in a booth; (stations,)."""
        left = hour - self.booth_h - self.besides_h
        gone = self.come(left) - self.waiting(left)
        return np.asarray(np.maximum(self.come(hour) - gone, 0.0))

    @property
    def longest_min(self) -> F8:
        """Give the longest wait for a booth, minutes, (stations,): whoever comes at a peak waits for all before."""
        return np.asarray(self.queue.max(axis=1) / self.per_h * _MIN_PER_H)

    @property
    def done_h(self) -> F8:
        """Give the hour at which the last voter leaves the booth, (stations,)."""
        return np.asarray(self.hours[-1] + self.queue[:, -1] / self.per_h + self.booth_h)

    def _bin(self, hour: float) -> tuple[int, float]:
        """Find the bin of an hour, and how far into it the hour is, 0 to 1."""
        i = int(np.clip(np.searchsorted(self.hours, hour, side="right") - 1, 0, self.hours.size - 2))
        return i, float(np.clip((hour - self.hours[i]) / (self.hours[i + 1] - self.hours[i]), 0.0, 1.0))
