"""The list of events as a workbook: what is written reads back, and a spoilt file is told whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.exercise import ExerciseFile, load_exercise
from sispamkota.exercise.exercise_file import Item
from sispamkota.exercise.msel import read_msel, write_kit, write_msel
from sispamkota.words import words

runner = CliRunner()

LANGS = ("id", "en")


@pytest.fixture(scope="module")
def file() -> ExerciseFile:
    """The embedded exercise."""
    return load_exercise("kpu-bawaslu")


@pytest.mark.parametrize("lang", LANGS)
def test_msel__comes_back_as_it_was(file: ExerciseFile, tmp_path: Path, lang: str) -> None:
    path = write_msel(file, tmp_path / "a.xlsx", lang=lang)
    assert read_msel(path) == file.items
    assert path.read_bytes() == write_msel(file, tmp_path / "b.xlsx", lang=lang).read_bytes()


def test_msel__keeps_texts_that_a_spreadsheet_would_change(file: ExerciseFile, tmp_path: Path) -> None:
    odd = Item(
        id="1-2", at_min=12.5, to=("kpu", "hospital:rsi-unisma"), text_id="=1+1", text_en="Jumlah 3\nbaris kedua",
        expected_id="Total", expected_en="-",
    )  # fmt: skip
    items = (odd, *file.items)
    path = write_msel(file.model_copy(update={"items": items}), tmp_path / "a.xlsx")
    assert read_msel(path) == items


def _spoil(file: ExerciseFile, path: Path, cells: dict[str, Any]) -> Path:
    write_msel(file, path)
    book = openpyxl.load_workbook(path)
    for name, value in cells.items():
        book["MSEL"][name] = value
    book.save(path)
    return path


def test_msel__tells_every_fault_with_sheet_row_and_column(file: ExerciseFile, tmp_path: Path) -> None:
    spoilt = {"A3": "pemberitahuan", "B4": "segera", "C5": "kpuu", "D6": None, "B7": -5}
    path = _spoil(file, tmp_path / "a.xlsx", spoilt)
    with pytest.raises(InputError) as found:
        read_msel(path)
    t = words("id")
    told = {(fault.where, fault.field) for fault in found.value.faults}
    assert told == {
        (f"{path}:MSEL!3", t("msel.id")),
        (f"{path}:MSEL!4", t("msel.at_min")),
        (f"{path}:MSEL!5", t("msel.to")),
        (f"{path}:MSEL!6", t("msel.text_id")),
        (f"{path}:MSEL!7", t("msel.at_min")),
    } | ({(f"{path}:MSEL!4", "at_min")} & told)
    assert any("kpu" in fault.remedy for fault in found.value.faults)


def test_msel__tells_a_missing_column_and_another_kind_of_file(file: ExerciseFile, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="text_en"):
        read_msel(_spoil(file, tmp_path / "a.xlsx", {"E1": "lain"}))
    (tmp_path / "a.pdf").write_bytes(b"x")
    with pytest.raises(InputError, match=r"\.xlsx, \.xlsm or \.ods"):
        read_msel(tmp_path / "a.pdf")
    with pytest.raises(InputError):
        read_msel(tmp_path / "nothing.xlsx")


@pytest.mark.parametrize("lang", LANGS)
def test_kit__has_a_sheet_and_a_page_an_objective_with_blank_ratings(
    file: ExerciseFile, tmp_path: Path, lang: str
) -> None:
    pdf = pytest.importorskip("pypdfium2")
    book = openpyxl.load_workbook(write_kit(file, tmp_path / "a.xlsx", lang=lang))
    assert len(book.sheetnames) == 1 + len(file.objectives)
    for name, objective in zip(book.sheetnames[1:], file.objectives, strict=True):
        rows = list(book[name].iter_rows(min_row=2, max_row=1 + len(objective.tasks), values_only=True))
        assert [row[0] for row in rows] == [getattr(task, f"title_{lang}") for task in objective.tasks]
        assert all(not any(row[3:]) for row in rows)
    pages = pdf.PdfDocument(write_kit(file, tmp_path / "a.pdf", lang=lang))
    assert len(pages) == len(file.objectives)
    for page, objective in zip(pages, file.objectives, strict=True):
        text = " ".join(page.get_textpage().get_text_bounded().split())
        assert all(getattr(task, f"title_{lang}") in text for task in objective.tasks)
        assert words(lang)("page.mark_service") in text
    with pytest.raises(InputError, match="pdf or"):
        write_kit(file, tmp_path / "a.docx")


def test_new__takes_the_events_of_a_workbook(file: ExerciseFile, tmp_path: Path) -> None:
    """The kit of an exercise, changed in a spreadsheet, is the list of a new one, whose kit is that again."""
    pytest.importorskip("sqlalchemy")
    path = _spoil(
        file, tmp_path / "a.xlsx", {"B3": 33, "C4": "hospital:rsi-unisma, kpu", "D5": "Teks baru", "A6": "lain"}
    )
    done = runner.invoke(app, ["exercise", "new", "--msel", str(path), "-o", str(tmp_path / "room"), "--lang", "en"])
    assert done.exit_code == 0, done.output
    made = load_exercise(tmp_path / "room" / "exercise.yaml")
    assert made.items == read_msel(path)
    assert made.items != file.items
    assert (made.items[1].at_min, made.items[2].to, made.items[3].text_id) == (
        33,
        ("hospital:rsi-unisma", "kpu"),
        "Teks baru",
    )
    assert made.model_copy(update={"items": file.items}) == file, "nothing else has changed"
    out = tmp_path / "again.xlsx"
    done = runner.invoke(app, ["exercise", "kit", str(tmp_path / "room" / "exercise.yaml"), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert read_msel(out) == made.items


def test_new__lists_every_fault_of_a_workbook_and_makes_nothing(file: ExerciseFile, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    path = _spoil(file, tmp_path / "a.xlsx", {"A3": "pemberitahuan", "C5": "kpuu", "D6": None, "B7": -5})
    done = runner.invoke(app, ["exercise", "new", "--msel", str(path), "-o", str(tmp_path / "room"), "--lang", "en"])
    assert isinstance(done.exception, InputError)  # which the command's edge prints, and exits 2
    assert {fault.where for fault in done.exception.faults} == {f"{path}:MSEL!{row}" for row in (3, 5, 6, 7)}
    assert not (tmp_path / "room").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]


# --- persons, and everything at once ----------------------------------------------------------------------------------

PHONE, NAMED = "Hubungi 0812-3456-7890 segera.", "Bapak Suparman menunggu di gerbang."


def test_msel__a_workbook_that_names_persons_is_refused_with_where_and_not_what(
    file: ExerciseFile, tmp_path: Path
) -> None:
    path = _spoil(file, tmp_path / "a.xlsx", {"D3": PHONE, "E4": NAMED, "G5": f"Catat. {PHONE}", "C6": "kpuu"})
    with pytest.raises(InputError) as found:
        read_msel(path)
    t = words("id")
    told = {(fault.where, fault.field, fault.got) for fault in found.value.faults}
    assert told == {
        (f"{path}:MSEL!3", f"{t('msel.text_id')}:9-22", "a telephone number"),
        (f"{path}:MSEL!4", f"{t('msel.text_en')}:1-14", "a name behind a form of address"),
        (f"{path}:MSEL!5", f"{t('msel.expected_en')}:16-29", "a telephone number"),
        (f"{path}:MSEL!6", t("msel.to"), '"kpuu"'),
    }
    assert "0812" not in str(found.value)
    assert "Suparman" not in str(found.value)


def test_msel__a_missing_column_hides_no_other_fault(file: ExerciseFile, tmp_path: Path) -> None:
    spoilt = {"E1": "lain", "C5": "kpuu", "B7": -5, "A8": "pemberitahuan", "A3": "pemberitahuan", "C3": "kpuu"}
    path = _spoil(file, tmp_path / "a.xlsx", spoilt)
    with pytest.raises(InputError) as found:
        read_msel(path)
    rows = {fault.where.rpartition("!")[2] for fault in found.value.faults}
    assert rows >= {"1", "3", "5", "7", "8"}, "a second name is told, though the row of the first has faults too"


def test_exercise_file__tells_every_fault_at_once_with_its_line(file: ExerciseFile, tmp_path: Path) -> None:
    import yaml

    plain = file.model_dump(mode="json")
    plain["items"][0] |= {"text_id": NAMED, "at_min": "segera"}
    plain["items"][1] |= {"expected_en": PHONE, "to": ["kpuu"], "id": plain["items"][0]["id"]}
    plain["objectives"][0]["tasks"][0] |= {"role": "polres", "standard_id": f"Telepon. {PHONE}"}
    plain |= {"title_id": "Gladi AKP Suparman", "sedd": 3}
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=1000), encoding="utf-8")
    with pytest.raises(InputError) as found:
        load_exercise(path)
    told = {fault.field: fault for fault in found.value.faults}
    assert set(told) == {
        "items[0].text_id:1-14",
        "items[0].at_min",
        "items[1].expected_en:9-22",
        "items[1]",
        "items[1].id",
        "objectives[0]",
        "objectives[0].tasks[0].standard_id:18-31",
        "title_id:7-18",
        "sedd",
    }
    lines = path.read_text(encoding="utf-8").splitlines()
    for field, key in (("items[0].text_id:1-14", "text_id: Bapak"), ("title_id:7-18", "title_id:"), ("sedd", "sedd:")):
        where, _, line = told[field].where.rpartition(":")
        assert (where, key in lines[int(line) - 1]) == (str(path), True), field
    assert load_exercise(_kept(plain, tmp_path), private=False).title_id == "Gladi AKP Suparman"


def _kept(plain: dict[str, Any], folder: Path) -> Path:
    """The file of a room that was made before texts were looked through: nothing is wrong with it but that."""
    import yaml

    good = load_exercise("kpu-bawaslu").model_dump(mode="json") | {"title_id": plain["title_id"]}
    path = folder / "kept.yaml"
    path.write_text(yaml.safe_dump(good, allow_unicode=True, sort_keys=False), encoding="utf-8")
    with pytest.raises(InputError, match="title_id"):
        load_exercise(path)
    return path


def test_new__lists_the_faults_of_the_file_and_of_its_workbook_together(file: ExerciseFile, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    import yaml

    book = _spoil(file, tmp_path / "a.xlsx", {"D3": PHONE, "C5": "kpuu"})
    own = tmp_path / "own.yaml"
    plain = file.model_dump(mode="json") | {"title_en": f"Call {PHONE}", "replicate": -1}
    own.write_text(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), encoding="utf-8")
    done = runner.invoke(app, ["exercise", "new", str(own), "--msel", str(book), "-o", str(tmp_path / "room")])
    assert isinstance(done.exception, InputError)
    fields = {fault.field for fault in done.exception.faults}
    t = words("id")
    assert fields == {"replicate", "title_en:14-27", f"{t('msel.text_id')}:9-22", t("msel.to")}
    assert not (tmp_path / "room").exists()
