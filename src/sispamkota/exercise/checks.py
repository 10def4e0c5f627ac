"""A log replayed: whether its checkpoints hold here, which on another engine or computer they need not."""

from __future__ import annotations

from typing import Any

from sispamkota.errors import Fault, StoreError
from sispamkota.kernels._compile import sources_digest

from .improvement import file_of
from .log import ExerciseLog
from .room import Room
from .setup import Setup, make_setup

__all__ = ["replay_checked", "setup_of"]


def setup_of(log: ExerciseLog) -> Setup:
    """Make the setup that a log was played in; raises StoreError where its world is another one here."""
    setup = make_setup(file_of(log))
    if setup.to_dict()["world"] != log.setup["world"]:
        remedy = "Replay it with the version that it was played with; its checkpoints can be read all the same."
        raise StoreError([Fault("setup.json", "world", "the world that it was played in", "another one", remedy)])
    return setup


def replay_checked(log: ExerciseLog) -> dict[str, Any]:
    """Fold a log; give its length, the final digest, and the checkpoints that hold and do not."""
    room, held, broken = Room(setup_of(log)), 0, list[int]()
    for record in log.records:
        if record.do == "clock.tick":
            room.advance(record.t / 1000.0)
            if room.digest() == record.action["digest"]:
                held += 1
            else:
                broken.append(record.n)
        room.take(record)
    return {
        "records": len(log.records),
        "minutes": round(room.now / 60.0, 1),
        "digest": room.digest(),
        "checkpoints": held,
        "broken": broken,
        "engine": log.setup["engine"],
        "engine_here": sources_digest(),
    }
