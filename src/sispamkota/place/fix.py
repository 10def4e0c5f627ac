"""Mend of a city what can be mended without asking: islands nobody stands on, rows that are there twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.schema import Assumption
from sispamkota.words import words

from .check import Finding, joined, same_rows
from .city import City
from .figures import place_figures
from .roads import Roads
from .streets import Bends
from .venues import refs_of

__all__ = ["fix_city"]


def fix_city(city: City, findings: Sequence[Finding], *, lang: str) -> tuple[City, list[str]]:
    """Mend the fixable findings of a city; gives the new city and what was done, one sentence each.

    Only two things are safe: streets that do not hang together with the network are left out (no place stands on them),
    and a venue that repeats an earlier one to the letter is left out. All else is for whoever knows the city.
    """
    t, done = words(lang), list[str]()
    fixable = {each.key for each in findings if each.fixable}
    if "duplicate" in fixable and (again := same_rows(city.venues)).any():
        for row in city.venues[again].to_dict("records"):
            done.append(t("place.check_fixed_duplicate", id=row["id"], name=row["name"]))
        venues = city.venues[~again].reset_index(drop=True)
        city = replace(city, venues=venues.assign(ref=pd.Series(refs_of(venues), dtype="str")))
    if "islands" in fixable and not (keep := joined(city.roads)).all() and _nobody_stands_off(city, keep):
        before = city.roads
        city = _on_part(city, keep)
        counts = {"junctions": before.n_nodes - city.roads.n_nodes, "streets": before.n_edges - city.roads.n_edges}
        done.append(t("place.check_fixed_islands", **counts))
    if done:
        settings = dict(city.manifest.settings) | {"fixed": sorted(fixable)}
        city = replace(city, assumptions=_recounted(city), manifest=replace(city.manifest, settings=settings))
    return city, done


def _nobody_stands_off(city: City, keep: NDArray[np.bool_]) -> bool:
    """Tell whether every place stands on a junction that is kept."""
    return all(bool(keep[table["node"].to_numpy(np.int64)].all()) for table in _places(city).values())


def _places(city: City) -> dict[str, pd.DataFrame]:
    """Give the tables of the city whose rows stand on a junction, by the name of their field."""
    tables = {each.name: getattr(city, each.name) for each in fields(city)}
    return {name: table for name, table in tables.items() if isinstance(table, pd.DataFrame) and "node" in table}


def _on_part(city: City, keep: NDArray[np.bool_]) -> City:
    """Keep only some junctions, whole parts of the network, and the streets between them."""
    number = np.cumsum(keep) - 1
    moved: dict[str, Any] = {
        name: table.assign(node=number[table["node"].to_numpy(np.int64)]) for name, table in _places(city).items()
    }
    return replace(city, roads=_part(city.roads, keep, number), **moved)


def _part(roads: Roads, keep: NDArray[np.bool_], number: NDArray[np.int64]) -> Roads:
    """Cut a part out of the graph; `number` gives the junctions that are kept their new number."""
    arcs = keep[roads.tail]
    streets = np.zeros(roads.n_edges, np.bool_)
    streets[roads.edge[arcs]] = True
    street_number = np.cumsum(streets) - 1
    count = np.diff(roads.indptr)[keep]
    bends = roads.bends
    if bends is not None:
        many = np.diff(bends.start)
        points = np.repeat(streets, many)
        start = np.concatenate([[0], np.cumsum(many[streets])]).astype(np.int64)
        bends = Bends(start, bends.lon[points], bends.lat[points])
    name, used = pd.factorize(pd.Series(roads.name[streets]).where(roads.name[streets] >= 0))
    return replace(
        roads,
        **{name: getattr(roads, name)[keep] for name in ("lon", "lat", "x", "y")},
        **{name: getattr(roads, name)[arcs] for name in ("length_m", "kind", "limit", "access")},
        indptr=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        head=number[roads.head[arcs]].astype(np.int32),
        edge=street_number[roads.edge[arcs]].astype(np.int32),
        name=name.astype(np.int32),
        names=tuple(roads.names[int(i)] for i in used),
        bends=bends,
    )


def _recounted(city: City) -> tuple[Assumption, ...]:
    """Count again what the mended city rests on; an assumption that counts nothing any more goes."""
    venues = city.venues
    counts = {
        "streets_islands": int((~city.roads.main).sum()),
        "positions_proxy": int((venues["quality"] == "proxy").sum()),
        "positions_unknown": int((venues["placed"] != "").sum()),
        "positions_far": int((venues["access_m"] > place_figures().far_m[0]).sum()),
    }
    out: list[Assumption] = []
    for each in city.assumptions:
        n = counts.get(each.key, each.count)
        if n == each.count:
            out.append(each)
        elif n:
            id_, en = (words(lang)(f"place.{each.key}", n=n) for lang in ("id", "en"))
            out.append(replace(each, id=id_, en=en, count=n))
    return tuple(out)
