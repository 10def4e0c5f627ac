"""Rates of a site for tests: any values, sure or with a range, as if measured; and all crowds at the embedded site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from laws import worlds
from sispamkota import schema
from sispamkota.inputs import DATA
from sispamkota.rehearsal import tables
from sispamkota.rehearsal.site_rates import NAMES, LeavingRow, MisfitRow, RateRow, SiteRates, SiteRatesFile
from sispamkota.schema import quantity

MEASURED_LIKE = {
    "site_hold_per_officer": 4.0,
    "site_hold_per_guard": 2.0,
    "site_press_most": 120.0,
    "site_fence_strength": 40_000.0,
    "site_door_strength": 100_000.0,
    "site_leave_asked_rate": 0.0001,
}
# An office so weak that a breach is about as likely at the site as in the city: at the measured rates there is none.
WEAK = {
    "site_hold_per_officer": 2.0,
    "site_hold_per_guard": 0.0,
    "site_press_most": 100.0,
    "site_fence_strength": 14_000.0,
    "site_door_strength": 22_000.0,
}
ROWS = 11
CITYS = {name: quantity(name.removeprefix("site_")).default for name in NAMES if name != "site_press_most"}


def rates(values: Mapping[str, float], *, wide: float = 0.0) -> SiteRates:
    """Make rates of these values, and ROWS rows that lie `wide` about them, all rates of a row by one factor."""
    full = {"site_press_most": 1e6} | values
    rows = {
        name: RateRow(
            value=v, q02=v * (1.0 - wide), q98=min(v * (1.0 + wide), quantity(name).high), unit="", method="-"
        )
        for name, v in full.items()
    }
    factors = [1.0 + wide * (2.0 * k / (ROWS - 1) - 1.0) for k in range(ROWS)] if wide else [1.0]
    drawn = tuple(tuple(min(full[name] * x, quantity(name).high) for name in NAMES) for x in factors)
    fits = MisfitRow(setups=1, telling=1, fence=0.0, factor=1.0, unsafe=0, severe=0, door=0.0)
    leaving = LeavingRow(people=1, mean_s=1.0, most_s=1.0, flow=1.0)
    return SiteRates(
        SiteRatesFile(
            kind="site-rates", version=1, site="test", title="test", stands_for=("kpu", "bawaslu"), tag="estimated",
            source="test", command="test", seed=1, plan="0" * 64, engine="0" * 64, measuring="0" * 64,
            scenes=1, misfit=fits,
            leaving=leaving, leaving_one_shut=leaving, shut="x", pressing={}, lag_s={}, flat_s={}, lifted={},
            rates=rows, columns=NAMES, rows=drawn,
        )
    )  # fmt: skip


@contextmanager
def everyone_at_site() -> Iterator[None]:
    """Put every crowd at the office of the embedded site: its tables say so, and the usual rates are the measured ones.

    Rates that a test sets itself stay as they are.
    """
    measured = SiteRates.load(DATA / "sites" / "rates" / "office-generic.yaml").usual
    registry, row = schema._registry(), tables._crowd_row
    kept = {name: registry[name] for name in measured}
    worlds.default_spec.cache_clear()
    try:
        for name, value in measured.items():
            registry[name] = replace(kept[name], default=value)
        tables._crowd_row = lambda *of: row(*of) | {"site": 1}
        yield
    finally:
        tables._crowd_row = row
        registry.update(kept)
        worlds.default_spec.cache_clear()
