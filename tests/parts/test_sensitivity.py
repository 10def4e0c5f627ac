"""Uncertain parameters: drawn from their ranges, and which of them decide a measure."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from laws.worlds import inputs
from sispamkota import schema
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.kernels import layout as at
from sispamkota.kernels.prior import triangular
from sispamkota.rehearsal import Design, Ensemble, Run, Setting, find_sensitivity, rehearse
from sispamkota.rehearsal.setting import ranges_of
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World

SMALL = Design(trajectories=4, replicates=2)
CHOICES = {
    "force_hijau", "force_kuning", "force_merah", "tear_gas_authority", "reserve_priority", "guard_priority",
    "start_hour", "retask", "bko_stage", "other_patients", "contests", "vote_open_hour", "vote_close_hour",
}  # fmt: skip


@pytest.mark.parametrize(("low", "mode", "high"), [(0, 1, 3), (0, 0, 1), (2, 5, 5), (1e-7, 2e-7, 2e-5)])
def test_triangular__is_the_quantile_of_the_law(low, mode, high):
    u = np.linspace(0.001, 0.999, 97)
    law = stats.triang((mode - low) / (high - low), loc=low, scale=high - low)
    assert np.array([triangular(x, low, mode, high) for x in u]) == pytest.approx(law.ppf(u), rel=1e-9)


def test_prior__draws_each_parameter_in_its_range_and_no_choice():
    scenario, plan, city = inputs()
    scenario = scenario.vary(beta=0.002).uncertain()
    world = World(build_tables(Setting.make(scenario, plan, city).spec))
    drawn = []
    for replicate in range(400):
        world.reset(seed=2, replicate=replicate)
        drawn.append(world.parameters.copy())
    drawn, ranges = np.array(drawn), ranges_of(scenario)
    assert CHOICES.isdisjoint(ranges)
    assert "beta" not in ranges
    for i, name in enumerate(at.PARAMETERS):
        values = drawn[:, i]
        if name not in ranges:
            assert (values == world.tables.param[name][0]).all()
            continue
        low, mode, high = ranges[name]
        law = stats.triang((mode - low) / (high - low), loc=low, scale=high - low)
        assert stats.kstest(values, law.cdf).pvalue > 1e-6, name
    assert (np.abs(np.corrcoef(drawn[:, [at.PARAMETERS.index(n) for n in ranges]].T) - np.eye(len(ranges))) < 0.3).all()


def test_prior__is_one_result_for_any_worker_and_can_be_rerun(tmp_path):
    scenario, plan, city = inputs()
    one, three = (
        rehearse(scenario.uncertain(), plan, city, replicates=120, run=Run(workers=workers)) for workers in (1, 3)
    )
    assert one.to_json() == three.to_json()
    plain = rehearse(scenario, plan, city, replicates=120)
    assert one.rows["violent_person_s"].std() > 1.2 * plain.rows["violent_person_s"].std()
    one.save(tmp_path / "r")
    back = Ensemble.load(tmp_path / "r")
    row = back.rerun(17).reset_index(drop=True)
    assert row.equals(one.rows[one.rows["replicate"] == 17].reset_index(drop=True))


@pytest.fixture(scope="module")
def found():
    return find_sensitivity(*inputs(), measure="injured_civilians", design=SMALL)


def test_sensitivity__what_is_switched_off_has_no_effect_at_all(found):
    by_name = {effect.parameter: effect for effect in found.effects}
    assert set(by_name) == set(ranges_of(inputs()[0]))
    for name in ("tear_gas_gain", "tear_gas_harm", "ward_time"):  # no authority; nothing waits for a ward in two hours
        assert (by_name[name].strength, by_name[name].spread) == (0.0, 0.0)
    assert by_name["hurt_crowd"].mean > 0.0
    assert by_name["hurt_crowd"].strength > by_name["find_delay"].strength


def test_sensitivity__strongest_first_with_intervals(found):
    strengths = [effect.strength for effect in found.effects]
    assert strengths == sorted(strengths, reverse=True)
    assert all(0.0 <= effect.low <= effect.strength <= effect.high for effect in found.effects)
    assert found.points == 4 * (len(found.effects) + 1)


def test_sensitivity__is_the_same_for_any_worker(found):
    again = find_sensitivity(*inputs(), measure="injured_civilians", design=SMALL, run=Run(workers=3))
    assert again.to_json() == found.to_json()


def test_sensitivity__refuses_what_it_cannot_answer():
    with pytest.raises(InputError) as error:
        find_sensitivity(*inputs(), measure="harm_peple", design=Design(trajectories=1, replicates=0))
    assert len(error.value.faults) == 3
    assert "harm_people" in str(error.value)


def test_registry__a_choice_is_never_drawn():
    assert {q.name for q in schema.quantities(kind="parameter") if q.choice} == CHOICES


@pytest.mark.parametrize("lang", ["id", "en"])
def test_command__names_five_with_intervals(lang, monkeypatch):
    monkeypatch.setattr("sispamkota.rehearsal.Design", lambda seed: Design(4, 1, seed))
    result = CliRunner().invoke(app, ["rehearse", "--sensitivity", "--lang", lang])
    assert result.exit_code == 0, result.output
    assert result.stdout.count("95 %") == 5


def test_command__json_and_a_bad_word(monkeypatch):
    monkeypatch.setattr("sispamkota.rehearsal.Design", lambda seed: Design(4, 1, seed))
    result = CliRunner().invoke(app, ["rehearse", "--sensitivity", "--measure", "detained", "--json"])
    assert json.loads(result.stdout)["measure"] == "detained"


def test_command__refuses_words_and_options_that_would_be_idle():
    bad = CliRunner().invoke(app, ["rehearse", "nowhere", "--parameters", "priors", "--measure", "deaths"])
    assert isinstance(bad.exception, InputError)
    assert {fault.where for fault in bad.exception.faults} == {"nowhere", "--parameters", "--measure"}
    idle = CliRunner().invoke(app, ["rehearse", "--sensitivity", "-n", "10", "--precision", "deaths=1", "-o", "x"])
    assert isinstance(idle.exception, InputError)
    assert {fault.where for fault in idle.exception.faults} == {"--replicates", "--precision", "--out"}


def test_sensitivity__names_the_extra_that_is_not_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.sample", None)
    with pytest.raises(InputError, match=r"sispamkota\[sensitivity\]"):
        find_sensitivity(*inputs(), design=SMALL)


def test_prior__is_stated_among_the_assumptions():
    scenario, plan, city = inputs()
    keys = [{each.key for each in Setting.make(s, plan, city).assumptions} for s in (scenario, scenario.uncertain())]
    assert keys[1] - keys[0] == {"engine.prior"}
