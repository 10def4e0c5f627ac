"""Tables as offices keep them. The fixtures have the kelurahan of Blimbing and Klojen with the figures of Malang."""

import csv
import datetime as dt
import io
import random
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sispamkota.errors import Fault, Faults, collapsed
from sispamkota.office import SUFFIXES, Column, columns_of, read_table, table_with
from sispamkota.office_cells import read_column
from sispamkota.office_columns import plain, vocabulary
from sispamkota.place.read import read_people, read_rows

FIXTURES = Path(__file__).parents[1] / "data" / "office"
FUZZ = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BLIMBING, KLOJEN = 182_851, 93_990  # people, BPS 2023
AREA = {each.name: each for each in columns_of("areas")}
BASIC = [AREA[name] for name in ("kode", "nama", "penduduk")]


def read(path, columns="areas", **options):
    faults = Faults()
    asked = columns_of(columns) if isinstance(columns, str) else columns
    return read_table(FIXTURES / path, asked, faults, **options), list(faults)


def total(table, name):
    return sum(int(text) for text in table.rows[name])


@pytest.fixture
def written(tmp_path):
    def write(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    """Write rows to sheets of a workbook and give its path."""

    def write(**sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "t.xlsx"
        book.save(path)
        return path

    return write


# --- columns ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["areas", "people", "venues", "tps", "roads"])
def test_columns__no_name_means_two_things(table):
    columns = columns_of(table)
    names = [plain(name) for each in columns for name in {each.name, *each.aliases}]
    by_column = [(plain(name), each.name) for each in columns for name in (each.name, *each.aliases)]
    twice = {name for name in names if len({mine for text, mine in by_column if text == name}) > 1}
    assert twice == set()
    assert {each.kind for each in columns} <= {"text", "code", "whole", "number", "degrees"}
    assert not [each.name for each in columns if vocabulary().is_personal(plain(each.name))]
    assert not [name for name in names if name in vocabulary().ignored]


def test_columns__the_table_of_some_columns():
    assert table_with({"kode", "penduduk", "dpt"}) == "areas"
    assert table_with({"lon_u", "kelas", "surface"}) == "roads"
    assert table_with({"nothing"}) is None


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("Jml. Penduduk\n(Jiwa)", "penduduk"), ("POPULATION 2023", "penduduk"), ("Desa / Kelurahan", "nama"),
        ("Luas Wilayah (km²)", "area_km2"), ("luas (ha)", None), ("Kode Kec.", "kode_kec"), ("Bujur", "lon"),
        ("Jumlah TPS", "tps"), ("nomor telepon", None),
    ],
)  # fmt: skip
def test_columns__names_of_offices(written, name, means):
    text = io.StringIO()
    csv.writer(text).writerows([["kode", name], ["35.73.01.1001", "1"]])
    table, _ = read(written(text.getvalue()))
    assert {mine: theirs for mine, theirs in table.report.matched.items() if mine != "kode"} == (
        {means: " ".join(name.split())} if means else {}
    )


# --- habits of offices ------------------------------------------------------------------------------------------------


def test_habit__points_between_thousands_units_and_a_total():
    table, faults = read("titik-ribuan.csv")
    assert faults == []
    assert [total(table, name) for name in ("penduduk", "dpt", "tps")] == [BLIMBING, 142_499, 256]
    assert table.rows["nama"][0] == "BALEARJOSARI"
    assert table.rows["where"][10] == f"{FIXTURES / 'titik-ribuan.csv'}:12"
    assert [(each.row, each.label, each.figures["penduduk"]) for each in table.report.totals] == [
        (13, "JUMLAH", ("182851", "182851"))
    ]
    assert table.report.numbers_converted == 33
    assert table.report.dropped == ()


def test_habit__semicolons_decimal_commas_and_windows_1252():
    table, faults = read("koma-desimal.csv")
    assert faults == []
    assert (table.report.encoding, table.report.delimiter) == ("windows-1252", ";")
    assert table.rows["source"][0] == "Café – estimasi"
    assert table.rows["penduduk"][0] == ""
    assert sum(int(text) for text in table.rows["penduduk"] if text) == KLOJEN - 5352
    assert round(sum(map(float, table.rows["area_km2"])), 3) == 8.741
    assert table.rows[["lon", "lat"]].iloc[0].tolist() == ["112.634732", "-7.972411"]


def test_habit__totals_that_are_wrong():
    table, faults = read("jumlah-salah.csv")
    assert [(fault.where.rsplit(":", 1)[1], fault.field) for fault in faults] == [("25", "penduduk"), ("26", "dpt")]
    assert "93990" in faults[0].expected
    assert "93890" in faults[0].got
    assert total(table, "penduduk") == BLIMBING + KLOJEN
    assert [each.label for each in table.report.totals] == [
        "Jumlah Kecamatan Blimbing", "Jumlah Kecamatan Klojen", "TOTAL"
    ]  # fmt: skip


def test_habit__unicode_text_of_a_spreadsheet():
    table, faults = read("unicode.txt", "people")
    assert faults == []
    assert (table.report.encoding, table.report.delimiter) == ("utf-16", "\t")
    assert total(table, "penduduk") == KLOJEN
    assert table.report.matched["kelurahan"] == "nama"
    assert table.report.dropped == ()


def test_habit__stations_with_names_of_persons():
    table, faults = read("tps.csv", "tps")
    assert faults == []
    assert [total(table, name) for name in ("dpt_l", "dpt_p", "dpt")] == [3145, 3288, 6433]
    assert table.rows["tps"].tolist() == [str(number) for number in range(1, 25)]
    assert table.report.personal == {"Nama Ketua KPPS": 5, "No. HP": 3}
    assert "Orang" not in table.rows.to_csv() + str(table.report)
    assert table.report.letterhead == (1, 2)
    assert table.report.header == (4, 5)


def test_habit__letterhead_merged_header_groups_totals_and_signatures():
    table, faults = read("kop-surat.xlsx")
    assert faults == []
    assert (table.report.sheet, table.report.letterhead, table.report.header) == ("Rekap", (1, 2, 3), (5, 6))
    assert table.report.matched["dpt"] == "Jumlah Pemilih 2019 / Jumlah"
    assert table.report.dropped == ("Jumlah Pemilih 2019 / Laki-laki", "Jumlah Pemilih 2019 / Perempuan")
    assert [total(table, name) for name in ("dpt", "tps")] == [134_416 + 78_188, 519 + 297]
    assert table.rows["kecamatan"].tolist() == ["BLIMBING"] * 11 + ["KLOJEN"] * 11
    assert table.rows["nama"][0] == "Balearjosari"
    assert table.rows["where"][0].endswith("kop-surat.xlsx:Rekap!9")
    assert [each.figures["dpt"] for each in table.report.totals] == [
        ("134416", "134416"), ("78188", "78188"), ("212604", "212604")
    ]  # fmt: skip
    assert table.report.personal == {"Nama Petugas": 22}


def test_habit__one_merged_cell_for_many_rows():
    table, faults = read("gabung.xlsx")
    assert faults == []
    assert table.rows["kecamatan"].tolist() == ["Blimbing"] * 11 + ["Klojen"] * 11
    assert total(table, "penduduk") == BLIMBING + KLOJEN


def test_habit__an_old_workbook():
    table, faults = read("lama.xls")
    assert faults == []
    assert [total(table, name) for name in ("penduduk", "dpt")] == [KLOJEN, 77_233]
    assert set(table.rows["kecamatan"]) == {"Klojen"}
    assert table.rows["nama"][0] == "Klojen"
    assert table.rows["where"][0].endswith("lama.xls:Sheet1!4")


def test_habit__a_free_workbook():
    table, faults = read("bebas.ods")
    assert faults == []
    assert total(table, "penduduk") == KLOJEN
    assert table.rows["where"][0].endswith("bebas.ods:Lembar1!4")


def test_habit__what_the_spreadsheet_spoilt():
    table, faults = read("rusak.xlsx")
    found = {(fault.where.rsplit("!", 1)[1], fault.field): fault for fault in faults}
    assert set(found) == {("2", "penduduk"), ("3", "penduduk"), ("5", "penduduk"), ("2", "dpt"), ("4", "tps")}
    assert "1188" in found["2", "penduduk"].remedy
    assert "#REF!" in found["3", "penduduk"].got
    assert "11 rows" in found["2", "dpt"].got
    assert "save it" in found["2", "dpt"].remedy
    assert "2024-11-27" in found["4", "tps"].got
    assert table.rows["penduduk"].tolist()[:4] == ["", "", "12144", ""]


# --- numbers ----------------------------------------------------------------------------------------------------------


def cell(kind, *texts):
    faults = Faults()
    column = Column("n", kind, (), need=False)
    return read_column(column, [(f"f:{i}", text) for i, text in enumerate(texts)], faults).texts, list(faults)


def thousands(number, mark):
    return f"{number:,}".replace(",", mark)


@FUZZ
@given(st.integers(0, 10**9), st.sampled_from(["", ".", ",", " ", "\u00a0"]), st.sampled_from(["", " jiwa", " Orang"]))
@example(1188, ".", "")
def test_whole__comes_back_from_every_style(number, mark, unit):
    assert cell("whole", thousands(number, mark) + unit) == ([str(number)], [])
    assert cell("whole", float(number)) == ([str(number)], [])
    if mark in {".", ","}:
        assert cell("whole", thousands(number, mark) + ("," if mark == "." else ".") + "00") == ([str(number)], [])


@pytest.mark.parametrize("text", ["-", "–", "n/a", "Tidak ada data", "", "  "])
def test_whole__blank(text):
    assert cell("whole", text)[0] == [""]


@pytest.mark.parametrize(
    "text", ["1.18", "1.188.5", "0.500", "2.5", "1.1888", "12 34", "1,188.000", "seribu", "1e3", "١٢", "12.345.67"]
)
def test_whole__what_is_no_whole_number_stays(text):
    assert cell("whole", text)[0] == [text]


@FUZZ
@given(st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=5))
def test_number__comes_back_from_decimal_commas(values):
    texts = [f"{value:,}".translate(str.maketrans(",.", ".,")) for value in values]
    assert cell("number", *texts) == ([str(value) for value in values], [])
    assert cell("number", *map(str, values)) == (list(map(str, values)), [])
    assert cell("degrees", *(str(value).replace(".", ",") for value in values))[0] == list(map(str, values))


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        (["1.627", "2.5"], ["1.627", "2.5"]),
        (["1.627"], ["1.627"]),
        (["1,627"], ["1.627"]),
        (["1.234,5", "1.627"], ["1234.5", "1627"]),
        (["1,234.5", "1,627"], ["1234.5", "1627"]),
        (["0,5", "12"], ["0.5", "12"]),
    ],
)
def test_number__the_column_decides(texts, read):
    assert cell("number", *texts) == (read, [])


@pytest.mark.parametrize("texts", [["1,63", "1.627"], ["1,63", "1.63"], ["1,627", "1.627"], ["1.234,5", "1.63"]])
def test_number__a_column_that_contradicts_itself(texts):
    read, faults = cell("number", *texts)
    assert read == texts
    assert [fault.expected for fault in faults] == ["one decimal mark in the column"]
    assert all(text in faults[0].got for text in texts)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Kel. Kasin", "Kasin"), ("Kelurahan  Kasin", "Kasin"), ("DESA KASIN", "KASIN"), ("kec Klojen", "Klojen"),
        ("Kota Lama", "Kota Lama"), ("Kota. Malang", "Malang"), ("Kelud", "Kelud"), ("Desantara", "Desantara"),
        ("Kel.Kasin", "Kasin"), ("Kelurahan", "Kelurahan"),
    ],
)  # fmt: skip
def test_names__prefixes_of_areas_are_cut(text, name):
    assert read_column(AREA["nama"], [("f:1", text)], Faults()).texts == [name]
    assert read_column(Column("nama", "text", (), need=True), [("f:1", text)], Faults()).texts == [text]


@pytest.mark.parametrize(("number", "meant"), [(1.188, "1188"), (12.5, "12500"), (1188.5, None), (1.18855, None)])
def test_whole__a_fraction_says_what_seems_meant(number, meant):
    texts, (fault,) = cell("whole", number)
    assert texts == [""]
    assert ("seems meant" in fault.remedy) == (meant is not None)
    assert (meant or "") in fault.remedy


def test_cells__of_a_workbook_as_text():
    day = dt.date(2024, 11, 27)
    assert cell("text", 1188.0, 1.5, True, day)[0] == ["1188", "1.5", "ya", "2024-11-27"]
    assert cell("code", 3573011001.0)[0] == ["3573011001"]
    assert cell("degrees", 112.5)[0] == ["112.5"]


# --- the frame of a table ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_csv__any_delimiter_and_newline_with_quotes(written, delimiter, newline):
    text = io.StringIO(newline="")
    rows = [["kode", "source", "penduduk"], ["1", f'a{delimiter}b "c"', "=2"], ["2", "x", "3"]]
    csv.writer(text, delimiter=delimiter, lineterminator=newline).writerows(rows)
    table, faults = read(written(text.getvalue()), [AREA[name] for name in rows[0]])
    assert faults == []
    assert table.rows[rows[0]].to_numpy().tolist() == rows[1:]
    assert [where.rsplit(":", 1)[1] for where in table.rows["where"]] == ["2", "3"]


def test_csv__rows_that_do_not_fit(written):
    table, faults = read(written("kode,nama,penduduk\n1,a,2,5\n2,b,3\n4,c\n5,d,6,,\n"), BASIC)
    found = [(fault.where.rsplit(":", 1)[1], fault.field, fault.got) for fault in faults]
    assert found == [("2", "row", "4"), ("4", "row", "2")]
    assert table.rows["kode"].tolist() == ["2", "5"]


def test_csv__open_quotes_and_other_bytes(written):
    for content, field in (('kode,nama,penduduk\n1,"a,2\n', "row"), (b"kode\0\1\2,\0", "encoding"), ("", "file")):
        _, faults = read(written(content), BASIC)
        assert field in {fault.field for fault in faults}


def test_csv__the_delimiter_is_the_one_under_which_columns_are_known(written):
    text = 'kode,"nama;b;c;d",penduduk\nA,"a;b;c;d",1\n'
    table, _ = read(written(text), BASIC)
    assert (table.report.delimiter, table.rows["penduduk"].tolist()) == (",", ["1"])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8-sig", "utf-16", "windows-1252"])
def test_csv__encodings(written, encoding):
    table, faults = read(written("kode,nama,penduduk\nA,Café,1\n".encode(encoding)), BASIC)
    assert faults == []
    assert table.rows["nama"].tolist() == ["Café"]


def test_faults__many_of_a_kind_are_counted(written):
    text = "kode,nama,penduduk\n" + "1,a\n" * 25
    _, faults = read(written(text), BASIC)
    rows = [fault for fault in faults if fault.field == "row"]
    assert len(rows) == 11
    assert rows[-1].got == "… and 15 more like this"
    assert rows[-1].where.endswith(".csv")


def test_faults__a_workbook_is_collapsed_like_any_file():
    """The sheet and the row are both the place within the file; a second pass changes nothing."""
    many = [Fault(f"a.xlsx:Data 1!{i}", "x", "y", str(i), "z") for i in range(12)]
    once = list(collapsed(many))
    assert [fault.got for fault in once[10:]] == ["… and 2 more like this"]
    assert once[10].where == "a.xlsx"
    assert list(collapsed(once)) == once


def test_faults__eleven_of_a_kind_are_ten_and_one(written):
    _, faults = read(written("kode,nama,penduduk\n" + "1,a\n" * 11), BASIC)
    assert [fault.got for fault in faults if fault.field == "row"] == ["2"] * 10 + ["… and 1 more like this"]


def test_total__is_not_taken_for_data_nor_data_for_a_total(written):
    text = "kode,nama,penduduk\n35.1,Total Persada,5\n35.2,Jumlahan,6\n,Jumlah,11\n"
    table, faults = read(written(text), BASIC)
    assert faults == []
    assert table.rows["nama"].tolist() == ["Total Persada", "Jumlahan"]


def test_total__of_the_last_group_and_of_all(written):
    text = "kode,nama,penduduk\nA,a,1\n,JUMLAH,1\nB,b,2\n,JUMLAH,{}\n"
    assert read(written(text.format(2)), BASIC)[1] == []
    assert read(written(text.format(3)), BASIC)[1] == []
    assert [fault.field for fault in read(written(text.format(4)), BASIC)[1]] == ["penduduk"]


def test_total__of_a_district_is_never_of_all(written):
    text = "kode,nama,penduduk\nA,a,1\n,Jumlah Kec. A,1\nB,b,2\n,Jumlah Kec. B,3\n"
    assert [fault.got for fault in read(written(text), BASIC)[1]] == ['3 ("Jumlah Kec. B")']


def test_total__above_its_rows_or_beside_a_row_that_is_left_out(written):
    for stated, wrong in ((3, 0), (4, 1)):
        assert len(read(written(f"kode,nama,penduduk\n,JUMLAH,{stated}\nA,a,1\nB,b,2\n"), BASIC)[1]) == wrong
    _, faults = read(written("kode,nama,penduduk\nA,a,1\nB,b\n,JUMLAH,3\n"), BASIC)
    assert [fault.field for fault in faults] == ["row"]


def test_total__blanks_may_hide_the_rest(written):
    text = "kode,nama,penduduk\nA,a,-\nB,b,2\n,JUMLAH,{}\n"
    assert read(written(text.format(3)), BASIC)[1] == []
    assert len(read(written(text.format(1)), BASIC)[1]) == 1


def test_total__areas_may_be_rounded(written):
    columns = [AREA[name] for name in ("kode", "nama", "area_km2")]
    text = "kode,nama,area_km2\nA,a,1.26\nB,b,1.36\n,JUMLAH,{}\n"
    assert read(written(text.format("2.6")), columns)[1] == []
    assert len(read(written(text.format("3.6")), columns)[1]) == 1


def test_rows__footer_and_numbering(written):
    text = "kode,nama,penduduk\n(1),(2),(3)\nA,a,1\n,,\nSumber: BPS,,\n*) sementara,,\nB,b,2\n"
    table, faults = read(written(text), BASIC)
    assert faults == []
    assert table.rows["kode"].tolist() == ["A", "B"]


def test_header__straight_under_a_letterhead(workbook):
    table, faults = read(workbook(A=[["PEMERINTAH KOTA"], HEAD, ["A", "a", 1]]), BASIC)
    assert (faults, table.report.header, table.report.letterhead) == ([], (2,), (1,))


def test_header__a_merged_cell_reaches_as_far_as_it_is_merged(tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["Kode", "Nama", "Jumlah Penduduk", None, None],
        [None, None, "L", "Jumlah", "TPS"],
        ["A", "a", 1, 3, 2],
    ):
        book.active.append(row)
    book.active.merge_cells("C1:D1")
    book.save(tmp_path / "t.xlsx")
    table, faults = read(tmp_path / "t.xlsx")
    assert [fault.field for fault in faults] == []
    assert table.report.matched == {
        "kode": "Kode", "nama": "Nama", "penduduk": "Jumlah Penduduk / Jumlah", "tps": "TPS"
    }  # fmt: skip


def test_rows__units_and_the_header_again(written):
    text = "Kode,Nama Kelurahan,Penduduk\n,,(jiwa)\nA,a,1\nKode,NAMA  KELURAHAN,penduduk\nB,b,2\n"
    table, faults = read(written(text), BASIC)
    assert faults == []
    assert table.rows["nama"].tolist() == ["a", "b"]


def test_rows__read_rows_takes_them_and_says_how(written):
    path = written("Kode;Jml Penduduk;NIK;lain\nA;1.188;55;x\n")
    faults = Faults()
    rows = read_rows(
        path, required=("kode", "warga"), optional=("dpt",), faults=faults, renamed={"Jml Penduduk": "warga"}
    )
    assert [fault.field for fault in faults] == []
    assert rows.to_dict("list") == {"kode": ["A"], "warga": ["1.188"], "dpt": [""], "where": [f"{path}:2"]}
    assert rows.attrs["dropped"] == ["lain", "NIK"]
    assert rows.attrs["report"].matched == {"kode": "Kode", "warga": "Jml Penduduk"}
    people = read_people(path, faults)
    assert (people["population"].tolist(), len(faults)) == ([1188.0], 0)


def test_renamed__wins_and_is_checked(written):
    path = written("kode,nama,penduduk,Warga,NIK\nA,a,1,9,55\n")
    table, faults = read(path, BASIC, renamed={"warga": "penduduk"})
    assert faults == []
    assert table.rows["penduduk"].tolist() == ["9"]
    _, faults = read(path, BASIC, renamed={"Wargo": "penduduk", "Warga": "pendudok", "NIK": "nama"})
    assert [fault.field for fault in faults] == ["--map"] * 3
    assert ["Warga" in faults[0].remedy, "penduduk" in faults[1].remedy] == [True, True]
    assert "persons" in faults[2].expected
    assert "55" not in str(faults)


def test_columns__missing_and_twice(written):
    _, faults = read(written("kod wil,penduduk,x\nA,1,2\n"), BASIC)
    assert [fault.field for fault in faults] == ["kode", "nama"]
    assert "kod wil, penduduk, x" in faults[0].got
    assert "--map" in faults[0].remedy
    _, faults = read(written("kode,nama,population,jumlah penduduk\nA,a,1,2\n"), BASIC)
    assert [(fault.field, fault.got) for fault in faults] == [("penduduk", '"population" and "jumlah penduduk"')]
    table, faults = read(written("kode,nama,population,penduduk\nA,a,1,2\n"), BASIC)
    assert (faults, table.rows["penduduk"][0], table.report.dropped) == ([], "2", ("population",))
    table, faults = read(written("kode,nama,Penduduk 2022,penduduk\nA,a,1,2\n"), BASIC)
    assert (faults, table.rows["penduduk"][0], table.report.dropped) == ([], "2", ("Penduduk 2022",))


def test_personal__nothing_is_kept(written):
    path = written("kode,nama,penduduk,NIK,Tanggal Lahir,alamat rumah,jumlah petugas\nA,a,x,3573,RAHASIA,RAHASIA,4\n")
    table, faults = read(path)
    assert set(table.report.personal) == {"NIK", "Tanggal Lahir", "alamat rumah"}
    assert table.report.dropped == ("jumlah petugas",)
    assert "RAHASIA" not in f"{table.rows.to_csv()}{table.report}{faults}"


def test_personal__a_file_without_a_header_is_not_quoted(written):
    table, faults = read(written("3573,RAHASIA,5\n3574,RAHASIA,6\n"), BASIC)
    assert [fault.got for fault in faults] == ["no header that is known"] * 2
    assert "RAHASIA" not in f"{table.report}{faults}"


# --- workbooks --------------------------------------------------------------------------------------------------------

HEAD = ["kode", "nama", "penduduk"]


def test_sheets__chosen_by_name_or_by_what_fits(workbook):
    path = workbook(A=[HEAD, ["A", "a", 1]], B=[HEAD, ["B", "b", 2]], C=[["catatan"]])
    _, faults = read(path, BASIC)
    assert [fault.field for fault in faults] == ["sheet"]
    assert '"A", "B"' in faults[0].got
    table, faults = read(path, BASIC, sheet="B")
    assert (table.rows["kode"].tolist(), faults) == (["B"], [])
    _, faults = read(path, BASIC, sheet="Bb")
    assert 'did you mean "B"' in faults[0].remedy
    path = workbook(C=[["catatan"]], B=[HEAD, ["B", "b", 2]])
    assert read(path, BASIC)[0].report.sheet == "B"


def test_sheets__blank_cells_with_spaces_and_totals_in_the_code_column(workbook):
    path = workbook(A=[[*HEAD, None], ["A", " a ", "1 188", " "], [" ", "\u00a0"], ["JUMLAH", None, 1188]])
    table, faults = read(path, BASIC)
    assert faults == []
    assert table.rows.drop(columns="where").to_numpy().tolist() == [["A", "a", "1188"]]
    assert [each.figures for each in table.report.totals] == [{"penduduk": ("1188", "1188")}]


def test_sheets__hidden_ones_and_ones_without_a_known_column(workbook):
    path = workbook(A=[["x", "y"], ["1", "2"]], B=[["z"], ["3"]])
    assert {fault.field for fault in read(path, BASIC)[1]} == {"kode", "nama"}
    book = openpyxl.load_workbook(workbook(A=[HEAD, ["A", "a", 1]], B=[HEAD, ["B", "b", 2]]))
    book["A"].sheet_state = "hidden"
    book.save(path)
    table, faults = read(path, BASIC)
    assert (table.rows["kode"].tolist(), faults) == (["B"], [])


def test_formulas__that_were_worked_out_to_nothing_are_blank(workbook, tmp_path):
    path = workbook(A=[HEAD, ["A", "a", "=1+1"]])
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "new.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b'<c r="C2"><f>', b'<c r="C2" t="str"><f>').replace(b"<v />", b"<v></v>")
            new.writestr(name, content)
    assert [fault.field for fault in read(path, BASIC)[1]] == ["penduduk"]
    table, faults = read(tmp_path / "new.xlsx", BASIC)
    assert (table.rows["penduduk"].tolist(), faults) == ([""], [])


def test_sheets__with_a_stray_cell_far_out(workbook):
    path = workbook(A=[HEAD, ["A", "a", 1]])
    book = openpyxl.load_workbook(path)
    book["A"]["XFD1048576"] = 1
    book.save(path)
    _, faults = read(path, BASIC)
    assert [fault.got for fault in faults] == [f"{16384 * 1048576:,}"]


def test_workbook__a_bomb_is_not_opened(tmp_path):
    path = tmp_path / "t.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/bomb.xml", "w") as part:
        for _ in range(201):
            part.write(bytes(1_000_000))
    _, faults = read(path, BASIC)
    assert [fault.expected for fault in faults] == ["at most 200 MB of data"]


@pytest.mark.parametrize("name", ["t.xlsx", "t.xls", "t.ods"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html><table>", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 200])
def test_workbook__that_is_none(written, name, content):
    table, faults = read(written(content, name), BASIC)
    assert [fault.expected for fault in faults] == ["a workbook"]
    assert len(table.rows) == 0


def test_workbook__with_a_password(written):
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(1000)
    _, faults = read(written(content, "t.xlsx"), BASIC)
    assert [fault.got for fault in faults] == ["one with a password"]


def test_file__absent_or_of_another_kind(tmp_path):
    assert [fault.field for fault in read(tmp_path / "no.csv", BASIC)[1]] == ["file"]
    assert [fault.field for fault in read(tmp_path / "t.pdf", BASIC)[1]] == ["file"]


# --- garbage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fixture", sorted(path.name for path in FIXTURES.iterdir() if path.suffix in SUFFIXES))
def test_garbage(tmp_path, fixture, capfd):
    content, chance = (FIXTURES / fixture).read_bytes(), random.Random(fixture)
    path = tmp_path / fixture
    for trial in range(100):
        damaged = bytearray(content)
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(bytes(damaged[: chance.randrange(len(damaged))] if trial % 3 == 0 else damaged))
        table, faults = read(path)
        assert len(table.rows) or faults
        assert "where" in table.rows
    assert capfd.readouterr().err == ""


@FUZZ
@given(st.text(alphabet="kode,nama;\"'\n\r\t|0 1.JUMLAH", max_size=120))
@example("kode,nama\n")
@example("kode,nama,penduduk\n1,a,1e999999999\n,JUMLAH,sNaN\n")
@example("kode / " * 2000 + "\n1\n")
@example("kode " * 20000 + "\n1\n")
def test_garbage__any_text_gives_a_table_or_faults(written, text):
    table, faults = read(written(text), BASIC)
    assert len(table.rows) or faults
