"""What one exercise leaves to the next: its improvement plan, open and closed items, read from its log alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

import pydantic

from sispamkota.errors import Fault, StoreError

from .actions import checked_action
from .board import Board
from .board_takes import take_action
from .exercise_file import Carried, ExerciseFile
from .log import ExerciseLog

__all__ = ["board_of", "carry_over", "file_of", "follow"]


@dataclass(frozen=True)
class _FileAlone:
    """Stand in for a setup where no world is played."""

    file: ExerciseFile


def file_of(log: ExerciseLog) -> ExerciseFile:
    """Give the exercise file that a log was played by; raises StoreError where it does not hold one that we know."""
    try:
        return ExerciseFile.model_validate_json(json.dumps(log.setup["file"]))
    except (KeyError, TypeError, pydantic.ValidationError):
        remedy = "Read it with the version that wrote it."
        raise StoreError([Fault("setup.json", "file", "an exercise file of this version", "another", remedy)]) from None


def board_of(log: ExerciseLog) -> Board:
    """Fold what people kept, without a world: it needs neither the city nor the engine that the log was played with."""
    board = Board(cast("Any", _FileAlone(file_of(log))))
    for record in log.records:
        take_action(board, checked_action(dict(record.action), where=record.seat), record)
    return board


def carry_over(log: ExerciseLog) -> tuple[Carried, ...]:
    """Give the items of a log's improvement plan as the next exercise's file carries them, the open ones first.

    An item keeps the name of the exercise that it first came from, however often it is carried.
    """
    board = board_of(log)
    here = board.setup.file.name
    rows = [
        Carried(
            id=name,
            origin=row.get("origin") or here,
            text=row["text"],
            owner=row["owner"],
            due=row["due"],
            state="open" if row["closed"] is None else "closed",
            evidence=row.get("evidence", ""),
        )
        for name, row in board.improvements.items()
    ]
    return tuple(sorted(rows, key=lambda row: row.state != "open"))


def follow(file: ExerciseFile, log: ExerciseLog) -> ExerciseFile:
    """Let an exercise start from an earlier one's improvement plan; `follows` pins the head of that log."""
    head = log.records[-1].hash[:12] if log.records else ""
    told = file.model_dump(mode="json") | {
        "follows": f"{file_of(log).name} {head}".strip(),
        "carried": [row.model_dump(mode="json") for row in carry_over(log)],
    }
    return ExerciseFile.model_validate_json(json.dumps(told))
