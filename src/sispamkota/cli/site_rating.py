"""The rates of a site: measured for a rehearsal where nobody has yet, or by themselves (sispamkota place rates)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sispamkota.words import pick_language, words

from .common import (
    AsJson,
    Lang,
    Seed,
    free_file,
    print_json,
    progress,
    say_if_compiling,
    say_new_folder,
    t,
    talk,
    together,
)

if TYPE_CHECKING:
    from sispamkota.place.compound import Compound
    from sispamkota.rehearsal import Scenario

__all__ = ["at_site", "checked_site", "rates"]


def checked_site(name: str | None) -> Compound | None:
    """Read the compound of a site, None for none; raises InputError where rates of it would mean nothing."""
    if name is None:
        return None
    from sispamkota.place.compound import Compound
    from sispamkota.rehearsal.site_measure import check_site

    compound = Compound.load(name)
    check_site(compound)
    return compound


def at_site(scenario: Scenario, compound: Compound | None, beside: Path, language: str) -> Scenario:
    """Give a scenario the rates of a site: embedded, kept in the folder of results, or measured now; none without."""
    if compound is None:
        return scenario
    from sispamkota.rehearsal.site_measure import SCENES, rates_of

    with progress(SCENES, language, unit="cli.scenes") as advance:
        return scenario.at_site(rates_of(compound, beside=beside, progress=advance))


def rates(
    *,
    plan: Annotated[str, typer.Argument(metavar="NAME|FILE", help=t("cli.site"))] = "office-generic",
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help=t("cli.site_rates_out"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Measure the rates of a site, print them, and write them to a file if asked."""
    language = pick_language(lang)
    from sispamkota.rehearsal.site_measure import SCENES, measure_site
    from sispamkota.show import text_table

    compound, _ = together(lambda: checked_site(plan), lambda: free_file(out, (".yaml",)))
    assert compound is not None  # noqa: S101 - a name is given
    say_new_folder(out, language)
    say_if_compiling(language)
    with progress(SCENES, language, unit="cli.scenes") as advance:
        found = measure_site(compound, seed=seed, progress=advance)
    if out is not None:
        found.save(out)
        talk(words(language)("cli.site_rates_written", path=out))
    if as_json:
        print_json(found.file.model_dump(mode="json"))
    else:
        print(text_table(*found.rows(language)))
