"""The answer about contagion: of a history as read, of the past, and of no place."""

import datetime as dt
import json
import math
from dataclasses import fields, replace

import numpy as np
import pytest

from parts.areas_city import SmallCity
from parts.generated import START, history_of
from sispamkota.risk import read_history
from sispamkota.risk.branching import Clock, Process, simulate
from sispamkota.risk.hawkes import Contagion, Range, clock_of, fit_contagion, incidents_of
from sispamkota.risk.judging import judging

PLACES = [f"p{i}" for i in range(8)]


def history(ratio, incidents, *, seed, days=365):
    background = np.linspace(0.2, 1.8, 8) / 8 * incidents * (1 - ratio) / (days * 24)
    made = simulate(Process(background, Clock.even(days), ratio, 1 / 6), seed=seed)
    kinds = np.resize(["arson", "vandalism"], made.when.size)
    return history_of(made.when / 24, made.place, kinds, places=PLACES, days=days)


@pytest.fixture(scope="module")
def answer():
    return fit_contagion(history(0.5, 200, seed=1))


def test_contagion__is_found_and_measured(answer):
    assert answer.verdict == "contagious"
    assert answer.ratio.low < 0.5 < answer.ratio.high
    assert answer.memory_h.low < 6 < answer.memory_h.high
    assert answer.cluster == pytest.approx(1 / (1 - answer.ratio.value))
    assert answer.chance == 1 / 200
    assert answer.fit_chance > 0.01
    assert answer.gain > 50


def test_contagion__hot_spots_are_told_from_clusters():
    hot = fit_contagion(history(0.0, 300, seed=2))
    assert hot.verdict == "hot spots"
    assert hot.places_chance <= 0.05 < hot.chance
    assert hot.ratio.low == 0.0


def test_contagion__few_incidents_give_no_estimate(monkeypatch):
    monkeypatch.setenv("LC_ALL", "id_ID.UTF-8")
    few = fit_contagion(read_history("malang", SmallCity()))
    assert (few.verdict, few.incidents) == ("too few", 3)
    assert math.isnan(few.ratio.value)
    assert "Data tidak cukup" in str(few)
    assert "Data tidak cukup" in few._repr_html_()
    assert json.loads(json.dumps(few.to_dict(), allow_nan=False))["ratio"] == [None] * 3
    needed = int(judging().contagion_events.value)
    made = history(0.5, 200, seed=1)
    assert fit_contagion(replace(made, table=made.table[: needed - 1])).verdict == "too few"
    assert fit_contagion(replace(made, table=made.table[:needed])).verdict != "too few"


def test_contagion__names_no_place_and_says_what_it_is_not_for(answer, monkeypatch):
    """Nothing but single figures of the whole: no list, table, map or method by which a place could be chosen."""
    names = {name for name in dir(Contagion) if not name.startswith("_")}
    assert names | {each.name for each in fields(Contagion)} == {
        "name", "start", "end", "incidents", "needed", "drawn_hours", "ratio", "memory_h", "spread_m", "followed",
        "gain", "chance", "places_chance", "fit_chance", "replicates", "level", "enough", "verdict", "cluster",
        "to_dict", "sentences",
    }  # fmt: skip
    for each in fields(Contagion):
        assert isinstance(getattr(answer, each.name), str | int | float | dt.date | Range), each.name
    held = json.dumps(answer.to_dict()) + repr(answer)
    assert not any(place in held for place in PLACES)
    for lang, word in (("id_ID", "masa lalu"), ("en_US", "the past only")):
        monkeypatch.setenv("LC_ALL", lang)
        assert word in str(answer)


def test_contagion__is_a_function_of_its_input(answer):
    again = fit_contagion(history(0.5, 200, seed=1))
    assert again == answer


def test_contagion__kinds_can_be_chosen():
    made = history(0.5, 200, seed=1)
    arson = fit_contagion(made, kinds=["arson"], replicates=39)
    assert arson.incidents == (made.table["kind"] == "arson").sum()


def test_hours__unknown_ones_are_drawn_and_short_memories_left_alone():
    made = history(0.5, 200, seed=3)
    table = made.table.copy()
    table.loc[::3, "hour_known"] = False
    table.loc[::3, "when"] = table.loc[::3, "when"].dt.floor("D")
    blurred = replace(made, table=table)
    incidents, drawn = incidents_of(blurred)
    assert drawn == len(table.iloc[::3])
    assert (np.diff(incidents.when) >= 0).all()
    assert np.bincount((incidents.when % 24 == 0).astype(int))[0] > 0.99 * incidents.when.size
    answer = fit_contagion(blurred, replicates=39)
    assert answer.drawn_hours == drawn
    assert answer.memory_h.low >= 24.0 - 1e-6
    assert str(drawn) in " ".join(answer.sentences("en"))


def test_places__incidents_without_one_are_left_out():
    made = history(0.5, 200, seed=1)
    table = made.table.copy()
    table.loc[:9, "place"] = ""
    assert fit_contagion(replace(made, table=table), replicates=19).incidents == len(table) - 10


def test_clock__follows_hours_and_phases():
    when = np.array([1.5, 25.5, 49.5, 73.5, 74.0, 74.5, 75.0])
    clock = clock_of(when, days=5, starts=[3])
    assert clock.by_hour.mean() == pytest.approx(1)
    assert clock.by_day.mean() == pytest.approx(1)
    assert clock.by_hour.argmax() == 1
    np.testing.assert_allclose(clock.by_day[3] / clock.by_day[0], (4.5 / 2) / (3.5 / 3))
    assert clock.phase.tolist() == [0, 0, 0, 3, 3]
    assert clock.passed(np.array([120.0]))[0] == pytest.approx(120)


def test_phases__are_days():
    made = history(0.0, 200, seed=4)
    assert fit_contagion(made, phases=[START + dt.timedelta(days=100)], replicates=19).chance > 0.05
