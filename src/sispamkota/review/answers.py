"""What a commander asks beside the findings: what went well, what parts are worth, what more people would buy.

A part is called a cause only where the rehearsal without it, under the same luck, is surely different by more than
matters (rehearsal.causes).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sispamkota.rehearsal.intervals import Estimate
from sispamkota.words import catalogue, words

from .findings import Finding, evidence_of, joined, latest_places, say_limit, say_standards, say_sure, sureness
from .summary import Row, Summary, Translate, choices
from .words_of import agency_name

__all__ = ["Answers", "Effect", "answers", "effects", "show_effect"]

TOLD = 3  # sentences an answer
_SURE = ("worse", "better")


@dataclass(frozen=True)
class Effect:
    """Hold what one change of the plan does to one aim: after − before, in persons, %, voters or minutes."""

    part: str
    kind: str
    name: str
    units: tuple[str, ...]
    people: int
    losing: int
    aim: str
    pairs: int
    before: float
    after: float
    estimate: Estimate
    zone: float
    verdict: str


@dataclass(frozen=True)
class Answers:
    """Hold the answers, each a few findings; `nothing` names parts that changed nothing, if any was `examined`."""

    well: tuple[Finding, ...]
    causes: tuple[Finding, ...]
    more: Finding | None
    nothing: str
    examined: bool


def answers(ensemble: Any, summary: Summary, rules: Iterable[Mapping[str, Any]]) -> Answers:
    """Answer from the measures and from what `with_evidence` found; a result without that says so."""
    t, found = words(summary.lang), effects(ensemble, summary.lang)
    without = [each for each in found if each.kind == "without"]
    return Answers(
        well=tuple(_well(summary, rules, t))[:TOLD],
        causes=tuple(_cause(each, t, summary.lang) for each in _weightiest(without))[:TOLD],
        more=_more([each for each in found if each.kind == "more"], t, summary.lang),
        nothing=_nothing(without, t),
        examined=bool(found),
    )


def effects(ensemble: Any, lang: str) -> list[Effect]:
    """Read the effects of a result, named in a language; none where they were not looked for."""
    frame = getattr(ensemble, "causes", pd.DataFrame())
    return [
        Effect(
            part=str(row["part"]),
            kind=str(row["kind"]),
            name=_name(str(row["part"]), str(row["agency"]), lang),
            units=tuple(str(row["units"]).split()),
            people=int(row["people"]),
            losing=int(row.get("losing", 0)),
            aim=str(row["aim"]),
            pairs=int(row["pairs"]),
            before=float(row["before"]),
            after=float(row["after"]),
            estimate=Estimate(float(row["difference"]), float(row["low"]), float(row["high"])),
            zone=float(row["zone"]),
            verdict=str(row["verdict"]),
        )
        for row in frame.to_dict("records")
    ]


def show_effect(value: float, lang: str) -> str:
    """Write a difference or an end of its interval: two figures that count, the sign of a minus as one."""
    from sispamkota.words import number

    size = abs(value)
    digits = 0 if size >= 10 or size == 0 else 1 if size >= 1 else 2
    return number(value, lang, digits=digits).replace("-", "−")


def _name(part: str, agency: str, lang: str) -> str:
    """Name a part: an agency by the doctrine, one of the file by the catalogue, else by its key."""
    if agency:
        return agency_name(agency, lang)
    known = catalogue(lang).get(f"part.{part}")
    return known if known is not None else part


def _well(summary: Summary, rules: Iterable[Mapping[str, Any]], t: Translate) -> Iterable[Finding]:
    """Apply the rules of what went well; each speaks only where the whole interval allows it."""
    few = choices()["few_calls"]
    for rule in rules:
        rows = [row for name in rule["measures"] if (row := summary.row(name)) is not None and row.n]
        limit = float(rule.get("limit", 0.0))
        rows = [row for row in rows if rule["test"] != "kept" or row.n >= few]  # as of a place: fewer tell nothing
        hit = [row for row in rows if _is_well(row, rule["test"], limit)]
        if not hit:
            continue
        kept = rule["test"] == "kept"
        names = joined([t(f"subject.{row.name}") if kept else row.label for row in hit], t)
        grades = [sureness(row.estimate, row.standard or 0.0 if kept else limit) for row in hit]
        sentence = t(f"well.{rule['key']}", names=names, value=hit[0].shown)
        evidence = " ".join(
            [evidence_of(row, t) for row in hit] + (latest_places(hit, summary.late, t) if kept else [])
        )
        yield Finding(
            f"well.{rule['key']}",
            sentence[:1].upper() + sentence[1:],
            evidence,
            tuple(row.name for row in hit),
            sure=say_sure(min(grades), t),
            link=str(rule["link"]),
            against=say_standards(hit, t, under=True) if kept else say_limit(hit[0], limit, t, under=True),
        )


def _is_well(row: Row, test: str, limit: float) -> bool:
    """Tell whether a rule of what went well holds over the whole interval."""
    return row.verdict == "met" if test == "kept" else row.estimate.high < limit


def _weightiest(found: Sequence[Effect]) -> list[Effect]:
    """Choose, for each part, the first aim in which it surely matters; the order: aim, then effect a person.

    A whole agency counts as much as its people: an effect a person ranks ten negotiators before two hundred police.
    """
    order = list(dict.fromkeys(each.aim for each in found))
    first: dict[str, Effect] = {}
    for each in found:
        if each.verdict in _SURE and each.part not in first:
            first[each.part] = each
    return sorted(
        first.values(),
        key=lambda each: (
            order.index(each.aim),
            -abs(each.estimate.value) / max(1, each.people + each.losing),
            each.part,
        ),
    )


def _cause(effect: Effect, t: Translate, lang: str) -> Finding:
    """Say what a part is worth."""
    gone = [t("cause.gone", people=effect.people)] if effect.people else []
    gone += [t("cause.losing", people=effect.losing)] if effect.losing else []
    return Finding(
        f"cause.{effect.part}",
        t(f"cause.{effect.verdict}_{effect.aim}", name=effect.name, **_figures(effect, lang)),
        t("cause.evidence", pairs=effect.pairs, gone="; ".join(gone), **_figures(effect, lang)),
        (effect.aim,),
        sure=say_sure(sureness(_apart(effect), effect.zone), t),
        link="causes",
        against=_zones([effect], t, lang),
    )


def _apart(effect: Effect) -> Estimate:
    """Turn a difference so that it counts upwards from the zone."""
    e = effect.estimate
    return e if effect.verdict == "worse" else Estimate(-e.value, -e.high, -e.low)


def _figures(effect: Effect, lang: str) -> dict[str, str]:
    """Give the size of a sure difference without its sign, and its interval in that direction."""
    e = _apart(effect)
    found = {"value": e.value, "low": e.low, "high": e.high}
    return {key: show_effect(value, lang) for key, value in found.items()} | {"zone": show_effect(effect.zone, lang)}


def _more(found: Sequence[Effect], t: Translate, lang: str) -> Finding | None:
    """Say what more people at the same posts would buy: in each aim where it is sure, else that nothing is sure."""
    if not found:
        return None
    first = found[0]
    sure = [each for each in found if each.verdict in _SURE]
    said = [
        f"{t(f'more.{each.verdict}_{each.aim}', **_figures(each, lang))} {t('more.interval', **_figures(each, lang))}"
        for each in sure
    ]
    people = {"people": first.people}
    sentence = t("more.buys", what=joined(said, t), **people) if said else t("more.nothing", **people)
    interval = {key: show_effect(value, lang) for key, value in vars(first.estimate).items()}
    evidence = t("more.evidence", pairs=first.pairs, **interval)
    grade = min((sureness(_apart(each), each.zone) for each in sure), default=0)
    measures = tuple(each.aim for each in sure)
    word = say_sure(grade, t) if said else ""
    against = _zones(sure, t, lang)
    change = t("more.caveat")
    return Finding("more", sentence, evidence, measures, sure=word, change=change, link="causes", against=against)


def _zones(found: Sequence[Effect], t: Translate, lang: str) -> str:
    """Say up to which change the report takes each aim of some effects to be the same."""
    named = [t("sure.zone_of", zone=show_effect(each.zone, lang), aim=t(f"aim.{each.aim}")) for each in found]
    return t("sure.zone", zones=joined(named, t))


def _nothing(found: Sequence[Effect], t: Translate) -> str:
    """Name the parts without which harm and deaths were the same, or in no pair others; "" where there is none.

    Harm counts a person hurt or dead once: of a part that saves lives it says nothing, deaths do.
    """
    matters = {each.part for each in found if each.verdict in _SURE}
    same = {(each.part, each.aim) for each in found if each.verdict in ("same", "untouched")}
    parts = {each.part: each.name for each in found if each.part not in matters}
    names = [name for part, name in parts.items() if {(part, "harm"), (part, "deaths")} <= same]
    return t("cause.nothing", names=joined(names, t)) if names else ""
