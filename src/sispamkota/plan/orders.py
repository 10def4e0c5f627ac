"""Orders: for every post who, where, when, under whom, on which channel, who relieves it, and what to do first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from sispamkota.errors import Faults
from sispamkota.force import Doctrine, Duty, Unit
from sispamkota.force.doctrine import Agency, UnitKind, doctrine
from sispamkota.place import HOSPITAL_KINDS, Ride
from sispamkota.risk.calendar import Calendar, calendar
from sispamkota.show import html_table, text_table
from sispamkota.words import words

from .plan import Plan, Post
from .rules.breach import Ground

if TYPE_CHECKING:
    import pandas as pd

    from sispamkota.place.city import City

__all__ = ["Order", "Orders", "duty_words", "first_words", "stations_words", "write_orders"]

_POLLING = "coblos"  # the phase of the calendar in which votes are cast
_STATED = ("tps.opens_s", "tps.closes_s", "assembly.notice_s")
_WATCH = ("tps", "linmas")  # what watches polling stations does first
_FIRST = ("command", "dialogue", "crowd", "tps", "ambulance", "fire", "rescue", "traffic", "patrol", "guard")


@dataclass(frozen=True)
class Order:
    """Hold the order of one post. `first` names the ability by which it acts; `tps` its stations in their order.

    `shown` is the posture of a crowd unit, "" of others; `duty` the turn as (from_h, hours, every_h) or None for the
    whole operation; `hospital_s` the ambulance's travel time from the post, s; lon and lat in degrees.
    """

    unit: str
    agency: str
    kind: str
    people: int
    vehicle: str
    task: str
    shown: str
    reason: str
    ref: str
    place: str
    address: str
    kelurahan: str
    kecamatan: str
    lon: float
    lat: float
    position: str
    duty: tuple[float, float, float] | None
    relieved_by: str
    relieves: str
    under: str
    radio: str
    tps: tuple[str, ...]
    hospital: str
    hospital_s: float
    first: str


@dataclass(frozen=True)
class Orders:
    """Hold the orders of a plan, in the order of the plan; names of agencies and kinds in both languages.

    `norms` are the figures of the day that the documents state, those that no source gives left out; `polling` says
    that it is the day of the vote, `stage` that it is of the election at all: an exercise is neither.
    """

    plan: str
    title: str
    city: str
    on: str
    quality: str
    source: str
    orders: tuple[Order, ...]
    agencies: Mapping[str, Agency]
    kinds: Mapping[str, UnitKind]
    kelurahan: Mapping[str, str]
    norms: Mapping[str, float] = field(default_factory=dict)
    polling: bool = False
    stage: bool = False

    @property
    def people(self) -> int:
        """Count the people."""
        return sum(order.people for order in self.orders)

    def of(self, agency: str) -> Orders:
        """Keep the orders of one agency; raises InputError for one that has none."""
        from dataclasses import replace

        from sispamkota.errors import shown, suggest

        held, faults = tuple(order for order in self.orders if order.agency == agency), Faults()
        if not held:
            known = list(dict.fromkeys(order.agency for order in self.orders))
            remedy = suggest(agency, known)
            faults.add(where="--agency", field="agency", expected="an agency of it", got=shown(agency), remedy=remedy)
        faults.raise_if_any()
        return replace(self, orders=held)

    def by_agency(self) -> list[tuple[str, list[Order]]]:
        """Group the orders by agency, in the order in which the agencies appear."""
        names = dict.fromkeys(order.agency for order in self.orders)
        return [(name, [order for order in self.orders if order.agency == name]) for name in names]

    def by_place(self) -> list[tuple[str, list[Order]]]:
        """Group the orders by place, in the order of their names."""
        rows = sorted(self.orders, key=lambda order: (order.place, order.ref))
        return [(held[0].place, held) for held in (list(group) for _, group in groupby(rows, lambda each: each.ref))]

    def agency_name(self, agency: str, lang: str) -> str:
        """Name an agency."""
        return str(getattr(self.agencies[agency], lang))

    def kind_name(self, kind: str, lang: str) -> str:
        """Name a kind of unit."""
        return str(getattr(self.kinds[kind], lang))

    def hours_of(self, order: Order, lang: str) -> str:
        """Write when a post is on duty: its turn; without one, who watches stations serves the vote, others always."""
        hours = [self.norms.get(name) for name in ("tps.opens_s", "tps.closes_s")]
        if order.duty is None and self.polling and order.first in _WATCH and None not in hours:
            opens, closes = (_clock((each or 0.0) / 3600) for each in hours)
            return words(lang)("orders.voting", opens=opens, closes=closes)
        return duty_words(order.duty, lang)

    def to_table(self) -> pd.DataFrame:
        """Give one row an order."""
        import pandas as pd

        return pd.DataFrame([asdict(order) for order in self.orders])

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        head = {name: getattr(self, name) for name in ("plan", "title", "city", "on", "quality", "source")}
        return head | {"orders": [asdict(order) for order in self.orders]}

    def _rows(self) -> tuple[str, tuple[str, ...], list[tuple[object, ...]]]:
        title = f"Orders of {self.plan}: {len(self.orders)} posts, {self.people} people"
        rows: list[tuple[object, ...]] = [
            (order.unit, order.people, order.place, order.task, self.hours_of(order, "en"), order.under or "–")
            for order in self.orders
        ]
        return title, ("unit", "people", "place", "task", "duty", "under"), rows

    def __str__(self) -> str:
        """Print who, where, when."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def write_orders(plan: Plan, city: City, *, own: Doctrine | None = None, days: Calendar | None = None) -> Orders:
    """Write the order of every post of a plan, in the words of its day: `days` is the calendar, ours unless given.

    Raises InputError for places that the city does not have.
    """
    ground, faults = Ground(plan, city, own), Faults()
    for post in plan.posts:
        if post.unit not in ground.sites:
            city.find_or_fault(post.at, faults, ground.where(post))
    faults.raise_if_any()
    hospitals = _hospitals(ground)
    books = [doctrine(), *([own] if own is not None else [])]
    reliefs, venues = _reliefs(ground), city.venues
    phases = (days or calendar()).phases_of(date.fromisoformat(plan.force.on))
    addresses = dict(zip(venues["ref"], venues["address"], strict=True))
    return Orders(
        plan=plan.name,
        title=plan.title,
        city=city.title,
        on=plan.force.on,
        quality=plan.quality,
        source=plan.source,
        orders=tuple(_order(ground, post, hospitals, reliefs, addresses) for post, _ in ground.pairs),
        agencies={name: each for book in books for name, each in book.agencies.items()},
        kinds={name: each for book in books for name, each in book.unit_kinds.items()},
        kelurahan=ground.kelurahan,
        norms=dict(_norms(ground)),
        polling=any(each.id == _POLLING for each in phases),
        stage=bool(phases),
    )


def _norms(ground: Ground) -> Iterator[tuple[str, float]]:
    """Go through the figures that documents state and a source gives on that day."""
    for name in _STATED:
        try:
            yield name, ground.norm(name).value
        except KeyError:
            continue


def _order(
    ground: Ground,
    post: Post,
    hospitals: dict[int, tuple[str, float]],
    reliefs: dict[str, tuple[str, str]],
    addresses: dict[str, str],
) -> Order:
    """Write one order."""
    unit, site = ground.units[post.unit], ground.sites[post.unit]
    area = ground.areas.get(site.kode_kel, ("", ""))
    duty, (next_, last) = ground.duty(post), reliefs.get(post.unit, ("", ""))
    hospital, seconds = hospitals.get(int(site.node), ("", float("nan")))
    return Order(
        unit=unit.id,
        agency=unit.agency,
        kind=unit.kind,
        people=unit.people,
        vehicle=unit.vehicle,
        task=post.task,
        shown=(post.posture or "awal") if unit.level >= 0 else "",
        reason=post.reason,
        ref=site.ref,
        place=site.name,
        address=addresses.get(site.ref, ""),
        kelurahan=area[0],
        kecamatan=area[1] or (site.name if site.kind == "kecamatan" else ""),
        lon=float(site.lon),
        lat=float(site.lat),
        position=site.quality,
        duty=None if duty is None else (duty.from_h, duty.hours, duty.every_h),
        relieved_by=next_,
        relieves=last,
        under=post.under,
        radio=post.radio,
        tps=tuple(post.tps),
        hospital=hospital,
        hospital_s=seconds,
        first=_first(unit, post.task),
    )


def _first(unit: Unit, task: str) -> str:
    """Name the ability by which a unit acts; who watches polling stations without arms is Linmas, and within.

    Who guards, patrols or directs and is kept in reserve waits where it is, and greets nobody's office.
    """
    first = next((each for each in _FIRST if each in unit.capabilities), "guard")
    if task in ("reserve", "bko") and first in ("guard", "patrol", "traffic"):
        return "reserve"
    return "linmas" if first == "tps" and not unit.armed else first


def _hospitals(ground: Ground) -> dict[int, tuple[str, float]]:
    """Give the nearest general hospital of every junction of a post, and the way of an ambulance there (s)."""
    sites = [site for kind in HOSPITAL_KINDS for site in ground.city.find_kind(kind)]
    sites = [site for site in sites if site.kind == "rs_umum"] or sites
    nodes = sorted({int(site.node) for site in ground.sites.values()})
    if not sites or not nodes:
        return {}
    ride = Ride.of("ambulance", blue_light=True)
    times = ground.city.roads.travel_times(nodes, [int(site.node) for site in sites], ride=ride)
    best = times.argmin(axis=1)
    found = zip(nodes, best, times.min(axis=1), strict=True)
    return {node: (sites[i].name, float(time)) for node, i, time in found if np.isfinite(time)}


def _reliefs(ground: Ground) -> dict[str, tuple[str, str]]:
    """Pair the units of one kind at one place whose duties follow one another: (who relieves it, whom it relieves)."""
    groups: dict[tuple[str, str], list[tuple[str, Duty]]] = {}
    for post, unit in ground.pairs:
        duty = ground.duty(post)
        if duty is not None and post.unit in ground.sites:
            groups.setdefault((ground.sites[post.unit].ref, unit.kind), []).append((unit.id, duty))
    after: dict[str, str] = {}
    for held in groups.values():
        taken = set[str]()
        for name, duty in held:
            heirs = [(each, other) for each, other in held if each != name and each not in taken]
            heirs = [(each, other) for each, other in heirs if _follows(duty, other)]
            if heirs:  # who comes last before it ends leaves the shortest overlap
                after[name] = max(heirs, key=lambda heir: (heir[1].from_h - duty.from_h) % duty.every_h)[0]
                taken.add(after[name])
    before = {later: sooner for sooner, later in after.items()}
    return {name: (after.get(name, ""), before.get(name, "")) for name in {*after, *before}}


def _follows(one: Duty, other: Duty) -> bool:
    """Say whether a duty begins while another lasts, or as it ends, and lasts longer."""
    gap = (other.from_h - one.from_h) % one.every_h
    return 0.0 < gap <= one.hours + 1e-9 and gap + other.hours > one.hours


def duty_words(duty: tuple[float, float, float] | None, lang: str) -> str:
    """Write a turn: "06:00–20:00", with how often it returns where that is not every day."""
    t = words(lang)
    if duty is None:
        return t("orders.always")
    begin, hours, every = duty
    text = f"{_clock(begin)}–{_clock(begin + hours)}"
    return text if every == 24.0 else t("orders.every", span=text, hours=f"{every:g}")


def _clock(hour: float) -> str:
    """Write an hour of the day."""
    minute = round(hour * 60)
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def stations_words(tps: Sequence[str], names: Mapping[str, str]) -> str:
    """Write stations in their order, runs of numbers together: "Arjosari 1–4, 7; Polowijen 2"."""
    parts = []
    for code, group in groupby(tps, lambda each: each.rpartition("/")[0]):
        numbers = [int(each.rpartition("/")[2]) for each in group]
        parts.append(f"{names.get(code, code)} " + ", ".join(_runs(numbers)))
    return "; ".join(parts)


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    """Write numbers, those that follow one another as a run."""
    start = last = numbers[0]
    for each in [*numbers[1:], -1]:
        if each != last + 1:
            yield str(start) if start == last else f"{start}–{last}"
            start = each
        last = each


def first_words(order: Order, lang: str, *, polling: bool = True) -> str:
    """Say what a post does first, in words: dialogue before anything else; of a vote only on the day of the vote."""
    other = "" if polling or order.first not in _WATCH else "_other"
    return words(lang)(f"orders.first_{order.first}{other}")
