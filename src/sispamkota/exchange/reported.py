"""What an operation's board says to others: what was reported, when; nothing of it is simulated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from sispamkota.exercise import Room
from sispamkota.exercise.operation_views import stations
from sispamkota.words import words

__all__ = ["reported"]


def reported(room: Room, lang: str) -> Iterator[str]:
    """Tell what was reported in sentences, what weighs most first: hurt, incidents, crowds, TPS, units."""
    say, operation = words(lang), room.board.operation
    if operation is None:
        return
    hurt = [row["injured"] for row in operation.incidents.values() if row["injured"] is not None]
    yield say("exchange.hurt_reported", n=sum(hurt), incidents=len(hurt))
    for row in operation.open_incidents().values():
        kind, state = say(f"playback.kind_{row['kind'].replace('-', '_')}"), say(f"exchange.incident_{row['state']}")
        place, at = _place(room, row["place"]), _clock(room, row["at"])
        yield say("exchange.incident_reported", kind=kind, place=place, state=state, at=at, n=len(row["units"]))
    for place, row in sorted(operation.crowds.items()):
        key = "crowd_reported" if row["violent"] is None else "crowd_reported_violent"
        fields = {"place": _place(room, place), "people": row["people"], "violent": row["violent"]}
        yield say(f"exchange.{key}", **fields, at=_clock(room, row["at"]))
    known = stations(operation, room.setup)
    if known:
        states = Counter(row["state"] for row in known.values())
        counts = ", ".join(f"{say(f'exchange.tps_{state}')} {n}" for state, n in sorted(states.items()))
        yield say("exchange.tps_reported", told=len(known), all=len(room.setup.tps), counts=counts)
    if operation.units:
        of = Counter(row["state"] for row in operation.units.values())
        counts = ", ".join(f"{say(f'exchange.unit_{state}')} {n}" for state, n in sorted(of.items()))
        yield say("exchange.units_reported", told=len(operation.units), all=len(room.setup.agencies), counts=counts)


def _place(room: Room, ref: str) -> str:
    return str(room.setup.city.find(ref).name)


def _clock(room: Room, ms: int) -> str:
    return f"{room.setup.start + timedelta(milliseconds=ms):%H.%M}"
