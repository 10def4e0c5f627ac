"""Break the plans of compounds: what they say, and their bytes. A case is made of its format, seed and index alone."""

import copy
import json
from dataclasses import dataclass

import numpy as np
import yaml

from fuzz.places import CELLS
from sispamkota.inputs import DATA
from sispamkota.place.compound_layers import PARTS
from sispamkota.place.position import unproject

KINDS = ("yaml", "geojson", "degrees")
OFFICE = yaml.safe_load((DATA / "sites" / "office-generic.yaml").read_text(encoding="utf-8"))
LISTS = ("buildings", "obstacles", "fences", "gates", "doors", "exits", "spaces", "stands")
AWAY = (0.0, -0.0, 1e-9, 0.02, 0.1, 0.3, 0.6, 5.0, -40.0, 1e6, 1e308, -5000.0)


@dataclass(frozen=True)
class SiteCase:
    """Hold one broken plan, and how to make it again."""

    kind: str
    seed: int
    index: int
    how: tuple
    content: bytes

    def __str__(self):
        """Say how to make it again."""
        return f"site_case({self.kind!r}, seed={self.seed}, index={self.index})  # {', '.join(self.how)}"

    @property
    def name(self):
        """Name its file."""
        return f"site-{self.seed}-{self.index}.{'yaml' if self.kind == 'yaml' else 'geojson'}"


def site_case(kind, *, seed, index):
    """Make a case; the same for the same arguments."""
    dice = np.random.default_rng([seed + index, KINDS.index(kind)])
    how, data, level = [], copy.deepcopy(OFFICE), dice.random()
    if level > 0.2:
        for _ in range(int(dice.integers(1, 4))):
            mutate = _one(dice, _PLAN)
            mutate(dice, data)
            how.append(mutate.__name__.strip("_"))
    written = _yaml(data) if kind == "yaml" else _geojson(dice, data, degrees=kind == "degrees", how=how)
    if level < 0.4:
        for _ in range(int(dice.integers(1, 3))):
            written = _bytes(dice, written)
            how.append("bytes")
    return SiteCase(kind, seed, index, tuple(how), written)


def _one(dice, things):
    """Choose one."""
    return things[int(dice.integers(len(things)))]


def _thing(dice, data):
    """Choose one thing of a list; None where there is none any more."""
    known = [key for key in LISTS if isinstance(data.get(key), list) and data[key]]
    thing = _one(dice, data[_one(dice, known)]) if known else None
    return thing if isinstance(thing, dict) and thing else None


def _points(dice, data):
    """Choose one list of points."""
    held = [data[key] for key in ("ground", "front", "line") if isinstance(data.get(key), list) and data[key]]
    thing = _thing(dice, data)
    held += [
        value for value in (thing or {}).values() if isinstance(value, list) and value and isinstance(value[0], list)
    ]
    return _one(dice, held) if held else []


def _field(dice, data):
    table = _one(dice, (data, _thing(dice, data) or data))
    table[_one(dice, list(table))] = _one(dice, CELLS)


def _point(dice, data):
    points = _points(dice, data)
    if points and isinstance(points[0], list):
        points[int(dice.integers(len(points)))] = _one(
            dice, ([_one(dice, CELLS), 1.0], [], [1.0], [1, 2, 3], None, "x", [[]])
        )


def _moved(dice, data):
    points = _points(dice, data)
    if points:
        k = int(dice.integers(len(points)))
        if isinstance(points[k], list) and len(points[k]) == 2 and all(isinstance(v, int | float) for v in points[k]):
            points[k] = [points[k][0] + _one(dice, AWAY), points[k][1] + _one(dice, AWAY)]


def _shaken(dice, data):
    """Move every point a little, as hands do."""
    by = _one(dice, (0.01, 0.1, 0.4))

    def shake(value):
        if isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
            return [float(v) + by * float(dice.uniform(-1, 1)) for v in value]
        if isinstance(value, list):
            return [shake(each) for each in value]
        return {key: shake(each) for key, each in value.items()} if isinstance(value, dict) else value

    data.update(shake(data))


def _repeated(dice, data):
    points = _points(dice, data)
    if points:
        k = int(dice.integers(len(points)))
        points.insert(k, points[k])


def _reversed(dice, data):
    _points(dice, data).reverse()


def _shorter(dice, data):
    points = _points(dice, data)
    del points[int(dice.integers(len(points) + 1)) :]


def _without(dice, data):
    table = _one(dice, (data, _thing(dice, data) or data))
    table.pop(_one(dice, list(table)))


def _twice(dice, data):
    known = [key for key in LISTS if isinstance(data.get(key), list) and data[key]]
    if known:
        key = _one(dice, known)
        data[key].append(copy.deepcopy(_one(dice, data[key])))


def _stretched(dice, data):
    """Make everything larger or smaller."""
    by = _one(dice, (1e-6, 0.01, 0.5, 3.0, 50.0, 1e4))

    def stretch(value):
        if isinstance(value, list):
            return [stretch(each) for each in value]
        return value * by if isinstance(value, int | float) and not isinstance(value, bool) else value

    for key in ("ground", "front", "line"):
        data[key] = stretch(data.get(key))
    for key in LISTS:
        for each in data.get(key) or ():
            if isinstance(each, dict):
                each.update({name: stretch(value) for name, value in each.items() if isinstance(value, list)})


def _crowded(dice, data):
    """Put something where it does not belong: a building over all, a space in it, a fence across."""
    part = _one(dice, ("buildings", "obstacles", "spaces"))
    x, y, wide, high = (float(v) for v in dice.uniform((0, -20, 0.1, 0.1), (110, 80, 130, 100)))
    ring = [[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]]
    thing = {"name": "x", "ring": ring} | ({"people": 50, "out": ["jalan barat"]} if part == "spaces" else {})
    if isinstance(data.get(part), list):
        data[part].append(thing)


_PLAN = (
    *(_field, _point, _moved, _shaken, _repeated, _reversed, _shorter, _without, _twice, _stretched, _crowded),
    *(_moved, _shaken, _crowded),
)


def _yaml(data):
    """Write YAML; half a character is written as what it is."""
    return yaml.safe_dump(json.loads(json.dumps(data, default=str))).encode("utf-8", "surrogatepass")


def _geojson(dice, data, *, degrees, how):
    """Write the plan as GeoJSON, in metres or in degrees, and break what only GeoJSON has."""
    features = []
    for part, (field, kind, inner) in PARTS.items():
        items = data.get(field)
        for each in (items if isinstance(items, list) else []) if inner else [items]:
            points = each.get(inner) if inner and isinstance(each, dict) else each
            points = _degrees(points) if degrees else points
            closed = [[*points, *points[:1]]] if isinstance(points, list) else [points]
            about = {key: value for key, value in each.items() if key != inner} if isinstance(each, dict) else {}
            geometry = {"type": kind, "coordinates": closed if kind == "Polygon" else points}
            features.append({"type": "Feature", "properties": {"part": part, **about}, "geometry": geometry})
    out = {"type": "FeatureCollection", "features": features}
    if not degrees:
        out["crs"] = {"type": "name", "properties": {"name": "local metres"}}
    if dice.random() < 0.3:
        where = _one(dice, features)
        where = _one(dice, (out, where, where["properties"], where["geometry"]))
        where[_one(dice, list(where))] = _one(
            dice, (*CELLS, [], {}, [[]], [[[]]], {"type": "Point"}, {"properties": 3})
        )
        how.append("json")
    return json.dumps(out, default=str).encode()


def _degrees(points):
    """Put points near Malang, 6 decimals of a degree; what is no point stays."""
    try:
        x, y = np.array(points, np.float64).T
        lon, lat = unproject(680_000.0 + x, 9_120_000.0 + y, 32749)
    except (TypeError, ValueError):
        return points
    return [[round(float(a), 6), round(float(b), 6)] for a, b in zip(lon, lat, strict=True)]


def _bytes(dice, content):
    """Change, cut or double a few bytes."""
    raw = bytearray(content)
    at = int(dice.integers(len(raw) + 1))
    how = int(dice.integers(4))
    if how == 0:
        return bytes(raw[:at])
    if how == 1:
        raw[at:at] = raw[max(0, at - 40) : at]
    elif how == 2:
        del raw[at : at + int(dice.integers(1, 30))]
    else:
        raw[at:at] = bytes(int(v) for v in dice.integers(0, 256, 3))
    return bytes(raw)
