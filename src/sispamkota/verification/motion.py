"""How people walk, beside Weidmann's curve, the cases of RiMEA 4.1.1 and published flows through bottlenecks.

An inequality of a guideline stands as a range: expected is its middle. RiMEA 13 (stairs) is left out: the ground of a
compound is flat here. Cases that give no number (RiMEA 9, 12, 15) compare two runs of the same people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..kernels import motion_layout as at
from ..kernels.gauge import density_map
from ..kernels.motion import advance_motion, free_speed
from ..kernels.motion_layout import People
from ..place.walking import age_speed, motion_figures
from ..place.yard import Lines, Yard, build_yard, segments
from .row import Row
from .weidmann import speed as weidmann

__all__ = ["Walked", "bottleneck_flow", "corridor_speed", "motion", "people_at", "run_out"]

F8 = NDArray[np.float64]
RIMEA = "RiMEA 4.1.1"
LONGEST = 1200.0  # s
SEED = 91
DENSITIES = (0.5, 1.0, 2.0, 3.0, 4.0)
WIDTHS = (0.8, 1.0, 1.2, 1.6, 2.4, 3.6)


@dataclass(frozen=True)
class Walked:
    """Say how people walk: as our figures have it, or with speeds and the time gap multiplied, to see a case fail."""

    pace: float = 1.0
    gap: float = 1.0

    def yard(self, lines: Lines, *, changed: Mapping[str, float] | None = None, **options: float) -> Yard:
        """Make a yard on which people keep this gap."""
        figures = dict(changed or {})
        if self.gap != 1.0:
            figures["time_gap"] = motion_figures().time_gap_s[0] * self.gap
        return build_yard(lines, changed=figures, **options)


_AS_IT_IS = Walked()


def people_at(yard: Yard, spots: F8, *, speed: F8 | None = None, pace: float = 1.0) -> People:
    """Make people at points (people, 2) who all walk to the ways out; free speeds are drawn where none is given."""
    n, figures = len(spots), motion_figures()
    people = yard.people(n)
    people.spot[:] = spots
    drawn = [free_speed(figures.free_mean[0], figures.free_spread[0], SEED, 0, i) for i in range(n)]
    people.body[:, at.FREE] = np.asarray(drawn if speed is None else speed) * pace
    people.person["state"], people.person["goal"] = at.PEACEFUL, at.GO_OUT
    yard.m.n_in = n
    return people


def run_out(yard: Yard, people: People, *, until: float = LONGEST, quickest_s: float = 0.0) -> F8:
    """Play until all are out, or for so long; the times at which people came out, ascending, s.

    With `quickest_s` people look for the quickest way out that often.
    """
    t, step = 0.0, quickest_s or 5.0
    m, ground = yard.m, yard.ground
    density = np.zeros((int(m.fny * m.fh) + 1, int(m.fnx * m.fh) + 1))
    while t < until and m.n_out < len(people.spot):
        t += step
        if advance_motion(m, people, ground, t) != at.STEPPED:
            raise RuntimeError("people are closer than bodies can be")
        if quickest_s:
            density_map(m, people, ground, density)
            yard.find_quickest(density)
    out = people.person["out_at"]
    return np.sort(out[np.isfinite(out)])


def _box(width: float, length: float) -> list[tuple[float, ...]]:
    """Give the walls of a corridor along x from 0, open at its end."""
    return [(0, 0, length, 0), (0, width, length, width), (0, 0, 0, width)]


def _grid(n: int, box: tuple[float, float, float, float]) -> F8:
    """Put n people on a grid in a rectangle (x0, y0, x1, y1), rows along y."""
    x0, y0, x1, y1 = box
    across = max(1, round(np.sqrt(n * (y1 - y0) / (x1 - x0))))
    rows = -(-n // across)
    i = np.arange(n)
    x = x0 + (i // across + 0.5) * (x1 - x0) / rows
    return np.column_stack([x, y0 + (i % across + 0.5) * (y1 - y0) / across])


def corridor_speed(density: float, *, length: float = 30.0, width: float = 4.0, how: Walked = _AS_IT_IS) -> float:
    """Measure the mean speed along a corridor that closes on itself, m/s, after 20 s, over 20 s."""
    n = round(density * length * width)
    yard = how.yard(Lines(segments([(-1, 0, length + 1, 0), (-1, width, length + 1, width)])), period=length)
    people = people_at(yard, _grid(n, (0.0, 0.2, length, width - 0.2)), pace=how.pace)
    people.spot[:, 0] += 0.05 * np.sin(np.arange(n) * 2.399963)
    people.spot[:, 0] %= length
    speeds = []
    for t in range(20, 41):
        advance_motion(yard.m, people, yard.ground, float(t))
        speeds.append(float(people.body[:, at.VX].mean()))
    return float(np.mean(speeds[1:]))


def _bottleneck(width: float, how: Walked, *, people: int = 300, long: float = 3.0) -> tuple[Yard, People]:
    """Lay out a hall of 10 m with people at 3/m² before a passage of a width and a length."""
    hall, deep = 10.0, people / 30.0
    low, high = (hall - width) / 2.0, (hall + width) / 2.0
    walls = [
        *((0, 0, 0, hall), (0, 0, deep, 0), (0, hall, deep, hall), (deep, 0, deep, low), (deep, high, deep, hall)),
        *((deep, low, deep + long, low), (deep, high, deep + long, high)),
    ]
    exit_ = segments([(deep + long - 1.0, low, deep + long - 1.0, high)])
    yard = how.yard(Lines(segments(walls), exits=[exit_]))
    return yard, people_at(yard, _grid(people, (0.3, 0.3, deep - 0.3, hall - 0.3)), pace=how.pace)


def bottleneck_flow(width: float, *, people: int = 300, how: Walked = _AS_IT_IS) -> float:
    """Measure the flow through a passage between the 20th and the 80th hundredth of people, /(m·s); 0 if they jam."""
    yard, crowd = _bottleneck(width, how, people=people)
    out = run_out(yard, crowd)
    if len(out) < people:
        return 0.0
    first, last = int(0.2 * people), int(0.8 * people)
    return float((last - first) / (out[last] - out[first]) / width)


def _diagram(how: Walked) -> Iterator[Row]:
    """RiMEA 4: the fundamental diagram beside Weidmann's."""
    for density in DENSITIES:
        what = f"speed at {density:g} persons/m², m/s (RiMEA 4)"
        yield Row("motion", what, "Weidmann 1993", float(weidmann(density)), corridor_speed(density, how=how), 0.15)


def _corridors(how: Walked) -> Iterator[Row]:
    """RiMEA 1 and NIST: one person in a corridor of 40 m."""
    for speed, expected, tolerance, source in ((1.33, 30.0, 4.0, f"{RIMEA}, 1"), (1.0, 40.0, 2.0, "NIST TN 1822")):
        yard = how.yard(Lines(segments(_box(2.0, 42.0)), exits=[segments([(41, 0, 41, 2)])]))
        out = run_out(yard, people_at(yard, np.array([[1.0, 1.0]]), speed=np.array([speed]), pace=how.pace))
        yield Row("motion", f"40 m at {speed:g} m/s, s", source, expected, float(out[-1]), tolerance)


def _corner(people: int, how: Walked, *, bent: bool) -> tuple[float, int]:
    """Let people walk a corridor of 2 m, 24 m long along its middle, straight or round a corner; last time, outside.

    Outside counts positions beyond the walls, looked at twice a second.
    """
    if bent:
        rows: list[tuple[float, ...]] = [(0, 0, 12, 0), (12, 0, 12, 14), (0, 2, 10, 2), (10, 2, 10, 14), (0, 0, 0, 2)]
        exit_ = segments([(12, 13, 10, 13)])
    else:
        rows, exit_ = [*_box(2.0, 25.0)], segments([(24, 0, 24, 2)])
    yard = how.yard(Lines(segments(rows), exits=[exit_]))
    crowd = people_at(yard, _grid(people, (0.3, 0.2, 6.0, 1.8)), pace=how.pace)
    beyond, t = 0, 0.0
    while yard.m.n_out < people and t < LONGEST:
        t += 0.5
        advance_motion(yard.m, crowd, yard.ground, t)
        x, y = crowd.spot[crowd.person["state"] <= at.LED].T
        inside = ((x > 0) & (x < 12) & (y > 0) & (y < 2)) | ((x > 10) & (x < 12) & (y > 0) & (y < 14))
        beyond += int((~inside).sum()) if bent else 0
    return float(crowd.person["out_at"].max()), beyond


def _corners(how: Walked) -> Iterator[Row]:
    """RiMEA 6: nobody passes the wall of a corner; RiMEA 15: round a corner takes longer than straight on."""
    _, beyond = _corner(20, how, bent=True)
    yield Row("motion", "positions beyond the walls, 20 people round a corner", f"{RIMEA}, 6", 0.0, beyond, 0.0)
    bent, straight = _corner(60, how, bent=True)[0], _corner(60, how, bent=False)[0]
    yield Row("motion", "time round a corner over time straight on", f"{RIMEA}, 15 (> 1)", 1.5, bent / straight, 0.4999)


def _ages(how: Walked) -> Iterator[Row]:
    """RiMEA 7: 50 adults walk at speeds within the band of their ages."""
    age = np.linspace(20.0, 80.0, 50)
    mean, spread = age_speed(age)
    drawn = np.array(
        [free_speed(float(a), float(b), SEED, 0, i) for i, (a, b) in enumerate(zip(mean, spread, strict=True))]
    )
    yard = how.yard(
        Lines(segments([(0, 0, 30, 0), (0, 150, 30, 150), (0, 0, 0, 150)]), exits=[segments([(25, 0, 25, 150)])]),
        changed={"sway_angle": 0.0},
        cell_m=0.5,
    )
    people = people_at(yard, np.column_stack([np.full(50, 5.0), 1.5 + 3.0 * np.arange(50)]), speed=drawn, pace=how.pace)
    run_out(yard, people)
    walked = 20.0 / people.person["out_at"]
    share = float(np.mean(np.abs(walked - mean) <= 2.0 * spread + 0.01))
    yield Row("motion", "share of 50 adults within the band of their age", f"{RIMEA}, 7", 1.0, share, 0.0)


def _room(openings: Sequence[tuple[float, ...]], walls: Sequence[tuple[float, ...]], people: int, how: Walked) -> F8:
    """Empty a room of 20 × 20 m; the times at which people came out, s."""
    yard = how.yard(Lines(segments(walls), exits=[segments([each]) for each in openings]))
    return run_out(
        yard,
        people_at(yard, _grid(people, (1.0, 1.0, 19.0, 19.0)), pace=how.pace),
        quickest_s=motion_figures().look_s[0],
    )


def _exits(how: Walked) -> Iterator[Row]:
    """RiMEA 9: closing two of four exits of 1 m; with half the exits the last comes out about twice as late."""
    doors = [(6.5, 20, 5.5, 20), (14.5, 20, 13.5, 20), (5.5, 0, 6.5, 0), (13.5, 0, 14.5, 0)]
    sides = [(0, 0, 0, 20), (20, 0, 20, 20)]
    pieces = [(0, 5.5), (6.5, 13.5), (14.5, 20)]
    edges = [(a, y, b, y) for y in (0, 20) for a, b in pieces]
    four = _room(doors, [*sides, *edges], 1000, how)
    shut = [(5.5, 0, 6.5, 0), (13.5, 0, 14.5, 0)]
    two = _room(doors[:2], [*sides, *edges, *shut], 1000, how)
    yield Row("motion", "people out of 1,000, four exits", f"{RIMEA}, 9", 1000.0, len(four), 0.0)
    yield Row("motion", "time with two exits over time with four", f"{RIMEA}, 9 (> 1)", 2.0, two[-1] / four[-1], 0.5)


def _choice(how: Walked) -> Iterator[Row]:
    """RiMEA 11: of 1,000 people most take the nearer of two exits, and some the farther one."""
    walls = [(0, 0, 0, 20), (0, 20, 30, 20), (30, 0, 30, 20), (0, 0, 7.5, 0), (8.5, 0, 24.5, 0), (25.5, 0, 30, 0)]
    exits = [segments([(8.5, 0, 7.5, 0)]), segments([(25.5, 0, 24.5, 0)])]
    yard = how.yard(Lines(segments(walls), exits=exits))
    people = people_at(yard, _grid(1000, (0.5, 4.0, 15.5, 19.5)), pace=how.pace)
    run_out(yard, people, quickest_s=motion_figures().look_s[0])
    share = float(np.mean(people.person["exit"] == 0))
    yield Row("motion", "share by the nearer exit", f"{RIMEA}, 11 (> 1/2, < 1)", 0.75, share, 0.2499)


def _flows(how: Walked) -> Iterator[Row]:
    """RiMEA 12: the narrower, the slower; published flows lie in 1.2–1.9 /(m·s) for exits wider than 0.6 m."""
    flows = {width: bottleneck_flow(width, how=how) for width in WIDTHS}
    for width, flow in flows.items():
        yield Row("motion", f"flow through {width:g} m, /(m·s)", "Weidmann; NIST TN 1822", 1.55, flow, 0.35)
    for narrow, wide in ((0.8, 1.0), (1.0, 1.2)):
        share = narrow * flows[narrow] / (wide * flows[wide])
        what = f"people a second through {narrow:g} m over {wide:g} m"
        yield Row("motion", what, f"{RIMEA}, 12 (< 1)", 0.6, share, 0.3999)


_PARTS: Mapping[str, Callable[[Walked], Iterator[Row]]] = {
    "corridors": _corridors,
    "diagram": _diagram,
    "corners": _corners,
    "ages": _ages,
    "exits": _exits,
    "choice": _choice,
    "flows": _flows,
}


def motion(*, how: Walked = _AS_IT_IS, parts: Sequence[str] = tuple(_PARTS)) -> Iterator[Row]:
    """Walk every case, or some parts."""
    for part in parts:
        yield from _PARTS[part](how)
