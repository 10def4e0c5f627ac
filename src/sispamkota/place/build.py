"""Build a city from files, once; afterwards only its folder is needed."""

from __future__ import annotations

from pathlib import Path

from .assemble import Sources, assemble
from .city import City

__all__ = ["build_city"]


def build_city(
    *,
    areas: str | Path,
    venues: str | Path,
    roads: str | Path | None = None,
    people: str | Path | None = None,
    out: str | Path | None = None,
    name: str = "city",
    title: str | None = None,
) -> City:
    """Build a city from files and write it to the folder `out`, if one is named; nothing is fetched.

    areas: GeoJSON polygons, or a CSV of points; venues: CSV; roads: GeoJSON or CSV, without it streets are generated;
    people: CSV of kode, penduduk, dpt, tps. The formats are in docs/reference/city-files.md. Raises InputError with
    every fault of every file; then nothing is written.
    """
    sources = Sources(
        name=name,
        title=title,
        areas=Path(areas),
        venues=Path(venues),
        roads=None if roads is None else Path(roads),
        people=None if people is None else Path(people),
    )
    city = City(**assemble(sources))
    if out is not None:
        city.save(out)
    return city
