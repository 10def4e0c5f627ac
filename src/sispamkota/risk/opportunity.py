"""Where each kind of incident can happen, before anything is counted: by people, by TPS, at certain venues."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import pydantic
from numpy.typing import NDArray

from sispamkota.errors import Faults
from sispamkota.inputs import Model, own_file, read_yaml, validate
from sispamkota.place import VENUE_KINDS
from sispamkota.place.voting import Tag
from sispamkota.schema import Assumption

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["Opportunities", "Opportunity", "opportunities", "spread_kinds"]

F8 = NDArray[np.float64]


class Opportunity(Model):
    """Share one kind among people, TPS and the kelurahan of venues; the shares add to 1."""

    people: float = pydantic.Field(0.0, ge=0.0, le=1.0)
    tps: float = pydantic.Field(0.0, ge=0.0, le=1.0)
    venues: float = pydantic.Field(0.0, ge=0.0, le=1.0)
    at: tuple[str, ...] = ()

    @pydantic.model_validator(mode="after")
    def _whole(self) -> Opportunity:
        if abs(self.people + self.tps + self.venues - 1.0) > 1e-9:
            raise ValueError("people, tps and venues that add to 1")
        if self.venues >= 1.0:
            raise ValueError("some share for people or TPS: nothing is ruled out elsewhere")
        if (self.venues > 0.0) != bool(self.at):
            raise ValueError("kinds of venues (at) where venues have a share, and only there")
        unknown = sorted(set(self.at) - set(VENUE_KINDS))
        if unknown:
            raise ValueError(f"kinds of venues that are known, not {', '.join(unknown)}")
        return self


class Opportunities(Model):
    """Hold data/risk/opportunity.yaml: a kind that it does not name goes by people."""

    kind: Literal["opportunity"]
    version: Literal[1]
    source: str
    tag: Tag
    kinds: dict[str, Opportunity]


def opportunities(*, path: str | Path | None = None) -> Opportunities:
    """Read the embedded shares, or a file in their place; raises InputError with every fault."""
    if path is None:
        return own_file(Opportunities, "risk", "opportunity")
    faults = Faults()
    found = validate(Opportunities, read_yaml(path), faults)
    faults.raise_if_any()
    return cast("Opportunities", found)


def spread_kinds(
    city: City, kinds: Sequence[str], *, shares: Opportunities | None = None
) -> tuple[F8, tuple[Assumption, ...]]:
    """Spread each kind over the kelurahan, float64[place, kind] that sums to 1 over places and is above 0 everywhere.

    Where a city lacks people, TPS or the venues of a kind, that share goes by what it has, evenly in the end; all is
    told.
    """
    book = shares or opportunities()
    even = np.full(len(city.kelurahan), 1.0 / len(city.kelurahan))
    people = _parts(city.kelurahan["population"].to_numpy(np.float64), least=1e-9)
    tps = _parts(city.kelurahan["tps"].to_numpy(np.float64), least=0.0)
    notes = [_note(book)]
    if people is None:
        id_ = "Penduduk kelurahan tidak lengkap: yang dibagi menurut penduduk dibagi rata."
        en = "The population of a kelurahan is unknown: what goes by people is spread evenly."
        notes.append(Assumption("risk.population_unknown", id_, en, "assumed"))
    people = even if people is None else people
    if tps is None:
        id_ = "Jumlah TPS tidak lengkap: yang dibagi menurut TPS dibagi menurut penduduk."
        en = "The number of TPS is not known everywhere: what goes by TPS goes by people."
        notes.append(Assumption("risk.tps_unknown", id_, en, "assumed"))
    spread, lacking = np.empty((len(even), len(kinds))), list[str]()
    for k, kind in enumerate(kinds):
        each = book.kinds.get(kind, Opportunity(people=1.0, tps=0.0, venues=0.0))
        held = _at_venues(city, each.at)
        lacking += [kind] if each.at and held is None else []
        spread[:, k] = each.people * people + each.tps * (people if tps is None else tps)
        spread[:, k] += each.venues * (people if held is None else held)
    if lacking:
        id_ = f"Tidak ada objek yang dituju jenis ini, jadi dibagi menurut penduduk: {', '.join(lacking)}."
        en = f"The city has none of the venues of these kinds, which go by people instead: {', '.join(lacking)}."
        notes.append(Assumption("risk.no_venues", id_, en, "assumed", len(lacking)))
    return np.maximum(spread, 1e-9) / np.maximum(spread, 1e-9).sum(axis=0), tuple(notes)


def _parts(values: F8, *, least: float) -> F8 | None:
    """Give shares of a whole; None where a value is unknown or below the least, or all are 0."""
    whole = np.isfinite(values).all() and (values >= least).all() and values.sum() > 0
    return values / values.sum() if whole else None


def _at_venues(city: City, kinds: Sequence[str]) -> F8 | None:
    """Share evenly among the venues of some kinds, by their kelurahan; None where the city has none of them."""
    venues = city.venues[city.venues["kind"].isin(list(kinds))]
    counted = venues["kode_kel"].value_counts()
    held = np.asarray(counted.reindex(city.kelurahan["kode"]).fillna(0.0), np.float64)
    return held / held.sum() if held.sum() > 0 else None


def _note(book: Opportunities) -> Assumption:
    """State that where a kind can happen is assumed."""
    id_ = "Sebelum ada hitungan, laju tiap jenis dibagi menurut penduduk, TPS, dan letak kantor atau objek."
    en = "Before anything is counted, each kind is spread by people, TPS, and where offices and objects are."
    return Assumption("risk.opportunity", id_, en, book.tag, len(book.kinds))
