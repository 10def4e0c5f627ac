"""What may not be put on the board, whoever sends it; a check changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    Free,
    HospitalUpdate,
    InjectMessage,
    Observe,
    Rate,
    Redact,
    Report,
    Talk,
    Voting,
)
from .board import Board
from .log import Record
from .roles import request_kinds, roles

__all__ = ["check_action", "refuse"]


_STATES = {
    "open": "open",
    "granted": "granted",
    "refused": "refused",
    "lapsed": "lapsed",
}  # words that have a translation


def check_action(board: Board, action: Any, record: Record) -> None:
    """Raise InputError for what may not be; the board does not change."""
    check = _CHECKS.get(type(action))
    if check is not None:
        check(board, action, record)
    if board.operation is not None:
        board.operation.check(board, action, record)


def refuse(record: Record, field_: str, expected: str, got: str, remedy: str) -> InputError:
    """Make the refusal of an action."""
    return InputError([Fault(record.seat, field_, expected, got, remedy)])


# --- seats


def _check_free(board: Board, action: Free, record: Record) -> None:
    if action.seat not in board.seats:
        raise refuse(record, "seat", "a desk where somebody sits", action.seat, "Look at the desks again.")


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


def _check_answer(board: Board, action: Answer, record: Record) -> None:
    request = board.requests.get(action.request)
    if request is None:
        raise refuse(record, "request", "a request", str(action.request), "Look at the requests again.")
    state = request.state(record.t)
    if state != "open":
        raise refuse(record, "request", "an open request", _STATES[state], "Ask anew if it is still needed.")
    if not board.answers(record.seat, request):
        raise refuse(record, "request", f"an answer of {request.to}", record.seat, "Only who is asked may answer.")
    if request.step == 5 and request.place in board.blocked and action.granted:
        remedy = "Open a way out first."
        raise refuse(record, "granted", "no tear gas while a way out is blocked", "a grant", remedy)


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


def _check_close_talk(board: Board, action: CloseTalk, record: Record) -> None:
    entry = board.talks.get(action.entry)
    if entry is None or entry.kept is not None:
        raise refuse(record, "entry", "an open entry of the dialogue", action.entry, "Look at the list again.")


def _check_voting(board: Board, action: Voting, record: Record) -> None:
    _check_place(board, action.place, record)


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


def _check_report(board: Board, action: Report, record: Record) -> None:
    _check_place(board, action.place, record)
    _check_key(board, action, record)


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


def _check_accept(board: Board, action: AcceptShift, record: Record) -> None:
    offer = board.shifts.get(action.offer)
    if offer is None or offer["accepted"] is not None or offer["seat"] != record.seat:
        raise refuse(record, "offer", "an open offer of this desk", str(action.offer), "Look at the desk again.")


def _check_task(board: Board, action: Rate | Observe, record: Record) -> None:
    if action.task is not None and action.task not in board.tasks:
        known = ", ".join(board.tasks)
        raise refuse(record, "task", "a critical task", action.task, f"Choose one of {known}.")


def _check_close_improve(board: Board, action: CloseImprove, record: Record) -> None:
    item = board.improvements.get(action.item)
    if item is None or item["closed"] is not None:
        raise refuse(record, "item", "an open item of the improvement plan", action.item, "Look at the plan again.")


def _check_redact(board: Board, action: Redact, record: Record) -> None:
    if action.record >= record.n:
        raise refuse(record, "record", "an earlier record", str(action.record), "Look at the log again.")


_CHECKS: Mapping[type, Callable[..., None]] = {
    Free: _check_free,
    Ask: _check_ask, Answer: _check_answer, Talk: _check_talk, CloseTalk: _check_close_talk, Voting: _check_voting,
    HospitalUpdate: _check_hospital, Report: _check_report, InjectMessage: _check_message, EditItem: _check_item,
    DropItem: _check_item, AcceptShift: _check_accept, Rate: _check_task, Observe: _check_task,
    CloseImprove: _check_close_improve, Redact: _check_redact,
}  # fmt: skip
