"""How close people stand is counted on the ground that they have: before a fence, in a passage, beside what opens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from sispamkota.kernels import motion_layout as at
from sispamkota.kernels.motion import advance_motion
from sispamkota.place.yard import Barrier, Lines, Yard, build_yard, segments
from sispamkota.verification.motion import people_at

NARROW = 0.8  # m


def _room(yard: Yard, x: float, y: float) -> float:
    m = yard.m
    return float(yard.ground.room[int((y - m.fy0) / m.fh), int((x - m.fx0) / m.fh)])


@pytest.mark.parametrize("spot", [(5.0, 5.0), (5.0, 0.2), (0.2, 0.2), (9.8, 1.0), (11.5, 5.0), (12.8, 5.0)])
def test_room__is_the_ground_within_a_metre_that_walls_and_exits_leave(spot):
    """A hall with a passage: the middle, a wall, two corners, the passage, the exit; beside the exact area."""
    low, high = 5.0 - NARROW / 2.0, 5.0 + NARROW / 2.0
    rows = [
        *((0, 0, 10, 0), (0, 10, 10, 10), (0, 0, 0, 10), (10, 0, 10, low), (10, high, 10, 10)),
        *((10, low, 13, low), (10, high, 13, high)),
    ]
    yard = build_yard(Lines(segments(rows), exits=[segments([(13, low, 13, high)])]))
    ground = shapely.union_all([shapely.box(0, 0, 10, 10), shapely.box(10, low, 13, high)])
    m = yard.m
    middle = [
        m.fx0 + (int((spot[0] - m.fx0) / m.fh) + 0.5) * m.fh,
        m.fy0 + (int((spot[1] - m.fy0) / m.fh) + 0.5) * m.fh,
    ]
    exact = shapely.Point(*middle).buffer(1.0).intersection(ground).area
    assert _room(yard, *spot) == pytest.approx(exact, rel=0.12)


def _press(apart: float, *, behind: float) -> Any:
    """People in rows against a thin fence, and as many (or none) on its other side; their density."""
    rows = [(0, 0, 20, 0), (0, 0, 0, 20), (20, 0, 20, 20), (0, 20, 8, 20), (9, 20, 20, 20), (0, 10, 20, 10)]
    yard = build_yard(Lines(segments(rows), exits=[segments([(9, 20, 8, 20)])]))
    x, deep = np.arange(5, 15, apart), apart * np.arange(4)
    south = np.array([(a, 9.8 - b) for b in deep for a in x])
    spots = np.vstack([south, south * (1, -1) + (0, 20)]) if behind else south
    people = people_at(yard, spots, speed=np.zeros(len(spots)))
    people.person["goal"] = at.GO_FRONT
    assert advance_motion(yard.m, people, yard.ground, 0.55) == at.STEPPED
    return yard, people.person["density"][: len(south)].reshape(4, -1)[:, 5:-5]


@pytest.mark.parametrize("behind", [0.0, 1.0])
def test_density__before_a_thin_fence_is_that_of_one_side(behind):
    """7.3 to the square metre are a crush hazard, whether the other side of the fence is empty or as full."""
    yard, density = _press(0.37, behind=behind)
    assert density[0].mean() > 5.0
    assert density.max() < 1.35 * 0.37**-2
    assert yard.m.at_risk_most > 0


def test_density__at_a_fence_is_the_same_whoever_stands_behind_it():
    assert np.array_equal(_press(0.45, behind=0.0)[1], _press(0.45, behind=1.0)[1])


def test_moods__are_played_once_a_second_whatever_opens_elsewhere():
    """A gate that opens brings the scene back to who looks after the fields; the second is not lived twice."""

    def play(others: int) -> tuple[int, float, float]:
        rows = segments([(0, 0, 24, 0), (0, 6, 24, 6), (0, 0, 0, 6), (24, 0, 24, 6)])
        main = Barrier(segments([(12, 0, 12, 6)]), hold=0, strength=1e5)
        gates = [Barrier(segments([(20 + k / 2, 0, 20 + k / 2, 6)]), open_at=2.0 + 3 * k) for k in range(others)]
        yard = build_yard(Lines(rows, barriers=[main, *gates], press=(0,)), changed={"press_reach": 5.0})
        people = people_at(yard, np.array([(x, y) for x in (8.0, 9.0, 10.0) for y in np.linspace(0.5, 5.5, 6)]))
        people.person["state"], people.person["goal"], people.person["left"] = at.VIOLENT, at.GO_PRESS, 1e9
        events = 0
        while advance_motion(yard.m, people, yard.ground, 20.0) == at.EVENT:
            events += 1
            yard.refresh_fields()
        return events, float(yard.m.violent_s), float(yard.ground.walls.barrier[0]["left"])

    assert play(0) == (0, 360.0, pytest.approx(1e5 - 360.0))
    assert play(5) == (5, 360.0, pytest.approx(1e5 - 360.0))


@pytest.mark.parametrize(("gap", "body"), [(1.2, 0.36), (1.2, 0.3), (0.8, 0.3), (0.5, 0.36)])
def test_neighbours__fit_into_the_lists_at_any_figure_of_the_ranges(gap, body):
    """6.25 people to the square metre can stand, however far each of them looks."""
    rows = [(0, 0, 12, 0), (12, 0, 12, 12), (12, 12, 0, 12), (0, 12, 0, 0)]
    yard = build_yard(Lines(segments(rows)), changed={"time_gap": gap, "body": body})
    x, y = np.meshgrid(np.arange(0.5, 11.5, 0.4), np.arange(0.5, 11.5, 0.4))
    people = people_at(yard, np.column_stack([x.ravel(), y.ravel()]))
    assert advance_motion(yard.m, people, yard.ground, 0.2) == at.STEPPED
