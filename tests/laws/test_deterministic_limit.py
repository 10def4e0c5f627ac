"""L6: with all numbers scaled up together, a crowd follows its ordinary differential equations."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from laws.worlds import PLAIN, scaled
from sispamkota.verification.limits import BIAS, TIMES, VIOLENT, limit_of
from sispamkota.verification.limits import shares as shares_of

LEVEL = 1e-5
MINUTE = 60.0
SIZES = (20, 80, 320) if PLAIN else (200, 800, 3200)
TOLERANCE = 0.35 if PLAIN else 0.1  # of the slope: seven standard errors of a mean square's logarithm


@cache
def limit() -> NDArray[np.float64]:
    """Return the shares S, I, R at each time, [time, 3]."""
    return limit_of()


@cache
def shares(n: int) -> NDArray[np.float64]:
    """Play the crowd; return the shares S, I, R, [replicate, time, 3]."""
    return shares_of(n, scaled(400, 30))


def test_limit__is_far_from_where_it_began() -> None:
    """The test's own equations first: violence grows, peaks and falls, and every channel has moved people."""
    violent = limit()[:, 1]
    assert violent.max() > 2.0 * VIOLENT
    assert violent[-1] < 0.8 * violent.max()
    assert limit()[-1].sum() < 0.8
    assert limit()[-1, 2] > 0.1


def test_error__falls_as_one_over_root_n() -> None:
    """The root mean square distance from the equations has slope −1/2 in N, logarithms of both (see TOLERANCE)."""
    errors = [math.sqrt(np.mean((shares(n) - limit()) ** 2)) for n in SIZES]
    slope = float(np.polyfit(np.log(SIZES), np.log(errors), 1)[0])
    assert slope == pytest.approx(-0.5, abs=TOLERANCE), errors


def test_mean__of_the_largest_crowd_is_the_equations() -> None:
    """S, I and R at 5, 10, 20 and 30 minutes: z-tests, together at level 1e-5, beyond the mean's own bias.

    The mean of a crowd of N differs from the equations by a term in 1/N, for the rates are not linear.
    """
    n = SIZES[-1]
    at_times = np.isin(TIMES, np.array([5.0, 10.0, 20.0, 30.0]) * MINUTE)
    seen, expected = shares(n)[:, at_times], limit()[at_times]
    error = seen.std(axis=0, ddof=1) / math.sqrt(len(seen))
    far = np.maximum(0.0, np.abs(seen.mean(axis=0) - expected) - BIAS / n) / error
    assert far.max() < stats.norm.isf(LEVEL / 2 / far.size), far
