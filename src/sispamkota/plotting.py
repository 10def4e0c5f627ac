"""The house style of figures (data/figures.toml): colours, one font, axes to draw on, files that are always the same.

Each stage draws its own value with it; matplotlib is imported on first use.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from .outputs import refuse_suffix
from .store import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "SUFFIXES", "Bar", "axes_on", "bars", "colour", "line_style", "nth_line", "place_axis", "rc", "rows_high",
    "save_figure", "say_axis", "size",
]  # fmt: skip

LABEL = 38  # letters in a line of a name beside a row
SUFFIXES = (".svg", ".png", ".pdf")
MARK = "sispamkota"
_STYLE = Path(__file__).parent / "data" / "figures.toml"


@cache
def _style() -> Mapping[str, Any]:
    """Read the house style once."""
    return tomllib.loads(_STYLE.read_text(encoding="utf-8"))


def rc() -> dict[Any, Any]:
    """Give the house style as matplotlib's settings, a copy."""
    return dict(_style()["rc"])


def colour(name: str) -> str:
    """Give one of the house colours as #rrggbb."""
    return str(_style()["colour"][name])


def line_style(service: str) -> str:
    """Give the dashes of a service's line."""
    return str(_style()["lines"][service])


def nth_line(i: int) -> tuple[str, str]:
    """Give colour and dashes of the i-th of several lines; both change, so that neither speaks alone."""
    cycle = _style()["cycle"]
    return colour(cycle["colour"][i % len(cycle["colour"])]), str(cycle["dashes"][i % len(cycle["dashes"])])


def size(name: str) -> float:
    """Give a measure of the house style, inches."""
    return float(_style()["size"][name])


def rows_high(rows: int) -> float:
    """Give the height of a figure with so many rows, inches."""
    return 1.2 + size("row") * max(rows, 2)


@contextmanager
def axes_on(ax: Axes | None, *, high: float | None = None) -> Iterator[Axes]:
    """Yield axes in the house style: the ones given, or new ones `high` inches high."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    with mpl.rc_context(rc()):
        figsize = (size("wide"), size("plain") if high is None else high)
        yield plt.figure(figsize=figsize, layout="constrained").subplots() if ax is None else ax


@dataclass(frozen=True)
class Bar:
    """Hold one row of a figure: its name, a value with its interval, nine tenths of replicates, and whether it is full.

    A row that is not `sure` is drawn hollow: what its interval holds may be luck. `apart` sets it off by a line above.
    """

    label: str
    value: float
    low: float
    high: float
    p05: float | None = None
    p95: float | None = None
    sure: bool = True
    apart: bool = False


def bars(axes: Axes, rows: Sequence[Bar]) -> None:
    """Draw rows from the top: a dot, the 95 % interval thick, nine tenths of replicates thin."""
    for y, row in enumerate(rows):
        if row.p05 is not None and row.p95 is not None:
            axes.plot([row.p05, row.p95], [y, y], color=colour("ink-3"), linewidth=1.0, zorder=2)
        axes.plot([row.low, row.high], [y, y], color=colour("accent"), linewidth=4.0, solid_capstyle="butt", zorder=3)
        face = colour("ink" if row.sure else "paper")
        axes.plot([row.value], [y], "o", color=face, markeredgecolor=colour("ink"), markersize=6, zorder=4)
        if row.apart:
            axes.axhline(y - 0.5, color=colour("ink-3"), linewidth=0.8)
    place_axis(axes, [row.label for row in rows])


def say_axis(axes: Axes, text: str) -> None:
    """Write what the horizontal axis measures, from its left end, in lines that fit under it."""
    axes.set_xlabel(fill(text, 56), loc="left")


def place_axis(axes: Axes, labels: Sequence[str]) -> None:
    """Write names beside rows, the first on top, without a line."""
    axes.set_yticks(range(len(labels)), [fill(label, LABEL) for label in labels])
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def save_figure(axes: Axes, path: str | Path) -> Path:
    """Write the figure of some axes as SVG, PNG or PDF and close it; equal figures give equal bytes.

    Raises InputError for another suffix, or a place that cannot be written.
    """
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    path, figure = Path(path), axes.get_figure(root=True)
    refuse_suffix(path, SUFFIXES, option=str(path))
    end = path.suffix.lower()
    marks = {".svg": {"Creator": MARK, "Date": None}, ".pdf": {"Creator": MARK, "CreationDate": None}}
    how = {"format": end[1:], "dpi": 110, "metadata": marks.get(end, {"Software": MARK})}
    with atomic_write(path) as draft, mpl.rc_context(rc()):
        figure.savefig(draft, **how)  # type: ignore[union-attr, arg-type]
    plt.close(figure)
    return path
