"""What tags of OpenStreetMap say: road kind, direction, posted speed, who is let in, kind of venue.

All words are in data/place/osm.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Literal

import pydantic

from sispamkota.inputs import Model, own_file

from .ride import EVERYONE, FOOT_BIT, FOOT_TURNED, ROAD_KINDS, VEHICLES, RoadKind, Vehicle, road_figures

__all__ = [
    "TagFigures",
    "VenueRule",
    "access_bits",
    "kind_of",
    "limit_in",
    "oneway_of",
    "says_access",
    "tag_figures",
    "turn_foot",
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
    tag: Literal["assumed"]
    source: str
    highways: dict[str, RoadKind]
    excluded: tuple[str, ...]
    implied: dict[str, dict[str, str]]
    for_foot: tuple[str, ...]
    widened: tuple[str, ...]
    widened_by: dict[str, tuple[str, ...]]
    widened_kind: RoadKind
    oneway_highways: tuple[str, ...]
    oneway_junctions: tuple[str, ...]
    oneway_foot_highways: tuple[str, ...]
    oneway: dict[str, Literal[-1, 0, 1]]
    access_chains: dict[Vehicle, tuple[str, ...]]
    open: tuple[str, ...]
    private: tuple[str, ...]
    closed: tuple[str, ...]
    barriers: dict[str, dict[str, str]]
    gates: tuple[str, ...]
    speed_units: dict[str, float]
    no_limit: tuple[str, ...]
    walking: dict[str, float]
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


def kind_of(tags: Mapping[str, str]) -> int | None:
    """Give the number of a way's kind in ROAD_KINDS, -1 for what is no street, None for an unknown word."""
    if _is_widened(tags):
        return ROAD_KINDS.index(tag_figures().widened_kind)
    return _kinds().get(tags["highway"])


def _is_widened(tags: Mapping[str, str]) -> bool:
    """Tell whether a path is wide enough for four wheels, because its tags let them in."""
    figures = tag_figures()
    return tags.get("highway") in figures.widened and any(
        word in words for key, words in figures.widened_by.items() for word in _words(tags.get(key, ""))
    )


def _words(value: str) -> list[str]:
    """Give the words of a list with semicolons between."""
    return [word.strip() for word in value.split(";")]


def oneway_of(tags: Mapping[str, str]) -> int | None:
    """Give the direction of a way, 0 both, 1 along it, -1 against it; None where the tag is not understood."""
    figures = tag_figures()
    if "oneway" in tags:
        return figures.oneway.get(tags["oneway"])
    implied = tags.get("highway") in figures.oneway_highways or tags.get("junction") in figures.oneway_junctions
    return int(implied)


def turn_foot(access: int, tags: Mapping[str, str], oneway: int) -> int:
    """Give the access of a street, with FOOT_TURNED, where people on foot may go in one direction only.

    `oneway` is that of the way, -1 where the street runs against it.
    """
    figures = tag_figures()
    foot = oneway if tags.get("highway") in figures.oneway_foot_highways else 0
    foot = figures.oneway.get(tags.get("oneway:foot", ""), foot)
    if not foot or not access & FOOT_BIT:
        return access
    return access | FOOT_TURNED if foot == (oneway or 1) else access ^ FOOT_BIT | FOOT_TURNED


def limit_in(text: str) -> float | None:
    """Read a posted speed, m/s, of "50", "50 km/h", "30 mph", "walk" or "none" (infinite); None for anything else."""
    figures = tag_figures()
    if text in figures.no_limit:
        return float("inf")
    if text in figures.walking:
        return figures.walking[text] * _M_S
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


@cache
def _read_keys() -> frozenset[str]:
    """Give the keys that access_bits looks at."""
    return _access_keys() | {"highway", "barrier"}


def says_access(tags: Mapping[str, str]) -> bool:
    """Tell whether tags say who is let in."""
    return bool(_given(tags))


def access_bits(tags: Mapping[str, str]) -> tuple[int, bool]:
    """Give who may use a way, as bits (see ride.EVERYONE), and whether all that its tags say of it is understood.

    What the tags say goes first, the most particular key before the others; where they say nothing of a class, what is
    taken as given for the kind of way or barrier. Blue light goes where motor vehicles may go or the way is private,
    and where `emergency` says so.
    """
    return _bits(frozenset((key, tags[key]) for key in _read_keys() & tags.keys()))


@lru_cache(maxsize=4096)
def _bits(items: frozenset[tuple[str, str]]) -> tuple[int, bool]:
    """Do the work of access_bits; the same few tags come again and again."""
    tags = dict(items)
    said, taken = _given(tags), _implied(tags)
    states, implied = ({key: _state(value) for key, value in each.items()} for each in (said, taken))
    on_foot = states.get("access") == _OPEN and _is_for_foot(tags)
    bits, ends = 0, dict[str, int]()
    for vehicle, chain in tag_figures().access_chains.items():
        own = [key for key in chain if not (key == "access" and on_foot and vehicle != "foot")]
        found = [state for key in own if (state := states.get(key)) is not None]
        found = found or [state for key in chain if (state := implied.get(key)) is not None] or [_OPEN]
        ends[vehicle] = found[-1]
        bits |= (ends[vehicle] == _OPEN) << VEHICLES.index(vehicle)
    known = all(word in _states() for value in said.values() for word in _words(value))
    return bits | (_BLUE_BIT if max(ends["ambulance"], ends["engine"]) else 0), known


def _given(tags: Mapping[str, str]) -> dict[str, str]:
    """Give what tags say of access; emergency=fire_hydrant and the like say nothing of the way."""
    given = {key: tags[key] for key in _access_keys() & tags.keys()}
    if _state(given.get("emergency", "")) is None:
        given.pop("emergency", None)
    return given


def _state(value: str) -> int | None:
    """Give what a value of access means, of a list its most permissive word; None where no word is understood."""
    return max((state for word in _words(value) if (state := _states().get(word)) is not None), default=None)


def _is_for_foot(tags: Mapping[str, str]) -> bool:
    """Tell whether a plain access=yes is said of people on foot: streets for them, and paths that others enter too."""
    return "barrier" not in tags and (tags.get("highway") in tag_figures().for_foot or _is_widened(tags))


def _implied(tags: Mapping[str, str]) -> Mapping[str, str]:
    """Give the access that is taken as given for a kind of way or barrier."""
    figures, barrier = tag_figures(), tags.get("barrier")
    if barrier in figures.barriers or barrier in figures.gates:
        return figures.barriers.get(barrier, {})
    return figures.implied.get(tags.get("highway", ""), {})


def venue_kind(tags: Mapping[str, str]) -> str | None:
    """Give the kind of venue that tags describe, None where they describe none of ours."""
    name = tags.get("name", "").casefold()
    for rule in tag_figures().venues:
        if all(tags.get(key) == value for key, value in rule.tags.items()):
            return next((kind for start, kind in rule.named.items() if name.startswith(start)), rule.jenis)
    return None
