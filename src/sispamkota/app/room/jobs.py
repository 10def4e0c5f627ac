"""Actions that wait for their turn in a room, and what becomes of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sispamkota.errors import Fault, SispamkotaError, StoreError
from sispamkota.exercise.log import Record

from .database import Database
from .guard import RefusalError

__all__ = ["Done", "Job", "Jobs", "LostError", "broken", "lost", "own_job", "part_of", "refuse", "stopping"]


log = logging.getLogger("sispamkota.room")


class LostError(Exception):
    """Say that the room cannot go on: its log cannot be folded. `why` is what the one who serves it is told."""

    def __init__(self, why: StoreError) -> None:
        """Keep why."""
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True)
class Done:
    """Say what became of an action that was kept."""

    n: int
    t: int
    hash: str


@dataclass(slots=True, eq=False)
class Job:
    """Hold an action that waits for its turn."""

    seat: str
    account: str
    action: Mapping[str, Any]
    key: str
    done: asyncio.Future[Done]
    record: Record | None = None


def own_job(action: Mapping[str, Any]) -> Job:
    """Make an action of the server's own; whether it can be kept is no one's to wait for."""
    job = Job("server", "", action, "", asyncio.get_running_loop().create_future())
    job.done.add_done_callback(lambda done: done.exception())
    return job


class Jobs:
    """Hold what waits, in the order in which it came."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._queue: asyncio.Queue[Job | None] = asyncio.Queue(maxsize=2000)  # None: look for what others have added

    async def put(self, job: Job) -> None:
        """Let an action wait for its turn."""
        await self._queue.put(job)

    def wake(self) -> None:
        """End the wait of who takes, with nothing to do."""
        if self._queue.empty():
            self._queue.put_nowait(None)

    def waker(self, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
        """Give what ends the wait from another thread, where its loop still runs."""

        def wake() -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.wake)

        return wake

    async def take(self, *, seconds: float, most: int) -> list[Job]:
        """Wait for actions so long, and give those that are there, up to so many."""
        jobs: list[Job | None] = []
        with suppress(TimeoutError):
            jobs.append(await asyncio.wait_for(self._queue.get(), seconds))
        while jobs and len(jobs) < most and not self._queue.empty():
            jobs.append(self._queue.get_nowait())
        return [job for job in jobs if job is not None]

    def refuse_all(self) -> None:
        """Say to all that wait that the room is being closed."""
        while not self._queue.empty():
            if (late := self._queue.get_nowait()) is not None:
                refuse(late, stopping())


_PARTS = {"clock.tick": "checkpoint", "inject.message": "messages", "seat.free": "desks"}


def part_of(job: Job) -> str:
    """Name the part of the room's own work that an action of the server's is, and which one of it."""
    do = str(job.action.get("do"))
    return f"{_PARTS.get(do, do)} {job.action.get('item') or job.action.get('seat') or ''}".strip()


def refuse(job: Job, error: SispamkotaError | RefusalError) -> None:
    """Say that an action was not done, and why; nothing where it was answered."""
    if not job.done.done():
        job.done.set_exception(error)


def stopping() -> StoreError:
    """Say that the room is being closed."""
    return StoreError([Fault("room", "server", "a server that runs", "one that stops", "Send it again in a moment.")])


def lost(base: Database) -> Fault:
    """Say that the database does not answer."""
    remedy = "Send it again in a moment; what was acknowledged is safe."
    return Fault(base.name, "database", "an answer", "none so far", remedy)


def broken(job: Job, error: BaseException, *, told: bool = False) -> RefusalError:
    """Say that the program failed in an action, and log where: that is to be mended, and nobody's fault in the room.

    `told`: it stands in the log already.
    """
    do = str(job.action.get("do"))
    if not told:
        log.error("a fault of the program in %s", do, exc_info=error)
    remedy = "Nothing of it was kept and the room goes on; report it with the server's log."
    return RefusalError(500, Fault("room", do, "an action that the program can do", "a fault of the program", remedy))
