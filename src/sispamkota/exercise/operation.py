"""An operation: what is so, as people report it, and what they decided; nothing in it is simulated.

Part of the board, and a fold of records like it. Times are milliseconds since the operation's start. Every row says
when it was last told (`at`), by which seat (`by`) and record (`n`); what nobody reported is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sispamkota.errors import Fault, InputError
from sispamkota.rehearsal.happenings import CAPABILITIES

from .actions import (
    Answer,
    AskPeopleToLeave,
    CallReinforcements,
    CapTheForce,
    ChangeTheLine,
    RecallUnit,
    Report,
    SendUnit,
    TakeOverControl,
)
from .log import Record
from .reports import Conflict, Merged, ReportCrowd, ReportIncident, ReportTps, ReportUnit, UpdateIncident
from .roles import leaders, request_kinds, role_of

if TYPE_CHECKING:
    from .board import Board

__all__ = ["OTHER", "Operation", "check_mode"]

OTHER = "other"  # the kind of an incident that the scenario has no name for
GAS = 5  # the stage of the use of force that is chemical means
_ONLY_PLAYED = ("clock.run", "clock.pause", "clock.jump", "inject.", "msel.")
_ONLY_REAL = ("tps.", "incident.", "crowd.", "unit.", "merge.")
_AT_WORK = ("moving", "at_scene")
_AT_REST = ("resting", "off")


def check_mode(record: Record, *, real: bool) -> None:
    """Raise InputError for what belongs to an exercise in an operation (`real`), and the other way round."""
    if real and record.do.startswith(_ONLY_PLAYED):
        remedy = "It runs on the wall's clock and takes reports: report what happened."
        raise _refused(record, record.do, "what belongs to an operation", "what is played in an exercise", remedy)
    if not real and record.do.startswith(_ONLY_REAL):
        remedy = "Report it in an operation: sispamkota exercise new operasi-malang."
        raise _refused(record, record.do, "what belongs to an exercise", "a report of an operation", remedy)


def _refused(record: Record, field_: str, expected: str, got: str, remedy: str) -> InputError:
    return InputError([Fault(record.seat, field_, expected, got, remedy)])


@dataclass
class Operation:
    """Hold what was reported and ordered; plain rows.

    `tps`: by code of the TPS or of a kelurahan, {state, waiting, at, by, n}. `incidents`: by number of their first
    record, {place, kind, state, injured, text, called, at, by, n, units, updates}; state is new, seen, handled or
    closed; `proposed` {at, by, n} where a desk that does not lead it says that it is over. `crowds`: by place, {people,
    violent, trend, at, by, n}. `units`: by id, {state, place, incident, at, by, n}. `commands`: by place, {control,
    line, cap, gas, asked, at, by, n}. `bookings`: [unit, incident, from, to], `to` None while it lasts. `reinforced`:
    when reinforcement was called for. `conflicts`: what a merge found, and what came late when something newer had been
    told; `doubled`: units that a merge found twice.
    `duty`: by unit, since when it is told at work without rest, and when it was last told at rest; worked out of the
    records, so it is no part of what is written.
    """

    tps: dict[str, dict[str, Any]] = field(default_factory=dict)
    incidents: dict[int, dict[str, Any]] = field(default_factory=dict)
    crowds: dict[str, dict[str, Any]] = field(default_factory=dict)
    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    bookings: list[list[Any]] = field(default_factory=list)
    reinforced: int | None = None
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    doubled: list[dict[str, Any]] = field(default_factory=list)
    duty: dict[str, tuple[int | None, int | None]] = field(default_factory=dict, repr=False)
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)  # what was worked out of it, until the next report

    def to_dict(self) -> dict[str, Any]:
        """Give what was told."""
        return {name: value for name, value in vars(self).items() if name not in ("duty", "memo")}

    def check(self, board: Board, action: Any, record: Record) -> None:
        """Raise InputError for what may not be; nothing changes."""
        key = getattr(action, "key", "")
        if key and key in board.keys:
            remedy = "It has arrived; nothing is to be done."
            raise _refused(record, "key", "a report sent once", "the same again", remedy)
        check = _CHECKS.get(type(action))
        if check is not None:
            check(self, board, action, record)

    def take(self, board: Board, action: Any, record: Record) -> None:
        """Take in an action that has been checked."""
        take = _TAKES.get(type(action))
        if take is not None:
            self.memo.clear()
            take(self, board, action, record)
            board.keys |= {getattr(action, "key", "")} - {""}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Go through all rows, for a text that is taken away."""
        for incident in self.incidents.values():
            yield incident
            yield from incident["updates"]

    def open_incidents(self) -> dict[int, dict[str, Any]]:
        """Give the incidents that are not closed, the earliest first."""
        return {n: row for n, row in self.incidents.items() if row["state"] != "closed"}

    def command(self, place: str, *, free: int) -> dict[str, Any]:
        """Give who leads at a place, and how far force may go there: up to `free` where nobody said otherwise."""
        start = {"control": 0, "line": 0, "cap": free, "gas": False, "asked": None}
        return self.commands.get(place, start)

    def work(self, unit: str, state: str, at: int) -> None:
        """Take in that a unit is at work or at rest from now on."""
        since, rested = self.duty.get(unit, (None, None))
        self.duty[unit] = (None, at) if state in _AT_REST else (at if since is None else since, rested)

    # --- units and incidents --------------------------------------------------------------------------------------

    def book(self, unit: str, incident: int | None, at: int) -> None:
        """Let a unit belong to an incident from now on, and to no other."""
        old = self.units.get(unit, {}).get("incident")
        if old == incident:
            return
        if old is not None:
            self.incidents[old]["units"].remove(unit)
            next(row for row in reversed(self.bookings) if row[0] == unit)[3] = at
        if incident is not None:
            self.incidents[incident]["units"].append(unit)
            self.bookings.append([unit, incident, at, None])


def _told(record: Record, action: Any = None) -> dict[str, Any]:
    """Say since when something is known, by whom and which record; a report that came late says when it was seen."""
    seen = getattr(action, "seen", None)
    at = record.t if seen is None else min(record.t, round(seen * 1000))
    return {"at": at, "by": record.seat, "n": record.n}


def _newer(table: Mapping[str, dict[str, Any]], name: str, row: dict[str, Any]) -> bool:
    """Say whether a row tells something later than what is there: what came late puts nothing newer away."""
    return name not in table or table[name]["at"] <= row["at"]


# --- what may not be --------------------------------------------------------------------------------------------------


def _check_tps(operation: Operation, board: Board, action: ReportTps, record: Record) -> None:
    city = board.setup.city
    if action.tps in board.setup.tps:
        return
    if action.tps not in set(city.kelurahan["kode"].astype(str)):
        remedy = "Give its code: that of the kelurahan, a slash and three digits."
        raise _refused(record, "tps", "a TPS or a kelurahan of this city", action.tps, remedy)
    if action.state == "disrupted" or action.waiting is not None:
        remedy = "Give the code of the TPS itself."
        got = "a whole kelurahan"
        raise _refused(record, "tps", "the TPS that is disrupted, or where people wait", got, remedy)


def _check_place(board: Board, place: str | None, record: Record) -> None:
    if place is not None and place not in board.setup.names.places:
        raise _refused(record, "place", "a place of this operation", place, "Choose one from the map.")


def _check_incident(operation: Operation, board: Board, action: ReportIncident, record: Record) -> None:
    _check_place(board, action.place, record)
    kinds = (*board.setup.names.kinds, OTHER)
    if action.kind not in kinds:
        remedy = "Choose one of " + ", ".join(kinds) + "."
        raise _refused(record, "kind", "a kind of incident", action.kind, remedy)


def _check_open(operation: Operation, number: int, record: Record, action: Any = None) -> None:
    """Refuse an incident that is none, or closed; what came late may be about one that has been closed since."""
    row = operation.incidents.get(number)
    if row is None or (row["state"] == "closed" and _told(record, action)["at"] >= row["at"]):
        got = "one that is closed" if row else str(number)
        raise _refused(record, "incident", "an open incident", got, "Look at the board and choose again.")


def _check_update(operation: Operation, board: Board, action: UpdateIncident, record: Record) -> None:
    _check_open(operation, action.incident, record, action)


def _check_crowd(operation: Operation, board: Board, action: ReportCrowd, record: Record) -> None:
    _check_place(board, action.place, record)
    if action.violent is not None and action.violent > action.people:
        got = f"{action.violent} of {action.people}"
        raise _refused(record, "violent", "no more than all who are there", got, "Count them anew.")


def _check_own(board: Board, unit: str, record: Record) -> None:
    agency = board.setup.agencies.get(unit)
    if agency is None:
        raise _refused(record, "unit", "a unit of this operation", unit, "Choose one from the board.")
    if agency not in role_of(record.seat).agencies:
        remedy = "Ask that desk for it."
        raise _refused(record, "unit", "a unit of this desk", f"{unit} ({agency})", remedy)


def _check_unit(operation: Operation, board: Board, action: ReportUnit, record: Record) -> None:
    _check_own(board, action.unit, record)
    _check_place(board, action.place, record)
    if action.incident is not None:
        _check_open(operation, action.incident, record, action)
        if action.state not in _AT_WORK:
            remedy = "Leave the incident out, or say that it is moving or at the scene."
            raise _refused(record, "incident", "none for a unit that is not at work", str(action.incident), remedy)


def _check_send(operation: Operation, board: Board, action: SendUnit, record: Record) -> None:
    _check_own(board, action.unit, record)
    _check_open(operation, action.incident, record)
    if action.capability not in CAPABILITIES or action.capability not in board.setup.can(action.unit):
        remedy = "Choose a unit that can do it."
        raise _refused(record, "capability", f"what {action.unit} can do", action.capability, remedy)
    row = operation.units.get(action.unit, {})
    if row.get("incident") is not None:
        got = f"{action.unit}, at incident {row['incident']}"
        raise _refused(record, "unit", "a unit that is free", got, "Recall it first, or send another.")
    if row.get("state") in ("resting", "off"):
        raise _refused(record, "unit", "a unit on duty", "one that rests or is off duty", "Send another.")


def _check_recall(operation: Operation, board: Board, action: RecallUnit, record: Record) -> None:
    _check_own(board, action.unit, record)
    if operation.units.get(action.unit, {}).get("incident") is None:
        raise _refused(record, "unit", "a unit that is at an incident", action.unit, "Look at the board again.")


def _check_leave(operation: Operation, board: Board, action: AskPeopleToLeave, record: Record) -> None:
    _check_place(board, action.place, record)
    if action.place in board.blocked:
        remedy = "Open a way out first."
        raise _refused(record, "place", "a place that people can leave", "one with a blocked way out", remedy)


def _check_level(level: int, what: str, record: Record) -> None:
    """Refuse what a higher level of command decides: Kapolresta, then Kapolda."""
    needed = leaders(level)
    name = record.seat.partition(":")[0]
    if name not in needed:
        raise _refused(record, what, " or ".join(needed), name, "Ask for it by a request.")


def _check_control(operation: Operation, board: Board, action: TakeOverControl, record: Record) -> None:
    _check_place(board, action.place, record)
    level = operation.command(action.place, free=0)["control"] + 1
    _check_top(level, record)
    _check_level(level, record.do, record)


def _check_line(operation: Operation, board: Board, action: ChangeTheLine, record: Record) -> None:
    _check_place(board, action.place, record)
    level = operation.command(action.place, free=0)["line"] + 1
    _check_top(level, record)
    _check_level(level, record.do, record)


def _check_top(level: int, record: Record) -> None:
    if level > 2:
        raise _refused(record, "place", "a place with a level above", "the highest already", "Nothing is to be done.")


def _check_cap(operation: Operation, board: Board, action: CapTheForce, record: Record) -> None:
    _check_place(board, action.place, record)
    cap = operation.command(action.place, free=board.setup.file.force_free)["cap"]
    if action.step > cap:
        remedy = "Ask for more by a request."
        raise _refused(record, "step", f"a stage of 1 to {cap}", str(action.step), remedy)


def _check_reinforce(operation: Operation, board: Board, action: CallReinforcements, record: Record) -> None:
    _check_level(2, record.do, record)


# --- what then is so --------------------------------------------------------------------------------------------------


def _tps(operation: Operation, board: Board, action: ReportTps, record: Record) -> None:
    row = {"state": action.state, "waiting": action.waiting} | _told(record, action)
    if _newer(operation.tps, action.tps, row):
        operation.tps[action.tps] = row


def _incident(operation: Operation, board: Board, action: ReportIncident, record: Record) -> None:
    when = _told(record, action)
    told = action.model_dump(exclude={"do", "key", "seen"}) | {"state": "new", "called": when["at"]}
    operation.incidents[record.n] = told | when | {"units": [], "updates": []}


def _update(operation: Operation, board: Board, action: UpdateIncident, record: Record) -> None:
    row, told = operation.incidents[action.incident], _told(record, action)
    over, leads = action.state == "closed", role_of(record.seat).may_close(row["kind"])
    state = "proposed" if over and not leads else action.state
    row["updates"].append({"state": state, "text": action.text} | told)
    if row["state"] == "closed" or told["at"] < row["at"]:
        return _overtaken(operation, record, told, incident=action.incident)
    row["at"] = told["at"]
    if action.injured is not None:
        row["injured"] = action.injured
    row.pop("proposed", None)
    if state == "proposed":  # no proposal, no key: the checkpoints of a log from before there were any hold
        row["proposed"] = told
        return None
    row["state"] = state
    for unit in list(row["units"]) if over else ():
        operation.book(unit, None, record.t)
        operation.units[unit]["incident"] = None
    return None


def _overtaken(operation: Operation, record: Record, told: Mapping[str, Any], **about: Any) -> None:
    """List a report that came late, when something newer had been told: it puts nothing away, and is not lost."""
    operation.conflicts.append({"do": record.do, "why": "overtaken"} | about | dict(told))


def _crowd(operation: Operation, board: Board, action: ReportCrowd, record: Record) -> None:
    row = action.model_dump(exclude={"do", "place", "key", "seen"}) | _told(record, action)
    if _newer(operation.crowds, action.place, row):
        operation.crowds[action.place] = row


def _unit(operation: Operation, board: Board, action: ReportUnit, record: Record) -> None:
    old, told, incident = operation.units.get(action.unit, {}), _told(record, action), action.incident
    closed = incident is not None and operation.incidents[incident]["state"] == "closed"
    if closed or not _newer(operation.units, action.unit, told):
        return _overtaken(operation, record, told, unit=action.unit)
    if incident is None and action.state in _AT_WORK:
        incident = old.get("incident")
    place = action.place
    if place is None and incident is not None and action.state == "at_scene":
        place = operation.incidents[incident]["place"]
    operation.book(action.unit, incident, record.t)
    operation.work(action.unit, action.state, told["at"])
    operation.units[action.unit] = {"state": action.state, "place": place, "incident": incident} | told
    return None


def _send(operation: Operation, board: Board, action: SendUnit, record: Record) -> None:
    operation.book(action.unit, action.incident, record.t)
    operation.work(action.unit, "moving", record.t)
    operation.units[action.unit] = {"state": "moving", "place": None, "incident": action.incident} | _told(record)


def _recall(operation: Operation, board: Board, action: RecallUnit, record: Record) -> None:
    operation.book(action.unit, None, record.t)
    operation.work(action.unit, "returning", record.t)
    operation.units[action.unit] = {"state": "returning", "place": None, "incident": None} | _told(record)


def _leave(operation: Operation, board: Board, action: AskPeopleToLeave, record: Record) -> None:
    _decide(operation, board, action.place, record, asked=record.t)


def _decide(operation: Operation, board: Board, place: str, record: Record, **changes: Any) -> None:
    row = operation.command(place, free=board.setup.file.force_free)
    operation.commands[place] = row | changes | _told(record)


def _control(operation: Operation, board: Board, action: TakeOverControl, record: Record) -> None:
    level = operation.command(action.place, free=0)["control"] + 1
    _decide(operation, board, action.place, record, control=level)


def _line(operation: Operation, board: Board, action: ChangeTheLine, record: Record) -> None:
    level = operation.command(action.place, free=0)["line"] + 1
    _decide(operation, board, action.place, record, line=level)


def _cap(operation: Operation, board: Board, action: CapTheForce, record: Record) -> None:
    _decide(operation, board, action.place, record, cap=action.step, gas=_gas(operation, action))


def _gas(operation: Operation, action: CapTheForce) -> bool:
    """Say whether tear gas stays allowed under a lower cap."""
    return action.step >= GAS and bool(operation.command(action.place, free=0)["gas"])


def _reinforce(operation: Operation, board: Board, action: CallReinforcements, record: Record) -> None:
    operation.reinforced = record.t


def _granted(operation: Operation, board: Board, action: Answer, record: Record) -> None:
    """Keep what a granted request decides."""
    request = board.requests[action.request]
    effect, place = request_kinds()[request.kind].effect, request.place or ""
    if not action.granted or effect == "none":
        return
    row = operation.command(place, free=board.setup.file.force_free)
    if effect == "reinforce":
        operation.reinforced = record.t
    elif effect == "hand_over":
        _decide(operation, board, place, record, control=min(2, row["control"] + 1))
    elif effect == "change_line":
        _decide(operation, board, place, record, line=min(2, row["line"] + 1))
    else:
        step = request.step or 0
        _decide(operation, board, place, record, cap=step, gas=row["gas"] or step == GAS)


def _blocked(operation: Operation, board: Board, action: Report, record: Record) -> None:
    """Take the leave for tear gas back where a way out is reported blocked."""
    row = operation.commands.get(action.place)
    if action.what == "blocked_exit" and row and row["gas"]:
        _decide(operation, board, action.place, record, gas=False, cap=GAS - 1)


def _conflict(operation: Operation, board: Board, action: Conflict, record: Record) -> None:
    """List an action of another post that does not fit, without its texts."""
    kept = {name: action.action.get(name) for name in ("unit", "incident", "place", "tps", "request", "hospital")}
    told = {"do": action.action["do"], "why": action.why} | {k: v for k, v in kept.items() if v is not None}
    operation.conflicts.append(told | _told(record))


def _merged(operation: Operation, board: Board, action: Merged, record: Record) -> None:
    operation.doubled += [each.model_dump() | _told(record) for each in action.doubled]


_CHECKS: Mapping[type, Callable[..., None]] = {
    ReportTps: _check_tps, ReportIncident: _check_incident, UpdateIncident: _check_update, ReportCrowd: _check_crowd,
    ReportUnit: _check_unit, SendUnit: _check_send, RecallUnit: _check_recall, AskPeopleToLeave: _check_leave,
    TakeOverControl: _check_control, ChangeTheLine: _check_line, CapTheForce: _check_cap,
    CallReinforcements: _check_reinforce,
}  # fmt: skip
_TAKES: Mapping[type, Callable[..., None]] = {
    ReportTps: _tps, ReportIncident: _incident, UpdateIncident: _update, ReportCrowd: _crowd, ReportUnit: _unit,
    SendUnit: _send, RecallUnit: _recall, AskPeopleToLeave: _leave, TakeOverControl: _control, ChangeTheLine: _line,
    CapTheForce: _cap, CallReinforcements: _reinforce, Answer: _granted, Report: _blocked,
    Conflict: _conflict, Merged: _merged,
}  # fmt: skip
