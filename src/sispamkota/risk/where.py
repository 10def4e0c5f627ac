"""Where in the city an incident was: by the code or name of its kelurahan, by its position, or by a known place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sispamkota.errors import Faults, UnknownPlaceError, shown, suggest
from sispamkota.place.position import WORLD, project, read_point
from sispamkota.place.venues import slug

from .words_of_incidents import incident_words

if TYPE_CHECKING:
    import numpy as np

    from sispamkota.place.city import City

__all__ = ["Placer", "Spot"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Spot:
    """Say where a row is: the code of its kelurahan, "" where only the city is known; degrees as the row gives them."""

    place: str = ""
    lon: float = math.nan
    lat: float = math.nan
    note: str = ""
    outside: bool = False


@dataclass(frozen=True, eq=False)
class Placer:
    """Find the kelurahan of rows; `prefix` is what the codes of the city begin with."""

    city: City
    codes: frozenset[str]
    districts: Mapping[str, str]
    names: Mapping[str, Sequence[tuple[str, str]]]
    prefix: str

    @classmethod
    def of(cls, city: City) -> Placer:
        """Index the areas of a city."""
        names = dict[str, list[tuple[str, str]]]()
        districts = dict[str, str]()
        for row in city.kelurahan.to_dict("records"):
            names.setdefault(slug(row["nama"]), []).append((row["kode"], slug(row["kecamatan"])))
            districts[slug(row["kecamatan"])] = row["kode_kec"]
        codes = frozenset(map(str, city.kelurahan["kode"]))
        first = min(codes)
        prefix = ".".join(first.split(".")[:2]) + "." if "." in first else first[:4]
        return cls(city, codes, districts, names, prefix)

    def place(self, rows: Sequence[Row], faults: Faults) -> list[Spot]:
        """Place rows (where, kota, kode_kel, kelurahan, kecamatan, lokasi, lon, lat); a fault for what fits nowhere.

        The city's name goes first, then the code, the position, the name, a known place. A row that says nothing of its
        place is somewhere in the city.
        """
        points = [read_point(r["lon"], r["lat"], where=r["where"], box=WORLD, faults=faults) for r in rows]
        nearest = self._nearest(points)
        return [self._spot(*each, faults) for each in zip(rows, points, nearest, strict=True)]

    def _spot(self, row: Row, point: tuple[float, float], nearest: Spot | None, faults: Faults) -> Spot:
        """Place one row by the first thing that says where it was."""
        lon, lat = point
        if row["kota"] and not self._is_city(row["kota"]):
            return Spot(lon=lon, lat=lat, outside=True)
        if row["kode_kel"]:
            return self._by_code(row, lon, lat, faults)
        if nearest is not None:
            return nearest
        if row["kelurahan"]:
            return Spot(self._by_name(row, faults), lon, lat)
        if row["kecamatan"] and slug(row["kecamatan"]) not in self.districts:
            got, known = row["kecamatan"], sorted(set(self.city.kelurahan["kecamatan"]))
            expected, remedy = "a kecamatan of the city", suggest(got, known)
            faults.add(where=row["where"], field="kecamatan", expected=expected, got=shown(got), remedy=remedy)
        return self._by_venue(row) or Spot(note="no kelurahan is known" if row["kecamatan"] else "")

    def _is_city(self, text: str) -> bool:
        """Tell whether the name of a regency or city is ours; "Malang" alone is, "Kab. Malang" is not Kota Malang."""
        own_kind, own_name = _parted(self.city.title)
        kind, name = _parted(text)
        return name in {own_name, slug(self.city.name)} and (not kind or not own_kind or kind == own_kind)

    def _by_code(self, row: Row, lon: float, lat: float, faults: Faults) -> Spot:
        """Place by code: a kelurahan, a kecamatan (then no kelurahan is known), or one of another city."""
        code = row["kode_kel"]
        if code in self.codes:
            return Spot(code, lon, lat)
        if code in self.districts.values():
            return Spot("", lon, lat, "no kelurahan is known")
        if not code.startswith(self.prefix):
            return Spot("", lon, lat, outside=True)
        remedy = suggest(code, sorted(self.codes))
        expected = "a kelurahan of the city"
        faults.add(where=row["where"], field="kode_kel", expected=expected, got=shown(code), remedy=remedy)
        return Spot()

    def _by_name(self, row: Row, faults: Faults) -> str:
        """Give the code of a kelurahan by its name, with the kecamatan where two bear it; "" and a fault else."""
        name, district = row["kelurahan"], slug(row["kecamatan"])
        alike = self.names.get(slug(name), [])
        same = [code for code, of in alike if not district or of == district]
        if len(same) == 1:
            return same[0]
        remedy = "Give its code, or the name of its kecamatan."
        if not alike:
            remedy = suggest(name, sorted(self.city.kelurahan["nama"]))
            remedy += ' If it lies in another city, say so in a column "kota".'
        expected = "a kelurahan of the city"
        faults.add(where=row["where"], field="kelurahan", expected=expected, got=shown(name), remedy=remedy)
        return ""

    def _by_venue(self, row: Row) -> Spot | None:
        """Place by the name of a venue of the city; a name that is none says nothing."""
        if not row["lokasi"] or not slug(row["lokasi"]):
            return None
        try:
            site = self.city.find(row["lokasi"])
        except UnknownPlaceError:
            return None
        return Spot(site.kode_kel, note=f"placed at {site.ref}") if site.kode_kel in self.codes else None

    def _nearest(self, points: Sequence[tuple[float, float]]) -> list[Spot | None]:
        """Find the area of each point; None where there is no point."""
        import numpy as np

        lon, lat = (np.array([point[axis] for point in points], np.float64) for axis in (0, 1))
        given = np.isfinite(lon)
        out: list[Spot | None] = [None] * len(points)
        if not given.any():
            return out
        x, y = project(lon[given], lat[given], self.city.epsg)
        at, off, beyond = self._in_polygons(x, y) if self.city.areas else self._by_middle(x, y)
        codes = list(self.city.areas) if self.city.areas else [str(code) for code in self.city.kelurahan["kode"]]
        for row, i, metres, outside in zip(np.flatnonzero(given), at, off, beyond, strict=True):
            note = "" if metres == 0 else f"nearest area, {metres:.0f} m off" if self.city.areas else "nearest middle"
            degrees = float(lon[row]), float(lat[row])
            out[row] = Spot("", *degrees, outside=True) if outside else Spot(codes[i], *degrees, note)
        return out

    def _in_polygons(self, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> tuple[Any, Any, Any]:
        """Give the polygon nearest to each point, how far off it is (0 inside), and whether that is too far."""
        import numpy as np
        import shapely

        from sispamkota.place.gates import to_metres

        shapes = [to_metres(shape, self.city.epsg) for shape in (self.city.areas or {}).values()]
        tree, dots = shapely.STRtree(shapes), shapely.points(x, y)
        at = tree.nearest(dots)
        off = shapely.distance(dots, np.array(shapes, dtype=object)[at])
        return at, off, off > incident_words().edge_m.value

    def _by_middle(self, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> tuple[Any, Any, Any]:
        """Give the area whose middle is nearest to each point, how far that is, and whether the area ends before."""
        import numpy as np

        areas = self.city.kelurahan
        off = np.hypot(x[:, None] - areas["x"].to_numpy(), y[:, None] - areas["y"].to_numpy())
        at = off.argmin(axis=1)
        near = off[np.arange(len(x)), at]
        radius = np.sqrt(areas["area_km2"].to_numpy(np.float64)[at] * 1e6 / math.pi)
        return at, near, near > incident_words().reach.value * radius


def _parted(text: str) -> tuple[str, str]:
    """Part "Kab. Malang" into (kab, malang), and "Malang" into ("", malang)."""
    words = slug(text).split("-")
    kind = {"kota": "kota", "kab": "kab", "kabupaten": "kab"}.get(words[0], "")
    return kind, "-".join(words[1:] if kind and len(words) > 1 else words)
