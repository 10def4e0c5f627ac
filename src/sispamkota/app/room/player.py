"""Who plays forecasts: a process of its own that yields to the room, started when the first forecast is asked for."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context

from sispamkota.errors import Fault, StoreError
from sispamkota.exercise.forecast import Forecast
from sispamkota.exercise.lookahead import Standing, look_ahead

__all__ = ["Player"]

YIELDS = 10  # of the scheduler's niceness: the room comes first
LOOK_S = 1.0


class Player:
    """Play forecasts one at a time, beside the room's own process; `own` False plays them in a thread of it."""

    def __init__(self, *, own: bool) -> None:
        """Start nothing yet."""
        self._own = own
        self._pool: ProcessPoolExecutor | None = None

    async def play(self, standing: Standing) -> Forecast:
        """Play what was taken out of a room; raises StoreError where the process ended by itself."""
        if not self._own:
            return await asyncio.to_thread(look_ahead, standing)
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_begin, initargs=(os.getpid(),))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, look_ahead, standing)
        except BrokenExecutor:
            self.close()
            remedy = "Ask again: another one is started."
            raise StoreError([Fault("room", "forecast", "a process that plays it", "one that ended", remedy)]) from None

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _begin(parent: int) -> None:
    """Leave Ctrl-C to the server, come after the room, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(YIELDS)

    def watch() -> None:
        """End when the server has."""
        while os.getppid() == parent:
            time.sleep(LOOK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
