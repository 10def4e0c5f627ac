"""Everything that people keep and that is not the world: seats, requests, dialogue, hospitals, events, ratings.

The board is a fold of records too. `check` refuses what may not be; `take` never fails after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sispamkota.errors import Fault, InputError

from .actions import (
    AcceptShift,
    Answer,
    Ask,
    CloseImprove,
    CloseTalk,
    DropItem,
    EditItem,
    End,
    Forecast,
    HandOverShift,
    HospitalUpdate,
    Improve,
    InjectMessage,
    Leave,
    Note,
    Observe,
    Pause,
    Rate,
    Redact,
    Report,
    Run,
    Sit,
    StandBy,
    Talk,
    Voting,
)
from .log import GONE, TEXTS, Record
from .operation import Operation
from .roles import request_kinds, roles
from .setup import Setup

__all__ = ["Board", "Entry", "Item", "Request", "refuse"]


def refuse(record: Record, field_: str, expected: str, got: str, remedy: str) -> InputError:
    """Make the refusal of an action."""
    return InputError([Fault(record.seat, field_, expected, got, remedy)])


@dataclass
class Request:
    """Hold what one role asked of another; `until` and the times in milliseconds of the world."""

    n: int
    kind: str
    by: str
    to: str
    place: str | None
    step: int | None
    why: str
    made: int
    until: int
    granted: bool | None = None
    authority: str = ""
    reason: str = ""
    answered: int | None = None
    told: dict[int, tuple[str, ...]] = field(default_factory=dict)  # which record told which text

    def state(self, now_ms: int) -> str:
        """Say whether it is open, granted, refused, or lapsed: nothing is granted by silence."""
        if self.granted is None:
            return "open" if now_ms <= self.until else "lapsed"
        return "granted" if self.granted else "refused"


@dataclass
class Entry:
    """Hold an entry of the dialogue, by role and organisation only."""

    id: str
    kind: str
    partner: str
    text: str
    place: str | None
    by: str
    at: int
    due: int | None
    notice_h: float | None
    about: str | None
    kept: bool | None = None
    end: str = ""
    told: dict[int, tuple[str, ...]] = field(default_factory=dict)  # which record told which text


@dataclass
class Item:
    """Hold an event of the list: a message to roles at a time, or on the shelf without one; `played` when it was."""

    id: str
    at: int | None
    to: tuple[str, ...]
    text: Mapping[str, str]
    expected: Mapping[str, str]
    played: int | None = None
    dropped: str = ""


@dataclass
class Board:
    """Hold what the room knows besides the world; plain values, keyed by name or number of the record."""

    setup: Setup
    running: int = 0  # how many times as fast as the wall; 0: the clock stands
    ended: bool = False
    seats: dict[str, int] = field(default_factory=dict)  # where somebody sits
    requests: dict[int, Request] = field(default_factory=dict)
    talks: dict[str, Entry] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    hospitals: dict[str, dict[str, Any]] = field(default_factory=dict)
    standby: list[dict[str, Any]] = field(default_factory=list)
    voting: dict[str, dict[str, Any]] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)  # places whose way out is blocked
    reports: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    shifts: dict[int, dict[str, Any]] = field(default_factory=dict)
    ratings: dict[str, dict[str, Any]] = field(default_factory=dict)
    observations: list[dict[str, Any]] = field(default_factory=list)
    improvements: dict[str, dict[str, Any]] = field(default_factory=dict)
    forecasts: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)  # of phones' reports: each counts once
    operation: Operation | None = None  # what is reported in one; an exercise has none

    def __post_init__(self) -> None:
        """Lay the exercise's own list of events out; an operation runs from its first moment on."""
        if self.setup.file.mode == "operation":
            self.operation, self.running = Operation(), 1
        for item in self.setup.file.items:
            at = None if item.at_min is None else round(item.at_min * 60_000)
            text = {"id": item.text_id, "en": item.text_en}
            expected = {"id": item.expected_id, "en": item.expected_en}
            self.items[item.id] = Item(item.id, at, item.to, text, expected)
        for old in self.setup.file.carried:
            row = {"text": old.text, "owner": old.owner, "due": old.due, "origin": old.origin, "at": 0, "n": -1}
            ended = {"closed": 0, "evidence": old.evidence} if old.state == "closed" else {"closed": None}
            self.improvements[old.id] = row | ended

    def check(self, action: Any, record: Record) -> None:
        """Raise InputError for what may not be; the board does not change."""
        check = _CHECKS.get(type(action))
        if check is not None:
            check(self, action, record)
        if self.operation is not None:
            self.operation.check(self, action, record)

    def take(self, action: Any, record: Record) -> None:
        """Take in an action that has been checked."""
        take = _TAKES.get(type(action))
        if take is not None:
            take(self, action, record)
        if self.operation is not None:
            self.operation.take(self, action, record)
        item = self.items.get(getattr(action, "item", ""))
        if item is not None and record.do.startswith("inject."):
            item.played = record.t

    def to_dict(self, *, rows: int | None = None) -> dict[str, Any]:
        """Give plain JSON values: equal boards give equal ones; of lists that only grow the last `rows`."""
        left_out = ("setup", *(("keys",) if rows else ()), *(("operation",) if self.operation is None or rows else ()))
        plain = {name: value for name, value in vars(self).items() if name not in left_out}
        if rows is not None:
            plain = {name: value[-rows:] if isinstance(value, list) else value for name, value in plain.items()}
        return {name: _plain(value) for name, value in sorted(plain.items())}

    def due(self, now_ms: int) -> list[Item]:
        """Give the events of the list whose time has come and that have not been played or dropped, in their order."""
        waiting = [item for item in self.items.values() if item.played is None and not item.dropped and not self.ended]
        return sorted((item for item in waiting if (item.at or 0) <= now_ms and item.at is not None), key=_planned)

    def skeleton(self) -> dict[str, Any]:
        """Give the board without its texts: what a redaction does not change."""
        return {name: _bare(value) for name, value in self.to_dict().items()}

    @property
    def tasks(self) -> dict[str, Any]:
        """Give the critical tasks by name."""
        return {task.id: task for objective in self.setup.file.objectives for task in objective.tasks}


def _plain(value: Any) -> Any:
    """Turn a part of the board into plain JSON values."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Request | Entry | Item):
        return _plain(asdict(value))
    if isinstance(value, Operation):
        return _plain(value.to_dict())
    return value


def _planned(item: Item) -> int:
    return item.at or 0


def _when(record: Record) -> dict[str, Any]:
    """Say when something was put on the board, and by which record."""
    return {"at": record.t, "n": record.n}


def _by(record: Record) -> dict[str, Any]:
    """Say also by which seat."""
    return {"by": record.seat} | _when(record)


def _bare(value: Any) -> Any:
    """Leave out every text."""
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in value.items() if key not in (*TEXTS, "reason", "end")}
    return [_bare(each) for each in value] if isinstance(value, list) else value


# --- clock and seats --------------------------------------------------------------------------------------------------


def _run(board: Board, action: Run, record: Record) -> None:
    board.running = action.speed


def _pause(board: Board, action: Pause, record: Record) -> None:
    board.running = 0


def _end(board: Board, action: End, record: Record) -> None:
    board.running, board.ended = 0, True


def _sit(board: Board, action: Sit, record: Record) -> None:
    board.seats[record.seat] = 1


def _leave(board: Board, action: Leave, record: Record) -> None:
    board.seats.pop(record.seat, None)


# --- requests ---------------------------------------------------------------------------------------------------------


def _check_ask(board: Board, action: Ask, record: Record) -> None:
    kinds, by = request_kinds(), record.seat.partition(":")[0]
    kind = kinds.get(action.kind)
    if kind is None:
        raise refuse(record, "kind", "a kind of request", action.kind, "Choose one of " + ", ".join(kinds) + ".")
    if by not in kind.by or action.to.partition(":")[0] not in kind.to:
        got, remedy = f"{by} asks {action.to}", f"It is asked by {', '.join(kind.by)} of {', '.join(kind.to)}."
        raise refuse(record, "to", f"who may ask for {action.kind}, and of whom", got, remedy)
    if kind.place and action.place not in board.setup.names.places:
        raise refuse(record, "place", "a place of this exercise", str(action.place), "Name where it is needed.")
    if kind.step and action.step is None:
        raise refuse(record, "step", "a stage of the use of force", "nothing", "Name the stage that is asked for.")
    if round(action.until * 1000) <= record.t:
        raise refuse(record, "until", "a time to come", f"{action.until:.0f} s", "Leave time for an answer.")
    _check_force(board, action, record)


def _check_force(board: Board, action: Ask, record: Record) -> None:
    """Refuse firearms, and tear gas where people cannot leave, whoever asks."""
    step = action.step or 0
    if step >= 6:
        raise refuse(record, "step", "a stage of 1 to 5", "6", "Firearms are never played here.")
    enclosed = {crowd.place for crowd in board.setup.spec.crowds if crowd.enclosed}
    if step == 5 and action.place in enclosed | board.blocked:
        remedy = "Open a way out; talk; ask people to leave."
        raise refuse(record, "step", "no tear gas where people cannot leave, whoever asks", "5", remedy)


def _ask(board: Board, action: Ask, record: Record) -> None:
    board.requests[record.n] = Request(
        record.n, action.kind, record.seat, action.to, action.place, action.step, action.why, record.t,
        round(action.until * 1000), told={record.n: ("why",)},
    )  # fmt: skip


def _check_answer(board: Board, action: Answer, record: Record) -> None:
    request, by = board.requests.get(action.request), record.seat.partition(":")[0]
    if request is None:
        raise refuse(record, "request", "a request", str(action.request), "Look at the requests again.")
    state = request.state(record.t)
    if state != "open":
        raise refuse(record, "request", "an open request", state, "Ask anew if it is still needed.")
    held = {seat.partition(":")[0] for seat in board.seats}
    asked = request.to.partition(":")[0]
    if by != asked and not (by == "controller" and asked not in held):
        raise refuse(record, "request", f"an answer of {asked}", by, "Only who is asked may answer.")
    if request.step == 5 and request.place in board.blocked and action.granted:
        remedy = "Open a way out first."
        raise refuse(record, "granted", "no tear gas while a way out is blocked", "a grant", remedy)


def _answer(board: Board, action: Answer, record: Record) -> None:
    request = board.requests[action.request]
    request.granted, request.authority, request.reason = action.granted, action.authority, action.why
    request.answered = record.t
    request.told[record.n] = ("authority", "reason")


# --- dialogue, voting, hospitals, reports -----------------------------------------------------------------------------


def _check_talk(board: Board, action: Talk, record: Record) -> None:
    old = board.talks.get(action.entry)
    if old is not None and (old.kept is not None or old.kind != action.kind):
        raise refuse(record, "entry", "a new entry, or an open one of this kind", action.entry, "Take another name.")
    _check_place(board, action.place, record)
    if action.kind == "clarification" and action.about not in board.talks:
        remedy = "Name the rumour that it answers."
        raise refuse(record, "about", "a rumour of the dialogue", str(action.about), remedy)
    if (action.kind == "notice") != (action.notice_h is not None):
        expected = "hours before the assembly, for a notice only"
        raise refuse(record, "notice_h", expected, str(action.notice_h), "Correct this value.")


def _check_place(board: Board, place: str | None, record: Record) -> None:
    if place is not None and place not in board.setup.names.places:
        raise refuse(record, "place", "a place of this exercise", place, "Choose one from the map.")


def _talk(board: Board, action: Talk, record: Record) -> None:
    due = None if action.due is None else round(action.due * 1000)
    board.talks[action.entry] = Entry(
        action.entry, action.kind, action.partner, action.text, action.place, record.seat, record.t, due,
        action.notice_h, action.about, told={record.n: ("partner", "text")},
    )  # fmt: skip
    hours = board.setup.file.notice_h
    if action.kind == "notice" and action.notice_h is not None and action.notice_h < hours:
        name = f"{action.entry}/dialog"
        text = f"{action.notice_h:g} h < {hours:g} h"
        board.talks[name] = Entry(
            name, "contact", action.partner, text, action.place, "server", record.t, None, None, action.entry,
            told={record.n: ("partner",)},
        )  # fmt: skip


def _check_close_talk(board: Board, action: CloseTalk, record: Record) -> None:
    entry = board.talks.get(action.entry)
    if entry is None or entry.kept is not None:
        raise refuse(record, "entry", "an open entry of the dialogue", action.entry, "Look at the list again.")


def _close_talk(board: Board, action: CloseTalk, record: Record) -> None:
    entry = board.talks[action.entry]
    entry.kept, entry.end = action.kept, action.text
    entry.told[record.n] = ("end",)


def _check_voting(board: Board, action: Voting, record: Record) -> None:
    _check_place(board, action.place, record)


def _voting(board: Board, action: Voting, record: Record) -> None:
    board.voting[action.place] = {"state": action.state, "why": action.why} | _when(record)


def _check_hospital(board: Board, action: HospitalUpdate, record: Record) -> None:
    if action.hospital not in board.setup.names.hospitals:
        known = ", ".join(board.setup.names.hospitals[:12])
        raise refuse(record, "hospital", "a hospital of this exercise", action.hospital, f"Choose one of {known}.")
    own = record.seat.partition(":")[2]
    if own and own != action.hospital:
        raise refuse(record, "hospital", own, action.hospital, "Update the board of your own hospital.")
    _check_key(board, action, record)


def _check_key(board: Board, action: HospitalUpdate | Report, record: Record) -> None:
    if action.key and action.key in board.keys:
        raise refuse(record, "key", "a report sent once", "the same again", "It has arrived; nothing is to be done.")


def _hospital(board: Board, action: HospitalUpdate, record: Record) -> None:
    told = action.model_dump(exclude={"do", "hospital", "key"})
    board.hospitals[action.hospital] = told | _when(record)
    board.keys |= {action.key} - {""}


def _standby(board: Board, action: StandBy, record: Record) -> None:
    told = action.model_dump(exclude={"do", "n"}) | {"count": action.n}
    board.standby.append(told | _by(record))


def _check_report(board: Board, action: Report, record: Record) -> None:
    _check_place(board, action.place, record)
    _check_key(board, action, record)


def _report(board: Board, action: Report, record: Record) -> None:
    board.reports.append(action.model_dump(exclude={"do", "key"}) | _by(record))
    board.keys |= {action.key} - {""}
    if action.what == "blocked_exit":
        board.blocked.add(action.place)
    elif action.what == "free_exit":
        board.blocked.discard(action.place)


def _note(board: Board, action: Note, record: Record) -> None:
    board.notes.append({"text": action.text} | _by(record))


def _message(board: Board, action: InjectMessage, record: Record) -> None:
    board.messages.append(
        {"to": list(action.to), "text": action.text, "at": record.t, "n": record.n, "item": action.item}
    )


def _check_message(board: Board, action: InjectMessage, record: Record) -> None:
    strange = sorted({role.partition(":")[0] for role in action.to} - set(roles()))
    if strange:
        raise refuse(record, "to", "roles", strange[0], "Choose from " + ", ".join(roles()) + ".")


# --- events, shifts, evaluation ---------------------------------------------------------------------------------------


def _check_item(board: Board, action: EditItem | DropItem, record: Record) -> None:
    item = board.items.get(action.item)
    if item is None and isinstance(action, EditItem):
        return
    if item is None or item.played is not None or item.dropped:
        remedy = "Take another name, or one that has not played out."
        raise refuse(record, "item", "an event still to come", action.item, remedy)


def _edit(board: Board, action: EditItem, record: Record) -> None:
    at = None if action.at is None else round(action.at * 1000)
    text, expected = dict.fromkeys(("id", "en"), action.text), dict.fromkeys(("id", "en"), action.expected)
    board.items[action.item] = Item(action.item, at, action.to, text, expected)


def _drop(board: Board, action: DropItem, record: Record) -> None:
    board.items[action.item].dropped = action.why


def _offer(board: Board, action: HandOverShift, record: Record) -> None:
    board.shifts[record.n] = {"seat": record.seat, "text": action.text, "at": record.t, "n": record.n, "accepted": None}


def _check_accept(board: Board, action: AcceptShift, record: Record) -> None:
    offer = board.shifts.get(action.offer)
    if offer is None or offer["accepted"] is not None or offer["seat"] != record.seat:
        raise refuse(record, "offer", "an open offer of this desk", str(action.offer), "Look at the desk again.")


def _accept(board: Board, action: AcceptShift, record: Record) -> None:
    board.shifts[action.offer]["accepted"] = record.t


def _check_task(board: Board, action: Rate | Observe, record: Record) -> None:
    if action.task is not None and action.task not in board.tasks:
        known = ", ".join(board.tasks)
        raise refuse(record, "task", "a critical task", action.task, f"Choose one of {known}.")


def _rate(board: Board, action: Rate, record: Record) -> None:
    board.ratings[action.task] = {
        "rating": action.rating,
        "text": action.text,
        "by": record.seat,
        "at": record.t,
        "n": record.n,
    }


def _observe(board: Board, action: Observe, record: Record) -> None:
    board.observations.append(action.model_dump(exclude={"do"}) | _by(record))


def _improve(board: Board, action: Improve, record: Record) -> None:
    told = action.model_dump(exclude={"do", "item"}) | _when(record) | {"closed": None}
    origin = board.improvements.get(action.item, {}).get("origin")
    board.improvements[action.item] = told | ({"origin": origin} if origin else {})


def _check_close_improve(board: Board, action: CloseImprove, record: Record) -> None:
    item = board.improvements.get(action.item)
    if item is None or item["closed"] is not None:
        raise refuse(record, "item", "an open item of the improvement plan", action.item, "Look at the plan again.")


def _close_improve(board: Board, action: CloseImprove, record: Record) -> None:
    board.improvements[action.item] |= {"closed": record.t, "evidence": action.evidence, "ended": record.n}


def _forecast(board: Board, action: Forecast, record: Record) -> None:
    board.forecasts.append(action.model_dump(mode="json", exclude={"do"}) | _by(record))


def _check_redact(board: Board, action: Redact, record: Record) -> None:
    if action.record >= record.n:
        raise refuse(record, "record", "an earlier record", str(action.record), "Look at the log again.")


def _redact(board: Board, action: Redact, record: Record) -> None:
    """Take the texts of a record out of the board too."""
    for row in _rows(board):
        if row.get("n") == action.record:
            row |= {name: GONE for name in (*TEXTS, "reason", "end") if row.get(name)}
        if row.get("ended") == action.record:
            row["evidence"] = GONE
    told: list[Any] = [*board.requests.values(), *board.talks.values()]
    for each in told:
        for n, names in each.told.items():
            if n == action.record:
                for name in names:
                    setattr(each, name, GONE)


def _rows(board: Board) -> Iterator[dict[str, Any]]:
    """Go through all that the board keeps as rows."""
    for part in (board.notes, board.reports, board.messages, board.standby, board.observations, board.forecasts):
        yield from part
    tables: list[Any] = [board.hospitals, board.voting, board.shifts, board.ratings, board.improvements]
    for table in tables:
        yield from table.values()
    if board.operation is not None:
        yield from board.operation.rows()


_CHECKS: Mapping[type, Callable[..., None]] = {
    Ask: _check_ask, Answer: _check_answer, Talk: _check_talk, CloseTalk: _check_close_talk, Voting: _check_voting,
    HospitalUpdate: _check_hospital, Report: _check_report, InjectMessage: _check_message, EditItem: _check_item,
    DropItem: _check_item, AcceptShift: _check_accept, Rate: _check_task, Observe: _check_task,
    CloseImprove: _check_close_improve, Redact: _check_redact,
}  # fmt: skip
_TAKES: Mapping[type, Callable[..., None]] = {
    Run: _run, Pause: _pause, End: _end, Sit: _sit, Leave: _leave, Ask: _ask, Answer: _answer, Talk: _talk,
    CloseTalk: _close_talk, Voting: _voting, HospitalUpdate: _hospital, StandBy: _standby, Report: _report,
    Note: _note, InjectMessage: _message, EditItem: _edit, DropItem: _drop, HandOverShift: _offer,
    AcceptShift: _accept, Rate: _rate, Observe: _observe, Improve: _improve, CloseImprove: _close_improve,
    Forecast: _forecast, Redact: _redact,
}  # fmt: skip
