"""Rounds of pairs: every TPS once, never over the ratio, near the optimum on small instances, lateness told."""

from dataclasses import replace
from datetime import date
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sispamkota.errors import InputError
from sispamkota.place import City
from sispamkota.place.ride import Ride
from sispamkota.plan.rounds.geo import rounds_geo
from sispamkota.plan.rounds.regroup import Rule, part, regrouped
from sispamkota.plan.rounds.rounds import ROUND_COLUMNS, make_rounds
from sispamkota.plan.rounds.tour import giant_tour, improved, shortest_tour, tour_seconds
from sispamkota.risk.tps import Observations, classify_tps

RATIOS = {"kurang_rawan": 12.0, "rawan": 2.0, "sangat_rawan": 1.0, "khusus": 1.0}


def streets(n, seed, *, one_way=0.2):
    """Times between n points of a town, in s: by distance, with one-way detours, the triangle inequality kept."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 600, (n, 2))
    seconds = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) * rng.uniform(1, 1 + one_way, (n, n))
    np.fill_diagonal(seconds, 0.0)
    for k in range(n):
        seconds = np.minimum(seconds, seconds[:, k : k + 1] + seconds[k : k + 1])
    return seconds


def brute_tour(stops, seconds):
    """The length of the shortest closed tour, by trying all."""
    first, *rest = stops
    return min(tour_seconds([first, *order], seconds) for order in permutations(rest))


def partitions(items, most):
    """All ways to part items into groups of at most so many."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for tail in partitions(rest, most):
        yield [[first], *tail]
        for i, group in enumerate(tail):
            if len(group) < most:
                yield [*tail[:i], [first, *group], *tail[i + 1 :]]


def best_parting(seconds, rule, *, fit):
    """(rounds, cost) of the best parting, by trying all: as few as the ratio allows, or as few as fit the time."""
    n, tours = len(seconds), {}

    def riding(group):
        key = tuple(sorted(group))
        if key not in tours:
            tours[key] = brute_tour(list(key), seconds)
        return tours[key]

    best = (n + 1, np.inf)
    for groups in partitions(list(range(n)), rule.most):
        fits = all(len(group) == 1 or rule.fits(riding(group), len(group)) for group in groups)
        if (fit and not fits) or (not fit and len(groups) != -(-n // rule.most)):
            continue
        best = min(best, (len(groups), sum(float(rule.cost(riding(group), len(group))) for group in groups)))
    return best


# --- tours ------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 8), seed=st.integers(0, 10**6))
def test_tour__is_the_shortest_of_all(n, seed):
    seconds = streets(n, seed)
    order = shortest_tour(range(n), seconds)
    assert sorted(order) == list(range(n))
    assert order[0] == 0
    assert tour_seconds(order, seconds) == pytest.approx(brute_tour(list(range(n)), seconds))


@settings(max_examples=30, deadline=None)
@given(n=st.integers(4, 12), seed=st.integers(0, 10**6))
def test_tour__exchanges_come_near_the_shortest_and_never_below(n, seed):
    seconds = streets(n, seed)
    rough = improved(list(range(n)), seconds)
    assert sorted(rough) == list(range(n))
    assert rough[0] == 0
    exact = tour_seconds(shortest_tour(range(n), seconds), seconds)
    assert exact - 1e-6 <= tour_seconds(rough, seconds) <= 1.25 * exact
    assert tour_seconds(rough, seconds) <= tour_seconds(list(range(n)), seconds) + 1e-6


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 60), seed=st.integers(0, 10**6))
def test_tour__over_all_visits_each_once(n, seed):
    assert sorted(giant_tour(streets(n, seed))) == list(range(n))


# --- parting ----------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 40), most=st.integers(1, 12), seed=st.integers(0, 10**6), fit=st.booleans())
def test_parting__each_stop_once_and_never_over_the_ratio(n, most, seed, fit):
    seconds, rule = streets(n, seed), Rule(most, 1200.0, 120.0)
    groups = part(seconds, rule, fit=fit)
    after = regrouped(groups, seconds, rule)
    for each in (groups, after):
        assert sorted(stop for group in each for stop in group) == list(range(n))
        assert max(map(len, each)) <= most
    assert len(after) == len(groups)
    assert fit or len(groups) == -(-n // most)

    def cost(parted):
        return sum(
            float(rule.cost(tour_seconds(shortest_tour(group, seconds), seconds), len(group))) for group in parted
        )

    assert cost(after) <= cost(groups) * (1 + 1e-9)


def test_parting__near_the_optimum_on_small_instances():
    """Seven stops in rounds of three: the cost of the best parting, found by trying all, is nearly reached."""
    gaps = []
    for seed in range(40):
        seconds, rule = streets(7, seed), Rule(3, 3600.0, 120.0)
        groups = [shortest_tour(group, seconds) for group in regrouped(part(seconds, rule), seconds, rule)]
        cost = sum(float(rule.cost(tour_seconds(group, seconds), len(group))) for group in groups)
        rounds, best = best_parting(seconds, rule, fit=False)
        assert len(groups) == rounds == 3
        gaps.append(cost / best - 1.0)
    assert min(gaps) >= -1e-9
    assert np.mean(gaps) < 0.01
    assert np.mean(np.array(gaps) < 1e-9) > 0.8


def test_parting__as_few_rounds_as_fit_the_time():
    """Never fewer than the optimum, which is reached nearly always, and never more than one above it."""
    above = []
    for seed in range(40):
        seconds, rule = streets(7, seed), Rule(4, 1300.0, 120.0)
        groups = part(seconds, rule, fit=True)
        assert all(rule.fits(tour_seconds(group, seconds), len(group)) for group in groups if len(group) > 1)
        above.append(len(groups) - best_parting(seconds, rule, fit=True)[0])
    assert set(above) <= {0, 1}
    assert np.mean(above) <= 0.1


# --- the city ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def malang():
    return City.load("malang")


@pytest.fixture(scope="module")
def classes(malang):
    table = classify_tps(malang, Observations.none(), on=date(2024, 11, 27)).table
    return dict(zip(table["tps"], table["class"], strict=True))


@pytest.fixture(scope="module")
def rounds(malang, classes):
    return make_rounds(malang, classes, ratios=RATIOS, round_s=3600.0, stop_s=120.0)


def test_rounds__of_malang(malang, classes, rounds):
    ids = [tps for each in rounds.rounds for tps in each.tps]
    assert sorted(ids) == sorted(malang.tps["id"])
    assert len(rounds.rounds) == 22 + 12 + 24 + 24 + 20 + 5 - 1 + 1  # 251, 141, 280, 277, 233 by twelves; six khusus
    for each in rounds.rounds:
        assert {classes[tps] for tps in each.tps} == {each.tps_class}
        assert len(each.tps) <= RATIOS[each.tps_class]
        assert {kode.rpartition(".")[0] for kode in each.kelurahan} == {each.area}
        assert each.seconds == pytest.approx(each.riding + 120.0 * len(each.tps))
        assert each.late == (each.seconds > 3600.0)
    assert sum(each.tps_class == "khusus" for each in rounds.rounds) == 6
    assert rounds.police == 2 * len(rounds.rounds)


def test_rounds__times_and_lengths_are_those_of_the_streets(malang, rounds):
    node = dict(zip(malang.tps["id"], malang.tps["node"], strict=True))
    ride = Ride.of("motorcycle")
    for each in rounds.rounds[7:9]:
        seconds = metres = 0.0
        for a, b in zip(each.tps, (*each.tps[1:], each.tps[0]), strict=True):
            way = malang.roads.path(node[a], node[b], ride=ride)
            seconds += float(malang.roads.travel_times([node[a]], [node[b]], ride=ride)[0, 0])
            for u, v in pairwise(way):
                arcs = np.arange(malang.roads.indptr[u], malang.roads.indptr[u + 1])
                metres += min(malang.roads.length_m[arc] for arc in arcs if malang.roads.head[arc] == v)
        assert each.riding == pytest.approx(seconds)
        assert each.km * 1000 == pytest.approx(metres, rel=0.05)


def test_rounds__are_the_same_again(malang, classes, rounds):
    again = make_rounds(malang, classes, ratios=RATIOS, round_s=3600.0, stop_s=120.0)
    assert again.rounds == rounds.rounds


def test_rounds__late_ones_are_told_or_split(malang, classes):
    some = replace(malang, tps=malang.tps[malang.tps["kode_kel"].str.startswith("35.73.02")].reset_index(drop=True))
    tight = {"ratios": RATIOS, "round_s": 1500.0, "stop_s": 120.0}
    few = make_rounds(some, classes, **tight)
    assert len(few.rounds) == 12
    assert few.late
    more = make_rounds(some, classes, **tight, fit=True)
    assert len(more.rounds) > 12
    assert not more.late
    assert f"{len(few.late)}" in str(few).splitlines()[-1].split()[-1]


@pytest.mark.parametrize("within", ["kelurahan", "city"])
def test_rounds__keep_within_their_area(malang, classes, within):
    some = replace(malang, tps=malang.tps[malang.tps["kode_kel"].str.startswith("35.73.02")].reset_index(drop=True))
    found = make_rounds(some, classes, ratios=RATIOS, round_s=3600.0, stop_s=120.0, within=within)
    sizes = some.tps.groupby("kode_kel").size()
    assert len(found.rounds) == (12 if within == "city" else sum(-(-int(n) // 12) for n in sizes))
    assert within == "city" or all(len(each.kelurahan) == 1 for each in found.rounds)


def test_rounds__table_and_dict(rounds):
    table = rounds.to_table()
    assert tuple(table.columns) == ROUND_COLUMNS
    assert len(table) == 1188
    assert rounds.to_dict()["police"] == rounds.police
    assert "<table>" in rounds._repr_html_()


def test_rounds__as_a_map_layer(malang, rounds):
    few = replace(rounds, rounds=rounds.rounds[5:9])
    layer = rounds_geo(few, malang)
    lines = [each for each in layer["features"] if each["geometry"]["type"] == "LineString"]
    points = [each for each in layer["features"] if each["geometry"]["type"] == "Point"]
    assert len(points) == sum(len(each.tps) for each in few.rounds)
    assert len(lines) == sum(len(each.tps) > 1 for each in few.rounds) > 0
    assert [each["properties"]["tps"] for each in points] == [tps for each in few.rounds for tps in each.tps]
    for each in lines:
        first, *_, last = each["geometry"]["coordinates"]
        assert first == last
    km = {each["properties"]["round"]: each["properties"]["km"] for each in lines}
    for number, each in enumerate(few.rounds, start=1):
        assert number not in km or km[number] == pytest.approx(each.km, abs=0.006)


def test_rounds__bad_wishes_are_all_told(malang):
    with pytest.raises(InputError) as caught:
        make_rounds(malang, {}, ratios=RATIOS, round_s=0.0, stop_s=-5.0, within="rw")
    assert {fault.field for fault in caught.value.faults} == {"within", "round_s", "stop_s", "classes"}
