"""A second exercise starts from the first one's improvement plan, and its review says what was closed since."""

from __future__ import annotations

import json

from room.drill import Drill
from sispamkota.exercise import ExerciseLog, Room, Setup, replay
from sispamkota.exercise.exercise_file import ExerciseFile
from sispamkota.exercise.improvement import board_of, carry_over, file_of, follow
from sispamkota.exercise.log import GONE
from sispamkota.review.anev import make_anev
from sispamkota.review.anev_page import anev_page


def _setup(kpu: Setup, file: ExerciseFile) -> Setup:
    """Set another file in the same world."""
    return Setup(file, kpu.scenario, kpu.city, kpu.setting, kpu.spec, kpu.first)


def test_carry_over__takes_every_item_with_its_state(log: ExerciseLog) -> None:
    rows = {row.id: row for row in carry_over(log)}
    assert {name: (row.state, row.origin) for name, row in rows.items()} == {
        "radio": ("open", "kpu-bawaslu"),
        "papan": ("open", "kpu-bawaslu"),
        "peta": ("closed", "kpu-bawaslu"),
    }
    assert rows["peta"].evidence == "peta ditempel"
    assert [row.state for row in carry_over(log)] == ["open", "open", "closed"], "the open ones first"


def test_second_exercise__shows_what_was_closed_since_what_is_open_and_what_is_overdue(
    kpu: Setup, log: ExerciseLog
) -> None:
    base = kpu.file.model_copy(update={"name": "latihan-kedua"})
    second = _setup(kpu, follow(base, log))
    assert second.file.follows == f"kpu-bawaslu {log.records[-1].hash[:12]}"
    drill = Drill(second, day="2026-12-20")
    assert drill.room.board.improvements["radio"]["origin"] == "kpu-bawaslu"
    drill.do("close", "controller", 1, do="improve.close", item="papan", evidence="papan dipasang di IGD")
    drill.do("own", "controller", 2, do="improve.put", item="baru", text="senter", owner="Damkar", due="2027-02-01")
    anev = make_anev(drill.room.log(), setup=second)
    assert {row.id: (row.state, row.origin) for row in anev.plan} == {
        "papan": ("closed", "kpu-bawaslu"),
        "radio": ("overdue", "kpu-bawaslu"),
        "peta": ("closed_before", "kpu-bawaslu"),
        "baru": ("open", ""),
    }
    page = anev_page(anev, lang="en")
    told = f"3 items were carried here from {second.file.follows}: 1 closed since, 0 still open, 1 overdue, 1 closed"
    assert told in page
    assert {point.fact.key for point in anev.points if point.fact.key.startswith("carried")} == {
        "carried_closed",
        "carried_late",
    }
    third = follow(base, drill.room.log())
    assert {row.id: row.origin for row in third.carried}["radio"] == "kpu-bawaslu", "where it first came from"
    assert {row.id: row.origin for row in third.carried}["baru"] == "latihan-kedua"


def test_carried_item__that_is_put_again_keeps_its_origin(kpu: Setup, log: ExerciseLog) -> None:
    drill = Drill(_setup(kpu, follow(kpu.file, log)))
    drill.do(
        "again", "controller", 1, do="improve.put", item="radio", text="dua kanal", owner="Kabag Ops", due="2027-03-01"
    )
    row = drill.room.board.improvements["radio"]
    assert (row["text"], row["origin"], row["n"]) == ("dua kanal", "kpu-bawaslu", drill.did["again"].n)


def test_redaction__of_a_close_takes_its_evidence_away(kpu: Setup, log: ExerciseLog, drill: Drill) -> None:
    room = replay(kpu, log.records, checked=True)
    n = drill.did["done 3"].n
    room.do({"do": "redact", "record": n, "why": "nama"}, seat="controller", t=log.records[-1].t, at="")
    assert room.board.improvements["peta"]["evidence"] == GONE
    assert room.board.improvements["peta"]["text"] == "peta jalur"
    assert "peta ditempel" not in json.dumps(board_of(room.log()).to_dict())


def test_file__comes_back_out_of_a_log(kpu: Setup, log: ExerciseLog) -> None:
    assert file_of(log) == kpu.file
    assert Room(_setup(kpu, file_of(log))).digest() == Room(kpu).digest()
