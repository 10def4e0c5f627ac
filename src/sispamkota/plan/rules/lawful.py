"""What a change of a plan breaks that was whole before: the rules of `plan check`, asked of many plans like one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from ..plan import Plan
from .breach import Breach, Ground
from .checks import check_ground

if TYPE_CHECKING:
    from sispamkota.force import Doctrine
    from sispamkota.place.city import City

__all__ = ["Lawful"]

Key = tuple[str, str]
TOLD = ("layer", "posture_told")  # warnings that a change must not bring either: a front that shows more from the start
SHARED = ("tps", "kelurahan", "areas", "seat")  # what grounds of one city look up, once for all


class Lawful:
    """Hold what a plan breaks already, so that of another plan only what is new is told."""

    def __init__(self, base: Plan, city: City, own: Doctrine | None = None) -> None:
        self._ground = Ground(base, city, own)

    def breaks(self, plan: Plan) -> tuple[Breach, ...]:
        """List the violations of a plan that the base does not have, and what it shows earlier than the base."""
        ground = Ground(plan, self._ground.city, self._ground.own)
        for name in SHARED:
            ground.__dict__[name] = getattr(self._ground, name)
        return tuple(each for each in check_ground(ground) if _counts(each) and not _keys(each) <= self._known)

    @cached_property
    def _known(self) -> set[Key]:
        return {key for each in check_ground(self._ground) if _counts(each) for key in _keys(each)}


def _counts(breach: Breach) -> bool:
    return breach.severity == "violation" or breach.rule in TOLD


def _keys(breach: Breach) -> set[Key]:
    """Name what a breach is about: its rule, with every unit, place or list item of it; figures may change."""
    return set(_named(breach)) or {(breach.rule, "")}


def _named(breach: Breach) -> Iterator[Key]:
    for value in breach.values.values():
        if isinstance(value, tuple):
            yield from ((breach.rule, each) for each in value)
        elif isinstance(value, str):
            yield (breach.rule, value)
