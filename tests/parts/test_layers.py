"""Map layers: the same from every format and projection, and every way in which a file can be wrong."""

import builtins
import json
import random
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely

from sispamkota.errors import Fault, Faults, InputError
from sispamkota.layers import collapsed, read_layer
from sispamkota.place.position import WORLD, Box, project
from sispamkota.place.read import read_areas, read_rows
from sispamkota.place.read_roads import read_roads
from sispamkota.place.ride import ROAD_KINDS

raw = pytest.importorskip("pyogrio").raw
DATA = Path(__file__).parents[1] / "data" / "layers"
NEAR = Box(112.0, -9.0, 113.0, -7.0)
NAMES = ["Jalan Mawar", "Jalan Melati é"]


def layer_of(path, **more):
    faults = Faults()
    return read_layer(path, faults, **more), list(faults)


def collection(*features, **more):
    return json.dumps({"type": "FeatureCollection", **more, "features": list(features)}, indent=None)


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def line(*points):
    return {"type": "LineString", "coordinates": [list(point) for point in points]}


def write(path, shapes, *, epsg=4326, kind="LineString", encoding=None, **fields):
    """Write a layer by GDAL; shapes are in degrees."""
    if epsg and epsg != 4326:
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(project(xy[:, 0], xy[:, 1], epsg)))
    raw.write(
        path,
        shapely.to_wkb(np.asarray(shapes, object)),
        [np.array(values, dtype=object if isinstance(values[0], str) else None) for values in fields.values()],
        list(fields),
        geometry_type=kind,
        crs=f"EPSG:{epsg}" if epsg else None,
        encoding=encoding,
        **({"layer": path.stem} if path.suffix == ".gpkg" else {}),
    )
    return path


# --- the same from everywhere -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("epsg", [4326, 32749])
@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".zip"])
def test_layer__is_the_same_in_every_format(tmp_path, suffix, epsg):
    """What GDAL writes in degrees or in UTM comes back as the file by hand, to a tenth of a millimetre."""
    ours, faults = layer_of(DATA / "roads.geojson", want="line")
    assert faults == []
    path = tmp_path / f"roads{suffix if suffix != '.zip' else '.shp'}"
    fields = {"kelas": ["lokal", "arteri"], "nama": NAMES, "kecepatan": [30.0, np.nan]}
    kind = "Unknown" if suffix in (".gpkg", ".geojson") else "LineString"
    write(path, ours.geometry, epsg=epsg, kind=kind, **fields)
    if suffix == ".zip":
        path = tmp_path / "packed.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for part in tmp_path.glob("roads.*"):
                archive.write(part, f"folder/{part.name}")
    if suffix == ".geojson" and epsg != 4326:
        data = json.loads(path.read_text())
        data["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{epsg}"}}
        path.write_text(json.dumps(data))
    theirs, faults = layer_of(path, want="line")
    assert faults == []
    assert theirs.columns == ours.columns == {
        "kelas": ["lokal", "arteri"], "nama": NAMES, "kecepatan": ["30", ""],
    }  # fmt: skip
    assert [shape.geom_type for shape in theirs.geometry] == ["LineString", "MultiLineString"]
    assert shapely.equals_exact(ours.geometry, theirs.geometry, tolerance=1e-9).all()
    assert not shapely.has_z(theirs.geometry).any()


def test_streets__are_the_same_in_every_format(tmp_path):
    ours = read_roads(DATA / "roads.geojson", NEAR, Faults())
    shapes = layer_of(DATA / "roads.geojson")[0].geometry
    fields = {"kelas": ["lokal", "arteri"], "nama": NAMES, "kecepatan": [30, 0]}
    path = write(tmp_path / "roads.gpkg", shapes, epsg=32749, kind="Unknown", **fields)
    faults = Faults()
    assert read_roads(path, NEAR, faults) is None
    assert [(fault.where, fault.field, fault.got) for fault in faults] == [(f"{path} (feature 2)", "maxspeed", '"0"')]
    fields["kecepatan"] = [30, 300]
    theirs = read_roads(write(tmp_path / "roads.gpkg", shapes, epsg=32749, kind="Unknown", **fields), NEAR, faults)
    assert (ours.lon.size, len(ours.ends), ours.names) == (5, 3, tuple(NAMES))
    assert theirs.length_m == pytest.approx(ours.length_m, abs=1e-3)
    assert ours.bends.lon.tolist() == [112.611]
    assert ours.limit.tolist() == [pytest.approx(30 / 3.6), np.inf, np.inf]


def test_areas__are_the_same_in_every_format(tmp_path):
    squares = np.array([shapely.box(112.6, -8, 112.61, -7.99), shapely.box(112.61, -8, 112.62, -7.99)], object)
    fields = {"kode": ["35.73.01.1001", "35.73.01.1002"], "nama": ["A", "B"], "penduduk": [10, 20]}
    frames = []
    for name, epsg in (("a.gpkg", 32749), ("a.shp", 4326), ("a.geojson", 4326)):
        faults = Faults()
        path = write(tmp_path / name, squares, epsg=epsg, kind="Polygon", **fields)
        frame, polygons = read_areas(path, faults)
        assert list(faults) == []
        assert len(polygons) == 2
        frames.append(frame)
    for frame in frames[1:]:
        assert frame["area_km2"].tolist() == pytest.approx(frames[0]["area_km2"].tolist(), rel=1e-7)
        assert frame["population"].tolist() == [10, 20]


@pytest.mark.parametrize("encoding", ["UTF-8", "CP1252", "ISO-8859-1"])
@pytest.mark.parametrize("said", [True, False])
def test_shapefile__text_in_other_encodings(tmp_path, encoding, said):
    path = write(tmp_path / "x.shp", [shapely.LineString([(1, 1), (2, 2)])], encoding=encoding, nama=[NAMES[1]])
    if not said:
        (tmp_path / "x.cpg").unlink(missing_ok=True)
    layer, faults = layer_of(path)
    assert faults == []
    assert layer.columns == {"nama": [NAMES[1]]}


def test_shapefile__without_prj(tmp_path):
    shapes = [shapely.LineString([(112, -8), (112.1, -8)])]
    path = write(tmp_path / "x.shp", shapes, nama=["a"])
    (tmp_path / "x.prj").unlink()
    layer, faults = layer_of(path)
    assert faults == []
    assert "no CRS" in layer.notes[0]
    path = write(tmp_path / "y.shp", shapes, epsg=32749, nama=["a"])
    (tmp_path / "y.prj").unlink()
    layer, faults = layer_of(path)
    assert [(fault.where, fault.field) for fault in faults] == [(str(path), "crs")]
    assert layer.geometry.tolist() == [None]


def test_geopackage__chooses_the_layer_of_the_right_type(tmp_path):
    path = tmp_path / "city.gpkg"
    area, street = shapely.box(112, -8, 112.1, -7.9), shapely.LineString([(112, -8), (112.1, -8)])
    for name, kind, shape in (
        ("areas", "Polygon", area),
        ("roads", "LineString", street),
        ("rails", "LineString", street),
    ):
        raw.write(path, shapely.to_wkb(np.array([shape], object)), [np.array([name], object)], ["nama"],
                  layer=name, geometry_type=kind, crs="EPSG:4326", append=path.exists())  # fmt: skip
    layer, faults = layer_of(path, want="polygon")
    assert (faults, layer.where, layer.columns) == ([], (f"{path}:areas (feature 1)",), {"nama": ["areas"]})
    assert layer_of(path, want="line", layer="rails")[0].columns == {"nama": ["rails"]}
    (fault,) = layer_of(path, want="line")[1]
    assert "roads (LineString)" in fault.got
    assert "rails (LineString)" in fault.got
    (fault,) = layer_of(path, want="line", layer="road")[1]
    assert 'id you mean "roads"' in fault.remedy


def test_points__fill_lon_and_lat(tmp_path):
    point = {"type": "Point", "coordinates": [112.6, -7.9, 3]}
    path = tmp_path / "v.geojson"
    path.write_text(collection(feature(point, id="a"), feature(None, id="b")))
    faults = Faults()
    rows = read_rows(path, required=("id", "lon", "lat"), optional=(), faults=faults)
    assert list(faults) == []
    assert rows[["id", "lon", "lat"]].to_numpy().tolist() == [["a", "112.6", "-7.9"], ["b", "", ""]]


# --- lines and faults -------------------------------------------------------------------------------------------------


def test_where__is_the_line_of_each_feature(tmp_path):
    assert layer_of(DATA / "roads.geojson")[0].where == (f"{DATA / 'roads.geojson'}:5", f"{DATA / 'roads.geojson'}:6")
    path = tmp_path / "x.geojson"
    path.write_text('{"features": [\n{},{},\n\n{}\n], "type": "FeatureCollection"}')
    layer, faults = layer_of(path, want="line")
    assert layer.where == (f"{path}:2 (feature 1)", f"{path}:2 (feature 2)", f"{path}:4")
    assert [fault.where for fault in faults] == list(layer.where)


def test_faults__a_bad_feature_hides_none_of_the_others(tmp_path):
    """A null geometry, a wrong kind, a wrong speed and a far vertex: each is named at its own place."""
    path = tmp_path / "r.geojson"
    good = ((112.61, -7.97), (112.62, -7.97))
    features = (
        feature(None, kelas="lokal"), feature(line(*good), kelas="lokall"), feature(line(*good), kecepatan="fast"),
        feature(line(*good), access="sometimes"), feature(line((0, 0), *good)), 7, feature(line(*good), oneway="maybe"),
    )  # fmt: skip
    path.write_text(collection(*features).replace('{"type": "Feature"', '\n{"type": "Feature"'))
    faults = Faults()
    assert read_roads(path, NEAR, faults) is None
    assert {(fault.where.removeprefix(f"{path}:"), fault.field) for fault in faults} == {
        ("2", "geometry"), ("3", "kelas"), ("4", "maxspeed"), ("5", "access"), ("6 (feature 5)", "lon, lat"),
        ("6 (feature 6)", "geometry"), ("7", "oneway"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (None, "no geometry"), (7, "7"), ([], "[]"), ({}, "None"), ({"type": []}, "[]"), ({"type": "Line"}, "Line"),
        ({"type": "LineString"}, "broken"), ({"type": "LineString", "coordinates": []}, "broken"),
        ({"type": "LineString", "coordinates": [[1, 2]]}, "broken"),
        ({"type": "LineString", "coordinates": [[1, 2], [3]]}, "broken"),
        ({"type": "LineString", "coordinates": [["1", "2"], ["3", "4"]]}, "not pairs of numbers"),
        ({"type": "LineString", "coordinates": [[1, 2], [1e999, 4]]}, "not finite"),
        ({"type": "LineString", "coordinates": [[1, 2], {"a": 1}]}, "broken"),
        ({"type": "LineString", "coordinates": {"a": 1}}, "broken"),
        ({"type": "LineString", "coordinates": [[10**30, 2], [3, 4]]}, "not pairs of numbers"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}, "broken"),
        ({"type": "Polygon", "coordinates": [7]}, "broken"),
        ({"type": "MultiPolygon", "coordinates": [[7]]}, "broken"),
        ({"type": "GeometryCollection", "geometries": []}, "GeometryCollection"),
    ],
)  # fmt: skip
def test_faults__geometry(tmp_path, geometry, words):
    path = tmp_path / "x.geojson"
    text = collection(feature(line((1, 2), (3, 4))), feature(geometry), feature(line((1, 2), (3, 4))))
    path.write_text(text.replace("Infinity", "1e999"))
    layer, faults = layer_of(path, want="line")
    assert [shape is None for shape in layer.geometry] == [False, True, False]
    assert [(fault.where, fault.field) for fault in faults] == [(f"{path}:1 (feature 2)", "geometry")]
    assert words in faults[0].got


def test_faults__metres_that_say_nothing_of_their_projection(tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text(collection(*[feature(line((678_000, 9_118_000), (678_100, 9_118_000)))] * 40))
    layer, faults = layer_of(path, want="line")
    assert [(fault.where, fault.field) for fault in faults] == [(f"{path}:1", "geometry")]
    assert not any(layer.geometry)


@pytest.mark.parametrize("crs", [{"type": "link"}, 7, {"type": "name", "properties": {"name": "EPSG:99"}}])
def test_faults__a_crs_that_is_none(tmp_path, crs):
    path = tmp_path / "x.geojson"
    path.write_text(collection(feature(line((1, 2), (3, 4))), crs=crs))
    assert [fault.field for fault in layer_of(path)[1]] == ["crs"]


def test_crs__crs84_and_null_change_nothing(tmp_path):
    path = tmp_path / "x.geojson"
    for crs in (None, {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}):
        path.write_text(collection(feature(line((1, 2), (3, 4))), crs=crs))
        layer, faults = layer_of(path)
        assert faults == []
        assert shapely.get_coordinates(layer.geometry).tolist() == [[1, 2], [3, 4]]


def test_faults__a_flood_is_ten_and_a_count(tmp_path):
    path = tmp_path / "r.geojson"
    good = ((112.61, -7.97), (112.62, -7.97))
    path.write_text(collection(*[feature(line(*good), kelas="x")] * 500, *[feature(None)] * 300))
    faults = Faults()
    assert read_roads(path, NEAR, faults) is None
    assert len(faults) == 22
    assert {fault.got for fault in faults if fault.got.startswith("…")} == {
        "… and 490 more like this", "… and 290 more like this",
    }  # fmt: skip
    assert list(collapsed(faults)) == sorted(faults, key=lambda fault: fault.field != next(iter(faults)).field)


def test_collapsed__keeps_what_is_few():
    some = [Fault(f"a.csv:{i}", "x", "y", str(i), "z") for i in range(10)] + [Fault("b.csv:1", "x", "y", "0", "z")]
    assert list(collapsed(some)) == some


def test_faults__files(tmp_path):
    made = {"a.gpkg": b"", "b.shp": b"PK", "c.zip": b"PK", "d.geojson": b"\xff", "e.json": b"[", "f.gpkg": None}
    for name, content in made.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        layer, faults = layer_of(tmp_path / name)
        assert len(layer.where) == 0
        assert len(faults) == 1, name
    with zipfile.ZipFile(tmp_path / "g.zip", "w") as archive:
        archive.writestr("readme.txt", "no layer")
    assert [fault.expected for fault in layer_of(tmp_path / "g.zip")[1]] == ["one Shapefile in the zip"]


def test_faults__no_pyogrio(monkeypatch, tmp_path):
    real = builtins.__import__

    def refuse(name, *args, **more):
        if name.startswith("pyogrio"):
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"sispamkota\[gis\]"):
        read_layer(tmp_path / "x.gpkg", Faults())
    assert layer_of(DATA / "roads.geojson")[1] == []


# --- road files -------------------------------------------------------------------------------------------------------


def test_roads__named_lines_keep_their_bends(tmp_path):
    path = tmp_path / "r.geojson"
    points = [(112.61, -7.97), (112.611, -7.971), (112.612, -7.972), (112.613, -7.97)]
    path.write_text(collection(feature(line(*points), u="a", v="b", oneway="-1", access="private", maxspeed="30 mph")))
    streets = read_roads(path, NEAR, Faults())
    assert streets.ends.tolist() == [[1, 0]]
    assert streets.bends.lon.tolist() == [112.612, 112.611]
    assert (streets.access.tolist(), streets.limit.tolist()) == ([0x40], [pytest.approx(13.4112)])


def test_roads__access_as_a_list_of_vehicles(tmp_path):
    path = tmp_path / "r.geojson"
    path.write_text(
        collection(feature(line((112.61, -7.97), (112.62, -7.97)), access="motorcycle, foot", highway="Busway"))
    )
    streets = read_roads(path, NEAR, Faults())
    assert streets.access.tolist() == [0b100100]
    assert ROAD_KINDS[streets.kind[0]] == "lokal"


@pytest.mark.parametrize("length", ["1e308", "2e6", "1e999"])
def test_roads__a_street_has_a_greatest_length(tmp_path, length):
    path = tmp_path / "r.geojson"
    path.write_text(collection(feature(line((112.61, -7.97), (112.62, -7.97)), u=1, v=2, length_m=length)))
    faults = Faults()
    assert read_roads(path, NEAR, faults) is None
    assert [fault.field for fault in faults] == ["length_m"]


def test_roads__a_line_around_the_world_is_too_long(tmp_path):
    path = tmp_path / "r.geojson"
    path.write_text(collection(feature(line((0, 0), (90, 0), (179, 0)))))
    faults = Faults()
    assert read_roads(path, WORLD, faults) is None
    assert [(fault.field, fault.expected[:17]) for fault in faults] == [("length_m", "at most 1000000 m")]


def test_roads__a_given_length_far_over_the_distance_is_a_slip(tmp_path):
    """281 m apart and 500 km long is refused; a winding road of five times the distance is not."""
    for metres, bad in ((500_000, True), (1_400, False)):
        (tmp_path / "r.csv").write_text(
            f"lon_u,lat_u,lon_v,lat_v,u,v,length_m\n112.61,-7.97,112.61255,-7.97,a,b,{metres}\n"
        )
        faults = Faults()
        read_roads(tmp_path / "r.csv", WORLD, faults)
        assert [fault.field for fault in faults] == (["length_m"] if bad else [])


NODES = "node,lon,lat\na,112.61,-7.97\nb,112.62,-7.97\n"


def roads_csv(folder, edges, nodes=NODES):
    (folder / "road_edges.csv").write_text(edges)
    if nodes is not None:
        (folder / "road_nodes.csv").write_text(nodes)
    faults = Faults()
    return read_roads(folder / "road_edges.csv", NEAR, faults), list(faults)


def test_roads__csv_with_its_junctions_beside_it(tmp_path):
    streets, faults = roads_csv(tmp_path, "edge,u,v,kelas,length_m\n0,a,b,lokal,1102.5\n")
    assert faults == []
    assert (streets.lon.tolist(), streets.length_m.tolist()) == ([112.61, 112.62], [1102.5])


@pytest.mark.parametrize(
    ("nodes", "places"),
    [
        (None, [("road_edges.csv:1", "lon_u, lat_u, lon_v, lat_v")]),
        ("node,lon\na,112.61\n", [("road_nodes.csv:1", "lat")]),
        (NODES + "a,112.61,-7.97\n", [("road_nodes.csv:4", "node")]),
        ("node,lon,lat\na,112.61,-7.97\n", [("road_edges.csv:2", "v")]),
    ],
)
def test_roads__csv_whose_junctions_are_not_known(tmp_path, nodes, places):
    _, faults = roads_csv(tmp_path, "edge,u,v\n0,a,b\n", nodes)
    assert [(fault.where.rpartition("/")[2], fault.field) for fault in faults] == places


def test_roads__real_pair_of_csv(shared, tmp_path):
    data = shared / "data" / "malang"
    faults = Faults()
    streets = read_roads(data / "road_edges.csv", NEAR, faults)
    assert list(faults) == []
    drawn = read_roads(data / "road_edges.geojson", NEAR, faults)
    assert len(streets.ends) == len(drawn.ends) == 5058
    assert streets.length_m.sum() == pytest.approx(drawn.length_m.sum(), abs=1)
    assert drawn.bends.lon.size > 5000


# --- files of any content ---------------------------------------------------------------------------------------------


def broken(content, dice):
    """Copies of a file, cut short or with other bytes in them."""
    for i in range(50):
        out = bytearray(content)
        if i % 2:
            for _ in range(dice.randint(1, 8)):
                out[dice.randrange(len(out))] = dice.randrange(256)
        else:
            del out[dice.randrange(len(out)) :]
        yield bytes(out)


@pytest.mark.parametrize("name", ["x.geojson", "x.gpkg", "x.shp", "x.dbf", "x.shx", "x.prj", "x.zip"])
def test_garbage__gives_a_layer_or_faults(tmp_path, name):
    path = tmp_path / name
    layer = {".dbf": ".shp", ".shx": ".shp", ".prj": ".shp"}.get(path.suffix, path.suffix)
    if path.suffix == ".geojson":
        shutil.copy(DATA / "roads.geojson", path)
    else:
        shapes = layer_of(DATA / "roads.geojson")[0].geometry
        made = path.with_suffix(".gpkg" if path.suffix == ".gpkg" else ".shp")
        kind = "Unknown" if path.suffix == ".gpkg" else "LineString"
        write(made, shapes, epsg=32749, kind=kind, kelas=["lokal", "arteri"], nama=NAMES)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(tmp_path.glob("x.[!z]*")):
                archive.write(part, part.name)
    for content in broken(path.read_bytes(), random.Random(5)):
        path.write_bytes(content)
        read_roads(path.with_suffix(layer), NEAR, Faults())
