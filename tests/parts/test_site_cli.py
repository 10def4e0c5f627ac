"""`rehearse --site` from the command line: what the result says, that it plays again to the byte, and clear faults."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from sispamkota.cli import main
from sispamkota.inputs import DATA
from sispamkota.place.compound import Compound
from sispamkota.rehearsal import Ensemble
from sispamkota.rehearsal import site_measure as measuring
from sispamkota.rehearsal.ensemble import _kept
from sispamkota.rehearsal.site_rates import NAMES, SiteRates, site_digest
from sispamkota.rehearsal.tables import Tables
from sispamkota.review.summary import describe

MINI = Path(__file__).parents[2] / "examples" / "minicity"
RUN = ["--replicates", "8", "--workers", "1", "--json", "--lang", "en"]
EMBEDDED = DATA / "sites" / "rates" / "office-generic.yaml"

OTHER = """
kind: scenario
version: 1
name: lain
title_id: Aksi di DPRD
title_en: A protest elsewhere
start: 2024-06-12T09:00
duration_min: 30
source: test
quality: assumed
places: [{at: dprd, protected: true}]
gatherings: [{id: aksi, at: dprd, people: 10, spread: 1.0, arrive: [{from_min: 0, to_min: 10, share: 1.0}]}]
"""


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the program in this process."""

    def ran(*words):
        monkeypatch.setattr(sys, "argv", ["sispamkota", *map(str, words)])
        monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(words, ended.value.code or 0, said.out, said.err)

    return ran


def plan_of(**changed):
    """The embedded plan with parts changed, as YAML."""
    plan = yaml.safe_load((DATA / "sites" / "office-generic.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump(plan | changed, allow_unicode=True)


def test_result__says_that_it_rests_on_a_site_and_plays_again_to_the_byte(run, tmp_path):
    out = tmp_path / "with"
    done = run("rehearse", "--site", "office-generic", "--parameters", "prior", "-o", out, *RUN)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["manifest"]["settings"]["site"]["site"] == "office-generic"
    assert set(told["manifest"]["settings"]["site"]["rates"]) == set(NAMES)
    (said,) = (each for each in told["assumptions"] if each["key"] == "engine.site")
    assert "Kantor penyelenggara" in said["en"]
    kept = Ensemble.load(out)
    assert kept.tables.crowd_t["site"].tolist() == [1, 1]
    assert len(kept.tables.joint) == len(SiteRates.load(EMBEDDED).file.rows)
    assert describe(kept, lang="id").assumptions[0].key == "engine.site"  # never folded away
    again = run("rerun", out, "--replicate", 5)
    assert again.returncode == 0, again.stderr


def test_without__nothing_of_a_site_is_in_the_result(run, tmp_path):
    done = run("rehearse", "-o", tmp_path / "without", *RUN)
    told = json.loads(done.stdout)
    assert "site" not in told["manifest"]["settings"]
    assert not [each for each in told["assumptions"] if each["key"] == "engine.site"]
    assert not set(NAMES) & set(told["manifest"]["settings"]["parameters"])


def test_without__a_result_from_before_there_were_rows_is_read(run, tmp_path):
    out = tmp_path / "old"
    assert run("rehearse", "-o", out, *RUN).returncode == 0
    (out / "world" / "joint.npy").unlink()
    assert _kept(out) == [name for name in Tables._fields if name != "joint"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"gates": [], "spaces": []}, "plan"),
        ({"doors": []}, "plan"),
        ({"obstacles": [{"name": "sumbatan", "ring": [[0, 0], [3, 0], [3, 16], [0, 16]]},
                        {"name": "sumbatan lain", "ring": [[117, 0], [120, 0], [120, 16], [117, 16]]},
                        {"name": "lagi", "ring": [[60, -20], [66, -20], [66, -18], [60, -18]]}]}, "spaces.0.out"),
    ],
)  # fmt: skip
def test_faults__a_site_whose_rates_mean_nothing_is_refused_with_all_that_is_wrong(run, tmp_path, change, field):
    path = tmp_path / "site.yaml"
    path.write_text(plan_of(**change), encoding="utf-8")
    done = run("rehearse", "--site", path, "-o", tmp_path / "no", "--city", "nowhere-at-all", *RUN)
    assert done.returncode == 2
    assert field in done.stderr
    assert "nowhere-at-all" in done.stderr  # together with what else is wrong
    assert not (tmp_path / "no").exists()


def test_faults__an_unknown_site_and_a_scenario_without_its_places(run, tmp_path):
    done = run("rehearse", "--site", "office-generik", "-o", tmp_path / "no", *RUN)
    assert done.returncode == 2
    assert "office-generic" in done.stderr
    other = tmp_path / "lain.yaml"
    other.write_text(OTHER, encoding="utf-8")
    done = run("rehearse", other, "--site", "office-generic", "-o", tmp_path / "no", *RUN)
    assert done.returncode == 2
    assert "stands_for" in done.stderr
    assert not (tmp_path / "no").exists()


def test_own_site__is_measured_once_and_kept_beside_the_results(tmp_path, monkeypatch):
    """Words of explanation do not count; the ground does, and how people walk: then it is measured anew."""
    calls, kept = [], SiteRates.load(EMBEDDED)

    def measure(compound, *, progress):
        calls.append(compound.plan.name)
        return SiteRates(kept.file.model_copy(update={"plan": site_digest(compound), "site": compound.plan.name}))

    monkeypatch.setattr(measuring, "measure_site", measure)
    path = tmp_path / "kantor.yaml"
    path.write_text(plan_of(title="Kantor lain"), encoding="utf-8")
    assert measuring.rates_of(Compound.load(path), beside=tmp_path).path == EMBEDDED
    assert calls == []
    path.write_text(plan_of(front=[[44, 10.5], [76, 10.5]]), encoding="utf-8")
    first = measuring.rates_of(Compound.load(path), beside=tmp_path)
    again = measuring.rates_of(Compound.load(path), beside=tmp_path)
    assert calls == ["office-generic"]
    assert first.file == again.file
    assert first.path == again.path
    assert first.path.parent == tmp_path
    figures = measuring.motion_figures()
    reach = figures.model_copy(update={"press_reach_m": (1.3, 0.8, 2.0)})
    monkeypatch.setattr(measuring, "motion_figures", lambda: reach)
    assert measuring.rates_of(Compound.load(path), beside=tmp_path).path != first.path
    monkeypatch.setattr(measuring, "motion_figures", lambda: figures)
    monkeypatch.setattr(measuring, "CODE", measuring.CODE[:-1])
    measuring.rates_of(Compound.load(path), beside=tmp_path)
    assert len(calls) == 3


def test_rates_file__faults_of_a_file_that_was_edited(tmp_path):
    data = yaml.safe_load(EMBEDDED.read_text(encoding="utf-8"))
    data["rates"]["site_press_most"]["q02"] = 1e9
    path = tmp_path / "rates.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(Exception, match="low to high"):
        SiteRates.load(path)
    data = yaml.safe_load(EMBEDDED.read_text(encoding="utf-8"))
    data["rows"][3] = data["rows"][3][:5]
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(Exception, match="6 rates a row"):
        SiteRates.load(path)
    data["rows"][3] = [*data["rows"][2][:5], 7.0]  # nobody leaves as fast
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(Exception, match="site_leave_asked_rate"):
        SiteRates.load(path)


def test_embedded__is_of_the_embedded_plan():
    kept = SiteRates.embedded(Compound.load("office-generic"))
    assert kept is not None
    assert kept.file.leaving_one_shut.mean_s > kept.file.leaving.mean_s
    assert all(row.q02 < row.value < row.q98 for row in kept.file.rates.values())
    assert kept.file.misfit.telling < kept.file.misfit.setups
    rows = np.array(kept.file.rows)
    assert rows.shape == (48, len(NAMES))
    assert abs(np.corrcoef(np.log(rows[:, :4]).T) - np.eye(4)).max() > 0.3  # why a row is drawn whole
