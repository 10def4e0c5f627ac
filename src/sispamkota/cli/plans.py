"""sispamkota force, sispamkota plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sispamkota.words import figure, pick_language, words

from .common import (
    AsJson,
    CityName,
    ForceArgument,
    Lang,
    PlanArgument,
    Replicates,
    Seed,
    Workers,
    check,
    group,
    print_json,
    print_value,
    progress,
    t,
    talk,
    together,
)

if TYPE_CHECKING:
    from sispamkota.rehearsal import Comparison

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


@plan_app.command("compare", help=t("cli.plan_compare"))
def plan_compare(
    *,
    a: Annotated[str, typer.Argument(metavar="A", help=t("cli.plan_arg"))],
    b: Annotated[str, typer.Argument(metavar="B", help=t("cli.plan_arg"))],
    scenario: Annotated[str, typer.Option(metavar="NAME|FILE", help=t("cli.scenario"))] = "kpu-bawaslu",
    city: CityName = "malang",
    replicates: Replicates = 500,
    seed: Seed = 1,
    workers: Workers = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Rehearse two plans with the same luck and tell where they differ."""
    language = pick_language(lang)
    from sispamkota.app.doctor import compiled_kernels
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Run, Scenario, compare, rehearse

    if not compiled_kernels():
        talk(words(language)("cli.compiling"))
    loads = (lambda: Scenario.load(scenario), lambda: City.load(city), lambda: Plan.load(a), lambda: Plan.load(b))
    story, where, *plans = together(*loads)
    results = []
    for plan in plans:
        with progress(replicates, language) as advance:
            run = Run(workers=workers, progress=advance)
            results.append(rehearse(story, plan, where, replicates=replicates, seed=seed, run=run))
    found = compare(*results)
    if as_json:
        print_json(found.to_dict())
    else:
        print(_told(found, results[0].title(language), language))


def _told(found: Comparison, title: str, language: str) -> str:
    """Tell a comparison: what differs surely, then what may not, each with what the same luck was worth."""
    from sispamkota.schema import quantity
    from sispamkota.show import text_table

    say = words(language)
    figures = ("a", "b", "difference", "low", "high")
    tables: dict[str, list[tuple[str, ...]]] = {"sure": [], "open": []}
    same = 0
    for each in found.differences:
        if each.a == each.b and each.low == each.high:
            same += 1
            continue
        label = f"{quantity(each.name).sentence(language)} ({each.unit})"
        cells = [figure(getattr(each, key), language) for key in figures]
        row = (label, *cells, f"{figure(each.ratio, language)}×")
        tables["sure" if each.sure else "open"].append(row)
    header = [say(f"compare.{key}") for key in ("measure", *figures, "luck")]
    lines = [f"A: {found.a}", f"B: {found.b}", say("compare.pairs", title=title, n=found.pairs), ""]
    lines += [text_table(say(f"compare.{key}"), header, rows) + "\n" for key, rows in tables.items() if rows]
    if not tables["sure"]:
        lines.append(say("compare.nothing_sure"))
    if same:
        lines.append(say("compare.same", n=same))
    return "\n".join([*lines, say("compare.note")])
