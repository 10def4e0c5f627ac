"""Draw a compound at 1:500: buildings, fence, gates, ways out, where people assemble and vehicles stand."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sispamkota.outputs import refuse_suffix
from sispamkota.plotting import colour, rc
from sispamkota.show import html_table
from sispamkota.store import atomic_write
from sispamkota.words import number, words

from .compound import Compound, width
from .compound_check import space_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .check import Finding

__all__ = ["SITE_SUFFIXES", "draw_compound", "space_table", "write_compound"]

SITE_SUFFIXES = (".html", ".svg", ".png", ".pdf")
SCALE = 500.0
_INCH = 0.0254
_CSS = """
:root{--ink:#16181a;--grey:#676c72;--line:#d5d8db}
body{font:16px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;color:var(--ink);margin:0 auto;padding:20px 16px;
max-width:1100px;background:#fff}h1{font-size:28px;line-height:1.2;margin:0 0 8px}h2{font-size:20px;margin:32px 0 8px}
figure{margin:16px 0}figure svg{display:block;width:100%;height:auto}.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums;width:100%}
caption{text-align:left;color:var(--grey);padding:0 0 4px}
th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
li{margin:4px 0}@media print{body{padding:0}}
"""


def draw_compound(compound: Compound, *, lang: str, ax: Axes | None = None, named: bool = True) -> Axes:
    """Draw a compound and give its axes, in metres; without axes a figure at 1:500 is made."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    with mpl.rc_context(rc()):
        ground = np.array(compound.plan.ground)
        (x0, y0), (x1, y1) = ground.min(axis=0) - 4.0, ground.max(axis=0) + 4.0
        if ax is None:
            size = ((x1 - x0) / SCALE / _INCH, (y1 - y0) / SCALE / _INCH + 0.7)
            ax = plt.figure(figsize=size, layout="constrained").subplots()
        _areas(ax, compound, named=named)
        _edges(ax, compound, named=named)
        if named:
            _ways(ax, compound, lang)
        ax.set_aspect("equal")
        ax.set_xlim(x0, x1)
        ax.set_ylim(y0, y1)
        ax.set_axis_off()
        if named:
            _bar(ax, (x0 + 2.0, y1 - 3.0), lang)
            ax.set_title(compound.plan.title, loc="left", fontsize=11)
    return ax


def _areas(ax: Axes, compound: Compound, *, named: bool) -> None:
    """Draw ground, buildings, obstacles and spaces."""
    from matplotlib.patches import Polygon

    plan = compound.plan
    ax.add_patch(Polygon(plan.ground, closed=True, facecolor=colour("faint"), edgecolor="none", zorder=0))
    for space in plan.spaces if named else ():
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": colour("hijau"), "linestyle": ":", "zorder": 1}
        ax.add_patch(Polygon(space.ring, closed=True, linewidth=1.0, **look))
        _name(ax, np.mean(space.ring, axis=0), space.name, "hijau")
    for each in plan.buildings:
        ax.add_patch(Polygon(each.ring, closed=True, facecolor=colour("street"), edgecolor=colour("ink-2"), zorder=2))
        _name(ax, np.mean(each.ring, axis=0), each.name, "ink")
    for each in plan.obstacles:
        ax.add_patch(Polygon(each.ring, closed=True, facecolor=colour("street-main"), edgecolor="none", zorder=2))


def _edges(ax: Axes, compound: Compound, *, named: bool) -> None:
    """Draw walls and fences, and the openings in them; an opening that is shut is drawn, an open one is a gap."""
    from matplotlib.collections import LineCollection

    plan, walls = compound.plan, compound.walls().reshape(-1, 2, 2)
    ax.add_collection(LineCollection(list(walls), colors=colour("ink-2"), linewidths=1.2, zorder=3))
    for k, gate in enumerate(plan.gates):
        (ax_, ay), (bx, by) = gate.points
        look = "-" if gate.shut else ":"
        ax.plot([ax_, bx], [ay, by], look, color=colour("accent"), linewidth=2.4, zorder=4)
        if named:
            _name(
                ax,
                np.mean(gate.points, axis=0) + np.array([0.0, (1.4, -1.4)[k % 2]]),
                f"{gate.name} {width(gate.points):g} m",
                "accent",
            )
    for door in plan.doors:
        (ax_, ay), (bx, by) = door.points
        ax.plot([ax_, bx], [ay, by], color=colour("ink"), linewidth=2.4, zorder=4)
    for each in plan.exits:
        (ax_, ay), (bx, by) = each.points
        ax.plot([ax_, bx], [ay, by], "--", color=colour("hijau"), linewidth=2.0, zorder=4)
        if named:
            _name(ax, np.mean(each.points, axis=0), f"→ {each.name} {width(each.points):g} m", "hijau")


def _ways(ax: Axes, compound: Compound, lang: str) -> None:
    """Draw the police line, what a gathering faces, and the ways of vehicles with where they stand."""
    t, plan = words(lang), compound.plan
    if plan.line is not None:
        x, y = np.array(plan.line).T
        ax.plot(x, y, color=colour("ink"), linewidth=1.6, dashes=(1, 1), zorder=4, label=t("site.line"))
    if plan.front is not None:
        x, y = np.array(plan.front).T
        ax.plot(x, y, color=colour("kuning"), linewidth=1.2, zorder=4, label=t("site.front"))
    for stand in plan.stands:
        x, y = np.array(stand.way).T
        ax.plot(x, y, color=colour("merah"), linewidth=1.0, dashes=(4, 2), zorder=3)
        mark = "s" if stand.vehicle == "engine" else "P"
        ax.plot(x[-1:], y[-1:], mark, color=colour("merah"), markersize=7, zorder=5)
        _name(ax, (x[-1], y[-1] - 2.0), stand.name, "merah")
    ax.legend(loc="upper right", fontsize=7)


def _name(ax: Axes, at: Any, text: str, ink: str) -> None:
    """Write a name at a point."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.0, foreground=colour("paper"))]
    how: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 6, "path_effects": halo}
    ax.text(at[0], at[1], text, fontsize=6.5, color=colour(ink), **how)


def _bar(ax: Axes, at: tuple[float, float], lang: str) -> None:
    """Draw ten metres, and say the scale."""
    ax.plot([at[0], at[0] + 10.0], [at[1], at[1]], color=colour("ink"), linewidth=2.0, solid_capstyle="butt")
    ax.text(at[0] + 11.0, at[1], f"{number(10, lang)} m · 1:{SCALE:.0f}", fontsize=7, va="center", color=colour("ink"))


def space_table(compound: Compound, lang: str) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows of the spaces: people, ground, crowding, and minutes until they are empty."""
    t = words(lang)

    def told(value: float | None) -> str:
        """Write minutes; none come out where there is no way."""
        return "–" if value is None else number(value, lang, digits=1)

    rows: list[tuple[str, ...]] = [
        (
            row["name"],
            number(row["people"], lang),
            number(row["m2"], lang),
            "–" if row["per_m2"] is None else number(row["per_m2"], lang, digits=1),
            row["level"],
            number(row["out_m"], lang, digits=1),
            told(row["minutes"]),
            told(row["minutes_blocked"]),
        )
        for row in space_rows(compound)
    ]
    header = tuple(
        t(f"site.{name}") for name in ("space", "people", "m2", "per_m2", "level", "out_m", "minutes", "blocked")
    )
    return t("site.spaces"), header, rows


def write_compound(compound: Compound, path: Path, findings: Sequence[Finding], *, lang: str) -> None:
    """Write the drawing as .svg, .png or .pdf, or a page with the drawing, the spaces and the findings as .html.

    Raises InputError for another suffix, or a place that cannot be written.
    """
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    refuse_suffix(path, SITE_SUFFIXES)
    mpl.use("Agg")
    end = path.suffix.lower()
    figure: Any = draw_compound(compound, lang=lang).figure
    marks: dict[str, dict[str, str | None]] = {
        ".png": {"Software": "sispamkota"},
        ".pdf": {"Creator": "sispamkota", "CreationDate": None},
        ".svg": {"Creator": "sispamkota", "Date": None},
    }
    with atomic_write(path) as draft, mpl.rc_context(rc()):
        if end == ".html":
            out = io.StringIO()
            figure.savefig(out, format="svg", metadata=marks[".svg"])
            page = _page(compound, out.getvalue(), findings, lang)
            draft.write_text(page, encoding="utf-8", newline="\n")
        else:
            figure.savefig(draft, format=end[1:], dpi=160, metadata=marks[end])
    plt.close(figure)


def _page(compound: Compound, svg: str, findings: Sequence[Finding], lang: str) -> str:
    """Write the page."""
    t, title = words(lang), escape(compound.plan.title)
    said = [f"<li>{escape(each.line(lang))}</li>" for each in findings] or [f"<li>{escape(t('cli.no_finding'))}</li>"]
    rests = [f"<li>{escape(each.id if lang == 'id' else each.en)}</li>" for each in compound.assumptions]
    about = escape(t("site.picture", title=compound.plan.title), quote=True)
    drawn = svg[svg.index("<svg") :]
    parts = [
        f"<h1>{title}</h1>",
        f'<figure role="img" aria-label="{about}">{drawn}</figure>',
        f"<h2>{escape(t('site.found'))}</h2><ul>{''.join(said)}</ul>",
        f'<div class="wide">{html_table(*space_table(compound, lang))}</div>',
        f"<h2>{escape(t('place.page_rests'))}</h2><ul>{''.join(rests)}</ul>",
    ]
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8"><meta name="generator" content="sispamkota">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_CSS}</style></head><body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )
