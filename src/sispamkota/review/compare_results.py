"""Compare stored results as one page: only those of one scenario in one city, with or without the same luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sispamkota.errors import Fault, InputError
from sispamkota.rehearsal import Ensemble
from sispamkota.rehearsal.compare import Comparison, compare
from sispamkota.rehearsal.compare_places import compare_places
from sispamkota.words import number, words

from .audience import check_audience
from .city_of import city_of
from .compare_page import Beside, write_compare_page
from .ground import make_ground
from .map import draw_map, spots
from .playback import Playback, make_playback
from .summary import choices, describe

__all__ = ["compare_results", "write_comparison"]

TWIN = 328.0  # px: a map's narrow form, two of them side by side
LETTERS = "ABCDEFGH"


def write_comparison(
    ensembles: Sequence[Ensemble],
    path: Path | str,
    *,
    lang: str,
    audience: str = "service",
    city: Any = None,
) -> Path:
    """Write the page of two to eight results in "id" or "en", each held against the first; gives the path.

    `city` gives the maps; without it, the very city of the results is looked for. One replicate of the first two plays
    on twin maps, locked in time. For the audience "public" no place, no reserve and no player is shown. Raises
    InputError for results of different scenarios, cities or engines; where only seeds differ, the page says so.
    """
    check_audience(audience)
    found, first, service = compare_results(ensembles, lang=lang), ensembles[0], audience == "service"
    where = (city if city is not None else city_of(first)) if service else None
    gaps = [compare_places(first, each, where) if where is not None else () for each in ensembles[1:]]
    t = words(lang)
    beside = Beside(
        lead=t("results.lead", n=len(ensembles)),
        luck=[_luck(first, each, one, lang) for each, one in zip(ensembles[1:], found, strict=True)],
        one=[each.manifest == first.manifest for each in ensembles[1:]],
        audience=audience,
        note=t("page.mark_service_note" if service else "results.public_note"),
    )
    if service and not all(beside.one):
        beside = replace(beside, twin=_played(ensembles[:2], where), **_twins(ensembles, where, lang))
    if not service:  # what a plan is called may say who stands where
        beside = replace(beside, shown=frozenset(choices()["public"]["measures"]))
        letters = [t("audience.plan", which=each) for each in LETTERS]
        found = [replace(one, a=letters[0], b=letters[k]) for k, one in enumerate(found, 1)]
    title = first.title(lang)
    return write_compare_page(found, gaps, where, path, title=title, lang=lang, beside=beside)


def compare_results(ensembles: Sequence[Ensemble], *, lang: str) -> list[Comparison]:
    """Compare each result with the first; raises InputError, with all faults, where they are not of one kind.

    Results are called by their plans; where two have the same, by their seeds as well.
    """
    if not 2 <= len(ensembles) <= len(LETTERS):
        remedy = "Name the folders of two results or more."
        raise InputError([Fault("RESULT", "results", f"2 to {len(LETTERS)}", str(len(ensembles)), remedy)])
    names = _names(ensembles, lang)
    found, faults = list[Comparison](), list[Fault]()
    for k, each in enumerate(ensembles[1:], 1):
        try:
            found.append(compare(ensembles[0], each, names=(names[0], names[k]), own_luck=True))
        except InputError as error:
            faults += [replace(fault, where=f"A, {LETTERS[k]}") for fault in error.faults]
    if faults:
        raise InputError(faults)
    return found


def _names(ensembles: Sequence[Ensemble], lang: str) -> list[str]:
    """Call each result by its plan, and by its seed where another has the same plan."""
    t, plans = words(lang), [str(each.plan) for each in ensembles]
    return [
        t("results.seeded", plan=plan, seed=each.seed) if plans.count(plan) > 1 else plan
        for plan, each in zip(plans, ensembles, strict=True)
    ]


def _luck(first: Ensemble, other: Ensemble, found: Comparison, lang: str) -> str:
    """Say whether the two met the same luck."""
    if found.paired:
        return words(lang)("results.luck_same", n=number(found.pairs, lang))
    return words(lang)("results.luck_own", a=first.seed, b=other.seed, n=number(found.pairs, lang))


def _played(pair: Sequence[Ensemble], city: Any) -> tuple[Playback, ...]:
    """Play the first's told replicate in both; none where the other was not played so far."""
    told = int(pair[0].series["replicate"].iloc[0])
    if not all(told in set(each.rows["replicate"]) for each in pair):
        return ()
    return tuple(make_playback(each, replicate=told, city=city) for each in pair)


def _twins(ensembles: Sequence[Ensemble], city: Any, lang: str) -> Mapping[str, Any]:
    """Draw the map of each result, all of the same piece of ground."""
    t, ground = words(lang), make_ground(city, ensembles[0].sites)
    marks = [spots(each, describe(each, lang=lang), ground) for each in ensembles]
    every = [spot for found in marks for spot in found]
    drawn = []
    for k, (each, found) in enumerate(zip(ensembles, marks, strict=True)):
        title = t("results.twin_of", which=LETTERS[k], plan=each.plan)
        drawn.append((title, draw_map(found, ground, t, width=TWIN, key=f"twin-{k}", beside=every)))
    return {"twins": drawn, "definitions": ground.definitions()}
