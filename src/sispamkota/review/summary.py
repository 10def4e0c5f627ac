"""One description of a result, from which every skin (terminal, page, JSON) takes its words and numbers."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sispamkota.rehearsal.intervals import Estimate, verdict
from sispamkota.rehearsal.measures import SCALES
from sispamkota.rehearsal.twins import Doubt
from sispamkota.schema import Assumption, quantity
from sispamkota.words import number, percent, words

from .findings import Finding, find
from .places import Late, PlaceRow, late_rows, place_rows
from .words_of import unit_word

__all__ = ["Row", "Summary", "Translate", "choices", "describe", "digits", "split_never"]

Translate = Callable[..., str]
COUNTS = frozenset({"persons", "count", "stage"})
_CHOICES = Path(__file__).parents[1] / "data" / "review.toml"


@dataclass(frozen=True)
class Row:
    """Show one measure: its words, and its figures in the unit on screen.

    The figures are the engine's (rehearsal.measures.Measure): for an event the number of replicates in 100 that saw it,
    for calls the share of them, else the median, each with its interval. `verdict` is met, missed, undecided or none.
    `values` holds the replicates' own, where each has one.
    """

    name: str
    group: str
    label: str
    unit: str
    statistic: str
    estimate: Estimate
    p05: float
    p95: float
    n: int
    censored: int
    standard: float | None
    verdict: str
    digits: int
    values: tuple[float, ...]
    lang: str

    @property
    def is_event(self) -> bool:
        """Tell whether the row counts replicates that saw something."""
        return self.statistic == "share"

    @property
    def counted(self) -> str:
        """Say over how many the figure is taken: replicates, or calls where it is a share of them."""
        count = number(self.n, self.lang)
        return f"{count} {unit_word('calls', self.lang)}" if self.statistic == "pooled" else count

    def show(self, value: float | None) -> str:
        """Write a value of this row with the row's decimals, ∞ as such; the half of a median of counts goes up."""
        if value is None or math.isinf(value):
            return "–" if value is None else "∞"
        if self.is_event and self.digits == 0 and 0.0 < value < 0.5:
            return "<1"  # rounded to none it would claim more than the interval allows
        half = self.digits == 0 and math.isfinite(value) and value % 1 == 0.5
        return number(value + 0.5 if half else value, self.lang, digits=self.digits)

    @property
    def shown(self) -> str:
        """Write the figure itself."""
        return self.show(self.estimate.value)

    @property
    def interval(self) -> str:
        """Write the interval as low–high; a dash alone where the row has no value."""
        if math.isnan(self.estimate.value):
            return self.show(math.nan)
        return f"{self.show(self.estimate.low)}–{self.show(self.estimate.high)}"

    @property
    def words(self) -> dict[str, str]:
        """Give the row as fields for a sentence of the catalogue."""
        low, high = self.show(self.estimate.low), self.show(self.estimate.high)
        figures = {"value": self.shown, "low": low, "high": high, "interval": self.interval}
        whole = self.standard is not None and float(self.standard).is_integer()
        standard = number(self.standard or 0.0, self.lang) if whole else self.show(self.standard)
        return {"label": self.label, "unit": self.unit, "standard": standard, **figures}

    @property
    def mark(self) -> str:
        """Give ✓ for met, ✗ for missed, – where the interval decides nothing, nothing without a standard."""
        return {"met": "✓", "missed": "✗", "undecided": "–"}.get(self.verdict, "")

    @property
    def never(self) -> bool:
        """Tell whether the measure is zero in every replicate."""
        return bool(self.values) and not any(self.values)


@dataclass(frozen=True)
class Summary:
    """Describe a result in one language: what it rests on, what was found, and every figure behind it."""

    lang: str
    name: str
    scenario: str
    plan: str
    city: str
    people: int
    replicates: int
    failed: int
    horizon_s: float
    assumptions: tuple[Assumption, ...]
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    places: tuple[PlaceRow, ...]
    late: tuple[Late, ...]
    doubts: tuple[Doubt, ...] = ()

    def row(self, name: str) -> Row | None:
        """Look a measure's row up; None where the result has no such measure."""
        return next((row for row in self.rows if row.name == name), None)

    def pick(self, key: str) -> list[Row]:
        """Give the rows that review.toml lists under `key`, those the result has."""
        return [row for name in choices()[key] if (row := self.row(name)) is not None]

    def groups(self) -> list[tuple[str, list[Row]]]:
        """Give (group, rows) in the order of review.toml, empty groups left out."""
        order = [*choices()["groups"], "other"]
        found = [(group, [row for row in self.rows if row.group == group]) for group in order]
        return [(group, rows) for group, rows in found if rows]

    def say_doubt(self) -> list[str]:
        """Say how much of the spread is doubt about rates: of the first measure, and of the one most in doubt."""
        t, by_name = words(self.lang), {each.name: each for each in self.doubts}
        first = [by_name[name] for name in choices()["doubt_first"] if name in by_name]
        sure = sorted((each for each in self.doubts if each.low > 0.0), key=lambda each: -each.share)
        chosen = dict.fromkeys([*first, *sure[:1]])
        return [
            t(
                "doubt.line",
                measure=quantity(each.name).sentence(self.lang),
                share=percent(each.share, self.lang),
                low=percent(each.low, self.lang),
                high=percent(each.high, self.lang),
            )
            for each in chosen
        ]

    @property
    def unseen_percent(self) -> float:
        """Give the percentage of replicates below which an event may have gone unseen (95 %, rule of three)."""
        return 300.0 / self.replicates if self.replicates else 100.0


@cache
def choices() -> Mapping[str, Any]:
    """Read what review shows and when it speaks (data/review.toml)."""
    return tomllib.loads(_CHOICES.read_text(encoding="utf-8"))


def describe(ensemble: Any, *, lang: str) -> Summary:
    """Describe an Ensemble in "id" or "en"."""
    ok = ensemble.rows[ensemble.rows["status"] == "ok"]
    rows = tuple(_row(measure, ok, lang) for measure in ensemble.measures())
    standards = {
        row.name: row.standard * 60.0 for row in rows if row.standard is not None and row.name.startswith("response_")
    }
    late, places = late_rows(ensemble, standards, few=choices()["few_calls"]), place_rows(ensemble)
    return Summary(
        lang=lang,
        name=ensemble.name,
        scenario=ensemble.title(lang),
        plan=str(ensemble.plan),
        city=str(ensemble.city),
        people=int(ensemble.posts["people"].sum()),
        replicates=len(ok),
        failed=len(ensemble.rows) - len(ok),
        horizon_s=float(ensemble.horizon_s),
        assumptions=_weightiest_first(ensemble.assumptions),
        rows=rows,
        findings=find(rows, choices()["rule"], lang, where=(late, places)),
        places=places,
        late=late,
        doubts=ensemble.doubts,
    )


def _weightiest_first(assumptions: Sequence[Assumption]) -> tuple[Assumption, ...]:
    """Put first what most of the result hangs on (review.toml), the rest in its own order."""
    first = choices()["rests_first"]
    return tuple(sorted(assumptions, key=lambda each: first.index(each.key) if each.key in first else len(first)))


def _row(measure: Any, ok: Any, lang: str) -> Row:
    """Describe one measure."""
    is_event = measure.statistic == "share"
    estimate = Estimate(measure.median, measure.low, measure.high)
    values = ok[measure.name].dropna().to_numpy(float) / SCALES.get(measure.unit, 1.0) if measure.name in ok else ()
    least = 0 if measure.unit in COUNTS else min(1, _significant(estimate.value)) if is_event else None
    return Row(
        name=measure.name,
        group=next((group for group, names in choices()["groups"].items() if measure.name in names), "other"),
        label=_label(measure.name, lang),
        unit=unit_word("of_100" if is_event else measure.unit, lang),
        statistic=measure.statistic,
        estimate=estimate,
        p05=measure.p05,
        p95=measure.p95,
        n=measure.n,
        censored=measure.censored,
        standard=measure.standard,
        verdict=verdict(estimate, measure.standard, higher_is_better=measure.name in choices()["higher_is_better"]),
        digits=digits(estimate, measure.standard) if least is None else least,
        values=tuple(float(value) for value in values),
        lang=lang,
    )


def _label(name: str, lang: str) -> str:
    """Say what a measure is, by the registry; a measure that it does not know shows its own name, spaced."""
    try:
        return quantity(name).sentence(lang)
    except KeyError:
        return name.replace("_", " ")


def digits(estimate: Estimate, standard: float | None) -> int:
    """Choose decimals: two significant figures of the value, one more where rounding would hide the verdict."""
    least = _significant(estimate.value)
    for places in range(least, least + 2):
        shown = Estimate(
            *(round(v, places) if math.isfinite(v) else v for v in (estimate.value, estimate.low, estimate.high))
        )
        if verdict(shown, standard) == verdict(estimate, standard) and (
            shown.low < shown.high or estimate.low == estimate.high
        ):
            return places
    return least + 1


def _significant(value: float) -> int:
    """Give the decimals that show two significant figures (none from 10 up, at most three)."""
    if value == 0 or not math.isfinite(value):
        return 0
    return min(3, max(0, 1 - math.floor(math.log10(abs(value)))))


def split_never(rows: Iterable[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    """Part the rows into those that say something and those that are zero in every replicate."""
    kept = list(rows)
    return [row for row in kept if not row.never], [row for row in kept if row.never]
