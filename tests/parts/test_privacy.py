"""What files say of persons is counted and named, and never kept: not a name, not a number, not a home address."""

import json
import shutil

import pandas as pd
import pytest
import shapely

from sispamkota.errors import Faults, InputError
from sispamkota.inputs import DATA
from sispamkota.office import columns_of, read_table
from sispamkota.office_columns import plain
from sispamkota.place import build_city
from sispamkota.place.preview import preview_rows
from sispamkota.place.read import read_people, read_rows
from sispamkota.place.venues import VENUE_REQUIRED

MINI = DATA.parents[2] / "examples" / "minicity"
FILES = {"roads": MINI / "roads.geojson", "areas": MINI / "areas.geojson", "venues": (MINI / "venues.csv",)}
SECRETS = ("Rahasiawati", "Tersembunyi", "357301", "0812999")
KPPS = (
    "No;Kelurahan;Kecamatan;TPS;Nama;NIK;No HP;Alamat\n"
    "1;Melati;;1;Rahasiawati;357301;0812999;Jl. Tersembunyi 1\n"
    "2;Melati;;2;Rahasiawati;357301;0812999;Jl. Tersembunyi 2\n"
)
VENUE = {"nama": "Rahasiawati", "jenis": "lain", "alamat": "Jl. Tersembunyi 1", "source": "daftar"}


@pytest.fixture
def written(tmp_path):
    """Write a file; gives its path."""

    def write(text, name="berkas.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def layer(*properties):
    """A GeoJSON of points in the mini-city."""
    point = {"type": "Point", "coordinates": [112.015, -5.489]}
    features = [{"type": "Feature", "properties": each, "geometry": point} for each in properties]
    return json.dumps({"type": "FeatureCollection", "features": features})


def no_secret_in(city, folder):
    """Look through every byte of a folder, packed or not, and through its report."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "tps.parquet" for path in files)
    for path in files:
        data = path.read_bytes()
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
            data += table.astype("str").to_csv().encode()
        assert not [secret for secret in SECRETS if secret.encode() in data], path.name
    assert not [secret for secret in SECRETS if secret in str(city.manifest.to_dict())]


# --- tables -----------------------------------------------------------------------------------------------------------


def test_tps__a_list_of_the_kpps_leaves_nothing(written, tmp_path):
    path = written(KPPS)
    city = build_city(**FILES, tps=path, out=tmp_path / "kota")
    no_secret_in(city, tmp_path / "kota")
    assert city.manifest.settings["personal_columns"] == {"Nama": 2, "NIK": 2, "No HP": 2, "Alamat": 2}
    assert set(city.manifest.settings["dropped_columns"]["tps"]) == {"Nama", "NIK", "No HP", "Alamat"}
    shown = preview_rows(path, "tps", renamed={})
    assert set(shown["personal"]) == {"Nama", "NIK", "No HP", "Alamat"}
    assert "Rahasiawati" not in str(shown)


@pytest.mark.parametrize("mark", ["NIK", "No. HP", "Nama Ketua", "Tanggal Lahir", "Telepon", "Jabatan", "Alamat Rumah"])
@pytest.mark.parametrize("name", ["Nama", "NAME", "Alamat", "address", "Alamat Lengkap", "Jalan"])
def test_tps__bare_names_beside_persons_are_theirs(written, mark, name):
    text = f"Kelurahan;TPS;{name};{mark}\nMelati;1;Rahasiawati;357301\n"
    faults = Faults()
    read = read_table(written(text), columns_of("tps"), faults)
    assert len(faults) == 0
    assert "Rahasiawati" not in read.rows.to_csv()
    assert set(read.report.personal) == {mark, name}


@pytest.mark.parametrize("name", ["Nama TPS", "Lokasi", "Alamat TPS", "Nama Tempat", "Alamat Lokasi"])
def test_tps__names_of_places_are_kept(written, name):
    text = f"Kelurahan;TPS;{name};NIK\nMelati;1;Balai RW;357301\n"
    read = read_table(written(text), columns_of("tps"), Faults())
    assert "Balai RW" in read.rows.to_csv()
    assert dict(read.report.personal) == {"NIK": 1}


def test_tps__bare_names_under_a_heading(written):
    """A heading that is a place's says whose name stands below it; any other does not."""
    text = "Kelurahan;TPS;{};;Petugas;\n;;Nama;Alamat;NIK;HP\nMelati;1;Rahasiawati;Jl. Tersembunyi;3;0\n"
    read = read_table(written(text.format("Data Diri")), columns_of("tps"), Faults())
    assert set(read.report.personal) >= {"Data Diri / Nama", "Data Diri / Alamat"}
    assert not {"nama", "alamat"} & set(read.rows)
    read = read_table(written(text.format("Lokasi")), columns_of("tps"), Faults())
    assert not {"Lokasi / Nama", "Lokasi / Alamat"} & set(read.report.personal)


def test_tps__the_name_of_the_place_wins_over_that_of_a_person(written):
    read = read_table(
        written("Kelurahan;TPS;Nama TPS;Nama;NIK\nMelati;1;Balai RW;Rahasiawati;3\n"), columns_of("tps"), Faults()
    )
    assert read.rows["nama"].tolist() == ["Balai RW"]
    assert dict(read.report.personal) == {"Nama": 1, "NIK": 1}


def test_tps__without_persons_a_bare_name_is_that_of_the_place(written):
    read = read_table(written("Kelurahan;TPS;Nama;Alamat\nMelati;1;Balai RW;Jl. A\n"), columns_of("tps"), Faults())
    assert (read.rows["nama"].tolist(), read.rows["alamat"].tolist()) == (["Balai RW"], ["Jl. A"])


def test_venues__a_needed_name_beside_persons_must_be_said(written):
    """The user may know that it is the name of the place; nobody else can."""
    path = written("id;Nama;jenis;lon;lat;NIK;Alamat\n1;Rahasiawati;lain;112.015;-5.489;357301;Jl. Tersembunyi\n")
    with pytest.raises(InputError) as caught:
        build_city(**FILES | {"venues": (MINI / "venues.csv", path)})
    fault, *_ = caught.value.faults
    assert (fault.field, '"Nama=nama"' in fault.remedy) == ("nama", True)
    assert "Rahasiawati" not in str(caught.value)
    city = build_city(**FILES | {"venues": (path,)}, renamed={"Nama": "nama"})
    assert city.venues[["name", "address"]].to_numpy().tolist() == [["Rahasiawati", ""]]
    assert city.manifest.settings["personal_columns"] == {"NIK": 1, "Alamat": 1}


def test_venues__the_telephone_of_an_office_says_nothing_of_persons(written):
    columns = columns_of("venues")
    text = "id;nama;jenis;lon;lat;alamat;Telepon;E-mail\n1;Puskesmas;puskesmas;1;2;Jl. A;0341;a@b\n"
    read = read_table(written(text), columns, faults := Faults())
    assert (len(faults), read.rows["nama"].tolist(), set(read.report.personal)) == (
        0,
        ["Puskesmas"],
        {"Telepon", "E-mail"},
    )
    text = text.replace("Telepon", "Telepon Petugas")
    assert "nama" not in read_table(written(text), columns, Faults()).rows


def test_areas_and_people__the_name_of_a_kelurahan_is_no_persons(written):
    text = "kode,nama,penduduk,Nama Lurah,NIP\nA,Melati,5,Rahasiawati,357301\n"
    for table in ("areas", "people"):
        read = read_table(written(text), columns_of(table), Faults())
        assert "Melati" in read.rows.to_csv()
        assert set(read.report.personal) == {"Nama Lurah", "NIP"}


def test_people__are_told_too(written, tmp_path):
    path = written("kode,penduduk,Nama Lurah\n99.99.01.1001,10000,Rahasiawati\n")
    city = build_city(**FILES, people=path, out=tmp_path / "kota")
    no_secret_in(city, tmp_path / "kota")
    assert city.manifest.settings["personal_columns"] == {"Nama Lurah": 1}
    assert read_people(path, Faults()).attrs["report"].personal == {"Nama Lurah": 1}


def test_columns__what_may_be_a_persons_is_a_name_of_its_column():
    for table in ("tps", "venues"):
        columns = {each.name: each for each in columns_of(table)}
        assert {name for name, each in columns.items() if each.person} == {"nama", "alamat"}
        for each in columns.values():
            assert set(each.person) <= {plain(name) for name in (each.name, *each.aliases)}


# --- layers -----------------------------------------------------------------------------------------------------------


def test_layer__personal_properties_are_counted_and_told(written, tmp_path):
    person = {"NIK": "357301", "no_hp": None, "Nama_Ketua": "Rahasiawati"}
    rows = [{"kelurahan": "Melati", "tps": n, "nama": "Rahasiawati", "alamat": "Tersembunyi", **person} for n in (1, 2)]
    city = build_city(**FILES, tps=written(layer(*rows), "tps.geojson"), out=tmp_path / "kota")
    no_secret_in(city, tmp_path / "kota")
    told = {"NIK": 2, "no_hp": 0, "Nama_Ketua": 2, "nama": 2, "alamat": 2}
    assert city.manifest.settings["personal_columns"] == told
    assert set(city.manifest.settings["dropped_columns"]["tps"]) == set(told)


def test_layer__a_needed_name_must_be_said_and_persons_are_not_brought_back(written):
    path = written(layer(VENUE | {"nik": "357301", "luas": 1}), "v.geojson")
    columns = {"required": VENUE_REQUIRED, "optional": ("alamat",), "table": "venues"}
    rows = read_rows(path, **columns, faults=(faults := Faults()))
    assert [(fault.field, "nama=nama" in fault.remedy) for fault in faults] == [("nama", True)]
    assert (rows["nama"].tolist(), rows.attrs["dropped"]) == ([""], ["source", "luas", "nik", "nama", "alamat"])
    rows = read_rows(path, **columns, faults=(faults := Faults()), renamed={"nama": "nama"})
    assert (len(faults), rows["nama"].tolist(), rows["alamat"].tolist()) == (0, ["Rahasiawati"], [""])
    rows = read_rows(path, **columns, faults=(faults := Faults()), renamed={"nik": "nama"})
    assert [fault.expected for fault in faults][:1] == ["a column without data of persons"]
    assert "357301" not in rows.to_csv()


def test_layer__without_persons_is_kept_whole(written):
    path = written(layer(VENUE | {"telepon": "0341", "luas": 1}), "v.geojson")
    rows = read_rows(path, required=VENUE_REQUIRED, optional=("alamat",), faults=Faults(), table="venues")
    assert (rows["nama"].tolist(), rows["alamat"].tolist()) == (["Rahasiawati"], ["Jl. Tersembunyi 1"])
    report = rows.attrs["report"]
    assert (dict(report.personal), report.dropped, report.rows) == ({"telepon": 1}, ("source", "luas"), 1)


@pytest.mark.parametrize("name", ["v.gpkg", "v.shp"])
def test_layer__of_gis(tmp_path, name):
    raw = pytest.importorskip("pyogrio.raw")
    import numpy as np

    given = {"kelurahan": "Melati", "tps": "1", "nama": "Rahasiawati", "NIK": "357301", "nama_ketua": "Rahasiawati"}
    shapes = np.array([shapely.to_wkb(shapely.Point(112.015, -5.489))], dtype=object)
    cells = [np.array([cell], dtype=object) for cell in given.values()]
    raw.write(tmp_path / name, shapes, cells, list(given), geometry_type="Point", crs="EPSG:4326")
    city = build_city(**FILES, tps=tmp_path / name, out=tmp_path / "kota")
    no_secret_in(city, tmp_path / "kota")
    assert city.manifest.settings["personal_columns"] == {"NIK": 1, "nama_ketua": 1, "nama": 1}


def test_layer__areas_tell_of_their_persons(tmp_path):
    path = shutil.copy(MINI / "areas.geojson", tmp_path / "areas.geojson")
    data = json.loads(path.read_text(encoding="utf-8"))
    data["features"][0]["properties"]["nama_lurah"] = "Rahasiawati"
    path.write_text(json.dumps(data), encoding="utf-8")
    city = build_city(**FILES | {"areas": path}, out=tmp_path / "kota")
    no_secret_in(city, tmp_path / "kota")
    assert city.manifest.settings["personal_columns"] == {"nama_lurah": 1}
