"""The pattern of polling stations: from the class of each TPS to how many police and Linmas its guard takes.

Police go in pairs, each with so many TPS of one class; Linmas stand two at a TPS. A pair that is counted for a whole
city may serve TPS of several kelurahan; counted kelurahan by kelurahan more pairs are needed, for each rounds up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from sispamkota.errors import Fault, InputError, shown
from sispamkota.risk.rules import CLASSES
from sispamkota.schema import Assumption
from sispamkota.show import html_table, text_table
from sispamkota.words import number, percent, pick_language, say_day, words

from .doctrine import Doctrine, Norm, norms

if TYPE_CHECKING:
    from sispamkota.place.city import City
    from sispamkota.risk.tps import TpsClasses

    from .force import Force

__all__ = [
    "AREA_COLUMNS", "PAIR", "RATIOS", "TpsPattern", "area_rows", "count_rows", "in_force", "other_rows",
    "own_ratios", "pairs_for", "reserve_line", "roster_rows", "tps_pattern",
]  # fmt: skip

PAIR = 2  # persons; the norms count TPS per two police
RATIOS: Mapping[str, str] = {
    "kurang_rawan": "tps.police_ratio",
    "rawan": "tps.police_ratio.rawan",
    "sangat_rawan": "tps.police_ratio.sangat_rawan",
    "khusus": "tps.police_ratio.khusus",
}
LEVELS = ("kelurahan", "kecamatan", "city")
AREA_COLUMNS = (
    *("level", "kode", "name", "tps", *CLASSES, "pairs", "police", "police_kelurahan", "linmas", "linmas_regular"),
)


@dataclass(frozen=True)
class TpsPattern:
    """Hold what the guard of the TPS of a city takes on a day.

    `ratios`: TPS per two police by class; `linmas`: persons a TPS. `areas` (level, kode, name, tps, one column a class,
    pairs, police, police_kelurahan, linmas, linmas_regular): `police` counts pairs within the area of the row,
    `police_kelurahan` sums its kelurahan; `linmas_regular` leaves TPS khusus out. `counts` (pattern, counted_by, pairs,
    police): pattern "one" holds every TPS to the ratio of kurang rawan, "class" each to its own. `others` (class,
    value, police, used, source, tag, mark, note): what each source in force would take over the whole city. `people`
    (basis, agency, who, people, pattern, needed, left, source): what is published of that day, and of a roster.
    """

    on: date
    city: str
    title: str
    ratios: Mapping[str, Norm]
    linmas: Norm
    areas: pd.DataFrame = field(compare=False, repr=False)
    counts: pd.DataFrame = field(compare=False, repr=False)
    others: pd.DataFrame = field(compare=False, repr=False)
    people: pd.DataFrame = field(compare=False, repr=False)
    reserve: Norm | None = None
    classed: tuple[Assumption, ...] = ()

    @property
    def name(self) -> str:
        """Write the pattern of TPS kurang rawan as the police do, Polri-TPS-Linmas: "2-12-24"."""
        ratio = self.ratios[CLASSES[0]].value
        return f"{PAIR}-{ratio:g}-{ratio * self.linmas.value:g}"

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """State what the classes rest on, and every figure that is assumed."""
        assumed = [each for each in (*self.ratios.values(), self.linmas) if each.tag == "assumed"]
        own = tuple(
            Assumption(each.name, f"{each.name} = {each.value:g}", f"{each.name} = {each.value:g}", "assumed", 1)
            for each in assumed
        )
        return self.classed + own

    def police(self, *, pattern: str = "class", counted_by: str = "city") -> int:
        """Give the police of one way of counting: pattern "one" or "class", by kelurahan, kecamatan or city."""
        rows = self.counts
        return int(rows.loc[(rows["pattern"] == pattern) & (rows["counted_by"] == counted_by), "police"].iloc[0])

    def linmas_people(self, *, khusus: bool = True) -> int:
        """Give the Linmas of the city, of all TPS or without TPS khusus."""
        city = self.areas[self.areas["level"] == "city"]
        return int(city["linmas" if khusus else "linmas_regular"].iloc[0])

    def to_table(self) -> pd.DataFrame:
        """Give one row an area, a copy."""
        return self.areas.copy()

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain JSON values."""
        tables = {key: getattr(self, key) for key in ("areas", "counts", "others", "people")}
        rows = {key: [dict(row) for row in table.to_dict("records")] for key, table in tables.items()}
        ratios = {
            key: {"value": each.value, "source": each.source, "tag": each.tag} for key, each in self.ratios.items()
        }
        head = {"city": self.city, "on": self.on.isoformat(), "pattern": self.name, "ratios": ratios}
        head["linmas_per_tps"] = {"value": self.linmas.value, "source": self.linmas.source, "tag": self.linmas.tag}
        return head | rows | {"assumptions": [vars(each) for each in self.assumptions]}

    def __str__(self) -> str:
        """Print all four tables."""
        lang = pick_language(None)
        return "\n\n".join(text_table(*rows(self, lang=lang)) for rows in _TABLES)

    def _repr_html_(self) -> str:
        lang = pick_language(None)
        return "".join(html_table(*rows(self, lang=lang)) for rows in _TABLES)


def in_force(name: str, *, on: date, own: Doctrine | None = None) -> tuple[Norm, ...]:
    """Give every value of a norm in force on a day, the default first; raises InputError where there is none."""
    try:
        return norms(name, on=on, own=own)
    except KeyError as error:
        remedy = "Choose another day, or give a doctrine file of your own with --doctrine."
        fault = Fault("--on", name, "a norm in force on the day", str(error.args[0]), remedy)
        raise InputError([fault]) from None


def own_ratios(chosen: Mapping[str, float]) -> dict[str, Norm]:
    """Make norms of ratios that the user chose, TPS per two police by class; raises InputError for what is none."""
    faults = []
    for name, value in chosen.items():
        if name not in RATIOS:
            remedy = f"Name a class: {', '.join(CLASSES)}."
            faults.append(Fault("--ratio", "class", "a class of TPS", shown(name), remedy))
        elif not (math.isfinite(value) and value >= 1 and value == int(value)):
            remedy = "For example --ratio rawan=4: two police for four TPS."
            faults.append(Fault("--ratio", name, "a whole number of TPS from 1", f"{value:g}", remedy))
    if faults:
        raise InputError(faults)
    unit = "TPS per 2 police"
    return {
        name: Norm(RATIOS[name], value, unit, "--ratio", "assumed", value, value, date.min, date.max)
        for name, value in chosen.items()
    }


def pairs_for(tps: int, ratio: float) -> int:
    """Count the pairs for so many TPS of one class: the last one may have fewer."""
    return math.ceil(round(tps / ratio, 9))


def tps_pattern(
    city: City,
    classes: TpsClasses,
    *,
    force: Force | None = None,
    own: Doctrine | None = None,
    ratios: Mapping[str, float] | None = None,
) -> TpsPattern:
    """Count what the guard of a city's TPS takes by the norms in force on the day of their classes.

    `ratios` (TPS per two police, by class) go before the norms; `own` is the user's doctrine; `force` a roster to set
    it against. Raises InputError for a day on which no norm held.
    """
    on = classes.on
    known = {name: in_force(norm, on=on, own=own) for name, norm in RATIOS.items()}
    chosen = own_ratios(ratios or {})
    used = {name: chosen.get(name, values[0]) for name, values in known.items()}
    linmas = in_force("tps.linmas", on=on, own=own)[0]
    reserve = in_force("reserve.share", on=on, own=own)[0]
    areas = _areas(city, classes, used, linmas.value)
    counts = pd.DataFrame(list(_counts(areas, used)), columns=["pattern", "counted_by", "pairs", "police"])
    found = TpsPattern(
        on=on,
        city=city.name,
        title=city.title,
        ratios=used,
        linmas=linmas,
        areas=areas,
        counts=counts,
        others=_others(areas, known, chosen),
        people=pd.DataFrame(),
        reserve=reserve,
        classed=classes.assumptions,
    )
    rows = [*_published(found, own), *_of_roster(found, force)]
    people = pd.DataFrame(rows, columns=["basis", "agency", "who", "people", "pattern", "needed", "left", "source"])
    return TpsPattern(**{**vars(found), "people": people})


def _areas(city: City, classes: TpsClasses, ratios: Mapping[str, Norm], linmas: float) -> pd.DataFrame:
    """Count TPS, police and Linmas of every kelurahan, kecamatan and the city."""
    table = classes.table
    by_area = table.groupby(["kode_kel", "class"], sort=False).size()
    rows, sums = list[dict[str, Any]](), dict[str, dict[str, int]]()
    heads = [("city", city.name, city.title)]
    heads += [("kecamatan", str(kode), str(name)) for kode, name in _names(city.kecamatan)]
    heads += [("kelurahan", str(kode), str(name)) for kode, name in _names(city.kelurahan)]
    parent = {str(kode): str(kec) for kode, kec in city.kelurahan[["kode", "kode_kec"]].itertuples(index=False)}
    for _, kode, _ in heads:
        sums[kode] = dict.fromkeys((*CLASSES, "police"), 0)
    for kode, kec in parent.items():
        each = {name: int(by_area.get((kode, name), 0)) for name in CLASSES}
        each["police"] = PAIR * _pairs(each, ratios)
        for place in (kode, kec, city.name):
            for name, count in each.items():
                sums[place][name] += count
    for level, kode, name in heads:
        each = {key: sums[kode][key] for key in CLASSES}
        tps, pairs = sum(each.values()), _pairs(each, ratios)
        row = {"level": level, "kode": kode, "name": name, "tps": tps, **each, "pairs": pairs, "police": PAIR * pairs}
        row |= {"police_kelurahan": sums[kode]["police"], "linmas": math.ceil(linmas * tps)}
        rows.append(row | {"linmas_regular": math.ceil(linmas * (tps - each["khusus"]))})
    return pd.DataFrame(rows, columns=list(AREA_COLUMNS))


def _names(table: pd.DataFrame) -> Iterator[tuple[Any, Any]]:
    return zip(table["kode"], table["nama"], strict=True)


def _pairs(tps: Mapping[str, int], ratios: Mapping[str, Norm]) -> int:
    """Count the pairs of one area, each class by itself."""
    return sum(pairs_for(tps[name], ratios[name].value) for name in CLASSES)


def _counts(areas: pd.DataFrame, ratios: Mapping[str, Norm]) -> Iterator[tuple[str, str, int, int]]:
    """Count pairs in every way: all TPS by one ratio or each by its class, counted over the city or in its parts."""
    one = ratios[CLASSES[0]].value
    for pattern in ("one", "class"):
        for level in reversed(LEVELS):
            rows = areas[areas["level"] == level]
            pairs = sum(pairs_for(int(tps), one) for tps in rows["tps"]) if pattern == "one" else rows["pairs"].sum()
            yield pattern, level, int(pairs), PAIR * int(pairs)


def _others(areas: pd.DataFrame, known: Mapping[str, tuple[Norm, ...]], chosen: Mapping[str, Norm]) -> pd.DataFrame:
    """Lay out what each source says of each class, and the police that it would take over the city."""
    city = areas[areas["level"] == "city"].iloc[0]
    rows = []
    for name, values in known.items():
        own = [chosen[name]] if name in chosen else []
        for i, each in enumerate([*own, *values]):
            police = PAIR * pairs_for(int(city[name]), each.value)
            rows.append((name, each.value, police, i == 0, each.source, each.tag, each.mark, each.note))
    return pd.DataFrame(rows, columns=["class", "value", "police", "used", "source", "tag", "mark", "note"])


_Row = tuple[str, str, str, int, str, int, int, str]


def _needs(found: TpsPattern, agency: str) -> list[tuple[str, int]]:
    """Give what an agency's part of the guard takes, in each way of counting."""
    if agency == "linmas":
        return [("all", found.linmas_people()), ("regular", found.linmas_people(khusus=False))]
    return [("one", found.police(pattern="one")), ("class", found.police())]


def _published(found: TpsPattern, own: Doctrine | None) -> Iterator[_Row]:
    """Set the pattern against what was published of that city and day, every source."""
    for agency, name in (("polri", "polri_people"), ("linmas", "linmas_people")):
        try:
            values = norms(f"{found.city}.{name}", on=found.on, own=own)
        except KeyError:
            continue
        for each in values:
            people = int(each.value)
            for pattern, needed in _needs(found, agency):
                yield "published", agency, "all", people, pattern, needed, people - needed, each.source


def _of_roster(found: TpsPattern, force: Force | None) -> Iterator[_Row]:
    """Set the pattern against a roster: those who are meant for TPS, and everyone of the agency."""
    if force is None:
        return
    for agency, kind in (("polri", "polisi_tps"), ("linmas", "linmas")):
        of_agency = [unit for unit in force.units if unit.agency == agency]
        groups = {kind: sum(unit.people for unit in of_agency if unit.kind == kind)}
        groups["all"] = sum(unit.people for unit in of_agency)
        if agency == "linmas":
            del groups[kind]
        for who, people in groups.items():
            for pattern, needed in _needs(found, agency):
                yield "roster", agency, who, people, pattern, needed, people - needed, force.name


_Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def area_rows(found: TpsPattern, *, lang: str, level: str = "kecamatan") -> _Table:
    """Give title, header and rows: TPS by class, police and Linmas, of the areas of a level and the city."""
    t = words(lang)
    columns = ("tps", *CLASSES, "police", "police_kelurahan", "linmas", "linmas_regular")
    table = found.areas
    shown_rows = pd.concat([table[table["level"] == level], table[table["level"] == "city"]])
    rows = [(str(row["name"]), *(number(row[key], lang) for key in columns)) for row in shown_rows.to_dict("records")]
    header = (t("pattern.area"), *(t(f"pattern.{key}") for key in columns))
    title = t("pattern.title", city=found.title, on=say_day(found.on.isoformat(), lang), pattern=found.name)
    return title, header, rows


def count_rows(found: TpsPattern, *, lang: str) -> _Table:
    """Give title, header and rows: police in each way of counting pairs."""
    t = words(lang)
    rows: list[tuple[str, ...]] = [
        (t(f"pattern.by_{row['pattern']}", pattern=found.name), t(f"pattern.level_{row['counted_by']}"),
         number(row["pairs"], lang), number(row["police"], lang))
        for row in found.counts.to_dict("records")
    ]  # fmt: skip
    header = (t("pattern.rule"), t("pattern.counted_by"), t("pattern.pairs"), t("pattern.police"))
    return t("pattern.counting"), header, rows


def other_rows(found: TpsPattern, *, lang: str) -> _Table:
    """Give title, header and rows: what each source says of each class, and what it would take; the used one marked."""
    t = words(lang)
    rows: list[tuple[str, ...]] = [
        ("→" if row["used"] else "", t(f"pattern.{row['class']}"), f"{PAIR} : {row['value']:g}",
         number(row["police"], lang), row["source"], t(f"pattern.tag_{row['tag']}"), row["note"])
        for row in found.others.to_dict("records")
    ]  # fmt: skip
    keys = ("class", "ratio", "police", "source", "tag", "note")
    return t("pattern.sources"), ("", *(t(f"pattern.{key}") for key in keys)), rows


def roster_rows(found: TpsPattern, *, lang: str) -> _Table:
    """Give title, header and rows: what was deployed or stands in a roster, what the pattern takes, what is left."""
    t = words(lang)
    rows: list[tuple[str, ...]] = [
        (t(f"pattern.{row['basis']}"), t(f"pattern.who_{row['agency']}_{'all' if row['who'] == 'all' else 'tps'}"),
         number(row["people"], lang), t(f"pattern.by_{row['pattern']}", pattern=found.name),
         number(row["needed"], lang), number(row["left"], lang), row["source"])
        for row in found.people.to_dict("records")
    ]  # fmt: skip
    keys = ("basis", "who", "people", "rule", "needed", "left", "source")
    return t("pattern.gap"), tuple(t(f"pattern.{key}") for key in keys), rows


def reserve_line(found: TpsPattern, *, lang: str) -> tuple[str, ...]:
    """Say how many police of a roster are left when the TPS are manned, and how many the norm keeps in reserve."""
    rows = found.people
    mine = rows[(rows["agency"] == "polri") & (rows["who"] == "all") & (rows["pattern"] == "class")]
    if not len(mine) or found.reserve is None:
        return ()
    last = mine.iloc[-1]
    kept = math.ceil(found.reserve.value * int(last["people"]))
    fields = {"left": int(last["left"]), "people": int(last["people"]), "kept": kept}
    text = {key: number(value, lang) for key, value in fields.items()}
    share = (
        f"{percent(found.reserve.value, lang)} ({percent(found.reserve.low, lang)}–{percent(found.reserve.high, lang)})"
    )
    return (words(lang)("pattern.reserve", **text, share=share, free=number(int(last["left"]) - kept, lang)),)


_TABLES = (area_rows, count_rows, other_rows, roster_rows)
