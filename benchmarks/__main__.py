"""Measure, beside rivals where there are any: `make bench` prints one line a target of the design.

Figures are of this machine and this run; take the ratios. Each time is the best of three.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np
from dispatch import lines as dispatch_lines
from engine import lines as engine_lines
from improve import lines as improve_lines
from motion import lines as motion_lines
from plan import lines as plan_lines
from risk import lines as risk_lines
from spread import lines as spread_lines
from travel import lines as travel_lines


def main() -> None:
    """Print the table, or only the parts named: starts, travel, dispatch, engine, spread, risk, plan, improve,
    motion.
    """
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for target, what, got, wanted in _lines(sys.argv[1:] or list(_PARTS)):
        print(f"{target:<4} {what:<58} {got:>16}   target {wanted}", flush=True)


def _lines(names: list[str]) -> Iterator[tuple[str, str, str, str]]:
    for name in names:
        if name not in _PARTS:
            sys.exit(f"no part {name}: choose from {', '.join(_PARTS)}")
        yield from _PARTS[name]()


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


_PARTS: dict[str, Callable[[], Iterator[tuple[str, str, str, str]]]] = {
    "starts": _starts,
    "travel": travel_lines,
    "dispatch": dispatch_lines,
    "engine": engine_lines,
    "spread": spread_lines,
    "risk": risk_lines,
    "improve": improve_lines,
    "plan": plan_lines,
    "motion": motion_lines,
}

if __name__ == "__main__":
    main()
