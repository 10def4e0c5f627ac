"""Rules of polling stations: who may watch one, each watched once and all the time, as many as its class allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import ceil

from sispamkota.errors import InputError
from sispamkota.force import Unit, norms
from sispamkota.risk.tps import Observations, classify_tps

from ..plan import Post
from .breach import Breach, Ground, Value, covers, rule_rows, turns

__all__ = ["classes_of", "people_a_station", "ratios", "rounds", "who_watches"]

_NEAR = 1e-9


def who_watches(ground: Ground) -> Iterator[Breach]:
    """Find armed units in a TPS, soldiers or units of another trade that watch one, and stations nobody knows."""
    for post, unit in ground.pairs:
        site = ground.sites.get(post.unit)
        inside = post.at in ground.tps or (site is not None and site.kind == "tps")
        if inside and unit.armed:
            yield ground.breach("tps_armed", post, "at", unit=unit.id, agency=unit.agency, tps=post.at)
        if post.tps and unit.agency == "tni":
            yield ground.breach("tps_tni", post, "tps", unit=unit.id)
        elif post.tps and "tps" not in unit.capabilities:
            yield ground.breach("tps_who", post, "tps", unit=unit.id, kind=unit.kind)
        for each in post.tps:
            if each not in ground.tps:
                yield ground.breach("tps_unknown", post, "tps", unit=unit.id, tps=each)


def rounds(ground: Ground) -> Iterator[Breach]:
    """Hold every station against its watches: by one pair and one squad at a time, while it is open."""
    for armed in (True, False):
        watches: dict[str, list[Post]] = {}
        for post, unit in ground.pairs:
            if "tps" in unit.capabilities and unit.armed == armed:
                for each in post.tps:
                    watches.setdefault(each, []).append(post)
        for tps, posts in watches.items():
            yield from _twice(ground, tps, posts)
        if watches:
            yield from _gaps(ground, watches)


def _twice(ground: Ground, tps: str, posts: list[Post]) -> Iterator[Breach]:
    """Find two watches of one kind at a station at a time; a relief is no second watch."""
    for i, first in enumerate(posts):
        for second in posts[i + 1 :]:
            ours, theirs = turns(ground.duty(first)), turns(ground.duty(second))
            if any(min(a[1], b[1]) - max(a[0], b[0]) > _NEAR for a in ours for b in theirs):
                yield ground.breach("tps_twice", second, "tps", tps=tps, unit=second.unit, other=first.unit)


def _gaps(ground: Ground, watches: dict[str, list[Post]]) -> Iterator[Breach]:
    """Find stations that no watch of a kind has on its list, and watches that do not last as long as they are open."""
    bare = tuple(each for each in ground.tps if each not in watches)
    some = ground.units[next(iter(watches.values()))[0].unit].kind
    if bare:
        severity = "warning" if len(bare) <= _lacking(ground, some) else rule_rows()["tps_unwatched"].severity
        values: dict[str, Value] = {"n": float(len(bare)), "kind": some, "places": bare}
        yield Breach("tps_unwatched", severity, ground.where(None), "tps", values)
    opens, closes = (24 + ground.norm(name).value / 3600 for name in ("tps.opens_s", "tps.closes_s"))
    short = [
        each
        for each, posts in watches.items()
        if not covers([span for post in posts for span in turns(ground.duty(post))], opens, closes)
    ]
    if short:
        yield ground.breach("tps_hours", watches[short[0]][0], "duty", n=float(len(short)), places=tuple(short))


def _lacking(ground: Ground, kind: str) -> int:
    """Count the stations for which the force has no Linmas at all: no plan can put those on a list."""
    people = sum(unit.people for _, unit in ground.pairs if unit.kind == kind and not unit.armed)
    armed = any(unit.armed for _, unit in ground.pairs if unit.kind == kind)
    return 0 if armed else max(len(ground.tps) - int(people // ground.norm("tps.linmas").value), 0)


def classes_of(ground: Ground) -> dict[str, str]:
    """Give the class of every station on the day of the force; where no rule held that day, the least grave."""
    try:
        table = classify_tps(ground.city, Observations.none(), on=date.fromisoformat(ground.plan.force.on)).table
    except InputError:
        return dict.fromkeys(ground.tps, "kurang_rawan")
    return {str(tps): str(name) for tps, name in zip(table["tps"], table["class"], strict=True)}


def ratios(ground: Ground) -> dict[str, tuple[float, float]]:
    """Give by class how many stations two police cover: by the norm, and the most that any source of that day says."""
    names = {"kurang_rawan": "tps.police_ratio"}
    names |= {each: f"tps.police_ratio.{each}" for each in ("rawan", "sangat_rawan", "khusus")}
    out = {}
    for each, name in names.items():
        known = norms(name, on=ground.plan.force.on, own=ground.own)
        out[each] = (known[0].value, max(row.value for row in known))
    return out


def people_a_station(ground: Ground) -> Iterator[Breach]:
    """Hold every pair and squad against the stations on its list, and all of them against all stations."""
    watching = [(post, unit) for post, unit in ground.pairs if "tps" in unit.capabilities]
    police = [(post, unit) for post, unit in watching if unit.armed]
    if not police:  # no plan of a polling day
        return
    class_of, table, linmas = classes_of(ground), ratios(ground), ground.norm("tps.linmas").value
    for post, unit in watching:
        yield from _load(ground, post, unit, class_of, table, linmas)
    have = float(sum(unit.people for _, unit in police))
    yield from _short(ground, None, have, [table[class_of[each]] for each in ground.tps], ground.plan.name)
    if not any(post.tps for post, _ in police):
        yield from _spread(ground, police, class_of, table)


def _load(
    ground: Ground,
    post: Post,
    unit: Unit,
    class_of: dict[str, str],
    table: dict[str, tuple[float, float]],
    linmas: float,
) -> Iterator[Breach]:
    """Hold one pair or squad against the stations on its own list."""
    mine = [each for each in post.tps if each in ground.tps]
    if unit.armed and mine:
        yield from _short(ground, post, unit.people, [table[class_of[each]] for each in mine], unit.id)
    elif mine and unit.people < linmas * len(mine):
        values: dict[str, Value] = {
            "have": float(unit.people),
            "need": linmas * len(mine),
            "n": float(len(mine)),
            "unit": unit.id,
        }
        yield ground.breach("tps_linmas", post, "tps", **values)


def _short(
    ground: Ground, post: Post | None, have: float, most: list[tuple[float, float]], name: str
) -> Iterator[Breach]:
    """Hold police against their stations; a warning where another source of that day has as few."""
    need, least = (float(ceil(sum(2.0 / each[i] for each in most) - _NEAR)) for i in (0, 1))
    if have < need:
        severity = "violation" if have < least else "warning"
        values: dict[str, Value] = {"have": float(have), "need": need, "n": float(len(most)), "unit": name}
        yield Breach("tps_ratio", severity, ground.where(post), "tps", values)


def _spread(
    ground: Ground,
    police: list[tuple[Post, Unit]],
    class_of: dict[str, str],
    table: dict[str, tuple[float, float]],
) -> Iterator[Breach]:
    """Find kelurahan whose pairs are fewer than its stations ask for, where no pair says which stations are its own."""
    have = dict.fromkeys(ground.kelurahan, 0.0)
    need = dict.fromkeys(ground.kelurahan, 0.0)
    for post, unit in police:
        site = ground.sites.get(post.unit)
        if site is not None and site.kode_kel in have:
            have[site.kode_kel] += unit.people
    for tps, row in ground.tps.items():
        need[row["kode_kel"]] += 2.0 / table[class_of[tps]][0]
    short = tuple(ground.kelurahan[code] for code in have if have[code] < need[code] - _NEAR)
    if short:
        yield ground.breach("tps_spread", None, "tps", n=float(len(short)), places=short)
