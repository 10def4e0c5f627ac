"""sispamkota review."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sispamkota.errors import Fault, InputError
from sispamkota.words import pick_language, words

from .common import AsJson, Lang, doing, free_file, print_json, say_if_compiling, say_new_folder, t, talk, together

if TYPE_CHECKING:
    from sispamkota.place import City
    from sispamkota.place.compound import Compound
    from sispamkota.rehearsal import Ensemble
    from sispamkota.review.scene_document import ScenePlayback

__all__ = ["add_to", "find_result", "review", "show_result"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(help=t("cli.review"))(review)


def review(
    *,
    results: Annotated[list[Path], typer.Argument(metavar="RESULT", help=t("cli.results_reviewed"))],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE.html|FILE.pdf", help=t("cli.report"))] = None,
    audience: Annotated[str, typer.Option("--audience", metavar="service|public", help=t("cli.audience"))] = "service",
    replicate: Annotated[
        int | None, typer.Option("--replicate", metavar="N", min=0, help=t("cli.replicate_told"))
    ] = None,
    site: Annotated[str | None, typer.Option("--site", metavar="NAME|FILE", help=t("cli.site_review"))] = None,
    place: Annotated[str | None, typer.Option("--place", metavar="PLACE", help=t("cli.site_place"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Print the table of a stored result and write its report, or compare several."""
    language = pick_language(lang)
    from sispamkota.review.audience import check_audience, public_json

    exercises = [folder for folder in results if _is_exercise(folder)]
    if exercises:
        together(
            lambda: check_audience(audience),
            lambda: _check_alone(results, exercises[0], replicate),
            lambda: _check_site(site, place, results=0, path=out, audience=audience),
            lambda: free_file(out, (".html", ".pdf")),
        )
        _review_exercise(exercises[0], out, audience=audience, as_json=as_json, language=language)
        return
    name = "report.html" if len(results) == 1 and audience == "service" else f"report-{audience}.html"
    path = out or (results[0] / name if name == "report.html" else Path(results[0].name + "-" + name))
    unnamed = as_json and audience == "public" and out is None  # JSON goes to stdout; a page is not asked for
    endings = (".html", ".pdf") if len(results) == 1 else (".html",)
    compound, *_ = together(
        lambda: _read_site(site, place, results=len(results), path=path, audience=audience),
        lambda: check_audience(audience),
        lambda: _check(len(results), replicate, as_json=as_json),
        lambda: free_file(out, endings),
        lambda: _can_print(path),
        *(lambda folder=folder: find_result(folder) for folder in results),
    )
    if not unnamed:
        say_new_folder(path, language)
    say_if_compiling(language)
    ensembles = [_complete(folder, language) for folder in results]
    if replicate is not None:
        ensembles[0] = ensembles[0].telling(replicate)
    if len(ensembles) > 1:
        from sispamkota.review.compare_results import write_comparison

        write_comparison(ensembles, path, lang=language, audience=audience)
        talk(words(language)("cli.written", path=path))
        return
    if unnamed:
        print(public_json(ensembles[0]), end="")
        return
    _write_report(ensembles[0], path, language, as_json=as_json, audience=audience, compound=compound, place=place)


def _write_report(
    ensemble: Ensemble,
    path: Path,
    language: str,
    *,
    as_json: bool,
    audience: str,
    compound: Compound | None,
    place: str | None,
) -> None:
    """Write one result's report, on paper or as a page, with a crowd in a compound where one is given."""
    from sispamkota.review.city_of import city_of

    city = city_of(ensemble)
    if path.suffix.lower() == ".pdf":
        from sispamkota.review.pdf import write_pdf

        write_pdf(ensemble, path, lang=language, audience=audience, city=city)
        talk(words(language)("cli.written", path=path))
        return
    scene = None
    if compound is not None:
        from sispamkota.review.in_compound import play_in_compound

        with doing(language) as show:
            show(words(language)("cli.site_playing"))
            scene = play_in_compound(ensemble, compound, place=place)
    show_result(ensemble, path, language, as_json=as_json, city=city, audience=audience, scene=scene)


def _check_site(site: str | None, place: str | None, *, results: int, path: Path | None, audience: str) -> None:
    """Raise InputError for a compound that this report cannot show, and for a place without one.

    0 results are an exercise.
    """
    expected, got = "one rehearsal's page, for the service", ""
    if results == 0:
        got = "an exercise"
    elif results > 1:
        got = f"{results} results"
    elif path is not None and path.suffix.lower() == ".pdf":
        got = "a report on paper"
    elif audience == "public":
        got = "a report for the public"
    given = [name for name, value in (("--site", site), ("--place", place)) if value is not None]
    faults = [Fault(name, "option", expected, got, "Leave it out.") for name in given if got]
    if given == ["--place"] and not got:
        faults.append(Fault("--place", "option", "--site beside it", "no --site", "Add --site, or leave it out."))
    if faults:
        raise InputError(faults)


def _read_site(site: str | None, place: str | None, *, results: int, path: Path, audience: str) -> Compound | None:
    """Read the compound in which a crowd is shown, where one is asked for."""
    from sispamkota.place.compound import Compound

    _check_site(site, place, results=results, path=path, audience=audience)
    return None if site is None else Compound.load(site)


def _is_exercise(folder: Path) -> bool:
    """Tell an exercise, exported or the folder of its room, from a rehearsal."""
    from sispamkota import store
    from sispamkota.errors import StoreError

    try:
        head = store.read_json(folder / store.MANIFEST)
    except StoreError:
        return (folder / "room.db").is_file()
    return isinstance(head, dict) and head.get("kind") == "exerciselog"


def _check_alone(results: list[Path], folder: Path, replicate: int | None) -> None:
    """Raise InputError for an exercise beside other results, or with a replicate."""
    if len(results) > 1 or replicate is not None:
        where = "RESULT" if len(results) > 1 else "--replicate"
        remedy = "Review an exercise alone; for what it would have been otherwise there is a branch."
        raise InputError([Fault(where, "exercise", "one exercise alone", str(folder), remedy)])


def _review_exercise(folder: Path, out: Path | None, *, audience: str, as_json: bool, language: str) -> None:
    """Write the after-action review of one exercise, and print it in a line or as JSON."""
    from sispamkota.review.anev import make_anev
    from sispamkota.review.anev_page import write_anev

    from .exercise import read_exercise

    name = "report.html" if audience == "service" else f"{folder.name}-report-{audience}.html"
    path = out or (folder / name if audience == "service" else Path(name))
    say_new_folder(path, language)
    anev = make_anev(read_exercise(folder, None))
    write_anev(anev, path, lang=language, audience=audience)
    well = sum(point.good for point in anev.points)
    counts = {"well": well, "improve": len(anev.points) - well, "unrated": anev.unrated, "n": len(anev.log.records)}
    title = anev.file.title_id if language == "id" else anev.file.title_en
    if as_json:
        print_json(anev.to_dict(audience=audience))
    else:
        print(words(language)("anev.line", title=title, **counts))
    talk(words(language)("cli.written", path=path))


def show_result(
    ensemble: Ensemble,
    report: Path,
    language: str,
    *,
    as_json: bool,
    city: City | None,
    audience: str = "service",
    scene: ScenePlayback | None = None,
) -> None:
    """Write the report, then print the table or the JSON."""
    from rich.console import Console

    from sispamkota.review.audience import public_json
    from sispamkota.review.playback import make_playback
    from sispamkota.review.report import write_report
    from sispamkota.review.terminal import render_terminal

    playback = make_playback(ensemble, city=city) if audience == "service" else None
    write_report(ensemble, report, lang=language, city=city, audience=audience, playback=playback, scene=scene)
    if as_json:
        print(ensemble.to_json() if audience == "service" else public_json(ensemble), end="")
        talk(words(language)("cli.written", path=report))
    else:
        render_terminal(ensemble, lang=language, console=Console(), report=report, audience=audience)


def _can_print(path: Path) -> None:
    """Raise InputError for a PDF where typst is not installed: before the work, not after it."""
    from sispamkota.missing import needs

    if path.suffix.lower() == ".pdf":
        needs("typst", "report", option="--out")


def _check(results: int, replicate: int | None, *, as_json: bool) -> None:
    """Raise InputError for options that only fit one result."""
    idle = {"--replicate": replicate is not None, "--json": as_json} if results > 1 else {}
    faults = [
        Fault(option, "option", "one result", f"{results} results", "Leave it out.")
        for option, given in idle.items()
        if given
    ]
    if faults:
        raise InputError(faults)


def find_result(folder: Path) -> None:
    """Raise InputError for what is no folder of a rehearsal; say what it is, and which command makes such a folder."""
    from sispamkota.inputs import DATA
    from sispamkota.store import MANIFEST

    if (folder / MANIFEST).is_file():
        return
    name, bare = str(folder), folder.name == str(folder)
    remedy = "Rehearse first: sispamkota rehearse -o hasil/mine. Then name hasil/mine."
    if bare and (DATA / "plans" / f"{name}.yaml").is_file():
        got = "the name of a plan"
        remedy = f"Rehearse it first: sispamkota rehearse --plan {name} -o hasil/mine. Then name hasil/mine."
    elif bare and (DATA / "scenarios" / f"{name}.yaml").is_file():
        got = "the name of a scenario"
        remedy = f"Rehearse it first: sispamkota rehearse {name} -o hasil/mine. Then name hasil/mine."
    elif bare and (DATA / "cities" / name).is_dir():
        got = "the name of a city"
        remedy = f"Rehearse in it first: sispamkota rehearse --city {name} -o hasil/mine. Then name hasil/mine."
    elif folder.is_dir():
        got = "a folder without a result"
    else:
        got = "a file" if folder.exists() else "no such folder"
    raise InputError([Fault(name, "result", "a folder that rehearse wrote", got, remedy)])


def _complete(folder: Path, language: str) -> Ensemble:
    """Load a result; what is found out after a rehearsal is found now where it lacks, and kept where it may be."""
    from sispamkota import store
    from sispamkota.fault_words import in_indonesian
    from sispamkota.rehearsal import Ensemble
    from sispamkota.rehearsal.causes import with_evidence

    ensemble = Ensemble.load(folder)
    complete = with_evidence(ensemble)
    if complete is not ensemble:
        try:
            store.save(complete, folder, beside=lambda stage: _keep(folder / "report.html", stage))
        except InputError as error:  # a folder that may not be written is read all the same
            say = words(language)
            reason = ", ".join(in_indonesian(each.got) if language == "id" else each.got for each in error.faults)
            talk(say("cli.not_kept", path=folder, reason=reason))
    return complete


def _keep(report: Path, stage: Path) -> None:
    """Carry an earlier report over."""
    if report.exists():
        shutil.copy2(report, stage / report.name)
