from dataclasses import replace

import numpy as np
import pytest

from parts.risk_fixture import counts_of, small
from sispamkota.errors import InputError


def faults_of(**changes):
    with pytest.raises(InputError) as caught:
        replace(small(), **changes)
    return [fault.field for fault in caught.value.faults]


def test_counts__totals_hold_the_events_of_no_known_hour():
    counts = small()
    untimed = counts.untimed.copy()
    untimed[2, 1] = 3
    more = replace(counts, untimed=untimed)
    assert more.totals.sum() == counts.events.sum() + 3
    assert more.watched == 24 * 60


def test_counts__every_fault_at_once():
    events = small().events.copy()
    events[0, 0, 0] = -1
    population = small().population.copy()
    population[3] = np.nan
    assert faults_of(events=events, population=population, neighbours=np.array([[1, 1], [0, 99]])) == [
        "events", "population", "neighbours", "neighbours",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"kinds": ("vandalism", "assembly")}, ["kinds"]),
        ({"kinds": ("clash", "clash")}, ["kinds"]),
        ({"places": ("a",)}, ["events", "untimed", "population", "covariates"]),
        ({"exposure": np.zeros(23)}, ["exposure"]),
        ({"events": np.zeros((16, 2, 24))}, ["events"]),
        ({"covariates": np.full((16, 1), np.inf)}, ["covariates.x0"]),
        ({"exposure": np.full(24, -1.0)}, ["exposure"]),
    ],
)
def test_counts__says_what_is_wrong(changes, fields):
    found = faults_of(**changes)
    assert found[: len(fields)] == fields


def test_counts__peaceful_assembly_is_no_kind():
    with pytest.raises(InputError, match="assembly"):
        counts_of(np.zeros((3, 1, 24)), kinds=("assembly",))


def test_counts__no_events_in_hours_that_nobody_watched():
    counts = small()
    exposure = counts.exposure.copy()
    hour = int(counts.events.sum(axis=(0, 1)).argmax())
    exposure[hour] = 0.0
    with pytest.raises(InputError, match=f"hour {hour}, which nobody watched"):
        replace(counts, exposure=exposure)


def test_take__is_undone_by_the_inverse_order():
    counts = small()
    order = np.random.default_rng(0).permutation(16)
    back = np.argsort(order)
    again = counts.take(order).take(back)
    assert again.places == counts.places
    assert (again.events == counts.events).all()
    assert (np.sort(again.neighbours) == np.sort(counts.neighbours)).all()
