"""Write a comparison as one page that stands alone: what surely differs, the table behind it, and maps of where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from sispamkota.rehearsal.compare import Comparison, Difference, surely
from sispamkota.rehearsal.compare_places import PLACE_MEASURES, PlaceGap
from sispamkota.store import atomic_write
from sispamkota.words import figure, number, words

from .ground import AreaMap, make_area_map
from .playback import Playback
from .player import on_page
from .summary import choices
from .svg import element, text
from .tell import all_equal, nobody_came, unlike
from .templating import TEMPLATES, page_environment
from .words_of import measure_label

__all__ = ["Beside", "write_compare_page"]

MOST = 5  # differences told in sentences
SHADES = 3  # steps of how far, each way


@dataclass(frozen=True)
class Beside:
    """Hold what a page shows beside the tables, in words and drawings that are ready.

    lead: a sentence under the title. luck: a sentence a comparison. one: says of each comparison that it holds one
    result against itself. twins: title and map of each result. twin: what
    plays of two of them, locked in time. audience: service or public. note: what stands beside its mark. shown: the
    measures that the audience sees, None: all; the verdicts are over all in any case.
    """

    lead: str = ""
    luck: Sequence[str] = ()
    one: Sequence[bool] = ()
    twins: Sequence[tuple[str, Markup]] = ()
    definitions: Markup | None = None
    twin: Sequence[Playback] = ()
    audience: str = "service"
    note: str = ""
    shown: frozenset[str] | None = None


def write_compare_page(
    found: Sequence[Comparison],
    gaps: Sequence[Sequence[PlaceGap]],
    city: Any,
    path: Path | str,
    *,
    title: str,
    lang: str,
    beside: Beside | None = None,
) -> Path:
    """Write a page in "id" or "en": each comparison with the first, its table and, where there are gaps, its maps.

    What is named as surely different holds all together with 95 %, over every measure of every comparison, those too
    that the audience does not see: a verdict is one and the same in every edition.
    """
    from sispamkota import __version__

    t, more, sure = words(lang), beside or Beside(), surely(found)
    ground = make_area_map(city) if city is not None and any(gaps) else None
    lucks = more.luck or [t("results.luck_same", n=number(each.pairs, lang)) for each in found]
    parts = [
        {
            "found": whole,
            "luck": luck,
            "nothing": _nothing(whole, lang, one=one),
            "told": _told(each, names, lang),
            "rows": _rows(each, names, lang),
            "same": each.agreeing,
            "unlike": unlike(each, lang),
            "maps": [(t(f"compare.map_{m}"), _draw(ground, _of(own, m), lang)) for m in PLACE_MEASURES]
            if ground is not None and not whole.alike
            else [],
            "sure": [_line(gap, lang) for gap in own if gap.sure],
        }
        for whole, own, names, luck, one in zip(found, gaps, sure, lucks, more.one or [False] * len(found), strict=True)
        for each in [_seen(whole, more.shown)]
    ]
    css = Markup((TEMPLATES / "report.css").read_text("utf-8") + (TEMPLATES / "compare.css").read_text("utf-8"))  # noqa: S704 (our own files)
    tested = sum(len(each.differences) for each in found)
    context = {"t": t, "lang": lang, "version": __version__, "css": css, "parts": parts, "more": more}
    heading = t("compare.page_title" if beside is None else "results.page_title", title=title)
    context |= {
        **on_page(more.twin, lang=lang),
        "heading": heading,
        "guessed": ground is not None and ground.guessed,
        "honest": "" if all(each.alike for each in found) else t("results.honest", m=tested),
    }
    target = Path(path)
    with atomic_write(target) as draft:
        page = page_environment().get_template("compare.html.jinja").render(context)
        draft.write_text(page, encoding="utf-8")
    return target


def _seen(found: Comparison, shown: frozenset[str] | None) -> Comparison:
    """Keep the measures that an audience sees."""
    if shown is None:
        return found
    unlike = tuple(name for name in found.unlike if name in shown)
    return replace(found, differences=tuple(each for each in found.differences if each.name in shown), unlike=unlike)


def _of(gaps: Sequence[PlaceGap], measure: str) -> list[PlaceGap]:
    """Take the differences in one measure."""
    return [gap for gap in gaps if gap.measure == measure]


def _nothing(found: Comparison, lang: str, *, one: bool) -> str:
    """Say in one sentence that nothing differs at all, "" where something does."""
    return words(lang)("alike.one_result") if one and found.alike else all_equal(found, lang)


def _rows(found: Comparison, surely_named: frozenset[str], lang: str) -> list[tuple[str, list[str], str]]:
    """Write the measures that differ: the verdict (surely, alone, open), the cells and a note, the surest first."""
    kinds = ("surely", "alone", "open")
    rows = [
        ("surely" if row.name in surely_named else "alone" if row.alone else "open", row)
        for row in found.differences
        if not row.same
    ]
    return [
        (
            kind,
            [
                measure_label(row.name, row.unit, lang),
                *(figure(value, lang) for value in (row.a, row.b)),
                *(_signed(value, lang) for value in (row.difference, row.low, row.high)),
            ],
            nobody_came(row, lang),
        )
        for kind, row in sorted(rows, key=lambda item: kinds.index(item[0]))
    ]


def _told(found: Comparison, names: frozenset[str], lang: str) -> list[str]:
    """Say the differences that are sure in sentences, the weightiest first; name all the others, with how far apart."""
    weight = {name: place for place, name in enumerate(choices()["told_first"])}
    rows = sorted((row for row in found.differences if row.name in names), key=lambda row: weight.get(row.name, 99))
    told, rest = [_tell(row, lang) for row in rows[:MOST]], rows[MOST:]
    if not rest:
        return told
    named = [f"{measure_label(row.name, row.unit, lang)} {_signed(row.difference, lang)}" for row in rest]
    return [*told, words(lang)("results.also_surely", names="; ".join(named))]


def _signed(value: float, lang: str) -> str:
    """Write a difference with its sign."""
    said = figure(value, lang).replace("-", "−")
    return f"+{said}" if value > 0.0 else said


def _tell(row: Difference, lang: str) -> str:
    """Say one difference that is sure, in a sentence."""
    figures = {key: figure(getattr(row, key), lang) for key in ("a", "b")}
    figures |= {key: _signed(getattr(row, key), lang) for key in ("difference", "low", "high")}
    said = words(lang)("results.is_surely", measure=measure_label(row.name, row.unit, lang), **figures)
    return f"{said} {nobody_came(row, lang)}".strip()


def _line(gap: PlaceGap, lang: str) -> str:
    """Write one kelurahan whose difference is sure."""
    figures = {key: _signed(getattr(gap, key), lang) for key in ("difference", "low", "high")}
    return words(lang)(f"compare.place_{gap.measure}", name=gap.name, **figures)


def _draw(ground: AreaMap, gaps: Sequence[PlaceGap], lang: str) -> Markup:
    """Draw the kelurahan: a shade and a sign for how far and which way, grey where it may be noise."""
    t, known = words(lang), {gap.code: gap for gap in gaps}
    most = max((abs(gap.difference) for gap in gaps if gap.sure), default=1.0)
    drawn, signs = [], []
    for code, path in ground.paths.items():
        gap = known.get(code)
        label = gap.name if gap else code
        said = t("compare.no_calls", name=label) if gap is None else _line(gap, lang)
        drawn.append(element("path", element("title", said), d=path, class_=f"cell {_class(gap, most)}"))
        if gap is not None and gap.sure:
            sign = "−" if gap.difference < 0.0 else "+"
            signs.append(text(*ground.inside[code], sign, class_="sign", anchor="middle"))
    alt = t("compare.map_alt", sure=len(signs), n=len(gaps))
    style = f"--u: {ground.unit:.3f}px"
    return element("svg", *drawn, *signs, viewBox=ground.view, role="img", class_="gaps", aria_label=alt, style=style)


def _class(gap: PlaceGap | None, most: float) -> str:
    """Name the shade of a kelurahan: none, noise, less or more by one of three steps."""
    if gap is None:
        return "none"
    if not gap.sure:
        return "noise"
    step = max(1, int(np.ceil(SHADES * abs(gap.difference) / most)))
    return f"{'less' if gap.difference < 0.0 else 'more'}{min(step, SHADES)}"
