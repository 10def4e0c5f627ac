"""Play replicates: one batch in a row, many batches side by side, each finished batch kept at once."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sispamkota import store
from sispamkota.errors import EngineError
from sispamkota.kernels.measure import CROWD_MEASURES, MEASURES

from .tables import Tables
from .world import World

__all__ = ["BATCH", "CALL", "Batch", "play_all", "play_batch"]

BATCH = 50
CALL = np.dtype(
    [
        *((name, "i8") for name in ("replicate", "service", "kind", "place", "outcome")),
        *((name, "f8") for name in ("called", "seconds", "waited")),
    ]
)


@dataclass(frozen=True)
class Batch:
    """Hold some replicates in a row: rows[replicate, MEASURES], crowds[replicate, crowd, CROWD_MEASURES], calls."""

    start: int
    rows: NDArray[np.float64]
    crowds: NDArray[np.float64]
    responses: NDArray[Any]
    reasons: tuple[str, ...]


def play_batch(world: World, seed: int, start: int, stop: int, horizon: float) -> Batch:
    """Play replicates start to stop − 1; one that fails is a row with its reason, and the rest go on."""
    n = stop - start
    rows = np.full((n, len(MEASURES)), np.nan)
    crowds = np.full((n, len(world.state.crowd), len(CROWD_MEASURES)), np.nan)
    calls, reasons = [np.zeros(0, CALL)], []
    for i in range(n):
        try:
            world.reset(seed=seed, replicate=start + i)
            world.advance(horizon)
            rows[i], crowds[i] = world.finish()
            calls.append(_calls(world, start + i))
            reasons.append("")
        except EngineError as error:
            reasons.append(str(error))
    return Batch(start, rows, crowds, np.concatenate(calls), tuple(reasons))


def _calls(world: World, replicate: int) -> NDArray[Any]:
    """Copy the response times of a finished replicate."""
    table = world.state.response[: int(world.state.world[0].responses)]
    calls = np.zeros(len(table), CALL)
    calls["replicate"] = replicate
    for name in ("service", "kind", "place", "outcome", "called", "seconds", "waited"):
        calls[name] = table[name]
    return calls


@contextmanager
def _borrowed(worlds: queue.SimpleQueue[World]) -> Iterator[World]:
    """Lend one worker's world."""
    world = worlds.get()
    try:
        yield world
    finally:
        worlds.put(world)


def play_all(
    tables: Tables,
    *,
    seed: int,
    replicates: range,
    horizon: float,
    workers: int,
    parts: Path | None = None,
    progress: Callable[[int], object] = lambda done: None,
) -> list[Batch]:
    """Play a range of replicates, from a multiple of BATCH; return their batches: the same for any number of workers.

    With `parts`, each finished batch is a file there, and one that is there already is read instead of played: what an
    interrupt or a kill left is taken up again.
    """
    worlds: queue.SimpleQueue[World] = queue.SimpleQueue()
    for _ in range(workers):
        worlds.put(World(tables))

    def play(start: int) -> Batch:
        stop = min(start + BATCH, replicates.stop)
        kept = _read(parts, start, stop)
        if kept is not None:
            return kept
        with _borrowed(worlds) as world:
            batch = play_batch(world, seed, start, stop, horizon)
        _write(parts, batch, stop)
        return batch

    pending: deque[Future[Batch]] = deque()
    batches: list[Batch] = []
    with ThreadPoolExecutor(workers) as pool:
        try:
            for start in replicates[::BATCH]:
                pending.append(pool.submit(play, start))
                if len(pending) > 2 * workers:  # a few ahead, never all: memory follows what is done
                    batches.append(_collect(pending.popleft(), progress))
            batches += [_collect(future, progress) for future in pending]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return batches


def _collect(future: Future[Batch], progress: Callable[[int], object]) -> Batch:
    """Wait for a batch and say how many replicates are done."""
    batch = future.result()
    progress(batch.start + len(batch.rows))
    return batch


def _file(parts: Path, start: int, stop: int) -> Path:
    """Name a batch's file by its range."""
    return parts / f"{start:09d}-{stop:09d}.npz"


def _write(parts: Path | None, batch: Batch, stop: int) -> None:
    """Keep a batch, whole or not at all."""
    if parts is None:
        return
    arrays = {each.name: np.asarray(getattr(batch, each.name)) for each in fields(batch)}
    arrays["reasons"] = np.array(batch.reasons, dtype=str)
    with store.atomic_write(_file(parts, batch.start, stop)) as path, path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def _read(parts: Path | None, start: int, stop: int) -> Batch | None:
    """Read a kept batch; None where there is none, or a broken one (it is played again)."""
    if parts is None or not _file(parts, start, stop).exists():
        return None
    try:
        with np.load(_file(parts, start, stop), allow_pickle=False) as arrays:
            reasons = tuple(str(reason) for reason in arrays["reasons"])
            batch = Batch(start, arrays["rows"], arrays["crowds"], arrays["responses"], reasons)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    whole = len(batch.rows) == len(batch.crowds) == len(reasons) == stop - start
    return batch if whole and batch.responses.dtype == CALL else None
