"""The event log of a replicate in words that a program can read: one row an event, names instead of numbers.

The record is described in docs/reference/event-log.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sispamkota.kernels import layout as at

__all__ = ["COLUMNS", "Names", "read_log"]

COLUMNS = ("t", "event", "place", "unit", "incident", "detail")
STAGES = ("hijau", "kuning", "merah")
LEADERS = ("Kapolsek", "Kapolresta", "Kapolda")
LINES = ("", "lapis_ganti", "lintas_ganti")
LAYERS = ("", "perimeter_damaged", "breached", "rooms_lost")
FIRES = ("", "fire_start", "fire_controlled", "fire_out", "fire_burnt")
INJECTS = ("gathering", "provoke", "incident", "ask_to_leave", "tension", "streets_closed", "streets_open")
TRIAGE = ("T1", "T2", "T3")
CAUSES = ("violence", "force", "accident", "trouble")
STANDINGS = (
    "available", "busy", "guards_elsewhere", "held_in_reserve", "no_road", "off_duty", "outside_the_city", "at_a_desk",
    "serves_lower",
)  # fmt: skip
BEDS = ("bay", "theatre", "icu", "ward")
CAPABILITIES = (
    "dialogue", "dalmas_awal", "dalmas_lanjut", "phh", "patrol", "guard", "traffic", "fire", "rescue", "ambulance",
    "tps",
    "command",
)  # fmt: skip


@dataclass(frozen=True)
class Names:
    """Hold the names behind the engine's numbers."""

    places: tuple[str, ...]
    crowds: tuple[str, ...]
    units: tuple[str, ...]
    kinds: tuple[str, ...]
    injects: tuple[str, ...]
    hospitals: tuple[str, ...]

    def to_dict(self) -> dict[str, list[str]]:
        """Give plain JSON values."""
        return {name: list(value) for name, value in vars(self).items()}


Words = Callable[[Any, Names], tuple[str, str]]


def _plain(event: str) -> Words:
    """Tell an event that has no detail."""
    return lambda row, names: (event, "")


def _standing(standing: int, seconds: float) -> str:
    """Say whether a unit could be sent, and when it would be there."""
    near = standing in (at.AVAILABLE, at.SERVES_LOWER)
    return f"{STANDINGS[standing]} in {seconds:.1f} s" if near else STANDINGS[standing]


# the engine's event → (what to call it, detail), by the row and the names
_TOLD: dict[int, Words] = {
    int(at.LOG_STAGE): lambda row, names: (f"stage_{STAGES[int(row.a)]}", f"from {STAGES[int(row.b)]}"),
    int(at.LOG_CONTROL): lambda row, names: ("alih_kendali", LEADERS[int(row.a)]),
    int(at.LOG_LINE): lambda row, names: (LINES[int(row.a)], ""),
    int(at.LOG_PERIMETER): lambda row, names: (LAYERS[int(row.a)], f"{int(row.b)} violent"),
    int(at.LOG_FIRE): lambda row, names: (FIRES[int(row.a)], f"{row.b:.3g}"),
    int(at.LOG_CALL): lambda row, names: ("call", names.kinds[int(row.a)]),
    int(at.LOG_OPEN): lambda row, names: ("recognised", names.kinds[int(row.a)]),
    int(at.LOG_CLOSE): lambda row, names: ("closed", f"after {row.a:.0f} s"),
    int(at.LOG_DISPATCH): lambda row, names: ("dispatch", f"{int(row.b)} {CAPABILITIES[int(row.a)]}"),
    int(at.LOG_DEPART): lambda row, names: ("depart", f"{row.a:.0f} s to go"),
    int(at.LOG_ARRIVE): lambda row, names: ("arrive", CAPABILITIES[int(row.a)]),
    int(at.LOG_RELEASE): _plain("release"),
    int(at.LOG_HOME): _plain("home"),
    int(at.LOG_CASUALTY): lambda row, names: ("casualty", f"{int(row.a)} {CAUSES[int(row.b)]}"),
    int(at.LOG_TRIAGE): lambda row, names: ("triage", f"{int(row.a)} {TRIAGE[int(row.b)]}"),
    int(at.LOG_CARRY): lambda row, names: ("carry", f"{int(row.a)} {TRIAGE[int(row.b)]}"),
    int(at.LOG_HOSPITAL): lambda row, names: ("hospital", f"{int(row.a)} {TRIAGE[int(row.b)]}"),
    int(at.LOG_CARE): lambda row, names: ("care", f"{int(row.a)} {BEDS[int(row.b)]}"),
    int(at.LOG_DEATH): lambda row, names: ("death", f"{int(row.a)} {TRIAGE[int(row.b)]}"),
    int(at.LOG_INJECT): lambda row, names: (INJECTS[int(row.b)], names.injects[int(row.a)]),
    int(at.LOG_UNMET): lambda row, names: ("unmet", f"{int(row.b)} {CAPABILITIES[int(row.a)]}"),
    int(at.LOG_CONSIDER): lambda row, names: ("considered", _standing(int(row.a), float(row.b))),
    int(at.LOG_RETASK): lambda row, names: ("retask", f"to incident {int(row.a)}"),
    int(at.LOG_OFF_DUTY): _plain("off_duty"),
    int(at.LOG_ON_DUTY): _plain("on_duty"),
    int(at.LOG_REINFORCE): lambda row, names: ("reinforce", f"{row.a:.0f} s to go"),
    int(at.LOG_SURGE): lambda row, names: ("surge", f"{int(row.a)} more bays"),
    int(at.LOG_NEIGHBOUR): _plain("fire_spread"),
    int(at.LOG_DIVERT): lambda row, names: ("divert", names.hospitals[int(row.a)]),
}


def _name(names: tuple[str, ...], number: int) -> str:
    """Return the name behind a number; empty for none."""
    return names[number] if number >= 0 else ""


def read_log(log: Any, names: Names) -> pd.DataFrame:
    """Tell the log's records, columns COLUMNS: seconds, event, place, unit, incident's row (−1: none), detail."""
    rows = []
    for row in log:
        event, detail = _TOLD[int(row.event)](row, names)
        place, unit = _name(names.places, int(row.place)), _name(names.units, int(row.unit))
        rows.append((float(row.t), event, place, unit, int(row.incident), detail))
    return pd.DataFrame(rows, columns=list(COLUMNS))
