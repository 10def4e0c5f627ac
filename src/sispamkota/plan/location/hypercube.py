"""Larson's hypercube: how often which units are busy, when each call goes to the first free one of its own list.

Exact for up to twelve units: one state a set of busy units. Beyond, Larson's approximation of 1975. Calls that find all
busy are lost to the system (taken over by others), so the number busy is as in Erlang's loss system.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Hypercube", "busy_counts", "hypercube"]

F8 = NDArray[np.float64]
EXACT = 12


@dataclass(frozen=True)
class Hypercube:
    """Hold the answer of the model.

    busy (units,): share of time that each is; counts (units + 1,): that k are; answers (demands, units): shares of all
    calls, those that are lost left out.
    """

    busy: F8
    counts: F8
    answers: F8
    exact: bool


def busy_counts(units: int, load: float) -> F8:
    """Give how often k of some like units are busy under a load in erlangs (Erlang's loss system), (units + 1,)."""
    logs = np.array([k * math.log(load) - math.lgamma(k + 1) if load > 0 else (0.0 if k == 0 else -np.inf)
                     for k in range(units + 1)])  # fmt: skip
    raw = np.exp(logs - logs.max())
    return np.asarray(raw / raw.sum())


def hypercube(seconds: ArrayLike, rates: ArrayLike, service: float) -> Hypercube:
    """Solve the model: seconds (demands, units) ranks the units for each demand, ties by number.

    `rates`: calls a second of each demand; `service`: seconds that a call takes a unit.
    """
    way, rate = np.asarray(seconds, np.float64), np.asarray(rates, np.float64)
    order = np.argsort(way, axis=1, kind="stable")
    return _exact(order, rate, service) if way.shape[1] <= EXACT else _approximate(order, rate, service)


def _exact(order: NDArray[np.int64], rate: F8, service: float) -> Hypercube:
    """Solve the balance equations of all 2^units states."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import spsolve

    units = order.shape[1]
    states = np.arange(1 << units)
    free = (states[:, None] >> np.arange(units)[None, :]) & 1 == 0  # (states, units)
    moves, sends = list[tuple[NDArray[np.int64], NDArray[np.int64], F8]](), []
    for list_, calls in zip(order, rate, strict=True):
        first = np.argmax(free[:, list_], axis=1)
        unit, able = list_[first], free.any(axis=1)
        sends.append((unit, able))
        moves.append((states[able], states[able] | (1 << unit[able]), np.full(int(able.sum()), calls)))
    for unit in range(units):
        busy = states[~free[:, unit]]
        moves.append((busy, busy ^ (1 << unit), np.full(len(busy), 1.0 / service)))
    here, there, speed = (np.concatenate([move[i] for move in moves]) for i in range(3))
    size = len(states)
    leaving = np.bincount(here, weights=speed, minlength=size)
    rows, columns = np.concatenate([there, states]), np.concatenate([here, states])
    balance = coo_matrix((np.concatenate([speed, -leaving]), (rows, columns)), shape=(size, size)).tolil()
    balance[0, :] = 1.0
    right = np.zeros(size)
    right[0] = 1.0
    chance = np.asarray(spsolve(balance.tocsc(), right))
    busy_share = np.array([chance[~free[:, unit]].sum() for unit in range(units)])
    counts = np.bincount((~free).sum(axis=1), weights=chance, minlength=units + 1).astype(np.float64)
    answers = np.zeros((len(rate), units))
    for i, (unit, able) in enumerate(sends):
        np.add.at(answers[i], unit[able], chance[able] * rate[i])
    return Hypercube(busy_share, counts, answers / max(float(rate.sum()), 1e-300), exact=True)


def _approximate(order: NDArray[np.int64], rate: F8, service: float) -> Hypercube:
    """Iterate Larson's Q factors: P(k-th of the list goes) = Q(k) (1 - busy) Π busy of those before it."""
    units = order.shape[1]
    counts = busy_counts(units, float(rate.sum()) * service)
    mean = float((np.arange(units + 1) * counts).sum()) / units
    factor = _factors(counts, units, mean)
    busy = np.full(units, mean)
    answers = np.zeros((len(rate), units))
    for _ in range(500):
        before = np.cumprod(np.concatenate([np.ones((len(rate), 1)), busy[order][:, :-1]], axis=1), axis=1)
        share = factor[None, :] * (1.0 - busy[order]) * before
        share *= ((1.0 - counts[-1]) / np.maximum(share.sum(axis=1), 1e-300))[:, None]
        np.put_along_axis(answers, order, share * rate[:, None], axis=1)
        new = answers.sum(axis=0) * service
        new = np.minimum(new, 1.0 - 1e-12)
        if np.abs(new - busy).max() < 1e-10:
            break
        busy = 0.5 * (busy + new)
    return Hypercube(busy, counts, answers / max(float(rate.sum()), 1e-300), exact=False)


def _factors(counts: F8, units: int, mean: float) -> F8:
    """Give Q(k), k units busy before the one that goes, as in units drawn without return (Larson 1975)."""
    out = np.zeros(units)
    for k in range(units):
        total = 0.0
        for n in range(k, units):
            total += counts[n] * (units - n) / (units - k) * math.comb(n, k) / math.comb(units, k)
        out[k] = total / max(mean**k * (1.0 - mean), 1e-300)
    return out
