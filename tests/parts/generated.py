"""Incident histories with a known law, keyed by a seed."""

import datetime as dt

import numpy as np
import pandas as pd

from sispamkota.risk.history import COLUMNS, History

START = dt.date(2023, 1, 1)


def history_of(when, place, kind, *, places, days, known=None, hour_known=True):
    """A history of incidents at times (days since START), places (index) and kinds (name)."""
    moments = pd.to_datetime(START) + pd.to_timedelta(np.round(np.asarray(when) * 86400), unit="s")
    table = pd.DataFrame({"when": moments.astype("datetime64[s]"), "place": [places[i] for i in place], "kind": kind})
    table["known"] = table["when"].dt.floor("D") if known is None else pd.to_datetime(known)
    table = table.assign(hour_known=hour_known, lon=np.nan, lat=np.nan, source="", note="")
    table = table.sort_values(["when", "place", "kind"], ignore_index=True)
    table["id"] = table.index.astype(str)
    end = START + dt.timedelta(days=days)
    return History("generated", table[list(COLUMNS)], START, end, places=tuple(places))


def hot_spots(seed, *, n_places=60, days=365, per_day=0.5, contrast=4.0, kinds=("fire",)):
    """Poisson incidents; the second half of the places has `contrast` times those of the first."""
    rng = np.random.default_rng([seed, 0])
    weight = np.where(np.arange(n_places) < n_places // 2, 1.0, contrast)
    n = rng.poisson(per_day * days)
    place = rng.choice(n_places, n, p=weight / weight.sum())
    places = [f"p{i:02d}" for i in range(n_places)]
    return history_of(rng.uniform(0, days, n), place, rng.choice(kinds, n), places=places, days=days)
