"""The streets that are closed in a replicate: which, and from when until when."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .ground_lines import street_run

__all__ = ["closed_id", "closed_streets"]

_CLOSE, _OPEN = "streets_closed", "streets_open"


def closed_id(detail: str) -> str:
    """Give the closure that an event of streets is about, by the event's detail."""
    return detail.rpartition("/")[0]


def closed_streets(ensemble: Any, timeline: pd.DataFrame, city: Any) -> list[dict[str, Any]]:
    """Give each closure: `id`, `place` (reference), `streets` as a run, `spans` (start, end, start …; s).

    Without a city the streets are not known; without an end it lasts until the scenario's.
    """
    return [
        {"id": each.id, "place": each.place, "streets": _run(each, city), "spans": _spans(each, timeline, ensemble)}
        for each in ensemble.closures
    ]


def _run(closed: Any, city: Any) -> list[int]:
    """Find the streets as the engine's table of times was made."""
    if city is None:
        return []
    from sispamkota.place.closing import streets_near

    return street_run(city, streets_near(city, city.find(closed.place), closed.radius_m))


def _spans(closed: Any, timeline: pd.DataFrame, ensemble: Any) -> list[float]:
    """Read from the log when it was in force."""
    horizon = float(ensemble.horizon_s)
    if closed.lasting:
        return [0.0, horizon]
    own = timeline[timeline["event"].isin((_CLOSE, _OPEN)) & timeline["detail"].map(closed_id).eq(closed.id)]
    spans: list[float] = []
    for t, event in zip(own["t"], own["event"], strict=True):
        if (event == _CLOSE) == (len(spans) % 2 == 0):
            spans.append(float(t))
    return [*spans, horizon] if len(spans) % 2 else spans
