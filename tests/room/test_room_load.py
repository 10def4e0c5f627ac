"""A hundred desks and viewers at once: nothing lost, nothing out of order, memory flat. How fast, `benchmarks` says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = os.environ.get("SISPAMKOTA_LOAD_S", "30")  # 600 for the target of ten minutes


@pytest.mark.room
def test_load__a_hundred_sockets_hear_every_action_once_and_in_order():
    command = [
        sys.executable,
        ROOT / "benchmarks" / "room.py",
        "--clients",
        "100",
        "--seconds",
        SECONDS,
        "--json",
        "--replay",
        "0",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300 + float(SECONDS), check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["acknowledged"] == told["actions sent"] > 8 * float(SECONDS)
    assert told["sockets out of order"] == 0
    assert told["sockets that miss an acknowledged action"] == 0
    assert told["server MB after"] < told["server MB before"] + 48
    print(json.dumps(told))
