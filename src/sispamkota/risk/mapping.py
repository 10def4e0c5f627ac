"""Map the risk of a city on a day: rates before counting, what was counted up to a day, and what is known of places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sispamkota.errors import Faults, InputError
from sispamkota.schema import Assumption

from .areas import neighbours_of
from .calendar import Calendar, calendar
from .counts import Counts
from .fit import fit_fast
from .history import History
from .indicators import Indicators
from .opportunity import spread_kinds
from .posterior import Draws, Posterior
from .prior import Prior
from .riskmap import BACKGROUND, KINDS, RiskMap

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["Evidence", "map_risk"]

HOURS_A_DAY = 24
Fit = Callable[[Counts, Prior], Posterior]


@dataclass(frozen=True)
class Evidence:
    """Hold what a map may be made from; each part may be absent.

    `complete` is the share of all incidents that the history holds, 0 to 1; None where nobody knows: then it tells
    where and when incidents are, and never how many. `tables` stand in for those that the calendar names for the day.
    """

    history: History | None = None
    indicators: Indicators | None = None
    complete: float | None = None
    tables: Sequence[str] | None = None
    calendar: Calendar | None = None


def map_risk(city: City, *, day: date, as_of: date, evidence: Evidence = Evidence(), fit: Fit = fit_fast) -> RiskMap:
    """Map the rates of every kind at every kelurahan on a day, by what was known on `as_of` (inclusive).

    Rates are at tension 1: scenarios and pages multiply by the calendar's tension. Raises InputError for a share of
    completeness outside 0 to 1, and where parts do not go together.
    """
    _check(evidence)
    dates = evidence.calendar or calendar()
    tables = tuple(evidence.tables or (city.name, *dates.tables(day)))
    source = RiskMap.join([RiskMap.load(name) for name in tables])
    kinds = tuple(kind for kind in KINDS if kind in set(source.table["kind"]))
    prior = Prior.of(source, kinds)
    history = None if evidence.history is None else evidence.history.until(as_of)
    counts, notes = _counts(city, kinds, history, evidence, as_of)
    posterior = fit(counts, prior)
    if evidence.complete is None:
        posterior = _without_level(posterior, prior)
    sources = dict(zip(kinds, zip(prior.source, prior.tag, strict=True), strict=True))
    found = posterior.to_riskmap(f"{city.name} {day}", source="", tag="estimated")
    table = found.table.assign(
        source=[sources[kind][0] for kind in found.table["kind"]],
        tag=[sources[kind][1] for kind in found.table["kind"]],
    )
    basis = {
        "day": day.isoformat(),
        "as_of": as_of.isoformat(),
        "method": posterior.method,
        "tables": list(tables),
        "phases": [phase.id for phase in dates.phases_of(day)],
        "tension": dates.tension(day).tolist(),
        "history": "" if history is None else history.name,
        "window": [] if history is None else [history.start.isoformat(), history.end.isoformat()],
        "complete": evidence.complete,
        "counted": int(counts.totals.sum()),
        "indicators": list(counts.names),
        "spreads": {name: list(ends) for name, ends in posterior.spreads.items()},
    }
    files = (*source.files, *(() if history is None else history.files))
    return RiskMap(found.name, table, files=files, basis=basis, why=_why(counts, posterior), notes=notes)


def _check(evidence: Evidence) -> None:
    """Raise InputError for a share that is none."""
    if evidence.complete is not None and not 0.0 < evidence.complete <= 1.0:
        faults, remedy = (
            Faults(),
            "Say 1 where every incident of the window is in the list; leave it out if nobody knows.",
        )
        got = f"{evidence.complete:g}"
        faults.add(where="--complete", field="complete", expected="above 0, up to 1", got=got, remedy=remedy)
        raise InputError(faults)


def _counts(
    city: City, kinds: Sequence[str], history: History | None, evidence: Evidence, as_of: date
) -> tuple[Counts, tuple[Assumption, ...]]:
    """Count incidents by place, kind and hour, and lay the neighbours and indicators beside them."""
    places = tuple(str(code) for code in city.kelurahan["kode"])
    spread, told = spread_kinds(city, kinds)
    near = neighbours_of(city)
    notes = [*near.assumptions, *told]
    if history is None:
        events, untimed = (
            np.zeros((len(places), len(kinds), HOURS_A_DAY), int),
            np.zeros((len(places), len(kinds)), int),
        )
        exposure = np.zeros(HOURS_A_DAY)
    else:
        events, untimed, exposure = history.counts(places, kinds)
        notes += [*history.assumptions, *_level_note(evidence.complete)]
    covariates, names, blanks = _covariates(evidence.indicators, places, as_of)
    counts = Counts(
        places=places,
        kinds=tuple(kinds),
        events=events,
        untimed=untimed,
        exposure=exposure * (evidence.complete or 1.0),
        population=spread,
        covariates=covariates,
        names=names,
        neighbours=near.pairs,
    )
    return counts, (*notes, *blanks)


def _level_note(complete: float | None) -> tuple[Assumption, ...]:
    """State what the list may tell about how many incidents there are."""
    if complete is None:
        id_ = (
            "Berapa banyak kejadian yang tidak tercatat tidak diketahui: riwayat hanya memberi tahu di mana dan kapan."
        )
        en = "How many incidents were not recorded is unknown: the history tells where and when, not how many."
        return (Assumption("risk.incomplete", id_, en, "assumed"),)
    id_ = f"Riwayat memuat {complete:.0%} dari semua kejadian (dinyatakan pengguna)."
    en = f"The history holds {complete:.0%} of all incidents (stated by the user)."
    return (Assumption("risk.complete", id_, en, "assumed"),)


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


def _without_level(posterior: Posterior, prior: Prior) -> Posterior:
    """Put the level before counting back: a list of unknown completeness tells nothing about how many."""
    level = prior.rate.mean(axis=1)
    sampler = posterior.sampler

    def draw(rng: np.random.Generator, n: int) -> Draws:
        drawn = sampler(rng, n)
        return drawn._replace(level=rng.gamma(prior.shape, level / prior.shape, (n, level.size)))

    return replace(posterior, level=level, level_shape=prior.shape, sampler=draw)


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
