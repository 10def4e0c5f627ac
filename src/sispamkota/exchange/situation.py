"""What a room's state says to others: places, counts and decisions; never a person, an organisation or a side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from sispamkota.errors import Fault, InputError, shown
from sispamkota.exercise import Room
from sispamkota.exercise.exercise_file import WIB
from sispamkota.exercise.log import GONE
from sispamkota.exercise.privacy import SAID, find_private
from sispamkota.exercise.roles import roles
from sispamkota.rehearsal.story import STAGES, read_log
from sispamkota.words import words

from .reported import reported

__all__ = ["closed_streets", "hurt", "place_name", "refuse_named", "situation", "stages", "when"]


def when(room: Room, ms: float) -> str:
    """Give a moment of the world as a time with its offset."""
    start = room.setup.start.replace(tzinfo=WIB)
    return (start + timedelta(seconds=int(ms // 1000))).isoformat(timespec="seconds")


def place_name(room: Room, ref: str) -> str:
    """Name a place as people do."""
    return str(room.setup.city.find(ref).name)


def hurt(room: Room) -> dict[str, int]:
    """Count who is hurt so far in the world: all, civilians, officers, deaths; in an operation all, as reported."""
    if room.board.operation is not None:
        return {"harmed": sum(row["injured"] or 0 for row in room.board.operation.incidents.values())}
    world = room.world.state.world[0]
    return {name: int(world[name]) for name in ("harmed", "civilians", "officers", "deaths")}


def stages(room: Room) -> dict[str, str]:
    """Give the stage of each place where people gather; an operation has none, as none is reported."""
    if room.setup.real:
        return {}
    crowds = room.world.state.crowd.view(np.ndarray)
    return {place: STAGES[int(c["stage"])] for place, c in zip(room.setup.names.crowds, crowds, strict=True)}


def closed_streets(room: Room) -> list[str]:
    """List the places at which streets are closed: by an inject of the scenario, or as last reported."""
    told = [(row.t * 1000, row.place, row.event == "streets_closed") for row in _street_rows(room)]
    told += [
        (row["at"], row["place"], row["what"] == "street_closed")
        for row in room.board.reports
        if row["what"] in _STREETS
    ]
    last = {place: closed for _, place, closed in sorted(told) if place}
    return sorted(place for place, closed in last.items() if closed)


_STREETS = ("street_closed", "calm")  # what is reported at a place after "closed" that says that it is not


def _street_rows(room: Room) -> Iterator[Any]:
    rows = room.world.log()
    events = read_log(rows, room.setup.names) if len(rows) else None
    if events is not None:
        yield from events[events["event"].isin(("streets_closed", "streets_open"))].itertuples()


def situation(room: Room, lang: str) -> list[str]:
    """Tell how things stand in sentences, what weighs most first."""
    say, board = words(lang), room.board
    said = list(_simulated(room, lang) if board.operation is None else reported(room, lang))
    for key, places in (("closed", closed_streets(room)), ("blocked", sorted(board.blocked))):
        if places:
            said.append(say(f"exchange.{key}", places=", ".join(place_name(room, place) for place in places)))
    for place, row in sorted(board.voting.items()):
        said.append(say(f"exchange.voting_{row['state']}", place=place_name(room, place)))
    for ref, row in sorted(board.hospitals.items()):
        said.append(
            say("exchange.hospital", place=place_name(room, ref), free=row["igd_free"], waiting=row["igd_waiting"])
        )
    ready = [row for row in board.standby if row["state"] != "released"]
    said += [say(f"exchange.standby_{row['state']}", n=row["count"], what=row["text"]) for row in ready]
    return said


def _simulated(room: Room, lang: str) -> Iterator[str]:
    """Tell who is hurt and how the crowds stand in the world."""
    say = words(lang)
    yield say("exchange.hurt", **hurt(room))
    crowds = room.world.state.crowd.view(np.ndarray)
    for (place, stage), c in zip(stages(room).items(), crowds, strict=True):
        people, violent = int(c["S"].sum()) + int(c["R"]), int(c["I"].sum())
        name = place_name(room, place)
        yield say("exchange.crowd", place=name, stage=stage, people=people, violent=violent)


def refuse_named(room: Room, texts: Iterable[tuple[str, str]], *, where: str) -> None:
    """Raise InputError for texts (field, text) of people that show a person or name an organisation of the dialogue.

    Offices of the room may be named; a partner without a capital letter ("warga") is no name.
    """
    official = [word for name, role in roles().items() for word in (name, role.office) if word]
    partners = {entry.partner.strip() for entry in room.board.talks.values() if entry.partner != GONE}
    named = [
        each for each in sorted(partners) if each != each.lower() and not any(_in(word, each) for word in official)
    ]
    faults = []
    remedy = "Word it again: the place, and what to do there."
    for name, text in texts:
        faults += [Fault(where, name, "no personal data", SAID[found.kind], remedy) for found in find_private(text)]
        for partner in named:
            if _in(partner, text):
                faults.append(Fault(where, name, "no organisation of the dialogue by its name", shown(partner), remedy))
    if faults:
        raise InputError(faults)


def _in(word: str, text: str) -> bool:
    """Say whether a text has a name in it, whole words, any case."""
    return bool(word) and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
