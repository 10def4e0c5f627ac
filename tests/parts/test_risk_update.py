import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parts.risk_fixture import prior_of, small
from sispamkota.errors import InputError
from sispamkota.risk.fit import fit_fast
from sispamkota.risk.riskmap import ALL_HOURS, COLUMNS, RiskMap
from sispamkota.risk.update import TRAIL, Report, update

ROWS = (
    ("a", "clash", ALL_HOURS, 0.1, 2.0, "clash"), ("b", "clash", ALL_HOURS, 0.3, 2.0, "clash"),
    ("a", "fire", 7, 0.2, 3.0, "fire@a"), ("a", "fire", 8, 0.4, 3.0, "fire@a"),
    ("b", "threat", ALL_HOURS, 0.05, 1.0, "t"),
)  # fmt: skip
EVEN = np.full(24, 1.0)


def map_of(rows=ROWS):
    table = pd.DataFrame(rows, columns=["place", "kind", "hour", "rate_per_h", "shape", "draw"])
    table = table.assign(low_per_h=0.0, high_per_h=table["rate_per_h"] * 3, source="s", tag="assumed", note="")
    return RiskMap("m", table[list(COLUMNS)])


def by_draw(change):
    return change.trail.set_index("draw")


def same(one, two):
    pd.testing.assert_frame_equal(one.riskmap.table, two.riskmap.table, rtol=1e-9)
    pd.testing.assert_frame_equal(one.trail, two.trail, rtol=1e-9)


def test_update__one_draw_is_the_conjugate_law():
    """Shape 2, 0.4 an hour over 24 hours, four reports, two of one hour: shape 6, rate 2 + 9.6."""
    reports = [Report("r1", "a", "clash", 3), Report("r2", "b", "clash", None), Report("r3", "b", "clash", 5)]
    reports.append(Report("r4", "b", "clash", 5))
    change = update(map_of(), reports, watched=EVEN, until="2024-11-27 06:00")
    row = by_draw(change).loc["clash"]
    assert (row["events"], row["expected"]) == pytest.approx((4.0, 9.6))
    assert (row["shape_before"], row["shape_after"]) == pytest.approx((2.0, 6.0))
    assert row["per_day_after"] / row["per_day_before"] == pytest.approx(6.0 / 11.6)
    assert (row["reports"], row["until"], row["places"]) == ("r1; r2; r3; r4", "2024-11-27 06:00", 2)
    table = change.riskmap.table
    assert table.loc[1, "rate_per_h"] == pytest.approx(0.3 * 6.0 / 11.6)
    assert table.loc[[0, 1], "shape"].tolist() == pytest.approx([6.0, 6.0])
    assert (table["low_per_h"] <= table["rate_per_h"]).all()


def test_update__only_the_hours_that_were_watched_count():
    watched = np.zeros(24)
    watched[7] = 2.0
    row = by_draw(update(map_of(), [Report("r", "a", "fire", 7)], watched=watched)).loc["fire@a"]
    assert row["expected"] == pytest.approx(0.4)
    assert row["shape_after"] == pytest.approx(4.0)


def test_update__without_reports_watching_lowers_rates_and_not_watching_changes_nothing():
    before = map_of()
    quiet = update(before, [], watched=EVEN)
    assert (quiet.riskmap.table["rate_per_h"] < before.table["rate_per_h"]).all()
    assert quiet.riskmap.table["shape"].tolist() == before.table["shape"].tolist()
    nothing = update(before, [], watched=np.zeros(24))
    pd.testing.assert_frame_equal(nothing.riskmap.table, before.table)
    assert nothing.trail.empty
    assert list(nothing.trail.columns) == list(TRAIL)


def test_update__leaves_the_first_map_as_it_was():
    before = map_of()
    copy = before.table.copy()
    update(before, [Report("r", "a", "clash", 3)], watched=EVEN)
    pd.testing.assert_frame_equal(before.table, copy)


@st.composite
def some_reports(draw):
    cells = draw(
        st.lists(st.sampled_from([("a", "clash"), ("b", "clash"), ("a", "fire"), ("b", "threat")]), max_size=12)
    )
    hours = [draw(st.sampled_from([7, 8, None])) for _ in cells]
    return [Report(f"r{n}", *cell, hour) for n, (cell, hour) in enumerate(zip(cells, hours, strict=True))]


SHARED = (
    *ROWS, ("a", "clash", ALL_HOURS, 0.2, 1.5, "clash@a"), ("b", "clash", ALL_HOURS, 0.1, 0.7, "clash@b"),
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(some_reports(), st.randoms(use_true_random=False), st.integers(0, 12))
def test_update__neither_order_nor_batches_matter(reports, random, cut):
    shuffled = list(reports)
    random.shuffle(shuffled)
    for rows in (ROWS, SHARED):
        whole = update(map_of(rows), reports, watched=2 * EVEN)
        same(whole, update(map_of(rows), shuffled, watched=2 * EVEN))
        first = update(map_of(rows), shuffled[:cut], watched=EVEN)
        same(whole, first.then(shuffled[cut:], watched=EVEN))


@settings(max_examples=25, deadline=None)
@given(some_reports(), st.integers(0, 12))
def test_update__of_an_updated_map_is_the_same_where_each_row_has_its_own_draw(reports, cut):
    """Conjugate: the first posterior is the second prior, shapes and rates add."""
    whole = update(map_of(), reports, watched=2 * EVEN)
    first = update(map_of(), reports[:cut], watched=EVEN)
    again = update(first.riskmap, reports[cut:], watched=EVEN)
    for name in ("rate_per_h", "shape"):
        np.testing.assert_allclose(again.riskmap.table[name], whole.riskmap.table[name])


@settings(max_examples=25, deadline=None)
@given(some_reports())
def test_update__accounts_for_every_report(reports):
    change = update(map_of(SHARED), reports, watched=EVEN)
    rated = [r for r in reports if r.id not in change.unrated]
    assert change.trail["events"].sum() == pytest.approx(len(rated))


def test_update__reports_where_the_map_has_no_rate_are_named():
    change = update(map_of(), [Report("x", "b", "fire", 7), Report("y", "a", "fire", 9)], watched=EVEN)
    assert change.unrated == ("x", "y")


def test_update__every_wrong_report_is_named():
    watched = EVEN.copy()
    watched[4] = 0.0
    reports = [
        Report("a", "a", "assembly", 3), Report("b", "a", "clash", 4), Report("b", "a", "clash", 5),
        Report("c", "a", "clash", 24),
    ]  # fmt: skip
    with pytest.raises(InputError) as caught:
        update(map_of(), reports, watched=watched)
    assert [(f.where, f.field) for f in caught.value.faults] == [
        ("report a", "kind"), ("report b", "hour"), ("report b", "id"), ("report c", "hour"),
    ]  # fmt: skip


def test_update__a_city_wide_row_is_refused():
    with pytest.raises(InputError, match="expand"):
        update(RiskMap.load("malang"), [], watched=EVEN)


def test_update__of_shared_factors_is_the_posterior_by_weighted_draws():
    """Common and own factors add up; the truth by 400,000 prior draws weighted by the likelihood."""
    rows = [("a", "clash", ALL_HOURS, 0.05, 2.0, "c"), ("b", "clash", ALL_HOURS, 0.1, 2.0, "c")]
    rows += [("a", "clash", ALL_HOURS, 0.1, 1.0, "a"), ("b", "clash", ALL_HOURS, 0.05, 1.5, "b")]
    counts = {"a": 9, "b": 1}
    reports = [Report(f"{place}{n}", place, "clash", 1) for place, many in counts.items() for n in range(many)]
    change = by_draw(update(map_of(rows), reports, watched=EVEN))
    rng = np.random.default_rng(0)
    g = {draw: rng.gamma(k, 1 / k, 400_000) for draw, k in (("c", 2.0), ("a", 1.0), ("b", 1.5))}
    log = np.zeros(400_000)
    for place, (c, own) in {"a": (0.05, 0.1), "b": (0.1, 0.05)}.items():
        rate = 24 * (c * g["c"] + own * g[place])
        log += counts[place] * np.log(rate) - rate
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    for draw, row in change.iterrows():
        mean = weight @ g[draw]
        assert row["per_day_after"] / row["per_day_before"] == pytest.approx(mean, rel=0.02), draw
        shape = mean**2 / (weight @ (g[draw] - mean) ** 2)
        assert row["shape_after"] == pytest.approx(shape, rel=0.05), draw


def test_update__of_a_fitted_map_moves_the_place_and_less_the_others():
    fitted = fit_fast(small(), prior_of())
    riskmap = fitted.to_riskmap("x", source="t")
    place = fitted.places[4]
    change = update(riskmap, [Report(f"r{n}", place, "clash", 12) for n in range(5)], watched=EVEN / 24)
    before, after = (each.to_array(fitted.places, ["clash"])[:, 0, 12] for each in (riskmap, change.riskmap))
    ratio = after / before
    assert ratio.argmax() == 4
    assert (np.delete(ratio, 4) > 1.0).all()
    assert ratio[4] > 1.5 * np.delete(ratio, 4).max()


@pytest.mark.parametrize("events", [1, 6, 12])
def test_update__of_factors_next_to_nothing_is_the_integral(events):
    """Shapes as a map of few incidents has them: reports at one spot are of that spot, by a sum over a grid of logs."""
    shared, own, silent = 0.52, 0.11, 40
    rows = [(f"p{i}", "clash", ALL_HOURS, 0.002, shared, "c") for i in range(silent)]
    rows += [(f"p{i}", "clash", ALL_HOURS, 0.001, own, f"o{i}") for i in range(silent)]
    reports = [Report(f"r{n}", "p0", "clash", n % 3) for n in range(events)]
    change = by_draw(update(map_of(rows), reports, watched=EVEN))
    u = np.linspace(-130.0, 8.0, 2301)
    g, o = np.exp(u)[:, None], np.exp(u)[None]
    log = shared * u[:, None] - (shared + 24 * 0.002 * silent) * g + own * u[None] - (own + 24 * 0.001) * o
    log = log + events * np.log(0.002 * g + 0.001 * o)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    for draw, values in (("c", g), ("o0", o)):
        row, mean = change.loc[draw], float((weight * values).sum())
        assert row["per_day_after"] / row["per_day_before"] == pytest.approx(mean, rel=1e-3), draw
        shape = mean**2 / float((weight * (values - mean) ** 2).sum())
        assert row["shape_after"] == pytest.approx(shape, rel=1e-3), draw
    assert change.loc["o0", "events"] + change.loc["c", "events"] == pytest.approx(events, rel=1e-6)


def test_update__where_factors_hang_together_otherwise_is_still_accounted_for():
    """Three factors at one place: no star, shared out in the mean field."""
    rows = [("a", "clash", ALL_HOURS, 0.05, 2.0, "c"), ("a", "clash", ALL_HOURS, 0.1, 1.0, "a")]
    rows += [("a", "clash", ALL_HOURS, 0.02, 1.0, "d"), ("b", "clash", ALL_HOURS, 0.1, 2.0, "c")]
    change = by_draw(update(map_of(rows), [Report("r", "a", "clash", 1), Report("s", "b", "clash", 1)], watched=EVEN))
    assert change["events"].sum() == pytest.approx(2.0)
