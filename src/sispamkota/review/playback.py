"""A replicate as a compact document that a map can play: docs/reference/playback.md describes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sispamkota.errors import Fault, InputError, StoreError
from sispamkota.place import VEHICLES

from .closed import closed_streets
from .decisions import Incident, read_incidents
from .ground_lines import ground_lines
from .places import site_table
from .story import STAGES
from .tracks import Track, follow_units
from .ways import Ways
from .words_of import short_name

__all__ = ["FORMAT", "Playback", "make_playback"]

FORMAT = 1
UNTOLD = ("considered",)  # told with the decision of their incident
TREATED = "T3"  # the class that is treated where it is found, unless it goes to a hospital by itself
_CLOSURE = {"kind": "", "role": "closure", "quality": ""}
TENTHS = 10  # times are whole tenths of a second


@dataclass(frozen=True, eq=False)
class Playback:
    """Hold one replicate for the map; `parts` are plain JSON values in the order of the format."""

    replicate: int
    parts: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return dict(self.parts)

    def to_json(self) -> str:
        """Write the document: the same bytes for the same replicate."""
        return json.dumps(self.parts, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def make_playback(ensemble: Any, *, replicate: int | None = None, city: Any = None) -> Playback:
    """Read one replicate of an ensemble for the map: by default the told one.

    `city` gives the streets along which units move; without it they move in straight lines, and the document says so.
    Hospitals need the replicate played again: they are left out of a result that another version of the engine made.
    Raises InputError for a replicate that was not played, StoreError where only another engine can play it.
    """
    told = int(ensemble.series["replicate"].iloc[0])
    chosen = told if replicate is None else replicate
    if chosen not in set(ensemble.rows["replicate"]):
        last, got = int(ensemble.rows["replicate"].max()), str(chosen)
        raise InputError([Fault("playback", "replicate", f"0 to {last}", got, "Choose one that was played.")])
    series, timeline, hospitals = _course(ensemble, chosen, told)
    places = _Places(ensemble, city)
    ways = Ways(ensemble, city)
    tracks = _tracks(ensemble, timeline, ways)
    incidents, of_row = read_incidents(timeline)
    units = _Units(ensemble, tracks)
    ground = ground_lines(city)
    casualties = _by_themselves(_casualties(timeline, places, units), places, ways)
    parts = {
        "format": FORMAT,
        "about": _about(ensemble, chosen, city) | {"straight": city is None, "guessed_areas": ground.pop("guessed")},
        "places": places.rows(),
        "units": units.rows(places),
        "ways": [way.to_list() for way in ways.found],
        "legs": [_legs(track) for track in tracks],
        "away": [[_tenths(t) for span in track.away for t in span] for track in tracks],
        "crowds": _crowds(series, timeline, places),
        "hospitals": _hospitals(hospitals, places),
        "events": list(_events(timeline, of_row, places, units)),
        "incidents": [_incident(each, places, units) for each in incidents],
        "casualties": casualties,
        "closures": _closures(ensemble, timeline, city, places),
        "ground": ground,
        "unlike": sum(track.unlike for track in tracks),
    }
    return Playback(chosen, parts)


def _course(ensemble: Any, chosen: int, told: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """Play the replicate again; where this engine cannot, the told one is at hand but for its hospitals."""
    try:
        course = ensemble.course(chosen)
    except StoreError:
        if chosen != told:
            raise
        return ensemble.series, ensemble.timeline, None
    return course.series, course.timeline, course.hospitals


def _about(ensemble: Any, replicate: int, city: Any) -> dict[str, Any]:
    """Say what is played."""
    start = float(ensemble.tables.param["start_hour"][0])
    synthetic = city is not None and any(each.key == "streets_synthetic" for each in city.assumptions)
    return {
        "title": {lang: ensemble.title(lang) for lang in ("id", "en")},
        "city": ensemble.city,
        "plan": ensemble.plan,
        "replicate": replicate,
        "horizon_s": ensemble.horizon_s,
        "start_s": start * 3600.0,
        "synthetic": synthetic,
    }


def _tracks(ensemble: Any, timeline: pd.DataFrame, ways: Ways) -> list[Track]:
    """Follow the units."""
    posts = {str(row.unit): str(row.at) for row in ensemble.posts.itertuples()}
    homes = {unit: posts[unit.split("/")[0]] for unit in ensemble.names.units}
    return follow_units(ensemble, timeline, ways, homes)


class _Places:
    """Number the places of the document."""

    def __init__(self, ensemble: Any, city: Any) -> None:
        sites, self._city = site_table(ensemble), "" if city is None else city.title
        more = {each.place: _CLOSURE | vars(each) for each in ensemble.closures if each.place not in sites.index}
        self._sites = pd.concat([sites, pd.DataFrame.from_dict(more, orient="index")[sites.columns]]) if more else sites
        self.names = [str(place) for place in self._sites.index]
        self.number = {str(place): index for index, place in enumerate(self._sites.index)}

    def rows(self) -> list[list[Any]]:
        """Give reference, name, kind, role, lon, lat, and whether the position is only guessed."""
        rows: list[Any] = list(self._sites.itertuples(index=False))
        return [
            [
                place,
                short_name(str(site.name), self._city),
                str(site.kind),
                str(site.role),
                _degrees(site.lon),
                _degrees(site.lat),
                int(site.quality == "unknown"),
            ]
            for place, site in zip(self._sites.index, rows, strict=True)
        ]

    def of(self, place: str) -> int:
        """Give a place's number, −1 for none."""
        return self.number.get(place, -1)


def _degrees(value: float) -> float | None:
    """Round to a metre; None where nobody knows."""
    return None if not np.isfinite(value) else round(float(value), 5)


class _Units:
    """Number the units of the document, in the order of the engine."""

    def __init__(self, ensemble: Any, tracks: list[Track]) -> None:
        self._posts = {str(row.unit): row for row in ensemble.posts.itertuples()}
        self._people = _people(ensemble)
        self._tracks = tracks
        self.number = {track.unit: index for index, track in enumerate(tracks)}

    def rows(self, places: _Places) -> list[list[Any]]:
        """Give id, agency, kind, people, number of the post."""
        out: list[list[Any]] = []
        for track in self._tracks:
            post = self._posts[track.unit.split("/")[0] if track.unit not in self._posts else track.unit]
            people = self._people.get(track.unit, int(post.people))
            out.append([track.unit, str(post.agency), str(post.kind), people, places.of(track.home)])
        return out

    def of(self, unit: str) -> int:
        """Give a unit's number, −1 for none."""
        return self.number.get(unit, -1)


def _people(ensemble: Any) -> dict[str, int]:
    """Give the people of each unit of the engine, which may be a part of a posted one."""
    return dict(zip(ensemble.names.units, map(int, ensemble.tables.unit_t["people"]), strict=True))


def _tenths(t: float) -> int:
    """Write a time in whole tenths of a second."""
    return round(float(t) * TENTHS)


def _legs(track: Track) -> list[list[int]]:
    """Give a unit's legs: from, until, way, and from and to which thousandth of its time."""
    return [
        [_tenths(leg.start), _tenths(leg.end), leg.way, round(leg.first * 1000), round(leg.last * 1000)]
        for leg in track.legs
        if leg.end > leg.start
    ]


def _steps(values: Iterable[Any]) -> list[int]:
    """Give whole numbers, each but the first as the step from the one before."""
    whole = np.asarray([round(float(value)) for value in values])
    return [int(whole[0]), *np.diff(whole).tolist()] if len(whole) else []


def _crowds(series: pd.DataFrame, timeline: pd.DataFrame, places: _Places) -> list[dict[str, Any]]:
    """Give the people at each place over time as they were seen, and its stages to the moment."""
    found = []
    for place, group in series.groupby("place", sort=False):
        rows = group.sort_values("t")
        found.append(
            {
                "place": places.of(str(place)),
                "t": _steps(rows["t"]),
                **{name: _steps(rows[name]) for name in ("peaceful", "violent", "spent", "officers")},
                "stages": _stages(rows, timeline, str(place)),
            }
        )
    return found


def _stages(rows: pd.DataFrame, timeline: pd.DataFrame, place: str) -> list[list[int]]:
    """Give from when (tenths of a second) which stage holds, by number."""
    changes = timeline[(timeline["place"] == place) & timeline["event"].isin([f"stage_{stage}" for stage in STAGES])]
    first = rows["stage"].iloc[0]
    start = STAGES.index(first) if isinstance(first, str) else int(first)
    told: list[Any] = list(changes.itertuples())
    later = [[_tenths(row.t), STAGES.index(str(row.event)[6:])] for row in told]
    return [[0, start], *later]


def _hospitals(hospitals: pd.DataFrame | None, places: _Places) -> list[dict[str, Any]]:
    """Give the emergency bays of each hospital over time; a moment is told only where something changed."""
    if hospitals is None:
        return []
    found = []
    for place, group in hospitals.groupby("hospital", sort=False):
        rows = group.sort_values("t")
        values = rows[["used", "open", "waiting"]].to_numpy()
        new = np.concatenate([[True], (np.diff(values, axis=0) != 0).any(axis=1)])
        told = rows[new]
        columns = {name: _steps(told[name]) for name in ("t", "used", "open", "waiting")}
        found.append({"place": places.of(str(place))} | columns)
    return found


def _events(timeline: pd.DataFrame, of_row: Mapping[int, int], places: _Places, units: _Units) -> Iterable[list[Any]]:
    """Give each event but the candidates: time, word, place, unit, incident (−1: none), detail."""
    unit = timeline["unit"] if "unit" in timeline else [""] * len(timeline)
    rows = zip(timeline["t"], timeline["event"], timeline["place"], unit, timeline["detail"], strict=True)
    for number, (t, event, place, who, detail) in enumerate(rows):
        if event not in UNTOLD:
            incident = of_row.get(number, -1)
            yield [_tenths(t), str(event), places.of(str(place)), units.of(str(who)), incident, str(detail)]


def _incident(each: Incident, places: _Places, units: _Units) -> dict[str, Any]:
    """Write an incident with its decisions."""
    times = (each.called, each.recognised, each.closed)
    return {
        "kind": each.kind,
        "place": places.of(each.place),
        "times": [None if t is None else _tenths(t) for t in times],
        "decisions": [
            {
                "t": _tenths(decision.t),
                "asked": decision.asked,
                "sent": [units.of(unit) for unit in decision.sent],
                "unmet": decision.unmet,
                "candidates": [
                    [units.of(c.unit), c.standing, None if c.seconds is None else round(c.seconds)]
                    for c in decision.candidates
                ],
                "others": decision.others,
            }
            for decision in each.decisions
        ],
    }


def _by_themselves(casualties: list[dict[str, Any]], places: _Places, ways: Ways) -> list[dict[str, Any]]:
    """Add of those who came to a hospital by themselves when they left and which way they took.

    The engine has them there a car's time after they set out (`_triage` in kernels/casualty.py); the log says when they
    came, the table of times with all streets open how long the way is.
    """
    car = VEHICLES.index("car")
    for each in casualties:
        if "unit" in each or "hospital" not in each or each.get("place", -1) < 0:
            continue
        ends = (places.names[each["place"]], places.names[each["hospital"]])
        seconds = ways.seconds(car, *ends)
        if 0.0 < seconds < float("inf"):
            each |= {"set_out": max(each["hurt"], each["reached"] - _tenths(seconds)), "way": ways.number(car, *ends)}
    return casualties


def _closures(ensemble: Any, timeline: pd.DataFrame, city: Any, places: _Places) -> list[dict[str, Any]]:
    """Give each closure with the number of its place and its spans in tenths of a second."""
    return [
        each | {"place": places.of(each["place"]), "spans": [_tenths(t) for t in each["spans"]]}
        for each in closed_streets(ensemble, timeline, city)
    ]


def _casualties(timeline: pd.DataFrame, places: _Places, units: _Units) -> list[dict[str, Any]]:
    """Give each casualty by number: where and when hurt and why, triage, and the way to a hospital.

    Who is slightly hurt (T3) and comes to no hospital was treated where found; the log has no row of its own for that.
    """
    found: dict[int, dict[str, Any]] = {}
    steps = timeline[timeline["event"].isin(("casualty", "triage", "carry", "hospital", "death"))]
    told: list[Any] = list(steps.itertuples())
    for row in told:
        number, _, rest = str(row.detail).partition(" ")
        if not number.isdigit():
            continue
        each = found.setdefault(int(number), {"number": int(number)})
        now = _tenths(row.t)
        if row.event == "casualty":
            each |= {"place": places.of(str(row.place)), "hurt": now, "cause": rest}
        elif row.event == "triage":
            each |= {"triage": rest} | ({"treated": now} if rest == TREATED else {})
        elif row.event == "carry":
            each |= {"unit": units.of(str(row.unit)), "left": now}
        elif row.event == "hospital":
            each |= {"hospital": places.of(str(row.place)), "reached": now}
            each.pop("treated", None)
        else:
            each |= {"died": now}
    return [found[number] for number in sorted(found)]
