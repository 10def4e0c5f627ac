"""Orders on a map: GeoJSON for a GIS, GPX for a phone or a navigator; WGS 84 in both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sispamkota.place.city import City
from sispamkota.plan.orders import Order, Orders

__all__ = ["geojson_text", "gpx_text"]

Positions = dict[str, tuple[float, float]]
_KEPT = (
    "unit", "agency", "kind", "people", "task", "posture", "place", "address", "area", "duty", "relief", "under",
    "radio", "tps", "hospital", "first",
)  # fmt: skip


def geojson_text(orders: Orders, book: Mapping[str, Any], city: City) -> str:
    """Write the posts as points and the rounds of stations as lines, with the words of the orders as properties."""
    features, positions = [], _positions(city)
    for order, row in zip(orders.orders, book["orders"], strict=True):
        kept = {name: row[name] for name in _KEPT} | {"people": order.people, "position": order.position}
        features.append(_feature("Point", _lon_lat(order.lon, order.lat), {"what": "post"} | kept))
        points = [_lon_lat(lon, lat) for _, lon, lat in _stations(order, positions)]
        if len(points) > 1:
            about = {"what": "round", "unit": order.unit, "stations": list(order.tps)}
            features.append(_feature("LineString", points, about))
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False)
    return text.replace('{"type": "Feature",', '\n{"type": "Feature",') + "\n"


def gpx_text(orders: Orders, book: Mapping[str, Any], city: City) -> str:
    """Write the posts as waypoints and the rounds of stations as routes (GPX 1.1)."""
    points, routes, positions = list[str](), list[str](), _positions(city)
    for order, row in zip(orders.orders, book["orders"], strict=True):
        about = f"{row['kind']}, {row['people']}; {row['place']}; {row['duty']}; {row['task']}"
        points.append(_point("wpt", order.lon, order.lat, order.unit, about))
        if order.tps:
            stops = "".join(_point("rtept", lon, lat, name, "") for name, lon, lat in _stations(order, positions))
            routes.append(f"<rte><name>{escape(order.unit)}</name>\n{stops}</rte>\n")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="sispamkota"'
    head += ' xmlns="http://www.topografix.com/GPX/1/1">\n'
    name = f"<metadata><name>{escape(orders.title)}</name></metadata>\n"
    return head + name + "".join(points) + "".join(routes) + "</gpx>\n"


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    """Make one feature."""
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def _lon_lat(lon: float, lat: float) -> list[float]:
    """Round a position to a tenth of a metre."""
    return [round(float(lon), 6), round(float(lat), 6)]


def _positions(city: City) -> Positions:
    """Give the position of every station by id, degrees."""
    table = city.tps
    return dict(zip(table["id"], zip(table["lon"], table["lat"], strict=True), strict=True))


def _stations(order: Order, positions: Positions) -> Iterator[tuple[str, float, float]]:
    """Go through the stations of a round with their positions; those that the city does not have are left out."""
    yield from ((each, *positions[each]) for each in order.tps if each in positions)


def _point(tag: str, lon: float, lat: float, name: str, about: str) -> str:
    """Write one point of a GPX file."""
    lon, lat = _lon_lat(lon, lat)
    said = f"<desc>{escape(about)}</desc>" if about else ""
    place = f"lat={quoteattr(f'{lat:.6f}')} lon={quoteattr(f'{lon:.6f}')}"
    return f"<{tag} {place}><name>{escape(name)}</name>{said}</{tag}>\n"
