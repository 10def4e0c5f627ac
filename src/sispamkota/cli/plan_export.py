"""sispamkota plan export: orders on paper, in a workbook, on a map, on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sispamkota.words import pick_language

from .common import CityName, Lang, PlanArgument, Replace, say_new_folder, t, talk, together
from .force import load_doctrine
from .plans import plan_app

__all__ = ["plan_app", "plan_export"]

Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR|FILE", help=t("cli.export_out"))]
Format = Annotated[
    str | None, typer.Option("--format", metavar="pdf|xlsx|ics|geojson|gpx|text|png|set", help=t("cli.export_format"))
]


@plan_app.command("export", help=t("cli.plan_export"))
def plan_export(
    *,
    plan: PlanArgument = "malang-500",
    city: CityName = "malang",
    out: Out = None,
    kind: Format = None,
    paper: Annotated[str, typer.Option(metavar="a4|f4", help=t("cli.export_paper"))] = "a4",
    agency: Annotated[str | None, typer.Option(metavar="NAME", help=t("cli.export_agency"))] = None,
    audience: Annotated[str, typer.Option(metavar="service|public", help=t("cli.export_audience"))] = "service",
    calendar: Annotated[Path | None, typer.Option("--calendar", metavar="FILE", help=t("cli.calendar"))] = None,
    doctrine: Annotated[Path | None, typer.Option("--doctrine", metavar="FILE", help=t("cli.own_doctrine"))] = None,
    replace: Replace = False,
    lang: Lang = None,
) -> None:
    """Write the orders of a plan to a folder or a file; what was written is said on stderr."""
    language = pick_language(lang)
    from sispamkota.exchange.orders import Layout, export_orders, refuse_export
    from sispamkota.outputs import refuse_blocked
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.plan.orders import write_orders
    from sispamkota.risk.calendar import calendar as read_calendar

    layout = Layout(paper=paper, lang=language, audience=audience, replace=replace)
    own, days, *_ = together(
        lambda: load_doctrine(doctrine),
        lambda: read_calendar(path=calendar),
        lambda: refuse_export(out or Path("hasil"), kind, layout),
        lambda: refuse_blocked(out or Path("hasil")),
    )
    say_new_folder(out, language)
    where, loaded = together(lambda: City.load(city), lambda: Plan.load(plan, own=own))
    orders = write_orders(loaded, where, own=own, days=days)
    orders = orders.of(agency) if agency else orders
    target = out if out is not None else Path("hasil") / f"orders-{orders.plan}"
    paths = export_orders(orders, where, target, kind=kind, layout=layout)
    for path in paths if len(paths) <= 12 else [target]:
        talk(str(path))
