"""What the commands of risk are given: days, shares, histories, indicators and results, read and held to account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sispamkota.errors import Faults, InputError, shown

from .common import talk, together

if TYPE_CHECKING:
    from sispamkota.place import City
    from sispamkota.risk.history import History
    from sispamkota.risk.indicators import Indicators

__all__ = [
    "LEVELS", "VOTE", "check_level", "contested", "joined", "past_of", "read_day", "read_moment",
    "read_past", "read_shares", "read_tables", "rivalry_of", "today",
]  # fmt: skip

VOTE = "2024-11-27"
LEVELS = ("tps", "kelurahan", "kecamatan", "city")


def today() -> date:
    """Give today's date where the command runs."""
    return datetime.now(UTC).astimezone().date()


def read_shares(texts: Sequence[str]) -> dict[str, float]:
    """Read KIND=SHARE options; raises InputError for any other text."""
    faults, shares = Faults(), dict[str, float]()
    for text in texts:
        kind, equals, share = text.partition("=")
        try:
            shares[kind.strip()] = float(share)
        except ValueError:
            equals = ""
        if not equals:
            remedy = "For example --complete clash=0.5: the list holds half of all clashes."
            faults.add(where="--complete", field="complete", expected="KIND=SHARE", got=shown(text), remedy=remedy)
    faults.raise_if_any()
    return shares


def read_day(text: str, option: str) -> date:
    """Read a date; raises InputError for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults = Faults()
        faults.add(where=option, field="date", expected="YYYY-MM-DD", got=shown(text), remedy=f"For example {VOTE}.")
        raise InputError(faults) from None


def read_moment(text: str, option: str) -> datetime:
    """Read a local time; raises InputError for what is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        faults, remedy = Faults(), f"For example {VOTE}T14:30."
        faults.add(where=option, field="time", expected="YYYY-MM-DDTHH:MM", got=shown(text), remedy=remedy)
        raise InputError(faults) from None


def read_past(name: str | None, city: City, as_of: date) -> History | None:
    """Read the incidents that are asked for: a file, those of the embedded city, or none."""
    from sispamkota.risk.history import embedded_incidents
    from sispamkota.risk.read_history import read_history

    if name is None:
        try:
            embedded_incidents(city.name)
        except InputError:
            return None  # a city of the user's own, and no list: rates are those before counting
    if name == "none":
        return None
    past = read_history(name or city.name, city, as_of=as_of)
    if name is not None:
        talk(str(past))
    return past


def read_tables(files: Sequence[Path], index: Sequence[Path], city: City) -> list[Indicators]:
    """Read tables of indicators, of the embedded indices and of the user's own."""
    from sispamkota.risk.definitions import embedded_indices
    from sispamkota.risk.indicators import read_indicators

    indices: list[str | Path] = [*embedded_indices(), *index]
    return together(*(lambda file=file: read_indicators(file, city, indices=indices) for file in files))


def contested(results: Sequence[Path], contest: str | None, city: City, as_of: date) -> list[Indicators]:
    """Give closeness and mixing of a contest by kelurahan where one is asked for."""
    if not results and contest is None:
        return []
    found = rivalry_of(results, city, as_of)
    return [found.to_indicators(_contest(found.table, contest))]


def joined(tables: Sequence[Indicators]) -> Indicators | None:
    """Put tables together; None where there is none."""
    return tables[0].join(*tables[1:]) if tables else None


def rivalry_of(results: Sequence[Path], city: City, as_of: date) -> Any:
    """Measure the published results: those of the city, and files."""
    from sispamkota.risk.contests import read_contest
    from sispamkota.risk.results import city_results
    from sispamkota.risk.rivalry import rivalry

    own = city_results(city)
    read = together(*(lambda file=file: read_contest(file, city) for file in results))
    every = [each for each in (own, *read) if each is not None]
    if not every:
        faults = Faults()
        remedy = "Give a file of results (docs/how-to/map-the-risk.md)."
        faults.add(where=city.name, field="results", expected="published results", got="none", remedy=remedy)
        raise InputError(faults)
    return rivalry(every[0].join(*every[1:]), as_of=as_of)


def _contest(table: Any, contest: str | None) -> str:
    """Choose the contest: the one named, or the last that was published by kelurahan."""
    fit = table[table["level"] == "kelurahan"].sort_values("date")["contest"].unique().tolist()
    if contest in fit or (contest is None and fit):
        return contest or str(fit[-1])
    faults = Faults()
    got, remedy = shown(contest) if contest else "none", "Give a file of results by kelurahan or TPS with --results."
    faults.add(
        where="--contest",
        field="contest",
        expected=f"one by kelurahan: {', '.join(fit) or 'none is known'}",
        got=got,
        remedy=remedy,
    )
    raise InputError(faults)


def check_level(level: str) -> None:
    """Raise InputError for a level that is none."""
    if level not in LEVELS:
        faults = Faults()
        remedy = "Choose the level at which you want the figures; what was not published there is not available."
        faults.add(where="--level", field="level", expected=", ".join(LEVELS), got=shown(level), remedy=remedy)
        raise InputError(faults)


def past_of(history: str, city: City, start: str | None, end: str | None) -> History:
    """Read a history with the window that is given."""
    from sispamkota.risk.read_history import read_history

    days = together(
        lambda: read_day(start, "--start") if start else None,
        lambda: read_day(end, "--end") if end else None,
    )
    return read_history(history, city, start=days[0], end=days[1])
