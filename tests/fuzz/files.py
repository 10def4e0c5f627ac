"""Write a table of a city in every format that a city may come in: the seeds of the fuzzing, and its broken kin."""

import csv
import datetime as dt
import io
import json
import math
import struct
import tempfile
import warnings
import zipfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import shapely

from sispamkota.inputs import DATA

MINI = DATA.parents[2] / "examples" / "minicity"
ROLES = {
    **dict.fromkeys(("csv", "xlsx", "xls"), ("areas", "venues", "roads", "people", "tps")),
    **dict.fromkeys(("geojson", "gpkg", "shp"), ("areas", "venues", "roads", "tps")),
    **dict.fromkeys(("pbf", "osm"), ("areas", "venues", "roads")),
}
SUFFIX = {name: f".{name}" for name in ROLES} | {"shp": ".zip", "pbf": ".osm.pbf"}
TABLES = ("csv", "xlsx", "xls")
_ENDS = ("lon_u", "lat_u", "lon_v", "lat_v")
_WORDS = {"nama": "name", "kode": "ref", "penduduk": "population", "kelas": "highway"}
_HIGHWAYS = {"lokal": "residential", "kolektor": "secondary", "arteri": "primary"}
_AMENITIES = {"rs_umum": "hospital", "polres": "police", "polsek": "police", "damkar": "fire_station"}
_MOST_CELL = 32_000


@dataclass
class Table:
    """Hold one file of a city before it is written: columns, rows of cells, and a shape a row where it is a layer."""

    role: str
    columns: list
    rows: list
    shapes: list | None = None

    def copy(self):
        """Give one that may be changed."""
        shapes = None if self.shapes is None else list(self.shapes)
        return replace(self, columns=list(self.columns), rows=[list(row) for row in self.rows], shapes=shapes)

    def put(self, column, row, value):
        """Set one cell; a column that is not there is passed over."""
        if column in self.columns:
            self.rows[row][self.columns.index(column)] = value


@cache
def seed_table(role, *, layer):
    """Give the mini-city's table of a role, small: as a map layer, or with its positions in columns."""
    rows, shapes = _mini(role)
    columns = list(rows[0])
    table = Table(role, columns, [[row.get(name) for name in columns] for row in rows], shapes)
    if layer or shapes is None:
        return table
    if role == "roads":
        more, cells = _ENDS, [[*shape.coords[0], *shape.coords[-1]] for shape in shapes]
    elif role == "areas":
        points = [shape.centroid for shape in shapes]
        more, cells = ("area_km2", "lon", "lat"), [[1.5, round(each.x, 6), round(each.y, 6)] for each in points]
    else:
        more, cells = ("lon", "lat"), [[shape.x, shape.y] if shape else ["", ""] for shape in shapes]
    rows = [row + extra for row, extra in zip(table.rows, cells, strict=True)]
    return Table(role, [*columns, *more], rows)


@cache
def _mini(role):
    """Read the mini-city: rows as mappings, and their shapes (None for people)."""
    if role in ("areas", "roads"):
        features = json.loads((MINI / f"{role}.geojson").read_text())["features"]
        if role == "roads":
            features = [each for each in features if max(each["properties"]["u"], each["properties"]["v"]) <= 32]
        rows = [each["properties"] for each in features]
        rows = [{name: row[name] for name in row if name != "edge"} for row in rows]
        return rows, [shapely.from_geojson(json.dumps(each["geometry"])) for each in features]
    if role == "venues":
        with (MINI / "venues.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        places = [(row.pop("lon"), row.pop("lat")) for row in rows]
        return rows, [shapely.Point(float(lon), float(lat)) if lon else None for lon, lat in places]
    areas, shapes = _mini("areas")
    if role == "people":
        return [{name: row[name] for name in ("kode", "penduduk", "dpt", "tps")} for row in areas], None
    rows = [
        {"tps": n, "kode_kel": row["kode"], "nama": f"Balai RW {n}", "dpt": 250 + n} for row in areas for n in (1, 2, 3)
    ]
    return rows, [shape.centroid for shape in shapes for _ in range(3)]


def written(table, kind):
    """Write a table in a format; bytes."""
    makers = {"csv": _csv, "xlsx": _xlsx, "xls": _xls, "geojson": _geojson, "pbf": _pbf, "osm": _osm}
    return makers[kind](table) if kind in makers else _layer(table, kind)


def _plain(cell):
    """Write a cell as text."""
    return "" if cell is None else str(cell)


def _csv(table):
    """Write CSV."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(
        [list(map(_plain, table.columns)), *[list(map(_plain, row)) for row in table.rows]]
    )
    return out.getvalue().encode("utf-8", "surrogatepass")


def _xlsx(table):
    """Write a workbook; "=…" is a formula, a date a date."""
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook()
    sheet = book.active
    for row in [table.columns, *table.rows]:
        cells = []
        for cell in row:
            value = cell if isinstance(cell, int | float | str | bool | dt.datetime | dt.date | None) else str(cell)
            if isinstance(value, str):
                value = ILLEGAL_CHARACTERS_RE.sub("", value).encode("utf-8", "replace").decode()[:_MOST_CELL]
            cells.append(value)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xls(table):
    """Write a workbook of Excel 97 (BIFF8): one sheet, labels, numbers, formulas with their value, errors."""

    def record(number, body):
        return struct.pack("<HH", number, len(body)) + body

    def text(value, size):
        chars = value.encode("utf-16-le", "replace")[:8000]
        return struct.pack(size, len(chars) // 2) + b"\1" + chars

    cells, rows = b"", [table.columns, *table.rows]
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            head = struct.pack("<HHH", i, j, 0)
            if isinstance(cell, bool) or (isinstance(cell, str) and cell.startswith("#")):
                cells += record(0x0205, head + (bytes([cell, 0]) if isinstance(cell, bool) else b"\x17\1"))
            elif isinstance(cell, int | float) and abs(cell) < 1e308:
                cells += record(0x0203, head + struct.pack("<d", cell))
            elif isinstance(cell, str) and cell.startswith("="):
                cells += record(0x0006, head + struct.pack("<dHIH", 7.5, 0, 0, 3) + b"\x1e\7\0")
            elif cell is not None and cell != "":
                cells += record(0x0204, head + text(str(cell), "<H"))
    size = struct.pack("<IIHHH", 0, len(rows), 0, len(table.columns), 0)
    sheet = record(0x0809, struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 0)) + record(0x0200, size)
    sheet += cells + record(0x00E5, struct.pack("<HHHHH", 1, 1, 2, 1, 1)) + record(0x000A, b"")
    start = record(0x0809, struct.pack("<HHHHII", 0x600, 5, 0, 1997, 0, 0)) + record(0x0042, struct.pack("<H", 1200))
    bound = text("Sheet1", "<B")
    offset = len(start) + 4 + 6 + len(bound) + 4
    return _compound(start + record(0x0085, struct.pack("<IBB", offset, 0, 0) + bound) + record(0x000A, b"") + sheet)


def _compound(stream):
    """Put a stream named Workbook in a compound file of sectors of 512 bytes."""
    count = max(math.ceil(len(stream) / 512), 8)
    tables = next(n for n in range(1, 109) if n * 128 >= count + 1 + n)
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    links = [*range(1, count), end, end, *[0xFFFFFFFD] * tables]
    links += [free] * (tables * 128 - len(links))

    def entry(name, kind, child, start, size):
        label = name.encode("utf-16-le")
        body = label.ljust(64, b"\0") + struct.pack("<HBBIII", len(label) + 2, kind, 1, free, free, child)
        return body + bytes(36) + struct.pack("<IQ", start, size)

    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, tables, count, 0, 4096, end, 0, end, 0)
    head += struct.pack("<109I", *range(count + 1, count + 1 + tables), *[free] * (109 - tables))
    folder = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 0, count * 512)
    blank = bytes(64) + struct.pack("<HBBIII", 0, 0, 0, free, free, free) + bytes(48)
    return head + stream.ljust(count * 512, b"\0") + folder + 2 * blank + struct.pack(f"<{len(links)}I", *links)


def _json_safe(cell):
    """Keep what JSON can say, NaN and Infinity too; write the rest as text."""
    return cell if isinstance(cell, int | float | str | bool | list | dict | None) else str(cell)


def _geojson(table):
    """Write GeoJSON, one feature a line."""
    lines = []
    for row, shape in zip(table.rows, table.shapes, strict=True):
        properties = {str(name): _json_safe(cell) for name, cell in zip(table.columns, row, strict=True)}
        geometry = None if shape is None else shapely.geometry.mapping(shape)
        lines.append(json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}))
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n").encode()


def _column(cells):
    """Give a column as an array that GDAL takes: numbers where all are, else text."""
    if all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells):
        fits = all(isinstance(cell, int) and abs(cell) < 2**62 for cell in cells)
        return np.array(cells, np.int64 if fits else np.float64)
    texts = [None if cell is None else str(cell).encode("utf-8", "replace").decode() for cell in cells]
    return np.array([text and text.replace("\0", "") for text in texts], object)


def _layer(table, kind):
    """Write a GeoPackage, or a Shapefile in a zip; a table without rows has a layer without features."""
    from pyogrio import raw

    columns = list(zip(*table.rows, strict=True)) if table.rows else [()] * len(table.columns)
    types = [each.geom_type for each in table.shapes if each is not None]
    common = max(sorted(set(types)), key=types.count) if types else "Point"
    shapes = [None if each is None or each.geom_type != common else each for each in table.shapes]
    names = [f"f{i}" if not str(name).strip() else str(name) for i, name in enumerate(table.columns)]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / f"layer.{kind}"
        raw.write(
            path,
            np.array([None if each is None else shapely.to_wkb(each) for each in shapes], object),
            [_column(cells) for cells in columns],
            [name.encode("utf-8", "replace").decode().replace("\0", "") for name in names],
            geometry_type=common,
            crs="EPSG:4326",
            encoding="UTF-8",
        )
        if kind == "gpkg":
            return path.read_bytes()
        return zipped({each.name: each.read_bytes() for each in sorted(Path(folder).iterdir())})


def zipped(members):
    """Zip members, (name: bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def unzipped(content):
    """Give the members of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# --- OpenStreetMap ----------------------------------------------------------------------------------------------------


def _things(table):
    """Give what an extract of a table holds: nodes (id, lon, lat, tags), ways (id, nodes, tags), relations likewise."""
    nodes, ways, relations, known = [], [], [], {}

    def node(x, y):
        if (x, y) not in known:
            nodes.append((len(nodes) + 1, x, y, {}))
            known[x, y] = len(nodes)
        return known[x, y]

    for row, shape in zip(table.rows, table.shapes, strict=True):
        tags = {_WORDS.get(str(name), str(name)): _plain(cell) for name, cell in zip(table.columns, row, strict=True)}
        if table.role == "roads":
            tags["highway"] = _HIGHWAYS.get(tags.get("highway"), tags.get("highway", ""))
        elif table.role == "areas":
            tags |= {"boundary": "administrative", "admin_level": "8", "type": "boundary"}
        else:
            tags["amenity"] = _AMENITIES.get(tags.get("jenis"), "school")
        parts = [] if shape is None or shape.is_empty else list(getattr(shape, "geoms", [shape]))
        if table.role == "venues":
            nodes += [(len(nodes) + 1, *part.coords[0][:2], tags) for part in parts[:1] if part.geom_type == "Point"]
            continue
        rings = [[node(*xy[:2]) for xy in getattr(part, "exterior", part).coords] for part in parts]
        ways += [(len(ways) + 1 + i, refs, {} if table.role == "areas" else tags) for i, refs in enumerate(rings)]
        if table.role == "areas":
            relations.append((len(relations) + 1, [each[0] for each in ways[len(ways) - len(rings) :]], tags))
    return nodes, ways, relations


def _osm(table):
    """Write OSM XML, whatever the numbers and words."""
    nodes, ways, relations = _things(table)

    def tags(table):
        return "".join(f"<tag k={quoteattr(str(k))} v={quoteattr(str(v))}/>" for k, v in table.items())

    lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6">']
    lines += [f'<node id="{i}" version="1" lat="{y}" lon="{x}">{tags(t)}</node>' for i, x, y, t in nodes]
    lines += [
        f'<way id="{i}" version="1">{"".join(f"<nd ref={chr(34)}{n}{chr(34)}/>" for n in refs)}{tags(t)}</way>'
        for i, refs, t in ways
    ]
    lines += [
        f'<relation id="{i}" version="1">'
        + "".join(f'<member type="way" ref="{n}" role="outer"/>' for n in refs)
        + f"{tags(t)}</relation>"
        for i, refs, t in relations
    ]
    return "\n".join([*lines, "</osm>", ""]).encode("utf-8", "replace")


def _pbf(table):
    """Write OSM PBF without packing, so that a changed byte reaches what is inside; numbers are held to its range."""
    import osmium

    nodes, ways, relations = _things(table)

    def plain(text):
        return str(text).encode("utf-8", "replace").decode()[:200].replace("\0", "")

    def said(tags):
        return {plain(key) or "k": plain(value) for key, value in tags.items()}

    def held(value):
        return float(np.clip(np.nan_to_num(value), -200.0, 200.0))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.osm.pbf"
        with osmium.SimpleWriter(osmium.io.File(str(path), "pbf,pbf_compression=none")) as writer:
            for i, x, y, tags in nodes:
                writer.add_node(osmium.osm.mutable.Node(id=i, location=(held(x), held(y)), tags=said(tags)))
            for i, refs, tags in ways:
                writer.add_way(osmium.osm.mutable.Way(id=i, nodes=refs, tags=said(tags)))
            for i, refs, tags in relations:
                members = [("w", ref, "outer") for ref in refs]
                writer.add_relation(osmium.osm.mutable.Relation(id=i, members=members, tags=said(tags)))
        return path.read_bytes()
