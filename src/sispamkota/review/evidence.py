"""The evidence behind the answers: effects of the parts, courses over time, hospitals, hot spots, what it hangs on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from sispamkota.rehearsal.intervals import Estimate
from sispamkota.schema import quantity
from sispamkota.words import number

from .answers import Effect, answers, effects, show_effect
from .charts import Fan, effect_plot, fan_chart
from .ledger import ledger_steps
from .places import Late, late_order, name_of, site_table
from .summary import Summary, Translate, choices

__all__ = ["NARROW", "WIDE", "Fullest", "evidence"]

WIDE, NARROW, HALF = 720.0, 328.0, 530.0
SPOTS = 8  # places of late help that are listed; the table behind the map has them all
TABLED = 5  # of the points of a course each so-many-th is a row of the table behind it
NAMED = 12  # assumptions that are drawn
QUANTILES = ("p05", "p25", "p50", "p75", "p95")
Show = Callable[..., str]
Forms = tuple[Markup, Markup]


@dataclass(frozen=True)
class Fullest:
    """Tell of one hospital at the minute at which its median is highest: share of its bays taken, 0 to 1 or more."""

    place: str
    name: str
    minute: float
    median: float
    p05: float
    p95: float


def evidence(ensemble: Any, summary: Summary, t: Translate, show: Show) -> dict[str, Any]:
    """Gather the figures and tables; what a result does not hold is empty."""
    found = effects(ensemble, summary.lang)
    courses = getattr(ensemble, "courses", pd.DataFrame())
    hangs = getattr(ensemble, "hangs", pd.DataFrame())
    return {
        "answers": answers(ensemble, summary, choices()["well"]),
        "effects": found,
        "effect_plot": _effect_forms(found, t, summary.lang),
        "difference": lambda value: show_effect(value, summary.lang),
        "steps": ledger_steps(ensemble, summary.lang),
        "bystanders": number(100.0 * (quantity("hurt_force_bystander_share").default or 0.0), summary.lang),
        "fans": _fans(courses, t, show),
        "course_tables": {
            what: list(_course(courses, what).iloc[::TABLED].itertuples()) for what in ("bays", "reserve", "diversions")
        },
        "course_n": int(courses["n"].iloc[0]) if len(courses) else 0,
        "hospitals": _hospitals(ensemble, courses),
        "hotspots": _hotspots(summary.late),
        "hangs": list(hangs.head(NAMED).itertuples()) if len(hangs) else [],
        "hangs_plot": _hangs_forms(hangs.head(NAMED), t, summary.lang) if len(hangs) else None,
        "about": lambda name: quantity(name).sentence(summary.lang),
    }


def _effect_forms(found: Sequence[Effect], t: Translate, lang: str) -> Forms | None:
    """Draw the effects on harm of the parts, the largest first; None where none was looked for."""
    rows = sorted(
        (each for each in found if each.kind == "without" and each.aim == "harm"),
        key=lambda each: (-each.estimate.value, each.name),
    )
    if not rows:
        return None
    words = (t("page.causes_title"), t("page.causes_describe"), t("page.causes_axis"))

    def say(each: Effect) -> str:
        low, high = (show_effect(value, lang) for value in (each.estimate.low, each.estimate.high))
        return f"{show_effect(each.estimate.value, lang)} ({low} … {high})"

    forms = (
        effect_plot(rows, say, _plain(lang), words=words, key=f"causes-{int(width)}", width=width)
        for width in (WIDE, NARROW)
    )
    return next(forms), next(forms)


def _plain(lang: str) -> Callable[[float], str]:
    """Write an axis's figures, with decimals only where there are any."""

    def write(value: float) -> str:
        digits = next((d for d in range(3) if abs(value - round(value, d)) < 1e-9), 3)
        return number(value, lang, digits=digits).replace("-", "−")

    return write


def _course(courses: pd.DataFrame, what: str, place: str = "") -> pd.DataFrame:
    """Take one course."""
    if not len(courses):
        return courses
    return courses[(courses["what"] == what) & (courses["place"] == place)]


def _fans(courses: pd.DataFrame, t: Translate, show: Show) -> dict[str, Forms]:
    """Draw the courses that the result holds."""
    drawn: dict[str, Forms] = {}
    for what in ("bays", "reserve", "diversions"):
        course = _course(courses, what)
        if not len(course):
            continue
        scale = 100.0 if what == "bays" else 1.0
        fan = Fan(
            title=t(f"page.fan_{what}"),
            describe=t("page.fan_describe"),
            t=tuple(course["t"] / 60.0),
            lines={name: tuple(course[name] * scale) for name in QUANTILES},
            unit="%" if what == "bays" else "",
            minute=lambda words: t("report.minute", minute=words),
            limit=100.0 if what == "bays" else None,
            limit_words=t("page.fan_limit") if what == "bays" else "",
        )
        drawn[what] = (
            fan_chart(fan, show, key=f"fan-{what}-{int(HALF)}", width=HALF),
            fan_chart(fan, show, key=f"fan-{what}-{int(NARROW)}", width=NARROW),
        )
    return drawn


def _hospitals(ensemble: Any, courses: pd.DataFrame) -> list[Fullest]:
    """Find each hospital's fullest minute, the fullest hospital first."""
    if not len(courses):
        return []
    sites, found = site_table(ensemble), []
    bays = courses[(courses["what"] == "bays") & (courses["place"] != "")]
    for place, course in bays.groupby("place", sort=True):
        row = course.iloc[int(np.argmax(course["p50"].to_numpy()))]
        figures = (float(row[name]) for name in ("p50", "p05", "p95"))
        found.append(Fullest(str(place), name_of(str(place), sites), float(row["t"]) / 60.0, *figures))
    return sorted(found, key=lambda each: (-each.median, -each.p95, each.name))


def _hotspots(late: Sequence[Late]) -> list[Late]:
    """List the places where a service is late for sure, those with the most late calls first."""
    sure = [each for each in late if each.verdict == "missed"]
    return sorted(sure, key=late_order)[:SPOTS]


def _hangs_forms(hangs: pd.DataFrame, t: Translate, lang: str) -> Forms:
    """Draw the rank correlations of the drawn assumptions as intervals about 0."""
    rows = [
        Effect(
            part=str(row["parameter"]),
            kind="hangs",
            name=quantity(str(row["parameter"])).sentence(lang),
            units=(),
            people=0,
            losing=0,
            aim="harm",
            pairs=int(row["n"]),
            before=0.0,
            after=0.0,
            estimate=Estimate(float(row["correlation"]), float(row["low"]), float(row["high"])),
            zone=0.0,
            verdict="",
        )
        for row in hangs.to_dict("records")
    ]
    words = (t("page.hangs_title"), t("hangs.describe"), t("page.hangs_axis"))

    def say(each: Effect) -> str:
        return show_effect(round(each.estimate.value, 2), lang)

    forms = (
        effect_plot(rows, say, _plain(lang), words=words, key=f"hangs-{int(width)}", width=width)
        for width in (WIDE, NARROW)
    )
    return next(forms), next(forms)
