"""An operation served: the wall's clock, who may report what, and two posts' logs on the command line."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, datetime

import pytest

pytest.importorskip("fastapi")

from typer.testing import CliRunner

from room.rooms import EXAMPLES, Desk, Hands, client_of, service_in, setup, setup_for
from sispamkota.app.room import keeping
from sispamkota.app.room.clock import OperationClock, Wall
from sispamkota.app.room.folder import make_folder, open_folder
from sispamkota.app.room.server import make_app
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.exercise.exercise_file import WIB
from sispamkota.exercise.roles import roles

PLAYED = ("clock.jump", "clock.pause", "clock.run", "inject.arrive", "inject.incident", "inject.message",
          "inject.provoke", "inject.tension", "msel.drop", "msel.put")  # fmt: skip
REPORTS = ("crowd.report", "incident.report", "incident.update", "merge.conflict", "merge.done", "tps.report",
           "unit.report")  # fmt: skip
MAY = {  # who reports what: as roles.yaml says, written out once more
    "crowd.report": ("bawaslu", "brimob", "controller", "dialogue", "field", "kpu", "linmas", "polda", "polresta",
                     "satpol_pp", "tni"),
    "incident.report": ("ambulance", "bawaslu", "bpbd", "brimob", "controller", "damkar", "dialogue", "dishub", "field",
                        "kpu", "linmas", "polda", "polresta", "satpol_pp", "tni"),
    "merge.conflict": (),
    "merge.done": (),
    "tps.report": ("bawaslu", "controller", "field", "kpu", "linmas", "polresta"),
    "unit.report": ("ambulance", "brimob", "damkar", "dishub", "linmas", "polresta", "satpol_pp", "tni"),
}  # fmt: skip
MAY["incident.update"] = MAY["incident.report"]


def operation(path, *, hours_ago=3.0):
    """Make a room of an operation that began some hours ago, at the scenario's hour by a clock that is moved."""
    return make_folder("operasi-malang", path, starts="2029-11-28"), started(hours_ago)


def started(hours_ago):
    """Hands that hold the wall's clock some hours after the operation's start."""
    start = datetime(2029, 11, 28, tzinfo=WIB).timestamp()
    return Hands(wall_off=start + 3600 * hours_ago - time.time())


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A room of an operation, its client and a desk of every role."""
    path = tmp_path_factory.mktemp("operation") / "room"
    _, hands = operation(path)
    patch = pytest.MonkeyPatch()
    with service_in(path, patch, hands=hands) as service, client_of(make_app(service)) as client:
        desks = {}
        for role in roles():
            service.tries._left.clear()
            desks[role] = Desk(client, service, role)
        yield service, client, desks
    patch.undo()


@pytest.fixture(autouse=True)
def _unlimited(request):
    if "room" in request.fixturenames:
        service = request.getfixturevalue("room")[0]
        for buckets in (service.tries, service.guesses, service.asks, service.acts, service.heavy, service.calls):
            buckets._left.clear()


# --- the clock ------------------------------------------------------------------------------------------------------


def test_clock__is_the_walls_from_the_start_and_stands_only_at_the_end():
    hands = Hands()
    wall = Wall(wall=hands.wall, steady=hands.steady)
    clock = OperationClock(wall, starts=datetime.fromtimestamp(wall.now() + 60, UTC))
    assert (clock.now_ms(), clock.speed) == (0, 1)  # it has not begun
    hands.steady_off += 3660
    assert 3_600_000 <= clock.now_ms() < 3_610_000
    hands.wall_off -= 7200  # somebody sets the clock of the computer: the operation goes on
    assert 3_600_000 <= clock.now_ms() < 3_610_000
    clock.set(t=5, speed=1)
    assert clock.now_ms() >= 3_600_000
    clock.set(t=3_700_000, speed=0)
    hands.steady_off += 60
    assert (clock.now_ms(), clock.speed) == (3_700_000, 0)


def test_room__tells_the_walls_time_and_keeps_it_over_a_restart(tmp_path, monkeypatch):
    path = tmp_path / "room"
    _, hands = operation(path, hours_ago=3.0)
    with service_in(path, monkeypatch, hands=hands) as service, client_of(make_app(service)) as client:
        desk = Desk(client, service, "field")
        told = desk.ask("GET", "/api/state").json()
        assert told["clock"]["speed"] == 1
        assert 3 * 3_600_000 <= told["clock"]["t"] < 3 * 3_600_000 + 60_000
        assert desk.ask("GET", "/api/ground").json()["start"] == "2029-11-28T00:00:00"
        assert desk.act("incident.report", place="kpu", kind="fire", text="asap").status_code == 200
    hands.wall_off += 3600.0
    hands.steady_off += 3600.0
    with service_in(path, monkeypatch, hands=hands) as service, client_of(make_app(service)) as client:
        desk = Desk(client, service, "field", account="pos-2")
        assert desk.ask("GET", "/api/state").json()["clock"]["t"] >= 4 * 3_600_000
        assert desk.ask("GET", "/api/state").json()["view"]["operation"]["incidents"]


def test_room__writes_no_checkpoint_where_nobody_reported_anything(tmp_path, monkeypatch):
    path = tmp_path / "room"
    _, hands = operation(path)
    with service_in(path, monkeypatch, hands=hands) as service, client_of(make_app(service)) as client:
        desk = Desk(client, service, "field")
        desk.act("note", text="mulai")
        for _ in range(3):
            hands.steady_off += 30
            desk.ask("GET", "/api/state")
            time.sleep(0.3)
        assert [record.do for record in service.hub.room.records].count("clock.tick") == 1


# --- who may what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", REPORTS)
def test_reports__each_role_may_what_the_table_says_by_both_ways(room, do):
    service, _, desks = room
    for name, desk in desks.items():
        service.acts._left.clear()
        service.asks._left.clear()
        action = {"do": do, **EXAMPLES[do]}
        answer = desk.act(**action)
        if name in MAY[do]:
            assert answer.status_code in (200, 409), (name, answer.text)
            continue
        assert answer.status_code == 403, (name, answer.status_code)
        with desk.socket(f"since={service.hub.last}") as socket:
            socket.send_text(json.dumps({"kind": "action", "id": 7, "action": action}))
            while (message := socket.receive_json())["kind"] not in ("ack", "refused"):
                pass
        assert message["kind"] == "refused"


@pytest.mark.parametrize("do", PLAYED)
def test_reports__what_is_played_is_refused_to_the_command_post_too(room, do):
    answer = room[2]["controller"].act(do, **EXAMPLES[do])
    assert answer.status_code == 409, answer.text
    assert answer.json()["faults"][0]["got"] == "what is played in an exercise"
    assert not any(record.do == do for record in room[0].hub.room.records)


def test_reports__no_person_is_named_in_one(room):
    _, _, desks = room
    for do, name in (("incident.report", "text"), ("incident.update", "text")):
        answer = desks["field"].act(do, **EXAMPLES[do] | {name: "Pelapor Bapak Suparman, 0812-3456-7890"})
        assert answer.status_code == 409
        assert "Suparman" not in answer.text
        assert {row["expected"] for row in answer.json()["faults"]} == {"no personal data"}


def test_reports__a_key_counts_once_whoever_sends_it(room):
    _, _, desks = room
    told = {"do": "crowd.report", "place": "kpu", "people": 120, "trend": "steady", "key": "telepon-a1"}
    assert desks["field"].ask("POST", "/api/actions", json={"action": told}).status_code == 200
    answer = desks["linmas"].ask("POST", "/api/actions", json={"action": told})
    assert answer.json()["faults"][0]["field"] == "key"


def test_socket__tells_the_public_nothing_of_a_report(room):
    _, _, desks = room
    desks["field"].act("incident.report", place="kpu", kind="fire", text="asap hitam")
    with desks["public"].socket() as socket:
        heard = [socket.receive_json() for _ in range(3)]
    assert "asap" not in json.dumps(heard)
    assert "asap" not in json.dumps(desks["public"].ask("GET", "/api/log").json())
    assert "asap hitam" in json.dumps(desks["damkar"].ask("GET", "/api/log").json())


def test_export__and_review_of_a_room_of_an_operation(room):
    _, _, desks = room
    assert desks["controller"].ask("GET", "/api/export").status_code == 200
    page = desks["controller"].ask("GET", "/api/review.html?lang=en")
    assert page.status_code == 200
    assert "nothing is simulated" in page.text
    noted = desks["controller"].act("note", text="Meja siap.").json()["n"]  # whatever else was done here before
    past = desks["controller"].ask("GET", f"/api/at?n={noted}").json()
    assert past["frame"].keys() == {"t", "running", "ended"}


# --- the command line -----------------------------------------------------------------------------------------------


def test_new__starts_on_the_day_that_is_asked_for(tmp_path):
    given = make_folder("operasi-malang", tmp_path / "a", starts="2029-11-28").file.starts
    assert given == datetime(2029, 11, 28, tzinfo=WIB)
    today = make_folder("operasi-malang", tmp_path / "b").file.starts
    assert today == datetime.now(WIB).replace(hour=0, minute=0, second=0, microsecond=0)
    for name, starts, match in (
        ("operasi-malang", "besok", "a day"),
        ("operasi-malang", "2029-11-28T06:00", "00:00 WIB"),
        ("kpu-bawaslu", "2029-11-28", "an operation"),
    ):
        with pytest.raises(InputError, match=match):
            make_folder(name, tmp_path / "c", starts=starts)
        assert not (tmp_path / "c").exists()


@pytest.fixture
def posts(tmp_path, monkeypatch):
    """Two rooms that go on from one, each with what only its people reported."""
    monkeypatch.setattr(keeping, "make_setup", setup_for)
    monkeypatch.setattr("sispamkota.exercise.merge.make_setup", setup_for)
    first = tmp_path / "pos-a"
    folder, hands = operation(first)
    unit = next(
        unit for unit in setup("operasi-malang").names.units if setup("operasi-malang").agencies[unit] == "polri"
    )
    can = min(setup("operasi-malang").can(unit))
    with service_in(first, monkeypatch, hands=hands) as service, client_of(make_app(service)) as client:
        Desk(client, service, "polresta").act("seat.take")
    keeping.backup(folder, tmp_path / "b.zip", url=None)
    second = tmp_path / "pos-b"
    keeping.restore(tmp_path / "b.zip", second, until=None, url=None)
    for path, place, wait in ((first, "kpu", 60.0), (second, "bawaslu", 90.0)):
        hands = started(3.0 + wait / 3600)
        with service_in(path, monkeypatch, hands=hands) as service, client_of(make_app(service)) as client:
            n = Desk(client, service, "field").act("incident.report", place=place, kind="fire", text=place).json()["n"]
            answer = Desk(client, service, "polresta").act("order.send", unit=unit, incident=n, capability=can)
            assert answer.status_code == 200, answer.text
    return tmp_path, first, second, unit


def run(*arguments):
    return CliRunner().invoke(app, ["exercise", *map(str, arguments)])


def test_merge__of_rooms_exports_and_zips_gives_the_same_log(posts):
    tmp, first, second, unit = posts
    made = run("merge", first, second, "-o", tmp / "c", "--json")
    assert made.exit_code == 1, made.output  # a unit was sent by both: somebody must decide
    told = json.loads(made.stdout)
    assert told["doubled"][0]["unit"] == unit
    assert [row["why"] for row in told["conflicts"]] == ["doubled"]
    keeping.read_log(open_folder(first), url=None).save(tmp / "a-export")
    (tmp / "b-export.zip").write_bytes(keeping.zipped(keeping.read_log(open_folder(second), url=None)))
    other = run("merge", tmp / "b-export.zip", tmp / "a-export", "-o", tmp / "d", "--lang", "id")
    assert other.exit_code == 1
    assert f"Satuan {unit} dikirim kedua pos" in other.stdout
    for name in ("log.jsonl", "setup.json", "manifest.json"):
        assert (tmp / "c" / name).read_bytes() == (tmp / "d" / name).read_bytes(), name
    again = run("merge", tmp / "c", first, "-o", tmp / "e")
    assert again.exit_code == 0
    assert (tmp / "e" / "log.jsonl").read_bytes() == (tmp / "c" / "log.jsonl").read_bytes()
    replayed = run("replay", tmp / "c", "--lang", "id")
    assert replayed.exit_code == 0
    assert "yang tidak cocok: tidak ada." in replayed.stdout
    assert run("branch", tmp / "c", "-o", tmp / "ruang-baru").exit_code == 0  # both posts go on from it
    assert open_folder(tmp / "ruang-baru").file.mode == "operation"


def test_merge__says_what_is_wrong_and_writes_nothing(posts, tmp_path):
    tmp, first, _, _ = posts
    (tmp / "rusak.zip").write_bytes(b"bukan zip")
    make_folder("kpu-bawaslu", tmp / "latihan")
    for other, said in ((tmp / "rusak.zip", "exported"), (tmp / "latihan", "simulated"), (tmp / "tidak-ada", "folder")):
        result = run("merge", first, other, "-o", tmp / "hasil", "--lang", "en")
        assert isinstance(result.exception, InputError), result.output  # the program ends with 2
        assert said in str(result.exception)
        assert not (tmp / "hasil").exists()
    shutil.rmtree(tmp / "latihan")
