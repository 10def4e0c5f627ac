"""The calendar of an election: which table of rates holds on a day, and how tense each of its hours is."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal, cast

import numpy as np
import pydantic
from numpy.typing import NDArray

from sispamkota.errors import Faults
from sispamkota.inputs import Model, own_file, read_yaml, validate
from sispamkota.place.voting import Ranged

__all__ = ["Calendar", "Phase", "Usual", "calendar"]


class Usual(Model):
    """Say what holds on a day of no phase."""

    tables: tuple[str, ...]
    tension: Ranged


class Phase(Model):
    """Hold the days from `from` to `to`, or some hours of each of them, and what multiplies the rates of trouble."""

    id: str
    start: date = pydantic.Field(alias="from")
    end: date = pydantic.Field(alias="to")
    from_h: int = pydantic.Field(0, ge=0, le=23)
    to_h: int = pydantic.Field(24, ge=1, le=24)
    tables: tuple[str, ...]
    tension: Ranged

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Phase:
        if self.start > self.end or self.from_h >= self.to_h:
            raise ValueError("a phase that ends after it begins")
        return self

    def holds(self, day: date, hour: int) -> bool:
        """Tell whether an hour of a day is of this phase."""
        return self.start <= day <= self.end and self.from_h <= hour < self.to_h


class Calendar(Model):
    """Hold the phases of an election (data/risk/calendar.yaml); of two that overlap the first holds."""

    kind: Literal["calendar"]
    version: Literal[1]
    usual: Usual
    phases: tuple[Phase, ...]

    def at(self, day: date, hour: int) -> Phase | None:
        """Find the phase of an hour; None on a usual day."""
        return next((phase for phase in self.phases if phase.holds(day, hour)), None)

    def phases_of(self, day: date) -> tuple[Phase, ...]:
        """List the phases of a day in the order of its hours."""
        return tuple(dict.fromkeys(phase for hour in range(24) if (phase := self.at(day, hour)) is not None))

    def tables(self, day: date) -> tuple[str, ...]:
        """Name the tables of rates before counting that hold on a day."""
        names = [name for phase in self.phases_of(day) for name in phase.tables]
        return tuple(dict.fromkeys(names)) or self.usual.tables

    def tension(self, day: date) -> NDArray[np.float64]:
        """Give what multiplies the rates of trouble in each hour of a day, float64[24]."""
        phases = [self.at(day, hour) or self.usual for hour in range(24)]
        return np.array([phase.tension.value for phase in phases])


def calendar(*, path: str | Path | None = None) -> Calendar:
    """Read the embedded calendar, or a file in its place; raises InputError with every fault."""
    if path is None:
        return own_file(Calendar, "risk", "calendar")
    faults = Faults()
    found = validate(Calendar, read_yaml(path), faults)
    faults.raise_if_any()
    return cast("Calendar", found)
