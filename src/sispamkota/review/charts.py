"""Two more drawings of the report: what the parts of a plan are worth, and how something runs over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .answers import Effect
from .scale import Scale, round_ticks
from .svg import element, figure, path, text, text_width

__all__ = ["Fan", "effect_plot", "fan_chart"]

Show = Callable[[float], str]


@dataclass(frozen=True)
class Fan:
    """Hold quantiles over time: t in minutes, and a line for each of p05, p25, p50, p75, p95; `limit` a line across."""

    title: str
    describe: str
    t: tuple[float, ...]
    lines: dict[str, tuple[float, ...]]
    unit: str
    minute: Callable[[str], str]
    limit: float | None = None
    limit_words: str = ""


def fan_chart(fan: Fan, show: Show, *, key: str, width: float) -> Markup:
    """Draw nine tenths of the replicates pale, half of them darker, the median as a line."""
    height, floor = 230.0, 196.0
    top = 26.0 if fan.limit is not None else 12.0
    ticks = round_ticks(max([fan.limit or 0.0, *fan.lines["p95"]]), most=5)
    room = max(text_width(f"{show(tick)} {fan.unit}".strip(), 12.0) for tick in ticks) + 10.0
    across, level = Scale(0.0, max(fan.t), room, width - 14.0), Scale(0.0, ticks[-1], floor, top)
    parts: list[Markup] = []
    for tick in ticks:
        words = f"{show(tick)} {fan.unit}".strip() if tick == ticks[-1] else show(tick)
        kind = "axis" if tick == 0.0 else "grid"
        parts.append(element("line", x1=room, x2=across.right, y1=level(tick), y2=level(tick), class_=kind))
        parts.append(text(room - 6.0, level(tick) + 4.0, words, class_="tick", anchor="end"))
    for low, high, kind in (("p05", "p95", "nine"), ("p25", "p75", "half")):
        there = [(across(t), level(v)) for t, v in zip(fan.t, fan.lines[high], strict=True)]
        back = [(across(t), level(v)) for t, v in zip(fan.t, fan.lines[low], strict=True)]
        parts.append(element("path", d=path([*there, *reversed(back)], close=True), class_=f"fan {kind}"))
    middle = [(across(t), level(v)) for t, v in zip(fan.t, fan.lines["p50"], strict=True)]
    parts.append(element("path", d=path(middle), class_="fan-line"))
    if fan.limit is not None:
        y = level(fan.limit)
        parts.append(element("line", x1=room, x2=across.right, y1=y, y2=y, class_="standard"))
        parts.append(text(room + 4.0, y - 6.0, fan.limit_words, class_="standard-words"))
    parts += _minutes(fan, across, floor, show, most=7 if width > 400 else 5)
    return figure(key, (width, height), fan.title, fan.describe, parts)


def _minutes(fan: Fan, across: Scale, floor: float, show: Show, *, most: int) -> list[Markup]:
    """Write the time axis."""
    ticks = [tick for tick in round_ticks(max(fan.t), most=most) if tick <= max(fan.t) * 1.001]
    parts = []
    for tick in ticks:
        words = fan.minute(show(tick)) if tick == ticks[-1] else show(tick)
        x, last = across(tick), tick == ticks[-1]
        over = max(0.0, text_width(words, 12.0) / 2 - 12.0) if last else 0.0
        parts.append(element("line", x1=x, x2=x, y1=floor, y2=floor + 4.0, class_="axis"))
        parts.append(text(x - over, floor + 20.0, words, class_="tick", anchor="middle"))
    return parts


def effect_plot(
    rows: Sequence[Effect],
    say: Callable[[Effect], str],
    show: Show,
    *,
    words: tuple[str, str, str],
    key: str,
    width: float,
) -> Markup:
    """Draw one line a part: the difference and its interval, the zone that does not matter as a band about 0.

    `words` are the title, the description and the words under the axis. A name stands beside its line where there is
    room, else over it, cut where it is longer than the drawing is wide.
    """
    wide = width > 500 and max(text_width(row.name, 14.0) for row in rows) < 0.45 * width
    pitch, names = 34.0 if wide else 52.0, [_cut(row.name, width - 4.0) for row in rows]
    room = max(text_width(name, 14.0) for name in names) + 14.0 if wide else 1.0
    value = max(text_width(say(row), 13.0) for row in rows) + 14.0 if wide else 0.0
    low = min(0.0, *(row.estimate.low for row in rows))
    high = max(1.0, *(row.estimate.high for row in rows))
    ticks = _ticks(low, high, most=6 if wide else 4)
    low = min(low, -rows[0].zone)
    scale = Scale(low, max(high, ticks[-1]), room + 12.0, width - value - 14.0)
    floor = len(rows) * pitch + 6.0
    zone = rows[0].zone
    left, right = scale(-zone), scale(zone)
    parts = [element("rect", x=left, y=0.0, width=max(1.0, right - left), height=floor, class_="zone")]
    for index, row in enumerate(rows):
        y = index * pitch + (pitch / 2.0 if wide else 36.0)
        x1, x2 = scale(row.estimate.low), scale(row.estimate.high)
        parts.append(element("line", x1=x1, x2=max(x2, x1 + 1.0), y1=y, y2=y, class_="interval"))
        parts.append(element("circle", cx=scale(row.estimate.value), cy=y, r=5, class_="median"))
        at = (room, y + 5.0) if wide else (1.0, y - 16.0)
        parts.append(text(*at, names[index], class_="row-plain", anchor="end" if wide else None))
        if wide:
            parts.append(text(width - 1.0, y + 5.0, say(row), class_="row-value", anchor="end"))
    parts.append(element("line", x1=scale(0.0), x2=scale(0.0), y1=0.0, y2=floor, class_="axis"))
    for tick in ticks:
        x = scale(tick)
        parts.append(element("line", x1=x, x2=x, y1=floor, y2=floor + 4.0, class_="axis"))
        parts.append(text(x, floor + 20.0, show(tick), class_="tick", anchor="middle"))
    parts.append(text(scale.right, floor + 38.0, words[2], class_="tick", anchor="end"))
    return figure(key, (width, floor + 46.0), words[0], words[1], parts)


def _cut(name: str, width: float) -> str:
    """Cut a name to a width, px of letters of 14."""
    while len(name) > 2 and text_width(name, 14.0) > width:
        name = f"{name[:-2].rstrip()}…"
    return name


def _ticks(low: float, high: float, *, most: int) -> list[float]:
    """Give round ticks from the first at or above `low` to the first at or above `high`, 0 among them."""
    step = round_ticks(max(high, -low), most=most)[1]
    first, last = 0, 1
    while (first - 1) * step >= low:
        first -= 1
    while last * step < high:
        last += 1
    return [k * step for k in range(first, last + 1)]
