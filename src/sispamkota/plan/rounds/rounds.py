"""Rounds: neighbouring polling stations (TPS) that one pair of police goes round, in an order that fits the time.

A round is closed: from its last TPS back to its first, again and again through the day. Its time is the ride between
the TPS and the stop at each. In each area and class there are as few rounds as the ratio allows, and they are short and
even: the sum of the squared times is made small. Route first, cluster second (Beasley 1983, doi 10.1016/0305-0483(83)
90033-6): one tour over all is parted by dynamic programming; then TPS are moved and exchanged between rounds; then
each round gets its shortest order. A round that does not fit the time is said to be late, and none is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Fault, InputError, shown
from sispamkota.place.ride import Ride
from sispamkota.place.trees import Trees
from sispamkota.show import html_table, text_table
from sispamkota.words import minutes, number, pick_language, words

from .regroup import Rule, part, regrouped
from .tour import shortest_tour, tour_seconds

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["ROUND_COLUMNS", "WITHIN", "Round", "Rounds", "make_rounds", "round_rows"]

WITHIN = ("kelurahan", "kecamatan", "city")
ROUND_COLUMNS = ("round", "class", "area", "order", "tps", "kode_kel", "lon", "lat", "round_s", "round_km", "late")
F8 = NDArray[np.float64]


@dataclass(frozen=True)
class Round:
    """Hold one pair's round: the ids of its TPS in order, and their kelurahan; `seconds` of one turn, stops included.

    `area` is the code within which it was made; `riding` the seconds between the TPS; `late` when one turn takes longer
    than it may.
    """

    tps: tuple[str, ...]
    seconds: float
    km: float
    kelurahan: tuple[str, ...]
    area: str
    tps_class: str
    riding: float
    late: bool


@dataclass(frozen=True)
class Rounds:
    """Hold the rounds of a city, by area and class; `round_s` the longest turn, `stop_s` the time at each TPS."""

    rounds: tuple[Round, ...]
    within: str
    round_s: float
    stop_s: float
    ratios: Mapping[str, int]
    stations: pd.DataFrame = field(compare=False, repr=False)

    @property
    def late(self) -> tuple[Round, ...]:
        """Give the rounds that do not fit the time."""
        return tuple(each for each in self.rounds if each.late)

    @property
    def police(self) -> int:
        """Count the police that go round, two a round."""
        return 2 * len(self.rounds)

    def to_table(self) -> pd.DataFrame:
        """Give one row a TPS: ROUND_COLUMNS, rounds numbered from 1, the order within a round too."""
        at = self.stations.set_index("id")[["kode_kel", "lon", "lat"]].to_dict("index")
        rows = [
            (i, each.tps_class, each.area, j, tps, *at[tps].values(), each.seconds, each.km, each.late)
            for i, each in enumerate(self.rounds, start=1)
            for j, tps in enumerate(each.tps, start=1)
        ]
        return pd.DataFrame(rows, columns=list(ROUND_COLUMNS))

    def to_dict(self) -> dict[str, Any]:
        """Give the rounds as plain JSON values."""
        head = {"within": self.within, "round_s": self.round_s, "stop_s": self.stop_s, "ratios": dict(self.ratios)}
        return head | {"police": self.police, "late": len(self.late), "rounds": [vars(each) for each in self.rounds]}

    def __str__(self) -> str:
        return text_table(*round_rows(self, lang=pick_language(None)))

    def _repr_html_(self) -> str:
        return html_table(*round_rows(self, lang=pick_language(None)))


def make_rounds(
    city: City,
    classes: Mapping[str, str],
    *,
    ratios: Mapping[str, float],
    round_s: float,
    stop_s: float,
    within: str = "kecamatan",
    fit: bool = False,
) -> Rounds:
    """Part the TPS of a city into rounds.

    `classes` gives each TPS its class, `ratios` the most TPS of a round by class; `within` is the area that a round
    does not leave. Rides are those of a motorcycle by day. With `fit` there are as many rounds as the time asks for, in
    place of as few as the ratio allows. Raises InputError for times that are none, an unknown area or class.
    """
    _check(city, classes, ratios, round_s=round_s, stop_s=stop_s, within=within)
    stations = city.tps
    nodes = stations["node"].to_numpy(np.int64)
    ride = Ride.of("motorcycle")
    most = {name: max(1, int(value)) for name, value in ratios.items()}
    groups: dict[tuple[str, str], list[int]] = {}
    ids, codes = stations["id"].astype("str").to_list(), stations["kode_kel"].astype("str").to_list()
    for i, (station, kode) in enumerate(zip(ids, codes, strict=True)):
        area = {"kelurahan": kode, "kecamatan": kode.rpartition(".")[0], "city": city.name}[within]
        groups.setdefault((area, classes[station]), []).append(i)
    found: list[Round] = []
    for (area, name), members in sorted(groups.items()):
        trees = Trees(city.roads, nodes[members], ride=ride)
        seconds = trees.times(nodes[members])
        rule = Rule(most[name], round_s, stop_s)
        parted = regrouped(part(seconds, rule, fit=fit), seconds, rule)
        orders = [shortest_tour(group, seconds) for group in parted]
        for order in sorted(orders, key=lambda order: order[0]):
            riding = tour_seconds(order, seconds)
            total = riding + stop_s * len(order)
            tps = tuple(ids[members[i]] for i in order)
            areas = tuple(dict.fromkeys(codes[members[i]] for i in order))
            km = _metres(trees, nodes[members], order) / 1000.0
            found.append(Round(tps, total, km, areas, area, name, riding, not total <= round_s))
    return Rounds(tuple(found), within, round_s, stop_s, most, stations[["id", "kode_kel", "lon", "lat"]])


def _check(
    city: City, classes: Mapping[str, str], ratios: Mapping[str, float], *, round_s: float, stop_s: float, within: str
) -> None:
    """Raise InputError with every fault of what is asked."""
    faults = []
    if within not in WITHIN:
        faults.append(Fault("--within", "within", ", ".join(WITHIN), shown(within), "Choose one of the three."))
    for name, value, least in (("round_s", round_s, 0.0), ("stop_s", stop_s, -1.0)):
        if not least < value < np.inf:
            faults.append(Fault("rounds", name, "a time, s", f"{value:g}", "Give a time in seconds."))
    missing = [str(tps) for tps in city.tps["id"] if tps not in classes]
    if missing:
        got = f"none for {len(missing)}, the first {missing[0]}"
        faults.append(Fault("rounds", "classes", "a class for every TPS", got, "Classify the TPS of this city."))
    unknown = sorted(set(classes.values()) - set(ratios))
    if unknown:
        remedy = "Give the most TPS of a round of each class."
        faults.append(Fault("rounds", "ratios", "a ratio for every class", f"none for {', '.join(unknown)}", remedy))
    if faults:
        raise InputError(faults)


def _metres(trees: Trees, nodes: NDArray[np.int64], order: Sequence[int]) -> float:
    """Sum the lengths of the streets of one turn, m; NaN where there is no way."""
    roads, total = trees.roads, 0.0
    for a, b in _legs(order):
        at, origin = int(nodes[b]), int(nodes[a])
        while at != origin:
            arc = int(trees.via[a][at])
            if arc < 0:
                return float("nan")
            total += float(roads.length_m[arc])
            at = int(roads.tail[arc])
    return total


def _legs(order: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Go through the legs of a closed tour; none for a single stop."""
    if len(order) > 1:
        yield from zip(order, [*order[1:], order[0]], strict=True)


def round_rows(found: Rounds, *, lang: str) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows: rounds by class, their TPS, the middle and longest turn, how many are late."""
    t = words(lang)
    rows = list[tuple[str, ...]]()
    for name in found.ratios:
        of = [each for each in found.rounds if each.tps_class == name]
        if not of:
            continue
        turns, sizes = [each.seconds for each in of], [len(each.tps) for each in of]
        late = sum(each.late for each in of)
        cells = (str(len(of)), f"{min(sizes)}–{max(sizes)}", minutes(float(np.median(turns)), lang, digits=0))
        row = (t(f"pattern.{name}"), *cells, minutes(max(turns), lang, digits=0))
        rows.append((*row, number(float(np.sum([each.km for each in of])), lang, digits=0), str(late)))
    keys = ("class", "rounds", "stations", "middle", "longest", "km", "late")
    title = t("pattern.rounds_title", n=len(found.rounds), within=t(f"pattern.level_{found.within}"),
              turn=minutes(found.round_s, lang, digits=0), stop=minutes(found.stop_s, lang, digits=0))  # fmt: skip
    return title, tuple(t(f"pattern.{key}") for key in keys), rows
