"""Alerts to the public, from a room: clarification, decision on the vote, fire, crush; where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from sispamkota.errors import Fault, InputError
from sispamkota.exercise import Room
from sispamkota.exercise.log import GONE
from sispamkota.kernels import layout as at
from sispamkota.words import LANGUAGES, words

from .cap import Alert, Area, Info
from .situation import place_name, refuse_named, when
from .xmltree import clean

__all__ = ["NOBODY", "make_alerts"]

NOBODY = "latihan@sispamkota.invalid"  # who sends in an exercise: an address that nobody can have (RFC 2606)
_FIRES = ("fire", "arson", "office-fire", "neighbour-fire")
_MAY_CLARIFY = ("kpu", "dialogue")
_HOLDS = timedelta(hours=1)
_RADIUS_KM = 0.5
# Category, response, urgency, severity, certainty of each kind: our own choice.
_KINDS = {
    "clarification": ("Other", "Monitor", "Expected", "Minor", "Observed"),
    "voting_paused": ("Other", "Monitor", "Immediate", "Moderate", "Observed"),
    "voting_moved": ("Other", "Execute", "Immediate", "Moderate", "Observed"),
    "voting_open": ("Other", "AllClear", "Past", "Minor", "Observed"),
    "fire": ("Fire", "Avoid", "Immediate", "Severe", "Observed"),
    "crush": ("Safety", "Evacuate", "Immediate", "Severe", "Observed"),
}


@dataclass(frozen=True)
class _Due:
    """Hold what is to be told: its kind, place, the moment in milliseconds, a name of its own, a text of somebody's."""

    kind: str
    place: str | None
    at: int
    name: str
    text: str = ""


def make_alerts(room: Room, *, operation: bool = False, sender: str = NOBODY) -> tuple[Alert, ...]:
    """Make the alerts that hold now, in Indonesian and English; raises InputError where a text names anybody.

    In an exercise the status is Exercise, and every text says so; only an operation, with a sender of its own, is
    Actual, and is told of what desks report alone.
    """
    if operation and sender.endswith(".invalid"):
        remedy = "Give the address of the office that alerts: --sender."
        raise InputError([Fault("cap", "sender", "the sender of a real alert", sender, remedy)])
    due = [*_said(room), *_voting(room), *_hazards(room, operation=operation)]
    refuse_named(room, ((each.name, each.text) for each in due), where="cap")
    return tuple(_alert(room, each, sender, operation=operation) for each in due)


def _said(room: Room) -> Iterator[_Due]:
    """Go through the clarifications of the KPU and the dialogue desk that still stand."""
    for entry in room.board.talks.values():
        if entry.kind == "clarification" and entry.by.split(":")[0] in _MAY_CLARIFY and entry.text != GONE:
            yield _Due("clarification", entry.place, entry.at, entry.id, entry.text)


def _voting(room: Room) -> Iterator[_Due]:
    """Go through the decisions on the vote; that it goes on is told where it had stopped."""
    stopped = {row.action["place"] for row in room.records if row.do == "voting" and row.action["state"] != "open"}
    for place, row in sorted(room.board.voting.items()):
        if row["state"] != "open" or place in stopped:
            yield _Due(f"voting_{row['state']}", place, row["at"], place)


def _hazards(room: Room, *, operation: bool) -> Iterator[_Due]:
    """Go through fires and crushes: in the world once they are known, and as reported until a place is calm."""
    found = dict[tuple[str, str], int]()
    last = {row["place"]: row for row in room.board.reports if row["what"] in ("fire", "calm")}
    for place, told in last.items():
        if told["what"] == "fire":
            found["fire", place] = told["at"]
    state, names = room.world.state, room.setup.names
    for told in room.board.operation.open_incidents().values() if room.board.operation is not None else ():
        if told["kind"] in (*_FIRES, "crush"):
            found.setdefault(("fire" if told["kind"] in _FIRES else "crush", told["place"]), told["called"])
    for place, c in zip(names.crowds, state.crowd.view(np.ndarray), strict=True) if not operation else ():
        if c["fire"] in (at.GROWING, at.CONTROLLED):
            found.setdefault(("fire", place), round(float(c["fire_from"]) * 1000))
    for row in room.world.open_incidents() if not operation else ():
        each = state.incident[row]
        kind = names.kinds[int(each.kind)]
        if each.state == at.OPEN and (kind in _FIRES or kind == "crush"):
            hazard = "fire" if kind in _FIRES else "crush"
            found.setdefault((hazard, names.places[int(each.place)]), round(float(each.called) * 1000))
    for (kind, place), moment in sorted(found.items()):
        yield _Due(kind, place, moment, place)


def _alert(room: Room, due: _Due, sender: str, *, operation: bool) -> Alert:
    """Make one alert."""
    now = when(room, room.now * 1000)
    name, began = room.setup.file.name, room.records[0].hash[:8] if room.records else "0"
    return Alert(
        identifier=f"{name}-{began}-{due.kind}-{due.name}-{due.at}",
        sender=sender,
        sent=now,
        status="Actual" if operation else "Exercise",
        msg_type="Alert",
        scope="Public",
        note="" if operation else " / ".join(words(lang)("exchange.exercise") for lang in LANGUAGES),
        info=tuple(_info(room, due, lang, now, operation=operation) for lang in LANGUAGES),
    )


def _info(room: Room, due: _Due, lang: str, now: str, *, operation: bool) -> Info:
    """Say an alert in one language; a clarification stays in the words in which it was given."""
    say = words(lang)
    category, response, urgency, severity, certainty = _KINDS[due.kind]
    place = clean(place_name(room, due.place)) if due.place else say("exchange.whole_city")
    mark = "" if operation else say("exchange.exercise") + " "
    return Info(
        category=(category,),
        event=say(f"exchange.{due.kind}_event"),
        urgency=urgency,
        severity=severity,
        certainty=certainty,
        language=lang,
        response_type=(response,),
        onset=when(room, due.at),
        expires=(datetime.fromisoformat(now) + _HOLDS).isoformat(timespec="seconds"),
        sender_name=say("exchange.sender") if not operation else "",
        headline=mark + say(f"exchange.{due.kind}_event") + f": {place}",
        description=mark + (clean(due.text) if due.text else say(f"exchange.{due.kind}", place=place)),
        instruction=say(f"exchange.{due.kind}_do", place=place),
        area=(_area(room, due, place),),
    )


def _area(room: Room, due: _Due, name: str) -> Area:
    """Say where an alert holds."""
    if due.place is None:
        return Area(name)
    site = room.setup.city.find(due.place)
    return Area(name, circle=(f"{site.lat:.5f},{site.lon:.5f} {_RADIUS_KM:g}",))
