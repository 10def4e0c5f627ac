"""People by the name of a kelurahan: what offices keep, who seldom know its code."""

import pytest

from sispamkota.errors import Faults, InputError
from sispamkota.place import build_city
from sispamkota.place.read import read_people

MINI = "examples/minicity"


@pytest.fixture
def files(pytestconfig):
    folder = pytestconfig.rootpath / MINI
    return {"areas": folder / "areas.geojson", "venues": folder / "venues.csv"}


def test_people__are_found_by_name_and_kecamatan(files, tmp_path):
    areas = build_city(**files).kelurahan
    table = tmp_path / "penduduk.csv"
    rows = [f"Kel. {row.nama.upper()};{row.kecamatan};{1000 + i}" for i, row in enumerate(areas.itertuples())]
    table.write_text("Kelurahan;Kecamatan;Jumlah Penduduk\n" + "\n".join(rows) + "\n")
    city = build_city(**files, people=table)
    assert city.kelurahan["population"].tolist() == [1000 + i for i in range(len(areas))]


def test_people__a_name_that_is_none_is_told_with_the_nearest(files, tmp_path):
    name = build_city(**files).kelurahan["nama"].iloc[0]
    table = tmp_path / "penduduk.csv"
    table.write_text(f"Kelurahan,Penduduk\n{name}x,5\n,7\n{name},1\n{name},2\n")
    with pytest.raises(InputError) as caught:
        build_city(**files, people=table)
    told = [(fault.where.rpartition(":")[2], fault.field) for fault in caught.value.faults]
    assert ("2", "kelurahan") in told
    assert ("3", "kode") in told
    assert ("5", "kode") in told
    assert name in str(caught.value.faults[0]) + str(caught.value)


def test_people__read_alone_keep_their_names(tmp_path):
    table = tmp_path / "penduduk.csv"
    table.write_text("kode,penduduk\nA,1\nA,2\n")
    faults = Faults()
    read_people(table, faults)
    assert [fault.expected for fault in faults] == ["each value once"]
