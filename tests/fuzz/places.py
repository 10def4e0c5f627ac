"""Break the files of a city: their bytes, and what they say. A case is made of its format, seed and index alone."""
# ruff: noqa: DTZ001, E501 - dates without a zone, as sheets have them; tables of odd values

import datetime as dt
import json
import re
import sqlite3
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import shapely

from fuzz.files import ROLES, SUFFIX, TABLES, seed_table, unzipped, written, zipped

NUMBERS = (
    *(1e308, -1e308, 1.7e308, 5e-324, -1, -0.0, 0, float("nan"), float("inf"), float("-inf"), 10**30, 2**31, 2**53),
    *(2**63, -(2**63) - 1, 0.5, 1e-9, 1e15, 9999, 10_000, 99_999_999, 1e9),
    *(
        "1e999",
        "-1e999",
        "9" * 400,
        "0x10",
        "1_000",
        "1.234.567,89",
        "1,5",
        "٣",
        "²",
        "1e5",
        "+5",
        ".",
        "-",
        "NaN",
        "inf",
    ),
    *("TRUE", True, "12 jiwa", "Rp 5", "5 km/h", "1/0", "--5", "1e-400"),
)
WORDS = (
    *(
        "",
        " ",
        "\0",
        "\x1b[31m",
        "\ud800",
        "a\ud800b",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\ufffe",
        "😀" * 50,
        "n/a",
        "null",
    ),
    *(
        "line",
        "where",
        "geometry",
        "nama",
        "x\ny",
        "x\r\ny",
        '"',
        "'",
        ";",
        "\t",
        "a,b",
        "jumlah",
        "Total",
        "Kec. Barat",
    ),
    *(
        "../../etc",
        "NIK",
        "%s%n",
        "{0}",
        "<b>",
        "&amp;",
        "None",
        "no",
        "yes",
        "ya",
        "-1",
        "∞",
        "ﷺ",
        "Kelurahan ",
        "tps",
    ),
    *("x" * 1000, "yes;no", "private", "motorway", "kpu", "rs_umum", "official", "unknown", "proxy?"),
)
FORMULAS = (
    *("=1+1", "=A1", "=SUM(A1:A9)", '=HYPERLINK("http://a";"b")', "=cmd|' /C calc'!A0", "#REF!", "#N/A", "#DIV/0!"),
    *("=", "==", "@SUM(1)", "+1+1", "=NOW()", "=1/0", "Err:502"),
)
DATES = (
    *(dt.datetime(9999, 12, 31), dt.datetime(1, 1, 1), dt.date(1900, 2, 28), dt.datetime(1899, 12, 30), "31/02/2024"),
    *("0000-00-00", "2024-13-45", "14 Februari 2024", "35.73.02", "1e3-05-05"),
)
PERSONAL = ("NIK", "No. KK", "nama pemilih", "No HP", "e-mail", "alamat rumah", "tanggal lahir")
CELLS = NUMBERS + WORDS + FORMULAS + DATES
AWAY = (180.0, -180.0, 90.0, 360.0, 1e6, 1e308, float("nan"), float("inf"), -1e-9, 0.4, 3.0)
_POSITIONS = ("lon", "lat", "lon_u", "lat_u", "lon_v", "lat_v")


@dataclass(frozen=True)
class Case:
    """Hold one broken file, and how to make it again."""

    kind: str
    seed: int
    index: int
    role: str
    how: tuple
    content: bytes

    def __str__(self):
        """Say how to make it again."""
        return f"case_of({self.kind!r}, seed={self.seed}, index={self.index})  # {self.role}: {', '.join(self.how)}"

    @property
    def name(self):
        """Name its file, so that what is left after a crash says what it was."""
        return f"{self.role}-{self.seed}-{self.index}-{self.how[0]}{SUFFIX[self.kind]}"


def case_of(kind, *, seed, index):
    """Make a case; the same for the same arguments."""
    dice = np.random.default_rng([seed + index, list(ROLES).index(kind)])
    role = _one(dice, ROLES[kind])
    level = dice.random()
    how, content = [], None
    if level > 0.35:
        table = seed_table(role, layer=kind not in TABLES).copy()
        for _ in range(int(dice.integers(1, 4))):
            mutate = _one(dice, _TABLE if kind in TABLES else _LAYER)
            mutate(dice, table)
            how.append(mutate.__name__.strip("_"))
        content = _written(table, kind)
    if content is None:
        content = _seed(role, kind)
    if level < 0.5:
        for _ in range(int(dice.integers(1, 3))):
            mutate = _one(dice, (*_BYTES, *_BYTES_OF.get(kind, ()) * 3))
            content = bytes(mutate(dice, content))
            how.append(mutate.__name__.strip("_"))
    return Case(kind, seed, index, role, tuple(how), content)


def _one(dice, things):
    """Choose one."""
    return things[int(dice.integers(len(things)))]


@cache
def _seed(role, kind):
    """Give the sound file of a role."""
    return written(seed_table(role, layer=kind not in TABLES), kind)


def _written(table, kind):
    """Write a table; None where the writer of the format cannot say such a thing."""
    try:
        return written(table, kind)
    except Exception as error:
        module = type(error).__module__.partition(".")[0]
        if kind in ("gpkg", "shp", "pbf", "xlsx") and module != "fuzz":
            return None
        raise


# --- what a table says ------------------------------------------------------------------------------------------------


def _cell(dice, table, values):
    """Put a value in a cell, or in all cells of a column."""
    if not table.rows or not table.columns:
        return
    column, value = int(dice.integers(len(table.columns))), _one(dice, values)
    rows = range(len(table.rows)) if dice.random() < 0.2 else [int(dice.integers(len(table.rows)))]
    for row in rows:
        table.rows[row][column] = value


def _number(dice, table):
    _cell(dice, table, NUMBERS)


def _word(dice, table):
    _cell(dice, table, WORDS)


def _formula(dice, table):
    _cell(dice, table, FORMULAS)


def _date(dice, table):
    _cell(dice, table, DATES)


def _long_cell(dice, table):
    _cell(dice, table, ("x" * int(10 ** dice.uniform(3, 6)), "9" * int(10 ** dice.uniform(2, 5)), "1," * 20_000))


def _position(dice, table):
    """Move positions: swapped, to the other side of the Earth, off it, or blank."""
    names = [name for name in _POSITIONS if name in table.columns]
    if not names:
        return
    which = int(dice.integers(4))
    at = [table.columns.index(name) for name in names]
    far = _one(dice, AWAY)
    rows = table.rows if dice.random() < 0.5 else table.rows[:1]
    for row in rows:
        values = [row[i] for i in at]
        if which == 0:
            values = [values[i ^ 1] if (i ^ 1) < len(values) else values[i] for i in range(len(values))]
        elif which == 1:
            values = [value + far if isinstance(value, float) else value for value in values]
        elif which == 2:
            values = [-value if isinstance(value, float) else value for value in values]
        else:
            values = [""] * len(values) if dice.random() < 0.5 else [values[0]] * len(values)
        for i, value in zip(at, values, strict=True):
            row[i] = value


def _again(dice, table):
    """Repeat a row, or the cell of a row in another: ids twice."""
    if not table.rows:
        return
    a, b = dice.integers(len(table.rows), size=2)
    if dice.random() < 0.5:
        table.rows.insert(int(b), list(table.rows[a]))
        if table.shapes is not None:
            table.shapes.insert(int(b), table.shapes[a])
    elif table.columns:
        column = int(dice.integers(len(table.columns)))
        table.rows[b][column] = table.rows[a][column]


def _personal(dice, table):
    """Add a column about persons."""
    table.columns.append(_one(dice, PERSONAL))
    for row in table.rows:
        row.append("3573010101010001")


def _column(dice, table):
    """Rename, repeat, drop, move or blank a column."""
    if not table.columns:
        return
    a, b = (int(i) for i in dice.integers(len(table.columns), size=2))
    which = int(dice.integers(5))
    if which == 0:
        table.columns[a] = _one(
            dice, (*WORDS, *table.columns, "kode_kel", "line", "where", "geometry", "", 2024, "u", "v")
        )
    elif which == 1:
        table.columns[a] = table.columns[b]
    elif which == 2:
        for row in [table.columns, *table.rows]:
            del row[a]
    elif which == 3:
        for row in [table.columns, *table.rows]:
            row.insert(b, row.pop(a))
    else:
        for row in table.rows:
            row[a] = "" if dice.random() < 0.9 else None


def _rows(dice, table):
    """Keep no row, or one, or some; or many more."""
    keep = _one(dice, (0, 1, 1, 2, len(table.rows) // 2))
    del table.rows[keep:]
    if table.shapes is not None:
        del table.shapes[keep:]


def _blank_rows(dice, table):
    """Lay blank rows, a letterhead or a total between."""
    if table.shapes is not None:
        return
    width = len(table.columns)
    row = _one(dice, ([""] * width, ["KOTA CONTOH", *[""] * width][:width], ["Jumlah", *[5.0] * width][:width]))
    at = int(dice.integers(len(table.rows) + 1))
    if dice.random() < 0.3:
        table.columns, row = row, table.columns
        at = 0
    table.rows.insert(at, list(row))


# --- shapes -----------------------------------------------------------------------------------------------------------


def _any_shape(dice, table):
    """Put an odd shape in the place of one, or of all."""
    if not table.shapes:
        return
    odd = _one(dice, _ODD)
    rows = range(len(table.shapes)) if dice.random() < 0.25 else [int(dice.integers(len(table.shapes)))]
    for i in rows:
        if table.shapes[i] is not None:
            table.shapes[i] = _safe(odd, table.shapes[i])


def _moved(dice, table):
    """Swap, mirror or shift the coordinates of one shape, or of all."""
    if not table.shapes:
        return
    which, far = int(dice.integers(4)), _one(dice, AWAY)
    turns = (lambda p: p[:, ::-1], lambda p: p + far, lambda p: -p, lambda p: p * [[far, 1.0]])
    some = dice.random() < 0.5
    for i in range(len(table.shapes) if some else 1):
        if table.shapes[i] is not None:
            table.shapes[i] = _safe(lambda shape: shapely.transform(shape, turns[which]), table.shapes[i])


def _safe(make, shape):
    """Make a shape; None where the library cannot."""
    try:
        with np.errstate(all="ignore"):
            return make(shape)
    except (shapely.errors.ShapelyError, ValueError):
        return None


def _crossed(shape):
    """Cross an area or line over itself."""
    w, s, e, n = shape.buffer(1e-3).bounds
    ring = [(w, s), (e, n), (e, s), (w, n), (w, s)]
    return shapely.Polygon(ring) if shape.geom_type == "Polygon" else shapely.LineString(ring)


def _flat(shape):
    """Press an area or line together to nothing."""
    x, y = (shapely.get_coordinates(shape).tolist() or [[112.0, -5.5]])[0]
    return shapely.Polygon([(x, y)] * 4) if shape.geom_type == "Polygon" else shapely.LineString([(x, y)] * 2)


def _tiny(shape):
    """Shrink to a billionth."""
    return shapely.transform(shape, lambda p: p[:1] + (p - p[:1]) * 1e-9)


def _huge(shape):
    """Stretch over the whole Earth."""
    del shape
    return shapely.box(-180.0, -90.0, 180.0, 90.0)


_ODD = (
    *(lambda shape: None, lambda shape: type(shape)(), _crossed, _flat, _tiny, _huge),
    lambda shape: shape.representative_point(),
    lambda shape: shapely.GeometryCollection([shape]),
    lambda shape: shapely.MultiPolygon([shape, shape]) if shape.geom_type == "Polygon" else shape,
    lambda shape: shapely.force_3d(shape, z=9.0),
    lambda shape: shapely.LineString(shapely.get_coordinates(shape.buffer(0.001))),
    lambda shape: shapely.segmentize(shape, max(shape.length, 1e-9) / 3000) if shape.length < 1e6 else shape,
    lambda shape: shapely.MultiPoint(shapely.get_coordinates(shape)),
    lambda shape: shapely.MultiLineString([shapely.get_coordinates(shape.buffer(0.01))] * 2),
    lambda shape: shape.buffer(0.01).difference(shape.buffer(0.005)),
)
_TABLE = (
    *(_number, _number, _word, _formula, _date, _long_cell, _position, _position, _again, _personal),
    *(_column, _rows, _blank_rows),
)
_LAYER = (*(_number, _word, _formula, _again, _column, _rows, _personal, _long_cell), *(_any_shape, _moved) * 3)


# --- bytes ------------------------------------------------------------------------------------------------------------


def _span(dice, content):
    """Choose a stretch of bytes."""
    a, b = sorted(int(i) for i in dice.integers(len(content) + 1, size=2))
    return a, min(b, a + int(10 ** dice.uniform(0, 4)))


def _truncate(dice, content):
    return content[: int(dice.integers(len(content) + 1))]


def _flip(dice, content):
    out = bytearray(content)
    for i in dice.integers(max(len(out), 1), size=int(dice.integers(1, 20))) if out else ():
        out[i] = int(dice.integers(256))
    return out


def _insert(dice, content):
    at = int(dice.integers(len(content) + 1))
    more = _one(
        dice, (dice.bytes(9), b"\0", b"\xff\xfe", b"\r", b"\n\r\n", b'"', b",,,", b"\xef\xbb\xbf", b"\0" * 5000)
    )
    return content[:at] + more + content[at:]


def _double(dice, content):
    a, b = _span(dice, content)
    return content[:b] + content[a:b] * int(dice.integers(1, 4)) + content[b:]


def _cut(dice, content):
    a, b = _span(dice, content)
    return content[:a] + content[b:]


def _zero(dice, content):
    a, b = _span(dice, content)
    return content[:a] + bytes(b - a) + content[b:]


def _other_kind(dice, content):
    """Give the content of another format under this one's name."""
    kind = _one(dice, list(ROLES))
    return _one(dice, (_seed("areas", kind), _seed("venues", kind), b"", b"\n", b"PK\5\6" + bytes(18), content * 2))


_BYTES = (_truncate, _flip, _flip, _insert, _double, _cut, _zero, _other_kind)


def _encoded(dice, content):
    """Write text in another encoding."""
    text = content.decode("utf-8", "replace").replace("Contoh", "Çöntöh €")
    return text.encode(_one(dice, ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-7", "cp037", "utf-8-sig")),
                       "replace")  # fmt: skip


def _newlines(dice, content):
    """Mix the ends of lines."""
    lines = content.split(b"\n")
    return b"".join(line + _one(dice, (b"\n", b"\r\n", b"\r", b"\n\n", b"\x0b", b"\xe2\x80\xa8")) for line in lines)


def _marks(dice, content):
    """Part by something else, or with open quotes."""
    old, new = _one(dice, ((b",", b";"), (b",", b"\t"), (b",", b"|"), (b",", b', "'), (b".", b","), (b",", b'","')))
    return content.replace(old, new, int(dice.integers(1, 500)))


def _inside_zip(dice, content):
    """Break a part of a zip, and close it with a sound sum."""
    try:
        members = unzipped(content)
    except Exception:  # noqa: BLE001 - broken before: leave it
        return content
    if not members:
        return content
    name = _one(dice, sorted(members))
    which = dice.random()
    if which < 0.15:
        members.pop(name)
    elif which < 0.25:
        members[_one(dice, ("../x.shp", "b/x.shp", "x.SHP", "\u00fc.dbf", ""))] = members[name]
    else:
        members[name] = bytes(_one(dice, _BYTES[:-1])(dice, members[name]))
    return zipped(members)


def _xml(dice, content):
    """Break the XML of a workbook by what it means: figures, types, merges, far cells."""
    try:
        members = unzipped(content)
        text = members["xl/worksheets/sheet1.xml"].decode()
    except Exception:  # noqa: BLE001 - broken before: leave it
        return content
    merged = '</sheetData><mergeCells count="1"><mergeCell ref="{}"/></mergeCells>'
    turns = (
        lambda: text.replace("</sheetData>", merged.format(_one(dice, ("A1:C1", "A2:A4", "B9:A1", "A1:XFD1048576", "?"))), 1),
        lambda: re.sub(r"<v>[^<]*</v>", lambda _: f"<v>{_one(dice, ('1e308', '-1', '', '99999999999', 'x', 'NaN'))}</v>",
                       text, count=int(dice.integers(1, 9))),
        lambda: text.replace('r="A2"', f'r="{_one(dice, ("XFD1048576", "A0", "ZZZ9", "A99999999999", "2A"))}"', 1),
        lambda: text.replace('t="n"', f't="{_one(dice, ("s", "e", "b", "d", "str", "inlineStr", "zz"))}"', 3),
        lambda: text.replace('t="s"', f't="{_one(dice, ("n", "e", "b", "d", "str", "inlineStr"))}"', 3),
        lambda: text.replace("<v>", "<f>1+1</f><v>", 5),
        lambda: text.replace("<?xml", '<!DOCTYPE a [<!ENTITY b "c">]><?xml', 1),
        lambda: text.replace("<sheetData>", "<sheetData>" + "<row>" * 3000, 1),
    )  # fmt: skip
    members["xl/worksheets/sheet1.xml"] = _one(dice, turns)().encode()
    return zipped(members)


def _json_value(dice, content):
    """Replace, drop, repeat or nest a value of a JSON text."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return content
    spots = []

    def walk(value):
        for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            spots.append((value, key))
            walk(value[key])

    walk(data)
    if not spots:
        return content
    deep = 5.0
    for _ in range(int(dice.integers(1, 50))):
        deep = [deep]
    odd = (None, [], {}, [[]], [None], "", "x", 1e308, 10**400, -1, True, [1, 2], [[1, 2]], {"type": "Point"}, deep,
           "\ud800", [112.0, -5.5, 9.0], [112.0], ["112", "-5.5"], float("nan"), {"a": {"b": []}})  # fmt: skip
    value, key = _one(dice, spots)
    if dice.random() < 0.2:
        del value[key]
    else:
        value[key] = _one(dice, odd)
    return json.dumps(data, indent=_one(dice, (None, None, 1))).encode()


def _json_text(dice, content):
    """Break a JSON text by what it means: keys twice, a deep nest, a member crs, another type."""
    crs = '{"type":"FeatureCollection","crs":%s,'
    head = b'{"type":"FeatureCollection",'
    turns = (
        lambda: content.replace(b'"properties": {', b'"properties": {"kode": "1", "kode": "2", ', 2),
        lambda: content.replace(b'"coordinates": [', b'"coordinates": ' + b"[" * int(10 ** dice.uniform(1, 5)), 1),
        lambda: content.replace(head, head + b'"features":[],', 1),
        lambda: content.rstrip()[:-1] + b',"features":' + _one(dice, (b"[]}", b"{}}", b"[[]]}")),
        lambda: content.replace(head, (crs % _one(dice, _CRS)).encode(), 1),
        lambda: content.replace(b"FeatureCollection", _one(dice, (b"Feature", b"Topology", b"featurecollection")), 1),
        lambda: content.replace(b"Polygon", _one(dice, (b"Curve", b"MultiPolygon", b"GeometryCollection")), 1),
        lambda: re.sub(rb"-?[0-9]+\.[0-9]+", lambda _: _one(dice, (b"1e999", b"-0", b"9" * 5000, b"NaN", b"1e308")),
                       content, count=int(dice.integers(1, 4))),
    )  # fmt: skip
    return _one(dice, turns)()


_CRS = (
    *("null", "7", '"EPSG:32749"', '{"type":"name","properties":{"name":"EPSG:32749"}}', "[]"),
    *('{"type":"name","properties":{"name":"EPSG:4326"}}', '{"properties":{"name":"urn:ogc:def:crs:EPSG::3857"}}'),
    *('{"properties":{"name":""}}', '{"properties":{"name":"+proj=nonsense"}}', '{"properties":{"name":"EPSG:4978"}}'),
    *('{"properties":{"name":"LOCAL_CS[\\"x\\"]"}}', '{"properties":{"name":"+proj=ob_tran"}}'),
)
_SQL = (
    "UPDATE layer SET geom = NULL WHERE fid = 2",
    "UPDATE layer SET geom = x'4750' WHERE fid = 1",
    "UPDATE layer SET geom = randomblob(60)",
    "UPDATE layer SET geom = substr(geom, 1, 70) WHERE fid < 3",
    "UPDATE layer SET geom = 'text' WHERE fid = 1",
    "UPDATE layer SET fid = -5 WHERE fid = 1",
    "UPDATE gpkg_geometry_columns SET srs_id = 999",
    "UPDATE gpkg_geometry_columns SET srs_id = -1",
    "UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'",
    "UPDATE gpkg_geometry_columns SET column_name = 'none'",
    "UPDATE gpkg_contents SET table_name = 'absent'",
    "UPDATE gpkg_contents SET data_type = 'attributes'",
    "DELETE FROM gpkg_contents",
    "DELETE FROM gpkg_spatial_ref_sys",
    "UPDATE gpkg_spatial_ref_sys SET definition = 'GEOGCS[broken' WHERE srs_id = 4326",
    "UPDATE gpkg_spatial_ref_sys SET definition = replace(definition, '6378137', '-1'), organization = 'x'",
    "DROP TABLE layer",
    "DELETE FROM layer",
    "PRAGMA application_id = 7",
    "ALTER TABLE layer ADD COLUMN extra BLOB DEFAULT x'00ff'",
    "ALTER TABLE layer ADD COLUMN many REAL DEFAULT 1e308",
    "CREATE VIEW again AS SELECT * FROM layer",
)


def _sql(dice, content):
    """Change a GeoPackage by its own means."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gpkg"
        path.write_bytes(content)
        base = sqlite3.connect(path)
        try:
            base.executescript("PRAGMA synchronous=OFF; PRAGMA writable_schema=ON;")
            for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                base.execute(f'DROP TRIGGER "{name}"')
            base.execute(_one(dice, _SQL))
            base.commit()
        except (sqlite3.Error, UnicodeDecodeError, ValueError):
            base.close()
            return content
        base.close()
        return path.read_bytes()


def _osm_words(dice, content):
    """Change numbers and words of OSM XML: coordinates, references, members, entities, nesting."""
    turns = (
        lambda: re.sub(rb'lat="[^"]*"', b'lat="%s"' % _one(dice, (b"91", b"1e308", b"nan", b"", b"x", b"-90")), content, count=2),
        lambda: re.sub(rb'lon="[^"]*"', b'lon="%s"' % _one(dice, (b"181", b"-1e9", b"inf", b"", b"214.7")), content, count=2),
        lambda: re.sub(rb'ref="[0-9]+"', b'ref="%s"' % _one(dice, (b"1", b"0", b"-4", b"9" * 30, b"", b"999")), content,
                       count=int(dice.integers(1, 9))),
        lambda: re.sub(rb' id="[0-9]+"', b' id="%s"' % _one(dice, (b"1", b"0", b"-4", b"9" * 30, b"x")), content,
                       count=int(dice.integers(1, 9))),
        lambda: re.sub(rb'v="[^"]*"', b'v="%s"' % _one(dice, (b"", b"x" * 70_000, b"&bad;", b"yes", b"99", b"\xff")),
                       content, count=int(dice.integers(1, 9))),
        lambda: re.sub(rb'k="[^"]*"', b'k="%s"' % _one(dice, (b"", b"highway", b"name", b"barrier", b"type")), content,
                       count=int(dice.integers(1, 9))),
        lambda: content.replace(b'role="outer"', b'role="inner"', int(dice.integers(1, 4))),
        lambda: content.replace(b"<osm ", b'<!DOCTYPE a [<!ENTITY b "c">]><osm ', 1),
        lambda: content.replace(b"<node ", b"<osm>" * 500 + b"<node ", 1),
        lambda: content.replace(b'"8"', b'"%s"' % _one(dice, (b"11", b"x", b"4", b"0", b"\xd9\xa3", b"999"))),
    )  # fmt: skip
    return _one(dice, turns)()


_BYTES_OF = {
    "csv": (_encoded, _newlines, _marks),
    "xlsx": (_inside_zip, _xml),
    "geojson": (_encoded, _newlines, _json_value, _json_value, _json_text),
    "gpkg": (_sql,),
    "shp": (_inside_zip, _inside_zip),
    "osm": (_encoded, _osm_words, _osm_words),
}


def swapped(kind, role):
    """Give a sound file of which the third row has its latitude where its longitude belongs; all areas of an extract."""
    table = seed_table(role, layer=kind not in TABLES).copy()
    if role == "areas" and kind in ("pbf", "osm"):  # one that is off the Earth is as good as not whole
        table.shapes = [shapely.transform(each, lambda points: points[:, ::-1]) for each in table.shapes]
    elif table.shapes is not None:
        table.shapes[2] = shapely.transform(table.shapes[2], lambda points: points[:, ::-1])
    if table.shapes is not None:
        return written(table, kind)
    for lon, lat in (("lon", "lat"), ("lon_u", "lat_u"), ("lon_v", "lat_v")):
        if lon in table.columns:
            row, at = table.rows[2], (table.columns.index(lon), table.columns.index(lat))
            row[at[0]], row[at[1]] = row[at[1]], row[at[0]]
    return written(table, kind)
