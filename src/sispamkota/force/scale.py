"""A force of another size: the same mix of kinds, in whole units of the sizes that doctrine gives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sispamkota.errors import Fault, InputError

from .doctrine import UnitKind, doctrine
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

    Command posts stay as they are. Units are whole and of the sizes of doctrine, so the total may miss `people` by less
    than one unit; `Force.people` says what it is. Raises InputError where not even one unit of some kind fits.
    """
    kinds = dict.fromkeys(unit.kind for unit in force.units if "command" not in unit.capabilities)
    fixed = [unit for unit in force.units if unit.kind not in kinds]
    own = {kind: [unit for unit in force.units if unit.kind == kind] for kind in kinds}
    left = people - sum(unit.people for unit in fixed)
    wanted = largest_remainders(left, [sum(unit.people for unit in own[kind]) for kind in kinds])
    sizes = {kind: _sizes(n, own[kind], doctrine().unit_kinds[kind]) for kind, n in zip(kinds, wanted, strict=True)}
    _settle(sizes, left)
    if not any(sizes.values()):
        remedy = "Ask for more people."
        raise InputError([Fault("people", "people", "enough for one unit", str(people), remedy)])
    for kind, n in (more or {}).items():
        sizes[kind] = [*sizes[kind], *[own[kind][0].people] * n]
    units = [unit for kind in kinds for unit in _units(own[kind], sizes[kind], force)]
    order = {unit.id: i for i, unit in enumerate(force.units)}
    whole = sorted([*fixed, *units], key=lambda unit: order.get(unit.id, len(order)))
    total = sum(unit.people for unit in whole)
    name = f"{force.name}-{total}"[:60]
    return replace(force, name=name, people=total, units=tuple(whole), quality="assumed", files=())


def _sizes(people: int, own: Sequence[Unit], kind: UnitKind) -> list[int]:
    """Split people of one kind into units within the sizes of doctrine, as like the force's own as may be."""
    typical = sum(unit.people for unit in own) / len(own)
    least, most = math.ceil(people / kind.high), math.floor(people / kind.low)
    if most < least:  # no whole number of units holds exactly so many
        most = least = max(0, round(people / typical))
    n = min(max(round(people / typical), least), most)
    shares = largest_remainders(people, [1.0] * n) if n else []
    return [min(max(share, kind.low), kind.high) for share in shares]


def _settle(sizes: dict[str, list[int]], people: int) -> None:
    """Give what the total misses to units with room, or take it, one at a time in turn."""
    known, moved = doctrine().unit_kinds, True
    while moved and (gap := people - sum(map(sum, sizes.values()))):
        moved = False
        step = 1 if gap > 0 else -1
        for kind, own in sizes.items():
            room = [i for i, n in enumerate(own) if known[kind].low <= n + step <= known[kind].high]
            if room and gap:
                own[min(room, key=lambda i: (step * own[i], i))] += step
                gap, moved = gap - step, True


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
