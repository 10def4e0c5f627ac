"""What a room keeps and survives: order, redaction, a full disk, a second writer, a flipped bit, a set clock."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import time
import zipfile

import pytest

pytest.importorskip("fastapi")
import sqlalchemy as sa
from typer.testing import CliRunner

from room.rooms import NOTE, Desk, Hands, client_of, make, service_in, setup
from sispamkota.app.room import keeping
from sispamkota.app.room.clock import RoomClock, Wall
from sispamkota.app.room.database import records
from sispamkota.app.room.folder import open_folder
from sispamkota.app.room.opening import fold
from sispamkota.app.room.server import invitation, make_app
from sispamkota.cli import app
from sispamkota.errors import InputError, StoreError
from sispamkota.exercise import ExerciseLog, replay
from sispamkota.exercise.log import GONE, chain_faults

SECRET = "bertemu di gudang sebelah timur"


@pytest.fixture
def folder(tmp_path):
    make(tmp_path / "room")
    return tmp_path / "room"


@pytest.fixture
def opened(folder, url, monkeypatch):
    """Open the folder's room; a controller and the city's police sit in it."""
    from contextlib import contextmanager

    @contextmanager
    def go(**options):
        opening = service_in(folder, monkeypatch, url=url, **options)
        with opening as service, client_of(make_app(service)) as client:
            yield service, Desk(client, service, "controller"), Desk(client, service, "polresta")

    return go


def bytes_of(folder):
    return b"".join(path.read_bytes() for path in folder.glob("room.db*"))


def check_kept(service):
    """What is in the database is the chain that the room holds, and folds to the same state."""
    rows = service.base.read_records()
    assert rows == service.hub.room.records
    assert list(chain_faults(rows, where="log")) == []
    twin = replay(setup(), rows)
    twin.advance(service.hub.room.now)
    assert twin.digest() == service.hub.room.digest()


def test_actions__are_kept_in_sequence_and_sent_again_count_once(opened):
    with opened() as (service, leader, police):
        first = police.act("note", key="k-1", text="satu").json()
        assert police.act("note", key="k-1", text="satu").json() == first
        assert leader.act("note", key="k-1", text="satu").json()["n"] == first["n"] + 1  # another account's key
        with police.socket(f"since={service.hub.last}") as socket:
            for n in range(2):
                message = {"kind": "action", "id": n, "key": "k-2", "action": NOTE}
                socket.send_text(json.dumps(message))
            acks = []
            while len(acks) < 2:
                message = socket.receive_json()
                acks += [message] if message["kind"] == "ack" else []
        assert acks[0]["n"] == acks[1]["n"] == first["n"] + 2
        check_kept(service)
        last = service.hub.last
    with opened() as (service, leader, police):
        service.accounts.seats  # noqa: B018
        assert service.hub.last == last
        assert service.hub.sent["polresta-1", "k-2"] == last


def test_resume__every_record_once_and_in_order(opened):
    with opened() as (_, leader, police):
        for n in range(30):
            leader.act("note", text=f"catatan {n}")
        seen = []
        for stop in (4, 5, 17, 29):
            with police.socket(f"since={seen[-1] if seen else -1}") as socket:
                while not seen or seen[-1] < stop:
                    message = socket.receive_json()
                    seen += [message["record"]["n"]] if message["kind"] == "record" else []
        assert seen == list(range(30))


def test_start__the_clock_stands_and_the_state_is_the_same(opened):
    with opened() as (service, leader, _):
        assert leader.act("clock.run", speed=60).status_code == 200
        time.sleep(0.5)
        leader.act("inject.incident", place="kpu", kind="vandalism")
        t = leader.ask("GET", "/api/state").json()["clock"]["t"]
        assert t >= 20_000
    with opened() as (service, leader, _):
        told = leader.ask("GET", "/api/state").json()
        assert told["clock"]["speed"] == 0
        assert told["clock"]["t"] >= t  # a checkpoint was kept when it closed
        assert service.hub.room.records[-1].do == "clock.tick"
        time.sleep(0.3)
        assert leader.ask("GET", "/api/state").json()["clock"]["t"] == told["clock"]["t"]
        check_kept(service)


def test_jump__is_kept_with_where_it_led(opened):
    with opened() as (service, leader, _):
        assert leader.act("clock.jump", to=3000).status_code == 200
        assert leader.ask("GET", "/api/state").json()["clock"]["t"] == 3_000_000
        assert leader.act("clock.jump", to=2000).status_code == 409
        assert leader.act("clock.jump", to=10**7).status_code == 409
        check_kept(service)
    with opened() as (service, leader, _):
        assert leader.ask("GET", "/api/state").json()["frame"]["t"] == 3_000_000


def test_time_travel__is_the_room_as_it_was(opened):
    with opened() as (service, leader, police):
        police.act("note", text="satu")
        leader.act("clock.jump", to=600)
        then = leader.ask("GET", "/api/state").json()
        n = service.hub.last
        leader.act("clock.jump", to=5000)
        police.act("note", text="dua")
        past = leader.ask("GET", f"/api/at?n={n}").json()
        assert past["past"] is True
        assert past["frame"] == then["frame"]
        assert past["view"]["notes"] == then["view"]["notes"]
        assert leader.ask("GET", "/api/at?t=600000").json()["frame"] == then["frame"]
        assert leader.ask("GET", "/api/at?n=99").status_code == 409
        assert leader.ask("GET", "/api/at").status_code == 409


# --- persons ------------------------------------------------------------------------------------------------------


def test_personal_data__is_refused_and_named_but_not_repeated(opened):
    with opened() as (service, _, police):
        before = service.hub.last
        answer = police.act("note", text="Bapak Suparno di gerbang, 0812 3456 7890")
        assert answer.status_code == 409
        faults = answer.json()["faults"]
        assert [fault["got"] for fault in faults] == ["a name behind a form of address", "a telephone number"]
        assert faults[0]["where"] == "text:1-13"
        assert "Suparno" not in answer.text
        assert service.hub.last == before
        assert police.act("note", text="seorang bapak di gerbang").status_code == 200


def test_redaction__leaves_no_byte_of_the_text(opened, folder, url):
    with opened() as (service, leader, police):
        n = police.act("note", text=SECRET).json()["n"]
        if url is None:
            assert SECRET.encode() in bytes_of(folder)
        assert leader.act("redact", record=n, why="permintaan warga").status_code == 200
        assert service.base.read_records()[n].action["text"] == GONE
        if url is None:
            assert SECRET.encode() not in bytes_of(folder)
        told = police.ask("GET", "/api/state").text + police.ask("GET", "/api/log").text
        assert SECRET not in told
        with police.socket() as socket:
            heard = [socket.receive_json() for _ in range(6)]
        assert SECRET not in json.dumps(heard)
        check_kept(service)


def test_purge__takes_the_texts_of_an_ended_exercise(opened, folder, url):
    with opened() as (service, leader, police):
        police.act("note", text=SECRET)
        police.act("report", place="kpu", what="calm", text=SECRET)
    with pytest.raises(InputError):
        keeping.purge(open_folder(folder), days=0, url=url, wall=Wall())
    with opened() as (service, leader, police):
        leader.act("clock.end")
    with pytest.raises(InputError):
        keeping.purge(open_folder(folder), days=30, url=url, wall=Wall())
    later = Wall(wall=lambda: time.time() + 31 * 86_400)
    assert keeping.purge(open_folder(folder), days=30, url=url, wall=later) == 2
    assert keeping.purge(open_folder(folder), days=30, url=url, wall=later) == 0
    if url is None:
        assert SECRET.encode() not in bytes_of(folder)
    with opened() as (service, leader, police):
        assert SECRET not in leader.ask("GET", "/api/log").text
        check_kept(service)


# --- what goes wrong ----------------------------------------------------------------------------------------------


def test_full_disk__an_action_is_refused_and_the_room_goes_on(folder, monkeypatch):
    with service_in(folder, monkeypatch) as service, client_of(make_app(service)) as client:
        police = Desk(client, service, "polresta")
        police.act("note", key="a", text="satu")
        with service.base.engine.begin() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        limit = {"pages": pages}
        sa.event.listen(
            service.base.engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={limit['pages']}")
        )
        codes = [police.act("note", key=f"b{n}", text="x" * 1900) for n in range(12)]
        full = [answer for answer in codes if answer.status_code != 200]
        assert full, "the disk did not fill"
        assert {answer.status_code for answer in full} == {503}
        assert full[0].json()["faults"][0]["field"] == "disk"
        kept = len([answer for answer in codes if answer.status_code == 200])
        assert len(service.base.read_records()) == 1 + kept == service.hub.last + 1
        limit["pages"] = 10**6
        again = police.act("note", key="b11", text="x" * 1900)
        assert again.status_code == 200
        assert again.json()["n"] == 1 + kept
        check_kept(service)


def test_second_writer__is_refused_by_name(folder, opened, url, monkeypatch):
    with opened() as (service, leader, _):
        with pytest.raises(InputError) as error, service_in(folder, monkeypatch, url=url):
            pass
        fault = error.value.faults[0]
        assert fault.field == "writer"
        assert str(os.getpid()) in fault.got or url
        n = keeping.backup(open_folder(folder), folder / "salinan.zip", url=url)  # a reader may look on
        assert n == service.hub.last + 1
        assert leader.act(**NOTE).status_code == 200


@pytest.mark.parametrize("column", ["action", "t", "seat", "at", "hash", "prev", "digest"])
def test_flipped_bit__is_found_at_the_start_and_named_by_its_record(folder, url, opened, column, monkeypatch):
    with opened() as (service, leader, _):
        for n in range(6):
            leader.act("note", text=f"catatan {n}")
        with service.base.engine.begin() as connection:
            row = connection.execute(sa.select(records).where(records.c.n == 3)).mappings().one()
            value = row[column]
            flipped = value ^ 1 if isinstance(value, int) else value[:-3] + chr(ord(value[-3]) ^ 1) + value[-2:]
            connection.execute(sa.update(records).where(records.c.n == 3).values({column: flipped}))
    with pytest.raises(StoreError) as error, service_in(folder, monkeypatch, url=url):
        pass
    fault = error.value.faults[0]
    assert "record 3" in fault.where
    assert "restore FOLDER --until 3" in fault.remedy
    kept, aside = keeping.cut(open_folder(folder), 3, url=url, now=time.time())
    assert kept == 3
    assert len(json.loads((folder / aside).read_text())) == 3
    assert stat.S_IMODE((folder / aside).stat().st_mode) == 0o600
    with opened() as (service, leader, _):
        assert service.hub.last == 2
        assert leader.act(**NOTE).json()["n"] == 3
        check_kept(service)


def test_lost_and_doubled_rows__are_found(folder, opened, url, monkeypatch):
    with opened() as (service, leader, _):
        for n in range(4):
            leader.act("note", text=f"catatan {n}")
        with service.base.engine.begin() as connection:
            connection.execute(sa.delete(records).where(records.c.n == 1))
    with pytest.raises(StoreError, match="record 1"), service_in(folder, monkeypatch, url=url):
        pass


def test_broken_file__is_told_in_one_sentence(folder, monkeypatch):
    path = folder / "room.db"
    data = bytearray(path.read_bytes())
    data[:64] = bytes(64)
    path.write_bytes(data)
    with pytest.raises(StoreError) as error, service_in(folder, monkeypatch):
        pass
    assert error.value.faults[0].field == "file"


def test_checkpoint__of_another_state_is_refused(folder, opened, url, monkeypatch):
    with opened() as (service, leader, _):
        leader.act("clock.jump", to=60)
        rows = service.base.read_records()
    from sispamkota.exercise.log import make_record

    false = make_record(
        rows[0], t=60_000, at=rows[1].at, seat="server", action={"do": "clock.tick", "digest": "0" * 64}
    )
    with pytest.raises(StoreError, match="record 1: digest"):
        fold(setup(), [rows[0], false], where="x")


def test_wall_clock__that_is_set_does_not_move_the_room_and_is_told(opened):
    hands = Hands()
    with opened(hands=hands) as (service, leader, _):
        leader.act("clock.run", speed=1)
        with leader.socket(f"since={service.hub.last}") as socket:
            before = leader.ask("GET", "/api/state").json()["clock"]["t"]
            hands.wall_off -= 7200
            hands.steady_off += 11  # a beat is due
            while (message := socket.receive_json())["kind"] != "notice":
                pass
        assert message["what"] == "clock_jump"
        assert message["seconds"] == pytest.approx(-7200 - 11, abs=15)
        t = leader.ask("GET", "/api/state").json()["clock"]["t"]
        assert 11_000 <= t - before < 20_000
        assert leader.ask("GET", "/api/me").status_code == 200
        time.sleep(0.3)
        from sispamkota.app.room.database import audit

        assert any(row["what"] == "clock_jump" for row in service.base.rows(audit))


def test_room_clock__stands_runs_and_stops_at_the_horizon():
    hands = Hands()
    now = [100.0]
    clock = RoomClock(Wall(wall=hands.wall, steady=lambda: now[0]), horizon_ms=50_000)
    now[0] += 5
    assert clock.now_ms() == 0
    clock.set(t=1000, speed=4)
    now[0] += 2.5
    assert clock.now_ms() == 11_000
    now[0] += 100
    assert clock.now_ms() == 50_000


# --- files --------------------------------------------------------------------------------------------------------


def test_backup_and_restore__give_the_same_room(opened, folder, url, tmp_path, monkeypatch):
    with opened() as (service, leader, police):
        police.act("note", key="k", text="satu")
        gone = police.act("note", text=SECRET).json()["n"]
        leader.act("redact", record=gone, why="data pribadi")
        rows = service.base.read_records()
        out = tmp_path / "cadangan.zip"
        assert keeping.backup(open_folder(folder), out, url=url) == 3
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert "secret.key" not in zipfile.ZipFile(out).namelist()
    with pytest.raises(InputError):
        keeping.backup(open_folder(folder), out, url=url)
    assert keeping.restore(out, tmp_path / "lagi", until=None, url=None) == 3
    with service_in(tmp_path / "lagi", monkeypatch) as service, client_of(make_app(service)) as client:
        assert service.base.read_records() == rows
        assert set(service.accounts.seats) == {"controller-1", "polresta-1"}
        assert client.post("/api/login", json={"account": "polresta-1", "password": "salah"}).status_code == 401
        check_kept(service)
    assert keeping.restore(out, tmp_path / "potong", until=2, url=None) == 3  # a text that went stays away
    with service_in(tmp_path / "potong", monkeypatch) as service:
        assert [row.do for row in service.base.read_records()] == ["note", "note", "redact"]
        check_kept(service)


def test_restore__of_the_first_records_forgets_the_keys_of_the_others(opened, folder, url, tmp_path, monkeypatch):
    """What was cut off and is sent again is done again: it is not acknowledged by another record's number."""
    with opened() as (_, leader, police):
        leader.act("note", key="a", text="satu")
        police.act("note", key="b", text="dua")
        keeping.backup(open_folder(folder), tmp_path / "c.zip", url=url)
    assert keeping.restore(tmp_path / "c.zip", tmp_path / "lagi", until=1, url=None) == 1
    with service_in(tmp_path / "lagi", monkeypatch) as service, client_of(make_app(service)) as client:
        assert service.hub.sent == {("controller-1", "a"): 0}
        again = Desk(client, service, "polresta").act("note", key="b", text="dua").json()
        assert [row.action["text"] for row in service.base.read_records()] == ["satu", "dua"]
        assert again["n"] == 1


def test_restore__of_what_is_no_backup_leaves_nothing(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"not a zip")
    with pytest.raises(InputError):
        keeping.restore(tmp_path / "x.zip", tmp_path / "room", until=None, url=None)
    assert not (tmp_path / "room").exists()


def test_export_and_branch__go_on_from_any_moment(opened, folder, url, tmp_path, monkeypatch):
    with opened() as (service, leader, police):
        police.act("note", text="satu")
        leader.act("clock.jump", to=900)
        police.act("note", text="dua")
        data = leader.ask("GET", "/api/export").content
        rows = service.base.read_records()
    (tmp_path / "e.zip").write_bytes(data)
    zipfile.ZipFile(tmp_path / "e.zip").extractall(tmp_path / "e")
    log = ExerciseLog.load(tmp_path / "e")
    assert list(log.records) == rows
    assert keeping.read_log(open_folder(folder), url=url).records == log.records
    assert keeping.branch(log, tmp_path / "cabang", until=3) == 3
    with service_in(tmp_path / "cabang", monkeypatch) as service:
        assert service.base.read_records() == rows[:3]
        assert service.accounts.seats == {}
        assert "#undangan=" in invitation(service.accounts, service.link)


def test_database__of_another_exercise_is_refused(opened, folder, url, tmp_path):
    with opened() as (service, _, _):
        name = str(service.base.url.render_as_string(hide_password=False))
    from sispamkota.app.room.folder import make_folder

    other = make_folder("kpu-bawaslu", tmp_path / "other", seed=7, replicate=None)
    with pytest.raises(InputError, match="another exercise"):
        other.database(name, writer=False)


def test_key__that_others_may_read_is_refused(folder):
    (folder / "secret.key").chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        open_folder(folder)


def test_folder__an_existing_one_is_left_alone(folder):
    before = sorted(folder.iterdir())
    with pytest.raises(InputError):
        make(folder)
    assert sorted(folder.iterdir()) == before
    for name in ("secret.key", "room.db"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_lock__is_free_after_the_writer_is_gone(folder):
    base = open_folder(folder).database(None, writer=True)
    base.close()
    open_folder(folder).database(None, writer=True).close()
    assert sqlite3.connect(folder / "room.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)


# --- the commands -----------------------------------------------------------------------------------------------------


def test_command_branch__refuses_a_moment_that_the_log_does_not_have(folder, tmp_path):
    """As `forecast --at` does; and it makes nothing."""
    for name, until in (("cabang", "1"), ("lagi", "9999")):
        command = ["exercise", "branch", str(folder), "-o", str(tmp_path / name), "--until", until]
        refused = CliRunner().invoke(app, command).exception
        assert isinstance(refused, InputError)  # which the command's edge prints, and exits 2
        (fault,) = refused.faults
        assert (fault.where, fault.expected, fault.got) == ("--until", "0 to 0", until)
        assert not (tmp_path / name).exists()
    done = CliRunner().invoke(app, ["exercise", "branch", str(folder), "-o", str(tmp_path / "nol"), "--until", "0"])
    assert done.exit_code == 0, done.output


def test_command_passwd__knows_the_account_before_it_asks(folder, url, monkeypatch):
    """An account that is not there is told at once, whatever the password; one that is gets its new one."""
    command = ["exercise", "passwd", str(folder)] + (["--db", url] if url else [])

    refused = CliRunner().invoke(app, [*command, "tidak-ada"], input="pendek\n").exception
    assert [fault.field for fault in refused.faults] == ["account"]
    with service_in(folder, monkeypatch, url=url) as service, client_of(make_app(service)) as client:
        Desk(client, service, "damkar")
    short = CliRunner().invoke(app, [*command, "damkar-1"], input="pendek\n").exception
    assert [fault.field for fault in short.faults] == ["password"]
    done = CliRunner().invoke(app, [*command, "damkar-1"], input="empat kata yang berlainan\n")
    assert done.exit_code == 0, done.output
