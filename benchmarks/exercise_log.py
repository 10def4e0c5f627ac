"""A long log of an exercise with a mix of everything that desks do, for how fast it is folded again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sispamkota.errors import InputError
from sispamkota.exercise import Record, Room, Setup
from sispamkota.exercise.roles import roles
from sispamkota.kernels import layout
from sispamkota.rehearsal.happenings import CAPABILITIES

# How often a desk does each, out of all; reports and notes are most of what is written in a room.
MIX = {
    "note": 0.30, "report": 0.24, "hospital.update": 0.10, "order": 0.10, "request.make": 0.05, "request.answer": 0.05,
    "dialogue.put": 0.04, "dialogue.close": 0.03, "observe": 0.03, "standby": 0.02, "seat": 0.01, "voting": 0.01,
    "shift.offer": 0.01, "inject.message": 0.005, "inject": 0.003, "rate": 0.002,
}  # fmt: skip
TEXT = "Simpang sebelah timur padat, arus dialihkan ke utara; petugas di lokasi meminta dua personel tambahan."
TICK_MS = 5000


def mixed_log(setup: Setup, n: int, *, seed: int = 1) -> list[Record]:
    """Play `n` records evenly over the scenario, one in 20 a checkpoint; what is refused is not counted."""
    room, rng = Room(setup), np.random.default_rng(seed)
    step, due = room.horizon * 1000.0 / n, 0
    for seat in roles():
        if roles()[seat].allows("seat.take"):
            room.do({"do": "seat.take"}, seat=seat, t=0, at="")
    acts = _acts(room, rng)
    while len(room.records) < n:
        t = min(round(len(room.records) * step), round(room.horizon * 1000) - 1)
        at = f"2026-11-29T{9 + t // 3_600_000:02d}:{t // 60_000 % 60:02d}:{t // 1000 % 60:02d}.{t % 1000:03d}Z"
        if t >= due:
            room.advance(t / 1000.0)
            room.do({"do": "clock.tick", "digest": room.digest()}, seat="server", t=t, at=at)
            due = t + max(TICK_MS, round(20 * step))
            continue
        seat, action = next(acts)
        try:
            room.do(action, seat=seat, t=t, at=at)
        except InputError:
            continue
    return room.records


def _acts(room: Room, rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
    names, kinds = room.setup.names, list(MIX)
    weights = np.array([MIX[kind] for kind in kinds])
    makers = {kind: _MAKERS[kind] for kind in kinds}
    count = 0
    while True:
        for row in rng.choice(len(kinds), 1000, p=weights / weights.sum()):
            count += 1
            yield makers[kinds[row]](room, names, rng, count)


def _one(rng: np.random.Generator, options: Any) -> Any:
    return options[int(rng.integers(len(options)))]


def _desk(rng: np.random.Generator, do: str) -> str:
    return str(_one(rng, [name for name, role in roles().items() if role.allows(do)]))


def _note(room, names, rng, n):
    return _desk(rng, "note"), {"do": "note", "text": f"{TEXT} {n}"}


def _report(room, names, rng, n):
    what = _one(rng, ["calm", "crowd", "violence", "injured", "street_closed", "other"])
    action = {"do": "report", "place": _one(rng, names.places), "what": what, "text": f"{TEXT} {n}"}
    return "field", action | ({"key": f"hp-{n}"} if n % 2 else {})


def _hospital(room, names, rng, n):
    own = _one(rng, names.hospitals)
    free, waiting, icu, ward = (int(each) for each in rng.integers(0, 40, 4))
    action = {"do": "hospital.update", "hospital": own, "igd_free": free, "igd_waiting": waiting}
    return f"hospital:{own}", action | {"icu_free": icu, "ward_free": ward}


def _order(room, names, rng, n):
    """Send a unit that can go to the latest call for what it needs; where none can, call one back."""
    open_, unit, sent = room.world.open_incidents(), None, {}
    incident = room.world.state.incident[open_[-1]] if open_ else None
    needs = [name for name, cap in CAPABILITIES.items() if incident is not None and incident.need[cap] > 0]
    if needs:
        need = _one(rng, needs)
        able = np.flatnonzero(room.world.survey(open_[-1], CAPABILITIES[need])[0] == layout.AVAILABLE)
        unit = names.units[_one(rng, able)] if len(able) else None
        sent = {"do": "order.send", "unit": unit, "incident": int(open_[-1]), "capability": need}
    if unit is None or n % 3 == 0:
        busy = np.flatnonzero(room.world.state.unit.incident >= 0)
        unit = names.units[_one(rng, busy if len(busy) else range(len(names.units)))]
        sent = {"do": "order.recall", "unit": unit}
    own = next(name for name, role in roles().items() if room.setup.agencies[unit] in role.agencies)
    return own, sent


def _ask(room, names, rng, n):
    until = room.now + 600.0
    action = {"do": "request.make", "kind": "dialog", "to": "dialogue", "place": _one(rng, names.places)}
    return "polresta", action | {"why": TEXT, "until": until}


def _answer(room, names, rng, n):
    last = [each for each in list(room.board.requests)[-20:] if room.board.requests[each].granted is None]
    action = {"do": "request.answer", "request": _one(rng, last) if last else 0, "granted": bool(n % 2)}
    return "dialogue", action | {"authority": "Meja dialog", "why": TEXT}


def _talk(room, names, rng, n):
    kind = _one(rng, ["meeting", "commitment", "rumour", "contact"])
    action = {"do": "dialogue.put", "entry": f"d-{n}", "kind": kind, "partner": "aliansi", "text": TEXT}
    return "dialogue", action | ({"due": room.now + 900.0} if kind == "commitment" else {})


def _close(room, names, rng, n):
    last = [each for each in list(room.board.talks)[-20:] if room.board.talks[each].kept is None]
    action = {"do": "dialogue.close", "entry": _one(rng, last) if last else "x", "kept": bool(n % 4)}
    return "dialogue", action | {"text": TEXT}


def _observe(room, names, rng, n):
    return "evaluator", {"do": "observe", "text": f"{TEXT} {n}"}


def _standby(room, names, rng, n):
    state = _one(rng, ["agreed", "called_up", "ready", "released"])
    return "bpbd", {"do": "standby", "what": "dapur umum", "n": int(rng.integers(1, 9)), "state": state}


def _seat(room, names, rng, n):
    seat = _desk(rng, "seat.take")
    return seat, {"do": "seat.leave" if seat in room.board.seats else "seat.take"}


def _voting(room, names, rng, n):
    state = _one(rng, ["open", "paused"])
    return "kpu", {"do": "voting", "place": _one(rng, names.places), "state": state, "why": TEXT}


def _offer(room, names, rng, n):
    return "polresta", {"do": "shift.offer", "text": TEXT}


def _message(room, names, rng, n):
    return "controller", {"do": "inject.message", "to": ["polresta", "kpu"], "text": TEXT}


def _inject(room, names, rng, n):
    return "controller", {"do": "inject.incident", "place": _one(rng, names.places), "kind": "vandalism"}


def _rate(room, names, rng, n):
    task = _one(rng, list(room.board.tasks))
    return "evaluator", {"do": "rate", "task": task, "rating": _one(rng, "PSMU"), "text": TEXT}


_MAKERS = {
    "note": _note, "report": _report, "hospital.update": _hospital, "order": _order, "request.make": _ask,
    "request.answer": _answer, "dialogue.put": _talk, "dialogue.close": _close, "observe": _observe,
    "standby": _standby, "seat": _seat, "voting": _voting, "shift.offer": _offer, "inject.message": _message,
    "inject": _inject, "rate": _rate,
}  # fmt: skip
