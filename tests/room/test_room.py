"""The room: nobody at a desk is the rehearsal, a log is the whole exercise, and restraint has no way round it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sispamkota.errors import InputError, StoreError
from sispamkota.exercise import ExerciseLog, Record, Room, Setup, load_exercise, make_setup, replay
from sispamkota.exercise.actions import ACTIONS
from sispamkota.exercise.log import chain_faults
from sispamkota.exercise.roles import role_of, roles
from sispamkota.exercise.views import events_since, frame, ground, see_record, view
from sispamkota.kernels import layout as at
from sispamkota.rehearsal import Setting
from sispamkota.rehearsal.happenings import CAPABILITIES
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World

WALL = "2026-11-29T09:00:00.000Z"
MINUTE = 60_000


@pytest.fixture(scope="module")
def setup() -> Setup:
    """The embedded exercise, set in its city once."""
    return make_setup(load_exercise("kpu-bawaslu"))


@pytest.fixture
def room(setup: Setup) -> Room:
    """A room at its start."""
    return Room(setup)


def _do(room: Room, seat: str, t: int, **action: Any) -> Record:
    return room.do(action, seat=seat, t=t, at=WALL)


# --- one engine -------------------------------------------------------------------------------------------------------


def test_room__with_nobody_in_it_is_the_rehearsal(setup: Setup, room: Room) -> None:
    """The same seed and no people give the rehearsal's replicate to the bit, however often the clock is looked at."""
    spec = Setting.make(setup.scenario, setup.setting.plan, setup.city).spec
    world = World(build_tables(spec))
    world.reset(seed=setup.file.seed, replicate=setup.file.replicate)
    world.advance(setup.scenario.horizon)
    for t in range(0, int(setup.scenario.horizon), 97):
        room.advance(float(t))
        frame(room, "controller")
    room.advance(setup.scenario.horizon)
    for ours, theirs in zip(room.world.finish(), world.finish(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_room__plays_no_further_than_its_scenario(room: Room) -> None:
    room.advance(1e9)
    assert room.now == room.horizon


# --- a log is the whole exercise --------------------------------------------------------------------------------------


def _some_act(setup: Setup, rng: np.random.Generator) -> tuple[str, dict[str, Any]]:
    """Draw what people may try, sensible or not: a refusal is a result too."""

    def one(options: Any) -> Any:
        return options[int(rng.integers(len(options)))]

    crowd, place, desks = (
        one(setup.names.crowds),
        one(setup.names.places),
        [n for n, r in roles().items() if r.agencies],
    )
    unit, n, people = one(setup.names.units), int(rng.integers(12)), int(rng.integers(1, 900))
    own = next(name for name, role in roles().items() if setup.agencies[unit] in role.agencies)
    asked = {"kind": one(["alih_kendali", "lintas_ganti", "kekuatan", "perkuatan"]), "step": int(rng.integers(1, 7))}
    acts: list[tuple[str, dict[str, Any]]] = [
        (one(desks), {"do": one(["seat.take", "seat.leave"])}),
        (own, {"do": "order.send", "unit": unit, "incident": n, "capability": one(sorted(CAPABILITIES))}),
        (own, {"do": "order.recall", "unit": unit}),
        ("controller", {"do": "inject.incident", "place": place, "kind": one(setup.names.kinds)}),
        ("controller", {"do": "inject.provoke", "place": crowd, "people": people}),
        (
            "controller",
            {"do": "inject.arrive", "place": crowd, "people": people, "over": 1.0 + 150.0 * n, "camp": n % 2},
        ),
        ("controller", {"do": "inject.tension", "tension": n / 2}),
        ("controller", {"do": "redact", "record": n, "why": "a"}),
        ("dialogue", {"do": "order.ask_to_leave", "place": crowd}),
        (one(["polresta", "polda"]), {"do": one(["command.hand_over", "command.change_line"]), "place": crowd}),
        ("polresta", {"do": "command.cap_force", "place": crowd, "step": 1 + n % 5, "why": "a"}),
        ("polda", {"do": "command.reinforce", "why": "a"}),
        ("polresta", {"do": "request.make", "to": "polda", "place": crowd, "why": "a", "until": 800.0 * n, **asked}),
        ("polda", {"do": "request.answer", "request": n, "granted": n % 3 > 0, "authority": "Kapolda", "why": "a"}),
        ("field", {"do": "report", "place": crowd, "what": one(["blocked_exit", "free_exit"]), "text": "a"}),
    ]
    return acts[int(rng.integers(len(acts)))]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
@example(seed=455)  # a desk is left at the scenario's very end, and time asked for beyond it
def test_room__replay_of_a_log_gives_the_same_state_to_the_bit(setup: Setup, seed: int) -> None:
    """Any actions at any times, the refused ones too: the log alone gives the same world, board and future."""
    room, t, rng = Room(setup), 0, np.random.default_rng(seed)
    for _ in range(25):
        t += int(rng.integers(0, 8 * MINUTE))
        seat, action = _some_act(setup, rng)
        before = len(room.records)
        try:
            room.do(action, seat=seat, t=t, at=WALL)
        except InputError:
            assert len(room.records) == before
    room.advance(max(room.now, t / 1000.0))
    again = replay(setup, room.records, until=room.now)
    assert again.digest() == room.digest()
    for each in (room, again):
        each.advance(setup.scenario.horizon)
        each.world.balance()
    assert again.digest() == room.digest()


def test_log__goes_to_a_folder_and_back(room: Room, tmp_path: Path) -> None:
    _do(room, "controller", 0, do="clock.run", speed=10)
    _do(room, "field", 5 * MINUTE, do="report", place="kpu", what="crowd", text="massa bertambah")
    room.log().save(tmp_path / "a")
    back = ExerciseLog.load(tmp_path / "a")
    assert [record.to_dict() for record in back.records] == [record.to_dict() for record in room.records]
    assert back.until(1).records == back.records[:1]
    assert replay(room.setup, back.records).digest() == room.digest()


def test_log__finds_any_flipped_bit(room: Room, tmp_path: Path) -> None:
    """One bit of any byte of the file: found, or the file means the same as before."""
    for n in range(4):
        _do(room, "polresta", n * MINUTE, do="note", text=f"catatan {n}")
    room.log().save(tmp_path / "a")
    path = tmp_path / "a" / "log.jsonl"
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for place in rng.choice(len(whole), 300, replace=False):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << int(rng.integers(8))]) + whole[place + 1 :])
        with pytest.raises(StoreError, match="log"):
            ExerciseLog.load(tmp_path / "a")


def test_log__finds_what_was_lost_doubled_or_put_elsewhere(room: Room) -> None:
    for n in range(4):
        _do(room, "polresta", n * MINUTE, do="note", text=f"catatan {n}")
    rows = room.records
    assert list(chain_faults(rows, where="log")) == []
    for wrong in ([*rows[:1], *rows[2:]], [*rows[:2], rows[1], *rows[2:]], [rows[1], rows[0], *rows[2:]]):
        assert len(list(chain_faults(wrong, where="log"))) == 1


def test_redaction__empties_the_text_everywhere_and_keeps_the_chain(room: Room) -> None:
    told = _do(room, "field", MINUTE, do="report", place="kpu", what="blocked_exit", text="rahasia")
    asked = _do(room, "polresta", MINUTE, do="request.make", kind="perkuatan", to="polda", why="rahasia", until=600.0)
    _do(room, "dialogue", MINUTE, do="dialogue.put", entry="a", kind="contact", partner="rahasia", text="rahasia")
    before = room.digest()
    for n in range(3):
        _do(room, "controller", 2 * MINUTE, do="redact", record=told.n + n, why="data pribadi")
    assert asked.n == told.n + 1
    everything = json.dumps([room.board.to_dict(), [record.to_dict() for record in room.records]])
    assert "rahasia" not in everything
    assert "kpu" in room.board.blocked, "what the report changed stays"
    assert replay(room.setup, room.records).digest() == room.digest()
    assert replay(room.setup, room.records[:3], checked=True).digest() == before, "an earlier checkpoint still holds"


# --- roles ------------------------------------------------------------------------------------------------------------


def test_roles__only_the_vote_s_own_desk_touches_the_vote() -> None:
    assert [name for name, role in roles().items() if role.allows("voting")] == ["kpu"]
    assert not any(role.allows("clock.tick") and name != "controller" for name, role in roles().items())


@pytest.mark.parametrize("seat", list(roles()))
def test_roles__each_does_what_it_may_and_is_refused_the_rest(room: Room, seat: str) -> None:
    """Every action by every role: one that it may not do is refused by name, whatever its fields."""
    for do in ACTIONS:
        if role_of(seat).allows(do):
            continue
        with pytest.raises(InputError, match="an action of this role"):
            _do(room, seat, 0, do=do)
        assert room.records == []


def test_units__are_ordered_by_their_own_desk(room: Room) -> None:
    for seat in ("polresta", "damkar"):
        _do(room, seat, 0, do="seat.take")
    _do(
        room,
        "controller",
        10 * MINUTE,
        do="inject.incident",
        place=room.setup.city.find("dinoyo").ref,
        kind="vandalism",
    )
    room.advance(1200.0)
    incident = next(row["row"] for row in frame(room, "polresta")["incidents"] if row["kind"] == "vandalism")
    order = {"do": "order.send", "unit": "patroli-1", "incident": incident, "capability": "patrol"}
    with pytest.raises(InputError, match="commanded by another desk"):
        _do(room, "damkar", 20 * MINUTE, **order)
    _do(room, "polresta", 20 * MINUTE, **order)
    unit = room.setup.names.units.index("patroli-1")
    assert room.world.state.unit[unit].incident == incident


def test_desk__left_is_played_by_the_policy_again(room: Room) -> None:
    police = [n for n, unit in enumerate(room.setup.names.units) if room.setup.agencies[unit] == "polri"]
    _do(room, "polresta", 0, do="seat.take")
    room.advance(1500.0)
    assert (room.world.state.unit["k"][police] == 0).all()
    _do(room, "polresta", 25 * MINUTE, do="seat.leave")
    room.advance(3000.0)
    assert (room.world.state.unit["k"][police] > 0).any()
    assert not room.world.state.crowd["held"].any()


# --- restraint --------------------------------------------------------------------------------------------------------


def _crowd(room: Room, place: str = "kpu") -> Any:
    return room.world.state.crowd[room.setup.names.crowds.index(place)]


def _until(room: Room, seen: Callable[[], bool]) -> int:
    while not seen():
        assert room.now < room.horizon, "the case never comes to that"
        room.advance(room.now + 30.0)
    return round(room.now * 1000)


def _tense(room: Room) -> int:
    """Let people lead a place that comes to merah under the Kapolda; when."""
    for seat in ("polresta", "polda"):
        _do(room, seat, 0, do="seat.take")
    _do(room, "controller", 20 * MINUTE, do="inject.arrive", place="kpu", people=1500, over=300.0)
    _do(room, "controller", 30 * MINUTE, do="inject.provoke", place="kpu", people=300)
    t = _until(room, lambda: _crowd(room).stage == at.MERAH)
    _do(room, "polresta", t, do="command.hand_over", place="kpu")
    with pytest.raises(InputError, match="polda may take over control"):
        _do(room, "polresta", t, do="command.hand_over", place="kpu")
    _do(room, "polda", t, do="command.hand_over", place="kpu")
    return t


def _ask_gas(room: Room, t: int, *, step: int = 5) -> Record:
    return _do(
        room, "polresta", t, do="request.make", kind="kekuatan", to="polda", place="kpu", step=step, why="a",
        until=t / 1000 + 600,
    )  # fmt: skip


def test_force__beyond_the_free_stage_needs_an_authority_and_a_reason(room: Room) -> None:
    t = _tense(room)
    assert _crowd(room).force == room.setup.file.force_free
    with pytest.raises(InputError, match="asked for by a request"):
        _do(room, "polresta", t, do="command.cap_force", place="kpu", step=4, why="a")
    request = _ask_gas(room, t, step=4)
    with pytest.raises(InputError, match="an answer of polda"):
        _do(room, "controller", t, do="request.answer", request=request.n, granted=True, authority="Kapolda", why="a")
    _do(room, "polda", t, do="request.answer", request=request.n, granted=True, authority="Kapolda", why="mendesak")
    assert _crowd(room).force == 4
    _do(room, "polresta", t, do="command.cap_force", place="kpu", step=2, why="dialog berjalan")
    assert _crowd(room).force == 2


def test_gas__is_refused_where_people_cannot_leave_whoever_asks(room: Room) -> None:
    """At an enclosed place, at a blocked exit, when the exit is blocked after the leave; and firearms never."""
    t = _tense(room)
    with pytest.raises(InputError, match="Firearms are never played"):
        _ask_gas(room, t, step=6)
    request = _ask_gas(room, t)
    _do(room, "field", t, do="report", place="kpu", what="blocked_exit", text="jalan tertutup")
    with pytest.raises(InputError, match="no tear gas while a way out is blocked"):
        _do(room, "polda", t, do="request.answer", request=request.n, granted=True, authority="Kapolda", why="a")
    with pytest.raises(InputError, match="no tear gas where people cannot leave"):
        _ask_gas(room, t)
    with pytest.raises(InputError, match="way out there is blocked"):
        _do(room, "dialogue", t, do="order.ask_to_leave", place="kpu")
    _do(room, "field", t, do="report", place="kpu", what="free_exit", text="terbuka")
    _do(room, "polda", t, do="request.answer", request=request.n, granted=True, authority="Kapolda", why="a")
    assert _crowd(room).force == 5
    _do(room, "field", t, do="report", place="kpu", what="blocked_exit", text="tertutup lagi")
    assert _crowd(room).force < 5
    room.world.tables.crowd_t["enclosed"][:] = 1
    _do(room, "field", t, do="report", place="kpu", what="free_exit", text="terbuka")
    again = _ask_gas(room, t)
    with pytest.raises(InputError, match="enclosed"):
        _do(room, "polda", t, do="request.answer", request=again.n, granted=True, authority="Kapolda", why="a")


def test_request__that_nobody_answers_lapses_and_grants_nothing(room: Room) -> None:
    t = _tense(room)
    request = _ask_gas(room, t)
    late = t + 11 * MINUTE
    with pytest.raises(InputError, match="lapsed"):
        _do(room, "polda", late, do="request.answer", request=request.n, granted=True, authority="Kapolda", why="a")
    assert view(room, "polresta")["requests"][str(request.n)]["state"] == "lapsed"
    assert _crowd(room).force < 5


def test_notice__that_is_missing_opens_a_dialogue_and_never_a_stage(room: Room) -> None:
    """Three days short of its notice: the dialogue desk gets an entry; the world does not change."""
    silent = Room(room.setup)
    _do(
        room, "dialogue", 0, do="dialogue.put", entry="aksi-1", kind="notice", partner="aliansi", text="a", place="kpu",
        notice_h=10.0,
    )  # fmt: skip
    assert room.board.talks["aksi-1/dialog"].kind == "contact"
    for each in (room, silent):
        each.advance(3600.0)
    for name in ("crowd", "unit", "incident", "casualty"):
        assert getattr(room.world.state, name).tobytes() == getattr(silent.world.state, name).tobytes()


# --- injects, sight ---------------------------------------------------------------------------------------------------


def test_injects__bring_what_they_say(room: Room) -> None:
    plain = Room(room.setup)
    _do(room, "controller", 5 * MINUTE, do="inject.arrive", place="bawaslu", people=800, over=300.0)
    for each in (room, plain):
        each.advance(900.0)
    came = int(_crowd(room, "bawaslu").came) - int(_crowd(plain, "bawaslu").came)
    assert 600 < came <= 1000, "a Poisson number with mean 800, less those whom traffic posts divert"
    with pytest.raises(InputError, match="starts at a crowd only"):
        _do(room, "controller", 15 * MINUTE, do="inject.incident", place="kpu", kind="office-fire")
    area = room.setup.city.find("lowokwaru").ref
    with pytest.raises(InputError, match="no place"):
        _do(room, "controller", 15 * MINUTE, do="inject.incident", place="nowhere", kind="vandalism")
    _do(room, "controller", 15 * MINUTE, do="inject.incident", place=area, kind="vandalism")
    room.advance(901.0)
    assert any(row["place"] == area for row in frame(room, "controller")["incidents"])


def test_sight__each_role_sees_no_more_than_it_may(room: Room) -> None:
    _do(room, "controller", 0, do="inject.message", to=["kpu"], text="rumor")
    _do(room, "evaluator", 0, do="rate", task="damkar", rating="S", text="lambat")
    _do(room, "dialogue", 0, do="dialogue.put", entry="a", kind="contact", partner="aliansi", text="nomor kontak")
    for seat in roles():
        json.dumps([ground(room.setup, seat), frame(room, seat), view(room, seat), events_since(room, 0, seat)])
    assert view(room, "kpu")["messages"]
    assert not view(room, "damkar")["messages"]
    assert "ratings" not in view(room, "polresta")
    assert "items" not in view(room, "polresta")
    public = json.dumps([ground(room.setup, "public"), frame(room, "public"), view(room, "public")])
    for hidden in ("patroli-1", "nomor kontak", "rumor", "lambat", "dalmas"):
        assert hidden not in public.replace(json.dumps({k: r.model_dump(mode="json") for k, r in roles().items()}), "")
    records = [record.to_dict() for record in room.records]
    assert [see_record(record, "public") for record in records] == [False, False, False]
    assert [see_record(record, "kpu") for record in records] == [True, False, True]
    assert all(see_record(record, "controller") for record in records)


def test_exercise__that_has_ended_takes_only_its_review(room: Room) -> None:
    _do(room, "controller", MINUTE, do="clock.end")
    with pytest.raises(InputError, match="has ended"):
        _do(room, "controller", 2 * MINUTE, do="inject.tension", tension=2.0)
    _do(room, "evaluator", 2 * MINUTE, do="rate", task="damkar", rating="P", text="baik")
    assert room.log().ended
