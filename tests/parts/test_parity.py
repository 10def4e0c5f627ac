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
from sispamkota.plan.parity import _chance, _effective, _interval, _maps, _ranks, _row, _standard, parity_of
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


def test_command__warns_of_a_biased_plan_and_stops_none(tmp_path):
    shares = votes(1)
    results_at(tmp_path / "results.csv", shares)
    by_share(shares).save(tmp_path / "plan")
    words = ["plan", "check", str(tmp_path / "plan"), "--parity", "--results", str(tmp_path / "results.csv"), "--json"]
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 0
    warned = [each for each in json.loads(ended.stdout)["findings"] if each["rule"] == "parity"]
    assert {each["severity"] for each in warned} == {"warning"}


def test_contest__an_unknown_one_is_named():
    with pytest.raises(InputError, match="pilwali-2024"):
        parity_of(Plan.load("malang-500"), malang(), contest="pilwali-2042")


# --- the test itself --------------------------------------------------------------------------------------------------


def places(n, seed=5):
    """Areas at random within ten kilometres."""
    return np.random.default_rng(seed).uniform(0, 10_000, (n, 2))


def smooth(centres, reach, rng, count=1):
    """Maps that change over `reach` metres."""
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    root = np.linalg.cholesky(np.exp(-((apart / reach) ** 2) / 2) + 1e-6 * np.eye(len(centres)))
    return root @ rng.standard_normal((len(centres), count))


def test_maps__are_patterns_of_mean_zero_that_make_up_any_map_the_smooth_ones_first():
    centres = places(30)
    maps = _maps(centres)
    assert maps.T @ maps == pytest.approx(np.eye(29), abs=1e-9)
    assert maps.sum(axis=0) == pytest.approx(0, abs=1e-9)
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    rough = [(((m[:, None] - m[None]) ** 2) * (apart < 3_000)).sum() for m in maps.T]
    assert np.mean(rough[:5]) < 0.5 * np.mean(rough[-5:])


def test_chance__exact_for_few_areas():
    maps, rng = _maps(places(6)), np.random.default_rng(1)
    x, y = (_standard(rng.random(6)) for _ in range(2))
    made = [abs(x @ maps @ (np.array(signs) * (maps.T @ y))) for signs in itertools.product((-1, 1), repeat=5)]
    assert _chance(x[None, :], y, maps, 99) == pytest.approx(np.mean([each >= abs(x @ y) - 1e-12 for each in made]))


def test_chance__drawn_signs_agree_with_all():
    maps, rng = _maps(places(13)), np.random.default_rng(3)
    x, y = (_standard(_ranks(rng.random(13))) for _ in range(2))
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=12)))
    exact = np.mean(np.abs(signs @ ((maps.T @ y) * (maps.T @ x))) >= abs(x @ y) - 1e-12)
    drawn = _chance(x[None, :], y, maps, 20_000)
    assert drawn == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20_000))


@pytest.mark.parametrize("reach", [1.0, 1_500.0, 3_000.0, 5_000.0])
def test_chance__luck_is_as_rare_as_it_says_however_smooth(reach):
    """Measure and votes that know nothing of each other; areas shuffled as if alone raise the alarm in up to 87 %."""
    rng = np.random.default_rng(4)
    centres = malang().kelurahan[["x", "y"]].to_numpy(float)
    maps, low = _maps(centres), []
    for _ in range(200):
        camps = np.exp(0.5 * smooth(centres, reach, rng, 3))
        row = _row("m", smooth(centres, reach, rng)[:, 0], camps / camps.sum(axis=1, keepdims=True), maps, 199)
        low.append(row.p < 0.05)
    assert 0.01 < np.mean(low) < 0.14


def test_interval__holds_no_relation_as_often_as_it_says_however_smooth():
    rng, missed = np.random.default_rng(6), []
    centres = malang().kelurahan[["x", "y"]].to_numpy(float)
    maps = _maps(centres)
    for _ in range(200):
        camps = np.exp(0.5 * smooth(centres, 3_000.0, rng, 3))
        row = _row("m", smooth(centres, 3_000.0, rng)[:, 0], camps / camps.sum(axis=1, keepdims=True), maps, 9)
        missed.append((row.low > 0, row.effective))
    wrong, effective = np.transpose(missed)
    assert wrong.mean() < 0.12
    assert np.median(effective) < 25


def test_effective__of_maps_without_pattern_is_about_their_number():
    rng, maps = np.random.default_rng(7), _maps(places(40))
    counts = [_effective(*(_standard(rng.random(40)) for _ in range(2)), maps) for _ in range(200)]
    assert np.median(counts) == pytest.approx(40, rel=0.25)


def test_interval__closed_form():
    low, high = _interval(0.5, 28, 1)
    half = 1.959964 * math.sqrt(1.06 / 25)
    assert (low, high) == pytest.approx((math.tanh(math.atanh(0.5) - half), math.tanh(math.atanh(0.5) + half)))
    assert _interval(0.5, 28, 3)[0] < low
    assert _interval(0.5, 3, 1) == (-1.0, 1.0)


def test_slope__of_a_straight_line():
    share = np.linspace(0.1, 0.6, 20)
    row = _row("m", 7.0 - 30.0 * share, np.column_stack([share, 1 - share]), _maps(places(20)), 99)
    assert (row.r, row.slope) == pytest.approx((1.0, 3.0))
