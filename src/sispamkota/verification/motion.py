"""How people walk, beside Weidmann's curve, the cases of RiMEA 4.1.1 and published flows through bottlenecks.

An inequality of a guideline stands as a range: expected is its middle. Where luck could decide, a case is played with
several draws of people, and the 95 % interval of their mean must lie in the range. RiMEA 13 (stairs) is left out: the
ground of a compound is flat here. Cases that give no number (RiMEA 9, 12, 15) compare two runs of the same people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..kernels import motion_layout as at
from ..kernels.gauge import density_map
from ..kernels.motion import advance_motion, free_speed
from ..kernels.motion_layout import People
from ..place.walking import age_speed, motion_figures
from ..place.yard import Lines, Yard, build_yard, segments
from .row import Row, between, broken, mean_row, range_row
from .weidmann import FREE
from .weidmann import speed as weidmann

__all__ = ["Built", "Walked", "bottleneck_flow", "corridor_speed", "motion", "people_at", "run_out"]

F8 = NDArray[np.float64]
RIMEA = "RiMEA 4.1.1"
LONGEST = 1200.0  # s
SEED = 91
DENSITIES = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
TOO_FAST = 5.0  # persons/m²; from here on our people walk faster than Weidmann's: shown, and not claimed
SPREAD = 0.26  # m/s; Weidmann's standard deviation of free speeds
MEASURED_S = 20.0  # s over which a corridor is measured
WIDTHS = (0.8, 1.0, 1.2, 1.6, 2.4, 3.6)
AGES = (20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0)
LINEAR_TO = 1.0  # m; a ratio of flows beyond that is shown, and not claimed
LUCKS = 6  # draws of people where luck could decide


@dataclass(frozen=True)
class Walked:
    """Say how people walk: as our figures have it, or with speeds and the time gap multiplied, to see a case fail."""

    pace: float = 1.0
    gap: float = 1.0
    figures: Mapping[str, float] = field(default_factory=dict)  # of the kernels' header
    luck: int = 0  # number of the draw

    def draws(self, lucks: int) -> Iterator[Walked]:
        """Give so many draws of people who walk like this."""
        return (replace(self, luck=luck) for luck in range(lucks))

    def people(self, yard: Yard, spots: F8, *, speed: F8 | None = None) -> People:
        """Put people who walk like this at points (people, 2)."""
        return people_at(yard, spots, speed=speed, pace=self.pace, luck=self.luck)

    def yard(self, lines: Lines, *, changed: Mapping[str, float] | None = None, **options: float) -> Yard:
        """Make a yard on which people keep this gap."""
        figures = {**(changed or {}), **self.figures}
        if self.gap != 1.0:
            figures["time_gap"] = motion_figures().time_gap_s[0] * self.gap
        yard = build_yard(lines, changed=figures, **options)
        yard.m.replicate = self.luck
        return yard


@dataclass(frozen=True)
class Built:
    """Say how the grounds are built: as the guideline draws them, or otherwise, to see a case fail."""

    inner: bool = True  # the wall inside the corner of RiMEA 6 and 15
    shut: int = 2  # exits shut of the four of RiMEA 9
    farther: bool = True  # the farther exit of RiMEA 11 is open
    narrow: float = 1.0  # by which the narrower passage of each pair of RiMEA 12d is multiplied
    long: float = 11.0  # m; the longer passage of RiMEA 12b, with a metre beyond the line that counts


_AS_IT_IS, _AS_DRAWN = Walked(), Built()


def people_at(yard: Yard, spots: F8, *, speed: F8 | None = None, pace: float = 1.0, luck: int = 0) -> People:
    """Make people at points (people, 2) who all walk to the ways out; free speeds are drawn where none is given."""
    n, figures = len(spots), motion_figures()
    people = yard.people(n)
    people.spot[:] = spots
    drawn = [free_speed(figures.free_mean[0], figures.free_spread[0], SEED, luck, i) for i in range(n)]
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
    people = how.people(yard, _grid(n, (0.0, 0.2, length, width - 0.2)))
    people.spot[:, 0] += 0.05 * np.sin(np.arange(n) * 2.399963)
    people.spot[:, 0] %= length
    speeds = []
    for t in range(20, 21 + int(MEASURED_S)):
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
    return yard, how.people(yard, _grid(people, (0.3, 0.3, deep - 0.3, hall - 0.3)))


def bottleneck_flow(width: float, *, people: int = 300, long: float = 3.0, how: Walked = _AS_IT_IS) -> float:
    """Measure the flow through a passage between the 20th and the 80th hundredth of people, /(m·s); 0 if they jam."""
    yard, crowd = _bottleneck(width, how, people=people, long=long)
    out = run_out(yard, crowd)
    if len(out) < people:
        return 0.0
    first, last = int(0.2 * people), int(0.8 * people)
    return float((last - first) / (out[last] - out[first]) / width)


def _diagram(how: Walked, _built: Built, lucks: int) -> Iterator[Row]:
    """RiMEA 4: the fundamental diagram beside Weidmann's, within his spread of free speeds, 19 % of the speed.

    Below a body's breadth in the time measured nobody walks: no speed is asked to be nearer than that.
    """
    floor = motion_figures().body_m[0] / MEASURED_S
    for density in DENSITIES:
        what = f"speed at {density:g} persons/m², m/s, mean of {lucks} draws (RiMEA 4)"
        want = float(weidmann(density))
        got = float(np.mean([corridor_speed(density, how=each) for each in how.draws(lucks)]))
        near, claimed = max(SPREAD / FREE * want, floor), density < TOO_FAST
        yield Row("motion", what, "Weidmann 1993; within 19 %", want, got, near, claimed=claimed)


def _corridors(how: Walked, _built: Built, _lucks: int) -> Iterator[Row]:
    """RiMEA 1 and NIST: one person in a corridor of 40 m."""
    for speed, expected, tolerance, source in ((1.33, 30.0, 4.0, f"{RIMEA}, 1"), (1.0, 40.0, 2.0, "NIST TN 1822")):
        yard = how.yard(Lines(segments(_box(2.0, 42.0)), exits=[segments([(41, 0, 41, 2)])]))
        out = run_out(yard, how.people(yard, np.array([[1.0, 1.0]]), speed=np.array([speed])))
        yield Row("motion", f"40 m at {speed:g} m/s, s", source, expected, float(out[-1]), tolerance)


def _corner(people: int, how: Walked, *, bent: bool, inner: bool = True) -> tuple[float, int]:
    """Let people walk a corridor of 2 m, 24 m long along its middle, straight or round a corner; last time, outside.

    Outside counts positions beyond the walls, looked at twice a second.
    """
    if bent:
        rows: list[tuple[float, ...]] = [(0, 0, 12, 0), (12, 0, 12, 14), (0, 0, 0, 2)]
        rows += [(0, 2, 10, 2), (10, 2, 10, 14)] if inner else []
        exit_ = segments([(12, 13, 10, 13)])
    else:
        rows, exit_ = [*_box(2.0, 25.0)], segments([(24, 0, 24, 2)])
    yard = how.yard(Lines(segments(rows), exits=[exit_]))
    crowd = how.people(yard, _grid(people, (0.3, 0.2, 6.0, 1.8)))
    beyond, t = 0, 0.0
    while yard.m.n_out < people and t < LONGEST:
        t += 0.5
        advance_motion(yard.m, crowd, yard.ground, t)
        x, y = crowd.spot[crowd.person["state"] <= at.LED].T
        inside = ((x > 0) & (x < 12) & (y > 0) & (y < 2)) | ((x > 10) & (x < 12) & (y > 0) & (y < 14))
        beyond += int((~inside).sum()) if bent else 0
    return float(crowd.person["out_at"].max()), beyond


def _corners(how: Walked, built: Built, lucks: int) -> Iterator[Row]:
    """RiMEA 6: nobody passes the wall of a corner; RiMEA 15: round a corner takes longer than straight on."""
    _, beyond = _corner(20, how, bent=True, inner=built.inner)
    yield Row("motion", "positions beyond the walls, 20 people round a corner", f"{RIMEA}, 6", 0.0, beyond, 0.0)
    draws = 4 * lucks  # the last of 60 is a matter of luck, and a corner costs little: a few draws would not tell
    ratio = [
        _corner(60, each, bent=True, inner=built.inner)[0] / _corner(60, each, bent=False)[0]
        for each in how.draws(draws)
    ]
    what = f"time round a corner over time straight on, mean of {draws} draws"
    yield range_row("motion", what, f"{RIMEA}, 15 (> 1, < 2)", 1.0, 2.0, ratio)


def _ages(how: Walked, _built: Built, _lucks: int) -> Iterator[Row]:
    """RiMEA 7: 50 adults of each age walk 20 m; their measured speeds have the table's mean, and lie in its band.

    They walk alone, straying as everyone does. Their speeds are drawn within the band, so the band by itself proves
    only that they walk what was drawn; the means are held against the table with their own error.
    """
    n, held = 50, 0
    for age in AGES:
        mean, spread = (float(each[0]) for each in age_speed(np.array([age])))
        drawn = np.array([free_speed(mean, spread, SEED, how.luck, int(age) * n + i) for i in range(n)])
        yard = how.yard(
            Lines(segments([(0, 0, 30, 0), (0, 150, 30, 150), (0, 0, 0, 150)]), exits=[segments([(25, 0, 25, 150)])]),
            cell_m=0.5,
        )
        people = how.people(yard, np.column_stack([np.full(n, 5.0), 1.5 + 3.0 * np.arange(n)]), speed=drawn)
        run_out(yard, people)
        walked = 20.0 / people.person["out_at"]
        held += int((np.abs(walked - mean) <= 2.0 * spread).sum())
        yield mean_row("motion", f"speed walked at {age:g} years, m/s, mean of {n}", f"{RIMEA}, 7", mean, walked)
    what = f"share of {n * len(AGES)} adults who walk within the band of their age"
    yield between("motion", what, f"{RIMEA}, 7", 0.99, 1.0, held / (n * len(AGES)))


def _room(openings: Sequence[tuple[float, ...]], walls: Sequence[tuple[float, ...]], people: int, how: Walked) -> F8:
    """Empty a room of 20 × 20 m; the times at which people came out, s."""
    yard = how.yard(Lines(segments(walls), exits=[segments([each]) for each in openings]))
    return run_out(
        yard,
        how.people(yard, _grid(people, (1.0, 1.0, 19.0, 19.0))),
        quickest_s=motion_figures().look_s[0],
    )


def _exits(how: Walked, built: Built, _lucks: int) -> Iterator[Row]:
    """RiMEA 9: closing two of four exits of 1 m; with half the exits the last comes out about twice as late."""
    doors = [(6.5, 20, 5.5, 20), (14.5, 20, 13.5, 20), (5.5, 0, 6.5, 0), (13.5, 0, 14.5, 0)]
    sides = [(0, 0, 0, 20), (20, 0, 20, 20)]
    pieces = [(0, 5.5), (6.5, 13.5), (14.5, 20)]
    edges = [(a, y, b, y) for y in (0, 20) for a, b in pieces]
    four = _room(doors, [*sides, *edges], 1000, how)
    left = len(doors) - built.shut
    fewer = _room(doors[:left], [*sides, *edges, *doors[left:]], 1000, how)
    yield Row("motion", "people out of 1,000, four exits", f"{RIMEA}, 9", 1000.0, len(four), 0.0)
    what = "time with two exits over time with four"
    yield Row("motion", what, f"{RIMEA}, 9 (about 2)", 2.0, fewer[-1] / four[-1], 0.5)


def _choice(how: Walked, built: Built, lucks: int) -> Iterator[Row]:
    """RiMEA 11: of 1,000 people most take the nearer of two exits, some the farther one, and all come out."""
    nearer, farther, out = np.transpose([_chosen(each, built) for each in how.draws(lucks)])
    what = f"share by the nearer exit, mean of {lucks} draws"
    yield range_row("motion", what, f"{RIMEA}, 11 (> 1/2, < 1)", 0.5, 1.0, nearer)
    what = f"share by the farther exit, mean of {lucks} draws"
    yield range_row("motion", what, f"{RIMEA}, 11 (> 0, < 1)", 0.0, 1.0, farther)
    what = f"people out of 1,000, two exits, fewest of {lucks} draws, within {LONGEST / 60.0:g} min"
    yield Row("motion", what, f"{RIMEA}, 11", 1000.0, float(out.min()), 0.0)


def _chosen(how: Walked, built: Built) -> tuple[float, float, int]:
    """Empty the room of RiMEA 11; the shares that left by the nearer and by the farther exit, and how many came out."""
    walls = [(0, 0, 0, 20), (0, 20, 30, 20), (30, 0, 30, 20), (0, 0, 7.5, 0), (8.5, 0, 24.5, 0), (25.5, 0, 30, 0)]
    exits = [segments([(7.5, 0, 8.5, 0)]), segments([(24.5, 0, 25.5, 0)])]
    if not built.farther:
        walls, exits = [*walls, (24.5, 0, 25.5, 0)], exits[:1]
    yard = how.yard(Lines(segments(walls), exits=exits))
    people = how.people(yard, _grid(1000, (0.5, 4.0, 15.5, 19.5)))
    out = run_out(yard, people, quickest_s=motion_figures().look_s[0])
    by = people.person["exit"]
    return float(np.mean(by == 0)), float(np.mean(by == 1)), len(out)


def _flows(how: Walked, built: Built, lucks: int) -> Iterator[Row]:
    """Flows as published, 1.2–1.9 /(m·s) for exits wider than 0.6 m, and RiMEA 12d: the narrower, the slower.

    A passage wider by so much lets so many more through (the flow is linear in the width: Weidmann; NIST TN 1822). A
    ratio nearer to no difference than to that of the widths would not tell them apart: half way is the tolerance.
    """
    flows = {width: _flows_of(width, how, lucks) for width in WIDTHS}
    for width, flow in flows.items():
        what = f"flow through {width:g} m, /(m·s), mean of {lucks} draws"
        yield range_row("motion", what, "Weidmann; NIST TN 1822", 1.2, 1.9, flow)
    for narrow, wide in ((0.8, 1.0), (1.0, 1.2)):
        of_narrow = flows[narrow] if built.narrow == 1.0 else _flows_of(narrow * built.narrow, how, lucks)
        ratio = built.narrow * narrow * of_narrow / (wide * flows[wide])
        what = f"people a second through {narrow:g} m over {wide:g} m"
        yield range_row("motion", what, f"{RIMEA}, 12d (< 1)", 0.0, 1.0, ratio)
        by_width = narrow / wide
        half = (1.0 - by_width) / 2.0
        linear = range_row("motion", f"{what}, as the widths", "linear flow", by_width - half, by_width + half, ratio)
        yield replace(linear, claimed=wide <= LINEAR_TO)


def _flows_of(width: float, how: Walked, lucks: int, *, long: float = 3.0) -> F8:
    """Give the flow through a passage in each draw, /(m·s); NaN where they jam, so that no ratio of it is met."""
    flows = np.array([bottleneck_flow(width, long=long, how=each) for each in how.draws(lucks)])
    return np.where(flows > 0.0, flows, np.nan)


def _longer(how: Walked, built: Built, lucks: int) -> Iterator[Row]:
    """RiMEA 12b: a longer passage of 1 m is slower, by its flow: the time of the last has the longer way in it."""
    ratio = _flows_of(1.0, how, lucks, long=built.long) / _flows_of(1.0, how, lucks)
    what = f"flow through 1 m, 10 m long over 2 m long, mean of {lucks} draws"
    yield range_row("motion", what, f"{RIMEA}, 12b (< 1)", 0.0, 1.0, ratio)


_PARTS: Mapping[str, Callable[[Walked, Built, int], Iterator[Row]]] = {
    "corridors": _corridors,
    "diagram": _diagram,
    "corners": _corners,
    "ages": _ages,
    "exits": _exits,
    "choice": _choice,
    "flows": _flows,
    "longer": _longer,
}


def motion(
    *, how: Walked = _AS_IT_IS, built: Built = _AS_DRAWN, lucks: int = LUCKS, parts: Sequence[str] = tuple(_PARTS)
) -> Iterator[Row]:
    """Walk every case, or some parts; a part that raises is a row that is not met, and the others go on."""
    for part in parts:
        try:
            yield from _PARTS[part](how, built, lucks)
        except Exception as error:  # noqa: BLE001 - whatever it is, the table says so
            yield broken("motion", f"{part}, played to its end", error)
