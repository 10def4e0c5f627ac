"""Figures of the cases: what a source says as a line, what the program gives as dots.

docs/explanation/verification.md shows each with the line that made it; `python tools/figures.py` makes them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sispamkota.plotting import axes_on, colour, nth_line, place_axis, rows_high, say_axis
from sispamkota.words import pick_language, words

from . import casualties, epstein, outbreaks, recruitment
from .row import Row
from .weidmann import TABLE, speed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURES", "actives", "all_rows", "lattice", "progeny", "survival", "walking"]

FIGURES = ("actives", "lattice", "progeny", "survival", "walking")
WIDEST = 1.6  # where a row beyond its tolerance is drawn, in tolerances


def all_rows(rows: Sequence[Row], *, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw every row by its case: how far it lies from what is expected, in tolerances; beyond 1 it is not met.

    A row that must be exact stands at 0, or at the edge where it is not.
    """
    t = words(pick_language(lang))
    names = list(dict.fromkeys(row.case for row in rows))
    with axes_on(ax, high=rows_high(len(names))) as axes:
        axes.axvspan(-1.0, 1.0, color=colour("rule"), alpha=0.5, linewidth=0.0)
        for y, name in enumerate(names):
            of_case = [row for row in rows if row.case == name]
            x = np.array([_far(row) for row in of_case])
            met = np.array([row.met for row in of_case])
            axes.plot(x[met], np.full(met.sum(), y), "o", color=colour("accent"), markersize=4, alpha=0.6)
            axes.plot(x[~met], np.full((~met).sum(), y), "x", color=colour("ink"), markersize=7, markeredgewidth=1.6)
        place_axis(axes, [f"{name} ({sum(row.case == name for row in rows)})" for name in names])
        axes.set_xlim(-WIDEST - 0.1, WIDEST + 0.1)
        say_axis(axes, t("verify.fig_rows_axis"))
        axes.set_title(t("verify.fig_rows"), loc="left")
        return axes


def _far(row: Row) -> float:
    """Give got less expected in tolerances, at most WIDEST, and that where nothing was got."""
    if np.isnan(row.got) or row.tolerance < 0.0:
        return WIDEST
    gap = row.got - row.expected
    if gap == 0.0:
        return 0.0
    return float(np.clip(gap / row.tolerance if row.tolerance else np.copysign(np.inf, gap), -WIDEST, WIDEST))


def actives(*, ax: Axes | None = None, lang: str | None = None, ticks: int = 300) -> Axes:
    """Draw how many are active in Epstein's Run 2, by the three readings of C/A."""
    from dataclasses import replace

    t = words(pick_language(lang))
    with axes_on(ax) as axes:
        for i, rule in enumerate(("floor", "round", "literal")):
            shade, dashes = nth_line(i)
            series = epstein.play(replace(epstein.RUN_2, rule=rule), ticks, seed=1)[:, 0]
            label = t(f"verify.fig_{rule}")
            axes.plot(np.arange(1, ticks + 1), series, color=shade, linestyle=dashes, linewidth=1.2, label=label)
        axes.axhline(epstein.LINE, color=colour("ink-3"), linewidth=0.8)
        axes.set_ylabel(t("verify.fig_actives_y"))
        say_axis(axes, t("verify.fig_actives_axis"))
        axes.set_ylim(0.0, 450.0)
        axes.legend(loc="upper right", ncols=3)
        axes.set_title(t("verify.fig_actives"), loc="left")
        return axes


def lattice(*, ax: Axes | None = None, lang: str | None = None, replicates: int = 20) -> Axes:
    """Draw the share of violent sites of both rules: the mean field, and the lattice's mean."""
    t = words(pick_language(lang))
    with axes_on(ax) as axes:
        for i, rule in enumerate((recruitment.LINEAR, recruitment.THRESHOLD)):
            shade, dashes = nth_line(i)
            end = rule.known[-1][0]
            fine, times = np.linspace(0.0, end, 100), np.linspace(0.0, end, 9)[1:]
            line = recruitment.mean_field(rule, fine)
            label = t(f"verify.fig_{'linear' if i == 0 else 'threshold'}")
            axes.plot(fine, line, color=shade, linestyle=dashes, label=label)
            runs = np.array([recruitment.play(rule, times, replicate=n) for n in range(replicates)])
            error = 2.0 * runs.std(axis=0, ddof=1) / np.sqrt(replicates)
            axes.errorbar(times, runs.mean(axis=0), error, fmt="o", color=shade, markersize=4, linewidth=1.0)
        axes.set_ylim(bottom=0.0)
        axes.set_ylabel(t("verify.fig_lattice_y"))
        say_axis(axes, t("verify.fig_lattice_axis", n=replicates))
        axes.legend(loc="upper left")
        axes.set_title(t("verify.fig_lattice"), loc="left")
        return axes


def progeny(*, ax: Axes | None = None, lang: str | None = None, replicates: int = 3000) -> Axes:
    """Draw the law of an outbreak's size over several places, and the engine's, for three shares that cross."""
    t = words(pick_language(lang))
    sizes = np.arange(1, 41)
    with axes_on(ax) as axes:
        law = outbreaks.progeny_law(np.arange(1.0, 5000.0), outbreaks.R)
        axes.plot(sizes, 1.0 - np.cumsum(law)[:40] + law[:40], color=colour("ink"), label=t("verify.fig_law"))
        for i, within in enumerate((1.0, 0.5, 0.0)):
            seen = outbreaks.outbreaks(outbreaks.places_world(within), replicates, 73).sum(axis=1)
            beyond = np.array([(seen >= n).mean() for n in sizes])
            shade, _ = nth_line(i)
            label = t("verify.fig_within", share=f"{1.0 - within:.0%}")
            axes.plot(sizes[i::3], beyond[i::3], "osv"[i], color=shade, markersize=4, label=label)
        axes.set_yscale("log")
        axes.set_yticks([1.0, 0.3, 0.1, 0.03], ["1", "0.3", "0.1", "0.03"])
        axes.set_yticks([], minor=True)
        axes.set_ylabel(t("verify.fig_progeny_y"))
        say_axis(axes, t("verify.fig_progeny_axis", n=f"{replicates:,}"))
        axes.legend(loc="upper right")
        axes.set_title(t("verify.fig_progeny"), loc="left")
        return axes


def survival(*, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw the quoted survival curves without care, and the engine's casualties."""
    t = words(pick_language(lang))
    minutes = np.linspace(0.0, 180.0, 181)
    with axes_on(ax) as axes:
        for i, (name, ((chance, scale, shape), _)) in enumerate(casualties.KNOWN.items()):
            shade, dashes = nth_line(i)
            curve = chance / (1.0 + (minutes / scale) ** shape)
            axes.plot(minutes, curve, color=shade, linestyle=dashes, label=t("verify.fig_class", name=name))
            rows = [row for row in casualties.survival(replicates=10) if row.quantity.startswith(name)]
            axes.plot(casualties.AFTER, [row.got for row in rows], "o", color=shade, markersize=5)
        axes.set_ylim(0.0, 1.0)
        axes.set_ylabel(t("verify.fig_survival_y"))
        say_axis(axes, t("verify.fig_survival_axis"))
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.25))
        axes.set_title(t("verify.fig_survival"), loc="left")
        return axes


def walking(*, ax: Axes | None = None, lang: str | None = None) -> Axes:
    """Draw Weidmann's speed by density with the table's points, and the flow that follows from it."""
    t = words(pick_language(lang))
    density = np.linspace(0.05, 5.4, 200)
    with axes_on(ax) as axes:
        first, second = nth_line(0), nth_line(1)
        v = speed(density)
        axes.plot(density, v, color=first[0], linestyle=first[1], label=t("verify.fig_speed"))
        axes.plot([*TABLE], [*TABLE.values()], "o", color=first[0], markersize=5)
        axes.plot(density, density * v, color=second[0], linestyle=second[1], label=t("verify.fig_flow"))
        axes.set_ylim(bottom=0.0)
        say_axis(axes, t("verify.fig_walking_axis"))
        axes.legend(loc="upper right")
        axes.set_title(t("verify.fig_walking"), loc="left")
        return axes
