"""The ledger of the use of force: each of doctrine's six steps, how often, how long, on whose word, against what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sispamkota.force.doctrine import doctrine
from sispamkota.rehearsal.intervals import Estimate, wilson
from sispamkota.rehearsal.measures import median_interval

__all__ = ["Step", "ledger_steps"]


@dataclass(frozen=True)
class Step:
    """Tell of one step: the share of replicates that used it, and its minutes, all places together, where it was used.

    `authority` is the office that must order it, by doctrine; empty where the leader at the place does.
    """

    number: int
    name: str
    threat: str
    authority: str
    used: Estimate
    minutes: Estimate
    p05: float
    p95: float


def ledger_steps(ensemble: Any, lang: str) -> list[Step]:
    """Read the six steps of a result; none where it does not hold their times."""
    import numpy as np

    book = doctrine().use_of_force
    columns = {int(number): f"force_{number}_s" for number in book}
    ok = ensemble.rows.loc[ensemble.rows["status"] == "ok", "replicate"]
    places = ensemble.places[ensemble.places["replicate"].isin(ok)]
    if not set(columns.values()) <= set(places.columns):
        return []
    seconds = places.groupby("replicate")[list(columns.values())].sum().reindex(ok, fill_value=0.0)
    steps = []
    for number, column in sorted(columns.items()):
        row = book[str(number)]
        values = np.sort(seconds[column].to_numpy(float)) / 60.0
        used = values[values > 0.0]
        minutes, ends = Estimate(0.0, 0.0, 0.0), (0.0, 0.0)
        if len(used):
            minutes = Estimate(float(np.median(used)), *median_interval(used))
            ends = (float(np.quantile(used, 0.05)), float(np.quantile(used, 0.95)))
        share = wilson(float((values > 0.0).mean()) if len(values) else float("nan"), len(values))
        name, threat = str(getattr(row, lang)), str(getattr(row, f"threat_{lang}"))
        steps.append(Step(number, name, threat, str(row.authority or ""), share, minutes, *ends))
    return steps
