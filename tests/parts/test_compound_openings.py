"""Openings open what they are drawn on, also where a hand or six decimals moved them; one on nothing is a fault."""

import pytest
import shapely
import yaml

from parts.plans import as_geojson, plan
from sispamkota.errors import Faults, InputError
from sispamkota.place.compound import Compound, read_compound
from sispamkota.place.compound_check import check_compound


def walled_up(compound):
    """The openings across which a wall runs."""
    walls, plan = shapely.multilinestrings(compound.walls().reshape(-1, 2, 2)), compound.plan
    openings = (*plan.exits, *plan.gates, *plan.doors)
    inner = {each.name: shapely.LineString(each.points) for each in openings}
    return [
        name
        for name, line in inner.items()
        for share in (0.1, 0.5, 0.9)
        if shapely.distance(walls, line.interpolate(share, normalized=True)) < 0.04
    ]


def read(tmp_path, **change):
    """A plan like the office's but for some fields: the compound, and its faults."""
    path, faults = tmp_path / "kantor.yaml", Faults()
    path.write_text(yaml.safe_dump(plan() | change), encoding="utf-8")
    return read_compound(path, faults), list(faults)


@pytest.mark.parametrize("turned", [0.0, 0.3, 1.2])
@pytest.mark.parametrize("decimals", [6, 7])
def test_openings__stay_open_where_degrees_are_rounded(tmp_path, decimals, turned):
    drawn = as_geojson(tmp_path / "k.geojson", degrees=True, decimals=decimals, turned=turned)
    office = Compound.load(drawn)
    assert walled_up(office) == []
    assert [each.key for each in check_compound(office)] == ["site_one_way"]


def test_openings__drawn_off_their_edge_are_moved_onto_it(tmp_path):
    moved = [
        {"name": "jalan barat", "points": [[-0.1, 0], [-0.3, 16]]},
        {"name": "jalan timur", "points": [[119.8, 15], [120.4, 0]]},
        *plan()["exits"][2:],
    ]
    compound, faults = read(tmp_path, exits=moved)
    assert faults == []
    assert walled_up(compound) == []
    assert compound.plan.exits[0].points == ((0.0, 0.0), (0.0, 16.0))
    assert compound.plan.exits[1].points == ((120.0, 15.0), (120.0, 0.0))


def test_openings__an_edge_that_bends_within_one_is_opened_whole(tmp_path):
    fence = [{"name": "pagar depan", "points": [[25, 16], [58, 16.12], [60.5, 15.9], [95, 16]]}, plan()["fences"][1]]
    compound, faults = read(tmp_path, fences=fence)
    assert faults == []
    assert walled_up(compound) == []


def test_openings__a_fence_drawn_along_the_edge_is_opened_with_it(tmp_path):
    fences = [*plan()["fences"], {"name": "pagar timur", "points": [[119.7, 0], [119.7, 16]]}]
    compound, faults = read(tmp_path, fences=fences)
    assert faults == []
    assert check_compound(compound)[0].key == "site_one_way"


def test_openings__a_gate_may_close_a_gap(tmp_path):
    """Two fences with a gate between them is how many draw it."""
    halves = [{"name": "kiri", "points": [[25, 16], [56, 16]]}, {"name": "kanan", "points": [[62.2, 16], [95, 16]]}]
    gates = [each for each in plan()["gates"] if each["name"] != "gerbang orang"]
    compound, faults = read(tmp_path, fences=[*halves, plan()["fences"][1]], gates=gates)
    assert faults == []
    assert compound.plan.gates[0].points == ((56.0, 16.0), (62.2, 16.0)) or walled_up(compound) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"exits": [*plan()["exits"], {"name": "t", "points": [[44, 40], [46, 40]]}]}, "an exit along"),
        ({"exits": [*plan()["exits"], {"name": "t", "points": [[30, 0.6], [34, 0.6]]}]}, "an exit along"),
        ({"exits": [*plan()["exits"], {"name": "t", "points": [[30, 0], [30, 0.6]]}]}, "an exit along"),
        ({"gates": [*plan()["gates"], {"name": "t", "points": [[50, 30], [55, 30]], "use": "people", "shut": True}]},
         "a gate in a fence"),
        ({"gates": [{"name": "t", "points": [[26, 16], [94, 16]], "use": "people", "shut": True}], "spaces": [],
          "fences": [{"name": "f", "points": [[50, 16], [60, 16]]}]}, "a gate in a fence"),
        ({"doors": [{"name": "t", "points": [[50, 16], [55, 16]]}]}, "a door in"),
        ({"exits": [*plan()["exits"], {"name": "t", "points": [[0, 2], [0, 9]]}]}, "openings apart"),
    ],
)  # fmt: skip
def test_openings__one_on_nothing_or_drawn_twice_is_told_with_its_line(tmp_path, change, expected):
    compound, faults = read(tmp_path, **change)
    assert compound is None
    assert [each.expected.startswith(expected) for each in faults] == [True]
    assert ".yaml:" in faults[0].where
    assert '"t"' in faults[0].got


def test_openings__of_the_embedded_plan_stand_where_they_are_drawn(tmp_path):
    compound, faults = read(tmp_path)
    assert faults == []
    assert compound.plan == Compound.load("office-generic").plan


def test_openings__a_fault_of_geojson_ends_with_an_input_error(tmp_path):
    drawn = as_geojson(tmp_path / "k.geojson", degrees=False)
    drawn.write_text(drawn.read_text().replace("[[58.5, 44.0], [61.5, 44.0]]", "[[58.5, 40.0], [61.5, 40.0]]"))
    with pytest.raises(InputError, match="a door in a building's wall"):
        Compound.load(drawn)
