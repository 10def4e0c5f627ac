"""What a compound is held against: data/place/compound.yaml."""

from __future__ import annotations

from typing import Literal

from sispamkota.inputs import Model, own_file

from .ride import Figure

__all__ = ["CompoundFigures", "compound_figures"]


class CompoundFigures(Model):
    """Hold data/place/compound.yaml."""

    kind: Literal["compound"]
    version: Literal[1]
    tag: Literal["estimated"]
    source: str
    snap_m: Figure
    most_box_m2: Figure
    flow: Figure
    clear_minutes: Figure
    least_exit_m: Figure
    before_exit_m: Figure
    dead_end_m: Figure
    dead_end_m2: Figure
    fruin_m2: tuple[float, ...]
    worst_level: Literal["A", "B", "C", "D", "E", "F"]
    engine_way_m: Figure
    engine_turn_m: Figure
    ambulance_way_m: Figure
    ambulance_turn_m: Figure


def compound_figures() -> CompoundFigures:
    """Read the embedded figures once."""
    return own_file(CompoundFigures, "place", "compound")
