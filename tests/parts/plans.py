"""The generic office's plan as data to change, and as GeoJSON."""

import json

import numpy as np
import yaml

from sispamkota.inputs import DATA
from sispamkota.place.compound_layers import PARTS
from sispamkota.place.position import unproject

OFFICE = DATA / "sites" / "office-generic.yaml"


def plan():
    return yaml.safe_load(OFFICE.read_text(encoding="utf-8"))


def as_geojson(path, *, degrees, decimals=15, turned=0.0):
    """The office as GeoJSON, in metres or in degrees near Malang, rounded, turned by so many rad."""

    def at(points):
        if not degrees:
            return [list(map(float, each)) for each in points]
        x, y = np.array(points, float).T
        c, s = np.cos(turned), np.sin(turned)
        lon, lat = unproject(680_000.0 + c * x - s * y, 9_120_000.0 + s * x + c * y, 32749)
        return [[round(float(a), decimals), round(float(b), decimals)] for a, b in zip(lon, lat, strict=True)]

    features, data = [], plan()
    for part, (field, kind, inner) in PARTS.items():
        items = data.get(field, [])
        for each in items if inner else [items]:
            points = at(each[inner] if inner else each)
            coordinates = [[*points, points[0]]] if kind == "Polygon" else points
            about = {k: v for k, v in each.items() if k != inner} if inner else {}
            geometry = {"type": kind, "coordinates": coordinates}
            features.append({"type": "Feature", "properties": {"part": part, **about}, "geometry": geometry})
    out = {"type": "FeatureCollection", "features": features}
    out |= {} if degrees else {"crs": {"type": "name", "properties": {"name": "local metres"}}}
    path.write_text(json.dumps(out), encoding="utf-8")
    return path
