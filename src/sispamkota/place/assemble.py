"""From sources to the parts of a city: read, check, complete, put on the street graph, state the assumptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Fault, Faults, InputError, shown, suggest
from sispamkota.inputs import DATA, Model, own_file
from sispamkota.manifest import Manifest
from sispamkota.schema import Assumption
from sispamkota.words import words

from .figures import place_figures
from .gates import at_gates, outline_of
from .merge import merge_venues
from .position import place_unknown, project, utm_epsg
from .read import QUALITIES, read_people
from .ride import ROAD_KINDS, Figure
from .roads import Roads
from .sources import Sources, read_sources
from .streets import Streets
from .synthetic import grow_streets
from .tps import recount, register, special_stations
from .venues import refs_of

__all__ = ["CityFile", "PeopleFigures", "assemble", "embedded_sources"]

_CITIES = DATA / "cities"
_FIGURES = ["population", "voters", "tps"]
_NAMED = ("penduduk", "dpt", "tps")  # the same, as the files call them
_STAND_IN = "people.yaml"
_KECAMATAN = ["kode", "nama", "area_km2", "lon", "lat", *_FIGURES, "source", "quality"]
_ON_GRAPH = ["x", "y", "node", "access_m"]
_KELURAHAN = ["kode", "nama", "kode_kec", "kecamatan", *_KECAMATAN[2:8], "source", "quality", "assumed", *_ON_GRAPH]
_VENUES = [
    *("ref", "id", "name", "kind", "owner", "hospital_class", "address", "lon", "lat", "kode_kel", "kode_kec"),
    *("quality", "placed", "source", "note", *_ON_GRAPH),
]


class CityFile(Model):
    """Describe city.yaml of an embedded city."""

    kind: Literal["city"]
    version: Literal[1]
    name: str
    title: str
    note: str
    sources: dict[str, str]


class PeopleFigures(Model):
    """Hold data/place/people.yaml: what stands in for unknown figures of an area."""

    kind: Literal["people"]
    version: Literal[1]
    tag: Literal["assumed"]
    source: str
    people_per_km2: Figure
    voters_per_person: Figure
    voters_per_tps: Figure


def embedded_sources(name: str) -> Sources:
    """Find an embedded city; raises InputError with the nearest known name."""
    folder = _CITIES / name
    if name not in _embedded():
        expected = "an embedded city, or a folder that `place build` wrote"
        raise InputError([Fault(str(name), "city", expected, shown(str(name)), suggest(str(name), _embedded()))])
    about = own_file(CityFile, f"cities/{name}", "city")
    return Sources(
        name=about.name,
        title=about.title,
        areas=folder / "kelurahan.csv",
        kecamatan=folder / "kecamatan.csv",
        venues=((None, folder / "venues.csv"),),
    )


def _embedded() -> list[str]:
    """List the embedded cities."""
    return sorted(path.parent.name for path in _CITIES.glob("*/city.yaml"))


def assemble(sources: Sources) -> dict[str, Any]:
    """Read all files and give the fields of a City; raises InputError with every fault of every file."""
    read = read_sources(sources)
    polygons, streets = read.polygons, read.streets
    kelurahan, facts, people = _complete_people(read.kelurahan, read.people)
    kecamatan = _kecamatan(kelurahan) if read.kecamatan is None else read.kecamatan[_KECAMATAN]
    epsg = utm_epsg(float(kelurahan["lon"].mean()), float(kelurahan["lat"].mean()))
    figures = place_figures()
    merged = merge_venues(read.venues, epsg=epsg, near_m=figures.same_place_m[0], name_m=figures.same_name_m[0])
    venues = place_unknown(merged.venues, kelurahan, kecamatan)
    kelurahan = _projected(kelurahan, epsg)
    roads = grow_streets(kelurahan, epsg) if streets is None else _graph(streets, epsg)
    outline = outline_of(polygons, epsg)
    venues = at_gates(_snapped(venues.assign(ref=refs_of(venues)), roads, epsg), roads, outline)
    kelurahan = _snapped(kelurahan, roads, epsg)
    special = special_stations(venues, kelurahan)
    tps = register(kelurahan, roads=roads, epsg=epsg, areas=polygons, special=special, own=read.tps)
    kelurahan = recount(kelurahan, tps, read.tps)
    kecamatan = _kecamatan(kelurahan) if read.kecamatan is None else kecamatan
    inputs = sources.inputs()
    inputs |= {f"embedded/{each.name}/{each.areas.name}": each.areas for each in facts}
    return {
        "name": sources.name,
        "title": sources.title or next((each.title for each in facts if each.title), sources.name),
        "epsg": epsg,
        "kecamatan": _plain(_snapped(kecamatan, roads, epsg), [*_KECAMATAN, *_ON_GRAPH]),
        "kelurahan": _plain(kelurahan, _KELURAHAN),
        "venues": _plain(venues, _VENUES),
        "tps": tps,
        "roads": roads,
        "areas": polygons,
        "assumptions": (*_street_assumptions(roads, streets), *_place_assumptions(venues, tps), *people),
        "manifest": Manifest.collect(inputs=inputs, settings=read.told | _merges(merged.files)),
    }


def _merges(files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Say what became of each file of venues, where there were several."""
    return {"venue_files": list(files)} if len(files) > 1 else {}


def _plain(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Keep the columns in their order, text as text, with a fresh index: what is saved is what comes back."""
    text = [name for name in columns if not pd.api.types.is_numeric_dtype(table[name])]
    out = table[columns].reset_index(drop=True).astype(dict.fromkeys(text, "str"))
    out.attrs.clear()
    return out


def _complete_people(
    kelurahan: pd.DataFrame, given: Sequence[pd.DataFrame]
) -> tuple[pd.DataFrame, list[Sources], list[Assumption]]:
    """Complete people, voters and polling stations of the areas, and say how; also the embedded cities that helped.

    What the people files give goes first, the first of them above the others, then the areas file, then our embedded
    figures for the same official code, then the density and ratios of data/place/people.yaml, which are assumed: these
    `assumed` names, by column of the files. `source` names all that gave a figure, `quality` is the weakest of theirs.
    """
    tables, known = [*given, kelurahan], list[Sources]()
    out, used = _combined(kelurahan, tables)
    if out[_FIGURES].isna().any(axis=None):
        known = [embedded_sources(name) for name in _embedded()]
        out, used = _combined(kelurahan, [*tables, *(read_people(each.areas, Faults()) for each in known)])
    embedded = used[:, len(tables) :]
    ratio = own_file(PeopleFigures, "place", "people")
    blank: NDArray[np.bool_] = out[_FIGURES].isna().to_numpy()
    nobody, any_blank = blank[:, 0], blank.any(axis=1)
    population = out["population"].fillna((out["area_km2"] * ratio.people_per_km2[0]).round())
    voters = out["voters"].fillna((population * ratio.voters_per_person[0]).round())
    tps = out["tps"].fillna(np.ceil(voters / ratio.voters_per_tps[0]))
    estimated = out["quality"].isin(["estimated", "assumed"]).to_numpy() & ~embedded.any(axis=1)
    stated = (
        ("people_estimated", "estimated", estimated),
        ("people_embedded", "estimated", embedded.any(axis=1)),
        ("people_assumed", "assumed", any_blank),
    )
    sources = [
        "; ".join(filter(None, (source, _STAND_IN if none else "")))
        for source, none in zip(out["source"], nobody.tolist(), strict=True)
    ]
    out = out.assign(
        population=population,
        voters=voters,
        tps=tps,
        source=sources,
        quality=out["quality"].mask(nobody, "assumed"),
        assumed=[", ".join(name for name, none in zip(_NAMED, row, strict=True) if none) for row in blank.tolist()],
    )
    helped = [each for i, each in enumerate(known) if embedded[:, i].any()]
    return out, helped, [_assume(key, tag, int(rows.sum())) for key, tag, rows in stated if rows.any()]


def _combined(kelurahan: pd.DataFrame, tables: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Take each figure of an area, by code, from the first table that has it, with the sources and weakest quality.

    Also which table gave what: (areas, tables).
    """
    figures = pd.DataFrame(np.nan, index=kelurahan["kode"], columns=_FIGURES)
    used = np.zeros((len(kelurahan), len(tables)), np.bool_)
    said = list[list[tuple[str, str]]]([] for _ in range(len(kelurahan)))
    for i, table in enumerate(tables):
        theirs = table.set_index("kode").reindex(kelurahan["kode"])
        used[:, i] = (figures.isna() & theirs[_FIGURES].notna()).any(axis=1)
        figures = figures.fillna(theirs[_FIGURES])
        for row in np.flatnonzero(used[:, i]):
            said[row].append((str(theirs["source"].iloc[row]), str(theirs["quality"].iloc[row])))
    out = kelurahan.assign(**{name: figures[name].to_numpy() for name in _FIGURES})
    out["source"] = ["; ".join(dict.fromkeys(source for source, _ in each if source)) for each in said]
    out["quality"] = [max((tag for _, tag in each), key=QUALITIES.index, default="unknown") for each in said]
    return out, used


def _kecamatan(kelurahan: pd.DataFrame) -> pd.DataFrame:
    """Sum the areas to kecamatan; the centre is the mean of their points, by ground."""
    ground = kelurahan["area_km2"]
    groups = kelurahan.assign(lon=kelurahan["lon"] * ground, lat=kelurahan["lat"] * ground).groupby("kode_kec")
    out = groups[["area_km2", "lon", "lat", *_FIGURES]].sum()
    out["lon"], out["lat"] = out["lon"] / out["area_km2"], out["lat"] / out["area_km2"]
    out.insert(0, "nama", groups["kecamatan"].first())
    out = out.rename_axis("kode").reset_index()
    return out.assign(source="sum of its kelurahan", quality="estimated")[_KECAMATAN]


def _projected(places: pd.DataFrame, epsg: int) -> pd.DataFrame:
    """Add x and y, m."""
    x, y = project(places["lon"], places["lat"], epsg)
    return places.assign(x=x, y=y)


def _snapped(places: pd.DataFrame, roads: Roads, epsg: int) -> pd.DataFrame:
    """Add x, y, the nearest junction of the main network and the distance to it, m."""
    out = _projected(places, epsg)
    node, access_m = roads.nearest(out["x"], out["y"])
    return out.assign(node=node, access_m=access_m)


def _graph(streets: Streets, epsg: int) -> Roads:
    """Make the street graph of a road file."""
    x, y = project(streets.lon, streets.lat, epsg)
    return Roads.from_streets(streets, x, y)


def _assume(key: str, tag: str, count: int) -> Assumption:
    """State an assumption in both languages by its words."""
    return Assumption(key, words("id")(f"place.{key}", n=count), words("en")(f"place.{key}", n=count), tag, count)


def _street_assumptions(roads: Roads, streets: Streets | None) -> Iterator[Assumption]:
    """State what travel times rest on."""
    if streets is None:
        yield _assume("streets_synthetic", "synthetic", roads.n_edges)
    elif streets.unclassed:
        yield _assume("streets_unclassed", "assumed", streets.unclassed)
    if not roads.main.all():
        yield _assume("streets_islands", "assumed", int((~roads.main).sum()))
    yield _assume("speeds_assumed", "assumed", len(ROAD_KINDS))


def _place_assumptions(venues: pd.DataFrame, tps: pd.DataFrame) -> Iterator[Assumption]:
    """State which venues and polling stations stand where nobody measured them."""
    rows = {
        "positions_proxy": venues["quality"] == "proxy",
        "positions_unknown": venues["placed"] != "",
        "positions_far": venues["access_m"] > place_figures().far_m[0],
    }
    for key, found in rows.items():
        if found.any():
            yield _assume(key, "proxy" if key == "positions_proxy" else "assumed", int(found.sum()))
    synthetic = int((tps["placed"] != "").sum())
    if synthetic:
        yield _assume("tps_synthetic", "synthetic", synthetic)
