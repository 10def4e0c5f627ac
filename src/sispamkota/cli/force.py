"""sispamkota force: who we have, by which norms, and what the pattern of polling stations takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sispamkota.errors import Faults, shown
from sispamkota.words import pick_language, words

from .common import (
    AsJson,
    CityName,
    ForceArgument,
    Lang,
    Replace,
    check,
    free_file,
    group,
    print_json,
    print_value,
    say_new_folder,
    t,
    talk,
    together,
)
from .risk_inputs import VOTE, read_day

if TYPE_CHECKING:
    from datetime import date

    from sispamkota.force import Doctrine
    from sispamkota.force.pattern import TpsPattern
    from sispamkota.place import City
    from sispamkota.plan.rounds.rounds import Rounds
    from sispamkota.risk.tps import TpsClasses

__all__ = ["DoctrineFile", "force_app", "load_doctrine"]

force_app = group("cli.force")

DoctrineFile = Annotated[Path | None, typer.Option("--doctrine", metavar="FILE", help=t("cli.doctrine"))]
NormDay = Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help=t("cli.norm_on"))]


def load_doctrine(path: Path | None) -> Doctrine | None:
    """Read the user's own doctrine, which may use the kinds and agencies of ours; None where there is none."""
    if path is None:
        return None
    from sispamkota.force.doctrine import doctrine, read_doctrine

    return read_doctrine(path, beside=doctrine())


@force_app.command("show", help=t("cli.force_show"))
def force_show(
    *,
    force: ForceArgument = "malang-500",
    on: Annotated[str | None, typer.Option("--on", metavar="YYYY-MM-DD", help=t("cli.force_on"))] = None,
    doctrine: DoctrineFile = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Show what a force holds, all of it or on a day."""
    language = pick_language(lang)
    from sispamkota.force import Force

    found, day = together(
        lambda: Force.load(force, own=load_doctrine(doctrine)), lambda: None if on is None else read_day(on, "--on")
    )
    shown_ = found if day is None else found.at(day)
    print_value(shown_, as_json, language)


@force_app.command("check", help=t("cli.force_check"))
def force_check(
    *,
    force: ForceArgument = "malang-500",
    city: Annotated[str | None, typer.Option("--city", metavar="NAME|DIR", help=t("cli.force_city"))] = None,
    doctrine: DoctrineFile = None,
    as_json: AsJson = False,
) -> None:
    """Check the file of a force; with a city, that it has the homes of the units."""
    from sispamkota.force import Force, find_homes
    from sispamkota.place import City

    with check(as_json):
        found, where = together(
            lambda: Force.load(force, own=load_doctrine(doctrine)), lambda: None if city is None else City.load(city)
        )
        faults = Faults()
        if where is not None:
            find_homes(found.units, where, faults)
        faults.raise_if_any()


@force_app.command("norms", help=t("cli.force_norms"))
def force_norms(
    *,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help=t("cli.norm_name"))] = None,
    on: NormDay = VOTE,
    doctrine: DoctrineFile = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """List the norms in force on a day, with what every source says."""
    language = pick_language(lang)
    from sispamkota.force.norms import find_norms, norm_rows, norm_sources
    from sispamkota.show import text_table

    when, own = together(lambda: read_day(on, "--on"), lambda: load_doctrine(doctrine))
    found = find_norms(name, on=when, own=own)
    if as_json:
        print_json({"on": when.isoformat(), "norms": norm_sources(found)})
    else:
        print(text_table(*norm_rows(found, on=when, own=own, lang=language)))


@force_app.command("tps", help=t("cli.force_tps"))
def force_tps(
    *,
    city: CityName = "malang",
    on: NormDay = VOTE,
    force: Annotated[str | None, typer.Option("--force", metavar="NAME|FILE", help=t("cli.pattern_force"))] = None,
    observations: Annotated[
        Path | None, typer.Option("--observations", metavar="FILE", help=t("cli.observations"))
    ] = None,
    doctrine: DoctrineFile = None,
    ratio: Annotated[list[str] | None, typer.Option("--ratio", metavar="CLASS=N", help=t("cli.ratio"))] = None,
    by: Annotated[str, typer.Option("--by", metavar="kelurahan|kecamatan", help=t("cli.pattern_by"))] = "kecamatan",
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE.csv", help=t("cli.csv"))] = None,
    rounds: Annotated[
        Path | None, typer.Option("--rounds", metavar="FILE.csv|FILE.geojson", help=t("cli.rounds"))
    ] = None,
    within: Annotated[
        str, typer.Option("--within", metavar="kelurahan|kecamatan|city", help=t("cli.rounds_within"))
    ] = "kecamatan",
    fit: Annotated[bool, typer.Option("--fit", help=t("cli.rounds_fit"))] = False,
    replace: Replace = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Count what the guard of the polling stations takes, and group them into rounds."""
    language = pick_language(lang)
    from sispamkota.force import Force
    from sispamkota.force.pattern import tps_pattern
    from sispamkota.place import City

    where, when, own, ratios, *_ = together(
        lambda: City.load(city),
        lambda: read_day(on, "--on"),
        lambda: load_doctrine(doctrine),
        lambda: _ratios(ratio or ()),
        lambda: _one_of("--by", by, ("kelurahan", "kecamatan")),
        lambda: _one_of("--within", within, ("kelurahan", "kecamatan", "city")),
        lambda: free_file(out, (".csv",), replace=replace),
        lambda: free_file(rounds, (".csv", ".geojson"), option="--rounds", replace=replace),
    )
    for path in (out, rounds):
        say_new_folder(path, language)
    classes, roster = together(
        lambda: _classes(where, observations, when),
        lambda: None if force is None else Force.load(force, own=own),
    )
    found = tps_pattern(where, classes, force=roster, own=own, ratios=ratios)
    tours = None if rounds is None else _rounds(where, found, classes, own=own, within=within, fit=fit)
    _write_tables(found, out, tours, rounds, where, language)
    if as_json:
        print_json(found.to_dict() | ({} if tours is None else {"rounds": tours.to_dict()}))
    else:
        _tell(found, tours, by, language)


def _classes(city: City, observations: Path | None, on: date) -> TpsClasses:
    """Classify the TPS of a city."""
    from sispamkota.risk.tps import Observations, classify_tps, read_observations

    seen = Observations.none() if observations is None else read_observations(observations, city, on=on)
    return classify_tps(city, seen, on=on)


def _ratios(texts: Sequence[str]) -> dict[str, float]:
    """Read CLASS=N options; raises InputError for any other text, and for a class or number that is none."""
    from sispamkota.force.pattern import own_ratios

    faults, ratios = Faults(), dict[str, float]()
    for text in texts:
        name, _, value = text.partition("=")
        try:
            ratios[name.strip().replace("-", "_")] = float(value)
        except ValueError:
            remedy = "For example --ratio rawan=4: two police for four TPS."
            faults.add(where="--ratio", field="ratio", expected="CLASS=N", got=shown(text), remedy=remedy)
    faults.raise_if_any()
    own_ratios(ratios)
    return ratios


def _one_of(option: str, given: str, known: Sequence[str]) -> None:
    """Raise InputError for a word that is none of those known."""
    faults = Faults()
    if given not in known:
        remedy = "Choose one of them."
        faults.add(where=option, field=option.strip("-"), expected=", ".join(known), got=shown(given), remedy=remedy)
    faults.raise_if_any()


def _rounds(
    city: City, found: TpsPattern, classes: TpsClasses, *, own: Doctrine | None, within: str, fit: bool
) -> Rounds:
    """Group the TPS into rounds by the norms of the day."""
    from sispamkota.force.pattern import in_force
    from sispamkota.plan.rounds.rounds import make_rounds

    of = dict(zip(classes.table["tps"], classes.table["class"], strict=True))
    times = {key: in_force(f"tps.{key}", on=found.on, own=own)[0].value for key in ("round_s", "stop_s")}
    ratios = {name: each.value for name, each in found.ratios.items()}
    return make_rounds(city, of, ratios=ratios, within=within, fit=fit, **times)


def _write_tables(
    found: TpsPattern, out: Path | None, tours: Rounds | None, rounds: Path | None, city: City, lang: str
) -> None:
    """Write the tables that are asked for; rounds as a map layer where the file is a GeoJSON."""
    from sispamkota.store import atomic_write, write_json

    tables: list[tuple[Path | None, Any]] = [(out, found), (rounds, tours)]
    for path, value in tables:
        if path is None:
            continue
        with atomic_write(path) as draft:
            if value is tours and tours is not None and path.suffix.lower() == ".geojson":
                from sispamkota.plan.rounds.geo import rounds_geo

                write_json(rounds_geo(tours, city), draft)
            else:
                value.to_table().to_csv(draft, index=False, lineterminator="\n")
        talk(words(lang)("risk_map.table", path=path))


def _tell(found: TpsPattern, tours: Rounds | None, by: str, lang: str) -> None:
    """Print the tables of the pattern, and of the rounds where they were made."""
    from sispamkota.force.pattern import area_rows, count_rows, other_rows, reserve_line, roster_rows
    from sispamkota.plan.rounds.rounds import round_rows
    from sispamkota.show import text_table

    tables = [area_rows(found, lang=lang, level=by), *(rows(found, lang=lang) for rows in (count_rows, other_rows))]
    if len(found.people):
        tables.append(roster_rows(found, lang=lang))
    if tours is not None:
        tables.append(round_rows(tours, lang=lang))
    print("\n\n".join(text_table(*each) for each in tables))
    for line in (*reserve_line(found, lang=lang), *(getattr(each, lang) for each in found.assumptions)):
        print(line)
