"""What a gain costs: the watched measures are those that a comparison of the same luck gives."""

from __future__ import annotations

import numpy as np
import pytest

from laws.worlds import PLAIN, inputs
from sispamkota.rehearsal import compare, rehearse
from sispamkota.rehearsal.arena import Arena, observe
from sispamkota.rehearsal.costs import COSTS, costs_of, watched


@pytest.mark.skipif(PLAIN, reason="a hundred replicates; the compiled run covers it")
def test_costs__are_what_a_comparison_says():
    scenario, plan, city = inputs()
    other = plan.move("dalmas-lanjut-1", to="tlogomas")
    arena = Arena.make(scenario, plan, city, also=["tlogomas"])
    found = costs_of(*(watched(observe(arena, each, range(50), seed=3, workers=1)) for each in (plan, other)))
    wanted = compare(*(rehearse(scenario, each, city, replicates=50, seed=3) for each in (plan, other)))
    assert tuple(each.name for each in found) == COSTS
    for each in found:
        gap = wanted[each.name]
        assert (each.unit, each.before, each.after) == (gap.unit, pytest.approx(gap.a), pytest.approx(gap.b))
        assert (each.difference, each.low, each.high) == pytest.approx((gap.difference, gap.low, gap.high))
    assert any(each.sure for each in found)


def test_costs__fewer_who_come_in_peace_is_a_price_and_fewer_detained_is_none():
    before = np.full((20, len(COSTS)), 100.0)
    after = before + np.random.default_rng(1).normal(-10.0, 1.0, before.shape)
    sure = {each.name: each.sure for each in costs_of(before, after)}
    assert [name for name, price in sure.items() if price] == ["attendance_peak"]
    risen = {each.name: each.sure for each in costs_of(after, before)}
    assert [name for name, price in risen.items() if not price] == ["attendance_peak"]
    assert costs_of(before[:1], after[:1]) == ()
