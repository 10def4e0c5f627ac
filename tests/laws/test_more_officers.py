"""L12(a): officers who are there from the start do not raise violence, by the exact generator; the engine agrees.

States are (S, I, R) with S + I + R at most N; the violent person-seconds until nobody is violent, or until a horizon,
solve a sparse system written here from docs/explanation/crowd.md, not with the engine's code. The law is no theorem:
who is removed no longer dilutes the crowd, as the spent do. A counter-example on the grid fails with its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise, product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse, stats
from scipy.sparse import linalg

from laws.worlds import PLAIN, crowd_world, scaled, z_score
from sispamkota.kernels import layout as at
from sispamkota.kernels.measure import CROWD_MEASURES
from sispamkota.rehearsal.specs import UnitSpec

LEVEL = 1e-5
MINUTE = 60.0
HORIZON = 30.0 * MINUTE
NEVER = 1e18  # a threshold that no crowd passes
OFFICERS = (0, 1, 2, 4, 8, 16, 40)
PLAYED = (0, 2, 8, 40)
BASE = {"beta": 0.18, "gamma": 0.05, "omega": 0.02, "rho": 0.35, "delta": 4.0}  # per minute: model.md, its first set
GRID = [  # from a crowd that calms at once to one that stays violent, deterred or not, removed slowly or at once
    dict(zip(BASE, values, strict=True))
    for values in product((0.18, 1.0, 5.0), (0.0, 0.05, 1.0), (0.02, 0.5), (0.01, 0.35, 5.0), (0.0, 4.0))
]


@cache
def states(most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every (S, I, R) of at most so many people, and the row of each."""
    rows = [(s, i, n - s - i) for n in range(most + 1) for s in range(n + 1) for i in range(n - s + 1)]
    found = np.array(rows)
    row = np.full((most + 2,) * 3, -1)
    row[tuple(found.T)] = np.arange(len(found))
    return found, row


def generator(most: int, rates: Mapping[str, float], officers: int) -> sparse.csr_matrix:
    """Return the rates per minute between states; a missing rate is 0."""
    found, row = states(most)
    s, i, r = found.T.astype(float)
    n = np.maximum(s + i + r, 1.0)
    turn = s * (rates.get("epsilon", 0.0) + rates["beta"] * i / n) / (1.0 + rates["delta"] * officers / n)
    contact = i * officers / np.maximum(i + officers, 1.0)
    moves = (
        (turn, (-1, 1, 0)),
        (rates["gamma"] * i, (1, -1, 0)),
        (rates["omega"] * i, (0, -1, 1)),
        (rates["rho"] * contact, (0, -1, 0)),
    )
    q = sparse.csr_matrix((len(found), len(found)))
    for rate, step in moves:
        can = np.flatnonzero(rate > 0.0)
        to = row[tuple((found[can] + step).T)]
        q = q + sparse.csr_matrix((rate[can], (can, to)), shape=q.shape)
    return (q - sparse.diags(np.asarray(q.sum(axis=1)).ravel())).tocsr()


def until_calm(most: int, rates: Mapping[str, float], officers: int) -> NDArray[np.float64]:
    """Return E∫I dt in violent person-minutes until nobody is violent, by state (0 where nobody is)."""
    violent = states(most)[0][:, 1]
    alive = np.flatnonzero(violent)
    out = np.zeros(len(violent))
    q = generator(most, rates, officers)[alive][:, alive]
    out[alive] = linalg.spsolve(q.tocsc(), -violent[alive].astype(float))
    return out


def until_horizon(most: int, rates: Mapping[str, float], officers: int) -> NDArray[np.float64]:
    """Return E∫I dt in violent person-minutes until the horizon, by state: an exponential of the bordered matrix."""
    violent = states(most)[0][:, [1]].astype(float)
    q = generator(most, rates, officers)
    bordered = sparse.bmat([[q, sparse.csr_matrix(violent)], [None, sparse.csr_matrix((1, 1))]]).tocsr()
    last = np.zeros(bordered.shape[0])
    last[-1] = 1.0
    return np.asarray(linalg.expm_multiply(bordered * (HORIZON / MINUTE), last))[:-1]


def rises(values: list[NDArray[np.float64]], most: int) -> list[str]:
    """Return where more officers raise the exact value by more than rounding, from any crowd of everybody."""
    found = states(most)[0]
    out = []
    for (few, a), (many, b) in pairwise(zip(OFFICERS, values, strict=True)):
        worst = int(np.argmax(b - a))
        if b[worst] > a[worst] * (1.0 + 1e-8) + 1e-9:
            where = tuple(map(int, found[worst]))
            out.append(f"{few} to {many} officers at (S, I, R) = {where}: {a[worst]:.6g} to {b[worst]:.6g}")
    return out


def test_exact__one_violent_person_alone() -> None:
    """The test's own generator first: one person, nobody to turn: 1 over the sum of the rates at which it ends."""
    rates = BASE | {"gamma": 0.0}
    value = until_calm(1, rates, 3)[states(1)[1][0, 1, 0]]
    assert value == pytest.approx(1.0 / (rates["omega"] + rates["rho"] * 3 / 4))


def test_more_officers__never_raise_violence_in_small_crowds() -> None:
    """Exact, every state of up to 12 people, the whole grid of rates, until calm."""
    found = {str(rates): rises([until_calm(12, rates, f) for f in OFFICERS], 12) for rates in GRID}
    assert not any(found.values()), {rates: where for rates, where in found.items() if where}


@pytest.mark.parametrize("epsilon", [0.0, 0.01])
def test_more_officers__never_raise_violence_among_forty(epsilon: float) -> None:
    """Exact, every state of up to 40 people, the first set of rates, until the horizon."""
    most = 12 if PLAIN else 40
    values = [until_horizon(most, BASE | {"epsilon": epsilon}, f) for f in OFFICERS]
    assert not rises(values, most), rises(values, most)


def played(officers: int, until: float, replicates: int, seed: int, rates: Mapping[str, float]) -> list[float]:
    """Play a crowd of 40, 5 of them violent; return violent person-minutes until a time, by replicate."""
    units = [UnitSpec("dalmas", "p", officers, (at.CROWD_0,), task=at.TASK_GUARD)] if officers else []
    per_second = {name: rate if name == "delta" else rate / MINUTE for name, rate in rates.items()}
    world = crowd_world(35, 5, units=units, **per_second, kuning_violent=NEVER, merah_violent=NEVER)
    out = []
    for replicate in range(replicates):
        world.reset(seed=seed, replicate=replicate)
        world.advance(until)
        out.append(float(world.finish()[1][0, CROWD_MEASURES.index("violent_person_s")]) / MINUTE)
    return out


@pytest.mark.parametrize("officers", PLAYED)
def test_engine__violence_until_calm_is_exact(officers: int) -> None:
    """The engine's mean of ∫I dt against the exact value (z-tests, together with the horizon's at level 1e-5)."""
    exact = until_calm(40, BASE, officers)[states(40)[1][35, 5, 0]]
    z = z_score(played(officers, 1e9, scaled(20_000, 60), 121, BASE), exact)
    assert abs(z) < stats.norm.isf(LEVEL / 2 / (2 * len(PLAYED))), z


@pytest.mark.parametrize("officers", PLAYED)
def test_engine__violence_until_the_horizon_is_exact(officers: int) -> None:
    """The same until the horizon, with violence that also starts by itself."""
    rates = BASE | {"epsilon": 0.01}
    exact = until_horizon(40, rates, officers)[states(40)[1][35, 5, 0]]
    z = z_score(played(officers, HORIZON, scaled(20_000, 60), 122, rates), exact)
    assert abs(z) < stats.norm.isf(LEVEL / 2 / (2 * len(PLAYED))), z
