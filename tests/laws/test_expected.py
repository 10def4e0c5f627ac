"""What is expected to strike by chance: the integral of the very rates from which the engine draws."""

from __future__ import annotations

import pytest

from sispamkota.kernels.events import hazard_work
from sispamkota.place import City
from sispamkota.plan import Plan
from sispamkota.rehearsal import Scenario
from sispamkota.rehearsal.setting import Setting


@pytest.mark.parametrize("name", ["convoy", "vote-day", "kpu-bawaslu"])
def test_expected__is_the_integral_of_the_engines_rates_under_its_tension(name):
    scenario = Scenario.load(name)
    setting = Setting.make(scenario, Plan.load(scenario.file.plan or "malang-500"), City.load("malang"))
    steps = [(0.0, 1.0), *((x.time, x.amount) for x in setting.spec.injects if x.id.startswith("tension/"))]
    start, horizon = setting.spec.parameters["start_hour"], scenario.horizon
    ends = [*(time for time, _ in steps[1:]), horizon]
    wanted: dict[tuple[str, str], float] = {}
    for hazard in setting.spec.hazards:
        kind = "medical" if hazard.kind == "evacuation" else hazard.kind
        key = hazard.place, kind
        wanted.setdefault(key, 0.0)
        for (a, tension), b in zip(steps, ends, strict=True):
            work = hazard_work(hazard.rate, start, min(a, horizon), min(b, horizon))
            wanted[key] += work * (tension if hazard.tense else 1.0)
    found = setting.risk.groupby(["place", "kind"])["mean"].sum().to_dict()
    assert found == pytest.approx(wanted, rel=1e-9)
    assert len(found) > 100
    assert (len(steps) > 1) == (name != "kpu-bawaslu")
