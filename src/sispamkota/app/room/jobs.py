"""Actions that wait for their turn in a room, and what becomes of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sispamkota.errors import Fault, SispamkotaError, StoreError
from sispamkota.exercise.log import Record

from .database import Database
from .guard import RefusalError

__all__ = ["Done", "Job", "broken", "lost", "own_job", "refuse", "stopping"]


log = logging.getLogger("sispamkota.room")


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


def broken(job: Job, error: BaseException) -> RefusalError:
    """Say that the program failed in an action, and log where: that is to be mended, and nobody's fault in the room."""
    do = str(job.action.get("do"))
    log.error("a fault of the program in %s", do, exc_info=error)
    remedy = "Nothing of it was kept and the room goes on; report it with the server's log."
    return RefusalError(500, Fault("room", do, "an action that the program can do", "a fault of the program", remedy))
