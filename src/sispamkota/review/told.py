"""The replicate that a report tells: which one it is, and its course on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sispamkota.words import words

from .say import shower
from .standalone import standalone
from .story import draw_panel, key_events, panels
from .summary import choices

__all__ = ["Told", "is_median", "tell_course", "told_replicate"]


@dataclass(frozen=True)
class Told:
    """Hold one replicate's course for paper: a note, places by name and drawing (SVG by file name), events as rows."""

    note: str = ""
    names: list[str] = field(default_factory=list)
    pictures: dict[str, str] = field(default_factory=dict)
    events: list[list[str]] = field(default_factory=list)


def tell_course(ensemble: Any, *, lang: str, width: float) -> Told:
    """Draw the places of the told replicate, each as wide as `width` px, and list its events as on the page."""
    t, show = words(lang), shower(lang)
    events, course = key_events(ensemble, choices()["events_told"], lang), panels(ensemble)
    number = told_replicate(ensemble)
    note = t("report.told_note_short")
    if number is not None:
        note = t("report.told_note" if is_median(ensemble) else "page.told_chosen", replicate=number)
    drawn = {
        f"told-{k}.svg": standalone(draw_panel(panel, events, t, show, key=f"told-{k}", width=width))
        for k, panel in enumerate(course)
    }
    rows = [[show(each.index), each.clock, show(each.minute), each.sentence] for each in events]
    return Told(note, [panel.name for panel in course], drawn, rows)


def told_replicate(ensemble: Any) -> int | None:
    """Give the number of the told replicate, where the series says it."""
    column = ensemble.series.get("replicate")
    return None if column is None or column.empty else int(column.iloc[0])


def is_median(ensemble: Any) -> bool:
    """Tell whether the told replicate's harm lies nearest to the median of all."""
    rows = ensemble.rows[ensemble.rows["status"] == "ok"]
    far = (rows["harm_people"] - rows["harm_people"].median()).abs()
    own = far[rows["replicate"] == told_replicate(ensemble)]
    return own.empty or bool(own.iloc[0] == far.min())
