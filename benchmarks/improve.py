"""P8: improving the plan of 12 June within a minute on two threads, with the gain that it shows."""

from __future__ import annotations

import time
from collections.abc import Iterator

from sispamkota import City, Plan, Scenario
from sispamkota.rehearsal import Run
from sispamkota.rehearsal.improve import Effort, improve

Line = tuple[str, str, str, str]


def lines() -> Iterator[Line]:
    """Improve once, compiled; the second line is what was found."""
    scenario, plan, city = Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), City.load("malang")
    improve(scenario, plan, city, effort=Effort(1e5, 60.0), run=Run(workers=2))  # warm
    began = time.perf_counter()
    found = improve(scenario, plan, city, effort=Effort.of(60.0), run=Run(workers=2))
    took = time.perf_counter() - began
    yield (
        "P8",
        f"improve malang-500, {found.candidates} changes, {found.replicates} replicates",
        f"{took:.1f} s",
        "≤ 60 s",
    )
    gap = found.proof.gaps[0]
    yield "P8", "people harmed, improved − old, 95 % interval", f"{gap.low:.2f} to {gap.high:.2f}", "below 0"
