"""A replicate's crowd at an office, played in the compound: the picture tells the same story as the numbers.

At every frame as many people stand in the compound as the engine counted then, by camp and mood; the line, the stage
and what has fallen are the replicate's own. Only where each person stands is the scene's: the walking is
docs/explanation/motion.md, and who of a mood changes is who is nearest to where it happens.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import EngineError, Fault, InputError
from sispamkota.kernels import motion_layout as at
from sispamkota.kernels.moods import start_clocks
from sispamkota.kernels.motion import advance_motion, free_speed
from sispamkota.kernels.motion_layout import People
from sispamkota.manifest import Manifest
from sispamkota.place import City
from sispamkota.place.compound import Compound, width
from sispamkota.place.compound_yard import Bearing, compound_lines
from sispamkota.place.walking import motion_figures
from sispamkota.place.yard import Yard, build_yard
from sispamkota.plan.plan import Plan
from sispamkota.streams import SCHEME

from .scenario import Scenario
from .scene import HOME, HZ, OPENED, Film, Scene, make_scene
from .scene_course import Moves, PlaceCourse, check_minutes, follow, moves_between, row_of, trouble
from .scene_people import Crowd, place_people
from .setting import Setting
from .story import Names
from .tables import Tables, build_tables

if TYPE_CHECKING:
    from .ensemble import Ensemble

__all__ = ["scene_of", "scene_of_result"]

ENTRY_M = 8.0  # m from an exit within which people come in
APART = 0.05  # m beyond a body that who comes in keeps from the others


def scene_of(
    city: City,
    scenario: Scenario,
    plan: Plan,
    *,
    place: str,
    site: Compound,
    luck: tuple[int, int] = (1, 0),
    minutes: tuple[float, float] | None = None,
) -> Scene:  # fmt: skip
    """Play a replicate's crowd at a place in a compound, from one minute to another (None: when trouble begins).

    `luck` is the seed and the replicate's number.
    Raises InputError where nobody gathers at the place, the minutes are not the rehearsal's, or people do not fit.
    """
    setting = Setting.make(scenario, plan, city)
    names = Names((), tuple(each.place for each in setting.spec.crowds), (), (), (), ())
    told = _Told(build_tables(setting.spec), names, scenario.horizon, *luck)
    return _play(told, city.find(place).ref, site, minutes)


def scene_of_result(
    result: Ensemble, place: str, site: Compound, *, replicate: int, minutes: tuple[float, float] | None = None
) -> Scene:
    """Play a replicate of a result, `place` by its reference; as `scene_of`."""
    told = _Told(result.tables, result.names, result.horizon_s, result.seed, replicate)
    return _play(told, place, site, minutes)


@dataclass(frozen=True)
class _Told:
    """Hold which replicate of which world is told."""

    tables: Tables
    names: Names
    horizon: float
    seed: int
    replicate: int


def _play(told: _Told, place: str, site: Compound, minutes: tuple[float, float] | None) -> Scene:
    """Follow the replicate, and walk it."""
    row = row_of(told.names, place)
    chosen = minutes or trouble(told.tables, told.seed, told.replicate, row, told.horizon)
    check_minutes(chosen, told.horizon)
    course = follow(told.tables, told.seed, told.replicate, row, (60.0 * chosen[0], 60.0 * chosen[1]))
    stage = _Stage.make(site, course, told)
    film = Film.empty(stage.yard, stage.people, len(course.times))
    for k in range(len(course.times)):
        stage.advance(k, film)
    settings = {"site": site.plan.name, "place": place, "minutes": list(chosen), "replicate": told.replicate}
    manifest = Manifest.collect(inputs={"site": site.path}, seed=told.seed, streams_scheme=SCHEME, settings=settings)
    return make_scene(site, film, stage.yard, stage.people, manifest)


@dataclass(eq=False)
class _Stage:
    """Hold the yard on which a course is walked, who walks, and who of them is on the way home."""

    yard: Yard
    people: People
    course: PlaceCourse
    entries: NDArray[np.float64]
    behind: NDArray[np.float64]  # the ring of the ground that the line closes, (points, 2); none: no line
    gate: int
    door: int
    home: NDArray[np.bool_]
    used: int
    left_at: dict[int, int] = field(default_factory=dict)  # who of the crowd, in which state, at the frame before

    @classmethod
    def make(cls, site: Compound, course: PlaceCourse, told: _Told) -> _Stage:
        """Set the scene: those who are there at first stand in the first space."""
        plan, line = site.plan, site.plan.line is not None
        shut = [k for k, each in enumerate(plan.gates) if each.shut]
        gate = int(line) + shut[0] if shut else -1
        door = int(line) + len(plan.gates) if plan.doors else -1
        lines = compound_lines(site, bearing=Bearing(), line=line)
        press = tuple(k for k in (0 if line else -1, gate, door) if k >= 0)
        yard = build_yard(replace(lines, press=press), changed={"end_at": inf})
        m = yard.m
        m.seed, m.replicate = told.seed, told.replicate
        here = int(course.peaceful[0].sum() + course.violent[0].sum() + course.spent[0])
        n = here + sum(sum(moves_between(course, k).come) for k in range(1, len(course.times)))
        people = place_people(site, Crowd(n, present=here / n if n else 0.0, arrive_s=0.0), yard)
        people.person["enter_at"] = inf
        mean, spread = motion_figures().free_mean[0], motion_figures().free_spread[0]
        for i in range(n):
            people.body[i, at.FREE] = free_speed(mean, spread, told.seed, told.replicate, i)
        start_clocks(m, people)
        ring = np.array(plan.line, np.float64) if line else np.zeros((0, 2))
        stage = cls(yard, people, course, _entries(site), ring, gate, door, np.zeros(n, np.bool_), here)
        stage._begin(here)
        return stage

    def _begin(self, here: int) -> None:
        """Give those who are there at first their camps and moods: the violent stand nearest to the office."""
        person, course = self.people.person, self.course
        rows = self._near(np.arange(here))
        moods = [(at.VIOLENT, c, int(course.violent[0][c])) for c in (0, 1)]
        moods += [(at.PEACEFUL, c, int(course.peaceful[0][c])) for c in (0, 1)]
        first = 0
        for state, camp, n in (*moods, (at.SPENT, 0, int(course.spent[0]))):
            person["camp"][rows[first : first + n]] = camp
            self._set(rows[first : first + n], state)
            first += n

    def _near(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Order people by how near they stand to what is pressed, the nearest first; then by number."""
        m, spot = self.yard.m, self.people.spot[rows]
        ix = np.clip(((spot[:, 0] - m.fx0) / m.fh).astype(int), 0, m.fnx - 1)
        iy = np.clip(((spot[:, 1] - m.fy0) / m.fh).astype(int), 0, m.fny - 1)
        return rows[np.lexsort((rows, self.yard.ground.far[int(at.GO_PRESS)][iy, ix]))]

    def _set(self, rows: NDArray[np.int64], state: int) -> None:
        """Give people a mood, and what goes with it to walk to."""
        goal = {int(at.VIOLENT): at.GO_PRESS, int(at.LED): at.GO_OUT}.get(int(state), at.GO_FRONT)
        self.people.person["state"][rows], self.people.person["begins"][rows] = state, state
        self.people.person["goal"][rows] = goal
        self.people.person["escorted"][rows] = state == at.LED

    def _rows(self, state: int, camp: int | None = None) -> NDArray[np.int64]:
        """Find who is in a mood."""
        person = self.people.person
        chosen = person["state"] == state
        return np.flatnonzero(chosen if camp is None else chosen & (person["camp"] == camp))

    def advance(self, k: int, film: Film) -> None:
        """Walk to frame k, make its moves, and take it."""
        if k > 0:
            while (code := advance_motion(self.yard.m, self.people, self.yard.ground, k / HZ)) == at.EVENT:
                self.yard.refresh_fields()
            if code == at.TOO_CLOSE:
                raise EngineError("more people stand about one than bodies can: the scene is broken")
            self._bring_back()
            self._make(moves_between(self.course, k))
        self._bars(k)
        film.take(k, self.yard, self.people)
        self._tell(k, film)
        person = self.people.person
        inside = person["state"] < at.LED
        self.left_at = dict(zip(np.flatnonzero(inside).tolist(), person["state"][inside].tolist(), strict=True))
        film.seek_ways(k, self.yard, self.people)

    def _bring_back(self) -> None:
        """Bring back who was pushed across an exit without wanting to leave."""
        person, m = self.people.person, self.yard.m
        for i, state in self.left_at.items():
            if person["state"][i] == at.OUT:
                self._come_in(i)
                self._set(np.array([i]), state)
                m.n_out -= 1
                m.n_in -= 1

    def _come_in(self, i: int) -> None:
        """Put a person on the free spot near an exit that is first in the person's own order."""
        people, m = self.people, self.yard.m
        inside = people.spot[people.person["state"] <= at.LED]
        least = float(m.body) + APART
        order = (i * 7919 + np.arange(len(self.entries)) * 104729) % len(self.entries)
        for spot in self.entries[order]:
            if len(inside) == 0 or float(np.hypot(*(inside - spot).T).min()) >= least:
                people.spot[i] = spot
                people.person["exit"][i], people.person["out_at"][i] = -1, inf
                m.n_in += 1
                m.slack = -1.0
                return
        got, remedy = f"{len(inside)} people", "Draw more ground, or show another place or other minutes."
        raise InputError([Fault("site", "ground", "room for all who come", got, remedy)])

    def _make(self, moves: Moves) -> None:
        """Move as many people as the replicate did, who is nearest to where it happens first."""
        m = self.yard.m
        for camp in (0, 1):
            for _ in range(moves.come[camp]):
                i = self.used
                self.used += 1
                self._come_in(i)
                self.people.person["camp"][i] = camp
                self._set(np.array([i]), at.PEACEFUL)
            near = self._near(self._rows(at.VIOLENT, camp))
            lead, tire, calm = moves.lead[camp], moves.tire[camp], moves.calm[camp]
            self._set(near[:lead], at.LED)
            self._set(near[lead : lead + tire], at.SPENT)
            self._set(near[len(near) - calm :], at.PEACEFUL)
            near = self._near(self._rows(at.PEACEFUL, camp))
            turn, spend, home = moves.turn[camp], moves.spend[camp], moves.home[camp]
            self._set(near[:turn], at.VIOLENT)
            self._set(near[turn : turn + spend], at.SPENT)
            self._go_home(near[len(near) - home :])
            m.turned, m.calmed, m.tired = m.turned + turn, m.calmed + calm, m.tired + tire + spend
            m.led += lead
        spent = self._near(self._rows(at.SPENT))
        self._go_home(spent[len(spent) - moves.home_spent :])

    def _go_home(self, rows: NDArray[np.int64]) -> None:
        """Send people home; from now on they are no part of the crowd."""
        self._set(rows, at.LED)
        self.people.person["escorted"][rows] = 0
        self.home[rows] = True

    def _bars(self, k: int) -> None:
        """Open what has fallen; shut the line where officers stand and nobody is behind it."""
        barrier, course = self.yard.ground.walls.barrier, self.course
        opened = barrier["open"].copy()
        if len(self.behind):
            stands = course.officers[k] > 0 and course.layer[k] == 0
            if not stands:
                barrier["open"][0] = 1
            elif barrier["open"][0] == 1 or k == 0:
                barrier["open"][0] = int(self._anyone_behind())
        for bar, fallen in ((self.gate, course.layer[k] >= 1), (self.door, course.layer[k] >= 2)):
            if bar >= 0:
                barrier["open"][bar] = int(fallen)
        if (opened != barrier["open"]).any():
            self.yard.refresh_fields()

    def _anyone_behind(self) -> bool:
        """Say whether anybody stands on the ground that the line would close."""
        import shapely

        inside = self.people.spot[self.people.person["state"] <= at.LED]
        return len(self.behind) > 2 and bool(shapely.contains_xy(shapely.Polygon(self.behind), *inside.T).any())

    def _tell(self, k: int, film: Film) -> None:
        """Write into frame k what the replicate says: stage, officers, negotiators, how whole gate and door are."""
        course = self.course
        film.stage[k], film.officers[k], film.negotiators[k] = (
            course.stage[k],
            course.officers[k],
            course.negotiators[k],
        )
        away = self.home & (film.state[k] == at.LED)
        film.state[k][away] = HOME
        for bar, layer in ((self.gate, 0), (self.door, 1)):
            if bar >= 0 and course.layer[k] == layer:
                film.bears[k, bar] = int(np.clip(np.ceil(255.0 * course.whole[k]), OPENED + 1, 255))
            elif bar >= 0 and course.layer[k] > layer:
                film.bears[k, bar] = 0


def _entries(site: Compound) -> NDArray[np.float64]:
    """Give the spots where people come in, (spots, 2): on a grid near the exits by which a gathering comes."""
    import shapely

    plan = site.plan
    named = plan.spaces[0].out if plan.spaces else ()
    meant = [each for each in plan.exits if each.name in named] or plan.exits
    found = []
    for each in meant:
        apart = min(0.5, 0.3 * width(each.points))  # m from walls and each other: a narrow lane has spots too
        near = shapely.intersection(
            shapely.buffer(site.area(), -apart), shapely.buffer(shapely.LineString(each.points), ENTRY_M)
        )
        x0, y0, x1, y1 = near.bounds
        x, y = np.meshgrid(np.arange(x0, x1, apart), np.arange(y0, y1, apart))
        inside = shapely.contains_xy(near, x, y)
        found.append(np.column_stack([x[inside], y[inside]]))
    return np.vstack(found)
