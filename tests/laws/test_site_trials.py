"""Laws of the trials at a compound, and of the fit that turns them into the city's rates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sispamkota.errors import InputError
from sispamkota.inputs import DATA
from sispamkota.place.compound import Compound
from sispamkota.rehearsal import site_trials as trials
from sispamkota.rehearsal.scene import Crowd, Guard, play_scene
from sispamkota.rehearsal.site_fit import NEVER, SETUPS, Material, Pressing, fall_times, fit_law, law_times, misfit_of
from sispamkota.rehearsal.site_measure import (
    _draw_row,
    _drawn,
    _material,
    _Seen,
    check_site,
    measure_site,
    measuring_digest,
)
from sispamkota.rehearsal.site_rates import NAMES, SiteRates
from sispamkota.rehearsal.site_trials import (
    VIOLENT,
    Leaving,
    drawn_ground,
    largest_exit,
    leave_ground,
    lifted,
    numbers_of,
    press_ground,
    room_in_space,
    room_to_press,
    usual_ground,
)

USUAL = Material(1.5, 0.5, 9000.0, 18_000.0, 600.0)
N = np.array(VIOLENT, float)
EVERYONE = Pressing(N, N, N)
SMALL = """
kind: site
version: 1
name: kantor-kecil
title: Kantor kecil
about_id: Denah kecil untuk uji.
about_en: A small plan for tests.
source: assumed; drawn for tests
tag: assumed
ground: [[0, 0], [30, 0], [30, 10], [26, 10], [26, 26], [4, 26], [4, 10], [0, 10]]
buildings: [{name: kantor, ring: [[8, 18], [22, 18], [22, 24], [8, 24]]}]
fences: [{name: pagar depan, points: [[4, 10], [26, 10]]}]
gates: [{name: gerbang, points: [[13, 10], [17, 10]], use: vehicles, shut: true}]
doors: [{name: pintu, points: [[14, 18], [16, 18]]}]
exits: [{name: jalan barat, points: [[0, 0], [0, 10]]}, {name: jalan timur, points: [[30, 10], [30, 0]]}]
front: [[11, 9], [19, 9]]
line: [[11, 10], [11, 8.5], [19, 8.5], [19, 10]]
spaces:
  - {name: jalan, ring: [[10, 0.5], [20, 0.5], [20, 8.5], [10, 8.5]], people: 20, out: [jalan barat, jalan timur]}
"""
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
    assert fit.misfit.fence < 0.03


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
    pressed, flat, _ = press_ground(site, usual_ground(5, 0), "gate")
    assert (pressed > 0).all()
    assert (flat >= 180.0).all()
    assert (pressed <= VIOLENT).all()
    assert pressed[-1] > 1.5 * pressed[0]
    assert pressed[-1] < 80.0  # 6 m of gate, 1.2 m deep, bodies of 0.36 m
    between = room_to_press(pressed, np.linspace(0.0, 400.0, 100))
    assert (np.diff(between) >= 0.0).all()
    assert between[0] == 0.0


def test_trials__are_counted_once_they_are_flat(site, monkeypatch):
    """Ever more find room from minute 1 on: the count comes near what fifteen minutes give, and says when."""
    monkeypatch.setattr(trials, "VIOLENT", (140,))
    counted, flat, lag = press_ground(site, usual_ground(1, 0), "gate")
    monkeypatch.setattr(trials, "_flat", lambda spans: False)
    longest, never, _ = press_ground(site, usual_ground(1, 0), "gate")
    assert counted == pytest.approx(longest, rel=0.1)
    assert flat[0] < trials.LONGEST
    assert never[0] == trials.LONGEST
    assert 30.0 < lag[0] < 180.0


def test_times__a_lag_is_added_and_longer_where_most_are_held():
    """20 press, 5 or 10 of them held, 1,000 person-seconds: 1,000/15 or /10, and 30 s of 20 caught up by the others."""
    room, lags = np.full(4, 20.0), {"gate": np.full(4, 30.0)}
    pressing = Pressing(0.0 * room, room, room, lags=lags)
    setups = np.array([(140.0, 0.0, 10.0), (140.0, 0.0, 20.0), (140.0, 0.0, 40.0)])
    fence, door = fall_times(pressing, Material(1.5, 0.5, 1000.0, 1000.0, 600.0), setups=setups)
    assert fence == pytest.approx([1600.0 / 15.0, 160.0, NEVER])
    assert door == pytest.approx([50.0] * 3)


def test_trials__where_more_people_press_less_it_is_said(site):
    counted = np.array([5.0, 12.0, 20.0, 17.5])
    assert lifted(counted).tolist() == [0.0, 0.0, 0.0, 2.5]
    assert room_to_press(counted, N).tolist() == [5.0, 12.0, 20.0, 20.0]


def test_trials__a_small_space_takes_as_many_as_it_has_room_for(tmp_path):
    """80 m² of street for 20 people: measured with fewer; 4 m²: refused, and it is said that there is no room."""
    path = tmp_path / "kecil.yaml"
    path.write_text(SMALL, encoding="utf-8")
    small = Compound.load(path)
    numbers = numbers_of(small)
    assert numbers == (5, 14, 32, 74)
    assert 2 * numbers[-1] <= room_in_space(small)
    check_site(small)
    pressed, _, _ = press_ground(small, usual_ground(1, 0), "gate")
    assert 0 < pressed[0] < pressed[-1] <= numbers[-1]
    assert leave_ground(small, usual_ground(1, 0))[0].people == room_in_space(small)
    path.write_text(SMALL.replace("[10, 0.5], [20, 0.5], [20, 8.5], [10, 8.5]", "[10, 1], [12, 1], [12, 3], [10, 3]"))
    with pytest.raises(InputError) as told:
        check_site(Compound.load(path))
    assert [(each.field, each.got) for each in told.value.faults] == [("spaces.0.ring", "room for 2")]


def test_misfit__setups_in_which_both_say_never_dilute_nothing():
    seen = np.array([100.0, 100.0, NEVER, NEVER, NEVER, 400.0])
    law = np.array([200.0, NEVER, 300.0, NEVER, NEVER, 400.0])
    found = misfit_of(law, seen)
    off = np.log([2.0, NEVER / 100.0, NEVER / 300.0, 1.0])
    assert (found.setups, found.telling, found.unsafe, found.severe) == (6, 4, 1, 1)
    assert found.fence == pytest.approx(np.sqrt(np.mean(off**2)))
    assert found.factor == pytest.approx(NEVER / 100.0)


def test_rows__hold_how_far_the_law_lies_from_what_it_fits():
    """Strengths of rows beside those fitted with the same luck: a lognormal factor as wide as the row's misfit."""
    room = np.array([6.0, 16.0, 30.0, 46.0])
    seen = _Seen(Pressing(1.5 * room, room, 0.7 * room), {}, Leaving(600, 46.0, 78.0, 15.0), np.ones(600, np.int64))
    near, factors = fit_law(seen.pressing, USUAL), []
    for n in range(60):
        row, values = _draw_row(seen, (1, n), near), _drawn(1, n)
        fit = fit_law(seen.pressing, _material(values, (1, n)), near=near)
        assert row["site_hold_per_officer"] == pytest.approx(fit.hold_per_officer, rel=1e-3)
        assert fit.misfit.fence > 0.05
        factors.append(np.log(row["site_fence_strength"] / fit.fence_strength) / fit.misfit.fence)
    assert stats.kstest(factors, stats.norm.cdf).pvalue > 1e-3


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
    seen = {each: press_ground(site, ground, each) for each in ("line", "gate", "door")}
    lags = {each: lag for each, (_, _, lag) in seen.items()}
    pressing = Pressing(*(counted for counted, _, _ in seen.values()), lags=lags)
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
        assert again.file.rates[name].q02 <= kept.file.rates[name].value <= again.file.rates[name].q98
    assert np.array(again.file.rows) == pytest.approx(np.array(kept.file.rows), rel=0.1)
    assert kept.file.measuring == measuring_digest()
