"""What the parts of a plan are worth: the stored rehearsal again, under the same luck, without each of them.

It is done on the tables that a result carries, so that it needs no plan, city or scenario. A unit that is taken out
changes nothing but what it did: draws belong to names, not to rows. Beside the parts stands one thing more: the same
posts with more people.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pydantic
from numpy.typing import NDArray
from scipy import special

from sispamkota.inputs import Model, own_file
from sispamkota.kernels import heap
from sispamkota.kernels import layout as at
from sispamkota.kernels._compile import sources_digest
from sispamkota.kernels.measure import MEASURES

from .arena import AIMS, Sample, sample_of
from .courses import courses
from .hangs import find_hangs
from .rehearse import Run
from .spread import Work
from .story import CAPABILITIES
from .tables import Tables, pooled
from .zones import Gap, Zones, judge

if TYPE_CHECKING:
    from .ensemble import Ensemble

__all__ = [
    "ALL",
    "COLUMNS",
    "CausesFigure",
    "CausesFile",
    "DeathsRow",
    "Part",
    "PartRow",
    "find_causes",
    "parts_of",
    "with_evidence",
]

CALMLY = Run()
ALL = 0.95  # all intervals of all parts hold together with this
COLUMNS = (
    "part", "kind", "agency", "units", "people", "losing", "aim", "unit", "pairs", "before", "after", "difference",
    "low", "high", "zone", "verdict",
)  # fmt: skip
Mask = NDArray[np.bool_]


class CausesFigure(Model):
    """Describe a figure with its range."""

    value: int = pydantic.Field(ge=1)
    low: int
    high: int
    unit: str


class DeathsRow(Model):
    """Describe the difference in deaths that matters, of a rehearsal in the mean."""

    value: float = pydantic.Field(gt=0)
    low: float = pydantic.Field(gt=0)
    high: float = pydantic.Field(gt=0)
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
    deaths: DeathsRow
    parts: dict[str, PartRow]
    each_agency: bool


@dataclass(frozen=True)
class Part:
    """Hold one change of a plan: which units it touches, how many people, and the tables with it.

    `kind` is without (`people` taken out, `losing` stay but lose an ability) or more (`people` added). `agency` is
    empty but for a whole agency.
    """

    key: str
    kind: str
    agency: str
    units: tuple[str, ...]
    people: int
    losing: int
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
    The aims are those of a plan, and deaths beside them: harm counts a person hurt or dead once, so that a life saved
    does not show in it. `verdict`: worse or better where the whole interval lies beyond the zone, same where it lies
    within, untouched where no pair differs (then there is no interval to speak of), else unsure.
    Empty where the result has too few replicates to tell anything.
    """
    figures = own_file(CausesFile, "rehearsal", "causes")
    pairs = min(figures.pairs.value, len(ensemble.rows))
    parts = list(parts_of(ensemble, figures))
    if pairs < figures.pairs.low or not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    zones, span = Zones.load(), range(pairs)

    def play(tables: Tables) -> Sample:
        return sample_of(Work(tables, ensemble.seed, ensemble.horizon_s), span, workers=run.workers)

    whole, rows = play(ensemble.tables), list[tuple[Any, ...]]()
    each = (1.0 - ALL) / len(parts) / (len(AIMS) + 1)  # of every interval of every part: the aims, and deaths
    for part in parts:
        changed = play(part.tables)
        found = judge(whole.aims, changed.aims, zones, confidence=1.0 - each * len(AIMS))
        deaths = _deaths(whole, changed, figures.deaths.value, each)
        rows += _rows(part, (found.gaps[0], deaths, *found.gaps[1:]), found.pairs)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def parts_of(ensemble: Ensemble, figures: CausesFile) -> Iterator[Part]:
    """Give each part that the plan has, in the order of the file; then each agency; then more people.

    A part that would leave nobody is none; nor is one that leaves the same units with the same abilities.
    """
    units, posts = _units(ensemble), ensemble.posts.drop_duplicates("unit").set_index("unit")
    seen = set[bytes]()
    wanted: list[tuple[str, str, PartRow | None]] = [(key, "", row) for key, row in figures.parts.items()]
    agencies = sorted(set(posts["agency"])) if figures.each_agency else []
    wanted += [(f"agency:{name}", str(name), None) for name in agencies]
    for key, agency, row in wanted:
        mask = np.isin(units, posts.index[posts["agency"] == agency]) if row is None else _touched(ensemble, units, row)
        ability = CAPABILITIES.index(row.ability) if row is not None and row.ability else None
        left, kept = _left(ensemble.tables, mask, ability)
        if not mask.any() or not len(left) or left.tobytes() in seen:
            continue
        seen.add(left.tobytes())
        people = ensemble.tables.unit_t["people"]
        yield Part(
            key, "without", agency, tuple(dict.fromkeys(units[mask])), int(people[~kept].sum()),
            int(people[mask & kept].sum()), _with_units(ensemble.tables, left),
        )  # fmt: skip
    more = figures.more_people.value
    if len(units):
        yield Part("more-people", "more", "", (), more, 0, _with_more(ensemble.tables, more))


def _deaths(before: Sample, after: Sample, zone: float, alpha: float) -> Gap:
    """Compare deaths by Student's t over the pairs; the interval is wrong with probability `alpha`."""
    pair = np.column_stack([_dead(before), _dead(after)])
    pair = pair[np.isfinite(pair).all(axis=1)]
    gap, n = pair[:, 1] - pair[:, 0], len(pair)
    half = float(special.stdtrit(n - 1, 1.0 - alpha / 2.0)) * float(gap.std(ddof=1)) / math.sqrt(n)
    mean = float(gap.mean())
    first, second = pair.mean(axis=0).tolist()
    return Gap("deaths", "people", zone, first, second, mean, mean - half, mean + half)


def _dead(sample: Sample) -> NDArray[np.float64]:
    """Give the deaths of each replicate."""
    column = MEASURES.index("deaths")
    return np.concatenate([batch.rows[:, column] for batch in sample.batches])


def _rows(part: Part, gaps: Iterable[Gap], pairs: int) -> Iterator[tuple[Any, ...]]:
    """Write a part's comparison, one row an aim."""
    units = " ".join(part.units)
    for gap in gaps:
        if gap.low > gap.zone:
            verdict = "worse"
        elif gap.high < -gap.zone:
            verdict = "better"
        elif gap.low == gap.high:
            verdict = "untouched"
        else:
            verdict = "same" if -gap.zone <= gap.low and gap.high <= gap.zone else "unsure"
        head = (part.key, part.kind, part.agency, units, part.people, part.losing)
        yield (
            *head,
            gap.aim,
            gap.unit,
            pairs,
            gap.before,
            gap.after,
            gap.difference,
            gap.low,
            gap.high,
            gap.zone,
            verdict,
        )


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


def _left(tables: Tables, mask: Mask, ability: int | None) -> tuple[NDArray[Any], Mask]:
    """Take units out, or only an ability from them: who can do nothing else goes too. The rows left, and which stay."""
    unit_t = tables.unit_t.view(np.ndarray).copy()
    if ability is None:
        kept = ~mask
    else:
        unit_t["caps"][mask] &= ~(1 << ability)
        kept = ~mask | (unit_t["caps"] != 0)
    return unit_t[kept], kept


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
