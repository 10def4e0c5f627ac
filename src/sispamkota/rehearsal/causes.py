"""What the parts of a plan are worth: the stored rehearsal again, under the same luck, without each of them.

It is done on the tables that a result carries, so that it needs no plan, city or scenario. A unit that is taken out
changes nothing but what it did: draws belong to names, not to rows. Beside the parts stands one thing more: the same
posts with more people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pydantic
from numpy.typing import NDArray

from sispamkota.inputs import Model, own_file
from sispamkota.kernels import heap
from sispamkota.kernels import layout as at
from sispamkota.kernels._compile import sources_digest

from .arena import sample_of
from .courses import courses
from .hangs import find_hangs
from .rehearse import Run
from .spread import Work
from .story import CAPABILITIES
from .tables import Tables, pooled
from .zones import Judgement, Zones, judge

if TYPE_CHECKING:
    from .ensemble import Ensemble

__all__ = [
    "ALL",
    "COLUMNS",
    "CausesFigure",
    "CausesFile",
    "Part",
    "PartRow",
    "find_causes",
    "parts_of",
    "with_evidence",
]

CALMLY = Run()
ALL = 0.95  # all intervals of all parts hold together with this
COLUMNS = (
    "part", "kind", "agency", "units", "people", "aim", "unit", "pairs", "before", "after", "difference", "low", "high",
    "zone", "verdict",
)  # fmt: skip
Mask = NDArray[np.bool_]


class CausesFigure(Model):
    """Describe a figure with its range."""

    value: int = pydantic.Field(ge=1)
    low: int
    high: int
    unit: str


class PartRow(Model):
    """Describe a part that is left out: by one of task, ability, or the service whose nearest unit it is."""

    task: Literal["guard", "mobile", "reserve", "standby", "bko"] | None = None
    ability: str | None = None
    nearest: Literal["police", "fire", "ambulance"] | None = None


class CausesFile(Model):
    """Describe the file of parts."""

    kind: Literal["causes"]
    version: Literal[1]
    source: str
    quality: Literal["official", "reported", "estimated", "assumed"]
    pairs: CausesFigure
    more_people: CausesFigure
    parts: dict[str, PartRow]
    each_agency: bool


@dataclass(frozen=True)
class Part:
    """Hold one change of a plan: which units it touches, how many people, and the tables with it.

    `kind` is without (people taken out) or more (people added). `agency` is empty but for a whole agency.
    """

    key: str
    kind: str
    agency: str
    units: tuple[str, ...]
    people: int
    tables: Tables


def with_evidence(ensemble: Ensemble, *, run: Run = CALMLY) -> Ensemble:
    """Add to a result what its parts are worth, its courses and what it hangs on; a pure function of the result.

    A result that has them is given back as it is, and so is one of another version of the engine: it cannot be played.
    """
    if len(ensemble.courses) or ensemble.manifest.settings.get("engine") != sources_digest():
        return ensemble
    work = Work(ensemble.tables, ensemble.seed, ensemble.horizon_s)
    found = courses(work, ensemble.names.hospitals, len(ensemble.rows), workers=run.workers)
    return replace(ensemble, causes=find_causes(ensemble, run=run), courses=found, hangs=find_hangs(ensemble))


def find_causes(ensemble: Ensemble, *, run: Run = CALMLY) -> pd.DataFrame:
    """Play each part of the plan in pairs with the plan itself; columns COLUMNS, one row a part and aim.

    `difference` is after − before, with its interval, which holds for all parts and aims together (Bonferroni).
    `verdict`: worse or better where the whole interval lies beyond the zone, same where it lies within, untouched where
    no pair differs (then there is no interval to speak of), else unsure.
    Empty where the result has too few replicates to tell anything.
    """
    figures = own_file(CausesFile, "rehearsal", "causes")
    pairs = min(figures.pairs.value, len(ensemble.rows))
    parts = list(parts_of(ensemble, figures))
    if pairs < figures.pairs.low or not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    zones, span = Zones.load(), range(pairs)

    def aims(tables: Tables) -> NDArray[np.float64]:
        return sample_of(Work(tables, ensemble.seed, ensemble.horizon_s), span, workers=run.workers).aims

    whole, confidence = aims(ensemble.tables), 1.0 - (1.0 - ALL) / len(parts)
    rows = [row for part in parts for row in _rows(part, judge(whole, aims(part.tables), zones, confidence=confidence))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def parts_of(ensemble: Ensemble, figures: CausesFile) -> Iterator[Part]:
    """Give each part that the plan has, in the order of the file; then each agency; then more people.

    A part that would leave nobody is none; nor is an agency that is the same units as a part before it.
    """
    units, posts = _units(ensemble), ensemble.posts.drop_duplicates("unit").set_index("unit")
    seen = set[bytes]()
    wanted: list[tuple[str, str, PartRow | None]] = [(key, "", row) for key, row in figures.parts.items()]
    agencies = sorted(set(posts["agency"])) if figures.each_agency else []
    wanted += [(f"agency:{name}", str(name), None) for name in agencies]
    for key, agency, row in wanted:
        mask = np.isin(units, posts.index[posts["agency"] == agency]) if row is None else _touched(ensemble, units, row)
        ability = CAPABILITIES.index(row.ability) if row is not None and row.ability else None
        tables = _without(ensemble.tables, mask, ability)
        if not mask.any() or not len(tables.unit_t) or mask.tobytes() in seen:
            continue
        seen.add(mask.tobytes())
        people = int(ensemble.tables.unit_t["people"][mask].sum())
        yield Part(key, "without", agency, tuple(dict.fromkeys(units[mask])), people, tables)
    more = figures.more_people.value
    if len(units):
        yield Part("more-people", "more", "", (), more, _with_more(ensemble.tables, more))


def _rows(part: Part, found: Judgement) -> Iterator[tuple[Any, ...]]:
    """Write a part's comparison, one row an aim."""
    for gap in found.gaps:
        if gap.low > gap.zone:
            verdict = "worse"
        elif gap.high < -gap.zone:
            verdict = "better"
        elif gap.low == gap.high:
            verdict = "untouched"
        else:
            verdict = "same" if -gap.zone <= gap.low and gap.high <= gap.zone else "unsure"
        head = (part.key, part.kind, part.agency, " ".join(part.units), part.people, gap.aim, gap.unit, found.pairs)
        yield (*head, gap.before, gap.after, gap.difference, gap.low, gap.high, gap.zone, verdict)


def _units(ensemble: Ensemble) -> NDArray[Any]:
    """Name the post of each row of units: a large unit stands in several rows."""
    return np.array([name.split("/")[0] for name in ensemble.names.units], dtype=object)


def _touched(ensemble: Ensemble, units: NDArray[Any], row: PartRow) -> Mask:
    """Tell which rows of units a part takes in."""
    unit_t = ensemble.tables.unit_t.view(np.ndarray)
    if row.task is not None:
        mask: Mask = np.isin(units, ensemble.posts.loc[ensemble.posts["task"] == row.task, "unit"])
        return mask
    if row.ability is not None:
        found: Mask = (unit_t["caps"] >> CAPABILITIES.index(row.ability)) & 1 == 1
        return found
    return _nearest(ensemble, unit_t, str(row.nearest))


def _nearest(ensemble: Ensemble, unit_t: NDArray[Any], service: str) -> Mask:
    """Find the unit that is nearest to the place from which a service is called most; none where nobody calls."""
    tables, mask = ensemble.tables, np.zeros(len(unit_t), bool)
    calls = ensemble.responses.loc[ensemble.responses["service"] == service, "place"].value_counts()
    able = np.flatnonzero((unit_t["caps"] & _ABLE[service]) != 0)
    if calls.empty or not len(able):
        return mask
    most = min(calls.index[calls == calls.max()])
    nodes, n = tables.place["node"], tables.nodes
    home, to = nodes[unit_t["home"][able]], nodes[ensemble.names.places.index(most)]
    seconds = tables.travel["s"][(unit_t["vehicle"][able] * n + home) * n + to]  # streets open
    mask[able[int(np.argmin(seconds + unit_t["turnout"][able]))]] = True
    return mask


_ABLE: Mapping[str, int] = {
    "police": 1 << int(at.PATROL),
    "fire": 1 << int(at.FIRE),
    "ambulance": 1 << int(at.AMBULANCE),
}


def _without(tables: Tables, mask: Mask, ability: int | None) -> Tables:
    """Take units out, or only an ability from them; who can do nothing else goes too."""
    unit_t = tables.unit_t.view(np.ndarray).copy()
    if ability is None:
        kept = ~mask
    else:
        unit_t["caps"][mask] &= ~(1 << ability)
        kept = ~mask | (unit_t["caps"] != 0)
    return _with_units(tables, unit_t[kept])


def _with_units(tables: Tables, unit_t: NDArray[Any]) -> Tables:
    """Put other units into a world: their pools and the agenda are laid anew.

    Calls are understood sooner where Linmas are posted; where no unit that keeps polling stations is left, nowhere.
    """
    sizes = np.diff(tables.offset)
    sizes[[int(heap.UNIT_SLOT), int(heap.DUTY_SLOT)]] = len(unit_t)
    place = tables.place.copy()
    if not ((unit_t["caps"] >> int(at.TPS)) & 1).any():
        place["alert"] = 1.0
    units, pool_t, member = pooled(unit_t.view(np.recarray))
    offset = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return tables._replace(offset=offset, place=place, unit_t=units, pool_t=pool_t, member=member)


def _with_more(tables: Tables, more: int) -> Tables:
    """Share more people out over the units in proportion to their people, by largest remainder."""
    unit_t = tables.unit_t.view(np.ndarray).copy()
    people = unit_t["people"].astype(float)
    due = more * people / max(1.0, people.sum())
    extra = np.floor(due).astype(np.int64)
    last = np.argsort(extra - due, kind="stable")[: more - int(extra.sum())]
    extra[last] += 1
    ready = unit_t["effective"] / np.maximum(people, 1.0)
    unit_t["people"] += extra
    unit_t["effective"] += np.rint(extra * ready).astype(np.int64)
    return tables._replace(unit_t=unit_t.view(np.recarray))
