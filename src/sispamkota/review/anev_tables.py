"""The tables of a review of an exercise, in words: each a title, a note, a head and rows of texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sispamkota.exercise.operation import Operation
from sispamkota.force.doctrine import doctrine
from sispamkota.rehearsal.ensemble import SERVICES
from sispamkota.schema import measure_label, quantity
from sispamkota.words import number

from .anev import HARM, Anev
from .anev_course import Call
from .anev_facts import authority_of, hospital_gaps
from .anev_say import Say

__all__ = ["TABLES", "Table", "tables"]

FREE_STAGE = 2  # the first stage of the use of force that is told as a rise: the first is presence


@dataclass(frozen=True)
class Table:
    """Hold a table: `numbers` are its columns of figures; a table without rows has its note alone."""

    key: str
    title: str
    note: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numbers: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, for paper."""
        return {
            "key": self.key, "title": self.title, "note": self.note, "head": list(self.head),
            "rows": [list(row) for row in self.rows], "numbers": list(self.numbers),
        }  # fmt: skip


def tables(anev: Anev, say: Say, names: Sequence[str]) -> list[Table]:
    """Write the tables that are asked for, in their order; one that does not apply is left out."""
    return [table for name in names for table in TABLES[name](anev, say)]


def _table(
    say: Say, key: str, columns: str, rows: Sequence[Sequence[str]], *, note: str = "", numbers: Sequence[int] = ()
) -> Table:
    """Make a table; `columns` are the names of its head, parted by spaces."""
    t = say.t
    head = tuple(t(f"anev.col_{name}") for name in columns.split())
    told = note or t(f"anev.{key}_note" if rows else f"anev.{key}_none")
    return Table(key, t(f"anev.{key}"), told, head if rows else (), tuple(map(tuple, rows)), tuple(numbers))


def _missing(anev: Anev) -> str:
    """Say why there are no figures of a world: an operation has none, or it was not played again."""
    return "anev.not_simulated" if anev.basis.state == "operation" else "anev.world_missing"


# --- people -----------------------------------------------------------------------------------------------------------


def _attended(anev: Anev, say: Say) -> list[Table]:
    rows = [
        (say.role(each.seat), say.t("anev.yes" if each.sat else "anev.no"), say.minute(each.first), str(each.records))
        for each in anev.attended
    ]
    return [_table(say, "attended", "role sat first records", rows, numbers=(2, 3))]


def _attended_public(anev: Anev, say: Say) -> list[Table]:
    rows = sorted({(say.role(each.seat.partition(":")[0]),) for each in anev.attended})
    return [_table(say, "attended", "role", rows, note=say.t("anev.attended_public"))]


def _harm(anev: Anev, say: Say) -> list[Table]:
    if anev.course is None:
        return [Table("harm", say.t("anev.harm"), say.t(_missing(anev)))]
    found = anev.course.measures
    rows = [(measure_label(name, "", say.lang), number(found[name], say.lang)) for name in HARM]
    return [_table(say, "harm", "who people", rows, numbers=(1,))]


def _among(anev: Anev, say: Say) -> list[Table]:
    if not anev.among:
        return []
    rows = [
        (
            measure_label(e.measure, quantity(e.measure).display_unit, say.lang), number(e.value, say.lang),
            str(e.less), str(e.equal), str(e.n - e.less - e.equal),
        )
        for e in anev.among
    ]  # fmt: skip
    note = say.t("anev.among_note", n=anev.among[0].n, end=say.minute(anev.course.end * 1000 if anev.course else None))
    return [_table(say, "among", "measure here less equal more", rows, note=note, numbers=(1, 2, 3, 4))]


# --- command, requests, force -----------------------------------------------------------------------------------------


def _requests(anev: Anev, say: Say) -> list[Table]:
    rows = []
    for each in anev.board.requests.values():
        took = "–" if each.answered is None else say.span((each.answered - each.made) / 1000.0)
        state = say.t(f"anev.state_{each.state(anev.seen.end)}")
        word = f"{each.authority}: {each.reason}" if each.authority else "–"
        rows.append((
            str(each.n), say.minute(each.made), say.t("anev.asks", by=say.role(each.by), to=say.role(each.to)),
            say.request(each), say.place(each.place), each.why, state, took, word,
        ))  # fmt: skip
    return [_table(say, "requests", "record minute who what place why state took word", rows, numbers=(0, 1, 7))]


def _force(anev: Anev, say: Say) -> list[Table]:
    """Write the ledger: minutes at each stage by place, then each rise with its authority and reason."""
    course = anev.course
    if course is None:
        return [Table("force", say.t("anev.force"), say.t(_missing(anev)))]
    steps = doctrine().use_of_force
    rows = [
        (
            f"{n} {getattr(steps[str(n)], say.lang)}",
            *(say.span(course.force_s[place][n - 1]) for place in course.places),
        )
        for n in range(1, len(next(iter(course.force_s.values()), ())) + 1)
    ]
    head = (say.t("anev.col_step"), *(say.place(place) for place in course.places))
    ledger = Table(
        "force", say.t("anev.force"), say.t("anev.force_note"), head, tuple(rows), tuple(range(1, len(head)))
    )
    rises = []
    for each in course.rises:
        if each.after < FREE_STAGE:
            continue
        request = authority_of(each, anev.seen) if each.cap and each.after > anev.file.force_free else None
        if request is not None:
            word, why, record = request.authority, f"{request.why} / {request.reason}", str(max(request.told))
        else:
            own = "policy" if not each.cap else "free" if each.after <= anev.file.force_free else "missing"
            word, why, record = say.t(f"anev.word_{own}", free=anev.file.force_free), "–", "–"
        rises.append((
            say.minute(each.t * 1000.0), say.place(each.place), f"{each.before} → {each.after}",
            say.t(f"anev.stage_{each.stage}"), word, why, record,
        ))  # fmt: skip
    gas = [each for each in anev.board.requests.values() if each.kind == "kekuatan" and each.step == 5]
    states = [each.state(anev.seen.end) for each in gas]
    counts = {name: states.count(name) for name in ("granted", "refused", "lapsed")}
    used = say.span(sum(each[4] for each in course.force_s.values()))
    note = say.t("anev.gas", asked=len(gas), used=used, **counts)
    columns = "minute place step stage authority why record"
    return [ledger, _table(say, "rises", columns, rises, note=note, numbers=(0, 6))]


def _force_public(anev: Anev, say: Say) -> list[Table]:
    """Write the ledger for the whole city: minutes at each stage, no place and no reserve."""
    course = anev.course
    if course is None:
        return [Table("force", say.t("anev.force"), say.t(_missing(anev)))]
    steps = doctrine().use_of_force
    sums = [sum(each) for each in zip(*course.force_s.values(), strict=True)]
    rows = tuple((f"{n} {getattr(steps[str(n)], say.lang)}", say.span(total)) for n, total in enumerate(sums, 1))
    head = (say.t("anev.col_step"), say.t("anev.col_time"))
    return [Table("force", say.t("anev.force"), say.t("anev.force_public"), head, rows, (1,))]


# --- help -------------------------------------------------------------------------------------------------------------


def _service_row(say: Say, service: str, calls: Sequence[Call]) -> tuple[str, ...]:
    known = quantity(f"response_{service}_s").standard
    needed = [each for each in calls if each.outcome != "not_needed"]
    limit = math.inf if known is None else float(known.value)
    within = sum(each.seconds <= limit for each in needed)
    judged = sum(not math.isnan(each.seconds) or each.waited > limit for each in needed)
    share = "–" if not judged or known is None else say.value(("share", within / judged))
    answered = sorted(each.seconds for each in needed if not math.isnan(each.seconds))
    middle = answered[(len(answered) - 1) // 2] if answered else math.nan
    longest = answered[-1] if answered else math.nan
    counts = (str(len(needed)), str(len(answered)), str(within) if known is not None else "–")
    return (say.t(f"service.{service}"), *counts, share, say.span(middle), say.span(longest), say.span(limit))


def _responses(anev: Anev, say: Say) -> list[Table]:
    if anev.course is None:
        return [Table("responses", say.t("anev.responses"), say.t(_missing(anev)))]
    by = {service: [each for each in anev.course.calls if each.service == service] for service in SERVICES}
    rows = [_service_row(say, service, calls) for service, calls in by.items()]
    columns = "service calls answered within share middle longest standard"
    return [_table(say, "responses", columns, rows, numbers=range(1, 8))]


def _reported(operation: Operation, say: Say) -> list[Table]:
    """Tell the incidents of an operation: when they were reported, how soon a unit was sent, how soon they ended."""
    rows = []
    for n, each in operation.incidents.items():
        sent = min((since for _, incident, since, _ in operation.bookings if incident == n), default=math.nan)
        closed = next((row["at"] for row in each["updates"] if row["state"] == "closed"), math.nan)
        hurt = "–" if each["injured"] is None else str(each["injured"])
        waits = [say.span((moment - each["called"]) / 1000.0) for moment in (sent, closed)]
        kind = say.t(f"playback.kind_{each['kind'].replace('-', '_')}")
        rows.append((str(n), say.minute(each["called"]), say.place(each["place"]), kind, hurt, *waits))
    return [
        _table(
            say, "reported", "record minute place kind injured sent_after closed_after", rows, numbers=(0, 1, 4, 5, 6)
        )
    ]


def _calls(anev: Anev, say: Say) -> list[Table]:
    if anev.board.operation is not None:
        return _reported(anev.board.operation, say)
    if anev.course is None:
        return []
    rows = [
        (
            say.minute(each.called * 1000.0), say.t(f"service.{each.service}"), say.place(each.place),
            say.t(f"playback.kind_{each.kind.replace('-', '_')}"), say.span(each.seconds),
            say.t(f"anev.outcome_{each.outcome}"),
        )
        for each in sorted(anev.course.calls, key=lambda each: (each.called, each.service))
    ]  # fmt: skip
    return [_table(say, "calls", "minute service place kind took outcome", rows, numbers=(0, 4))]


def _hospitals(anev: Anev, say: Say) -> list[Table]:
    rows = []
    for name, (longest, since, records) in hospital_gaps(anev.seen).items():
        last = anev.board.hospitals.get(name, {})
        free = [str(last[key]) if last.get(key) is not None else "–" for key in ("igd_free", "igd_waiting")]
        rows.append((say.place(name), str(len(records)), say.span(longest), say.minute(since), *free))
    return [_table(say, "hospitals", "hospital updates gap since free waiting", rows, numbers=range(1, 6))]


# --- dialogue, the vote -----------------------------------------------------------------------------------------------


def _dialogue(anev: Anev, say: Say) -> list[Table]:
    rows = []
    for each in anev.board.talks.values():
        late = each.kept is None and each.due is not None and each.due < anev.seen.end
        state = {True: "kept", False: "broken", None: "late" if late else "open"}[each.kept]
        due = f"{say.minute(each.due)}" if each.due is not None else "–"
        what = f"{each.text} ({say.hours(each.notice_h)})" if each.notice_h is not None else each.text
        rows.append((
            say.minute(each.at), say.t(f"anev.talk_{each.kind}"), each.partner, what, say.place(each.place), due,
            say.t(f"anev.talk_state_{state}") + (f": {each.end}" if each.end else ""), _records(each.told),
        ))  # fmt: skip
    return [_table(say, "dialogue", "minute kind partner what place due state records", rows, numbers=(0, 5, 7))]


def _records(told: Mapping[int, Any]) -> str:
    return ", ".join(str(n) for n in sorted(told))


def _dialogue_public(anev: Anev, say: Say) -> list[Table]:
    kinds = [each.kind for each in anev.board.talks.values()]
    rows = [(say.t(f"anev.talk_{kind}"), str(kinds.count(kind))) for kind in dict.fromkeys(kinds)]
    note = say.t("anev.dialogue_public") if rows else ""
    return [_table(say, "dialogue", "kind n", rows, note=note, numbers=(1,))]


def _voting(anev: Anev, say: Say) -> list[Table]:
    rows = [
        (say.minute(r.t), say.place(r.action["place"]), say.t(f"anev.voting_{r.action['state']}"), r.action["why"],
         str(r.n))
        for r in anev.log.records
        if r.do == "voting"
    ]  # fmt: skip
    return [_table(say, "voting", "minute place decision why record", rows, numbers=(0, 4))]


# --- events, observations, plan ---------------------------------------------------------------------------------------


def _observations(anev: Anev, say: Say) -> list[Table]:
    titles = {task.id: getattr(task, f"title_{say.lang}") for each in anev.file.objectives for task in each.tasks}
    rows = [
        (say.minute(each["at"]), say.role(each["by"]), titles.get(each["task"] or "", say.place(each["place"])),
         each["text"], str(each["n"]))
        for each in anev.board.observations
    ]  # fmt: skip
    return [_table(say, "observations", "minute role about what record", rows, numbers=(0, 4))]


def _msel(anev: Anev, say: Say) -> list[Table]:
    rows = []
    planned = {item.id for item in anev.file.items}
    for item in anev.board.items.values():
        state = "played" if item.played is not None else "dropped" if item.dropped else "waited"
        told = say.t(f"anev.item_{state}") + (f": {item.dropped}" if item.dropped else "")
        told += "" if item.id in planned else f" ({say.t('anev.item_added')})"
        plan = _planned(say, item)
        rows.append((
            item.id, plan, say.minute(item.played), say.roles(item.to), say.both(item.text), say.both(item.expected),
            told, _first_answer(anev, say, item),
        ))  # fmt: skip
    return [_table(say, "msel", "item planned played to what expected state next", rows, numbers=(1, 2))]


def _planned(say: Say, item: Any) -> str:
    """Say when an event of the list was to come: at a minute, at a stage of a place, or from the shelf."""
    if item.when is not None:
        return say.t("anev.at_stage", place=say.place(item.when["place"]), stage=item.when["stage"])
    return say.t("anev.shelf") if item.at is None else say.minute(item.at)


def _first_answer(anev: Anev, say: Say, item: Any) -> str:
    """Name the first record of an addressed role after an event: what came next, not that it came because of it."""
    to = {each.partition(":")[0] for each in item.to}
    if item.played is None:
        return "–"
    began = next((r.n for r in anev.log.records if r.t == item.played and r.action.get("item") == item.id), -1)
    after = (
        r for r in anev.log.records[began + 1 :]
        if r.seat.partition(":")[0] in to and not r.do.startswith(("seat.", "clock."))
    )  # fmt: skip
    found = next(after, None)
    if found is None:
        return say.t("anev.next_none")
    return say.t("anev.next", n=found.n, role=say.role(found.seat), took=say.span((found.t - item.played) / 1000.0))


def _plan(anev: Anev, say: Say) -> list[Table]:
    rows = []
    for each in anev.plan:
        state = say.t(f"anev.plan_{each.state}")
        proof = each.evidence or "–"
        if each.records:
            proof += f" ({say.t('anev.records', records=', '.join(map(str, each.records)))})"
        rows.append((each.text, each.owner, say.day(each.due), state, proof, each.origin or say.t("anev.plan_here")))
    return [_table(say, "plan", "what owner due state evidence origin", rows, note=_since(anev, say))]


def _since(anev: Anev, say: Say) -> str:
    """Say what became of the earlier exercise's items."""
    carried = [each for each in anev.plan if each.origin]
    if not anev.plan:
        return say.t("anev.plan_none")
    if not carried:
        return say.t("anev.plan_note")
    states = [each.state for each in carried]
    counts = {name: states.count(name) for name in ("closed", "closed_before", "open", "overdue")}
    return say.t("anev.plan_since", follows=anev.file.follows, n=len(carried), **counts)


def _plan_public(anev: Anev, say: Say) -> list[Table]:
    done = sum(each.state.startswith("closed") for each in anev.plan)
    note = say.t("anev.plan_public", n=len(anev.plan), closed=done)
    return [Table("plan", say.t("anev.plan"), note)]


TABLES: Mapping[str, Callable[[Anev, Say], list[Table]]] = {
    "attended": _attended, "attended_public": _attended_public, "harm": _harm, "among": _among, "requests": _requests,
    "force": _force, "force_public": _force_public, "responses": _responses, "calls": _calls, "hospitals": _hospitals,
    "dialogue": _dialogue, "dialogue_public": _dialogue_public, "voting": _voting, "observations": _observations,
    "msel": _msel, "plan": _plan, "plan_public": _plan_public,
}  # fmt: skip
