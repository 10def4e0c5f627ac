import numpy as np
import pytest
from scipy.sparse import csr_array

from parts.risk_fixture import grid
from sispamkota.risk.areas import gabriel, neighbours_of, touching
from sispamkota.risk.blocks import Factor, draw_field, inverse_diagonal, levels_of
from sispamkota.risk.field import RIDGE, build_field


def covariance(field):
    value, axis = field.spectrum()
    return (axis * value) @ axis.T


def some_graphs():
    alone = grid(3, 4)
    apart = np.vstack([alone, grid(2, 5) + 12])
    return {"grid": (12, alone), "two parts": (22, apart), "with islands": (25, apart), "no borders": (4, alone[:0])}


GRAPHS = some_graphs()


@pytest.mark.parametrize("name", GRAPHS)
def test_field__each_part_has_a_generalised_variance_of_one(name):
    """Sørbye & Rue 2014: the geometric mean of the marginal variances of u, its level aside."""
    n, pairs = GRAPHS[name]
    field = build_field(n, pairs, unstructured=2 / 3)
    inside = (field.parts > 0).astype(float)
    own = np.diag(covariance(field) - inside @ inside.T)
    for part in inside.T:
        assert np.exp(np.log(own[part > 0]).mean()) == pytest.approx(1.0, abs=1e-4)
    lone = inside.sum(axis=1) == 0
    assert own[lone] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("name", ["grid", "two parts"])
def test_field__is_the_scaled_inverse_of_the_graphs_laplacian(name):
    """Beside the pseudo-inverse by numpy: within a part u sums to zero and the ratio of variances is that of Q⁻."""
    n, pairs = GRAPHS[name]
    field = build_field(n, pairs, unstructured=2 / 3)
    laplace = np.zeros((n, n))
    for a, b in pairs:
        laplace[a, a] += 1
        laplace[b, b] += 1
        laplace[a, b] -= 1
        laplace[b, a] -= 1
    for part in (field.parts > 0).T:
        inverse = np.linalg.pinv(laplace[np.ix_(part, part)])
        inverse /= np.exp(np.log(np.diag(inverse)).mean())
        got = covariance(field)[np.ix_(part, part)] - 1.0
        np.testing.assert_allclose(got, inverse, atol=2e-4)


@pytest.mark.parametrize("name", ["grid", "with islands"])
def test_mixing__is_the_penalised_complexity_prior(name):
    """KLD by eigenvalues, integrated by hand, against the table that comes from sparse determinants."""
    n, pairs = GRAPHS[name]
    field = build_field(n, pairs, unstructured=2 / 3)
    inside = (field.parts > 0).astype(float)
    value = np.linalg.eigvalsh(covariance(field) - inside @ inside.T)
    value = value[value > 1e-6]
    phi = field.mixing[1]
    far = np.sqrt(np.maximum([p * (value - 1).sum() - np.log(1 - p + p * value).sum() for p in phi], 0.0))
    chance = field.mixing[0]
    assert field.phi(2 / 3) == pytest.approx(0.5, abs=1e-6)
    rate = np.linspace(1e-4, 50, 200_001)
    best = rate[np.argmin(np.abs(np.expm1(-rate * far[32] / far[-1]) / np.expm1(-rate) - 2 / 3))]
    np.testing.assert_allclose(chance, np.expm1(-best * far / far[-1]) / np.expm1(-best), atol=2e-3)


def test_field__draws_have_its_covariance():
    field = build_field(12, GRAPHS["grid"][1], unstructured=2 / 3)
    drawn = field.draw(np.random.default_rng(1), 40_000)
    np.testing.assert_allclose(np.cov(drawn), covariance(field), atol=0.06)


def big_matrix():
    pairs = grid(14, 40)
    n = 560
    rng = np.random.default_rng(0)
    dense = np.zeros((n, n))
    dense[pairs[:, 0], pairs[:, 1]] = dense[pairs[:, 1], pairs[:, 0]] = -rng.uniform(0.5, 1.5, len(pairs))
    np.fill_diagonal(dense, -dense.sum(axis=1) + rng.uniform(0.01, 0.5, n))
    return dense


def test_blocks__inverse_determinant_and_draws_are_those_of_the_dense_matrix():
    dense = big_matrix()
    sparse = csr_array(dense)
    levels = levels_of(csr_array(abs(sparse)))
    assert len(levels) > 10
    inverse = np.linalg.inv(dense)
    np.testing.assert_allclose(inverse_diagonal(sparse, levels), np.diag(inverse), rtol=1e-10)
    factor = Factor(sparse.tocsc())
    assert factor.log_det == pytest.approx(np.linalg.slogdet(dense)[1], rel=1e-12)
    right = np.random.default_rng(1).standard_normal((560, 3))
    np.testing.assert_allclose(factor.solve(right), inverse @ right, rtol=1e-9, atol=1e-12)
    root = draw_field(sparse, levels, np.eye(560))
    np.testing.assert_allclose(root @ root.T, inverse, rtol=1e-8, atol=1e-10)


# --- neighbours -------------------------------------------------------------------------------------------------------


def test_gabriel__of_a_square_with_a_point_in_the_middle():
    pairs = gabriel([0, 2, 2, 0, 1], [0, 0, 2, 2, 1])
    assert {tuple(pair) for pair in pairs.tolist()} == {(0, 4), (1, 4), (2, 4), (3, 4)} | {
        (0, 1), (1, 2), (2, 3), (0, 3),
    }  # fmt: skip


@pytest.mark.parametrize("n", [3, 400])
def test_gabriel__on_a_line_each_touches_the_next(n):
    x = np.random.default_rng(0).permutation(n).astype(float)
    pairs = gabriel(x, np.zeros(n))
    assert len(pairs) == n - 1
    assert (np.abs(x[pairs[:, 0]] - x[pairs[:, 1]]) == 1).all()


def test_gabriel__of_many_points_is_that_of_all_pairs():
    rng = np.random.default_rng(2)
    points = rng.uniform(0, 1e4, (250, 2))
    got = {tuple(pair) for pair in gabriel(*points.T).tolist()}
    apart = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    blocked = (apart[:, None, :] + apart[None, :, :] < apart[:, :, None]).any(axis=2)
    wanted = {(a, b) for a in range(250) for b in range(a + 1, 250) if not blocked[a, b]}
    assert got == wanted


def test_malang__neighbours_by_border_are_those_of_the_shared_table(shared):
    import json

    import pandas as pd
    from shapely.geometry import shape

    folder = shared / "data" / "malang"
    layer = json.loads((folder / "kelurahan.geojson").read_text(encoding="utf-8"))
    areas = {each["properties"]["kode"]: shape(each["geometry"]) for each in layer["features"]}
    codes = sorted(areas)
    table = pd.read_csv(folder / "kelurahan_adjacency.csv", dtype={"kode_a": str, "kode_b": str})
    truth = {
        frozenset(pair): border
        for *pair, border in zip(table["kode_a"], table["kode_b"], table["shared_border_m"], strict=True)
    }
    got = {frozenset((codes[a], codes[b])) for a, b in touching(areas, codes, epsg=32749)}
    assert got <= set(truth)
    assert max(truth[pair] for pair in set(truth) - got) < 60
    assert len(got) == 142


def test_malang__embedded_has_no_borders_and_says_so():
    from sispamkota.place import City

    city = City.load("malang")
    found = neighbours_of(city)
    assert found.found_by == "points"
    assert found.assumptions[0].tag == "proxy"
    joined = build_field(57, found.pairs, unstructured=2 / 3)
    assert joined.parts.shape == (57, 1)
    assert joined.precision.diagonal().min() > RIDGE
