"""How fast each service was, and a line asked for: all replicates together, and the strip of dots that shows it.

A call that ended before anybody came counts as later than it had waited (rehearsal.waits).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from sispamkota.rehearsal.intervals import Estimate
from sispamkota.rehearsal.waits import Waits

from .figures import Dots, dot_plot
from .findings import of_100
from .places import LINE, Late
from .scale import DOTS, quantile_dots
from .summary import Summary, Translate, choices

__all__ = ["Service", "calls_of", "draw_strips"]


@dataclass(frozen=True)
class Service:
    """Tell how fast one service was over all calls of all replicates; times in minutes.

    `unneeded` calls ended before anybody came, `censored` were still open at the end. `minutes` are the middles of
    as many equal shares of the calls as there are dots, infinite beyond what was seen. `slowest` is where a line was
    the longest in coming.
    """

    service: str
    calls: int
    censored: int
    unneeded: int
    median: Estimate
    share: Estimate
    standard: float | None
    minutes: tuple[float, ...]
    slowest: Late | None = None

    def said(self, t: Translate, show: Callable[..., str]) -> str:
        """Say how fast it was, against its standard, and how many nobody came to."""
        line = self.service == LINE
        if not self.calls:
            return t("report.line_none" if line else "report.response_none")
        ends = {key: show(getattr(self.median, key), 1) for key in ("low", "high")}
        key = "report.line_said" if line else "report.response_said"
        told = [t(key, median=show(self.median.value, 1), calls=show(self.calls), **ends)]
        if self.slowest is not None:
            median = show(self.slowest.median.value / 60.0, 1)
            told.append(t("report.line_slowest", place=self.slowest.name, median=median))
        if self.standard is not None:
            share = {key: of_100(getattr(self.share, key)) for key in ("low", "high")}
            told.append(
                t("report.response_late", share=of_100(self.share.value), standard=show(self.standard), **share)
            )
        elif not line:
            told.append(t("report.response_free"))
        counts = (("line_unneeded" if line else "unneeded", self.unneeded), ("open", self.censored))
        ended = [t(f"waits.{key}", count=show(count)) for key, count in counts if count]
        return " ".join([*told, *ended, *([t("waits.counted")] if ended else [])])


def calls_of(ensemble: Any, summary: Summary, service: str) -> Service:
    """Pool the calls of one service."""
    calls = ensemble.responses[ensemble.responses["service"] == service]
    waits, row = Waits.of(calls), summary.row(f"response_{service}_s")
    standard, median = row.standard if row is not None else None, waits.median()
    share = Estimate(math.nan, 0.0, 1.0) if standard is None else waits.later_than(60.0 * standard)
    dots = [waits.quantile((k + 0.5) / DOTS) / 60.0 for k in range(DOTS)] if len(calls) else []
    return Service(
        service=service,
        calls=len(calls),
        censored=int((calls["outcome"] == "open").sum()),
        unneeded=int((calls["outcome"] == "not_needed").sum()),
        median=Estimate(median.value / 60.0, median.low / 60.0, median.high / 60.0),
        share=share,
        standard=standard,
        minutes=tuple(dots),
        slowest=_slowest(summary.late) if service == LINE else None,
    )


def _slowest(late: Sequence[Late]) -> Late | None:
    """Find where the line was the longest in coming, among places that asked often enough to tell."""
    lines = [each for each in late if each.service == LINE and each.calls >= choices()["few_calls"]]
    return max(lines, key=lambda each: (each.median.value, each.place), default=None)


def draw_strips(
    services: Sequence[Service], t: Translate, show: Callable[..., str], *, widths: Sequence[float]
) -> dict[str, list[Markup]]:
    """Draw the strips of all services on one scale, each in the widths asked for, px."""
    ends = [dot for each in services for dot in quantile_dots(each.minutes) if math.isfinite(dot)]
    highest, drawings = max(ends, default=1.0), {}
    for each in services:
        if each.calls:
            dots = replace(_strip_dots(each, t, show), highest=highest)
            drawings[each.service] = [
                dot_plot(dots, show, key=f"strip-{each.service}-{int(w)}", width=w) for w in widths
            ]
    return drawings


def _strip_dots(service: Service, t: Translate, show: Callable[..., str]) -> Dots:
    """Say what the strip of one service shows, also for those who cannot see it."""
    value, low, high = (show(v, 1) for v in (service.median.value, service.median.low, service.median.high))
    unit, standard = t("report.minutes_short"), service.standard
    return Dots(
        title=t("report.dots_title", what=t(f"service.{service.service}")),
        describe=t("report.dots_describe", value=value, unit=unit, low=low, high=high),
        values=service.minutes,
        estimate=service.median,
        unit=unit,
        standard=standard,
        standard_words=t("report.standard_line", standard=show(standard)) if standard is not None else "",
        censored_words=t("report.unserved"),
    )
