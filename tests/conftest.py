"""What all tests share: material that is not in the repository, and the command lines of a page."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[1]


def _go_without(what: str, reason: str) -> NoReturn:
    """Skip a test, or fail it where SISPAMKOTA_REQUIRE names what it lacks."""
    if what in os.environ.get("SISPAMKOTA_REQUIRE", "").split(","):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared material (real roads of Malang and more): SISPAMKOTA_SHARED, or ../shared.

    Without it the test is skipped, or fails where SISPAMKOTA_REQUIRE names "shared".
    """
    named = os.environ.get("SISPAMKOTA_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared"
    if (folder / "data" / "malang").is_dir():
        return folder.resolve()
    _go_without("shared", f"no shared material at {folder} (set SISPAMKOTA_SHARED)")


@pytest.fixture(scope="session")
def real_malang(shared):
    """Malang on its real streets: built once, as it is frozen and takes ten seconds."""
    from sispamkota.place import build_city

    data = shared / "data" / "malang"
    return build_city(
        roads=data / "road_edges.geojson", areas=data / "kelurahan.geojson", venues=data / "facilities.csv"
    )


@pytest.fixture(scope="session")
def extracts() -> Path:
    """The folder of the real OpenStreetMap extracts, fetched once by tools/extracts.py.

    Without them the test is skipped, or fails where SISPAMKOTA_REQUIRE names "extracts".
    """
    folder = ROOT / ".cache" / "extracts"
    if not all((folder / name).exists() for name in ("Helsinki.osm.pbf", "monaco.osm.pbf")):
        command = [sys.executable, str(ROOT / "tools" / "extracts.py")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            _go_without("extracts", f"no extracts: {done.stderr.strip().splitlines()[-1]}")
    return folder


@pytest.fixture(scope="session")
def shell_lines() -> Callable[[str], list[str]]:
    """Give the command lines in a page's code blocks, continued lines joined."""

    def lines(text: str) -> list[str]:
        blocks = re.findall(r"```(?:sh|bash)\n(.*?)```", text, re.DOTALL)
        joined = [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
        return [line for line in joined if line]

    return lines
