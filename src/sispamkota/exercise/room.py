"""The room: one World and one list of actions. State is fold(setup, records), and nothing else.

The clock of the wall, the network and the database are none of its business: it is told at which moment of the world
an action is done, and plays up to it. What people may not do raises InputError and changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from sispamkota.errors import EngineError, Fault, InputError
from sispamkota.kernels import memory
from sispamkota.rehearsal.policy import (
    AllowGas,
    AskToLeave,
    CallReinforcement,
    CapForce,
    ChangeLine,
    HandOver,
    Order,
    Recall,
    Send,
)
from sispamkota.rehearsal.world import World

from .actions import ACTIONS, Free, Leave, Redact, Sit, checked_action
from .board import Board
from .board_checks import check_action
from .board_rows import Item
from .board_takes import take_action
from .live import Live
from .log import ExerciseLog, Record, chain_faults, make_record, redacted
from .operation import check_mode
from .roles import SERVERS, role_of, roles
from .setup import Setup
from .skeleton import Skeleton

__all__ = ["Room", "replay", "warm_up"]


_SERVER = (*SERVERS, "inject.message")  # and the messages of the list when their time has come


class Room:
    """Hold an exercise in motion: its world, its board, and the records that made them.

    `now` is in seconds since the scenario's start. In an operation the world stays at its start: nothing is simulated,
    and `now` is the time of the wall since the operation's start.
    """

    def __init__(self, setup: Setup) -> None:
        """Open the room at the scenario's start."""
        self.setup = setup
        self.records: list[Record] = []
        self.board = Board(setup)
        self.world = World(setup.tables(), log=True)
        self.world.reset(seed=setup.file.seed, replicate=setup.file.replicate)
        self.live = Live(setup, self.world)
        self._log_hash, self._hashed, self._wall = hashlib.sha256(), 0, 0.0
        self._skeleton = Skeleton(self.board)

    @property
    def now(self) -> float:
        """Say what time it is in the world, seconds."""
        return self._wall if self.setup.real else self.world.now

    @property
    def horizon(self) -> float:
        """Say when the scenario ends, seconds."""
        return self.setup.scenario.horizon

    def advance(self, until: float) -> None:
        """Play the world on to a time, at most to the scenario's end; an operation's time has no end."""
        if self.setup.real:
            self._wall = max(self._wall, until)
        elif (until := min(until, self.horizon)) > self.now:  # at the end nothing more plays, whatever time is named
            self.world.advance(until)

    def do(self, action: Mapping[str, Any], *, seat: str, t: int, at: str) -> Record:
        """Do an action at millisecond `t` and put it into the log; raises InputError where it may not be done."""
        before = self.records[-1] if self.records else None
        record = make_record(before, t=t, at=at, seat=seat, action=action)
        self.take(record)
        return record

    def take(self, record: Record) -> None:
        """Take the next record: the one way in which anything changes. Raises InputError, and nothing has changed."""
        if (do := record.do) in ACTIONS:
            self._check(record, do)
        action = checked_action(dict(record.action), where=record.seat)
        self.advance(record.t / 1000.0)
        check_action(self.board, action, record)
        if not self.setup.real:
            self._carry_out(action, record)
        take_action(self.board, action, record)
        if isinstance(action, Sit | Leave | Free) and not self.setup.real:
            self.live.seat(self.board)
        self.records.append(record)
        if isinstance(action, Redact):
            self.records[action.record] = redacted(self.records[action.record])

    def _carry_out(self, action: Any, record: Record) -> None:
        """Do what an action does to the world."""
        try:
            self.live.carry_out(action, record, self.board)
        except EngineError as error:
            remedy = "Look at the board and choose again."
            raise InputError(
                [Fault(record.seat, record.do, "an order that can be given", str(error), remedy)]
            ) from None

    def _check(self, record: Record, do: str) -> None:
        """Refuse what the seat may not do, and what comes after the end or before now."""
        name = record.seat.partition(":")[0]
        if name not in roles() and name != "server":
            raise _refused(record, "seat", "a role", f'"{name}"', "Choose one of " + ", ".join(roles()) + ".")
        allowed = do in _SERVER if name == "server" else role_of(record.seat).allows(do)
        merged = self.setup.real and do.startswith("merge.")  # written by a merge; at the edge no role may
        if not allowed and not merged:
            who = [role for role, each in roles().items() if each.allows(do)]
            remedy = "Ask " + ", ".join(who) + "." if who else "Nobody may."
            raise _refused(record, do, "an action of this role", name, remedy)
        check_mode(record, real=self.setup.real)
        last = self.records[-1].t if self.records else 0
        if record.t < last:
            raise _refused(record, "t", f"{last} ms or later", f"{record.t} ms", "Time runs forward.")
        if self.board.ended and not do.startswith(("rate", "observe", "improve", "note", "redact", "merge.")):
            raise _refused(record, do, "what belongs to the review", do, "The exercise has ended.")

    def due(self, now_ms: int) -> list[Item]:
        """Give the events of the list that are to be brought: whose time or whose stage has come, in this order."""
        return [*self.board.due(now_ms), *(item for item in self.board.to_come() if self.live.reached(item))]

    def digest(self) -> str:
        """Hash the whole state: that of the world, without addresses, and that of the board, without its texts."""
        state, whole = self.world.state, hashlib.sha256()
        header = state.world.view(np.ndarray).copy()
        for name in memory.TABLES:
            header[name] = 0
        whole.update(header.tobytes())
        log = state.log.view(np.ndarray)[self._hashed : int(state.world[0].logged)]
        self._log_hash.update(log.tobytes())
        self._hashed += len(log)
        whole.update(self._log_hash.digest())
        for name in state._fields:
            if name not in ("world", "log"):
                whole.update(getattr(state, name).tobytes())
        whole.update(self._skeleton.text())
        return whole.hexdigest()

    def log(self) -> ExerciseLog:
        """Give the exercise so far as a value."""
        return ExerciseLog(self.setup.to_dict(), tuple(self.records), self.setup.manifest)


def _refused(record: Record, field: str, expected: str, got: str, remedy: str) -> InputError:
    return InputError([Fault(record.seat, field, expected, got, remedy)])


def warm_up(setup: Setup) -> None:
    """Compile, in a room of its own, whatever people may do to the world: none of it may keep a live room waiting."""
    if setup.real:
        return  # nothing is simulated
    room, place = Room(setup), setup.names.crowds[0]
    for seat in ("polresta", "polda"):
        room.do({"do": "seat.take"}, seat=seat, t=0, at="")
    room.do({"do": "inject.tension", "tension": 1.0}, seat="controller", t=60_000, at="")
    crowd = room.setup.names.crowds.index(place)
    orders: tuple[Order, ...] = (
        Send(0, 0, 0), Recall(0), AskToLeave(crowd), CallReinforcement(), HandOver(crowd), ChangeLine(crowd),
        CapForce(crowd, 1), AllowGas(crowd),
    )  # fmt: skip
    for order in orders:
        with suppress(EngineError):  # refused or not: it is compiled
            room.world.order(order)
    room.do({"do": "seat.leave"}, seat="polresta", t=60_000, at="")
    room.advance(120.0)
    room.digest()


def replay(setup: Setup, records: Iterable[Record], *, until: float | None = None, checked: bool = False) -> Room:
    """Fold records into a room; raises InputError where the chain is broken.

    `until`: seconds up to which the world then plays on. `checked`: they are the first ones of a chain that holds (the
    redaction of one of them may stand after them).
    """
    rows = list(records)
    faults = () if checked else tuple(chain_faults(rows, where="log"))
    if faults:
        raise InputError(faults)
    room = Room(setup)
    for record in rows:
        room.take(record)
    if until is not None:
        room.advance(until)
    return room
