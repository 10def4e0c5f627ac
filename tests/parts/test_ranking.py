"""Ranks over all weightings, against other ways to find them: every order of the weights, exact fractions, hand."""

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sispamkota.errors import InputError
from sispamkota.risk.best_rank import fewest_above
from sispamkota.risk.indicators import COLUMNS, Indicators
from sispamkota.risk.ranking import RANK_COLUMNS, rank_places, ranking_figures, ranking_rows, read_weights

FIGURES = ranking_figures()


def indicators(values, *, directions=None, scales=None):
    """A table of places p0 … and indicators x0 …; NaN is unknown and has no row."""
    values = np.asarray(values, float)
    directions = directions or ["up"] * values.shape[1]
    rows = [
        (
            f"p{i:02d}",
            "kelurahan",
            f"x{j}",
            values[i, j],
            "1",
            directions[j],
            "uji",
            "2024-11-01",
            "reported",
            "reported",
        )
        for i, j in np.ndindex(values.shape)
        if np.isfinite(values[i, j])
    ]
    return Indicators("uji", pd.DataFrame(rows, columns=list(COLUMNS)), scales=scales or {})


def ranked(values, **options):
    options = {"draws": 200} | options
    scales = options.pop("scales", None)
    directions = options.pop("directions", None)
    ranking = rank_places(indicators(values, scales=scales, directions=directions), "kelurahan", **options)
    return ranking, ranking.table.set_index("place").sort_index()


def cells_of(points):
    """A weighting inside every part into which the ties of all pairs cut the weightings, exact; 2 or 3 indicators."""
    m = len(points[0])
    lines = {tuple(a - b for a, b in zip(p, q, strict=True)) for p, q in combinations(points, 2)} - {(0,) * m}
    if m == 2:
        cuts = {Fraction(0), Fraction(1)}
        for a, b in lines:  # a w + b (1 - w) = 0
            if a != b and 0 <= (cut := Fraction(-b) / (a - b)) <= 1:
                cuts.add(cut)
        ordered = sorted(cuts)
        return [((u + v) / 2, 1 - (u + v) / 2) for u, v in pairwise(ordered)]
    edges = [*lines, (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    corners = set()
    for (a, b, c), (d, e, f) in combinations(edges, 2):
        cross = (b * f - c * e, c * d - a * f, a * e - b * d)
        total = sum(cross)
        if total and all(Fraction(each) / total >= 0 for each in cross):
            corners.add(tuple(Fraction(each) / total for each in cross))
    # Every part is the hull of corners of it: some three of them have a middle inside it.
    return [tuple(sum(axis) / 3 for axis in zip(*three, strict=True)) for three in combinations(corners, 3)]


def brute(points):
    """Best and worst rank of each place over all parts of the weightings, exact; equals tie with each other."""
    out = [[len(points), 1] for _ in points]
    for weights in cells_of(points):
        scores = [sum(w * x for w, x in zip(weights, point, strict=True)) for point in points]
        tied = any(a == b and p != q for (a, p), (b, q) in combinations(zip(scores, points, strict=True), 2))
        if tied:  # not inside a part
            continue
        for i, score in enumerate(scores):
            out[i][0] = min(out[i][0], 1 + sum(each > score for each in scores))
            out[i][1] = max(out[i][1], sum(each >= score for each in scores))
    return out


# --- the range of ranks -----------------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=2, max_size=9))
def test_range__is_that_of_all_orders_of_two_weights(points):
    points = [*points, (0, 8), (8, 0)]
    _, table = ranked([[x / 8 for x in point] for point in points], draws=20)
    assert table["proven"].all()
    assert table[["best", "worst"]].to_numpy().tolist() == brute(points)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=2, max_size=3))
def test_range__is_that_of_all_parts_of_three_weights(points):
    points = [*points, (0, 4, 2), (4, 0, 1)]
    _, table = ranked([[x / 4 for x in point] for point in points], draws=20)
    used = [
        tuple(x for x, axis in zip(p, zip(*points, strict=True), strict=True) if len(set(axis)) > 1) for p in points
    ]
    if len(used[0]) == 3:
        assert table["proven"].all()
        assert table[["best", "worst"]].to_numpy().tolist() == brute(points)


def test_range__by_hand():
    """A is best by x0, B by x1; C lies under the line between them and is never first; D is under all."""
    _, table = ranked([[1.0, 0.0], [0.0, 1.0], [0.4, 0.4], [0.0, 0.0]])
    assert table[["best", "worst"]].to_numpy().tolist() == [[1, 3], [1, 3], [2, 3], [4, 4]]
    # A is above C where w0 > 0.4, B where w1 > 0.4. D is level with A or B only where one weight is nothing.


def test_range__what_dominates_is_first_and_equals_share_every_rank():
    _, table = ranked([[1.0, 0.9], [0.5, 0.5], [0.5, 0.5], [0.0, 0.1]])
    assert table[["best", "worst"]].to_numpy().tolist() == [[1, 1], [2, 3], [2, 3], [4, 4]]


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000))
def test_range__holds_every_rank_that_a_drawn_weighting_gives(seed):
    rng = np.random.default_rng(seed)
    values = rng.random((12, 4))
    _, table = ranked(values, draws=1)
    for weights in rng.dirichlet(np.full(4, 0.3), 300):
        low, high = values.min(axis=0), values.max(axis=0)
        scores = ((values - low) / (high - low)) @ weights
        ranks = 1 + (scores[None] > scores[:, None] + 1e-4).sum(axis=1)
        assert (table["best"].to_numpy() <= ranks).all()
        assert (ranks <= table["worst"].to_numpy()).all()


def test_range__past_its_limits_is_a_bound_and_says_so():
    rng = np.random.default_rng(4)
    values = rng.random((30, 5))
    low = FIGURES.model_copy(update={"exact_rivals": FIGURES.exact_rivals.model_copy(update={"value": 3.0})})
    open_ = 0
    for i in np.argsort(values.sum(axis=1))[:5]:
        ahead = np.delete(values - values[i], i, 0)
        exact, bound = fewest_above(ahead, FIGURES)
        assert exact == bound
        attained, wide = fewest_above(ahead, low)
        assert wide <= exact <= attained
        open_ += wide < attained
    assert open_


def test_range__does_not_hang_on_the_stretch_of_an_indicator():
    """Scales are given, so that the scaled columns are stretched by the fixed ends: the weights take it up."""
    rng = np.random.default_rng(8)
    values = rng.random((9, 3))
    _, plain = ranked(values, scales={f"x{j}": (0.0, 1.0) for j in range(3)})
    _, squeezed = ranked(values, scales={"x0": (0.0, 1.0), "x1": (0.0, 4.0), "x2": (-3.0, 2.0)})
    assert plain[["best", "worst"]].equals(squeezed[["best", "worst"]])
    assert not plain["score_low"].equals(squeezed["score_low"])


@pytest.mark.parametrize(("seed", "i"), [(17, 0), (116, 1), (268, 1)])
def test_range__the_solver_does_not_write_to_standard_output(capfd, seed, i):
    """Cases in which HiGHS prints a line past Python when nobody keeps it from it."""
    rng = np.random.default_rng(seed)
    values = np.round(rng.random((rng.integers(16, 30), rng.integers(4, 9))), 2)
    fewest_above(np.delete(values - values[i], i, 0), FIGURES)
    assert capfd.readouterr().out == ""


def test_range__rivals_that_are_alike_count_one_by_one():
    """Three alike on one side of the place, one on the other: at best one is above, and none need be below."""
    place, rivals = np.array([0.4, 0.4]), np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]])
    assert fewest_above(rivals - place, FIGURES) == (1, 1)
    assert fewest_above(place - rivals, FIGURES) == (0, 0)
    assert fewest_above(np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]] * 2) - place, FIGURES) == (2, 2)


# --- what changes nothing ---------------------------------------------------------------------------------------------


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.tuples(st.floats(0.01, 100), st.floats(-50, 50)), min_size=3, max_size=3))
def test_rescaling__an_indicator_changes_nothing(seed, lines):
    rng = np.random.default_rng(seed)
    values = np.where(rng.random((6, 3)) < 0.1, np.nan, rng.integers(0, 20, (6, 3)).astype(float))
    values[:2] = [[0, 20, 3], [20, 0, 5]]
    _, before = ranked(values, seed=seed)
    stretched = values * [slope for slope, _ in lines] + [shift for _, shift in lines]
    _, after = ranked(stretched, seed=seed)
    _, turned = ranked(-stretched, seed=seed, directions=["down"] * 3)
    for other in (after, turned):
        pd.testing.assert_frame_equal(before, other, rtol=0, atol=1e-9)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_permuting__places_and_indicators_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    table = indicators(np.where(rng.random((6, 4)) < 0.15, np.nan, rng.integers(0, 6, (6, 4))))
    renamed = dict(
        zip(sorted(set(table.table["place"])), rng.permutation(sorted(set(table.table["place"]))), strict=True)
    )
    shuffled = table.table.assign(place=table.table["place"].map(renamed)).sample(frac=1.0, random_state=seed)
    before = rank_places(table, "kelurahan", draws=100).table
    after = rank_places(Indicators("uji", shuffled), "kelurahan", draws=100).table
    before = before.assign(place=before["place"].map(renamed)).sort_values("place", ignore_index=True)
    pd.testing.assert_frame_equal(before, after.sort_values("place", ignore_index=True))


def test_shares__are_the_same_for_the_same_seed_and_differ_with_it():
    values = np.random.default_rng(5).random((8, 3))
    one, again, other = (ranked(values, seed=seed)[1]["first_low"].to_list() for seed in (7, 7, 8))
    assert one == again
    assert one != other


# --- shares -----------------------------------------------------------------------------------------------------------


def test_shares__of_two_weights_are_lengths():
    """A beats B where w0 > 1/4, C is never first: shares 3/4, 1/4, 0, to the error of 4,000 draws."""
    _, table = ranked([[1.0, 0.0], [0.7, 0.9], [0.0, 1.0], [0.0, 0.0]], draws=4000)
    # w0 + 0 > 0.7 w0 + 0.9 w1  iff  0.3 w0 > 0.9 w1  iff  w0 > 0.75; B over C: 0.7 w0 > 0.1 w1 iff w0 > 1/8
    assert table["first_low"].to_list() == pytest.approx([0.25, 0.625, 0.125, 0.0], abs=0.03)


def test_shares__a_place_first_only_under_odd_weights_is_told():
    """B is first where w0 < 0.005: under one weighting in two hundred."""
    values = [[1.0, 0.995], [0.0, 1.0], [0.2, 0.0]]
    ranking, table = ranked(values, draws=5000)
    assert table.loc["p01", ["best", "odd"]].to_list() == [1, True]
    assert table.loc["p00", "odd"] == np.False_
    _, header, rows = ranking_rows(ranking, lang="en")
    assert dict(zip([row[0] for row in rows], [row[-1] for row in rows], strict=True)) == {
        "p00": "", "p01": "first only under odd weights", "p02": "",
    }  # fmt: skip
    assert len(header) == len(rows[0])


def test_shares__of_a_place_among_the_first():
    ranking, table = ranked(np.random.default_rng(6).random((10, 3)), draws=500, top=4)
    assert table["first_low"].sum() == pytest.approx(1.0)
    assert table["top_low"].sum() == pytest.approx(4.0)
    assert ranking.top == 4


# --- what is missing --------------------------------------------------------------------------------------------------


def test_missing__gives_an_interval_that_holds_every_filling():
    rng = np.random.default_rng(3)
    values = rng.random((8, 3))
    values[:2] = [[0, 1, 0], [1, 0, 1]]
    holes = values.copy()
    holes[4, 0] = holes[5, 1] = holes[6, 2] = np.nan
    _, told = ranked(holes, draws=100)
    assert told["known"].to_list() == [3, 3, 3, 3, 2, 2, 2, 3]
    assert (told["score_high"] - told["score_low"]).to_list() == pytest.approx([0, 0, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0])
    for _ in range(4):
        filled = np.where(np.isnan(holes), rng.random(holes.shape), holes)
        _, one = ranked(filled, draws=100)
        for low, high in (
            ("score_low", "score_high"),
            ("rank_low", "rank_high"),
            ("best", "worst"),
            ("first_low", "first_high"),
        ):
            assert (told[low] <= one[low] + 1e-12).all(), low
            assert (one[high] <= told[high] + 1e-12).all(), high


def test_missing__is_never_taken_for_no_risk():
    """A place of which nothing is known may be anywhere."""
    values = [[1.0, 1.0], [0.0, 0.0], [0.5, np.nan], [np.nan, 0.2]]
    ranking, table = ranked(values)
    assert table.loc["p03", "rank_low"] <= 2
    assert table.loc["p02", "rank_high"] >= 3
    assert [each.key for each in ranking.assumptions] == ["risk.weights", "risk.missing"]
    assert ranking.missing == 2


# --- weights and what is left out -------------------------------------------------------------------------------------


def test_weights__equal_by_default_and_shown():
    ranking, table = ranked([[1.0, 0.0], [0.0, 1.0], [0.9, 0.9]])
    assert ranking.weights == {"x0": 0.5, "x1": 0.5}
    assert table["rank_low"].to_list() == [2, 2, 1]
    assert table["rank_high"].to_list() == [3, 3, 1]  # the first two are level
    ranking, table = ranked([[1.0, 0.0], [0.0, 1.0], [0.9, 0.9]], weights={"x0": 3.0})
    assert ranking.weights == {"x0": 1.0, "x1": 0.0}
    assert table["rank_low"].to_list() == [1, 3, 2]
    assert ranking.assumptions == ()


def test_weights__every_fault_at_once():
    with pytest.raises(InputError) as caught:
        ranked([[1.0, 0.0], [0.0, 1.0]], weights={"x0": -1.0, "y": 2.0})
    assert [(fault.field, fault.got) for fault in caught.value.faults] == [("x0", "-1.0"), ("y", '"y"')]
    with pytest.raises(InputError, match="a sum above 0"):
        ranked([[1.0, 0.0], [0.0, 1.0]], weights={"x0": 0.0})


def test_weights__from_a_file(tmp_path):
    path = tmp_path / "bobot.yaml"
    path.write_text("kind: weights\nversion: 1\nsource: rapat\nweights: {x0: 2, x1: 1}\n", encoding="utf-8")
    assert read_weights(path) == {"x0": 2.0, "x1": 1.0}
    path.write_text("kind: weights\nversion: 1\nweights: {x0: banyak}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_weights(path)
    assert {fault.field for fault in caught.value.faults} == {"source", "weights.x0"}


def test_left_out__what_tells_no_places_apart():
    ranking, _ = ranked([[1.0, 5.0], [0.0, 5.0]])
    assert ranking.left_out == ("x1",)
    with pytest.raises(InputError, match="never spread downward"):
        rank_places(indicators([[1.0], [0.0]]), "tps")


def test_schema__of_the_table():
    ranking, _ = ranked([[1.0, 5.0], [0.0, 5.0]])
    assert list(ranking.to_table().columns) == list(RANK_COLUMNS)
    assert "<table>" in ranking._repr_html_()
    assert "p00" in str(ranking)
