"""Write a result as one page that stands alone: it opens from a file, asks no network, prints on A4."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from sispamkota.manifest import Manifest
from sispamkota.rehearsal.intervals import Estimate, clustered_median, clustered_share
from sispamkota.store import atomic_write
from sispamkota.words import number, words

from .figures import Dots, dot_plot, interval_bar, ladder
from .findings import of_100
from .ground import Ground, make_ground
from .map import draw_map, late_shape, spots
from .places import SERVICES, Late, PlaceRow, worst_of
from .plain import five_sentence, plain_words
from .playback import Playback
from .player import bundle, player, player_policy
from .scale import quantile_dots
from .story import Event, Panel, draw_panel, key_events, panels
from .summary import Row, Summary, Translate, choices, describe
from .svg import element
from .templating import TEMPLATES, page_environment
from .words_of import agency_code, agency_name

__all__ = ["Drawing", "Service", "nowrap", "render_report", "write_report"]

WIDE, NARROW, CARD, PANEL = 720.0, 328.0, 328.0, 530.0
HOSPITAL, RESERVE = "hospital_peak_share", "reserve_low_people"
NO_SCRIPT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
WEIGHTY = 4  # assumptions that stand open; the rest are one step away
MOST_PLACES = 8  # rows of the ladder; the table has them all


@dataclass(frozen=True)
class Drawing:
    """Hold one figure in its wide and its narrow form; one form may serve both."""

    wide: Markup
    narrow: Markup | None = None


@dataclass(frozen=True)
class Service:
    """Tell how fast one service was over all calls of all replicates; times in minutes."""

    service: str
    calls: int
    censored: int
    median: Estimate
    share: Estimate
    standard: float | None
    minutes: tuple[float, ...]


def write_report(
    ensemble: Any, path: Path | str, *, lang: str, city: Any = None, playback: Playback | None = None
) -> Path:
    """Write report.html for an Ensemble in "id" or "en"; `city` gives the map its streets and areas.

    `playback` (as `make_playback` gives it) is put where one replicate is told; without it the page has no script.
    Raises InputError where the file cannot be written. Returns the path.
    """
    page = render_report(ensemble, lang=lang, city=city, playback=playback)
    target = Path(path)
    with atomic_write(target) as draft:
        draft.write_text(page, encoding="utf-8")
    return target


def render_report(ensemble: Any, *, lang: str, city: Any = None, playback: Playback | None = None) -> str:
    """Render the page as text; equal results give equal pages."""
    environment = page_environment()
    environment.filters["nowrap"] = nowrap
    summary, t = describe(ensemble, lang=lang), words(lang)
    ground = make_ground(city, ensemble.sites)
    show = _shower(lang)
    context = {
        "s": summary,
        "t": t,
        "show": show,
        "percent": _percenter(lang),
        "weighty": WEIGHTY,
        "css": Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 (our own file)
        "ground": ground,
        "definitions": ground.definitions(),
        "manifest": _manifest(ensemble.manifest),
        "version": ensemble.manifest.version,
        "agency_code": lambda agency: agency_code(agency, t),
        "agency_name": lambda agency: agency_name(agency, lang),
        "sampled": _sampled,
        "five_sentence": five_sentence,
        "plain": plain_words(summary),
        "policy": NO_SCRIPT if playback is None else player_policy(),
        "player": "" if playback is None else player(playback, lang=lang),
        "bundle": "" if playback is None else bundle(),
        **_figures(ensemble, summary, ground, t, show),
    }
    return environment.get_template("report.html.jinja").render(context)


def nowrap(text: str) -> Markup:
    """Keep ranges ("5–7") and percentages together at the end of a line."""
    return Markup(re.sub(r"[<>]?[\d.,]+(?:–[\d.,]+| %)", r'<span class="nb">\g<0></span>', str(escape(text))))  # noqa: S704 (escaped above)


def _shower(lang: str) -> Callable[..., str]:
    """Give show(value, digits=0) in the language; infinite is ∞, absent a dash."""

    def show(value: float | None, digits: int = 0) -> str:
        """Write one number."""
        if value is None or math.isnan(value):
            return "–"
        return "∞" if math.isinf(value) else number(value, lang, digits=digits)

    return show


def _percenter(lang: str) -> Callable[[float], str]:
    """Give percent(share): whole percents, "<1" where a small share would round to nothing."""

    def percent(share: float) -> str:
        """Write one share."""
        if math.isnan(share):
            return "–"
        if 0 < share < 0.005:
            return "<1 %"
        return f"{number(share * 100, lang)} %"

    return percent


def _figures(ensemble: Any, summary: Summary, ground: Ground, t: Translate, show: Callable[..., str]) -> dict[str, Any]:
    """Draw all figures and gather the tables behind them."""
    found = spots(ensemble, summary, ground)
    services = [_service(ensemble, summary, service) for service in SERVICES]
    told, course = key_events(ensemble, choices()["events_told"], summary.lang), panels(ensemble)
    agencies: dict[str, int] = {}
    for post in ensemble.posts.itertuples():
        agencies[str(post.agency)] = agencies.get(str(post.agency), 0) + int(post.people)
    return {
        "map": Drawing(*(draw_map(found, ground, t, width=w, key=f"map-{int(w)}") for w in (WIDE, NARROW))),
        "legend_shapes": {service: _swatch(service) for service in SERVICES},
        "agencies": sorted(agencies.items(), key=lambda item: (-item[1], item[0])),
        "late": _late_table(summary.late),
        "late_hidden": sum(math.isnan(each.lon) for each in summary.late),
        "worst": worst_of(summary.late),
        "bars": {row.name: interval_bar(row, key=f"bar-{row.name}", title=row.label) for row in summary.rows},
        "ladder": _ladder(summary, t),
        "of_100": of_100,
        "services": services,
        "strips": _strips(services, t, show),
        "dots": _row_dots(summary, t),
        "quantiles": _quantiles,
        "events": told,
        "panels": [(panel, _panel_drawing(panel, told, t, show)) for panel in course],
        "replicate": _told_replicate(ensemble),
        "choices": choices(),
    }


def _late_table(late: Sequence[Late]) -> list[Late]:
    """Order the calls for the table: late for sure first, then by share."""
    order = {"missed": 0, "undecided": 1, "met": 2, "few": 3, "none": 4}
    return sorted(
        late, key=lambda each: (order[each.verdict], -np.nan_to_num(each.share.value), each.name, each.service)
    )


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
    percent = _percenter(summary.lang)
    return Drawing(
        *(ladder(rows, t, percent, city=summary.city, key=f"ladder-{int(w)}", width=w) for w in (WIDE, NARROW))
    )


def _service(ensemble: Any, summary: Summary, service: str) -> Service:
    """Pool the calls of one service."""
    calls = ensemble.responses[ensemble.responses["service"] == service]
    calls = calls[calls["outcome"] != "not_needed"]
    minutes, replicate = calls["seconds"].to_numpy(float) / 60.0, calls["replicate"].to_numpy()
    row = summary.row(f"response_{service}_s")
    standard = row.standard if row is not None else None
    share = clustered_share(~(minutes <= standard), replicate) if standard is not None else Estimate(math.nan, 0.0, 1.0)
    median = clustered_median(minutes, replicate)
    return Service(service, len(calls), int(np.isnan(minutes).sum()), median, share, standard, tuple(minutes.tolist()))


def _strips(services: Sequence[Service], t: Translate, show: Callable[..., str]) -> dict[str, Drawing]:
    """Draw the strips of all services on one scale."""
    ends = [dot for each in services for dot in quantile_dots(each.minutes) if math.isfinite(dot)]
    highest, drawings = max(ends, default=1.0), {}
    for each in services:
        if each.calls:
            dots = replace(_strip_dots(each, t, show), highest=highest)
            forms = (dot_plot(dots, show, key=f"strip-{each.service}-{int(w)}", width=w) for w in (WIDE, NARROW))
            drawings[each.service] = Drawing(*forms)
    return drawings


def _strip_dots(service: Service, t: Translate, show: Callable[..., str]) -> Dots:
    """Say what the strip of one service shows, also for those who cannot see it."""
    value, low, high = (show(v, 1) for v in (service.median.value, service.median.low, service.median.high))
    unit, standard = t("report.minutes_short"), service.standard
    return Dots(
        title=t("report.dots_title", what=t(f"service.{service.service}")),
        describe=t("report.dots_describe", value=value, unit=unit, low=low, high=high),
        values=service.minutes,
        estimate=service.median,
        unit=unit,
        standard=standard,
        standard_words=t("report.standard_line", standard=show(standard)) if standard is not None else "",
        censored_words=t("report.unserved"),
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
        drawings[name] = Drawing(dot_plot(dots, _shower(summary.lang), key=f"dots-{name}", width=CARD))
    return drawings


def _panel_drawing(panel: Panel, told: Sequence[Event], t: Translate, show: Callable[..., str]) -> Drawing:
    """Draw one place's panel in both forms."""
    return Drawing(
        *(draw_panel(panel, told, t, show, key=f"told-{panel.place}-{int(w)}", width=w) for w in (PANEL, NARROW))
    )


def _told_replicate(ensemble: Any) -> int | None:
    """Give the number of the told replicate, where the series says it."""
    column = ensemble.series.get("replicate")
    return None if column is None or column.empty else int(column.iloc[0])


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


def _manifest(manifest: Manifest) -> list[tuple[str, str]]:
    """Flatten a manifest to (entry, value) lines."""
    return [line for key, value in manifest.to_dict().items() for line in _lines(key, value)]


def _lines(key: str, value: Any) -> list[tuple[str, str]]:
    """Write one entry, nested ones with their path."""
    if isinstance(value, Mapping):
        return [line for name, inner in value.items() for line in _lines(f"{key} · {name}", inner)]
    if isinstance(value, list | tuple):
        rows = [
            "/".join(str(part) for part in each if part is not None) if isinstance(each, list | tuple) else str(each)
            for each in value
        ]
        return [(key, ", ".join(rows))] if rows else []
    return [(key, str(value))] if value not in (None, "") else []
