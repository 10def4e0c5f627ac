"""The figures, one function each: it takes a stage value and gives axes back, in the one house style.

`sispamkota.plotting.save_figure` writes them; docs/reference/figures.md shows each with the line that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sispamkota.force.doctrine import doctrine
from sispamkota.plotting import Bar, axes_on, bars, colour, line_style, place_axis, rows_high, say_axis
from sispamkota.rehearsal.draw import draw_comparison, draw_harm, draw_sensitivity
from sispamkota.rehearsal.intervals import wilson
from sispamkota.rehearsal.waits import Waits
from sispamkota.words import number, percent, pick_language, words

from .maps import draw_plan_map, draw_risk_map
from .places import SERVICES, Late
from .summary import choices, describe
from .words_of import measure_label, short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.rehearsal import Ensemble
    from sispamkota.rehearsal.compare import Comparison
    from sispamkota.rehearsal.sensitivity import Sensitivity
    from sispamkota.risk import RiskMap

__all__ = [
    "FIGURES", "city", "comparison", "force_ledger", "harm", "hospitals", "ladder", "late_places", "plan_map",
    "reserve", "responses", "risk_map", "sensitivity",
]  # fmt: skip

LONGEST = 2.0  # the time axis of responses ends at so many times the last standard
MOST = 14  # rows of late places
STAGES = ("hijau", "kuning", "merah")
SIGNS = ("●", "▲", "■")


def city(value: City, *, ax: Axes | None = None) -> Axes:
    """Draw streets, areas and venues of a city."""
    return value.plot(ax=ax)


def risk_map(value: RiskMap, where: City, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw the kelurahan by expected incidents of trouble a day, hatched where that is unsure."""
    return draw_risk_map(value, where, ax=ax, lang=pick_language(lang))


def plan_map(value: Plan, where: City, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw where people stand: one disc a place, its area by how many."""
    return draw_plan_map(value, where, ax=ax, lang=pick_language(lang))


def harm(value: Ensemble, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw who was harmed, those harmed by force on a line of their own."""
    return draw_harm(value, ax=ax, lang=lang)


def comparison(value: Comparison, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw how far plan B lies from plan A, measure by measure."""
    return draw_comparison(value, ax=ax, lang=lang)


def sensitivity(value: Sensitivity, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw which assumptions decide a measure."""
    return draw_sensitivity(value, ax=ax, lang=lang)


def responses(value: Ensemble, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw the share of calls answered by each minute, a line a service with its 95 % interval, and the standards.

    A call that ended before anybody came counts as later than it had waited.
    """
    from matplotlib.patheffects import withStroke

    lang = pick_language(lang)
    t, summary = words(lang), describe(value, lang=lang)
    limits = {s: row.standard for s in SERVICES if (row := summary.row(f"response_{s}_s")) is not None}
    end = LONGEST * max([limit for limit in limits.values() if limit is not None], default=15.0)
    grid, halo = np.linspace(0.0, end, 61), [withStroke(linewidth=3.0, foreground=colour("paper"))]
    with axes_on(ax) as axes:
        for service in SERVICES:
            calls = value.responses[value.responses["service"] == service]
            if len(calls):
                waits = Waits.of(calls)
                found = [waits.answered_by(60.0 * at) for at in grid]
                low, high = ([100.0 * getattr(e, end) for e in found] for end in ("low", "high"))
                axes.fill_between(grid, low, high, color=colour("rule"), linewidth=0)
                values, label = [100.0 * e.value for e in found], t(f"service.{service}")
                axes.plot(grid, values, line_style(service), color=colour("ink"), label=label)
        for limit in sorted({each for each in limits.values() if each is not None}):
            which = " · ".join(t(f"service.{s}") for s in SERVICES if limits.get(s) == limit)
            axes.axvline(limit, color=colour("accent"), linewidth=1.2)
            said = t("figures.standard", standard=number(limit, lang), which=which)
            at: Any = {"textcoords": "offset points", "rotation": 90, "ha": "right", "va": "bottom", "fontsize": 8}
            axes.annotate(said, (limit, 2.0), (-3, 0), path_effects=halo, **at)
        axes.set(xlim=(0.0, end), ylim=(0.0, 101.0), xlabel=t("figures.minutes"), ylabel=t("figures.answered"))
        axes.set_title(t("figures.responses"))
        if axes.lines:
            axes.legend(loc="lower right")
    return axes


def ladder(value: Ensemble, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw the share of time at hijau, kuning and merah by place; the bracket holds merah's nine tenths."""
    lang = pick_language(lang)
    t, summary = words(lang), describe(value, lang=lang)
    rows = [row for row in summary.places if row.hijau.mean.value < 1.0] or list(summary.places[:2])
    with axes_on(ax, high=rows_high(len(rows)) + 0.3) as axes:
        start = np.zeros(len(rows))
        for stage, sign in zip(STAGES, SIGNS, strict=True):
            share = np.array([100.0 * getattr(row, stage).mean.value for row in rows])
            label = f"{sign} {t(f'report.stage_{stage}')}"
            axes.barh(range(len(rows)), share, left=start, height=0.56, color=colour(stage), label=label)
            for y, (part, left) in enumerate(zip(share, start, strict=True)):
                if part >= 14.0:
                    inside = colour("paper" if stage == "hijau" else "ink")
                    axes.annotate(f"{sign} {percent(part / 100.0, lang)}", (left + 1.0, y), color=inside, va="center")
            start += share
        for y, row in enumerate(rows):
            low, high = (100.0 - 100.0 * each for each in (row.merah.p95, row.merah.p05))
            axes.plot([low, low, high, high], [y + 0.30, y + 0.40, y + 0.40, y + 0.30], color=colour("ink"), lw=0.9)
        place_axis(axes, [short_name(row.name, summary.city) for row in rows])
        axes.set(xlim=(0.0, 100.0))
        say_axis(axes, t("figures.ladder_axis"))
        axes.set_title(t("figures.ladder"), pad=24)
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, borderaxespad=0.0)
    return axes


def force_ledger(value: Ensemble, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw in how many of 100 replicates the use of force reached each of the six stages, and tear gas, or went on."""
    lang = pick_language(lang)
    t, good = words(lang), value.rows[value.rows["status"] == "ok"]
    stages = doctrine().use_of_force
    top, n = good["force_stage_max"].to_numpy(float), len(good)
    rows = [_share(f"{key}  {getattr(stages[key], lang)}", float((top >= int(key)).mean()), n) for key in stages]
    for name in ("dispersed", "detained", "injured_by_force"):
        said = t("figures.anybody", what=measure_label(name, "", lang))
        row = _share(said, float((good[name].to_numpy(float) > 0).mean()), n)
        rows.append(Bar(row.label, row.value, row.low, row.high, apart=name == "dispersed"))
    with axes_on(ax, high=rows_high(len(rows))) as axes:
        bars(axes, rows)
        axes.set(xlim=(-2.0, 102.0))
        say_axis(axes, t("figures.of_100"))
        axes.set_title(t("figures.force_ledger"))
    return axes


def _share(label: str, share: float, n: int) -> Bar:
    """Make a row of a share of n replicates, in hundredths."""
    found = wilson(share, n)
    return Bar(label, 100.0 * found.value, 100.0 * found.low, 100.0 * found.high)


def hospitals(value: Ensemble, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw how full the emergency departments were at their fullest, in what share of replicates."""
    t = words(pick_language(lang))
    with axes_on(ax) as axes:
        _exceeded(axes, 100.0 * _column(value, "hospital_peak_share"), over=True)
        axes.axvline(100.0, color=colour("accent"), linewidth=1.2)
        axes.annotate(t("report.hospital_line"), (100.0, 96.0), (4, 0), textcoords="offset points", fontsize=8)
        axes.set(xlabel=t("figures.hospital_axis"), ylabel=t("figures.of_100_over"))
        axes.set_xlim(0.0, max(110.0, axes.get_xlim()[1]))
        axes.set_title(t("figures.hospitals"))
    return axes


def reserve(value: Ensemble, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw how few people were still free at the worst moment, in what share of replicates."""
    t = words(pick_language(lang))
    with axes_on(ax) as axes:
        _exceeded(axes, _column(value, "reserve_low_people"), over=False)
        axes.set(xlabel=t("figures.reserve_axis"), ylabel=t("figures.of_100_under"))
        axes.set_xlim(left=0.0)
        axes.set_title(t("figures.reserve"))
    return axes


def _column(value: Ensemble, name: str) -> Any:
    """Give a measure of the replicates that ended well."""
    found = value.rows.loc[value.rows["status"] == "ok", name].to_numpy(float)
    return found[~np.isnan(found)]


def _exceeded(axes: Axes, values: Any, *, over: bool) -> None:
    """Draw of how many of 100 replicates a value lies at or over (under) each x, with the 95 % interval."""
    at = np.unique(values)
    at = np.concatenate([[0.0], at]) if at.size and at[0] > 0.0 else at
    found = [wilson(float((values >= x if over else values <= x).mean()), len(values)) for x in at]
    low, high, middle = ([100.0 * getattr(e, end) for e in found] for end in ("low", "high", "value"))
    step: Any = "pre" if over else "post"
    axes.fill_between(at, low, high, step=step, color=colour("rule"), linewidth=0)
    axes.step(at, middle, where=step, color=colour("ink"))
    axes.set_ylim(0.0, 101.0)


def late_places(value: Ensemble, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw where help came late most often: the share of calls beyond the standard, by place and service."""
    lang = pick_language(lang)
    t, summary = words(lang), describe(value, lang=lang)
    judged = [each for each in summary.late if each.verdict in ("missed", "undecided", "met")]
    judged = sorted(judged, key=lambda e: (-e.share.value, e.name, e.service))[:MOST]
    rows = [_late(each, f"{short_name(each.name, summary.city)}, {t(f'service.{each.service}')}") for each in judged]
    with axes_on(ax, high=rows_high(len(rows))) as axes:
        bars(axes, rows)
        axes.axvline(50.0, color=colour("ink-3"), linewidth=0.8, zorder=1)
        axes.set(xlim=(-2.0, 102.0))
        say_axis(axes, t("figures.late_axis", few=choices()["few_calls"]))
        axes.set_title(t("figures.late_places"))
    return axes


def _late(each: Late, label: str) -> Bar:
    """Make a row of the share of late calls, hollow where it decides nothing."""
    value, low, high = (100.0 * end for end in (each.share.value, each.share.low, each.share.high))
    return Bar(label, value, low, high, sure=each.verdict != "undecided")


FIGURES: Mapping[str, Callable[..., Axes]] = {
    each.__name__: each
    for each in (
        city, risk_map, plan_map, responses, ladder, harm, force_ledger, hospitals, reserve, late_places, sensitivity,
        comparison,
    )
}  # fmt: skip
