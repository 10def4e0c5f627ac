"""L7: violence carried between places below criticality, against the exact laws of the branching process."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from laws.worlds import PLAIN, scaled, z_score
from sispamkota.verification.outbreaks import METRES, R, outbreaks, places_world, progeny_law, weights

LEVEL = 1e-5


def test_progeny__agrees_with_published_values() -> None:
    """The test's own law first: R = 0.8 gives P(1) = 0.556, a sum of 1 and a mean of 1/(1 − R)."""
    n = np.arange(1.0, 5000.0)
    law = progeny_law(n, R)
    assert law[0] == pytest.approx(0.556, abs=5e-4)
    assert law.sum() == pytest.approx(1.0, abs=1e-9)
    assert n @ law == pytest.approx(1.0 / (1.0 - R), abs=1e-6)


def fits(sizes: NDArray[np.int64]) -> float:
    """Return the p-value of a chi-square test of total progeny; what expects fewer than 5 is one cell, the tail."""
    expected = progeny_law(np.arange(1.0, 5000.0), R) * len(sizes)
    top = max(1, int(np.argmax(expected < 5.0)))
    seen = np.bincount(np.minimum(sizes, top + 1), minlength=top + 2)[1:]
    wanted = np.append(expected[:top], len(sizes) - expected[:top].sum())
    return float(stats.chisquare(seen, wanted).pvalue)


@pytest.mark.parametrize("within", [1.0, 0.5, 0.0])
def test_outbreak__total_progeny_is_exact(within: float) -> None:
    """Whatever share of it crosses to other places, the outbreak's size has one law (chi-square, level 1e-5)."""
    sizes = outbreaks(places_world(within), scaled(20_000, 150), 71).sum(axis=1)
    p = fits(sizes)
    assert p > LEVEL, p


def test_outbreak__reaches_each_place_by_its_distance() -> None:
    """Mean turns at each place are a row of (1 − M)⁻¹, M the mean offspring by place (z-tests, together 1e-5)."""
    if PLAIN:
        pytest.skip("sizes are too skew for a z-test of few replicates; the compiled run covers it")
    within = 0.3
    mean = R * (within * np.eye(len(METRES)) + (1.0 - within) * weights())
    expected = np.linalg.inv(np.eye(len(METRES)) - mean)[1]
    seen = outbreaks(places_world(within), scaled(20_000, 150), 72)
    limit = float(stats.norm.isf(LEVEL / 2 / len(METRES)))
    scores = [z_score(seen[:, p], expected[p]) for p in range(len(METRES))]
    assert max(map(abs, scores)) < limit, scores
