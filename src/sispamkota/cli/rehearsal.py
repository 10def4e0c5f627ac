"""sispamkota rehearse, rerun, review."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sispamkota.errors import Fault, InputError, SispamkotaError
from sispamkota.words import figure, pick_language, words

from .common import (
    AsJson,
    CityName,
    Lang,
    Replicates,
    ResultDir,
    Seed,
    Workers,
    print_json,
    progress,
    stop,
    t,
    talk,
    together,
)

if TYPE_CHECKING:
    from sispamkota.place import City
    from sispamkota.rehearsal import Design, Ensemble

__all__ = ["add_to", "rehearse", "rerun", "review"]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (rehearse, rerun, review):
        app.command(help=t(f"cli.{command.__name__}"))(command)


def rehearse(
    *,
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help=t("cli.scenario"))] = "kpu-bawaslu",
    city: CityName = "malang",
    plan: Annotated[str, typer.Option("--plan", metavar="NAME|FILE", help=t("cli.plan"))] = "malang-500",
    replicates: Replicates = 1000,
    precision: Annotated[list[str] | None, typer.Option(metavar="NAME=X", help=t("cli.precision"))] = None,
    seed: Seed = 1,
    workers: Workers = None,
    parameters: Annotated[str, typer.Option(metavar="default|prior", help=t("cli.parameters"))] = "default",
    sensitivity: Annotated[bool, typer.Option("--sensitivity", help=t("cli.sensitivity"))] = False,
    measure: Annotated[str, typer.Option(metavar="NAME", help=t("cli.measure"))] = "harm_people",
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help=t("cli.out"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Play a plan many times; print the table, write the result and its report."""
    language = pick_language(lang)
    from sispamkota.app.doctor import compiled_kernels
    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Design, Precision, Run, Scenario
    from sispamkota.rehearsal import rehearse as play

    if not compiled_kernels():
        talk(words(language)("cli.compiling"))
    out = out or Path("hasil") / "-".join([Path(scenario).stem, *_unusual(city=city, plan=plan)])
    if parameters not in ("default", "prior"):
        remedy = "default: one value each. prior: every replicate draws from the ranges of variables.toml."
        raise InputError([Fault("--parameters", "parameters", "default or prior", f'"{parameters}"', remedy)])
    sharp = Precision.parse(precision or (), most=replicates)
    parts = together(lambda: Scenario.load(scenario), lambda: Plan.load(plan), lambda: City.load(city))
    if sensitivity:
        _tell_sensitivity(parts, measure, Design(seed=seed), workers, language, as_json=as_json)
        return
    if parameters == "prior":
        parts[0] = parts[0].uncertain()
    try:
        with progress(replicates, language) as advance:
            run = Run(workers=workers, progress=advance)
            ensemble = play(*parts, replicates=sharp or replicates, seed=seed, out=out, run=run)
    except KeyboardInterrupt:
        stop("\n" + words(language)("cli.stopped", out=out), 130)
    _show(ensemble, out / "report.html", language, as_json=as_json, city=parts[2])
    if sharp is not None:
        _say_precision(ensemble, language)


def _tell_sensitivity(
    parts: list[Any], measure: str, design: Design, workers: int | None, language: str, *, as_json: bool
) -> None:
    """Find which assumptions decide a measure and tell the five that matter most."""
    from sispamkota.rehearsal import Run, find_sensitivity
    from sispamkota.rehearsal.setting import ranges_of
    from sispamkota.schema import quantity

    say = words(language)
    points = design.trajectories * (1 + len(ranges_of(parts[0])))
    with progress(points, language, unit="cli.points") as advance:
        found = find_sensitivity(*parts, measure=measure, design=design, run=Run(workers=workers, progress=advance))
    if as_json:
        print(found.to_json(), end="")
        return
    known = quantity(measure)
    print(
        say(
            "sensitivity.title",
            measure=known.sentence(language),
            unit=known.display_unit,
            title=parts[0].title(language),
        )
    )
    for rank, each in enumerate(found.effects[:5], 1):
        about, figures = (
            quantity(each.parameter),
            {k: figure(getattr(each, k), language) for k in ("strength", "low", "high")},
        )
        way = "up" if each.mean > 0.5 * each.strength else "down" if each.mean < -0.5 * each.strength else "both"
        unit = "" if about.unit == "1" else f" {about.unit}"
        span = f"{about.low:g} – {about.high:g}{unit}"
        print(
            say(
                "sensitivity.line", rank=rank, name=each.parameter, about=about.sentence(language), span=span, **figures
            )
        )
        print(
            "   "
            + say(f"sensitivity.{way}")
            + (" " + say("sensitivity.depends") if each.spread > each.strength else "")
        )
    talk(say("sensitivity.note", points=found.points, replicates=found.design.replicates, failed=found.failed))


def _say_precision(ensemble: Ensemble, language: str) -> None:
    """Say whether the measures became as sharp as asked, or the budget ended first."""
    say, n = words(language), len(ensemble.rows)
    for each in ensemble.shortfalls():
        got, asked = figure(each.got, language), figure(each.asked, language)
        talk(say("cli.budget_ended", n=n, name=each.name, got=got, asked=asked, unit=each.unit))
    if not ensemble.shortfalls():
        talk(say("cli.precise", n=n))


def _unusual(**chosen: str) -> Iterator[str]:
    """Name what differs from the defaults, for the name of the folder."""
    usual = {"city": "malang", "plan": "malang-500"}
    yield from (Path(value).stem for name, value in chosen.items() if value != usual[name])


def _show(ensemble: Ensemble, report: Path, language: str, *, as_json: bool, city: City | None) -> None:
    """Write the report, then print the table or the JSON."""
    from rich.console import Console

    from sispamkota.review.report import write_report
    from sispamkota.review.terminal import render_terminal

    write_report(ensemble, report, lang=language, city=city)
    if as_json:
        print(ensemble.to_json(), end="")
        talk(words(language)("cli.written", path=report))
    else:
        render_terminal(ensemble, lang=language, console=Console(), report=report)


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


def review(
    *,
    result: ResultDir,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help=t("cli.report"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Print the table of a stored result and write its report."""
    language = pick_language(lang)
    from sispamkota.rehearsal import Ensemble

    ensemble = Ensemble.load(result)
    _show(ensemble, out or result / "report.html", language, as_json=as_json, city=_city_of(ensemble))


def _city_of(ensemble: Ensemble) -> City | None:
    """Find the very city that a result was played in, for the streets of its map; None where it is gone."""
    from sispamkota.place import City

    try:
        city = City.load(ensemble.manifest.settings["city"])
    except SispamkotaError:
        return None
    return city if city.manifest.digest() in ensemble.manifest.parents else None
