"""People by place and hour: the fluid queue against a brute-force one, and nobody lost or made."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid

from sispamkota.force.doctrine import norm
from sispamkota.place import City
from sispamkota.place.people import VISITED_KINDS, presence, queues
from sispamkota.place.tps import register, special_stations
from sispamkota.place.voting import ARRIVALS, Queue, voter_limit, voting_figures

STEP_H = 1 / 3600


@pytest.fixture(scope="module")
def malang():
    return City.load("malang")


@pytest.fixture(scope="module")
def tps(malang):
    special = special_stations(malang.venues, malang.kelurahan)
    return register(malang.kelurahan, roads=malang.roads, epsg=malang.epsg, special=special)


def by_the_second(voters, *, turnout, arrivals, booths, booth_min):
    """The same day, second by second: the queue at each second until it is empty, and the longest wait, hours."""
    figures = voting_figures()
    opens, closes = figures.opens_h.value, figures.closes_h.value
    profile = np.array(getattr(figures.arrivals, arrivals))
    profile = profile / profile.sum()
    per_step = booths / booth_min * 60 * STEP_H
    queue, came, longest, seconds, trace = 0.0, 0.0, 0.0, 0, []
    while seconds * STEP_H < closes - opens or queue > 1e-9:
        hour = seconds * STEP_H
        if hour < closes - opens:
            now = voters * turnout * profile[int(hour / (closes - opens) * profile.size)] * STEP_H
            came, queue = came + now, queue + now
        queue = max(queue - per_step, 0.0)
        longest = max(longest, queue / per_step * STEP_H)
        seconds += 1
        trace.append(queue)
    return np.array(trace), came, longest, opens + seconds * STEP_H + booth_min / 60


@pytest.mark.parametrize("arrivals", ARRIVALS)
@pytest.mark.parametrize(
    ("turnout", "booths", "booth_min"), [(0.83, 4, 2.5), (1.0, 2, 2.0), (1.0, 4, 8.0), (0.6, 4, 1.0)]
)
def test_queue__agrees_with_brute_force(arrivals, turnout, booths, booth_min):
    asked = {"turnout": turnout, "arrivals": arrivals, "booths": booths, "booth_min": booth_min}
    trace, came, longest, done = by_the_second(600, **asked)
    queue = Queue.of([600], **asked)
    for hour in (7.25, 8.0, 9.4, 11.0, 12.99, 13.5):
        second = round((hour - 7) * 3600) - 1
        expected = trace[second] if second < trace.size else 0.0
        assert queue.waiting(hour)[0] == pytest.approx(expected, abs=0.1)
    assert queue.come(24.0)[0] == pytest.approx(came)
    assert queue.longest_min[0] == pytest.approx(longest * 60, abs=0.1)
    assert queue.done_h[0] == pytest.approx(done, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(
    voters=st.floats(0, 2000),
    turnout=st.floats(0, 1),
    booths=st.integers(1, 8),
    booth_min=st.floats(0.3, 10),
    hour=st.floats(0, 24),
    arrivals=st.sampled_from(ARRIVALS),
)
def test_queue__nobody_is_lost(voters, turnout, booths, booth_min, hour, arrivals):
    queue = Queue.of([voters], turnout=turnout, booths=booths, booth_min=booth_min, arrivals=arrivals)
    come, waiting, inside, voted = (each(hour)[0] for each in (queue.come, queue.waiting, queue.inside, queue.voted))
    assert come == pytest.approx(waiting + inside + voted, abs=1e-6)
    assert min(come, waiting, inside, voted) >= -1e-9
    assert inside <= booths + 1e-6
    end = queue.done_h[0]
    assert queue.voted(end + 1e-9)[0] == pytest.approx(voters * turnout, rel=1e-9, abs=1e-6)
    assert queue.longest_min[0] <= (end - 7) * 60 + 1e-6


def test_queue__closed_form_by_hand():
    """Even arrivals of 120 an hour against 60 an hour: the queue grows by 60 an hour to 360, gone at 19:00."""
    figures = voting_figures()
    share = np.array(figures.arrivals.even) / sum(figures.arrivals.even)
    queue = Queue.of([720], turnout=1.0, arrivals="even", booths=1, booth_min=1.0)
    assert queue.queue[0] == pytest.approx(np.concatenate([[0], np.cumsum(720 * share - 60)]))
    assert queue.longest_min[0] == pytest.approx(360)
    assert queue.done_h[0] == pytest.approx(19 + 1 / 60)


@pytest.mark.parametrize("wrong", [{"turnout": 1.2}, {"turnout": -0.1}, {"booths": 0}, {"booth_min": 0}])
def test_queue__refuses_what_cannot_be(wrong):
    with pytest.raises(ValueError, match="turnout"):
        Queue.of([500], **wrong)


# --- presence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hour", [0.0, 6.9, 7.5, 9.0, 12.9, 13.01, 20.0, 24.0])
def test_presence__everyone_is_somewhere(malang, tps, hour):
    table = presence(malang, hour, tps=tps, day="vote")
    known = table[table["kind"].isin(["kelurahan", "tps"])]
    assert known["present"].sum() == pytest.approx(847_182)
    assert (known["present"] >= 0).all()
    assert (known.loc[known["kind"] == "tps", "present"].sum() > 0) == (7 <= hour <= 13.03)


def test_presence__visitors_are_not_made_up(malang, tps):
    table = presence(malang, 10.0, tps=tps, day="work")
    visited = table[table["kind"].isin(VISITED_KINDS)]
    assert len(visited) == malang.venues["kind"].isin(VISITED_KINDS).sum() > 0
    assert visited["present"].isna().all()
    assert set(visited["tag"]) == {"unavailable"}
    assert "tps" not in set(table["kind"])
    assert table.loc[table["kind"] == "kelurahan", "present"].sum() == 847_182


def test_presence__a_tps_of_unknown_size_is_unknown(malang, tps):
    table = presence(malang, 10.0, tps=tps.assign(voters=tps["voters"].mask(tps["khusus"])), day="vote")
    blank = table[(table["kind"] == "tps") & table["present"].isna()]
    assert blank["ref"].tolist() == tps.loc[tps["khusus"], "id"].tolist()
    assert set(blank["tag"]) == {"unavailable"}
    assert table.loc[table["kind"] == "kelurahan", "present"].notna().all()


@pytest.mark.parametrize(("hour", "day"), [(25.0, "vote"), (-1.0, "vote"), (9.0, "sunday")])
def test_presence__refuses_other_hours_and_days(malang, tps, hour, day):
    with pytest.raises(ValueError, match="hour"):
        presence(malang, hour, tps=tps, day=day)


def test_queues__one_row_a_tps_and_the_worst_is_worse(tps):
    table = queues(tps)
    assert table["id"].tolist() == tps["id"].tolist()
    assert table["coming"].sum() == pytest.approx(660_744 * 0.648)
    assert (table["worst_min"] > table["longest_min"]).all()
    assert (table["done_h"] >= 13).all()


# --- figures ----------------------------------------------------------------------------------------------------------


def test_figures__turnout_is_that_of_malang():
    assert voting_figures().turnout.value == pytest.approx(428_323 / 660_744, abs=5e-4)


def test_figures__shares_are_whole_days():
    arrivals = voting_figures().arrivals
    for name in ARRIVALS:
        shares = getattr(arrivals, name)
        assert len(shares) == voting_figures().closes_h.value - voting_figures().opens_h.value
        assert sum(shares) == pytest.approx(1.0)
        assert list(shares) == sorted(shares, reverse=True) or name == "usual"


@pytest.mark.parametrize(("day", "most"), [(date(2024, 2, 14), 300), (date(2024, 11, 27), 600)])
def test_figures__the_limit_and_hours_are_those_of_the_doctrine(day, most):
    assert voter_limit(day).most == norm("tps.max_voters", on=day).value == most
    assert voting_figures().opens_h.value * 3600 == norm("tps.opens_s", on=day).value
    assert voting_figures().closes_h.value * 3600 == norm("tps.closes_s", on=day).value


@pytest.mark.parametrize(
    ("day", "most"),
    [(date(2019, 4, 17), 300), (date(2024, 2, 15), 600), (date(2024, 6, 12), 600), (date(2030, 1, 1), 600)],
)
def test_figures__the_limit_is_that_of_the_next_election_or_the_last_known(day, most):
    assert voter_limit(day).most == most


@pytest.mark.parametrize("booth_min", [2.0, 5.0], ids=["no queue", "a queue"])
def test_queue__people_present_obey_little(booth_min):
    """People present, summed over the day, are all voters times their stay: tables, booth, and the wait."""
    queue = Queue.of([600.0], booth_min=booth_min)
    hours = np.linspace(6.0, 20.0, 14_001)
    present = np.array([queue.there(hour)[0] for hour in hours])
    waiting = np.array([queue.waiting(hour)[0] for hour in hours])
    came = queue.come(20.0)[0]
    stay = came * (queue.booth_h + queue.besides_h)
    assert trapezoid(present, hours) == pytest.approx(stay + trapezoid(waiting, hours), rel=1e-3)
    assert (waiting.max() > 0) == (booth_min > 2.0)
