"""A force of another size: the same mix of kinds, in whole units of the sizes that doctrine gives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sispamkota.errors import Fault, InputError

from .doctrine import doctrine
from .force import Force, Unit

__all__ = ["largest_remainders", "scale_force"]


def largest_remainders(total: int, weights: Sequence[float]) -> list[int]:
    """Share a whole number out by weights (Hamilton's method); ties go to the first."""
    sum_ = sum(weights)
    if total <= 0 or sum_ <= 0.0:
        return [0] * len(weights)
    exact = [total * weight / sum_ for weight in weights]
    shares = [math.floor(each) for each in exact]
    order = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares


def scale_force(force: Force, people: int, *, more: Mapping[str, int] | None = None) -> Force:
    """Give the force with another number of people, of the same mix; `more` units of a kind are added on top.

    Command posts stay as they are. Units are whole and never smaller than the force's own of their kind: what a stage
    asks for in people (30 of dalmas awal) a platoon of 29 does not answer. They are dealt out kind by kind as seats are
    (Sainte-Laguë), units that no longer fit are passed over, and who is left fills units up to doctrine's largest size.
    `Force.people` says what it comes to. Raises InputError where not even one unit of some kind fits.
    """
    kinds = dict.fromkeys(unit.kind for unit in force.units if "command" not in unit.capabilities)
    fixed = [unit for unit in force.units if unit.kind not in kinds]
    own = {kind: [unit for unit in force.units if unit.kind == kind] for kind in kinds}
    left = people - sum(unit.people for unit in fixed)
    sizes = _deal(own, left)
    if not any(sizes.values()):
        remedy = "Ask for more people."
        raise InputError([Fault("people", "people", "enough for one unit", str(people), remedy)])
    _fill(sizes, left - sum(map(sum, sizes.values())))
    for kind, n in (more or {}).items():
        sizes[kind] = [*sizes[kind], *[own[kind][0].people] * n]
    units = [unit for kind in kinds for unit in _units(own[kind], sizes[kind], force)]
    order = {unit.id: i for i, unit in enumerate(force.units)}
    whole = sorted([*fixed, *units], key=lambda unit: order.get(unit.id, len(order)))
    total = sum(unit.people for unit in whole)
    name = f"{force.name}-{total}"[:60]
    return replace(force, name=name, people=total, units=tuple(whole), quality="assumed", files=())


def _deal(own: Mapping[str, Sequence[Unit]], people: int) -> dict[str, list[int]]:
    """Deal people out in whole units, each to the kind that is furthest behind its share; ties to the first kind."""
    sizes: dict[str, list[int]] = {kind: [] for kind in own}
    typical = {kind: round(sum(unit.people for unit in units) / len(units)) for kind, units in own.items()}
    order = {kind: i for i, kind in enumerate(own)}
    open_, left = set(own), people
    while open_:
        kind = max(open_, key=lambda each: (len(own[each]) / (len(sizes[each]) + 0.5), -order[each]))
        n = len(sizes[kind])
        size = own[kind][n].people if n < len(own[kind]) else typical[kind]
        if size > left:
            open_.remove(kind)
            continue
        sizes[kind].append(size)
        left -= size
    return sizes


def _fill(sizes: dict[str, list[int]], people: int) -> None:
    """Give people to units with room, one at a time in turn, the last kinds first: those who face no crowd."""
    known, moved = doctrine().unit_kinds, True
    while moved and people > 0:
        moved = False
        for kind, own in reversed(sizes.items()):
            room = [i for i, n in enumerate(own) if n < known[kind].high]
            if room and people > 0:
                own[min(room, key=lambda i: (own[i], i))] += 1
                people, moved = people - 1, True


def _units(own: Sequence[Unit], sizes: Sequence[int], force: Force) -> list[Unit]:
    """Make units of one kind: the force's own first, then more like the first of them."""
    taken = {unit.id for unit in force.units}
    made = [replace(unit, people=n) for unit, n in zip(own, sizes, strict=False)]
    stem = own[0].kind.replace("_", "-")
    number = 1
    for n in sizes[len(own) :]:
        while f"{stem}-{number}" in taken:
            number += 1
        taken.add(f"{stem}-{number}")
        made.append(replace(own[0], id=f"{stem}-{number}", people=n, where=""))
    return made
