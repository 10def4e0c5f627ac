"""Laws of rides: on foot there is no one-way street and no blue light, on wheels there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laws.test_travel import heap_times
from sispamkota.place import ROAD_KINDS, VEHICLES, Ride, Roads
from sispamkota.place.ride import EVERYONE, FOOT_BIT, ON_WHEELS


@st.composite
def streets(draw):
    """Ends, lengths, kinds, directions and access of some streets among few junctions."""
    nodes = draw(st.integers(2, 9))
    node = st.integers(0, nodes - 1)
    one = st.tuples(node, node, st.floats(1.0, 900.0), st.integers(0, len(ROAD_KINDS) - 1), st.booleans(),
                    st.sampled_from([EVERYONE, EVERYONE ^ FOOT_BIT, FOOT_BIT, 0x40, 0]))  # fmt: skip
    return nodes, draw(st.lists(one, min_size=1, max_size=25))


def roads_of(nodes, rows, *, oneway):
    """The graph of rows, with their directions or without."""
    u, v, length, kind, one, access = (list(each) for each in zip(*rows, strict=True))
    x = np.arange(nodes, dtype=float)
    return Roads.from_edges(
        (x, x, x, x), np.column_stack([u, v]), length_m=length, kind=kind,
        oneway=one if oneway else None, access=np.array(access, np.uint8),
    )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(streets())
def test_foot__walks_as_if_no_street_were_one_way(made):
    with_, without = (roads_of(*made, oneway=each) for each in (True, False))
    every, ride = np.arange(made[0]), Ride.of("foot")
    got = with_.travel_times(every, every, ride=ride)
    np.testing.assert_array_equal(got, without.travel_times(every, every, ride=ride))
    np.testing.assert_allclose(got, got.T, rtol=1e-9)
    open_ = np.zeros(with_.n_edges, bool)
    by_heap = [heap_times(with_, v, ride.speed, open_, let=ride.let) for v in every]
    np.testing.assert_allclose(got, by_heap, rtol=1e-9)


@settings(max_examples=100, deadline=None)
@given(streets(), st.sampled_from([name for name in VEHICLES if name != "foot"]), st.booleans())
def test_wheels__never_go_against_a_one_way_street(made, vehicle, blue):
    """The same times as on a graph that has every direction as a one-way street closed to people on foot."""
    nodes, rows = made
    ride, every = Ride.of(vehicle, blue_light=blue), np.arange(nodes)
    directed = [(u, v, m, kind, True, access & ON_WHEELS) for u, v, m, kind, _, access in rows]
    directed += [(v, u, m, kind, True, access & ON_WHEELS) for u, v, m, kind, one, access in rows if not one]
    plain = roads_of(nodes, directed, oneway=True)
    assert plain.head.size == len(directed)
    for each in (ride, Ride(ride.speed)):
        got = roads_of(nodes, rows, oneway=True).travel_times(every, every, ride=each)
        np.testing.assert_array_equal(got, plain.travel_times(every, every, ride=each))


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_blue_light__is_for_vehicles_only(vehicle):
    """Nobody walks faster for it, or through a private road."""
    plain, blue = Ride.of(vehicle), Ride.of(vehicle, blue_light=True)
    if vehicle == "foot":
        assert (blue.speed.tolist(), blue.let, blue.over) == (plain.speed.tolist(), FOOT_BIT, 1.0)
    else:
        assert (blue.speed[plain.speed > 0] > plain.speed[plain.speed > 0]).all()
        assert blue.let == plain.let | 0x40
