"""Short tours over a few stops: exact where there are few, improved by exchanges where there are many.

Exact: dynamic programming over sets (Held and Karp 1962). Else: the nearest stop first, then 2-opt (Croes 1958) and
Or-opt (Or 1976) until neither shortens the tour. Times may differ by direction; all comparisons break ties by number,
so that the same stops give the same tour.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXACT_STOPS", "giant_tour", "improved", "shortest_tour", "tour_seconds"]

EXACT_STOPS = 12
_NEIGHBOURS = 10
_LEAST = 1e-9
F8 = NDArray[np.float64]


def tour_seconds(order: Sequence[int], seconds: F8) -> float:
    """Sum the legs of a closed tour, s; none for a single stop."""
    if len(order) < 2:
        return 0.0
    here = np.asarray(order)
    return float(seconds[here, np.roll(here, -1)].sum())


def shortest_tour(stops: Sequence[int], seconds: F8) -> list[int]:
    """Give the stops in the order of a short closed tour that begins at the lowest number.

    It is the shortest up to EXACT_STOPS stops; `seconds` (n, n) are times from row to column.
    """
    known = sorted(stops)
    if len(known) <= 2:
        return known
    if len(known) <= EXACT_STOPS:
        return _held_karp(known, seconds)
    return _from_lowest(improved(_nearest_first(known, seconds), seconds))


def _held_karp(stops: list[int], seconds: F8) -> list[int]:
    """Solve exactly: best[set, last] is the shortest way from the first stop over a set of the others to `last`."""
    matrix = seconds[np.ix_(stops, stops)]
    m = len(stops) - 1
    best = np.full((1 << m, m), np.inf)
    came = np.full((1 << m, m), -1, np.int8)
    for j in range(m):
        best[1 << j, j] = matrix[0, j + 1]
    inner = matrix[1:, 1:]
    for of_size in _sets(m):
        for j, with_j in enumerate(of_size):
            ways = best[with_j ^ (1 << j)] + inner[:, j]
            last = ways.argmin(axis=1)
            best[with_j, j] = ways[np.arange(with_j.size), last]
            came[with_j, j] = last
    at, visited, order = int((best[-1] + matrix[1:, 0]).argmin()), (1 << m) - 1, list[int]()
    while at >= 0:
        order.append(stops[at + 1])
        at, visited = int(came[visited, at]), visited ^ (1 << at)
    return [stops[0], *reversed(order)]


@cache
def _sets(m: int) -> list[list[NDArray[np.int64]]]:
    """List the sets of m stops by their size from two on, and of each size those that hold stop j."""
    sets = np.arange(1 << m)
    size = np.array([int(each).bit_count() for each in sets])
    return [[sets[(size == count) & ((sets >> j) & 1 == 1)] for j in range(m)] for count in range(2, m + 1)]


def _nearest_first(stops: list[int], seconds: F8) -> list[int]:
    """Go from the lowest number always to the nearest stop that is left."""
    order, left = [stops[0]], np.array(stops[1:])
    while left.size:
        at = int(seconds[order[-1], left].argmin())
        order.append(int(left[at]))
        left = np.delete(left, at)
    return order


def improved(order: list[int], seconds: F8) -> list[int]:
    """Shorten a closed tour by 2-opt and Or-opt until no exchange helps."""
    matrix = seconds[np.ix_(order, order)]
    tour = list(range(len(order)))
    while (better := _two_opt(tour, matrix) or _or_opt(tour, matrix)) is not None:
        tour = better
    return [order[i] for i in tour]


def _two_opt(tour: list[int], matrix: F8) -> list[int] | None:
    """Turn round the part of a tour that shortens it most; None where none does."""
    here = np.asarray(tour)
    n = here.size
    legs = matrix[np.ix_(here, here)]
    ahead = np.concatenate([[0.0], np.cumsum(np.diagonal(legs, 1))])  # from the first stop to each
    back = np.concatenate([[0.0], np.cumsum(np.diagonal(legs, -1))])
    after = np.roll(np.arange(n), -1)
    i, j = np.triu_indices(n, 1)
    i, j = i[i > 0], j[i > 0]  # the part from i to j is turned; the first stop stays
    before = i - 1
    gain = legs[before, i] + (ahead[j] - ahead[i]) + legs[j, after[j]]
    gain -= legs[before, j] + (back[j] - back[i]) + legs[i, after[j]]
    if not gain.size or gain.max() <= _LEAST:
        return None
    best = int(gain.argmax())
    a, b = int(i[best]), int(j[best])
    return tour[:a] + tour[a : b + 1][::-1] + tour[b + 1 :]


def _or_opt(tour: list[int], matrix: F8) -> list[int] | None:
    """Move a run of up to three stops to where it shortens the tour most; None where nowhere."""
    best, found = _LEAST, None
    n = len(tour)
    for length in range(1, min(3, n - 2) + 1):
        for a in range(1, n - length + 1):
            run, rest = tour[a : a + length], np.array(tour[:a] + tour[a + length :])
            after = np.roll(rest, -1)
            first, last, b = run[0], run[-1], a - 1  # rest[b] stood before the run
            saved = matrix[rest[b], first] + matrix[last, after[b]] - matrix[rest[b], after[b]]
            cost = matrix[rest, first] + matrix[last, after] - matrix[rest, after]
            at = int(cost.argmin())
            if saved - cost[at] > best:
                best, found = float(saved - cost[at]), (rest, run, at)
    if found is None:
        return None
    rest, run, at = found
    return [*map(int, rest[: at + 1]), *run, *map(int, rest[at + 1 :])]


def giant_tour(seconds: F8) -> list[int]:
    """Give one tour over all n stops: nearest first, then 2-opt among near stops; for parting into rounds."""
    n = len(seconds)
    both = seconds + seconds.T
    order = _nearest_first(list(range(n)), both)
    near = np.argsort(both, axis=1, kind="stable")[:, 1 : _NEIGHBOURS + 1].tolist()
    cost = both.tolist()
    place = [0] * n
    for i, stop in enumerate(order):
        place[stop] = i
    moved = True
    while moved:
        moved = False
        for i in range(n - 1):
            moved = _turn_at(order, place, near, cost, i) or moved
    return _from_lowest(order)


def _turn_at(order: list[int], place: list[int], near: list[list[int]], cost: list[list[float]], i: int) -> bool:
    """Join the stop at i with a near one further on, turning round what is between, if the tour becomes shorter."""
    n, a, b = len(order), order[i], order[i + 1]
    for c in near[a]:
        j = place[c]
        if cost[a][c] >= cost[a][b]:
            return False
        if j <= i + 1:
            continue
        d = order[(j + 1) % n]
        if cost[a][c] + cost[b][d] < cost[a][b] + cost[c][d] - _LEAST:
            order[i + 1 : j + 1] = order[i + 1 : j + 1][::-1]
            for k in range(i + 1, j + 1):
                place[order[k]] = k
            return True
    return False


def _from_lowest(order: list[int]) -> list[int]:
    """Begin a closed tour at its lowest number."""
    at = order.index(min(order))
    return order[at:] + order[:at]
