"""What all tests share: where the shared material is, and what to do where it is not."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared material (real roads of Malang and more): SISPAMKOTA_SHARED, or ../shared.

    Without it the test is skipped, or fails where SISPAMKOTA_REQUIRE names "shared".
    """
    named = os.environ.get("SISPAMKOTA_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared"
    if (folder / "data" / "malang").is_dir():
        return folder.resolve()
    reason = f"no shared material at {folder} (set SISPAMKOTA_SHARED)"
    if "shared" in os.environ.get("SISPAMKOTA_REQUIRE", "").split(","):
        pytest.fail(reason)
    pytest.skip(reason)
