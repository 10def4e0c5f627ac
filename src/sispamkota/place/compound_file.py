"""The file of a compound: what its plan may say, in metres, and how each thing in it is found again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import pydantic

from sispamkota.inputs import Model

__all__ = [
    "LEAST_OPENING",
    "Area",
    "Fence",
    "Gate",
    "Opening",
    "Point",
    "SiteFile",
    "Space",
    "Stand",
    "openings_of",
    "width",
]

LEAST_OPENING = 0.5  # m; nobody fits through less
Coordinate = Annotated[float, pydantic.Field(ge=-5000.0, le=5000.0)]
Point = tuple[Coordinate, Coordinate]
Ring = Annotated[tuple[Point, ...], pydantic.Field(min_length=3, max_length=500)]
Way = Annotated[tuple[Point, ...], pydantic.Field(min_length=2, max_length=500)]
Span = Annotated[tuple[Point, ...], pydantic.Field(min_length=2, max_length=2)]
Name = Annotated[str, pydantic.Field(min_length=1, max_length=60)]
Few = pydantic.Field(default=(), max_length=200)


class Area(Model):
    """Describe a building or an obstacle by its corners."""

    name: Name
    ring: Ring


class Fence(Model):
    """Describe a fence by its points."""

    name: Name
    points: Way


class Opening(Model):
    """Describe a door or an exit by its two ends, in any order."""

    name: Name
    points: Span


class Gate(Opening):
    """Describe a gate in a fence: for whom it is, and whether it is shut."""

    use: Literal["vehicles", "people"]
    shut: bool


class Space(Model):
    """Describe where people assemble, how many, and by which exits and gates they get out of it."""

    name: Name
    ring: Ring
    people: Annotated[int, pydantic.Field(ge=1, le=100_000)]
    out: Annotated[tuple[Name, ...], pydantic.Field(min_length=1, max_length=50)]


class Stand(Model):
    """Describe where a vehicle stands: the last point of the way on which it comes."""

    name: Name
    vehicle: Literal["engine", "ambulance"]
    way: Way


class SiteFile(Model):
    """Describe a file of a compound, metres."""

    kind: Literal["site"]
    version: Literal[1]
    name: Name
    title: Annotated[str, pydantic.Field(min_length=1, max_length=120)]
    about_id: str = ""
    about_en: str = ""
    source: Annotated[str, pydantic.Field(min_length=1)]
    tag: Literal["official", "reported", "estimated", "assumed"]
    ground: Ring
    buildings: tuple[Area, ...] = Few
    obstacles: tuple[Area, ...] = Few
    fences: tuple[Fence, ...] = Few
    gates: tuple[Gate, ...] = Few
    doors: tuple[Opening, ...] = Few
    exits: Annotated[tuple[Opening, ...], pydantic.Field(min_length=1, max_length=50)]
    front: Way | None = None
    line: Way | None = None
    spaces: tuple[Space, ...] = Few
    stands: tuple[Stand, ...] = Few
    # The places of a city that it stands for in a rehearsal, where the scenario protects them.
    stands_for: Annotated[tuple[Name, ...], pydantic.Field(min_length=1, max_length=50)] = ("kpu", "bawaslu")


def width(points: Sequence[Point]) -> float:
    """Measure an opening, m."""
    (ax, ay), (bx, by) = points
    return float(np.hypot(bx - ax, by - ay))


def openings_of(plan: SiteFile) -> list[tuple[str, int, Opening]]:
    """Go through exits, gates and doors, with where each stands in the file."""
    return [(key, i, each) for key in ("exits", "gates", "doors") for i, each in enumerate(getattr(plan, key))]
