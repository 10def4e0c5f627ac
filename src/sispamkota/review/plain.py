"""The result in a few plain sentences: what happened, which standards are met, and what is not known yet."""

from __future__ import annotations

from collections.abc import Sequence

from sispamkota.words import catalogue, number, words

from .findings import joined
from .summary import Row, Summary, Translate

__all__ = ["five_sentence", "plain_words"]

_VERDICTS = ("missed", "undecided", "met")


def plain_words(summary: Summary) -> list[str]:
    """Write the paragraphs: what was played and came of it, then one a verdict on the standards."""
    t, known = words(summary.lang), catalogue(summary.lang)
    played = {
        "scenario": summary.scenario, "city": summary.city, "plan": summary.plan,
        "people": number(summary.people, summary.lang), "replicates": number(summary.replicates, summary.lang),
    }  # fmt: skip
    shown = [row for row in summary.rows if f"plain.{row.name}" in known and not row.never]
    told = [
        t("plain.played" if summary.plan else "audience.played", **played),
        *(t(f"plain.{row.name}", **row.words) for row in shown),
    ]
    by_verdict = {verdict: [row for row in summary.rows if row.verdict == verdict] for verdict in _VERDICTS}
    return [" ".join(told), *(_standards(verdict, rows, t) for verdict, rows in by_verdict.items() if rows)]


def _standards(verdict: str, rows: Sequence[Row], t: Translate) -> str:
    """Name the measures with one verdict, each with its figures."""
    named = [t("plain.against", **row.words) for row in rows]
    return t(f"plain.{verdict}", names=joined(named, t))


def five_sentence(row: Row) -> str:
    """Say in a sentence what one of the five numbers counts; the registry's words where the catalogue has none."""
    return catalogue(row.lang).get(f"five.{row.name}", row.label)
