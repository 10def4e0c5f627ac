"""Published results of elections, as they are read: votes by place and choice stay inside and are never shown.

Totals that do not agree are published so and are told, not mended. A result is a fact from the day of its publication.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Faults, shown
from sispamkota.inputs import DATA
from sispamkota.office import Column, read_table

from .cells import NOTHING, day_in, find_places, place_columns

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["FLAWS", "RESULT_COLUMNS", "Contest", "Results", "city_results", "read_results"]

F8 = NDArray[np.float64]
RESULT_COLUMNS = (
    "contest", "ballot", "place", "level", "date", "published", "n_choices", "valid", "invalid", "used", "voters",
    "coverage", "derived", "source",
)  # fmt: skip
FLAWS = ("where", "contest", "place", "what", "said", "computed")
_TEXTS = (
    Column("contest", "text", ("pemilihan", "pemilu", "election"), need=False),
    Column("ballot", "text", ("surat suara",), need=False),
    Column("date", "text", ("tanggal", "hari"), need=False),
    Column("published", "text", ("terbit", "tanggal terbit", "diumumkan"), need=False),
    Column("choice", "code", ("pilihan", "paslon", "nomor pasangan", "nomor urut pasangan"), need=False),
    Column("source", "text", ("sumber", "sumber data"), need=False),
)
_COUNTS = (
    Column("votes", "whole", ("suara", "perolehan suara", "jumlah suara"), need=False),
    Column("valid", "whole", ("suara sah", "sah", "jumlah suara sah"), need=False),
    Column("invalid", "whole", ("suara tidak sah", "tidak sah", "jumlah suara tidak sah"), need=False),
    Column("used", "whole", ("pengguna hak pilih", "pengguna", "jumlah pengguna hak pilih"), need=False),
    Column("voters", "whole", ("dpt", "jumlah pemilih", "pemilih"), need=False),
    Column("voters_l", "whole", ("dpt l",), need=False),
    Column("voters_p", "whole", ("dpt p",), need=False),
    Column("counted", "whole", ("tps terverifikasi", "tps masuk"), need=False),
    Column("stations", "whole", ("tps total", "jumlah tps"), need=False),
)
_HEAD = ("contest", "ballot", "place", "level")
_NUMBERS = tuple(each.name for each in _COUNTS)


@dataclass(frozen=True)
class Contest:
    """Name an election: its polling day, the day from which its results were known, where they are from.

    Two contests are compared choice by choice only where `ballot` is the same (by default the contest's own name): a
    recount, another reading of the same forms, the same parties again.
    """

    name: str
    day: date
    published: date
    source: str
    ballot: str = ""


@dataclass(frozen=True)
class Results:
    """Hold published results, one row a contest and place (columns: RESULT_COLUMNS), without the votes of any choice.

    `used` are those who voted, `voters` those on the list, `coverage` the share of TPS counted. `flaws` lists totals
    that do not agree (columns: FLAWS). `parts` maps the city and its kecamatan to what they consist of.
    """

    table: pd.DataFrame = field(compare=False, repr=False)
    flaws: pd.DataFrame = field(compare=False, repr=False)
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    personal: Mapping[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    _votes: tuple[F8, ...] = field(default=(), compare=False, repr=False)  # of each row, in the order of its ballot

    def to_table(self) -> pd.DataFrame:
        """Give the table, a copy."""
        return self.table.copy()

    def votes(self) -> tuple[F8, ...]:
        """Give the votes of each row, for measures in which the choices are alike; nothing may keep them."""
        return self._votes

    def as_of(self, day: date) -> Results:
        """Leave out what was published after a day."""
        keep = (self.table["published"] <= day.isoformat()).to_numpy()
        table = self.table[keep].reset_index(drop=True)
        kept_pairs = set(zip(table["contest"], table["place"], strict=True))
        flaws = [pair in kept_pairs for pair in zip(self.flaws["contest"], self.flaws["place"], strict=True)]
        return replace(
            self,
            table=table,
            flaws=self.flaws[np.array(flaws, dtype=bool)].reset_index(drop=True),
            _votes=tuple(votes for votes, kept in zip(self._votes, keep, strict=True) if kept),
        )

    def join(self, *others: Results) -> Results:
        """Put results together; raises ValueError where two speak of the same contest at a place."""
        every = (self, *others)
        table = pd.concat([each.table for each in every], ignore_index=True)
        if table.duplicated(["contest", "place"]).any():
            raise ValueError("two of the results speak of the same contest at a place")
        return Results(
            table,
            pd.concat([each.flaws for each in every], ignore_index=True),
            {name: parts for each in every for name, parts in each.parts.items()},
            {name: count for each in every for name, count in each.personal.items()},
            tuple(name for each in every for name in each.dropped),
            _votes=tuple(votes for each in every for votes in each._votes),  # noqa: SLF001
        )


def city_results(city: City) -> Results | None:
    """Give the embedded results of a city; None where there are none."""
    path = DATA / "cities" / city.name / "results.csv"
    return read_results(path, city) if path.is_file() else None


def read_results(
    path: str | Path,
    city: City,
    *,
    contest: Contest | None = None,
    choices: Sequence[str] = (),
    renamed: Mapping[str, str] = NOTHING,
) -> Results:
    """Read results from .csv, .xlsx, .ods and the like: votes in columns, or one row a place and choice.

    Parameters
    ----------
    path : str or Path
        Has kode, kelurahan, kecamatan, tps as far as needed; valid, invalid, used, voters where they were published.
    city : City
        Whose places these are. A TPS is one of that election: its number need not be in the register of today, and its
        place ends with the year, so that the two are never taken for one another.
    contest : Contest, optional
        Which election the file is of; else its columns contest, date, published and source say so, row by row.
    choices : sequence of str
        The columns of votes, one a choice; else the columns choice and votes.
    renamed : mapping
        Their name of a column to ours.

    Returns
    -------
    Results
        Raises InputError with every fault of the file; totals that do not agree are flaws, not faults.
    """
    faults, path = Faults(), Path(path)
    voted = [Column(f"votes {i}", "whole", (name,), need=True) for i, name in enumerate(choices)]
    table = read_table(path, [*place_columns(), *_TEXTS, *_COUNTS, *voted], faults, renamed=renamed, option="")
    faults.raise_if_any()
    names = ["where", *(each.name for each in (*place_columns(), *_TEXTS, *_COUNTS, *voted))]
    rows = table.rows.reindex(columns=names, fill_value="").astype("str")
    rows = _named(rows, contest, faults)
    rows[["place", "level"]] = find_places(rows, city, faults, listed=False)
    station = rows["level"] == "tps"
    rows.loc[station, "place"] += "@" + rows.loc[station, "date"].str[:4]
    for name in (*_NUMBERS, *(each.name for each in voted)):
        rows[name] = _counts(rows, name, faults)
    read = _wide(rows, [each.name for each in voted]) if voted else _long(rows, table.rows, path, faults)
    faults.raise_if_any()
    laid, votes = read
    flaws = pd.DataFrame(_flaws(laid, votes), columns=list(FLAWS))
    report = table.report
    laid["valid"] = laid["valid"].where(laid["valid"].notna(), [each.sum() for each in votes])
    return Results(laid[list(RESULT_COLUMNS)], flaws, _parts(city), dict(report.personal), report.dropped, _votes=votes)


def _parts(city: City) -> dict[str, tuple[str, ...]]:
    """Say of what the city and each kecamatan consist."""
    kelurahan = city.kelurahan
    inner = {str(code): tuple(part["kode"]) for code, part in kelurahan.groupby("kode_kec", sort=True)}
    return {city.name: tuple(inner)} | inner


def _named(rows: pd.DataFrame, contest: Contest | None, faults: Faults) -> pd.DataFrame:
    """Give every row its contest, with its days as ISO text; faults for what nobody says."""
    rows = rows.copy()
    if contest is not None:
        days = {"date": contest.day.isoformat(), "published": contest.published.isoformat()}
        rows = rows.assign(contest=contest.name, ballot=contest.ballot or contest.name, source=contest.source, **days)
    rows["ballot"] = rows["ballot"].where(rows["ballot"] != "", rows["contest"])
    absent = [name for name in ("contest", "source", "date", "published") if (rows[name] == "").all()]
    for name in absent:  # one fault and not one a row
        remedy = f"Add a column {name}, or describe the election in a YAML (docs/how-to/map-the-risk.md)."
        file = str(rows["where"].iloc[0]).rpartition(":")[0] if len(rows) else ""
        faults.add(where=file, field=name, expected="which election this is", got="nothing", remedy=remedy)
    for name in {"contest", "source"}.difference(absent):
        for where in rows.loc[rows[name] == "", "where"]:
            remedy = f"Fill the column {name}."
            faults.add(where=where, field=name, expected="a value", got="nothing", remedy=remedy)
    for name in ("date", "published"):
        if name in absent:
            continue
        pairs = zip(rows["where"], rows[name], strict=True)
        days_read = [day_in(text, where=where, name=name, faults=faults) for where, text in pairs]
        rows[name] = [each.isoformat() if each else "" for each in days_read]
    early = (rows["published"] < rows["date"]) & (rows["published"] != "")
    for where, got in zip(rows.loc[early, "where"], rows.loc[early, "published"], strict=True):
        remedy = "No result is known before the vote."
        faults.add(where=where, field="published", expected="a day after the vote", got=got, remedy=remedy)
    return rows


def _counts(rows: pd.DataFrame, name: str, faults: Faults) -> F8:
    """Read whole numbers from 0; NaN is unknown."""
    out = np.full(len(rows), np.nan)
    for i, (where, text) in enumerate(zip(rows["where"], rows[name], strict=True)):
        if text.isascii() and text.isdigit():
            out[i] = float(text)
        elif text:
            remedy = "Correct it, or leave it blank: unknown."
            faults.add(where=where, field=name, expected="a whole number from 0", got=shown(text), remedy=remedy)
    return out


_Laid = tuple[pd.DataFrame, tuple[F8, ...]]


def _finished(rows: pd.DataFrame, choices: Sequence[int]) -> pd.DataFrame:
    """Complete the rows: voters as men and women, coverage, how many choices."""
    both = rows["voters_l"] + rows["voters_p"]
    used = rows["used"].where(rows["used"].notna(), rows["valid"] + rows["invalid"])
    coverage = (rows["counted"] / rows["stations"]).fillna(1.0)
    voters = rows["voters"].fillna(both).where(lambda each: each > 0)
    return rows.assign(voters=voters, used=used, coverage=coverage, n_choices=list(choices), derived="published")


def _wide(rows: pd.DataFrame, names: Sequence[str]) -> _Laid:
    """Take one row a place; where votes are blank, NaN, all that rests on them is unknown."""
    return _finished(rows, [len(names)] * len(rows)), tuple(rows[list(names)].to_numpy(np.float64))


def _long(rows: pd.DataFrame, given: pd.DataFrame, path: Path, faults: Faults) -> _Laid:
    """Gather one row a place and choice into one row a place, the choices in the order of their names."""
    if not {"choice", "votes"} <= set(given):
        expected, remedy = "the columns choice and votes", "Name the columns of votes, one a choice."
        faults.add(where=f"{path}:1", field="choice", expected=expected, got="not both", remedy=remedy)
        return rows.iloc[:0], ()
    for where, choice, votes in zip(rows["where"], rows["choice"], rows["votes"], strict=True):
        if choice == "" or np.isnan(votes):
            remedy = "Complete the row, or remove it."
            faults.add(where=where, field="choice", expected="a choice and its votes", got="a blank", remedy=remedy)
    again = rows.duplicated(["contest", "place", "choice"]) & (rows["place"] != "")
    for where, choice in zip(rows.loc[again, "where"], rows.loc[again, "choice"], strict=True):
        remedy = "Keep one of the two."
        faults.add(
            where=where, field="choice", expected="each choice of a place once", got=shown(choice), remedy=remedy
        )
    heads, held = list[Any](), list[F8]()
    for _, part in rows.groupby(list(_HEAD), sort=False):
        heads.append(part.iloc[0])
        held.append(part.sort_values("choice")["votes"].to_numpy(np.float64))
    frame = pd.DataFrame(heads).reset_index(drop=True) if heads else rows.iloc[:0]
    return _finished(frame, [len(each) for each in held]), tuple(held)


def _flaws(rows: pd.DataFrame, votes: Sequence[F8]) -> list[tuple[Any, ...]]:
    """List totals that do not agree: said and computed."""
    out = list[tuple[Any, ...]]()
    for row, each in zip(rows.to_dict("records"), votes, strict=True):
        if np.isnan(each).any():
            out.append((row["where"], row["contest"], row["place"], "votes are blank", np.nan, np.nan))
        checks = (
            ("valid ≠ sum of votes", row["valid"], each.sum()),
            ("used ≠ valid + invalid", row["used"], row["valid"] + row["invalid"]),
        )
        for what, said, computed in checks:
            if np.isfinite(said) and np.isfinite(computed) and said != computed:
                out.append((row["where"], row["contest"], row["place"], what, said, computed))
    return out
