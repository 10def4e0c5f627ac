"""Print a result on a terminal: what it rests on, one table, at most three findings, where the report is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sispamkota.words import number, words

from .audience import for_public
from .summary import Row, Summary, Translate, describe, split_never

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["aligned", "render_terminal"]

SHOWN = 3  # assumptions named above the table; the report names them all
NAMED = 6  # measures named as zero in every replicate
WIDEST = 100  # columns: a wider terminal is left empty at the right


def render_terminal(
    ensemble: Any, *, lang: str, console: Console, report: Path | str | None = None, audience: str = "service"
) -> None:
    """Print an Ensemble in "id" or "en" on a rich console; `report` is the path to name at the end.

    For the audience "public" it leaves out what a page for the public does.
    """
    summary, t = describe(ensemble, lang=lang), words(lang)
    if audience == "public":
        summary = for_public(summary)
    useful, never = split_never([row for _, rows in summary.groups() for row in rows])
    _say(console, _header(summary, t), style="bold")
    for indent, line in _assumptions(summary, t):
        _say(console, line, style="dim", indent=indent)
    console.print()
    console.print(_table(useful, t, min(console.width, WIDEST)), highlight=False)
    if never:
        _say(console, f"{t('terminal.never')} {_some([_short(row) for row in never], t)}", style="dim")
    console.print()
    for mark, line in _findings(summary, t):
        _say(console, line, mark=mark)
    for line in summary.say_doubt():
        _say(console, line, style="dim")
    if report is not None:
        console.print()
        console.print(t("terminal.report", path=str(report)), soft_wrap=True, highlight=False, markup=False)


def _say(console: Console, line: str, *, style: str = "", indent: int = 0, mark: str = "") -> None:
    """Print one paragraph; lines after the first stand under its first word."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    body: Any = Text(line, style, overflow="fold")
    if mark:
        body = Table.grid(padding=(0, 1, 0, 0))
        body.add_row(mark, Text(line, style))
    console.print(Padding(body, (0, 0, 0, indent), expand=False), width=min(console.width, WIDEST), highlight=False)


def _some(names: Sequence[str], t: Translate) -> str:
    """Name the first few and count the rest."""
    if len(names) <= NAMED:
        return ", ".join(names) + "."
    return t("terminal.and_more", names=", ".join(names[:NAMED]), count=len(names) - NAMED)


def _short(row: Row) -> str:
    """Give a measure's name up to its first comma or colon; the report has the whole of it."""
    return re.split(r"[,:] ", row.label)[0]


def _header(summary: Summary, t: Translate) -> str:
    """Write the one header line."""
    people, replicates = number(summary.people, summary.lang), number(summary.replicates, summary.lang)
    key = "terminal.header" if summary.plan else "audience.header"
    line = t(key, scenario=summary.scenario, city=summary.city, people=people, replicates=replicates)
    return f"{line} · {t('terminal.failed', failed=summary.failed)}" if summary.failed else line


def _assumptions(summary: Summary, t: Translate) -> Iterable[tuple[int, str]]:
    """Write what the result rests on as (indent, line): how many things, the first few to their first stop."""
    yield 0, t("terminal.rests", count=len(summary.assumptions))
    for each in summary.assumptions[:SHOWN]:
        said = re.split(r"[;:.] ", getattr(each, summary.lang))[0].rstrip(".")
        yield 2, f"{t('tag.' + each.tag)}: {said}"
    if len(summary.assumptions) > SHOWN:
        yield 2, t("terminal.more", count=len(summary.assumptions) - SHOWN)


def _table(rows: Sequence[Row], t: Translate, width: int) -> Table:
    """Lay the measures out, figures aligned at their decimal mark."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, width=width, header_style="dim", show_edge=False
    )
    table.add_column(t("terminal.measure"), ratio=1)
    for name in ("median", "unit", "interval", "standard"):
        table.add_column(t(f"terminal.{name}"), justify="left" if name == "unit" else "right", no_wrap=True)
    table.add_column("", width=1, no_wrap=True)
    values = aligned([row.shown for row in rows])
    limits = aligned([row.show(row.standard) if row.standard is not None else "" for row in rows])
    for row, value, limit in zip(rows, values, limits, strict=True):
        unit = t("terminal.of_100") if row.is_event else row.unit
        table.add_row(Text(_short(row)), value, Text(unit, "dim"), row.interval, limit, row.mark)
    return table


def aligned(figures: Sequence[str]) -> list[str]:
    """Pad figures at the right so that their decimal marks stand under one another when set flush right."""
    tails = [_tail(figure) for figure in figures]
    widest = max(map(len, tails), default=0)
    return [figure + " " * (widest - len(tail)) for figure, tail in zip(figures, tails, strict=True)]


def _tail(figure: str) -> str:
    """Give what stands from the decimal mark on; a mark before three digits parts thousands and is none."""
    for mark in ",.":
        head, found, tail = figure.rpartition(mark)
        if found and head and tail.isdigit() and len(tail) < 3:
            return mark + tail
    return ""


def _findings(summary: Summary, t: Translate) -> Iterable[tuple[str, str]]:
    """Write the findings as (number, text), or that there are none."""
    if not summary.findings:
        yield "", t("terminal.nothing", share=number(summary.unseen_percent, summary.lang, digits=1))
    for index, finding in enumerate(summary.findings, 1):
        yield f"{index}.", f"{finding.sentence} {finding.evidence} {t('sure.title')} {finding.say_sure(t)}"
