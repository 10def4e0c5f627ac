"""Twins: replicates played again with the same doubt and other luck, to tell which of the two spreads the results.

What a replicate draws once of what nobody knows (the factor of each hazard's rate; with `uncertain`, the parameters) is
its doubt; all other draws are its luck. The covariance of a replicate and its twin is the variance that doubt makes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import EngineError
from sispamkota.kernels.measure import MEASURES

from .calls import calls_of, measures_of
from .spread import Work
from .tables import Tables, drawn_numbers
from .world import World

__all__ = ["FIRST_TWIN", "MOST_PAIRS", "Doubt", "doubts", "has_doubt", "pairs_of", "play_twins"]

FIRST_TWIN = 2**30  # twin of replicate r is number 2**30 + r, beyond any that is played
MOST_PAIRS = 200
LEAST_PAIRS = 100  # of fewer, counts with long tails make the interval too narrow
_SHARE = 5  # one replicate of so many has a twin: it adds a fifth to the work at most
_DRAWS = 2000
_Z, _MOST = 1.959964, 0.999999  # two-sided 95 %; a correlation of 1 has no artanh
_TINY = 1e-12  # of the mean square: a variance below it is rounding


@dataclass(frozen=True)
class Doubt:
    """Say which share of a measure's variance is doubt about rates, with its 95 % interval; the rest is luck."""

    name: str
    share: float
    low: float
    high: float
    pairs: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return asdict(self)


def has_doubt(tables: Tables) -> bool:
    """Tell whether a replicate draws anything that nobody knows."""
    return bool(np.isfinite(tables.hazard_t["gamma_shape"]).any() or len(drawn_numbers(tables)))


def pairs_of(replicates: int) -> int:
    """Say how many replicates get a twin; none where they would be too few to tell anything."""
    pairs = min(MOST_PAIRS, replicates // _SHARE)
    return pairs if pairs >= LEAST_PAIRS else 0


def play_twins(work: Work, pairs: int, *, workers: int | None = None) -> pd.DataFrame:
    """Play the twins of replicates 0 to pairs − 1; columns replicate and MEASURES, NaN where one failed."""
    workers = workers or os.cpu_count() or 1
    parts = [range(pairs)[i::workers] for i in range(workers)]
    rows = np.full((pairs, len(MEASURES)), np.nan)
    with ThreadPoolExecutor(workers) as pool:
        for part, played in zip(parts, pool.map(lambda part: _play(work, part), parts), strict=True):
            rows[part.start : part.stop : part.step] = played
    frame = pd.DataFrame(rows, columns=list(MEASURES))
    frame.insert(0, "replicate", np.arange(pairs))
    return frame


def _play(work: Work, replicates: Sequence[int]) -> NDArray[np.float64]:
    """Play the twins of some replicates, one after the other."""
    world = World(work.tables)
    rows = np.full((len(replicates), len(MEASURES)), np.nan)
    for i, replicate in enumerate(replicates):
        try:
            world.reset(seed=work.seed, replicate=FIRST_TWIN + replicate, doubt_of=replicate)
            world.advance(work.horizon)
            rows[i] = measures_of(world.finish()[0], calls_of(world, replicate))
        except EngineError:
            continue  # its pair is left out
    return rows


def doubts(rows: pd.DataFrame, twins: pd.DataFrame, *, seed: int) -> Iterator[Doubt]:
    """Estimate each measure's share: the intraclass correlation of pairs (Fisher 1925).

    Its interval is Fisher's, artanh ± 1.96/√(pairs − 1.5), or wider where resampled pairs spread more: counts have long
    tails. A measure that never differs, or that too few pairs have, is left out.
    """
    drawn = dict[int, NDArray[np.float64]]()  # one seed: measures of as many pairs are resampled alike
    both = rows.merge(twins, on="replicate", suffixes=("", "_twin"))
    for name in MEASURES:
        pair = both[[name, f"{name}_twin"]].to_numpy()
        pair = pair[np.isfinite(pair).all(axis=1)]
        if len(pair) < LEAST_PAIRS or np.ptp(pair) == 0.0:
            continue
        n = len(pair)
        if n not in drawn:
            drawn[n] = _weights(np.random.default_rng(seed).integers(0, n, (_DRAWS, n)))
        z = np.arctanh(np.clip(_correlations(pair, drawn[n]), -_MOST, _MOST))
        z[0] = max(0.0, z[0])  # luck alone makes it negative half the time: the interval starts from none, not below
        half = _Z * max(float(np.nanstd(z[1:])), (len(pair) - 1.5) ** -0.5)
        share, low, high = np.clip(np.tanh([z[0], z[0] - half, z[0] + half]), 0.0, 1.0).tolist()
        yield Doubt(name, share, low, high, len(pair))


def _weights(drawn: NDArray[np.int64]) -> NDArray[np.float64]:
    """Count how often each pair stands in each sample [sample, pair] of pair numbers; the pairs themselves go first."""
    samples, n = drawn.shape
    counts = np.bincount((drawn + n * np.arange(samples)[:, None]).ravel(), minlength=samples * n)
    return np.concatenate([np.ones((1, n)), counts.reshape(samples, n)])


def _correlations(pair: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlate within pairs [pair, 2], about the mean of both, as often as `weights` [sample, pair] say.

    NaN where nothing differs. Three sums a sample are enough; no BLAS, whose last digits hang on its threads.
    """
    a, b = (pair - pair.mean()).T
    moments = np.stack([(a + b) / 2.0, (a**2 + b**2) / 2.0, a * b])
    mean, square, product = np.einsum("sn,kn->ks", weights, moments) / len(pair)
    variance = square - mean**2
    return np.asarray((product - mean**2) / np.where(variance > _TINY * square, variance, np.nan))
