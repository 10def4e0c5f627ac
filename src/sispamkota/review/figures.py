"""The drawings of the report, one function each: what happened in how many replicates, and how sure we are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sispamkota.rehearsal.intervals import Estimate

from .places import PlaceRow, Stay
from .scale import Scale, quantile_dots, round_ticks, stacks
from .summary import Row
from .svg import element, figure, number, text, text_width
from .words_of import short_name

__all__ = ["SYMBOLS", "Dots", "dot_plot", "interval_bar", "ladder"]

ENDS = 9.0  # px from the line to the end of an interval's ends: the dot of the median reaches 6
SYMBOLS = {"hijau": "●", "kuning": "▲", "merah": "■"}


def interval_bar(row: Row, *, key: str, title: str, width: float = 200.0) -> Markup:
    """Draw one measure without words: nine tenths of replicates thin, the 95 % interval thick, the standard upright."""
    ends = [row.p95, row.estimate.high, row.standard or 0.0] if not math.isnan(row.p95) else [100.0]
    scale = Scale(0.0, max((v for v in ends if math.isfinite(v)), default=1.0) or 1.0, 8.0, width - 8.0)
    value, low, high = row.estimate.value, row.estimate.low, row.estimate.high
    parts = [element("line", x1=scale.left, x2=scale.right, y1=12, y2=12, class_="rule")]
    if math.isfinite(value):
        if math.isfinite(row.p05):
            parts.append(element("line", x1=scale(row.p05), x2=scale(row.p95), y1=12, y2=12, class_="spread"))
        parts += _interval(scale(low), scale(high), 12.0)
        parts.append(element("circle", cx=scale(value), cy=12, r=5, class_="median"))
    if row.standard is not None:
        parts.append(element("line", x1=scale(row.standard), x2=scale(row.standard), y1=1, y2=23, class_="standard"))
    return figure(key, (width, 24.0), title, f"{row.shown} ({row.interval}) {row.unit}", parts)


@dataclass(frozen=True)
class Dots:
    """Say what a dot plot shows: values (NaN: censored), the median's interval, words for its axis and its standard."""

    title: str
    describe: str
    values: Sequence[float]
    estimate: Estimate
    unit: str = ""
    standard: float | None = None
    standard_words: str = ""
    censored_words: str = ""
    highest: float = 0.0


def dot_plot(dots: Dots, show: Callable[[float], str], *, key: str, width: float) -> Markup:
    """Draw twenty dots, each 5 of 100, along a scale from 0; those beyond the standard are filled."""
    found = quantile_dots(dots.values)
    censored = sum(math.isinf(value) for value in found)
    finite = [value for value in found if math.isfinite(value)]
    radius, top = (6.0 if width > 500 else 5.0), (24.0 if dots.standard is not None else 6.0)
    ticks = round_ticks(max([dots.highest, dots.standard or 0.0, *finite]), most=7 if width > 500 else 5)
    lane = text_width(dots.censored_words, 12.0) + 20 if censored else 0.0
    scale = Scale(0.0, ticks[-1], 14.0, width - 26.0 - lane)
    limit = scale(dots.standard) if dots.standard is not None else math.inf
    late = [value for value in finite if dots.standard is not None and value > dots.standard]
    pitch = 2 * radius + 0.5
    within = stacks(
        [scale(v) for v in finite[: len(finite) - len(late)]], width=pitch, low=-math.inf, high=limit - radius - 1
    )
    beyond = stacks([scale(v) for v in late], width=pitch, low=limit + radius + 1, high=math.inf)
    tallest = max([n for _, n in (*within, *beyond)] + [censored, 1])
    step = min(pitch, 96.0 / tallest)
    floor = top + max(step * (tallest - 1) + 2 * radius, 36.0) + 2
    parts = [*_axis(scale, ticks, floor, show, dots.unit)]
    parts += _columns(within, "dot-in", floor, radius=radius, step=step)
    parts += _columns(beyond, "dot-late", floor, radius=radius, step=step)
    if censored:
        x = width - lane / 2
        parts += _columns([(x, censored)], "dot-late", floor, radius=radius, step=step)
        parts.append(text(x, floor + 20, dots.censored_words, class_="tick", anchor="middle"))
    parts += _median(dots.estimate, scale, floor)
    if dots.standard is not None:
        parts += _standard(limit, floor, dots.standard_words, width)
    return figure(key, (width, floor + 28), dots.title, dots.describe, parts)


def _axis(
    scale: Scale, ticks: Sequence[float], floor: float, show: Callable[[float], str], unit: str
) -> Iterable[Markup]:
    """Draw the base line with its ticks; the last one carries the unit."""
    yield element("line", x1=scale.left, x2=scale.right, y1=floor, y2=floor, class_="axis")
    for index, tick in enumerate(ticks):
        words = f"{show(tick)} {unit}".strip() if index == len(ticks) - 1 else show(tick)
        overhang = max(0.0, text_width(words, 12.0) / 2 - 24.0)
        yield element("line", x1=scale(tick), x2=scale(tick), y1=floor, y2=floor + 4, class_="axis")
        yield text(scale(tick) - overhang, floor + 20, words, class_="tick", anchor="middle")


def _columns(
    columns: Sequence[tuple[float, int]], kind: str, floor: float, *, radius: float, step: float
) -> list[Markup]:
    """Draw stacks of dots from the base line up."""
    return [
        element("circle", cx=x, cy=floor - 2 - radius - step * k, r=radius - 0.5, class_=kind)
        for x, count in columns
        for k in range(count)
    ]


def _median(estimate: Estimate, scale: Scale, floor: float) -> list[Markup]:
    """Draw the median's interval on the base line."""
    if not math.isfinite(estimate.value):
        return []
    low, high = scale(estimate.low), scale(estimate.high)
    return [
        *_interval(low, high, floor),
        element("circle", cx=scale(estimate.value), cy=floor, r=4, class_="median"),
    ]


def _interval(low: float, high: float, y: float) -> list[Markup]:
    """Draw an interval with ends that stand out above and below the dot, which hides a narrow one."""
    ends = f"M{number(low)} {number(y - ENDS)}v{number(2 * ENDS)}M{number(high)} {number(y - ENDS)}v{number(2 * ENDS)}"
    return [
        element("line", x1=low, x2=high, y1=y, y2=y, class_="interval"),
        element("path", d=ends, class_="interval-ends"),
    ]


def _standard(x: float, floor: float, words: str, width: float) -> list[Markup]:
    """Draw the standard as a line with its words on the side where there is room."""
    wide = text_width(words, 12.0) + 8
    end = x + wide > width
    label = text(x + (-6 if end else 6), 12.0, words, class_="standard-words", anchor="end" if end else None)
    return [element("line", x1=x, x2=x, y1=2, y2=floor, class_="standard"), label]


def ladder(
    rows: Sequence[PlaceRow],
    t: Callable[..., str],
    percent: Callable[[float], str],
    *,
    city: str,
    key: str,
    width: float,
) -> Markup:
    """Draw the share of time at hijau, kuning and merah by place; whiskers hold nine tenths of the replicates."""
    wide = width > 500
    names = [short_name(row.name, city) for row in rows]
    room = min(240.0, max((text_width(name, 14.0, bold=True) for name in names), default=0.0) + 16.0)
    left, right, high, pitch = (room, width - 160.0, 26.0, 52.0) if wide else (1.0, width - 1.0, 24.0, 66.0)
    scale = Scale(0.0, 1.0, left, right)
    parts: list[Markup] = []
    for index, row in enumerate(rows):
        top = index * pitch + (12.0 if wide else 30.0)
        parts += _ladder_bar(row, scale, top, high, percent)
        share = t("report.ladder_merah", share=percent(row.merah.mean.value))
        if wide:
            parts.append(text(left - 12, top + high / 2 + 5, names[index], class_="row-name", anchor="end"))
            parts.append(text(right + 12, top + high / 2 + 5, share, class_="row-value"))
        else:
            parts.append(text(1, top - 10, names[index], class_="row-name"))
            parts.append(text(width - 1, top - 10, share, class_="row-value", anchor="end"))
    height = len(rows) * pitch + (4.0 if wide else 0.0)
    return figure(key, (width, height), t("report.ladder_title"), t("report.ladder_describe"), parts)


def _ladder_bar(row: PlaceRow, scale: Scale, top: float, high: float, percent: Callable[[float], str]) -> list[Markup]:
    """Draw one place's bar: three parts with their sign, and the lines of its two borders."""
    parts, start = [], 0.0
    for stage in ("hijau", "kuning", "merah"):
        stay: Stay = getattr(row, stage)
        x, end = scale(start), scale(start + stay.mean.value)
        if end - x > 0.2:
            words = f"{SYMBOLS[stage]} {percent(stay.mean.value)}"
            parts.append(
                element(
                    "rect",
                    element("title", f"{row.name}: {words}"),
                    x=x,
                    y=top,
                    width=end - x,
                    height=high,
                    class_=f"stage {stage}",
                )
            )
            if end - x > text_width(words, 13.0) + 10:
                parts.append(text(x + 6, top + high / 2 + 5, words, class_=f"in-{stage}"))
        start += stay.mean.value
    parts += _whisker(scale, row.hijau.mean.value, (row.hijau.p05, row.hijau.p95), top - 4.0, 4.0)
    parts += _whisker(scale, 1 - row.merah.mean.value, (1 - row.merah.p95, 1 - row.merah.p05), top + high + 4.0, -4.0)
    return parts


def _whisker(scale: Scale, middle: float, ends: tuple[float, float], y: float, inward: float) -> list[Markup]:
    """Draw where a border lies in nine tenths of the replicates, with a tick at its mean."""
    low, high = scale(ends[0]), scale(ends[1])
    if high - low < 1:
        return []
    d = f"M{number(low)} {number(y - 3)}v6M{number(high)} {number(y - 3)}v6M{number(low)} {number(y)}H{number(high)}"
    return [element("path", d=f"{d}M{number(scale(middle))} {number(y)}v{number(inward)}", class_="whisker")]
