"""The register of polling stations: whole sums, even spread, special ones, and the user's own list."""

import numpy as np
import pandas as pd
import pytest
import shapely

from sispamkota.errors import Faults
from sispamkota.inputs import DATA
from sispamkota.place import City, build_city
from sispamkota.place.lines import street_lines
from sispamkota.place.read import read_rows
from sispamkota.place.tps import (
    TPS_COLUMNS,
    TPS_OPTIONAL,
    TPS_REQUIRED,
    _spread,
    read_tps,
    register,
    special_stations,
)

MINI = DATA.parents[2] / "examples" / "minicity"
FILES = {
    name: MINI / file
    for name, file in (("areas", "areas.geojson"), ("venues", "venues.csv"), ("roads", "roads.geojson"))
}


@pytest.fixture(scope="module")
def malang():
    return City.load("malang")


@pytest.fixture(scope="module")
def contoh():
    return build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv")


def registered(city, **more):
    return register(city.kelurahan, roads=city.roads, epsg=city.epsg, areas=city.areas, **more)


@pytest.fixture(scope="module")
def tps(malang):
    return registered(malang, special=special_stations(malang.venues, malang.kelurahan))


def own_list(text, city, tmp_path):
    """Read a list of TPS; the rows and the faults."""
    path = tmp_path / "tps.csv"
    path.write_text(text, encoding="utf-8")
    faults = Faults()
    rows = read_rows(path, required=TPS_REQUIRED, optional=TPS_OPTIONAL, faults=faults)
    return read_tps(rows, city.kelurahan, faults), list(faults)


# --- the synthetic register -------------------------------------------------------------------------------------------


def test_register__malang_has_1188_of_which_6_special(malang, tps):
    assert (len(tps), tps["khusus"].sum(), tps["voters"].sum()) == (1_188, 6, 660_744)
    assert tuple(tps.columns) == TPS_COLUMNS
    assert tps["id"].is_unique
    counts = tps.groupby("kode_kel").agg(n=("id", "size"), voters=("voters", "sum"))
    by_code = malang.kelurahan.set_index("kode")
    assert (counts["n"] == by_code["tps"]).all()
    assert (counts["voters"] == by_code["voters"]).all()
    assert (tps["voters"] % 1 == 0).all()
    assert set(tps["placed"]) == {"assumed: synthetic, by streets of its kelurahan", "assumed: at its prison or home"}


def test_register__each_stands_inside_its_kelurahan_beside_a_street(contoh):
    """In the polygon of its kelurahan, at most the stated distance along a street that cars may use."""
    lines = shapely.union_all(street_lines(contoh.roads))
    for row in contoh.tps.to_dict("records"):
        point = shapely.Point(row["lon"], row["lat"])
        assert shapely.intersects(contoh.areas[row["kode_kel"]], point)
        assert shapely.distance(lines, point) < 1e-7


def test_register__own_list_recounts_its_kelurahan(tmp_path):
    """The city's totals are those of the register, also where the user's list has fewer TPS or voters."""
    listed = tmp_path / "tps.csv"
    listed.write_text("kelurahan,kecamatan,tps,dpt\nMelati,Barat,1,400\nMelati,Barat,2,350\n")
    own = build_city(**FILES, tps=listed)
    plain = build_city(**FILES)
    row = own.kelurahan.set_index("nama").loc["Melati"]
    assert (row["tps"], row["voters"]) == (2, 750)
    assert own.kelurahan["tps"].sum() == len(own.tps)
    assert own.kelurahan["voters"].sum() == own.tps["voters"].sum()
    changed = own.kelurahan["nama"] != "Melati"
    assert own.kelurahan[changed]["tps"].tolist() == plain.kelurahan[changed]["tps"].tolist()
    assert own.kecamatan["tps"].sum() == len(own.tps)


def test_register__special_ones_stand_at_their_prison(malang, tps):
    special = tps[tps["khusus"]].groupby("name").agg(n=("id", "size"), voters=("voters", "sum"), lon=("lon", "first"))
    assert special["n"].to_dict() == {"Lapas Kelas I Malang": 5, "Lapas Perempuan Kelas IIA Malang": 1}
    assert special["voters"].tolist() == [2_500, 400]
    prison = malang.venues.set_index("name").loc[special.index]
    assert prison["lon"].tolist() == special["lon"].tolist()


def test_register__unknown_inmates_are_nan_and_not_counted_twice(malang):
    special = special_stations(malang.venues, malang.kelurahan).assign(voters=np.nan)
    tps = registered(malang, special=special)
    assert tps.loc[tps["khusus"], "voters"].isna().all()
    assert tps["voters"].sum() == 660_744


def test_register__is_the_same_every_time_and_on_the_main_network(malang, tps):
    again = registered(malang, special=special_stations(malang.venues, malang.kelurahan))
    pd.testing.assert_frame_equal(tps, again)
    assert malang.roads.main[tps["node"]].all()
    apart = np.hypot(malang.roads.x[tps["node"]] - tps["x"], malang.roads.y[tps["node"]] - tps["y"])
    assert apart.to_numpy() == pytest.approx(tps["access_m"].to_numpy())
    assert tps.loc[~tps["khusus"], "access_m"].max() < 20.01


def test_register__shares_a_junction_only_when_they_run_out(contoh):
    few = registered(contoh)
    assert not few["node"].duplicated().any()
    many = register(contoh.kelurahan.assign(tps=90.0), roads=contoh.roads, epsg=contoh.epsg, areas=contoh.areas)
    for kode, rows in many.groupby("kode_kel"):
        counts = rows["node"].value_counts()
        inside = held(contoh, kode)
        assert set(counts.index) == set(inside)
        assert counts.max() - counts.min() <= 2
    assert not many[["lon", "lat"]].duplicated().any()


def held(city, kode):
    """The junctions of the main network in an area, found one by one."""
    from shapely.geometry import Point

    nodes = np.flatnonzero(city.roads.main)
    return [node for node in nodes if city.areas[kode].intersects(Point(city.roads.lon[node], city.roads.lat[node]))]


def test_register__spreads_over_its_area(contoh):
    """Every TPS has a part of the junctions of its own: none is farther from a TPS than a few blocks."""
    tps = registered(contoh)
    for kode, rows in tps.groupby("kode_kel"):
        nodes = held(contoh, kode)
        assert set(rows["node"]) <= set(nodes)
        x, y = contoh.roads.x[nodes], contoh.roads.y[nodes]
        away = np.hypot(x[:, None] - rows["x"].to_numpy(), y[:, None] - rows["y"].to_numpy()).min(axis=1)
        assert away.max() < 3 * 260


def test_spread__gives_each_the_same_part_of_the_junctions():
    line = np.column_stack([np.arange(9.0), np.zeros(9)])
    assert list(_spread(line, np.arange(9), 3)) == [1, 4, 7]
    assert list(_spread(line[::-1], np.arange(9)[::-1], 3)) == [1, 4, 7]


def test_register__an_area_without_junctions_uses_the_nearest(contoh):
    areas = dict(contoh.areas)
    kode = next(iter(areas))
    areas[kode] = areas[kode].centroid.buffer(1e-6)
    tps = register(contoh.kelurahan, roads=contoh.roads, epsg=contoh.epsg, areas=areas)
    node = contoh.kelurahan.set_index("kode").loc[kode, "node"]
    assert set(tps.loc[tps["kode_kel"] == kode, "node"]) == {node}


def test_real__register_in_its_polygons(real_malang):
    import shapely

    city = real_malang
    tps = registered(city, special=special_stations(city.venues, city.kelurahan))
    assert (len(tps), tps["khusus"].sum()) == (1_188, 6)
    points = shapely.points(city.roads.lon[tps["node"]], city.roads.lat[tps["node"]])
    inside = [city.areas[kode].intersects(point) for kode, point in zip(tps["kode_kel"], points, strict=True)]
    assert np.mean(np.array(inside)[~tps["khusus"]]) == 1.0


# --- the user's own list ----------------------------------------------------------------------------------------------

OWN = """kode_kel,kelurahan,kecamatan,tps,nama,dpt,dpt_l,dpt_p,khusus,lon,lat,alamat,source
99.99.01.1001,,,1,TPS 1 Melati,500,240,260,,112.005,-5.495,Jl. Satu,KPU
,Melati,Barat,2,,,200,210,tidak,,,,KPU
,melati,,3,Lapas,,,,ya,,,,KPU
"""


def test_own__replaces_the_kelurahan_that_it_names(contoh, tmp_path):
    own, faults = own_list(OWN, contoh, tmp_path)
    assert faults == []
    tps = registered(contoh, own=own)
    melati = tps[tps["kode_kel"] == "99.99.01.1001"]
    assert melati["id"].tolist() == [f"99.99.01.1001/00{i}" for i in (1, 2, 3)]
    assert melati["placed"].tolist() == ["", *["assumed: synthetic, by streets of its kelurahan"] * 2]
    assert melati["voters"].fillna(-1).tolist() == [500, 410, -1]
    assert melati["khusus"].tolist() == [False, False, True]
    assert (melati["lon"].iloc[0], melati["lat"].iloc[0], melati["address"].iloc[0]) == (112.005, -5.495, "Jl. Satu")
    assert melati["node"].iloc[0] == contoh.roads.nearest(melati["x"].iloc[:1], melati["y"].iloc[:1])[0][0]
    others = registered(contoh)
    rest = tps[tps["kode_kel"] != "99.99.01.1001"].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, others[others["kode_kel"] != "99.99.01.1001"].reset_index(drop=True))


@pytest.mark.parametrize(
    ("old", "new", "field", "part"),
    [
        (",Melati,Barat,2", ",Melatii,Barat,2", "kelurahan", 'id you mean "Melati"?'),
        ("99.99.01.1001,,,1", "99.99.01.1009,,,1", "kode_kel", "id you mean"),
        (",Melati,Barat,2", ",,,2", "kelurahan", "Fill kode_kel"),
        (",Melati,Barat,2", ",Melati,Timur,2", "kelurahan", "the name of its kecamatan"),
        (",Melati,Barat,2", ",Melati,Barat,1", "tps", "Remove one"),
        (",Melati,Barat,2", ",Melati,Barat,dua", "tps", "Write a number"),
        (",Melati,Barat,2", ",Melati,Barat,", "tps", "number of the TPS"),
        ("112.005,-5.495", "-5.495,112.005", "lon, lat", "swapped"),
        ("112.005,-5.495", "112.005,", "lat", "decimal point"),
        ("500,240,260", "501,240,260", "dpt", "Correct one of the three"),
        ("500,240,260", "5OO,240,260", "dpt", "Write a number"),
        (",ya,", ",mungkin,", "khusus", "Correct it"),
    ],
)
def test_own__each_fault_has_its_row_and_remedy(old, new, field, part, contoh, tmp_path):
    line = 2 + [old in row for row in OWN.splitlines()[1:]].index(True)
    _, faults = own_list(OWN.replace(old, new), contoh, tmp_path)
    assert [(each.field, each.where.rpartition(":")[2]) for each in faults] == [(field, str(line))]
    assert part in str(faults[0])


def test_own__all_faults_at_once(contoh, tmp_path):
    text = (
        OWN.replace("500,240,260", "501,240,260").replace(",ya,", ",mungkin,").replace("Melati,Barat,2", "Mel,Barat,x")
    )
    assert len(own_list(text, contoh, tmp_path)[1]) == 4
