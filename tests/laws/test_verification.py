"""The published cases: none is hard-coded. A case whose parameter is changed is not met."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from laws.worlds import PLAIN
from sispamkota.kernels import epstein as kernel
from sispamkota.kernels import lattice
from sispamkota.verification import CASES, verify
from sispamkota.verification.casualties import ADULT, CHILD
from sispamkota.verification.epstein import RUN_2, Society, outbursts, play, start
from sispamkota.verification.epstein_plain import play_plain
from sispamkota.verification.hypercube import CITY, approximate, solve
from sispamkota.verification.kind import _OF_CASE, KINDS, kind, totals
from sispamkota.verification.motion import Built, Walked, motion
from sispamkota.verification.recruitment import LINEAR, THRESHOLD, mean_field
from sispamkota.verification.recruitment import play as lattice_play
from sispamkota.verification.row import Row, between, mean_row, range_row, share_row

# what is changed of each case, a word of the row that must notice, and how little of the case will do to see
CHANGED = [
    ("philox", {"flip": 1}, "word", {}),
    ("travel", {"factor": 1.001}, "difference", {}),
    ("oracle", {"engine": {"beta": 0.01}}, "part", {"worlds": 20}),
    ("erlang", {"factor": 1.001}, "formula", {"replicates": 2}),
    ("erlang", {"factor": 1.3}, "engine", {"replicates": 25}),
    ("service", {"factor": 1.3}, "engine", {"replicates": 100}),
    ("service", {"factor": 1.3}, "reference", {"replicates": 100}),
    ("hypercube", {"factor": 1.001}, "exact", {"looks": 50}),
    ("hypercube", {"factor": 1.001}, "plan's solver", {"looks": 50}),
    ("hypercube", {"factor": 1.3}, "engine", {"looks": 1500}),
    ("ambulance", {"factor": 1.15}, "minutes", {"replicates": 300}),
    ("siting", {"busy": 0.2}, "MEXCLP", {}),
    ("siting", {"demand": 0.5}, "MCLP, p = 1", {}),
    ("outbreak", {"factor": 1.001}, "chain", {"replicates": 50}),
    ("outbreak", {"factor": 1.3}, "engine", {"replicates": 2000}),
    ("outbreak", {"factor": 1.3}, "reference", {"replicates": 2000}),
    ("progeny", {"factor": 0.8}, "engine", {"replicates": 3000}),
    ("limit", {"factor": 1.1}, "violent", {"replicates": 40}),
    ("hazards", {"factor": 3}, "worlds", {"worlds": 10}),
    ("hawkes", {"factor": 0.99}, "formula", {"replicates": 4}),
    ("hawkes", {"factor": 0.9}, "rate", {"replicates": 10}),
    ("hawkes", {"factor": 0.8}, "ratio found", {"replicates": 4}),
    ("epstein", {"factor": 0.8}, "most active", {"seeds": 1}),
    ("epstein", {"factor": 0.9}, "L = 1 - T", {"seeds": 1}),
    ("epstein", {"factor": 0.95}, "rounded down, mean", {"seeds": 1}),
    ("recruitment", {"factor": 1.001}, "mean field", {"replicates": 2}),
    ("recruitment", {"factor": 1.5}, "lattice", {"replicates": 20}),
    ("unrest", {"factor": 1.02}, "growth", {"replicates": 20}),
    ("unrest", {"factor": 1.05}, "engine", {"replicates": 20}),
    ("unrest", {"factor": 1.1}, "beta found", {"replicates": 20}),
    ("attraction", {"sign": -1.0}, "police", {}),
    ("attraction", {"leak": 1e-6}, "people lost", {}),
    ("weidmann", {"free": 1.35}, "speed", {}),
    ("motion", {"how": Walked(pace=0.8)}, "40 m", {"parts": ("corridors",)}),
    ("motion", {"how": Walked(gap=1.6)}, "speed at", {"parts": ("diagram",), "lucks": 3}),
    ("motion", {"how": Walked(gap=0.5)}, "speed at 4", {"parts": ("diagram",), "lucks": 3}),
    ("motion", {"how": Walked(pace=0.5)}, "flow through", {"parts": ("flows",), "lucks": 3}),
    ("motion", {"built": Built(narrow=1.25)}, "0.8 m over 1 m", {"parts": ("flows",), "lucks": 3}),
    ("motion", {"built": Built(narrow=1.25)}, "1 m over 1.2 m", {"parts": ("flows",), "lucks": 3}),
    ("motion", {"built": Built(long=3.0)}, "10 m long over 2 m", {"parts": ("longer",), "lucks": 3}),
    ("motion", {"built": Built(inner=False)}, "beyond the walls", {"parts": ("corners",)}),
    ("motion", {"how": Walked(pace=0.5)}, "time round a corner", {"parts": ("corners",)}),
    ("motion", {"how": Walked(pace=0.9)}, "speed walked", {"parts": ("ages",)}),
    ("motion", {"how": Walked(pace=0.9)}, "within the band", {"parts": ("ages",)}),
    ("motion", {"built": Built(shut=0)}, "time with two exits", {"parts": ("exits",)}),
    ("motion", {"built": Built(farther=False)}, "farther exit", {"parts": ("choice",), "lucks": 3}),
    ("survival", {"factor": 1.2}, "T1", {}),
    ("triage", {"adult": replace(ADULT, fast=29.0)}, "30 breaths", {}),
    ("triage", {"adult": replace(ADULT, refill=1.9)}, "refill", {}),
    ("triage", {"child": replace(CHILD, slow=14.0)}, "14 breaths", {}),
    ("ishigami", {"a": 6.5}, "Sobol", {}),
    ("ishigami", {"b": 0.11}, "Morris", {}),
    ("choosing", {"factor": 0.4}, "chosen", {"trials": 200}),
    ("intervals", {"shift": 1.0}, "Wilson", {"ensembles": 2}),
    ("intervals", {"shift": 1.0}, "median of pooled", {"ensembles": 2}),
    ("intervals", {"shift": 1.5}, "mean wait", {"ensembles": 60}),
]
CHEAP = (
    "philox",
    "siting",
    "unrest",
    "attraction",
    "weidmann",
    "survival",
    "triage",
    "ishigami",
)
SMALL = Society(wide=13, high=11, citizens=0.85, cops=0.05, legitimacy=0.7, vision=3.3)


@cache
def as_it_is(name, few):
    """The rows of a case with nothing changed, of so much of it."""
    return tuple(CASES[name](**dict(few)))


def test_cases__each_can_be_changed():
    assert {name for name, *_ in CHANGED} == set(CASES)


@pytest.mark.skipif(PLAIN, reason="the plain form plays the laws; these are whole cases")
@pytest.mark.parametrize(("name", "changed", "word", "few"), CHANGED)
def test_case__is_not_met_when_what_is_played_changes(name, changed, word, few):
    """Rows with the word are all met as the case is, and one is not after the change: nothing else differs."""
    before = [row for row in as_it_is(name, tuple(few.items())) if word in row.quantity and row.claimed]
    assert before
    assert [row for row in before if not row.met] == []
    assert any(word in row.quantity and row.claimed and not row.met for row in CASES[name](**changed, **few))


@pytest.mark.skipif(PLAIN, reason="as above")
@pytest.mark.parametrize("name", CHEAP)
def test_case__is_met(name):
    rows = list(verify([name]))
    assert {row.case for row in rows} == {name}
    assert [row for row in rows if not row.met] == []


def test_rows__are_met_within_the_tolerance_and_never_by_nan():
    row = Row("c", "q", "s", 1.0, 1.1, 0.1000001)
    assert row.met
    assert replace(row, got=1.11).verdict == "not met"
    assert not replace(row, got=float("nan"), tolerance=float("inf")).met
    assert [between("c", "q", "s", 0.95, 1.0, got).met for got in (0.949, 0.95, 1.0, 1.001)] == [
        False,
        True,
        True,
        False,
    ]
    sample = np.random.default_rng(1).normal(3.0, 1.0, 400)
    assert mean_row("c", "q", "s", 3.0, sample).met
    assert not mean_row("c", "q", "s", 3.4, sample).met
    assert share_row("c", "q", "s", 0.5, 500, 1000).met
    assert not share_row("c", "q", "s", 0.5, 600, 1000).met


def test_range_rows__ask_for_the_whole_interval_of_the_mean():
    sample = np.array([0.5, 0.6, 0.7, 0.6])  # mean .6, half the interval 3.182 * .0816 / 2 = .1299
    assert range_row("c", "q", "s", 0.45, 1.0, sample).met
    assert not range_row("c", "q", "s", 0.48, 1.0, sample).met
    assert not range_row("c", "q", "s", 0.45, 0.72, sample).met
    assert not range_row("c", "q", "s", 0.0, 1.0, [1.0, 1.0, 1.0]).met  # an end of a range without its ends
    assert not range_row("c", "q", "s", 0.0, 1.0, [0.5, np.nan, 0.5]).met


def test_verify__a_case_that_raises_is_a_row_and_the_next_one_is_played(monkeypatch):
    def breaks():
        yield Row("triage", "before", "s", 1.0, 1.0, 0.0)
        raise ValueError("no such thing")

    monkeypatch.setitem(CASES, "triage", breaks)
    rows = list(verify(["triage", "weidmann"]))
    assert [row.quantity for row in rows if row.case == "triage"] == ["before", "the case, played to its end"]
    assert (rows[1].error, rows[1].met, rows[1].claimed) == ("ValueError: no such thing", False, True)
    assert rows[-1].case == "weidmann"


@pytest.mark.skipif(PLAIN, reason="minutes of plain Python")
def test_motion__a_part_that_raises_is_a_row_and_the_next_one_is_played():
    rows = list(motion(how=Walked(figures={"body": 9.0}), parts=("exits", "corridors")))
    assert rows[0].quantity == "exits, played to its end"
    assert rows[0].error.startswith("RuntimeError")
    assert not rows[0].met
    assert len(rows) == 3


def test_kinds__are_known_of_every_case_and_counted_apart():
    assert set(_OF_CASE) == set(CASES)
    assert {each for usual, words in _OF_CASE.values() for each in (usual, *words.values())} <= set(KINDS)
    said = {
        ("erlang", "share lost, 3 units, load 1.5, engine"): "engine",
        ("erlang", "share lost, 3 units, load 1.5, by formula"): "formula",
        ("service", "mean wait / service, 3 units, load 1.5, Erlang-4, reference model"): "reference",
        ("hawkes", "P(cluster of 1), m = .6, simulated"): "engine",
        ("hypercube", "exact workload of unit 0"): "formula",
        ("hypercube", "even, lost: workload of unit 0, plan's solver"): "part",
        ("weidmann", "capacity (persons/m/s)"): "formula",
        ("motion", "flow through 1 m"): "engine",
    }
    rows = [Row(case, quantity, "s", 1.0, 1.0, 0.0) for case, quantity in said]
    assert [kind(row) for row in rows] == list(said.values())
    assert totals([*rows, replace(rows[0], got=2.0)]) == {
        "engine": (3, 4),
        "part": (1, 1),
        "reference": (1, 1),
        "formula": (3, 3),
    }


# --- Epstein's model --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["literal", "floor", "round"])
@pytest.mark.parametrize(("shape", "vision"), [("euclid", 3.3), ("neumann", 3.0), ("moore", 2.0)])
def test_epstein__equals_a_plain_program_number_by_number(rule, shape, vision):
    society = replace(SMALL, rule=rule, shape=shape, vision=vision)
    ours = play(society, 25, seed=5, replicate=3)
    assert (ours == play_plain(society, 25, seed=5, replicate=3)).all()
    assert (ours.max(axis=0) > 5).all()  # some were active and some in jail, or nothing was compared


def test_epstein__equals_it_on_a_full_torus_and_without_movement():
    full = replace(SMALL, citizens=0.93, cops=0.05, vision=1.0, shape="moore")  # often no free site in sight
    still = replace(SMALL, moves=False, rule="floor")
    for society in (full, still):
        assert (play(society, 25) == play_plain(society, 25)).all()


def test_epstein__vision_has_the_published_number_of_sites():
    sites = [
        len(replace(RUN_2, vision=v, shape=s).disc)
        for v, s in ((1.7, "euclid"), (7, "euclid"), (7, "moore"), (2, "neumann"))
    ]
    assert sites == [8, 148, 224, 12]


def test_epstein__counts_in_vision_are_those_of_a_scan():
    society = replace(SMALL, rule="floor")
    begun, out = start(society, seed=2, replicate=0), np.zeros((20, 2), np.int32)
    kernel.play(*begun, out)
    agent, occupant = begun.agent, begun.occupant
    out_of_jail = agent["site"] != kernel.FREE
    assert out[-1].tolist() == [agent["active"].sum(), (~out_of_jail).sum()]
    assert (
        sorted(occupant[occupant != kernel.FREE]) == np.flatnonzero(out_of_jail).tolist()
    )  # nobody twice, nobody lost
    for site in range(len(occupant)):
        y, x = divmod(site, society.wide)
        near = [(y + dy) % society.high * society.wide + (x + dx) % society.wide for dy, dx in begun.disc]
        there = agent[[a for a in occupant[near] if a != kernel.FREE]]
        assert begun.seen[:, site].tolist() == [(there["kind"] == kernel.COP).sum(), there["active"].sum()]


def test_outbursts__begin_above_the_line_and_end_below():
    found = outbursts(np.array([0, 51, 80, 50, 49, 10, 60, 20, 70]))
    assert [(each.start, each.end, each.total) for each in found] == [(1, 4, 181), (6, 7, 60)]


# --- the hypercube ----------------------------------------------------------------------------------------------------


def test_hypercube__the_approximation_is_near_and_is_not_the_exact_answer():
    exact, near = solve(CITY, waits=True).workloads, approximate(CITY)
    assert max(abs(a - b) / b for a, b in zip(near, exact, strict=True)) < 0.02
    assert max(abs(a - b) for a, b in zip(near, exact, strict=True)) > 0.003


# --- the lattice ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(PLAIN, reason="millions of events")
def test_lattice__follows_the_mean_field_and_needs_people_to_be_fast():
    times = np.array([1.0, 2.0, 4.0])
    for rule in (THRESHOLD, LINEAR):
        fast = np.mean([lattice_play(rule, times, replicate=n) for n in range(15)], axis=0)
        assert np.abs(fast - mean_field(rule, times)).max() < 0.004
    slow = np.mean([lattice_play(LINEAR, times, replicate=n, fast=0.5) for n in range(15)], axis=0)
    assert np.abs(slow - mean_field(LINEAR, times)).max() > 0.008


def test_lattice__loses_nobody():
    person = np.arange(0, 4000, 3)
    sites = np.zeros((20, 200), np.int8)
    sites.reshape(-1)[person] = lattice.BYSTANDER
    sites.reshape(-1)[person[:200]] = lattice.VIOLENT
    share = lattice.play(sites, person, LINEAR.rates(1.0), 5.0, np.array([0.02]), np.array([1, 0]))
    assert len(set(person.tolist())) == len(person)
    assert (sites.reshape(-1)[person] != lattice.EMPTY).all()
    assert (sites != lattice.EMPTY).sum() == len(person)
    assert 0 < share[0] <= (sites == lattice.VIOLENT).sum() / 4000 + 0.05
