"""How long a desk's units have been on duty without rest, as the hand-over of a shift tells it."""

from __future__ import annotations

import numpy as np
import pytest

from sispamkota.exercise import Room, load_exercise, make_setup
from sispamkota.exercise.fatigue import longest_duty, on_duty
from sispamkota.exercise.roles import roles
from sispamkota.exercise.views import ground, view
from sispamkota.force.doctrine import norm
from sispamkota.kernels import layout as at

HOUR = 3_600_000
WALL = "2024-11-27T00:00:00.000Z"
POLRI = ("polri",)


@pytest.fixture(scope="module")
def setup():
    """The embedded operation."""
    return make_setup(load_exercise("operasi-malang"))


@pytest.fixture
def room(setup):
    return Room(setup)


def _unit(setup, *, roster):
    """A unit of the police, with a roster that has it off duty some hours of the day or without one."""
    for unit in setup.spec.units:
        rostered = unit.duty is not None and 0.0 < unit.duty[1] < unit.duty[2]
        if setup.agencies[unit.id] == "polri" and rostered == roster and unit.task != at.TASK_BKO:
            return unit
    raise AssertionError("no such unit")


def _told(room, unit, t, state):
    room.do({"do": "unit.report", "unit": unit, "state": state}, seat="polresta", t=t, at=WALL)


def test_limit__is_the_doctrines(setup, kpu):
    for each in (setup, kpu):
        assert ground(each, "polresta")["duty_max_h"] == longest_duty(each)
        assert longest_duty(each) * 3600 == norm("duty.max_s", on=each.start.date()).value


def test_view__tells_each_desk_its_own_units_alone(setup, room, kpu):
    for each in (room, Room(kpu)):
        for seat, role in roles().items():
            told = view(each, seat).get("duty")
            assert (told is not None) == bool(role.agencies), seat
            assert {each.setup.agencies[unit] for unit in told or {}} <= set(role.agencies)


def test_exercise__tells_the_engines_hours_and_nobody_who_rests(kpu):
    """Who has no roster works from the start on, who has one from the beginning of its turn, be it before the start."""
    room = Room(kpu)
    agencies = tuple(set(kpu.agencies.values()))
    for hour in (0, 1, 2):
        room.advance(hour * 3600.0)
        told = on_duty(room, agencies)
        states = dict(zip(kpu.names.units, room.world.state.unit.view(np.ndarray)["state"], strict=True))
        assert {n for n, state in states.items() if state not in (at.OFF_DUTY, at.OUTSIDE)} == set(told)
        assert {row["by"] for row in told.values()} == {"engine"}
        free = [unit.id for unit in kpu.spec.units if unit.duty is None and unit.id in told]
        assert {told[unit]["since"] for unit in free} == {0}
    unit = next(unit for unit in kpu.spec.units if unit.duty is None and kpu.agencies[unit.id] == "polri")
    rows, row = room.world.state.unit.view(np.ndarray), kpu.names.units.index(unit.id)
    rows["duty_from"][row] = -1800.0  # as the engine has it whose turn began half an hour before the start
    assert on_duty(room, POLRI)[unit.id]["since"] == -1_800_000
    for away in (at.OFF_DUTY, at.OUTSIDE):
        rows["state"][row] = away
        assert unit.id not in on_duty(room, POLRI)


def test_operation__hours_run_from_the_first_report_to_one_of_rest(setup, room):
    unit = _unit(setup, roster=False).id
    assert unit not in on_duty(room, POLRI), "nobody told of it, and it has no roster"
    _told(room, unit, 1 * HOUR, "standby")
    _told(room, unit, 3 * HOUR, "at_scene")
    assert on_duty(room, POLRI)[unit] == {"since": HOUR, "by": "report"}
    room.advance(20 * 3600.0)
    assert on_duty(room, POLRI)[unit]["since"] == HOUR, "nobody relieved it"
    for rest in ("resting", "off"):
        _told(room, unit, 21 * HOUR, rest)
        assert unit not in on_duty(room, POLRI)
        _told(room, unit, 22 * HOUR, "moving")
        assert on_duty(room, POLRI)[unit] == {"since": 22 * HOUR, "by": "report"}
        room = Room(setup)
        _told(room, unit, 1 * HOUR, "standby")


def test_operation__an_order_puts_a_unit_to_work_and_a_recall_is_no_rest(setup, room):
    unit = _unit(setup, roster=False).id
    n = room.do(
        {"do": "incident.report", "place": "kpu", "kind": "fire", "text": "asap"}, seat="field", t=HOUR, at=WALL
    ).n
    send = {"do": "order.send", "unit": unit, "incident": n, "capability": min(setup.can(unit))}
    room.do(send, seat="polresta", t=2 * HOUR, at=WALL)
    assert on_duty(room, POLRI)[unit]["since"] == 2 * HOUR
    room.do({"do": "order.recall", "unit": unit}, seat="polresta", t=4 * HOUR, at=WALL)
    assert on_duty(room, POLRI)[unit]["since"] == 2 * HOUR


def test_operation__before_a_report_the_roster_says_since_when(setup, room):
    """On its turn from the turn's beginning, also before the room's start; a report in the turn keeps that."""
    unit = _unit(setup, roster=True)
    begins, lasts, every = unit.duty
    start = setup.start.hour * 3600.0
    first = (begins - start) % every  # of the room's time
    room.advance(first + 60.0)
    assert on_duty(room, POLRI)[unit.id] == {"since": round(first * 1000), "by": "roster"}
    room.advance(first + lasts - 60.0)
    assert on_duty(room, POLRI)[unit.id]["since"] == round(first * 1000)
    _told(room, unit.id, round((first + lasts - 60.0) * 1000), "at_scene")
    room.advance(first + lasts + 7200.0)  # its turn has ended, and nobody told that it was relieved
    assert on_duty(room, POLRI)[unit.id] == {"since": round(first * 1000), "by": "report"}, (
        "its turn ended, it works on"
    )
    other = Room(setup)
    other.advance(first + lasts + 60.0)
    assert unit.id not in on_duty(other, POLRI), "its turn is over, and nobody told that it works"
    _told(other, unit.id, round((first + every - 60.0) * 1000), "resting")
    _told(other, unit.id, round((first + every + 7200.0) * 1000), "standby")
    assert on_duty(other, POLRI)[unit.id]["since"] == round((first + every + 7200.0) * 1000), "it rested into its turn"


def test_operation__the_hours_are_no_part_of_the_state_that_is_kept(setup, room):
    """A room that was kept before they were worked out opens as it was."""
    _told(room, _unit(setup, roster=False).id, HOUR, "standby")
    before = room.digest()
    room.board.operation.duty.clear()
    assert room.digest() == before
    assert "duty" not in room.board.to_dict()["operation"]
