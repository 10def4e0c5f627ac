"""Checks of a city: every one has a city that is broken in just that way, and what is mended stays sound."""

import csv
import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely
from shapely.affinity import translate

from sispamkota.errors import Fault
from sispamkota.inputs import DATA
from sispamkota.place import City, Roads, build_city
from sispamkota.place.check import check_city, joined
from sispamkota.place.figures import place_figures
from sispamkota.place.fix import fix_city
from sispamkota.place.position import project
from sispamkota.place.tps import register
from sispamkota.schema import Assumption
from sispamkota.words import LANGUAGES

MINI = DATA.parents[2] / "examples" / "minicity"
PILKADA, PEMILU = date(2024, 11, 27), date(2024, 2, 14)


@pytest.fixture(scope="module")
def contoh():
    """The mini-city without its two known flaws: the island is gone, every venue has a position."""
    city = build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv")
    findings = check_city(city, on=PILKADA)
    assert sorted({each.key for each in findings}) == ["islands", "position_unknown"]
    city = fix_city(city, findings, lang="id")[0]
    return replace(city, venues=city.venues.assign(placed=""))


def keys(city, *, on=PILKADA, **more):
    return [each.key for each in check_city(city, on=on, **more)]


def with_venue(city, row, **cells):
    """The city with some cells of a venue changed."""
    venues = city.venues.copy()
    for name, value in cells.items():
        venues.loc[row, name] = value
    return replace(city, venues=venues)


def with_people(city, **cells):
    kelurahan = city.kelurahan.copy()
    for name, value in cells.items():
        kelurahan.loc[1, name] = value
    return replace(city, kelurahan=kelurahan)


def with_roads(city, **arrays):
    return replace(city, roads=replace(city.roads, **arrays))


def with_streets(city, points, ends, **more):
    """The city with junctions (lon, lat, x, y) and streets added to its network, as `Roads.from_edges` takes them."""
    roads, first = city.roads, city.roads.first_arc
    old = np.column_stack([roads.tail[first], roads.head[first]])
    nodes = tuple(
        np.append(getattr(roads, axis), [p[i] for p in points]) for i, axis in enumerate(("lon", "lat", "x", "y"))
    )
    kind = np.append(roads.kind[first], more.get("kind", [3] * len(ends)))
    length = np.append(roads.length_m[first], [100.0] * len(ends))
    oneway = np.append(np.zeros(len(old), bool), more.get("oneway", [False] * len(ends)))
    return replace(
        city, roads=Roads.from_edges(nodes, np.vstack([old, ends]), length_m=length, kind=kind, oneway=oneway)
    )


def at(city, node):
    return tuple(float(getattr(city.roads, axis)[node]) for axis in ("lon", "lat", "x", "y"))


# --- a sound city, and one broken city for each check -----------------------------------------------------------------


def test_check__a_sound_city_has_no_finding(contoh):
    assert keys(contoh) == []
    assert keys(contoh, tps=register(contoh.kelurahan, roads=contoh.roads, epsg=contoh.epsg, areas=contoh.areas)) == []


def test_islands(contoh):
    n = contoh.roads.n_nodes
    city = with_streets(contoh, [at(contoh, 0), at(contoh, 5)], [[n, n + 1]])
    (found,) = check_city(city, on=PILKADA)
    assert (found.key, found.severity, found.fixable) == ("islands", "fault", True)
    assert dict(found.facts) == {"n": 2, "all": n + 2, "streets": 1}


def test_stranded(contoh):
    n = contoh.roads.n_nodes
    (found,) = check_city(with_streets(contoh, [at(contoh, 0)], [[0, n]], oneway=[True]), on=PILKADA)
    assert (found.key, found.severity, found.facts["n"]) == ("stranded", "note", 1)


def test_small_network(contoh):
    n = contoh.roads.n_nodes
    many = n // 10
    city = with_streets(contoh, [at(contoh, 0)] * many, [[0, n + i] for i in range(many)], oneway=[True] * many)
    assert keys(city) == ["small_network", "stranded"]
    few = with_streets(contoh, [at(contoh, 0)] * 3, [[0, n + i] for i in range(3)], oneway=[True] * 3)
    assert keys(few) == ["stranded"]


@pytest.mark.parametrize(
    ("km_h", "wrong"), [(3, True), (5, False), (60, False), (100, False), (120, True), (500, True)]
)
def test_speed(contoh, km_h, wrong):
    limit = contoh.roads.limit.copy()
    limit[contoh.roads.edge == 7] = km_h / 3.6
    found = check_city(with_roads(contoh, limit=limit), on=PILKADA)
    assert [(each.key, each.where) for each in found] == [("speed", "roads 7")] * wrong


def test_position_unknown(contoh):
    city = with_venue(contoh, 3, placed="assumed: middle of the city", access_m=9_999.0)
    (found,) = check_city(city, on=PILKADA)
    assert (found.key, found.severity, found.where) == ("position_unknown", "note", "venues v04")


def test_outside(contoh):
    (found,) = check_city(with_venue(contoh, 3, lon=112.3), on=PILKADA)
    assert (found.key, found.severity, found.where) == ("outside", "note", "venues v04")
    assert keys(replace(with_venue(contoh, 3, lon=112.3), areas=None)) == []


def test_far(contoh):
    assert keys(with_venue(contoh, 3, access_m=place_figures().far_m[0])) == []
    (found,) = check_city(with_venue(contoh, 3, access_m=812.4), on=PILKADA)
    assert (found.key, found.where, found.facts["m"]) == ("far", "venues v04", 812)


def test_duplicate_by_name(contoh):
    (found,) = check_city(with_venue(contoh, 6, name=" polsek BARAT "), on=PILKADA)
    assert (found.key, found.where, found.facts["first"], found.fixable) == ("duplicate", "venues v07", "v06", False)


def test_close(contoh):
    spot = contoh.venues.loc[13, ["lon", "lat", "x", "y"]]
    near = with_venue(contoh, 14, lon=spot["lon"], lat=spot["lat"], x=spot["x"] + 29.0, y=spot["y"])
    (found,) = check_city(near, on=PILKADA)
    assert (found.key, found.severity, found.where) == ("close", "note", "venues v15")
    assert keys(with_venue(near, 14, x=spot["x"] + 31.0)) == []
    assert keys(with_venue(near, 14, quality="proxy")) == []
    assert keys(with_venue(near, 14, kind="klinik")) == []


def test_overlap(contoh):
    kode, other = list(contoh.areas)[:2]
    moved = contoh.areas | {kode: shapely.union(contoh.areas[kode], contoh.areas[other].buffer(-0.004))}
    found = check_city(replace(contoh, areas=moved), on=PILKADA)
    assert [(each.key, each.where, each.facts["other"]) for each in found] == [("overlap", f"areas {kode}", other)]


def test_gap(contoh):
    kode = next(iter(contoh.areas))
    hole = contoh.areas[kode].representative_point().buffer(0.0004)
    found = check_city(replace(contoh, areas=contoh.areas | {kode: contoh.areas[kode] - hole}), on=PILKADA)
    assert [each.key for each in found if each.key != "outside"] == ["gap"]
    assert found[0].where == f"areas {kode}"
    assert found[0].facts["m2"] == pytest.approx(np.pi * 44.4**2, rel=0.05)


def test_slivers_are_no_fault(contoh):
    kode = next(iter(contoh.areas))
    sliver = contoh.areas[kode].representative_point().buffer(0.00005)
    assert keys(replace(contoh, areas=contoh.areas | {kode: contoh.areas[kode] - sliver})) == []


def test_apart(contoh):
    far = next(iter(contoh.areas))
    areas = contoh.areas | {"99": translate(contoh.areas[far], xoff=0.5)}
    found = check_city(replace(contoh, areas=areas), on=PILKADA)
    assert [(each.key, each.where) for each in found] == [("no_junction", "areas 99"), ("apart", "areas 99")]


def test_people_unknown(contoh, tmp_path):
    data = json.loads((MINI / "areas.geojson").read_text(encoding="utf-8"))
    data["features"][1]["properties"]["penduduk"] = None
    (tmp_path / "areas.geojson").write_text(json.dumps(data), encoding="utf-8")
    city = build_city(roads=MINI / "roads.geojson", areas=tmp_path / "areas.geojson", venues=MINI / "venues.csv")
    (found,) = [each for each in check_city(city, on=PILKADA) if each.key == "people_unknown"]
    assert (found.where, found.facts["name"]) == ("kelurahan 99.99.01.1002", "Kenanga")


def test_voters_over_people(contoh):
    (found,) = check_city(with_people(contoh, population=9_499.0), on=PILKADA)
    assert (found.key, found.facts["voters"], found.facts["people"]) == ("voters_over_people", 9_500, 9_499)
    assert keys(with_people(contoh, population=9_500.0)) == []


def test_tps_limit_is_that_of_the_day(contoh):
    tps = register(contoh.kelurahan, roads=contoh.roads, epsg=contoh.epsg, areas=contoh.areas)
    assert keys(contoh, on=PEMILU) == ["tps_limit"] * 4
    assert keys(contoh, on=PEMILU, tps=tps) == ["tps_limit"] * len(tps)
    tps.loc[5, "voters"] = 601.0
    (found,) = check_city(contoh, on=PILKADA, tps=tps)
    assert (found.key, found.where, found.facts["n"]) == ("tps_limit", f"tps {tps['id'][5]}", 601)
    tps.loc[5, "voters"] = 600.0
    assert keys(contoh, tps=tps) == []


def own_stations(city, *points):
    """The register with the first stations at points of the user's own."""
    tps = city.tps.copy()
    for row, (lon, lat) in enumerate(points):
        x, y = project(lon, lat, city.epsg)
        node = city.roads.nearest(x, y)[0][0]
        away = float(np.hypot(city.roads.x[node] - x, city.roads.y[node] - y))
        tps.loc[row, ["lon", "lat", "x", "y", "access_m", "placed"]] = [lon, lat, float(x), float(y), away, ""]
    return tps


def test_stations__far_outside_and_on_one_spot(contoh):
    """A station of the user's own is held against streets and its kelurahan; a synthetic one is not."""
    inside = contoh.areas[contoh.tps["kode_kel"].iloc[0]].representative_point()
    assert keys(contoh, tps=own_stations(contoh, (inside.x, inside.y))) == []
    assert keys(contoh, tps=own_stations(contoh, (inside.x, inside.y), (inside.x, inside.y))) == ["tps_one_spot"]
    assert sorted(keys(contoh, tps=own_stations(contoh, (inside.x - 0.3, inside.y)))) == ["far", "tps_outside"]


# --- what a finding says ----------------------------------------------------------------------------------------------


def test_finding__says_it_in_both_languages(contoh):
    city = with_venue(contoh, 3, access_m=1_812.4)
    (found,) = check_city(city, on=PILKADA)
    assert found.line("id") != found.line("en")
    assert "1.812 m" in found.line("id")
    assert "1,812 m" in found.line("en")
    for lang in LANGUAGES:
        assert found.remedy(lang) in found.line(lang)
    assert isinstance(found.fault(), Fault)
    assert json.loads(json.dumps(found.to_dict()))["got_en"] == found.got("en")


def test_findings__faults_go_first(contoh):
    city = with_venue(with_venue(contoh, 3, lon=112.3), 5, access_m=812.0)
    assert [each.severity for each in check_city(city, on=PILKADA)] == ["fault", "note"]


# --- mending ----------------------------------------------------------------------------------------------------------


def twice(city, row):
    """The city with a venue written once more, to the letter but for its id."""
    import pandas as pd

    again = city.venues.loc[[row]].assign(id="v99", ref="v99")
    return replace(city, venues=pd.concat([city.venues, again], ignore_index=True))


def test_fix__removes_what_is_there_twice_to_the_letter(contoh):
    city = twice(contoh, 13)
    findings = check_city(city, on=PILKADA)
    assert [(each.key, each.where, each.fixable) for each in findings] == [("duplicate", "venues v99", True)]
    mended, done = fix_city(city, findings, lang="en")
    assert len(done) == 1
    assert "v99" in done[0]
    assert mended.venues["id"].tolist() == contoh.venues["id"].tolist()
    assert mended.venues["ref"].tolist() == contoh.venues["ref"].tolist()
    assert keys(mended) == []
    assert mended.manifest.settings["fixed"] == ["duplicate"]


def test_fix__counts_its_assumptions_anew(contoh):
    row = contoh.venues.index[contoh.venues["quality"] == "proxy"][0]
    n = {each.key: each.count for each in contoh.assumptions}["positions_proxy"]
    far = with_venue(twice(contoh, row), len(contoh.venues), access_m=900.0)
    stated = (Assumption("positions_far", "1", "1", "assumed", 1), *contoh.assumptions)
    mended, _ = fix_city(replace(far, assumptions=stated), check_city(far, on=PILKADA), lang="en")
    counts = {each.key: each.count for each in mended.assumptions}
    assert "positions_far" not in counts
    assert counts["positions_proxy"] == n


def test_fix__leaves_alone_what_only_looks_alike(contoh):
    city = with_venue(contoh, 6, name="Polsek Barat")
    mended, done = fix_city(city, check_city(city, on=PILKADA), lang="en")
    assert (mended, done) == (city, [])


@pytest.mark.parametrize(
    "cells", [{"note": "lantai 2"}, {"hospital_class": "?"}, {"owner": "x"}, {"name": "rs CONTOH"}]
)
def test_fix__leaves_alone_what_differs_in_any_cell(contoh, cells):
    city = with_venue(twice(contoh, 13), len(contoh.venues), **cells)
    findings = [each for each in check_city(city, on=PILKADA) if each.key in ("duplicate", "close")]
    assert [each.fixable for each in findings] == [False]
    assert fix_city(city, findings, lang="en") == (city, [])


def test_fix__islands_go_and_travel_times_stay(contoh):
    from sispamkota.place import Ride

    raw = build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv")
    mended, done = fix_city(raw, check_city(raw, on=PILKADA), lang="id")
    assert len(done) == 1
    assert (mended.roads.n_nodes, raw.roads.n_nodes) == (155, 157)
    assert joined(mended.roads).all()
    assert mended.roads.main.all()
    both = (raw, mended)
    stands = [city.roads.x[city.venues["node"]] for city in both]
    assert np.array_equal(*stands)
    car = Ride.of("car")
    times = [city.roads.travel_times(city.venues["node"], city.kelurahan["node"], ride=car) for city in both]
    assert np.array_equal(*times)
    assert "streets_islands" not in {each.key for each in mended.assumptions}
    assert not fix_city(mended, check_city(mended, on=PILKADA), lang="id")[1]


def test_fix__streets_keep_their_name_and_shape(contoh, tmp_path):
    from sispamkota.place.streets import Bends

    raw = build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv")
    number = np.arange(raw.roads.n_edges)
    raw = with_roads(
        raw,
        bends=Bends(np.arange(number.size + 1), number * 1.0, number * 1.0),
        name=number.astype(np.int32),
        names=tuple(map(str, number)),
    )
    mended = fix_city(raw, check_city(raw, on=PILKADA), lang="id")[0]
    old, new = raw.roads, mended.roads
    kept = new.bends.lon.astype(int)
    assert [new.names[i] for i in new.name] == [str(i) for i in kept]
    assert new.bends.start.tolist() == list(range(new.n_edges + 1))
    assert old.n_edges - new.n_edges == 1
    for ends in ("tail", "head"):
        at_old, at_new = getattr(old, ends)[old.first_arc[kept]], getattr(new, ends)[new.first_arc]
        assert old.x[at_old].tolist() == new.x[at_new].tolist()
    mended.save(tmp_path / "city")
    assert City.load(tmp_path / "city").roads.names == new.names


# --- the files of Malang ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared, tmp_path_factory):
    """Malang from its raw files, with the primary schools among the venues."""
    data, merged = shared / "data" / "malang", tmp_path_factory.mktemp("merged") / "venues.csv"
    names = [
        "id",
        "nama",
        "jenis",
        "alamat",
        "lon",
        "lat",
        "kode_kel",
        "kelurahan",
        "kecamatan",
        "coord_quality",
        "source",
    ]
    with merged.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, names, restval="", extrasaction="ignore")
        writer.writeheader()
        for file, extra in (("facilities.csv", {}), ("schools_sd.csv", {"jenis": "sekolah", "source": "schools_sd"})):
            with (data / file).open(encoding="utf-8", newline="") as rows:
                writer.writerows(
                    {"id": f"S{i:03d}"} | row | extra for i, row in enumerate(csv.DictReader(rows), start=1)
                )
    return build_city(roads=data / "road_edges.geojson", areas=data / "kelurahan.geojson", venues=merged)


def test_real__the_known_flaws_of_malang_are_found(real):
    findings = check_city(real, on=PILKADA)
    by_key = {key: [each for each in findings if each.key == key] for key in {each.key for each in findings}}
    (islands,) = by_key["islands"]
    assert (islands.facts["n"], islands.facts["all"]) == (43, 3541)
    assert "43" in islands.line("id")
    assert len(by_key["position_unknown"]) == 7
    outside = {each.where for each in by_key["outside"]}
    schools = [each for each in outside if each.startswith("venues S")]
    assert len(schools) == 1
    assert outside - set(schools) == {"venues F025"}
    assert "venues F011" in {each.where for each in by_key["far"]}
    assert not {"overlap", "gap", "apart", "no_junction", "tps_limit", "small_network"} & set(by_key)


def test_real__february_had_another_limit(real):
    findings = check_city(real, on=PEMILU)
    assert sum(each.key == "tps_limit" for each in findings) == 57


def test_real__the_islands_go(real):
    mended, done = fix_city(real, check_city(real, on=PILKADA), lang="id")
    assert "43" in done[0]
    assert mended.roads.n_nodes == 3541 - 43
    assert "islands" not in keys(mended)
    assert np.array_equal(mended.roads.x[mended.venues["node"]], real.roads.x[real.venues["node"]])
