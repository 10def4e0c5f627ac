"""The setting of a deployment: its city and posts, the shifts of the day, the patterns of work that duty allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sispamkota.force import Duty
from sispamkota.place import City, Site

from .options import DeployOptions, rule

__all__ = ["Setting", "Shifts", "duty_of", "shifts_of"]


@dataclass(frozen=True)
class Shifts:
    """Hold the shifts of a day: when each begins, its length (hours); patterns of work and in which shifts each is on.

    `whole`: the shifts that a pattern holds from end to end; `always`: the pattern of who keeps to no shift; `own`: the
    patterns of units' own rosters.
    """

    from_h: tuple[float, ...]
    hours: float
    patterns: tuple[tuple[float, float] | None, ...]
    on: NDArray[np.bool_]
    own: Mapping[tuple[float, float], int]
    whole: NDArray[np.bool_]
    always: int

    @property
    def voting(self) -> int:
        """Give the pattern of those who guard polling stations."""
        return 0 if len(self.from_h) == 1 else len(self.from_h) + 1

    def of(self, hour: float) -> int:
        """Give the shift of an hour of the day."""
        return int((hour - self.from_h[0]) % 24.0 // self.hours) % len(self.from_h)

    def at(self, hour: float) -> tuple[bool, ...]:
        """Tell by pattern who is on duty at an hour of the day; who keeps to no roster always is."""
        spans = dict(enumerate(self.patterns)) | {index: duty for duty, index in self.own.items()}
        return tuple(span is None or (hour - span[0]) % 24.0 < span[1] for _, span in sorted(spans.items()))

    def hourly(self) -> NDArray[np.bool_]:
        """Tell by pattern who is on duty in each part of the day in which nobody comes or goes (patterns, parts)."""
        spans = [*self.patterns, *self.own]
        marks = {0.0} | {round(end % 24.0, 6) for span in spans if span for end in (span[0], span[0] + span[1])}
        ends = [*sorted(marks), 24.0]
        return np.array([self.at((low + high) / 2) for low, high in pairwise(ends)]).T

    def within(self, begin: float, end: float) -> tuple[int, ...]:
        """Give the shifts that some hours of the day touch."""
        steps = np.arange(begin, end, 0.25)
        return tuple(sorted({self.of(float(hour)) for hour in steps}))


@dataclass(frozen=True)
class Setting:
    """Hold what preparing passes on: the city, the posts as sites, the shifts, the day, the options."""

    city: City
    sites: tuple[Site, ...]
    shifts: Shifts
    on: str
    options: DeployOptions
    voting: bool


def shifts_of(options: DeployOptions, *, on: str, rosters: Sequence[Duty] = ()) -> Shifts:
    """Cut the day into shifts; a pattern is the longest run of them that `duty.max_s` and `duty.rest_s` allow.

    One shift: all are on for the hours of the operation, or by rosters of their own. After the runs stand: always on;
    the polling stations, from their opening for as long as one may be on duty; then units' own `rosters`, which are on
    in shifts that they hold whole.
    """
    n = options.shifts
    most, rest, opens = (
        rule(name, on=on, own=options.own) / 3600 for name in ("duty.max_s", "duty.rest_s", "tps.opens_s")
    )
    begin, hours = opens if options.from_h is None else options.from_h, 24.0 / n
    starts = tuple((begin + i * hours) % 24.0 for i in range(n))
    named = list(dict.fromkeys((duty.from_h, duty.hours) for duty in rosters))
    if n == 1:
        return _one(starts, options.hours or (None if named else most), named)
    long = min(most, 24.0 - rest)
    run = max(int(long // hours), 1)
    patterns: list[tuple[float, float] | None] = [(start, run * hours) for start in starts]
    on_duty = [[(s - i) % n < run for s in range(n)] for i in range(n)]
    voting, rest_of = [(opens, long)], [[_covers(duty, start, hours) for start in starts] for duty in named]
    on_duty += [[True] * n, [_touches(voting[0], start, hours) for start in starts], *rest_of]
    whole = [*on_duty[: n + 1], [_covers(voting[0], start, hours) for start in starts], *rest_of]
    own = {duty: n + 2 + i for i, duty in enumerate(named)}
    patterns += [None, *voting, *[None] * len(named)]
    return Shifts(starts, hours, tuple(patterns), np.array(on_duty), own, np.array(whole), n)


def _one(starts: tuple[float, ...], hours: float | None, named: Sequence[tuple[float, float]]) -> Shifts:
    """Give the one shift of an operation, of some hours or round the clock: its pattern, always on, own rosters."""
    first = None if hours is None else (starts[0], hours)
    held = [_covers(duty, starts[0], hours or 24.0) for duty in named]
    whole = np.array([True, True, *held])[:, None]
    own = {duty: 2 + i for i, duty in enumerate(named)}
    return Shifts(starts, 24.0, (first, None, *[None] * len(named)), np.ones(whole.shape, bool), own, whole, 1)


def _touches(duty: tuple[float, float], start: float, hours: float) -> bool:
    """Tell whether hours of duty, from an hour on, share any with a shift."""
    return (start - duty[0]) % 24.0 < duty[1] or (duty[0] - start) % 24.0 < hours


def _covers(duty: tuple[float, float], start: float, hours: float) -> bool:
    """Tell whether hours of duty, from an hour on, hold all of a shift."""
    return (start - duty[0]) % 24.0 + hours <= duty[1] + 1e-9


def duty_of(setting: Setting, pattern: int) -> Duty | None:
    """Give the roster that a pattern means; None leaves the unit its own."""
    hours = setting.shifts.patterns[pattern]
    return None if hours is None else Duty(from_h=hours[0], hours=hours[1])
