"""Self-exciting histories: the simulator against exact laws, the fit against the simulator, hot spots left alone."""

import math

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import binom, chisquare, kstest, norm

from sispamkota.risk.branching import Clock, Incidents, Process, excitation, log_likelihood, residuals, simulate
from sispamkota.risk.clusters import Fit, _dealt, chance_of, unequal
from sispamkota.risk.hawkes import clock_of, spreads_of

LEVEL = norm.ppf(1 - 5e-6)  # two-sided 1e-5
MEMORIES = (0.25, 876.0)
PLACES = 20
CENTRES = np.array([[x * 1000.0, y * 1000.0] for x in range(5) for y in range(4)])


def spots(seed=0):
    """Shares of twenty places, very unlike."""
    weight = np.random.default_rng(seed).gamma(0.7, 1, PLACES)
    return weight / weight.sum()


def process_of(ratio, incidents, *, days=365, memory=6.0, clock=None, spread=None):
    """A law by which about so many incidents come."""
    clock = clock or Clock.even(days)
    return Process(spots() * incidents * (1 - ratio) / clock.hours, clock, ratio, 1 / memory, spread)


# --- the simulator against exact laws ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("ratio", "level"), [(0.3, 0.02), (0.6, 0.03)])
def test_simulate__rate_and_fano(ratio, level):
    """Rate μ/(1-n); variance over mean of counts in windows of 200 memories 1/(1-n)², less what the edges take."""
    process = Process(np.array([1.0]), Clock.even(1000), ratio, 1.0)
    counts = np.concatenate(
        [np.bincount((simulate(process, seed=3, replicate=r, warm_days=5).when // 200).astype(int), minlength=120)
         for r in range(20)]
    )  # fmt: skip
    z = (counts.mean() / 200 - 1 / (1 - ratio)) / (counts.std() / math.sqrt(counts.size) / 200)
    assert abs(z) < LEVEL
    spread = math.sqrt(2 / counts.size)  # of a variance, about
    assert counts.var() / counts.mean() == pytest.approx(1 / (1 - ratio) ** 2, rel=4 * spread)
    assert counts.mean() / 200 == pytest.approx(1 / (1 - ratio), rel=level)


def test_simulate__clusters_are_borel():
    """Sizes of clusters: P(n) = e^(-mn) (mn)^(n-1) / n!, mean 1/(1-m); the first values as published for m = .6."""
    m = 0.6
    borel = np.array([math.exp(-m * n + (n - 1) * math.log(m * n) - math.lgamma(n + 1)) for n in range(1, 400)])
    np.testing.assert_allclose(borel[:6], [0.548812, 0.180717, 0.089261, 0.052254, 0.033606, 0.022949], atol=5e-5)
    early = Clock(np.ones(24), np.array([2.0, 0.0]), np.zeros(2, np.int64))  # nothing begins on the second day
    process = Process(np.array([500.0]), early, m, 50.0)
    sizes = np.unique(simulate(process, seed=5).cluster, return_counts=True)[1]
    assert abs(sizes.mean() - 1 / (1 - m)) < LEVEL * math.sqrt(m / (1 - m) ** 3 / sizes.size)
    seen = np.bincount(np.minimum(sizes, 12))[1:]
    expected = np.append(borel[:11], 1 - borel[:11].sum()) * sizes.size
    assert chisquare(seen, expected).pvalue > 1e-5


def test_simulate__follows_places_hours_phases_and_spread():
    """Without contagion counts follow the product of the three; children go where the column of their parent says."""
    phase = np.repeat([0, 60], [60, 40])
    clock = Clock(np.linspace(0.5, 1.5, 24), np.repeat([0.5, 1.75], [60, 40]), phase)
    plain = simulate(Process(np.array([1.0, 3.0]), clock, 0.0, 1.0), seed=2)
    late = (plain.when >= 60 * 24).mean()
    assert late == pytest.approx(0.7, abs=0.02)
    assert (plain.place == 1).mean() == pytest.approx(0.75, abs=0.02)
    assert (plain.when % 24).mean() == pytest.approx((clock.by_hour * (np.arange(24) + 0.5)).mean(), abs=0.2)
    assert kstest(np.diff(clock.passed(plain.when), prepend=0.0) * 4.0, "expon").pvalue > 1e-4
    one_way = np.array([[0.0, 0.0], [1.0, 1.0]])
    made = simulate(Process(np.array([1.0, 0.0]), Clock.even(200), 0.5, 1.0, one_way), seed=2)
    assert (made.place == 1).mean() == pytest.approx(0.5, abs=0.03)  # all but the firsts, half of all


def test_simulate__is_a_function_of_its_name():
    process = process_of(0.5, 200)
    one, again, other = (simulate(process, seed=4, replicate=r) for r in (1, 1, 2))
    assert one.when.tobytes() == again.when.tobytes()
    assert one.when.size != other.when.size or not np.array_equal(one.when, other.when)
    with pytest.raises(ValueError, match="ratio"):
        simulate(process_of(1.0, 10), seed=1)


# --- the likelihood ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("near", [False, True])
def test_likelihood__is_the_plain_sum_and_integral(near):
    """All pairs, and the compensator by quadrature between incidents."""
    spread = spreads_of(CENTRES)[1000.0] if near else None
    clock = Clock(np.linspace(0.5, 1.5, 24), np.repeat([0.5, 1.5], 5), np.repeat([0, 5], 5))
    process = process_of(0.6, 60, clock=clock, memory=5.0, spread=spread)
    made = simulate(process, seed=6)
    h = np.eye(PLACES) if spread is None else spread

    def rate(t, p):
        """The intensity at times t (array) and one place, incident by incident."""
        age = t[:, None] - made.when
        excited = np.where(age > 0, h[p, made.place] * process.decay * np.exp(-process.decay * np.maximum(age, 0)), 0)
        return process.background[p] * clock.factor(t) + process.ratio * excited.sum(axis=1)

    def integral(until):
        """The intensity of all places, by Gauss's rule between incidents and full hours."""
        nodes, weights = np.polynomial.legendre.leggauss(12)
        edges = np.unique([0.0, *made.when[made.when <= until], *np.arange(0, until), until])
        half = np.diff(edges) / 2
        t = (edges[:-1] + half)[:, None] + half[:, None] * nodes
        total = sum(rate(t.ravel(), p) for p in range(PLACES)).reshape(t.shape)
        return float((total @ weights) @ half)

    logs = sum(np.log(rate(np.array([t]), p)[0]) for t, p in zip(made.when, made.place, strict=True))
    assert log_likelihood(process, made) == pytest.approx(logs - integral(240.0), abs=1e-6)
    assert residuals(process, made).sum() == pytest.approx(integral(made.when[-1]), abs=1e-6)


@pytest.mark.parametrize("near", [False, True])
def test_fit__gains_and_slopes_are_those_of_the_likelihood(near):
    spread = spreads_of(CENTRES)[1000.0] if near else None
    made = simulate(process_of(0.5, 80, spread=spread), seed=7)
    fit = Fit(made, Clock.even(365), spread, MEMORIES, PLACES)
    rng = np.random.default_rng(1)
    point = np.array([*rng.uniform(0.2, 0.9, fit.counts.size), 0.4, math.log(0.1)])
    value, slope = fit._loss(point)
    np.testing.assert_allclose(slope, approx_fprime(point, lambda x: fit._loss(x)[0], 1e-7), rtol=1e-4, atol=1e-3)
    background = np.zeros(PLACES)
    background[fit.used] = point[:-2] * fit.counts / fit.mass
    h = None
    if spread is not None:  # children at places that never had an incident are left out of the fit's places
        h = np.zeros((PLACES, PLACES))
        h[np.ix_(fit.used, fit.used)] = spread[np.ix_(fit.used, fit.used)]
    alone = Process(np.bincount(made.place, minlength=PLACES) / fit.mass, fit.clock, 0.0, 1.0)
    law = Process(background, fit.clock, 0.4, 0.1, h)
    assert -value == pytest.approx(log_likelihood(law, made) - log_likelihood(alone, made), abs=1e-6)


def test_residuals__are_exponential_under_the_law_and_not_under_another():
    process = process_of(0.6, 1500, memory=4.0)
    made = simulate(process, seed=8)
    assert kstest(residuals(process, made), "expon").pvalue > 1e-3
    hot = Process(np.bincount(made.place, minlength=PLACES) / process.clock.hours, process.clock, 0.0, 1.0)
    assert kstest(residuals(hot, made), "expon").pvalue < 1e-8


def test_excitation__both_ways_agree():
    """The pass by place equals the general one with nothing spread."""
    made = simulate(process_of(0.5, 300), seed=9)
    for one, two in zip(
        excitation(made, 0.2, None, PLACES), excitation(made, 0.2, np.eye(PLACES), PLACES), strict=True
    ):
        np.testing.assert_allclose(one, two, atol=1e-12)


# --- recovery ---------------------------------------------------------------------------------------------------------


def test_fit__recovers_a_long_history():
    fit = Fit(simulate(process_of(0.5, 3000, days=1500), seed=10), Clock.even(1500), None, MEMORIES, PLACES)
    assert fit.best.ratio == pytest.approx(0.5, abs=0.05)
    assert 1 / fit.best.decay == pytest.approx(6.0, rel=0.15)
    low, high = fit.interval("ratio")
    assert low < fit.best.ratio < high
    assert fit.followed(fit.best) == pytest.approx(0.5, abs=0.05)
    assert fit.background(fit.best).sum() == pytest.approx(1500 / (1500 * 24), rel=0.1)


def test_fit__finds_how_far_contagion_reaches():
    """Children within a kilometre: the likelihood is largest for that width, and own places alone do much worse."""
    spreads = spreads_of(CENTRES)
    assert list(spreads) == [0.0, 500.0, 1000.0, 2000.0, 4000.0]
    np.testing.assert_allclose(spreads[1000.0].sum(axis=0), 1.0)
    made = simulate(process_of(0.5, 600, spread=spreads[1000.0]), seed=11)
    gains = {metres: Fit(made, Clock.even(365), h, MEMORIES, PLACES).best.gain for metres, h in spreads.items()}
    assert max(gains, key=gains.get) == 1000.0
    assert gains[1000.0] > gains[0.0] + 20


@pytest.mark.slow
@pytest.mark.parametrize(("ratio", "incidents", "memory"), [(0.5, 50, 6.0), (0.5, 100, 6.0), (0.3, 100, 24.0)])
def test_fit__intervals_of_90_percent_cover(ratio, incidents, memory):
    """In 200 histories; the band is the exact binomial 99 % one around 0.88: many places cost two in a hundred."""
    process, hits = process_of(ratio, incidents, memory=memory), np.zeros(2)
    for replicate in range(200):
        fit = Fit(simulate(process, seed=9, replicate=replicate), process.clock, None, MEMORIES, PLACES)
        for i, (what, true) in enumerate((("ratio", ratio), ("memory", memory))):
            low, high = fit.interval(what)
            hits[i] += low <= true <= high
    assert (hits >= binom.ppf(0.005, 200, 0.88)).all()
    assert (hits <= binom.ppf(0.995, 200, 0.90)).all()


# --- hot spots are not contagion --------------------------------------------------------------------------------------


def called(process, *, histories, replicates, seed, phases=(), near=(None,)):
    """In how many histories the test sees contagion at 5 %, with the clock taken from the history itself."""
    days, count = process.clock.by_day.size, 0
    for replicate in range(histories):
        made = simulate(process, seed=seed, replicate=replicate)
        clock = clock_of(made.when, days=days, starts=phases)
        rng = np.random.default_rng([seed, replicate])
        count += chance_of(made, clock, list(near), (0.25, 2.4 * days), replicates, rng) <= 0.05
    return count


RUSH = Clock(
    1 + 0.9 * np.sin(np.arange(24) / 24 * 2 * math.pi), np.repeat([0.6, 2.6], [292, 73]), np.repeat([0, 292], [292, 73])
)


def test_hot_spots__are_not_called_contagious_more_often_than_stated():
    """Places very unlike, hours and two phases too: 5 in 100, by the exact binomial bound of 1 in 1,000."""
    hot = process_of(0.0, 80, clock=RUSH)
    assert called(hot, histories=60, replicates=39, seed=12, phases=[292]) <= binom.ppf(0.999, 60, 0.05)


def test_dealt__keeps_what_hot_spots_explain():
    """Each history to compare with has the same times of day, and as many incidents in each phase; the days are new."""
    made = simulate(process_of(0.5, 300, clock=RUSH), seed=17)
    dealt = _dealt(made.when, RUSH, 50, np.random.default_rng(1))
    late = (made.when >= 292 * 24).sum()
    for row in dealt:
        np.testing.assert_allclose(np.sort(row % 24), np.sort(made.when % 24), atol=1e-9)
        assert (row >= 292 * 24).sum() == late
        assert row.max() < 365 * 24
    days = (dealt[dealt >= 292 * 24] // 24).astype(int)
    assert chisquare(np.bincount(days - 292, minlength=73)).pvalue > 1e-4
    assert len({tuple(row) for row in dealt}) == 50


def test_contagion__is_called():
    """Every third incident begets another within hours: seen in at least 9 of 10 histories of 50 incidents."""
    assert called(process_of(0.3, 50), histories=20, replicates=39, seed=13) >= 18


def test_phases__what_is_not_said_looks_like_contagion():
    """The limit of the method, so stated: a season without its dates is taken for a long memory."""
    hot = process_of(0.0, 300, clock=RUSH)
    assert called(hot, histories=10, replicates=39, seed=14) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("near", [False, True])
def test_hot_spots__the_chance_is_uniform(near):
    """400 histories without contagion: the share called at 5 % inside the exact binomial 99.9 % band."""
    spreads = tuple(spreads_of(CENTRES).values()) if near else (None,)
    hot = process_of(0.0, 60, clock=RUSH)
    count = called(hot, histories=400, replicates=39, seed=15, phases=[292], near=spreads)
    assert binom.ppf(0.0005, 400, 0.05) <= count <= binom.ppf(0.9995, 400, 0.05)


def test_unequal__tells_hot_spots_from_chance():
    rng = np.random.default_rng(16)
    assert unequal(np.array([30, 1, 2, 1]), 199, rng) == 1 / 200
    chances = [unequal(rng.multinomial(60, np.full(10, 0.1)), 39, rng) for _ in range(200)]
    assert np.mean(np.array(chances) <= 0.05) <= binom.ppf(0.999, 200, 0.05) / 200


def test_incidents__are_sorted():
    made = Incidents.of(np.array([3.0, 1.0]), np.array([0, 1]))
    assert made.when.tolist() == [1.0, 3.0]
    assert made.place.tolist() == [1, 0]
