"""sispamkota verify, doctor."""

from __future__ import annotations

import sys
from dataclasses import asdict
from itertools import count, groupby
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sispamkota.words import pick_language, words

from .common import AsJson, Lang, print_json, progress, say_if_compiling, t

if TYPE_CHECKING:
    from sispamkota.verification import Row

__all__ = ["add_to", "doctor", "verify"]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (verify, doctor):
        app.command(help=t(f"cli.{command.__name__}"))(command)


def verify(
    *,
    cases: Annotated[list[str] | None, typer.Argument(metavar="CASE", help=t("cli.cases"))] = None,
    trace: Annotated[bool, typer.Option("--trace", help=t("cli.trace"))] = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Run the cases of theory and published tables; exit 1 if one that is claimed is not met."""
    if trace:
        _trace(as_json=as_json)
    from sispamkota.verification import CASES
    from sispamkota.verification import verify as run

    language = pick_language(lang)
    say_if_compiling(language)
    if as_json or not sys.stdout.isatty():
        total = len(cases or CASES)
        with progress(total, language, unit="cli.progress_cases") as advance:
            done = count(0)
            rows = list(run(cases or (), begin=lambda _name: advance(next(done))))
    else:
        rows = []
        for row in run(cases or (), begin=lambda name: print(f"{name}: {words(language)(f'verify.{name}')}")):
            rows.append(row)
            _print_row(row)
    if as_json:
        print_json({"rows": [_plain(row) for row in rows]})
    elif not sys.stdout.isatty():
        for name, of_case in groupby(rows, key=lambda row: row.case):
            print(f"{name}: {words(language)(f'verify.{name}')}")
            for row in of_case:
                _print_row(row)
    open_rows = [row for row in rows if not row.met]
    if not as_json:
        _print_sums(rows, language)
    raise typer.Exit(int(any(row.claimed for row in open_rows)))


def _print_sums(rows: list[Row], language: str) -> None:
    """Print how many rows are met, in all and by what they are evidence of, and how many are shown and not claimed."""
    from sispamkota.verification.kind import totals

    say = words(language)
    print(say("cli.verify_sum", met=sum(row.met for row in rows), total=len(rows)))
    for name, (met, total) in totals(rows).items():
        print(f"  {say(f'cli.verify_{name}', met=met, total=total)}")
    if beyond := sum(not row.claimed and not row.met for row in rows):
        print(say("cli.verify_beyond", n=beyond))


def _print_row(row: Row) -> None:
    """Print one row: what, what came, what was expected and how near, the source."""
    figures = row.error or f"{row.got:.6g} ({row.expected:.6g} ± {row.tolerance:.2g}; {row.source})"
    print(f"  {'✓' if row.met else '✗' if row.claimed else '–'} {row.quantity}: {figures}")


def _plain(row: Row) -> dict[str, Any]:
    """Give a row as plain JSON values; what is published but not claimed says so in its verdict.

    What a run that raised has said stands in `got`; a number that is none is written as text.
    """
    from sispamkota.verification.kind import kind

    values = asdict(row)
    claimed, error = values.pop("claimed"), values.pop("error")
    values = {name: str(v) if isinstance(v, float) and not isfinite(v) else v for name, v in values.items()}
    verdict = row.verdict if row.met or claimed else f"{row.verdict}, not claimed"
    return {**values, "got": error or values["got"], "kind": kind(row), "verdict": verdict}


def _trace(*, as_json: bool) -> None:
    """Say of every name of the model where it is done, tested and seen; exit 1 if there is a gap."""
    from sispamkota.verification.trace import TESTS, trace

    rows = trace()
    gaps = sum(bool(row.gap) for row in rows)
    if as_json:
        print_json({"rows": [asdict(row) for row in rows], "gaps": gaps})
    else:
        for row in rows:
            test = row.test if TESTS is not None else t("cli.trace_no_tests")
            seen = row.gap or (f"{row.scenario} ({row.count})" if row.count else row.scenario)
            print(f"{'✗' if row.gap else '✓'} {row.what} {row.name}: {row.kernel}; {test}; {seen}")
        print(t("cli.trace_sum", gaps=gaps, total=len(rows)))
    raise typer.Exit(int(gaps > 0))


def doctor(*, as_json: AsJson = False, lang: Lang = None) -> None:
    """Look at this machine; exit 1 if something is missing."""
    from sispamkota.app.doctor import examine

    findings = examine(pick_language(lang))
    width = max(len(finding.what) for finding in findings)
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        for each in findings:
            print(
                f"{'✓' if each.good else '✗'} {each.what:<{width}}  {each.got}"
                + ("" if each.good else f" → {each.remedy}")
            )
    raise typer.Exit(int(not all(finding.good for finding in findings)))
