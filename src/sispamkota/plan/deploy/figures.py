"""What a deployment is weighed by: data/plan/deploy.yaml, or a file of the user's own in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, cast

import pydantic

from sispamkota.errors import Faults
from sispamkota.inputs import Model, own_file, read_yaml, validate

from ..answers import Stage
from ..harm import Ability

__all__ = ["Answer", "DeployFigures", "Guard", "deploy_figures"]


def _in_order(value: tuple[float, float, float]) -> tuple[float, float, float]:
    if not value[1] <= value[0] <= value[2]:
        raise ValueError("[usual, low, high] with low ≤ usual ≤ high")
    return value


Figure = Annotated[tuple[float, float, float], pydantic.AfterValidator(_in_order)]
Hours = Annotated[tuple[Annotated[float, pydantic.Field(ge=0, le=24)], ...], pydantic.Field(min_length=2, max_length=2)]


class Guard(Model):
    """Say who stands guard at a kind of place, and in which hours."""

    at: str
    hours: Hours
    needs: dict[Ability, Figure]

    @pydantic.model_validator(mode="after")
    def _forward(self) -> Self:
        if self.hours[0] >= self.hours[1]:
            raise ValueError("hours that end after they begin")
        return self


class Answer(Model):
    """Say what one incident asks for, how much it weighs, and which norm its answer is held against."""

    needs: dict[Ability, Annotated[int, pydantic.Field(ge=1)]]
    severity: Figure
    standard: str


class DeployFigures(Model):
    """Hold data/plan/deploy.yaml."""

    kind: Literal["deploy"]
    version: Literal[1]
    source: str
    tag: Literal["assumed", "estimated", "reported", "official"]
    guards: tuple[Guard, ...]
    posts: tuple[str, ...]
    reserve: tuple[str, ...]
    capacity_people: Figure
    incidents: dict[str, Answer]
    busy_min: Figure
    alone_min: Figure
    stations_until_h: Figure
    worst_min: Figure
    linmas_saves_min: Figure
    watch_posts: Figure
    late_step_min: Figure
    layers_min: dict[Stage, Figure]
    radio: dict[str, Annotated[str, pydantic.StringConstraints(max_length=20)]]


def deploy_figures(*, path: str | Path | None = None) -> DeployFigures:
    """Read the embedded figures, or a file in their place; raises InputError with every fault."""
    if path is None:
        return own_file(DeployFigures, "plan", "deploy")
    faults = Faults()
    found = validate(DeployFigures, read_yaml(path), faults)
    faults.raise_if_any()
    return cast("DeployFigures", found)
