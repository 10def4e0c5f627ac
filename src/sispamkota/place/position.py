"""Positions: what a cell says, where an unknown one is put, and metres on the ground.

A blank position means unknown: it is kept, listed, and put somewhere by a stated rule before it is used. Anything
else that is no position on Earth near the city is a fault.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sispamkota.errors import Faults, shown

__all__ = [
    "WORLD",
    "Box",
    "box_around",
    "check_point",
    "number_in",
    "place_unknown",
    "project",
    "read_point",
    "unproject",
    "utm_epsg",
]

NOWHERE = (math.nan, math.nan)
_MARGIN_DEG = 0.5  # a venue may stand outside the city, but not by more than this (about 55 km)
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Box:
    """Hold the bounds within which a position makes sense, degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        """Tell whether a point lies inside."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


WORLD = Box(-180.0, -90.0, 180.0, 90.0)


def box_around(lon: ArrayLike, lat: ArrayLike) -> Box:
    """Give the box that holds all points, with a margin of half a degree; the world where there is no point."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    if not np.isfinite(x).any():
        return WORLD
    return Box(
        float(np.nanmin(x)) - _MARGIN_DEG,
        float(np.nanmin(y)) - _MARGIN_DEG,
        float(np.nanmax(x)) + _MARGIN_DEG,
        float(np.nanmax(y)) + _MARGIN_DEG,
    )


def number_in(text: str) -> float | None:
    """Read a finite number with a decimal point; None for anything else."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else None


def read_point(lon: str, lat: str, *, where: str, box: Box, faults: Faults) -> tuple[float, float]:
    """Read a position in degrees from two cells; both blank is unknown (NaN, NaN), and so is a faulty one."""
    if not lon and not lat:
        return NOWHERE
    values = {"lon": number_in(lon), "lat": number_in(lat)}
    for field, text in (("lon", lon), ("lat", lat)):
        if values[field] is None:
            got = shown(text) if text else "a blank cell"
            remedy = "Write it as -7.9786, with a decimal point; leave both blank if the position is unknown."
            faults.add(where=where, field=field, expected="degrees", got=got, remedy=remedy)
    x, y = values["lon"], values["lat"]
    if x is None or y is None or not check_point(x, y, where=where, box=box, faults=faults):
        return NOWHERE
    return x, y


def check_point(lon: float, lat: float, *, where: str, box: Box, faults: Faults) -> bool:
    """Tell whether a point is on Earth and in the box; a fault where it is not, which names swapped coordinates."""
    if WORLD.holds(lon, lat) and box.holds(lon, lat):
        return True
    got, remedy = f"lon {lon:g}, lat {lat:g}", "Correct it, or leave both blank if the position is unknown."
    field, expected = "lon, lat", "a position in or near the areas of the city"
    if box.holds(lat, lon) and WORLD.holds(lat, lon):
        expected, remedy = f"{expected}, longitude first", "Latitude and longitude are swapped: exchange the two."
    elif not -90.0 <= lat <= 90.0:
        field, expected, got = "lat", "a latitude from -90 to 90", f"{lat:g}"
    elif not -180.0 <= lon <= 180.0:
        field, expected, got = "lon", "a longitude from -180 to 180", f"{lon:g}"
    faults.add(where=where, field=field, expected=expected, got=got, remedy=remedy)
    return False


def utm_epsg(lon: float, lat: float) -> int:
    """Choose the UTM zone of a point: EPSG 326zz north of the equator, 327zz south of it."""
    zone = min(int((lon + 180.0) // 6.0) + 1, 60)
    return (32600 if lat >= 0 else 32700) + zone


@cache
def _transformer(source: int, target: int) -> Any:
    """Make a projection once; longitude or east comes first."""
    import pyproj

    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def project(lon: ArrayLike, lat: ArrayLike, epsg: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project degrees (WGS 84) to metres east and north; shapes are kept."""
    x, y = _transformer(4326, epsg).transform(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    return np.asarray(x, np.float64), np.asarray(y, np.float64)


def place_unknown(venues: pd.DataFrame, kelurahan: pd.DataFrame, kecamatan: pd.DataFrame) -> pd.DataFrame:
    """Put venues without a position somewhere by the first rule that applies, and say which in `placed`.

    1. the kelurahan is known: its inside point; 2. the kecamatan is known: its centre; 3. the middle of the city,
    the mean of the kelurahan points. `placed` is "" where the position was given.
    """
    out = venues.assign(placed="")
    for key, table, rule in (
        ("kode_kel", kelurahan, "inside its kelurahan"),
        ("kode_kec", kecamatan, "centre of its kecamatan"),
    ):
        points = table.set_index("kode")[["lon", "lat"]]
        take = out["lon"].isna() & out[key].isin(points.index)
        out.loc[take, ["lon", "lat"]] = points.loc[out.loc[take, key]].to_numpy()
        out.loc[take, "placed"] = f"assumed: {rule}"
    rest = out["lon"].isna()
    out.loc[rest, ["lon", "lat"]] = kelurahan[["lon", "lat"]].mean().to_numpy()
    out.loc[rest, "placed"] = "assumed: middle of the city"
    return out


def unproject(x: ArrayLike, y: ArrayLike, epsg: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn metres east and north back into degrees (lon, lat)."""
    lon, lat = _transformer(epsg, 4326).transform(np.asarray(x, np.float64), np.asarray(y, np.float64))
    return np.asarray(lon, np.float64), np.asarray(lat, np.float64)
