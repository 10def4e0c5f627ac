"""Measure, beside rivals where there are any: `make bench` prints one line a target of the design.

Figures are of this machine and this run; take the ratios. Each time is the best of three.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from spread import lines as spread_lines
from travel import lines as travel_lines

from sispamkota import City, Plan, Scenario, rehearse


def main() -> None:
    """Print the table."""
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for target, what, got, wanted in _lines():
        print(f"{target:<4} {what:<58} {got:>16}   target {wanted}", flush=True)


def _lines() -> Iterator[tuple[str, str, str, str]]:
    yield from _starts()
    yield from travel_lines()
    yield from _rehearsal()
    yield from spread_lines()


def best(work: Callable[[], object]) -> float:
    """The least of three wall times, s."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def _cpu(code: str) -> float:
    """CPU time of a fresh interpreter that runs `code`, s; the least of three."""
    least = np.inf
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return float(least)


def _starts() -> Iterator[tuple[str, str, str, str]]:
    bare = _cpu("pass")
    yield "P11", "import sispamkota, CPU", f"{_cpu('import sispamkota') - bare:.3f} s", "≤ 0.15 s"
    code = "import sys; sys.argv = ['x', '--help']; from sispamkota.cli import main; main()"
    yield "P11", "sispamkota --help, CPU", f"{_cpu(code):.3f} s", "≤ 0.4 s"


def _rehearsal() -> Iterator[tuple[str, str, str, str]]:
    parts = (Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), City.load("malang"))

    def play() -> None:
        with tempfile.TemporaryDirectory() as folder:
            rehearse(*parts, replicates=1000, seed=1, out=Path(folder) / "out")

    rehearse(*parts, replicates=10, seed=1)
    seconds = best(play)
    yield "P2", "kpu-bawaslu, 1,000 replicates, warm", f"{seconds:.2f} s", "≤ 5 s on 2 cores"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield "P2", "peak memory of this process", f"{peak:.0f} MB", "≤ 500 MB"


if __name__ == "__main__":
    main()
