"""The ensemble: what a thousand replicates say, with everything that it takes to play any of them again."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sispamkota import store
from sispamkota.errors import Fault, InputError, StoreError
from sispamkota.kernels._compile import sources_digest
from sispamkota.kernels.measure import CROWD_MEASURES, MEASURES
from sispamkota.manifest import Manifest
from sispamkota.schema import Assumption
from sispamkota.show import Table, html_table, text_table

from .measures import Measure, summarise
from .places import Closed
from .play import PLACE_COLUMNS, Batch, play_batch
from .precision import Precision, Shortfall
from .replay import Course, watch
from .story import Names
from .tables import Tables
from .twins import Doubt, doubts
from .world import World

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Ensemble", "frame_of", "tell"]

FRAMES = ("rows", "responses", "places", "sites", "posts", "series", "timeline", "twins")
# What is read of each table: columns, and those in which numbers stand.
ASKED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rows": (("status",), ("replicate", *MEASURES)),
    "responses": (("service", "place", "kind", "outcome"), ("replicate", "seconds", "waited")),
    "places": (("place",), ("replicate", *CROWD_MEASURES)),
    "sites": (("place", "name", "kind", "role", "quality"), ("lon", "lat")),
    "posts": (("unit", "agency", "kind", "at"), ("people", "lon", "lat")),
    "series": (("place", "stage"), ("replicate", "t", "peaceful", "violent", "officers")),
    "timeline": (("event", "place", "unit", "detail"), ("t",)),
}
RISK = "risk"  # results made before it was kept are without
EVIDENCE = ("causes", "courses", "hangs")  # what is found out after the rehearsal; a result may be without
SERVICES = ("police", "fire", "ambulance", "line")  # as rehearsal.calls numbers them
OUTCOMES = ("answered", "open", "not_needed")


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Hold the replicates of one plan in one scenario.

    rows: replicate, status, reason and a column a measure (SI). responses: replicate, service, place, kind, seconds
    (NaN: unanswered at the end; service "line": see rehearsal.calls). places: replicate and PLACE_COLUMNS by place.
    sites, posts: for maps. series, timeline: the told replicate, that of median harm. twins: as `rows`, with the doubt
    of the same replicate. causes, courses, hangs: what `with_evidence` adds, empty without. risk: what was expected to
    strike by chance, by place, kind and draw. `tables` and `names` play any replicate again. `ground_at`: the city's
    folder, where it was one. closures: which streets close; a result made before they were kept is without.
    """

    name: str
    titles: Mapping[str, str]
    plan: str
    city: str
    horizon_s: float
    rows: pd.DataFrame = field(repr=False)
    responses: pd.DataFrame = field(repr=False)
    places: pd.DataFrame = field(repr=False)
    sites: pd.DataFrame = field(repr=False)
    posts: pd.DataFrame = field(repr=False)
    series: pd.DataFrame = field(repr=False)
    timeline: pd.DataFrame = field(repr=False)
    twins: pd.DataFrame = field(repr=False)
    assumptions: tuple[Assumption, ...] = field(repr=False)
    manifest: Manifest = field(repr=False)
    tables: Tables = field(repr=False)
    names: Names = field(repr=False)
    causes: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    courses: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    hangs: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    risk: pd.DataFrame | None = field(repr=False, default=None)
    ground_at: Path | None = field(repr=False, default=None)
    closures: tuple[Closed, ...] = field(repr=False, default=())

    @cached_property
    def _measures(self) -> list[Measure]:
        return summarise(self.rows, self.responses)

    def measures(self) -> list[Measure]:
        """Summarise every measure over the replicates that ended well."""
        return self._measures

    def measure(self, name: str) -> Measure:
        """Look one measure up by name; raises KeyError."""
        return {measure.name: measure for measure in self.measures()}[name]

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """Say of each measure how much of its spread is doubt about rates; the rest is luck. Empty without doubt."""
        return tuple(doubts(self.rows, self.twins, seed=self.seed)) if len(self.twins) else ()

    def shortfalls(self) -> list[Shortfall]:
        """List the measures that were to be sharper than they are: the budget of replicates ended first."""
        return Precision(self.manifest.settings.get("precision", {})).shortfalls(self.measures())

    def title(self, lang: str) -> str:
        """Say which scenario was played, in "id" or "en"."""
        return self.titles[lang]

    @property
    def seed(self) -> int:
        """Return the seed."""
        return int(self.manifest.seed or 0)

    def log(self, replicate: int) -> pd.DataFrame:
        """Play one replicate again and return its event log (docs/reference/event-log.md)."""
        return self.course(replicate).timeline

    def course(self, replicate: int) -> Course:
        """Play one replicate again and return its crowds, hospitals and event log; StoreError by another engine."""
        self._check_engine()
        return watch(self.tables, self.names, self.seed, replicate, self.horizon_s)

    def _check_engine(self) -> None:
        """Raise StoreError when another version of the engine made this result."""
        if self.manifest.settings.get("engine") != sources_digest():
            raise StoreError("this result was made by another version of the engine; play it again to compare")

    def rerun(self, replicate: int) -> pd.DataFrame:
        """Play one replicate again and return its row; raises InputError when there is none of that number."""
        if replicate not in set(self.rows["replicate"]):
            got, last = str(replicate), int(self.rows["replicate"].max())
            raise InputError([Fault("--replicate", "replicate", f"0 to {last}", got, "Choose one that was played.")])
        self._check_engine()
        world = World(self.tables)
        batch = play_batch(world, self.seed, replicate, replicate + 1, self.horizon_s)
        return frame_of([batch], self.names)[0]

    def telling(self, replicate: int) -> Ensemble:
        """Give the same result with another replicate told; raises InputError when there is none of that number."""
        self.rerun(replicate)
        series, timeline = tell(self.tables, self.names, self.seed, replicate, self.horizon_s)
        return replace(self, series=series, timeline=timeline)

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values: measures, assumptions, manifest; where a precision was asked, what falls short."""
        settings = self.manifest.settings
        return {
            "measures": {measure.name: measure.to_dict() for measure in self.measures()},
            **({"shortfalls": [_plain(each) for each in self.shortfalls()]} if "precision" in settings else {}),
            "doubt": {each.name: each.to_dict() for each in self.doubts},
            "failed": int((self.rows["status"] != "ok").sum()),
            "assumptions": [vars(assumption) for assumption in self.assumptions],
            "manifest": json.loads(self.manifest.to_json()),
        }

    def to_json(self) -> str:
        """Write the summary as JSON: the same bytes for the same work, whatever the number of workers."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def to_table(self) -> pd.DataFrame:
        """Give one row a measure."""
        return pd.DataFrame([{"name": m.name} | m.to_dict() for m in self.measures()])

    def save(self, folder: str | Path) -> None:
        """Write the ensemble to a folder, whole or not at all."""
        store.save(self, folder)

    @classmethod
    def load(cls, folder: str | Path) -> Ensemble:
        """Read an ensemble back; raises StoreError when the folder holds none."""
        value = store.load(folder)
        if not isinstance(value, cls):
            raise StoreError(f"{folder} holds a {type(value).__name__}, not a rehearsal's result")
        return value

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw who was harmed, with intervals and spread; gives the axes back. More in `sispamkota.review.plots`."""
        from .draw import draw_harm

        return draw_harm(self, ax=ax)

    def _rows(self) -> Table:
        """Give title, header and rows, for text and page alike."""
        good = int((self.rows["status"] == "ok").sum())
        title = f"{self.name} · {self.city} · {self.plan} · {good} replicates, seed {self.seed}"
        known = [m for m in self.measures() if math.isfinite(m.median)]
        rows = [(m.name, f"{m.median:.4g}", f"{m.low:.4g}", f"{m.high:.4g}", m.unit, m.statistic) for m in known]
        return title, ("measure", "value", "low", "high", "unit", "what"), rows

    def __str__(self) -> str:
        """Print the measures in a plain table."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def _plain(shortfall: Shortfall) -> dict[str, Any]:
    """Give a shortfall as JSON values; an infinite half-width is null."""
    return {key: None if value == math.inf else value for key, value in vars(shortfall).items()}


def frame_of(batches: list[Batch], names: Names) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Join batches, in order, to the tables rows, responses and places."""
    rows = pd.DataFrame(np.concatenate([b.rows for b in batches]), columns=list(MEASURES))
    rows.insert(0, "replicate", np.concatenate([np.arange(b.start, b.start + len(b.rows)) for b in batches]))
    reasons = [reason for b in batches for reason in b.reasons]
    rows.insert(1, "status", ["failed" if reason else "ok" for reason in reasons])
    rows.insert(2, "reason", reasons)
    crowds = np.concatenate([b.crowds for b in batches])  # [replicate, crowd, measure]
    places = pd.DataFrame(crowds.reshape(-1, len(PLACE_COLUMNS)), columns=list(PLACE_COLUMNS))
    places.insert(0, "replicate", np.repeat(rows["replicate"].to_numpy(), len(names.crowds)))
    places.insert(1, "place", list(names.crowds) * len(rows))
    places["breached"] = (places["layer"] >= 2).astype(float)
    places["fire"] = (places["fires"] > 0).astype(float)
    calls = np.concatenate([b.responses for b in batches])
    responses = pd.DataFrame(
        {
            "replicate": calls["replicate"].astype(np.int64),
            "service": [SERVICES[s] for s in calls["service"]],
            "place": [names.places[p] for p in calls["place"]],
            "kind": [names.kinds[k] for k in calls["kind"]],
            "outcome": [OUTCOMES[outcome] for outcome in calls["outcome"]],
            "called": calls["called"],
            "seconds": calls["seconds"],
            "waited": calls["waited"],
        }
    )
    return rows, responses, places


def tell(tables: Tables, names: Names, seed: int, replicate: int, horizon: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Play one replicate with its log: the course of each crowd by the minute, or so many minutes, and the events."""
    course = watch(tables, names, seed, replicate, horizon)
    return course.series, course.timeline


def _save(ensemble: Ensemble, folder: Path) -> None:
    """Write the tables, and the world that plays any replicate again."""
    for name in FRAMES:
        store.write_table(getattr(ensemble, name), folder / f"{name}.parquet")
    for name in EVIDENCE:
        if len(getattr(ensemble, name)):
            store.write_table(getattr(ensemble, name), folder / f"{name}.parquet")
    if ensemble.risk is not None:
        store.write_table(ensemble.risk, folder / f"{RISK}.parquet")
    (folder / "world").mkdir()
    for name, table in ensemble.tables._asdict().items():
        np.save(folder / "world" / f"{name}.npy", np.asarray(table), allow_pickle=False)
    head = {key: getattr(ensemble, key) for key in ("name", "plan", "city", "horizon_s")}
    head |= {"titles": dict(ensemble.titles), "names": ensemble.names.to_dict()}
    head |= {"assumptions": [vars(assumption) for assumption in ensemble.assumptions]}
    if ensemble.closures:
        head["closures"] = [vars(closed) for closed in ensemble.closures]
    if ensemble.ground_at is not None:
        head["ground_at"] = _seen_from(folder, ensemble.ground_at)
    store.write_json(head, folder / "ensemble.json")
    (folder / "summary.json").write_text(ensemble.to_json(), encoding="utf-8")


def _seen_from(folder: Path, other: Path) -> str:
    """Name a folder as seen from a result's parent, so that both may move together; in full from another drive."""
    try:
        return Path(os.path.relpath(other, folder.resolve().parent)).as_posix()
    except ValueError:
        return str(other)


def _kept(folder: Path) -> list[str]:
    """Name the tables of a world; those that results had not always may be missing."""
    optional = Tables._field_defaults
    return [name for name in Tables._fields if name not in optional or (folder / "world" / f"{name}.npy").is_file()]


def _load(folder: Path, manifest: Manifest) -> Ensemble:
    """Read what `_save` wrote."""
    head = store.read_json(folder / "ensemble.json")
    world = {name: store.read_array(folder / "world" / f"{name}.npy") for name in _kept(folder)}
    arrays: dict[str, Any] = {k: v.view(np.recarray) if v.dtype.names else v for k, v in world.items()}
    tables = Tables(**arrays)
    asked = {name: ASKED.get(name, ((), ())) for name in FRAMES}
    frames: dict[str, Any] = {
        name: store.read_table(folder / f"{name}.parquet", columns=columns, numbers=numbers)
        for name, (columns, numbers) in asked.items()
    }
    found = [name for name in (*EVIDENCE, RISK) if (folder / f"{name}.parquet").exists()]
    frames |= {name: store.read_table(folder / f"{name}.parquet") for name in found}
    return Ensemble(
        **{key: head[key] for key in ("name", "titles", "plan", "city", "horizon_s")},
        **frames,
        assumptions=tuple(Assumption(**each) for each in head["assumptions"]),
        closures=tuple(Closed(**each) for each in head.get("closures", ())),
        ground_at=(folder.resolve().parent / head["ground_at"]).resolve() if "ground_at" in head else None,
        names=Names(**{key: tuple(value) for key, value in head["names"].items()}),
        manifest=manifest,
        tables=tables._replace(nodes=int(tables.nodes), vehicles=int(tables.vehicles), every=int(tables.every)),
    )


store.register("ensemble", _save, _load)
