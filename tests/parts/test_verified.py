"""What is shown of the cases: the page with its table and pictures, and the command in both languages."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from matplotlib import pyplot as plt
from typer.testing import CliRunner

from parts.grid import ROOT
from sispamkota.cli import app
from sispamkota.plotting import save_figure
from sispamkota.verification import CASES, Row, cases, figures, verify
from sispamkota.verification.motion_figure import draw_diagram
from sispamkota.words import words

PAGE = ROOT / "docs" / "explanation" / "verification.md"
KIND = r"(?: \| (?:\d+/\d+|–)){4}"
LINE = re.compile(rf"^\| `(\w+)` \| (.+?) \| (\d+){KIND} \| (\d+) \| (.*?) \|$", re.MULTILINE)
CHEAP = ("weidmann", "triage", "attraction", "siting", "philox")
GOOD = Row("triage", "a quantity", "a source", 1.0, 1.05, 0.1)


def tool(name):
    spec = importlib.util.spec_from_file_location(f"{name}_tool", ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def played(monkeypatch, *rows):
    """Let the case `triage` yield these rows."""
    monkeypatch.setitem(cases.CASES, "triage", lambda: iter(rows))


# --- the page ---------------------------------------------------------------------------------------------------------


def test_page__its_table_has_every_case_in_both_languages_and_adds_up():
    text = PAGE.read_text(encoding="utf-8")
    told = {name: (what, int(rows), int(met), missed) for name, what, rows, met, missed in LINE.findall(text)}
    assert list(told) == list(CASES)
    for name, (what, rows, met, missed) in told.items():
        assert what == f"{words('en')(f'verify.{name}')} · *{words('id')(f'verify.{name}')}*"
        assert (missed == "–") == (rows == met)
    total = re.search(rf"^\| all \| \| (\d+){KIND} \| (\d+) \|", text, re.MULTILINE)
    assert (int(total[1]), int(total[2])) == tuple(sum(each[i] for each in told.values()) for i in (1, 2))
    by_kind = re.findall(r"(\d+)/(\d+)", total[0])
    assert [sum(int(each[i]) for each in by_kind) for i in (1, 0)] == [int(total[1]), int(total[2])]


def test_page__its_table_is_what_the_cases_say():
    told = {name: (int(rows), int(met)) for name, _, rows, met, _ in LINE.findall(PAGE.read_text(encoding="utf-8"))}
    for name in CHEAP:
        rows = list(verify([name]))
        assert told[name] == (len(rows), sum(row.met for row in rows)), name


def points(path):
    """What a picture draws: the points of each line and area, and where each marker stands, in 1/72 inch."""
    drawn = []
    for each in ET.parse(path).iter():
        if each.tag.endswith("}path"):
            drawn.append([float(number) for number in re.findall(r"-?\d+\.?\d*", each.get("d"))])
        elif each.tag.endswith("}use"):
            drawn.append([float(each.get("x", 0.0)), float(each.get("y", 0.0))])
    return drawn


def is_fresh(axes, path, scratch):
    """Hold a picture against the figure as it is drawn now."""
    fresh, kept = points(save_figure(axes, scratch / path.name)), points(path)
    remedy = f"{path.name} is not of today's figures: python tools/figures.py {path.stem}"
    assert [len(each) for each in kept] == [len(each) for each in fresh], remedy
    for there, here in zip(kept, fresh, strict=True):
        assert there == pytest.approx(here, abs=0.5), remedy


def test_page__its_pictures_are_those_of_its_lines(monkeypatch, tmp_path):
    monkeypatch.setenv("LC_ALL", "en")
    gallery, seen = tool("figures"), set()
    for name, axes, path in gallery.drawn(page=gallery.CASES):
        seen.add(name)
        texts = {"".join(each.itertext()).strip() for each in ET.parse(path).iter() if each.tag.endswith("}text")}
        key = axes.get_legend()
        said = {axes.get_title(loc="left"), axes.get_ylabel(), *(each.get_text() for each in key.get_texts())}
        said |= set(axes.get_xlabel().split("\n"))
        assert {each for each in said if each} <= texts, name
        assert path.stat().st_size < 200_000
        is_fresh(axes, path, tmp_path)
        plt.close(axes.figure)
    assert seen == set(figures.FIGURES)


def test_motion__its_diagram_is_what_people_walk_now(tmp_path):
    is_fresh(draw_diagram(lang="en"), ROOT / "docs" / "img" / "motion" / "fundamental.svg", tmp_path)


def test_picture__of_other_figures_is_noticed(tmp_path):
    other, kept = figures.walking(lang="en"), tmp_path / "kept.svg"
    other.get_lines()[0].set_ydata(other.get_lines()[0].get_ydata() * 1.05)
    save_figure(other, kept)
    (tmp_path / "fresh").mkdir()
    with pytest.raises(AssertionError, match="not of today's figures"):
        is_fresh(figures.walking(lang="en"), kept, tmp_path / "fresh")


def test_table__is_written_of_rows():
    made = tool("verified").table([GOOD, replace(GOOD, got=2.0, claimed=False)])
    assert "| `triage` |" in made
    assert "| 2 | – | – | 1/2 | – | 1 | a quantity: 2, expected 1 ± 0.1 |" in made
    assert made.endswith("| all | | 2 | – | – | 1/2 | – | 1 | 1 |\n")


def test_table__reads_what_the_command_prints_and_a_run_that_raised(monkeypatch):
    rows = [GOOD, replace(GOOD, got=2.0, claimed=False), replace(GOOD, got=math.nan, error="ValueError: x")]
    played(monkeypatch, *rows)
    told = json.loads(CliRunner().invoke(app, ["verify", "triage", "--json"]).stdout)["rows"]
    assert told[2]["got"] == "ValueError: x"
    read = [tool("verified").read(each) for each in told]
    assert read[:2] == rows[:2]
    assert (read[2].error, read[2].met) == ("ValueError: x", False)
    assert "a quantity: ValueError: x |" in tool("verified").table(read)


# --- the figures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("name", ["actives", "survival", "walking"])
def test_figures__speak_both_languages(name, lang):
    axes = getattr(figures, name)(lang=lang)
    assert axes.get_title(loc="left") == words(lang)(f"verify.fig_{name}")
    plt.close(axes.figure)


def test_all_rows__one_line_a_case_and_a_cross_beyond_the_tolerance():
    missed = replace(GOOD, case="siting", got=0.0, tolerance=0.0)
    axes = figures.all_rows([GOOD, missed], lang="en")
    assert [each.get_text() for each in axes.get_yticklabels()] == ["triage (1)", "siting (1)"]
    crosses = [line for line in axes.get_lines() if line.get_marker() == "x" and len(line.get_xdata())]
    assert [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in crosses] == [(-figures.WIDEST, 1.0)]
    dots = [line for line in axes.get_lines() if line.get_marker() == "o" and len(line.get_xdata())]
    assert float(dots[0].get_xdata()[0]) == pytest.approx(0.5)
    plt.close(axes.figure)


# --- the command ------------------------------------------------------------------------------------------------------


def test_command__ends_with_1_for_a_claim_and_0_for_what_is_only_shown(monkeypatch):
    bad = replace(GOOD, got=2.0)
    for rows, code, verdict in (
        ([GOOD], 0, "met"),
        ([GOOD, bad], 1, "not met"),
        ([GOOD, replace(bad, claimed=False)], 0, "not met, not claimed"),
        ([GOOD, replace(GOOD, claimed=False)], 0, "met"),
    ):
        played(monkeypatch, *rows)
        ended = CliRunner().invoke(app, ["verify", "triage", "--json"])
        assert ended.exit_code == code
        told = json.loads(ended.stdout)["rows"]
        assert told[-1]["verdict"] == verdict
        assert set(told[-1]) == {"case", "quantity", "source", "expected", "got", "tolerance", "kind", "verdict"}


@pytest.mark.parametrize("lang", ["id", "en"])
def test_command__prints_cases_by_name_with_a_mark_a_row(monkeypatch, lang):
    bad = replace(GOOD, quantity="another", got=2.0)
    played(monkeypatch, GOOD, bad, replace(bad, quantity="a third", claimed=False))
    said = CliRunner().invoke(app, ["verify", "triage", "--lang", lang]).stdout
    lines = said.splitlines()
    assert lines[0] == f"triage: {words(lang)('verify.triage')}"
    assert [line.split()[0] for line in lines[1:4]] == ["✓", "✗", "–"]
    assert lines[1].strip() == "✓ a quantity: 1.05 (1 ± 0.1; a source)"
    assert lines[4] == words(lang)("cli.verify_sum", met=1, total=3)
    assert lines[5].strip() == words(lang)("cli.verify_reference", met=1, total=3)
    assert lines[6] == words(lang)("cli.verify_beyond", n=1)


def test_verify__says_which_case_begins():
    begun = []
    list(verify(["weidmann", "triage"], begin=begun.append))
    assert begun == ["weidmann", "triage"]
