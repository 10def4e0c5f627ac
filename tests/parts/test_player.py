"""The player as a part of a page: whole, escaped, and built from the sources that are in web/."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from parts.ensemble_fixture import make_city, make_ensemble
from sispamkota.rehearsal.story import BEDS, CAUSES, STANDINGS
from sispamkota.review.playback import make_playback
from sispamkota.review.player import NO_SCRIPT, STATIC, bundle, data_block, player, player_policy, write_player
from sispamkota.review.report import render_report
from sispamkota.words import catalogue

WEB = Path(__file__).parents[2] / "web"
BUILT_FROM = re.compile(r"sources sha256 ([0-9a-f]{64})")


@pytest.fixture(scope="module")
def playback():
    return make_playback(make_ensemble(), city=make_city())


def test_bundle__is_built_from_the_sources():
    """The digest of web/ stands in the bundle; after an edit there, `make web` builds it anew."""
    names = [path.relative_to(WEB).as_posix() for path in (WEB / "src").rglob("*") if path.is_file()]
    names += ["package-lock.json", "package.json", "tsconfig.json", "vite.config.js"]
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(f"{name}\0".encode() + (WEB / name).read_bytes() + b"\0")
    for built in ("player.js", "player.css", "room.js", "room.css"):
        head = (STATIC / built).read_text(encoding="utf-8")[:200]
        assert BUILT_FROM.search(head)[1] == digest.hexdigest(), f"{built} is stale: make web"


def test_bundle__asks_no_network():
    text = bundle()
    assert not re.search(r"url\(\s*[\"']?https?:|@import|<link", text)
    assert text.count("</script") == 1
    assert (STATIC / "player-licences.txt").read_text(encoding="utf-8").count("maplibre-gl ") == 1


def test_policy__lets_this_script_run_and_no_other():
    script = re.search(r"<script>(.*)</script>", bundle(), re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in player_policy()
    assert "http" not in player_policy()


def test_policy__no_page_takes_another_base_or_sends_a_form():
    """Neither falls back to default-src."""
    templates = STATIC.parents[1] / "review" / "templates"
    texts = "".join(path.read_text(encoding="utf-8") for path in sorted(templates.glob("*.html.jinja")))
    written = re.findall(r'Content-Security-Policy" content="([^"]*)"', texts)
    assert len(written) == 6
    for policy in (NO_SCRIPT, player_policy(), *(each for each in written if each != "{{ policy }}")):
        assert "base-uri 'none'; form-action 'none'" in policy


def test_player__holds_the_document(playback):
    part = player(playback, lang="id")
    packed = re.search(r'class="playback-doc" data-packed="gzip">([^<]*)<', part)[1]
    assert gzip.decompress(base64.b64decode(packed)).decode() == playback.to_json()
    words = json.loads(re.search(r'class="playback-words">([^<]*)<', part)[1])
    assert words["id"]["playback.play"] == "Putar"
    assert words["en"]["playback.play"] == "Play"


def test_player__shows_one_or_two(playback):
    assert player([playback, playback], lang="en").count("playback-doc") == 2
    for several in ([], [playback] * 3):
        with pytest.raises(ValueError, match="1 or 2"):
            player(several, lang="en")


def test_player__data_cannot_end_their_block():
    block = str(data_block("words", json.dumps({"a": "</script><script>alert(1)</script><!--"})))
    assert re.findall(r"<[/!a-zA-Z]", block) == ["<s", "</"]
    inside = re.fullmatch(r"<script[^>]*>(.*)</script>", block)[1]
    assert json.loads(inside) == {"a": "</script><script>alert(1)</script><!--"}


def test_words__none_in_the_sources():
    """What a reader reads comes from the catalogues: the sources name keys only, and every key is there."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((WEB / "src").glob("*.ts")))
    keys = set(re.findall(r"""\bt\((?:[^()"]*\? )?"(\w+)\"""", text)) | set(
        re.findall(r'"((?:why|help|col)_\w+)"', text)
    )
    known = catalogue("id")
    assert len(keys) > 60
    assert {key for key in keys if f"playback.{key}" not in known} == set()
    needed = [f"standing_{each}" for each in STANDINGS] + [f"cause_{each}" for each in CAUSES]
    needed += [f"bed_{each}" for each in BEDS]
    layers = re.search(r"LAYERS = \[([^\]]*)\]", text)[1]
    needed += [f"layer_{each}" for each in re.findall(r'"(\w+)"', layers)]
    assert {key for key in needed if f"playback.{key}" not in known} == set()


def test_report__holds_the_player_only_when_given(playback):
    ensemble = make_ensemble()
    plain, played = render_report(ensemble, lang="id"), render_report(ensemble, lang="id", playback=playback)
    assert "<script" not in plain
    assert "script-src" not in plain
    assert played.count('class="playback"') == played.count("<script>") == 1
    assert played.index('id="told"') < played.index('class="playback"') < played.index('id="all"')
    assert player_policy().replace("'", "&#39;") in played


def test_page__stands_alone(playback, tmp_path):
    page = write_player(tmp_path / "two.html", [playback, playback], lang="en").read_text(encoding="utf-8")
    assert not re.search(r"\bsrc=[\"']|<link rel=\"stylesheet", page.split("<script>")[0])
    assert page.count("<script>") == 1
