"""Tables about places as offices keep them: one row a place with a column a thing, or one row a place and thing.

A place is the city, a kecamatan, a kelurahan or a TPS, and a row speaks of the finest that it names. What a row says of
a kecamatan is never said of its kelurahan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sispamkota.errors import Faults, shown, suggest
from sispamkota.office import Column, OfficeReport, read_table
from sispamkota.office_columns import plain

if TYPE_CHECKING:
    import pandas as pd

    from sispamkota.place.city import City

__all__ = ["LEVELS", "NOTHING", "Cells", "Thing", "day_in", "find_places", "place_columns", "read_cells", "station"]

LEVELS = ("city", "kecamatan", "kelurahan", "tps")  # from coarse to fine
NOTHING: Mapping[str, str] = MappingProxyType({})
_CODES = ("kode kelurahan", "kode kel", "kode wilayah", "kode desa", "kode area", "code")
_PLACES = (
    Column("kode", "code", _CODES, need=False),
    Column("kode_kec", "code", ("kode kecamatan",), need=False),
    Column("kelurahan", "text", ("nama kelurahan", "desa", "desa kelurahan", "village"), need=False, area=True),
    Column("kecamatan", "text", ("nama kecamatan", "district"), need=False, area=True),
    Column("tps", "whole", ("nomor tps", "tps nomor", "station"), need=False),
)
_SAID = (
    Column("source", "text", ("sumber", "sumber data"), need=False),
    Column("date", "text", ("tanggal", "per tanggal", "hari"), need=False),
    Column("quality", "text", ("mutu", "kualitas"), need=False),
)
_LONG = (
    Column("thing", "text", ("indikator", "indicator", "kriteria", "criterion", "variabel", "variable"), need=False),
    Column("value", "number", ("nilai", "skor", "score", "jumlah", "jawaban"), need=False),
)


@dataclass(frozen=True)
class Thing:
    """Name what is said of places, the names under which a file may have it, and whether it is a whole number."""

    name: str
    also: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class Cells:
    """Hold the cells of a file: where, place, level, thing, text, source, date, quality; and how it was read."""

    rows: pd.DataFrame
    report: OfficeReport = field(default_factory=OfficeReport)


def place_columns() -> tuple[Column, ...]:
    """Give the columns by which a table names a place: kode, kode_kec, kelurahan, kecamatan, tps."""
    return _PLACES


def station(kode_kel: str, number: float) -> str:
    """Write the id of a TPS as the register of the city does."""
    return f"{kode_kel}/{int(number):03d}"


def read_cells(
    path: str | Path,
    things: Sequence[Thing],
    city: City,
    faults: Faults,
    *,
    kind: str = "number",
    renamed: Mapping[str, str] = NOTHING,
) -> Cells:
    """Read a table of places and things; faults for places that the city has not, and for things that nobody knows.

    `kind` is that of the values, "number" or "text". Columns about persons are counted and not read; other columns are
    left out and named. A blank cell is unknown, and gives no row.
    """
    import pandas as pd

    path = Path(path)
    named = [Column(each.name, "whole" if each.whole else kind, each.also, need=False) for each in things]
    long = [_LONG[0], Column("value", kind, _LONG[1].aliases, need=False)]
    table = read_table(path, [*_PLACES, *_SAID, *long, *named], faults, renamed=renamed, option="")
    rows = table.rows.reindex(columns=["where", *(each.name for each in (*_PLACES, *_SAID))], fill_value="")
    rows = rows.astype("str")
    at = find_places(rows, city, faults)
    rows = rows.assign(place=[place for place, _ in at], level=[level for _, level in at])
    parts = [_wide(rows, table.rows[each.name], each.name) for each in things if each.name in table.rows]
    if {"thing", "value"} <= set(table.rows):
        parts.append(_long(rows, table.rows, things, faults))
    if not parts and len(table.rows):
        expected, got = "a column of ours, or the columns indikator and nilai", "neither"
        remedy = suggest(" ".join(table.report.dropped[:1]), [each.name for each in things])
        faults.add(where=f"{path}:1", field="columns", expected=expected, got=got, remedy=remedy)
    columns = ["where", "place", "level", "thing", "text", "source", "date", "quality"]
    out = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame({name: [] for name in columns})
    out = out[(out["text"] != "") & (out["place"] != "")].reset_index(drop=True)
    _once(out, faults)
    return Cells(out, table.report)


def _wide(rows: pd.DataFrame, texts: pd.Series[str], name: str) -> pd.DataFrame:
    """Give the cells of the column of one thing."""
    return rows.assign(thing=name, text=texts.to_numpy())


def _long(rows: pd.DataFrame, table: pd.DataFrame, things: Sequence[Thing], faults: Faults) -> pd.DataFrame:
    """Give the cells of a table that names its things in a column."""
    known = {plain(alias): each.name for each in things for alias in (*each.also, each.name.replace("_", " "))}
    names = []
    for where, text in zip(rows["where"], table["thing"], strict=True):
        found = known.get(plain(text.replace("_", " ")), "")
        if not found:
            remedy = suggest(text, [each.name for each in things])
            faults.add(where=where, field="indikator", expected="one that is defined", got=shown(text), remedy=remedy)
        names.append(found)
    out = rows.assign(thing=names, text=table["value"].to_numpy())
    return out[out["thing"] != ""]


def _once(cells: pd.DataFrame, faults: Faults) -> None:
    """Ask that a file says each thing of a place once."""
    first: dict[tuple[str, str], str] = {}
    for where, place, thing in zip(cells["where"], cells["place"], cells["thing"], strict=True):
        if (place, thing) in first:
            got = f"{thing} of {place} again (first at {first[place, thing]})"
            faults.add(where=where, field=thing, expected="each place once", got=got, remedy="Keep one of the two.")
        first.setdefault((place, thing), where)


def find_places(rows: pd.DataFrame, city: City, faults: Faults, *, listed: bool = True) -> list[tuple[str, str]]:
    """Give (place, level) of each row, ("", "") and a fault where there is none.

    `rows` has where and the columns of `place_columns`. A place is the city's name, the code of an area, or the id of
    a TPS; `listed` asks that the register of the city has it.
    """
    finder, cells = _Finder(city, faults, listed=listed), rows[["where", *(each.name for each in _PLACES)]]
    return [finder.find(row) for row in cells.to_dict("records")]


class _Finder:
    """Find the places of a city by code or name."""

    def __init__(self, city: City, faults: Faults, *, listed: bool) -> None:
        self.faults, self.city = faults, city
        kecamatan, kelurahan = city.kecamatan, city.kelurahan
        self.districts = dict(zip(kecamatan["kode"], kecamatan["nama"], strict=True))
        self.wards = dict(zip(kelurahan["kode"], kelurahan["nama"], strict=True))
        self.district_of = dict(zip(kelurahan["kode"], kelurahan["kode_kec"], strict=True))
        self.stations = set(city.tps["id"]) if listed else None
        self.whole = {plain(city.name), plain(city.title), *(code.rpartition(".")[0] for code in self.districts)} - {""}

    def find(self, row: Mapping[Any, Any]) -> tuple[str, str]:
        """Find the place of one row."""
        number = self.number(row)
        area = self.area(row)
        if number is None or not area[0] or row["tps"] == "":
            return area if number is not None else ("", "")
        if area[1] != "kelurahan":
            return self.fault(
                row, "kelurahan", "the kelurahan of the TPS", area[0], "Fill the kelurahan beside the TPS."
            )
        place = station(area[0], number)
        if self.stations is not None and place not in self.stations:
            most = sum(each.startswith(f"{area[0]}/") for each in self.stations)
            remedy = f"The register has {most} TPS there; numbers of another election are not the same places."
            return self.fault(row, "tps", "a TPS of the register", row["tps"], remedy)
        return place, "tps"

    def number(self, row: Mapping[Any, Any]) -> int | None:
        """Read the number of a TPS, 0 where there is none; a fault and None where it is no number."""
        text = row["tps"]
        if text == "" or (text.isascii() and text.isdigit() and 0 < int(text) < 10_000):
            return int(text or 0)
        self.fault(row, "tps", "a number from 1", text, "Write the number of the TPS, or leave it blank.")
        return None

    def area(self, row: Mapping[Any, Any]) -> tuple[str, str]:
        """Find the area of one row: by its code, else by the finest name."""
        ward, district = row["kelurahan"], row["kecamatan"]
        if row["kode"]:
            return self.by_code(row, row["kode"])
        if ward:
            return self.by_name(row, ward, district)
        if row["kode_kec"]:
            return self.by_code(row, row["kode_kec"])
        if district:
            same = [code for code, name in self.districts.items() if plain(name) == plain(district)]
            if same:
                return same[0], "kecamatan"
            known = suggest(district, self.districts.values())
            return self.fault(row, "kecamatan", "a kecamatan of the city", district, known)
        return self.fault(row, "kode", "a place of the city", "", "Fill kode, kelurahan or kecamatan.")

    def by_code(self, row: Mapping[Any, Any], kode: str) -> tuple[str, str]:
        """Find an area by its code; the city goes by its own name too."""
        if plain(kode) in self.whole or kode in self.whole:
            return self.city.name, "city"
        for level, known in (("kelurahan", self.wards), ("kecamatan", self.districts)):
            if kode in known:
                return kode, level
        return self.fault(row, "kode", "the code of an area of the city", kode, suggest(kode, sorted(self.wards)))

    def by_name(self, row: Mapping[Any, Any], ward: str, district: str) -> tuple[str, str]:
        """Find a kelurahan by its name, with that of its kecamatan where two bear it."""
        same = [code for code, name in self.wards.items() if plain(name) == plain(ward)]
        inside = [
            c for c in same if not district or plain(self.districts.get(self.district_of[c], "")) == plain(district)
        ]
        if len(inside) == 1:
            return inside[0], "kelurahan"
        remedy = "Give its code, or the name of its kecamatan." if same else suggest(ward, sorted(self.wards.values()))
        return self.fault(row, "kelurahan", "a kelurahan of the city", ward, remedy)

    def fault(self, row: Mapping[Any, Any], field: str, expected: str, got: str, remedy: str) -> tuple[str, str]:
        """Note a fault of a row, which then has no place."""
        self.faults.add(where=row["where"], field=field, expected=expected, got=shown(got), remedy=remedy)
        return "", ""


def day_in(text: str, *, where: str, name: str, faults: Faults) -> date | None:
    """Read a day written 2024-11-27, or 27-11-2024, 27/11/2024; a fault and None for anything else."""
    head = text.partition("T")[0].partition(" ")[0]
    parts = head.replace("/", "-").replace(".", "-").split("-")
    if len(parts) == 3 and len(parts[2]) == 4:
        parts = parts[::-1]
    try:
        return date(*(int(part) for part in parts)) if len(parts) == 3 and len(parts[0]) == 4 else _no_day()
    except ValueError:
        expected, remedy = "a day, such as 2024-11-27", "Write year, month, day."
        faults.add(where=where, field=name, expected=expected, got=shown(text), remedy=remedy)
    return None


def _no_day() -> date:
    raise ValueError
