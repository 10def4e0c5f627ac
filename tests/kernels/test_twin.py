"""The plain form of the engine, in its own process without the compiler, gives the compiled one's bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from laws.worlds import PLAIN, small_spec
from sispamkota.rehearsal import World
from sispamkota.rehearsal.tables import build_tables

TESTS = Path(__file__).parents[1]
SPAN = 1500.0


def digest() -> str:
    """Play two replicates of a violent evening in the mini-city; return every measure as hexadecimal."""
    world = World(build_tables(small_spec()))
    lines = []
    for replicate in range(2):
        world.reset(seed=51, replicate=replicate)
        world.advance(SPAN)
        row, crowds = world.finish()
        lines.append(row.tobytes().hex() + crowds.tobytes().hex())
    return "\n".join(lines)


@pytest.mark.skipif(PLAIN, reason="this process is the twin itself")
def test_engine__plain_and_compiled_agree_to_the_bit() -> None:
    """Two replicates, every measure: a difference is a kernel that the compiler reads otherwise than Python."""
    env = dict(os.environ, NUMBA_DISABLE_JIT="1", PYTHONPATH=os.pathsep.join([str(TESTS.parent / "src"), str(TESTS)]))
    code = "from kernels.test_twin import digest; print(digest())"
    twin = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert twin.stdout.strip() == digest()
