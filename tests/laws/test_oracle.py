"""The engine equals the oracle, event by event: the same model written twice, once compiled and once in plain Python.

After each event of a random world clock, who fired, crowds, units, incidents, casualties, hospitals, hazards, injects,
the log and the response times are compared, and at the end all measures: integers exactly, reals to one part in 10⁹.
"""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from laws.worlds import PLAIN, VEHICLES, default_spec, scaled, small_spec
from sispamkota.kernels import rng
from sispamkota.rehearsal.specs import CrowdSpec, PlaceSpec, WorldSpec
from sispamkota.schema import parameters
from sispamkota.verification import oracle
from sispamkota.verification.luck import KNOWN
from sispamkota.verification.oracle.beside import Beside, play_beside
from sispamkota.verification.oracle.coverage import Coverage
from sispamkota.verification.oracle.draws import Luck, philox
from sispamkota.verification.oracle.sim import FAMILIES
from sispamkota.verification.oracle.worlds import Case, random_world

SHORT, LONG = 150, 300  # a world is left where it has had so many events


def compare(worlds: int, most: int) -> tuple[Coverage, int]:
    """Play the first random worlds side by side; a disagreement names its world."""
    coverage, events = Coverage(), 0
    for number in range(worlds):
        try:
            events += play_beside(random_world(number), events=most, coverage=coverage)
        except AssertionError as error:
            pytest.fail(f"random_world({number}): {error}")
    return coverage, events


def test_worlds__engine_equals_oracle_at_every_event() -> None:
    """The first random worlds, in which everything that the model can do is done at least once."""
    coverage, events = compare(scaled(160, 20), SHORT)
    assert events > scaled(12_000, 500)
    assert PLAIN or coverage.missing() == []


@pytest.mark.slow
def test_worlds__a_thousand() -> None:
    """The whole thousand, and longer."""
    coverage, events = compare(scaled(1000, 60), LONG)
    assert events > scaled(100_000, 3000)
    assert PLAIN or coverage.missing() == []


def test_ties__rounding_decides_nothing() -> None:
    """Both offices of world 24 at one site fall at one moment but for the last bits; each side has another first."""
    case = random_world(24)
    crowds = [replace(each, site=True) for each in case.spec.crowds]
    assert len(crowds) > 1
    assert play_beside(case._replace(spec=replace(case.spec, crowds=crowds)), events=SHORT) > 100


def test_ties__equal_times_go_by_row() -> None:
    """Where both clocks are equal on both sides the lower row is first: a rule, in which the oracle follows nobody."""
    still = dict.fromkeys(("gamma", "omega", "ignition", "epsilon", "beta", "hurt_crowd", "other_patients"), 0.0)
    world = WorldSpec(
        parameters=parameters() | still,
        places=[PlaceSpec("p", 0), PlaceSpec("q", 0)],
        travel=np.zeros((VEHICLES, 1, 1), np.float32),
        crowds=[CrowdSpec(each, protected=True, violent=(500, 0), site=True) for each in "pq"],
    )
    beside = Beside(Case(world, seed=1, replicate=0, until=1e9))
    while beside.oracle.due()[1] != FAMILIES.index("perimeter"):
        assert beside.step(1e9) is not None
    first, second = sorted(each for each in beside.oracle.sim.agenda() if each[1] == FAMILIES.index("perimeter"))
    assert first[0] == second[0]
    assert beside._first(("perimeter", 1)) == first
    beside._times[beside._offset[first[1]] + 1] *= 1.0 + 1e-15
    assert beside._first(("perimeter", 1)) == second
    beside.oracle.sim.crowds[1].layer_due *= 1.0 + 1e-9
    assert beside._first(("perimeter", 1)) == first


def test_mini_city__engine_equals_oracle() -> None:
    """A whole scenario, read from its files, in the mini-city."""
    events = play_beside(Case(small_spec(), seed=41, replicate=3, until=7200.0), events=scaled(800, 200))
    assert events >= scaled(800, 200)


@pytest.mark.slow
def test_malang__engine_equals_oracle() -> None:
    """The default rehearsal of Malang, to its end."""
    events = play_beside(Case(default_spec(), seed=31, replicate=3, until=7200.0), events=scaled(100_000, 300))
    assert events > scaled(3000, 299)


def test_oracle__shares_nothing_with_the_kernels_but_their_numbers() -> None:
    """Of the kernels the oracle imports `layout` only; the comparison, which is no part of it, also names measures."""
    allowed = {"terms.py": {"kernels.layout"}, "beside.py": {"kernels.measure"}}
    for path in Path(oracle.__file__).parent.glob("*.py"):
        found = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and "kernels" in (node.module or ""):
                found |= {f"kernels.{a.name}" for a in node.names} if node.module == "kernels" else {node.module}
            elif isinstance(node, ast.Import):
                assert all("kernels" not in alias.name for alias in node.names)
        assert found == allowed.get(path.name, set()), path.name


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_philox__gives_the_published_words(counter, key, expected) -> None:
    assert philox(counter, key) == expected


def test_luck__is_the_streams() -> None:
    """The oracle's draws are those of the kernels, also under seeds of 64 bits and shapes below and above one."""
    for seed in (0, 1, 2**32 + 5, 2**64 - 1):
        luck, key = Luck(seed, 7), np.uint64(seed)
        for k in (0, 1, 2**31):
            assert luck.uniform("casualty.fate", 12345, k) == rng.uniform(key, 7, rng.VICTIM, 12345, k)
            mine = luck.lognormal("command.delay", 9, k, median=60.0, spread=1.5)
            assert math.isclose(mine, rng.lognormal(60.0, 1.5, key, 7, rng.DELAY, 9, k), rel_tol=1e-12)
        for shape in (0.3, 0.99, 1.0, 7.0, math.inf):
            mine = luck.gamma("hazard.rate", 3, shape=shape)
            assert math.isclose(mine, rng.gamma(shape, key, 7, rng.RISK, 3), rel_tol=1e-12)
