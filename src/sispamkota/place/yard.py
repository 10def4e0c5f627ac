"""A yard: ground on which people walk, as the arrays of the kernels: walls, lines, barriers, and ways to the goals.

Metres. Segments are rows (ax, ay, bx, by). An exit's right side, seen from a to b, is outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, inf, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.kernels import motion_layout as at
from sispamkota.kernels.floor import keep_off, march, room_about, see_ground
from sispamkota.kernels.motion_layout import Ground, People, Walls
from sispamkota.kernels.wall import list_segments

from .walking import motion_figures, motion_record, push_table, records

__all__ = ["Barrier", "Lines", "Post", "Yard", "build_yard", "segments"]

F8 = NDArray[np.float64]
AHEAD = 0.6  # m beyond an exit to which people walk, so that they cross it
MARGIN = 1.5  # m of grid about all segments
GOALS = 3
SEEN_M = 9  # m


def segments(rows: Sequence[Sequence[float]]) -> F8:
    """Give rows (ax, ay, bx, by) as an array (n, 4), also of none."""
    return np.asarray(rows, np.float64).reshape(-1, 4)


@dataclass(frozen=True)
class Barrier:
    """Hold a gate, a fence that may give way, a door or a police line: segments that stop people while it is shut.

    `hold` persons press it for ever; beyond, it bears `strength` person-seconds; infinite strength never gives way.
    `open_at` and `shut_at` are seconds; None is never.
    """

    rows: F8
    shut: bool = True
    hold: float = 0.0
    strength: float = inf
    open_at: float | None = None
    shut_at: float | None = None


@dataclass(frozen=True)
class Post:
    """Hold officers or negotiators who stand at a point, metres."""

    x: float
    y: float
    officers: float = 0.0
    negotiators: float = 0.0


@dataclass(frozen=True)
class Lines:
    """Hold all that stands in a yard: walls (n, 4), then lists of such arrays: exits, counted lines, barriers.

    An exit has the ground on its left and what is outside on its right: people walk to what lies beyond it. `front`
    (n, 4) is what a gathering faces; `press` numbers the barriers that violent people press, in this order.
    """

    walls: F8
    exits: Sequence[F8] = ()
    counts: Sequence[F8] = ()
    barriers: Sequence[Barrier] = ()
    front: F8 = field(default_factory=lambda: segments(()))
    press: Sequence[int] = ()
    posts: Sequence[Post] = ()


@dataclass(eq=False)
class Yard:
    """Hold a yard ready to walk on: the header, the ground, and how cells hang together."""

    header: NDArray[Any]
    ground: Ground
    lines: Lines
    link: NDArray[np.uint8]
    pace: F8
    walked: F8

    @property
    def m(self) -> Any:
        """Give the header's record."""
        return self.header[0]

    def refresh_fields(self) -> None:
        """Find the ways anew, by what is open now, as if nobody were there."""
        m, ground = self.m, self.ground
        see_ground(m, ground.walls, self.link, self.pace)
        room_about(m, ground.walls, ground.room, bool(ground.room.any()))
        self.walked[:] = self.pace
        keep_off(m, ground.walls, self.walked)
        goals = self._outside(), self._about(self.lines.front), self._about(self._pressed())
        begins = np.zeros(self.pace.shape), self._off_middle(), np.zeros(self.pace.shape)
        for k, cells in enumerate(goals):
            ground.far[k] = np.where(cells, begins[k], inf)
            march(m, self.link, self.walked if k == at.GO_OUT else self.pace, ground.far[k], ground.way[k])

    def find_quickest(self, density: F8) -> None:
        """Find the way out anew where people slow each other; `density` (rows, columns) is persons/m² by square metre.

        The pace in a cell is Weidmann's at the density about it, at least `slowest` of the free one. People see where
        it is full, not where one step more would fit: density is taken over squares of `SEEN_M`. Source: Kretz (2009),
        "Pedestrian traffic: on the quickest path".
        """
        from scipy.ndimage import uniform_filter

        m = self.m
        rows = np.minimum(((np.arange(m.fny) + 0.5) * m.fh).astype(int), density.shape[0] - 1)
        columns = np.minimum(((np.arange(m.fnx) + 0.5) * m.fh).astype(int), density.shape[1] - 1)
        part = round(1.0 / m.fh)
        ground = np.isfinite(self.ground.far[0])[part // 2 :: part, part // 2 :: part].astype(np.float64)
        seen = np.zeros(density.shape)
        high, wide = (min(a, b) for a, b in zip(ground.shape, density.shape, strict=True))
        seen[:high, :wide] = ground[:high, :wide]
        about = uniform_filter(density, SEEN_M) / np.maximum(uniform_filter(seen, SEEN_M), 0.1)
        crowding = about[np.ix_(rows, columns)]
        share = 1.0 - np.exp(-1.913 * (1.0 / np.maximum(crowding, 0.1) - 1.0 / 5.4))
        pace = self.walked * np.clip(share, motion_figures().slowest[0], 1.0)
        far, way = self.ground.far[0], self.ground.way[0]
        far[:] = inf
        far[self._outside()] = 0.0
        march(m, self.link, pace, far, way)

    def _middles(self) -> tuple[F8, F8]:
        """Give x and y of the middles of the fields' cells, (fny, fnx) each."""
        m = self.m
        x = m.fx0 + (np.arange(m.fnx) + 0.5) * m.fh
        y = m.fy0 + (np.arange(m.fny) + 0.5) * m.fh
        return np.meshgrid(x, y)

    def _about(self, rows: F8, *, within: float = 1.0) -> NDArray[np.bool_]:
        """Mark the cells within so many cells of segments, (fny, fnx)."""
        x, y = self._middles()
        near = np.zeros(x.shape, np.bool_)
        for ax, ay, bx, by in rows:
            dx, dy = bx - ax, by - ay
            t = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-12), 0.0, 1.0)
            near |= np.hypot(x - ax - t * dx, y - ay - t * dy) <= within * self.m.fh
        return near

    def _off_middle(self) -> F8:
        """Tell how much farther the ends of the front count than its middle, (fny, fnx) m.

        Who comes from the side then walks on along the front, instead of standing before its end.
        """
        front, (x, y) = self.lines.front, self._middles()
        if not len(front):
            return np.zeros(x.shape)
        lengths = np.hypot(front[:, 2] - front[:, 0], front[:, 3] - front[:, 1])
        gone = np.concatenate([[0.0], np.cumsum(lengths)])
        points = np.vstack([front[:, :2], front[-1:, 2:]])
        middle = [float(np.interp(gone[-1] / 2.0, gone, points[:, k])) for k in (0, 1)]
        return motion_figures().front_middle[0] * np.hypot(x - middle[0], y - middle[1])

    def _outside(self) -> NDArray[np.bool_]:
        """Mark the cells just beyond the exits."""
        x, _ = self._middles()
        near = np.zeros(x.shape, np.bool_)
        for rows in self.lines.exits:
            d = rows[:, 2:] - rows[:, :2]
            out = np.column_stack([d[:, 1], -d[:, 0]]) / np.maximum(np.hypot(d[:, 0], d[:, 1]), 1e-12)[:, None]
            near |= self._about(rows + AHEAD * np.tile(out, 2))
        return near

    def _pressed(self) -> F8:
        """Give the segments of the first barrier of `press` that stands, or of the last."""
        standing = [k for k in self.lines.press if not self.ground.walls.barrier[k]["open"]]
        chosen = standing[:1] or list(self.lines.press[-1:])
        return self.lines.barriers[chosen[0]].rows if chosen else segments(())

    def people(self, n: int) -> People:
        """Make arrays for so many people, none of them inside yet."""
        cells, most = int(self.m.nx * self.m.ny), _most_near(self.m)
        person = records(n, at.PERSON)
        person["state"], person["exit"], person["who"] = at.NOT_YET, -1, np.arange(n)
        for clock in ("left", "leave_left", "out_at"):
            person[clock] = inf
        return People(
            spot=np.zeros((n, 2)),
            body=np.zeros((n, at.BODY)),
            person=person,
            ahead=np.zeros((n, 2)),
            near=np.zeros((n, most), np.int32),
            count=np.zeros((n, 2), np.int32),
            cell=np.zeros(n, np.int32),
            first=np.zeros(cells + 1, np.int32),
            order=np.zeros(n, np.int32),
            packed=np.zeros((n, 2)),
            seen=np.zeros((most, 2)),
            code=np.zeros(n, np.int64),
        )


def _most_near(m: Any) -> int:
    """Bound the neighbours in a list: bodies packed as densely as can be (√3/2 · d² each) that reach into its disc."""
    radius, body = float(m["reach"] + m["skin"]), float(m["body"])
    return ceil(pi * (radius + body / 2.0) ** 2 / (sqrt(3.0) / 2.0 * body**2)) + 1


def build_yard(
    lines: Lines, *, changed: Mapping[str, float] | None = None, cell_m: float = 0.25, period: float = 0.0
) -> Yard:
    """Make the arrays of a yard; `changed` replaces figures of the header, `cell_m` is the fields' cell.

    With a `period` the ground is a corridor from x = 0 that closes on itself, and everyone's way is along x.
    """
    header = motion_record(changed=changed)
    m = header[0]
    table = _segment_table(lines)
    x0, y0, x1, y1 = _box(table, period)
    m["x0"], m["y0"] = x0, y0
    m["cell"] = m["reach"] + m["skin"]
    if period > 0.0:
        m["period"] = period
        m["cell"] = period / int(period / m["cell"])
    m["nx"], m["ny"] = max(1, ceil((x1 - x0) / m["cell"] - 1e-9)), max(1, ceil((y1 - y0) / m["cell"]))
    m["fx0"], m["fy0"], m["fh"] = x0, y0, cell_m
    m["fnx"], m["fny"] = ceil((x1 - x0) / cell_m - 1e-9), ceil((y1 - y0) / cell_m)
    shape = int(m["fny"]), int(m["fnx"])
    ground = Ground(
        walls=_walls(m, table, _barrier_table(lines.barriers)),
        post=_post_table(lines.posts),
        line=records(len(lines.exits) + len(lines.counts), at.LINE),
        far=np.full((GOALS, *shape), inf),
        way=np.zeros((GOALS, *shape, 2)),
        room=np.zeros(shape),
        push=push_table(header),
    )
    yard = Yard(header, ground, lines, np.zeros((*shape, 2), np.uint8), np.ones(shape), np.ones(shape))
    if period > 0.0:
        ground.way[..., 0] = 1.0
        ground.room[:] = pi * float(m["disc"]) ** 2
        return yard
    yard.refresh_fields()
    return yard


def _walls(m: Any, table: NDArray[Any], barriers: NDArray[Any]) -> Walls:
    """List the segments near each search cell."""
    walls = Walls(table, np.zeros(int(m["nx"] * m["ny"]) + 1, np.int32), np.zeros(0, np.int32), barriers)
    walls = walls._replace(item=np.zeros(list_segments(m, walls), np.int32))
    list_segments(m, walls)
    return walls


def _segment_table(lines: Lines) -> NDArray[Any]:
    """Put all segments into one table; lines are numbered exits first, barriers from 0."""
    parts = [(lines.walls, at.SEG_WALL, -1)]
    parts += [(each.rows, at.SEG_BARRIER, k) for k, each in enumerate(lines.barriers)]
    parts += [(rows, at.SEG_EXIT, k) for k, rows in enumerate(lines.exits)]
    parts += [(rows, at.SEG_COUNT, k) for k, rows in enumerate(lines.counts, start=len(lines.exits))]
    out = records(sum(len(rows) for rows, _, _ in parts), at.SEGMENT)
    n = 0
    for rows, kind, of in parts:
        here = out[n : n + len(rows)]
        for k, name in enumerate(("ax", "ay", "bx", "by")):
            here[name] = rows[:, k]
        here["kind"], here["of"] = kind, of
        n += len(rows)
    return out


def _box(table: NDArray[Any], period: float) -> tuple[float, float, float, float]:
    """Give the edges of the ground, with a margin; a corridor that closes on itself has none along x."""
    y0 = float(min(table["ay"].min(), table["by"].min())) - MARGIN
    y1 = float(max(table["ay"].max(), table["by"].max())) + MARGIN
    if period > 0.0:
        return 0.0, y0, period, y1
    x0 = float(min(table["ax"].min(), table["bx"].min())) - MARGIN
    return x0, y0, float(max(table["ax"].max(), table["bx"].max())) + MARGIN, y1


def _barrier_table(barriers: Sequence[Barrier]) -> NDArray[Any]:
    """Put barriers into a table."""
    out = records(len(barriers), at.BARRIER)
    out["fell_at"] = inf
    for row, each in zip(out, barriers, strict=True):
        row["open"] = not each.shut
        row["hold"], row["left"], row["wears"] = each.hold, each.strength, each.strength < inf
        due = each.open_at if each.shut else each.shut_at
        if due is not None:
            row["opens"], row["due"] = (1 if each.shut else 2), due
    return out


def _post_table(posts: Sequence[Post]) -> NDArray[Any]:
    """Put posts into a table."""
    out = records(len(posts), at.POST)
    for row, each in zip(out, posts, strict=True):
        row["x"], row["y"], row["officers"], row["negotiators"] = each.x, each.y, each.officers, each.negotiators
    return out
