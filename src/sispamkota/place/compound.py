"""A compound: the plan of one place in metres, its building, fence, gates, street and escape ways.

Read from YAML, or from GeoJSON whose features say in `part` what they are. What is drawn is what people see on the
ground; nothing inside a building is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Faults
from sispamkota.inputs import Document, locate, read_yaml, validate
from sispamkota.manifest import Manifest
from sispamkota.schema import Assumption

from .compound_file import Area, Fence, Gate, Opening, Point, SiteFile, Space, Stand, width
from .compound_layers import read_parts
from .compound_openings import hang_openings, opened
from .compound_shapes import check_plan

__all__ = ["Area", "Compound", "Fence", "Gate", "Opening", "SiteFile", "Space", "Stand", "read_compound", "width"]


@dataclass(frozen=True)
class Compound:
    """Hold a compound that was checked: the file's content, and where it came from."""

    plan: SiteFile
    path: Path

    @classmethod
    def load(cls, name: str | Path) -> Compound:
        """Read a compound by its embedded name, or from a YAML or GeoJSON file; raises InputError with every fault."""
        faults = Faults()
        found = read_compound(locate(name, "sites"), faults)
        faults.raise_if_any()
        assert found is not None  # noqa: S101 - no fault, so it is there
        return found

    @property
    def manifest(self) -> Manifest:
        """Say what the compound was read from."""
        return Manifest.collect(inputs={"site": self.path})

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Say what it rests on."""
        if self.plan.tag in ("official", "reported"):
            return ()
        said_id = f"Denah: {self.plan.about_id or self.plan.source}"
        said_en = f"Floor plan: {self.plan.about_en or self.plan.source}"
        return (Assumption("site_plan", said_id, said_en, self.plan.tag),)

    def area(self) -> Any:
        """Give the ground without buildings and obstacles, a shapely polygon, m."""
        import shapely

        solid = shapely.union_all([shapely.Polygon(each.ring) for each in (*self.plan.buildings, *self.plan.obstacles)])
        return shapely.difference(shapely.Polygon(self.plan.ground), solid)

    def opening(self, name: str) -> Opening | None:
        """Find an exit or a gate by its name."""
        openings: tuple[Opening, ...] = (*self.plan.exits, *self.plan.gates)
        return next((each for each in openings if each.name == name), None)

    def gate_names(self) -> tuple[str, ...]:
        """Name the gates, then the doors: what barriers are made of, in their order."""
        openings: tuple[Opening, ...] = (*self.plan.gates, *self.plan.doors)
        return tuple(each.name for each in openings)

    def exit_points(self, exit_: Opening) -> tuple[Point, Point]:
        """Give the ends of an exit in the order that leaves the ground on the left and what is outside on the right."""
        import shapely

        a, b = exit_.points
        wide = width(exit_.points)
        left = (0.5 * (a[0] + b[0]) - 0.3 * (b[1] - a[1]) / wide, 0.5 * (a[1] + b[1]) + 0.3 * (b[0] - a[0]) / wide)
        return (a, b) if shapely.contains_xy(shapely.Polygon(self.plan.ground), *left) else (b, a)

    def walls(self) -> NDArray[np.float64]:
        """Give what never lets people through, segments (n, 4): edges of ground, buildings, fences, less openings."""
        return _pieces(opened(self.plan))


def _pieces(lines: Any) -> NDArray[np.float64]:
    """Break lines into their straight pieces, (n, 4)."""
    import shapely

    out: list[tuple[float, ...]] = []
    for part in shapely.get_parts(lines):
        points = shapely.get_coordinates(part)
        out += [(*a, *b) for a, b in pairwise(points)]
    return np.array(sorted(out), np.float64).reshape(-1, 4)


def read_compound(path: Path, faults: Faults) -> Compound | None:
    """Read a compound from YAML, or GeoJSON by its ending; a file that is none becomes faults and None."""
    if path.suffix.lower() in (".geojson", ".json"):
        parts = read_parts(path, faults)
        if len(faults):
            return None
        document = Document(parts, path, {})
    else:
        document = read_yaml(path)
    plan = validate(SiteFile, document, faults)
    if plan is None:
        return None
    before = len(faults)
    check_plan(plan, document, faults)
    if len(faults) > before:
        return None
    plan = hang_openings(plan, document, faults)
    return Compound(plan, path) if len(faults) == before else None
