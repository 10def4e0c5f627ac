"""How fast each service was: its calls pooled over all replicates, and the strip of dots that shows them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from markupsafe import Markup

from sispamkota.rehearsal.intervals import Estimate, clustered_median, clustered_share

from .figures import Dots, dot_plot
from .scale import quantile_dots
from .summary import Summary, Translate

__all__ = ["Service", "calls_of", "draw_strips"]


@dataclass(frozen=True)
class Service:
    """Tell how fast one service was over all calls of all replicates; times in minutes."""

    service: str
    calls: int
    censored: int
    median: Estimate
    share: Estimate
    standard: float | None
    minutes: tuple[float, ...]


def calls_of(ensemble: Any, summary: Summary, service: str) -> Service:
    """Pool the calls of one service."""
    calls = ensemble.responses[ensemble.responses["service"] == service]
    calls = calls[calls["outcome"] != "not_needed"]
    minutes, replicate = calls["seconds"].to_numpy(float) / 60.0, calls["replicate"].to_numpy()
    row = summary.row(f"response_{service}_s")
    standard = row.standard if row is not None else None
    share = clustered_share(~(minutes <= standard), replicate) if standard is not None else Estimate(math.nan, 0.0, 1.0)
    median = clustered_median(minutes, replicate)
    return Service(service, len(calls), int(np.isnan(minutes).sum()), median, share, standard, tuple(minutes.tolist()))


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
