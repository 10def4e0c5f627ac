"""The after-action review of an exercise (Anev, in the form of HSEEP): what its log shows, and nothing else.

Everything comes from the exercise's file, its records, and its world played again. One exercise is one story.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sispamkota.errors import SispamkotaError, StoreError
from sispamkota.exercise import Board, ExerciseFile, ExerciseLog, Record, Setup, make_setup
from sispamkota.exercise.exercise_file import Carried, Task
from sispamkota.exercise.improvement import board_of
from sispamkota.exercise.log import chain_faults
from sispamkota.place import City
from sispamkota.schema import quantity

from .anev_course import Basis, Course, replay_course
from .anev_facts import Fact, Seen, facts_of

__all__ = ["HARM", "Among", "Anev", "Attended", "Plank", "Point", "Rated", "make_anev"]

HARM = ("injured_civilians", "injured_officers", "deaths", "injured_by_force")
_BAD = ("M", "U")


@dataclass(frozen=True)
class Attended:
    """Say who took part, by role: when it first did something (ms), and how many records it made."""

    seat: str
    first: int
    records: int
    sat: bool


@dataclass(frozen=True)
class Rated:
    """Hold a critical task: the evaluator's rating (None: not rated), and what the log says of it."""

    task: Task
    rating: Mapping[str, Any] | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Point:
    """Hold a sentence of what went well or what to improve, and what it stands on; `task` where it is about one."""

    good: bool
    fact: Fact
    task: Task | None = None


@dataclass(frozen=True)
class Plank:
    """Hold an item of the improvement plan; state: open, overdue, closed (here), closed_before (it came so)."""

    id: str
    text: str
    owner: str
    due: str
    state: str
    evidence: str
    origin: str
    records: tuple[int, ...]


@dataclass(frozen=True)
class Among:
    """Say where this run lies among rehearsals of the same scenario and plan: how many had less, how many as much."""

    measure: str
    value: float
    n: int
    less: int
    equal: int


@dataclass(frozen=True, eq=False)
class Anev:
    """Hold an after-action review.

    `places` gives places' names by reference; `day` is the wall's day of the last record; `among` is empty unless
    rehearsals were asked for.
    """

    log: ExerciseLog
    file: ExerciseFile
    board: Board
    basis: Basis
    course: Course | None
    seen: Seen
    attended: tuple[Attended, ...]
    objectives: tuple[tuple[str, str, tuple[Rated, ...]], ...]
    points: tuple[Point, ...]
    plan: tuple[Plank, ...]
    among: tuple[Among, ...]
    places: Mapping[str, str]
    sites: Any
    day: str

    @property
    def unrated(self) -> int:
        """Count the critical tasks that nobody rated."""
        return sum(row.rating is None for _, _, rows in self.objectives for row in rows)

    @property
    def head(self) -> str:
        """Give the hash of the last record: it stands for the whole log."""
        return self.log.records[-1].hash if self.log.records else ""

    def to_dict(self, *, audience: str = "service") -> dict[str, Any]:
        """Give plain JSON values; for the public without ratings, facts and plan."""
        told: dict[str, Any] = {
            "exercise": self.file.name,
            "day": self.day,
            "records": len(self.log.records),
            "head": self.head,
            "basis": vars(self.basis),
            "harm": None if self.course is None else {name: self.course.measures[name] for name in HARM},
        }
        if audience == "public":
            return told
        tasks = {row.task.id: row for _, _, rows in self.objectives for row in rows}
        return told | {
            "ratings": {name: None if row.rating is None else row.rating["rating"] for name, row in tasks.items()},
            "facts": {name: [_plain(fact) for fact in row.facts] for name, row in tasks.items()},
            "among": [vars(each) for each in self.among],
            "plan": [vars(each) | {"records": list(each.records)} for each in self.plan],
        }

    def __str__(self) -> str:
        """Print the review in a line."""
        well = sum(point.good for point in self.points)
        return f"{self.log}; {well} went well, {len(self.points) - well} to improve, {self.unrated} not rated"

    def _repr_html_(self) -> str:
        return f"<p>{self}</p>"


def _plain(fact: Fact) -> dict[str, Any]:
    """Give a fact as plain JSON values; what is not a finite number is null."""
    values = {name: value for name, (_, value) in fact.fields.items()}
    bare = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}
    return {"key": fact.key, "met": fact.met, "t_ms": fact.t, "records": list(fact.records), **bare}


def make_anev(log: ExerciseLog, *, setup: Setup | None = None, rehearsals: int = 0) -> Anev:
    """Review an exercise; `setup` spares making it again where the caller has it.

    With `rehearsals` that many replicates of the same scenario and plan are played, and this run is placed among them.
    The world is played again only with the engine that played it: of another engine's log only what was recorded is
    shown. Raises StoreError for a log whose chain is broken, or without an exercise file.
    """
    faults = tuple(chain_faults(log.records, where="log"))
    if faults:
        raise StoreError(faults)
    board = board_of(log)
    file = board.setup.file
    setup = setup or _setup(log, file)
    basis, course = replay_course(log, setup)
    seen = Seen(file, log.records, board, course)
    objectives = tuple(
        (each.title_id, each.title_en, tuple(_rated(task, seen) for task in each.tasks)) for each in file.objectives
    )
    city = setup.city if setup is not None else _city(file)
    day = log.records[-1].at[:10] if log.records else ""
    anev = Anev(
        log=log,
        file=file,
        board=board,
        basis=basis,
        course=course,
        seen=seen,
        attended=_attended(log.records),
        objectives=objectives,
        points=(),
        plan=tuple(_plank(name, row, file, day) for name, row in board.improvements.items()),
        among=_among(setup, course, rehearsals),
        places=_names(log.records, course, city),
        sites=None if city is None else city.venues[["name", "kind"]],
        day=day,
    )
    return replace(anev, points=_points(anev))


def _setup(log: ExerciseLog, file: ExerciseFile) -> Setup | None:
    """Set an exercise in its city again; None where it does not fit any more."""
    from sispamkota.kernels._compile import sources_digest

    if log.setup.get("engine") != sources_digest():
        return None
    try:
        return make_setup(file)
    except SispamkotaError:
        return None


def _city(file: ExerciseFile) -> City | None:
    """Load the city for its names alone."""
    try:
        return City.load(file.city)
    except SispamkotaError:
        return None


def _attended(records: tuple[Record, ...]) -> tuple[Attended, ...]:
    """Gather who did something, in the order in which they came; the server is nobody."""
    found: dict[str, Attended] = {}
    for record in records:
        if record.seat != "server":
            old = found.get(record.seat, Attended(record.seat, record.t, 0, sat=False))
            sat = old.sat or record.do == "seat.take"
            found[record.seat] = Attended(record.seat, old.first, old.records + 1, sat)
    return tuple(found.values())


def _rated(task: Task, seen: Seen) -> Rated:
    return Rated(task, seen.board.ratings.get(task.id), facts_of(task, seen))


def _plank(name: str, row: Mapping[str, Any], file: ExerciseFile, day: str) -> Plank:
    """Judge an item of the improvement plan on the day of the exercise."""
    carried: dict[str, Carried] = {each.id: each for each in file.carried}
    was = carried.get(name)
    if row["closed"] is not None:
        state = "closed_before" if was is not None and was.state == "closed" and row["n"] < 0 else "closed"
    else:
        state = "overdue" if day and row["due"] < day else "open"
    records = tuple(n for n in (row["n"], row.get("ended", -1)) if n >= 0)
    origin = row.get("origin", "")
    return Plank(name, row["text"], row["owner"], row["due"], state, row.get("evidence", ""), origin, records)


def _names(records: tuple[Record, ...], course: Course | None, city: City | None) -> dict[str, str]:
    """Name every place that is spoken of; one that the city does not know keeps its reference."""
    refs = {str(each.action[key]) for each in records for key in ("place", "hospital") if each.action.get(key)}
    refs |= {each.seat.partition(":")[2] for each in records}
    if course is not None:
        refs |= {each.place for each in course.happenings} | {each.place for each in course.calls} | {*course.places}
        refs |= {each.detail for each in course.happenings if each.event == "divert"}
    names = {}
    for ref in sorted(refs - {""}):
        try:
            names[ref] = city.find(ref).name if city is not None else ref
        except SispamkotaError:
            names[ref] = ref
    return names


# --- what went well, what to improve ----------------------------------------------------------------------------------


def _points(anev: Anev) -> tuple[Point, ...]:
    """Gather the sentences: harm first, then ratings, then what the log shows against a standard, then what is due."""
    points = [*_harm_points(anev)]
    for _, _, rows in anev.objectives:
        for row in rows:
            if row.rating is not None and row.rating["rating"] in ("P", *_BAD):
                good = row.rating["rating"] == "P"
                fields = {"rating": ("rating", row.rating["rating"]), "text": ("text", row.rating["text"])}
                fact = Fact("rated", fields, (row.rating["n"],), row.rating["at"])
                points.append(Point(good, fact, row.task))
            points += [Point(fact.met, fact, row.task) for fact in row.facts if fact.met is not None]
    late = [each for each in anev.plan if each.state == "overdue"]
    done = [each for each in anev.plan if each.state == "closed" and each.origin]
    for good, key, rows_ in ((True, "carried_closed", done), (False, "carried_late", late)):
        if rows_:
            records = tuple(n for each in rows_ for n in each.records)
            what = "; ".join(each.text for each in rows_)
            points.append(Point(good, Fact(key, {"n": ("n", len(rows_)), "text": ("text", what)}, records)))
    return tuple(points)


def _harm_points(anev: Anev) -> list[Point]:
    """Say who came to harm, those by force apart, and whether tear gas was used."""
    if anev.course is None:
        return []
    points, found = [], anev.course.measures
    hurt = {name: int(found[name]) for name in HARM}
    fields = {name: ("n", n) for name, n in hurt.items()}
    if hurt["injured_by_force"]:
        points.append(Point(good=False, fact=Fact("hurt_by_force", fields)))
    if sum(hurt[name] for name in HARM[:3]):
        points.append(Point(good=False, fact=Fact("hurt", fields)))
    else:
        points.append(Point(good=True, fact=Fact("nobody_hurt", {})))
    gas = sum(each[4] for each in anev.course.force_s.values())
    if gas > 0.0:
        points.append(Point(good=False, fact=Fact("gas_used", {"took": ("min", gas)})))
    elif found["violent_person_s"] > 0.0:
        points.append(Point(good=True, fact=Fact("gas_not_used", {})))
    return points


# --- among rehearsals -------------------------------------------------------------------------------------------------


def _among(setup: Setup | None, course: Course | None, rehearsals: int) -> tuple[Among, ...]:
    """Place this run among rehearsals of its scenario and plan by the policy, as far as it was played."""
    if setup is None or course is None or rehearsals <= 0:
        return ()
    from sispamkota.rehearsal import rehearse

    ensemble = rehearse(setup.scenario, setup.setting.plan, setup.city, replicates=rehearsals, seed=setup.file.seed)
    rows = ensemble.rows[ensemble.rows["status"] == "ok"]
    told = []
    for name in ("harm_people", *HARM, "seconds_merah"):
        values, value = rows[name].to_numpy(np.float64), course.measures[name]
        less, equal = int((values < value).sum()), int((values == value).sum())
        told.append(
            Among(name, value / (60.0 if quantity(name).display_unit == "min" else 1.0), len(values), less, equal)
        )
    return tuple(told)
