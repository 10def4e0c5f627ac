"""The words of incident lists: columns, months, kinds, and what may never train a rate (data/risk)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

import pydantic

from sispamkota.errors import Faults, suggest
from sispamkota.inputs import DATA, Model, own_file, read_yaml, validate
from sispamkota.office_columns import Column, plain
from sispamkota.place.voting import Ranged

from .riskmap import KINDS

__all__ = ["IncidentWords", "KindWords", "Reading", "incident_columns", "incident_words", "kind_words", "read_kind"]

_PARTS = re.compile(r"[,;/+&\n]|\bdan\b|\band\b", re.IGNORECASE)


class IncidentWords(Model):
    """Hold data/risk/incidents.yaml: how lists of incidents are read."""

    kind: Literal["incidents"]
    version: Literal[1]
    columns: dict[str, tuple[str, ...]]
    needed: tuple[str, ...]
    areas: tuple[str, ...]
    person: tuple[str, ...]
    degrees: tuple[str, ...]
    months: tuple[tuple[str, ...], ...]
    weekdays: tuple[str, ...]
    edge_m: Ranged
    reach: Ranged


class KindWords(Model):
    """Hold data/risk/kinds.yaml, or the user's own: which words mean which kind, and which are never used."""

    kind: Literal["kinds"]
    version: Literal[1]
    words: dict[str, tuple[str, ...]]
    peaceful: tuple[str, ...]
    nothing: tuple[str, ...]
    never: dict[str, tuple[str, ...]]

    @pydantic.field_validator("words")
    @classmethod
    def _known(cls, words: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name in words:
            if name not in KINDS:
                raise ValueError(f"{name} is no kind; {suggest(name, KINDS)}")
        return words

    @pydantic.model_validator(mode="after")
    def _never_as_ours(self) -> KindWords:
        """Keep the user from taking out what may never train a rate: own words come on top of ours."""
        ours = DATA / "risk" / "kinds.yaml"
        for reason, known in read_yaml(ours).data["never"].items():
            lost = sorted(set(known) - set(self.never.get(reason, ())))
            if lost:
                raise ValueError(f'never: {reason}: "{lost[0]}" may not be taken out')
        return self

    @cached_property
    def meanings(self) -> dict[str, tuple[str, bool]]:
        """Map each plain word to (kind, True) or (reason, False)."""
        index = {plain(word): (reason, False) for reason in ("peaceful", "nothing") for word in getattr(self, reason)}
        return index | {plain(word): (kind, True) for kind, many in self.words.items() for word in many}

    def held(self, text: str) -> str:
        """Give why a cell may never train a rate: the reason of the first such word in it; "" for none."""
        padded = f" {plain(text)} "
        return next((reason for word, reason in self._never if f" {word} " in padded), "")

    @cached_property
    def _never(self) -> tuple[tuple[str, str], ...]:
        return tuple((plain(word), reason) for reason, many in self.never.items() for word in many)


def incident_words() -> IncidentWords:
    """Read how incident lists are read, once."""
    return own_file(IncidentWords, "risk", "incidents")


@cache
def incident_columns() -> tuple[Column, ...]:
    """Give the columns of an incident list."""
    about = incident_words()
    return tuple(
        Column(
            name=name,
            kind="degrees" if name in about.degrees else "text",
            aliases=aliases,
            need=name in about.needed,
            area=name in about.areas,
            person=tuple(plain(each) for each in (name, *aliases)) if name in about.person else (),
        )
        for name, aliases in about.columns.items()
    )


def kind_words(own: str | Path | None) -> KindWords:
    """Read the embedded meanings, or the user's own file; raises InputError with every fault."""
    if own is None:
        return own_file(KindWords, "risk", "kinds")
    faults = Faults()
    words = validate(KindWords, read_yaml(own), faults)
    faults.raise_if_any()
    if words is None:  # what cannot be read has raised
        raise AssertionError(own)
    return words


@dataclass(frozen=True)
class Reading:
    """Say what a row's words mean: a kind, or the reason why it is no incident; both "" where they are unknown.

    `more` are further kinds that the same cell names.
    """

    kind: str = ""
    reason: str = ""
    more: tuple[str, ...] = ()


def read_kind(kind: str, others: tuple[str, ...], words: KindWords) -> Reading:
    """Read the cell of the kind, and those that say how a record came about (`others`).

    A record whose other cells speak of an arrest and the like is never an incident; one whose kind does so only where
    it names no incident besides. The first kind named counts.
    """
    for text in others:
        if found := words.held(text):
            return Reading(reason=found)
    whole, parts = plain(kind), [each for each in map(plain, _PARTS.split(kind)) if each]
    found_words = [whole] if whole in words.meanings else parts
    known = [words.meanings[each] for each in found_words if each in words.meanings]
    kinds = tuple(dict.fromkeys(name for name, is_kind in known if is_kind))
    if kinds:
        return Reading(kinds[0], more=kinds[1:])
    if found := words.held(kind):
        return Reading(reason=found)
    return Reading(reason=known[0][0]) if known and len(known) == len(found_words) else Reading()
