"""Rehearse: play a plan in a scenario many times."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from sispamkota import store
from sispamkota.errors import EngineError, Fault, InputError
from sispamkota.kernels._compile import sources_digest
from sispamkota.manifest import Manifest
from sispamkota.place import City
from sispamkota.plan.plan import Plan
from sispamkota.streams import SCHEME

from .cluster import Cluster, workers_of
from .ensemble import Ensemble, frame_of, tell
from .measures import summarise
from .play import Batch
from .precision import Precision
from .scenario import Scenario
from .setting import Setting
from .spread import Pool, Work, spread, threads
from .story import Names
from .tables import Tables, build_tables, digest_of, rules_of
from .twins import has_doubt, pairs_of, play_twins

__all__ = ["Luck", "Run", "rehearse"]


MOST = 1_000_000


@dataclass(frozen=True)
class Run:
    """Say how to play, which never changes the result, and whom to tell how far it is (`progress`).

    `workers`: threads on this machine (None: all cores); `cluster`: play there instead.
    """

    workers: int | None = None
    progress: Callable[[int], object] = lambda done: None
    cluster: Cluster | None = None

    def pool(self, work: Work) -> AbstractContextManager[Pool]:
        """Open what plays: the workers of the cluster where there is one, else threads."""
        if self.cluster is not None:
            return workers_of(work, self.cluster)
        return threads(work, self.workers or os.cpu_count() or 1)


@dataclass(frozen=True)
class Luck:
    """Say which luck is met: so many replicates of a seed."""

    replicates: int = 200
    seed: int = 1


def rehearse(
    scenario: Scenario,
    plan: Plan,
    city: City,
    *,
    replicates: int | Precision = 1000,
    seed: int = 1,
    out: str | Path | None = None,
    run: Run = Run(),
) -> Ensemble:
    """Play a plan in a scenario many times, and keep the result in `out`.

    For `replicates` give a number, or the precision at which to stop. The result is a function of scenario, plan,
    city, seed and replicates alone. Stopped half-way, the same
    call goes on from what is done. Raises InputError with everything that does not fit, EngineError when no replicate
    ended well.
    """
    _check(replicates.most if isinstance(replicates, Precision) else replicates, seed, run)
    setting = Setting.make(scenario, plan, city)
    tables = build_tables(setting.spec)
    manifest, names = _manifest(setting, tables, seed), _names(setting)
    parts = None if out is None else _parts(Path(out), manifest)

    with run.pool(Work(tables, seed, scenario.horizon)) as pool:

        def play(first: int, stop: int) -> list[Batch]:
            return spread(pool, range(first, stop), parts=parts, progress=run.progress)

        batches = _play_until(play, names, replicates)
    settings = dict(manifest.settings) | {"replicates": sum(len(batch.rows) for batch in batches)}
    if isinstance(replicates, Precision):
        settings["precision"] = dict(replicates.targets)
    manifest = replace(manifest, settings=settings)
    rows, responses, places = frame_of(batches, names)
    told = _median_replicate(rows)
    pairs = pairs_of(len(rows)) if has_doubt(tables) else 0
    twins = play_twins(Work(tables, seed, scenario.horizon), pairs, workers=run.workers)
    series, timeline = tell(tables, names, seed, told, scenario.horizon)
    ensemble = Ensemble(
        name=scenario.name,
        titles={lang: scenario.title(lang) for lang in ("id", "en")},
        plan=plan.title,
        city=city.title,
        horizon_s=scenario.horizon,
        rows=rows,
        responses=responses,
        places=places,
        sites=setting.sites,
        posts=setting.posts,
        risk=setting.risk,
        ground_at=city.folder,
        closures=setting.closures,
        series=series,
        timeline=timeline,
        twins=twins,
        assumptions=setting.assumptions,
        manifest=manifest,
        tables=tables,
        names=names,
    )
    if out is not None:
        ensemble.save(out)
        shutil.rmtree(parts or "", ignore_errors=True)
    return ensemble


def _play_until(play: Callable[[int, int], list[Batch]], names: Names, replicates: int | Precision) -> list[Batch]:
    """Play so many, or look now and then and stop when the measures are as sharp as asked."""
    if isinstance(replicates, int):
        return play(0, replicates)
    batches: list[Batch] = []
    for stop in replicates.looks():
        batches += play(sum(len(batch.rows) for batch in batches), stop)
        if not replicates.shortfalls(summarise(*frame_of(batches, names)[:2])):
            break
    return batches


def _check(replicates: int, seed: int, run: Run) -> None:
    """Raise InputError for numbers that cannot be played."""
    faults = []
    if not 1 <= replicates <= MOST:
        remedy = "Ask for fewer; a thousand gives a share to within 3 in 100."
        faults.append(Fault("--replicates", "replicates", f"1 to {MOST}", str(replicates), remedy))
    if not 0 <= seed < 2**64:
        faults.append(Fault("--seed", "seed", "0 to 2**64 - 1", str(seed), "Choose a number in the range."))
    if run.workers is not None and run.workers < 1:
        faults.append(Fault("--workers", "workers", "1 or more", str(run.workers), "Ask for at least one."))
    if faults:
        raise InputError(faults)


def _manifest(setting: Setting, tables: Tables, seed: int) -> Manifest:
    """Say what makes this result, but for the number of its replicates."""
    inputs = setting.scenario.inputs
    inputs |= {f"hazards{n}": path for n, path in enumerate(setting.hazard_files)}
    inputs |= dict(zip(("plan",), setting.plan.files, strict=False))
    inputs |= dict(zip(("force",), setting.plan.force.files, strict=False))
    settings = {
        "scenario": setting.scenario.name,
        "plan": setting.plan.name,
        "force": setting.plan.force.name,
        "city": setting.city.name,
        "posts": [[post.unit, post.at, post.task, post.posture] for post in setting.plan.posts],
        "parameters": dict(setting.scenario.file.parameters),
        "draw_parameters": setting.scenario.file.draw_parameters,
        "engine": sources_digest(),
        "world": digest_of(tables),
        "rules": rules_of(tables),
        "ground": setting.city.content,
        "horizon_s": setting.scenario.horizon,
    } | ({} if setting.scenario.rates is None else {"site": setting.scenario.rates.settings})
    parents = [setting.city.manifest]
    return Manifest.collect(inputs=inputs, seed=seed, streams_scheme=SCHEME, parents=parents, settings=settings)


def _parts(out: Path, manifest: Manifest) -> Path:
    """Name the folder of finished batches beside the output: the same for the same work, whatever the replicates."""
    store.refuse_foreign(out, kind="ensemble")
    parts = out.parent / f".{out.name}.{manifest.digest()[:12]}.parts"
    with store.staged(out.parent / f".{out.name}.probe"):
        pass  # empty: what a process that was killed leaves may be replaced
    shutil.rmtree(out.parent / f".{out.name}.probe", ignore_errors=True)
    return parts


def _names(setting: Setting) -> Names:
    """Collect the names behind the engine's numbers."""
    spec = setting.spec
    return Names(
        places=tuple(place.id for place in spec.places),
        crowds=tuple(crowd.place for crowd in spec.crowds),
        units=tuple(unit.id for unit in spec.units),
        kinds=setting.kinds,
        injects=tuple(inject.id for inject in spec.injects),
        hospitals=tuple(hospital.id for hospital in spec.hospitals),
    )


def _median_replicate(rows: pd.DataFrame) -> int:
    """Choose the replicate to tell: nearest to the median of harm, then of violence, then the first."""
    good = rows[rows["status"] == "ok"]
    if good.empty:
        raise EngineError(f"no replicate ended well; the first said: {rows['reason'].iloc[0]}")
    far = [(good[name] - good[name].median()).abs().to_numpy() for name in ("violent_person_s", "harm_people")]
    return int(good["replicate"].to_numpy()[np.lexsort(far)[0]])
