"""Indicators: what is published of the indices, and tables of offices about places."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from parts.small_city import small_city
from sispamkota import store
from sispamkota.errors import Faults, InputError
from sispamkota.inputs import DATA, read_yaml
from sispamkota.risk.cells import day_in
from sispamkota.risk.definitions import definitions, embedded_indices
from sispamkota.risk.indicators import COLUMNS, QUALITIES, Indicators, read_indicators
from sispamkota.schema import TAGS

CITY = small_city()
SAID = {"source": "Bawaslu", "day": date(2024, 11, 15)}


@pytest.fixture
def written(tmp_path):
    def write(text, name="indikator.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def faults_of(path, **options):
    with pytest.raises(InputError) as caught:
        read_indicators(path, CITY, **(SAID | options))
    return [(fault.where.rsplit(":", 1)[-1], fault.field) for fault in caught.value.faults]


# --- the embedded indices ---------------------------------------------------------------------------------------------


def test_embedded__has_what_is_published_and_no_weights():
    known = definitions(embedded_indices())
    assert {name: len(each.indicators) for name, each in known.items()} == {
        "bawaslu-tps-2024": 12, "bawaslu-tps-2024-02": 0, "ikp-2024": 12, "ipkp-2024": 7,
    }  # fmt: skip
    assert {name: len(each.groups) for name, each in known.items()}["bawaslu-tps-2024"] == 8
    assert len(known["ikp-2024"].groups) == 4
    assert [each.weights for each in known.values()] == [None] * 4
    february = {each.what: each.count for each in known["bawaslu-tps-2024-02"].published}
    assert february == {"variables": 7, "indicators": 22}


def test_embedded__every_source_key_is_in_the_list_of_sources():
    import re

    listed = (DATA.parents[2] / "docs" / "reference" / "sources.md").read_text(encoding="utf-8")
    files = [*(DATA / "risk").glob("*.yaml"), DATA / "cities" / "malang" / "statements.yaml"]
    keys = {key for path in files for key in re.findall(r"\bS\d{1,2}\b", path.read_text(encoding="utf-8"))}
    assert keys
    assert {key for key in keys if f"| {key} |" not in listed} == set()


def test_embedded__counts_of_malang_are_of_the_city_and_not_below():
    city = small_city()
    city.name, city.title = "malang", "Kota Malang"
    city.kecamatan = city.kecamatan.assign(kode=["35.73.01", "35.73.02"])
    table = read_indicators(DATA / "cities" / "malang" / "indicators.csv", city)
    assert table.levels == ("city",)
    assert len(table.table) == 12
    assert table.at("city").loc["malang", "bawaslu-tps-2024.kpps_away"] == 375
    assert table.at("kelurahan").empty
    assert np.isnan(table.matrix(["11.01.1001"], ["bawaslu-tps-2024.tms"], level="kelurahan")).all()


def test_own__an_index_of_the_users_own(written):
    own = written(
        "kind: indicators\nversion: 1\nname: sendiri\nid: Sendiri\nen: Own\norganisation: Polsek\nsource: rapat\n"
        "tag: estimated\nweights: {lampu: 2}\nindicators:\n"
        "  lampu: {id: Penerangan jalan, en: Street light, unit: '1', direction: down, scale: [0, 10]}\n",
        "sendiri.yaml",
    )
    path = written("kode;penerangan jalan\n11.01.1001;2,5\n11.01.1002;10\n")
    table = read_indicators(path, CITY, indices=[own], **SAID)
    assert table.table["indicator"].to_list() == ["sendiri.lampu"] * 2
    assert table.table[["value", "direction", "tag"]].to_numpy().tolist() == [
        [2.5, "down", "estimated"],
        [10.0, "down", "estimated"],
    ]
    ranking = table.rank("kelurahan", draws=10)
    assert ranking.table["place"].to_list() == ["11.01.1001", "11.01.1002"]
    assert ranking.table["score_low"].to_list() == [0.75, 0.0]
    assert ranking.own_weights  # published by the file


def test_definitions__every_fault_at_once(written):
    own = written(
        "kind: indicators\nversion: 1\nname: x\nid: X\nen: X\norganisation: P\nsource: s\ntag: tentu\n"
        "indicators:\n  a: {id: A, en: A, unit: '1', group: g, scale: [3, 1]}\n",
        "x.yaml",
    )
    with pytest.raises(InputError) as caught:
        definitions([own, "ipkp"])
    assert {fault.field for fault in caught.value.faults} == {"tag", "indicators.a", "risk"}


# --- tables -----------------------------------------------------------------------------------------------------------


def test_wide__a_column_an_indicator_by_any_of_its_names(written):
    path = written(
        "BAWASLU KOTA KECIL;;;;\n;;;;\nNo;Kelurahan;Kecamatan;TMS;Politik uang\n"
        "1;Kel. Mawar;Utara;3;-\n2;Melati;Kec. Selatan;1.100;2\n"
    )
    table = read_indicators(path, CITY, **SAID).table
    assert list(table.columns) == list(COLUMNS)
    assert table[["place", "indicator", "value"]].to_numpy().tolist() == [
        ["11.01.1002", "bawaslu-tps-2024.tms", 3.0],
        ["11.02.1002", "bawaslu-tps-2024.money", 2.0],
        ["11.02.1002", "bawaslu-tps-2024.tms", 1100.0],
    ]
    assert set(table["date"]) == {"2024-11-15"}
    assert set(table["quality"]) <= set(QUALITIES)
    assert set(table["tag"]) <= set(TAGS)


def test_long__one_row_a_place_and_indicator_at_every_level(written):
    path = written(
        "kode,kelurahan,tps,indikator,nilai,sumber,tanggal,mutu\n"
        "kecil,,,tms,183,koran,2024-11-10,official\n11.02,,,TMS,90,koran,11/11/2024,\n"
        ",Kenanga,2,bawaslu-tps-2024.internet,1,koran,2024-11-12,\n"
    )
    table = read_indicators(path, CITY)
    rows = table.table[["place", "level", "indicator", "value", "date", "quality"]].to_numpy().tolist()
    assert rows == [
        ["kecil", "city", "bawaslu-tps-2024.tms", 183.0, "2024-11-10", "official"],
        ["11.02", "kecamatan", "bawaslu-tps-2024.tms", 90.0, "2024-11-11", "reported"],
        ["11.02.1001/002", "tps", "bawaslu-tps-2024.internet", 1.0, "2024-11-12", "reported"],
    ]
    assert table.levels == ("city", "kecamatan", "tps")
    assert len(table.as_of(date(2024, 11, 10)).table) == 1
    assert len(table.as_of(date(2024, 11, 9)).table) == 0


def test_xlsx__as_good_as_csv(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (
        ["Kelurahan", "Kecamatan", "TPS", "NIK", "TMS"],
        ["Melati", "Utara", 1, 357301, 4],
        ["Melati", "Utara", 2, 357302, 0],
    ):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    table = read_indicators(tmp_path / "t.xlsx", CITY, **SAID)
    assert table.table[["place", "value"]].to_numpy().tolist() == [["11.01.1001/001", 4.0], ["11.01.1001/002", 0.0]]
    assert table.personal == {"NIK": 2}


def test_persons__are_counted_named_and_nothing_of_them_is_kept(written, tmp_path):
    path = written("kelurahan;nik;nama ketua;tms;catatan\nMawar;35730;Rahasiawati;3;Rahasiawati\n")
    table = read_indicators(path, CITY, **SAID)
    assert table.personal == {"nik": 1, "nama ketua": 1}
    assert table.dropped == ("catatan",)
    table.save(tmp_path / "out")
    assert not [
        file
        for file in (tmp_path / "out").iterdir()
        if b"Rahasia" in file.read_bytes() or b"35730" in file.read_bytes()
    ]
    assert table.manifest.settings["personal_columns"] == {"nik": 1, "nama ketua": 1}


def test_faults__all_at_once_with_their_lines(written):
    path = written(
        "kelurahan,kecamatan,tps,indikator,nilai,tanggal,mutu\n"
        "Mawarr,,,tms,3,,\nMelati,,,tms,3,,\nMawar,,9,tms,3,,\nMawar,,,tmss,3,,\nMawar,,,tms,tiga,,\n"
        "Mawar,,,dpk,3,kemarin,\nMawar,,,internet,3,,bagus\nMawar,,,tms,4,,\n,,,tms,1,,\n"
    )
    assert faults_of(path) == [
        ("2", "kelurahan"), ("3", "kelurahan"), ("4", "tps"), ("10", "kode"), ("5", "indikator"),
        ("9", "bawaslu-tps-2024.tms"), ("6", "bawaslu-tps-2024.tms"), ("7", "date"), ("8", "quality"),
    ]  # fmt: skip


def test_faults__a_value_without_a_day_or_a_source(written):
    path = written("kelurahan,tms\nMawar,3\n")
    assert faults_of(path, source="", day=None) == [("2", "source"), ("2", "date")]


def test_faults__a_count_that_is_no_whole_number(written):
    assert faults_of(written("kelurahan,indikator,nilai\nMawar,tms,1.5\nKenanga,tms,-2\n")) == [
        ("2", "bawaslu-tps-2024.tms"), ("3", "bawaslu-tps-2024.tms"),
    ]  # fmt: skip


def test_faults__a_score_outside_its_scale(written):
    path = written("kecamatan,Pungut suara\nUtara,101\nSelatan,55.5\n")
    assert faults_of(path) == [("2", "ikp-2024.voting")]


def test_faults__a_file_without_anything_of_ours(written):
    assert ("1", "columns") in faults_of(written("kelurahan,jumlah bakso\nMawar,3\n"))


def test_a_name_of_two_indices_is_taken_for_neither(written):
    """Keamanan is a sub-dimension of the IKP and a dimension of the IPKP."""
    assert ("1", "columns") in faults_of(written("kecamatan,Keamanan\nUtara,3\n"))
    table = read_indicators(written("kecamatan,Keamanan\nUtara,3\n"), CITY, indices=["ipkp-2024"], **SAID)
    assert table.table["indicator"].to_list() == ["ipkp-2024.security"]


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024-11-27", date(2024, 11, 27)), ("27/11/2024", date(2024, 11, 27)), ("27.11.2024", date(2024, 11, 27)),
     ("2024-11-27 00:00:00", date(2024, 11, 27)), ("2024-13-01", None), ("27-11-24", None), ("", None)],
)  # fmt: skip
def test_days__are_read_as_offices_write_them(text, day):
    faults = Faults()
    assert day_in(text, where="x:1", name="date", faults=faults) == day
    assert len(faults) == (day is None)


# --- the value --------------------------------------------------------------------------------------------------------


def test_store__comes_back_as_it_was(written, tmp_path):
    table = read_indicators(written("kelurahan,tms,Pungut suara\nMawar,3,50.25\n"), CITY, **SAID)
    table.save(tmp_path / "out")
    again = store.load(tmp_path / "out")
    assert isinstance(again, Indicators)
    pd.testing.assert_frame_equal(again.table, table.table)
    assert again == table


def test_join__of_two_tables_and_not_of_the_same_twice(written):
    one = read_indicators(written("kelurahan,tms\nMawar,3\n"), CITY, **SAID)
    two = read_indicators(written("kelurahan,dpk\nMawar,4\n"), CITY, **SAID)
    assert one.join(two).at("kelurahan").loc["11.01.1002"].to_list() == [4.0, 3.0]
    with pytest.raises(ValueError, match="the same indicator"):
        one.join(one)


def test_files__of_data_risk_are_named_as_they_say():
    for path in sorted((DATA / "risk").glob("*.yaml")):
        data = read_yaml(path).data
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first == f"# yaml-language-server: $schema=../schema/{data['kind']}.json", path
        assert data["kind"] != "indicators" or data["name"] == path.stem
