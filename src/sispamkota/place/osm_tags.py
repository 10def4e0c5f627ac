"""What tags of OpenStreetMap say: road kind, direction, posted speed, who is let in, kind of venue.

All words are in data/place/osm.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

import pydantic

from sispamkota.inputs import Model, own_file

from .ride import EVERYONE, ROAD_KINDS, VEHICLES, RoadKind, Vehicle, road_figures

__all__ = [
    "TagFigures",
    "VenueRule",
    "access_bits",
    "kind_of",
    "limit_in",
    "oneway_of",
    "tag_figures",
    "venue_kind",
]

_BLUE_BIT = EVERYONE ^ ((1 << len(VEHICLES)) - 1)
_M_S = 1 / 3.6
_OPEN = 2
_FASTEST_KM_H = 300.0
_SPEED = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-z/]*)")


class VenueRule(Model):
    """Turn tags into a kind of venue."""

    tags: dict[str, str]
    jenis: str
    named: dict[str, str] = pydantic.Field(default_factory=dict)


class TagFigures(Model):
    """Hold data/place/osm.yaml."""

    kind: Literal["osm"]
    version: Literal[1]
    highways: dict[str, RoadKind]
    excluded: tuple[str, ...]
    implied: dict[str, dict[str, str]]
    oneway_highways: tuple[str, ...]
    oneway_junctions: tuple[str, ...]
    oneway: dict[str, Literal[-1, 0, 1]]
    access_chains: dict[Vehicle, tuple[str, ...]]
    open: tuple[str, ...]
    private: tuple[str, ...]
    closed: tuple[str, ...]
    bollards: tuple[str, ...]
    bollard_access: dict[str, str]
    speed_units: dict[str, float]
    no_limit: tuple[str, ...]
    walking: tuple[str, ...]
    venues: tuple[VenueRule, ...]
    owners: dict[str, str]
    covers: float
    area_codes: tuple[str, ...]


@cache
def tag_figures() -> TagFigures:
    """Read the embedded words once."""
    return own_file(TagFigures, "place", "osm")


@cache
def _kinds() -> dict[str, int]:
    """Give the number of each known road word; -1 for what is no street."""
    words = road_figures().aliases | tag_figures().highways
    return {word: ROAD_KINDS.index(kind) for word, kind in words.items()} | dict.fromkeys(tag_figures().excluded, -1)


def kind_of(highway: str) -> int | None:
    """Give the number of a road word in ROAD_KINDS, -1 for what is no street, None for an unknown word."""
    return _kinds().get(highway)


def oneway_of(tags: Mapping[str, str]) -> int | None:
    """Give the direction of a way, 0 both, 1 along it, -1 against it; None where the tag is not understood."""
    figures = tag_figures()
    if "oneway" in tags:
        return figures.oneway.get(tags["oneway"])
    implied = tags.get("highway") in figures.oneway_highways or tags.get("junction") in figures.oneway_junctions
    return int(implied)


def limit_in(text: str) -> float | None:
    """Read a posted speed, m/s, of "50", "50 km/h", "30 mph", "walk" or "none" (infinite); None for anything else."""
    figures = tag_figures()
    if text in figures.no_limit:
        return float("inf")
    if text in figures.walking:
        return road_figures().speed_range[0] * _M_S
    found = _SPEED.fullmatch(text.strip())
    if found is None or found[2] not in figures.speed_units:
        return None
    value = float(found[1]) * figures.speed_units[found[2]]
    return value * _M_S if 0.0 < value <= _FASTEST_KM_H else None


@cache
def _states() -> dict[str, int]:
    """Give the meaning of each word of access: 2 open, 1 private, 0 closed."""
    figures = tag_figures()
    groups = ((2, figures.open), (1, figures.private), (0, figures.closed))
    return {word: state for state, words in groups for word in words}


@cache
def _access_keys() -> frozenset[str]:
    """Give the keys that say who is let in."""
    return frozenset(key for chain in tag_figures().access_chains.values() for key in chain)


def access_bits(tags: Mapping[str, str]) -> tuple[int, bool]:
    """Give who may use a way, as bits (see ride.EVERYONE), and whether all that its tags say of it is understood.

    Blue light goes where motor vehicles may go or the way is private, and where `emergency` says so.
    """
    given = dict(_implied(tags)) | {key: tags[key] for key in _access_keys() & tags.keys()}
    if given.get("emergency") not in _states():
        given.pop("emergency", None)  # emergency=fire_hydrant and the like say nothing of the way
    if not given:
        return EVERYONE, True
    states = {key: _states().get(word) for key, word in given.items()}
    bits, ends = 0, dict[str, int]()
    for vehicle, chain in tag_figures().access_chains.items():
        ends[vehicle] = next((state for key in reversed(chain) if (state := states.get(key)) is not None), _OPEN)
        bits |= (ends[vehicle] == _OPEN) << VEHICLES.index(vehicle)
    return bits | (_BLUE_BIT if max(ends["ambulance"], ends["engine"]) else 0), None not in states.values()


def _implied(tags: Mapping[str, str]) -> Mapping[str, str]:
    """Give the access that is taken as given for a kind of way or barrier."""
    figures = tag_figures()
    if tags.get("barrier") in figures.bollards:
        return figures.bollard_access
    return figures.implied.get(tags.get("highway", ""), {})


def venue_kind(tags: Mapping[str, str]) -> str | None:
    """Give the kind of venue that tags describe, None where they describe none of ours."""
    name = tags.get("name", "").casefold()
    for rule in tag_figures().venues:
        if all(tags.get(key) == value for key, value in rule.tags.items()):
            return next((kind for start, kind in rule.named.items() if name.startswith(start)), rule.jenis)
    return None
