"""`place site --play` and `review --site` from the command line: a page each, and clear faults before any work."""

from __future__ import annotations

import base64
import gzip
import json
import re
import subprocess
import sys

import pytest

from sispamkota.cli import main
from sispamkota.place import City
from sispamkota.plan import Plan
from sispamkota.rehearsal import Scenario, rehearse
from sispamkota.rehearsal.replay_scene import scene_of_result


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


def head_of(page):
    """What the scene in a page says of itself."""
    packed = re.search(r'class="playback-scene" data-packed="gzip">([^<]*)<', page.read_text(encoding="utf-8"))[1]
    document = gzip.decompress(base64.b64decode(packed))
    return json.loads(document[4 : 4 + int.from_bytes(document[:4], "little")])


def test_place_site__plays_what_was_asked_for(run, tmp_path):
    page = tmp_path / "scene.html"
    asked = ("--people", 40, "--violent", 5, "--officers", 6, "--negotiators", 2, "--minutes", 0.5, "--seed", 9)
    done = run("place", "site", "--play", *asked, "-o", page, "--lang", "en")
    assert done.returncode == 0, done.stderr
    head = head_of(page)
    about = head["about"]
    assert (about["people"], about["violent"], about["seed"], about["start_s"]) == (40, 5, 9, None)
    assert (head["frames"], head["every_s"]) == (61, 0.5)
    first = page.read_bytes()
    assert run("place", "site", "--play", *asked, "-o", page, "--lang", "en").returncode == 0
    assert page.read_bytes() == first


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--people", 5), "--people: option: expected --play beside it"),
        (("--play",), "Add -o FILE.html."),
        (("--play", "-o", "x.png"), "a name that ends in .html"),
        (("--play", "-o", "x.html", "--people", 5, "--violent", 6), "expected 0 to 5, got 6"),
        (("--play", "-o", "x.html", "--minutes", 0), "minutes"),
    ],
)
def test_place_site__refuses_what_makes_no_sense(run, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    done = run("place", "site", *words, "--lang", "en")
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("result") / "mine"
    parts = Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), City.load("malang")
    made = rehearse(*parts, replicates=3, seed=4, out=folder)
    return folder, made


def test_review__plays_the_told_replicate_in_the_compound(run, result, tmp_path):
    """The scene in the report is the one that the replicate's own numbers make, on the rehearsal's clock."""
    from sispamkota.place.compound import Compound

    folder, made = result
    page = tmp_path / "report.html"
    done = run("review", folder, "--site", "office-generic", "--replicate", 2, "-o", page, "--lang", "en")
    assert done.returncode == 0, done.stderr
    head = head_of(page)
    scene = scene_of_result(made, "kpu", Compound.load("office-generic"), replicate=2)
    assert head["about"]["place"] == "KPU Kota Malang"
    assert (head["about"]["replicate"], head["about"]["people"]) == (2, scene.state.shape[1])
    assert head["about"]["start_s"] == 9 * 3600 + 60.0 * scene.manifest.settings["minutes"][0]
    assert head["frames"] == len(scene.times)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--place", "kpu"), "--site beside it"),
        (("--site", "office-generic", "--audience", "public"), "a report for the public"),
        (("--site", "office-generic", "--place", "nowhere"), "where people gather"),
        (("--site", "offcie"), "office-generic"),
    ],
)
def test_review__refuses_what_makes_no_sense(run, result, tmp_path, words, said):
    page = tmp_path / "report.html"
    done = run("review", result[0], *words, "-o", page, "--lang", "en")
    assert done.returncode == 2
    assert said in done.stderr
    assert not page.exists()
