"""What a log itself says of a critical task: figures with their records, beside the evaluator's rating, never instead.

A field of a fact says what it is: ("min", seconds), ("limit", seconds), ("place", ref), ("role", seat),
("request", kind), ("n", count), ("share", 0 to 1), ("service", name), ("stage", name), ("step", number),
("rating", letter), ("text", words).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from sispamkota.exercise import Board, ExerciseFile, Record
from sispamkota.exercise.exercise_file import Measured, Task
from sispamkota.schema import quantity

from .anev_course import Course, Rise

__all__ = ["Fact", "Seen", "Value", "authority_of", "facts_of", "hospital_gaps"]

Value = tuple[str, Any]


@dataclass(frozen=True)
class Fact:
    """Hold one thing that the log says: `key` of its sentence, its fields, records, minute (ms), standard met or not.

    `met` is None where there is no standard, or the log cannot tell.
    """

    key: str
    fields: Mapping[str, Value]
    records: tuple[int, ...] = ()
    t: int | None = None
    met: bool | None = None


@dataclass(frozen=True)
class Seen:
    """Hold all that facts are found in; `course` is None where the world's figures do not hold."""

    file: ExerciseFile
    records: Sequence[Record]
    board: Board
    course: Course | None

    @property
    def end(self) -> int:
        """Say when the play ended, ms: at its end record, else at the last that is not of the review."""
        ended = [record.t for record in self.records if record.do == "clock.end"]
        return ended[0] if ended else (self.records[-1].t if self.records else 0)

    def sat(self, role: str) -> bool:
        """Say whether anybody ever sat at a role's desk."""
        return any(each.do == "seat.take" and each.seat.partition(":")[0] == role for each in self.records)


def facts_of(task: Task, seen: Seen) -> tuple[Fact, ...]:
    """Find what the log says of a task, in the order of its `measured`."""
    return tuple(fact for what in task.measured for fact in _FACTS[what](task, seen))


# --- dialogue ---------------------------------------------------------------------------------------------------------


def _first_contact(_task: Task, seen: Seen) -> Iterable[Fact]:
    """Hold the first contact logged by people against the first tahap kuning."""
    kinds = ("contact", "meeting")
    first = next((r for r in seen.records if r.do == "dialogue.put" and r.action.get("kind") in kinds), None)
    kuning = seen.course.first("stage_kuning") if seen.course else None
    if first is None:
        met = False if kuning is not None and seen.sat("dialogue") else None
        yield Fact("contact_none", {}, met=met)
        return
    at: dict[str, Value] = {"at": ("min", first.t / 1000.0)}
    if seen.course is None:
        yield Fact("contact_at", at, (first.n,), first.t)
    elif kuning is None:
        yield Fact("contact_calm", at, (first.n,), first.t, met=True)
    else:
        before = first.t / 1000.0 <= kuning.t
        gap: dict[str, Value] = {"gap": ("min", abs(kuning.t - first.t / 1000.0)), "place": ("place", kuning.place)}
        yield Fact("contact_before" if before else "contact_after", at | gap, (first.n,), first.t, met=before)


def _notices(_task: Task, seen: Seen) -> Iterable[Fact]:
    """Count notices of assemblies: in time, or short of it, which opens a dialogue and never a stage."""
    rows = [each for each in seen.board.talks.values() if each.kind == "notice"]
    short = [each for each in rows if (each.notice_h or 0.0) < seen.file.notice_h]
    if rows:
        records = tuple(sorted(n for each in rows for n in each.told))
        fields: dict[str, Value] = {"n": ("n", len(rows)), "short": ("n", len(short)), "h": ("n", seen.file.notice_h)}
        yield Fact("notices", fields, records)


def _commitments(_task: Task, seen: Seen) -> Iterable[Fact]:
    """Count commitments: kept, broken, still open, overdue at the end."""
    rows = [each for each in seen.board.talks.values() if each.kind == "commitment"]
    if not rows:
        return
    late = [each for each in rows if each.kept is None and each.due is not None and each.due < seen.end]
    counts = {
        "kept": sum(each.kept is True for each in rows),
        "broken": sum(each.kept is False for each in rows),
        "open": sum(each.kept is None for each in rows) - len(late),
        "late": len(late),
    }
    met = False if counts["broken"] or late else (True if counts["kept"] == len(rows) else None)
    records = tuple(sorted(n for each in rows for n in each.told))
    yield Fact("commitments", {name: ("n", n) for name, n in counts.items()}, records, met=met)


# --- force, command, requests -----------------------------------------------------------------------------------------


def authority_of(rise: Rise, seen: Seen) -> Any:
    """Find the granted request that let the use of force go so far at a place; None where there is none."""
    found = [
        each
        for each in seen.board.requests.values()
        if each.kind == "kekuatan" and each.granted and each.place == rise.place and (each.step or 0) >= rise.after
        and (each.answered or 0) <= rise.t * 1000.0 + 1.0
    ]  # fmt: skip
    return max(found, key=lambda each: each.answered or 0, default=None)


def _force_reasons(_task: Task, seen: Seen) -> Iterable[Fact]:
    """Ask of each rise beyond what a commander may decide alone whose word and which reason stand behind it."""
    if seen.course is None:
        return
    beyond = [each for each in seen.course.rises if each.after > seen.file.force_free and each.cap]
    backed = [(rise, found) for rise in beyond if (found := authority_of(rise, seen)) is not None]
    free: dict[str, Value] = {"free": ("step", seen.file.force_free)}
    if not beyond:
        most = max((each.after for each in seen.course.rises), default=0)
        alone = most <= seen.file.force_free
        yield Fact("force_within" if alone else "force_policy", free | {"most": ("step", most)}, met=alone or None)
        return
    records = tuple(sorted({n for _, found in backed for n in found.told}))
    fields: dict[str, Value] = free | {"n": ("n", len(beyond)), "backed": ("n", len(backed))}
    yield Fact("force_beyond", fields, records, round(beyond[0].t * 1000), met=len(backed) == len(beyond))


def _answers(task: Task, seen: Seen) -> Iterable[Fact]:
    """Time the answers to what the task's role asked, or was asked."""
    own = [r for r in seen.board.requests.values() if task.role in (r.by.partition(":")[0], r.to.partition(":")[0])]
    if not own:
        yield Fact("asked_none", {})
        return
    waits = {r.n: (r.answered - r.made) / 1000.0 for r in own if r.answered is not None}
    lapsed = [r for r in own if r.state(seen.end) == "lapsed"]
    met = None if task.limit_min is None else not lapsed
    if not waits:
        met = met if lapsed else None
        yield Fact("asked_open", {"n": ("n", len(own)), "lapsed": ("n", len(lapsed))}, tuple(r.n for r in own), met=met)
        return
    worst = max(waits, key=lambda n: waits[n])
    if task.limit_min is not None:
        met = not lapsed and waits[worst] <= 60.0 * task.limit_min
    fields: dict[str, Value] = {
        "n": ("n", len(own)), "answered": ("n", len(waits)), "lapsed": ("n", len(lapsed)),
        "median": ("min", median(waits.values())), "longest": ("min", waits[worst]),
        "kind": ("request", seen.board.requests[worst].kind),
    }  # fmt: skip
    request = seen.board.requests[worst]
    yield Fact("answered", fields, tuple(sorted(request.told)), request.made, met=met)


def _hand_over(_task: Task, seen: Seen) -> Iterable[Fact]:
    """Time each hand-over of control from the stage that calls for it."""
    if seen.course is None:
        return
    for place in seen.course.places:
        for stage, leader in (("kuning", "Kapolresta"), ("merah", "Kapolda")):
            began = seen.course.first(f"stage_{stage}", place=place)
            if began is None:
                continue
            found = [
                h for h in seen.course.happenings
                if h.event == "alih_kendali" and h.place == place and h.detail == leader
            ]  # fmt: skip
            fields: dict[str, Value] = {
                "place": ("place", place),
                "stage": ("stage", stage),
                "leader": ("text", leader),
            }
            if not found:
                yield Fact("hand_over_none", fields, t=round(began.t * 1000))
                continue
            t = found[0].t
            ordered = tuple(
                r.n for r in seen.records
                if r.do in ("command.hand_over", "request.answer") and abs(r.t / 1000.0 - t) < 1e-3
            )  # fmt: skip
            key = "hand_over_took" if t >= began.t else "hand_over_before"
            yield Fact(key, fields | {"took": ("min", abs(t - began.t))}, ordered, round(t * 1000))


def _line(_task: Task, seen: Seen) -> Iterable[Fact]:
    """Ask whether dalmas lanjut took the line after tahap kuning and before the fence gave way."""
    if seen.course is None:
        return
    for place in seen.course.places:
        kuning = seen.course.first("stage_kuning", place=place)
        if kuning is None:
            continue
        line, fence = (seen.course.first(name, place=place) for name in ("lapis_ganti", "perimeter_damaged"))
        fields: dict[str, Value] = {"place": ("place", place)}
        if line is None:
            yield Fact("line_none", fields, t=round(kuning.t * 1000), met=False if fence is not None else None)
            continue
        fields |= {"took": ("min", line.t - kuning.t)}
        key = "line_took" if fence is None else "line_before" if line.t <= fence.t else "line_after"
        yield Fact(key, fields, t=round(line.t * 1000), met=fence is None or line.t <= fence.t)


# --- help, hospitals, the vote ----------------------------------------------------------------------------------------


def _service(seen: Seen, service: str) -> Iterable[Fact]:
    """Count the calls of a service and how many had help within the standard."""
    if seen.course is None:
        return
    calls = [each for each in seen.course.calls if each.service == service and each.outcome != "not_needed"]
    known = quantity(f"response_{service}_s").standard
    limit = math.inf if known is None else float(known.value)
    here: dict[str, Value] = {"service": ("service", service), "limit": ("limit", limit)}
    if not calls:
        yield Fact("calls_none", here)
        return
    within = [each for each in calls if each.seconds <= limit]
    # a call that is open, and not yet as old as the standard, says nothing
    late = [each for each in calls if each.seconds > limit or (math.isnan(each.seconds) and each.waited > limit)]
    judged = len(within) + len(late)
    met = None if not judged else not late
    answered = [each.seconds for each in calls if not math.isnan(each.seconds)]
    fields: dict[str, Value] = here | {
        "n": ("n", len(calls)), "answered": ("n", len(answered)), "within": ("n", len(within)),
        "late": ("n", len(late)),
        "share": ("share", len(within) / judged if judged else math.nan),
        "longest": ("min", max(answered, default=math.nan)),
    }  # fmt: skip
    yield Fact("calls", fields, met=met)


def hospital_gaps(seen: Seen) -> dict[str, tuple[float, int, tuple[int, ...]]]:
    """Give each hospital's longest wait for news, seconds, since when (ms), and its updates' records.

    It counts from when its desk was taken, or its first update, to the end.
    """
    gaps = {}
    for name in {each.seat.partition(":")[2] for each in seen.records if each.do == "seat.take"} | set(
        seen.board.hospitals
    ):
        told = [r for r in seen.records if r.do == "hospital.update" and r.action["hospital"] == name]
        sat = [r.t for r in seen.records if r.do == "seat.take" and r.seat == f"hospital:{name}"]
        times = sorted([*sat[:1], *(r.t for r in told), seen.end])
        if not name or not (told or sat):
            continue
        spans = [(b - a, a) for a, b in pairwise(times)]
        longest, since = max(spans, default=(0, seen.end))
        gaps[name] = (longest / 1000.0, since, tuple(r.n for r in told))
    return dict(sorted(gaps.items()))


def _hospital_board(task: Task, seen: Seen) -> Iterable[Fact]:
    """Hold the longest gap between updates of each hospital's board against the standard."""
    gaps = hospital_gaps(seen)
    if not gaps:
        yield Fact("board_none", {}, met=False if seen.sat("hospital") else None)
    for name, (longest, since, records) in gaps.items():
        met = None if task.limit_min is None else longest <= 60.0 * task.limit_min
        fields: dict[str, Value] = {
            "place": ("place", name), "n": ("n", len(records)), "gap": ("min", longest), "at": ("min", since / 1000.0),
        }  # fmt: skip
        yield Fact("board", fields, records, since, met=met)


def _voting(_task: Task, seen: Seen) -> Iterable[Fact]:
    """List decisions on the vote; each has its reason."""
    rows = [each for each in seen.records if each.do == "voting"]
    if not rows:
        yield Fact("voting_none", {}, met=False if seen.sat("kpu") else None)
    else:
        yield Fact("voting", {"n": ("n", len(rows))}, tuple(r.n for r in rows), rows[0].t, met=True)


_FACTS: Mapping[Measured, Callable[[Task, Seen], Iterable[Fact]]] = {
    "first_contact": _first_contact,
    "notices": _notices,
    "commitments": _commitments,
    "force_reasons": _force_reasons,
    "answers": _answers,
    "hand_over": _hand_over,
    "line": _line,
    "police": lambda _, seen: _service(seen, "police"),
    "fire": lambda _, seen: _service(seen, "fire"),
    "ambulance": lambda _, seen: _service(seen, "ambulance"),
    "hospital_board": _hospital_board,
    "voting": _voting,
}
