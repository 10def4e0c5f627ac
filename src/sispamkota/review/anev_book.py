"""A review of an exercise in words, for one language and one audience: what the page and the paper both print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sispamkota import __version__

from .anev import Anev, Point, Rated
from .anev_say import Say
from .anev_tables import Table, tables
from .anev_time import Moment, draw_course, key_moments
from .audience import check_audience, public_manifest
from .say import manifest_lines
from .summary import choices

__all__ = ["Book", "Sentence", "TaskWords", "make_book"]

WIDE, NARROW = 720.0, 328.0
_BEFORE = ("attended", "harm", "among", "requests", "force", "responses", "calls", "hospitals", "dialogue", "voting")
_AFTER = ("observations", "msel")


@dataclass(frozen=True)
class Sentence:
    """Hold a sentence with what it stands on; `mark` is ✓, ✗ or – where a standard is met, missed or unknown."""

    said: str
    evidence: str
    mark: str = ""


@dataclass(frozen=True)
class TaskWords:
    """Hold a critical task in words: what, by whom, the standard, the rating, and what the log says."""

    title: str
    role: str
    standard: str
    rating: str
    letter: str
    facts: tuple[Sentence, ...]


@dataclass(frozen=True)
class Book:
    """Hold a whole review in words; `ribbons` are the drawing of the course, wide and narrow."""

    lang: str
    audience: str
    title: str
    meta: tuple[str, ...]
    basis: tuple[str, ...]
    sound: bool
    well: tuple[Sentence, ...]
    improve: tuple[Sentence, ...]
    once: str
    objectives: tuple[tuple[str, tuple[TaskWords, ...]], ...]
    ratings: tuple[tuple[str, str], ...]
    parts: tuple[Table, ...]
    plan: tuple[Table, ...]
    moments: tuple[tuple[str, str, str, str], ...]
    ribbons: tuple[Markup, ...]
    manifest: tuple[tuple[str, str], ...]
    made: str


def make_book(anev: Anev, *, lang: str, audience: str = "service") -> Book:
    """Write a review in "id" or "en" for the service or the public (review.toml: public.anev); raises InputError."""
    check_audience(audience)
    say, service = Say(lang, anev.places), audience == "service"
    allowed = choices()["public"]
    shown = anev.points if service else [p for p in anev.points if p.fact.key in allowed["anev_points"]]
    moments = key_moments(anev, say) if service else ()
    ribbons = [draw_course(anev, moments, say, key=f"course-{int(w)}", width=w) for w in (WIDE, NARROW)]
    manifest = manifest_lines(anev.log.manifest) if service else public_manifest(anev.log.manifest)
    return Book(
        lang=lang,
        audience=audience,
        title=getattr(anev.file, f"title_{lang}"),
        meta=_meta(anev, say),
        basis=_basis(anev, say, service=service),
        sound=anev.basis.state == "verified",
        well=tuple(_point(each, say, service=service) for each in shown if each.good),
        improve=tuple(_point(each, say, service=service) for each in shown if not each.good),
        once=say.t("anev.once_among" if anev.among else "anev.once"),
        objectives=tuple(
            (title_id if lang == "id" else title_en, tuple(_task(row, say, service=service) for row in rows))
            for title_id, title_en, rows in anev.objectives
        ),
        ratings=tuple((each, say.t(f"anev.rating_{each}")) for each in "PSMU") if service else (),
        parts=tuple(tables(anev, say, (*_BEFORE, *_AFTER) if service else allowed["anev"])),
        plan=tuple(tables(anev, say, ("plan",) if service else ("plan_public",))),
        moments=_moments(moments, say),
        ribbons=tuple(each for each in ribbons if each is not None) if service else (),
        manifest=tuple(manifest),
        made=say.t("anev.made", version=__version__, head=anev.head[:12], n=len(anev.log.records)),
    )


def _meta(anev: Anev, say: Say) -> tuple[str, ...]:
    """Say when it was, how long, and how it ended."""
    ended = any(record.do == "clock.end" for record in anev.log.records)
    return (
        say.day(anev.day),
        say.t("anev.played", minutes=say.minute(anev.seen.end)),
        say.t("anev.ended" if ended else "anev.not_ended"),
    )


def _basis(anev: Anev, say: Say, *, service: bool) -> tuple[str, ...]:
    """Say what the review rests on, the weightiest first."""
    b, t = anev.basis, say.t
    state = t(f"anev.basis_{b.state}", n=b.checkpoints, same=b.same, first=b.first if b.first is not None else "–",
              engine=b.engine[:12] or "–", ours=b.ours[:12])  # fmt: skip
    lines = [state, t("anev.chain", n=len(anev.log.records), head=anev.head or "–")]
    if service:
        lines.append(t("anev.scenario", scenario=anev.file.scenario, plan=anev.file.plan, city=anev.file.city,
                       seed=anev.file.seed, replicate=anev.file.replicate))  # fmt: skip
        tasks = sum(len(rows) for _, _, rows in anev.objectives)
        lines.append(t("anev.rated_count", rated=tasks - anev.unrated, tasks=tasks))
    redacted = sum(record.do == "redact" for record in anev.log.records)
    if redacted:
        lines.append(t("anev.redacted", n=redacted))
    if anev.file.follows and service:
        lines.append(t("anev.follows", follows=anev.file.follows))
    return tuple(lines)


def _point(point: Point, say: Say, *, service: bool) -> Sentence:
    """Say one point; the public edition names no record."""
    said = say.fact(point.fact)
    if point.task is not None:
        said = f"{getattr(point.task, f'title_{say.lang}')}: {said}"
    return Sentence(said, say.evidence(point.fact) if service else "")


def _task(row: Rated, say: Say, *, service: bool) -> TaskWords:
    """Write one critical task; for the public without rating and figures."""
    task, t = row.task, say.t
    title, standard = getattr(task, f"title_{say.lang}"), getattr(task, f"standard_{say.lang}")
    if not service:
        return TaskWords(title, say.role(task.role), standard, "", "", ())
    if row.rating is None:
        rating, letter = t("anev.not_rated"), "–"
    else:
        letter, by = row.rating["rating"], say.role(row.rating["by"])
        rating = t("anev.rated_by", by=by, text=row.rating["text"], n=row.rating["n"])
    marks = {True: "✓", False: "✗", None: "–"}
    facts = tuple(Sentence(say.fact(each), say.evidence(each), marks[each.met]) for each in row.facts)
    return TaskWords(title, say.role(task.role), standard, rating, letter, facts)


def _moments(moments: Sequence[Moment], say: Say) -> tuple[tuple[str, str, str, str], ...]:
    """Write the list of moments: number, minute, what, record."""
    return tuple(
        (str(each.index), say.minute(each.t), each.sentence, "–" if each.record is None else str(each.record))
        for each in moments
    )
