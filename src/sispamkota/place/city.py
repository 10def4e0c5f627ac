"""The city: its areas, venues and streets as one frozen value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sispamkota import store
from sispamkota.errors import Fault, Faults, StoreError, UnknownPlaceError, shown, suggest
from sispamkota.manifest import Manifest
from sispamkota.schema import Assumption
from sispamkota.show import html_table
from sispamkota.words import pick_language

from .assemble import assemble, embedded_sources
from .kept import keep, kept
from .reach import Band
from .roads import Roads
from .sheet import city_rows, show_city
from .streets import Bends
from .venues import name_slug, slug

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["City", "Site"]


_AREAS = ("kelurahan", "kecamatan")


@dataclass(frozen=True)
class Site:
    """Name one place of the city and its road junction.

    `ref` is the same however the place was asked for: of a venue its kind, name or id (the shortest that is its own),
    of a kelurahan or kecamatan its code. `kind` is a venue kind, "kelurahan" or "kecamatan"; lon and lat in degrees;
    `quality` is that of the position, of an area always "proxy": one point stands for all of it.
    """

    ref: str
    name: str
    node: int
    kode_kel: str
    kind: str
    lon: float
    lat: float
    quality: str

    @property
    def measured(self) -> bool:
        """Tell whether somebody measured the position: it is no stand-in, and no rule put it there."""
        return self.quality in ("official", "reported")


@dataclass(frozen=True, eq=False)
class City:
    """Hold a city; positions in degrees (lon, lat) and in metres (x, y, UTM zone `epsg`).

    kecamatan: kode, nama, area_km2, lon, lat, population, voters, tps, source, quality; kelurahan: these and kode_kec,
    kecamatan, assumed (which of penduduk, dpt and tps stand in); venues: ref, id, name, kind, owner, hospital_class,
    address, lon, lat, kode_kel, kode_kec, quality, placed ("" or "assumed: <rule>"), source, note; tps: the register of
    polling stations, with the columns of tps.TPS_COLUMNS. All have x, y, node (the junction they stand on) and access_m
    (their distance to it). Unknown figures of a kecamatan are NaN. `areas` are polygons by kelurahan code, for drawing.
    `folder` is where it was read from, None for an embedded one.
    """

    name: str
    title: str
    epsg: int
    kecamatan: pd.DataFrame
    kelurahan: pd.DataFrame
    venues: pd.DataFrame
    tps: pd.DataFrame
    roads: Roads
    areas: Mapping[str, Any] | None
    assumptions: tuple[Assumption, ...]
    manifest: Manifest
    folder: Path | None = None

    @classmethod
    def load(cls, name: str | Path) -> City:
        """Load an embedded city by name, or a folder that `build_city` or `save` wrote.

        Raises InputError for an unknown name, StoreError for a folder that cannot be read.
        """
        if Path(name).is_dir():
            city = store.load(name)
            if isinstance(city, cls):
                return replace(city, folder=Path(name).resolve())
            remedy = "Name a folder that `place build` wrote."
            raise StoreError([Fault(str(name), "kind", "a city", type(city).__name__.lower(), remedy)])
        return _embedded(str(name))

    def save(self, folder: str | Path) -> None:
        """Write the city to a folder, whole or not at all."""
        store.save(self, folder)

    def find(self, ref: str) -> Site:
        """Find a place: a venue by id, name or a kind that only one has ("kpu"), an area, or a TPS by its id.

        Areas go by code or name ("kel-…", "kec-…" where both bear it; a bare name is first the kelurahan's). Case,
        spaces and marks do not count. Raises UnknownPlaceError, a KeyError, when no place or several answer to it.
        """
        key = slug(ref)
        for level in self._levels:
            sites = level.get(key, [])
            if len(sites) == 1:
                return sites[0]
            if sites:
                got = f"{shown(ref)}, which {len(sites)} places are"
                remedy = "Name one: " + ", ".join(site.ref for site in sites[:12]) + "."
                raise UnknownPlaceError([Fault(self.name, "place", "one place", got, remedy)])
        if key in self._stations:
            return self._station(self._stations[key])
        if "/" in ref:
            remedy = suggest(ref, self.tps["id"].tolist())
            raise UnknownPlaceError([Fault(self.name, "place", f"a TPS of {self.title}", shown(ref), remedy)])
        areas = [*self.kelurahan["nama"].map(slug), *("kec-" + self.kecamatan["nama"].map(slug))]
        remedy = suggest(key, sorted([*self.venues["ref"], *areas], key=len))
        raise UnknownPlaceError([Fault(self.name, "place", f"a place of {self.title}", shown(ref), remedy)])

    def find_or_fault(self, ref: str, faults: Faults, where: str) -> Site | None:
        """Find a place like `find`; a fault at `where`, and None, when there is none."""
        try:
            return self.find(ref)
        except UnknownPlaceError as error:
            for each in error.faults:
                faults.add(where=where, field=each.field, expected=each.expected, got=each.got, remedy=each.remedy)
        return None

    def find_kind(self, kind: str) -> list[Site]:
        """Give the venues of a kind, in their order; empty where there is none, or the word is no kind."""
        return [self.find(ref) for ref in self.venues.loc[self.venues["kind"].map(slug) == slug(kind), "ref"]]

    def reach_rows(self, bands: Sequence[Band]) -> list[dict[str, Any]]:
        """Give what each band of reach holds: junctions, kelurahan whose point is reached, and their people."""
        rows = []
        for band in bands:
            reached = self.kelurahan[band.nodes[self.kelurahan["node"].to_numpy()]]
            rows.append(
                {
                    "minutes": band.seconds / 60,
                    "junctions": int(band.nodes.sum()),
                    "junction_share": float(band.nodes.mean()),
                    "kelurahan": len(reached),
                    "kelurahan_all": len(self.kelurahan),
                    "people": int(reached["population"].sum()),
                }
            )
        return rows

    @cached_property
    def content(self) -> str:
        """Hash what is in the city, 64 hexadecimal digits: its tables, streets and outlines, not who read them when.

        The manifest names versions and commits too, and not the rules by which missing streets and positions are drawn:
        two cities are the same ground where their contents are equal.
        """
        digest = hashlib.sha256(str(self.epsg).encode())
        roads = {each: getattr(self.roads, each) for each in (*_NODE_ARRAYS, *_ARC_ARRAYS)}
        tables = [*(getattr(self, each) for each in _TABLES), _street_shapes(self.roads)]
        columns = [*roads.items(), *((name, table[name]) for table in tables for name in table)]
        for name, values in columns:
            digest.update(f"{name} {len(values)} ".encode() + _bytes_of(values))
        for kode, polygon in sorted((self.areas or {}).items()):
            digest.update(f"{kode} {polygon.wkt}".encode())
        return digest.hexdigest()

    @cached_property
    def _stations(self) -> dict[str, int]:
        """Index the polling stations by id; they have no place among the names, of which they share none."""
        return {slug(each): row for row, each in enumerate(self.tps["id"])}

    def _station(self, row: int) -> Site:
        """Give a polling station as a place; its own name, or its number and its kelurahan's name."""
        tps = self.tps.iloc[row]
        (area,) = self.kelurahan.loc[self.kelurahan["kode"] == tps["kode_kel"], "nama"]
        return Site(
            ref=str(tps["id"]),
            name=str(tps["name"] or f"TPS {tps['number']} {area}"),
            node=int(tps["node"]),
            kode_kel=str(tps["kode_kel"]),
            kind="tps",
            lon=float(tps["lon"]),
            lat=float(tps["lat"]),
            quality="assumed" if tps["placed"] else "reported",
        )

    @cached_property
    def _levels(self) -> list[dict[str, list[Site]]]:
        """Index the places by reference, the level that goes first in front."""
        levels: list[dict[str, list[Site]]] = [{} for _ in range(5)]
        for site, names in self._names():
            for level, keys in names.items():
                for key in dict.fromkeys(map(slug, keys)):
                    levels[level].setdefault(key, []).append(site)
        return levels

    def _names(self) -> Iterator[tuple[Site, dict[int, list[str]]]]:
        """Go through all places with the names that they answer to, by level."""
        ids = dict(zip(self.venues["ref"], self.venues["id"], strict=True))
        columns = [each.name for each in fields(Site)]
        for row in self.to_table()[columns].to_dict("records"):
            site = Site(**{str(name): value for name, value in row.items()})
            if site.kind in _AREAS:
                level = 3 + _AREAS.index(site.kind)
                yield site, {level: [site.ref, site.name, f"{site.kind[:3]} {site.name}"]}
            else:
                yield site, {0: [ids[site.ref]], 1: [site.kind], 2: [site.name, name_slug(site.name)]}

    def to_table(self) -> pd.DataFrame:
        """Give one row a place: ref, name, kind, kode_kel, lon, lat, node, access_m, quality, placed."""
        columns = ["ref", "name", "kind", "kode_kel", "lon", "lat", "node", "access_m", "quality", "placed"]
        areas = [
            table.assign(ref=table["kode"], name=table["nama"], kind=kind, quality="proxy", placed="")
            for kind, table in (("kelurahan", self.kelurahan), ("kecamatan", self.kecamatan))
        ]
        tables = [self.venues, areas[0].assign(kode_kel=areas[0]["kode"]), areas[1].assign(kode_kel="")]
        return pd.concat([table[columns] for table in tables], ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Give the city's sheet as plain JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "epsg": self.epsg,
            "kecamatan": len(self.kecamatan),
            "kelurahan": len(self.kelurahan),
            "venues": len(self.venues),
            "junctions": self.roads.n_nodes,
            "streets": self.roads.n_edges,
            "area_km2": float(self.kelurahan["area_km2"].sum()),
            **{name: int(self.kelurahan[name].sum()) for name in ("population", "voters", "tps")},
            "placed": self.venues.loc[self.venues["placed"] != "", ["ref", "placed"]].to_dict("records"),
            "assumptions": [asdict(each) for each in self.assumptions],
            "manifest": self.manifest.to_dict(),
        }

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw streets, areas and venues; gives the axes back. What has no measured position is drawn hollow."""
        from .draw import draw_city

        return draw_city(self, lang=pick_language(None), ax=ax)

    def __str__(self) -> str:
        return show_city(self, lang=pick_language(None))

    def _repr_html_(self) -> str:
        return html_table(*city_rows(self, pick_language(None)))


_TABLES = ("kecamatan", "kelurahan", "venues", "tps")
_NODE_ARRAYS = ("lon", "lat", "x", "y")
_ARC_ARRAYS = ("tail", "head", "length_m", "kind", "edge", "limit", "access")


def _bytes_of(values: Any) -> bytes:
    """Write a column down, its numbers as float64, whatever type they are kept in."""
    if pd.api.types.is_numeric_dtype(values):
        return np.asarray(values, np.float64).tobytes()
    plain = [each.tolist() if isinstance(each, np.ndarray) else str(each) for each in values]
    return json.dumps(plain, ensure_ascii=False).encode()


def _save(city: City, folder: Path) -> None:
    about = {"name": city.name, "title": city.title, "epsg": city.epsg}
    store.write_json(about | {"assumptions": [asdict(each) for each in city.assumptions]}, folder / "city.json")
    for name in _TABLES:
        store.write_table(getattr(city, name), folder / f"{name}.parquet")
    for name, arrays in (("junctions", _NODE_ARRAYS), ("streets", _ARC_ARRAYS)):
        table = pd.DataFrame({each: getattr(city.roads, each) for each in arrays})
        store.write_table(table, folder / f"{name}.parquet")
    store.write_table(_street_shapes(city.roads), folder / "shapes.parquet")
    if city.areas is not None:
        from shapely.geometry import mapping

        features = [
            {"type": "Feature", "properties": {"kode": kode}, "geometry": mapping(polygon)}
            for kode, polygon in city.areas.items()
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features}, allow_nan=False)
        (folder / "areas.geojson").write_text(text + "\n", encoding="utf-8", newline="\n")


def _load(folder: Path, manifest: Manifest) -> City:
    about = store.read_json(folder / "city.json")
    tables = {
        name: store.read_table(folder / f"{name}.parquet") for name in (*_TABLES, "junctions", "streets", "shapes")
    }
    return City(
        name=about["name"],
        title=about["title"],
        epsg=about["epsg"],
        **{name: tables[name] for name in _TABLES},  # type: ignore[arg-type]
        roads=_roads(tables["junctions"], tables["streets"], tables["shapes"]),
        areas=_areas(folder / "areas.geojson"),
        assumptions=tuple(Assumption(**each) for each in about["assumptions"]),
        manifest=manifest,
    )


def _street_shapes(roads: Roads) -> pd.DataFrame:
    """Lay out one row a street: its name ("" for none) and the points between its ends."""
    names = np.array([*roads.names, ""], dtype=object)[roads.name]
    bends = roads.bends or Bends(np.zeros(roads.n_edges + 1, np.int64), np.empty(0), np.empty(0))
    inner = {
        axis: np.split(getattr(bends, axis), bends.start[1:-1]) if roads.n_edges else [] for axis in ("lon", "lat")
    }
    return pd.DataFrame({"name": pd.Series(names, dtype="str"), **inner})


def _roads(junctions: pd.DataFrame, streets: pd.DataFrame, shapes: pd.DataFrame) -> Roads:
    """Rebuild the graph from its tables."""
    count = np.bincount(streets["tail"].to_numpy(np.int64), minlength=len(junctions))
    types = {"head": "i4", "length_m": "f8", "kind": "i1", "edge": "i4", "limit": "f8", "access": "u1"}
    arrays: dict[str, Any] = {name: junctions[name].to_numpy(np.float64, copy=True) for name in _NODE_ARRAYS}
    arrays |= {name: streets[name].to_numpy(dtype, copy=True) for name, dtype in types.items()}
    number, names = pd.factorize(shapes["name"].mask(shapes["name"] == ""))
    start = np.concatenate([[0], np.cumsum(shapes["lon"].map(len))]).astype(np.int64)
    bends = None
    if start[-1]:
        bends = Bends(start, *(np.concatenate(shapes[axis].to_list()).astype(np.float64) for axis in ("lon", "lat")))
    return Roads(
        indptr=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        name=number.astype(np.int32),
        names=tuple(map(str, names)),
        bends=bends,
        **arrays,
    )


def _areas(path: Path) -> dict[str, Any] | None:
    """Read the polygons back, if there are any."""
    if not path.exists():
        return None
    from shapely.geometry import shape

    return {each["properties"]["kode"]: shape(each["geometry"]) for each in store.read_json(path)["features"]}


@cache
def _embedded(name: str) -> City:
    """Assemble an embedded city once a computer and read it once a process: it is frozen."""
    sources = embedded_sources(name)
    city = kept(sources)
    if not isinstance(city, City):
        city = City(**assemble(sources))
        keep(city, sources)
    return city


store.register("city", _save, _load)
