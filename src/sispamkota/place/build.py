"""Build a city from files, once; afterwards only its folder is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from .assemble import assemble
from .city import City
from .sources import Sources
from .venues import VENUE_KINDS

__all__ = ["About", "build_city"]

Files = str | Path | Sequence[str | Path]


class About(TypedDict, total=False):
    """Say what a city is called, and what columns are called in the tables it is built from."""

    name: str
    title: str | None
    renamed: Mapping[str, str]


def build_city(
    *,
    areas: str | Path,
    venues: Files,
    roads: str | Path | None = None,
    people: Files = (),
    tps: str | Path | None = None,
    out: str | Path | None = None,
    **about: Unpack[About],
) -> City:
    """Build a city from files and write it to the folder `out`, if one is named; nothing is fetched.

    areas: polygons (GeoJSON, GeoPackage, Shapefile, OSM PBF), or a table of points; venues: tables or an OSM PBF, a
    list of one kind as "sekolah=FILE"; roads: lines, a CSV or an OSM PBF, without it streets are generated; people,
    tps: tables. Of several files the first goes first. `about` may give `name`, `title` and `renamed`, our names of
    columns by those of the tables. The formats are in docs/reference/city-files.md. Raises InputError with every fault
    of every file; then nothing is written.
    """
    sources = Sources(
        name=about.get("name", "city"),
        title=about.get("title"),
        areas=Path(areas),
        venues=tuple(_venue_file(each) for each in _several(venues)),
        roads=None if roads is None else Path(roads),
        people=tuple(map(Path, _several(people))),
        tps=None if tps is None else Path(tps),
        renamed=dict(about.get("renamed") or {}),
    )
    city = City(**assemble(sources))
    if out is not None:
        city.save(out)
    return city


def _several(files: Files) -> Sequence[str | Path]:
    """Take one file as a list of one."""
    return [files] if isinstance(files, str | Path) else files


def _venue_file(text: str | Path) -> tuple[str | None, Path]:
    """Read FILE or KIND=FILE; a file that is there, or a kind that is none, goes as it stands."""
    kind, equals, path = str(text).partition("=")
    if equals and (kind in VENUE_KINDS or not Path(text).exists()):
        return kind, Path(path)
    return None, Path(text)
