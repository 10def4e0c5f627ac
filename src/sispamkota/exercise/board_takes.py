"""How an action that has been checked changes the board; nothing here fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

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
    Free,
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
from .board import Board
from .board_rows import Entry, Item, Request
from .log import GONE, TEXTS, Record

__all__ = ["take_action"]


def take_action(board: Board, action: Any, record: Record) -> None:
    """Take in an action that has been checked."""
    take = _TAKES.get(type(action))
    if take is not None:
        take(board, action, record)
    if board.operation is not None:
        board.operation.take(board, action, record)
    item = board.items.get(getattr(action, "item", "")) if record.do.startswith("inject.") else None
    if item is not None:
        item.played = record.t


def _when(record: Record) -> dict[str, Any]:
    """Say when something was put on the board, and by which record."""
    return {"at": record.t, "n": record.n}


def _by(record: Record) -> dict[str, Any]:
    """Say also by which seat."""
    return {"by": record.seat} | _when(record)


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


def _free(board: Board, action: Free, record: Record) -> None:
    board.seats.pop(action.seat, None)


# --- requests ---------------------------------------------------------------------------------------------------------


def _ask(board: Board, action: Ask, record: Record) -> None:
    board.requests[record.n] = Request(
        record.n, action.kind, record.seat, action.to, action.place, action.step, action.why, record.t,
        round(action.until * 1000), told={record.n: ("why",)},
    )  # fmt: skip


def _answer(board: Board, action: Answer, record: Record) -> None:
    request = board.requests[action.request]
    request.granted, request.authority, request.reason = action.granted, action.authority, action.why
    request.answered = record.t
    request.told[record.n] = ("authority", "reason")


# --- dialogue, voting, hospitals, reports -----------------------------------------------------------------------------


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


def _close_talk(board: Board, action: CloseTalk, record: Record) -> None:
    entry = board.talks[action.entry]
    entry.kept, entry.end = action.kept, action.text
    entry.told[record.n] = ("end",)


def _voting(board: Board, action: Voting, record: Record) -> None:
    board.voting[action.place] = {"state": action.state, "why": action.why} | _when(record)


def _hospital(board: Board, action: HospitalUpdate, record: Record) -> None:
    told = action.model_dump(exclude={"do", "hospital", "key"})
    board.hospitals[action.hospital] = told | _when(record)
    board.keys |= {action.key} - {""}


def _standby(board: Board, action: StandBy, record: Record) -> None:
    told = action.model_dump(exclude={"do", "n"}) | {"count": action.n}
    board.standby.append(told | _by(record))


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


# --- events, shifts, evaluation ---------------------------------------------------------------------------------------


def _edit(board: Board, action: EditItem, record: Record) -> None:
    at = None if action.at is None else round(action.at * 1000)
    text, expected = dict.fromkeys(("id", "en"), action.text), dict.fromkeys(("id", "en"), action.expected)
    when = None if action.when is None else action.when.model_dump()
    item = board.items[action.item] = Item(action.item, at, action.to, text, expected, when)
    item.told[record.n] = ("text", "expected")


def _drop(board: Board, action: DropItem, record: Record) -> None:
    item = board.items[action.item]
    item.dropped = action.why
    item.told[record.n] = ("dropped",)


def _offer(board: Board, action: HandOverShift, record: Record) -> None:
    board.shifts[record.n] = {"seat": record.seat, "text": action.text, "at": record.t, "n": record.n, "accepted": None}


def _accept(board: Board, action: AcceptShift, record: Record) -> None:
    board.shifts[action.offer]["accepted"] = record.t


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


def _close_improve(board: Board, action: CloseImprove, record: Record) -> None:
    board.improvements[action.item] |= {"closed": record.t, "evidence": action.evidence, "ended": record.n}


def _forecast(board: Board, action: Forecast, record: Record) -> None:
    board.forecasts.append(action.model_dump(mode="json", exclude={"do"}) | _by(record))


def _redact(board: Board, action: Redact, record: Record) -> None:
    """Take the texts of a record out of the board too."""
    for row in _rows(board):
        if row.get("n") == action.record:
            row |= {name: GONE for name in (*TEXTS, "reason", "end") if row.get(name)}
        if row.get("ended") == action.record:
            row["evidence"] = GONE
    told: list[Any] = [*board.requests.values(), *board.talks.values(), *board.items.values()]
    for each in told:
        for n, names in each.told.items():
            if n == action.record:
                for name in names:
                    text = getattr(each, name)  # of an event: in both languages
                    setattr(each, name, dict.fromkeys(text, GONE) if isinstance(text, dict) else GONE)


def _rows(board: Board) -> Iterator[dict[str, Any]]:
    """Go through all that the board keeps as rows."""
    for part in (board.notes, board.reports, board.messages, board.standby, board.observations, board.forecasts):
        yield from part
    tables: list[Any] = [board.hospitals, board.voting, board.shifts, board.ratings, board.improvements]
    for table in tables:
        yield from table.values()
    if board.operation is not None:
        yield from board.operation.rows()


_TAKES: Mapping[type, Callable[..., None]] = {
    Run: _run, Pause: _pause, End: _end, Sit: _sit, Leave: _leave, Free: _free, Ask: _ask, Answer: _answer, Talk: _talk,
    CloseTalk: _close_talk, Voting: _voting, HospitalUpdate: _hospital, StandBy: _standby, Report: _report,
    Note: _note, InjectMessage: _message, EditItem: _edit, DropItem: _drop, HandOverShift: _offer,
    AcceptShift: _accept, Rate: _rate, Observe: _observe, Improve: _improve, CloseImprove: _close_improve,
    Forecast: _forecast, Redact: _redact,
}  # fmt: skip
