"""Days and hours as offices write them: "Kamis, 8 Okt 2020", "27/11/2024 pukul 14.30 WIB", "±9.15"."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache

from .words_of_incidents import incident_words

__all__ = ["Moment", "read_moment"]

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)")
_WORDED = re.compile(r"(\d{1,2})[\s.-]*([a-z]+)\.?[\s,-]*(\d{4})(?!\d)")
_CLOCK = re.compile(r"(\d{1,2})[.:](\d{1,2})(?:[.:]\d{1,2}(?:\.\d+)?)?")
_FRACTION = re.compile(r"0\.\d{3,}")  # of a day, as a workbook holds an hour that nobody formatted
_ABOUT = re.compile(r"^(pukul|pkl|jam|sekitar|kira-kira|kurang lebih|lk|kl|±|~|at|about)\.?\s*")
_ZONE = re.compile(r"\s*\b(wib|wita|wit)\b\.?")
_UNTIL = re.compile(r"\s*(-|–|s/d|sd|sampai|until|to)\s+.*|(?<=\d)\s*[-–]\s*\d.*")
_BLANK = frozenset({"", "-", "--", "–", "—", "?", "n/a", "tidak diketahui", "pagi", "siang", "sore", "petang", "malam",
                    "dini hari", "subuh", "unknown"})  # fmt: skip
_DAY_MIN = 24 * 60


@dataclass(frozen=True)
class Moment:
    """Hold a local moment; at midnight where the hour is not known. `fault` says what is wrong, "" for nothing."""

    when: dt.datetime | None
    hour_known: bool = False
    fault: str = ""


def read_moment(day: str, clock: str) -> Moment:
    """Read a day, with an hour in the same cell or in `clock`; what cannot be read says so in `fault`.

    A day of figures only is day, month, year, or year, month, day. Of a span the start counts. 24.00 is the end of its
    day. Words such as "malam" leave the hour unknown.
    """
    text = _ZONE.sub("", " ".join(day.casefold().split()))
    for name in sorted(incident_words().weekdays, key=len, reverse=True):
        text = re.sub(rf"^{re.escape(name)}\b[\s,/]*", "", text)
    found = next((match for pattern in (_ISO, _NUMERIC, _WORDED) if (match := pattern.match(text))), None)
    if found is None:
        return Moment(None, fault="day")
    date = _date(found)
    if date is None:
        return Moment(None, fault="day")
    rest = re.sub(r"^[\s,;t]+", "", text[found.end() :])
    written = clock if clock.strip() else rest
    minute = _minute(written)
    if minute is None:
        return Moment(dt.datetime.combine(date, dt.time()), fault="hour")
    midnight = dt.datetime.combine(date, dt.time())
    bare_day = not clock.strip() and written == "00:00:00"  # a workbook's date without an hour
    if minute < 0 or bare_day:
        return Moment(midnight)
    return Moment(midnight + dt.timedelta(minutes=minute), hour_known=True)


def _date(found: re.Match[str]) -> dt.date | None:
    """Make the date of a match; None where the calendar has no such day."""
    if found.re is _ISO:
        year, month, day = (int(part) for part in found.groups())
    elif found.re is _NUMERIC:
        day, month, year = int(found[1]), int(found[3]), int(found[4])
    else:
        day, month, year = int(found[1]), _months().get(found[2], 0), int(found[3])
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


@cache
def _months() -> dict[str, int]:
    """Give the number of each name of a month."""
    return {name: number for number, names in enumerate(incident_words().months, start=1) for name in names}


def _minute(text: str) -> int | None:
    """Read a time of day in minutes; -1 for an unknown one, None for what is none.

    "14.3" is how a workbook keeps 14.30: its last zero is lost.
    """
    text = _ZONE.sub("", " ".join(text.casefold().split()))
    while (bare := _ABOUT.sub("", text)) != text:
        text = bare
    if text in _BLANK:
        return -1
    if _FRACTION.fullmatch(text):
        return round(float(text) * _DAY_MIN)
    text = _UNTIL.sub("", text)
    if text.isdigit() and len(text) <= 2:
        text += ".00"
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    minute = int(found[2]) * (10 if len(found[2]) == 1 and ":" not in text else 1)
    hour = int(found[1])
    whole = hour * 60 + minute
    return whole if minute < 60 and whole <= _DAY_MIN else None
