"""The p-median: interchange for a good answer, Lagrangian relaxation for its bound, the rest settled by HiGHS."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from ..solver import Draft, Highs, Row

__all__ = ["interchange", "relax_median", "solve_median"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_MOST = 600_000  # entries of the radius formulation that are worth a try


def solve_median(cost: F8, p: int, *, seconds: float, gap: float) -> tuple[tuple[int, ...], float, float]:
    """Give p sites, their cost Σ_i min_j cost[i,j], and a bound below which no p sites cost."""
    ends = time.monotonic() + seconds
    opened = interchange(cost, _greedy(cost, p))
    value = _worth(cost, opened)
    if p == cost.shape[1]:
        return tuple(range(p)), value, value
    opened, value, bound, rho = relax_median(cost, p, opened, ends=time.monotonic() + 0.5 * seconds, gap=gap)
    if value - bound <= gap * value:
        return tuple(map(int, opened)), value, bound
    ranked = np.argsort(rho, kind="stable")
    inside, outside = rho[ranked[p - 1]], rho[ranked[p]]
    slack = value - bound + 1e-9 * max(1.0, abs(value))
    free = rho - inside <= slack
    must = np.zeros(len(rho), bool)
    must[ranked[:p]] = outside - rho[ranked[:p]] > slack
    free |= must
    free[opened] = True
    found = _exact(cost, np.flatnonzero(free), must, p, opened, max(ends - time.monotonic(), 0.1), gap)
    if found is not None:
        sites, exact_bound = found
        if _worth(cost, sites) < value:
            opened, value = sites, _worth(cost, sites)
        bound = max(bound, min(exact_bound, value))
    return tuple(int(j) for j in np.sort(opened)), value, min(bound, value)


def _worth(cost: F8, opened: I8) -> float:
    """Give Σ_i of the cheapest open site."""
    return float(cost[:, opened].min(axis=1).sum())


def _greedy(cost: F8, p: int) -> I8:
    """Open one site after the other, each time the one that saves most."""
    best, opened = np.full(len(cost), np.inf), list[int]()
    for _ in range(p):
        total = np.minimum(cost, best[:, None]).sum(axis=0)
        total[opened] = np.inf
        opened.append(int(np.argmin(total)))
        best = np.minimum(best, cost[:, opened[-1]])
    return np.array(opened, np.int64)


def interchange(cost: F8, opened: I8) -> I8:
    """Swap an open site for a closed one while that pays, the best swap each time (Teitz & Bart 1968).

    The gain of a swap is split as by Whitaker 1983: what the new site saves, less what the old one's demands lose.
    """
    opened = np.sort(opened)
    n, p = len(cost), len(opened)
    while p < cost.shape[1]:
        order = np.argsort(cost[:, opened], axis=1, kind="stable")[:, :2]
        first = order[:, 0]
        near = cost[np.arange(n), opened[first]]
        second = cost[np.arange(n), opened[order[:, 1]]] if p > 1 else np.full(n, np.inf)
        saves = np.maximum(near[:, None] - cost, 0.0).sum(axis=0)
        loses = np.minimum(cost, second[:, None]) - np.minimum(cost, near[:, None])
        lost = np.zeros((p, cost.shape[1]))
        np.add.at(lost, first, loses)
        gain = saves[None, :] - lost
        gain[:, opened] = -np.inf
        out, into = np.unravel_index(int(np.argmax(gain)), gain.shape)
        if gain[out, into] <= 1e-9 * max(1.0, float(near.sum())):
            break
        opened = np.sort(np.append(np.delete(opened, out), into))
    return opened


def relax_median(cost: F8, p: int, opened: I8, *, ends: float, gap: float) -> tuple[I8, float, float, F8]:
    """Raise the Lagrangian bound Σ λ + the p least of Σ_i min(0, cost - λ) by subgradients (Narula and others 1977).

    Gives the best sites found, their cost, the bound and its reduced costs of the sites, (sites,).
    """
    value = _worth(cost, opened)
    price = cost[:, opened].min(axis=1).copy()
    best, best_rho, step, stale = -np.inf, np.zeros(cost.shape[1]), 1.5, 0
    for _ in range(4000):
        saved = np.minimum(cost - price[:, None], 0.0)
        rho = saved.sum(axis=0)
        chosen = np.argpartition(rho, p - 1)[:p]
        bound = float(price.sum() + rho[chosen].sum())
        stale = 0 if bound > best + 1e-7 * abs(best) else stale + 1
        if bound > best:
            best, best_rho = bound, rho
        if stale == 0 or stale % 10 == 5:
            worth = _worth(cost, chosen)
            if worth < value * 1.01:
                better = interchange(cost, chosen)
                if _worth(cost, better) < value - 1e-12:
                    opened, value = better, _worth(cost, better)
        if stale >= 20:
            step, stale = step * 0.6, 0
        lack = 1.0 - (saved[:, chosen] < 0).sum(axis=1)
        size = float(lack @ lack)
        done = value - best <= max(gap, 1e-9) * abs(value) or size == 0 or step < 1e-4
        if done or time.monotonic() > ends:
            break
        price = price + step * max(1.02 * value - bound, 1e-9) / size * lack
    return np.sort(opened), value, min(best, value), best_rho


def _exact(
    cost: F8, sites: I8, must: NDArray[np.bool_], p: int, opened: I8, seconds: float, gap: float
) -> tuple[I8, float] | None:
    """Solve the radius formulation on some sites; None where it is too large or nothing was found.

    z[i,k] = 1 when no site within the k-th distance of i is open: z[i,k] ≥ z[i,k-1] - Σ_{at that distance} y.
    """
    part, always = cost[:, sites], must[sites]
    order = np.argsort(part, axis=1, kind="stable")
    least = [int(np.flatnonzero(always[row])[0]) if always.any() else len(sites) - p for row in order]
    if sum(least) > _MOST:
        return None
    draft = Draft()
    y = draft.add("y", len(sites), lower=always.astype(float), upper=1, integer=True)
    draft.hold((y, 1.0), row=Row("location"), lower=p, upper=p)
    aims, prices, fixed, start = list[I8](), list[F8](), 0.0, [np.isin(sites, opened).astype(float)]
    for i, (row, last) in enumerate(zip(order, least, strict=True)):
        reach = row[: last + 1]
        radii, first = np.unique(part[i, reach], return_index=True)
        fixed += float(radii[0])
        z = draft.add("z", len(radii) - 1, upper=1)
        groups = np.split(reach, first[1:])
        for k, column in enumerate(z):
            before = [(z[k - 1], -1.0)] if k else []
            terms = ((column, 1.0), (y[groups[k]], 1.0), *before)
            draft.hold(*terms, row=Row("radius"), lower=0.0 if k else 1.0)
        aims.append(z)
        prices.append(np.diff(radii))
        start.append((part[i][np.isin(sites, opened)].min() > radii[:-1]).astype(float))
    target = np.zeros(draft.n)
    target[np.concatenate(aims)] = np.concatenate(prices)
    problem = draft.problem().aimed(target, offset=fixed)
    found = Highs().solve(problem, seconds=seconds, gap=gap, start=np.concatenate(start))
    if not found.found:
        return None
    return sites[found.x[y] > 0.5], found.bound
