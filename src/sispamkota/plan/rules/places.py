"""Rules of places: dialogue before force, postures, streets, help in time, what only the KPU decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sispamkota.force import Unit
from sispamkota.place import Ride

from ..plan import Post
from ..standards import DECIDE, HELP, standard_of
from .breach import HORIZON_H, Breach, Ground, Span, Value, merged, turns

__all__ = ["dialogue", "help_in_time", "kpu", "posture", "road", "talks", "within"]

F8 = NDArray[np.float64]
# Offices that a crowd goes to beside those where an election is decided; the words are kinds of venue.
_ASKED = ("ppk", "balai_kota", "dprd", "gudang_kpu", "pengadilan")
_IN_SIGHT = ("guard", "mobile")


def dialogue(ground: Ground) -> Iterator[Breach]:
    """Find guarded offices, and places with crowd units, where nobody is posted to talk at some hour of theirs."""
    for site, held in ground.at():
        spoken = merged([span for post, unit in held if talks(unit, post.task) for span in _spans(ground, post)])
        mute = [(each, hour) for each in held if (hour := _unheard(_spans(ground, each[0]), spoken)) is not None]
        shown = [(post, unit, hour) for (post, unit), hour in mute
                 if post.task in _IN_SIGHT and "guard" in unit.capabilities]  # fmt: skip
        crowd = [(post, hour) for post, unit, hour in shown if unit.level >= 0]
        if crowd:
            post, hour = crowd[0]
            yield ground.breach("dialogue_crowd", post, "at", place=site.name, unit=post.unit, hour=hour)
        elif shown and site.kind in (*DECIDE, *_ASKED):
            rule = "dialogue" if site.kind in DECIDE else "dialogue_near"
            yield ground.breach(rule, shown[0][0], "at", place=site.name, hour=shown[0][2])
        elif waiting := [each for each in mute if each[0][1].level >= 0 and each[0][0].task == "standby"]:
            yield ground.breach("dialogue_near", waiting[0][0][0], "at", place=site.name, hour=waiting[0][1])


def _unheard(spans: list[Span], spoken: list[Span]) -> str | None:
    """Give the first hour of some spans ("06:00") that those in which somebody talks leave out; None where none is."""
    for begin, end in spans:
        first = next((high for low, high in spoken if low <= begin < high), begin)
        if first < end:
            return f"{int(first % 24):02d}:{int(first * 60 % 60):02d}"
    return None


def talks(unit: Unit, task: str) -> bool:
    """Tell whether a unit talks to people where it is posted: negotiators do, unless they are kept back."""
    return "dialogue" in unit.capabilities and task not in ("reserve", "bko")


def _spans(ground: Ground, post: Post) -> list[Span]:
    """Give when a post is on duty (h), up to the horizon; rounded, so that spans that touch do."""
    return [(round(begin, 6), round(min(end, HORIZON_H), 6)) for begin, end in turns(ground.duty(post))]


def posture(ground: Ground) -> Iterator[Breach]:
    """Find postures above the lowest at the start, layers shown too early, and a PHH company nobody released."""
    for post, unit in ground.pairs:
        if post.posture not in (None, "awal"):
            rule = "posture_told" if post.reason else "posture"
            yield ground.breach(rule, post, "posture", unit=unit.id, posture=str(post.posture), reason=post.reason)
        if unit.level == 2 and post.task in _IN_SIGHT:
            yield ground.breach("phh", post, "task", unit=unit.id, task=post.task)
        elif unit.level == 1 and post.task in _IN_SIGHT:
            yield ground.breach("layer", post, "task", unit=unit.id, place=post.at)


def road(ground: Ground) -> Iterator[Breach]:
    """Find posts, and TPS of a round, that the unit's vehicle cannot get to from where the unit starts."""
    groups: dict[tuple[str, int], list[tuple[Post, Unit]]] = {}
    for post, unit in ground.pairs:
        if post.unit in ground.sites:
            groups.setdefault((unit.vehicle, _start(ground, unit)), []).append((post, unit))
    for (vehicle, start), held in groups.items():
        goals = [(post, name, node) for post, _ in held for name, node in _goals(ground, post)]
        times = ground.city.roads.travel_times([start], [node for *_, node in goals], ride=Ride.of(vehicle))[0]
        for (post, name, _), time in zip(goals, times, strict=True):
            if not np.isfinite(time):
                yield ground.breach("road", post, "at", unit=post.unit, place=name, vehicle=vehicle)


def _start(ground: Ground, unit: Unit) -> int:
    """Give the junction where a unit starts: its home, else the police headquarters, else the first post there is."""
    return int(ground.city.find(unit.home).node) if unit.home else ground.seat


def _goals(ground: Ground, post: Post) -> Iterator[tuple[str, int]]:
    """Go through the names and junctions that a post's unit must get to."""
    yield ground.sites[post.unit].name, int(ground.sites[post.unit].node)
    yield from ((each, int(ground.tps[each]["node"])) for each in post.tps if each in ground.tps)


def help_in_time(ground: Ground) -> Iterator[Breach]:
    """Find kelurahan that no ambulance, or no engine, reaches within the standard, at any hour of the operation."""
    names = ground.city.kelurahan["nama"].astype(str).to_numpy()
    for rule in HELP:
        standard, late = standard_of(rule, lambda name: ground.norm(name).value), set[str]()
        for hour in _hours(ground):
            late |= set(names[~standard.met(within(ground, rule, hour=hour))])
        if late:
            n, places = float(len(late)), tuple(sorted(late))
            values: dict[str, Value] = {"n": n, "minutes": standard.limit / 60, "places": places}
            yield ground.breach(rule, None, "posts", **values)


def _hours(ground: Ground) -> list[float]:
    """Give hours of a day between which nobody comes on duty or goes off; those in which nobody is on are left out."""
    held = [(post, ground.duty(post)) for post, _ in ground.pairs if post.task != "bko"]
    marks = {0.0} | {(each.from_h + add) % 24 for _, each in held if each for add in (0.0, each.hours)}
    return sorted(hour for hour in marks if any(_on(ground, post, hour) for post, _ in held))


def within(ground: Ground, capability: str, *, hour: float | None = None, free: bool = False) -> F8:
    """Give the travel time (s) to each kelurahan from the nearest unit of a capability, on duty at an hour of the day.

    On blue light; infinite where there is none. Units that wait outside the city (bko) are left out, and with `free`
    those that are bound to polling stations.
    """
    best = np.full(len(ground.city.kelurahan), np.inf)
    starts: dict[str, list[int]] = {}
    for post, unit in ground.pairs:
        bound = post.task == "bko" or (free and "tps" in unit.capabilities)
        there = post.unit in ground.sites and (hour is None or _on(ground, post, hour))
        if capability in unit.capabilities and there and not bound:
            starts.setdefault(unit.vehicle, []).append(int(ground.sites[post.unit].node))
    for vehicle, nodes in starts.items():
        ride = Ride.of(vehicle, blue_light=True)
        times = ground.city.roads.travel_times(sorted(set(nodes)), ground.city.kelurahan["node"].to_numpy(), ride=ride)
        best = np.minimum(best, times.min(axis=0))
    return best


def _on(ground: Ground, post: Post, hour: float) -> bool:
    """Say whether a post is on duty at an hour of every day up to the horizon."""
    spans = turns(ground.duty(post))
    days = np.arange(1, int(HORIZON_H / 24) - 1) * 24.0 + hour
    return any(begin <= days[0] < end for begin, end in spans)


def _is_day(text: str) -> bool:
    """Tell whether a text is a day of the calendar."""
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def kpu(ground: Ground) -> Iterator[Breach]:
    """Find what a plan proposes of polling stations that the KPU has not decided, or that there are none of."""
    for each in ground.plan.proposals:
        named = (each.decided_by, each.decision, each.decided_on)
        if each.decided_by.strip().casefold() != "kpu" or not (each.decision.strip() and _is_day(each.decided_on)):
            by = ", ".join(filter(None, named)) or "–"
            yield ground.breach("kpu", None, "proposals", do=each.do, place=each.at, by=by)
        if each.do != "open_tps" and each.at not in ground.tps:
            yield ground.breach("tps_unknown", None, "proposals", unit=each.do, tps=each.at)
