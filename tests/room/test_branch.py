"""What if: the same luck, another action; nothing differs where nothing is changed."""

from __future__ import annotations

import numpy as np
import pytest

from room.drill import MINUTE, Drill
from sispamkota.errors import InputError
from sispamkota.exercise import ExerciseLog, Setup, replay
from sispamkota.exercise.branch import Deed, branch, what_if


@pytest.mark.parametrize("at", [0, 11, 20, 37])
def test_branch__without_a_change_is_the_log(kpu: Setup, log: ExerciseLog, at: int) -> None:
    again = branch(log, at=at, setup=kpu)
    ours = replay(kpu, log.records)
    assert again.now == ours.now
    for name in ("crowd", "unit", "incident", "casualty", "response"):
        assert getattr(again.world.state, name).tobytes() == getattr(ours.world.state, name).tobytes()
    assert what_if(log, at=at, actions=[], setup=kpu).differences == ()


def test_branch__is_a_direct_replay_of_the_changed_log(kpu: Setup, log: ExerciseLog, drill: Drill) -> None:
    """A change before an incident, and nothing after: the same as doing it in a room of one's own."""
    at, t = drill.did["incident"].n, 22 * MINUTE
    deed = Deed(25 * MINUTE, "controller", {"do": "inject.provoke", "place": "bawaslu", "people": 200})
    found = branch(log, at=at, change=[deed], rest=False, setup=kpu)
    direct = replay(kpu, log.records[:at])
    direct.do(deed.action, seat=deed.seat, t=deed.t, at="")
    for room in (found, direct):
        room.advance(4000.0)
    assert found.digest() == direct.digest()
    assert t < deed.t


def test_what_if__changes_nothing_before_the_change_and_something_after(
    kpu: Setup, log: ExerciseLog, drill: Drill
) -> None:
    """More violence, at Bawaslu: the stages there differ, and nothing did before it."""
    at = drill.did["provoke"].n
    deed = Deed(30 * MINUTE, "controller", {"do": "inject.provoke", "place": "bawaslu", "people": 400})
    told = what_if(log, at=at, actions=[deed], setup=kpu)
    changed = {(row.measure, row.place) for row in told.differences}
    assert ("seconds_merah", "bawaslu") in changed
    rows = told.to_table().set_index(["measure", "place"])
    assert rows.loc[("seconds_merah", "bawaslu"), "before"] == 0.0 < rows.loc[("seconds_merah", "bawaslu"), "after"]
    ours, other = (replay(kpu, log.records[:at]), branch(log, at=at, change=[deed], rest=False, setup=kpu))
    ours.advance(30 * 60 - 1e-3)
    before = other.world.log()[other.world.log()["t"] < 30 * 60]
    np.testing.assert_array_equal(before["event"], ours.world.log()["event"])


def test_branch__keeps_who_answered_what_when_records_come_between(kpu: Setup, log: ExerciseLog, drill: Drill) -> None:
    """A new record moves the numbers of all later ones; answers still answer what they answered."""
    at = drill.did["ask 4"].n
    deed = Deed(drill.did["ask 4"].t, "field", {"do": "note", "text": "catatan"})
    room = branch(log, at=at, change=[deed], setup=kpu)
    states = [each.state(drill.did["end"].t) for each in room.board.requests.values()]
    assert states == ["granted", "refused", "lapsed"]
    assert list(room.board.requests) == [n + 1 for n in drill.room.board.requests]


def test_what_if__leaves_out_and_tells_what_cannot_be_done_any_more(kpu: Setup, drill: Drill, log: ExerciseLog) -> None:
    """Once a way out is reported blocked, the room refuses to ask for gas: the later records say that."""
    deed = Deed(drill.did["ask 4"].t, "field", {"do": "report", "place": "kpu", "what": "blocked_exit", "text": "x"})
    told = what_if(log, at=drill.did["ask 4"].n, actions=[deed], setup=kpu)
    assert told.dropped == (drill.did["ask 5"].n, drill.did["refuse 5"].n)


@pytest.mark.parametrize(
    ("at", "deed", "match"),
    [
        (99, None, "0 to 37"),
        (20, Deed(0, "controller", {"do": "clock.pause"}), "or later"),
        (20, Deed(40 * MINUTE, "damkar", {"do": "order.recall", "unit": "patroli-1"}), "another desk"),
    ],
)  # fmt: skip
def test_branch__refuses_what_may_not_be(kpu: Setup, log: ExerciseLog, at: int, deed: Deed | None, match: str) -> None:
    with pytest.raises(InputError, match=match):
        branch(log, at=at, change=[deed] if deed else [], setup=kpu)
