"""What was found: rules over measures that speak only when the whole 95 % interval allows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sispamkota.rehearsal.intervals import Estimate
from sispamkota.words import number, words

from .places import Late, PlaceRow, late_order, worst_of

if TYPE_CHECKING:
    from .summary import Row

__all__ = [
    "MOST",
    "Finding",
    "evidence_of",
    "find",
    "holds",
    "joined",
    "latest_places",
    "of_100",
    "say_limit",
    "say_standards",
    "say_sure",
    "sureness",
]

MOST = 3  # a commander reads three sentences
Where = tuple[Sequence[Late], Sequence[PlaceRow]]


@dataclass(frozen=True)
class Finding:
    """Say one thing, with the figures it stands on; `measures` names them.

    `sure` is how sure it is, in words; `against` which limit that is held against, and whose it is; `change` what it
    suggests; `link` the part of the page that shows it.
    """

    key: str
    sentence: str
    evidence: str
    measures: tuple[str, ...]
    sure: str = ""
    change: str = ""
    link: str = ""
    against: str = ""

    def say_sure(self, t: Callable[..., str]) -> str:
        """Say how sure it is, and against which limit; "" for what claims nothing."""
        return t("sure.of", sure=self.sure, against=self.against) if self.sure else ""


def find(
    rows: Sequence[Row], rules: Iterable[Mapping[str, Any]], lang: str, *, where: Where = ((), ())
) -> tuple[Finding, ...]:
    """Apply the rules (review.toml) in their order and keep the first three that speak; `where` tells of places."""
    by_name, t = {row.name: row for row in rows}, words(lang)
    spoken: list[Finding] = []
    for rule in rules:
        if rule.get("unless") not in {finding.key for finding in spoken}:
            place = rule["test"] == "late_place"
            finding = _late_place(rule, where[0], lang) if place else _over_measures(rule, by_name, t, where)
            change = f"change.{rule['key']}"
            spoken += [replace(finding, change=t(change), link=str(rule["link"]))] if finding else []
    return tuple(spoken[:MOST])


def holds(row: Row, test: str, limit: float) -> bool:
    """Tell whether a rule's test holds over the row's whole interval."""
    return row.verdict == "missed" if test == "beyond" else row.estimate.low > limit


def sureness(estimate: Estimate, limit: float) -> int:
    """Grade a claim that lies beyond a limit: 0 where the interval does not allow it, 1 where it does, 2 far beyond.

    Far is where between the limit and the interval's nearer end there is room for half of the interval again.
    """
    near = estimate.low - limit if estimate.value >= limit else limit - estimate.high
    if not near > 0.0:
        return 0
    return 2 if near >= (estimate.high - estimate.low) / 2.0 else 1


def say_sure(grade: int, t: Callable[..., str]) -> str:
    """Put a grade of sureness in words; nothing is called certain."""
    return t(f"sure.grade_{grade}")


def say_limit(row: Row, limit: float, t: Callable[..., str], *, under: bool = False) -> str:
    """Say which limit of the report's own a claim is held against."""
    key = f"{'under' if under else 'over'}{'_event' if row.is_event else ''}"
    return t(f"sure.{key}", limit=_plain(limit, row), unit=row.unit)


def _plain(limit: float, row: Row) -> str:
    """Write a limit with a decimal only where it has one."""
    return number(limit, row.lang, digits=int(limit % 1 != 0))


def say_standards(rows: Sequence[Row], t: Callable[..., str], *, under: bool = False) -> str:
    """Say which published standards a claim is held against, and whose they are."""
    services = [row.name.split("_")[1] for row in rows]
    named = [
        t(
            "sure.standard",
            names=t(f"subject.{row.name}"),
            limit=_plain(row.standard or 0.0, row),
            whose=t(f"sure.whose_{each}"),
        )
        for row, each in zip(rows, services, strict=True)
    ]
    return t("sure.under_standard" if under else "sure.over_standard", standards=joined(named, t))


def _over_measures(
    rule: Mapping[str, Any], by_name: Mapping[str, Row], t: Callable[..., str], where: Where
) -> Finding | None:
    """Let a rule over measures speak, or not."""
    limit, late = float(rule.get("limit", 0.0)), rule["test"] == "beyond"
    rows = [row for name in rule["measures"] if (row := by_name.get(name)) is not None]
    hit = [row for row in rows if holds(row, rule["test"], limit)]
    if not hit:
        return None
    also = [row for name in rule.get("also", ()) if (row := by_name.get(name)) is not None]
    names = joined([t(f"subject.{row.name}") for row in hit], t) if late else hit[0].label
    evidence = [evidence_of(row, t) if late else _interval_of(row, t) for row in hit]
    evidence += [evidence_of(row, t) for row in also]
    evidence += _latest_place(hit, where[0], t) if late else _worst_place(rule, where[1], t)
    evidence += [t(f"finding.{rule['key']}_note")] if rule.get("note") else []
    sentence = t(f"finding.{rule['key']}", value=hit[0].shown, names=names)
    margins = [row.standard or 0.0 if late else limit for row in hit]
    sure = say_sure(min(sureness(row.estimate, margin) for row, margin in zip(hit, margins, strict=True)), t)
    against = say_standards(hit, t) if late else say_limit(hit[0], limit, t)
    told = tuple(row.name for row in (*hit, *also))
    return Finding(rule["key"], sentence, " ".join(evidence), told, sure, against=against)


def _late_place(rule: Mapping[str, Any], late: Sequence[Late], lang: str) -> Finding | None:
    """Name the place where a service is late for sure, the one with the most late calls."""
    worst, t = worst_of(late), words(lang)
    if worst is None:
        return None
    more = sum(each.verdict == "missed" for each in late) - 1
    said = _said(worst, t) | {
        "standard": str(round((worst.standard or 0.0) / 60.0)),
        "calls": number(worst.calls, lang),
    }
    said |= {"low": of_100(worst.share.low), "high": of_100(worst.share.high)}
    evidence = [t("finding.late_place_evidence", **said), *([t("finding.late_others", count=more)] if more else [])]
    sentence = t("finding.late_place", **said)
    measure = f"response_{worst.service}_s"
    sure = say_sure(sureness(worst.share, 0.5), t)
    against = t("sure.half", standard=said["standard"], whose=t(f"sure.whose_{worst.service}"))
    said_first = sentence[:1].upper() + sentence[1:]
    return Finding(rule["key"], said_first, " ".join(evidence), (measure,), sure, against=against)


def _said(late: Late, t: Callable[..., str]) -> dict[str, str]:
    """Give a service's lateness at a place as fields for a sentence."""
    return {"place": late.name, "service": t(f"service.{late.service}"), "share": of_100(late.share.value)}


def _interval_of(row: Row, t: Callable[..., str]) -> str:
    """Write the interval of a figure that the sentence has just given."""
    return t("finding.interval_event" if row.is_event else "finding.interval", **row.words)


def evidence_of(row: Row, t: Callable[..., str]) -> str:
    """Write the figures of one row as a sentence."""
    said = t("finding.evidence_event" if row.is_event else "finding.evidence", **row.words)
    standard = t("finding.evidence_standard", **row.words) if row.standard is not None else ""
    calls = f", {row.counted}" if row.statistic == "pooled" else ""
    return f"{said}{standard}{calls}."


def latest_places(kept: Sequence[Row], late: Sequence[Late], t: Callable[..., str]) -> list[str]:
    """Name, for each service that came in time as a whole, the place with the most late calls, if one is judged."""
    judged = [each for each in late if each.verdict not in ("none", "few") and each.share.value > 0.0]
    services = [row.name.split("_")[1] for row in kept]
    worst = [min((e for e in judged if e.service == each), key=late_order, default=None) for each in services]
    return [t("finding.latest_place", **_said(each, t)) for each in worst if each is not None]


def _latest_place(hit: Sequence[Row], late: Sequence[Late], t: Callable[..., str]) -> list[str]:
    """Name the place with the most late calls, among the services found late."""
    services = {row.name.split("_")[1] for row in hit}
    worst = worst_of(each for each in late if each.service in services)
    return [t("finding.latest_place", **_said(worst, t))] if worst is not None else []


def _worst_place(rule: Mapping[str, Any], places: Sequence[PlaceRow], t: Callable[..., str]) -> list[str]:
    """Name the place where an event came most often, when the next one's interval lies wholly below its own."""
    if "where" not in rule or len(places) < 2:
        return []
    ordered = sorted(places, key=lambda row: (-getattr(row, rule["where"]).value, row.place))
    first, second = (getattr(row, rule["where"]) for row in ordered[:2])
    if first.low <= second.high:
        return []
    return [t("finding.worst_place", place=ordered[0].name, share=of_100(first.value))]


def of_100(share: float) -> str:
    """Say a share as a number of 100; one that would round to none or to all says less than 1 or more than 99."""
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "<1"
    return ">99" if whole == 100 and share < 1 else str(whole)


def joined(parts: Sequence[str], t: Callable[..., str]) -> str:
    """Join words as a list in the language."""
    if len(parts) < 2:
        return "".join(parts)
    return t("finding.and", first=", ".join(parts[:-1]), last=parts[-1])
