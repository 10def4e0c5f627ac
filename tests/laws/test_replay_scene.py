"""Law of the reverse view: at every frame the compound holds as many people, by camp and mood, as the replicate did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from laws.worlds import PLAIN, small_inputs
from sispamkota.errors import InputError
from sispamkota.kernels import motion_layout as at
from sispamkota.place.compound import Compound
from sispamkota.rehearsal import Setting
from sispamkota.rehearsal.replay_scene import scene_of
from sispamkota.rehearsal.scene import HOME
from sispamkota.rehearsal.scene_course import PlaceCourse, follow, moves_between
from sispamkota.rehearsal.tables import build_tables

WEAK = {"fence_strength": 2000.0, "hold_per_officer": 0.5, "hold_per_guard": 0.0}
WEAK |= {f"site_{name}": value for name, value in WEAK.items()} | {"leave_rate": 0.0003}  # also where it has a site
MINUTES = (9.5, 10.5) if PLAIN else (8.0, 14.0)


def _small(people):
    """The mini-city's rehearsal with a gathering of few, of whom some turn violent at minute 10; a weak fence."""
    scenario, plan, city = small_inputs()
    few = tuple(each.model_copy(update={"people": people, "spread": 1.0}) for each in scenario.file.gatherings)
    file = scenario.file.model_copy(update={"gatherings": few})
    told = replace(scenario, file=file).vary(**WEAK)
    return told, plan, city


@pytest.fixture(scope="module")
def played():
    scenario, plan, city = _small(120)
    site = Compound.load("office-generic")
    scene = scene_of(city, scenario, plan, luck=(4, 1), place="kpu", site=site, minutes=MINUTES)
    tables = build_tables(Setting.make(scenario, plan, city).spec)
    return scene, follow(tables, 4, 1, 0, (60.0 * MINUTES[0], 60.0 * MINUTES[1]))


def test_counts__are_the_logs_at_every_frame(played):
    scene, course = played
    assert len(scene.times) == len(course.times)
    for mood, told in ((at.PEACEFUL, course.peaceful.sum(axis=1)), (at.VIOLENT, course.violent.sum(axis=1))):
        assert ((scene.state == mood).sum(axis=1) == told).all()
    assert ((scene.state == at.SPENT).sum(axis=1) == course.spent).all()
    assert course.violent.sum(axis=1).max() > 20
    assert len(np.unique(course.peaceful.sum(axis=1))) > 20


def test_stage_line_and_falls__are_the_logs(played):
    scene, course = played
    assert (scene.stage == course.stage).all()
    assert (scene.officers == course.officers).all()
    assert (scene.negotiators == course.negotiators).all()
    gate, door = (scene.names["barriers"].index(name) for name in ("gerbang utama", "pintu depan"))
    assert ((scene.bears[:, gate] == 0) == (course.layer >= 1)).all()
    assert ((scene.bears[:, door] == 0) == (course.layer >= 2)).all()
    assert PLAIN or course.layer.max() >= 1


def test_people__walk_and_never_jump(played):
    """Who is inside at two frames has walked no faster than anybody does; nobody is where no ground is."""
    scene, _ = played
    inside = (scene.xy[1:, :, 0] >= 0) & (scene.xy[:-1, :, 0] >= 0)
    far = np.hypot(*(np.diff(scene.xy.astype(float), axis=0) * scene.unit_m).transpose(2, 0, 1))
    assert far[inside].max() < 1.4  # half a second at the fastest free speed
    assert PLAIN or (scene.state == HOME).any()
    gone = scene.state == at.OUT
    assert not (gone[:-1] & ~gone[1:]).any()  # nobody comes back


def test_moves__lead_from_any_counts_to_any_others():
    rng = np.random.default_rng(3)
    n = 400
    pairs = rng.integers(0, 9, (n, 5))
    up = np.cumsum(rng.integers(0, 3, n))
    zero = np.zeros(n, np.int64)
    course = PlaceCourse(
        np.arange(n) / 2.0, pairs[:, :2], pairs[:, 2:4], pairs[:, 4], up, zero, zero, zero, zero, zero * 1.0
    )
    for k in range(1, n):
        m = moves_between(course, k)
        come, turn, calm, tire, lead, spend, home = (
            np.array(getattr(m, f)) for f in m.__dataclass_fields__ if f != "home_spent"
        )
        moved = (come, turn, calm, tire, lead, spend, home)
        assert all((each >= 0).all() for each in moved)
        assert m.home_spent >= 0
        assert (course.peaceful[k - 1] + come - turn + calm - spend - home == course.peaceful[k]).all()
        assert (course.violent[k - 1] + turn - calm - tire - lead == course.violent[k]).all()
        assert course.spent[k - 1] + tire.sum() + spend.sum() - m.home_spent == course.spent[k]
        assert (course.peaceful[k - 1] + come + calm >= turn + spend + home).all()
        assert (course.violent[k - 1] >= calm + tire + lead).all()
        assert lead.sum() <= max(0, up[k] - up[k - 1])


@pytest.mark.parametrize("minutes", [(5.0, 4.0), (-1.0, 2.0), (100.0, 130.0)])
def test_minutes__outside_the_rehearsal_are_one_fault(minutes):
    scenario, plan, city = _small(10)
    site = Compound.load("office-generic")
    with pytest.raises(InputError) as told:
        scene_of(city, scenario, plan, luck=(1, 0), place="kpu", site=site, minutes=minutes)
    assert [each.field for each in told.value.faults] == ["minutes"]


def test_place__where_nobody_gathers_is_one_fault():
    scenario, plan, city = _small(10)
    site = Compound.load("office-generic")
    other = city.venues["id"].iloc[-1]
    with pytest.raises(InputError):
        scene_of(city, scenario, plan, luck=(1, 0), place=other, site=site, minutes=(1.0, 2.0))
