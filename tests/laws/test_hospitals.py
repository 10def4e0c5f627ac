"""L9: hospital bays are M/M/c queues; Little's identity on paths that end empty; no bed is double-booked.

Casualties of the lightest class who come by themselves take a bay for an exponential stay and leave. They are called
during the first hour, which is many stays long; the path is then played until everybody is out.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from laws.worlds import VEHICLES, scaled, set_parameters, z_score
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.specs import HazardSpec, HospitalSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World
from sispamkota.schema import parameters

HOUR = 3600.0
STAYS = scaled(400, 100)  # mean stays in the hour of calls
STAY = HOUR / STAYS
WARM = scaled(60, 30)  # stays from the empty start that are not counted
REPLICATES = scaled(40, 12)
LEVEL = float(stats.t.isf(0.5e-5, REPLICATES - 1))  # two-sided 1e-5 under Student's law, for each comparison
# science.md §5, table [M]: (bays, offered load): Erlang C, mean wait in stays
TABLE = {(3, 1.5): (0.23684211, 0.15789474), (5, 3.0): (0.23615160, 0.11807580)}


class Path(NamedTuple):
    """One replicate, in stays: when each casualty came, got a bay, left; and the areas under both counts."""

    came: NDArray[np.float64]
    care: NDArray[np.float64]
    out: NDArray[np.float64]
    queue_area: float
    bay_area: float


def bay_world(bays: int, load: float) -> World:
    """One hospital at the place of the calls: Poisson arrivals at a load, nobody found late, no way to go."""
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec("p", 0)],
        travel=np.zeros((VEHICLES, 1, 1), np.float32),
        kinds=[KindSpec("ill", at.EVACUATION, need={at.AMBULANCE: 1}, patients=1)],
        hospitals=[HospitalSpec("rs", "p", (bays, 0, 0, 0))],
        hazards=[HazardSpec("h", "p", "ill", (load / STAY,) + (0.0,) * 23)],
    )
    nothing = ("start_hour", "triage_t1", "triage_t2", "find_delay", "self_delay", "occupancy_low", "occupancy_high")
    off = dict.fromkeys(nothing, 0.0)
    return set_parameters(World(build_tables(spec)), **off, self_transport_share=1.0, bay_time=STAY)


def play(world: World, replicate: int, *, checked: bool = False) -> Path:
    """Play a path event by event until everybody is out; integrate the queue and the bays taken as they are seen."""
    world.reset(seed=91, replicate=replicate)
    w, casualty, free = world.state.world[0], world.state.casualty, world.state.hospital["free"][0]
    bays, state = int(free[at.BAY]), casualty["state"]
    out = np.full(len(state), np.nan)
    queue_area = bay_area = last = 0.0
    waiting, taken, known = 0, 0, 0
    while known < int(w["casualties"]) or world.state.hazard["due"][0] < HOUR:
        assert world.step(48.0 * HOUR)  # tomorrow's calls lie before that, so the clock stops at each event
        now, n = world.now, int(w["casualties"])
        queue_area += waiting * (now - last)
        bay_area += taken * (now - last)
        last = now
        seen = state[known:n]  # those before are all out
        waiting, taken = int(np.count_nonzero(seen == at.QUEUE_BAY)), bays - int(free[at.BAY])
        gone = np.flatnonzero((seen == at.OUT) & np.isnan(out[known:n])) + known
        out[gone] = now
        while known < n and state[known] == at.OUT:
            known += 1
        if checked:
            assert 0 <= taken <= bays
            assert taken == np.count_nonzero(state[:n] == at.IN_BAY)
            assert waiting == 0 or taken == bays
            world.balance()
    n = int(w["casualties"])
    assert known == n
    assert waiting == 0
    assert taken == 0
    came, care = (casualty[name][:n].copy() / STAY for name in ("queued", "care"))
    return Path(came, care, out[:n] / STAY, queue_area / STAY, bay_area / STAY)


def sojourn_beyond(t: float, bays: int, load: float, wait: float) -> float:
    """The chance to be in an M/M/c system for longer than t: no wait, or one that is exponential, then the stay."""
    drain = bays - load
    both = (drain * math.exp(-t) - math.exp(-drain * t)) / (drain - 1.0)
    return (1.0 - wait) * math.exp(-t) + wait * both


@pytest.mark.parametrize("case", TABLE)
def test_bays__are_an_mmc_queue(case: tuple[int, float]) -> None:
    """L9: the share that waits, the mean wait, the law of the sojourn; sums over Poisson calls, so without bias."""
    wait, mean = TABLE[case]
    world = bay_world(*case)
    rows = []
    for replicate in range(REPLICATES):
        path = play(world, replicate)
        counted = path.came > WARM
        waits, sojourns = (path.care - path.came)[counted], (path.out - path.came)[counted]
        assert np.all(np.diff(path.care[np.argsort(path.came, kind="stable")]) >= 0.0)  # first come, first served
        row = [np.sum((waits > 0.0) - wait), np.sum(waits - mean), np.sum(sojourns - mean - 1.0)]
        row += [np.sum((sojourns > t) - sojourn_beyond(t, *case, wait)) for t in (0.3, 1.0, 2.0, 4.0)]
        rows.append([*row, np.sum(counted) - case[1] * (STAYS - WARM)])
    assert max(abs(z_score(column, 0.0)) for column in np.transpose(rows)) < LEVEL


def test_little__the_areas_are_the_sums_of_the_times() -> None:
    """Little's identity, exact on every path that ends empty: bays and queue each, counts on one side, people other."""
    world = bay_world(3, 2.4)
    for replicate in range(scaled(8, 1)):
        path = play(world, replicate, checked=True)
        assert len(path.came) > STAYS
        assert path.queue_area > 0.0
        assert math.isclose(path.queue_area, float(np.sum(path.care - path.came)), rel_tol=1e-9)
        assert math.isclose(path.bay_area, float(np.sum(path.out - path.care)), rel_tol=1e-9)


def chain_world() -> World:
    """Two small hospitals, one without a theatre, two ambulances, all classes; everything is short of room."""
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec("p", 0), PlaceSpec("q", 1)],
        travel=np.broadcast_to(300.0 * (1.0 - np.eye(2)), (VEHICLES, 2, 2)).astype(np.float32),
        units=[UnitSpec(f"a{i}", "pq"[i], 2, (at.AMBULANCE,)) for i in range(2)],
        kinds=[KindSpec("ill", at.EVACUATION, need={at.AMBULANCE: 1}, patients=1)],
        hospitals=[HospitalSpec("rs1", "p", (3, 1, 2, 2)), HospitalSpec("rs2", "q", (2, 0, 0, 1))],
        hazards=[HazardSpec(f"h{i}", i, "ill", (15.0 / HOUR,) * 2 + (0.0,) * 22) for i in "pq"],
    )
    stays = {"bay_time": 900.0, "resus_time": 600.0, "theatre_time": 1500.0, "icu_time": 3000.0, "ward_time": 2400.0}
    shares = {"triage_t1": 0.35, "triage_t2": 0.4, "self_transport_share": 0.5}
    zero = dict.fromkeys(("start_hour", "occupancy_low", "occupancy_high"), 0.0)
    return set_parameters(World(build_tables(spec)), **stays, **shares, **zero)


def check_beds(world: World, beds: NDArray[np.int64]) -> NDArray[np.int64]:
    """See that beds held and free make up each hospital's, and that nobody waits for a bed that is free."""
    people = world.state.casualty[: int(world.state.world[0].casualties)]
    free, state, bed, hospital = world.state.hospital["free"], people["state"], people["bed"], people["hospital"]
    holds = bed >= 0
    held = np.zeros_like(beds)
    np.add.at(held, (hospital[holds], bed[holds]), 1)
    assert (held <= beds).all()
    assert (free == beds - held).all()
    assert (holds == np.isin(state, (at.IN_BAY, at.IN_BED, at.QUEUE_NEXT))).all()
    waits = (state == at.QUEUE_BAY) | (state == at.QUEUE_NEXT)
    assert (free[hospital[waits], people["next"][waits]] == 0).all()
    return held


def test_beds__none_is_double_booked_at_any_event() -> None:
    """Exact, at every event of a chain bay, theatre, intensive care, ward with deaths: held + free = beds."""
    world = chain_world()
    beds = np.array(world.tables.hospital_t["beds"])
    full, ends = np.zeros_like(beds), set()
    for replicate in range(scaled(20, 2)):
        world.reset(seed=92, replicate=replicate)
        held = check_beds(world, beds)
        while world.step(20.0 * HOUR):
            held = check_beds(world, beds)
            full = np.maximum(full, held)
            world.balance()
        people = world.state.casualty["state"][: int(world.state.world[0].casualties)]
        assert len(people) > 20
        assert np.isin(people, (at.OUT, at.DEAD)).all()
        assert held.sum() == 0
        ends |= set(people.tolist())
    assert (full == beds).all()  # else the test would not have looked where it counts
    assert ends == {at.OUT, at.DEAD}
