"""Streets as lines: along their bends the right way round, in degrees and in metres, all or some."""

import numpy as np
import pytest
import shapely

from sispamkota.place import Roads
from sispamkota.place.lines import street_lines
from sispamkota.place.position import project
from sispamkota.place.streets import Bends

EPSG = 32749
LON = np.array([112.60, 112.61, 112.62])
LAT = np.array([-7.95, -7.96, -7.94])
# The streets, each as its source gives it: ends, the points between them, one-way.
STREETS = [
    (0, 1, [(112.602, -7.951), (112.607, -7.958)], False),
    (2, 0, [(112.617, -7.941), (112.612, -7.943), (112.604, -7.949)], False),  # from the higher number to the lower
    (2, 1, [(112.619, -7.945), (112.613, -7.957)], True),  # the same, one-way
    (1, 2, [], False),
    (1, 1, [(112.611, -7.961), (112.613, -7.962), (112.612, -7.960)], False),  # around the block
    (2, 1, [], True),
]


def network(streets=STREETS, *, bent=True):
    x, y = project(LON, LAT, EPSG)
    points = [point for street in streets for point in street[2]]
    start = np.cumsum([0, *(len(street[2]) for street in streets)])
    lon, lat = np.array(points, float).reshape(-1, 2).T
    return Roads.from_edges(
        (LON, LAT, x, y),
        [street[:2] for street in streets],
        length_m=np.full(len(streets), 100.0),
        kind=np.full(len(streets), 3),
        oneway=[street[3] for street in streets],
        bends=Bends(start.astype(np.int64), lon, lat) if bent else None,
    )


def whole(street):
    """The points of a street as its source gives them."""
    a, b, inner, _ = street
    return [(LON[a], LAT[a]), *inner, (LON[b], LAT[b])]


def test_line__runs_along_its_bends_from_its_first_end():
    """A street begins at its lower junction, so that one given from the higher is turned: on foot all go both ways."""
    for street, line in zip(STREETS, street_lines(network()), strict=True):
        a, b, _, _ = street
        expected = whole(street)[::-1] if a > b else whole(street)
        assert list(line.coords) == expected


def test_line__starts_where_the_first_arc_leaves():
    roads = network()
    lines = street_lines(roads)
    tail, head = roads.tail[roads.first_arc], roads.head[roads.first_arc]
    assert [line.coords[0] for line in lines] == [(LON[v], LAT[v]) for v in tail]
    assert [line.coords[-1] for line in lines] == [(LON[v], LAT[v]) for v in head]


@pytest.mark.parametrize("bent", [True, False])
def test_line__in_metres(bent):
    roads = network(bent=bent)
    for degrees, metres in zip(street_lines(roads), street_lines(roads, epsg=EPSG), strict=True):
        expected = np.column_stack(project(*np.array(degrees.coords).T, EPSG))
        np.testing.assert_allclose(np.array(metres.coords), expected, atol=1e-6)


@pytest.mark.parametrize("bent", [True, False])
@pytest.mark.parametrize("chosen", [[4, 1], [3, 0, 3], [5], []], ids=str)
def test_lines__of_some_streets(bent, chosen):
    """As asked for: in their order, one as often as it is named, or none."""
    roads = network(bent=bent)
    every = street_lines(roads)
    some = street_lines(roads, streets=np.array(chosen, np.int64))
    assert some.shape == (len(chosen),)
    assert all(shapely.equals_exact(line, every[i]) for line, i in zip(some, chosen, strict=True))


def test_line__without_bends_is_straight():
    assert [len(line.coords) for line in street_lines(network(bent=False))] == [2] * len(STREETS)


def test_lines__of_a_network_whose_streets_are_all_straight():
    roads = network([(a, b, [], oneway) for a, b, _, oneway in STREETS])
    plain = network(bent=False)
    assert all(map(shapely.equals_exact, street_lines(roads), street_lines(plain)))
