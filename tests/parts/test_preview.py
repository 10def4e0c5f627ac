"""Previews: how a table of an office would be read, before anything is built from it."""

import json
from pathlib import Path

import pytest

from parts.test_cli import call  # noqa: F401 - a fixture
from sispamkota.errors import InputError
from sispamkota.place.preview import TABLES, preview_rows, show_preview

OFFICE = Path(__file__).parents[1] / "data" / "office"
GOOD = {
    "titik-ribuan.csv": "people", "koma-desimal.csv": "areas", "unicode.txt": "people", "tps.csv": "tps",
    "gabung.xlsx": "people", "kop-surat.xlsx": "people", "lama.xls": "people", "bebas.ods": "people",
}  # fmt: skip


def test_preview__says_how_a_letterhead_was_understood():
    found = preview_rows(OFFICE / "tps.csv", "tps", renamed={})
    assert (found["delimiter"], found["header"], found["rows"]) == ("|", [4, 5], 24)
    assert found["letterhead"]
    assert found["matched"]["kode_kel"] == "Kode Kel."
    assert found["personal"] == {"Nama Ketua KPPS": 5, "No. HP": 3}
    assert len(found["first"]) == 5
    assert found["faults"] == []


def test_preview__quotes_no_personal_data():
    """Neither as JSON nor as text is there a cell of a column with names of persons."""
    raw = (OFFICE / "tps.csv").read_text(encoding="utf-8").splitlines()
    (header,) = [line.split("|") for line in raw if "Nama Ketua KPPS" in line]
    columns = [header.index("Nama Ketua KPPS"), header.index("No. HP")]
    cells = {line.split("|")[i].strip() for line in raw for i in columns if line.count("|") >= max(columns)}
    persons = {cell for cell in cells if len(cell) > 3 and cell not in header}
    assert len(persons) >= 5
    for table in TABLES:
        found = preview_rows(OFFICE / "tps.csv", table, renamed={})
        for text in (json.dumps(found, ensure_ascii=False), show_preview(found, lang="id")):
            assert not [person for person in persons if person in text]


def test_preview__tells_totals_stated_and_summed():
    found = preview_rows(OFFICE / "jumlah-salah.csv", "people", renamed={})
    labels = [each["label"] for each in found["totals"]]
    assert labels == ["Jumlah Kecamatan Blimbing", "Jumlah Kecamatan Klojen", "TOTAL"]
    klojen = found["totals"][1]["figures"]["penduduk"]
    assert float(klojen["stated"]) == 93_890
    assert float(klojen["summed"]) == sum(
        int(line.split(",")[3])
        for line in (OFFICE / "jumlah-salah.csv").read_text(encoding="utf-8").splitlines()
        if line.startswith("35.73.02")
    )
    assert found["faults"]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("lang", ["id", "en"])
def test_preview__of_every_office_file_can_be_read(name, lang):
    found = preview_rows(OFFICE / name, GOOD[name], renamed={})
    text = show_preview(found, lang=lang)
    assert str(found["rows"]) in text
    assert found["rows"] >= 1
    assert all(theirs in text for theirs in found["matched"].values())
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_preview__renames_a_column(tmp_path):
    path = tmp_path / "warga.csv"
    path.write_text("kode,Jiwa Raga\n35.73.01.1001,12\n", encoding="utf-8")
    plain = preview_rows(path, "people", renamed={})
    named = preview_rows(path, "people", renamed={"Jiwa Raga": "penduduk"})
    assert "penduduk" not in plain["matched"]
    assert plain["dropped"] == ["Jiwa Raga"]
    assert named["matched"]["penduduk"] == "Jiwa Raga"
    assert named["first"][0]["penduduk"] == "12"


def test_preview__of_a_table_that_is_none_of_ours():
    with pytest.raises(InputError) as caught:
        preview_rows(OFFICE / "tps.csv", "venue", renamed={})
    (fault,) = caught.value.faults
    assert fault.where == "--as"
    assert "venues" in fault.remedy


# --- by the command line ----------------------------------------------------------------------------------------------


def test_cli__preview_ends_with_0_or_2_by_the_faults(call):  # noqa: F811
    good = call("place", "preview", OFFICE / "tps.csv", "--as", "tps", "--json")
    assert good.returncode == 0
    assert json.loads(good.stdout)["rows"] == 24
    for name in ("jumlah-salah.csv", "rusak.xlsx"):
        bad = call("place", "preview", OFFICE / name, "--as", "people", "--json")
        assert bad.returncode == 2
        assert json.loads(bad.stdout)["faults"]


def test_cli__preview_shows_the_faults_as_text(call):  # noqa: F811
    ended = call("place", "preview", OFFICE / "jumlah-salah.csv", "--as", "people", "--lang", "id")
    assert ended.returncode == 2
    for fault in preview_rows(OFFICE / "jumlah-salah.csv", "people", renamed={})["faults"]:
        assert fault in ended.stdout


def test_cli__preview_renames(call, tmp_path):  # noqa: F811
    path = tmp_path / "warga.csv"
    path.write_text("kode,Jiwa=Raga\n35.73.01.1001,12\n", encoding="utf-8")
    words = ("place", "preview", path, "--as", "people", "--json")
    ended = call(*words, "--map", "Jiwa=Raga=penduduk")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["matched"]["penduduk"] == "Jiwa=Raga"
    for text in ("penduduk", "=penduduk", "Jiwa="):
        ended = call(*words, "--map", text)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "OLD=NEW" in ended.stderr


def test_cli__preview_of_a_file_that_is_not_there(call, tmp_path):  # noqa: F811
    ended = call("place", "preview", tmp_path / "tiada.csv", "--as", "people", "--json")
    assert ended.returncode == 2
    assert "tiada.csv" in ended.stdout + ended.stderr
