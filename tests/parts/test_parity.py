"""Parity: a plan biased on purpose is noticed, luck is not, and no camp can be told from another."""

import itertools
import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from parts.lawful import core, malang, plan_of, unit
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.inputs import DATA
from sispamkota.plan import Plan
from sispamkota.plan.parity import _chance, _interval, _ranks, _row, _standard, parity_of
from sispamkota.risk.results import read_results


def results_at(path, shares):
    """Published votes by kelurahan: (kelurahan, choices) of 10,000 each."""
    lines = ["kode,contest,date,published,choice,votes,source"]
    for kode, row in zip(malang().kelurahan["kode"], shares, strict=True):
        lines += [
            f"{kode},test-2024,2024-11-27,2024-12-04,{j + 1},{round(each * 1e4)},made" for j, each in enumerate(row)
        ]
    path.write_text("\n".join(lines) + "\n")
    return path


def votes(seed):
    return np.random.default_rng(seed).dirichlet((8, 5, 4), len(malang().kelurahan))


def patrols(where):
    more = [(unit(f"patroli-{i:02d}", "patroli"), kode, "mobile") for i, kode in enumerate(where)]
    return plan_of([*core(), *more], name="patrols")


def by_share(shares, count=28):
    """Patrols in the kelurahan in which the first choice is strongest."""
    return patrols(malang().kelurahan["kode"].to_numpy()[np.argsort(-shares[:, 0], kind="stable")[:count]])


def test_bias__on_purpose_is_noticed(tmp_path):
    shares = votes(1)
    told = read_results(results_at(tmp_path / "results.csv", shares), malang())
    found = parity_of(by_share(shares), malang(), results=told)
    assert found.enough
    assert found.level == "kelurahan"
    assert "people_per_1000" in found.noticed
    assert "melebihi kebetulan" in found.tell("id")
    assert {each["rule"] for each in found.findings("en")} == {"parity"}


def test_bias__the_same_plan_against_votes_of_chance_is_not(tmp_path):
    told = read_results(results_at(tmp_path / "results.csv", votes(2)), malang())
    found = parity_of(by_share(votes(1)), malang(), results=told)
    assert found.noticed == ()
    assert "No relation" in found.tell("en")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[1:], ids=str)
def test_camps__swapped_leave_every_byte(tmp_path, order):
    shares, plan = votes(1), by_share(votes(1))
    said = []
    for name, table in (("a", shares), ("b", shares[:, list(order)])):
        told = read_results(results_at(tmp_path / f"{name}.csv", table), malang())
        found = parity_of(plan, malang(), results=told)
        said.append((json.dumps(found.to_dict()), found.tell("id"), json.dumps(plan.to_dict())))
    assert said[0] == said[1]


def test_areas__too_few_are_told_and_nothing_is_claimed():
    found = parity_of(Plan.load("malang-500"), malang())
    assert (found.level, found.areas, found.contest) == ("kecamatan", 5, "pilwali-2024")
    assert not found.enough
    assert found.noticed == ()
    assert "tidak cukup" in found.tell("id")
    ended = CliRunner().invoke(app, ["plan", "check", "malang-500", "--parity", "--json"])
    assert ended.exit_code == 0
    assert json.loads(ended.stdout)["parity"][0]["enough"] is False


def test_choices__are_not_shown():
    shown = json.dumps(parity_of(Plan.load("malang-500"), malang()).to_dict())
    table = (DATA / "cities" / "malang" / "results.csv").read_text().splitlines()[1:]
    assert not [line for line in table if line.split(",")[5] in shown]


def test_command__exits_1_for_a_biased_plan(tmp_path):
    shares = votes(1)
    results_at(tmp_path / "results.csv", shares)
    by_share(shares).save(tmp_path / "plan")
    words = ["plan", "check", str(tmp_path / "plan"), "--parity", "--results", str(tmp_path / "results.csv"), "--json"]
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 1
    stops = [each["rule"] for each in json.loads(ended.stdout)["findings"] if each["severity"] == "violation"]
    assert set(stops) == {"parity"}


def test_contest__an_unknown_one_is_named():
    with pytest.raises(InputError, match="pilwali-2024"):
        parity_of(Plan.load("malang-500"), malang(), contest="pilwali-2042")


# --- the test itself --------------------------------------------------------------------------------------------------


def test_chance__exact_for_few_areas():
    y = _standard(np.arange(5.0))
    assert _chance(y[None, :], y, 99) == pytest.approx(2 / math.factorial(5))  # the order itself, and its reverse


def test_chance__shuffles_agree_with_all_orders():
    rng = np.random.default_rng(3)
    x, y = (_standard(_ranks(rng.random(8))) for _ in range(2))
    there = abs(x @ y) - 1e-12
    exact = np.mean([abs(x @ y[list(order)]) >= there for order in itertools.permutations(range(8))])
    assert _chance(x[None, :], y, 20_000) == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20_000))


def test_chance__luck_is_as_rare_as_it_says():
    rng = np.random.default_rng(4)
    low = [_row("m", rng.random(20), rng.dirichlet((1, 1, 1), 20), 399).p < 0.05 for _ in range(300)]
    assert 0.02 < np.mean(low) < 0.09  # 0.05 ± 3 standard errors


def test_interval__closed_form():
    low, high = _interval(0.5, 28)
    half = 1.959964 * math.sqrt(1.06 / 25)
    assert (low, high) == pytest.approx((math.tanh(math.atanh(0.5) - half), math.tanh(math.atanh(0.5) + half)))
    assert _interval(0.5, 3) == (-1.0, 1.0)


def test_slope__of_a_straight_line():
    share = np.linspace(0.1, 0.6, 20)
    row = _row("m", 7.0 - 30.0 * share, np.column_stack([share, 1 - share]), 99)
    assert (row.r, row.slope) == pytest.approx((1.0, 3.0))
