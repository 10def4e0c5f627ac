"""The bundle in src/sispamkota/app/static is what web/ gives: built again with node, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sispamkota.review.player import STATIC

WEB = Path(__file__).parents[2] / "web"
NODE = 20
FILES = (
    "player.js",
    "player.css",
    "player-licences.txt",
    "room.html",
    "room.js",
    "room.css",
    "room-icon.svg",
    "room.webmanifest",
    "map-worker.js",
)


def _node() -> int:
    """The major version of node, 0 where there is none."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        return 0
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.lstrip("v").split(".")[0])


pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(_node() < NODE, reason=f"needs node {NODE} or newer, and npm"),
]


def _run(*command: str, **more: str) -> None:
    done = subprocess.run(command, cwd=WEB, env=os.environ | more, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_bundle__is_built_again_byte_for_byte(tmp_path):
    if not (WEB / "node_modules" / ".package-lock.json").exists():
        _run("npm", "ci")
    _run("npm", "run", "check")
    _run("npm", "run", "build", PLAYER_OUT=str(tmp_path))
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (STATIC / name).read_bytes(), f"{name} is stale: make web"


def test_lock__names_no_registry():
    assert '"resolved"' not in (WEB / "package-lock.json").read_text(encoding="utf-8")
