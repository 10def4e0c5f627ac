"""What a desk is told and may answer is its own: of the other hospitals, of the other shifts, of what is staged."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")

from room.rooms import Desk, client_of, make, service_in, setup
from sispamkota.app.room.server import make_app
from sispamkota.errors import InputError
from sispamkota.exercise import Room
from sispamkota.exercise.views import see_record, view

ONE, OTHER = setup().names.hospitals[:2]
ASKED = {"do": "request.make", "kind": "rumah_sakit", "to": f"hospital:{ONE}", "why": "berapa tempat", "until": 900}


def _answer(n):
    return {"do": "request.answer", "request": n, "granted": True, "authority": "IGD", "why": "siap"}


def test_request__to_a_hospital_is_answered_by_no_other():
    room = Room(setup())
    n = room.do(ASKED, seat="ambulance", t=0, at="").n
    assert view(room, f"hospital:{ONE}")["waiting"]
    assert not view(room, f"hospital:{OTHER}")["waiting"]
    with pytest.raises(InputError, match=f"an answer of hospital:{ONE}"):
        room.do(_answer(n), seat=f"hospital:{OTHER}", t=1000, at="")
    room.do(_answer(n), seat=f"hospital:{ONE}", t=1000, at="")
    assert room.board.requests[n].granted


def test_request__to_a_hospital_falls_to_the_controller_where_only_another_sits():
    room = Room(setup())
    room.do({"do": "seat.take"}, seat=f"hospital:{OTHER}", t=0, at="")
    n = room.do(ASKED, seat="ambulance", t=0, at="").n
    assert [row["n"] for row in view(room, "controller")["waiting"]] == [n]
    room.do(_answer(n), seat="controller", t=1000, at="")
    assert room.board.requests[n].granted


def test_request__to_a_hospital_is_answered_by_the_desk_of_all_of_them():
    room = Room(setup())
    room.do({"do": "seat.take"}, seat="hospital", t=0, at="")
    n = room.do(ASKED, seat="ambulance", t=0, at="").n
    assert [row["n"] for row in view(room, "hospital")["waiting"]] == [n]
    with pytest.raises(InputError, match="answer of"):
        room.do(_answer(n), seat="controller", t=1000, at="")
    room.do(_answer(n), seat="hospital", t=1000, at="")


def test_shift__of_another_desk_is_not_shown_to_a_hospital():
    room = Room(setup())
    for seat in ("polresta", f"hospital:{ONE}", f"hospital:{OTHER}"):
        room.do({"do": "shift.offer", "text": f"serah dari {seat}"}, seat=seat, t=0, at="")
    told = view(room, f"hospital:{ONE}")["shifts"]
    assert [each["seat"] for each in told.values()] == [f"hospital:{ONE}"]
    assert len(view(room, "polda")["shifts"]) == 3


@pytest.mark.parametrize("seat", ["polresta", "observer", "field"])
def test_note__of_an_evaluator_is_not_read_by_who_is_evaluated(seat):
    room = Room(setup())
    note = room.do({"do": "note", "text": "belum ada yang menelepon"}, seat="evaluator", t=0, at="")
    own = room.do({"do": "note", "text": "siap"}, seat="polresta", t=0, at="")
    for who, seen in ((seat, [own.n]), ("controller", [note.n, own.n]), ("evaluator", [note.n, own.n])):
        assert [row["n"] for row in view(room, who)["notes"]] == seen
        assert [row.n for row in room.records if see_record(row.to_dict(), who)] == seen


def test_socket__what_the_controller_stages_is_told_to_those_who_see_all_alone(tmp_path, monkeypatch):
    make(tmp_path / "room")
    told = {}
    with service_in(tmp_path / "room", monkeypatch) as service, client_of(make_app(service)) as client:
        leader = Desk(client, service, "controller")
        desks = {seat: Desk(client, service, seat) for seat in ("polresta", "evaluator", "observer")}
        place = setup().names.crowds[0]
        assert leader.act("inject.arrive", place=place, people=300, over=60).status_code == 200
        assert leader.act("clock.jump", to=300).status_code == 200
        assert leader.act("inject.provoke", place=place, people=20).status_code == 200
        for seat, desk in desks.items():
            with desk.socket() as socket:
                while (message := socket.receive_json())["kind"] != "events":
                    pass
                told[seat] = message
    staged = {
        seat: [row["event"] for row in each["events"] if row["event"] in ("gathering", "provoke")]
        for seat, each in told.items()
    }
    assert "provoke" in staged["evaluator"]
    assert staged["polresta"] == staged["observer"] == []
    assert len({each["next"] for each in told.values()}) == 1, "each goes on from the same place"
    assert told["polresta"]["events"], "what happened is told"
