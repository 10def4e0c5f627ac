"""One replicate told: its key events in plain words, and a panel for each place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd
from markupsafe import Markup

from sispamkota.words import catalogue

from .closed import closed_id
from .figures import SYMBOLS
from .places import name_of, site_table
from .scale import Scale, round_ticks, spread
from .svg import element, figure, number, path, text, text_width
from .words_of import short_name

__all__ = ["STAGES", "Event", "Panel", "draw_panel", "key_events", "panels"]

STAGES = ("hijau", "kuning", "merah")
MOST_EVENTS = 24
MORE_BAYS = " more bays"  # as the log has it, after their number
AT_ONCE = 4  # arrivals in one minute that are told as one; as in web/src/replay.ts


@dataclass(frozen=True)
class Event:
    """Tell one event: its number on the panels, when (seconds), where, and what in a sentence.

    `clock` is the hour on the wall, `minute` the minute of the rehearsal that runs: both rounded down, as the player
    shows them.
    """

    index: int
    t: float
    place: str
    where: str
    sentence: str
    clock: str

    @property
    def minute(self) -> int:
        """Give the minute that runs, from 0."""
        return int(self.t // 60.0)


@dataclass(frozen=True)
class Panel:
    """Hold one place's course: times (s), persons, and its stage from each time on."""

    place: str
    name: str
    t: tuple[float, ...]
    peaceful: tuple[float, ...]
    violent: tuple[float, ...]
    officers: tuple[float, ...]
    stage: tuple[str, ...]


def key_events(ensemble: Any, order: Sequence[str], lang: str) -> tuple[Event, ...]:
    """Pick the told replicate's key events: those of `order`, the most important kinds first, and tell them by time.

    A kind of event that says the same of the same place again is told once; a change of stage is told each time. People
    who begin to gather at many places in one minute are one event, or their arrivals would crowd out all others.
    """
    log = ensemble.timeline[ensemble.timeline["event"].isin(order)].sort_values("t", kind="stable")
    again = log.duplicated(["event", "place", "detail"]) & ~log["event"].str.startswith("stage_")
    again |= log.duplicated(["event", "place"]) & (log["event"] == "gathering")
    again |= log.assign(minute=log["t"] // 60.0).duplicated(["event", "place", "minute"]) & (
        log["event"] == "reinforce"
    )
    log = _folded(log[~again])
    rank = {event: index for index, event in enumerate(order)}
    kept = log.assign(rank=log["event"].map(rank)).sort_values("rank", kind="stable").head(MOST_EVENTS)
    sites, texts = site_table(ensemble), catalogue(lang)
    closed = {each.id: short_name(each.name, ensemble.city) for each in ensemble.closures}
    kept = kept.assign(detail=kept["detail"].where(kept["event"] != "incident", _kinds_of(kept, ensemble.timeline)))
    lines: list[Any] = list(kept.sort_values("t", kind="stable").itertuples())
    told, start = [], 3600.0 * float(ensemble.tables.param["start_hour"][0])
    for index, line in enumerate(lines, 1):
        where = name_of(str(line.place), sites)
        detail = closed.get(closed_id(str(line.detail)), "") or _readable(str(line.detail), sites, texts)
        sentence = texts[_key_of(line, closed)].format(place=where, detail=detail, n=line.at_once)
        sentence, clock = sentence[:1].upper() + sentence[1:], _clock(start + float(line.t), texts["playback.clock"])
        told.append(Event(index, float(line.t), str(line.place), where, sentence, clock))
    return tuple(told)


def _key_of(line: Any, closed: Mapping[str, str]) -> str:
    """Choose the words of an event."""
    event, detail = str(line.event), str(line.detail)
    if line.at_once > 1:
        return f"event.{event}_many"
    if event == "stage_kuning" and detail == "from merah":
        return "event.stage_kuning_again"
    somewhere = event in ("streets_closed", "streets_open") and closed_id(detail) not in closed
    return f"event.{event}_somewhere" if somewhere else f"event.{event}"


def _clock(seconds: float, pattern: str) -> str:
    """Write an hour of the day, the running minute."""
    minutes = int(seconds // 60.0) % 1440
    return pattern.format(h=f"{minutes // 60:02d}", m=f"{minutes % 60:02d}")


def _kinds_of(incidents: pd.DataFrame, log: pd.DataFrame) -> pd.Series[str]:
    """Give the kind of the call that each incident makes, which the screen has words for; its own name without one."""
    calls = log[log["event"] == "call"].drop_duplicates(["t", "place"]).set_index(["t", "place"])["detail"]
    keys = zip(incidents["t"], incidents["place"], incidents["detail"], strict=True)
    return pd.Series([str(calls.get((t, place), own)) for t, place, own in keys], index=incidents.index, dtype=object)


def _folded(log: pd.DataFrame) -> pd.DataFrame:
    """Keep the first of many arrivals in one minute; `at_once` says how many it stands for, 1 for an event alone."""
    minute = (log["t"] // 60.0).where(log["event"] == "gathering")
    group = log.groupby(minute)["t"]
    many = group.transform("size").ge(AT_ONCE)
    size = group.transform("size").where(many, 1).fillna(1).astype(int)
    return log.assign(at_once=size)[~(many & group.cumcount().gt(0))]


def _readable(detail: str, sites: pd.DataFrame, texts: Mapping[str, str]) -> str:
    """Put an event's detail in words: a place's name, a number of people of a kind, else the name of an inject."""
    if detail in sites.index:
        return name_of(detail, sites)
    if (kind := f"playback.kind_{detail.replace('-', '_')}") in texts:
        return texts[kind]
    count, _, kind = detail.rpartition(" ")
    if f"capability.{kind}" in texts:
        return f"{count} {texts[f'capability.{kind}']}".strip()
    if detail.endswith(MORE_BAYS):
        return detail.removesuffix(MORE_BAYS)
    return detail.replace("-", " ").replace("_", " ")


def panels(ensemble: Any, *, most: int = 4) -> tuple[Panel, ...]:
    """Give the course of the places of the told replicate, the most violent first."""
    sites = site_table(ensemble)
    groups = [(str(place), group.sort_values("t")) for place, group in ensemble.series.groupby("place", sort=True)]
    groups.sort(key=lambda item: (-item[1]["violent"].max(), -item[1]["peaceful"].max(), item[0]))
    return tuple(_panel(place, group, sites) for place, group in groups[:most])


def _panel(place: str, group: pd.DataFrame, sites: pd.DataFrame) -> Panel:
    """Read one place's course."""
    column = {name: tuple(float(v) for v in group[name]) for name in ("t", "peaceful", "violent", "officers")}
    stages = [stage if isinstance(stage, str) else STAGES[int(stage)] for stage in group["stage"]]
    return Panel(place=place, name=name_of(place, sites), stage=tuple(stages), **column)


def _runs(times: Sequence[float], stages: Sequence[str]) -> list[tuple[float, float, str]]:
    """Join equal neighbours: (start, end, stage)."""
    runs: list[tuple[float, float, str]] = []
    for k, stage in enumerate(stages):
        end = times[k + 1] if k + 1 < len(times) else times[k]
        if runs and runs[-1][2] == stage:
            runs[-1] = (runs[-1][0], end, stage)
        else:
            runs.append((times[k], end, stage))
    return runs


def draw_panel(
    panel: Panel,
    events: Iterable[Event],
    t: Callable[..., str],
    show: Callable[[float], str],
    *,
    key: str,
    width: float,
) -> Markup:
    """Draw a place over time: numbered events, peaceful people, violence against officers, the stage as a ribbon."""
    end = max(panel.t)
    scale = Scale(0.0, end, 10.0, width - 52.0)
    wide = width > 400
    here = [event for event in events if event.place == panel.place]
    lane_a, lane_b = (50.0, 70.0), ((146.0 if wide else 162.0), 90.0)
    ribbon = lane_b[0] + lane_b[1] + 10
    parts = [*_event_marks(here, scale, ribbon)]
    parts += _lane(panel.t, {"peaceful": panel.peaceful}, scale, lane_a, show)
    parts.append(_head(10, lane_a[0] - 8, "peaceful", t("report.told_peaceful", peak=show(max(panel.peaceful)))))
    parts += _lane(panel.t, {"violent": panel.violent, "officers": panel.officers}, scale, lane_b, show)
    violent, officers = (
        t("report.told_violent", peak=show(max(panel.violent))),
        t("report.told_officers", peak=show(max(panel.officers))),
    )
    parts.append(_head(10, lane_b[0] - (8 if wide else 24), "violent", violent))
    parts.append(_head(text_width(violent, 13) + 52 if wide else 10, lane_b[0] - 8, "officers", officers))
    parts += _ribbon(panel, scale, ribbon)
    parts += _minutes(scale, end, ribbon + 18, t, show, most=7 if wide else 5)
    return figure(
        key,
        (width, ribbon + 46),
        t("report.told_title", place=panel.name),
        t("report.told_describe", place=panel.name),
        parts,
    )


def _head(x: float, y: float, kind: str, words: str) -> Markup:
    """Write a lane's name after a swatch of its line."""
    swatch = element("line", x1=x, x2=x + 16, y1=y - 4, y2=y - 4, class_=f"swatch {kind}")
    return element("g", swatch, text(x + 22, y, words, class_="lane"))


def _lane(
    times: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    scale: Scale,
    lane: tuple[float, float],
    show: Callable[[float], str],
) -> Iterable[Markup]:
    """Draw counts over time as steps from a base line, with the highest round value at the right."""
    top, high = lane
    ticks = round_ticks(max(max(values) for values in lines.values()), most=4)
    level = Scale(0.0, ticks[-1], top + high, top)
    yield element("line", x1=scale.left, x2=scale.right, y1=level(ticks[-1]), y2=level(ticks[-1]), class_="grid")
    yield text(scale.right + 6, level(ticks[-1]) + 4, show(ticks[-1]), class_="tick")
    yield element("line", x1=scale.left, x2=scale.right, y1=top + high, y2=top + high, class_="axis")
    for name, values in lines.items():
        points = [(scale(t), level(v)) for t, v in zip(times, values, strict=True)]
        steps = [point for a, b in pairwise(points) for point in (a, (b[0], a[1]))] + points[-1:]
        if name != "officers":
            area = [(scale(times[0]), top + high), *steps, (points[-1][0], top + high)]
            yield element("path", d=path(area, close=True), class_=f"area {name}")
        yield element("path", d=path(steps), class_=f"line {name}")


def _ribbon(panel: Panel, scale: Scale, top: float) -> Iterable[Markup]:
    """Draw the stages as a ribbon, each part with its sign where it fits."""
    for start, end, stage in _runs(panel.t, panel.stage):
        x, right = scale(start), scale(end)
        yield element(
            "rect", element("title", stage), x=x, y=top, width=max(0.5, right - x), height=18, class_=f"stage {stage}"
        )
        if right - x > 16:
            yield text(x + 3, top + 14, SYMBOLS[stage], class_=f"in-{stage}")


def _minutes(
    scale: Scale, end: float, top: float, t: Callable[..., str], show: Callable[[float], str], *, most: int
) -> Iterable[Markup]:
    """Write the time axis in minutes."""
    ticks = [tick for tick in round_ticks(end / 60.0, most=most) if tick * 60.0 <= end * 1.001]
    for tick in ticks:
        x = scale(tick * 60.0)
        words = t("report.minute", minute=show(tick)) if tick == ticks[-1] else show(tick)
        yield element("line", x1=x, x2=x, y1=top, y2=top + 4, class_="axis")
        yield text(x, top + 20, words, class_="tick", anchor="middle")


def _event_marks(events: Sequence[Event], scale: Scale, floor: float) -> Iterable[Markup]:
    """Draw the events' numbers along the top, pushed apart where they would touch, each with a line to its time."""
    at = spread([scale(event.t) for event in events], gap=19.0, low=scale.left, high=scale.right + 40)
    for event, x in zip(events, at, strict=True):
        true = scale(event.t)
        line = f"M{number(x)} 19L{number(true)} 27V{number(floor)}"
        yield element("path", d=line, class_="event-line")
        yield element("circle", element("title", event.sentence), cx=x, cy=10, r=9, class_="event")
        yield text(x, 14.0, str(event.index), class_="event-number", anchor="middle")
