"""The command line: one thin command a stage. Data goes to stdout, talk to stderr.

Exit codes: 0 fine, 1 a finding, 2 bad input or an output that cannot be written, 3 the engine gave up, 130 stopped.
Heavy imports stand inside the commands, so that --help is quick.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .errors import EngineError, Faults, InputError, SispamkotaError, suggest
from .words import pick_language, words

if TYPE_CHECKING:
    from .place import City
    from .rehearsal import Ensemble

__all__ = ["app", "main"]

t = words(pick_language(None))


def _group(about: str) -> typer.Typer:
    return typer.Typer(
        help=t(about),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


app = _group("cli.about")
place_app, force_app, plan_app = _group("cli.place"), _group("cli.force"), _group("cli.plans")

CityName = Annotated[str, typer.Option("--city", metavar="NAME|DIR", help=t("cli.city"))]
AsJson = Annotated[bool, typer.Option("--json", help=t("cli.json"))]
Lang = Annotated[str | None, typer.Option("--lang", metavar="id|en", help=t("cli.lang"))]
CityArgument = Annotated[str, typer.Argument(metavar="CITY", help=t("cli.city"))]
ForceArgument = Annotated[str, typer.Argument(metavar="FORCE", help=t("cli.force_arg"))]
PlanArgument = Annotated[str, typer.Argument(metavar="PLAN", help=t("cli.plan_arg"))]
ResultDir = Annotated[Path, typer.Argument(metavar="RESULT", help=t("cli.result"))]


def main() -> None:
    """Run the program, and say every failure in plain words."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8" if os.name == "nt" else None, errors="replace")  # type: ignore[union-attr]
    try:
        app(prog_name="sispamkota")
    except EngineError as error:
        _stop(str(error), 3)
    except SispamkotaError as error:
        _stop(str(error), 2)
    except OSError as error:  # a full disk, a stdout that is gone
        _stop(f"{error.filename or 'stdout'}: {error.strerror}", 2)


def _stop(text: str, code: int) -> None:
    _talk(text)
    sys.exit(code)


def _talk(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))


def _version(wanted: bool) -> None:
    if wanted:
        from . import __version__

        print(f"sispamkota {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help=t("cli.version"), callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


app.add_typer(place_app, name="place")
app.add_typer(force_app, name="force")
app.add_typer(plan_app, name="plan")


# --- rehearse, rerun, review ------------------------------------------------------------------------------------------


@app.command(help=t("cli.rehearse"))
def rehearse(
    *,
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help=t("cli.scenario"))] = "kpu-bawaslu",
    city: CityName = "malang",
    plan: Annotated[str, typer.Option("--plan", metavar="NAME|FILE", help=t("cli.plan"))] = "malang-500",
    replicates: Annotated[int, typer.Option("--replicates", "-n", metavar="N", min=1, help=t("cli.replicates"))] = 1000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help=t("cli.seed"))] = 1,
    workers: Annotated[int | None, typer.Option("--workers", metavar="N", min=1, help=t("cli.workers"))] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help=t("cli.out"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Play a plan many times; print the table, write the result and its report."""
    language = pick_language(lang)
    from .app.doctor import compiled_kernels
    from .place import City
    from .plan import Plan
    from .rehearsal import Run, Scenario
    from .rehearsal import rehearse as play

    if not compiled_kernels():
        _talk(words(language)("cli.compiling"))
    out = out or Path("hasil") / "-".join([Path(scenario).stem, *_unusual(city=city, plan=plan)])
    parts = _together(lambda: Scenario.load(scenario), lambda: Plan.load(plan), lambda: City.load(city))
    try:
        with _progress(replicates, language) as advance:
            run = Run(workers=workers, progress=advance)
            ensemble = play(*parts, replicates=replicates, seed=seed, out=out, run=run)
    except KeyboardInterrupt:
        _stop("\n" + words(language)("cli.stopped", out=out), 130)
    _show(ensemble, out / "report.html", language, as_json=as_json, city=parts[2])


def _together(*loads: Callable[[], Any]) -> list[Any]:
    """Load several inputs; the faults of all of them are told at once."""
    faults, loaded = Faults(), []
    for load in loads:
        try:
            loaded.append(load())
        except InputError as error:
            faults.extend(error.faults)
    faults.raise_if_any()
    return loaded


def _unusual(**chosen: str) -> Iterator[str]:
    """Name what differs from the defaults, for the name of the folder."""
    usual = {"city": "malang", "plan": "malang-500"}
    yield from (Path(value).stem for name, value in chosen.items() if value != usual[name])


def _show(ensemble: Ensemble, report: Path, language: str, *, as_json: bool, city: City | None) -> None:
    """Write the report, then print the table or the JSON."""
    from rich.console import Console

    from .review.report import write_report
    from .review.terminal import render_terminal

    write_report(ensemble, report, lang=language, city=city)
    if as_json:
        print(ensemble.to_json(), end="")
        _talk(words(language)("cli.written", path=report))
    else:
        render_terminal(ensemble, lang=language, console=Console(), report=report)


@contextmanager
def _progress(total: int, language: str) -> Iterator[Callable[[int], None]]:
    """Give advance(done), which moves a bar on a terminal and does nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words(language)("cli.progress"), total=total)
        yield lambda done: bar.update(task, completed=done)


@app.command(help=t("cli.rerun"))
def rerun(
    *,
    result: ResultDir,
    replicate: Annotated[int, typer.Option("--replicate", metavar="N", min=0, help=t("cli.replicate"))],
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Play one replicate again and hold it against the stored row; exit 1 if they differ."""
    say = words(pick_language(lang))
    from .rehearsal import Ensemble

    ensemble = Ensemble.load(result)
    row = ensemble.rerun(replicate).reset_index(drop=True)
    stored = ensemble.rows[ensemble.rows["replicate"] == replicate].reset_index(drop=True)
    different = [name for name in row if not row[name].equals(stored[name])]
    if as_json:
        (values,) = json.loads(row.to_json(orient="records", double_precision=15))
        _print_json({"row": values, "same": not different, "different": different})
    else:
        print(row.T.to_string(header=False))
        verdict = "cli.different" if different else "cli.same"
        _talk(say(verdict, replicate=replicate, columns=", ".join(map(str, different))))
    raise typer.Exit(int(bool(different)))


@app.command(help=t("cli.review"))
def review(
    *,
    result: ResultDir,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help=t("cli.report"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Print the table of a stored result and write its report."""
    language = pick_language(lang)
    from .rehearsal import Ensemble

    ensemble = Ensemble.load(result)
    _show(ensemble, out or result / "report.html", language, as_json=as_json, city=_city_of(ensemble))


def _city_of(ensemble: Ensemble) -> City | None:
    """Find the very city that a result was played in, for the streets of its map; None where it is gone."""
    from .place import City

    try:
        city = City.load(ensemble.manifest.settings["city"])
    except SispamkotaError:
        return None
    return city if city.manifest.digest() in ensemble.manifest.parents else None


# --- place, force, plan -----------------------------------------------------------------------------------------------


@place_app.command("build", help=t("cli.place_build"))
def place_build(
    *,
    roads: Annotated[Path, typer.Option("--roads", metavar="FILE", help=t("cli.roads"))],
    areas: Annotated[Path, typer.Option("--areas", metavar="FILE", help=t("cli.areas"))],
    venues: Annotated[Path, typer.Option("--venues", metavar="FILE", help=t("cli.venues"))],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help=t("cli.folder"))],
    people: Annotated[Path | None, typer.Option("--people", metavar="FILE", help=t("cli.people"))] = None,
    name: Annotated[str | None, typer.Option("--name", help=t("cli.name"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Build a city from files."""
    language = pick_language(lang)
    from .place import build_city

    _print_city(
        build_city(roads=roads, areas=areas, venues=venues, people=people, out=out, name=name or out.name),
        as_json,
        language,
    )


@place_app.command("show", help=t("cli.place_show"))
def place_show(*, city: CityArgument = "malang", as_json: AsJson = False, lang: Lang = None) -> None:
    """Show what a city holds."""
    language = pick_language(lang)
    from .place import City

    _print_city(City.load(city), as_json, language)


def _print_city(city: City, as_json: bool, language: str) -> None:
    from .place import show_city

    if as_json:
        _print_json(city.to_dict())
    else:
        print(show_city(city, lang=language))


@place_app.command("check", help=t("cli.place_check"))
def place_check(*, city: CityArgument = "malang", as_json: AsJson = False) -> None:
    """Check that a city can be read."""
    from .place import City

    with _check(as_json):
        City.load(city)


@place_app.command("times", help=t("cli.place_times"))
def place_times(
    *,
    origin: Annotated[str, typer.Option("--from", metavar="PLACE", help=t("cli.from"))],
    destination: Annotated[str, typer.Option("--to", metavar="PLACE", help=t("cli.to"))],
    city: CityArgument = "malang",
    vehicle: Annotated[str, typer.Option("--vehicle", help=t("cli.vehicle"))] = "truck",
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Tell how long a vehicle takes from one place to another, without blue light."""
    language = pick_language(lang)
    from .place import VEHICLES, City, Ride
    from .words import minutes

    faults, found = Faults(), City.load(city)
    sites = [found.find_or_fault(ref, faults, where) for ref, where in ((origin, "--from"), (destination, "--to"))]
    if vehicle not in VEHICLES:
        faults.add(
            where="--vehicle",
            field="vehicle",
            expected="a vehicle class",
            got=vehicle,
            remedy=suggest(vehicle, VEHICLES),
        )
    faults.raise_if_any()
    nodes = [[site.node] for site in sites if site]
    seconds = float(found.roads.travel_times(*nodes, ride=Ride.of(vehicle))[0, 0])
    if as_json:
        _print_json(
            {"from": origin, "to": destination, "vehicle": vehicle, "seconds": seconds if seconds < inf else None}
        )
    else:
        print(minutes(seconds, language))


@force_app.command("show", help=t("cli.force_show"))
def force_show(*, force: ForceArgument = "malang-500", as_json: AsJson = False) -> None:
    """Show what a force holds."""
    from .force import Force

    _print_value(Force.load(force), as_json)


@force_app.command("check", help=t("cli.force_check"))
def force_check(*, force: ForceArgument = "malang-500", as_json: AsJson = False) -> None:
    """Check the file of a force."""
    from .force import Force

    with _check(as_json):
        Force.load(force)


@plan_app.command("show", help=t("cli.plan_show"))
def plan_show(*, plan: PlanArgument = "malang-500", as_json: AsJson = False) -> None:
    """Show who stands where."""
    from .plan import Plan

    _print_value(Plan.load(plan), as_json)


@plan_app.command("check", help=t("cli.plan_check"))
def plan_check(*, plan: PlanArgument = "malang-500", city: CityName = "malang", as_json: AsJson = False) -> None:
    """Check a plan, and its places in a city."""
    from .place import City
    from .plan import Plan

    with _check(as_json):
        Plan.load(plan, city=City.load(city))


@contextmanager
def _check(as_json: bool) -> Iterator[None]:
    """Run a check: nothing found exits 0, bad input lists its faults (as JSON where asked) and exits 2."""
    try:
        yield
    except InputError as error:
        if not as_json:
            raise
        _print_json({"findings": [asdict(fault) for fault in error.faults]})
        raise typer.Exit(2) from None
    if as_json:
        _print_json({"findings": []})
    else:
        print(t("cli.no_finding"))


def _print_value(value: Any, as_json: bool) -> None:
    """Print a stage value as text, or its table and assumptions as JSON."""
    if not as_json:
        print(value)
        return
    rows = value.to_table().to_json(orient="records", double_precision=15)
    assumptions = [asdict(each) for each in value.assumptions]
    _print_json({"rows": json.loads(rows), "assumptions": assumptions, "manifest": value.manifest.to_dict()})


# --- the program itself -----------------------------------------------------------------------------------------------


@app.command(help=t("cli.verify"))
def verify(
    *,
    cases: Annotated[list[str] | None, typer.Argument(metavar="CASE", help=t("cli.cases"))] = None,
    as_json: AsJson = False,
) -> None:
    """Run the cases of theory and published tables; exit 1 if one is not met."""
    from .verification import verify as run

    rows = []
    for row in run(cases or ()):
        rows.append(row)
        if not as_json:
            figures = f"{row.got:.9g} ({row.expected:.9g} ± {row.tolerance:g}; {row.source})"
            print(f"{'✓' if row.met else '✗'} {row.case}: {row.quantity}: {figures}")
    met = sum(row.met for row in rows)
    if as_json:
        _print_json({"rows": [{**asdict(row), "verdict": "met" if row.met else "not met"} for row in rows]})
    else:
        print(t("cli.verify_sum", met=met, total=len(rows)))
    raise typer.Exit(int(met < len(rows)))


@app.command(help=t("cli.doctor"))
def doctor(*, as_json: AsJson = False, lang: Lang = None) -> None:
    """Look at this machine; exit 1 if something is missing."""
    from .app.doctor import examine

    findings = examine(pick_language(lang))
    width = max(len(finding.what) for finding in findings)
    if as_json:
        _print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        for each in findings:
            print(
                f"{'✓' if each.good else '✗'} {each.what:<{width}}  {each.got}"
                + ("" if each.good else f" → {each.remedy}")
            )
    raise typer.Exit(int(not all(finding.good for finding in findings)))
