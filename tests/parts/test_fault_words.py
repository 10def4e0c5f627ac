"""What users read of a fault, in Indonesian: every sentence of the code, of pydantic and of the system."""

import errno
import json
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import pydantic
import pytest

import sispamkota.cli as program
from laws.worlds import inputs
from parts.told import raw_words, told
from sispamkota.errors import (
    EngineError,
    Fault,
    Faults,
    InputError,
    StoreError,
    UnknownPlaceError,
    quoted,
    reason,
    suggest,
)
from sispamkota.fault_words import in_indonesian, tell
from sispamkota.inputs import DATA, Model, read_yaml, validate
from sispamkota.rehearsal import Ensemble, rehearse
from sispamkota.words import LANGUAGES

BOOK = tomllib.loads((DATA / "locale" / "faults.id.toml").read_text(encoding="utf-8"))
GAP = re.compile(r"\{\d*\}")


def test_fault_words__every_sentence_that_the_code_tells_has_its_indonesian_and_none_is_left_over():
    sentences = told()
    assert len(sentences) > 700
    missing = {text: sorted(where) for text, where in sentences.items() if text not in BOOK["told"]}
    assert not missing, "add to data/locale/faults.id.toml: " + "; ".join(f"{k!r} ({v[0]})" for k, v in missing.items())
    assert not set(BOOK["told"]) - set(sentences), "told by nothing any more"
    assert not set(BOOK["told"]) & set(BOOK["outside"])


@pytest.mark.parametrize("table", ["told", "outside"])
def test_fault_words__no_part_is_lost_and_no_english_is_left(table):
    english = re.compile(r"\b(the|of|is|are|and|not|with|which|must|should|give|write|file|none|its)\b")
    for key, said in BOOK[table].items():
        assert len(GAP.findall(key)) == len(GAP.findall(said)), key
        # without values, options, keys and names of files
        ours = re.sub(r'"[^"]*"|`[^`]*`|--?\w[-\w]*|\w+:|[\w/]+\.\w+', "", said)
        if not {"Fix geometries", "yes, no or -1", "vote, work or rest"} & {said, key} and "yes, private" not in key:
            assert not english.search(ours.lower().replace("fix geometries", "")), said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a day after 2024-11-27", "hari sesudah 2024-11-27"),
        ("None for kpu, bawaslu.", "Tidak ada untuk kpu, bawaslu."),
        ('Did you mean "kpu"?', 'Maksudnya "kpu"?'),
        ("Known: a, b, … (3 more)", "Yang dikenal: a, b, … (3 lagi)"),
        (
            'Did you mean "kpu"? Say what it is called with --map "their name=kode".',
            'Maksudnya "kpu"? Sebutkan nama kolomnya dengan --map "nama mereka=kode".',
        ),
        ('"a file at once"', '"a file at once"'),  # somebody's own value
        ("Jalan Veteran", "Jalan Veteran"),
        ("process 7 on posko since 2026-11-29 20:43:53", "proses 7 di posko sejak 2026-11-29 20:43:53"),
    ],
)
def test_fault_words__parts_and_suggestions_are_said_too(text, said):
    assert in_indonesian(text) == said


@pytest.mark.parametrize("known", [(), ("kpu", "bawaslu"), tuple(f"n{i:02}" for i in range(30))])
def test_fault_words__a_suggestion_is_never_left_english(known):
    for word in ("kpuu", "zzz"):
        assert not re.search(r"\b(did|known|there|more)\b", in_indonesian(suggest(word, known)))


@pytest.mark.parametrize(
    "said",
    ["It might help to specify the driver", "In file x.cpp, at line 3, it failed", "Unable to open x or y at all"],
)
def test_fault_words__a_sentence_of_a_library_is_left_whole(said):
    assert in_indonesian(said) == said


class Row(Model):
    """Hold one field of each type that files of ours have."""

    text: Annotated[str, pydantic.Field(min_length=2, max_length=3, pattern="^a")] = "ab"
    whole: Annotated[int, pydantic.Field(ge=0, le=9)] = 1
    figure: Annotated[float, pydantic.Field(gt=0, lt=9)] = 1.0
    flag: bool = True
    one: Literal["a", "b", "c"] = "a"
    many: Annotated[tuple[int, ...], pydantic.Field(min_length=2, max_length=3)] = (1, 2)
    table: dict[str, int] | None = None


@pytest.mark.parametrize(
    "line",
    [
        *("text: 1", "text: a", "text: abcd", "text: bb", "whole: x", "whole: 1.5", "whole: -1", "whole: 10"),
        *("figure: x", "figure: 0", "figure: 9", "flag: 3", "one: d", "many: 3", "many: [1]", "many: [1, 2, 3, 4]"),
        *("table: 3", "table: {a: x}", "tekst: a", "text: a\ntext: b", "text: *a", "text: !x a", "? [a]\n: b"),
        *("text: [", "text: a: b", "- a", "a", "text: {a: 1"),
    ],
)
def test_fault_words__what_the_library_says_of_a_file_is_said_in_indonesian(line, tmp_path):
    path = tmp_path / "row.yaml"
    path.write_text(line + "\n", encoding="utf-8")
    faults = Faults()
    try:
        validate(Row, read_yaml(path), faults)
    except InputError as error:
        faults.extend(error.faults)
    assert len(faults)
    for fault in faults:
        for part in (fault.expected, fault.got, fault.remedy):
            value = re.fullmatch(r"\"[^\"]*\"|[-0-9.]+|[\[{].*[\]}]", part)
            assert value or in_indonesian(part) != part, part


def test_fault_words__what_the_system_says_is_said_in_indonesian():
    for number in errno.errorcode:
        said = reason(OSError(number, os.strerror(number)))
        assert in_indonesian(said) != said, said


def test_fault_words__no_text_of_an_exception_goes_into_a_sentence_but_by_the_known_ways():
    """`reason` says it in words of ours and `quoted` in quotes; what is listed here is said in Indonesian elsewhere."""
    ours = {"KeyError", "_Broken", "EngineError"}  # raised by code of ours, with sentences that are in the book
    known = {"yaml.YAMLError", "json.JSONDecodeError"}  # their few sentences are in the book, under [outside]
    line = {"schema.py:read_quantities"}  # reads a number of a line
    found = raw_words()
    assert line < set(found)
    assert {place: kinds for place, kinds in found.items() if kinds - ours - known and place not in line} == {}


@pytest.mark.parametrize("error", [ValueError('Parquet "magic" bytes\nnot found'), RuntimeError(), MemoryError("x")])
def test_reason__has_no_word_of_a_library_and_a_quote_is_one_value(error):
    assert str(error) in ("", "x") or str(error) not in reason(error)
    assert in_indonesian(reason(error)) != reason(error)
    said = quoted(error)
    assert in_indonesian(said) == said
    assert in_indonesian(f"damaged content ({said})") == f"isi yang rusak ({said})"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A small result on the disk."""
    folder = tmp_path_factory.mktemp("kept") / "result"
    rehearse(*inputs(), replicates=12, seed=4).save(folder)
    return folder


FILES = ["rows.parquet", "responses.parquet", "ensemble.json", "manifest.json", "world/param.npy"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("content", [b"garbage", b"", None, b'{"kind": "ensemble"}', "cut", "other"])
def test_result__that_is_damaged_is_one_fault_without_a_word_of_english(kept, tmp_path, file, content):
    folder = tmp_path / "result"
    shutil.copytree(kept, folder)
    other = {".parquet": "sites.parquet", ".npy": "sites.parquet", ".json": "summary.json"}[(folder / file).suffix]
    whole = (folder / file).read_bytes()
    made = {"cut": whole[: len(whole) // 2], "other": (folder / other).read_bytes()}
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(made[content] if isinstance(content, str) else content)
    with pytest.raises(StoreError) as error:
        Ensemble.load(folder)
    said = tell(error.value, "id").replace(str(folder), "").replace("file:", "").replace("files:", "")
    assert "\n" not in said
    assert not re.search(r"\b(the|of|is|not|expected|got|found|file|reading|array|bytes|no|error|whole)\b", said), said


def test_summary__beside_the_tables_is_never_read(kept, tmp_path):
    """It is for other programs: what it says, right or wrong, changes no review."""
    folder = tmp_path / "result"
    shutil.copytree(kept, folder)
    whole = Ensemble.load(folder).to_json()
    assert (folder / "summary.json").read_text(encoding="utf-8") == whole
    for text in ("{broken", json.dumps({"measures": {"harm_people": {"median": 0.0}}})):
        (folder / "summary.json").write_text(text, encoding="utf-8")
        assert Ensemble.load(folder).to_json() == whole
    (folder / "summary.json").unlink()
    assert Ensemble.load(folder).to_json() == whole


@pytest.mark.parametrize("kind", [InputError, StoreError, UnknownPlaceError])
def test_tell__english_is_as_before_and_indonesian_has_every_fault(kind):
    fault = Fault("plan.yaml:3", "people", "a number", '"x"', "correct it.")
    error = kind([fault] * 53)
    assert tell(error, "en") == str(error)
    lines = tell(error, "id").splitlines()
    assert lines[0] == 'plan.yaml:3: people: seharusnya angka, tetapi "x". Perbaiki.'
    assert len(lines) == 51
    assert lines[-1] == "… dan 3 kesalahan lagi"


def test_tell__a_plain_sentence_is_said_too():
    assert tell(EngineError("no plan was found in 3 s: give more seconds or fewer posts"), "id").startswith("tidak ada")


@pytest.mark.parametrize("given", [["--lang", "{}"], ["--lang={}"]])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_cli__a_fault_is_told_in_the_language_that_the_command_asks_for(given, lang, monkeypatch, capsys):
    words = ["sispamkota", "force", "show", "malang-50", *(each.format(lang) for each in given)]
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setenv("LC_ALL", "id_ID.UTF-8" if lang == "en" else "en_US.UTF-8")
    with pytest.raises(SystemExit) as end:
        program.main()
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert ("seharusnya" in said) == (lang == "id")
    assert ("expected" in said) == (lang == "en")


def test_cli__a_wrong_language_is_a_fault_in_the_language_of_the_locale(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["sispamkota", "force", "show", "--lang", "fr"])
    monkeypatch.setenv("LC_ALL", "id_ID.UTF-8")
    with pytest.raises(SystemExit):
        program.main()
    assert "--lang: language: seharusnya id atau en" in capsys.readouterr().err


def test_told__reads_the_code_that_it_is_run_on():
    assert Path(program.__file__).parent.parent == DATA.parent
