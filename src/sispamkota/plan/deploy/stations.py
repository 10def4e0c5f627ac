"""The polling stations and the hazards of a city as the model takes them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from sispamkota.force import norms
from sispamkota.place import Ride
from sispamkota.risk.riskmap import RiskMap
from sispamkota.risk.rules import CLASSES
from sispamkota.risk.tps import classify_tps
from sispamkota.schema import parameters

from .demand import expected_disruptions, sample_days, sample_demands
from .ground import Demand, Stations
from .options import rule
from .setting import Setting

__all__ = ["stations_of", "stretched", "zone_demands"]


def stations_of(setting: Setting, risk: RiskMap, *, pairs: int) -> Stations:
    """Lay out the register: voters, the pattern of each class, the nearest posts of so many pairs."""
    city, options, on = setting.city, setting.options, setting.on
    table = city.tps
    classes = classify_tps(city, options.observations, on=dt.date.fromisoformat(on)).table["class"]
    ratios = stretched(Counter(map(str, classes)), _ratios(setting), pairs=pairs)
    opens, closes = (rule(name, on=on, own=options.own) / 3600 for name in ("tps.opens_s", "tps.closes_s"))
    zones = {str(code): k for k, code in enumerate(city.kelurahan["kode"])}
    zone: NDArray[np.int64] = np.asarray(table["kode_kel"].map(zones), np.int64)
    many = np.bincount(zone, minlength=len(zones))
    closes = max(options.figures.stations_until_h[0], closes)  # the count and the escort of the boxes
    rates = expected_disruptions(risk, hours=(opens, closes)) or dict.fromkeys(zones, 1.0 / len(zones))
    expected = np.array([rates.get(code, 0.0) for code in zones]) / np.maximum(many, 1)
    wards = np.array([j for j, site in enumerate(setting.sites) if site.kind == "kelurahan"])
    nodes = np.array([setting.sites[j].node for j in wards])
    ride = Ride.of("motorcycle", blue_light=True)
    ways = (
        city.roads.travel_times(nodes, table["node"].to_numpy(), ride=ride).T
        if len(wards)
        else np.zeros((len(table), 0))
    )
    k = min(int(options.figures.watch_posts[0]), len(wards)) if pairs else 0
    order = np.argsort(ways, axis=1, kind="stable")[:, :k]
    away = np.nan_to_num(np.take_along_axis(ways, order, axis=1), posinf=options.figures.alone_min[0] * 60)
    alone = options.figures.alone_min[0] * 60
    hours, guarded = _hours(setting, opens, closes)
    return Stations(
        weight=table["voters"].fillna(table["voters"].mean()).to_numpy(np.float64) * expected[zone],
        load=np.asarray(1.0 / classes.map(ratios).to_numpy(np.float64), np.float64),
        near=wards[order] if len(wards) else np.zeros((len(table), 0), np.int64),
        seconds=np.minimum(away + parameters()["turnout_other"], alone),
        zone=zone,
        holder=_holders(setting, wards, ways, zone),
        hold=rule("tps.linmas", on=on, own=options.own),
        alone=alone,
        shares=hours / hours.sum(),
        covered=np.divide(guarded, hours, out=np.ones(len(hours)), where=hours > 0),
        work=expected[zone] * options.figures.busy_min[0] / 60.0 / (closes - opens),
    )


def _ratios(setting: Setting) -> dict[str, tuple[float, float]]:
    """Give by class how many stations a pair covers: by the norm, and the most that any source of that day says."""
    out, own = dict[str, tuple[float, float]](), setting.options.own
    for name in CLASSES:
        norm = "tps.police_ratio" + ("" if name == CLASSES[0] else f".{name}")
        usual = rule(norm, on=setting.on, own=own)
        with suppress(KeyError):
            out[name] = usual, max(row.value for row in norms(norm, on=setting.on, own=own))
        out.setdefault(name, (usual, usual))
    return out


def stretched(counts: Mapping[str, int], ratios: Mapping[str, tuple[float, float]], *, pairs: int) -> dict[str, float]:
    """Give the ratio of each class: the norm's, or where pairs are too few as little more as it takes.

    Never more than any source of that day says; where even that is not enough, the norm's stay: some stay alone.
    """
    usual = {name: low for name, (low, _) in ratios.items()}
    most = max((high - low for low, high in ratios.values()), default=0.0)
    for more in range(int(most) + 1):
        now = {name: min(low + more, high) for name, (low, high) in ratios.items()}
        if sum(n / now[name] for name, n in counts.items()) <= pairs:
            return now
    return usual


def _holders(
    setting: Setting, wards: NDArray[np.int64], ways: NDArray[np.float64], zone: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give the post whose Linmas hold each station: that of its kelurahan, else the nearest of a kelurahan."""
    if not len(wards):
        return np.zeros(len(zone), np.int64)
    own = {setting.sites[j].ref: int(j) for j in wards}
    named = [own.get(str(code), -1) for code in setting.city.kelurahan["kode"]]
    mine = np.array(named, np.int64)[zone]
    return np.where(mine >= 0, mine, wards[np.argmin(ways, axis=1)])


def _hours(setting: Setting, opens: float, closes: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the hours at the stations in each shift, and those of them in which pairs are on duty, (shifts,)."""
    shifts = setting.shifts
    duty = shifts.patterns[shifts.voting] or (opens, 24.0)
    hours, guarded = np.zeros(len(shifts.from_h)), np.zeros(len(shifts.from_h))
    for hour in np.arange(opens, closes, 0.25) + 0.125:
        s = shifts.of(float(hour))
        hours[s] += 0.25
        guarded[s] += 0.25 * ((hour - duty[0]) % 24.0 < duty[1])
    return hours, guarded


def zone_demands(setting: Setting, risk: RiskMap, *, days: range | None = None) -> tuple[Demand, ...]:
    """Sample days from a risk map, as many as the options ask for or others, and turn them into demands by zone."""
    options, on = setting.options, setting.on
    zones = {str(code): k for k, code in enumerate(setting.city.kelurahan["kode"])}
    if not len(risk.table):
        return ()
    names = {answer.standard for answer in options.figures.incidents.values()}
    return sample_demands(
        sample_days(risk, days=days or range(options.samples), seed=options.seed),
        zones=zones,
        shift_of=[setting.shifts.of(hour + 0.5) for hour in range(24)],
        figures=options.figures,
        standards={name: rule(name, on=on, own=options.own) for name in names},
    )
