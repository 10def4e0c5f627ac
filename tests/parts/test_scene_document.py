"""A scene as the player's document: read back by the format's own description, it is the scene."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest

from parts.ensemble_fixture import make_ensemble
from parts.scene_fixture import YARD, crushed, yard
from sispamkota.kernels import motion_layout as at
from sispamkota.review import scene_document
from sispamkota.review.player import bundle, player_policy
from sispamkota.review.report import render_report
from sispamkota.review.scene_document import make_scene_playback, varints
from sispamkota.review.scene_player import scene_player, write_scene
from sispamkota.words import catalogue

WEB = Path(__file__).parents[2] / "web" / "src"
TURNS = 32


class Reader:
    """The format of docs/reference/scene-playback.md, number by number."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def next(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at, value = self.at + 1, value | (byte & 127) << shift
            shift += 7
            if byte < 128:
                return (value >> 1) ^ -(value & 1)

    def run(self) -> list[int]:
        return [value for _ in range(self.next()) for value in [self.next()] for _ in range(self.next())]


def read(document: bytes) -> tuple[dict, dict[str, Reader]]:
    size = int.from_bytes(document[:4], "little")
    head, first, parts = json.loads(document[4 : 4 + size]), 4 + size, {}
    for name, length in head["arrays"].items():
        parts[name] = Reader(document[first : first + length])
        first += length
    assert first == len(document)
    return head, parts


@pytest.fixture(scope="module")
def told():
    return crushed()


@pytest.fixture(scope="module")
def playback(told):
    return make_scene_playback(told[1], told[0])


def test_varints__are_read_back():
    values = [0, -1, 1, 63, -64, 64, 8191, -8192, 8192, 1_048_575, -1_048_576, 1_048_576, 100_000_000]
    reader = Reader(varints(values))
    assert [reader.next() for _ in values] == values
    assert reader.at == len(reader.data)


def test_document__is_the_scene(told, playback):
    _, scene = told
    head, parts = read(gzip.decompress(playback.packed()))
    frames, people = scene.state.shape
    assert (head["frames"], head["every_s"], head["unit_m"], head["about"]["people"]) == (frames, 0.5, 0.02, people)
    assert head["plan"]["openings"][-1] == ["timur", "exit", [[24, 7], [24, 8.2]], 1.2]
    for i in range(people):
        states = np.array(parts["state"].run())
        assert (states == scene.state[:, i]).all()
        x = y = turn = 0
        for k in np.flatnonzero(states <= at.LED):
            x, y = x + parts["x"].next(), y + parts["y"].next()
            turn = (turn + parts["heading"].next()) % TURNS
            assert abs(2 * x - scene.xy[k, i, 0]) <= 1  # cm
            assert abs(2 * y - scene.xy[k, i, 1]) <= 1
            assert turn == scene.heading[k, i] // 8
    for column in (scene.stage, scene.officers, scene.negotiators):
        assert parts["posts"].run() == column.tolist()
    for name, rows in (("passed", scene.passed), ("bears", scene.bears)):
        for column in rows.T:
            steps = [parts[name].next() for _ in range(frames)]
            assert np.abs(np.cumsum(steps)).tolist() == np.abs(column.astype(int)).tolist()
    check_density(parts, scene)
    assert all(reader.at == len(reader.data) for reader in parts.values())


def check_density(parts, scene):
    cells = []
    while parts["cells"].at < len(parts["cells"].data):
        cells.append((cells[-1] if cells else 0) + parts["cells"].next())
    rows = scene.density.reshape(len(scene.density), -1).T
    assert cells == np.flatnonzero(rows.any(axis=1)).tolist()
    for cell in cells:
        values = np.cumsum([parts["density"].next() for _ in range(len(scene.density))])
        assert ((values * 0.25 > 5.0) == (rows[cell] * 0.05 > 5.0)).all()  # a crush hazard is one, and nothing else is
        assert np.abs(values * 0.25 - rows[cell] * 0.05).max() < 0.25


def test_document__is_the_same_bytes_again(told, playback):
    assert make_scene_playback(told[1], told[0]).packed() == playback.packed()


def test_document__gets_coarser_until_it_fits(told, playback, monkeypatch):
    """Fewer centimetres first, then fewer frames; times stay right."""
    monkeypatch.setattr(scene_document, "MOST_BYTES", len(playback.packed()) // 4)
    head, _ = read(make_scene_playback(told[1], told[0]).to_bytes())
    assert head["unit_m"] >= 0.05
    assert head["every_s"] > 0.5
    assert (head["frames"] - 1) * head["every_s"] == pytest.approx(90.0, abs=head["every_s"])


@pytest.mark.parametrize("turned", [False, True])
def test_document__counts_inwards_whichever_way_a_door_is_drawn(turned, told):
    text = YARD.replace("[[11, 12], [13, 12]]", "[[13, 12], [11, 12]]") if turned else YARD
    head, _ = read(make_scene_playback(told[1], yard(text)).to_bytes())
    assert dict(zip(head["lines"], head["inward"], strict=True)) == {"timur": 1, "pintu": 1 if turned else -1}


def test_page__stands_alone(playback, tmp_path):
    page = write_scene(tmp_path / "scene.html", playback, lang="en").read_text(encoding="utf-8")
    assert player_policy().replace("'", "&#39;") in page
    assert page.count("<script>") == 1
    assert '<meta name="generator" content="sispamkota' in page
    assert not re.search(r"\bsrc=[\"']|<link rel=\"stylesheet", page.split("<script>")[0])


def test_report__has_the_compound_only_when_given(told):
    scene = make_scene_playback(told[1], told[0], start_s=0.0, place="KPU")
    plain, with_it = render_report(make_ensemble(), lang="id"), render_report(make_ensemble(), lang="id", scene=scene)
    part = with_it[with_it.index('<section id="compound">') : with_it.index('<section id="all">')]
    without = with_it.replace(part, "").replace(str(bundle()), "").replace(player_policy().replace("'", "&#39;"), "")
    same = re.sub(r'Content-Security-Policy" content="[^"]*"', 'Content-Security-Policy" content=""', plain)
    assert without == same
    assert "KPU" in part
    public = render_report(make_ensemble(), lang="id", audience="public", scene=scene)
    assert "<script" not in public


def test_player__has_words_for_all_that_the_sources_name(playback):
    """Every key that a source names is in the catalogues, and no word of the section is left over."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((WEB / "compound").glob("*.ts")))
    listed = {name: re.search(rf"{name} = \[([^\]]*)\]", text)[1] for name in ("STATES", "LAYERS")}
    keys = set(re.findall(r'"compound\.(\w+)"', text)) | set(re.findall(r"""\bt\((?:[^()"]*\? )?"(\w+)\"""", text))
    keys |= set(re.findall(r'"(col_\w+|crush_\w+)"', text))
    keys |= {f"state_{each}" for each in re.findall(r'"(\w+)"', listed["STATES"])}
    keys |= {f"layer_{each}" for each in re.findall(r'"(\w+)"', listed["LAYERS"])}
    keys |= {f"did_{each}" for each in re.findall(r'\badd\([^,]+, "(\w+)"', text)} | {
        f"did_stage_{k}" for k in range(3)
    }
    keys |= {f"did_{each}" for each in re.findall(r'=> add\(t, "(\w+)"', text)}
    keys |= {f"how_{each}" for each in ("open", "whole", "worn", "fallen", "out")} | {"code_engine", "code_ambulance"}
    known = {key.removeprefix("compound.") for key in catalogue("id") if key.startswith("compound.")}
    shared = {key.removeprefix("playback.") for key in catalogue("id") if key.startswith("playback.")}
    assert len(known) > 55
    assert keys - known - shared == set()
    assert known - keys == {"lead", "page_note"}  # words of the report about it
    assert "compound.title" in scene_player(playback, lang="id")
