"""sispamkota plan harm, improve, explain, test, frontier: what a plan is worth, by rehearsing it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sispamkota.errors import Fault, InputError, shown, suggest
from sispamkota.words import pick_language

from .common import (
    AsJson,
    CityName,
    ForceArgument,
    Lang,
    PlanArgument,
    Replace,
    Seed,
    Workers,
    finite,
    free_file,
    free_folder,
    print_json,
    progress,
    say_if_compiling,
    say_new_folder,
    t,
    talk,
    together,
)
from .deploying import risk_of
from .plans import check_distinct, plan_app

if TYPE_CHECKING:
    from sispamkota.force import Force
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.plan.harm import Harm

__all__ = ["plan_explain", "plan_frontier", "plan_harm", "plan_improve", "plan_test"]
PLANNERS = ("deploy", "ratio")
PlanSeconds = Annotated[float, typer.Option(metavar="S", min=1, callback=finite, help=t("cli.frontier_seconds"))]
ScenarioName = Annotated[str, typer.Option("--scenario", metavar="NAME|FILE", help=t("cli.scenario"))]


@plan_app.command("harm", help=t("cli.plan_harm"))
def plan_harm(
    *,
    plan: Annotated[str, typer.Option(metavar="NAME|FILE", help=t("cli.plan_arg"))] = "malang-500",
    scenario: ScenarioName = "kpu-bawaslu",
    city: CityName = "malang",
    plans: Annotated[int, typer.Option(metavar="N", help=t("cli.harm_plans"))] = 300,
    rounds: Annotated[int, typer.Option(metavar="N", help=t("cli.harm_rounds"))] = 2,
    near: Annotated[int, typer.Option(metavar="N", help=t("cli.harm_near"))] = 150,
    replicates: Annotated[int, typer.Option("--replicates", "-n", metavar="N", help=t("cli.harm_replicates"))] = 200,
    seconds: PlanSeconds = 60.0,
    seed: Seed = 1,
    workers: Workers = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help=t("cli.harm_output"))] = None,
    replace: Replace = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Fit the linear surrogate of harm from rehearsals of plans drawn around a plan, then near the deployed one."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Run, Scenario
    from sispamkota.rehearsal.harm_fit import Trials, fit_harm
    from sispamkota.review.tell_plans import tell_harm
    from sispamkota.store import atomic_write

    say_if_compiling(language)
    loads = (lambda: Scenario.load(scenario), lambda: City.load(city), lambda: Plan.load(plan))
    free = partial(free_file, output, (".yaml", ".yml"), option="--output", replace=replace)
    story, where, base, _ = together(*loads, free)
    say_new_folder(output, language)
    trials, by = Trials(plans, replicates, rounds, near), _deployer(where, base.force.on, seconds=seconds, seed=seed)
    with progress(trials.most, language, unit="cli.progress_plans") as advance:
        run = Run(workers=workers, progress=advance)

        def planner(harm: Harm) -> Plan | None:
            return by(where, base.force, harm)

        found = fit_harm(story, base, where, planner=planner, trials=trials, seed=seed, run=run)
    if output is not None:
        with atomic_write(output) as draft:
            draft.write_text(found.to_file(plan), encoding="utf-8")
        talk(str(output))
    if as_json:
        print_json(found.to_dict())
    else:
        print(tell_harm(found, language))


@plan_app.command("improve", help=t("cli.plan_improve"))
def plan_improve(
    *,
    plan: PlanArgument = "malang-500",
    scenario: ScenarioName = "kpu-bawaslu",
    city: CityName = "malang",
    seconds: Annotated[float, typer.Option(metavar="S", min=1, callback=finite, help=t("cli.improve_seconds"))] = 60.0,
    zone: Annotated[list[str] | None, typer.Option("--zone", metavar="AIM=D", help=t("cli.improve_zone"))] = None,
    seed: Seed = 1,
    workers: Workers = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="DIR", help=t("cli.improve_output"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Improve a plan by rehearsing lawful changes of it; keep the old one where no gain is shown."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Run, Scenario
    from sispamkota.rehearsal.improve import Effort, improve
    from sispamkota.rehearsal.zones import Zones
    from sispamkota.review.tell_plans import tell_improvement

    say_if_compiling(language)
    loads = (lambda: Scenario.load(scenario), lambda: City.load(city), lambda: Plan.load(plan))
    out = lambda: free_folder(output, "plan")  # noqa: E731
    story, where, base, zones, _ = together(*loads, lambda: Zones.load(own=zone or ()), out)
    say_new_folder(output, language)
    with progress(100, language, unit="cli.progress_search") as advance:
        run, effort = Run(workers=workers, progress=advance), Effort.of(seconds)
        found = improve(story, base, where, zones=zones, effort=effort, seed=seed, run=run)
    if output is not None:
        found.save(output)
        talk(str(output))
    if as_json:
        print_json(found.to_dict())
    else:
        print(tell_improvement(found, title=story.title(language), lang=language))


@plan_app.command("explain", help=t("cli.plan_explain"))
def plan_explain(
    *,
    plan: PlanArgument = "malang-500",
    unit: Annotated[list[str] | None, typer.Option("--unit", metavar="U", help=t("cli.explain_unit"))] = None,
    scenario: ScenarioName = "kpu-bawaslu",
    city: CityName = "malang",
    harm: Annotated[str | None, typer.Option(metavar="NAME|FILE", help=t("cli.explain_harm"))] = None,
    replicates: Annotated[int, typer.Option("--replicates", "-n", metavar="N", min=2, help=t("cli.pairs"))] = 200,
    seed: Seed = 1,
    workers: Workers = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Explain each post: why here, what it answers, what is lost without it."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.plan.harm import Harm
    from sispamkota.rehearsal import Run, Scenario
    from sispamkota.rehearsal.explain import explain
    from sispamkota.rehearsal.rehearse import Luck
    from sispamkota.review.tell_plans import tell_explanation

    say_if_compiling(language)
    loads = (lambda: Scenario.load(scenario), lambda: City.load(city), lambda: Plan.load(plan))
    story, where, base, terms = together(*loads, lambda: None if harm is None else Harm.load(harm))
    with progress(100, language, unit="cli.progress_plans") as advance:
        run = Run(workers=workers, progress=advance)
        found = explain(story, base, where, units=unit or (), harm=terms, luck=Luck(replicates, seed), run=run)
    if as_json:
        print_json(found.to_dict())
    else:
        print(tell_explanation(found, city=where, title=story.title(language), lang=language))


@plan_app.command("test", help=t("cli.plan_test"))
def plan_test(
    *,
    plans: Annotated[list[str], typer.Argument(metavar="PLAN", help=t("cli.plan_arg"))],
    scenarios: Annotated[str, typer.Option(metavar="A,B…", help=t("cli.test_scenarios"))] = "kpu-bawaslu,hostage",
    city: CityName = "malang",
    replicates: Annotated[int, typer.Option("--replicates", "-n", metavar="N", min=2, help=t("cli.pairs"))] = 400,
    seed: Seed = 1,
    workers: Workers = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Try plans in scenarios that they were not made for; tell the worst regret of each."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Run, Scenario
    from sispamkota.rehearsal.regret import find_regrets
    from sispamkota.review.tell_plans import tell_regrets

    say_if_compiling(language)
    names = [name.strip() for name in scenarios.split(",")]
    where, _, *loaded = together(
        lambda: City.load(city),
        lambda: check_distinct(plans),
        *(lambda name=name: Scenario.load(name) for name in names),
        *(lambda name=name: Plan.load(name) for name in plans),
    )
    stories, known = loaded[: len(names)], dict(zip(plans, loaded[len(names) :], strict=True))
    with progress(len(stories) * len(plans), language, unit="cli.progress_plans") as advance:
        run = Run(workers=workers, progress=advance)
        found = find_regrets(stories, known, where, replicates=replicates, seed=seed, run=run)
    if as_json:
        print_json(found.to_dict())
    else:
        print(tell_regrets(found, language))


@plan_app.command("frontier", help=t("cli.plan_frontier"))
def plan_frontier(
    *,
    force: ForceArgument = "malang-500",
    scenario: ScenarioName = "kpu-bawaslu",
    city: CityName = "malang",
    least: Annotated[int, typer.Option("--from", metavar="N", min=1, help=t("cli.frontier_from"))] = 300,
    most: Annotated[int, typer.Option("--to", metavar="N", min=1, help=t("cli.frontier_to"))] = 1000,
    step: Annotated[int, typer.Option(metavar="N", min=1, help=t("cli.frontier_step"))] = 50,
    replicates: Annotated[int, typer.Option("--replicates", "-n", metavar="N", min=2, help=t("cli.pairs"))] = 200,
    planner: Annotated[str, typer.Option(metavar="deploy|ratio", help=t("cli.frontier_planner"))] = "deploy",
    seconds: PlanSeconds = 60.0,
    seed: Seed = 1,
    workers: Workers = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help=t("cli.frontier_output"))
    ] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Rehearse forces of many sizes; tell what more people would buy, and what talk would."""
    language = pick_language(lang)
    from sispamkota.force import Force
    from sispamkota.place import City
    from sispamkota.plan import plan_by_ratio
    from sispamkota.plan.harm import Harm
    from sispamkota.plotting import SUFFIXES, save_figure
    from sispamkota.rehearsal import Run, Scenario
    from sispamkota.rehearsal.frontier import find_frontier
    from sispamkota.rehearsal.rehearse import Luck
    from sispamkota.review.tell_plans import tell_frontier

    say_if_compiling(language)
    story, where, who, *_ = together(
        lambda: Scenario.load(scenario),
        lambda: City.load(city),
        lambda: Force.load(force),
        lambda: _check_planner(planner),
        lambda: free_file(output, SUFFIXES, option="--output"),
        lambda: _check_sizes(least, most),
    )
    say_new_folder(output, language)
    sizes = tuple(range(least, most + 1, step))
    with progress(len(sizes), language, unit="cli.progress_sizes") as advance:
        run, luck = Run(workers=workers, progress=advance), Luck(replicates, seed)
        by = _deployer(where, who.on, seconds=seconds, seed=seed)
        harm = Harm.for_scenario(story.name, where.name)
        way = plan_by_ratio if planner == "ratio" else lambda there, own: by(there, own, harm)
        found = find_frontier(story, who, where, sizes=sizes, planner=way, luck=luck, run=run)
    if output is not None:
        talk(str(save_figure(found.plot(lang=language), output)))
    if as_json:
        print_json(found.to_dict() | {"planner": planner})
    else:
        print(tell_frontier(found, title=story.title(language), planner=planner, lang=language))


def _check_sizes(least: int, most: int) -> None:
    """Raise InputError for sizes that go from large to small."""
    if least > most:
        remedy = "Name them from small to large."
        raise InputError([Fault("--to", "sizes", f"{least} or more, as --from says", str(most), remedy)])


def _check_planner(name: str) -> None:
    """Raise InputError for a planner that is none."""
    if name not in PLANNERS:
        expected, remedy = " or ".join(PLANNERS), suggest(name, PLANNERS) or "Name one of them."
        raise InputError([Fault("--planner", "planner", expected, shown(name), remedy)])


def _deployer(city: City, on: str, *, seconds: float, seed: int) -> Callable[[City, Force, Harm | None], Plan | None]:
    """Give the planner that deploys a force by a surrogate of harm, where there is one.

    It gives None for a force that cannot keep the rules.
    """
    from sispamkota.plan.deploy.deploy import InfeasibleError, deploy
    from sispamkota.plan.deploy.options import DeployOptions

    risk = risk_of(None, city, on)
    options = DeployOptions(seconds=seconds, gap=0.01, seed=seed)

    def plan(city: City, force: Force, harm: Harm | None) -> Plan | None:
        try:
            return deploy(city, force, on=on, harm=harm, risk=risk, options=options).plan
        except InfeasibleError:
            return None

    return plan
