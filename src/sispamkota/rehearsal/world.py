"""The one engine, shared by rehearsal and exercise: a world that advances, can be looked at, copied and set back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import EngineError, Fault, InputError
from sispamkota.kernels import layout as at
from sispamkota.kernels.branch import branch
from sispamkota.kernels.check import FAULTS, balance
from sispamkota.kernels.crowd import refresh_touched
from sispamkota.kernels.door import play
from sispamkota.kernels.incident import settle
from sispamkota.kernels.measure import CROWD_MEASURES, MEASURES, finish
from sispamkota.kernels.memory import PLAIN
from sispamkota.kernels.order import (
    REFUSALS,
    allow_gas,
    ask_to_leave,
    call_reinforcement,
    cap_force,
    change_line,
    hand_over,
    hold_command,
    let_happen,
    recall,
    send,
    survey,
    take_desks,
)
from sispamkota.kernels.prior import draw_parameters
from sispamkota.kernels.reset import reset

from .joint import draw_row
from .policy import (
    AllowGas,
    AskToLeave,
    CallReinforcement,
    CapForce,
    ChangeLine,
    HandOver,
    HoldCommand,
    Order,
    Policy,
    Recall,
    Send,
)
from .story import STANDINGS
from .tables import CAPACITY, State, Tables, bind, new_state

__all__ = ["World"]

_CODES = {
    at.FULL_INCIDENTS: "too many incidents at once for the table",
    at.FULL_CASUALTIES: "too many casualties for the table",
    at.FULL_RESPONSES: "too many response times for the table",
    at.FULL_LOG: "the event log is full",
    at.UNREACHABLE: "a unit or a casualty was sent where no road leads",
}
FOREVER = -1
# How the engine carries out each order that a policy or a desk may give.
_CARRY: Mapping[type, Callable[[Any, Any], int]] = {
    Send: lambda w, order: send(w, order.incident, order.unit, order.capability),
    Recall: lambda w, order: recall(w, order.unit),
    AskToLeave: lambda w, order: ask_to_leave(w, order.crowd),
    CallReinforcement: lambda w, _: call_reinforcement(w),
    HoldCommand: lambda w, order: hold_command(w, order.crowd, int(order.on)),
    HandOver: lambda w, order: hand_over(w, order.crowd),
    ChangeLine: lambda w, order: change_line(w, order.crowd),
    CapForce: lambda w, order: cap_force(w, order.crowd, order.step),
    AllowGas: lambda w, order: allow_gas(w, order.crowd, int(order.on)),
}


class World:
    """Hold one replicate in motion.

    `now` is in seconds since the scenario's start. A pause changes nothing: advance(a), advance(b) equals advance(b).
    """

    def __init__(
        self,
        tables: Tables,
        *,
        log: bool = False,
        responses: int = CAPACITY["responses"],
        policy: Policy | None = None,
    ) -> None:
        """Allocate a world; without a `policy` of its own the compiled one decides."""
        self.tables = tables
        self.state = new_state(tables, log=log, responses=responses)
        self.policy = policy
        self._w = self.state.world[0]
        self._header = self.state.world if PLAIN else self.state.world.view(np.ndarray)
        self._now = self.state.world.view(np.ndarray)["now"]  # a field of a record takes ten times as long to read
        self._logging = log

    def reset(
        self,
        *,
        seed: int,
        replicate: int,
        values: NDArray[np.float64] | None = None,
        doubt_of: int | None = None,
    ) -> None:
        """Start a replicate: a pure function of the tables, the seed and the replicate's number.

        `values`, in the order of PARAMETERS, stands in for the tables' own parameters and their draws. `doubt_of`: the
        replicate whose factors of hazards and drawn parameters are taken, if not its own.
        """
        self._w.doubt_of = doubt = replicate if doubt_of is None else doubt_of
        if values is None:
            self.state.param[...] = self.tables.param
            draw_parameters(self.parameters, self.tables.prior, np.uint64(seed), doubt)  # type: ignore[arg-type]
            draw_row(self.parameters, self.tables.joint, seed, doubt)
        else:
            self.parameters[:] = values
        self._w.asking = int(self.policy is not None)
        self._w["branches"] = 0
        reset(self._w, np.uint64(seed), replicate, int(self._logging))  # type: ignore[arg-type]
        self.check()

    @property
    def parameters(self) -> NDArray[np.float64]:
        """Return the parameters of this replicate, in the order of PARAMETERS (a view)."""
        values: NDArray[np.float64] = self.state.param.view(np.ndarray).view(np.float64)
        return values

    def advance(self, until: float) -> None:
        """Play every event up to and at a time; raises EngineError on a fault."""
        if until < self.now:
            raise EngineError(
                f"time runs forward: it is {self.now:.0f} s, not {until:.0f} s; restore a snapshot instead"
            )
        code = play(self._header, float(until), FOREVER)
        while code == at.ASKED:
            self._answer()
            code = play(self._header, float(until), FOREVER)
        self._raise(code)

    def _answer(self) -> None:
        """Let the policy in Python answer the incident that asks."""
        incident = int(self._w.asked)
        self._w.fault = at.DONE
        for order in () if self.policy is None else self.policy.decide(self, incident):
            self.order(order)
        settle(self._w, incident)
        refresh_touched(self._w)
        self._raise(int(self._w.fault))

    def survey(self, incident: int, capability: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Give how each unit stands for an incident (numbers of `layout`, −1: not able), and seconds until there."""
        self._check_rows(Send(0, incident, capability))
        standing, seconds = np.zeros(len(self.state.unit), np.int64), np.zeros(len(self.state.unit))
        survey(self._w, incident, capability, standing, seconds)
        return standing, seconds

    def order(self, order: Order) -> None:
        """Carry out an order now; raises EngineError that says why it cannot be, and then nothing has changed."""
        self._check_rows(order)
        code = _CARRY[type(order)](self._w, order)
        if code:
            why = REFUSALS.get(code) or f"this unit cannot be sent: {STANDINGS[code].replace('_', ' ')}"
            raise EngineError(why)
        self._raise(int(self._w.fault))

    def _check_rows(self, order: Order) -> None:
        """Raise EngineError where an order names a row that this world has not."""
        sizes = {"unit": self.state.unit, "incident": self.state.incident, "crowd": self.state.crowd}
        most = {name: len(table) for name, table in sizes.items()} | {"capability": at.CAPS, "on": 2}
        most["step"] = self.state.crowd["force_s"].shape[1]
        for name, row in vars(order).items():
            if not 0 <= row < most[name]:
                raise EngineError(f"there is no {name} {row}: give 0 to {most[name] - 1}")

    def let_happen(self, inject: int, *, after: float = 0.0) -> None:
        """Play an inject of the tables (a row) so many seconds from now, whatever it waited for."""
        if not 0 <= inject < len(self.state.inject) or not after >= 0.0:
            raise EngineError(f"there is no inject {inject} that could play after {after} s")
        let_happen(self._w, inject, self.now + after)

    def take_desks(self, *desks: int) -> None:
        """Let people, and not the policy, give the orders to the units of these desks; none gives all back."""
        take_desks(self._w, sum(1 << desk for desk in set(desks)))

    def step(self, until: float) -> bool:
        """Play one event due by a time and stop at it; say whether there was one (if not, it is then `until`)."""
        code = play(self._header, float(until), 1)
        if code == at.ASKED:
            self._answer()
            code = at.PAUSED
        self._raise(0 if code == at.PAUSED else code)
        return code == at.PAUSED

    def check(self) -> None:
        """Raise EngineError for a fault that a kernel left."""
        self._raise(int(self._w.fault))

    def balance(self) -> None:
        """Raise EngineError unless everyone and everything is accounted for."""
        code = balance(self._w)
        if code:
            raise EngineError(FAULTS[code])

    def finish(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Close the replicate: its row of MEASURES, and a row of CROWD_MEASURES for each crowd."""
        row = np.zeros(len(MEASURES))
        rows = np.zeros((len(self.state.crowd), len(CROWD_MEASURES)))
        self._raise(finish(self._w, row, rows))
        return row, rows

    def snapshot(self) -> State:
        """Copy the whole state."""
        copy = State(*(np.empty_like(part) for part in self.state))
        for its, mine in zip(copy, self.state, strict=True):
            _bytes(its)[...] = _bytes(mine)
        return copy

    def restore(self, state: State) -> None:
        """Set the world back to a copied state."""
        if [(part.shape, part.dtype) for part in self.state] != [(part.shape, part.dtype) for part in state]:
            raise EngineError("this snapshot is of another world")
        for mine, its in zip(self.state, state, strict=True):
            _bytes(mine)[...] = _bytes(its)
        bind(self.state, self.tables)

    def mark(self) -> dict[str, NDArray[np.uint8]]:
        """Copy the state but its event log, which only grows: to go back a little is a tenth of the cost."""
        parts = zip(self.state._fields, self.state, strict=True)
        return {name: _bytes(part).copy() for name, part in parts if name != "log"}

    def rewind(self, mark: Mapping[str, NDArray[np.uint8]]) -> None:
        """Go back to a moment that was marked in this world."""
        for name, its in mark.items():
            _bytes(getattr(self.state, name))[...] = its

    def branch(self, number: int) -> None:
        """Leave this future for another: draws from here on are the branch's own, waits without memory are redrawn.

        The same branch of the same state is the same future; different ones, and branches of branches, are independent
        given the state. What keeps its end is listed in docs/explanation/precision.md. Raises InputError for a number
        that is not 0 to 2**63 - 1.
        """
        if not 0 <= number < 2**63:
            raise InputError([Fault("branch", "number", "0 to 2**63 - 1", str(number), "Choose one in the range.")])
        branch(self._w, number)
        self.check()

    def quiet_copy(self) -> World:
        """Copy the world without its event log; what is written into its injects later does not reach the copy."""
        tables = self.tables._replace(inject_t=self.tables.inject_t.copy())
        twin = World(tables, responses=len(self.state.response))
        twin.restore(self.state._replace(log=twin.state.log))
        twin._w.logging = twin._w.logged = 0
        return twin

    def __deepcopy__(self, _memo: object) -> World:
        """Copy the world with tables of addresses of its own."""
        twin = World(self.tables, log=self._logging, responses=len(self.state.response), policy=self.policy)
        twin.restore(self.state)
        return twin

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: the header holds addresses of this process."""
        raise TypeError("a World cannot be pickled; pickle its tables, seed and replicate")

    def open_incidents(self) -> list[int]:
        """List the rows of the open incidents in the order of their calls."""
        row, rows = int(self._w.first_open), list[int]()
        while row >= 0:
            rows.append(row)
            row = int(self.state.incident.after[row])
        return rows

    def log(self) -> Any:
        """Return the records of the event log so far, in order (a view)."""
        return self.state.log[: int(self._w.logged)]

    @property
    def now(self) -> float:
        """Say what time it is, in seconds since the start."""
        return float(self._now[0])

    def _raise(self, code: int) -> None:
        """Turn a fault code into an error that names it."""
        if code:
            w = self._w
            key = f"branch key {w.seed}" if w.branches else f"seed {w.seed}"
            raise EngineError(f"replicate {w.replicate}, {key}, {w.now:.0f} s: {_CODES[code]}")


def _bytes(part: Any) -> NDArray[np.uint8]:
    """View a table as bytes: records copied field by field take twenty times as long."""
    return part.view(np.ndarray).view(np.uint8)  # type: ignore[no-any-return]
