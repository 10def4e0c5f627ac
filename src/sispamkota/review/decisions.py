"""Why a unit was sent, or none: the incidents of a replicate, each with its decisions and their candidates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sispamkota.rehearsal.story import STANDINGS

__all__ = ["MOST_CANDIDATES", "Candidate", "Decision", "Incident", "read_incidents"]

MOST_CANDIDATES = 12  # named of one decision beside those sent; the others are counted by how they stand
NAMED_FIRST = ("available", "serves_lower")


@dataclass(frozen=True)
class Candidate:
    """Hold how a unit stood before a decision, and in how many seconds it would be there (None: it is not asked)."""

    unit: str
    standing: str
    seconds: float | None


@dataclass
class Decision:
    """Hold one decision: when (s), what it asked for, who was looked at, who was sent, how many were missing.

    `others` counts the candidates that are not named, by how they stand. A decision without candidates: a unit that
    became free took what waited.
    """

    t: float
    asked: str = ""
    candidates: list[Candidate] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    unmet: int = 0


@dataclass
class Incident:
    """Hold one incident: its kind and place; when it was called, understood and closed (s, None: not)."""

    kind: str
    place: str
    called: float
    recognised: float | None = None
    closed: float | None = None
    decisions: list[Decision] = field(default_factory=list)


def read_incidents(timeline: pd.DataFrame) -> tuple[list[Incident], dict[int, int]]:
    """Read the incidents of a log in the order of their calls, and by row of the log the incident that it is of."""
    found: list[Incident] = []
    current: dict[int, int] = {}  # the engine's rows are used again
    of_row: dict[int, int] = {}
    pending: dict[int, Decision] = {}
    if "incident" not in timeline:
        return found, of_row
    rows: list[Any] = list(timeline.itertuples(index=False))
    for number, row in enumerate(rows):
        engine_row = int(row.incident)
        if row.event == "call":
            current[engine_row] = len(found)
            found.append(Incident(str(row.detail), str(row.place), float(row.t)))
        if engine_row in current:
            of_row[number] = current[engine_row]
            _read(found[current[engine_row]], row, pending, engine_row)
    for incident in found:
        for decision in incident.decisions:
            _shorten(decision)
    return found, of_row


def _read(incident: Incident, row: Any, pending: dict[int, Decision], key: int) -> None:
    """Take one row of an incident in."""
    now, event, detail = float(row.t), str(row.event), str(row.detail)
    if event == "recognised":
        incident.recognised = now
    elif event == "closed":
        incident.closed = now
    elif event == "considered":
        decision = pending.get(key)
        if decision is None or decision.t != now or decision.sent or decision.unmet:
            decision = pending[key] = Decision(now)
            incident.decisions.append(decision)
        decision.candidates.append(_candidate(str(row.unit), detail))
    elif event in ("dispatch", "unmet"):
        count, _, asked = detail.partition(" ")
        decision = pending.get(key)
        if decision is None or decision.t != now or decision.asked not in ("", asked):
            decision = pending[key] = Decision(now)
            incident.decisions.append(decision)
        decision.asked = asked
        if event == "dispatch":
            decision.sent.append(str(row.unit))
        else:
            decision.unmet = int(count)


def _candidate(unit: str, detail: str) -> Candidate:
    """Read "available in 12.3 s"."""
    standing, _, rest = detail.partition(" in ")
    return Candidate(unit, standing, float(rest.split(" ", 1)[0]) if rest else None)


def _shorten(decision: Decision) -> None:
    """Name those sent and the nearest of the others, the available first; count the rest."""
    sent = set(decision.sent)

    def order(each: Candidate) -> tuple[bool, bool, float, int, str]:
        seconds = float("inf") if each.seconds is None else each.seconds
        return (
            each.unit not in sent,
            each.standing not in NAMED_FIRST,
            seconds,
            STANDINGS.index(each.standing),
            each.unit,
        )

    ranked = sorted(decision.candidates, key=order)
    kept = len(sent) + MOST_CANDIDATES
    decision.candidates = ranked[:kept]
    decision.others = dict(Counter(each.standing for each in ranked[kept:]))
