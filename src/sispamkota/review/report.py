"""Write a result as one page that stands alone: it opens from a file, asks no network, prints on A4."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from sispamkota.store import atomic_write
from sispamkota.words import figure, words

from .audience import check_audience, for_public, public_manifest
from .city_of import why_no_city
from .drawn_risk import drawn_risk
from .evidence import evidence
from .figures import Dots, dot_plot, interval_bar, ladder
from .findings import of_100
from .ground import Ground, make_ground
from .map import draw_map, late_shape, spots
from .places import LINE, SERVICES, Late, PlaceRow, late_order, worst_of
from .plain import five_sentence, plain_words
from .playback import Playback
from .player import on_page
from .say import manifest_lines, percenter, shower
from .scene_document import ScenePlayback
from .scene_player import scene_player
from .story import Event, Panel, draw_panel, key_events, panels
from .strips import Service, calls_of, draw_strips
from .summary import Row, Summary, Translate, choices, describe
from .svg import element
from .templating import TEMPLATES, page_environment
from .told import is_median, told_replicate
from .words_of import agency_code, agency_name

__all__ = ["Drawing", "Service", "render_report", "write_report"]

WIDE, NARROW, CARD, PANEL = 720.0, 328.0, 328.0, 530.0
HOSPITAL, RESERVE = "hospital_peak_share", "reserve_low_people"
WEIGHTY = 4  # assumptions that stand open; the rest are one step away
MOST_PLACES = 8  # rows of the ladder; the table has them all


@dataclass(frozen=True)
class Drawing:
    """Hold one figure in its wide and its narrow form; one form may serve both."""

    wide: Markup
    narrow: Markup | None = None


def write_report(
    ensemble: Any,
    path: Path | str,
    *,
    lang: str,
    city: Any = None,
    audience: str = "service",
    playback: Playback | None = None,
    scene: ScenePlayback | None = None,
) -> Path:
    """Write report.html for an Ensemble in "id" or "en"; `city` gives the map its streets and areas.

    `playback` (as `make_playback` gives it) is put where one replicate is told, `scene` (as `play_in_compound` does)
    below it; without them the page has no script.
    `audience`: service, or public without posts, reserves, weak places and playback. Raises InputError where the file
    cannot be written, or for another audience. Returns the path.
    """
    page = render_report(ensemble, lang=lang, city=city, audience=audience, playback=playback, scene=scene)
    target = Path(path)
    with atomic_write(target) as draft:
        draft.write_text(page, encoding="utf-8")
    return target


def render_report(
    ensemble: Any,
    *,
    lang: str,
    city: Any = None,
    audience: str = "service",
    playback: Playback | None = None,
    scene: ScenePlayback | None = None,
) -> str:
    """Render the page as text; equal results give equal pages."""
    check_audience(audience)
    environment = page_environment()
    summary, t, service = describe(ensemble, lang=lang), words(lang), audience == "service"
    show = shower(lang)
    if not service:
        summary = for_public(summary)
    context = {
        "s": summary,
        "t": t,
        "show": show,
        "percent": percenter(lang),
        "weighty": WEIGHTY,
        "css": Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 (our own file)
        "service": service,
        "audience": audience,
        "manifest": manifest_lines(ensemble.manifest) if service else public_manifest(ensemble.manifest),
        "version": ensemble.manifest.version,
        "agency_code": lambda agency: agency_code(agency, t),
        "agency_name": lambda agency: agency_name(agency, lang),
        "sampled": _sampled,
        "five_sentence": five_sentence,
        "five": summary.pick("five") if service else [r for n in choices()["public"]["five"] if (r := summary.row(n))],
        "plain": plain_words(summary),
        **_figures(summary, t),
        **evidence(ensemble, summary, t, show),
        "scene": "",
        **on_page(
            [playback] if playback is not None and service else [], lang=lang, more=service and scene is not None
        ),
    }
    if service and scene is not None:
        about = scene.head["about"]
        note = t("compound.page_note", replicate=about["replicate"], place=about["place"], title=about["title"])
        context |= {"scene": scene_player(scene, lang=lang), "scene_note": note}
    if service:
        context |= _located(ensemble, summary, make_ground(city, ensemble.sites), t, show)
        context |= {"risk": drawn_risk(ensemble, city, lang), "say": lambda value: figure(value, lang)}
        context["no_city"] = why_no_city(ensemble) if city is None else ""
    context |= _strip_context(ensemble, summary, t, show, names=(*SERVICES, LINE) if service else SERVICES)
    return environment.get_template("report.html.jinja").render(context)


def _figures(summary: Summary, t: Translate) -> dict[str, Any]:
    """Draw what stands for the whole city."""
    return {
        "bars": {row.name: interval_bar(row, key=f"bar-{row.name}", title=row.label) for row in summary.rows},
        "of_100": of_100,
        "dots": _row_dots(summary, t),
        "quantiles": _quantiles,
        "choices": choices(),
    }


def _strip_context(
    ensemble: Any, summary: Summary, t: Translate, show: Callable[..., str], *, names: Sequence[str]
) -> dict[str, Any]:
    """Draw how fast each service was."""
    services = [calls_of(ensemble, summary, service) for service in names]
    drawn = draw_strips(services, t, show, widths=(WIDE, NARROW))
    return {"services": services, "strips": {name: Drawing(*forms) for name, forms in drawn.items()}}


def _located(ensemble: Any, summary: Summary, ground: Ground, t: Translate, show: Callable[..., str]) -> dict[str, Any]:
    """Draw what shows places, and gather the tables behind it."""
    found = spots(ensemble, summary, ground)
    told, course = key_events(ensemble, choices()["events_told"], summary.lang), panels(ensemble)
    agencies: dict[str, int] = {}
    for post in ensemble.posts.itertuples():
        agencies[str(post.agency)] = agencies.get(str(post.agency), 0) + int(post.people)
    return {
        "ground": ground,
        "definitions": ground.definitions(),
        "map": Drawing(*(draw_map(found, ground, t, width=w, key=f"map-{int(w)}") for w in (WIDE, NARROW))),
        "legend_shapes": {service: _swatch(service) for service in SERVICES},
        "agencies": sorted(agencies.items(), key=lambda item: (-item[1], item[0])),
        "late": _late_table(summary.late),
        "late_hidden": sum(math.isnan(each.lon) for each in summary.late),
        "worst": worst_of(summary.late),
        "ladder": _ladder(summary, t),
        "events": told,
        "panels": [(panel, _panel_drawing(panel, told, t, show)) for panel in course],
        "replicate": told_replicate(ensemble),
        "is_median": is_median(ensemble),
    }


def _late_table(late: Sequence[Late]) -> list[Late]:
    """Order the calls for the table: late for sure first, then by how many were late."""
    order = {"missed": 0, "undecided": 1, "met": 2, "few": 3, "none": 4}
    return sorted(late, key=lambda each: (order[each.verdict], late_order(each)))


def _swatch(service: str) -> Markup:
    """Draw a service's mark for the legend."""
    return element(
        "svg",
        element("path", d=late_shape(service, 9.0, 9.0, 7.0), class_="late"),
        viewBox="0 0 18 18",
        aria_hidden="true",
        class_="swatch-box",
    )


def _ladder(summary: Summary, t: Translate) -> Drawing:
    """Draw the ladder of the places that left hijau, or of the first ones where none did."""
    rows: Sequence[PlaceRow] = [row for row in summary.places if row.hijau.mean.value < 1][
        :MOST_PLACES
    ] or summary.places[:2]
    percent = percenter(summary.lang)
    return Drawing(
        *(ladder(rows, t, percent, city=summary.city, key=f"ladder-{int(w)}", width=w) for w in (WIDE, NARROW))
    )


def _row_dots(summary: Summary, t: Translate) -> dict[str, Drawing]:
    """Draw the distribution of each measure that review.toml names, of the hospitals' peak and of the reserve."""
    drawings = {}
    for name in [*choices()["distributions"], HOSPITAL, RESERVE]:
        row = summary.row(name)
        if row is None or not row.values:
            continue
        said, what = t("report.dots_describe", **row.words), t("report.dots_title", what=row.label)
        dots = Dots(what, said, row.values, row.estimate)
        if name == HOSPITAL:
            dots = replace(dots, standard=100.0, standard_words=t("report.hospital_line"))
        drawings[name] = Drawing(dot_plot(dots, shower(summary.lang), key=f"dots-{name}", width=CARD))
    return drawings


def _panel_drawing(panel: Panel, told: Sequence[Event], t: Translate, show: Callable[..., str]) -> Drawing:
    """Draw one place's panel in both forms."""
    return Drawing(
        *(draw_panel(panel, told, t, show, key=f"told-{panel.place}-{int(w)}", width=w) for w in (PANEL, NARROW))
    )


def _quantiles(row: Row) -> list[tuple[int, str]]:
    """Give the percentiles behind a distribution as (percent, shown)."""
    if not row.values:
        return []
    found = np.quantile(row.values, [0.05, 0.25, 0.5, 0.75, 0.95])
    return [(percent, row.show(float(value))) for percent, value in zip((5, 25, 50, 75, 95), found, strict=True)]


def _sampled(panel: Panel) -> list[int]:
    """Choose at most 25 rows of a panel for the table behind it, evenly spaced, the last one included."""
    last = len(panel.t) - 1
    return sorted({round(k * last / 24) for k in range(25)}) if last > 24 else list(range(last + 1))
