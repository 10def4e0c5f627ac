"""The plan by ratio and habit: offices guarded, everybody else spread over the kelurahan by voters.

It is what a city does without a planner (doctrine.md: 500 people over 57 kelurahan), and the rival to beat. Which unit
goes where by habit is assumed: no plan of posts is published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle, islice

from sispamkota.force import Force, Unit
from sispamkota.force.scale import largest_remainders
from sispamkota.place import City

from .plan import POSTURES, Plan, Post

__all__ = ["plan_by_ratio"]

OFFICES = ("kpu", "bawaslu")  # kinds of venue, in the order of need
ASSETS = ("balai_kota", "dprd", "gudang_kpu")
HEADQUARTERS = ("polresta", "polres", "polsek", *OFFICES)
GATES = ("gerbang",)
STATIONS = ("damkar",)


def plan_by_ratio(city: City, force: Force) -> Plan:
    """Post a force by ratio and habit; the same city and force give the same plan.

    Negotiators and the first crowd platoons stand at the offices, as many as there are offices; the second ones and the
    PHH company wait at headquarters; guards take offices and assets in turn; traffic units take the gates; patrols,
    Linmas, ambulances and who is left are spread over the kelurahan by voters. Units from outside wait under BKO.
    """
    spots = _Spots(city)
    posts: dict[str, Post] = {}
    away = [unit for unit in force.units if unit.outside]
    posts |= {post.unit: post for post in _waits("bko")(away, spots)}
    for kind in dict.fromkeys(unit.kind for unit in force.units if not unit.outside):
        units = [unit for unit in force.units if unit.kind == kind and not unit.outside]
        posts |= {post.unit: post for post in _rule(units[0])(units, spots)}
    return Plan(
        name=f"ratio-{force.name}"[:60],
        title=f"{force.title} (rasio)",  # a name in every language, like the force's own
        city=city.name,
        force=force,
        posts=tuple(posts[unit.id] for unit in force.units),
        source="doctrine.md A3",
        quality="assumed",
        files=(),
    )


class _Spots:
    """Hold the places that habit knows, by reference; a place that the city lacks falls back on the largest area."""

    def __init__(self, city: City) -> None:
        areas = city.kelurahan.sort_values(["voters", "kode"], ascending=[False, True])
        self.areas = [str(code) for code in city.kelurahan["kode"]]
        self.voters = [float(n) for n in city.kelurahan["voters"]]
        largest = [str(areas["kode"].iloc[0])]
        self.offices = self._find(city, OFFICES) or largest
        self.assets = self._find(city, ASSETS) or self.offices
        self.home = (self._find(city, HEADQUARTERS) or largest)[0]
        self.stations = self._find(city, STATIONS) or [self.home]
        self.gates = self._find(city, GATES) or self.assets

    @staticmethod
    def _find(city: City, kinds: Sequence[str]) -> list[str]:
        return [site.ref for kind in kinds for site in city.find_kind(kind)]

    def spread(self, n: int) -> list[str]:
        """Give n kelurahan by voters, each as often as its share."""
        shares = largest_remainders(n, self.voters)
        return [code for code, k in zip(self.areas, shares, strict=True) for _ in range(k)]


Rule = Callable[[Sequence[Unit], _Spots], list[Post]]


def _rule(unit: Unit) -> Rule:
    """Choose the habit of a kind of unit."""
    able = set(unit.capabilities)
    rules: list[tuple[bool, Rule]] = [
        ("command" in able, _waits("standby")),
        (unit.level == 2, _waits("reserve")),
        (unit.level == 1, _waits("standby")),
        (unit.level == 0 or "dialogue" in able, _in_front),
        ("traffic" in able, _at_gates),
        ("tps" in able and "patrol" not in able, _spread("guard")),
        ("fire" in able or "rescue" in able, _at_stations),
        ("ambulance" in able, _spread("standby")),
        ("patrol" in able, _spread("mobile")),
        (True, _guards),
    ]
    return next(rule for fits, rule in rules if fits)


def _post(unit: Unit, at: str, task: str) -> Post:
    """Post a unit; a crowd unit shows the lowest posture."""
    return Post(unit.id, at, task, POSTURES[0] if unit.level >= 0 else None)


def _waits(task: str) -> Rule:
    """Wait at home where the unit has one, else at headquarters."""
    return lambda units, spots: [_post(unit, unit.home or spots.home, task) for unit in units]


def _spread(task: str) -> Rule:
    """Spread over the kelurahan by voters."""
    return lambda units, spots: [
        _post(unit, at, task) for unit, at in zip(units, spots.spread(len(units)), strict=True)
    ]


def _in_front(units: Sequence[Unit], spots: _Spots) -> list[Post]:
    """Stand at the offices, one each; the rest wait at headquarters."""
    front = [_post(unit, at, "guard") for unit, at in zip(units, spots.offices, strict=False)]
    return front + [_post(unit, unit.home or spots.home, "standby") for unit in units[len(front) :]]


def _at_stations(units: Sequence[Unit], spots: _Spots) -> list[Post]:
    """Wait at home, or at the fire stations in turn."""
    stations = zip(units, cycle(spots.stations), strict=False)
    return [_post(unit, unit.home or station, "standby") for unit, station in stations]


def _at_gates(units: Sequence[Unit], spots: _Spots) -> list[Post]:
    """Take the gates in turn."""
    return [_post(unit, at, "guard") for unit, at in zip(units, cycle(spots.gates), strict=False)]


def _guards(units: Sequence[Unit], spots: _Spots) -> list[Post]:
    """Take offices and assets in turn, one each; who is left is spread over the kelurahan."""
    places = [*spots.offices, *spots.assets]
    first = [_post(unit, at, "guard") for unit, at in zip(units, islice(places, len(units)), strict=False)]
    return first + _spread("guard")(units[len(first) :], spots)
