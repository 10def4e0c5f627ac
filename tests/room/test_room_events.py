"""What happens in the world reaches every page, also one whose line was cut while the room went back and on anew."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")

from room.rooms import Desk, Hands, client_of, keep_nothing, make, service_in
from sispamkota.app.room.server import make_app
from sispamkota.app.room.telling import Telling

SPEED, PLAYED_S = 60, 1800


class Page:
    """What a page keeps of the events, as web/src/room/store.ts does."""

    def __init__(self):
        self.events, self.next, self.mark = [], 0, ""

    def read(self, desk):
        """Connect with what is known, and take what is told until the heart beats."""
        with desk.socket(f"since=-1&events={self.next}&mark={self.mark}") as socket:
            desk.service.hub._beaten = -1e9
            while (message := socket.receive_json())["kind"] != "beat":
                if message["kind"] == "events":
                    self.take(message)
        return self.events

    def take(self, message):
        self.events = [*(self.events if message.get("from", 1) else []), *message["events"]]
        self.next, self.mark = message["next"], message.get("mark", "")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A room that keeps no checkpoint by itself, as one that is killed before the next."""
    keep_nothing(monkeypatch)
    make(tmp_path / "room")
    return tmp_path / "room"


def _play(desk, hands):
    """Let the clock run on to a moment at which nothing is kept."""
    assert desk.act("clock.run", speed=SPEED).status_code == 200
    hands.steady_off += PLAYED_S / SPEED
    page = Page()
    assert page.read(desk)
    return page


def _other_world(desk):
    """From the moment that was kept, let something else happen, and play on to where it had been."""
    assert desk.act("inject.tension", tension=40).status_code == 200
    assert desk.act("inject.provoke", place="kpu", people=30).status_code == 200
    assert desk.act("clock.jump", to=PLAYED_S + 600).status_code == 200


@pytest.mark.parametrize("seat", ["controller", "polresta"])
def test_events__of_a_room_that_was_killed_are_told_anew(folder, monkeypatch, seat):
    hands = Hands()
    with service_in(folder, monkeypatch, hands=hands) as service, client_of(make_app(service)) as client:
        leader, desk = Desk(client, service, "controller"), Desk(client, service, seat, account="meja-2")
        _play(leader, hands)
        page = Page()
        before = list(page.read(desk))
        assert before
    with service_in(folder, monkeypatch) as service, client_of(make_app(service)) as client:
        leader, desk = Desk(client, service, "controller"), Desk(client, service, seat, account="meja-2")
        assert Page().read(desk) != before, "the room has gone back"
        _other_world(leader)
        fresh = Page().read(desk)
        assert fresh != before
        assert page.read(desk) == fresh


def test_events__of_a_room_that_was_folded_anew_are_told_to_who_listens(folder, monkeypatch):
    hands = Hands()
    with service_in(folder, monkeypatch, hands=hands) as service, client_of(make_app(service)) as client:
        leader = Desk(client, service, "controller")
        page = _play(leader, hands)
        with leader.socket(f"since=-1&events={page.next}&mark={page.mark}") as socket:
            service.hub._stale = True
            service.hub.clock.set(t=0, speed=0)  # as if the world had not been played on since
            _other_world(leader)
            service.hub._beaten = -1e9
            while (message := socket.receive_json())["kind"] != "beat":
                if message["kind"] == "events":
                    page.take(message)
        assert page.events == Page().read(leader)


def test_telling__goes_back_to_an_earlier_row_of_the_log(kpu):
    from sispamkota.exercise import Room

    room, telling = Room(kpu), Telling()
    for until in (600.0, 1200.0, 1800.0):
        room.advance(until)
        telling.write_events(room, until=None)
        if until == 600.0:
            rows = len(room.world.log())
    events, mark = list(telling.events), telling.news(0, None, "controller")[3]
    telling.go_back(rows)
    assert len(telling.events) < len(events)
    telling.write_events(room, until=None)
    assert telling.events == events
    assert telling.news(len(events), mark, "controller")[:2] == (len(events), [])
    assert telling.news(len(events) - 1, mark, "controller")[0] == 0, "a mark of another number is not known"
