"""sispamkota plan check: what law, doctrine, rest, command and the streets say of a plan."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sispamkota.errors import InputError
from sispamkota.words import pick_language

from .common import AsJson, CityName, Lang, print_json, t, together
from .plans import plan_app

if TYPE_CHECKING:
    from sispamkota.place import City
    from sispamkota.plan import Plan

__all__ = ["plan_app", "plan_check"]

Own = Annotated[Path | None, typer.Option("--doctrine", metavar="FILE", help=t("cli.own_doctrine"))]


@plan_app.command("check", help=t("cli.plan_check"))
def plan_check(
    *,
    plans: Annotated[list[str] | None, typer.Argument(metavar="PLAN", help=t("cli.plan_check_arg"))] = None,
    city: CityName = "malang",
    parity: Annotated[bool, typer.Option("--parity", help=t("cli.parity"))] = False,
    contest: Annotated[str | None, typer.Option(metavar="NAME", help=t("cli.parity_contest"))] = None,
    results: Annotated[Path | None, typer.Option(metavar="FILE", help=t("cli.parity_results"))] = None,
    doctrine: Own = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Hold plans of one day against every rule; exit 1 for a violation, 2 for bad input."""
    language = pick_language(lang)
    from sispamkota.force import read_doctrine
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.plan.rules.checks import check_plans

    try:
        own = read_doctrine(doctrine) if doctrine is not None else None
        names = plans or ["malang-500"]
        where = City.load(city)
        loaded = together(*(lambda name=name: Plan.load(name, own=own, city=where, armed=False) for name in names))
        found: Any = check_plans(loaded, where, own=own)
        even = [_parity(plan, where, contest, results) for plan in loaded] if parity else []
    except InputError as error:
        if not as_json:
            raise
        print_json({"findings": [asdict(fault) for fault in error.faults]})
        raise typer.Exit(2) from None
    if as_json:
        rows = [each for one in even for each in one.findings(language)]
        parts = {"parity": [each.to_dict() for each in even]} if parity else {}
        print_json({"findings": found.findings(language) + rows} | parts)
    else:
        print("\n\n".join([found.tell(language), *(each.tell(language) for each in even)]))
    raise typer.Exit(int(bool(found.violations)))


def _parity(plan: Plan, city: City, contest: str | None, results: Path | None) -> Any:
    """Hold a plan against published votes; raises InputError where there are none."""
    from sispamkota.plan.parity import parity_of
    from sispamkota.risk.results import read_results

    own = read_results(results, city) if results is not None else None
    return parity_of(plan, city, contest=contest, results=own)
