"""The city's sheet: what it has, what is not known, and what it rests on, in Indonesian or English."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from sispamkota.show import text_table
from sispamkota.words import number, words

from .gates import find_gates, outline_of

if TYPE_CHECKING:
    from .city import City

__all__ = ["city_rows", "show_city"]

Rows = list[tuple[str, str]]
_CELL_CHARS = 60  # a terminal of 80 columns holds the sheet


def city_rows(city: City, lang: str) -> tuple[str, tuple[str, str], Rows]:
    """Give title, header and rows of the sheet."""
    t = words(lang)
    return f"{city.title} ({city.name})", (t("place.sheet_what"), t("place.sheet_value")), list(_facts(city, lang))


def _facts(city: City, lang: str) -> Iterator[tuple[str, str]]:
    """Go through (what, its value)."""
    t, roads = words(lang), city.roads
    yield t("place.sheet_areas"), t("place.sheet_areas_of", kec=len(city.kecamatan), kel=len(city.kelurahan))
    yield t("place.sheet_size"), f"{number(float(city.kelurahan['area_km2'].sum()), lang, digits=1)} km²"
    for name in ("population", "voters", "tps"):
        yield t(f"place.sheet_{name}"), number(float(city.kelurahan[name].sum()), lang)
    counts = {
        "streets": roads.n_edges,
        "junctions": roads.n_nodes,
        "km": float(roads.length_m[roads.first_arc].sum()) / 1e3,
    }
    texts = {name: number(value, lang) for name, value in counts.items()}
    yield t("place.sheet_streets"), t("place.sheet_streets_of", **texts)
    gates = find_gates(roads, outline_of(city.areas, city.epsg))
    yield t("place.sheet_gates"), t("place.sheet_gates_of", n=number(gates.size, lang))
    for each in city.manifest.settings.get("venue_files", ()):
        yield t("place.sheet_files"), t("place.sheet_files_of", **each)
    kinds = city.venues["kind"].value_counts()
    yield t("place.sheet_venues"), ", ".join(f"{n} {t(f'place.kind_{kind}')}" for kind, n in kinds.items())
    quality = city.venues["quality"].value_counts()
    yield t("place.sheet_positions"), ", ".join(f"{n} {t(f'place.quality_{tag}')}" for tag, n in quality.items())


def _wrapped(first: str, text: str) -> Iterator[tuple[str, str]]:
    """Break a long cell into several rows; only the first bears the name."""
    for i, line in enumerate(wrap(text, _CELL_CHARS)):
        yield ("" if i else first), line


def show_city(city: City, *, lang: str) -> str:
    """Write the sheet as text: its rows, the venues of unknown position, and the assumptions."""
    t = words(lang)
    title, header, rows = city_rows(city, lang)
    parts = [text_table(title, header, [line for row in rows for line in _wrapped(*row)])]
    guessed = city.venues[city.venues["placed"] != ""]
    if len(guessed):
        rules = guessed["placed"].str.removeprefix("assumed: ").str.replace(" ", "_")
        lines = [f"- {name}: {t(f'place.rule_{rule}')}" for name, rule in zip(guessed["name"], rules, strict=True)]
        parts.append("\n".join([t("place.sheet_placed"), *lines]))
    if city.assumptions:
        lines = [f"- {each.id if lang == 'id' else each.en} [{each.tag}]" for each in city.assumptions]
        parts.append("\n".join([t("place.sheet_rests"), *lines]))
    return "\n\n".join(parts)
