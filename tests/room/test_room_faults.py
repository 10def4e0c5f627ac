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


# --- outside an action ------------------------------------------------------------------------------------------------


def _alive(service, desk, text):
    """The room still takes an action, and what it keeps folds to what it holds."""
    answer = desk.act("note", text=text)
    assert answer.status_code == 200, answer.text
    assert service.base.read_records()[-1].action["text"] == text
    assert service.hub.lost is None


def _until_told(socket, what="trouble", *, over=None):
    """Read up to a notice; `over`: the first of its rows says so."""
    for _ in range(400):
        message = socket.receive_json()
        if message["kind"] == "notice" and message["what"] == what and over in (None, message["rows"][0]["over"]):
            return message["rows"]
    raise AssertionError("no notice")


PARTS = {
    "telling": (hub.Hub, "_pulse"),
    "checkpoint": (hub.Hub, "_tick"),
    "messages": (hub.Hub, "_bring_messages"),
    "fold": (hub.Hub, "_refold"),
}


@pytest.mark.parametrize("part", PARTS)
def test_bug__outside_an_action_costs_its_part_alone_and_the_controller_is_told(folder, monkeypatch, caplog, part):
    owner, name = PARTS[part]
    fails, sound = [True], getattr(owner, name)

    def broken(this, *given, **options):
        if fails[0]:
            raise ZeroDivisionError(f"in {part}")
        return sound(this, *given, **options)

    monkeypatch.setattr(hub, "TICK_S", 0.1)
    with service_in(folder, monkeypatch) as service, client_of(make_app(service)) as client:
        leader, police = Desk(client, service, "controller"), Desk(client, service, "polresta")
        assert leader.act("clock.run", speed=1).status_code == 200
        monkeypatch.setattr(owner, name, broken)
        with caplog.at_level(logging.ERROR, "sispamkota.room"), leader.socket() as socket:
            rows = _until_told(socket)
            assert (rows[0]["part"], rows[0]["over"]) == (part, False)
            _alive(service, police, "satu")
            fails[0] = False
            assert _until_told(socket, over=True)[0]["part"] == part
            _alive(service, police, "dua")
        assert caplog.text.count("Traceback") == 1, "logged once"
        monkeypatch.setattr(owner, name, sound)
        with police.socket() as socket:
            socket.send_json({"kind": "action", "id": 1, "action": NOTE})
            seen = set()
            while "ack" not in seen:
                message = socket.receive_json()
                seen.add(message["kind"])
                assert message["kind"] != "notice", "of no concern to who plays"


def test_bug__in_telling_one_seat_leaves_the_others_told(folder, monkeypatch):
    from sispamkota.app.room import telling

    sound = {name: getattr(telling, name) for name in ("frame", "view", "see_record")}

    def broken(name, at):
        def call(*given, **options):
            if "damkar" in given:
                raise KeyError(name)
            return sound[name](*given, **options)

        return call

    with service_in(folder, monkeypatch) as service, client_of(make_app(service)) as client:
        desks = {seat: Desk(client, service, seat) for seat in ("controller", "polresta", "damkar")}
        for name in sound:
            monkeypatch.setattr(telling, name, broken(name, 1))
        with desks["damkar"].socket() as bad, desks["polresta"].socket() as good:
            assert bad.receive_json()["kind"] == "hello"
            _alive(service, desks["controller"], "satu")
            seen = set()
            while not {"frame", "view", "record"} <= seen:
                seen.add(good.receive_json()["kind"])
            _alive(service, desks["damkar"], "dua")
        assert {row["part"] for row in service.hub.troubles.rows()} == {
            "telling damkar",
            "board damkar",
            "record damkar",
        }


def test_fold__that_fails_once_is_tried_again_and_nothing_is_lost(folder, monkeypatch):
    sound, tries = hub.fold, []

    def once(*given, **options):
        tries.append(1)
        if len(tries) < 3:
            raise MemoryError("a fold")
        return sound(*given, **options)

    with service_in(folder, monkeypatch) as service, client_of(make_app(service)) as client:
        police = Desk(client, service, "polresta")
        _alive(service, police, "satu")
        monkeypatch.setattr(hub, "fold", once)
        service.hub._stale = True
        _alive(service, police, "dua")
        assert len(tries) == 3
        _check(service, ["satu", "dua"])


def test_stale_room__is_folded_anew_without_anybodys_action(folder, monkeypatch):
    with service_in(folder, monkeypatch) as service, client_of(make_app(service)) as client:
        leader = Desk(client, service, "controller")
        assert leader.act("clock.run", speed=1).status_code == 200
        room = service.hub.room
        service.hub._stale = True
        with leader.socket() as socket:
            for _ in range(100):
                if socket.receive_json()["kind"] == "frame" and service.hub.room is not room:
                    break
        assert service.hub.room is not room
        assert not service.hub._stale


def test_log__that_does_not_hold_any_more_ends_the_room_with_one_error(folder, monkeypatch, caplog):
    from sispamkota.app.room import server
    from sispamkota.errors import StoreError

    ended = []
    with service_in(folder, monkeypatch) as service:
        app = make_app(service, failed=lambda: ended.append(1))
        with client_of(app) as client:
            police = Desk(client, service, "polresta")
            for text in ("satu", "dua"):
                _alive(service, police, text)
            with service.base.engine.begin() as line:
                line.exec_driver_sql("UPDATE records SET at = 'kemarin' WHERE n = 1")
            service.hub._stale = True
            answer = police.act("note", text="tiga")
            assert answer.status_code == 503
            for _ in range(100):
                if ended:
                    break
                client.portal.call(asyncio.sleep, 0.05)
        assert ended == [1]
        assert "Traceback" not in caplog.text
        monkeypatch.setattr(server.uvicorn.Server, "run", lambda *_, **__: None)
        with pytest.raises(StoreError, match=r"record 1"):
            server.run(service, server.Serving(), None)
