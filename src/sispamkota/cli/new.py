"""sispamkota new: a file to begin with, that passes its own check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sispamkota.words import pick_language, words

from .common import Lang, t, talk

__all__ = ["add_to", "new"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(help=t("cli.new"))(new)


def new(
    *,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=t("cli.new_kind"))],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help=t("cli.new_out"))],
    force: Annotated[str, typer.Option("--force", metavar="NAME|FILE", help=t("cli.new_force"))] = "malang-500",
    lang: Lang = None,
) -> None:
    """Write a commented file to begin with."""
    language = pick_language(lang)
    from sispamkota.exchange.templates import new_file
    from sispamkota.outputs import missing_folder

    folder = missing_folder(out)
    new_file(kind, out, lang=language, force=force)
    if folder is not None:
        talk(words(language)("cli.new_folder", path=folder))
    talk(words(language)("roster.written", path=out))
