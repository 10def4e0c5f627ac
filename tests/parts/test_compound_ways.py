"""The ways out of a compound's spaces: reached, as broad as their narrowest place, shared, and walked."""

import json
from dataclasses import replace
from math import isinf

import pytest

from parts.plans import plan
from sispamkota.place.compound import Compound, SiteFile
from sispamkota.place.compound_check import check_compound, space_rows
from sispamkota.place.compound_ways import ways_of_spaces

YARD = [[70, 22], [92, 22], [92, 38], [70, 38]]
STREET = plan()["spaces"][0]


def made(**change):
    """The office with some fields of its plan replaced."""
    said = SiteFile.model_validate_json(json.dumps(plan() | change))
    return replace(Compound.load("office-generic"), plan=said)


def space(name="s", ring=YARD, people=120, out=("jalan barat",)):
    return {"name": name, "ring": ring, "people": people, "out": list(out)}


def box(x0, y0, x1, y1):
    return {"name": "bus", "ring": [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]}


def found(compound):
    return {(each.key, each.severity) for each in check_compound(compound)}


def test_ways__one_that_nobody_can_reach_is_a_fault():
    """Without its front gates no way leads from the yard to the street."""
    cut = made(gates=plan()["gates"][2:], spaces=[space(out=("jalan barat", "gerbang belakang"))])
    west, rear = ways_of_spaces(cut)[0].ways
    assert (west.narrow, isinf(west.near)) == (0.0, True)
    assert rear.metres == 6.0
    assert ("site_no_way", "fault") in found(cut)
    assert ("site_no_way", "fault") not in found(made(spaces=[space(out=("jalan barat",))]))


def test_ways__the_others_exits_are_no_way_round():
    """Who is outside does not come in again by another exit."""
    walls = [{"name": "x", "points": [[20, 0], [20, 16]]}, {"name": "y", "points": [[95, 0], [95, 16]]}]
    cut = made(
        fences=[*plan()["fences"], *walls], spaces=[space(ring=STREET["ring"], out=("jalan barat", "gang selatan"))]
    )
    assert [each.narrow > 0.0 for each in ways_of_spaces(cut)[0].ways] == [False, True]


def test_ways__a_gate_that_leads_nowhere_is_none():
    """A pen in the yard has a gate, but no way out behind it."""
    pen = {"name": "kandang", "points": [[40, 26], [50, 26], [50, 34], [40, 34], [40, 26]]}
    gate = {"name": "g", "points": [[50, 28], [50, 32]], "use": "people", "shut": True}
    dead = made(fences=[*plan()["fences"], pen], gates=[*plan()["gates"], gate], spaces=[space(out=("g",))])
    assert ways_of_spaces(dead)[0].metres() == 0.0
    inside = made(
        fences=[*plan()["fences"], pen],
        gates=[*plan()["gates"], gate],
        spaces=[space(ring=[[41, 27], [49, 27], [49, 33], [41, 33]], out=("g",))],
    )
    assert ways_of_spaces(inside)[0].metres() == 4.0


def test_ways__named_twice_counts_once():
    once, thrice = (
        made(spaces=[STREET | {"out": ["gang selatan"]}]),
        made(spaces=[STREET | {"out": ["gang selatan"] * 3}]),
    )
    assert space_rows(once) == space_rows(thrice)


def test_ways__a_shared_opening_is_shared_by_people():
    spaces = [
        space("a", [[2, 1], [40, 1], [40, 15], [2, 15]], 3000),
        space("b", [[67, 1], [92, 1], [92, 12], [67, 12]], 1000),
    ]
    rows = space_rows(made(spaces=spaces))
    assert [row["out_m"] for row in rows] == [12.0, 4.0]
    alone = space_rows(made(spaces=spaces[:1]))
    assert alone[0]["out_m"] == 16.0
    assert alone[0]["minutes"] < rows[0]["minutes"]


@pytest.mark.parametrize("x", [4, 12, 19])
@pytest.mark.parametrize("gap", [1.5, 3.0])
def test_ways__a_bus_in_the_street_narrows_it(x, gap):
    """Also farther from the exit than what stands before it is looked for."""
    bus = made(obstacles=[*plan()["obstacles"], box(x, 0.1, x + 8, 16 - gap)], spaces=[STREET])
    west = ways_of_spaces(bus)[0].ways[0]
    assert west.metres == pytest.approx(gap, abs=0.3)
    assert ("site_narrows", "note") in found(bus)
    assert space_rows(bus)[0]["out_m"] == pytest.approx(22 + gap, abs=0.3)


def test_ways__passages_on_both_sides_add_up():
    bus = made(obstacles=[*plan()["obstacles"], box(8, 4, 16, 13)], spaces=[STREET])
    assert ways_of_spaces(bus)[0].ways[0].metres == pytest.approx(7.0, abs=0.5)


def test_ways__a_narrow_one_is_a_fault():
    bus = made(obstacles=[*plan()["obstacles"], box(4, 0.1, 12, 15.0)], spaces=[STREET])
    assert ("site_narrows", "fault") in found(bus)


def test_ways__one_gate_before_two_exits_counts_once():
    """From the yard both exits are reached by the narrow gate alone."""
    yard = made(gates=plan()["gates"][1:2], spaces=[space(out=("jalan barat", "jalan timur"))])
    (row,) = space_rows(yard)
    assert row["out_m"] == pytest.approx(1.5, abs=0.5)
    assert all(each["narrow"] == pytest.approx(1.5, abs=0.5) for each in row["ways"])


def test_ways__people_walk_first():
    """One person needs her way; a thousand that and the flow."""
    lone, many = (space_rows(made(spaces=[space(people=n, out=("gerbang belakang",))]))[0] for n in (1, 1000))
    corner = ((92 - 87) ** 2 + (76 - 22) ** 2) ** 0.5
    assert lone["minutes"] * 60 * 1.34 == pytest.approx(corner, rel=0.08)
    assert many["minutes"] * 60 == pytest.approx(38 / 1.34 + 1000 / (1.37 * 6), rel=1e-2)


def test_ways__are_as_broad_however_the_plan_is_turned(tmp_path):
    from parts.plans import as_geojson

    for k, turned in enumerate((0.3, 0.8, 1.3)):
        office = Compound.load(as_geojson(tmp_path / f"{k}.geojson", degrees=True, decimals=6, turned=turned))
        assert [row["out_m"] for row in space_rows(office)] == [pytest.approx(38, abs=0.3), pytest.approx(6, abs=0.3)]
