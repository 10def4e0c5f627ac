"""Maps by matplotlib: kelurahan by risk, and a plan on its city."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sispamkota.plotting import axes_on, colour, size
from sispamkota.words import figure, number, words

from .cells import area_cells
from .risk_places import top_places
from .words_of import short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sispamkota.place import City
    from sispamkota.plan import Plan
    from sispamkota.risk import RiskMap

__all__ = ["draw_plan_map", "draw_risk_map"]

HATCHES = ("", "//", "////")
CLASSES = 5
NAMED = 10  # places of a plan whose names are written


def draw_risk_map(value: RiskMap, where: City, *, ax: Axes | None = None, lang: str) -> Axes:
    """Draw the kelurahan in five shades by expected incidents of trouble a day; hatching says how unsure that is."""
    from matplotlib import colormaps
    from matplotlib.patches import Patch

    t, cells = words(lang), area_cells(where)[0]
    places = [each for each in top_places(value, where, lang=lang) if each.code in cells]
    edges = np.quantile([each.mean for each in places] or [0.0], np.linspace(0.0, 1.0, CLASSES + 1))
    shades = [colormaps["cividis"](1.0 - k / (CLASSES - 1)) for k in range(CLASSES)]
    with axes_on(ax, high=size("map")) as axes:
        for shape in cells.values():
            _fill(axes, shape, facecolor=colour("faint"), edgecolor=colour("street-main"), linewidth=0.6)
        for each in places:
            shade = min(int(np.searchsorted(edges[1:-1], each.mean, side="left")), CLASSES - 1)
            look: Any = {"facecolor": shades[shade], "hatch": HATCHES[each.doubt], "edgecolor": colour("paper")}
            _fill(axes, cells[each.code], linewidth=0.6, **look)
        keys = [
            Patch(facecolor=shades[k], label=f"{figure(edges[k], lang)} – {figure(edges[k + 1], lang)}")
            for k in range(CLASSES)
            if places
        ]
        grey: dict[str, Any] = {"facecolor": colour("ink-3"), "edgecolor": colour("paper")}
        keys += [Patch(hatch=HATCHES[k], label=t(f"figures.doubt_{k}"), **grey) for k in (1, 2)]
        _finish(axes, where, t("figures.risk_map"))
        axes.legend(handles=keys, title=t("figures.risk_key"), loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return axes


def draw_plan_map(value: Plan, where: City, *, ax: Axes | None = None, lang: str) -> Axes:
    """Draw where people stand: a disc a place, its area by how many, the largest with their names."""
    from matplotlib.lines import Line2D

    t, people = words(lang), {unit.id: unit.people for unit in value.force.units}
    at: dict[str, int] = {}
    for post in value.posts:
        at[post.at] = at.get(post.at, 0) + people[post.unit]
    sites = {ref: where.find(ref) for ref in at}
    order = sorted(at, key=lambda ref: (-at[ref], ref))
    with axes_on(ax, high=size("map")) as axes:
        for shape in area_cells(where)[0].values():
            _fill(axes, shape, facecolor=colour("faint"), edgecolor=colour("street-main"), linewidth=0.6)
        known = [ref for ref in order if math.isfinite(sites[ref].lon)]
        axes.scatter(
            [sites[ref].lon for ref in known], [sites[ref].lat for ref in known], s=[5.0 * at[ref] for ref in known],
            color=colour("accent"), alpha=0.55, edgecolors=colour("ink"), linewidths=0.8, zorder=3,
        )  # fmt: skip
        _name(axes, [(sites[ref], at[ref]) for ref in known[:NAMED]], where, lang)
        keys = [
            Line2D(
                [], [], linestyle="", marker="o", markersize=math.sqrt(5.0 * n), color=colour("accent"), alpha=0.55,
                label=t("figures.people", n=number(n, lang)),
            )
            for n in (10, 50, 100)
        ]  # fmt: skip
        _finish(axes, where, t("figures.plan_map", plan=value.title))
        axes.legend(handles=keys, loc="upper left", bbox_to_anchor=(1.0, 1.0), labelspacing=1.6, borderpad=1.0)
    return axes


def _name(axes: Axes, known: list[tuple[Any, int]], where: City, lang: str) -> None:
    """Write names beside discs, each where no earlier one stands; one that finds no room is left out."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground=colour("paper"))]
    high = (float(np.ptp(where.kelurahan["lat"])) or 0.01) * 0.03
    taken: list[tuple[float, float, float]] = []
    for site, people in known:
        said = f"{short_name(site.name, where.title)} {number(people, lang)}"
        wide, left = len(said) * high * 0.52, site.lon + 0.006 * math.sqrt(people) / 10.0 + high * 0.3
        for dy in (0.0, 1.0, -1.0, 2.0, -2.0):
            y = site.lat + dy * high
            if all(abs(y - b) >= high or left > x + w or x > left + wide for x, b, w in taken):
                taken.append((left, y, wide))
                axes.text(left, y, said, va="center", fontsize=8, path_effects=halo, zorder=4)
                break


def _fill(axes: Axes, shape: Any, **look: Any) -> None:
    """Fill a polygon, or several."""
    from matplotlib.patches import Polygon

    for part in getattr(shape, "geoms", [shape]):
        axes.add_patch(Polygon(np.asarray(part.exterior.coords)[:, :2], **look))


def _finish(axes: Axes, where: City, title: str) -> None:
    """Set the aspect of the latitude and take the axes off."""
    axes.set_aspect(1.0 / math.cos(math.radians(float(where.kelurahan["lat"].mean()))))
    axes.autoscale_view()
    axes.set_axis_off()
    axes.set_title(title)
