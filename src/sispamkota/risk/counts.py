"""The data of a fit: how often what happened where and at which hour, how long somebody watched, and what is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sispamkota.errors import Fault, Faults, shown, suggest

from .riskmap import KINDS

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Counts"]

_REMEDY = "See docs/explanation/risk.md."
_SHAPES = {
    "events": ("ikh", "i"), "untimed": ("ik", "i"), "exposure": ("h", "f"), "population": ("i", "f"),
    "covariates": ("ip", "f"), "neighbours": ("n2", "i"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Counts:
    """Hold the data of a fit, checked; raises InputError with every fault.

    events: int64[place, kind, 24] by local hour; untimed: int64[place, kind], those of unknown hour; exposure:
    float64[24], hours watched at each hour of the day; population: float64[place] or float64[place, kind], above 0, by
    which rates are spread before counting; covariates: float64[place, p], NaN where unknown, with their names;
    neighbours: int64[n, 2], pairs of rows of `places`.
    """

    places: tuple[str, ...]
    kinds: tuple[str, ...]
    events: np.ndarray[Any, np.dtype[np.int64]]
    untimed: np.ndarray[Any, np.dtype[np.int64]]
    exposure: np.ndarray[Any, np.dtype[np.float64]]
    population: np.ndarray[Any, np.dtype[np.float64]]
    covariates: np.ndarray[Any, np.dtype[np.float64]]
    names: tuple[str, ...]
    neighbours: np.ndarray[Any, np.dtype[np.int64]]

    def __post_init__(self) -> None:
        faults = Faults()
        faults.extend(_names(self))
        if not (shapes := list(_shapes(self))):
            faults.extend(_values(self))
        faults.extend(shapes)
        faults.raise_if_any()

    @property
    def totals(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Give the events of every hour and of none, int64[place, kind]."""
        totals: np.ndarray[Any, np.dtype[np.int64]] = self.events.sum(axis=2) + self.untimed
        return totals

    @property
    def spread(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Give the share of each place in each kind before counting, float64[place, kind], columns of sum 1."""
        import numpy as np

        people = self.population if self.population.ndim == 2 else self.population[:, None]
        shares: np.ndarray[Any, np.dtype[np.float64]] = np.broadcast_to(
            people / people.sum(axis=0), (len(self.places), len(self.kinds))
        )
        return shares

    @property
    def watched(self) -> float:
        """Give the hours watched in all."""
        return float(self.exposure.sum())

    def take(self, order: np.ndarray[Any, np.dtype[np.int64]]) -> Counts:
        """Put the places into another order; `order` holds each of their rows once."""
        import numpy as np

        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return replace(
            self,
            places=tuple(self.places[row] for row in order),
            events=self.events[order],
            untimed=self.untimed[order],
            population=self.population[order],
            covariates=self.covariates[order],
            neighbours=back[self.neighbours],
        )


def _fault(field: str, expected: str, got: str, *, remedy: str = _REMEDY) -> Fault:
    return Fault("counts", field, expected, got, remedy)


def _names(counts: Counts) -> Iterator[Fault]:
    """Find names that come twice and kinds that are none."""
    for field in ("places", "kinds", "names"):
        names = getattr(counts, field)
        twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
        if twice:
            yield _fault(field, "each name once", ", ".join(map(shown, twice[:5])))
        if not names and field != "names":
            yield _fault(field, "at least one", "none")
    for kind in counts.kinds:
        if kind not in KINDS:
            yield _fault("kinds", "one of " + ", ".join(KINDS), shown(kind), remedy=suggest(kind, KINDS) + ".")


def _shapes(counts: Counts) -> Iterator[Fault]:
    """Find arrays that have another shape, or hold another type, than they should."""
    size = {"i": len(counts.places), "k": len(counts.kinds), "h": 24, "p": len(counts.names), "2": 2}
    size["n"] = len(counts.neighbours)
    for field, (axes, kind) in _SHAPES.items():
        array = getattr(counts, field)
        wanted = tuple(size[axis] for axis in axes)
        if array.shape != wanted and not (field == "population" and array.shape == (*wanted, size["k"])):
            yield _fault(field, f"shape {wanted}", f"shape {array.shape}")
        if array.dtype.kind != kind:
            yield _fault(field, "whole numbers" if kind == "i" else "floating numbers", str(array.dtype))


def _values(counts: Counts) -> Iterator[Fault]:
    """Find values that no count, time or population has."""
    import numpy as np

    last = len(counts.places) - 1
    for field, array in (("events", counts.events), ("untimed", counts.untimed)):
        if (array < 0).any():
            yield _fault(field, "counts, 0 or more", shown(int(array.min())))
    if not (np.isfinite(counts.exposure) & (counts.exposure >= 0)).all():
        yield _fault("exposure", "hours, 0 or more", shown(counts.exposure.tolist()))
    people = counts.population.reshape(len(counts.places), -1)
    for row in np.flatnonzero(~(np.isfinite(people) & (people > 0)).all(axis=1)):
        remedy = "Give the place an estimate; 1 where nobody lives."
        got = f"{people[row].min():g} at {counts.places[row]}"
        yield _fault("population", "a number above 0", got, remedy=remedy)
    for column in np.flatnonzero(np.isinf(counts.covariates).any(axis=0)):
        yield _fault(f"covariates.{counts.names[column]}", "finite numbers, or NaN where unknown", "infinity")
    pairs = counts.neighbours
    if ((pairs < 0) | (pairs > last)).any():
        yield _fault("neighbours", f"rows from 0 to {last}", f"{int(pairs.min())} to {int(pairs.max())}")
    if (pairs[:, 0] == pairs[:, 1]).any():
        yield _fault("neighbours", "two places in each pair", "a place beside itself")
    blind = np.flatnonzero((counts.exposure <= 0) & (counts.events.sum(axis=(0, 1)) > 0))
    for hour in blind:
        got, remedy = f"events at hour {hour}, which nobody watched", "Correct the exposure, or count them as untimed."
        yield _fault("events", "events in hours that were watched", got, remedy=remedy)
    if counts.untimed.sum() and counts.watched <= 0:
        yield _fault("untimed", "no events, as nobody watched", str(int(counts.untimed.sum())))
