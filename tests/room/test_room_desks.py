"""Desks that nobody came back to after a restart, who leads at which level, and what the page's files cost to send."""

from __future__ import annotations

import gzip
import time

import pytest

pytest.importorskip("fastapi")

from room.rooms import Desk, Hands, client_of, make, service_in, setup
from sispamkota.app.room.routes import SERVED, STATIC
from sispamkota.app.room.server import make_app
from sispamkota.errors import InputError
from sispamkota.exercise import Room, replay
from sispamkota.exercise.live import Live
from sispamkota.exercise.roles import leaders, roles


@pytest.fixture
def folder(tmp_path):
    make(tmp_path / "room")
    return tmp_path / "room"


def _until(call, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not call() and time.monotonic() < deadline:
        time.sleep(0.02)
    return call()


def test_restart__a_desk_that_nobody_comes_back_to_is_left(folder, url, monkeypatch):
    """Of three that were held, one has a socket again, one acts, one is gone: it alone is left, and a replay knows."""
    seats = ("polresta", "damkar", "kpu")
    with service_in(folder, monkeypatch, url=url) as service, client_of(make_app(service)) as client:
        for seat in seats:
            assert Desk(client, service, seat).act("seat.take").status_code == 200
    hands = Hands()
    opening = service_in(folder, monkeypatch, url=url, hands=hands)
    with opening as service, client_of(make_app(service)) as client:
        there, acts = (Desk(client, service, seat) for seat in seats[:2])
        with there.socket():
            assert acts.act("note", text="kembali").status_code == 200
            hands.steady_off += 50
            time.sleep(1.5)
            assert set(service.hub.room.board.seats) == set(seats), "too early"
            hands.steady_off += 11
            assert _until(lambda: "kpu" not in service.hub.room.board.seats)
            time.sleep(1.5)
        assert set(service.hub.room.board.seats) == set(seats[:2])
        last = service.hub.room.records[-1]
        assert (last.seat, last.action) == ("server", {"do": "seat.free", "seat": "kpu"})
        assert service.base.read_records() == service.hub.room.records
        twin = replay(setup(), service.hub.room.records, until=service.hub.room.now)
        assert twin.digest() == service.hub.room.digest()
        assert acts.act("seat.free", seat="polresta").status_code == 403, "the server's own"


def test_account__that_is_removed_leaves_its_desk_unless_another_has_it(folder, monkeypatch):
    """Units wait for people at a held desk: nobody is left there who could give it back."""
    with service_in(folder, monkeypatch) as service, client_of(make_app(service)) as client:
        leader = Desk(client, service, "controller")
        for account in ("damkar-1", "damkar-2"):
            assert Desk(client, service, "damkar", account).act("seat.take").status_code == 200
        assert leader.ask("DELETE", "/api/accounts/damkar-1").status_code == 200
        assert "damkar" in service.hub.room.board.seats
        assert leader.ask("DELETE", "/api/accounts/damkar-2").status_code == 200
        assert "damkar" not in service.hub.room.board.seats
        assert service.hub.room.records[-1].action == {"do": "seat.free", "seat": "damkar"}


def test_leave__a_desk_stays_held_while_another_account_sits_there(folder, monkeypatch):
    """One who goes does not hand the units of who stays to the policy; the last one does, though the other looks on."""
    with service_in(folder, monkeypatch) as service, client_of(make_app(service)) as client:
        one, two = (Desk(client, service, "damkar", f"damkar-{n}") for n in (1, 2))
        assert one.act("seat.take").status_code == 200
        with one.socket(), two.socket():
            said = one.act("seat.leave")
            assert said.status_code == 409
            assert said.json()["faults"][0]["got"] == "another account there"
            assert "damkar" in service.hub.room.board.seats
            assert one.act("note", text="kembali").status_code == 200, "who acts sits there again"
            assert two.act("seat.leave").status_code == 409
            assert one.act("seat.leave").status_code == 200, "the last one leaves it, with the other's page open"
            assert "damkar" not in service.hub.room.board.seats
        assert two.act("seat.take").status_code == 200
        assert two.act("seat.leave").status_code == 200, "nobody else is there"


def test_leave__is_not_held_up_by_another_desk(folder, monkeypatch):
    with service_in(folder, monkeypatch) as service, client_of(make_app(service)) as client:
        one, other = (Desk(client, service, seat) for seat in ("damkar", "polresta"))
        assert one.act("seat.take").status_code == 200
        with one.socket(), other.socket():
            assert one.act("seat.leave").status_code == 200


@pytest.mark.parametrize("key", ["", "k-1"])
def test_shift__is_not_accepted_by_the_account_that_offered_it(folder, url, monkeypatch, key):
    """Not after a restart either; another account of the desk accepts it."""
    with service_in(folder, monkeypatch, url=url) as service, client_of(make_app(service)) as client:
        old = Desk(client, service, "damkar", "damkar-1")
        n = old.act("shift.offer", key=key, text="dua satuan di KPU").json()["n"]
        said = old.act("shift.accept", offer=n)
        assert said.status_code == 409
        assert said.json()["faults"][0]["field"] == "offer"
    with service_in(folder, monkeypatch, url=url) as service, client_of(make_app(service)) as client:
        old, new = (Desk(client, service, "damkar", f"damkar-{n}") for n in (1, 2))
        assert old.act("shift.accept", offer=n).status_code == 409
        assert service.hub.room.board.shifts[n]["accepted"] is None
        assert new.act("shift.accept", offer=n).status_code == 200
        assert service.hub.room.board.shifts[n]["accepted"] is not None


def test_free__gives_the_units_back_to_the_policy():
    room = Room(setup())
    room.do({"do": "seat.take"}, seat="damkar", t=0, at="")
    room.do({"do": "seat.take"}, seat="polresta", t=0, at="")
    held = room.digest()
    room.do({"do": "seat.free", "seat": "polresta"}, seat="server", t=0, at="")
    alone = Room(setup())
    alone.do({"do": "seat.take"}, seat="damkar", t=0, at="")
    for each in (room, alone):
        each.advance(3600.0)
    assert bytes(room.world.state.unit.tobytes()) == bytes(alone.world.state.unit.tobytes())
    assert room.digest() != held
    with pytest.raises(InputError, match="a desk where somebody sits"):
        room.do({"do": "seat.free", "seat": "kpu"}, seat="server", t=3_600_000, at="")


@pytest.mark.parametrize(("level", "may"), [(1, ("polresta", "polda")), (2, ("polda",)), (3, ("polda",))])
def test_leaders__are_those_of_the_file(level, may):
    assert leaders(level) == may
    live = Live(setup(), Room(setup()).world)
    for seat in roles():
        if seat in may:
            live._as_level(level, seat, "take over control there")
        else:
            with pytest.raises(Exception, match=" or ".join(may) + " may take over control there"):
                live._as_level(level, seat, "take over control there")


# --- the page's files -------------------------------------------------------------------------------------------------


@pytest.fixture
def page(folder, monkeypatch):
    with service_in(folder, monkeypatch) as service, client_of(make_app(service)) as client:
        yield client


@pytest.mark.parametrize("name", sorted(path.name for path in STATIC.iterdir() if path.suffix in SERVED))
def test_files__are_sent_packed_and_are_the_same(page, name):
    whole = (STATIC / name).read_bytes()
    plain = page.get(f"/static/{name}", headers={"Accept-Encoding": "identity"})
    assert plain.content == whole
    assert "content-encoding" not in plain.headers
    packed = page.get(f"/static/{name}", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed.content == whole
    if len(whole) > 5000:
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < 0.4 * len(whole)
        assert packed.headers["etag"] != plain.headers["etag"]
        refused = page.get(f"/static/{name}", headers={"Accept-Encoding": "gzip;q=0"})
        assert "content-encoding" not in refused.headers
    for answer in (plain, packed):
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["x-content-type-options"] == "nosniff"
        encoding = {"Accept-Encoding": answer.request.headers["accept-encoding"]}
        again = page.get(f"/static/{name}", headers=encoding | {"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = page.get(f"/static/{name}", headers=encoding | {"If-None-Match": '"other"'})
        assert other.status_code == 200


def test_files__changed_on_disk_are_read_again(tmp_path):
    from sispamkota.app.room.files import read_file

    path = tmp_path / "a.js"
    path.write_bytes(b"a" * 100)
    first = read_file(path)
    path.write_bytes(b"b" * 101)
    assert read_file(path).digest != first.digest
    assert gzip.decompress(read_file(path).packed) == b"b" * 101
