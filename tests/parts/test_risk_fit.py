from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from parts.risk_fixture import counts_of, grid, prior_of, small
from sispamkota.errors import InputError
from sispamkota.risk.field import build_field
from sispamkota.risk.fit import fit_fast, standardised
from sispamkota.risk.hours import fit_hours, kernel
from sispamkota.risk.predict import Worlds, prior_counts
from sispamkota.risk.prior import Prior, hazard_model
from sispamkota.risk.riskmap import ALL_HOURS, RiskMap
from sispamkota.risk.shares import Places, Spread, find_mode, moments, redraw

MODEL = hazard_model()


@pytest.fixture(scope="module")
def fitted():
    return fit_fast(small(), prior_of())


def same(one, two, *, order=slice(None), tolerance=1e-8):
    np.testing.assert_allclose(two.mean, one.mean[order], rtol=tolerance)
    np.testing.assert_allclose(two.log_sd, one.log_sd[order], rtol=tolerance)
    np.testing.assert_allclose(two.shape, one.shape[order], rtol=tolerance)


# --- the three factors against what is exact --------------------------------------------------------------------------


def test_level__is_the_conjugate_gamma(fitted):
    counts, prior = small(), prior_of()
    seen = counts.totals.sum(axis=0)
    np.testing.assert_allclose(fitted.level_shape, prior.shape + seen)
    before = prior.shape / prior.rate.mean(axis=1)
    np.testing.assert_allclose(fitted.level, (prior.shape + seen) / (before + counts.watched))


def test_fit__rates_of_the_places_add_up_to_the_citys(fitted):
    np.testing.assert_allclose(fitted.share.mean.sum(axis=0), 1.0, rtol=1e-9)
    np.testing.assert_allclose(fitted.mean.sum(axis=0).mean(axis=1), fitted.level, rtol=1e-9)


def dense_laplace(places, spread):
    """The same approximation written out over all log weights, (k·i) in one vector."""
    n, kinds = places.events.shape
    value, axis = places.field.spectrum()
    own = (axis * (1 - spread.phi + spread.phi * value)) @ axis.T * spread.sigma**2
    own += places.slope**2 * places.covariates @ places.covariates.T
    cov = np.kron(np.ones((kinds, kinds)), own) + spread.tau**2 * np.eye(n * kinds)
    f = np.zeros(n * kinds)
    for _ in range(200):
        log = f.reshape(kinds, n) + places.offset.T
        share = np.exp(log - log.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        total = places.totals
        curve = np.zeros((n * kinds,) * 2)
        for k in range(kinds):
            at = slice(k * n, (k + 1) * n)
            curve[at, at] = total[k] * (np.diag(share[k]) - np.outer(share[k], share[k]))
        slope = (places.events.T - total[:, None] * share).ravel()
        moved = cov @ np.linalg.solve(np.eye(n * kinds) + curve @ cov, curve @ f + slope)
        done = np.abs(moved - f).max() < 1e-12
        f = f + 0.7 * (moved - f) if not done else moved
        if done:
            break
    after = cov @ np.linalg.inv(np.eye(n * kinds) + curve @ cov)
    fit = (places.events.T * np.log(share)).sum()
    evidence = fit - 0.5 * f @ np.linalg.solve(cov, f) - 0.5 * np.linalg.slogdet(np.eye(n * kinds) + curve @ cov)[1]
    variance = []
    for k in range(kinds):
        linear = np.eye(n) - share[k]
        variance.append(np.diag(linear @ after[k * n : (k + 1) * n, k * n : (k + 1) * n] @ linear.T))
    return np.log(share).T, np.array(variance).T, evidence


def places_in(rng, *, pairs, n):
    events = rng.poisson(rng.uniform(0.2, 3.0, (n, 1)) * np.array([0.3, 2.0, 5.0]))
    events[0] += 1
    field = build_field(n, pairs, unstructured=2 / 3)
    offset, idle = np.log(rng.dirichlet(np.full(n, 5.0), 3)).T, np.log(rng.dirichlet(np.full(n, 5.0), 1)).T
    return Places(events.astype(float), offset, idle, standardised(rng.standard_normal((n, 2))), field, 0.3)


@pytest.mark.parametrize("parts", ["one", "islands"])
def test_shares__are_laplaces_approximation_written_out_densely(parts):
    rng = np.random.default_rng(4)
    pairs, n = (grid(4, 5), 20) if parts == "one" else (np.vstack([grid(3, 4), grid(1, 5) + 12]), 19)
    places = places_in(rng, pairs=pairs, n=n)
    one, two = Spread(0.8, 0.6, 0.4), Spread(0.2, 0.1, 0.9)
    evidence = []
    for spread in (one, two):
        mode = find_mode(places, spread)
        got = moments(mode)
        log, variance, dense = dense_laplace(places, spread)
        np.testing.assert_allclose(got.mean, log, atol=2e-5)
        np.testing.assert_allclose(got.variance, variance, rtol=1e-4)
        evidence.append((mode.evidence, dense))
    assert evidence[0][0] - evidence[1][0] == pytest.approx(evidence[0][1] - evidence[1][1], abs=1e-4)


def test_shares__weighted_draws_have_the_moments_of_the_mode_where_counts_are_high():
    places = places_in(np.random.default_rng(4), pairs=grid(4, 5), n=20)
    places = replace(places, events=places.events * 40)
    mode = find_mode(places, Spread(0.5, 0.5, 0.3))
    got = moments(mode)
    log, weight = redraw(mode, np.random.default_rng(1), 20_000)
    weight = np.exp(weight) / np.exp(weight).sum()
    mean = np.tensordot(weight, log, 1)
    variance = np.tensordot(weight, (log - mean) ** 2, 1)
    np.testing.assert_allclose(variance[:, :3], got.variance, rtol=0.1)
    np.testing.assert_allclose(variance[:, 3], got.variance_unseen[:, 0], rtol=0.1)
    assert np.ptp(mean[:, :3] - got.mean, axis=0).max() < 0.05


@pytest.mark.parametrize("events", [(3, 0), (1, 1), (9, 2)])
def test_shares__of_two_places_are_those_of_an_integral(events):
    """log s₁/s₂ is normal before and the counts binomial: posterior and evidence by a sum over 20,001 points."""
    spread, offset = Spread(1.2, 0.0, 0.9), np.log([0.3, 0.7])
    field = build_field(2, np.empty((0, 2), np.int64), unstructured=2 / 3)
    places = Places(np.array(events, float)[:, None], offset[:, None], np.empty((2, 0)), np.empty((2, 0)), field, 0.3)
    mode = find_mode(places, spread)
    log, weight = redraw(mode, np.random.default_rng(1), 60_000)
    sd = np.sqrt(2 * (spread.sigma**2 + spread.tau**2))
    apart = np.linspace(-9 * sd, 9 * sd, 20_001)
    first = 1.0 / (1.0 + np.exp(-(apart + offset[0] - offset[1])))
    law = stats.norm.pdf(apart, scale=sd) * first ** events[0] * (1 - first) ** events[1]
    got = np.exp(weight) @ np.exp(log[:, 0, 0]) / np.exp(weight).sum()
    assert got == pytest.approx((law * first).sum() / law.sum(), abs=0.01)
    # evidence over Laplace's, which is over the data alone: at another spread it differs by as much as the integral
    other = Spread(0.3, 0.0, 0.2)
    before = find_mode(places, other)
    less = redraw(before, np.random.default_rng(1), 60_000)[1]
    narrow = stats.norm.pdf(apart, scale=np.sqrt(2 * (0.3**2 + 0.2**2))) * first ** events[0] * (1 - first) ** events[1]
    found = mode.evidence - before.evidence + np.log(np.exp(weight).mean() / np.exp(less).mean())
    assert found == pytest.approx(np.log(law.sum() / narrow.sum()), abs=0.02)


def test_fit__moments_are_those_of_its_draws(fitted):
    draws = fitted.draws(20_000, seed=3)
    np.testing.assert_allclose(draws.share.mean(axis=0), fitted.share.mean, rtol=0.05)
    assert fitted.diagnostics["effective_draws"] > 500
    relative = draws.share.var(axis=0) / draws.share.mean(axis=0) ** 2
    np.testing.assert_allclose(relative, fitted.share.variance, rtol=0.15)
    np.testing.assert_allclose(draws.profile.mean(axis=0), fitted.profile.mean, rtol=0.05)
    np.testing.assert_allclose(draws.share.sum(axis=1), 1.0)


def test_hours__without_events_the_profile_is_the_priors():
    rate = prior_of(("vandalism", "tps-disruption")).rate
    mean, _, _, _ = fit_hours(np.zeros((2, 24)), np.full(24, 30.0), rate, MODEL).moments()
    np.testing.assert_allclose(mean[0], 1.0, rtol=1e-9)
    assert (mean[1] > 0).tolist() == (rate[1] > 0).tolist()
    np.testing.assert_allclose(mean[1][rate[1] > 0], 24 / 15, rtol=0.05)


def test_hours__many_events_show_their_own_profile_and_few_do_not():
    truth = 1.0 + 0.8 * np.sin(2 * np.pi * np.arange(24) / 24)
    rate = np.full((1, 24), 0.1)
    rng = np.random.default_rng(0)
    for events, share in ((20_000, 0.05), (3, 0.9)):
        timed = rng.multinomial(events, truth / truth.sum())[None].astype(float)
        mean, relative, _, _ = fit_hours(timed, np.full(24, 30.0), rate, MODEL).moments()
        if events > 10:
            np.testing.assert_allclose(mean[0], truth, atol=0.1)
            assert np.sqrt(relative[0].diagonal()).max() < 0.2
        else:
            assert np.abs(mean[0] - 1.0).max() < share


def test_hours__the_kernel_is_cyclic_and_a_covariance():
    smooth = kernel(3.0)
    assert smooth[0, 23] == pytest.approx(smooth[0, 1])
    assert np.linalg.eigvalsh(smooth).min() > 0


# --- what must not matter ---------------------------------------------------------------------------------------------


def test_fit__permuting_the_places_permutes_the_rates():
    counts, prior = small(), prior_of()
    order = np.random.default_rng(1).permutation(16)
    same(fit_fast(counts, prior), fit_fast(counts.take(order), prior), order=order)


def test_fit__the_unit_of_an_indicator_does_not_matter():
    counts, prior = small(), prior_of()
    scaled = replace(counts, covariates=counts.covariates * 1e4 - 7.0)
    same(fit_fast(counts, prior), fit_fast(scaled, prior))


def test_fit__an_indicator_that_is_everywhere_the_same_does_nothing():
    counts, prior = small(), prior_of()
    column = np.column_stack([counts.covariates, np.full(16, 0.1)])
    same(fit_fast(counts, prior), fit_fast(replace(counts, covariates=column, names=("x0", "flat")), prior))


def test_fit__the_unit_of_the_population_does_not_matter():
    counts, prior = small(), prior_of()
    same(fit_fast(counts, prior), fit_fast(replace(counts, population=counts.population / 1e3), prior))


def test_fit__an_indicator_that_tells_moves_the_rates_and_an_unknown_cell_is_average():
    rng = np.random.default_rng(2)
    column = rng.standard_normal((25, 1))
    rates = np.exp(0.8 * column) * np.ones((25, 2))
    events = rng.poisson(0.4 * rates[:, :, None] * np.ones(24))
    counts = counts_of(events, neighbours=grid(5, 5), covariates=column)
    with_it = fit_fast(counts, prior_of())
    without = fit_fast(replace(counts, covariates=np.zeros((25, 0)), names=()), prior_of())
    truth = rates[:, 0] / rates[:, 0].sum()
    error = [np.abs(np.log(each.share.mean[:, 0] / truth)).mean() for each in (with_it, without)]
    assert error[0] < error[1]
    assert standardised(np.array([[1.0], [3.0], [np.nan]])).ravel().tolist() == [-1.0, 1.0, 0.0]


# --- thin data --------------------------------------------------------------------------------------------------------


def test_fit__without_a_single_event_or_hour_it_is_the_prior():
    prior = prior_of()
    counts = counts_of(np.zeros((9, 2, 24)), days=0.0, neighbours=grid(3, 3), population=np.arange(1.0, 10.0))
    fitted = fit_fast(counts, prior)
    np.testing.assert_allclose(fitted.level, prior.rate.mean(axis=1))
    np.testing.assert_allclose(fitted.level_shape, prior.shape)
    np.testing.assert_allclose(fitted.share.mean[:, 0], np.arange(1.0, 10.0) / 45.0, rtol=0.12)
    worlds, rng = Worlds(counts, prior), np.random.default_rng(0)
    sigma = np.array([worlds.draw(rng).spread.sigma for _ in range(2000)])
    assert fitted.spreads["sigma"][0] == pytest.approx(sigma.mean(), rel=0.1)


def test_fit__events_narrow_and_hours_without_events_lower_the_rates():
    prior = prior_of()
    quiet = fit_fast(counts_of(np.zeros((9, 2, 24)), days=400.0, neighbours=grid(3, 3)), prior)
    assert (quiet.level < prior.rate.mean(axis=1)).all()
    few, many = (fit_fast(small(mean=mean), prior) for mean in (0.05, 2.0))
    assert (many.log_sd < few.log_sd).all()


@pytest.mark.parametrize("n", [1, 2])
def test_fit__one_place_or_two(n):
    fitted = fit_fast(counts_of(np.ones((n, 2, 24))), prior_of())
    np.testing.assert_allclose(fitted.share.mean, 1.0 / n, rtol=1e-3)
    assert np.isfinite(fitted.log_sd).all()


def test_fit__islands_and_a_place_without_neighbours():
    counts = small()
    fitted = fit_fast(replace(counts, neighbours=np.array([[0, 1], [1, 2], [4, 5], [5, 6]])), prior_of())
    assert np.isfinite(fitted.log_mean).all()
    assert fitted.share.mean.sum(axis=0) == pytest.approx(1.0)


def test_fit__events_in_a_closed_hour_are_refused_by_name():
    kinds = ("tps-disruption",)
    events = np.zeros((4, 1, 24))
    events[0, 0, 3] = 2
    with pytest.raises(InputError, match="tps-disruption at hour 3"):
        fit_fast(counts_of(events, kinds=kinds), prior_of(kinds))


def test_prior__a_kind_without_a_rate_is_named():
    with pytest.raises(InputError, match="a rate of medical"):
        Prior.load(["pilkada"], ("medical", "clash"))


def test_prior__two_tables_add_and_keep_the_variance():
    both = Prior.load(["pilkada", "season"], ("vandalism",))
    one, two = (Prior.load([name], ("vandalism",)) for name in ("pilkada", "season"))
    np.testing.assert_allclose(both.rate, one.rate + two.rate)
    means = [each.rate.mean() for each in (one, two)]
    wanted = sum(means) ** 2 / sum(m**2 / each.shape[0] for m, each in zip(means, (one, two), strict=True))
    assert both.shape[0] == pytest.approx(wanted)


def test_prior_counts__are_negative_binomial_as_the_table_says():
    """The city's count over 10 days has the gamma-Poisson law of the table's mean and shape."""
    prior = prior_of()
    table = prior_counts(small(), prior, days=10.0, seed=1, worlds=1500)
    for row, rate, shape in zip(table.itertuples(), prior.rate, prior.shape, strict=True):
        mean = rate.sum() * 10.0
        assert row.mean == pytest.approx(mean, rel=0.1)
        assert row.high == pytest.approx(stats.nbinom.ppf(0.95, shape, shape / (shape + mean)), abs=2)
    assert table["tag"].tolist() == ["assumed", "assumed"]
    assert ((table["busiest_low"] > 1 / 16) & (table["busiest_high"] <= 1)).all()


# --- the risk map -----------------------------------------------------------------------------------------------------


def parts_of(riskmap, place, kind):
    rows = riskmap.table.query("place == @place and kind == @kind")
    return rows[rows["hour"].isin([ALL_HOURS, 12])]


def test_riskmap__rates_add_up_to_the_posteriors(fitted):
    riskmap = fitted.to_riskmap("x", source="t")
    np.testing.assert_allclose(riskmap.to_array(fitted.places, fitted.kinds), fitted.mean, rtol=1e-12)


def test_riskmap__two_parts_keep_variance_of_places_and_of_the_city(fitted):
    """c²/k₁ is what places share, (1 − c)²/k₂ what is a place's own; weighted, they are the city's 1/shape."""
    riskmap = fitted.to_riskmap("x", source="t")
    shares = fitted.share.mean
    for k, kind in enumerate(fitted.kinds):
        common, city = [], 0.0
        for i, place in enumerate(fitted.places):
            rows = parts_of(riskmap, place, kind)
            assert len(rows) == 2
            part = rows["rate_per_h"] / rows["rate_per_h"].sum()
            variance = (part**2 / rows["shape"]).to_numpy()
            assert variance.sum() == pytest.approx(fitted.variance[i, k], rel=0.01)
            shared = (rows["draw"] == f"{kind}@*").to_numpy()
            common.append(variance[shared].item())
            city += shares[i, k] ** 2 * variance[~shared].item()
        assert np.ptp(common) < 1e-12
        assert common[0] + city == pytest.approx(1.0 / fitted.level_shape[k], rel=0.01)


def test_riskmap__what_the_engine_draws_from_it_has_the_posteriors_spread(fitted):
    """One gamma factor a draw, as the engine does; the interval of the map holds about 90 % of the sums."""
    riskmap = fitted.to_riskmap("x", source="t")
    table = riskmap.table[riskmap.table["hour"].isin([ALL_HOURS, 12])]
    rng = np.random.default_rng(0)
    first = table.groupby("draw")["shape"].first()
    factor = {draw: rng.gamma(shape, 1.0 / shape, 20_000) for draw, shape in first.items()}
    for (place, kind), rows in table.groupby(["place", "kind"]):
        i, k = fitted.places.index(place), fitted.kinds.index(kind)
        total = sum(r.rate_per_h * factor[r.draw] for r in rows.itertuples())
        assert total.mean() == pytest.approx(fitted.mean[i, k, 12], rel=0.03)
        assert total.var() / total.mean() ** 2 == pytest.approx(fitted.variance[i, k], rel=0.1)
        inside = (total >= rows["low_per_h"].sum()) & (total <= rows["high_per_h"].sum())
        assert 0.87 < inside.mean() < 0.97


def test_riskmap__the_city_as_the_engine_draws_it_is_nearly_the_gamma_level(fitted):
    table = fitted.to_riskmap("x", source="t").table
    table = table[table["hour"].isin([ALL_HOURS, 12])]
    rng = np.random.default_rng(0)
    for k, kind in enumerate(fitted.kinds):
        rows = table[table["kind"] == kind]
        by_draw = rows.groupby("draw").agg(rate=("rate_per_h", "sum"), shape=("shape", "first"))
        total = sum(row.rate * rng.gamma(row.shape, 1 / row.shape, 20_000) for row in by_draw.itertuples())
        law = stats.gamma(fitted.level_shape[k], scale=1.0 / fitted.level_shape[k])
        got = np.quantile(total / total.mean(), [0.05, 0.5, 0.95])
        np.testing.assert_allclose(got, law.ppf([0.05, 0.5, 0.95]), atol=0.15 * law.std() + 0.01)
        assert by_draw["shape"].min() > 0.05


def test_riskmap__can_be_saved_and_read_again(fitted, tmp_path):
    riskmap = fitted.to_riskmap("fitted", source="incidents.csv", note="few events")
    riskmap.save(tmp_path / "map")
    again = RiskMap.load(tmp_path / "map")
    np.testing.assert_allclose(again.to_array(fitted.places, fitted.kinds), fitted.mean)
    assert set(again.table["draw"]) == set(riskmap.table["draw"])
    assert set(again.table["tag"]) == {"estimated"}


def test_riskmap__the_interval_is_that_of_the_gamma_match(fitted):
    low, high = fitted.interval()
    i, k, hour = 3, 1, 7
    law = stats.gamma(fitted.shape[i, k, hour], scale=fitted.mean[i, k, hour] / fitted.shape[i, k, hour])
    assert (low[i, k, hour], high[i, k, hour]) == pytest.approx((law.ppf(0.05), law.ppf(0.95)))


def test_model__a_users_file_is_checked_with_all_faults(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(
        "kind: hazard-model\nversion: 1\nplace_spread: {value: 3, low: 1, high: 2, source: x, tag: guess}\n"
    )
    with pytest.raises(InputError) as caught:
        hazard_model(path=path)
    assert {"kind_spread", "tail", "place_spread.tag"} <= {fault.field for fault in caught.value.faults}
