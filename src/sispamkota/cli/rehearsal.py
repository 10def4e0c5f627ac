"""sispamkota rehearse, rerun."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sispamkota.errors import Fault, InputError
from sispamkota.words import figure, pick_language, words

from .common import (
    AsJson,
    CityName,
    Lang,
    ResultDir,
    Seed,
    Workers,
    finite,
    print_json,
    progress,
    say_if_compiling,
    say_new_folder,
    t,
    talk,
    together,
)
from .reviewing import find_result, show_result
from .site_rating import at_site, checked_site

if TYPE_CHECKING:
    from sispamkota.rehearsal import Design, Effort, Ensemble, Precision, Run, Scenario

__all__ = ["add_to", "rehearse", "rerun"]

REPLICATES = 1000
USUAL_PLAN = "malang-500"
REPETITIONS = 20  # of the estimate of a rare event
TRIALS = 100  # from each level in each of them


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (rehearse, rerun):
        app.command(help=t(f"cli.{command.__name__}"))(command)


def rehearse(
    *,
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help=t("cli.scenario"))] = "kpu-bawaslu",
    city: CityName = "malang",
    plan: Annotated[str | None, typer.Option("--plan", metavar="NAME|FILE", help=t("cli.plan_usual"))] = None,
    replicates: Annotated[
        int | None,
        typer.Option("--replicates", "-n", metavar="N", min=1, help=t("cli.replicates"), show_default=str(REPLICATES)),
    ] = None,
    precision: Annotated[list[str] | None, typer.Option(metavar="NAME=X", help=t("cli.precision"))] = None,
    seed: Seed = 1,
    workers: Workers = None,
    cluster: Annotated[str | None, typer.Option(metavar="URL", help=t("cli.cluster"))] = None,
    cluster_wait: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.0, callback=finite, help=t("cli.cluster_wait"), show_default="60"),
    ] = None,
    parameters: Annotated[str, typer.Option(metavar="default|prior", help=t("cli.parameters"))] = "default",
    sensitivity: Annotated[bool, typer.Option("--sensitivity", help=t("cli.sensitivity"))] = False,
    measure: Annotated[str | None, typer.Option(metavar="NAME", help=t("cli.measure"))] = None,
    site: Annotated[str | None, typer.Option("--site", metavar="NAME|FILE", help=t("cli.rehearse_site"))] = None,
    rare: Annotated[str | None, typer.Option(metavar="EVENT", help=t("cli.rare"))] = None,
    levels: Annotated[str | None, typer.Option(metavar="X,Y…", help=t("cli.levels"))] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help=t("cli.out"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Play a plan many times; print the table, write the result and its report."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Cluster, Design, Effort, Precision, Run, Scenario

    given = dict[str, object]({"--precision": precision, "--replicates": replicates, "--measure": measure})
    given |= {"--rare": rare, "--levels": levels, "--out": out, "--cluster": cluster, "--cluster-wait": cluster_wait}
    given |= {"--parameters": parameters if parameters == "prior" else None}
    mode, unfit = _idle(given, sensitivity=sensitivity)
    trials = TRIALS if replicates is None else -(-replicates // REPETITIONS)
    replicates = replicates or REPLICATES
    say_if_compiling(language)
    folder = out or _usual_folder(scenario, city=city, plan=plan, parameters=parameters, site=site)
    *parts, sharp, rungs, _, there, compound = together(
        lambda: Scenario.load(scenario),
        lambda: Plan.load(plan or _usual_plan(scenario)),
        lambda: City.load(city),
        lambda: Precision.parse(precision or (), most=replicates),
        lambda: _read_levels(levels),
        lambda: _check_options(parameters, mode=mode, unfit=unfit),
        lambda: Cluster.parse(cluster, wait=cluster_wait, workers=workers),
        lambda: checked_site(site),
    )
    parts[0] = at_site(_drawn(parts[0], parameters), compound, folder.parent, language)
    if sensitivity:
        _tell_sensitivity(parts, measure or "harm_people", Design(seed=seed), workers, language, as_json=as_json)
        return
    if rare is not None:
        _tell_rare(parts, (rare, rungs), Effort(trials, REPETITIONS, seed), workers, language, as_json=as_json)
        return
    say_new_folder(out, language)
    run = Run(workers=workers, cluster=there)
    _play(parts, sharp or replicates, run, language, seed=seed, out=folder, as_json=as_json)


def _usual_plan(scenario: str) -> str:
    """Name the plan that a scenario was written for; what is wrong with the scenario is told where it is loaded."""
    from sispamkota.rehearsal import Scenario

    try:
        return Scenario.load(scenario).file.plan or USUAL_PLAN
    except InputError:
        return USUAL_PLAN


def _play(
    parts: list[Any], replicates: int | Precision, run: Run, language: str, *, seed: int, out: Path, as_json: bool
) -> None:
    """Play the replicates, write the result and its report, print the table."""
    from sispamkota.rehearsal import rehearse as play
    from sispamkota.rehearsal.causes import with_evidence

    most = replicates if isinstance(replicates, int) else replicates.most
    with progress(most, language, stopped=words(language)("cli.stopped", out=out)) as advance:
        ensemble = play(*parts, replicates=replicates, seed=seed, out=out, run=replace(run, progress=advance))
    complete = with_evidence(ensemble, run=replace(run, progress=lambda done: None))
    if complete is not ensemble:
        complete.save(out)
    show_result(complete, out / "report.html", language, as_json=as_json, city=parts[2])
    if not isinstance(replicates, int):
        _say_precision(ensemble, language)


def _tell_sensitivity(
    parts: list[Any], measure: str, design: Design, workers: int | None, language: str, *, as_json: bool
) -> None:
    """Find which assumptions decide a measure and tell the five that matter most."""
    from sispamkota.rehearsal import Run, find_sensitivity
    from sispamkota.review.tell import tell_sensitivity

    with progress(design.points(parts[0]), language, unit="cli.points") as advance:
        found = find_sensitivity(*parts, measure=measure, design=design, run=Run(workers=workers, progress=advance))
    told = found.to_json() if as_json else tell_sensitivity(found, title=parts[0].title(language), lang=language) + "\n"
    print(told, end="")


def _idle(given: Mapping[str, object], *, sensitivity: bool) -> tuple[str, dict[str, object]]:
    """Name the kind of rehearsal, and the options that it would leave idle."""
    if sensitivity:
        mode, names = "with --sensitivity", set(given) - {"--measure"}
    elif given["--rare"] is not None:
        mode, names = "with --rare", {"--precision", "--measure", "--out", "--cluster", "--cluster-wait"}
    elif given["--levels"] is not None:
        mode, names = "without --rare", {"--levels"}
    else:
        mode, names = "without --sensitivity", {"--measure"}
    return mode, {name: value for name, value in given.items() if name in names}


def _tell_rare(
    parts: list[Any],
    event: tuple[str, list[float] | None],
    effort: Effort,
    workers: int | None,
    language: str,
    *,
    as_json: bool,
) -> None:
    """Find the probability of a rare event, by its name and levels, and tell what it took."""
    from sispamkota.rehearsal import Run, find_rare
    from sispamkota.review.tell import tell_rarity

    with progress(effort.repetitions, language, unit="cli.repetitions") as advance:
        run = Run(workers=workers, progress=advance)
        found = find_rare(*parts, event=event[0], levels=event[1], effort=effort, run=run)
    told = found.to_json() if as_json else tell_rarity(found, title=parts[0].title(language), lang=language) + "\n"
    print(told, end="")


def _read_levels(text: str | None) -> list[float] | None:
    """Read numbers between commas; raises InputError for what is none."""
    try:
        return None if text is None else [float(each) for each in text.split(",")]
    except ValueError:
        fault = Fault("--levels", "levels", "numbers between commas", f'"{text}"', "Write for example 0.5,1,1.5,2.")
        raise InputError([fault]) from None


def _check_options(parameters: str, *, mode: str, unfit: Mapping[str, object]) -> None:
    """Raise InputError for a word that is none, and for options that a mode, or its absence, leaves idle."""
    faults = list[Fault]()
    if parameters not in ("default", "prior"):
        remedy = "default: one value each. prior: every replicate draws from the ranges of variables.toml."
        faults.append(Fault("--parameters", "parameters", "default or prior", f'"{parameters}"', remedy))
    for option, value in unfit.items():
        if value:
            faults.append(Fault(option, "option", f"no such option {mode}", str(value), "Leave it out."))
    if faults:
        raise InputError(faults)


def _say_precision(ensemble: Ensemble, language: str) -> None:
    """Say whether the measures became as sharp as asked, or the budget ended first."""
    say, n = words(language), len(ensemble.rows)
    for each in ensemble.shortfalls():
        got, asked = figure(each.got, language), figure(each.asked, language)
        talk(say("cli.budget_ended", n=n, name=each.name, got=got, asked=asked, unit=each.unit))
    if not ensemble.shortfalls():
        talk(say("cli.precise", n=n))


def _drawn(scenario: Scenario, parameters: str) -> Scenario:
    """Let a scenario draw its parameters where that is asked for."""
    return scenario.uncertain() if parameters == "prior" else scenario


def _usual_folder(scenario: str, **chosen: str | None) -> Path:
    """Name the folder of a result by what is unusual about it."""
    return Path("hasil") / "-".join([Path(scenario).stem, *_unusual(**chosen)])


def _unusual(**chosen: str | None) -> Iterator[str]:
    """Name what differs from the defaults, for the name of the folder."""
    usual = {"city": "malang", "plan": USUAL_PLAN, "parameters": "default", "site": None}
    yield from (Path(value).stem for name, value in chosen.items() if value is not None and value != usual[name])


def rerun(
    *,
    result: ResultDir,
    replicate: Annotated[int, typer.Option("--replicate", metavar="N", min=0, help=t("cli.replicate"))],
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Play one replicate again and hold it against the stored row; exit 1 if they differ."""
    say = words(pick_language(lang))
    from sispamkota.rehearsal import Ensemble

    find_result(result)
    ensemble = Ensemble.load(result)
    row = ensemble.rerun(replicate).reset_index(drop=True)
    stored = ensemble.rows[ensemble.rows["replicate"] == replicate].reset_index(drop=True)
    different = [name for name in row if not row[name].equals(stored[name])]
    if as_json:
        (values,) = json.loads(row.to_json(orient="records", double_precision=15))
        print_json({"row": values, "same": not different, "different": different})
    else:
        print(row.T.to_string(header=False))
        verdict = "cli.different" if different else "cli.same"
        talk(say(verdict, replicate=replicate, columns=", ".join(map(str, different))))
    raise typer.Exit(int(bool(different)))
