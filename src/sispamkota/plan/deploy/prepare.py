"""From a city and a force to the ground of the model: candidate posts, travel, crews and what each may do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Faults
from sispamkota.force import Force, Unit, find_homes
from sispamkota.force.doctrine import doctrine
from sispamkota.place import City, Ride, Site
from sispamkota.risk.riskmap import RiskMap
from sispamkota.schema import parameters

from ..answers import answers
from ..harm import Harm, HarmTerm
from ..location.location import median
from ..plan import Post
from ..rules.breach import seat_of
from ..standards import HELP, standard_of, talks_first
from .ground import Choice, Crews, Ground, Layer, Need, Term
from .options import DeployOptions, near, rule
from .setting import Setting, shifts_of
from .stations import stations_of, zone_demands

__all__ = ["abilities", "prepare_ground"]

F8 = NDArray[np.float64]
CROWDS = ("dalmas_awal", "dalmas_lanjut", "phh")
VEHICLE_COUNTS = ("ambulance", "fire")  # counted by vehicle, not by people
POOL = ("guard", "patrol", "traffic", *CROWDS)


def abilities(unit: Unit) -> dict[str, float]:
    """Give what a unit supplies of each ability: its fit people, or 1 for an ambulance or an engine."""
    fit = float(round(unit.people * unit.readiness))
    named = [CROWDS[unit.level] if each == "crowd" else each for each in unit.capabilities]
    named = [each for each in named if each not in ("crowd", "tps", "command")]
    return {each: 1.0 if each in VEHICLE_COUNTS else fit for each in named}


def _sites(city: City, force: Force, harm: Harm | None, options: DeployOptions, faults: Faults) -> list[Site]:
    """Gather the candidate posts: those that are named, or those that must be and the best of the others."""
    must, told = dict[str, Site](), Faults()
    find_homes(force.units, city, faults)  # tells of homes; `told` is for the same once more
    count = options.posts
    listed = list(count) if isinstance(count, tuple) else []
    homes = dict.fromkeys(unit.home for unit in force.units if unit.home is not None)
    named = [term.at for term in _both(harm)]
    named += [post.at for post in _waiting(force, options).values() if post is not None and post.at not in homes]
    for refs, sink in ((listed, faults), (homes, told), (named, faults)):
        for ref in dict.fromkeys(refs):
            site = city.find_or_fault(ref, sink, "posts")
            if site is not None:
                must.setdefault(site.ref, site)
    for kind in (*(guard.at for guard in options.figures.guards), *options.figures.reserve):
        must |= {site.ref: site for site in city.find_kind(kind)}
    if isinstance(count, tuple) or len(faults):  # the best of the others take their time to find
        return list(must.values())
    others = [site for kind in options.figures.posts for site in city.find_kind(kind) if site.ref not in must]
    wards = [city.find(str(code)) for code in city.kelurahan["kode"]]
    if count is None:
        return [*must.values(), *others, *(ward for ward in wards if ward.ref not in must)]
    return [*must.values(), *_chosen(city, list(must.values()), wards, count)]


def _chosen(city: City, must: list[Site], wards: list[Site], count: int) -> list[Site]:
    """Choose kelurahan beside the posts that must be, so that the voters have the shortest way (p-median)."""
    wards = [ward for ward in wards if ward.ref not in {site.ref for site in must}]
    take = min(count - len(must), len(wards))
    if take <= 0 or take == len(wards):
        return wards[: max(take, 0)]
    nodes = [ward.node for ward in wards]
    ways = city.roads.travel_times(nodes, nodes, ride=Ride.of("motorcycle", blue_light=True))
    voters = dict(zip(city.kelurahan["kode"].astype(str), city.kelurahan["voters"].astype(float), strict=True))
    weights = np.array([voters.get(ward.ref, 1.0) for ward in wards])
    found = median(np.nan_to_num(ways.T, posinf=1e6), take, weights=weights, seconds=10.0)
    return [wards[j] for j in found.open]


def prepare_ground(
    city: City, force: Force, *, on: str, harm: Harm | None, risk: RiskMap | None, options: DeployOptions
) -> tuple[Ground, Setting]:
    """Prepare the model's ground; raises InputError with every place that the city does not know."""
    faults = Faults()
    _refuse_other_days(force, faults)
    sites = tuple(_sites(city, force, harm, options, faults))
    faults.raise_if_any()
    shifts = shifts_of(options, on=on, rosters=[unit.duty for unit in force.units if unit.duty is not None])
    pairs = sum(unit.people // 2 for unit in force.units if "tps" in unit.capabilities and unit.armed)
    voting = bool(len(city.tps)) and (pairs > 0 if options.voting is None else options.voting)
    setting = Setting(city, sites, shifts, on, options, voting)
    nodes = np.array([site.node for site in sites])
    zones = city.kelurahan["node"].to_numpy()
    vehicles = sorted({unit.vehicle for unit in force.units})
    rides = {vehicle: Ride.of(vehicle, blue_light=True) for vehicle in vehicles}
    expanded = risk.expand(city) if risk is not None else RiskMap.none()
    needs = tuple(_needs(setting))
    terms = tuple(_terms(setting, harm.terms if harm is not None else ()))
    ballots = harm.ballots if harm is not None else None
    of_ballots = tuple(_terms(setting, ballots.terms if ballots is not None else ()))
    crews = tuple(_crews(force, setting, needs, (*terms, *of_ballots)))
    figures = options.figures
    share = near("reserve.share", on=on, own=options.own)[0]
    large = {i for i, site in enumerate(sites) if site.kind in figures.reserve}
    demands = zone_demands(setting, expanded)
    ground = Ground(
        posts=tuple(site.ref for site in sites),
        capacity=np.array([np.inf if i in large else figures.capacity_people[0] for i in range(len(sites))]),
        crews=crews,
        on=shifts.on,
        patterns=shifts.patterns,
        times={name: city.roads.travel_times(nodes, zones, ride=ride) for name, ride in rides.items()},
        ways={name: city.roads.travel_times(nodes, nodes, ride=ride) for name, ride in rides.items()},
        needs=needs,
        reserve=share.value,
        kept=share.low if share.tag == "assumed" else share.value,
        base=harm.base if harm is not None else 0.0,
        terms=terms,
        ballots_base=ballots.base if ballots is not None else 0.0,
        ballots=of_ballots,
        stations=stations_of(setting, expanded, pairs=pairs) if voting else None,
        demands=demands,
        worst=figures.worst_min[0] * 60,
        step=figures.late_step_min[0] * 60,
        watched=_nearest(city, sites),
        saves=0.0 if voting else figures.linmas_saves_min[0] * 60,
        standards=tuple(standard_of(name, lambda norm: rule(norm, on=on, own=options.own)) for name in HELP),
        whole=shifts.whole,
        talks=np.array([[talks_first(site.kind, level) for level in range(-1, len(CROWDS))] for site in sites]),
        hours=shifts.hourly(),
        layers=tuple(_layers(setting, terms)),
    )
    return ground, setting


def _refuse_other_days(force: Force, faults: Faults) -> None:
    """Note the units whose roster does not come back every day: the model is of one day, and would take it as daily."""
    other = [unit for unit in force.units if unit.duty is not None and unit.duty.every_h != 24.0]
    if other:
        got = ", ".join(f"{unit.id} ({unit.duty.every_h:g} h)" for unit in other[:5] if unit.duty is not None)
        got += ", …" if len(other) > 5 else ""
        remedy = "Give a roster of the day that is planned (every_h: 24), or none."
        faults.add(where=force.name, field="duty.every_h", expected="rosters of 24 hours", got=got, remedy=remedy)


def _nearest(city: City, sites: Sequence[Site]) -> NDArray[np.int64]:
    """Give the post of each kelurahan: its own point, or the nearest as the crow flies."""
    x, y = (
        np.array([city.roads.x[site.node] for site in sites]),
        np.array([city.roads.y[site.node] for site in sites]),
    )
    own = {site.ref: j for j, site in enumerate(sites)}
    rows = city.kelurahan[["kode", "x", "y"]].itertuples(index=False)
    away = [(str(kode), np.hypot(x - east, y - north)) for kode, east, north in rows]
    return np.array([own.get(kode, int(np.argmin(distance))) for kode, distance in away], np.int64)


def _needs(setting: Setting) -> Iterator[Need]:
    """Go through the guards that doctrine's places ask for, by shift; each may shrink to the low end of its range."""
    number = {site.ref: j for j, site in enumerate(setting.sites)}
    for guard in setting.options.figures.guards:
        for site in setting.city.find_kind(guard.at):
            shifts = setting.shifts.within(*guard.hours)
            for ability, amount in guard.needs.items() if site.ref in number else ():
                yield Need(number[site.ref], ability, amount[0], shifts, amount[1])


def _both(harm: Harm | None) -> tuple[HarmTerm, ...]:
    """Give the terms of harm, then those of the ballots."""
    if harm is None:
        return ()
    return (*harm.terms, *(harm.ballots.terms if harm.ballots is not None else ()))


def _terms(setting: Setting, terms: Iterable[HarmTerm]) -> Iterator[Term]:
    """Go through the terms of a surrogate."""
    number = {site.ref: j for j, site in enumerate(setting.sites)}
    for term in terms:
        post = number[setting.city.find(term.at).ref]
        shift, on = setting.shifts.of(term.hour), setting.shifts.at(term.hour)
        yield Term(post, term.ability, term.within, term.cap, term.spared, shift, on)


def _layers(setting: Setting, terms: Sequence[Term]) -> Iterator[Layer]:
    """Go through who has to be near each place where a crowd may turn: where crowd units spare harm."""
    for post, shift, on in dict.fromkeys((term.post, term.shift, term.on) for term in terms if term.ability in CROWDS):
        asked = answers()["kelurahan" if setting.sites[post].kind == "kelurahan" else "office"]
        near_by = dict[str, int]()
        for stage, minutes in setting.options.figures.layers_min.items():
            for ability, amount in asked[stage].items():
                if amount > near_by.get(ability, 0):
                    near_by[ability] = amount
                    yield Layer(post, ability, float(amount), minutes[0] * 60, shift, on)


def _waiting(force: Force, options: DeployOptions) -> dict[str, Post | None]:
    """Give the units that wait outside the city, with the post of a kept plan, or at home; None: neither."""
    kept = {post.unit: post for post in options.keep.posts if post.task == "bko"} if options.keep is not None else {}
    out: dict[str, Post | None] = {}
    for unit in force.units:
        if unit.id in kept or unit.outside:
            out[unit.id] = kept.get(unit.id) or (Post(unit.id, unit.home, "bko") if unit.home is not None else None)
    return out


def _ways(setting: Setting) -> Callable[[Unit], F8]:
    """Give a look-up of a unit's way to every post, s, in ordinary traffic: from its home, else the headquarters."""
    seat, known = seat_of(setting.city), dict[tuple[str, int | None], F8]()
    nodes = [site.node for site in setting.sites]

    def look(unit: Unit) -> F8:
        start = setting.city.find(unit.home).node if unit.home is not None else seat
        if start is None:
            return np.zeros(len(nodes))
        if (unit.vehicle, start) not in known:
            way = setting.city.roads.travel_times([start], nodes, ride=Ride.of(unit.vehicle))[0]
            known[unit.vehicle, start] = np.asarray(way, np.float64)
        return known[unit.vehicle, start]

    return look


def _crews(force: Force, setting: Setting, needs: Sequence[Need], terms: Sequence[Term]) -> Iterator[Crews]:
    """Group like units: same kind, size, home, vehicle, readiness, roster; those that stay where they are, alone."""
    fixed, look = _waiting(force, setting.options), _ways(setting)
    groups: dict[Any, list[Unit]] = {}
    for unit in force.units:
        duty = tuple(unit.duty.model_dump().values()) if unit.duty is not None else None
        stays = (unit.id in fixed, post.at if (post := fixed.get(unit.id)) is not None else "")
        key = (unit.kind, unit.people, unit.home, unit.vehicle, unit.readiness, unit.level, duty, stays)
        groups.setdefault(key, []).append(unit)
    values = parameters()
    for units in groups.values():
        one = units[0]
        supply = _supply(one, setting)
        stands = _stands(one, setting, needs, terms) if one.id not in fixed else _waits(setting, fixed[one.id])
        way = look(one)
        choices = tuple(_choices(one, setting, stands, way, fixed=one.id in fixed))
        turnout = next(
            (f"turnout_{c}" for c in ("fire", "ambulance", "crowd") if c in one.capabilities), "turnout_other"
        )
        yield Crews(
            ids=tuple(unit.id for unit in units),
            people=one.people,
            supply=supply,
            turnout=values[turnout],
            vehicle=one.vehicle,
            pool="tps" not in one.capabilities and any(each in supply for each in POOL),
            choices=choices,
            move=_moves(one, choices, way),
            level=one.level,
        )


def _supply(unit: Unit, setting: Setting) -> dict[str, float]:
    """Give what a crew supplies; those of the polling stations give pairs, or Linmas, and squads off polling days."""
    gives = abilities(unit)
    if "tps" not in unit.capabilities:
        return gives
    if unit.armed:
        return gives | ({"pair": float(unit.people // 2)} if setting.voting else {})
    return {"linmas": float(unit.people)} if setting.voting else gives | {"squad": 1.0}


def _choices(
    unit: Unit, setting: Setting, stands: Iterable[tuple[int, str]], way: F8, *, fixed: bool
) -> Iterator[Choice]:
    """Go through what a unit may do: the doctrine that needs no row of the model stands here."""
    n = setting.options.shifts
    patterns: Sequence[int] = range(n)
    if unit.duty is not None:
        patterns = [setting.shifts.own[unit.duty.from_h, unit.duty.hours]]
    elif fixed or (n > 1 and "command" in unit.capabilities):
        patterns = [setting.shifts.always]
    elif n > 1 and "tps" in unit.capabilities and setting.voting:
        patterns = [setting.shifts.voting]
    for post, task in stands:
        inside = unit.armed and setting.sites[post].kind == "tps"  # no armed unit and no TNI in a polling station
        if not inside and (fixed or np.isfinite(way[post])):
            yield from (Choice(post, task, pattern) for pattern in patterns)


def _waits(setting: Setting, kept: Post | None) -> Iterator[tuple[int, str]]:
    """Give where a unit from outside waits: where it is kept, else at the first of the places of a reserve."""
    sites = setting.sites
    ref = setting.city.find(kept.at).ref if kept is not None else None
    kinds = [kind for kind in setting.options.figures.reserve for site in sites if site.kind == kind]
    fits = [j for j, site in enumerate(sites) if (site.ref == ref if ref else kinds and site.kind == kinds[0])]
    yield (fits or [0])[0], "bko"


def _stands(unit: Unit, setting: Setting, needs: Sequence[Need], terms: Sequence[Term]) -> Iterator[tuple[int, str]]:
    """Go through (post, task) of a unit, in any shift."""
    sites, gives = setting.sites, abilities(unit)
    home = setting.city.find(unit.home).ref if unit.home is not None else ""
    keeps = [j for j, site in enumerate(sites) if site.kind in setting.options.figures.reserve]
    if "command" in unit.capabilities:
        yield from ((j, "standby") for j in keeps if sites[j].kind == "polresta" or sites[j].ref == home)
        return
    if "tps" in unit.capabilities:
        task = "mobile" if unit.armed else "guard"
        yield from ((j, task) for j, site in enumerate(sites) if site.kind == "kelurahan")
        return
    front = doctrine().stages["hijau"].level
    if unit.level <= front:
        wanted = {need.post: need.ability for need in needs if need.ability in gives}
        wanted |= {term.post: term.ability for term in terms if term.ability in gives}
        yield from ((j, "guard") for j in sorted(wanted))
    if unit.level < len(CROWDS) - 1 and gives:
        task = "mobile" if "patrol" in gives else "standby"
        # nobody above the first level stands where people gather before they are sent, not even out of sight
        shut = {term.post for term in terms if term.ability in CROWDS} if unit.level > front else set()
        yield from ((j, task) for j in range(len(sites)) if j not in shut)
    if any(each in gives for each in POOL) or not gives:
        yield from ((j, "reserve") for j in keeps)


def _moves(unit: Unit, choices: Sequence[Choice], way: F8) -> F8:
    """Give person-seconds from a unit's home to the post of each choice; 0 without a home."""
    if unit.home is None:
        return np.zeros(len(choices))
    there = way[[choice.post for choice in choices]]
    return np.asarray(np.nan_to_num(there, posinf=86_400.0) * unit.people)
