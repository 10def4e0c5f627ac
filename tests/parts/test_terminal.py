"""The terminal: quiet, 80 columns, assumptions before numbers, decimals under one another."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from parts.ensemble_fixture import make_ensemble
from sispamkota.review.terminal import aligned, render_terminal


def printed(*, lang: str = "id", quiet: bool = False, width: int = 80, **options) -> str:
    stream = io.StringIO()
    render_terminal(
        make_ensemble(quiet=quiet),
        lang=lang,
        console=Console(file=stream, width=width, **options),
        report="out/report.html",
    )
    return stream.getvalue()


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("quiet", [True, False])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_terminal__fits(lang, quiet, width):
    assert max(len(line) for line in printed(lang=lang, quiet=quiet, width=width).splitlines()) <= min(width, 100)


@pytest.mark.parametrize(
    ("lang", "first", "measure"), [("id", "Bertumpu pada 5", "Warga cedera"), ("en", "Rests on 5", "Civilians hurt")]
)
def test_terminal__assumptions_before_the_first_number(lang, first, measure):
    text = printed(lang=lang)
    assert text.index(first) < text.index(measure)


def test_terminal__speaks_its_language():
    indonesian, english = printed(lang="id"), printed(lang="en")
    assert "9,7" in indonesian
    assert re.search(r"Puncak jumlah orang hadir +2\.\d{3} ", indonesian)
    assert "9.7" in english
    assert re.search(r"Peak attendance +2,\d{3} ", english)
    assert "Laporan: out/report.html" in indonesian
    assert "Report: out/report.html" in english


def test_terminal__marks_follow_the_verdict():
    lines = printed(lang="id").splitlines()
    ends = {
        name: next(line for line in lines if line.startswith(f"Waktu tanggap {name}"))[-1]
        for name in ("polisi", "pemadam", "ambulans")
    }
    assert ends == {"polisi": "–", "pemadam": "✗", "ambulans": "✓"}


def test_terminal__no_colour():
    text = printed(force_terminal=True, color_system="truecolor")
    codes = {code for run in re.findall(r"\x1b\[([\d;]*)m", text) for code in run.split(";")}
    assert codes <= {"0", "1", "2", ""}  # reset, bold, dim: nothing that NO_COLOR would have to take away


def test_terminal__plain_stream_has_no_escapes():
    assert "\x1b" not in printed()


def test_terminal__quiet_says_so():
    assert "Tidak ada temuan" in printed(quiet=True)
    assert "1,5 dalam 100" in " ".join(printed(quiet=True).split())


def test_aligned__marks_stand_under_one_another():
    shown = aligned(["6", "10,2", "1.188", "8,25", ""])
    width = max(map(len, shown))
    lines = [text.rjust(width) for text in shown]
    assert {line.index(",") for line in lines if "," in line} == {len("1.188")}
    assert lines[0][4] == "6"
    assert lines[2].strip() == "1.188"
