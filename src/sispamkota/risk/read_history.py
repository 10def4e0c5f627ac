"""Read a list of incidents as offices keep it: each row gets its day, its place in the city and its kind, or a reason.

What may never train a rate is told apart before anything else of the row is looked at, and changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sispamkota.errors import Faults, InputError, collapsed, shown, suggest
from sispamkota.inputs import read_yaml, validate
from sispamkota.office import read_table
from sispamkota.schema import Assumption

from .history import COLUMNS, History, Window, embedded_incidents
from .when import Moment, read_moment
from .where import Placer
from .words_of_incidents import KindWords, incident_columns, kind_words, read_kind

if TYPE_CHECKING:
    import pandas as pd

    from sispamkota.place.city import City

__all__ = ["read_history"]

_NONE: Mapping[str, str] = MappingProxyType({})
_ORDER = ["when", "hour_known", "place", "kind", "known", "lon", "lat", "source", "id"]
_SAME = ["when", "place", "kind", "known", "lon", "lat", "source"]
_HOURS = {
    "day": ("a day such as 2024-11-27, 27/11/2024 or 27 November 2024", "Write day, month and a year of four figures."),
    "hour": ("an hour such as 14.30 or 14:30", "Write it as 14.30, or leave it blank if it is unknown."),
}


@dataclass(frozen=True)
class _Asked:
    """Hold the window and the last day, as far as the caller or the file beside the list says them."""

    start: dt.date | None
    end: dt.date | None
    as_of: dt.date | None
    assumptions: tuple[Assumption, ...]
    files: tuple[Path, ...]


def read_history(
    path: str | Path,
    city: City,
    *,
    start: dt.date | None = None,
    end: dt.date | None = None,
    as_of: dt.date | None = None,
    kinds: str | Path | None = None,
    renamed: Mapping[str, str] = _NONE,
) -> History:
    """Read incidents from .csv, .tsv, .txt, .xlsx, .xlsm, .xls or .ods.

    Parameters
    ----------
    path : str or Path
        The file, or the name of an embedded city.
    city : City
        Whose places they are put at; what happened outside is left out and counted.
    start, end : date, optional
        The days in which such incidents would have been written down, end exclusive. Else those of a file of the same
        name with the suffix .yaml; else from the first incident to the last, which is assumed.
    as_of : date, optional
        The last day of which anything may be known.
    kinds : str or Path, optional
        A file of the user's own with the meanings of words, instead of data/risk/kinds.yaml.
    renamed : mapping, optional
        Their name of a column to ours.

    Returns
    -------
    History
        Sorted by time. Raises InputError with every fault of the file.
    """
    name = str(path)
    path = embedded_incidents(name) if Path(name).name == name and not Path(name).suffix else Path(path)
    faults = Faults()
    asked = _asked(path, faults, start=start, end=end, as_of=as_of)
    read = read_table(path, incident_columns(), faults, renamed=renamed, option="")
    rows, ignored = _rows(read.rows, kind_words(kinds), faults)
    rows, ignored = _placed(rows, city, ignored, faults)
    if faults:
        raise InputError(collapsed(faults))
    table = _table(rows)
    if as_of is not None:
        late = (table["known"].dt.date > as_of) | (table["when"].dt.date > as_of)
        ignored["later"] += int(late.sum())
        table = table[~late]
    first, last, assumptions = _window(table, asked, path)
    days = table["when"].dt.date
    for reason, out in (("before", days < first), ("after", days >= last)):
        ignored[reason] += int(out.sum())
    table = table[(days >= first) & (days < last)]
    twice = table.duplicated(_SAME) & table["hour_known"] & (table["id"] == "")
    ignored["twice"] += int(twice.sum())
    table = table[~twice].reset_index(drop=True)
    blank = table["id"] == ""
    table["id"] = table["id"].mask(blank, [str(i) for i in range(1, len(table) + 1)])
    return History(
        name=path.parent.name if path.name == "incidents.csv" else path.stem,
        table=table,
        start=first,
        end=last,
        places=tuple(map(str, city.kelurahan["kode"])),
        ignored=tuple(sorted((reason, n) for reason, n in ignored.items() if n)),
        dropped=tuple(read.report.personal.items()),
        unread=tuple(read.report.dropped),
        assumptions=assumptions,
        files=(path, *asked.files),
    )


def _asked(path: Path, faults: Faults, *, start: dt.date | None, end: dt.date | None, as_of: dt.date | None) -> _Asked:
    """Take the window from the caller, else from the file beside the list; a window of no days is a fault."""
    beside = path.with_suffix(".yaml")
    assumptions, files = tuple[Assumption, ...](), tuple[Path, ...]()
    if beside.is_file() and (start is None or end is None):
        window = validate(Window, read_yaml(beside), faults)
        files = (beside,)
        if window is not None:
            start, end = start or window.start, end or window.end
            if window.tag in ("assumed", "estimated"):
                assumptions = (Assumption("risk.window", window.reason_id, window.reason_en, window.tag),)
    if start is not None and end is not None and end <= start:
        remedy = "The end is the first day after the window."
        faults.add(where=str(path), field="end", expected=f"a day after {start}", got=str(end), remedy=remedy)
    return _Asked(start, end, as_of, assumptions, files)


def _rows(frame: pd.DataFrame, words: KindWords, faults: Faults) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Read kind and time of each row; also how many rows are no incident, by reason."""
    ignored, rows = Counter[str](), list[dict[str, Any]]()
    cells = frame.reindex(columns=[*(each.name for each in incident_columns()), "where"], fill_value="")
    absent = {name for name in ("tanggal", "jenis") if name not in frame}
    for row in cells.to_dict("records"):
        reading = read_kind(row["jenis"], (row["dasar"], row["sumber"]), words)
        if reading.reason:
            ignored[reading.reason] += 1
            continue
        if not reading.kind and "jenis" not in absent:
            remedy = suggest(row["jenis"], list(words.meanings)) if row["jenis"] else "Say what happened."
            expected = "a word of kinds.yaml"
            faults.add(where=row["where"], field="jenis", expected=expected, got=shown(row["jenis"]), remedy=remedy)
        moment = Moment(None) if "tanggal" in absent else _moment(row, faults)
        known = _known(row, moment, faults)
        note = f"also named: {', '.join(reading.more)}" if reading.more else ""
        rows.append(
            {
                **{str(k): v for k, v in row.items()},
                "moment": moment,
                "known": known,
                "kind": reading.kind,
                "note": note,
            }
        )
    return rows, ignored


def _moment(row: Mapping[Any, Any], faults: Faults) -> Moment:
    """Read when a row happened."""
    moment = read_moment(row["tanggal"], row["jam"])
    if moment.fault:
        field = "jam" if moment.fault == "hour" and row["jam"] else "tanggal"
        expected, remedy = _HOURS[moment.fault]
        faults.add(where=row["where"], field=field, expected=expected, got=shown(row[field]), remedy=remedy)
    return moment


def _known(row: Mapping[Any, Any], moment: Moment, faults: Faults) -> dt.date | None:
    """Read the day from which a row was known: that of the report, else its own."""
    if not row["dilaporkan"] or moment.when is None:
        return moment.when.date() if moment.when else None
    reported = read_moment(row["dilaporkan"], "")
    if reported.when is None:
        expected, remedy = _HOURS["day"]
    elif reported.when.date() < moment.when.date():
        expected, remedy = "a day not before the incident's", "Exchange the two, or leave the report's day blank."
    else:
        return reported.when.date()
    where, got = row["where"], shown(row["dilaporkan"])
    faults.add(where=where, field="dilaporkan", expected=expected, got=got, remedy=remedy)
    return None


def _placed(
    rows: list[dict[str, Any]], city: City, ignored: Counter[str], faults: Faults
) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Put the rows at places of the city; those outside are ignored. An id that comes twice is a fault."""
    spots = Placer.of(city).place(rows, faults)
    seen, out = dict[str, str](), list[dict[str, Any]]()
    for row, spot in zip(rows, spots, strict=True):
        if spot.outside:
            ignored["outside"] += 1
            continue
        if row["id"] and row["id"] in seen:
            got, remedy = f"{shown(row['id'])} again (first at {seen[row['id']]})", "Keep one of the rows."
            faults.add(where=row["where"], field="id", expected="each id once", got=got, remedy=remedy)
        seen.setdefault(row["id"], row["where"])
        note = "; ".join(filter(None, (spot.note, row["note"])))
        out.append(row | {"place": spot.place, "lon": spot.lon, "lat": spot.lat, "note": note})
    return out, ignored


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Lay the rows out by time."""
    import pandas as pd

    data = {
        "id": pd.Series([row["id"] for row in rows], dtype="str"),
        "when": pd.Series([row["moment"].when for row in rows], dtype="datetime64[s]"),
        "hour_known": pd.Series([row["moment"].hour_known for row in rows], dtype="bool"),
        "known": pd.Series([row["known"] for row in rows], dtype="datetime64[s]"),
        "place": pd.Series([row["place"] for row in rows], dtype="str"),
        "lon": pd.Series([row["lon"] for row in rows], dtype="float64"),
        "lat": pd.Series([row["lat"] for row in rows], dtype="float64"),
        "kind": pd.Series([row["kind"] for row in rows], dtype="str"),
        "source": pd.Series([row["sumber"] for row in rows], dtype="str"),
        "note": pd.Series([row["note"] for row in rows], dtype="str"),
    }
    table = pd.DataFrame(data, columns=list(COLUMNS))
    return table.sort_values(_ORDER, kind="stable", ignore_index=True)


def _window(table: pd.DataFrame, asked: _Asked, path: Path) -> tuple[dt.date, dt.date, tuple[Assumption, ...]]:
    """Settle the window: as asked, else from the first incident to the last, which is said."""
    days, assumptions = table["when"].dt.date, asked.assumptions
    start, end = asked.start, asked.end
    if start is None or end is None:
        if days.empty:
            faults = Faults()
            remedy = "Give --start and --end: the days in which incidents would have been written down."
            got = "no incident in the list"
            faults.add(where=str(path), field="window", expected="a first and a last day", got=got, remedy=remedy)
            faults.raise_if_any()
        start = start or days.min()
        end = end or days.max() + dt.timedelta(days=1)
        assumptions = (*assumptions, _from_the_rows(start, end))
    if asked.as_of is not None:
        end = max(start, min(end, asked.as_of + dt.timedelta(days=1)))
    return start, end, assumptions


def _from_the_rows(start: dt.date, end: dt.date) -> Assumption:
    """Say that the window is a guess, and where it errs."""
    last = end - dt.timedelta(days=1)
    id_ = (
        f"Masa pencatatan ({start} sampai {last}) diambil dari kejadian pertama dan terakhir; masa sebenarnya lebih "
        "panjang, jadi laju kejadian agak terlalu tinggi. Sebutkan masa yang sebenarnya."
    )
    en = (
        f"The window ({start} to {last}) is taken from the first and the last incident; the true one is longer, so "
        "rates come out somewhat too high. State the true one."
    )
    return Assumption("risk.window", id_, en, "assumed")
