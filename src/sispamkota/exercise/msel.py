"""The list of events (MSEL) as a workbook, both ways, with the evaluators' sheets; YAML stays the master.

What is written reads back to equal events. A file that others changed is read with all its faults at once.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pydantic

from sispamkota.errors import Fault, Faults, InputError, shown, suggest
from sispamkota.missing import needs
from sispamkota.office_cells import Cell, as_text, read_column
from sispamkota.office_columns import Column
from sispamkota.office_files import Sheet, open_file
from sispamkota.office_header import find_header, match_columns
from sispamkota.store import atomic_write
from sispamkota.typesetting import typeset
from sispamkota.words import LANGUAGES, catalogue, words
from sispamkota.workbook import Page, add_sheet, timeless

from .exercise_file import ExerciseFile, Item, Reached, Task
from .privacy import private_faults
from .roles import roles

__all__ = ["read_msel", "write_kit", "write_msel"]

FIELDS = ("id", "at_min", "to", "text_id", "text_en", "expected_id", "expected_en", "when")
RATINGS = ("P", "S", "M", "U")
_TEXTS = ("text_id", "text_en", "expected_id", "expected_en")
_NEEDED = ("id", "to", "text_id", "text_en")
_WIDTHS = (18, 9, 22, 46, 46, 40, 40, 18)
_SUFFIXES = (".xlsx", ".xlsm", ".ods")
_TEMPLATE = Path(__file__).parent / "templates" / "kit.typ"


def _columns() -> tuple[Column, ...]:
    """Name the columns in both languages; a file in either is read."""
    said = [words(lang) for lang in LANGUAGES]
    return tuple(
        Column(
            name=name,
            kind="number" if name == "at_min" else "text",
            aliases=tuple(t(f"msel.{name}") for t in said),
            need=name in _NEEDED,
        )
        for name in FIELDS
    )


# --- out --------------------------------------------------------------------------------------------------------------


def write_msel(file: ExerciseFile, path: str | Path, *, lang: str = "id") -> Path:
    """Write the events and a blank evaluators' sheet for each objective as .xlsx; equal files give equal bytes.

    Raises InputError where openpyxl is not installed or the file cannot be written.
    """
    openpyxl, t = needs("openpyxl", "report", option=str(path)), words(lang)
    book, out = openpyxl.Workbook(write_only=True), io.BytesIO()
    rows = [_cells(item) for item in file.items]
    add_sheet(book, "MSEL", [t(f"msel.{name}") for name in FIELDS], rows, Page(_WIDTHS, "a4"))
    for n, objective in enumerate(file.objectives, 1):
        titles = [t(f"kit.{name}") for name in ("task", "role", "standard", *RATINGS, "remarks")]
        blank = [[*_task(task, lang).values(), *("" for _ in RATINGS), ""] for task in objective.tasks]
        lines = [["", "", "", *("" for _ in RATINGS), ""]]
        lines += [[each, "", "", *("" for _ in RATINGS), ""] for each in _heads(file, n, lang)]
        page = Page((44, 20, 40, 5, 5, 5, 5, 50), "a4", least=60.0)
        add_sheet(book, f"{t('kit.sheet')} {n}", titles, [*blank, *lines], page)
    book.save(out)
    with atomic_write(path) as draft:
        draft.write_bytes(timeless(out.getvalue()))
    return Path(path)


def _cells(item: Item) -> list[Any]:
    """Give the cells of an event."""
    at = item.at_min
    minute = int(at) if at is not None and at == int(at) else at
    when = "" if item.when is None else f"{item.when.place} {item.when.stage}"
    return [item.id, minute, ", ".join(item.to), item.text_id, item.text_en, item.expected_id, item.expected_en, when]


def _task(task: Task, lang: str) -> dict[str, str]:
    """Write a critical task: what, by whom, held against what."""
    return {
        "task": getattr(task, f"title_{lang}"),
        "role": getattr(roles()[task.role], lang),
        "standard": getattr(task, f"standard_{lang}"),
    }


def _heads(file: ExerciseFile, n: int, lang: str) -> list[str]:
    """Say what a sheet is about, and what the letters mean."""
    t, objective = words(lang), file.objectives[n - 1]
    about = [f"{t('kit.objective')} {n}: {getattr(objective, f'title_{lang}')}", getattr(file, f"title_{lang}")]
    return [*about, *(f"{letter}: {t(f'anev.rating_{letter}')}" for letter in RATINGS), t("kit.privacy")]


def write_kit(file: ExerciseFile, path: str | Path, *, lang: str = "id") -> Path:
    """Write the evaluators' sheets as .pdf, one page an objective with blank ratings, or the workbook as .xlsx.

    Raises InputError for another suffix, and where typst or openpyxl is not installed.
    """
    path = Path(path)
    if path.suffix.lower() == ".xlsx":
        return write_msel(file, path, lang=lang)
    if path.suffix.lower() != ".pdf":
        expected, remedy = "a name that ends in .pdf or .xlsx", "Give one of the two."
        raise InputError([Fault(str(path), "file", expected, shown(path.name), remedy)])
    t = words(lang)
    book = {
        "lang": lang,
        "title": getattr(file, f"title_{lang}"),
        "restricted": t("page.mark_service"),
        "objectives": [
            {"head": f"{t('kit.objective')} {n}", "title": getattr(each, f"title_{lang}"),
             "tasks": [_task(task, lang) for task in each.tasks]}
            for n, each in enumerate(file.objectives, 1)
        ],
        "ratings": [[letter, t(f"anev.rating_{letter}")] for letter in RATINGS],
        "words": {name: t(f"kit.{name}") for name in ("title", "seat", "day", "standard", "role", "remarks", "privacy")}
        | {"page": catalogue(lang)["paper.page"]},
    }  # fmt: skip
    made = typeset(_TEMPLATE, book, option=str(path))
    with atomic_write(path) as draft:
        draft.write_bytes(made)
    return path


# --- in ---------------------------------------------------------------------------------------------------------------


def read_msel(path: str | Path) -> tuple[Item, ...]:
    """Read the events of a workbook (.xlsx, .xlsm, .ods); raises InputError with every fault, by sheet, row, column."""
    path, faults, columns = Path(path), Faults(), _columns()
    if path.suffix.lower() not in _SUFFIXES:
        expected, remedy = "an .xlsx, .xlsm or .ods file", "Save the list as .xlsx."
        raise InputError([Fault(str(path), "file", expected, shown(path.name), remedy)])
    opened = open_file(path, faults, score=lambda each: find_header(each, columns, {})[1])
    items = () if opened is None else _items(path, opened, columns, faults)
    faults.raise_if_any()
    return items


def _items(path: Path, sheet: Sheet, columns: Sequence[Column], faults: Faults) -> tuple[Item, ...]:
    """Read the rows under the header; a blank row is none."""
    header, _ = find_header(sheet, columns, {})
    where = sheet.where(path, sheet.rows[header.rows[0]][0] if header.rows else 1)
    ours = match_columns(header, columns, {}, where=where, faults=faults).ours
    if not ours:
        return ()
    theirs = {name: header.names[column] for name, column in ours.items()}
    rows = [(n, cells) for n, cells in sheet.rows[header.last + 1 :] if any(as_text(cell).strip() for cell in cells)]
    minutes = [(sheet.where(path, n), _cell(cells, ours.get("at_min"))) for n, cells in rows]
    read = read_column(next(each for each in columns if each.name == "at_min"), minutes, faults)
    seen: dict[str, str] = {}
    items: list[Item] = []
    for (n, cells), minute in zip(rows, read.texts, strict=True):
        place = sheet.where(path, n)
        row = {name: as_text(_cell(cells, ours.get(name))).strip() for name in FIELDS if name != "at_min"}
        if row["id"] in seen:
            faults.add(
                where=place, field=theirs["id"], expected="a name of its own", got=shown(row["id"]),
                remedy=f"It stands at {seen[row['id']]} too: rename one.",
            )  # fmt: skip
        elif row["id"]:
            seen[row["id"]] = place
        items += _item(row, minute, place, theirs, faults)
    return tuple(items)


def _cell(cells: Sequence[Cell], column: int | None) -> Cell:
    return cells[column] if column is not None and column < len(cells) else ""


def _item(row: Mapping[str, str], minute: str, where: str, theirs: Mapping[str, str], faults: Faults) -> list[Item]:
    """Check one row; every fault of it under the column's name in the file. Gives its event where there is none."""
    before, to = len(faults), tuple(each.strip() for each in row["to"].replace(";", ",").split(",") if each.strip())
    for name in _NEEDED:
        if name in theirs and not row[name]:
            remedy = "Fill it in, or clear the whole row."
            faults.add(where=where, field=theirs[name], expected="a value", got="nothing", remedy=remedy)
    for role in to:
        if role.partition(":")[0] not in roles():
            remedy = suggest(role, roles())
            faults.add(where=where, field=theirs["to"], expected="roles", got=shown(role), remedy=remedy)
    for name in ("id", *_TEXTS):
        faults.extend(private_faults(row[name], where=where, field=theirs.get(name, name)))
    when = _when(row["when"], minute, where, theirs, faults)
    texts = {name: text for name, text in row.items() if name not in ("to", "when")}
    try:
        at = float(minute) if minute and not row["when"] else None
        item = Item(at_min=at, when=when, **texts, to=to or ("",))
    except (ValueError, pydantic.ValidationError):
        expected, remedy = "minutes since the start, 0 or more, or a blank for the shelf", "Correct this value."
        faults.add(
            where=where, field=theirs.get("at_min", "at_min"), expected=expected, got=shown(minute), remedy=remedy
        )
        return []
    return [item] if len(faults) == before else []


def _when(text: str, minute: str, where: str, theirs: Mapping[str, str], faults: Faults) -> Reached | None:
    """Read a condition: a place and a stage; the minute then stays blank."""
    if not text:
        return None
    if minute:
        remedy = f"Clear it, or the column {theirs['at_min']}."
        faults.add(
            where=where, field=theirs["when"], expected="a minute or a stage, not both", got=shown(text), remedy=remedy
        )
    place, _, stage = text.rpartition(" ")
    try:
        return Reached.model_validate({"place": place.strip(), "stage": stage.lower()})
    except pydantic.ValidationError:
        expected = "a place and its stage, kuning or merah, such as: kpu kuning"
        faults.add(where=where, field=theirs["when"], expected=expected, got=shown(text), remedy="Correct this value.")
        return None
