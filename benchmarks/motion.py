"""M1: people who walk, 1,000 and 5,000 before a passage of 3.6 m, dt 0.01 s, beside JuPedSim's same model.

Both start from the same grid at 4/m² with the same free speeds, and count agent-steps alike: who is out counts no more.
JuPedSim (extra `jupedsim`, 1.2 GB) is played only where it is installed. A scene of ten minutes comes last.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np

from sispamkota.kernels import motion_layout as at
from sispamkota.kernels.motion import advance_motion
from sispamkota.place.compound import Compound
from sispamkota.place.yard import Lines, Yard, build_yard, segments
from sispamkota.rehearsal.scene import Crowd, Guard, play_scene
from sispamkota.verification.motion import people_at

Line = tuple[str, str, str, str]
WIDE, DEEP, PASSAGE, DT, SPAN, ROUNDS = 20.0, 62.5, 3.6, 0.01, 8.0, 3


def lines() -> Iterator[Line]:
    """Agent-steps a second of CPU, ours and the rival's, and the scene."""
    for n in (1000, 5000):
        ours = max(_ours(n) for _ in range(ROUNDS))
        yield "M1", f"people who walk, {n:,} before 3.6 m, dt 0.01 s", f"{ours / 1e6:.2f} M steps/s", "≥ 2 M (5,000)"
        if find_spec("jupedsim") is None:
            yield "M1", f"JuPedSim, {n:,}", "not here", "pip install 'sispamkota[jupedsim]' (1.2 GB)"
            continue
        theirs = max(_jupedsim(n) for _ in range(ROUNDS))
        what = f"JuPedSim's collision-free speed model, {n:,}, {theirs / 1e6:.2f} M steps/s: ours is"
        yield "M1", what, f"{ours / theirs:.1f}×", "–"
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


def _ours(n: int) -> float:
    rows, exit_ = _hall()
    yard: Yard = build_yard(Lines(segments(rows), exits=[segments([exit_])]), changed={"dt": DT})
    people = people_at(yard, _spots(n))
    advance_motion(yard.m, people, yard.ground, 0.1)  # warm
    before, began = int(yard.m.moves), time.process_time()
    assert advance_motion(yard.m, people, yard.ground, 0.1 + SPAN) == at.STEPPED
    return (int(yard.m.moves) - before) / (time.process_time() - began)


def _jupedsim(n: int) -> float:
    """The same hall, free speeds and step; its own neighbour ranges and time gap, ours for the body."""
    import jupedsim as jps

    low, high, back = (WIDE - PASSAGE) / 2, (WIDE + PASSAGE) / 2, DEEP - 70.0
    hall = [
        (back, 0),
        (DEEP, 0),
        (DEEP, low),
        (DEEP + 3, low),
        (DEEP + 3, high),
        (DEEP, high),
        (DEEP, WIDE),
        (back, WIDE),
    ]
    run = jps.Simulation(model=jps.CollisionFreeSpeedModel(), geometry=hall, dt=DT)
    gate = [(DEEP + 2, low), (DEEP + 3, low), (DEEP + 3, high), (DEEP + 2, high)]
    stage = run.add_exit_stage(gate)
    journey = run.add_journey(jps.JourneyDescription([stage]))
    rows, exit_ = _hall()
    speeds = people_at(build_yard(Lines(segments(rows), exits=[segments([exit_])])), _spots(n)).body[:, at.FREE]
    for spot, speed in zip(_spots(n), speeds, strict=True):
        run.add_agent(
            jps.CollisionFreeSpeedModelAgentParameters(
                journey_id=journey, stage_id=stage, position=tuple(spot), desired_speed=float(speed), radius=0.18
            )
        )
    run.iterate(10)
    steps, began = 0, time.process_time()
    for _ in range(round(SPAN / DT / 10)):
        steps += run.agent_count() * 10
        run.iterate(10)
    return steps / (time.process_time() - began)


def _scene() -> Line:
    """Ten minutes of 2,000 people at the generic office."""
    office = Compound.load("office-generic")
    play_scene(office, Crowd(20, 2), Guard(10, 1), minutes=0.1)  # warm
    began = time.process_time()
    play_scene(office, Crowd(2000, 15, arrive_s=240.0, ends_at=480.0), Guard(60, 4), minutes=10.0)
    return "M2", "a scene of 10 min, 2,000 people, dt 0.05 s, CPU", f"{time.process_time() - began:.1f} s", "≤ 10 s"
