"""Rounds as a map layer: the streets of each turn as a line, and its TPS as points in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sispamkota.place.ride import Ride
from sispamkota.place.trees import Trees

from .rounds import Round, Rounds

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["rounds_geo"]

_DIGITS = 6  # of a degree: a tenth of a metre


def rounds_geo(found: Rounds, city: City) -> dict[str, Any]:
    """Give a GeoJSON FeatureCollection (WGS 84): a line a round of more than one TPS, and a point a TPS."""
    where = found.stations
    at = {tps: [round(float(lon), _DIGITS), round(float(lat), _DIGITS)] for tps, lon, lat in
          zip(where["id"], where["lon"], where["lat"], strict=True)}  # fmt: skip
    node = dict(zip(city.tps["id"], city.tps["node"].to_numpy(np.int64), strict=True))
    features: list[dict[str, Any]] = []
    for number, each in enumerate(found.rounds, start=1):
        about = {"round": number, "class": each.tps_class, "area": each.area, "late": each.late}
        more = {"tps": len(each.tps), "minutes": round(each.seconds / 60.0, 1), "km": round(each.km, 2)}
        line = list(_line(each, node, city))
        if len(line) > 1:
            features.append(_feature("LineString", line, about | more))
        for order, tps in enumerate(each.tps, start=1):
            features.append(_feature("Point", at[tps], about | {"tps": tps, "order": order}))
    return {"type": "FeatureCollection", "features": features}


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def _line(each: Round, node: dict[str, int], city: City) -> Iterator[list[float]]:
    """Go through the junctions of one turn, each once in a row."""
    roads = city.roads
    nodes = np.array([node[tps] for tps in each.tps], np.int64)
    if nodes.size < 2:
        return
    trees, last = Trees(roads, nodes, ride=Ride.of("motorcycle"), threads=1), -1
    for row in range(nodes.size):
        for junction in trees.path(row, int(nodes[(row + 1) % nodes.size])):
            if junction != last:
                yield [round(float(roads.lon[junction]), _DIGITS), round(float(roads.lat[junction]), _DIGITS)]
            last = int(junction)
