"""One line of the verification table."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

__all__ = ["ERRORS", "Row", "between", "broken", "mean_row", "range_row", "share_row"]

ERRORS = 4.42  # two-sided level 1e-5 under the normal law: a true program misses one row in 100,000

OPEN = 1e-9  # by which a range without its ends is narrower


@dataclass(frozen=True)
class Row:
    """Set what the program gives beside what a source says; `tolerance` is absolute, in the unit of the quantity.

    What is not `claimed` was published, and is shown though we know of no way to meet it. `error` is what a run that
    raised has said: then nothing was got.
    """

    case: str
    quantity: str
    source: str
    expected: float
    got: float
    tolerance: float
    claimed: bool = True
    error: str = ""

    @property
    def met(self) -> bool:
        """Tell whether the two agree within the tolerance; a NaN never does."""
        return abs(self.got - self.expected) <= self.tolerance

    @property
    def verdict(self) -> str:
        """Say "met" or "not met"."""
        return "met" if self.met else "not met"


def between(case: str, quantity: str, source: str, low: float, high: float, got: float) -> Row:
    """Ask that a figure lies in a range, its ends included: its middle is expected, half of it the tolerance."""
    return Row(case, quantity, source, (low + high) / 2.0, got, (high - low) / 2.0 + 1e-12 * abs(high))


def broken(case: str, quantity: str, error: Exception) -> Row:
    """Give the row of a run that raised: never met, and always claimed."""
    return Row(case, quantity, "the run itself", 0.0, nan, 0.0, error=f"{type(error).__name__}: {error}")


def range_row(case: str, quantity: str, source: str, low: float, high: float, sample: ArrayLike) -> Row:
    """Ask that the 95 % interval of a mean (Student) lies within a range, its ends left out; its middle is expected.

    The tolerance is half the range less half the interval: it shrinks with the luck, and below 0 nothing is met.
    """
    values = np.asarray(sample, np.float64)
    half = float(stdtrit(values.size - 1, 0.975) * values.std(ddof=1) / np.sqrt(values.size))
    return Row(case, quantity, source, (low + high) / 2.0, float(values.mean()), (high - low) / 2.0 - half - OPEN)


def mean_row(case: str, quantity: str, source: str, expected: float, sample: ArrayLike, *, slack: float = 0.0) -> Row:
    """Hold the mean of a sample against its expectation: ERRORS standard errors of this very sample, and the slack.

    The slack is the doubt of the expectation itself, where it was measured.
    """
    values = np.asarray(sample, np.float64)
    error = float(values.std(ddof=1) / np.sqrt(values.size))
    return Row(case, quantity, source, expected, float(values.mean()), ERRORS * error + slack)


def share_row(case: str, quantity: str, source: str, expected: float, hits: int, n: int) -> Row:
    """Hold a share of n independent trials against its expectation: ERRORS standard errors of the binomial law."""
    return Row(case, quantity, source, expected, hits / n, ERRORS * float(np.sqrt(expected * (1.0 - expected) / n)))
