"""sispamkota place site: look at the plan of one compound, check it, and play a scene in it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sispamkota.errors import Fault, InputError
from sispamkota.words import pick_language, words

from .common import (
    AsJson,
    Lang,
    doing,
    finite,
    free_file,
    print_json,
    say_if_compiling,
    say_new_folder,
    t,
    talk,
    together,
)

if TYPE_CHECKING:
    from sispamkota.place.compound import Compound

__all__ = ["site"]

MINUTES, SEED = 10.0, 1  # of a scene of which nobody says more
USUAL_PEOPLE = 500  # where the plan names no space for any


def site(
    *,
    plan: Annotated[str, typer.Argument(metavar="NAME|FILE", help=t("cli.site"))] = "office-generic",
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help=t("cli.site_out"))] = None,
    play: Annotated[bool, typer.Option("--play", help=t("cli.site_play"))] = False,
    people: Annotated[int | None, typer.Option(metavar="N", min=0, help=t("cli.site_people"))] = None,
    violent: Annotated[int | None, typer.Option(metavar="N", min=0, help=t("cli.site_violent"))] = None,
    officers: Annotated[int | None, typer.Option(metavar="N", min=0, help=t("cli.site_officers"))] = None,
    negotiators: Annotated[int | None, typer.Option(metavar="N", min=0, help=t("cli.site_negotiators"))] = None,
    minutes: Annotated[
        float | None,
        typer.Option(metavar="M", callback=finite, help=t("cli.site_minutes"), show_default=f"{MINUTES:g}"),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help=t("cli.seed"), show_default=str(SEED))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Check a compound, and play a scene in it where asked; exit 1 if something is wrong."""
    language = pick_language(lang)
    from sispamkota.place.compound import Compound
    from sispamkota.place.compound_check import check_compound, space_rows
    from sispamkota.place.compound_draw import SITE_SUFFIXES, space_table, write_compound
    from sispamkota.show import text_table

    given = {"people": people, "violent": violent, "officers": officers, "negotiators": negotiators}
    asked = given | {"minutes": minutes, "seed": seed}
    compound, *_ = together(
        lambda: Compound.load(plan),
        lambda: _check_play(play, out, {name: value for name, value in asked.items() if value is not None}),
        lambda: free_file(out, (".html",) if play else SITE_SUFFIXES),
    )
    say_new_folder(out, language)
    findings, say = check_compound(compound), words(language)
    if out is not None and play:
        who = {name: value for name, value in given.items() if value is not None}
        _play(
            compound,
            who,
            out,
            language,
            minutes=MINUTES if minutes is None else minutes,
            seed=SEED if seed is None else seed,
        )
        talk(say("cli.written", path=out))
    elif out is not None:
        write_compound(compound, out, findings, lang=language)
        talk(say("cli.map_written", path=out))
    if as_json:
        rows = [asdict(each.fault()) | each.to_dict() for each in findings]
        rests = [asdict(each) for each in compound.assumptions]
        print_json({"findings": rows, "spaces": space_rows(compound), "assumptions": rests})
    else:
        print(text_table(*space_table(compound, language)))
        for each in findings:
            print(("✗ " if each.severity == "fault" else "– ") + each.line(language))
        if not findings:
            print(say("cli.no_finding"))
        for each in compound.assumptions:
            talk(f"- {each.id if language == 'id' else each.en}")
    raise typer.Exit(int(any(each.severity == "fault" for each in findings)))


def _check_play(play: bool, out: Path | None, given: dict[str, object]) -> None:
    """Raise InputError for a scene without a file, and for options of a scene that is not asked for."""
    faults = []
    if play and out is None:
        faults.append(Fault("--play", "output", "a page to write", "none", "Add -o FILE.html."))
    if not play:
        remedy = "Add --play, or leave it out."
        faults += [Fault(f"--{name}", "option", "--play beside it", "no --play", remedy) for name in given]
    if faults:
        raise InputError(faults)


def _play(compound: Compound, who: dict[str, int], out: Path, language: str, *, minutes: float, seed: int) -> None:
    """Play a scene and write it as a page; the first space's people, a calm crowd and no officers where nobody says."""
    from sispamkota.rehearsal.scene import Crowd, Guard, play_scene
    from sispamkota.review.scene_document import make_scene_playback
    from sispamkota.review.scene_player import write_scene

    spaces = compound.plan.spaces
    crowd = Crowd(who.get("people", spaces[0].people if spaces else USUAL_PEOPLE), violent=who.get("violent", 0))
    guard = Guard(officers=who.get("officers", 0), negotiators=who.get("negotiators", 0))
    say_if_compiling(language)
    with doing(language) as show:
        show(words(language)("cli.site_playing"))
        scene = play_scene(compound, crowd, guard, minutes=minutes, seed=seed)
        write_scene(out, make_scene_playback(scene, compound), lang=language)
