"""A city that nobody lives in: 300 kelurahan with 15,000 TPS, and the force of Malang's vote day at its size.

Areas, venues and people are written as the tables of a city's own office and built by `build_city`; streets and polling
stations are generated from them as for any city without a road file.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from sispamkota.force import Force
from sispamkota.place import City, build_city
from sispamkota.risk import RiskMap

WIDE, PITCH = 20, 0.0145  # kelurahan a row; degrees between two of them, about 1.6 km
SOUTH, WEST = -6.30, 106.70
A_KECAMATAN = 7
VENUES = {
    "kpu": 1, "bawaslu": 1, "polresta": 1, "brimob": 1, "kodim": 1, "balai_kota": 1, "dprd": 1, "gudang_kpu": 1,
    "satpol_pp": 1, "dishub": 1, "damkar": 6, "polsek": 43, "rs_umum": 30, "gerbang": 6,
}  # fmt: skip


def large_city(*, stations: int = 15_000, wards: int = 300, seed: int = 15) -> City:
    """Build it: kelurahan of unequal size on a grid, a venue of each kind that a deployment asks for."""
    rng = np.random.default_rng(seed)
    part = rng.lognormal(0.0, 0.4, wards)
    many = np.maximum(np.round(part / part.sum() * stations), 1).astype(int)
    many[np.argmax(many)] += stations - many.sum()
    at = np.array([[WEST + PITCH * (k % WIDE), SOUTH + PITCH * (k // WIDE)] for k in range(wards)])
    codes = [f"31.00.{1 + k // A_KECAMATAN:02d}.{1001 + k % A_KECAMATAN}" for k in range(wards)]
    with tempfile.TemporaryDirectory() as folder:
        areas, venues = Path(folder) / "areas.csv", Path(folder) / "venues.csv"
        _write(areas, ("kode", "nama", "kecamatan", "area_km2", "lon", "lat", "penduduk", "dpt", "tps"), (
            (code, f"Kelurahan {k + 1}", f"Kecamatan {1 + k // A_KECAMATAN}", 2.4, *where, 710 * n, 556 * n, n)
            for k, (code, where, n) in enumerate(zip(codes, at.round(6).tolist(), many.tolist(), strict=True))
        ))  # fmt: skip
        _write(venues, ("nama", "jenis", "kode_kel", "lon", "lat"), (
            (f"{kind} {n + 1}", kind, codes[k], *(at[k] + rng.uniform(-0.004, 0.004, 2)).round(6))
            for kind, count in VENUES.items() for n, k in enumerate(rng.choice(wards, count, replace=False))
        ))  # fmt: skip
        return build_city(areas=areas, venues=venues, name="buatan", title="Kota Buatan")


def _write(path: Path, header: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def large_force(times: float) -> Force:
    """Give the force of Malang's vote day, each kind and size so many times; one command post."""
    base, units = Force.load("malang-pilkada"), []
    likes = {(unit.kind, unit.people, unit.outside): unit for unit in base.units}
    for key, many in Counter((unit.kind, unit.people, unit.outside) for unit in base.units).items():
        unit = likes[key]
        count = 1 if "command" in unit.capabilities else max(round(many * times), 1)
        units += [replace(unit, id=f"{unit.kind.replace('_', '-')}-{key[1]}-{int(key[2])}-{n}") for n in range(count)]
    return replace(base, name="buatan", title="buatan", people=sum(unit.people for unit in units), units=tuple(units))


def large_risk(times: float) -> RiskMap:
    """Give the hazards of Malang's vote day, so many times as often."""
    risk = RiskMap.join([RiskMap.load("malang"), RiskMap.load("pilkada")])
    rates = ["rate_per_h", "low_per_h", "high_per_h"]
    return replace(risk, table=risk.table.assign(**{name: risk.table[name] * times for name in rates}))
