"""L4: hazard counts are Poisson, thinned exactly at hour edges, superposed; with a gamma rate negative binomial."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from laws.worlds import VEHICLES, scaled
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.specs import HazardSpec, KindSpec, PlaceSpec, WorldSpec
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World
from sispamkota.schema import parameters

LEVEL = 1e-5
REPLICATES = scaled(4000, 300)
HOUR = 3600.0


def hazard_world(*hazards: HazardSpec, start_hour: float = 0.0) -> World:
    """Hazards alone: each strike opens an incident that asks for nothing and ends."""
    names = sorted({hazard.place for hazard in hazards})
    spec = WorldSpec(
        parameters=parameters({}, {"start_hour": start_hour}),
        places=[PlaceSpec(name, 0) for name in names],
        travel=np.zeros((VEHICLES, 1, 1), np.float32),
        kinds=[KindSpec("strike", law=at.FIXED, work=1.0)],
        hazards=list(hazards),
    )
    return World(build_tables(spec))


def strikes(world: World, hours: float, *, replicates: int = REPLICATES, seed: int = 1) -> np.ndarray:
    """How often each hazard struck within some hours, (replicates, hazards)."""
    out = []
    for replicate in range(replicates):
        world.reset(seed=seed, replicate=replicate)
        world.advance(hours * HOUR)
        out.append(world.state.hazard.k.copy())
    return np.array(out)


def by_hour(**rates: float) -> tuple[float, ...]:
    """Rates per second from rates per hour of some hours: h7=2.0."""
    return tuple(rates.get(f"h{hour}", 0.0) / HOUR for hour in range(24))


@pytest.mark.parametrize("shape", [0.01, 0.05, 0.15])
def test_factor__however_small_is_never_a_time_before_now(shape: float) -> None:
    """A gamma factor of a small shape comes near the smallest number: then the hazard does not strike, for ever."""
    world = hazard_world(HazardSpec("h", "here", "strike", (1e-9,) * 24, shape=shape))
    due = []
    for replicate in range(scaled(3000, 100)):
        world.reset(seed=4, replicate=replicate)
        due.append(float(world.state.hazard.due[0]))
        world.advance(HOUR)
    assert min(due) > 0.0
    assert np.isinf(due).any()


def fits(counts: np.ndarray, law: stats.rv_discrete) -> float:
    """The p-value of a chi-square test of counts against a law, cells of at least five expected."""
    top = int(counts.max())
    expected = np.append(law.pmf(np.arange(top)), law.sf(top - 1)) * counts.size
    seen = np.bincount(counts, minlength=top + 1).astype(float)
    cells = [(0.0, 0.0)]
    for got, wanted in zip(seen, expected, strict=True):
        last = cells[-1]
        if last[1] >= 5.0:
            cells.append((got, wanted))
        else:
            cells[-1] = (last[0] + got, last[1] + wanted)
    if len(cells) > 1 and cells[-1][1] < 5.0:
        last = cells.pop()
        cells[-1] = (cells[-1][0] + last[0], cells[-1][1] + last[1])
    got, wanted = np.array(cells).T
    return float(stats.chi2.sf(((got - wanted) ** 2 / wanted).sum(), len(cells) - 1))


def test_counts__are_poisson_with_the_hours_rates() -> None:
    """Starting at half past six, a rate that changes at each hour: the mean is its integral, the law Poisson."""
    rate = by_hour(h6=1.0, h7=4.0, h8=0.0, h9=2.0)
    world = hazard_world(HazardSpec("h", "p", "strike", rate), start_hour=6.5)
    counts = strikes(world, 3.0)[:, 0]
    assert fits(counts, stats.poisson(0.5 * 1.0 + 4.0 + 0.0 + 0.5 * 2.0)) > LEVEL


def test_thinning__is_exact_at_the_edges_of_hours() -> None:
    """Nothing strikes in an hour without a rate, and the counts of hours that touch are independent."""
    world = hazard_world(HazardSpec("h", "p", "strike", by_hour(h7=3.0, h9=3.0)), start_hour=7.0)
    upto = [strikes(world, hours)[:, 0] for hours in (1.0, 2.0, 3.0)]
    assert (upto[1] == upto[0]).all()
    first, last = upto[0], upto[2] - upto[1]
    assert fits(first, stats.poisson(3.0)) > LEVEL
    assert fits(last, stats.poisson(3.0)) > LEVEL
    assert abs(np.corrcoef(first, last)[0, 1]) < 4.42 / np.sqrt(REPLICATES)


def test_rates__come_back_every_day() -> None:
    world = hazard_world(HazardSpec("h", "p", "strike", by_hour(h3=1.0)))
    assert fits(strikes(world, 72.0, replicates=REPLICATES // 4)[:, 0], stats.poisson(3.0)) > LEVEL


def test_superposition__of_hazards_is_their_sum() -> None:
    one, two = (HazardSpec(name, name, "strike", by_hour(h0=rate)) for name, rate in (("a", 0.7), ("b", 1.9)))
    counts = strikes(hazard_world(one, two), 1.0)
    assert fits(counts.sum(axis=1), stats.poisson(2.6)) > LEVEL
    assert abs(np.corrcoef(counts.T)[0, 1]) < 4.42 / np.sqrt(REPLICATES)


@pytest.mark.parametrize("shape", [0.5, 2.0, 8.0])
def test_posterior__gamma_rate_gives_negative_binomial_counts(shape: float) -> None:
    hazard = HazardSpec("h", "p", "strike", by_hour(h0=4.0), shape=shape)
    counts = strikes(hazard_world(hazard), 1.0)[:, 0]
    assert fits(counts, stats.nbinom(shape, shape / (shape + 4.0))) > LEVEL


def test_posterior__one_draw_is_shared_and_another_is_not() -> None:
    """Two places of one draw rise and fall together: their sum is negative binomial with the shape of the draw."""
    rate = by_hour(h0=3.0)
    same = [HazardSpec(name, name, "strike", rate, shape=2.0, draw="city") for name in ("a", "b")]
    own = [HazardSpec(name, name, "strike", rate, shape=2.0) for name in ("c", "d")]
    counts = strikes(hazard_world(*same, *own), 1.0)
    assert fits(counts[:, :2].sum(axis=1), stats.nbinom(2.0, 2.0 / (2.0 + 6.0))) > LEVEL
    expected = 3.0**2 / 2.0 / (3.0 + 3.0**2 / 2.0)  # covariance over variance, of the shared factor
    error = 4.42 / np.sqrt(REPLICATES)
    assert abs(np.corrcoef(counts[:, 0], counts[:, 1])[0, 1] - expected) < 2 * error
    assert abs(np.corrcoef(counts[:, 2], counts[:, 3])[0, 1]) < error


def test_posterior__the_draw_does_not_depend_on_other_hazards() -> None:
    """Same luck: one more hazard changes nothing of the others."""
    one = HazardSpec("h", "p", "strike", by_hour(h0=4.0), shape=2.0)
    more = HazardSpec("g", "q", "strike", by_hour(h0=1.0), shape=0.5)
    alone, both = (strikes(hazard_world(*each), 1.0, replicates=50) for each in ([one], [one, more]))
    assert (alone[:, 0] == both[:, 0]).all()
