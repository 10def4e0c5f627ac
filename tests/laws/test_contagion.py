"""L5: contagion at a place against the exact laws of the stochastic epidemic."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg, stats

from laws.worlds import PLAIN, crowd_world, scaled, z_score
from sispamkota.verification.outbreaks import OF_9, final_size

LEVEL = 4.42  # two-sided 1e-5
P_LEVEL = 1e-5
MINUTE = 60.0


def test_final_size__agrees_with_published_values() -> None:
    """The test's own recursion first: science.md, population 10, R0 1.5 (9 susceptible and 1)."""
    assert np.allclose(final_size(9, 1, 1.5), OF_9, atol=5e-7)


def spent_after(susceptible: int, infective: int, r0: float, replicates: int, seed: int) -> NDArray[np.int64]:
    """Play the outbreak until nobody is violent; return how many of the peaceful ever were."""
    omega = 1.0 / MINUTE
    world = crowd_world(susceptible, infective, beta=r0 * omega, omega=omega)
    sizes = []
    for replicate in range(replicates):
        world.reset(seed=seed, replicate=replicate)
        world.advance(1e6)
        c = world.state.crowd[0]
        assert c.I.sum() == 0
        sizes.append(int(c.R) - infective)
    return np.array(sizes)


@pytest.mark.parametrize(("susceptible", "infective", "r0"), [(9, 1, 1.5), (30, 2, 2.0)])
def test_outbreak__final_size_is_exact(susceptible: int, infective: int, r0: float) -> None:
    """The whole distribution of the final size, by a chi-square test over cells that expect at least 5."""
    replicates = scaled(20_000, 40)
    expected = final_size(susceptible, infective, r0) * replicates
    seen = np.bincount(spent_after(susceptible, infective, r0, replicates, 21), minlength=susceptible + 1)
    order = np.argsort(-expected)
    cells, rest = [], [0.0, 0.0]
    for k in order:
        if expected[k] >= 5.0:
            cells.append((seen[k], expected[k]))
        else:
            rest[0] += seen[k]
            rest[1] += expected[k]
    if rest[1] > 0.0:
        cells.append((rest[0], rest[1]))
    observed, wanted = np.array(cells).T
    assert stats.chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue > P_LEVEL


def test_outbreak__those_who_tire_stay_in_the_crowd() -> None:
    """101 people, R0 = 2: mean final size 38.7, the first one counted; 50.4 were the tired to leave N."""
    exact = float(final_size(100, 1, 2.0) @ np.arange(101))
    assert 1.0 + exact == pytest.approx(38.7, abs=0.05)
    sizes = spent_after(100, 1, 2.0, scaled(6_000, 40), 22)
    assert abs(z_score(sizes, exact)) < LEVEL


def test_outbreak__stays_small_with_probability_one_over_r0() -> None:
    """For a large crowd the chance that an outbreak of one stays small is 1/R0 (branching process)."""
    if PLAIN:
        pytest.skip("needs a large crowd; the compiled run covers it")
    sizes = spent_after(1_999, 1, 2.0, 4_000, 23)
    small = int(np.count_nonzero(sizes < 200))
    low, high = stats.binomtest(small, len(sizes)).proportion_ci(1 - 1e-4, method="exact")
    assert low < 0.5 < high


def test_relapse__settles_at_the_quasi_stationary_mean() -> None:
    """SIS (nobody tires, all calm): the mean number violent given survival is that of the quasi-stationary law."""
    n, r0, gamma = 30, 2.0, 1.0 / MINUTE
    i = np.arange(1, n + 1)
    up, down = r0 * gamma * i * (n - i) / n, gamma * i
    generator = np.diag(-(up + down)) + np.diag(up[:-1], 1) + np.diag(down[1:], -1)
    values, vectors = linalg.eig(generator, left=True, right=False)
    law = np.abs(np.real(vectors[:, np.argmax(np.real(values))]))
    expected = float(i @ law / law.sum())
    world = crowd_world(n - 10, 10, beta=r0 * gamma, gamma=gamma)
    alive = []
    for replicate in range(scaled(20_000, 20)):
        world.reset(seed=24, replicate=replicate)
        world.advance(15 * MINUTE)
        violent = int(world.state.crowd[0].I.sum())
        if violent:
            alive.append(violent)
    assert len(alive) > 0.5 * scaled(20_000, 20)
    assert abs(z_score(alive, expected)) < LEVEL
