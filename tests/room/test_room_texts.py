"""A text that is taken away is gone everywhere at once, and a room that was replayed stands where the live one does."""

from __future__ import annotations

import json

import pytest

from room.rooms import setup
from sispamkota.errors import InputError
from sispamkota.exercise import Room, replay
from sispamkota.exercise.privacy import check_private

SAID = "rahasia tujuh"
# What holds a text, and the seat that may do it; each is taken away by its number.
TOLD = {
    "msel.put": ("controller", {"item": "baru", "to": ["kpu"], "text": SAID, "expected": SAID}),
    "msel.drop": ("controller", {"item": "cadangan-vip", "why": SAID}),
    "standby": ("ambulance", {"text": SAID, "n": 3, "state": "agreed"}),
    "request.make": ("field", {"kind": "dialog", "to": "dialogue", "place": "kpu", "why": SAID, "until": 7000}),
    "dialogue.put": ("kpu", {"entry": "temu-1", "kind": "meeting", "partner": SAID, "text": SAID}),
    "voting": ("kpu", {"place": "kpu", "state": "paused", "why": SAID}),
    "shift.offer": ("polresta", {"text": SAID}),
    "improve.put": ("evaluator", {"item": "a", "text": SAID, "owner": SAID, "due": "2027-01-31"}),
    "inject.message": ("controller", {"to": ["kpu"], "text": SAID}),
    "report": ("field", {"place": "kpu", "what": "calm", "text": SAID}),
    "rate": ("evaluator", {"task": "damkar", "rating": "P", "text": SAID}),
}


@pytest.mark.parametrize("do", TOLD)
def test_redaction__of_any_action_leaves_the_live_room_as_its_replay(do):
    """The board of the live room has lost the text, and its next checkpoint is that of the log as it is kept."""
    seat, fields = TOLD[do]
    room = Room(setup())
    n = room.do({"do": do, **fields}, seat=seat, t=1000, at="").n
    assert SAID in json.dumps(room.board.to_dict())
    before = room.digest()
    room.do({"do": "redact", "record": n, "why": "data pribadi"}, seat="controller", t=1000, at="")
    assert SAID not in json.dumps([room.board.to_dict(), [row.to_dict() for row in room.records]])
    assert room.digest() == before, "a redaction moves nothing"
    assert replay(setup(), room.records, until=room.now).digest() == before


def test_private__what_stands_by_is_looked_at_too():
    with pytest.raises(InputError, match="a name behind a form of address"):
        check_private({"do": "standby", "text": "ambulans Bapak Slamet", "n": 1, "state": "ready"})
