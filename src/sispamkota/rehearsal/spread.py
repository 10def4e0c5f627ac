"""Spread batches over a pool of workers: a few ahead of what is done, each kept as it ends, merged in order."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .play import BATCH, Batch, play_batch
from .shards import read_shard, write_shard
from .tables import Tables
from .world import World

__all__ = ["Pool", "Work", "spread", "threads"]


@dataclass(frozen=True)
class Work:
    """Say what to play: batch by batch the same wherever it is played."""

    tables: Tables
    seed: int
    horizon: float


class Pool(Protocol):
    """Play batches side by side, and give them back in the order in which they end."""

    def room(self) -> int:
        """Say how many batches it wants in hand: what it plays at once, and a few that wait."""

    def send(self, start: int, stop: int) -> None:
        """Take replicates start to stop − 1 in hand."""

    def take(self) -> Batch:
        """Wait for any batch in hand to end."""


def spread(
    pool: Pool, replicates: range, *, parts: Path | None = None, progress: Callable[[int], object] = lambda done: None
) -> list[Batch]:
    """Play a range of replicates, from a multiple of BATCH; return their batches in order: the same for any pool.

    With `parts`, each finished batch is a shard there, and one that is there already is read instead of played: what
    an interrupt or a kill left is taken up again.
    """
    ranges = [(start, min(start + BATCH, replicates.stop)) for start in replicates[::BATCH]]
    kept = {start: None if parts is None else read_shard(parts, start, stop) for start, stop in ranges}
    batches = {start: batch for start, batch in kept.items() if batch is not None}
    ahead = deque(each for each in ranges if each[0] not in batches)
    done = sum(len(batch.rows) for batch in batches.values())
    in_hand = 0
    while ahead or in_hand:
        while ahead and in_hand < pool.room():  # a few ahead, never all: memory follows what is done
            pool.send(*ahead.popleft())
            in_hand += 1
        batch = pool.take()
        in_hand -= 1
        if parts is not None:
            write_shard(parts, batch)
        batches[batch.start] = batch
        done += len(batch.rows)
        progress(replicates.start + done)
    return [batches[start] for start, _ in ranges]


class _Threads:
    """Play on threads of this process, each with a world of its own."""

    def __init__(self, work: Work, workers: int, pool: ThreadPoolExecutor) -> None:
        self._work, self._workers, self._pool = work, workers, pool
        self._worlds: queue.SimpleQueue[World] = queue.SimpleQueue()
        for _ in range(workers):
            self._worlds.put(World(work.tables))
        self._pending: set[Future[Batch]] = set()

    def room(self) -> int:
        return 2 * self._workers

    def send(self, start: int, stop: int) -> None:
        self._pending.add(self._pool.submit(self._play, start, stop))

    def take(self) -> Batch:
        future = next(iter(wait(self._pending, return_when=FIRST_COMPLETED).done))
        self._pending.remove(future)
        return future.result()

    def _play(self, start: int, stop: int) -> Batch:
        world = self._worlds.get()
        try:
            return play_batch(world, self._work.seed, start, stop, self._work.horizon)
        finally:
            self._worlds.put(world)


@contextmanager
def threads(work: Work, workers: int) -> Iterator[Pool]:
    """Open a pool of threads on this machine; what is in hand when the block fails is dropped."""
    with ThreadPoolExecutor(workers) as pool:
        try:
            yield _Threads(work, workers, pool)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
