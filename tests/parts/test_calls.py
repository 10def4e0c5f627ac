"""A line that a stage asks for is no call for help: it is told apart, and no standard is held against it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sispamkota.review.pdf import report_book
from sispamkota.review.report import render_report
from sispamkota.review.summary import describe

from .ensemble_fixture import make_ensemble
from .rehearsed import bare


def test_line__is_no_call_to_the_police():
    """Every wait for a crowd's line is the line's, and the police's own figures are of the other calls alone."""
    ensemble = bare()
    calls = ensemble.responses
    assert set(calls.loc[calls.kind == "unrest", "service"]) == {"line"}
    assert set(calls.loc[calls.service == "line", "kind"]) == {"unrest"}
    own = calls[(calls.service == "police") & (calls.outcome == "answered")].groupby("replicate")["seconds"].mean()
    rows = ensemble.rows.set_index("replicate")["response_police_s"]
    assert 0 < len(own) <= len(rows)
    np.testing.assert_allclose(rows.loc[own.index], own)
    assert rows.drop(own.index).isna().all()
    line, police = ensemble.measure("response_line_s"), ensemble.measure("response_police_s")
    assert (line.n, police.n) == ((calls.service == "line").sum(), (calls.service == "police").sum())
    assert line.standard is None
    assert police.standard == 10.0


@pytest.mark.parametrize("lang", ["id", "en"])
def test_line__that_is_long_in_coming_is_told_apart(lang):
    """Lines an hour late at an office make no late call; page and paper tell them, the public's edition does not."""
    quiet = make_ensemble(quiet=True)
    calls = quiet.responses
    here = (calls.place == "bawaslu") & (calls.service == "police")
    slow = calls.assign(service=np.where(here, "line", calls.service), seconds=np.where(here, 3600.0, calls.seconds))
    ensemble = replace(quiet, responses=slow)
    summary = describe(ensemble, lang=lang)
    assert [finding.key for finding in summary.findings] == ["line"]
    (late,) = (each for each in summary.late if each.service == "line")
    assert (late.verdict, late.standard, late.median.value) == ("none", None, 3600.0)
    slowest = {"id": "Paling lama di Bawaslu Kota Malang: median 60,0 menit.", "en": "Slowest at Bawaslu"}[lang]
    book, _ = report_book(ensemble, lang=lang, audience="service")
    assert slowest in render_report(ensemble, lang=lang)
    assert slowest in next(strip["said"] for strip in book["strips"] if strip["name"] == "line")
    public, _ = report_book(ensemble, lang=lang, audience="public")
    assert slowest not in render_report(ensemble, lang=lang, audience="public")
    assert "line" not in {strip["name"] for strip in public["strips"]}
