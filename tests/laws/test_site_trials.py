"""Laws of the trials at a compound, and of the fit that turns them into the city's rates."""

from __future__ import annotations

import numpy as np
import pytest

from sispamkota.inputs import DATA
from sispamkota.place.compound import Compound
from sispamkota.rehearsal.scene import Crowd, Guard, play_scene
from sispamkota.rehearsal.site_fit import SETUPS, Material, Pressing, fall_times, fit_law, law_times
from sispamkota.rehearsal.site_measure import measure_site
from sispamkota.rehearsal.site_rates import NAMES, SiteRates
from sispamkota.rehearsal.site_trials import (
    VIOLENT,
    drawn_ground,
    largest_exit,
    leave_ground,
    press_ground,
    room_to_press,
    usual_ground,
)

USUAL = Material(1.5, 0.5, 9000.0, 18_000.0, 600.0)
N = np.array(VIOLENT, float)
EVERYONE = Pressing(N, N, N)
CHANGE = ("epsilon", "beta", "gamma", "omega", "rho", "leave_rate", "leave_asked_rate")


@pytest.fixture(scope="module")
def site():
    return Compound.load("office-generic")


def test_fit__where_everyone_finds_room_and_no_line_stands_it_gives_the_citys_own_law_back():
    none = Pressing(0.0 * N, N, N)
    fit = fit_law(none, Material(0.0, 0.5, 9000.0, 18_000.0, 600.0))
    assert fit.fence_strength == pytest.approx(9000.0, rel=0.02)
    assert fit.hold_per_guard == pytest.approx(0.5, rel=0.05)
    assert fit.door_strength == pytest.approx(18_000.0, rel=0.02)
    assert fit.press_most > 300.0
    assert fit.misfit < 0.02


def test_fit__known_room_is_found_again():
    """Of all who are there a fifth presses, at most 25: the law's own numbers are five times those of the material."""
    room = np.minimum(0.2 * np.array(VIOLENT), 25.0)
    fit = fit_law(Pressing(0.0 * room, room, room), Material(0.0, 0.5, 9000.0, 18_000.0, 600.0))
    assert fit.fence_strength == pytest.approx(45_000.0, rel=0.1)
    assert fit.press_most == pytest.approx(125.0, rel=0.15)
    assert fit.hold_per_guard == pytest.approx(2.5, rel=0.2)


@pytest.mark.parametrize("axis", [1, 2])
def test_times__more_officers_or_guards_never_let_it_fall_sooner(axis):
    for times in (fall_times(EVERYONE, USUAL)[0], law_times(np.array([4.0, 2.0, 120.0, 40_000.0]))):
        for k in range(len(SETUPS)):
            more = (np.delete(SETUPS, axis, 1) == np.delete(SETUPS[k], axis)).all(axis=1) & (
                SETUPS[:, axis] > SETUPS[k, axis]
            )
            assert (times[more] >= times[k] - 1e-9).all() or (axis == 1 and SETUPS[k, 1] == 0)


def test_trials__more_violent_people_press_more_and_never_more_than_there_are(site):
    pressed = press_ground(site, usual_ground(5, 0), "gate")
    assert (pressed > 0).all()
    assert (pressed <= VIOLENT).all()
    assert pressed[-1] > 1.5 * pressed[0]
    assert pressed[-1] < 80.0  # 6 m of gate, 1.2 m deep, bodies of 0.36 m
    between = room_to_press(pressed, np.linspace(0.0, 400.0, 100))
    assert (np.diff(between) >= 0.0).all()
    assert between[0] == 0.0


def test_clearing__with_the_widest_way_shut_is_slower(site):
    """Three lucks, each with all ways open and with one shut: later on the average, and a smaller flow."""
    shut = largest_exit(site)
    assert shut in ("jalan barat", "jalan timur")
    for number in range(3):
        ground = usual_ground(7, number)
        (all_open, _), (one_shut, _) = leave_ground(site, ground), leave_ground(site, ground, shut=(shut,))
        assert one_shut.mean_s > all_open.mean_s
        assert one_shut.most_s > all_open.most_s
        assert one_shut.flow < all_open.flow


def test_trials__say_what_a_whole_scene_does(site):
    """Law: when gate and line fall in a played scene is what the trials say, within a quarter."""
    ground = usual_ground(1, 0)
    pressing = Pressing(*(press_ground(site, ground, each) for each in ("line", "gate", "door")))
    still = dict.fromkeys(CHANGE, 0.0) | {"fence_strength": 5000.0}
    setups = np.array([(140.0, 0.0, 0.0), (140.0, 4.0, 0.0), (140.0, 0.0, 12.0)])
    want = fall_times(pressing, Material(1.5, 0.5, 5000.0, 18_000.0, 600.0), setups=setups)[0]
    got = []
    for violent, officers, guards in setups.astype(int):
        crowd = Crowd(2 * violent, violent=violent, present=1.0)
        scene = play_scene(site, crowd, Guard(officers, 0, guards), minutes=9.0, seed=1, given=_allowed(still))
        gate = scene.names["barriers"].index("gerbang utama")
        got.append(float(scene.times[np.flatnonzero(scene.bears[:, gate] == 0)[0]]))
    assert got == pytest.approx(want, rel=0.25)
    assert got[1] > got[0]
    assert got[2] > got[0]


def _allowed(given):
    """The given parameters as near to what is asked for as their ranges allow."""
    from sispamkota.schema import quantity

    return {name: max(value, quantity(name).low) for name, value in given.items()}


def test_grounds__draws_are_their_numbers_own_and_within_the_ranges():
    first, again, other = drawn_ground(1, 4), drawn_ground(1, 4), drawn_ground(1, 5)
    assert first == again
    assert first.press_reach != other.press_reach
    assert 0.8 <= first.press_reach <= 2.0


@pytest.mark.slow
def test_embedded_rates__are_what_measuring_gives(site):
    """The file in data/sites/rates is of this plan and this engine: measured again it says the same."""
    kept = SiteRates.load(DATA / "sites" / "rates" / "office-generic.yaml")
    again = measure_site(site, seed=kept.file.seed)
    for name in NAMES:
        assert again.file.rates[name].value == pytest.approx(kept.file.rates[name].value, rel=0.1), name
        assert again.file.rates[name].low <= kept.file.rates[name].value <= again.file.rates[name].high
