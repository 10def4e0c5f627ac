"""A plan that makes no sense is refused with what to do about it; GeoJSON is never changed in silence."""

import json

import pytest
import yaml

from parts.plans import as_geojson, plan
from sispamkota.errors import Faults, InputError
from sispamkota.place.compound import Compound, read_compound
from sispamkota.place.compound_check import check_compound

SQUARE = [[0, 0], [80, 0], [80, 60], [0, 60], [0, 0]]
METRES = {"type": "name", "properties": {"name": "local metres"}}


def faults_of(path):
    faults = Faults()
    assert read_compound(path, faults) is None
    return list(faults)


def _space(*ring):
    return {"spaces": [{"name": "x", "people": 20, "out": ["jalan barat"], "ring": list(map(list, ring))}]}


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"ground": [[-5000, -5000], [5000, -5000], [5000, 5000], [-5000, 5000]]}, "ground", "a plan of 100,000 m²"),
        (_space((42, 46), (70, 46), (70, 60), (42, 60)), "spaces.0.ring", "open ground 1 m wide"),
        (_space((30, 1), (92, 1), (92, 1.9), (30, 1.9)), "spaces.0.ring", "open ground 1 m wide"),
        ({"line": [[42, 16], [42, 16]]}, "line", "a line of 0.5 m"),
        ({"front": [[44, 11.5], [44, 11.5]]}, "front", "a line of 0.5 m"),
        ({"front": [[45, 50], [60, 50]]}, "front", "a line on open ground"),
        ({"fences": [{"name": "f", "points": [[25, 16], [25, 16]]}], "gates": [], "spaces": []}, "fences.0.points",
         "a line of 0.5 m"),
        ({"stands": [{"name": "e", "vehicle": "engine", "way": [[110, 81]] * 3}]}, "stands.0.way", "a line of 0.5 m"),
    ],
)  # fmt: skip
def test_plans__without_sense_are_told(tmp_path, change, field, expected):
    path = tmp_path / "k.yaml"
    path.write_text(yaml.dump(plan() | change, Dumper=_Plain), encoding="utf-8")
    told = faults_of(path)
    assert [(each.field, each.expected.startswith(expected)) for each in told] == [(field, True)], told
    assert "k.yaml:" in told[0].where


class _Plain(yaml.SafeDumper):
    """Write no aliases."""

    def ignore_aliases(self, data):
        return True


@pytest.mark.parametrize("again", [[87, 81], [87.01, 81.0]])
def test_findings__a_point_that_stands_twice_hides_no_bend(tmp_path, again):
    path = tmp_path / "k.yaml"
    stand = {"name": "e", "vehicle": "engine", "way": [[110, 81], [87, 81], again, [87, 76]]}
    path.write_text(yaml.safe_dump(plan() | {"stands": [stand]}), encoding="utf-8")
    assert "site_turn" in {each.key for each in check_compound(Compound.load(path))}


def drawn(path, *rings, exits=((0, 0), (0, 6)), crs=METRES):
    """A small plan as GeoJSON."""
    features = [("ground", "Polygon", ring, {}) for ring in rings]
    features.append(("exit", "LineString", [list(each) for each in exits], {"name": "a"}))
    made = [
        {"type": "Feature", "properties": {"part": part, **about}, "geometry": {"type": kind, "coordinates": points}}
        for part, kind, points, about in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": made} | ({"crs": crs} if crs else {})))
    return path


HOLE = [[20, 20], [40, 20], [40, 40], [20, 40], [20, 20]]
SWAPPED = [[-7.97, 112.63], [-7.97, 112.631], [-7.971, 112.631], [-7.97, 112.63]]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"rings": [[SQUARE, HOLE]]}, "a Polygon without holes"),
        ({"rings": [[[0, 0], [80, 0], [80, 60]]]}, "a Polygon of finite points"),
        ({"rings": [[SQUARE], [SQUARE]]}, "one ground alone"),
        ({"rings": [[SQUARE[:-1]]]}, "a ring that ends at its first point"),
        ({"rings": [[SQUARE]], "crs": None}, "the degrees of one compound"),
        ({"rings": [[SWAPPED]], "exits": SWAPPED[:2], "crs": None}, "longitude, then latitude"),
    ],
)
def test_geojson__what_cannot_be_taken_as_it_is_is_one_fault(tmp_path, how, expected):
    how = dict(how)
    path = drawn(tmp_path / "k.geojson", *how.pop("rings"), **how)
    assert [each.expected for each in faults_of(path)] == [expected]


@pytest.mark.parametrize("crs", [{"properties": 3}, {"properties": {"name": 4}}, 7, {}])
def test_geojson__a_crs_that_is_none_ends_with_a_fault(tmp_path, crs):
    with pytest.raises(InputError, match="the degrees of one compound"):
        Compound.load(drawn(tmp_path / "k.geojson", [SQUARE], crs=crs))


@pytest.mark.parametrize("said", [["kpu", "dprd"], "kpu, dprd"])
def test_geojson__says_what_it_stands_for(tmp_path, said):
    path = as_geojson(tmp_path / "k.geojson", degrees=False)
    data = json.loads(path.read_text())
    data["features"][0]["properties"]["stands_for"] = said
    path.write_text(json.dumps(data))
    assert Compound.load(path).plan.stands_for == ("kpu", "dprd")


def test_entries__a_lane_narrower_than_a_metre_has_spots_too(tmp_path):
    """Who comes by a gang of 0.9 m stands in it, off its walls."""
    import shapely

    from sispamkota.rehearsal.replay_scene import _entries

    lane = [[60.9 if x == 66 else x, y] for x, y in plan()["ground"]]
    exits = [*plan()["exits"][:2], {"name": "gang selatan", "points": [[60, -20], [60.9, -20]]}, plan()["exits"][3]]
    path = tmp_path / "k.yaml"
    path.write_text(yaml.safe_dump(plan() | {"ground": lane, "exits": exits}), encoding="utf-8")
    office = Compound.load(path)
    spots = shapely.points(_entries(office))
    assert shapely.covers(office.area(), spots).all()
    assert (shapely.get_y(spots) < -15).any()
