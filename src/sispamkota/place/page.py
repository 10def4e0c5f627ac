"""A city as one page that works without a network: the map, how far one gets, the sheet, and every venue as a row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from sispamkota.show import html_table
from sispamkota.words import number, words

from .sheet import city_rows

if TYPE_CHECKING:
    from .city import City
    from .draw import Layers

__all__ = ["city_page", "reach_table"]

_CSS = """
:root{--ink:#222;--grey:#5f5f5f;--line:#d4d4d4;--accent:#0072B2}
body{font:16px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;color:var(--ink);margin:0 auto;padding:20px 16px;
max-width:1100px;background:#fff}
h1{font-size:28px;line-height:1.2;margin:0 0 16px;overflow-wrap:break-word}
@media (max-width:760px){h1{font-size:22px}}
h2{font-size:20px;margin:32px 0 8px}
figure{margin:0}figure svg{display:block;width:100%;height:auto;max-width:860px}
svg.narrow{display:none}
@media screen and (max-width:760px){figure svg{max-width:560px}svg.broad{display:none}svg.narrow{display:block}}
.wide{overflow-x:auto;margin:24px 0}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums;width:100%}
caption{text-align:left;color:var(--grey);padding:0 0 4px}
th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
ul{padding-left:20px}li{margin:4px 0}a{color:var(--accent)}
@media print{body{padding:0}}
"""


def city_page(city: City, pictures: Sequence[str], *, lang: str, title: str, over: Layers | None = None) -> str:
    """Write the page; `pictures` are the map as SVG for a wide screen and for a narrow one."""
    t, bands = words(lang), over.bands if over else ()
    parts = [
        f"<h1>{escape(title)}</h1>",
        *([f"<p>{escape(over.about)}</p>"] if over and over.about else []),
        _figure(pictures, t("place.page_map", title=title)),
        *([_wide(reach_table(city.reach_rows(bands), lang=lang))] if bands else []),
        _wide(city_rows(city, lang)),
        f"<h2>{escape(t('place.page_rests'))}</h2>",
        "<ul>"
        + "".join(f"<li>{escape(each.id if lang == 'id' else each.en)}</li>" for each in city.assumptions)
        + "</ul>",
        _wide(_venues(city, lang)),
    ]
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8"><meta name="generator" content="sispamkota">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_CSS}</style></head><body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def _figure(pictures: Sequence[str], about: str) -> str:
    """Wrap the pictures, with a sentence for who cannot see them."""
    drawn = "".join(_inline(svg, name) for svg, name in zip(pictures, ("broad", "narrow"), strict=True))
    return f'<figure role="img" aria-label="{escape(about, quote=True)}">{drawn}</figure>'


def _inline(svg: str, name: str) -> str:
    """Make a picture part of a page: no XML head, no metadata, short figures, a class, ids that no other has."""
    body = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{name}-", body)
    body = re.sub(r'\bd="[^"]*"', lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found[0]), body)
    return body.replace("<svg ", f'<svg class="{name}" ', 1)


def reach_table(rows: Sequence[Mapping[str, Any]], *, lang: str) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows of what bands hold: junctions, and people by the kelurahan whose point is reached."""
    t = words(lang)
    header = tuple(t(f"place.page_{name}") for name in ("minutes", "junctions", "kelurahan", "people"))
    lines: list[tuple[str, ...]] = [
        (
            number(row["minutes"], lang, digits=0 if row["minutes"] % 1 == 0 else 1),
            f"{number(100 * row['junction_share'], lang)} %",
            f"{row['kelurahan']} / {row['kelurahan_all']}",
            number(row["people"], lang),
        )
        for row in rows
    ]
    return t("place.page_reach"), header, lines


def _wide(table: tuple[str, Sequence[str], Sequence[Sequence[str]]]) -> str:
    """Let a table be wider than the page."""
    return f'<div class="wide">{html_table(*table)}</div>'


def _venues(city: City, lang: str) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Write every venue as a row."""
    t = words(lang)
    header = tuple(t(f"place.page_{name}") for name in ("name", "kind", "position", "from_road"))
    rows: list[tuple[str, ...]] = [
        (
            row["name"],
            t(f"place.kind_{row['kind']}"),
            t(f"place.quality_{row['quality']}"),
            number(row["access_m"], lang) + " m",
        )
        for row in city.venues.to_dict("records")
    ]
    return t("place.page_venues"), header, rows
