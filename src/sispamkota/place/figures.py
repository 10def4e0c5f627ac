"""From where on something about a place is worth saying: data/place/checks.yaml, all assumed."""

from __future__ import annotations

from functools import cache
from typing import Literal

from sispamkota.inputs import Model, own_file

from .ride import Figure

__all__ = ["PlaceFigures", "place_figures"]


class PlaceFigures(Model):
    """Hold data/place/checks.yaml: from where on something is a fault."""

    kind: Literal["checks"]
    version: Literal[1]
    tag: Literal["assumed"]
    source: str
    far_m: Figure
    same_place_m: Figure
    same_name_m: Figure
    most_people: Figure
    largest_km2: Figure
    sliver_m2: Figure
    main_share: Figure


@cache
def place_figures() -> PlaceFigures:
    """Read the embedded figures once."""
    return own_file(PlaceFigures, "place", "checks")
