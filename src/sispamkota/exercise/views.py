"""What a seat sees: the state of the world and of the board as plain values, no more than its role may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sispamkota.kernels import layout as at
from sispamkota.rehearsal.happenings import CAPABILITIES
from sispamkota.rehearsal.story import LEADERS, STAGES, read_log

from .board import Board
from .fatigue import longest_duty, on_duty
from .operation import OTHER
from .operation_views import operation_of
from .roles import request_kinds, role_of, roles
from .room import Room
from .setup import Setup

__all__ = ["events_since", "frame", "ground", "see_event", "see_record", "view"]

UNIT_STATES = (
    "idle", "turnout", "travel", "scene", "carry", "handover", "freed", "return", "off_duty", "outside",
)  # fmt: skip
# Parts of the board by how much a role may see of it.
_PUBLIC = ("voting",)
_HOSPITALS = ("hospitals", "standby", "shifts", "seats")
_OPERATION = (
    *_HOSPITALS, "requests", "talks", "voting", "blocked", "reports", "notes",
)  # fmt: skip
_ALL = (*_OPERATION, "items", "ratings", "observations", "improvements", "forecasts")


def ground(setup: Setup, seat: str) -> dict[str, Any]:
    """Give what does not change: names, places, units of the force, roles, objectives."""
    sight, city = role_of(seat).sees, setup.city
    places = [_place(city.find(ref), ref) for ref in setup.names.places]
    base = {
        "title": {lang: setup.title(lang) for lang in ("id", "en")},
        "start": setup.start.isoformat(),
        "real": setup.real,
        "horizon": setup.scenario.horizon,
        "places": places,
        "crowds": list(setup.names.crowds),
        "enclosed": [crowd.place for crowd in setup.spec.crowds if crowd.enclosed],
        "roles": {name: _named(role.model_dump(mode="json"), real=setup.real) for name, role in roles().items()},
    }
    if sight == "public":
        return base
    units = [
        {"id": unit.id, "agency": setup.agencies[unit.id], "people": unit.people, "home": unit.home}
        | {"can": [name for name, cap in CAPABILITIES.items() if cap in unit.caps]}
        for unit in setup.spec.units
    ]
    also = (
        {"tps": {area: list(codes) for area, codes in setup.stations.items()}, "old_min": setup.file.old_min}
        if setup.real
        else {}
    )
    return (
        base
        | also
        | {
            "units": units if sight != "hospitals" else [],
            "hospitals": list(setup.names.hospitals),
            "kinds": [*setup.names.kinds, *((OTHER,) if setup.real else ())],
            "requests": {name: kind.model_dump(mode="json") for name, kind in request_kinds().items()},
            "objectives": [each.model_dump(mode="json") for each in setup.file.objectives],
            "force_free": setup.file.force_free,
            "duty_max_h": longest_duty(setup),
        }
    )


def _named(role: dict[str, Any], *, real: bool) -> dict[str, Any]:
    """Give a role under the name that it has in an operation, where that is another."""
    names = {"id": role.pop("real_id"), "en": role.pop("real_en")}
    return role | {lang: name for lang, name in names.items() if real and name}


def _place(site: Any, ref: str) -> dict[str, Any]:
    return {"ref": ref, "name": site.name, "kind": site.kind, "lon": round(site.lon, 5), "lat": round(site.lat, 5)}


def frame(room: Room, seat: str) -> dict[str, Any]:
    """Give the world as it stands, small enough to be sent every second."""
    sight, state, names = role_of(seat).sees, room.world.state, room.setup.names
    told: dict[str, Any] = {"t": round(room.now * 1000), "running": room.board.running, "ended": room.board.ended}
    crowds = state.crowd.view(np.ndarray)
    if room.setup.real:
        return told  # the world stands at its start: nothing simulated is shown as if it were so
    if sight == "public":
        return told | {"crowds": [{"stage": STAGES[int(c["stage"])]} for c in crowds]}
    hospital = state.hospital.view(np.ndarray)
    told["hospitals"] = [
        {"free": h["free"].tolist(), "open": h["open"].tolist(), "waiting": h["waiting"].tolist()} for h in hospital
    ]
    told["hurt"] = _hurt(state)
    if sight == "hospitals":
        return told
    told["crowds"] = [_crowd(c) for c in crowds]
    told["units"] = [_unit(u, names) for u in state.unit.view(np.ndarray)]
    told["incidents"] = [_incident(room, row) for row in room.world.open_incidents()]
    told["reinforced"] = bool(state.world[0].reinforced)
    return told


def _crowd(c: Any) -> dict[str, Any]:
    """Tell a crowd: people, stage, who leads, which line, how far the use of force goes and may go."""
    return {
        "stage": STAGES[int(c["stage"])],
        "peaceful": int(c["S"].sum()),
        "violent": int(c["I"].sum()),
        "spent": int(c["R"]),
        "officers": c["officers"].tolist(),
        "negotiators": int(c["negotiators"]),
        "leads": LEADERS[int(c["control"])],
        "line": int(c["line"]),
        "force": int(c["force"]),
        "cap": int(c["cap"]),
        "gas": bool(c["gas"]),
        "layer": int(c["layer"]),
        "fire": int(c["fire"]),
        "asked": bool(c["asked"]),
    }


def _unit(u: Any, names: Any) -> list[Any]:
    """Tell a unit: state, place, place it goes to, arrival (ms; none: null), its incident, when it left (ms)."""
    arrives = None if not np.isfinite(u["arrives"]) else round(float(u["arrives"]) * 1000)
    to = int(u["to"])
    return [
        UNIT_STATES[int(u["state"])],
        names.places[int(u["place"])],
        names.places[to] if to >= 0 else None,
        arrives,
        int(u["incident"]),
        round(float(u["left"]) * 1000),
    ]


def _incident(room: Room, row: int) -> dict[str, Any]:
    """Tell an open incident: what it asks for, what is sent and there."""
    each, names = room.world.state.incident[row], room.setup.names
    needs = {
        name: [int(each.need[cap]), int(each.sent[cap]), int(each.there[cap])]
        for name, cap in CAPABILITIES.items()
        if each.need[cap] > 0
    }
    return {
        "row": row,
        "kind": names.kinds[int(each.kind)],
        "place": names.places[int(each.place)],
        "called": round(float(each.called) * 1000),
        "recognised": bool(each.state == at.OPEN),
        "priority": int(each.priority),
        "needs": needs,
    }


def _hurt(state: Any) -> dict[str, int]:
    """Count who has been hurt so far: civilians, officers, by force, deaths."""
    w = state.world[0]
    return {name: int(w[name]) for name in ("harmed", "civilians", "officers", "forced", "deaths")}


def view(room: Room, seat: str, *, rows: int | None = None, board: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give the board as a seat may see it, with what waits for it; of lists that only grow the last `rows`.

    `board`: the plain values of `Board.to_dict`, where they have been written for another seat already.
    """
    plain, sight = board or room.board.to_dict(rows=rows), role_of(seat).sees
    parts = {"all": _ALL, "operation": _OPERATION, "hospitals": _HOSPITALS, "public": _PUBLIC}[sight]
    told = {name: plain[name] for name in parts}
    now, name = round(room.now * 1000), seat.partition(":")[0]
    if "requests" in told:
        states = {str(n): request.state(now) for n, request in room.board.requests.items()}
        told["requests"] = {n: row | {"state": states[n]} for n, row in told["requests"].items()}
    if "items" in told:
        told["due"] = [item.id for item in room.due(now)]
    if "notes" in told and sight != "all":
        told["notes"] = [row for row in told["notes"] if not _judges(row["by"])]
    if sight == "hospitals":  # what a shift hands over is said to its own desk
        told["shifts"] = {n: row for n, row in told["shifts"].items() if row["seat"] == seat}
    if (operation := room.board.operation) is not None and sight != "public":
        told["operation"] = operation_of(operation, room.setup, now, sight=sight)
    told["messages"] = [row for row in plain["messages"] if sight == "all" or _meant(row["to"], seat)]
    if sight == "public":
        told["talks"] = {k: each for k, each in plain["talks"].items() if each["kind"] == "clarification"}
    if agencies := role_of(seat).agencies:
        told["duty"] = on_duty(room, tuple(agencies))
    told["waiting"] = _waiting(room.board, name, seat, now)
    return told


def _judges(seat: str) -> bool:
    """Say whether a seat rates the others: they do not read what it writes."""
    return role_of(seat).allows("rate")


def _meant(to: list[str], seat: str) -> bool:
    return seat in to or seat.partition(":")[0] in to


def _waiting(board: Board, name: str, seat: str, now: int) -> list[dict[str, Any]]:
    """List what waits for a seat, the most urgent first: requests, promises due, a shift to accept, incidents."""
    rows = [
        {"what": "request", "n": each.n, "until": each.until}
        for each in board.requests.values()
        if each.state(now) == "open" and board.answers(seat, each)
    ]
    rows += [
        {"what": "talk", "entry": each.id, "until": each.due}
        for each in board.talks.values()
        if name == "dialogue" and each.kept is None and each.due is not None
    ]
    rows += [
        {"what": "shift", "n": n, "until": offer["at"]}
        for n, offer in board.shifts.items()
        if offer["seat"] == seat and offer["accepted"] is None
    ]
    if board.operation is not None:
        rows += [
            {"what": "close", "n": n, "until": each["proposed"]["at"]}
            for n, each in board.operation.open_incidents().items()
            if "proposed" in each and role_of(seat).may_close(each["kind"])
        ]
    return sorted(rows, key=lambda row: int(row["until"] or 0))


# What of the log each sight sees besides its own records; None: all that is not hidden from players.
_SEEN: dict[str, tuple[str, ...] | None] = {
    "public": ("voting", "clock.run", "clock.pause", "clock.end"),
    "hospitals": ("clock.", "hospital.", "standby", "seat."),
    "operation": None,
}
_HIDDEN = ("rate", "observe", "msel.", "improve.", "inject.", "forecast", "clock.tick")  # from other players


def see_record(record: dict[str, Any], seat: str) -> bool:
    """Say whether a seat may see a record of the log as it is made."""
    sight, do = role_of(seat).sees, str(record["action"]["do"])
    if sight == "all" or record["seat"] == seat:
        return True
    if do == "inject.message":
        return _meant(list(record["action"]["to"]), seat)
    if do == "note" and _judges(record["seat"]):
        return False
    seen = _SEEN[sight]
    return not do.startswith(_HIDDEN) and (seen is None or do.startswith(seen))


_BLIND = ("public", "hospitals")  # are told nothing that happens in the world
_UNTOLD = ("considered",)
_STAGED = ("gathering", "provoke", "incident", "tension")  # what would tell players that something is an inject


def see_event(event: str, seat: str) -> bool:
    """Say whether a seat may hear of an event of the world, by its name."""
    sight = role_of(seat).sees
    return sight not in _BLIND and event not in _UNTOLD and (sight == "all" or event not in _STAGED)


def events_since(room: Room, logged: int, seat: str, *, until: float | None = None) -> tuple[int, list[dict[str, Any]]]:
    """Tell what happened in the world since a row of its log (up to a time); the number of the row to ask from next."""
    rows = room.world.log()[logged:]
    rows = rows if until is None else rows[: int(np.searchsorted(rows.view(np.ndarray)["t"], until, "right"))]
    if role_of(seat).sees in _BLIND or len(rows) == 0 or room.setup.real:
        return logged + len(rows), []
    frame_ = read_log(rows, room.setup.names)
    kept_rows: list[Any] = [row for row in frame_.itertuples() if see_event(str(row.event), seat)]
    told = [
        {"t": round(row.t * 1000), "event": row.event, "place": row.place, "unit": row.unit, "detail": row.detail}
        for row in kept_rows
    ]
    return logged + len(rows), told
