"""What must hold of any world at any time, checked here in plain Python from the tables alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from sispamkota.errors import EngineError
from sispamkota.kernels import layout as at
from sispamkota.kernels.door import play
from sispamkota.kernels.measure import MAY_LACK, MEASURES
from sispamkota.rehearsal.world import World

__all__ = ["check_bytes", "check_finish", "check_now", "play_checked"]

COUNTS = {
    "crowd": (
        "S", "I", "R", "came", "left", "dispersed", "detained", "hurt", "officers", "guards", "negotiators",
        "diverters", "stage", "control", "line",
        "layer", "fires", "engines", "openings", "neighbours", "violent_s", "stage_s",
        "force_s", "peak", "peak_violent", "pressure", "rate", "k", "arrive", "fire_energy",
    ),
    "unit": ("state", "place", "k", "relieved"),
    "incident": ("state", "need", "sent", "there", "units", "harmed"),
    "casualty": ("state", "triage", "cause", "side", "place", "number", "born"),
    "hospital": ("free", "open", "low", "waiting", "others", "come", "k"),
    "hazard": ("k", "factor", "work"),
    "response": ("service", "kind", "place", "called", "waited"),
}  # fmt: skip
HEADER = (
    "events", "heap", "open", "casualties", "responses", "logged", "opened", "closed", "lost", "idle_people",
    "idle_low", "present", "present_peak", "bays",
    "bays_low", "diversions", "by_ambulance", "self_transport", "tension", "rows",
    "harmed", "civilians", "officers", "forced", "deaths", "avertable", "cared", "care_s", "treated", "definitive_s",
    "answered", "answer_s", "calls", "duty_longest", "tps_s", "voters_kept", "ballots_s", "held_s", "turned_away",
    "retasked", "neighbours",
)  # fmt: skip
CARRIED = (at.ON_SCENE, at.ON_WAY)


def _table(world: World, name: str) -> Any:
    """The part of a table that is in use."""
    used = {"casualty": "rows", "response": "responses", "log": "logged"}
    table = getattr(world.state, name).view(np.ndarray)
    return table[: int(world.state.world[0][used[name]])] if name in used else table


def check_counts(world: World) -> None:
    """No count is negative, no time is NaN."""
    for name, fields in COUNTS.items():
        table = _table(world, name)
        for field in fields:
            assert not (table[field] < 0).any(), f"{name}.{field} below zero"
            assert not np.isnan(table[field]).any() if table[field].dtype.kind == "f" else True, f"{name}.{field} NaN"
    for field in HEADER:
        assert (np.asarray(world.state.world[0][field]) >= 0).all(), f"world.{field} below zero"


def check_units(world: World) -> None:
    """Each unit is in one state, at one place and at one work; what incidents count is who serves them."""
    units, incidents, casualties = (_table(world, name) for name in ("unit", "incident", "casualty"))
    assert (units["state"] <= at.OUTSIDE).all()
    assert (units["place"] < len(world.tables.place)).all()
    assert np.isin(units["present"], (0, 1)).all()
    carried = [int(j) for j in units["casualty"] if j >= 0]
    assert len(carried) == len(set(carried)), "a casualty in two units"
    for u in np.flatnonzero(units["casualty"] >= 0):
        assert casualties[units["casualty"][u]]["ambulance"] == u, "a unit carries who lies elsewhere"
    serving = units["incident"][units["incident"] >= 0]
    listed = world.open_incidents()
    open_ = set(listed)
    assert len(open_) == len(listed) == int(world.state.world[0].open), "an incident open twice, or lost"
    assert set(serving.tolist()) <= open_, "a unit serves what is not open"
    for i in open_:
        assert incidents[i]["state"] in (at.CALLED, at.OPEN)
        assert incidents[i]["units"] == (serving == i).sum(), "an incident miscounts its units"
        assert (incidents[i]["there"] <= incidents[i]["sent"]).all(), "more there than were sent"
    still = np.isin(units["state"], (at.OFF_DUTY, at.OUTSIDE, at.RETURN, at.TRAVEL))
    assert not ((units["state"] == at.OUTSIDE) & (units["present"] == 1)).any(), "present and outside the city"
    assert (units["incident"][still & np.isin(units["state"], (at.OFF_DUTY, at.OUTSIDE))] == -1).all()


def check_beds(world: World) -> None:
    """No bed is booked twice: who lies in a hospital's beds and the ordinary day's patients are no more than it has."""
    hospitals, casualties = _table(world, "hospital"), _table(world, "casualty")
    surge = np.floor(world.state.param[0].surge_share * world.tables.hospital_t.beds[:, at.BAY]).astype(int)
    held = np.zeros((len(hospitals), at.BEDS), int)
    lying = (casualties["bed"] >= 0) & np.isin(casualties["state"], (at.IN_BAY, at.IN_BED, at.QUEUE_NEXT))
    np.add.at(held, (casualties["hospital"][lying], casualties["bed"][lying]), 1)
    room = world.tables.hospital_t.beds.copy()
    room[:, at.BAY] += np.where(hospitals["surge"] == 2, surge, 0)
    assert (hospitals["open"] == room).all(), "beds out of nothing"
    assert (held + hospitals["others"] + hospitals["free"] == room).all(), "a bed booked twice, or lost"
    assert ((casualties["bed"] >= 0) == lying).all(), "who is gone holds a bed"
    waiting = np.isin(casualties["state"], (at.QUEUE_BAY, at.QUEUE_NEXT))
    assert hospitals["waiting"].sum() == waiting.sum()


def check_people(world: World) -> None:
    """Who came to a crowd is there, or has left, or was dispersed, detained or hurt."""
    c = _table(world, "crowd")
    there = c["S"].sum(1) + c["I"].sum(1) + c["R"]
    assert (c["came"] == there + c["left"] + c["dispersed"] + c["detained"] + c["hurt"]).all()
    assert int(world.state.world[0].present) == there.sum()


def check_now(world: World) -> None:
    """All of it, and the engine's own balance."""
    world.balance()
    check_counts(world)
    check_units(world)
    check_beds(world)
    check_people(world)


def check_finish(world: World) -> np.ndarray:
    """The measures are finite, or NaN where nobody was; none is negative; responses are in order."""
    row, rows = world.finish()
    for name, value in zip(MEASURES, row, strict=True):
        assert np.isfinite(value) or (np.isnan(value) and name in MAY_LACK), f"{name} {value}"
        assert not value < 0.0, f"{name} {value}"
    assert np.isfinite(rows).all()
    assert (rows >= 0.0).all()
    calls = _table(world, "response")
    answered = calls["outcome"] == at.ANSWERED
    assert (calls["seconds"][answered] >= 0.0).all()
    assert np.isnan(calls["seconds"][~answered]).all()
    assert (calls["called"] + calls["waited"] <= world.now + 1e-6).all()
    return np.concatenate([row, rows.ravel()])


def check_bytes(world: World) -> tuple[bytes, ...]:
    """Everything that a replicate has left behind, to compare two of them; the header without its addresses."""
    names = ("param", "crowd", "unit", "casualty", "hospital", "hazard", "inject", "response", "log")
    header = world.state.world[0]
    parts = [np.asarray(header[field]).tobytes() for field in (*HEADER, "now", "streets", "reinforced", "gates")]
    return (*parts, *(_table(world, name).tobytes() for name in names))


def play_checked(world: World, until: float, *, each: int, most: int) -> float:
    """Play until a time or `most` events; check the balance after each of the first `each`, then now and then.

    Returns the time to which it has been played, with everything due by then.
    """
    header, n = world.state.world.view(np.ndarray), 0
    while world.now < until and n < each and world.step(until):
        world.balance()
        n += 1
    while n < most:
        code = play(header, until, max(1, most // 8))
        n += most // 8
        _raise(world, code)
        check_now(world)
        if code == at.DONE:
            return until
    _raise(world, play(header, world.now, most))
    assert float(header["now"][0]) == world.now
    code = play(header, world.now, most)
    assert code == at.DONE, f"more than {most} events at one time: the clock stands still"
    check_now(world)
    return world.now


def _raise(world: World, code: int) -> None:
    if code not in (at.DONE, at.PAUSED):
        try:
            world.check()
        except EngineError as error:
            raise AssertionError(str(error)) from error
        raise AssertionError(f"code {code}")
