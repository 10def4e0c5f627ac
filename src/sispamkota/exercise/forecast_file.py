"""The figures of a forecast: how many futures, how far, what is shown (data/exercise/forecast.yaml)."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from sispamkota.inputs import Model, own_file

__all__ = ["Choice", "ForecastFile", "forecast_figures"]


class Choice(Model):
    """Describe a figure that is a choice: its value, and between which others it could as well be, and why."""

    value: int
    low: int
    high: int
    why: str

    @pydantic.model_validator(mode="after")
    def _inside(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError("the value lies in its range")
        return self


class ForecastFile(Model):
    """Describe the figures of a forecast; minutes are of the world, places and steps those that are shown."""

    kind: Literal["forecast"]
    version: Literal[1]
    source: str
    quality: Literal["official", "reported", "estimated", "assumed"]
    replicates: Choice
    minutes: Choice
    places: Choice
    steps: Choice


def forecast_figures() -> ForecastFile:
    """Give the figures of this version."""
    return own_file(ForecastFile, "exercise", "forecast")
