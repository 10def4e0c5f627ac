import re
from datetime import date
from typing import get_args

import pytest

from sispamkota.errors import InputError
from sispamkota.force.doctrine import (
    CAPABILITIES,
    VEHICLES,
    Capability,
    Vehicle,
    doctrine,
    norm,
    norms,
    read_doctrine,
)

NORM = """kind: doctrine
version: 1
norms:
  fire.response_s:
    unit: s
    id: Waktu tanggap
    en: Response time
    values:
      - {value: 600, since: "2020", until: "2023", source: S1, tag: official}
      - {value: 900, since: 2024-01-01, source: S2, tag: reported}
      - {value: 420, since: 2024-06-01, source: S3, tag: reported, mark: "~"}
"""


@pytest.fixture
def book(tmp_path):
    def write(*texts):
        paths = [tmp_path / f"{i}.yaml" for i in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        return read_doctrine(*paths)

    return write


def faults_of(book, *texts):
    with pytest.raises(InputError) as caught:
        book(*texts)
    return [(fault.where.rsplit("/", 1)[1], fault.field) for fault in caught.value.faults]


# --- dated values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "values"),
    [
        ("2020-01-01", [600]), ("2023-12-31", [600]), ("2024-01-01", [900]), ("2024-05-31", [900]),
        ("2024-06-01", [900, 420]),
        (date(2030, 1, 1), [900, 420]),
    ],
)  # fmt: skip
def test_norm__holds_from_its_first_day_to_its_last(book, on, values):
    own = book(NORM)
    assert [each.value for each in norms("fire.response_s", on=on, own=own)][: len(values)] == values
    assert norm("fire.response_s", on=on, own=own).value == values[0]


def test_norm__sources_that_disagree_are_all_kept():
    held = norms("malang.linmas_people", on="2024-11-27")
    assert [(each.value, each.source) for each in held] == [(2360, "S8"), (2364, "S10")]
    assert {each.mark for each in held} == {"~"}


def test_norm__own_file_goes_before_ours(book):
    assert norm("fire.response_s", on="2024-11-27").value == 900
    own = book(NORM.replace("value: 900", "value: 800"))
    assert norm("fire.response_s", on="2024-11-27", own=own).value == 800
    assert norm("unit.ssk_people", on="2024-11-27", own=own).value == 100


def test_norm__unknown_name_and_a_day_without_value_say_so():
    with pytest.raises(KeyError, match=r'did you mean "fire.response_s"'):
        norm("fire.respons_s", on="2024-11-27")
    with pytest.raises(KeyError, match="no value on 2024-11-27, only from 2026-01-26"):
        norm("police.response_s", on="2024-11-27")


def test_norm__the_rule_of_kota_malang_in_2024():
    found = norm("tps.police_ratio", on="2024-11-27")
    assert (found.value, found.unit, found.source, found.tag) == (12, "TPS per 2 police", "S9", "reported")


# --- what the files hold ----------------------------------------------------------------------------------------------


def test_doctrine__every_figure_has_a_source_that_exists(shared):
    """Each S-key of ours is in doctrine.md's list; other sources name a data file or a section of doctrine.md."""
    text = (shared / "doctrine.md").read_text(encoding="utf-8")
    known = set(re.findall(r"\bS\d+\b", text[text.index("## Sources") :]))
    book = doctrine()
    rows = [row for name in book.norms for row in book.norms[name]]
    rows += [
        row for table in (book.agencies, book.unit_kinds, book.stages, book.use_of_force) for row in table.values()
    ]
    assert len(rows) > 90
    for row in rows:
        keys = set(re.findall(r"\bS\d+\b", row.source))
        assert keys <= known, row
        assert keys or re.match(r"doctrine\.md|security_personnel\.csv", row.source), row


def test_doctrine__assumed_figures_have_a_range():
    for values in doctrine().norms.values():
        for each in values:
            assert each.low <= each.value <= each.high
            assert each.tag != "assumed" or each.low < each.high or each.name == "tps.armed_inside", each.name


def test_doctrine__closed_lists_are_the_same_twice():
    """The engine's codes are positions in the tuples; the models use the literals."""
    assert get_args(Capability) == CAPABILITIES
    assert get_args(Vehicle) == VEHICLES


def test_doctrine__eight_agencies_six_stages_of_force_three_levels():
    book = doctrine()
    assert set(book.agencies) == {
        "polri", "brimob", "tni", "dishub", "damkar", "satpol_pp", "relawan_ambulans", "linmas",
    }  # fmt: skip
    assert list(book.use_of_force) == list("123456")
    assert [(name, stage.level) for name, stage in book.stages.items()] == [("hijau", 0), ("kuning", 1), ("merah", 2)]
    assert {kind.agency for kind in book.unit_kinds.values()} == set(book.agencies)


def test_doctrine__tear_gas_and_firearms_need_a_named_authority():
    by_stage = {number: stage.authority for number, stage in doctrine().use_of_force.items()}
    assert by_stage == {"1": "", "2": "", "3": "", "4": "", "5": "kapolda", "6": "kapolda"}


def test_doctrine__the_stage_calls_units_of_its_level_and_who_can_talk():
    book = doctrine()
    for stage in book.stages.values():
        levels = {book.unit_kinds[name].level for name in stage.kinds}
        assert stage.level in levels
        assert max(levels) == stage.level
    assert "negosiator" in book.stages["hijau"].kinds
    assert "negosiator" in book.stages["kuning"].kinds


@pytest.mark.parametrize(
    ("kind", "people"),
    [("phh_brimob", 100), ("dalmas_awal", 30), ("dalmas_lanjut", 30), ("patroli", 10), ("satpol_pp", 10)],
)
def test_doctrine__units_have_the_size_that_sources_give(kind, people):
    assert doctrine().unit_kinds[kind].people == people


# --- the format -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("value: 600, ", "", ("0.yaml:9", "norms.fire.response_s.values[0].value")),
        ("tag: official", "tag: guessed", ("0.yaml:9", "norms.fire.response_s.values[0].tag")),
        ("tag: official", "tag: assumed", ("0.yaml:9", "norms.fire.response_s.values[0]")),
        ("value: 600", "value: 600, low: 700", ("0.yaml:9", "norms.fire.response_s.values[0]")),
        ('until: "2023"', 'until: "2019"', ("0.yaml:9", "norms.fire.response_s.values[0]")),
        ("since: 2024-01-01", "since: 2024-02-31", ("0.yaml:10", "norms.fire.response_s.values[1]")),
        ("since: 2024-01-01", "since: 1 January", ("0.yaml:10", "norms.fire.response_s.values[1].since")),
        ("source: S1", 'source: ""', ("0.yaml:9", "norms.fire.response_s.values[0].source")),
        ("unit: s", "units: s", ("0.yaml:5", "norms.fire.response_s.units")),
    ],
)
def test_read_doctrine__a_fault_by_line_and_field(book, old, new, fault):
    assert old in NORM
    assert fault in faults_of(book, NORM.replace(old, new))


def test_read_doctrine__all_faults_of_all_files(book):
    broken = NORM.replace("tag: official", "tag: x").replace("    unit: s\n", "")
    assert faults_of(book, broken, "kind: doctrine\nversion: 1\nnroms: {}\n", "- a\n") == [
        ("0.yaml:4", "norms.fire.response_s.unit"),
        ("0.yaml:8", "norms.fire.response_s.values[0].tag"),
        ("1.yaml:3", "nroms"),
        ("2.yaml:1", "file"),
    ]


def test_read_doctrine__a_bad_value_is_told_once(book):
    """Where the only value is bad, that the list is then too short is no second fault."""
    lines = NORM.replace("tag: official", "tag: x").splitlines()[:9]
    assert faults_of(book, "\n".join(lines)) == [("0.yaml:9", "norms.fire.response_s.values[0].tag")]


def test_read_doctrine__a_name_in_two_files_is_a_fault(book):
    assert faults_of(book, NORM, NORM) == [("1.yaml:4", "norms.fire.response_s")]


def test_read_doctrine__names_that_rows_use_must_exist(book):
    text = """kind: doctrine
version: 1
unit_kinds:
  regu: {id: a, en: b, agency: polri, capabilities: [patrol], level: -1, vehicle: car, people: 10, low: 1, high: 12,
         source: S1, tag: reported}
stages:
  hijau: {id: a, en: b, crowd_id: a, crowd_en: b, level: 0, kinds: [reguu], handover: "", control: x, source: S1,
          tag: reported}
"""
    assert faults_of(book, text) == [("0.yaml:4", "unit_kinds.regu.agency"), ("0.yaml:7", "stages.hijau.kinds")]


def test_read_doctrine__a_kind_has_an_ordered_size(book):
    text = """kind: doctrine
version: 1
unit_kinds:
  regu: {id: a, en: b, agency: polri, capabilities: [fly], level: 3, vehicle: boat, people: 10, low: 1, high: 12,
         source: S1, tag: reported}
"""
    assert [field.rsplit(".", 1)[1] for _, field in faults_of(book, text)] == ["capabilities[0]", "level", "vehicle"]
    text = (
        text.replace("fly", "patrol")
        .replace("level: 3", "level: 0")
        .replace("boat", "car")
        .replace("low: 1,", "low: 11,")
    )
    assert faults_of(book, text) == [("0.yaml:4", "unit_kinds.regu")]
