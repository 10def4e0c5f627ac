"""Contagion in an incident history: whether incidents beget others, or some places and hours simply have more.

For the past only. The answer is about the history as a whole: it holds no figure of any place, and nothing in it says
where to go. Told apart are places with more of everything (hot spots), hours and phases with more, and clusters in
which one incident follows from another.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.show import html_table, text_table
from sispamkota.words import figure, number, percent, pick_language, words

from .branching import Clock, Incidents, Process, residuals
from .clusters import Fit, chance_of, unequal
from .history import History
from .judging import judging

__all__ = ["Contagion", "Range", "clock_of", "fit_contagion", "incidents_of", "spreads_of"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_DAY = 24


@dataclass(frozen=True)
class Range:
    """Hold an estimate and its 90 % likelihood interval."""

    value: float
    low: float
    high: float


_UNKNOWN = Range(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Contagion:
    """Say whether the incidents of a history beget others. It speaks of the past, and of no place.

    ratio: others that each incident begets; memory_h: mean hours until then; spread_m: how far (standard deviation of a
    Gaussian, 0: at its own place); followed: share of incidents that followed from another. chance: of a gain in
    likelihood as large as seen in histories that only have hot spots, rush hours and phases (Monte Carlo, exact);
    places_chance: of places as unequal if all were alike; fit_chance: of residuals as uneven under the fitted law
    (Kolmogorov & Smirnov, by time rescaling; too high, for the law was fitted). All NaN where `enough` is false.
    """

    name: str
    start: dt.date
    end: dt.date
    incidents: int
    needed: int
    drawn_hours: int
    ratio: Range = _UNKNOWN
    memory_h: Range = _UNKNOWN
    spread_m: float = math.nan
    followed: float = math.nan
    gain: float = math.nan
    chance: float = math.nan
    places_chance: float = math.nan
    fit_chance: float = math.nan
    replicates: int = field(default=0, repr=False)
    level: float = field(default=0.05, repr=False)

    @property
    def enough(self) -> bool:
        """Tell whether there are enough incidents for an answer."""
        return self.incidents >= self.needed

    @property
    def verdict(self) -> str:
        """Answer "contagious", "hot spots" (places differ, no contagion shown), "even", or "too few"."""
        if not self.enough:
            return "too few"
        if self.chance <= self.level:
            return "contagious"
        return "hot spots" if self.places_chance <= self.level else "even"

    @property
    def cluster(self) -> float:
        """Give the mean size of a cluster, 1 / (1 - ratio)."""
        return 1.0 / (1.0 - self.ratio.value)

    def to_dict(self) -> dict[str, Any]:
        """Give the answer as plain JSON values; what is not known is null."""
        plain = {
            name: float(getattr(self, name))
            for name in ("spread_m", "followed", "gain", "chance", "places_chance", "fit_chance", "cluster")
        }
        return {
            "history": self.name,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "use": "the past only; no place is named",
            "incidents": self.incidents,
            "incidents_needed": self.needed,
            "drawn_hours": self.drawn_hours,
            "verdict": self.verdict,
            **{name: [_finite(x) for x in vars(getattr(self, name)).values()] for name in ("ratio", "memory_h")},
            **{name: _finite(value) for name, value in plain.items()},
        }

    def sentences(self, lang: str) -> list[str]:
        """Say in words what the answer means, and what it is not for."""
        t = words(lang)
        about = {"n": number(self.incidents, lang), "needed": number(self.needed, lang)}
        about |= {"chance": figure(self.chance, lang), "level": percent(self.level, lang)}
        out = [t(f"risk_contagion.{self.verdict.replace(' ', '_')}", **about)]
        if self.enough and self.drawn_hours:
            out.append(t("risk_contagion.drawn", n=number(self.drawn_hours, lang)))
        return [*out, t("risk_contagion.past")]

    def _rows(self) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
        """Give title, header and rows in the language of the locale."""
        lang = pick_language(None)
        t = words(lang)
        rows: list[tuple[str, ...]] = []
        if self.enough:
            for name, each in (("ratio", self.ratio), ("memory", self.memory_h)):
                rows.append((t(f"risk_contagion.{name}"), *(figure(x, lang) for x in vars(each).values())))
            for name, value in (
                ("cluster", self.cluster),
                ("spread", self.spread_m / 1000),
                ("followed", self.followed),
            ):
                rows.append((t(f"risk_contagion.{name}"), figure(value, lang), "", ""))
            chances = ("chance", "places_chance", "fit_chance")
            rows += [(t(f"risk_contagion.{name}"), figure(getattr(self, name), lang), "", "") for name in chances]
        header = (
            t("risk_contagion.what"),
            t("risk_contagion.value"),
            t("risk_contagion.low"),
            t("risk_contagion.high"),
        )
        return t("risk_contagion.title", name=self.name), header, rows

    def __str__(self) -> str:
        """Print the answer and what it is not for."""
        lang = pick_language(None)
        table = [text_table(*self._rows())] if self.enough else []
        return "\n".join([*table, *self.sentences(lang)])

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{sentence}</p>" for sentence in self.sentences(pick_language(None)))
        return html_table(*self._rows()) + said


def fit_contagion(
    history: History,
    *,
    centres: F8 | None = None,
    phases: Sequence[dt.date] = (),
    kinds: Sequence[str] | None = None,
    replicates: int = 199,
    seed: int = 1,
) -> Contagion:
    """Ask of a history whether its incidents beget others.

    Parameters
    ----------
    history : History
        Incidents without a place are left out; those without an hour get one drawn from the hours of the others.
    centres : float[place, 2], optional
        Middles of `history.places`, metres; without them an incident only begets others at its own place.
    phases : sequence of date
        First days of phases (campaign, quiet days, count …): the background has its own level in each. What changes
        otherwise over weeks looks like contagion with a long memory.
    kinds : sequence of str, optional
        Which kinds; else all.
    replicates : int
        Histories without contagion to compare with; `(replicates + 1) · level` should be whole.
    seed : int
        Of the comparison and of hours that are drawn.

    Returns
    -------
    Contagion
    """
    limits = judging()
    incidents, drawn = incidents_of(history, kinds=kinds, seed=seed)
    plain = Contagion(
        name=history.name,
        start=history.start,
        end=history.end,
        incidents=incidents.when.size,
        needed=int(limits.contagion_events.value),
        drawn_hours=drawn,
        level=limits.contagion_level.value,
        replicates=replicates,
    )
    if not plain.enough:
        return plain
    starts = [(each - history.start).days for each in sorted(phases)]
    clock = clock_of(incidents.when, days=history.days, starts=starts)
    spreads: dict[float, F8 | None] = {0.0: None} if centres is None else spreads_of(centres)
    shortest = limits.shortest_h.value if drawn == 0 else max(limits.shortest_h.value, float(_DAY))
    memories = (shortest, max(2 * shortest, clock.hours * limits.longest_share.value))
    return _answer(plain, incidents, clock, spreads=spreads, memories=memories, places=len(history.places), seed=seed)


def incidents_of(history: History, *, kinds: Sequence[str] | None = None, seed: int = 1) -> tuple[Incidents, int]:
    """Take the incidents with a place from a history; also how many hours had to be drawn."""
    import pandas as pd

    table = history.table[history.table["place"].isin(history.places)]
    if kinds is not None:
        table = table[table["kind"].isin(list(kinds))]
    at = {name: i for i, name in enumerate(history.places)}
    place = np.array([at[name] for name in table["place"]], np.int64)
    when = ((table["when"] - pd.Timestamp(history.start)) / pd.Timedelta(hours=1)).to_numpy(np.float64)
    blank = ~table["hour_known"].to_numpy(bool)
    if blank.any():
        rng = np.random.default_rng([seed, 1])
        hours = when[~blank] % _DAY if (~blank).any() else np.arange(_DAY) + 0.5
        when = np.where(blank, when // _DAY * _DAY + rng.choice(hours, when.size), when)
    return Incidents.of(np.asarray(when, np.float64), place), int(blank.sum())


def clock_of(when: F8, *, days: int, starts: Sequence[int] = ()) -> Clock:
    """Take the shape of the background over the day and over phases (which start at these days) from the incidents.

    Each hour of the day is given one incident more, so that none is ruled out; a phase counts as it is.
    """
    by_hour = np.bincount((when % _DAY).astype(np.int64), minlength=_DAY) + 1.0
    edges = np.unique(np.clip([0, *starts, days], 0, days))
    by_day, phase = np.ones(days), np.zeros(days, np.int64)
    for first, last in pairwise(edges.tolist()):
        inside = (when >= first * _DAY) & (when < last * _DAY)
        by_day[first:last] = (inside.sum() + 0.5) / (last - first)
        phase[first:last] = first
    return Clock(by_hour / by_hour.mean(), by_day / by_day.mean(), phase)


def spreads_of(centres: F8) -> dict[float, F8 | None]:
    """Give the ways in which children may be spread, by standard deviation in metres.

    0 is the own place only; Gaussians have ½, 1, 2 and 4 times the usual (median) distance of nearest neighbours. A
    spread is the share of each place (row) in the children of an incident at each place (column).
    """
    away = np.hypot(*(centres[:, None, :] - centres[None, :, :]).transpose(2, 0, 1))
    if away.shape[0] < 2:
        return {0.0: None}
    usual = float(np.median(np.sort(away, axis=1)[:, 1]))
    out: dict[float, F8 | None] = {0.0: None}
    for times in (0.5, 1.0, 2.0, 4.0):
        near = np.exp(-((away / (times * usual)) ** 2) / 2)
        out[times * usual] = near / near.sum(axis=0)
    return out


def _answer(
    plain: Contagion,
    incidents: Incidents,
    clock: Clock,
    *,
    spreads: dict[float, F8 | None],
    memories: tuple[float, float],
    places: int,
    seed: int,
) -> Contagion:
    """Fit, test and check."""
    from scipy.stats import kstest

    fits = {metres: Fit(incidents, clock, spread, memories, places) for metres, spread in spreads.items()}
    best = max(fits, key=lambda metres: fits[metres].best.gain)
    fit, found = fits[best], fits[best].best
    process = Process(fit.background(found), clock, found.ratio, found.decay, spreads[best])
    rng = np.random.default_rng([seed, 2])
    chance = chance_of(incidents, clock, list(spreads.values()), memories, plain.replicates, rng)
    return replace(
        plain,
        ratio=Range(found.ratio, *fit.interval("ratio")),
        memory_h=Range(1.0 / found.decay, *fit.interval("memory")),
        spread_m=best,
        followed=fit.followed(found),
        gain=found.gain,
        chance=chance,
        places_chance=unequal(np.bincount(incidents.place, minlength=len(process.background)), plain.replicates, rng),
        fit_chance=float(kstest(residuals(process, incidents), "expon").pvalue),
    )


def _finite(value: float) -> float | None:
    """Give a number that JSON has."""
    return value if math.isfinite(value) else None
