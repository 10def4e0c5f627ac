"""Map layers of any source, GeoJSON, GeoPackage or Shapefile, as text columns and shapes in degrees (WGS 84).

A feature without a sound geometry keeps its place and comes back without one; all faults are noted at once. Heights
are dropped. GeoJSON is read here in full; the others need the extra `gis`.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import Fault, Faults, InputError, collapsed, quoted, reason, shown, suggest
from .inputs import read_features

__all__ = ["Layer", "Want", "collapsed", "is_layer", "read_layer"]

Want = Literal["polygon", "line", "point"]
_SUFFIXES = {".geojson", ".json", ".gpkg", ".shp", ".zip"}
_EXPECTED = {"polygon": "a valid polygon", "line": "a line of at least two points", "point": "a geometry"}
_TYPES = {"polygon": "Polygon", "line": "LineString", "point": "Point"}
_REPAIR = "Repair or remove the feature (QGIS: Fix geometries)."
_NO_DEGREES = 1000.0  # a number beyond this is metres of some projection
_MAGIC = {".gpkg": b"SQLite format 3\0", ".shp": b"\0\0\x27\x0a"}
_GDAL_FAULTS = (RuntimeError, ValueError, LookupError, TypeError, NameError, MemoryError)  # as pyogrio 0.13 raises them
_ANSI = (0x00, 0x57)  # marks of a DBF that say nothing of its encoding


@dataclass(frozen=True, eq=False)
class Layer:
    """Hold one layer: where each feature stands, its properties as text, its shape (None where it has no sound one).

    `columns` has one list a property, (features,); `geometry` holds shapely geometries in lon, lat; `notes` say what
    was taken for granted.
    """

    where: tuple[str, ...]
    columns: Mapping[str, list[str]]
    geometry: NDArray[np.object_]
    notes: tuple[str, ...] = ()


def is_layer(path: Path) -> bool:
    """Tell by its name whether a file is a map layer; a .zip is taken to hold a Shapefile."""
    return path.suffix.lower() in _SUFFIXES


def read_layer(path: Path, faults: Faults, *, layer: str | None = None, want: Want = "point") -> Layer:
    """Read a map layer; a file that cannot be read becomes faults and a layer without features.

    `want` chooses among several layers and words the faults; with "point" a feature may have no geometry. Raises
    InputError where the extra `gis` is needed and missing.
    """
    found = Faults()
    suffix = path.suffix.lower()
    read = _read_json if suffix in {".geojson", ".json"} else _read_gdal
    with np.errstate(all="ignore"):  # a broken coordinate is found afterwards
        out = read(path, found, layer, want)
    faults.extend(collapsed(found))
    return out


def _empty() -> Layer:
    """Make a layer without features."""
    return Layer((), {}, np.empty(0, object))


# --- GeoJSON ----------------------------------------------------------------------------------------------------------


def _read_json(path: Path, faults: Faults, layer: str | None, want: Want) -> Layer:
    """Read GeoJSON; an old `crs` member is honoured."""
    del layer  # a file is one
    found = read_features(path, faults)
    if not found.items:
        return _empty()
    shapes = np.empty(len(found.items), object)
    rows = list[Mapping[str, Any]]()
    for i, (where, feature) in enumerate(zip(found.where, found.items, strict=True)):
        table = feature if isinstance(feature, dict) else {}
        given = table.get("properties")
        rows.append(given if isinstance(given, dict) else {})
        if want == "point" and isinstance(feature, dict) and table.get("geometry") is None:
            continue
        try:
            shapes[i] = _shape(table.get("geometry") if isinstance(feature, dict) else feature)
        except _Broken as error:
            faults.add(where=where, field="geometry", expected=_EXPECTED[want], got=str(error), remedy=_REPAIR)
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {str(name): [_text(row.get(name)) for row in rows] for name in names}
    crs = _named_crs(path, found.crs, faults) if found.crs is not None else None
    shapes = _in_degrees(path, found.where, shapes, crs, faults)
    return Layer(tuple(found.where), columns, shapes)


def _named_crs(path: Path, member: Any, faults: Faults) -> str | None:
    """Give the name of a `crs` member; a fault where it has none."""
    inner = member.get("properties") if isinstance(member, dict) else None
    name = inner.get("name") if isinstance(inner, dict) else None
    if isinstance(name, str):
        return name
    remedy = "Export the layer in EPSG:4326, without a crs."
    faults.add(where=f"{path}:1", field="crs", expected="the name of a CRS", got=shown(member), remedy=remedy)
    return None


class _Broken(Exception):  # noqa: N818 - never leaves this module
    """Say why a geometry cannot be used."""


def _shape(geometry: Any) -> Any:
    """Build the shape of a GeoJSON geometry, without heights."""
    import shapely

    if geometry is None:
        raise _Broken("no geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    makers: dict[str, Callable[[Any], Any]] = {
        "Point": lambda part: shapely.points(_positions([part])[0]),
        "MultiPoint": lambda part: shapely.multipoints(_positions(part)),
        "LineString": lambda part: shapely.linestrings(_positions(part)),
        "MultiLineString": lambda part: shapely.multilinestrings([shapely.linestrings(_positions(p)) for p in part]),
        "Polygon": _polygon,
        "MultiPolygon": lambda part: shapely.multipolygons([_polygon(each) for each in part]),
    }
    if not isinstance(kind, str) or kind not in makers:
        raise _Broken(shown(kind) if isinstance(geometry, dict) else shown(geometry))
    try:
        return makers[kind](geometry.get("coordinates"))
    except _Broken as error:
        raise _Broken(f"broken coordinates ({error})") from None
    except shapely.errors.GEOSException as error:
        raise _Broken(f"broken coordinates ({quoted(error)})") from None
    except (TypeError, ValueError, LookupError):
        raise _Broken("broken coordinates (no list of points)") from None


def _polygon(rings: Any) -> Any:
    """Build a polygon of its outer ring and its holes."""
    import shapely

    lines = [shapely.linearrings(_positions(ring)) for ring in rings]
    return shapely.Polygon(lines[0], lines[1:]) if lines else shapely.Polygon()


def _positions(part: Any) -> NDArray[np.float64]:
    """Read positions, (points, 2); raises _Broken, or what NumPy raises, for anything but finite numbers."""
    line = np.array([point[:2] for point in part])
    if line.dtype.kind not in "iuf" or line.ndim != 2 or line.shape[1] != 2:
        raise _Broken("not pairs of numbers")
    if not np.isfinite(line).all():
        raise _Broken("a number that is not finite")
    return line.astype(np.float64)


def _text(value: object) -> str:
    """Write a value the way a CSV cell would hold it."""
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


# --- coordinates ------------------------------------------------------------------------------------------------------


def _in_degrees(
    path: Path, where: Sequence[str], shapes: NDArray[np.object_], crs: str | None, faults: Faults
) -> NDArray[np.object_]:
    """Turn shapes to longitude and latitude; what does not come out as numbers is a fault and None."""
    import pyproj
    import shapely

    if crs is None:
        return _plausible(path, shapes, faults)
    try:
        source, target = pyproj.CRS.from_user_input(crs), pyproj.CRS.from_epsg(4326)
        if source.equals(target, ignore_axis_order=True) or source.equals(pyproj.CRS("OGC:CRS84")):
            return shapes
        turn = pyproj.Transformer.from_crs(source, target, always_xy=True)
        out = np.asarray(
            shapely.transform(shapes, lambda xy: np.column_stack(turn.transform(xy[:, 0], xy[:, 1]))), object
        )
    except (pyproj.exceptions.CRSError, pyproj.exceptions.ProjError, shapely.errors.GEOSException) as error:
        expected, remedy = "a CRS that leads to WGS 84", "Export the layer in EPSG:4326."
        got = f"{shown(crs)} ({quoted(error)})"
        faults.add(where=f"{path}:1", field="crs", expected=expected, got=got, remedy=remedy)
        return np.full(shapes.shape, None, object)
    bounds = shapely.bounds(out)
    for i in np.flatnonzero(~np.isfinite(bounds).all(axis=1) & ~shapely.is_empty(out) & ~shapely.is_missing(out)):
        out[i] = None
        expected, remedy = "coordinates inside the CRS of the layer", "Check the CRS of the layer, and the feature."
        faults.add(where=where[int(i)], field="geometry", expected=expected, got="others", remedy=remedy)
    return out


def _plausible(path: Path, shapes: NDArray[np.object_], faults: Faults) -> NDArray[np.object_]:
    """Give back shapes that can be degrees; where most of a file are metres, one fault and no shapes."""
    import shapely

    most = np.abs(shapely.bounds(shapes)).max(axis=1, initial=0.0)
    known = np.isfinite(most)
    if (most[known] > _NO_DEGREES).sum() * 2 <= known.sum():
        return shapes
    expected, got = "longitude and latitude (WGS 84)", f"numbers up to {most[known].max():.6g}"
    remedy = "Export the layer in EPSG:4326."
    faults.add(where=f"{path}:1", field="geometry", expected=expected, got=got, remedy=remedy)
    return np.full(shapes.shape, None, object)


# --- GeoPackage, Shapefile --------------------------------------------------------------------------------------------


def _read_gdal(path: Path, faults: Faults, layer: str | None, want: Want) -> Layer:
    """Read one layer of a GeoPackage or Shapefile."""
    try:
        import pyogrio
    except ImportError:
        expected, got = "pyogrio, which reads GeoPackage and Shapefile", "none"
        remedy = "Install it with: pip install 'sispamkota[gis]', or export the layer as GeoJSON."
        raise InputError([Fault(str(path), "file", expected, got, remedy)]) from None
    source = _source(path, faults)
    if source is None:
        return _empty()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL warns of what is read anyway
            chosen = _chosen(path, pyogrio.list_layers(source), layer, want, faults)
            if chosen is None:
                return _empty()
            name, alone = chosen
            meta, fields, shapes = _columns(source, name)
    except _GDAL_FAULTS as error:
        got = f"damaged content ({quoted(error)})"
        remedy = "Export the layer again, as GeoPackage or GeoJSON."
        faults.add(where=str(path), field="file", expected="a whole layer", got=got, remedy=remedy)
        return _empty()
    if not len(shapes):
        remedy = "Check that the exported layer is not empty."
        faults.add(where=str(path), field="features", expected="at least one feature", got="none", remedy=remedy)
        return _empty()
    prefix = str(path) if alone else f"{path}:{name}"
    where = tuple(f"{prefix} (feature {i})" for i in range(1, len(shapes) + 1))
    shapes, notes = _sound(path, where, shapes, (meta.get("crs"), want), faults)
    return Layer(where, {key: [_text(cell) for cell in cells] for key, cells in fields.items()}, shapes, notes)


def _source(path: Path, faults: Faults) -> str | None:
    """Check that a file is what its name says, and give the name by which GDAL opens it."""
    suffix = path.suffix.lower()
    try:
        with path.open("rb") as stream:
            head = stream.read(16)
        if suffix != ".zip":
            if head.startswith(_MAGIC[suffix]):
                return str(path.absolute())
            got, remedy = "other content", f"Export the layer again as {suffix}."
            faults.add(where=str(path), field="file", expected=f"a {suffix} file", got=got, remedy=remedy)
            return None
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if name.lower().endswith(".shp")]
    except (zipfile.BadZipFile, NotImplementedError, UnicodeError, ValueError) as error:
        got, remedy = f"damaged content ({quoted(error)})", "Zip the .shp, .shx, .dbf and .prj of one layer."
        faults.add(where=str(path), field="file", expected="a zip of a Shapefile", got=got, remedy=remedy)
        return None
    except OSError as error:
        got, remedy = reason(error), "Check the path and its permissions."
        faults.add(where=str(path), field="file", expected="a readable layer", got=got, remedy=remedy)
        return None
    if len(members) != 1:
        got, remedy = f"{len(members)}", "Zip the .shp, .shx, .dbf and .prj of one layer."
        faults.add(where=str(path), field="file", expected="one Shapefile in the zip", got=got, remedy=remedy)
        return None
    return f"/vsizip/{{{path.absolute()}}}/{members[0]}"


def _chosen(path: Path, layers: Any, layer: str | None, want: Want, faults: Faults) -> tuple[str, bool] | None:
    """Choose the layer that is asked, else the only one of the right type; also whether the file has no other."""
    types = {str(name): str(kind) for name, kind in layers}
    fitting = [name for name, kind in types.items() if _TYPES[want] in kind]
    loose = [name for name, kind in types.items() if kind in ("Unknown", "GeometryCollection")]
    names = [layer] if layer is not None else (list(types) if len(types) == 1 else fitting or loose)
    if len(names) == 1 and names[0] in types:
        return names[0], len(types) == 1
    listed = ", ".join(f"{name} ({kind})" for name, kind in types.items()) or "none"
    expected = f"a layer named {shown(layer)}" if layer is not None else f"one layer of the type {_TYPES[want]}"
    remedy = suggest(layer, types) if layer is not None else "Export the layer that you mean to a file of its own."
    faults.add(where=str(path), field="layer", expected=expected, got=listed, remedy=remedy)
    return None


def _columns(source: str, layer: str) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Read a layer: what is said of it, its fields and its geometries (WKB)."""
    from pyogrio import raw

    encodings: tuple[str | None, ...] = ("UTF-8", "CP1252") if _unsaid_encoding(source) else (None,)
    for encoding in encodings:
        try:
            meta, _, shapes, values = raw.read(source, layer=layer, force_2d=True, encoding=encoding)
        except UnicodeDecodeError:
            if encoding == encodings[-1]:
                raise
            continue
        break
    return meta, dict(zip(map(str, meta["fields"]), values, strict=True)), shapes if shapes is not None else []


def _unsaid_encoding(source: str) -> bool:
    """Tell whether a Shapefile says nothing of the encoding of its text."""
    path = Path(source)
    if path.suffix.lower() != ".shp" or source.startswith("/vsizip/"):
        return source.startswith("/vsizip/") and not _zipped(source, ".cpg")
    beside = {each.suffix.lower(): each for each in path.parent.glob(f"{_plain(path.stem)}.*")}
    if ".cpg" in beside or ".dbf" not in beside:
        return False
    with beside[".dbf"].open("rb") as stream:
        return stream.read(30)[29:30] in {bytes([mark]) for mark in _ANSI}


def _plain(stem: str) -> str:
    """Quote what means something in a search for files."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)


def _zipped(source: str, suffix: str) -> bool:
    """Tell whether a zip holds a file of a suffix."""
    with zipfile.ZipFile(source.removeprefix("/vsizip/{").partition("}/")[0]) as archive:
        return any(name.lower().endswith(suffix) for name in archive.namelist())


def _sound(
    path: Path, where: Sequence[str], wkb: Any, said: tuple[str | None, Want], faults: Faults
) -> tuple[NDArray[np.object_], tuple[str, ...]]:
    """Turn stored geometries to shapes in degrees, and say what was taken for granted; `said` is (CRS, want)."""
    import shapely

    crs, want = said
    shapes = np.asarray(shapely.force_2d(shapely.from_wkb(wkb, on_invalid="ignore")), object)
    bounds = shapely.bounds(shapes)
    for i, (blob, shape) in enumerate(zip(wkb, shapes, strict=True)):
        broken = shape is None or not (shapely.is_empty(shape) or np.isfinite(bounds[i]).all())
        if broken and not (blob is None and want == "point"):
            shapes[i] = None
            got = "no geometry" if blob is None else "a broken one"
            faults.add(where=where[i], field="geometry", expected=_EXPECTED[want], got=got, remedy=_REPAIR)
    if crs:
        return _in_degrees(path, where, shapes, crs, faults), ()
    box = shapely.total_bounds(shapes)
    if np.isnan(box).all() or (np.abs(box) <= (180.0, 90.0, 180.0, 90.0)).all():
        return shapes, (f"{path.name}: no CRS; taken as longitude and latitude (WGS 84)",)
    expected, got = "a CRS (a .prj beside the .shp)", f"none, and numbers up to {np.abs(box).max():.6g}"
    remedy = "Export the layer with its CRS, or in EPSG:4326."
    faults.add(where=str(path), field="crs", expected=expected, got=got, remedy=remedy)
    return np.full(shapes.shape, None, object), ()
