"""The structure of the model of the riots of London (Davies and others 2013), not its results.

Its equations and values could not be read. This is a spatial interaction of our own in that shape, a reference model:
people of zones choose sites by what is there, how far it is, and who guards it. What is asked holds for any values.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .row import Row

__all__ = ["attraction", "flows"]

F8 = NDArray[np.float64]
SOURCE = "follows from the structure; the paper's equations are unread"
WORLDS = 200


def flows(people: F8, value: F8, cost: F8, guard: F8, *, strength: tuple[float, float, float]) -> F8:
    """Give how many of each zone go to each site, [zone, site]: by weights value^a exp(-b cost - c guard).

    people (zone,), value (site,), cost (zone, site), `guard` (site,): police to each expected there; strength: a, b, c.
    """
    a, b, c = strength
    pull = a * np.log(value)[None, :] - b * cost - c * guard[None, :]
    weight = np.exp(pull - pull.max(axis=1, keepdims=True))
    return np.asarray(people[:, None] * weight / weight.sum(axis=1, keepdims=True))


def attraction(*, sign: float = 1.0, leak: float = 0.0) -> Iterator[Row]:
    """Flows conserve people, police never attract, and with nothing to choose by all sites are alike.

    `sign` turns deterrence around and `leak` loses people on the way: both break the structure.
    """
    lost = rises = 0.0
    for world in range(WORLDS):
        rng = np.random.default_rng([39, world])
        zones, sites = (int(n) for n in rng.integers(2, 12, 2))
        people, value = rng.uniform(1.0, 500.0, zones), rng.uniform(0.1, 9.0, sites)
        cost, guard = rng.uniform(0.0, 8.0, (zones, sites)), rng.uniform(0.0, 2.0, sites)
        strength = (float(rng.uniform(0.0, 2.0)), float(rng.uniform(0.0, 1.0)), sign * float(rng.uniform(0.0, 3.0)))
        before = (1.0 - leak) * flows(people, value, cost, guard, strength=strength)
        lost = max(lost, float(np.abs(before.sum(axis=1) / people - 1.0).max()))
        j = int(rng.integers(sites))
        more = guard.copy()
        more[j] += float(rng.uniform(0.1, 3.0))
        after = flows(people, value, cost, more, strength=strength)
        rises += float(after[:, j].sum() > before[:, j].sum() * (1.0 + 1e-12))
    yield Row("attraction", f"people lost or made, largest share in {WORLDS} worlds", SOURCE, 0.0, lost, 1e-12)
    yield Row("attraction", f"worlds of {WORLDS} where more police at a site draw more", SOURCE, 0.0, rises, 0.0)
    rng = np.random.default_rng(40)
    cost, value = rng.uniform(0.0, 8.0, (3, 7)), rng.uniform(0.1, 9.0, 7)
    even = (1.0 - leak) * flows(np.ones(3), value, cost, np.full(7, 1.3), strength=(0.0, 0.0, 2.0))
    gap = float(np.abs(even - 1.0 / 7.0).max())
    yield Row("attraction", "no value, no cost, equal police: largest difference from 1/7", SOURCE, 0.0, gap, 1e-12)
