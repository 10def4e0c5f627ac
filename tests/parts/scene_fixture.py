"""A small compound, and a scene in it with what a player shows: violence, a line that wears, a crush at a way out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sispamkota.place.compound import Compound
from sispamkota.rehearsal.scene import Crowd, Guard, Scene, play_scene

__all__ = ["YARD", "crushed", "yard"]

YARD = """kind: site
version: 1
name: yard-test
title: "Yard of a test"
source: "assumed; drawn for a test"
tag: assumed
ground: [[0, 0], [24, 0], [24, 16], [0, 16]]
buildings: [{name: rumah, ring: [[8, 12], [16, 12], [16, 14], [8, 14]]}]
doors: [{name: pintu, points: [[11, 12], [13, 12]]}]
exits: [{name: timur, points: [[24, 7], [24, 8.2]]}]
front: [[8, 9], [16, 9]]
line: [[8, 12], [8, 10.5], [16, 10.5], [16, 12]]
spaces: [{name: halaman, ring: [[1, 1], [22, 1], [22, 9], [1, 9]], people: 100, out: [timur]}]
stands: [{name: ambulans, vehicle: ambulance, way: [[24, 15], [20, 15]]}]
"""


def yard(text: str = YARD) -> Compound:
    """Read the compound."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "yard-test.yaml"
        path.write_text(text, encoding="utf-8")
        return Compound.load(path)


@cache
def crushed() -> tuple[Compound, Scene]:
    """Play 90 s: 450 people, 60 of them violent, one officer; after 20 s who is peaceful leaves by a way of 1.2 m."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "yard-test.yaml"
        path.write_text(YARD, encoding="utf-8")
        compound = Compound.load(path)
        crowd = Crowd(450, violent=60, present=1.0, ends_at=20.0)
        return compound, play_scene(compound, crowd, Guard(1, 1, 2), minutes=1.5, seed=3)
