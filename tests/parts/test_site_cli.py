"""`rehearse --site` from the command line: what the result says, that it plays again to the byte, and clear faults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import sispamkota.cli as program
from sispamkota.inputs import DATA
from sispamkota.place.compound import Compound
from sispamkota.rehearsal import Ensemble
from sispamkota.rehearsal import site_measure as measuring
from sispamkota.rehearsal.site_rates import NAMES, SiteRates, site_digest

MINI = Path(__file__).parents[2] / "examples" / "minicity"
RUN = ["--replicates", "8", "--workers", "1", "--json", "--lang", "en"]
EMBEDDED = DATA / "sites" / "rates" / "office-generic.yaml"


def run(*args):
    return CliRunner().invoke(program.app, list(map(str, args)))


def plan_of(**changed):
    """The embedded plan with parts changed, as YAML."""
    plan = yaml.safe_load((DATA / "sites" / "office-generic.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump(plan | changed, allow_unicode=True)


def test_result__says_that_it_rests_on_a_site_and_plays_again_to_the_byte(tmp_path):
    out = tmp_path / "with"
    done = run("rehearse", "--site", "office-generic", "--parameters", "prior", "-o", out, *RUN)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["manifest"]["settings"]["site"]["site"] == "office-generic"
    assert set(told["manifest"]["settings"]["site"]["rates"]) == set(NAMES)
    (said,) = (each for each in told["assumptions"] if each["key"] == "engine.site")
    assert "Kantor penyelenggara" in said["en"]
    kept = Ensemble.load(out)
    assert kept.tables.crowd_t["site"].tolist() == [1, 1]
    again = run("rerun", out, "--replicate", 5)
    assert again.exit_code == 0, again.output


def test_without__nothing_of_a_site_is_in_the_result(tmp_path):
    done = run("rehearse", "-o", tmp_path / "without", *RUN)
    told = json.loads(done.stdout)
    assert "site" not in told["manifest"]["settings"]
    assert not [each for each in told["assumptions"] if each["key"] == "engine.site"]
    assert not set(NAMES) & set(told["manifest"]["settings"]["parameters"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"gates": [], "spaces": []}, "plan"),
        ({"doors": []}, "plan"),
        ({"obstacles": [{"name": "sumbatan", "ring": [[-1, -1], [3, -1], [3, 17], [-1, 17]]},
                        {"name": "sumbatan lain", "ring": [[117, -1], [121, -1], [121, 17], [117, 17]]},
                        {"name": "lagi", "ring": [[59, -21], [67, -21], [67, -18], [59, -18]]}]}, "spaces.0.out"),
    ],
)  # fmt: skip
def test_faults__a_site_whose_rates_mean_nothing_is_refused_with_all_that_is_wrong(tmp_path, change, field):
    path = tmp_path / "site.yaml"
    path.write_text(plan_of(**change), encoding="utf-8")
    done = run("rehearse", "--site", path, "-o", tmp_path / "no", "--city", "nowhere-at-all", *RUN)
    assert done.exit_code == 2
    assert field in done.stderr
    assert "nowhere-at-all" in done.stderr  # together with what else is wrong
    assert not (tmp_path / "no").exists()


def test_faults__an_unknown_site_and_a_scenario_without_its_places(tmp_path):
    done = run("rehearse", "--site", "office-generik", "-o", tmp_path / "no", *RUN)
    assert done.exit_code == 2
    assert "office-generic" in done.stderr
    done = run("rehearse", "vote-day", "--site", "office-generic", "-o", tmp_path / "no", *RUN)
    assert done.exit_code == 2
    assert "stands_for" in done.stderr
    assert not (tmp_path / "no").exists()


def test_own_site__is_measured_once_and_kept_beside_the_results(tmp_path, monkeypatch):
    """Words of explanation do not count; the ground does, and then it is measured anew."""
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


def test_rates_file__faults_of_a_file_that_was_edited(tmp_path):
    data = yaml.safe_load(EMBEDDED.read_text(encoding="utf-8"))
    data["rates"]["site_press_most"]["low"] = 1e9
    path = tmp_path / "rates.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(Exception, match="low to high"):
        SiteRates.load(path)


def test_embedded__is_of_the_embedded_plan():
    kept = SiteRates.embedded(Compound.load("office-generic"))
    assert kept is not None
    assert kept.file.leaving_one_shut.mean_s > kept.file.leaving.mean_s
    assert all(row.low < row.value < row.high for row in kept.file.rates.values())
