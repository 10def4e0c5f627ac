"""The closed list of what people may do in a room, as the models that check it at the edge; nothing else is logged.

Each action names in `do` what it is. Who may do it stands in data/exercise/roles.yaml. Times are seconds since the
scenario's start. Texts hold what happened at places; who did it is said by role only.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

import pydantic

from sispamkota.errors import Fault, InputError, shown, suggest
from sispamkota.inputs import Model

from .exercise_file import Reached
from .fields import Beds, Name, People, Seconds, Text
from .reports import Conflict, Merged, ReportCrowd, ReportIncident, ReportTps, ReportUnit, UpdateIncident

__all__ = [
    "ACTIONS", "AcceptShift", "Action", "Answer", "Ask", "AskPeopleToLeave", "CallReinforcements", "CapTheForce",
    "ChangeTheLine", "CloseImprove", "CloseTalk", "DropItem", "EditItem", "End", "Forecast", "Free", "HandOverShift",
    "HospitalUpdate", "Improve", "InjectArrive", "InjectIncident", "InjectMessage", "InjectProvoke", "InjectTension",
    "Jump", "Leave", "Note", "Observe", "Pause", "Rate", "RecallUnit", "Redact", "Report", "Run", "SendUnit", "Sit",
    "StandBy", "TakeOverControl", "Talk", "Tick", "Voting", "checked_action", "parse_action",
]  # fmt: skip

Rating = Literal["P", "S", "M", "U"]


# --- the clock ----------------------------------------------------------------------------------------------------


class Run(Model):
    """Let the clock run, so many times as fast as the wall."""

    do: Literal["clock.run"]
    speed: int = pydantic.Field(default=1, ge=1, le=60)


class Pause(Model):
    """Stop the clock."""

    do: Literal["clock.pause"]


class Jump(Model):
    """Play on at once to a later time."""

    do: Literal["clock.jump"]
    to: Seconds


class Tick(Model):
    """Keep a checkpoint: the digest of the whole state at this moment. The server itself writes it."""

    do: Literal["clock.tick"]
    digest: str = pydantic.Field(pattern=r"^[0-9a-f]{64}$")


class End(Model):
    """End the exercise: nothing can follow but its review."""

    do: Literal["clock.end"]


# --- seats --------------------------------------------------------------------------------------------------------


class Sit(Model):
    """Take a desk: its units wait for people from now on."""

    do: Literal["seat.take"]


class Leave(Model):
    """Leave a desk: the policy plays its units again once nobody sits there."""

    do: Literal["seat.leave"]


class Free(Model):
    """Leave a desk whose people have not come back after a restart. The server itself writes it."""

    do: Literal["seat.free"]
    seat: Name


# --- orders to units ----------------------------------------------------------------------------------------------


class SendUnit(Model):
    """Send a unit to an incident for one of its capabilities."""

    do: Literal["order.send"]
    unit: Name
    incident: int = pydantic.Field(ge=0)
    capability: Name


class RecallUnit(Model):
    """Take a unit from its incident and send it home."""

    do: Literal["order.recall"]
    unit: Name


class AskPeopleToLeave(Model):
    """Ask the people at a place, through those who talk with them, to go home."""

    do: Literal["order.ask_to_leave"]
    place: Name


class TakeOverControl(Model):
    """Take over control at a place as the next level of command (alih kendali)."""

    do: Literal["command.hand_over"]
    place: Name


class ChangeTheLine(Model):
    """Hand the line over to the highest level at hand (lapis ganti, lintas ganti)."""

    do: Literal["command.change_line"]
    place: Name


class CapTheForce(Model):
    """Lower how far the use of force may go at a place; to raise it again asks for a request."""

    do: Literal["command.cap_force"]
    place: Name
    step: int = pydantic.Field(ge=1, le=5)
    why: Text


class CallReinforcements(Model):
    """Ask for the units outside the city (perkuatan, BKO)."""

    do: Literal["command.reinforce"]
    why: Text


# --- injects of the controller --------------------------------------------------------------------------------------


class InjectIncident(Model):
    """Let an incident of a kind happen at a place."""

    do: Literal["inject.incident"]
    place: Name
    kind: Name
    item: str = ""  # of the MSEL or the shelf, where it comes from one


class InjectProvoke(Model):
    """Let some of the people at a place turn violent."""

    do: Literal["inject.provoke"]
    place: Name
    people: People
    item: str = ""


class InjectArrive(Model):
    """Let people arrive at a place, evenly over some minutes."""

    do: Literal["inject.arrive"]
    place: Name
    people: People
    over: Seconds
    camp: int = pydantic.Field(default=0, ge=0, le=1)
    item: str = ""


class InjectTension(Model):
    """Change how tense the city is: unprompted violence and trouble go that many times as fast."""

    do: Literal["inject.tension"]
    tension: float = pydantic.Field(ge=0, le=100)
    item: str = ""


class InjectMessage(Model):
    """Bring a message to some roles: a call, a rumour, a question of the press."""

    do: Literal["inject.message"]
    to: tuple[Name, ...] = pydantic.Field(min_length=1)
    text: Text
    item: str = ""


class EditItem(Model):
    """Put an item into the master scenario events list, or another in its place.

    It comes at a time, or `when` a place has reached a stage from then on; with neither it stands on the shelf.
    """

    do: Literal["msel.put"]
    item: Name
    at: Seconds | None = None
    when: Reached | None = None
    to: tuple[Name, ...] = pydantic.Field(min_length=1)
    text: Text
    expected: str = pydantic.Field(default="", max_length=2000)

    @pydantic.model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if self.at is not None and self.when is not None:
            raise ValueError("give at most one of at and when")
        return self


class DropItem(Model):
    """Take an item that has not played out of the master scenario events list."""

    do: Literal["msel.drop"]
    item: Name
    why: Text


# --- requests and permissions ---------------------------------------------------------------------------------------


class Ask(Model):
    """Ask another role for something: alih kendali, lintas ganti, a stage of the use of force, units, a pause."""

    do: Literal["request.make"]
    kind: Name
    to: Name
    place: Name | None = None
    step: int | None = pydantic.Field(default=None, ge=1, le=6)  # of the use of force, where that is what is asked
    why: Text
    until: Seconds  # after that it has lapsed: nothing is granted by silence


class Answer(Model):
    """Grant or refuse a request, as the office that may; a grant of force needs its justification."""

    do: Literal["request.answer"]
    request: int = pydantic.Field(ge=0)
    granted: bool
    authority: Text  # the office that answers, never a person
    why: Text


# --- reports, notes, boards -------------------------------------------------------------------------------------------


class Report(Model):
    """Report what is seen at a place; `key` is made by the phone, so that a report sent twice counts once."""

    do: Literal["report"]
    place: Name
    what: Literal["calm", "crowd", "violence", "fire", "injured", "blocked_exit", "free_exit", "street_closed", "other"]
    text: Text
    key: str = pydantic.Field(default="", max_length=64)


class Note(Model):
    """Write a line into the log."""

    do: Literal["note"]
    text: Text


class HospitalUpdate(Model):
    """Say how a hospital stands, in at most four numbers."""

    do: Literal["hospital.update"]
    hospital: Name
    igd_free: Beds
    igd_waiting: Beds
    icu_free: Beds | None = None
    ward_free: Beds | None = None
    key: str = pydantic.Field(default="", max_length=64)


class StandBy(Model):
    """Agree before or during the event that something stands by: a hospital, crews, a store."""

    do: Literal["standby"]
    text: Text
    n: int = pydantic.Field(ge=0, le=10_000)
    place: Name | None = None
    state: Literal["agreed", "called_up", "ready", "released"]


class Voting(Model):
    """Pause, move or go on with the vote at a TPS or a place: the desk of the KPU alone."""

    do: Literal["voting"]
    place: Name
    state: Literal["open", "paused", "moved"]
    why: Text


class Talk(Model):
    """Keep the dialogue: a meeting, a commitment, a notice of an assembly, a rumour and what was said to it.

    `partner` is an organisation or an office. `due` is when a commitment falls due, `starts` when an assembly begins;
    a notice is given `notice_h` hours before it.
    """

    do: Literal["dialogue.put"]
    entry: Name
    kind: Literal["meeting", "commitment", "notice", "rumour", "clarification", "contact"]
    partner: Text
    text: Text
    place: Name | None = None
    due: Seconds | None = None
    notice_h: float | None = pydantic.Field(default=None, ge=0, le=24 * 400)
    about: Name | None = None  # the rumour that a clarification answers


class CloseTalk(Model):
    """Say how an entry of the dialogue ended."""

    do: Literal["dialogue.close"]
    entry: Name
    kept: bool
    text: Text


class HandOverShift(Model):
    """Offer the desk to the next shift, with what it must know (serah terima); all else is taken from the state."""

    do: Literal["shift.offer"]
    text: Text


class AcceptShift(Model):
    """Accept the desk from the shift before."""

    do: Literal["shift.accept"]
    offer: int = pydantic.Field(ge=0)


# --- evaluation -------------------------------------------------------------------------------------------------------


class Rate(Model):
    """Rate a critical task: P performed without challenges, S with some, M with major challenges, U unable."""

    do: Literal["rate"]
    task: Name
    rating: Rating
    text: Text


class Observe(Model):
    """Write down what an evaluator saw, at a critical task or a place."""

    do: Literal["observe"]
    text: Text
    task: Name | None = None
    place: Name | None = None


class Improve(Model):
    """Put an item into the improvement plan: what is to be done, by which office, until which day."""

    do: Literal["improve.put"]
    item: Name
    text: Text
    owner: Text
    due: str = pydantic.Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


class CloseImprove(Model):
    """Close an item of the improvement plan, with what shows that it is done."""

    do: Literal["improve.close"]
    item: Name
    evidence: Text


class Redact(Model):
    """Take the text of an earlier record away; its hash stays, so the chain still holds."""

    do: Literal["redact"]
    record: int = pydantic.Field(ge=0)
    why: Text


class Forecast(Model):
    """Note that somebody asked what comes if nothing changes, and what they were told; the server itself writes it.

    It looks ahead from `moment`, milliseconds of the world, after so many `records`, where the state has this `digest`;
    `options` in the order in which they were shown.
    """

    do: Literal["forecast"]
    minutes: int = pydantic.Field(ge=1, le=24 * 60)
    told: Text
    moment: int | None = pydantic.Field(default=None, ge=0)
    records: int | None = pydantic.Field(default=None, ge=0)
    options: tuple[Name, ...] = ()
    replicates: int | None = pydantic.Field(default=None, ge=1)
    seed: int | None = pydantic.Field(default=None, ge=0)
    digest: str = pydantic.Field(default="", pattern=r"^([0-9a-f]{64})?$")


Action = Annotated[
    Run | Pause | Jump | Tick | End | Sit | Leave | Free | SendUnit | RecallUnit | AskPeopleToLeave | TakeOverControl
    | ChangeTheLine | CapTheForce | CallReinforcements | InjectIncident | InjectProvoke | InjectArrive | InjectTension
    | InjectMessage | EditItem | DropItem | Ask | Answer | Report | Note | HospitalUpdate | StandBy | Voting | Talk
    | CloseTalk | HandOverShift | AcceptShift | Rate | Observe | Improve | CloseImprove | Redact | Forecast
    | ReportTps | ReportIncident | UpdateIncident | ReportCrowd | ReportUnit | Conflict | Merged,
    pydantic.Field(discriminator="do"),
]  # fmt: skip
_ADAPTER: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(Action)
ACTIONS: tuple[str, ...] = tuple(_ADAPTER.json_schema()["discriminator"]["mapping"])


def parse_action(data: Any) -> Any:
    """Check plain JSON values; give the action's model. Raises pydantic.ValidationError with every fault."""
    if isinstance(data, str | bytes):
        return _ADAPTER.validate_json(data)
    try:  # lists are written as tuples of the models: what is refused so is told as JSON's
        return _ADAPTER.validate_python({k: tuple(v) if type(v) is list else v for k, v in data.items()})
    except (pydantic.ValidationError, AttributeError):
        return _ADAPTER.validate_json(json.dumps(data))


def checked_action(data: Any, *, where: str) -> Any:
    """Check plain JSON values like `parse_action`; raises InputError with every fault."""
    try:
        return parse_action(data)
    except pydantic.ValidationError as error:
        raise InputError([_fault(item, where) for item in error.errors(include_url=False)]) from None
    except (TypeError, ValueError):
        remedy = "Send the fields of the action's model."
        raise InputError([Fault(where, "action", "a JSON object", "something else", remedy)]) from None


def _fault(item: Any, where: str) -> Fault:
    """Put one fault of an action in the reader's words."""
    field = ".".join(str(part) for part in item["loc"][1:]) or "do"
    if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        got = shown(item["input"].get("do")) if isinstance(item["input"], dict) else shown(item["input"])
        return Fault(where, "do", "a known action", got, suggest(str(got), ACTIONS))
    expected = "no such field" if item["type"] == "extra_forbidden" else _plain(item["msg"])
    got = "nothing" if item["type"] == "missing" else shown(item["input"])
    return Fault(where, field, "a value" if item["type"] == "missing" else expected, got, "Correct this value.")


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input should be ")
