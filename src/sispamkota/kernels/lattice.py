"""Recruitment on a lattice by the number of neighbours (Clements & Fadai 2022); a case of `verify`.

A site holds nobody, one bystander or one violent person. Each person tries to step to one of four neighbours at rate
`motility` and does where nobody stands. A bystander with k violent neighbours turns violent at rate recruit[k], a
violent one with k bystanders beside turns back at rate defect[k]. The torus is ours; the paper's edges are unread.
"""

import math

import numpy as np

from . import rng
from ._compile import kernel

__all__ = ["play"]

EMPTY, BYSTANDER, VIOLENT = 0, 1, 2


@kernel
def _beside(site: int, way: int, wide: int, high: int) -> int:
    """Return the neighbour right, left, below or above on the torus."""
    y, x = site // wide, site % wide
    if way == 0:
        x = x + 1 if x + 1 < wide else 0
    elif way == 1:
        x = x - 1 if x > 0 else wide - 1
    elif way == 2:
        y = y + 1 if y + 1 < high else 0
    else:
        y = y - 1 if y > 0 else high - 1
    return y * wide + x


@kernel
def _react(sites: np.ndarray, site: int, rates: np.ndarray, most: float, u: float) -> int:
    """Let one person turn, with the chance rate / most; return the change in the number of violent."""
    high, wide = sites.shape
    flat = sites.reshape(-1)
    kind = flat[site]
    other = VIOLENT if kind == BYSTANDER else BYSTANDER
    k = 0
    for way in range(4):
        k += 1 if flat[_beside(site, way, wide, high)] == other else 0
    if u * most >= rates[kind - BYSTANDER, k]:
        return 0
    flat[site] = other
    return 1 if other == VIOLENT else -1


@kernel
def play(
    sites: np.ndarray, person: np.ndarray, rates: np.ndarray, motility: float, times: np.ndarray, key: np.ndarray
) -> np.ndarray:
    """Play to the last of the times; return the share of violent sites at each, [time].

    sites[high, wide] of kinds and person[n] (the site of each) are changed; rates[2, 5]: recruit, defect by k;
    key: seed, replicate. Everybody has one clock at the greatest rate and thins (uniformisation): exact in law.
    """
    high, wide = sites.shape
    flat = sites.reshape(-1)
    most = rates.max()
    everybody = len(person) * (motility + most)
    violent = 0
    for site in person:
        violent += 1 if flat[site] == VIOLENT else 0
    out = np.zeros(len(times))
    seed, replicate = key[0], key[1]
    t, event, at = 0.0, 0, 0
    while True:
        t -= math.log(rng.uniform(seed, replicate, rng.VERIFY_LATTICE, 0, event)) / everybody
        while at < len(times) and t > times[at]:
            out[at] = violent / len(flat)
            at += 1
        if at == len(times):
            return out
        who, what, way, chance = rng.philox(replicate, rng.VERIFY_LATTICE, 1, event, seed)
        event += 1
        i = np.int64((who * np.uint64(len(person))) >> np.uint64(32))
        site = person[i]
        if np.float64(what) / 4294967296.0 * (motility + most) < motility:
            to = _beside(site, np.int64(way >> np.uint64(30)), wide, high)
            if flat[to] == EMPTY:
                flat[to], flat[site] = flat[site], EMPTY
                person[i] = to
        else:
            violent += _react(sites, site, rates, most, np.float64(chance) / 4294967296.0)
