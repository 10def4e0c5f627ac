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
_MARK_POINTS = 4.5  # half the width of the largest mark
_SIDES = ((7, 0, "left"), (-7, 0, "right"), (0, 10, "center"), (0, -10, "center"), (7, 9, "left"), (-7, 9, "right"),
          (7, -9, "left"), (-7, -9, "right"))  # fmt: skip
_MAIN = ("tol", "arteri", "kolektor")


def png_bytes(orders: Orders, book: Mapping[str, Any], city: City) -> bytes:
    """Draw a map of the posts over a table of people by agency; equal orders give equal bytes."""
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
    _map(axes, orders, city, w, bottom=table + 0.02)
    for i, each in enumerate([*book["agencies"], {"name": w["total"], "people": book["people"]}]):
        y, bold = table - 0.028 * i, "bold" if i == lines - 1 else "normal"
        figure.text(0.03, y, each["name"], fontsize=_POINTS, va="top", weight=bold)
        figure.text(0.97, y, each["people"], fontsize=_POINTS, va="top", ha="right", weight=bold)
    canvas.draw()  # type: ignore[no-untyped-call]
    picture = Image.fromarray(_pixels(canvas)).convert("L").quantize(16)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _pixels(canvas: Any) -> Any:
    """Give the pixels of a canvas (height, width, red green blue)."""
    import numpy as np

    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def _map(axes: Any, orders: Orders, city: City, w: Mapping[str, str], *, bottom: float) -> None:
    """Draw areas and main streets lightly, posts by task and size, and the names of the places with most people."""
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
    _names(axes, orders)
    key = axes.figure.legend(loc="lower left", ncol=3, fontsize=_POINTS, frameon=False, bbox_to_anchor=(0.0, bottom))
    for handle in key.legend_handles:
        handle.set_sizes([40])


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


def _names(axes: Any, orders: Orders) -> None:
    """Name the places with most people, beside, above or below them, as many as cover neither a mark nor a name."""
    from matplotlib.transforms import Bbox

    people: dict[str, list[Any]] = {}
    for order in orders.orders:
        people.setdefault(order.ref, [0, order.lon, order.lat, order.place])[0] += order.people
    points = axes.transData.transform([spot[1:3] for spot in people.values()])
    reach = _MARK_POINTS * axes.figure.dpi / 72
    taken = [Bbox.from_bounds(x - reach, y - reach, 2 * reach, 2 * reach) for x, y in points]
    frame, named = axes.get_window_extent(), 0
    for count, x, y, name in sorted(people.values(), key=lambda spot: (-spot[0], spot[3])):
        for across, up, align in _SIDES:
            note = axes.annotate(
                f"{_short(name)} {count}",
                (x, y),
                xytext=(across, up),
                textcoords="offset points",
                ha=align,
                va="center",
                fontsize=_POINTS,
                zorder=4,
            )
            box = note.get_window_extent()
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if inside and not any(box.overlaps(each) for each in taken):
                taken.append(box)
                named += 1
                break
            note.remove()
        if named >= _MOST_NAMES:
            return


def _short(name: str, most: int = 22) -> str:
    """Shorten a long name after a whole word."""
    if len(name) <= most:
        return name
    return name[:most].rpartition(" ")[0].rstrip(" ,(") + "…" if " " in name[:most] else name[: most - 1] + "…"
