"""Laws of people who walk: nobody passes a wall or vanishes, the same luck gives the same scene, published flows."""

from __future__ import annotations

import os
import subprocess
import sys
from math import exp, inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laws.worlds import PLAIN
from sispamkota.errors import InputError
from sispamkota.kernels import crowd as city
from sispamkota.kernels import layout
from sispamkota.kernels import motion_layout as at
from sispamkota.kernels.moods import change_moods, start_clocks
from sispamkota.kernels.motion import advance_motion, step_people
from sispamkota.place.compound import Compound
from sispamkota.place.walking import motion_record, push_table
from sispamkota.place.yard import Barrier, Lines, Post, build_yard, segments
from sispamkota.rehearsal import World
from sispamkota.rehearsal.scene import Crowd, Guard, play_scene
from sispamkota.rehearsal.specs import CrowdSpec, PlaceSpec, WorldSpec
from sispamkota.rehearsal.tables import build_tables
from sispamkota.schema import parameters
from sispamkota.verification.motion import motion, people_at, run_out

TESTS = Path(__file__).parents[1]
BOX = [(0, 0, 12, 0), (12, 0, 12, 12), (12, 12, 0, 12), (0, 12, 0, 0)]


# --- published --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(PLAIN, reason="hours of plain Python")
def test_published__every_case_is_met():
    """Weidmann's curve, RiMEA 1, 4, 6, 7, 9, 11, 12, 15, NIST's corridor, flows through bottlenecks.

    What we do not claim is not met, or it would have to be claimed.
    """
    rows = list(motion())
    assert len(rows) >= 30
    assert [(row.quantity, row.expected, row.got) for row in rows if row.claimed and not row.met] == []
    shown = [row.quantity for row in rows if not row.claimed]
    assert [each.split(",")[0] for each in shown] == [
        "speed at 5 persons/m²",
        "speed at 6 persons/m²",
        "people a second through 1 m over 1.2 m",
    ]
    assert [row.quantity for row in rows if not row.claimed and row.met] == []


@pytest.mark.skipif(PLAIN, reason="hours of plain Python")
def test_published__people_who_keep_a_longer_gap_flow_more_slowly(monkeypatch):
    """The case follows the model: a time gap of 2 s is no longer within the published flows."""
    from sispamkota.verification import motion as cases

    whole = cases.build_yard
    monkeypatch.setattr(cases, "build_yard", lambda lines, **how: whole(lines, **{**how, "changed": {"time_gap": 2.0}}))
    assert cases.bottleneck_flow(1.6, people=120) < 1.2


# --- one person, two, the ways ----------------------------------------------------------------------------------------


def test_one__walks_straight_at_her_free_speed():
    exit_ = segments([(20, 0, 20, 4)])
    yard = build_yard(
        Lines(segments([(0, 0, 22, 0), (0, 4, 22, 4), (0, 0, 0, 4)]), exits=[exit_]), changed={"sway_angle": 0.0}
    )
    people = people_at(yard, np.array([[1.0, 2.0]]), speed=np.array([1.3]))
    advance_motion(yard.m, people, yard.ground, 10.0)
    assert people.spot[0] == pytest.approx([14.0, 2.0], abs=1e-6)
    assert run_out(yard, people)[0] == pytest.approx(19.0 / 1.3, abs=0.05)


def test_ways__are_as_long_as_a_string_round_the_wall():
    """From (1, 1) round the tip of a wall at (6, 8) to the exit at x = 12: two straight lines."""
    rows = [*BOX[:1], *BOX[2:], (12, 0, 12, 5), (12, 7, 12, 12), (6, 0, 6, 8)]
    lines = Lines(segments(rows), exits=[segments([(12, 5, 12, 7)])])
    yard = build_yard(lines, changed={"shy": 0.0}, cell_m=0.1)  # as long as it is, not as long as it counts
    m, far = yard.m, yard.ground.far[0]
    here = far[int((1 - m.fy0) / m.fh), int((1 - m.fx0) / m.fh)]
    assert here == pytest.approx(np.hypot(5, 7) + np.hypot(6, 1) + 0.6, rel=0.06)


def test_push__the_table_is_the_formula():
    header = motion_record()
    m, table = header[0], push_table(header)
    for d in (0.1, 0.2, 0.36, 0.5, 0.8):
        k = d * d * at.PUSH_STEPS
        read = table[int(k)] + (table[int(k) + 1] - table[int(k)]) * (k - int(k))
        assert read == pytest.approx(m.push * exp((m.body - d) / m.push_range) / d, rel=1e-3)


# --- nobody passes a wall or vanishes ---------------------------------------------------------------------------------


def _met(before, after, rows):
    """Which steps meet which segments, worked out here and by another formula: (steps, segments)."""
    p, r = before[:, None, :], (after - before)[:, None, :]
    q, s = rows[None, :, :2], (rows[:, 2:] - rows[:, :2])[None, :, :]

    def cross(a, b):
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]

    with np.errstate(divide="ignore", invalid="ignore"):
        t, u = cross(q - p, s) / cross(r, s), cross(q - p, r) / cross(r, s)
    return (t > 0) & (t <= 1) & (u >= 0) & (u <= 1)


near = st.floats(0.5, 11.5).map(lambda x: round(x, 2))
wall = st.tuples(near, near, near, near).filter(lambda w: np.hypot(w[2] - w[0], w[3] - w[1]) > 0.3)
yards = st.tuples(
    st.lists(wall, min_size=0, max_size=6),  # walls
    st.lists(wall, min_size=0, max_size=3),  # barriers
    st.floats(0.6, 4.0),  # width of the exit
    st.integers(1, 25),  # people
    st.integers(0, 2**31),  # seed
)


@settings(max_examples=30 if PLAIN else 500, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(yards)
def test_walls__nobody_passes_one_or_vanishes_in_random_compounds(drawn):
    """500 compounds of random walls, gates that open and shut, a line that may fall: each step is looked at."""
    walls, gates, wide, n, seed = drawn
    rows = segments([*BOX[:3], (0, 12, 0, 6 + wide / 2), (0, 6 - wide / 2, 0, 0), *walls])
    rng = np.random.default_rng(seed)
    barriers = [
        Barrier(segments([each]), shut=bool(k % 2), open_at=3.0, shut_at=2.0, strength=(inf, 40.0)[k % 2])
        for k, each in enumerate(gates)
    ]
    exit_ = segments([(0, 6 - wide / 2, 0, 6 + wide / 2)])[:, [2, 3, 0, 1]]
    lines = Lines(rows, exits=[exit_], barriers=barriers, press=tuple(range(len(barriers))))
    yard = build_yard(lines, cell_m=0.5)
    m, ground = yard.m, yard.ground
    people = people_at(yard, rng.uniform(0.4, 11.6, (n, 2)))
    people.person["goal"] = rng.choice([at.GO_OUT, at.GO_PRESS], n) if gates else at.GO_OUT
    people.person["state"][people.person["goal"] == at.GO_PRESS] = at.VIOLENT
    late = rng.random(n) < 0.3
    people.person["begins"] = people.person["state"]
    people.person["state"][late], people.person["enter_at"][late] = at.NOT_YET, 2.0
    m.n_in = int((~late).sum())
    for k in range(100):
        before, state = people.spot.copy(), people.person["state"].copy()
        shut = [each.rows for each, b in zip(barriers, ground.walls.barrier, strict=True) if b.open == 0]
        code = advance_motion(m, people, ground, (k + 1) * m.dt)
        assert code != at.TOO_CLOSE
        if code == at.EVENT:
            yard.refresh_fields()
            continue
        walked = state <= at.LED
        moved = walked & (people.spot != before).any(axis=1)
        if moved.any():
            assert not _met(before[moved], people.spot[moved], np.vstack([rows, *shut])).any()
        assert np.isfinite(people.spot).all()
        counts = np.bincount(people.person["state"], minlength=6)
        assert m.n_in - m.n_out == counts[: at.LED + 1].sum()
        assert counts.sum() == n
        gone = people.person["state"] == at.OUT
        assert (people.person["exit"][gone] == 0).all()
        assert ((people.spot[gone, 0] <= 1e-9) | (state[gone] == at.OUT)).all()
    assert ground.line["there"][0] - ground.line["back"][0] == m.n_out


def test_doors__a_gate_holds_until_it_opens_and_after_it_has_shut():
    """Ten people before a gate that opens at 5 s, in a corridor with a second one that shuts at 7 s."""
    rows = segments([(0, 0, 20, 0), (0, 3, 20, 3), (0, 0, 0, 3)])
    gates = [
        Barrier(segments([(8, 0, 8, 3)]), open_at=5.0),
        Barrier(segments([(12, 0, 12, 3)]), shut=False, shut_at=8.0),
    ]
    yard = build_yard(Lines(rows, exits=[segments([(18, 0, 18, 3)])], barriers=gates))
    people = people_at(yard, np.column_stack([np.repeat([5.0, 6.0], 5), np.tile(np.linspace(0.4, 2.6, 5), 2)]))
    people.person["goal"] = at.GO_OUT

    def play(t):
        while advance_motion(yard.m, people, yard.ground, t) == at.EVENT:
            yard.refresh_fields()

    play(4.9)
    assert people.spot[:, 0].max() < 8.0
    play(8.0)
    past = int((people.spot[:, 0] > 12.0).sum())
    assert people.spot[:, 0].max() > 8.0
    play(20.0)
    assert int((people.spot[:, 0] > 12.0).sum()) == past


def _line(hold, strength):
    """Thirty violent people before a line of 6 m that shuts a corridor."""
    rows = segments([(0, 0, 24, 0), (0, 6, 24, 6), (0, 0, 0, 6), (24, 0, 24, 6)])
    line = Barrier(segments([(12, 0, 12, 6)]), hold=hold, strength=strength)
    yard = build_yard(Lines(rows, barriers=[line], press=(0,)), changed={"press_reach": 5.0})
    spots = np.column_stack([np.repeat([8.0, 9.0, 10.0, 11.0, 11.6], 6), np.tile(np.linspace(0.5, 5.5, 6), 5)])
    people = people_at(yard, spots)
    people.person["state"], people.person["goal"] = at.VIOLENT, at.GO_PRESS
    start_clocks(yard.m, people)  # at rates of 0: nobody changes
    return yard, people


def test_line__nobody_passes_while_it_holds():
    yard, people = _line(hold=30.0, strength=100.0)
    while yard.m.now < 60.0:
        assert step_people(yard.m, people, yard.ground)
    assert people.spot[:, 0].max() < 12.0
    assert advance_motion(yard.m, people, yard.ground, 120.0) == at.STEPPED
    assert people.spot[:, 0].max() < 12.0
    assert yard.ground.walls.barrier[0].left == 100.0
    assert yard.ground.walls.barrier[0].most == 30


def test_line__wears_by_who_presses_beyond_what_it_holds_and_then_falls():
    """Twenty beyond what it holds wear 100 person-seconds down in five seconds."""
    yard, people = _line(hold=10.0, strength=100.0)
    assert advance_motion(yard.m, people, yard.ground, 60.0) == at.EVENT
    assert yard.ground.walls.barrier[0].fell_at == pytest.approx(4.0, abs=1.01)
    assert people.spot[:, 0].max() < 12.0
    assert yard.ground.walls.barrier[0].open == 1


# --- crush ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("apart", "flagged"), [(0.37, True), (0.6, False)])
def test_crush__a_density_above_five_is_flagged(apart, flagged):
    """People packed at 7.3/m² behind a shut gate are at risk within the first second; at 2.8/m² nobody is."""
    rows = segments([(0, 0, 9, 0), (9, 0, 9, 9), (9, 9, 0, 9), (0, 9, 0, 0)])
    yard = build_yard(Lines(rows))
    k = int(8.0 / apart)
    x, y = np.meshgrid(0.5 + apart * np.arange(k), 0.5 + apart * np.arange(k))
    people = people_at(yard, np.column_stack([x.ravel(), y.ravel()]))
    advance_motion(yard.m, people, yard.ground, 1.0)
    assert (yard.m.crush_at <= 1.0) == flagged
    assert (yard.m.at_risk_most > 0) == flagged
    assert yard.m.densest == pytest.approx(1.0 / apart**2, rel=0.25)


# --- moods ------------------------------------------------------------------------------------------------------------


def _rates_in_the_city(rates, peaceful, violent, officers, negotiators):
    """The rates of a crowd's channels, as the city's kernels set them."""
    places, travel = [PlaceSpec("p", 0)], np.zeros((6, 1, 1), np.float32)
    crowds = [CrowdSpec("p", peaceful=peaceful, violent=violent)]
    world = World(build_tables(WorldSpec(parameters=rates, places=places, travel=travel, crowds=crowds)))
    world.reset(seed=1, replicate=0)
    w = world.state.world[0]
    c = world.state.crowd[0]
    c.officers[0], c.line, c.negotiators = officers, 0, negotiators
    city.touch(w, 0)
    city.refresh_touched(w)
    return world.state.crowd[0].rate.copy()


@pytest.mark.parametrize("officers", [0, 12])
@pytest.mark.parametrize("negotiators", [0, 3])
def test_moods__within_one_radius_are_the_citys_rates(officers, negotiators):
    """Law: where everyone stands within one radius the clocks run as the city's channels do (kernels/crowd.py)."""
    rates, peaceful, violent = parameters(), (20, 6), (7, 2)
    want = _rates_in_the_city(rates, peaceful, violent, officers, negotiators)
    yard, people = _circle(rates, peaceful, violent, (officers, negotiators))
    before = people.person["left"].copy()
    change_moods(yard.m, people, yard.ground)
    ran = (before - people.person["left"]) / (yard.m.mood_every * yard.m.dt)
    camp, state = people.person["camp"], people.person["was"]
    for each in (0, 1):
        turned = ran[(camp == each) & (state == at.PEACEFUL)].sum()
        assert turned == pytest.approx(want[int(layout.TURN) + each], rel=1e-9)
    quiet = sum(want[int(k) + each] for k in (layout.CALM, layout.TIRE) for each in (0, 1))
    assert ran[state == at.VIOLENT].sum() == pytest.approx(quiet + want[int(layout.REMOVE)], rel=1e-9)
    assert want[int(layout.TURN)] > 0.0
    assert (want[int(layout.REMOVE)] > 0.0) == (officers > 0)


def _circle(rates, peaceful, violent, guard):
    """People on a circle of 2 m in the middle of a yard, officers and negotiators beside it; nobody's clock is near."""
    names = ("epsilon", "beta", "gamma", "omega", "rho", "kappa", "pi", "delta", "nu", "n_half")
    names += ("kuning_violent", "kuning_share", "merah_violent", "merah_share")
    changed = {name: rates[name] for name in names} | {"volatility": 1.0, "mood_radius": 6.0}
    posts = (Post(6.0, 9.0, officers=guard[0]), Post(6.0, 9.0, negotiators=guard[1]))
    yard = build_yard(Lines(segments(BOX), posts=posts), changed=changed)
    n = sum(peaceful) + sum(violent)
    turn = 2.0 * np.pi * np.arange(n) / n
    people = people_at(yard, 6.0 + 2.0 * np.column_stack([np.cos(turn), np.sin(turn)]))
    states = [at.PEACEFUL] * sum(peaceful) + [at.VIOLENT] * sum(violent)
    people.person["state"] = states
    people.person["camp"] = np.repeat([0, 1, 0, 1], [*peaceful, *violent])
    people.person["left"] = 10.0
    return yard, people


def test_moods__who_stands_apart_is_not_moved():
    """Contagion is local: two groups 8 m apart, violence in one; nobody in the other has a clock that runs."""
    rates = parameters({"epsilon": 0.0})
    yard, people = _circle(rates, (10, 0), (5, 0), (0, 0))
    people.spot[:10] = [1.0, 1.0] + 0.05 * np.arange(20).reshape(10, 2)
    people.spot[10:] = [11.0, 11.0] - 0.05 * np.arange(10).reshape(5, 2)
    change_moods(yard.m, people, yard.ground)
    assert (people.person["left"][:10] == 10.0).all()
    assert (people.person["left"][10:] < 10.0).all()


@pytest.mark.skipif(PLAIN, reason="hours of plain Python")
def test_moods__an_outbreak_among_ten_has_its_exact_law():
    """Nine peaceful and one violent, R0 = 1.5, as in the city: P(k more turn violent), 3,000 scenes, 4.42 errors."""
    from sispamkota.verification.outbreaks import OF_9

    rates = dict.fromkeys(("epsilon", "kappa", "pi", "delta", "gamma", "rho", "nu"), 0.0)
    rates |= {"beta": 1.5 / 60.0, "omega": 1.0 / 60.0, "n_half": 1.0}
    rates |= dict.fromkeys(("kuning_violent", "kuning_share", "merah_violent", "merah_share"), 1e9)
    counts, scenes = np.zeros(10), 3000
    yard, people = _circle(rates, (9, 0), (1, 0), (0, 0))
    whole = people.person.copy()
    for replicate in range(scenes):
        people.person[:] = whole
        yard.m.replicate, yard.m.seed, yard.m.turned = replicate, 77, 0
        start_clocks(yard.m, people)
        while (people.person["state"] == at.VIOLENT).any():
            change_moods(yard.m, people, yard.ground)
        counts[int(yard.m.turned)] += 1
    for k, expected in enumerate(OF_9):
        error = np.sqrt(expected * (1 - expected) / scenes)
        assert abs(counts[k] / scenes - expected) <= 4.42 * error + 0.006, k  # 0.006: a round of moods is a second


# --- the same luck ----------------------------------------------------------------------------------------------------


def digest() -> str:
    """Play a small scene of 2 s; return what it left, as hexadecimal."""
    scene = play_scene(
        Compound.load("office-generic"), Crowd(8, 2, rivals=0.3, arrive_s=1.0), Guard(4, 1), minutes=1 / 30
    )
    arrays = (scene.xy, scene.state, scene.heading, scene.density, scene.passed, scene.bears)
    return "".join(each.tobytes().hex() for each in arrays) + str(scene.measures)


@pytest.mark.skipif(PLAIN, reason="this process is the twin itself")
def test_twin__plain_and_compiled_agree_to_the_bit():
    env = dict(os.environ, NUMBA_DISABLE_JIT="1", PYTHONPATH=os.pathsep.join([str(TESTS.parent / "src"), str(TESTS)]))
    code = "from laws.test_motion import small; print(small())"
    twin = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert twin.stdout.strip() == small()


def small() -> str:
    """Play six people and a line in a small yard for 6 s; every position as hexadecimal: plain Python can do it."""
    rows = segments([(0, 0, 8, 0), (0, 4, 8, 4), (0, 0, 0, 4), (4, 0, 4, 1.5), (4, 2.5, 4, 4)])
    line = Barrier(segments([(6, 0, 6, 4)]), hold=0.0, strength=3.0)
    rates = {name: parameters()[name] for name in ("beta", "gamma", "omega", "rho", "nu", "n_half", "delta")}
    lines = Lines(
        rows, exits=[segments([(7, 0, 7, 4)])], barriers=[line], press=(0,), posts=(Post(6.5, 2, officers=2.0),)
    )
    yard = build_yard(lines, cell_m=0.5, changed=rates | {"volatility": 1.0, "beta": 0.5, "gamma": 0.2})
    spots = np.column_stack([np.repeat([1.0, 2.0], 3), np.tile([0.8, 2.0, 3.2], 2)])
    people = people_at(yard, spots)
    people.person["state"][:3], people.person["goal"][:3] = at.VIOLENT, at.GO_PRESS
    start_clocks(yard.m, people)
    while yard.m.now < 5.99:
        if advance_motion(yard.m, people, yard.ground, 6.0) == at.EVENT:
            yard.refresh_fields()
    return people.spot.tobytes().hex() + people.body.tobytes().hex() + str(people.person["state"]) + str(yard.m.turned)


@pytest.mark.skipif(PLAIN, reason="minutes of plain Python")
def test_luck__the_same_seed_gives_the_same_scene_and_another_replicate_another():
    office = Compound.load("office-generic")
    how = {"minutes": 0.5, "seed": 4}
    one, two = (play_scene(office, Crowd(60, 5, arrive_s=20.0), Guard(10, 1), **how) for _ in range(2))
    other = play_scene(office, Crowd(60, 5, arrive_s=20.0), Guard(10, 1), replicate=1, **how)
    assert one.xy.tobytes() == two.xy.tobytes()
    assert one.measures == two.measures
    assert one.xy.tobytes() != other.xy.tobytes()


@pytest.mark.skipif(PLAIN, reason="minutes of plain Python")
def test_scene__everyone_is_accounted_for_and_no_position_is_inside_a_building():
    import shapely

    office = Compound.load("office-generic")
    scene = play_scene(office, Crowd(200, 10, arrive_s=60.0, ends_at=90.0), Guard(20, 2), minutes=4.0)
    counts = scene.measures
    inside = int((scene.state[-1] <= at.LED).sum())
    assert counts["left"] + counts["outside"] + inside == counts["people"] == 200
    solid = shapely.union_all([shapely.Polygon(each.ring) for each in (*office.plan.buildings, *office.plan.obstacles)])
    for k in range(0, len(scene.times), 20):
        here = scene.metres(k)
        here = here[np.isfinite(here[:, 0])]
        assert not shapely.contains_xy(shapely.buffer(solid, -0.05), here[:, 0], here[:, 1]).any()
    assert (scene.xy[-1][scene.state[-1] > at.LED] == -1).all()
    assert scene.passed[-1].sum() >= counts["left"]


def test_scene__what_makes_no_sense_is_refused_at_once():
    with pytest.raises(InputError) as told:
        play_scene(
            Compound.load("office-generic"), Crowd(10, 11, rivals=2.0), Guard(-1), minutes=0.0, given={"betta": 1}
        )
    fields = {fault.field for fault in told.value.faults}
    assert {"violent", "rivals", "officers", "minutes"} <= fields
    assert len(told.value.faults) == 5
