"""A late report puts nothing newer away and is not lost; who does not lead an incident proposes to close it."""

from __future__ import annotations

import pytest

from room.test_operation import HOUR, do, incident, police, refused, room, setup  # noqa: F401
from sispamkota.exercise import replay
from sispamkota.exercise.roles import roles
from sispamkota.exercise.views import view

MINUTE = HOUR // 60


def _late(room):  # noqa: F811
    """What of the conflicts came late: what it was, who said it and when it was so."""
    rows = room.board.operation.conflicts
    return [(row["do"], row["why"], row["by"], row["at"]) for row in rows]


def test_unit__a_report_that_waited_for_its_line_does_not_undo_a_later_order(setup, room, police):  # noqa: F811
    unit, can = police[0]
    n = incident(room)
    do(room, "polresta", 2 * HOUR, do="order.send", unit=unit, incident=n, capability=can)
    do(room, "polresta", 3 * HOUR, do="unit.report", unit=unit, state="standby", place="bawaslu", seen=90 * 60)
    row = room.board.operation.units[unit]
    assert (row["state"], row["incident"], row["at"]) == ("moving", n, 2 * HOUR)
    assert room.board.operation.incidents[n]["units"] == [unit]
    assert _late(room) == [("unit.report", "overtaken", "polresta", 90 * MINUTE)]
    told = view(room, "controller")["operation"]["conflicts"]
    assert told[-1]["unit"] == unit
    assert replay(setup, room.records).digest() == room.digest()


def test_unit__a_report_that_waited_and_is_still_the_newest_counts_from_when_it_was_so(room, police):  # noqa: F811
    unit = police[0][0]
    do(room, "polresta", HOUR, do="unit.report", unit=unit, state="standby")
    do(room, "polresta", 3 * HOUR, do="unit.report", unit=unit, state="at_scene", place="kpu", seen=2 * 3600)
    row = room.board.operation.units[unit]
    assert (row["state"], row["at"]) == ("at_scene", 2 * HOUR)
    assert room.board.operation.conflicts == []
    assert room.board.operation.duty[unit][0] == HOUR


def test_incident__an_update_that_waited_is_kept_and_does_not_open_what_was_closed(setup, room):  # noqa: F811
    n = incident(room)
    do(room, "damkar", 2 * HOUR, do="incident.update", incident=n, state="closed", text="padam", injured=0)
    do(
        room,
        "field",
        3 * HOUR,
        do="incident.update",
        incident=n,
        state="handled",
        text="dua luka",
        injured=2,
        seen=5400,
    )
    row = room.board.operation.incidents[n]
    assert (row["state"], row["injured"], row["at"]) == ("closed", 0, 2 * HOUR)
    assert [(each["state"], each["text"], each["at"]) for each in row["updates"]] == [
        ("closed", "padam", 2 * HOUR),
        ("handled", "dua luka", 90 * MINUTE),
    ]
    assert _late(room) == [("incident.update", "overtaken", "field", 90 * MINUTE)]
    late = refused(
        room, "field", 3 * HOUR, do="incident.update", incident=n, state="seen", text="lagi", seen=2.5 * 3600
    )
    assert late.field == "incident", "what was seen after it was closed is another incident"
    assert replay(setup, room.records).digest() == room.digest()


def test_unit__that_reports_late_from_an_incident_closed_since_is_told_and_changes_nothing(room, police):  # noqa: F811
    unit = police[0][0]
    n = incident(room)
    do(room, "polresta", 2 * HOUR, do="incident.update", incident=n, state="closed", text="padam")
    do(room, "polresta", 3 * HOUR, do="unit.report", unit=unit, state="at_scene", incident=n, seen=90 * 60)
    assert unit not in room.board.operation.units
    assert _late(room) == [("unit.report", "overtaken", "polresta", 90 * MINUTE)]


def test_incident__is_closed_by_who_leads_it_and_proposed_by_the_others(setup, room):  # noqa: F811
    fire, crowd = incident(room), incident(room, kind="clash")
    for n, seat in ((fire, "ambulance"), (crowd, "damkar")):
        do(room, seat, 2 * HOUR, do="incident.update", incident=n, state="closed", text="selesai", injured=1)
        row = room.board.operation.incidents[n]
        assert (row["state"], row["injured"], row["proposed"]["by"]) == ("new", 1, seat)
        assert row["updates"][-1]["state"] == "proposed"
    waits = {seat: [row["n"] for row in view(room, seat)["waiting"] if row["what"] == "close"] for seat in roles()}
    both = {seat: [fire, crowd] for seat in ("controller", "polda", "polresta")}
    assert {seat: rows for seat, rows in waits.items() if rows} == both | {"damkar": [fire]}
    do(room, "damkar", 3 * HOUR, do="incident.update", incident=fire, state="handled", text="masih berasap")
    assert "proposed" not in room.board.operation.incidents[fire], "an answer by who leads"
    do(room, "damkar", 3 * HOUR, do="incident.update", incident=fire, state="closed", text="padam")
    do(room, "controller", 3 * HOUR, do="incident.update", incident=crowd, state="closed", text="bubar")
    assert room.board.operation.open_incidents() == {}
    assert replay(setup, room.records).digest() == room.digest()


@pytest.mark.parametrize("seat", ["field", "linmas", "tni", "bawaslu"])
def test_incident__of_any_kind_is_not_closed_by_who_leads_none(setup, room, seat):  # noqa: F811
    for kind in (*setup.names.kinds, "other"):
        n = incident(room, kind=kind)
        do(room, seat, HOUR, do="incident.update", incident=n, state="closed", text="selesai")
        assert room.board.operation.incidents[n]["state"] == "new"


def test_roles__lead_kinds_that_there_are(setup):  # noqa: F811
    known = {*setup.names.kinds, "*"}
    assert {kind for role in roles().values() for kind in role.closes} <= known
