"""What the world of an exercise did, found by playing its log again: stages, force, calls, harm, whether it holds."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sispamkota.errors import SispamkotaError
from sispamkota.exercise import ExerciseLog, Record, Room, Setup
from sispamkota.exercise.improvement import file_of
from sispamkota.kernels._compile import sources_digest
from sispamkota.kernels.measure import MEASURES
from sispamkota.rehearsal.ensemble import OUTCOMES, SERVICES
from sispamkota.rehearsal.play import FORCE_STEPS
from sispamkota.rehearsal.story import STAGES, read_log

__all__ = ["Basis", "Call", "Course", "Happening", "Rise", "replay_course"]

LOOKS = 7200  # at the use of force, which leaves no event of its own: every second, of a long scenario fewer


@dataclass(frozen=True)
class Basis:
    """Say what the world's figures rest on.

    `state`: verified (every checkpoint of the log came out the same again), unchecked (the log has none), differs
    (record `first` did not), other_engine or unplayable; operation where nothing is simulated. World figures are given
    for the first two alone.
    """

    state: str
    engine: str
    ours: str
    checkpoints: int
    same: int = 0
    first: int | None = None


@dataclass(frozen=True)
class Call:
    """Hold a call for help: seconds when it came and until somebody was there (NaN: nobody), and how it ended."""

    service: str
    place: str
    kind: str
    called: float
    seconds: float
    waited: float
    outcome: str


@dataclass(frozen=True)
class Rise:
    """Hold a rise of the use of force at a place: when (seconds), from which stage to which, under which cap."""

    t: float
    place: str
    before: int
    after: int
    cap: int
    stage: str


@dataclass(frozen=True)
class Happening:
    """Hold an event of the world as the event log tells it."""

    t: float
    event: str
    place: str
    unit: str
    detail: str


@dataclass(frozen=True)
class Course:
    """Hold what the world did up to its end (seconds); force_s[place] are seconds at stages 1 to 6."""

    end: float
    happenings: tuple[Happening, ...]
    rises: tuple[Rise, ...]
    force_s: Mapping[str, tuple[float, ...]]
    calls: tuple[Call, ...]
    measures: Mapping[str, float]
    places: tuple[str, ...] = field(default=())

    def stages(self, place: str) -> list[tuple[float, float, str]]:
        """Give a place's stages as (from, to, stage), seconds."""
        changes = [(0.0, STAGES[0])]
        changes += [
            (each.t, each.event.removeprefix("stage_"))
            for each in self.happenings
            if each.place == place and each.event.startswith("stage_")
        ]
        ends = [*(t for t, _ in changes[1:]), self.end]
        return [(t, end, stage) for (t, stage), end in zip(changes, ends, strict=True) if end > t]

    def first(self, event: str, *, place: str | None = None) -> Happening | None:
        """Find the first event of a kind, at a place or anywhere."""
        return next((h for h in self.happenings if h.event == event and place in (None, h.place)), None)


def replay_course(log: ExerciseLog, setup: Setup | None) -> tuple[Basis, Course | None]:
    """Play a log again; what it rests on, and the course where that holds.

    `setup` is None where the log could not be set in its city any more.
    """
    told, ours = str(log.setup.get("engine", "")), sources_digest()
    ticks = sum(record.do == "clock.tick" for record in log.records)
    if file_of(log).mode == "operation":
        return _reported(log, setup, Basis("operation", told, ours, ticks)), None
    if told != ours:
        return Basis("other_engine", told, ours, ticks), None
    if setup is None or log.setup.get("world") != setup.to_dict()["world"]:
        return Basis("unplayable", told, ours, ticks), None
    rises, room, same = list[Rise](), Room(setup), 0
    shown = [0] * len(setup.names.crowds)
    try:
        for record in log.records:
            rises += _watch(room, record.t / 1000.0, shown)
            if record.do == "clock.tick":
                if room.digest() != record.action["digest"]:
                    return Basis("differs", told, ours, ticks, same, record.n), None
                same += 1
            room.take(record)
            rises += _rises(room, shown)
    except SispamkotaError:
        return Basis("differs", told, ours, ticks, same, record.n), None
    basis = Basis("verified" if ticks else "unchecked", told, ours, ticks, same)
    return basis, _course(room, rises, log.records)


def _reported(log: ExerciseLog, setup: Setup | None, basis: Basis) -> Basis:
    """Hold an operation's checkpoints against its log, where this is the engine that wrote them."""
    if setup is None or basis.engine != basis.ours:
        return basis
    room, same, first = Room(setup), 0, None
    for record in log.records:
        if record.do == "clock.tick":
            holds = room.digest() == record.action["digest"]
            same, first = same + holds, record.n if first is None and not holds else first
        room.take(record)
    return replace(basis, same=same, first=first)


def _watch(room: Room, until: float, shown: list[int]) -> Iterator[Rise]:
    """Play up to a time, looking on the way; a pause changes nothing."""
    until, look = min(until, max(room.now, room.horizon)), max(1.0, room.horizon / LOOKS)
    while room.now < until:
        room.advance(min(until, (math.floor(room.now / look) + 1) * look))
        yield from _rises(room, shown)


def _rises(room: Room, shown: list[int]) -> Iterator[Rise]:
    """Tell where more force is used than at the last look."""
    crowds = room.world.state.crowd
    for n, place in enumerate(room.setup.names.crowds):
        c = crowds[n]
        after = int(c.force)
        if after > shown[n]:
            yield Rise(room.now, place, shown[n], after, int(c.cap), STAGES[int(c.stage)])
        shown[n] = after


def _course(room: Room, rises: Sequence[Rise], records: Sequence[Record]) -> Course:
    """Close a copy of the world and read it."""
    names, world = room.setup.names, copy.deepcopy(room.world)
    row, _ = world.finish()
    table = world.state.response[: int(world.state.world[0].responses)]
    calls = tuple(
        Call(
            SERVICES[int(r["service"])], names.places[int(r["place"])], names.kinds[int(r["kind"])],
            float(r["called"]), float(r["seconds"]), float(r["waited"]), OUTCOMES[int(r["outcome"])],
        )
        for r in _plain(table)
    )  # fmt: skip
    told: list[Any] = list(read_log(room.world.log(), names).itertuples())
    return Course(
        end=max(room.now, records[-1].t / 1000.0 if records else 0.0),
        happenings=tuple(Happening(r.t, r.event, r.place, r.unit, r.detail) for r in told),
        rises=tuple(rises),
        force_s={
            place: tuple(float(world.state.crowd["force_s"][n, step]) for step in range(1, FORCE_STEPS + 1))
            for n, place in enumerate(names.crowds)
        },
        calls=calls,
        measures={name: float(value) for name, value in zip(MEASURES, row, strict=True)},
        places=names.crowds,
    )


def _plain(table: Any) -> Any:
    """View records as plain rows."""
    import numpy as np

    return table.view(np.ndarray)
