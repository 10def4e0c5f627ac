"""The files of a city, each read by its format; the faults of all of them are told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from sispamkota.errors import Fault, Faults, InputError, collapsed, shown, suggest
from sispamkota.office import columns_of

from .codes import find_codes
from .osm import is_osm, read_osm_areas, read_osm_roads, read_osm_venues
from .position import Box, box_around
from .read import Areas, read_areas, read_kecamatan, read_people, read_rows, require_keys
from .read_roads import read_roads
from .streets import Streets
from .tps import TPS_OPTIONAL, TPS_REQUIRED, read_tps
from .venues import VENUE_KINDS, read_venues

__all__ = ["Read", "Sources", "read_sources"]

T = TypeVar("T")
VenueFile = tuple[str | None, Path]  # the kind of all its rows, where it is a list of one kind


@dataclass(frozen=True)
class Sources:
    """Name the files of a city; without `roads` its streets are generated, the other optional ones may be left out.

    Of several files of venues or people the first goes first. `renamed` gives columns of tables another name.
    """

    name: str
    areas: Path
    venues: tuple[VenueFile, ...]
    roads: Path | None = None
    people: tuple[Path, ...] = ()
    tps: Path | None = None
    kecamatan: Path | None = None
    title: str | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)

    def inputs(self) -> dict[str, Path]:
        """Give the files that there are, by role and name."""
        single = {"roads": self.roads, "areas": self.areas, "tps": self.tps, "kecamatan": self.kecamatan}
        files = [(role, path) for role, path in single.items() if path is not None]
        files += [("venues", path) for _, path in self.venues] + [("people", path) for path in self.people]
        out = dict[str, Path]()
        for role, path in files:
            key, n = f"{role}/{path.name}", 2
            while key in out:
                key, n = f"{role}/{n}/{path.name}", n + 1
            out[key] = path
        return out


@dataclass(frozen=True, eq=False)
class Read:
    """Hold what the files of a city say; `told` is what its manifest should tell of the reading."""

    kelurahan: pd.DataFrame
    polygons: dict[str, Any] | None
    venues: list[tuple[str, pd.DataFrame]]
    streets: Streets | None
    people: list[pd.DataFrame]
    tps: pd.DataFrame | None
    kecamatan: pd.DataFrame | None
    told: dict[str, Any]


def read_sources(sources: Sources) -> Read:
    """Read every file; raises InputError with every fault of every file."""
    faults, renames = Faults(), _Renames(sources.renamed)
    if is_osm(sources.areas):
        areas = read_osm_areas(sources.areas, faults)
    else:
        areas = renames.read("areas", lambda to, names: read_areas(sources.areas, to, renamed=names), faults)
    kelurahan, polygons = areas
    box = box_around(kelurahan["lon"], kelurahan["lat"])
    venues = [(file[1].name, _venues(file, areas, renames, faults)) for file in sources.venues]
    streets = _roads(sources, box, faults)
    kecamatan = read_kecamatan(sources.kecamatan, faults) if sources.kecamatan else None
    people = list[pd.DataFrame]()
    for path in sources.people:
        table = renames.read("people", partial(_people, path), faults)
        found = table.assign(kode=find_codes(table, kelurahan, faults, key="kode"))
        if not table.loc[table["kode"] != "", "kode"].duplicated().any():  # noted when the file was read
            require_keys(found[found["kode"] != ""], "kode", faults)
        people.append(found)
    tps = None if sources.tps is None else _tps(sources.tps, kelurahan, renames, faults)
    renames.close(faults)
    if faults:
        raise InputError(collapsed(faults))
    told = _told(
        ("areas", kelurahan),
        *(("venues", table) for _, table in venues),
        ("tps", tps),
        *(("people", table) for table in people),
    )
    if streets is not None and streets.dropped:
        told["dropped_columns"]["roads"] = list(streets.dropped)
    return Read(kelurahan, polygons, venues, streets, people, tps, kecamatan, told)


class _Renames:
    """Pass renames of columns to the tables that may mean them; one that no table has is a fault."""

    def __init__(self, renamed: Mapping[str, str]) -> None:
        self._renamed = renamed
        self._asked = dict.fromkeys(renamed, 0)
        self._missed: dict[str, list[Fault]] = {theirs: [] for theirs in renamed}

    def read(self, table: str, read: Callable[[Faults, Mapping[str, str]], T], faults: Faults) -> T:
        """Read one table, and keep apart the faults of renames that it does not have."""
        ours = {each.name for each in columns_of(table)}
        names = {theirs: mine for theirs, mine in self._renamed.items() if mine in ours}
        for theirs in names:
            self._asked[theirs] += 1
        seen = Faults()
        value = read(seen, names)
        for fault in seen:
            missed = [each for each in names if shown(each) == fault.got and fault.expected == "a column of the file"]
            if fault.field == "--map" and missed:
                self._missed[missed[0]].append(fault)
            else:
                faults.extend([fault])
        return value

    def close(self, faults: Faults) -> None:
        """Note the renames that named no column of any table."""
        for theirs, mine in self._renamed.items():
            if not self._asked[theirs]:
                known = sorted(
                    {each.name for table in ("areas", "people", "venues", "tps") for each in columns_of(table)}
                )
                faults.add(
                    where="--map",
                    field="map",
                    expected="a column of ours",
                    got=shown(mine),
                    remedy=suggest(mine, known),
                )
            elif len(self._missed[theirs]) == self._asked[theirs]:
                faults.extend(self._missed[theirs][:1])


def _people(path: Path, faults: Faults, renamed: Mapping[str, str]) -> pd.DataFrame:
    """Read one file of people."""
    return read_people(path, faults, renamed=renamed)


def _venues(file: VenueFile, areas: Areas, renames: _Renames, faults: Faults) -> pd.DataFrame:
    """Read one file of venues by its format."""
    kind, path = file
    if kind is not None and kind not in VENUE_KINDS:
        remedy = suggest(kind, VENUE_KINDS)
        faults.add(where="--venues", field="kind", expected="KIND=FILE", got=shown(f"{kind}={path}"), remedy=remedy)
    if is_osm(path):
        return read_venues(path, areas, faults, rows=read_osm_venues(path, faults))
    return renames.read("venues", lambda to, names: read_venues(path, areas, to, kind=kind, renamed=names), faults)


def _tps(path: Path, kelurahan: pd.DataFrame, renames: _Renames, faults: Faults) -> pd.DataFrame:
    """Read a list of polling stations."""

    def read(to: Faults, names: Mapping[str, str]) -> pd.DataFrame:
        """Read and check its rows."""
        rows = read_rows(path, required=TPS_REQUIRED, optional=TPS_OPTIONAL, faults=to, table="tps", renamed=names)
        return read_tps(rows, kelurahan, to)

    return renames.read("tps", read, faults)


def _roads(sources: Sources, box: Box, faults: Faults) -> Streets | None:
    """Read the roads by the format of their file."""
    if sources.roads is None:
        return None
    if is_osm(sources.roads):
        return read_osm_roads(sources.roads, faults, box)
    return read_roads(sources.roads, box, faults)


def _told(*tables: tuple[str, pd.DataFrame | None]) -> dict[str, Any]:
    """Say which columns were left out, and which of them were personal."""
    dropped, personal = dict[str, list[str]](), dict[str, int]()
    for role, table in tables:
        names: Sequence[str] = [] if table is None else table.attrs.get("dropped") or []
        if names:
            dropped[role] = sorted({*dropped.get(role, []), *names})
        report = None if table is None else table.attrs.get("report")
        for name, count in (report.personal if report else {}).items():
            personal[name] = personal.get(name, 0) + count
    return {"dropped_columns": dropped} | ({"personal_columns": personal} if personal else {})
