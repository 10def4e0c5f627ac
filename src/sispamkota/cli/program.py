"""sispamkota verify, doctor."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from sispamkota.words import pick_language

from .common import AsJson, Lang, print_json, t

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
) -> None:
    """Run the cases of theory and published tables; exit 1 if one is not met."""
    if trace:
        _trace(as_json=as_json)
    from sispamkota.verification import verify as run

    rows = []
    for row in run(cases or ()):
        rows.append(row)
        if not as_json:
            figures = f"{row.got:.9g} ({row.expected:.9g} ± {row.tolerance:g}; {row.source})"
            print(f"{'✓' if row.met else '✗'} {row.case}: {row.quantity}: {figures}")
    met = sum(row.met for row in rows)
    if as_json:
        print_json({"rows": [{**asdict(row), "verdict": "met" if row.met else "not met"} for row in rows]})
    else:
        print(t("cli.verify_sum", met=met, total=len(rows)))
    raise typer.Exit(int(met < len(rows)))


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
