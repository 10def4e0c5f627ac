"""A city from files: real ones, the mini-city, and every way in which a file can be wrong."""

import json
import os
import re
import runpy
import shutil
from datetime import date

import numpy as np
import pytest

from sispamkota.errors import InputError
from sispamkota.inputs import DATA
from sispamkota.manifest import sha256_of
from sispamkota.place import ROAD_KINDS, City, Ride, build_city, show_city
from sispamkota.place.check import check_city
from sispamkota.place.ride import FOOT_BIT

MINI = DATA.parents[2] / "examples" / "minicity"
FILES = {"roads": "roads.geojson", "areas": "areas.geojson", "venues": "venues.csv"}


@pytest.fixture
def files(tmp_path):
    """The files of the mini-city, in a folder of their own, ready to be broken."""
    return {role: shutil.copy(MINI / name, tmp_path / name) for role, name in FILES.items()}


def edit(path, old, new, *, count=1):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def edit_json(path, change):
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data["features"])
    path.write_text(json.dumps(data), encoding="utf-8")


def faults_of(files, tmp_path, **more):
    """Build, which must fail and leave nothing behind; give the faults."""
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError) as caught:
        build_city(**files, **more, out=tmp_path / "city")
    assert sorted(tmp_path.iterdir()) == before
    assert all(fault.remedy for fault in caught.value.faults)
    return caught.value.faults


# --- the mini-city ----------------------------------------------------------------------------------------------------


def test_minicity__builds_and_is_read_back(files, tmp_path):
    city = build_city(**files, out=tmp_path / "out" / "contoh", name="contoh", title="Kota Contoh")
    assert (city.roads.n_nodes, city.roads.main.sum()) == (157, 155)
    assert (len(city.kelurahan), len(city.kecamatan), len(city.venues)) == (4, 2, 21)
    assert city.kelurahan["population"].tolist() == [9_400, 12_100, 8_200, 10_600]
    assert [each.key for each in city.assumptions] == [
        "streets_islands", "speeds_assumed", "positions_proxy", "positions_unknown", "tps_synthetic",
        "people_estimated",
    ]  # fmt: skip
    assert City.load(tmp_path / "out" / "contoh").title == "Kota Contoh"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["contoh"]


def test_minicity__manifest_names_and_hashes_its_files(files):
    manifest = build_city(**files).manifest
    assert manifest.inputs == {f"{role}/{name}": sha256_of(files[role]) for role, name in FILES.items()}
    assert manifest.settings == {"dropped_columns": {"roads": ["edge"]}, "notes": {}, "personal_columns": {}}


def test_minicity__blank_positions_follow_the_rule(files):
    venues = build_city(**files).venues.set_index("ref")
    assert venues.loc["gudang-kpu", "placed"] == "assumed: inside its kelurahan"
    assert venues.loc["bpbd", "placed"] == "assumed: centre of its kecamatan"
    assert (venues["placed"] != "").sum() == 2


def test_minicity__bridges_are_the_only_way(files):
    """With both bridges closed nobody crosses the river; with one, the way is longer."""
    city = build_city(**files)
    roads, speed = city.roads, Ride.of("car").speed
    a, b = city.find("bawaslu").node, city.find("kpu").node
    west = (roads.lon - 112.0) * 110_800 / 260 < 6.5
    first = roads.first_arc
    both = west[roads.tail[first]] != west[roads.head[first]]
    assert both.sum() == 2
    one = both & (np.cumsum(both) == 1)
    open_ = roads.travel_times([a], [b], ride=Ride(speed))[0, 0]
    assert roads.travel_times([a], [b], ride=Ride(speed), closed=both)[0, 0] == np.inf
    detours = [roads.travel_times([a], [b], ride=Ride(speed), closed=shut)[0, 0] for shut in (one, both & ~one)]
    assert open_ == min(detours) < max(detours) < np.inf


def test_minicity__script_writes_the_committed_bytes(tmp_path):
    shutil.copy(MINI / "make.py", tmp_path)
    runpy.run_path(str(tmp_path / "make.py"), run_name="__main__")
    for name in FILES.values():
        assert (tmp_path / name).read_bytes() == (MINI / name).read_bytes(), name


def test_minicity__plan_force_and_scenario_fit_it(files):
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Scenario

    city = build_city(**files)
    plan = Plan.load(MINI / "plan.yaml", city=city)
    assert plan.force.people == sum(unit.people for unit in plan.force.units) == 120
    scenario = Scenario.load(MINI / "scenario.yaml").file
    assert {city.find(each.at).ref for each in (*scenario.places, *scenario.injects)} == {"kpu", "bawaslu", "pasar"}


# --- the real city ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(real_malang):
    return real_malang


def test_real__streets_and_areas(real):
    assert (real.roads.n_nodes, real.roads.n_edges, real.epsg) == (3541, 5058, 32749)
    assert real.roads.length_m[real.roads.first_arc].sum() == pytest.approx(756_295, abs=1)
    assert real.kelurahan["area_km2"].sum() == pytest.approx(111.077, rel=1e-4)
    assert len(real.areas) == 57
    assert not any(each.key == "streets_synthetic" for each in real.assumptions)


def test_real__islands_are_kept_listed_and_not_used(real):
    """58 junctions: 43 off the main component, and those that only footpaths or the toll road reach."""
    assert {each.key: each.count for each in real.assumptions}["streets_islands"] == 58
    assert (~real.roads.main).sum() == 58
    for table in (real.venues, real.kelurahan, real.kecamatan):
        assert real.roads.main[table["node"]].all()


def test_real__snap_distance_is_reported(real):
    x, y = real.roads.x[real.venues["node"]], real.roads.y[real.venues["node"]]
    assert np.hypot(x - real.venues["x"], y - real.venues["y"]).to_numpy() == pytest.approx(real.venues["access_m"])
    assert real.venues["access_m"].median() < 100
    assert (
        {each.key: each.count for each in real.assumptions}["positions_far"]
        == (real.venues["access_m"] > 500).sum()
        == 1
    )


def test_real__unknown_people_come_from_the_embedded_figures_by_code(real):
    assert real.kelurahan["population"].sum() == 847_182
    assert {each.key: (each.tag, each.count) for each in real.assumptions}["people_embedded"] == ("estimated", 57)
    assert "embedded/malang/kelurahan.csv" in real.manifest.inputs
    assert real.title == "Kota Malang"
    assert "57" in show_city(real, lang="en")


def test_real__venues_find_their_kelurahan(real):
    assert real.find("kpu").kode_kel == "35.73.01.1007"
    outside = real.venues.loc[(real.venues["kode_kel"] == "") & (real.venues["placed"] == ""), "name"]
    assert outside.tolist() == ["RS Universitas Muhammadiyah Malang"]  # in Dau, beyond the city's edge


def test_real__plain_lines_make_nearly_the_same_network(real, shared, tmp_path):
    """The same lines before they were noded: no u and v, cut where they share a vertex."""
    data = shared / "data" / "malang"
    city = build_city(
        roads=data / "alt" / "roads_rbi25k_raw.geojson",
        areas=data / "kelurahan.geojson",
        venues=data / "facilities.csv",
    )
    assert city.roads.n_nodes == pytest.approx(real.roads.n_nodes, rel=0.01)
    assert city.roads.length_m.sum() == pytest.approx(real.roads.length_m.sum(), rel=1e-4)


# --- other shapes of input --------------------------------------------------------------------------------------------


def test_roads__csv_with_both_ends(files, tmp_path):
    """The same streets as CSV give the same travel times."""
    geojson = build_city(**files)
    lines = ["lon_u,lat_u,lon_v,lat_v,u,v,kelas,length_m"]
    for each in json.loads(files["roads"].read_text())["features"]:
        p, (a, b) = each["properties"], each["geometry"]["coordinates"]
        lines.append(f"{a[0]},{a[1]},{b[0]},{b[1]},{p['u']},{p['v']},{p['kelas']},{p['length_m']}")
    (tmp_path / "roads.csv").write_text("\n".join(lines) + "\n")
    city = build_city(**files | {"roads": tmp_path / "roads.csv"})
    assert city.roads.length_m.tobytes() == geojson.roads.length_m.tobytes()
    assert city.roads.head.tobytes() == geojson.roads.head.tobytes()


def test_roads__plain_lines_meet_at_shared_vertices(files, tmp_path):
    """A cross of two lines that share a vertex, a line that only touches in passing, and one of two parts."""

    def line(*points, kind="LineString", **properties):
        return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": list(points)}}

    a, b, c = [112.01, -5.49], [112.02, -5.49], [112.03, -5.49]
    north, south, far = [112.02, -5.48], [112.02, -5.5], [112.035, -5.495]
    features = [line(a, b, c, kelas="lokal"), line(north, b, south, highway="Primary"),
                line([c, far], [a, [112.005, -5.495]], kind="MultiLineString")]  # fmt: skip
    (tmp_path / "x.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    city = build_city(**files | {"roads": tmp_path / "x.geojson"})
    roads = city.roads
    assert (roads.n_nodes, roads.n_edges) == (7, 6)
    kinds = np.bincount(roads.kind[roads.first_arc], minlength=6)
    assert dict(zip(ROAD_KINDS, kinds, strict=True)) == {
        "tol": 0,
        "arteri": 2,
        "kolektor": 0,
        "lokal": 2,
        "lain": 2,
        "setapak": 0,
    }
    assert {each.key: each.count for each in city.assumptions}["streets_unclassed"] == 1
    assert roads.length_m.sum() / 2 == pytest.approx(2 * 1107.5 + 2 * 1105.8 + 2 * 783, rel=0.01)


def test_roads__one_way_as_given(files):
    edit_json(
        files["roads"], lambda f: f[0]["properties"].update(oneway="yes") or f[1]["properties"].update(oneway="-1")
    )
    roads = build_city(**files).roads
    for edge, (first, last) in enumerate([(0, -1), (-1, 0)]):
        line = json.loads(files["roads"].read_text())["features"][edge]["geometry"]["coordinates"]
        (arc,) = np.flatnonzero((roads.edge == edge) & (roads.access != FOOT_BIT))
        ends = [(roads.lon[v], roads.lat[v]) for v in (roads.tail[arc], roads.head[arc])]
        assert ends == [pytest.approx(line[first]), pytest.approx(line[last])]


def test_no_roads__streets_are_generated_and_said_so(files):
    city = build_city(areas=files["areas"], venues=files["venues"])
    assert city.roads.main.all()
    assert "streets_synthetic" in {each.key for each in city.assumptions}


def test_areas__as_csv_of_points(files, tmp_path):
    (tmp_path / "areas.csv").write_text("kode,nama,area_km2,lon,lat\n99.99.01.1001,Melati,3,112.007,-5.494\n")
    edit(files["venues"], "99.99.01.1002", "", count=-1)
    edit(files["venues"], "99.99.02.1001", "", count=-1)
    edit(files["venues"], "99.99.02.1002", "", count=-1)
    city = build_city(**files | {"areas": tmp_path / "areas.csv"})
    assert city.areas is None
    assert city.kecamatan["kode"].tolist() == ["99.99.01"]


def test_people__unknown_are_assumed_and_counted(files):
    """Nobody gives them and no code is known: the density and ratios of Kota Malang stand in, and it is said."""
    edit_json(
        files["areas"], lambda f: [each["properties"].update(penduduk=None, dpt=None, tps=None) for each in f[:3]]
    )
    city = build_city(**files)
    table = city.kelurahan
    assert table["quality"].tolist()[:3] == ["assumed"] * 3
    assert table["assumed"].tolist() == ["penduduk, dpt, tps"] * 3 + [""]
    assert table["source"].tolist()[:3] == ["people.yaml"] * 3
    assert table["population"].tolist()[:3] == (table["area_km2"][:3] * 7627).round().tolist()
    assert (table["tps"][:3] == np.ceil(table["voters"][:3] / 556)).all()
    assert {each.key: each.count for each in city.assumptions}["people_assumed"] == 3


def test_people__a_file_goes_first(files, tmp_path):
    (tmp_path / "people.csv").write_text("kode,penduduk,dpt,tps,source\n99.99.01.1001,10000,,,BPS\n")
    table = build_city(**files, people=tmp_path / "people.csv").kelurahan
    assert table["population"].tolist() == [10_000, 12_100, 8_200, 10_600]
    assert table["voters"].tolist()[0] == 7_300
    theirs = build_city(**files).kelurahan
    assert (table["source"][0], table["quality"][0]) == (f"BPS; {theirs['source'][0]}", theirs["quality"][0])
    assert table["source"].tolist()[1:] == theirs["source"].tolist()[1:]
    assert table["assumed"].tolist() == [""] * 4


BLANK_PEOPLE = {"penduduk": None, "dpt": None, "tps": None}


def with_people(files, tmp_path, *texts, **cells):
    """The first kelurahan of the mini-city with some cells of its own, and files of people."""
    edit_json(files["areas"], lambda f: f[0]["properties"].update(cells))
    paths = [tmp_path / f"people{i}.csv" for i in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return build_city(**files, people=paths)


@pytest.mark.parametrize(
    ("blank", "source", "quality"),
    [
        (("tps",), "BPS", "official"),
        (("dpt", "tps"), "BPS", "official"),
        (("penduduk",), "BPS; people.yaml", "assumed"),
        (("penduduk", "dpt", "tps"), "people.yaml", "assumed"),
    ],
)
def test_people__one_blank_cell_takes_nothing_from_the_others(files, tmp_path, blank, source, quality):
    """What was given keeps its source and quality; what stands in is named, here and by the check."""
    given = {"penduduk": 10_000, "dpt": 7_000, "tps": 12, "quality": "official", "source": "BPS"}
    city = with_people(files, tmp_path, **given | dict.fromkeys(blank))
    row = city.kelurahan.iloc[0]
    assert (row["source"], row["quality"], row["assumed"]) == (source, quality, ", ".join(blank))
    named = {"penduduk": "population", "dpt": "voters", "tps": "tps"}
    assert all(row[named[name]] == given[name] for name in named if name not in blank)
    assert not row[list(named.values())].isna().any()
    assert {each.key: each.count for each in city.assumptions}["people_assumed"] == 1
    (found,) = [each for each in check_city(city, on=date(2024, 11, 27)) if each.key == "people_unknown"]
    assert found.field == ", ".join(blank)
    for lang in ("id", "en"):
        assert ", ".join(blank) in found.got(lang)
        assert not [name for name in named if name not in blank and name in found.got(lang)]
    city.save(tmp_path / "kota")
    assert City.load(tmp_path / "kota").kelurahan["assumed"].tolist() == [", ".join(blank), "", "", ""]


def test_people__each_figure_is_that_of_its_file(files, tmp_path):
    """All sources are named in order of precedence; the quality is the weakest of those that gave a figure."""
    first = "kode,penduduk,dpt,tps,source,quality\n99.99.01.1001,10000,,,BPS,official\n"
    second = "kode,penduduk,dpt,tps,source,quality\n99.99.01.1001,9000,7000,12,KPU,reported\n"
    row = with_people(files, tmp_path, first, second, **BLANK_PEOPLE).kelurahan.iloc[0]
    assert row[["population", "voters", "tps"]].tolist() == [10_000, 7_000, 12]
    assert (row["source"], row["quality"], row["assumed"]) == ("BPS; KPU", "reported", "")
    row = with_people(files, tmp_path, second, first).kelurahan.iloc[0]
    assert (row["population"], row["source"], row["quality"]) == (9_000, "KPU", "reported")
    row = with_people(files, tmp_path, first, second.replace("reported", "proxy").replace("KPU", "BPS")).kelurahan.iloc[
        0
    ]
    assert (row["source"], row["quality"]) == ("BPS", "proxy")


def test_people__one_kelurahan_by_code_and_by_name_is_there_twice(files, tmp_path):
    for text in ("99.99.01.1001,,1\n,Melati,2\n", "99.99.01.1001,,1\n99.99.01.1001,,2\n"):
        (tmp_path / "people.csv").write_text("kode,kelurahan,penduduk\n" + text)
        (fault,) = faults_of(files, tmp_path, people=tmp_path / "people.csv")
        assert (fault.field, fault.where.endswith(":3"), "again" in fault.got) == ("kode", True, True)


def test_columns__what_is_not_used_is_named(files):
    edit(files["venues"], "id,nama,", "id,telepon,nama,")
    text = re.sub(r"(?m)^(v\d\d),", r"\1,0341-000,", files["venues"].read_text())
    files["venues"].write_text(text)
    city = build_city(**files)
    assert city.manifest.settings["dropped_columns"]["venues"] == ["telepon"]
    assert "0341" not in city.venues.to_csv()


# --- faults -----------------------------------------------------------------------------------------------------------


def test_faults__all_files_at_once(files, tmp_path):
    edit(files["venues"], "v01,", "v02,")
    edit_json(files["areas"], lambda f: f[2]["properties"].update(penduduk="8.2 ribu"))
    edit_json(files["roads"], lambda f: f[7]["properties"].update(kelas="lokall"))
    faults = faults_of(files, tmp_path)
    assert [(fault.where.removeprefix(f"{tmp_path}/"), fault.field) for fault in faults] == [
        ("areas.geojson:1 (feature 3)", "penduduk"),
        ("venues.csv:3", "id"),
        ("roads.geojson:1 (feature 8)", "kelas"),
    ]
    assert 'id you mean "lokal"?' in str(faults[2])


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "words"),
    [
        ("v03,Balai", "v01,Balai", 4, "id", "again (first at"),
        ("v03,Balai", ",Balai", 4, "id", "blank"),
        ("Balai Kota Contoh", "", 4, "nama", "blank"),
        (",bawaslu,", ",bawasl,", 3, "jenis", 'id you mean "bawaslu"'),
        ("99.99.01.1002", "99.99.01.1009", 3, "kode_kel", "id you mean"),
    ],
)
def test_faults__venues(files, tmp_path, old, new, line, field, words):
    edit(files["venues"], old, new)
    faults = faults_of(files, tmp_path)
    assert [(fault.where, fault.field) for fault in faults] == [(f"{files['venues']}:{line}", field)]
    assert words in str(faults[0])


def kpu_position(files):
    return re.search(r"KPU Kota Contoh,kpu,negara,,([^,]+),([^,]+),", files["venues"].read_text())


def test_faults__latitude_91(files, tmp_path):
    edit(files["venues"], kpu_position(files)[2], "91")
    faults = faults_of(files, tmp_path)
    assert str(faults[0]).startswith(
        f"{files['venues']}:2: lat: expected a latitude from -90 to 90, got 91. Correct it"
    )


def test_faults__swapped_coordinates_are_recognised(files, tmp_path):
    lon, lat = kpu_position(files).groups()
    edit(files["venues"], f"{lon},{lat}", f"{lat},{lon}")
    assert "Latitude and longitude are swapped" in str(faults_of(files, tmp_path)[0])


def test_faults__a_road_file_with_no_roads(files, tmp_path):
    point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [112.01, -5.49]}}
    for content, words in (([], "at least one feature"), ([point] * 9, "at least one street, got none")):
        files["roads"].write_text(json.dumps({"type": "FeatureCollection", "features": content}))
        faults = faults_of(files, tmp_path)
        assert [fault.where for fault in faults] == [f"{files['roads']}:1"]
        assert words in str(faults[0])


def test_faults__the_edge_list_without_positions(files, tmp_path):
    (tmp_path / "edges.csv").write_text("edge,u,v,kelas,length_m\n0,0,1,lokal,131.3\n")
    faults = faults_of(files | {"roads": tmp_path / "edges.csv"}, tmp_path)
    assert [fault.field for fault in faults] == ["lon_u, lat_u, lon_v, lat_v"]
    assert "nodes*.csv" in faults[0].remedy


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (lambda f: f["properties"].update(length_m=0.26), "length_m", "which the ends are apart"),
        (lambda f: f["properties"].update(length_m="long"), "length_m", "a length in metres"),
        (lambda f: f["properties"].update(length_m=-5), "length_m", "a length in metres"),
        (lambda f: f["properties"].update(u=None), "u, v", "two names"),
        (lambda f: f["properties"].update(u=100), "u, v", "m from where"),
        (lambda f: f["properties"].update(oneway="perhaps"), "oneway", "yes, no or -1"),
        (lambda f: f["geometry"]["coordinates"].reverse(), "u, v", "m from where"),
        (lambda f: f["geometry"].update(coordinates=[[112.0, -5.5]]), "geometry", "at least two points"),
        (lambda f: f["geometry"].update(coordinates=[[-5.5, 112.0], [-5.5, 112.01]]), "lon, lat", "swapped"),
        (lambda f: f["geometry"]["coordinates"].append([112.0, 95.0]), "lat", "from -90 to 90"),
        (lambda f: f["geometry"].update(type="Polygon"), "geometry", "line"),
        (lambda f: f["geometry"].update(type=[]), "geometry", "line"),
    ],
)
def test_faults__roads(files, tmp_path, change, field, words):
    edit_json(files["roads"], lambda features: change(features[4]))
    faults = faults_of(files, tmp_path)
    assert {fault.field for fault in faults} == {field}
    assert any(words in str(fault) and "roads.geojson:1 (feature 5)" in str(fault) for fault in faults)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (lambda f: f["properties"].update(kode="99.99.01.1002"), "kode", "each value once"),
        (lambda f: f["properties"].pop("kode"), "kode", "blank"),
        (lambda f: f["properties"].update(penduduk="1.188.5"), "penduduk", "Write a number"),
        (lambda f: f["properties"].update(dpt=-4), "dpt", "from 0"),
        (lambda f: f["properties"].update(tps=2.5), "tps", "whole number"),
        (lambda f: f["properties"].update(quality="sure"), "quality", "Known: official"),
        (lambda f: f["geometry"].update(type="LineString"), "geometry", "a valid polygon"),
        (lambda f: f["geometry"].update(type=[]), "geometry", "a valid polygon"),
        (lambda f: f["geometry"]["coordinates"][0].insert(1, [112.0, -5.48]), "geometry", "Self-intersection"),
        (
            lambda f: f["geometry"].update(coordinates=[[[112.0, -5.5], [112.1, -5.5]]]),
            "geometry",
            "broken coordinates",
        ),
        (lambda f: f["geometry"]["coordinates"][0].__setitem__(1, [112.02, 91.0]), "lat", "latitude from -90"),
    ],
)
def test_faults__areas(files, tmp_path, change, field, words):
    edit_json(files["areas"], lambda features: change(features[0]))
    found = [fault for fault in faults_of(files, tmp_path) if "areas" in fault.where]
    assert field in {fault.field for fault in found}
    assert any(words in str(fault) for fault in found)


def test_faults__people_of_another_city(files, tmp_path):
    (tmp_path / "people.csv").write_text("kode,penduduk\n35.73.01.1001,8674\n")
    faults = faults_of(files, tmp_path, people=tmp_path / "people.csv")
    assert [(fault.field, fault.got) for fault in faults] == [("kode", '"35.73.01.1001"')]


def test_faults__missing_files_are_all_named(tmp_path):
    missing = {role: tmp_path / f"no-{name}" for role, name in FILES.items()}
    faults = faults_of(missing, tmp_path)
    assert {fault.where for fault in faults} == {str(path) for path in missing.values()}


def test_faults__a_format_that_is_not_read_here(files, tmp_path):
    shutil.copy(files["roads"], tmp_path / "roads.kml")
    faults = faults_of(files | {"roads": tmp_path / "roads.kml"}, tmp_path)
    assert [fault.field for fault in faults] == ["file"]


def test_out__foreign_folder_stays_untouched(files, tmp_path):
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "letter.txt").write_text("mine")
    faults_of(files, tmp_path)
    assert (tmp_path / "city" / "letter.txt").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="permissions are a matter of POSIX")
def test_out__where_nothing_can_be_written(files, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        build_city(**files, out=tmp_path / "file" / "city")
    assert len(caught.value.faults) == 1
