"""sispamkota review."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sispamkota.errors import Fault, InputError
from sispamkota.words import pick_language, words

from .common import AsJson, Lang, t, talk

if TYPE_CHECKING:
    from sispamkota.place import City
    from sispamkota.rehearsal import Ensemble

__all__ = ["add_to", "review", "show_result"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(help=t("cli.review"))(review)


def review(
    *,
    results: Annotated[list[Path], typer.Argument(metavar="RESULT...", help=t("cli.results_reviewed"))],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE.html|FILE.pdf", help=t("cli.report"))] = None,
    audience: Annotated[str, typer.Option("--audience", metavar="service|public", help=t("cli.audience"))] = "service",
    replicate: Annotated[
        int | None, typer.Option("--replicate", metavar="N", min=0, help=t("cli.replicate_told"))
    ] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Print the table of a stored result and write its report, or compare several."""
    language = pick_language(lang)
    from sispamkota.review.audience import check_audience
    from sispamkota.review.city_of import city_of

    check_audience(audience)
    _check(results, out, replicate, as_json=as_json)
    ensembles = [_complete(folder) for folder in results]
    if replicate is not None:
        ensembles[0] = ensembles[0].telling(replicate)
    name = "report.html" if len(results) == 1 and audience == "service" else f"report-{audience}.html"
    path = out or (results[0] / name if name == "report.html" else Path(results[0].name + "-" + name))
    if len(ensembles) > 1:
        from sispamkota.review.compare_results import write_comparison

        write_comparison(ensembles, path, lang=language, audience=audience)
        talk(words(language)("cli.written", path=path))
        return
    city = city_of(ensembles[0])
    if path.suffix == ".pdf":
        from sispamkota.review.pdf import write_pdf

        write_pdf(ensembles[0], path, lang=language, audience=audience, city=city)
        talk(words(language)("cli.written", path=path))
        return
    show_result(ensembles[0], path, language, as_json=as_json, city=city, audience=audience)


def show_result(
    ensemble: Ensemble,
    report: Path,
    language: str,
    *,
    as_json: bool,
    city: City | None,
    audience: str = "service",
) -> None:
    """Write the report, then print the table or the JSON."""
    from rich.console import Console

    from sispamkota.review.audience import public_json
    from sispamkota.review.playback import make_playback
    from sispamkota.review.report import write_report
    from sispamkota.review.terminal import render_terminal

    playback = make_playback(ensemble, city=city) if audience == "service" else None
    write_report(ensemble, report, lang=language, city=city, audience=audience, playback=playback)
    if as_json:
        print(ensemble.to_json() if audience == "service" else public_json(ensemble), end="")
        talk(words(language)("cli.written", path=report))
    else:
        render_terminal(ensemble, lang=language, console=Console(), report=report, audience=audience)


def _check(results: list[Path], out: Path | None, replicate: int | None, *, as_json: bool) -> None:
    """Raise InputError for what does not go together."""
    faults = list[Fault]()
    if out is not None and out.suffix not in (".html", ".pdf"):
        faults.append(Fault("--out", "file", "a name that ends in .html or .pdf", str(out), "Give one of the two."))
    idle = {"--replicate": replicate is not None, "--json": as_json} if len(results) > 1 else {}
    for option in (option for option, given in idle.items() if given):
        faults.append(Fault(option, "option", "one result", f"{len(results)} results", "Leave it out."))
    if faults:
        raise InputError(faults)


def _complete(folder: Path) -> Ensemble:
    """Load a result; what is found out after a rehearsal is found now where it lacks, and kept where it may be."""
    from sispamkota import store
    from sispamkota.rehearsal import Ensemble
    from sispamkota.rehearsal.causes import with_evidence

    ensemble = Ensemble.load(folder)
    complete = with_evidence(ensemble)
    if complete is not ensemble:
        with suppress(InputError):  # a folder that may not be written is read all the same
            store.save(complete, folder, beside=lambda stage: _keep(folder / "report.html", stage))
    return complete


def _keep(report: Path, stage: Path) -> None:
    """Carry an earlier report over."""
    if report.exists():
        shutil.copy2(report, stage / report.name)
