"""M1: people who walk, 1,000 and 5,000 before a passage of 3.6 m, dt 0.01 s, beside JuPedSim's same model.

Both start from the same grid at 4/m² with the same free speeds, bodies, time gap and repulsions, and count agent-steps
alike: who is out counts no more. JuPedSim is played only where it is installed (`make bench-rivals`, 1.2 GB). Its flow
stands beside ours, where people also stray and turn sideways (docs/explanation/motion.md). A scene of ten minutes comes
last.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np

from sispamkota.kernels import motion_layout as at
from sispamkota.kernels.motion import advance_motion
from sispamkota.place.compound import Compound
from sispamkota.place.walking import motion_figures
from sispamkota.place.yard import Lines, Yard, build_yard, segments
from sispamkota.rehearsal.scene import Crowd, Guard, play_scene
from sispamkota.verification.motion import people_at

Line = tuple[str, str, str, str]
WIDE, DEEP, PASSAGE = 20.0, 62.5, 3.6  # m
DT, WARM, SPAN, ROUNDS = 0.01, 0.1, 8.0, 3  # s; the best of so many
FIRST, LAST = 10.0, 50.0  # s: the flow is counted between, while a crowd stands before the passage


def lines() -> Iterator[Line]:
    """Agent-steps a second of CPU, ours and the rival's, and the scene."""
    for n in (1000, 5000):
        ours = max(_ours(n) for _ in range(ROUNDS))
        yield "M1", f"people who walk, {n:,} before 3.6 m, dt 0.01 s", f"{ours / 1e6:.2f} M steps/s", "≥ 2 M (5,000)"
        if find_spec("jupedsim") is None:
            yield "M1", f"JuPedSim, {n:,}", "not here", "make bench-rivals (fetches 1.2 GB)"
            continue
        theirs = max(_jupedsim(n) for _ in range(ROUNDS))
        what = f"JuPedSim {version('jupedsim')}, the same {n:,}, {theirs / 1e6:.3f} M steps/s: ours is"
        yield "M1", what, f"{ours / theirs:.1f}×", "–"
    if find_spec("jupedsim"):
        mine, its = _our_flow(1000), _their_flow(1000)
        what = f"flow through 3.6 m: ours {mine:.2f}, JuPedSim's {its:.2f} /(m·s); ours beside it"
        yield "M1", what, f"{mine / its - 1:+.0%}", "– (same model and figures)"
    yield _scene()


def _spots(n: int) -> np.ndarray:
    """A grid at 4/m² that fills the hall from the passage back."""
    across = round((WIDE - 0.6) / 0.5)
    i = np.arange(n)
    return np.column_stack([DEEP - 0.3 - 0.5 * (i // across), 0.3 + 0.5 * (i % across) + 0.1])


def _hall() -> tuple[list[tuple[float, ...]], tuple[float, ...]]:
    """Walls of the hall and its passage, and the exit line in it."""
    low, high, back = (WIDE - PASSAGE) / 2, (WIDE + PASSAGE) / 2, DEEP - 70.0
    rows = [
        *((back, 0, back, WIDE), (back, 0, DEEP, 0), (back, WIDE, DEEP, WIDE)),
        *((DEEP, 0, DEEP, low), (DEEP, high, DEEP, WIDE), (DEEP, low, DEEP + 3, low), (DEEP, high, DEEP + 3, high)),
    ]
    return rows, (DEEP + 2, low, DEEP + 2, high)


def _yard() -> Yard:
    rows, exit_ = _hall()
    return build_yard(Lines(segments(rows), exits=[segments([exit_])]), changed={"dt": DT})


def _ours(n: int) -> float:
    """Agent-steps a second."""
    yard = _yard()
    people = people_at(yard, _spots(n))
    advance_motion(yard.m, people, yard.ground, WARM)
    before, began = int(yard.m.moves), time.process_time()
    assert advance_motion(yard.m, people, yard.ground, WARM + SPAN) == at.STEPPED
    spent = time.process_time() - began
    assert 0 < yard.m.n_out < n, "nobody left, or all did"
    return (int(yard.m.moves) - before) / spent


def _our_flow(n: int) -> float:
    """Persons a metre and second, from FIRST to LAST."""
    yard = _yard()
    people = people_at(yard, _spots(n))
    out = []
    for until in (FIRST, LAST):
        assert advance_motion(yard.m, people, yard.ground, until) == at.STEPPED
        out.append(int(yard.m.n_out))
    return (out[1] - out[0]) / (LAST - FIRST) / PASSAGE


def _rival(n: int) -> Any:
    """Lay out the same hall, people, free speeds, bodies, time gap and step; repulsions are its defaults, and ours."""
    import jupedsim as jps

    low, high, back = (WIDE - PASSAGE) / 2, (WIDE + PASSAGE) / 2, DEEP - 70.0
    ring = [
        (back, 0),
        (DEEP, 0),
        (DEEP, low),
        (DEEP + 3, low),
        (DEEP + 3, high),
        (DEEP, high),
        (DEEP, WIDE),
        (back, WIDE),
    ]
    run = jps.Simulation(model=jps.CollisionFreeSpeedModel(), geometry=ring, dt=DT)
    stage = run.add_exit_stage([(DEEP + 2, low), (DEEP + 3, low), (DEEP + 3, high), (DEEP + 2, high)])
    journey = run.add_journey(jps.JourneyDescription([stage]))
    figures, spots = motion_figures(), _spots(n)
    same = {
        "radius": figures.body_m[0] / 2,
        "time_gap": figures.time_gap_s[0],
        "journey_id": journey,
        "stage_id": stage,
    }
    for spot, speed in zip(spots, people_at(_yard(), spots).body[:, at.FREE], strict=True):
        x, y = spot
        run.add_agent(
            jps.CollisionFreeSpeedModelAgentParameters(
                position=(float(x), float(y)), desired_speed=float(speed), **same
            )
        )
    return run


def _jupedsim(n: int) -> float:
    """Agent-steps a second; in a dense hall nearly everybody moves, and whoever does not is out."""
    run = _rival(n)
    run.iterate(round(WARM / DT))
    first = {each.id: each.position for each in run.agents()}
    steps, began = 0, time.process_time()
    for _ in range(round(SPAN / DT / 10)):
        steps += run.agent_count() * 10
        run.iterate(10)
    spent = time.process_time() - began
    moved = np.mean([each.position[0] - first[each.id][0] for each in run.agents()])
    assert 0 < run.agent_count() < n, "nobody left, or all did"
    assert moved > 0.1, "people do not walk"
    return steps / spent


def _their_flow(n: int) -> float:
    """Persons a metre and second, from FIRST to LAST."""
    run, out = _rival(n), []
    for until in (FIRST, LAST):
        run.iterate(round(until / DT) - run.iteration_count())
        out.append(n - run.agent_count())
    return (out[1] - out[0]) / (LAST - FIRST) / PASSAGE


def _scene() -> Line:
    """Ten minutes of 2,000 people at the generic office."""
    office = Compound.load("office-generic")
    play_scene(office, Crowd(20, 2), Guard(10, 1), minutes=0.1)  # warm
    began = time.process_time()
    play_scene(office, Crowd(2000, 15, arrive_s=240.0, ends_at=480.0), Guard(60, 4), minutes=10.0)
    return "M2", "a scene of 10 min, 2,000 people, dt 0.05 s, CPU", f"{time.process_time() - began:.1f} s", "≤ 10 s"
