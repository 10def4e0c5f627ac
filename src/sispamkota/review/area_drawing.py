"""Draw the kelurahan of a city: a shade for how many incidents are expected, hatching for how unsure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from sispamkota.words import figure, words

from .ground import AreaMap
from .risk_places import Place, span
from .svg import element, number

__all__ = ["RAMP", "draw_areas", "edges_of", "shade_of"]

RAMP = ("#fce236", "#c3b369", "#908b78", "#62656f", "#2f426d")  # cividis, from light to dark


def edges_of(places: Sequence[Place]) -> NDArray[np.float64]:
    """Give the ends of the shades, as many kelurahan in each: one more than there are shades."""
    return np.quantile([place.mean for place in places] or [0.0], np.linspace(0.0, 1.0, len(RAMP) + 1))


def shade_of(place: Place, edges: NDArray[np.float64]) -> int:
    """Give the number of a kelurahan's shade, from 0, the lightest."""
    return min(int(np.searchsorted(edges[1:-1], place.mean, side="left")), len(RAMP) - 1)


def draw_areas(
    ground: AreaMap, places: Sequence[Place], city: Any, lang: str, *, key: str, width: float | None = None
) -> Markup:
    """Draw the areas; `key` is the drawing's id and begins those of its patterns.

    Drawn `width` px wide its letters and lines are sized for that; without, by the page's style sheet.
    """
    edges, unit = edges_of(places), ground.unit
    drawn, hatched = [], []
    for i, place in enumerate(places):
        if place.code not in ground.paths:
            continue
        path = ground.paths[place.code]
        title = element("title", f"{place.name}: {figure(place.mean, lang)} ({span(place, lang)})")
        focus = {"tabindex": 0} if width is None else {"stroke_width": number(1.6 * unit)}
        drawn.append(element("path", title, d=path, class_=f"cell s{shade_of(place, edges)}", data_i=i, **focus))
        fill = f"fill:url(#{key}-hatch{place.doubt})" if place.doubt and width is not None else None
        hatched.append(element("path", d=path, class_=f"hatch h{place.doubt}", data_i=i, style=fill))
    size = None if width is None else (13.0 if width >= 500 else 11.0) * ground.box[2] / width
    style = None if size is None else f"font-size:{number(size)}px;stroke-width:{number(size / 5.0)}px"
    labels = [
        element("text", str(row.nama), x=x, y=y, class_="kec", text_anchor="middle", style=style)
        for row in city.kecamatan.itertuples()
        if np.isfinite(row.lon)
        for x, y in [ground.ground.metres(row.lon, row.lat)]
    ]
    return element(
        "svg", _patterns(key, unit), *drawn, *hatched, *labels, viewBox=ground.view, role="img", id=key,
        aria_label=words(lang)("risk_map.alt"), style=f"--u: {unit:.3f}px",
    )  # fmt: skip


def _patterns(key: str, unit: float) -> Markup:
    """Define the two hatchings; `unit` is a thousandth of the map."""
    made = []
    for level, gap in ((1, 24.0 * unit), (2, 12.0 * unit)):
        line = element("path", d=f"M0 {gap:.2f}L{gap:.2f} 0", class_="hatch-line", stroke_width=2 * unit)
        size = {"width": gap, "height": gap}
        made.append(element("pattern", line, id=f"{key}-hatch{level}", patternUnits="userSpaceOnUse", **size))
    return element("defs", *made)
