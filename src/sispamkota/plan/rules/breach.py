"""What a rule says of a plan, and the ground on which it is asked: plan, city, doctrine, each looked up once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import pydantic

from sispamkota.errors import Fault, UnknownPlaceError
from sispamkota.force import Doctrine, Duty, Norm, Unit, norm
from sispamkota.force.doctrine import Sourced, doctrine
from sispamkota.inputs import Model, own_file
from sispamkota.words import catalogue, number, words

from ..plan import Plan, Post

if TYPE_CHECKING:
    from sispamkota.place.city import City, Site

__all__ = [
    "HORIZON_H",
    "Breach",
    "Ground",
    "RuleRow",
    "RulesFile",
    "Span",
    "Value",
    "covers",
    "merged",
    "rule_rows",
    "seat_of",
    "turns",
]

HORIZON_H = 480.0  # two of the longest turns that a roster may have: what repeats is seen twice
Span = tuple[float, float]
Value: TypeAlias = str | float | tuple[str, ...]
_LISTED = 12


class RuleRow(Sourced):
    """Describe one rule of the check: how grave it is, the norm that it holds, where it comes from."""

    severity: Literal["violation", "warning", "range"]
    norm: str = ""


class RulesFile(Model):
    """Describe data/plan/rules.yaml: the rules in the order in which they are told."""

    kind: Literal["plan-rules"]
    version: Literal[1]
    rules: dict[Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z_]+$")], RuleRow]


def rule_rows() -> Mapping[str, RuleRow]:
    """Give the rules by name."""
    return own_file(RulesFile, "plan", "rules").rules


@dataclass(frozen=True)
class Breach:
    """Say that a plan breaks a rule: where, in which field, and the figures that its sentence is filled with.

    `severity` is "violation" or "warning".
    """

    rule: str
    severity: str
    where: str
    field: str
    values: Mapping[str, Value]

    def say(self, lang: str) -> Fault:
        """Tell it in one language: what the rule expects, what the plan has, what to do."""
        t = words(lang)
        shown = {name: _named(name, value, lang) for name, value in self.values.items()}
        expected, got, remedy = (t(f"plan_check.{self.rule}{end}", **shown) for end in ("", "_got", "_do"))
        return Fault(self.where, self.field, expected, got, remedy)


def _named(name: str, value: Value, lang: str) -> str:
    """Write a value of a sentence: kinds, agencies, vehicles and tasks by their names, the others as they are."""
    key = f"orders.{name}_{value}"
    if name in ("task", "vehicle") and key in catalogue(lang):
        return words(lang)(key)
    books: dict[str, Mapping[str, Any]] = {"kind": doctrine().unit_kinds, "agency": doctrine().agencies}
    row = books[name].get(value) if name in books and isinstance(value, str) else None
    return _written(value, lang) if row is None else str(getattr(row, lang))


def _written(value: Value, lang: str) -> str:
    """Write a figure, or a list of names cut at a dozen."""
    if isinstance(value, tuple):
        more = len(value) - _LISTED
        return ", ".join(value[:_LISTED]) + (f" … (+{more})" if more > 0 else "")
    if isinstance(value, str):
        return value
    return number(value, lang, digits=0 if float(value).is_integer() else 1)


@dataclass(frozen=True, eq=False)
class Ground:
    """Hold what all rules look up: a plan in its city, with the user's own doctrine before ours."""

    plan: Plan
    city: City
    own: Doctrine | None = None

    def norm(self, name: str) -> Norm:
        """Give a norm on the day of the force; raises KeyError where none held."""
        return norm(name, on=self.plan.force.on, own=self.own)

    @cached_property
    def units(self) -> dict[str, Unit]:
        """Give the units by id."""
        return {unit.id: unit for unit in self.plan.force.units}

    @cached_property
    def pairs(self) -> list[tuple[Post, Unit]]:
        """Give every post with its unit."""
        return [(post, self.units[post.unit]) for post in self.plan.posts if post.unit in self.units]

    @cached_property
    def sites(self) -> dict[str, Site]:
        """Give the place of every post by unit; posts at no known place are left out."""
        out = {}
        for post in self.plan.posts:
            try:
                out[post.unit] = self.city.find(post.at)
            except UnknownPlaceError:
                continue
        return out

    @cached_property
    def kelurahan(self) -> dict[str, str]:
        """Give the names of the kelurahan by code."""
        return dict(zip(self.city.kelurahan["kode"], self.city.kelurahan["nama"], strict=True))

    @cached_property
    def tps(self) -> dict[str, dict[Any, Any]]:
        """Give the polling stations by id."""
        return {str(row["id"]): row for row in self.city.tps.to_dict("records")}

    @cached_property
    def seat(self) -> int:
        """Give the junction of the police headquarters, else of the KPU, else of the first post there is."""
        found = seat_of(self.city)
        return found if found is not None else int(next(iter(self.sites.values())).node)

    @cached_property
    def areas(self) -> dict[str, tuple[str, str]]:
        """Give the names of kelurahan and kecamatan by code of the kelurahan."""
        table = self.city.kelurahan
        return {kode: (nama, kec) for kode, nama, kec in table[["kode", "nama", "kecamatan"]].itertuples(index=False)}

    def duty(self, post: Post) -> Duty | None:
        """Give the roster of a post: its own, else its unit's; None is always on."""
        return post.duty or self.units[post.unit].duty

    def at(self) -> Iterator[tuple[Site, list[tuple[Post, Unit]]]]:
        """Go through the places with the posts that stand there, in the order of the plan."""
        groups: dict[str, list[tuple[Post, Unit]]] = {}
        for post, unit in self.pairs:
            if post.unit in self.sites:
                groups.setdefault(self.sites[post.unit].ref, []).append((post, unit))
        for held in groups.values():
            yield self.sites[held[0][0].unit], held

    def breach(self, rule: str, post: Post | None, field_name: str, **values: Value) -> Breach:
        """Make a breach of a rule that is a plain violation or warning; without a post it is of the whole plan."""
        return Breach(rule, rule_rows()[rule].severity, self.where(post), field_name, values)

    def past(self, rule: str, post: Post | None, field_name: str, got: float, **values: Value) -> Breach:
        """Make a breach of a rule by a figure past its norm: a warning while within the norm's assumed range."""
        held = self.norm(rule_rows()[rule].norm)
        inside = held.tag == "assumed" and held.low <= got <= held.high
        return Breach(rule, "warning" if inside else "violation", self.where(post), field_name, values)

    def where(self, post: Post | None) -> str:
        """Say where a post stands in its file."""
        return post.where if post is not None and post.where else self.plan.name


def seat_of(city: City) -> int | None:
    """Give the junction where a unit without a home starts: the police headquarters, else the KPU; None for neither."""
    sites = [site for kind in ("polresta", "polres", "kpu") for site in city.find_kind(kind)]
    return int(sites[0].node) if sites else None


def turns(duty: Duty | None) -> list[Span]:
    """Give the spans on duty (h) from the first midnight to the horizon; one that began the day before is there too."""
    if duty is None:
        return [(0.0, HORIZON_H)]
    first = duty.from_h % duty.every_h - duty.every_h
    count = int(HORIZON_H / duty.every_h) + 2
    spans = [(first + i * duty.every_h, first + i * duty.every_h + duty.hours) for i in range(count)]
    return [(max(begin, 0.0), end) for begin, end in spans if end > 0.0]


def merged(spans: list[Span]) -> list[Span]:
    """Join spans that touch or overlap."""
    out: list[Span] = []
    for begin, end in sorted(spans):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((begin, end))
    return out


def covers(spans: list[Span], begin: float, end: float) -> bool:
    """Say whether spans hold the whole of [begin, end] (h)."""
    return any(low <= begin and end <= high for low, high in merged(spans))
