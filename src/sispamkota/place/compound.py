"""A compound: the plan of one place in metres, its building, fence, gates, street and escape ways.

Read from YAML, or from GeoJSON whose features say in `part` what they are. What is drawn is what people see on the
ground; nothing inside a building is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pydantic
from numpy.typing import NDArray

from sispamkota.errors import Faults, shown
from sispamkota.inputs import Document, Model, locate, read_yaml, validate
from sispamkota.manifest import Manifest
from sispamkota.schema import Assumption

from .compound_layers import read_parts

__all__ = ["Area", "Compound", "Fence", "Gate", "Opening", "SiteFile", "Space", "Stand", "read_compound", "width"]

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
        import shapely

        plan = self.plan
        rings = [plan.ground, *(each.ring for each in (*plan.buildings, *plan.obstacles))]
        lines = [shapely.LinearRing(ring) for ring in rings] + [shapely.LineString(each.points) for each in plan.fences]
        openings: tuple[Opening, ...] = (*plan.gates, *plan.doors, *plan.exits)
        gaps = [each.points for each in openings]
        solid = _without(shapely.union_all(lines), gaps)
        return _pieces(solid)


def width(points: Sequence[Point]) -> float:
    """Measure an opening, m."""
    (ax, ay), (bx, by) = points
    return float(np.hypot(bx - ax, by - ay))


def _without(lines: Any, gaps: Iterable[Sequence[Point]]) -> Any:
    """Take openings out of lines."""
    import shapely

    cut = [shapely.buffer(shapely.LineString(gap), 0.02, cap_style="flat") for gap in gaps]
    return shapely.difference(lines, shapely.union_all(cut)) if cut else lines


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
    if plan is not None:
        before = len(faults)
        _check_shapes(plan, document, faults)
        _check_names(plan, document, faults)
        if len(faults) > before:
            return None
    return Compound(plan, path) if plan is not None else None


def _check_shapes(plan: SiteFile, document: Document, faults: Faults) -> None:
    """Note rings that cross themselves, openings that nobody fits through, and what stands beside the ground."""
    import shapely

    for part, ring in _rings(plan):
        shape = shapely.Polygon(ring)
        if not shape.is_valid or shape.area == 0.0:
            expected, remedy = "a ring that does not cross itself", "Draw its corners in their order."
            where, field = document.where(*part), _dotted(part)
            faults.add(where=where, field=field, expected=expected, got="one that does", remedy=remedy)
    for key, i, each in _openings(plan):
        wide, at = width(each.points), (key, i, "points")
        if wide < LEAST_OPENING:
            expected, got = f"{LEAST_OPENING:g} m or more", f"{wide:g} m"
            where, field = document.where(*at), _dotted(at)
            faults.add(where=where, field=field, expected=expected, got=got, remedy="Draw both its ends.")
    ground = shapely.Polygon(plan.ground)
    for part, points in _ways(plan) if ground.is_valid else ():
        if not shapely.covers(shapely.buffer(ground, 0.5), shapely.MultiPoint(points)):
            remedy, where = "Draw the ground around all that stands on it.", document.where(*part)
            field, got = _dotted(part), "one beside it"
            faults.add(where=where, field=field, expected="points on the ground", got=got, remedy=remedy)


def _check_names(plan: SiteFile, document: Document, faults: Faults) -> None:
    """Note openings whose name stands twice, and ways out of a space that are none."""
    seen: list[str] = []
    for key, i, each in _openings(plan):
        if each.name in seen:
            got, remedy = shown(each.name), "Give each opening a name of its own."
            where, field = document.where(key, i, "name"), f"{key}.{i}.name"
            faults.add(where=where, field=field, expected="each name once", got=got, remedy=remedy)
        seen.append(each.name)
    ways_out = [each.name for key, _, each in _openings(plan) if key != "doors"]
    for i, space in enumerate(plan.spaces):
        for name in (name for name in space.out if name not in ways_out):
            expected, remedy = "the name of an exit or a gate", f"Known: {', '.join(ways_out)}."
            where, field = document.where("spaces", i, "out"), f"spaces.{i}.out"
            faults.add(where=where, field=field, expected=expected, got=shown(name), remedy=remedy)


def _dotted(part: Sequence[str | int]) -> str:
    """Write a key path as one name."""
    return ".".join(str(each) for each in part)


def _openings(plan: SiteFile) -> list[tuple[str, int, Opening]]:
    """Go through exits, gates and doors, with where each stands in the file."""
    return [(key, i, each) for key in ("exits", "gates", "doors") for i, each in enumerate(getattr(plan, key))]


def _rings(plan: SiteFile) -> list[tuple[tuple[str | int, ...], Sequence[Point]]]:
    """Go through all rings, with where each stands in the file."""
    out: list[tuple[tuple[str | int, ...], Sequence[Point]]] = [(("ground",), plan.ground)]
    for key in ("buildings", "obstacles", "spaces"):
        out += [((key, i, "ring"), each.ring) for i, each in enumerate(getattr(plan, key))]
    return out


def _ways(plan: SiteFile) -> list[tuple[tuple[str | int, ...], Sequence[Point]]]:
    """Go through all that has points, with where each stands in the file."""
    out: list[tuple[tuple[str | int, ...], Sequence[Point]]] = []
    for key in ("fences", "gates", "doors", "exits"):
        out += [((key, i, "points"), each.points) for i, each in enumerate(getattr(plan, key))]
    out += [(("stands", i, "way"), each.way) for i, each in enumerate(plan.stands)]
    out += [((key,), way) for key, way in (("front", plan.front), ("line", plan.line)) if way is not None]
    return out + [rest for rest in _rings(plan) if rest[0] != ("ground",)]
