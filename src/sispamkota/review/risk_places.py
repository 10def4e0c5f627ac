"""A risk map in words and tables: each kelurahan with its figure, its interval and why; areas for a GIS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from sispamkota.place import City
from sispamkota.risk import RiskMap
from sispamkota.risk.opportunity import opportunities
from sispamkota.risk.riskmap import BACKGROUND, KINDS, SAID_ID
from sispamkota.risk.totals import expected
from sispamkota.words import catalogue, figure, number, percent, say_day, words

from .cells import area_cells

__all__ = [
    "TOP", "TROUBLE", "Place", "kinds_of", "name_kind", "risk_geo", "risk_hours", "risk_table", "say_basis", "say_sums",
    "say_title", "span", "tell_risk", "top_places", "write_workbook",
]  # fmt: skip

TROUBLE = "trouble"
SAID_EN = {
    "tps-disruption": "disruption at a TPS",
    "convoy-blocked": "ballot convoy blocked",
    "hostage": "hostage-taking",
}
TOP = 20
SURE, UNSURE = 1.5, 2.5  # upper end over mean: up to the first no hatching, beyond the second dense


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
        """Give how densely it is hatched: 0, 1 or 2, by the upper end over the mean (the lower one may be nothing)."""
        ratio = self.high / self.mean if self.mean > 0 else 1.0
        return 0 if ratio <= SURE else 1 if ratio <= UNSURE else 2


def kinds_of(riskmap: RiskMap, *, trouble: bool) -> list[str]:
    """List the kinds of a map, of trouble or of the ordinary day."""
    return [kind for kind in KINDS if (kind not in BACKGROUND) == trouble and kind in set(riskmap.table["kind"])]


def top_places(riskmap: RiskMap, city: City, *, lang: str) -> list[Place]:
    """Order all kelurahan by expected incidents of trouble, the most first; each with what sets it apart."""
    t = words(lang)
    rows = expected(riskmap, ["place"], kinds=kinds_of(riskmap, trouble=True), tension=riskmap.basis.get("tension"))
    known = city.kelurahan.set_index("kode")
    why = None if riskmap.why is None else riskmap.why.set_index("place")
    venues, found = _venues(city), []
    for code, row in rows.sort_values("mean", ascending=False, kind="stable").iterrows():
        area: Any = known.loc[str(code)]
        said = () if why is None else _reasons(why.loc[str(code)], venues.get(str(code), ()), lang)
        if why is not None:
            people, stations = (number(float(area[name]), lang) for name in ("population", "tps"))
            said = (t("risk_map.why_size", people=people, tps=stations), *said)
        mean, low, high, chance = (float(row[name]) for name in ("mean", "low", "high", "chance"))
        about = (str(code), area["nama"], area["kecamatan"], float(area["population"]))
        found.append(Place(*about, mean, low, high, chance, said))
    return found


def _venues(city: City) -> dict[str, list[str]]:
    """Name the venues to which kinds of trouble go, by kelurahan."""
    kinds = {kind for each in opportunities().kinds.values() for kind in each.at}
    held = city.venues[city.venues["kind"].isin(kinds)].sort_values("name")
    return {str(code): [str(name) for name in part["name"]] for code, part in held.groupby("kode_kel")}


def _reasons(row: Any, venues: Sequence[str], lang: str) -> tuple[str, ...]:
    """Say what makes a place's rate: its share before counting, what was recorded there and beside it."""
    t = words(lang)
    said = [t("risk_map.why_before", share=percent(row["before"], lang, digits=1))]
    if venues:
        said.append(t("risk_map.why_venues", names=", ".join(venues)))
    if row["recorded"]:
        said.append(t("risk_map.why_recorded", n=int(row["recorded"])))
    if row["beside"]:
        said.append(t("risk_map.why_beside", n=int(row["beside"])))
    if abs(row["ratio"] - 1.0) >= 0.05:
        said.append(t("risk_map.why_ratio", ratio=figure(row["ratio"], lang)))
    return tuple(said)


def risk_table(riskmap: RiskMap, city: City) -> pd.DataFrame:
    """Give what the map shows as a table: a row a kelurahan and kind ("trouble" sums its kinds), incidents a day."""
    names = city.kelurahan.set_index("kode")[["nama", "kecamatan", "population"]]
    tension = riskmap.basis.get("tension")
    each = expected(riskmap, ["place", "kind"], tension=tension).reset_index()
    all_ = expected(riskmap, ["place"], kinds=kinds_of(riskmap, trouble=True), tension=tension).reset_index()
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


def risk_hours(riskmap: RiskMap) -> pd.DataFrame:
    """Give what the map shows of each hour, a row a kelurahan, kind and hour: incidents in it, tension included."""
    tension = riskmap.basis.get("tension")
    parts = []
    for hour in range(24):
        each = expected(riskmap, ["place", "kind"], hours=[hour], tension=tension).reset_index().assign(hour=hour)
        parts.append(each)
    rows = pd.concat(parts, ignore_index=True)[["place", "kind", "hour", "mean", "low", "high"]]
    return rows.sort_values(["place", "kind", "hour"], ignore_index=True)


def write_workbook(riskmap: RiskMap, city: City, path: Path, *, lang: str) -> None:
    """Write an XLSX of three sheets: the table of the map, the first places and why, and what it rests on."""
    from sispamkota.store import atomic_write

    t = words(lang)
    places = top_places(riskmap, city, lang=lang)
    why = [(p.name, p.kecamatan, p.mean, p.low, p.high, p.chance, "; ".join(p.why)) for p in places]
    head = [t(f"risk_map.col_{name}") for name in ("place", "kecamatan", "mean", "low", "high", "chance", "why")]
    basis = [*say_sums(riskmap, lang), *say_basis(riskmap, lang)]
    with atomic_write(path) as draft, pd.ExcelWriter(draft, engine="openpyxl") as book:
        risk_table(riskmap, city).to_excel(book, sheet_name=t("risk_map.sheet_places"), index=False)
        pd.DataFrame(why, columns=head).to_excel(book, sheet_name=t("risk_map.sheet_why"), index=False)
        pd.DataFrame({say_title(riskmap, city, lang): basis}).to_excel(
            book, sheet_name=t("risk_map.sheet_basis"), index=False
        )


def risk_geo(riskmap: RiskMap, city: City) -> dict[str, Any]:
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


def tell_risk(riskmap: RiskMap, city: City, *, lang: str, top: int = TOP) -> str:
    """Tell the city's sum and the first places with why, in words and a plain table."""
    from sispamkota.show import text_table

    t = words(lang)
    places = top_places(riskmap, city, lang=lang)
    rows = [
        (str(i), place.name, place.kecamatan, figure(place.mean, lang), span(place, lang), "; ".join(place.why))
        for i, place in enumerate(places[:top], 1)
    ]
    header = [t(f"risk_map.col_{name}") for name in ("rank", "place", "kecamatan", "mean", "interval", "why")]
    lines = [say_title(riskmap, city, lang), *say_sums(riskmap, lang), ""]
    return "\n".join(
        [*lines, text_table(t("risk_map.top", n=min(top, len(places))), header, rows), "", *say_basis(riskmap, lang)]
    )


def span(place: Place, lang: str) -> str:
    """Write an interval."""
    return f"{figure(place.low, lang)}–{figure(place.high, lang)}"


def say_title(riskmap: RiskMap, city: City, lang: str) -> str:
    """Name the map by its city and day."""
    return words(lang)(
        "risk_map.title", city=city.title, day=say_day(riskmap.basis["day"], lang) if "day" in riskmap.basis else "–"
    )


def say_sums(riskmap: RiskMap, lang: str) -> list[str]:
    """Say what is expected in the whole city: of trouble, and of the ordinary day."""
    t, tension = words(lang), riskmap.basis.get("tension")
    lines = []
    for key, trouble in (("risk_map.city_trouble", True), ("risk_map.city_usual", False)):
        kinds = kinds_of(riskmap, trouble=trouble)
        if kinds:
            row = expected(riskmap, [], kinds=kinds, tension=tension).iloc[0]
            ends = {name: figure(row[name], lang) for name in ("mean", "low", "high")}
            lines.append(t(key, **ends, chance=percent(row["chance"], lang)))
    return lines


def _until(text: str, lang: str) -> str:
    """Write a day, or a day and a time, in full."""
    day, _, clock = text.partition("T")
    return f"{say_day(day, lang)} {clock.replace(':', '.')}".strip()


def say_basis(riskmap: RiskMap, lang: str) -> list[str]:
    """Say what the map was made from, and up to which day."""
    t, basis = words(lang), riskmap.basis
    if not basis:
        return []
    phases = ", ".join(
        t(f"risk_map.phase_{name}") if f"risk_map.phase_{name}" in catalogue(lang) else name for name in basis["phases"]
    )
    lines = [
        t(
            "risk_map.as_of",
            as_of=_until(str(basis["as_of"]), lang),
            tables=", ".join(basis["tables"]),
            phases=phases or t("risk_map.no_phase"),
        )
    ]
    if basis["history"]:
        window = t(
            "risk_map.window",
            start=say_day(basis["window"][0], lang),
            end=say_day(str(date.fromisoformat(basis["window"][1]) - timedelta(days=1)), lang),
            n=number(basis["counted"], lang),
        )
        lines.append(window)
    if basis.get("indicators"):
        lines.append(t("risk_map.indicators", names=", ".join(basis["indicators"])))
    if basis.get("reports") is not None:
        lines.append(t("risk_map.reports", n=basis["reports"]))
    lines += [f"· {note.id if lang == 'id' else note.en}" for note in riskmap.assumptions]
    return lines


def name_kind(kind: str, lang: str) -> str:
    """Name a kind of incident for a reader."""
    return SAID_ID[kind] if lang == "id" else SAID_EN.get(kind, kind)
