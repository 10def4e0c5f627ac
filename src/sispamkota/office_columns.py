"""The columns of our tables, and the names under which offices keep them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from .inputs import DATA, read_yaml

__all__ = ["Column", "Vocabulary", "columns_of", "persons_of", "persons_too", "plain", "table_with", "vocabulary"]

_SHORT = {
    "jml": "jumlah", "jlh": "jumlah", "jmlh": "jumlah", "juml": "jumlah", "kel": "kelurahan", "kec": "kecamatan",
    "no": "nomor", "nmr": "nomor",
}  # fmt: skip
_LONGEST = 5  # one more than the words of the longest name of a column about persons
_WORDS = ("ignored", "personal", "impersonal", "contact")
_YEAR = re.compile(r"(19|20)[0-9]{2}")


@dataclass(frozen=True)
class Column:
    """Name one column of ours: its kind is text, code, whole, number or degrees; `area` is the name of an area.

    `person` are its names that speak of a person where columns about persons stand beside them; `office` says that
    telephones and the like of the place itself do not make them so.
    """

    name: str
    kind: str
    aliases: tuple[str, ...]
    need: bool
    area: bool = False
    person: tuple[str, ...] = ()
    office: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """Hold the words that are the same in all tables."""

    ignored: frozenset[str]
    personal: frozenset[str]
    impersonal: frozenset[str]
    contact: frozenset[str]
    blank: frozenset[str]
    units: tuple[str, ...]

    def is_personal(self, name: str) -> bool:
        """Tell whether a column of this (plain) name is about persons."""
        return bool(self._about(name))

    def is_contact(self, name: str) -> bool:
        """Tell whether a column of this (plain) name, about persons, holds only what an office may have too."""
        return self._about(name) <= self.contact

    def _about(self, name: str) -> frozenset[str]:
        """Give the words about persons in a (plain) name."""
        words = name.split()
        if self.impersonal & set(words):
            return frozenset()
        spans = {" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, i + _LONGEST)}
        return self.personal & spans


@cache
def _file() -> dict[str, Any]:
    """Read columns.yaml once."""
    return read_yaml(DATA / "place" / "columns.yaml").data


@cache
def columns_of(table: str) -> tuple[Column, ...]:
    """Give the columns of areas, people, venues, tps or roads."""
    rows: Mapping[str, Any] = _file()["tables"][table]
    return tuple(
        Column(
            name=name,
            kind=row["kind"],
            aliases=tuple(row.get("also", ())),
            need=bool(row.get("need")),
            area=bool(row.get("area")),
            person=tuple(plain(each) for each in row.get("person", ())),
            office=bool(row.get("office")),
        )
        for name, row in rows.items()
    )


@cache
def persons_of(table: str) -> frozenset[str]:
    """Give the (plain) names that are a person's in one table, beside those that are so in all."""
    return frozenset(plain(name) for name in _file()["persons_of"].get(table, ()))


def table_with(names: set[str]) -> str | None:
    """Find the table that has most of these columns, the first where several do; None where none has one."""
    shared = {table: len(names & {each.name for each in columns_of(table)}) for table in _file()["tables"]}
    best = max(shared, key=lambda table: shared[table])
    return best if shared[best] else None


@cache
def vocabulary(*, persons: frozenset[str] = frozenset()) -> Vocabulary:
    """Read the words that are the same in all tables; `persons` are more (plain) names of columns about persons."""
    data = _file()
    words = {key: frozenset(plain(word) for word in data[key]) for key in _WORDS}
    words["personal"] |= persons
    blank = frozenset(word.casefold() for word in data["blank"])
    return Vocabulary(**words, blank=blank, units=tuple(data["units"]))


def persons_too(column: Column, name: str, personal: Iterable[str]) -> bool:
    """Tell whether a (plain) name of a column is that of a person, for the (plain) columns about persons beside it."""
    if name not in column.person:
        return False
    return any(not (column.office and vocabulary().is_contact(each)) for each in personal)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Write a column's name the way names are compared: "Jml. Penduduk 2023 (Jiwa)" is "jumlah penduduk"."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = [_SHORT.get(word, word) for word in re.findall(r"[a-z0-9]+", ascii_text)]
    kept = [word for word in words if not _YEAR.fullmatch(word) and word not in {"jiwa", "orang", "tahun"}]
    return " ".join(kept or words)
