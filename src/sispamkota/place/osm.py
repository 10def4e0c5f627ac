"""OpenStreetMap extracts (.osm.pbf, .osm and their kin): streets, administrative areas, venues.

Ways meet only in nodes that they share, never where they merely cross: a bridge is no junction. Turn restrictions are
not read. What the extract lacks or what is not understood is counted and named. Needs the extra `osm`.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Fault, Faults, InputError, quoted, reason

from .osm_tags import access_bits, kind_of, limit_in, oneway_of, says_access, tag_figures, turn_foot, venue_kind
from .osm_ways import Vertices, Ways, shared_nodes, streets_of
from .position import Box, number_in
from .read import AREA_COLUMNS, Areas, areas_of
from .ride import EVERYONE, FOOT_BIT, FOOT_TURNED, ROAD_KINDS
from .roads import LONGEST_M
from .streets import Streets

__all__ = ["is_osm", "read_osm_areas", "read_osm_roads", "read_osm_venues"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_FORMATS = {
    ".pbf": "pbf",
    ".osm": "xml",
    ".osm.gz": "xml.gz",
    ".osm.bz2": "xml.bz2",
    ".osm.xml": "xml",
    ".opl": "opl",
    ".o5m": "o5m",
}
_SOURCE = "OpenStreetMap"
_UNDEFINED = 2**31 - 1  # the coordinate of a node that the extract does not have
_PER_DEGREE = 1e7
_VENUE_COLUMNS = ("pemilik", "alamat", "coord_quality", "source")


def is_osm(path: Path) -> bool:
    """Tell by its name whether a file is an OpenStreetMap extract."""
    return _format(path) is not None


def _format(path: Path) -> str | None:
    """Give the format that a file name stands for."""
    return next((kind for suffix, kind in _FORMATS.items() if path.name.lower().endswith(suffix)), None)


def _osmium() -> Any:
    """Load the library; a missing one is an InputError."""
    try:
        import osmium
    except ImportError:
        expected, remedy = "osmium, which reads OpenStreetMap", "Install it with: pip install 'sispamkota[osm]'."
        raise InputError([Fault("osmium", "library", expected, "none", remedy)]) from None
    return osmium


def _processor(path: Path, *, nodes_and_ways: bool = False) -> Any:
    """Open an extract; only nodes and ways, or all that is in it."""
    osmium = _osmium()
    with path.open("rb"):
        pass  # an address would be fetched, and what cannot be opened has better words here
    kinds = osmium.osm.NODE | osmium.osm.WAY if nodes_and_ways else osmium.osm.ALL
    return osmium.FileProcessor(osmium.io.File(str(path.absolute()), _format(path) or "pbf"), kinds)


@contextmanager
def _reading(path: Path, faults: Faults) -> Iterator[None]:
    """Turn what goes wrong while an extract is read into one fault."""
    odd = _osmium().InvalidLocationError
    try:
        yield
    except OSError as error:
        got, remedy = reason(error), "Check the path and its permissions."
        faults.add(where=str(path), field="file", expected="a readable extract", got=got, remedy=remedy)
    except (RuntimeError, UnicodeDecodeError, ValueError, KeyError, MemoryError, odd) as error:
        got = f"damaged content ({quoted(error)})"
        remedy = "Download or cut the extract again; osmium fileinfo tells whether it is whole."
        faults.add(where=str(path), field="file", expected="a whole extract", got=got, remedy=remedy)


# --- streets ----------------------------------------------------------------------------------------------------------


@dataclass
class _Found:
    """Gather ways as flat arrays: node numbers and coordinates (vertices,), the rest (ways,)."""

    ref: array[int] = field(default_factory=lambda: array("q"))
    x: array[int] = field(default_factory=lambda: array("i"))
    y: array[int] = field(default_factory=lambda: array("i"))
    size: array[int] = field(default_factory=lambda: array("q"))
    kind: array[int] = field(default_factory=lambda: array("b"))
    oneway: array[int] = field(default_factory=lambda: array("q"))
    limit: array[float] = field(default_factory=lambda: array("d"))
    access: array[int] = field(default_factory=lambda: array("B"))
    name: array[int] = field(default_factory=lambda: array("i"))
    names: dict[str, int] = field(default_factory=dict)
    bollard: array[int] = field(default_factory=lambda: array("q"))
    bollard_access: array[int] = field(default_factory=lambda: array("B"))
    gate: array[int] = field(default_factory=lambda: array("q"))
    count: Counter[str] = field(default_factory=Counter)

    def take_node(self, number: int, tags: Mapping[str, str]) -> None:
        """Note a node that stops some vehicles, or a gate of which nothing is said."""
        figures, barrier = tag_figures(), tags.get("barrier")
        if barrier in figures.gates and not says_access(tags):
            self.gate.append(number)
        elif barrier in figures.gates or barrier in figures.barriers:
            access, known = access_bits(tags)
            self.count["access of barriers not understood"] += not known
            if access != EVERYONE:
                self.bollard.append(number)
                self.bollard_access.append(access)

    def take_way(self, tags: Mapping[str, str], nodes: Any) -> None:
        """Note a way, if it is a street."""
        kind = kind_of(tags)
        if kind == -1 or tags.get("area") == "yes" or tags.get("route") == "ferry":
            return
        limit = limit_in(tags["maxspeed"].lower()) if "maxspeed" in tags else np.inf
        access, known = access_bits(tags)
        oneway = oneway_of(tags)
        for what, unknown in (
            ("highway", kind is None),
            ("maxspeed", limit is None),
            ("access", not known),
            ("oneway", oneway is None),
        ):
            self.count[f"{what} not understood"] += unknown
        self.count["oneway of one class not read"] += any(
            key.startswith("oneway:") and key != "oneway:foot" for key in tags
        )
        self.kind.append(ROAD_KINDS.index("lain") if kind is None else kind)
        self.limit.append(np.inf if limit is None else limit)
        self.access.append(turn_foot(access, tags, oneway or 0))
        self.oneway.append(oneway or 0)
        name = tags.get("name", "")
        self.name.append(self.names.setdefault(name, len(self.names)) if name else -1)
        self.size.append(len(nodes))
        for node in nodes:
            place = node.location
            self.ref.append(node.ref)
            self.x.append(place.x)
            self.y.append(place.y)

    def ways(self) -> Ways:
        """Give what is said of the ways."""
        return Ways(
            kind=np.array(self.kind, np.int8),
            oneway=np.array(self.oneway, np.int64),
            limit=np.array(self.limit, np.float64),
            access=np.array(self.access, np.uint8),
            name=np.array(self.name, np.int32),
            names=tuple(self.names),
            unclassed=self.count["highway not understood"],
            dropped=tuple(f"{what}: {n}" for what, n in self.count.items() if n),
        )


def read_osm_roads(path: Path, faults: Faults, box: Box) -> Streets | None:
    """Read the streets of an extract inside `box`; None where it has faults, which are noted.

    Ways are cut in nodes that they share, and where they leave the box or the extract.
    """
    before, found = len(faults), _Found()
    with _reading(path, faults):
        filters = _osmium().filter
        processor = _processor(path, nodes_and_ways=True).with_locations()
        processor.with_filter(filters.KeyFilter("barrier").enable_for(_osmium().osm.NODE))
        processor.with_filter(filters.KeyFilter("highway").enable_for(_osmium().osm.WAY))
        for thing in processor:
            if thing.is_node():
                found.take_node(thing.id, dict(thing.tags))
            else:
                found.take_way(dict(thing.tags), thing.nodes)
    _name_swapped(path, found, box, faults)
    if len(faults) > before:
        return None
    vertices, ref = _vertices(found, box)
    if vertices is None:
        got = f"{len(found.size)} ways, none inside {box.west:g}, {box.south:g} to {box.east:g}, {box.north:g}"
        remedy = "Take an extract of the city, with its highways and their nodes."
        faults.add(where=str(path), field="highway", expected="streets of the city", got=got, remedy=remedy)
        return None
    vertices, node, extra = _barred(vertices, ref, found)
    ways = _with_bollards(found.ways(), *extra)
    streets, _ = streets_of(vertices, node, ways)
    if (streets.length_m > LONGEST_M).any():
        remedy = "Repair the coordinates of its nodes."
        got = f"{streets.length_m.max():g} m"
        faults.add(where=str(path), field="highway", expected=f"streets up to {LONGEST_M:g} m", got=got, remedy=remedy)
        return None
    return streets


def _name_swapped(path: Path, found: _Found, box: Box, faults: Faults) -> None:
    """Note nodes of streets that lie in the city only where latitude and longitude change places."""
    lon, lat = (np.array(axis, np.int32) / _PER_DEGREE for axis in (found.x, found.y))
    at = np.flatnonzero(
        (lat >= box.west) & (lat <= box.east) & (lon >= box.south) & (lon <= box.north)
        & ~((lon >= box.west) & (lon <= box.east) & (lat >= box.south) & (lat <= box.north))
    )  # fmt: skip
    if at.size:
        _swapped(f"{path} (node {found.ref[at[0]]})", float(lon[at[0]]), float(lat[at[0]]), faults, many=at.size)


def _swapped(where: str, lon: float, lat: float, faults: Faults, *, many: int = 1) -> None:
    """Note a node whose latitude stands where its longitude belongs."""
    got = f"lon {lon:g}, lat {lat:g}" + (f", and {many - 1} more like it" if many > 1 else "")
    remedy = "Latitude and longitude are swapped: exchange the two."
    expected = "a position in or near the city, longitude first"
    faults.add(where=where, field="lon, lat", expected=expected, got=got, remedy=remedy)


def _vertices(found: _Found, box: Box) -> tuple[Vertices | None, I8]:
    """Lay out the vertices inside the box, and their node numbers; a line ends where a vertex is not there."""
    ref = np.frombuffer(found.ref, np.int64) if found.ref else np.empty(0, np.int64)
    x, y = (np.array(axis, np.int32) for axis in (found.x, found.y))
    row = np.repeat(np.arange(len(found.size)), np.array(found.size, np.int64))
    lon, lat = x / _PER_DEGREE, y / _PER_DEGREE
    missing = (x == _UNDEFINED) | (y == _UNDEFINED)
    inside = ~missing & (lon >= box.west) & (lon <= box.east) & (lat >= box.south) & (lat <= box.north)
    found.count["nodes of streets that the extract lacks"] = int(missing.sum())
    found.count["nodes of streets outside the city"] = int((~inside & ~missing).sum())
    fresh = np.ones(row.size, np.bool_)
    fresh[1:] = (np.diff(row) != 0) | ~inside[:-1]
    line = np.cumsum(fresh)
    again = np.zeros(row.size, np.bool_)
    again[1:] = (np.diff(ref) == 0) & ~fresh[1:]
    keep = inside & ~again
    size = np.bincount(line[keep], minlength=line[-1] + 1 if line.size else 1)
    keep &= size[line] > 1
    vertices = Vertices(lon[keep], lat[keep], line[keep], row[keep]) if keep.any() else None
    return vertices, ref[keep]


def _barred(vertices: Vertices, ref: I8, found: _Found) -> tuple[Vertices, I8, tuple[I8, NDArray[np.uint8]]]:
    """Give vertices their junctions, and double each barrier inside a way: between both is a street of no length.

    Also gives the rows of these streets: which way each copies, and who is let through.
    """
    node = shared_nodes(vertices, key=ref)
    found.count["gates without access, open"] = int(np.isin(np.array(found.gate, np.int64), ref).sum())
    known = dict(zip(found.bollard, found.bollard_access, strict=True))
    at = np.flatnonzero(np.isin(ref, np.array(found.bollard, np.int64)))
    found.count["barriers in junctions"] = int(np.unique(ref[at[node[at] >= 0]]).size)
    at = at[node[at] < 0]
    lets = np.array([known[number] for number in ref[at].tolist()], np.uint8)
    first, count = int(node.max()) + 1, at.size
    node[at] = first + np.arange(count)
    copies = first + count + np.arange(count)
    of, row = vertices.row[at], vertices.row.copy()
    row[at] = len(found.size) + np.arange(count)
    twice = np.sort(np.concatenate([np.arange(row.size), at]))
    row, node = row[twice], node[twice]
    second = at + np.arange(1, count + 1)
    row[second], node[second] = of, copies
    return Vertices(vertices.lon[twice], vertices.lat[twice], vertices.line[twice], row), node, (of, lets)


def _with_bollards(ways: Ways, of: I8, lets: NDArray[np.uint8]) -> Ways:
    """Add the rows of the barriers: as the way on which they stand, but for who is let through."""

    def more(values: NDArray[Any]) -> NDArray[Any]:
        """Add the values of the ways that are copied."""
        return np.concatenate([values, values[of]])

    lets = np.where(lets & FOOT_BIT, lets | FOOT_TURNED, lets).astype(np.uint8)
    access = np.concatenate([ways.access, ways.access[of] & lets])
    return Ways(
        kind=more(ways.kind),
        oneway=more(ways.oneway),
        limit=more(ways.limit),
        access=access,
        name=more(ways.name),
        names=ways.names,
        unclassed=ways.unclassed,
        dropped=ways.dropped,
    )


# --- areas ------------------------------------------------------------------------------------------------------------


def read_osm_areas(path: Path, faults: Faults, *, level: int | None = None) -> Areas:
    """Read administrative areas of one `admin_level`, as read_areas gives them.

    Without `level` it is the finest whose areas cover nearly all that any level covers. The district of an area is
    the area of the next coarser level that holds it. Relations that the extract has in part only are named in
    `.attrs["dropped"]`.
    """
    before = len(faults)
    areas, partial = _boundaries(path, faults)
    if not len(areas) and len(faults) == before:
        _find_swapped(path, faults)
    if not len(areas) and len(faults) == before:
        got = f"{len(partial)} relations, none complete"
        remedy = "Take an extract that holds the boundaries whole (osmium extract --strategy=smart)."
        faults.add(where=str(path), field="boundary", expected="administrative areas", got=got, remedy=remedy)
    levels = sorted(set(areas["level"]))
    chosen = _finest(areas) if level is None and levels else level
    if levels and chosen not in levels:
        got, remedy = f"{chosen}", f"This extract has {', '.join(map(str, levels))}."
        faults.add(where=str(path), field="admin_level", expected="a level with areas", got=got, remedy=remedy)
    rows = areas[areas["level"] == chosen].reset_index(drop=True)
    coarser = [each for each in levels if chosen is not None and each < chosen]
    rows = rows.assign(**_parents(rows, areas[areas["level"] == coarser[-1]] if coarser else areas[:0]))
    for name in ("kode", "nama", "penduduk", "where", *AREA_COLUMNS):
        rows[name] = (rows[name] if name in rows else pd.Series("", index=rows.index)).astype("str")
    rows.attrs["dropped"] = [text for text, its_level in partial if its_level == chosen]
    return areas_of(rows.assign(source=np.where(rows["penduduk"] != "", _SOURCE, "")), faults)


def _find_swapped(path: Path, faults: Faults) -> None:
    """Look for a node off the Earth that would be on it if latitude and longitude changed places; note the first."""
    with _reading(path, faults):
        for thing in _processor(path, nodes_and_ways=True):
            if thing.is_node() and 90 * _PER_DEGREE < abs(thing.location.y) <= 180 * _PER_DEGREE:
                lon, lat = thing.location.x / _PER_DEGREE, thing.location.y / _PER_DEGREE
                if abs(lon) <= 90.0:
                    _swapped(f"{path} (node {thing.id})", lon, lat, faults)
                    return


def _boundaries(path: Path, faults: Faults) -> tuple[pd.DataFrame, list[tuple[str, int]]]:
    """Read all complete administrative relations, one row each; also name those that are not complete."""
    import shapely

    rows, seen, whole = list[dict[str, Any]](), dict[int, tuple[str, int]](), set[int]()
    with _reading(path, faults):
        osmium = _osmium()
        only, shapes = osmium.filter.TagFilter(("boundary", "administrative")), osmium.geom.WKBFactory()
        for thing in _processor(path).with_areas(only).with_filter(only):
            tags = dict(thing.tags) if thing.is_relation() or (thing.is_area() and not thing.from_way()) else {}
            if not tags.get("admin_level", "").isdecimal() or len(tags["admin_level"]) > 2:
                continue
            number = thing.orig_id() if thing.is_area() else thing.id
            its_level, name = int(tags["admin_level"]), tags.get("name", f"r{number}")
            seen[number] = (f"relation {number} ({name}): not whole in this extract", its_level)
            if not thing.is_area():
                continue
            whole.add(number)
            code = next((tags[key] for key in tag_figures().area_codes if tags.get(key)), "")
            people = tags.get("population", "")
            rows.append(
                {
                    "level": its_level,
                    "id": f"r{number}",
                    "kode": code,
                    "nama": name,
                    "penduduk": people if number_in(people) is not None else "",
                    "where": f"{path} (relation {number})",
                    "geometry": shapely.from_wkb(shapes.create_multipolygon(thing)),
                }
            )
    names = ["level", "id", "kode", "nama", "penduduk", "where", "geometry"]
    frame = pd.DataFrame(rows, columns=names)
    vague = frame.duplicated(["level", "kode"], keep=False) | (frame["kode"] == "")
    frame["kode"] = frame["kode"].where(~vague, frame["id"])
    return frame, [about for number, about in seen.items() if number not in whole]


def _finest(areas: pd.DataFrame) -> Any:
    """Choose the finest level whose areas cover most of what all levels cover."""
    import shapely

    ground = {
        level: shapely.union_all(areas.loc[areas["level"] == level, "geometry"].to_numpy()).area
        for level in areas["level"].unique().tolist()
    }
    every = shapely.union_all(areas["geometry"].to_numpy()).area
    covering = [level for level, area in ground.items() if area >= tag_figures().covers * every]
    return max(covering) if covering else max(ground, key=lambda level: ground[level])


def _parents(rows: pd.DataFrame, districts: pd.DataFrame) -> dict[str, list[str]]:
    """Find the district that holds each area; blank where there is none."""
    codes, names = list[str](), list[str]()
    for shape in rows["geometry"]:
        point = shape.representative_point() if not shape.is_empty else None
        held = [i for i, each in enumerate(districts["geometry"]) if point is not None and each.contains(point)]
        codes.append(str(districts["kode"].iloc[held[0]]) if held else "")
        names.append(str(districts["nama"].iloc[held[0]]) if held else "")
    return {"kode_kec": codes, "kecamatan": names}


# --- venues -----------------------------------------------------------------------------------------------------------


def read_osm_venues(path: Path, faults: Faults) -> pd.DataFrame:
    """Read hospitals, stations, schools and other venues as text columns, as read_rows gives those of a file.

    Columns: id, nama, jenis, lon, lat, pemilik, alamat, coord_quality, source, where. A venue without a name bears its
    kind and number. An area stands at a point inside it. Operators and contacts are not read: they may be persons.
    """
    rows = list[dict[str, str]]()
    with _reading(path, faults):
        osmium, shapes = _osmium(), _osmium().geom.WKBFactory()
        only = osmium.filter.KeyFilter(*dict.fromkeys(key for rule in tag_figures().venues for key in rule.tags))
        for thing in _processor(path).with_areas(only).with_filter(only):
            if not (thing.is_node() or thing.is_area()):
                continue
            tags = dict(thing.tags)
            kind = venue_kind(tags)
            if kind is not None:
                rows.append(_venue(thing, tags, kind, shapes))
    columns = ["id", "nama", "jenis", "lon", "lat", *_VENUE_COLUMNS, "where"]
    frame = pd.DataFrame(rows, columns=columns).astype("str")
    frame["where"] = [f"{path} ({each})" for each in frame["id"]]
    frame.attrs["dropped"] = list[str]()
    return frame


def _venue(thing: Any, tags: Mapping[str, str], kind: str, shapes: Any) -> dict[str, str]:
    """Describe one venue in a row."""
    import shapely

    if thing.is_node():
        number, lon, lat = f"n{thing.id}", thing.location.x / _PER_DEGREE, thing.location.y / _PER_DEGREE
    else:
        number = f"{'w' if thing.from_way() else 'r'}{thing.orig_id()}"
        point = shapely.from_wkb(shapes.create_multipolygon(thing)).representative_point()
        lon, lat = round(point.x, 7), round(point.y, 7)
    return {
        "id": number,
        "nama": " ".join(tags.get("name", "").split()) or f"{kind} {number}",
        "jenis": kind,
        "lon": f"{lon:.7f}",
        "lat": f"{lat:.7f}",
        "pemilik": tag_figures().owners.get(tags.get("operator:type", ""), ""),
        "alamat": " ".join(filter(None, (tags.get("addr:street"), tags.get("addr:housenumber")))),
        "coord_quality": "reported",
        "source": _SOURCE,
    }
