"""Events of the list that wait for a stage of a place: once, when the world is there, and the same in replay."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

pytest.importorskip("fastapi")

from room.rooms import Desk, Hands, client_of, make, service_in
from sispamkota.app.room.folder import make_folder
from sispamkota.app.room.server import make_app
from sispamkota.errors import InputError
from sispamkota.exercise import ExerciseFile, Room, Setup, load_exercise, make_setup, replay
from sispamkota.exercise.branch import Deed, branch
from sispamkota.exercise.exercise_file import Item, Reached
from sispamkota.exercise.msel import read_msel, write_msel
from sispamkota.exercise.views import events_since, view

TEXT = {"to": ["kpu"], "text": "Pers bertanya."}
KUNING = {"place": "kpu", "stage": "kuning"}
MERAH = {"place": "kpu", "stage": "merah"}
ELSEWHERE = {"place": "bawaslu", "stage": "kuning"}
HOUR = 3600_000


def stir(room: Room) -> None:
    """Let KPU turn kuning about minute 16, merah about minute 26, and calm down after minute 65."""
    for t, action in (
        (0, {"do": "inject.tension", "tension": 5.0}),
        (60_000, {"do": "inject.arrive", "place": "kpu", "people": 3000, "over": 600.0}),
        (900_000, {"do": "inject.provoke", "place": "kpu", "people": 400}),
    ):
        room.do(action, seat="controller", t=t, at="")


def put(room: Room, name: str, *, t: int = 0, **more: Any) -> None:
    room.do({"do": "msel.put", "item": name, **TEXT, **more}, seat="controller", t=t, at="")


def due(room: Room) -> set[str]:
    """Name what is due besides the embedded exercise's own events."""
    own = {item.id for item in room.setup.file.items}
    return {item.id for item in room.due(round(room.now * 1000))} - own


@pytest.fixture
def room(kpu: Setup) -> Room:
    """A room with an event for each stage; nothing has happened yet."""
    room = Room(kpu)
    for name, when in (("kuning", KUNING), ("merah", MERAH), ("lain", ELSEWHERE)):
        put(room, name, when=when)
    stir(room)
    return room


def test_due__waits_for_the_stage_of_its_place(room: Room) -> None:
    """Against the engine's own log of stages: due from the moment at which the place entered the stage."""
    assert due(room) == set()
    waits = {"kuning": ("kpu", "kuning"), "merah": ("kpu", "merah"), "lain": ("bawaslu", "kuning")}
    first: dict[str, int] = {}
    for minute in range(15, 60):
        room.advance(minute * 60.0)
        first |= dict.fromkeys(due(room) - set(first), minute)
    _, events = events_since(room, 0, "controller")
    for name, (place, stage) in waits.items():
        entered = [row["t"] for row in events if (row["place"], row["event"]) == (place, f"stage_{stage}")]
        assert math.ceil(entered[0] / 60_000) == first[name]
    assert first["kuning"] < first["merah"]
    assert first["kuning"] != first["lain"]


def test_due__knows_a_stage_that_came_and_went_between_two_looks(room: Room) -> None:
    room.advance(6000.0)
    assert int(room.world.state.crowd[room.live.crowd["kpu"]].stage) == 0
    assert due(room) >= {"kuning", "merah"}
    assert {"kuning", "merah"} <= set(view(room, "controller")["due"])  # the page asks the room, not the present stage
    assert "due" not in view(room, "polresta")


def test_due__a_stage_that_was_over_before_the_event_was_put_brings_nothing(room: Room) -> None:
    room.advance(6000.0)
    put(room, "kedua", t=6000_000, when=KUNING)
    assert "kedua" not in due(room)
    room.do({"do": "inject.provoke", "place": "kpu", "people": 400}, seat="controller", t=6000_000, at="")
    room.advance(9000.0)
    assert "kedua" in due(room)


def test_due__comes_once_and_replays_to_the_bit(kpu: Setup, room: Room) -> None:
    room.advance(1300.0)
    room.do({"do": "inject.message", **TEXT, "item": "kuning"}, seat="server", t=1300_000, at="")
    assert "kuning" not in due(room)
    room.do({"do": "msel.drop", "item": "merah", "why": "waktu habis"}, seat="controller", t=1300_000, at="")
    room.advance(6000.0)
    assert due(room) == {"lain"}
    again = replay(kpu, room.records, until=6000.0)
    assert again.digest() == room.digest()
    assert again.board.items["kuning"].played == 1300_000
    assert again.board.items["kuning"].when == KUNING


def test_branch__leaves_out_what_a_stage_brought_that_it_does_not_reach(kpu: Setup, room: Room) -> None:
    room.do({"do": "inject.message", **TEXT, "item": "kuning"}, seat="server", t=1300_000, at="")
    log = room.log()
    assert branch(log, at=3, setup=kpu).records == list(log.records)
    calm = Deed(0, "controller", {"do": "inject.tension", "tension": 0.0})
    other = branch(
        type(log)(log.setup, tuple(r for r in log.records if r.do not in ("inject.arrive", "inject.provoke")), None),
        at=3, change=[calm], setup=kpu,
    )  # fmt: skip
    assert "inject.message" not in [record.do for record in other.records]


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"when": KUNING, "at": 60.0}, "at most one of at and when"),
        ({"when": {"place": "balai", "stage": "kuning"}}, "balai"),
        ({"when": {"place": "kpu", "stage": "hijau"}}, "kuning"),
    ],
)
def test_put__refuses_what_cannot_come(kpu: Setup, more: dict[str, Any], match: str) -> None:
    room = Room(kpu)
    with pytest.raises(InputError, match=match):
        put(room, "salah", **more)
    assert "salah" not in room.board.items
    assert room.records == []


def test_view__tells_the_controller_the_condition_and_nothing_where_there_is_none(room: Room) -> None:
    items = view(room, "controller")["items"]
    assert items["kuning"]["when"] == KUNING
    assert items["kuning"]["at"] is None
    assert all("when" not in items[item.id] for item in room.setup.file.items)  # as before: old checkpoints hold
    assert "items" not in view(room, "kpu")


# --- files ------------------------------------------------------------------------------------------------------------


def item(name: str, place: str = "kpu", **more: Any) -> Item:
    return Item(
        id=name, when=Reached(place=place, stage="kuning"), to=("kpu",), text_id="Pers", text_en="Press", **more
    )


@pytest.fixture(scope="module")
def file() -> ExerciseFile:
    """The embedded exercise."""
    return load_exercise("kpu-bawaslu")


def test_file__lists_every_place_where_nobody_gathers(file: ExerciseFile) -> None:
    items = (item("a", "kpuu"), item("b"), item("c", "35.73.02.1004"))
    with pytest.raises(InputError) as found:
        make_setup(file.model_copy(update={"items": items}))
    assert [fault.field for fault in found.value.faults] == ["items[0].when.place", "items[2].when.place"]
    assert '"kpu"' in found.value.faults[0].remedy


def test_file__refuses_a_minute_with_a_stage(tmp_path: Path) -> None:
    path = make(tmp_path / "room").path / "exercise.yaml"
    text = path.read_text().replace("  at_min: 0.0", "  when: {place: kpu, stage: kuning}\n  at_min: 0.0", 1)
    text = text.replace("  when: null\n", "", 1)
    path.write_text(text)
    with pytest.raises(InputError, match="at most one of at_min and when"):
        load_exercise(path)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_workbook__brings_conditions_back(file: ExerciseFile, tmp_path: Path, lang: str) -> None:
    items = (*file.items, item("pers-kuning"), item("bawaslu", "bawaslu", expected_id="Menjawab"))
    path = write_msel(file.model_copy(update={"items": items}), tmp_path / "a.xlsx", lang=lang)
    assert read_msel(path) == items


def spoilt(file: ExerciseFile, path: Path, **cells: Any) -> Path:
    write_msel(file, path)
    book = openpyxl.load_workbook(path)
    for name, value in cells.items():
        book["MSEL"][name] = value
    book.save(path)
    return path


def test_workbook__lists_what_is_no_condition(file: ExerciseFile, tmp_path: Path) -> None:
    path = spoilt(file, tmp_path / "a.xlsx", B2=5, H2="kpu kuning", H3="kpu hijau", B4=None, H4="kuning")
    with pytest.raises(InputError) as found:
        read_msel(path)
    told = [(fault.where.rpartition("!")[2], fault.expected) for fault in found.value.faults]
    assert {row for row, _ in told} == {"2", "3", "4"}
    assert told[0][1] == "a minute or a stage, not both"
    assert all("such as: kpu kuning" in expected for row, expected in told if row == "4")


def test_new__with_a_place_that_has_no_stages_makes_nothing(file: ExerciseFile, tmp_path: Path) -> None:
    path = spoilt(file, tmp_path / "a.xlsx", B3=None, H3="kpuu kuning")
    with pytest.raises(InputError, match="kpuu"):
        make_folder("kpu-bawaslu", tmp_path / "room", msel=path)
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]


# --- the server -------------------------------------------------------------------------------------------------------


def test_server__brings_it_while_the_clock_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes by itself, once, to its roles; while the clock stands it waits."""
    make(tmp_path / "room")
    hands = Hands()
    with service_in(tmp_path / "room", monkeypatch, hands=hands) as service, client_of(make_app(service)) as client:
        leader, kpu = Desk(client, service, "controller"), Desk(client, service, "kpu")

        def brought() -> list[Any]:
            return [record for record in service.hub.room.records if record.action.get("item") == "pers"
                    and record.do == "inject.message"]  # fmt: skip

        assert leader.act("msel.put", item="pers", when=KUNING, **TEXT).status_code == 200
        leader.act("inject.tension", tension=5.0)
        leader.act("inject.arrive", place="kpu", people=3000, over=600.0)
        leader.act("clock.jump", to=900)
        leader.act("inject.provoke", place="kpu", people=400)
        leader.act("clock.jump", to=1300)
        time.sleep(0.5)
        assert brought() == []  # the clock stands
        leader.act("clock.run", speed=1)
        until = time.monotonic() + 10.0
        while not brought() and time.monotonic() < until:
            time.sleep(0.05)
        leader.act("clock.jump", to=1600)
        time.sleep(0.5)
        assert [(record.seat, record.t >= 1300_000) for record in brought()] == [("server", True)]
        assert [row["item"] for row in view(service.hub.room, kpu.seat)["messages"]].count("pers") == 1
        refused = leader.act("msel.put", item="dua", when=KUNING, at=60.0, **TEXT)
        assert refused.status_code in (409, 422), refused.text
        assert leader.act("msel.put", item="tiga", when={"place": "x", "stage": "merah"}, **TEXT).status_code == 409
