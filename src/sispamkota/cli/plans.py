"""sispamkota plan: show, ratio, compare, choose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sispamkota.errors import Fault, InputError
from sispamkota.words import pick_language

from .common import (
    AsJson,
    CityName,
    Lang,
    PlanArgument,
    Replicates,
    Seed,
    Workers,
    free_file,
    free_folder,
    group,
    print_json,
    print_value,
    progress,
    say_if_compiling,
    say_new_folder,
    t,
    talk,
    together,
)

__all__ = ["check_distinct", "plan_app"]

ForceOption = Annotated[str, typer.Option("--force", metavar="NAME|FILE", help=t("cli.deploy_force"))]
plan_app = group("cli.plans")


@plan_app.command("show", help=t("cli.plan_show"))
def plan_show(*, plan: PlanArgument = "malang-500", as_json: AsJson = False, lang: Lang = None) -> None:
    """Show who stands where."""
    language = pick_language(lang)
    from sispamkota.plan import Plan

    print_value(Plan.load(plan), as_json, language)


@plan_app.command("ratio", help=t("cli.plan_ratio"))
def plan_ratio(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help=t("cli.ratio_out"))],
    force: ForceOption = "malang-500",
    city: CityName = "malang",
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Post a force by ratio and habit: the plan that a city makes without a planner, the rival to beat."""
    language = pick_language(lang)
    from sispamkota.force import Force
    from sispamkota.place import City
    from sispamkota.plan import plan_by_ratio
    from sispamkota.words import words

    who, where, _ = together(lambda: Force.load(force), lambda: City.load(city), lambda: free_folder(out, "plan"))
    say_new_folder(out, language)
    plan = plan_by_ratio(where, who)
    plan.save(out)
    print_value(plan, as_json, language)
    talk(words(language)("deploy.written", path=out))


@plan_app.command("compare", help=t("cli.plan_compare"))
def plan_compare(
    *,
    plans: Annotated[list[str], typer.Argument(metavar="PLAN", help=t("cli.plan_arg"))],
    scenario: Annotated[str, typer.Option(metavar="NAME|FILE", help=t("cli.scenario"))] = "kpu-bawaslu",
    city: CityName = "malang",
    replicates: Replicates = 500,
    seed: Seed = 1,
    workers: Workers = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help=t("cli.compare_output"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Rehearse two or more plans with the same luck and tell where they differ from the first."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Run, Scenario, compare, rehearse
    from sispamkota.review.tell import tell_comparison

    say_if_compiling(language)
    loads = [lambda name=name: Plan.load(name) for name in plans]
    story, where, *loaded, _, _ = together(
        lambda: Scenario.load(scenario),
        lambda: City.load(city),
        *loads,
        lambda: _check_two(plans),
        lambda: free_file(output, (".html",), option="--output"),
    )
    say_new_folder(output, language)
    results = []
    for plan in loaded:
        with progress(replicates, language) as advance:
            run = Run(workers=workers, progress=advance)
            results.append(rehearse(story, plan, where, replicates=replicates, seed=seed, run=run))
    first, *others = results
    found = [compare(first, each, names=(plans[0], name)) for each, name in zip(others, plans[1:], strict=True)]
    if output is not None:
        from sispamkota.rehearsal.compare_places import compare_places
        from sispamkota.review.compare_page import write_compare_page

        gaps = [compare_places(first, each, where) for each in others]
        talk(str(write_compare_page(found, gaps, where, output, title=story.title(language), lang=language)))
    if as_json:
        print_json(found[0].to_dict() if len(found) == 1 else {"comparisons": [each.to_dict() for each in found]})
    else:
        print("\n\n".join(tell_comparison(each, title=first.title(language), lang=language) for each in found))


def _check_two(plans: list[str]) -> None:
    """Raise InputError for fewer than two plans."""
    if len(plans) < 2:
        raise InputError([Fault("PLANS", "plans", "2 or more", str(len(plans)), "Name the plans to compare.")])


@plan_app.command("choose", help=t("cli.plan_choose"))
def plan_choose(
    *,
    plans: Annotated[list[str], typer.Argument(metavar="PLAN", help=t("cli.plan_arg"))],
    difference: Annotated[float, typer.Option("--difference", "-d", metavar="D", help=t("cli.difference"))],
    measure: Annotated[str, typer.Option(metavar="NAME", help=t("cli.choose_measure"))] = "harm_people",
    highest: Annotated[bool, typer.Option("--highest", help=t("cli.highest"))] = False,
    confidence: Annotated[float, typer.Option(metavar="P", help=t("cli.confidence"))] = 0.95,
    scenario: Annotated[str, typer.Option(metavar="NAME|FILE", help=t("cli.scenario"))] = "kpu-bawaslu",
    city: CityName = "malang",
    replicates: Annotated[int, typer.Option("--replicates", "-n", metavar="N", help=t("cli.most"))] = 5000,
    seed: Seed = 1,
    workers: Workers = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Rehearse plans with the same luck until the best is known; say what is promised, or that nothing is."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Aim, Run, Scenario, choose_plan
    from sispamkota.review.tell import tell_selection

    say_if_compiling(language)
    aim = Aim(measure, difference, confidence=confidence, most=replicates, highest=highest)
    story, where, *loaded, _ = together(
        lambda: Scenario.load(scenario),
        lambda: City.load(city),
        *(lambda name=name: Plan.load(name) for name in plans),
        lambda: check_distinct(plans),
    )
    with progress(replicates, language) as advance:
        run = Run(workers=workers, progress=advance)
        found = choose_plan(story, dict(zip(plans, loaded, strict=True)), where, aim=aim, seed=seed, run=run)
    if as_json:
        print_json(found.to_dict())
    else:
        print(tell_selection(found, title=story.title(language), lang=language))


def check_distinct(plans: list[str]) -> None:
    """Raise InputError for a plan that is named twice."""
    if twice := sorted({name for name in plans if plans.count(name) > 1}):
        raise InputError([Fault("PLANS", "plans", "each plan once", ", ".join(twice), "Name it once.")])
