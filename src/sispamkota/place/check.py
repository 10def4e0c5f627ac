"""Check a city: what in its parts is wrong or worth knowing, each with its row and a remedy, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Fault
from sispamkota.words import number, words

from .city import City
from .figures import place_figures
from .gates import to_metres
from .ride import Ride, road_figures
from .roads import Roads
from .venues import slug
from .voting import voter_limit

__all__ = ["Finding", "check_city", "joined", "same_rows"]

Mask = NDArray[np.bool_]
_KM_H = 3.6  # one m/s
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Finding:
    """Say one thing about a city: a "fault" to mend, or a "note" to know.

    `key` names the kind of finding, `where` the table and row ("venues F054"), `field` the column, `facts` what its
    sentences are filled with. What is `fixable` `fix_city` mends by itself.
    """

    severity: Literal["fault", "note"]
    key: str
    where: str
    field: str
    facts: Mapping[str, Any]
    fixable: bool = False

    def expected(self, lang: str) -> str:
        """Say what should be there."""
        return self._say("expected", lang)

    def got(self, lang: str) -> str:
        """Say what is there."""
        return self._say("got", lang)

    def remedy(self, lang: str) -> str:
        """Say what to do."""
        return self._say("remedy", lang)

    def _say(self, part: str, lang: str) -> str:
        filled = {
            name: value if isinstance(value, str) else number(value, lang, digits=int(isinstance(value, float)))
            for name, value in self.facts.items()
        }
        return words(lang)(f"place.check_{self.key}_{part}", **filled)

    def line(self, lang: str) -> str:
        """Write the finding in one line."""
        place = f"{self.where}: {self.field}"
        texts = {"place": place, "expected": self.expected(lang), "got": self.got(lang), "remedy": self.remedy(lang)}
        return words(lang)("place.check_line", **texts)

    def fault(self) -> Fault:
        """Give the finding as a fault, in English like all faults."""
        return Fault(self.where, self.field, self.expected("en"), self.got("en"), self.remedy("en"))

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as plain JSON values, with its sentences in both languages."""
        said = {
            f"{part}_{lang}": self._say(part, lang) for part in ("expected", "got", "remedy") for lang in ("id", "en")
        }
        about = {"severity": self.severity, "key": self.key, "where": self.where, "field": self.field}
        return about | said | {"fixable": self.fixable}


def check_city(city: City, *, on: date, tps: pd.DataFrame | None = None) -> list[Finding]:
    """Find what is wrong with a city, faults first; the limit of voters of a TPS is that of the day `on`.

    With the register `tps` every TPS is held against the limit, without it the mean of each kelurahan.
    """
    found = [
        *_streets(city.roads),
        *_speeds(city.roads),
        *_positions(city),
        *_stations(city, city.tps if tps is None else tps),
        *_twice(city.venues),
        *_borders(city),
        *_empty_areas(city),
        *_people(city.kelurahan),
        *_voter_limit(city.kelurahan, tps, on),
    ]
    return sorted(found, key=lambda each: each.severity != "fault")


def joined(roads: Roads) -> Mask:
    """Mark the junctions of the largest part that hangs together when direction and vehicle do not count, (nodes,)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    shape = (roads.n_nodes, roads.n_nodes)
    graph = csr_array((np.ones(roads.head.size, np.int8), (roads.tail, roads.head)), shape=shape)
    label = connected_components(graph, directed=False)[1]
    return cast("Mask", label == np.bincount(label).argmax())


def _streets(roads: Roads) -> Iterator[Finding]:
    """Find islands, junctions that not everyone can reach and leave, and a main network that is too small."""
    whole = joined(roads)
    off, hard = int((~whole).sum()), int((whole & ~roads.main & _open_to_wheels(roads)).sum())
    if off:
        values = {"n": off, "all": roads.n_nodes, "streets": int((~whole)[roads.tail[roads.first_arc]].sum())}
        yield Finding("fault", "islands", "roads", "u, v", values, fixable=True)
    if hard:
        yield Finding("note", "stranded", "roads", "oneway, kelas", {"n": hard})
    wheels = _open_to_wheels(roads)
    share, least = float(roads.main[wheels].mean()) if wheels.any() else 1.0, place_figures().main_share[0]
    if share < least:
        percent: dict[str, Any] = {"share": 100 * share, "least": 100 * least}
        yield Finding("fault", "small_network", "roads", "u, v", percent)


def _open_to_wheels(roads: Roads) -> Mask:
    """Mark the junctions that a street for cars leaves or enters: paths and steps are no fault of a network."""
    car = Ride.of("car")
    arcs = (car.speed[roads.kind] > 0) & ((roads.access & car.let) > 0)
    out = np.zeros(roads.n_nodes, np.bool_)
    out[roads.tail[arcs]] = out[roads.head[arcs]] = True
    return out


def _speeds(roads: Roads) -> Iterator[Finding]:
    """Find posted speeds outside the range of data/place/roads.yaml, one finding a street."""
    low, high = road_figures().speed_range
    km_h = roads.limit * _KM_H
    wrong = np.isfinite(km_h) & ((km_h < low - _ROUNDING) | (km_h > high + _ROUNDING))
    streets, arcs = np.unique(roads.edge[wrong], return_index=True)
    for street, value in zip(streets, km_h[wrong][arcs], strict=True):
        name = roads.names[roads.name[street]] if roads.name[street] >= 0 else ""
        where = f"roads {street} {name}".strip()
        values = {"value": float(value), "low": float(low), "high": float(high)}
        yield Finding("fault", "speed", where, "maxspeed", values)


def _positions(city: City) -> Iterator[Finding]:
    """Find venues without a position, outside every area, and far from a street."""
    venues = city.venues
    inside = _inside(city)
    for row, held in zip(venues.to_dict("records"), inside, strict=True):
        where, values = f"venues {row['id']}", {"name": row["name"]}
        if row["placed"]:
            yield Finding("note", "position_unknown", where, "lon, lat", values)
            continue
        if not held:
            yield Finding("note", "outside", where, "lon, lat", values)
        if row["access_m"] > place_figures().far_m[0]:
            far = values | {"m": round(row["access_m"]), "most": round(place_figures().far_m[0])}
            yield Finding("fault", "far", where, "lon, lat", far)


def _stations(city: City, tps: pd.DataFrame) -> Iterator[Finding]:
    """Find polling stations of the user's own that stand far from a street, outside their kelurahan, or on one spot."""
    import shapely

    own, far = tps[tps["placed"] == ""], place_figures().far_m[0]
    first: dict[tuple[float, float], str] = {}
    for row in own.to_dict("records"):
        where, values = f"tps {row['id']}", {"name": row["id"]}
        if row["access_m"] > far:
            yield Finding("fault", "far", where, "lon, lat", values | {"m": round(row["access_m"]), "most": round(far)})
        area = (city.areas or {}).get(row["kode_kel"])
        if area is not None and not shapely.intersects_xy(area, row["lon"], row["lat"]):
            yield Finding("fault", "tps_outside", where, "lon, lat", values | {"area": row["kode_kel"]})
        spot = (row["lon"], row["lat"])
        if spot in first:
            yield Finding("note", "tps_one_spot", where, "lon, lat", values | {"first": first[spot]})
        first.setdefault(spot, row["id"])


def _inside(city: City) -> Mask:
    """Mark the venues that lie in a polygon of the areas; all of them where there are no polygons."""
    import shapely

    if not city.areas:
        return np.ones(len(city.venues), np.bool_)
    points = shapely.points(city.venues["lon"], city.venues["lat"])
    held = shapely.STRtree(points).query(list(city.areas.values()), predicate="intersects")[1]
    return np.isin(np.arange(len(points)), held)


def same_rows(venues: pd.DataFrame) -> Mask:
    """Mark the venues with a given position that repeat an earlier one to the letter, but for its id; (venues,)."""
    key = venues.drop(columns=["id", "ref", "x", "y", "node", "access_m"])  # the others follow from the position
    return cast("Mask", (key.duplicated() & (venues["placed"] == "")).to_numpy(np.bool_))


def _twice(venues: pd.DataFrame) -> Iterator[Finding]:
    """Find venues of one kind that may be there twice: by name, or on one spot that is not a stand-in."""
    near_m, same = place_figures().same_place_m[0], same_rows(venues)
    names = [*zip(venues["kind"], venues["name"].map(slug), strict=True)]
    first, named = dict[tuple[str, str], int](), set[int]()
    for row, key in enumerate(names):
        if key[1] and key in first:
            named.add(row)
            values = {"name": venues["name"].iloc[row], "first": venues["id"].iloc[first[key]]}
            where = f"venues {venues['id'].iloc[row]}"
            yield Finding("fault", "duplicate", where, "nama", values, fixable=bool(same[row]))
        first.setdefault(key, row)
    close: dict[int, tuple[int, float]] = {}
    for a, b, away in _close_pairs(venues, near_m):
        if b not in named and b not in close:
            close[b] = a, away
    for row, (other, away) in sorted(close.items()):
        values = {"name": venues["name"].iloc[row], "first": venues["id"].iloc[other]}
        metres = {"m": round(away), "most": round(near_m)}
        yield Finding("note", "close", f"venues {venues['id'].iloc[row]}", "lon, lat", values | metres)


def _close_pairs(venues: pd.DataFrame, near_m: float) -> Iterator[tuple[int, int, float]]:
    """Go through (row, later row, m) of venues of one kind with measured positions nearer than `near_m`."""
    import shapely

    rows = np.flatnonzero((venues["placed"] == "") & (venues["quality"] != "proxy"))
    kind, x, y = (venues[name].to_numpy()[rows] for name in ("kind", "x", "y"))
    points = shapely.points(x, y)
    a, b = shapely.STRtree(points).query(points, predicate="dwithin", distance=near_m)
    both = (a < b) & (kind[a] == kind[b])
    for i, j in sorted(zip(a[both].tolist(), b[both].tolist(), strict=True)):
        yield int(rows[i]), int(rows[j]), float(np.hypot(x[i] - x[j], y[i] - y[j]))


def _borders(city: City) -> Iterator[Finding]:
    """Find areas that overlap, and holes and breaks between them."""
    import shapely

    if not city.areas:
        return
    most = place_figures().sliver_m2[0]
    codes = np.array(list(city.areas))
    shapes = np.array([to_metres(each, city.epsg) for each in city.areas.values()], dtype=object)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    a, b = a[a < b], b[a < b]
    shared = shapely.area(shapely.intersection(shapes[a], shapes[b]))
    for i in np.flatnonzero(shared > most):
        where = f"areas {codes[a[i]]}"
        yield Finding("fault", "overlap", where, "geometry", {"other": str(codes[b[i]]), "m2": round(shared[i])})
    parts = sorted(shapely.get_parts(shapely.union_all(shapes)), key=shapely.area, reverse=True)
    for ring in (ring for part in parts for ring in part.interiors):
        hole = shapely.polygons(ring)
        if hole.area > most:
            beside = ", ".join(codes[shapely.dwithin(shapes, hole, 1.0)])
            yield Finding("fault", "gap", f"areas {beside}", "geometry", {"m2": round(hole.area)})
    for part in parts[1:]:
        own = ", ".join(codes[shapely.intersects(shapes, part.representative_point())])
        values = {"m": float(part.distance(parts[0]))}
        yield Finding("note", "apart", f"areas {own}", "geometry", values)


def _empty_areas(city: City) -> Iterator[Finding]:
    """Find areas in which the main network has no junction."""
    import shapely

    for kode, polygon in (city.areas or {}).items():
        shapely.prepare(polygon)
        main = city.roads.main
        if not shapely.intersects_xy(polygon, city.roads.lon[main], city.roads.lat[main]).any():
            yield Finding("fault", "no_junction", f"areas {kode}", "geometry", {})


def _people(kelurahan: pd.DataFrame) -> Iterator[Finding]:
    """Find areas whose people are not known, or are fewer than their voters."""
    for row in kelurahan.to_dict("records"):
        where, values = f"kelurahan {row['kode']}", {"name": row["nama"]}
        if row["assumed"]:
            yield Finding("fault", "people_unknown", where, row["assumed"], values | {"columns": row["assumed"]})
        if row["voters"] > row["population"]:
            counts = {"voters": round(row["voters"]), "people": round(row["population"])}
            yield Finding("fault", "voters_over_people", where, "dpt", values | counts)


def _voter_limit(kelurahan: pd.DataFrame, tps: pd.DataFrame | None, on: date) -> Iterator[Finding]:
    """Find TPS with more voters than the limit of the day."""
    limit = voter_limit(on)
    if tps is None:
        rows = zip("kelurahan " + kelurahan["kode"], kelurahan["voters"] / kelurahan["tps"], strict=True)
    else:
        rows = zip("tps " + tps["id"], tps["voters"], strict=True)
    for where, voters in rows:
        if voters > limit.most:
            values = {
                "n": int(np.ceil(voters)),
                "most": limit.most,
                "day": limit.on.isoformat(),
                "source": limit.source,
            }
            yield Finding("fault", "tps_limit", where, "dpt", values)
