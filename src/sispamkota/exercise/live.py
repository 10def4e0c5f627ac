"""What an action does to the world: orders to units, command at a place, injects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sispamkota.errors import EngineError
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.happenings import CAPABILITIES
from sispamkota.rehearsal.policy import (
    AllowGas,
    AskToLeave,
    CallReinforcement,
    CapForce,
    ChangeLine,
    HandOver,
    HoldCommand,
    Recall,
    Send,
)
from sispamkota.rehearsal.story import STAGES
from sispamkota.rehearsal.world import World

from .actions import (
    Answer,
    AskPeopleToLeave,
    CallReinforcements,
    CapTheForce,
    ChangeTheLine,
    EditItem,
    InjectArrive,
    InjectIncident,
    InjectProvoke,
    InjectTension,
    RecallUnit,
    Report,
    SendUnit,
    TakeOverControl,
)
from .board import Board
from .board_rows import Item
from .log import Record
from .roles import leaders, request_kinds, role_of, roles
from .setup import LIVE, Setup

__all__ = ["Live"]

GAS = 5  # the stage of the use of force that is chemical means
FIREARMS = 6


class Live:
    """Carry actions out in a world; `used` counts what the controller has let happen."""

    def __init__(self, setup: Setup, world: World) -> None:
        """Look the names up once."""
        names = setup.names
        self.setup, self.world, self.used = setup, world, 0
        self.unit = {name: row for row, name in enumerate(names.units)}
        self.place = {name: row for row, name in enumerate(names.places)}
        self.crowd = {name: row for row, name in enumerate(names.crowds)}
        self.kind = {name: row for row, name in enumerate(names.kinds)}
        self._held, self._commanded = frozenset[str](), False
        self._spent = dict[str, float]()  # seconds that a condition's place had been at its stage when it was written

    def carry_out(self, action: Any, record: Record, board: Board) -> None:
        """Do what an action does to the world; raises EngineError that says why it cannot be, and nothing changed."""
        act = _ACTS.get(type(action))
        if act is not None:
            act(self, action, record, board)

    def seat(self, board: Board) -> None:
        """Let people have the desks that somebody sits at, and the policy the others."""
        held = frozenset(seat.partition(":")[0] for seat in board.seats)
        if held == self._held:
            return
        agencies = {agency for role in held if role in roles() for agency in roles()[role].agencies}
        self.world.take_desks(*(desk for agency, desk in self.setup.desks.items() if agency in agencies))
        commanded = any(role in roles() and roles()[role].commands_crowds for role in held)
        for crowd in range(len(self.crowd)) if commanded != self._commanded else ():
            self.world.order(HoldCommand(crowd, on=commanded))
            self.world.order(CapForce(crowd, self.setup.file.force_free if commanded else 0))
        self._held, self._commanded = held, commanded

    # --- events of the list that wait for a stage -------------------------------------------------------------------

    def put(self, action: EditItem, record: Record, board: Board) -> None:
        """Keep from when on a condition counts: a stage that was over before it was written brings nothing."""
        if action.when is not None:
            crowd, level = self._row("crowd", action.when.place), STAGES.index(action.when.stage)
            self._spent[action.item] = self._seconds(crowd, level)

    def reached(self, item: Item) -> bool:
        """Say whether the place that an event waits for is at its stage or above, or was since the event was put.

        Asked of the time spent there and not of the stage alone: a stage that came and went between two looks, during
        a jump of the clock, has been reached.
        """
        if item.when is None:
            return False
        crowd, level = self.crowd[item.when["place"]], STAGES.index(item.when["stage"])
        here = int(self.world.state.crowd[crowd].stage) >= level
        return here or self._seconds(crowd, level) > self._spent.get(item.id, 0.0)

    def _seconds(self, crowd: int, level: int) -> float:
        return float(self.world.state.crowd[crowd].stage_s[level:].sum())

    # --- looking things up ------------------------------------------------------------------------------------------

    def _row(self, what: str, name: str) -> int:
        rows: dict[str, int] = getattr(self, what)
        if name not in rows:
            raise EngineError(f'there is no {what} "{name}" in this exercise')
        return rows[name]

    def _own(self, name: str, seat: str) -> int:
        """Give a unit's row; only its own desk may order it."""
        row, agency = self._row("unit", name), self.setup.agencies.get(name, "")
        if agency not in role_of(seat).agencies:
            raise EngineError(f"{name} is commanded by another desk ({agency})")
        return row

    # --- orders ---------------------------------------------------------------------------------------------------

    def send(self, action: SendUnit, record: Record, board: Board) -> None:
        """Send a unit of one's own."""
        if action.capability not in CAPABILITIES:
            raise EngineError(f'there is no capability "{action.capability}"')
        row = self._own(action.unit, record.seat)
        if action.incident >= len(self.world.state.incident):
            raise EngineError("this incident is not open")
        self.world.order(Send(row, action.incident, int(CAPABILITIES[action.capability])))

    def recall(self, action: RecallUnit, record: Record, board: Board) -> None:
        """Recall a unit of one's own."""
        self.world.order(Recall(self._own(action.unit, record.seat)))

    def ask_to_leave(self, action: AskPeopleToLeave, record: Record, board: Board) -> None:
        """Ask the people at a place to go home; not while their way out is blocked."""
        if action.place in board.blocked:
            raise EngineError("the way out there is blocked: open it before people are asked to go")
        self.world.order(AskToLeave(self._row("crowd", action.place)))

    def hand_over(self, action: TakeOverControl, record: Record, board: Board) -> None:
        """Take over control as the level that comes next: Kapolresta, then Kapolda."""
        crowd = self._row("crowd", action.place)
        level = int(self.world.state.crowd[crowd].control) + 1
        self._as_level(level, record.seat, "take over control there")
        self.world.order(HandOver(crowd))

    def change_line(self, action: ChangeTheLine, record: Record, board: Board) -> None:
        """Hand the line over; to PHH Brimob (lintas ganti) only the Kapolda lets it."""
        crowd = self._row("crowd", action.place)
        c = self.world.state.crowd[crowd]
        top = max((n for n in range(1, min(int(c.stage), int(c.control)) + 1) if c.officers[n] > 0), default=0)
        self._as_level(max(1, top), record.seat, "hand the line over there")
        self.world.order(ChangeLine(crowd))

    def _as_level(self, level: int, seat: str, what: str) -> None:
        """Refuse what a higher level of command decides."""
        needed = leaders(level)
        if seat.partition(":")[0] not in needed:
            raise EngineError(f"{' or '.join(needed)} may {what}; ask for it")

    def cap_force(self, action: CapTheForce, record: Record, board: Board) -> None:
        """Lower the cap; raising it asks for a request."""
        crowd = self._row("crowd", action.place)
        cap = int(self.world.state.crowd[crowd].cap)
        if cap and action.step > cap:
            raise EngineError(f"the use of force there may go to stage {cap}; more is asked for by a request")
        self.world.order(CapForce(crowd, action.step))
        if action.step < GAS and self.world.state.crowd[crowd].gas:
            self.world.order(AllowGas(crowd, on=False))

    def reinforce(self, action: CallReinforcements, record: Record, board: Board) -> None:
        """Ask for the units outside the city, as the Kapolda."""
        self._as_level(2, record.seat, "call for reinforcement")
        self.world.order(CallReinforcement())

    def answer(self, action: Answer, record: Record, board: Board) -> None:
        """Do what a granted request asks for."""
        request = board.requests[action.request]
        effect = request_kinds()[request.kind].effect
        if not action.granted or effect == "none":
            return
        if effect == "reinforce":
            self.world.order(CallReinforcement())
            return
        crowd = self._row("crowd", request.place or "")
        if effect == "hand_over":
            self.world.order(HandOver(crowd))
        elif effect == "change_line":
            self.world.order(ChangeLine(crowd))
        else:
            self._raise_force(crowd, request.place or "", request.step or 0, board)

    def _raise_force(self, crowd: int, place: str, step: int, board: Board) -> None:
        """Let the use of force go further; no firearms, and no gas where people cannot leave, whoever asks."""
        if step >= FIREARMS:
            raise EngineError("firearms are never played")
        if step == GAS:
            if place in board.blocked:
                raise EngineError("no tear gas while a way out is blocked, whoever asks")
            self.world.order(AllowGas(crowd))
        self.world.order(CapForce(crowd, step))

    def close_gas(self, place: str) -> None:
        """Take the leave for tear gas back: a way out has been blocked."""
        crowd = self.crowd.get(place)
        if crowd is not None and self.world.state.crowd[crowd].gas:
            self.world.order(AllowGas(crowd, on=False))

    def report(self, action: Report, record: Record, board: Board) -> None:
        """Take the leave for tear gas back where a way out is reported blocked."""
        if action.what == "blocked_exit":
            self.close_gas(action.place)

    # --- injects --------------------------------------------------------------------------------------------------

    def _inject(self, *rows: Mapping[str, Any]) -> None:
        """Write injects into the controller's rows, each played `after` seconds from now."""
        if self.used + len(rows) > LIVE:
            raise EngineError(f"the controller has let {LIVE} things happen; no more fit into one exercise")
        table, first = self.world.tables.inject_t, self.setup.first + self.used
        for n, row in enumerate(rows):
            for name, value in row.items():
                if name != "after":
                    table[name][first + n] = value
            self.world.let_happen(first + n, after=row["after"])
        self.used += len(rows)
        self.world.advance(self.world.now)

    def incident(self, action: InjectIncident, record: Record, board: Board) -> None:
        """Let an incident happen; those that belong to a crowd or a fire start with it only."""
        kind, place = self._row("kind", action.kind), self._row("place", action.place)
        if kind in (at.KIND_FIRE, at.KIND_UNREST, at.KIND_NEIGHBOUR):
            raise EngineError(f"{action.kind} starts at a crowd only")
        self._inject({"action": at.MAKE_INCIDENT, "crowd": -1, "place": place, "kind": kind, "after": 0.0})

    def provoke(self, action: InjectProvoke, record: Record, board: Board) -> None:
        """Let people of a crowd turn violent."""
        crowd = self._row("crowd", action.place)
        row = {"action": at.MAKE_VIOLENT, "crowd": crowd, "place": self.place[action.place], "amount": action.people}
        self._inject(row | {"after": 0.0})

    def arrive(self, action: InjectArrive, record: Record, board: Board) -> None:
        """Let people arrive at a place evenly: a rate from now, and none when the time is over."""
        crowd = self._row("crowd", action.place)
        if action.over <= 0.0:
            raise EngineError("people need some time to arrive")
        table = self.world.tables.inject_t
        gathering = int(table["gathering"][self.setup.first + self.used])
        row: dict[str, Any] = {
            "action": at.ARRIVE_RATE,
            "crowd": crowd,
            "place": self.place[action.place],
            "camp": action.camp,
        }
        row |= {"amount": action.people, "spread": 1.0, "gathering": gathering}
        begin, end = {"share": 1.0 / action.over, "after": 0.0}, {"share": 0.0, "after": action.over}
        self._inject(row | begin, row | end)

    def tension(self, action: InjectTension, record: Record, board: Board) -> None:
        """Change the tension of the city."""
        row = {"action": at.SET_TENSION, "crowd": -1, "place": -1, "amount": action.tension, "after": 0.0}
        self._inject(row)


_ACTS: Mapping[type, Callable[..., None]] = {
    SendUnit: Live.send,
    RecallUnit: Live.recall,
    AskPeopleToLeave: Live.ask_to_leave,
    TakeOverControl: Live.hand_over,
    ChangeTheLine: Live.change_line,
    CapTheForce: Live.cap_force,
    CallReinforcements: Live.reinforce,
    Answer: Live.answer,
    EditItem: Live.put,
    InjectIncident: Live.incident,
    InjectProvoke: Live.provoke,
    InjectArrive: Live.arrive,
    InjectTension: Live.tension,
    Report: Live.report,
}
