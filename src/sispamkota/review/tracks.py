"""Where each unit is at each moment of a replicate: its legs along ways, told from the event log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from .ways import NEAR_S, Ways

__all__ = ["Leg", "Track", "follow_units"]


@dataclass(frozen=True)
class Leg:
    """Hold one part of a journey: from and until when (s), on which way, from and to which share of its time."""

    start: float
    end: float
    way: int
    first: float
    last: float


@dataclass
class Track:
    """Follow one unit: where it stands or stood last, its legs, and the spans in which it is not in service.

    A unit turns as the engine turns it (`set_out` in kernels/stand.py): back by way of the place it counts from, or
    onward by way of the place it is going to, whichever is sooner. `left` is when it was or will be at `place`.
    """

    unit: str
    home: str
    vehicle: int
    ways: Ways = field(repr=False)
    place: str = ""
    to: str = ""
    left: float = 0.0
    arrives: float = 0.0
    legs: list[Leg] = field(default_factory=list)
    away: list[list[float]] = field(default_factory=list)
    unlike: int = 0  # journeys whose time is not that of the way drawn

    def set_out(self, now: float, goal: str, due: float | None) -> None:
        """Set out for a place at `now`, to be there at `due`, or when the table of travel times says."""
        moving = now < self.arrives and self.place != self.to
        if not moving:
            self.place, self.left = (self.to or self.place), now
        seconds = self.ways.seconds
        back = abs(now - self.left) + seconds(self.vehicle, self.place, goal)
        onward = self.arrives - now + seconds(self.vehicle, self.to, goal) if moving else float("inf")
        if onward < back:
            self.place, self.left = self.to, self.arrives
        elif moving and self.left <= now:
            self._turn(now)
        elif moving:
            self._cut(self.left)
        self.arrives = due if due is not None else now + min(back, onward)
        self.arrives = max(self.arrives, self.left)
        self._add(self.left, self.arrives, goal)
        self.to = goal

    def _turn(self, now: float) -> None:
        """Go back the way it came, as long as it has been on it."""
        self._cut(now)
        if self.legs and self.legs[-1].end == now and now > self.left:
            leg, until = self.legs[-1], now + (now - self.left)
            self.legs.append(Leg(now, until, leg.way, leg.last, leg.first))
            self.left = until
        else:
            self.left = now

    def _cut(self, t: float) -> None:
        """Forget the legs from a moment on, and end the one that is under way."""
        self.legs = [leg for leg in self.legs if leg.start < t]
        if self.legs and self.legs[-1].end > t:
            leg = self.legs[-1]
            share = leg.first + (leg.last - leg.first) * (t - leg.start) / (leg.end - leg.start)
            self.legs[-1] = replace(leg, end=t, last=share)

    def _add(self, start: float, end: float, goal: str) -> None:
        """Append the leg from `place` to a goal."""
        if self.place == goal:
            return
        number = self.ways.number(self.vehicle, self.place, goal)
        known = self.ways.found[number].seconds
        self.unlike += known is not None and abs(known - (end - start)) > NEAR_S
        self.legs.append(Leg(start, end, number, 0.0, 1.0))

    def stop(self, now: float, place: str) -> None:
        """Stand at a place from now on."""
        self._cut(now)
        self.place = self.to = place
        self.left = self.arrives = now


def follow_units(ensemble: Any, timeline: pd.DataFrame, ways: Ways, homes: Mapping[str, str]) -> list[Track]:
    """Follow every unit of the engine through the log; `homes` names the post of each."""
    vehicles = ensemble.tables.unit_t["vehicle"]
    tasks = {str(row.unit): str(row.task) for row in ensemble.posts.itertuples()}
    steps = timeline[timeline["unit"] != ""]
    grouped = {str(unit): list(rows.itertuples()) for unit, rows in steps.groupby("unit", sort=False)}
    handed = _handed_over(timeline)
    tracks = []
    for index, unit in enumerate(ensemble.names.units):
        home = homes[unit]
        track = Track(unit, home, int(vehicles[index]), ways, place=home, to=home)
        if tasks.get(unit.split("/")[0]) == "bko":
            track.away.append([0.0, ensemble.horizon_s])
        rows = [row for row in grouped.get(unit, []) if row.event != "considered"]
        for row, after in _with_next(rows):
            _step(track, row, after, handed)
        tracks.append(track)
    return tracks


def _with_next(rows: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Give each row with the one after it, None after the last."""
    return zip(rows, [*rows[1:], None], strict=False)


def _handed_over(timeline: pd.DataFrame) -> dict[str, float]:
    """Give by a casualty's number when it reached a hospital."""
    rows: list[Any] = list(timeline[timeline["event"] == "hospital"].itertuples())
    return {str(row.detail).split(" ", 1)[0]: float(row.t) for row in rows}


def _step(track: Track, row: Any, after: Any, handed: Mapping[str, float]) -> None:
    """Take one step of a unit."""
    now, event = float(row.t), str(row.event)
    if event == "depart":
        exact = after is not None and after.event == "arrive" and after.place == row.place
        track.set_out(now, str(row.place), float(after.t) if exact else now + float(str(row.detail).split(" ", 1)[0]))
    elif event == "carry":
        track.stop(now, track.to)
        track.set_out(now, str(row.place), handed.get(str(row.detail).split(" ", 1)[0]))
    elif event in ("arrive", "home"):
        track.stop(now, str(row.place))
        if event == "home" and track.away and track.away[-1][1] > now:
            track.away[-1][1] = now
    elif event == "release" and not (after is not None and after.event == "dispatch" and after.t == row.t):
        track.set_out(now, track.home, float(after.t) if after is not None and after.event == "home" else None)
    elif event == "off_duty":
        track.away.append([now, track.ways.ensemble.horizon_s])
    elif event == "on_duty" and track.away:
        track.away[-1][1] = now
