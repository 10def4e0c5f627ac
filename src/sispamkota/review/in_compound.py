"""A told replicate's crowd at an office, played in the plan of a compound: what a report shows beside the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sispamkota.errors import Fault, InputError, shown
from sispamkota.place.compound import Compound
from sispamkota.rehearsal.replay_scene import scene_of_result

from .places import site_table
from .scene_document import ScenePlayback, make_scene_playback
from .told import told_replicate

if TYPE_CHECKING:
    from sispamkota.rehearsal import Ensemble

__all__ = ["office_of", "play_in_compound"]

OFFICES = ("kpu", "bawaslu")  # kinds of places, the first one first


def office_of(ensemble: Ensemble, place: str | None) -> str:
    """Find whose crowd is shown: the place named, else the first election office where people gather.

    Raises InputError where nobody gathers there, or no office has a gathering.
    """
    crowds, sites = list(ensemble.names.crowds), site_table(ensemble)
    if place is not None:
        named = {str(sites.at[each, "name"]): each for each in crowds if each in sites.index}
        found = place if place in crowds else named.get(place)
        if found is None:
            remedy = f"Known: {', '.join(crowds)}."
            raise InputError([Fault("--place", "place", "where people gather", shown(place), remedy)])
        return found
    kinds = {each: str(sites.at[each, "kind"]) for each in crowds if each in sites.index}
    for kind in OFFICES:
        for each in crowds:
            if kinds.get(each) == kind:
                return each
    remedy = f"Name the place: --place. Known: {', '.join(crowds)}."
    raise InputError([Fault("--site", "place", "an election office where people gather", "none", remedy)])


def play_in_compound(ensemble: Ensemble, site: Compound, *, place: str | None = None) -> ScenePlayback:
    """Play the told replicate's crowd at an office in a compound, from shortly before trouble begins.

    Raises InputError where nobody gathers, StoreError where another version of the engine made the result.
    """
    chosen = office_of(ensemble, place)
    number = told_replicate(ensemble) or 0
    ensemble.rerun(number)
    scene = scene_of_result(ensemble, chosen, site, replicate=number)
    first = float(scene.manifest.settings["minutes"][0])
    start = float(ensemble.tables.param["start_hour"][0]) * 3600.0
    name = str(site_table(ensemble).at[chosen, "name"])
    return make_scene_playback(scene, site, start_s=start + 60.0 * first, place=name)
