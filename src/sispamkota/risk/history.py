"""Recorded incidents at places, and the window in which such incidents would have been written down.

What is no incident is not in it: peaceful assembly, and whatever shows where somebody looked (arrests, patrols,
searches, social media, cameras, telephones). Nothing about persons is kept: no free text is read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sispamkota.errors import Faults, InputError, shown, suggest
from sispamkota.inputs import DATA, Model
from sispamkota.schema import Assumption
from sispamkota.show import html_table, text_table
from sispamkota.words import number, pick_language, words

from .riskmap import KINDS, SAID_ID

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["COLUMNS", "History", "Window", "embedded_incidents"]

COLUMNS = ("id", "when", "hour_known", "known", "place", "lon", "lat", "kind", "source", "note")


class Window(Model):
    """Hold NAME.yaml beside a list of incidents: the days in which they would have been written down, end exclusive."""

    kind: Literal["window"]
    version: Literal[1]
    start: dt.date
    end: dt.date
    reason_id: str
    reason_en: str
    tag: Literal["official", "reported", "estimated", "assumed"]


@dataclass(frozen=True)
class History:
    """Hold incidents as a table, and the days (start to end, end exclusive) in which they were written down.

    Columns: id; when (local); hour_known; known (the day from which the record was there); place (code of a kelurahan,
    "" where it is not known); lon, lat (degrees, NaN); kind (of KINDS); source; note (ours). `places` are all places of
    the city, `ignored` (reason, rows) what is no incident, `dropped` the columns about persons, by name and filled
    cells.
    """

    name: str
    table: pd.DataFrame = field(compare=False, repr=False)
    start: dt.date
    end: dt.date
    places: tuple[str, ...] = field(default=(), repr=False)
    ignored: tuple[tuple[str, int], ...] = ()
    dropped: tuple[tuple[str, int], ...] = ()
    unread: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = field(default=(), compare=False, repr=False)
    files: tuple[Path, ...] = field(default=(), compare=False, repr=False)

    @property
    def days(self) -> int:
        """Count the days of the window."""
        return (self.end - self.start).days

    def between(self, start: dt.date, end: dt.date) -> History:
        """Give the part of the history from `start` to `end` (exclusive) that lies in its window."""
        import pandas as pd

        start, end = max(start, self.start), min(end, self.end)
        when = self.table["when"]
        inside = (when >= pd.Timestamp(start)) & (when < pd.Timestamp(end))
        return replace(self, table=self.table[inside].reset_index(drop=True), start=start, end=max(start, end))

    def until(self, as_of: dt.date) -> History:
        """Give what was known at the end of the day `as_of`: nothing later, neither a fact nor a watched hour."""
        import pandas as pd

        part = self.between(self.start, as_of + dt.timedelta(days=1))
        known = part.table["known"] <= pd.Timestamp(as_of)
        return replace(part, table=part.table[known].reset_index(drop=True))

    def counts(
        self, places: Sequence[str], kinds: Sequence[str], *, as_of: dt.date | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Count incidents at places, by kind and local hour of the day.

        Parameters
        ----------
        places, kinds : sequence of str
            The axes; incidents of another place or kind are left out.
        as_of : date, optional
            The last day of which anything is known; what happened or was written down later does not count.

        Returns
        -------
        events : int64[place, kind, 24]
        untimed : int64[place, kind]
            Incidents whose hour is not known.
        exposure : float64[24]
            Hours that were watched at each hour of the day: one a day of the window.
        """
        import numpy as np

        part = self if as_of is None else self.until(as_of)
        events = np.zeros((len(places), len(kinds), 24), np.int64)
        untimed = np.zeros((len(places), len(kinds)), np.int64)
        place_at, kind_at = {name: i for i, name in enumerate(places)}, {name: i for i, name in enumerate(kinds)}
        hours = part.table["when"].dt.hour.tolist()
        columns = (part.table[name].tolist() for name in ("place", "kind", "hour_known"))
        for hour, place, kind, known in zip(hours, *columns, strict=True):
            if place in place_at and kind in kind_at:
                at = place_at[place], kind_at[kind]
                if known:
                    events[(*at, hour)] += 1
                else:
                    untimed[at] += 1
        return events, untimed, np.full(24, float(part.days))

    def to_table(self) -> pd.DataFrame:
        """Give the incidents, a copy."""
        return self.table.copy()

    def to_dict(self) -> dict[str, Any]:
        """Give what the history holds, and what it left out, as plain JSON values."""
        return {
            "name": self.name,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "incidents": len(self.table),
            "placed": int((self.table["place"] != "").sum()),
            "timed": int(self.table["hour_known"].sum()),
            "kinds": {str(kind): int(n) for kind, n in self.table["kind"].value_counts(sort=False).items()},
            "ignored": dict(self.ignored),
            "personal_columns": dict(self.dropped),
            "unread_columns": list(self.unread),
            "assumptions": [{"key": each.key, "id": each.id, "en": each.en} for each in self.assumptions],
        }

    def _rows(self) -> tuple[str, tuple[str, ...], list[tuple[str, str]]]:
        """Give title, header and rows in the language of the locale."""
        lang = pick_language(None)
        t = words(lang)
        about = self.to_dict()
        last = self.end - dt.timedelta(days=1)
        rows = [(t("risk_history.days", first=self.start, last=last), number(self.days, lang))]
        rows += [(t(f"risk_history.{name}"), number(about[name], lang)) for name in ("incidents", "placed", "timed")]
        rows += [
            (f"  {SAID_ID[kind] if lang == 'id' else kind}", number(about["kinds"][kind], lang))
            for kind in KINDS
            if kind in about["kinds"]
        ]
        for why, n in self.ignored:
            rows.append((t("risk_history.ignored", why=t(f"risk_history.why_{why}")), number(n, lang)))
        rows += [(t("risk_history.personal", name=name), number(n, lang)) for name, n in self.dropped]
        return t("risk_history.title", name=self.name), (t("risk_history.what"), t("risk_history.number")), rows

    def __str__(self) -> str:
        """Print what the history holds and what it left out."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def embedded_incidents(name: str) -> Path:
    """Find the incident list of an embedded city; raises InputError with the known names."""
    path = DATA / "cities" / name / "incidents.csv"
    if not path.is_file():
        known = sorted(file.parent.name for file in (DATA / "cities").glob("*/incidents.csv"))
        faults, remedy = Faults(), suggest(name, known)
        expected = "an embedded city with incidents, or the path of a file"
        faults.add(where=name, field="history", expected=expected, got=shown(name), remedy=remedy)
        raise InputError(faults)
    return path
