"""Write a risk map as one page that stands alone: where, how sure, at which hour, and why; and as tables and areas."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from sispamkota.risk import RiskMap
from sispamkota.risk.riskmap import BACKGROUND, KINDS
from sispamkota.risk.totals import expected
from sispamkota.store import atomic_write
from sispamkota.words import figure, number, percent, words

from .cells import area_cells
from .svg import element, text

__all__ = ["RISK_FILES", "risk_geo", "risk_table", "tell_risk", "top_places", "write_risk_page"]

_TEMPLATES = Path(__file__).parent / "templates"
RISK_FILES = ("map.html", "places.csv", "areas.geojson")
TROUBLE = "trouble"
TOP = 20
SURE, UNSURE = 3.0, 10.0  # high over low: up to the first no hatching, from the second dense hatching
RAMP = ("#fce236", "#c3b369", "#908b78", "#62656f", "#2f426d")  # cividis, from light to dark
_METRES = 111_320.0


@dataclass(frozen=True)
class Place:
    """Hold what is said of one kelurahan: incidents of trouble a day with their 90 % interval, and why."""

    code: str
    name: str
    kecamatan: str
    people: float
    mean: float
    low: float
    high: float
    chance: float
    why: tuple[str, ...]

    @property
    def doubt(self) -> int:
        """Give how densely it is hatched: 0, 1 or 2."""
        ratio = self.high / self.low if self.low > 0 else float("inf")
        return 0 if ratio <= SURE else 1 if ratio < UNSURE else 2


def _kinds(riskmap: RiskMap, *, trouble: bool) -> list[str]:
    """List the kinds of a map, of trouble or of the ordinary day."""
    return [kind for kind in KINDS if (kind not in BACKGROUND) == trouble and kind in set(riskmap.table["kind"])]


def top_places(riskmap: RiskMap, city: Any, *, lang: str) -> list[Place]:
    """Order all kelurahan by expected incidents of trouble, the most first; each with what sets it apart."""
    rows = expected(riskmap, ["place"], kinds=_kinds(riskmap, trouble=True), tension=riskmap.basis.get("tension"))
    known = city.kelurahan.set_index("kode")
    why = None if riskmap.why is None else riskmap.why.set_index("place")
    people = known["population"].rank(ascending=False, method="min")
    found = []
    for code, row in rows.sort_values("mean", ascending=False, kind="stable").iterrows():
        area: Any = known.loc[str(code)]
        said = () if why is None else _reasons(why.loc[str(code)], int(people[str(code)]), lang)
        mean, low, high, chance = (float(row[name]) for name in ("mean", "low", "high", "chance"))
        about = (str(code), area["nama"], area["kecamatan"], float(area["population"]))
        found.append(Place(*about, mean, low, high, chance, said))
    return found


def _reasons(row: Any, rank: int, lang: str) -> tuple[str, ...]:
    """Say what makes a place's rate: its people, what was recorded there and beside it, and how it differs."""
    t = words(lang)
    said = [t("risk_map.why_people", share=percent(row["people_share"], lang, digits=1), rank=rank)]
    if row["recorded"]:
        said.append(t("risk_map.why_recorded", n=int(row["recorded"])))
    if row["beside"]:
        said.append(t("risk_map.why_beside", n=int(row["beside"])))
    if abs(row["ratio"] - 1.0) >= 0.05:
        said.append(t("risk_map.why_ratio", ratio=figure(row["ratio"], lang)))
    return tuple(said)


def risk_table(riskmap: RiskMap, city: Any) -> pd.DataFrame:
    """Give what the map shows as a table: a row a kelurahan and kind ("trouble" sums its kinds), incidents a day."""
    names = city.kelurahan.set_index("kode")[["nama", "kecamatan", "population"]]
    tension = riskmap.basis.get("tension")
    each = expected(riskmap, ["place", "kind"], tension=tension).reset_index()
    all_ = expected(riskmap, ["place"], kinds=_kinds(riskmap, trouble=True), tension=tension).reset_index()
    rows = pd.concat([all_.assign(kind=TROUBLE), each], ignore_index=True)
    order = {kind: i for i, kind in enumerate((TROUBLE, *KINDS))}
    rows = rows.join(names, on="place").rename(
        columns={"mean": "per_day", "low": "low_per_day", "high": "high_per_day"}
    )
    rows = rows.sort_values(
        ["kind", "place"], key=lambda column: column.map(order) if column.name == "kind" else column
    )
    columns = ["place", "nama", "kecamatan", "population", "kind", "per_day", "low_per_day", "high_per_day", "chance"]
    return rows[columns].reset_index(drop=True)


def risk_geo(riskmap: RiskMap, city: Any) -> dict[str, Any]:
    """Give the areas as GeoJSON (WGS 84), each with the expected incidents of trouble a day and their interval."""
    import shapely

    cells, guessed = area_cells(city)
    table = risk_table(riskmap, city)
    rows = table[table["kind"] == TROUBLE].set_index("place").drop(columns="kind")
    features = [
        {
            "type": "Feature",
            "id": code,
            "properties": {"place": code, **json.loads(rows.loc[code].to_json()), "guessed_border": guessed},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for code, shape in cells.items()
        if code in rows.index
    ]
    return {"type": "FeatureCollection", "name": riskmap.name, "features": features}


def tell_risk(riskmap: RiskMap, city: Any, *, lang: str, top: int = TOP) -> str:
    """Tell the city's sum and the first places with why, in words and a plain table."""
    from sispamkota.show import text_table

    t = words(lang)
    places = top_places(riskmap, city, lang=lang)
    rows = [
        (str(i), place.name, place.kecamatan, figure(place.mean, lang), _span(place, lang), "; ".join(place.why))
        for i, place in enumerate(places[:top], 1)
    ]
    header = [t(f"risk_map.col_{name}") for name in ("rank", "place", "kecamatan", "mean", "interval", "why")]
    lines = [_title(riskmap, city, lang), *_sums(riskmap, lang), ""]
    return "\n".join(
        [*lines, text_table(t("risk_map.top", n=min(top, len(places))), header, rows), "", *_basis(riskmap, lang)]
    )


def _span(place: Place, lang: str) -> str:
    """Write an interval."""
    return f"{figure(place.low, lang)}–{figure(place.high, lang)}"


def _title(riskmap: RiskMap, city: Any, lang: str) -> str:
    """Name the map by its city and day."""
    return words(lang)("risk_map.title", city=city.title, day=riskmap.basis.get("day", "–"))


def _sums(riskmap: RiskMap, lang: str) -> list[str]:
    """Say what is expected in the whole city: of trouble, and of the ordinary day."""
    t, tension = words(lang), riskmap.basis.get("tension")
    lines = []
    for key, trouble in (("risk_map.city_trouble", True), ("risk_map.city_usual", False)):
        kinds = _kinds(riskmap, trouble=trouble)
        if kinds:
            row = expected(riskmap, [], kinds=kinds, tension=tension).iloc[0]
            ends = {name: figure(row[name], lang) for name in ("mean", "low", "high")}
            lines.append(t(key, **ends, chance=percent(row["chance"], lang)))
    return lines


def _basis(riskmap: RiskMap, lang: str) -> list[str]:
    """Say what the map was made from, and up to which day."""
    t, basis = words(lang), riskmap.basis
    if not basis:
        return []
    phases = ", ".join(
        t(f"risk_map.phase_{name}") if f"risk_map.phase_{name}" in _known(lang) else name for name in basis["phases"]
    )
    lines = [
        t(
            "risk_map.as_of",
            as_of=basis["as_of"],
            tables=", ".join(basis["tables"]),
            phases=phases or t("risk_map.no_phase"),
        )
    ]
    if basis["history"]:
        window = t(
            "risk_map.window", start=basis["window"][0], end=basis["window"][1], n=number(basis["counted"], lang)
        )
        lines.append(window)
    lines += [f"· {note.id if lang == 'id' else note.en}" for note in riskmap.assumptions]
    return lines


def _known(lang: str) -> Mapping[str, str]:
    """Give the catalogue."""
    from sispamkota.words import catalogue

    return catalogue(lang)


def write_risk_page(
    riskmap: RiskMap, city: Any, path: Path | str, *, lang: str, disagreements: Sequence[Sequence[str]] = ()
) -> Path:
    """Write map.html in "id" or "en"; `disagreements` are rows of what authorities said, the head first."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from sispamkota import __version__

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    t, places = words(lang), top_places(riskmap, city, lang=lang)
    script = (_TEMPLATES / "risk.js").read_text(encoding="utf-8")
    script = script.replace("/*DATA*/", _data(riskmap, places, lang).replace("</", "<\\/"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    cells, guessed = area_cells(city)
    context = {
        "t": t,
        "lang": lang,
        "version": __version__,
        "css": Markup((_TEMPLATES / "report.css").read_text("utf-8") + (_TEMPLATES / "risk.css").read_text("utf-8")),  # noqa: S704 (our own files)
        "script": Markup(script),  # noqa: S704 (our own file, data escaped)
        "digest": digest,
        "title": _title(riskmap, city, lang),
        "sums": _sums(riskmap, lang),
        "basis": _basis(riskmap, lang)[: 2 if riskmap.basis.get("history") else 1],
        "assumptions": riskmap.assumptions,
        "places": places,
        "top": TOP,
        "say": lambda value: figure(value, lang),
        "map": _draw(cells, places, city, lang),
        "guessed": guessed,
        "kinds": [
            (TROUBLE, t("risk_map.all_trouble")),
            *((kind, kind_name(kind, lang)) for kind in _all_kinds(riskmap)),
        ],
        "ramp": RAMP,
        "disagreements": disagreements,
    }
    target = Path(path)
    with atomic_write(target) as draft:
        draft.write_text(environment.get_template("risk.html.jinja").render(context), encoding="utf-8")
    return target


def _all_kinds(riskmap: RiskMap) -> list[str]:
    """List the kinds of a map, those of trouble first."""
    return [*_kinds(riskmap, trouble=True), *_kinds(riskmap, trouble=False)]


def kind_name(kind: str, lang: str) -> str:
    """Name a kind of incident for a reader."""
    from sispamkota.risk.riskmap import SAID_ID

    return SAID_ID[kind] if lang == "id" else kind.replace("-", " ")


def _data(riskmap: RiskMap, places: Sequence[Place], lang: str) -> str:
    """Write the figures of the page as JSON: per place and kind a day's mean and ends, per kind how hours share it."""
    codes, tension = [place.code for place in places], riskmap.basis.get("tension")
    weight = np.ones(24) if tension is None else np.array(tension)
    day = expected(riskmap, ["kind", "place"], tension=tension)
    kinds = {}
    for kind in _all_kinds(riskmap):
        rows = day.loc[kind].reindex(codes).fillna(0.0)
        rates = riskmap.to_array(codes, [kind])[:, 0].sum(axis=0) * (1.0 if kind in BACKGROUND else weight)
        kinds[kind] = {
            "name": kind_name(kind, lang),
            "day": [_short(row) for row in rows[["mean", "low", "high"]].to_numpy()],
            "hours": _short(rates / rates.sum() if rates.sum() > 0 else rates),
        }
    trouble = _kinds(riskmap, trouble=True)
    by_hour = [expected(riskmap, ["place"], kinds=trouble, hours=[hour], tension=tension) for hour in range(24)]
    hours = [
        [_short(row) for row in each.reindex(codes).fillna(0.0)[["mean", "low", "high"]].to_numpy()] for each in by_hour
    ]
    said = {name: words(lang)(f"risk_map.js_{name}") for name in ("day", "hour", "per_day", "per_hour", "none")}
    about = [{"name": p.name, "kec": p.kecamatan, "people": number(p.people, lang), "why": p.why} for p in places]
    whole = [_short((p.mean, p.low, p.high)) for p in places]
    return json.dumps(
        {"lang": lang, "places": about, "kinds": kinds, "trouble": {"day": whole, "hours": hours}, "said": said},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _short(values: Any) -> list[float]:
    """Round to three figures, enough to draw and to read."""
    return [float(f"{value:.3g}") for value in values]


def _draw(cells: Mapping[str, Any], places: Sequence[Place], city: Any, lang: str) -> Markup:
    """Draw the areas, a shade for how many and hatching for how unsure; the page's script takes over from here."""
    lon0, lat0 = float(city.kelurahan["lon"].mean()), float(city.kelurahan["lat"].mean())
    wide = _METRES * np.cos(np.radians(lat0))

    def outline(shape: Any) -> str:
        parts = []
        for polygon in getattr(shape, "geoms", [shape]):
            points = [f"{(x - lon0) * wide:.0f} {(lat0 - y) * _METRES:.0f}" for x, y, *_ in polygon.exterior.coords]
            parts.append("M" + "L".join(points) + "Z")
        return "".join(parts)

    bounds = np.array([shape.bounds for shape in cells.values()])
    left, right = (bounds[:, 0].min() - lon0) * wide, (bounds[:, 2].max() - lon0) * wide
    top, bottom = (lat0 - bounds[:, 3].max()) * _METRES, (lat0 - bounds[:, 1].min()) * _METRES
    most = max((place.mean for place in places), default=0.0) or 1.0
    drawn, hatched = [], []
    for i, place in enumerate(places):
        if place.code not in cells:
            continue
        path = outline(cells[place.code])
        shade = min(int(place.mean / most * len(RAMP)), len(RAMP) - 1)
        title = element("title", f"{place.name}: {figure(place.mean, lang)} ({_span(place, lang)})")
        drawn.append(element("path", title, d=path, class_=f"cell s{shade}", data_i=i, tabindex=0))
        hatched.append(element("path", d=path, class_=f"hatch h{place.doubt}", data_i=i))
    labels = [
        text((row.lon - lon0) * wide, (lat0 - row.lat) * _METRES, str(row.nama), class_="kec", anchor="middle")
        for row in city.kecamatan.itertuples()
        if np.isfinite(row.lon)
    ]
    box = f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}"
    return element(
        "svg", _patterns(), *drawn, *hatched, *labels, viewBox=box, role="img", aria_label=words(lang)("risk_map.alt"),
        id="map",
    )  # fmt: skip


def _patterns() -> Markup:
    """Define the two hatchings; lines in metres of the ground."""
    made = []
    for key, gap in (("hatch1", 420), ("hatch2", 210)):
        line = element("path", d=f"M0 {gap}L{gap} 0", stroke="currentColor", stroke_width=34, fill="none")
        made.append(element("pattern", line, id=key, width=gap, height=gap, patternUnits="userSpaceOnUse"))
    return element("defs", *made)
