"""If nothing changes: intervals that hold, an exact present, options under one luck, a room left as it is."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sispamkota.errors import InputError
from sispamkota.exercise import Room, Setup, replay
from sispamkota.exercise.forecast import BASE
from sispamkota.exercise.forecast_words import forecast_page, forecast_text, told_of
from sispamkota.exercise.lookahead import USUAL, Asked, asked_of, forecast, standing_of, stood
from sispamkota.exercise.options import OPTIONS, moves_of
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.ahead import AHEAD, branches_of, play_ahead
from sispamkota.rehearsal.compare import mean_t
from sispamkota.words import words

MIDDLE = 28.0  # minutes: three after the first violence at the KPU, while people still arrive
AHEAD_S = 3600.0
Z = 4.0  # 6 in 100,000 for one comparison; the tests here make some 60


def opened(setup: Setup, minute: float, *seats: str) -> Room:
    """A room with people at some desks, played on to a minute."""
    room = Room(setup)
    for seat in seats:
        room.do({"do": "seat.take"}, seat=seat, t=0, at="")
    room.advance(60.0 * minute)
    return room


@pytest.fixture(scope="module")
def middle(kpu: Setup) -> Room:
    return opened(kpu, MIDDLE, "polresta", "dialogue")


@pytest.fixture(scope="module")
def told(middle: Room):
    return forecast(middle, USUAL)


# --- intervals --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fresh(middle: Room):
    """Three hundred continuations of the same moment, of numbers that no forecast here takes."""
    return play_ahead(branches_of(middle.world, first=1 << 40).present(), middle.now + AHEAD_S, 300)


def test_intervals__means_agree_with_300_fresh_continuations(told, fresh) -> None:
    assert len(list(_amounts(told, fresh))) == len(AHEAD) - 2  # nothing of a vote is in this scenario
    for name, row, values in _amounts(told, fresh):
        if row.chance:
            spread = math.sqrt(max(row.mean * (1.0 - row.mean), 1.0 / row.n) * (1.0 / row.n + 1.0 / len(values)))
        else:
            spread = float(values.std(ddof=1)) * math.sqrt(1.0 / row.n + 1.0 / len(values))
        assert abs(row.mean - values.mean()) <= Z * spread + 1e-12, name


def test_intervals__the_range_holds_nine_tenths_of_300_fresh_continuations(told, fresh) -> None:
    """A share of 0.9, less Z standard errors of both ends' own estimate (200) and of the count (300)."""
    least = 0.9 - Z * math.sqrt(2.0 * 0.05 * 0.95 / 200.0 + 0.9 * 0.1 / 300.0)
    for name, row, values in _amounts(told, fresh):
        if row.chance:
            continue
        inside = float(((row.p05 - 1e-9 <= values) & (values <= row.p95 + 1e-9)).mean())
        assert inside >= least, (name, inside)
        if name == "harm_people":
            assert float(np.ptp(values)) > row.p95 - row.p05  # the range is no more than it says


def test_intervals__of_the_mean_cover_as_they_say(middle: Room, fresh) -> None:
    """Of 40 forecasts of 100 futures, at least 33 intervals hold the mean of all (fewer: 1 in 3,000 if 95 % hold)."""
    harm, means = AHEAD.index("harm_people"), list[np.ndarray]()
    for seed in range(40):
        present = branches_of(middle.world, first=(1 << 41) + (seed << 20)).present()
        means.append(play_ahead(present, middle.now + AHEAD_S, 100).rows[:, harm])
    truth = float(np.mean([*np.concatenate(means), *fresh.rows[:, harm]]))
    held = sum(low <= truth <= high for _, low, high in map(mean_t, means))
    assert held >= 33


def _amounts(told, fresh):
    """The measures that a forecast tells, with the fresh values of each in its unit."""
    shown = {row.measure for row in told.rows if not row.place}
    for i, name in enumerate(AHEAD):
        values = fresh.rows[:, i]
        values = values[~np.isnan(values)] / _scale(name)
        if name in shown and len(values) >= 100:
            yield name, told.find(name), values


def _scale(name: str) -> float:
    return {"call_wait_s": 60.0, "hospital_peak_share": 0.01}.get(name, 1.0)


# --- the present ------------------------------------------------------------------------------------------------------


def test_present__in_no_time_everything_is_as_it_is(middle: Room) -> None:
    now, world = forecast(middle, Asked(minutes=0)), middle.world
    violent = world.state.crowd["I"].sum(axis=1)
    for name in ("harm_people", "deaths", "dispersed", "detained", "diversions"):
        assert (now.find(name).median, now.find(name).p95, now.find(name).mean) == (0.0, 0.0, 0.0)
    assert now.find("reserve_low_people").median == int(world.state.world[0].idle_people)
    assert now.find("calls_waiting").mean == _waiting(world)
    for k, place in enumerate(middle.setup.names.crowds):
        stage = int(world.state.crowd[k].stage)
        assert now.find("kuning", place=place).mean == float(stage >= at.KUNING)
        assert now.find("merah", place=place).mean == float(stage >= at.MERAH)
        fan = next(each for each in now.fans if (each.option, each.place) == (BASE, place))
        assert set(fan.p05 + fan.p50 + fan.p95) == {float(violent[k])}


def test_present__the_low_point_is_that_of_the_time_ahead(kpu: Setup) -> None:
    late = opened(kpu, 100.0)
    w = late.world.state.world[0]
    assert w.idle_low < w.idle_people, "more were busy before"
    assert forecast(late, Asked(minutes=0)).find("reserve_low_people").median == int(w.idle_people)


def _waiting(world) -> int:
    waits = [world.state.incident[row] for row in world.open_incidents()]
    return sum(math.isinf(each.first) and world.tables.kind["service"][each.kind] >= 0 for each in waits)


def test_room__is_left_as_it_is(kpu: Setup) -> None:
    asked, left_alone = (opened(kpu, MIDDLE, "polresta", "dialogue") for _ in range(2))
    before, records = asked.digest(), len(asked.records)
    forecast(asked, USUAL)
    assert (asked.digest(), len(asked.records)) == (before, records)
    for room in (asked, left_alone):
        room.do({"do": "inject.provoke", "place": "bawaslu", "people": 90}, seat="controller", t=29 * 60_000, at="")
        room.advance(5400.0)
    assert asked.digest() == left_alone.digest()


def test_forecast__is_the_same_bytes_for_the_same_room_and_seed(kpu: Setup, middle: Room, told) -> None:
    again = forecast(replay(kpu, middle.records, until=middle.now), USUAL)
    assert json.dumps(again.to_dict()) == json.dumps(told.to_dict())
    other = forecast(middle, Asked(seed=2))
    assert other.find("harm_people") != told.find("harm_people")
    assert other.digest == told.digest == middle.digest()


def test_forecast__what_is_let_happen_later_does_not_reach_one_under_way(kpu: Setup) -> None:
    room = opened(kpu, MIDDLE, "polresta")
    standing = standing_of(room, USUAL)
    before = standing.recipe.tables.inject_t.tobytes()
    room.do({"do": "inject.arrive", "place": "kpu", "people": 500, "over": 60}, seat="controller", t=1_690_000, at="")
    assert standing.recipe.tables.inject_t.tobytes() == before


# --- what it assumes --------------------------------------------------------------------------------------------------


def test_desks__orders_stand_what_waits_is_not_decided_anew_and_new_calls_are_answered(kpu: Setup) -> None:
    room = opened(kpu, MIDDLE, "polresta")
    room.do({"do": "inject.incident", "place": "kpu", "kind": "vandalism"}, seat="controller", t=1_680_000, at="")
    room.advance(60.0 * MIDDLE + 1200.0)
    held = [n for n, unit in enumerate(kpu.spec.units) if kpu.agencies[unit.id] == "polri"]
    incidents = room.world.state.incident
    waits = [row for row in room.world.open_incidents() if kpu.names.kinds[incidents[row].kind] == "vandalism"]
    assert waits, "the incident waits for the desk"
    present = branches_of(room.world, first=0).present()
    present.begin(3)
    present.world.advance(room.now)
    np.testing.assert_array_equal(present.world.state.unit["incident"][held], room.world.state.unit["incident"][held])
    assert not present.world.state.incident["sent"][waits].any()
    ordered = present.world.state.unit["k"][held].sum()
    present.world.advance(room.now + AHEAD_S)
    assert present.world.state.unit["k"][held].sum() > ordered  # what came later was answered


def test_script__violence_that_has_not_happened_is_not_known(kpu: Setup) -> None:
    """At minute 20 the scenario's 120 violent people of minute 25 are five minutes away."""
    ahead = forecast(opened(kpu, 20.0, "polresta"), Asked(minutes=20))
    fan = next(each for each in ahead.fans if (each.option, each.place) == (BASE, "kpu"))
    assert max(fan.p50) < 60.0
    rehearsed = opened(kpu, 26.0, "polresta").world.state.crowd[0]["I"].sum()
    assert rehearsed > 60


def test_script__people_who_were_announced_come(kpu: Setup) -> None:
    ahead = forecast(opened(kpu, 5.0), Asked(minutes=20))
    assert {each.place for each in ahead.fans} == {"kpu", "bawaslu"}  # nobody is at Bawaslu before minute 10


def test_futures__end_with_the_exercise(kpu: Setup) -> None:
    late = forecast(opened(kpu, 100.0), Asked(minutes=60))
    assert late.minutes == pytest.approx(20.0)
    assert "forecast.end" in {each.key for each in late.assumptions}


# --- options ----------------------------------------------------------------------------------------------------------


def test_options__dialogue_comes_first_and_nothing_changes_last(told) -> None:
    assert OPTIONS == told.options == ("dialogue", "support", "unchanged")
    assert [row.option for row in told.rows[:3]] == list(OPTIONS)
    assert all(row.difference is None and row.p is None for row in told.rows if row.option == BASE)


def test_options__one_that_does_nothing_differs_by_nothing(kpu: Setup) -> None:
    start = forecast(Room(kpu), USUAL)
    assert not any(start.moves.values())
    for row in start.rows:
        assert row.option == BASE or row.n < 2 or (row.difference, row.difference_low, row.p) == (0.0, 0.0, 1.0)
    assert not any(row.sure for row in start.rows)


def test_options__the_same_luck_is_met_under_each(middle: Room, told) -> None:
    """Paired differences of harm vary far less than those of two forecasts with luck of their own would."""
    row, base = told.find("harm_people", option="dialogue"), told.find("harm_people")
    apart = math.hypot(row.high - row.mean, base.high - base.mean)
    assert told.moves["dialogue"]
    assert (row.difference_high - row.difference_low) / 2.0 < apart / 2.0
    assert row.difference == pytest.approx(row.mean - base.mean)


def test_options__a_peaceful_assembly_is_not_asked_to_leave(kpu: Setup, told) -> None:
    calm = opened(kpu, 20.0, "polresta")
    assert int(calm.world.state.crowd["I"].sum()) == 0, "nobody is violent yet"
    assert not [move for move in forecast(calm, USUAL).moves["dialogue"] if not move.unit]
    assert next(move.place for move in told.moves["dialogue"] if not move.unit) == "kpu"


def test_options__nobody_is_asked_to_leave_whose_way_out_is_blocked(kpu: Setup) -> None:
    room = opened(kpu, MIDDLE, "polresta")
    blocked = {"do": "report", "place": "kpu", "what": "blocked_exit", "text": "gerbang tertutup"}
    room.do(blocked, seat="field", t=1_690_000, at="")
    assert "kpu" not in {move.place for move in forecast(room, USUAL).moves["dialogue"] if not move.unit}


def test_options__none_of_them_raises_the_cap_on_force_or_allows_gas(middle: Room) -> None:
    standing = standing_of(middle, USUAL)
    present = standing.recipe.present()
    caps = np.asarray(middle.world.state.crowd["cap"]).copy()
    for moves in moves_of(present, standing.ground).values():
        present.begin(0)
        for move in moves:
            present.world.order(move.order)
        np.testing.assert_array_equal(present.world.state.crowd["cap"], caps)
        assert not present.world.state.crowd["gas"].any()


# --- what is asked, and said ------------------------------------------------------------------------------------------


def test_asked__what_cannot_be_played_is_refused_with_all_faults(middle: Room) -> None:
    with pytest.raises(InputError) as refused:
        forecast(middle, Asked(minutes=-1, replicates=3, seed=-2))
    assert [fault.field for fault in refused.value.faults] == ["minutes", "replicates", "seed"]


@pytest.mark.parametrize("lang", ["id", "en"])
def test_words__tell_every_row_and_that_it_is_no_order(told, lang: str) -> None:
    text, page = forecast_text(told, lang), forecast_page(told, lang)
    lines = {(row.measure, row.place) for row in told.rows}
    assert len(text.split("\n\n")[0].splitlines()) == len(lines) + 5
    no_order = {"id": "Prakiraan bukan perintah", "en": "A forecast gives no order"}[lang]
    assert no_order in text
    assert no_order in page
    assert len(told_of(told, lang)) < 1000
    sent = [move for moves in told.moves.values() for move in moves if move.unit]
    assert sent
    for move in sent:  # by its name, never by its key
        assert f"({words(lang)(f'capability.{move.capability}')}" in text
        assert f"({move.capability}" not in text


def test_log__a_forecast_that_was_noted_is_told_again(kpu: Setup) -> None:
    room = opened(kpu, MIDDLE, "polresta")
    made = forecast(room, Asked(minutes=30, replicates=120, seed=5))
    note = {"do": "forecast", "minutes": 30, "told": "x", "moment": round(1000 * made.at), "records": made.records}
    note |= {"options": list(made.options), "replicates": 120, "seed": 5, "digest": made.digest}
    room.do({"do": "note", "text": "di antaranya"}, seat="polresta", t=round(1000 * room.now) + 900, at="")
    n = room.do(note, seat="polresta", t=round(1000 * room.now) + 4000, at="").n
    log = room.log()
    again = stood(log, n)
    assert again.digest() == made.digest
    told = forecast(again, asked_of(log, n))
    assert json.dumps(told.to_dict()) == json.dumps(made.to_dict())
    assert room.board.forecasts[0]["digest"] == made.digest
