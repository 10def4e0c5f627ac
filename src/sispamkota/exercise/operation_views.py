"""What a desk sees of an operation: what is reported, how old it is, and what nobody has reported yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from sispamkota.force.doctrine import norm

from .operation import Operation
from .setup import Setup

__all__ = ["MOST", "operation_of", "stations"]

MOST = 60  # rows of a list; how many there are stands beside it
DAY_MS = 86_400_000
STEP_MS = 1000  # which TPS are late is looked at so often
_CLOSED_KEPT = 10


def stations(operation: Operation, setup: Setup) -> Mapping[str, Mapping[str, Any]]:
    """Give how each TPS stands by its code, where it is known: by its own report, or a later one of its kelurahan."""
    known: dict[str, Any] | None = operation.memo.get("stations")
    if known is None:
        known = operation.memo["stations"] = {}
        for area, codes in setup.stations.items():
            of_all = operation.tps.get(area)
            for code in codes:
                own = operation.tps.get(code)
                later = of_all is None or (own is not None and (own["at"], own["n"]) > (of_all["at"], of_all["n"]))
                row = own if later else of_all
                if row is not None:
                    known[code] = row
    return known


def operation_of(operation: Operation, setup: Setup, now_ms: int, *, sight: str) -> dict[str, Any]:
    """Give the operation's board as plain values; to hospitals only where people are hurt."""
    open_ = operation.open_incidents()
    if sight == "hospitals":
        hurt = [(n, row) for n, row in open_.items() if row["injured"]]
        return {"incidents": {str(n): {k: row[k] for k in ("place", "injured", "at", "called")} for n, row in hurt}}
    closed = [n for n, row in operation.incidents.items() if row["state"] == "closed"][-_CLOSED_KEPT:]
    return {
        "tps": _once(operation, "tps", now_ms // STEP_MS, lambda: _tps(operation, setup, now_ms)),
        "incidents": {str(n): operation.incidents[n] for n in (*open_, *closed)},
        "crowds": dict(operation.crowds),
        "units": dict(operation.units),
        "counts": _once(operation, "counts", 0, lambda: _count(operation, setup)),
        "commands": dict(operation.commands),
        "reinforced": operation.reinforced,
        "doubled": list(operation.doubled),
        "conflicts": operation.conflicts[-MOST:],
    }


def _once(operation: Operation, name: str, step: int, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Work something out once for all seats that are told of the same moment; what is older is forgotten."""
    if operation.memo.get(name, (None,))[0] != step:
        operation.memo[name] = (step, work())
    told: dict[str, Any] = operation.memo[name][1]
    return told


def _tps(operation: Operation, setup: Setup, now_ms: int) -> dict[str, Any]:
    """Count TPS by state, list those that are disrupted or late, and tell each kelurahan by its counts."""
    known = stations(operation, setup)
    counts = Counter(row["state"] for row in known.values())
    late = [code for code, row in known.items() if row["state"] == "not_open" and _opened(setup, row["at"], now_ms)]
    disrupted = [code for code, row in known.items() if row["state"] == "disrupted"]
    areas = {}
    for area, codes in setup.stations.items():
        rows = [known[code] for code in codes if code in known]
        if rows:
            of = Counter(row["state"] for row in rows)
            at = [row["at"] for row in rows]
            areas[area] = {"states": dict(of), "of": len(codes), "oldest": min(at), "newest": max(at)}
    return {
        "states": dict(counts),
        "told": len(known),
        "of": len(setup.tps),
        "waiting": sum(row["waiting"] or 0 for row in known.values()),
        "late": _listed(known, late),
        "late_n": len(late),
        "disrupted": _listed(known, disrupted),
        "disrupted_n": len(disrupted),
        "areas": areas,
    }


def _listed(known: Mapping[str, Mapping[str, Any]], codes: list[str]) -> list[dict[str, Any]]:
    """List TPS, the latest told first."""
    rows = sorted(codes, key=lambda code: (-known[code]["at"], code))[:MOST]
    return [{"tps": code, **known[code]} for code in rows]


def _opened(setup: Setup, at_ms: int, now_ms: int) -> bool:
    """Say whether the hour of opening on the day of a report has passed."""
    start = setup.start
    opens = int(norm("tps.opens_s", on=start.date()).value * 1000)
    midnight = (start.hour * 3600 + start.minute * 60 + start.second) * 1000
    day = (at_ms + midnight) // DAY_MS
    return now_ms + midnight >= day * DAY_MS + opens


def _count(operation: Operation, setup: Setup) -> dict[str, dict[str, int]]:
    """Count the units of each agency by what they last reported; "untold" are those of the plan that have not."""
    counts: dict[str, Counter[str]] = {}
    for unit, agency in setup.agencies.items():
        row = operation.units.get(unit)
        counts.setdefault(agency, Counter())[row["state"] if row else "untold"] += 1
    return {agency: dict(of) for agency, of in sorted(counts.items())}
