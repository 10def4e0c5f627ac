"""The risk that a rehearsal was drawn from: what its rates expect in each kelurahan, as map, table and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from markupsafe import Markup

from sispamkota.risk.riskmap import BACKGROUND, KINDS
from sispamkota.risk.totals import TOTALS, summed
from sispamkota.words import figure, number, words

from .area_drawing import RAMP, draw_areas, edges_of
from .findings import joined
from .ground import AreaMap, make_area_map
from .risk_places import Place, name_kind

__all__ = ["DrawnRisk", "Source", "drawn_risk"]

TROUBLE, USUAL = "trouble", "usual"
WIDE, NARROW = 720.0, 328.0


@dataclass(frozen=True)
class Source:
    """Say where the rates of some kinds come from (empty where nobody counted them), and how sure that is."""

    tag: str
    kinds: str
    source: str


@dataclass(frozen=True)
class DrawnRisk:
    """Hold what is shown: `rows` has for each kelurahan one place a group, those of the map's group first.

    `groups` is trouble, usual or both, the first is on the map; `shades` pairs each colour with its range. `maps` is
    the wide and the narrow drawing, none without a city's borders. Empty groups: `lead` says why nothing is shown.
    """

    lead: str
    notes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    rows: tuple[tuple[Place, ...], ...] = ()
    shades: tuple[tuple[str, float, float], ...] = ()
    sources: tuple[Source, ...] = ()
    maps: tuple[Markup, ...] = field(default=(), repr=False)

    @property
    def tags(self) -> list[str]:
        """Give how sure the rates of the map are, each word once."""
        return list(dict.fromkeys(each.tag for each in self.sources))


def drawn_risk(ensemble: Any, city: Any, lang: str, *, widths: Sequence[float] = (WIDE, NARROW)) -> DrawnRisk:
    """Read the risk of a result: trouble where its rates hold any, else the calls of the ordinary day."""
    t, rates = words(lang), getattr(ensemble, "risk", None)
    if rates is None or rates.empty:
        return DrawnRisk(t("drawn_risk.unknown" if rates is None else "drawn_risk.quiet"))
    rates = rates.assign(group=rates["kind"].isin(BACKGROUND).map({True: USUAL, False: TROUBLE}))
    groups = tuple(group for group in (TROUBLE, USUAL) if (rates["group"] == group).any())
    shown = rates[rates["group"] == groups[0]]
    rows = _rows(rates, groups, _areas(ensemble, city))
    places = [row[0] for row in rows]
    edges = edges_of(places)
    ground = make_area_map(city) if city is not None else None
    maps = [draw_areas(ground, places, city, lang, key=f"risk-{int(w)}", width=w) for w in widths] if ground else []
    return DrawnRisk(
        lead=_lead(shown, groups[0], ensemble.horizon_s, lang),
        notes=tuple(_notes(shown, ground, lang)),
        groups=groups,
        rows=rows,
        shades=tuple((shade, float(edges[k]), float(edges[k + 1])) for k, shade in enumerate(RAMP)),
        sources=_sources(shown, lang),
        maps=tuple(maps) if ground is not None and ground.paths else (),
    )


def _areas(ensemble: Any, city: Any) -> Mapping[str, tuple[str, str, float]]:
    """Name each kelurahan, its kecamatan and its people; by the sites of the result where the city is gone."""
    if city is not None:
        named = city.kelurahan[["kode", "nama", "kecamatan", "population"]].itertuples(index=False)
        return {str(code): (str(name), str(kecamatan), float(people)) for code, name, kecamatan, people in named}
    sites = ensemble.sites[ensemble.sites["kind"] == "kelurahan"]
    return {str(row.place): (str(row.name), "–", float("nan")) for row in sites.itertuples(index=False)}


def _rows(
    rates: pd.DataFrame, groups: Sequence[str], areas: Mapping[str, tuple[str, str, float]]
) -> tuple[tuple[Place, ...], ...]:
    """Sum each group by kelurahan, those with most of the first group first."""
    sums = [summed(rates[rates["group"] == group], ["kode_kel"]) for group in groups]
    rows = [tuple(_place(code, about, each) for each in sums) for code, about in areas.items()]
    return tuple(sorted(rows, key=lambda row: (-row[0].mean, row[0].code)))


def _place(code: str, about: tuple[str, str, float], sums: pd.DataFrame) -> Place:
    """Take a kelurahan's row of sums; nothing is expected where there is none."""
    if code not in sums.index:
        return Place(code, *about, 0.0, 0.0, 0.0, 0.0, ())
    row: Any = sums.loc[code]
    mean, low, high, chance = (float(row[name]) for name in TOTALS)
    return Place(code, *about, mean, low, high, chance, ())


def _lead(shown: pd.DataFrame, group: str, horizon_s: float, lang: str) -> str:
    """Say in a sentence what the shades are."""
    whole = summed(shown, []).iloc[0]
    ends = {name: figure(float(whole[name]), lang) for name in ("mean", "low", "high")}
    hours = horizon_s / 3600.0
    said = number(hours, lang, digits=0 if hours % 1 == 0 else 1)
    return words(lang)(f"drawn_risk.lead_{group}", hours=said, map=shown["map"].iloc[0], **ends)


def _notes(shown: pd.DataFrame, ground: AreaMap | None, lang: str) -> list[str]:
    """Say what the map does not show, or shows by a guess."""
    t = words(lang)
    outside = float(shown.loc[shown["kode_kel"] == "", "mean"].sum())
    notes = [t("drawn_risk.outside", n=figure(outside, lang))] if outside > 0.0 else []
    if ground is not None and ground.guessed:
        notes.append(t("risk_map.guessed"))
    return notes


def _sources(shown: pd.DataFrame, lang: str) -> tuple[Source, ...]:
    """List how sure the rates of the map are and where they come from, the weakest first."""
    order = {kind: n for n, kind in enumerate(KINDS)}
    found = []
    for (tag, source), part in shown.groupby(["tag", "source"], sort=False):
        kinds = sorted(part["kind"].unique(), key=lambda kind: order[kind])
        named = joined([name_kind(kind, lang) for kind in kinds], words(lang))
        found.append(Source(str(tag), named, "" if source == tag else str(source)))
    return tuple(sorted(found, key=lambda each: (each.tag != "assumed", each.tag, each.kinds)))
