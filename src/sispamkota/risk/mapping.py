"""Map the risk of a city on a day: rates before counting, what was counted up to a day, and what is known of places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sispamkota.errors import Faults, shown, suggest
from sispamkota.schema import Assumption

from .areas import neighbours_of
from .calendar import Calendar, calendar
from .counts import Counts
from .fit import fit_fast
from .history import History
from .indicators import Indicators
from .opportunity import Opportunities, spread_kinds
from .posterior import Draws, Posterior
from .prior import Prior
from .riskmap import BACKGROUND, KINDS, RiskMap
from .tables import expected_in, rates_on, usual_day

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["Evidence", "at_level", "map_risk"]

HOURS_A_DAY = 24
Fit = Callable[[Counts, Prior], Posterior]
_LEFT = {
    "nowhere": (
        "kejadian tanpa kelurahan hanya dihitung sekota",
        "incidents without a kelurahan count for the city only",
    ),
    "strange": (
        "kejadian berjenis tanpa laju pada hari itu tidak dihitung",
        "incidents of kinds without a rate do not count",
    ),
    "closed": (
        "kejadian pada jam berlaju 0 dihitung tanpa jam",
        "incidents in hours of rate 0 count without their hour",
    ),
}


@dataclass(frozen=True)
class Evidence:
    """Hold what a map may be made from; each part may be absent.

    `complete`: kind → the share of all its incidents that the history holds, above 0 to 1. Of a kind that it does not
    name nobody knows: then the history tells where and when, and never how many. `tables` stand in for those that the
    calendar names; `calendar` and `shares` for the embedded ones.
    """

    history: History | None = None
    indicators: Indicators | None = None
    complete: Mapping[str, float] = field(default_factory=dict)
    tables: Sequence[str] | None = None
    calendar: Calendar | None = None
    shares: Opportunities | None = None


def map_risk(city: City, *, day: date, as_of: date, evidence: Evidence = Evidence(), fit: Fit = fit_fast) -> RiskMap:
    """Map the rates of every kind at every kelurahan on a day, by what was known on `as_of`, which is before it.

    Rates are at tension 1: scenarios and pages multiply by the calendar's tension. Raises InputError for shares and
    days that are none, and where parts do not go together.
    """
    _check(evidence, day, as_of)
    dates = evidence.calendar or calendar()
    background, borrowed = usual_day(city)
    source = rates_on(day, dates, background=background, tables=evidence.tables)
    kinds = tuple(kind for kind in KINDS if kind in set(source.table["kind"]))
    prior = Prior.of(source, kinds)
    history = None if evidence.history is None else evidence.history.until(as_of)
    counts, notes = _counts(city, prior, history, evidence, as_of)
    posterior = at_level(fit(counts, prior), prior, _level(prior, history, evidence, dates, background))
    table = posterior.to_riskmap(f"{city.name} {day}", source="", tag="estimated").table
    said = dict(zip(kinds, zip(prior.source, prior.tag, strict=True), strict=True))
    table = table.assign(source=[said[k][0] for k in table["kind"]], tag=[said[k][1] for k in table["kind"]])
    basis = {
        "day": day.isoformat(),
        "as_of": as_of.isoformat(),
        "method": posterior.method,
        "tables": list(dict.fromkeys([background, *(evidence.tables or dates.tables(day))])),
        "phases": [phase.id for phase in dates.phases_of(day)],
        "tension": dates.tension(day).tolist(),
        "history": "" if history is None else history.name,
        "window": [] if history is None else [history.start.isoformat(), history.end.isoformat()],
        "complete": dict(evidence.complete),
        "counted": int(counts.totals.sum()),
        "indicators": list(counts.names),
        "spreads": {name: list(ends) for name, ends in posterior.spreads.items()},
    }
    files = (*source.files, *(() if history is None else history.files))
    name, why = f"{city.name} {day}", _why(counts, posterior)
    return RiskMap(name, table, files=files, basis=basis, why=why, notes=(*borrowed, *notes))


def _check(evidence: Evidence, day: date, as_of: date) -> None:
    """Raise InputError for shares and days that are none, all at once."""
    faults = Faults()
    if as_of >= day:
        remedy = "Nothing of the day itself may enter its forecast."
        faults.add(where="--as-of", field="date", expected=f"a day before {day}", got=str(as_of), remedy=remedy)
    for kind, share in evidence.complete.items():
        where = f"--complete {kind}"
        if kind not in KINDS:
            remedy = suggest(kind, KINDS)
            faults.add(where=where, field="kind", expected="a kind of incident", got=shown(kind), remedy=remedy)
        if not 0.0 < share <= 1.0:
            remedy = "Say 1 where the list holds every incident; leave it out if nobody knows."
            faults.add(where=where, field="share", expected="above 0, up to 1", got=f"{share:g}", remedy=remedy)
    faults.raise_if_any()


def _counts(
    city: City, prior: Prior, history: History | None, evidence: Evidence, as_of: date
) -> tuple[Counts, tuple[Assumption, ...]]:
    """Count incidents by place, kind and hour, and lay the neighbours and indicators beside them."""
    places, kinds = tuple(str(code) for code in city.kelurahan["kode"]), prior.kinds
    spread, told = spread_kinds(city, kinds, shares=evidence.shares)
    near = neighbours_of(city)
    notes = [*near.assumptions, *told]
    shape = (len(places), len(kinds))
    events, untimed, exposure = np.zeros((*shape, HOURS_A_DAY), int), np.zeros(shape, int), np.zeros(HOURS_A_DAY)
    if history is None:
        id_, en = (
            "Tidak ada riwayat kejadian: peta ini hanya laju awal.",
            "No history of incidents: rates before counting.",
        )
        notes.append(Assumption("risk.no_history", id_, en, "assumed"))
    else:
        events, untimed, exposure = history.counts(places, kinds)
        closed = events * (prior.rate == 0.0)
        events, untimed = events - closed, untimed + closed.sum(axis=2)
        notes += [*history.assumptions, *_history_notes(history, kinds, evidence.complete, int(closed.sum()))]
    covariates, names, blanks = _covariates(evidence.indicators, places, as_of)
    counts = Counts(
        places=places,
        kinds=kinds,
        events=events,
        untimed=untimed,
        exposure=exposure,
        population=spread,
        covariates=covariates,
        names=names,
        neighbours=near.pairs,
    )
    return counts, (*notes, *blanks)


def _history_notes(
    history: History, kinds: Sequence[str], complete: Mapping[str, float], closed: int
) -> list[Assumption]:
    """State what a history cannot tell, and which of its incidents could not be used."""
    table = history.table
    strange = int((~table["kind"].isin(list(kinds))).sum())
    nowhere = int((table["kind"].isin(list(kinds)) & ~table["place"].isin(history.places)).sum())
    notes = []
    if set(table["kind"]) - set(complete):
        id_ = (
            "Berapa banyak kejadian yang tidak tercatat tidak diketahui: riwayat hanya memberi tahu di mana dan kapan."
        )
        en = "How many incidents were not recorded is unknown: the history tells where and when, not how many."
        notes.append(Assumption("risk.incomplete", id_, en, "assumed"))
    if complete:
        shares = ", ".join(f"{kind} {share:.0%}" for kind, share in complete.items())
        id_, en = (
            f"Bagian kejadian yang tercatat, menurut pengguna: {shares}.",
            f"Recorded, as the user says: {shares}.",
        )
        notes.append(Assumption("risk.complete", id_, en, "assumed", len(complete)))
    for key, count in (("nowhere", nowhere), ("strange", strange), ("closed", closed)):
        if count:
            id_, en = _LEFT[key]
            notes.append(Assumption(f"risk.{key}", f"{count} {id_}.", f"{count} {en}.", "reported", count))
    return notes


def _level(
    prior: Prior, history: History | None, evidence: Evidence, dates: Calendar, background: str
) -> tuple[np.ndarray, np.ndarray]:
    """Give how many times the tables' incidents there are, and the gamma shape of that, by kind.

    n of a kind were recorded where the tables, day by day at their tension, expect E, of which the list holds its
    share: a factor of mean 1 and shape a becomes one of mean (a + n)/(a + E).
    """
    factor, shape = np.ones(len(prior.kinds)), prior.shape.copy()
    known = [k for k, kind in enumerate(prior.kinds) if kind in evidence.complete]
    if history is None or not known:
        return factor, shape
    names = [prior.kinds[k] for k in known]
    whole = expected_in(history.start, history.end, dates, names, background=background, tables=evidence.tables)
    for k, expected in zip(known, whole, strict=True):
        n = int((history.table["kind"] == prior.kinds[k]).sum())
        if expected > 0.0:
            shape[k] = prior.shape[k] + n
            factor[k] = shape[k] / (prior.shape[k] + expected * evidence.complete[prior.kinds[k]])
    return factor, shape


def _covariates(
    indicators: Indicators | None, places: Sequence[str], as_of: date
) -> tuple[np.ndarray, tuple[str, ...], tuple[Assumption, ...]]:
    """Take the indicators that were published at the kelurahan; a blank takes the mean of the others, and is told."""
    if indicators is None:
        return np.zeros((len(places), 0)), (), ()
    wide = indicators.as_of(as_of).at("kelurahan").reindex(index=list(places))
    wide = wide.loc[:, wide.notna().any(axis=0)]
    blank = int(wide.isna().to_numpy().sum())
    notes: tuple[Assumption, ...] = ()
    if blank:
        id_ = "Indikator yang tidak tersedia di suatu kelurahan diganti rata-rata kelurahan lain dalam model laju."
        en = "Where an indicator of a kelurahan is not available, the rate model takes the mean of the others."
        notes = (Assumption("risk.blank_indicators", id_, en, "assumed", blank),)
    return wide.to_numpy(float), tuple(map(str, wide.columns)), notes


def at_level(posterior: Posterior, prior: Prior, law: tuple[np.ndarray, np.ndarray]) -> Posterior:
    """Set how many there are; where and when stay as fitted, of which the counts tell without knowing how many."""
    factor, shape = law
    level, sampler = prior.rate.mean(axis=1) * factor, posterior.sampler

    def draw(rng: np.random.Generator, n: int) -> Draws:
        drawn = sampler(rng, n)
        return drawn._replace(level=rng.gamma(shape, level / shape, (n, level.size)))

    return replace(posterior, level=level, level_shape=shape, sampler=draw)


def _why(counts: Counts, posterior: Posterior) -> pd.DataFrame:
    """Say what makes a place's rates: its share before counting, incidents there and beside it, what they changed."""
    trouble = [k for k, kind in enumerate(counts.kinds) if kind not in BACKGROUND]
    seen = counts.totals[:, trouble].sum(axis=1)
    beside = np.zeros(len(counts.places), int)
    np.add.at(beside, counts.neighbours[:, 0], seen[counts.neighbours[:, 1]])
    np.add.at(beside, counts.neighbours[:, 1], seen[counts.neighbours[:, 0]])
    before, share = (part[:, trouble] @ posterior.level[trouble] for part in (counts.spread, posterior.share.mean))
    return pd.DataFrame(
        {"place": counts.places, "before": before, "recorded": seen, "beside": beside, "ratio": share / before}
    ).assign(before=before / before.sum())
