"""Laws of how people in a yard look: they keep off walls, face what they came for, and are led out past others."""

from __future__ import annotations

import numpy as np
import pytest

from laws.worlds import PLAIN
from sispamkota.kernels import motion_layout as at
from sispamkota.kernels.motion import advance_motion
from sispamkota.place.yard import Barrier, Lines, build_yard, segments
from sispamkota.rehearsal.scene import OPENED, Film
from sispamkota.verification.motion import people_at

LANE = [
    (0, 0, 27, 0),
    (33, 0, 60, 0),
    (27, 0, 27, -20),
    (33, 0, 33, -20),
    (0, 16, 60, 16),
    (0, 0, 0, 16),
    (60, 16, 60, 0),
]


def _grid(x0, y0, x1, y1, apart):
    x, y = np.meshgrid(np.arange(x0, x1, apart), np.arange(y0, y1, apart))
    return np.column_stack([x.ravel(), y.ravel()])


@pytest.mark.skipif(PLAIN, reason="minutes of plain Python")
def test_lane__people_on_the_way_out_do_not_hug_its_walls():
    """From a street into a lane of 6 m: without it a quarter walked within half a metre of one."""
    yard = build_yard(Lines(segments(LANE), exits=[segments([(27, -20, 33, -20)])]))
    people = people_at(yard, np.vstack([_grid(2, 2, 20, 14, 0.9), _grid(40, 2, 58, 14, 0.9)]))
    across = []
    for t in range(60):
        advance_motion(yard.m, people, yard.ground, float(t))
        inside = people.spot[people.person["state"] <= at.LED]
        across.append(inside[(inside[:, 1] < -4) & (inside[:, 1] > -18), 0])
    x = np.concatenate(across)
    assert len(x) > 1000
    assert np.mean((x < 27.5) | (x > 32.5)) < 0.14


def test_doors__where_it_is_narrow_nobody_keeps_off_a_wall():
    rows = [(0, 0, 0, 10), (0, 10, 20, 10), (20, 10, 20, 0), (0, 0, 9.5, 0), (10.5, 0, 20, 0)]
    yard = build_yard(Lines(segments(rows), exits=[segments([(9.5, 0, 10.5, 0)])]))
    m = yard.m
    assert yard.walked[int((0.1 - m.fy0) / m.fh), int((10.0 - m.fx0) / m.fh)] == 1.0
    beside = yard.walked[int((0.5 - m.fy0) / m.fh), int((5.0 - m.fx0) / m.fh)]
    assert 0.5 <= beside < 1.0


def _gathering():
    """A street before a shut gate at y = 10, and a front at y = 6 before it."""
    rows = [(0, 0, 20, 0), (20, 0, 20, 10), (0, 10, 8, 10), (12, 10, 20, 10)]
    gate = Barrier(segments([(8, 10, 12, 10)]))
    exit_ = segments([(0, 10, 0, 0)])
    return build_yard(
        Lines(segments(rows), exits=[exit_], barriers=[gate], front=segments([(4, 6, 16, 6)]), press=(0,))
    )


def test_face__who_stands_before_the_front_faces_the_gate():
    yard = _gathering()
    people = people_at(yard, np.array([[10.0, 8.5], [10.0, 3.0]]))
    people.person["goal"], people.person["stand"], people.person["space"] = at.GO_FRONT, 5.0, 0.5
    people.body[:, at.HX], people.body[:, at.HY] = 0.0, -1.0
    advance_motion(yard.m, people, yard.ground, 5.0)
    assert (people.body[:, at.HY] > 0.9).all()


def test_front__its_ends_count_as_farther_than_its_middle():
    yard = _gathering()
    m, far = yard.m, yard.ground.far[int(at.GO_FRONT)]
    row = int((6.0 - m.fy0) / m.fh)
    end, middle = (far[row, int((x - m.fx0) / m.fh)] for x in (4.2, 10.0))
    assert end == pytest.approx(0.4 * 5.8, abs=0.2)
    assert middle < 0.2


@pytest.mark.skipif(PLAIN, reason="minutes of plain Python")
def test_led__who_is_led_out_is_not_held_up_by_those_who_stand():
    yard = _gathering()
    spots = np.vstack([[[14.0, 5.0]], _grid(2, 1.0, 13.5, 9.0, 0.6)])
    people = people_at(yard, spots)
    people.person["goal"], people.person["stand"], people.person["space"] = at.GO_FRONT, 20.0, 0.5
    people.person["state"][0], people.person["goal"][0], people.person["escorted"][0] = at.LED, at.GO_OUT, 1
    advance_motion(yard.m, people, yard.ground, 40.0)
    assert people.person["state"][0] == at.OUT


def test_film__a_gate_that_is_opened_has_not_fallen():
    yard = _gathering()
    people = people_at(yard, np.array([[10.0, 3.0]]))
    film = Film.empty(yard, people, 3)
    film.take(0, yard, people)
    barrier = yard.ground.walls.barrier
    barrier["open"] = 1
    film.take(1, yard, people)
    barrier["fell_at"] = 1.0
    film.take(2, yard, people)
    assert film.bears[:, 0].tolist() == [255, OPENED, 0]
