"""A forecast over the network: to the desk that asks, logged as told, one at a time, and nobody waits for it."""

from __future__ import annotations

import asyncio
import os
import threading
import time

import pytest

pytest.importorskip("fastapi")

from room.rooms import EXAMPLES, Desk, Hands, client_of, make, service_in
from sispamkota.app.room import player
from sispamkota.app.room.server import make_app
from sispamkota.exercise.lookahead import asked_of, forecast, look_ahead, stood

SEATS = ("controller", "polresta", "polda", "dialogue", "damkar", "evaluator")


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A room at minute 28, with desks."""
    folder = tmp_path / "room"
    make(folder)
    with service_in(folder, monkeypatch, hands=Hands()) as service, client_of(make_app(service)) as client:
        desks = {seat: Desk(client, service, seat) for seat in SEATS}
        desks["polresta"].act("seat.take")
        assert desks["controller"].act("clock.jump", to=1680).status_code == 200
        yield service, desks


def ask(desk, **body):
    return desk.ask("POST", "/api/forecast", json=body)


def test_forecast__is_told_to_who_asks_and_logged_as_it_was_told(room):
    service, desks = room
    before = service.hub.room.digest()
    answer = ask(desks["polresta"], minutes=30)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    record = service.hub.room.records[told["n"]]
    assert (record.do, record.seat) == ("forecast", "polresta")
    assert record.action["options"] == told["options"] == ["dialogue", "support", "unchanged"]
    assert record.action["replicates"] == told["replicates"] == 200
    assert (record.action["minutes"], record.action["moment"]) == (30, 1_680_000)
    assert record.action["digest"] == told["digest"] == before
    assert "orang terluka" in record.action["told"]
    assert [row["do"] for row in _kinds(service)].count("forecast") == 1


def _kinds(service):
    return [{"do": record.do} for record in service.hub.room.records]


def test_forecast__gives_no_order_and_can_be_told_again_from_the_log(room):
    service, desks = room
    records = len(service.hub.room.records)
    told = ask(desks["dialogue"], minutes=20).json()
    new = [record.do for record in service.hub.room.records[records:] if record.do != "clock.tick"]
    assert new == ["forecast"]
    assert told["moves"]["dialogue"], "there was something to order"
    log = service.hub.room.log()
    again = forecast(stood(log, told["n"]), asked_of(log, told["n"]))
    assert again.to_dict() == {name: value for name, value in told.items() if name != "n"}


def test_forecast__that_ends_with_the_exercise_can_be_told_again_too(room):
    """What was asked for is noted, not what was left of it: 12.4 minutes are no whole number."""
    service, desks = room
    assert desks["controller"].act("clock.jump", to=7200 - 12.4 * 60).status_code == 200
    told = ask(desks["dialogue"], minutes=60).json()
    assert told["minutes"] == pytest.approx(12.4)
    log = service.hub.room.log()
    again = forecast(stood(log, told["n"]), asked_of(log, told["n"]))
    assert again.to_dict() == {name: value for name, value in told.items() if name != "n"}


def test_forecast__its_use_is_seen_by_the_desk_and_by_who_sees_all(room):
    _, desks = room
    n = ask(desks["polresta"], minutes=5).json()["n"]
    seeing = {"polresta": True, "controller": True, "evaluator": True, "damkar": False, "polda": False}
    for seat, sees in seeing.items():
        rows = desks[seat].ask("GET", "/api/log").json()["records"]
        assert (n in [row["n"] for row in rows]) == sees, seat


def test_forecast__nobody_writes_one_of_their_own(room):
    service, desks = room
    records = len(service.hub.room.records)
    answer = desks["polresta"].act("forecast", **EXAMPLES["forecast"])
    assert answer.status_code == 409
    assert "POST /api/forecast" in answer.json()["faults"][0]["remedy"]
    assert len(service.hub.room.records) == records


def test_forecast__what_cannot_be_asked_is_refused(room):
    _, desks = room
    for minutes in (0, 241, "x", None):
        assert ask(desks["polresta"], minutes=minutes).status_code == 422
    assert ask(desks["polresta"], minutes=5, options=["support"]).status_code == 422  # a dialogue is always shown
    assert ask(desks["damkar"], minutes=5).status_code == 403


def test_forecast__too_many_are_refused(room, monkeypatch):
    service, desks = room
    monkeypatch.setattr(service.forecasts, "rate", 0.0)  # however long one takes here, none is given back
    codes = [ask(desks["polresta"], minutes=1).status_code for _ in range(4)]
    assert codes[0] == 200
    assert 429 in codes


def test_forecast__one_at_a_time_and_the_room_goes_on_meanwhile(room, monkeypatch):
    service, desks = room
    begun, go_on = threading.Event(), threading.Event()

    def slow(standing):
        begun.set()
        assert go_on.wait(30)
        return look_ahead(standing)

    monkeypatch.setattr(player, "look_ahead", slow)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(ask(desks["polresta"], minutes=5)))
    thread.start()
    assert begun.wait(30)
    started = time.monotonic()
    assert desks["damkar"].act("note", text="di antaranya").status_code == 200
    assert time.monotonic() - started < 5.0
    refused = ask(desks["polda"], minutes=5)
    assert refused.status_code == 409
    assert refused.json()["faults"][0]["field"] == "forecast"
    go_on.set()
    thread.join(60)
    assert answers[0].status_code == 200
    n = answers[0].json()["n"]
    assert service.hub.room.records[n - 1].do in ("note", "clock.tick")
    assert service.hub.room.records[n].action["records"] < n  # from before the note


def test_forecast__of_a_room_that_has_ended_is_refused(room):
    _, desks = room
    assert desks["controller"].act("clock.end").status_code == 200
    assert ask(desks["polresta"], minutes=5).status_code == 409


def test_player__of_its_own_gives_the_same_bytes_and_ends_with_the_server(room):
    """The process that plays has no part of the room; when it is killed the desk is told to ask again."""
    service, desks = room
    service.player.close()
    service.player = player.Player(own=True)
    told = ask(desks["polresta"], minutes=10).json()
    log = service.hub.room.log()
    again = forecast(stood(log, told["n"]), asked_of(log, told["n"]))
    assert again.to_dict() == {name: value for name, value in told.items() if name != "n"}
    (process,) = service.player._pool._processes.values()
    assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.getpriority(os.PRIO_PROCESS, os.getpid())
    process.kill()
    process.join(10)
    refused = ask(desks["dialogue"], minutes=10)
    assert refused.status_code == 503
    assert "another one" in refused.json()["faults"][0]["remedy"]
    assert ask(desks["dialogue"], minutes=10).status_code == 200
    service.player.close()


def test_apart__is_taken_while_no_action_is_done(room):
    """What is taken out of the room sees it between two actions, never in one."""
    service, _ = room

    async def both():
        async with service.hub.steady:
            waits = asyncio.create_task(service.hub.apart(lambda each: len(each.records)))
            await asyncio.sleep(0.05)
            assert not waits.done()
        return await waits

    hub = service.hub
    hub.steady = asyncio.Lock()
    assert asyncio.run(both()) == len(hub.room.records)
