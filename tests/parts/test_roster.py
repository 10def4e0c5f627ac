"""Rosters: in and out again as equal values, by unit or by person, and nothing of a person in any output."""

import csv
import datetime as dt
import io
import json
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.force import Force
from sispamkota.force.doctrine import VEHICLES, doctrine
from sispamkota.force.phases import by_phase
from sispamkota.force.roster import read_roster
from sispamkota.force.roster_cells import clock, hours_between, is_own_number, is_private, share, shift_of, unit_id
from sispamkota.force.roster_rows import kind_names
from sispamkota.force.roster_sheet import BY_HAND, ROSTER_COLUMNS, write_roster
from sispamkota.force.units import SKILLS, Duty, Unit
from sispamkota.office_columns import plain
from sispamkota.risk.calendar import calendar

openpyxl = pytest.importorskip("openpyxl")
SECRETS = ("Rahasiawati", "Tersembunyi", "79081234", "3573010101800001", "081299911122", "Bripka")


def made(tmp_path, rows, name="daftar.xlsx", *, head=(), header):
    """Write a workbook or a CSV of rows under a header, a letterhead above it."""
    path = tmp_path / name
    lines = [*([each] for each in head), list(header), *map(list, rows)]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, delimiter=";").writerows(lines)
        return path
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    book.save(path)
    return path


def read(path, **more):
    return read_roster(path, on="2024-11-27", **more)


def faults_of(path, **more):
    with pytest.raises(InputError) as caught:
        read(path, **more)
    return [(fault.where.rpartition(":")[2], fault.field) for fault in caught.value.faults]


def every_byte(path):
    """Give the bytes of a file, and of its members where it is packed."""
    content = Path(path).read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(path) as archive:
        return content + b"".join(archive.read(name) for name in archive.namelist())


# --- in and out again -------------------------------------------------------------------------------------------------

KINDS = doctrine().unit_kinds


@st.composite
def units(draw):
    """A unit of any kind that doctrine allows, with all that a roster may say of it."""
    key = draw(st.sampled_from(sorted(KINDS)))
    kind = KINDS[key]
    people = draw(st.integers(kind.low, kind.high))
    minutes = st.integers(0, 24 * 60 - 1)
    hours, rest = draw(st.integers(1, 24 * 60)) / 60, draw(st.integers(0, 200 * 60)) / 60
    duty = draw(st.booleans()) and Duty(from_h=draw(minutes) / 60, hours=hours, every_h=hours + rest)
    days = sorted(draw(st.lists(st.dates(dt.date(2024, 9, 1), dt.date(2025, 3, 1)), min_size=2, max_size=2)))
    since, until = (draw(st.sampled_from([None, day])) for day in days)
    counts = st.integers(1, people)
    return Unit(
        id="x",
        agency=kind.agency,
        kind=key,
        people=people,
        home=draw(st.sampled_from([None, "kpu", "Jl. Kapten Tendean 3", "35.73.01.1001"])),
        vehicle=draw(st.sampled_from(VEHICLES)),
        capabilities=kind.capabilities,
        level=kind.level,
        readiness=draw(st.sampled_from([1.0, 0.9, 0.95, 0.5])),
        armed=doctrine().agencies[kind.agency].armed,
        parts=kind.parts,
        duty=duty or None,
        **{name: draw(st.integers(0, 5)) for name in ("on_leave", "sick", "training")},
        skills=tuple((name, draw(counts)) for name in SKILLS if draw(st.booleans())),
        vehicles=tuple((name, draw(counts)) for name in VEHICLES[:5] if draw(st.booleans())),
        since=since,
        until=until,
        outside=draw(st.booleans()),
        call_sign=draw(st.sampled_from(["", "Rajawali 1"])),
        duty_phone=draw(st.sampled_from(["", "0341-366444", "110"])),
    )


def near(one, other):
    """Tell whether two forces are equal, their hours to a second."""
    bare = [
        replace(force, units=tuple(replace(unit, duty=None) for unit in force.units), files=())
        for force in (one, other)
    ]
    for a, b in zip(one.units, other.units, strict=True):
        assert (a.duty is None) == (b.duty is None)
        if a.duty is not None:
            for name in ("from_h", "hours", "every_h"):
                assert abs(getattr(a.duty, name) - getattr(b.duty, name)) < 1 / 3600
    return bare[0] == bare[1]


@settings(max_examples=40, deadline=None)
@given(drawn=st.lists(units(), min_size=1, max_size=6), kind=st.sampled_from(["xlsx", "csv"]))
def test_roster__comes_back_equal(drawn, kind, tmp_path_factory):
    folder = tmp_path_factory.mktemp("roster")
    each = tuple(replace(unit, id=f"satuan-{i}") for i, unit in enumerate(drawn))
    people = sum(unit.people for unit in each)
    force = Force("uji", "Judul: uji", people, "2024-11-27", each, "S1, sendiri", "reported")
    path = folder / f"uji.{kind}"
    write_roster(force, path, lang="id")
    about = {"title": force.title, "source": force.source} if kind == "csv" else {}
    back = read(path, about=about).force
    assert near(force, back)
    again = folder / "again.yaml"
    again.write_text(back.to_yaml(), encoding="utf-8")
    assert near(Force.load(again), back)


@pytest.mark.parametrize("name", ["malang-500", "malang-pilkada"])
def test_roster__embedded_forces_come_back_equal(name, tmp_path):
    force = Force.load(name)
    write_roster(force, tmp_path / "r.xlsx", lang="en")
    assert read(tmp_path / "r.xlsx").force == force


def test_roster__same_force_same_bytes(tmp_path):
    force = Force.load("malang-500")
    for name in ("a.xlsx", "b.xlsx"):
        write_roster(force, tmp_path / name, lang="id")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_roster__is_written_with_blank_columns_for_the_hand(tmp_path):
    write_roster(Force.load("malang-500"), tmp_path / "r.xlsx", lang="id")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    assert [plain(name) for name in header] == [plain(name.replace("_", " ")) for name in (*ROSTER_COLUMNS, *BY_HAND)]
    for name in BY_HAND:
        assert {cell.value for cell in sheet[openpyxl.utils.get_column_letter(header.index(name) + 1)][1:]} == {None}
    write_roster(Force.load("malang-500"), tmp_path / "n.xlsx", lang="id", names=False)
    assert not set(BY_HAND) & {cell.value for cell in openpyxl.load_workbook(tmp_path / "n.xlsx").worksheets[0][1]}


def test_roster__explains_itself_in_both_languages_and_offers_the_kinds(tmp_path):
    write_roster(Force.load("malang-500"), tmp_path / "r.xlsx", lang="id")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    rows = [[cell.value for cell in row] for row in book["Petunjuk"]]
    assert [row[0] for row in rows[1 : 1 + len(ROSTER_COLUMNS)]] == [cell.value for cell in book.worksheets[0][1]][:-2]
    assert all(row[1] and row[2] and row[1] != row[2] for row in rows[1 : 1 + len(ROSTER_COLUMNS)])
    (choice,) = book.worksheets[0].data_validations.dataValidation
    first, last = (int(part.rpartition("$")[2]) for part in choice.formula1.split(":"))
    offered = [row[0] for row in rows[first - 1 : last]]
    assert len(offered) == len(KINDS) == len(rows) - first + 1
    names = kind_names(doctrine())
    assert [names[plain(name.replace("_", " "))] for name in offered] == list(KINDS)


def test_roster__another_format_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.xlsx, \.csv"):
        write_roster(Force.load("malang-500"), tmp_path / "r.pdf", lang="id")


# --- as offices keep it -----------------------------------------------------------------------------------------------

OFFICE = ("No.", "Nama Satuan", "Jenis Satuan", "Jml Personel", "Cuti", "Sakit", "Dik", "Jam Dinas", "Istirahat",
          "Telp. Piket", "Nama Danru", "NRP")  # fmt: skip
LETTER = ("POLRI DAERAH JAWA TIMUR", "RESOR KOTA MALANG KOTA", "DAFTAR KEKUATAN PERSONEL")


@pytest.mark.parametrize("name", ["daftar.xlsx", "daftar.csv"])
def test_roster__as_an_office_keeps_it(tmp_path, name):
    rows = [
        (1, "Peleton I", "Dalmas awal", 36, 2, 1, 3, "06.00 - 18.00 WIB", 24, "0341 366444", "Bripka Rahasiawati",
         79081234),
        (2, "Tim Nego", "negosiator", "10", "", "-", "", "22:00 s.d. 06:00", "", "", "Aipda Tersembunyi", 79081234),
        ("", "JUMLAH", "", 46, 2, 1, 3, "", "", "", "", ""),
    ]  # fmt: skip
    found = read(made(tmp_path, rows, name, head=LETTER, header=OFFICE))
    first, second = found.force.units
    assert (first.id, first.kind, first.people, first.strength) == ("peleton-i", "dalmas_awal", 30, 36)
    assert (first.on_leave, first.sick, first.training, first.duty_phone) == (2, 1, 3, "0341 366444")
    assert first.duty == Duty(from_h=6, hours=12, every_h=36)
    assert second.duty == Duty(from_h=22, hours=8, every_h=24)
    assert found.force.people == 40
    assert dict(found.personal) == {"Nama Danru": 2, "NRP": 2}
    assert first.where.endswith("Sheet!5" if name.endswith("xlsx") else ":5")


def test_roster__a_list_by_person_is_only_counted(tmp_path):
    header = ("No", "Nama", "Pangkat/NRP", "Satuan", "Jenis", "Ket")
    rows = [(i, f"Rahasiawati {i}", "Bripka/79081234", "Regu 1", "patroli", "") for i in range(1, 10)]
    rows += [
        (10, "Tersembunyi", "Briptu/79081234", "Regu 1", "patroli", "Cuti"),
        (11, "X", "", "Regu 1", "patroli", "dik"),
    ]
    rows += [(12, "Y", "", "Nego", "negosiator", "hadir")] * 4
    found = read(made(tmp_path, rows, header=header))
    assert found.by_person
    one, two = found.force.units
    assert (one.id, one.people, one.on_leave, one.training, one.strength) == ("regu-1", 9, 1, 1, 11)
    assert (two.kind, two.people) == ("negosiator", 4)
    assert set(found.personal) == {"Nama", "Pangkat/NRP"}
    assert not any(secret in str(vars(found)) for secret in SECRETS)


STATUS = {"hadir": 0, "": 0, "Cuti": 1, "izin": 1, "SAKIT": 2, "dik": 3, "Pendidikan": 3}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["Nego A", "Nego B"]), st.sampled_from(sorted(STATUS))), min_size=12, max_size=24
    )
)
def test_roster__by_person_every_row_is_counted_once(people):
    """Of a size that doctrine gives, they are a team of negotiators; of any other, that is the one fault."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [(f"Rahasiawati {i}", unit, "negosiator", status) for i, (unit, status) in enumerate(people)]
        path = made(Path(folder), rows, "r.csv", header=("Nama", "Satuan", "Jenis", "Keterangan"))
        counts = {unit: [0, 0, 0, 0] for unit, _ in people}
        for unit, status in people:
            counts[unit][STATUS[status]] += 1
        wrong = [
            unit
            for unit, count in counts.items()
            if not KINDS["negosiator"].low <= count[0] <= KINDS["negosiator"].high
        ]
        if wrong:
            assert len(faults_of(path)) == len(wrong)
            return
        found = read(path)
        assert dict(found.personal) == {"Nama": len(people)}
        for unit in found.force.units:
            given_ = counts[{"nego-a": "Nego A", "nego-b": "Nego B"}[unit.id]]
            assert [unit.people, unit.on_leave, unit.sick, unit.training] == given_


def test_roster__by_person_faults_show_nothing_of_the_person(tmp_path):
    header = ("Nama", "NRP", "Satuan", "Jenis", "Ket")
    rows = [("Rahasiawati", 79081234, "Regu 1", "patroli", "")] * 9
    rows += [("X", 1, "Regu 1", "negosiator", ""), ("Y", 2, "Regu 1", "patroli", "ikut istri Tersembunyi")]
    path = made(tmp_path, rows, header=header)
    assert faults_of(path) == [("Sheet!12", "kehadiran"), ("Sheet!11", "jenis")]
    with pytest.raises(InputError) as caught:
        read(path)
    assert "Tersembunyi" not in str(caught.value)


def test_roster__a_heading_between_groups_is_no_unit(tmp_path):
    header = ("Satuan", "Jenis", "Kekuatan")
    rows = [("A. POLRI", None, None), ("Regu 1", "patroli", 10), ("Satpol PP", None, None), ("Regu 2", "satpol_pp", 10)]
    assert [unit.id for unit in read(made(tmp_path, rows, header=header)).force.units] == ["regu-1", "regu-2"]


def test_roster__phases_become_days(tmp_path):
    header = ("Satuan", "Jenis", "Kekuatan", "Tahap", "Sejak")
    rows = [
        ("A", "patroli", 10, "kampanye, tenang", None),
        ("B", "patroli", 10, "coblos", "2024-11-26"),
        ("C", "patroli", 10, "", ""),
    ]
    force = read(made(tmp_path, rows, header=header)).force
    spans = [(unit.since, unit.until) for unit in force.units]
    assert spans[0] == (dt.date(2024, 9, 25), dt.date(2024, 11, 26))
    assert spans[1] == (dt.date(2024, 11, 26), dt.date(2024, 11, 27))
    assert spans[2] == (None, None)
    assert [unit.id for unit in force.at("2024-11-26").units] == ["a", "b", "c"]
    assert force.at("2024-11-27").people == 20
    assert [unit.id for unit in force.at("2024-12-01").units] == ["c"]


def test_phases__count_who_is_in_each_and_name_the_thinnest_day(tmp_path):
    header = ("Satuan", "Jenis", "Kekuatan", "Sejak", "Sampai")
    rows = [
        ("A", "patroli", 10, "", ""),
        ("B", "patroli", 12, "2024-11-24", "2024-11-25"),
        ("C", "patroli", 8, "2025-01-01", ""),
    ]
    force = read(made(tmp_path, rows, header=header)).force
    by = {row["phase"]: row for row in by_phase(force, calendar())}
    assert (by["kampanye"]["units"], by["kampanye"]["most"]) == (1, 10)
    assert (by["tenang"]["units"], by["tenang"]["least"], by["tenang"]["most"], by["tenang"]["thin"]) == (
        2,
        10,
        22,
        "2024-11-26",
    )
    assert (by["sengketa"]["least"], by["sengketa"]["most"]) == (10, 18)
    (tmp_path / "f.yaml").write_text(force.to_yaml(), encoding="utf-8")
    told = json.loads(run("force", "phases", tmp_path / "f.yaml", "--json").stdout)
    assert told["phases"] == list(by.values())
    assert "26 November 2024" in run("force", "phases", tmp_path / "f.yaml", "--lang", "en").stdout
    assert "22 people in 2 units" in run("force", "show", tmp_path / "f.yaml", "--on", "2024-11-24").stdout


def test_force__a_day_without_units_says_which_days_there_are(tmp_path):
    rows = [("A", "patroli", 10, "kampanye")]
    force = read(made(tmp_path, rows, header=("Satuan", "Jenis", "Kekuatan", "Tahap"))).force
    with pytest.raises(InputError, match="2024-09-25 to 2024-11-23"):
        force.at("2024-11-27")


def test_roster__a_column_can_be_said(tmp_path):
    path = made(tmp_path, [("Regu 1", "patroli", 10)], header=("Satuan", "Jenis", "DSP"))
    assert faults_of(path) == [("1", "kekuatan")]
    assert read(path, renamed={"DSP": "kekuatan"}).force.people == 10


# --- cells ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hours"),
    [("06.00", 6), ("6:30 WIB", 6.5), ("14", 14), ("14.3", 14.5), ("24.00", 24), ("06:00:36", 6.01), ("25.00", None),
     ("6.75", None), ("pagi", None), ("", None)],
)  # fmt: skip
def test_clock__as_offices_write_it(text, hours):
    assert clock(text) == (None if hours is None else pytest.approx(hours))


def test_shift__over_midnight_and_a_whole_day():
    assert shift_of("22.00-06.00") == (22, 6)
    assert shift_of("07:00 s/d 07:00") == (7, 7)
    assert shift_of("pagi") is None
    assert (hours_between(22, 6), hours_between(7, 7)) == (8, 24)


@pytest.mark.parametrize(
    ("text", "value"), [("90 %", 0.9), ("0,9", 0.9), ("90", 0.9), ("1", 1.0), ("0", None), ("120 %", None)]
)
def test_share__as_offices_write_it(text, value):
    assert share(text) == value


@pytest.mark.parametrize(
    "text",
    ["Bripka Rahasiawati", "79081234", "3573010101800001", "0812-9991-1122", "a.n. Budi", "AKP Budi", "Briptu_Andi",
     "BRIPTU.ANDI", "Briptu-Andi", "briptu_andi", "IPDA/Budi", "Andi (Briptu)", "Andi, Briptu", "Andi Wijaya, S.H.",
     "Andi Wijaya SH., S.I.K.", "Pak Budi", "Pak_Budi", "0812/3456/7890", "(0812) 3456 7890", "+62 812 3456 7890",
     "8701.0203", "87-01-0203", "87.01.0203", "87/01/0203", "Jl. Melati, Briptu Andi"],
)  # fmt: skip
def test_private__what_is_a_persons(text):
    assert is_private(text)


@pytest.mark.parametrize(
    "text",
    ["tps-35-73-01-1001-2", "Linmas 35.73.01.1001", "Jl. Kapten Tendean", "Regu 2", "KPU", "akpol", "27-11-2024",
     "2024-11-27", "Jalan Raya Mayor Abdullah", "JL_BRIGJEN_SLAMET", "-7.98, 112.63", "Posko Ibu Kota",
     "RSUD dr. Soetomo",
     "Balai RW 3, Sukun", "SMPN 5, Tim A", "06.00-14.00", "tps-01-1001-1", "Unit S. Hadi 1"],
)  # fmt: skip
def test_private__what_is_a_places(text):
    assert not is_private(text)


def test_numbers__a_mobile_is_somebodys_own():
    assert is_own_number("0812-9991-1122")
    assert is_own_number("81299911122")
    assert is_own_number("0812/3456/7890")
    assert is_own_number("87010203")
    assert is_own_number("8701.0203")
    assert not is_own_number("+62 341 366444")
    assert not is_own_number("5709261")
    assert not is_own_number("0341 366444")
    assert not is_own_number("110")


def test_unit_id__of_any_name():
    assert (unit_id("Peleton II / Dalmas"), unit_id("tps-01-1001-1"), unit_id("…")) == (
        "peleton-ii-dalmas",
        "tps-01-1001-1",
        "",
    )


# --- nothing of a person ----------------------------------------------------------------------------------------------

PERSONAL = ("Satuan", "Jenis", "Kekuatan", "Nama", "Pangkat", "NRP", "NIK", "No. HP", "Alamat", "Telepon Piket",
            "Panggilan Radio", "Komandan", "NIP")  # fmt: skip
PERSON = ("Rahasiawati", "Bripka", "79081234", "3573010101800001", "081299911122", "Jl. Tersembunyi 1", "081299911122",
          "Bripka Rahasiawati", "Tersembunyi", "3573010101800001")  # fmt: skip


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], env={"LC_ALL": "en_US.UTF-8"})


@pytest.mark.parametrize("name", ["daftar.xlsx", "daftar.csv"])
def test_import__nothing_of_a_person_in_any_output(tmp_path, name):
    rows = [("Regu 1", "patroli", 10, *PERSON), ("Regu 2", "patroli", 9, *PERSON)]
    path = made(tmp_path, rows, name, header=PERSONAL)
    answer = run("force", "import", path, "-o", tmp_path / "f.yaml")
    assert answer.exit_code == 0, answer.output
    as_json = run("force", "import", path, "-o", tmp_path / "f.yaml", "--json")
    assert run("force", "export", tmp_path / "f.yaml", "-o", tmp_path / "out.xlsx").exit_code == 0
    assert run("force", "export", tmp_path / "f.yaml", "-o", tmp_path / "out.csv").exit_code == 0
    Force.load(tmp_path / "f.yaml").save(tmp_path / "saved")
    files = [tmp_path / "f.yaml", tmp_path / "out.xlsx", tmp_path / "out.csv", *(tmp_path / "saved").iterdir()]
    for secret in SECRETS:
        assert secret not in answer.output + answer.stderr + as_json.output
        for each in files:
            assert secret.encode() not in every_byte(each), (secret, each.name)
    told = json.loads(as_json.stdout)["personal"]
    for column in PERSONAL[3:]:
        assert told[column] == 2, column


FILLED = ("Satuan", "Jenis", "Kekuatan", "Hadir", "Kedudukan", "Kendaraan", "Instansi", "Tahap", "Sejak", "Jam Dinas",
          "Mulai", "Kesiapan", "Istirahat", "Telepon Piket", "R2", "Negosiator", "BKO")  # fmt: skip


@pytest.mark.parametrize("column", FILLED)
@pytest.mark.parametrize(
    "secret",
    ["Bripka Rahasiawati", "Bripka_Rahasiawati", "Rahasiawati (Briptu)", "Pak Rahasiawati", "3573010101800001"],
)
def test_import__a_fault_repeats_nothing_of_a_person(tmp_path, column, secret):
    header = list(dict.fromkeys(["Satuan", "Jenis", "Kekuatan", column]))
    row = ["Regu 1", "patroli", 10, "x"][: len(header)]
    row[header.index(column)] = secret
    answer = run("force", "import", made(tmp_path, [row], header=header), "-o", tmp_path / "f.yaml")
    assert isinstance(answer.exception, InputError), answer.output
    told = answer.output + answer.stderr + str(answer.exception)
    assert not any(part in told for part in ("Rahasiawati", "3573010101800001")), told
    assert not (tmp_path / "f.yaml").exists()


FIXED = [column for column in FILLED if column not in ("Satuan", "Kedudukan")]


@pytest.mark.parametrize("column", FIXED)
def test_import__a_shifted_column_shows_no_bare_name(tmp_path, column):
    header = list(dict.fromkeys(["Satuan", "Jenis", "Kekuatan", column]))
    row = ["Regu 1", "patroli", 10, "x"][: len(header)]
    row[header.index(column)] = "Suparman Rahasiawati"
    answer = run("force", "import", made(tmp_path, [row], header=header), "-o", tmp_path / "f.yaml")
    assert isinstance(answer.exception, InputError), answer.output
    assert "Rahasiawati" not in answer.output + answer.stderr + str(answer.exception)


def test_import__all_columns_shifted_by_one_show_no_name(tmp_path):
    rows = [("Suparman Rahasiawati", "Regu 1", "patroli", 10)] * 2
    path = made(tmp_path, rows, header=("Satuan", "Jenis", "Kekuatan", "Hadir"))
    with pytest.raises(InputError) as caught:
        read(path)
    assert "ahasiawati" not in str(caught.value)


def test_import__an_nrp_as_telephone_and_a_name_as_call_sign_are_left_out(tmp_path):
    header = ("Satuan", "Jenis", "Kekuatan", "Telepon Piket", "Panggilan Radio", "Ket")
    path = made(tmp_path, [("Regu 1", "patroli", 10, "87010203", "Andi", "hub. Bripka Joko 0812")], header=header)
    found = read(path)
    (unit,) = found.force.units
    assert (unit.duty_phone, unit.call_sign) == ("", "")
    assert dict(found.personal) == {"Telepon Piket": 1, "Panggilan Radio": 1}
    assert found.report.dropped == ("Ket",)
    assert not any(part in found.force.to_yaml() for part in ("87010203", "Andi", "Joko"))


def test_import__a_file_named_after_a_person_names_nothing(tmp_path):
    path = made(
        tmp_path, [("Regu 1", "patroli", 10)], "regu_briptu_rahasiawati.csv", header=("Satuan", "Jenis", "Kekuatan")
    )
    force = read(path).force
    assert (force.name, force.title, force.source) == ("roster", "roster", "roster")


def test_import__tells_what_is_kept_as_written(tmp_path):
    path = made(tmp_path, [("Regu 1", "patroli", 10, "kpu")], header=("Nama Satuan", "Jenis", "Kekuatan", "Pangkalan"))
    assert read(path).kept == ("Nama Satuan", "Pangkalan")
    assert "Nama Satuan, Pangkalan. Look that none" in run("force", "import", path, "-o", tmp_path / "f.yaml").stderr


def test_import__replaces_what_it_wrote_and_nothing_else(tmp_path):
    path, out = made(tmp_path, [("Regu 1", "patroli", 10)], header=("Satuan", "Jenis", "Kekuatan")), tmp_path / "f.yaml"
    for _ in range(2):
        assert run("force", "import", path, "-o", out).exit_code == 0
    written = out.read_text()
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "notes.yaml").write_text("mine: 1\n")
    out.write_text(written.replace("people: 10", "people: 12"))
    for there, got in ((out, "changed by hand"), (tmp_path / "notes.yaml", "no import wrote"), (folder, "a folder")):
        before = there.read_text() if there.is_file() else None
        error = run("force", "import", path, "-o", there).exception
        assert isinstance(error, InputError)
        assert got in str(error)
        assert before == (there.read_text() if there.is_file() else None)
    assert run("force", "import", path, "-o", out, "--replace").exit_code == 0
    assert out.read_text() == written
    assert isinstance(run("force", "import", path, "-o", folder, "--replace").exception, InputError)


def test_check__names_unit_and_line_of_a_home_that_a_city_does_not_have(tmp_path):
    rows = [("Regu 1", "patroli", 10, "kpu"), ("Regu 2", "patroli", 10, "rssa-lama")]
    path = made(tmp_path, rows, header=("Satuan", "Jenis", "Kekuatan", "Kedudukan"))
    assert run("force", "import", path, "-o", tmp_path / "f.yaml").exit_code == 0
    assert run("force", "check", tmp_path / "f.yaml").exit_code == 0
    answer = run("force", "check", tmp_path / "f.yaml", "--city", "malang", "--json")
    assert answer.exit_code == 2
    (finding,) = json.loads(answer.stdout)["findings"]
    line = next(i for i, text in enumerate((tmp_path / "f.yaml").read_text().splitlines(), 1) if "regu-2" in text)
    assert (finding["where"], finding["field"]) == (f"{tmp_path / 'f.yaml'}:{line}", "home of regu-2")


def test_export__does_not_overwrite_what_may_be_filled_by_hand(tmp_path):
    out = tmp_path / "r.csv"
    out.write_text("mine")
    answer = run("force", "export", "malang-500", "-o", out)
    assert isinstance(answer.exception, InputError)
    assert out.read_text() == "mine"
    assert run("force", "export", "malang-500", "-o", out, "--replace").exit_code == 0
