"""People by place and hour: residents, voters at their polling station with the queue, and what is not known."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from sispamkota.words import number, words

from .city import City
from .voting import Queue

__all__ = ["VISITED_KINDS", "people_rows", "presence", "queues"]

Day = Literal["vote", "work", "rest"]
VISITED_KINDS = ("pasar", "mal", "kampus", "sekolah", "stasiun", "terminal")
_NOT_COUNTED = "unavailable"  # no count of visitors or workers was found


def presence(city: City, hour: float, *, tps: pd.DataFrame, day: Day) -> pd.DataFrame:
    """Say how many people are where at an hour (0-24): ref, kind, present, tag, source.

    On a day of the vote those who are at a TPS (of the register `tps`) are not at home; other ways out of the house are
    not known, so the residents of other days are an upper bound. Markets, stations and the like have NaN present and
    the tag "unavailable": no counts are published. A TPS whose voters are unknown has NaN too. Raises ValueError for an
    hour or a day that there is not.
    """
    if not 0.0 <= hour <= 24.0 or day not in ("vote", "work", "rest"):
        raise ValueError('hour is from 0 to 24, day is "vote", "work" or "rest"')
    homes = city.kelurahan[["kode", "population", "quality", "source"]].rename(
        columns={"kode": "ref", "population": "present", "quality": "tag"}
    )
    parts = [homes.assign(kind="kelurahan")]
    if day == "vote":
        queue = Queue.of(tps["voters"])
        there = queue.there(hour)
        voters = pd.Series(there, index=tps["kode_kel"]).groupby(level=0).sum()
        parts[0]["present"] -= parts[0]["ref"].map(voters).fillna(0.0)
        rows = pd.DataFrame({"ref": tps["id"], "kind": "tps", "present": there})
        parts.append(rows.assign(tag=np.where(np.isnan(there), _NOT_COUNTED, "assumed"), source="voting.yaml"))
    visited = city.venues.loc[city.venues["kind"].isin(VISITED_KINDS), ["ref", "kind"]]
    parts.append(visited.assign(present=np.nan, tag=_NOT_COUNTED, source=""))
    columns = ["ref", "kind", "present", "tag", "source"]
    return pd.concat([part[columns] for part in parts if len(part)], ignore_index=True)


def queues(tps: pd.DataFrame) -> pd.DataFrame:
    """Say of each TPS how its day goes: id, coming, most_waiting, longest_min, done_h, worst_min, worst_done_h.

    coming: voters who come; most_waiting: the longest queue, people; longest_min: the longest wait, minutes; done_h:
    the hour at which the last voter leaves. The worst ones are those of the bad ends of the ranges in
    data/place/voting.yaml together: most come, most of them early, and the booths are slow.
    """
    usual, worst = Queue.of(tps["voters"]), Queue.worst(tps["voters"])
    return pd.DataFrame(
        {
            "id": tps["id"].to_numpy(),
            "coming": usual.arrived[:, -1],
            "most_waiting": usual.queue.max(axis=1),
            "longest_min": usual.longest_min,
            "done_h": usual.done_h,
            "worst_min": worst.longest_min,
            "worst_done_h": worst.done_h,
        }
    )


def people_rows(city: City, table: pd.DataFrame, *, lang: str) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows of what `presence` says: each kecamatan and the city, at home and at its TPS."""
    t = words(lang)
    homes = table[table["kind"] == "kelurahan"].set_index("ref")["present"]
    voters = table[table["kind"] == "tps"].set_index("ref")["present"]
    there = voters.groupby(dict(zip(city.tps["id"], city.tps["kode_kel"], strict=True))).sum()
    rows: list[tuple[str, ...]] = []
    for name, codes in city.kelurahan.groupby("kecamatan", sort=False)["kode"]:
        at_home, at_tps = homes.reindex(codes).sum(), there.reindex(codes).sum()
        rows.append((str(name), number(float(at_home), lang), number(float(at_tps), lang)))
    rows.append((city.title, number(float(homes.sum()), lang), number(float(there.sum()), lang)))
    uncounted = int(table.loc[~table["kind"].isin(["kelurahan", "tps"]), "ref"].nunique())
    header = (t("place.people_where"), t("place.people_home"), t("place.people_tps"))
    return t("place.people_title", n=uncounted), header, rows
