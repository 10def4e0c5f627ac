"""Draw what rehearsals found: harm, a comparison of plans, which assumptions decide."""

from __future__ import annotations

import math
from textwrap import fill
from typing import TYPE_CHECKING

from sispamkota.plotting import Bar, axes_on, bars, colour, rows_high, say_axis
from sispamkota.schema import measure_label
from sispamkota.words import number, pick_language, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .compare import Comparison, Difference
    from .ensemble import Ensemble
    from .sensitivity import Sensitivity

__all__ = ["HARM", "draw_comparison", "draw_harm", "draw_sensitivity"]

HARM = ("harm_people", "injured_civilians", "injured_officers", "deaths", "injured_by_force")
STRONGEST = 12  # parameters drawn
TITLE = 44  # letters in a line of a title that holds names


def draw_harm(ensemble: Ensemble, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw who was harmed in a rehearsal, those harmed by force apart: medians, their intervals, and the spread."""
    lang = pick_language(lang)
    known = {each.name: each for each in ensemble.measures()}
    found = [known[name] for name in HARM if name in known and math.isfinite(known[name].median)]
    rows = [
        Bar(measure_label(m.name, "", lang), m.median, m.low, m.high, m.p05, m.p95, apart=m.name == HARM[-1])
        for m in found
    ]
    with axes_on(ax, high=rows_high(len(rows))) as axes:
        bars(axes, rows)
        axes.set_xlim(left=0.0)
        say_axis(axes, words(lang)("figures.harm_axis", n=number(len(ensemble.rows), lang)))
        axes.set_title(words(lang)("figures.harm"))
    return axes


def draw_comparison(found: Comparison, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw how far plan B lies from plan A, as a share of A's mean: harm, and what is sure, all rows together.

    Hollow: may be luck. A measure that is zero under A has no share and is left out.
    """
    lang = pick_language(lang)
    say = words(lang)
    kept = [each for each in found.differences if each.sure or each.name in HARM]
    shown = [_share(each, sure=each.sure, lang=lang) for each in kept if each.a != 0.0]
    with axes_on(ax, high=rows_high(len(shown))) as axes:
        bars(axes, shown)
        axes.axvline(0.0, color=colour("ink-3"), linewidth=0.8, zorder=1)
        say_axis(axes, say("figures.comparison_axis", a=found.a, n=len(found.differences) - len(shown)))
        axes.set_title(fill(say("figures.comparison", a=found.a, b=found.b), TITLE))
    return axes


def _share(row: Difference, *, sure: bool, lang: str) -> Bar:
    """Make a row of a difference, in hundredths of A's mean."""
    value, low, high = (100.0 * each / abs(row.a) for each in (row.difference, row.low, row.high))
    return Bar(measure_label(row.name, "", lang), value, low, high, sure=sure)


def draw_sensitivity(found: Sensitivity, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw how much each uncertain parameter moves the measure over its range, the strongest first."""
    lang = pick_language(lang)
    effects = found.effects[:STRONGEST]
    rows = [Bar(measure_label(e.parameter, "", lang), e.strength, e.low, e.high, sure=e.low > 0.0) for e in effects]
    with axes_on(ax, high=rows_high(len(rows))) as axes:
        bars(axes, rows)
        axes.set_xlim(left=0.0)
        say_axis(axes, measure_label(found.measure, found.unit, lang))
        axes.set_title(words(lang)("figures.sensitivity"))
    return axes
