"""Orders as one picture for a phone: where how many stand, and for what; readable at 390 px, in grey, within 300 kB."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from sispamkota.place import ROAD_KINDS
from sispamkota.place.city import City
from sispamkota.plan.orders import Orders

__all__ = ["MOST_BYTES", "png_bytes"]

MOST_BYTES = 300_000
_WIDTH_IN, _HEIGHT_IN, _DPI = 3.9, 7.2, 200  # 780 px: at 390 px one point is 1.39 px
_MARKS = {"guard": "s", "mobile": "^", "standby": "o", "reserve": "D", "bko": "X"}
_GREYS = {"guard": "0.0", "mobile": "0.35", "standby": "1.0", "reserve": "0.7", "bko": "0.5"}
_POINTS = 8.5  # 11.8 px at 390 px
_MOST_NAMES = 16
_STEPS = 4
_ROW_IN = 0.165
_MARK_POINTS = 4.5  # half the width of the largest mark
_SIDES = ((7, 0, "left"), (-7, 0, "right"), (0, 10, "center"), (0, -10, "center"), (7, 9, "left"), (-7, 9, "right"),
          (7, -9, "left"), (-7, -9, "right"))  # fmt: skip
_MAIN = ("tol", "arteri", "kolektor")


def png_bytes(orders: Orders, book: Mapping[str, Any], city: City) -> bytes:
    """Draw a map of the posts over a table of people by agency; equal orders give equal bytes."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    w = book["words"]
    figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    lines = len(book["agencies"]) + 1
    table = 0.028 * lines + 0.02
    figure.text(0.03, 0.985, w["restricted"], fontsize=_POINTS, weight="bold", va="top")
    figure.text(0.03, 0.957, w["png_title"], fontsize=_POINTS + 2, weight="bold", va="top")
    figure.text(0.03, 0.925, f"{book['day']}: {w['png_key']}", fontsize=_POINTS, va="top")
    axes = figure.add_axes((0.01, table + 0.1, 0.98, 0.79 - table))
    listed = _map(axes, orders, city, w, bottom=table + 0.02)
    for i, each in enumerate([*book["agencies"], {"name": w["total"], "people": book["people"]}]):
        y, bold = table - 0.028 * i, "bold" if i == lines - 1 else "normal"
        figure.text(0.03, y, each["name"], fontsize=_POINTS, va="top", weight=bold)
        figure.text(0.97, y, each["people"], fontsize=_POINTS, va="top", ha="right", weight=bold)
    canvas.draw()  # type: ignore[no-untyped-call]
    whole = np.vstack([_pixels(canvas), *([_key(listed, w)] if listed else [])])
    picture = Image.fromarray(whole).convert("L").quantize(16)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _key(listed: Sequence[tuple[str, str]], w: Mapping[str, str]) -> Any:
    """Draw the list of the numbered places in two columns; gives the pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = -(-len(listed) // 2)
    height = _ROW_IN * (rows + 2)
    figure = Figure(figsize=(_WIDTH_IN, round(height * _DPI) / _DPI), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    figure.text(0.03, 1 - 0.2 * _ROW_IN / height, w["png_listed"], fontsize=_POINTS, weight="bold", va="top")
    for i, (number, text) in enumerate(listed):
        y = 1 - (1.3 + i % rows) * _ROW_IN / height
        left = 0.03 if i < rows else 0.51
        figure.text(left + 0.05, y, number, fontsize=_POINTS, va="top", ha="right")
        figure.text(left + 0.065, y, text, fontsize=_POINTS, va="top")
    canvas.draw()  # type: ignore[no-untyped-call]
    return _pixels(canvas)


def _pixels(canvas: Any) -> Any:
    """Give the pixels of a canvas (height, width, red green blue)."""
    import numpy as np

    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def _map(axes: Any, orders: Orders, city: City, w: Mapping[str, str], *, bottom: float) -> list[tuple[str, str]]:
    """Draw areas and main streets lightly, posts by task and size; name the places with most people, number the others.

    Gives the number of each other place, "·" where there was no room for it, with its name and people.
    """
    import math

    axes.set_axis_off()
    axes.set_aspect(1 / math.cos(math.radians(float(city.kelurahan["lat"].mean()))))
    _ground(axes, city)
    held: dict[tuple[str, str], list[Any]] = {}
    for order in orders.orders:
        held.setdefault((order.ref, order.task), [order.lon, order.lat, 0, order.place])[2] += order.people
    for task, mark in _MARKS.items():
        spots = [spot for (_, each), spot in held.items() if each == task]
        if spots:
            sizes = [min(14 + spot[2] * 0.8, 90) for spot in spots]
            axes.scatter(
                [spot[0] for spot in spots],
                [spot[1] for spot in spots],
                s=sizes,
                marker=mark,
                facecolor=_GREYS[task],
                edgecolor="black",
                linewidths=0.6,
                label=w[f"legend_{task}"],
                zorder=3,
            )
    lon, lat = ([getattr(order, name) for order in orders.orders] for name in ("lon", "lat"))
    axes.set_xlim(*_wider(lon, 0.12))
    axes.set_ylim(*_wider(lat, 0.05))
    axes.apply_aspect()
    listed = _names(axes, orders)
    key = axes.figure.legend(loc="lower left", ncol=3, fontsize=_POINTS, frameon=False, bbox_to_anchor=(0.0, bottom))
    for handle in key.legend_handles:
        handle.set_sizes([40])
    return listed


def _wider(values: Sequence[float], by: float) -> tuple[float, float]:
    """Give the ends of some values, a share of their span farther out; of one value, about a kilometre."""
    low, high = min(values), max(values)
    span = max(high - low, 0.01)
    return low - by * span, high + by * span


def _ground(axes: Any, city: City) -> None:
    """Draw the outlines of the areas where the city has them, else dots at their centres, and the main streets."""
    import numpy as np
    from matplotlib.collections import LineCollection

    roads = city.roads
    main = np.isin(roads.kind, [ROAD_KINDS.index(kind) for kind in _MAIN])
    tail, head = roads.tail[main], roads.head[main]
    lines = np.stack([np.column_stack([roads.lon[ends], roads.lat[ends]]) for ends in (tail, head)], axis=1)
    axes.add_collection(LineCollection(list(lines), colors="0.82", linewidths=0.7, zorder=1), autolim=False)
    if not city.areas:
        axes.scatter(city.kelurahan["lon"], city.kelurahan["lat"], s=3, c="0.75", linewidths=0, zorder=1)
        return
    rings = [np.asarray(each.exterior.coords)[:, :2] for area in city.areas.values() for each in _parts(area)]
    axes.add_collection(LineCollection(rings, colors="0.72", linewidths=0.4, zorder=1), autolim=False)


def _parts(area: Any) -> list[Any]:
    """Give the polygons of an area."""
    return list(getattr(area, "geoms", [area]))


def _names(axes: Any, orders: Orders) -> list[tuple[str, str]]:
    """Name the places with most people, as many as cover neither a mark nor a name; number the others, north first."""
    from matplotlib.transforms import Bbox

    people: dict[str, list[Any]] = {}
    for order in orders.orders:
        people.setdefault(order.ref, [0, order.lon, order.lat, order.place])[0] += order.people
    points = axes.transData.transform([spot[1:3] for spot in people.values()])
    reach = _MARK_POINTS * axes.figure.dpi / 72
    taken = [Bbox.from_bounds(x - reach, y - reach, 2 * reach, 2 * reach) for x, y in points]
    named, others = 0, list[list[Any]]()
    for spot in sorted(people.values(), key=lambda spot: (-spot[0], spot[3])):
        fits = named < _MOST_NAMES and _beside(axes, f"{_short(spot[3])} {spot[0]}", spot, taken, steps=1)
        named += fits
        others += [] if fits else [spot]
    listed, number = list[tuple[str, str]](), 0
    for spot in sorted(others, key=lambda spot: (-spot[2], spot[1])):
        fits = _beside(axes, str(number + 1), spot, taken, steps=_STEPS)
        number += fits
        listed.append((str(number) if fits else "·", f"{_short(spot[3])} {spot[0]}"))
    return listed


def _beside(axes: Any, text: str, spot: Sequence[Any], taken: list[Any], *, steps: int) -> bool:
    """Write a text beside, above or below a mark, up to `steps` times as far with a line to it; False for no room."""
    frame = axes.get_window_extent()
    for step in range(1, steps + 1):
        for across, up, align in _SIDES:
            note = axes.annotate(
                text,
                spot[1:3],
                xytext=(across * step, up * step),
                textcoords="offset points",
                ha=align,
                va="center",
                fontsize=_POINTS,
                zorder=4,
                arrowprops={"arrowstyle": "-", "linewidth": 0.4, "shrinkA": 0, "shrinkB": 2} if step > 1 else None,
            )
            box = note.get_window_extent() if step == 1 else _of_text(note)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if inside and not any(box.overlaps(each) for each in taken):
                taken.append(box)
                return True
            note.remove()
    return False


def _of_text(note: Any) -> Any:
    """Give the box of the words of an annotation, without the line to its place."""
    from matplotlib.text import Text

    note.update_positions(note.figure.canvas.get_renderer())
    return Text.get_window_extent(note)


def _short(name: str, most: int = 22) -> str:
    """Shorten a long name after a whole word."""
    if len(name) <= most:
        return name
    return name[:most].rpartition(" ")[0].rstrip(" ,(") + "…" if " " in name[:most] else name[: most - 1] + "…"
