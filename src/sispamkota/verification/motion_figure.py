"""The fundamental diagram that our people walk, beside Weidmann's curve: the figure of docs/explanation/motion.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..plotting import axes_on, colour, say_axis
from ..words import words
from .motion import corridor_speed, weidmann

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_diagram"]

MEASURED = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)


def draw_diagram(*, lang: str, ax: Axes | None = None) -> Axes:
    """Draw speed over density: Weidmann's curve as a line, a corridor of ours at twelve densities as dots."""
    t, density = words(lang), np.linspace(0.2, 5.4, 100)
    with axes_on(ax) as axes:
        axes.plot(density, [weidmann(each) for each in density], color=colour("ink-3"), label="Weidmann (1993)")
        ours = [corridor_speed(each) for each in MEASURED]
        axes.plot(MEASURED, ours, "o", color=colour("accent"), label=t("site.ours"))
        axes.set_ylim(0.0, 1.5)
        axes.set_ylabel(t("site.speed"))
        say_axis(axes, t("site.density"))
        axes.legend()
        return axes
