"""Models of location against brute force, known laws and each other."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sispamkota.errors import InputError
from sispamkota.plan.location import (
    centre,
    cover,
    double_standard,
    expected_cover,
    median,
    relocate,
    set_cover,
)
from sispamkota.plan.location.hypercube import busy_counts, hypercube
from sispamkota.plan.location.medians import _exact, interchange, relax_median
from sispamkota.plan.solver import Solution


@st.composite
def cases(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, m = (int(each) for each in rng.integers(2, 8, 2))
    p = int(rng.integers(1, min(m, 4) + 1))
    return rng.integers(0, 30, (n, m)).astype(float), p, rng.integers(0, 5, n).astype(float)


def sets(m, p):
    return [list(each) for each in itertools.combinations(range(m), p)]


def bags(m, p):
    return [list(each) for each in itertools.combinations_with_replacement(range(m), p)]


@settings(max_examples=60, deadline=None)
@given(cases())
def test_median_and_centre__equal_brute_force(case):
    cost, p, weight = case
    scaled = cost * weight[:, None]
    for model, total in ((median, np.sum), (centre, np.max)):
        best = min(float(total(scaled[:, each].min(axis=1))) for each in sets(cost.shape[1], p))
        found = model(cost, p, weights=weight)
        assert found.value == pytest.approx(best)
        assert found.bound == pytest.approx(best)
        assert float(total(scaled[:, list(found.open)].min(axis=1))) == pytest.approx(best)


@settings(max_examples=60, deadline=None)
@given(cases(), st.floats(0, 30), st.floats(0.05, 0.95))
def test_cover_models__equal_brute_force(case, within, busy):
    cost, p, weight = case
    near, m = cost <= within, cost.shape[1]
    best = max(float(weight[near[:, each].any(axis=1)].sum()) for each in sets(m, p))
    assert cover(cost, p, within=within, weights=weight).value == pytest.approx(best)
    best = max(float((weight * (1 - busy ** near[:, each].sum(axis=1))).sum()) for each in bags(m, p))
    assert expected_cover(cost, p, within=within, busy=busy, weights=weight).value == pytest.approx(best)
    if near.any(axis=1).all():
        fewest = next(k for k in range(1, m + 1) if any(near[:, each].any(axis=1).all() for each in sets(m, k)))
        assert set_cover(cost, within=within).value == pytest.approx(fewest)
    else:
        with pytest.raises(InputError):
            set_cover(cost, within=within)


@settings(max_examples=40, deadline=None)
@given(cases(), st.floats(0, 20), st.integers(0, 1000).map(lambda n: n / 1000))  # a solver does not see 1e-9
def test_double_standard__equals_brute_force(case, within, share):
    cost, p, weight = case
    near, far, p = cost <= within, cost <= within + 8, p + 1
    best = None
    for each in bags(cost.shape[1], p):
        count = near[:, each].sum(axis=1)
        held = max(map(each.count, each)) <= 2 and far[:, each].any(axis=1).all()
        if held and weight[count >= 1].sum() >= share * weight.sum() - 1e-9:
            best = max(best or 0.0, float(weight[count >= 2].sum()))
    if best is None:
        with pytest.raises(InputError):
            double_standard(cost, p, within=(within, within + 8), share=share, weights=weight)
    else:
        found = double_standard(cost, p, within=(within, within + 8), share=share, weights=weight)
        assert found.value == pytest.approx(best, abs=1e-6)


def test_relocate__keeps_the_best_of_every_number_and_moves_few():
    rng = np.random.default_rng(5)
    cost, weight = rng.uniform(0, 30, (12, 6)), rng.uniform(1, 5, 12)
    near = cost <= 9
    free = relocate(cost, 3, within=9, load=1.5, weights=weight)
    for k, kept in enumerate(free.keep):
        best = max(float(weight[near[:, each].any(axis=1)].sum()) for each in sets(6, k)) if k else 0.0
        assert float(weight[near[:, list(kept)].any(axis=1)].sum()) == pytest.approx(best)
    bound = relocate(cost, 3, within=9, load=1.5, weights=weight, moves=0)
    assert all(set(a) <= set(b) for a, b in itertools.pairwise(bound.keep))
    assert bound.value <= free.value + 1e-9


def test_relaxation__bounds_and_interchange_improves():
    rng = np.random.default_rng(2)
    place = rng.uniform(0, 100, (120, 2))
    cost = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
    first = np.arange(8)
    better = interchange(cost, first)
    worth = [float(cost[:, each].min(axis=1).sum()) for each in (first, better)]
    assert worth[1] < worth[0]
    _, value, bound, rho = relax_median(cost, 8, better, ends=np.inf, gap=0.0)
    assert bound <= value <= worth[1] + 1e-9
    assert (rho <= 0).all()
    found = median(cost, 8)
    assert bound - 1e-6 <= found.bound <= found.value <= value + 1e-9
    assert found.gap < 1e-6


@settings(max_examples=40, deadline=None)
@given(cases())
def test_radius__equals_brute_force(case):
    cost, p, _ = case
    m = cost.shape[1]
    must = np.zeros(m, bool)
    best = min(float(cost[:, each].min(axis=1).sum()) for each in sets(m, p))
    sites, bound = _exact(cost, np.arange(m), must, p, np.arange(p), 10.0, 0.0)
    assert float(cost[:, sites].min(axis=1).sum()) == pytest.approx(best)
    assert bound == pytest.approx(best)


def test_hypercube__the_number_busy_is_erlangs():
    rng = np.random.default_rng(1)
    rates = rng.uniform(0.1, 1.0, 9)
    model = hypercube(rng.uniform(0, 1, (9, 4)), rates, 0.7)
    assert model.exact
    assert model.counts == pytest.approx(busy_counts(4, float(rates.sum()) * 0.7))
    assert model.busy.sum() == pytest.approx((np.arange(5) * model.counts).sum())
    assert model.answers.sum() == pytest.approx(1.0 - model.counts[-1])


def test_hypercube__two_units_by_hand():
    """Larson (1974), two units, each nearest to half of the calls: states 0, 1, 2, 3 by balance."""
    load = 0.8
    model = hypercube([[0.0, 1.0], [1.0, 0.0]], [load / 2, load / 2], 1.0)
    none = 1.0 / (1.0 + load + load**2 / 2)
    assert model.counts == pytest.approx([none, load * none, load**2 / 2 * none])
    own = 0.5 * (none + load * none / 2)  # its own unit is free, whatever the other does
    assert model.answers[0, 0] == pytest.approx(own)
    assert model.answers[0, 1] == pytest.approx(0.5 * load * none / 2)


def test_hypercube__the_approximation_is_near_the_exact_answer(monkeypatch):
    rng = np.random.default_rng(4)
    way, rates = rng.uniform(0, 1, (20, 6)), rng.uniform(0.1, 0.3, 20)
    exact = hypercube(way, rates, 0.9)
    monkeypatch.setattr("sispamkota.plan.location.hypercube.EXACT", 3)
    near = hypercube(way, rates, 0.9)
    assert not near.exact
    assert np.abs(near.busy - exact.busy).max() < 0.03  # Larson reports a few per cent


def test_location__refuses_what_is_no_matrix():
    for matrix, p in (([1.0, 2.0], 1), ([[1.0, np.nan]], 1), ([[1.0, 2.0]], 3)):
        with pytest.raises(InputError):
            median(matrix, p)
    with pytest.raises(InputError):
        median([[1.0, 2.0]], 1, weights=[-1.0])


class Silent:
    """A solver whose time is always over before it finds anything."""

    def solve(self, problem, *, seconds, gap, start):
        return Solution("none", np.zeros(0), np.inf, -np.inf)


def test_centre__proves_nothing_that_the_solver_did_not():
    place = np.random.default_rng(3).uniform(0, 100, (30, 2))
    cost = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
    best = centre(cost, 4)
    lost = centre(cost, 4, solver=Silent())
    assert lost.bound <= best.value <= lost.value
    assert lost.gap > 0
    assert best.value <= lost.value <= 2 * best.value + 1e-9  # farthest first, in a metric (Gonzalez 1985)


def test_centre__a_bound_of_more_sites_than_p_is_a_proof():
    class Bound:
        def solve(self, problem, *, seconds, gap, start):
            return Solution("none", np.zeros(0), np.inf, 2.5)

    cost = np.array([[0.0, 9.0, 9.0], [9.0, 0.0, 9.0], [5.0, 6.0, 0.0]])
    found = centre(cost, 2, solver=Bound())
    assert found.value == found.bound == 5.0


@pytest.mark.parametrize(
    ("matrix", "weights", "p", "best"),
    [
        ([[np.inf, 1.0], [1.0, 2.0]], [0.0, 1.0], 1, 1.0),
        ([[np.inf, 1.0, 2.0], [1.0, 2.0, np.inf], [np.inf, np.inf, 3.0]], None, 2, 6.0),
        ([[np.inf, 1.0], [1.0, np.inf]], None, 1, np.inf),
        ([[np.inf, np.inf], [1.0, 2.0]], None, 2, np.inf),
    ],
)
def test_median_and_centre__places_that_no_road_reaches(matrix, weights, p, best):
    found = median(matrix, p, weights=weights, seconds=5.0)
    assert (found.value, found.bound, found.gap) == (best, best, 0.0)
    far = centre(matrix, p, weights=weights, seconds=5.0)
    assert far.value == far.bound
    assert np.isfinite(far.value) == np.isfinite(best)


def test_relocate__refuses_more_units_than_sites_and_says_when_time_is_short():
    with pytest.raises(InputError):
        relocate([[1.0, 2.0]], 3, within=1.0, load=1.0)
    cost = np.random.default_rng(1).uniform(0, 30, (300, 60))
    with pytest.raises(InputError, match="none"):
        relocate(cost, 40, within=9, load=9.0, moves=1, seconds=0.0)
