"""L7: contagion below criticality, at a place and between places: the total progeny of one violent person.

A violent period is exponential and makes its offspring at a constant rate, so offspring are geometric and
P(T = n) = C(2n − 2, n − 1)/n · R^(n−1)/(1 + R)^(2n−1), with R = (β + β_W)/(γ + ω). Chi-square at 1e-5.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from laws.test_hazards import LEVEL
from laws.worlds import OFF, VEHICLES, scaled, set_parameters
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.specs import CrowdSpec, HospitalSpec, PlaceSpec, WorldSpec
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World
from sispamkota.schema import parameters

PEOPLE = 100_000  # so many that nobody notices who has turned
REPLICATES = scaled(6000, 200)
LARGE = 1000  # what is still spreading after so many events counts in the last cell
MOST_EVENTS = 3 * LARGE


def progeny_world(places: int, **values: float) -> World:
    """Large peaceful crowds at equal distances, one violent person in the first."""
    names = [f"p{i}" for i in range(places)]
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec(name, 0) for name in names],
        travel=np.zeros((VEHICLES, 1, 1), np.float32),
        crowds=[CrowdSpec(name, peaceful=(PEOPLE, 0), violent=(int(i == 0), 0)) for i, name in enumerate(names)],
        hospitals=[HospitalSpec("rs", "p0", (5, 1, 1, 10))],
        distance=1000.0 * (1 - np.eye(places)),
    )
    return set_parameters(World(build_tables(spec)), **(dict.fromkeys(OFF, 0.0) | values))


def progeny(world: World, replicate: int) -> int:
    """Play until nobody is violent; everyone who ever was has calmed or tired, once for each time."""
    world.reset(seed=9, replicate=replicate)
    for _ in range(MOST_EVENTS):
        if not world.step(1e6):
            break
    crowds = world.state.crowd
    if crowds.I.sum():
        return LARGE
    ended = (
        crowds.k[:, int(at.CALM) : int(at.CALM) + at.CAMPS].sum()
        + crowds.k[:, int(at.TIRE) : int(at.TIRE) + at.CAMPS].sum()
    )
    return int(ended) - len(crowds) * 2 * at.CAMPS  # every channel has drawn one waiting time that has not run out


def law(n: np.ndarray, r: float) -> np.ndarray:
    """The chance of a total progeny of n."""
    log = special.gammaln(2 * n - 1) - 2 * special.gammaln(n) - np.log(n)
    return np.exp(log + (n - 1) * np.log(r) - (2 * n - 1) * np.log1p(r))


def test_law__has_the_value_of_the_design() -> None:
    assert law(np.array([1.0]), 0.8)[0] == pytest.approx(0.556, abs=5e-4)
    assert law(np.arange(1.0, 4000.0), 0.8).sum() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(("places", "beta", "between"), [(1, 0.8, 0.0), (2, 0.5, 0.3), (5, 0.0, 0.8)])
def test_progeny__follows_the_law_however_it_spreads(places: int, beta: float, between: float) -> None:
    world = progeny_world(places, beta=beta, beta_between=between, gamma=0.7, omega=0.3)
    totals = np.array([progeny(world, replicate) for replicate in range(REPLICATES)])
    last = 12
    chances = law(np.arange(1.0, last), 0.8)
    expected = np.append(chances, 1.0 - chances.sum()) * REPLICATES
    seen = np.bincount(np.minimum(totals, last), minlength=last + 1)[1:]
    assert stats.chisquare(seen, expected).pvalue > LEVEL
