"""The force by phase of the operation: who is in it on the days of each phase of the calendar."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sispamkota.risk.calendar import Calendar
from sispamkota.words import number, say_day, words

from .force import Force

__all__ = ["by_phase", "phase_rows"]


def by_phase(force: Force, calendar: Calendar) -> list[dict[str, Any]]:
    """Count units and people of each phase: phase, from, to, units (at any time), least and most people of a day, thin.

    `thin` is the first day with the least people. Only units with days of their own make a difference.
    """
    rows = []
    for phase in calendar.phases:
        days = [phase.start + timedelta(days=i) for i in range((phase.end - phase.start).days + 1)]
        people = [sum(unit.people for unit in force.units if unit.available(day)) for day in days]
        units = sum(any(unit.available(day) for day in days) for unit in force.units)
        row: dict[str, Any] = {"phase": phase.id, "from": phase.start.isoformat(), "to": phase.end.isoformat()}
        row |= {"units": units, "least": min(people), "most": max(people)}
        rows.append(row | {"thin": days[people.index(min(people))].isoformat()})
    return rows


def phase_rows(force: Force, calendar: Calendar, *, lang: str) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows: units and people of each phase, and its thinnest day."""
    t = words(lang)
    rows = list[tuple[str, ...]]()
    for row in by_phase(force, calendar):
        days = [say_day(row[name], lang) for name in ("from", "to")]
        counts = [number(row[name], lang) for name in ("units", "least", "most")]
        rows.append((row["phase"], *days, *counts, say_day(row["thin"], lang) if row["least"] < row["most"] else ""))
    keys = ("phase", "from", "to", "units", "least", "most", "thin")
    return t("phases.title", name=force.name), tuple(t(f"phases.{key}") for key in keys), rows
