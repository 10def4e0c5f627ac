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
