"""sispamkota force, sispamkota plan."""

from __future__ import annotations

from .common import AsJson, CityName, ForceArgument, PlanArgument, check, group, print_value, t

__all__ = ["force_app", "plan_app"]

force_app, plan_app = group("cli.force"), group("cli.plans")


@force_app.command("show", help=t("cli.force_show"))
def force_show(*, force: ForceArgument = "malang-500", as_json: AsJson = False) -> None:
    """Show what a force holds."""
    from sispamkota.force import Force

    print_value(Force.load(force), as_json)


@force_app.command("check", help=t("cli.force_check"))
def force_check(*, force: ForceArgument = "malang-500", as_json: AsJson = False) -> None:
    """Check the file of a force."""
    from sispamkota.force import Force

    with check(as_json):
        Force.load(force)


@plan_app.command("show", help=t("cli.plan_show"))
def plan_show(*, plan: PlanArgument = "malang-500", as_json: AsJson = False) -> None:
    """Show who stands where."""
    from sispamkota.plan import Plan

    print_value(Plan.load(plan), as_json)


@plan_app.command("check", help=t("cli.plan_check"))
def plan_check(*, plan: PlanArgument = "malang-500", city: CityName = "malang", as_json: AsJson = False) -> None:
    """Check a plan, and its places in a city."""
    from sispamkota.place import City
    from sispamkota.plan import Plan

    with check(as_json):
        Plan.load(plan, city=City.load(city))
