"""A line that a stage asks for is no call for help: it is told apart, and no standard is held against it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sispamkota.place import City
from sispamkota.plan import Plan
from sispamkota.rehearsal import Scenario, rehearse
from sispamkota.review.answers import _well
from sispamkota.review.pdf import report_book
from sispamkota.review.report import render_report
from sispamkota.review.summary import choices, describe
from sispamkota.words import words

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


def test_quiet__every_measure_is_zero_but_the_reserve():
    """No bed is taken at the start either: a counter above zero on a day without events would be the engine's."""
    played = rehearse(Scenario.load("quiet"), Plan.load("malang-500"), City.load("malang"), replicates=2, seed=3)
    rows = played.rows.drop(columns=["replicate", "status", "reason", "reserve_low_people"])
    assert (rows.fillna(0.0).to_numpy(float) == 0.0).all()


def test_kept__stands_on_calls_enough_and_names_the_latest_place():
    """Nine calls in time are no promise kept; what is kept says over how many calls, and where it was kept least."""
    quiet = make_ensemble(quiet=True)
    calls = quiet.responses
    few = calls[calls.service == "fire"].head(9).assign(seconds=60.0)
    police = calls[calls.service == "police"].assign(seconds=60.0)
    police = police.assign(seconds=np.where((police.place == "kpu") & (police.index % 3 == 0), 1500.0, 60.0))
    summary = describe(replace(quiet, responses=pd.concat([few, police])), lang="en")
    (kept,) = (each for each in _well(summary, choices()["well"], words("en")) if each.key == "well.kept")
    assert kept.sentence == "Help from the police came within the standard."
    assert f", {len(police):,} calls." in kept.evidence
    assert "Most late calls at KPU Kota Malang: " in kept.evidence
