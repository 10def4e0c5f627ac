"""From a description by name to the engine's arrays, and the empty state that a worker fills."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import EngineError
from sispamkota.kernels import heap, memory
from sispamkota.kernels import layout as at
from sispamkota.kernels.rng import stream_id

from .joint import joint_of, names_in
from .specs import KindSpec, WorldSpec

__all__ = [
    "CAPACITY",
    "State",
    "Tables",
    "bind",
    "build_tables",
    "digest_of",
    "drawn_numbers",
    "new_state",
    "order_kinds",
    "pooled",
    "rules_of",
]


class Tables(NamedTuple):
    """Hold what a replicate reads, shared by all workers; fields are named as the readers of `kernels.memory`."""

    offset: NDArray[np.int64]  # [family + 1] first agenda slot of each family, the number of slots last
    nodes: int
    vehicles: int
    every: int  # of the calls, each so-many-th is kept
    param: Any
    travel: Any  # [streets open or closed × vehicle × node × node] seconds, inf where no road leads
    spread: Any  # [crowd × crowd] cumulative contagion weights of a row
    place: Any
    crowd_t: Any
    unit_t: Any
    pool_t: Any
    member: Any  # the units of the pools, one after the other
    kind: Any
    hospital_t: Any
    hazard_t: Any
    inject_t: Any
    prior: Any  # the parameters that each replicate draws
    joint: NDArray[np.float64] = joint_of(())  # [row × parameter] of which each replicate draws one; NaN: says nothing


class State(NamedTuple):
    """Hold what a replicate writes: the header that kernels take, and the tables behind it; one a worker."""

    world: Any
    param: Any  # the parameters of this replicate
    slot: Any  # the agenda
    crowd: Any
    unit: Any
    pool: Any
    homeward: Any  # units on their way home that may be turned
    incident: Any
    casualty: Any
    hospital: Any
    hazard: Any
    inject: Any
    response: Any
    log: Any


CAPACITY: Mapping[str, int] = {"incidents": 512, "casualties": 2048, "responses": 2048, "log": 600_000}
MOST_GATES = 62
SUITED = {
    at.POLICE_SERVICE: {at.DIALOGUE, at.CROWD_0, at.CROWD_1, at.CROWD_2, at.PATROL, at.GUARD, at.TRAFFIC, at.TPS},
    at.FIRE_SERVICE: {at.FIRE, at.RESCUE},
    at.AMBULANCE_SERVICE: {at.AMBULANCE},
}  # what each service's calls are about
CITY_WIDE = (at.SET_TENSION, at.CLOSE_STREETS, at.OPEN_STREETS)
BUILT_IN = (
    KindSpec("evacuation", at.EVACUATION, priority=2, service=at.AMBULANCE_SERVICE, need={at.AMBULANCE: 1}, patients=1),
    KindSpec("office-fire", at.OFFICE_FIRE, priority=3, service=at.FIRE_SERVICE, need={at.FIRE: 1}),
    KindSpec("unrest", at.UNREST, priority=1),
    KindSpec("neighbour-fire", priority=3, service=at.FIRE_SERVICE, need={at.FIRE: 1}),
)


def _records(dtype: np.dtype[Any], n: int) -> Any:
    """Make n empty records that kernels read by field."""
    return np.zeros(n, dtype).view(np.recarray)


def _fill(dtype: np.dtype[Any], rows: Sequence[Mapping[str, Any]]) -> Any:
    """Make records from rows of named values; what a row leaves out is zero."""
    records = _records(dtype, len(rows))
    for i, row in enumerate(rows):
        for name, value in row.items():
            records[name][i] = value
    return records


def _by_capability(need: Mapping[int, int]) -> NDArray[np.int64]:
    """Spread a mapping over the capabilities; int64[CAPS]."""
    row = np.zeros(at.CAPS, np.int64)
    for capability, n in need.items():
        row[capability] = n
    return row


def _numbered(spec: WorldSpec) -> dict[str, int]:
    """Give everything that draws a number by its name; two names with one number are refused."""
    names = [f"place:{p.id}" for p in spec.places] + [f"unit:{u.id}" for u in spec.units]
    names += [f"hazard:{h.id}" for h in spec.hazards] + [f"inject:{x.id}" for x in spec.injects]
    names += [f"hospital:{h.id}" for h in spec.hospitals]
    names += sorted({f"draw:{h.draw or h.id}" for h in spec.hazards})
    names += sorted({f"gathering:{x.gathering}" for x in spec.injects if x.gathering})
    numbers: dict[str, int] = {}
    taken: dict[int, str] = {}
    for name in names:
        number = stream_id(name)
        if taken.setdefault(number, name) != name or name in numbers:
            raise EngineError(f"{name} and {taken[number]} would draw the same random numbers; rename one of them")
        numbers[name] = number
    return numbers


def order_kinds(spec: WorldSpec) -> list[KindSpec]:
    """Return all kinds with the built-in ones first; a kind of the same name replaces its default."""
    own = {kind.id: kind for kind in spec.kinds}
    return [own.pop(kind.id, kind) for kind in BUILT_IN] + list(own.values())


def _offsets(spec: WorldSpec) -> NDArray[np.int64]:
    """Return the first agenda slot of each family, and the number of slots last."""
    crowds = len(spec.crowds)
    sizes = [crowds] * 6 + [len(spec.units), CAPACITY["incidents"], CAPACITY["casualties"]]
    sizes += [len(spec.hazards), len(spec.injects), len(spec.units), len(spec.hospitals) * at.BEDS, len(spec.hospitals)]
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _spread(spec: WorldSpec) -> NDArray[np.float64]:
    """Return cumulative contagion weights: power law with offset in distance, rows summing to 1, none to itself."""
    n = len(spec.crowds)
    weights = np.zeros((n, n))
    if n > 1:
        distance = np.zeros((n, n)) if spec.distance is None else spec.distance
        scale, power = spec.parameters["spread_distance"], spec.parameters["spread_power"]
        weights = (1.0 + distance / scale) ** -power
        np.fill_diagonal(weights, 0.0)
        weights /= weights.sum(axis=1, keepdims=True)
    return np.cumsum(weights, axis=1)


def build_tables(spec: WorldSpec) -> Tables:
    """Build the read-only tables that kernels take; raises EngineError where two names would share their luck."""
    who, kinds = _numbered(spec), order_kinds(spec)
    place = {p.id: i for i, p in enumerate(spec.places)}
    crowd = {c.place: i for i, c in enumerate(spec.crowds)}
    kind = {k.id: i for i, k in enumerate(kinds)}
    asked = [hazard.kind for hazard in spec.hazards] + [inject.kind for inject in spec.injects]
    _check(spec, kinds)
    own = {"office-fire", "unrest", "neighbour-fire"}.intersection(asked)
    if own:
        raise EngineError(f"{min(own)} starts at a crowd only; no hazard or inject may open it")
    gates = _gates(spec)
    unit_t, pool_t, member = pooled(_fill(at.UNIT_T, [_unit_row(u, who, place) for u in spec.units]))
    param = _records(at.PARAM, 1)
    for name in at.PARAMETERS:
        param[name][0] = spec.parameters[name]
    return Tables(
        offset=_offsets(spec),
        nodes=spec.travel.shape[-1],
        vehicles=spec.travel.shape[-3],
        every=spec.every,
        param=param,
        travel=np.ascontiguousarray(spec.travel, np.float32).reshape(-1).view(at.SECONDS).view(np.recarray),
        spread=_spread(spec).reshape(-1).view(at.WEIGHT).view(np.recarray),
        place=_fill(at.PLACE_T, [_place_row(p, who, crowd) | {"gate": gates[p.id]} for p in spec.places]),
        crowd_t=_fill(at.CROWD_T, [_crowd_row(c, who, place) for c in spec.crowds]),
        unit_t=unit_t,
        pool_t=pool_t,
        member=member,
        kind=_fill(at.KIND_T, [_kind_row(k) for k in kinds]),
        hospital_t=_fill(
            at.HOSPITAL_T,
            [{"who": who[f"hospital:{h.id}"], "place": place[h.place], "beds": h.beds} for h in spec.hospitals],
        ),
        hazard_t=_fill(
            at.HAZARD_T,
            [
                {
                    "who": who[f"hazard:{h.id}"],
                    "place": place[h.place],
                    "kind": kind[h.kind],
                    "draw": who[f"draw:{h.draw or h.id}"],
                    "gamma_shape": h.shape,
                    "tense": h.tense,
                    "rate": h.rate,
                }
                for h in spec.hazards
            ],
        ),
        inject_t=_fill(at.INJECT_T, [_inject_row(x, who, place, crowd, kind) for x in spec.injects]),
        prior=_fill(at.PRIOR, [_prior_row(name, triangle) for name, triangle in spec.prior.items()]),
        joint=joint_of(spec.joint),
    )


def _check(spec: WorldSpec, kinds: Sequence[KindSpec]) -> None:
    """Raise EngineError for what no kernel could play: streets without a table, a crowd's call that fades.

    An incident that belongs to a crowd, its fire or a casualty ends with it, and never by itself.
    """
    states = spec.travel.shape[0] if spec.travel.ndim == 4 else 1
    for inject in spec.injects:
        if inject.action == at.CLOSE_STREETS and not 0 <= inject.amount < states:
            raise EngineError(f"{inject.id}: no travel times for the streets as it leaves them")
    for kind in kinds:
        if kind.model != at.PLAIN and (kind.fade > 0.0 or any(kind.harm)):
            raise EngineError(f"{kind.id} ends with what it belongs to: it cannot fade, nor hurt by itself")


def _gates(spec: WorldSpec) -> dict[str, int]:
    """Give each gate of the city a bit of its own, and every other place none."""
    gates = [p.id for p in spec.places if p.gate]
    if len(gates) > MOST_GATES:
        raise EngineError(f"screening at {len(gates)} places; at most {MOST_GATES}")
    return {p.id: 1 << gates.index(p.id) if p.gate else 0 for p in spec.places}


def _place_row(p: Any, who: Mapping[str, int], crowd: Mapping[str, int]) -> dict[str, Any]:
    """Return the record of a place, but for its gate."""
    row = {name: getattr(p, name) for name in ("node", "alert", "voters")}
    return row | {"who": who[f"place:{p.id}"], "crowd": crowd.get(p.id, -1)}


def _crowd_row(c: Any, who: Mapping[str, int], place: Mapping[str, int]) -> dict[str, Any]:
    """Return the record of a crowd."""
    return {
        "who": who[f"place:{c.place}"],
        "place": place[c.place],
        "enclosed": c.enclosed,
        "protected": c.protected,
        "burnable": c.burnable,
        "ballots": c.ballots,
        "volatility": c.volatility,
        "site": c.site,
        "peaceful": c.peaceful,
        "violent": c.violent,
        "need": np.stack([_by_capability(need) for need in c.need]),
    }


def _unit_row(u: Any, who: Mapping[str, int], place: Mapping[str, int]) -> dict[str, Any]:
    """Return the record of a unit."""
    return {
        "who": who[f"unit:{u.id}"],
        "home": place[u.home],
        "people": u.people,
        "caps": sum(1 << cap for cap in u.caps),
        "shown": u.shown,
        "task": u.task,
        "vehicle": u.vehicle,
        "effective": u.people if u.effective is None else u.effective,
        "turnout": u.turnout,
        "turnout_spread": u.turnout_spread,
        "redispatch": u.redispatch,
        "desk": u.desk,
    } | dict(zip(("duty_start", "duty_length", "duty_every"), u.duty or (0.0, 0.0, 0.0), strict=True))


def pooled(unit_t: Any) -> tuple[Any, Any, Any]:
    """Pool units that are one to whoever looks for the nearest; return the units, the pools and their rows."""
    key = ["home", "caps", "task", "vehicle", "turnout", "desk"]
    units, pools = unit_t.view(np.ndarray), dict[tuple[Any, ...], list[int]]()
    for u, row in enumerate(units[key].tolist()):
        pools.setdefault(row, []).append(u)
    member, rows = _records(at.MEMBER, len(units)), []
    first = 0
    for k, (row, own) in enumerate(pools.items()):
        rows.append(dict(zip(key, row, strict=True)) | {"first": first, "units": len(own)})
        member.unit[first : first + len(own)] = own
        units["pool"][own], units["number"][own] = k, np.arange(len(own))
        first += len(own)
    return unit_t, _fill(at.POOL_T, rows), member


def _kind_row(k: KindSpec) -> dict[str, Any]:
    """Return the record of a kind of incident."""
    names = [
        "model",
        "priority",
        "service",
        "queue",
        "law",
        "work",
        "spread",
        "call",
        "patients",
        "effect",
        "full",
        "fade",
        "cause",
    ]
    return {name: getattr(k, name) for name in [*names, "harm"]} | {
        "need": _by_capability(k.need),
        "suited": _suited(k),
    }


def _suited(k: KindSpec) -> int:
    """Return the capabilities, as bits, that answer a kind's call and begin its work: those of its service.

    All of them for a kind without a service, or one that asks for nothing of its service.
    """
    asked = {cap for cap, n in k.need.items() if n > 0}
    own = asked & SUITED.get(k.service, asked)
    return sum(1 << cap for cap in own or asked or range(at.CAPS))


def _inject_row(
    x: Any, who: Mapping[str, int], place: Mapping[str, int], crowd: Mapping[str, int], kind: Mapping[str, int]
) -> dict[str, Any]:
    """Return the record of an inject; one that makes an incident acts on no crowd."""
    names = ("time", "stage", "delay", "action", "camp", "amount", "spread", "share")
    return {name: getattr(x, name) for name in names} | {
        "who": who[f"inject:{x.id}"],
        "watch": -1 if x.watch is None else crowd[x.watch],
        "crowd": -1 if x.action in CITY_WIDE or x.action == at.MAKE_INCIDENT else crowd[x.place],
        "place": -1 if x.action in CITY_WIDE else place[x.place],
        "kind": -1 if x.kind is None else kind[x.kind],
        "gathering": who.get(f"gathering:{x.gathering}", 0),
    }


def _prior_row(name: str, triangle: tuple[float, float, float]) -> dict[str, Any]:
    """Return the record of a parameter that is drawn."""
    low, mode, high = triangle
    number = at.PARAMETERS.index(name)
    return {"parameter": number, "who": stream_id(f"parameter:{name}"), "low": low, "mode": mode, "high": high}


def drawn_numbers(tables: Tables) -> NDArray[np.int64]:
    """Give the numbers in PARAMETERS of all that each replicate draws: by itself, or in a row with others."""
    return np.union1d(tables.prior["parameter"], names_in(tables.joint)).astype(np.int64)


def digest_of(tables: Tables) -> str:
    """Hash everything that a replicate reads, 64 hexadecimal digits: equal worlds give equal digests."""
    digest = hashlib.sha256()
    for name, part in tables._asdict().items():
        if name == "joint" and not len(part):
            continue  # worlds without rows keep the digest that they had before there were any
        digest.update(f"{name} {np.asarray(part).dtype} {np.shape(part)}".encode() + np.asarray(part).tobytes())
    return digest.hexdigest()


def rules_of(tables: Tables) -> str:
    """Hash what a replicate reads and no plan changes, 64 hexadecimal digits: the game in which two plans may meet.

    Rates, kinds of incident, crowds, happenings, hospitals, and the ways between crowds and hospitals; not hazards,
    whose files the manifest names.
    """
    digest = hashlib.sha256()
    for name in ("param", "kind", "prior", "joint", "spread", "crowd_t", "hospital_t", "inject_t"):
        digest.update(np.asarray(getattr(tables, name)).tobytes())
    places = np.concatenate([tables.crowd_t["place"], tables.hospital_t["place"]])
    nodes = tables.place["node"][places]
    seconds = np.asarray(tables.travel).view(np.float32).reshape(-1, tables.nodes, tables.nodes)
    digest.update(np.ascontiguousarray(seconds[:, nodes[:, None], nodes]).tobytes())
    return digest.hexdigest()


def new_state(tables: Tables, *, log: bool = False, responses: int = CAPACITY["responses"]) -> State:
    """Allocate one worker's state and bind it to the tables; with `log`, room for the event log of a replicate."""
    state = State(
        world=_records(at.WORLD, 1),
        param=tables.param.copy(),
        slot=_records(at.SLOT, int(tables.offset[heap.FAMILIES])),
        crowd=_records(at.CROWD, len(tables.crowd_t)),
        unit=_records(at.UNIT, len(tables.unit_t)),
        pool=_records(at.POOL, len(tables.pool_t)),
        homeward=_records(at.MEMBER, len(tables.unit_t)),
        incident=_records(at.INCIDENT, CAPACITY["incidents"]),
        casualty=_records(at.CASUALTY, CAPACITY["casualties"]),
        hospital=_records(at.HOSPITAL, len(tables.hospital_t)),
        hazard=_records(at.HAZARD, len(tables.hazard_t)),
        inject=_records(at.INJECT, len(tables.inject_t)),
        response=_records(at.RESPONSE, responses),
        log=_records(at.LOG, CAPACITY["log"] if log else 1),
    )
    bind(state, tables)
    return state


def bind(state: State, tables: Tables) -> None:
    """Write the sizes and addresses of the tables into the header; whoever uses the header keeps both alive."""
    w = state.world
    w.offset[0] = tables.offset
    w.nodes[0] = tables.nodes
    w.vehicles[0] = tables.vehicles
    w.places[0] = len(tables.place)
    w.every[0] = tables.every
    for field in ("slot", "crowd", "unit", "pool", "hospital", "hazard", "inject"):
        w[f"{field}s"][0] = len(getattr(state, field))
    for field, part in (
        ("incidents", "incident"),
        ("casualties", "casualty"),
        ("responses", "response"),
        ("log", "log"),
    ):
        w[f"max_{field}"][0] = len(getattr(state, part))
    for field in memory.TABLES:
        part = getattr(state, field) if field in State._fields else getattr(tables, field)
        w[field][0] = part.ctypes.data
        if memory.PLAIN:
            memory.PARTS[part.ctypes.data] = part
