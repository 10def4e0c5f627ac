"""The street graph: how it is built, where places stand on it, how fast each vehicle is."""

import numpy as np
import pytest

from sispamkota.force.doctrine import VEHICLES as DOCTRINE_VEHICLES
from sispamkota.place import ROAD_KINDS, VEHICLES, Ride, Roads
from sispamkota.place.ride import EVERYONE, FOOT_BIT, FOOT_TURNED, road_figures

TOL, LOKAL, SETAPAK = (ROAD_KINDS.index(kind) for kind in ("tol", "lokal", "setapak"))


def line(kinds, *, oneway=None, access=None):
    """Junctions on a line, 100 m apart, the streets between them of these kinds."""
    x, y = np.arange(len(kinds) + 1) * 100.0, np.zeros(len(kinds) + 1)
    ends = [(i, i + 1) for i in range(len(kinds))]
    return Roads.from_edges((x, y, x, y), ends, length_m=[100.0] * len(kinds), kind=kinds, oneway=oneway, access=access)


def test_graph__both_directions_share_the_street():
    roads = line([LOKAL, SETAPAK])
    assert (roads.n_nodes, roads.n_edges, roads.head.size) == (3, 2, 4)
    assert roads.indptr.tolist() == [0, 1, 3, 4]
    assert list(zip(roads.tail, roads.head, roads.edge, strict=True)) == [(0, 1, 0), (1, 0, 0), (1, 2, 1), (2, 1, 1)]
    assert [roads.head.dtype, roads.kind.dtype, roads.edge.dtype, roads.indptr.dtype] == [
        "int32",
        "int8",
        "int32",
        "int64",
    ]


def test_graph__one_way_leads_one_way():
    roads = line([LOKAL, LOKAL], oneway=[False, True])
    times = roads.travel_times([0, 2], [0, 2], ride=Ride(np.ones(6)))
    assert times.tolist() == [[0.0, 200.0], [np.inf, 0.0]]


def test_graph__one_way_leads_both_ways_on_foot():
    """Where nobody may go on foot, by kind or by access, there is no way back at all."""
    roads = line([LOKAL, LOKAL, TOL], oneway=[True] * 3, access=[EVERYONE, EVERYONE ^ FOOT_BIT, EVERYONE])
    assert list(zip(roads.tail, roads.head, roads.access, strict=True)) == [
        (0, 1, EVERYONE), (1, 0, FOOT_BIT), (1, 2, EVERYONE ^ FOOT_BIT), (2, 3, EVERYONE),
    ]  # fmt: skip


def test_graph__on_foot_in_one_direction_only():
    """FOOT_TURNED makes the other direction different on foot, of one-way streets and of others."""
    forth, back = EVERYONE | FOOT_TURNED, EVERYONE ^ FOOT_BIT | FOOT_TURNED
    roads = line([LOKAL] * 4, oneway=[True, True, False, False], access=[forth, back, forth, back])
    assert list(zip(roads.tail, roads.head, roads.access, strict=True)) == [
        (0, 1, EVERYONE), (1, 2, EVERYONE ^ FOOT_BIT), (2, 1, FOOT_BIT), (2, 3, EVERYONE),
        (3, 2, EVERYONE ^ FOOT_BIT), (3, 4, EVERYONE ^ FOOT_BIT), (4, 3, EVERYONE),
    ]  # fmt: skip


def test_graph__arrays_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        line([LOKAL]).length_m[0] = 1.0


@pytest.mark.parametrize(
    "change",
    [
        {"ends": [(0, 3)]},
        {"ends": [(-1, 0)]},
        {"length_m": [-1.0]},
        {"length_m": [np.nan]},
        {"kind": [6]},
        {"kind": [-1]},
    ],
)
def test_graph__refuses_what_compiled_code_would_follow(change):
    x = np.zeros(2)
    with pytest.raises(ValueError, match=r"no street graph|negative"):
        Roads.from_edges((x, x, x, x), **({"ends": [(0, 1)], "length_m": [1.0], "kind": [3]} | change))


def test_main__is_where_every_vehicle_can_come_and_go():
    """A footpath and a one-way street off the end do not belong to it."""
    assert line([LOKAL, LOKAL, SETAPAK]).main.tolist() == [True, True, True, False]
    assert line([LOKAL, LOKAL], oneway=[False, True]).main.tolist() == [True, True, False]


def test_main__of_footpaths_only_is_the_footpaths():
    assert line([SETAPAK, SETAPAK]).main.all()


def test_nearest__stays_on_the_main_network():
    roads = line([LOKAL, LOKAL, SETAPAK])
    node, away = roads.nearest([290.0, 20.0], [0.0, 30.0])
    assert node.tolist() == [2, 0]
    assert away == pytest.approx([90.0, np.hypot(20, 30)])


def test_travel__refuses_what_compiled_code_would_not_notice():
    roads = line([LOKAL])
    for origins in ([2], [-1]):
        with pytest.raises(IndexError, match="from 0 to 1"):
            roads.travel_times(origins, [0], ride=Ride(np.ones(6)))
    with pytest.raises(ValueError, match="shape"):
        roads.travel_times([0], [0], ride=Ride(np.ones(5)))
    with pytest.raises(ValueError, match="shape"):
        roads.travel_times([0], [0], ride=Ride(np.ones(6)), closed=np.zeros(2, bool))


def test_travel__repeated_origins_keep_their_order():
    roads = line([LOKAL] * 3)
    assert roads.travel_times([3, 0, 3], [1, 1, 0], ride=Ride(np.ones(6))).tolist() == [
        [200, 200, 300],
        [100, 100, 0],
        [200, 200, 300],
    ]


def test_path__names_the_junctions():
    roads = line([LOKAL] * 3)
    assert roads.path(0, 2, ride=Ride(np.ones(6))).tolist() == [0, 1, 2]
    assert roads.path(1, 1, ride=Ride(np.ones(6))).tolist() == [1]
    assert roads.path(0, 3, ride=Ride(np.ones(6)), closed=np.array([False, True, False])).tolist() == []


def test_speeds__in_metres_a_second():
    assert Ride.of("car").speed[LOKAL] == pytest.approx(28 / 3.6)
    assert Ride.of("foot").speed[SETAPAK] == pytest.approx(4.8 / 3.6)
    assert Ride.of("ambulance", blue_light=True).speed == pytest.approx(1.2 * Ride.of("ambulance").speed)


def test_speeds__what_may_go_where():
    closed = {
        vehicle: [k for k, v in zip(ROAD_KINDS, Ride.of(vehicle).speed, strict=True) if v == 0] for vehicle in VEHICLES
    }
    assert closed == {
        "truck": ["setapak"],
        "car": ["setapak"],
        "motorcycle": ["tol"],
        "ambulance": ["setapak"],
        "engine": ["setapak"],
        "foot": ["tol"],
    }


def test_speeds__unknown_vehicle_is_named():
    with pytest.raises(KeyError, match=r"did you mean .*truck"):
        Ride.of("truk")


def test_figures__every_speed_has_its_range():
    figures = road_figures()
    assert figures.kinds == ROAD_KINDS
    assert tuple(figures.speeds) == VEHICLES == DOCTRINE_VEHICLES
    ranges = [each for table in figures.speeds.values() for each in table.values() if each]
    for usual, low, high in [*ranges, figures.blue_light]:
        assert 0 < low <= usual <= high
    assert all(tuple(table) == ROAD_KINDS for table in figures.speeds.values())
