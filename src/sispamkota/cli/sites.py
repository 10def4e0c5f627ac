"""sispamkota place site: look at the plan of one compound, and check it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sispamkota.words import pick_language, words

from .common import AsJson, Lang, free_file, print_json, say_new_folder, t, talk, together

__all__ = ["site"]


def site(
    *,
    plan: Annotated[str, typer.Argument(metavar="[NAME|FILE]", help=t("cli.site"))] = "office-generic",
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help=t("cli.picture"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Check a compound; exit 1 if something is wrong."""
    language = pick_language(lang)
    from sispamkota.place.compound import Compound
    from sispamkota.place.compound_check import check_compound, space_rows
    from sispamkota.place.compound_draw import SITE_SUFFIXES, space_table, write_compound
    from sispamkota.show import text_table

    compound, _ = together(lambda: Compound.load(plan), lambda: free_file(out, SITE_SUFFIXES))
    say_new_folder(out, language)
    findings, say = check_compound(compound), words(language)
    if out is not None:
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
