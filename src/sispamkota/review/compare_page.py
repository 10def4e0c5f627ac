"""Write a comparison of plans as one page that stands alone: the table of differences, and a map of where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from sispamkota.rehearsal.compare import Comparison
from sispamkota.rehearsal.compare_places import PLACE_MEASURES, PlaceGap
from sispamkota.store import atomic_write
from sispamkota.words import figure, words

from .cells import area_cells
from .svg import element, text
from .templating import TEMPLATES, page_environment
from .words_of import measure_label

__all__ = ["write_compare_page"]

_METRES = 111_320.0
SHADES = 3  # steps of how far, each way


def write_compare_page(
    found: Sequence[Comparison],
    gaps: Sequence[Sequence[PlaceGap]],
    city: Any,
    path: Path | str,
    *,
    title: str,
    lang: str,
) -> Path:
    """Write a page in "id" or "en": each comparison with the first plan, its table and its two maps."""
    from sispamkota import __version__

    t = words(lang)
    cells, guessed = area_cells(city)
    parts = [
        {
            "found": each,
            "rows": _rows(each, lang),
            "same": sum(_is_same(row) for row in each.differences),
            "maps": [(t(f"compare.map_{m}"), _draw(cells, _of(own, m), city, lang)) for m in PLACE_MEASURES],
            "sure": [_line(gap, lang) for gap in own if gap.sure],
        }
        for each, own in zip(found, gaps, strict=True)
    ]
    css = Markup((TEMPLATES / "report.css").read_text("utf-8") + (TEMPLATES / "compare.css").read_text("utf-8"))  # noqa: S704 (our own files)
    context = {"t": t, "lang": lang, "version": __version__, "css": css, "title": title, "parts": parts}
    target = Path(path)
    with atomic_write(target) as draft:
        page = page_environment().get_template("compare.html.jinja").render(context | {"guessed": guessed})
        draft.write_text(page, encoding="utf-8")
    return target


def _of(gaps: Sequence[PlaceGap], measure: str) -> list[PlaceGap]:
    """Take the differences in one measure."""
    return [gap for gap in gaps if gap.measure == measure]


def _is_same(row: Any) -> bool:
    """Say whether a measure is the same under both plans in every pair."""
    return bool(row.a == row.b and row.low == row.high)


def _rows(found: Comparison, lang: str) -> list[tuple[bool, list[str]]]:
    """Write the measures that differ, the sure ones first: whether it is sure, and its cells."""
    rows = sorted((row for row in found.differences if not _is_same(row)), key=lambda row: not row.sure)
    cells = ("a", "b", "difference", "low", "high")
    return [
        (
            row.sure,
            [measure_label(row.name, row.unit, lang), *(figure(getattr(row, key), lang) for key in cells)],
        )
        for row in rows
    ]


def _line(gap: PlaceGap, lang: str) -> str:
    """Write one kelurahan whose difference is sure."""
    figures = {key: figure(getattr(gap, key), lang) for key in ("difference", "low", "high")}
    return words(lang)(f"compare.place_{gap.measure}", name=gap.name, **figures)


def _draw(cells: Mapping[str, Any], gaps: Sequence[PlaceGap], city: Any, lang: str) -> Markup:
    """Draw the kelurahan: a shade and a sign for how far and which way, grey where it may be noise."""
    t, known = words(lang), {gap.code: gap for gap in gaps}
    lon0, lat0 = float(city.kelurahan["lon"].mean()), float(city.kelurahan["lat"].mean())
    wide = _METRES * np.cos(np.radians(lat0))

    def outline(shape: Any) -> str:
        parts = []
        for polygon in getattr(shape, "geoms", [shape]):
            points = [f"{(x - lon0) * wide:.0f} {(lat0 - y) * _METRES:.0f}" for x, y, *_ in polygon.exterior.coords]
            parts.append("M" + "L".join(points) + "Z")
        return "".join(parts)

    most = max((abs(gap.difference) for gap in gaps if gap.sure), default=1.0)
    drawn, signs = [], []
    for code, shape in cells.items():
        gap = known.get(code)
        label = gap.name if gap else code
        said = t("compare.no_calls", name=label) if gap is None else _line(gap, lang)
        drawn.append(element("path", element("title", said), d=outline(shape), class_=f"cell {_class(gap, most)}"))
        if gap is not None and gap.sure:
            centre = shape.representative_point()
            x, y = (centre.x - lon0) * wide, (lat0 - centre.y) * _METRES
            signs.append(text(x, y, "−" if gap.difference < 0.0 else "+", class_="sign", anchor="middle"))
    bounds = np.array([shape.bounds for shape in cells.values()])
    left, right = (bounds[:, 0].min() - lon0) * wide, (bounds[:, 2].max() - lon0) * wide
    top, bottom = (lat0 - bounds[:, 3].max()) * _METRES, (lat0 - bounds[:, 1].min()) * _METRES
    unit = max(right - left, bottom - top) / 1000.0
    box = f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}"
    alt = t("compare.map_alt", sure=len(signs), n=len(gaps))
    return element(
        "svg", *drawn, *signs, viewBox=box, role="img", class_="gaps", aria_label=alt, style=f"--u: {unit:.3f}px"
    )


def _class(gap: PlaceGap | None, most: float) -> str:
    """Name the shade of a kelurahan: none, noise, less or more by one of three steps."""
    if gap is None:
        return "none"
    if not gap.sure:
        return "noise"
    step = max(1, int(np.ceil(SHADES * abs(gap.difference) / most)))
    return f"{'less' if gap.difference < 0.0 else 'more'}{min(step, SHADES)}"
