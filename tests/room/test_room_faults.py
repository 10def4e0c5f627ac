"""One action that fails, by a fault of the program or of the world, costs itself alone: the room goes on without it."""

from __future__ import annotations

import asyncio
import logging

import pytest

pytest.importorskip("fastapi")

from room.rooms import NOTE, Desk, client_of, make, service_in, setup
from sispamkota.app.room import hub
from sispamkota.app.room.server import make_app
from sispamkota.errors import EngineError, Fault, InputError
from sispamkota.exercise import Room, replay


@pytest.fixture
def folder(tmp_path):
    make(tmp_path / "room")
    return tmp_path / "room"


def _check(service, texts):
    """What is kept is what the room holds, and the notes are these."""
    rows = service.base.read_records()
    assert rows == service.hub.room.records
    twin = replay(setup(), rows, until=service.hub.room.now)
    assert twin.digest() == service.hub.room.digest()
    assert [row.action["text"] for row in rows if row.do == "note"] == texts


def _fail_at(monkeypatch, text, *, after):
    """Let the room fail, as a bug would, in the note with this text: before or after the record stands."""
    take = Room.take

    def broken(room, record):
        if after:
            take(room, record)
        if record.action.get("text") == text:
            raise ZeroDivisionError("float division")
        if not after:
            take(room, record)

    monkeypatch.setattr(Room, "take", broken)


@pytest.mark.parametrize("after", [False, True])
def test_bug__in_one_action_refuses_it_and_the_room_goes_on(folder, url, monkeypatch, caplog, after):
    with service_in(folder, monkeypatch, url=url) as service, client_of(make_app(service)) as client:
        police = Desk(client, service, "polresta")
        assert police.act("note", text="satu").status_code == 200
        _fail_at(monkeypatch, "rusak", after=after)
        with caplog.at_level(logging.ERROR, "sispamkota.room"):
            answer = police.act("note", key="k", text="rusak")
        assert answer.status_code == 500
        assert answer.json()["faults"][0]["got"] == "a fault of the program"
        assert "ZeroDivisionError" in caplog.text
        assert police.act("note", text="dua").status_code == 200
        with police.socket() as socket:
            socket.send_json({"kind": "action", "id": 1, "action": NOTE | {"text": "rusak"}})
            while (message := socket.receive_json())["kind"] not in ("refused", "ack"):
                pass
            assert message["kind"] == "refused"
        _check(service, ["satu", "dua"])


def test_bug__amid_actions_that_wait_together_takes_none_of_the_others(folder, url, monkeypatch):
    """Those before it were done and not yet kept, those after it wait: all are kept, in their order."""
    with service_in(folder, monkeypatch, url=url) as service, client_of(make_app(service)) as client:
        police = Desk(client, service, "polresta")
        _fail_at(monkeypatch, "rusak", after=True)
        tried, do_all = [], hub.Hub._do_all

        async def watched(room, jobs):
            tried.append([job.action.get("text") for job in jobs])
            return await do_all(room, jobs)

        monkeypatch.setattr(hub.Hub, "_do_all", watched)
        texts = ["satu", "rusak", "tiga"]

        async def together():
            acts = [service.hub.act(NOTE | {"text": t}, seat="polresta", account=police.account, key=t) for t in texts]
            return await asyncio.gather(*acts, return_exceptions=True)

        first, second, third = client.portal.call(together)
        assert texts in tried, "they were not done together"
        assert (first.n, second.status, third.n) == (0, 500, 1)
        _check(service, ["satu", "tiga"])
        assert service.hub.sent == {(police.account, "satu"): 0, (police.account, "tiga"): 1}


STUCK = (EngineError("the world is full"), InputError([Fault("server", "t", "1 s", "2 s", "Time runs forward.")]))


@pytest.mark.parametrize("error", STUCK, ids=("engine", "refused"))
def test_jump__that_fails_on_its_way_leaves_no_record(folder, url, monkeypatch, error):
    with service_in(folder, monkeypatch, url=url) as service, client_of(make_app(service)) as client:
        leader = Desk(client, service, "controller")
        assert leader.act("note", text="satu").status_code == 200
        advance = Room.advance

        def stuck(room, until):
            if until > 60:
                advance(room, 60.0)
                raise error
            advance(room, until)

        with monkeypatch.context() as patch:
            patch.setattr(Room, "advance", stuck)
            assert leader.act("clock.jump", to=600).status_code == 409
        assert [row.do for row in service.base.read_records()] == ["note"]
        assert (service.hub.clock.now_ms(), service.hub.room.now) == (0, 0.0)
        assert leader.act("note", text="dua").status_code == 200
        _check(service, ["satu", "dua"])
        assert leader.act("clock.jump", to=600).status_code == 200
        assert [row.do for row in service.base.read_records()] == ["note", "note", "clock.jump", "clock.tick"]
