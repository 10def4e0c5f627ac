"""What makes a long room quick changes nothing: the same bytes are hashed, and the same faults are told."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import pytest

from room.rooms import EXAMPLES
from room.rooms import setup as embedded
from sispamkota.app.room.telling import ROWS, Telling
from sispamkota.exercise import Room, Setup, load_exercise, make_setup, replay
from sispamkota.exercise.actions import _ADAPTER, ACTIONS, parse_action
from sispamkota.exercise.log import _hash_of, _sha256, canonical
from sispamkota.exercise.roles import role_of, roles
from sispamkota.exercise.skeleton import Skeleton
from sispamkota.exercise.views import frame, view

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from exercise_log import MIX, mixed_log

LENGTH = 400


@pytest.fixture(scope="module")
def setup() -> Setup:
    """The embedded exercise, set in its city once."""
    return make_setup(load_exercise("kpu-bawaslu"))


def _redact_some(room: Room, n: int) -> None:
    last = room.records[-1]
    for record in range(0, LENGTH, n):
        room.do({"do": "redact", "record": record, "why": "a"}, seat="controller", t=last.t, at=last.at)


def test_skeleton__is_what_the_whole_board_would_be_written_as(setup: Setup) -> None:
    """After each action, rows that end, texts that go: the bytes of the plain definition."""
    rows = mixed_log(setup, LENGTH)
    assert {row.do for row in rows} > {"note", "report", "request.answer", "dialogue.close", "hospital.update"}
    room = Room(setup)
    once, often = Skeleton(room.board), Skeleton(room.board)
    for row in rows:
        room.take(row)
        assert often.text() == canonical(room.board.skeleton())
    offer = room.do({"do": "shift.offer", "text": "a"}, seat="polresta", t=rows[-1].t, at="")
    often.text()
    room.do({"do": "shift.accept", "offer": offer.n}, seat="polresta", t=rows[-1].t, at="")
    assert often.text() == canonical(room.board.skeleton())
    _redact_some(room, 3)
    assert often.text() == once.text() == canonical(room.board.skeleton())
    assert replay(setup, room.records).digest() == room.digest()


@pytest.mark.parametrize(("name", "without"), [("kpu-bawaslu", {"setup", "operation"}), ("operasi-malang", {"setup"})])
def test_skeleton__knows_every_part_of_the_board(name: str, without: set[str]) -> None:
    """An exercise has nothing that is reported; an operation hashes it too."""
    room = Room(embedded(name))
    board = room.board
    assert set(board.to_dict()) == board.parts() == set(vars(board)) - without
    assert Skeleton(board).text() == canonical(board.skeleton())


def test_mixed_log__holds_the_mix_that_it_says(setup: Setup) -> None:
    """Orders and answers are there too, in the order of how often they are said to be."""
    assert abs(sum(MIX.values()) - 1.0) < 1e-9
    rows = mixed_log(setup, 2000)
    assert len(rows) == 2000
    share = {name: sum(row.do == name for row in rows) / len(rows) for name in ("note", "report", "hospital.update")}
    assert share["note"] > share["report"] > share["hospital.update"] > 0.02
    assert any(row.do.startswith("order.") for row in rows)


def _told(call: Any, data: Any) -> Any:
    """Give what came of it: the model, or every fault with its place and words."""
    try:
        return call(data)
    except pydantic.ValidationError as error:
        return error.errors(include_url=False)


@pytest.mark.parametrize("do", ACTIONS)
def test_parse_action__says_of_values_what_it_says_of_their_json(do: str) -> None:
    """Every field with values of every kind, left out, and one too many: the same model or the same faults."""
    whole = {"do": do, **EXAMPLES[do]}
    odd = (
        None,
        True,
        1,
        -1,
        1.5,
        10**30,
        float("nan"),
        "",
        "a",
        " a ",
        "\udc80",
        [],
        ["kpu"],
        ["kpu", 1],
        [[]],
        {"a": 1},
    )
    changed = [whole | {name: value} for name, value in itertools.product([*whole, "strange"], odd)]
    shorter = [{k: v for k, v in whole.items() if k != name} for name in whole]
    for data in (whole, *changed, *shorter):
        text = json.dumps(data)
        assert repr(_told(parse_action, data)) == repr(_told(_ADAPTER.validate_json, text)), data


def test_hash__of_a_head_is_that_of_its_canonical_list() -> None:
    rng = np.random.default_rng(3)
    odd = ["", "a", 'a"b', "\\", "\n\t", "é—", "\u2028", "\x00", "🚒", "hospital:rs_a"]
    for _ in range(200):
        at, seat, digest, prev = (odd[k] for k in rng.integers(len(odd), size=4))
        n, t = (int(k) for k in rng.integers(0, 2**50, 2))
        assert _hash_of(n, t, at, seat, digest, prev) == _sha256([n, t, at, seat, digest, prev])
    assert _hash_of(True, 1, "", "", "", "") == _sha256([True, 1, "", "", "", ""])


def test_telling__writes_for_each_seat_what_it_may_see_alone(setup: Setup) -> None:
    """What is written once for all seats is to the byte what each would be told by itself."""
    room = Room(setup)
    for row in mixed_log(setup, LENGTH):
        room.take(row)
    seats = [*roles(), f"hospital:{setup.names.hospitals[0]}"]
    telling = Telling()
    telling.write_frames(room, seats, {"t": 1})
    telling.write_views(room, seats)
    for seat in seats:
        assert json.loads(telling.frames[seat]) == {"kind": "frame", "frame": frame(room, seat), "clock": {"t": 1}}
        assert json.loads(telling.views[seat]) == {"kind": "view", "view": view(room, seat, rows=ROWS)}
    assert len({telling.frames[seat] for seat in seats}) == len({role_of(seat).sees for seat in seats} - {"all"})
