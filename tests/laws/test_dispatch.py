"""The log answers "why was no one sent?": each decision is taken again here, by other code, from what the log says.

A scenario without any hazard or gathering stays quiet to the last second.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from laws.worlds import PLAIN, default_spec, inputs
from sispamkota.kernels import layout as at
from sispamkota.rehearsal import Scenario, Setting
from sispamkota.rehearsal.specs import WorldSpec
from sispamkota.rehearsal.tables import build_tables, order_kinds
from sispamkota.rehearsal.world import World

RESERVE = "reserve_priority"


@dataclass
class Decision:
    """One look at all units of a capability for an incident, and what came of it."""

    t: float
    incident: int
    place: int
    kind: int
    first: bool
    seen: dict[int, tuple[int, float]] = field(default_factory=dict)  # unit → (standing, seconds)
    sent: list[tuple[int, int, int]] = field(default_factory=list)  # unit, capability, amount
    lacking: int = 0
    where: dict[int, tuple[str, int]] = field(default_factory=dict)  # unit → (state, place) as the log has told


def decisions(log: Any, homes: list[int]) -> list[Decision]:
    """Read the decisions out of a log, and where each unit is by the units' own rows."""
    where = {u: ("idle", home) for u, home in enumerate(homes)}
    kinds, asked, found = dict[int, int](), set[int](), list[Decision]()
    looking = False
    for row in log:
        event, i, u = int(row.event), int(row.incident), int(row.unit)
        if event == at.LOG_CALL:
            kinds[i] = int(row.a)
            asked.discard(i)
        if event == at.LOG_CONSIDER:
            if not looking:
                found.append(Decision(float(row.t), i, int(row.place), kinds[i], i not in asked, where=dict(where)))
            found[-1].seen[u] = (int(row.a), float(row.b))
            asked.add(i)
        elif event == at.LOG_DISPATCH:
            if found and (found[-1].t, found[-1].incident) == (float(row.t), i) and u in found[-1].seen:
                found[-1].sent.append((u, int(row.a), int(row.b)))
            where[u] = ("busy", where[u][1])
        elif event == at.LOG_UNMET:
            found[-1].lacking = int(row.b)
        elif event == at.LOG_RELEASE:
            where[u] = ("moving", -1)
        elif event == at.LOG_HOME:
            where[u] = ("idle", homes[u])
        looking = event == at.LOG_CONSIDER
    return found


def standing(spec: WorldSpec, decision: Decision, u: int, priority: int, nodes: dict[str, int]) -> tuple[int, float]:
    """Say what an idle unit at its post may do, by the words of its posting and the table of travel times."""
    unit, places = spec.units[u], spec.places
    home, goal = next(p for p in places if p.id == unit.home), places[decision.place]
    if unit.task == at.TASK_GUARD and home.id != goal.id:
        return int(at.GUARDS_ELSEWHERE), np.inf
    if unit.task == at.TASK_RESERVE and priority < spec.parameters[RESERVE]:
        return int(at.HELD_IN_RESERVE), np.inf
    way = 0.0 if home.node == goal.node else float(spec.travel[unit.vehicle, nodes[home.id], nodes[goal.id]])
    return int(at.AVAILABLE), way + (0.0 if home.id == goal.id else unit.turnout)


def played(replicates: int) -> tuple[WorldSpec, list[Decision]]:
    """Play the default rehearsal with its log."""
    spec = default_spec()
    world = World(build_tables(spec), log=True)
    place = {p.id: i for i, p in enumerate(spec.places)}
    found = []
    for replicate in range(replicates):
        world.reset(seed=3, replicate=replicate)
        world.advance(7200.0)
        found += decisions(world.log(), [place[unit.home] for unit in spec.units])
    return spec, found


def test_decisions__the_nearest_available_are_sent_until_the_need_is_met() -> None:
    _, found = played(1 if PLAIN else 10)
    assert sum(bool(decision.sent) for decision in found) > (1 if PLAIN else 50)
    for decision in found:
        order = []
        for wanted in (at.AVAILABLE, at.SERVES_LOWER):  # idle units first, then those who serve something less grave
            order += [u for _, u in sorted((t, u) for u, (stands, t) in decision.seen.items() if stands == wanted)]
        assert [u for u, _, _ in decision.sent] == order[: len(decision.sent)]
        assert decision.lacking == 0 or len(decision.sent) == len(order)


def test_decisions__ten_incidents_taken_again_by_hand_agree() -> None:
    spec, found = played(1 if PLAIN else 10)
    nodes = {p.id: p.node for p in spec.places}
    kinds = dict(enumerate(order_kinds(spec)))
    plain = [d for d in found if d.first and d.kind not in (int(at.KIND_UNREST), int(at.KIND_FIRE))]
    assert len(plain) >= (1 if PLAIN else 10)
    checked = 0
    for decision in plain:
        kind = kinds[decision.kind]
        for u, (stands, seconds) in decision.seen.items():
            state, _ = decision.where[u]
            if state == "busy":
                assert stands in (at.BUSY, at.SERVES_LOWER)
            elif state == "idle":
                expected = standing(spec, decision, u, kind.priority, nodes)
                assert (stands, seconds) == (expected[0], pytest.approx(expected[1], rel=1e-6))
                checked += 1
        (capability, need) = next((c, n) for c, n in kind.need.items() if n > 0)
        amounts = [amount for _, c, amount in decision.sent if c == capability]
        assert sum(amounts) + decision.lacking >= need
        assert sum(amounts[:-1]) < need
    assert checked > len(plain)


def test_decisions__no_candidate_is_left_out() -> None:
    spec, found = played(1)
    able = defaultdict(set)
    for u, unit in enumerate(spec.units):
        for cap in unit.caps:
            able[int(cap)].add(u)
    for decision in found:
        assert set(decision.seen) in able.values()


def test_quiet__nothing_happens() -> None:
    _, plan, city = inputs()
    scenario = Scenario.load("quiet")
    world = World(build_tables(Setting.make(scenario, plan, city).spec), log=True)
    for replicate in range(3 if PLAIN else 50):
        world.reset(seed=1, replicate=replicate)
        home = world.state.unit.place.copy()
        world.advance(scenario.horizon)
        w = world.state.world[0]
        assert (w.events, w.opened, w.casualties, w.responses, len(world.log())) == (0, 0, 0, 0, 0)
        assert (world.state.unit.state == at.IDLE).all()
        assert (world.state.unit.place == home).all()
        assert w.idle_low == w.idle_people == sum(unit.people for unit in plan.force.units)
        world.balance()
